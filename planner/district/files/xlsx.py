"""
Workbooks of Excel's format since 2007 (ECMA-376), read as the facts of a district need them.

Cells that could not be worked out, formulas without a kept value, merged cells and hidden rows must not pass unseen,
and Chinese date formats (numbers 27 to 36 and 50 to 58) are dates. Rows are read one at a time.
"""

from __future__ import annotations

import io
import posixpath
import re
import struct
import zipfile
import zlib
from functools import cached_property, lru_cache
from typing import IO, TYPE_CHECKING
from xml.etree import ElementTree as ET

from planner.district.files.grid import MOST_COLUMNS
from planner.district.files.sheet import Sheet, as_row, day_text, number_text

if TYPE_CHECKING:
    from collections.abc import Iterator

DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    ET.ParseError,
    LookupError,
    ValueError,
    ArithmeticError,
    EOFError,
    OSError,
    RuntimeError,
)
"""What reading a damaged workbook raises; RuntimeError is that of an encrypted archive."""

_LARGEST_PART = 300_000_000
"""Bytes that a part of a workbook may unpack to."""

_PACKED = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
"""Ways of packing that the format allows; damage of others raises errors of other kinds."""

_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_STRICT_RELATION = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"
_TRUE = frozenset({"1", "true"})
_DATE_FORMATS = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
"""Numbers of the built-in formats that show dates or times, the Chinese ones among them."""
_NOT_SHOWN = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')
"""Parts of a number format that are literal text, space, fill, colours and conditions."""
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


class TooLargeError(ValueError):
    """A part of a workbook unpacks to more than any district needs."""


def _root(stream: IO[bytes]) -> ET.Element:
    """Return a small part as a tree. Expat itself ends entities that grow beyond measure, since its version 2.4.1."""
    return ET.parse(stream).getroot()  # noqa: S314 - see above; entities of other files are never opened


def _elements(stream: IO[bytes]) -> Iterator[ET.Element]:
    """Return the elements of a part as each ends."""
    return (element for _, element in ET.iterparse(stream))  # noqa: S314 - see `_root`


@lru_cache(maxsize=1000)
def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _text_of(element: ET.Element) -> str:
    """Return the text of a string item: its runs, without the phonetic hints beside them."""
    runs = [
        part.text or ""
        for child in element
        if _local(child.tag) in {"t", "r"}
        for part in ([child] if _local(child.tag) == "t" else child)
        if _local(part.tag) == "t"
    ]
    return _ESCAPED.sub(_character, "".join(runs))


def _character(found: re.Match[str]) -> str:
    """Return the character of an escape as ``_x000D_``; NUL and halves of pairs stay as they are written."""
    code = int(found[1], 16)
    return found[0] if code == 0 or 0xD800 <= code <= 0xDFFF else chr(code)


@lru_cache(maxsize=20_000)
def _column(letters: str) -> int:
    """Return the number of a column, from 0, by its letters."""
    if not re.fullmatch(r"[A-Z]{1,3}", letters):
        raise ValueError(letters)
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _place(reference: str) -> tuple[int, int]:
    """Return row, from 1, and column, from 0, of a reference as B4."""
    letters = reference.rstrip("0123456789")
    return int(reference[len(letters) :]), _column(letters)


