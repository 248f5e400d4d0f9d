"""
Plain tables of counts and births, as offices of statistics publish them.

- enrolment: ``unit_id, year, grade, enrollment``, a row a count;
- births: ``area_id, year, births``, years being those of the cohort;
- areas: ``unit_id, area_id``, where units are not the births' areas themselves.

Ids are text. A count that is withheld (``<10``, ``*``, ``suppressed``) is missing, never a number.
"""

from __future__ import annotations

import gzip
import io
import re
import zlib
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planner.errors import DataError
from planner.forecast.units import UnitCounts
from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

_WITHHELD = re.compile(r"^(?:[<≤]\s*=?\s*\d+|\*+|s|suppressed|withheld|n/?a|-|\.+|x)$", re.IGNORECASE)
_KINDERGARTEN = {"k": 0, "kg": 0, "kindergarten": 0, "r": 0, "reception": 0}
_BEFORE = frozenset({"pk", "prek", "pre-k", "pk3", "pk4", "nursery", "ungraded", "ug", "total", "all"})
_NAMES = {
    **dict.fromkeys(("school", "学校编号", "学校代码"), "unit_id"),
    **dict.fromkeys(("pupils", "enrolment", "在校生数", "学生数"), "enrollment"),
    **dict.fromkeys(("area", "block", "区域", "地块编号"), "area_id"),
    **dict.fromkeys(("学年", "年份"), "year"),
    "年级": "grade",
    "出生数": "births",
}
"""Other names of columns: those of a district's own tables, in either language."""
_SHOWN = 5
_MOST = 10_000_000
"""Children in one cell beyond whom a figure is taken for a slip."""
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
        With every fault of the files: columns missing, counts that are no whole numbers, keys that repeat, nothing
        counted in the entry grade.
    """
    faults: list[Text] = []
    first = _grade(entry)
    if first is None:
        raise DataError(Text("{grade} is no entry grade. Name it as K or 1.", grade=entry))
    table = _read(enrolment, ("unit_id", "year", "grade", "enrollment"), faults)
    born = None if births is None else _read(births, ("area_id", "year", "births"), faults)
    mapped = None if areas is None else _read(areas, ("unit_id", "area_id"), faults)
    if faults or table is None:
        raise DataError(*faults)
    table, notes = _counts(table, enrolment, faults)
    if born is not None and births is not None:
        born, more = _births(born, births, faults)
        notes += more
    if faults:
        raise DataError(*faults)
    kept = table.loc[table["number"] >= first]
    if kept.empty or not (kept["number"] == first).any():
        raise DataError(
            Text(
                "{file}: no count of entry grade {grade}. Grades found: {grades}.",
                file=enrolment.name,
                grade=entry,
                grades=", ".join(dict.fromkeys(table["grade"].astype(str))),
            )
        )
    grades = tuple(range(first, int(kept["number"].max()) + 1))
    years = tuple(range(int(kept["year"].min()), int(kept["year"].max()) + 1))
    units = tuple(sorted(set(kept["unit_id"])))
    pupils = np.full((len(units), len(grades), len(years)), np.nan)
    at = (
        pd.Index(units).get_indexer(pd.Index(kept["unit_id"])),
        kept["number"].to_numpy(np.int64) - first,
        kept["year"].to_numpy(np.int64) - years[0],
    )
    pupils[at] = kept["count"].to_numpy(np.float64)
    notes += _emptied(pupils, units, years)
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


def _grade(text: str) -> int | None:
    word = text.strip().lower().removeprefix("grade ").removeprefix("p")
    if word in _KINDERGARTEN:
        return _KINDERGARTEN[word]
    return int(word) if re.fullmatch(r"0?\d|1[0-3]", word) else None


def _read(path: Path, columns: Sequence[str], faults: list[Text]) -> pd.DataFrame | None:
    """Return a file's rows as text with their line numbers; None, with the fault noted, when it cannot be read."""
    try:
        content = path.read_bytes()
        if path.suffix.lower() == ".gz":
            content = gzip.decompress(content)
        text = content.decode("utf-8-sig")
        table = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False, skip_blank_lines=False)
    except (
        OSError,
        EOFError,
        zlib.error,
        UnicodeDecodeError,
        pd.errors.ParserError,
        pd.errors.EmptyDataError,
    ) as reason:
        why = (
            reason.strerror
            if isinstance(reason, OSError) and reason.strerror
            else str(reason).splitlines()[0]
        )
        faults.append(
            Text(
                "{file} cannot be read: {reason}. Give a table as .csv or .csv.gz in UTF-8.",
                file=path.name,
                reason=why,
            )
        )
        return None
    table.columns = [
        _NAMES.get(name, name) for name in (str(column).strip().lower() for column in table.columns)
    ]
    if not isinstance(table.index, pd.RangeIndex):
        # Cells without a heading pandas takes for names of rows, and moves all others under wrong headings.
        faults.append(
            Text("{file}: rows have more cells than the first line has column names.", file=path.name)
        )
        return None
    twice = [column for column in columns if list(table.columns).count(column) > 1]
    if twice:
        faults.append(
            Text("{file}: columns {columns} stand there twice.", file=path.name, columns=", ".join(twice))
        )
        return None
    missing = [column for column in columns if column not in table.columns]
    if missing:
        faults.append(
            Text(
                "{file}: columns {missing} are missing. Needed are {columns}.",
                file=path.name,
                missing=", ".join(missing),
                columns=", ".join(columns),
            )
        )
        return None
    table = table.loc[:, list(columns)].apply(lambda cells: cells.str.strip())
    table["line"] = np.arange(2, len(table) + 2)
    return table.loc[(table[list(columns)] != "").any(axis=1)].reset_index(drop=True)


