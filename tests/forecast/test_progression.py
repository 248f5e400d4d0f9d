"""Growth of grades at schools."""

from __future__ import annotations

import numpy as np
import pytest

from planner.forecast import fit_forecast
from planner.forecast.arrays import read_rolls
from planner.forecast.progression import fit_growth, moves_within
from planner.forecast.roll import moved_on, rolled
from tests.forecast.town import COUNTED, JUNIOR, POLICY, PRIMARY, YEARS, rolls, steady, town


def _fitted(district, stages=(PRIMARY,)):
    grades = tuple(grade for stage in stages for grade in range(stage.first, stage.last + 1))
    counted = read_rolls(district, tuple(district.public), grades)
    taught = np.ones((len(counted.schools), len(grades)), dtype=bool)
    moves = moves_within(district, counted, stages)
    return fit_growth(district, counted, stages, moves, taught)


def _shrinking(school, ratio, years, start=1000, **more):
    """Return a school whose every year group shrinks by the ratio each year."""
    return rolls(
        school, {year: [round(start * ratio**grade) for grade in range(6)] for year in years}, **more
    )


def test_the_district_ratio_weighs_the_latest_transitions_most():
    """Ratios 0.8, 0.9, 1.0, 1.1 from old to new: exp(.1 log .8 + .2 log .9 + .3 log 1 + .4 log 1.1)."""
    pupils = {
        2021: [1000, 1000],
        2022: [1000, 800],
        2023: [1000, 900],
        2024: [1000, 1000],
        2025: [1000, 1100],
    }
    district = town(blocks={"A": "S"}, enrolment=rolls("S", pupils))
    expected = np.exp(0.1 * np.log(0.8) + 0.2 * np.log(0.9) + 0.4 * np.log(1.1))
    assert _fitted(district).district[1] == pytest.approx(expected)


def test_starting_grades_do_not_grow():
    """Grades 1 and 7 are filled by entrants, so their growth is 0 everywhere."""
    district = town(
        blocks={"A": "S"}, schools={"S": "1-9"}, junior={"A": "S"}, enrolment=steady("S", 50, grades=9)
    )
    forecast = fit_forecast(district, POLICY, YEARS)
    growth = forecast.draw(0, 10).growth
    assert not growth[:, [0, 6]].any()
    assert (growth[:, [1, 2, 3, 4, 5, 7, 8]] > 0).all()
    assert not forecast.expected().noise.any()


def test_two_transitions_are_shrunk_by_the_priors():
    """
    With fewer than four transitions the priors serve: c 0.5, school-year 4.5 %, school 2.5 %, grade 3.5 %.

    S sees 2 x 5 x 110 where 1100/1.0 was expected at the district's ratio of 1 (T, as large, sees 90): a = +10 %
    over 1000 children; its variance 0.5/1000 + 0.045^2/2, so the weight is 0.000625 / (0.000625 + 0.0005 + 0.0010125).
    """
    up = {year: [100, 110, 110, 110, 110, 110] for year in (2023, 2024, 2025)}
    down = {year: [100, 90, 90, 90, 90, 90] for year in (2023, 2024, 2025)}
    # Grades 2 to 6 of 100 that become 110 and 90 each year: the base is 100 only into grade 2, so keep two grades.
    district = town(
        blocks={"A": "S", "B": "T"},
        enrolment=rolls("S", {year: row[:2] for year, row in up.items()})
        + rolls("T", {year: row[:2] for year, row in down.items()}),
    )
    growth = _fitted(district)
    school_own = 0.025**2 / (0.025**2 + 0.5 / 200 + 0.045**2 / 2)
    a = school_own * 0.1
    left = 220 / (200 * (1 + a)) - 1
    grade_own = 0.035**2 / (0.035**2 + 0.5 / (200 * (1 + a)))
    assert growth.district[1] == pytest.approx(1.0)
    assert growth.school[0, 1] == pytest.approx(1 + a + grade_own * left)
    row = growth.explained.query("school == 'S' and grade == 2").iloc[0]
    assert row["own_weight"] == pytest.approx(1 - (1 - school_own) * (1 - grade_own))
    assert row["transitions"] == 2
    assert growth.transitions == 0


