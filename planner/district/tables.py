"""Columns and rows of a table, as arrays in which a missing figure compares as false."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def figures(table: pd.DataFrame, column: str) -> NDArray[np.float64]:
    """Return a column of numbers; nan where missing."""
    return pd.Series(table[column]).to_numpy(np.float64, na_value=np.nan)


def words(table: pd.DataFrame, column: str) -> pd.Series:
    """Return a column of text; <NA> where missing."""
    return pd.Series(table[column]).astype("string")


def texts(table: pd.DataFrame, column: str) -> NDArray[np.object_]:
    """Return a column of text as an array; empty where missing."""
    return words(table, column).fillna("").to_numpy(object)


def rows(table: pd.DataFrame, chosen: NDArray[np.bool_]) -> pd.DataFrame:
    """Return the chosen rows."""
    return pd.DataFrame(table.iloc[np.flatnonzero(chosen)])


def complete(table: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Return the rows in which none of the columns is missing."""
    missing = np.zeros(len(table), dtype=bool)
    for column in columns:
        missing |= pd.Series(table[column]).isna().to_numpy(bool)
    return rows(table, ~missing)


def grouped(
    table: pd.DataFrame, key: str, column: str, how: Literal["sum", "min", "nunique"] = "sum"
) -> pd.Series:
    """Return a figure of the groups that have any, indexed by the key; rows without one are left out."""
    full = complete(table, (key, column))
    return pd.Series(full.groupby(key)[column].agg(how)).astype("float64")


def named(ids: Any) -> tuple[str, ...]:
    """Return ids as text, each once, in their order."""
    return tuple(dict.fromkeys(str(name) for name in ids))
