"""Where children live and go: ways to school, and blocks whose catchment changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planner.outcomes.spread import mean, named, whole_or_missing

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.outcomes.facts import Facts
    from planner.plan import Plan


_NOBODY = 1e-6
"""Mean number of children from which a school counts as entered. [children]"""


def seated_from(facts: Facts) -> NDArray[np.float64]:
    """
    Return the mean of the entrants seated by home and by the school that seats them.

    Those diverted, placed elsewhere or seated nowhere come evenly from the homes of all who were expected at the
    school they leave.

    Returns
    -------
    Array [stage, block, school, year]. [children]
    """
    plan, simulation = facts.plan, facts.simulation
    homes = simulation.expected_from.astype(np.float64)
    demand = mean(simulation.demand)
    for diversion in plan.diversions:
        if diversion.grades:
            continue
        stage = simulation.stages.index(diversion.stage)
        sender, receiver = (
            simulation.schools.index(name) for name in (diversion.from_school, diversion.to_school)
        )
        for year, autumn in enumerate(simulation.years):
            if not diversion.since <= autumn <= diversion.until:
                continue
            left = demand[sender, stage, year]
            share = diversion.share or diversion.children / max(left + diversion.children, 1e-9)
            moved = homes[stage, :, sender, year] * share
            homes[stage, :, sender, year] -= moved
            homes[stage, :, receiver, year] += moved
    kept = mean(simulation.demand - simulation.turned_away)
    parts = np.divide(kept, demand, out=np.ones_like(kept), where=demand > 0)
    seated = homes * parts.transpose(1, 0, 2)[:, None]
    placed = mean(simulation.placed)
    for row, (name, school, to) in enumerate(simulation.placements):
        stage, sender, receiver = (
            simulation.stages.index(name),
            simulation.schools.index(school),
            simulation.schools.index(to),
        )
        away = placed[row] / np.maximum(demand[sender, stage], 1e-9)
        seated[stage, :, receiver] += homes[stage, :, sender] * away
    return seated


def travel(facts: Facts, distances: NDArray[np.floating]) -> pd.DataFrame:
    """
    Return the entrants' ways on foot, from the middle of their block to the school that seats them.

    Parameters
    ----------
    distances
        [block, school] in the order of the simulation; NaN where a place is unknown. [m]

    Returns
    -------
    DataFrame
        stage, school, year, children (entrants of known home, mean), metres (mean way), beyond (share whose way is
        longer than the policy's), limit (the policy's, missing without one). Schools that seat nobody are left out.
    """
    simulation, policy = facts.simulation, facts.policy
    seated = seated_from(facts)
    known = np.isfinite(distances)
    metres = np.where(known, distances, 0.0).astype(np.float64)
    children = seated.sum(axis=1)
    way, measured = (np.einsum("ebst,bs->est", seated, each) for each in (metres, known.astype(np.float64)))
    limits = np.full((len(simulation.stages), len(simulation.years)), np.nan)
    beyond = np.full(children.shape, np.nan)
    for e, first in enumerate(facts.starts):
        for t, year in enumerate(simulation.years):
            rule = policy.governing("walk", int(first), year)
            if rule is not None and rule.at_most is not None:
                limits[e, t] = rule.at_most
                beyond[e, :, t] = (seated[e, :, :, t] * (metres > rule.at_most)).sum(axis=0)
    school, stage, year = np.nonzero(children.transpose(1, 0, 2) > _NOBODY)
    at = stage, school, year
    some = np.where(measured[at] > 0, measured[at], np.nan)
    return pd.DataFrame(
        {
            "stage": named(simulation.stages, stage),
            "school": named(simulation.schools, school),
            "year": np.array(simulation.years)[year],
            "children": children[at],
            "metres": way[at] / some,
            "beyond": beyond[at] / some,
            "limit": whole_or_missing(limits[stage, year]),
        }
    )


def moves(facts: Facts, base: Plan) -> pd.DataFrame:
    """
    Return the entrants of the blocks whose catchment is another than in the base plan, on the same blocks.

    A joint catchment that has the old school among others is another catchment, and is named as such.

    Returns
    -------
    DataFrame
        stage, year, block, from, to (catchments; empty for none), children (entrants to public schools, mean).
    """
    plan, rows = facts.plan, []
    before = {year: t for t, year in enumerate(base.years)}
    own, old = ([*(catchment.key for catchment in each.catchments), ""] for each in (plan, base))
    here, there = (
        np.array(own, dtype=object)[plan.catchment_of],
        np.array(old, dtype=object)[base.catchment_of],
    )
    for e, stage in enumerate(plan.stages):
        for t, year in enumerate(plan.years):
            if year not in before:
                continue
            now, then = here[e, :, t], there[base.stages.index(stage), :, before[year]]
            rows += [
                (
                    stage,
                    year,
                    plan.blocks[b],
                    then[b],
                    now[b],
                    float(facts.simulation.block_entrants[e, b, t]),
                )
                for b in np.flatnonzero(now != then)
            ]
    columns = {
        "stage": "str",
        "year": "int64",
        "block": "str",
        "from": "str",
        "to": "str",
        "children": "float64",
    }
    return pd.DataFrame(rows, columns=list(columns)).astype(columns)
