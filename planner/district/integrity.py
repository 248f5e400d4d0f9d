"""What later layers rely on: tables of the dictionary's columns, keys that are unique, ids that exist, figures in range."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planner.district.findings import Finding, TableName, few
from planner.district.tables import figures, named, rows, texts
from planner.district.values import DTYPES
from planner.words import Text, read_dictionary

if TYPE_CHECKING:
    from planner.district.model import District
    from planner.words import Column, Table

_ALSO = {
    ("attendance", "block"): frozenset({"other"}),
    ("attendance", "school"): frozenset({"other", "private"}),
}
"""Words that stand for places outside the tables."""

_LISTS = {("catchments", "school"): "+", ("projects", "depends_on"): ";"}
"""Columns that may name several ids, by what stands between them."""

_FUTURE = frozenset({"catchments", "feeders", "travel"})
"""Tables that may name a school which only a project brings."""


def with_keys(district: District, name: str) -> pd.DataFrame:
    """Return a table with its keys as plain columns."""
    table = district[name]
    return table.reset_index() if name in {"schools", "blocks"} else table


def row_ids(table: pd.DataFrame, key: tuple[str, ...]) -> tuple[str, ...]:
    """Return the ids of rows: the parts of their key joined by a slash."""
    if not key:
        return tuple(str(row + 1) for row in table.index)
    parts = [table[column].astype("string").fillna("-") for column in key]
    ids = parts[0]
    for part in parts[1:]:
        ids = ids + "/" + part
    return tuple(ids)


def broken_links(district: District) -> list[Finding]:
    """
    Return what would make results wrong without any sign of it, as errors.

    Columns that are missing or of a wrong type, keys that repeat, ids that no table has, figures outside the
    dictionary's range.
    """
    return [
        *wrong_columns(district),
        *repeated_keys(district),
        *unknown_ids(district),
        *figures_out_of_range(district),
    ]


def _sound_tables(district: District) -> list[tuple[Table, pd.DataFrame]]:
    """Return the tables that have all their columns."""
    tables = []
    for name, entry in read_dictionary().items():
        table = with_keys(district, name)
        if {column.column for column in entry.columns} <= set(table.columns):
            tables.append((entry, table))
    return tables


def _same_kind(column: Column, found: pd.Series) -> bool:
    kind = DTYPES[column.type]
    if kind == "string":
        return pd.api.types.is_string_dtype(found.dtype) or found.dtype == object
    if kind == "boolean":
        return pd.api.types.is_bool_dtype(found.dtype)
    if kind == "Int64":
        return pd.api.types.is_integer_dtype(found.dtype)
    if kind == "Float64":
        return pd.api.types.is_numeric_dtype(found.dtype)
    return pd.api.types.is_datetime64_any_dtype(found.dtype)


def wrong_columns(district: District) -> list[Finding]:
    """Return columns of the dictionary that tables lack, or have in another type; for districts made in code."""
    findings = []
    for name, entry in read_dictionary().items():
        table = with_keys(district, name)
        for column in entry.columns:
            if column.column not in table.columns:
                code, text = "D006", Text("The column is missing.")
            elif not _same_kind(column, pd.Series(table[column.column])):
                code, text = "D010", Text("The column is not of type {type}.", type=column.type)
            else:
                continue
            findings.append(
                Finding(
                    level="error",
                    code=code,
                    table=name,
                    column=column.column,
                    text=text,
                    advice=Text("Make the table as the column dictionary describes it."),
                )
            )
    return findings


def repeated_keys(district: District) -> list[Finding]:
    """Return rows that have the key of another row."""
    findings = []
    for entry, table in _sound_tables(district):
        if not entry.key:
            continue
        repeated = rows(table, table.duplicated(list(entry.key), keep=False).to_numpy(bool))
        if len(repeated):
            ids = named(row_ids(repeated, entry.key))
            facts = [column.column for column in entry.columns]
            same = bool(repeated.duplicated(facts, keep=False).to_numpy(bool).all())
            findings.append(
                Finding(
                    level="error",
                    code="D013",
                    table=entry.table,
                    column=", ".join(entry.key),
                    ids=ids,
                    text=Text("Rows with the same key: {ids}.", ids=few(ids)),
                    advice=Text("Delete the copies.")
                    if same
                    else Text(
                        "Keep the row that is right: one row for each {key}.", key=", ".join(entry.key)
                    ),
                )
            )
    return findings


def without_copies(district: District) -> District:
    """Return the district with the first of the rows that share a key, so that checks can go on."""
    tables: dict[str, pd.DataFrame] = {}
    for entry, table in _sound_tables(district):
        copies = (
            table.duplicated(list(entry.key)).to_numpy(bool)
            if entry.key
            else np.zeros(len(table), dtype=bool)
        )
        if copies.any():
            tables[entry.table] = district[entry.table].iloc[np.flatnonzero(~copies)]
    return district.with_tables(**tables)


def known_ids(district: District, table: str, *, referring: str) -> set[str]:
    """Return the ids that a table's column may name, those of projected schools included where that is allowed."""
    ids = set(texts(with_keys(district, table), read_dictionary()[table].key[0]))
    if table == "schools" and referring in _FUTURE:
        projects = district["projects"]
        coming = (texts(projects, "kind") == "new") | (texts(projects, "replaces") != "")
        ids |= set(texts(rows(projects, coming), "school"))
    return ids


