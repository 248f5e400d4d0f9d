"""Prices: the bound holds at any prices, its slope is its slope, and at the best prices it is the linear programme."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.optimise.lowering import hand_over, lower
from planner.optimise.openings.ascent import lowered
from planner.optimise.openings.market import GOAL, Market, Weights
from planner.optimise.openings.master import cut_at, openness, weights_of
from planner.optimise.openings.prices import ladder, quote, raise_prices
from planner.optimise.openings.stating import fix_openings, state_openings
from tests.optimise.openings.instances import one_project, small_case, street

WEIGHTS = Weights(unplaced=5e4, above_cap=1e4, outside=3e3, above_size=2e3, yuan=1.0, pupil_km=20.0)


def _optimum(facts, weights, *, opens=None, whole=True):
    """Return the least weighted sum of the goals that HiGHS finds in the stated model."""
    model = state_openings(facts, whole=whole)
    if opens is not None:
        fix_openings(model, opens)
    highs = hand_over(lower(model.problem, model.variables))
    cost = np.array(weights) @ np.array(list(model.costs.values()))
    highs.changeColsCost(len(cost), np.arange(len(cost), dtype=np.int32), cost / 1e3)
    highs.setOptionValue("mip_rel_gap", 1e-9)
    highs.run()
    return 1e3 * highs.getInfo().objective_function_value


def test_a_room_priced_at_600_makes_a_seat_cost_60():
    """A class of ten in one year pays 600 for its room, its cost of 50, so a child 65 a seat, or 5,000 above the cap."""
    facts = street([[10], [0]], [[1], [1]], class_yuan=np.full((2, 1, 2), 50.0))
    market = Market(facts, Weights(above_cap=15_000.0, yuan=1.0))
    prices = market.none()
    prices[0] = 600.0
    assert market.class_prices(prices).tolist() == [650.0, 50.0]
    assert market.seats(prices).price[0, 0] == pytest.approx(65.0)
    prices[0] = 1e6
    assert market.seats(prices).price[0, 0] == pytest.approx(1_000_050 / 15 + 15_000 * (1 - 10 / 15))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), kind=st.sampled_from([0.0, 100.0, 10_000.0]))
def test_the_bound_holds_at_any_prices(seed, kind):
    """Random prices of rooms, sizes, intakes and classes never bound the whole model above its optimum."""
    facts = small_case(seed)
    market = Market(facts, WEIGHTS)
    random = np.random.default_rng(seed)
    prices = market.none()
    prices[: market.rows] = kind * random.exponential(1.0, market.rows)
    weights = random.random(facts.projects.allowed.shape) * facts.projects.allowed
    cut = cut_at(market, prices, weights / max(weights.sum(), 1.0))
    model = state_openings(facts)
    best = _optimum(facts, WEIGHTS)
    assert model.costs.keys() == GOAL.keys()
    bound = cut.constant + np.minimum(cut.slope * facts.projects.allowed, 0.0).min(axis=1, initial=0.0).sum()
    assert bound <= best + 1e-6 * max(1.0, abs(best))


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), temperature=st.sampled_from([30.0, 1000.0]))
def test_slack_is_the_slope_of_the_bound(seed, temperature):
    """A difference of the smoothed bound in a random direction is the slack along it, weights of held goals among it."""
    facts = small_case(seed)
    held = np.where(np.arange(len(GOAL)) == GOAL["yuan"], 1e5, np.inf)
    held[GOAL["above_cap"]], held[GOAL["above_size"]] = 3.0, 2.0
    market = Market(facts, WEIGHTS, held=held, moving=np.isfinite(held))
    random = np.random.default_rng(seed)
    prices = np.concatenate([random.uniform(0, 3e3, market.rows), np.array(WEIGHTS)])
    projects = facts.projects
    weights = random.random(projects.allowed.shape) * projects.allowed / max(projects.allowed.size, 1)
    right = market.right(weights)
    sites = ladder(market, openness(facts, weights)[market.site_campus])
    way = np.concatenate(
        [random.normal(size=market.rows), market.moving * np.array([0, 5.0, 0, 5.0, 1e-4, 0])]
    )
    ahead, behind = (
        quote(market, prices + 1e-2 * side * way, right, sites, temperature).value for side in (1, -1)
    )
    slope = float(quote(market, prices, right, sites, temperature).slack @ way)
    assert (ahead - behind) / 2e-2 == pytest.approx(slope, rel=1e-4, abs=1e-2 + 1e-7 * abs(ahead))


def test_the_best_prices_reach_the_linear_programme():
    """With the openings given, the bound is that of the linear programme with links, here to a thousandth."""
    facts = street(
        [[24, 30, 12], [18, 9, 21]],
        [[4, 4, 4], [0, 0, 0]],
        projects=one_project(3, campus=1, rooms=3.0, cost=5_000.0),
    )
    opens = np.array([1])
    weights = weights_of(opens, 3)
    market = Market(facts, WEIGHTS)
    opened, right = openness(facts, weights)[market.site_campus], market.right(weights)
    prices = market.none()
    for temperature in (1000.0, 100.0, 10.0, 1.0):
        prices, _ = raise_prices(market, prices, right, opened, temperature, 300)
    bound = cut_at(market, prices, weights).at(weights)
    best = _optimum(facts, WEIGHTS, opens=opens, whole=False)
    assert best * (1 - 1e-3) <= bound <= best * (1 + 1e-9)


def test_years_in_which_nothing_is_scarce_have_no_price():
    """Nothing is scarce after the second year; a price before is found."""
    facts = street([[30, 30, 2, 2, 2], [0, 0, 2, 2, 2]], [[2, 2, 9, 9, 9], [9, 9, 9, 9, 9]])
    market = Market(facts, WEIGHTS)
    right, opened = market.right(np.zeros((0, 5))), np.zeros((0, 5))
    prices, said = raise_prices(market, market.none(), right, opened, 100.0, 200)
    assert (prices[: market.rows][market.row_year > 1] == 0).all()
    assert prices[:2].max() > 0
    assert (said.slack[: market.rows][market.row_year > 1] <= 0.05).all()


def test_descent_stays_within_its_bounds():
    """(x - 3)^2 + (y + 1)^2 + (z - 5)^2 with x <= 2, y >= 0 and z fixed at 1 is least at (2, 0, 1)."""
    middle = np.array([3.0, -1.0, 5.0])

    def function(at):
        return float(((at - middle) ** 2).sum()), 2 * (at - middle)

    low, high = np.array([0.0, 0.0, 1.0]), np.array([2.0, np.inf, 1.0])
    found = lowered(function, np.array([1.0, 4.0, 1.0]), low, high, steps=50, tolerance=1e-12)
    assert found == pytest.approx([2.0, 0.0, 1.0], abs=1e-6)
