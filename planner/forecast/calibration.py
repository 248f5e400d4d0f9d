"""
How a base figure, such as births or registered children, turns into entrants: the district's ratio, and each
place's lasting deviation from it, calibrated on the district's own history.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.forecast.arrays import grouped
from planner.forecast.smoothing import dispersion, local_level, shrunk_between, shrunk_variance, smooth

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from planner.forecast.homes import History


@dataclass(frozen=True, kw_only=True)
class Prior:
    """What is assumed of a ratio until a district's history says otherwise."""

    sd: float
    """Standard deviation of the district ratio from one year to the next. [1]"""
    floor: float
    """Least standard deviation that a short history may suggest. [1]"""
    unseen: float
    """Standard deviation when no year has both figures. [1]"""
    per_child: float
    """Variance of a count per child. [1]"""
    between: float
    """Standard deviation between places. [1]"""
    yearly: float
    """Standard deviation of a place's change from year to year. [1]"""


PRIORS = {
    "registered": Prior(sd=0.01, floor=0.005, unseen=0.04, per_child=0.4, between=0.06, yearly=0.02),
    "register": Prior(sd=0.015, floor=0.01, unseen=0.06, per_child=0.5, between=0.10, yearly=0.03),
    "kindergarten": Prior(sd=0.02, floor=0.01, unseen=0.06, per_child=0.5, between=0.10, yearly=0.03),
    "births": Prior(sd=0.02, floor=0.0137, unseen=0.10, per_child=0.9, between=0.12, yearly=0.04),
}
"""Of births: England, 119 authorities, 0.84 per child, 1.15 % a year and 0.75 % nationally. Of registers, and of how places
differ from births: assumptions, to be replaced by the district's own figures as its history grows."""

_YEARS_WORTH = 4.0
"""Years of errors that the prior of the district ratio is worth."""
_PLACES_WORTH = 10.0


@dataclass(frozen=True, kw_only=True)
class Ratio:
    """A district-wide ratio of entrants to a base figure."""

    log: float
    """Level expected. [log]"""
    sd: float
    """Standard deviation of its one-year error. [1]"""
    years: int
    """Years it rests on; 0: assumed to be 1."""


def district_ratio(series: Sequence[NDArray[np.float64]], prior: Prior, noise: float = 0.0) -> Ratio:
    """
    Return the smoothed level of yearly ratios; the error is pooled over several series, the first gives the level.

    Parameters
    ----------
    series
        Ratios by year, oldest first, missing where unknown; the first is the one wanted.
    noise
        Variance of a ratio by its own count alone, which comes on top and is no error of the level. [1]
    """
    errors = [np.zeros(0)]
    for ratios in series:
        known = ratios[np.isfinite(ratios) & (ratios > 0)]
        if len(known):
            errors.append(smooth(np.log(known))[1])
    wanted = np.asarray(series[0] if len(series) else [], dtype=np.float64)
    wanted = wanted[np.isfinite(wanted) & (wanted > 0)]
    if not len(wanted):
        return Ratio(log=0.0, sd=prior.unseen, years=0)
    seen = np.concatenate(errors)
    mean_square = max(float(np.mean(seen**2)) - noise, 0.0) if len(seen) else 0.0
    variance = shrunk_variance(mean_square, float(len(seen)), prior.sd**2, _YEARS_WORTH)
    return Ratio(
        log=smooth(np.log(wanted))[0], sd=max(float(np.sqrt(variance)), prior.floor), years=len(wanted)
    )


@dataclass(frozen=True, kw_only=True)
class Places:
    """Each block's lasting deviation from the district ratio."""

    effect: NDArray[np.float64]
    """[block]: entrants per entrant expected at the district's ratio. [1]"""
    own: NDArray[np.float64]
    """[block]: weight of its own and its cell's history against the district's ratio. [1]"""
    cell_spread: NDArray[np.float64]
    """[block]: standard deviation of what is not known of its cell's deviation. [1]"""
    block_spread: NDArray[np.float64]
    """[block]: the same of the block's deviation from its cell. [1]"""
    yearly: float
    """Standard deviation of a cell's change from year to year. [1]"""
    per_child: float
    """Variance of a count per child, at most 1. [1]"""
    ratios: NDArray[np.float64]
    """[year of history]: the district's ratio; missing where no cell has both figures. [1]"""


