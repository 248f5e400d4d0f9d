"""New schools that open grade by grade: from which year they take the entrants of each stage."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.capacity.projects import project_rows
from planner.district.decisions import read_decision
from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from planner.district import District
    from planner.policy import Stage

Grades = tuple[int, int]
"""First and last of some grades."""


def years_before(opening_grades: Sequence[Grades], grade: int) -> int | None:
    """Return the years after opening from which a grade is open: 0 where no grades are stated, None for never. [years]."""
    if not opening_grades:
        return 0
    return next((after for after, (low, high) in enumerate(opening_grades) if low <= grade <= high), None)


def staging_faults(opening_grades: Sequence[Grades], grades: Grades, stages: Sequence[Stage]) -> list[Text]:
    """
    Return what is wrong with the grades that a new school opens year by year.

    A stage's entrants come from the year in which its first grade is open, and move up: their grades have to be open
    when they reach them, and in the end all that the school teaches, since the last entry lasts.

    Parameters
    ----------
    opening_grades
        Of the first, second, ... year.
    grades
        That the school teaches.
    """
    if not opening_grades:
        return []
    first, last = grades
    outside = [(low, high) for low, high in opening_grades if low < first or high > last]
    if outside:
        problem = Text(
            "opens grades {first}-{last}, which the new school does not teach",
            first=outside[0][0],
            last=outside[0][1],
        )
        return [problem]
    taught = [stage for stage in stages if first <= stage.first <= last]
    waits = [(stage, years_before(opening_grades, stage.first)) for stage in taught]
    begins = [(stage, since) for stage, since in waits if since is not None]
    faults: list[Text] = []
    if taught and not any(since == 0 for _, since in begins):
        faults.append(Text("nobody enters in its first year: begin with the first grade of a stage"))
    for after, (low, high) in enumerate(opening_grades):
        filled = [
            grade
            for stage, since in begins
            if since <= after
            for grade in (stage.first, min(stage.first + after - since, stage.last, last))
        ]
        missing = [grade for grade in filled if not low <= grade <= high]
        if missing:
            problem = Text(
                "its {number}. year leaves out grade {grade}, where it has children by then: those who enter every year move up",
                number=after + 1,
                grade=missing[0],
            )
            faults.append(problem)
            break
    if opening_grades[-1] != grades:
        faults.append(
            Text("the last entry lasts: end with all its grades, {first}-{last}", first=first, last=last)
        )
    return faults


def grades_open(
    district: District,
    projects: pd.DataFrame,
    schools: Sequence[str],
    grades: Sequence[int],
    years: Sequence[int],
) -> NDArray[np.bool_]:
    """
    Return which grades of the schools that counted projects bring are open to children who come; those of others always are.

    Parameters
    ----------
    projects
        Which count, and when they open: `Capacity.projects`.

    Returns
    -------
    Array [school, grade, year].
    """
    open_ = np.ones((len(schools), len(grades), len(years)), dtype=bool)
    position = {school: s for s, school in enumerate(schools)}
    counted = projects.loc[projects["counted"] & projects["opens"].notna()]
    opens = dict(zip(counted["project"], counted["opens"].astype(int), strict=True))
    for row in project_rows(district):
        brings = row["kind"] == "new" or row["replaces"] is not None
        opening_grades = read_decision(row)[0].opening_grades
        if not (brings and opening_grades and row["project"] in opens and row["school"] in position):
            continue
        waits = [years_before(opening_grades, grade) for grade in grades]
        since = np.array([np.inf if wait is None else opens[row["project"]] + wait for wait in waits])
        open_[position[row["school"]]] = np.asarray(years) >= since[:, None]
    return open_
