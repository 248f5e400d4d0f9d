"""How a school's grade stands: counted by hand in ten draws, and against brute force."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.answers.standing import Standing, asked_of, below, standing_of
from planner.outcomes import Odds
from planner.policy import ClassRules
from tests.answers.street import YEAR, School, street_run
from tests.simulation.town import POLICY


def standing(demand, rooms, *, planned=1, cap=45, limit=-1) -> Standing:
    draws = np.asarray(demand, dtype=np.int64)
    held = np.full(len(draws), planned)
    rooms = np.broadcast_to(np.asarray(rooms, dtype=np.int64), draws.shape)
    odds = Odds(
        cap=cap,
        demand=draws,
        planned=held,
        possible=np.maximum(held, rooms),
        turned_away=np.zeros_like(draws),
    )
    return Standing(school="A", grade=1, starts=True, odds=odds, rooms=rooms, limit=limit)


def of(run, school="A", grade=1) -> Standing:
    return standing_of(run.simulation, run.plan, run.policy, school, grade, YEAR)


def test_with_k_classes_above_the_cap_is_45k_plus_1():
    """90 children fit into two classes of 45, 91 do not: one of the three draws exceeds the cap."""
    now = standing([89, 90, 91], 2, planned=2)
    assert now.over().tolist() == [False, False, True]
    assert now.p_with(2) == pytest.approx(1 / 3)


def test_below_a_level_is_less_than_it_and_never_is_below_any():
    assert below(0.19, 0.2)
    assert not below(0.2, 0.2)
    assert below(0.0, 0.0)


def test_a_class_counts_in_the_draws_in_which_it_finds_a_room():
    """91 to 94 children; a third class finds a room in two draws of four, so that the other two stay above 90."""
    now = standing([91, 92, 93, 94], [3, 2, 3, 2], planned=2)
    assert now.p_with(3) == 0.5
    planned = standing([91, 92, 93, 94], [3, 2, 3, 2], planned=3)
    assert planned.p_over() == 0.0
    assert planned.p_over(before=now) == 0.5


def test_classes_are_only_added_where_half_of_the_draws_have_the_room():
    assert standing([91] * 4, [3, 3, 2, 2], planned=2).most == 3
    assert standing([91] * 4, [3, 2, 2, 2], planned=2).most == 2
    assert standing([91] * 4, [1, 1, 1, 1], planned=2).most == 2


def test_the_fewest_classes_that_bring_the_odds_below_the_level():
    """100 children need three classes; nobody has four rooms, so that 140 find none that suffice."""
    assert standing([100] * 5, 3, planned=1).classes_for(0.2) == 3
    assert standing([80, 80, 80, 80, 100], 3, planned=1).classes_for(0.3) == 2
    assert standing([140] * 5, 3, planned=1).classes_for(0.2) is None
    assert standing([140] * 5, 3, planned=1).best_classes() == 1
    assert standing([80, 140], 3, planned=1).best_classes() == 2


def test_children_more_are_counted_in_all_draws_or_in_proportion():
    """10 on average are 5 and 15 where the demand is 50 and 150."""
    now = standing([50, 150], 4)
    assert now.scaled(10).tolist() == [5, 15]
    assert standing([0, 0], 1).scaled(10).tolist() == [10, 10]
    assert standing([44, 44], 1).p_with(1, 2) == 1.0


def test_a_limit_of_the_plan_bounds_what_a_school_takes():
    """45 seats less 30 children are 15; a limit of 40 leaves 10."""
    assert standing([30] * 5, 1).can_take(0.2) == 15
    assert standing([30] * 5, 1, limit=40).can_take(0.2) == 10


DEMANDS = st.lists(st.integers(0, 200), min_size=1, max_size=30)
LEVELS = st.sampled_from([0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0])


@given(DEMANDS, st.integers(0, 4), LEVELS)
def test_the_number_diverted_is_the_least_that_suffices(demand, classes, level):
    now = standing(demand, classes, planned=classes)
    fewest = now.fewer_needed(level, classes)

    def after(number: int) -> float:
        left = now.odds.demand - np.minimum(now.odds.demand, number)
        return float((left > now.seats(classes)).mean())

    assert below(after(fewest), level)
    assert fewest == 0 or not below(after(fewest - 1), level)


@given(DEMANDS, st.integers(1, 4), st.integers(0, 4), LEVELS)
def test_a_school_takes_as_many_as_keep_it_below_the_level(demand, planned, free, level):
    now = standing(demand, planned + free, planned=planned)
    most = now.can_take(level)
    every = planned + free
    assert most == 0 or below(now.p_with(every, most), level)
    assert not below(now.p_with(every, most + 1), level)


@given(st.lists(st.integers(1, 200), min_size=1, max_size=30), st.integers(0, 4), LEVELS)
def test_the_share_that_goes_is_the_smallest_that_suffices(demand, classes, level):
    now = standing(demand, classes, planned=classes)
    share = now.share_needed(level, classes)

    def after(part: float) -> float:
        return float((now.odds.demand * (1 - part) > now.seats(classes) + 1e-9).mean())

    assert below(after(share), level)
    assert share == 0 or not below(after(share - 1e-6), level)


def test_rooms_of_a_campus_are_those_that_its_other_stage_does_not_need():
    """
    A teaches grades 1-5: 7 rooms less one class in each of grades 2, 3 and 5 leave 4 for the intakes.

    Grade 1 has 10.5 children on average and two classes planned, grade 4 has 10 and one: 3 rooms for grade 1.
    """
    run = street_run(
        schools={"A": School("1-5", rooms=7, pupils=(10, 10, 10, 10, 10))},
        classes={("A", "primary"): 2, ("A", "junior"): 1},
    )
    now = of(run)
    assert run.simulation.free[0, :, 0].sum(axis=0).tolist() == [4] * 10
    assert now.rooms.tolist() == [3] * 10
    assert (now.planned, now.most) == (2, 3)


def test_a_later_grade_is_judged_by_the_classes_formed():
    """11 children in grade 2 are split in two where a third room is free: over in one class, not in those formed."""
    split = street_run(
        schools={"A": School(rooms=4, pupils=(11, 10, 0), classes=(1, 1, 0))}, entrants={"a2": 0}
    )
    now = of(split, grade=2)
    assert not now.starts
    assert (now.odds.p_over_planned, now.p_over()) == (1.0, 0.0)


def test_an_intake_s_own_rooms_are_planned_and_possible_where_classes_are_re_formed():
    """
    A has 6 rooms; 21 and 21 children of grades 2 and 3 would need them all. The intake's part is 2 rooms.

    Its 6 to 15 entrants are planned with one class (10.5 are rounded to 10), exceed it in five draws of ten, and never
    two. With three classes stated, grade 1 has three, and the other two grades the three rooms left.
    """
    policy = POLICY.model_copy(update={"classes": ClassRules(worst=15, formation="reformed")})
    school = {"A": School(rooms=6, pupils=(21, 21, 0))}
    now = of(street_run(schools=school, policy=policy))
    assert (now.planned, now.odds.classes_possible, now.most) == (1, 2, 2)
    assert (now.p_over(), now.odds.p_over_possible) == (0.5, 0.0)
    run = street_run(schools=school, policy=policy, classes={("A", "primary"): 3})
    assert (of(run).planned, of(run).most) == (3, 3)
    assert run.simulation.classes[0, :3, 0].sum(axis=0).tolist() == [6] * 10
    assert of(run, grade=2).odds.p_over_planned == 1.0


def test_who_is_asked():
    """Grade 1 of A and B; J has nobody in grade 4, and nobody asks about a grade that nobody attends."""
    run = street_run()
    asked = asked_of(run.simulation, run.plan, run.policy, (1, 4), YEAR)
    assert [(school, grade) for school, grade, _ in asked] == [("A", 1), ("B", 1)]
