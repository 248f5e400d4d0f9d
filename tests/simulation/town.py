"""
A town of a few schools on one street, made by hand.

Places are metres along the street; children and rooms are small enough to be added up on paper. Primary is grades
1-3 and junior 4-5; a class holds 10, and 15 at worst.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely import Point, box

from planner.capacity import Capacity, build_capacity
from planner.district import District, assemble_district
from planner.forecast import Draws
from planner.plan import Catchment, Diversion, Plan
from planner.policy import Policy, Rule, Stage
from planner.simulation import Simulation, simulate

CAP, WORST = 10, 15
COUNTED = 2026

POLICY = Policy(
    profile="street",
    name="Street",
    name_zh="街",
    stages=(
        Stage(stage="primary", grades="1-3", name="primary", name_zh="小学"),
        Stage(stage="junior", grades="4-5", name="junior", name_zh="初中"),
    ),
    classes={"worst": WORST},
    rules=(
        Rule(rule="class_size", at_most=CAP, source="by hand"),
        Rule(rule="standard_class_size", at_most=CAP, source="by hand"),
    ),
)
STRICT = POLICY.model_copy(update={"strict": True})


@dataclass(frozen=True)
class School:
    grades: str = "1-3"
    rooms: int = 3
    at: float = 0.0
    pupils: tuple[int, ...] = ()
    """By grade taught at the last count."""
    classes: tuple[int, ...] | None = None
    """By grade taught; as few as the cap allows when not given."""
    seats_stated: int | None = None
    open_to: int | None = None
    group: str | None = None


@dataclass(frozen=True)
class Told:
    """A forecast that gives what it is told."""

    blocks: tuple[str, ...]
    schools: tuple[str, ...]
    grades: tuple[int, ...]
    years: tuple[int, ...]
    stages: tuple[str, ...]
    draws: int
    seed: int
    private: dict[str, np.ndarray]
    choice: dict[str, np.ndarray]
    living: np.ndarray
    all_draws: Draws
    explained: pd.DataFrame = field(default_factory=pd.DataFrame)
    growth_explained: pd.DataFrame = field(default_factory=pd.DataFrame)

    def expected(self) -> Draws:
        return replace(self._cut(0, 1), first=-1)

    def draw(self, first: int, last: int, *, quiet: frozenset[str] = frozenset()) -> Draws:
        assert not quiet
        return self._cut(first, last)

    def _cut(self, first: int, last: int) -> Draws:
        def part(figures):
            return figures[..., first:last]

        told = self.all_draws
        return replace(
            told,
            first=first,
            entrants={stage: part(figures) for stage, figures in told.entrants.items()},
            leaving={stage: part(figures) for stage, figures in told.leaving.items()},
            arriving={stage: part(figures) for stage, figures in told.arriving.items()},
            transition={stage: part(figures) for stage, figures in told.transition.items()},
            growth=part(told.growth),
            noise=part(told.noise),
        )


@dataclass(frozen=True)
class Town:
    district: District
    policy: Policy
    capacity: Capacity
    plan: Plan
    forecast: Told

    def simulate(self, policy: Policy | None = None) -> Simulation:
        return simulate(
            self.plan,
            self.forecast.draw(0, self.forecast.draws),
            district=self.district,
            policy=policy or self.policy,
            capacity=self.capacity,
            forecast=self.forecast,
        )


def build_town(
    schools: dict[str, School],
    catchments: dict[str, dict[str, str]],
    *,
    entrants: dict[str, dict[str, object]],
    leaving: dict[str, dict[str, object]] | None = None,
    arriving: dict[str, dict[str, object]] | None = None,
    homes: dict[str, float] | None = None,
    feeders: list[tuple[str, str, float]] | None = None,
    choice: dict[tuple[str, str, str], float] | None = None,
    private: float = 0.0,
    transition: float = 1.0,
    growth: float | np.ndarray = 1.0,
    noise: float | np.ndarray = 0.0,
    spread: float = 0.0,
    years: int = 2,
    draws: int = 1,
    policy: Policy = POLICY,
    shares: dict[tuple[str, str], float] | None = None,
    classes: dict[tuple[str, str], int] | None = None,
    limits: dict[tuple[str, str], int] | None = None,
    order: dict[str, list[str]] | None = None,
    diversions: tuple[Diversion, ...] = (),
    living: dict[tuple[str, int], float] | None = None,
    moved: dict[tuple[str, str, int], str] | None = None,
    projects: list[dict] | None = None,
) -> Town:
    """
    Make a town.

    Parameters
    ----------
    catchments
        By stage: block to school, or schools joined by +, in all years.
    entrants, leaving, arriving
        By stage: block or school to children, a number or one a year (or an array [year, draw]).
    homes
        Block to metres along the street; 0, 1000, ... when not given.
    order
        School to the schools its overflow is offered to, of both stages; by distance when not given.
    moved
        Stage, block and first year (position) to the catchment from then on.
    """
    span = tuple(range(COUNTED + 1, COUNTED + 1 + years))
    blocks = tuple(dict.fromkeys(block for held in catchments.values() for block in held))
    ids = tuple(schools)
    stages = tuple(stage.stage for stage in policy.stages)
    grades = tuple(policy.grades)
    homes = homes or {block: 1000.0 * number for number, block in enumerate(blocks)}
    district = _district(schools, blocks, homes, catchments, feeders or [], projects or [])
    plan = _plan(
        schools,
        blocks,
        stages,
        span,
        catchments,
        shares or {},
        classes or {},
        limits or {},
        order,
        diversions,
        moved or {},
    )

    def figures(told: dict[str, dict[str, object]] | None, rows: tuple[str, ...]) -> dict[str, np.ndarray]:
        return {
            stage: np.stack([_by_year((told or {}).get(stage, {}).get(row, 0), years, draws) for row in rows])
            for stage in stages
        }

    shape = (len(ids), len(grades), years, draws)
    starts = [grades.index(stage.first) for stage in policy.stages]
    growing = np.broadcast_to(np.asarray(growth, dtype=np.float32), shape).copy()
    growing[:, starts] = 0
    chosen = {stage: np.zeros((len(blocks), len(ids)), np.float32) for stage in stages}
    for (stage, block, school), share in (choice or {}).items():
        chosen[stage][blocks.index(block), ids.index(school)] = share
    at_home = np.zeros((len(blocks), len(grades)), np.float32)
    for (block, grade), children in (living or {}).items():
        at_home[blocks.index(block), grades.index(grade)] = children
    forecast = Told(
        blocks=blocks,
        schools=ids,
        grades=grades,
        years=span,
        stages=stages,
        draws=draws,
        seed=1,
        private={stage: np.full(len(blocks), private, np.float32) for stage in stages},
        choice=chosen,
        living=at_home,
        all_draws=Draws(
            first=0,
            entrants=figures(entrants, blocks),
            leaving=figures(leaving, blocks),
            arriving=figures(arriving, ids),
            transition={stage: np.full((years, draws), transition, np.float32) for stage in stages[1:]},
            growth=growing,
            noise=np.broadcast_to(np.asarray(noise, dtype=np.float32), shape).copy(),
            spread=np.full(len(grades), spread, np.float32),
        ),
    )
    return Town(
        district=district,
        policy=policy,
        capacity=build_capacity(district, policy, span),
        plan=plan,
        forecast=forecast,
    )


def _by_year(children: object, years: int, draws: int) -> np.ndarray:
    told = np.asarray(children, dtype=np.int16)
    return np.broadcast_to(told if told.ndim == 2 else told.reshape(-1, 1), (years, draws)).copy()


def _first_last(grades: str) -> tuple[int, int]:
    first, _, last = grades.partition("-")
    return int(first), int(last or first)


def _district(
    schools: dict[str, School],
    blocks: tuple[str, ...],
    homes: dict[str, float],
    catchments: dict[str, dict[str, str]],
    feeders: list[tuple[str, str, float]],
    projects: list[dict],
) -> District:
    crs = "EPSG:32650"
    west, south = 500_000.0, 3_900_000.0
    rows = []
    for name, school in schools.items():
        first, last = _first_last(school.grades)
        counted = school.pupils or (0,) * (last - first + 1)
        held = school.classes or tuple(-(-number // CAP) for number in counted)
        rows += [
            {"school": name, "grade": grade, "year": COUNTED, "pupils": pupils, "classes": classes}
            for grade, pupils, classes in zip(range(first, last + 1), counted, held, strict=True)
        ]
    tables = {
        "about": pd.DataFrame(
            {"key": ["name", "policy", "counted_on"], "value": ["Street", "street", f"{COUNTED}-09-01"]}
        ),
        "schools": gpd.GeoDataFrame(
            {
                "school": list(schools),
                "name": list(schools),
                "grades": [school.grades for school in schools.values()],
                "rooms": [school.rooms for school in schools.values()],
                "seats_stated": pd.array([school.seats_stated for school in schools.values()], dtype="Int64"),
                "group": [school.group for school in schools.values()],
                "open_to": pd.array([school.open_to for school in schools.values()], dtype="Int64"),
            },
            geometry=[Point(west + school.at, south) for school in schools.values()],
            crs=crs,
        ),
        "blocks": gpd.GeoDataFrame(
            {"block": list(blocks)},
            geometry=[
                box(west + homes[block] - 50, south - 50, west + homes[block] + 50, south + 50)
                for block in blocks
            ],
            crs=crs,
        ),
        "catchments": pd.DataFrame(
            [
                {"block": block, "stage": stage, "since": 2000, "school": school}
                for stage, held in catchments.items()
                for block, school in held.items()
            ]
        ),
        "enrolment": pd.DataFrame(rows),
    }
    if feeders:
        tables["feeders"] = pd.DataFrame(feeders, columns=["school", "to_school", "share"])
    if projects:
        tables["projects"] = gpd.GeoDataFrame(projects, geometry=[None] * len(projects), crs=crs)
    return assemble_district(tables)


def _plan(schools, blocks, stages, years, held, shares, classes, limits, order, diversions, moved) -> Plan:
    ids = tuple(schools)
    keys = [(stage, key) for stage in stages for key in held.get(stage, {}).values()]
    keys += [(stage, key) for (stage, _, _), key in moved.items()]
    keys = list(dict.fromkeys(keys))
    catchments = tuple(Catchment(stage=stage, schools=tuple(key.split("+"))) for stage, key in keys)
    of = np.full((len(stages), len(blocks), len(years)), -1, dtype=np.int16)
    for stage, by_block in held.items():
        for block, key in by_block.items():
            of[stages.index(stage), blocks.index(block)] = keys.index((stage, key))
    for (stage, block, since), key in moved.items():
        of[stages.index(stage), blocks.index(block), since:] = keys.index((stage, key))
    given = np.zeros((len(catchments), len(ids), len(years)), dtype=np.float32)
    for number, catchment in enumerate(catchments):
        for school in catchment.schools:
            share = shares.get((catchment.key, school), 1 / len(catchment.schools))
            given[number, ids.index(school)] = share
    planned = np.full((len(ids), len(stages), len(years)), -1, dtype=np.int16)
    limited = np.full(planned.shape, -1, dtype=np.int32)
    for figures, told in ((planned, classes), (limited, limits)):
        for (school, stage), number in told.items():
            figures[ids.index(school), stages.index(stage)] = number
    ranked = {}
    for stage in stages:
        rows = []
        for name, school in schools.items():
            near = sorted(
                (other for other in ids if other != name),
                key=lambda other: abs(schools[other].at - school.at),
            )
            chosen = near if order is None else order.get(name, [])
            rows.append([ids.index(other) for other in chosen])
        width = max((len(row) for row in rows), default=0)
        ranked[stage] = np.array([row + [-1] * (width - len(row)) for row in rows], dtype=np.int16).reshape(
            len(ids), width
        )
    return Plan(
        blocks=blocks,
        schools=ids,
        stages=stages,
        years=years,
        catchments=catchments,
        catchment_of=of,
        shares=given,
        classes=planned,
        limits=limited,
        order=ranked,
        diversions=diversions,
    )
