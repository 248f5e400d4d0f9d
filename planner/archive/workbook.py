"""One Excel workbook of a run's tables."""

from __future__ import annotations

import datetime as dt
import io
import math
from typing import TYPE_CHECKING

import pandas as pd

from planner.archive.readable import UNITS
from planner.words import current_language, outcome_description, outcome_label, outcome_title, say

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from xlsxwriter.format import Format
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


def _write_sheet(
    sheet: Worksheet, table: pd.DataFrame, heading: Format, share: Format, figure: Format
) -> None:
    for column, name in enumerate(table.columns):
        label = outcome_label(name)
        sheet.write_string(0, column, label, heading)
        style = share if name in SHARES else figure if table[name].dtype.kind == "f" else None
        longest = _width(label) + 2
        for row, value in enumerate(table[name], start=1):
            shown = _cell(value)
            if shown is None:
                continue
            if isinstance(shown, bool):
                sheet.write_boolean(row, column, shown)
            elif isinstance(shown, int | float):
                sheet.write_number(row, column, shown, style)
            else:
                sheet.write_string(row, column, str(shown))
                longest = max(longest, _width(str(shown)))
        sheet.set_column(column, column, min(WIDEST, max(8, longest + 1)))
    sheet.freeze_panes(1, 0)
    if len(table):
        sheet.autofilter(0, 0, len(table), len(table.columns) - 1)


def _write_contents(
    book: Workbook, tables: Mapping[str, pd.DataFrame], facts: list[tuple[str, str]], heading: Format
) -> None:
    sheet = book.add_worksheet(say("Contents"))
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, 1, 90)
    row = 0
    for label, value in facts:
        sheet.write_string(row, 0, label, heading)
        sheet.write_string(row, 1, value)
        row += 1
    for name in tables:
        row += 1
        sheet.write_url(row, 0, f"internal:'{sheet_name(name)}'!A1", string=sheet_name(name))
        sheet.write_string(row, 1, outcome_title(name))
    row += 2
    columns = dict.fromkeys(column for table in tables.values() for column in table.columns)
    for column in columns:
        description, unit = outcome_description(column)
        sheet.write_string(row, 0, outcome_label(column))
        sheet.write_string(row, 1, f"{description} [{UNITS[unit]}]" if unit else description)
        row += 1


def write_workbook(
    tables: Mapping[str, pd.DataFrame], path: Path, *, facts: list[tuple[str, str]], created: dt.date
) -> None:
    """
    Write the tables as sheets, with a first sheet of contents, run facts and column descriptions.

    Text is written as text, whatever it begins with; `created` is the date the file carries.
    """
    import xlsxwriter

    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        book.set_properties({"title": "planner", "created": dt.datetime.combine(created, dt.time())})
        heading = book.add_format({"bold": True, "bg_color": "#E7ECEF", "bottom": 1})
        share, figure = book.add_format({"num_format": "0.0%"}), book.add_format({"num_format": "0.0"})
        _write_contents(book, tables, facts, heading)
        for name, table in tables.items():
            _write_sheet(book.add_worksheet(sheet_name(name)), table, heading, share, figure)
    path.write_bytes(content.getvalue())
