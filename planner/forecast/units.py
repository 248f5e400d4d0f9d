"""
A forecast from plain counts: units (schools, catchments, counties), grades and years, with births where there are any.

No map, no catchments, no rooms: every unit is followed by itself and beside the others. Children enter the first grade
(`unit_entry`), move up within their unit (`ratios`), or, where a unit teaches a grade but not the one below, come
from the units that end there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.forecast.common_ratios import COMMON_MEMORY, GRADE_MEMORY, latest, ratios_of_sums, usual_errors
from planner.forecast.counts import whole_children
from planner.forecast.levels import Prior, fit_level
from planner.forecast.model import CHUNK
from planner.forecast.ratios import fit_ratios
from planner.forecast.streams import heavy, normals
from planner.forecast.unit_entry import EntryFacts, fit_unit_entry

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.forecast.ratios import Ratios
    from planner.forecast.unit_entry import UnitEntry

_WINDOW = 6
"""Latest transitions that ratios rest on. [years]"""
_PAST = 13
"""Latest autumns that entry rests on. [years]"""
_YOUNGEST = 3
"""First grades that tell of the next entrants."""
_GONE = 8.0
"""Children of the grade below from whom none at all cannot be chance: the unit no longer taught the grade. [children]"""
_TOGETHER = 0.3
"""Correlation of a unit's entry with its school-year shock: New York 0.23 to 0.27, Atlanta 0.42 to 0.63."""
_LEAST_RATIO = 0.05
_JOINING = Prior(per_child=1.0, yearly=0.06)


@dataclass(frozen=True, kw_only=True)
class UnitCounts:
    """Counts of units through the years."""

    units: tuple[str, ...]
    grades: tuple[int, ...]
    """Neighbouring grades, the first of them the entry grade."""
    years: tuple[int, ...]
    """Autumns without gaps."""
    pupils: NDArray[np.float64]
    """[unit, grade, year]; missing where not counted. [children]"""
    births: NDArray[np.float64] | None = None
    """[cohort]: births of all units together, by the autumn of their entry: `years`, and as many more as `lag`. [children]"""
    born_here: NDArray[np.float64] | None = None
    """[unit, cohort]: the same by unit."""
    lag: int = 0
    """Years from birth to entry. [years]"""

    def until(self, origin: int) -> UnitCounts:
        """Return what was known in an autumn."""
        last = self.years.index(origin) + 1
        cohorts = last + self.lag
        return UnitCounts(
            units=self.units,
            grades=self.grades,
            years=self.years[:last],
            pupils=self.pupils[:, :, :last],
            births=None if self.births is None else self.births[:cohorts],
            born_here=None if self.born_here is None else self.born_here[:, :cohorts],
            lag=self.lag,
        )


@dataclass(frozen=True, kw_only=True)
class _Joining:
    """A grade that some units teach without the one below."""

    grade: int
    units: NDArray[np.intp]
    share: NDArray[np.float64]
    """[unit of `units`]: part of the leavers that it takes. [1]"""
    spread: NDArray[np.float64]
    """[unit of `units`]: of what is not known of it. [1]"""
    yearly: float
    per_child: float


