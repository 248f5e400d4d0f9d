"""A scenario changed a little and carried out again, on the same draws, up to the year that is asked about."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from planner.capacity import build_capacity
from planner.forecast import CHUNK, Draws
from planner.plan import build_plan
from planner.scenario import apply_scenario, load_scenario
from planner.simulation import join, simulate

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from planner.capacity import Capacity
    from planner.district import District
    from planner.pipeline import Run
    from planner.plan import Plan
    from planner.policy import Policy
    from planner.scenario import Scenario
    from planner.simulation import Simulation


def plan_until(plan: Plan, year: int) -> Plan:
    """Return the plan's years up to and including `year`."""
    count = plan.years.index(year) + 1
    return replace(
        plan,
        years=plan.years[:count],
        catchment_of=plan.catchment_of[:, :, :count],
        shares=plan.shares[:, :, :count],
        classes=plan.classes[:, :, :count],
        limits=plan.limits[:, :, :count],
    )


def draws_until(draws: Draws, count: int) -> Draws:
    """Return the first `count` years of the draws, copied, so that the others can be forgotten."""

    def cut(values: Any, axis: int) -> Any:
        return np.take(values, range(count), axis=axis)

    return replace(
        draws,
        **{
            name: {stage: cut(values, axis) for stage, values in getattr(draws, name).items()}
            for name, axis in (("entrants", 1), ("leaving", 1), ("arriving", 1), ("transition", 0))
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

    def draw(self, first: int, last: int) -> Draws:
        """Return the batch that holds these draws."""
        batch = self.batches[first // CHUNK]
        if (batch.first, batch.first + batch.growth.shape[-1]) != (first, last):
            raise LookupError(f"draws {first} to {last} are no batch")
        return batch


@dataclass(frozen=True, kw_only=True)
class Rehearsed:
    """A changed scenario, carried out up to the year asked about."""

    plan: Plan
    district: District
    policy: Policy
    capacity: Capacity
    simulation: Simulation


@dataclass(frozen=True, kw_only=True)
class Rehearsal:
    """
    Changes of one run's scenario tried out on the run's own draws.

    The children to come are the run's own: a change may move them between schools, classes and rooms, not
    make more or fewer of them. Classes planned stay those of the run where the change does not state others.
    """

    run: Run
    horizon: Horizon

    @classmethod
    def of(cls, run: Run, year: int) -> Rehearsal:
        """Prepare to try changes of a run up to a year."""
        return cls(run=run, horizon=Horizon.of(run, year))

    def carry_out(self, scenario: Scenario) -> Rehearsed:
        """
        Carry out the run's scenario as changed.

        Raises
        ------
        ScenarioError
            When the change contradicts the district's facts.
        """
        run, years = self.run, self.run.plan.years
        applied = apply_scenario(load_scenario(scenario), run.source, run.profile)
        capacity = build_capacity(
            applied.district, applied.policy, years, certainty=scenario.assumptions.certainty
        )
        stated = build_plan(
            scenario, applied.district, applied.policy, capacity, years=years, distances=run.distances
        )
        classes = np.where(stated.classes >= 0, stated.classes, run.plan.classes)
        plan = plan_until(replace(stated, classes=classes, order=run.plan.order), self.horizon.years[-1])
        facts: dict[str, Any] = {
            "district": applied.district,
            "policy": applied.policy,
            "capacity": capacity,
            "forecast": self.horizon,
        }
        simulation = join([simulate(plan, batch, **facts) for batch in self.horizon.batches])
        return Rehearsed(
            plan=plan,
            district=applied.district,
            policy=applied.policy,
            capacity=capacity,
            simulation=simulation,
        )
