r"""
Every table of outcomes beside that of the first scenario, figure by figure, with the error of the difference.

The same draws meet all scenarios, so luck cancels: the error is that of the difference, not of the figures. Many
figures are no means over draws (quantiles, medians, ratios, probabilities), so it is reckoned by batches, the way
called sectioning: with :math:`d` the difference found in all draws, :math:`d_k` the one found in those of batch k
alone, and :math:`w_k` the batch's share of the draws,

.. math:: e = \sqrt{\frac{1}{K - 1} \sum_{k=1}^{K} w_k (d_k - d)^2}

K is 20, or the number of draws where they are fewer: with batches of one draw, e is the usual error of a mean. A
difference is clear where :math:`d` and the mean of the :math:`d_k` both exceed two errors: a quantile of whole children
may jump by one for all draws together though hardly any draw differs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from planner.answers.comparing.batches import batch_outcomes, batch_sizes
from planner.answers.comparing.model import ADDED, CLEAR, CLEAR_FROM, GONE, SAME, UNCLEAR
from planner.answers.comparing.stages import facts_of
from planner.archive.tables import DIGITS
from planner.outcomes import moves
from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from planner.pipeline import Run

KEYS: Mapping[str, tuple[str, ...]] = {
    "seats_by_school": ("school", "stage", "year"),
    "entry_by_school": ("school", "stage", "grade", "year"),
    "seats_by_catchment": ("catchment", "stage", "year"),
    "entry_by_catchment": ("catchment", "stage", "year"),
    "class_sizes": ("school", "grade", "year"),
    "large_classes": ("rule", "stage", "grades", "year", "at_least"),
    "odds": ("school", "stage", "grade", "year"),
    "travel": ("stage", "school", "year"),
    "moves": ("stage", "year", "block", "from", "to"),
    "intake_plan": ("school", "stage", "year"),
    "school_sizes": ("level", "school", "group", "year"),
    "compliance": ("rule", "stage", "grades", "level", "kind", "year", "at_most", "at_least", "size"),
    "district": ("stage", "year"),
    "conservation": ("stage", "year"),
    "projects": ("project", "school", "kind"),
    "goals": ("goal", "unit"),
    "missing": ("stage", "school", "year"),
}
"""By table: the columns that say of what and of when its figures are."""

_RENAMED = {"goals": {"gap": "gap_to_bound"}}
_LEFT_OUT = {"odds": ("error", "expected_error", "expected_over_error"), "goals": ("seconds",)}
"""Numbers that are no outcomes: errors of a single run's figures, times of the solver."""
_RATIOS = frozenset({"metres", "beyond", "share", "value", "p_complies"})
"""Figures that a batch without a row of the table does not have; of all others it has none of them, that is 0."""


@dataclass(frozen=True, kw_only=True)
class _Sheet:
    """One table of all scenarios, on the rows of all of them."""

    keys: pd.DataFrame
    rows: tuple[NDArray[np.intp], ...]
    """By scenario: where each row of its table stands."""
    figures: tuple[str, ...]
    """Columns of numbers; text that is no key explains a figure and is none."""
    values: NDArray[np.float64]
    """[scenario, row, figure]; NaN where missing."""


def compare_tables(
    runs: Sequence[Run],
    names: Sequence[str],
    progress: Callable[[Text, int, int], None] | None = None,
) -> dict[str, pd.DataFrame]:
    """
    Return `Comparison.outcomes`; `progress` is called after every batch of draws.

    Moves are from the catchments of the first scenario, whatever the scenarios build on.
    """
    every = [
        {name: table.rename(columns=_RENAMED.get(name, {})) for name, table in run.outcomes.items()}
        | {"moves": moves(facts_of(run), runs[0].plan)}
        for run in runs
    ]
    sheets = {
        name: _sheet([tables[name] for tables in every], name)
        for name in KEYS
        if all(name in tables for tables in every)
    }
    errors = _errors(runs, every, sheets, progress)
    return {name: _told(sheet, errors[name], names) for name, sheet in sheets.items()}


