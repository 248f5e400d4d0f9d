"""Growth ratios that all schools of a district share: their latest level, and how far it is usually off a year later."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.forecast.smoothing import shrunk_variance

if TYPE_CHECKING:
    from numpy.typing import NDArray

_WEIGHTS = (0.4, 0.3, 0.2, 0.1)
"""Of the district's latest transitions, newest first."""
_COMMON = 0.008
_GRADE = 0.006
"""Prior standard deviations of the error in one year: of all grades together, and of a grade by itself. New York has
0.5 to 1.1 % and 0.4 to 0.5 %, Atlanta 1.5 to 2.2 % and 1.2 to 3 %."""
_YEARS = 4.0
"""Years that these priors are worth."""

COMMON_MEMORY = 0.4
GRADE_MEMORY = 0.3
"""Yearly memory of the deviation common to all grades, and of a grade's own."""


def ratios_of_sums(observed: NDArray[np.float64], base: NDArray[np.float64]) -> NDArray[np.float64]:
    """
    Return the ratio of sums over schools [grade, year]; missing where no school has one.

    Parameters
    ----------
    observed, base
        [school, grade, year]: children of a grade, and of the grade below a year before; missing where either is.
    """
    used = np.isfinite(observed) & np.isfinite(base)
    below, above = np.where(used, base, 0.0).sum(axis=0), np.where(used, observed, 0.0).sum(axis=0)
    return np.where((below > 0) & (above > 0), above / np.where(below > 0, below, 1.0), np.nan)


def latest(ratios: NDArray[np.float64]) -> float:
    """Return the geometric mean of the latest ratios, the newest weighing most; 1 when there are none."""
    known = np.log(ratios[np.isfinite(ratios)][::-1][: len(_WEIGHTS)])
    return float(np.exp(np.average(known, weights=_WEIGHTS[: len(known)]))) if len(known) else 1.0


def usual_errors(
    ratios: NDArray[np.float64], base: NDArray[np.float64], per_child: float
) -> tuple[float, float]:
    """
    Return the standard deviations of the one-year errors of ratios: common to all grades, and a grade's own.

    Errors are those that `latest` would have made at past years; the noise of the counts is taken off.

    Parameters
    ----------
    ratios
        [grade, year]. [1]
    base
        [grade, year]: children that a ratio rests on. [children]
    per_child
        Variance of a count per child. [1]
    """
    errors = np.full_like(ratios, np.nan)
    for grade in range(ratios.shape[0]):
        for year in range(2, ratios.shape[1]):
            if np.isfinite(ratios[grade, year]) and np.isfinite(ratios[grade, :year]).any():
                errors[grade, year] = ratios[grade, year] / latest(ratios[grade, :year]) - 1
    known = np.isfinite(errors)
    years = np.flatnonzero(known.sum(axis=0) > 1)
    if not len(years):
        return _COMMON, _GRADE
    noise = np.where(known, per_child * 1.3 / np.maximum(base, 1.0), np.nan)[:, years]
    found = errors[:, years]
    grades = known[:, years].sum(axis=0)
    common = np.nanmean(found, axis=0)
    shared = float(np.mean(common**2 - np.nanmean(noise, axis=0) / grades))
    within = (found - common) ** 2 * (grades / (grades - 1)) - noise
    return (
        float(np.sqrt(shrunk_variance(max(shared, 0.0), float(len(years)), _COMMON**2, _YEARS))),
        float(
            np.sqrt(
                shrunk_variance(max(float(np.nanmean(within)), 0.0), float(len(years)), _GRADE**2, _YEARS)
            )
        ),
    )
