"""Whole classes: never more than the rooms, as good as any, and no class for nobody."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.optimise import Move, propose_on, whole_classes, whole_intakes
from planner.optimise.whole import CLASS, UNPLACED, History, children_around, history, rooms_held, trimmed
from planner.policy.model import ClassRules
from tests.optimise.instances import REFORMED, alone, plan_of, town, two_schools


def _chosen(facts, wanted):
    wanted = np.array([[wanted]], dtype=float)
    held = rooms_held(facts, wanted, history(facts), np.zeros((1, 2, len(facts.years)), dtype=np.int64))
    return whole_intakes(facts, wanted, np.zeros(wanted.shape), held)[0, 0].tolist()


def test_as_many_classes_as_the_children_need_where_rooms_are_free():
    """11, 10 and 25 children need 2, 1 and 3 classes of 10; 6 rooms hold two neighbouring intakes each."""
    assert _chosen(alone([6, 6, 6]), [11, 10, 25]) == [2, 1, 3]


def test_a_class_opened_today_lacks_its_room_tomorrow():
    """
    Three rooms for two grades, 20 children every year: 2, 1, 2 and not 2, 2, 2.

    Two years stay together: neighbouring numbers sum to 3 at most. 2, 1, 2 leaves 10 children above the cap in the
    second intake for its two years (5 of them unplaced, for a class holds 15); 1, 2, 1 does so twice.
    """
    assert _chosen(alone([3, 3, 3]), [20, 20, 20]) == [2, 1, 2]


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.integers(0, 4), min_size=3, max_size=3),
    st.lists(st.integers(0, 38), min_size=3, max_size=3),
)
def test_no_choice_of_whole_classes_is_better(rooms, children):
    """Of all numbers of classes whose neighbouring sums fit the rooms, none leaves less worth without a seat."""
    facts = alone(rooms)

    def worth(classes):
        lacking = sum(
            UNPLACED * max(n - 15 * k, 0) + max(n - 10 * k, 0) * (2 if t < 2 else 1) + CLASS * k
            for t, (n, k) in enumerate(zip(children, classes, strict=True))
        )
        fits = all(k + before <= room for before, k, room in zip((0, *classes), classes, rooms, strict=False))
        return lacking if fits else np.inf

    best = min(worth(classes) for classes in product(range(5), repeat=3))
    assert worth(_chosen(facts, children)) == pytest.approx(best)


def test_classes_of_the_scenario_stand():
    """One class is planned for 25 children, and five for 12: so many they are, where rooms allow."""
    planned = np.array([[[1, 5, -1]]])
    assert _chosen(replace(alone([9, 9, 9]), planned=planned), [25, 12, 20]) == [1, 5, 2]
    assert _chosen(replace(alone([3, 3, 9]), planned=planned), [25, 12, 20]) == [1, 2, 2]


def test_rooms_are_held_by_year_groups_in_school_merged_down_to_what_they_need():
    """18 and 17 children stand in 3 + 2 classes; a year later the first, 18 still, need 2 rooms of 10, and keep them."""
    facts = alone([6, 6, 6], pupils=np.array([[18.0, 17.0]]), classes=np.array([[3.0, 2.0]]))
    known = history(facts)
    assert known.cells[0].tolist() == [[False] * 3, [True, False, False]]
    assert (known.least[0, 1, 0], known.most[0, 1, 0], known.rest[0, 1, 0]) == (2, 2, 0)
    wanted = np.zeros((1, 1, 3))
    assert rooms_held(facts, wanted, known, known.most)[0].tolist() == [2, 0, 0]


def test_where_classes_are_formed_anew_all_later_grades_hold_what_they_need():
    """18 children enter in 2027; as grade 2 they need 2 rooms in 2028, whatever they had."""
    facts = alone([6, 6, 6], rules=REFORMED)
    wanted = np.array([[[18.0, 0, 0]]])
    known = history(facts)
    assert rooms_held(facts, wanted, known, known.least)[0].tolist() == [0, 2, 0]


def test_children_of_a_teaching_point_need_rooms_where_they_go_on():
    """12 of the north school's grade 1 come to the south school, where 9 of its own are: 3 rooms instead of 1."""
    move = Move(grade=1, from_school=0, to_school=1, share=np.ones(2))
    facts = two_schools(
        teaches=np.array([[True, False], [True, True]]),
        moves=(move,),
        growth=np.ones((2, 2, 2)),
        pupils=np.zeros((2, 2)),
        classes=np.zeros((2, 2)),
    )
    wanted = np.array([[[12.0, 0.0]], [[9.0, 0.0]]])
    known = history(facts)
    assert rooms_held(facts, wanted, known, known.least).tolist() == [[0, 0], [0, 2]]


def test_history_counts_a_fraction_of_a_class_as_whole_classes_do():
    """
    38 children in 3 classes at cap 10: they leave 8 above the cap, 4 leave none, and half a class counts 4.

    The linear programme counts max(0, 38 - 35) = 3 there, and 0 at 0.8: that is what its fractions hide.
    """
    facts = alone([9, 9, 9], pupils=np.array([[38.0, 0.0]]), classes=np.array([[3.0, 0.0]]))
    known = history(facts)
    assert isinstance(known, History)
    assert (known.least[0, 1, 0], known.most[0, 1, 0]) == (3, 4)
    assert known.rest[0, 1, 0] * (1 - 0.5) == 4


