"""Schools planned by their stated seats, without rooms and classes: by hand, in ten draws of a street."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from planner.answers import exceed
from planner.capacity import seats_taken
from planner.errors import PolicyError, QuestionError, ScenarioError
from planner.outcomes import Facts, class_sizes, entry_by_school, intake_plan, seats_by_school
from planner.outcomes.odds import odds_by_grade
from planner.policy import ClassRules, Policy, Rule, read_policy
from planner.simulation import check_conservation
from tests.answers.street import TEN_DRAWS, YEAR, School, street_run
from tests.simulation.town import POLICY

if TYPE_CHECKING:
    from planner.pipeline import Run

SEATS = POLICY.model_copy(update={"classes": ClassRules(formation="none"), "rules": ()})
HIGH = {
    "A": School(rooms=9, pupils=(10, 10, 10), seats_stated=30),
    "B": School(rooms=9, pupils=(10, 10, 10), seats_stated=25),
}
B_AT = {"A": replace(HIGH["A"], at=0), "B": replace(HIGH["B"], at=300)}


def by_seats(**street: Any) -> Run:
    """Return the street by seats: A has 30, B 25; 20 children are in the later grades of each."""
    return street_run(policy=SEATS, schools=B_AT, **street)


def facts(run: Run) -> Facts:
    return Facts(plan=run.plan, simulation=run.simulation, policy=run.policy, capacity=run.capacity)


def test_seats_are_those_stated_whatever_rooms_there_are():
    """A has 30 seats, not 9 rooms of one child each; the rooms come from stated seats."""
    run = by_seats()
    at = run.capacity.schools.index("A")
    assert run.capacity.seats[at, 0].tolist() == [30]
    assert run.capacity.rooms_from[at] == "stated seats"


def test_a_project_counts_by_its_stated_seats():
    """A gains 12 seats with a wing whose rooms are 2."""
    wing = {
        "project": "wing",
        "school": "A",
        "kind": "expansion",
        "rooms": "2",
        "opens": YEAR,
        "seats_stated": 12,
    }
    run = by_seats(projects=[wing])
    assert run.capacity.seats[run.capacity.schools.index("A"), 0].tolist() == [42]


def test_the_gap_at_entry_is_what_the_other_grades_leave():
    """
    A: 30 - 20 = 10 seats for 6 to 15 entrants (10.5); B: 25 - 20 = 5 for 6. Stage: 30 - 30.5 and 25 - 26.

    The whole school and its entry are short by the same, as the seats are shared.
    """
    run = by_seats()
    entry = entry_by_school(facts(run)).set_index("school")
    assert entry.loc[["A", "B"], "seats"].tolist() == [10, 5]
    assert entry.loc[["A", "B"], "gap"].tolist() == [-0.5, -1]
    whole = seats_by_school(facts(run)).set_index("school")
    assert whole.loc[["A", "B"], "gap"].tolist() == [-0.5, -1]
    assert entry[["rooms_free", "cap"]].isna().all(axis=None)
    assert whole["rooms"].isna().all()


def test_a_school_takes_all_of_its_own_unless_it_is_strict():
    """A's 10 seats are short in draws 6 to 10: it seats up to 15 all the same; a strict one turns 1 to 5 away."""
    run = by_seats()
    check_conservation(run.simulation)
    assert run.simulation.admitted[0, 0, 0].tolist() == (5 + TEN_DRAWS).tolist()
    assert run.simulation.above_cap[0, 0, 0].tolist() == [0, 0, 0, 0, 0, 1, 2, 3, 4, 5]
    strict = street_run(
        policy=SEATS.model_copy(update={"strict": True}), schools=B_AT, order={"A": [], "B": [], "J": []}
    )
    check_conservation(strict.simulation)
    assert strict.simulation.turned_away[0, 0, 0].tolist() == [0, 0, 0, 0, 0, 1, 2, 3, 4, 5]


