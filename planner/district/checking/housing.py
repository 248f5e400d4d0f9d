"""Checks of housing, and of housing against school projects."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from planner.district.catchments import catchments_in, planned_stages
from planner.district.findings import StageName, few, listing, school_names
from planner.district.integrity import row_ids
from planner.district.tables import complete, figures, grouped, named, rows, texts
from planner.district.values import parse_rooms, school_year
from planner.district.yields import stated_yields
from planner.policy import parse_grades
from planner.words import Text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.district.findings import Finding
    from planner.district.model import District
    from planner.policy import Policy, Stage

PHASE = ("development", "phase")

YIELD = 0.2
"""Children of one age a dwelling to be believed: the richest American table has 0.47 in six grades, 0.08 a grade. [1]"""

DENSE = 50_000.0
"""Dwellings a square kilometre to be believed: floors of five times the land at 100 m2 a dwelling. [1/km2]"""

DENSE_DWELLINGS = 500
"""... when the block has as many. [dwellings]"""

CLASSES_SHORT = 6
"""Seats short beside housing are told from as many classes on: one a grade of a primary school. [classes]"""

BESIDE = 1000.0
"""A new school up to this far from a development serves it: the service radius of a junior school. [m]"""

LARGE = 300
"""Dwellings of a development from which on a school beside it should be ready with it. [dwellings]"""


def _phases(district: District) -> pd.DataFrame:
    """Return phases with the school year in whose autumn they are first counted."""
    table = complete(district["housing"], (*PHASE, "block", "dwellings", "hand_over"))
    days = pd.DatetimeIndex(table["hand_over"])
    first = [school_year(day) + (1 if day.month >= 9 else 0) if day.month >= 8 else day.year for day in days]
    return table.assign(year=np.array(first, dtype=np.int64))


def handed_over_in_doubt(district: District, policy: Policy) -> list[Finding]:
    """Return phases that were handed over by the last count and yet are not certain."""
    del policy
    table = _phases(district)
    done = (figures(table, "year") <= district.counted) & (figures(table, "certainty") < 1)
    ids = row_ids(rows(table, done), PHASE)
    return listing(
        "warning",
        "D172",
        "housing",
        "certainty",
        ids,
        Text(
            "Phases handed over by the last count with a certainty below 1 (development/phase): {ids}.",
            ids=few(ids),
        ),
        Text("Write 1 if they were handed over, or the day on which they will be."),
    )


def untold_phases(district: District, policy: Policy) -> list[Finding]:
    """Return phases without dwellings or without a day of hand-over: blank is missing, 0 is none."""
    del policy
    table = district["housing"]
    missing = np.isnan(figures(table, "dwellings")) | table["hand_over"].isna().to_numpy(bool)
    ids = row_ids(rows(table, missing), PHASE)
    return listing(
        "warning",
        "D177",
        "housing",
        "dwellings",
        ids,
        Text(
            "Phases without dwellings or without a day of hand-over, left out of the forecast (development/phase): {ids}.",
            ids=few(ids),
        ),
        Text("Write what is planned; write 0 where nothing will be built."),
    )


def absurd_housing(district: District, policy: Policy) -> list[Finding]:
    """Return yields that no housing has, and blocks with more dwellings than they can hold."""
    del policy
    table = district["housing"]
    rich = figures(table, "children_per_dwelling") > YIELD
    ids = row_ids(rows(table, rich), PHASE)
    dwellings = grouped(table, "block", "dwellings").reindex(pd.Index(named(district.blocks.index)))
    count = dwellings.to_numpy(np.float64, na_value=np.nan)
    land = shapely.area(district.blocks.geometry.to_numpy()) / 1e6
    dense = (count > DENSE * land) & (count >= DENSE_DWELLINGS)
    blocks = named(district.blocks.index[dense])
    return [
        *listing(
            "warning",
            "D173",
            "housing",
            "children_per_dwelling",
            ids,
            Text(
                "More than {most} children of each age a dwelling (development/phase): {ids}.",
                most=YIELD,
                ids=few(ids),
            ),
            Text("Write the children of one single age, not of all ages of the stage together."),
        ),
        *listing(
            "warning",
            "D174",
            "housing",
            "dwellings",
            blocks,
            Text(
                "More dwellings than the block can hold (block: dwellings, km2): {list}.",
                list=few(
                    [
                        f"{name}: {n:.0f}, {a:.2f}"
                        for name, n, a in zip(blocks, count[dense], land[dense], strict=True)
                    ]
                ),
            ),
            Text("Write dwellings, not square metres or persons; see that the block is the right one."),
        ),
    ]


def _free_seats(district: District, policy: Policy, stage: Stage) -> dict[str, float]:
    """Return by school the rooms that its classes leave, x the standard class size, dated projects included. [children]."""
    rule = policy.governing("standard_class_size", stage.first, district.counted)
    if rule is None or rule.at_most is None:
        return {}
    table = district["enrolment"]
    last = rows(table, figures(table, "year") == district.counted)
    held = grouped(last, "school", "classes").to_dict()
    schools = district.schools
    free = {
        school: room - held.get(school, 0.0)
        for school, room in zip(named(schools.index), figures(schools, "rooms"), strict=True)
        if not np.isnan(room)
    }
    projects = complete(district["projects"], ("school", "rooms", "opens"))
    for school, written, opens, status in zip(
        texts(projects, "school"),
        texts(projects, "rooms"),
        figures(projects, "opens"),
        texts(projects, "status"),
        strict=True,
    ):
        if opens > district.counted and status != "stopped":
            free[school] = free.get(school, 0.0) + max(0, *parse_rooms(written))
    return {school: rooms * rule.at_most for school, rooms in free.items()}


def housing_without_seats(district: District, policy: Policy) -> list[Finding]:
    """
    Return catchments of the first stage with far more children to come from housing than seats to take them.

    Against the rooms that classes leave today and those of dated projects at its schools and, of new schools, in its
    blocks or within the service radius of its housing.
    """
    stages = planned_stages(district, policy)
    table = _phases(district)
    table = rows(table, figures(table, "year") > district.counted)
    if not stages or not len(table):
        return []
    stage = stages[0]
    free = _free_seats(district, policy, stage)
    rule = policy.governing("standard_class_size", stage.first, district.counted)
    if rule is None or rule.at_most is None:
        return []
    each = figures(table, "children_per_dwelling")
    each = np.where(np.isnan(each), stated_yields(district, policy, texts(table, "kind")), each)
    sure = np.nan_to_num(figures(table, "certainty"), nan=1.0)
    expected = figures(table, "dwellings") * sure * each * (stage.last - stage.first + 1)
    own = catchments_in(district, stage.stage, district.counted)
    group = own.reindex(texts(table, "block")).to_numpy(object, na_value="")
    blocks = district.blocks.geometry
    short: dict[str, str] = {}
    for name in dict.fromkeys(group[group != ""]):
        members = str(name).split("+")
        coming = float(expected[group == name].sum())
        land = blocks.reindex(pd.Index(texts(table, "block")[group == name])).to_numpy()
        beside = _new_schools(district, stage, land, own.index[(own == name).to_numpy(bool)])
        seats = sum(max(0.0, free.get(school, 0.0)) for school in {*members, *beside})
        if coming - seats >= CLASSES_SHORT * rule.at_most and all(school in free for school in members):
            short[str(name)] = f"{coming:.0f}, {seats:.0f}"
    return listing(
        "note",
        "D175",
        "housing",
        "dwellings",
        short,
        Text(
            "Housing that brings far more children of stage {stage} than its schools have free seats, dated projects included (children, seats): {list}.",
            stage=StageName(stage),
            list=few(school_names(district, short, list(short.values()))),
        ),
        Text(
            "See that the projects meant for them are in the table, and that dwellings and yield are right."
        ),
    )


def _new_schools(district: District, stage: Stage, land: NDArray[np.object_], blocks: pd.Index) -> set[str]:
    """Return schools of new buildings of a stage that stand in blocks, or beside land."""
    projects = complete(district["projects"], ("school", "grades", "opens"))
    projects = rows(projects, texts(projects, "kind") == "new")
    if not len(projects):
        return set()
    places = np.asarray(projects["geometry"], dtype=object)
    found = set()
    inside = shapely.union_all(district.blocks.geometry.reindex(blocks).to_numpy())
    for school, grades, place in zip(
        texts(projects, "school"), texts(projects, "grades"), places, strict=True
    ):
        first, last = parse_grades(grades)
        near = place is not None and (
            shapely.intersects(inside, place) or bool((shapely.distance(land, place) <= BESIDE).any())
        )
        if near and first <= stage.last and last >= stage.first:
            found.add(school)
    return found


def schools_after_housing(district: District, policy: Policy) -> list[Finding]:
    """
    Return large developments handed over before the new school beside them opens.

    "与住宅建设首期项目同步规划、同步建设、同步交付使用" (Jiangyuan 2017; Tianjin 2019): a school is to be delivered with
    the first phase of the housing.
    """
    del policy
    table = _phases(district)
    projects = complete(district["projects"], ("project", "opens"))
    projects = rows(projects, (texts(projects, "kind") == "new") & (texts(projects, "status") != "stopped"))
    if not len(projects):
        return []
    places = np.asarray(projects["geometry"], dtype=object)
    late = []
    for development, of_it in table.groupby("development", sort=True):
        coming = rows(of_it, figures(of_it, "year") > district.counted)
        if figures(of_it, "dwellings").sum() < LARGE or not len(coming):
            continue
        land = district.blocks.geometry.reindex(pd.Index(texts(of_it, "block"))).to_numpy()
        home = shapely.union_all(land)
        first = int(figures(coming, "year").min())
        late += [
            f"{development}/{project}: {first}, {opens:.0f}"
            for project, opens, place in zip(
                texts(projects, "project"), figures(projects, "opens"), places, strict=True
            )
            if place is not None and opens > first and shapely.distance(home, place) <= BESIDE
        ]
    return listing(
        "note",
        "D176",
        "projects",
        "opens",
        [line.partition(":")[0] for line in late],
        Text(
            "Housing handed over before the new school beside it opens (development/project: first autumn of the next phase, opening): {list}.",
            list=few(late),
        ),
        Text("A school is to be delivered with the first phase; see who seats the children until it opens."),
    )


CHECKS = (
    handed_over_in_doubt,
    untold_phases,
    absurd_housing,
    housing_without_seats,
    schools_after_housing,
)
