"""
Plain tables of counts and births, as offices of statistics publish them.

- enrolment: ``unit_id, year, grade, enrollment``, a row a count;
- births: ``area_id, year, births``, years being those of the cohort;
- areas: ``unit_id, area_id``, where units are not the births' areas themselves.

Columns may also have the names of a district's own tables, in either language. Ids are text. A count that is
withheld (``<10``, ``*``, ``suppressed``) or blank is missing, never a number.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planner.district.findings import few
from planner.district.school_terms import calendar_year, grade_of, school_year_of
from planner.errors import DataError
from planner.forecast.backtest.histories import emptied, renamed
from planner.forecast.backtest.plain import read_rows
from planner.forecast.units import UnitCounts
from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from planner.forecast.backtest.plain import Rows

_KINDERGARTEN = {"k": 0, "kg": 0, "kindergarten": 0, "r": 0, "reception": 0}
_BEFORE = frozenset({"pk", "prek", "pre-k", "pk3", "pk4", "nursery", "ungraded", "ug", "total", "all"})
_WHOLE = 0.02
"""How far the births of one area may be off the sum of the others for it to be the area of all. [1]"""


def read_counts(
    enrolment: Path,
    entry: str,
    *,
    births: Path | None = None,
    lag: int = 5,
    areas: Path | None = None,
) -> tuple[UnitCounts, list[str], list[Text]]:
    """
    Read counts, and births where given.

    Parameters
    ----------
    enrolment, births, areas
        ``.csv`` or ``.csv.gz`` files; see above.
    entry
        Grade in which children enter, as K or 1.
    lag
        Years from a birth cohort to the autumn of its entry.

    Returns
    -------
    The counts, the names of their grades, and what is to be known about them.

    Raises
    ------
    DataError
        With every fault of the files: columns missing, rows of another length, counts that are no whole numbers, keys
        that repeat, nobody counted in the entry grade.
    """
    first = _grade(entry)
    if first is None:
        raise DataError(Text("{grade} is no entry grade. Name it as K or 1.", grade=entry))
    faults: list[Text] = []
    read: dict[str, Rows] = {}
    for kind, path in (("enrolment", enrolment), ("births", births), ("areas", areas)):
        rows, wrong = (None, []) if path is None else read_rows(path, kind)
        faults += wrong
        if rows is not None:
            read[kind] = rows
    table = _counts(read["enrolment"]) if "enrolment" in read else None
    born = _births(read["births"]) if "births" in read else None
    mapped = _areas(read["areas"]) if "areas" in read else None
    faults += [fault for rows in read.values() for fault in rows.faults]
    if faults or table is None:
        raise DataError(*faults)
    notes = [note for rows in read.values() for note in rows.notes]
    kept = table.loc[table["number"] >= first]
    if not (kept["number"] == first).any():
        raise DataError(
            Text(
                "{file}: no count of entry grade {grade}. Grades found: {grades}.",
                file=enrolment.name,
                grade=entry,
                grades=", ".join(dict.fromkeys(table["grade"].astype(str))),
            )
        )
    if not kept["count"].sum() > 0:
        raise DataError(
            Text(
                "{file}: not a single child is counted from grade {grade} on: every figure is 0, withheld or blank.",
                file=enrolment.name,
                grade=entry,
            )
        )
    pupils, units, grades, years = _arranged(kept, first)
    pupils, told = emptied(pupils, units, years)
    notes += [*told, *renamed(pupils, units, years)]
    total, here = _cohorts(born, mapped, units, years, lag, notes)
    labels = ["K" if grade == 0 else str(grade) for grade in grades]
    counts = UnitCounts(
        units=units,
        grades=grades,
        years=years,
        pupils=pupils,
        births=total,
        born_here=here,
        lag=lag if total is not None else 0,
    )
    return counts, labels, notes


def _arranged(
    table: pd.DataFrame, first: int
) -> tuple[NDArray[np.float64], tuple[str, ...], tuple[int, ...], tuple[int, ...]]:
    """Return counts [unit, grade, year], units, grades and years without gaps."""
    number, year = (table[column].to_numpy(np.int64) for column in ("number", "year"))
    grades = tuple(range(first, int(number.max()) + 1))
    years = tuple(range(int(year.min()), int(year.max()) + 1))
    units = tuple(sorted(set(table["unit_id"])))
    pupils = np.full((len(units), len(grades), len(years)), np.nan)
    at = (
        pd.Index(units).get_indexer(pd.Index(table["unit_id"])),
        number - first,
        year - years[0],
    )
    pupils[at] = table["count"].to_numpy(np.float64)
    return pupils, units, grades, years


def _grade(text: str) -> int | None:
    word = text.strip().lower().removeprefix("grade ").removeprefix("p")
    if word in _KINDERGARTEN:
        return _KINDERGARTEN[word]
    return int(word) if re.fullmatch(r"0?\d|1[0-3]", word) else grade_of(text)


def _years(rows: Rows, named: Callable[[str], int | None]) -> NDArray[np.float64]:
    """Return the column year; years that are none, or out of bounds, are a fault."""
    known = {text: named(re.sub(r"\.0+$", "", text)) for text in rows["year"].unique()}
    year = rows["year"].map(known).to_numpy(np.float64, na_value=np.nan)
    rows.complain(
        ~((year >= 1900) & (year <= 2100)),
        Text("{file}: column year holds no years from 1900 to 2100.", file=rows.file),
    )
    return year


def _unnamed(rows: Rows, column: str) -> None:
    rows.complain(
        (rows[column] == "").to_numpy(bool), Text("{file}: blank {column}.", file=rows.file, column=column)
    )


def _withheld(rows: Rows, count: NDArray[np.float64]) -> None:
    """Note how many counts are not known; called where none is wrong."""
    withheld = int(np.isnan(count).sum())
    if withheld and not rows.faults:
        rows.notes.append(
            Text(
                "{file}: {number} counts are withheld or blank and stay unknown.",
                file=rows.file,
                number=withheld,
            )
        )


def _counts(rows: Rows) -> pd.DataFrame:
    """Return the rows of single grades: unit_id, year, grade, number (of the grade), count; missing where withheld."""
    before = rows["grade"].str.lower().isin(_BEFORE).to_numpy(bool)
    if before.any():
        rows.notes.append(
            Text(
                "{file}: rows of grades {grades} are left out.",
                file=rows.file,
                grades=few(sorted(set(rows["grade"][before]))),
            )
        )
        rows.keep(~before)
    known = {text: _grade(text) for text in rows["grade"].unique()}
    number = rows["grade"].map(known).to_numpy(np.float64, na_value=np.nan)
    rows.complain(
        np.isnan(number), Text("{file}: column grade holds no grades as K, 1, ..., 12.", file=rows.file)
    )
    year, count = _years(rows, school_year_of), rows.whole("enrollment")
    _unnamed(rows, "unit_id")
    typed = rows.table.assign(number=number, count=count, year=year)
    sound = typed[["year", "number"]].notna().all(axis=1)
    twice = sound & typed.duplicated(["unit_id", "year", "number"], keep=False)
    rows.complain(
        twice.to_numpy(bool), Text("{file}: several counts of one unit, year and grade.", file=rows.file)
    )
    _withheld(rows, count)
    return typed


def _births(rows: Rows) -> pd.DataFrame:
    """Return area_id, year (of the cohort) and count of births."""
    year, count = _years(rows, calendar_year), rows.whole("births")
    _unnamed(rows, "area_id")
    typed = rows.table.assign(year=year, count=count)
    twice = typed["year"].notna() & typed.duplicated(["area_id", "year"], keep=False)
    rows.complain(twice.to_numpy(bool), Text("{file}: several figures of one area and year.", file=rows.file))
    _withheld(rows, count)
    return typed


def _areas(rows: Rows) -> pd.DataFrame:
    """Return unit_id and area_id."""
    for column in ("unit_id", "area_id"):
        _unnamed(rows, column)
    twice = rows.table.duplicated("unit_id", keep=False).to_numpy(bool)
    rows.complain(twice, Text("{file}: several areas of one unit.", file=rows.file))
    return rows.table


def _cohorts(
    born: pd.DataFrame | None,
    mapped: pd.DataFrame | None,
    units: Sequence[str],
    years: Sequence[int],
    lag: int,
    notes: list[Text],
) -> tuple[NDArray[np.float64] | None, NDArray[np.float64] | None]:
    """Return births of the cohorts of all autumns, known later ones included: of all units, and by unit where known."""
    if born is None:
        return None, None
    autumns = range(years[0], years[-1] + lag + 1)
    wide = born.pivot_table(index="area_id", columns="year", values="count", aggfunc="sum", min_count=1)
    wide = wide.reindex(columns=[autumn - lag for autumn in autumns])
    figures = wide.to_numpy(np.float64)
    if not np.isfinite(figures).any():
        notes.append(Text("No births of any cohort that enters in the years counted: they are left aside."))
        return None, None
    whole = _area_of_all(figures)
    here = _by_unit(wide, figures, mapped, units, whole)
    if whole is not None:
        return figures[whole], here
    parts = np.array([area in set(units) for area in wide.index], dtype=bool)
    summed = figures[parts] if parts.any() else figures
    # A cohort counts as known only where every area has it, so that the sum is always of the same land.
    steady = np.isfinite(summed).sum(axis=1) >= np.isfinite(summed).sum(axis=1).max()
    return summed[steady].sum(axis=0), here


def _area_of_all(figures: NDArray[np.float64]) -> int | None:
    """Return the row whose births are the sum of the others', as of a state among its counties."""
    if len(figures) < 3:
        return None
    largest = int(np.argmax(np.nansum(figures, axis=1)))
    others = np.delete(figures, largest, axis=0)
    whole = np.isfinite(figures).all(axis=0)
    if not whole.any():
        return None
    ratio = others[:, whole].sum(axis=0) / figures[largest, whole]
    return largest if bool(np.median(np.abs(ratio - 1)) <= _WHOLE) else None


def _by_unit(
    wide: pd.DataFrame,
    figures: NDArray[np.float64],
    mapped: pd.DataFrame | None,
    units: Sequence[str],
    whole: int | None,
) -> NDArray[np.float64] | None:
    """Return births by unit where areas are units, one to one; None where no unit has births of its own."""
    area_of = dict(zip(units, units, strict=True))
    if mapped is not None:
        area_of = dict(zip(mapped["unit_id"], mapped["area_id"], strict=True))
    named = [area_of.get(unit, "") for unit in units]
    alone = pd.Series(named).map(pd.Series(named).value_counts()).to_numpy() == 1
    at = pd.Index(wide.index.astype(str)).get_indexer(pd.Index(named))
    own = (at >= 0) & alone & (at != (-1 if whole is None else whole))
    if not own.any():
        return None
    return np.where(own[:, None], figures[np.maximum(at, 0)], np.nan)
