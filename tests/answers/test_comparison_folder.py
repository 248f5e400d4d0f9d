"""A comparison as a folder: every table, a workbook without formulas, maps, a manifest; whole or not at all."""

from __future__ import annotations

import csv
import hashlib
import json
from dataclasses import replace

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest

from planner.answers import compare, write_comparison
from planner.answers.comparing import folder as folder_module
from planner.answers.comparing.folder import file_names
from planner.archive.workbook import sheet_name
from planner.errors import OutputError
from planner.words import speaking
from tests.answers.village import village, village_run

EVIL = '=HYPERLINK("http://x","甲")'


@pytest.fixture(scope="module")
def found():
    """b2 moves from A, which is called a formula, to B; the scenarios are called formulas too."""
    facts = village()
    schools, blocks = facts.schools.copy(), facts.blocks.copy()
    schools.loc["A", ["name", "name_en"]] = EVIL
    blocks.loc["b2", ["name", "name_en"]] = "+SUM(A1)"
    facts = replace(
        facts, schools=gpd.GeoDataFrame(schools), blocks=gpd.GeoDataFrame(blocks, geometry="geometry")
    )
    base = village_run(facts)
    moved = village_run(
        facts, like=base, catchments=[{"blocks": ["b2"], "schools": ["B"], "since": 2028}], summary="=1+1"
    )
    return compare([base, moved], names=["@keep", "=moved"])


@pytest.fixture(scope="module")
def written(found, tmp_path_factory):
    return write_comparison(found, tmp_path_factory.mktemp("compared") / "out")


def test_the_folder_holds_every_table_the_workbook_and_the_maps(found, written):
    """b2 moves in 2028 and stays moved: one map; the seat gap changes in 2028 and 2029: a map each."""
    names = {path.relative_to(written).as_posix() for path in written.rglob("*") if path.is_file()}
    tables = {*found.outcomes, "stages", "totals", "affected", "affected_by_pair", "affected_by_year"}
    assert names == {
        "comparison.xlsx",
        "manifest.json",
        *(f"tables/{name}.csv" for name in tables),
        "maps/moved-_moved-primary-2028.png",
        "maps/gap-change-_moved-primary-2028.png",
        "maps/gap-change-_moved-primary-2029.png",
    }
    manifest = json.loads((written / "manifest.json").read_text("utf-8"))
    assert manifest["compared"] == ["@keep", "=moved"]
    assert (manifest["draws"], manifest["batches"]) == (60, 20)
    assert set(manifest["files"]) == names - {"manifest.json"}
    for name, digest in manifest["files"].items():
        assert hashlib.sha256((written / name).read_bytes()).hexdigest() == digest


def test_a_table_has_all_rows_with_both_values(found, written):
    table = pd.read_csv(written / "tables" / "seats_by_school.csv", encoding="utf-8-sig")
    assert len(table) == len(found.outcomes["seats_by_school"])
    rows = table.loc[(table["school"] == "A") & (table["figure"] == "demand") & (table["year"] == 2029)]
    (row,) = rows.to_dict("records")
    assert row["change_=moved"] == pytest.approx(row["value_=moved"] - row["value_@keep"], abs=1e-3)
    assert row["verdict_=moved"] == "clear"


def test_no_cell_of_any_table_is_a_formula(written):
    """Neither in the CSV files, whose texts get an apostrophe, nor in the workbook, whose texts are texts."""
    cells = []
    for path in (written / "tables").iterdir():
        with path.open(encoding="utf-8-sig", newline="") as file:
            cells += [cell for row in csv.reader(file) for cell in row]
    assert f"'{EVIL}" in cells
    assert "'+SUM(A1)" in cells
    assert [cell for cell in cells if cell[:1] in "=@" and cell] == []
    assert [cell for cell in cells if cell[:1] == "+"] == []
    sheets = openpyxl.load_workbook(written / "comparison.xlsx")
    found = [cell for sheet in sheets for row in sheet.iter_rows() for cell in row]
    assert "f" not in {cell.data_type for cell in found}
    texts = {cell.value for cell in found if cell.data_type == "s"}
    assert {EVIL, "+SUM(A1)", "=moved", "@keep"} <= texts
    assert "=moved: =1+1" in texts


