"""What a plan is, and the independent verifier that every plan has to pass."""

from __future__ import annotations

from planner.plan.model import Catchment, Diversion, Plan

__all__ = ["Catchment", "Diversion", "Plan"]
