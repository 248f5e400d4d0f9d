r"""
Hard demands on the openings model that contradict each other: the smallest set that does, and what would loosen it.

Every demand is rows of the stated model, each allowed to be missed by one elastic number e >= 0 of the demand:

.. math:: a_r \cdot z \le b_r + e_d \quad \text{for each row r of demand d}

Demands S hold together when the model with e_d = 0 for all d in S has a solution. The smallest set that does not is
found between the sets that hold and the sets that hit what they leave out (Ignatiev, Previti, Liffiton, Marques-Silva:
Smallest MUS extraction with minimal hitting set dualization, CP 2015): a smallest set that contains, of every largest
set known to hold together, one demand that it leaves out, is tried; if it holds together it is enlarged until it is
largest, and known; if not, no smaller set contradicts itself. The least relaxation of a demand is the least e_d with
the others kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import TYPE_CHECKING, Literal

import highspy
import numpy as np
import pulp

from planner.optimise.lowering import hand_over, lower
from planner.optimise.openings.facts import NEVER
from planner.optimise.openings.stating import state_openings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from planner.optimise.openings.facts import OpeningFacts
    from planner.optimise.openings.plan import OpeningPlan
    from planner.optimise.openings.stating import OpeningModel

Kind = Literal[
    "unplaced", "above_cap", "outside", "budget", "building", "not_before", "not_opened", "open_by", "size"
]

EXACT = 1e-4
"""A goal or a number within this of what is demanded holds. [unit of the demand]"""

IMPOSSIBLE = {highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible}
"""Ends that prove that there is no solution: no cost falls without end here."""

MONEY = 1000.0
"""Yuan are handed to the solver in thousands. [yuan]"""


@dataclass(frozen=True, kw_only=True)
class Demand:
    """What has to hold, whatever it costs."""

    kind: Kind
    """
    unplaced, above_cap, outside: the goal of that name is at most `limit`; budget: yuan spent; building: rooms under
    construction in a year; not_before: the project opens in `year` or later, or never; not_opened: it never opens;
    open_by: it is open in `year`; size: children at the campuses, in every year.
    """
    limit: float = 0.0
    """[child-years, children, yuan or rooms]"""
    year: int | None = None
    """Position of the year; of construction or size, None: in every year; of a budget, None: in all years together."""
    each: bool = False
    """Of a budget without a year: whether it is for every year instead."""
    projects: tuple[int, ...] = ()
    """What the project may be: sites, sizes and, of a closing, years, of which one opens."""
    closes: tuple[int, ...] = ()
    """Of each of these the year, where it is not the one of its opening; `NEVER` where it is; empty for none."""
    campuses: tuple[int, ...] = ()
    """Of size."""
    staying: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    """[year]: children of the last count who are still there, of size; nobody when empty. [children]"""


@dataclass(frozen=True, kw_only=True)
class Relaxation:
    """What has to give so that other demands hold."""

    demand: int
    """Position of the demand."""
    by: float
    """Least by which it has to be missed. [unit of the demand]"""
    all_hold: bool
    """Whether all other demands then hold; else those of its set alone."""
    proven: bool
    """Whether less is known to be impossible."""
    plan: OpeningPlan
    """A plan that then holds the others."""


@dataclass(frozen=True, kw_only=True)
class Contradiction:
    """Demands that contradict each other."""

    demands: tuple[int, ...]
    """Positions of demands that cannot hold together, whatever else is demanded; any of them left out, they can."""
    smallest: bool
    """Whether no smaller set of the demands asked about contradicts itself."""
    relaxations: tuple[Relaxation, ...]
    """Of each of them."""


@dataclass(frozen=True, kw_only=True)
class Contradictions:
    """Whether demands can hold together."""

    found: tuple[Contradiction, ...]
    """Sets with no demand in common, each the smallest among the demands that the sets before it leave."""
    plan: OpeningPlan | None
    """A plan that holds the demands that no set has; None where it is not known."""


def contradictions(
    facts: OpeningFacts,
    demands: Sequence[Demand],
    *,
    whole: bool = True,
    seconds: float | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Contradictions:
    """
    Return the smallest sets of demands that contradict each other, and the least relaxation of each demand in them.

    Parameters
    ----------
    facts
        The given figures; their limits hold besides. Limits that are to be among the demands have to be taken out:
        see `without_limits`.
    demands
        What has to hold.
    whole
        Whether classes are whole; what contradicts itself in parts of classes does so all the more in whole ones.
    seconds
        For each question to the solver. A set of which it does not find out in time counts as one that holds. [s]
    progress
        Called with the questions asked and the demands there are.
    """
    trial = _Trial(facts, demands, whole=whole, seconds=seconds, progress=progress)
    left = frozenset(range(len(demands)))
    found: list[Contradiction] = []
    while not trial.holds(left):
        members = _smallest(trial, left)
        every = frozenset(range(len(demands)))
        relaxations = [
            trial.least(demand, every - {demand}, members - {demand}) for demand in sorted(members)
        ]
        found.append(
            Contradiction(
                demands=tuple(sorted(members)),
                smallest=not trial.guessed,
                relaxations=tuple(relaxation for relaxation in relaxations if relaxation is not None),
            )
        )
        left -= members
    return Contradictions(found=tuple(found), plan=trial.plan)


def _smallest(trial: _Trial, among: frozenset[int]) -> frozenset[int]:
    """Return the smallest set of some demands that does not hold, where all of them together do not."""
    missed: list[frozenset[int]] = []
    while True:
        tried = _smallest_hitting(missed, sorted(among))
        if not trial.holds(tried):
            return tried
        largest = tried
        for demand in sorted(among - tried):
            if trial.holds(largest | {demand}):
                largest |= {demand}
        missed.append(among - largest)


def _smallest_hitting(sets: Sequence[frozenset[int]], among: Sequence[int]) -> frozenset[int]:
    """Return the first smallest set that has a member of each set."""
    for size in range(len(among) + 1):
        for members in combinations(among, size):
            if all(each.intersection(members) for each in sets):
                return frozenset(members)
    raise ValueError("no set has a member of an empty set")


def without_limits(facts: OpeningFacts) -> tuple[OpeningFacts, list[Demand]]:
    """Return the facts without limits of money and construction, and these limits as demands."""
    projects = facts.projects
    stated = _yearly("budget", projects.budget)
    if np.isfinite(projects.budget_total):
        stated.append(Demand(kind="budget", limit=projects.budget_total))
    stated += _yearly("building", projects.building_limit)
    nothing = np.zeros(0)
    free = replace(projects, budget=nothing, budget_total=np.inf, building_limit=nothing)
    return replace(facts, projects=free), stated


def _yearly(kind: Kind, limits: NDArray[np.float64]) -> list[Demand]:
    """Return limits [year] as demands: one where all years have the same."""
    if len(limits) and np.isfinite(limits).all() and np.ptp(limits) == 0:
        return [Demand(kind=kind, limit=float(limits[0]), each=kind == "budget")]
    finite = np.flatnonzero(np.isfinite(limits)).tolist()
    return [Demand(kind=kind, limit=float(limits[year]), year=year) for year in finite]


Terms = list[tuple[pulp.LpVariable, float]]


def _rows(model: OpeningModel, demand: Demand) -> list[tuple[Terms, float]]:
    """Return the rows of a demand: terms, and what they may be at most."""
    facts, projects = model.facts, model.facts.projects
    openings = list(model.open.items())
    closes = dict(zip(demand.projects, demand.closes, strict=False))
    own = [
        (v if closes.get(p, NEVER) == NEVER else closes[p], var)
        for (p, v), var in openings
        if p in demand.projects
    ]
    match demand.kind:
        case "unplaced" | "above_cap" | "outside":
            return [(list(model.goals[demand.kind].items()), demand.limit)]
        case "budget":
            every = range(facts.years) if demand.each else []
            one = slice(None) if demand.year is None else slice(demand.year, demand.year + 1)
            spans = [slice(t, t + 1) for t in every] or [one]
            paid = [projects.spending[:, :, span].sum(axis=2) for span in spans]
            return [
                ([(var, float(of[at]) / MONEY) for at, var in openings if of[at]], demand.limit / MONEY)
                for of in paid
            ]
        case "building":
            years = range(facts.years) if demand.year is None else [demand.year]
            built = projects.building
            return [
                ([(var, float(built[p, v, t])) for (p, v), var in openings if built[p, v, t]], demand.limit)
                for t in years
            ]
        case "not_before":
            year = demand.year or 0
            return [([(var, float(year - v)) for v, var in own if v < year], 0.0)]
        case "not_opened":
            return [([(var, 1.0) for _, var in own], 0.0)]
        case "open_by":
            # years that it is late; as many as are left where it never opens
            year = demand.year or 0
            never = float(facts.years - year)
            return [([(var, max(v - year, 0) - never) for v, var in own], -never)]
        case "size":
            return _size_rows(model, demand)


def _size_rows(model: OpeningModel, demand: Demand) -> list[tuple[Terms, float]]:
    """Return a row a year of the children at some campuses."""
    facts = model.facts
    staying = demand.staying if len(demand.staying) else np.zeros(facts.years)
    terms: list[Terms] = [[] for _ in range(facts.years)]
    for (i, j, t), placed in model.x.items():
        k = int(facts.near[i, j])
        for a in range(int(facts.lasting[k, t])):
            if int(facts.holds[k, t, a]) in demand.campuses:
                terms[t + a].append((placed, float(facts.heads[k, t, a])))
    years = range(facts.years) if demand.year is None else [demand.year]
    return [(terms[t], demand.limit - float(staying[t])) for t in years]


class _Trial:
    """The model with its demands, asked again and again which of them hold together."""

    def __init__(
        self,
        facts: OpeningFacts,
        demands: Sequence[Demand],
        *,
        whole: bool,
        seconds: float | None,
        progress: Callable[[int, int], None] | None,
    ) -> None:
        self.facts, self.demands, self.seconds, self.progress = facts, demands, seconds, progress
        self.model = state_openings(facts, whole=whole)
        self.asked = 0
        self.guessed = False
        self.plan: OpeningPlan | None = None
        self.holding: list[frozenset[int]] = []
        self.broken: list[frozenset[int]] = []
        problem = self.model.problem
        missed = []
        for number, demand in enumerate(demands):
            e = problem.add_variable(f"missed({number})", 0, None, pulp.LpContinuous)
            missed.append(e)
            for row, (terms, limit) in enumerate(_rows(self.model, demand)):
                stated = pulp.LpConstraint(
                    pulp.LpAffineExpression([*terms, (e, -1.0)]),
                    pulp.LpConstraintLE,
                    f"demand({number},{row})",
                    limit,
                )
                problem.addConstraint(stated, stated.name)
        self.highs = hand_over(lower(problem, (*self.model.variables, *missed)))
        self.first = len(self.model.variables)
        self.highs.setOptionValue("mip_rel_gap", 1e-7)
        self.highs.setOptionValue("mip_abs_gap", EXACT / 10)
        self.highs.setOptionValue("mip_feasibility_tolerance", 1e-7)

    def _solve(self, kept: Iterable[int], sought: int | None) -> highspy.HighsModelStatus:
        """Look for a solution that keeps some demands, with one other missed as little as can be."""
        highs, count = self.highs, len(self.demands)
        held = set(kept)
        columns = np.arange(self.first, self.first + count, dtype=np.int32)
        upper = np.array([EXACT / 10 if d in held else np.inf for d in range(count)])
        cost = np.array([1.0 if d == sought else 0.0 for d in range(count)])
        highs.changeColsBounds(count, columns, np.zeros(count), upper)
        highs.changeColsCost(count, columns, cost)
        if self.seconds is not None:
            highs.setOptionValue("time_limit", highs.getRunTime() + self.seconds)
        highs.run()
        self.asked += 1
        if self.progress is not None:
            self.progress(self.asked, count)
        return highs.getModelStatus()

    def _found(self) -> bool:
        return self.highs.getInfo().primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible

    def holds(self, kept: frozenset[int]) -> bool:
        """Return whether some demands hold together, as far as the solver finds out."""
        if any(kept <= known for known in self.holding):
            return True
        if any(known <= kept for known in self.broken):
            return False
        status = self._solve(kept, None)
        if status in IMPOSSIBLE:
            self.broken.append(kept)
            return False
        if self._found():
            values = np.array(self.highs.getSolution().col_value)
            self.plan = self.model.plan(values[: self.first])
            missed = values[self.first :]
            self.holding.append(frozenset(np.flatnonzero(missed <= EXACT / 10).tolist()) | kept)
        else:
            self.guessed = True
            self.holding.append(kept)
        return True

    def least(self, demand: int, others: frozenset[int], few: frozenset[int]) -> Relaxation | None:
        """Return the least relaxation of a demand that lets the others hold, or else a few of them; None if none is known."""
        for kept in (others, few):
            if not any(known <= kept for known in self.broken):
                status = self._solve(kept, demand)
                if self._found():
                    values = np.array(self.highs.getSolution().col_value)
                    unit = MONEY if self.demands[demand].kind == "budget" else 1.0
                    return Relaxation(
                        demand=demand,
                        by=float(values[self.first + demand]) * unit,
                        all_hold=kept == others,
                        proven=status == highspy.HighsModelStatus.kOptimal,
                        plan=self.model.plan(values[: self.first]),
                    )
        return None
