"""
Opening years decided here and now for many futures; classes and places are decided in each future when it has come.

``robust(facts, futures, *, risk=None, by="school", gap=0.005, seconds=None, others=None) -> RobustPlan``

Futures differ in entrants and in how late projects are (sample average approximation: every future counts alike). Few
opening years are all tried; of many, the cuts of every future are averaged (Benders), which bounds the expected goals
of all opening years at once, and the most promising ones are filled in every future.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from planner.optimise.openings.facts import NEVER
from planner.optimise.openings.filling import Timer, earlier
from planner.optimise.openings.market import GOAL
from planner.optimise.openings.master import Cut, permitted
from planner.optimise.openings.plan import FEW, GOALS, above_cap
from planner.optimise.openings.search import (
    CANDIDATES,
    CLOSE,
    EXACT_TO,
    LOOSENED,
    NARROWED,
    Schedule,
    fill,
    schedule,
    weights_for,
)
from planner.optimise.openings.valuing import Search
from planner.optimise.openings.verifying import faults

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from planner.optimise.openings.facts import OpeningFacts
    from planner.optimise.openings.market import Weights

TRIED = 64
"""So many opening years are all tried; of more, the promising ones. [opening years]"""
STEPS = 6
"""How often projects are added or opened earlier for the sake of the risk, at most."""


@dataclass(frozen=True, kw_only=True)
class Futures:
    """What may come."""

    demand: NDArray[np.float64]
    """[future, origin, year]: entrants. [children]"""
    slips: NDArray[np.int64]
    """[future, project]: how much later it opens than decided. [years]"""

    @property
    def count(self) -> int:
        """How many."""
        return len(self.demand)

    def facts(self, facts: OpeningFacts, future: int) -> OpeningFacts:
        """
        Return the facts of a future.

        A project that is late gives its rooms later; what it costs, and when that is paid, stays as decided.
        """
        return replace(
            facts,
            demand=self.demand[future],
            projects=replace(facts.projects, effect_rooms=_slipped(facts, self.slips[future])),
        )

    def mean(self, facts: OpeningFacts) -> OpeningFacts:
        """Return the facts of the mean: mean entrants, every project as late as on average, in whole years."""
        late = np.rint(self.slips.mean(axis=0)).astype(np.int64)
        rooms = _slipped(facts, late)
        return replace(
            facts, demand=self.demand.mean(axis=0), projects=replace(facts.projects, effect_rooms=rooms)
        )


def _slipped(facts: OpeningFacts, late: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the rooms of effects [effect, year decided, year] when projects are so late [project]. [rooms]."""
    rooms = facts.projects.effect_rooms
    opened = np.arange(facts.years) + late[facts.projects.effect_of][:, None]
    effect = np.arange(len(rooms))[:, None]
    moved = rooms[effect, np.minimum(opened, facts.years - 1)]
    return np.where((opened < facts.years)[:, :, None], moved, 0.0)


@dataclass(frozen=True, kw_only=True)
class Tried:
    """Opening years, and what comes of them in every future."""

    opens: NDArray[np.int64]
    """[project]: position of the opening year, `NEVER` for none."""
    found: tuple[Schedule, ...]
    """[future]."""
    crowded: NDArray[np.bool_]
    """[future, campus, year]: whether some class is above its cap."""
    lost: NDArray[np.bool_]
    """[future]: whether somebody has no place."""

    @property
    def values(self) -> NDArray[np.float64]:
        """Goals of every future, in their order. [future, goal]."""
        return np.array([each.values.in_order() for each in self.found])

    @property
    def rank(self) -> tuple[float, ...]:
        """Expected goals in their order, rounded."""
        return tuple(np.round(self.values.mean(axis=0), 3).tolist())

    def risk(self, by: Literal["school", "district"]) -> float:
        """
        Return the risk that a class exceeds its cap, or that somebody has no place. [1].

        Parameters
        ----------
        by
            school: of the school and year where it is largest; district: of any class in any year.
        """
        anywhere = self.crowded.any(axis=(1, 2)) | self.lost
        if by == "district":
            return float(anywhere.mean())
        return max(float(self.crowded.mean(axis=0).max(initial=0.0)), float(self.lost.mean()))


