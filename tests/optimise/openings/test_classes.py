"""Whole classes for given opening years: year after year, then a few schools at a time, goal after goal."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from planner.optimise.openings.cells import cells_of
from planner.optimise.openings.classes import improve, neighbourhood, nobody, roll_out, settle
from planner.optimise.openings.exact import solve_stated
from planner.optimise.openings.facts import NEVER
from planner.optimise.openings.market import Market
from planner.optimise.openings.plan import no_plan, value_of
from planner.optimise.openings.search import weights_for
from planner.optimise.openings.stating import fix_openings, state_openings
from planner.optimise.openings.verifying import faults
from tests.benchmarks.made_district import made_district
from tests.optimise.openings.instances import openings_of, small_case, street

MARGIN = 1e9
"""All ways are open. [yuan]"""


def _rolled(facts, opens):
    market = Market(facts, weights_for(facts))
    return settle(roll_out(market, opens, market.none(), margin=MARGIN))


def _values(filled):
    assert faults(filled.facts, filled.plan()) == []
    return value_of(filled.facts, filled.plan())


def _some_openings(facts, seed):
    """Return opening years, chosen at random, that keep to what projects must; None for a choice that does not."""
    choices = openings_of(facts.projects)
    opens = choices[seed % len(choices)]
    plan = no_plan(facts, opens)
    return None if faults(facts, plan) else opens


def test_classes_enough_for_everybody_at_the_nearest_school():
    """12 and 14 children, rooms in plenty: two classes each, 1 km for all."""
    filled = _rolled(street([[12, 0], [0, 14]], [[9, 9], [9, 9]]), np.zeros(0, dtype=np.int64))
    assert filled.plan().classes[:, :, 0].tolist() == [[2, 0], [0, 2]]
    assert _values(filled).in_order() == pytest.approx((0, 0, 0, 0, 2600, 26))


def test_a_class_of_today_leaves_its_room_to_tomorrow_where_more_children_come():
    """
    Two rooms for two grades; 16 children, then 20, with nowhere else to go: one class each.

    Two classes in the first year would leave the second without any: that the rooms of tomorrow have a price tells.
    """
    facts = street([[14, 20], [0, 0]], [[2, 2], [0, 0]])
    filled = _rolled(facts, np.zeros(0, dtype=np.int64))
    better, _ = improve(filled, np.array([0, 1]), margin=MARGIN)
    assert better.plan().classes[0, :, 0].tolist() == [1, 1]
    assert _values(better).unplaced == pytest.approx(5, abs=1e-4)


def test_classes_keep_all_rules_and_never_get_worse():
    """On random facts with all features: no fault after any step, and no step makes a plan worse in its goals' order."""
    steps = 0
    for seed in range(25):
        facts = small_case(seed, largest=(3, 4, 3, 2))
        opens = _some_openings(facts, seed)
        if opens is None:
            continue
        filled = _rolled(facts, opens)
        for point in range(facts.points):
            before = np.array(_values(filled).in_order())
            filled, gained = improve(filled, neighbourhood(facts, point, 3), margin=MARGIN)
            after = np.array(_values(filled).in_order())
            assert before - after == pytest.approx(gained, rel=1e-6, abs=1e-4 * max(1.0, abs(before).max()))
            first = np.flatnonzero(np.abs(gained) > 1e-5 * np.maximum(1.0, np.abs(before)))
            assert not len(first) or gained[first[0]] > 0
            steps += bool(len(first))
    assert steps > 3


def test_all_schools_at_once_in_all_years_is_the_exact_model():
    """A neighbourhood of all points, with classes free, reaches the optimum of the model with the same opening years."""
    for seed in (1, 3, 9, 12, 17, 20, 24):
        facts = small_case(seed, largest=(2, 3, 3, 1))
        opens = _some_openings(facts, seed)
        if opens is None:
            continue
        model = state_openings(facts)
        fix_openings(model, opens)
        best = np.array(solve_stated(model, seconds=20).values.in_order())
        filled, _ = improve(
            nobody(facts, opens), np.arange(facts.points), margin=MARGIN, step=99, gap=0.0, nodes=100_000
        )
        found = np.array(_values(filled).in_order())
        assert found[:5] == pytest.approx(best[:5], rel=1e-5, abs=5.0), seed


