"""
Money against overcrowding, on a street whose one school is 40 children short, a year.

School 0 has one room for 50 children of block 0; two projects bring it rooms: one of 1,000,000 yuan for 2 rooms, the
other of 3,000,000 for 2. Classes of 10, 15 at worst; block 1 and school 1 are empty.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from planner.answers.openings.frontier import FrontierPlan, _best, frontier, spent_by
from planner.optimise.openings.exact import solve_exactly
from planner.optimise.openings.facts import Projects
from planner.optimise.openings.verifying import faults
from tests.optimise.openings.instances import small_case, street


def two_wings(**changes) -> Projects:
    cost = np.array([[1e6], [3e6]])
    projects = Projects(
        allowed=np.ones((2, 1), dtype=bool),
        cost=cost,
        spending=cost[:, :, None],
        effect_of=np.array([0, 1]),
        effect_campus=np.array([0, 0]),
        effect_rooms=np.full((2, 1, 1), 2.0),
    )
    return replace(projects, **changes)


CROWDED = street([[50], [0]], [[1], [0]], projects=two_wings())


def test_each_plan_is_the_least_crowded_of_its_money():
    """Nothing: 15 of 50 seated, 5 above the cap, 35 unplaced: 40. One wing: 45, 15 above, 5 unplaced: 20. Both: none."""
    found = frontier(CROWDED, plan=solve_exactly, plans=6)
    assert found.table["spent"].tolist() == pytest.approx([0, 1e6, 4e6])
    assert found.table["shortage"].tolist() == pytest.approx([40, 20, 0], abs=1e-2)
    assert found.table["plan"].tolist() == [1, 2, 3]
    assert found.table["opened"].tolist() == [0, 1, 2]
    for plan in found.plans:
        assert faults(CROWDED, plan.found.plan) == []
        assert plan.bound == pytest.approx(plan.shortage, abs=1e-2)


def test_only_plans_that_differ_are_told():
    """However many budgets are tried, there are three plans, and the search ends by itself."""
    tried = []

    def plan(facts):
        tried.append(facts.projects.budget_total)
        return solve_exactly(facts)

    assert len(frontier(CROWDED, plan=plan, plans=40).plans) == 3
    assert len(tried) < 20


def test_two_budgets_are_the_ends():
    """The plan without a limit, and the one that spends nothing."""
    assert frontier(CROWDED, plan=solve_exactly, plans=2).table["spent"].tolist() == [0, 4e6]


def test_a_project_that_has_to_open_is_paid_for_in_every_plan():
    """The dear wing is fixed: the cheapest plan spends 3,000,000."""
    facts = replace(CROWDED, projects=two_wings(exactly_one=((1,),)))
    assert frontier(facts, plan=solve_exactly).table["spent"].tolist() == pytest.approx([3e6, 4e6])


def test_a_budget_of_the_facts_holds_besides():
    """2,000,000 in all: the cheap wing is the most there is."""
    facts = replace(CROWDED, projects=two_wings(budget_total=2e6))
    assert frontier(facts, plan=solve_exactly).table["spent"].tolist() == pytest.approx([0, 1e6])


def test_where_money_helps_nobody_there_is_one_plan():
    """10 children in one room: no project opens, and no other plan is sought."""
    found = frontier(street([[10], [0]], [[1], [0]], projects=two_wings()), plan=solve_exactly)
    assert found.table[["spent", "shortage"]].to_numpy().tolist() == [[0, 0]]


def test_plans_that_another_betters_are_left_out():
    """Dearer and no less crowded, or with the same openings as one before."""
    found = solve_exactly(CROWDED)
    other = replace(found, plan=replace(found.plan, opens=np.array([0, -1])))
    third = replace(found, plan=replace(found.plan, opens=np.array([-1, 0])))

    def plan(spent, shortage, of):
        return FrontierPlan(budget=spent, spent=spent, shortage=shortage, bound=0, found=of)

    kept = _best([plan(2, 5, other), plan(1, 5, found), plan(3, 1, third), plan(4, 0.5, third)])
    assert [(each.spent, each.shortage) for each in kept] == [(1, 5), (3, 1)]


@pytest.mark.parametrize("seed", range(25))
def test_no_plan_betters_another(seed):
    """Money rises and overcrowding falls along the frontier, and every plan holds."""
    facts = small_case(seed, largest=(2, 3, 3, 2))
    found = frontier(facts, plan=solve_exactly, plans=5)
    table = found.table
    assert (table["spent"].diff().dropna() > 0).all()
    assert (table["shortage"].diff().dropna() < 0).all()
    for each in found.plans:
        assert faults(facts, each.found.plan) == []
        assert each.spent == spent_by(facts, each.found.plan.opens.tolist())
        assert each.spent <= each.budget + 1.0
