"""Who is entitled to enter, and where they are expected."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from planner.plan import Diversion
from tests.simulation.town import School, build_town

STREET = {"A": School(rooms=9), "B": School(rooms=9, at=1000), "J": School("4-5", rooms=9, at=2000)}
HELD = {"primary": {"a": "A", "b": "B"}, "junior": {"a": "J", "b": "J"}}


def demand(simulation, school, stage="primary", year=0):
    return int(simulation.demand[simulation.schools.index(school), simulation.stages.index(stage), year, 0])


def test_entrants_who_stay_go_by_catchment_and_outsiders_come_to_their_school():
    """A's block has 12 entrants, 2 leave; 3 come to A from outside: 13. Of the 2, private takes half."""
    town = build_town(
        STREET,
        HELD,
        entrants={"primary": {"a": 12, "b": 5}, "junior": {}},
        leaving={"primary": {"a": 2}},
        arriving={"primary": {"A": 3}},
        private=0.5,
    )
    done = town.simulate()
    assert (demand(done, "A"), demand(done, "B")) == (13, 5)
    totals = (done.entitled, done.arriving, done.private, done.elsewhere)
    assert [int(total[0, 0, 0]) for total in totals] == [17, 3, 1, 1]
    assert done.block_entrants[0, :, 0].tolist() == [10, 5]


def test_a_joint_catchment_is_split_by_the_plans_shares():
    """10 and 5 entrants of the joint catchment A+B, 0.3 of them to A: 4.5 and 10.5; the tie is the first one's."""
    town = build_town(
        STREET,
        {"primary": {"a": "A+B", "b": "A+B"}, "junior": {}},
        entrants={"primary": {"a": 10, "b": 5}, "junior": {}},
        shares={("A+B", "A"): 0.3, ("A+B", "B"): 0.7},
    )
    done = town.simulate()
    assert (demand(done, "A"), demand(done, "B")) == (5, 10)
    assert done.living_entrants[0, 0, 0] == 15


def test_a_block_without_a_catchment_goes_to_the_nearest_school():
    """Block b, at 1 km, has no primary catchment: B, at 1 km, is expected to take its 5."""
    town = build_town(
        STREET,
        {"primary": {"a": "A"}, "junior": {"a": "J", "b": "J"}},
        entrants={"primary": {"b": 5}, "junior": {}},
    )
    assert demand(town.simulate(), "B") == 5


def test_choices_are_whole_children_and_come_right_on_average():
    """
    Three of the hundred entrants of A's block choose B on average: 0.03 x 10 = 0.3 of a child in each of 100 draws.

    Largest remainders would round every one of them away.
    """
    town = build_town(
        STREET,
        HELD,
        entrants={"primary": {"a": 10}, "junior": {}},
        choice={("primary", "a", "B"): 0.03},
        draws=1000,
    )
    done = town.simulate()
    chosen = done.demand[1, 0, 0]
    assert set(np.unique(chosen)) == {0, 1}
    assert chosen.mean() == pytest.approx(0.3, abs=0.005)
    assert (done.demand[0, 0, 0] + chosen == 10).all()


def test_choice_varies_as_the_draws_say():
    """A fifth of 100 choose B; in the second draw twice as many, in the third half: 20, 40 and 10; the rest stay with A."""
    town = build_town(
        STREET,
        HELD,
        entrants={"primary": {"a": 100}, "junior": {}},
        choice={("primary", "a", "B"): 0.2},
        draws=3,
    )
    factor = np.ones((len(town.forecast.blocks), len(town.forecast.years), 3), dtype=np.float32)
    factor[:, :, 1], factor[:, :, 2] = 2, 0.5
    told = replace(town.forecast.all_draws, choosing={"primary": factor})
    done = replace(town, forecast=replace(town.forecast, all_draws=told)).simulate()
    assert done.demand[1, 0, 0].tolist() == pytest.approx([20, 40, 10], abs=1)
    assert (done.demand[:2, 0, 0].sum(axis=0) == 100).all()


def test_nobody_chooses_a_school_that_is_closed():
    """B has no rooms: the children of A's block who used to choose it come to A."""
    schools = STREET | {"B": School(rooms=0, at=1000)}
    town = build_town(
        schools, HELD, entrants={"primary": {"a": 10}, "junior": {}}, choice={("primary", "a", "B"): 0.5}
    )
    assert demand(town.simulate(), "A") == 10


def test_junior_entrants_are_the_leavers_of_primary_times_the_transition():
    """
    A has 10 leavers and B 14: 24 x 0.75 = 18 junior entrants, spread 2:1 over blocks of 40 and 20 children of the age.

    The second year's leavers are the simulated pupils: A's 8 and B's 2 of grade 2 a year before: 10 x 0.75 = 7.5, 8.
    """
    schools = {
        "A": School(rooms=9, pupils=(0, 8, 10)),
        "B": School(rooms=9, at=1000, pupils=(0, 2, 14)),
        "J": School("4-5", rooms=9, at=2000),
        "K": School("4-5", rooms=9, at=3000),
    }
    town = build_town(
        schools,
        {"primary": {"a": "A", "b": "B"}, "junior": {"a": "J", "b": "K"}},
        entrants={"primary": {}, "junior": {"a": 40, "b": 20}},
        transition=0.75,
    )
    done = town.simulate()
    assert (demand(done, "J", "junior"), demand(done, "K", "junior")) == (12, 6)
    assert done.entitled[1, :, 0].tolist() == [18, 8]


