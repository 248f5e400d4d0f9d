"""Checks of projects: whether they can be built as written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from planner.district.catchments import open_in
from planner.district.decisions import circles_of, parse_list
from planner.district.findings import few, listing, school_names
from planner.district.tables import complete, figures, named, rows, texts
from planner.district.values import parse_rooms
from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from planner.district.findings import Finding, Level
    from planner.district.model import District
    from planner.policy import Policy

LOSING = frozenset({"closure"})
"""Kinds of project that cannot gain rooms."""

GAINING = frozenset({"new", "expansion"})
"""Kinds of project that cannot lose rooms."""

BUILDING = frozenset({"new", "expansion", "relocation"})
"""Kinds of project that build."""

YUAN_A_SEAT = (1_000.0, 1_000_000.0)
"""Cost of a building a seat to be believed; new primary schools cost 50 to 60 thousand. [yuan]"""

SURE = 0.9
"""Certainty from which on a project is all but sure. [1]"""


def _finding(
    level: Level, code: str, column: str, ids: Iterable[object], text: Text, advice: Text
) -> list[Finding]:
    """Return the finding about projects."""
    return listing(level, code, "projects", column, ids, text, advice)


def new_schools(district: District, policy: Policy) -> list[Finding]:
    """Return new schools without grades or place, and projects of schools that nobody knows."""
    del policy
    projects = complete(district["projects"], ("project", "school"))
    project, school, kind = (texts(projects, column) for column in ("project", "school", "kind"))
    replacing = texts(projects, "replaces") != ""
    new = (kind == "new") | replacing
    has_grades = new & ((texts(projects, "grades") != "") | replacing)
    has_place = new & (
        ~shapely.is_missing(projects["geometry"].to_numpy(object))
        if "geometry" in projects
        else np.zeros(len(projects), dtype=bool)
    )
    has_place |= new & ((texts(projects, "sites") != "") | (texts(projects, "site_areas") != ""))
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
    waits = dict(zip(texts(projects, "project"), map(parse_list, texts(projects, "depends_on")), strict=True))
    found = [" > ".join(circle) for circle in circles_of(waits)]
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
    year_of = {name: year for name, year in zip(project, opens, strict=True) if not np.isnan(year)}
    awaited = np.array(
        [
            max((year_of[other] for other in parse_list(others) if other in year_of), default=np.nan)
            for others in texts(projects, "depends_on")
        ],
        dtype=np.float64,
    )
    early = project[opens < figures(projects, "earliest")]
    waiting = project[opens < awaited]
    past = project[opens <= district.counted]
    open_question = (texts(projects, "status") != "stopped") & (texts(projects, "choice") == "")
    undated = project[np.isnan(opens) & open_question]
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
            Text("They count only where a scenario dates them, or a schedule does (choice)."),
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


def costs(district: District, policy: Policy) -> list[Finding]:
    """Return buildings whose cost a seat nobody pays, which tells of another unit."""
    projects = complete(district["projects"], ("project", "rooms", "cost_yuan"))
    projects = rows(projects, np.isin(texts(projects, "kind").astype(str), list(BUILDING)))
    most = np.array([max(parse_rooms(text)) for text in texts(projects, "rooms")], dtype=np.float64)
    rule = policy.governing("standard_class_size", policy.grades[0], district.counted)
    size = 45.0 if rule is None or rule.at_most is None else float(rule.at_most)
    cost = figures(projects, "cost_yuan")
    with np.errstate(divide="ignore", invalid="ignore"):
        seat = cost / (most * size)
    low, high = YUAN_A_SEAT
    odd = (most > 0) & (cost > 0) & ((seat < low) | (seat > high))
    ids = texts(projects, "project")[odd]
    return _finding(
        "warning",
        "D089",
        "cost_yuan",
        ids,
        Text(
            "Buildings of less than {low} or more than {high} yuan a seat: {list}.",
            low=f"{low:,.0f}",
            high=f"{high:,.0f}",
            list=few([f"{name} {one:,.0f}" for name, one in zip(ids, seat[odd], strict=True)]),
        ),
        Text("Write yuan, not ten thousands of yuan (万元)."),
    )


def rooms_lost(district: District, policy: Policy) -> list[Finding]:
    """Return schools of which projects take more rooms than there are, and closures that leave rooms."""
    del policy
    projects = complete(district["projects"], ("project", "school", "rooms"))
    rooms = dict(zip(named(district.schools.index), figures(district.schools, "rooms"), strict=True))
    lost: dict[str, float] = {}
    leaving = []
    for project, school, kind, status, written in zip(
        *(texts(projects, column) for column in ("project", "school", "kind", "status", "rooms")), strict=True
    ):
        last = parse_rooms(written)[-1]
        if status == "stopped":
            continue
        lost[school] = lost.get(school, 0.0) + min(0, last)
        if kind in LOSING and last < 0 and -last < rooms.get(school, np.nan):
            leaving.append(project)
    beyond = [school for school, less in lost.items() if -less > rooms.get(school, np.inf)]
    return [
        *listing(
            "warning",
            "D170",
            "projects",
            "rooms",
            beyond,
            Text(
                "Schools of which projects take more rooms than there are: {ids}.",
                ids=few(school_names(district, beyond)),
            ),
            Text("Correct the rooms, of the school or of the projects."),
        ),
        *_finding(
            "note",
            "D170",
            "rooms",
            leaving,
            Text("Closures that leave rooms at their school: {ids}.", ids=few(leaving)),
            Text(
                "Write all rooms of the school with a minus sign, or kind conversion if a part stays in use."
            ),
        ),
    ]


def stage_of_work(district: District, policy: Policy) -> list[Finding]:
    """Return ideas that count as sure, and finished buildings that open years later."""
    del policy
    projects = complete(district["projects"], ("project", "status"))
    status = texts(projects, "status")
    sure = np.nan_to_num(figures(projects, "certainty"), nan=1.0)
    project, opens = texts(projects, "project"), figures(projects, "opens")
    hoped = project[(status == "idea") & (sure >= SURE) & ~np.isnan(opens)]
    waiting = project[(status == "finished") & (opens > district.counted + 1)]
    return [
        *_finding(
            "warning",
            "D171",
            "certainty",
            hoped,
            Text("Projects that are only an idea and yet count as sure: {ids}.", ids=few(hoped)),
            Text("Write how likely it is that they open as dated; a blank counts as 1."),
        ),
        *_finding(
            "note",
            "D171",
            "status",
            waiting,
            Text(
                "Finished projects that open more than a year after the last count: {ids}.", ids=few(waiting)
            ),
            Text("Correct the status, or the year of opening."),
        ),
    ]


CHECKS = (new_schools, circles, dates, signs, costs, rooms_lost, stage_of_work)
