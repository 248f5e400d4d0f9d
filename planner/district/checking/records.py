"""Checks of records that were copied, shifted or slipped: counts, class lists, places planned, forecasts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planner.district.checking.counts import ABSURD_CLASS, BANDS, CELL
from planner.district.checking.years import JUMP, JUMP_CHILDREN
from planner.district.findings import few, listing, school_names
from planner.district.integrity import row_ids
from planner.district.tables import complete, figures, named, rows, texts, words
from planner.words import Text

if TYPE_CHECKING:
    from planner.district.findings import Finding
    from planner.district.model import District
    from planner.policy import Policy

GROWTH = 1.6
"""All year groups of a school a year later over themselves, or the inverse; the shocks of single school years have a
standard deviation of 3 % (New York) to 10 % (Atlanta), so that this is nearly five of them. [1]"""

REPEATED = 0.9
"""Share of a year's cells equal to those of the year before from which one is taken for a copy. [1]"""

REPEATED_CELLS = 20
"""... when at least so many are compared."""

BEYOND_PLAN = 1.5
"""Children over places planned: a class of 66, which nobody opens, over the standard of 45 is 1.47. [1]"""

NOT_FULL = 0.8
"""A grade said to be full has at least this share of its planned places. [1]"""

PLACES = 20
"""Differences from places planned are told from this many children on. [children]"""

SMALL_CLASS = 1 / 3
"""A class of less than this share of the mean of its grade is no ordinary class. [1]"""


def _cells(district: District, *columns: str) -> pd.DataFrame:
    """Return the counted cells that have these columns too, each once."""
    table = complete(district["enrolment"], (*CELL, "pupils", *columns))
    return table.drop_duplicates(list(CELL))


def year_groups_apart(district: District, policy: Policy) -> list[Finding]:
    """
    Return schools whose year groups, taken together, halved or nearly doubled from one year to the next.

    Starting grades of stages, grades to which feeders lead, schools that are still filling and years with an event
    are left out. A slip of columns or of the year shows here.
    """
    table = _cells(district)
    earlier = table[[*CELL, "pupils"]].assign(year=table["year"] + 1, grade=table["grade"] + 1)
    both = table.merge(earlier, on=list(CELL), suffixes=("", "_before"))
    starts = {stage.first for stage in policy.stages}
    feeders = district["feeders"]
    last = dict(zip(named(district.schools.index), figures(district.schools, "last"), strict=True))
    joined = {
        (to_school, last.get(school, np.nan) + 1)
        for school, to_school in zip(texts(feeders, "school"), texts(feeders, "to_school"), strict=True)
    }
    pairs = zip(texts(both, "school"), figures(both, "grade"), strict=True)
    grade = figures(both, "grade")
    entered = np.isin(grade, list(starts)) | np.array([pair in joined for pair in pairs], dtype=bool)
    sums = rows(both, ~entered).groupby(["school", "year"], as_index=False)[["pupils", "pupils_before"]].sum()
    sums = pd.DataFrame(sums)
    now, before, year = (figures(sums, column) for column in ("pupils", "pupils_before", "year"))
    apart = ((now > GROWTH * before) | (before > GROWTH * now)) & (np.abs(now - before) >= JUMP_CHILDREN)
    events = district["events"]
    told = {
        (name, at)
        for column in ("school", "other")
        for name, at in zip(texts(events, column), figures(events, "year"), strict=True)
    }
    excused = np.array([pair in told for pair in zip(texts(sums, "school"), year, strict=True)], dtype=bool)
    found = rows(sums, apart & ~excused)
    ids = row_ids(found, ("school", "year"))
    changes = zip(
        figures(found, "pupils_before"), figures(found, "pupils"), figures(found, "year"), strict=True
    )
    return listing(
        "warning",
        "D063",
        "enrolment",
        "pupils",
        ids,
        Text(
            "Year groups of a school that together shrank or grew by more than half within a year (year: children before, then): {list}.",
            list=few(
                school_names(
                    district,
                    texts(found, "school"),
                    [f"{at:.0f}: {old:.0f}, {new:.0f}" for old, new, at in changes],
                )
            ),
        ),
        Text(
            "See that grades and years stand in the right columns; else name what happened in the table events."
        ),
    )


def repeated_years(district: District, policy: Policy) -> list[Finding]:
    """Return years whose counts are nearly all those of the year before."""
    del policy
    table = _cells(district)
    earlier = table[[*CELL, "pupils"]].assign(year=table["year"] + 1)
    both = table.merge(earlier, on=list(CELL), suffixes=("", "_before"))
    both = rows(both, (figures(both, "pupils") > 0) | (figures(both, "pupils_before") > 0))
    equal = figures(both, "pupils") == figures(both, "pupils_before")
    year, compared = np.unique(figures(both, "year"), return_counts=True)
    same = np.array([equal[figures(both, "year") == one].mean() for one in year])
    ids = [f"{one:.0f}" for one in year[(same >= REPEATED) & (compared >= REPEATED_CELLS)]]
    return listing(
        "warning",
        "D064",
        "enrolment",
        "year",
        ids,
        Text("Years whose counts are nearly all those of the year before: {years}.", years=few(ids)),
        Text("A copy, it seems: put in the year's own count, or take its rows out."),
    )


