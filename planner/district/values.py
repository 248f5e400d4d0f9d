"""What a cell may hold: the types of the column dictionary, from text as people write it to pandas types."""

from __future__ import annotations

import math
import re
import unicodedata
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from pandas.api import types

from planner.district.school_terms import calendar_year, grade_of, grades_of, school_year_of
from planner.district.units import converted
from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from planner.words import Column

YES = frozenset({"yes", "true", "1", "y", "是", "√", "✓"})
NO = frozenset({"no", "false", "0", "n", "否", "×", "✗"})

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

_DATE = (
    r"^([0-9]{4})\s*[-/.年]\s*([0-9]{1,2})\s*[-/.月]\s*([0-9]{1,2})\s*[日号]?"
    r"(?:[T ]\s*[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?$"
)
_COMPACT = r"^([0-9]{4})([0-9]{2})([0-9]{2})$"
_SERIAL = r"[3-7][0-9]{4}"
"""A day as spreadsheets number it when the column is not shown as dates: 30,000 is in 1982, 79,999 in 2119."""
_FIRST_SERIAL = pd.Timestamp(1899, 12, 30)

_GROUPED = re.compile(r"[+-]?[0-9]{1,3}(?:(?:,[0-9]{3})+|(?: [0-9]{3})+)(?:\.[0-9]*)?")
"""1,234 or 1 234.5: thousands set apart."""
_DECIMAL_COMMA = re.compile(r"[+-]?(?:[0-9]+|[0-9]{1,3}(?:\.[0-9]{3})+),[0-9]+")
"""3,5 or 1.234,5."""
_DOTTED = re.compile(r"[+-]?[0-9]{1,3}\.[0-9]{3}")
"""1.234, which may be a thousand where 3,5 is three and a half."""


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


def floats(values: pd.Series, *, decimal_comma: bool = False) -> NDArray[np.float64]:
    """
    Return numbers, or text read as numbers; nan where missing or no finite number.

    Thousands may be set apart by commas or blanks. With `decimal_comma`, as in files separated by semicolons, the
    cells decide together what a comma is: 3,5 says that it begins the decimals, 1,234,567 that it sets thousands
    apart. Where no cell says it, or both are said, cells with a comma are no numbers; nor is 1.234 beside 3,5.
    """
    if types.is_numeric_dtype(values.dtype) and not types.is_bool_dtype(values.dtype):
        return values.to_numpy(np.float64, na_value=np.nan)
    written = _plain(values).to_numpy(object, na_value=None)
    numbers = np.array(pd.to_numeric(written, errors="coerce"), dtype=np.float64)
    commas = {
        row: text.replace("−", "-")
        for row in np.flatnonzero(np.isnan(numbers))
        if (text := written[row]) is not None
    }
    decimal = False
    if decimal_comma:
        says = {
            (bool(_DECIMAL_COMMA.fullmatch(text)), bool(_GROUPED.fullmatch(text))) for text in commas.values()
        }
        decimal = (True, False) in says
        if decimal == ((False, True) in says):
            commas = {row: text for row, text in commas.items() if "," not in text}
    for row, text in commas.items():
        if decimal and _DECIMAL_COMMA.fullmatch(text):
            numbers[row] = float(text.replace(".", "").replace(",", "."))
        elif not (decimal and "," in text) and _GROUPED.fullmatch(text):
            numbers[row] = float(text.replace(",", "").replace(" ", ""))
        elif re.fullmatch(r"-[0-9]+(?:\.[0-9]*)?", text):
            numbers[row] = float(text)
    if decimal:
        doubtful = [text is not None and bool(_DOTTED.fullmatch(text)) for text in written]
        numbers[np.array(doubtful, dtype=bool)] = np.nan
    return np.where(np.isfinite(numbers), numbers, np.nan)


def _numbers(values: pd.Series, *, decimal_comma: bool = False) -> pd.Series:
    numbers = floats(values, decimal_comma=decimal_comma)
    return pd.Series(pd.array(numbers, dtype="Float64"), index=values.index)


def _shares(values: pd.Series, *, decimal_comma: bool = False) -> pd.Series:
    """Return shares of 1; 95% is 0.95."""
    if types.is_numeric_dtype(values.dtype):
        return _numbers(values)
    text = _plain(values)
    percent = text.str.fullmatch(r"[^%]+%").fillna(value=False).to_numpy(bool)
    numbers = floats(text.str.removesuffix("%"), decimal_comma=decimal_comma)
    numbers[percent] = converted(numbers[percent], Fraction(1, 100))
    return pd.Series(pd.array(numbers, dtype="Float64"), index=values.index)


def whole(numbers: NDArray[np.float64], index: pd.Index) -> pd.Series:
    """Return numbers as integers; <NA> where they are none."""
    with np.errstate(invalid="ignore"):
        fit = (np.mod(numbers, 1) == 0) & (np.abs(numbers) < 2**53)
    integers = pd.arrays.IntegerArray(np.where(fit, numbers, 0).astype(np.int64), ~fit)
    return pd.Series(integers, index=index)


def _integers(values: pd.Series) -> pd.Series:
    return whole(floats(values), values.index)


