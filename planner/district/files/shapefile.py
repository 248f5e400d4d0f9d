"""Shapefiles: the files that belong together, the encoding of their text, and column names cut to ten bytes."""

from __future__ import annotations

import codecs
import re
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio

from planner.district.files.model import fault
from planner.district.files.stored import cells_of_dbf
from planner.district.findings import Finding, few
from planner.district.heads import column_of
from planner.district.projection import parse_crs
from planner.words import Text, read_dictionary

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pyproj import CRS

    from planner.district.files.model import Source
    from planner.words import Table

PARTS = (".shp", ".dbf", ".shx", ".prj", ".cpg")
"""Files of a shapefile that are read: shapes, rows, positions of the shapes, coordinate system, encoding."""

_NAME_BYTES = 10
"""Longest name of a column in a .dbf file."""

_BYTES = "ISO-8859-1"
"""Encoding in which every byte is one character: text read in it is the file's bytes, whatever they mean."""

_CHINESE = "gb18030"
"""GB 2312 and GBK are parts of it."""

_LANGUAGES = {
    0x01: "cp437",
    0x02: "cp850",
    0x03: "cp1252",
    0x13: "cp932",
    0x4D: _CHINESE,
    0x4E: "cp949",
    0x4F: "cp950",
    0x64: "cp852",
    0x65: "cp866",
    0x78: "cp950",
    0x79: "cp949",
    0x7A: _CHINESE,
    0x7B: "cp932",
    0xC8: "cp1250",
    0xC9: "cp1251",
}
"""Encodings by the language byte of a .dbf file. 0x57, the encoding of whatever machine wrote it, says nothing."""


def parts_of(path: Path) -> dict[str, Path]:
    """Return the files of the shapefile that a .shp file belongs to, by ending, in the order of `PARTS`."""
    found = {
        file.suffix.lower(): file
        for file in sorted(path.parent.iterdir())
        if file.stem == path.stem and file.suffix.lower() in PARTS and file.is_file()
    }
    found[".shp"] = path
    return {ending: found[ending] for ending in PARTS if ending in found}


@dataclass(frozen=True, kw_only=True)
class _Stated:
    """The encoding that a shapefile states."""

    codec: str
    reason: Text
    """What says so."""


def read_shapefile(source: Source) -> tuple[pd.DataFrame | None, list[Finding]]:
    """
    Return the rows and shapes of a shapefile, its text decoded and its column names whole, and what is to be said.

    None, with the reason, where there is no .dbf. Without a .shx the positions are found anew from the .shp, in a
    copy: nothing is written beside the files read.

    Raises
    ------
    What pyogrio raises where the files cannot be read.
    """
    parts = parts_of(source.path)
    if ".dbf" not in parts:
        return None, [
            fault(
                source,
                "D003",
                Text("The file {file} is missing, which holds the rows.", file=f"{source.path.stem}.dbf"),
                Text("Copy all files of the shapefile: .shp, .shx, .dbf, .prj and .cpg."),
            )
        ]
    findings = []
    strange = ".prj" in parts and not _fits({parts[".prj"].read_bytes(): False}, "utf-8")
    if ".shx" in parts and not strange:
        table = _opened(source.path)
    else:
        with _copied(
            {ending: part for ending, part in parts.items() if ending != ".prj" or not strange}
        ) as path:
            table = _opened(path)
    if strange and isinstance(table, gpd.GeoDataFrame):
        table.crs = _system(parts[".prj"])
    if ".shx" not in parts:
        findings = [
            _notice(
                source,
                "D018",
                Text(
                    "The file {file} is missing; it was made anew from the shapes.",
                    file=f"{source.path.stem}.shx",
                ),
                Text("Copy all files of the shapefile: .shp, .shx, .dbf, .prj and .cpg."),
            )
        ]
    dbf = parts[".dbf"].read_bytes()
    widths = _text_widths(dbf)
    encoding, faults = _encoding(source, parts.get(".cpg"), dbf, _written(table, widths))
    findings += faults
    if encoding is None:
        return None, findings
    findings += _decode_cells(source, table, encoding, widths)
    findings += cells_of_dbf(source, dbf)
    names, faults = _whole_names(source, [str(name) for name in table.columns], encoding)
    table = table.set_axis(names, axis=1)
    return table, [*findings, *faults]


def _opened(path: Path) -> pd.DataFrame:
    return pyogrio.read_dataframe(path, encoding=_BYTES, datetime_as_string=True)