class Xlsx:
    """An open workbook."""

    def __init__(self, content: bytes) -> None:
        self._archive = zipfile.ZipFile(io.BytesIO(content))
        self._names = {name.lower(): name for name in reversed(self._archive.namelist())}
        self._workbook = self._main_part()
        root = _root(self._open(self._workbook))
        properties = next((child for child in root if _local(child.tag) == "workbookPr"), None)
        self._from_1904 = properties is not None and properties.get("date1904") in _TRUE
        targets = self._relations(self._workbook)
        self._parts: dict[str, str] = {}
        self._hidden: dict[str, bool] = {}
        for entry in root.iter():
            if _local(entry.tag) != "sheet":
                continue
            kind, target = targets[entry.get(_RELATION) or entry.get(_STRICT_RELATION) or ""]
            if kind == "worksheet":
                self._parts[entry.attrib["name"]] = target
                self._hidden[entry.attrib["name"]] = entry.get("state", "visible") != "visible"

    def _open(self, part: str) -> IO[bytes]:
        entry = self._archive.getinfo(self._names[part.lower()])
        if entry.file_size > _LARGEST_PART:
            raise TooLargeError(part)
        if entry.compress_type not in _PACKED:
            raise zipfile.BadZipFile(part)
        return self._archive.open(entry)

    def _relations(self, part: str) -> dict[str, tuple[str, str]]:
        """Return kind and part of each relation of a part, by id."""
        folder, name = posixpath.split(part)
        root = _root(self._open(posixpath.join(folder, "_rels", f"{name}.rels")))
        return {
            entry.attrib["Id"]: (
                entry.attrib["Type"].rpartition("/")[2],
                posixpath.normpath(posixpath.join("/", folder, entry.attrib["Target"])).lstrip("/"),
            )
            for entry in root
            if entry.get("TargetMode") != "External"
        }

    def _main_part(self) -> str:
        parts = [part for kind, part in self._relations("").values() if kind == "officeDocument"]
        return parts[0]  # without one it is no workbook: IndexError is of `DAMAGE`

    def _related(self, kind: str) -> str | None:
        """Return the part of a kind that the workbook shares among its sheets, None when it has none."""
        parts = [part for found, part in self._relations(self._workbook).values() if found == kind]
        return parts[0] if parts and parts[0].lower() in self._names else None

    @cached_property
    def _strings(self) -> list[str]:
        part = self._related("sharedStrings")
        strings: list[str] = []
        if part is not None:
            for element in _elements(self._open(part)):
                if _local(element.tag) == "si":
                    strings.append(_text_of(element))
                    element.clear()
        return strings

    def _string(self, number: int) -> str:
        if number < 0:
            raise IndexError(number)
        return self._strings[number]

    @cached_property
    def _dated(self) -> list[bool]:
        """[style]: whether cells of that style show a date or a time."""
        part = self._related("styles")
        if part is None:
            return []
        root = _root(self._open(part))
        codes = {
            int(entry.attrib["numFmtId"]): entry.get("formatCode", "")
            for entry in root.iter()
            if _local(entry.tag) == "numFmt"
        }
        styles = next((child for child in root if _local(child.tag) == "cellXfs"), ())
        dated = []
        for style in styles:
            number = int(style.get("numFmtId", "0"))
            shown = _NOT_SHOWN.sub("", codes[number]).lower() if number in codes else ""
            dated.append(
                any(letter in shown for letter in "ymdhs") and "general" not in shown
                if number in codes
                else number in _DATE_FORMATS
            )
        return dated

    def sheets(self) -> dict[str, bool]:
        """Return the names of the sheets that have cells, in order, and whether each is hidden."""
        return {name: self._hidden[name] for name in self._parts if next(self.sheet(name).rows, None)}

    def sheet(self, name: str) -> Sheet:
        """Return a sheet."""
        sheet = Sheet(rows=iter(()))
        sheet.rows = self._rows(self._parts[name], sheet)
        return sheet

    def _rows(self, part: str, sheet: Sheet) -> Iterator[tuple[int, list[str]]]:
        number = 0
        with self._open(part) as stream:
            for element in _elements(stream):
                kind = _local(element.tag)
                if kind == "row":
                    number = int(element.get("r", number + 1))
                    cells = self._cells(element, number, sheet)
                    if cells:
                        if element.get("hidden") in _TRUE:
                            sheet.hidden_rows.append(number)
                        yield number, as_row(cells)
                    element.clear()
                elif kind == "col" and element.get("hidden") in _TRUE:
                    first, last = int(element.attrib["min"]), int(element.attrib["max"])
                    sheet.hidden_columns.extend(range(first - 1, min(last, MOST_COLUMNS)))
                elif kind == "mergeCell":
                    start, _, end = element.attrib["ref"].partition(":")
                    sheet.merged.append((*_place(start), *_place(end or start)))

    def _cells(self, row: ET.Element, number: int, sheet: Sheet) -> dict[int, str]:
        """Return the cells of a row that are not blank, by column."""
        cells: dict[int, str] = {}
        column = -1
        for cell in row:
            reference = cell.get("r")
            column = column + 1 if reference is None else _column(reference.rstrip("0123456789"))
            kind = cell.get("t", "n")
            value: str | None = None
            formula = False
            text = ""
            for part in cell:
                name = _local(part.tag)
                if name == "v":
                    value = part.text
                elif name == "f":
                    formula = True
                elif name == "is":
                    text = _text_of(part)
            if kind == "inlineStr" or not value:
                # An inline text stands in the cell itself, whatever else the cell has.
                if formula and kind not in {"str", "inlineStr"}:
                    sheet.without_value.append((number, column))
            elif kind == "s":
                text = self._string(int(value))
            elif kind == "b":
                text = "TRUE" if value == "1" else "FALSE"
            elif kind == "n":
                figure = float(value)
                style = int(cell.get("s", "0"))
                dated = 0 <= style < len(self._dated) and self._dated[style]
                text = day_text(figure, from_1904=self._from_1904) if dated else number_text(figure)
            else:
                text = _ESCAPED.sub(_character, value) if kind == "str" else value
            if text:
                cells[column] = text
        return cells
