"""Rooms, seats, overflow and classes of the intake."""

from __future__ import annotations

import numpy as np

from tests.simulation.town import POLICY, STRICT, School, build_town

FULL = School(rooms=3, pupils=(10, 10, 10))
"""One class a grade: the class of grade 3 leaves, so one room is free each year."""
J = School("4-5", rooms=12, at=9000)


def town(schools, entrants, **options):
    held = {
        "primary": {name.lower(): name for name in schools},
        "junior": {name.lower(): "J" for name in schools},
    }
    return build_town(schools | {"J": J}, held, entrants={"primary": entrants, "junior": {}}, **options)


def at(figures, simulation, school, year=0):
    return int(figures[simulation.schools.index(school), 0, year, 0])


def test_a_strict_school_turns_away_above_the_cap_and_others_take_in_what_they_have_seats_for():
    """
    A has one room for 13 children: 10 are seated, 3 turned away. B has one room for its 8: 2 of the 3 fit, 1 is
    unplaced, entitled again at A a year later: 13 + 1 = 14 expected of 13 + 8 + 1 = 22 entitled.
    """
    done = town(
        {"A": FULL, "B": School(rooms=3, at=1000, pupils=(5, 5, 5))}, {"a": 13, "b": 8}, policy=STRICT
    ).simulate()
    assert at(done.turned_away, done, "A") == 3
    assert at(done.received, done, "B") == 2
    assert at(done.unplaced, done, "A") == 1
    assert done.placements == (("primary", "A", "B"),)
    assert done.placed[0, :, 0].tolist() == [2, 2]
    assert at(done.demand, done, "A", year=1) == 14
    assert done.entitled[0, :, 0].tolist() == [21, 22]


def test_a_school_that_is_not_strict_seats_its_own_above_the_cap():
    """The same 13 children sit in A's one class, 3 above the cap; nobody is turned away."""
    done = town({"A": FULL, "B": School(rooms=3, at=1000, pupils=(5, 5, 5))}, {"a": 13, "b": 8}).simulate()
    assert at(done.turned_away, done, "A") == 0
    assert at(done.above_cap, done, "A") == 3
    assert done.pupils[0, 0, 0, 0] == 13


def test_above_the_worst_class_children_go_first_where_seats_are_within_the_cap_then_above():
    """
    A has one room for 22 children: 15 at worst, 7 are turned away. B, nearer, is full within the cap with its 10;
    C has 6 of 10 seats taken. Within the cap C takes 4; then B, first in the order, takes the last 3 above the cap.
    """
    schools = {
        "A": FULL,
        "B": School(rooms=3, at=1000, pupils=(10, 10, 10)),
        "C": School(rooms=3, at=3000, pupils=(6, 6, 6)),
    }
    done = town(schools, {"a": 22, "b": 10, "c": 6}).simulate()
    assert at(done.turned_away, done, "A") == 7
    assert (at(done.received, done, "B"), at(done.received, done, "C")) == (3, 4)
    assert (at(done.above_cap, done, "A"), at(done.above_cap, done, "B")) == (5, 3)
    assert at(done.unplaced, done, "A") == 0


def test_children_are_offered_in_the_plans_order_not_by_distance():
    """C stands before B in A's order; both have room for all 3 who are turned away."""
    schools = {"A": FULL, "B": School(rooms=3, at=1000), "C": School(rooms=3, at=3000)}
    done = town(schools, {"a": 13}, policy=STRICT, order={"A": ["C", "B"]}).simulate()
    assert (at(done.received, done, "B"), at(done.received, done, "C")) == (0, 3)


def test_schools_that_want_the_same_seats_share_them_in_proportion():
    """A and B turn away 4 and 2 children; C has 3 seats left: 2 and 1."""
    schools = {
        "A": FULL,
        "B": School(rooms=3, at=200, pupils=(10, 10, 10)),
        "C": School(rooms=3, at=100, pupils=(7, 7, 7)),
    }
    done = town(schools, {"a": 14, "b": 12, "c": 7}, policy=STRICT, order={"A": ["C"], "B": ["C"]}).simulate()
    assert done.placements == (("primary", "A", "C"), ("primary", "B", "C"))
    assert done.placed[:, 0, 0].tolist() == [2, 1]
    assert (at(done.unplaced, done, "A"), at(done.unplaced, done, "B")) == (2, 1)