def error_of(
    changes: NDArray[np.float64], change: NDArray[np.float64], sizes: NDArray[np.integer]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """
    Return the standard error of differences found in batches of draws, and the mean of what the batches found.

    Parameters
    ----------
    changes
        [batch, ...]; NaN where a batch has none.
    change
        [...]: found in all draws.
    sizes
        [batch]: draws of each.

    Returns
    -------
    Arrays [...]; NaN where fewer than two batches have a difference.
    """
    known = np.isfinite(changes)
    weights = np.where(known, sizes.reshape(-1, *[1] * (changes.ndim - 1)), 0).astype(np.float64)
    number = known.sum(axis=0)
    together = np.where(number > 1, weights.sum(axis=0), np.nan)
    middle = (weights * np.where(known, changes, 0.0)).sum(axis=0) / together
    spread = (weights * np.where(known, (changes - change) ** 2, 0.0)).sum(axis=0) / together
    return np.sqrt(spread / np.maximum(number - 1, 1)), middle


def _index(table: pd.DataFrame, keys: Sequence[str]) -> pd.MultiIndex:
    """Return the keys of a table's rows; rows with the same keys are numbered."""
    told = [
        table[key].fillna(-1)
        if pd.api.types.is_numeric_dtype(table[key])
        else table[key].fillna("").astype(str)
        for key in keys
    ]
    again = pd.concat(told, axis=1).groupby(list(keys), sort=False).cumcount() if len(table) else pd.Series()
    return pd.MultiIndex.from_arrays([*told, again])


def _sheet(tables: Sequence[pd.DataFrame], name: str) -> _Sheet:
    """Put a table of all scenarios on the same rows: the first's, then those of others that it lacks."""
    keys = list(KEYS[name])
    indices = [_index(table, keys) for table in tables]
    every = indices[0]
    pieces = [tables[0].loc[:, keys]]
    for table, index in zip(tables[1:], indices[1:], strict=True):
        more = every.get_indexer(index) < 0
        every = every.append(index[more])
        pieces.append(table.loc[more].loc[:, keys])
    columns = dict.fromkeys(column for table in tables for column in table)
    numbers = [
        column
        for column in columns
        if column not in keys
        and column not in _LEFT_OUT.get(name, ())
        and all(_is_number(table, column) for table in tables)
    ]
    rows = tuple(every.get_indexer(index) for index in indices)
    values = np.full((len(tables), len(every), len(numbers)), np.nan)
    for scenario, (table, at) in enumerate(zip(tables, rows, strict=True)):
        values[scenario, at] = _numbers(table, numbers)
    return _Sheet(
        keys=pd.concat([piece for piece in pieces if len(piece)] or pieces[:1], ignore_index=True),
        rows=rows,
        figures=tuple(numbers),
        values=values,
    )


def _is_number(table: pd.DataFrame, column: str) -> bool:
    """Return whether a column holds numbers or yes and no, or is not there."""
    kinds = table.dtypes
    return column not in kinds or pd.api.types.is_numeric_dtype(kinds[column]) or kinds[column].kind == "b"


def _numbers(table: pd.DataFrame, columns: Sequence[str]) -> NDArray[np.float64]:
    """Return columns of a table as numbers [row, column]; NaN where missing."""
    found = [
        table[column].to_numpy(np.float64, na_value=np.nan)
        if column in table
        else np.full(len(table), np.nan)
        for column in columns
    ]
    return np.column_stack(found) if found else np.empty((len(table), 0))


@dataclass(frozen=True, kw_only=True)
class _Errors:
    """Of the differences of a table from the first scenario; arrays [scenario but the first, row, figure]."""

    error: NDArray[np.float64]
    middle: NDArray[np.float64]
    """Mean of what the batches find."""


def _errors(
    runs: Sequence[Run],
    every: Sequence[Mapping[str, pd.DataFrame]],
    sheets: Mapping[str, _Sheet],
    progress: Callable[[Text, int, int], None] | None,
) -> dict[str, _Errors]:
    """Return the errors of the differences, by table; none where nothing in a table depends on the draws."""
    sizes = batch_sizes(runs[0].simulation.draws)
    found: dict[str, list[NDArray[np.float64]]] = {}
    for scenario, run in enumerate(runs if sheets else ()):
        cubes: dict[str, NDArray[np.float64]] = {}
        for batch, tables in enumerate(batch_outcomes(run, runs[0].plan)):
            for name in sheets.keys() & tables.keys():
                sheet = sheets[name]
                cube = cubes.setdefault(name, np.full((len(sizes), *sheet.values.shape[1:]), np.nan))
                at = _rows_in(tables[name], every[scenario][name], sheet.rows[scenario], KEYS[name])
                cube[batch, at[at >= 0]] = _numbers(tables[name], sheet.figures)[at >= 0]
            if progress is not None:
                progress(Text("comparing"), scenario * len(sizes) + batch + 1, len(runs) * len(sizes))
        for name, cube in cubes.items():
            found.setdefault(name, []).append(_filled(cube, sheets[name], scenario))
    errors = {}
    for name, sheet in sheets.items():
        changes = sheet.values[1:] - sheet.values[:1]
        if name not in found:
            errors[name] = _Errors(error=np.zeros_like(changes), middle=changes)
            continue
        first, *others = found[name]
        pairs = [error_of(cube - first, change, sizes) for cube, change in zip(others, changes, strict=True)]
        error, middle = (np.stack(each) for each in zip(*pairs, strict=True))
        errors[name] = _Errors(error=error, middle=middle)
    return errors


def _rows_in(
    table: pd.DataFrame, whole: pd.DataFrame, rows: NDArray[np.intp], keys: Sequence[str]
) -> NDArray[np.intp]:
    """Return where the rows of a batch's table stand, given where those of the table of all draws do; -1: nowhere."""
    if len(table) == len(whole) and all(table[key].equals(whole[key]) for key in keys):
        return rows
    at = _index(whole, keys).get_indexer(_index(table, keys))
    return np.where(at < 0, -1, rows[at])


def _filled(cube: NDArray[np.float64], sheet: _Sheet, scenario: int) -> NDArray[np.float64]:
    """
    Return a scenario's figures by batch [batch, row, figure], those of rows that a batch lacks filled in.

    A row is left out of a table where nobody came in any draw. In such a batch figures that are the same in all
    draws are what they are; counts and probabilities are 0; ratios are missing.
    """
    own = np.zeros(cube.shape[1], dtype=bool)
    own[sheet.rows[scenario]] = True
    lacking = own[None, :] & np.isnan(cube).all(axis=2)
    if not lacking.any():
        return cube
    whole = sheet.values[scenario]
    constant = (np.isnan(cube) | (cube == whole)).all(axis=0)
    ratio = np.array([figure in _RATIOS for figure in sheet.figures])
    fill = np.where(constant | np.isnan(whole), whole, np.where(ratio, np.nan, 0.0))
    return np.where(lacking[:, :, None], fill, cube)


def verdicts(
    before: NDArray[np.float64],
    after: NDArray[np.float64],
    error: NDArray[np.float64],
    middle: NDArray[np.float64],
) -> NDArray[np.object_]:
    """
    Return what each difference is: same, unclear, clear, added, gone; empty where neither scenario has a figure.

    Parameters
    ----------
    middle
        Mean of the differences that batches of draws find.
    """
    change = np.round(after - before, DIGITS)
    clear = np.minimum(np.abs(change), np.abs(middle)) > CLEAR_FROM * error
    told = np.where(change == 0, SAME, np.where(clear, CLEAR, UNCLEAR)).astype(object)
    told[np.isnan(before)] = ADDED
    told[np.isnan(after)] = GONE
    told[np.isnan(before) & np.isnan(after)] = ""
    return told


def _told(sheet: _Sheet, errors: _Errors, names: Sequence[str]) -> pd.DataFrame:
    """Return a table of outcomes as `Comparison.outcomes` has it."""
    some = ~np.isnan(sheet.values).all(axis=0)
    row, figure = np.nonzero(some)
    first = sheet.values[0]
    columns: dict[str, Any] = {"figure": np.array(sheet.figures, dtype=object)[figure]}
    columns |= {f"value_{name}": values[some] for name, values in zip(names, sheet.values, strict=True)}
    for name, values, error, middle in zip(
        names[1:], sheet.values[1:], errors.error, errors.middle, strict=True
    ):
        change = values - first
        columns[f"change_{name}"] = change[some]
        columns[f"error_{name}"] = np.where(np.isnan(change), np.nan, error)[some]
        columns[f"verdict_{name}"] = verdicts(first, values, error, middle)[some]
    return pd.concat([sheet.keys.iloc[row].reset_index(drop=True), pd.DataFrame(columns)], axis=1)
