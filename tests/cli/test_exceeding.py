"""``planner exceed``: joint odds, drivers, the record of the past, and the folder with pictures."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from planner.cli.layout import cells

EXCEED = ("exceed", "keep.toml", "--grade", "1", "--year", "2027", "--cap", "30")
NAME = "Example First Primary"


def section(out: str, first: str) -> list[str]:
    """Return the lines of the part of an answer that begins so."""
    return next(part for part in out.split("\n\n") if part.startswith(first)).splitlines()


def test_demand_and_classes_needed_stand_below_the_odds(desk, planner):
    lines = section(planner(*EXCEED).out, "Demand that so many of the draws do not exceed (")
    assert lines[1].split()[:8] == ["school", "2.5%", "10%", "25%", "50%", "75%", "90%", "97.5%"]
    assert lines[1].endswith("classes needed, at least")
    numbers = [int(word) for word in lines[3].split("  ") if word.strip().isdecimal()]
    assert numbers == sorted(numbers)


def test_why_so_many_is_said_of_the_schools_at_risk(desk, planner):
    (first, *_) = section(planner(*EXCEED, "--cap", "5").out, "Why so many:")[1:]
    assert "grade 1: In its catchment" in first
    assert "Most rest on" in first


def test_several_autumns_are_asked_about_together(desk, planner):
    """Two autumns of the run: each, at least one, both; and so many in a row."""
    said = planner(*EXCEED, "--until", "2028", "--in-a-row", "2")
    lines = section(said.out, "Odds above the cap together")
    assert [line.split("  ")[0] for line in lines[3:]] == [
        "2027",
        "2028",
        "at least once",
        "every year",
        "2 in a row",
        "2 in a row, one and the same",
    ]
    assert "likeliest in" in said.out


def test_one_school_is_asked_about_by_id_or_name(desk, planner):
    by_id = planner(*EXCEED, "--school", "001").out
    assert by_id == planner(*EXCEED, "--school", NAME).out
    assert section(by_id, "school")[2].startswith(NAME)
    assert len(section(by_id, "school")) == 3


def test_an_area_nobody_has_is_refused_with_those_there_are(desk, planner):
    said = planner(*EXCEED, "--area", "Nowhere")
    assert said.code == 1
    assert "Nowhere" in said.err


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (("--school", "Exampel First Primary"), f"Did you mean {NAME}"),
        (("--until", "2026"), "is before 2027"),
        (("--until", "2028", "--in-a-row", "3"), "so 3 in a row cannot be asked about"),
        (("--in-a-row", "2", "--until", "2050"), "2050 is not within the run's school years"),
    ],
)
def test_questions_without_an_answer_are_refused(desk, planner, asked, message):
    said = planner(*EXCEED, *asked)
    assert (said.code, said.out) == (1, "")
    assert message in said.err


def test_one_autumn_in_a_row_is_no_option(desk, planner):
    assert planner(*EXCEED, "--in-a-row", "1").code == 2


def test_drivers_and_the_record_are_told_when_asked_for(desk, planner):
    plain = planner(*EXCEED).out
    assert "Where the uncertainty comes from" not in plain
    assert "made again" not in plain
    said = planner(*EXCEED, "--drivers", "--track-record").out
    assert section(said, "Where the uncertainty comes from")[1].split()[0] == "school"
    assert "No past autumn can be foretold again" in said or "Forecasts made again for" in said


def test_every_number_has_its_error_in_json(desk, planner):
    found = json.loads(planner(*EXCEED, "--until", "2028", "--drivers", "--json").out)
    school = found["schools"][0]
    assert {"expected_error", "expected_over_error", "error", "error_possible", "error_turned_away"} <= set(
        school
    )
    assert [entry["share"] for entry in school["quantiles"]] == [0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975]
    assert all(entry["error"] >= 0 for entry in school["quantiles"])
    assert all({"at_least", "p", "error"} == set(entry) for entry in school["classes_needed"])
    assert all("error" in part for part in school["drivers"]["parts"].values())
    assert found["joint"]["years"] == [2027, 2028]
    assert found["base_rate"]["school_years"] > 0


def test_the_folder_holds_values_tables_and_pictures(desk, planner):
    said = planner(*EXCEED, "--cap", "5", "--out", "answer")
    assert said.code == 0
    assert said.out.splitlines()[-1] == "Written: answer"
    files = {path.name for path in (desk / "answer").iterdir()}
    assert {"answer.json", "schools.csv", "manifest.json", "odds-by-year.png", "fan-001.png"} <= files
    assert "reliability.png" not in files
    table = pd.read_csv(desk / "answer" / "schools.csv", dtype={"school": str})
    told = json.loads((desk / "answer" / "answer.json").read_text("utf-8"))
    assert table["school"].tolist() == [school["school"] for school in told["schools"]]
    again = planner(*EXCEED, "--out", "answer")
    assert again.code == 1
    assert "--replace" in again.err
    assert planner(*EXCEED, "--out", "answer", "--replace").code == 0


def test_the_same_question_writes_the_same_bytes(desk, planner):
    for folder in ("one", "two"):
        assert planner(*EXCEED, "--out", folder).code == 0
    first, second = ((desk / folder).iterdir() for folder in ("one", "two"))
    assert {path.name: path.read_bytes() for path in first} == {
        path.name: path.read_bytes() for path in second
    }


def test_what_is_said_of_everything_fits_80_columns(desk, planner):
    said = planner(*EXCEED, "--until", "2028", "--in-a-row", "2", "--drivers", "--track-record", columns=80)
    assert [line for line in said.out.splitlines() if cells(line) > 80] == []
