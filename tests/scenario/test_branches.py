"""Open questions of a scenario: how they are written, merged and checked."""

from __future__ import annotations

from typing import Any

import pytest

from planner.errors import ScenarioError
from planner.scenario import (
    Scenario,
    apply_scenario,
    as_planned,
    load_scenario,
    questions_of,
    read_scenario,
    with_branches,
)
from planner.words import speaking
from tests.scenario.town import town, town_policy

TOWN, POLICY = town(), town_policy()

LATE = """
until = 2032

[[projects]]
project = "new-c"
slip = 1
late = { 1 = 0.3, 2 = 0.1 }

[[branches]]
question = "estate"
name = "refused"
name_zh = "未获批"
chance = 0.25
demand = [{ blocks = ["b5"], since = 2028, factor = 0.5 }]

[[branches]]
question = "estate"
name = "doubled"
chance = 0.25

[[branches.demand]]
blocks = ["b5"]
since = 2028
factor = 2.0
"""


def loaded(**says: Any):
    return load_scenario(Scenario.model_validate(says))


def faults(**says: Any) -> list[str]:
    with pytest.raises(ScenarioError) as error:
        apply_scenario(loaded(**says), TOWN, POLICY)
    return error.value.lines("en")


def branch(**says: Any) -> dict[str, Any]:
    return {"question": "wing", "name": "late", "chance": 0.5} | says


@pytest.fixture
def late(tmp_path):
    (tmp_path / "late.toml").write_text(LATE, encoding="utf-8")
    return read_scenario(tmp_path / "late.toml")


def test_branches_are_grouped_by_question_and_a_late_project_is_one(late):
    """Two branches of the estate leave a half as it stands; the project's delays add to its slip of one year."""
    estate, project = questions_of(late)
    assert (estate.name, project.name) == ("estate", "new-c")
    assert [each.label for each in estate.branches] == ["refused", "doubled"]
    assert (estate.rest, project.rest) == pytest.approx((0.5, 0.6))
    assert [(each.said.chance, each.said.projects[0].slip) for each in project.branches] == [
        (0.3, 2),
        (0.1, 3),
    ]
    assert [each.label for each in project.branches] == ["1 year late", "2 years late"]
    with speaking("zh"):
        assert estate.branches[0].label == "未获批"
        assert estate.branches[1].label == "doubled"


def test_a_branch_comes_on_top_of_the_scenario_and_closes_the_questions(late):
    """The project keeps its other keys; a delay of 2 years beside a slip of 1 opens it in 2028 + 3."""
    estate, project = questions_of(late)
    held = with_branches(late, [estate.branches[1], project.branches[1]])
    assert questions_of(held) == ()
    assert [edit.factor for edit in held.scenario.demand] == [2.0]
    applied = apply_scenario(held, TOWN, POLICY)
    opens = applied.district["projects"].set_index("project")["opens"]
    assert opens["new-c"] == 2031
    assert late.scenario.demand == ()
    stands = apply_scenario(late, TOWN, POLICY)
    assert stands.district["projects"].set_index("project")["opens"]["new-c"] == 2029
    assert stands.scenario.branches == late.scenario.branches


def test_an_edit_of_the_same_thing_replaces_the_scenarios_own():
    rooms = {"school": "A", "since": 2028, "rooms": 20}
    scenario = loaded(rooms=[rooms], branches=[branch(rooms=[rooms | {"rooms": 10}])])
    (question,) = questions_of(scenario)
    assert [edit.rooms for edit in with_branches(scenario, question.branches).scenario.rooms] == [10]


def test_a_file_that_builds_on_another_changes_its_branch_by_name(tmp_path):
    (tmp_path / "late.toml").write_text(LATE, encoding="utf-8")
    (tmp_path / "surer.toml").write_text(
        'extends = "late.toml"\n[[branches]]\nquestion = "estate"\nname = "refused"\nchance = 0.1\n'
        'demand = [{ blocks = ["b5"], since = 2028, factor = 0.5 }]\n',
        encoding="utf-8",
    )
    estate, _ = questions_of(read_scenario(tmp_path / "surer.toml"))
    assert [(each.said.name, each.said.chance) for each in estate.branches] == [
        ("refused", 0.1),
        ("doubled", 0.25),
    ]


