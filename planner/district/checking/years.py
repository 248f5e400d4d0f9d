"""Checks of series over the years: gaps, jumps, and the year of the last count."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planner.district.findings import Finding, few, listing
from planner.district.integrity import row_ids
from planner.district.tables import complete, figures, rows, texts, words
from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.district.model import District
    from planner.policy import Policy

JUMP = 3.0
"""A count more than this many times another year's is remarked upon. [1]"""

JUMP_CHILDREN = 40
"""... when it also differs by at least this many: about a class. [children]"""

APART = 5.0
"""A cohort of a block more than this many times any other of the block is remarked upon. [1]"""

APART_CHILDREN = 200
"""... when it also differs by at least this many, which no block's homes bring in a year. [children]"""

COHORTS = 3
"""... and when an extract has at least this many cohorts of the block."""


def last_count_year(district: District, policy: Policy) -> list[Finding]:
    """Return a last count that is not the last year of the enrolment."""
    del policy
    years = figures(district["enrolment"], "year")
    if not len(years) or np.nanmax(years) == district.counted:
        return []
    last = int(np.nanmax(years))
    return [
        Finding(
            level="warning",
            code="D059",
            table="enrolment",
            column="year",
            ids=(str(last),),
            text=Text(
                "The last count is of {counted}, the last year of the enrolment is {year}.",
                counted=district.counted,
                year=last,
            ),
            advice=Text("Add the enrolment of the last count, or correct counted_on in about."),
        )
    ]


def holes(table: pd.DataFrame, unit: Sequence[str]) -> list[tuple[str, ...]]:
    """
    Return the years without a row that lie between years with one, as (*unit, year).

    Years that the table never has are nobody's holes.
    """
    years = np.unique(figures(table, "year"))
    code, units = pd.factorize(
        pd.MultiIndex.from_arrays([words(table, column) for column in unit]), sort=True
    )
    seen = np.zeros((len(units), len(years)), dtype=bool)
    seen[code, np.searchsorted(years, figures(table, "year"))] = True
    before = np.logical_or.accumulate(seen, axis=1)
    after = np.logical_or.accumulate(seen[:, ::-1], axis=1)[:, ::-1]
    return [(*units[row], str(int(years[column]))) for row, column in np.argwhere(before & after & ~seen)]


def missing_years(district: District, policy: Policy) -> list[Finding]:
    """Return years that no school has, years within a school's series without a row, and grades within such a year."""
    del policy
    table = complete(district["enrolment"], ("school", "grade", "year"))
    if not len(table):
        return []
    known = {int(year) for year in figures(table, "year")}
    nobody = tuple(str(year) for year in range(min(known), max(known) + 1) if year not in known)
    of_schools = holes(table, ("school",))
    absent = set(of_schools)
    of_grades = [hole for hole in holes(table, ("school", "grade")) if (hole[0], hole[2]) not in absent]
    schools, grades = (
        tuple("/".join(hole) for hole in of_schools),
        tuple("/".join(hole) for hole in of_grades),
    )
    cases = (
        (
            "D060",
            "year",
            nobody,
            Text("Years without any count: {years}.", years=few(nobody)),
            Text("Add them if they were counted; growth is measured between neighbouring years only."),
        ),
        (
            "D060",
            "year",
            schools,
            Text("Years missing within the series of a school: {list}.", list=few(schools)),
            Text("Add them; write 0 where nobody attended."),
        ),
        (
            "D061",
            "grade",
            grades,
            Text("Grades missing in a year in which their school was counted: {list}.", list=few(grades)),
            Text("Add them; write 0 where nobody attended."),
        ),
    )
    return [
        Finding(
            level="warning", code=code, table="enrolment", column=column, ids=ids, text=text, advice=advice
        )
        for code, column, ids, text, advice in cases
        if ids
    ]


def jumps(district: District, policy: Policy) -> list[Finding]:
    """
    Return grades whose children tripled, or fell to a third, from one year to the next.

    Schools that are still filling grade by grade after their opening, and those with an event in the year, are
    left out.
    """
    del policy
    table = complete(district["enrolment"], ("school", "grade", "year", "pupils"))
    table = table.drop_duplicates(["school", "grade", "year"])
    earlier = table[["school", "grade", "year", "pupils"]].assign(year=table["year"] + 1)
    both = table.merge(earlier, on=["school", "grade", "year"], suffixes=("", "_before"))
    both = both.sort_values(["school", "grade", "year"])
    now, before, year = figures(both, "pupils"), figures(both, "pupils_before"), figures(both, "year")
    jumped = ((now > JUMP * before) | (before > JUMP * now)) & (np.abs(now - before) >= JUMP_CHILDREN)
    of = district.schools.reindex(pd.Index(texts(both, "school")))
    filling = year <= figures(of, "open_from") + figures(of, "last") - figures(of, "first") + 1
    events = district["events"]
    remarked = set(zip(texts(events, "school"), figures(events, "year"), strict=True))
    excused = np.array(
        [pair in remarked for pair in zip(texts(both, "school"), year, strict=True)], dtype=bool
    )
    cells = rows(both, jumped & ~filling & ~excused)
    if not len(cells):
        return []
    ids = row_ids(cells, ("school", "grade", "year"))
    changes = zip(ids, figures(cells, "pupils_before"), figures(cells, "pupils"), strict=True)
    return [
        Finding(
            level="warning",
            code="D062",
            table="enrolment",
            column="pupils",
            ids=ids,
            text=Text(
                "Children tripled or fell to a third within a year (school/grade/year: year before, year): {list}.",
                list=few([f"{name}: {old:.0f}, {new:.0f}" for name, old, new in changes]),
            ),
            advice=Text(
                "Correct the figure, or name what happened in the table events, so that growth leaves it out."
            ),
        )
    ]


def cohorts_apart(district: District, policy: Policy) -> list[Finding]:
    """Return cohorts of a block that are several times as large as every other cohort of the same extract."""
    del policy
    extract = ["block", "kind", "status", "as_of"]
    table = complete(district["children"], ("block", "cohort", "kind", "as_of", "children"))
    table = table.drop_duplicates([*extract, "cohort"]).sort_values([*extract, "children", "cohort"])
    of_extract = table.groupby(extract, dropna=False, sort=False)["children"]
    largest = ~table.duplicated(extract, keep="last").to_numpy(bool)
    several = of_extract.transform("size").to_numpy(np.int64) >= COHORTS
    own, others = figures(table, "children"), of_extract.shift().to_numpy(np.float64, na_value=np.nan)
    far = largest & several & (own > APART * others) & (own - others >= APART_CHILDREN)
    ids = row_ids(rows(table, far), ("block", "cohort"))
    return listing(
        "warning",
        "D067",
        "children",
        "children",
        ids,
        Text(
            "Cohorts several times as large as any other of their block (block/cohort: this one, largest other): {list}.",
            list=few(
                [
                    f"{name}: {size:.0f}, {other:.0f}"
                    for name, size, other in zip(ids, own[far], others[far], strict=True)
                ]
            ),
        ),
        Text("Correct the figure, or see what is told of that cohort alone."),
    )


CHECKS = (last_count_year, missing_years, jumps, cohorts_apart)
