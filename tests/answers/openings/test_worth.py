"""
What one more is worth, on a street of two schools with classes of 10 (15 at worst), and two grades.

Block 0 is 1 km from school 0 and 3 km from school 1, block 1 the other way round; a way costs 100 yuan a km.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from planner.answers.openings.worth import with_more, worth_of
from planner.optimise.openings.exact import Exact, solve_exactly
from planner.optimise.openings.facts import NEVER, OpeningFacts
from planner.optimise.openings.plan import GOALS
from planner.optimise.openings.verifying import faults
from tests.optimise.openings.instances import one_project, small_case, street

NOTHING = np.zeros(0, dtype=np.int64)


def planned(facts: OpeningFacts, opens: np.ndarray) -> Exact:
    """Return the best plan with opening years given, verified."""
    allowed = np.zeros_like(facts.projects.allowed)
    some = np.flatnonzero(opens != NEVER)
    allowed[some, opens[some]] = True
    projects = replace(
        facts.projects, allowed=allowed, exactly_one=tuple((int(p),) for p in some), needs=(), at_most_one=()
    )
    fixed = replace(facts, projects=projects)
    found = solve_exactly(fixed)
    assert faults(fixed, found.plan) == []
    return found


def test_a_room_where_children_are_above_the_cap_is_worth_those_children():
    """
    One year; 25 in block 0, a room at each school and 5 in block 1: 30 children in two classes, 10 above the cap.

    A room more at either school seats all 30 within it; at school 0 five more stay inside their catchment.
    """
    facts = street([[25], [5]], [[1], [1]])
    found = worth_of(facts, NOTHING, plan=planned)
    rows = found.table.to_dict("records")
    assert [(row["campus"], row["year"]) for row in rows] == [(0, 0), (1, 0)]
    assert [row["above_cap"] for row in rows] == pytest.approx([10, 10], abs=1e-3)
    assert rows[0]["outside"] > rows[1]["outside"]
    assert all(row["proven"] for row in rows)


def test_a_room_that_nobody_needs_is_not_tried():
    """5 children in each block: the relaxation prices no room."""
    assert worth_of(street([[5], [5]], [[1], [1]]), NOTHING, plan=planned).table.empty


def test_a_room_from_a_year_on_and_a_class_for_a_year_group():
    """A room holds from its year on; a class for two grades from 2 on, where more than so many are not formed."""
    facts = street([[5] * 4, [5] * 4], [[1] * 4, [1] * 4], most=np.full((2, 4), 1.0))
    assert with_more(facts, "room", 0, 1).rooms[0].tolist() == [1, 2, 2, 2]
    more = with_more(facts, "class", 0, 1)
    assert more.rooms[0].tolist() == [1, 2, 2, 1]
    assert more.most[0].tolist() == [1, 2, 1, 1]
    assert more.rooms[1].tolist() == [1] * 4


def test_a_seat_is_one_child_more_in_every_class_of_the_intake():
    """10 within the cap become 11 in that year alone; where more would be above the worst, the worst gives way."""
    facts = street([[5] * 2, [5] * 2], [[1] * 2, [1] * 2], worst=np.full((2, 2), 10.0))
    more = with_more(facts, "seat", 1, 0)
    assert more.seats[1, 0].tolist() == pytest.approx([11, 11])
    assert more.worst[1].tolist() == pytest.approx([11, 10])
    assert more.seats[0].tolist() == facts.seats[0].tolist()


def test_where_a_room_is_four_parts_one_more_is_four():
    """Composite classes take quarters of rooms: a quarter holds 2.5 of 10, and one seat more is 2.75."""
    facts = street([[5], [5]], [[4], [4]], seats=np.tile([[[2.5, np.inf]]], (2, 1, 1)))
    assert with_more(facts, "room", 0, 0, parts=4).rooms.tolist() == [[8], [4]]
    assert with_more(facts, "seat", 0, 0, parts=4).seats[0, 0, 0] == pytest.approx(2.75)


def test_a_seat_where_one_child_is_above_the_cap():
    """11 in block 0, a room at school 0 alone: one seat more is worth the one child above the cap."""
    facts = street([[11], [0]], [[1], [0]])
    found = worth_of(facts, NOTHING, plan=planned, more="seat")
    row = found.table.iloc[0]
    assert (row["campus"], row["year"]) == (0, 0)
    assert row["above_cap"] == pytest.approx(1, abs=1e-3)


def test_what_is_asked_about_is_tried_whether_it_has_a_price_or_not():
    """School 1 has no need of a room; asked about, it is told to be worth nothing."""
    facts = street([[5], [5]], [[1], [1]])
    found = worth_of(facts, NOTHING, plan=planned, campuses=(1,), years=(0,))
    (row,) = found.table.to_dict("records")
    assert (row["campus"], row["price"], [row[goal] for goal in GOALS]) == (1, 0.0, [0.0] * 6)


def test_a_site_where_nothing_has_opened_gets_no_room():
    """School 1 is a site; without its project no room there is tried, with it open one is."""
    facts = street([[25], [15]], [[1], [0]], projects=one_project(1, campus=1, rooms=1, cost=1.0))
    closed = worth_of(facts, np.array([NEVER]), plan=planned).table
    assert set(closed["campus"]) == {0}
    opened = worth_of(facts, np.array([0]), plan=planned).table
    assert set(opened["campus"]) == {0, 1}


def test_a_school_gets_no_room_before_it_has_any():
    """School 1 has its first room in the second year; a room from the first year on is not tried there."""
    facts = street([[25, 25], [15, 15]], [[1, 2], [0, 1]])
    table = worth_of(facts, NOTHING, plan=planned).table
    assert (0, 0) in set(zip(table["campus"], table["year"], strict=True))
    assert (1, 0) not in set(zip(table["campus"], table["year"], strict=True))


@pytest.mark.parametrize("seed", range(20))
def test_a_room_more_never_makes_a_plan_worse(seed):
    """The first goal that changes falls."""
    facts = small_case(seed, largest=(2, 3, 3, 1))
    best = solve_exactly(facts)
    opens = best.plan.opens
    found = worth_of(facts, opens, plan=planned, tries=4)
    for row in found.table.to_dict("records"):
        gains = [row[goal] for goal in GOALS if abs(row[goal]) > 0.01]
        assert not gains or gains[0] > 0


def test_what_is_behind_is_told_as_it_is():
    """A room that brings everybody a place may cost kilometres: the later goal rises, and the row says so."""
    facts = street([[15], [15]], [[1], [0]])
    found = worth_of(facts, NOTHING, plan=planned, campuses=(1,), years=(0,))
    (row,) = found.table.to_dict("records")
    assert row["unplaced"] == pytest.approx(15)
    assert row["pupil_km"] < 0
