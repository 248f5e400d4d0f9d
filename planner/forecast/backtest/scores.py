"""How good forecasts and their odds were."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import special, stats

if TYPE_CHECKING:
    from numpy.typing import NDArray

QUANTILES = {"p025": 0.025, "p10": 0.1, "p50": 0.5, "p90": 0.9, "p975": 0.975}
"""Quantiles written, by column."""
BINS = 10
"""Groups of stated probability in a table of reliability."""

_GOLDEN = 0.6180339887498949


def quantiles(draws: NDArray[np.float32]) -> NDArray[np.float64]:
    """
    Return the quantiles of whole children as if spread evenly over half a child either way [quantile, ...].

    So a range meant to hold 80 % of the outcomes holds 80 % of them, also where 80 % is no whole number of
    children; the spreading is the same for all, and nothing of it is random.

    Parameters
    ----------
    draws
        [..., draw]. [children]
    """
    number = draws.shape[-1]
    spread = ((np.arange(number) + 1) * _GOLDEN % 1 - 0.5).astype(np.float32)
    return np.maximum(np.quantile(draws + spread, list(QUANTILES.values()), axis=-1), 0.0)


def crps(draws: NDArray[np.float32], actual: NDArray[np.float64]) -> NDArray[np.float64]:
    r"""
    Return the continuous ranked probability score of draws [case]. [children]

    .. math:: E|X - y| - \tfrac12 E|X - X'|

    the second expectation over different draws, so that the score does not depend on their number.

    Parameters
    ----------
    draws
        [case, draw].
    actual
        [case].
    """
    number = draws.shape[1]
    ordered = np.sort(draws.astype(np.float64), axis=1)
    rank = 2 * np.arange(1, number + 1) - number - 1
    between = (ordered * rank).sum(axis=1) / (number * (number - 1))
    return np.abs(ordered - actual[:, None]).mean(axis=1) - between


def poisson_crps(mean: NDArray[np.float64], actual: NDArray[np.float64]) -> NDArray[np.float64]:
    r"""
    Return the same score of a Poisson distribution. [children]

    .. math:: (y-\lambda)(2F(y)-1) + 2\lambda f(y) - \lambda e^{-2\lambda}(I_0(2\lambda)+I_1(2\lambda))
    """
    rate = np.maximum(mean, 1e-9)
    whole = np.floor(actual)
    distance = (actual - rate) * (2 * stats.poisson.cdf(whole, rate) - 1) + 2 * rate * stats.poisson.pmf(
        whole, rate
    )
    return distance - rate * (special.ive(0, 2 * rate) + special.ive(1, 2 * rate))


def poisson_covered(
    mean: NDArray[np.float64], actual: NDArray[np.float64], share: float
) -> NDArray[np.float64]:
    """Return how far the central range of a Poisson distribution holds the actual count [case]: whole children spread evenly."""
    rate = np.maximum(mean, 1e-9)
    below = stats.poisson.cdf(actual - 1, rate)
    at = stats.poisson.pmf(actual, rate)
    low, high = (1 - share) / 2, (1 + share) / 2
    inside = np.minimum(below + at, high) - np.maximum(below, low)
    return np.clip(inside, 0.0, at) / np.maximum(at, np.finfo(float).tiny)


def brier_skill(stated: NDArray[np.float64], came: NDArray[np.bool_]) -> float:
    """Return the skill of stated probabilities over always stating how often it came; missing when it always or never did."""
    rate = float(came.mean()) if len(came) else 0.0
    if not 0 < rate < 1:
        return float("nan")
    return 1 - float(np.mean((stated - came) ** 2)) / (rate * (1 - rate))


def reliability(
    stated: NDArray[np.float64], came: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Return, by group of stated probability, the mean stated, how often it came, and the cases; missing where there are none."""
    group = np.minimum((stated * BINS).astype(int), BINS - 1)
    cases = np.bincount(group, minlength=BINS)
    below = np.where(cases > 0, cases, 1)
    said = np.where(cases > 0, np.bincount(group, stated, BINS) / below, np.nan)
    happened = np.where(cases > 0, np.bincount(group, came.astype(float), BINS) / below, np.nan)
    return said, happened, cases


def calibration_error(stated: NDArray[np.float64], came: NDArray[np.bool_]) -> float:
    """Return the mean distance between stated probability and how often it came, over groups by their cases."""
    if not len(stated):
        return float("nan")
    said, happened, cases = reliability(stated, came)
    some = cases > 0
    return float(np.average(np.abs(said - happened)[some], weights=cases[some]))
