r"""
How places stand to what is expected of them, followed through the years, with variances fitted to the places themselves.

The ratio :math:`\theta` of observed to expected children moves by variance :math:`q^2` a year and is seen with
variance :math:`c\,\theta/E`: a local level. c and q are the most probable ones after all one-year-ahead errors of all
places, drawn towards priors, so that places too small to show a drift get none and large ones follow theirs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import optimize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_EXTREME = 12.25
"""Squared standardised error beyond which an error counts as that: three and a half standard deviations."""
_PRIOR_SPREAD = (0.35, 0.7, 0.7)
"""Standard deviations of the logarithms of c, q and the spread at the start."""
_LEAST = 0.25
"""Ratio below which the noise of a count shrinks no further. [1]"""
_ANYWHERE = 4.0
"""Variance of a ratio that nothing is known of. [1]"""


@dataclass(frozen=True, kw_only=True)
class Followed:
    """Ratios of places through the years."""

    effect: NDArray[np.float64]
    """[place, year]: observed per expected child, as known after that year's count. [1]"""
    variance: NDArray[np.float64]
    """[place, year]: of the effect. [1]"""
    per_child: float
    """Variance of a count per child. [1]"""
    yearly: float
    """Standard deviation of a ratio's move in a year. [1]"""
    start: float
    """Standard deviation of the first ratio around 1. [1]"""


@dataclass(frozen=True, kw_only=True)
class Prior:
    """What is believed of places before any is seen."""

    per_child: float
    yearly: float
    start: float | None = None
    """Standard deviation of the first ratio around 1; None: the first count says."""


def fit_level(observed: NDArray[np.float64], expected: NDArray[np.float64], prior: Prior) -> Followed:
    """
    Fit how ratios move, and follow them.

    Parameters
    ----------
    observed, expected
        [place, year], oldest first; missing where unknown. [children]
    prior
        Centre of the priors of the variances.
    """
    given = [prior.per_child, prior.yearly] + ([] if prior.start is None else [prior.start])
    centre = np.log(given)
    spread = np.array(_PRIOR_SPREAD[: len(given)])

    def surprise(logs: NDArray[np.float64]) -> float:
        _, _, misfit = _followed(observed, expected, np.exp(logs).tolist())
        return misfit + 0.5 * float((((logs - centre) / spread) ** 2).sum())

    corners = np.vstack([centre, centre + np.diag(spread)])
    found = optimize.minimize(
        surprise,
        centre,
        method="Nelder-Mead",
        options={"maxiter": 120, "xatol": 0.02, "fatol": 0.1, "initial_simplex": corners},
    )
    fitted = np.exp(found.x).tolist()
    effect, variance, _ = _followed(observed, expected, fitted)
    return Followed(
        effect=effect,
        variance=variance,
        per_child=fitted[0],
        yearly=fitted[1],
        start=fitted[2] if len(fitted) > 2 else float(np.sqrt(_ANYWHERE)),
    )


def _followed(
    observed: NDArray[np.float64], expected: NDArray[np.float64], fitted: Sequence[float]
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Return effect and variance [place, year] under the variances given, and the surprise at what was observed."""
    per_child, yearly = fitted[0], fitted[1] ** 2
    start = fitted[2] ** 2 if len(fitted) > 2 else None
    known = np.isfinite(observed) & (np.nan_to_num(expected) > 0)
    base = np.where(known, expected, 1.0)
    ratio = np.where(known, observed, 0.0) / base
    effect = np.ones(len(observed))
    variance = np.full(len(observed), _ANYWHERE if start is None else start)
    begun = np.zeros(len(observed), dtype=bool)
    effects, variances, misfit = np.empty(observed.shape), np.empty(observed.shape), 0.0
    for year in range(observed.shape[1]):
        seen = known[:, year]
        variance = variance + np.where(begun, yearly * effect**2, 0.0)
        total = variance + per_child * np.maximum(effect, _LEAST) / base[:, year]
        error = ratio[:, year] - effect
        judged = seen if start is not None else seen & begun
        squared = np.minimum(error[judged] ** 2 / total[judged], _EXTREME)
        misfit += 0.5 * float((np.log(total[judged]) + squared).sum())
        gain = np.where(seen, variance / total, 0.0)
        if start is None:
            # The noise of a first count is that of its own size, which a ratio far from 1 makes known.
            noise = per_child * np.maximum(ratio[:, year], _LEAST) / base[:, year]
            gain = np.where(seen & ~begun, _ANYWHERE / (_ANYWHERE + noise), gain)
        effect, variance = effect + gain * error, variance * (1 - gain)
        begun = begun | seen
        effects[:, year], variances[:, year] = effect, variance
    return effects, variances, misfit
