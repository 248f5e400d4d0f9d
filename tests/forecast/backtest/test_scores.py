"""Scores of forecasts and their odds, by hand."""

import numpy as np
import pytest

from planner.forecast.backtest.scores import (
    brier_skill,
    calibration_error,
    crps,
    poisson_covered,
    poisson_crps,
    quantiles,
)


def test_the_score_of_two_draws_around_the_count_is_0():
    """|0 - 1| and |2 - 1| are 1 on average; the two draws are 2 apart, half of which is taken off."""
    assert crps(np.array([[0.0, 2.0]], dtype=np.float32), np.array([1.0])).item() == pytest.approx(0)


def test_the_score_of_a_sure_forecast_is_its_error():
    assert crps(np.full((1, 5), 7, dtype=np.float32), np.array([10.0])).item() == pytest.approx(3)


def test_the_score_of_many_poisson_draws_is_that_of_the_formula():
    draws = np.random.default_rng(1).poisson(12.5, (1, 20_000)).astype(np.float32)
    for actual in (3.0, 12.0, 30.0):
        assert crps(draws, np.array([actual])).item() == pytest.approx(
            poisson_crps(np.array([12.5]), np.array([actual])).item(), abs=0.05
        )


def test_a_poisson_range_holds_its_share_of_poisson_counts():
    counts = np.arange(200.0)
    from scipy import stats

    weight = stats.poisson.pmf(counts, 9.3)
    assert (weight * poisson_covered(np.full(200, 9.3), counts, 0.8)).sum() == pytest.approx(0.8, abs=1e-6)


def test_quantiles_lie_between_whole_children_and_are_never_negative():
    """Half of the draws 3, half 4: the middle lies at 3.5; of draws all 0 the lower end stays 0."""
    found = quantiles(np.array([[3, 4] * 500, [0, 0] * 500], dtype=np.float32))
    assert found[2, 0] == pytest.approx(3.5, abs=0.05)
    assert found[0, 1] == 0


def test_stating_how_often_it_comes_has_no_skill_and_being_right_has_all():
    came = np.array([True, False, False, False])
    assert brier_skill(np.full(4, 0.25), came) == pytest.approx(0)
    assert brier_skill(came.astype(float), came) == pytest.approx(1)
    assert np.isnan(brier_skill(np.full(2, 0.5), np.array([False, False])))


def test_odds_of_30_that_come_every_second_time_are_off_by_20():
    assert calibration_error(np.full(4, 0.3), np.array([True, True, False, False])) == pytest.approx(0.2)
