"""Past forecasts made again with what was known then, and how good they and their odds were."""

from __future__ import annotations

from planner.forecast.backtest.baselines import METHODS, REFERENCE, baseline_forecasts
from planner.forecast.backtest.cases import Said
from planner.forecast.backtest.choosing import Chosen, choose_origins
from planner.forecast.backtest.histories import left_out
from planner.forecast.backtest.judging import Backtest, Cases, off
from planner.forecast.backtest.origins import backtest_units
from planner.forecast.backtest.tables import read_counts

__all__ = [
    "METHODS",
    "REFERENCE",
    "Backtest",
    "Cases",
    "Chosen",
    "Said",
    "backtest_units",
    "baseline_forecasts",
    "choose_origins",
    "left_out",
    "off",
    "read_counts",
]
