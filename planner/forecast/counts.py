"""
Whole children around a mean: near-Poisson counts, exact where means are small.

Counts come from standard normal shocks by inversion, so the same shock gives more children where the mean is
higher: two scenarios that share their shocks differ only by what they change.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from scipy import special, stats

if TYPE_CHECKING:
    from numpy.typing import NDArray

_EXACT_BELOW = 16.0
"""Mean from which the Cornish-Fisher form serves; below it the distribution function is inverted. [children]"""
_STEPS = 160
"""Rows of the table per unit of the root of the mean."""
_LARGEST = 64
"""Columns of the table: counts 0 to 63."""
_LEVELS = 40
"""Steps of the variance per child between 0 and 1."""
_MOST_PER_CHILD = 1.5
_MOST_TRIALS = int(_EXACT_BELOW * _LEVELS) + 2


@lru_cache(maxsize=_LEVELS)
def _thresholds(level: int) -> NDArray[np.float32]:
    r"""
    Return [mean row, count]: the shock above which the count is reached.

    The highest level is Poisson. Below it, variance :math:`c\,m` with c = level/40 is binomial: n = m/(1-c) trials of
    which each succeeds with probability 1-c. A broken n mixes its two whole neighbours in the proportion that gives
    mean and variance; n < 1 is one trial with probability m (variance m(1-m), the least that whole children allow).
    """
    rows = int(np.sqrt(_EXACT_BELOW) * _STEPS) + 1
    mean = (np.arange(rows) / _STEPS) ** 2
    if level == _LEVELS:
        reached = stats.poisson.cdf(np.arange(_LARGEST - 1)[None, :], mean[:, None])
    else:
        c = level / _LEVELS
        low = np.maximum(np.floor(mean / (1 - c)), 1.0)
        high = np.maximum(np.ceil(mean / (1 - c)), 1.0)
        share, mean_low, mean_high = _mixture(mean, c * mean, low, high)
        reached = (1 - share)[:, None] * _binomial(low, mean_low / low)
        reached += share[:, None] * _binomial(high, mean_high / high)
    table = np.full((rows, _LARGEST), -np.inf)
    table[:, 1:] = special.ndtri(np.minimum(reached, 1.0))
    return table.astype(np.float32)


def _mixture(
    mean: NDArray[np.float64],
    variance: NDArray[np.float64],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """
    Return the part of the upper of two binomials of `low` and `high` trials, and the means of both.

    Both have the mean wanted, unless it is above `low`: then all of the lower one's trials succeed, and the part is
    found by bisection between the least (two neighbouring counts only) and 1.
    """
    above = mean > low
    mean_low = np.minimum(mean, low)
    of_low, of_high = mean_low * (1 - mean_low / low), mean * (1 - mean / high)
    step = of_high - of_low
    plain = np.clip(np.where(step > 0, (variance - of_low) / np.where(step > 0, step, 1.0), 1.0), 0.0, 1.0)
    share, mean_high = plain, mean
    under, over = (mean - low) / np.maximum(high - low, 1.0), np.ones(len(mean))
    for _ in range(40):
        share = np.where(above, (under + over) / 2, plain)
        mean_high = np.where(above, low + (mean - low) / share.clip(min=1e-12), mean)
        spread = share * mean_high * (1 - mean_high / high) + share * (1 - share) * (mean_high - low) ** 2
        under, over = np.where(spread < variance, share, under), np.where(spread < variance, over, share)
    return share, mean_low, np.minimum(mean_high, high)


def _binomial(trials: NDArray[np.float64], chance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the distribution function [case, count] of whole trials, from its logarithms: quicker than the beta integral."""
    log_factorial = special.gammaln(np.arange(_MOST_TRIALS) + 1.0)
    n, k = trials.astype(np.int64)[:, None], np.arange(_LARGEST - 1)[None, :]
    left = np.maximum(n - k, 0)
    logs = log_factorial[n] - log_factorial[k] - log_factorial[left]
    logs = logs + special.xlogy(k, chance[:, None]) + special.xlog1py(left, -chance[:, None])
    return np.minimum(np.cumsum(np.where(k <= n, np.exp(logs), 0.0), axis=1), 1.0)


