r"""
Children of one age that a dwelling brings: stated for the phase, else of its type, tested on the district's own estates.

The yield of a type of dwelling is what the district's table `yields` says of it, else the policy's figure of the type,
else the policy's of all. Where estates of the type were handed over before the last count and residents are counted by
home, the figure is multiplied by a factor estimated on them:

.. math:: f = 1 + w\,(\hat f - 1), \quad \hat f = \frac{\sum_b (N_{b,1} - d\,N_{b,0})}{\sum_b E_b}, \quad
          w = \frac{K^2}{K^2 + s^2}

with N the residents of the first stage at the first and the last count of the years known, d their drift in blocks
without building, E the children whom the stated yield lets expect between the two counts, K = 0.22 the spread of
types around a stated yield and s the standard error. Estates differ by another 0.20 of their own, so that without
evidence the coefficient of variation is 0.30.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.district.catchments import planned_stages
from planner.district.yields import stated_yields
from planner.forecast.arrays import numbers, positions, totals, years_in

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    from numpy.typing import NDArray

    from planner.district import District
    from planner.forecast.model import Assumptions
    from planner.policy import Policy

YIELD_CV = 0.30
"""Coefficient of variation of a stated yield: an assumption. [1]"""
OWN_CV = 0.20
"""Part of it by which estates of one type differ. [1]"""
KIND_CV = float(np.sqrt((1 + YIELD_CV**2) / (1 + OWN_CV**2) - 1))
"""Part of it that all estates of a type share, and that their own evidence reduces. [1]"""
_LEAST, _MOST = 0.3, 3.0
"""Bounds of the factor that evidence may give. [1]"""


@dataclass(frozen=True, kw_only=True)
class KindYield:
    """The yield of a type of dwelling, as stated and as the district's own estates have it."""

    kind: str
    stated: float
    """Children of one age per dwelling. [children]"""
    factor: float
    """By which evidence multiplies it. [1]"""
    cv: float
    """Coefficient of variation that all estates of the type share. [1]"""
    estates: int
    """Blocks of past estates behind it."""

    @property
    def children(self) -> float:
        """Children of one age per dwelling at full occupancy. [children]"""
        return self.stated * self.factor


def yields_of(
    district: District,
    policy: Policy,
    assumptions: Assumptions,
    phases: pd.DataFrame,
    occupancy: Callable[[NDArray[np.float64]], NDArray[np.float64]],
) -> tuple[NDArray[np.float64], NDArray[np.float64], tuple[KindYield, ...]]:
    """
    Return children of one age per dwelling, and the spread of the type's yield, both [phase], and the types estimated.

    An assumption of the scenario holds before a phase's own figure, and both hold before that of the type; evidence
    speaks only to the last.

    Parameters
    ----------
    phases
        Rows of the table housing, with `years`, the years since hand-over on the day of the last count (negative
        before it). [years]
    occupancy
        Children of a dwelling relative to its best years, by years since hand-over.
    """
    kinds = phases["kind"].astype("string").fillna("").to_numpy(object)
    types = tuple(dict.fromkeys(str(kind) for kind in kinds))
    found = {
        kind: _estimated(district, policy, phases, kind, float(stated), occupancy)
        for kind, stated in zip(types, stated_yields(district, policy, types), strict=True)
    }
    each = np.array([found[kind].children for kind in kinds], dtype=np.float64)
    spread = np.array([found[kind].cv for kind in kinds], dtype=np.float64)
    own = numbers(phases["children_per_dwelling"])
    if assumptions.children_per_dwelling is not None:
        own = np.full(len(phases), assumptions.children_per_dwelling)
    given = np.isfinite(own)
    used = tuple(
        found[kind] for kind in dict.fromkeys(kinds[~given & (phases["years"].to_numpy() < 0)].tolist())
    )
    return np.where(given, own, each), np.where(given, KIND_CV, spread), used


def _estimated(
    district: District,
    policy: Policy,
    phases: pd.DataFrame,
    kind: str,
    stated: float,
    occupancy: Callable[[NDArray[np.float64]], NDArray[np.float64]],
) -> KindYield:
    """Return a type's yield with what blocks say in which only estates of the type were handed over."""
    nothing = KindYield(kind=kind, stated=stated, factor=1.0, cv=KIND_CV, estates=0)
    stages = planned_stages(district, policy)
    table = district["residents"]
    counts = [year for year in years_in(table) if year <= district.counted]
    if not stages or len(counts) < 2 or counts[-1] != district.counted or stated <= 0:
        return nothing
    stage = min(stages, key=lambda each: each.first)
    grades = range(stage.first, stage.last + 1)
    blocks = district.blocks.index
    first, last = counts[0], counts[-1]
    axes = {"block": blocks, "grade": grades, "year": (first, last)}
    residents = totals(table, "children", axes)
    if not residents.any(axis=0).all():
        return nothing
    before, after = residents.sum(axis=1).T
    at = positions(phases["block"], blocks)
    age = phases["years"].to_numpy(np.float64)
    gained = occupancy(age) - occupancy(age - (last - first))
    gained = gained * numbers(phases["dwellings"]) * stated * len(grades)
    own = phases["kind"].astype("string").fillna("").to_numpy(object) == kind
    expected, other = np.zeros(len(blocks)), np.zeros(len(blocks))
    np.add.at(expected, at[own], gained[own])
    np.add.at(other, at[~own], np.abs(gained[~own]))
    estates = (expected > 0) & (other == 0)
    still = (expected == 0) & (other == 0) & (before > 0)
    if not estates.any() or not still.any():
        return nothing
    drift = after[still].sum() / before[still].sum()
    noise = after + drift**2 * before
    rough = max(1.0, float(np.mean((after - drift * before)[still] ** 2 / np.maximum(noise[still], 1.0))))
    of_all = expected[estates].sum()
    ratio = (after - drift * before)[estates].sum() / of_all
    variance = (rough * noise[estates].sum() + OWN_CV**2 * (expected[estates] ** 2).sum()) / of_all**2
    weight = KIND_CV**2 / (KIND_CV**2 + variance)
    factor = float(np.clip(1 + weight * (ratio - 1), _LEAST, _MOST))
    cv = float(KIND_CV * np.sqrt(1 - weight))
    return KindYield(kind=kind, stated=stated, factor=factor, cv=cv, estates=int(estates.sum()))
