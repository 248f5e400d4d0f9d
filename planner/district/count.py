"""The last autumn count: where every forecast starts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from planner.district.model import District


@dataclass(frozen=True, kw_only=True)
class Count:
    """Children and classes of one autumn."""

    year: int
    pupils: NDArray[np.int16]
    """[school, grade]; 0 where nobody was counted. [children]"""
    classes: NDArray[np.int16]
    """[school, grade]; -1 where children were counted but no classes. [classes]"""


def last_count(district: District, schools: Sequence[str], grades: Sequence[int]) -> Count:
    """
    Return the district's last count as arrays in the order of the schools and grades.

    Classes are those of ``enrolment``; where it has none, the class lists of ``classes``, else the class bands of the
    statistical form, count them.

    Schools without a row, such as those of projects, count nobody.
    """
    table = district["enrolment"]
    table = table[table["year"] == district.counted].set_index(["school", "grade"])
    cells = pd.MultiIndex.from_product([schools, grades], names=["school", "grade"])
    shape = (len(schools), len(grades))
    pupils = table["pupils"].reindex(cells).fillna(0).to_numpy(np.int16).reshape(shape)
    classes = table["classes"].reindex(cells).astype("Float64").to_numpy(np.float64, na_value=np.nan)
    for other in _classes_elsewhere(district):
        classes = np.where(np.isnan(classes), other.reindex(cells).to_numpy(np.float64), classes)
    known = np.where(np.isnan(classes.reshape(shape)), np.where(pupils > 0, -1, 0), classes.reshape(shape))
    return Count(year=district.counted, pupils=pupils, classes=known.astype(np.int16))


def _classes_elsewhere(district: District) -> tuple[pd.Series, ...]:
    """Return classes by (school, grade) of the last count from class lists, and from class bands. [classes]."""
    lists, bands = district["classes"], district["class_bands"]
    lists = lists.loc[lists["year"] == district.counted]
    bands = bands.loc[(bands["year"] == district.counted) & bands["classes"].notna()]
    cell = ["school", "grade"]
    return (
        lists.groupby(cell)["class"].size().astype("float64"),
        bands.groupby(cell)["classes"].sum().astype("float64"),
    )
