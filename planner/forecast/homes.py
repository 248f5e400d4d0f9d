"""
Where children live: catchments of the past, the rule by which a school's children are shared over its blocks,
and the entrants of past years by block.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from planner.district.catchments import catchments_in
from planner.forecast.arrays import Rolls, grouped, positions, totals, where, years_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from planner.district import District
    from planner.policy import Stage

KINDS = ("registered", "register", "kindergarten")
"""Kinds of the children table, the nearest to a count of homes first."""

RECENT = 5
"""Latest years that shares rest on. [years]"""


def catchments_then(district: District, stage: str, year: int) -> tuple[str, ...]:
    """
    Return the schools of each block's catchment in a year, joined by +, in the order of the blocks; "" for none.

    Before the first year that the table knows of a block, its first catchment holds.
    """
    blocks = district.blocks.index
    table = district["catchments"]
    table = where(table, (table["stage"] == stage) & table["school"].notna())
    first = table.sort_values("since", kind="stable").drop_duplicates("block").set_index("block")["school"]
    held = catchments_in(district, stage, year).reindex(blocks)
    return tuple(held.where(held.notna(), first.reindex(blocks)).fillna("").astype(str))


def together(
    served: NDArray[np.float64] | NDArray[np.bool_],
) -> tuple[NDArray[np.intp], NDArray[np.intp], int]:
    """
    Return which blocks [block] and schools [school] belong together, and the number of such sets.

    Joint catchments that share a school are one; a block without a school and a school without blocks stand alone.

    Parameters
    ----------
    served
        [block, school]: other than 0 where the school is of the block's catchment.
    """
    blocks, size = len(served), sum(served.shape)
    block, school = np.nonzero(served)
    links = coo_array((np.ones(len(block)), (block, blocks + school)), shape=(size, size))
    count, unit = connected_components(links, directed=False)
    return unit[:blocks].astype(np.intp), unit[blocks:].astype(np.intp), int(count)


@dataclass(frozen=True, kw_only=True)
class Sharing:
    """The visible rule by which the children of a catchment are shared over its blocks where none counted them."""

    rule: str
    """What the weights are: register, kindergarten, registered, births, residents or land."""
    weights: NDArray[np.float64]
    """[block]: in proportion to children. [1]"""

    def within(self, groups: Sequence[str], land: NDArray[np.float64]) -> NDArray[np.float64]:
        """
        Return each block's share of its group [block]; blocks of no group have 0.

        A group whose blocks have no weight at all is shared by area of land.
        """
        codes, keys = pd.factorize(np.array(groups, dtype=object))
        sums = grouped(self.weights, codes, len(keys))
        empty = (sums <= 0)[codes]
        weights = np.where(empty, land, self.weights)
        shares = weights / grouped(weights, codes, len(keys))[codes]
        return np.where(np.array(groups, dtype=object) == "", 0.0, shares)


def land_of(district: District) -> NDArray[np.float64]:
    """Return the area of each block's polygon. [m2]"""
    area = district.blocks.geometry.area.to_numpy(np.float64)
    return np.where(np.isfinite(area) & (area > 0), area, 1.0)


def sharing_rule(district: District) -> Sharing:
    """
    Choose how a catchment's children are shared over its blocks, from what the district knows of homes.

    By children of the latest extract of the children table (all cohorts), else by births where they are given
    by block (last five years), else by residents of any grade (last five years), else by area of land.
    """
    blocks = district.blocks.index
    children = district["children"]
    for kind in ("register", "kindergarten", "registered"):
        rows = where(children, children["kind"] == kind)
        weights = totals(where(rows, rows["as_of"] == rows["as_of"].max()), "children", {"block": blocks})
        if weights.any():
            return Sharing(rule=kind, weights=weights)
    births = district["births"]
    rows = where(births, births["year"] > max(years_in(births), default=0) - RECENT)
    weights = totals(rows, "births", {"area": blocks})
    if weights.any():
        return Sharing(rule="births", weights=weights)
    residents = district["residents"]
    rows = where(residents, residents["year"] > district.counted - RECENT)
    weights = totals(rows, "children", {"block": blocks})
    if weights.any():
        return Sharing(rule="residents", weights=weights)
    return Sharing(rule="land", weights=land_of(district))


@dataclass(frozen=True, kw_only=True)
class History:
    """Entrants of a stage in past years, by the block they live in."""

    stage: str
    years: tuple[int, ...]
    children: NDArray[np.float64]
    """[block, year]; missing where nothing is known. [children]"""
    counted: NDArray[np.bool_]
    """[block, year]: counted by home; otherwise a share of the catchment's intake."""
    censored: NDArray[np.bool_]
    """[block, year]: the catchment's school was full, so the figure is a lower bound."""
    sources: tuple[str, ...]
    """By year: residents, attendance, intake or nothing."""

    def empty_years(self) -> NDArray[np.bool_]:
        """Return [year]: nobody entered anywhere, though others did in other years: nothing was counted, as it seems."""
        sums = np.nansum(self.children, axis=0)
        return np.isfinite(self.children).any(axis=0) & (sums <= 0) & bool((sums > 0).any())


