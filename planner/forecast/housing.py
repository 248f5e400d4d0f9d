r"""
Children of new dwellings: only those that past ratios do not already contain.

.. math:: H_{b,t} = \\sum_p U_p\\, \alpha_p\\, y_p\\, o(t - v_p)

with U the dwellings of a phase, alpha the part of them above the area's usual building, y children of one age per
dwelling and o the occupancy by years since hand-over v. In draws a phase is built or not, once for all years, by
its certainty; hand-over slips by whole years; and a development's yield varies.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from planner.forecast.arrays import numbers, positions, where
from planner.forecast.model import CHUNK
from planner.forecast.streams import normals, stream

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from planner.district import District
    from planner.forecast.model import Assumptions
    from planner.policy import Policy

_AGE = (0.0, 0.5, 1.5, 2.5, 3.5, 5.5, 8.0, 13.0, 18.0)
_OCCUPANCY = (0.0, 0.30, 0.60, 0.85, 1.0, 1.0, 0.90, 0.75, 0.62)
"""Children of a dwelling against its best years, by years since hand-over: the dwelling-age curve of an open
student-generation model, read at the middle of its years."""
_ON_TIME = 2 / 3
"""Chance that a phase does not slip by a further year: a mean slip of half a year."""
_SLIPS = 6
_YIELD_CV = 0.30
_USUAL_YEARS = 5
_COUNT_DAY = 2 / 3
"""1 September, as part of the calendar year."""


@dataclass(frozen=True, kw_only=True)
class Housing:
    """Phases handed over after the last count; axes in the order of the blocks and years."""

    phases: tuple[tuple[str, str], ...]
    """Development and phase."""
    block: NDArray[np.intp]
    """[phase]: position of its block."""
    children: NDArray[np.float64]
    """[phase]: children of one age at full occupancy, if built. [children]"""
    handed: NDArray[np.float64]
    """[phase]: hand-over as stated. [calendar year with its part]"""
    certainty: NDArray[np.float64]
    """[phase]: probability that it is built. [1]"""
    years: tuple[int, ...]
    blocks: int

    def expected(self) -> NDArray[np.float64]:
        """Return children of one age living in new dwellings [block, year]. [children]"""
        stock = np.zeros((len(self.phases), len(self.years)))
        for slip in range(_SLIPS):
            chance = _ON_TIME * (1 - _ON_TIME) ** slip if slip < _SLIPS - 1 else (1 - _ON_TIME) ** slip
            stock += chance * occupancy(self._age() - slip)
        return self._by_block(stock * (self.certainty * self.children)[:, None])

    def drawn(self, seed: int, chunk: int) -> dict[int, NDArray[np.float32]]:
        """Return, by position of the block, children of one age in new dwellings [year, draw of the chunk]."""
        out: dict[int, NDArray[np.float32]] = {}
        sigma = math.sqrt(math.log(1 + _YIELD_CV**2))
        age = self._age()
        for at, (development, phase) in enumerate(self.phases):
            chances = stream(seed, chunk, "housing", development, phase).random((2, CHUNK))
            built = chances[0] < self.certainty[at]
            slip = np.minimum(np.floor(np.log1p(-chances[1]) / math.log(1 - _ON_TIME)), _SLIPS - 1)
            yields = np.exp(sigma * normals(seed, chunk, 1, "yield", development)[0] - sigma**2 / 2)
            stock = (
                occupancy(age[at][:, None] - slip[None, :]) * (built * yields * self.children[at])[None, :]
            )
            block = int(self.block[at])
            out[block] = out.get(block, np.float32(0)) + stock.astype(np.float32)
        return out

    def _age(self) -> NDArray[np.float64]:
        return np.array(self.years)[None, :] + _COUNT_DAY - self.handed[:, None]

    def _by_block(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        out = np.zeros((self.blocks, len(self.years)))
        np.add.at(out, self.block, values)
        return out


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

    Usual is the mean number of dwellings handed over a year in the area in the five years before the last
    count; of a year's dwellings the part above it counts: max(0, 1 - usual / dwellings of the year).
    """
    blocks = district.blocks.index
    table = district["housing"]
    table = where(table, (positions(table["block"], blocks) >= 0) & table["hand_over"].notna().to_numpy())
    at = positions(table["block"], blocks)
    handed = _calendar(table["hand_over"])
    certainty = numbers(table["certainty"], 1.0)
    dwellings = numbers(table["dwellings"], 0.0)
    autumn = np.ceil(handed - _COUNT_DAY).astype(np.int64)
    named = district.blocks["area"]
    # A block of no area is an area of its own.
    areas = [
        f"\x1e{block}" if pd.isna(area) else str(area) for block, area in zip(blocks, named, strict=True)
    ]
    part = _above_usual([areas[place] for place in at], autumn, dwellings * certainty, district.counted)
    each = (
        numbers(table["children_per_dwelling"], policy.children_per_dwelling)
        if assumptions.children_per_dwelling is None
        else np.full(len(table), assumptions.children_per_dwelling)
    )
    children = dwellings * each * part
    new = (autumn > district.counted) & (children > 0)
    names = list(zip(table["development"].astype(str), table["phase"].astype(str), strict=True))
    return Housing(
        phases=tuple(names[place] for place in np.flatnonzero(new)),
        block=at[new],
        children=children[new],
        handed=handed[new],
        certainty=certainty[new],
        years=tuple(years),
        blocks=len(blocks),
    )


def _above_usual(
    area: Sequence[str], autumn: NDArray[np.int64], dwellings: NDArray[np.float64], counted: int
) -> NDArray[np.float64]:
    """Return the part of each phase's dwellings above the usual building of its area [phase]. [1]."""
    keys = np.array(area, dtype=object)
    out = np.zeros(len(keys))
    for at in range(len(keys)):
        same = keys == keys[at]
        before = same & (autumn > counted - _USUAL_YEARS) & (autumn <= counted)
        usual = dwellings[before].sum() / _USUAL_YEARS
        year = dwellings[same & (autumn == autumn[at])].sum()
        out[at] = max(0.0, 1 - usual / year) if year > 0 else 0.0
    return out
