"""From rows of cells to a table: the line of column names found, blank lines and cells past the end left out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING

import pandas as pd

from planner.district.bands import TABLE as BANDS
from planner.district.bands import band_of
from planner.district.files.model import Raw, fault
from planner.district.files.points import is_place, with_places_of_columns
from planner.district.findings import few
from planner.district.heads import column_of
from planner.words import Text, read_dictionary

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from planner.district.files.model import Source
    from planner.district.findings import Finding

MOST_COLUMNS = 300
"""A table has at most this many columns; the dictionary's have 17."""
_MOST_CELLS = 20_000_000
_TITLES = 10
"""Lines above the column names that may be titles."""

ERRORS = frozenset({"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#SPILL!", "#CALC!"})
"""What spreadsheets write into cells that they cannot work out."""


@dataclass(frozen=True, kw_only=True)
class Grid:
    """A table, and where it stands in its file."""

    raw: Raw
    header: int
    """Row of the column names."""
    width: int
    """Number of columns."""


def known_heads(source: Source, cells: Iterable[str]) -> int:
    """Return how many cells name columns of the source's table, places or, for class bands, bands."""
    table = read_dictionary()[source.table]
    return sum(
        column_of(table, cell) is not None
        or cell.strip() in source.heads
        or (bool(table.geometry) and is_place(cell))
        or (table.table == BANDS and band_of(cell) is not None)
        for cell in cells
        if cell
    )


def cell_name(row: int, column: int) -> str:
    """Return the name of a cell in a spreadsheet, as B4; rows count from 1, columns from 0."""
    return f"{column_letters(column)}{row}"


def column_letters(column: int) -> str:
    """Return the letters of a column of a spreadsheet, counted from 0."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _is_blank(cells: Sequence[str]) -> bool:
    return not any(cell and not cell.isspace() for cell in cells)


def _below_titles(
    source: Source, rows: Iterator[tuple[int, Sequence[str]]]
) -> tuple[tuple[int, Sequence[str]] | None, Iterator[tuple[int, Sequence[str]]], list[int]]:
    """
    Return the line of column names, the rows after it, and the lines of titles above it.

    Titles are lines of one filled cell each, above a line that names at least two columns of the table.
    """
    first: list[tuple[int, Sequence[str]]] = []
    for number, cells in rows:
        if _is_blank(cells):
            continue
        heads = known_heads(source, cells)
        if heads and not first:
            return (number, cells), rows, []
        if heads >= 2:
            return (number, cells), rows, [above for above, _ in first]
        first.append((number, cells))
        if sum(bool(cell and not cell.isspace()) for cell in cells) > 1 or len(first) > _TITLES:
            break
    if not first:
        return None, rows, []
    return first[0], chain(first[1:], rows), []


def unreadable(source: Source, text: Text, advice: Text, rows: tuple[int, ...] = ()) -> Finding:
    """Return the error of a file whose cells are no table."""
    return fault(source, "D003", text, advice, rows)


def how_to_lay_out() -> Text:
    """Return how a table is laid out."""
    return Text("Put the column names in the first line, one table a file or sheet, and nothing beside it.")


def grid_of(
    source: Source,
    rows: Iterable[tuple[int, Sequence[str]]],
    *,
    decimal_comma: bool = False,
    blanks_kept: bool = True,
) -> tuple[Grid | None, list[Finding]]:
    """
    Return the table that rows of cells hold, None when they hold none, and what is wrong.

    Parameters
    ----------
    source
        Where they stand.
    rows
        Number and cells of each row; read once, and only as far as needed.
    decimal_comma
        See `Raw`.
    blanks_kept
        Whether rows have their blank cells at the end, so that a shorter one is a fault. Sheets do not.
    """
    header, rest, titles = _below_titles(source, iter(rows))
    if header is None:
        return None, [unreadable(source, Text("The first line names no column."), how_to_lay_out())]
    head = [cell.strip() for cell in header[1]]
    while head and not head[-1]:
        head.pop()
    width = len(head)
    if width > MOST_COLUMNS:
        return None, [
            unreadable(
                source,
                Text(
                    "The first line names {width} columns; no table has more than {most}.",
                    width=width,
                    most=MOST_COLUMNS,
                ),
                how_to_lay_out(),
            )
        ]
    cells: list[Sequence[str]] = []
    numbers: list[int] = []
    ragged: list[int] = []
    most = _MOST_CELLS // width
    for number, line in rest:
        if not (line and line[0].strip()) and _is_blank(line):
            continue
        beyond = len(line) - width
        if (beyond < 0 and blanks_kept) or (beyond > 0 and not _is_blank(line[width:])):
            ragged.append(number)
            continue
        if len(cells) >= most:
            return None, [
                unreadable(
                    source,
                    Text("The table has more than {most} rows.", most=most),
                    Text("Give the years that are needed only."),
                )
            ]
        cells.append(line if beyond == 0 else [*line[:width], *[""] * -beyond])
        numbers.append(number)
    spoilt = _spoilt(cells, numbers)
    findings = []
    if titles:
        findings.append(
            replace(
                fault(
                    source,
                    "D100",
                    Text("Titles above the line of column names were left out."),
                    Text("Nothing is to be done."),
                    tuple(titles),
                ),
                level="note",
            )
        )
    if ragged:
        findings.append(
            unreadable(
                source,
                Text("Rows have more or fewer cells than there are column names ({width}).", width=width),
                how_to_lay_out(),
                tuple(ragged),
            )
        )
    if spoilt:
        findings.append(error_cells(source, spoilt))
    frame = pd.DataFrame(cells, columns=head, index=pd.Index(numbers, dtype="int64"), dtype="object")
    raw, more = with_places_of_columns(
        Raw(table=source.table, frame=frame, file=source.file, decimal_comma=decimal_comma)
    )
    return Grid(raw=raw, header=header[0], width=width), [*findings, *more]


def _spoilt(cells: list[Sequence[str]], numbers: list[int]) -> list[str]:
    """Return the cells that hold an error of a spreadsheet, named with it, and make them blank."""
    if ERRORS.isdisjoint(chain.from_iterable(cells)):
        return []
    found = []
    for at, (number, line) in enumerate(zip(numbers, cells, strict=True)):
        wrong = {column: cell for column, cell in enumerate(line) if cell in ERRORS}
        found += [f"{cell_name(number, column)} ({cell})" for column, cell in wrong.items()]
        cells[at] = ["" if column in wrong else cell for column, cell in enumerate(line)]
    return found


def error_cells(source: Source, cells: Sequence[str]) -> Finding:
    """Return the error of cells, named with what they say, that a spreadsheet could not work out."""
    return fault(
        source,
        "D102",
        Text("Cells that a spreadsheet could not work out: {cells}.", cells=few(cells)),
        Text(
            "Mend their formulas, or write the figures in; leave a cell blank where the figure is not known."
        ),
    )
