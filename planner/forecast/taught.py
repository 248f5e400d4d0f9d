"""What units teach, told from plain counts alone: openings, closures, grades given up, and counts that are withheld."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

GONE = 8.0
"""Children expected of whom none at all comes cannot be chance: the unit no longer teaches the grade. [children]"""
_RECENT = 3
"""Latest autumns in which a grade that is taught has had children. [years]"""


@dataclass(frozen=True, kw_only=True)
class Taught:
    """What units teach in the autumn after the last."""

    pupils: NDArray[np.float64]
    """[unit, grade, year]: counts to learn from; missing also where a unit had no child at all, or no entry grade. [children]"""
    grades: NDArray[np.bool_]
    """[unit, grade]: taught; never in units of which nothing was counted in the last autumn."""
    over: NDArray[np.bool_]
    """[unit, grade]: counted as none in the last autumn and not taught."""
    supposed: NDArray[np.float64]
    """[unit, grade]: children where a taught grade was not counted in the last autumn; else missing. [children]"""


def what_is_taught(pupils: NDArray[np.float64]) -> Taught:
    """
    Return what the counts say of openings, closures and gaps.

    A grade is taught if it had children in one of the last three autumns, and is not if it then has none where eight
    or more were to come. A taught grade without a last count, as one withheld, is supposed to hold the group that
    moved up into it, or what it held before.

    Parameters
    ----------
    pupils
        [unit, grade, year], oldest year first; missing where not counted. [children]
    """
    counted = np.isfinite(pupils)
    children = np.where(counted, pupils, 0.0)
    empty = counted.any(axis=1) & (children.sum(axis=1) <= 0)
    learned = np.where(empty[:, None], np.nan, pupils)
    learned[:, 0] = _entry_years(learned[:, 0])
    usual = _latest_mean(np.where(empty[:, None], np.nan, pupils)[:, :, :-1])
    coming = usual.copy()
    if pupils.shape[2] > 1:
        moved = learned[:, :-1, -2]
        coming[:, 1:] = np.where(np.isfinite(moved), moved, usual[:, 1:])
    none = pupils[:, :, -1] == 0
    had = (children[:, :, -_RECENT:] > 0).any(axis=2)
    given_up = none & (np.nan_to_num(coming) >= GONE)
    open_now = counted[:, :, -1].any(axis=1) & ~empty[:, -1]
    grades = had & ~given_up & open_now[:, None]
    return Taught(
        pupils=learned,
        grades=grades,
        over=none & ~grades,
        supposed=np.where(grades & ~counted[:, :, -1], np.where(np.isfinite(coming), coming, usual), np.nan),
    )


def _latest_mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean of the latest known values [unit, grade]; missing where there is none."""
    latest = values[:, :, -_RECENT:]
    known = np.isfinite(latest)
    number = known.sum(axis=2)
    return np.where(number > 0, np.where(known, latest, 0.0).sum(axis=2) / np.maximum(number, 1), np.nan)


def _entry_years(entered: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return entrants [unit, year] without the zeros before a unit began to admit, and after it ended."""
    out = entered.copy()
    for unit in np.flatnonzero((entered == 0).any(axis=1)):
        some = np.flatnonzero(np.nan_to_num(entered[unit]) > 0)
        if not len(some):
            continue
        if entered[unit, some[0]] >= GONE:
            out[unit, : some[0]] = np.nan
        if entered[unit, some[-1]] >= GONE:
            out[unit, some[-1] + 1 :] = np.nan
    return out
