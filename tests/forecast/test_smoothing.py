"""The estimators, by hand and on made worlds whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from planner.forecast.smoothing import (
    between_variance,
    dispersion,
    local_level,
    path,
    path_spread,
    shrunk_variance,
    smooth,
)


def test_smoothing_of_1_and_2_ends_at_1_7():
    """Start at 1; error 1; level 1 + 0.7 x 1."""
    level, errors = smooth(np.array([np.nan, 1.0, np.nan, 2.0]))
    assert level == pytest.approx(1.7)
    assert errors.tolist() == [1.0]


def test_paths_spread_as_the_formula_says():
    """A smoothed level with one-year error sd 1 has sd sqrt(1 + 4 x 0.49) five years ahead."""
    shocks = np.random.default_rng(1).standard_normal((5, 200_000)).astype(np.float32)
    drawn = path(shocks)
    assert drawn[0] == pytest.approx(shocks[0])
    assert drawn.std(axis=1) == pytest.approx(path_spread(1.0, np.arange(1, 6)), rel=0.01)
    assert path_spread(1.0, np.array([5]))[0] == pytest.approx(np.sqrt(1 + 4 * 0.49))


def test_two_pieces_at_4_and_a_prior_of_1_worth_two_give_2():
    """The geometric mean of 4 and 1; without any piece the prior stands; an estimate of 0 counts as a hundredth."""
    assert shrunk_variance(4.0, 2, 1.0, 2) == pytest.approx(2.0)
    assert shrunk_variance(4.0, 0, 1.0, 2) == 1.0
    assert shrunk_variance(0.0, 2, 1.0, 2) == pytest.approx(0.1)


def test_a_place_expected_10_and_seen_12_stands_at_1_1():
    """Gain 0.1 / (0.1 + 1/10) = 1/2, so half of the way from 1 to 1.2; what is left of the variance is half of 0.1."""
    level = local_level(np.array([[12.0]]), np.array([[10.0]]), per_child=1.0, between=0.1, yearly=0.0)
    assert level.effect[0] == pytest.approx(1.1)
    assert level.own[0] == pytest.approx(0.5)
    assert level.variance[0] == pytest.approx(0.05 / 1.1**2)


def test_a_large_place_follows_its_own_history_and_a_small_one_the_district():
    """With ratio 1.3 in both, a place of 1000 ends near 1.3, a place of 2 near 1."""
    expected = np.array([[1000.0] * 5, [2.0] * 5])
    level = local_level(expected * 1.3, expected, per_child=1.0, between=0.01, yearly=0.0)
    assert level.effect[0] > 1.29
    assert level.effect[1] < 1.05


def test_a_place_without_history_keeps_the_district_and_the_prior_variance():
    """Years that pass unseen teach nothing and add nothing."""
    nothing = np.full((1, 4), np.nan)
    level = local_level(nothing, nothing, per_child=1.0, between=0.04, yearly=0.01)
    assert (level.effect[0], level.own[0]) == (1.0, 0.0)
    assert level.variance[0] == pytest.approx(0.04)


def test_recent_years_count_more_where_ratios_move():
    """Two years at 1 and one at 1.5: the last weighs more when the ratio may change from year to year."""
    expected = np.full((1, 3), 500.0)
    observed = expected * np.array([1.0, 1.0, 1.5])
    still = local_level(observed, expected, per_child=1.0, between=0.01, yearly=0.0)
    moving = local_level(observed, expected, per_child=1.0, between=0.01, yearly=0.02)
    assert moving.effect[0] > still.effect[0] + 0.1


@pytest.mark.parametrize(("per_child", "shock"), [(1.0, 0.0), (1.0, 0.08), (0.3, 0.05)])
def test_variances_of_a_made_district_are_found_again(per_child, shock):
    """100 schools, 8 years, 60 to 140 children: c within 15 %, the yearly variance within 15 % where there is one."""
    random = np.random.default_rng(7)
    schools, years = 100, 8
    expected = random.uniform(60, 140, (schools, 1)) * np.ones((1, years))
    found_c, found_v = [], []
    for _ in range(12):
        ratio = 1 + shock * random.standard_normal((schools, years))
        mean = expected * ratio
        observed = mean + np.sqrt(per_child * mean) * random.standard_normal((schools, years))
        found = dispersion(observed, expected, (per_child, 2 * shock**2 or 1e-4), worth=1.0)
        found_c.append(found.per_child)
        found_v.append(found.yearly / 2)
    assert np.mean(found_c) == pytest.approx(per_child, rel=0.15)
    if shock:
        assert np.mean(found_v) == pytest.approx(shock**2, rel=0.15)
    else:
        assert np.median(found_v) < 0.02**2


def test_without_history_the_prior_variances_stand():
    """One year has no difference to another."""
    one = np.array([[10.0], [20.0]])
    assert dispersion(one, one, (0.5, 0.004))[:2] == (0.5, 0.004)


def test_the_variance_between_places_is_found_and_is_0_where_there_is_none():
    """400 places with sampling sd 0.1, and true sd 0.2 or 0."""
    random = np.random.default_rng(3)
    noise = np.full(400, 0.01)
    seen = random.normal(0, np.sqrt(0.04 + 0.01), 400)
    assert between_variance(seen, noise) == pytest.approx(0.04, rel=0.15)
    assert between_variance(random.normal(0, 0.08, 400), noise) == 0.0
