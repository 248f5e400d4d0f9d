"""From the district's tables to arrays with named axes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from planner.district import District


def where(table: pd.DataFrame, kept: Any) -> pd.DataFrame:
    """Return the rows that a mask keeps."""
    return cast("pd.DataFrame", table.loc[kept])


def numbers(values: Any, missing: float = np.nan) -> NDArray[np.float64]:
    """Return a column as numbers, missing ones as stated."""
    return pd.Series(values).to_numpy(dtype=np.float64, na_value=missing)


def years_in(table: pd.DataFrame) -> tuple[int, ...]:
    """Return the years of a table, each once, in order."""
    return tuple(sorted({int(year) for year in numbers(table["year"]) if np.isfinite(year)}))


def positions(values: Iterable[object], ids: Iterable[object]) -> NDArray[np.intp]:
    """Return the position of each value among the ids; -1 where it is none of them."""
    found = {each: at for at, each in enumerate(ids)}
    return np.array([found.get(value, -1) for value in values], dtype=np.intp)


def totals(table: pd.DataFrame, value: str, axes: Mapping[str, Collection[object]]) -> NDArray[np.float64]:
    """
    Return the sum of a column on the axes given; rows that are not on them are left out, cells without rows are 0.

    Parameters
    ----------
    axes
        Column to the ids along that axis, in the order of the array's axes.
    """
    out = np.zeros(tuple(len(ids) for ids in axes.values()))
    if table.empty:
        return out
    at = [positions(table[column], ids) for column, ids in axes.items()]
    figures = numbers(table[value])
    kept = np.logical_and.reduce([place >= 0 for place in at]) & np.isfinite(figures)
    np.add.at(out, tuple(place[kept] for place in at), figures[kept])
    return out


def grouped(values: NDArray[np.float64], of: NDArray[np.intp], groups: int) -> NDArray[np.float64]:
    """Return sums [group, ...] of values [item, ...] by the group of each item; items of group -1 are left out."""
    out = np.zeros((groups, *values.shape[1:]))
    kept = of >= 0
    np.add.at(out, of[kept], values[kept])
    return out


@dataclass(frozen=True, kw_only=True)
class Rolls:
    """Counts of the public schools through the years."""

    schools: tuple[str, ...]
    grades: tuple[int, ...]
    years: tuple[int, ...]
    """Autumns counted, oldest first, without gaps; the last is the district's last count."""
    pupils: NDArray[np.float64]
    """[school, grade, year]; missing where nothing was counted. [children]"""
    full: NDArray[np.bool_]
    """[school, grade, year]: the school turned children away, the count is a lower bound of demand."""

    def of_grade(self, grade: int) -> NDArray[np.float64]:
        """Return the counts [school, year] of a grade."""
        return self.pupils[:, self.grades.index(grade)]


def read_rolls(district: District, schools: Sequence[str], grades: Sequence[int]) -> Rolls:
    """Return the counts of the schools up to the last count of the district."""
    table = district["enrolment"]
    table = where(table, table["year"] <= district.counted)
    years = tuple(range(min(years_in(table), default=district.counted), district.counted + 1))
    axes = {"school": schools, "grade": grades, "year": years}
    counted = totals(table.assign(rows=1), "rows", axes) > 0
    flagged = where(table, numbers(table["full"], 0) > 0)
    return Rolls(
        schools=tuple(schools),
        grades=tuple(grades),
        years=years,
        pupils=np.where(counted, totals(table, "pupils", axes), np.nan),
        full=totals(flagged.assign(rows=1), "rows", axes) > 0,
    )