def counted_in_another_year(district: District, policy: Policy) -> list[Finding]:
    """Return counts whose day lies in another school year than the one they stand for."""
    del policy
    table = complete(district["enrolment"], (*CELL, "counted_on"))
    days = pd.DatetimeIndex(table["counted_on"])
    year = np.where(days.month >= 8, days.year, days.year - 1)
    wrong = rows(table, year != figures(table, "year"))
    pairs = wrong.assign(day=pd.DatetimeIndex(wrong["counted_on"]).strftime("%Y-%m-%d"))
    ids = named(row_ids(pairs, ("year", "day")))
    return listing(
        "warning",
        "D065",
        "enrolment",
        "counted_on",
        ids,
        Text(
            "Counts of a day in another school year (year/day): {ids}; {count} rows.",
            ids=few(ids),
            count=len(wrong),
        ),
        Text(
            "A school year runs from August to July and is named by its autumn; correct the day or the year."
        ),
    )


def rows_outside_schools(district: District, policy: Policy) -> list[Finding]:
    """Return rows of other tables on grades that the school does not teach, or years in which it is not open."""
    schools = district.schools
    taught = {grade for stage in policy.stages for grade in range(stage.first, stage.last + 1)}
    findings = []
    for name in ("classes", "class_bands", "attendance", "forecasts"):
        table = complete(district[name], CELL)
        at = schools.index.get_indexer(words(table, "school"))
        table, of = rows(table, at >= 0), pd.DataFrame(schools.iloc[at[at >= 0]])
        grade, year = figures(table, "grade"), figures(table, "year")
        wrong = (grade < figures(of, "first")) | (grade > figures(of, "last"))
        wrong |= (year < figures(of, "open_from")) | (year > figures(of, "open_to"))
        ids = named(row_ids(rows(table, wrong), CELL))
        findings += listing(
            "warning",
            "D066",
            name,
            "school",
            ids,
            Text(
                "Rows on grades that the school does not teach, or years in which it is not open (school/grade/year): {ids}.",
                ids=few(ids),
            ),
            Text("Correct the grade or the year, or the grades and years of the school."),
        )
    homes = complete(district["residents"], ("block", "grade", "year"))
    strange = named(row_ids(rows(homes, ~np.isin(figures(homes, "grade"), list(taught))), ("grade", "year")))
    return [
        *findings,
        *listing(
            "warning",
            "D066",
            "residents",
            "grade",
            strange,
            Text(
                "Residents of grades that no stage of the policy has (grade/year): {ids}.", ids=few(strange)
            ),
            Text("Correct the grade, or choose a policy that has it."),
        ),
    ]


def places_planned(district: District, policy: Policy) -> list[Finding]:
    """Return grades far beyond their planned places, and full ones far below."""
    del policy
    table = _cells(district, "planned_places")
    pupils, planned = figures(table, "pupils"), figures(table, "planned_places")
    full = table["full"].to_numpy(bool, na_value=False)
    apart = np.abs(pupils - planned) >= PLACES
    over = rows(table, apart & (pupils > BEYOND_PLAN * planned) & (planned > 0))
    empty = rows(table, apart & full & (pupils < NOT_FULL * planned))
    columns = ("pupils", "planned_places")
    advice = Text("See which of the two is right: places planned are of one grade, not of the school.")
    return [
        *listing(
            "warning",
            "D150",
            "enrolment",
            "planned_places",
            row_ids(over, CELL),
            Text(
                "Far more children than places planned (school/grade/year: children, places): {list}.",
                list=_listed(over, *columns),
            ),
            advice,
        ),
        *listing(
            "warning",
            "D150",
            "enrolment",
            "full",
            row_ids(empty, CELL),
            Text(
                "Said to be full with far fewer children than places planned (school/grade/year: children, places): {list}.",
                list=_listed(empty, *columns),
            ),
            advice,
        ),
    ]


def _listed(table: pd.DataFrame, *columns: str) -> Text | str:
    """Return the first cells as: school/grade/year: figure, figure."""
    numbers = [figures(table, column) for column in columns]
    return few(
        [
            f"{name}: {', '.join(f'{figure:g}' for figure in of_row)}"
            for name, *of_row in zip(row_ids(table, CELL), *numbers, strict=True)
        ]
    )


