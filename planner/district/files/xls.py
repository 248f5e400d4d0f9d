"""Workbooks of Excel's format before 2007 (.xls)."""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING

import xlrd
from xlrd.biffh import XLRDError
from xlrd.compdoc import CompDocError

from planner.district.files.sheet import Sheet, as_row, day_text, number_text

if TYPE_CHECKING:
    from collections.abc import Iterator

DAMAGE = (
    XLRDError,
    CompDocError,
    struct.error,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    AssertionError,
    ArithmeticError,
    EOFError,
    OSError,
)
"""What xlrd raises for a damaged workbook."""


class Xls:
    """An open workbook."""

    def __init__(self, content: bytes) -> None:
        self._book = xlrd.open_workbook(file_contents=content, formatting_info=True, logfile=io.StringIO())

    def sheets(self) -> dict[str, bool]:
        """Return the names of the sheets that have cells, in order, and whether each is hidden."""
        return {
            sheet.name: bool(sheet.visibility)
            for sheet in self._book.sheets()
            if next(self._rows(sheet, Sheet(rows=iter(()))), None)
        }

    def sheet(self, name: str) -> Sheet:
        """Return a sheet."""
        found = self._book.sheet_by_name(name)
        sheet = Sheet(
            rows=iter(()),
            merged=[(first + 1, left, last, right - 1) for first, last, left, right in found.merged_cells],
            hidden_columns=[column for column, info in found.colinfo_map.items() if info.hidden],
        )
        sheet.rows = self._rows(found, sheet)
        return sheet

    def _rows(self, found: xlrd.sheet.Sheet, sheet: Sheet) -> Iterator[tuple[int, list[str]]]:
        for row in range(found.nrows):
            cells = {
                column: text
                for column, (kind, value) in enumerate(
                    zip(found.row_types(row), found.row_values(row), strict=True)
                )
                if (text := self._text(kind, value))
            }
            if cells:
                info = found.rowinfo_map.get(row)
                if info is not None and info.hidden:
                    sheet.hidden_rows.append(row + 1)
                yield row + 1, as_row(cells)

    def _text(self, kind: int, value: object) -> str:
        if kind == xlrd.XL_CELL_TEXT:
            return str(value)
        if kind == xlrd.XL_CELL_NUMBER:
            return number_text(float(str(value)))
        if kind == xlrd.XL_CELL_DATE:
            return day_text(float(str(value)), from_1904=bool(self._book.datemode))
        if kind == xlrd.XL_CELL_BOOLEAN:
            return "TRUE" if value else "FALSE"
        if kind == xlrd.XL_CELL_ERROR:
            return xlrd.error_text_from_code.get(int(str(value)), "#N/A")
        return ""
