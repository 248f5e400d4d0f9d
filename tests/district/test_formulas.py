"""Text that a spreadsheet would take for a formula is written harmlessly, and read as it was meant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.district import read_district, write_district
from planner.district.formulas import as_meant, harmless
from tests.district import square


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("-2+3", "'-2+3"),
        ("＝1", "'＝1"),
        ("'=1", "''=1"),
        ("-2;-4", "-2;-4"),
        ("-5", "-5"),
        ("'-5", "'-5"),
        ("north's", "north's"),
        ("'tis", "'tis"),
        ("", ""),
    ],
)
def test_an_apostrophe_stands_before_what_would_be_a_formula(text, written):
    assert harmless(text) == written
    assert as_meant(written) == text


@given(st.text(alphabet="'=+-@＝\t\n1;.a "))
def test_what_is_written_is_read_as_it_was_meant(text):
    assert as_meant(harmless(text)) == text


def test_a_district_of_formulas_is_written_and_read_again(tmp_path):
    """A block called @NW in every table; no cell of the files begins with the sign."""
    tables = {
        name: table.replace({"block": {"NW": "@NW"}}) if "block" in table else table
        for name, table in square.tables().items()
    }
    write_district(square.district(**tables), tmp_path / "square")
    text = (tmp_path / "square" / "catchments.csv").read_text("utf-8-sig")
    assert "\n'@NW," in text
    again = read_district(tmp_path / "square")
    assert set(again["catchments"]["block"]) == {"@NW", "NE", "SW", "SE"}
