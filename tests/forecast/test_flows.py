"""Where entrants go, from attendance."""

from __future__ import annotations

import numpy as np
import pytest

from planner.forecast import Assumptions, fit_forecast
from planner.forecast.flows import shrunk_share
from tests.forecast.town import POLICY, YEARS, steady, town


def _went(figures, years=(2023, 2024, 2025), grade=1):
    return [
        {"block": block, "school": school, "grade": grade, "year": year, "children": number}
        for (block, school), number in figures.items()
        for year in years
    ]


def test_a_block_that_says_nothing_leaves_as_the_district_does():
    """
    40 of 400 leave; a block without children is given 10 %; one with 40 of 200 most of its own 20 %.

    Two blocks are too few to tell how blocks differ, so the prior 0.4^2 serves: own weight 0.16 / (0.16 + 0.9/20).
    """
    whole = np.array([[200.0], [200.0], [0.0]])
    found = shrunk_share(np.array([[40.0], [0.0], [0.0]]), whole)
    assert found.district == pytest.approx(0.1)
    assert found.share[2] == pytest.approx(0.1)
    assert found.share[0] == pytest.approx(0.1 * (1 + found.own[0] * 1.0))
    assert found.own[0] == pytest.approx(0.16 / (0.16 + 0.9 / 20))


def test_private_and_other_districts_schools_are_what_leaves():
    """60 stay, 30 go to a private school of the table, 10 elsewhere: 40 % leave, three quarters of them to private."""
    attendance = _went({("A", "S"): 60, ("A", "V"): 20, ("A", "private"): 10, ("A", "other"): 10})
    district = town(
        blocks={"A": "S"},
        schools={"S": "1-6", "V": "1-6"},
        private=["V"],
        enrolment=steady("S", 60),
        attendance=attendance,
    )
    forecast = fit_forecast(district, POLICY, YEARS)
    path = forecast.expected()
    assert path.entrants["primary"][0, 0, 0] == 100
    assert path.leaving["primary"][0, 0, 0] == 40
    assert forecast.private["primary"][0] == pytest.approx(0.75)
    assert forecast.choice["primary"].sum() == 0
    assert forecast.schools == ("S",)


def test_without_attendance_nobody_leaves_and_the_notes_say_so():
    """All zeros; the cost is said once per stage."""
    forecast = fit_forecast(town(blocks={"A": "S"}, enrolment=steady("S", 60)), POLICY, YEARS)
    draws = forecast.draw(0, 10)
    assert not draws.leaving["primary"].any()
    assert not forecast.choice["primary"].any()
    assert sum("Attendance of grade 1" in str(note) for note in forecast.notes) == 1


def test_choice_is_attendance_outside_the_catchment():
    """A's children: 75 at their own S, 25 at T; a quarter chooses, all of it T; B's all stay."""
    attendance = _went({("A", "S"): 75, ("A", "T"): 25, ("B", "T"): 100})
    district = town(
        blocks={"A": "S", "B": "T"}, enrolment=steady("S", 75) + steady("T", 125), attendance=attendance
    )
    choice = fit_forecast(district, POLICY, YEARS).choice["primary"]
    assert choice[0, 0] == 0
    assert choice[0, 1] == pytest.approx(0.25, abs=0.03)
    assert choice[1].sum() < 0.03


def test_a_joint_catchment_is_no_choice():
    """Attending either school of the group is attending one's own."""
    attendance = _went({("A", "S"): 60, ("A", "T"): 40})
    district = town(blocks={"A": "S+T"}, enrolment=steady("S", 60) + steady("T", 40), attendance=attendance)
    assert not fit_forecast(district, POLICY, YEARS).choice["primary"].any()


def test_choice_is_judged_by_the_catchment_of_its_year():
    """A moved from S to T in 2025; in 2023 and 2024 its children at S were at home."""
    attendance = _went({("A", "S"): 50}, years=(2023, 2024)) + _went({("A", "T"): 50}, years=(2025,))
    catchments = [
        {"block": "A", "stage": "primary", "since": 2000, "school": "S"},
        {"block": "A", "stage": "primary", "since": 2025, "school": "T"},
    ]
    district = town(
        blocks={"A": "T"},
        schools={"S": "1-6", "T": "1-6"},
        catchments=catchments,
        enrolment=steady("S", 50) + steady("T", 50),
        attendance=attendance,
    )
    assert not fit_forecast(district, POLICY, YEARS).choice["primary"].any()


