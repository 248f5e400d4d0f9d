"""The year loop: conservation, batches of draws, the expected path."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.errors import PlanError
from planner.forecast import chunks
from planner.plan import Diversion
from planner.simulation import Simulation, check_conservation, join, simulate, simulate_all
from planner.simulation import years as year_loop
from tests.simulation.town import POLICY, STRICT, WORST, School, build_town

SEEDS = st.integers(0, 2**32 - 1)


def random_town(seed, *, strict=False, formation="kept", draws=3, steady=False):
    """
    A town of five schools, one of them a teaching point, one of nine years' kind and one that closes; all at random.

        T(1-2)  A(1-3)  B(1-3, may close)  N(1-5)  J(4-5)
    """
    rng = np.random.default_rng(seed)
    grades = {"T": "1-2", "A": "1-3", "B": "1-3", "N": "1-5", "J": "4-5"}
    spans = {"1-2": 2, "1-3": 3, "1-5": 5, "4-5": 2}
    schools = {
        name: School(
            span,
            rooms=int(rng.integers(0, 9)),
            at=float(rng.integers(0, 9000)),
            pupils=tuple(int(number) for number in rng.integers(0, 30, spans[span])),
            open_to=2027 if name == "B" and rng.random() < 0.5 else None,
        )
        for name, span in grades.items()
    }
    keys = ["T", "A", "B", "N", "A+B", "T+A"]
    held = {
        "primary": {block: str(rng.choice(keys)) for block in "abcde"},
        "junior": {block: str(rng.choice(["N", "J", "N+J"])) for block in "abcd"},
    }
    years = 4

    def children(most):
        return rng.integers(0, most, (years, draws)).astype(np.int16)

    entrants = {stage: {block: children(12) for block in "abcde"} for stage in held}
    leaving = {
        stage: {block: np.minimum(children(4), figures) for block, figures in by_block.items()}
        for stage, by_block in entrants.items()
    }
    limits = {("A", "primary"): int(rng.integers(0, 25))} if rng.random() < 0.5 else {}
    rules = POLICY.classes.model_copy(
        update={"formation": formation, "composite": 8 if formation == "reformed" else 0}
    )
    return build_town(
        schools,
        held,
        entrants=entrants,
        leaving=leaving,
        arriving={"primary": {"A": children(3)}, "junior": {"J": children(3)}},
        feeders=[("N", "N", 0.8), ("T", "A", 0.5), ("A", "J", 0.3)],
        choice={("primary", "a", "A"): 0.2, ("primary", "b", "N"): 0.15, ("junior", "a", "J"): 0.3},
        private=0.4,
        transition=float(rng.uniform(0.8, 1.1)),
        growth=1.0 if steady else rng.normal(1, 0.1, (5, 5, years, draws)).clip(0.5),
        noise=rng.normal(0, 1, (5, 5, years, draws)),
        spread=0.0 if steady else 0.3,
        years=years,
        draws=draws,
        policy=POLICY.model_copy(update={"strict": strict, "classes": rules}),
        classes={("A", "primary"): int(rng.integers(0, 4))},
        limits=limits,
        diversions=(
            Diversion(stage="primary", from_school="A", to_school="N", since=2028, until=2029, share=0.3),
            Diversion(
                stage="primary",
                from_school="N",
                to_school="A",
                since=2028,
                until=2029,
                children=5,
                grades=(2, 3),
            ),
        ),
    )


def assert_same(one, other):
    """Whole numbers are equal; means over draws (float32) differ by rounding at most."""
    for field in fields(Simulation):
        here, there = getattr(one, field.name), getattr(other, field.name)
        if isinstance(here, np.ndarray) and here.dtype == np.float32:
            np.testing.assert_allclose(here, there, atol=1e-4, err_msg=field.name)
        else:
            np.testing.assert_array_equal(here, there, err_msg=field.name)


@settings(max_examples=60, deadline=None)
@given(SEEDS, st.booleans(), st.sampled_from(["kept", "reformed"]))
def test_no_child_is_lost_or_made_up(seed, strict, formation):
    """Promise 1 holds in every draw, stage and year, whatever the plan, and no figure is negative."""
    done = random_town(seed, strict=strict, formation=formation).simulate()
    check_conservation(done)
    for field in fields(Simulation):
        figures = getattr(done, field.name)
        if isinstance(figures, np.ndarray):
            assert (figures >= 0).all(), field.name


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.booleans())
def test_entrants_have_classes_and_new_classes_have_rooms(seed, strict):
    """No entrant without a class; classes are more than the rooms only by classes that continue."""
    town = random_town(seed, strict=strict)
    done = town.simulate()
    for stage, first in enumerate(done.starts):
        seated, classes = done.pupils[:, first], done.classes[:, first]
        assert ((seated == 0) == (classes == 0)).all()
        assert (classes <= done.free[:, stage]).all()
        worst = (
            town.policy.cap(done.grades[first], 2027)
            if strict
            else town.policy.worst(done.grades[first], 2027)
        )
        assert (seated <= worst * classes).all()
    rooms = town.capacity.of(done.schools).rooms[:, :, None]
    assert (done.classes.sum(axis=1) <= rooms + done.borrowed).all()


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_year_groups_without_growth_keep_their_number(seed):
    """Schools end, close and divert, but a later grade has as many children as the grade below a year before."""
    done = random_town(seed, steady=True).simulate()
    whole = done.pupils.sum(axis=0)
    for grade in (1, 2, 4):
        np.testing.assert_array_equal(whole[grade, 1:], whole[grade - 1, :-1])


@settings(max_examples=30, deadline=None)
@given(SEEDS, st.booleans())
def test_entrants_have_classes_where_classes_are_re_formed(seed, strict):
    """Also where grades share classes: no entrant without a class, none above the cap in a strict policy."""
    town = random_town(seed, strict=strict, formation="reformed")
    done = town.simulate()
    for first in done.starts:
        seated, classes = done.pupils[:, first], done.classes[:, first]
        assert ((seated == 0) | (classes > 0)).all()
        largest = town.policy.cap(done.grades[first], 2027) if strict else WORST
        assert (seated <= largest * classes).all()


@settings(max_examples=30, deadline=None)
@given(SEEDS)
def test_strict_schools_seat_nobody_above_the_cap_and_turn_away_no_fewer(seed):
    """In the first year, from the same count, a strict policy turns away at least as many at every school."""
    strict, lenient = (random_town(seed, strict=strict).simulate() for strict in (True, False))
    assert not strict.above_cap.any()
    assert (strict.turned_away[:, :, 0] >= lenient.turned_away[:, :, 0]).all()


def test_batches_of_draws_joined_are_the_simulation_of_all(monkeypatch):
    """Seven draws at once, in three batches joined, and by `simulate_all` are the same to the last number."""
    town = random_town(11, draws=7)
    told = {
        "district": town.district,
        "policy": town.policy,
        "capacity": town.capacity,
        "forecast": town.forecast,
    }
    parts = [simulate(town.plan, town.forecast.draw(*ends), **told) for ends in ((0, 3), (3, 5), (5, 7))]
    assert_same(join(parts), town.simulate())
    monkeypatch.setattr(year_loop, "CHUNK", 3)
    monkeypatch.setattr(chunks, "CHUNK", 3)
    steps = []
    done = simulate_all(town.plan, progress=lambda _, done, total: steps.append((done, total)), **told)
    assert_same(done, town.simulate())
    assert steps == [(3, 7), (6, 7), (7, 7)]


def test_the_expected_path_is_the_same_simulation_with_one_draw():
    """A draw without shocks, numbered -1, goes through the same years."""
    town = random_town(5)
    told = {
        "district": town.district,
        "policy": town.policy,
        "capacity": town.capacity,
        "forecast": town.forecast,
    }
    expected = simulate(town.plan, town.forecast.expected(), **told)
    check_conservation(expected)
    assert expected.draws == 1


def test_a_lost_child_is_found():
    """One child less in a first grade: the stage and year are named."""
    done = random_town(3).simulate()
    pupils = done.pupils.copy()
    school = int(np.flatnonzero(pupils[:, 0, 1, 0])[0])
    pupils[school, 0, 1, 0] -= 1
    with pytest.raises(PlanError, match=r"primary 2028: the entrants are not those seated.*in 1 draws"):
        check_conservation(replace(done, pupils=pupils))


def test_a_child_placed_twice_is_found():
    """One child more placed than turned away."""
    schools = {
        "A": School(rooms=3, pupils=(10, 10, 10)),
        "B": School(rooms=3, at=1000),
        "J": School("4-5", rooms=3),
    }
    town = build_town(
        schools,
        {"primary": {"a": "A"}, "junior": {"a": "J"}},
        entrants={"primary": {"a": 13}, "junior": {}},
        policy=STRICT,
    )
    done = town.simulate()
    with pytest.raises(PlanError, match="those placed are not those received"):
        check_conservation(replace(done, placed=done.placed + 1))


def test_a_plan_and_a_forecast_of_other_years_are_refused():
    """A plan of 2028 and a forecast of 2027 would be laid over each other in silence."""
    town = random_town(1)
    with pytest.raises(PlanError, match="differ in their years"):
        simulate(
            replace(town.plan, years=tuple(year + 1 for year in town.plan.years)),
            town.forecast.expected(),
            district=town.district,
            policy=town.policy,
            capacity=town.capacity,
            forecast=town.forecast,
        )
