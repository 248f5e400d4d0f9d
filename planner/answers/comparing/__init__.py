"""How scenarios differ, on the same draws: every outcome, who is affected, and the maps of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from planner.answers.comparing.affected import moved_children
from planner.answers.comparing.batches import batch_sizes
from planner.answers.comparing.folder import VERDICTS, everywhere, write_comparison
from planner.answers.comparing.likeness import called, check_alike, check_scenarios, numbered
from planner.answers.comparing.model import FIGURES, MOVED, Comparison
from planner.answers.comparing.places import crossings, most_changed
from planner.answers.comparing.stages import by_stage
from planner.answers.comparing.tables import compare_tables
from planner.answers.comparing.telling import sentences_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from planner.pipeline import Run
    from planner.words import Text

__all__ = [
    "FIGURES",
    "VERDICTS",
    "Comparison",
    "check_scenarios",
    "compare",
    "crossings",
    "everywhere",
    "most_changed",
    "numbered",
    "sentences_of",
    "write_comparison",
]


def compare(
    runs: Sequence[Run],
    *,
    names: Sequence[str] | None = None,
    progress: Callable[[Text, int, int], None] | None = None,
) -> Comparison:
    """
    Compare runs with the first of them, draw by draw.

    Parameters
    ----------
    runs
        Runs of one district, with the same years, stages, draws and seed, so that the same luck meets all.
    names
        How they are called; their scenarios' file names when None, numbered where two are alike.
    progress
        Called with the step, how much of it is done, and how much there is.

    Raises
    ------
    QuestionError
        When the runs are not comparable, fewer than two, or not called by as many different names.
    """
    told = called(runs, names)
    check_alike(runs, told)
    table, totals = by_stage(runs, told)
    moved = [
        moved_children(run, runs[0]).assign(scenario=name)
        for run, name in zip(runs[1:], told[1:], strict=True)
    ]
    return Comparison(
        runs=tuple(runs),
        names=told,
        table=table,
        totals=totals,
        outcomes=compare_tables(runs, told, progress),
        moved=pd.concat(moved, ignore_index=True).loc[:, ["scenario", *MOVED]],
        batches=len(batch_sizes(runs[0].simulation.draws)),
    )
