"""Cells: the years of a year group's life in which it has one number of classes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from planner.optimise.openings.cells import cells_of
from tests.optimise.openings.instances import small_case, street

FACTS = street([[30, 20, 10], [12, 14, 16]], [[4, 4, 4], [3, 3, 3]])


def test_a_year_group_whose_classes_are_kept_is_one_cell():
    """Two schools, three intakes: six cells; the last intake is planned for one of its two years only."""
    cells = cells_of(FACTS)
    assert cells.count == 6
    assert cells.length.tolist() == [2, 2, 1, 2, 2, 1]
    assert cells.of[0].tolist() == [[0, 0], [1, 1], [2, -1]]


def test_each_age_is_a_cell_where_classes_are_formed_anew():
    """Two ages of two intakes and one age of the third: five cells a school; only those of age 0 have worst and most."""
    cells = cells_of(replace(FACTS, kept=False, most=np.full((2, 3), 4.0)))
    assert cells.count == 10
    assert cells.of[1].tolist() == [[5, 6], [7, 8], [9, -1]]
    assert cells.worst.tolist() == [15, np.inf, 15, np.inf, 15] * 2
    assert np.isfinite(cells.most).tolist() == [True, False, True, False, True] * 2


def test_the_seats_of_a_class_that_is_kept_are_those_of_its_tightest_age():
    """10 entrants for each class at entry, 9 a year later: 9; the last intake is not planned so far: 10."""
    seats = FACTS.seats.copy()
    seats[:, :2, 1] = 9.0
    assert cells_of(replace(FACTS, seats=seats)).seats.tolist() == [9, 9, 10] * 2


def test_a_class_holds_a_room_in_every_year_it_lasts_where_its_children_are_then():
    """One class of the first intake of school 0 goes on at school 1: a room of 0 in the first year, of 1 in the second."""
    holds = FACTS.holds.copy()
    holds[0, :2, 1] = 1
    cells = cells_of(replace(FACTS, holds=holds))
    classes = np.zeros(6)
    classes[0], classes[4] = 1, 2
    assert cells.rooms_used(classes).reshape(2, 3).tolist() == [[1, 0, 0], [0, 3, 2]]


def test_what_classes_cost_is_summed_over_their_years():
    """5 yuan in the first year and 3 in the second."""
    yuan = np.tile([5.0, 3.0], (2, 3, 1))
    assert cells_of(replace(FACTS, class_yuan=yuan)).yuan.tolist() == [8, 8, 5] * 2


def test_classes_of_cells_and_of_ages_say_the_same():
    """Spread over the ages and gathered again they are what they were, and rooms are used by them alike."""
    for seed in range(30):
        facts = small_case(seed)
        cells = cells_of(facts)
        classes = np.random.default_rng(seed).integers(0, 4, cells.count).astype(float)
        spread = cells.spread(classes)
        assert cells.gathered(spread).tolist() == classes.tolist()
        used = np.zeros((facts.campuses, facts.years))
        for k, t, a in np.argwhere(spread).tolist():
            used[facts.holds[k, t, a], t + a] += spread[k, t, a]
        assert cells.rooms_used(classes).reshape(used.shape).tolist() == used.tolist()
