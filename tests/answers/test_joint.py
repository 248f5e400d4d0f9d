"""Several schools and several autumns together: counted draw by draw, by hand on a street of two schools."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from planner.answers import exceed
from planner.answers.joint import consecutive
from planner.errors import QuestionError
from tests.answers.street import YEAR, School, street_run

B_SOMETIMES = np.array([9, 9, 9, 4, 4, 4, 4, 4, 9, 9])
"""With two more children, B is above its class of 10 in draws 1 to 3, 9 and 10."""


def two_years(**options):
    """A and B with a third free room from the second year on, as the first year's class stays."""
    return street_run(entrants={"b1": B_SOMETIMES}, years=2, **options)


def test_any_and_all_schools_are_counted_over_the_same_draws():
    """A is above in draws 6 to 10, B in 1 to 3, 9 and 10: one of them in 8 of ten draws, both in two."""
    joint = exceed(street_run(entrants={"b1": B_SOMETIMES}), grade=1, year=YEAR).joint
    assert joint.some.years[YEAR].p == 0.8
    assert joint.all.years[YEAR].p == 0.2
    assert joint.all.years[YEAR].error == pytest.approx(np.sqrt(0.2 * 0.8 / 10))
    assert {school: over.years[YEAR].p for school, over in joint.schools.items()} == {"A": 0.5, "B": 0.5}


def test_the_same_draws_come_again_in_the_second_year():
    """Children are the same in both years, so at least once is as likely as each, and so is two in a row."""
    joint = exceed(two_years(), grade=1, year=YEAR, in_a_row=2).joint
    assert joint.years == (YEAR, YEAR + 1)
    over = joint.schools["A"]
    assert over.in_a_row is not None
    assert (over.once.p, over.every.p, over.in_a_row.p) == (0.5, 0.5, 0.5)
    assert joint.same is not None
    assert joint.same.p == 0.8


def test_one_school_after_the_other_is_not_the_same_school_twice():
    """A is above in the first year only, B in the second only: in every draw one of them is, never the same."""
    first, second = np.array([[12] * 10, [3] * 10]), np.array([[1] * 10, [12] * 10])
    run = street_run(entrants={"a1": 0, "a2": first, "b1": 0, "b2": second}, years=2)
    joint = exceed(run, grade=1, year=YEAR, in_a_row=2).joint
    assert joint.some.in_a_row is not None
    assert joint.same is not None
    assert (joint.some.in_a_row.p, joint.same.p) == (1.0, 0.0)
    assert [chance.p for chance in joint.schools["A"].years.values()] == [1.0, 0.0]


def test_only_the_schools_asked_about_count():
    """B alone: in 5 of ten draws, and its table has no A; by id or by name."""
    run = street_run(entrants={"b1": B_SOMETIMES})
    for asked in ({"schools": ["B"]}, {"schools": ["B", "B"]}):
        answer = exceed(run, grade=1, year=YEAR, **asked)
        assert answer.table["school"].tolist() == ["B"]
        assert answer.p_any == 0.5
        assert answer.asked == ("B",)


def test_schools_of_an_area():
    """A stands in the east, B in the west."""
    run = street_run(entrants={"b1": B_SOMETIMES})
    schools = run.district.schools.assign(area=["east", "west", "west"])
    run.district.schools["area"] = schools["area"]
    assert exceed(run, grade=1, year=YEAR, areas=["west"]).table["school"].tolist() == ["B"]
    with pytest.raises(
        QuestionError, match="No school of the run is in north; the schools' areas: east, west"
    ):
        exceed(run, grade=1, year=YEAR, areas=["north"])


def test_any_grade_of_a_school_counts():
    """11 children in A's grade 2, in one class for sure."""
    run = street_run(schools={"A": School(rooms=3, pupils=(11, 10, 10), classes=(1, 1, 1))})
    joint = exceed(run, grade=None, year=YEAR).joint
    assert joint.schools["A"].years[YEAR].p == 1.0


def test_the_plain_values_tell_of_all_years():
    found = exceed(two_years(), grade=1, year=YEAR, until=YEAR + 1).as_json()["joint"]
    assert found["years"] == [YEAR, YEAR + 1]
    assert [row["year"] for row in found["at_least_one"]["years"]] == [YEAR, YEAR + 1]
    assert found["at_least_one"]["in_a_row"] is None
    assert found["schools"][0]["once"] == {"p": 0.5, "error": 0.1581}


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"until": YEAR + 2}, f"{YEAR + 2} is not within the run's school years"),
        ({"until": YEAR - 1}, "is before"),
        ({"until": YEAR + 1, "in_a_row": 3}, "there are 2 autumns, so 3 in a row cannot be asked about"),
        ({"schools": ["Z"]}, "Z is neither the id nor the name of a school of the run"),
        ({"areas": ["east"]}, "the district does not say in which area its schools are"),
    ],
)
def test_questions_that_make_no_sense_are_refused(asked, message):
    with pytest.raises(QuestionError, match=message):
        exceed(two_years(), grade=1, year=YEAR, **asked)


@given(arrays(bool, st.tuples(st.integers(1, 6), st.integers(1, 5))), st.integers(1, 6))
def test_consecutive_years_are_those_that_a_loop_finds(happens, count):
    """Each draw by itself: some run of so many years in which it always happens."""
    expected = [
        any(all(draw[first : first + count]) for first in range(len(draw) - count + 1)) for draw in happens.T
    ]
    assert consecutive(happens, count).tolist() == expected