def _whole(table: pd.DataFrame, column: str, file: str, faults: list[Text]) -> NDArray[np.float64]:
    """Return a column as whole numbers; withheld and blank cells are missing, others that are no number a fault."""
    text = table[column].str.replace(r"(?<=\d),(?=\d{3}(?:\D|$))", "", regex=True)
    values = np.asarray(pd.to_numeric(text, errors="coerce"), dtype=np.float64)
    withheld = (text == "") | text.str.fullmatch(_WITHHELD)
    wrong = ~withheld.to_numpy(bool) & ~(
        np.isfinite(values) & (values >= 0) & (values <= _MOST) & (values == np.floor(values))
    )
    _complain(
        faults,
        table,
        wrong,
        Text("{file}: column {column} holds no whole numbers from 0 on.", file=file, column=column),
    )
    return np.where(withheld.to_numpy(bool), np.nan, values)


def _complain(faults: list[Text], table: pd.DataFrame, wrong: NDArray[np.bool_], what: Text) -> None:
    """Add a fault with the lines that it is about, if there are any."""
    lines = table["line"].to_numpy()[wrong]
    if not len(lines):
        return
    listed = ", ".join(str(line) for line in lines[:_SHOWN])
    more = len(lines) - _SHOWN
    faults.append(
        Text("{what} Lines {lines} and {more} more.", what=what, lines=listed, more=more)
        if more > 0
        else Text("{what} Lines {lines}.", what=what, lines=listed)
    )


def _counts(table: pd.DataFrame, file: Path, faults: list[Text]) -> tuple[pd.DataFrame, list[Text]]:
    """Return the rows of single grades, typed, and notes."""
    notes: list[Text] = []
    table = table.loc[~table["grade"].str.lower().isin(_BEFORE)].reset_index(drop=True)
    numbers = [_grade(grade) for grade in table["grade"]]
    strange = np.array([number is None for number in numbers], dtype=bool)
    _complain(
        faults,
        table,
        strange,
        Text("{file}: column grade holds no grades as K, 1, ..., 12.", file=file.name),
    )
    year, count = _whole(table, "year", file.name, faults), _whole(table, "enrollment", file.name, faults)
    _complain(
        faults,
        table,
        ~((year >= 1900) & (year <= 2100)),
        Text("{file}: column year holds no years from 1900 to 2100.", file=file.name),
    )
    _complain(
        faults, table, (table["unit_id"] == "").to_numpy(bool), Text("{file}: blank unit_id.", file=file.name)
    )
    typed = table.assign(
        number=[-1 if number is None else number for number in numbers], count=count, year=year
    )
    twice = typed.duplicated(["unit_id", "year", "number"], keep=False).to_numpy(bool)
    _complain(
        faults, table, twice, Text("{file}: several counts of one unit, year and grade.", file=file.name)
    )
    withheld = int(np.isnan(count).sum())
    if withheld:
        notes.append(
            Text(
                "{file}: {number} counts are withheld or blank and stay unknown.",
                file=file.name,
                number=withheld,
            )
        )
    return typed, notes


def _births(table: pd.DataFrame, file: Path, faults: list[Text]) -> tuple[pd.DataFrame, list[Text]]:
    year, count = _whole(table, "year", file.name, faults), _whole(table, "births", file.name, faults)
    typed = table.assign(year=year, count=count)
    twice = typed.duplicated(["area_id", "year"], keep=False).to_numpy(bool)
    _complain(faults, table, twice, Text("{file}: several figures of one area and year.", file=file.name))
    return typed, []


def _emptied(pupils: NDArray[np.float64], units: Sequence[str], years: Sequence[int]) -> list[Text]:
    """Make whole years of zeros between years with children missing, and say so."""
    total = np.where(np.isfinite(pupils).any(axis=1), np.nansum(pupils, axis=1), np.nan)
    notes = []
    for unit, year in np.argwhere(total == 0):
        before, after = total[unit, :year], total[unit, year + 1 :]
        if (before > 0).any() and (after > 0).any():
            pupils[unit, :, year] = np.nan
            notes.append(
                Text(
                    "Unit {unit}: no child at all in {year} between years with children; taken as not counted.",
                    unit=units[int(unit)],
                    year=years[int(year)],
                )
            )
    return notes


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
