"""From cases to scores: by target, years ahead and size, beside the simple methods, with the odds' reliability."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planner.errors import QuestionError
from planner.forecast.backtest.baselines import REFERENCE
from planner.forecast.backtest.cases import ALL, FORECAST, METHOD
from planner.forecast.backtest.scores import (
    BINS,
    brier_skill,
    calibration_error,
    poisson_covered,
    poisson_crps,
    reliability,
)
from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from planner.forecast.backtest.cases import Said

BANDS = {
    "below 20": (0, 20),
    "20-49": (20, 50),
    "50-79": (50, 80),
    "80-119": (80, 120),
    "120 and more": (120, np.inf),
}
"""Size bands, by the children forecast: bands by the count that came would hold those that came out high, or low. [children]"""


@dataclass(frozen=True, kw_only=True)
class Backtest:
    """Past forecasts and how good they were."""

    forecasts: pd.DataFrame
    """unit, grade, origin, lead, actual, mean, p025, p10, p50, p90, p975: a row each. [children]"""
    totals: pd.DataFrame
    """The same of all grades of a unit together, and of all units (unit = all): those forecast and counted, or of a
    whole district every child."""
    bounds: pd.DataFrame
    """The same of single grades whose count is only a bound, as the school turned children away: not scored."""
    scores: pd.DataFrame
    """target, lead, band, n, mape, wape, mae, bias, cover80, cover95, crps, crps_baseline, brier_skill, base_rate,
    calibration_error (of more classes than the children need who feed the grade), brier_skill_now, base_rate_now (than
    the grade itself needed): shares as numbers from 0 to 1, mape, wape and bias in percent, the rest in children."""
    baselines: pd.DataFrame
    """method and the same scores of simple methods, all sizes together; their odds are Poisson."""
    reliability: pd.DataFrame
    """target, group, stated, came, cases: of "needs another class" one year ahead, by group of stated probability."""
    fits: pd.DataFrame
    """origin, parameter, value: what each fit estimated."""


class Cases:
    """Cases of all origins, gathered as they come."""

    def __init__(self, grades: Sequence[str], starts: Sequence[str]) -> None:
        """
        Begin without any.

        Parameters
        ----------
        grades
            Names of the grades, in their order.
        starts
            Those of them that children enter; the first of them is the target `entry`, any other one of its own.
        """
        self.grades, self.starts = tuple(grades), tuple(starts)
        self._cells: list[pd.DataFrame] = []
        self._totals: list[pd.DataFrame] = []
        self._bounds: list[pd.DataFrame] = []
        self._fits: list[pd.DataFrame] = []

    def add(self, said: Said) -> None:
        """Take in what was said from an origin so many years ahead."""
        self._cells.append(said.cells())
        self._totals += said.totals()
        self._bounds.append(said.bounds())

    def add_fit(self, fit: pd.DataFrame) -> None:
        """Take in what an origin's fit estimated."""
        self._fits.append(fit)

    def judged(self) -> Backtest:
        """
        Return the scores of all cases.

        Raises
        ------
        QuestionError
            When there is none.
        """
        if not any(len(table) for table in self._cells):
            raise QuestionError(
                Text(
                    "No count can be held against a forecast: no unit was counted both at an origin and as many years after it as asked about."
                )
            )
        cells, totals, bounds = (_together(tables) for tables in (self._cells, self._totals, self._bounds))
        columns = list(FORECAST)
        return Backtest(
            forecasts=cells.loc[:, columns],
            totals=totals.loc[:, columns],
            bounds=bounds.loc[:, columns],
            scores=self._scores(cells, totals),
            baselines=self._baselines(cells, totals),
            reliability=self._reliability(cells),
            fits=_together(self._fits),
        )

    def _targets(self, cells: pd.DataFrame, totals: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
        """Yield every target with its rows: entry, all later grades together and each, unit and district totals."""
        yield "entry", cells.loc[cells["grade"] == self.starts[0]]
        yield "grades", cells.loc[~cells["grade"].isin(self.starts)]
        for grade in self.grades:
            if grade != self.starts[0]:
                yield f"grade {grade}", cells.loc[cells["grade"] == grade]
        yield "unit total", totals.loc[totals["unit"] != ALL]
        yield "district total", totals.loc[totals["unit"] == ALL]

    def _scores(self, cells: pd.DataFrame, totals: pd.DataFrame) -> pd.DataFrame:
        rows = []
        for target, table in self._targets(cells, totals):
            for lead, of_lead in table.groupby("lead"):
                for band, (low, high) in {ALL: (0, np.inf), **BANDS}.items():
                    if band != ALL and "total" in target:
                        continue
                    found = of_lead.loc[(of_lead["mean"] >= low) & (of_lead["mean"] < high)]
                    if len(found):
                        rows.append({"target": target, "lead": lead, "band": band, **_score(found)})
        return pd.DataFrame(rows)

    def _baselines(self, cells: pd.DataFrame, totals: pd.DataFrame) -> pd.DataFrame:
        rows = []
        methods = [str(column) for column in cells.columns if str(column).startswith(METHOD)]
        for target, table in self._targets(cells, totals):
            for lead, of_lead in table.groupby("lead"):
                for method in methods:
                    found = of_lead.loc[of_lead[method].notna()]
                    if not len(found):
                        continue
                    mean, actual = found[method].to_numpy(np.float64), found["actual"].to_numpy(np.float64)
                    row: dict[str, object] = {
                        "method": method.removeprefix(METHOD),
                        "target": target,
                        "lead": lead,
                    }
                    row |= off(mean, actual)
                    row["cover80"] = float(poisson_covered(mean, actual, 0.8).mean())
                    row["cover95"] = float(poisson_covered(mean, actual, 0.95).mean())
                    row["crps"] = float(poisson_crps(mean, actual).mean())
                    rows.append(row)
        return pd.DataFrame(rows)

    def _reliability(self, cells: pd.DataFrame) -> pd.DataFrame:
        tables = []
        asked = cells.loc[cells["stated"].notna()]
        entry = asked["grade"] == self.starts[0]
        for target, chosen in (("entry", entry), ("grades", ~asked["grade"].isin(self.starts))):
            found = asked.loc[chosen]
            said, came, number = reliability(
                found["stated"].to_numpy(np.float64), found["happened"].to_numpy(np.float64) > 0
            )
            tables.append(
                pd.DataFrame(
                    {"target": target, "group": range(BINS), "stated": said, "came": came, "cases": number}
                )
            )
        return pd.concat(tables, ignore_index=True)


def _together(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return the rows of all tables; of empty ones the columns of the first."""
    some = [table for table in tables if len(table)]
    return pd.concat(some, ignore_index=True) if some else tables[0]


def _score(found: pd.DataFrame) -> dict[str, float]:
    """Return the scores of some cases."""
    actual = found["actual"].to_numpy(np.float64)
    plain = found[METHOD + REFERENCE].to_numpy(np.float64)
    both = np.isfinite(plain)
    row = off(found["mean"].to_numpy(np.float64), actual)
    for name, low, high in (("cover80", "p10", "p90"), ("cover95", "p025", "p975")):
        row[name] = float(np.mean((actual >= found[low].to_numpy()) & (actual <= found[high].to_numpy())))
    row["crps"] = float(found["crps"].to_numpy().mean())
    row["crps_baseline"] = float(poisson_crps(plain[both], actual[both]).mean()) if both.any() else np.nan
    if "stated" in found:
        for mark in ("", "_now"):
            asked = found.loc[found[f"stated{mark}"].notna()]
            stated, happened = asked[f"stated{mark}"].to_numpy(np.float64), asked[f"happened{mark}"] > 0
            row[f"brier_skill{mark}"] = brier_skill(stated, happened.to_numpy())
            row[f"base_rate{mark}"] = float(happened.mean()) if len(asked) else np.nan
            if not mark:
                row["calibration_error"] = calibration_error(stated, happened.to_numpy())
    return row


def off(mean: NDArray[np.float64], actual: NDArray[np.float64]) -> dict[str, float]:
    """
    Return how far forecasts were off: n, mape, wape, mae and bias.

    WAPE: children wrongly placed per hundred that came; MAPE leaves out counts of 0; bias is above 0 where too many
    were forecast. [%, mae in children]
    """
    some = actual > 0
    whole = actual.sum()
    return {
        "n": float(len(actual)),
        "mape": 100 * float(np.mean(np.abs(mean - actual)[some] / actual[some])) if some.any() else np.nan,
        "wape": 100 * float(np.abs(mean - actual).sum() / whole) if whole else np.nan,
        "mae": float(np.abs(mean - actual).mean()),
        "bias": 100 * float((mean - actual).sum() / whole) if whole else np.nan,
    }
