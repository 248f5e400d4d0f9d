"""Whole classes: by hand, against a slow plain oracle, and by properties."""

from __future__ import annotations

from math import ceil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.capacity import (
    balanced_sizes,
    children_above,
    classes_at_least,
    classes_needed,
    fewest_classes,
    form_classes,
    free_rooms,
)
from planner.policy import ClassRules

KEPT = ClassRules()
REFORMED = ClassRules(formation="reformed")
NRW = ClassRules(steps=(29, 56, 81, 104, 125, 150), steps_beyond=25)


def formed(
    pupils: list[int],
    carried: list[int],
    rooms: int,
    caps: list[int],
    rules: ClassRules = KEPT,
    wanted: list[int] | None = None,
) -> tuple[list[int], int, int]:
    """Form the classes of one school in one draw: classes by grade, borrowed and shared rooms."""
    result = form_classes(
        np.array(pupils, np.int16)[None, :, None],
        np.array(carried, np.int16)[None, :, None],
        np.array([rooms]),
        caps,
        rules,
        wanted=None if wanted is None else np.array(wanted)[None, :],
    )
    return result.classes[0, :, 0].tolist(), int(result.borrowed[0, 0]), int(result.shared[0, 0])


def by_rule(
    pupils: list[int], carried: list[int], rooms: int, caps: list[int], rules: ClassRules, wanted: list[int]
) -> list[int]:
    """Form kept classes one by one, in the order of the module's text."""
    grades = range(len(pupils))
    need = [int(classes_needed(np.array([pupils[g]]), caps[g], rules)[0]) for g in grades]
    most = [max(need[g], pupils[g] // rules.least) if rules.least > 1 else pupils[g] for g in grades]
    held = [min(carried[g], most[g]) for g in grades]
    continues = [carried[g] > 0 for g in grades]
    size = [rules.split_at - 1 if rules.split_at else caps[g] for g in grades]
    split = [max(held[g], min(ceil(pupils[g] / size[g]), most[g])) for g in grades]
    opened = [need[g] if wanted[g] < 0 else min(wanted[g], most[g]) for g in grades]
    classes = [min(held[g], need[g]) if continues[g] else 0 for g in grades]

    def crowding(g: int) -> float:
        if classes[g] == 0:
            return pupils[g] * 1e6 / caps[g]
        return ceil(pupils[g] / classes[g]) / caps[g]

    for step in (
        [0 if continues[g] else opened[g] for g in grades],
        [held[g] if continues[g] else 0 for g in grades],
        [split[g] if continues[g] else 0 for g in grades],
    ):
        while sum(classes) < rooms and (open_to := [g for g in grades if classes[g] < step[g]]):
            classes[max(open_to, key=lambda g: (crowding(g), -g))] += 1
    return classes


class TestSizes:
    def test_46_children_are_two_classes_of_23(self):
        """The cliff at the cap: 45 in one class, 46 in two of 23."""
        assert formed([46], [0], 2, [45]) == ([2], 0, 0)
        assert formed([45], [0], 2, [45]) == ([1], 0, 0)
        assert [int(part[0]) for part in balanced_sizes(np.array([46]), np.array([2]))] == [23, 2, 23, 0]

    def test_100_children_in_three_classes(self):
        """34 + 33 + 33."""
        assert [int(part[0]) for part in balanced_sizes(np.array([100]), np.array([3]))] == [34, 1, 33, 2]

    def test_no_classes_have_no_size(self):
        """Children without a room are no class."""
        assert [int(part[0]) for part in balanced_sizes(np.array([7]), np.array([0]))] == [0, 0, 0, 0]

    @given(st.integers(0, 400), st.integers(1, 12))
    def test_sizes_add_up_to_the_children(self, pupils: int, classes: int):
        """Of largest and smallest classes, no child is lost and none is counted twice."""
        sizes = balanced_sizes(np.array([pupils]), np.array([classes]))
        largest, of_largest, smallest, of_smallest = (int(part[0]) for part in sizes)
        assert of_largest + of_smallest == classes
        assert largest * of_largest + smallest * of_smallest == pupils
        assert largest == ceil(pupils / classes)
        assert largest - smallest in {0, 1}

    @given(st.integers(0, 400), st.integers(0, 12), st.integers(1, 80))
    def test_classes_at_least_and_children_above_count_single_classes(
        self, pupils: int, classes: int, size: int
    ):
        """The closed forms equal a count over the classes one by one."""
        sizes = [pupils // classes + (number < pupils % classes) for number in range(classes)]
        n, k = np.array([pupils]), np.array([classes])
        assert classes_at_least(n, k, size)[0] == sum(each >= size for each in sizes)
        if classes:
            assert children_above(n, k, size)[0] == sum(max(each - size, 0) for each in sizes)


class TestNeeded:
    def test_nrw_step_table(self):
        """
        Entry classes in North Rhine-Westphalia (§ 6a, recht.nrw.de): <=29 one, 30-56 two, 57-81 three, 82-104
        four, 105-125 five, 126-150 six, then one more per 25.
        """
        groups = [0, 1, 29, 30, 56, 57, 81, 82, 104, 105, 125, 126, 150, 151, 175, 176]
        assert classes_needed(np.array(groups), 29, NRW).tolist() == [
            0,
            1,
            1,
            2,
            2,
            3,
            3,
            4,
            4,
            5,
            5,
            6,
            6,
            7,
            7,
            8,
        ]

    def test_the_step_table_forms_the_starting_grade(self):
        """57 entrants are three classes by the table, though two of 29 would nearly hold them."""
        assert formed([57], [0], 5, [29], NRW)[0] == [3]

    @given(st.integers(0, 500), st.integers(1, 60))
    def test_as_few_as_the_cap_allows(self, pupils: int, cap: int):
        """One class fewer would break the cap."""
        classes = int(classes_needed(np.array([pupils]), cap, KEPT)[0])
        assert classes * cap >= pupils
        assert (classes - 1) * cap < pupils or classes == 0


class TestKept:
    def test_continuing_classes_hold_their_rooms_first(self):
        """Five rooms, four held: 100 entrants need three classes and get one."""
        assert formed([100, 80, 80], [0, 2, 2], 5, [45] * 3) == ([1, 2, 2], 0, 0)

    def test_a_year_group_keeps_its_classes_while_rooms_last(self):
        """60 children in three classes would fit two; a sixth room stays with them."""
        assert formed([45, 60], [0, 3], 4, [45] * 2) == ([1, 3], 0, 0)

    def test_classes_are_merged_when_the_intake_lacks_a_room(self):
        """Two entrants' classes and three held in four rooms: the 60 children become two classes of 30."""
        assert formed([90, 60], [0, 3], 4, [45] * 2) == ([2, 2], 0, 0)

    def test_no_more_is_merged_than_needed(self):
        """One room is lacking: of 60 in three and 50 in three, the 50 merge (25 a class, the others would have 30)."""
        assert formed([45, 60, 50], [0, 3, 3], 6, [45] * 3) == ([1, 3, 2], 0, 0)

    def test_classes_under_the_least_size_are_merged_in_any_case(self):
        """24 children in three classes, at least 10 a class: two remain though rooms are free."""
        assert formed([24], [3], 9, [45], ClassRules(least=10))[0] == [2]

    def test_a_lone_small_class_stays(self):
        """A village school's 4 children in grade 1 are taught."""
        assert formed([4], [0], 2, [45], ClassRules(least=10))[0] == [1]

    def test_a_full_class_is_split_when_a_room_is_free(self):
        """92 in two classes of 46 are split at a cap of 45; without a room they stay."""
        assert formed([92], [2], 3, [45])[0] == [3]
        assert formed([92], [2], 2, [45])[0] == [2]

    def test_splits_wait_for_the_size_that_splits(self):
        """With split_at = 56, 46 a class stay, 56 are split."""
        rules = ClassRules(split_at=56)
        assert formed([92], [2], 9, [45], rules)[0] == [2]
        assert formed([112], [2], 9, [45], rules)[0] == [3]

    def test_the_largest_class_is_split_first(self):
        """One free room: 55 a class before 50 a class, and the lower grade on a tie."""
        assert formed([50, 55], [1, 1], 3, [45] * 2)[0] == [1, 2]
        assert formed([50, 50], [1, 1], 3, [45] * 2)[0] == [2, 1]

    def test_entrants_come_before_splits(self):
        """One free room: the starting grade has it."""
        assert formed([40, 60], [0, 1], 2, [45] * 2)[0] == [1, 1]

    def test_rooms_lost_are_borrowed_never_for_a_new_class(self):
        """Four full classes in three rooms: one is borrowed, and the entrants have no room at all."""
        assert formed([30, 90, 90], [0, 2, 2], 3, [45] * 3) == ([0, 2, 2], 1, 0)

    def test_two_stages_of_one_campus_compete(self):
        """Nine-year school, three rooms left: 100 in grade 1 (cap 45), 100 in grade 7 (cap 50).

        First each one; then 100/45 is more crowded than 100/50: grade 1 has two, grade 7 one.
        """
        assert formed([100, 0, 100], [0, 0, 0], 3, [45, 45, 50])[0] == [2, 0, 1]

    def test_planned_classes_are_opened_as_planned(self):
        """Three planned for 90 entrants, one for 100; -1 leaves it to the cap."""
        assert formed([90, 100, 100], [0, 0, 0], 9, [45] * 3, wanted=[3, 1, -1])[0] == [3, 1, 3]

    def test_a_plan_opens_no_class_without_children(self):
        """Two planned, nobody comes; six planned, four children come."""
        assert formed([0, 4], [0, 0], 9, [45] * 2, wanted=[2, 6])[0] == [0, 4]

    def test_a_year_group_that_left_frees_its_rooms(self):
        """No children, no classes."""
        assert formed([90, 0], [0, 2], 2, [45] * 2)[0] == [2, 0]

    def test_upper_grades_of_a_new_school_are_opened(self):
        """A new school that takes grades 1 to 3 at once has no classes to continue."""
        assert formed([80, 70, 60], [0, 0, 0], 12, [45] * 3)[0] == [2, 2, 2]

    def test_draws_and_schools_do_not_mix(self):
        """Two schools in two draws, each as if alone; rooms may differ by draw."""
        pupils = np.array([[[46, 45], [90, 92]], [[10, 100], [0, 45]]])
        carried = np.array([[[0, 0], [2, 2]], [[0, 0], [0, 1]]])
        result = form_classes(pupils, carried, np.array([[4, 3], [1, 3]]), [45, 45], KEPT)
        assert result.classes.tolist() == [[[2, 1], [2, 2]], [[1, 2], [0, 1]]]

    def test_free_rooms_are_shared_by_the_stages(self):
        """Nine rooms, seven held: two are free for the intake of both stages; never below none."""
        carried = np.array([[0, 2, 2, 0, 3]])[:, :, None]
        assert free_rooms(carried, np.array([9])).tolist() == [[2]]
        assert free_rooms(carried, np.array([[5]])).tolist() == [[0]]


class TestReformed:
    def test_classes_are_formed_anew(self):
        """Three classes of last year do not matter: 50 children are two classes."""
        assert formed([20, 50], [0, 3], 4, [25, 30], REFORMED)[0] == [1, 2]

    def test_rooms_short_go_to_the_most_crowded(self):
        """Three rooms for 2 + 2: 50 of 25 a class and 31 of 30; without its second class grade 2 has 31 (1.03)."""
        assert formed([50, 31], [0, 0], 3, [25, 30], REFORMED)[0] == [2, 1]

    def test_neighbouring_grades_share_a_class_when_rooms_are_short(self):
        """10 + 12 children in one room: each grade has one class, one room is shared; with two rooms, none is."""
        rules = ClassRules(formation="reformed", composite=25)
        assert formed([10, 12], [0, 0], 1, [25, 30], rules) == ([1, 1], 0, 1)
        assert formed([10, 12], [0, 0], 2, [25, 30], rules) == ([1, 1], 0, 0)

    def test_a_small_school_of_seven_grades_in_four_rooms(self):
        """
        24, 7, 10, 15, 12, 10 and 0 children fit four classes of 25 (24 + 1, 6 + 10 + 9, 6 + 12 + 7, 3): the six
        grades count one class each, two rooms are saved.
        """
        rules = ClassRules(formation="reformed", composite=25)
        caps = [25, 30, 30, 33, 33, 33, 33]
        assert formed([24, 7, 10, 15, 12, 10, 0], [0] * 7, 4, caps, rules) == ([1, 1, 1, 1, 1, 1, 0], 0, 2)

    def test_composite_classes_hold_to_their_size(self):
        """20 + 20 do not fit one class of 25, though each has a cap of 30: one grade goes without a room."""
        rules = ClassRules(formation="reformed", composite=25)
        assert formed([20, 20], [0, 0], 1, [30, 30], rules) == ([1, 0], 0, 0)

    def test_classes_planned_have_rooms_before_all_others(self):
        """Five rooms, 3 planned for 60 children of grade 1; 91 and 91 of 30 would need 4 each, and have one each."""
        caps, wanted = [25, 30, 30], [3, -1, -1]
        assert formed([60, 91, 91], [0, 0, 0], 5, caps, REFORMED, wanted)[0] == [3, 1, 1]
        assert formed([60, 91, 91], [0, 0, 0], 5, caps, REFORMED)[0] == [1, 2, 2]

    def test_others_share_classes_beside_those_planned(self):
        """
        Two rooms are planned for 30 children of grade 1; the third holds 10 and 12 of the others together.

        20 and 20 of the others do not fit in one class of 25: beside 50 of grade 1 a grade goes without a room,
        beside 30 of them five join the second grade, and the third has the last room.
        """
        rules = ClassRules(formation="reformed", composite=25)
        caps, wanted = [25, 30, 30], [2, -1, -1]
        assert formed([30, 10, 12], [0, 0, 0], 3, caps, rules, wanted) == ([2, 1, 1], 0, 1)
        assert formed([50, 20, 20], [0, 0, 0], 3, caps, rules, wanted) == ([2, 1, 0], 0, 0)
        assert formed([30, 20, 20], [0, 0, 0], 3, caps, rules, wanted) == ([2, 1, 1], 0, 1)

    def test_fewest_classes_count_those_of_several_grades(self):
        """30 children of 25 a class are 2 classes, 10 and 12 of the others 1 each: 4; 5 + 10 + 10 and 2 share: 3."""
        pupils = np.array([30, 10, 12])[None, :, None]
        composite = ClassRules(formation="reformed", composite=25)
        assert fewest_classes(pupils, [25, 30, 30], REFORMED).tolist() == [[4]]
        assert fewest_classes(pupils, [25, 30, 30], composite).tolist() == [[3]]

    @given(
        st.lists(st.integers(0, 120), min_size=3, max_size=3),
        st.integers(0, 12),
        st.sampled_from([REFORMED, ClassRules(formation="reformed", composite=25)]),
    )
    def test_the_fewest_classes_are_rooms_enough(self, pupils: list[int], rooms: int, rules: ClassRules):
        """With so many rooms every grade has the classes its cap needs; with fewer, not all have."""
        caps = [25, 30, 33]
        fewest = int(fewest_classes(np.array(pupils)[None, :, None], caps, rules)[0, 0])
        needed = [ceil(children / cap) for children, cap in zip(pupils, caps, strict=True)]
        classes = formed(pupils, [0] * 3, rooms, caps, rules)[0]
        assert (classes == needed) == (rooms >= fewest)


SCHOOL = st.integers(1, 5).flatmap(
    lambda grades: st.tuples(
        st.lists(st.integers(0, 200), min_size=grades, max_size=grades),
        st.lists(st.integers(0, 6), min_size=grades, max_size=grades),
        st.integers(0, 25),
        st.lists(st.sampled_from([25, 30, 45, 50]), min_size=grades, max_size=grades),
        st.lists(st.integers(-1, 5), min_size=grades, max_size=grades),
    )
)
RULES = st.sampled_from(
    [KEPT, ClassRules(least=12), ClassRules(split_at=56), ClassRules(split_at=40, least=20), NRW]
)
ANY_RULES = st.sampled_from(
    [KEPT, ClassRules(least=12, split_at=50), REFORMED, ClassRules(formation="reformed", composite=25)]
)


@given(SCHOOL, RULES)
def test_kept_classes_equal_the_plain_rule(school: tuple, rules: ClassRules):
    """What is computed for all draws at once is what filling room by room gives."""
    pupils, carried, rooms, caps, wanted = school
    assert formed(pupils, carried, rooms, caps, rules, wanted)[0] == by_rule(
        pupils, carried, rooms, caps, rules, wanted
    )


@pytest.mark.parametrize("slack", [-4, 0, 4, 12])
@pytest.mark.parametrize("rules", [KEPT, ClassRules(least=12, split_at=40), REFORMED])
def test_schools_formed_together_equal_schools_alone(rules: ClassRules, slack: int):
    """A batch in which most, some or no rooms are short gives each school and draw what it would have alone."""
    rng = np.random.default_rng(slack + 10)
    pupils = rng.integers(0, 200, (12, 4, 5))
    carried = rng.integers(0, 5, (12, 4, 5)) * (np.arange(4) > 0)[None, :, None]
    rooms = np.maximum(carried.sum(axis=1) + slack, 0)
    caps = [45, 45, 50, 50]
    together = form_classes(pupils, carried, rooms, caps, rules)
    for school, draw in np.ndindex(12, 5):
        one = pupils[school, :, draw].tolist(), carried[school, :, draw].tolist()
        classes, borrowed, _ = formed(*one, int(rooms[school, draw]), caps, rules)
        assert together.classes[school, :, draw].tolist() == classes
        assert together.borrowed[school, draw] == borrowed


@given(SCHOOL, ANY_RULES)
def test_never_more_classes_than_rooms_unless_carried(school: tuple, rules: ClassRules):
    """Above the rooms stand only classes of the year before; classes of two grades use one room."""
    pupils, carried, rooms, caps, wanted = school
    classes, borrowed, shared = formed(pupils, carried, rooms, caps, rules, wanted)
    used = sum(classes) - shared
    assert borrowed == max(used - rooms, 0)
    if borrowed:
        assert rules.formation == "kept"
        assert all(now <= before for now, before in zip(classes, carried, strict=True))


@given(SCHOOL, ANY_RULES)
def test_no_empty_class_and_no_class_taken_by_a_further_room(school: tuple, rules: ClassRules):
    """One more room takes a class from no grade, so it never worsens the largest class."""
    pupils, carried, rooms, caps, wanted = school
    fewer = formed(pupils, carried, rooms, caps, rules, wanted)[0]
    more = formed(pupils, carried, rooms + 1, caps, rules, wanted)[0]
    assert all(count <= after for count, after in zip(fewer, more, strict=True))
    assert all(count <= children for count, children in zip(more, pupils, strict=True))


@given(SCHOOL, ANY_RULES)
def test_with_rooms_enough_no_class_is_above_its_cap(school: tuple, rules: ClassRules):
    """Without a plan and with a room for every child, every grade is within its cap, or not yet split."""
    pupils, carried, _, caps, _ = school
    classes, borrowed, shared = formed(pupils, carried, 2000, caps, rules)
    largest = [
        max(cap, (rules.split_at or 0) - 1) if before else cap
        for cap, before in zip(caps, carried, strict=True)
    ]
    assert all(
        children <= size * count for children, size, count in zip(pupils, largest, classes, strict=True)
    )
    assert (borrowed, shared) == (0, 0)


@pytest.mark.parametrize("rules", [KEPT, REFORMED, ClassRules(formation="reformed", composite=25)])
def test_inputs_are_not_changed(rules: ClassRules):
    """A function takes tables and returns tables."""
    rng = np.random.default_rng(7)
    pupils = rng.integers(0, 150, (3, 4, 50)).astype(np.int16)
    carried = rng.integers(0, 4, (3, 4, 50)).astype(np.int16)
    wanted = rng.integers(-1, 4, (3, 4)).astype(np.int16)
    copies = pupils.copy(), carried.copy(), wanted.copy()
    form_classes(pupils, carried, np.array([6, 9, 30]), [45] * 4, rules, wanted=wanted)
    assert all(
        (before == after).all() for before, after in zip(copies, (pupils, carried, wanted), strict=True)
    )