def _integers_or(words: Callable[[str], int | None]) -> Callable[[pd.Series], pd.Series]:
    """Return a parser of whole numbers that asks `words` about what is none."""

    def parsed(values: pd.Series) -> pd.Series:
        numbers = _integers(values)
        if not types.is_numeric_dtype(values.dtype):
            text = _plain(values)
            for row in np.flatnonzero(numbers.isna() & text.notna()):
                number = words(str(text.iloc[row]))
                if number is not None:
                    numbers.iloc[row] = number
        return numbers

    return parsed


def _booleans(values: pd.Series) -> pd.Series:
    words = _plain(values).str.lower()
    said = pd.Series(pd.NA, index=values.index, dtype="boolean")
    return said.mask(words.isin(YES), other=True).mask(words.isin(NO), other=False)


def _dates(values: pd.Series) -> pd.Series:
    text = _plain(values)
    parts = text.str.extract(_DATE)
    parts = parts.fillna(text.str.extract(_COMPACT)).astype("Float64")
    parts.columns = ["year", "month", "day"]
    days = pd.to_datetime(parts.astype("float64"), errors="coerce").astype("datetime64[s]")
    serial = text.str.fullmatch(_SERIAL).fillna(value=False)
    if serial.any():
        numbered = _FIRST_SERIAL + pd.to_timedelta(text.where(serial).astype("Float64"), unit="D")
        days = days.mask(serial, numbered.astype("datetime64[s]"))
    return days


def _dates_or_years(values: pd.Series) -> pd.Series:
    days, text = _dates(values), _plain(values)
    for row in np.flatnonzero(days.isna() & text.notna()):
        year = school_year_of(str(text.iloc[row]))
        if year is not None:
            days.iloc[row] = pd.Timestamp(year, 9, 1)
    return days


def _grades(values: pd.Series) -> pd.Series:
    def written(text: str) -> str | None:
        grades = grades_of(text)
        if grades is None:
            return None
        first, last = grades
        return f"{first}-{last}" if last > first else str(first)

    text = _plain(values)
    known = {value: written(value) for value in text.dropna().unique()}
    return text.map(known).astype("string")


def _rooms(values: pd.Series) -> pd.Series:
    text = _plain(values).str.replace(" ", "", regex=False)
    return text.where(text.str.fullmatch(r"[+-]?\d+(;[+-]?\d+)*").fillna(value=False))


_PARSERS: dict[str, Callable[..., pd.Series]] = {
    "text": as_text,
    "integer": _integers,
    "number": _numbers,
    "share": _shares,
    "grade": _integers_or(grade_of),
    "school year": _integers_or(school_year_of),
    "calendar year": _integers_or(calendar_year),
    "boolean": _booleans,
    "date": _dates,
    "date or year": _dates_or_years,
    "grades": _grades,
    "rooms": _rooms,
}


def typed(values: pd.Series, kind: str, *, decimal_comma: bool = False) -> tuple[pd.Series, pd.Series]:
    """
    Return values in the pandas type of a dictionary type, and which of them are not of that type.

    Parameters
    ----------
    values
        Cells as a file has them: text, or numbers of a map layer. Blank is missing; 0 is none.
    kind
        A type of the column dictionary, or a narrower one: ``grade``, ``school year``, ``calendar year``, ``share``
        (95% is 0.95), or ``date or year``: a date, or a school year meaning its 1 September.
    decimal_comma
        Whether a comma may begin the decimals of numbers and shares: see `floats`.

    Returns
    -------
    Values with <NA> where missing or not of the type; True where something is written that is not of the type.
    """
    parsed = (
        _PARSERS[kind](values, decimal_comma=decimal_comma)
        if kind in {"number", "share"}
        else _PARSERS[kind](values)
    )
    if kind == "text":
        return parsed, pd.Series(data=False, index=values.index)
    return parsed, parsed.isna() & as_text(values).notna()


def kind_of(column: Column) -> str:
    """Return how the cells of a dictionary column are to be read: its type, or a narrower kind, as `typed` takes it."""
    if column.type == "integer" and column.unit == "year":
        calendar = (column.table, column.column) in {("births", "year"), ("children", "cohort")}
        return "calendar year" if calendar else "school year"
    if column.type == "integer" and column.column == "grade":
        return "grade"
    if column.type == "number" and column.unit == "1":
        return "share"
    return "date or year" if (column.table, column.type) == ("rules", "date") else column.type


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
        "share": Text("Write shares of 1, as 0.95, or percentages, as 95%."),
        "grade": Text("Write grades as whole numbers, as 3, or as 三年级."),
        "school year": Text("Write school years by their autumn, as 2026 for 2026/27."),
        "calendar year": Text("Write calendar years, as 2026."),
        "boolean": Text("Write yes or no."),
        "date": Text("Write dates as 2026-09-05."),
        "date or year": Text("Write dates as 2026-09-01, or a school year as 2026."),
        "grades": Text(
            "Write a range of grades 0 to 13 as 1-6, or one grade as 7; spreadsheets turn 1-6 into a date unless the column is text."
        ),
        "rooms": Text("Write the rooms of the first, second, ... year as 12;24;36."),
        "text": Text("Write text."),
    }[kind]
