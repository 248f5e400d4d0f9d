"""How scenarios differ, on the same draws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planner.errors import QuestionError
from planner.outcomes import Facts, moves, planned_classes
from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

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
    """Return the figures of a stage, each [year, draw]. [children]."""
    simulation = run.simulation
    facts = Facts(plan=run.plan, simulation=simulation, policy=run.policy, capacity=run.capacity)

    def total(counts: NDArray[np.integer]) -> NDArray[np.float64]:
        return counts[:, stage].sum(axis=0, dtype=np.float64)

    seats = np.broadcast_to(total(facts.seats)[:, None], total(simulation.demand).shape)
    classes = planned_classes(simulation, run.plan, run.policy, stage)
    within = facts.caps[stage] * classes
    over = np.maximum(simulation.demand[:, stage].astype(np.int64) - within[:, :, None], 0)
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
        How they are called; their scenarios' file names when None, numbered where two are alike.

    Raises
    ------
    QuestionError
        When the runs are not comparable, fewer than two, or not called by as many different names.
    """
    if len(runs) < 2:
        raise QuestionError(Text("Name at least two scenarios to compare."))
    called = tuple(names) if names is not None else _numbered([run.loaded.name for run in runs])
    if len(set(called)) < len(runs) or len(called) != len(runs):
        raise QuestionError(
            Text(
                "Give as many different names as scenarios: {runs}, not {names}.",
                runs=len(runs),
                names=called,
            )
        )
    faults = [
        fault
        for run, name in zip(runs[1:], called[1:], strict=True)
        for fault in _differences(run, runs[0], name, called[0])
    ]
    if faults:
        raise QuestionError(*faults)
    base = runs[0]
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
                piece[f"{figure}_error"] = _error(change)
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
        moved=pd.concat(moved, ignore_index=True).loc[:, ["scenario", *MOVED]],
    )


def _error(change: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the standard error of the mean change of each year; missing with a single draw. [children]."""
    draws = change.shape[1]
    if draws < 2:
        return np.full(len(change), np.nan)
    return change.std(axis=1, ddof=1) / np.sqrt(draws)


def _numbered(names: Sequence[str]) -> tuple[str, ...]:
    """Return names with a number behind those that were there before."""
    return tuple(
        name if name not in names[:at] else f"{name}-{names[:at].count(name) + 1}"
        for at, name in enumerate(names)
    )


def _differences(run: Run, base: Run, name: str, base_name: str) -> Iterator[Text]:
    """Yield what keeps a run from being compared draw by draw with another."""
    pairs = (
        (Text("district"), run.district.name, base.district.name),
        (Text("last count"), run.district.counted, base.district.counted),
        (Text("blocks"), run.plan.blocks, base.plan.blocks),
        (Text("stages"), run.plan.stages, base.plan.stages),
        (Text("school years"), run.plan.years, base.plan.years),
        (Text("number of draws"), run.forecast.draws, base.forecast.draws),
        (Text("seed"), run.forecast.seed, base.forecast.seed),
    )
    for what, mine, theirs in pairs:
        if mine != theirs:
            yield Text(
                "{name} and {base} differ in their {what}; let both extend the same base.",
                name=name,
                base=base_name,
                what=what,
            )
