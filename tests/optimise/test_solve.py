"""Goals in order: the same by every way of solving, with bounds that hold and stops that are called stops."""

from __future__ import annotations

from dataclasses import replace

import highspy
import numpy as np
import pulp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.errors import QuestionError
from planner.optimise import HighsEngine, Move, PulpEngine, solve_in_order, state_intake
from planner.optimise.lowering import hand_over, lower
from planner.optimise.solve import ClassBounds, Hold, minimise_once, nobody_placed, safe_bound
from tests.optimise.instances import town, two_schools


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10**6))
def test_lowered_model_has_the_goals_that_pulp_solves(seed):
    """
    HiGHS on the arrays, warm from goal to goal, and PuLP's own hand-over at every goal agree, held alike.

    Held less tightly a goal gives way to the next, by up to a thousand times as much: a class that grows by 0.3 %
    has 0.15 more children above its cap.
    """
    model = state_intake(town(seed, tight=0.7))
    warm, cold = HighsEngine(model), PulpEngine(model, "HiGHS")
    warm.hold = cold.hold
    own, of_pulp = solve_in_order(model, warm), solve_in_order(model, cold)
    assert own.optimal
    assert of_pulp.optimal
    assert own.goals["value"].to_numpy() == pytest.approx(
        of_pulp.goals["value"].to_numpy(), rel=1e-3, abs=1e-2
    )


def test_any_solver_that_pulp_knows_serves():
    """CBC, called by PuLP, finds the goals of the two schools."""
    if "PULP_CBC_CMD" not in pulp.listSolvers(onlyAvailable=True):
        pytest.skip("this PuLP has no CBC")
    model = state_intake(two_schools())
    cbc, highs = (
        solve_in_order(model, PulpEngine(model, "PULP_CBC_CMD")),
        solve_in_order(model, HighsEngine(model)),
    )
    assert cbc.goals["value"].to_numpy() == pytest.approx(highs.goals["value"].to_numpy(), rel=1e-4, abs=1e-3)
    assert (cbc.goals["bound"] <= cbc.goals["value"] + 1e-6).all()


def test_a_solver_that_is_not_there_is_named_with_those_that_are():
    """One message: what was asked for and what PuLP finds."""
    with pytest.raises(QuestionError, match=r"'ABACUS' is not installed; PuLP finds .*HiGHS"):
        PulpEngine(state_intake(two_schools()), "ABACUS")


def test_solving_by_pulp_leaves_the_stated_problem_as_it_was():
    """Bounds of classes and goals are set while a problem is solved, and taken back."""
    model = state_intake(two_schools())
    bounds = [(variable.lowBound, variable.upBound) for variable in model.variables]
    solve_in_order(model, PulpEngine(model, "HiGHS"))
    assert [(variable.lowBound, variable.upBound) for variable in model.variables] == bounds


def test_lowering_keeps_every_term():
    """Rows, columns, bounds and terms are those stated, and HiGHS holds them."""
    problem = pulp.LpProblem("mixed")
    x, y, z = (problem.add_variable(name, *bounds) for name, *bounds in (("x", -1, 4), ("y", 0), ("z",)))
    k = problem.add_variable("k", 0, 9, pulp.LpInteger)
    problem.addConstraint(x + 2 * y - z <= 7, "at_most")
    problem.addConstraint(y + 0.5 * k >= -3, "at_least")
    problem.addConstraint(x - k == 2.5, "equal")
    lowered = lower(problem, (x, y, z, k))
    assert lowered.matrix.toarray().tolist() == [[1, 2, -1, 0], [0, 1, 0, 0.5], [1, 0, 0, -1]]
    assert lowered.row_lower.tolist() == [-np.inf, -3, 2.5]
    assert lowered.row_upper.tolist() == [7, np.inf, 2.5]
    assert lowered.lower.tolist() == [-1, 0, -np.inf, 0]
    assert lowered.upper.tolist() == [4, np.inf, np.inf, 9]
    assert lowered.whole.tolist() == [False, False, False, True]
    held = hand_over(lowered).getLp()
    assert (held.num_col_, held.num_row_) == (4, 3)
    assert list(held.integrality_)[3] == highspy.HighsVarType.kInteger


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6))
def test_a_safe_bound_holds_for_any_duals(seed):
    """With duals drawn at random the bound never exceeds the optimum; with the solver's it reaches it."""
    random = np.random.default_rng(seed)
    model = state_intake(town(seed, tight=0.6))
    engine = HighsEngine(model)
    solution = solve_in_order(model, engine)
    cost = np.zeros(len(model.variables))
    cost[model.goals["unplaced"]] = 1.0
    wild = random.normal(0, 1, len(engine.lowered.row_lower))
    upper = np.minimum(engine.lowered.upper, model.ceilings)
    bound = safe_bound(engine.lowered, cost, wild, engine.lowered.lower, upper)
    assert bound <= solution.goals["value"].iloc[0] + 1e-6
    assert (solution.goals["gap"] < 1e-4).all()


@pytest.mark.parametrize("engine", [HighsEngine, lambda model: PulpEngine(model, "HiGHS")])
def test_a_run_without_time_is_never_called_optimal(engine):
    """Out of time, the first goal is stopped and the others are not reached; bounds hold for what is known."""
    model = state_intake(town(tight=0.7))
    solution = solve_in_order(model, engine(model), seconds=0.0)
    assert not solution.optimal
    assert solution.goals["status"].iloc[0] == "stopped"
    assert set(solution.goals["status"].iloc[1:]) == {"not_reached"}
    assert (solution.goals["bound"] <= solution.goals["value"]).all()


