"""A whole run on the town of six blocks: the order of steps, what is kept, and what is taken over."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from planner.district import write_district
from planner.errors import PlanError, ScenarioError
from planner.pipeline import Run, run
from planner.scenario import Scenario, read_scenario
from tests.scenario.town import town, town_policy

TOWN, POLICY = town(), town_policy()
KEEP: dict[str, Any] = {"until": 2030, "draws": 20, "seed": 5}


def carried_out(like: Run | None = None, **says: Any) -> Run:
    return run(Scenario.model_validate(KEEP | says), TOWN, policy=POLICY, like=like)


@pytest.fixture(scope="module")
def keep() -> Run:
    return carried_out()


def same(one: Run, other: Run) -> bool:
    return all(
        np.array_equal(getattr(one.simulation, name), getattr(other.simulation, name))
        for name in ("pupils", "classes", "demand", "turned_away", "unplaced")
    )


def test_a_run_holds_what_it_was_made_of_and_what_came_out(keep):
    assert keep.plan.years == keep.forecast.years == (2027, 2028, 2029, 2030)
    assert keep.simulation.pupils.shape == (5, 9, 4, 20)
    assert keep.expected.pupils.shape == (5, 9, 4, 1)
    assert keep.source is TOWN
    assert "C" not in TOWN.schools.index
    assert "C" in keep.district.schools.index
    assert keep.distances.shape == (6, 5)
    assert {"district", "odds", "moves", "goals", "missing", "projects"} <= set(keep.outcomes)
    assert keep.scenario.until == 2030


def test_the_steps_come_in_order_and_are_shown_as_they_begin():
    shown: list[tuple[str, int, int]] = []
    done = run(
        Scenario(until=2028, draws=5),
        TOWN,
        policy=POLICY,
        progress=lambda step, done, total: shown.append((str(step), done, total)),
    )
    assert [name for name, _ in done.timings] == ["read", "apply", "forecast", "plan", "simulate", "outcomes"]
    assert [step for step, *_ in shown] == [
        "reading",
        "applying the scenario",
        "forecasting",
        "planning",
        "simulating",
        "simulating",
        "summarising",
    ]


def test_projects_that_do_not_count_are_named(keep):
    table = keep.outcomes["projects"].set_index("project")
    assert table["counted"].to_dict() == {"new-c": True, "wing-b": False, "idea-d": False}
    assert table["certainty"]["wing-b"] == 0.5
    notes = [str(note) for note in keep.notes]
    assert sum("does not count" in note for note in notes) == 2
    assert any(note.startswith("C opens in 2028 without a catchment") for note in notes)


def test_the_same_inputs_give_the_same_run(keep):
    again = carried_out()
    assert same(keep, again)
    assert again.proposal.plan.classes.tolist() == keep.proposal.plan.classes.tolist()


def test_the_number_of_draws_can_be_overridden_and_keeps_the_first_draws(keep):
    fewer = run(Scenario.model_validate(KEEP), TOWN, policy=POLICY, draws=7)
    assert np.array_equal(fewer.simulation.pupils, keep.simulation.pupils[..., :7])


def test_an_earlier_forecast_is_taken_over_where_demand_is_the_same(keep):
    moved = carried_out(keep, catchments=[{"blocks": ["b3"], "schools": ["A"], "since": 2028}])
    assert moved.forecast is keep.forecast
    fresh = carried_out(catchments=[{"blocks": ["b3"], "schools": ["A"], "since": 2028}])
    assert same(moved, fresh)


@pytest.mark.parametrize(
    "says",
    [
        {"seed": 6},
        {"draws": 21},
        {"until": 2031},
        {"demand": [{"since": 2027, "factor": 1.1}]},
        {"assumptions": {"leaving": 0.3}},
        {"projects": [{"project": "new-c", "slip": 1}]},
    ],
)
def test_an_earlier_forecast_is_not_taken_over_where_demand_differs(keep, says):
    assert carried_out(keep, **says).forecast is not keep.forecast


def test_assumptions_of_planning_leave_the_forecast_as_it_is(keep):
    assert carried_out(keep, assumptions={"strict": True, "detour": 1.5}).forecast is keep.forecast


def test_a_given_plan_is_carried_out_as_it_is(keep):
    """A alone is to open one class in 2027; the proposal stays the earlier run's."""
    classes = keep.plan.classes.copy()
    classes[0, 0, 0] = 1
    given = replace(keep.plan, classes=classes)
    done = run(Scenario.model_validate(KEEP), TOWN, policy=POLICY, plan=given, like=keep)
    assert done.plan is given
    assert done.proposal is keep.proposal
    same_plan = run(Scenario.model_validate(KEEP), TOWN, policy=POLICY, plan=keep.plan)
    assert same(same_plan, keep)


