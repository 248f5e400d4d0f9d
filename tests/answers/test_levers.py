"""Levers, counted by hand on a street of ten draws; level 20 %: at most one draw of ten may exceed the cap of 10."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from planner.answers import Answer, Lever, exceed
from planner.answers.levers import _divided
from tests.answers.street import TEN_DRAWS, YEAR, School, street_run
from tests.simulation.town import STRICT

if TYPE_CHECKING:
    from planner.pipeline import Run

ROOMY = School(rooms=4, pupils=(10, 10, 10), at=300)
"""B with a second free room."""


def levers_of(run: Run, school: str = "A", grade: int = 1, **asked: Any) -> dict[str, Lever]:
    found = exceed(run, grade=grade, year=YEAR, levers=True, **asked).levers
    return {lever.kind: lever for lever in found.get((school, grade), [])}


def stated(lever: Lever, table: str) -> list[dict[str, Any]]:
    return [dict(entry) for entry in lever.edits.get(table, ())]


def classes_of(lever: Lever) -> dict[str, int]:
    return {entry["school"]: entry["classes"] for entry in stated(lever, "classes")}


def test_without_levers_there_are_none():
    """A expects 6 to 15 children in one class of 10: above in 5 of 10 draws."""
    answer = exceed(street_run(), grade=1, year=YEAR)
    assert answer.levers == {}
    assert answer.table.set_index("school")["p_over_planned"].to_dict() == {"A": 0.5, "B": 0.0}


def test_the_fewest_children_are_diverted():
    """15, 14, 13, ...: with 4 fewer only 15 - 4 = 11 is above 10; with 3 fewer 14 - 3 = 11 would be, too."""
    lever = levers_of(street_run())["divert"]
    assert str(lever.text) == "Divert 4 entrants to B."
    assert (lever.p_over, lever.worst_elsewhere, lever.children, lever.works) == (0.1, 0.0, 4.0, True)
    assert stated(lever, "diversions") == [
        {
            "from_school": "A",
            "to_school": "B",
            "stage": "primary",
            "since": YEAR,
            "until": YEAR,
            "children": 4,
        }
    ]
    assert classes_of(lever) == {"A": 1, "B": 1}


def test_one_child_is_one_entrant():
    """6 to 11 children: above 10 in 2 of 10 draws, one fewer is enough."""
    run = street_run(entrants={"a2": np.array([1, 2, 3, 4, 5, 5, 5, 5, 6, 6])})
    assert str(levers_of(run)["divert"].text) == "Divert 1 entrant to B."


def test_a_class_in_a_free_room_comes_first():
    """With 4 rooms two are free: two classes hold 20."""
    found = levers_of(street_run(schools={"A": School(rooms=4, pupils=(10, 10, 10))}))
    assert next(iter(found)) == "class"
    lever = found["class"]
    assert str(lever.text) == "Open 1 more class in a free room: 2 instead of 1."
    assert (lever.p_over, lever.p_room, lever.works, lever.to) == (0.0, 1.0, True, ())
    assert classes_of(lever) == {"A": 2}


def test_where_a_class_helps_but_does_not_suffice_the_others_come_on_top():
    """
    16 to 25 children: always above one class, above two (20) in 5 draws.

    Diverting 4 on top leaves 25 - 4 = 21 alone above 20.
    """
    run = street_run(
        schools={
            "A": School(rooms=4, pupils=(10, 10, 10)),
            "B": School(rooms=5, pupils=(10, 10, 10), at=300),
        },
        entrants={"a2": TEN_DRAWS + 10},
        classes={("A", "primary"): 1},
    )
    found = levers_of(run)
    assert (found["class"].p_over, found["class"].works) == (0.5, False)
    lever = found["divert"]
    assert str(lever.text) == "Open 1 more class in a free room: 2 instead of 1. Divert 4 entrants to B."
    assert (lever.p_over, lever.works, classes_of(lever)["A"]) == (0.1, True, 2)


def test_several_classes_are_named_in_the_plural():
    """26 to 35 children in one class; 4 rooms are free: 35 need all of them, 30 is above in 5 draws."""
    run = street_run(
        schools={"A": School(rooms=6, pupils=(10, 10, 10))},
        entrants={"a2": TEN_DRAWS + 20},
        classes={("A", "primary"): 1},
    )
    assert str(levers_of(run)["class"].text) == "Open 3 more classes in free rooms: 4 instead of 1."


def test_the_receiver_opens_a_class_where_it_needs_one():
    """B has 9 in one class; 4 more are 13, in two classes, for which it has a room."""
    run = street_run(schools={"B": ROOMY}, entrants={"b1": 7})
    lever = levers_of(run)["divert"]
    assert str(lever.text) == "Divert 4 entrants to B. B opens 1 more class in a free room: 2 in all."
    assert (lever.works, classes_of(lever)) == (True, {"A": 1, "B": 2})


def test_no_school_is_filled_up_to_the_level():
    """B has 9 and no room: it takes 1. Then 15 - 1, ..., 12 - 1 are above 10, in 4 draws: helpful, not enough."""
    lever = levers_of(street_run(entrants={"b1": 7}))["divert"]
    assert (lever.p_over, lever.worst_elsewhere, lever.children, lever.works) == (0.4, 0.0, 1.0, False)


def test_a_school_that_is_full_takes_nobody():
    """B has 10 in one class: no child can be diverted there, no block can move there."""
    assert levers_of(street_run(entrants={"b1": 8})) == {}


def test_a_limit_of_the_plan_holds_for_diverted_children():
    """B has 6 and may admit 8."""
    lever = levers_of(street_run(limits={("B", "primary"): 8}))["divert"]
    assert stated(lever, "diversions")[0]["children"] == 2


def test_children_are_divided_where_no_school_takes_them_all():
    """4 have to go; B has 8 and C has 7 children: 2 go to B, the nearer, and 2 to C."""
    run = street_run(
        schools={"C": School(rooms=3, pupils=(10, 10, 10), at=400)},
        catchments={"a1": "A", "a2": "A", "b1": "B", "b2": "B", "c1": "C"},
        entrants={"b1": 6, "c1": 7},
    )
    lever = levers_of(run)["divert"]
    assert str(lever.text) == "Divert 4 entrants to B (2), C (2)."
    assert (lever.p_over, lever.worst_elsewhere, lever.children, lever.works) == (0.1, 0.0, 4.0, True)


def test_how_children_are_divided():
    """To the first that takes all; else to the fewest who together can; else as far as the three largest reach."""
    assert _divided(4, {"B": 3, "C": 5, "D": 9}) == {"C": 4}
    assert _divided(9, {"B": 1, "C": 5, "D": 4}) == {"C": 5, "D": 4}
    assert _divided(20, {"B": 2, "C": 5, "D": 4, "E": 3}) == {"C": 5, "D": 4, "E": 3}


def test_a_school_that_is_closed_takes_nobody():
    """C, nearest to A, has closed: children go to B."""
    run = street_run(schools={"C": School(rooms=9, at=50, open_to=YEAR - 1)})
    assert levers_of(run)["divert"].to == ("B",)


def test_a_school_that_the_scenario_sends_children_to_already_is_left_alone():
    """A pasted diversion between the same schools would replace the scenario's."""
    says = {"diversions": [{"from_school": "A", "to_school": "B", "since": YEAR, "children": 1}]}
    assert "divert" not in levers_of(street_run(says=says))


