"""A sound district with rows in every table, and its editions: text files, workbook, GeoPackage, shapefiles."""

from __future__ import annotations

import csv
import shutil
from typing import TYPE_CHECKING

import geopandas as gpd
import openpyxl

from planner.district import new_district, read_district, write_district

if TYPE_CHECKING:
    from pathlib import Path

TEXTS, WORKBOOK, GEOPACKAGE, SHAPEFILES = "facts", "book", "pack.gpkg", "shapes"
"""What each edition is called on a desk."""
EDITIONS = (TEXTS, WORKBOOK, GEOPACKAGE, SHAPEFILES)
SHEETS = "district.xlsx"
"""The workbook of the edition of that name; its blocks are a map layer."""
KEEP = """
summary = "Keep all as it is"
district = "{edition}"
until = 2027
draws = 4
seed = 3
"""

_MORE = {
    "attendance": [
        "B1,001,1,2026,local,38",
        "B1,other,1,2026,,1",
        "B2,001,1,2026,,43",
        "B3,002,1,2026,,40",
        "B4,002,1,2026,migrant,41",
    ],
    "class_bands": ["002,2026,1,36-40,1", "002,2026,1,41-45,1"],
    "classes": ["001,2026,1,1,41", "001,2026,1,2,40"],
    "drivers": ["permits,,residence_permit,,B1,2027,,6,11,4,2,8,,0.6,yes,migrant,made up"],
    "events": ["001,,2020,rezoning,,first map", ",B1,2020,rezoning,,"],
    "feeders": ["001,002,2020,1"],
    "forecasts": ["2024,2025,001,1,80", "2024,2026,001,1,84.5", "2025,2026,002,1,79"],
    "residents": ["B1,1,2026,,39", "B2,1,2026,,43", "B3,1,2026,,40", "B4,1,2026,,41"],
    "rules": ["class_size,start,primary,class,limit,entrants,45,,,,2020-09-01,,not above 45,made up"],
    "travel": [
        "B1,001,900,12",
        "B1,002,1500,20",
        "B2,001,800,11",
        "B2,002,1600,21",
        "B3,002,700,9",
        "B4,002,800,11",
    ],
    "yields": ["flats,0.04,made up"],
}
"""Rows of the tables that a new district leaves empty."""


def make_sound(place: Path) -> None:
    """Write every edition of the district, and a scenario for each, into a folder."""
    texts = place / TEXTS
    new_district(texts)
    (texts / "README.md").unlink()
    for table, rows in _MORE.items():
        with (texts / f"{table}.csv").open("a", encoding="utf-8", newline="\n") as file:
            file.writelines(f"{row}\n" for row in rows)
    write_district(read_district(texts), place / GEOPACKAGE)
    _write_book(texts, place / WORKBOOK)
    _write_shapes(texts, place / SHAPEFILES)


def _write_book(texts: Path, folder: Path) -> None:
    """One sheet a table; schools and projects have their places in columns, blocks stay a map layer."""
    folder.mkdir()
    shutil.copyfile(texts / "blocks.geojson", folder / "blocks.geojson")
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for file in sorted(texts.glob("*.csv")):
        sheet = book.create_sheet(file.stem)
        for number, row in enumerate(cells_of(file)):
            for column, cell in enumerate(row, start=1):
                sheet.cell(number + 1, column, _as_number(cell) if number else cell)
    for table in ("schools", "projects"):
        layer = gpd.read_file(texts / f"{table}.geojson")
        sheet = book.create_sheet(table)
        heads = [name for name in layer.columns if name != "geometry"]
        sheet.append([*heads, "lon", "lat"])
        for row in layer.itertuples():
            sheet.append([*(getattr(row, name) for name in heads), row.geometry.x, row.geometry.y])
    book.save(folder / SHEETS)


def _as_number(cell: str) -> str | int | None:
    """Return a cell as people type it: figures as numbers, ids with a leading nought as text."""
    return int(cell) if cell.isdecimal() and not (cell[0] == "0" and len(cell) > 1) else cell or None


def _write_shapes(texts: Path, folder: Path) -> None:
    """Schools and blocks as shapefiles in GB18030, everything else as it is."""
    shutil.copytree(texts, folder)
    for table in ("schools", "blocks"):
        layer = gpd.read_file(folder / f"{table}.geojson")
        (folder / f"{table}.geojson").unlink()
        layer = layer.rename(columns={name: name[:10] for name in layer.columns if name != "geometry"})
        layer.to_file(folder / f"{table}.shp", encoding="gb18030")


def cells_of(file: Path) -> list[list[str]]:
    """Return the cells of a CSV file."""
    with file.open(encoding="utf-8-sig", newline="") as text:
        return list(csv.reader(text))
