"""Who leaves and who arrives by residents against intakes, where nobody counted attendance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.forecast import FittedForecast, fit_forecast
from tests.forecast.town import COUNTED, POLICY, YEARS, rolls, steady, town, yearly

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray


def _homes(figures: dict[str, int], years: Iterable[int] = (COUNTED - 1, COUNTED), grade: int = 1):
    """Return residents of a grade: block to the children of every year."""
    return yearly(
        "block",
        "children",
        {block: dict.fromkeys(years, number) for block, number in figures.items()},
        grade=grade,
    )


def _entering(forecast: FittedForecast, stage: str = "primary") -> NDArray[np.int64]:
    """Return children who enter public schools on the expected path, by year."""
    path = forecast.expected()
    staying = (path.entrants[stage] - path.leaving[stage]).sum(axis=(0, 2), dtype=np.int64)
    return staying + path.arriving[stage].sum(axis=(0, 2), dtype=np.int64)


def _intake_of(forecast: FittedForecast, home: dict[str, str]) -> dict[str, float]:
    """Return children who enter each school in the first year, blocks going to the schools named."""
    path = forecast.expected()
    staying = (path.entrants["primary"] - path.leaving["primary"])[:, 0, 0]
    choice = forecast.choice["primary"]
    into = dict(
        zip(
            forecast.schools,
            staying @ choice + path.arriving["primary"][:, 0, 0],
            strict=True,
        )
    )
    for block, number, away in zip(forecast.blocks, staying, choice.sum(axis=1), strict=True):
        into[home[block]] += number * (1 - away)
    return into


def _intakes(school, numbers):
    return rolls(
        school,
        {
            year: [number] * 6
            for year, number in zip(range(COUNTED + 1 - len(numbers), COUNTED + 1), numbers, strict=True)
        },
    )


def test_60_of_100_residents_enter_so_40_percent_leave_and_the_intake_goes_on():
    """100 residents and 60 in the school in both years: 1 - 60/100 leave; 100 entrants less 40 are 60 again."""
    district = town(blocks={"A": "S"}, enrolment=_intakes("S", [60, 60]), residents=_homes({"A": 100}))
    forecast = fit_forecast(district, POLICY, YEARS)
    path = forecast.expected()
    assert forecast.fit.stages[0].leaving == pytest.approx([0.4])
    assert path.entrants["primary"][0, :, 0].tolist() == [100] * len(YEARS)
    assert path.leaving["primary"][0, :, 0].tolist() == [40] * len(YEARS)
    assert not path.arriving["primary"].any()
    drawn = forecast.draw(0, 1000)
    assert drawn.leaving["primary"][0, 0].mean() == pytest.approx(40, abs=1.5)
    assert sum("read off residents" in str(note) and "40%" in str(note) for note in forecast.notes) == 1
    assert not any(
        "all children of the stage primary are taken to stay" in str(note) for note in forecast.notes
    )


def test_pupils_beyond_the_residents_arrive_from_elsewhere():
    """130 in the school of 100 residents: nobody leaves, 30 a year arrive, and 130 enter again."""
    district = town(blocks={"A": "S"}, enrolment=_intakes("S", [130, 130]), residents=_homes({"A": 100}))
    forecast = fit_forecast(district, POLICY, YEARS)
    path = forecast.expected()
    assert path.entrants["primary"][0, 0, 0] == 100
    assert not path.leaving["primary"].any()
    assert path.arriving["primary"][0, :, 0].tolist() == [30] * len(YEARS)


def test_years_without_residents_are_read_with_the_same_share():
    """Intakes 60 since 2018, residents of 2025 alone: 60/(1 - .4) = 100 entrants in every year, and no jump of births' ratio."""
    births = yearly("area", "births", {"A": dict.fromkeys(range(2008, 2026), 200)})
    district = town(
        blocks={"A": "S"},
        enrolment=steady("S", 60),
        residents=_homes({"A": 100}, years=[COUNTED]),
        births=births,
    )
    forecast = fit_forecast(district, POLICY, YEARS)
    entry = forecast.fit.stages[0].entry
    assert entry is not None
    tier = next(tier for tier in entry.tiers if tier.name == "births")
    assert tier.mean[0, 0] == pytest.approx(100)
    assert (_entering(forecast) == 60).all()


def test_a_small_catchment_is_drawn_towards_the_districts_share():
    """S takes 300 of 600 and T 4 of 4: T's share lies between its own 0 and the district's 300/604, S's by its own."""
    district = town(
        blocks={"A": "S", "B": "T"},
        enrolment=_intakes("S", [300, 300]) + _intakes("T", [4, 4]),
        residents=_homes({"A": 600, "B": 4}),
    )
    share = fit_forecast(district, POLICY, YEARS).fit.stages[0].leaving
    assert share[0] == pytest.approx(0.5, abs=0.01)
    assert 0.05 < share[1] < 0.45


