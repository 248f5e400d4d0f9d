"""Tables in CSV and Excel: text is never a formula, figures stay figures, ids are told in words."""

from __future__ import annotations

import csv
import datetime as dt
import re

import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.archive import named, rounded, write_csv, write_run, write_workbook
from planner.archive.readable import IDS, UNITS, readable
from planner.archive.workbook import sheet_name
from planner.district import read_district
from planner.optimise.intake import GOALS
from planner.optimise.openings.plan import GOALS as SCHEDULE_GOALS
from planner.pipeline import run as carry_out
from planner.policy.rule import RULES
from planner.scenario import Scenario
from planner.words import outcome_description, read_dictionary, speaking
from tests.scenario.town import town, town_policy

FORMULAS = ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "=cmd|' /C calc'!A0", "\t=1", "\n=1", "-"]
FIGURES = ["-10", "+3", "-2;-4;0", "-0.5"]


def cells_of(table: pd.DataFrame, path) -> list[list[str]]:
    write_csv(table, path)
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))[1:]


@pytest.mark.parametrize("text", FORMULAS)
def test_text_that_looks_like_a_formula_gets_an_apostrophe(tmp_path, text):
    """A spreadsheet would carry it out."""
    assert cells_of(pd.DataFrame({"name": [text]}), tmp_path / "t.csv") == [[f"'{text}"]]


def test_a_carriage_return_does_not_end_a_row(tmp_path):
    """Old text files end lines with it; csv readers would begin a new row."""
    table = pd.DataFrame({"name": ["a\r\nb", "\rc"], "year": [2027, 2028]})
    assert cells_of(table, tmp_path / "t.csv") == [["a\nb", "2027"], ["'\nc", "2028"]]


@pytest.mark.parametrize("text", [*FIGURES, "1-6", "玉河区实验小学", "a=b", "", "12;24"])
def test_other_text_stays_as_it_is(tmp_path, text):
    assert cells_of(pd.DataFrame({"name": [text], "year": [2027]}), tmp_path / "t.csv") == [[text, "2027"]]


def test_numbers_are_never_touched(tmp_path):
    table = pd.DataFrame(
        {"gap": [-12.5, 3.0], "change": pd.array([-3, None], dtype="Int64"), "counted": [True, False]}
    )
    assert cells_of(table, tmp_path / "t.csv") == [["-12.5", "-3", "True"], ["3.0", "", "False"]]


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])))
def test_no_text_reaches_a_spreadsheet_as_a_formula(tmp_path_factory, text):
    """Whatever a school is called: the cell begins with an apostrophe, or with nothing that begins a formula."""
    path = tmp_path_factory.getbasetemp() / "any.csv"
    ((cell, _),) = cells_of(pd.DataFrame({"name": [text], "year": [2027]}), path)
    assert cell.removeprefix("'") == text.removeprefix("'")
    assert cell[:1] not in {"=", "@"}
    assert cell[:1] not in {"+", "-"} or not any(letter.isalpha() for letter in cell)


