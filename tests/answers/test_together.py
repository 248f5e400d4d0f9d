"""All first levers at once: by hand where two schools send children to the same third."""

from __future__ import annotations

from dataclasses import replace

import pytest

from planner.answers import exceed
from planner.answers.rehearsal import Rehearsal
from planner.answers.together import carry_out_together
from tests.answers.street import TEN_DRAWS, YEAR, School, street_run

CATCHMENTS = {"a1": "A", "a2": "A", "b1": "B", "b2": "B", "c1": "C"}


def two_to_one(rooms: int):
    """A and C have 6 to 15 children each, above one class of 10 in the same 5 draws; B between them has 6."""
    return street_run(
        schools={
            "B": School(rooms=rooms, pupils=(10, 10, 10), at=300),
            "C": School(rooms=3, pupils=(10, 10, 10), at=600),
        },
        catchments=CATCHMENTS,
        entrants={"c1": TEN_DRAWS + 5},
    )


def test_what_helps_each_alone_may_be_too_much_together():
    """
    Each diverts 4 to B, which has 10 then, and no room for more; both make 14 in every draw.

    A and C stay below the level (15 - 4 = 11 in one draw), B does not.
    """
    answer = exceed(two_to_one(rooms=3), grade=1, year=YEAR, levers=True)
    assert [lever.to for levers in answer.levers.values() for lever in levers] == [("B",), ("B",)]
    together = answer.together
    assert together is not None
    assert (together.levers, together.p_any, together.error_any) == (2, 1.0, 0.0)
    assert together.at_risk == (("B", 1),)
    assert answer.lever_lines()[-1] == (
        "All first levers that work together (2): the probability that at least one school exceeds its cap goes from"
        " 50% to >90%; at 20% or more remain B."
    )


def test_a_receiver_of_several_opens_the_classes_that_all_need():
    """With a second free room B opens a second class for its 14: only 15 - 4 at A and C remain, in the same draw."""
    together = exceed(two_to_one(rooms=4), grade=1, year=YEAR, levers=True).together
    assert together is not None
    assert (together.p_any, together.at_risk) == (0.1, ())
    assert together.error_any == pytest.approx(0.0949, abs=1e-4)
    classes = {entry["school"]: entry["classes"] for entry in together.edits["classes"]}
    assert classes == {"A": 1, "B": 2, "C": 1}
    assert [entry["from_school"] for entry in together.edits["diversions"]] == ["A", "C"]
    assert together.as_json()["p_any"] == 0.1


def test_schools_without_a_lever_remain():
    """B has 25 in one class: C, with 5, can take no more than 5 of them, which changes nothing. A sends 4 to C."""
    run = street_run(
        schools={"C": School(rooms=3, pupils=(10, 10, 10), at=600)},
        catchments=CATCHMENTS,
        entrants={"b1": 23, "c1": 5},
    )
    answer = exceed(run, grade=1, year=YEAR, levers=True)
    assert answer.together is not None
    assert answer.together.at_risk == (("B", 1),)
    assert (answer.together.levers, answer.together.p_any) == (1, 1.0)


def test_of_two_levers_that_move_a_block_the_first_holds():
    run = street_run(schools={"B": School(rooms=4, pupils=(10, 10, 10), at=300)})
    (lever,) = [
        lever
        for lever in exceed(run, grade=1, year=YEAR, levers=True).levers["A", 1]
        if lever.kind == "blocks"
    ]
    again = replace(lever, edits={"catchments": [dict(lever.edits["catchments"][0], schools=["J"])]})
    done = carry_out_together(Rehearsal.of(run, YEAR), [lever, again], grades=[1], cap=None, level=0.2)
    assert [entry["schools"] for entry in done.edits["catchments"]] == [["B"]]


def test_later_grades_that_are_split_count_as_formed():
    """12 children in grade 2, split by rule: above 10 in the class they had, and not in the two they have then."""
    run = street_run(
        schools={"A": School(rooms=4, pupils=(12, 10, 10), classes=(1, 1, 1))}, entrants={"a2": 0}
    )
    answer = exceed(run, grade=2, year=YEAR, levers=True)
    assert answer.p_any == 1.0
    assert answer.together is not None
    assert (answer.together.p_any, answer.together.at_risk, dict(answer.together.edits)) == (0.0, (), {})
