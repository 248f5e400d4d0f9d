"""Ways to school, and blocks whose catchment changes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from planner.outcomes import moves, travel
from planner.plan import Catchment, Diversion
from tests.outcomes.made import FULL, facts_of, row, street, with_rules
from tests.simulation.town import STRICT, School, build_town

METRES = np.array([[300.0, 900.0, 9000.0], [1000.0, 200.0, 9000.0]])
"""Blocks a and b to schools A, B and J."""


def test_children_placed_elsewhere_walk_there_from_their_own_block():
    """A seats 10 of block a's 13 (300 m), B the other 3 (900 m) and 7 of its own (200 m): 410 m on average, 30 % beyond 500."""
    policy = with_rules({"rule": "walk", "level": "school", "kind": "target", "at_most": 500}, policy=STRICT)
    town = street({"A": FULL, "B": School(at=1000)}, {"a": 13, "b": 7}, policy=policy)
    table = travel(facts_of(town), METRES)
    assert row(table, school="A", year=2027)[["children", "metres", "beyond", "limit"]].tolist() == [
        10,
        300,
        0,
        500,
    ]
    assert row(table, school="B", year=2027)[["children", "metres", "beyond"]].tolist() == pytest.approx(
        [10, 410, 0.3]
    )


def test_those_left_unplaced_walk_nowhere():
    """A can seat 10 of 13 and nobody else takes any in: 10 children walk."""
    town = street({"A": FULL}, {"a": 13}, policy=STRICT)
    found = row(travel(facts_of(town), METRES[:1, [0, 2]]), school="A", year=2027)
    assert found["children"] == 10
    assert np.isnan(found["beyond"])


def test_diverted_children_walk_to_the_school_they_are_sent_to():
    """4 of A's 10 entrants go to B, 900 m away."""
    town = street(
        {"A": FULL, "B": School(at=1000)},
        {"a": 10},
        diversions=(
            Diversion(stage="primary", from_school="A", to_school="B", since=2027, until=2028, children=4),
        ),
    )
    found = row(travel(facts_of(town), METRES), school="B", year=2027)
    assert found[["children", "metres"]].tolist() == pytest.approx([4, 900])


def test_an_unknown_way_counts_for_children_but_not_for_metres():
    """Nobody knows how far block a is from A: the mean is that of block b's 5 children, 1,000 m."""
    unknown = METRES.copy()
    unknown[0, 0] = np.nan
    town = build_town(
        {"A": School(rooms=9), "B": School(at=1000), "J": School("4-5", at=9000)},
        {"primary": {"a": "A", "b": "A"}, "junior": {"a": "J", "b": "J"}},
        entrants={"primary": {"a": 10, "b": 5}, "junior": {}},
    )
    found = row(travel(facts_of(town), unknown), school="A", year=2027)
    assert found[["children", "metres"]].tolist() == [15, 1000]


def test_blocks_of_another_catchment_than_in_the_base_are_listed_with_their_entrants():
    """Block a (13 entrants) goes from A to B in 2028; block b (7) from B to the joint A+B throughout."""
    schools = {"A": School(rooms=9), "B": School(rooms=9, at=1000)}
    base = street(schools, {"a": 13, "b": 7})
    moved = street(schools, {"a": 13, "b": 7}, moved={("primary", "a", 1): "B", ("primary", "b", 0): "A+B"})
    table = moves(facts_of(moved), base.plan)
    assert table.values.tolist() == [
        ["primary", 2027, "b", "B", "A+B", 7.0],
        ["primary", 2028, "a", "A", "B", 13.0],
        ["primary", 2028, "b", "B", "A+B", 7.0],
    ]


def test_the_same_catchments_in_another_order_are_no_moves():
    """The base plan lists its catchments, and their positions, the other way round."""
    town = street({"A": School(rooms=9), "B": School(rooms=9, at=1000)}, {"a": 13, "b": 7})
    last = len(town.plan.catchments) - 1
    turned = replace(
        town.plan,
        catchments=town.plan.catchments[::-1],
        catchment_of=(last - town.plan.catchment_of).astype(np.int16),
    )
    assert moves(facts_of(town), turned).empty
    renamed = replace(
        turned, catchments=(*turned.catchments[:-1], Catchment(stage="primary", schools=("B",)))
    )
    assert not moves(facts_of(town), renamed).empty