def test_a_plan_that_breaks_a_promise_is_refused(keep):
    of = keep.plan.catchment_of.copy()
    of[0, 0, 0] = -1
    with pytest.raises(PlanError, match="block b1 has no catchment of stage primary in 2027"):
        run(
            Scenario.model_validate(KEEP),
            TOWN,
            policy=POLICY,
            plan=replace(keep.plan, catchment_of=of),
            like=keep,
        )


def test_without_leave_to_plan_outside_catchments_nobody_is(keep):
    """All of A's and B's children in A's catchment: 2 rooms are free for four classes' worth of children."""
    says: dict[str, Any] = {"catchments": [{"of": ["A", "B", "T"], "schools": ["T"], "since": 2027}]}
    free = carried_out(keep, **says)
    bound = carried_out(keep, **says, assumptions={"outside_catchment": False})
    assert len(free.proposal.flows) > 0
    assert len(bound.proposal.flows) == 0
    assert bound.outcomes["goals"]["value"].iloc[:2].sum() > free.outcomes["goals"]["value"].iloc[:2].sum()


def test_planning_on_a_high_quantile_opens_more_classes(keep):
    high = carried_out(keep, assumptions={"quantile": 0.95})
    assert high.forecast is keep.forecast
    assert high.plan.classes.sum() > keep.plan.classes.sum()


@pytest.fixture
def files(tmp_path):
    """The town in a folder, a base that keeps it, and a scenario on top that moves b3."""
    write_district(TOWN, tmp_path / "facts")
    (tmp_path / "facts" / "feeders.csv").write_text("school,to_school,share\nT,B,1\n", encoding="utf-8")
    (tmp_path / "keep.toml").write_text('district = "facts"\nuntil = 2029\ndraws = 5\n', encoding="utf-8")
    (tmp_path / "move.toml").write_text(
        'extends = "keep.toml"\n[[catchments]]\nblocks = ["b3"]\nschools = ["A"]\nsince = 2028\n',
        encoding="utf-8",
    )
    return tmp_path


def test_a_run_from_files_is_compared_with_the_root_of_its_chain(files):
    done = run(files / "move.toml")
    assert done.policy.profile == "cn-shandong"
    assert done.loaded.name == "move"
    moves = done.outcomes["moves"]
    assert set(moves["block"]) == {"b3"}
    assert set(moves["year"]) == {2028, 2029}
    assert (set(moves["from"]), set(moves["to"])) == ({"B"}, {"A"})
    assert run(files / "keep.toml").outcomes["moves"].empty


def test_an_earlier_run_lends_its_district_when_the_files_name_the_same(files):
    first = run(files / "keep.toml")
    second = run(read_scenario(files / "move.toml"), like=first)
    assert second.source is first.source
    assert second.forecast is first.forecast


def test_a_district_that_is_not_there_is_a_fault_of_the_file_that_names_it(files):
    (files / "keep.toml").write_text('district = "gone"\n', encoding="utf-8")
    with pytest.raises(ScenarioError) as error:
        run(files / "move.toml")
    (line,) = error.value.lines("en")
    assert line.startswith("keep.toml: district: ")
    assert "gone" in line


def test_a_scenario_that_names_no_district_needs_one():
    with pytest.raises(ScenarioError, match="names no district"):
        run(Scenario(until=2030))
