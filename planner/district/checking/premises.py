"""Checks of schools as buildings: names, years, rooms, beds and areas."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planner.district.catchments import open_in
from planner.district.findings import few, listing, school_names
from planner.district.tables import figures, grouped, named, rows, texts
from planner.words import Text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.district.findings import Finding
    from planner.district.model import District
    from planner.policy import Policy

EMPTY = 3.0
"""Rooms over classes from which on a school is remarked upon; half-empty village schools have about 1.7. [1]"""

EMPTY_ROOMS = 12
"""... when as many rooms are over: two classes a grade of a primary school. [rooms]"""

AREAS = {"site_m2": (2.0, 1000.0), "floor_m2": (0.5, 200.0), "sports_m2": (0.3, 500.0)}
"""Square metres a child to be believed. Asked for are 4.5 and 5.8 of teaching floor and 7.5 and 10.2 of sports
grounds a child (Ministry of Education 2017, No. 6); a site written in mu is 667 times too small. [m2/child]"""

AREA_CHILDREN = 50
"""Areas a child are judged from this many children on. [children]"""


def _children(district: District) -> NDArray[np.float64]:
    """Return the children of each school at the last count, in the order of the schools; nan where not counted."""
    table = district["enrolment"]
    last = rows(table, figures(table, "year") == district.counted)
    sums = grouped(last, "school", "pupils").reindex(pd.Index(named(district.schools.index)))
    return sums.to_numpy(np.float64, na_value=np.nan)


def same_names(district: District, policy: Policy) -> list[Finding]:
    """Return schools of the same name."""
    del policy
    schools = rows(district.schools, open_in(district.schools, district.counted).to_numpy(bool))
    name = pd.Series(texts(schools, "name")).str.replace(r"\s", "", regex=True)
    again = ((name != "") & name.duplicated(keep=False)).to_numpy(bool)
    ids = named(schools.index[again])
    return listing(
        "warning",
        "D074",
        "schools",
        "name",
        ids,
        Text("Schools of the same name: {ids}.", ids=few(school_names(district, ids))),
        Text("Keep one row a campus: add what tells them apart, or delete the copy."),
    )


def far_too_many_rooms(district: District, policy: Policy) -> list[Finding]:
    """Return public schools with several times as many rooms as classes."""
    del policy
    table = district["enrolment"]
    last = rows(table, figures(table, "year") == district.counted)
    held = grouped(last, "school", "classes")
    schools = district.schools.loc[district.public]
    rooms = figures(schools, "rooms")
    classes = held.reindex(pd.Index(named(schools.index))).to_numpy(np.float64, na_value=np.nan)
    empty = (rooms >= EMPTY * classes) & (rooms - classes >= EMPTY_ROOMS)
    ids = named(schools.index[empty])
    details = [f"{room:.0f}, {used:.0f}" for room, used in zip(rooms[empty], classes[empty], strict=True)]
    return listing(
        "note",
        "D075",
        "schools",
        "rooms",
        ids,
        Text(
            "Several times as many rooms as classes (rooms, classes): {list}.",
            list=few(school_names(district, ids, details)),
        ),
        Text("Count ordinary classrooms only; rooms that hold no class belong to rooms_other."),
    )


def beds_and_areas(district: District, policy: Policy) -> list[Finding]:
    """Return schools with more beds than children, and areas a child that nobody has."""
    del policy
    schools, children = district.schools, _children(district)
    beds = figures(schools, "beds")
    many = beds > children
    ids = named(schools.index[many])
    details = [f"{bed:.0f}, {pupils:.0f}" for bed, pupils in zip(beds[many], children[many], strict=True)]
    findings = listing(
        "note",
        "D076",
        "schools",
        "beds",
        ids,
        Text(
            "More beds than children (beds, children): {list}.",
            list=few(school_names(district, ids, details)),
        ),
        Text("See that the beds are those of this campus."),
    )
    for column, (low, high) in AREAS.items():
        area = figures(schools, column)
        with np.errstate(divide="ignore", invalid="ignore"):
            each = area / children
        odd = ((each < low) | (each > high)) & (children >= AREA_CHILDREN)
        ids = named(schools.index[odd])
        findings += listing(
            "warning",
            "D077",
            "schools",
            column,
            ids,
            Text(
                "Areas of less than {low} or more than {high} m2 a child (m2 a child): {list}.",
                low=f"{low:g}",
                high=f"{high:g}",
                list=few(school_names(district, ids, [f"{one:.2f}" for one in each[odd]])),
            ),
            Text("Write square metres: 1 mu is 666.67 m2."),
        )
    larger = figures(schools, "sports_m2") > figures(schools, "site_m2")
    ids = named(schools.index[larger])
    return [
        *findings,
        *listing(
            "warning",
            "D077",
            "schools",
            "sports_m2",
            ids,
            Text("Sports grounds larger than the site: {ids}.", ids=few(school_names(district, ids))),
            Text("Write both in square metres; grounds outside the site count in neither."),
        ),
    ]


def years_turned_round(district: District, policy: Policy) -> list[Finding]:
    """Return schools that close before they open."""
    del policy
    schools = district.schools
    ids = named(schools.index[figures(schools, "open_from") > figures(schools, "open_to")])
    return listing(
        "error",
        "D078",
        "schools",
        "open_to",
        ids,
        Text("Schools that close before they open: {ids}.", ids=few(school_names(district, ids))),
        Text("Write the first and the last school year open (open_from, open_to)."),
    )


def areas_of_schools(district: District, policy: Policy) -> list[Finding]:
    """Return schools in towns that no block belongs to, where most blocks name one."""
    del policy
    known = set(texts(district.blocks, "area")) - {""}
    if not known:
        return []
    area = texts(district.schools, "area")
    odd = np.array([name != "" and name not in known for name in area], dtype=bool)
    ids = named(district.schools.index[odd])
    return listing(
        "warning",
        "D079",
        "schools",
        "area",
        ids,
        Text(
            "Schools of an area that no block belongs to: {list}.",
            list=few(school_names(district, ids, list(area[odd]))),
        ),
        Text("Write the area as in the blocks table."),
    )


CHECKS = (same_names, far_too_many_rooms, beds_and_areas, years_turned_round, areas_of_schools)
