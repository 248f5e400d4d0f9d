"""Checks of the children and classes counted: figures that contradict each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planner.district.catchments import open_in
from planner.district.findings import Finding, few, school_names
from planner.district.integrity import row_ids
from planner.district.tables import complete, figures, named, rows, texts, words
from planner.words import Text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.district.findings import Level
    from planner.district.model import District
    from planner.policy import Policy

ABSURD_CLASS = 90
"""A mean class larger than this is a slip of the pen. [children]"""

CELL = ("school", "grade", "year")

BANDS = {
    "<=25": (1, 25),
    "26-30": (26, 30),
    "31-35": (31, 35),
    "36-40": (36, 40),
    "41-45": (41, 45),
    "46-50": (46, 50),
    "51-55": (51, 55),
    "56-60": (56, 60),
    "61-65": (61, 65),
    ">=66": (66, 200),
}
"""Smallest and largest class of each size band of the statistical form. [children]"""


def _enrolment(district: District) -> pd.DataFrame:
    """Return the counted cells, each once."""
    return complete(district["enrolment"], (*CELL, "pupils")).drop_duplicates(list(CELL))


def _sums(table: pd.DataFrame, columns: dict[str, str]) -> pd.DataFrame:
    """Return columns summed by cell, under new names."""
    sums = pd.DataFrame(table.groupby(list(CELL), as_index=False)[list(columns)].sum())
    return sums.set_axis([*CELL, *columns.values()], axis="columns")


def _beside_count(district: District, sums: pd.DataFrame) -> pd.DataFrame:
    """Return figures by cell together with the children and classes counted there."""
    return _enrolment(district).merge(sums, on=list(CELL))


def _finding(
    level: Level,
    code: str,
    cells: pd.DataFrame,
    column: str,
    text: Text,
    advice: Text,
    *,
    table: str = "enrolment",
) -> list[Finding]:
    """Return the finding about cells, or nothing when there is no cell."""
    if not len(cells):
        return []
    ids = row_ids(cells, CELL)
    return [Finding(level=level, code=code, table=table, column=column, ids=ids, text=text, advice=advice)]


def _listed(cells: pd.DataFrame, *columns: str) -> Text | str:
    """Return the first cells as: school/grade/year: figure, figure."""
    numbers = [figures(cells, column) for column in columns]
    return few(
        [
            f"{name}: {', '.join(f'{figure:g}' for figure in of_cell)}"
            for name, *of_cell in zip(row_ids(cells, CELL), *numbers, strict=True)
        ]
    )


def children_without_classes(district: District, policy: Policy) -> list[Finding]:
    """Return counts of children in no class."""
    del policy
    table = _enrolment(district)
    cells = rows(table, (figures(table, "pupils") > 0) & (figures(table, "classes") == 0))
    return _finding(
        "error",
        "D050",
        cells,
        "classes",
        Text("Children but no class (school/grade/year: children): {list}.", list=_listed(cells, "pupils")),
        Text("Write the number of classes, or leave the cell blank where it is not known."),
    )


def classes_without_children(district: District, policy: Policy) -> list[Finding]:
    """Return counts of classes with fewer children than classes."""
    del policy
    table = _enrolment(district)
    cells = rows(table, figures(table, "classes") > figures(table, "pupils"))
    return _finding(
        "warning",
        "D051",
        cells,
        "classes",
        Text(
            "Fewer children than classes (school/grade/year: children, classes): {list}.",
            list=_listed(cells, "pupils", "classes"),
        ),
        Text("See which of the two is right."),
    )


def absurd_classes(district: District, policy: Policy) -> list[Finding]:
    """Return counts whose mean class nobody could teach."""
    del policy
    table = _enrolment(district)
    pupils, classes = figures(table, "pupils"), figures(table, "classes")
    cells = rows(table, (pupils > ABSURD_CLASS * classes) & (classes > 0))
    return _finding(
        "error",
        "D052",
        cells,
        "pupils",
        Text(
            "More than {most} children a class (school/grade/year: children, classes): {list}.",
            most=ABSURD_CLASS,
            list=_listed(cells, "pupils", "classes"),
        ),
        Text("See which of the two is right."),
    )


def class_lists(district: District, policy: Policy) -> list[Finding]:
    """Return class lists whose children or classes do not add up to those counted."""
    del policy
    lists = complete(district["classes"], (*CELL, "pupils"))
    if not len(lists):
        return []
    both = _beside_count(district, _sums(lists.assign(one=1), {"pupils": "listed", "one": "lists"}))
    pupils = rows(both, figures(both, "pupils") != figures(both, "listed"))
    counted = figures(both, "classes")
    classes = rows(both, ~np.isnan(counted) & (counted != figures(both, "lists")))
    advice = Text("See which of the two is right.")
    return [
        *_finding(
            "warning",
            "D053",
            pupils,
            "pupils",
            Text(
                "Class lists do not add up to the children counted (school/grade/year: listed, counted): {list}.",
                list=_listed(pupils, "listed", "pupils"),
            ),
            advice,
            table="classes",
        ),
        *_finding(
            "warning",
            "D053",
            classes,
            "class",
            Text(
                "Class lists are not as many as the classes counted (school/grade/year: lists, classes): {list}.",
                list=_listed(classes, "lists", "classes"),
            ),
            advice,
            table="classes",
        ),
    ]


def class_bands(district: District, policy: Policy) -> list[Finding]:
    """Return size bands whose classes do not add up, or cannot hold the children counted."""
    del policy
    bands = complete(district["class_bands"], (*CELL, "band", "classes"))
    if not len(bands):
        return []
    sizes = np.array([BANDS[band] for band in texts(bands, "band")], dtype=np.int64)
    classes = figures(bands, "classes")
    bands = bands.assign(low=sizes[:, 0] * classes, high=sizes[:, 1] * classes)
    both = _beside_count(district, _sums(bands, {"low": "at_least", "high": "at_most", "classes": "banded"}))
    counted, pupils = figures(both, "classes"), figures(both, "pupils")
    unequal = rows(both, ~np.isnan(counted) & (counted != figures(both, "banded")))
    unfit = rows(both, (pupils < figures(both, "at_least")) | (pupils > figures(both, "at_most")))
    advice = Text("See which of the two is right.")
    return [
        *_finding(
            "warning",
            "D054",
            unequal,
            "classes",
            Text(
                "Size bands do not add up to the classes counted (school/grade/year: in bands, counted): {list}.",
                list=_listed(unequal, "banded", "classes"),
            ),
            advice,
            table="class_bands",
        ),
        *_finding(
            "warning",
            "D054",
            unfit,
            "band",
            Text(
                "The children counted do not fit the size bands (school/grade/year: children, at least, at most): {list}.",
                list=_listed(unfit, "pupils", "at_least", "at_most"),
            ),
            advice,
            table="class_bands",
        ),
    ]


def _with_schools(district: District) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the cells with children at schools of the table, and row by row the school of each."""
    table = _enrolment(district)
    at = district.schools.index.get_indexer(words(table, "school"))
    chosen = (at >= 0) & (figures(table, "pupils") > 0)
    return rows(table, chosen), pd.DataFrame(district.schools.iloc[at[chosen]])


