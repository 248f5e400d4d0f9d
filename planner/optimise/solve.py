"""Goals in order: each solved, then held, with status, bound and gap."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

import highspy
import numpy as np
import pandas as pd
import pulp

from planner.errors import QuestionError
from planner.optimise.letters import GOALS
from planner.optimise.lowering import Lowered, hand_over, lower
from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from planner.optimise.stating import IntakeModel

WEIGHTS = {
    "unplaced": 1e5,
    "above_cap": 1e3,
    "borrowed": 1e3,
    "outside": 100.0,
    "unsplit": 10.0,
    "above_size": 1.0,
    "pupil_km": 1.0,
}
"""Weights of the start, at which all goals are sought at once: where the search begins, not where it ends."""

SCALE = 1000.0
"""Costs are handed to HiGHS in thousandths, so that its tolerance of 1e-7 is one of 1e-10 in the goals."""

WIDER = 4
"""How often goals are held less tightly for a goal that a solver cannot solve otherwise: ten times as much each time."""

_DUAL, _PRIMAL = 1, 4
"""HiGHS's numbers of its simplex strategies."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What one call of a solver gave."""

    status: str
    """optimal; stopped (a limit came first); failed."""
    values: NDArray[np.float64] | None
    """[column]; None where the solver found no solution."""
    bound: float
    """Proven lower bound of the cost. [unit of the cost]"""


class Hold(NamedTuple):
    """How far a solved goal may rise for the sake of later ones: absolute + relative x value."""

    absolute: float
    """[unit of the goal]"""
    relative: float
    """[1]"""

    def around(self, value: float) -> float:
        """Return the value that a goal may not exceed. [unit of the goal]."""
        return value + self.absolute + self.relative * value

    def wider(self) -> Hold:
        """Return one ten times as wide."""
        return Hold(10 * self.absolute, 10 * self.relative)


class Engine(Protocol):
    """A solver that holds one model, whose bounds and costs change from call to call."""

    name: str
    version: str
    hold: Hold
    """As tight as the solver's tolerances allow."""
    starts: bool
    """Whether it gains from a first call that seeks all goals at once."""

    def bound(
        self, columns: NDArray[np.int64], lower: NDArray[np.float64], upper: NDArray[np.float64]
    ) -> None:
        """Set the bounds of some columns."""
        ...

    def minimise(self, cost: NDArray[np.float64], seconds: float | None, *, start: bool = False) -> Outcome:
        """Minimise a cost [column]; with `start`, from the basis of the first such call."""
        ...


def safe_bound(
    lowered: Lowered,
    cost: NDArray[np.float64],
    duals: NDArray[np.float64],
    lower: NDArray[np.float64],
    upper: NDArray[np.float64],
) -> float:
    r"""
    Return a lower bound of the cost that holds for any duals, right or wrong.

    .. math:: \sum_i \min(y_i L_i, y_i U_i) + \sum_j \min(d_j l_j, d_j u_j), \quad d = c - A^T y

    (Neumaier and Shcherbina, Safe bounds in linear and mixed-integer linear programming, 2004.) At the optimum
    of a solver it is the optimum but for rounding; of a run that was stopped it is what is proven so far.

    Parameters
    ----------
    lowered
        Rows and matrix.
    cost
        [column].
    duals
        [row]; a dual on the infinite side of a row counts as 0.
    lower, upper
        [column], finite.
    """
    wrong = ((duals > 0) & np.isneginf(lowered.row_lower)) | ((duals < 0) & np.isposinf(lowered.row_upper))
    y = np.where(wrong | ~np.isfinite(duals), 0.0, duals)
    sides = np.where(y > 0, lowered.row_lower, np.where(y < 0, lowered.row_upper, 0.0))
    reduced = cost - lowered.matrix.T @ y
    return float(y @ sides + np.minimum(reduced * lower, reduced * upper).sum())


