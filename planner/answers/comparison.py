"""How scenarios differ, on the same draws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planner.errors import QuestionError
from planner.outcomes import Facts, moves
from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from planner.pipeline import Run


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Scenarios beside the first of them."""

    runs: tuple[Run, ...]
    names: tuple[str, ...]
    """How the scenarios are called."""
    table: pd.DataFrame
    """A row a scenario, stage and year: scenario, stage, year, figures of that scenario, and their difference from
    the first scenario with its Monte Carlo standard error (`_change`, `_error`): seats, demand, gap, entry_gap,
    over [entrants above the cap of the classes planned], turned_away, unplaced; all in children."""
    moved: pd.DataFrame
    """scenario, stage, year, block, from, to, children: entrants whose catchment differs from the first's."""


MOVED = ["stage", "year", "block", "from", "to", "children"]

FIGURES = ("seats", "demand", "gap", "entry_gap", "over", "turned_away", "unplaced")
"""Figures compared, each drawn by draw. [children]"""


def _figures(run: Run, stage: int) -> dict[str, NDArray[np.float64]]:
    """Return the figures of a stage, each [year, draw]. [children]"""
    simulation = run.simulation
    facts = Facts(plan=run.plan, simulation=simulation, policy=run.policy, capacity=run.capacity)

    def total(counts: NDArray[np.integer]) -> NDArray[np.float64]:
        return counts[:, stage].sum(axis=0, dtype=np.float64)

    seats = np.broadcast_to(total(facts.seats)[:, None], total(simulation.demand).shape)
    classes = np.maximum(run.plan.classes[:, stage], 0)[:, :, None]
    over = np.maximum(simulation.demand[:, stage] - facts.caps[stage][None, :, None] * classes, 0)
    return {
        "seats": seats,
        "demand": total(facts.demand),
        "gap": seats - total(facts.demand),
        "entry_gap": total(simulation.seats) - total(simulation.demand),
        "over": over.sum(axis=0, dtype=np.float64),
        "turned_away": total(simulation.turned_away),
        "unplaced": total(simulation.unplaced),
    }


def compare(runs: Sequence[Run], *, names: Sequence[str] | None = None) -> Comparison:
    """
    Compare runs with the first of them, draw by draw.

    Parameters
    ----------
    runs
        Runs of one district, with the same years, stages, draws and seed, so that the same luck meets all.
    names
        How they are called; their scenarios' file names when None.

    Raises
    ------
    QuestionError
        When the runs are not comparable, or fewer than two.
    """
    called = tuple(names or (run.loaded.name for run in runs))
    if len(runs) < 2:
        raise QuestionError(Text("Name at least two scenarios to compare."))
    base = runs[0]
    faults = []
    for run, name in zip(runs[1:], called[1:], strict=True):
        for what, mine, theirs in (
            (Text("district"), run.district.name, base.district.name),
            (Text("school years"), run.plan.years, base.plan.years),
            (Text("number of draws"), run.forecast.draws, base.forecast.draws),
            (Text("seed"), run.forecast.seed, base.forecast.seed),
        ):
            if mine != theirs:
                faults.append(
                    Text(
                        "{name} and {base} differ in their {what}; let both extend the same base.",
                        name=name,
                        base=called[0],
                        what=what,
                    )
                )
    if faults:
        raise QuestionError(*faults)
    pieces = []
    for e, stage in enumerate(base.plan.stages):
        first = _figures(base, e)
        for run, name in zip(runs, called, strict=True):
            figures = _figures(run, e)
            piece: dict[str, object] = {"scenario": name, "stage": stage, "year": list(base.plan.years)}
            for figure in FIGURES:
                change = figures[figure] - first[figure]
                piece[figure] = figures[figure].mean(axis=1)
                piece[f"{figure}_change"] = change.mean(axis=1)
                piece[f"{figure}_error"] = change.std(axis=1) / np.sqrt(change.shape[1])
            pieces.append(pd.DataFrame(piece))
    moved = [
        moves(
            Facts(plan=run.plan, simulation=run.simulation, policy=run.policy, capacity=run.capacity),
            base.plan,
        ).assign(scenario=name)
        for run, name in zip(runs[1:], called[1:], strict=True)
    ]
    return Comparison(
        runs=tuple(runs),
        names=called,
        table=pd.concat(pieces, ignore_index=True),
        moved=pd.concat(moved, ignore_index=True).filter(["scenario", *MOVED]),
    )
