"""The plan a scenario states: catchments, shares, classes, limits and the order of placement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from planner.capacity import class_counts, grades_open, learn_sizes
from planner.district.catchments import open_in, planned_stages
from planner.district.count import last_count
from planner.plan.model import Catchment, Diversion, Plan
from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from planner.capacity import Capacity
    from planner.district import District
    from planner.policy import Policy, Stage
    from planner.scenario import Scenario

OFFERED = 8
"""Schools to which overflow is offered at most."""


def build_plan(
    scenario: Scenario,
    district: District,
    policy: Policy,
    capacity: Capacity,
    *,
    years: Sequence[int],
    distances: NDArray[np.floating],
    weights: Mapping[str, NDArray[np.floating]] | None = None,
) -> Plan:
    """
    Return the plan that a scenario states, before anything is proposed.

    - **Catchments** follow the district's table, which already has the scenario's edits. Where no school of a
      block's catchment is open in a year, the block keeps its catchment of before if the school is still to
      open, and otherwise falls to the nearest open school; the plan's notes say so.
    - **Shares** of a joint catchment are in proportion to the entry rooms of its open schools: those free once
      the classes of the last count that continue have theirs, but no more than one grade's part of the rooms.
    - **Classes** are formed by rule (-1) where the scenario does not state them; stated classes for which there
      are no rooms are cut to the rooms, with a note.
    - **Limits** are the scenario's; a new school that opens grade by grade takes nobody into a stage before.
    - **Order**: the partners of a school's joint catchments, then the nearest public schools that teach the
      stage, eight in all: a child is sent far before it is left without a school.

    Parameters
    ----------
    scenario
        Its classes, limits and diversions.
    district
        With the scenario applied: `apply_scenario`.
    years
        School years planned.
    distances
        [block, school]: ways on foot, in the order of the blocks and of the public schools. [m]
    weights
        By stage [block]: children by which the distance between schools is weighted; equal when None.

    Returns
    -------
    Plan
        With notes of what could not be taken as stated.
    """
    public = [str(school) for school in district.public]
    held = capacity.of(public)
    rooms = held.rooms[:, [held.years.index(int(year)) for year in years]].astype(np.int64)
    dated = np.array([open_in(district.schools.loc[public], int(year)) for year in years], dtype=bool).T
    facts = _Facts(
        blocks=tuple(str(block) for block in district.blocks.index),
        schools=tuple(public),
        years=tuple(int(year) for year in years),
        stages=planned_stages(district, policy),
        teaches=_teaching(district, planned_stages(district, policy)),
        begun=_begun(district, held, planned_stages(district, policy), years),
        rooms=rooms,
        open_=dated & ((rooms > 0) | (np.array(held.rooms_from) == "nothing")[:, None]),
        later=(district.schools.loc[public, "open_from"].fillna(0) > max(years)).to_numpy(bool),
        metres=np.where(np.isfinite(distances), distances, np.inf).astype(np.float64),
    )
    catchments, catchment_of, notes = _catchments(district, facts)
    entry = _entry_rooms(district, policy, facts)
    classes, cut = _classes(scenario, district, policy, facts)
    return Plan(
        blocks=facts.blocks,
        schools=facts.schools,
        stages=tuple(stage.stage for stage in facts.stages),
        years=facts.years,
        catchments=catchments,
        catchment_of=catchment_of,
        shares=_shares(catchments, facts, entry),
        classes=classes,
        limits=_limits(scenario, facts),
        order={
            stage.stage: _order(
                e,
                catchments,
                catchment_of[e],
                district,
                policy,
                facts,
                None if weights is None else weights[stage.stage],
            )
            for e, stage in enumerate(facts.stages)
        },
        diversions=tuple(
            Diversion(
                stage=edit.stage,
                from_school=edit.from_school,
                to_school=edit.to_school,
                since=edit.since,
                until=facts.years[-1] if edit.until is None else edit.until,
                share=edit.share,
                children=edit.children,
                grades=edit.grades,
            )
            for edit in scenario.diversions
        ),
        notes=(
            *notes,
            *_without_blocks(catchment_of, catchments, facts),
            *cut,
            *_learned_note(district, policy),
        ),
    )


@dataclass(frozen=True, kw_only=True)
class _Facts:
    """What every part of a plan is built on."""

    blocks: tuple[str, ...]
    schools: tuple[str, ...]
    years: tuple[int, ...]
    stages: tuple[Stage, ...]
    teaches: NDArray[np.bool_]
    """[stage, school]: whether the school teaches the stage's starting grade."""
    begun: NDArray[np.bool_]
    """[stage, school, year]: whether it takes the stage's entrants yet; a new school may open grade by grade."""
    rooms: NDArray[np.int64]
    """[school, year]. [rooms]"""
    open_: NDArray[np.bool_]
    """[school, year]: open, with rooms or with rooms that nobody knows."""
    later: NDArray[np.bool_]
    """[school]: opens after the last year planned."""
    metres: NDArray[np.float64]
    """[block, school]; infinite where unknown. [m]"""

    def admits(self, stage: int) -> NDArray[np.bool_]:
        """Return whether a school takes entrants of the stage. [school, year]."""
        return self.open_ & self.teaches[stage][:, None] & self.begun[stage]