def near_poisson(
    mean: NDArray[np.float32], shock: NDArray[np.float32], per_child: NDArray[np.floating] | float
) -> NDArray[np.int16]:
    """Return `whole_children` of schools and blocks, which never exceed 32,767."""
    return whole_children(mean, shock, per_child).astype(np.int16)


def whole_children(
    mean: NDArray[np.float32], shock: NDArray[np.float32], per_child: NDArray[np.floating] | float
) -> NDArray[np.int32]:
    r"""
    Return whole children with the mean given and variance `per_child` times it.

    The quantile of the shock's probability. For means of 16 and more it is

    .. math:: \lfloor m + \sigma z + k (z^2-1) + 1/2 \rfloor, \quad k = (2c-1)/6, \quad
        \sigma^2 = c\,m - 2k^2 - 1/12,

    whose skewness is Poisson's at c = 1 and the binomial's below, and whose variance with what the curve and the
    rounding add is c m; for smaller means the same form is a first guess that the exact distribution function corrects.

    Parameters
    ----------
    mean
        Expected children, not negative; any shape. [children]
    shock
        Standard normal, of the same shape.
    per_child
        Variance per child c, from 0.025 to 1.5, for means below 16 at most 1 and rounded to a fortieth; broadcast to
        the mean. [1]

    Returns
    -------
    Array of the mean's shape. [children]
    """
    c = np.clip(np.asarray(per_child, dtype=np.float32), np.float32(1 / _LEVELS), np.float32(_MOST_PER_CHILD))
    curve = (2 * c - 1) / np.float32(6)
    guess = np.sqrt(np.maximum(c * mean - (2 * curve**2 + np.float32(1 / 12)), np.float32(0)))
    guess *= shock
    guess += mean
    guess += curve * (shock * shock - 1)
    guess += np.float32(0.5)
    np.maximum(guess, 0, out=guess)
    counts = np.floor(guess, out=guess).astype(np.int32)
    small = mean < _EXACT_BELOW
    if small.any():
        level = np.minimum(np.rint(c * _LEVELS), _LEVELS).astype(np.int32)
        level = np.broadcast_to(level, mean.shape)[small]
        counts[small] = _exact(mean[small], shock[small], level, counts[small])
    return counts


def _exact(
    mean: NDArray[np.float32], shock: NDArray[np.float32], level: NDArray[np.int32], guess: NDArray[np.int32]
) -> NDArray[np.int32]:
    """Return the counts of small means from a first guess; all [case]."""
    start = np.rint(np.sqrt(mean) * np.float32(_STEPS)).astype(np.int32) * _LARGEST
    if level.min() == level.max():
        table = _thresholds(int(level[0])).ravel()
    else:
        present = np.bincount(level) > 0
        table = np.concatenate([_thresholds(int(each)).ravel() for each in np.flatnonzero(present)])
        place = (np.cumsum(present) - 1) * (len(table) // present.sum())
        start += place.astype(np.int32)[level]
    exact = np.minimum(guess, _LARGEST - 2)
    step = _step(table, start + exact, shock)
    exact += step
    # Where the guess was off, mostly by one in the far tails, step on until the shock lies between the thresholds.
    off = np.flatnonzero(step)
    while len(off):
        step = _step(table, start[off] + exact[off], shock[off])
        exact[off] += step
        off = off[step != 0]
    return exact


def _step(table: NDArray[np.float32], at: NDArray[np.int32], shock: NDArray[np.float32]) -> NDArray[np.int32]:
    """Return 1 where the shock lies above the count's range, -1 where below, 0 where in it."""
    return (shock > table[at + 1]).astype(np.int32) - (shock <= table[at])


def rounded(mean: NDArray[np.floating], order: NDArray[np.intp]) -> NDArray[np.int16]:
    """
    Return whole children whose sum over any run of neighbours in the order is within one of the exact sum.

    Parameters
    ----------
    mean
        [block, ...]: expected children. [children]
    order
        Positions of the blocks, those of one catchment side by side: so catchments keep their totals.
    """
    running = np.cumsum(np.asarray(mean, dtype=np.float64)[order], axis=0)
    # A hair above one half is still rounded up, so that equal sums added in another order round alike.
    ends = np.floor(running + 0.5 + 1e-9)
    whole = np.empty(mean.shape, dtype=np.int16)
    whole[order] = np.diff(ends, axis=0, prepend=0.0).astype(np.int16)
    return whole
