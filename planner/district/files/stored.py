"""Cells of map files that are no figures though their column is one of figures: GDAL makes 0 of them, or cuts them off."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING
from urllib.parse import quote

from planner.district.files.model import fault
from planner.district.findings import few
from planner.district.heads import column_of
from planner.words import Text, read_dictionary

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from planner.district.files.model import Source
    from planner.district.findings import Finding

_INTEGERS = ("TINYINT", "SMALLINT", "MEDIUMINT", "INT", "INTEGER")
_FRACTIONS = ("FLOAT", "DOUBLE", "REAL")
"""Column types of figures in a GeoPackage (OGC 12-128, table 1)."""
_FIGURE = re.compile(rb"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_UNKNOWN = re.compile(rb"\**")
"""Blank or asterisks: what programs write into a .dbf file where a figure is missing."""
_LAYER_END = b"\r"


def _opened(path: Path) -> sqlite3.Connection:
    """Open a GeoPackage so that nothing is written, not even beside it."""
    package = sqlite3.connect(f"file:{quote(str(path.resolve()))}?mode=ro&immutable=1", uri=True)
    package.text_factory = lambda text: text.decode("utf-8", "replace")
    return package


def lost_layers(source: Source) -> list[Finding]:
    """Return the error of layers that a GeoPackage lists and does not hold: GDAL leaves them out."""
    try:
        with closing(_opened(source.path)) as package:
            lost = package.execute(
                "SELECT table_name FROM gpkg_contents WHERE lower(table_name) NOT IN"
                " (SELECT lower(name) FROM sqlite_master) ORDER BY table_name"
            ).fetchall()
    except sqlite3.Error:
        return []
    if not lost:
        return []
    return [
        fault(
            source,
            "D003",
            Text(
                "The file lists layers that it does not hold: {layers}.",
                layers=few([str(name) for (name,) in lost]),
            ),
            Text("Export it anew as GeoPackage; the file may be damaged."),
        )
    ]


def cells_of_package(source: Source, layer: str) -> list[Finding]:
    """
    Return the cells of a GeoPackage's layer that are no figures, or fractions, where its columns are of figures.

    SQLite keeps whatever it is given; GDAL reads text as 0 and 12.7 as 12.

    Raises
    ------
    sqlite3.Error
        When the file is no sound database.
    """
    findings = []
    with closing(_opened(source.path)) as package:
        for _, name, kind, *_ in package.execute(f"PRAGMA table_info({_quoted(layer)})").fetchall():
            sound = "'null', 'integer', 'real'" if kind.upper() in _FRACTIONS else "'null', 'integer'"
            if kind.upper() not in (*_INTEGERS, *_FRACTIONS) or not _is_column(source, name):
                continue
            column, table = _quoted(name), _quoted(layer)
            numbered = f"SELECT row_number() OVER () AS row, {column} AS cell FROM {table}"  # noqa: S608 - names are quoted
            wrong = package.execute(
                f"SELECT row, cell FROM ({numbered}) WHERE typeof(cell) NOT IN ({sound})"  # noqa: S608 - no text of the file
            ).fetchall()
            findings += _no_figures(source, name, [(row, str(cell)) for row, cell in wrong])
    return findings


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def cells_of_dbf(source: Source, dbf: bytes) -> list[Finding]:
    """Return the cells of a shapefile's .dbf that are no figures where its columns are of figures."""
    first, width = int.from_bytes(dbf[8:10], "little"), int.from_bytes(dbf[10:12], "little")
    if width < 1:
        return []
    rows = [dbf[start : start + width] for start in range(first, len(dbf) - width + 1, width)]
    rows = [row for row in rows[: int.from_bytes(dbf[4:8], "little")] if row[:1] != b"*"]
    findings = []
    for name, kind, start, end in _fields(dbf[32:first]):
        if kind not in {b"N", b"F"} or not _is_column(source, name):
            continue
        cells = [row[start:end].strip(b" \0") for row in rows]
        findings += _no_figures(
            source,
            name,
            [
                (number, cell.decode("ascii", "backslashreplace"))
                for number, cell in enumerate(cells, start=1)
                if not _FIGURE.fullmatch(cell) and not _UNKNOWN.fullmatch(cell)
            ],
        )
    return findings


def _fields(heads: bytes) -> Iterator[tuple[str, bytes, int, int]]:
    """Yield name, type, first and end byte in a row of each field of a .dbf file; the first byte marks deleted rows."""
    start = 1
    for at in range(0, len(heads) - 31, 32):
        if heads[at : at + 1] == _LAYER_END:
            return
        end = start + heads[at + 16]
        yield heads[at : at + 11].split(b"\0")[0].decode("latin-1"), heads[at + 11 : at + 12], start, end
        start = end


def _is_column(source: Source, name: str) -> bool:
    """Whether a name, which in a shapefile may be cut to ten bytes, is that of a column of the source's table."""
    table = read_dictionary()[source.table]
    cut = source.path.suffix.lower() == ".shp" and len(name) >= 10
    return (
        column_of(table, name) is not None
        or name in source.heads
        or (cut and any(column.column.startswith(name.lower()) for column in table.columns))
    )


def _no_figures(source: Source, column: str, cells: list[tuple[int, str]]) -> list[Finding]:
    if not cells:
        return []
    return [
        fault(
            source,
            "D010",
            Text(
                "Cells of column {column}, which is one of figures, hold something else: {cells}.",
                column=column,
                cells=few([f"“{text[:24]}”" for _, text in cells]),
            ),
            Text("Write plain figures, or leave the cell blank; the file may be damaged."),
            tuple(row for row, _ in cells),
        )
    ]