@dataclass(frozen=True, kw_only=True)
class UnitForecast:
    """A fitted forecast of units, from which draws are made."""

    counts: UnitCounts
    entry: UnitEntry
    ratios: Ratios
    common: NDArray[np.float64]
    """[grade above the first]: ratio expected of all units. [1]"""
    common_error: float
    grade_error: float
    """Standard deviations of its error in one year: common to all grades, and a grade's own. [1]"""
    ends: NDArray[np.bool_]
    """[unit, grade above the first]: the unit has children in the grade below and does not teach this one."""
    joining: tuple[_Joining, ...]

    def draw(self, leads: int, chunk: int, seed: int) -> NDArray[np.float32]:
        """
        Return the draws of a chunk [unit, grade, lead, draw]; missing where a unit does not teach the grade. [children]

        A unit's shocks are keyed by its id, so the other units of the tables change nothing of them.
        """
        units, grades = len(self.counts.units), len(self.counts.grades)
        out = np.full((units, grades, leads, CHUNK), np.nan, dtype=np.float32)
        now = np.repeat(self.counts.pupils[:, :, -1, None].astype(np.float32), CHUNK, axis=2)
        shared = self._shared_paths(leads, chunk, seed)
        own = [self._own_shocks(unit, leads, chunk, seed) for unit in range(units)]
        lasting = self._lasting(chunk, seed)
        for lead in range(leads):
            after = np.full_like(now, np.nan)
            for unit, shocks in enumerate(own):
                mean = shocks.entry[lead] * shared.entry[lead] * np.float32(self.entry.mean[unit, lead])
                after[unit, 0] = _counted(mean, shocks.count[lead, 0], self.entry.per_child)
                if grades > 1:
                    ratio = (self.common[:, None] * (1 + lasting[unit]) * (1 + shocks.year[lead])).astype(
                        np.float32
                    )
                    mean = now[unit, :-1] * np.maximum(ratio, _LEAST_RATIO) * shared.growth[:, lead]
                    after[unit, 1:] = _counted(mean, shocks.count[lead, 1:], self.ratios.per_child)
            after[:, 1:][self.ends & np.isfinite(after[:, 1:, 0])] = 0.0
            for grade in self.joining:
                self._join(grade, now, after, lead, chunk, seed)
            out[:, :, lead], now = after, after
        return out

    def _lasting(self, chunk: int, seed: int) -> list[NDArray[np.float32]]:
        """Return the lasting deviations of every unit's growth [grade above the first, draw]."""
        grades = len(self.counts.grades) - 1
        factors = np.linalg.cholesky(self.ratios.covariance + 1e-10 * np.eye(grades)).astype(np.float32)
        return [
            mean[:, None].astype(np.float32) + factor @ normals(seed, chunk, grades, "lasting", unit)
            for mean, factor, unit in zip(self.ratios.deviation, factors, self.counts.units, strict=True)
        ]

    def _shared_paths(self, leads: int, chunk: int, seed: int) -> _Shared:
        """Return what all units share in a chunk."""
        entry = np.zeros((leads, CHUNK), dtype=np.float32)
        shocks, before = normals(seed, chunk, leads, "units entry"), 0.0
        level = np.zeros(CHUNK, dtype=np.float32)
        for lead, variance in enumerate(self.entry.shared_variance):
            level = level + np.float32(np.sqrt(variance - before)) * shocks[lead]
            entry[lead], before = np.exp(level - np.float32(variance / 2)), variance
        common = _remembering(normals(seed, chunk, leads, "units growth"), COMMON_MEMORY) * self.common_error
        growth = np.empty((len(self.common), leads, CHUNK), dtype=np.float32)
        for at, grade in enumerate(self.counts.grades[1:]):
            mine = _remembering(normals(seed, chunk, leads, "units grade", str(grade)), GRADE_MEMORY)
            growth[at] = np.exp(common + mine * self.grade_error)
        return _Shared(entry=entry, growth=growth)

    def _own_shocks(self, unit: int, leads: int, chunk: int, seed: int) -> _Own:
        """Return what belongs to a unit in a chunk."""
        name = self.counts.units[unit]
        year = heavy(seed, chunk, leads, "unit year", name)
        mine = heavy(seed, chunk, leads, "unit entry", name)
        entry = np.zeros((leads, CHUNK), dtype=np.float32)
        level, before = np.zeros(CHUNK, dtype=np.float32), 0.0
        for lead, variance in enumerate(self.entry.unit_variance):
            step = _TOGETHER * year[lead] + np.float32(np.sqrt(1 - _TOGETHER**2)) * mine[lead]
            level = level + np.float32(np.sqrt(variance - before)) * step
            entry[lead] = np.exp(np.clip(level, -1.5, 1.5) - np.float32(variance / 2))
            before = variance
        count = normals(seed, chunk, leads * len(self.counts.grades), "unit count", name)
        return _Own(
            entry=entry,
            year=np.clip(year * np.float32(self.ratios.school_year), -0.8, 1.5),
            count=count.reshape(leads, len(self.counts.grades), CHUNK),
        )

    def _join(
        self,
        joining: _Joining,
        now: NDArray[np.float32],
        after: NDArray[np.float32],
        lead: int,
        chunk: int,
        seed: int,
    ) -> None:
        """Fill in the children who join units from those that end below the grade."""
        leavers = np.nansum(now[self.ends[:, joining.grade - 1], joining.grade - 1], axis=0)
        for at, unit in enumerate(joining.units):
            name = (self.counts.units[unit], str(self.counts.grades[joining.grade]))
            walk = heavy(seed, chunk, lead + 2, "joining", *name)
            spread = np.hypot(joining.spread[at], joining.yearly * np.sqrt(lead + 1))
            shock = np.float32(spread / np.sqrt(lead + 2)) * walk.sum(axis=0)
            mean = (joining.share[at] * leavers * np.exp(shock - np.float32(spread**2 / 2))).astype(
                np.float32
            )
            noise = normals(seed, chunk, lead + 1, "joining count", *name)[lead]
            after[unit, joining.grade] = _counted(mean, noise, joining.per_child)


@dataclass(frozen=True, kw_only=True)
class _Shared:
    entry: NDArray[np.float32]
    """[lead, draw]: factor of all entrants. [1]"""
    growth: NDArray[np.float32]
    """[grade above the first, lead, draw]. [1]"""


@dataclass(frozen=True, kw_only=True)
class _Own:
    entry: NDArray[np.float32]
    """[lead, draw]: factor of the unit's entrants. [1]"""
    year: NDArray[np.float32]
    """[lead, draw]: shock of all its grades. [1]"""
    count: NDArray[np.float32]
    """[lead, grade, draw]: standard shocks of the counts."""


