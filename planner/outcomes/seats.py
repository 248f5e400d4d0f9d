"""Seat gaps, seats less children: by school, who comes; by catchment, who lives there; whole stage and starting grade."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from planner.outcomes.spread import keyed, mean, named, of_classes, ranged, whole_or_missing

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from planner.outcomes.facts import Facts
    from planner.plan import Plan


def seats_by_school(facts: Facts) -> pd.DataFrame:
    """
    Return seats and demand of the whole stage at every school that has seats or children in it.

    Returns
    -------
    DataFrame
        school, stage, year, rooms (missing where planned by seats), seats, seats_stated, demand and gap (seats -
        demand) with p10 and p90. Where branches differ in rooms, rooms and seats are means over the draws. Demand is the children who continue, and the entrants before anyone is turned away.
    """
    at = np.nonzero(facts.in_use)
    demand = facts.demand[at]
    return pd.DataFrame(
        {
            **keyed(facts.simulation, at),
            "rooms": of_classes(facts.rooms[at], missing=facts.by_seats),
            "seats": facts.seats[at],
            "seats_stated": whole_or_missing(facts.seats_stated[at]),
            **ranged("demand", demand),
            **ranged("gap", facts.seats_drawn[at] - demand),
        }
    )


def entry_by_school(facts: Facts) -> pd.DataFrame:
    """
    Return seats and demand of the starting grade at every school that has rooms free or entrants for it.

    Returns
    -------
    DataFrame
        school, stage, grade, year, rooms_free, cap, seats (rooms free x cap, draw by draw), demand and gap with
        p10 and p90, admitted, turned_away, received, unplaced. Where planned by seats, seats are those that the
        children of the other grades leave, and rooms_free and cap are missing.
    """
    simulation = facts.simulation
    at = np.nonzero((simulation.free > 0).any(axis=-1) | (simulation.demand > 0).any(axis=-1))
    seats, demand = simulation.seats[at].astype(np.int32), simulation.demand[at].astype(np.int32)
    key = keyed(simulation, at)
    return pd.DataFrame(
        {
            "school": key["school"],
            "stage": key["stage"],
            "grade": facts.starts[at[1]],
            "year": key["year"],
            "rooms_free": of_classes(mean(simulation.free[at]), missing=facts.by_seats),
            "cap": of_classes(facts.caps[at[1:]], missing=facts.by_seats),
            "seats": mean(seats),
            **ranged("demand", demand),
            **ranged("gap", seats - demand),
            "admitted": mean(simulation.admitted[at]),
            "turned_away": mean(simulation.turned_away[at]),
            "received": mean(simulation.received[at]),
            "unplaced": mean(simulation.unplaced[at]),
        }
    )


def seats_by_catchment(facts: Facts) -> pd.DataFrame:
    """
    Return the seats of each catchment against the children of its stage who live there.

    A school with several catchments in a year has its seats divided over them in proportion to the children who
    live there times the plan's share, so that no seat is counted twice.

    Returns
    -------
    DataFrame
        catchment, stage, year, seats, living and gap (seats - living) with p10 and p90; the catchments that have
        blocks in the year.
    """
    seats = facts.seats_drawn
    return _by_catchment(facts, facts.simulation.living, lambda *at: seats[at])


def entry_by_catchment(facts: Facts) -> pd.DataFrame:
    """
    Return the entry seats of each catchment against the entrants who live there.

    Returns
    -------
    DataFrame
        As `seats_by_catchment`, with the seats of the starting grade: rooms free x cap, draw by draw.
    """
    seats = facts.simulation.seats
    return _by_catchment(facts, facts.simulation.living_entrants, lambda *at: seats[at])


def _by_catchment(
    facts: Facts, living: NDArray[np.int32], seats_of: Callable[[int, int, int], NDArray[Any]]
) -> pd.DataFrame:
    """Return the table of seats of a school, stage and year [draw], and of children [catchment, year, draw]."""
    plan = facts.plan
    stages = [plan.stages.index(catchment.stage) for catchment in plan.catchments]
    held = [
        (catchment, year)
        for catchment, stage in enumerate(stages)
        for year in range(len(plan.years))
        if (plan.catchment_of[stage, :, year] == catchment).any()
    ]
    parts = _seat_parts(plan, mean(living), set(held))
    seats = np.zeros((len(held), living.shape[-1]))
    for row, (catchment, year) in enumerate(held):
        for name in plan.catchments[catchment].schools:
            school = plan.schools.index(name)
            seats[row] += seats_of(school, stages[catchment], year) * parts[catchment, school, year]
    at = np.array(held, dtype=np.intp).reshape(-1, 2).T
    here, there = living[at[0], at[1]], np.rint(seats).astype(np.int32)
    return pd.DataFrame(
        {
            "catchment": named([catchment.key for catchment in plan.catchments], at[0]),
            "stage": named([catchment.stage for catchment in plan.catchments], at[0]),
            "year": np.array(plan.years)[at[1]],
            "seats": mean(there),
            **ranged("living", here),
            **ranged("gap", there - here),
        }
    )


def _seat_parts(plan: Plan, living: NDArray[np.float64], held: set[tuple[int, int]]) -> NDArray[np.float64]:
    """Return the part of each school's seats that counts for a catchment. [catchment, school, year] [1]."""
    parts = np.zeros(plan.shares.shape)
    for year in range(len(plan.years)):
        by_school: dict[tuple[str, int], list[int]] = {}
        for number, catchment in enumerate(plan.catchments):
            if (number, year) in held:
                for school in catchment.schools:
                    by_school.setdefault((catchment.stage, plan.schools.index(school)), []).append(number)
        for (_, school), numbers in by_school.items():
            weights = living[numbers, year] * plan.shares[numbers, school, year]
            total = weights.sum()
            parts[numbers, school, year] = weights / total if total > 0 else 1 / len(numbers)
    return parts
