"""Futures of a district: what the forecast's draws, and how late projects may be, leave to a schedule."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.forecast import CHUNK
from planner.forecast.streams import stream
from planner.optimise import gather_entrants
from planner.optimise.openings.facts import NEVER
from planner.optimise.openings.robust import Futures
from planner.pipeline.undecided import plan_with_sites

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.capacity.options import Options
    from planner.optimise.openings.gathering import Gathered
    from planner.pipeline.running import Run


def futures_of(run: Run, gathered: Gathered, number: int) -> Futures:
    """
    Return the first futures of a district, in the order of the draws.

    Entrants are those of the forecast's draws, as the plan of the scenario leads to them while nothing that is open
    is built; growth of grades stays as expected, as it stands in the classes' seats. A project is late in a draw as
    `planner run` has it late: one of its options is as late as another. A school that closes does so as decided.

    Parameters
    ----------
    run
        The scenario without what it leaves open.
    gathered
        Its facts of the openings model.
    number
        How many.
    """
    plan, facts, _ = plan_with_sites(run, gathered.options)
    draws = facts["forecast"].draw(0, number)
    demand, doors = gather_entrants(plan, draws, **facts)
    return Futures(
        demand=np.moveaxis(gathered.origins.entrants(demand, doors), -1, 0),
        slips=_slips(gathered, number, facts["forecast"].seed),
    )


def _slips(gathered: Gathered, number: int, seed: int) -> NDArray[np.int64]:
    """Return how much later than decided each row of the model opens. [future, row] [years]."""
    late = {option: years_late(gathered.options, option, number, seed) for option in gathered.options.by_id}
    none = np.zeros(number, dtype=np.int64)
    rows = [late[row.option] if row.option and row.closes == NEVER else none for row in gathered.choices.rows]
    return np.array(rows, dtype=np.int64).reshape(len(rows), number).T


def years_late(options: Options, option: str, number: int, seed: int) -> NDArray[np.int64]:
    """Return how much later an option opens in each draw: by its project, keyed by the seed, spread evenly. [draw] [years]."""
    known = options.by_id[option]
    late = sorted(known.late.items())
    reached = np.cumsum([chance for _, chance in late])
    chunks = range(-(-number // CHUNK))
    shuffled = [stream(seed, chunk, "branch", known.project).permutation(CHUNK) for chunk in chunks]
    spread = (np.concatenate(shuffled)[:number] + 0.5) / CHUNK
    years = np.array([*(years for years, _ in late), 0], dtype=np.int64)
    return years[np.searchsorted(reached, spread, side="right")]
