"""A schedule for many futures in words and tables, of a school that may get an annex."""

from __future__ import annotations

import pytest

from planner.answers.futures import futures_lines, schedule_for_futures
from planner.cli import main
from planner.district import new_district
from planner.pipeline import run
from planner.pipeline.undecided import gather_run, options_of_run

SCENARIO = """
summary = "An annex, or not"
district = "facts"
until = 2028
draws = 3
seed = 3
[schedule]
[[projects]]
project = "annex"
school = "001"
kind = "expansion"
rooms = 2
cost_yuan = 3e6
choice = "free"
earliest = 2027
"""


@pytest.fixture(scope="module")
def answer(tmp_path_factory):
    """Return the schedule for three futures, compared with building at once."""
    folder = tmp_path_factory.mktemp("annex")
    new_district(folder / "facts")
    (folder / "annex.toml").write_text(SCENARIO, encoding="utf-8")
    done = run(folder / "annex.toml")
    gathered = gather_run(done, options_of_run(done))
    built = gathered.choices.opens({"P1": 1, "annex": 0})
    assert built is not None
    return schedule_for_futures(done, gathered, 3, risk=0.0, others={"at once": built})


def test_plans_are_told_by_the_ids_and_years_of_the_district(answer):
    """What was to be compared opens in the first year, what the district has settled in 2028 in any plan."""
    plans = answer.tables["robust_plans"]
    opened = {name: dict(zip(of["option"], of["opens"], strict=True)) for name, of in plans.groupby("plan")}
    assert opened["at once"] == {"P1": 2028, "annex": 2027}
    assert opened["robust"] == {"P1": 2028}
    assert answer.futures == 3


def test_regrets_are_never_below_those_of_the_best_plan(answer):
    """In every future some plan has none; means and largest follow from the table of all futures."""
    table, means = answer.tables["robust_regrets"], answer.regrets.set_index("plan")
    assert len(table) == 9
    none = table.loc[(table["regret_shortage"].abs() < 1e-6) & (table["regret_yuan"].abs() < 1e-3)]
    assert set(none["future"]) == {0, 1, 2}
    built = table.loc[table["plan"] == "at once"]
    assert means.loc["at once", "regret_yuan"] == pytest.approx(built["regret_yuan"].mean())
    assert means.loc["at once", "most_regret_short"] == pytest.approx(built["regret_shortage"].max())


def test_the_sentences_name_what_opens_and_the_risk(answer):
    """Nothing opens: the three futures have room; a risk of 0 is kept, and building at once costs 3 million at most."""
    lines = futures_lines(answer)
    assert lines == [
        "Planned for 3 futures: nothing opens.",
        lines[1],
        "Planned for the mean of the futures, the same opens in the same years.",
        "The risk that a class exceeds its cap is 0% at the school and in the year where it is largest.",
    ]
    assert lines[1].startswith(
        "Expected over them: 0.0 child-years above the cap or without a place (standard error 0.0)"
    )
    assert 0 < answer.regrets.set_index("plan").loc["at once", "regret_yuan"] < 3e6


def test_the_command_shows_every_plan_with_its_regrets(answer, monkeypatch, capsys):
    """`planner schedule --robust 3`; a risk without futures is refused."""
    monkeypatch.chdir(answer.run.loaded.files[-1].path.parent)
    assert main(["schedule", "annex.toml", "--robust", "3", "--no-reasons", "--no-maps"]) == 0
    said = capsys.readouterr().out
    assert "Planned for 3 futures: nothing opens." in said
    assert {"for all futures", "for their mean", "for what is expected"} <= {
        line[:21].strip() for line in said.splitlines()
    }
    assert main(["schedule", "annex.toml", "--risk", "0.1"]) == 1
    assert "--risk goes with --robust alone" in capsys.readouterr().err