def grades_not_taught(district: District, policy: Policy) -> list[Finding]:
    """Return children counted in grades that their school does not teach."""
    del policy
    table, of = _with_schools(district)
    grade = figures(table, "grade")
    strange = (grade < figures(of, "first")) | (grade > figures(of, "last"))
    now = figures(table, "year") >= district.counted
    levels: tuple[tuple[Level, NDArray[np.bool_]], ...] = (
        ("error", strange & now),
        ("warning", strange & ~now),
    )
    findings = []
    for level, chosen in levels:
        cells = rows(table, chosen)
        findings += _finding(
            level,
            "D055",
            cells,
            "grade",
            Text(
                "Children in grades that their school does not teach (school/grade/year: children): {list}.",
                list=_listed(cells, "pupils"),
            ),
            Text("Correct the grade, or the grades of the school."),
        )
    return findings


def attendance_beyond_count(district: District, policy: Policy) -> list[Finding]:
    """Return schools where more children of the blocks attend than were counted."""
    del policy
    attendance = complete(district["attendance"], (*CELL, "children"))
    if not len(attendance):
        return []
    both = _beside_count(district, _sums(attendance, {"children": "attending"}))
    cells = rows(both, figures(both, "attending") > figures(both, "pupils"))
    return _finding(
        "warning",
        "D056",
        cells,
        "children",
        Text(
            "More children attend from the blocks than were counted (school/grade/year: from blocks, counted): {list}.",
            list=_listed(cells, "attending", "pupils"),
        ),
        Text("See that both were counted on the same day and in the same way."),
        table="attendance",
    )


def counts_outside_open_years(district: District, policy: Policy) -> list[Finding]:
    """Return children counted before a school opened or after it closed."""
    del policy
    table, of = _with_schools(district)
    year = figures(table, "year")
    cells = rows(table, (year < figures(of, "open_from")) | (year > figures(of, "open_to")))
    return _finding(
        "error",
        "D057",
        cells,
        "year",
        Text(
            "Children in years in which their school is not open (school/grade/year: children): {list}.",
            list=_listed(cells, "pupils"),
        ),
        Text("Correct the years of the school (open_from, open_to), or of the count."),
    )


def schools_not_counted(district: District, policy: Policy) -> list[Finding]:
    """Return open public schools without any row in the last count."""
    del policy
    table = district["enrolment"]
    last = rows(table, figures(table, "year") == district.counted)
    if not len(last):
        return []
    schools = district.schools.loc[district.public]
    schools = rows(schools, open_in(schools, district.counted).to_numpy(bool))
    missing = named(schools.index[~schools.index.isin(texts(last, "school"))])
    if not missing:
        return []
    return [
        Finding(
            level="warning",
            code="D058",
            table="enrolment",
            column="school",
            ids=missing,
            text=Text(
                "Open schools without children in the count of {year}: {ids}.",
                year=district.counted,
                ids=few(school_names(district, missing)),
            ),
            advice=Text("Add their rows, or state when they open or closed (open_from, open_to)."),
        )
    ]


CHECKS = (
    children_without_classes,
    classes_without_children,
    absurd_classes,
    class_lists,
    class_bands,
    grades_not_taught,
    attendance_beyond_count,
    counts_outside_open_years,
    schools_not_counted,
)
