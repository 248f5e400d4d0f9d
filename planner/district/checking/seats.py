"""Checks of rooms and seats: what a document states against what rooms can hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.district.catchments import open_in
from planner.district.findings import Finding, few, school_names
from planner.district.tables import complete, figures, named, rows, texts
from planner.district.values import parse_rooms
from planner.policy import parse_grades
from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pandas as pd
    from numpy.typing import NDArray

    from planner.district.findings import Level
    from planner.district.model import District
    from planner.policy import Policy

LOOSE = 0.8
"""Stated seats below this share of what the rooms hold are remarked upon. [1]"""


def _standard_sizes(policy: Policy, first: int, last: int, year: int) -> list[int]:
    """Return the standard class sizes of the grades that the policy has one for. [children]."""
    sizes = []
    for grade in range(first, last + 1):
        rule = policy.governing("standard_class_size", grade, year)
        if rule is not None and rule.at_most is not None:
            sizes.append(int(rule.at_most))
    return sizes


def _too_dense(seats: float, rooms: float, sizes: list[int]) -> str | None:
    if not rooms or not sizes or seats * rooms <= 0 or abs(seats) <= abs(rooms) * max(sizes):
        return None
    low, high = min(sizes), max(sizes)
    size = f"{low}" if low == high else f"{low}/{high}"
    return f"{seats:.0f} / {rooms:.0f} = {seats / rooms:.2f} > {size}"


def stated_seats(district: District, policy: Policy) -> list[Finding]:
    """
    Return schools and projects whose stated seats are more than rooms x standard class size.

    "新增班级86个，新增学位4640个" (Taierzhuang 2020): 53.95 children a class where the standard is 45 or 50.
    """
    dense: dict[str, list[tuple[str, str]]] = {"schools": [], "projects": []}
    loose: list[tuple[str, str]] = []
    for school, rooms, seats, first, last in _figures_of(
        complete(district.schools, ("rooms", "seats_stated")), ("rooms", "seats_stated", "first", "last")
    ):
        sizes = _standard_sizes(policy, int(first), int(last), district.counted)
        if text := _too_dense(seats, rooms, sizes):
            dense["schools"].append((school, text))
        elif sizes and rooms and seats < LOOSE * rooms * min(sizes):
            loose.append((school, f"{seats:.0f} / {rooms:.0f} = {seats / rooms:.2f}"))
    projects = complete(district["projects"], ("project", "rooms", "seats_stated"))
    for project, school, grades, rooms, seats in zip(
        texts(projects, "project"),
        texts(projects, "school"),
        texts(projects, "grades"),
        texts(projects, "rooms"),
        figures(projects, "seats_stated"),
        strict=True,
    ):
        first, last = _grades_of(district, policy, school, grades)
        sizes = _standard_sizes(policy, first, last, district.counted)
        if text := _too_dense(seats, parse_rooms(rooms)[-1], sizes):
            dense["projects"].append((project, text))
    findings = [
        Finding(
            level="warning",
            code="D070",
            table=table,
            column="seats_stated",
            ids=tuple(name for name, _ in found),
            text=Text(
                "More seats stated than the rooms hold at the standard class size (seats / rooms = children a class): {list}.",
                list=few(school_names(district, *zip(*found, strict=True))),
            ),
            advice=Text("Plans count rooms x the standard class size; correct the rooms if there are more."),
        )
        for table, found in dense.items()
        if found
    ]
    if loose:
        findings.append(
            Finding(
                level="note",
                code="D071",
                table="schools",
                column="seats_stated",
                ids=tuple(school for school, _ in loose),
                text=Text(
                    "Far fewer seats stated than the rooms hold at the standard class size (seats / rooms = children a class): {list}.",
                    list=few(school_names(district, *zip(*loose, strict=True))),
                ),
                advice=Text(
                    "Plans count rooms x the standard class size; put rooms that hold no class into rooms_other."
                ),
            )
        )
    return findings


def _figures_of(table: pd.DataFrame, columns: tuple[str, ...]) -> Iterator[tuple[str, *tuple[float, ...]]]:
    """Return the id of each row and its figures."""
    numbers = [figures(table, column) for column in columns]
    return zip(named(table.index), *numbers, strict=True)


def _grades_of(district: District, policy: Policy, school: str, grades: str) -> tuple[int, int]:
    """Return the grades that a project is for: its own, else its school's, else all of the policy."""
    if grades:
        return parse_grades(grades)
    if school in district.schools.index:
        own = district.schools.loc[[school]]
        return int(figures(own, "first")[0]), int(figures(own, "last")[0])
    return policy.grades[0], policy.grades[-1]