def test_csv_is_read_by_spreadsheets_as_utf_8(tmp_path):
    """They take it for the local encoding without a byte-order mark; lines end alike on every machine."""
    write_csv(pd.DataFrame({"name": ["小学"]}), tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_bytes() == b"\xef\xbb\xbfname\n\xe5\xb0\x8f\xe5\xad\xa6\n"


def test_figures_have_four_decimals():
    table = pd.DataFrame({"p": [0.123456], "n": pd.array([None], dtype="Float64"), "year": [2027]})
    assert rounded(table)["p"].tolist() == [0.1235]
    assert rounded(table)["year"].tolist() == [2027]
    assert table["p"].tolist() == [0.123456]


def test_a_joint_catchment_is_called_after_its_schools():
    district = town()
    table = pd.DataFrame({"catchment": ["A+B", "T"], "gap": [1, 2]})
    assert named(table, district)["name"].tolist() == ["甲小学 + 乙小学", "教学点"]
    assert list(named(table, district)) == ["catchment", "name", "gap"]


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """A run whose school, catchment and scenario have names that look like formulas."""
    folder = tmp_path_factory.mktemp("formulas")
    facts = town()
    schools = facts.schools.copy()
    schools.loc["A", "name"] = '=HYPERLINK("http://x","甲")'
    scenario = Scenario(until=2027, draws=3, summary="=1+1")
    done = carry_out(scenario, facts.with_tables(schools=schools), policy=town_policy())
    write_run(done, folder / "run", maps=False)
    return folder / "run"


def test_a_workbook_holds_no_formula(book):
    """Names are strings whatever they begin with: no cell of any sheet is a formula."""
    sheets = openpyxl.load_workbook(book / "run.xlsx")
    kinds = {cell.data_type for sheet in sheets for row in sheet.iter_rows() for cell in row}
    assert "f" not in kinds
    assert {"s", "n"} <= kinds
    names = [row[1] for row in sheets["seats_by_school"].iter_rows(min_row=2, values_only=True)]
    assert '=HYPERLINK("http://x","甲")' in names
    assert sheets.worksheets[0]["B2"].value == "=1+1"


def test_no_csv_of_a_run_holds_a_formula(book):
    texts = [
        (path.name, line)
        for path in (book / "tables").iterdir()
        for line in path.read_text("utf-8-sig").splitlines()
    ]
    assert any("'=HYPERLINK" in line for _, line in texts)
    assert [found for found in texts if '"=HYPERLINK' in found[1] or ",=" in found[1]] == []


def test_the_workbook_begins_with_what_the_run_is_and_what_columns_mean(run, tmp_path):
    folder = write_run(run, tmp_path / "run", maps=False)
    sheets = openpyxl.load_workbook(folder / "run.xlsx")
    assert sheets.sheetnames == ["Contents", *run.outcomes]
    lines = {row[0]: row[1] for row in sheets["Contents"].iter_rows(values_only=True)}
    assert lines["District"] == "Town"
    assert lines["Scenario"] == "Move b3 to A"
    assert lines["Draws, seed"] == "20, 5"
    assert lines["gap"] == "Seats less demand: + spare; - short [children]"
    links = {
        cell.hyperlink.location for row in sheets["Contents"].iter_rows() for cell in row if cell.hyperlink
    }
    assert links == {f"'{name}'!A1" for name in run.outcomes}


def test_the_workbook_of_a_chinese_run_is_in_chinese(run, tmp_path):
    """Sheets, headings, stages, goals and kinds have no word in English; source texts and ids remain."""
    with speaking("zh"):
        folder = write_run(run, tmp_path / "run", maps=False)
        sheets = openpyxl.load_workbook(folder / "run.xlsx")
        assert sheets.sheetnames[1:] == [sheet_name(name) for name in run.outcomes]
        assert all(len(name) <= 31 for name in sheets.sheetnames)
        stages = {
            row[2] for row in sheets[sheet_name("seats_by_school")].iter_rows(min_row=2, values_only=True)
        }
    assert stages == {"小学", "初中"}
    for sheet in sheets.worksheets[1:]:
        heads = [str(cell.value) for cell in sheet[1]]
        assert [head for head in heads if head.isascii() and not re.fullmatch(r"P\d+(\.5)?", head)] == []


def test_every_id_of_a_column_of_results_has_its_words(run):
    """The ids that layers below put into tables, and those that a district's projects may have."""
    for column, table in (
        ("goal", "goals"),
        ("status", "goals"),
        ("unit", "goals"),
        ("rule", "compliance"),
        ("level", "compliance"),
        ("kind", "compliance"),
        ("level", "school_sizes"),
        ("kind", "projects"),
    ):
        assert set(run.outcomes[table][column].dropna()) <= set(IDS[column]), (table, column)
    kinds = next(entry.values for entry in read_dictionary()["projects"].columns if entry.column == "kind")
    assert set(kinds) <= set(IDS["kind"])
    assert set(RULES) <= set(IDS["rule"])
    assert set(GOALS) | set(SCHEDULE_GOALS) == set(IDS["goal"])
    assert {*GOALS.values(), *SCHEDULE_GOALS.values()} <= set(UNITS)


def test_every_unit_of_a_column_of_results_has_its_word(run):
    units = {outcome_description(column)[1] for table in run.outcomes.values() for column in table}
    assert units - {""} <= set(UNITS)


def test_readable_tables_name_what_moved(run):
    """b3's children go from B's catchment to A's."""
    table = readable(run.outcomes["moves"], run.policy, run.district)
    assert set(table["from"]) == {"乙小学"}
    assert set(table["to"]) == {"甲小学"}
    assert set(table["stage"]) == {"primary"}


def test_missing_and_infinite_figures_are_blank_cells(tmp_path):
    table = pd.DataFrame({"limit": [float("inf"), float("nan"), 3.0], "name": [None, "a", "b"]})
    write_workbook({"travel": table}, tmp_path / "t.xlsx", facts=[], created=dt.date(2026, 9, 1))
    sheet = openpyxl.load_workbook(tmp_path / "t.xlsx")["travel"]
    assert list(sheet.iter_rows(min_row=2, values_only=True)) == [
        (None, None),
        (None, "a"),
        (3, "b"),
    ]


def test_the_district_of_the_fixture_can_be_read_again(place):
    """What the other tests of this folder rest on: the town as files is the town."""
    assert list(read_district(place / "town").schools.index) == list(town().schools.index)
