"""The stated model solved to its optimum, goal after goal: for small cases, and as the reference."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

import highspy
import numpy as np
import pandas as pd
import pulp

from planner.optimise.lowering import hand_over, lower
from planner.optimise.openings.choosing import no_openings, some_openings
from planner.optimise.openings.plan import FEW, GOALS, OpeningPlan, Values, no_plan, value_of
from planner.optimise.openings.stating import state_openings
from planner.optimise.solve import check_solver

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.optimise.openings.facts import OpeningFacts
    from planner.optimise.openings.stating import OpeningModel

HELD = {"unplaced": 1e-4, "above_cap": 1e-4, "outside": 1e-4, "above_size": 1e-4, "yuan": 0.1}
"""How far a solved goal may rise for those after it. [unit of the goal]"""

TIGHT = (1e-7, 1e-6, 1e-5, 1e-4)
"""The same once classes and openings are whole and fixed: the first that the solver can keep to. [unit of the goal]"""

UNITS = {"yuan": 1000.0}
"""Goals whose values are large are handed over in such units."""


@dataclass(frozen=True, kw_only=True)
class Exact:
    """A plan with its goals, and what the solver proves of each."""

    plan: OpeningPlan
    values: Values
    goals: pd.DataFrame
    """goal, unit, value, bound, gap, status; in their order. A bound holds given the goals before it."""

    @property
    def optimal(self) -> bool:
        """Whether every goal was solved to its end."""
        return bool((self.goals["status"] == "optimal").all())


class Found(NamedTuple):
    """What one call of a solver gave."""

    status: str
    """optimal; stopped (a limit came first); failed."""
    values: NDArray[np.float64] | None
    """[column]; None where it found no solution."""
    bound: float
    """[unit of the goal]"""


class _Solver(Protocol):
    """A solver that holds the model, to which goals are given one after the other."""

    def minimise(self, goal: str, seconds: float | None) -> Found:
        """Minimise a goal."""
        ...

    def hold(self, goal: str, most: float) -> None:
        """Let a goal rise no further."""
        ...

    def settled(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return values in which what is whole is whole, and the rest as good as before."""
        ...


