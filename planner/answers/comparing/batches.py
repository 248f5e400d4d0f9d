"""Tables of outcomes of parts of the draws, by which the sampling error of any figure is reckoned."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING

import numpy as np

from planner.outcomes import Facts, all_outcomes, planned_classes
from planner.simulation import Simulation, batch_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    from numpy.typing import NDArray

    from planner.pipeline import Run
    from planner.plan import Plan

_NOT_DRAWN = frozenset({"block_entrants", "expected_from", "entrants_in"})
"""Arrays of a simulation whose last axis is not the draw."""


def batch_sizes(draws: int) -> NDArray[np.int64]:
    """Return how many draws each batch has. [batch]."""
    return np.bincount(batch_of(np.arange(draws), draws))


def batch_outcomes(run: Run, base: Plan) -> Iterator[dict[str, pd.DataFrame]]:
    """
    Yield the tables of outcomes of each batch of a run's draws, in turn.

    The classes planned are a decision that rests on all draws, so all batches have those of the run.

    Parameters
    ----------
    base
        The plan with which catchments are compared.
    """
    plan = _decided(run)
    last = 0
    for batch, size in enumerate(batch_sizes(run.simulation.draws).tolist()):
        first, last = last, last + size
        facts = Facts(
            plan=plan,
            simulation=_part(run.simulation, batch, first, last),
            policy=run.policy,
            capacity=run.capacity,
        )
        yield all_outcomes(facts, of=run.district, distances=run.distances, base=base)


def _decided(run: Run) -> Plan:
    """Return the run's plan, the classes that it leaves to the rule filled in."""
    stages = range(len(run.plan.stages))
    classes = [planned_classes(run.simulation, run.plan, run.policy, stage) for stage in stages]
    return replace(run.plan, classes=np.stack(classes, axis=1).astype(run.plan.classes.dtype))


def _part(simulation: Simulation, batch: int, first: int, last: int) -> Simulation:
    """
    Return the draws of one batch, `first` to `last` - 1.

    Entrants by home are the batch's own; that they spread over the schools as on average over all draws is exact
    where nobody is passed straight on from school to school, and next to exact elsewhere.
    """
    cut = {
        field.name: values[..., first:last]
        for field in fields(Simulation)
        if field.name not in _NOT_DRAWN and isinstance(values := getattr(simulation, field.name), np.ndarray)
    }
    of_all = simulation.entrants_in.sum(axis=-1) / simulation.draws
    here = simulation.entrants_in[..., batch] / (last - first)
    ratio = np.divide(here, of_all, out=np.ones_like(of_all), where=of_all > 0)
    return replace(
        simulation,
        **cut,
        block_entrants=here,
        expected_from=simulation.expected_from * ratio[:, :, None],
    )
