"""Damage done to a district as a workbook, as a GeoPackage and as shapefiles."""

from __future__ import annotations

import shutil
import sqlite3
import zipfile
from contextlib import closing
from typing import TYPE_CHECKING

import openpyxl

from tests.hostile.harm import NAMES, WRONG, Harm, spoil
from tests.hostile.sound import GEOPACKAGE, SHAPEFILES, SHEETS, WORKBOOK
from tests.hostile.texts import COUNTS

if TYPE_CHECKING:
    import random
    from pathlib import Path

    from openpyxl.worksheet.worksheet import Worksheet

_BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + k, b"&%c;" % (97 + k) * 10) for k in range(12))
    + b"]><worksheet><sheetData><row><c t='inlineStr'><is><t>&m;</t></is></c></row></sheetData></worksheet>"
)
"""A sheet of a few hundred bytes whose one cell is a trillion letters, to those who believe it."""


def _book_bytes(chance: random.Random, desk: Path) -> Harm:
    return Harm(what=spoil(chance, desk / WORKBOOK / SHEETS))


def _parts(chance: random.Random, desk: Path) -> Harm:
    """A part of the workbook's archive lost, cut, or replaced by what is no sheet."""
    file = desk / WORKBOOK / SHEETS
    with zipfile.ZipFile(file) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = chance.choice(sorted(parts))
    way = chance.choice(("lost", "cut", "bomb", "noise"))
    if way == "lost":
        del parts[name]
    else:
        parts[name] = {
            "cut": parts[name][: len(parts[name]) // 2],
            "bomb": _BOMB,
            "noise": chance.randbytes(300),
        }[way]
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, content in parts.items():
            archive.writestr(part, content)
    return Harm(what=f"{way} {name}", refused=way == "bomb" and name.startswith("xl/worksheets/"))


def _counted(chance: random.Random, book: openpyxl.Workbook) -> tuple[Worksheet, int, int]:
    """Return a sheet of counts, and row and column of one of them."""
    sheet = book[chance.choice(sorted(COUNTS))]
    heads = [cell.value for cell in sheet[1]]
    return sheet, chance.randrange(2, sheet.max_row + 1), heads.index(COUNTS[sheet.title]) + 1


def _cells(chance: random.Random, desk: Path) -> Harm:
    file = desk / WORKBOOK / SHEETS
    book = openpyxl.load_workbook(file)
    sheet, row, column = _counted(chance, book)
    value: object = chance.choice(
        (*WRONG, "#N/A", "=1+1", "=SUM(B2:B3)", -5, 12.7, 1e300, True, "2026-09-05")
    )
    sheet.cell(row, column).value = value
    book.save(file)
    return Harm(what=f"{value} in {sheet.title}", refused=True)


def _sheets(chance: random.Random, desk: Path) -> Harm:
    file = desk / WORKBOOK / SHEETS
    book = openpyxl.load_workbook(file)
    sheet, row, column = _counted(chance, book)
    way = chance.choice(
        ("merged heads", "merged figures", "two heads", "titles", "gone", "renamed", "again", "beside")
    )
    refused = way in {"merged heads", "merged figures"}
    if way == "merged heads":
        sheet.merge_cells(start_row=1, end_row=1, start_column=1, end_column=2)
    elif way == "merged figures":
        sheet.merge_cells(start_row=row, end_row=row + 1, start_column=column, end_column=column)
    elif way == "two heads":
        sheet.insert_rows(2)
        sheet.cell(2, column).value = "人"
        refused = True
    elif way == "titles":
        sheet.insert_rows(1, 2)
        sheet.cell(1, 1).value = "统计表"
    elif way == "gone":
        book.remove(sheet)
    elif way == "renamed":
        sheet.title = chance.choice(("Sheet1", "学校", "schools 2", "=1+1"))
    elif way == "again":
        book.copy_worksheet(sheet).title = sheet.title.upper() + " "
        refused = True
    else:
        sheet.cell(row, sheet.max_column + 2).value = 7
        refused = True
    book.save(file)
    return Harm(what=f"{way} {sheet.title}", refused=refused)


OF_WORKBOOKS = (_book_bytes, _parts, _cells, _sheets)


def _package_bytes(chance: random.Random, desk: Path) -> Harm:
    return Harm(what=spoil(chance, desk / GEOPACKAGE))


def _values(chance: random.Random, desk: Path) -> Harm:
    """A wrong figure in a layer: SQLite keeps text in a column of integers without a word."""
    table = chance.choice(sorted(COUNTS))
    value: object = chance.choice((*WRONG, -5, 12.7, 1e300, 10**15, b"\x00\x01"))
    with closing(sqlite3.connect(desk / GEOPACKAGE)) as package, package:
        rows = [row for (row,) in package.execute(f"SELECT rowid FROM {table}")]
        package.execute(
            f"UPDATE {table} SET {COUNTS[table]} = ? WHERE rowid = ?", (value, chance.choice(rows))
        )
    return Harm(what=f"{value!r} in {table}", refused=True)


def _layers(chance: random.Random, desk: Path) -> Harm:
    table = chance.choice(("schools", "blocks", "enrolment", "children", "catchments", "about"))
    way = chance.choice(("dropped", "unlisted", "no system", "shape", "renamed"))
    shaped = table in {"schools", "blocks"}
    with closing(sqlite3.connect(desk / GEOPACKAGE)) as package, package:
        for (trigger,) in package.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            package.execute(f'DROP TRIGGER "{trigger}"')
        if way == "dropped":
            package.execute(f"DROP TABLE {table}")
        elif way == "unlisted":
            package.execute("DELETE FROM gpkg_contents WHERE table_name = ?", (table,))
        elif way == "no system":
            package.execute("DELETE FROM gpkg_spatial_ref_sys")
        elif way == "renamed":
            name = chance.choice(NAMES[:10])
            package.execute("UPDATE gpkg_contents SET identifier = ? WHERE table_name = ?", (name, table))
        elif shaped:
            column = package.execute(
                "SELECT column_name FROM gpkg_geometry_columns WHERE table_name = ?", (table,)
            ).fetchone()[0]
            package.execute(f"UPDATE {table} SET {column} = ?", (chance.randbytes(chance.randint(0, 90)),))
    return Harm(what=f"{way} {table}", refused=way == "dropped" or (shaped and way == "shape"))


OF_GEOPACKAGES = (_package_bytes, _values, _layers)


def _shape_bytes(chance: random.Random, desk: Path) -> Harm:
    files = [
        file for file in sorted((desk / SHAPEFILES).iterdir()) if file.suffix not in {".csv", ".geojson"}
    ]
    return Harm(what=spoil(chance, chance.choice(files)))


def _shape_parts(chance: random.Random, desk: Path) -> Harm:
    """A part of a shapefile lost, or that of another layer."""
    layer = chance.choice(("schools", "blocks"))
    ending = chance.choice(("shp", "shx", "dbf", "prj", "cpg"))
    file = desk / SHAPEFILES / f"{layer}.{ending}"
    way = chance.choice(("lost", "another's"))
    if way == "lost":
        file.unlink()
    else:
        shutil.copyfile(desk / SHAPEFILES / f"{'blocks' if layer == 'schools' else 'schools'}.{ending}", file)
    return Harm(
        what=f"{way} {file.name}", refused=ending in {"shp", "dbf"} or (way == "lost" and ending == "prj")
    )


def _shape_figures(chance: random.Random, desk: Path) -> Harm:
    """The rooms of a school, 12, overwritten in the table of attributes, where every cell has its fixed width."""
    file = desk / SHAPEFILES / "schools.dbf"
    content = file.read_bytes()
    value = chance.choice((b"-3", b"ab", b"1.", b"x2", b"1-", b"\xff2", b"9e"))
    at = content.index(b" 12 ")
    file.write_bytes(content[:at] + b" " + value + b" " + content[at + 4 :])
    return Harm(what=f"{value!r} in {file.name}", refused=value != b"1.")


OF_SHAPEFILES = (_shape_bytes, _shape_parts, _shape_figures)