def test_a_large_school_with_long_history_keeps_its_own_ratio():
    """Eight years at 0.9 in one of five schools of 1000 a grade, others at 1: about 0.9 there and 1 elsewhere."""
    years = range(2017, COUNTED + 1)
    enrolment = _shrinking("S", 0.9, years) + [
        row for name in "TUVW" for row in steady(name, 1000, years=years)
    ]
    district = town(blocks={name: name for name in "STUVW"}, enrolment=enrolment)
    growth = _fitted(district)
    assert growth.school[0, 1:] == pytest.approx(np.full(5, 0.9), abs=0.02)
    assert growth.school[1, 1:] == pytest.approx(np.full(5, 1.0), abs=0.02)


def test_a_grade_where_the_school_was_full_is_left_out():
    """60 of 100 children in a full grade are a lower bound, not a ratio of 0.6."""
    full = [
        *rolls("S", {2024: [100, 100], 2025: [100]}),
        {"school": "S", "grade": 2, "year": 2025, "pupils": 60, "full": True},
    ]
    growth = _fitted(
        town(blocks={"A": "S", "B": "T"}, enrolment=full + rolls("T", {2024: [100, 100], 2025: [100, 100]}))
    )
    assert growth.district[1] == pytest.approx(1.0)
    row = growth.explained.query("school == 'S' and grade == 2").iloc[0]
    assert (row["transitions"], row["excluded"]) == (0, 1)


@pytest.mark.parametrize("kind", ["opening", "closure", "merger", "rezoning"])
def test_years_of_events_are_left_out_for_both_schools(kind):
    """S gives 40 children to T in 2025: neither ratio is growth."""
    enrolment = rolls("S", {2024: [100, 100], 2025: [100, 60]}) + rolls(
        "T", {2024: [100, 100], 2025: [100, 140]}
    )
    enrolment += rolls("U", {2024: [100, 100], 2025: [100, 98]})
    events = [{"school": "S", "year": 2025, "kind": kind, "other": "T"}]
    growth = _fitted(town(blocks={"A": "S", "B": "T", "C": "U"}, enrolment=enrolment, events=events))
    assert growth.district[1] == pytest.approx(0.98)
    assert growth.explained.query("grade == 2").set_index("school")["transitions"].to_dict() == {
        "S": 0,
        "T": 0,
        "U": 1,
    }


def test_a_new_school_gets_the_districts_growth():
    """A school without any count, as projects add it, has the district's ratio and no deviation of its own."""
    district = town(
        blocks={"A": "S"},
        schools={"S": "1-6", "new": "1-6"},
        enrolment=_shrinking("S", 0.95, range(2016, 2026)),
    )
    growth = _fitted(district)
    assert growth.school[1] == pytest.approx(growth.district)
    assert growth.explained.query("school == 'new'")["own_weight"].eq(0).all()


def test_a_point_moves_on_to_its_centre_and_that_is_no_growth():
    """The centre has 100 in grade 3, the point 20; 120 in the centre's grade 4 is a ratio of 1."""
    centre = rolls("C", {year: [100, 100, 100, 120, 120, 120] for year in range(2018, 2026)})
    point = rolls("P", {year: [20, 20, 20] for year in range(2018, 2026)})
    district = town(
        blocks={"A": "C", "B": "P"},
        schools={"C": "1-6", "P": "1-3"},
        enrolment=centre + point,
        feeders=[{"school": "P", "to_school": "C", "share": 1.0}],
    )
    growth = _fitted(district)
    assert growth.school[0, 3] == pytest.approx(1.0, abs=0.002)
    assert growth.district[3] == pytest.approx(1.0)


