"""One Excel workbook of a run's tables."""

from __future__ import annotations

import datetime as dt
import io
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planner.archive.readable import UNITS
from planner.words import current_language, outcome_description, outcome_label, outcome_title, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

SHARES = {
    "share",
    "beyond",
    "certainty",
    "error",
    "gap_to_bound",
    "p_complies",
    "p_over",
    "p_over_planned",
    "p_over_possible",
    "p_turned_away",
}
KINDS = {"share": "0.0%", "figure": "#,##0.0", "year": "0", "": ""}
"""Number formats: of shares, of other figures with a fraction, of years, and of all else."""
_SHADE = "#FFF3D6"
WIDEST = 40


def sheet_name(table: str) -> str:
    """Return what the sheet of a table is called: its id, or its Chinese name."""
    return outcome_title(table) if current_language() == "zh" else table


def _cell(value: object) -> object:
    """Return a value that a worksheet can hold; missing ones as None."""
    if value is None or value is pd.NA or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return value.item() if hasattr(value, "item") else value  # pyright: ignore[reportAttributeAccessIssue]


def _width(text: str) -> int:
    """Return how many Latin letters wide a text is; a Chinese character is two."""
    return len(text.encode("gbk", "replace"))


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One sheet of a workbook."""

    name: str
    """At most 31 characters."""
    title: str
    """What the sheet shows, for the list of contents."""
    table: pd.DataFrame
    headings: Mapping[str, str]
    """By column; those that are not in it are called as the dictionary of outcomes has it."""
    kinds: Sequence[str] | None = None
    """By row: what its figures are, as `KINDS`; None: it depends on the column."""
    strong: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)
    """By column: the rows in which its cell is shaded."""


class _Formats:
    """Cell formats of a workbook."""

    def __init__(self, book: Workbook) -> None:
        self.heading = book.add_format({"bold": True, "bg_color": "#E7ECEF", "bottom": 1})
        self.of = {
            (kind, strong): book.add_format(
                ({"num_format": number} if number else {}) | ({"bg_color": _SHADE} if strong else {})
            )
            for kind, number in KINDS.items()
            for strong in (False, True)
        }


def kind_of(column: str) -> str:
    """Return what the fractions in a column of outcomes are, as `KINDS`."""
    return "share" if column in SHARES else "figure"


def _write_sheet(sheet: Worksheet, told: Sheet, formats: _Formats) -> None:
    table = told.table
    for column, name in enumerate(table.columns):
        label = told.headings[name] if name in told.headings else outcome_label(name)
        sheet.write_string(0, column, label, formats.heading)
        longest = _width(label) + 2
        kinds = [kind_of(name)] * len(table) if told.kinds is None else told.kinds
        if table[name].dtype.kind != "f":
            kinds = [""] * len(table)
        strong = told.strong.get(name, np.zeros(len(table), dtype=bool)).tolist()
        for row, (value, kind, shaded) in enumerate(zip(table[name], kinds, strong, strict=True), start=1):
            shown, cell = _cell(value), formats.of[kind, shaded]
            if shown is None:
                continue
            if isinstance(shown, bool):
                sheet.write_boolean(row, column, shown, cell)
            elif isinstance(shown, int | float):
                sheet.write_number(row, column, shown, cell)
            else:
                sheet.write_string(row, column, str(shown), cell)
                longest = max(longest, _width(str(shown)))
        sheet.set_column(column, column, min(WIDEST, max(8, longest + 1)))
    sheet.freeze_panes(1, 0)
    if len(table):
        sheet.autofilter(0, 0, len(table), len(table.columns) - 1)


def _write_contents(
    book: Workbook,
    sheets: Sequence[Sheet],
    facts: list[tuple[str, str]],
    columns: list[tuple[str, str]],
    formats: _Formats,
) -> None:
    sheet = book.add_worksheet(say("Contents"))
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, 1, 90)
    row = 0
    for label, value in facts:
        sheet.write_string(row, 0, label, formats.heading)
        sheet.write_string(row, 1, value)
        row += 1
    for told in sheets:
        row += 1
        sheet.write_url(row, 0, f"internal:'{told.name}'!A1", string=told.name)
        sheet.write_string(row, 1, told.title)
    row += 2
    for label, description in columns:
        sheet.write_string(row, 0, label)
        sheet.write_string(row, 1, description)
        row += 1


def column_descriptions(columns: Iterable[str]) -> list[tuple[str, str]]:
    """Return the headings of columns of outcomes with what they mean and their units."""
    found = []
    for column in dict.fromkeys(columns):
        description, unit = outcome_description(column)
        found.append((outcome_label(column), f"{description} [{UNITS[unit]}]" if unit else description))
    return found


def write_sheets(
    sheets: Sequence[Sheet],
    path: Path,
    *,
    facts: list[tuple[str, str]],
    columns: list[tuple[str, str]],
    created: dt.date,
) -> None:
    """
    Write a workbook: a first sheet of contents, then the sheets.

    Text is written as text, whatever it begins with.

    Parameters
    ----------
    facts
        What the workbook is of, as label and value.
    columns
        Headings with what they mean.
    created
        Date the file carries.
    """
    import xlsxwriter

    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        book.set_properties({"title": "planner", "created": dt.datetime.combine(created, dt.time())})
        formats = _Formats(book)
        _write_contents(book, sheets, facts, columns, formats)
        for sheet in sheets:
            _write_sheet(book.add_worksheet(sheet.name), sheet, formats)
    path.write_bytes(content.getvalue())


def write_workbook(
    tables: Mapping[str, pd.DataFrame], path: Path, *, facts: list[tuple[str, str]], created: dt.date
) -> None:
    """
    Write tables of outcomes as sheets, with a first sheet of contents, run facts and column descriptions.

    Text is written as text, whatever it begins with; `created` is the date the file carries.
    """
    sheets = [
        Sheet(name=sheet_name(name), title=outcome_title(name), table=table, headings={})
        for name, table in tables.items()
    ]
    columns = column_descriptions(column for table in tables.values() for column in table.columns)
    write_sheets(sheets, path, facts=facts, columns=columns, created=created)
