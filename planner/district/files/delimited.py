"""Tables as delimited text."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pandas as pd

from planner.district.files.model import Raw, fault
from planner.district.files.points import with_places_of_columns
from planner.words import Text, read_dictionary

if TYPE_CHECKING:
    from planner.district.files.model import Source
    from planner.district.findings import Finding


def _unreadable_csv(source: Source, text: Text, rows: tuple[int, ...] = ()) -> Finding:
    return fault(
        source,
        "D003",
        text,
        Text("Save the table as CSV in UTF-8, separated by commas, with the column names in the first line."),
        rows,
    )


def load_csv(source: Source, content: bytes) -> tuple[Raw | None, list[Finding]]:
    """Return the rows of a file of delimited text, None when it cannot be read, and what is wrong."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as reason:
        line = content[: reason.start].count(b"\n") + 1
        return None, [
            _unreadable_csv(source, Text("This is no text in UTF-8 (first seen in line {line}).", line=line))
        ]
    if "\0" in text:
        return None, [_unreadable_csv(source, Text("This is no text."))]
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error:
        return None, [
            _unreadable_csv(
                source, Text("The quotation marks of a cell are not closed, or text follows them.")
            )
        ]
    head = [cell.strip() for cell in lines[0]]
    while head and not head[-1]:
        head.pop()
    if not head:
        return None, [_unreadable_csv(source, Text("The first line names no column."))]
    if len(head) == 1 and any(mark in head[0] for mark in ";\t|"):
        return None, [_unreadable_csv(source, Text("The columns are not separated by commas."))]
    width = len(head)
    cells: list[list[str]] = []
    numbers: list[int] = []
    ragged: list[int] = []
    for number, line in enumerate(lines[1:], start=2):
        if not any(cell and not cell.isspace() for cell in line):
            continue
        if len(line) < width or any(cell.strip() for cell in line[width:]):
            ragged.append(number)
            continue
        cells.append(line[:width])
        numbers.append(number)
    findings = []
    if ragged:
        findings.append(
            _unreadable_csv(
                source,
                Text("Rows have more or fewer cells than there are column names ({width}).", width=width),
                tuple(ragged),
            )
        )
    frame = pd.DataFrame(cells, columns=head, index=pd.Index(numbers, dtype="int64"), dtype="object")
    raw = Raw(table=source.table, frame=frame, file=source.file)
    if read_dictionary()[source.table].geometry == "point":
        raw, more = with_places_of_columns(raw)
        findings += more
    return raw, findings
