"""Forecasts made again at past autumns, with what was known then, and held against what came."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planner.forecast.backtest.baselines import REFERENCE, baseline_forecasts
from planner.forecast.backtest.scores import (
    BINS,
    QUANTILES,
    brier_skill,
    calibration_error,
    crps,
    poisson_covered,
    poisson_crps,
    quantiles,
    reliability,
)
from planner.forecast.model import CHUNK
from planner.forecast.units import fit_units

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from planner.forecast.units import UnitCounts, UnitForecast

BANDS = {
    "below 20": (0, 20),
    "20-49": (20, 50),
    "50-79": (50, 80),
    "80-119": (80, 120),
    "120 and more": (120, np.inf),
}
"""Size bands, by the count that came. [children]"""
ALL = "all"
TOTAL = "total"
"""Stands for all grades of a unit, and with `ALL` units for the district."""


@dataclass(frozen=True, kw_only=True)
class Backtest:
    """Past forecasts and how good they were."""

    forecasts: pd.DataFrame
    """unit, grade, origin, lead, actual, mean, p025, p10, p50, p90, p975: a row each. [children]"""
    totals: pd.DataFrame
    """The same of all grades of a unit together, and of all units (unit = all): those forecast and counted."""
    scores: pd.DataFrame
    """target, lead, band, n, mape, wape, mae, bias, cover80, cover95, crps, crps_baseline, brier_skill, base_rate,
    calibration_error: shares as numbers from 0 to 1, mape, wape and bias in percent, the rest in children."""
    baselines: pd.DataFrame
    """method and the same scores of simple methods, all sizes together; their odds are Poisson."""
    reliability: pd.DataFrame
    """target, stated, came, cases: of "needs another class" one year ahead, by group of stated probability."""
    fits: pd.DataFrame
    """origin, parameter, value: what each fit estimated."""


def backtest_units(
    counts: UnitCounts,
    origins: Sequence[int],
    leads: Sequence[int],
    *,
    labels: Sequence[str],
    cap: int = 25,
    draws: int = 2000,
    seed: int = 1,
    progress: Callable[[int], None] | None = None,
) -> Backtest:
    """
    Forecast again at every origin and score what was said.

    Parameters
    ----------
    counts
        All counts; births of cohorts not yet born at an origin are not used there.
    origins
        Last autumns known.
    leads
        Years ahead; those beyond the last count are passed over.
    labels
        Names of the grades, in their order.
    cap
        Class size of the question "does the grade need another class than its children need now".
    progress
        Called with each origin that is done.
    """
    cases: list[pd.DataFrame] = []
    totals: list[pd.DataFrame] = []
    fits: list[pd.DataFrame] = []
    for origin in origins:
        ahead = [lead for lead in leads if origin + lead <= counts.years[-1]]
        if not ahead:
            continue
        known = counts.until(origin)
        fitted = fit_units(known, max(ahead))
        said = np.concatenate(
            [fitted.draw(max(ahead), chunk, seed) for chunk in range(-(-draws // CHUNK))], axis=-1
        )[..., :draws]
        simple = baseline_forecasts(known, max(ahead))
        for lead in ahead:
            came = counts.pupils[:, :, counts.years.index(origin + lead)]
            of_lead = _OfLead(
                counts,
                origin,
                lead,
                said[:, :, lead - 1],
                came,
                {k: v[:, :, lead - 1] for k, v in simple.items()},
            )
            cases.append(of_lead.cells(labels, cap if lead == 1 else None))
            totals.extend(of_lead.totals())
        fits.append(_parameters(fitted, origin))
        if progress is not None:
            progress(origin)
    every, summed = pd.concat(cases, ignore_index=True), pd.concat(totals, ignore_index=True)
    columns = ["unit", "grade", "origin", "lead", "actual", "mean", *QUANTILES]
    return Backtest(
        forecasts=every.loc[:, columns],
        totals=summed.loc[:, columns],
        scores=_scores(every, summed, labels),
        baselines=_baseline_scores(every, summed, labels, METHOD),
        reliability=_reliability(every, labels),
        fits=pd.concat(fits, ignore_index=True),
    )


METHOD = "method: "
"""Begins the columns of baselines among the cases."""


class _OfLead:
    """One origin's forecasts at one lead."""

    def __init__(
        self,
        counts: UnitCounts,
        origin: int,
        lead: int,
        said: NDArray[np.float32],
        came: NDArray[np.float64],
        simple: dict[str, NDArray[np.float64]],
    ) -> None:
        self.units = np.array([*counts.units, ALL], dtype=object)
        self.origin, self.lead, self.said, self.came, self.simple = origin, lead, said, came, simple
        self.before = counts.pupils[:, :, counts.years.index(origin)]
        self.judged = np.isfinite(said[..., 0]) & np.isfinite(came)

    def cells(self, labels: Sequence[str], cap: int | None) -> pd.DataFrame:
        """Return a row for every unit and grade forecast and counted."""
        unit, grade = np.nonzero(self.judged)
        draws, actual = self.said[unit, grade], self.came[unit, grade]
        table = self._table(unit, np.array(labels, dtype=object)[grade], draws, actual)
        for name, forecast in self.simple.items():
            table[METHOD + name] = forecast[unit, grade]
        now = self.before[unit, np.maximum(grade - 1, 0)]
        if cap is None:
            return table.assign(stated=np.nan, happened=np.nan)
        limit = cap * np.ceil(now / cap)
        asked = np.nan_to_num(now) > 0
        stated = (draws > np.where(asked, limit, np.inf)[:, None]).mean(axis=1)
        return table.assign(
            stated=np.where(asked, stated, np.nan), happened=np.where(asked, actual > limit, np.nan)
        )

    def totals(self) -> Iterator[pd.DataFrame]:
        """Yield the rows of units' totals and of the district's."""
        shown = self.judged.any(axis=1)
        draws = np.where(self.judged[..., None], self.said, 0).sum(axis=1)
        actual = np.where(self.judged, self.came, 0.0).sum(axis=1)
        simple = {
            name: np.where(self.judged, np.nan_to_num(forecast), 0.0).sum(axis=1)
            for name, forecast in self.simple.items()
        }
        units = np.flatnonzero(shown)
        table = self._table(units, TOTAL, draws[units], actual[units])
        yield table.assign(**{METHOD + name: forecast[units] for name, forecast in simple.items()})
        whole = self._table(np.array([-1]), TOTAL, draws.sum(axis=0)[None], actual.sum()[None])
        yield whole.assign(**{METHOD + name: forecast.sum() for name, forecast in simple.items()})

    def _table(
        self,
        unit: NDArray[np.intp],
        grade: NDArray[np.object_] | str,
        draws: NDArray[np.float32],
        actual: NDArray[np.float64],
    ) -> pd.DataFrame:
        table = pd.DataFrame(
            {
                "unit": self.units[unit],
                "grade": grade,
                "origin": self.origin,
                "lead": self.lead,
                "actual": actual,
            }
        )
        table["mean"] = draws.mean(axis=1, dtype=np.float64)
        for name, values in zip(QUANTILES, quantiles(draws), strict=True):
            table[name] = values
        return table.assign(crps=crps(draws, actual))


