"""
The independent verifier: what a plan promises, checked with plain loops.

It shares no code with what builds or proposes plans, and reads the district's tables itself. Each function below
is one promise; each returns what breaks it.
"""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from planner.capacity import Capacity
    from planner.district import District
    from planner.plan.model import Plan
    from planner.policy import Policy

TOLERANCE = 1e-4
"""By how much shares may miss 1. [1]"""


def verify_plan(
    plan: Plan,
    *,
    district: District,
    policy: Policy,
    capacity: Capacity,
    entrants: Mapping[str, NDArray[Any]] | None = None,
    pupils: NDArray[Any] | None = None,
) -> list[Text]:
    """
    Return every promise that a plan breaks; none for a sound plan.

    Parameters
    ----------
    district
        With the scenario applied.
    entrants
        By stage [block, year]: expected entrants; where given, they are sent through catchments and shares, and
        all have to arrive. [children]
    pupils
        [school, grade, year] on the grades of the plan's stages: children expected; where given, classes that continue are
        counted merged down to what these need, else to what the year groups of the last count need. [children]

    Returns
    -------
    Messages, the first of each kind of breach for every school or catchment.
    """
    faults = list(_axes_differ(plan, district))
    if faults:
        return faults
    known = _Known(plan, district, policy, capacity)
    found = [
        *_catchments_unsound(plan, known),
        *_blocks_unassigned(plan, known),
        *_shares_unsound(plan, known),
        *_classes_without_rooms(plan, known, district, policy, pupils),
        *_limits_broken(plan),
        *_order_unsound(plan, known),
        *_diversions_unsound(plan, known, policy),
        *_entrants_lost(plan, entrants or {}),
    ]
    return list(dict.fromkeys(found))


class _Known:
    """Which school teaches what, and when it is open."""

    def __init__(self, plan: Plan, district: District, policy: Policy, capacity: Capacity) -> None:
        self.first: dict[str, int] = {}
        self.last: dict[str, int] = {}
        self.rooms: dict[tuple[str, int], int] = {}
        self.open: dict[tuple[str, int], bool] = {}
        for school in plan.schools:
            row = district.schools.loc[school]
            self.first[school], self.last[school] = int(row["first"]), int(row["last"])
            at = capacity.schools.index(school)
            begins = -1 if pd.isna(row["open_from"]) else int(row["open_from"])
            ends = 9999 if pd.isna(row["open_to"]) else int(row["open_to"])
            for year in plan.years:
                rooms = int(capacity.rooms[at, capacity.years.index(year)])
                self.rooms[school, year] = rooms
                self.open[school, year] = begins <= year <= ends and (
                    rooms > 0 or capacity.rooms_from[at] == "nothing"
                )
        self.starts = {stage: policy.stage(stage).first for stage in plan.stages}

    def teaches(self, school: str, grade: int) -> bool:
        return self.first[school] <= grade <= self.last[school]

    def admits(self, school: str, stage: str, year: int) -> bool:
        return self.open[school, year] and self.teaches(school, self.starts[stage])


def _axes_differ(plan: Plan, district: District) -> Iterator[Text]:
    """A plan speaks of the district's blocks and public schools, in arrays of the right shape and whole numbers."""
    if plan.blocks != tuple(district.blocks.index):
        yield Text("the plan's blocks are not the district's")
    if plan.schools != tuple(district.public):
        yield Text("the plan's schools are not the district's public schools")
    e, b, s, t = len(plan.stages), len(plan.blocks), len(plan.schools), len(plan.years)
    shapes = {
        "catchment_of": (plan.catchment_of, (e, b, t)),
        "shares": (plan.shares, (len(plan.catchments), s, t)),
        "classes": (plan.classes, (s, e, t)),
        "limits": (plan.limits, (s, e, t)),
    }
    for name, (array, shape) in shapes.items():
        if array.shape != shape:
            yield Text(
                "{name} has shape {shape}, not {expected}", name=name, shape=array.shape, expected=shape
            )
        if name != "shares" and not np.issubdtype(array.dtype, np.integer):
            yield Text("{name} is not in whole numbers", name=name)
    if tuple(plan.order) != plan.stages or any(len(rows) != s for rows in plan.order.values()):
        yield Text("order does not have one row for each stage and school")


