"""A pile of files: every table that they may hold, which table each is, and their rows under the dictionary's names."""

from __future__ import annotations

from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

import pandas as pd
from pyogrio.errors import DataSourceError

from planner.district.files import FORMATS, Raw, Source, digest_of, load, with_places_of_columns
from planner.district.files.layers import layers_of
from planner.district.files.points import is_place
from planner.district.files.stored import lost_layers
from planner.district.files.workbook import WORKBOOKS, open_workbook
from planner.district.findings import Finding, TableName, few
from planner.district.heads import column_of, plain
from planner.district.importing.log import Line
from planner.district.importing.repairs import Repair
from planner.district.importing.rings import load_closing_rings
from planner.district.personal import is_personal, personal_kind
from planner.words import Text, read_dictionary

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from planner.district.importing.recipe import Recipe

_TEXTS = (".txt", ".tsv")

LEFT_OUT = ""
"""Table of a file that is to be left out."""


@dataclass(frozen=True, kw_only=True)
class Pile:
    """The tables of a pile, read and renamed, and what was found on the way."""

    raws: tuple[Raw, ...]
    unread: tuple[str, ...]
    """Tables that are there and cannot be read."""
    findings: tuple[Finding, ...]
    lines: tuple[Line, ...]
    repairs: tuple[Repair, ...] = ()


def gather(paths: Sequence[Path], recipe: Recipe) -> Pile:
    """
    Read the tables of files, folders, GeoPackages and workbooks.

    A table is found by the name of its file, layer or sheet (id or Chinese name), or as the recipe says. The
    same table may stand in several files.
    """
    columns = {table_named(table) or table: names for table, names in recipe.columns.items()}
    recipe = recipe.model_copy(update={"columns": columns})
    sources: list[tuple[str, Source]] = []
    findings: list[Finding] = []
    for path in paths:
        found, faults = _sources(path, recipe)
        sources += found
        findings += faults
    chosen, faults = _as_tables(sources, recipe)
    findings += faults
    raws: list[Raw] = []
    unread: list[str] = []
    lines: list[Line] = []
    heads: dict[str, list[str]] = {}
    digests: dict[Path, str] = {}
    repairs: list[Repair] = []
    for source in chosen:
        raw, digest, faults = load(source)
        if raw is None and recipe.fix and source.path.suffix.lower() == ".geojson":
            raw, closed, faults = _closed(source, faults)
            repairs += closed
        findings += faults
        if raw is None:
            unread.append(source.table)
            continue
        if source.path not in digests:
            digests[source.path] = digest or digest_of(source.path)
        heads.setdefault(source.table, []).extend(str(head).strip() for head in raw.frame.columns)
        raw, renamed, faults = _renamed(raw, recipe.columns.get(source.table, {}))
        findings += faults
        raws.append(raw)
        lines.append(
            Line(
                part="files",
                text=Text(
                    "{file}: {table}, {rows} rows, SHA-256 {digest}",
                    file=source.file,
                    table=TableName(source.table),
                    rows=len(raw.frame),
                    digest=digests[source.path],
                ),
            )
        )
        lines += renamed
        if raw.crs is not None:
            lines.append(
                Line(part="places", text=Text("{file}: stated as {crs}", file=raw.file, crs=raw.crs.name))
            )
    findings += _unknown_columns(recipe, heads)
    return Pile(
        raws=tuple(raws),
        unread=tuple(unread),
        findings=tuple(findings),
        lines=tuple(lines),
        repairs=tuple(repairs),
    )


def _closed(source: Source, faults: list[Finding]) -> tuple[Raw | None, list[Repair], list[Finding]]:
    """Return a table read with its rings closed and the repair, or nothing and the faults of the file as it is."""
    raw, found, count = load_closing_rings(source)
    if raw is None:
        return None, [], faults
    return raw, [Repair(kind="closed", table=source.table, ids=(source.file,), count=count)], found


def _fault(code: str, text: Text, advice: Text, *, file: str = "", table: str = "") -> Finding:
    return Finding(level="error", code=code, file=file, table=table, text=text, advice=advice)