def test_the_plan_is_made_as_the_scenario_stands_or_on_the_branch_that_says_so():
    edits = {"projects": [{"project": "wing-b"}]}
    assert as_planned(loaded(branches=[branch(**edits)])).scenario.projects == ()
    counted_on = as_planned(loaded(branches=[branch(**edits, planned=True)]))
    assert [edit.project for edit in counted_on.scenario.projects] == ["wing-b"]


def test_every_fault_is_said_at_once_and_where_it_stands():
    said = faults(
        until=2032,
        branches=[
            branch(name="gone", projects=[{"project": "wing-x", "include": False}]),
            branch(name="slow", chance=0.6, projects=[{"project": "wing-b", "slip": 1}]),
            branch(question="estate", name="nothing"),
            branch(question="mill", rooms=[{"school": "Z", "since": 2020, "rooms": 3}]),
            branch(question="mill", name="again", chance=0.1, demand=[{"since": 2050, "factor": 2}]),
        ],
    )
    assert len(said) == 6
    assert "branches[2].chance: the chances of wing add up to 110%" in said[0]
    assert "branches[3].name: changes nothing: give at least one of projects, rooms, demand" in said[1]
    assert "branches[1].projects[1].project: the district has no project 'wing-x'" in said[2]
    assert "branches[4].rooms[1].since: 2020 is outside the horizon" in said[3]
    assert "branches[4].rooms[1].school: there is no school 'Z'" in said[4]
    assert "branches[5].demand[1].since: 2050 is outside the horizon" in said[5]


def test_a_chance_is_no_more_than_one(tmp_path):
    (tmp_path / "s.toml").write_text(
        '[[branches]]\nquestion = "q"\nname = "n"\nchance = 1.2\nrooms = [{school = "A", since = 2028, rooms = 1}]\n'
        '[[projects]]\nproject = "new-c"\nlate = { 0 = 0.5 }\n',
        encoding="utf-8",
    )
    with pytest.raises(ScenarioError) as error:
        read_scenario(tmp_path / "s.toml")
    first, second = sorted(error.value.lines("en"))
    assert "branches[1].chance" in first
    assert "projects[1]: `late` gives the chance (0 to 1) of 1 to 20 years each" in second


def test_delays_of_a_project_follow_the_same_rules():
    """Chances of 110 %, and a project that is asked about twice."""
    over = {"project": "new-c", "late": {1: 0.7, 2: 0.4}}
    (said,) = faults(projects=[over])
    assert "projects[1].late: the chances of new-c add up to 110%" in said
    twice = branch(question="new-c", name="n", chance=0.1, rooms=[{"school": "A", "since": 2028, "rooms": 3}])
    (said,) = faults(projects=[over | {"late": {1: 0.5}}], branches=[twice])
    assert "projects[1].late: new-c is asked about under [[branches]] too" in said
    (said,) = faults(projects=[{"project": "new-x", "late": {1: 0.5}}])
    assert "there is" in said or "has no project 'new-x'" in said


def test_a_branch_may_not_bring_a_school_that_the_plan_does_not_know():
    """D comes with a project that is not dated; the plan knows it where the branch is the one planned on."""
    brings = branch(
        name="comes", projects=[{"project": "idea-d", "kind": "new", "opens": 2029, "at": (117.0, 30.0)}]
    )
    place = TOWN["projects"].to_crs(4326).geometry.iloc[2]
    brings["projects"][0]["at"] = (place.x, place.y)
    (said,) = faults(branches=[brings])
    assert "branches[1].projects: brings school D" in said
    assert apply_scenario(loaded(branches=[brings | {"planned": True}]), TOWN, POLICY).years[0] == 2027
    two = [brings | {"planned": True}, brings | {"name": "slow", "chance": 0.1, "planned": True}]
    (said,) = faults(branches=two)
    assert "branches[2].planned: the plan can count on one branch of wing only" in said