def _catchments_unsound(plan: Plan, known: _Known) -> Iterator[Text]:
    """The schools of a catchment exist, differ, and teach the stage's starting grade."""
    for catchment in plan.catchments:
        if catchment.stage not in plan.stages:
            yield Text(
                "catchment {key} is of the unknown stage {stage}", key=catchment.key, stage=catchment.stage
            )
            continue
        if not catchment.schools or len(set(catchment.schools)) < len(catchment.schools):
            yield Text("catchment {key} has no school, or one twice", key=catchment.key)
        for school in catchment.schools:
            if school not in plan.schools:
                yield Text(
                    "catchment {key} has the unknown school {school}", key=catchment.key, school=school
                )
            elif not known.teaches(school, known.starts[catchment.stage]):
                yield Text(
                    "catchment {key}: {school} does not teach grade {grade}",
                    key=catchment.key,
                    school=school,
                    grade=known.starts[catchment.stage],
                )


def _blocks_unassigned(plan: Plan, known: _Known) -> Iterator[Text]:
    """In every year in which any school takes entrants of a stage, each block has one open catchment of the stage."""
    for e, stage in enumerate(plan.stages):
        for t, year in enumerate(plan.years):
            if not any(known.admits(school, stage, year) for school in plan.schools):
                continue
            for b, block in enumerate(plan.blocks):
                c = int(plan.catchment_of[e, b, t])
                if not 0 <= c < len(plan.catchments):
                    yield Text(
                        "block {block} has no catchment of stage {stage} in {year}",
                        block=block,
                        stage=stage,
                        year=year,
                    )
                    continue
                catchment = plan.catchments[c]
                if catchment.stage != stage:
                    yield Text(
                        "block {block} has in {year} a catchment of stage {other} for stage {stage}",
                        block=block,
                        year=year,
                        other=catchment.stage,
                        stage=stage,
                    )
                elif not any(
                    school in plan.schools and known.admits(school, stage, year)
                    for school in catchment.schools
                ):
                    yield Text(
                        "catchment {key} of stage {stage} has blocks but no open school in {year}",
                        key=catchment.key,
                        stage=stage,
                        year=year,
                    )


def _shares_unsound(plan: Plan, known: _Known) -> Iterator[Text]:
    """The shares of a catchment in use sum to 1 over its open schools; no other school has any."""
    for c, catchment in enumerate(plan.catchments):
        if catchment.stage not in plan.stages:
            continue
        e = plan.stages.index(catchment.stage)
        for t, year in enumerate(plan.years):
            total = 0.0
            for s, school in enumerate(plan.schools):
                share = float(plan.shares[c, s, t])
                total += share
                if not share >= 0:
                    yield Text(
                        "catchment {key}: the share of {school} in {year} is {share}",
                        key=catchment.key,
                        school=school,
                        year=year,
                        share=share,
                    )
                elif share > 0 and school not in catchment.schools:
                    yield Text(
                        "catchment {key}: {school} is not of it but has a share in {year}",
                        key=catchment.key,
                        school=school,
                        year=year,
                    )
                elif share > 0 and not known.admits(school, catchment.stage, year):
                    yield Text(
                        "catchment {key}: {school} is closed to it in {year} but has a share",
                        key=catchment.key,
                        school=school,
                        year=year,
                    )
            used = any(int(of) == c for of in plan.catchment_of[e, :, t])
            if used and not abs(total - 1) <= TOLERANCE:
                yield Text(
                    "catchment {key}: its shares in {year} sum to {total:.4f}, not 1",
                    key=catchment.key,
                    year=year,
                    total=total,
                )


