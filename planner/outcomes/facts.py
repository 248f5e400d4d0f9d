"""A plan carried out, and what its figures are measured against."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.capacity import Capacity
    from planner.plan import Plan
    from planner.policy import Policy
    from planner.simulation import Simulation


@dataclass(frozen=True, kw_only=True)
class Facts:
    """
    A plan carried out, with the policy and the capacity that it is measured against.

    Arrays below run in the order of the simulation's schools, stages, grades and years.
    """

    plan: Plan
    simulation: Simulation
    policy: Policy
    capacity: Capacity
    """Of any schools, stages and years that hold those of the plan."""

    @cached_property
    def grades(self) -> tuple[range, ...]:
        """Positions of each stage's grades."""
        at = self.simulation.grades.index
        spans = [self.policy.stage(stage) for stage in self.simulation.stages]
        return tuple(range(at(span.first), at(span.last) + 1) for span in spans)

    @cached_property
    def starts(self) -> NDArray[np.int64]:
        """[stage]: starting grade."""
        return np.array([self.policy.stage(stage).first for stage in self.simulation.stages])

    @property
    def by_seats(self) -> bool:
        """Whether the policy plans by seats: columns of rooms, classes and caps are then missing."""
        return self.policy.by_seats

    @cached_property
    def caps(self) -> NDArray[np.int64]:
        """[stage, year]: largest class that complies in the starting grade. [children]"""
        return np.array(
            [[self.policy.cap(int(first), year) for year in self.simulation.years] for first in self.starts]
        )

    @cached_property
    def rooms(self) -> NDArray[np.int64]:
        """[school, stage, year]: rooms by number of grades. [rooms]"""
        return self._dated(self.capacity.rooms_stage).astype(np.int64)

    @cached_property
    def seats(self) -> NDArray[np.int64]:
        """[school, stage, year]: rooms x standard class size. [children]"""
        return self._dated(self.capacity.seats).astype(np.int64)

    @cached_property
    def seats_stated(self) -> NDArray[np.float64]:
        """[school, stage, year]: seats as documents state them; NaN where they do not. [children]"""
        return self._dated(self.capacity.seats_stated).astype(np.float64)

    @cached_property
    def pupils(self) -> NDArray[np.int32]:
        """[school, stage, year, draw]: children of the stage. [children]"""
        counts = self.simulation.pupils
        return np.stack([counts[:, grades].sum(axis=1, dtype=np.int32) for grades in self.grades], axis=1)

    @cached_property
    def demand(self) -> NDArray[np.int32]:
        """[school, stage, year, draw]: children who continue, and entrants before anyone is turned away. [children]"""
        return self.pupils - self.simulation.admitted + self.simulation.demand

    @cached_property
    def in_use(self) -> NDArray[np.bool_]:
        """[school, stage, year]: whether the school teaches the stage and has seats or children in it."""
        schools = [self.capacity.schools.index(school) for school in self.simulation.schools]
        stages = [self.capacity.stages.index(stage) for stage in self.simulation.stages]
        taught = self.capacity.taught[np.ix_(schools, stages)] > 0
        return (taught[:, :, None] & (self.seats > 0)) | (self.demand > 0).any(axis=-1)

    def _dated(self, figures: NDArray[Any]) -> NDArray[Any]:
        """Return figures [school, stage, year] of the capacity in the order of the simulation."""
        schools = [self.capacity.schools.index(school) for school in self.simulation.schools]
        stages = [self.capacity.stages.index(stage) for stage in self.simulation.stages]
        years = [self.capacity.years.index(year) for year in self.simulation.years]
        return figures[np.ix_(schools, stages, years)]
