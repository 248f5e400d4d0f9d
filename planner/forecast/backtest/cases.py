"""What was said from one autumn about a later one, held against what came: a row a case."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planner.forecast.backtest.scores import QUANTILES, crps, quantiles

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

ALL = "all"
TOTAL = "total"
"""Stands for all grades of a unit, and with `ALL` units for the district."""
METHOD = "method: "
"""Begins the columns of simple methods among the cases."""
FORECAST = ("unit", "grade", "origin", "lead", "actual", "mean", *QUANTILES)
"""Columns of a forecast as it is written."""


@dataclass(frozen=True, kw_only=True)
class Said:
    """What was said from one origin so many years ahead, and what came; axes [unit, grade]."""

    units: Sequence[str]
    grades: Sequence[str]
    origin: int
    lead: int
    draws: NDArray[np.float32]
    """[unit, grade, draw]; missing where nothing was said. [children]"""
    came: NDArray[np.float64]
    """Missing where not counted. [children]"""
    simple: Mapping[str, NDArray[np.float64]]
    """By method: what it said. [children]"""
    feeding: NDArray[np.float64] | None = None
    """Children of the last count who feed the grade; None: whether another class is needed is not asked. [children]"""
    standing: NDArray[np.float64] | None = None
    """Children of the last count in the grade itself: whether it needs more classes than it had is asked too. [children]"""
    caps: Sequence[int] = ()
    """[grade]: class size of that question. [children]"""
    bound: NDArray[np.bool_] = field(default_factory=lambda: np.zeros((0, 0), bool))
    """Counts of schools that turned children away: a lower bound of what was forecast. Empty: none."""
    whole: bool = False
    """Whether the units are the whole district, so that its total counts every child, also of units and grades of
    which nothing was said or that are a bound."""

    @property
    def judged(self) -> NDArray[np.bool_]:
        """Said, counted, and no bound."""
        return self._both & ~self.bound if self.bound.size else self._both

    @property
    def _both(self) -> NDArray[np.bool_]:
        return np.isfinite(self.draws[..., 0]) & np.isfinite(self.came)

    def cells(self) -> pd.DataFrame:
        """
        Return a row for every unit and grade judged, with the odds of another class where they are asked.

        `stated` and `happened`: than the children need who feed the grade; `stated_now` and `happened_now`: than the
        grade itself needed in the last count.
        """
        unit, grade = np.nonzero(self.judged)
        table = self._rows(unit, grade)
        table["stated"], table["happened"] = self._another_class(unit, grade, self.feeding)
        table["stated_now"], table["happened_now"] = self._another_class(unit, grade, self.standing)
        return table

    def _another_class(
        self, unit: NDArray[np.intp], grade: NDArray[np.intp], children: NDArray[np.float64] | None
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the odds of more than the classes that so many children need, and whether it came; missing where not asked."""
        if children is None:
            return np.full(len(unit), np.nan), np.full(len(unit), np.nan)
        cap, before = np.asarray(self.caps, dtype=np.float64)[grade], children[unit, grade]
        asked = np.nan_to_num(before) > 0
        limit = np.where(asked, cap * np.ceil(before / cap), np.inf)
        stated = (self.draws[unit, grade] > limit[:, None]).mean(axis=1)
        happened = self.came[unit, grade] > limit
        return np.where(asked, stated, np.nan), np.where(asked, happened, np.nan)

    def bounds(self) -> pd.DataFrame:
        """Return a row for every unit and grade whose count is only a bound."""
        unit, grade = np.nonzero(self._both & ~self.judged)
        return self._rows(unit, grade)

    def totals(self) -> list[pd.DataFrame]:
        """Return the rows of units' totals and of the district's."""
        judged = self.judged
        units = np.flatnonzero(judged.any(axis=1))
        of_unit = self._table(
            np.array(self.units, dtype=object)[units],
            TOTAL,
            np.where(judged[..., None], self.draws, 0).sum(axis=1)[units],
            np.where(judged, self.came, 0.0).sum(axis=1)[units],
            {
                name: np.where(judged, np.nan_to_num(said), 0.0).sum(axis=1)[units]
                for name, said in self._named()
            },
        )
        if not len(units):
            return [of_unit]
        counted = np.ones_like(judged) if self.whole else judged
        district = self._table(
            np.array([ALL], dtype=object),
            TOTAL,
            np.nan_to_num(np.where(counted[..., None], self.draws, 0)).sum(axis=(0, 1))[None],
            np.array([np.nan_to_num(np.where(counted, self.came, 0.0)).sum()]),
            {
                name: np.array([np.nan_to_num(np.where(counted, said, 0.0)).sum()])
                for name, said in self._named()
            },
        )
        return [of_unit, district]

    def _named(self) -> list[tuple[str, NDArray[np.float64]]]:
        return [(METHOD + name, said) for name, said in self.simple.items()]

    def _rows(self, unit: NDArray[np.intp], grade: NDArray[np.intp]) -> pd.DataFrame:
        return self._table(
            np.array(self.units, dtype=object)[unit],
            np.array(self.grades, dtype=object)[grade],
            self.draws[unit, grade],
            self.came[unit, grade],
            {name: said[unit, grade] for name, said in self._named()},
        )

    def _table(
        self,
        units: NDArray[np.object_],
        grades: NDArray[np.object_] | str,
        draws: NDArray[np.float32],
        actual: NDArray[np.float64],
        simple: Mapping[str, NDArray[np.float64]],
    ) -> pd.DataFrame:
        table = pd.DataFrame({"unit": units, "grade": grades, "origin": self.origin, "lead": self.lead})
        table["actual"] = actual
        table["mean"] = draws.mean(axis=1, dtype=np.float64)
        for name, values in zip(QUANTILES, quantiles(draws), strict=True):
            table[name] = values
        return table.assign(crps=crps(draws, actual), **simple)
