"""What the relaxation says a room is worth: only to choose which rooms to try."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from planner.optimise.lowering import hand_over, lower
from planner.optimise.openings.stating import fix_openings, state_openings

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.optimise.openings.facts import OpeningFacts

SHORT = {"unplaced": 1e6, "above_cap": 1e5, "outside": 1e4, "above_size": 1e3, "yuan": 1.0, "pupil_km": 1.0}
"""Price of a unit of each goal, so that all are sought at once, about in their order. [yuan]"""

UNIT = 1e4
"""Costs are handed over in such units. [yuan]"""


def room_duals(
    facts: OpeningFacts, opens: NDArray[np.int64], seconds: float | None = None
) -> NDArray[np.float64]:
    """
    Return what one more room in one year would save, classes in parts and opening years given.

    Parameters
    ----------
    facts
        The given figures.
    opens
        [project]: position of its opening year, `NEVER` for none.
    seconds
        Limit; nothing is worth anything when it comes first. [s]

    Returns
    -------
    Array [campus, year]. [yuan, shortages at the prices of `SHORT`]
    """
    model = state_openings(facts, whole=False)
    fix_openings(model, opens)
    lowered = lower(model.problem, model.variables)
    highs = hand_over(replace(lowered, whole=np.zeros_like(lowered.whole)))
    columns = np.arange(len(model.variables), dtype=np.int32)
    cost = sum((SHORT[goal] * factors for goal, factors in model.costs.items()), np.zeros(len(columns)))
    highs.changeColsCost(len(columns), columns, cost / UNIT)
    if seconds is not None:
        highs.setOptionValue("time_limit", seconds)
    highs.run()
    solution = highs.getSolution()
    worth = np.zeros(facts.free.shape)
    if not solution.dual_valid:
        return worth
    duals = np.array(solution.row_dual)
    for row, stated in enumerate(model.problem.constraints()):
        kind, _, rest = str(stated.name).partition("(")
        if kind == "rooms":
            # s3,y2) is the second year of the third campus
            campus, year = (int(name[1:]) - 1 for name in rest.removesuffix(")").split(","))
            worth[campus, year] = max(-UNIT * duals[row], 0.0)
    return worth
