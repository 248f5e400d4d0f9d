"""
Births, by block or by area, turned into the cohorts that enter school.

Monthly births are cut at the policy's cut-off exactly; yearly ones are weighted by its lags (1/3 and 2/3 of the
births seven and six calendar years before, for 31 August). Beyond the last birth figure the district's births
follow the path that is assumed and are shared as in the last three years.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planner.forecast.arrays import grouped, positions, totals, years_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from planner.district import District
    from planner.forecast.model import Assumptions
    from planner.policy import Policy

_TENTH = {"low": -1.2815515655446004, "central": 0.0, "high": 1.2815515655446004}
"""Standard normal quantiles of 10, 50 and 90 %, by the name of the path assumed."""
_SHARED = 3
"""Latest birth years whose shares hold beyond them. [years]"""


@dataclass(frozen=True, kw_only=True)
class Cohorts:
    """Births behind the entrants of each autumn, by cell: a block, or the blocks of an area."""

    of: NDArray[np.intp]
    """[block]: position of its cell; -1 where no births are given for it."""
    cells: tuple[str, ...]
    by_block: bool
    """Whether every cell is one block."""
    years: tuple[int, ...]
    """Autumns."""
    births: NDArray[np.float64]
    """[cell, autumn]; missing where not given. [children]"""
    beyond: NDArray[np.float64]
    """[autumn, step]: weight of the n-th unknown birth year in the autumn's entrants; empty when all are known. [1]"""
    band: float
    """Standard deviation of a district's births from one year to the next, where they are not known. [1]"""
    monthly: bool
    last: int
    """Last birth year known, or the last whole birth cohort where births are monthly."""
    whole_district: bool
    """Whether the areas of the births are no areas of the blocks, so that only their sum serves."""

    def total(self) -> NDArray[np.float64]:
        """Return the births of all cells [autumn]; missing where those of a cell that has any elsewhere are. [children]"""
        ever = np.isfinite(self.births).any(axis=1)
        out = np.full(len(self.years), np.nan)
        sums = self.births[ever].sum(axis=0)
        np.copyto(out, sums, where=sums > 0)
        return out

    def known(self) -> NDArray[np.bool_]:
        """Return [autumn]: all births behind the autumn's entrants are known."""
        return (self.beyond.sum(axis=1) <= 0) & np.isfinite(self.total())


def assumed_births(assumptions: Assumptions, steps: int) -> NDArray[np.float64]:
    r"""
    Return the births of unknown years relative to the last known one [step].

    .. math:: B_k / B_0 = g^k \, e^{z s \sqrt{k}}

    with g the yearly trend, s the band (standard deviation of one year's change) and z the quantile of the walk that
    the path is to follow: 10 % low, 50 % central, 90 % high.
    """
    years = np.arange(1.0, steps + 1)
    walk = _TENTH[assumptions.births] * assumptions.birth_band * np.sqrt(years)
    return np.exp(np.log(assumptions.birth_trend) * years + walk)


def cohorts(
    district: District, policy: Policy, autumns: Sequence[int], offset: int, assumptions: Assumptions
) -> Cohorts | None:
    """
    Return the births behind the entrants of each autumn; None without a births table.

    Parameters
    ----------
    autumns
        School years, consecutive.
    offset
        Years between entering school and entering the stage in question. [years]
    assumptions
        What is assumed of births beyond the last figure.
    """
    table = district["births"]
    if table.empty:
        return None
    blocks = district.blocks.index
    areas = ["" if pd.isna(area) else str(area) for area in district.blocks["area"]]
    named = {str(area) for area in table["area"]}
    by_block = not named.isdisjoint(blocks)
    whole = not by_block and named.isdisjoint(area for area in areas if area)
    if by_block:
        cells = tuple(blocks)
        of = np.where([block in named for block in blocks], np.arange(len(blocks)), -1)
    elif whole:
        cells, of = ("",), np.zeros(len(blocks), dtype=np.intp)
        table = table.assign(area="")
    else:
        cells = tuple(sorted(named & set(areas)))
        of = positions(areas, cells)
    # Explicit lags speak of years or cohorts as the table has them; only derived ones may be cut by the month.
    monthly = bool(table["month"].notna().all()) and not policy.entry.birth_lags
    if monthly:
        known, first = _by_cohort(table, cells, policy.entry.cut_off)
        lags = {policy.entry.lag + offset: 1.0}
    else:
        given = years_in(table)
        first, span = given[0], tuple(range(given[0], given[-1] + 1))
        axes = {"area": cells, "year": span}
        said = totals(table.assign(rows=1), "rows", axes) > 0
        known = np.where(said, totals(table, "births", axes), np.nan)
        lags = {lag + offset: weight for lag, weight in policy.entry.lags().items()}
    births, beyond = _lagged(known, first, lags, autumns, assumptions)
    return Cohorts(
        of=of,
        cells=cells,
        by_block=by_block,
        years=tuple(autumns),
        births=births,
        beyond=beyond,
        band=assumptions.birth_band,
        monthly=monthly,
        last=first + known.shape[1] - 1,
        whole_district=whole,
    )


