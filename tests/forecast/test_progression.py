"""Growth of grades at schools."""

from __future__ import annotations

import numpy as np
import pytest

from planner.forecast import fit_forecast
from planner.forecast.arrays import read_rolls
from planner.forecast.progression import WINDOW, fit_growth, moves_within
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


def test_two_transitions_are_shrunk_by_what_the_fit_says_of_schools():
    """
    S sees 110 twice where the district's ratio of 1 leads to 100 (T, as large, sees 90): best linear prediction by hand.

    With v what schools and grades differ by, rho the forgetting, u the school-year shock and c the noise (both found from
    residuals that S's own half of the district's ratio hides, so c and u squared are half of those reported), the two
    years' residuals have covariance E2 v exp(-rho |i-j|) + (E2 u2 + c E) [i=j], and E v exp(-2 rho), E v exp(-rho)
    with the coming year's deviation. They are 10 and what reverting lets expect: the 100 of grade 1 are .5 of all, the
    110 of grade 2 .55, so those of grade 1 are .5 / .525 - 1 larger than usual; at T .5 / .475 - 1.
    """
    up = {year: [100, 110] for year in (2023, 2024, 2025)}
    down = {year: [100, 90] for year in (2023, 2024, 2025)}
    district = town(blocks={"A": "S", "B": "T"}, enrolment=rolls("S", up) + rolls("T", down))
    growth = _fitted(district)
    found = dict(growth.fitted)
    v = found["school_sd"] ** 2 + found["school_grade_sd"] ** 2
    c, u2, rho = found["variance_per_child"] / 2, found["school_year_sd"] ** 2 / 2, found["forgetting"]
    apart = np.exp(-rho * np.array([[0, 1], [1, 0]]))
    between = 100**2 * v * apart + (100**2 * u2 + c * 100) * np.eye(2)
    towards = 100 * v * np.exp(-rho * np.array([2, 1]))
    larger = (0.5 / 0.525 - 0.5 / 0.475) / 2
    residual = 10 - 100 * growth.reverting[0, 1] * larger
    deviation = towards @ np.linalg.solve(between, [residual, residual])
    assert growth.reverting[0, 1] < 0
    assert growth.district[1] == pytest.approx(1.0)
    assert growth.school[0, 1] == pytest.approx(1 + deviation)
    assert 0.01 < deviation < 0.09
    row = growth.explained.query("school == 'S' and grade == 2").iloc[0]
    assert row["own_weight"] == pytest.approx(towards @ np.linalg.solve(between, towards) / v)
    assert row["transitions"] == growth.transitions / 2 == 2


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
    assert (excluded["C"], excluded["D"]) == (WINDOW, 0)
    left_out = growth.explained.query("grade == 4").set_index("school")["left_out"]
    assert left_out.to_dict() == {
        "C": "feeders not stated: 2020, 2021, 2022, 2023, 2024, 2025",
        "D": "",
        "P": "",
    }
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
    pupils = rolled(
        np.zeros((1, 6)),
        intakes[None],
        np.ones((1, 6)),
        np.zeros((1, 6)),
        np.zeros((1, 6, 8)),
        np.ones((1, 6), dtype=bool),
        moves,
        range(1, 7),
    ).pupils
    stock = 0.993 * pupils[0].sum(axis=0)[-3:]
    assert stock == pytest.approx([10_836.03, 10_584.37, 10_178.3], rel=0.0012)


def test_a_counted_group_that_is_large_for_its_school_loses_children_to_its_usual_size():
    """
    S counts 60 and 40 who move up, T 40 and 60. Of the 100 of each grade these are .6 and .4, of a mean of .5: relative
    sizes .2 and -.2. Their mean by child is (60 x .2 - 40 x .2) / 100 = .04, which is no one's size: .16 and -.24, so at
    -.1 growth is .984 and 1.024, and 60 x .984 + 40 x 1.024 are the 100 they were.

    Those who enter are as many as plans make them: 90 at S and 10 at T neither shrink nor grow when they move up.
    """
    now = np.array([[60.0, 40.0, 0.0], [40.0, 60.0, 0.0]])
    district = town(blocks={"A": "S", "B": "T"}, enrolment=steady("S", 0) + steady("T", 0))
    counted = read_rolls(district, ("S", "T"), (1, 2, 3))
    found = rolled(
        now,
        np.array([[90.0, 90.0], [10.0, 10.0]]),
        np.array([[0.0, 1.0, 1.0]] * 2),
        np.array([[0.0, -0.1, -0.1]] * 2),
        np.zeros((2, 3, 2)),
        np.ones((2, 3), dtype=bool),
        moves_within(district, counted, (PRIMARY,)),
        (1, 2, 3),
    )
    assert found.growth[:, 1:, 0] == pytest.approx(np.array([[0.984, 1.024], [1.024, 0.984]]))
    assert found.pupils[:, 1:, 0] == pytest.approx(np.array([[59.04, 40.96], [40.96, 59.04]]))
    assert found.pupils[:, 1, 1] == pytest.approx([90, 10])


