"""Whole children around a mean."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from planner.forecast.counts import near_poisson, rounded


def _shocks(number: int = 200_000) -> np.ndarray:
    return np.random.default_rng(5).standard_normal(number).astype(np.float32)


@pytest.mark.parametrize("mean", [0.25, 1.0, 2.25, 5.0625, 9.0])
def test_small_poisson_counts_are_exact_quantiles(mean):
    """Below 16 children the count is the Poisson quantile of the shock's probability, shock by shock."""
    shocks = _shocks(20_000)
    counts = near_poisson(np.full(shocks.shape, mean, dtype=np.float32), shocks, 1.0)
    exact = stats.poisson.ppf(stats.norm.cdf(shocks.astype(np.float64)), mean)
    assert (counts == exact).all()


@pytest.mark.parametrize(("mean", "per_child", "trials"), [(4.0, 0.5, 8), (9.0, 0.25, 12), (2.25, 0.75, 9)])
def test_small_counts_of_less_spread_are_binomial(mean, per_child, trials):
    """Variance c m with c < 1 is that of m/(1-c) trials with probability 1-c."""
    shocks = _shocks(20_000)
    counts = near_poisson(np.full(shocks.shape, mean, dtype=np.float32), shocks, per_child)
    exact = stats.binom.ppf(stats.norm.cdf(shocks.astype(np.float64)), trials, 1 - per_child)
    assert (counts == exact).all()


@pytest.mark.parametrize("per_child", [0.2, 0.5, 0.9, 1.0])
@pytest.mark.parametrize("mean", [0.7, 3.3, 12.0, 17.0, 60.0, 400.0])
def test_mean_and_variance_are_those_asked_for(mean, per_child):
    """Within Monte Carlo error; rounding of large counts adds a twelfth; less than one trial has variance m(1-m)."""
    shocks = _shocks()
    counts = near_poisson(np.full(shocks.shape, mean, dtype=np.float32), shocks, per_child).astype(float)
    spread = np.sqrt(per_child * mean + 0.5)
    assert counts.mean() == pytest.approx(mean, abs=5 * spread / np.sqrt(len(shocks)) + 0.005 * mean)
    if mean * per_child >= 1:
        assert counts.var() == pytest.approx(per_child * mean + (mean >= 16) / 12, rel=0.03)
    assert counts.min() >= 0


def test_no_child_is_expected_none_comes():
    """A mean of 0 gives 0 whatever the shock."""
    shocks = _shocks(1000)
    assert not near_poisson(np.zeros(1000, dtype=np.float32), shocks, 1.0).any()


@given(
    low=st.floats(0, 300),
    more=st.floats(0, 50),
    shock=st.floats(-4, 4),
    per_child=st.sampled_from([0.1, 0.5, 0.9, 1.0]),
)
def test_a_higher_mean_never_gives_fewer_children(low, more, shock, per_child):
    """Under the same shock; at most one child at the seam of the two forms and for broken numbers of trials."""
    pair = np.array([low, low + more], dtype=np.float32)
    fewer, many = near_poisson(pair, np.full(2, shock, dtype=np.float32), per_child)
    assert many >= fewer - 1


@given(st.lists(st.floats(0, 20), min_size=1, max_size=40), st.randoms(use_true_random=False))
def test_whole_children_keep_the_sum_of_neighbours(means, random):
    """The rounded sum over any run of the order is within one of the exact sum."""
    order = list(range(len(means)))
    random.shuffle(order)
    whole = rounded(np.array(means), np.array(order))
    first, last = sorted(random.sample(range(len(means) + 1), 2)) if len(means) > 1 else (0, 1)
    run = order[first:last]
    assert abs(whole[run].sum() - np.array(means)[run].sum()) <= 1 + 1e-6
    assert (whole >= 0).all()
