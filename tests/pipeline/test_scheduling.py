"""A town that leaves projects open: what is decided, the scenario that results, and what comes of it."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from planner.district import write_district
from planner.errors import QuestionError
from planner.optimise.openings.verifying import faults
from planner.pipeline import run
from planner.pipeline.resulting import SENT, as_toml
from planner.pipeline.scheduling import NAME, schedule_scenario
from planner.scenario import Scenario
from tests.pipeline.open_town import OPEN, POLICY, TOWN, scheduled
from tests.scenario.town import town

if TYPE_CHECKING:
    from pathlib import Path

    from planner.pipeline.scheduling import Scheduled


@pytest.fixture(scope="module")
def found() -> Scheduled:
    return scheduled()


def test_projects_open_in_time_for_the_children(found):
    """120 and 120 entrants in A and B, at 45 a class: 2 + 2 classes seat 180; B's wing and the new school seat the rest."""
    assert found.decided == {"new-c": 2028, "wing-b": 2027}
    assert faults(found.gathered.facts, found.found.plan) == []


def test_the_scenario_is_carried_out_beside_doing_nothing(found):
    """The new school is there with the schedule, and not without; its rooms too."""
    rooms = {name: getattr(found, name).outcomes["district"] for name in ("run", "idle")}
    primary = {
        name: table.loc[table["stage"] == "primary", "rooms"].tolist() for name, table in rooms.items()
    }
    assert primary["idle"] == [27] * 4
    assert primary["run"] == [31, 37, 43, 43]
    assert "C" in found.run.plan.schools
    assert "C" not in found.idle.plan.schools


def test_the_classes_planned_are_those_of_the_schedule(found):
    """The run plans, in every school and year, what the schedule has."""
    plan, gathered = found.run.plan, found.gathered
    classes = gathered.classes(found.found.plan.classes[:, :, 0])
    for s, school in enumerate(gathered.told.schools):
        rows = plan.classes[plan.schools.index(school)]
        opened = found.run.capacity.of([school]).rooms[0] > 0
        assert rows[:, opened].tolist() == classes[s][:, opened].tolist(), school


def test_children_are_where_the_schedule_places_them(found):
    """Expected entrants of each school, in the run as in the model, but for shares that are rounded and means of years."""
    homes, doors = found.gathered.placed(found.found.plan.intake)
    placed = (homes.sum(axis=1) + doors.sum(axis=1))[0]
    for s, school in enumerate(found.gathered.told.schools):
        at = found.run.plan.schools.index(school)
        expected = found.run.expected.demand[at, 0, :, 0]
        assert placed[s] == pytest.approx(expected, abs=2 * SENT), school


def test_fewer_children_are_above_the_cap_than_if_nothing_were_built(found):
    """With the expected children and in the draws."""
    above = {name: int(getattr(found, name).simulation.above_cap.sum()) for name in ("run", "idle")}
    assert above["run"] < above["idle"] / 2


def test_the_text_is_a_scenario_that_a_run_carries_out_again(found, tmp_path: Path):
    """Written beside the scenario on a district in files: the same openings, catchments and children."""
    feeders = pd.DataFrame({"school": ["T"], "to_school": ["B"], "share": [1.0]})
    write_district(town(feeders=feeders), tmp_path / "facts")
    (tmp_path / "policy.toml").write_text(policy_text(), encoding="utf-8")
    says = OPEN | {"district": "facts", "policy": "policy.toml"}
    head = {key: says[key] for key in ("district", "policy", "until", "draws", "seed")}
    text = (
        "\n".join(f"{key} = {value!r}" for key, value in head.items()) + "\n[schedule]\nopens_until = 2030\n"
    )
    text += "".join(
        f'[[projects]]\nproject = "{edit["project"]}"\nchoice = "{edit["choice"]}"\n'
        for edit in OPEN["projects"]
    )
    text += '[[demand]]\nfactor = 1.5\nsince = 2027\nsource = "made"\n'
    (tmp_path / "open.toml").write_text(text, encoding="utf-8")
    (tmp_path / "out").mkdir()
    first = schedule_scenario(tmp_path / "open.toml", reasons=False, beside=tmp_path / "out")
    (tmp_path / "out" / NAME).write_text(first.text, encoding="utf-8")
    again = run(tmp_path / "out" / NAME)
    assert first.decided == found.decided
    assert np.array_equal(again.simulation.pupils, first.run.simulation.pupils)
    assert np.array_equal(again.simulation.classes, first.run.simulation.classes)