def test_a_point_without_feeders_sends_to_the_nearest_school_and_its_ratio_is_not_used():
    """The nearest school that teaches grade 4 is taken, said in a note, and left out of the fit."""
    enrolment = (
        steady("C", 100) + rolls("P", {year: [20, 20, 20] for year in range(2018, 2026)}) + steady("D", 100)
    )
    district = town(
        blocks={"A": "C", "B": "P", "E": "D"},
        schools={"D": "1-6", "C": "1-6", "P": "1-3"},
        enrolment=enrolment,
    )
    counted = read_rolls(district, ("D", "C", "P"), tuple(range(1, 7)))
    moves = moves_within(district, counted, (PRIMARY,))
    assert moves.shares[2].tolist() == [0, 1, 0]
    assert not moves.stated[2]
    growth = _fitted(district)
    excluded = growth.explained.query("grade == 4").set_index("school")["excluded"]
    assert (excluded["C"], excluded["D"]) == (5, 0)
    notes = fit_forecast(district, POLICY, YEARS).notes
    assert any("nearest school" in str(note) for note in notes)


def test_children_of_a_points_blocks_are_at_the_centre_from_grade_4_on():
    """A block of the point is served by the point to grade 3 and by the centre from grade 4."""
    district = town(
        blocks={"A": "C", "B": "P"},
        schools={"C": "1-6", "P": "1-3"},
        enrolment=steady("C", 100) + steady("P", 20, grades=3),
        feeders=[{"school": "P", "to_school": "C", "share": 1.0}],
    )
    counted = read_rolls(district, ("C", "P"), tuple(range(1, 7)))
    moves = moves_within(district, counted, (PRIMARY,))
    parts = np.eye(2)
    assert moved_on(parts, moves, 3).tolist() == [[1, 0], [0, 1]]
    assert moved_on(parts, moves, 4).tolist() == [[1, 0], [1, 0]]
    living = fit_forecast(district, POLICY, YEARS).living
    assert living[:, 2] == pytest.approx([100, 20])
    assert living[:, 3] == pytest.approx([50, 50]), "100 children of grade 4 on equal land"


def test_the_national_cohort_identity():
    """
    Primary pupils of 2023, 2024 and 2025 are 0.993 x the intakes of six years (errors at most 0.12 %).

    Intakes to grade 1 in ten thousands, 2018-2025: 1867, 1869.04, 1808.09, 1782.58, 1701.39, 1877.88, 1616.63, 1461.7;
    pupils 10,836.03 (2023), 10,584.37, 10,178.3: bulletins of the Ministry of Education as collected in the
    policy reference, 3.2.
    """
    intakes = np.array([1867.0, 1869.04, 1808.09, 1782.58, 1701.39, 1877.88, 1616.63, 1461.7])
    counted = read_rolls(town(blocks={"A": "S"}, enrolment=steady("S", 0)), ("S",), tuple(range(1, 7)))
    moves = moves_within(town(blocks={"A": "S"}), counted, (PRIMARY,))
    pupils, _base = rolled(
        np.zeros((1, 6)),
        intakes[None],
        np.ones((1, 6)),
        np.zeros((1, 6, 8)),
        np.ones((1, 6), dtype=bool),
        moves,
        range(1, 7),
    )
    stock = 0.993 * pupils[0].sum(axis=0)[-3:]
    assert stock == pytest.approx([10_836.03, 10_584.37, 10_178.3], rel=0.0012)


def test_stages_next_to_each_other_are_not_joined_by_growth():
    """In a nine-year school grade 7 is an entry: 50 leavers and 80 entrants are no growth of 1.6."""
    enrolment = rolls("S", {year: [50] * 6 + [80] * 3 for year in range(2018, 2026)})
    district = town(blocks={"A": "S"}, schools={"S": "1-9"}, junior={"A": "S"}, enrolment=enrolment)
    growth = _fitted(district, (PRIMARY, JUNIOR))
    assert growth.district[6] == 0
    assert growth.district[[1, 5, 7]] == pytest.approx(1.0)
