"""Schools that close: who takes their pupils, and whether they can get there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from planner.capacity.candidates import Ground
from planner.capacity.projects import judge_projects, project_rows
from planner.capacity.terms import Terms
from planner.district import catchments_in, distance_matrix, planned_stages
from planner.district.decisions import read_decision
from planner.district.findings import few
from planner.district.tables import figures, named
from planner.district.tables import rows as rows_of
from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shapely import Point

    from planner.capacity.candidates import Candidate
    from planner.district import District
    from planner.policy import Policy, Stage


def closing_faults(
    candidate: Candidate, ground: Ground, candidates: Mapping[str, Candidate]
) -> list[tuple[str, Text]]:
    """
    Return what keeps a project from closing the school that it closes, each with the column that says so.

    Every pupil must have a school that takes him: one that teaches the grade, open already or brought by a project,
    and within the longest way on foot of his block unless there is a bus ("在妥善安置在校学生就学的前提下进行有序撤并",
    Jiangyuan 2017).

    Parameters
    ----------
    candidates
        By project: all that may bring a school.
    """
    closes, receives = candidate.closes, candidate.receives
    if not closes:
        if receives:
            return [("receives", Text("closes no school, so that nobody is received: take receives out"))]
        return []
    column = "school" if candidate.kind == "closure" else "replaces"
    if closes not in ground.present:
        return [(column, Text("closes {school}, which is no public school open today", school=repr(closes)))]
    if column == "replaces" and candidate.school == closes:
        return [(column, Text("replaces itself: give the new place an id of its own"))]
    if column == "replaces" and not candidate.brings:
        return [
            (
                column,
                Text("{school} is open already: only a new place replaces a school", school=candidate.school),
            )
        ]
    if not receives:
        return [("receives", Text("names no school that takes the pupils of {school}", school=closes))]
    coming = {other.school: other for other in candidates.values() if other.brings}
    faults: list[tuple[str, Text]] = []
    grades = {school: ground.taught[school] for school in receives if school in ground.present}
    grades |= {
        school: coming[school].grades or (99, 99)
        for school in receives
        if school in coming and school not in grades
    }
    unknown = [school for school in receives if school not in grades]
    if unknown:
        faults.append(
            (
                "receives",
                Text("names schools that are not there and that no project brings: {ids}", ids=few(unknown)),
            )
        )
    faults += [
        (
            "receives",
            Text("{school} opens grade by grade: it cannot take pupils of all grades", school=school),
        )
        for school in receives
        if school in coming and school != candidate.school and coming[school].decision.opening_grades
    ]
    if closes in receives:
        faults.append(("receives", Text("{school} cannot take its own pupils", school=closes)))
    faults += _grades_not_taught(closes, grades, ground)
    if faults or candidate.row["bus"]:
        return faults
    for stage in planned_stages(ground.district, ground.policy):
        faults += _beyond_reach(
            closes, {s: g for s, g in grades.items() if s != closes}, stage, ground, coming
        )
    return faults


def _grades_not_taught(
    closes: str, receivers: Mapping[str, tuple[int, int]], ground: Ground
) -> list[tuple[str, Text]]:
    """Return grades of a school that closes which none of its receivers teaches, and receivers that teach none."""
    first, last = ground.taught[closes]
    idle = [school for school, (low, high) in receivers.items() if high < first or low > last]
    if idle:
        problem = Text("{ids} teach none of the grades {first}-{last}", ids=few(idle), first=first, last=last)
        return [("receives", problem)]
    lost = [
        grade
        for grade in range(first, last + 1)
        if not any(low <= grade <= high for low, high in receivers.values())
    ]
    if receivers and lost:
        return [("receives", Text("no school of receives teaches grades {grades}", grades=few(lost)))]
    return []


def _beyond_reach(
    closes: str,
    receivers: Mapping[str, tuple[int, int]],
    stage: Stage,
    ground: Ground,
    coming: Mapping[str, Candidate],
) -> list[tuple[str, Text]]:
    """Return that children of a stage would be farther from every receiver than the longest way on foot."""
    reach = longest_way(ground, stage)
    taught = ground.taught[closes]
    teaching = [
        school for school, (low, high) in receivers.items() if low <= stage.last and high >= stage.first
    ]
    if reach is None or not teaching or taught[0] > stage.last or taught[1] < stage.first:
        return []
    own = catchments_in(ground.district, stage.stage, ground.years[0])
    blocks = [str(block) for block, schools in own.items() if closes in str(schools).split("+")]
    metres = _ways(ground, teaching, coming)
    rows = ground.district.blocks.index.get_indexer(blocks)
    nearest = metres[rows].min(axis=1) if len(rows) else np.zeros(0)
    far = {block: way for block, way in zip(blocks, nearest, strict=True) if way > reach}
    if not far:
        return []
    shown = [f"{block} {way:.0f}" for block, way in sorted(far.items(), key=lambda pair: -pair[1])]
    problem = Text(
        "strands the children of {count} blocks: farther from every school of receives than the longest way of {reach} m"
        " (block, m: {list}); name a nearer school, give a bus, or state the reach under [schedule]",
        count=len(far),
        reach=f"{reach:.0f}",
        list=few(shown),
    )
    return [("receives", problem)]


def with_closures(
    district: District, policy: Policy, years: Sequence[int], *, certainty: float = 0.8
) -> District:
    """
    Return the district in which counted projects close the schools that they close.

    A closure that says who receives the pupils, and a new school that replaces another: the school is closed from the
    project's year on. From then on its blocks belong to the nearest school that receives them and teaches the stage, or
    to the others of a joint catchment; its pupils go on to those schools, in proportion to the blocks (`feeders`).
    """
    rows = {row["project"]: row for row in project_rows(district)}
    ground = Ground(district=district, policy=policy, terms=Terms(), years=tuple(years))
    schools = district.schools.copy()
    for project in judge_projects(district, certainty=certainty):
        row = rows[project.project]
        closes = project.school if project.kind == "closure" else str(row["replaces"] or "")
        receivers = read_decision(row)[0].receives or ((project.school,) if closes != project.school else ())
        receivers = tuple(school for school in receivers if school in schools.index)
        opens = project.opens
        if (
            not (project.counted and receivers and closes in schools.index)
            or opens is None
            or opens not in years
        ):
            continue
        schools.loc[closes, "open_to"] = opens - 1
        district = _handed_over(replace(ground, district=district), closes, receivers, opens)
    return district.with_tables(schools=schools)


def _handed_over(ground: Ground, closes: str, receivers: Sequence[str], year: int) -> District:
    """Return the district with the blocks and the pupils of a school given to others from a year on."""
    district = ground.district
    metres = _ways(ground, receivers, {})
    nearest: list[str] = []
    catchments: list[dict[str, object]] = []
    for stage in planned_stages(district, ground.policy):
        able = [at for at, school in enumerate(receivers) if _teaches(ground.taught[school], stage)]
        own = catchments_in(district, stage.stage, year)
        for block, group in own.items() if able else ():
            members = str(group).split("+")
            if closes not in members:
                continue
            row = district.blocks.index.get_loc(block)
            taker = receivers[min(able, key=lambda at: metres[row, at])]
            others = [school for school in members if school != closes]
            nearest.append(taker)
            joined = "+".join(others) or taker
            catchments.append({"block": block, "stage": stage.stage, "since": year, "school": joined})
    shares = {school: nearest.count(school) / len(nearest) for school in dict.fromkeys(nearest)}
    feeders = [
        {"school": closes, "to_school": school, "since": year, "share": share}
        for school, share in (shares or dict.fromkeys(receivers, 1 / len(receivers))).items()
    ]
    later = district["catchments"]
    given = {(row["block"], row["stage"]) for row in catchments}
    pairs = zip(later["block"], later["stage"], figures(later, "since") >= year, strict=True)
    kept = np.array([not (after and (block, stage) in given) for block, stage, after in pairs], dtype=bool)
    return district.with_tables(
        catchments=_with_entries(rows_of(later, kept), catchments),
        feeders=_with_entries(district["feeders"], feeders),
    )


def _teaches(grades: tuple[int, int], stage: Stage) -> bool:
    """Whether a school of these grades teaches any of a stage."""
    return grades[0] <= stage.last and grades[1] >= stage.first


def _with_entries(table: pd.DataFrame, entries: Sequence[dict[str, object]]) -> pd.DataFrame:
    """Return a table with rows added, of the same columns and types."""
    added = pd.DataFrame(
        {
            column: pd.array([entry.get(column, pd.NA) for entry in entries], dtype=kind)
            for column, kind in table.dtypes.items()
        }
    )
    return pd.concat([table, added], ignore_index=True) if entries else table


def longest_way(ground: Ground, stage: Stage) -> float | None:
    """Return the longest way on foot of a stage: as the terms say, else the policy's; None where neither does. [m]."""
    stated = ground.terms.reach_of(stage.stage)
    if stated is not None:
        return stated
    rule = ground.policy.governing("walk", stage.first, ground.years[0], side="at_most")
    return None if rule is None or rule.at_most is None else float(rule.at_most)


def _ways(ground: Ground, schools: Sequence[str], coming: Mapping[str, Candidate]) -> np.ndarray:
    """Return [block, school]: the way on foot; of a school at several sites, to the nearest. [m]."""
    district = ground.district
    standing = dict(zip(named(district.schools.index), district.schools.geometry.to_numpy(), strict=True))
    places: dict[str, Point] = {}
    for school in schools:
        if school not in coming:
            places[school] = standing[school]
            continue
        for name, place in coming[school].sites:
            if place is not None:
                places[f"{school}@{name}"] = place
    points = gpd.GeoDataFrame(geometry=list(places.values()), index=list(places), crs=district.crs)
    detour = ground.policy.detour if district.detour is None else district.detour
    return np.nan_to_num(distance_matrix(district, points, detour), nan=np.inf)