def _may_be_table(file: Path, recipe: Recipe) -> bool:
    """Whether a file of a folder is one that reading knows; a text is where its name, or the recipe, says that it is a table."""
    ending = file.suffix.lower()
    named_so = table_named(file.stem) is not None or file.name in recipe.tables
    return ending in FORMATS or (ending in _TEXTS and named_so)


def _sources(path: Path, recipe: Recipe) -> tuple[list[tuple[str, Source]], list[Finding]]:
    """Return every table that a path may hold, by name."""
    if path.is_dir():
        files = [
            file
            for file in sorted(path.iterdir())
            if file.is_file() and _may_be_table(file, recipe) and not file.name.startswith((".", "~"))
        ]
        if not files:
            return [], [
                _fault(
                    "D001",
                    Text("The folder holds no table."),
                    Text("Name a folder, or files, that end in {formats}.", formats=", ".join(FORMATS)),
                    file=path.name,
                )
            ]
        found = [_sources(file, recipe) for file in files]
        return [item for items, _ in found for item in items], [
            fault for _, faults in found for fault in faults
        ]
    if not path.is_file():
        return [], [
            _fault(
                "D001",
                Text("There is no such folder or file."),
                Text("Name folders, GeoPackages, workbooks or single files."),
                file=str(path),
            )
        ]
    ending = path.suffix.lower()
    if ending in WORKBOOKS:
        return _sheets(path)
    return _layers(path) if ending == ".gpkg" else ([(path.stem, Source(table="", path=path))], [])


def _layers(path: Path) -> tuple[list[tuple[str, Source]], list[Finding]]:
    try:
        layers = layers_of(path)
    except (DataSourceError, OSError):
        return [(path.stem, Source(table="", path=path))], []
    parts = [(layer, Source(table="", path=path, layer=layer)) for layer in layers]
    return _named(path, parts), lost_layers(Source(table="", path=path))


def _sheets(path: Path) -> tuple[list[tuple[str, Source]], list[Finding]]:
    source = Source(table="", path=path)
    workbook, findings = open_workbook(source)
    if workbook is None:
        return [], findings
    sheets = [(name, replace(source, layer=name, workbook=workbook)) for name in workbook.hidden]
    return _named(path, sheets), []


def _named(path: Path, parts: list[tuple[str, Source]]) -> list[tuple[str, Source]]:
    """Return parts of a file by name; the only part goes by the file's name where its own is no table's."""
    if len(parts) == 1 and table_named(parts[0][0]) is None:
        return [(path.stem, parts[0][1])]
    return parts


def table_named(name: str) -> str | None:
    """Return the table whose id or Chinese name this is."""
    tables = read_dictionary()
    ids = {plain(known): table.table for table in tables.values() for known in (table.zh, table.table)}
    return ids.get(plain(name))


def _as_tables(sources: Sequence[tuple[str, Source]], recipe: Recipe) -> tuple[list[Source], list[Finding]]:
    """Return the sources that are tables, and what of the recipe's tables fits none."""
    tables = read_dictionary()
    stated: dict[str, str] = {}
    findings: list[Finding] = []
    names = {name: None for _, source in sources for name in (source.path.name, source.file)}
    for file, name in recipe.tables.items():
        table = LEFT_OUT if not name else table_named(name)
        if table is None:
            findings.append(
                _fault(
                    "I020",
                    Text("There is no table {table}.", table=name),
                    _perhaps(name, [*tables], Text("Tables are {names}.", names=", ".join(tables))),
                )
            )
        elif file not in names:
            findings.append(
                _fault(
                    "I021",
                    Text("The files have no {file}.", file=file),
                    _perhaps(file, [*names], Text("They are {names}.", names=few([*names], shown=12))),
                )
            )
        else:
            stated[file] = table
    chosen: list[Source] = []
    for name, source in sources:
        table = stated.get(source.file, stated.get(source.path.name, table_named(name)))
        if table is None:
            findings.append(
                Finding(
                    level="warning",
                    code="D005",
                    file=source.file,
                    text=Text("This is not a table of a district and is left out."),
                    advice=Text(
                        "Say which it is, as --table {file}=TABLE, where TABLE is one of {tables}.",
                        file=source.file,
                        tables=", ".join(tables),
                    ),
                )
            )
        elif table != LEFT_OUT:
            known = frozenset(recipe.columns.get(table, {}))
            chosen.append(replace(source, table=table, heads=known))
    order = list(tables)
    return sorted(chosen, key=lambda source: order.index(source.table)), findings