def test_residents_missing_here_are_the_surplus_pupils_there():
    """
    S takes 600 of 1000 and T 700 of 600, U, without a catchment, 100: 400 are missing, 200 are too many.

    Half of the 400 chose T and U, 100 each; the other 200 leave; none arrive. Next year's intakes are the same again.
    """
    district = town(
        blocks={"A": "S", "B": "T"},
        schools={"S": "1-6", "T": "1-6", "U": "1-6"},
        enrolment=_intakes("S", [600, 600]) + _intakes("T", [700, 700]) + _intakes("U", [100, 100]),
        residents=_homes({"A": 1000, "B": 600}),
    )
    forecast = fit_forecast(district, POLICY, YEARS)
    path = forecast.expected()
    assert path.leaving["primary"][:, 0, 0] == pytest.approx([200, 0], abs=10)
    assert path.leaving["primary"][:, 0, 0].sum() == pytest.approx(200, abs=2)
    assert not path.arriving["primary"].any()
    assert forecast.choice["primary"][0] * 800 == pytest.approx([0, 100, 100], abs=5)
    assert _intake_of(forecast, {"A": "S", "B": "T"}) == pytest.approx({"S": 600, "T": 700, "U": 100}, abs=15)


def test_children_who_only_cross_over_do_not_leave():
    """S takes 60 of 30 and T 40 of 70: as many as live here, so nobody leaves or arrives, and 30 of B choose S, but for shrinkage."""
    district = town(
        blocks={"A": "S", "B": "T"},
        enrolment=steady("S", 60) + steady("T", 40),
        residents=_homes({"A": 30, "B": 70}, years=[COUNTED]),
    )
    forecast = fit_forecast(district, POLICY, YEARS)
    path = forecast.expected()
    assert _entering(forecast) == pytest.approx(np.full(5, 100), abs=1)
    assert path.leaving["primary"].sum(axis=0)[0, 0] <= 1
    assert path.arriving["primary"].sum(axis=0)[0, 0] <= 1
    assert path.entrants["primary"][:, 0, 0] == pytest.approx([30, 70], abs=4)
    assert _intake_of(forecast, {"A": "S", "B": "T"}) == pytest.approx({"S": 60, "T": 40}, abs=5)


def test_blocks_count_with_the_catchment_of_the_year():
    """
    B moved from S to T in 2025.

    2024: S takes 90 of A's and B's 200, T 100 of C's 100. 2025: S 90 of A's 100, T 100 of B's and C's 200. Of A, 55 and 10 of
    200 leave; of B and C, who are of T now, 55 + 0 and 50 + 50 of 400: 65/200 against 155/400.
    """
    catchments = [
        {"block": "A", "stage": "primary", "since": 2000, "school": "S"},
        {"block": "B", "stage": "primary", "since": 2000, "school": "S"},
        {"block": "B", "stage": "primary", "since": 2025, "school": "T"},
        {"block": "C", "stage": "primary", "since": 2000, "school": "T"},
    ]
    district = town(
        blocks={"A": "S", "B": "T", "C": "T"},
        catchments=catchments,
        enrolment=_intakes("S", [90, 90]) + _intakes("T", [100, 100]),
        residents=_homes({"A": 100, "B": 100, "C": 100}),
    )
    found = fit_forecast(district, POLICY, YEARS).fit.stages[0].flows.apart
    # District-wide 110 and then 110 of 300 leave; A and T's blocks stand to each other as both years together say,
    # (65/200) / (155/400) = 0.84 before shrinking, or further apart, towards the last year's (10/100) / (100/200) = 0.2.
    assert found.district == pytest.approx(110 / 300)
    assert 0.2 < found.share[0] / found.share[2] < 0.84
    assert found.share[1] == found.share[2]
    assert found.share.sum() == pytest.approx(110 / 100)


def test_catchments_that_share_a_school_are_read_together():
    """A goes to S, B to S or T: 90 and 30 enter of 100 and 100, so 40 % of both leave; S is not counted twice."""
    district = town(
        blocks={"A": "S", "B": "S+T"},
        enrolment=_intakes("S", [90, 90]) + _intakes("T", [30, 30]),
        residents=_homes({"A": 100, "B": 100}),
    )
    assert fit_forecast(district, POLICY, YEARS).fit.stages[0].leaving == pytest.approx([0.4, 0.4])


def test_children_without_a_catchment_attend_as_the_others_do():
    """50 of B have no catchment, 100 of A have S, which takes 120: 20 % of both leave, none arrive, and 120 enter again."""
    district = town(
        blocks={"A": "S", "B": None},
        enrolment=_intakes("S", [120, 120]),
        residents=_homes({"A": 100, "B": 50}),
    )
    forecast = fit_forecast(district, POLICY, YEARS)
    assert forecast.fit.stages[0].leaving == pytest.approx([0.2, 0.2])
    assert not forecast.expected().arriving["primary"].any()
    assert _entering(forecast)[0] == 120


