"""
Supply: projects, rooms and seats by year, and how whole classes are formed in them.

Capacity knows nothing of demand. `build_capacity` dates the rooms; `form_classes` puts the children of one school
year into classes under the policy's caps.
"""

from __future__ import annotations

from planner.capacity.classes import (
    Formed,
    Sizes,
    balanced_sizes,
    children_above,
    classes_at_least,
    classes_needed,
    form_classes,
    free_rooms,
)
from planner.capacity.projects import Project, count_projects, judge_projects, schools_with_projects
from planner.capacity.rooms import Capacity, apportion, build_capacity

__all__ = [
    "Capacity",
    "Formed",
    "Project",
    "Sizes",
    "apportion",
    "balanced_sizes",
    "build_capacity",
    "children_above",
    "classes_at_least",
    "classes_needed",
    "count_projects",
    "form_classes",
    "free_rooms",
    "judge_projects",
    "schools_with_projects",
]
