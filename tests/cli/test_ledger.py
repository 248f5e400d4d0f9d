"""``planner ledger``: a run's forecast kept, and scored later."""

from __future__ import annotations

import pytest


@pytest.fixture
def run(desk, planner):
    assert planner("run", "keep.toml", "--out", "kept", "--no-maps").code == 0
    return "kept"


def test_a_forecast_is_added_once(desk, planner, run):
    said = planner("ledger", "add", run, "--to", "facts/forecasts.csv")
    assert (said.code, said.err) == (0, "")
    assert "forecasts made in 2026 added" in said.out
    again = planner("ledger", "add", run, "--to", "facts/forecasts.csv")
    assert again.code == 1
    assert "Add --replace" in again.err
    third = planner("ledger", "add", run, "--to", "facts/forecasts.csv", "--replace")
    assert third.code == 0
    assert "replaced" in third.out


def test_forecasts_of_years_to_come_wait(desk, planner, run):
    planner("ledger", "add", run, "--to", "ledger.csv")
    said = planner("ledger", "show", "facts", "--ledger", "ledger.csv")
    assert said.code == 0
    assert "0 forecasts of the ledger have been counted since" in said.out
    assert "years ahead" not in said.out


def test_forecasts_that_have_been_counted_are_scored(desk, planner):
    """P. of the example's last count: forecast by a tenth too many."""
    facts = (desk / "facts" / "enrolment.csv").read_text(encoding="utf-8-sig").splitlines()
    head = facts[0].split(",")
    rows = [dict(zip(head, line.split(","), strict=True)) for line in facts[1:]]
    last = max(row["year"] for row in rows)
    lines = [
        f"{int(last) - 1},{last},{row['school']},{row['grade']},{1.1 * float(row['pupils']):.1f}"
        for row in rows
        if row["year"] == last and row["pupils"]
    ]
    text = "made_in,year,school,grade,pupils\n" + "\n".join(lines) + "\n"
    (desk / "ledger.csv").write_text(text, encoding="utf-8")
    said = planner("ledger", "show", "facts", "--ledger", "ledger.csv")
    assert said.code == 0
    assert "10.0" in said.out


def test_without_a_verb_the_help_is_shown(desk, planner):
    said = planner("ledger")
    assert said.code == 2
    assert "show" in said.err
