"""The column dictionary: what a district's tables and columns are, from `tables.csv` and `columns.csv`."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from planner.words.catalogue import current_language


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of a table."""

    table: str
    column: str
    type: str
    """text, integer, number, boolean, date, grades (as 1-6) or rooms (as 12;24)."""
    unit: str
    """Unit of the figure; empty for text."""
    key: bool
    """Whether the column is part of the table's key."""
    required: bool
    minimum: float | None
    maximum: float | None
    values: tuple[str, ...]
    """Words allowed; empty when any will do."""
    values_zh: tuple[tuple[str, str], ...]
    """(Chinese word, the value that it stands for), the usual word of a value first. Columns without `values` may have
    some too: 小学 is the stage primary."""
    refers_to: str
    """Table whose first key column holds the ids of this column; empty when none."""
    description: str
    zh: str
    """Chinese name of the column."""
    also_zh: tuple[str, ...]
    """Other Chinese names that tables in use have for it."""
    description_zh: str
    """Description in Chinese."""

    @property
    def about(self) -> str:
        """Description in the current language."""
        return self.description_zh if current_language() == "zh" else self.description


@dataclass(frozen=True, kw_only=True)
class Table:
    """One table of a district."""

    table: str
    geometry: str
    """point, line or polygon; empty for a table without a map."""
    required: bool
    description: str
    zh: str
    """Chinese name of the table."""
    description_zh: str
    """Description in Chinese."""
    columns: tuple[Column, ...]

    @property
    def about(self) -> str:
        """Description in the current language."""
        return self.description_zh if current_language() == "zh" else self.description

    @property
    def key(self) -> tuple[str, ...]:
        """Names of the key columns, in order."""
        return tuple(column.column for column in self.columns if column.key)


def _rows(name: str) -> list[dict[str, str]]:
    with Path(__file__).with_name(name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _column(row: dict[str, str]) -> Column:
    fields: dict[str, Any] = {**row}
    fields["key"] = row["key"] == "yes"
    fields["required"] = row["required"] == "yes"
    fields["minimum"] = float(row["minimum"]) if row["minimum"] else None
    fields["maximum"] = float(row["maximum"]) if row["maximum"] else None
    fields["also_zh"] = tuple(filter(None, row["also_zh"].split("|")))
    fields["values"] = tuple(row["values"].split("|")) if row["values"] else ()
    fields["values_zh"] = tuple(
        (word, value)
        for entry in filter(None, row["values_zh"].split("|"))
        for value, _, words in (entry.partition(":"),)
        for word in words.split("/")
    )
    return Column(**fields)


@cache
def read_dictionary() -> dict[str, Table]:
    """Return the tables of a district by name, in the order of documentation."""
    columns: dict[str, list[Column]] = {}
    for row in _rows("columns.csv"):
        columns.setdefault(row["table"], []).append(_column(row))
    return {
        row["table"]: Table(
            table=row["table"],
            geometry=row["geometry"],
            required=row["required"] == "yes",
            description=row["description"],
            zh=row["zh"],
            description_zh=row["description_zh"],
            columns=tuple(columns[row["table"]]),
        )
        for row in _rows("tables.csv")
    }


def column_label(table: str, column: str) -> str:
    """Return the name under which a column is shown in the current language: its id, or its Chinese name."""
    for entry in read_dictionary()[table].columns:
        if entry.column == column:
            return entry.zh if current_language() == "zh" else column
    raise KeyError(f"{table}.{column} is not in the column dictionary")


@cache
def _outcome_names(table: str) -> dict[str, dict[str, str]]:
    key = "table" if table == "outcome_tables.csv" else "column"
    return {row[key]: row for row in _rows(table)}


_RANGES = {"_p10": "P10", "_p90": "P90"}


def outcome_label(column: str) -> str:
    """
    Return the heading of a column of results in the current language: its id, or its Chinese name.

    A column ending in ``_p10`` or ``_p90`` is the lower or upper end of the 80 % range of the column before.
    """
    if current_language() != "zh":
        return column
    names = _outcome_names("outcome_columns.csv")
    for ending, suffix in _RANGES.items():
        if column.endswith(ending):
            return f"{names[column.removesuffix(ending)]['zh']} {suffix}"
    return names[column]["zh"]


def outcome_title(table: str) -> str:
    """Return what a table of results is about, in the current language."""
    row = _outcome_names("outcome_tables.csv")[table]
    return row["zh" if current_language() == "zh" else "description"]


def outcome_description(column: str) -> tuple[str, str]:
    """Return the description, in the current language, and the unit of a column of results."""
    for ending in _RANGES:
        column = column.removesuffix(ending)
    row = _outcome_names("outcome_columns.csv")[column]
    return row["description_zh" if current_language() == "zh" else "description"], row["unit"]