def test_no_split_is_forced_on_a_year_group_whose_classes_are_overfull():
    """38 children in 2 classes at cap 10 may stay so; a third class takes 10 of the 18 above the cap, a fourth is left out."""
    facts = alone([9, 9, 9], pupils=np.array([[38.0, 0.0]]), classes=np.array([[2.0, 0.0]]))
    known = history(facts)
    assert (known.least[0, 1, 0], known.most[0, 1, 0], known.rest[0, 1, 0]) == (2, 3, 10)


def test_entrants_come_before_the_split_of_an_overfull_class():
    """
    18 in one class at cap 10, 10 entrants, two rooms: a room each, though splitting would seat 8 more within the cap.

    With a third room the class is split, for nobody else wants the room: 2 rooms are held.
    """
    facts = alone(
        [2, 2, 2],
        pupils=np.array([[18.0, 0.0]]),
        classes=np.array([[1.0, 0.0]]),
        demand=np.array([[[10.0, 0.0, 0.0]]]),
    )
    for rooms, above in ((2.0, 8.0), (3.0, 0.0)):
        found = propose_on(plan_of(facts), replace(facts, rooms=np.full((1, 3), rooms)))
        goals = found.whole_goals.set_index("goal")["value"]
        assert found.plan.classes[0, 0].tolist() == [1, 0, 0]
        assert goals["above_cap"] == pytest.approx(0)
        assert goals["unsplit"] == pytest.approx(above)


def test_year_groups_in_school_are_cut_to_the_rooms():
    """18 children bring 2 classes from the teaching point to the 9 of one class; 27 need 3, but there is one room."""
    move = Move(grade=1, from_school=0, to_school=1, share=np.ones(2))
    facts = two_schools(
        teaches=np.array([[True, False], [True, True]]),
        moves=(move,),
        growth=np.ones((2, 2, 2)),
        rooms=np.array([[4.0, 4.0], [3.0, 3.0]]),
    )
    known = history(facts)
    assert known.least[1, 1, 0] == known.most[1, 1, 0] == 3
    known = history(replace(facts, rooms=np.array([[4.0, 4.0], [1.0, 1.0]])))
    assert known.least[1, 1, 0] == known.most[1, 1, 0] == 1


def test_children_around_are_those_who_can_reach_a_school():
    """6 of A's children have no seat in the north; all of A reach the south: 6 around it, none around their own."""
    short = np.array([[[6.0, 0.0]], [[0.0, 0.0]]])
    assert children_around(two_schools(), short)[:, 0].tolist() == [[0, 0], [6, 0]]
    alone = replace(two_schools(), reach=two_schools().own)
    assert children_around(alone, short).sum() == 0


def test_classes_that_nobody_needs_are_not_planned():
    """Three classes for 12 children are two; three that the scenario plans are three."""
    facts = alone([9, 9, 9], planned=np.array([[[-1, 3, -1]]]))
    classes = np.array([[[3, 3, 0]]])
    assert trimmed(facts, classes, np.array([[[12.0, 12.0, 0.0]]])).tolist() == [[[2, 3, 0]]]


def test_least_size_of_a_class_keeps_a_second_one_closed():
    """Of 12 children, at least 8 to a class: one class of 12, for two would be too small; 16 make two."""
    facts = alone([1, 9, 9], years=3, rules=ClassRules(least=8))
    assert _chosen(facts, [16, 12, 0])[1] <= 1 or facts.rooms[0, 0] > 1
    wanted = np.array([[[12.0, 0.0, 0.0]]])
    around = np.array([[[3.0, 0.0, 0.0]]])
    held = np.zeros((1, 3), dtype=np.int64)
    assert whole_intakes(replace(facts, rooms=np.full((1, 3), 9.0)), wanted, around, held)[0, 0, 0] == 1


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.5, 1.1))
def test_classes_never_exceed_the_rooms(seed, tight):
    """Intakes of the years in school and the rooms held by others fit in the rooms; so do the classes of every year."""
    facts = town(seed, tight=tight)
    random = np.random.default_rng(seed)
    wanted = random.uniform(0, 150, facts.planned.shape) * facts.teaches[:, list(facts.first), None]
    known = history(facts)
    held = rooms_held(facts, wanted, known, known.least)
    classes = whole_intakes(facts, wanted, np.zeros(wanted.shape), held)
    used = np.zeros(facts.rooms.shape)
    for e, (first, last) in enumerate(facts.spans):
        for t in range(len(facts.years)):
            used[:, t : t + last - first + 1] += classes[:, e, t, None]
    assert (used <= np.maximum(facts.rooms - held, 0)).all()
    formed = whole_classes(facts, wanted, classes)
    assert (formed.sum(axis=1) <= facts.rooms + facts.short).all()
