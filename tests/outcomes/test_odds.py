"""Odds that a grade exceeds its class-size cap."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from planner.outcomes import (
    QUANTILES,
    demand_in,
    exceeding,
    intake_plan,
    odds_by_grade,
    odds_in,
    planned_classes,
)
from tests.outcomes.made import FULL, facts_of, row, street
from tests.simulation.town import POLICY, STRICT, School

TEN_DRAWS = np.array([list(range(6, 16))] * 2)
"""6 to 15 entrants, each in one of ten draws."""


def odds_of(facts, grade=1, year=2027, cap=None):
    return odds_in(facts.simulation, facts.plan, facts.policy, "A", grade, year, cap)


def test_with_one_class_planned_more_than_the_cap_exceeds_it():
    """N >= 10 + 1 in 5 of ten draws; 1 to 5 children are over, 1.5 on average; with 2 rooms free none must be."""
    town = street(
        {"A": School(rooms=4, pupils=(10, 10, 10))}, {"a": TEN_DRAWS}, draws=10, classes={("A", "primary"): 1}
    )
    found = odds_of(facts_of(town))
    assert (found.classes_planned, found.classes_possible) == (1, 2)
    assert (found.p_over_planned, found.p_over_possible, found.p_turned_away) == (0.5, 0.0, 0.0)
    assert found.expected_over == 1.5
    assert found.error == pytest.approx(np.sqrt(0.5 * 0.5 / 10))
    assert (found.expected, found.p10, found.p90) == (10.5, 6, 14)
    assert found.p_over(0) == 1.0


def test_demand_is_asked_before_anyone_is_turned_away():
    """Where the cap is strict A seats 10 at most, but 5 of ten draws exceed its one class, and turn children away."""
    facts = facts_of(street({"A": FULL, "B": School(at=1000)}, {"a": TEN_DRAWS}, draws=10, policy=STRICT))
    found = odds_of(facts)
    assert facts.simulation.pupils[0, 0, 0].max() == 10
    assert (found.p_over_planned, found.p_over_possible, found.p_turned_away) == (0.5, 0.5, 0.5)


def test_another_cap_is_asked_of_the_same_classes():
    """More than 12 in one class: 13, 14 and 15."""
    assert odds_of(facts_of(street({"A": FULL}, {"a": TEN_DRAWS}, draws=10)), cap=12).p_over_planned == 0.3


def test_by_rule_as_many_classes_are_planned_as_the_mean_demand_needs_and_rooms_allow():
    """A mean of 17.5 (13 to 22) needs 2 classes: so many with two rooms free, one where only one is free."""
    entrants = {"a": TEN_DRAWS + 7}
    for rooms, classes in ((4, 2), (3, 1)):
        facts = facts_of(street({"A": School(rooms=rooms, pupils=(10, 10, 10))}, entrants, draws=10))
        assert planned_classes(facts.simulation, facts.plan, facts.policy, 0)[0, 0] == classes
        assert odds_of(facts).classes_planned == classes


def test_a_later_grade_is_asked_of_the_classes_it_had():
    """
    11 children in one class are grade 2 a year later: over 10 unless split, for which A's third room is free.

    With 2 rooms, both taken by the classes of grades 2 and 3, there is none.
    """
    for rooms, possible, over_possible in ((3, 2, 0.0), (2, 1, 1.0)):
        school = School(rooms=rooms, pupils=(11, 10, 0), classes=(1, 1, 0))
        found = odds_of(facts_of(street({"A": school}, {})), grade=2)
        assert (found.classes_planned, found.p_over_planned, found.expected_over) == (1, 1.0, 1.0)
        assert (found.classes_possible, found.p_over_possible) == (possible, over_possible)


def test_the_table_holds_the_odds_of_every_school_grade_and_year():
    """Each row is what `odds_in` says of it; grades that nobody attends are left out."""
    schools = {"A": FULL, "B": School(rooms=5, at=1000, pupils=(12, 12, 9))}
    facts = facts_of(street(schools, {"a": TEN_DRAWS, "b": TEN_DRAWS[:, ::-1]}, draws=10, policy=STRICT))
    table = odds_by_grade(facts)
    assert list(zip(table["school"], table["grade"], table["year"], strict=True)) == [
        (school, grade, year) for school in "AB" for grade in (1, 2, 3) for year in (2027, 2028)
    ]
    names = ["cap", "expected", "p10", "p90", "classes_planned", "classes_possible", "p_over_planned"]
    names += ["p_over_possible", "p_turned_away", "expected_over", "error"]
    names += ["expected_error", "expected_over_error"]
    for _, cells in table.iterrows():
        found = odds_in(
            facts.simulation,
            facts.plan,
            facts.policy,
            cells["school"],
            int(cells["grade"]),
            int(cells["year"]),
        )
        assert [cells[name] for name in names] == pytest.approx([getattr(found, name) for name in names])
        assert {name: cells[name] for name in QUANTILES} == found.quantiles


def test_the_intake_plan_states_classes_children_and_limit():
    """
    One class is planned, A admits 6 to 15 children, 10.5 on average; the plan lets in 14 at most.

    Where the policy is strict the one class of 10 is the limit, and 8.5 are admitted (6, 7, 8, 9 and six times 10: 9).
    """
    for policy, heads, limit in ((POLICY, 10.4, 14), (STRICT, 9.0, 10)):
        town = street({"A": FULL}, {"a": TEN_DRAWS}, draws=10, policy=policy, limits={("A", "primary"): 14})
        found = row(intake_plan(facts_of(town)), school="A", year=2027)
        assert found[["classes", "heads", "limit"]].tolist() == [1, heads, limit]


def test_without_a_limit_the_intake_plan_has_none():
    """Neither the plan nor the policy limits A's intake."""
    found = row(intake_plan(facts_of(street({"A": FULL}, {"a": 8}))), school="A", year=2027)
    assert pd.isna(found["limit"])


