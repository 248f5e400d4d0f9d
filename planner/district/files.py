"""The files of a district: which table each one is, and its rows as written."""

from __future__ import annotations

import csv
import hashlib
import io
import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError
from pyproj import CRS

from planner.district.findings import Finding, TableName
from planner.district.values import as_text, floats
from planner.words import Text, read_dictionary

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

MAP_FORMATS = (".geojson", ".gpkg")
"""Kinds of file that hold places, in a folder."""
FORMATS = (".csv", *MAP_FORMATS)

LONGITUDE = ("lon", "longitude", "经度")
LATITUDE = ("lat", "latitude", "纬度")


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where a table is kept."""

    table: str
    path: Path
    layer: str | None = None
    """Layer of a GeoPackage."""

    @property
    def file(self) -> str:
        """Name for messages."""
        return self.path.name if self.layer is None else f"{self.path.name}:{self.layer}"


@dataclass(frozen=True, kw_only=True)
class Raw:
    """A table as its file has it."""

    table: str
    frame: pd.DataFrame
    """Columns in file order, under the heads of the file, which may repeat; the index counts the rows."""
    geometry: NDArray[np.object_] | None = None
    """One shape a row, None where missing; None for a file without places."""
    crs: CRS | None = None
    """Coordinate reference system of the shapes; None: not stated."""
    file: str = ""


def fault(source: Source, code: str, text: Text, advice: Text, rows: tuple[int, ...] = ()) -> Finding:
    """Return an error about a whole file."""
    return Finding(
        level="error", code=code, table=source.table, file=source.file, rows=rows, text=text, advice=advice
    )


def find_sources(path: Path) -> tuple[list[Source], list[Finding]]:
    """
    Return the tables of a district's folder or GeoPackage, and what is wrong with their choice.

    A table is found by its id or its Chinese name. Files and layers of a format that the planner reads but of
    another name are left out with a warning; files of other formats (texts, notes) are left alone.
    """
    if path.is_dir():
        return _folder_sources(path)
    place = Source(table="", path=path)
    if not path.exists():
        return [], [
            fault(
                place,
                "D001",
                Text("There is no such folder or file."),
                Text("Name a district's folder or its GeoPackage; the command new makes an empty one."),
            )
        ]
    if path.suffix.lower() != ".gpkg":
        return [], [
            fault(
                place,
                "D001",
                Text("This is neither a folder nor a GeoPackage."),
                Text("Name the folder that holds the district's tables, or a file that ends in .gpkg."),
            )
        ]
    try:
        layers = [str(layer) for layer, _ in pyogrio.list_layers(path)]
    except (DataSourceError, OSError):
        return [], [_unreadable_map(place)]
    return _chosen([(layer, Source(table="", path=path, layer=layer)) for layer in layers])


def _folder_sources(folder: Path) -> tuple[list[Source], list[Finding]]:
    found = [
        (file.stem, Source(table="", path=file))
        for file in sorted(folder.iterdir())
        if file.is_file() and file.suffix.lower() in FORMATS and not file.name.startswith((".", "~"))
    ]
    if found:
        return _chosen(found)
    place = Source(table="", path=folder)
    return [], [
        fault(
            place,
            "D001",
            Text("The folder holds no table."),
            Text("Name a folder with schools.geojson, blocks.geojson and the other tables."),
        )
    ]


def _chosen(found: Sequence[tuple[str, Source]]) -> tuple[list[Source], list[Finding]]:
    """Return one source a table from the (name, source) pairs found."""
    tables = read_dictionary()
    ids = {**{table.zh: name for name, table in tables.items()}, **{name: name for name in tables}}
    sources: dict[str, Source] = {}
    findings: list[Finding] = []
    for name, source in found:
        table = ids.get(name.strip(), ids.get(name.strip().lower()))
        if table is None:
            findings.append(
                replace(
                    fault(
                        source,
                        "D005",
                        Text("This is not a table of a district and is left out."),
                        Text("Name it after a table ({tables}), or take it away.", tables=", ".join(tables)),
                    ),
                    level="warning",
                )
            )
        elif table in sources:
            findings.append(
                fault(
                    replace(source, table=table),
                    "D004",
                    Text(
                        "Table {table} is also in {other}.", table=TableName(table), other=sources[table].file
                    ),
                    Text("Keep one of them."),
                )
            )
        else:
            sources[table] = replace(source, table=table)
    return [sources[table] for table in tables if table in sources], findings


def load(source: Source) -> tuple[Raw | None, str, list[Finding]]:
    """
    Return a table's rows as its file has them, the SHA-256 of the file, and what makes it unreadable.

    The digest of a GeoPackage layer is empty: the whole file has one, which the caller takes once.
    """
    try:
        content = source.path.read_bytes() if source.layer is None else b""
    except OSError as reason:
        return (
            None,
            "",
            [
                fault(
                    source,
                    "D003",
                    Text("The file cannot be opened: {reason}.", reason=reason.strerror or reason),
                    Text("See that the file is there and may be read."),
                )
            ],
        )
    digest = hashlib.sha256(content).hexdigest() if source.layer is None else ""
    if source.layer is None and not content.strip():
        return (
            None,
            digest,
            [
                fault(
                    source,
                    "D003",
                    Text("The file is empty."),
                    Text("Put in at least the line of column names, or delete the file."),
                )
            ],
        )
    if source.path.suffix.lower() == ".csv":
        raw, findings = _load_csv(source, content)
    else:
        raw, findings = _load_map(source)
    return raw, digest, findings


def _unreadable_csv(source: Source, text: Text, rows: tuple[int, ...] = ()) -> Finding:
    return fault(
        source,
        "D003",
        text,
        Text("Save the table as CSV in UTF-8, separated by commas, with the column names in the first line."),
        rows,
    )


def _load_csv(source: Source, content: bytes) -> tuple[Raw | None, list[Finding]]:
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


def with_places_of_columns(raw: Raw) -> tuple[Raw, list[Finding]]:
    """Return a table of points whose places come from columns lon and lat, where it has them."""
    heads = [str(head).lower() for head in raw.frame.columns]
    lon = next((heads.index(name) for name in LONGITUDE if name in heads), None)
    lat = next((heads.index(name) for name in LATITUDE if name in heads), None)
    if lon is None or lat is None:
        return raw, []
    written = [pd.Series(raw.frame.iloc[:, position]) for position in (lon, lat)]
    x, y = floats(written[0]), floats(written[1])
    blank = (as_text(written[0]).isna() & as_text(written[1]).isna()).to_numpy(bool)
    known = np.isfinite(x) & np.isfinite(y)
    shapes = np.full(len(raw.frame), None, dtype=object)
    shapes[known] = shapely.points(x[known], y[known])
    bad = ~blank & ~known
    frame = raw.frame.iloc[:, [at for at in range(len(heads)) if at not in (lon, lat)]]
    findings = []
    if bad.any():
        findings.append(
            Finding(
                level="error",
                code="D010",
                table=raw.table,
                file=raw.file,
                rows=tuple(int(row) for row in raw.frame.index[bad]),
                text=Text("Longitude or latitude is no number."),
                advice=Text("Write both in decimal degrees, as 117.563 and 34.562."),
            )
        )
    return replace(raw, frame=frame, geometry=shapes, crs=CRS.from_epsg(4326)), findings


def _unreadable_map(source: Source) -> Finding:
    return fault(
        source,
        "D003",
        Text("This cannot be read as a map layer or table."),
        Text("Export it anew as GeoJSON or GeoPackage; the file may be damaged or cut off."),
    )


def _load_map(source: Source) -> tuple[Raw | None, list[Finding]]:
    layer = source.layer
    try:
        if layer is None and source.path.suffix.lower() == ".gpkg":
            names = [str(name) for name, _ in pyogrio.list_layers(source.path)]
            layer = source.table if source.table in names else (names[0] if len(names) == 1 else None)
            if layer is None:
                return None, [
                    fault(
                        source,
                        "D003",
                        Text("The file holds several layers: {layers}.", layers=", ".join(names)),
                        Text("Name one of them {table}.", table=source.table),
                    )
                ]
        with warnings.catch_warnings():
            # GDAL warns of oddities that do not hinder reading; what does is raised, or found by the checks.
            warnings.simplefilter("ignore")
            table = pyogrio.read_dataframe(source.path, layer=layer, datetime_as_string=True)
    except (DataSourceError, DataLayerError, OSError, UnicodeDecodeError, shapely.errors.GEOSException):
        return None, [_unreadable_map(source)]
    if not isinstance(table, gpd.GeoDataFrame):
        frame = table.set_axis(np.arange(1, len(table) + 1))
        raw = Raw(table=source.table, frame=frame, file=source.file)
        if read_dictionary()[source.table].geometry == "point":
            return with_places_of_columns(raw)
        return raw, []
    shapes = shapely.force_2d(table.geometry.to_numpy())
    frame = pd.DataFrame(table.drop(columns=table.geometry.name)).set_axis(np.arange(1, len(table) + 1))
    crs = None if table.crs is None else CRS.from_user_input(table.crs)
    return Raw(table=source.table, frame=frame, geometry=shapes, crs=crs, file=source.file), []


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
