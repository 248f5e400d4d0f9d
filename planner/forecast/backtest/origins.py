"""Forecasts of plain counts made again at past autumns, with what was known then, and held against what came."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planner.forecast.backtest.baselines import baseline_forecasts
from planner.forecast.backtest.cases import Said
from planner.forecast.backtest.judging import Cases
from planner.forecast.model import CHUNK
from planner.forecast.units import fit_units

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from planner.forecast.backtest.judging import Backtest
    from planner.forecast.units import UnitCounts, UnitForecast


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
    cases = Cases(labels, labels[:1])
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
        now = known.pupils[:, :, -1]
        feeding = np.concatenate([now[:, :1], now[:, :-1]], axis=1)
        for lead in ahead:
            cases.add(
                Said(
                    units=counts.units,
                    grades=labels,
                    origin=origin,
                    lead=lead,
                    draws=said[:, :, lead - 1],
                    came=counts.pupils[:, :, counts.years.index(origin + lead)],
                    simple={name: forecast[:, :, lead - 1] for name, forecast in simple.items()},
                    feeding=feeding if lead == 1 else None,
                    standing=now if lead == 1 else None,
                    caps=[cap] * len(labels),
                )
            )
        cases.add_fit(_parameters(fitted, origin))
        if progress is not None:
            progress(origin)
    return cases.judged()


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