def test_quantiles_are_the_counts_that_so_many_draws_do_not_exceed():
    """Of 6 to 15 in ten draws: one does not exceed 6, three 8, five 10, eight 13, nine 14, all 15."""
    found = odds_of(facts_of(street({"A": FULL}, {"a": TEN_DRAWS}, draws=10)))
    assert list(found.quantiles.values()) == [6, 6, 8, 10, 13, 14, 15]
    assert set(found.quantile_errors) == set(QUANTILES)


def test_classes_needed_are_told_where_they_are_in_question():
    """
    6 to 15 children at 10 a class: one class surely, two in 5 of ten draws, never three.

    With a cap of 4: two surely, three above 8 (7 draws), four above 12 (3).
    """
    facts = facts_of(street({"A": FULL}, {"a": TEN_DRAWS}, draws=10))
    assert odds_of(facts).classes_odds() == {1: 1.0, 2: 0.5}
    assert odds_of(facts, cap=4).classes_odds() == {2: 1.0, 3: 0.7, 4: 0.3}


def test_of_more_classes_than_needed_one_beyond_the_planned_is_told():
    """Three classes planned for 6 children: one is needed; a fourth never."""
    town = street({"A": School(rooms=6)}, {"a": 6}, draws=10, classes={("A", "primary"): 3})
    assert odds_of(facts_of(town)).classes_odds() == {1: 1.0, 4: 0.0}


def test_what_exceeds_in_each_draw_is_what_the_odds_count():
    """A in its draws 6 to 10 of every year, B never; with a cap of 12 A in three."""
    facts = facts_of(street({"A": FULL, "B": School(rooms=4, at=1000)}, {"a": TEN_DRAWS, "b": 3}, draws=10))
    asked = facts.simulation, facts.plan, facts.policy, 1
    over = exceeding(*asked, [2027, 2028])
    assert over.shape == (3, 2, 10)
    assert over[0, 0].tolist() == [False] * 5 + [True] * 5
    assert not over[1].any()
    assert exceeding(*asked, [2028], cap=12)[0, 0].sum() == 3


def test_demand_of_a_later_grade_is_the_children_in_school():
    """Ten children of grade 1 are grade 2 a year later; entrants are those expected at the door."""
    facts = facts_of(street({"A": FULL}, {"a": TEN_DRAWS}, draws=10))
    assert demand_in(facts.simulation, facts.policy, 1)[0, 0].tolist() == TEN_DRAWS[0].tolist()
    assert set(demand_in(facts.simulation, facts.policy, 2)[0, 0].tolist()) == {10}