def test_blocks_along_the_border_move():
    """
    a2 (1 to 10 children) touches B's blocks, A stands in a1. Without a2, A has 5 in every draw.

    B then has 6 + 1 to 10 children, 7 to 16: two classes, for which it has rooms.
    """
    lever = levers_of(street_run(schools={"B": ROOMY}))["blocks"]
    assert (
        str(lever.text)
        == "Move block a2 to the catchment of B. B opens 1 more class in a free room: 2 in all."
    )
    assert (lever.p_over, lever.worst_elsewhere, lever.works) == (0.0, 0.0, True)
    assert lever.children == pytest.approx(5.5)
    assert stated(lever, "catchments") == [
        {"blocks": ["a2"], "schools": ["B"], "stage": "primary", "since": YEAR}
    ]


def test_a_block_does_not_move_where_it_would_fill_the_receiver():
    """B with one class of 10 would have 7 to 16 children."""
    assert "blocks" not in levers_of(street_run())


def test_the_block_on_which_a_school_stands_stays():
    """All of A's children live around A, in a1: moving a2, where nobody lives, changes nothing."""
    run = street_run(schools={"B": ROOMY}, entrants={"a1": TEN_DRAWS + 5, "a2": 0})
    assert list(levers_of(run)) == ["divert"]


def test_blocks_of_a_joint_catchment_move_with_all_their_children():
    """
    a2 is shared by A and C, a quarter of its 4 to 40 children to A: 6 to 15 in all, as before.

    Moved to B, A keeps 5. C, whose share was three quarters, loses 3 to 30; B gets all of the 22 on average.
    """
    run = street_run(
        schools={
            "C": School(rooms=9, pupils=(10, 10, 10), at=9000),
            "B": School(rooms=9, pupils=(10, 10, 10), at=300),
        },
        catchments={"a1": "A", "a2": "A+C", "a3": "A+C", "b1": "B", "b2": "B"},
        entrants={"a2": 0, "a3": 4 * TEN_DRAWS},
        shares={("A+C", "A"): 0.25, ("A+C", "C"): 0.75},
    )
    lever = levers_of(run)["blocks"]
    assert stated(lever, "catchments")[0]["blocks"] == ["a3"]
    assert (lever.p_over, lever.works, lever.to) == (0.0, True, ("B",))
    assert lever.children == pytest.approx(22)


