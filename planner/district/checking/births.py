"""Checks of births: against those who entered, and against each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planner.district.checking.years import JUMP, JUMP_CHILDREN, holes
from planner.district.findings import few, listing
from planner.district.integrity import row_ids
from planner.district.tables import complete, figures, grouped, named, rows, texts
from planner.words import Text

if TYPE_CHECKING:
    from planner.district.findings import Finding
    from planner.district.model import District
    from planner.policy import Policy

ENTRANTS_OF_BIRTHS = (0.5, 2.0)
"""Entrants over births: 0.91-0.93 in England, 0.92 in Hong Kong; a Guangdong agency reckons with 1.5. [1]"""

RATIO_JUMP = 1.25
"""Change of that ratio from one autumn to the next; it drifts by 1 to 2 % a year in English districts. [1]"""

DOUBT = 4.0
"""Standard deviations of counts beyond which a change is no chance. [1]"""

MONTHS = 12


def _yearly(district: District) -> pd.DataFrame:
    """Return births summed by area and calendar year."""
    table = complete(district["births"], ("area", "year", "births"))
    return pd.DataFrame(table.groupby(["area", "year"], as_index=False)["births"].sum())


def _ratios(district: District, policy: Policy) -> pd.DataFrame:
    """Return entrants and the births behind them by autumn, for years in which every area has births."""
    births = _yearly(district)
    areas, known = grouped(births, "year", "area", "nunique"), grouped(births, "year", "births")
    whole = (areas == areas.max()).to_numpy(bool)
    born = dict(zip(areas.index.to_numpy(np.int64)[whole], known.to_numpy(np.float64)[whole], strict=True))
    table = district["enrolment"]
    entered = grouped(rows(table, figures(table, "grade") == policy.entry.first_grade), "year", "pupils")
    lags = policy.entry.lags()
    found = [
        (year, count, sum(weight * born[year - lag] for lag, weight in lags.items()))
        for year, count in zip(entered.index.to_numpy(np.int64), entered.to_numpy(np.float64), strict=True)
        if all(year - lag in born for lag in lags)
    ]
    return pd.DataFrame(found, columns=["year", "entered", "born"])


def entrants_of_births(district: District, policy: Policy) -> list[Finding]:
    """Return autumns in which far more or far fewer children entered than were born, and jumps of that ratio."""
    table = _ratios(district, policy)
    year, entered, born = (figures(table, column) for column in ("year", "entered", "born"))
    low, high = ENTRANTS_OF_BIRTHS
    odd = (entered < low * born) | (entered > high * born)
    with np.errstate(divide="ignore", invalid="ignore"):
        level = np.log(entered / born)
        noise = 1 / entered + 1 / born
        change = np.abs(np.diff(level))
        chance = DOUBT * np.sqrt(noise[1:] + noise[:-1])
    after = np.flatnonzero((np.diff(year) == 1) & (change > np.maximum(np.log(RATIO_JUMP), chance))) + 1
    said = [f"{year[at]:.0f}: {born[at]:.0f}, {entered[at]:.0f}" for at in np.flatnonzero(odd)]
    jumped = [f"{year[at]:.0f}: {np.exp(level[at - 1]):.2f}, {np.exp(level[at]):.2f}" for at in after]
    return [
        *listing(
            "warning",
            "D110",
            "births",
            "births",
            [f"{one:.0f}" for one in year[odd]],
            Text(
                "Far more or far fewer children entered than were born (autumn: births, entrants): {list}.",
                list=few(said),
            ),
            Text(
                "See that births and enrolment are of the same land, and births of the years that the policy asks for."
            ),
        ),
        *listing(
            "warning",
            "D111",
            "births",
            "births",
            [f"{year[at]:.0f}" for at in after],
            Text(
                "The share of births that enters jumped from one autumn to the next (autumn: share before, then): {list}.",
                list=few(jumped),
            ),
            Text("See which figure changed: births of one year, the land they cover, or entrants."),
        ),
    ]


def births_twice(district: District, policy: Policy) -> list[Finding]:
    """Return births given by year beside their months, and births of areas beside those of their blocks."""
    del policy
    table = complete(district["births"], ("area", "year", "births"))
    blank = np.isnan(figures(table, "month"))
    months = rows(table, ~blank).groupby(["area", "year"], as_index=False)["births"].sum()
    both = rows(table, blank).merge(pd.DataFrame(months), on=["area", "year"], suffixes=("", "_months"))
    ids = row_ids(both, ("area", "year"))
    blocks = district.blocks
    area_of = dict(zip(named(blocks.index), texts(blocks, "area"), strict=True))
    used = set(texts(table, "area"))
    mixed = named(sorted({area_of[name] for name in used if name in area_of} & used - {""}))
    return [
        *listing(
            "error",
            "D112",
            "births",
            "month",
            ids,
            Text("Births of a whole year stand beside those of its months (area/year): {ids}.", ids=few(ids)),
            Text("Keep one of the two: rows are added up, and these births are counted twice."),
        ),
        *listing(
            "error",
            "D112",
            "births",
            "area",
            mixed,
            Text("Births of an area stand beside those of blocks in it: {ids}.", ids=few(mixed)),
            Text("Keep one of the two: with births by block, those of areas reach nobody."),
        ),
    ]


def births_missing(district: District, policy: Policy) -> list[Finding]:
    """Return areas without births in a year between years with some, and months that a year between others lacks."""
    del policy
    table = complete(district["births"], ("area", "year"))
    if not len(table):
        return []
    of_areas = tuple("/".join(hole) for hole in holes(table, ("area",)))
    years = figures(table, "year")
    absent = tuple(str(int(one)) for one in range(int(years.min()), int(years.max())) if one not in years)
    monthly = complete(table, ("month",))
    given = grouped(monthly, "year", "month", "nunique")
    year, month = given.index.to_numpy(np.int64), given.to_numpy(np.float64)
    short = tuple(str(one) for one in year[month < MONTHS] if year.min() < one < year.max())
    cases = (
        (
            "area",
            of_areas,
            Text(
                "Years without births of an area that has them before and after: {list}.", list=few(of_areas)
            ),
        ),
        ("year", absent, Text("Years without births of any area: {list}.", list=few(absent))),
        ("month", short, Text("Years of which some months are missing: {list}.", list=few(short))),
    )
    return [
        one
        for column, ids, text in cases
        for one in listing(
            "warning", "D113", "births", column, ids, text, Text("Add them; write 0 where no child was born.")
        )
    ]


def births_jumped(district: District, policy: Policy) -> list[Finding]:
    """Return areas whose births tripled, or fell to a third, from one year to the next."""
    del policy
    table = _yearly(district)
    months = complete(district["births"], ("year", "month"))
    given = grouped(months, "year", "month", "nunique")
    partial = given.index.to_numpy(np.int64)[(given < MONTHS).to_numpy(bool)]
    earlier = table.assign(year=table["year"] + 1)
    both = table.merge(earlier, on=["area", "year"], suffixes=("", "_before"))
    now, before, year = (figures(both, column) for column in ("births", "births_before", "year"))
    jumped = ((now > JUMP * before) | (before > JUMP * now)) & (np.abs(now - before) >= JUMP_CHILDREN)
    jumped &= ~np.isin(year, partial) & ~np.isin(year - 1, partial)
    ids = row_ids(rows(both, jumped), ("area", "year"))
    return listing(
        "warning",
        "D114",
        "births",
        "births",
        ids,
        Text(
            "Births tripled or fell to a third within a year (area/year: year before, year): {list}.",
            list=few(
                [
                    f"{name}: {old:.0f}, {new:.0f}"
                    for name, old, new in zip(ids, before[jumped], now[jumped], strict=True)
                ]
            ),
        ),
        Text("See that the area was the same land in both years, and that no figure slipped."),
    )


CHECKS = (entrants_of_births, births_twice, births_missing, births_jumped)
