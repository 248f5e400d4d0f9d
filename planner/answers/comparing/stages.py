"""How scenarios differ by stage and year, with errors that are exact: draw by draw."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planner.answers.comparing.model import FIGURES
from planner.capacity import classes_at_least
from planner.outcomes import Facts, planned_classes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from planner.pipeline import Run


def facts_of(run: Run) -> Facts:
    """Return what a run's figures are measured from."""
    return Facts(plan=run.plan, simulation=run.simulation, policy=run.policy, capacity=run.capacity)


def by_stage(runs: Sequence[Run], names: Sequence[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return `Comparison.table` and `Comparison.totals`."""
    every = [facts_of(run) for run in runs]
    tables, sums = [], []
    for e, stage in enumerate(runs[0].plan.stages):
        first = _figures(every[0], e)
        for facts, name in zip(every, names, strict=True):
            figures = _figures(facts, e)
            key = {"scenario": name, "stage": stage}
            tables.append(pd.DataFrame({**key, "year": list(facts.plan.years), **_beside(figures, first)}))
            whole = [
                {name: drawn.sum(axis=0)[None] for name, drawn in each.items()} for each in (figures, first)
            ]
            sums.append(pd.DataFrame({**key, **_beside(*whole)}))
    return pd.concat(tables, ignore_index=True), pd.concat(sums, ignore_index=True)


def _beside(
    figures: dict[str, NDArray[np.float64]], first: dict[str, NDArray[np.float64]]
) -> dict[str, NDArray[np.float64]]:
    """Return columns of figures [row, draw]: their means, and the changes from the first's with errors."""
    columns: dict[str, NDArray[np.float64]] = {}
    for figure in FIGURES:
        change = figures[figure] - first[figure]
        columns[figure] = figures[figure].mean(axis=1)
        columns[f"{figure}_change"] = change.mean(axis=1)
        columns[f"{figure}_error"] = _error(change)
    return columns


def _error(change: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the standard error of the mean change of each row; missing with a single draw."""
    draws = change.shape[1]
    if draws < 2:
        return np.full(len(change), np.nan)
    return change.std(axis=1, ddof=1) / np.sqrt(draws)


def _figures(facts: Facts, stage: int) -> dict[str, NDArray[np.float64]]:
    """Return the figures of a stage, each [year, draw]. [children; of `classes_over` classes]."""
    simulation = facts.simulation

    def total(counts: NDArray[np.integer]) -> NDArray[np.float64]:
        return counts[:, stage].sum(axis=0, dtype=np.float64)

    seats = np.broadcast_to(total(facts.seats_drawn), total(simulation.demand).shape)
    classes = planned_classes(simulation, facts.plan, facts.policy, stage)
    within = facts.caps[stage] * classes
    over = np.maximum(simulation.demand[:, stage].astype(np.int64) - within[:, :, None], 0)
    return {
        "seats": seats,
        "demand": total(facts.demand),
        "gap": seats - total(facts.demand),
        "entry_gap": total(simulation.seats) - total(simulation.demand),
        "over": over.sum(axis=0, dtype=np.float64),
        "classes_over": _classes_over(facts, stage),
        "turned_away": total(simulation.turned_away),
        "unplaced": total(simulation.unplaced),
    }


def _classes_over(facts: Facts, stage: int) -> NDArray[np.float64]:
    """Return the classes, of all grades of a stage, that exceed their cap, as even as they can be. [year, draw]."""
    simulation = facts.simulation
    grades = facts.grades[stage]
    numbers = [simulation.grades[at] for at in grades]
    found = np.zeros((len(simulation.years), simulation.draws))
    for t, year in enumerate(simulation.years):
        for at, cap in zip(grades, facts.policy.caps(numbers, year), strict=True):
            pupils, classes = simulation.pupils[:, at, t], simulation.classes[:, at, t]
            found[t] += classes_at_least(pupils, classes, cap + 1).sum(axis=0, dtype=np.int64)
    return found