def impossible_classes(district: District, policy: Policy) -> list[Finding]:
    """Return single classes that nobody could teach, and classes far smaller than the others of their grade."""
    del policy
    table = complete(district["classes"], (*CELL, "class", "pupils"))
    heads = figures(table, "pupils")
    key = (*CELL, "class")
    of_grade = table.groupby(list(CELL))["pupils"]
    others = figures(table.assign(size=of_grade.transform("size")), "size") - 1
    rest = np.divide(
        figures(table.assign(sum=of_grade.transform("sum")), "sum") - heads,
        others,
        out=np.zeros(len(table)),
        where=others > 0,
    )
    huge, small = heads > ABSURD_CLASS, (others >= 2) & (heads < SMALL_CLASS * rest)
    return [
        *listing(
            "error",
            "D151",
            "classes",
            "pupils",
            row_ids(rows(table, huge), key),
            Text(
                "Classes of more than {most} children (school/grade/year/class): {ids}.",
                most=ABSURD_CLASS,
                ids=few(row_ids(rows(table, huge), key)),
            ),
            Text("Correct the head-count: a row is one class, not a grade."),
        ),
        *listing(
            "note",
            "D151",
            "classes",
            "pupils",
            row_ids(rows(table, small), key),
            Text(
                "Classes of less than a third of the others of their grade (school/grade/year/class): {ids}.",
                ids=few(row_ids(rows(table, small), key)),
            ),
            Text("Leave classes of special education out: their rooms belong to rooms_other."),
        ),
    ]


def lists_against_bands(district: District, policy: Policy) -> list[Finding]:
    """Return grades whose class lists, sorted into size bands, give other bands than stated."""
    del policy
    lists = complete(district["classes"], (*CELL, "pupils"))
    bands = complete(district["class_bands"], (*CELL, "band", "classes"))
    if not len(lists) or not len(bands):
        return []
    names = list(BANDS)
    floors = np.array([low for low, _ in BANDS.values()])
    band = np.clip(np.searchsorted(floors, figures(lists, "pupils"), side="right") - 1, 0, None)
    made = lists.assign(band=np.array(names, dtype=object)[band], made=1)
    made = made.groupby([*CELL, "band"], as_index=False)["made"].sum()
    both = pd.DataFrame(made).merge(bands[[*CELL, "band", "classes"]], on=[*CELL, "band"], how="outer")
    listed = lists[list(CELL)].drop_duplicates().merge(bands[list(CELL)].drop_duplicates(), on=list(CELL))
    both = both.merge(listed, on=list(CELL))
    wrong = np.nan_to_num(figures(both, "made")) != np.nan_to_num(figures(both, "classes"))
    ids = named(row_ids(rows(both, wrong), CELL))
    return listing(
        "warning",
        "D152",
        "class_bands",
        "band",
        ids,
        Text("Class lists give other size bands than stated (school/grade/year): {ids}.", ids=few(ids)),
        Text("See which of the two is right, and that both are of the same day."),
    )


def forecasts_of_the_past(district: District, policy: Policy) -> list[Finding]:
    """Return forecasts of years that were known when they were made, or made from counts still to come."""
    del policy
    table = complete(district["forecasts"], (*CELL, "made_in"))
    made, year = figures(table, "made_in"), figures(table, "year")
    key = ("made_in", "year")
    known = named(row_ids(rows(table, year <= made), key))
    ahead = named(row_ids(rows(table, made > district.counted), key))
    return [
        *listing(
            "warning",
            "D153",
            "forecasts",
            "made_in",
            known,
            Text(
                "Forecasts of years that had been counted when they were made (made in/year): {ids}.",
                ids=few(known),
            ),
            Text("made_in is the autumn of the last count known then; correct it, or the year."),
        ),
        *listing(
            "warning",
            "D153",
            "forecasts",
            "made_in",
            ahead,
            Text("Forecasts made from counts after the last one (made in/year): {ids}.", ids=few(ahead)),
            Text("made_in is the autumn of the last count known then; correct it."),
        ),
    ]


def absurd_forecasts(district: District, policy: Policy) -> list[Finding]:
    """Return official forecasts three times the children counted, or a third of them."""
    del policy
    table = complete(district["forecasts"], (*CELL, "made_in", "pupils"))
    both = table.merge(_cells(district)[[*CELL, "pupils"]], on=list(CELL), suffixes=("", "_counted"))
    said, came = figures(both, "pupils"), figures(both, "pupils_counted")
    odd = ((said > JUMP * came) | (came > JUMP * said)) & (np.abs(said - came) >= JUMP_CHILDREN)
    found = rows(both, odd)
    return listing(
        "warning",
        "D154",
        "forecasts",
        "pupils",
        row_ids(found, CELL),
        Text(
            "Official forecasts of three times the children counted, or a third (school/grade/year: forecast, counted): {list}.",
            list=_listed(found, "pupils", "pupils_counted"),
        ),
        Text(
            "See that school, grade and year are the right ones, or they are scored against the wrong count."
        ),
    )


CHECKS = (
    year_groups_apart,
    repeated_years,
    counted_in_another_year,
    rows_outside_schools,
    places_planned,
    impossible_classes,
    lists_against_bands,
    forecasts_of_the_past,
    absurd_forecasts,
)
