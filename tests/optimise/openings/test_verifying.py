"""The independent check of plans finds every broken rule: a good plan, spoilt in one way after the other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from planner.optimise.openings.facts import NEVER
from planner.optimise.openings.plan import OpeningPlan
from planner.optimise.openings.verifying import faults
from tests.optimise.openings.instances import one_project, since, street

PROJECTS = replace(
    one_project(2, campus=0, rooms=1, cost=1e6),
    allowed=np.array([[True, True], [False, True]]),
    cost=np.full((2, 2), 1e6),
    spending=np.tile(np.diag([1e6, 1e6]), (2, 1, 1)),
    effect_of=np.array([0, 1]),
    effect_campus=np.array([0, 1]),
    effect_rooms=np.stack([since(1, 2), since(2, 2)]),
)
FACTS = street([[20, 10], [10, 10]], [[2, 3], [1, 1]], projects=PROJECTS)
"""Two rooms and a third at school 0, one at school 1; a wing of one at 0, and an annexe of two at 1 from the second year on."""


def _plan(facts=FACTS, **changes) -> OpeningPlan:
    """Return the plan in which the wing opens at once and the annexe later, and everybody goes to the next school."""
    classes = np.zeros((2, 2, 2))
    classes[0, 0], classes[1, 0] = 2, 1
    classes[0, 1, 0] = classes[1, 1, 0] = 1
    intake = np.zeros((2, 2, 2))
    intake[:, 0] = facts.demand
    return replace(OpeningPlan(opens=np.array([0, 1]), classes=classes, intake=intake), **changes)


def _changed(array: np.ndarray, at: tuple, value: float) -> np.ndarray:
    array = array.copy()
    array[at] = value
    return array


def test_a_good_plan_has_no_fault():
    """Nothing is wrong with it, and nothing with a plan for nobody."""
    assert faults(FACTS, _plan()) == []
    nobody = OpeningPlan(opens=np.full(2, NEVER), classes=np.zeros((2, 2, 2)), intake=np.zeros((2, 2, 2)))
    assert faults(FACTS, nobody) == []


SPOILT = {
    "a child too many": (lambda p: {"intake": _changed(p.intake, (0, 1, 0), 1)}, "21.0 of 20.0 children"),
    "fewer than no child": (
        lambda p: {"intake": _changed(p.intake, (0, 1, 0), -1)},
        "-1.0 children at rank 1",
    ),
    "no number": (lambda p: {"intake": _changed(p.intake, (0, 1, 0), np.nan)}, "nan children"),
    "half a class": (lambda p: {"classes": _changed(p.classes, (0, 1), 1.5)}, "1.5 classes"),
    "fewer than no class": (lambda p: {"classes": _changed(p.classes, (0, 1), -1)}, "-1.0 classes"),
    "classes after the last year": (lambda p: {"classes": _changed(p.classes, (0, 1, 1), 1)}, "of nobody"),
    "a class that is not kept": (lambda p: {"classes": _changed(p.classes, (0, 0, 1), 1)}, "that are kept"),
    "a class above the worst": (
        lambda p: {"classes": _changed(p.classes, (0, 0), 1)},
        "20.0 children in 1.0 classes of 15.0",
    ),
    "no class for children": (lambda p: {"classes": _changed(p.classes, (1, 0), 0)}, "in 0.0 classes"),
    "a class without a room": (
        lambda p: {"classes": _changed(p.classes, (0, 1, 0), 3)},
        "campus 0 year 1: 5.0 new classes in 4.0 rooms",
    ),
    "a project before it may open": (lambda p: {"opens": np.array([0, 0])}, "project 1 opens in year 0"),
    "a project after the last year": (lambda p: {"opens": np.array([2, 1])}, "project 0 opens in year 2"),
}


@pytest.mark.parametrize("spoilt", SPOILT)
def test_a_spoilt_plan_is_found_out(spoilt):
    """Each way of spoiling it is told with the place and the numbers."""
    change, told = SPOILT[spoilt]
    plan = _plan()
    found = faults(FACTS, replace(plan, **change(plan)))
    assert any(told in fault for fault in found), found


RULES = {
    "limit": (
        {"limits": np.array([[19.0, np.inf], [np.inf, np.inf]])},
        "an intake of 20.0 children, at most 19.0",
    ),
    "most": ({"most": np.array([[1.0, np.inf], [np.inf, np.inf]])}, "2.0 classes, at most 1.0"),
    "least": ({"least": 10.5}, "20.0 children in 2.0 classes, too few"),
    "borrowed": (
        {"left": np.array([[2.0, 0.0], [0.0, 0.0]])},
        "campus 0 year 0: 2.0 new classes in 1.0 rooms",
    ),
    "more left than rooms": (
        {"left": np.array([[9.0, 0.0], [0.0, 0.0]])},
        "campus 0 year 0: 2.0 new classes in 1.0 rooms",
    ),
    "elsewhere": ({"holds": _changed(FACTS.holds, (0, 0, 1), 1)}, "campus 1 year 1: 4.0 new classes"),
    "site": (
        {"rooms": np.zeros((2, 2)), "holds": np.where(FACTS.holds >= 0, 0, -1)},
        "point 1 year 0: 10.0 children before the campus opens",
    ),
}


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_that_the_plan_does_not_keep_is_found(rule):
    """The same plan under a rule more."""
    change, told = RULES[rule]
    found = faults(replace(FACTS, **change), _plan())
    assert any(told in fault for fault in found), found


PROJECT_RULES = {
    "needs": ({"needs": ((0, 1),)}, "project 0 opens before project 1"),
    "at most one": ({"at_most_one": ((0, 1),)}, "2 of the projects (0, 1) open"),
    "exactly one": ({"exactly_one": ((0, 1),)}, "2 of the projects (0, 1) open"),
    "budget": ({"budget": np.array([np.inf, 999_999.0])}, "1000000.0 yuan spent in year 1 of 999999.0"),
    "budget of all years": ({"budget_total": 1.9e6}, "2000000.0 yuan spent of 1900000.0"),
    "construction": (
        {"building": np.ones((2, 2, 2)), "building_limit": np.array([2.0, 1.0])},
        "2.0 rooms under construction in year 1 of 1.0",
    ),
}


@pytest.mark.parametrize("rule", PROJECT_RULES)
def test_a_rule_of_projects_that_the_plan_does_not_keep_is_found(rule):
    """The same opening years under a rule more."""
    change, told = PROJECT_RULES[rule]
    found = faults(replace(FACTS, projects=replace(PROJECTS, **change)), _plan())
    assert found == [fault for fault in found if told in fault] != [], found


def test_of_exactly_one_one_must_open():
    """None opens, and one should."""
    projects = replace(PROJECTS, exactly_one=((0, 1),))
    plan = _plan(opens=np.full(2, NEVER), classes=np.zeros((2, 2, 2)), intake=np.zeros((2, 2, 2)))
    assert faults(replace(FACTS, projects=projects), plan) == ["0 of the projects (0, 1) open"]


def test_rooms_lost_beyond_those_there_are_leave_none_and_owe_none():
    """A project takes five of two rooms: a class there is one without a room; no class is no fault."""
    facts = street([[5], [0]], [[2], [0]], projects=one_project(1, campus=0, rooms=-5, cost=0))
    one = OpeningPlan(
        opens=np.array([0]), classes=np.ones((2, 1, 2)) * [[[1, 0]], [[0, 0]]], intake=np.zeros((2, 2, 1))
    )
    assert faults(facts, one) == ["campus 0 year 0: 1.0 new classes in -3.0 rooms"]
    assert faults(facts, replace(one, classes=np.zeros((2, 1, 2)))) == []
