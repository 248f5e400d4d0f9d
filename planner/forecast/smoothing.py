"""
The few estimators of the forecast: smoothing in time, shrinkage between places, and variances by moments.

All work on children observed against children expected, so that years or places with none do no harm.
Estimates of variances are shrunk towards priors by the number of differences they rest on, since a district has few years.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import optimize

if TYPE_CHECKING:
    from numpy.typing import NDArray

ALPHA = 0.7
"""Smoothing of district ratios: births x SES(0.7) was best at every lead in 119 English authorities."""

_EXTREME = 9.0
"""Largest squared standardised difference used; larger ones count as this (three standard deviations)."""
_CLIPPED = 0.975
"""Mean of a squared standard normal clipped at 9."""


def smooth(values: NDArray[np.float64], alpha: float = ALPHA) -> tuple[float, NDArray[np.float64]]:
    r"""
    Return the last level of single exponential smoothing, and its one-step errors.

    .. math:: l_t = l_{t-1} + \alpha\,(y_t - l_{t-1})

    Parameters
    ----------
    values
        Oldest first; missing years are passed over.
    alpha
        Weight of the newest value. [1]
    """
    known = values[np.isfinite(values)]
    if not len(known):
        raise ValueError("nothing to smooth")
    level, errors = float(known[0]), []
    for value in known[1:]:
        errors.append(float(value) - level)
        level += alpha * errors[-1]
    return level, np.array(errors)


def path_spread(
    sd: float, leads: NDArray[np.floating] | NDArray[np.integer], alpha: float = ALPHA
) -> NDArray[np.float64]:
    r"""
    Return the standard deviation of a smoothed level's future values.

    .. math:: \sigma_h = \sigma \sqrt{1 + (h-1)\,\alpha^2}
    """
    return sd * np.sqrt(1 + np.maximum(np.asarray(leads, dtype=np.float64) - 1, 0) * alpha**2)


def path(shocks: NDArray[np.float32], alpha: float = ALPHA) -> NDArray[np.float32]:
    """Return paths [year, draw] of a smoothed level for standard shocks [year, draw]: unit variance a step."""
    carried = np.zeros_like(shocks)
    carried[1:] = np.float32(alpha) * np.cumsum(shocks[:-1], axis=0, dtype=np.float32)
    return carried + shocks


def shrunk_variance(estimate: float, pieces: float, prior: float, worth: float) -> float:
    r"""
    Return a variance drawn towards a prior that is worth so many pieces of evidence.

    .. math:: \log v = (n \log \hat v + m \log v_0) / (n + m)

    The sampling error of a variance is in proportion to it, hence the logarithm; an estimate below a hundredth of
    the prior, such as none at all, counts as that.
    """
    if not pieces:
        return prior
    floor = prior / 100
    return math.exp((pieces * math.log(max(estimate, floor)) + worth * math.log(prior)) / (pieces + worth))


class Dispersion(NamedTuple):
    """How far observed children are from expected ones, year by year."""

    per_child: float
    """Variance of a count per child. [1]"""
    yearly: float
    """Variance of the change of the ratio from year to year beyond the counts' own. [1]"""
    differences: int
    """Year-to-year differences used."""


