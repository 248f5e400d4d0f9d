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

_JUMP, _SHOCK = 5.0, 0.08
"""Standard deviations from which a school's growth in a year is an event, and that of a year's growth beyond the counts' own."""

_APART, _SURE = 0.15, 4.0
"""Share by which a school's passage into a grade differs in every year, and standard deviations of chance that it is beyond
all together, from which it is a passage of its own."""
_PASSAGES = 3
"""Years that show it at least."""

_ALONE = 0.75
"""Share of all children from which a school is most of what is common. [1]"""

COMMON_MEMORY = 0.4
GRADE_MEMORY = 0.3
"""Yearly memory of the deviation common to all grades, and of a grade's own."""
ENTRY_TOGETHER = 0.4
"""Correlation of a school's entry with what its grades share: New York 0.23 to 0.27, Atlanta 0.42 to 0.63."""


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


def calm_ratios(observed: NDArray[np.float64], base: NDArray[np.float64]) -> NDArray[np.float64]:
    """
    Return the ratio of sums over schools [grade, year] without years in which a school as a whole jumped.

    As by a merger or a new building that nobody told of: it would move the growth of all others. Where nobody is left, all
    schools count.

    Parameters
    ----------
    observed, base
        As of `ratios_of_sums`.
    """
    used = np.isfinite(observed) & np.isfinite(base)
    ratios = ratios_of_sums(observed, base)
    came = np.where(used, observed, 0.0).sum(axis=1)
    expected = np.where(used, base * ratios[None], 0.0).sum(axis=1)
    jumped = np.abs(came - expected) > _JUMP * np.sqrt(expected + (_SHOCK * expected) ** 2)
    calm = ratios_of_sums(np.where(jumped[:, None], np.nan, observed), base)
    return np.where(np.isfinite(calm), calm, ratios)


def at_common_ratios(
    observed: NDArray[np.float64], base: NDArray[np.float64], ratios: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float]:
    """
    Return the children expected at each year's common ratio, and what variances around it are to be multiplied by.

    A school's own part in the common ratio hides that part of its deviation: where schools are few, more. One that is most
    of all is measured against the mean ratio of all years instead.

    Parameters
    ----------
    observed, base
        As of `ratios_of_sums`.
    ratios
        [grade, year]. [1]

    Returns
    -------
    [school, grade, year] [children]; from 1 to 2 [1].
    """
    together = np.nansum(base, axis=0)
    part = base / np.where(together > 0, together, 1.0)
    alone = np.nan_to_num(part) > _ALONE
    known = np.isfinite(observed) & np.isfinite(base)
    of_all_years = np.where(known, observed, 0.0).sum(axis=(0, 2)) / np.maximum(
        np.where(known, base, 0.0).sum(axis=(0, 2)), 1.0
    )
    expected = base * np.where(alone, of_all_years[None, :, None], ratios[None])
    shared = known & ~alone
    hidden = float(part[shared].mean()) if shared.any() else 0.0
    return expected, 1 / (1 - min(hidden, 0.5))


def own_passages(observed: NDArray[np.float64], base: NDArray[np.float64]) -> NDArray[np.float64]:
    """
    Return how schools stand to the others in passages of a kind of their own [school, grade]; 1 in all others. [1].

    As where half of a town's children go on to an academy that is not in the tables, every year: no deviation that others
    have in common, from which to learn how far schools differ, nor one to be drawn towards them. Such passages differ
    by more than 15 % to the same side in each of their years.

    Parameters
    ----------
    observed, base
        As of `ratios_of_sums`.
    """
    apart = np.ones(observed.shape[:2])
    for _ in range(2):
        # The second time without those found, whose passages moved what was thought common.
        ratios = calm_ratios(np.where((apart == 1)[:, :, None], observed, np.nan), base)
        ratios = np.where(np.isfinite(ratios), ratios, ratios_of_sums(observed, base))
        used = np.isfinite(observed) & np.isfinite(base) & np.isfinite(ratios)[None]
        expected = np.where(used, base * ratios[None], 0.0)
        came, usual = np.where(used, observed, 0.0), expected.sum(axis=2)
        mean = came.sum(axis=2) / np.where(usual > 0, usual, 1.0)
        below = np.where(used, came < (1 - _APART) * expected, True).all(axis=2)
        above = np.where(used, came > (1 + _APART) * expected, True).all(axis=2)
        sure = np.abs(mean - 1) * np.sqrt(usual) > _SURE
        own = (below | above) & sure & (used.sum(axis=2) >= _PASSAGES)
        apart = np.where(own, mean, 1.0)
    return apart


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