def _teaching(district: District, stages: Sequence[Stage]) -> NDArray[np.bool_]:
    public = district.schools.loc[district.public]
    first, last = public["first"].to_numpy(), public["last"].to_numpy()
    return np.array([(first <= stage.first) & (stage.first <= last) for stage in stages])


def _begun(
    district: District, held: Capacity, stages: Sequence[Stage], years: Sequence[int]
) -> NDArray[np.bool_]:
    starts = [stage.first for stage in stages]
    return grades_open(district, held.projects, held.schools, starts, years).swapaxes(0, 1)


def _catchments(
    district: District, facts: _Facts
) -> tuple[tuple[Catchment, ...], NDArray[np.int16], tuple[Text, ...]]:
    """Return the catchments in file order of their schools, the one of every block and year, and notes."""
    position = {school: s for s, school in enumerate(facts.schools)}
    held: list[dict[tuple[int, int], tuple[int, ...]]] = []
    moved: dict[tuple[str, str, str], dict[int, set[str]]] = {}
    for e, stage in enumerate(facts.stages):
        admits = facts.admits(e)
        rows = _rows_of(district, stage.stage, position)
        nearest = np.argsort(facts.metres, axis=1, kind="stable")
        here: dict[tuple[int, int], tuple[int, ...]] = {}
        for b, block in enumerate(facts.blocks):
            for t, year in enumerate(facts.years):
                stated, chosen = _chosen(rows.get(block, []), year, t, admits, facts.later)
                if chosen is None:
                    chosen = tuple(int(s) for s in nearest[b] if admits[s, t])[:1]
                if not chosen:
                    continue
                here[b, t] = chosen
                if chosen != stated:
                    names = (
                        "+".join(facts.schools[s] for s in stated),
                        "+".join(facts.schools[s] for s in chosen),
                    )
                    moved.setdefault((stage.stage, *names), {}).setdefault(year, set()).add(block)
        held.append(here)
    keys = sorted({(e, schools) for e, here in enumerate(held) for schools in here.values()})
    number = {key: c for c, key in enumerate(keys)}
    of = np.full((len(facts.stages), len(facts.blocks), len(facts.years)), -1, dtype=np.int16)
    for e, here in enumerate(held):
        for (b, t), schools in here.items():
            of[e, b, t] = number[e, schools]
    catchments = tuple(
        Catchment(stage=facts.stages[e].stage, schools=tuple(facts.schools[s] for s in schools))
        for e, schools in keys
    )
    return catchments, of, tuple(_moved_note(key, by_year) for key, by_year in moved.items())