WING: dict[str, Any] = {
    "project": "wing",
    "school": "A",
    "kind": "expansion",
    "rooms": "2",
    "opens": YEAR + 1,
    "earliest": YEAR,
    "certainty": 0.9,
    "cost_yuan": 3_000_000,
}
FULL_B = {"b1": 8}


def with_project(**changes: Any) -> dict[str, Lever]:
    return levers_of(street_run(projects=[WING | changes], entrants=FULL_B, years=2))


def test_a_project_is_opened_earlier_with_the_classes_it_holds():
    """Two rooms more hold the second class that A needs; B is full."""
    lever = with_project()["project"]
    assert str(lever.text) == (
        f"Open project wing in {YEAR}, not in {YEAR + 1}. It holds 1 more class: 2 instead of 1."
    )
    assert (lever.p_over, lever.works) == (0.0, True)
    assert (lever.yuan, lever.brought_forward) == (3_000_000, True)
    assert stated(lever, "projects") == [{"project": "wing", "opens": YEAR}]
    assert classes_of(lever) == {"A": 2}


@pytest.mark.parametrize(
    "changes",
    [
        {"earliest": YEAR + 1},
        {"status": "stopped"},
        {"kind": "closure", "rooms": "-1"},
        {"rooms": "0"},
        {"school": "B"},
        {"opens": YEAR},
    ],
)
def test_a_project_that_cannot_help_is_no_lever(changes):
    """Not possible so early; stopped; takes rooms away or brings none; another school's; open already."""
    assert "project" not in with_project(**changes)


def test_a_project_that_needs_another_first_is_no_lever():
    """The wing stands on ground that another project clears, a year later."""
    ground = WING | {"project": "ground", "school": "B", "rooms": "0", "earliest": YEAR + 1}
    run = street_run(
        projects=[WING | {"depends_on": "ground"}, ground], entrants=FULL_B | {"a2": TEN_DRAWS}, years=2
    )
    assert "project" not in levers_of(run)


def test_a_project_that_is_not_sure_is_made_sure_and_costs():
    lever = with_project(opens=YEAR, certainty=0.5)["project"]
    assert str(lever.text).startswith(f"Make sure that project wing, dated {YEAR}, is open in {YEAR}.")
    assert (lever.works, lever.brought_forward) == (True, False)