def test_stages_next_to_each_other_are_not_joined_by_growth():
    """In a nine-year school grade 7 is an entry: 50 leavers and 80 entrants are no growth of 1.6."""
    enrolment = rolls("S", {year: [50] * 6 + [80] * 3 for year in range(2018, 2026)})
    district = town(blocks={"A": "S"}, schools={"S": "1-9"}, junior={"A": "S"}, enrolment=enrolment)
    growth = _fitted(district, (PRIMARY, JUNIOR))
    assert growth.district[6] == 0
    assert growth.district[[1, 5, 7]] == pytest.approx(1.0)


@pytest.mark.parametrize("school", ["S", None])
def test_years_before_a_ban_of_transfers_tell_nothing(school):
    """5 % more a year until a ban in 2023, 1 % fewer since: 0.99, of the school that it names or of all."""
    counts = {
        year: [1000, round(1000 * (1.05 if year < 2023 else 0.99))] for year in range(2017, COUNTED + 1)
    }
    events = [{"school": school, "year": 2023, "kind": "transfer_ban"}]
    other = {year: [1000, 1050] for year in range(2017, COUNTED + 1)}
    enrolment = rolls("S", counts) + rolls("T", other)
    growth = _fitted(town(blocks={"A": "S", "B": "T"}, enrolment=enrolment, events=events))
    shown = growth.explained.query("grade == 2").set_index("school")
    assert shown["transitions"].to_dict() == {"S": 3, "T": 6 if school else 3}
    assert shown["left_out"].to_dict() == {
        "S": "transfer_ban: 2020, 2021, 2022",
        "T": "" if school else "transfer_ban: 2020, 2021, 2022",
    }
    assert growth.school[0, 1] <= 1.0
    assert (growth.school[1, 1] > 1.0) == (school is not None)


def test_a_school_by_itself_keeps_the_noise_of_its_counts():
    """Its ratio of a year is the district's, yet 100 children a grade that vary by Poisson noise are not called certain."""
    random = np.random.default_rng(3)
    counts = {year: random.poisson(100, 6).tolist() for year in range(2016, COUNTED + 1)}
    growth = _fitted(town(blocks={"A": "S"}, enrolment=rolls("S", counts)))
    assert growth.spread[1] > 0.4


def test_past_forecasts_that_were_too_sure_widen_the_next_ones():
    """Every school turns by 12 % one way or the other in the last two years: variances are inflated; in calm rolls they are not."""
    random = np.random.default_rng(8)
    names, years = [f"S{at}" for at in range(30)], range(2017, COUNTED + 1)
    found, together = {}, {}
    for turn in (0.0, 0.02, 0.12):
        enrolment = []
        for at, name in enumerate(names):
            way = 1 + turn * (1 if at % 2 else -1)
            counts = {
                year: [
                    200,
                    *random.normal(200 * (way if year > COUNTED - 2 else 1 / way), 8, 5).round().astype(int),
                ]
                for year in years
            }
            enrolment += rolls(name, counts)
        growth = _fitted(town(blocks={f"B{name}": name for name in names}, enrolment=enrolment))
        found[turn] = growth.inflation
        together[turn] = growth.inflation_together
    assert found[0.0] == pytest.approx([1.0, 1.0, 1.0], abs=0.1)
    assert (found[0.12] >= 1).all()
    assert found[0.12][-1] > 1.2
    assert found[0.12].max() <= 1.5
    assert (together[0.12] >= found[0.12]).all()
    assert together[0.02][0] > found[0.02][0] + 0.05, "the grades of a school turn together"
    assert together[0.0] == pytest.approx([1.0, 1.0, 1.0], abs=0.2)


def test_a_school_that_doubles_unannounced_does_not_move_the_growth_of_all():
    """S's 600 children are 1,200 a year later, which is a merger by any name; the district's ratio stays T's and U's 1."""
    calm = {year: [100] * 7 for year in range(2019, COUNTED + 1)}
    doubled = {year: [200 if year == COUNTED else 100] * 7 for year in calm}
    enrolment = rolls("S", doubled) + rolls("T", calm) + rolls("U", calm)
    growth = _fitted(town(blocks={"A": "S", "B": "T", "C": "U"}, enrolment=enrolment))
    assert growth.district[1:] == pytest.approx(1.0)
    assert growth.school[1, 1:] == pytest.approx(1.0, abs=0.005)


def test_the_part_that_no_model_removes_is_the_counts_own():
    """Of next year's variance of grade 2: c n / (c n + n2 (what is not known of the school + year + district + grade))."""
    district = town(blocks={"A": "S", "B": "T"}, enrolment=steady("S", 40) + steady("T", 400))
    growth = _fitted(district)
    shown = growth.explained.query("grade == 2").set_index("school")["noise_share"]
    for at, (school, number) in enumerate((("S", 40), ("T", 400))):
        n = number * growth.school[at, 1]
        noise = growth.spread[1] * n
        unknown = growth.covariance[at, 1, 1] + growth.yearly**2 + growth.common**2 + growth.grade**2
        assert shown[school] == pytest.approx(noise / (noise + n**2 * unknown))
    assert shown["S"] > shown["T"]