@contextmanager
def _copied(parts: dict[str, Path]) -> Iterator[Path]:
    """Give the path of a copy of a shapefile in which GDAL may make the .shx file."""
    before = pyogrio.get_gdal_config_option("SHAPE_RESTORE_SHX")
    with tempfile.TemporaryDirectory() as folder:
        for ending, file in parts.items():
            shutil.copyfile(file, Path(folder) / f"copy{ending}")
        pyogrio.set_gdal_config_options({"SHAPE_RESTORE_SHX": "YES"})
        try:
            yield Path(folder) / "copy.shp"
        finally:
            pyogrio.set_gdal_config_options({"SHAPE_RESTORE_SHX": before})


def _system(prj: Path) -> CRS | None:
    """Return the system of a .prj file whose names are in GBK, which GDAL does not read; None when it is none."""
    text = _decoded(prj.read_bytes(), _CHINESE, may_be_cut=False)
    return None if text is None else parse_crs(text)


def _notice(source: Source, code: str, text: Text, advice: Text, rows: Sequence[int] = ()) -> Finding:
    return replace(fault(source, code, text, advice, tuple(rows)), level="note")


def _text_columns(table: pd.DataFrame) -> list[int]:
    return [
        position
        for position, dtype in enumerate(table.dtypes)
        if pd.api.types.is_object_dtype(dtype) or pd.api.types.is_string_dtype(dtype)
    ]


def _written(table: pd.DataFrame, widths: dict[str, int]) -> dict[bytes, bool]:
    """Return the distinct texts of names and cells, and whether each fills its width, so that it may be cut."""
    written = {str(name).encode(_BYTES): len(str(name)) >= _NAME_BYTES for name in table.columns}
    for position in _text_columns(table):
        width = widths.get(str(table.columns[position]), 0)
        for cell in table.iloc[:, position].unique():
            if isinstance(cell, str):
                text = cell.encode(_BYTES)
                written[text] = written.get(text, True) and len(text) >= width
    return written


def _text_widths(dbf: bytes) -> dict[str, int]:
    """Return the width of every column of text, by its name as bytes. [bytes]."""
    widths = {}
    for start in range(32, int.from_bytes(dbf[8:10], "little") - 1, 32):
        field = dbf[start : start + 32]
        if len(field) == 32 and field[11:12] == b"C":
            widths[field[:11].split(b"\0")[0].decode(_BYTES)] = field[16]
    return widths


def _codec(named: str) -> str | None:
    """Return the codec that a .cpg file names, as UTF-8, GBK, 936, ANSI 1252 or OEM 936; None when it names none."""
    text = re.sub(r"^(ansi|oem|cp|ldid/?)\s*", "", named.strip().strip("\ufeff").lower())
    text = {"65001": "utf-8", "936": _CHINESE, "54936": _CHINESE, "88591": "iso-8859-1"}.get(text, text)
    for name in (f"cp{text}" if text.isdecimal() else text, text):
        try:
            "".encode(name)  # refuses hex, zlib and the like, which are codecs and none of text
            found = codecs.lookup(name).name
        except (LookupError, ValueError):
            continue
        return _CHINESE if found in {"gb2312", "gbk", "cp936", "gb18030"} else found
    return None


def _encoding(
    source: Source, cpg: Path | None, dbf: bytes, texts: dict[bytes, bool]
) -> tuple[str | None, list[Finding]]:
    """Return the codec of a shapefile's text: as its .cpg says, else its .dbf; else the one that fits."""
    stated = None
    if cpg is not None:
        named = cpg.read_bytes().decode(_BYTES).strip()
        codec = _codec(named)
        if codec is None:
            shown = named[:24]
            return None, [
                fault(
                    source,
                    "D017",
                    Text("{file} names no encoding: “{name}”.", file=cpg.name, name=shown),
                    Text("Write UTF-8 or GBK into it, whichever the rows are written in."),
                )
            ]
        stated = _Stated(codec=codec, reason=Text("{file} says so", file=cpg.name))
    elif language := _LANGUAGES.get(int.from_bytes(dbf[29:30])):
        stated = _Stated(codec=language, reason=Text("the .dbf file says so"))
    if all(text.isascii() for text in texts):
        return "ascii", []
    if stated is not None:
        return (stated.codec, []) if _fits(texts, stated.codec) else (None, [_misread(source, stated)])
    for codec in ("utf-8", _CHINESE):
        if _fits(texts, codec):
            return codec, [
                _notice(
                    source,
                    "D017",
                    Text(
                        "Neither a .cpg file nor the .dbf says how the text is encoded; it was read as {encoding}, which fits.",
                        encoding=codec.upper(),
                    ),
                    Text(
                        "See that the names are right; a file {file} with the word {encoding} in it settles it.",
                        file=f"{source.path.stem}.cpg",
                        encoding=codec.upper(),
                    ),
                )
            ]
    return None, [_misread(source, None)]