def _rows_of(
    district: District, stage: str, position: Mapping[str, int]
) -> dict[str, list[tuple[int, tuple[int, ...]]]]:
    """Return by block its catchments of a stage as (since, schools), the latest first."""
    table = district["catchments"]
    rows: dict[str, list[tuple[int, tuple[int, ...]]]] = {}
    stated = zip(table["block"], table["stage"], table["since"], table["school"], strict=True)
    for block, its_stage, since, key in stated:
        if its_stage == stage and pd.notna(key):
            schools = tuple(sorted(position[school] for school in key.split("+") if school in position))
            rows.setdefault(block, []).append((int(since), schools))
    for held in rows.values():
        held.sort(key=lambda row: row[0])
        held.reverse()
    return rows


def _chosen(
    rows: Sequence[tuple[int, tuple[int, ...]]],
    year: int,
    t: int,
    admits: NDArray[np.bool_],
    later: NDArray[np.bool_],
) -> tuple[tuple[int, ...], tuple[int, ...] | None]:
    """
    Return the schools of the catchment that the table states, and of the one that holds.

    None for the latter where the nearest school has to stand in.
    """
    begun = [schools for since, schools in rows if since <= year]
    for schools in begun:
        if any(admits[s, t] for s in schools):
            return begun[0], schools
        if not any(later[s] or admits[s, t:].any() for s in schools):
            break
    return (begun[0] if begun else ()), None


def _learned_note(district: District, policy: Policy) -> list[Text]:
    """Return at which sizes one class more is formed, where the policy learns them from past classes."""
    if not policy.classes.learned:
        return []
    counts = class_counts(district)
    learned = learn_sizes(counts)
    if learned is None:
        return [
            Text(
                "The policy forms classes by sizes learned from past years, but classes are counted for {counted} year"
                " groups only: the caps alone decide. Give the classes of more years in enrolment or classes.",
                counted=len(counts),
            )
        ]
    return [
        Text(
            "Where rooms are free, schools form one class more than the cap asks for at the sizes at which they did in"
            " {first}-{last} ({counted} year groups): by grade {sizes}; at single schools {low} to {high} times these.",
            first=learned.first,
            last=learned.last,
            counted=learned.counted,
            sizes=", ".join(f"{grade}: {size:.1f}" for grade, size in learned.by_grade.items()),
            low=f"{learned.by_school.min():.2f}",
            high=f"{learned.by_school.max():.2f}",
        )
    ]


def _moved_note(key: tuple[str, str, str], by_year: Mapping[int, set[str]]) -> Text:
    stage, stated, chosen = key
    blocks = set().union(*by_year.values())
    first, last = min(by_year), max(by_year)
    values = {
        "stage": stage,
        "years": f"{first}-{last}" if last > first else first,
        "blocks": len(blocks),
        "some": ", ".join(sorted(blocks)[:3]),
        "chosen": chosen,
    }
    if not stated:
        return Text(
            "Blocks without a catchment of stage {stage} ({some}; {blocks} in all) belong to {chosen}, the nearest open school, in {years}.",
            **values,
        )
    return Text(
        "{stated} is not open to stage {stage} in {years}: its blocks ({some}; {blocks} in all) belong to {chosen}.",
        stated=stated,
        **values,
    )


def _without_blocks(
    catchment_of: NDArray[np.int16], catchments: Sequence[Catchment], facts: _Facts
) -> list[Text]:
    """Return a note for every school that opens within the years planned and never has a catchment."""
    notes: list[Text] = []
    for e, stage in enumerate(facts.stages):
        used = {
            school for c in np.unique(catchment_of[e]).tolist() if c >= 0 for school in catchments[c].schools
        }
        admits = facts.admits(e)
        notes.extend(
            Text(
                "{school} opens in {year} without a catchment of stage {stage}: name its blocks under [[catchments]].",
                school=school,
                year=facts.years[int(np.argmax(admits[s]))],
                stage=stage.stage,
            )
            for s, school in enumerate(facts.schools)
            if school not in used and admits[s].any() and not admits[s, 0]
        )
    return notes


