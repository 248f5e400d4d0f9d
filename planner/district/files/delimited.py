"""Tables as delimited text."""

from __future__ import annotations

import csv
import io
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from planner.district.files.encoding import decoded, without_invisible
from planner.district.files.grid import grid_of, known_heads, unreadable
from planner.district.files.model import fault
from planner.district.formulas import as_meant
from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.district.files.model import Raw, Source
    from planner.district.findings import Finding

_SEPARATORS = {
    ",": Text("commas"),
    ";": Text("semicolons"),
    "\t": Text("tabs"),
    "，": Text("full-width commas"),
}
_FIRST_LINES = 12
"""Lines in which column names are looked for, as a title may stand above them."""
_LONGEST = 20_000_000
"""Characters of a line, or of a cell: room for the polygon of a large district."""


def _advice() -> Text:
    return Text(
        "Save the table as CSV in UTF-8, separated by commas, with the column names in the first line."
    )


@contextmanager
def _long_cells() -> Iterator[None]:
    """Let cells be as long as polygons are."""
    before = csv.field_size_limit(_LONGEST)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _first_rows(text: str, separator: str) -> Iterator[list[str]]:
    """Return the cells of the first lines; what is no row any more ends them."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        for _ in range(_FIRST_LINES):
            yield next(reader)
    except (StopIteration, csv.Error):
        return


def _separator(source: Source, text: str) -> str:
    """Return the separator under which a line has most names of columns; of equal ones the first known."""
    start = text[:100_000]

    def names(separator: str) -> int:
        return max((known_heads(source, row) for row in _first_rows(start, separator)), default=0)

    return max(_SEPARATORS, key=names)


def _has_long_line(text: str) -> bool:
    start = 0
    while len(text) - start > _LONGEST:
        end = text.rfind("\n", start, start + _LONGEST)
        if end < 0:
            return True
        start = end + 1
    return False


def _other_kind(content: bytes) -> Text | None:
    """Return what a file is that is no delimited text, as far as its first bytes tell."""
    if content.startswith(b"PK\x03\x04"):
        return Text("This is an Excel workbook (or an archive), though its name ends as that of a text.")
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        return Text("This is an old Excel workbook (.xls), though its name ends as that of a text.")
    if (
        content[:500]
        .lstrip(b"\xef\xbb\xbf \r\n\t")
        .lower()
        .startswith((b"<!doctype", b"<html", b"<table", b"<?xml"))
    ):
        return Text("This is a web page, though its name ends as that of a table.")
    return None


def load_csv(source: Source, content: bytes) -> tuple[Raw | None, list[Finding]]:
    """
    Return the rows of a file of delimited text, None when it cannot be read, and what is wrong.

    UTF-8, GB18030 and UTF-16; commas, semicolons or tabs. A first line ``sep=;``, as Excel knows it, is left out.
    """
    other = _other_kind(content)
    if other is not None:
        return None, [
            unreadable(
                source, other, Text("Rename it as what it is (.xlsx or .xls), or save it anew as CSV.")
            )
        ]

    def known(text: str) -> bool:
        rows = _first_rows(text[:100_000], _separator(source, text))
        return any(known_heads(source, [cell for cell in row if not cell.isascii()]) for row in rows)

    found = decoded(content, known=known)
    if isinstance(found, Text):
        return None, [unreadable(source, found, _advice())]
    text, encoding = found
    if "\0" in text:
        return None, [unreadable(source, Text("This is no text."), _advice())]
    if _has_long_line(text):
        return None, [
            unreadable(source, Text("A line is longer than {most} characters.", most=_LONGEST), _advice())
        ]
    text = without_invisible(text)
    skipped = 0
    if text[:4].lower() == "sep=" and text[4:5] in _SEPARATORS and text[5:6] in {"\r", "\n"}:
        separator = text[4]
        skipped = 1
    else:
        separator = _separator(source, text)
    with _long_cells():
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
        lines = ([as_meant(cell) for cell in line] for line in reader) if "'" in text else reader
        rows = enumerate(lines, start=1)
        if skipped:
            next(rows)
        try:
            grid, findings = grid_of(source, rows, decimal_comma=separator == ";")
        except csv.Error:
            return None, [
                unreadable(
                    source,
                    Text("The quotation marks of a cell are not closed, or text follows them."),
                    _advice(),
                )
            ]
    if grid is None:
        return None, findings
    if grid.width == 1 and any(mark in str(grid.raw.frame.columns[0]) for mark in ";\t|，"):
        return None, [unreadable(source, Text("The columns are not separated by commas."), _advice())]
    if (encoding, separator) != ("UTF-8", ","):
        findings.append(
            replace(
                fault(
                    source,
                    "D100",
                    Text(
                        "Read as text in {encoding}, separated by {separator}.",
                        encoding=encoding,
                        separator=_SEPARATORS[separator],
                    ),
                    Text("Nothing is to be done if the names are right."),
                ),
                level="note",
            )
        )
    return grid.raw, findings
