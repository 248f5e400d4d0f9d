"""Several forecasts of one thing made into one, each by how well it did in the past."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import optimize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_WORTH = 20.0
"""Past forecasts that the weights to begin with are worth; the past has few years, which places share."""
_ALIKE = 0.3
"""How far forecasts of one place usually differ, relative to their errors: the scale of that worth. [1]"""


def stacked_weights(
    forecasts: NDArray[np.float64],
    actual: NDArray[np.float64],
    spread: NDArray[np.float64],
    prior: Sequence[float],
) -> NDArray[np.float64]:
    r"""
    Return weights of several forecasts, not negative and summing to 1.

    .. math:: \min_w \sum_i (y_i - \sum_k w_k m_{ik})^2 / s_i^2 + \lambda \lVert w - w_0 \rVert^2

    Parameters
    ----------
    forecasts
        [case, forecast]: what each said in the past; rows with a gap are left out. [children]
    actual
        [case]: what came. [children]
    spread
        [case]: standard deviation that an error was to have. [children]
    prior
        [forecast]: weights to begin with.
    """
    start = np.asarray(prior, dtype=np.float64) / np.sum(prior)
    whole = np.isfinite(forecasts).all(axis=1) & np.isfinite(actual) & (spread > 0)
    if not whole.any():
        return start
    scaled = forecasts[whole] / spread[whole, None]
    usual = float(np.median(np.abs(scaled)))
    pull = np.sqrt(_WORTH) * usual * _ALIKE
    bond = 1e3 * np.sqrt(len(scaled) + 1) * usual
    rows = np.concatenate([scaled, np.eye(len(start)) * pull, np.full((1, len(start)), bond)])
    wanted = np.concatenate([actual[whole] / spread[whole], start * pull, [bond]])
    weights, _ = optimize.nnls(rows, wanted)
    return weights / weights.sum()