def test_a_project_without_a_date_is_given_one():
    lever = with_project(opens=None, cost_yuan=None)["project"]
    assert str(lever.text).startswith(f"Open project wing, which is not dated, in {YEAR}.")
    assert lever.yuan is None


def test_a_project_that_the_scenario_delays_is_still_opened_in_the_year():
    """Pasted into a scenario that lets it slip, the entry has to say that it does not."""
    run = street_run(
        projects=[WING], entrants=FULL_B, years=3, says={"projects": [{"project": "wing", "slip": 1}]}
    )
    assert stated(levers_of(run)["project"], "projects") == [{"project": "wing", "opens": YEAR, "slip": 0}]


def test_no_rooms_are_built_where_free_rooms_suffice():
    run = street_run(schools={"A": School(rooms=4, pupils=(10, 10, 10))}, projects=[WING], years=2)
    assert list(levers_of(run)) == ["class", "divert"]


def test_demand_is_asked_before_children_are_turned_away():
    """Where the cap is strict A never seats more than 10, and yet 4 of its children have to go elsewhere."""
    assert levers_of(street_run(policy=STRICT))["divert"].children == 4


def test_another_cap_is_asked_of_every_school_concerned():
    """At 8 children a class A has to send 6 away (14 - 6 = 8); B, with 6, takes 2."""
    lever = levers_of(street_run(), cap=8)["divert"]
    assert (lever.children, lever.worst_elsewhere, lever.works) == (2.0, 0.0, False)


LATER = School(rooms=3, pupils=(12, 10, 10), classes=(1, 1, 1))
"""12 children who are in grade 2 a year later, in one class of 10 at most."""


def test_a_later_grade_is_split_by_rule_where_a_room_is_free():
    twelve = School(rooms=4, pupils=(12, 10, 10), classes=(1, 1, 1))
    run = street_run(schools={"A": twelve}, entrants={"a2": 0})
    lever = levers_of(run, grade=2)["class"]
    assert str(lever.text) == "Split classes where a room is free, as the rule does: 2 instead of 1."
    assert (lever.p_over, lever.works, lever.edits) == (0.0, True, {})


def test_children_of_a_later_grade_move_once_and_no_blocks_do():
    """A's rooms are taken by grades 1-3; B has 9 in grade 2 and takes 1, which does not suffice; without B's 9 it takes 2."""
    run = street_run(
        schools={"A": LATER, "B": School(rooms=3, pupils=(8, 10, 10), at=300)}, entrants={"a2": 5}
    )
    found = levers_of(run, grade=2)
    assert list(found) == ["divert"]
    lever = found["divert"]
    assert str(lever.text) == "Move 2 of its children in grade 2 to B."
    assert (lever.p_over, lever.worst_elsewhere, lever.works) == (0.0, 0.0, True)
    assert stated(lever, "diversions")[0]["grades"] == [2]
    assert "classes" not in lever.edits


def test_rooms_split_a_later_grade():
    run = street_run(
        schools={"A": LATER, "B": School(rooms=3, pupils=(10, 10, 10), at=300)}, projects=[WING], years=2
    )
    lever = levers_of(run, grade=2)["project"]
    assert str(lever.text) == f"Open project wing in {YEAR}, not in {YEAR + 1}."
    assert (lever.p_over, lever.works) == (0.0, True)


def test_inputs_are_not_changed():
    run = street_run(schools={"B": ROOMY}, projects=[WING], years=2)
    before = run.plan.classes.copy(), run.plan.catchment_of.copy(), run.scenario.model_dump()
    levers_of(run)
    assert np.array_equal(run.plan.classes, before[0])
    assert np.array_equal(run.plan.catchment_of, before[1])
    assert run.scenario.model_dump() == before[2]


def test_progress_is_told_school_by_school():
    told: list[tuple[str, int, int]] = []
    answer: Answer = exceed(
        street_run(entrants={"b1": TEN_DRAWS + 5}),
        grade=1,
        year=YEAR,
        levers=True,
        progress=lambda step, done, total: told.append((str(step), done, total)),
    )
    assert len(answer.levers) == 2
    assert told == [("trying levers", 1, 2), ("trying levers", 2, 2)]
