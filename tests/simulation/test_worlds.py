"""Draws that fall into the branches of open questions, by hand on the street."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.outcomes import Facts, odds_by_branch, odds_by_grade, seats_by_school
from planner.scenario import Scenario, load_scenario, questions_of
from planner.simulation import World, check_conservation, draw_fates, simulate_all, simulate_worlds
from tests.simulation.town import School, Town, build_town

DRAWS = 700
WING = {"rooms": [{"school": "A", "since": 2027, "rooms": 3}]}


def questions(**chances: float):
    """Return questions of one branch each, by name, with their chances."""
    branches = [
        {"question": name, "name": "yes", "chance": chance, **WING} for name, chance in chances.items()
    ]
    return questions_of(load_scenario(Scenario.model_validate({"branches": branches})))


def town(rooms: int) -> Town:
    """Return A with one class in grades 2 and 3 and 15 entrants, of whom a class holds 10."""
    return build_town(
        {"A": School(rooms=rooms, pupils=(10, 10, 10)), "J": School("4-5", rooms=4, at=9000)},
        {"primary": {"a": "A"}, "junior": {"a": "J"}},
        entrants={"primary": {"a": 15}, "junior": {}},
        transition=0.0,
        years=1,
        draws=DRAWS,
    )


def world(made: Town, numbers: Any) -> World:
    return World(
        scenario=Scenario(),
        district=made.district,
        policy=made.policy,
        capacity=made.capacity,
        forecast=made.forecast,  # pyright: ignore[reportArgumentType] - a forecast that gives what it is told
        plan=made.plan,
        numbers=np.asarray(numbers),
    )


def test_a_school_that_is_sure_to_be_over_without_its_wing_is_over_in_the_share_of_draws_without():
    """
    A needs 2 classes for its 15 entrants; grades 2 and 3 hold 2 rooms.

    With 3 rooms the 15 are one class of 15, above 10: P(over) = 1. With 4 rooms they are two: P(over) = 0. Of all
    draws those are over that fall into the branch without the wing.
    """
    fates = draw_fates(questions(late=0.3), DRAWS, seed=4)
    late = fates.of[0] == 0
    made = {True: town(3), False: town(4)}
    worlds = [world(made[combination == (0,)], numbers) for combination, numbers in fates.worlds()]
    simulation = simulate_worlds(worlds, DRAWS)
    check_conservation(simulation)
    assert simulation.rooms is not None
    assert np.array_equal(simulation.rooms[0, 0] == 3, late)
    assert np.array_equal(simulation.above_cap[0, 0, 0] == 5, late)
    facts = Facts(
        plan=made[False].plan, simulation=simulation, policy=made[False].policy, capacity=made[False].capacity
    )
    odds = odds_by_grade(facts).set_index(["school", "grade"]).loc[("A", 1)]
    assert odds["p_over_planned"] == pytest.approx(late.mean())
    table = odds_by_branch(facts, fates)
    rows = table[(table["school"] == "A") & (table["grade"] == 1)].set_index("branch")
    assert rows["p_over_planned"].to_dict() == {"yes": 1.0, "as the scenario stands": 0.0}
    assert rows["draws"].to_dict() == {"yes": late.sum(), "as the scenario stands": (~late).sum()}
    assert rows["chance"].to_dict() == pytest.approx({"yes": 0.3, "as the scenario stands": 0.7})
    assert not any(str(remark) for remark in rows["remark"])


def test_each_branch_has_its_share_of_a_chunk_of_draws_and_questions_are_independent():
    """Of 500 draws 30 % are 150 and 10 % are 50; both come together in about 3 %, 15 draws."""
    late, refused = draw_fates(questions(late=0.3, refused=0.1), 500, seed=4).of == 0
    assert (late.sum(), refused.sum()) == (150, 50)
    assert 5 <= (late & refused).sum() <= 25


def test_seats_and_their_gap_are_those_of_the_draws_branch():
    """A has 3 rooms in the draws below 100 and 4 in the others: 30 or 40 seats, against 35 children."""
    made = town(4)
    simulation = simulate_worlds([world(town(3), range(100)), world(made, range(100, DRAWS))], DRAWS)
    facts = Facts(plan=made.plan, simulation=simulation, policy=made.policy, capacity=made.capacity)
    assert facts.seats_drawn[0, 0, 0].tolist() == [30] * 100 + [40] * 600
    assert facts.rooms[0, 0, 0] == pytest.approx((100 * 3 + 600 * 4) / 700)
    row = seats_by_school(facts).set_index("school").loc["A"]
    assert (row["gap_p10"], row["gap_p90"]) == (-5, 5)
    assert row["gap"] == pytest.approx((100 * -5 + 600 * 5) / 700)


def test_draws_keep_their_numbers_in_whatever_world_they_are():
    """Two worlds that are alike are one: choices, which are counted on from draw to draw, and batches are the same."""
    made = build_town(
        {
            "A": School(rooms=6, pupils=(10, 10, 10)),
            "B": School(rooms=6, at=1000),
            "J": School("4-5", rooms=4, at=9000),
        },
        {"primary": {"a": "A"}, "junior": {"a": "J"}},
        entrants={"primary": {"a": 17}, "junior": {}},
        choice={("primary", "a", "B"): 0.13},
        transition=0.0,
        draws=DRAWS,
    )
    facts = {"district": made.district, "policy": made.policy, "capacity": made.capacity}
    plain = simulate_all(made.plan, made.forecast, **facts)
    odd = np.arange(DRAWS) % 3 == 1
    both = simulate_worlds([world(made, np.flatnonzero(odd)), world(made, np.flatnonzero(~odd))], DRAWS)
    assert len(np.unique(plain.demand[1, 0, 0])) > 1
    for name in ("pupils", "demand", "classes", "living"):
        assert np.array_equal(getattr(both, name), getattr(plain, name)), name
    np.testing.assert_allclose(both.entrants_in, plain.entrants_in)
    np.testing.assert_allclose(both.expected_from, plain.expected_from, rtol=1e-5)
    assert both.rooms is None


def test_a_branch_of_few_draws_says_so():
    fates = draw_fates(questions(rare=0.02), DRAWS, seed=4)
    made = town(4)
    simulation = simulate_worlds([world(made, range(DRAWS))], DRAWS)
    facts = Facts(plan=made.plan, simulation=simulation, policy=made.policy, capacity=made.capacity)
    table = odds_by_branch(facts, fates).drop_duplicates("branch").set_index("branch")
    assert 0 < table["draws"]["yes"] < 30
    assert str(table["remark"]["yes"]) == "fewer than 30 draws"
    assert str(table["remark"]["as the scenario stands"]) == ""


def test_a_draw_meets_the_same_fate_whatever_else_is_asked():
    """Fates hang on seed and question: not on other questions, nor on how many draws follow."""
    alone = draw_fates(questions(wing=0.3), DRAWS, seed=4)
    among = draw_fates(questions(estate=0.5, wing=0.3), DRAWS, seed=4)
    assert np.array_equal(alone.of[0], among.of[1])
    assert not np.array_equal(among.of[0], among.of[1])
    assert np.array_equal(draw_fates(questions(wing=0.3), 610, seed=4).of, alone.of[:, :610])
    assert not np.array_equal(draw_fates(questions(wing=0.3), DRAWS, seed=5).of, alone.of)
    assert alone.of[0].mean() == pytest.approx(-0.7, abs=0.06)


@given(st.floats(0, 1), st.floats(0, 1))
@settings(max_examples=30)
def test_a_likelier_branch_keeps_its_draws(one: float, other: float):
    low, high = sorted((one, other))
    rare, often = (draw_fates(questions(wing=chance), 200, seed=9).of[0] == 0 for chance in (low, high))
    assert not (rare & ~often).any()


def test_chances_of_none_and_one_are_met_by_no_draw_and_by_all():
    assert (draw_fates(questions(wing=0.0), DRAWS, seed=4).of == -1).all()
    assert (draw_fates(questions(wing=1.0), DRAWS, seed=4).of == 0).all()
