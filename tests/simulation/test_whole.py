"""Whole children: rounding that loses nobody."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from planner.simulation.whole import in_turn, shared, split, whole


def column(*numbers):
    return np.array(numbers)[:, None]


def test_the_largest_remainders_get_the_missing_children():
    """2.4 + 1.3 + 3.3 = 7: floors 2, 1, 3 leave one child, who goes where .4 was cut off."""
    assert whole(column(2.4, 1.3, 3.3)).ravel().tolist() == [3, 1, 3]


def test_of_equal_remainders_the_earlier_part_comes_first():
    """1.5 + 1.5 + 1.0 = 4: one child is missing, the first of the two halves has it."""
    assert whole(column(1.5, 1.5, 1.0)).ravel().tolist() == [2, 1, 1]


def test_a_quota_that_floats_put_just_below_a_child_counts_as_that_child():
    """3 x 0.1 / 0.3 is 0.9999999999999999 of a child: the child is the first part's, not the tied second's."""
    assert whole(column(0.1 * 3 / 0.3 - 2e-16, 1.0)).ravel().tolist() == [1, 1]


def test_children_are_split_in_proportion_in_every_draw():
    """10 children 2:1 are 6.67 and 3.33, so 7 and 3; 4 children are 2.67 and 1.33, so 3 and 1."""
    assert split(np.array([10, 4]), column(2, 1)).T.tolist() == [[7, 3], [3, 1]]


def test_without_any_weight_the_parts_are_equal():
    """5 children over two parts of weight 0: 3 and 2."""
    assert split(np.array([5]), column(0.0, 0.0)).ravel().tolist() == [3, 2]


def test_small_quotas_come_right_over_the_offsets():
    """
    Four parts of 0.2 child: largest remainders would give the one child always to the first.

    Counting on, offsets 0.1, 0.3, 0.5, 0.7, 0.9 give each part one child in one of the five: 0.2 each, on average.
    """
    sums = np.repeat(np.cumsum([[0.2]] * 4, axis=0), 5, axis=1)
    counted = in_turn(sums, np.array([0.1, 0.3, 0.5, 0.7, 0.9]))
    assert counted.sum(axis=1).tolist() == [1, 1, 1, 1]
    assert counted.sum(axis=0).tolist() == [0, 1, 1, 1, 1]


def test_room_is_shared_in_proportion_to_what_is_wanted():
    """Four and two children want three places: two and one. The third, alone with five places, gets its four."""
    wanted, room = column(4, 2, 4), column(3, 3, 5)
    assert shared(wanted, room, np.array([0, 0, 2])).ravel().tolist() == [2, 1, 4]


@given(arrays(np.float64, (5, 3), elements=st.floats(0, 300)))
def test_rounding_keeps_the_sum_and_moves_nobody_by_more_than_one(quotas):
    """Every part is within one of its quota, and the sum is the rounded sum."""
    rounded = whole(quotas)
    assert (np.abs(rounded - quotas) < 1 + 1e-6).all()
    assert (np.abs(rounded.sum(axis=0) - quotas.sum(axis=0)) <= 0.5 + 1e-6).all()


@given(
    arrays(np.int32, (6, 4), elements=st.integers(0, 60)),
    arrays(np.int32, (2, 4), elements=st.integers(0, 90)),
    st.integers(1, 5),
)
def test_sharing_fills_the_room_and_gives_nobody_more_than_wanted(wanted, rooms, cut):
    """Parts before the cut want the first room, the others the second; what is taken is the smaller of both sums."""
    first = np.array([0] * cut + [cut] * (6 - cut))
    taken = shared(wanted, rooms[(first > 0).astype(int)], first)
    assert (taken >= 0).all()
    assert (taken <= wanted).all()
    for part, room in ((slice(0, cut), rooms[0]), (slice(cut, 6), rooms[1])):
        assert (taken[part].sum(axis=0) == np.minimum(wanted[part].sum(axis=0), room)).all()
