"""Past forecasts know nothing of what came after."""

import numpy as np
import pandas as pd
import pytest

from planner.forecast.backtest import METHODS, REFERENCE, backtest_units
from planner.forecast.backtest.baselines import baseline_forecasts
from tests.forecast.made import grown
from tests.forecast.test_units import counts

LABELS = ["K", "1", "2", "3", "4", "5"]


def tried(pupils: np.ndarray, origins, leads=(1, 2), **more):
    return backtest_units(counts(pupils, **more), origins, leads, labels=LABELS, draws=200)


def test_counts_after_an_origin_change_no_forecast_from_it():
    pupils = grown(5, schools=6, years=9)
    births = np.linspace(900, 1300, 9 + 2)
    known = tried(pupils, [2015], births=births, lag=2)
    later, unborn = pupils.copy(), births.copy()
    later[:, :, 6:] += 40
    unborn[8:] *= 3
    other = tried(later, [2015], births=unborn, lag=2)
    columns = ["unit", "grade", "origin", "lead", "mean", "p025", "p10", "p50", "p90", "p975"]
    pd.testing.assert_frame_equal(known.forecasts[columns], other.forecasts[columns])
    assert not known.forecasts["actual"].equals(other.forecasts["actual"])


def test_every_unit_grade_origin_and_lead_stands_once_beside_what_came():
    pupils = grown(6, schools=4, years=9)
    found = tried(pupils, [2014, 2015, 2017])
    assert len(found.forecasts) == 4 * 6 * (2 + 2 + 1)
    assert not found.forecasts.duplicated(["unit", "grade", "origin", "lead"]).any()
    row = found.forecasts.query("unit == 'u2' and grade == '3' and origin == 2015 and lead == 2").iloc[0]
    assert row["actual"] == pupils[2, 3, 2017 - 2010]
    assert row["p025"] <= row["p10"] <= row["p50"] <= row["p90"] <= row["p975"]


def test_totals_are_those_of_the_grades():
    pupils = grown(6, schools=4, years=9)
    found = tried(pupils, [2016])
    of_unit = found.forecasts.query("unit == 'u1' and lead == 1")
    total = found.totals.query("unit == 'u1' and lead == 1").iloc[0]
    assert total["actual"] == of_unit["actual"].sum()
    assert total["mean"] == pytest.approx(of_unit["mean"].sum())
    district = found.totals.query("unit == 'all' and lead == 1").iloc[0]
    assert district["actual"] == pupils[:, :, 7].sum()


def test_three_year_ratios_by_hand():
    """Ratios 1.2, 1.0 and 0.8 have the mean 1; entry is the mean of 30, 33 and 36."""
    pupils = np.array([[[50, 30, 33, 36], [np.nan, 60, 30, 26.4]]])
    said = baseline_forecasts(counts(pupils), 2)[REFERENCE]
    assert said[0, :, 0] == pytest.approx([33, 36])
    assert said[0, :, 1] == pytest.approx([33, 33])


def test_births_times_their_ratio_by_hand():
    """33 of 100 births entered in each of three years; 120 were born of the next cohort."""
    pupils = np.full((1, 1, 3), 33.0)
    births = np.array([100.0, 100.0, 100.0, 120.0])
    said = baseline_forecasts(counts(pupils, births=births, lag=1), 2)["births and three-year ratios"]
    assert said[0, 0] == pytest.approx([39.6, 39.6])


def test_every_method_is_scored_on_the_same_cases():
    found = tried(grown(8, schools=5, years=9), [2015, 2016], births=np.full(11, 1000.0), lag=2)
    entry = found.baselines.query("target == 'entry' and lead == 1").set_index("method")
    assert set(entry.index) == set(METHODS)
    assert len(set(entry["n"])) == 1
    ours = found.scores.query("target == 'entry' and lead == 1 and band == 'all'").iloc[0]
    assert ours["n"] == entry["n"].iloc[0]
    assert ours["crps_baseline"] == pytest.approx(entry.loc[REFERENCE, "crps"])


def test_another_class_is_asked_of_the_children_of_the_grade_below():
    """50 children need two classes of 25; 51 next year need a third. K asks it of last year's K."""
    pupils = np.full((3, 6, 8), 50.0)
    pupils[0, 1, 7] = 51
    found = tried(pupils, [2016], leads=(1,))
    reliability = found.reliability
    assert reliability.query("target == 'grades'")["cases"].sum() == 15
    rate = found.scores.query("target == 'grades' and lead == 1 and band == 'all'")["base_rate"].item()
    assert rate == pytest.approx(1 / 15)
