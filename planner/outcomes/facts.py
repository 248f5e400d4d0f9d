"""A plan carried out, and what its figures are measured against."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from planner.capacity import apportion, balanced_sizes
from planner.outcomes.spread import mean

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
    def rooms(self) -> NDArray[np.number[Any]]:
        """[school, stage, year]: rooms by number of grades; the mean over the draws where branches differ. [rooms]"""
        return self._of_draws(self._rooms_drawn)

    @cached_property
    def seats(self) -> NDArray[np.number[Any]]:
        """[school, stage, year]: rooms x standard class size; the mean where branches differ. [children]"""
        return self._of_draws(self.seats_drawn)

    @cached_property
    def _rooms_drawn(self) -> NDArray[np.int64]:
        """[school, stage, year, draw]: rooms by number of grades; one draw for all without branches. [rooms]"""
        rooms = self.simulation.rooms
        if rooms is None:
            return self._dated(self.capacity.rooms_stage).astype(np.int64)[..., None]
        schools, _, draws = rooms.shape
        kinds, of = np.unique(rooms.reshape(-1, draws), axis=1, return_inverse=True)
        taught = self._dated(self.capacity.taught)
        each = [apportion(kind.reshape(schools, -1), taught) for kind in kinds.T]
        return np.stack(each, axis=-1).astype(np.int64)[..., of.reshape(-1)]

    @cached_property
    def seats_drawn(self) -> NDArray[np.int64]:
        """[school, stage, year, draw]: seats of the draw's branch; one draw for all without branches. [children]"""
        if self.simulation.rooms is None:
            return self._dated(self.capacity.seats).astype(np.int64)[..., None]
        standards, taught = self._dated(self.capacity.standards), self._dated(self.capacity.taught)
        return self._rooms_drawn * standards[..., None] // np.maximum(taught, 1)[..., None, None]

    def _of_draws(self, figures: NDArray[np.int64]) -> NDArray[np.number[Any]]:
        return figures[..., 0] if self.simulation.rooms is None else mean(figures)

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
    def _largest(self) -> NDArray[np.integer[Any]]:
        """[school, grade, year, draw]: largest class, uneven as drawn. [children]"""
        simulation = self.simulation
        largest = simulation.largest(simulation.pupils, simulation.classes, slice(None))
        return largest.astype(np.int16, copy=False)

    def largest(self, at: Any) -> NDArray[np.integer[Any]]:
        """Return the largest class in cells of [school, grade, year] (draws after them): `Simulation.largest`. [children]."""
        if self.simulation.splits is not None:
            return self._largest[at]
        return balanced_sizes(self.simulation.pupils[at], self.simulation.classes[at]).largest

    @cached_property
    def in_use(self) -> NDArray[np.bool_]:
        """[school, stage, year]: whether the school teaches the stage and has seats or children in it."""
        schools = [self.capacity.schools.index(school) for school in self.simulation.schools]
        stages = [self.capacity.stages.index(stage) for stage in self.simulation.stages]
        taught = self.capacity.taught[np.ix_(schools, stages)] > 0
        return (taught[:, :, None] & (self.seats > 0)) | (self.demand > 0).any(axis=-1)

    def _dated(self, figures: NDArray[Any]) -> NDArray[Any]:
        """Return figures [school, stage, year] or [school, stage] of the capacity in the order of the simulation."""
        schools = [self.capacity.schools.index(school) for school in self.simulation.schools]
        stages = [self.capacity.stages.index(stage) for stage in self.simulation.stages]
        years = [self.capacity.years.index(year) for year in self.simulation.years]
        return figures[np.ix_(*(schools, stages, years)[: figures.ndim])]
