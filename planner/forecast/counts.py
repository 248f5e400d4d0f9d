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
_LEVELS = 20
"""Steps of the variance per child between 0 and 1."""


@lru_cache(maxsize=_LEVELS)
def _thresholds(level: int) -> NDArray[np.float32]:
    r"""
    Return [mean row, count]: the shock above which the count is reached.

    Level 20 is Poisson. Below it, variance :math:`c\,m` with c = level/20 is binomial: n = m/(1-c) trials of
    which each succeeds with probability 1-c. A broken n mixes its two whole neighbours, each with mean m, in the
    proportion that gives the variance; n < 1 is one trial with probability m (variance m(1-m), the least that
    whole children allow).
    """
    rows = int(np.sqrt(_EXACT_BELOW) * _STEPS) + 1
    mean = ((np.arange(rows) / _STEPS) ** 2)[:, None]
    count = np.arange(_LARGEST - 1)[None, :]
    if level == _LEVELS:
        reached = stats.poisson.cdf(count, mean)
    else:
        c = level / _LEVELS
        trials = mean / (1 - c)
        low, high = np.maximum(np.floor(trials), 1), np.maximum(np.ceil(trials), 1)
        variance_low, variance_high = mean * (1 - np.minimum(mean / low, 1)), mean * (1 - mean / high)
        step = np.where(high > low, variance_high - variance_low, 1.0)
        share = np.clip(np.where(high > low, (c * mean - variance_low) / step, 1.0), 0, 1)
        # Just below a whole number of trials the lower neighbour cannot hold the mean; the upper one then serves.
        share = np.where(mean > low, 1.0, share)
        reached = (1 - share) * stats.binom.cdf(
            count, low, np.minimum(mean / low, 1)
        ) + share * stats.binom.cdf(count, high, mean / high)
    table = np.full((rows, _LARGEST), -np.inf)
    table[:, 1:] = special.ndtri(np.minimum(reached, 1.0))
    return table.astype(np.float32)


@lru_cache(maxsize=1)
def _all_thresholds() -> NDArray[np.float32]:
    """Return the tables of all levels in one row, level after level; built once, some 3 MB."""
    return np.concatenate([_thresholds(level).ravel() for level in range(1, _LEVELS + 1)])


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
    :math:`\lfloor m + \sigma z + (2c-1)(z^2-1)/6 + 1/2 \rfloor` with :math:`\sigma^2 = c\,m`, whose skewness is
    Poisson's at c = 1 and the binomial's below; for smaller means the same form is a first guess that the exact
    distribution function corrects.

    Parameters
    ----------
    mean
        Expected children, not negative; any shape. [children]
    shock
        Standard normal, of the same shape.
    per_child
        Variance per child c, from 0.05 to 1, rounded to a twentieth; broadcast to the mean. [1]

    Returns
    -------
    Array of the mean's shape. [children]
    """
    level = np.clip(np.rint(np.asarray(per_child) * _LEVELS), 1, _LEVELS).astype(np.int32)
    c = (level / _LEVELS).astype(np.float32)
    guess = np.sqrt(c * mean)
    guess *= shock
    guess += mean
    guess += (2 * c - 1) / np.float32(6) * (shock * shock - 1)
    counts = np.floor(guess + np.float32(0.5)).astype(np.int32)
    np.maximum(counts, 0, out=counts)
    small = mean < _EXACT_BELOW
    if not small.any():
        return counts
    table = _all_thresholds()
    width = len(table) // _LEVELS
    row = np.rint(np.sqrt(np.minimum(mean, np.float32(_EXACT_BELOW))) * np.float32(_STEPS)).astype(np.int32)
    start = (level - 1) * width + row * _LARGEST
    exact = np.minimum(counts, _LARGEST - 2)
    step = _step(table, start + exact, shock)
    exact += step
    # Where the guess was off, mostly by one in the far tails, step on until the shock lies between the thresholds.
    off = np.flatnonzero(step)
    starts, shocks, found = np.broadcast_to(start, exact.shape).ravel(), shock.ravel(), exact.ravel()
    while len(off):
        step = _step(table, starts[off] + found[off], shocks[off])
        found[off] += step
        off = off[step != 0]
    return np.where(small, found.reshape(exact.shape), counts)


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
