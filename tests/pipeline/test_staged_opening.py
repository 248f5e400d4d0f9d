"""A nine-year school that opens with its primary grades alone: the schedule and the run that carries it out agree."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from planner.optimise.openings.facts import NEVER
from planner.optimise.openings.verifying import faults
from planner.pipeline.resulting import SENT
from planner.pipeline.running import run
from planner.scenario import Scenario
from tests.pipeline.open_town import OPEN, POLICY, TOWN, scheduled

if TYPE_CHECKING:
    from planner.pipeline.scheduling import Scheduled

MIDDLES = TOWN.blocks.geometry.centroid.to_crs(4326)
NINE: dict[str, Any] = {
    "project": "nine",
    "school": "N",
    "kind": "new",
    "grades": "1-9",
    "rooms": 12,
    "at": [float(list(MIDDLES.x)[4]), float(list(MIDDLES.y)[4])],
    "opening_grades": ["1", "1-2", "1-9"],
    "choice": "fixed",
    "earliest": 2028,
    "latest": 2029,
}
PROJECTS: list[dict[str, Any]] = [
    {"project": "wing-b", "choice": "free"},
    {"project": "new-c", "include": False},
    {"project": "idea-d", "choice": "forbidden"},
]
YEARS = (2027, 2028, 2029, 2030, 2031, 2032)


@pytest.fixture(scope="module")
def found() -> Scheduled:
    return scheduled(until=2032, schedule={"opens_until": 2032}, projects=[NINE, *PROJECTS], reasons=False)


def test_the_junior_stage_takes_nobody_in_the_first_two_years_of_whatever_opening(found):
    """Opened in 2028 its junior classes are possible from 2030 on, opened in 2029 from 2031 on; primary ones at once."""
    gathered, facts = found.gathered, found.gathered.facts
    school = gathered.told.schools.index("N")
    most = {
        (gathered.campuses.futures[facts.campus[k]].opens, int(gathered.points.stage[k])): facts.most[k] > 0
        for k in np.flatnonzero(gathered.points.school == school)
    }
    assert {key: YEARS[int(np.argmax(can))] for key, can in most.items()} == {
        (1, 0): 2028, (1, 1): 2030, (2, 0): 2029, (2, 1): 2031,
    }  # fmt: skip
    assert faults(facts, found.found.plan) == []
    opened = [
        row.option
        for row, year in zip(gathered.choices.rows, found.found.plan.opens, strict=True)
        if year != NEVER
    ]
    assert opened.count("nine") == 1


def test_the_run_keeps_to_it(found):
    """Its limits are 0 before, no junior child is there, and entrants are those of the model but for rounded shares."""
    opens = found.decided["nine"] - 2027
    school = found.run.plan.schools.index("N")
    assert found.run.plan.limits[school].tolist() == [
        [0] * opens + [-1] * (6 - opens),
        [0] * (opens + 2) + [-1] * (4 - opens),
    ]
    pupils = found.run.simulation.pupils[school].sum(axis=2)
    assert not pupils[6:, : opens + 2].any()
    assert pupils[6, opens + 2] > 0
    assert not pupils[3:, opens : opens + 2].any()
    homes, doors = found.gathered.placed(found.found.plan.intake)
    model = (homes.sum(axis=1) + doors.sum(axis=1))[:, found.gathered.told.schools.index("N")]
    assert model == pytest.approx(found.run.expected.demand[school, :, :, 0], abs=2 * SENT)


def test_catchments_of_a_stage_begin_with_it(found):
    """Those of the junior stage two years after the school opens."""
    entries = tomllib.loads(found.text).get("catchments", [])
    since = {entry["stage"]: entry["since"] for entry in entries if entry["schools"] == ["N"]}
    assert since["primary"] == found.decided["nine"]
    assert since.get("junior", since["primary"] + 2) == since["primary"] + 2


def test_a_dated_school_opens_grade_by_grade_without_a_schedule():
    """A catchment of the junior stage from 2028 on stands with the old school until 2030."""
    dated = {key: value for key, value in NINE.items() if key not in {"choice", "earliest", "latest"}}
    stated = {
        "until": 2032,
        "draws": 10,
        "seed": 3,
        "projects": [dated | {"opens": 2028}, {"project": "new-c", "include": False}],
        "catchments": [{"blocks": ["b5"], "schools": ["N"], "stage": "junior", "since": 2028}],
    }
    carried = run(Scenario.model_validate(stated), TOWN, policy=POLICY)
    plan, block = carried.plan, carried.plan.blocks.index("b5")
    held = [plan.catchments[c].key for c in plan.catchment_of[1, block]]
    assert held == ["J", "J", "J", "N", "N", "N"]
    school = plan.schools.index("N")
    assert carried.simulation.pupils[school, 6].sum(axis=1).astype(bool).tolist() == [False] * 3 + [True] * 3


def test_a_fixed_project_with_one_year_left_counts_in_a_run():
    """Fixed, between 2029 and 2029: its rooms are there from 2029 on without a schedule being made."""
    only = NINE | {"earliest": 2029}
    carried = run(
        Scenario.model_validate(OPEN | {"until": 2032, "schedule": {}, "projects": [only, *PROJECTS]}),
        TOWN,
        policy=POLICY,
    )
    assert carried.capacity.of(["N"]).rooms[0].tolist() == [0, 0, 12, 12, 12, 12]
