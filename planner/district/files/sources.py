"""Which file, or layer of a file, each table of a district is, and how it is opened."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

import pyogrio
from pyogrio.errors import DataSourceError

from planner.district.files.delimited import load_csv
from planner.district.files.layers import load_map, unreadable_map
from planner.district.files.model import Source, fault
from planner.district.findings import TableName
from planner.words import Text, read_dictionary

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from planner.district.files.model import Raw
    from planner.district.findings import Finding

MAP_FORMATS = (".geojson", ".gpkg")
"""Kinds of file that hold places, in a folder."""
FORMATS = (".csv", *MAP_FORMATS)


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
        return [], [unreadable_map(place)]
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
        raw, findings = load_csv(source, content)
    else:
        raw, findings = load_map(source)
    return raw, digest, findings


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