def policy_text() -> str:
    """Return the town's policy as a file."""
    lines = ['profile = "town"', 'name = "Town"', 'name_zh = "小镇"', "detour = 1.0"]
    for stage in POLICY.stages:
        lines += [
            "[[stages]]",
            f'stage = "{stage.stage}"',
            f'grades = "{stage.grades}"',
            f'name = "{stage.name}"',
            f'name_zh = "{stage.name_zh}"',
        ]
    for rule in POLICY.rules:
        lines += [
            "[[rules]]",
            f'rule = "{rule.rule}"',
            f'level = "{rule.level}"',
            f'stage = "{rule.stage}"',
            f"at_most = {rule.at_most}",
            f'source = "{rule.source}"',
        ]
    return "\n".join(lines) + "\n"


def test_every_open_project_is_tried_otherwise(found):
    """The wing cannot open before the first year; without it, children sit above the cap."""
    tried = {(reason.project, reason.kind): reason for reason in found.otherwise}
    assert set(tried) == {
        (project, kind) for project in ("new-c", "wing-b") for kind in ("earlier", "later", "never")
    }
    assert tried["wing-b", "earlier"].found is None
    never = tried["wing-b", "never"].found
    assert never is not None
    assert never.values.above_cap > found.found.values.above_cap + 1
    assert tried["new-c", "later"].year == 2029


def test_a_project_may_be_had_a_year_late():
    """The new school in 2029 instead of 2028; the scenario that results says so."""
    late = scheduled(delayed=("new-c",), reasons=False)
    assert late.decided == {"new-c": 2029, "wing-b": 2027}
    entries = {entry["project"]: entry for entry in tomllib.loads(late.text)["projects"]}
    assert entries["new-c"] == {"project": "new-c", "choice": "fixed", "opens": 2029}
    assert "idea-d" not in entries


def test_a_school_that_closes_is_empty_from_then_on():
    """The teaching point T goes to B once the new school has made room there: 2030, as in the scenario that results."""
    end = {"project": "end-t", "school": "T", "kind": "closure", "rooms": 0, "receives": ["B"], "bus": True}
    closed = scheduled(projects=[end | {"choice": "free"}, *OPEN["projects"]], demand=[], reasons=False)
    assert closed.decided["end-t"] == 2030
    assert faults(closed.gathered.facts, closed.found.plan) == []
    at = closed.run.plan.schools.index("T")
    pupils = closed.run.simulation.pupils[at].sum(axis=(0, 2))
    assert (pupils[:3] > 0).all()
    assert pupils[3] == 0
    assert closed.idle.simulation.pupils[at, :, 3].sum() > 0


def test_what_does_not_open_cannot_be_late():
    with pytest.raises(QuestionError, match="idea-d does not open"):
        scheduled(delayed=("idea-d",), reasons=False)


def test_a_scenario_that_leaves_nothing_open_is_refused():
    """Only fixed and forbidden projects."""
    fixed = [
        {"project": "new-c", "choice": "fixed", "opens": 2028},
        {"project": "wing-b", "choice": "forbidden"},
        {"project": "idea-d", "choice": "forbidden"},
    ]
    with pytest.raises(QuestionError, match="leaves no project open"):
        scheduled(projects=fixed, reasons=False)


def test_another_solver_finds_the_same_goals(found):
    """CBC, handed the whole model by PuLP."""
    other = scheduled(solver="PULP_CBC_CMD", reasons=False)
    ours, theirs = (each.found.values.in_order() for each in (found, other))
    assert theirs[:4] == pytest.approx(ours[:4], abs=0.1)


def test_without_places_outside_the_catchment_nobody_is_sent_elsewhere():
    """Only the new school, which has no catchment yet, may take children of others."""
    kept = scheduled(assumptions={"outside_catchment": False}, reasons=False)
    sent = tomllib.loads(kept.text).get("diversions", [])
    assert all("C" in (entry["from_school"], entry["to_school"]) for entry in sent)


def test_figures_and_texts_are_written_as_toml_reads_them():
    text = as_toml(
        "keep.toml",
        {"summary": 'A "plan"'},
        {"gap": 0.01},
        {"catchments": [{"blocks": ["b1", "b2"], "since": 2028, "share": 0.25, "yes": True}]},
    )
    assert tomllib.loads(text) == {
        "extends": "keep.toml",
        "summary": 'A "plan"',
        "schedule": {"gap": 0.01},
        "catchments": [{"blocks": ["b1", "b2"], "since": 2028, "share": 0.25, "yes": True}],
    }


def test_facts_are_not_changed(found):
    """The district given is the one that the runs were read from."""
    assert found.idle.source is TOWN
    assert found.run.source is TOWN
    assert replace(found.idle.loaded).scenario.projects == Scenario.model_validate(OPEN).projects
