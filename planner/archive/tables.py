"""Tables of results as people read them: names beside ids, figures rounded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from planner.district.formulas import harmless
from planner.words import current_language

if TYPE_CHECKING:
    from pathlib import Path

    from planner.district import District

DIGITS = 4
"""Decimals kept in written tables; far below the Monte Carlo error of any figure."""


def names_in(table: pd.DataFrame) -> pd.Series:
    """Return the names of schools, blocks or projects in the current language, the id where there is none."""
    columns = ("name",) if current_language() == "zh" else ("name_en", "name")
    names = table[list(columns)].astype("string").bfill(axis=1).iloc[:, 0]
    return names.fillna(pd.Series(table.index.astype("string"), index=table.index))


def school_names(district: District) -> pd.Series:
    """Return the schools' names in the current language, indexed by school."""
    return names_in(district.schools)


def catchment_name(key: str, names: pd.Series) -> str:
    """Return the names of a catchment's schools joined by +."""
    return " + ".join(str(names.get(school, school)) for school in key.split("+"))


def named(table: pd.DataFrame, district: District) -> pd.DataFrame:
    """Return the table with the school's, catchment's or block's name beside its id."""
    for column in ("school", "catchment", "block"):
        if column not in table or "name" in table:
            continue
        names = names_in(district.blocks if column == "block" else district.schools)
        shown = table.copy()
        shown.insert(
            list(table.columns).index(column) + 1,
            "name",
            [None if pd.isna(key) else catchment_name(str(key), names) for key in table[column]],
        )
        return shown
    return table


def rounded(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with its fractions rounded to four decimals."""
    fractions = table.select_dtypes("floating").columns
    return table.assign(**{column: table[column].astype("float64").round(DIGITS) for column in fractions})


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """
    Write a table as UTF-8 with a byte-order mark, which spreadsheets need for Chinese names.

    Text that a spreadsheet would take for a formula (it begins with = + - @, one of their wide forms ＝ ＋ － ＠, a tab
    or a new line) gets an apostrophe before it, as in ``'=1+1``, in headings as in cells; numbers, and lists of
    numbers as -2;-4, stay as they are. Whoever reads the file with a program takes the apostrophe off again.
    """
    texts = [column for column in table.columns if table[column].dtype.kind not in "iufbM"]
    shown = table.assign(**{column: table[column].map(_harmless) for column in texts})
    shown = shown.rename(columns=_harmless)
    path.write_bytes(shown.to_csv(index=False, lineterminator="\n").encode("utf-8-sig"))


def _harmless(value: object) -> object:
    """Return a cell that no spreadsheet takes for a formula, or for the end of its row."""
    if not isinstance(value, str):
        return value
    return harmless(value.replace("\r\n", "\n").replace("\r", "\n"))
