"""
A scenario changed a little and carried out again, on the same draws, up to the year that is asked about.

What the change does not state stays as the run has it: classes planned, shares of joint catchments and the order
of placement, whether proposed or given. A run of the changed scenario plans them anew. So that it finds the
schools concerned as the rehearsal does, a change should state their classes; what may still differ is the share
that a joint catchment gives to each of its schools, and, where the year asked about lies further ahead, what
other classes planned in the years before make of the children who come to a school.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from planner.answers.standing import standing_of
from planner.capacity import build_capacity
from planner.forecast import CHUNK, Draws
from planner.plan import build_plan, followed
from planner.scenario import (
    CatchmentEdit,
    ClassesEdit,
    DiversionEdit,
    ProjectEdit,
    apply_scenario,
    load_scenario,
)
from planner.simulation import Simulation, join, simulate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from planner.answers.standing import Standing
    from planner.capacity import Capacity
    from planner.district import District
    from planner.pipeline import Run
    from planner.plan import Plan
    from planner.policy import Policy
    from planner.scenario import Applied, Scenario

    Edits = Mapping[str, Sequence[Mapping[str, Any]]]
    """Entries to add to tables of a scenario, as its file would write them."""

RECORDS = {
    "classes": ClassesEdit,
    "diversions": DiversionEdit,
    "catchments": CatchmentEdit,
    "projects": ProjectEdit,
}
"""What an entry of each table of a scenario is."""

_YEAR_LAST = frozenset({"block_entrants", "expected_from"})
"""Arrays of a simulation whose last axis is the year; of all others the last but one is."""


def with_edits(scenario: Scenario, edits: Edits) -> Scenario:
    """Return the scenario with entries appended to its tables."""
    added = {
        table: (*getattr(scenario, table), *(RECORDS[table](**entry) for entry in entries))
        for table, entries in edits.items()
    }
    return scenario.model_copy(update=added)


def plan_within(plan: Plan, first: int, last: int) -> Plan:
    """Return the plan of the school years from `first` to `last`."""
    inside = slice(plan.years.index(first), plan.years.index(last) + 1)
    return replace(
        plan,
        years=plan.years[inside],
        catchment_of=plan.catchment_of[:, :, inside],
        shares=plan.shares[:, :, inside],
        classes=plan.classes[:, :, inside],
        limits=plan.limits[:, :, inside],
    )


def simulation_in(simulation: Simulation, year: int) -> Simulation:
    """Return what a simulation has of one school year, copied, so that the other years can be forgotten."""
    at = simulation.years.index(year)
    cut = {
        field.name: np.take(values, [at], axis=-1 if field.name in _YEAR_LAST else -2)
        for field in fields(Simulation)
        if isinstance(values := getattr(simulation, field.name), np.ndarray)
    }
    return replace(simulation, years=(year,), **cut)


def draws_until(draws: Draws, count: int) -> Draws:
    """Return the first `count` years of the draws, copied, so that the others can be forgotten."""

    def cut(values: Any, axis: int) -> Any:
        return np.take(values, range(count), axis=axis)

    return replace(
        draws,
        **{
            name: {stage: cut(values, axis) for stage, values in getattr(draws, name).items()}
            for name, axis in (
                ("entrants", 1),
                ("leaving", 1),
                ("arriving", 1),
                ("choosing", 1),
                ("transition", 0),
            )
        },
        growth=cut(draws.growth, 2),
        noise=cut(draws.noise, 2),
    )


@dataclass(frozen=True, kw_only=True)
class Horizon:
    """A forecast that ends early: what a simulation asks of one."""

    blocks: tuple[str, ...]
    schools: tuple[str, ...]
    grades: tuple[int, ...]
    years: tuple[int, ...]
    stages: tuple[str, ...]
    draws: int
    seed: int
    private: dict[str, NDArray[np.float32]]
    choice: dict[str, NDArray[np.float32]]
    living: NDArray[np.float32]
    explained: pd.DataFrame
    batches: tuple[Draws, ...]
    """All draws, in batches."""

    @classmethod
    def of(cls, run: Run, year: int) -> Horizon:
        """Return a run's forecast up to the year, drawn."""
        forecast = run.forecast
        own = {
            field.name: getattr(forecast, field.name)
            for field in fields(cls)
            if field.name not in {"years", "batches"}
        }
        count = forecast.years.index(year) + 1
        starts = range(0, forecast.draws, CHUNK)
        return cls(
            **own,
            years=forecast.years[:count],
            batches=tuple(
                draws_until(forecast.draw(first, min(first + CHUNK, forecast.draws)), count)
                for first in starts
            ),
        )

    def expected(self) -> Draws:
        """Never asked for here: only draws are rehearsed."""
        raise LookupError("a rehearsal has no expected path")

    def draw(self, first: int, last: int, *, quiet: frozenset[str] = frozenset()) -> Draws:
        """Return the batch that holds these draws."""
        if quiet:
            raise LookupError("a rehearsal was drawn with nothing quiet")
        batch = self.batches[first // CHUNK]
        if (batch.first, batch.first + batch.growth.shape[-1]) != (first, last):
            raise LookupError(f"draws {first} to {last} are no batch")
        return batch


@dataclass(frozen=True, kw_only=True)
class Rehearsed:
    """A scenario carried out, as far as the year asked about is concerned."""

    year: int
    plan: Plan
    """Of that year only, as is the simulation."""
    simulation: Simulation
    policy: Policy
    capacity: Capacity

    def standing(self, school: str, grade: int, cap: int | None = None) -> Standing:
        """Return how a school's grade stands; `cap` is the policy's when None."""
        rooms = self.rooms(school)
        return standing_of(
            self.simulation, self.plan, self.policy, school, grade, self.year, cap, rooms=rooms
        )

    def classes_planned(self, school: str, stage: str) -> int:
        """Return the classes that the plan states for a school's intake; -1 where it leaves them to the rule."""
        return int(self.plan.classes[self.plan.schools.index(school), self.plan.stages.index(stage), 0])

    def rooms(self, school: str) -> int:
        """Return the rooms of a school. [rooms]."""
        capacity = self.capacity
        return int(capacity.rooms[capacity.schools.index(school), capacity.years.index(self.year)])


@dataclass(frozen=True, kw_only=True)
class Rehearsal:
    """
    Changes of one run's scenario tried out on the run's own draws.

    The children to come are the run's own: a change may move them between schools, classes and rooms, not make
    more or fewer of them.
    """

    run: Run
    year: int
    horizon: Horizon
    stated: Plan
    """What the run's scenario states, before anything was proposed."""

    @classmethod
    def of(cls, run: Run, year: int) -> Rehearsal:
        """Prepare to try changes of a run up to a year."""
        stated = _stated(run, run.scenario, run.district, run.policy, run.capacity)
        return cls(run=run, year=year, horizon=Horizon.of(run, year), stated=stated)

    def base(self) -> Rehearsed:
        """Return the run itself, without any change; where it has open questions, its scenario as it stands."""
        run = self.run
        if run.worlds:
            return self.carry_out({})
        return Rehearsed(
            year=self.year,
            plan=plan_within(run.plan, self.year, self.year),
            simulation=simulation_in(run.simulation, self.year),
            policy=run.policy,
            capacity=run.capacity,
        )

    def planned(self, edits: Edits) -> tuple[Plan, Applied, Capacity]:
        """
        Return the run's plan as changed, over all its years, with what the changed scenario makes of the facts.

        Raises
        ------
        ScenarioError
            When the change contradicts the district's facts.
        """
        run = self.run
        scenario = with_edits(run.scenario, edits)
        applied = apply_scenario(load_scenario(scenario), run.source, run.profile)
        capacity = build_capacity(
            applied.district, applied.policy, run.plan.years, certainty=scenario.assumptions.certainty
        )
        stated = _stated(run, scenario, applied.district, applied.policy, capacity)
        return followed(run.plan, self.stated, stated), applied, capacity

    def carry_out(self, edits: Edits) -> Rehearsed:
        """
        Carry out the run's scenario with entries added to its tables.

        Raises
        ------
        ScenarioError
            When the change contradicts the district's facts.
        """
        changed, applied, capacity = self.planned(edits)
        plan = plan_within(changed, changed.years[0], self.year)
        parts = [
            simulation_in(
                simulate(
                    plan,
                    batch,
                    district=applied.district,
                    policy=applied.policy,
                    capacity=capacity,
                    forecast=self.horizon,
                ),
                self.year,
            )
            for batch in self.horizon.batches
        ]
        return Rehearsed(
            year=self.year,
            plan=plan_within(plan, self.year, self.year),
            simulation=join(parts),
            policy=applied.policy,
            capacity=capacity,
        )


def _stated(run: Run, scenario: Scenario, district: District, policy: Policy, capacity: Capacity) -> Plan:
    return build_plan(scenario, district, policy, capacity, years=run.plan.years, distances=run.distances)