def _parameters(fitted: UnitForecast, origin: int) -> pd.DataFrame:
    """Return what a fit estimated, a row a parameter."""
    entry, ratios = fitted.entry, fitted.ratios
    rows: dict[str, float] = {
        "growth: variance per child": ratios.per_child,
        "growth: school-year shock": ratios.school_year,
        "growth: lasting, school": ratios.school,
        "growth: lasting, grade of a school": ratios.school_grade,
        "growth: common error": fitted.common_error,
        "growth: grade's error": fitted.grade_error,
        "growth: transitions": ratios.transitions,
        "entry: variance per child": entry.per_child,
        "entry: follows births": entry.follows_births,
        "entry: past forecasts": entry.tried,
    }
    for at in range(len(entry.unit_variance)):
        rows[f"entry: unit error, lead {at + 1}"] = float(np.sqrt(entry.unit_variance[at]))
        rows[f"entry: shared error, lead {at + 1}"] = float(np.sqrt(entry.shared_variance[at]))
        for name, weight in zip(entry.forecasts, entry.weights[at], strict=True):
            rows[f"entry: weight of {name}, lead {at + 1}"] = float(weight)
    return pd.DataFrame({"origin": origin, "parameter": list(rows), "value": list(rows.values())})


def _targets(
    cases: pd.DataFrame, totals: pd.DataFrame, labels: Sequence[str]
) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield every target with its rows: the entry grade, all later ones together and each, unit and district totals."""
    yield "entry", cases.loc[cases["grade"] == labels[0]]
    yield "grades", cases.loc[cases["grade"] != labels[0]]
    for label in labels[1:]:
        yield f"grade {label}", cases.loc[cases["grade"] == label]
    yield "unit total", totals.loc[totals["unit"] != ALL]
    yield "district total", totals.loc[totals["unit"] == ALL]


def _scores(cases: pd.DataFrame, totals: pd.DataFrame, labels: Sequence[str]) -> pd.DataFrame:
    rows = []
    for target, table in _targets(cases, totals, labels):
        for lead, of_lead in table.groupby("lead"):
            for band, (low, high) in {ALL: (0, np.inf), **BANDS}.items():
                found = of_lead.loc[(of_lead["actual"] >= low) & (of_lead["actual"] < high)]
                if band != ALL and "total" in target:
                    continue
                if len(found):
                    rows.append({"target": target, "lead": lead, "band": band, **_score(found)})
    return pd.DataFrame(rows)


def _score(found: pd.DataFrame) -> dict[str, float]:
    """Return the scores of some cases."""
    actual = found["actual"].to_numpy(np.float64)
    plain = found[METHOD + REFERENCE].to_numpy(np.float64)
    both = np.isfinite(plain)
    row = _off(found["mean"].to_numpy(np.float64), actual)
    for name, low, high in (("cover80", "p10", "p90"), ("cover95", "p025", "p975")):
        row[name] = float(np.mean((actual >= found[low].to_numpy()) & (actual <= found[high].to_numpy())))
    row["crps"] = float(found["crps"].to_numpy().mean())
    row["crps_baseline"] = float(poisson_crps(plain[both], actual[both]).mean()) if both.any() else np.nan
    if "stated" in found:
        asked = found.loc[found["stated"].notna()]
        stated, happened = asked["stated"].to_numpy(np.float64), asked["happened"].to_numpy(np.float64) > 0
        row["brier_skill"] = brier_skill(stated, happened)
        row["base_rate"] = float(happened.mean()) if len(asked) else np.nan
        row["calibration_error"] = calibration_error(stated, happened)
    return row


def _off(mean: NDArray[np.float64], actual: NDArray[np.float64]) -> dict[str, float]:
    """Return how far forecasts were off."""
    some = actual > 0
    whole = actual.sum()
    return {
        "n": float(len(actual)),
        "mape": 100 * float(np.mean(np.abs(mean - actual)[some] / actual[some])) if some.any() else np.nan,
        "wape": 100 * float(np.abs(mean - actual).sum() / whole) if whole else np.nan,
        "mae": float(np.abs(mean - actual).mean()),
        "bias": 100 * float((mean - actual).sum() / whole) if whole else np.nan,
    }


def _baseline_scores(
    cases: pd.DataFrame, totals: pd.DataFrame, labels: Sequence[str], mark: str
) -> pd.DataFrame:
    rows = []
    methods = [str(column) for column in cases.columns if str(column).startswith(mark)]
    for target, table in _targets(cases, totals, labels):
        for lead, of_lead in table.groupby("lead"):
            for method in methods:
                found = of_lead.loc[of_lead[method].notna()]
                if not len(found):
                    continue
                mean, actual = found[method].to_numpy(np.float64), found["actual"].to_numpy(np.float64)
                row: dict[str, object] = {"method": method.removeprefix(mark), "target": target, "lead": lead}
                row |= _off(mean, actual)
                row["cover80"] = float(poisson_covered(mean, actual, 0.8).mean())
                row["cover95"] = float(poisson_covered(mean, actual, 0.95).mean())
                row["crps"] = float(poisson_crps(mean, actual).mean())
                rows.append(row)
    return pd.DataFrame(rows)


def _reliability(cases: pd.DataFrame, labels: Sequence[str]) -> pd.DataFrame:
    rows = []
    asked = cases.loc[cases["stated"].notna()]
    for target, table in (("entry", asked["grade"] == labels[0]), ("grades", asked["grade"] != labels[0])):
        found = asked.loc[table]
        if not len(found):
            continue
        said, came, number = reliability(
            found["stated"].to_numpy(np.float64), found["happened"].to_numpy(np.float64) > 0
        )
        rows.append(
            pd.DataFrame(
                {"target": target, "group": range(BINS), "stated": said, "came": came, "cases": number}
            )
        )
    return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame()
