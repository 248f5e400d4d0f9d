"""
The cheapest levers of one school, counted by hand on the street of ten draws; level 20 %.

A expects 6 to 15 children in one class of 10: above in five draws of ten.
"""

from __future__ import annotations

import pytest

from planner.answers.openings.cheapest import cheapest_levers, p_any_over
from planner.errors import QuestionError
from tests.answers.street import TEN_DRAWS, YEAR, School, street_run

WING = {"project": "wing", "kind": "expansion", "rooms": "3", "certainty": 1.0, "opens": YEAR + 1}
ROOMY = School(rooms=4, pupils=(10, 10, 10))


def found(run, **asked):
    """Return the answer; a plan made anew is the run itself, a project elsewhere leaves all as it is."""
    given = {"open_in": lambda run, *_: run, "plan_anew": lambda run, _: run} | asked
    return cheapest_levers(run, "A", YEAR, **given)


def test_a_school_that_is_not_at_risk_needs_nothing():
    """4 + 2 children in B: one class is enough."""
    answer = cheapest_levers(street_run(), "B", YEAR)
    assert (answer.levers, answer.chosen, answer.together) == ({}, (), None)
    assert answer.lines == [f"B: no grade has odds of 20% or more of a class above its cap in {YEAR}."]


def test_a_class_in_a_free_room_costs_nothing():
    """Before children diverted to B, of whom 4 would have to go."""
    answer = found(street_run(schools={"A": ROOMY}))
    assert [lever.kind for lever in answer.chosen] == ["class"]
    assert (answer.yuan, answer.children, answer.together.p_any) == (0.0, 0.0, 0.0)


def test_where_there_is_no_room_children_go_elsewhere():
    """4 of 6 to 15 to B leave one draw of ten above the cap; no block brings as much for fewer children."""
    answer = found(street_run())
    (lever,) = answer.chosen
    assert (lever.kind, answer.children, answer.together.p_any) == ("divert", 4.0, 0.1)
    assert answer.lines[0] == f"A: the odds of a class above its cap in {YEAR} are 50%."
    assert answer.lines[2].startswith("  1. ")
    assert "Divert 4 entrants to B." in answer.lines[2]
    assert (
        "cost nothing that is stated, and 4 children go elsewhere; the odds are then 10%, and 50%"
        in answer.lines[3]
    )


def test_money_is_the_last_resort():
    """The wing of A works too and costs 5 million: diverting 4 children costs no yuan and is chosen."""
    wing = WING | {"school": "A", "cost_yuan": 5e6}
    answer = found(street_run(projects=[wing]))
    assert "project" in {lever.kind for tried in answer.levers.values() for lever in tried}
    assert [lever.kind for lever in answer.chosen] == ["divert"]
    chosen = answer.table.loc[answer.table["chosen"]]
    assert chosen["kind"].tolist() == ["divert"]


def test_where_nothing_works_what_helps_is_told():
    """B has 9 and no room: it takes one child, and the odds fall to 40 %."""
    answer = found(street_run(entrants={"b1": 7}))
    assert (answer.chosen, answer.together, answer.planned_anew) == ((), None, None)
    assert answer.lines[1] == "No set of levers of its own brings every grade below 20%. What helps:"
    assert any("40%" in line for line in answer.lines[2:])


def test_a_project_elsewhere_that_helps_is_named_with_its_cost():
    """The wing of B, which is dated a year later, stands for a run in which A has few children: 0 % instead of 50 %."""
    wing = WING | {"school": "B", "cost_yuan": 5e6}
    relieved = street_run(entrants={"a2": 0})
    answer = found(street_run(projects=[wing]), open_in=lambda *_: relieved)
    (one,) = answer.elsewhere
    assert (one.project, one.p_over, one.yuan, one.works, one.brought_forward) == (
        "wing",
        0.0,
        5e6,
        True,
        True,
    )
    assert (
        answer.lines[-1] == f"wing open by {YEAR} (5.0 million yuan, due earlier), planned anew: then <10%."
    )


def test_a_project_elsewhere_that_does_not_help_or_cannot_open_is_not():
    """Everything stays as it is; or it can open a year later at the earliest."""
    wing = WING | {"school": "B"}
    assert found(street_run(projects=[wing])).elsewhere == ()
    late = WING | {"school": "B", "earliest": YEAR + 1}
    assert (
        found(street_run(projects=[late]), open_in=lambda *_: street_run(entrants={"a2": 0})).elsewhere == ()
    )


def test_the_odds_of_any_grade():
    """The later grades have 10 in a class; the first is above in five draws."""
    assert p_any_over(street_run(), "A", YEAR) == 0.5
    assert p_any_over(street_run(entrants={"a2": TEN_DRAWS * 0}), "A", YEAR) == 0.0


@pytest.mark.parametrize(
    ("school", "year", "level", "problem"),
    [
        ("Z", YEAR, 0.2, "Z is neither the id nor the name"),
        ("A", YEAR + 9, 0.2, "is not within the run's school years"),
        ("A", YEAR, 2, "The level is a probability"),
    ],
)
def test_bad_questions_are_one_message_each(school, year, level, problem):
    """As those of `exceed`."""
    with pytest.raises(QuestionError, match=problem):
        cheapest_levers(street_run(), school, year, level=level)
