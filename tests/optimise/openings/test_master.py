"""Cuts and the programme over them: what opening years may be, and what they cost at least."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from planner.optimise.openings.facts import NEVER
from planner.optimise.openings.market import Market
from planner.optimise.openings.master import Cut, Master, cut_at, openness, opens_of, permitted, weights_of
from planner.optimise.openings.plan import no_plan
from planner.optimise.openings.valuing import Search
from planner.optimise.openings.verifying import faults
from tests.optimise.openings.instances import one_project, small_case, street
from tests.optimise.openings.test_prices import WEIGHTS


def _two(**changes):
    """Return two projects that cost 10 in the first year and 6 in the second, and give 4 rooms."""
    one = one_project(2, campus=1, rooms=4.0, cost=10.0)
    both = {
        name: np.repeat(getattr(one, name), 2, axis=0) for name in ("allowed", "spending", "effect_rooms")
    }
    cost = np.tile([10.0, 6.0], (2, 1))
    of, at = np.array([0, 1]), np.array([1, 1])
    return replace(one, cost=cost, effect_of=of, effect_campus=at, **both, **changes)


def test_weights_and_opening_years_are_the_same_thing():
    """Project 0 opens in year 2 of 3, project 1 never."""
    opens = np.array([2, NEVER])
    assert weights_of(opens, 3).tolist() == [[0, 0, 1], [0, 0, 0]]
    assert opens_of(weights_of(opens, 3)).tolist() == opens.tolist()


@pytest.mark.parametrize(
    ("rule", "opens", "kept"),
    [
        ({}, [0, 1], True),
        ({"needs": ((1, 0),)}, [1, 0], False),
        ({"needs": ((1, 0),)}, [0, 1], True),
        ({"needs": ((1, 0),)}, [NEVER, 1], False),
        ({"at_most_one": ((0, 1),)}, [0, 1], False),
        ({"exactly_one": ((0, 1),)}, [NEVER, NEVER], False),
        ({"exactly_one": ((0, 1),)}, [NEVER, 1], True),
        ({"budget": np.array([10.0, np.inf])}, [0, 0], False),
        ({"budget": np.array([10.0, np.inf])}, [0, 1], True),
        ({"budget_total": 15.0}, [0, 1], False),
        ({"building": np.full((2, 2, 2), 4.0), "building_limit": np.array([np.inf, 6.0])}, [0, 1], False),
        ({"building": np.full((2, 2, 2), 4.0), "building_limit": np.array([6.0, 6.0])}, [0, NEVER], True),
    ],
)
def test_opening_years_keep_to_what_projects_must(rule, opens, kept):
    """`permitted` says what the verifier says, and the programme proposes nothing else."""
    projects = _two(**rule)
    facts = street([[1, 1], [1, 1]], [[9, 9], [9, 9]], projects=projects)
    assert permitted(projects, np.array(opens)) is kept
    assert (faults(facts, no_plan(facts, np.array(opens))) == []) is kept
    master = Master(projects)
    wanted = weights_of(np.array(opens), 2)
    master.add(Cut(float(wanted.sum()), 1.0 - 2.0 * wanted))
    found = master.solve(whole=True)
    assert found is not None
    assert (opens_of(found[1]).tolist() == opens) is kept


def test_contradictory_projects_have_no_opening_years():
    """One of two must open, and nothing may be spent."""
    master = Master(_two(exactly_one=((0, 1),), budget_total=1.0))
    master.add(Cut(0.0, np.zeros((2, 2))))
    assert master.solve(whole=True) is None


def test_a_project_with_two_effects_at_a_site_opens_it_once():
    """Half open with two effects is half open; two projects that are each half open open it whole."""
    half = np.array([[0.5, 0.0], [0.0, 0.0]])
    twice = replace(_two(), effect_of=np.array([0, 0]))
    facts = street([[1, 1], [1, 1]], [[9, 9], [0, 0]], projects=twice)
    assert openness(facts, half)[1].tolist() == [0.5, 0.5]
    facts = street([[1, 1], [1, 1]], [[9, 9], [0, 0]], projects=_two())
    assert openness(facts, half + half[::-1])[1].tolist() == [1.0, 1.0]


@pytest.mark.parametrize("seed", range(12))
def test_a_cut_is_below_the_value_of_every_opening(seed):
    """A cut taken at one set of opening weights bounds each set of whole ones by no more than its own best prices."""
    facts = small_case(seed)
    search = Search(facts, WEIGHTS)
    market = Market(facts, WEIGHTS)
    prices = search.raised(market.none(), search.core, (300.0, 30.0), 100)
    cut = cut_at(market, prices, search.core)
    choices = [(NEVER, *np.flatnonzero(row)) for row in facts.projects.allowed]
    for opens in product(*choices):
        weights = weights_of(np.array(opens, dtype=np.int64), facts.years)
        own = search.raised(prices, weights, (300.0, 30.0, 3.0, 0.3), 300)
        best = cut_at(market, own, weights).at(weights)
        assert cut.at(weights) <= best + 2e-3 * abs(best) + 10.0