def test_odds_are_of_more_entrants_than_seats_are_left():
    """A in draws 6 to 10, by 1.5 children on average; B with 6 for 5 seats in all. Only the starting grades are asked."""
    run = by_seats()
    odds = odds_by_grade(facts(run)).set_index(["school", "grade"])
    assert odds.loc[("A", 1), "p_over_planned"] == 0.5
    assert odds.loc[("A", 1), "expected_over"] == 1.5
    assert odds.loc[("B", 1), "p_over_planned"] == 1
    assert set(odds.index.get_level_values("grade")) <= {1, 4}
    assert odds[["cap", "classes_planned", "classes_possible"]].isna().all(axis=None)
    answer = exceed(run, grade=1, year=YEAR)
    assert answer.sentence == (
        f"Yes, most likely: at 2 of 2 schools grade 1 has more entrants in {YEAR} than the other grades leave seats,"
        " with a probability of 20% or more: B >90%, A 50%. Entrants expected above the seats there: 2."
    )
    assert answer.table.set_index("school")["seats"].to_dict() == {"A": 10, "B": 5}
    assert answer.as_json()["schools"][0]["cap"] is None


def test_levers_send_children_where_seats_are_and_open_no_class():
    """B has 6 for 5 seats; with 5 entrants at most A has seats to spare for one in every draw."""
    run = by_seats(entrants={"a2": 0})
    answer = exceed(run, grade=1, year=YEAR, levers=True)
    (first, *_) = answer.levers["B", 1]
    assert (first.kind, first.works, first.to) == ("divert", True, ("A",))
    assert "classes" not in first.edits
    assert not [line for line in answer.lever_lines() if "class" in line or "room" in line]


def test_classes_are_missing_in_the_tables():
    """Pupils of every grade are told, their classes are not; the intake plan has heads and no classes."""
    sizes = class_sizes(facts(by_seats()))
    assert sizes["pupils"].notna().all()
    assert sizes[["classes", "size"]].isna().all(axis=None)
    plan = intake_plan(facts(by_seats()))
    assert plan["heads"].notna().all()
    assert plan["classes"].isna().all()


def test_questions_and_edits_of_classes_are_refused():
    """A later grade, a class size, classes and rooms to be planned: each with what to do instead."""
    with pytest.raises(QuestionError, match="starting grade"):
        exceed(by_seats(), grade=2, year=YEAR)
    with pytest.raises(QuestionError, match="leave cap out"):
        exceed(by_seats(), grade=1, year=YEAR, cap=20)
    for edit in (
        {"classes": [{"school": "A", "stage": "primary", "since": YEAR, "classes": 1}]},
        {"rooms": [{"school": "A", "since": YEAR, "rooms": 4}]},
    ):
        with pytest.raises(ScenarioError, match=r"no classes|by seats"):
            by_seats(says=edit)


def test_a_profile_without_classes_needs_no_class_size_and_allows_none(tmp_path):
    """`formation = "none"` stands for itself; a rule of class size beside it is a fault."""
    text = (
        'profile = "own"\nname = "Own"\nname_zh = "本地"\n'
        '[[stages]]\nstage = "high"\ngrades = "9-12"\nname = "high school"\nname_zh = "高中"\n'
        '[classes]\nformation = "none"\n'
    )
    path = tmp_path / "own.toml"
    path.write_text(text, encoding="utf-8")
    policy = read_policy(path)
    assert isinstance(policy, Policy)
    assert (policy.by_seats, policy.cap(9, 2027), policy.standard(12, 2027)) == (True, 1, 1)
    path.write_text(f'{text}[[rules]]\nrule = "class_size"\nat_most = 30\nsource = "x"\n', encoding="utf-8")
    with pytest.raises(PolicyError, match="forms no classes"):
        read_policy(path)
    with pytest.raises(PolicyError, match="forms no classes"):
        policy.with_rules([Rule(rule="class_share", size=56, at_most=0.01, source="x")])


def test_seats_short_of_the_children_are_divided_in_proportion():
    """9 seats for 10 and 8 children: 5 and 4; 18 seats hold all."""
    pupils = np.array([[[10], [8]]])
    assert seats_taken(pupils, np.array([9])).tolist() == [[[5], [4]]]
    assert seats_taken(pupils, np.array([18])).tolist() == pupils.tolist()
