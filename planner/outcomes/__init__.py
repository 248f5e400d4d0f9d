"""
Tables from a simulation: seats, class sizes, odds, ways to school, moves and compliance.

Means stand in plain columns, 80 % ranges in `_p10` and `_p90`; a count at the end of a range is one that occurred.
Rows follow the file order of the schools, then the years.
"""

from __future__ import annotations

from planner.outcomes.branches import odds_by_branch
from planner.outcomes.everything import all_outcomes
from planner.outcomes.facts import Facts
from planner.outcomes.homes import moves, travel
from planner.outcomes.odds import (
    QUANTILES,
    Odds,
    above_caps,
    demand_in,
    exceeding,
    odds_by_grade,
    odds_in,
    planned_classes,
)
from planner.outcomes.rules import compliance
from planner.outcomes.seats import entry_by_catchment, entry_by_school, seats_by_catchment, seats_by_school
from planner.outcomes.sizes import class_sizes, large_classes, school_sizes
from planner.outcomes.whole_district import conservation, district_totals, intake_plan

__all__ = [
    "QUANTILES",
    "Facts",
    "Odds",
    "above_caps",
    "all_outcomes",
    "class_sizes",
    "compliance",
    "conservation",
    "demand_in",
    "district_totals",
    "entry_by_catchment",
    "entry_by_school",
    "exceeding",
    "intake_plan",
    "large_classes",
    "moves",
    "odds_by_branch",
    "odds_by_grade",
    "odds_in",
    "planned_classes",
    "school_sizes",
    "seats_by_catchment",
    "seats_by_school",
    "travel",
]
