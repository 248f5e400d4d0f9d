"""The district as a whole: its totals, where its entrants go, and the intake it publishes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from planner.outcomes.odds import planned_classes
from planner.outcomes.spread import keyed, mean, of_classes, ranged, whole_or_missing

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.outcomes.facts import Facts
    from planner.simulation import Simulation


def _total(counts: NDArray[np.integer[Any]]) -> NDArray[np.float64]:
    """Return the mean of counts [school, stage, year, draw] over all schools. [stage x year]."""
    return mean(counts.sum(axis=0, dtype=np.int64)).reshape(-1)


def _stages_years(simulation: Simulation) -> dict[str, NDArray[Any]]:
    return {
        "stage": np.repeat(np.array(simulation.stages, dtype=object), len(simulation.years)),
        "year": np.tile(simulation.years, len(simulation.stages)),
    }


def _entrants(simulation: Simulation) -> dict[str, NDArray[np.float64]]:
    names = ("entitled", "arriving", "private", "elsewhere")
    return {name: mean(getattr(simulation, name)).reshape(-1) for name in names}


def district_totals(facts: Facts) -> pd.DataFrame:
    """
    Return the public schools of the district together, by stage and year.

    Returns
    -------
    DataFrame
        stage, year, entitled, arriving, private, elsewhere, admitted, pupils (p10, p90), rooms, seats, gap (seats -
        demand of the whole stage; p10, p90), classes, turned_away, unplaced. Rooms and classes are missing where
        planned by seats.
    """
    simulation = facts.simulation
    rows = len(simulation.stages) * len(simulation.years)
    pupils, demand = (figures.sum(axis=0).reshape(rows, -1) for figures in (facts.pupils, facts.demand))
    seats = facts.seats_drawn.sum(axis=0).reshape(rows, -1)
    classes = [simulation.classes[:, grades].sum(axis=(0, 1), dtype=np.int64) for grades in facts.grades]
    return pd.DataFrame(
        {
            **_stages_years(simulation),
            **_entrants(simulation),
            "admitted": _total(simulation.admitted),
            **ranged("pupils", pupils),
            "rooms": of_classes(facts.rooms.sum(axis=0).reshape(-1), missing=facts.by_seats),
            "seats": facts.seats.sum(axis=0).reshape(-1),
            **ranged("gap", seats - demand),
            "classes": of_classes(mean(np.stack(classes)).reshape(-1), missing=facts.by_seats),
            "turned_away": _total(simulation.turned_away),
            "unplaced": _total(simulation.unplaced),
        }
    )


def conservation(facts: Facts) -> pd.DataFrame:
    """
    Return where the children entitled to enter go, on average.

    Returns
    -------
    DataFrame
        stage, year, entitled, arriving, private, elsewhere, seated_within, seated_above, unplaced: the first two
        together are the others together.
    """
    simulation = facts.simulation
    above = _total(simulation.above_cap)
    return pd.DataFrame(
        {
            **_stages_years(simulation),
            **_entrants(simulation),
            "seated_within": _total(simulation.admitted) - above,
            "seated_above": above,
            "unplaced": _total(simulation.unplaced),
        }
    )


def intake_plan(facts: Facts) -> pd.DataFrame:
    """
    Return the intake plan (招生计划): classes and children to admit, by school, stage and year.

    Returns
    -------
    DataFrame
        school, stage, year, classes (`planned_classes`), heads (admitted, mean) with p10 and p90, limit (the plan's
        largest intake; in a strict policy at most the cap times the classes; missing where there is none). Schools
        with neither classes nor children in a year are left out. Where planned by seats, classes are missing, and no
        limit is derived from them.
    """
    simulation, plan, policy = facts.simulation, facts.plan, facts.policy
    stages = range(len(simulation.stages))
    classes = np.stack([planned_classes(simulation, plan, policy, stage) for stage in stages], axis=1)
    limits = np.where(plan.limits < 0, np.nan, plan.limits)
    if policy.strict and not policy.by_seats:
        limits = np.fmin(limits, facts.caps * classes)
    admitted = simulation.admitted
    at = np.nonzero((classes > 0) | (admitted > 0).any(axis=-1))
    return pd.DataFrame(
        {
            **keyed(simulation, at),
            "classes": of_classes(classes[at], missing=facts.by_seats),
            **ranged("heads", admitted[at]),
            "limit": whole_or_missing(limits[at]),
        }
    )
