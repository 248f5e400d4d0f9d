"""What a plan is, how one is built from a scenario, and the independent verifier that every plan has to pass."""

from __future__ import annotations

from planner.plan.building import build_plan
from planner.plan.following import followed
from planner.plan.model import Catchment, Diversion, Plan
from planner.plan.verifying import verify_plan

__all__ = ["Catchment", "Diversion", "Plan", "build_plan", "followed", "verify_plan"]
