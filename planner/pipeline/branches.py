"""What the branches of a scenario's questions make of its facts: one world for every combination that a draw meets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from planner.plan import followed
from planner.simulation import World
from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from planner.capacity import Capacity
    from planner.forecast import FittedForecast
    from planner.plan import Plan
    from planner.scenario import Applied, Branch
    from planner.simulation import Fates


@dataclass(frozen=True, kw_only=True)
class Making:
    """How a run makes what a world needs."""

    applied: Callable[[Sequence[Branch]], Applied]
    """The scenario as it would be with these branches."""
    capacity: Callable[[Applied], Capacity]
    forecast: Callable[[Applied, Sequence[World]], FittedForecast]
    """Taken over from one of the worlds where it asks for the same."""
    stated: Callable[[Applied, Capacity], Plan]
    """The plan that the scenario states."""


def worlds_of(
    fates: Fates, planned: World, stated: Plan, making: Making
) -> tuple[Plan, tuple[World, ...], tuple[Text, ...]]:
    """
    Return the plan, the worlds into which draws fall in the order of the questions' branches, and notes on branches.

    A world has the rooms, projects and children of its branches, and carries out the one plan: its catchments, shares,
    classes, limits and order. Blocks whose school is not open in it yet stay with the catchment they had, as they do
    in a plan that knows; where that is a catchment that the plan does not have, it comes after the plan's own, without
    a block there. Combinations into which no draw falls are left out.

    Parameters
    ----------
    planned
        What the plan was made on, with the plan; its numbers of draws are not looked at.
    stated
        The plan that the scenario stated there, before anything was proposed.
    """
    counted_on = tuple(question.planned for question in fates.questions)
    found: list[tuple[World, Plan]] = []
    notes = [
        Text(
            "Open: {question}. {branch} (chance {chance:.0%}) in {draws} of {all} draws.",
            question=question.name,
            branch=branch.text,
            chance=branch.said.chance,
            draws=int((of == at).sum()),
            all=of.size,
        )
        for question, of in zip(fates.questions, fates.of, strict=True)
        for at, branch in enumerate(question.branches)
    ]
    for combination, numbers in fates.worlds():
        if combination == counted_on:
            found.append((replace(planned, numbers=numbers), stated))
            continue
        branches = fates.branches(combination)
        applied = making.applied(branches)
        if len(branches) == 1:
            notes += [
                Text("If {branch}: {note}", branch=branches[0].text, note=note) for note in applied.notes
            ]
        capacity = making.capacity(applied)
        world = World(
            scenario=applied.scenario,
            district=applied.district,
            policy=applied.policy,
            capacity=capacity,
            forecast=making.forecast(applied, [planned, *(world for world, _ in found)]),
            plan=planned.plan,
            numbers=numbers,
        )
        found.append((world, making.stated(applied, capacity)))
    plan = planned.plan
    for _, held in found:
        plan = _with_catchments(plan, followed(plan, stated, held))
    worlds = tuple(
        replace(world, plan=plan if held is stated else followed(plan, stated, held)) for world, held in found
    )
    return plan, worlds, tuple(notes)


def _with_catchments(plan: Plan, longer: Plan) -> Plan:
    """Return a plan with the catchments that a longer list has besides its own."""
    own = len(plan.catchments)
    if len(longer.catchments) == own:
        return plan
    return replace(
        plan,
        catchments=longer.catchments,
        shares=np.concatenate([plan.shares, longer.shares[own:]]),
    )
