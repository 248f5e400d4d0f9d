"""Odds by the branches of open questions: what they are if the expansion opens in time, and what if it is late."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planner.outcomes.odds import demand_in, exceeding
from planner.outcomes.spread import mean, named, quantiles, share_error
from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from planner.outcomes.facts import Facts
    from planner.simulation import Fates

FEW = 30
"""Draws of a branch below which its odds say little. [draws]"""

_COLUMNS = {
    "question": "str",
    "branch": "str",
    "chance": "float64",
    "draws": "int64",
    "school": "str",
    "stage": "str",
    "grade": "int64",
    "year": "int64",
    "expected": "float64",
    "expected_p10": "float64",
    "expected_p90": "float64",
    "p_over_planned": "float64",
    "error": "float64",
    "remark": "object",
}


def odds_by_branch(facts: Facts, fates: Fates | None) -> pd.DataFrame:
    """
    Return the odds that a grade exceeds its cap in the classes planned, given each branch of each question.

    The odds of `odds_by_grade` over the draws that fall into the branch, the other questions open as they are: those
    of a question's branches, weighted by their draws, are the odds over all draws. The classes planned are those of
    the one plan.

    Parameters
    ----------
    fates
        None where nothing is open: the table is then empty.

    Returns
    -------
    DataFrame
        question, branch (the scenario as it stands among them), chance, draws, school, stage, grade, year, expected
        with p10 and p90, p_over_planned, error (Monte Carlo), remark (on branches of fewer than 30 draws; those
        without any draw are left out); in the order of questions and
        branches, then schools, grades and years; those with children in any draw.
    """
    if fates is None:
        return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in _COLUMNS.items()})
    simulation, policy = facts.simulation, facts.policy
    tables = []
    for stage, inside in zip(simulation.stages, facts.grades, strict=True):
        for grade in inside[:1] if facts.by_seats else inside:
            number = simulation.grades[grade]
            over = exceeding(simulation, facts.plan, policy, number, simulation.years)
            demand = demand_in(simulation, policy, number)
            school, year = np.nonzero((demand > 0).any(axis=-1) | over.any(axis=-1))
            for at, (question, branch, chance, draws) in enumerate(_branches(fates)):
                low, high = quantiles(demand[school, year][:, draws], 0.1, 0.9)
                share = mean(over[school, year][:, draws])
                tables.append(
                    pd.DataFrame(
                        {
                            "at": at,
                            "place": school,
                            "question": question,
                            "branch": branch,
                            "chance": chance,
                            "draws": len(draws),
                            "school": named(simulation.schools, school),
                            "stage": stage,
                            "grade": number,
                            "year": np.array(simulation.years)[year],
                            "expected": mean(demand[school, year][:, draws]),
                            "expected_p10": low,
                            "expected_p90": high,
                            "p_over_planned": share,
                            "error": share_error(share, len(draws)),
                            "remark": Text("fewer than {few} draws", few=FEW)
                            if len(draws) < FEW
                            else Text(""),
                        }
                    )
                )
    table = pd.concat(tables, ignore_index=True).sort_values(
        ["at", "place", "grade", "year"], ignore_index=True
    )
    return table.drop(columns=["at", "place"]).astype(_COLUMNS)


def _branches(fates: Fates) -> Iterator[tuple[str, str, float, NDArray[np.intp]]]:
    """Yield question, branch, chance and draws of every branch with draws, and of the scenario as it stands."""
    for question, of in zip(fates.questions, fates.of, strict=True):
        for at, branch in enumerate(question.branches):
            if (of == at).any():
                yield question.name, branch.label, branch.said.chance, np.flatnonzero(of == at)
        if (of < 0).any():
            yield question.name, str(Text("as the scenario stands")), question.rest, np.flatnonzero(of < 0)
