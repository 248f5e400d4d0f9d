"""Admissions and the roll forward: a plan carried out, by rule, in every draw."""

from __future__ import annotations

from planner.simulation.joining import check_conservation, join
from planner.simulation.model import Simulation, batch_of
from planner.simulation.worlds import Fates, World, draw_fates, simulate_worlds
from planner.simulation.years import simulate, simulate_all

__all__ = [
    "Fates",
    "Simulation",
    "World",
    "batch_of",
    "check_conservation",
    "draw_fates",
    "join",
    "simulate",
    "simulate_all",
    "simulate_worlds",
]