def _counted(mean: NDArray[np.float32], shock: NDArray[np.float32], per_child: float) -> NDArray[np.float32]:
    """Return whole children around their means; missing stays missing."""
    known = np.isfinite(mean)
    counted = whole_children(np.where(known, np.maximum(mean, 0), np.float32(0)), shock, per_child)
    return np.where(known, counted.astype(np.float32), np.float32(np.nan))


def _remembering(shocks: NDArray[np.float32], memory: float) -> NDArray[np.float32]:
    out = shocks.copy()
    for at in range(1, len(out)):
        out[at] = memory * out[at - 1] + np.sqrt(1 - memory**2) * shocks[at]
    return out


def fit_units(counts: UnitCounts, leads: int) -> UnitForecast:
    """
    Fit the forecast of units for the years after their last count.

    Parameters
    ----------
    counts
        At least one autumn.
    leads
        Years ahead.
    """
    pupils = counts.pupils
    observed, base = _transitions(pupils[:, :, -_WINDOW - 1 :])
    ratios = ratios_of_sums(observed, base)
    fitted = fit_ratios(observed, base * ratios[None])
    common_error, grade_error = usual_errors(ratios, np.nansum(base, axis=0), fitted.per_child)
    now = np.nan_to_num(pupils[:, :, -1])
    ends = (now[:, :-1] > 0) & (now[:, 1:] <= 0)
    recent = slice(-_PAST, None)
    cohorts = slice(max(len(counts.years) - _PAST, 0), None)
    some = np.isfinite(pupils[:, :_YOUNGEST]).any(axis=1)
    younger = np.where(some, np.nansum(pupils[:, :_YOUNGEST], axis=1), np.nan)
    younger /= np.maximum(np.isfinite(pupils[:, :_YOUNGEST]).sum(axis=1), 1)
    entry = fit_unit_entry(
        EntryFacts(
            entered=pupils[:, 0, recent],
            younger=younger[:, recent],
            births=_padded(counts.births, cohorts, leads, counts.lag),
            born_here=_padded(counts.born_here, cohorts, leads, counts.lag),
            lag=counts.lag,
        ),
        leads,
    )
    return UnitForecast(
        counts=counts,
        entry=entry,
        ratios=fitted,
        common=np.array([latest(row) for row in ratios]),
        common_error=common_error,
        grade_error=grade_error,
        ends=ends,
        joining=tuple(_joining(pupils[:, :, -_WINDOW - 2 :], ends)),
    )


def _padded(
    births: NDArray[np.float64] | None, kept: slice, leads: int, lag: int
) -> NDArray[np.float64] | None:
    """Return the latest cohorts, with missing ones up to the last lead."""
    if births is None:
        return None
    more = np.full((*births.shape[:-1], max(leads - lag, 0)), np.nan)
    return np.concatenate([births[..., kept], more], axis=-1)


def _transitions(pupils: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return children of a grade, and of the grade below a year before [unit, grade above the first, year]."""
    observed, base = pupils[:, 1:, 1:], pupils[:, :-1, :-1]
    taught = (observed > 0) | (base < _GONE)
    used = np.isfinite(observed) & np.isfinite(base) & (base > 0) & taught
    return np.where(used, observed, np.nan), np.where(used, base, np.nan)


def _joining(pupils: NDArray[np.float64], ends: NDArray[np.bool_]) -> list[_Joining]:
    """Return the grades that some units teach without the one below, and what part of the leavers each unit takes."""
    counted = np.nan_to_num(pupils)
    out = []
    for grade in range(1, pupils.shape[1]):
        units = np.flatnonzero((counted[:, grade, -1] > 0) & (counted[:, grade - 1, -1] <= 0))
        if not len(units) or pupils.shape[2] < 2:
            continue
        before, after = counted[:, grade - 1, :-1], counted[:, grade, 1:]
        leavers = np.where((before > 0) & (after <= 0), before, 0.0).sum(axis=0)
        if not leavers[-1] or not ends[:, grade - 1].any():
            continue
        joined = np.where((before <= 0) & np.isfinite(pupils[:, grade, 1:]), after, np.nan)[units]
        latest_three = joined[:, -3:]
        known = np.isfinite(latest_three)
        share = np.where(known, latest_three, 0.0).sum(axis=1) / np.maximum(
            (known * leavers[-3:]).sum(axis=1), 1.0
        )
        followed = fit_level(joined, share[:, None] * leavers[None], _JOINING)
        effect = np.maximum(followed.effect[:, -1], 1e-6)
        out.append(
            _Joining(
                grade=grade,
                units=units,
                share=share * effect,
                spread=np.minimum(np.sqrt(followed.variance[:, -1]) / effect, 0.8),
                yearly=followed.yearly,
                per_child=followed.per_child,
            )
        )
    return out
