"""Demand at a quantile, for a plan that should hold more often than on average."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from planner.forecast import Draws
    from planner.plan import Plan
    from planner.simulation import Simulation


def draws_at(quantile: float, expected: Draws, plan: Plan, simulation: Simulation) -> Draws:
    r"""
    Return the expected path with every school's entrants raised or lowered to a quantile of their demand.

    .. math:: d'_{b,t} = d_{b,t} \, Q_q(D_{c,t}) / \bar D_{c,t}, \quad D_{c,t} = \sum_{s \in c} demand_{s,t}

    c being the catchment of block b. Of a stage that another feeds, the factors shift where entrants live, and
    the transition ratio rises by their mean, weighted by children. The quantile is each catchment's own: all of
    them together are rarer than q.

    Parameters
    ----------
    expected
        One draw.
    simulation
        The same plan carried out in all draws.
    """
    entrants, leaving, transition = {}, {}, {}
    for e, stage in enumerate(plan.stages):
        factors = np.ones((len(plan.catchments) + 1, len(plan.years)))
        for c, catchment in enumerate(plan.catchments):
            members = [plan.schools.index(school) for school in catchment.schools]
            demand = simulation.demand[members, e].sum(axis=0, dtype=np.int64)
            mean = demand.mean(axis=1)
            high = np.quantile(demand, quantile, axis=1)
            factors[c] = np.divide(high, mean, out=np.ones_like(mean), where=mean > 0)
        years = np.arange(len(plan.years))
        by_block = factors[plan.catchment_of[e], years]
        before = expected.entrants[stage].astype(np.float64)
        after = before * by_block[:, :, None]
        entrants[stage] = np.rint(after).astype(np.int16)
        leaving[stage] = np.minimum(
            np.rint(expected.leaving[stage] * by_block[:, :, None]), entrants[stage]
        ).astype(np.int16)
        if stage in expected.transition:
            sums = before.sum(axis=0)
            rise = np.divide(after.sum(axis=0), sums, out=np.ones_like(sums), where=sums > 0)
            transition[stage] = (expected.transition[stage] * rise).astype(np.float32)
    return replace(expected, entrants=entrants, leaving=leaving, transition=transition)
