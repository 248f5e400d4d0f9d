"""
What a forecast must beat: simple methods in use, on the same counts.

Each gives one number; its odds are Poisson around it, as a careful user of the method would add.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.forecast.smoothing import ALPHA

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from planner.forecast.units import UnitCounts

REFERENCE = "three-year ratios"
"""The baseline against which gains are stated: three-year mean ratios and a three-year mean entry, the practice of most
districts."""


def _without_births(counts: UnitCounts, leads: int, entry: NDArray[np.float64]) -> NDArray[np.float64]:
    return _rolled(counts, leads, entry, _own_ratios(counts, 3))


def _hold(counts: UnitCounts, leads: int) -> NDArray[np.float64]:
    """Last entry held, every group as large as it was."""
    ratios = np.ones((len(counts.units), len(counts.grades) - 1))
    return _rolled(counts, leads, _held(counts.pupils[:, 0, -1], leads), ratios)


def _last_ratio(counts: UnitCounts, leads: int) -> NDArray[np.float64]:
    return _rolled(counts, leads, _held(counts.pupils[:, 0, -1], leads), _own_ratios(counts, 1))


def _three_years(counts: UnitCounts, leads: int) -> NDArray[np.float64]:
    return _without_births(counts, leads, _held(_mean(counts.pupils[:, 0, -3:]), leads))


def _district_ratio(counts: UnitCounts, leads: int) -> NDArray[np.float64]:
    above, below = counts.pupils[:, 1:, 1:][..., -3:], counts.pupils[:, :-1, :-1][..., -3:]
    both = np.isfinite(above) & np.isfinite(below)
    base = np.where(both, below, 0.0).sum(axis=(0, 2))
    ratio = np.where(both, above, 0.0).sum(axis=(0, 2)) / np.where(base > 0, base, 1.0)
    ratios = np.broadcast_to(np.where(base > 0, ratio, 1.0), (len(counts.units), len(counts.grades) - 1))
    return _rolled(counts, leads, _held(_mean(counts.pupils[:, 0, -3:]), leads), ratios)


def _smoothed(counts: UnitCounts, leads: int) -> NDArray[np.float64]:
    level = np.full(len(counts.units), np.nan)
    for entered in counts.pupils[:, 0, -10:].T:
        moved = np.where(np.isnan(level), entered, level + ALPHA * (entered - level))
        level = np.where(np.isnan(entered), level, moved)
    return _without_births(counts, leads, _held(level, leads))


def _births(counts: UnitCounts, leads: int) -> NDArray[np.float64]:
    """Births by unit where there are any, else the unit's share of all births' entrants; held beyond the last birth."""
    entered, years = counts.pupils[:, 0], len(counts.years)
    held = _held(_mean(entered[:, -3:]), leads)
    if counts.born_here is not None:
        born = _ahead(counts.born_here, years, leads)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = _mean(
                np.where(counts.born_here[:, :years] > 0, entered / counts.born_here[:, :years], np.nan)[
                    :, -3:
                ]
            )
        entry = born * ratio[:, None]
    else:
        births = np.zeros(years) if counts.births is None else counts.births
        total = np.where(np.isfinite(entered).any(axis=0), np.nansum(entered, axis=0), np.nan)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = _mean((total / births[:years])[None, -3:])[0]
            share = _mean((entered / total)[:, -3:])
        entry = share[:, None] * ratio * _ahead(births[None], years, leads)
    for lead in range(1, leads):
        entry[:, lead] = np.where(np.isfinite(entry[:, lead]), entry[:, lead], entry[:, lead - 1])
    return _without_births(counts, leads, np.where(np.isfinite(entry), entry, held))


METHODS: dict[str, Callable[[UnitCounts, int], NDArray[np.float64]]] = {
    "hold": _hold,
    "last ratio": _last_ratio,
    REFERENCE: _three_years,
    "district ratios": _district_ratio,
    "smoothed entry": _smoothed,
    "births and three-year ratios": _births,
}
"""
By name: from counts and leads to forecasts [unit, grade, lead]; missing where a unit has no count to start from.

In the order usual in the trade: nothing changes; grade progression by last year's ratios; by three-year means, with the
three-year mean of entry; by the district's ratios; smoothed entry (the weight of the latest year is `ALPHA`); births
times a three-year ratio. Never a fitted model: what a careful clerk can do in a spreadsheet.
"""


def baseline_forecasts(counts: UnitCounts, leads: int) -> dict[str, NDArray[np.float64]]:
    """Return the forecasts [unit, grade, lead] of every method that the counts allow, by name. [children]"""
    return {
        name: method(counts, leads)
        for name, method in METHODS.items()
        if counts.births is not None or method is not _births
    }


def _held(values: NDArray[np.float64], leads: int) -> NDArray[np.float64]:
    return np.repeat(values[:, None], leads, axis=1)


def _mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean of the values known along the last axis."""
    known = np.isfinite(values)
    count = known.sum(axis=-1)
    return np.where(count > 0, np.where(known, values, 0.0).sum(axis=-1) / np.maximum(count, 1), np.nan)


def _own_ratios(counts: UnitCounts, years: int) -> NDArray[np.float64]:
    """Return each unit's mean ratio into every grade above the first over the latest years; 1 where it has none."""
    above, below = counts.pupils[:, 1:, 1:], counts.pupils[:, :-1, :-1]
    usable = np.isfinite(above) & np.isfinite(below) & (np.nan_to_num(below) > 0)
    ratios = _mean(np.where(usable, above / np.where(usable, below, 1.0), np.nan)[..., -years:])
    return np.where(np.isfinite(ratios), ratios, 1.0)


def _ahead(births: NDArray[np.float64], years: int, leads: int) -> NDArray[np.float64]:
    out = np.full((len(births), leads), np.nan)
    known = births[:, years : years + leads]
    out[:, : known.shape[1]] = known
    return out


def _rolled(
    counts: UnitCounts, leads: int, entry: NDArray[np.float64], ratios: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return forecasts from entry and ratios; a grade without one below it in the unit holds its three-year mean."""
    out = np.full((len(counts.units), len(counts.grades), leads), np.nan)
    now, held = counts.pupils[:, :, -1], _mean(counts.pupils[:, 1:, -3:])
    joins = ~(np.nan_to_num(now[:, :-1]) > 0) & (np.nan_to_num(now[:, 1:]) > 0)
    for lead in range(leads):
        out[:, 0, lead] = entry[:, lead]
        out[:, 1:, lead] = np.where(joins, held, now[:, :-1] * ratios)
        now = out[:, :, lead]
    return out
