"""Pupils were nobody turned away: the simulation's own rules, without its rooms."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings

from planner.simulation.setting import prepare
from planner.simulation.unlimited import feeding_groups, pupils_unlimited
from tests.simulation.test_years import SEEDS, random_town
from tests.simulation.town import School, build_town


def setting_of(town):
    return prepare(
        town.plan,
        district=town.district,
        policy=town.policy,
        capacity=town.capacity,
        forecast=town.forecast,
    )


@given(seed=SEEDS)
@settings(max_examples=15, deadline=None)
def test_in_the_first_year_it_is_the_simulations_demand_and_its_later_grades(seed):
    """Nobody has been turned away yet, so rooms have changed nothing before the doors."""
    town = random_town(seed)
    pupils = pupils_unlimited(setting_of(town), town.forecast.draw(0, town.forecast.draws))
    simulated = town.simulate()
    starts = list(simulated.starts)
    later = [grade for grade in range(pupils.shape[1]) if grade not in starts]
    np.testing.assert_array_equal(pupils[:, starts, 0], simulated.demand[:, :, 0])
    np.testing.assert_array_equal(pupils[:, later, 0], simulated.pupils[:, later, 0])


def test_a_school_takes_all_whatever_its_rooms():
    """One room for ten: 40 enter each year, move up, and all of them go on to the junior school."""
    town = build_town(
        {"A": School("1-3", rooms=1, pupils=(10, 10, 10)), "J": School("4-5", rooms=1, pupils=(10, 10))},
        {"primary": {"a": "A"}, "junior": {"a": "J"}},
        entrants={"primary": {"a": 40}, "junior": {"a": 40}},
        years=4,
    )
    pupils = pupils_unlimited(setting_of(town), town.forecast.draw(0, 1))
    assert pupils[0, :3, :, 0].tolist() == [[40] * 4, [10, 40, 40, 40], [10, 10, 40, 40]]
    assert pupils[1, 3, :, 0].tolist() == [10, 10, 10, 40]


def test_a_teaching_points_children_feed_the_school_that_they_go_on_to():
    """T ends with grade 2: its 8 second-graders and A's own 20 feed A's grade 3; entrants are last year's."""
    town = build_town(
        {"T": School("1-2", pupils=(7, 8)), "A": School("1-3", at=1000, pupils=(30, 20, 25))},
        {"primary": {"a": "T", "b": "A"}, "junior": {"a": "A", "b": "A"}},
        entrants={"primary": {"a": 9}},
        feeders=[("T", "A", 1.0)],
    )
    fed = feeding_groups(setting_of(town))
    assert fed[:, :3].tolist() == [[7, 7, 0], [30, 30, 28]]
