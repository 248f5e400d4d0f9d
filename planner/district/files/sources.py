"""Which file, or layer of a file, each table of a district is, and how it is opened."""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pyogrio.errors import DataSourceError

from planner.district.files.delimited import load_csv
from planner.district.files.layers import layers_of, load_map, unreadable_map
from planner.district.files.model import Source, fault
from planner.district.files.shapefile import parts_of
from planner.district.files.stored import lost_layers
from planner.district.files.tangles import without_tangles
from planner.district.files.workbook import WORKBOOKS, load_sheet, open_workbook
from planner.district.findings import TableName
from planner.words import Text, read_dictionary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.district.files.model import Raw
    from planner.district.findings import Finding

MAP_FORMATS = (".geojson", ".gpkg", ".shp")
"""Kinds of file that hold places, in a folder."""
FORMATS = (".csv", *WORKBOOKS, *MAP_FORMATS)
"""Kinds of file that are taken for tables."""
_TEXTS = (".txt", ".tsv")
"""Kinds of file that are tables where they have a table's name, and left alone otherwise."""
_UNREAD = (
    ".ods",
    ".et",
    ".xlsb",
    ".numbers",
    ".dbf",
    ".kml",
    ".kmz",
    ".tab",
    ".mif",
    ".json",
    ".gml",
    ".dwg",
    ".dxf",
)
"""Kinds of file that may hold a table and are not read: one of a table's name is worth a word."""
_LARGEST = 100_000_000
"""Bytes of the largest file that is read as text or workbook."""

_ADDRESSES = ("postgresql://", "postgres://")


def is_address(path: Path | str) -> bool:
    """Whether a district is the address of a database."""
    return isinstance(path, str) and path.lower().startswith(_ADDRESSES)


def find_sources(path: Path | str) -> tuple[list[Source], list[Finding]]:
    """
    Return the tables of a district's folder, GeoPackage, workbook or database, and what is wrong with their choice.

    A table is found by its id or its Chinese name. Files and layers of a format that the planner reads but of
    another name are left out with a warning; files of other formats (texts, notes) are left alone.
    """
    if isinstance(path, str) and is_address(path):
        from planner.district.files.database import find_database_sources

        tables, findings = find_database_sources(path)
        chosen, faults = _chosen(tables)
        return chosen, [*findings, *faults]
    path = Path(path)
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
    if path.suffix.lower() in WORKBOOKS:
        found, findings = _sheets(path)
        chosen, faults = _chosen(found)
        return chosen, [*findings, *faults]
    if path.suffix.lower() != ".gpkg":
        return [], [
            fault(
                place,
                "D001",
                Text("This is neither a folder, a GeoPackage nor an Excel workbook."),
                Text(
                    "Name the folder that holds the district's tables, or a file that ends in .gpkg or .xlsx."
                ),
            )
        ]
    try:
        layers = layers_of(path)
    except (DataSourceError, OSError):
        return [], [unreadable_map(place)]
    chosen, findings = _chosen([(layer, Source(table="", path=path, layer=layer)) for layer in layers])
    return chosen, [*lost_layers(place), *findings]


def _folder_sources(folder: Path) -> tuple[list[Source], list[Finding]]:
    found: list[tuple[str, Source]] = []
    findings: list[Finding] = []
    files = sorted(folder.iterdir())
    shapefiles = {file.stem for file in files if file.suffix.lower() == ".shp"}
    for file in files:
        ending = file.suffix.lower()
        if not file.is_file() or file.name.startswith((".", "~")):
            continue
        table = _table_of(file.stem)
        if ending in WORKBOOKS:
            sheets, faults = _sheets(file)
            if not sheets and table is not None:
                sheets, faults = [(file.stem, Source(table="", path=file))], []
            found += sheets
            findings += faults
        elif ending in FORMATS or (ending in _TEXTS and table is not None):
            found.append((file.stem, Source(table="", path=file)))
        elif ending in _UNREAD and table is not None and file.stem not in shapefiles:
            findings.append(
                replace(
                    fault(
                        Source(table=table, path=file),
                        "D005",
                        Text("Files that end in {ending} are not read; the file is left out.", ending=ending),
                        Text("Save it as one of {formats}, or take it away.", formats=", ".join(FORMATS)),
                    ),
                    level="warning",
                )
            )
    if found or findings:
        chosen, faults = _chosen(found)
        return chosen, [*findings, *faults]
    place = Source(table="", path=folder)
    return [], [
        fault(
            place,
            "D001",
            Text("The folder holds no table."),
            Text("Name a folder with schools.geojson, blocks.geojson and the other tables."),
        )
    ]


