"""Classes formed by the sizes that schools had in the past, in a simulation, its odds and its notes."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from planner.capacity import class_counts
from planner.outcomes import planned_classes
from tests.plan.made import applied, plan_of
from tests.scenario.town import town, town_policy
from tests.simulation.town import COUNTED, POLICY, School, Town, build_town

PAST = 20
"""Years in which a class more was formed above 7 children."""


def learning(formation: str) -> Town:
    """Return A, with 9 rooms and grades of 14, whose cap is 10, and 20 years of classes of at most 7."""
    policy = POLICY.model_copy(
        update={"classes": POLICY.classes.model_copy(update={"formation": formation, "learned": True})}
    )
    held = build_town(
        {"A": School(rooms=9, pupils=(14, 14, 14), classes=(2, 2, 2)), "J": School("4-5", rooms=4, at=9000)},
        {"primary": {"a": "A"}, "junior": {"a": "J"}},
        entrants={"primary": {"a": 15}, "junior": {}},
        policy=policy,
    )
    return replace(held, district=held.district.with_tables(enrolment=_with_past(held.district["enrolment"])))


def _with_past(enrolment: pd.DataFrame) -> pd.DataFrame:
    past = pd.DataFrame(
        [
            {"school": "A", "grade": grade, "year": COUNTED - 1 - back, "pupils": pupils, "classes": classes}
            for back in range(PAST)
            for grade, (pupils, classes) in enumerate(
                [(7, 1), (14, 2), (15, 3), (8, 2)][back % 4 :][:1] * 3, 1
            )
        ]
    )
    return pd.concat([enrolment, past.reindex(columns=enrolment.columns).astype(enrolment.dtypes)])


@pytest.mark.parametrize("formation", ["kept", "reformed"])
def test_entrants_are_divided_by_the_size_learned(formation: str):
    """15 entrants need 2 classes of 10, and form 3 as in the past; without learning, 2."""
    town_ = learning(formation)
    done = town_.simulate()
    assert done.classes[0, 0, :, 0].tolist() == [3, 3]
    assert town_.simulate(POLICY).classes[0, 0, 0, 0] == 2
    assert planned_classes(done, town_.plan, town_.policy, 0)[0].tolist() == [3, 3]


def test_a_size_asks_for_no_room_that_is_not_free():
    """With 6 rooms the 14 and 14 of grades 2 and 3 need 2 each, and 2 are left for the 15 entrants."""
    narrow = learning("reformed")
    rooms = narrow.capacity.rooms.copy()
    rooms[0] = 6
    done = replace(narrow, capacity=narrow.capacity.with_rooms(rooms)).simulate()
    assert done.classes[0, :3, 0, 0].tolist() == [2, 2, 2]


def test_classes_come_from_rolls_and_from_class_lists():
    """A year group counted in enrolment is not counted again from its list; one without classes there is."""
    district = learning("kept").district
    enrolment = district["enrolment"].copy()
    gone = (enrolment["year"] == COUNTED) & (enrolment["grade"] == 1) & (enrolment["school"] == "A")
    enrolment.loc[gone, "classes"] = pd.NA
    lists = pd.DataFrame(
        [
            {"school": "A", "year": COUNTED, "grade": grade, "class": str(number), "pupils": 5}
            for grade in (1, 2)
            for number in range(3)
        ]
    ).astype(district["classes"].dtypes)
    counts = class_counts(district.with_tables(enrolment=enrolment, classes=lists))
    now = counts[(counts["year"] == COUNTED) & (counts["school"] == "A")].set_index("grade")
    assert now.loc[1, ["pupils", "classes"]].tolist() == [15, 3]
    assert now.loc[2, ["pupils", "classes"]].tolist() == [14, 2]


def test_the_plan_says_that_too_few_classes_are_counted():
    """The town counts classes once, for fewer than 30 year groups: the caps alone decide, and the plan says so."""
    rules = town_policy().classes.model_copy(update={"learned": True})
    notes = [str(note) for note in plan_of(applied(policy=town_policy(classes=rules))).notes]
    assert any("the caps alone decide" in note for note in notes)
    assert not any("sizes" in str(note) for note in plan_of(applied()).notes)


def test_the_plan_says_at_which_sizes_classes_are_formed():
    """60 year groups with classes, of 14 in 2 classes and 15 in 3: one class more above 7 children."""
    district = town()
    enrolment = district["enrolment"].assign(classes=pd.array([pd.NA] * len(district["enrolment"]), "Int64"))
    past = pd.DataFrame(
        [
            {
                "school": "A",
                "grade": 1 + n % 3,
                "year": 2024 - n // 3,
                "pupils": 14 + n % 2,
                "classes": 2 + n % 2,
            }
            for n in range(60)
        ]
    )
    whole = pd.concat([enrolment, past.reindex(columns=enrolment.columns).astype(enrolment.dtypes)])
    rules = town_policy().classes.model_copy(update={"learned": True})
    plan = plan_of(applied(district.with_tables(enrolment=whole), policy=town_policy(classes=rules)))
    (note,) = [str(note) for note in plan.notes if "one class more" in str(note)]
    assert "year groups): by grade 1: 7." in note