class _Highs:
    """HiGHS, which gets the model once."""

    def __init__(self, model: OpeningModel, gap: float) -> None:
        self.lowered = lower(model.problem, model.variables)
        self.highs = hand_over(self.lowered)
        self.columns = np.arange(len(model.variables), dtype=np.int32)
        self.costs = {goal: cost / UNITS.get(goal, 1.0) for goal, cost in model.costs.items()}
        self.values: NDArray[np.float64] | None = None
        self.highs.setOptionValue("mip_rel_gap", gap)
        self.highs.setOptionValue("mip_abs_gap", 1e-7)

    def minimise(self, goal: str, seconds: float | None) -> Found:
        """Minimise a goal from the last solution."""
        highs, unit = self.highs, UNITS.get(goal, 1.0)
        highs.changeColsCost(len(self.columns), self.columns, self.costs[goal])
        limit = highspy.kHighsInf if seconds is None else highs.getRunTime() + max(seconds, 0.0)
        highs.setOptionValue("time_limit", limit)
        if self.values is not None:
            known = highspy.HighsSolution()
            known.col_value = self.values.tolist()
            highs.setSolution(known)
        highs.run()
        info, state = highs.getInfo(), highs.getModelStatus()
        feasible = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
        optimal = state == highspy.HighsModelStatus.kOptimal
        if feasible:
            self.values = np.array(highs.getSolution().col_value)
        bound = info.mip_dual_bound if self.lowered.whole.any() else info.objective_function_value
        failed = state in {
            highspy.HighsModelStatus.kInfeasible,
            highspy.HighsModelStatus.kUnboundedOrInfeasible,
        }
        return Found(
            status="optimal" if optimal else "failed" if failed else "stopped",
            values=self.values if feasible else None,
            bound=unit * bound if optimal or self.lowered.whole.any() else -np.inf,
        )

    def hold(self, goal: str, most: float) -> None:
        """Add the goal as a row."""
        cost = self.costs[goal]
        used = np.flatnonzero(cost).astype(np.int32)
        self.highs.addRow(-highspy.kHighsInf, most / UNITS.get(goal, 1.0), len(used), used, cost[used])

    def settled(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Solve all goals once more as linear programmes, classes and openings rounded, and held as tightly as it goes."""
        highs = self.highs
        whole = np.flatnonzero(self.lowered.whole).astype(np.int32)
        fixed = np.rint(values[whole])
        highs.changeColsBounds(len(whole), whole, fixed, fixed)
        highs.changeColsIntegrality(len(whole), whole, np.zeros(len(whole), dtype=np.uint8))
        highs.setOptionValue("time_limit", highspy.kHighsInf)
        before = len(self.lowered.row_lower)
        for tight in TIGHT:
            rows = np.arange(before, highs.getNumRow(), dtype=np.int32)
            highs.deleteRows(len(rows), rows)
            settled = values
            for goal, cost in self.costs.items():
                highs.changeColsCost(len(self.columns), self.columns, cost)
                highs.run()
                if highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
                    break
                settled = np.array(highs.getSolution().col_value)
                self.hold(goal, UNITS.get(goal, 1.0) * (float(cost @ settled) + tight))
            else:
                return settled
        return values


class _Pulp:
    """Any solver that PuLP knows, by PuLP's own way: the model is handed over anew at every goal."""

    def __init__(self, model: OpeningModel, gap: float, solver: str) -> None:
        check_solver(solver)
        self.model, self.gap, self.solver = model, gap, solver
        self.held: dict[str, float] = {}

    def minimise(self, goal: str, seconds: float | None) -> Found:
        """Minimise a goal from nothing; PuLP tells no bound, only whether the gap asked for was reached."""
        problem = self.model.with_goal(goal, self.held)
        limit = {} if seconds is None else {"timeLimit": max(seconds, 0.0)}
        started = time.perf_counter()
        problem.solve(pulp.getSolver(self.solver, msg=False, gapRel=self.gap, **limit))
        late = seconds is not None and time.perf_counter() - started >= seconds
        found = problem.sol_status in {pulp.LpSolutionOptimal, pulp.LpSolutionIntegerFeasible}
        optimal = problem.sol_status == pulp.LpSolutionOptimal and not late
        values = np.array([variable.varValue or 0.0 for variable in self.model.variables])
        value = float(self.model.costs[goal] @ values)
        return Found(
            status="optimal" if optimal else "stopped" if found or late else "failed",
            values=values if found else None,
            bound=value - self.gap * abs(value) if optimal else -np.inf,
        )

    def hold(self, goal: str, most: float) -> None:
        """Add the goal as a row to what is handed over next."""
        self.held[goal] = most

    def settled(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Leave them as they are."""
        return values


def solve_exactly(
    facts: OpeningFacts, *, seconds: float | None = None, gap: float = 1e-7, solver: str = "HiGHS"
) -> Exact:
    """
    State the openings model and solve it, goals in their order; each is held within `HELD` for those after it.

    Parameters
    ----------
    facts
        The given figures.
    seconds
        For all goals together; None: as long as it takes. [s]
    gap
        Of each goal. [1]
    solver
        HiGHS, or one that PuLP finds; only HiGHS proves a bound when it is stopped.

    Raises
    ------
    QuestionError
        No opening years keep to what projects must; or the solver is not installed.
    """
    return solve_stated(state_openings(facts), seconds=seconds, gap=gap, solver=solver)


def solve_stated(
    model: OpeningModel, *, seconds: float | None = None, gap: float = 1e-7, solver: str = "HiGHS"
) -> Exact:
    """Solve a stated model, whose bounds may have been changed, as `solve_exactly` does."""
    facts, started = model.facts, time.perf_counter()
    engine: _Solver = _Highs(model, gap) if solver == "HiGHS" else _Pulp(model, gap, solver)
    best: NDArray[np.float64] | None = None
    rows: list[tuple[str, float, str]] = []
    running = True
    for goal, cost in model.costs.items():
        bound, status = 0.0 if goal != "yuan" else -np.inf, "not_reached"
        if running and best is not None and goal != "yuan" and cost @ best <= FEW:
            status = "optimal"
        elif running:
            left = None if seconds is None else seconds - (time.perf_counter() - started)
            found = engine.minimise(goal, left)
            if found.status == "failed" and best is None:
                raise no_openings()
            best = best if found.values is None else found.values
            bound = max(bound, found.bound)
            status = "optimal" if found.status == "optimal" else "stopped"
            running = found.status == "optimal"
        if running and best is not None:
            engine.hold(goal, float(cost @ best) + HELD.get(goal, 0.0))
        rows.append((goal, bound, status))
    plan = no_plan(facts, some_openings(facts.projects)) if best is None else model.plan(engine.settled(best))
    values = value_of(facts, plan)
    return Exact(plan=plan, values=values, goals=table_of(values, rows))


def table_of(values: Values, rows: list[tuple[str, float, str]]) -> pd.DataFrame:
    """Return goal, unit, value, bound, gap and status from the goals' bounds and statuses; the gap is relative to max(1, value)."""
    goals = pd.DataFrame(rows, columns=["goal", "bound", "status"]).set_index("goal").reindex(list(GOALS))
    goals = goals.reset_index()
    goals.insert(1, "unit", list(GOALS.values()))
    goals.insert(2, "value", values.in_order())
    goals["bound"] = goals[["bound", "value"]].min(axis=1)
    gaps = (goals["value"] - goals["bound"]) / goals["value"].abs().clip(lower=1.0)
    goals.insert(4, "gap", gaps)
    return goals