def test_a_full_school_says_nothing_of_leaving_and_those_it_turned_away_are_not_counted_twice():
    """S, full, takes 60 of 100; T takes 140 of 100: the 40 whom S turned away are T's 40, who are entrants of S's catchment."""
    enrolment = rolls("S", {2024: [60] * 6, 2025: [60] * 6}, full=True) + _intakes("T", [140, 140])
    district = town(blocks={"A": "S", "B": "T"}, enrolment=enrolment, residents=_homes({"A": 100, "B": 100}))
    path = fit_forecast(district, POLICY, YEARS).expected()
    assert path.entrants["primary"][:, 0, 0].tolist() == [100, 100]
    assert not path.leaving["primary"].any()
    assert not path.arriving["primary"].any()


def test_a_share_of_the_past_does_not_outlive_a_year_in_which_nobody_left():
    """60, 60, 100 and 100 of 100 enter: the private school has closed, and the 40 % of its years with it."""
    district = town(
        blocks={"A": "S"},
        enrolment=_intakes("S", [60, 60, 100, 100]),
        residents=_homes({"A": 100}, years=range(COUNTED - 3, COUNTED + 1)),
    )
    assert not fit_forecast(district, POLICY, YEARS).expected().leaving["primary"].any()


def test_attendance_overrules_residents_against_rolls():
    """All of A's 60 who were followed attend S: nobody leaves, whatever 100 residents against 60 pupils suggest."""
    attendance = [
        {"block": "A", "school": "S", "grade": 1, "year": year, "children": 60} for year in (2024, 2025)
    ]
    district = town(
        blocks={"A": "S"},
        enrolment=_intakes("S", [60, 60]),
        residents=_homes({"A": 100}),
        attendance=attendance,
    )
    forecast = fit_forecast(district, POLICY, YEARS)
    assert not forecast.fit.stages[0].leaving.any()
    assert not any("read off residents" in str(note) for note in forecast.notes)


def test_leavers_of_a_later_stage_are_read_off_its_own_residents():
    """Of 80 leavers of grade 6 a year, 100 live here in grade 7 (private pupils too) and 75 enter junior school: 75 go on."""
    enrolment = [
        {"school": school, "grade": grade, "year": year, "pupils": number}
        for year in range(2020, COUNTED + 1)
        for school, grades, number in (("S", range(1, 7), 80), ("J", range(7, 10), 75))
        for grade in grades
    ]
    district = town(
        blocks={"A": "S"},
        schools={"S": "1-6", "J": "7-9"},
        junior={"A": "J"},
        enrolment=enrolment,
        residents=_homes({"A": 100}, grade=7, years=range(2020, COUNTED + 1)),
    )
    forecast = fit_forecast(district, POLICY, YEARS)
    assert forecast.fit.stages[1].leaving == pytest.approx([0.25])
    assert _entering(forecast, "junior")[0] == pytest.approx(75, abs=1)


@settings(max_examples=25, deadline=None)
@given(
    residents=st.lists(st.integers(20, 400), min_size=4, max_size=4),
    going=st.lists(st.floats(0.3, 1.4), min_size=4, max_size=4),
    wobble=st.lists(st.floats(0.97, 1.03), min_size=16, max_size=16),
)
def test_the_next_intake_goes_on_from_the_last_where_residents_stay_level(residents, going, wobble):
    """Whatever the schools took of their catchments, four steady years are followed by one within 15 %."""
    blocks = dict(zip("ABCD", "STUV", strict=True))
    rows, last = [], 0
    for at, school in enumerate(blocks.values()):
        taken = [round(residents[at] * going[at] * each) for each in wobble[4 * at : 4 * at + 4]]
        rows += _intakes(school, taken)
        last += taken[-1]
    district = town(
        blocks=blocks,
        enrolment=rows,
        residents=_homes(dict(zip(blocks, residents, strict=True)), years=range(COUNTED - 3, COUNTED + 1)),
    )
    next_year = _entering(fit_forecast(district, POLICY, YEARS[:1]))[0]
    assert next_year == pytest.approx(last, rel=0.15)


def test_one_single_year_of_enrolment_grows_by_1_and_the_notes_say_so():
    """Nothing to compare a year with: every ratio is 1, said once; two years are no longer one."""
    one = fit_forecast(town(blocks={"A": "S"}, enrolment=_intakes("S", [60])), POLICY, YEARS)
    two = fit_forecast(town(blocks={"A": "S"}, enrolment=_intakes("S", [60, 60])), POLICY, YEARS)
    assert np.allclose(one.expected().growth[0, 1:6, :, 0], 1)
    assert sum("growth from each grade to the next is taken as 1" in str(note) for note in one.notes) == 1
    assert not any("taken as 1" in str(note) for note in two.notes)