def test_stopped_before_any_solution_nobody_is_placed_and_the_gap_says_so():
    """All entrants are unplaced, nothing is proven: a gap of 1."""
    facts = town(tight=0.7)
    model = state_intake(facts)
    first = solve_in_order(model, HighsEngine(model), seconds=0.0).goals.iloc[0]
    assert first["value"] == pytest.approx(facts.demand.sum() + facts.doors.sum())
    assert first["gap"] == 1


def test_the_time_limit_counts_from_now_on():
    """HiGHS counts its time over the life of the object; a second run of the same object has its full time again."""
    model = state_intake(town())
    engine = HighsEngine(model)
    for _ in range(3):
        assert solve_in_order(model, engine, seconds=60.0).optimal


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.1, 1.0))
def test_nobody_placed_keeps_every_constraint(seed, tight):
    """
    So the model is never infeasible: shortage is unplaced, above the cap, borrowed or above size.

    Year groups grow and shrink by a fifth, caps move from year to year, and parts of year groups change schools.
    """
    facts = town(seed, tight=tight)
    random = np.random.default_rng(seed)
    moves = tuple(
        Move(grade=grade, from_school=0, to_school=1, share=random.uniform(0, 1, len(facts.years)))
        for grade in (2, 4)
    )
    facts = replace(
        facts,
        growth=random.uniform(0.8, 1.2, facts.growth.shape),
        cap=random.integers(35, 56, facts.cap.shape).astype(float),
        moves=moves,
    )
    model = state_intake(facts)
    values = nobody_placed(model, ClassBounds.stated(model))
    lowered = lower(model.problem, model.variables)
    rows = lowered.matrix @ values
    assert (rows >= lowered.row_lower - 1e-6).all()
    assert (rows <= lowered.row_upper + 1e-6).all()
    assert (values >= lowered.lower - 1e-9).all()
    assert (values <= lowered.upper + 1e-9).all()
    assert values[model.goals["unplaced"]] == pytest.approx(facts.demand.sum() + facts.doors.sum())
    assert values[model.goals["unsplit"]] > 0


def test_solving_again_gives_the_same():
    """Goals are sought from the stored first basis, so what was solved in between changes nothing."""
    model = state_intake(town(tight=0.7))
    engine = HighsEngine(model)
    first = solve_in_order(model, engine)
    few = ClassBounds.stated(model)
    solve_in_order(model, engine, classes=ClassBounds(least=few.least, most=np.zeros_like(few.most)))
    again = solve_in_order(model, engine)
    assert again.goals["value"].to_numpy() == pytest.approx(first.goals["value"].to_numpy(), abs=1e-5)
    assert again.values == pytest.approx(first.values, abs=1e-2)


def test_a_goal_is_held_within_a_stated_tolerance():
    """100 children may become 100 + 1e-6 + 1e-8 x 100."""
    assert Hold(1e-6, 1e-8).around(100.0) == 100 + 2e-6


class Reluctant(HighsEngine):
    """An engine that cannot solve the goal `outside` while the goals before it are held more tightly than `needs`."""

    def __init__(self, model, needs: float) -> None:
        super().__init__(model)
        self.goals, self.needs = model.goals, needs

    def minimise(self, cost, seconds, *, start=False):
        outcome = super().minimise(cost, seconds, start=start)
        tight = self.upper[self.goals["unplaced"]] < self.needs
        if not start and cost[self.goals["outside"]] and tight:
            return replace(outcome, status="failed", bound=0.0)
        return outcome


def test_goals_are_held_less_tightly_for_one_that_cannot_be_solved_otherwise():
    """Held within 1e-6 it fails, within 1e-5 too, within 1e-4 it ends: no goal is left, and the solution says 1e-4."""
    model = state_intake(two_schools())
    solution = solve_in_order(model, Reluctant(model, 5e-5))
    assert solution.optimal
    assert solution.hold.absolute == pytest.approx(1e-4)
    assert solve_in_order(model, HighsEngine(model)).hold == HighsEngine.hold


def test_a_goal_that_no_hold_helps_is_stopped_with_its_gap_and_those_after_it_are_reached():
    model = state_intake(two_schools())
    solution = solve_in_order(model, Reluctant(model, 1e9))
    status = solution.goals.set_index("goal")["status"]
    assert status["outside"] == "stopped"
    assert (status.drop("outside") == "optimal").all()
    assert (solution.goals["bound"] <= solution.goals["value"] + 1e-9).all()
    assert not solution.optimal


@pytest.mark.parametrize("solver", ["HiGHS", "PULP_CBC_CMD"])
def test_whole_numbers_are_solved_whole(solver):
    """Two classes of 10 hold 20 of 25 children; the third is worth its cost of 4, the fourth is not."""
    if solver not in pulp.listSolvers(onlyAvailable=True):
        pytest.skip(f"this PuLP has no {solver}")
    problem = pulp.LpProblem("classes")
    k, o = problem.add_variable("k", 0, 5, pulp.LpInteger), problem.add_variable("o", 0)
    problem.addConstraint(10 * k + o >= 25, "seats")
    problem.setObjective(4 * k + o)
    values = minimise_once(problem, (k, o), solver, None)
    assert values == pytest.approx([3, 0])
