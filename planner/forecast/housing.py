r"""
Children of new dwellings: only those that past ratios do not already contain.

.. math:: H_{b,t} = \sum_p U_p\, \alpha_p\, y_p\, o(t - v_p)

with U the dwellings of a phase, alpha the part of them above the area's usual building, y children of one age per
dwelling (`planner.forecast.yields`) and o the occupancy by years since hand-over v.

In draws a development has one fate for all years: a phase is built where the development's uniform number lies below
the phase's certainty, and below that of every earlier phase, so that a later phase is never built without the
earlier ones. Hand-over slips by whole years, phase by phase; the yield varies with the type of dwelling, which all
developments of the type share, and with the development.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from planner.forecast.arrays import numbers, positions, where
from planner.forecast.model import CHUNK
from planner.forecast.yields import OWN_CV, yields_of
from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from planner.district import District
    from planner.forecast.model import Assumptions
    from planner.forecast.streams import Shocks
    from planner.forecast.yields import KindYield
    from planner.policy import Policy

_AGE = (0.0, 0.5, 1.5, 2.5, 3.5, 5.5, 8.0, 13.0, 18.0)
_OCCUPANCY = (0.0, 0.30, 0.60, 0.85, 1.0, 1.0, 0.90, 0.75, 0.62)
"""Children of a dwelling against its best years, by years since hand-over: the dwelling-age curve of an open
student-generation model, read at the middle of its years."""
_ON_TIME = 2 / 3
"""Chance that a phase does not slip by a further year: a mean slip of half a year."""
_SLIPS = 6
_USUAL_YEARS = 5
_COUNT_DAY = 2 / 3
"""1 September, as part of the calendar year."""
_FEW = 5
"""Phases that a note names."""


@dataclass(frozen=True, kw_only=True)
class Housing:
    """Phases handed over after the last count; axes in the order of the blocks and years."""

    phases: tuple[tuple[str, str], ...]
    """Development and phase."""
    names: tuple[str, ...]
    """[phase]: name of its development."""
    block: NDArray[np.intp]
    """[phase]: position of its block."""
    children: NDArray[np.float64]
    """[phase]: children of one age at full occupancy, if built. [children]"""
    handed: NDArray[np.float64]
    """[phase]: hand-over as stated. [calendar year with its part]"""
    certainty: NDArray[np.float64]
    """[phase]: probability that it and all earlier phases of its development are built. [1]"""
    kinds: tuple[str, ...]
    """[phase]: type of its dwellings."""
    kind_cv: NDArray[np.float64]
    """[phase]: coefficient of variation of what is not known of its type's yield. [1]"""
    yields: tuple[KindYield, ...]
    """Yields estimated on estates of the past."""
    left_out: tuple[str, ...]
    """Phases without dwellings or without a date, as development/phase."""
    recorded: int | None
    """First autumn from which building up to the last count is known; None: nothing is known of it."""
    counted: int
    years: tuple[int, ...]
    blocks: int

    def expected(self) -> NDArray[np.float64]:
        """Return children of one age living in new dwellings [block, year]. [children]"""
        return self._by_block(self.expected_phases())

    def expected_phases(self) -> NDArray[np.float64]:
        """Return children of one age living in the dwellings of each phase [phase, year]. [children]"""
        stock = np.zeros((len(self.phases), len(self.years)))
        for slip in range(_SLIPS):
            chance = _ON_TIME * (1 - _ON_TIME) ** slip if slip < _SLIPS - 1 else (1 - _ON_TIME) ** slip
            stock += chance * occupancy(self._age() - slip)
        return stock * (self.certainty * self.children)[:, None]

    def built(self, shocks: Shocks) -> dict[str, NDArray[np.bool_]]:
        """
        Return by development/phase in which draws of the chunk it is built [draw], quiet or not.

        Phases of a development share one uniform number, so a later phase is built only where the earlier are.
        """
        return {
            f"{development}/{phase}": shocks.stream("housing", development).random(CHUNK) < self.certainty[at]
            for at, (development, phase) in enumerate(self.phases)
        }

    def drawn(self, shocks: Shocks) -> dict[int, NDArray[np.float32]]:
        """Return, by position of the block, children of one age in new dwellings [year, draw of the chunk]."""
        out: dict[int, NDArray[np.float32]] = {}
        for block, stock in zip(self.block.tolist(), self.drawn_phases(shocks), strict=True):
            out[block] = out.get(block, np.float32(0)) + stock
        return out

    def drawn_phases(self, shocks: Shocks) -> list[NDArray[np.float32]]:
        """Return, by phase, children of one age living in its dwellings [year, draw of the chunk]. [children]"""
        if not shocks.moves("housing"):
            each = np.ones(CHUNK, dtype=np.float32)
            return [sure[:, None] * each for sure in self.expected_phases().astype(np.float32)]
        age, built = self._age(), self.built(shocks)
        out = []
        for at, (development, phase) in enumerate(self.phases):
            chance = shocks.stream("slip", development, phase).random(CHUNK)
            slip = np.minimum(np.floor(np.log1p(-chance) / math.log(1 - _ON_TIME)), _SLIPS - 1)
            yields = _around_one(self.kind_cv[at], shocks, "yield of kind", self.kinds[at])
            yields = yields * _around_one(OWN_CV, shocks, "yield", development)
            alive = built[f"{development}/{phase}"] * yields * self.children[at]
            stock = occupancy(age[at][:, None] - slip[None, :]) * alive[None, :]
            out.append(stock.astype(np.float32))
        return out

    def notes(self) -> list[Text]:
        """Return what the housing table does not say, and how it was read."""
        notes: list[Text] = []
        if self.left_out:
            notes.append(
                Text(
                    "{count} phases of housing have no dwellings or no day of hand-over and are left out, so more children may come than forecast: {phases}. Write 0 where none are built.",
                    count=len(self.left_out),
                    phases=", ".join(self.left_out[:_FEW]),
                )
            )
        if not self.phases:
            return notes
        if self.recorded is None:
            notes.append(
                Text(
                    "The housing table has no dwellings handed over in the five years to the last count: usual building is taken as none and all new dwellings count. If there was building, its children are in the past ratios and are counted twice: add those phases, or state housing_since in the table about."
                )
            )
        elif self.recorded > self.counted - _USUAL_YEARS + 1:
            notes.append(
                Text(
                    "Building is recorded from autumn {year} on: the years before it, of the five to the last count, are taken to have had none. State housing_since in the table about if the record begins then.",
                    year=self.recorded,
                )
            )
        return notes

    def _age(self) -> NDArray[np.float64]:
        return np.array(self.years)[None, :] + _COUNT_DAY - self.handed[:, None]

    def _by_block(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        out = np.zeros((self.blocks, len(self.years)))
        np.add.at(out, self.block, values)
        return out


def _around_one(cv: float, shocks: Shocks, *name: str) -> NDArray[np.float32]:
    """Return lognormal factors [draw] of mean 1 and the coefficient of variation given."""
    sigma = math.sqrt(math.log(1 + cv**2))
    return np.exp(np.float32(sigma) * shocks.normals(1, *name, of="housing")[0] - np.float32(sigma**2 / 2))


def occupancy(age: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return children of a dwelling relative to its best years, by years since hand-over; 0 before. [1]."""
    return np.interp(age, _AGE, _OCCUPANCY, left=0.0)


def _calendar(days: Any) -> NDArray[np.float64]:
    """Return days as calendar years with their part."""
    dates = pd.DatetimeIndex(days)
    return numbers(dates.year + (dates.day_of_year - 1) / 365.25)


def new_housing(
    district: District, policy: Policy, years: Sequence[int], assumptions: Assumptions
) -> Housing:
    """
    Return the phases handed over after the last count, each with the part above the area's usual building.

    Usual is the mean number of dwellings handed over a year in the area in the five years to the last count; of a
    year's dwellings the part above it counts: max(0, 1 - usual / dwellings of the year). A table without any
    hand-over in those years says nothing of usual building, which is then taken as none; `housing_since` of the table
    `about` is the autumn from which the table is complete, and the mean is then over the years from it on.
    Phases without dwellings (blank is missing, 0 is none) or without a date are left out and named.
    """
    blocks = district.blocks.index
    table = district["housing"]
    table = where(table, positions(table["block"], blocks) >= 0)
    told = table["hand_over"].notna().to_numpy(bool) & table["dwellings"].notna().to_numpy(bool)
    left_out = where(table, ~told)
    table = where(table, told)
    at = positions(table["block"], blocks)
    handed = _calendar(table["hand_over"])
    autumn = np.ceil(handed - _COUNT_DAY).astype(np.int64)
    coming = autumn > district.counted
    developments = table["development"].astype(str).to_numpy(object)
    certainty = _with_earlier(numbers(table["certainty"], 1.0), developments, handed, coming)
    dwellings = numbers(table["dwellings"])
    named = district.blocks["area"]
    # A block of no area is an area of its own.
    areas = np.array(
        [f"\x1e{block}" if pd.isna(area) else str(area) for block, area in zip(blocks, named, strict=True)],
        dtype=object,
    )
    since = _known_since(district)
    span = range(max(since or 0, district.counted - _USUAL_YEARS + 1), district.counted + 1)
    part = _above_usual(areas[at], autumn, dwellings * certainty, span)
    each, kind_cv, estimated = yields_of(
        district,
        policy,
        assumptions,
        table.assign(years=district.counted + _COUNT_DAY - handed),
        occupancy,
    )
    children = dwellings * each * part
    new = np.flatnonzero(coming & (children > 0))
    phases = list(zip(developments, table["phase"].astype(str), strict=True))
    kinds = table["kind"].astype("string").fillna("").to_numpy(object)
    names = table["name"].astype("string").fillna("").to_numpy(object)
    return Housing(
        phases=tuple(phases[place] for place in new),
        names=tuple(str(names[place]) for place in new),
        block=at[new],
        children=children[new],
        handed=handed[new],
        certainty=certainty[new],
        kinds=tuple(str(kinds[place]) for place in new),
        kind_cv=kind_cv[new],
        yields=estimated,
        left_out=tuple(left_out["development"].astype(str) + "/" + left_out["phase"].astype(str)),
        recorded=_recorded(district, since, autumn),
        counted=district.counted,
        years=tuple(years),
        blocks=len(blocks),
    )


def _with_earlier(
    certainty: NDArray[np.float64],
    developments: NDArray[np.object_],
    handed: NDArray[np.float64],
    coming: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Return the certainty of each phase [phase], at most that of every phase to come before it. [1]."""
    out = certainty.copy()
    for development in set(developments[coming]):
        own = np.flatnonzero(coming & (developments == development))
        own = own[np.argsort(handed[own], kind="stable")]
        out[own] = np.minimum.accumulate(certainty[own])
    return out


def _known_since(district: District) -> int | None:
    """Return the autumn from which the table is stated to be complete; else None."""
    stated = district.about("housing_since")
    return int(stated) if stated.strip().isdecimal() else None


def _recorded(district: District, since: int | None, autumn: NDArray[np.int64]) -> int | None:
    """Return the first autumn from which building is known; None where nothing is known of the five years."""
    first = district.counted - _USUAL_YEARS + 1
    if since is not None:
        # Stated, so that no row in these years means that nothing was built.
        return first if since <= district.counted else None
    past = autumn[autumn <= district.counted]
    if not (past >= first).any():
        return None
    return max(first, int(past.min()))


def _above_usual(
    area: NDArray[np.object_], autumn: NDArray[np.int64], dwellings: NDArray[np.float64], span: range
) -> NDArray[np.float64]:
    """
    Return the part of each phase's dwellings above the usual building of its area [phase]. [1]

    Parameters
    ----------
    span
        Autumns whose building is usual; none: usual building is none.
    """
    out = np.zeros(len(area))
    usual_year = np.isin(autumn, np.array(span, dtype=np.int64))
    for at in range(len(area)):
        same = area == area[at]
        usual = dwellings[same & usual_year].sum() / max(len(span), 1)
        year = dwellings[same & (autumn == autumn[at])].sum()
        out[at] = max(0.0, 1 - usual / year) if year > 0 else 0.0
    return out
