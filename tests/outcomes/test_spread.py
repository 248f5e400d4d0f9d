"""Means and ranges over draws."""

from __future__ import annotations

import numpy as np
import pytest

from planner.outcomes.spread import mean_error, quantile_errors, quantiles, ranged, share_error


def test_ends_of_a_range_are_counts_that_occurred():
    """Of the draws 1, 2, 4, ..., 512 the first is not exceeded by 10 %, the ninth by 90 %, the fifth by half."""
    counts = np.array([2**power for power in (3, 9, 0, 5, 1, 7, 2, 8, 4, 6)], dtype=np.int16)
    assert quantiles(counts, 0.1, 0.9, 0.5).tolist() == [1, 256, 16]


def test_of_a_single_draw_all_figures_are_that_draw():
    """The expected path has one draw, and no spread."""
    figures = ranged("demand", np.array([[7]], dtype=np.int16))
    assert {name: column.tolist() for name, column in figures.items()} == {
        "demand": [7.0],
        "demand_p10": [7.0],
        "demand_p90": [7.0],
    }


def test_means_of_small_integers_do_not_overflow():
    """A thousand draws of 30,000 children add up to 30 million, far above the largest int16."""
    assert ranged("n", np.full((1, 1000), 30_000, dtype=np.int16))["n"].tolist() == [30_000.0]


def test_errors_of_quantiles_are_what_resampling_the_draws_finds():
    """Forty draws resampled 20,000 times: the smallest counts that 10, 50 and 90 % do not exceed scatter by as much."""
    draws = np.random.default_rng(5).poisson(100, 40).astype(np.int16)
    again = np.random.default_rng(6).choice(draws, (20_000, 40))
    shares = (0.1, 0.5, 0.9)
    assert quantile_errors(draws, *shares) == pytest.approx(quantiles(again, *shares).std(axis=1), rel=0.03)


def test_without_spread_there_is_no_error():
    """Seven children in every draw."""
    same = np.full(20, 7, dtype=np.int16)
    assert quantile_errors(same, 0.025, 0.5).tolist() == [0.0, 0.0]
    assert mean_error(same) == 0.0


def test_errors_of_means_and_shares():
    """Of 0, 0, 4, 4 the mean varies by 2 / sqrt(4) = 1; a half of 100 draws by 0.05."""
    assert mean_error(np.array([0, 0, 4, 4], dtype=np.int16)) == 1.0
    assert share_error(0.5, 100) == pytest.approx(0.05)
