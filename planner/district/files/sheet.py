"""A sheet of a workbook, of whatever format, as text and what a reader must know about its cells."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from planner.district.files.grid import MOST_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterator

_EPOCHS = {False: dt.datetime(1899, 12, 30), True: dt.datetime(1904, 1, 1)}  # noqa: DTZ001 - a sheet's days have no zone
_LAST_DAY = 2_958_465
"""Number of 31 December 9999, the last day that Excel knows."""


@dataclass(kw_only=True)
class Sheet:
    """What a sheet holds. `rows` is read once; the other fields are full when it has been read to its end."""

    rows: Iterator[tuple[int, list[str]]]
    """(row, cells): rows that have cells, counted from 1, with their cells as text."""
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    """First row, first column, last row, last column of merged cells; rows from 1, columns from 0."""
    hidden_rows: list[int] = field(default_factory=list)
    """Hidden rows that have cells."""
    hidden_columns: list[int] = field(default_factory=list)
    without_value: list[tuple[int, int]] = field(default_factory=list)
    """(row, column) of formulas whose value the file does not keep."""


class Book(Protocol):
    """An open workbook."""

    def sheets(self) -> dict[str, bool]:
        """Return the names of the sheets that have cells, in order, and whether each is hidden."""
        ...

    def sheet(self, name: str) -> Sheet:
        """Return a sheet."""
        ...


@dataclass(frozen=True, kw_only=True)
class Workbook:
    """A workbook that is kept open from the listing of its sheets to their reading."""

    book: Book
    hidden: dict[str, bool]
    """Sheets that have cells, in order, and whether each is hidden."""
    digest: str
    """SHA-256 of the file."""


def as_row(cells: dict[int, str]) -> list[str]:
    """Return the cells of a row in order; those beyond the widest table count as one."""
    last = max(cells)
    row = [""] * (min(last, MOST_COLUMNS + 1) + 1)
    for column, text in cells.items():
        at = min(column, MOST_COLUMNS + 1)
        row[at] = row[at] or text
    return row


def number_text(number: float) -> str:
    """
    Return a number as a spreadsheet shows it in full: a whole one without a point, others to 15 digits.

    What lies beyond 15 digits is the rounding of binary arithmetic, as in 0.1 + 0.2.
    """
    if not math.isfinite(number):
        return str(number)
    rounded = float(f"{number:.15g}")
    return f"{rounded:.0f}" if rounded.is_integer() and abs(rounded) < 1e21 else repr(rounded)


def day_text(number: float, *, from_1904: bool) -> str:
    """Return the date, or date and time, that a spreadsheet keeps as a number of days; a number if there is none."""
    if not 1 <= number <= _LAST_DAY:
        return number_text(number)
    if not from_1904 and number < 60:
        number += 1
    moment = _EPOCHS[from_1904] + dt.timedelta(seconds=round(number * 86_400))
    return moment.date().isoformat() if number == int(number) else moment.isoformat(sep=" ")