def _by_cohort(table: pd.DataFrame, cells: Sequence[str], cut_off: str) -> tuple[NDArray[np.float64], int]:
    """
    Return births [cell, cohort] of whole cohorts, and the first cohort, from monthly births.

    A cohort is named by the calendar year in which it closes; the month of a cut-off that is not its last day is
    split by days.
    """
    month_cut, day_cut = (int(part) for part in cut_off.split("-"))
    days = calendar.monthrange(2001, month_cut)[1]
    within = min(day_cut / days, 1.0)
    given = years_in(table)
    years = tuple(range(given[0], given[-1] + 1))
    months = tuple(range(1, 13))
    axes = {"area": cells, "year": years, "month": months}
    born = totals(table, "births", axes)
    # A month without a row is unknown only when no area has it: a small place may have none born in a month.
    said = totals(table.assign(rows=1), "rows", axes).any(axis=0)
    early = np.array(
        [1.0 if month < month_cut else within if month == month_cut else 0.0 for month in months]
    )
    closing = np.einsum("cym,m->cy", born, early)
    opening = np.einsum("cym,m->cy", born, 1 - early)
    complete_early = (said | (early == 0)).all(axis=1)
    complete_late = (said | (early == 1)).all(axis=1)
    first = years[0] + 1 if (early < 1).any() else years[0]
    cohort_years = tuple(range(first, years[-1] + 1))
    births = np.full((len(cells), len(cohort_years)), np.nan)
    for at, cohort in enumerate(cohort_years):
        now = cohort - years[0]
        before_needed = bool((early < 1).any())
        if complete_early[now] and (not before_needed or complete_late[now - 1]):
            births[:, at] = closing[:, now] + (opening[:, now - 1] if before_needed else 0.0)
    while births.shape[1] and not np.isfinite(births[:, -1]).any():
        births = births[:, :-1]
    return births, first


def _lagged(
    known: NDArray[np.float64],
    first: int,
    lags: dict[int, float],
    autumns: Sequence[int],
    assumptions: Assumptions,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return lagged births [cell, autumn], and the weight of each unknown birth year [autumn, step]."""
    last = first + known.shape[1] - 1
    steps = max([max(autumns) - lag - last for lag in lags] + [0])
    beyond, assumed = np.zeros((len(autumns), steps)), assumed_births(assumptions, steps)
    births = np.zeros((known.shape[0], len(autumns)))
    if not known.shape[1]:
        return np.full_like(births, np.nan), beyond
    total = np.nansum(known[:, -1])
    pooled = np.where(np.isfinite(known[:, -1]), np.nansum(known[:, -_SHARED:], axis=1), np.nan)
    share = pooled / np.nansum(pooled) if np.nansum(pooled) > 0 else np.zeros_like(pooled)
    for at, autumn in enumerate(autumns):
        for lag, weight in lags.items():
            year = autumn - lag
            if year < first:
                births[:, at] = np.nan
            elif year <= last:
                births[:, at] += weight * known[:, year - first]
            else:
                births[:, at] += weight * share * total * assumed[year - last - 1]
                beyond[at, year - last - 1] += weight
    return births, beyond


def cell_totals(children: NDArray[np.float64], of: NDArray[np.intp], cells: int) -> NDArray[np.float64]:
    """Return children [cell, year] of blocks [block, year]; missing when any block of the cell is."""
    sums = grouped(np.nan_to_num(children), of, cells)
    missing = grouped((~np.isfinite(children)).astype(np.float64), of, cells)
    return np.where(missing > 0, np.nan, sums)