def test_an_intake_limit_of_the_plan_holds_under_any_policy():
    """A could seat all 8 in its free room, but the plan lets in 6; B, without a limit, takes the other 2."""
    for policy in (POLICY, STRICT):
        schools = {"A": FULL, "B": School(rooms=3, at=1000)}
        done = town(schools, {"a": 8}, policy=policy, limits={("A", "primary"): 6}).simulate()
        assert done.pupils[:2, 0, 0, 0].tolist() == [6, 2]


def test_a_limit_also_stops_what_a_school_takes_in():
    """B has a free room but a limit of 1: of A's 3 who are turned away 1 is received."""
    done = town(
        {"A": FULL, "B": School(rooms=3, at=1000)}, {"a": 13}, policy=STRICT, limits={("B", "primary"): 1}
    ).simulate()
    assert at(done.received, done, "B") == 1


def test_without_a_room_there_is_no_class_and_no_child():
    """
    B's rooms are all taken by 2 classes each in grades 1 and 2 that move up: 4 classes in 3 rooms, one borrowed.

    Its 5 entrants are turned away though the policy is not strict, and sit in A.
    """
    schools = {"A": School(rooms=9), "B": School(rooms=3, at=1000, pupils=(20, 20, 0))}
    done = town(schools, {"b": 5}).simulate()
    assert at(done.free, done, "B") == 0
    assert (at(done.turned_away, done, "B"), at(done.received, done, "A")) == (5, 5)
    assert done.borrowed[1, 0, 0] == 1
    assert done.classes[1, 0, 0, 0] == 0


def test_more_classes_than_planned_are_opened_when_children_need_them():
    """One class is planned, 18 children need two, two rooms are free."""
    done = town(
        {"A": School(rooms=4, pupils=(10, 10, 10))}, {"a": 18}, classes={("A", "primary"): 1}
    ).simulate()
    assert done.classes[0, 0, 0, 0] == 2


def test_planned_classes_are_opened_while_each_has_the_least_number_of_children():
    """Three classes are planned for 9 children, of at least 4 each: two are opened; by rule it would be one."""
    least = POLICY.model_copy(update={"classes": POLICY.classes.model_copy(update={"least": 4})})
    schools = {"A": School(rooms=9)}
    planned = town(schools, {"a": 9}, policy=least, classes={("A", "primary"): 3}).simulate()
    by_rule = town(schools, {"a": 9}, policy=least).simulate()
    assert planned.classes[0, 0, 0, 0] == 2
    assert by_rule.classes[0, 0, 0, 0] == 1


def nine_year(rooms, primary, leavers):
    """N teaches grades 1-5 with one class each in grades 1, 2 and 4 to move up, and keeps its leavers of grade 3."""
    return build_town(
        {"N": School("1-5", rooms=rooms, pupils=(10, 10, leavers, 10, 0))},
        {"primary": {"n": "N"}, "junior": {"n": "N"}},
        entrants={"primary": {"n": primary}, "junior": {"n": 10}},
        feeders=[("N", "N", 1.0)],
    ).simulate()


def test_two_stages_of_a_campus_compete_for_its_rooms_by_need():
    """
    7 rooms less 3 classes that continue are 4. Primary needs 3 classes for 30 children, junior 2 for 20.

    One room each first; of the other two, needs of 2 and 1 more make 1.33 and 0.67: 2 and 2 in all.
    """
    done = nine_year(7, 30, 20)
    assert done.free[0, :, 0, 0].tolist() == [2, 2]
    assert done.classes[0, [0, 3], 0, 0].tolist() == [2, 2]
    assert done.above_cap[0, :, 0, 0].tolist() == [10, 0]


def test_the_last_free_room_goes_to_the_stage_that_needs_more():
    """4 rooms less 3 are 1: junior, with 20 children to primary's 10, has it."""
    assert nine_year(4, 10, 20).free[0, :, 0, 0].tolist() == [0, 1]


def test_each_stage_has_what_it_needs_where_there_is_enough():
    """6 rooms less 3 are 3, needs are 1 and 2."""
    assert nine_year(6, 10, 20).free[0, :, 0, 0].tolist() == [1, 2]


