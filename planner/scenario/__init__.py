"""Scenario files: schema, inheritance, and edits of a copy of the district."""

from __future__ import annotations

from planner.scenario.applying import Applied, apply_scenario
from planner.scenario.model import CatchmentEdit, ClassesEdit, DiversionEdit, ProjectEdit, Scenario
from planner.scenario.reading import LoadedScenario, load_scenario, read_scenario
from planner.scenario.schema import scenario_schema

__all__ = [
    "Applied",
    "CatchmentEdit",
    "ClassesEdit",
    "DiversionEdit",
    "LoadedScenario",
    "ProjectEdit",
    "Scenario",
    "apply_scenario",
    "load_scenario",
    "read_scenario",
    "scenario_schema",
]