def _misread(source: Source, stated: _Stated | None) -> Finding:
    advice = Text("Write the right encoding, as UTF-8 or GBK, into {file}.", file=f"{source.path.stem}.cpg")
    if stated is None:
        return fault(source, "D017", Text("The text is neither in UTF-8 nor in GB18030 (GBK)."), advice)
    return fault(
        source,
        "D017",
        Text(
            "The text is not in {encoding}, though {reason}.",
            encoding=stated.codec.upper(),
            reason=stated.reason,
        ),
        advice,
    )


def _fits(texts: dict[bytes, bool], codec: str) -> bool:
    return all(_decoded(text, codec, may_be_cut=full) is not None for text, full in texts.items())


def _decoded(text: bytes, codec: str, *, may_be_cut: bool = True) -> str | None:
    """Return text, without a last character that was cut in two; None where it is not in the encoding."""
    decoder = codecs.getincrementaldecoder(codec)()
    try:
        return decoder.decode(text, final=not may_be_cut)
    except UnicodeError:
        return None


def _decode_cells(source: Source, table: pd.DataFrame, codec: str, widths: dict[str, int]) -> list[Finding]:
    """Decode the cells in place, and tell of those cut off where their column ends."""
    findings = []
    for position in _text_columns(table):
        name = str(table.columns[position])
        cells = table.iloc[:, position]
        known = {
            cell: _decoded(cell.encode(_BYTES), codec) for cell in cells.unique() if isinstance(cell, str)
        }
        cut = [
            cell for cell, text in known.items() if text is None or text.encode(codec) != cell.encode(_BYTES)
        ]
        cut = [cell for cell in cut if len(cell) == widths.get(name, len(cell))]
        at = np.flatnonzero(cells.isin(cut))
        if len(at):
            findings.append(
                replace(
                    fault(
                        source,
                        "D018",
                        Text(
                            "Texts of column {column} are cut in the middle of a character: the column has {width} bytes.",
                            column=_decoded(name.encode(_BYTES), codec) or name,
                            width=widths.get(name, 0),
                        ),
                        Text("Export the layer anew with wider columns, or as GeoPackage."),
                        tuple(int(row) + 1 for row in at),
                    ),
                    level="warning",
                )
            )
        decoded: Any = [known[cell] if isinstance(cell, str) else cell for cell in cells]
        table.isetitem(position, pd.Series(decoded, index=table.index, dtype=object))
    return findings


def _whole_names(source: Source, names: list[str], codec: str) -> tuple[list[str], list[Finding]]:
    """Return the column names, those cut to ten bytes made whole, and what is to be said of them."""
    table = read_dictionary()[source.table]
    whole, made, findings = [], [], []
    for name in names:
        written = name.encode(_BYTES)
        head = _decoded(written, codec) or name
        meant = [] if column_of(table, head) is not None else _meant(table, head, codec)
        ids = list(dict.fromkeys(column for column, _ in meant))
        if len(ids) > 1:
            listed = ", ".join(ids)
            findings.append(
                fault(
                    source,
                    "D018",
                    Text(
                        "Column {column} is a name cut to ten bytes, of which several may be meant: {columns}.",
                        column=head,
                        columns=listed,
                    ),
                    Text("Give the layer as GeoPackage or GeoJSON, which keep whole names."),
                )
            )
        if len(ids) == 1:
            made.append(f"{head} > {meant[0][1]}")
            head = ids[0]
        whole.append(head)
    if made:
        findings.append(
            _notice(
                source,
                "D018",
                Text("Column names cut to ten bytes were made whole: {columns}.", columns=few(made)),
                Text("See that these are the columns meant."),
            )
        )
    return whole, findings


def _meant(table: Table, head: str, codec: str) -> list[tuple[str, str]]:
    """Return the columns, with the name meant, of which a head is what ten bytes leave."""
    found = []
    for column in table.columns:
        for name in (column.column, column.zh):
            rest = name[len(head) :]
            cut = bool(head and rest) and name.lower().startswith(head.lower())
            if cut and len(f"{head}{rest[0]}".encode(codec, "replace")) > _NAME_BYTES:
                found.append((column.column, name))
    return found
