"""
Supply: projects, rooms and seats by year, and how whole classes are formed in them.

`offer_options` says what a schedule may choose among projects. Capacity knows nothing of demand. `build_capacity` dates the rooms; `form_classes` puts the children of one school
year into classes under the policy's caps.
"""

from __future__ import annotations

from planner.capacity.budgets import overspent
from planner.capacity.classes import (
    Formed,
    Sizes,
    balanced_sizes,
    children_above,
    classes_at_least,
    classes_needed,
    fewest_classes,
    form_classes,
    free_rooms,
)
from planner.capacity.closing import with_closures
from planner.capacity.offering import offer_options, with_choices
from planner.capacity.options import LeftOut, Option, Options
from planner.capacity.projects import Project, count_projects, judge_projects, schools_with_projects
from planner.capacity.rooms import Capacity, apportion, build_capacity
from planner.capacity.seats import seats_taken
from planner.capacity.sizes import ClassSizes, class_counts, classes_aimed, learn_sizes
from planner.capacity.staging import grades_open
from planner.capacity.terms import Terms
from planner.capacity.unevenness import Unevenness, learn_unevenness, listed_splits

__all__ = [
    "Capacity",
    "ClassSizes",
    "Formed",
    "LeftOut",
    "Option",
    "Options",
    "Project",
    "Sizes",
    "Terms",
    "Unevenness",
    "apportion",
    "balanced_sizes",
    "build_capacity",
    "children_above",
    "class_counts",
    "classes_aimed",
    "classes_at_least",
    "classes_needed",
    "count_projects",
    "fewest_classes",
    "form_classes",
    "free_rooms",
    "grades_open",
    "judge_projects",
    "learn_sizes",
    "learn_unevenness",
    "listed_splits",
    "offer_options",
    "overspent",
    "schools_with_projects",
    "seats_taken",
    "with_choices",
    "with_closures",
]
