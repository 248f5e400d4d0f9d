"""What a cell may hold: the types of the column dictionary, from text as people write it to pandas types."""

from __future__ import annotations

import math
import unicodedata
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from pandas.api import types

from planner.policy import parse_grades
from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

YES = frozenset({"yes", "true", "1", "y", "是"})
NO = frozenset({"no", "false", "0", "n", "否"})

DTYPES: dict[str, str] = {
    "text": "string",
    "integer": "Int64",
    "number": "Float64",
    "boolean": "boolean",
    "date": "datetime64[s]",
    "grades": "string",
    "rooms": "string",
}
"""Pandas type of each type of the column dictionary."""

_DATE = r"^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[T ].*)?$"


def as_text(values: pd.Series) -> pd.Series:
    """
    Return values as text without surrounding blanks; missing and blank ones as <NA>.

    Whole numbers lose a decimal point, so that an id kept as 3.0 by a spreadsheet is 3.
    """
    if types.is_bool_dtype(values.dtype) or not types.is_numeric_dtype(values.dtype):
        text = values.astype("string").str.strip()
        return text.where(text != "")
    numbers = values.to_numpy(np.float64, na_value=np.nan)
    text = [
        None if math.isnan(number) else f"{number:.0f}" if number.is_integer() else repr(float(number))
        for number in numbers
    ]
    return pd.Series(text, index=values.index, dtype="string")


def _plain(values: pd.Series) -> pd.Series:
    """Return text with full-width digits and signs as plain ones."""
    return as_text(values).str.normalize("NFKC")


def floats(values: pd.Series) -> NDArray[np.float64]:
    """Return numbers, or text read as numbers; nan where missing or no finite number."""
    if types.is_numeric_dtype(values.dtype) and not types.is_bool_dtype(values.dtype):
        return values.to_numpy(np.float64, na_value=np.nan)
    written = _plain(values).to_numpy(object, na_value=None)
    numbers = np.asarray(pd.to_numeric(written, errors="coerce"), dtype=np.float64)
    return np.where(np.isfinite(numbers), numbers, np.nan)


def _numbers(values: pd.Series) -> pd.Series:
    numbers = floats(values)
    return pd.Series(pd.array(numbers, dtype="Float64"), index=values.index)


def _integers(values: pd.Series) -> pd.Series:
    numbers = floats(values)
    with np.errstate(invalid="ignore"):
        whole = (np.mod(numbers, 1) == 0) & (np.abs(numbers) < 2**53)
    integers = pd.arrays.IntegerArray(np.where(whole, numbers, 0).astype(np.int64), ~whole)
    return pd.Series(integers, index=values.index)


def _booleans(values: pd.Series) -> pd.Series:
    words = _plain(values).str.lower()
    said = pd.Series(pd.NA, index=values.index, dtype="boolean")
    return said.mask(words.isin(YES), other=True).mask(words.isin(NO), other=False)


def _dates(values: pd.Series) -> pd.Series:
    parts = _plain(values).str.extract(_DATE).astype("Float64")
    parts.columns = ["year", "month", "day"]
    return pd.to_datetime(parts.astype("float64"), errors="coerce").astype("datetime64[s]")


def _dates_or_years(values: pd.Series) -> pd.Series:
    text = _plain(values)
    bare = text.str.fullmatch(r"\d{4}").fillna(value=False)
    return _dates(text.mask(bare, text + "-09-01"))


def _grades(values: pd.Series) -> pd.Series:
    def written(text: str) -> str | None:
        try:
            first, last = parse_grades(text.replace("~", "-"))
        except ValueError:
            return None
        return f"{first}-{last}" if last > first else str(first)

    text = _plain(values)
    known = {value: written(value) for value in text.dropna().unique()}
    return text.map(known).astype("string")


def _rooms(values: pd.Series) -> pd.Series:
    text = _plain(values).str.replace(" ", "", regex=False)
    return text.where(text.str.fullmatch(r"[+-]?\d+(;[+-]?\d+)*").fillna(value=False))


_PARSERS: dict[str, Callable[[pd.Series], pd.Series]] = {
    "text": as_text,
    "integer": _integers,
    "number": _numbers,
    "boolean": _booleans,
    "date": _dates,
    "date or year": _dates_or_years,
    "grades": _grades,
    "rooms": _rooms,
}


def typed(values: pd.Series, kind: str) -> tuple[pd.Series, pd.Series]:
    """
    Return values in the pandas type of a dictionary type, and which of them are not of that type.

    Parameters
    ----------
    values
        Cells as a file has them: text, or numbers of a map layer. Blank is missing; 0 is none.
    kind
        A type of the column dictionary, or ``date or year``: a date, or a school year meaning its 1 September.

    Returns
    -------
    Values with <NA> where missing or not of the type; True where something is written that is not of the type.
    """
    parsed = _PARSERS[kind](values)
    if kind == "text":
        return parsed, pd.Series(data=False, index=values.index)
    return parsed, parsed.isna() & as_text(values).notna()


def parse_rooms(text: str) -> tuple[int, ...]:
    """Return the rooms gained in the first, second, ... year after opening, from text as ``12;24;36``. [rooms]."""
    return tuple(int(part) for part in unicodedata.normalize("NFKC", text).split(";"))


def school_year(day: pd.Timestamp) -> int:
    """Return the school year, by its autumn, of the count of a day: from August on it is the day's own year."""
    return day.year if day.month >= 8 else day.year - 1


def how_to_write(kind: str) -> Text:
    """Return how values of a dictionary type are written."""
    return {
        "integer": Text(
            "Write whole numbers; leave a cell blank where the figure is not known, and write 0 for none."
        ),
        "number": Text(
            "Write plain numbers; leave a cell blank where the figure is not known, and write 0 for none."
        ),
        "boolean": Text("Write yes or no."),
        "date": Text("Write dates as 2026-09-05."),
        "date or year": Text("Write dates as 2026-09-01, or a school year as 2026."),
        "grades": Text(
            "Write a range of grades 0 to 13 as 1-6, or one grade as 7; spreadsheets turn 1-6 into a date unless the column is text."
        ),
        "rooms": Text("Write the rooms of the first, second, ... year as 12;24;36."),
        "text": Text("Write text."),
    }[kind]