def _classes_without_rooms(
    plan: Plan, known: _Known, district: District, policy: Policy, pupils: NDArray[Any] | None
) -> Iterator[Text]:
    """
    Planned classes find rooms beside the classes that continue.

    A year group keeps its classes, merged down to what the cap asks for, until it leaves; where classes are
    re-formed every year, only the intakes planned are counted.
    """
    counted = _counted_groups(plan, district)
    spans = [policy.stage(stage) for stage in plan.stages]
    grades = [grade for span in spans for grade in range(span.first, span.last + 1)]
    kept = policy.classes.formation == "kept"
    for s, school in enumerate(plan.schools):
        for t, year in enumerate(plan.years):
            continuing = wanted = 0
            for e, stage in enumerate(plan.stages):
                first = known.starts[stage]
                planned = int(plan.classes[s, e, t])
                if planned < -1:
                    yield Text(
                        "{school}: {classes} classes are planned in {year}",
                        school=school,
                        classes=planned,
                        year=year,
                    )
                if planned > 0 and not known.teaches(school, first):
                    yield Text(
                        "{school} does not teach grade {grade}, but classes are planned",
                        school=school,
                        grade=first,
                    )
                wanted += max(planned, 0)
                for grade in (
                    range(first + 1, min(policy.stage(stage).last, known.last[school]) + 1) if kept else ()
                ):
                    entered = year - (grade - first)
                    if entered > district.counted:
                        classes = max(int(plan.classes[s, e, plan.years.index(entered)]), 0)
                        children = None
                    else:
                        children, classes = counted.get((school, grade - (year - district.counted)), (0, 0))
                    if pupils is not None:
                        continuing += min(
                            classes,
                            *(
                                ceil(
                                    int(pupils[s, grades.index(earlier), plan.years.index(then)])
                                    / policy.cap(earlier, then, admitted=entered)
                                )
                                for earlier in range(first + 1, grade + 1)
                                if (then := year - (grade - earlier)) in plan.years
                            ),
                        )
                    elif children is None:
                        continuing += classes
                    else:
                        continuing += min(classes, ceil(children / policy.cap(grade, year, admitted=entered)))
            free = max(known.rooms[school, year] - continuing, 0)
            if wanted > free:
                yield Text(
                    "{school}: {wanted} classes are planned for the intake of {year}, but {rooms} rooms less {continuing} classes that continue leave {free}",
                    school=school,
                    wanted=wanted,
                    year=year,
                    rooms=known.rooms[school, year],
                    continuing=continuing,
                    free=free,
                )


def _counted_groups(plan: Plan, district: District) -> dict[tuple[str, int], tuple[int, int]]:
    """Return children and classes of the last count by school and grade; classes unknown count as none."""
    groups: dict[tuple[str, int], tuple[int, int]] = {}
    for row in district["enrolment"].to_dict("records"):
        if row["year"] == district.counted and row["school"] in plan.schools:
            children = 0 if pd.isna(row["pupils"]) else int(row["pupils"])
            classes = 0 if pd.isna(row["classes"]) else int(row["classes"])
            groups[str(row["school"]), int(row["grade"])] = children, classes
    return groups


def _limits_broken(plan: Plan) -> Iterator[Text]:
    """No class is planned that the largest intake leaves without a child."""
    for s, school in enumerate(plan.schools):
        for e in range(len(plan.stages)):
            for t, year in enumerate(plan.years):
                limit, classes = int(plan.limits[s, e, t]), int(plan.classes[s, e, t])
                if limit < -1:
                    yield Text(
                        "{school}: the largest intake of {year} is {limit}",
                        school=school,
                        year=year,
                        limit=limit,
                    )
                elif 0 <= limit < classes:
                    yield Text(
                        "{school}: {classes} classes are planned in {year} for at most {limit} children",
                        school=school,
                        classes=classes,
                        year=year,
                        limit=limit,
                    )


