"""``planner openings``: every question answered on the example district, in words, tables and as plain values."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.cli.test_schedule import OPEN

if TYPE_CHECKING:
    from pathlib import Path

MUST = """
[[must]]
hold = "within_cap"

[[must]]
hold = "placed"

[[must]]
hold = "not_opened"
project = "wing"
"""
VERBS = ("latest", "worth", "why-not", "frontier", "surplus", "levers")


@pytest.fixture
def question(desk) -> Path:
    (desk / "open.toml").write_text(OPEN + MUST, encoding="utf-8")
    return desk


def plain(planner, *arguments):
    """Return the answer of a question as plain values."""
    said = planner("openings", *arguments, "--json")
    assert (said.code, said.err) == (0, "")
    return json.loads(said.out)


def test_how_late_a_project_may_open(question, planner):
    """Twice the children from 2027 on: the wing, which a schedule opens at once, has to."""
    answer = plain(planner, "latest", "open.toml", "--project", "wing", "--risk", "0.2")
    (row,) = answer["latest"]
    assert (row["project"], row["opens"], row["earliest"]) == ("wing", 2027, 2027)
    assert row["latest"] is None or row["latest"] >= 2027
    said = planner("openings", "latest", "open.toml", "--project", "wing", "--risk", "0.2")
    assert said.out.startswith("wing ")
    assert "Odds are of 10 draws" in said.out


def test_how_late_a_project_may_open_in_a_scenario_that_leaves_nothing_open(question, planner):
    """The district's own project is moved through the scenario as it stands."""
    answer = plain(planner, "latest", "keep.toml")
    assert [row["project"] for row in answer["latest"]] == ["P1"]


def test_what_one_more_room_is_worth(question, planner):
    """Rows say school, stage, year and what each goal falls by; a school that is named is tried."""
    answer = plain(planner, "worth", "open.toml", "--school", "002", "--year", "2027")
    rows = answer["worth"]
    assert {(row["school"], row["year"], row["more"]) for row in rows} == {("002", 2027, "room")}
    assert {row["stage"] for row in rows} == {"primary", "junior"}
    shown = planner("openings", "worth", "open.toml", "--school", "002", "--year", "2027", "--out", "out")
    assert (shown.code, shown.err) == (0, "")
    assert (question / "out" / "worth.png").is_file()
    assert "million yuan" in shown.out


def test_why_demands_cannot_hold(question, planner):
    """Twice the children, no class above the cap, and no wing."""
    answer = plain(planner, "why-not", "open.toml")
    assert any("wing" in row["demand"] for row in answer["demands"])
    assert answer["answer"][0].endswith("no fewer of them do:")


def test_what_less_overcrowding_costs(question, planner):
    """The district's own project is fixed and costs 19 million; the wing as much again. Written with their chart."""
    said = planner("openings", "frontier", "open.toml", "--plans", "3", "--out", "plans")
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("Plan 1: 19.0 million yuan of capital, 95 child-years")
    assert {path.name for path in (question / "plans").iterdir()} == {
        "answer.json",
        "frontier.csv",
        "frontier.png",
        "manifest.json",
    }
    plans = json.loads((question / "plans" / "answer.json").read_text(encoding="utf-8"))["frontier"]
    assert [plan["opened"] for plan in plans] == [0, 1]
    assert plans[1]["shortage"] < plans[0]["shortage"]
    assert plans[1]["projects"] == "wing 2027"


def test_what_is_left_over(question, planner):
    """Rooms by year, and how far each project is used."""
    said = planner("openings", "surplus", "open.toml")
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("In 2027 ")
    answer = plain(planner, "surplus", "open.toml", "--threshold", "1")
    assert {row["project"] for row in answer["projects"]} == {"wing", "P1"}


def test_the_cheapest_levers_of_a_school(question, planner):
    """Sentences alone, and every lever as plain values."""
    said = planner("openings", "levers", "keep.toml", "--school", "001", "--year", "2027", "--level", "0.05")
    assert (said.code, said.err) == (0, "")
    assert "2027" in said.out
    answer = plain(planner, "levers", "keep.toml", "--school", "001", "--year", "2027", "--level", "0.05")
    assert set(answer) == {"answer", "levers"}


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("latest", "open.toml", "--risk", "0"), "The risk is a probability above 0 and below 1"),
        (("latest", "open.toml", "--project", "wnig"), "no project 'wnig'; did you mean wing?"),
        (("worth", "open.toml", "--school", "009"), "there is no school '009'"),
        (("worth", "open.toml", "--year", "2050"), "2050 is not within the school years planned"),
        (("levers", "keep.toml", "--school", "009", "--year", "2027"), "009 is neither the id nor the name"),
        (("why-not", "keep.toml"), "leaves no project open"),
        (("frontier", "keep.toml"), "leaves no project open"),
    ],
)
def test_what_cannot_be_asked_is_one_message(question, planner, arguments, problem):
    """No traceback, exit code 1."""
    said = planner("openings", *arguments)
    assert said.code == 1
    assert problem in said.err
    assert len(said.err.strip().splitlines()) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("latest", "open.toml", "--risk", "1.5"),
        ("surplus", "open.toml", "--threshold", "2"),
        ("frontier", "open.toml", "--plans", "1"),
        ("worth", "open.toml", "--more", "desk"),
    ],
)
def test_usage_is_told(question, planner, arguments):
    """Exit code 2."""
    assert planner("openings", *arguments).code == 2


@pytest.mark.parametrize("verb", VERBS)
def test_every_question_has_help(planner, verb):
    """The usage, and what it does."""
    assert planner("openings", verb, "--help").out.startswith(f"Usage: planner openings {verb} ")