class HighsEngine:
    """HiGHS, which gets the model once and keeps its basis from call to call; one thread."""

    starts = True
    hold = Hold(1e-6, 1e-8)

    def __init__(self, model: IntakeModel) -> None:
        self.name, self.version = "HiGHS", highspy.Highs().version()
        self.lowered = lower(model.problem, model.variables)
        self.highs = hand_over(self.lowered)
        self.ceilings = model.ceilings
        self.lower, self.upper = self.lowered.lower.copy(), self.lowered.upper.copy()
        self.columns = np.arange(len(self.lower), dtype=np.int32)
        self.base: highspy.HighsBasis | None = None

    def bound(
        self, columns: NDArray[np.int64], lower: NDArray[np.float64], upper: NDArray[np.float64]
    ) -> None:
        """Set the bounds of some columns."""
        self.lower[columns], self.upper[columns] = lower, upper
        self.highs.changeColsBounds(len(columns), columns.astype(np.int32), lower, upper)

    def minimise(self, cost: NDArray[np.float64], seconds: float | None, *, start: bool = False) -> Outcome:
        """Minimise by the dual simplex from the base at a start, by the primal simplex from goal to goal."""
        highs = self.highs
        highs.changeColsCost(len(self.columns), self.columns, SCALE * cost)
        if start and self.base is not None:
            highs.setBasis(self.base)
        highs.setOptionValue("simplex_strategy", _DUAL if start else _PRIMAL)
        # HiGHS counts its time limit over the life of the object
        limit = highspy.kHighsInf if seconds is None else highs.getRunTime() + max(seconds, 0.0)
        highs.setOptionValue("time_limit", limit)
        highs.run()
        for again in (lambda: None, highs.clearSolver):
            if not self._ended():
                again()
                highs.setOptionValue("simplex_strategy", _DUAL)
                highs.run()
        optimal = highs.getModelStatus() == highspy.HighsModelStatus.kOptimal
        if start and optimal and self.base is None:
            self.base = highs.getBasis()
        solution, info = highs.getSolution(), highs.getInfo()
        feasible = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
        values = np.clip(np.array(solution.col_value), self.lower, self.upper) if feasible else None
        duals = (
            np.array(solution.row_dual) / SCALE
            if solution.dual_valid
            else np.zeros(len(self.lowered.row_lower))
        )
        upper = np.maximum(np.minimum(self.upper, self.ceilings), self.lower)
        bound = safe_bound(self.lowered, cost, duals, self.lower, upper)
        status = "optimal" if optimal else "stopped" if self._ended() else "failed"
        return Outcome(status=status, values=values, bound=bound)

    def _ended(self) -> bool:
        """Whether HiGHS came to an end that it may come to: the optimum or a limit."""
        states = highspy.HighsModelStatus
        return self.highs.getModelStatus() in {
            states.kOptimal,
            states.kTimeLimit,
            states.kIterationLimit,
            states.kInterrupt,
        }


def check_solver(solver: str) -> None:
    """
    Check that a solver is there, before the work whose plan it is to find.

    Raises
    ------
    QuestionError
        Naming the solvers that are.
    """
    if solver == "HiGHS":
        return
    known = pulp.listSolvers(onlyAvailable=True)
    if solver not in known:
        raise QuestionError(
            Text(
                "solver {solver} is not installed; PuLP finds {known}",
                solver=repr(solver),
                known=", ".join(known),
            )
        )