def test_classes_that_continue_are_merged_to_what_the_cap_needs_when_rooms_are_counted():
    """12 children in 3 classes move up to grade 2; they need 2 of A's 3 rooms, so one is free for the intake."""
    done = town({"A": School(rooms=3, pupils=(12, 0, 0), classes=(3, 0, 0))}, {"a": 10}).simulate()
    assert at(done.free, done, "A") == 1
    assert done.classes[0, :2, 0, 0].tolist() == [1, 2]


REFORMED = POLICY.model_copy(
    update={"classes": POLICY.classes.model_copy(update={"formation": "reformed"})},
)


def test_one_child_above_the_cap_of_later_grades_takes_no_room_from_the_intake_where_classes_are_re_formed():
    """
    A has 6 rooms for 3 grades. 21 children a grade move up, who need 3 classes each: no room would be left.

    Formed anew, the intake has its grade's part, 2 rooms and 20 seats; 21 children are two classes in every grade,
    11 in the largest. Where classes are kept, the two classes a grade keep two rooms each, and 2 are left as well.
    """
    school = {"A": School(rooms=6, pupils=(21, 21, 21))}
    done = town(school, {"a": 20}, policy=REFORMED).simulate()
    assert (at(done.free, done, "A"), at(done.seats, done, "A")) == (2, 20)
    assert done.classes[0, :3, 0, 0].tolist() == [2, 2, 2]
    assert done.pupils[0, :3, 0, 0].tolist() == [20, 21, 21]


def test_the_intake_has_more_than_its_part_where_other_grades_need_less():
    """Grades 2 and 3 have one class of 10 each: 4 of 6 rooms are free, and 35 entrants are four classes."""
    done = town({"A": School(rooms=6, pupils=(10, 10, 10))}, {"a": 35}, policy=REFORMED).simulate()
    assert at(done.free, done, "A") == 4
    assert done.classes[0, :3, 0, 0].tolist() == [4, 1, 1]


def test_other_grades_keep_a_class_each_where_classes_are_re_formed():
    """Two rooms, 3 grades with children: the part of 0.67 would be one, but grades 2 and 3 have one class each."""
    done = town({"A": School(rooms=2, pupils=(5, 5, 5))}, {"a": 5}, policy=REFORMED).simulate()
    assert at(done.free, done, "A") == 0
    assert done.classes[0, :3, 0, 0].tolist() == [0, 1, 1]


def test_classes_planned_are_opened_where_classes_are_re_formed():
    """Of 6 rooms 4 are planned for 32 entrants: 21 and 21 children of grades 2 and 3 have the other two."""
    school = {"A": School(rooms=6, pupils=(21, 21, 21))}
    done = town(school, {"a": 32}, policy=REFORMED, classes={("A", "primary"): 4}).simulate()
    assert (at(done.free, done, "A"), at(done.seats, done, "A")) == (4, 40)
    assert done.classes[0, :3, 0, 0].tolist() == [4, 1, 1]


def test_classes_of_two_grades_seat_entrants_where_no_room_is_free():
    """
    A has 2 rooms; 4 and 3 children of grades 2 and 3 share a class, which leaves one room and its 10 seats.

    In classes of up to 8 of neighbouring grades 11 first-graders fit: ten by themselves, and one with 4 and 3 others
    (1 + 4 + 3 = 8). Of 12 entrants the last goes to B.
    """
    small = POLICY.model_copy(
        update={
            "strict": True,
            "classes": POLICY.classes.model_copy(update={"formation": "reformed", "composite": 8}),
        }
    )
    done = town(
        {"A": School(rooms=2, pupils=(4, 3, 0)), "B": School(rooms=3, at=1000)}, {"a": 12}, policy=small
    ).simulate()
    assert at(done.free, done, "A") == 1
    assert at(done.seats, done, "A") == 11
    assert done.pupils[:2, 0, 0, 0].tolist() == [11, 1]
    assert (done.classes[0, :3, 0, 0] > 0).all()


def test_draws_do_not_touch_each_other():
    """Two draws with 13 and 8 entrants give what either gives alone."""
    both = town(
        {"A": FULL, "B": School(rooms=3, at=1000)}, {"a": np.array([[13, 8]] * 2)}, policy=STRICT, draws=2
    ).simulate()
    assert both.turned_away[0, 0, 0].tolist() == [3, 0]
    assert both.received[1, 0, 0].tolist() == [3, 0]
