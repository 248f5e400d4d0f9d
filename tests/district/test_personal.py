"""Personal data is refused when a file is read, and never repeated. All numbers here are made up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pytest

from planner.district import check_path, read_district
from planner.district.personal import personal_kind
from planner.errors import DataError
from planner.words import read_dictionary
from tests.district import square

if TYPE_CHECKING:
    from pathlib import Path

IDENTITY = "370405200001010017"
"""Eighteen digits in the form of an identity number, of a region and a day; made up."""


@pytest.mark.parametrize(
    "value",
    [
        IDENTITY,
        "37040520000101001X",
        f"ID {IDENTITY}",
        "G370405200001010017",
        "370405000101001",
        "3.70405E+17",
        "13912345678",
        "+86 139 1234 5678",
        "139-1234-5678",
        "call 13912345678 after five",
    ],
)
@pytest.mark.parametrize("column", ["remark", "school"])
def test_values_like_identity_and_phone_numbers_are_refused_and_not_repeated(
    folder: Path, value: str, column: str
) -> None:
    """In any column, known or not; the message names the column and nothing of what stands in it."""
    (folder / "events.csv").write_text("school,year,kind,remark\nn,2020,other,x\nn,2021,other,\n", "utf-8")
    table = pd.read_csv(folder / "events.csv", dtype="string")
    table.loc[1, column] = value
    table.to_csv(folder / "events.csv", index=False)
    with pytest.raises(DataError) as raised:
        read_district(folder)
    (message,) = [line for line in raised.value.lines("en") if "looks like" in line]
    assert f"Column {column}" in message
    said = "\n".join(str(finding.message) + " ".join(finding.ids) for finding in check_path(folder))
    assert value not in said
    assert "0001010" not in said
    assert "1234" not in said


@pytest.mark.parametrize(
    "head",
    [
        "姓名",
        "学生姓名",
        "身份证号",
        "监护人",
        "联系电话",
        "家庭住址",
        "出生日期",
        "Surname",
        "pupil_name",
        "childName",
        "Phone no.",
        "date of birth",
        "parent_email",
    ],
)
def test_columns_named_after_persons_are_refused(folder: Path, head: str) -> None:
    """Names, parents, phones, addresses and days of birth have no place in a table of counts."""
    (folder / "travel.csv").write_text(f"block,school,metres,{head}\nNW,n,10,x\n", "utf-8")
    with pytest.raises(DataError, match="names or particulars of persons"):
        read_district(folder)


def test_a_column_of_names_in_a_table_of_children_is_refused(folder: Path) -> None:
    """Schools have a name; children must not."""
    (folder / "children.csv").write_text(
        "block,cohort,as_of,kind,children,name\nNW,2021,2026-08-31,register,1,x\n", "utf-8"
    )
    with pytest.raises(DataError, match="Column name looks like"):
        read_district(folder)


def test_a_first_line_of_data_is_not_repeated(folder: Path) -> None:
    """Without column names the first line may be a child's: its place is named, not its content."""
    (folder / "travel.csv").write_text(f"block,{IDENTITY},metres\nNW,n,10\n", "utf-8")
    with pytest.raises(DataError) as raised:
        read_district(folder)
    assert "Column number 2" in str(raised.value)
    assert IDENTITY not in str(raised.value)


def test_eighteen_digits_need_a_day_or_the_check_character() -> None:
    """
    With a day that exists any last character will do; without one the check character of GB 11643 decides.

    The standard's own example ends in X; with month 91 the same sum asks for a 3 at the end.
    """
    kinds = [
        str(personal_kind("note", pd.Series([number]), table="events", column=None))
        for number in ("11010519491231002X", "110105194912310021", "110105949123100233", "110105949123100231")
    ]
    assert kinds == ["identity numbers", "identity numbers", "identity numbers", "None"]


def test_numbers_in_a_map_layer_are_looked_at_too() -> None:
    """A phone number kept as a number is one."""
    schools = square.tables()["schools"].assign(rooms=[13912345678, 12])
    with pytest.raises(DataError, match="Column rooms looks like phone numbers") as raised:
        square.district(schools=gpd.GeoDataFrame(schools))
    assert "139" not in str(raised.value)


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("projects", "cost_yuan", "13912345678"),
        ("schools", "school", "3137040512"),
        ("schools", "name", "第139中学"),
        ("blocks", "block", "370405001001"),
        ("housing", "dwellings", "1390"),
        ("schools", "floor_m2", "13912.345678"),
        ("events", "note", "鲁教基发〔2018〕12号"),
    ],
)
def test_what_only_looks_similar_is_kept(table: str, column: str, value: str) -> None:
    """A cost of 13.9 thousand million yuan, a school code of 10 digits, a village code of 12."""
    entry = next(entry for entry in read_dictionary()[table].columns if entry.column == column)
    assert personal_kind(column, pd.Series([value]), table=table, column=entry) is None