def test_goals_are_strictly_in_their_order():
    """
    One place left for two schools' children: a class for 15 that is 5 above, rather than 5 children without a place.

    Though a child without a place costs nothing in yuan, and being placed costs ways: the first goal comes first.
    """
    facts = street([[15], [0]], [[1], [0]], travel=np.full((2, 1), 1e9))
    filled, gained = improve(nobody(facts, np.zeros(0, dtype=np.int64)), np.array([0]), margin=MARGIN)
    assert _values(filled).in_order()[:2] == pytest.approx((0, 5))
    assert gained[0] == pytest.approx(15)
    assert gained[4] < 0


def test_places_are_the_best_for_the_classes_given():
    """One class of ten in each school: 12 and 8 children, all inside the catchment or 2 outside, but none above the cap."""
    empty = nobody(street([[12], [8]], [[9], [9]]), np.zeros(0, dtype=np.int64))
    filled = settle(replace(empty, classes=np.ones(2)))
    assert filled.intake()[:, 0].tolist() == pytest.approx([10, 10])
    assert value_of(filled.facts, filled.plan()).in_order()[:3] == pytest.approx((0, 0, 2))


def test_places_settled_for_the_classes_of_the_exact_model_are_its_places():
    """Given its openings and classes, the programmes of each year reach all six goals of the exact model."""
    for seed in range(16):
        facts = small_case(seed, largest=(3, 4, 3, 1))
        exact = solve_stated(state_openings(facts), seconds=20)
        empty = nobody(facts, exact.plan.opens)
        filled = settle(replace(empty, classes=empty.cells.gathered(exact.plan.classes)))
        assert _values(filled).in_order() == pytest.approx(exact.values.in_order(), rel=1e-5, abs=1e-4), seed


def test_a_neighbourhood_is_a_point_and_those_with_the_same_children_or_rooms():
    """The point itself comes first; no more than asked for; all points are reached if so many are asked for."""
    facts = made_district(12, 60, 4, 1, seed=3)
    members = neighbourhood(facts, 4, 5)
    assert members[0] == 4
    assert len(members) == len(set(members.tolist())) == 5
    near = {int(k) for row in facts.near if 4 in row for k in row if k >= 0}
    assert set(members.tolist()) <= near


def test_classes_of_a_town_leave_nobody_above_the_cap_and_come_close_to_the_fractions():
    """Twelve schools, six years: nobody unplaced or above the cap, and less than 3 % above the linear programme."""
    facts = made_district(12, 60, 6, 1, seed=2)
    opens = np.array([2])
    model = state_openings(facts, whole=False)
    fix_openings(model, opens)
    relaxed = solve_stated(model).values
    filled = _rolled(facts, opens)
    for point in range(facts.points):
        filled, _ = improve(filled, neighbourhood(facts, point, 4), margin=12_000.0)
    values = _values(filled)
    assert (values.unplaced, values.above_cap) == pytest.approx(
        (relaxed.unplaced, relaxed.above_cap), abs=1e-3
    )
    assert relaxed.yuan - 1 <= values.yuan <= 1.03 * relaxed.yuan


def test_a_site_that_does_not_open_has_no_class():
    """The site of the project that never opens stays empty."""
    facts = made_district(12, 60, 4, 1, seed=2)
    filled = _rolled(facts, np.array([NEVER]))
    cells = cells_of(facts)
    assert not filled.classes[facts.site[facts.campus[cells.point]]].any()
    assert _values(filled).projects == 0
