"""Scenario files: schema, inheritance, and edits of a copy of the district."""

from __future__ import annotations

from planner.scenario.applying import Applied, apply_scenario
from planner.scenario.branches import Branch, Question, as_planned, questions_of, with_branches
from planner.scenario.model import (
    BranchEdit,
    CatchmentEdit,
    ClassesEdit,
    DiversionEdit,
    MustEdit,
    ProjectEdit,
    Scenario,
)
from planner.scenario.reading import LoadedScenario, load_scenario, read_scenario
from planner.scenario.schema import scenario_schema

__all__ = [
    "Applied",
    "Branch",
    "BranchEdit",
    "CatchmentEdit",
    "ClassesEdit",
    "DiversionEdit",
    "LoadedScenario",
    "MustEdit",
    "ProjectEdit",
    "Question",
    "Scenario",
    "apply_scenario",
    "as_planned",
    "load_scenario",
    "questions_of",
    "read_scenario",
    "scenario_schema",
    "with_branches",
]