@dataclass(frozen=True, kw_only=True)
class RobustPlan:
    """The opening years that are best over all futures, beside those that are best for the mean."""

    opens: NDArray[np.int64]
    """[project]: position of the opening year, `NEVER` for none."""
    plans: dict[str, Tried]
    """robust, mean, and those that were to be compared, by name."""
    goals: pd.DataFrame
    """goal, unit, value, error, bound, gap, status: expected over the futures; error is the standard error of the
    sample, bound and gap hold for these futures. status: proven (within the gap asked for), stopped."""
    risk: float
    """Risk of the robust plan. [1]"""
    met: bool
    """Whether it is within what was asked for; if not, it is the least that was found."""
    every: bool
    """Whether all permitted opening years were tried."""

    @property
    def worth(self) -> pd.DataFrame:
        """
        What planning for the futures is worth beside planning for the mean: goal, unit, robust, mean, worth, error.

        worth is the value of the stochastic solution, the mean plan's expected goal less the robust plan's; error its
        standard error, future by future.
        """
        ours, theirs = self.plans["robust"].values, self.plans["mean"].values
        apart = theirs - ours
        return pd.DataFrame(
            {
                "goal": list(GOALS),
                "unit": list(GOALS.values()),
                "robust": ours.mean(axis=0),
                "mean": theirs.mean(axis=0),
                "worth": apart.mean(axis=0),
                "error": _error(apart),
            }
        )

    @property
    def regrets(self) -> pd.DataFrame:
        """
        What each plan does in each future: plan, future, short, yuan, regret_short, regret_yuan.

        short are child-years unplaced or above the cap; regret is what the best of the plans in that future, in the
        order of the goals, has less of.
        """
        tables = {name: tried.values for name, tried in self.plans.items()}
        futures = len(next(iter(tables.values())))
        best = [
            min(tables, key=lambda name: tuple(np.round(tables[name][future], 3).tolist()))
            for future in range(futures)
        ]
        short = {name: values[:, : GOAL["above_cap"] + 1].sum(axis=1) for name, values in tables.items()}
        yuan = {name: values[:, GOAL["yuan"]] for name, values in tables.items()}
        rows = [
            (
                name,
                future,
                short[name][future],
                yuan[name][future],
                short[name][future] - short[best[future]][future],
                yuan[name][future] - yuan[best[future]][future],
            )
            for name in tables
            for future in range(futures)
        ]
        return pd.DataFrame(rows, columns=["plan", "future", "short", "yuan", "regret_short", "regret_yuan"])

    @property
    def risks(self) -> pd.DataFrame:
        """Share of the futures in which some class is above its cap: plan, campus, year, share; where it is not 0."""
        rows = [
            (name, campus, year, float(tried.crowded[:, campus, year].mean()))
            for name, tried in self.plans.items()
            for campus, year in np.argwhere(tried.crowded.any(axis=0)).tolist()
        ]
        return pd.DataFrame(rows, columns=["plan", "campus", "year", "share"])


