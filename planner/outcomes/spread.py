"""Means and 80 % ranges over draws, and the columns that tables are made of."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.special import betainc

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from planner.simulation import Simulation


def quantiles(counts: NDArray[Any], *shares: float) -> NDArray[np.float64]:
    """
    Return, for each share, the smallest count that so many of the draws do not exceed.

    A count that occurred, never a number between two: whole children stay whole.

    Parameters
    ----------
    counts
        [..., draw].
    shares
        Between 0 and 1. [1]

    Returns
    -------
    Array [share, ...].
    """
    draws = counts.shape[-1]
    ranks = [max(int(np.ceil(share * draws - 1e-9)) - 1, 0) for share in shares]
    # numpy sorts 16-bit counts faster than it parts them.
    ordered = (
        np.sort(counts, axis=-1)
        if counts.dtype.itemsize <= 2
        else np.partition(counts, sorted(set(ranks)), axis=-1)
    )
    return np.stack([ordered[..., rank] for rank in ranks]).astype(np.float64)


def quantile_errors(counts: NDArray[Any], *shares: float) -> NDArray[np.float64]:
    """
    Return, for each share, the Monte Carlo standard error of the quantile of counts [draw]. [share] [children].

    What resampling the draws without end would find (Maritz and Jarrett 1978): of n ordered draws the i-th is the
    quantile of rank r with the probability that a Beta(r, n - r + 1) variable lies between (i - 1)/n and i/n.
    """
    ordered = np.sort(counts) - counts.mean(dtype=np.float64)
    chances = np.stack([_chances_of_rank(counts.shape[-1], share) for share in shares])
    return np.sqrt(np.maximum(chances @ ordered**2 - (chances @ ordered) ** 2, 0.0))


@cache
def _chances_of_rank(draws: int, share: float) -> NDArray[np.float64]:
    """Return the chance that each of the ordered draws is a quantile when the draws are resampled. [draw] [1]."""
    rank = max(int(np.ceil(share * draws - 1e-9)), 1)
    return np.diff(betainc(rank, draws - rank + 1, np.arange(draws + 1) / draws))


def share_error(share: float | NDArray[np.floating], draws: int) -> NDArray[np.float64]:
    """Return the Monte Carlo standard error of a share of so many draws. [1]."""
    return np.sqrt(np.asarray(share) * (1 - np.asarray(share)) / draws)


def mean_error(counts: NDArray[Any]) -> NDArray[np.float64]:
    """Return the Monte Carlo standard error of the mean of counts [..., draw]."""
    return counts.std(axis=-1, dtype=np.float64) / np.sqrt(counts.shape[-1])


def mean(counts: NDArray[Any]) -> NDArray[np.float64]:
    """Return the mean of counts [..., draw] over the draws."""
    exact = np.int64 if counts.dtype.kind in "biu" else np.float64
    return counts.sum(axis=-1, dtype=exact) / counts.shape[-1]


def ranged(name: str, counts: NDArray[Any]) -> dict[str, NDArray[np.float64]]:
    """Return columns of the mean, 10 % and 90 % quantile of counts [row, draw]: name, name_p10, name_p90."""
    low, high = quantiles(counts, 0.1, 0.9)
    return {name: mean(counts), f"{name}_p10": low, f"{name}_p90": high}


def named(ids: Sequence[object], positions: NDArray[np.intp]) -> NDArray[np.object_]:
    """Return the ids at the positions, as a column."""
    return np.array(ids, dtype=object)[positions]


def keyed(simulation: Simulation, at: tuple[NDArray[np.intp], ...]) -> dict[str, NDArray[Any]]:
    """Return columns school, stage and year of cells [school, stage, year] at these positions."""
    return {
        "school": named(simulation.schools, at[0]),
        "stage": named(simulation.stages, at[1]),
        "year": np.array(simulation.years)[at[2]],
    }


def of_classes(figures: NDArray[Any], *, missing: bool) -> Any:
    """Return a column that speaks of rooms or classes; all of it missing where the policy plans by seats."""
    return pd.Series(np.full(len(figures), np.nan)) if missing else figures


def whole_or_missing(figures: NDArray[np.floating]) -> pd.Series:
    """Return whole numbers as a column, missing where they are NaN."""
    return pd.Series(figures, dtype="Float64").astype("Int64")
