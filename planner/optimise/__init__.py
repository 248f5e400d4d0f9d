"""
Plans proposed: the intake model by linear programming, and whole classes from its fractions.

`propose` takes a plan as a scenario states it and fills in what people did not decide. `state_intake` states the
model, `solve_in_order` solves its goals one after the other, `whole_intakes` turns its classes whole. The linear
programme only proposes: what is published comes from the simulation of the plan.
"""

from __future__ import annotations

from planner.optimise.facts import IntakeFacts, Move
from planner.optimise.gathering import gather_entrants, gather_facts
from planner.optimise.intake import state_intake
from planner.optimise.letters import GOALS
from planner.optimise.proposal import Proposal, propose, propose_on
from planner.optimise.resolving import Resolved, Resolver
from planner.optimise.sites import Ranking, across, rank_sites
from planner.optimise.solve import HighsEngine, PulpEngine, Solution, check_solver, solve_in_order
from planner.optimise.stating import IntakeModel
from planner.optimise.whole import whole_classes, whole_intakes

__all__ = [
    "GOALS",
    "HighsEngine",
    "IntakeFacts",
    "IntakeModel",
    "Move",
    "Proposal",
    "PulpEngine",
    "Ranking",
    "Resolved",
    "Resolver",
    "Solution",
    "across",
    "check_solver",
    "gather_entrants",
    "gather_facts",
    "propose",
    "propose_on",
    "rank_sites",
    "solve_in_order",
    "state_intake",
    "whole_classes",
    "whole_intakes",
]
