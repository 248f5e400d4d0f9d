"""Workbooks written by hand, to be read."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import xlsxwriter
import xlwt

from tests.district import square

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


def rows_of(table: pd.DataFrame) -> list[list[object]]:
    """Return a table with its column names as rows; points become columns x and y, other shapes WKT."""
    plain = pd.DataFrame(table)
    if isinstance(table, gpd.GeoDataFrame):
        plain = plain.drop(columns="geometry")
        if set(table.geom_type) == {"Point"}:
            plain = plain.assign(x=table.geometry.x, y=table.geometry.y)
        else:
            plain = plain.assign(wkt=table.geometry.to_wkt())
    return [list(plain.columns), *plain.astype(object).where(plain.notna(), None).to_numpy().tolist()]


def the_square(**changed: list[list[object]]) -> dict[str, list[list[object]]]:
    """Return the rows of every table of the square district, some of them changed."""
    return {**{name: rows_of(table) for name, table in square.tables().items()}, **changed}


def write_xlsx(path: Path, sheets: Mapping[str, list[list[object]]]) -> Path:
    """Write a workbook with these rows of cells."""
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    return path


def write_xls(path: Path, sheets: Mapping[str, list[list[object]]]) -> Path:
    """Write a workbook of the old format with these rows of cells."""
    book = xlwt.Workbook()
    for name, rows in sheets.items():
        sheet = book.add_sheet(name)
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                sheet.write(number, column, cell)
    book.save(str(path))
    return path


def drawn(path: Path, draw: Callable[[xlsxwriter.Workbook], None]) -> Path:
    """Write a workbook that a function fills."""
    with xlsxwriter.Workbook(path) as book:
        draw(book)
    return path


def with_part(path: Path, part: str, change: Callable[[bytes], bytes]) -> Path:
    """Change the bytes of one part of a workbook."""
    whole = path.read_bytes()
    with (
        zipfile.ZipFile(io.BytesIO(whole)) as before,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as after,
    ):
        for name in before.namelist():
            content = before.read(name)
            after.writestr(name, change(content) if name == part else content)
    return path
