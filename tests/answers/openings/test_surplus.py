"""
What is left over after the wave, counted by hand on a street of ten draws.

A and B have 3 rooms, and 10 children in one class in each of three grades; classes of 10. The children of 2026 leave year
by year.
"""

from __future__ import annotations

import numpy as np
import pytest

from planner.answers.openings.surplus import surplus
from planner.errors import QuestionError
from tests.answers.street import School, street_run

WING = {"project": "wing", "school": "A", "kind": "expansion", "rooms": "2", "certainty": 1.0, "opens": 2027}


def wave(entrants: list[int] | np.ndarray, **changes):
    """Return a run in which so many children enter A from year to year, and nobody B."""
    by_year = np.asarray(entrants, dtype=float)
    by_draw = by_year if by_year.ndim == 2 else np.tile(by_year[:, None], (1, 10))
    told = {"a1": by_draw, "a2": 0, "b1": 0, "b2": 0}
    return street_run(entrants=told, years=len(by_draw), **changes)


def test_rooms_empty_as_the_last_count_leaves():
    """B: 2 of 3 classes stay in 2027, 1 in 2028, none in 2029."""
    table = surplus(wave([10, 10, 10])).rooms.set_index(["school", "year"])
    assert table.loc["B", "empty"].tolist() == [1, 2, 3]
    assert table.loc["A", "empty"].tolist() == [0, 0, 0]
    assert table.loc["A", "in_use"].tolist() == [3, 3, 3]


def test_the_range_of_rooms_empty_is_over_the_draws():
    """Nobody enters A in 2027 in one draw of ten, and in two draws in 2028: on the mean 0.1 and 0.3 classes fewer."""
    entrants = np.full((2, 10), 10)
    entrants[0, 0], entrants[1, :2] = 0, 0
    table = surplus(wave(entrants)).rooms.set_index(["school", "year"])
    assert table.loc[("A", 2027), ["empty", "empty_p10", "empty_p90"]].tolist() == pytest.approx([0.1, 0, 0])
    assert table.loc[("A", 2028), ["empty", "empty_p10", "empty_p90"]].tolist() == pytest.approx([0.3, 0, 1])


def test_a_project_that_is_used_is_kept():
    """20 enter A each year: 6 classes in the long run would fill 5 rooms; the wing is used in full."""
    found = surplus(wave([20] * 5, projects=[WING]))
    (row,) = found.projects.to_dict("records")
    assert (row["use"], row["peak"], row["scope"]) == (1.0, 1.0, "keep")
    assert found.rescope.empty
    assert "Every project is used to 70%" in found.lines[1]


def test_a_project_that_is_never_filled_could_be_smaller():
    """10 enter each year but 20 in 2027: one class more than the 3 rooms of A, for three years; one room is enough."""
    found = surplus(wave([20, 10, 10, 10, 10, 10, 10], projects=[WING]))
    (row,) = found.projects.to_dict("records")
    assert (row["peak"], row["enough"], row["enough_later"], row["scope"]) == (0.5, 1, 0, "smaller")
    assert row["use"] == 0.0
    assert "one room suffices at any time, not 2" in found.lines[1]


def test_a_project_that_is_needed_for_a_time_only():
    """20 enter in 2027 and 2028, then 10: in 2028 and 2029 five classes, in 2030 four, from 2031 on three."""
    found = surplus(wave([20, 20, 10, 10, 10, 10, 10], projects=[WING]))
    (row,) = found.projects.to_dict("records")
    assert (row["peak"], row["peak_year"], row["enough"]) == (1.0, 2028, 2)
    assert (row["use"], row["enough_later"], row["scope"]) == (0.0, 0, "later_use")
    assert found.long_run == (2031, 2032, 2033)
    assert "is needed about 2028, but none of its 2 rooms is in the long run" in found.lines[1]


def test_at_the_threshold_a_project_is_kept():
    """Four classes in the long run: half of the wing is used."""
    run = wave([20, 10, 10] * 3, projects=[WING])
    assert surplus(run, threshold=0.5).rescope.empty
    assert len(surplus(run, threshold=0.51).rescope) == 1


def test_temporary_rooms_and_closures_are_no_projects_to_scope():
    """Rooms that go again, and rooms that are lost."""
    projects = [
        WING | {"project": "cabins", "rooms": "2;2;0", "kind": "temporary"},
        WING | {"project": "less", "rooms": "-1", "school": "B", "kind": "closure"},
    ]
    assert surplus(wave([10] * 5, projects=projects)).projects.empty


def test_empty_primary_rooms_for_junior_children_who_are_too_many():
    """
    In 2027 a junior school 1000 m from B has 25 in one class of 10: 15 above. B has an empty room: 10 seats for them.

    In 2028 they have left.
    """
    schools = {
        "B": School(rooms=3, pupils=(10, 10, 10), at=300),
        "K": School("4-5", rooms=1, at=1300, pupils=(25, 0), classes=(1, 0)),
    }
    found = surplus(wave([10, 10], schools=schools)).other_stage
    rows = found.loc[found["school"] == "B"].to_dict("records")
    assert [(row["year"], row["stage"], row["nearest"]) for row in rows] == [(2027, "junior", "K")]
    assert (rows[0]["seats"], rows[0]["short"], rows[0]["usable"], rows[0]["metres"]) == (10, 15, 10, 1000)


def test_rooms_too_far_away_are_of_no_use():
    """The junior school is 9 km away, farther than 3 km."""
    schools = {"K": School("4-5", rooms=1, at=9000, pupils=(25, 0), classes=(1, 0))}
    assert surplus(wave([10, 10], schools=schools)).other_stage.empty


def test_without_projects_there_is_nothing_to_scope():
    """Said in one sentence."""
    assert surplus(wave([10])).lines[-1] == "No project is to open, so none has to be scoped anew."


@pytest.mark.parametrize("threshold", [-0.1, 1.1])
def test_a_threshold_is_a_share(threshold):
    """From 0 to 1."""
    with pytest.raises(QuestionError, match="The threshold is a share from 0 to 1"):
        surplus(wave([10]), threshold=threshold)
