"""
When to open what: a plan, and a proven lower bound of each of its goals.

Opening years are proposed by the programme over the cuts (`master`), each valued by prices of what is scarce
(`prices`), the best of them filled with whole classes (`classes`). All goals are sought together at weights far
apart; then each is bounded by itself, the goals before it held at the plan's. A bound holds whatever the rest does;
stopping early is normal. Counts end every part of the search, so that a plan depends on no clock; a time limit is
one more end.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from planner.optimise.openings.choosing import some_openings
from planner.optimise.openings.exact import solve_exactly, table_of
from planner.optimise.openings.facts import NEVER
from planner.optimise.openings.filling import Filling, Timer, otherwise
from planner.optimise.openings.market import GOAL, Weights
from planner.optimise.openings.master import weights_of
from planner.optimise.openings.plan import GOALS, OpeningPlan, Values, no_plan, value_of
from planner.optimise.openings.valuing import Search
from planner.optimise.openings.verifying import faults

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from planner.optimise.openings.facts import OpeningFacts

WEIGHTS = Weights(unplaced=5e6, above_cap=1e5, outside=1e5, above_size=1e4, yuan=1.0)
"""What the goals cost in the search: so much that none of an earlier one is left where none need be."""
DEAREST = 1.5
"""What a child outside costs in the search at least, in classes of the dearest school and stage. [1]"""
FAR = 200.0
"""Weight of the ways where none of them costs anything: little beside a class. [yuan/km]"""
DEARER = 30.0
"""How much dearer a goal is made where the plan may have more of it than it need have. [1]"""
OPEN = 0.05
"""Gap of a goal before the money that is tried again with the goal dearer. [1]"""
SHORT = ("unplaced", "above_cap", "outside", "above_size")
"""Goals before the money."""
CLOSE = 5e-4
"""Gap of the opening years at which whole classes are formed. [1]"""
LOOSENED = (10, 2)
"""Rounds in which projects may open in parts: so many, and more for each project."""
NARROWED = 8
"""Rounds of whole opening years before classes are formed."""
AGAIN = 6
"""Rounds between one filling and the next."""
CANDIDATES = 3
"""Opening years filled with classes before larger neighbourhoods are tried."""
OTHERS, FEWEST_OTHERS = 200, 2
"""Opening years with one project otherwise that are filled: so many divided by the points, and at least."""
PROVED, PROVED_WAYS = 10, 3
"""Rounds in which the bound of one goal is raised, and of the ways."""
HELD = 1e-6
"""How far an earlier goal may rise for the next: relative, and as little in its own unit. [1]"""
FIRST, MAIN, KEPT = 0.5, 0.75, 0.95
"""
Parts of a time limit after which the search ends: for opening years before the first plan; for the whole classes of the
first plan, and for better plans where goals before the money are above 0; and else.
"""
EXACT_TO = 1_000
"""Models of at most so many places of children are solved as stated. [columns]"""


class Step(NamedTuple):
    """How far a search has come."""

    seconds: float
    """[s]"""
    bound: float
    """Of all goals at their weights. [yuan]"""
    value: float
    """[yuan]"""


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """What was found, and what is proven."""

    plan: OpeningPlan
    values: Values
    goals: pd.DataFrame
    """goal, unit, value, bound, gap, status (proven: within the gap asked for; stopped); a bound holds for all plans
    in which no goal before it is above this plan's by more than a millionth."""
    progress: tuple[Step, ...] = field(default=())
    """Better plans as they were found."""

    def gap(self, goal: str = "yuan") -> float:
        """Return the gap of a goal. [1]."""
        return float(self.goals["gap"].to_numpy()[GOAL[goal]])

    def bound(self, goal: str = "yuan") -> float:
        """Return the proven bound of a goal. [unit of the goal]."""
        return float(self.goals["bound"].to_numpy()[GOAL[goal]])


def _rank(values: Values) -> tuple[float, ...]:
    """Return the goals in their order, rounded, for comparing plans."""
    return tuple(round(value, 3) for value in values.in_order())


