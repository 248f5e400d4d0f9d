"""What units teach, told from counts alone."""

import numpy as np

from planner.forecast.taught import what_is_taught


def test_years_without_any_child_are_not_learned_from():
    """Opened in the third year after zeros; closed after the second: both leave only years with children."""
    pupils = np.array([[[0, 0, 30, 31]], [[30, 31, 0, 0]]], dtype=float)
    found = what_is_taught(pupils)
    assert np.isfinite(found.pupils[:, 0]).tolist() == [
        [False, False, True, True],
        [True, True, False, False],
    ]
    assert found.grades.ravel().tolist() == [True, False]
    assert found.over.ravel().tolist() == [False, True]


def test_a_grade_is_given_up_when_many_were_to_come_and_none_did():
    """20 were to move up and none did; of 3 none may well be chance."""
    pupils = np.array([[[20, 20, 20], [19, 20, 0]], [[3, 3, 3], [3, 3, 0]]], dtype=float)
    assert what_is_taught(pupils).grades.tolist() == [[True, False], [True, True]]


def test_an_unknown_last_count_is_supposed_to_be_the_group_that_moved_up():
    """24 in the first grade a year ago; the entry grade itself holds the mean of the years before."""
    pupils = np.array([[[20, 24, np.nan], [19, 20, np.nan]], [[9, 9, 9], [9, 9, 9]]], dtype=float)
    pupils[0, 0, 2] = 22.0
    found = what_is_taught(pupils)
    assert found.supposed[0, 1] == 24
    assert np.isnan(found.supposed[[0, 1, 1], [0, 0, 1]]).all()
    pupils[0, 0, 2], pupils[0, 1, 2] = np.nan, 24.0
    assert what_is_taught(pupils).supposed[0, 0] == 22


def test_a_unit_without_any_last_count_teaches_nothing_and_is_not_over():
    pupils = np.array([[[30, 31, np.nan]]])
    found = what_is_taught(pupils)
    assert not found.grades.any()
    assert not found.over.any()
    assert np.isnan(found.supposed).all()