def _sheets(file: Path) -> tuple[list[tuple[str, Source]], list[Finding]]:
    """
    Return the sheets of a workbook by name, and why it cannot be read.

    Where no sheet has a table's name and only one holds anything, it goes by the name of the file.
    """
    table = _table_of(file.stem)
    source = Source(table=table or "", path=file)
    findings = _size_fault(source)
    workbook = None
    if not findings:
        try:
            workbook, findings = open_workbook(source)
        except OSError as reason:
            findings = [_closed(source, reason)]
    if workbook is None:
        return [], findings
    names = list(workbook.hidden)
    if not any(_table_of(name) for name in names) and (len(names) <= 1 or table is not None):
        layer = names[0] if len(names) == 1 else None
        return [(file.stem, replace(source, layer=layer, workbook=workbook))], []
    return [(name, replace(source, layer=name, workbook=workbook)) for name in names], []


def _table_of(name: str) -> str | None:
    """Return the table that a file, layer or sheet is by its name: the table's id, or its Chinese name."""
    tables = read_dictionary()
    ids = {**{table.zh: table.table for table in tables.values()}, **{name: name for name in tables}}
    plain = unicodedata.normalize("NFKC", name).strip()
    return ids.get(plain, ids.get(plain.lower()))


def _chosen(found: Sequence[tuple[str, Source]]) -> tuple[list[Source], list[Finding]]:
    """Return one source a table from the (name, source) pairs found."""
    tables = read_dictionary()
    sources: dict[str, Source] = {}
    findings: list[Finding] = []
    for name, source in found:
        table = _table_of(name)
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

    The digest of a GeoPackage layer is empty: the whole file has one, which the caller takes once. So is that of
    a table of a database.
    """
    raw, digest, findings = _loaded(source)
    if raw is None:
        return None, digest, findings
    raw, tangles = without_tangles(source, raw)
    return raw, digest, [*findings, *tangles]


def _loaded(source: Source) -> tuple[Raw | None, str, list[Finding]]:
    """Return what `load` does, whatever the shapes."""
    if source.address:
        from planner.district.files.database import load_database

        raw, findings = load_database(source)
        return raw, "", findings
    ending = source.path.suffix.lower()
    if source.layer is not None and ending not in WORKBOOKS:
        raw, findings = load_map(source)
        return raw, "", findings
    findings = _size_fault(source)
    if findings:
        return None, "", findings
    try:
        if ending in WORKBOOKS:
            digest = digest_of(source.path) if source.workbook is None else source.workbook.digest
            raw, findings = load_sheet(source)
        elif ending in MAP_FORMATS:
            digest = digest_of(source.path)
            raw, findings = load_map(source)
        else:
            content = source.path.read_bytes()
            digest = hashlib.sha256(content).hexdigest()
            raw, findings = load_csv(source, content)
    except OSError as reason:
        return None, "", [_closed(source, reason)]
    return raw, digest, findings


def _closed(source: Source, reason: OSError) -> Finding:
    return fault(
        source,
        "D003",
        Text("The file cannot be opened: {reason}.", reason=reason.strerror or reason),
        Text("See that the file is there and may be read."),
    )


def _size_fault(source: Source) -> list[Finding]:
    """Return the error of a file that holds nothing, or is too large to be read as text or workbook."""
    try:
        size = source.path.stat().st_size
        if size < 1000 and not source.path.read_bytes().strip():
            return [
                fault(
                    source,
                    "D003",
                    Text("The file is empty."),
                    Text("Put in at least the line of column names, or delete the file."),
                )
            ]
    except OSError as reason:
        return [_closed(source, reason)]
    if size > _LARGEST and source.path.suffix.lower() not in MAP_FORMATS:
        return [
            fault(
                source,
                "D003",
                Text(
                    "The file has {size} MB; no table of a district needs more than {most}.",
                    size=size // 1_000_000,
                    most=_LARGEST // 1_000_000,
                ),
                Text("Give the table alone, with the years that are needed."),
            )
        ]
    return []


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file; of a shapefile, that of its files one after the other."""
    files = parts_of(path).values() if path.suffix.lower() == ".shp" else (path,)
    digest = hashlib.sha256()
    for part in files:
        with part.open("rb") as file:
            while block := file.read(1_000_000):
                digest.update(block)
    return digest.hexdigest()
