"""
Draws that fall into one branch or another of open questions, each carried out as things then are.

The plan is one, made before anybody knows. A world is what one branch of every question makes of the facts; every draw
belongs to one world, and all draws together are the simulation.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from planner.forecast import CHUNK, over_chunks
from planner.forecast.streams import stream
from planner.simulation.joining import join
from planner.simulation.model import DRAW_LAST, Simulation
from planner.simulation.setting import prepare
from planner.simulation.years import carry_out
from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from planner.capacity import Capacity
    from planner.district import District
    from planner.forecast import Draws, FittedForecast
    from planner.plan import Plan
    from planner.policy import Policy
    from planner.scenario import Branch, Question, Scenario
    from planner.simulation.setting import Setting


@dataclass(frozen=True, kw_only=True)
class Fates:
    """How every draw decides the open questions of a scenario."""

    questions: tuple[Question, ...]
    of: NDArray[np.int8]
    """[question, draw]: position of the branch; -1 for the scenario as it stands."""

    def branches(self, combination: Sequence[int]) -> list[Branch]:
        """Return the branches that come true when each question is decided so; none where it stays as it stands."""
        return [
            question.branches[at] for question, at in zip(self.questions, combination, strict=True) if at >= 0
        ]

    def worlds(self) -> list[tuple[tuple[int, ...], NDArray[np.intp]]]:
        """Return the combinations of branches into which draws fall, each with the numbers of its draws."""
        found, of = np.unique(self.of, axis=1, return_inverse=True)
        of = of.reshape(-1)
        return [
            (tuple(combination), np.flatnonzero(of == world))
            for world, combination in enumerate(found.T.tolist())
        ]


def draw_fates(questions: Sequence[Question], draws: int, seed: int) -> Fates:
    """
    Decide the questions in every draw.

    A number of the draw between 0 and 1, keyed by the seed and the question's name, is laid against the chances added up
    in the order of the branches: the same draw meets the same fate in every scenario that asks the same question. The
    numbers of a whole chunk are spread evenly and shuffled, so that each branch has its share of the draws.
    """
    of = np.full((len(questions), draws), -1, dtype=np.int8)
    for row, question in zip(of, questions, strict=True):
        reached = np.cumsum([branch.said.chance for branch in question.branches])
        for chunk, first in enumerate(range(0, draws, CHUNK)):
            last = min(first + CHUNK, draws)
            spread = (stream(seed, chunk, "branch", question.name).permutation(CHUNK) + 0.5) / CHUNK
            branch = np.searchsorted(reached, spread[: last - first], side="right")
            row[first:last] = np.where(branch < len(reached), branch, -1)
    return Fates(questions=tuple(questions), of=of)


@dataclass(frozen=True, kw_only=True)
class World:
    """What one branch of every question makes of the facts, and the draws that fall into it."""

    scenario: Scenario
    """With the edits of its branches."""
    district: District
    policy: Policy
    capacity: Capacity
    forecast: FittedForecast
    plan: Plan
    """The plan as it is carried out in it: blocks of a school that is not open yet stay where they are."""
    numbers: NDArray[np.intp]
    """Numbers of its draws, in order."""


def simulate_worlds(
    worlds: Sequence[World], draws: int, progress: Callable[[Text, int, int], None] | None = None
) -> Simulation:
    """
    Carry out every draw in its world, a chunk of draws at a time.

    Worlds that share a forecast are drawn once. Draws stand in their own order whatever world they are of.

    Parameters
    ----------
    worlds
        On the same blocks, schools, stages, years and catchments; together they hold every draw once.
    draws
        All draws.
    progress
        Called with the step, the draws done and all draws after every chunk.

    Raises
    ------
    PlanError
        When a plan and its forecast do not speak of the same blocks, schools, stages and years.
    """
    settings = [
        prepare(
            world.plan,
            district=world.district,
            policy=world.policy,
            capacity=world.capacity,
            forecast=world.forecast,
        )
        for world in worlds
    ]
    pairs = list(zip(worlds, settings, strict=True))
    rooms_differ = any(not np.array_equal(setting.rooms, settings[0].rooms) for setting in settings)
    forecasts = list({id(world.forecast): world.forecast for world in worlds}.values())
    parts: list[tuple[NDArray[np.intp], Simulation]] = []
    for forecast in forecasts:
        told = [(world.numbers, setting) for world, setting in pairs if world.forecast is forecast]

        def made(
            batch: Draws, told: list[tuple[NDArray[np.intp], Setting]] = told
        ) -> list[tuple[NDArray[np.intp], Simulation]]:
            return [*_by_world(told, batch, draws, rooms=rooms_differ)]

        for found in over_chunks(forecast, made):
            parts += found
            if progress is not None:
                progress(Text("simulating"), sum(len(numbers) for numbers, _ in parts), draws)
    return _in_order(join([part for _, part in parts]), np.concatenate([numbers for numbers, _ in parts]))


def _by_world(
    told: Sequence[tuple[NDArray[np.intp], Setting]], batch: Draws, draws: int, *, rooms: bool
) -> Iterator[tuple[NDArray[np.intp], Simulation]]:
    """Yield, for every world that has draws in a batch, their numbers and what becomes of them."""
    last = batch.first + batch.growth.shape[-1]
    for every, setting in told:
        numbers = every[(every >= batch.first) & (every < last)]
        if not len(numbers):
            continue
        held = batch if len(numbers) == last - batch.first else batch.only(numbers - batch.first)
        part = carry_out(setting, held, draws)
        if rooms:
            part = replace(part, rooms=np.repeat(setting.rooms[:, :, None], len(numbers), axis=2))
        yield numbers, part


def _in_order(simulation: Simulation, numbers: NDArray[np.intp]) -> Simulation:
    """Return a simulation whose draws have these numbers, sorted by them."""
    order = np.argsort(numbers, kind="stable")
    if np.array_equal(order, np.arange(len(order))):
        return simulation
    sorted_: dict[str, Any] = {
        field.name: values[..., order]
        for field in fields(Simulation)
        if field.name in DRAW_LAST and (values := getattr(simulation, field.name)) is not None
    }
    return replace(simulation, **sorted_)
