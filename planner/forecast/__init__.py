"""
Children entitled to enter, children who leave, and growth of every grade, with all their uncertainty.

A forecast is fitted once for a district and a set of assumptions, and then drawn from: the expected path, or
any range of draws, each keyed by the seed and the ids it is about, so that scenarios share their shocks.
"""

from __future__ import annotations

from planner.forecast.chunks import over_chunks
from planner.forecast.fitted import FittedForecast, fit_forecast
from planner.forecast.model import CHUNK, COMPONENTS, Assumptions, DemandEdit, Draws, Forecast

__all__ = [
    "CHUNK",
    "COMPONENTS",
    "Assumptions",
    "DemandEdit",
    "Draws",
    "FittedForecast",
    "Forecast",
    "fit_forecast",
    "over_chunks",
]