class PulpEngine:
    """Any solver that PuLP knows, by PuLP's own way: the model is handed over anew at every call."""

    starts = False
    hold = Hold(1e-4, 1e-6)

    def __init__(self, model: IntakeModel, solver: str) -> None:
        check_solver(solver)
        self.name, self.version = solver, f"PuLP {pulp.VERSION}"
        self.model = model
        self.lowered = lower(model.problem, model.variables)
        self.lower, self.upper = self.lowered.lower.copy(), self.lowered.upper.copy()

    def bound(
        self, columns: NDArray[np.int64], lower: NDArray[np.float64], upper: NDArray[np.float64]
    ) -> None:
        """Set the bounds of some columns; the stated problem has them only while it is solved."""
        self.lower[columns], self.upper[columns] = lower, upper

    def minimise(self, cost: NDArray[np.float64], seconds: float | None, *, start: bool = False) -> Outcome:
        """Minimise from nothing."""
        del start
        problem, variables = self.model.problem, self.model.variables
        costly = np.flatnonzero(cost).tolist()
        problem.setObjective(pulp.LpAffineExpression([(variables[j], float(cost[j])) for j in costly]))
        limit = {} if seconds is None else {"timeLimit": max(seconds, 0.0)}
        started = time.perf_counter()
        self._set_bounds(self.lower, self.upper)
        try:
            problem.solve(pulp.getSolver(self.name, msg=False, **limit))
        finally:
            self._set_bounds(self.lowered.lower, self.lowered.upper)
        late = seconds is not None and time.perf_counter() - started >= seconds
        # PuLP calls a run that stopped at its time limit optimal; only the status of the solution tells
        optimal = problem.sol_status == pulp.LpSolutionOptimal and not late
        found = problem.sol_status in {pulp.LpSolutionOptimal, pulp.LpSolutionIntegerFeasible}
        known = np.array([variable.varValue or 0.0 for variable in variables])
        values = np.clip(known, self.lower, self.upper) if found else None
        duals = np.array([row.pi or 0.0 for row in problem.constraints()])
        upper = np.maximum(np.minimum(self.upper, self.model.ceilings), self.lower)
        # solvers differ in the sign of duals; a safe bound holds for either
        bound = max(
            safe_bound(self.lowered, cost, sign * duals, self.lower, upper) for sign in (1.0, 0.0, -1.0)
        )
        status = "optimal" if optimal else "stopped" if found or late else "failed"
        return Outcome(status=status, values=values, bound=bound)

    def _set_bounds(self, lower: NDArray[np.float64], upper: NDArray[np.float64]) -> None:
        for variable, low, high in zip(self.model.variables, lower.tolist(), upper.tolist(), strict=True):
            variable.lowBound, variable.upBound = low, high if np.isfinite(high) else None


def minimise_once(
    problem: pulp.LpProblem, variables: Sequence[pulp.LpVariable], solver: str, seconds: float | None
) -> NDArray[np.float64] | None:
    """
    Solve a stated problem, its whole numbers too, once.

    Returns
    -------
    Array [column], in the order of the variables; None where no solution was found.
    """
    if solver != "HiGHS":
        limit = {} if seconds is None else {"timeLimit": max(seconds, 0.0)}
        problem.solve(pulp.getSolver(solver, msg=False, **limit))
        found = problem.sol_status in {pulp.LpSolutionOptimal, pulp.LpSolutionIntegerFeasible}
        return np.array([variable.varValue or 0.0 for variable in variables]) if found else None
    highs = hand_over(lower(problem, variables))
    objective = problem.objective or {}
    columns = np.arange(len(variables), dtype=np.int32)
    highs.changeColsCost(
        len(columns), columns, np.array([objective.get(variable, 0.0) for variable in variables])
    )
    highs.setOptionValue("mip_rel_gap", 1e-6)
    if seconds is not None:
        highs.setOptionValue("time_limit", max(seconds, 0.0))
    highs.run()
    found = highs.getInfo().primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    return np.array(highs.getSolution().col_value) if found else None


@dataclass(frozen=True, kw_only=True)
class ClassBounds:
    """Fewest and most classes of every grade, [school, grade, year]. [classes]"""

    least: NDArray[np.float64]
    most: NDArray[np.float64]

    @classmethod
    def stated(cls, model: IntakeModel) -> ClassBounds:
        """Return the bounds that the model was stated with: the scenario's classes, where it gives any."""
        facts = model.facts
        most = np.full((len(facts.schools), len(facts.grades), len(facts.years)), np.inf)
        most[:, list(facts.first)] = np.where(facts.planned >= 0, facts.planned, np.inf)
        return cls(least=np.zeros_like(most), most=most)