def _renamed(raw: Raw, names: dict[str, str]) -> tuple[Raw, list[Line], list[Finding]]:
    """Return a table with the columns that the recipe names under the dictionary's names."""
    heads = [str(head).strip() for head in raw.frame.columns]
    findings: list[Finding] = []
    lines: list[Line] = []
    said: set[int] = set()
    for theirs, ours in names.items():
        if theirs not in heads:
            continue
        kind = personal_kind(theirs, pd.Series([], dtype=object), table=raw.table, column=None)
        if kind is not None:
            findings.append(
                Finding(
                    level="error",
                    code="D016",
                    table=raw.table,
                    file=raw.file,
                    text=Text("A column to be renamed looks like {kind}.", kind=kind),
                    advice=Text(
                        "Take it out of the file: the planner takes counts, never persons. Nothing of it is kept or shown."
                    ),
                )
            )
            continue
        position = heads.index(theirs)
        said.add(position)
        heads = [head if at in said else _put_aside(head, ours, raw.table) for at, head in enumerate(heads)]
        heads[position] = ours
        lines.append(
            Line(
                part="columns",
                text=Text("{file}: {theirs} = {ours}", file=raw.file, theirs=theirs, ours=ours),
            )
        )
    if not lines:
        return raw, [], findings
    raw = replace(raw, frame=raw.frame.set_axis(heads, axis="columns"))
    if raw.geometry is None:
        raw, faults = with_places_of_columns(raw)
        findings += faults
    return raw, lines, findings


def _put_aside(head: str, ours: str, table: str) -> str:
    """Return another name for a column whose name is that of the dictionary's column which another one was said to be."""
    entry = read_dictionary()[table]
    found, wanted = column_of(entry, head), column_of(entry, ours)
    same = found is not None and wanted is not None and found[0] == wanted[0]
    return f"{head} in the file" if same or head == ours else head


def _unknown_columns(recipe: Recipe, heads: dict[str, list[str]]) -> Iterator[Finding]:
    """Yield what of the recipe's columns fits no column of the files, or none of the dictionary."""
    tables = read_dictionary()
    for name, columns in recipe.columns.items():
        if name not in tables:
            yield _fault(
                "I020",
                Text("There is no table {table}.", table=name),
                _perhaps(name, [*tables], Text("Tables are {names}.", names=", ".join(tables))),
            )
            continue
        if name not in heads:
            yield _fault(
                "I022",
                Text("No file is table {table}, of which columns are to be renamed.", table=TableName(name)),
                Text("Say which file it is, as --table FILE={table}.", table=name),
            )
            continue
        table = tables[name]
        known = [column.column for column in table.columns]
        shown = [head for head in dict.fromkeys(heads[name]) if head and not is_personal(head)]
        for theirs, ours in columns.items():
            if theirs not in heads[name]:
                yield _fault(
                    "I023",
                    Text("There is no column {column} in the files.", column=theirs),
                    Text(
                        "Such a column is read as a place. Say its system, as --crs {table}=CODE.", table=name
                    )
                    if table.geometry and is_place(theirs)
                    else _perhaps(
                        theirs, shown, Text("Columns are {names}.", names=few(shown, shown=12) or "-")
                    ),
                    table=name,
                )
            if column_of(table, ours) is None and not (table.geometry and is_place(ours)):
                yield _fault(
                    "I024",
                    Text("Table {table} has no column {column}.", table=TableName(name), column=ours),
                    _perhaps(ours, known, Text("Its columns are {names}.", names=", ".join(known))),
                    table=name,
                )


def _perhaps(name: str, known: Iterable[str], otherwise: Text) -> Text:
    """Return the names like one that is not known; all of them when none is."""
    close = get_close_matches(name, list(known), n=3, cutoff=0.5)
    return Text("Did you mean {names}?", names=", ".join(close)) if close else otherwise