def place_deviations(
    history: History,
    of: NDArray[np.intp],
    cells: int,
    prior: Prior,
    base: NDArray[np.float64],
) -> Places:
    """
    Return how blocks deviate from the district's ratio of entrants to a base figure, such as registered children.

    First the cells, such as the blocks of one catchment together, against the district; then, where entrants
    are counted by home, the blocks against their cell.

    Parameters
    ----------
    of
        [block]: position of its cell.
    base
        [block, year of history].
    """
    usable = np.isfinite(history.children) & ~history.censored
    # A place whose school was full in every year keeps its lower bound rather than nothing.
    always = ~usable.any(axis=1) & np.isfinite(history.children).any(axis=1)
    usable[always] = np.isfinite(history.children[always])
    usable &= np.isfinite(base)
    observed = grouped(np.where(usable, history.children, 0.0), of, cells)
    expected = grouped(np.where(usable, base, 0.0), of, cells)
    known = np.isfinite(observed) & np.isfinite(expected) & (np.nan_to_num(expected) > 0)
    observed, expected = np.where(known, observed, np.nan), np.where(known, expected, np.nan)
    below = np.nansum(expected, axis=0)
    ratios = np.where(below > 0, np.nansum(observed, axis=0) / np.where(below > 0, below, 1.0), np.nan)
    expected = expected * ratios
    per_child = None
    fine = _counted_in_parts(history, usable, of, cells)
    if fine.any():
        # Blocks are many and small, so they tell the counts' own noise best.
        target = np.where(fine, history.children, np.nan)
        found = dispersion(target, np.where(fine, base * ratios, np.nan), (prior.per_child, prior.yearly**2))
        per_child = found.per_child
    found = dispersion(observed, expected, (prior.per_child, prior.yearly**2), per_child=per_child)
    per_child, yearly = _split(found.per_child, found.yearly, expected)
    between = _between(observed, expected, per_child, prior.between)
    level = local_level(observed, expected, per_child=per_child, between=between, yearly=yearly)
    effect, own = level.effect[of], level.own[of]
    block_spread = np.zeros(len(of))
    if fine.any():
        target = np.where(fine, history.children, np.nan)
        reached = np.where(fine, base * ratios * effect[:, None], np.nan)
        spread_between = _between(target, reached, per_child, prior.between)
        mine = local_level(target, reached, per_child=per_child, between=spread_between, yearly=0.0)
        effect = effect * mine.effect
        own = 1 - (1 - own) * (1 - mine.own)
        block_spread = np.where(fine.any(axis=1), np.sqrt(mine.variance), 0.0)
    return Places(
        effect=effect,
        own=own,
        cell_spread=np.minimum(np.sqrt(level.variance[of]), 0.8),
        block_spread=np.minimum(block_spread, 0.8),
        yearly=float(np.sqrt(yearly)),
        per_child=per_child,
        ratios=ratios,
    )


def _counted_in_parts(
    history: History, usable: NDArray[np.bool_], of: NDArray[np.intp], cells: int
) -> NDArray[np.bool_]:
    """Return [block, year]: counted by home, in a cell of which several blocks are."""
    counted = usable & history.counted
    several = grouped(np.asarray(counted.any(axis=1), dtype=np.float64), of, cells)[of] > 1
    return counted & several[:, None]


def _split(per_child: float, yearly: float, expected: NDArray[np.float64]) -> tuple[float, float]:
    """Keep the variance per child within 0.1 to 1; what is above 1 is added to the yearly variance at the usual size."""
    kept = min(max(per_child, 0.1), 1.0)
    sizes = expected[np.isfinite(expected) & (expected > 0)]
    surplus = (per_child - kept) / float(np.median(sizes)) if per_child > kept and len(sizes) else 0.0
    return kept, yearly + surplus


def _between(
    observed: NDArray[np.float64], expected: NDArray[np.float64], per_child: float, prior: float
) -> float:
    """Return the variance of places' pooled ratios around 1, shrunk towards the prior. [1]."""
    known = np.isfinite(observed) & np.isfinite(expected) & (np.nan_to_num(expected) > 0)
    total = np.where(known, expected, 0.0).sum(axis=1)
    seen = total > 0
    base = np.where(seen, total, 1.0)
    deviation = np.where(seen, np.where(known, observed, 0.0).sum(axis=1) / base - 1, np.nan)
    noise = np.where(seen, per_child / base, np.nan)
    return shrunk_between(deviation, noise, prior**2, _PLACES_WORTH)
