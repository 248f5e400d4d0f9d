"""What the intake model is told: the simulation's own entrants, rooms and rules, on the expected path."""

from __future__ import annotations

import numpy as np
import pytest

from planner.district.geography import distance_matrix
from planner.optimise import gather_facts, propose
from planner.plan import Diversion, verify_plan
from planner.policy import Rule
from tests.simulation.town import POLICY, STRICT, School, build_town

PRIMARY = {"primary": {"A": "west", "B": "east"}}
SCHOOLS = {
    "west": School(grades="1-3", rooms=6, at=0, pupils=(10, 10, 10)),
    "east": School(grades="1-5", rooms=8, at=1000, pupils=(20, 20, 18, 10, 10)),
}


def gathered(town, policy=POLICY):
    facts = {
        "district": town.district,
        "policy": policy,
        "capacity": town.capacity,
        "forecast": town.forecast,
        "distances": distance_matrix(town.district, detour=1.3),
    }
    return gather_facts(town.plan, town.forecast.expected(), **facts)


def test_entrants_are_those_who_stay():
    """12 are entitled at A and 2 of them leave: 10 are to be placed, in both years."""
    town = build_town(
        SCHOOLS,
        PRIMARY,
        entrants={"primary": {"A": 12, "B": [20, 8]}},
        leaving={"primary": {"A": 2}},
    )
    facts = gathered(town)
    assert facts.demand[0].tolist() == [[10, 10], [20, 8]]
    assert facts.doors[0].sum() == 0
    assert facts.spans == ((1, 3), (4, 5))


def test_those_who_choose_or_come_from_outside_stand_at_the_door():
    """A quarter of A's 12 choose the east school, and 3 come there from other districts: 9 at A, 3 + 3 at its door."""
    town = build_town(
        SCHOOLS,
        PRIMARY,
        entrants={"primary": {"A": 12, "B": 20}},
        arriving={"primary": {"east": 3}},
        choice={("primary", "A", "east"): 0.25},
    )
    facts = gathered(town)
    assert facts.demand[0, :, 0].tolist() == [9, 20]
    assert facts.doors[0, :, 0].tolist() == [0, 6]


def test_own_leavers_of_a_nine_year_school_stand_at_its_door():
    """
    Of the 28 leavers of grade 3, the 18 of the east school stay on by right; the 10 of the west school are spread.

    The children of the age at B are the east school's own, so all 10 live in A: demand 10 and 0.
    """
    town = build_town(
        SCHOOLS,
        {**PRIMARY, "junior": {"A": "east", "B": "east"}},
        entrants={"primary": {"A": 10, "B": 20}, "junior": {"A": 10, "B": 18}},
        feeders=[("east", "east", 1.0)],
    )
    facts = gathered(town)
    assert facts.doors[1, :, 0].tolist() == [0, 18]
    assert facts.demand[1, :, 0].tolist() == [10, 0]


def test_diverted_entrants_stand_at_the_other_door():
    """Half of A's 12 entrants, and half of the 4 who come to its school's door, are sent east in the second year."""
    town = build_town(
        SCHOOLS,
        PRIMARY,
        entrants={"primary": {"A": 12, "B": 20}},
        arriving={"primary": {"west": 4}},
        diversions=(
            Diversion(
                stage="primary", from_school="west", to_school="east", since=2028, until=2030, share=0.5
            ),
        ),
    )
    facts = gathered(town)
    assert facts.demand[0].tolist() == [[12, 6], [20, 20]]
    assert facts.doors[0].tolist() == [[4, 2], [0, 8]]


def test_a_number_of_diverted_children_is_a_part_of_those_expected():
    """6 of 12 are sent east: half of A, and of nobody else."""
    town = build_town(
        SCHOOLS,
        PRIMARY,
        entrants={"primary": {"A": 12, "B": 20}},
        diversions=(
            Diversion(
                stage="primary", from_school="west", to_school="east", since=2027, until=2027, children=6
            ),
        ),
    )
    facts = gathered(town)
    assert facts.demand[0].tolist() == [[6, 12], [20, 20]]
    assert facts.doors[0].tolist() == [[0, 0], [6, 0]]


def test_children_of_a_teaching_point_move_on_to_its_centre():
    """The point ends with grade 1: all its children arrive at the centre in grade 2, in both years."""
    schools = {
        "point": School(grades="1", rooms=1, at=0, pupils=(8,)),
        "centre": School(grades="1-3", rooms=6, at=900),
    }
    town = build_town(
        schools,
        {"primary": {"A": "point", "B": "centre"}},
        entrants={"primary": {"A": 8, "B": 9}},
        feeders=[("point", "centre", 1.0)],
    )
    facts = gathered(town)
    (move,) = facts.moves
    assert (facts.grades[move.grade], move.from_school, move.to_school, move.share.tolist()) == (
        2,
        0,
        1,
        [1, 1],
    )
    intake = np.zeros((2, 2, 2))
    assert facts.roll(intake)[:, :3, 0].tolist() == [[0, 0, 0], [0, 8, 0]]


