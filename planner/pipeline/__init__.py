"""
From a scenario to everything it produces, in one order and nothing else.

Apply the scenario, date the rooms, fit the forecast, build and propose the plan, carry it out in every draw, and
summarise the draws as tables.
"""

from __future__ import annotations

from planner.pipeline.running import Run, run

__all__ = ["Run", "run"]
