"""A project as it may be carried out: its sites, its sizes and what each costs, and what is wrong with them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from pyproj import Transformer
from shapely import Point

from planner.capacity.staging import staging_faults
from planner.district import block_points, open_in, parse_rooms, planned_stages
from planner.district.decisions import ALL_BLOCKS, read_decision, site_land
from planner.district.findings import few
from planner.district.tables import figures, named, texts
from planner.policy import parse_grades
from planner.words import Text

if TYPE_CHECKING:
    from planner.capacity.projects import Choice
    from planner.capacity.terms import Terms
    from planner.district import District
    from planner.district.decisions import Decision
    from planner.policy import Policy

NO_CAPITAL = frozenset({"closure", "upgrade"})
"""Kinds of project that cost nothing to build where no cost is stated."""


SEATS = 45
"""Seats for which a room is counted where seats are planned: what is said of a room costs a part of it each. [children/room]"""


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What projects are judged on: the district and the terms, with what is looked up often."""

    district: District
    policy: Policy
    terms: Terms
    years: tuple[int, ...]
    """The horizon. [autumn]"""

    @cached_property
    def present(self) -> frozenset[str]:
        """Public schools in the table that are not yet to be brought by a project."""
        schools, projects = self.district.schools, self.district["projects"]
        now = frozenset(named(schools.index[open_in(schools, self.district.counted)]))
        bringing = (texts(projects, "kind") == "new") | (texts(projects, "replaces") != "")
        coming = frozenset(texts(projects, "school")[bringing]) - now
        return frozenset(named(self.district.public)) - coming

    @cached_property
    def taught(self) -> dict[str, tuple[int, int]]:
        """First and last grade of every school in the table."""
        schools = self.district.schools
        ends = zip(figures(schools, "first"), figures(schools, "last"), strict=True)
        return {
            school: (int(first), int(last))
            for school, (first, last) in zip(named(schools.index), ends, strict=True)
        }

    @cached_property
    def rooms(self) -> dict[str, int]:
        """Rooms of every school in the table; 0 where not stated. [rooms]."""
        schools = self.district.schools
        stated = np.nan_to_num(figures(schools, "rooms")).astype(np.int64)
        return dict(zip(named(schools.index), stated.tolist(), strict=True))

    @cached_property
    def land(self) -> shapely.Geometry:
        """Land on which sites may lie."""
        return site_land(self.district)

    @cached_property
    def block_points(self) -> dict[str, Point | None]:
        """A point inside each block."""
        return dict(
            zip(map(str, self.district.blocks.index), block_points(self.district.blocks), strict=True)
        )

    @cached_property
    def area_of(self) -> dict[str, str]:
        """Town or sub-district of each block, empty where none is stated."""
        blocks = self.district.blocks
        return dict(zip(named(blocks.index), texts(blocks, "area"), strict=True))

    @cached_property
    def to_metric(self) -> Transformer:
        """From longitude and latitude to the district's coordinates."""
        return Transformer.from_crs(4326, self.district.crs, always_xy=True)


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A project with its sites and sizes, before it is asked when it may open."""

    row: dict[str, Any]
    """Of the table of projects, None where blank."""
    choice: Choice
    decision: Decision
    opens: int | None
    """Year of a project that counts: see `Project.opens`. [autumn]"""
    counted: bool
    """Whether it counts in the capacity already."""
    brings: bool
    grades: tuple[int, int] | None
    sites: tuple[tuple[str, Point | None], ...]
    """Name and place of each; one without a name where there is no choice."""
    sizes: tuple[tuple[int, ...], ...]
    """[rooms by year since opening]."""
    capital: tuple[float, ...]
    """Of each size. [yuan]"""
    faults: tuple[tuple[str, Text], ...]
    """(column, reason) for everything that keeps it from being carried out."""
    closes: str = field(default="")
    receives: tuple[str, ...] = ()

    @property
    def project(self) -> str:
        """Its id."""
        return str(self.row["project"])

    @property
    def kind(self) -> str:
        """Kind of project."""
        return str(self.row["kind"])

    @property
    def school(self) -> str:
        """School whose rooms change."""
        return str(self.row["school"])


def read_candidate(
    row: dict[str, Any], choice: Choice, opens: int | None, ground: Ground, *, counted: bool
) -> Candidate:
    """
    Return a project as it may be carried out.

    Parameters
    ----------
    row
        Of the table of projects, None where blank: see `planner.capacity.projects.project_rows`.
    opens
        Year in which it counts, None where it does not. [autumn]
    counted
        Whether its rooms are in the capacity already.
    """
    decision, unread = read_decision(row)
    faults = list(unread.items())
    kind, school = str(row["kind"]), str(row["school"])
    brings = (kind == "new" or row["replaces"] is not None) and school not in ground.present
    closes = school if kind == "closure" else str(row["replaces"] or "")
    grades = None
    if brings:
        of_old = ground.taught.get(closes)
        written = row["grades"] or (None if of_old is None else f"{of_old[0]}-{of_old[1]}")
        try:
            grades = parse_grades(written or "")
        except ValueError:
            faults.append(("grades", Text("give the grades of the new school, as 1-6")))
    sizes = _sizes(row, decision, ground, faults)
    if (
        choice == "free"
        and kind not in NO_CAPITAL
        and not any(any(size) for size in sizes)
        and not row["seats_stated"]
    ):
        faults.append(
            ("rooms", Text("brings no rooms: write how many, or its seats where seats are planned"))
        )
    if grades is not None:
        stages = planned_stages(ground.district, ground.policy)
        problems = staging_faults(decision.opening_grades, grades, stages)
        if decision.opening_grades and row["replaces"]:
            problem = Text(
                "takes the pupils of {school} in all their grades: take opening_grades out", school=closes
            )
            problems.append(problem)
        faults += [("opening_grades", problem) for problem in problems]
        faults += _of_place(row, decision)
    else:
        faults += _of_new_schools(decision, kind, school, row)
    return Candidate(
        row=row,
        choice=choice,
        decision=decision,
        opens=opens,
        counted=counted,
        brings=brings,
        grades=grades,
        sites=_sites(row, decision, ground, faults) if brings else (("", row["geometry"]),),
        sizes=sizes,
        capital=_capital(row, decision, sizes, ground, faults),
        faults=tuple(faults),
        closes=closes,
        receives=decision.receives or ((school,) if closes and closes != school else ()),
    )


def _of_new_schools(
    decision: Decision, kind: str, school: str, row: dict[str, Any]
) -> list[tuple[str, Text]]:
    """Return what a project at a school that is there already states, and only a new school can have."""
    faults: list[tuple[str, Text]] = []
    if decision.sites or decision.site_areas:
        faults.append(("sites", Text("only a new school has sites to choose among")))
    if decision.opening_grades:
        faults.append(("opening_grades", Text("only a new school opens grade by grade")))
    if kind == "relocation" and not row["replaces"]:
        problem = Text(
            "would move {school} under its own id, which keeps its place: give the new place an id of its own (school) with its"
            " grades, rooms and point, and write replaces = {school}; or kind expansion, where only rooms are added",
            school=repr(school),
        )
        faults.append(("kind", problem))
    return faults


def _of_place(row: dict[str, Any], decision: Decision) -> list[tuple[str, Text]]:
    """Return that a new school has no place."""
    place = row["geometry"]
    if decision.sites or decision.site_areas or (place is not None and not place.is_empty):
        return []
    return [("sites", Text("needs a place: give its point (at), or sites to choose among"))]


def _sizes(
    row: dict[str, Any], decision: Decision, ground: Ground, faults: list[tuple[str, Text]]
) -> tuple[tuple[int, ...], ...]:
    """Return the rooms by year of each size; adds what is wrong to the faults."""
    if ground.policy.by_seats:
        return decision.sizes or ((int(row["seats_stated"] or 0),),)
    try:
        written = parse_rooms(str(row["rooms"]))
    except ValueError:
        faults.append(("rooms", Text("write the rooms of the first, second, ... year as 12;24;36")))
        written = (0,)
    sizes = decision.sizes or (written,)
    kind, seats = str(row["kind"]), row["seats_stated"]
    if kind == "closure":
        return ((0,),)
    if lasts := row["lasts"]:
        sizes = tuple((*(size[min(age, len(size) - 1)] for age in range(int(lasts))), 0) for size in sizes)
    if kind in {"new", "expansion"} and any(min(size) < 0 for size in sizes):
        faults.append(("rooms", Text("a new school or an expansion loses no rooms: take the minus sign out")))
    if seats and kind != "upgrade" and not any(any(size) for size in sizes):
        problem = Text("states {seats} seats and no room: write the rooms that it brings", seats=int(seats))
        faults.append(("rooms", problem))
    return tuple(dict.fromkeys(sizes))


def _capital(
    row: dict[str, Any],
    decision: Decision,
    sizes: tuple[tuple[int, ...], ...],
    ground: Ground,
    faults: list[tuple[str, Text]],
) -> tuple[float, ...]:
    """
    Return what each size costs to build. [yuan].

    As stated by size; else by room; else what `cost_yuan` says of `rooms`, in proportion to the rooms; else the usual
    cost of a room of its kind, one for each `SEATS` seats where seats are planned.
    """
    stated = decision.size_yuan
    if stated and len(stated) == len(sizes):
        return stated
    if stated:
        faults.append(
            (
                "size_yuan",
                Text(
                    "has {costs} costs for {sizes} sizes: give one for each",
                    costs=len(stated),
                    sizes=len(sizes),
                ),
            )
        )
    rooms, part = [max(0, *size) for size in sizes], SEATS if ground.policy.by_seats else 1
    if row["room_yuan"] is not None:
        return tuple(float(row["room_yuan"]) * number / part for number in rooms)
    if row["cost_yuan"] is not None:
        whole = float(row["cost_yuan"])
        of = _rooms_of_cost(row, ground) if decision.sizes else 0
        return tuple(whole * number / of if of else whole for number in rooms)
    kind = str(row["kind"])
    each = ground.terms.room_yuan_of(kind) / part
    return tuple(0.0 if kind in NO_CAPITAL else each * number for number in rooms)


def _rooms_of_cost(row: dict[str, Any], ground: Ground) -> int:
    """Return the rooms that `cost_yuan` is said of, seats where the policy plans by them; 0 where they are not stated."""
    if ground.policy.by_seats:
        return int(row["seats_stated"] or 0)
    try:
        return max(0, *parse_rooms(str(row["rooms"])))
    except ValueError:
        return 0


def _sites(
    row: dict[str, Any], decision: Decision, ground: Ground, faults: list[tuple[str, Text]]
) -> tuple[tuple[str, Point | None], ...]:
    """Return name and place of each site of a new school; adds what is wrong with them to the faults."""
    found: dict[str, Point | None] = {}
    unknown: list[str] = []
    for site in decision.sites:
        if isinstance(site, tuple):
            x, y = ground.to_metric.transform(*site)
            found[f"{site[0]:g} {site[1]:g}"] = Point(x, y) if np.isfinite([x, y]).all() else None
        elif site == ALL_BLOCKS:
            found |= ground.block_points
        elif site in ground.block_points:
            found[site] = ground.block_points[site]
        else:
            unknown.append(site)
    for area in decision.site_areas:
        of_area = {
            block: ground.block_points[block] for block, name in ground.area_of.items() if name == area
        }
        found |= of_area
        if not of_area:
            faults.append(("site_areas", Text("no block belongs to {area}", area=repr(area))))
    if unknown:
        faults.append(("sites", Text("there are no blocks {ids}", ids=few(unknown))))
    if not decision.sites and not decision.site_areas:
        found = {"": row["geometry"]}
    outside = [
        name or f"{place.x:.0f}, {place.y:.0f}"
        for name, place in found.items()
        if name not in ground.block_points and place is not None and not place.is_empty
        and not shapely.covers(ground.land, place)
    ]  # fmt: skip
    lost = [name for name, place in found.items() if name and place is None]
    if outside or lost:
        problem = Text(
            "outside the district: {sites}; write longitude, then latitude, in degrees, of places inside its outline",
            sites=few([*outside, *lost]),
        )
        faults.append(("sites" if decision.sites else "at", problem))
    return tuple((name if len(found) > 1 else "", place) for name, place in found.items())
