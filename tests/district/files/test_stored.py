"""Cells that a file keeps in a column of figures though they are none: GDAL alone would read 0, or cut them off."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from planner.district import check_path, read_district, write_district
from planner.errors import DataError
from tests.district import square


@pytest.mark.parametrize("cell", ["twelve", "12.7", 12.7, "NaN", b"\x00\x01", "1e309", "5%", "2026-09-05"])
def test_what_is_no_whole_number_in_a_geopackage_is_an_error(tmp_path, cell):
    """The count of the second row, 40, overwritten in the database; its row and column are named."""
    file = tmp_path / "square.gpkg"
    write_district(square.district(), file)
    with closing(sqlite3.connect(file)) as package, package:
        package.execute("UPDATE enrolment SET pupils = ? WHERE rowid = 2", (cell,))
    findings = [found for found in check_path(file) if found.code == "D010"]
    assert {(one.level, one.table, one.rows) for one in findings} == {("error", "enrolment", (2,))}
    assert "pupils" in str(findings[0].message)
    with pytest.raises(DataError):
        read_district(file)


def test_figures_and_blanks_in_a_geopackage_are_in_order(tmp_path):
    file = tmp_path / "square.gpkg"
    write_district(square.district(), file)
    with closing(sqlite3.connect(file)) as package, package:
        package.execute("UPDATE enrolment SET pupils = '38', classes = NULL WHERE rowid = 2")
    table = read_district(file)["enrolment"]
    assert table["pupils"].tolist()[:3] == [40, 38, 40]
    assert table["classes"].isna().sum() == 1


def test_a_layer_that_is_listed_and_gone_is_an_error(tmp_path):
    """Children are no required table: without a word their absence would look meant."""
    file = tmp_path / "square.gpkg"
    write_district(square.district(), file)
    with closing(sqlite3.connect(file)) as package, package:
        package.execute("DROP TABLE children")
    (finding,) = [found for found in check_path(file) if found.level == "error"]
    assert finding.code == "D003"
    assert "children" in str(finding.message)


@pytest.mark.parametrize(
    ("cell", "wrong"), [(b"x2", True), (b"1-", True), (b"\xff2", True), (b"9e", True), (b"1.", False)]
)
def test_what_is_no_figure_in_a_dbf_is_an_error(tmp_path, cell, wrong):
    """The 12 rooms of the school n; a cell of blanks or asterisks is one that is not known."""
    write_district(square.district(), tmp_path / "square")
    (tmp_path / "square" / "schools.geojson").unlink()
    schools = square.tables()["schools"].drop(columns="seats_stated")
    schools.to_file(tmp_path / "square" / "schools.shp", encoding="utf-8")
    file = tmp_path / "square" / "schools.dbf"
    content = file.read_bytes()
    at = content.index(b" 12")
    for said, expected in ((cell, wrong), (b"**", False), (b"  ", False)):
        file.write_bytes(content[: at + 1] + said + content[at + 3 :])
        errors = [found for found in check_path(tmp_path / "square") if found.level == "error"]
        assert [(found.code, found.rows) for found in errors] == ([("D010", (1,))] if expected else [])