@dataclass(frozen=True, kw_only=True)
class Solution:
    """The goals of a model, solved in order."""

    values: NDArray[np.float64]
    """[column]."""
    goals: pd.DataFrame
    """goal, unit, value, bound, gap, status, seconds; in their order."""
    hold: Hold
    """How far each goal could rise for the sake of those after it."""

    @property
    def optimal(self) -> bool:
        """Whether every goal was solved to its end."""
        return bool((self.goals["status"] == "optimal").all())

    def better(self, other: Solution) -> bool:
        """Whether it is better in the first goal in which the two differ by more than a thousandth."""
        for own, its in zip(self.goals["value"].tolist(), other.goals["value"].tolist(), strict=True):
            if abs(own - its) > 1e-3 * max(1.0, own):
                return own < its
        return False


def solve_in_order(
    model: IntakeModel,
    engine: Engine,
    *,
    classes: ClassBounds | None = None,
    seconds: float | None = None,
) -> Solution:
    """
    Solve the goals of a model in order; each is held within a tolerance while the next are solved.

    Before the first goal all are sought at once with weights, which gives a basis from which each goal takes few steps.

    Where plans are nearly alike in the goals held, a later goal may gain a hundred thousand times what an earlier one
    loses, and within the tightest tolerance no solver finds its way. Then all goals solved are held ten times less
    tightly, and again; `Solution.hold` says how tightly in the end.

    Parameters
    ----------
    model
        The stated model.
    engine
        A solver that holds it.
    classes
        Bounds of the classes; None: as stated.
    seconds
        Time for all goals together; None: as long as it takes. [s]

    Returns
    -------
    Solution. A goal whose search was cut short is ``stopped``, those after it are ``not_reached``; their values
    are those of the best solution known, which leaves everybody unplaced when there is none. A goal that cannot be
    solved even so is ``stopped`` too, with its gap, and held at the best value known for those after it. The bound holds
    given the goals before; the gap is (value - bound) / max(1, value). When all goals are solved, the last one is
    solved once more with the fixed small costs that break ties.
    """
    started = time.perf_counter()

    def left() -> float | None:
        return None if seconds is None else seconds - (time.perf_counter() - started)

    columns = np.array(list(model.goals.values()), dtype=np.int64)
    given = ClassBounds.stated(model) if classes is None else classes
    bound_classes(model, engine, given)
    none = np.zeros(len(model.variables))
    best: NDArray[np.float64] | None = None
    open_ = True
    if engine.starts:
        weighted = model.ties.copy()
        weighted[columns] = [WEIGHTS[name] for name in model.goals]
        outcome = engine.minimise(weighted, left(), start=True)
        best = best if outcome.values is None else outcome.values
        open_ = outcome.status != "stopped"
    last = next(reversed(model.goals))
    hold, held = engine.hold, dict[int, float]()
    rows: list[tuple[str, str, float | None, float, str, float]] = []
    clock = started
    for name, column in model.goals.items():
        value, bound, status = None, 0.0, "not_reached" if rows else "stopped"
        if open_:
            cost = none.copy()
            cost[column] = 1.0
            outcome = engine.minimise(cost, left())
            for _ in range(WIDER if held else 0):
                if outcome.status != "failed":
                    break
                hold = hold.wider()
                _hold_goals(engine, held, hold)
                outcome = engine.minimise(cost, left())
            best = best if outcome.values is None else outcome.values
            bound = max(outcome.bound, 0.0)
            status = "optimal" if outcome.status == "optimal" else "stopped"
            open_ = outcome.status != "stopped" and best is not None
        if open_ and best is not None:
            value = float(best[column])
            if name != last:
                held[column] = value
                _hold_goals(engine, {column: value}, hold)
        now = time.perf_counter()
        rows.append((name, GOALS[name], value, bound, status, now - clock))
        clock = now
    if open_:
        tied = model.ties.copy()
        tied[model.goals[last]] = 1.0
        outcome = engine.minimise(tied, left())
        best = best if outcome.values is None else outcome.values
    best = nobody_placed(model, given) if best is None else best
    goals = pd.DataFrame(rows, columns=["goal", "unit", "value", "bound", "status", "seconds"])
    goals["value"] = goals["value"].astype(float).fillna(pd.Series(best[columns]))
    gaps = (goals["value"] - goals["bound"]) / goals["value"].clip(lower=1.0)
    goals.insert(4, "gap", gaps.clip(lower=0.0))
    return Solution(values=best, goals=goals, hold=hold)