def _continuing(district: District, policy: Policy, facts: _Facts) -> NDArray[np.int64]:
    """
    Return the rooms that the year groups of the last count need while they are in school. [school, year] [rooms].

    Their classes, merged down to what the caps ask for; none where classes are re-formed every year. A year group
    leaves with the last grade of its stage that the school teaches.
    """
    out = np.zeros((len(facts.schools), len(facts.years)), dtype=np.int64)
    if policy.classes.formation != "kept":
        return out
    grades = tuple(policy.grades)
    count = last_count(district, facts.schools, grades)
    last = district.schools.loc[list(facts.schools), "last"].to_numpy(np.int64)
    for t, year in enumerate(facts.years):
        passed = year - district.counted
        for stage in policy.stages:
            for grade in range(stage.first, stage.last + 1 - passed):
                g = grades.index(grade)
                needed = -(-count.pupils[:, g].astype(np.int64) // policy.cap(grade + passed, year))
                known = np.where(count.classes[:, g] < 0, needed, np.minimum(count.classes[:, g], needed))
                out[:, t] += np.where(grade + passed <= last, known, 0)
    return out


def _entry_rooms(district: District, policy: Policy, facts: _Facts) -> NDArray[np.float64]:
    """
    Return the entry rooms by which joint catchments are shared. [stage, school, year] [rooms].

    The rooms free once the year groups of the last count have theirs, but no more than one grade's part of the
    rooms.
    """
    free = np.maximum(facts.rooms - _continuing(district, policy, facts), 0)
    public = district.schools.loc[list(facts.schools)]
    taught = (public["last"] - public["first"] + 1).to_numpy(np.float64)
    part = facts.rooms / taught[:, None]
    return np.array([np.where(facts.admits(e), np.minimum(free, part), 0) for e in range(len(facts.stages))])


def _shares(
    catchments: Sequence[Catchment], facts: _Facts, entry: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Return the share of each catchment's entrants by school and year; 0 in years when none of its schools is open."""
    shares = np.zeros((len(catchments), len(facts.schools), len(facts.years)), dtype=np.float64)
    stages = [stage.stage for stage in facts.stages]
    for c, catchment in enumerate(catchments):
        e = stages.index(catchment.stage)
        members = [facts.schools.index(school) for school in catchment.schools]
        admits = facts.admits(e)[members].astype(np.float64)
        rooms = entry[e, members] * admits
        total = rooms.sum(axis=0)
        weight = np.where(total > 0, rooms, admits)
        sums = weight.sum(axis=0)
        shares[c, members] = np.divide(weight, sums, out=np.zeros_like(weight), where=sums > 0)
    return shares.astype(np.float32)


def _classes(
    scenario: Scenario, district: District, policy: Policy, facts: _Facts
) -> tuple[NDArray[np.int16], list[Text]]:
    """Return the classes planned for each intake, -1 by rule, and what had to be cut for want of rooms."""
    stages = [stage.stage for stage in facts.stages]
    classes = np.full((len(facts.schools), len(stages), len(facts.years)), -1, dtype=np.int16)
    for edit in scenario.classes:
        if edit.stage in stages:
            classes[
                facts.schools.index(edit.school),
                stages.index(edit.stage),
                _span(edit.since, edit.until, facts),
            ] = edit.classes
    notes: list[Text] = []
    last = district.schools.loc[list(facts.schools), "last"].to_numpy(np.int64)
    held = _continuing(district, policy, facts)
    for s in np.flatnonzero((classes >= 0).any(axis=(1, 2))):
        for t, year in enumerate(facts.years):
            free = int(max(facts.rooms[s, t] - held[s, t], 0))
            for e, stage in enumerate(facts.stages):
                planned = int(classes[s, e, t])
                given = min(planned, free)
                if planned > given:
                    classes[s, e, t] = given
                    notes.append(
                        Text(
                            "{school}: {planned} classes are planned for grade {grade} in {year}, but only {free} rooms are free: {free} are opened.",
                            school=facts.schools[s],
                            planned=planned,
                            grade=stage.first,
                            year=year,
                            free=given,
                        )
                    )
                if given > 0:
                    free -= given
                    if policy.classes.formation == "kept":
                        held[s, t + 1 : t + 1 + min(stage.last, int(last[s])) - stage.first] += given
    return classes, notes


def _limits(scenario: Scenario, facts: _Facts) -> NDArray[np.int32]:
    stages = [stage.stage for stage in facts.stages]
    limits = np.full((len(facts.schools), len(stages), len(facts.years)), -1, dtype=np.int32)
    for edit in scenario.limits:
        if edit.stage in stages:
            limits[
                facts.schools.index(edit.school),
                stages.index(edit.stage),
                _span(edit.since, edit.until, facts),
            ] = edit.children
    return np.where(np.swapaxes(facts.begun, 0, 1), limits, 0).astype(np.int32)


def _span(since: int, until: int | None, facts: _Facts) -> slice:
    """Return the years from `since` to `until` as positions."""
    last = facts.years[-1] if until is None else until
    return slice(max(since - facts.years[0], 0), last - facts.years[0] + 1)


def _order(
    e: int,
    catchments: Sequence[Catchment],
    catchment_of: NDArray[np.int16],
    district: District,
    policy: Policy,
    facts: _Facts,
    weights: NDArray[np.floating] | None,
) -> NDArray[np.int16]:
    """Return the schools to which each school's overflow is offered. [school, rank]; -1 past the end."""
    stage = facts.stages[e]
    metres = _between(catchments, catchment_of, district, policy, facts, weights)
    ever = set(np.flatnonzero(facts.admits(e).any(axis=1)).tolist())
    offered: list[list[int]] = []
    for s, school in enumerate(facts.schools):
        partners = [
            facts.schools.index(partner)
            for catchment in catchments
            if catchment.stage == stage.stage and school in catchment.schools
            for partner in catchment.schools
            if partner != school
        ]
        near = [
            q
            for q in np.argsort(metres[s], kind="stable").tolist()
            if q != s and q in ever and np.isfinite(metres[s, q])
        ]
        first = sorted(set(partners), key=lambda q: (metres[s, q], q))
        ranked = list(dict.fromkeys([q for q in first if q in ever] + near))
        offered.append(ranked[: max(OFFERED, len(set(partners)))] if facts.teaches[e, s] else [])
    order = np.full((len(offered), max((len(entry) for entry in offered), default=0)), -1, dtype=np.int16)
    for s, entry in enumerate(offered):
        order[s, : len(entry)] = entry
    return order


def _between(
    catchments: Sequence[Catchment],
    catchment_of: NDArray[np.int16],
    district: District,
    policy: Policy,
    facts: _Facts,
    weights: NDArray[np.floating] | None,
) -> NDArray[np.float64]:
    """
    Return how far a school's children live from each other school. [school, school] [m].

    The mean way from the blocks of its catchments, weighted by children; from the school itself, straight line
    times detour, where it has no catchment.
    """
    points = district.schools.loc[district.public].geometry.to_numpy()
    x, y = shapely.get_x(points), shapely.get_y(points)
    detour = policy.detour if district.detour is None else district.detour
    metres = detour * np.hypot(x[:, None] - x, y[:, None] - y)
    metres = np.where(np.isfinite(metres), metres, np.inf)
    for s, school in enumerate(facts.schools):
        own = [c for c, catchment in enumerate(catchments) if school in catchment.schools]
        years = np.isin(catchment_of, own).sum(axis=1)
        lived = years if weights is None or not (years * weights).any() else years * weights
        home = np.flatnonzero(lived)
        if home.size:
            metres[s] = np.average(facts.metres[home], axis=0, weights=lived[home])
    return metres
