"""When to open what: intake, whole classes and building projects over the years, to a proven gap."""

from __future__ import annotations

from planner.optimise.openings.exact import Exact, solve_exactly
from planner.optimise.openings.facts import NEVER, OpeningFacts, Projects
from planner.optimise.openings.plan import GOALS, OpeningPlan, Values, value_of
from planner.optimise.openings.search import Schedule, Step, fill, schedule
from planner.optimise.openings.stating import OpeningModel, state_openings
from planner.optimise.openings.verifying import faults

__all__ = [
    "GOALS",
    "NEVER",
    "Exact",
    "OpeningFacts",
    "OpeningModel",
    "OpeningPlan",
    "Projects",
    "Schedule",
    "Step",
    "Values",
    "faults",
    "fill",
    "schedule",
    "solve_exactly",
    "state_openings",
    "value_of",
]
