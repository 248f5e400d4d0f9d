"""Births become the cohorts that enter school."""

from __future__ import annotations

import numpy as np
import pytest

from planner.forecast import Assumptions
from planner.forecast.births import cohorts
from planner.policy import Entry
from tests.forecast.town import POLICY, town, yearly


def _births(births, autumns, policy=POLICY, trend=1.0, areas=None, offset=0):
    district = town(blocks={"A": "S", "B": "S"}, areas=areas, births=births)
    found = cohorts(district, policy, autumns, offset, Assumptions(birth_trend=trend))
    assert found is not None
    return found


def test_a_third_of_the_births_of_seven_years_before_and_two_thirds_of_six():
    """Autumn 2026 under 31 August: 300/3 of 2019 + 600 x 2/3 of 2020 = 500."""
    found = _births(yearly("area", "births", {"A": {2019: 300, 2020: 600}}), (2026,))
    assert found.births[0, 0] == pytest.approx(500)
    assert found.by_block
    assert np.isnan(found.births[1, 0]), "B has no births row: unknown, not none"


def test_monthly_births_are_cut_at_the_cut_off():
    """Children born from September 2019 to August 2020 enter in autumn 2026: 4 months of 10 and 8 of 20 = 200."""
    rows = [{"area": "A", "year": 2019, "month": month, "births": 10} for month in range(1, 13)]
    rows += [{"area": "A", "year": 2020, "month": month, "births": 20} for month in range(1, 13)]
    found = _births(rows, (2026,))
    assert found.monthly
    assert found.births[0, 0] == pytest.approx(4 * 10 + 8 * 20)


def test_a_cut_off_inside_a_month_splits_it_by_days():
    """6 years by 15 September: half of September 2020's 30 births belong to the cohort that enters in 2026."""
    rows = [
        {"area": "A", "year": year, "month": month, "births": 30}
        for year in (2019, 2020)
        for month in range(1, 13)
    ]
    policy = POLICY.model_copy(update={"entry": Entry(age=6, cut_off="09-15")})
    rows[20]["births"] = 60
    assert rows[20]["month"] == 9
    assert rows[20]["year"] == 2020
    found = _births(rows, (2026,), policy)
    assert found.births[0, 0] == pytest.approx(12 * 30 + 15)


def test_stated_lags_hold_as_they_are():
    """Scotland: entrants of 2026 are cohort 2021, nothing of it is split."""
    policy = POLICY.model_copy(update={"entry": Entry(age=5, birth_lags={5: 1.0})})
    found = _births(yearly("area", "births", {"A": {2020: 7, 2021: 90}}), (2026,), policy)
    assert found.births[0, 0] == 90


def test_a_stage_entered_at_grade_7_looks_six_years_further_back():
    """Offset 6: autumn 2026 rests on the births of 2013 and 2014."""
    found = _births(yearly("area", "births", {"A": {2013: 300, 2014: 600}}), (2026,), offset=6)
    assert found.births[0, 0] == pytest.approx(500)


def test_beyond_the_last_figure_births_follow_the_trend_and_recent_shares():
    """Known to 2021, 100 in all; 2022 at 0.9 a year is 90, shared as 2019-2021 (3:1); autumn 2028 = 100/3 + 90 x 2/3."""
    births = yearly(
        "area", "births", {"A": {2019: 80, 2020: 70, 2021: 75}, "B": {2019: 20, 2020: 30, 2021: 25}}
    )
    found = _births(births, (2027, 2028, 2029), trend=0.9)
    assert found.births[:, 1].sum() == pytest.approx(100 / 3 + 90 * 2 / 3)
    assert found.births[0, 2] == pytest.approx(0.75 * (90 / 3 + 81 * 2 / 3))
    assert found.beyond == pytest.approx(np.array([[0, 0], [2 / 3, 0], [1 / 3, 2 / 3]]))
    assert found.last == 2021


def test_births_by_area_belong_to_the_blocks_of_the_area():
    """One cell for the town of both blocks; areas that are nobody's become one sum for the district."""
    rows = yearly("area", "births", {"town": {2019: 90, 2020: 90}})
    found = _births(rows, (2026,), areas={"A": "town", "B": "town"})
    assert (found.cells, found.of.tolist(), found.by_block) == (("town",), [0, 0], False)
    other = _births(rows, (2026,), areas={"A": "east", "B": "west"})
    assert other.whole_district
    assert other.births[0, 0] == pytest.approx(90)