def children_by_home(
    table: pd.DataFrame, grade: int, blocks: pd.Index, years: Sequence[int]
) -> NDArray[np.float64]:
    """
    Return children of a grade by home [block, year]; missing where the table does not say.

    A block that the table never names is unknown; one that it names in other years or grades has none.
    """
    rows = where(table, table["grade"] == grade)
    found = totals(rows, "children", {"block": blocks, "year": years})
    said = positions(years, years_in(rows)) >= 0
    named = positions(blocks, set(table["block"])) >= 0
    return np.where(named[:, None] & said[None, :], found, np.nan)


def entrants_before(
    district: District,
    stage: Stage,
    rolls: Rolls,
    sharing: Sharing,
    *,
    leaving: NDArray[np.float64],
    outside: NDArray[np.float64],
    earliest: int,
) -> History:
    """
    Return the entrants of past years by block.

    By home where `residents` says, else where `attendance` says (all schools together), else the intake of the
    catchment's schools of that year, less those from outside the district, plus those who left:
    a block's share is its weight / sum of weights x (1 - leaving), times the intake.

    Parameters
    ----------
    leaving
        [block]: share of entrants who go to private or other districts' schools. [1]
    outside
        [school]: share of an intake that comes from outside the district. [1]
    earliest
        First year wanted.
    """
    blocks, land = district.blocks.index, land_of(district)
    known = [district.counted, *rolls.years]
    known += [year for name in ("residents", "attendance") for year in years_in(district[name])]
    years = tuple(range(max(min(known), earliest), district.counted + 1))
    home = children_by_home(district["residents"], stage.first, blocks, years)
    attended = children_by_home(district["attendance"], stage.first, blocks, years)
    by_home = np.where(np.isfinite(home), home, attended)
    shared = np.full_like(home, np.nan)
    censored = np.zeros(home.shape, dtype=bool)
    if stage.first in rolls.grades:
        grade = rolls.grades.index(stage.first)
        for at, year in enumerate(years):
            if year not in rolls.years:
                continue
            then = rolls.years.index(year)
            shared[:, at], censored[:, at] = _shared_intake(
                catchments_then(district, stage.stage, year),
                rolls.schools,
                rolls.pupils[:, grade, then] * (1 - outside),
                rolls.full[:, grade, then],
                sharing,
                land,
                leaving,
            )
    counted = np.isfinite(by_home)
    children = np.where(counted, by_home, shared)
    return History(
        stage=stage.stage,
        years=years,
        children=children,
        counted=counted,
        censored=censored & ~counted,
        sources=tuple(
            "residents"
            if np.isfinite(home[:, at]).any()
            else "attendance"
            if counted[:, at].any()
            else "intake"
            if np.isfinite(children[:, at]).any()
            else ""
            for at in range(len(years))
        ),
    )


def _shared_intake(
    groups: tuple[str, ...],
    schools: tuple[str, ...],
    intake: NDArray[np.float64],
    full: NDArray[np.bool_],
    sharing: Sharing,
    land: NDArray[np.float64],
    leaving: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return each block's entrants of a year as its share of its catchment's intake, and whether a school was full."""
    codes, keys = pd.factorize(np.array(groups, dtype=object))
    members = [positions(key.split("+"), schools) for key in keys]
    admitted = np.array(
        [intake[found[found >= 0]].sum() if (found >= 0).any() else np.nan for found in members]
    )
    crowded = np.array([bool(full[found[found >= 0]].any()) for found in members])
    share = sharing.within(groups, land)
    staying = grouped(share * (1 - leaving), codes, len(keys))[codes]
    with np.errstate(divide="ignore", invalid="ignore"):
        children = np.where(staying > 0, share / staying, np.nan) * admitted[codes]
    return np.where(np.array(groups, dtype=object) == "", np.nan, children), crowded[codes]


def neighbourhoods(district: District, stage: str) -> tuple[str, ...]:
    """
    Return, by block, the id under which neighbouring blocks share their shocks.

    The catchment at the last count, schools in alphabetical order; a block without one stands alone. Scenarios
    that move blocks from a later year on leave it as it is.
    """
    held = catchments_then(district, stage, district.counted)
    return tuple(
        "+".join(sorted(key.split("+"))) if key else f"\x1eblock\x1e{block}"
        for block, key in zip(district.blocks.index, held, strict=True)
    )