def dispersion(
    observed: NDArray[np.float64],
    expected: NDArray[np.float64],
    prior: tuple[float, float],
    worth: float = 60.0,
    *,
    per_child: float | None = None,
) -> Dispersion:
    r"""
    Return count noise and yearly variance of ratios, by moments.

    With :math:`\theta = O/E`,

    .. math:: E[(\theta_t - \theta_{t-1})^2] = c\,(1/E_t + 1/E_{t-1}) + v

    is fitted by non-negative least squares weighted by the inverse square of its right side, differences
    beyond three standard deviations counted as three; then c and v are shrunk towards the prior.

    Parameters
    ----------
    observed, expected
        [place, year]; missing where unknown. [children]
    prior
        c and v when there is no history.
    worth
        Number of differences that the prior is worth.
    per_child
        c where it is known from elsewhere; then only v is fitted.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(expected > 0, observed / expected, np.nan)
        inverse = np.where(expected > 0, 1 / expected, np.nan)
    change = (ratio[:, 1:] - ratio[:, :-1]).ravel() ** 2
    small = (inverse[:, 1:] + inverse[:, :-1]).ravel()
    used = np.isfinite(change) & np.isfinite(small)
    change, small = change[used], small[used]
    c, v = prior if per_child is None else (per_child, prior[1])
    if len(change) >= 4:
        for _ in range(8):
            model = np.maximum(c * small + v, 1e-8)
            clipped = np.minimum(change / model, _EXTREME) * model / _CLIPPED
            if per_child is None:
                design = np.column_stack([small / model, 1 / model])
                (c, v), _rest = optimize.nnls(design, clipped / model)
            else:
                v = max(float(np.average(clipped - c * small, weights=1 / model**2)), 0.0)
    pieces = len(change)
    return Dispersion(
        per_child=shrunk_variance(float(c), pieces, prior[0], worth) if per_child is None else per_child,
        yearly=shrunk_variance(float(v), pieces, prior[1], worth),
        differences=pieces,
    )


def between_variance(deviation: NDArray[np.float64], variance: NDArray[np.float64]) -> float:
    r"""
    Return the variance between places: the root of Paule and Mandel's equation.

    .. math:: \sum_i d_i^2 / (\tau^2 + v_i) = n - 1

    Parameters
    ----------
    deviation
        Of each place from the mean of all; the largest count as three standard deviations.
    variance
        Sampling variance of each place's deviation.
    """
    used = np.isfinite(deviation) & np.isfinite(variance) & (variance > 0)
    d2, v = deviation[used] ** 2, variance[used]
    if len(d2) < 3:
        return 0.0

    def surplus(tau2: float) -> float:
        return float(np.minimum(d2 / (tau2 + v), _EXTREME).sum()) / _CLIPPED - (len(d2) - 1)

    if surplus(0.0) <= 0:
        return 0.0
    high = max(float(d2.max()), float(v.max()))
    while surplus(high) > 0:
        high *= 2
    return optimize.root_scalar(surplus, bracket=(0.0, high), method="brentq", xtol=1e-12).root


def shrunk_between(
    deviation: NDArray[np.float64], variance: NDArray[np.float64], prior: float, worth: float
) -> float:
    """Return the variance between places, drawn towards a prior worth so many places; fewer than three places say nothing."""
    places = int((np.isfinite(deviation) & np.isfinite(variance) & (variance > 0)).sum())
    return shrunk_variance(between_variance(deviation, variance), places if places >= 3 else 0, prior, worth)


@dataclass(frozen=True, kw_only=True)
class Level:
    """Where each place stands relative to what is expected of it."""

    effect: NDArray[np.float64]
    """[place]: children observed per child expected, shrunk towards 1. [1]"""
    variance: NDArray[np.float64]
    """[place]: of the effect, relative to it. [1]"""
    own: NDArray[np.float64]
    """[place]: weight of the place's own history; the rest is the prior's 1. [1]"""


def local_level(
    observed: NDArray[np.float64],
    expected: NDArray[np.float64],
    *,
    per_child: float,
    between: float,
    yearly: float,
) -> Level:
    r"""
    Follow each place's ratio of observed to expected children through the years, starting from 1.

    A local-level filter: the ratio :math:`\theta` moves by variance :math:`q^2` a year, is seen with variance
    :math:`c\,\theta/E`, and starts at 1 with variance :math:`\tau^2`; the gain is

    .. math:: K_t = P_t / (P_t + c\,\theta/E_t)

    so small places stay near the district's ratio, large ones follow their own, and recent years count more
    the faster ratios move. The own weight is :math:`1 - \prod_t (1 - K_t)`.

    Parameters
    ----------
    observed, expected
        [place, year], oldest first; missing where unknown. [children]
    per_child, between, yearly
        c, :math:`\tau^2` and :math:`q^2`. [1]
    """
    places = observed.shape[0]
    effect, variance = np.ones(places), np.full(places, between)
    district, begun = np.ones(places), np.zeros(places, dtype=bool)
    for year in range(observed.shape[1]):
        known = np.isfinite(observed[:, year]) & (np.nan_to_num(expected[:, year]) > 0)
        variance = variance + begun * yearly * effect**2
        begun |= known
        base = np.where(known, expected[:, year], 1.0)
        seen = np.where(known, observed[:, year], 0.0) / base
        noise = per_child * np.maximum(effect, 0.25) / base
        total = variance + noise
        gain = np.where(known & (total > 0), variance / np.where(total > 0, total, 1.0), 0.0)
        effect = effect + gain * (seen - effect)
        variance = variance * (1 - gain)
        district = district * (1 - gain)
    return Level(effect=effect, variance=variance / np.maximum(effect, 0.25) ** 2, own=1 - district)
