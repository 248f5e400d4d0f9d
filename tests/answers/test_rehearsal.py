"""A rehearsal is the run itself where nothing changes, and a run of the changed scenario where something does."""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.answers import exceed
from planner.answers.rehearsal import Horizon, Rehearsal, plan_within, simulation_in, with_edits
from planner.district import write_district
from planner.errors import ScenarioError
from planner.outcomes import odds_in
from planner.pipeline import run
from planner.scenario import Scenario
from planner.simulation import Simulation
from tests.answers.street import YEAR, School, street_run
from tests.answers.village import POLICY, as_toml, village, village_run

if TYPE_CHECKING:
    from planner.pipeline import Run

ARRAYS = [field.name for field in fields(Simulation) if "NDArray" in str(field.type)]


@cache
def kept(seed: int = 3, rooms: int = 12) -> Run:
    return village_run(village(rooms), seed=seed)


def same(one: Simulation, other: Simulation) -> None:
    for name in ARRAYS:
        mine, theirs = getattr(one, name), getattr(other, name)
        if mine is None or theirs is None:
            assert mine is theirs, name
        elif mine.dtype.kind == "f":
            np.testing.assert_allclose(mine, theirs, rtol=1e-6, err_msg=name)
        else:
            np.testing.assert_array_equal(mine, theirs, err_msg=name)


@pytest.mark.parametrize("year", [2027, 2029])
def test_without_a_change_the_rehearsal_is_the_run(year):
    rehearsal = Rehearsal.of(kept(), year)
    done, base = rehearsal.carry_out({}), rehearsal.base()
    assert (done.year, done.simulation.years, done.plan.years) == (year, (year,), (year,))
    same(done.simulation, base.simulation)
    same(base.simulation, simulation_in(kept().simulation, year))
    assert done.rooms("A") == 12 + 6 * (year == 2029)


def test_a_year_of_a_simulation_is_that_year_alone():
    whole = kept().simulation
    cut = simulation_in(whole, 2028)
    assert cut.pupils.shape == (*whole.pupils.shape[:2], 1, whole.draws)
    assert np.array_equal(cut.demand[:, :, 0], whole.demand[:, :, 1])
    assert np.array_equal(cut.block_entrants[..., 0], whole.block_entrants[..., 1])


def test_the_horizon_holds_the_draws_of_its_years_and_no_others():
    horizon = Horizon.of(kept(), 2028)
    drawn = kept().forecast.draw(0, 60)
    assert horizon.years == (2027, 2028)
    assert np.array_equal(horizon.draw(0, 60).growth, drawn.growth[:, :, :2])
    assert np.array_equal(horizon.draw(0, 60).entrants["primary"], drawn.entrants["primary"][:, :2])
    with pytest.raises(LookupError, match="no batch"):
        horizon.draw(0, 30)
    with pytest.raises(LookupError, match="no expected path"):
        horizon.expected()


def test_draws_in_several_batches_are_those_of_the_run():
    """600 draws are made in batches of 500 and 100."""
    many = village_run(until=2027, draws=600)
    rehearsal = Rehearsal.of(many, 2027)
    assert [batch.growth.shape[-1] for batch in rehearsal.horizon.batches] == [500, 100]
    same(rehearsal.carry_out({}).simulation, rehearsal.base().simulation)


def test_the_plan_given_to_a_run_stays_where_nothing_is_changed():
    """
    A hand-made plan shares a2 by 1 to 3 between A and C, which no scenario says, and plans 2 classes for B.

    Moving b1 from B to A leaves both as they are.
    """
    given_plan = street_run(
        schools={"C": School(rooms=9, pupils=(10, 10, 10), at=9000)},
        catchments={"a1": "A", "a2": "A+C", "b1": "B", "b2": "B"},
        shares={("A+C", "A"): 0.25, ("A+C", "C"): 0.75},
        classes={("B", "primary"): 2},
    )
    rehearsal = Rehearsal.of(given_plan, YEAR)
    moved = {"catchments": [{"blocks": ["b1"], "schools": ["A"], "since": YEAR}]}
    plan, _, _ = rehearsal.planned(moved)
    assert np.array_equal(plan.shares, given_plan.plan.shares)
    assert np.array_equal(plan.classes, given_plan.plan.classes)
    keys = [plan.catchments[c].key for c in plan.catchment_of[0, :, 0]]
    assert keys == ["A", "A+C", "A", "B"]
    demand = rehearsal.carry_out(moved).simulation.demand[:, 0, 0, 9]
    assert dict(zip(given_plan.plan.schools, demand.tolist(), strict=True)) == {
        "A": 12,
        "B": 2,
        "C": 7,
        "J": 0,
    }


def test_a_catchment_that_the_run_does_not_have_is_added():
    rehearsal = Rehearsal.of(kept(), 2027)
    joint = {"catchments": [{"blocks": ["b2", "b3"], "schools": ["A", "B"], "since": 2027}]}
    plan, _, _ = rehearsal.planned(joint)
    assert plan.catchments[-1].schools == ("A", "B")
    assert plan.shares[-1].sum(axis=0).tolist() == pytest.approx([1, 1, 1])
    assert set(plan.catchment_of[0, 1:3].ravel().tolist()) == {len(plan.catchments) - 1}