def _error(sample: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the standard error of the mean of each column; unknown of a single future."""
    if len(sample) < 2:
        return np.full(sample.shape[1], np.nan)
    return sample.std(axis=0, ddof=1) / np.sqrt(len(sample))


class _Averaged(Search):
    """Opening years valued in all futures: prices of each future, and the mean of their cuts."""

    def __init__(self, futures: Sequence[OpeningFacts], weights: Weights) -> None:
        super().__init__(futures[0], weights)
        self.parts = [Search(facts, weights) for facts in futures]
        self.prices = np.array([part.prices for part in self.parts])

    def raised(
        self,
        prices: NDArray[np.float64],
        weights: NDArray[np.float64],
        temperatures: tuple[float, ...],
        steps: int,
    ) -> NDArray[np.float64]:
        """Return the prices of every future, raised for opening weights. [future, price]."""
        pairs = zip(self.parts, prices, strict=True)
        return np.array([part.raised(own, weights, temperatures, steps) for part, own in pairs])

    def cut(self, prices: NDArray[np.float64], weights: NDArray[np.float64]) -> Cut:
        """Return the mean of the cuts of all futures."""
        cuts = [part.cut(own, weights) for part, own in zip(self.parts, prices, strict=True)]
        return Cut(
            float(np.mean([cut.constant for cut in cuts])), np.mean([cut.slope for cut in cuts], axis=0)
        )


class _Trial:
    """The futures, and the opening years tried in them; `waiting` says among how many the time that is left is shared."""

    def __init__(
        self, facts: OpeningFacts, futures: Futures, gap: float, clock: Timer, exact_to: int
    ) -> None:
        self.facts, self.gap, self.clock, self.exact_to = facts, gap, clock, exact_to
        self.futures = [futures.facts(facts, future) for future in range(futures.count)]
        self.tried: dict[tuple[int, ...], Tried] = {}
        self.waiting = 1

    def of(self, opens: NDArray[np.int64]) -> Tried:
        """Return what comes of opening years in every future; every plan is verified."""
        key = tuple(opens.tolist())
        if key in self.tried:
            return self.tried[key]
        found: list[Schedule] = []
        others = max(self.waiting - 1, 0) * len(self.futures)
        for left, facts in zip(range(len(self.futures), 0, -1), self.futures, strict=True):
            seconds = self.clock.left() / (left + others) if np.isfinite(self.clock.seconds) else None
            each = fill(facts, opens, gap=self.gap, seconds=seconds, exact_to=self.exact_to)
            wrong = faults(facts, each.plan)
            assert not wrong, wrong
            found.append(each)
        crowded = np.array([_crowded(facts, each) for facts, each in zip(self.futures, found, strict=True)])
        lost = np.array([each.values.unplaced > FEW for each in found])
        self.tried[key] = Tried(opens=opens, found=tuple(found), crowded=crowded, lost=lost)
        self.waiting -= 1
        return self.tried[key]


def _crowded(facts: OpeningFacts, found: Schedule) -> NDArray[np.bool_]:
    """Return whether some class is above its cap. [campus, year]."""
    crowded = np.zeros((facts.campuses, facts.years), dtype=bool)
    point, year, age = np.nonzero(above_cap(facts, found.plan) > FEW)
    crowded[facts.holds[point, year, age], year + age] = True
    return crowded


def robust(
    facts: OpeningFacts,
    futures: Futures,
    *,
    risk: float | None = None,
    by: Literal["school", "district"] = "school",
    gap: float = 0.005,
    seconds: float | None = None,
    exact_to: int = EXACT_TO,
    every_to: int = TRIED,
    others: Mapping[str, NDArray[np.int64]] | None = None,
) -> RobustPlan:
    """
    Find the opening years whose expected goals are best, in their order.

    Parameters
    ----------
    facts
        The given figures; `demand` and the years of effects are those of the futures.
    futures
        What may come.
    risk
        Share of the futures, at most, in which a class may exceed its cap; None for no limit. [1]
    by
        Whether the limit holds for each school and year, or for the district in all years together.
    gap
        Of the expected yuan, and of the plan of each future. [1]
    seconds
        For all of it; None: as long as it takes. [s]
    exact_to
        Models of at most so many places of children are solved to their optimum. [columns]
    every_to
        So many permitted opening years are all tried. [opening years]
    others
        Opening years to be compared, by name.

    Raises
    ------
    QuestionError
        No opening years keep to what projects must.
    ValueError
        Those to be compared do not.
    """
    if barred := [name for name, opens in (others or {}).items() if not permitted(facts.projects, opens)]:
        raise ValueError(f"opening years that break what projects must keep to: {', '.join(barred)}")
    clock = Timer(seconds)
    trial = _Trial(facts, futures, gap, clock, exact_to)
    half = None if seconds is None else seconds / 4
    mean = schedule(futures.mean(facts), gap=gap, seconds=half, exact_to=exact_to).plan.opens
    candidates = _every(facts, every_to)
    bound = -np.inf
    if candidates is None:
        candidates, bound = _promising(trial, mean, clock)
    first = {tuple(opens.tolist()): opens for opens in (mean, *candidates)}
    trial.waiting = len(first) + len(others or {})
    for opens in first.values():
        if not trial.tried or clock.left() > 0:
            trial.of(opens)
    limit = np.inf if risk is None else risk
    _lessen(trial, by, limit)
    chosen = _best(trial, by, limit)
    plans = {"robust": chosen, "mean": trial.of(mean)}
    plans |= {name: trial.of(opens) for name, opens in (others or {}).items()}
    every = bound == -np.inf and all(tuple(opens.tolist()) in trial.tried for opens in candidates)
    return RobustPlan(
        opens=chosen.opens,
        plans=plans,
        goals=_expected(trial, chosen, bound, gap, every=every),
        risk=chosen.risk(by),
        met=chosen.risk(by) <= limit + 1e-9,
        every=every,
    )


def _every(facts: OpeningFacts, most: int) -> list[NDArray[np.int64]] | None:
    """Return all permitted opening years; None where there are more than so many."""
    projects = facts.projects
    ways = [[NEVER, *np.flatnonzero(allowed).tolist()] for allowed in projects.allowed]
    if prod(map(len, ways)) > most * most:
        return None
    found = [np.array(opens, dtype=np.int64) for opens in product(*ways)]
    found = [opens for opens in found if permitted(projects, opens)]
    return found if len(found) <= most else None


def _promising(trial: _Trial, mean: NDArray[np.int64], clock: Timer) -> tuple[list[NDArray[np.int64]], float]:
    """Return the opening years that are best by the averaged cuts, and the bound of all. [yuan]."""
    facts = trial.facts
    search = _Averaged(trial.futures, weights_for(facts))
    search.start()
    share = clock.part(0.6)
    for _ in range(LOOSENED[0] + LOOSENED[1] * facts.projects.count):
        if share.left() > 0:
            search.loosen()
    search.narrow(CLOSE, NARROWED, lambda: share.left() <= 0)
    search.propose()
    found = [np.array(key, dtype=np.int64) for key in search.ranked()[:CANDIDATES]]
    near = [opens for opens in earlier(facts.projects, mean) if tuple(opens.tolist()) in search.values]
    return found + near[:CANDIDATES], search.bound


def _lessen(trial: _Trial, by: Literal["school", "district"], limit: float) -> None:
    """Try projects more, or a step earlier, while no opening years tried are within the risk."""
    for _ in range(STEPS):
        least = min(trial.tried.values(), key=lambda tried: (tried.risk(by), tried.rank))
        if least.risk(by) <= limit + 1e-9:
            return
        before = len(trial.tried)
        for opens in earlier(trial.facts.projects, least.opens):
            if trial.clock.left() > 0:
                trial.of(opens)
        if len(trial.tried) == before:
            return


def _best(trial: _Trial, by: Literal["school", "district"], limit: float) -> Tried:
    """Return the best opening years within the risk; where none are, those of least risk."""
    within = [tried for tried in trial.tried.values() if tried.risk(by) <= limit + 1e-9]
    if within:
        return min(within, key=lambda tried: tried.rank)
    return min(trial.tried.values(), key=lambda tried: (tried.risk(by), tried.rank))


def _expected(trial: _Trial, chosen: Tried, bound: float, gap: float, *, every: bool) -> pd.DataFrame:
    """Return `RobustPlan.goals`."""
    values, weights = chosen.values.mean(axis=0), np.array(weights_for(trial.facts))
    bounds = np.zeros(len(GOALS))
    costs = trial.facts.projects.cost
    bounds[GOAL["yuan"]] = float(np.minimum(costs.min(axis=1, initial=0.0), 0.0).sum())
    if every:
        bounds = _least(trial, chosen)
    elif not weights[GOAL["pupil_km"]]:
        shortage = float(weights[: GOAL["yuan"]] @ values[: GOAL["yuan"]])
        bounds[GOAL["yuan"]] = max(bounds[GOAL["yuan"]], bound - shortage)
    bounds = np.minimum(bounds, values)
    gaps = (values - bounds) / np.maximum(np.abs(values), 1.0)
    return pd.DataFrame(
        {
            "goal": list(GOALS),
            "unit": list(GOALS.values()),
            "value": values,
            "error": _error(chosen.values),
            "bound": bounds,
            "gap": gaps,
            "status": np.where(gaps <= gap, "proven", "stopped"),
        }
    )


def _least(trial: _Trial, chosen: Tried) -> NDArray[np.float64]:
    """Return the least bound of each expected goal among all opening years with no more of the goals before. [goal]."""
    bounds = np.full(len(GOALS), np.inf)
    for tried in trial.tried.values():
        own = np.array([each.goals["bound"].to_numpy(np.float64) for each in tried.found]).mean(axis=0)
        for goal in range(len(GOALS)):
            if tried.rank[:goal] <= chosen.rank[:goal]:
                bounds[goal] = min(bounds[goal], own[goal])
    return bounds