def unknown_capacity(district: District, policy: Policy) -> list[Finding]:
    """Return open public schools whose rooms have to be taken from something else, or are not known at all."""
    del policy
    schools = district.schools.loc[district.public]
    schools = rows(
        schools, open_in(schools, district.counted).to_numpy(bool) & np.isnan(figures(schools, "rooms"))
    )
    table = district["enrolment"]
    last = rows(table, (figures(table, "year") == district.counted) & (figures(table, "pupils") > 0))
    unsplit = rows(last, np.isnan(figures(last, "classes")))
    stated = ~np.isnan(figures(schools, "seats_stated"))
    counted = np.isin(named(schools.index), texts(last, "school").astype(str))
    classes_known = counted & ~np.isin(named(schools.index), texts(unsplit, "school").astype(str))
    write = Text("Write how many ordinary classrooms they have: classes need rooms.")
    cases: tuple[tuple[Level, NDArray[np.bool_], Callable[[Text | str], Text]], ...] = (
        (
            "error",
            ~stated & counted & ~classes_known,
            lambda ids: Text(
                "Schools with children, but neither rooms nor stated seats nor classes: {ids}.", ids=ids
            ),
        ),
        (
            "warning",
            ~stated & classes_known,
            lambda ids: Text(
                "Schools without rooms, which are taken from the classes counted: {ids}.", ids=ids
            ),
        ),
        (
            "warning",
            ~stated & ~counted,
            lambda ids: Text(
                "Schools without rooms, seats and children, where nobody can be seated: {ids}.", ids=ids
            ),
        ),
        (
            "note",
            stated,
            lambda ids: Text("Schools without rooms, which are taken from the seats stated: {ids}.", ids=ids),
        ),
    )
    return [
        Finding(
            level=level,
            code="D072",
            table="schools",
            column="rooms",
            ids=ids,
            text=say_what(few(school_names(district, ids))),
            advice=write,
        )
        for level, chosen, say_what in cases
        if (ids := named(schools.index[chosen]))
    ]


def classes_beyond_rooms(district: District, policy: Policy) -> list[Finding]:
    """Return public schools that had more classes than ordinary rooms at the last count."""
    del policy
    table = district["enrolment"]
    last = rows(table, figures(table, "year") == district.counted)
    held: dict[str, float] = {}
    for school, classes in zip(texts(last, "school"), np.nan_to_num(figures(last, "classes")), strict=True):
        held[school] = held.get(school, 0.0) + classes
    schools = district.schools.loc[district.public]
    over = [
        (school, f"{held[school]:.0f}, {rooms:.0f}")
        for school, rooms in _figures_of(schools, ("rooms",))
        if held.get(school, 0.0) > rooms
    ]
    if not over:
        return []
    return [
        Finding(
            level="note",
            code="D073",
            table="schools",
            column="rooms",
            ids=tuple(school for school, _ in over),
            text=Text(
                "More classes than ordinary rooms in {year} (classes, rooms): {list}.",
                year=district.counted,
                list=few(school_names(district, *zip(*over, strict=True))),
            ),
            advice=Text("They borrow rooms, which no new class may; correct the rooms if they have more."),
        )
    ]


CHECKS = (stated_seats, unknown_capacity, classes_beyond_rooms)
