"""The made district poses open questions, neither sure nor hopeless; the READMEs show what the program says of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import planner
from planner.cli import exceeding
from planner.words import speaking

PROJECT = Path(__file__).parents[2]
KEEP = PROJECT / "scenarios" / "yuhe" / "keep.toml"


@pytest.fixture(scope="module")
def run():
    return planner.run(KEEP)


@pytest.mark.parametrize(("grade", "year"), [(1, 2027), (7, 2029)])
def test_at_least_eight_schools_are_open_questions(run, grade, year):
    """Eight schools and more have a probability between .05 and .95 that the starting grade exceeds its cap."""
    odds = run.outcomes["odds"]
    asked = odds[(odds["grade"] == grade) & (odds["year"] == year)]
    assert asked["p_over_planned"].between(0.05, 0.95).sum() >= 8


def test_no_intake_is_called_safe_whose_classes_are_above_the_cap_on_average(run):
    """Odds are asked of the classes planned, but rooms that earlier intakes hold are not counted on."""
    odds, sizes = run.outcomes["odds"], run.outcomes["class_sizes"]
    entry = odds.loc[odds["grade"].isin([1, 7])].merge(sizes, on=["school", "grade", "year"])
    assert len(entry) > 500
    crowded = entry["pupils"] > entry["cap"] * entry["classes"]
    assert entry.loc[(entry["p_over_planned"] < 0.2) & crowded, "school"].tolist() == []


@pytest.mark.parametrize(("readme", "language"), [("README.md", "en"), ("README.zh.md", "zh")])
def test_the_readme_shows_what_exceed_says(run, readme, language, monkeypatch, capsys):
    """The answer in full, and every row of the table that is shown there."""
    monkeypatch.setattr(exceeding, "run", lambda *_, **__: run)
    with speaking(language):
        exceeding.command(
            scenario="",
            grade=1,
            year=2027,
            cap=None,
            level=0.2,
            schools=(),
            areas=(),
            until=None,
            in_a_row=None,
            drivers=False,
            track_record=False,
            levers=False,
            out=None,
            replace=False,
            draws=None,
            as_json=False,
        )
    said = capsys.readouterr().out.splitlines()
    text = (PROJECT / readme).read_text(encoding="utf-8")
    assert said[0] in " ".join(text.split())
    figures = [line for line in text.splitlines() if re.search(r"\d \(\d+–\d+\)", line)]
    assert len(figures) >= 3
    assert [line for line in figures if line not in said] == []
