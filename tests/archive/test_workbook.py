"""Sheets with their own headings, number formats by row and shaded cells; text that is never a formula."""

from __future__ import annotations

import csv
import datetime as dt

import numpy as np
import openpyxl
import pandas as pd
import pytest

from planner.archive import write_csv
from planner.archive.workbook import Sheet, write_sheets

DAY = dt.date(2026, 9, 1)


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    table = pd.DataFrame(
        {"figure": ["p", "gap", "opens"], "value_=a": [0.25, 1234.5, 2028.0], "name": ["=1", "", None]}
    )
    sheet = Sheet(
        name="odds",
        title="Odds",
        table=table,
        headings={"figure": "figure", "value_=a": "=a", "name": "@name"},
        kinds=["share", "figure", "year"],
        strong={"value_=a": np.array([False, True, False])},
    )
    empty = Sheet(name="none", title="None", table=table.iloc[:0], headings=dict.fromkeys(table, "x"))
    path = tmp_path_factory.mktemp("book") / "b.xlsx"
    write_sheets([sheet, empty], path, facts=[("=of", "+what")], columns=[("-head", "@meaning")], created=DAY)
    return openpyxl.load_workbook(path)


def test_figures_have_the_format_of_their_row(book):
    """A share, a figure and a year in one column."""
    cells = [book["odds"].cell(row, 2) for row in (2, 3, 4)]
    assert [cell.number_format for cell in cells] == ["0.0%", "#,##0.0", "0"]
    assert [cell.value for cell in cells] == [0.25, 1234.5, 2028]


def test_only_cells_that_stand_out_are_shaded(book):
    shades = [book["odds"].cell(row, 2).fill.fill_type for row in (2, 3, 4)]
    assert shades == [None, "solid", None]


def test_headings_are_frozen_and_filtered(book):
    assert book["odds"].freeze_panes == "A2"
    assert book["odds"].auto_filter.ref == "A1:C4"
    assert book["none"].auto_filter.ref is None
    assert book["none"].max_row == 1


def test_headings_facts_and_meanings_are_never_formulas(book):
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert "f" not in {cell.data_type for cell in cells}
    assert {"=a", "@name", "=1", "=of", "+what", "-head", "@meaning"} <= {cell.value for cell in cells}


def test_the_first_sheet_leads_to_the_others(book):
    links = {
        cell.hyperlink.location for row in book.worksheets[0].iter_rows() for cell in row if cell.hyperlink
    }
    assert links == {"'odds'!A1", "'none'!A1"}


@pytest.mark.parametrize("text", ["＝1+1", "＋1+1", "－1+1", "＠SUM(A1)"])
def test_wide_signs_begin_formulas_too(tmp_path, text):
    """Spreadsheets in Chinese and Japanese take them for the narrow ones."""
    write_csv(pd.DataFrame({"name": [text]}), tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text("utf-8-sig") == f"name\n'{text}\n"


def test_a_heading_is_never_a_formula_either(tmp_path):
    """A column may be called after a scenario, and a scenario anything."""
    write_csv(pd.DataFrame([[1, 2]], columns=["=1+1", "year"]), tmp_path / "t.csv")
    with (tmp_path / "t.csv").open(encoding="utf-8-sig", newline="") as file:
        assert next(csv.reader(file)) == ["'=1+1", "year"]