def test_a_sheet_a_table_with_the_rows_that_differ(found, written):
    """Frozen headings, a filter, number formats; what differs beyond luck is shaded."""
    sheets = openpyxl.load_workbook(written / "comparison.xlsx")
    assert sheets.sheetnames[0] == "Contents"
    assert set(found.outcomes) <= set(sheets.sheetnames)
    sheet = sheets["odds"]
    head = [cell.value for cell in sheet[1]]
    assert head[-5:] == ["@keep", "=moved", "=moved: difference", "=moved: sampling error", "=moved: verdict"]
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref.startswith("A1:")
    rows = found.outcomes["odds"]
    assert sheet.max_row - 1 == (rows["verdict_=moved"] != "same").sum()
    for row in sheet.iter_rows(min_row=2):
        cells = dict(zip(head, row, strict=True))
        number = cells["=moved: difference"]
        share = str(cells["figure"].value).startswith("p_")
        assert number.value is None or number.number_format == ("0.0%" if share else "#,##0.0")
        shaded = cells["=moved"].fill.fgColor.rgb == "FFFFF3D6"
        assert shaded == (cells["=moved: verdict"].value in {"differs", "only here"})


def test_the_contents_tell_what_is_compared_and_what_headings_mean(written):
    sheet = openpyxl.load_workbook(written / "comparison.xlsx")["Contents"]
    lines = [(row[0], row[1]) for row in sheet.iter_rows(values_only=True)]
    assert ("Draws, seed", "60, 3") in lines
    told = [text for label, text in lines if label == "=moved against @keep"]
    assert any("Entrants who change their catchment" in text for text in told)
    meanings = dict(line for line in lines if line[0])
    assert "from 20 batches of draws" in meanings["sampling error"]
    assert meanings["p_over_planned"].startswith("Probability that a class exceeds the cap")


def test_what_nothing_changes_in_leaves_an_empty_sheet_and_no_map(found, tmp_path):
    base = found.runs[0]
    out = write_comparison(compare([base, base], names=["one", "two"]), tmp_path / "same")
    assert list((out / "maps").iterdir()) == []
    sheets = openpyxl.load_workbook(out / "comparison.xlsx")
    assert sheets["odds"].max_row == 1


def test_equal_comparisons_are_equal_bytes(found, written, tmp_path):
    again = write_comparison(found, tmp_path / "again")
    for path in written.rglob("*"):
        if path.is_file():
            assert path.read_bytes() == (again / path.relative_to(written)).read_bytes(), path.name


def test_the_workbook_of_a_chinese_comparison_has_chinese_sheets(found, tmp_path):
    with speaking("zh"):
        out = write_comparison(found, tmp_path / "zh", maps=False)
        names = {sheet_name(name) for name in found.outcomes}
    sheets = openpyxl.load_workbook(out / "comparison.xlsx")
    assert names <= set(sheets.sheetnames)
    assert not (out / "maps").exists()


def test_an_interrupted_comparison_leaves_nothing(found, tmp_path, monkeypatch):
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(folder_module, "save_figure", stopped)
    with pytest.raises(KeyboardInterrupt):
        write_comparison(found, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_what_stands_there_is_left_alone(found, tmp_path):
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match="is no run folder"):
        write_comparison(found, tmp_path, replace=True)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_maps_of_one_year_alone(found, tmp_path):
    out = write_comparison(found, tmp_path / "out", year=2029)
    assert {path.name for path in (out / "maps").iterdir()} == {
        "moved-_moved-primary-2029.png",
        "gap-change-_moved-primary-2029.png",
    }


def test_file_names_are_safe_and_differ():
    names = ("../a", "a/b", "a\\b", "方案", "...", "a:b")
    parts = file_names(names)
    assert parts == {"../a": "_a", "a/b": "a_b", "a\\b": "a_b-3", "方案": "方案", "...": "_", "a:b": "a_b-6"}


def test_file_names_differ_on_any_system():
    """Disks that know no letter case hold Keep and keep as one file; a number may be another scenario's name."""
    assert file_names(("Keep", "keep")) == {"Keep": "Keep", "keep": "keep-2"}
    assert file_names(("a_b-3", "a b", "a_b")) == {"a_b-3": "a_b-3", "a b": "a_b", "a_b": "a_b-4"}
