"""A plan of openings, classes and places, and its goals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.optimise.openings.facts import NEVER

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.optimise.openings.facts import OpeningFacts

GOALS = {
    "unplaced": "child-years",
    "above_cap": "child-years",
    "outside": "children",
    "above_size": "child-years",
    "yuan": "yuan",
    "pupil_km": "km",
}
"""Goals in order, with their units."""

FEW = 1e-6
"""Fewer are nobody: what solvers leave over. [children]"""


@dataclass(frozen=True, kw_only=True)
class OpeningPlan:
    """Opening years, classes and places."""

    opens: NDArray[np.int64]
    """[project]: position of the opening year, `NEVER` for none."""
    classes: NDArray[np.float64]
    """[point, year, age]: whole classes of the year group of the year at that age, 0 past its last. [classes]"""
    intake: NDArray[np.float64]
    """[origin, rank, year]: children at the candidate of that rank. [children]"""


@dataclass(frozen=True, kw_only=True)
class Values:
    """A plan's goals in their order, and what the yuan are for."""

    unplaced: float
    """Entrants without a place, times the years of their stage that are planned. [child-years]"""
    above_cap: float
    """Entrants above the seats of their year group's classes, year by year; where classes are kept, those above in
    the tightest year count in every year. [child-years]"""
    outside: float
    """Entrants placed outside their catchment or beyond the longest way. [children]"""
    above_size: float
    """[child-years]"""
    yuan: float
    """Projects, classes and ways, discounted. [yuan]"""
    pupil_km: float
    """Ways of all entrants. [km]"""
    projects: float
    """Part of the yuan. [yuan]"""
    classes: float
    """Part of the yuan. [yuan]"""

    def in_order(self) -> tuple[float, ...]:
        """Return the goals in their order."""
        return tuple(float(getattr(self, goal)) for goal in GOALS)


def no_plan(facts: OpeningFacts, opens: NDArray[np.int64]) -> OpeningPlan:
    """Return the plan in which projects open, but no class is formed and nobody is placed."""
    return OpeningPlan(
        opens=opens,
        classes=np.zeros(facts.seats.shape),
        intake=np.zeros((*facts.near.shape, facts.years)),
    )


def intake_of(facts: OpeningFacts, places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the intake [point, year] of places [origin, rank, year]. [children]."""
    known = facts.near >= 0
    intake = np.zeros((facts.points, facts.years))
    np.add.at(intake, facts.near[known], places[known])
    return intake


def heads_of(facts: OpeningFacts, intake: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the children [campus, year] that follow from intakes [point, year], those of the last count left out."""
    heads = np.zeros((facts.campuses, facts.years))
    point, year, age = np.nonzero(np.arange(facts.heads.shape[2]) < facts.lasting[:, :, None])
    children = facts.heads[point, year, age] * intake[point, year]
    np.add.at(heads, (facts.holds[point, year, age], year + age), children)
    return heads


def above_cap(facts: OpeningFacts, plan: OpeningPlan) -> NDArray[np.float64]:
    """Return the entrants of a plan's year groups above the seats of their classes. [point, year, age] [children]."""
    intake = intake_of(facts, plan.intake)
    alive = np.arange(facts.seats.shape[2]) < facts.lasting[:, :, None]
    seats = np.where(alive, facts.seats, np.inf)
    if facts.kept:
        seats = np.where(alive, seats.min(axis=2, keepdims=True), np.inf)
    taught = plan.classes > 0
    held = np.where(taught, seats, 0.0) * np.where(taught, plan.classes, 0.0)
    return np.where(alive, np.maximum(intake[:, :, None] - held, 0.0), 0.0)


def value_of(facts: OpeningFacts, plan: OpeningPlan) -> Values:
    """Return the goals of a plan."""
    places = np.where((facts.near >= 0)[:, :, None], plan.intake, 0.0)
    lost = facts.demand - places.sum(axis=1)
    intake = intake_of(facts, places)
    above = above_cap(facts, plan)
    alive = np.arange(facts.seats.shape[2]) < facts.lasting[:, :, None]
    heads = heads_of(facts, intake)
    crowd = [heads[list(campuses)].sum(axis=0) - facts.size[n] for n, campuses in enumerate(facts.size_of)]
    way = np.where(facts.near >= 0, facts.km, 0.0)
    chosen = np.flatnonzero(plan.opens != NEVER)
    projects = float(facts.projects.cost[chosen, plan.opens[chosen]].sum())
    classes = float((facts.class_yuan * plan.classes)[alive].sum())
    ways = float(np.einsum("ij,it,ijt->", way, facts.travel, places))
    return Values(
        unplaced=float((np.where(lost > FEW, lost, 0.0) * facts.staying).sum()),
        above_cap=float(above[above > FEW].sum()),
        outside=float(places[facts.outside].sum()),
        above_size=float(sum(np.maximum(each, 0.0).sum() for each in crowd)),
        yuan=projects + classes + ways,
        pupil_km=float(np.einsum("ij,ijt->", way, places)),
        projects=projects,
        classes=classes,
    )