def weights_for(facts: OpeningFacts) -> Weights:
    """
    Return the weights of the goals in the search.

    Those of children without a place, above the cap or outside are more than a class costs in all its years: else a class
    would be dearer than the one child whom it keeps inside.
    """
    dearest = DEAREST * float(facts.class_yuan.sum(axis=2).max(initial=0.0))
    scale = max(1.0, dearest / WEIGHTS.outside)
    return WEIGHTS._replace(
        unplaced=scale * WEIGHTS.unplaced,
        above_cap=scale * WEIGHTS.above_cap,
        outside=scale * WEIGHTS.outside,
        pupil_km=0.0 if (facts.travel > 0).any() else FAR,
    )


class _Finder:
    """The best plan found so far, and how it is sought."""

    def __init__(
        self,
        facts: OpeningFacts,
        weights: Weights,
        gap: float,
        clock: Timer,
        progress: Callable[[Step], None] | None,
    ) -> None:
        self.facts, self.gap, self.clock, self.progress = facts, gap, clock, progress
        self.search = Search(facts, weights)
        self.weights = np.array(weights)
        self.best: tuple[tuple[float, ...], OpeningPlan, Values] | None = None
        self.steps: list[Step] = []
        self.filled: set[tuple[int, ...]] = set()
        self.fillings: list[Filling] = []
        self.nobody = False
        """Whether nobody is placed because nobody was, before the end."""

    def note(self, plan: OpeningPlan) -> None:
        """Keep a plan if it is the best."""
        values = value_of(self.facts, plan)
        rank = _rank(values)
        if self.best is None or rank < self.best[0]:
            self.best = rank, plan, values
            step = Step(self.clock.past(), self.search.bound, self.total(values))
            self.steps.append(step)
            if self.progress is not None:
                self.progress(step)

    @property
    def rank(self) -> tuple[float, ...]:
        """The goals of the best plan in their order, rounded."""
        return (np.inf,) if self.best is None else self.best[0]

    def total(self, values: Values) -> float:
        """Return all goals at their weights. [yuan]."""
        return float(self.weights @ values.in_order())

    def proven(self, gained: float = 0.0) -> bool:
        """Whether the gap is reached, by the best plan or one so much better. [yuan]."""
        if self.best is None:
            return False
        values = self.best[2]
        total = self.total(values) - gained
        money = self.weights[GOAL["yuan"] :] @ values.in_order()[GOAL["yuan"] :]
        return bool(total - self.search.bound <= self.gap * max(abs(money), 1.0))

    def short(self) -> bool:
        """Whether a goal before the money is above 0."""
        return self.best is not None and any(self.best[0][: GOAL["yuan"]])

    def over(self) -> bool:
        """Whether the time is over: for opening years before there is a plan, then for plans."""
        share = FIRST if self.best is None else MAIN if self.short() else KEPT
        return self.clock.part(share).left() <= 0

    def enough(self) -> bool:
        """Whether to stop."""
        return self.over() or self.proven()

    def fill(self, opens: NDArray[np.int64], prices: NDArray[np.float64]) -> None:
        """Fill opening years with classes and improve them."""
        self.filled.add(tuple(opens.tolist()))
        clock = self.clock.part(MAIN if self.best is None else KEPT)
        filling = Filling(self.search.market, opens, prices, clock)
        self.fillings.append(filling)
        self.note(filling.plan())
        self.polish(filling)

    def polish(self, filling: Filling) -> None:
        """Improve a plan a few schools at a time."""
        start = self.total(filling.values())
        gained = 0.0
        while filling.busy and not self.over():
            gained += filling.step(self.clock.part(KEPT))
            best = np.inf if self.best is None else self.total(self.best[2])
            if self.proven(best - start + gained):
                self.note(filling.plan())
                if self.proven():
                    break
        filling.tidy()
        self.note(filling.plan())

    def run(self) -> None:
        """Seek until the gap is proven, the counts are reached or the time is over."""
        search, projects = self.search, self.facts.projects
        search.start()
        for _ in range(LOOSENED[0] + LOOSENED[1] * projects.count if projects.allowed.any() else 0):
            if self.over() or not search.loosen():
                break
        search.narrow(CLOSE, NARROWED, self.enough)
        if not search.values:
            search.propose()
        while not self.filled or (not self.enough() and len(self.filled) < CANDIDATES):
            waiting = [key for key in search.ranked() if key not in self.filled]
            best = np.inf if self.best is None else self.total(self.best[2])
            if not waiting or search.values[waiting[0]] > best - 1e-3 * abs(best):
                break
            self.fill(np.array(waiting[0], dtype=np.int64), search.known[waiting[0]])
            search.narrow(0.0, AGAIN, self.enough)
        self.more()
        for filling in sorted(self.fillings, key=lambda filling: self.total(filling.values()))[:1]:
            while not self.enough() and filling.widen():
                self.polish(filling)
                search.narrow(0.0, AGAIN, self.enough)

    def any_plan(self) -> None:
        """Take the first plan that can be had, where the search was ended before there was any."""
        if self.best is not None:
            return
        search, ranked = self.search, self.search.ranked()
        opens = np.array(ranked[0]) if ranked else some_openings(self.facts.projects)
        prices = search.known.get(tuple(opens.tolist()), search.prices)
        try:
            self.note(Filling(search.market, opens, prices, Timer(0.0)).plan())
        except KeyboardInterrupt:
            self.nobody = True
            self.note(no_plan(self.facts, opens))

    def more(self) -> None:
        """
        Fill opening years with a project otherwise while a goal before the money is above 0, so many as the size allows.

        Whole classes may need rooms that fractions of classes do not.
        """
        most = len(self.filled) + max(OTHERS // max(self.facts.points, 1), FEWEST_OTHERS)
        while self.best is not None and self.short():
            before = self.best[0]
            prices = self.search.known[self.search.ranked()[0]]
            for opens in otherwise(self.facts.projects, self.best[1].opens):
                if self.enough() or len(self.filled) >= most:
                    return
                if tuple(opens.tolist()) not in self.filled:
                    self.fill(opens, prices)
            if self.best[0] >= before:
                return


def _bounded(finder: _Finder, goal: str) -> float:
    """
    Return a lower bound of one goal, of all plans in which the goals before it are not above those of the best plan.

    Weights of goals that are held at 0 are fixed; those of the others are sought with the prices.
    """
    assert finder.best is not None
    order, at = np.array(finder.best[2].in_order()), GOAL[goal]
    before = np.arange(len(order)) < at
    unit = finder.weights[at] if finder.weights[at] > 0 else 10 * FAR
    own = np.where(before, finder.weights, 0.0)
    own[at] = unit
    held = np.where(before, order + HELD * np.maximum(order, 1.0), np.inf)
    search = Search(finder.facts, Weights(*own.tolist()), held=held, moving=before & (order > HELD))
    search.start()
    for _ in range(PROVED if goal != "pupil_km" else PROVED_WAYS):
        enough = search.bound >= unit * (1 - finder.gap) * order[at]
        if enough or finder.clock.left() <= 0 or not search.propose():
            break
    search.prove()
    return search.bound / unit


def _at_once(finder: _Finder) -> dict[str, float]:
    """Return the bounds of the goals that the search itself has proven."""
    assert finder.best is not None
    values, weights = finder.best[2], finder.weights
    order, costs = np.array(values.in_order()), finder.facts.projects.cost
    bounds = dict.fromkeys(GOALS, 0.0)
    bounds["yuan"] = float(np.minimum(costs.min(axis=1, initial=0.0), 0.0).sum())
    if not weights[GOAL["pupil_km"]]:
        shortage = float(weights[: GOAL["yuan"]] @ order[: GOAL["yuan"]])
        bounds["yuan"] = max(bounds["yuan"], finder.search.bound - shortage)
    return bounds


def _bounds(finder: _Finder) -> dict[str, float]:
    """Return a bound of each goal of the best plan, the goals before it held."""
    bounds = _at_once(finder)
    assert finder.best is not None
    for goal, value in zip(GOALS, finder.best[2].in_order(), strict=True):
        if value - bounds[goal] > finder.gap * max(abs(value), 1.0) and finder.clock.left() > 0:
            priced = not finder.weights[GOAL["pupil_km"]]
            # priced ways are proven with the yuan, and have no bound of their own
            if not priced or not (goal == "pupil_km" or (goal == "yuan" and not finder.short())):
                bounds[goal] = max(bounds[goal], _bounded(finder, goal))
    return bounds


def _dearer(finder: _Finder, bounds: dict[str, float]) -> Weights | None:
    """Return weights with the goals dearer that may be above what they need be; None where none is."""
    assert finder.best is not None
    weights = finder.weights.copy()
    for goal in SHORT:
        value = finder.best[2].in_order()[GOAL[goal]]
        if value - bounds[goal] > max(OPEN * value, 1.0):
            weights[: GOAL[goal] + 1] *= DEARER
            return Weights(*weights.tolist())
    return None


def _judged(goals: pd.DataFrame, gap: float) -> pd.DataFrame:
    """Return the goals with their status: proven within the gap, or stopped before."""
    return goals.assign(status=np.where(goals["gap"] <= gap, "proven", "stopped"))


def _opened(facts: OpeningFacts, opens: NDArray[np.int64]) -> OpeningFacts:
    """Return the facts with opening years given, and nothing else that projects must keep to."""
    fixed = replace(
        facts.projects,
        allowed=weights_of(opens, facts.years) > 0,
        needs=(),
        at_most_one=(),
        exactly_one=tuple((int(p),) for p in np.flatnonzero(opens != NEVER)),
        budget=np.zeros(0),
        budget_total=np.inf,
        building_limit=np.zeros(0),
    )
    return replace(facts, projects=fixed)


def schedule(
    facts: OpeningFacts,
    *,
    gap: float = 0.005,
    seconds: float | None = None,
    exact_to: int = EXACT_TO,
    progress: Callable[[Step], None] | None = None,
    now: Callable[[], float] = time.perf_counter,
) -> Schedule:
    """
    Find when to open what, with whole classes and a proven bound of every goal.

    Ctrl-C ends the search and keeps the best plan; before there is any, a quick one is made.

    Parameters
    ----------
    facts
        The given figures.
    gap
        Where the search ends: of the yuan, and of each goal's bound. [1]
    seconds
        Where it ends in any case; None: the plan depends on no clock. [s]
    exact_to
        Models of at most so many places of children are solved as stated, to their optimum. [columns]
    progress
        Told of every better plan.
    now
        The clock: of the wall, or of the processor where others share the machine.

    Raises
    ------
    QuestionError
        No opening years keep to what projects must.
    """
    if facts.near.size * facts.years <= exact_to:
        exact = solve_exactly(facts, seconds=seconds)
        return Schedule(plan=exact.plan, values=exact.values, goals=_judged(exact.goals, gap))
    finder = _Finder(facts, weights_for(facts), gap, Timer(seconds, now), progress)
    bounds: dict[str, float] = {}
    try:
        finder.run()
        bounds = _bounds(finder)
        dearer = _dearer(finder, bounds)
        if dearer is not None and finder.clock.part(FIRST).left() > 0:
            again = _Finder(facts, dearer, gap, finder.clock, progress)
            again.run()
            if again.rank < finder.rank:
                finder, bounds = again, _bounds(again)
    except KeyboardInterrupt:
        # the first Ctrl-C ends the search and keeps the plan
        finder.any_plan()
        bounds = {goal: max(bounds.get(goal, -np.inf), at) for goal, at in _at_once(finder).items()}
    assert finder.best is not None
    _, plan, values = finder.best
    goals = table_of(values, [(goal, bounds[goal], "stopped") for goal in GOALS])
    goals = goals.assign(status="stopped") if finder.nobody else _judged(goals, gap)
    return Schedule(plan=plan, values=values, goals=goals, progress=tuple(finder.steps))


def fill(
    facts: OpeningFacts,
    opens: NDArray[np.int64],
    *,
    gap: float = 0.005,
    seconds: float | None = None,
    exact_to: int = EXACT_TO,
    progress: Callable[[Step], None] | None = None,
    known: Sequence[OpeningPlan] = (),
    now: Callable[[], float] = time.perf_counter,
) -> Schedule:
    """
    Find classes and places for given opening years, whether or not projects may open then; else as `schedule`.

    Parameters
    ----------
    opens
        [project]: position of the opening year, `NEVER` for none.
    known
        Plans for other opening years: where the classes and places of one fit these too and are better, they are taken.
    """
    given = _opened(facts, opens)
    found = schedule(given, gap=gap, seconds=seconds, exact_to=exact_to, progress=progress, now=now)
    for plan in known:
        moved = replace(plan, opens=opens)
        values = value_of(given, moved)
        if _rank(values) < _rank(found.values) and not faults(given, moved):
            # a bound that holds where the goals before are held at more holds where they are held at less
            rows = list(zip(GOALS, found.goals["bound"], found.goals["status"], strict=True))
            goals = _judged(table_of(values, rows), gap)
            found = replace(found, plan=moved, values=values, goals=goals)
    return found
