"""Classes of every year, class lists of the last three counts, rooms of the last."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from yuhe_builder.people import IDS
from yuhe_builder.settings import LARGE, LAST, LISTED, SCHOOLS, VILLAGE_USE, School

if TYPE_CHECKING:
    from collections.abc import Mapping

Count = tuple[str, int, int]
"""School, grade, year."""


def grades_of(school: School) -> range:
    """Return the grades a school teaches."""
    first, last = (int(part) for part in school.grades.split("-"))
    return range(first, last + 1)


def pupils_by_grade(attending: Mapping[int, np.ndarray]) -> dict[Count, int]:
    """Return pupils by school, grade and year, for the years and grades a school has had."""
    found = {}
    for year, children in attending.items():
        for number, school in enumerate(SCHOOLS):
            if school.opened is not None and year < school.opened:
                continue
            for grade in grades_of(school):
                count = int(children[grade - 1, :, number].sum())
                first = 1 if grade < 7 else 7
                if count or school.opened is None or year - school.opened >= grade - first:
                    found[school.school, grade, year] = count
    return found


def _formed(school: School, grade: int, year: int, pupils: int) -> int:
    """Return the classes a starting grade is divided into: larger ones before 2020, the standard from 2025."""
    size = school.form if grade < 7 else school.form_junior
    if year < 2020:
        size += 2
    if year >= 2025:
        size = min(size, 45 if grade < 7 else 50)
    return ceil(pupils / size)


def classes_by_grade(pupils: Mapping[Count, int]) -> dict[Count, int]:
    """Return classes by school, grade and year: kept as a year group goes up, split above 55, merged when half empty."""
    found: dict[Count, int] = {}
    by_id = {school.school: school for school in SCHOOLS}
    for (school, grade, year), count in sorted(pupils.items(), key=lambda item: (item[0][2], item[0])):
        size = by_id[school].form if grade < 7 else by_id[school].form_junior
        before = found.get((school, grade - 1, year - 1))
        if grade in {1, 7} or before is None:
            found[school, grade, year] = _formed(by_id[school], grade, year, count)
        elif count == 0:
            found[school, grade, year] = 0
        elif count > max(53, size + 1) * before:
            found[school, grade, year] = before + 1
        elif before > 1 and count <= 0.9 * size * (before - 1):
            found[school, grade, year] = before - 1
        else:
            found[school, grade, year] = max(1, before)
    return found


def class_lists(pupils: Mapping[Count, int], classes: Mapping[Count, int]) -> dict[Count, list[int]]:
    """
    Return the head-count of every class of the last three counts; of the last one those named in LARGE first.

    Every year has a random stream of its own.
    """
    streams = {year: np.random.default_rng(year) for year in LISTED}
    found = {}
    for (school, grade, year), count in pupils.items():
        number = classes[school, grade, year]
        if year not in streams or not number:
            continue
        large = list(LARGE.get((school, grade), ())) if year == LAST else []
        rest, left = number - len(large), count - sum(large)
        heads = [left // rest + (index < left % rest) for index in range(rest)]
        most = max(heads[0], {1: 45, 7: 50}.get(grade, 53))
        for _ in range(rest // 2):
            up, down = streams[year].choice(rest, 2, replace=False)
            if heads[up] < most and heads[down] > 4:
                heads[up] += 1
                heads[down] -= 1
        found[school, grade, year] = [*large, *heads]
    return found


def rooms_of(classes: Mapping[Count, int]) -> dict[str, int]:
    """Return ordinary classrooms by school: the classes of the last count and what is spare; village schools are half empty."""
    used = dict.fromkeys(IDS, 0)
    for (school, _, year), number in classes.items():
        if year == LAST:
            used[school] += number
    return {
        school.school: round(used[school.school] / VILLAGE_USE)
        if school.kind in {"village", "point"}
        else used[school.school] + school.spare
        for school in SCHOOLS
    }
