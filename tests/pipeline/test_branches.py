"""A run with open questions on the town of six blocks: one plan, carried out in every branch that draws meet."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from planner.pipeline import Run, run
from planner.scenario import Scenario
from planner.simulation import check_conservation
from tests.scenario.town import town, town_policy

TOWN, POLICY = town(), town_policy()
OPEN: dict[str, Any] = {
    "until": 2030,
    "draws": 60,
    "seed": 5,
    "catchments": [{"blocks": ["b4", "b5"], "schools": ["C"], "since": 2028}],
}
NEW_C = {"project": "new-c"}
WING = {
    "question": "wing",
    "name": "none",
    "chance": 0.4,
    "rooms": [{"school": "A", "since": 2027, "rooms": 9}],
}
ESTATE = {
    "question": "estate",
    "name": "built",
    "chance": 0.5,
    "demand": [{"blocks": ["b1"], "since": 2028, "factor": 2}],
}


def carried_out(like: Run | None = None, **says: Any) -> Run:
    return run(Scenario.model_validate(OPEN | says), TOWN, policy=POLICY, like=like)


def same(one: Run, other: Run, draws: Any = slice(None)) -> bool:
    return all(
        np.array_equal(getattr(one.simulation, name)[..., draws], getattr(other.simulation, name)[..., draws])
        for name in ("pupils", "classes", "demand", "turned_away", "unplaced", "free", "living")
    )


@pytest.fixture(scope="module")
def stands() -> Run:
    return carried_out()


@pytest.fixture(scope="module")
def both() -> Run:
    return carried_out(branches=[WING, ESTATE])


def test_a_branch_without_a_chance_changes_nothing_to_the_last_bit(stands):
    never = carried_out(branches=[WING | {"chance": 0}, ESTATE | {"chance": 0}])
    assert same(never, stands)
    assert len(never.worlds) == 1
    for name, table in stands.outcomes.items():
        if name not in {"branches", "goals"}:
            pd.testing.assert_frame_equal(never.outcomes[name], table)


def test_a_branch_that_is_sure_and_planned_is_the_scenario_with_its_edits(stands):
    sure = carried_out(branches=[WING | {"chance": 1, "planned": True}])
    plain = carried_out(rooms=WING["rooms"])
    assert same(sure, plain)
    assert not same(sure, stands)
    pd.testing.assert_frame_equal(sure.outcomes["odds"], plain.outcomes["odds"])


def test_a_sure_branch_that_is_not_planned_on_meets_the_plan_of_the_scenario_as_it_stands(stands):
    """The plan is the one made without it, carried out where it came true: `run` of its edits with that plan."""
    sure = carried_out(branches=[ESTATE | {"chance": 1}])
    given = run(
        Scenario.model_validate(OPEN | {"demand": ESTATE["demand"]}), TOWN, policy=POLICY, plan=stands.plan
    )
    assert np.array_equal(sure.plan.classes, stands.plan.classes)
    assert same(sure, given)


def test_every_draw_is_the_one_it_would_be_if_its_branches_were_sure(both):
    """60 draws over 4 worlds: those of each agree with a run in which all draws meet its branches."""
    assert both.fates is not None
    assert len(both.worlds) == 4
    for combination, numbers in both.fates.worlds():
        sure = [each | {"chance": 1} for each, at in zip((WING, ESTATE), combination, strict=True) if at == 0]
        assert same(both, carried_out(branches=sure), numbers)
    check_conservation(both.simulation)


def test_rooms_and_children_of_a_branch_are_made_once(both):
    """The wing changes no children: worlds that differ in it alone share a forecast."""
    built = {
        combination: world for (combination, _), world in zip(both.fates.worlds(), both.worlds, strict=True)
    }
    assert built[0, 0].forecast is built[-1, 0].forecast
    assert built[0, -1].forecast is built[-1, -1].forecast is both.forecast
    assert built[0, 0].forecast is not both.forecast


def test_the_odds_of_the_branches_weighted_by_their_draws_are_the_odds(both):
    table = both.outcomes["branches"]
    key = ["school", "grade", "year"]
    odds = both.outcomes["odds"].set_index(key)["p_over_planned"]
    for _, rows in table.groupby("question"):
        mixed = (rows["p_over_planned"] * rows["draws"] / 60).groupby([rows[name] for name in key]).sum()
        np.testing.assert_allclose(mixed, odds.reindex(mixed.index), atol=1e-12)
    assert set(table["branch"]) == {"none", "built", "as the scenario stands"}


def test_fewer_draws_are_the_first_of_many(both):
    fewer = carried_out(branches=[WING, ESTATE], draws=23)
    assert np.array_equal(fewer.simulation.pupils, both.simulation.pupils[..., :23])
    assert np.array_equal(fewer.fates.of, both.fates.of[:, :23])


def test_blocks_of_a_school_that_is_late_stay_where_they_are_until_it_opens():
    """C opens in 2028, or in 2029: until then nobody is expected there, and B keeps b4 and b5."""
    late = carried_out(projects=[NEW_C | {"late": {1: 0.5}}])
    slip = late.fates.of[0] == 0
    at = late.plan.schools.index("C"), late.plan.stages.index("primary")
    c, b = (late.simulation.demand[late.plan.schools.index(school), at[1]] for school in ("C", "B"))
    assert not c[1, slip].any()
    assert c[1, ~slip].all()
    assert c[2].all()
    assert b[1, slip].mean() > b[1, ~slip].mean() + 20
    assert not late.simulation.turned_away[at][1, slip].any()
    own = carried_out(projects=[NEW_C | {"slip": 1}])
    assert np.array_equal(late.simulation.demand[..., 1, slip], own.simulation.demand[..., 1, slip])


def test_a_school_that_may_never_come_is_planned_and_stays_closed_where_it_does_not():
    never = {"question": "c", "name": "never", "chance": 0.5, "projects": [NEW_C | {"include": False}]}
    run_ = carried_out(branches=[never])
    gone = run_.fates.of[0] == 0
    c = run_.plan.schools.index("C")
    assert not run_.simulation.pupils[c][..., gone].any()
    assert run_.simulation.pupils[c, 0, 1:, ~gone].all()
    assert any(str(note).startswith("If never: Project new-c is left out") for note in run_.notes)
    check_conservation(run_.simulation)


def test_an_earlier_run_lends_the_forecasts_of_its_branches(both):
    again = carried_out(both, branches=[WING, ESTATE])
    assert same(again, both)
    assert all(one.forecast is other.forecast for one, other in zip(again.worlds, both.worlds, strict=True))


def test_without_questions_nothing_is_drawn_and_the_table_is_empty(stands):
    assert stands.fates is None
    assert stands.worlds == ()
    assert stands.simulation.rooms is None
    assert stands.outcomes["branches"].empty
