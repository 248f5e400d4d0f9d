"""Means and 80 % ranges over draws, and the columns that tables are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

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
    ordered = np.partition(counts, sorted(set(ranks)), axis=-1)
    return np.stack([ordered[..., rank] for rank in ranks]).astype(np.float64)


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
