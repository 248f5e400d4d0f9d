"""
Demands that contradict each other: counted by hand on a street, and against every subset on small random cases.

One year, 20 children in block 0 and 10 in block 1, a room at each school; classes of 10, 15 at worst; a project of
1,000,000 yuan gives school 0 two rooms more. Without it 20 children are within the cap, or 30 are placed, of whom 10
are above it and 5 of block 0 outside their catchment.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import chain, combinations

import numpy as np
import pytest

from planner.errors import QuestionError
from planner.optimise.openings.demands import Demand, contradictions, without_limits
from planner.optimise.openings.exact import solve_exactly
from planner.optimise.openings.verifying import faults
from tests.optimise.openings.instances import one_project, small_case, street

PLACED, WITHIN, INSIDE = Demand(kind="unplaced"), Demand(kind="above_cap"), Demand(kind="outside")
CHEAP = Demand(kind="budget", limit=400_000)


def short_street(**changes):
    projects = one_project(1, campus=0, rooms=2, cost=1e6)
    return street([[20], [10]], [[1], [1]], projects=projects, **changes)


def test_demands_that_hold_together_contradict_nothing():
    """With the project three rooms hold 20 and one holds 10."""
    facts = short_street()
    found = contradictions(facts, [PLACED, WITHIN, INSIDE])
    assert found.found == ()
    assert found.plan.opens.tolist() == [0]
    assert faults(facts, found.plan) == []


def test_three_demands_that_only_together_cannot_hold():
    """Everybody placed, no class above the cap, no more than 400,000 yuan: any two of them hold."""
    found = contradiction(short_street(), [CHEAP, PLACED, WITHIN])
    assert (found.demands, found.smallest) == ((0, 1, 2), True)


def test_the_least_relaxation_of_each_alone():
    """600,000 yuan more; or 10 children unplaced; or 10 above the cap: each for one year."""
    facts = short_street()
    found = contradiction(facts, [CHEAP, PLACED, WITHIN])
    assert [each.by for each in found.relaxations] == pytest.approx([600_000, 10, 10], abs=1e-2)
    assert all(each.proven for each in found.relaxations)
    for each in found.relaxations:
        assert faults(facts, each.plan) == []
    assert [each.plan.opens.tolist() for each in found.relaxations] == [[0], [-1], [-1]]


def test_a_demand_that_has_nothing_to_do_with_it_is_left_out():
    """That the project opens by the only year contradicts the budget alone: no set of three is told."""
    found = contradiction(
        short_street(), [PLACED, CHEAP, WITHIN, Demand(kind="open_by", projects=(0,), year=0)]
    )
    assert found.demands == (1, 3)


def test_what_is_not_enough_alone_is_said_to_be():
    """
    Inside the catchment 15 of 20 are placed at most, so that demand is in a set of its own with money and places.

    10 children above the cap let the other two of the first set hold, but not all: money alone does, or places.
    """
    found = contradiction(short_street(), [CHEAP, PLACED, WITHIN, INSIDE])
    assert (found.demands, found.smallest) == ((0, 1, 2), True)
    assert [each.by for each in found.relaxations] == pytest.approx([600_000, 10, 10], abs=1e-2)
    assert [each.all_hold for each in found.relaxations] == [True, True, False]


def test_sets_with_nothing_in_common_are_told_one_after_the_other():
    """No yuan, but the project; and 25 at school 0 at most, of whom 12 are there, but everybody placed."""
    facts = short_street()
    small = Demand(kind="size", limit=25, campuses=(0,), staying=np.array([12.0]))
    opened = Demand(kind="open_by", projects=(0,), year=0)
    found = contradictions(facts, [CHEAP, opened, small, PLACED, Demand(kind="budget", limit=5e6)])
    assert [each.demands for each in found.found] == [(0, 1), (2, 3)]
    assert found.found[1].relaxations[0].by == pytest.approx(2, abs=1e-2)
    assert not found.found[1].relaxations[0].all_hold


def test_a_closing_is_dated_by_the_year_that_its_row_stands_for():
    """Two rows of one project, decided at once: it closes in the second or the third year, a year late at least."""
    projects = one_project(3, campus=0, rooms=0, cost=0.0)
    allowed = np.array([[True, False, False]] * 2)
    both = replace(
        projects,
        allowed=allowed,
        cost=np.zeros((2, 3)),
        spending=np.zeros((2, 3, 3)),
        exactly_one=((0, 1),),
    )
    facts = street([[1] * 3, [1] * 3], [[2] * 3, [2] * 3], projects=both)
    found = contradiction(facts, [Demand(kind="open_by", projects=(0, 1), closes=(1, 2), year=0)])
    assert found.relaxations[0].by == pytest.approx(1)


def test_a_project_earlier_than_demanded_is_years():
    """Two years of 30: the project has to open at once; demanded not before the second year, it is one year early."""
    facts = street(
        [[20, 20], [10, 10]],
        [[1, 2], [1, 2]],
        projects=one_project(2, campus=0, rooms=2, cost=1e6),
    )
    later = Demand(kind="not_before", projects=(0,), year=1)
    found = contradiction(facts, [PLACED, WITHIN, later])
    assert found.demands == (0, 1, 2)
    assert found.relaxations[2].by == pytest.approx(1)


def test_a_project_that_never_opens():
    """Without it 20 are within the cap; it has to open once."""
    found = contradiction(short_street(), [PLACED, WITHIN, Demand(kind="not_opened", projects=(0,))])
    assert found.demands == (0, 1, 2)
    assert found.relaxations[2].by == pytest.approx(1)


def test_a_project_that_is_too_late_is_so_many_years_late():
    """It may open in the third year alone, and shall be open in the first: two years late."""
    projects = one_project(3, campus=0, rooms=2, cost=1e6)
    allowed = np.array([[False, False, True]])
    facts = street([[1] * 3, [1] * 3], [[2] * 3, [2] * 3], projects=replace(projects, allowed=allowed))
    found = contradiction(facts, [Demand(kind="open_by", projects=(0,), year=0)])
    assert found.demands == (0,)
    assert found.relaxations[0].by == pytest.approx(2)


def test_a_school_of_at_most_so_many_children():
    """12 stay from the last count: with 25 at most 13 enter, so that of 30, 15 elsewhere at worst, 2 are too many."""
    facts = street([[20], [10]], [[2], [1]])
    small = Demand(kind="size", limit=25, campuses=(0,), staying=np.array([12.0]))
    found = contradiction(facts, [small, PLACED])
    assert found.demands == (0, 1)
    assert [each.by for each in found.relaxations] == pytest.approx([2, 2], abs=1e-2)


def test_rooms_under_construction():
    """The project builds 2 rooms in the year; 1 at most are wanted."""
    projects = one_project(1, campus=0, rooms=2, cost=1e6)
    facts = short_street()
    facts = replace(facts, projects=replace(projects, building=np.array([[[2.0]]])))
    found = contradiction(facts, [Demand(kind="building", limit=1), WITHIN, PLACED])
    assert found.demands == (0, 1, 2)
    assert found.relaxations[0].by == pytest.approx(1)


def test_limits_of_the_facts_can_be_taken_out_as_demands():
    """A budget of 400,000 in all, and one of 2 rooms under construction: two demands, and no limit is left."""
    projects = replace(
        one_project(1, campus=0, rooms=2, cost=1e6),
        budget_total=4e5,
        budget=np.array([np.inf]),
        building=np.array([[[2.0]]]),
        building_limit=np.array([2.0]),
    )
    free, stated = without_limits(replace(short_street(), projects=projects))
    assert [(each.kind, each.limit, each.year) for each in stated] == [
        ("budget", 4e5, None),
        ("building", 2.0, None),
    ]
    assert contradiction(free, [*stated, PLACED, WITHIN]).demands == (0, 2, 3)


def test_the_same_budget_in_every_year_is_one_demand():
    """400,000 in each of two years: 600,000 more in one of them; different ones are a demand each."""
    facts = street(
        [[20, 20], [10, 10]], [[1, 2], [1, 2]], projects=one_project(2, campus=0, rooms=2, cost=1e6)
    )
    even = replace(facts, projects=replace(facts.projects, budget=np.array([4e5, 4e5])))
    free, stated = without_limits(even)
    assert [(each.limit, each.year, each.each) for each in stated] == [(4e5, None, True)]
    found = contradiction(free, [*stated, PLACED, WITHIN])
    assert found.demands == (0, 1, 2)
    assert found.relaxations[0].by == pytest.approx(600_000, abs=1e-2)
    uneven = replace(facts, projects=replace(facts.projects, budget=np.array([4e5, np.inf])))
    assert [(each.limit, each.year) for each in without_limits(uneven)[1]] == [(4e5, 0)]


def contradiction(facts, demands):
    """Return the only set of demands that contradict each other."""
    (found,) = contradictions(facts, demands).found
    return found


def holds(facts, demands) -> bool:
    """Return whether demands hold together, by the goals of the model with the limits in its facts."""
    projects = facts.projects
    allowed, total = projects.allowed.copy(), np.inf
    wanted = {}
    for demand in demands:
        if demand.kind == "budget":
            total = min(total, demand.limit)
        elif demand.kind == "not_before":
            allowed[list(demand.projects), : demand.year] = False
        elif demand.kind == "not_opened":
            allowed[list(demand.projects)] = False
        else:
            wanted[demand.kind] = demand.limit
    limited = replace(projects, allowed=allowed, budget_total=min(total, projects.budget_total))
    try:
        found = solve_exactly(replace(facts, projects=limited)).values
    except QuestionError:
        return False
    if "unplaced" not in wanted:
        return True  # nobody is placed, nobody is above the cap
    return found.unplaced < 0.01 and ("above_cap" not in wanted or found.above_cap < 0.01)


@pytest.mark.parametrize("seed", range(40))
def test_the_smallest_set_is_that_of_every_subset_tried(seed):
    """No smaller subset contradicts itself, and the one found does, by the model's own goals."""
    facts = small_case(seed, largest=(2, 3, 3, 2))
    demands = [PLACED, WITHIN, Demand(kind="budget", limit=2e6)]
    demands += [
        demand
        for project in range(facts.projects.count)
        for demand in (
            Demand(kind="not_before", projects=(project,), year=1),
            Demand(kind="not_opened", projects=(project,)),
        )
    ]
    found = contradictions(facts, demands).found
    subsets = chain.from_iterable(combinations(range(len(demands)), n) for n in range(1, len(demands) + 1))
    smallest = next((s for s in subsets if not holds(facts, [demands[d] for d in s])), ())
    assert bool(found) == bool(smallest)
    if found:
        assert found[0].smallest
        assert len(found[0].demands) == len(smallest)
        assert not holds(facts, [demands[d] for d in found[0].demands])
    left = [d for d in range(len(demands)) if not any(d in each.demands for each in found)]
    assert holds(facts, [demands[d] for d in left])
