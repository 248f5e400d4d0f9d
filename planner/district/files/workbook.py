"""Tables as sheets of Excel workbooks."""

from __future__ import annotations

import hashlib
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING

from planner.district.files import xls, xlsx
from planner.district.files.encoding import without_invisible
from planner.district.files.grid import cell_name, column_letters, error_cells, grid_of
from planner.district.files.model import fault
from planner.district.files.sheet import Workbook
from planner.district.findings import Finding, few
from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.district.files.grid import Grid
    from planner.district.files.model import Raw, Source
    from planner.district.files.sheet import Book, Sheet

WORKBOOKS = (".xlsx", ".xlsm", ".xls")
_DAMAGE = (*xlsx.DAMAGE, *xls.DAMAGE)
_ZIP, _COMPOUND = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


def open_workbook(source: Source) -> tuple[Workbook | None, list[Finding]]:
    """Return a workbook, None when it cannot be read, and why."""
    content = source.path.read_bytes()
    old = source.path.suffix.lower() == ".xls"
    other = _other_kind(content, old=old)
    if other is not None:
        return None, [_unreadable(source, *other)]
    try:
        book: Book = xls.Xls(content) if old else xlsx.Xlsx(content)
        sheets = book.sheets()
    except xlsx.TooLargeError:
        return None, [_too_large(source)]
    except _DAMAGE as reason:
        return None, [_unreadable(source, *_encrypted()) if "encrypted" in str(reason) else _damaged(source)]
    return Workbook(book=book, hidden=sheets, digest=hashlib.sha256(content).hexdigest()), []


def _other_kind(content: bytes, *, old: bool) -> tuple[Text, Text] | None:
    """Return what a file is whose first bytes are not those of its format, and what to do."""
    if content.startswith(_COMPOUND if old else _ZIP):
        return None
    if content.startswith(_COMPOUND):
        if _ENCRYPTED in content:
            return _encrypted()
        return (
            Text("This is an old Excel workbook, though its name does not end in .xls."),
            Text("Rename it to end in .xls, or save it anew as .xlsx."),
        )
    if content.startswith(_ZIP):
        return (
            Text("This is a workbook of the new format, though its name ends in .xls."),
            Text("Rename it to end in .xlsx."),
        )
    if content[:500].lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<"):
        return (
            Text("This is a web page or XML, though its name ends as that of a workbook."),
            Text("Open it in Excel and save it as .xlsx."),
        )
    return (
        Text("This is no Excel workbook, though its name ends as that of one; perhaps it is text."),
        Text("Rename it to end in .csv if it opens as text, or save it anew as .xlsx."),
    )


def _encrypted() -> tuple[Text, Text]:
    return (
        Text("The workbook is protected by a password."),
        Text("Open it and save it without a password."),
    )


def _unreadable(source: Source, text: Text, advice: Text) -> Finding:
    return fault(source, "D003", text, advice)


def _damaged(source: Source) -> Finding:
    return _unreadable(
        source,
        Text("This cannot be read as an Excel workbook."),
        Text("Open it in Excel and save it anew as .xlsx; the file may be damaged or cut off."),
    )


def _too_large(source: Source) -> Finding:
    return _unreadable(
        source,
        Text("The workbook unpacks to more than a table of a district can be."),
        Text("Save the table alone in a new workbook, or as CSV."),
    )


def load_sheet(source: Source) -> tuple[Raw | None, list[Finding]]:
    """
    Return the rows of a sheet, None when it cannot be read, and what is wrong.

    Numbers, dates and truth values are text as a spreadsheet shows them in full. Formulas count with the value that
    the file keeps. Hidden sheets, rows and columns are read like others, which a note says.
    """
    workbook, name = source.workbook, source.layer
    if workbook is None:
        workbook, findings = open_workbook(source)
        if workbook is None:
            return None, findings
    if name is None or name not in workbook.hidden:
        return None, [
            _unreadable(
                source,
                Text("The workbook holds several sheets: {sheets}.", sheets=few(list(workbook.hidden)))
                if workbook.hidden
                else Text("The workbook holds nothing."),
                Text("Name one of them {table}.", table=source.table),
            )
        ]
    try:
        sheet = workbook.book.sheet(name)
        rows = _sound(sheet.rows)
        grid, findings = grid_of(source, rows, blanks_kept=False)
        # What is left is read too: a fault further down belongs to the table's.
        deque(rows, maxlen=0)
    except xlsx.TooLargeError:
        return None, [_too_large(source)]
    except _DamagedError:
        return None, [_damaged(source)]
    if grid is None:
        return None, findings
    findings += _of_cells(source, sheet, grid) + _hidden(source, sheet, grid, hidden=workbook.hidden[name])
    return grid.raw, findings


class _DamagedError(Exception):
    """A sheet ends before its end."""


def _sound(rows: Iterator[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
    """Return rows without characters that have no width; what a damaged sheet raises becomes one exception."""
    try:
        for number, cells in rows:
            yield number, [without_invisible(cell) for cell in cells]
    except xlsx.TooLargeError:
        raise
    except _DAMAGE as reason:
        raise _DamagedError from reason


def _of_cells(source: Source, sheet: Sheet, grid: Grid) -> list[Finding]:
    """Return merged cells, but for those of titles above the column names, and formulas without a value."""
    findings = []
    merged = [
        f"{cell_name(top, left)}:{cell_name(bottom, right)}"
        for top, left, bottom, right in sorted(sheet.merged)
        if bottom >= grid.header
    ]
    if merged:
        findings.append(
            fault(
                source,
                "D101",
                Text("Merged cells {cells} in sheet {sheet}.", cells=few(merged), sheet=source.layer),
                Text(
                    "Unmerge them, and write in every cell what it holds: one name a column, one figure a cell."
                ),
            )
        )
    blank = [
        cell_name(row, column)
        for row, column in sheet.without_value
        if row >= grid.header and column < grid.width
    ]
    if blank:
        findings.append(
            replace(
                error_cells(source, blank),
                text=Text("Formulas whose value the file does not keep: {cells}.", cells=few(blank)),
                advice=Text("Open the workbook in Excel, let it calculate, and save it."),
            )
        )
    return findings


def _hidden(source: Source, sheet: Sheet, grid: Grid, *, hidden: bool) -> list[Finding]:
    rows = tuple(row for row in sheet.hidden_rows if row > grid.header)
    columns = [column_letters(column) for column in sorted(sheet.hidden_columns) if column < grid.width]
    said = [
        *([(Text("The sheet is hidden."), ())] if hidden else []),
        *([(Text("Hidden columns: {columns}.", columns=few(columns)), ())] if columns else []),
        *([(Text("Hidden rows."), rows)] if rows else []),
    ]
    return [
        replace(
            fault(
                source,
                "D103",
                text,
                Text("They were read like all others; delete what does not belong to the table."),
                at,
            ),
            level="note",
        )
        for text, at in said
    ]