def _hold_goals(engine: Engine, held: dict[int, float], hold: Hold) -> None:
    """Let no goal [column: value reached] rise further than it is held."""
    most = np.array([hold.around(value) for value in held.values()])
    engine.bound(np.array(list(held), dtype=np.int64), np.zeros(len(held)), most)


def bound_classes(model: IntakeModel, engine: Engine, classes: ClassBounds) -> None:
    """Bound the classes, and leave the goals free."""
    family = model.families["c"]
    cells, places = tuple(family.keys.T), np.arange(family.start, family.start + len(family.keys))
    engine.bound(places, classes.least[cells], classes.most[cells])
    goals = np.array(list(model.goals.values()), dtype=np.int64)
    engine.bound(goals, np.zeros(len(goals)), np.full(len(goals), np.inf))


def nobody_placed(model: IntakeModel, classes: ClassBounds) -> NDArray[np.float64]:
    """
    Return the solution that needs no search: nobody is placed, and the year groups in school grow up.

    Classes of the last count stay while there are rooms for them and are merged in proportion otherwise.

    Returns
    -------
    Array [column]; it keeps every constraint of the model and the bounds of the classes, as long as what they
    ask for at least has rooms.
    """
    facts, families = model.facts, model.families
    n = facts.roll(np.zeros((len(facts.schools), len(facts.stages), len(facts.years))))
    c, q, split, merge = (np.zeros(n.shape) for _ in range(4))
    later = np.array([g not in facts.first for g in range(len(facts.grades))])
    both = facts.teaches[:, :-1] & facts.teaches[:, 1:] & later[1:]
    for t in range(len(facts.years)):
        kept = np.where(both, (c[:, :, t - 1] if t else facts.classes)[:, :-1], 0.0)
        stay = np.minimum(kept, classes.most[:, 1:, t])
        room = facts.rooms[:, t] + facts.short[:, t]
        fits = np.minimum(1.0, room / np.maximum(stay.sum(axis=1), 1e-9))
        c[:, :, t] = classes.least[:, :, t]
        c[:, 1:, t] = np.maximum(stay * fits[:, None], c[:, 1:, t])
        split[:, 1:, t] = np.maximum(c[:, 1:, t] - kept, 0.0)
        merge[:, 1:, t] = np.maximum(kept - c[:, 1:, t], 0.0)
        as_before = facts.passed(c[:, :, t - 1] if t else facts.classes, t)
        q[:, :, t] = n[:, :, t] - facts.cap[:, t] * np.maximum(c[:, :, t], as_before)
    q = np.maximum(q, 0.0) * (later[:, None] & facts.kept)
    arrays = {
        "u": facts.demand,
        "v": facts.doors,
        "n": n,
        "c": c,
        "o": np.maximum(n - facts.cap * c, 0.0) - q,
        "q": q,
        "split": split,
        "merge": merge,
        "borrowed": np.maximum(c.sum(axis=1) - facts.rooms, 0.0),
        "h": np.maximum(n.sum(axis=1) - facts.size, 0.0),
        "hg": np.array([n[list(campuses)].sum(axis=(0, 1)) for campuses in facts.groups.values()]),
    }
    values = np.zeros(len(model.variables))
    for letter, array in arrays.items():
        family = families[letter]
        values[family.columns] = array[tuple(family.keys.T)] if len(family.keys) else 0.0
    group = families["hg"]
    values[group.columns] = np.maximum(values[group.columns] - facts.group_size[tuple(group.keys.T)], 0.0)
    column = {variable.hash: j for j, variable in enumerate(model.variables)}
    for name, goal in model.goals.items():
        row = model.problem.get_constraint_by_name(f"goal_{name}")
        if row is not None:
            values[goal] = sum(share * values[column[term.hash]] for term, share in row.items())
    return values
