"""
A forecast from plain counts: units (schools, catchments, counties), grades and years, with births where there are any.

No map, no catchments, no rooms: every unit is followed by itself and beside the others. Children enter the first grade
(`unit_entry`), move up within their unit (`ratios`), or, where a unit teaches a grade but not the one below, come
from the units that end there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from planner.forecast.common_ratios import (
    COMMON_MEMORY,
    ENTRY_TOGETHER,
    GRADE_MEMORY,
    at_common_ratios,
    calm_ratios,
    latest,
    own_passages,
    usual_errors,
)
from planner.forecast.counts import whole_children
from planner.forecast.levels import Prior, fit_level
from planner.forecast.model import CHUNK
from planner.forecast.ratios import fit_ratios, mean_size, relative_sizes
from planner.forecast.stacking import stacked_weights
from planner.forecast.streams import heavy, normals
from planner.forecast.taught import GONE, what_is_taught
from planner.forecast.unit_entry import EntryFacts, fit_unit_entry

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.forecast.levels import Followed
    from planner.forecast.ratios import Ratios
    from planner.forecast.taught import Taught
    from planner.forecast.unit_entry import UnitEntry

_WINDOW = 6
"""Latest transitions that ratios rest on. [years]"""
_PAST = 13
"""Latest autumns that entry rests on. [years]"""
_YOUNGEST = 3
"""First grades that tell of the next entrants."""
_SUPPOSED = 0.15
"""Standard deviation of a last count that is not known, beyond its own noise. [1]"""
_LEAST_RATIO = 0.05
_JOINING = Prior(per_child=1.0, yearly=0.06)
_NEVER_JOINED = 0.4
"""Least standard deviation of children who join a unit that has always had the grade below until now. [1]"""
_LEAVERS_FIRST = (0.7, 0.3)
"""Weights to begin with of leavers elsewhere, and of a unit's own past, for a grade without the one below."""


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
    """[unit of `units`]: children who join it per leaver. [1]"""
    held: NDArray[np.float64]
    """[unit of `units`]: children who join it whoever leaves: not all who join need come from units of these tables. [children]"""
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
    apart: NDArray[np.float64]
    """[unit, grade above the first]: factor of it where a unit's passage is of a kind of its own; 1 in all others. [1]"""
    centre: NDArray[np.float64]
    """[grade above the first]: mean relative size of the groups below, each child counting once. [1]"""
    common_error: float
    grade_error: float
    """Standard deviations of its error in one year: common to all grades, and a grade's own. [1]"""
    taught: Taught
    joining: tuple[_Joining, ...]

    def draw(self, leads: int, chunk: int, seed: int) -> NDArray[np.float32]:
        """
        Return the draws of a chunk [unit, grade, lead, draw]; missing where a unit does not teach the grade. [children]

        A unit's shocks are keyed by its id, so the other units of the tables change nothing of them.
        """
        units, grades = len(self.counts.units), len(self.counts.grades)
        out = np.full((units, grades, leads, CHUNK), np.nan, dtype=np.float32)
        now = self._now(chunk, seed)
        ends = _ends(self.taught)
        shared = self._shared_paths(leads, chunk, seed)
        own = [self._own_shocks(unit, leads, chunk, seed) for unit in range(units)]
        noise = np.array([self.entry.per_child, *(self.ratios.per_child * self.ratios.noise)])[:, None]
        mean = np.empty((grades, CHUNK), dtype=np.float32)
        centre = self.centre.astype(np.float32)[None, :, None]
        reverting = self.ratios.reverting.astype(np.float32)[None, :, None]
        common = (self.common * self.apart).astype(np.float32)[:, :, None]
        for lead in range(leads):
            after = np.full_like(now, np.nan)
            sizes = relative_sizes(now)[:, :-1]
            sizes -= centre
            sizes *= reverting
            for unit, shocks in enumerate(own):
                growth = common[unit] * shocks.growth[lead]
                growth *= 1 + sizes[unit]
                np.maximum(growth, np.float32(_LEAST_RATIO), out=growth)
                growth *= shared.growth[:, lead]
                mean[0] = shocks.entry[lead] * shared.entry[lead] * np.float32(self.entry.mean[unit, lead])
                np.multiply(now[unit, :-1], growth, out=mean[1:])
                after[unit] = _counted(mean, shocks.count[lead], noise)
            after[self.taught.over[:, 0], 0] = 0.0
            after[:, 1:][ends & np.isfinite(after[:, 1:, 0])] = 0.0
            for grade in self.joining:
                self._join(grade, now, after, lead, chunk, seed)
            out[:, :, lead], now = after, after
        return out

    def _now(self, chunk: int, seed: int) -> NDArray[np.float32]:
        """Return the last counts [unit, grade, draw], those of taught grades that are not known being drawn."""
        now = np.repeat(self.counts.pupils[:, :, -1, None].astype(np.float32), CHUNK, axis=2)
        for unit, grade in np.argwhere(np.isfinite(self.taught.supposed)):
            name = (self.counts.units[unit], str(self.counts.grades[grade]))
            shock, noise = normals(seed, chunk, 2, "unknown count", *name)
            mean = np.float32(self.taught.supposed[unit, grade]) * np.exp(np.float32(_SUPPOSED) * shock)
            now[unit, grade] = _counted(mean, noise, 1.0)
        return now

    def _shared_paths(self, leads: int, chunk: int, seed: int) -> _Shared:
        """Return what all units share in a chunk."""
        entry = np.zeros((leads, CHUNK), dtype=np.float32)
        shocks, before = normals(seed, chunk, leads, "units entry"), 0.0
        level = np.zeros(CHUNK, dtype=np.float32)
        for lead, variance in enumerate(self.entry.shared_variance[:leads]):
            level = level + np.float32(np.sqrt(variance - before)) * shocks[lead]
            entry[lead], before = np.exp(level - np.float32(variance / 2)), variance
        common = _remembering(normals(seed, chunk, leads, "units growth"), COMMON_MEMORY) * self.common_error
        growth = np.empty((len(self.common), leads, CHUNK), dtype=np.float32)
        for at, grade in enumerate(self.counts.grades[1:]):
            mine = _remembering(normals(seed, chunk, leads, "units grade", str(grade)), GRADE_MEMORY)
            growth[at] = np.exp(common + mine * self.grade_error)
        return _Shared(entry=entry, growth=growth)

    def _own_shocks(self, unit: int, leads: int, chunk: int, seed: int) -> _Own:
        """Return what belongs to a unit in a chunk: its growth, and its entrants, who share what its grades share."""
        name, ratios = self.counts.units[unit], self.ratios
        year = heavy(seed, chunk, leads, "unit year", name) * np.float32(ratios.school_year)
        year = np.clip(year, -0.8, 1.5)
        growth, together = self._growth(unit, leads, chunk, seed, year)
        mine = np.cumsum(heavy(seed, chunk, leads, "unit entry", name), axis=0)
        entry = np.zeros((leads, CHUNK), dtype=np.float32)
        for lead, variance in enumerate(self.entry.unit_variance[:leads]):
            own = np.sqrt(1 - ENTRY_TOGETHER**2) * mine[lead] / np.sqrt(lead + 1)
            level = np.float32(np.sqrt(variance)) * (ENTRY_TOGETHER * together[lead] + own)
            entry[lead] = np.exp(np.clip(level, -1.5, 1.5) - np.float32(variance / 2))
        count = normals(seed, chunk, leads * len(self.counts.grades), "unit count", name)
        return _Own(entry=entry, growth=growth, count=count.reshape(leads, len(self.counts.grades), CHUNK))

    def _growth(
        self, unit: int, leads: int, chunk: int, seed: int, year: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """
        Return a unit's growth beside that of all [lead, grade above the first, draw], and what its grades share of it.

        What is shared is summed through the years and standardised [lead, draw].
        """
        ratios, name = self.ratios, self.counts.units[unit]
        covariance = ratios.parts[unit]
        off = _root(covariance) @ normals(seed, chunk, len(covariance), "lasting", name)
        ahead = np.arange(1, leads + 1)
        spread = np.sqrt(covariance[0, 0] * ahead**2 + ratios.school_year**2 * ahead)
        shared = np.cumsum(off[0] + year, axis=0) / np.maximum(spread, 1e-6).astype(np.float32)[:, None]
        lasting = ratios.deviation[unit][:, None].astype(np.float32) + off[0] + off[1:]
        return (1 + lasting[None]) * (1 + year[:, None]), shared

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
        leavers = np.nansum(now[_ends(self.taught)[:, joining.grade - 1], joining.grade - 1], axis=0)
        for at, unit in enumerate(joining.units):
            name = (self.counts.units[unit], str(self.counts.grades[joining.grade]))
            walk = heavy(seed, chunk, lead + 2, "joining", *name)
            spread = np.hypot(joining.spread[at], joining.yearly * np.sqrt(lead + 1))
            shock = np.float32(spread / np.sqrt(lead + 2)) * walk.sum(axis=0)
            expected = joining.share[at] * leavers + joining.held[at]
            mean = (expected * np.exp(shock - np.float32(spread**2 / 2))).astype(np.float32)
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
    growth: NDArray[np.float32]
    """[lead, grade above the first, draw]: beside that of all units. [1]"""
    count: NDArray[np.float32]
    """[lead, grade, draw]: standard shocks of the counts."""


def _ends(taught: Taught) -> NDArray[np.bool_]:
    """Return where units have a grade and not this one above it [unit, grade above the first]."""
    return taught.grades[:, :-1] & ~taught.grades[:, 1:]


def _root(covariance: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return a root of a covariance that may have no rank to spare."""
    values, vectors = np.linalg.eigh(covariance)
    return (vectors * np.sqrt(np.maximum(values, 0.0))).astype(np.float32)


def _counted(
    mean: NDArray[np.float32], shock: NDArray[np.float32], per_child: NDArray[np.float64] | float
) -> NDArray[np.float32]:
    """Return whole children around their means; missing stays missing."""
    known = np.isfinite(mean)
    if known.all():
        return whole_children(mean, shock, per_child).astype(np.float32)
    counted = whole_children(np.where(known, mean, np.float32(0)), shock, per_child)
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
    taught = what_is_taught(counts.pupils)
    pupils = taught.pupils
    observed, base = _transitions(pupils[:, :, -_WINDOW - 1 :])
    apart = own_passages(observed, base)
    base = base * apart[:, :, None]
    ratios = calm_ratios(observed, base)
    sizes, centres = _centred(pupils[:, :, -_WINDOW - 1 :], base)
    expected, shown = at_common_ratios(observed, base, ratios)
    fitted = fit_ratios(observed, expected, relative=sizes)
    fitted = replace(
        fitted, per_child=fitted.per_child * shown, school_year=fitted.school_year * float(np.sqrt(shown))
    )
    common_error, grade_error = usual_errors(ratios, np.nansum(base, axis=0), fitted.per_child)
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
            admitting=taught.grades[:, 0],
        ),
        leads,
    )
    return UnitForecast(
        counts=counts,
        entry=entry,
        ratios=fitted,
        common=np.array([latest(row) for row in ratios]),
        apart=apart,
        centre=centres,
        common_error=common_error,
        grade_error=grade_error,
        taught=taught,
        joining=tuple(_joining(pupils[:, :, -_WINDOW - 2 :], taught)),
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
    taught = (observed > 0) | (base < GONE)
    used = np.isfinite(observed) & np.isfinite(base) & (base > 0) & taught
    return np.where(used, observed, np.nan), np.where(used, base, np.nan)


def _centred(
    pupils: NDArray[np.float64], base: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """
    Return relative sizes of the groups that move up [unit, grade above the first, year] about their means, and the last means.

    The means are those of the children, since the common ratio of a grade is one of sums.
    """
    sizes = relative_sizes(pupils)[:, :-1]
    centre = mean_size(sizes[:, :, :-1], base)
    return sizes[:, :, :-1] - centre[None], mean_size(sizes[:, :, -1], pupils[:, :-1, -1])


def _joining(pupils: NDArray[np.float64], taught: Taught) -> list[_Joining]:
    """Return the grades that some units teach without the one below, and what part of the leavers each unit takes."""
    counted = np.nan_to_num(pupils)
    out = []
    for grade in range(1, pupils.shape[1]):
        units = np.flatnonzero(taught.grades[:, grade] & ~taught.grades[:, grade - 1])
        if not len(units):
            continue
        before, after = counted[:, grade - 1, :-1], counted[:, grade, 1:]
        leavers = np.zeros(pupils.shape[2])
        leavers[1:] = np.where((before > 0) & (after <= 0), before, 0.0).sum(axis=0)
        joined = np.full((len(units), pupils.shape[2]), np.nan)
        joined[:, 1:] = np.where((before <= 0) & np.isfinite(pupils[:, grade, 1:]), after, np.nan)[units]
        followed, share = _level_of(joined, leavers)
        held, usual = _level_of(pupils[units, grade], np.ones(pupils.shape[2]))
        some = (share > 0) & _ends(taught)[:, grade - 1].any()
        weight = np.where(some, _weight_of_leavers(joined, leavers, (followed, share), (held, usual)), 0.0)
        effect, own = (np.maximum(level.effect[:, -1], 1e-6) for level in (followed, held))
        variance = np.where(some, followed.variance[:, -1] / effect**2, held.variance[:, -1] / own**2)
        out.append(
            _Joining(
                grade=grade,
                units=units,
                share=weight * share * effect,
                held=(1 - weight) * usual * own,
                spread=np.clip(
                    np.sqrt(variance), np.where(np.isfinite(joined).any(axis=1), 0.0, _NEVER_JOINED), 0.8
                ),
                yearly=followed.yearly,
                per_child=followed.per_child,
            )
        )
    return out


def _level_of(
    joined: NDArray[np.float64], leavers: NDArray[np.float64]
) -> tuple[Followed, NDArray[np.float64]]:
    """Return how units' children per leaver moved, and what they are measured against: the mean of three years."""
    known = np.isfinite(joined[:, -3:])
    share = np.where(known, joined[:, -3:], 0.0).sum(axis=1)
    share /= np.maximum((known * leavers[-3:]).sum(axis=1), 1.0)
    return fit_level(joined, share[:, None] * leavers[None], _JOINING), share


def _weight_of_leavers(
    joined: NDArray[np.float64],
    leavers: NDArray[np.float64],
    by_leavers: tuple[Followed, NDArray[np.float64]],
    by_itself: tuple[Followed, NDArray[np.float64]],
) -> float:
    """Return how much leavers tell of those who join a year later, against what the joined unit's past tells."""
    said = [
        (by_leavers[0].effect[:, :-1] * by_leavers[1][:, None] * leavers[None, 1:]).ravel(),
        (by_itself[0].effect[:, :-1] * by_itself[1][:, None]).ravel(),
    ]
    forecasts, actual = np.stack(said, axis=1), joined[:, 1:].ravel()
    known = np.isfinite(joined[:, :-1]).ravel()
    expected = np.maximum(forecasts.mean(axis=1), 1.0)
    spread = np.sqrt(_JOINING.per_child * expected + (_JOINING.yearly * expected) ** 2)
    return float(stacked_weights(forecasts[known], actual[known], spread[known], _LEAVERS_FIRST)[0])