def test_children_of_a_school_that_closes_move_to_the_next():
    """The west school closes after 2027: in 2028 its children of grades 1 and 2 are at the east school."""
    schools = {**SCHOOLS, "west": School(grades="1-3", rooms=6, at=0, pupils=(10, 10, 10), open_to=2027)}
    town = build_town(
        schools, {"primary": {"A": "east", "B": "east"}}, entrants={"primary": {"A": 5, "B": 5}}
    )
    facts = gathered(town)
    assert {(facts.grades[move.grade], *move.share.tolist()) for move in facts.moves} == {
        (2, 0, 1),
        (3, 0, 1),
    }
    pupils = facts.roll(np.zeros((2, 2, 2)))
    assert pupils[1, 2].tolist() == [20, 20 + 10]


def test_later_grades_diverted_move_once():
    """Half of grade 2 is sent east in 2028: of the year group, not of every year's."""
    town = build_town(
        SCHOOLS,
        PRIMARY,
        entrants={"primary": {"A": 10, "B": 20}},
        diversions=(
            Diversion(
                stage="primary",
                from_school="west",
                to_school="east",
                since=2028,
                until=2028,
                share=0.5,
                grades=(2,),
            ),
        ),
    )
    (move,) = gathered(town).moves
    assert move.share.tolist() == [0, 0.5]


def test_a_strict_policy_has_no_class_above_the_cap():
    """`worst` is 15 children, or the cap of 10 where entrants above it are turned away."""
    town = build_town(SCHOOLS, PRIMARY, entrants={"primary": {"A": 12, "B": 20}})
    assert gathered(town).worst.tolist() == [[15, 15], [15, 15]]
    assert gathered(town, STRICT).worst.tolist() == [[10, 10], [10, 10]]


def test_reach_follows_the_walk_and_overflow_follows_the_order():
    """
    Four schools, 1.3 km of way apart: the block at the first reaches the three nearest; with a walk of 4 km, all.

    Children at a school's door can go where the plan offers its overflow.
    """
    schools = {name: School(rooms=3, at=1000.0 * place) for place, name in enumerate(("p", "q", "r", "s"))}
    town = build_town(
        schools,
        {"primary": {"A": "p"}},
        entrants={"primary": {"A": 9}},
        homes={"A": 0.0},
        order={"p": ["r"], "q": [], "r": [], "s": []},
    )
    assert gathered(town).reach[0, 0, :, 0].tolist() == [True, True, True, False]
    walk = POLICY.with_rules([Rule(rule="walk", at_most=4000, source="by hand")])
    assert gathered(town, walk).reach[0, 0, :, 0].tolist() == [True] * 4
    assert gathered(town).door_reach[0, 0, :, 0].tolist() == [True, False, True, False]


def test_school_sizes_are_those_of_campus_and_legal_school():
    """At most 50 children each, 60 where grades 1-5 are taught; two campuses that together teach 1-5 are one school of 60."""
    rules = [
        Rule(rule="school_size", level="school", at_most=50, source="by hand"),
        Rule(rule="school_size", level="school", schools="1-5", at_most=60, source="by hand"),
    ]
    schools = {
        "west": School(grades="1-3", at=0, group="W"),
        "east": School(grades="1-5", at=1000, group="W"),
        "far": School(grades="1-3", at=5000),
    }
    town = build_town(schools, {"primary": {"A": "west"}}, entrants={"primary": {"A": 5}})
    facts = gathered(town, POLICY.with_rules(rules))
    assert facts.size[:, 0].tolist() == [50, 60, 50]
    assert facts.groups == {"W": (0, 1)}
    assert facts.group_size.tolist() == [[60, 60]]


def test_proposal_for_a_town_passes_the_verifier_and_seats_everybody():
    """A is short of rooms, the east school is not: the plan fits rooms and order, and leaves nobody unplaced."""
    schools = {
        "west": School(grades="1-3", rooms=3, at=0, pupils=(10, 10, 10)),
        "east": School(grades="1-5", rooms=20, at=1000, pupils=(20, 20, 18, 10, 10)),
    }
    catchments = {**PRIMARY, "junior": {"A": "east", "B": "east"}}
    town = build_town(
        schools,
        catchments,
        entrants={"primary": {"A": 24, "B": 10}},
        years=3,
        policy=STRICT,
        order={"west": ["east"]},
    )
    found = propose(
        town.plan,
        town.forecast.expected(),
        district=town.district,
        policy=STRICT,
        capacity=town.capacity,
        forecast=town.forecast,
        distances=distance_matrix(town.district, detour=1.3),
    )
    assert verify_plan(found.plan, district=town.district, policy=STRICT, capacity=town.capacity) == []
    assert found.whole_goals["value"].iloc[0] == pytest.approx(0)
    assert found.plan.classes[0, 0].tolist() == [1, 1, 1]
    assert (found.flows["school"] == "east").all()
