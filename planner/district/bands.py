"""
Class bands as the statistical form prints them: a column a band, or a row a band and a column a grade.

The planner's table has a row for every school, year, grade and band.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planner.district.findings import Finding
from planner.district.heads import column_of, value_of, without_bracket
from planner.district.school_terms import grade_of
from planner.district.values import as_text
from planner.words import Text, read_dictionary

if TYPE_CHECKING:
    from planner.district.files import Raw

TABLE = "class_bands"
_GRADE = re.compile(r".*(?:年级|grade).*", re.DOTALL | re.IGNORECASE)


def band_of(head: str) -> str | None:
    """Return the size band that a head names, as 26-30人 or 班额26-30人（班）; None when it names none."""
    band = next(column for column in read_dictionary()[TABLE].columns if column.column == "band")
    for text in (head, without_bracket(head)[0]):
        word = "".join(text.split()).removeprefix("班额").removesuffix("班数").removesuffix("班")
        value = value_of(band, word)
        if value in band.values:
            return value
    return None


def _of_grade(head: str) -> str | None:
    name = without_bracket(head)[0]
    grade = grade_of(name) if _GRADE.fullmatch(name) else None
    return None if grade is None else str(grade)


def in_long_form(raw: Raw) -> tuple[Raw, list[Finding]]:
    """
    Return class bands with a row a band, where a file has a column a band, or a column a grade beside the bands.

    Blank cells give no row; a column of totals (班数) is left out. Other tables are returned as they are.
    """
    if raw.table != TABLE:
        return raw, []
    heads = [str(head) for head in raw.frame.columns]
    named = [column_of(read_dictionary()[TABLE], head) for head in heads]
    present = {found[0].column for found in named if found is not None}
    for missing, meant in (("band", band_of), ("grade", _of_grade)):
        spread = {place: value for place, head in enumerate(heads) if (value := meant(head)) is not None}
        if missing in present or not spread:
            continue
        kept = [
            place
            for place, found in enumerate(named)
            if place not in spread and (found is None or found[0].column != "classes")
        ]
        return replace(raw, frame=_melted(raw.frame, kept, spread, missing)), [
            Finding(
                level="note",
                code="D106",
                table=raw.table,
                file=raw.file,
                text=Text("The table has a column a band.")
                if missing == "band"
                else Text("The table has a column a grade."),
                advice=Text(
                    "It was read as one row for every band; blank cells and columns of totals are left out."
                ),
            )
        ]
    return raw, []


def _melted(frame: pd.DataFrame, kept: list[int], spread: dict[int, str], name: str) -> pd.DataFrame:
    """Return the rows once for every spread column that is filled, under `name` and ``classes``; the index repeats."""
    parts = []
    for place, value in spread.items():
        cells = pd.Series(frame.iloc[:, place])
        filled = np.flatnonzero(as_text(cells).notna())
        part = frame.iloc[filled, kept]
        part.insert(len(kept), name, value, allow_duplicates=True)
        part.insert(len(kept) + 1, "classes", cells.iloc[filled], allow_duplicates=True)
        parts.append(part)
    return pd.concat(parts).sort_index(kind="stable")