def test_children_from_outside_come_to_their_school_and_are_no_ones_entrants():
    """S takes in 60, 12 of them from outside: A has 48 entrants, S 12 arrivals a year, near-Poisson."""
    attendance = _went({("A", "S"): 48, ("other", "S"): 12})
    forecast = fit_forecast(
        town(blocks={"A": "S"}, enrolment=steady("S", 60), attendance=attendance), POLICY, YEARS
    )
    path = forecast.expected()
    assert path.entrants["primary"][0, 0, 0] == 48
    assert path.arriving["primary"][0].ravel().tolist() == [12] * len(YEARS)
    drawn = forecast.draw(0, 2000).arriving["primary"][0].astype(float)
    assert drawn.mean() == pytest.approx(12, abs=0.4)
    assert 11 < drawn[0].var() < 20


def test_an_assumed_share_of_leaving_changes_who_leaves_and_not_who_is_entitled():
    """A fifth leaves by assumption; the entrants are those of the plain forecast, draw by draw."""
    district = town(blocks={"A": "S"}, enrolment=steady("S", 100))
    plain = fit_forecast(district, POLICY, YEARS).draw(0, 1000)
    assumed = fit_forecast(district, POLICY, YEARS, assumptions=Assumptions(leaving=0.2)).draw(0, 1000)
    assert (plain.entrants["primary"] == assumed.entrants["primary"]).all()
    share = assumed.leaving["primary"].sum() / assumed.entrants["primary"].sum()
    assert share == pytest.approx(0.2, abs=0.003)
    given_100 = assumed.leaving["primary"][assumed.entrants["primary"] == 100].astype(float)
    assert given_100.var() == pytest.approx(100 * 0.2 * 0.8, rel=0.3)


def test_nobody_leaves_twice():
    """Those who leave are never more than those entitled, small blocks included."""
    attendance = _went({("A", "S"): 1, ("A", "private"): 3})
    draws = fit_forecast(
        town(blocks={"A": "S"}, enrolment=steady("S", 1), attendance=attendance), POLICY, YEARS
    ).draw(0, 500)
    assert (draws.leaving["primary"] <= draws.entrants["primary"]).all()
    assert draws.leaving["primary"].any()


def test_what_many_small_blocks_of_a_neighbourhood_tell_together_is_not_lost():
    """
    Two neighbourhoods of 200 blocks with 5 children each: of every block 1 leaves in the first, 3 in the second.

    Alone, blocks of 5 say little against the district's 40 %; together, a thousand children say 20 % and 60 %.
    """
    whole, left = np.full((400, 1), 5.0), np.repeat([1.0, 3.0], 200)[:, None]
    near = np.repeat([0, 1], 200)
    together, alone = shrunk_share(left, whole, near), shrunk_share(left, whole)
    assert together.share[[0, 399]] == pytest.approx([0.2, 0.6], abs=0.005)
    assert alone.share[0] > 0.25
    assert (together.share * 5).sum() == pytest.approx(left.sum(), rel=0.01)


def test_shares_follow_the_latest_years_of_a_catchment():
    """Two catchments leave 10 % district-wide; A's share rises 5 to 20 %, B's falls 15 to 0: A ends above its mean of 12.5 %."""
    whole = np.full((2, 6), 400.0)
    part = np.array([[20.0, 20, 20, 80, 80, 80], [60.0, 60, 60, 0, 0, 0]])
    found = shrunk_share(part, whole)
    assert found.district == pytest.approx(0.1)
    assert found.share[0] > 0.15
    assert found.share[1] < 0.05
    still = shrunk_share(np.full((2, 6), 40.0), whole)
    assert found.near_yearly > 1.5 * still.near_yearly


def _choosers():
    attendance = _went({("A", "S"): 700, ("A", "T"): 200, ("A", "private"): 100, ("B", "T"): 1000})
    return town(
        blocks={"A": "S", "B": "T"}, enrolment=steady("S", 700) + steady("T", 1200), attendance=attendance
    )


def test_choice_is_drawn_with_a_spread_that_grows_and_keeps_its_mean():
    """Factors of the choice matrix: 1 in the mean, wider in the fifth year than in the first, and still when quiet."""
    forecast = fit_forecast(_choosers(), POLICY, YEARS)
    factor = forecast.draw(0, 2000).choosing["primary"][0]
    assert factor.mean(axis=1) == pytest.approx(np.ones(5), abs=0.03)
    assert factor[4].std() > 1.3 * factor[0].std() > 0
    share = forecast.choice["primary"][0].sum()
    assert (factor * share <= 0.98 + 1e-6).all()
    quiet = forecast.draw(0, 10, quiet=frozenset({"choice"})).choosing["primary"]
    assert (quiet == 1).all()


def test_leaving_varies_more_the_further_ahead():
    """The share of A's entrants who leave: its relative spread grows, as its catchment's share walks on."""
    drawn = fit_forecast(_choosers(), POLICY, YEARS).draw(0, 2000, quiet=frozenset({"count"}))
    share = drawn.leaving["primary"][0] / drawn.entrants["primary"][0]
    assert share[4].std() > 1.2 * share[0].std()
    assert share.mean(axis=1) == pytest.approx(np.full(5, share[0].mean()), rel=0.05)