def unknown_ids(district: District) -> list[Finding]:
    """Return ids of schools, blocks and projects that their own table does not have."""
    findings = []
    for entry, table in _sound_tables(district):
        for column in entry.columns:
            if not column.refers_to:
                continue
            used = set(texts(table, column.column))
            if between := _LISTS.get((entry.table, column.column)):
                used = {name.strip() for group in used for name in group.split(between)}
            known = known_ids(district, column.refers_to, referring=entry.table)
            ids = tuple(sorted(used - known - {""} - _ALSO.get((entry.table, column.column), frozenset())))
            if not ids:
                continue
            findings.append(
                Finding(
                    level="error",
                    code="D014",
                    table=entry.table,
                    column=column.column,
                    ids=ids,
                    text=Text(
                        "Ids that table {table} does not have: {ids}.",
                        table=TableName(column.refers_to),
                        ids=few(ids),
                    ),
                    advice=_how_to_mend_ids(ids, known, column.refers_to),
                )
            )
    return findings


def _how_to_mend_ids(unknown: tuple[str, ...], known: set[str], table: str) -> Text:
    bare = {name.lstrip("0") for name in known if name.startswith("0")}
    if any(name.lstrip("0") in bare for name in unknown):
        return Text(
            "A spreadsheet may have dropped leading zeros: write the ids as table {table} has them.",
            table=TableName(table),
        )
    return Text(
        "Write the ids as table {table} has them, or add what is missing there.", table=TableName(table)
    )


def figures_out_of_range(district: District) -> list[Finding]:
    """Return negative and absurd figures: those outside the dictionary's range."""
    findings = []
    for entry, table in _sound_tables(district):
        for column in entry.columns:
            if column.minimum is None and column.maximum is None:
                continue
            values = figures(table, column.column)
            low = -np.inf if column.minimum is None else column.minimum
            high = np.inf if column.maximum is None else column.maximum
            outside = (values < low) | (values > high)
            if not outside.any():
                continue
            ids = row_ids(rows(table, outside), entry.key)
            listed = [f"{name} = {value:g}" for name, value in zip(ids, values[outside], strict=True)]
            findings.append(
                Finding(
                    level="error",
                    code="D015",
                    table=entry.table,
                    column=column.column,
                    ids=ids,
                    text=Text(
                        "Figures outside {minimum} to {maximum}: {figures}.",
                        minimum="" if column.minimum is None else f"{column.minimum:g}",
                        maximum="" if column.maximum is None else f"{column.maximum:g}",
                        figures=few(listed),
                    ),
                    advice=Text("Correct the figures; leave a cell blank where the figure is not known."),
                )
            )
    return findings
