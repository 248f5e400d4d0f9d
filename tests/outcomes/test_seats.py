"""Seat gaps by school and by catchment."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from planner.capacity import build_capacity
from planner.outcomes import entry_by_catchment, entry_by_school, seats_by_catchment, seats_by_school
from tests.outcomes.made import FULL, facts_of, row, street
from tests.simulation.town import STRICT, School, build_town

TEN_DRAWS = np.array([[6, 7, 8, 9, 10, 11, 12, 13, 14, 15]] * 2)


def test_the_gap_is_seats_less_all_who_would_come():
    """A's 3 rooms are 30 seats. 10 + 10 children continue and 13 would enter: 33, though 3 are turned away: -3."""
    town = street({"A": FULL, "B": School(at=1000)}, {"a": 13}, policy=STRICT)
    found = row(seats_by_school(facts_of(town)), school="A", stage="primary", year=2027)
    assert found[["rooms", "seats", "demand", "gap"]].tolist() == [3, 30, 33, -3]


def test_ranges_of_the_gap_are_those_of_the_demand_turned_round():
    """6 to 15 entrants over ten draws: the gap is 10 - N, from -4 (9 of 10 draws are better) to 4."""
    town = street({"A": FULL}, {"a": TEN_DRAWS}, draws=10)
    found = row(seats_by_school(facts_of(town)), school="A", stage="primary", year=2027)
    assert found[["demand", "demand_p10", "demand_p90"]].tolist() == [30.5, 26, 34]
    assert found[["gap", "gap_p10", "gap_p90"]].tolist() == [-0.5, -5, 3]


def test_a_school_with_seats_to_spare_can_be_short_at_entry():
    """
    A's 5 rooms are 50 seats for 20 + 20 + 13 - 11 continuing and entering children, but only one room is free.

    Classes: 2 each in grades 2 and 3, for 20 and 11 children; 13 entrants: 44 of 50 seats, and 13 of 10 at entry.
    """
    facts = facts_of(street({"A": School(rooms=5, pupils=(20, 11, 0))}, {"a": 13}))
    whole = row(seats_by_school(facts), school="A", stage="primary", year=2027)
    entry = row(entry_by_school(facts), school="A", stage="primary", year=2027)
    assert whole["gap"] == 50 - 44
    assert entry[["grade", "rooms_free", "cap", "seats", "demand", "gap"]].tolist() == [1, 1, 10, 10, 13, -3]


def test_entry_rows_say_who_was_turned_away_received_and_unplaced():
    """A turns 3 of 13 away, B receives the 2 for whom it has seats, and 1 is unplaced."""
    town = street(
        {"A": FULL, "B": School(rooms=3, at=1000, pupils=(5, 5, 5))}, {"a": 13, "b": 8}, policy=STRICT
    )
    table = entry_by_school(facts_of(town))
    columns = ["admitted", "turned_away", "received", "unplaced"]
    assert row(table, school="A", year=2027)[columns].tolist() == [10, 3, 0, 1]
    assert row(table, school="B", year=2027)[columns].tolist() == [10, 0, 2, 0]


def test_rows_follow_the_file_order_of_schools_then_years():
    """The file names B before A."""
    table = seats_by_school(facts_of(street({"B": FULL, "A": FULL}, {"a": 3, "b": 3})))
    assert table["school"].tolist() == ["B", "B", "A", "A", "J", "J"]
    assert table["year"].tolist() == [2027, 2028] * 3


def test_the_seats_of_a_school_of_two_stages_are_divided_by_grades():
    """N's 5 rooms serve 3 and 2 grades: 30 seats of primary, 20 of junior; 10 + 10 and 10 children continue."""
    town = build_town(
        {"N": School("1-5", rooms=5, pupils=(10, 10, 0, 10, 0))},
        {"primary": {"n": "N"}, "junior": {"n": "N"}},
        entrants={"primary": {}, "junior": {}},
    )
    table = seats_by_school(facts_of(town))
    assert row(table, stage="primary", year=2027)[["seats", "demand"]].tolist() == [30, 20]
    assert row(table, stage="junior", year=2027)[["seats", "demand"]].tolist() == [20, 10]


def shared_town():
    """Block a belongs to A alone, block b to A+B; 12 children live in each, half of b's go to A."""
    schools = {"A": School(rooms=3), "B": School(rooms=6, at=1000), "J": School("4-5", rooms=4, at=9000)}
    held = {"primary": {"a": "A", "b": "A+B"}, "junior": {"a": "J", "b": "J"}}
    return build_town(schools, held, entrants={"primary": {"a": 12, "b": 12}, "junior": {}})


def test_no_seat_counts_for_two_catchments():
    """A's 30 seats are divided 12 : 6 (b's 12, half of them A's): 20 for catchment A, 10 for A+B, with B's 60: 70."""
    table = seats_by_catchment(facts_of(shared_town()))
    assert row(table, catchment="A", year=2027)[["seats", "living", "gap"]].tolist() == [20, 12, 8]
    assert row(table, catchment="A+B", year=2027)[["seats", "living", "gap"]].tolist() == [70, 12, 58]


def test_entry_seats_of_a_catchment_are_the_rooms_free():
    """All rooms are free in 2027: 30 and 60 entry seats, divided alike; in 2028 the first classes hold theirs."""
    table = entry_by_catchment(facts_of(shared_town()))
    assert table.loc[table["year"] == 2027, "seats"].tolist()[:2] == [20, 70]
    assert table.loc[table["year"] == 2027, "living"].tolist()[:2] == [12, 12]
    assert row(table, catchment="A", year=2028)["seats"] < 20


def test_catchments_stand_only_in_the_years_in_which_they_have_blocks():
    """Block a moves from A to B in 2028."""
    schools = {"A": FULL, "B": School(at=1000)}
    town = street(schools, {"a": 5}, moved={("primary", "a", 1): "B"})
    table = seats_by_catchment(facts_of(town))
    primary = table[table["stage"] == "primary"]
    assert list(zip(primary["catchment"], primary["year"], strict=True)) == [
        ("A", 2027),
        ("B", 2027),
        ("B", 2028),
    ]


def test_stated_seats_stand_beside_those_of_rooms():
    """A document says 540 seats for A's 3 rooms, 30 seats: both are kept; B's are stated nowhere."""
    town = street({"A": FULL, "B": School(at=1000)}, {"a": 5})
    schools = town.district.schools.copy()
    schools["seats_stated"] = pd.array([540, None, None], dtype="Int64")
    capacity = build_capacity(town.district.with_tables(schools=schools), town.policy, town.plan.years)
    table = seats_by_school(replace(facts_of(town), capacity=capacity))
    assert row(table, school="A", year=2027)[["seats", "seats_stated"]].tolist() == [30, 540]
    assert pd.isna(row(table, school="B", year=2027)["seats_stated"])