def test_leaving_of_a_fed_stage_is_scaled_alike():
    """A quarter of the 40 and of the 20 children of the age leave; of 18 entrants, 12 and 6, 3 and 1.5 would leave."""
    schools = {
        "A": School(rooms=9, pupils=(0, 0, 18)),
        "J": School("4-5", rooms=9, at=2000),
        "K": School("4-5", rooms=9, at=3000),
    }
    town = build_town(
        schools,
        {"primary": {"a": "A", "b": "A"}, "junior": {"a": "J", "b": "K"}},
        entrants={"primary": {}, "junior": {"a": 40, "b": 20}},
        leaving={"junior": {"a": 10, "b": 5}},
    )
    done = town.simulate()
    assert (demand(done, "J", "junior"), demand(done, "K", "junior")) == (9, 5)
    assert done.elsewhere[1, 0, 0] == 4


def test_own_leavers_of_a_nine_year_school_stay_and_are_not_counted_twice():
    """
    N teaches both stages and keeps its 12 leavers; A's 12 go by catchment.

    Both blocks have 12 children of junior age, block n in N's catchments. N's 12 are those of its own block, so
    the other 12 all live in block a and go to J. Spread over both blocks, N would expect 12 + 6.
    """
    schools = {
        "N": School("1-5", rooms=20, pupils=(0, 0, 12, 0, 0)),
        "A": School(rooms=9, at=1000, pupils=(0, 0, 12)),
        "J": School("4-5", rooms=9, at=2000),
    }
    town = build_town(
        schools,
        {"primary": {"n": "N", "a": "A"}, "junior": {"n": "N", "a": "J"}},
        entrants={"primary": {}, "junior": {"n": 12, "a": 12}},
        leaving={"junior": {"n": 3}},
        feeders=[("N", "N", 1.0)],
    )
    done = town.simulate()
    assert (demand(done, "N", "junior"), demand(done, "J", "junior")) == (12, 12)
    assert done.entitled[1, 0, 0] == 24
    assert done.block_entrants[1, :, 0].tolist() == [12, 12]


def test_a_diversion_sends_a_share_of_a_schools_entrants_to_another_in_its_years():
    """0.4 of A's 11 is 4.4, so 4 go to B in 2027 and nobody in 2028."""
    town = build_town(
        STREET,
        HELD,
        entrants={"primary": {"a": 11}, "junior": {}},
        diversions=(
            Diversion(stage="primary", from_school="A", to_school="B", since=2027, until=2027, share=0.4),
        ),
    )
    done = town.simulate()
    assert [demand(done, "A", year=year) for year in (0, 1)] == [7, 11]
    assert [demand(done, "B", year=year) for year in (0, 1)] == [4, 0]


def test_a_diversion_of_a_number_takes_no_more_than_there_are():
    """15 are to be diverted, but only 11 come."""
    town = build_town(
        STREET,
        HELD,
        entrants={"primary": {"a": 11}, "junior": {}},
        diversions=(
            Diversion(stage="primary", from_school="A", to_school="B", since=2027, until=2028, children=15),
        ),
    )
    assert demand(town.simulate(), "B") == 11


def test_children_expected_at_a_school_come_from_their_blocks():
    """Two of the 8 entrants of block a choose B, on average; B's own 4 come from block b."""
    town = build_town(
        STREET,
        HELD,
        entrants={"primary": {"a": 8, "b": 4}, "junior": {}},
        choice={("primary", "a", "B"): 0.25},
    )
    assert town.simulate().expected_from[0, :, :, 0].tolist() == [[6, 2, 0], [0, 4, 0]]


def test_those_passed_straight_on_come_from_their_schools_catchment():
    """N keeps its 12 leavers, who live in blocks n and m in proportion to 8 and 4 children of the age."""
    town = build_town(
        {"N": School("1-5", rooms=20, pupils=(0, 0, 12, 0, 0)), "A": School(rooms=9, at=1000)},
        {"primary": {"n": "N", "m": "N", "a": "A"}, "junior": {"n": "N", "m": "N", "a": "N"}},
        entrants={"primary": {}, "junior": {"n": 8, "m": 4, "a": 6}},
        feeders=[("N", "N", 1.0)],
    )
    assert town.simulate().expected_from[1, :, :, 0].tolist() == [[8, 0], [4, 0], [0, 0]]


def test_who_lives_in_a_catchment_grows_as_the_district_does():
    """
    Block a has 10 children in grade 1 and 6 in grade 2 at the last count, all at A, and 8 entrants a year.

    The district's grade 2 grows by a half and its grade 3 stays: 8 + 15 + 6 = 29 in 2027; 8 + 12 + 15 = 35 in 2028.
    """
    growth = np.ones((3, 5, 2, 1))
    growth[:, 1] = 1.5
    schools = STREET | {"A": School(rooms=9, pupils=(10, 6, 0))}
    town = build_town(
        schools,
        HELD,
        entrants={"primary": {"a": 8}, "junior": {}},
        growth=growth,
        living={("a", 1): 10, ("a", 2): 6},
    )
    done = town.simulate()
    assert done.living[0, :, 0].tolist() == [29, 35]
    assert done.living_entrants[0, :, 0].tolist() == [8, 8]


def test_a_block_that_is_moved_takes_all_its_children_to_the_new_catchment():
    """Block a belongs to A in 2027 and to B from 2028: its 8 entrants and 10 children of then count for B."""
    schools = STREET | {"A": School(rooms=9, pupils=(10, 0, 0))}
    town = build_town(
        schools,
        HELD,
        entrants={"primary": {"a": 8}, "junior": {}},
        living={("a", 1): 10},
        moved={("primary", "a", 1): "B"},
    )
    done = town.simulate()
    assert done.living[:2, :, 0].tolist() == [[18, 0], [0, 26]]
    assert [demand(done, "B", year=year) for year in (0, 1)] == [0, 8]
