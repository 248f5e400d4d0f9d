"""Past forecasts made again with what was known then, and how good they and their odds were."""

from __future__ import annotations

from planner.forecast.backtest.baselines import METHODS, REFERENCE
from planner.forecast.backtest.origins import Backtest, backtest_units
from planner.forecast.backtest.tables import read_counts

__all__ = ["METHODS", "REFERENCE", "Backtest", "backtest_units", "read_counts"]
