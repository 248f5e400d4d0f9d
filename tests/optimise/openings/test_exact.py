"""The exact model by hand: two schools, two blocks, two grades, classes of 10 and 15 at worst."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from planner.errors import QuestionError
from planner.optimise.openings.choosing import some_openings
from planner.optimise.openings.exact import solve_exactly
from planner.optimise.openings.facts import NEVER
from planner.optimise.openings.verifying import faults
from tests.optimise.openings.instances import one_project, small_case, street


def _solved(facts, **options):
    exact = solve_exactly(facts, **options)
    assert faults(facts, exact.plan) == []
    return exact


def test_everybody_goes_to_the_next_school_where_rooms_are_free_26_km():
    """12 + 14 children walk 1 km each; one class of ten is too few for 12, so two are formed in each year."""
    exact = _solved(street([[12, 0], [0, 14]], [[9, 9], [9, 9]]))
    assert exact.values.in_order() == pytest.approx((0, 0, 0, 0, 2600, 26))
    assert exact.plan.classes[0, 0].tolist() == [2, 2]


def test_a_class_formed_today_lacks_its_room_tomorrow_20_child_years_above():
    """
    One school for all, three rooms, 20 children every year: 2 classes, then 1, then 2 again.

    The second intake has one class of 15 and 5 without a place, for 2 years each: 10 child-years; the 15 are 5 above
    the cap for two years: 10 child-years. 1, 2, 1 would leave out twice as many.
    """
    facts = street(
        [[20, 20, 20], [0, 0, 0]],
        [[3, 3, 3], [0, 0, 0]],
        near=np.array([[0], [0]]),
        km=np.ones((2, 1)),
        outside=np.zeros((2, 1, 3), dtype=bool),
    )
    exact = _solved(facts)
    assert exact.values.unplaced == pytest.approx(10)
    assert exact.values.above_cap == pytest.approx(10)
    assert exact.plan.classes[0, :, 0].tolist() == [2, 1, 2]


def test_nobody_leaves_the_catchment_while_a_class_holds_more_but_everybody_does_before_one_is_overfull():
    """
    30 children of block 0, two rooms there: 20 stay, 10 go out, for a class above its cap comes before the catchment.

    With the other school shut they are 15 to a class: 10 above the cap, in the one year planned.
    """
    assert _solved(street([[30], [0]], [[2], [9]])).values.in_order()[:3] == pytest.approx((0, 0, 10))
    assert _solved(street([[30], [0]], [[2], [0]])).values.in_order()[:3] == pytest.approx((0, 10, 0))


def test_classes_formed_anew_are_split_and_merged_as_rooms_allow():
    """15 children in the first year; a room less in the second: 2 classes, then 1 that is 5 above; kept: 1 in both."""
    kept = street([[15, 0], [0, 0]], [[2, 1], [0, 0]])
    assert _solved(kept).values.above_cap == pytest.approx(10)
    anew = replace(kept, kept=False)
    exact = _solved(anew)
    assert exact.values.above_cap == pytest.approx(5)
    assert exact.plan.classes[0, 0].tolist() == [2, 1]


def test_new_classes_never_borrow_the_rooms_of_the_last_count():
    """Two rooms, three classes of the last count in the first year, one in the second: 0 rooms, then 1."""
    facts = street([[8, 8], [0, 0]], [[2, 2], [0, 0]], left=np.array([[3.0, 1.0], [0.0, 0.0]]))
    exact = _solved(facts)
    assert exact.plan.classes[0, :, 0].tolist() == [0, 1]
    assert exact.values.unplaced == pytest.approx(8 * 2)


def test_a_project_opens_when_it_saves_more_than_it_costs():
    """
    40 children of block 1, school 1 has two rooms: 20 go 2 km further, 100 yuan each: 4,000 yuan.

    A wing of two rooms for 3,999 yuan opens, one for 4,001 does not: the children's catchments are one here.
    """
    inside = np.zeros((2, 2, 1), dtype=bool)
    facts = street([[0], [40]], [[9], [2]], outside=inside)
    for cost, opens in ((3999.0, 0), (4001.0, NEVER)):
        projects = one_project(1, campus=1, rooms=2, cost=cost)
        exact = _solved(replace(facts, projects=projects))
        assert exact.plan.opens.tolist() == [opens]
        assert exact.values.yuan == pytest.approx(min(cost, 4000) + 40 * 100)


def test_no_class_for_fewer_than_the_least():
    """12 children need two classes of 10, but a class has 7 children at least: one class, 2 above its cap."""
    exact = _solved(street([[12], [0]], [[9], [0]], least=7.0))
    assert exact.plan.classes[0, 0, 0] == 1
    assert exact.values.above_cap == pytest.approx(2)


def test_a_limit_of_the_intake_and_of_classes_sends_the_others_away():
    """30 children: at most 12 in school 0, or at most one class there (10 without being above the cap)."""
    limits, most = np.array([[12.0], [np.inf]]), np.array([[1.0], [np.inf]])
    assert _solved(street([[30], [0]], [[9], [9]], limits=limits)).values.outside == pytest.approx(18)
    assert _solved(street([[30], [0]], [[9], [9]], most=most)).values.outside == pytest.approx(20)


def test_school_size_counts_all_year_groups_with_their_growth():
    """20 enter in each year and grow by a tenth: 20, then 20 + 22; of 30 at most, 12 are above the size."""
    heads = np.tile(np.array([[1.0, 1.1], [1.0, 0.0]]), (2, 1, 1))
    facts = street(
        [[20, 20], [0, 0]], [[9, 9], [0, 0]], heads=heads, size_of=((0,),), size=np.array([[30.0, 30.0]])
    )
    assert _solved(facts).values.above_size == pytest.approx(12)


def test_children_of_a_point_that_ends_hold_rooms_where_they_go_on():
    """The year group of school 0 moves to school 1 in its second year, which has one room: one class, 5 above the cap."""
    holds = street([[0, 0], [0, 0]], [[0, 0], [0, 0]]).holds.copy()
    holds[0, 0, 1] = 1
    facts = street([[15, 0], [0, 0]], [[9, 9], [0, 1]], holds=holds)
    exact = _solved(facts)
    assert exact.plan.classes[0, 0].tolist() == [1, 1]
    assert exact.values.above_cap == pytest.approx(2 * 5)


def test_where_ways_cost_nothing_they_come_after_all_yuan():
    """A wing of 100 yuan would spare 40 km, but yuan come first: it does not open, and the ways are as short as they can be."""
    inside = np.zeros((2, 2, 1), dtype=bool)
    projects = one_project(1, campus=1, rooms=2, cost=100.0)
    facts = street([[0], [40]], [[9], [2]], outside=inside, travel=np.zeros((2, 1)), projects=projects)
    exact = _solved(facts)
    assert exact.plan.opens.tolist() == [NEVER]
    assert (exact.values.yuan, exact.values.pupil_km) == (0, pytest.approx(20 * 1 + 20 * 3))


def test_every_solver_finds_the_same_optimum():
    """CBC through PuLP and HiGHS agree in all goals, on random facts."""
    for seed in (3, 8, 17, 21):
        facts = small_case(seed, largest=(2, 3, 3, 2))
        ours, theirs = _solved(facts), _solved(facts, solver="PULP_CBC_CMD")
        assert theirs.values.in_order() == pytest.approx(ours.values.in_order(), rel=1e-4, abs=2e-3)
        assert theirs.optimal


def test_a_solver_that_is_not_installed_names_those_that_are():
    """One message, and no solver is chosen silently."""
    with pytest.raises(QuestionError, match=r"NOSUCH.*PULP_CBC_CMD"):
        solve_exactly(street([[1], [1]], [[1], [1]]), solver="NOSUCH")


def test_projects_that_contradict_each_other_are_said_so():
    """A project must open, and its budget is nothing."""
    projects = one_project(2, campus=0, rooms=2, cost=1e6, exactly_one=((0,),), budget_total=0.0)
    facts = street([[1, 1], [1, 1]], [[1, 1], [1, 1]], projects=projects)
    with pytest.raises(QuestionError, match="no opening years"):
        solve_exactly(facts)
    with pytest.raises(QuestionError, match="no opening years"):
        some_openings(projects)


def test_stopped_before_it_began_a_plan_stands_with_an_honest_bound():
    """With no time at all the plan keeps every rule, and no bound exceeds the optimum."""
    facts = small_case(41)
    stopped = _solved(facts, seconds=0.0)
    assert set(stopped.goals["status"]) <= {"stopped", "not_reached", "optimal"}
    assert not stopped.optimal
    best = _solved(facts, seconds=5.0)
    unplaced = stopped.goals.set_index("goal").loc["unplaced"]
    assert unplaced["bound"] <= best.values.unplaced + 1e-3 <= unplaced["value"] + 2e-3
