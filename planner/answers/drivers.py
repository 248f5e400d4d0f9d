"""
Where the uncertainty of a school's demand comes from, by drawing again with one part of it held still.

All draws keep their shocks (common random numbers), so that what is left out is all that differs. Of the variance V of
the demand and the variance V(c) with part c quiet,

.. math:: s_c = max(0, V - V_c) / sum_k max(0, V - V_k)

is the share of part c. Parts multiply one another (a ratio that is too high makes an estate's children too many as
well), so that the differences add up to a little more or less than V: they are rescaled to add up to 1.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from planner.answers.rehearsal import draws_until, plan_within
from planner.answers.trial import listed
from planner.forecast import CHUNK, COMPONENTS
from planner.outcomes import demand_in
from planner.simulation import simulate
from planner.words import Text, percent, say

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from numpy.typing import NDArray

    from planner.pipeline import Run

DRAWS = CHUNK
"""Draws that are made again for each part, at most; those of a chunk are made together."""
GROUPS = 20
"""Groups of draws that are left out in turn for the standard errors."""
PARTS: Mapping[str, Text] = {
    "births": Text("births"),
    "ratio": Text("who comes of those born or registered"),
    "housing": Text("new dwellings"),
    "migration": Text("migration"),
    "choice": Text("leaving and choice"),
    "growth": Text("passing up the grades"),
    "count": Text("chance of the count"),
}
"""What the parts of `planner.forecast.COMPONENTS` are called."""
TOLD = 0.005
"""Shares below this are not told. [1]"""


@dataclass(frozen=True, kw_only=True)
class Share:
    """Share of one part in the uncertainty of a demand."""

    share: float
    """[1]"""
    error: float
    """Its Monte Carlo standard error. [1]"""


@dataclass(frozen=True, kw_only=True)
class Drivers:
    """Where the uncertainty of a demand comes from."""

    spread: float
    """Standard deviation of the demand. [children]"""
    parts: Mapping[str, Share]
    """By part of `planner.forecast.COMPONENTS`; empty where the demand is the same in all draws. They sum to 1."""

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "sd": round(self.spread, 4),
            "parts": {
                name: {"share": round(part.share, 4), "error": round(part.error, 4)}
                for name, part in self.parts.items()
            },
        }


def drivers_of(
    run: Run,
    grades: Sequence[int],
    year: int,
    *,
    progress: Callable[[Text, int, int], None] | None = None,
    step: Text,
) -> dict[tuple[str, int], Drivers]:
    """
    Return where the uncertainty of each school's demand comes from, by school and grade.

    The plan is the run's; only the children to come are drawn again, at most `DRAWS` times for each part, and carried
    through the simulation up to the year. Open questions of the scenario are left aside: it holds as it stands.

    Parameters
    ----------
    progress
        Called with `step`, the parts done and all of them.
    """
    at = run.plan.years.index(year)
    if run.worlds:
        whole = _drawn(run, grades, year, frozenset())
    else:
        whole = [demand_in(run.simulation, run.policy, grade)[:, at, :DRAWS] for grade in grades]
    quiet = []
    for number, part in enumerate(COMPONENTS):
        if progress is not None:
            progress(step, number, len(COMPONENTS))
        quiet.append(_drawn(run, grades, year, frozenset({part})))
    return {
        (school, grade): split_of(whole[g][s], [each[g][s] for each in quiet])
        for g, grade in enumerate(grades)
        for s, school in enumerate(run.plan.schools)
    }


def _drawn(run: Run, grades: Sequence[int], year: int, quiet: frozenset[str]) -> list[NDArray[np.int16]]:
    """Return, by grade, the demand [school, draw] of the first draws with some parts quiet."""
    forecast = run.forecast
    count = forecast.years.index(year) + 1
    draws = forecast.draw(0, min(DRAWS, forecast.draws), quiet=quiet)
    simulation = simulate(
        plan_within(run.plan, run.plan.years[0], year),
        draws_until(draws, count),
        district=run.district,
        policy=run.policy,
        capacity=run.capacity,
        forecast=replace(forecast, years=forecast.years[:count]),
    )
    return [demand_in(simulation, run.policy, grade)[:, -1] for grade in grades]


def split_of(whole: NDArray[np.integer], quiet: Sequence[NDArray[np.integer]]) -> Drivers:
    """
    Return the shares of all parts in the variance of a demand.

    Parameters
    ----------
    whole
        [draw]: with all shocks. [children]
    quiet
        The same draws with one part quiet, in the order of `COMPONENTS`. [children]

    Returns
    -------
    Drivers, whose errors are those of leaving out one of `GROUPS` groups of draws in turn (jackknife).
    """
    figures = np.stack([whole, *quiet]).astype(np.float64)
    draws = figures.shape[-1]
    shares = _shares(figures)
    if not shares.any():
        return Drivers(spread=float(figures[0].std()), parts={})
    groups = np.arange(draws) * min(GROUPS, draws) // draws
    without = np.stack([_shares(figures[:, groups != group]) for group in np.unique(groups)])
    number = len(without)
    errors = np.sqrt((number - 1) / number * ((without - without.mean(axis=0)) ** 2).sum(axis=0))
    return Drivers(
        spread=float(figures[0].std()),
        parts={
            name: Share(share=share, error=error)
            for name, share, error in zip(COMPONENTS, shares.tolist(), errors.tolist(), strict=True)
        },
    )


def _shares(figures: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the share of each part; zero for all where nothing varies. [part]."""
    if figures.shape[-1] == 0:
        return np.zeros(len(figures) - 1)
    variance = figures.var(axis=-1)
    parts = np.maximum(variance[0] - variance[1:], 0)
    return parts / parts.sum() if parts.sum() > 0 else parts


def driver_line(found: Collection[Drivers]) -> str:
    """Return where the uncertainty of several demands comes from, taken together, as a sentence in the current language."""
    weights = np.array([each.spread**2 for each in found if each.parts])
    if not weights.any():
        return say("Nothing is uncertain about the children expected.")
    shares = {
        name: float(weights @ [each.parts[name].share for each in found if each.parts]) / float(weights.sum())
        for name in COMPONENTS
    }
    chance = shares.pop("count")
    rest = sorted((item for item in shares.items() if item[1] >= TOLD), key=lambda item: -item[1])
    if not rest:
        return say("All of this uncertainty is chance of the count itself, which no model can remove.")
    parts = [say("{part} {share}", part=PARTS[name], share=percent(share)) for name, share in rest]
    return say(
        "Taken together {share} of this uncertainty is chance of the count itself, which no model can remove; the rest: {rest}.",
        share=percent(chance),
        rest=listed(parts),
    )
