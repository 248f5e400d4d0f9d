"""Checks of what is to be decided about projects: whether it can be read, and whether it contradicts itself."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from pyproj import Transformer

from planner.district.decisions import ALL_BLOCKS, Decision, read_decision, site_land
from planner.district.findings import Finding, few, listing
from planner.district.tables import figures, named, texts
from planner.district.values import parse_rooms
from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from planner.district.findings import Level
    from planner.district.model import District
    from planner.policy import Policy


def _finding(
    level: Level, code: str, column: str, ids: Iterable[object], text: Text, advice: Text
) -> list[Finding]:
    """Return the finding about projects."""
    return listing(level, code, "projects", column, ids, text, advice)


def _decisions(district: District) -> list[tuple[str, Decision, dict[str, Text]]]:
    """Return what each project says of what is to be decided, and the columns that cannot be read."""
    table = district["projects"]
    rows: list[dict[Any, Any]] = table.drop(columns="geometry", errors="ignore").to_dict("records")
    return [(str(row["project"]), *read_decision(row)) for row in rows]


def unreadable(district: District, policy: Policy) -> list[Finding]:
    """Return sizes, costs, gates, grades and chances that are written in a way that cannot be read."""
    del policy
    wrong: dict[str, list[str]] = defaultdict(list)
    how: dict[str, Text] = {}
    for project, _, columns in _decisions(district):
        for column, advice in columns.items():
            wrong[column].append(project)
            how[column] = advice
    return [
        found
        for column, projects in wrong.items()
        for found in _finding(
            "error",
            "D200",
            column,
            projects,
            Text("Cannot be read, of projects: {ids}.", ids=few(projects)),
            how[column],
        )
    ]


def years_that_contradict(district: District, policy: Policy) -> list[Finding]:
    """Return projects without a year to open in, and those that open before they may be built."""
    del policy
    table = district["projects"]
    project = texts(table, "project")
    earliest, latest, opens = (figures(table, column) for column in ("earliest", "latest", "opens"))
    none_left = project[earliest > latest]
    too_late = project[opens > latest]
    gates: dict[str, list[str]] = defaultdict(list)
    for (name, decision, _), year in zip(_decisions(district), opens, strict=True):
        for column in ("approval", "land", "consent"):
            gate = getattr(decision, column)
            if gate is not None and not isinstance(gate, bool) and year < gate:
                gates[column].append(f"{name} {year:.0f}, {gate}")
    return [
        *_finding(
            "error",
            "D201",
            "latest",
            none_left,
            Text("Projects whose earliest year is after the latest: {ids}.", ids=few(none_left)),
            Text("Correct earliest or latest."),
        ),
        *_finding(
            "error",
            "D201",
            "opens",
            too_late,
            Text("Projects that open after the latest year: {ids}.", ids=few(too_late)),
            Text("Correct opens or latest."),
        ),
        *[
            found
            for column, told in gates.items()
            for found in _finding(
                "error",
                "D201",
                column,
                [text.split(" ")[0] for text in told],
                Text(
                    "Projects that open before they are approved, have their land or are agreed to (opening, year): {list}.",
                    list=few(told),
                ),
                Text("Correct the years, or leave opens blank and let the schedule date it."),
            )
        ],
    ]


def choices_that_contradict(district: District, policy: Policy) -> list[Finding]:
    """Return projects that are fixed and stopped, and sets of which two are fixed."""
    del policy
    table = district["projects"]
    project, choice, name = (texts(table, column) for column in ("project", "choice", "one_of"))
    stopped = project[(choice == "fixed") & (texts(table, "status") == "stopped")]
    sets = {
        one: [str(member) for member in project[(name == one) & (choice == "fixed")]]
        for one in dict.fromkeys(name)
        if one
    }
    double = {one: members for one, members in sets.items() if len(members) > 1}
    return [
        *_finding(
            "error",
            "D202",
            "choice",
            stopped,
            Text("Projects that are fixed and stopped: {ids}.", ids=few(stopped)),
            Text("Correct the choice or the status."),
        ),
        *_finding(
            "error",
            "D202",
            "one_of",
            [member for members in double.values() for member in members],
            Text(
                "Sets of which at most one project opens, and more are fixed: {list}.",
                list=few([f"{one} ({', '.join(members)})" for one, members in double.items()]),
            ),
            Text("Free or forbid all but one of each set."),
        ),
    ]


def unknown_names(district: District, policy: Policy) -> list[Finding]:
    """Return sites, areas and receiving schools that no table has."""
    del policy
    projects = district["projects"]
    coming = texts(projects, "school")[
        (texts(projects, "kind") == "new") | (texts(projects, "replaces") != "")
    ]
    known = {
        "sites": {ALL_BLOCKS, *named(district.blocks.index)},
        "site_areas": set(texts(district.blocks, "area")),
        "receives": {*named(district.schools.index), *coming},
    }
    unknown: dict[str, list[str]] = {column: [] for column in known}
    for _, decision, _ in _decisions(district):
        for column, ids in known.items():
            unknown[column] += [
                name for name in getattr(decision, column) if isinstance(name, str) and name not in ids
            ]
    return [
        found
        for column, names in unknown.items()
        for found in _finding(
            "error",
            "D203",
            column,
            names,
            Text(
                "Blocks, areas or schools that the tables do not have: {ids}.",
                ids=few(list(dict.fromkeys(names))),
            ),
            Text("Write ids as their table has them, separated by semicolons."),
        )
    ]


def sites_outside(district: District, policy: Policy) -> list[Finding]:
    """Return candidate sites that lie outside the district."""
    del policy
    stated = [
        (project, site)
        for project, decision, _ in _decisions(district)
        for site in decision.sites
        if not isinstance(site, str)
    ]
    if not stated:
        return []
    to_metric = Transformer.from_crs(4326, district.crs, always_xy=True)
    metric = np.array([to_metric.transform(*site) for _, site in stated], dtype=np.float64)
    land = site_land(district)
    inside = [
        bool(np.isfinite(point).all() and shapely.covers(land, shapely.Point(point))) for point in metric
    ]
    far = [
        f"{project} ({site[0]:g} {site[1]:g})"
        for (project, site), within in zip(stated, inside, strict=True)
        if not within
    ]
    return _finding(
        "error",
        "D204",
        "sites",
        [text.split(" ")[0] for text in far],
        Text("Sites outside the district: {list}.", list=few(far)),
        Text("Write longitude, then latitude, in degrees, of places inside the outline."),
    )


def seats_without_rooms(district: District, policy: Policy) -> list[Finding]:
    """Return projects that state seats and bring no room."""
    if policy.by_seats:
        return []
    table = district["projects"]
    empty = np.array([not any(parse_rooms(text)) for text in texts(table, "rooms")], dtype=bool)
    empty &= texts(table, "sizes") == ""
    ids = texts(table, "project")[empty & (figures(table, "seats_stated") > 0)]
    return _finding(
        "warning",
        "D205",
        "rooms",
        ids,
        Text("Projects that state seats and bring no room: {ids}.", ids=few(ids)),
        Text("Write the rooms that they bring: seats are counted by rooms."),
    )


CHECKS = (
    unreadable,
    years_that_contradict,
    choices_that_contradict,
    unknown_names,
    sites_outside,
    seats_without_rooms,
)
