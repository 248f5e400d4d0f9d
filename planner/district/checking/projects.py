"""Checks of projects: whether they can be built as written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from planner.district.catchments import open_in
from planner.district.findings import Finding, few
from planner.district.tables import complete, figures, named, texts
from planner.district.values import parse_rooms
from planner.words import Text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.district.findings import Level
    from planner.district.model import District
    from planner.policy import Policy

LOSING = frozenset({"closure"})
"""Kinds of project that cannot gain rooms."""

GAINING = frozenset({"new", "expansion"})
"""Kinds of project that cannot lose rooms."""


def _finding(
    level: Level, code: str, column: str, ids: NDArray[np.object_] | list[str], text: Text, advice: Text
) -> list[Finding]:
    if not len(ids):
        return []
    names = tuple(str(name) for name in ids)
    return [
        Finding(level=level, code=code, table="projects", column=column, ids=names, text=text, advice=advice)
    ]


def new_schools(district: District, policy: Policy) -> list[Finding]:
    """Return new schools without grades or place, and projects of schools that nobody knows."""
    del policy
    projects = complete(district["projects"], ("project", "school"))
    project, school, kind = (texts(projects, column) for column in ("project", "school", "kind"))
    new = kind == "new"
    has_grades = new & (texts(projects, "grades") != "")
    has_place = new & (
        ~shapely.is_missing(projects["geometry"].to_numpy(object))
        if "geometry" in projects
        else np.zeros(len(projects), dtype=bool)
    )
    outside = ~np.isin(school.astype(str), named(district.schools.index))
    opened = district.schools.index[open_in(district.schools, district.counted)]

    def without(chosen: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return new schools of which no project is among the chosen."""
        return outside & new & ~np.isin(school.astype(str), school[chosen].astype(str))

    no_grades, no_place = project[without(has_grades)], project[without(has_place)]
    unknown = project[outside & ~new & ~np.isin(school.astype(str), school[new].astype(str))]
    running = project[new & np.isin(school.astype(str), named(opened))]
    return [
        *_finding(
            "error",
            "D080",
            "grades",
            no_grades,
            Text("New schools without grades: {ids}.", ids=few(no_grades)),
            Text("Write the grades that the school will teach, as 1-6."),
        ),
        *_finding(
            "error",
            "D081",
            "geometry",
            no_place,
            Text("New schools without a place: {ids}.", ids=few(no_place)),
            Text("Draw the site as a point, or write lon and lat."),
        ),
        *_finding(
            "error",
            "D082",
            "school",
            unknown,
            Text("Projects of schools that table schools does not have: {ids}.", ids=few(unknown)),
            Text("Correct the school, or write kind new for a school that is yet to be built."),
        ),
        *_finding(
            "warning",
            "D082",
            "kind",
            running,
            Text("New schools that are open already: {ids}.", ids=few(running)),
            Text("Write kind expansion if rooms are added, or state when the school opens (open_from)."),
        ),
    ]


def circles(district: District, policy: Policy) -> list[Finding]:
    """Return projects that wait for themselves."""
    del policy
    projects = complete(district["projects"], ("project", "depends_on"))
    waits = dict(zip(texts(projects, "project"), texts(projects, "depends_on"), strict=True))
    found: list[str] = []
    done: set[str] = set()
    for start in waits:
        path: list[str] = []
        at: str | None = start
        while at is not None and at not in done and at not in path:
            path.append(at)
            at = waits.get(at)
        if at in path:
            found.append(" > ".join([*path[path.index(at) :], str(at)]))
        done.update(path)
    return _finding(
        "error",
        "D083",
        "depends_on",
        found,
        Text("Projects wait for each other in a circle: {list}.", list=few(found)),
        Text("Take one of the dependences out."),
    )


def dates(district: District, policy: Policy) -> list[Finding]:
    """Return projects that open too early, before what they wait for, in the past, or on no date."""
    del policy
    projects = complete(district["projects"], ("project",))
    project, opens = texts(projects, "project"), figures(projects, "opens")
    year_of = dict(zip(project, opens, strict=True))
    awaited = np.array(
        [year_of.get(other, np.nan) for other in texts(projects, "depends_on")], dtype=np.float64
    )
    early = project[opens < figures(projects, "earliest")]
    waiting = project[opens < awaited]
    past = project[opens <= district.counted]
    undated = project[np.isnan(opens) & (texts(projects, "status") != "stopped")]
    return [
        *_finding(
            "error",
            "D084",
            "opens",
            early,
            Text("Projects that open before the earliest year possible: {ids}.", ids=few(early)),
            Text("Correct opens or earliest."),
        ),
        *_finding(
            "error",
            "D085",
            "depends_on",
            waiting,
            Text("Projects that open before the project they depend on: {ids}.", ids=few(waiting)),
            Text("Correct the years, or take the dependence out."),
        ),
        *_finding(
            "note",
            "D086",
            "opens",
            past,
            Text(
                "Projects that opened by the last count ({year}): {ids}.",
                year=district.counted,
                ids=few(past),
            ),
            Text("The rooms they had by then are taken to be among those of their schools."),
        ),
        *_finding(
            "note",
            "D087",
            "opens",
            undated,
            Text("Projects without a year of opening: {ids}.", ids=few(undated)),
            Text("They count only where a scenario dates them."),
        ),
    ]


def signs(district: District, policy: Policy) -> list[Finding]:
    """Return closures that gain rooms, and new schools and expansions that lose them."""
    del policy
    projects = complete(district["projects"], ("project", "kind", "rooms"))
    wrong = []
    for project, kind, text in zip(
        texts(projects, "project"), texts(projects, "kind"), texts(projects, "rooms"), strict=True
    ):
        rooms = parse_rooms(text)
        if (kind in LOSING and max(rooms) > 0) or (kind in GAINING and min(rooms) < 0):
            wrong.append(project)
    return _finding(
        "warning",
        "D088",
        "rooms",
        wrong,
        Text(
            "Closures that gain rooms, or new schools and expansions that lose some: {ids}.",
            ids=few(wrong),
        ),
        Text("Write rooms lost with a minus sign, or correct the kind."),
    )


CHECKS = (new_schools, circles, dates, signs)