def _order_unsound(plan: Plan, known: _Known) -> Iterator[Text]:
    """A school's overflow is offered to other schools that teach the starting grade, each once, without gaps."""
    for stage in plan.stages:
        for school, row in zip(plan.schools, plan.order[stage], strict=True):
            ended, offered = False, set()
            for position in map(int, row):
                if position == -1:
                    ended = True
                    continue
                if ended or not 0 <= position < len(plan.schools):
                    yield Text(
                        "order of {school}, stage {stage}: a gap, or no school", school=school, stage=stage
                    )
                    break
                other = plan.schools[position]
                if other == school or other in offered:
                    yield Text(
                        "order of {school}, stage {stage}: {other} is itself or twice",
                        school=school,
                        stage=stage,
                        other=other,
                    )
                elif not known.teaches(other, known.starts[stage]):
                    yield Text(
                        "order of {school}, stage {stage}: {other} does not teach it",
                        school=school,
                        stage=stage,
                        other=other,
                    )
                offered.add(other)


def _diversions_unsound(plan: Plan, known: _Known, policy: Policy) -> Iterator[Text]:
    """Children are sent between two schools that teach them, within the years planned, and never more than there are."""
    for diversion in plan.diversions:
        names = {"from_school": diversion.from_school, "to_school": diversion.to_school}
        if diversion.stage not in plan.stages or not {*names.values()} <= {*plan.schools}:
            yield Text("diversion from {from_school} to {to_school}: unknown stage or school", **names)
            continue
        if diversion.from_school == diversion.to_school:
            yield Text("diversion from {from_school} to itself", **names)
        if not plan.years[0] <= diversion.since <= diversion.until <= plan.years[-1]:
            yield Text("diversion from {from_school} to {to_school}: years outside the plan", **names)
        if (
            (diversion.share > 0) == (diversion.children > 0)
            or not 0 <= diversion.share <= 1
            or diversion.children < 0
        ):
            yield Text("diversion from {from_school} to {to_school}: neither a share nor a number", **names)
        first, last = known.starts[diversion.stage], policy.stage(diversion.stage).last
        if any(not first < grade <= last for grade in diversion.grades):
            yield Text("diversion from {from_school} to {to_school}: no later grade of the stage", **names)
        for school in names.values():
            if not all(known.teaches(school, grade) for grade in diversion.grades or (first,)):
                yield Text("diversion: {school} does not teach the grade", school=school)
    for stage in plan.stages:
        for school in plan.schools:
            for year in plan.years:
                sent = sum(
                    diversion.share
                    for diversion in plan.diversions
                    if diversion.stage == stage
                    and diversion.from_school == school
                    and diversion.since <= year <= diversion.until
                    and not diversion.grades
                )
                if sent > 1 + TOLERANCE:
                    yield Text(
                        "diversions send {sent:.0%} of the entrants of {school} away in {year}",
                        sent=sent,
                        school=school,
                        year=year,
                    )


def _entrants_lost(plan: Plan, entrants: Mapping[str, NDArray[Any]]) -> Iterator[Text]:
    """All expected entrants arrive at a school: none is lost, none counted twice."""
    for e, stage in enumerate(plan.stages):
        if stage not in entrants:
            continue
        for t, year in enumerate(plan.years):
            taken = [sum(float(share) for share in plan.shares[c, :, t]) for c in range(len(plan.catchments))]
            total = arrived = 0.0
            for b in range(len(plan.blocks)):
                children = float(entrants[stage][b, t])
                c = int(plan.catchment_of[e, b, t])
                total += children
                arrived += children * taken[c] if c >= 0 else 0.0
            if not abs(arrived - total) <= TOLERANCE * max(total, 1):
                yield Text(
                    "stage {stage}, {year}: of {total:.1f} expected entrants {arrived:.1f} arrive at a school",
                    stage=stage,
                    year=year,
                    total=total,
                    arrived=arrived,
                )