def test_later_years_are_planned_but_not_carried_out():
    plan = plan_within(kept().plan, 2027, 2028)
    assert (plan.years, plan.classes.shape[-1], plan.shares.shape[-1]) == ((2027, 2028), 2, 2)


def test_a_change_that_contradicts_the_district_is_refused():
    with pytest.raises(ScenarioError, match="there is no block 'b9'"):
        Rehearsal.of(kept(), 2027).carry_out({"catchments": [{"blocks": ["b9"], "schools": ["A"]}]})


def test_entries_are_added_behind_those_of_the_scenario():
    own = Scenario.model_validate({"classes": [{"school": "A", "since": 2027, "classes": 1}]})
    both = with_edits(own, {"classes": [{"school": "B", "since": 2027, "classes": 2}]})
    assert [edit.school for edit in both.classes] == ["A", "B"]
    assert own.classes[1:] == ()


def figures(done: Run, school: str, grade: int, year: int) -> float:
    odds = odds_in(done.simulation, done.plan, done.policy, school, grade, year)
    starts = done.policy.stage_of(grade).first == grade
    return odds.p_over_planned if starts else odds.p_over_possible


@settings(max_examples=5, deadline=None)
@given(
    st.integers(0, 2),
    st.sampled_from([12, 13]),
    st.sampled_from([(1, 2027), (1, 2028), (None, 2027), (4, 2028)]),
    st.sampled_from([0.1, 0.2, 0.4]),
)
def test_every_lever_is_what_a_run_of_the_scenario_with_it_gives(seed, rooms, asked, level):
    """
    The promise of levers: pasted into the scenario and run anew, with the proposal made anew, the odds are the same.

    As are those of the plan rehearsed, which passes the verifier.
    """
    base = kept(seed, rooms)
    grade, year = asked
    answer = exceed(base, grade=grade, year=year, level=level, levers=True)
    rehearsal = Rehearsal.of(base, year)
    for (school, of), levers in answer.levers.items():
        for lever in levers:
            if lever.p_room < 1 or not lever.edits:
                continue
            scenario = with_edits(base.scenario, lever.edits)
            anew = run(scenario, base.source, policy=POLICY, like=base)
            assert anew.forecast is base.forecast
            plan, _, _ = rehearsal.planned(lever.edits)
            as_rehearsed = run(scenario, base.source, policy=POLICY, like=base, plan=plan)
            for done in (anew, as_rehearsed):
                assert figures(done, school, of, year) == lever.p_over
                there = [figures(done, other, of, year) for other in lever.to]
                assert max(there, default=0.0) == lever.worst_elsewhere


def test_levers_are_pasted_as_a_scenario_file(tmp_path):
    """Every kind, as TOML in a file that builds on the base's: the odds of the file's run are the lever's."""
    write_district(village(), tmp_path / "facts")
    rules = '[[rules]]\nrule = "class_size"\nstage = "primary"\nat_most = 45\nsource = "made"\n'
    (tmp_path / "keep.toml").write_text(
        f'district = "facts"\nuntil = 2029\ndraws = 60\nseed = 3\n{rules}', encoding="utf-8"
    )
    base = run(tmp_path / "keep.toml")
    levers = exceed(base, grade=1, year=2027, levers=True).levers["A", 1]
    assert [lever.kind for lever in levers] == ["divert", "blocks", "project"]
    for lever in levers:
        path = tmp_path / f"{lever.kind}.toml"
        path.write_text('extends = "keep.toml"\n' + as_toml(lever.edits), encoding="utf-8")
        done = run(path, like=base)
        assert figures(done, "A", 1, 2027) == lever.p_over
        assert max((figures(done, other, 1, 2027) for other in lever.to), default=0) == lever.worst_elsewhere


def test_where_a_class_more_finds_no_room_in_some_draws_the_lever_says_so():
    """
    A class planned counts only in the draws in which it has its room, in the lever and in a run of the pasted scenario.

    Of A's 4 rooms, grade 3 takes one, and grade 2, in two classes until now, one as it has 10 children, but two in the
    10 draws of 40 in which it has grown to 11. 11 children enter.
    """
    growth = np.ones((3, 5, 1, 40), dtype=np.float32)
    growth[0, 1, 0, :10] = 1.1
    short = street_run(
        schools={"A": School(rooms=4, pupils=(10, 10, 10), classes=(2, 1, 1))},
        entrants={"a2": 6},
        draws=40,
        growth=growth,
        classes={("A", "primary"): 1},
    )
    (lever,) = [
        lever
        for lever in exceed(short, grade=1, year=YEAR, levers=True).levers["A", 1]
        if lever.kind == "class"
    ]
    assert (lever.p_over, lever.p_room, lever.works) == (0.25, 0.75, False)
    done = Rehearsal.of(short, YEAR).carry_out(lever.edits).standing("A", 1)
    assert done.odds.p_over_planned == 0.25
