"""``planner schedule``: sentences first, tables, a folder whose scenario runs again, both languages, usage."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from planner.optimise.openings import search
from tests.cli.conftest import digests

if TYPE_CHECKING:
    from pathlib import Path

OPEN = """
summary = "When to open the wing"
summary_zh = "何时扩建"
district = "facts"
until = 2029
draws = 10
seed = 3

[schedule]
opens_until = 2029

[[projects]]
project = "wing"
school = "001"
kind = "expansion"
rooms = 6
choice = "free"
source = "made"

[[demand]]
factor = 2.0
since = 2027
source = "made"
"""
QUICK = ("--no-maps", "--no-reasons")


@pytest.fixture
def question(desk) -> Path:
    (desk / "open.toml").write_text(OPEN, encoding="utf-8")
    return desk


def test_a_sentence_for_every_project_comes_first(question, planner):
    """Twice the children: the wing opens at once; P1 is dated in the district; then goals, projects and stages."""
    said = planner("schedule", "open.toml")
    assert (said.code, said.err) == (0, "")
    lines = said.out.splitlines()
    assert re.match(
        r"wing opens in 2027 with 6 rooms, for 19\.0 million yuan\. It cannot open earlier\. ", lines[0]
    )
    assert re.search(
        r"Without it: \d+ child-years more above the cap or without a place \(2027-2029\); ", lines[0]
    )
    assert lines[1] == "As the scenario has them: Extension of Example First Primary (P1) in 2028."
    goals = lines.index("Goals of the model in their order, each held for the next:")
    assert lines[goals + 3].split()[:3] == ["child-years", "unplaced", "0"]
    assert re.search(r"^wing +expansion +2027 +6 +19\.0 +\d", said.out, re.MULTILINE)
    years = [line.split() for line in lines[lines.index("primary") + 3 :][:3]]
    assert [row[0] for row in years] == ["2027", "2028", "2029"]
    assert [int(row[1]) - int(row[-2]) for row in years] == [6, 6, 6]


def test_the_folder_holds_what_was_found_and_its_scenario_runs_again(question, planner):
    """The run in the folder is the run of schedule.toml, byte for byte in its tables."""
    said = planner("schedule", "open.toml", "--out", "out", *QUICK)
    assert said.code == 0
    assert said.out.rstrip().endswith("Written: out")
    names = {path.name for path in (question / "out").iterdir()}
    assert names == {
        "idle", "manifest.json", "run", "schedule.toml", "schedule.txt", "schedule.xlsx", "tables",
    }  # fmt: skip
    text = (question / "out" / "schedule.toml").read_text(encoding="utf-8")
    assert text.startswith('extends = "../open.toml"\n')
    assert planner("run", "out/schedule.toml", "--out", "again", "--no-maps").code == 0
    assert digests(question / "again" / "tables") == digests(question / "out" / "run" / "tables")


def test_a_folder_that_is_taken_is_kept_unless_it_may_be_replaced(question, planner):
    (question / "out").mkdir()
    (question / "out" / "notes.txt").write_text("mine", encoding="utf-8")
    said = planner("schedule", "open.toml", "--out", "out", "--replace", *QUICK)
    assert said.code == 1
    assert (question / "out" / "notes.txt").read_text(encoding="utf-8") == "mine"


def test_a_project_that_is_late_opens_a_year_later(question, planner):
    said = planner("schedule", "open.toml", "--year-late", "wing", *QUICK)
    assert said.code == 0
    assert said.out.startswith("wing opens in 2028 with 6 rooms")


def test_it_speaks_chinese(question, planner):
    """No English word but ids is left in the first line."""
    said = planner("schedule", "open.toml", "--lang", "zh", *QUICK)
    assert said.code == 0
    assert not re.search(r"[a-z]{3,}", said.out.splitlines()[0].replace("wing", ""))


def test_nothing_left_open_says_what_to_do(desk, planner):
    """The project of the example district is dated and sure."""
    said = planner("schedule", "keep.toml")
    assert said.code == 1
    assert 'leaves no project open: give one choice = "free"' in said.err


def test_a_solver_that_is_not_there_names_those_that_are(question, planner):
    said = planner("schedule", "open.toml", "--solver", "GUROBI", *QUICK)
    assert said.code == 1
    assert "solver 'GUROBI' is not installed" in said.err
    assert "PULP_CBC_CMD" in said.err


def test_ctrl_c_in_the_search_keeps_the_best_plan(question, planner, monkeypatch):
    """The exact way is closed, and the search interrupted as it looks for better classes: exit code 0 and a plan."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(search.schedule, "__kwdefaults__", search.schedule.__kwdefaults__ | {"exact_to": 0})
    monkeypatch.setattr(search._Finder, "polish", interrupted)
    said = planner("schedule", "open.toml", *QUICK)
    assert said.code == 0
    assert "Goals of the model" in said.out
