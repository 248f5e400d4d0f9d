"""Levels followed, and forecasts weighted by their past."""

import numpy as np
import pytest

from planner.forecast.levels import Prior, fit_level
from planner.forecast.stacking import stacked_weights


def test_the_first_count_sets_the_level():
    """12 of 10 expected, diffuse before: 4 / (4 + 1.0 x 1.2 / 10) of the way from 1 to 1.2."""
    found = fit_level(np.array([[12.0]]), np.array([[10.0]]), Prior(per_child=1.0, yearly=0.06))
    assert found.effect[0, 0] == pytest.approx(1 + 0.2 * 4 / 4.12, abs=1e-6)


def test_a_known_start_holds_a_small_place_back():
    found = fit_level(np.array([[12.0]]), np.array([[10.0]]), Prior(per_child=1.0, yearly=0.06, start=0.1))
    assert 1.0 < found.effect[0, 0] < 1.05


def test_a_gap_leaves_the_level_and_widens_it():
    observed = np.array([[100.0, np.nan, np.nan]])
    found = fit_level(observed, np.full((1, 3), 100.0), Prior(per_child=1.0, yearly=0.06))
    assert found.effect[0].tolist() == [found.effect[0, 0]] * 3
    assert found.variance[0, 2] > found.variance[0, 1] > found.variance[0, 0]


def test_places_that_wander_are_found_to_wander():
    random = np.random.default_rng(1)
    base = np.full((60, 12), 400.0)
    level = np.exp(np.cumsum(0.1 * random.standard_normal((60, 12)), axis=1))
    wandering = fit_level(random.poisson(base * level).astype(float), base, Prior(per_child=1.0, yearly=0.06))
    still = fit_level(random.poisson(base).astype(float), base, Prior(per_child=1.0, yearly=0.06))
    assert wandering.yearly == pytest.approx(0.1, rel=0.25)
    assert still.yearly < 0.03


def test_a_forecast_that_was_always_right_gets_the_weight():
    random = np.random.default_rng(2)
    actual = 100 + 20 * random.standard_normal(400)
    said = np.column_stack([actual, 100 + 20 * random.standard_normal(400)])
    weights = stacked_weights(said, actual, np.full(400, 10.0), [0.5, 0.5])
    assert weights[0] > 0.9
    assert weights.sum() == pytest.approx(1)


def test_without_a_past_the_weights_are_those_to_begin_with():
    nothing = np.zeros((0, 2))
    assert stacked_weights(nothing, np.zeros(0), np.zeros(0), [3, 1]).tolist() == [0.75, 0.25]
    gaps = np.full((3, 2), np.nan)
    assert stacked_weights(gaps, np.ones(3), np.ones(3), [1, 1]).tolist() == [0.5, 0.5]
