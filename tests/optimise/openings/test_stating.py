"""Every constraint of the openings model as text, and what it means, on two schools: a change of the maths is a diff."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pulp
import pytest

from planner.optimise.openings.exact import solve_stated
from planner.optimise.openings.facts import NEVER, OpeningFacts, Projects
from planner.optimise.openings.plan import GOALS, value_of
from planner.optimise.openings.stating import Labels, fix_openings, state_openings
from tests.optimise.openings.instances import one_project, since, small_case, street

GOLDEN = Path(__file__).with_name("golden")
LABELS = Labels(
    origins=("A", "东街"),
    points=("north", "south"),
    campuses=("north", "south"),
    schools=("both",),
    projects=("wing", "annexe"),
    years=("2027", "2028"),
)


def _plain(**changes) -> OpeningFacts:
    return street([[30, 20], [12, 14]], [[4, 4], [3, 3]], **changes)


def _reformed() -> OpeningFacts:
    """Classes are formed anew: 10 entrants each in the first year, 9.5 in the second."""
    seats = _plain().seats.copy()
    seats[:, 0, 1] = 9.5
    return _plain(kept=False, seats=seats)


def _bounded() -> OpeningFacts:
    """At most 20 children and 2 classes a year at the north school, and never a class for fewer than 6."""
    limits, most = np.full((2, 2), np.inf), np.full((2, 2), np.inf)
    limits[0], most[0] = 20, 2
    return _plain(limits=limits, most=most, least=6.0)


def _two(**changes) -> Projects:
    """Return a wing of two rooms at the north school and an annexe of three at the south school."""
    wing = one_project(2, campus=0, rooms=2, cost=1e6)
    both = replace(
        wing,
        allowed=np.array([[True, True], [False, True]]),
        cost=np.array([[1e6, 0.9e6], [2e6, 1.8e6]]),
        spending=np.concatenate([wing.spending, 2 * wing.spending]),
        effect_of=np.array([0, 1]),
        effect_campus=np.array([0, 1]),
        effect_rooms=np.stack([since(2, 2), since(3, 2)]),
    )
    return replace(both, **changes)


def _closing() -> OpeningFacts:
    """Closing something takes five rooms of the four of the north school: none is left, and none is owed."""
    return _plain(projects=one_project(2, campus=0, rooms=-5, cost=-1e6))


def _site() -> OpeningFacts:
    """The south school is not there before the annexe opens."""
    return street([[30, 20], [12, 14]], [[4, 4], [0, 0]], projects=_two())


CASES = {
    "1-counted": (_plain, "counted"),
    "2-intake": (_bounded, "intake"),
    "3-cap": (_plain, "cap"),
    "3-cap-of-classes-formed-anew": (_reformed, "cap"),
    "3a-worst": (_plain, "worst"),
    "3b-least": (_bounded, "least"),
    "4-most": (_bounded, "cap"),
    "5-rooms": (lambda: _plain(projects=_two()), "rooms"),
    "5-rooms-of-classes-formed-anew": (_reformed, "rooms"),
    "6-no-room-left": (_closing, ("lent", "new", "rooms")),
    "7-once": (lambda: _plain(projects=_two()), "once"),
    "7-needs": (lambda: _plain(projects=_two(needs=((1, 0),))), "needs"),
    "7-choices": (
        lambda: _plain(projects=_two(at_most_one=((0, 1),), exactly_one=((0, 1),))),
        ("at_most_one", "exactly_one"),
    ),
    "7-budgets": (
        lambda: _plain(projects=_two(budget=np.array([1.5e6, np.inf]), budget_total=2.5e6)),
        "budget",
    ),
    "7-construction": (
        lambda: _plain(
            projects=_two(
                building=np.stack([since(2, 2), since(3, 2)]), building_limit=np.array([np.inf, 4.0])
            )
        ),
        "building",
    ),
    "7a-site": (_site, "site"),
    "8-size": (lambda: _plain(size_of=((0, 1),), size=np.array([[np.inf, 70.0]])), "size"),
}


@pytest.mark.parametrize("case", CASES)
def test_golden_opening_constraint(case, tmp_path):
    """The constraints of one kind, with the bounds of their variables, are written as they stand in `golden/`."""
    make, prefix = CASES[case]
    model = state_openings(make(), LABELS)
    part = pulp.LpProblem(case)
    part.setObjective(model.goals["unplaced"])
    for row in model.problem.constraints():
        if str(row.name).startswith(prefix):
            part.addConstraint(row, row.name)
    assert part.constraints(), "the instance has no such constraint"
    written, golden = tmp_path / "written.lp", GOLDEN / f"{case}.lp"
    part.writeLP(str(written), max_length=255)
    if os.environ.get("PLANNER_GOLDEN") == "rewrite":
        GOLDEN.mkdir(exist_ok=True)
        golden.write_text(written.read_text(encoding="utf-8"), encoding="utf-8")
    assert written.read_text(encoding="utf-8") == golden.read_text(encoding="utf-8")


def test_golden_opening_goals(tmp_path):
    """The goals are written as they stand in `golden/`, each with those before it held at 1."""
    facts = _plain(
        projects=_two(), size_of=((0, 1),), size=np.full((1, 2), 70.0), class_yuan=np.full((2, 2, 2), 7.0)
    )
    model = state_openings(facts, LABELS)
    text = ""
    for position, goal in enumerate(GOALS):
        held = dict.fromkeys(list(GOALS)[:position], 1.0)
        model.write(tmp_path / "goal.lp", goal, held)
        lines = (tmp_path / "goal.lp").read_text(encoding="utf-8")
        shown = lines[lines.index("Minimize") : lines.index("Subject To")]
        assert sum(name in lines for name in (f"held_{name}:" for name in GOALS)) == position
        text += f"{goal}\n{shown}\n"
    golden = GOLDEN / "goals.txt"
    if os.environ.get("PLANNER_GOLDEN") == "rewrite":
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


def test_golden_file_for_every_opening_case_and_no_other():
    """Nothing lies in `golden/` that no test reads."""
    assert {path.name for path in GOLDEN.iterdir()} == {*(f"{case}.lp" for case in CASES), "goals.txt"}


def test_a_written_model_has_ascii_names_and_is_the_same_for_any_solver(tmp_path):
    """东街 has no ASCII letters: it is b2; the file solved by itself reaches the optimum of the model."""
    model = state_openings(_plain(), LABELS)
    model.write(tmp_path / "model.mps", "pupil_km", {"unplaced": 0.0})
    text = (tmp_path / "model.mps").read_text(encoding="utf-8")
    assert text.isascii()
    assert "x(b2,north,2027)" in text
    _, read = pulp.LpProblem.fromMPS(str(tmp_path / "model.mps"))
    read.solve(pulp.getSolver("HiGHS", msg=False))
    expected = solve_stated(model)
    assert pulp.value(read.objective) == pytest.approx(expected.goals["value"].iloc[-1], abs=20)


def test_labels_change_no_plan():
    """Names are names: with them and without, the same optimum."""
    facts = _plain(projects=_two())
    plain, named = solve_stated(state_openings(facts)), solve_stated(state_openings(facts, LABELS))
    assert plain.values == named.values
    assert plain.plan.opens.tolist() == named.plan.opens.tolist()


@pytest.mark.parametrize("opens", [[NEVER, NEVER], [0, NEVER], [1, 1]])
def test_opening_years_can_be_fixed(opens):
    """What is fixed opens, and nothing else, whether it is worth it or not."""
    model = state_openings(_plain(projects=_two()))
    fix_openings(model, np.array(opens))
    assert solve_stated(model).plan.opens.tolist() == opens


def test_the_goals_of_the_model_are_the_goals_of_its_plan():
    """The linear goals at the optimum are what `value_of` finds in the plan, on random facts with all features."""
    for seed in range(12):
        facts = small_case(seed, largest=(2, 4, 3, 2))
        exact = solve_stated(state_openings(facts), seconds=20)
        again = value_of(facts, exact.plan).in_order()
        assert exact.goals["value"].tolist() == pytest.approx(again)
        assert max(exact.goals["gap"].tolist()) < 1e-3, seed
