"""Where the children of a stage live, block by block and year by year: what a new school would be for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from planner.pipeline import Run


def children_at_home(run: Run, stage: str) -> pd.DataFrame:
    """
    Return the children of a stage who go to public schools, by the block where they live and school year.

    Year groups are followed at home: those who lived in a block at the last count, and the entrants of each year since.
    What growth and moving do to them is known by catchment, not by block: the blocks of a catchment are scaled alike to
    the children who live in it (table seats_by_catchment).

    Returns
    -------
    DataFrame
        Indexed by block, columns are the school years. [children]
    """
    plan, simulation, policy = run.plan, run.simulation, run.policy
    e, grades = plan.stages.index(stage), list(run.simulation.grades)
    entry = policy.stage(stage)
    span = range(grades.index(entry.first), grades.index(entry.last) + 1)
    counted = run.forecast.living[:, span.start : span.stop].astype(np.float64)
    entrants = simulation.block_entrants[e].astype(np.float64)
    ages = len(span)
    children = np.zeros((len(plan.blocks), len(plan.years)))
    for year in range(len(plan.years)):
        # the last count is of the autumn before the first year planned
        children[:, year] = counted[:, : max(ages - year - 1, 0)].sum(axis=1)
        children[:, year] += entrants[:, max(year - ages + 1, 0) : year + 1].sum(axis=1)
    known = simulation.living.mean(axis=-1)
    for year in range(len(plan.years)):
        of = plan.catchment_of[e, :, year]
        for catchment in np.unique(of[of >= 0]).tolist():
            there = of == catchment
            total = children[there, year].sum()
            if total > 0:
                children[there, year] *= known[catchment, year] / total
    return pd.DataFrame(children, index=pd.Index(plan.blocks, name="block"), columns=list(plan.years))
