"""``planner compare``: what matters first, then the figures; folders of runs and unlike scenarios refused."""

from __future__ import annotations

import json
import re

import openpyxl
import pytest

from planner.answers.comparing import numbered
from tests.cli.conftest import digests

BOTH = ("compare", "keep.toml", "moved.toml")


def test_what_the_scenarios_are_and_do_comes_first(desk, planner):
    """B2 leaves First Primary for the nine-year school in 2028: its entrants are named, 2027 is as it was."""
    said = planner(*BOTH)
    assert (said.code, said.err) == (0, "")
    lines = said.out.splitlines()
    assert lines[:4] == [
        "keep: Keep all as it is",
        "moved: Move East 2 to the nine-year school",
        "",
        "moved against keep:",
    ]
    assert re.fullmatch(
        r"- Entrants who change their catchment, primary: \d+ from Example First Primary\b.* to Example .* in 2028; \d+ in all"
        r" years\.",
        lines[4],
    )
    table = lines.index("primary")
    assert table > 4
    rows = [line.split() for line in lines[table + 3 :]]
    assert rows[0][:2] == ["2028", "keep"]
    moved = lines.index("Entrants whose catchment changes:") + 3
    assert moved > table
    assert lines[moved].split()[:3] == ["moved", "primary", "2028"]
    assert lines.index("Schools whose seat gap changes most, moved:") > moved
    assert lines[-1] == "All that differs: with --all here, with --out in tables, a workbook and maps."


def test_children_sent_elsewhere_are_no_change_of_catchments(desk, planner):
    """Where no catchment differs, no entrants are listed under one."""
    text = (desk / "keep.toml").read_text(encoding="utf-8")
    sent = 'from_school = "001"\nto_school = "002"\nsince = 2028\nchildren = 5\n'
    (desk / "sent.toml").write_text(f"{text}\n[[diversions]]\n{sent}", encoding="utf-8")
    said = planner("compare", "keep.toml", "sent.toml")
    assert (said.code, said.err) == (0, "")
    assert "Entrants whose catchment changes:" not in said.out


def test_the_demand_is_left_out_where_the_gap_says_the_same(desk, planner):
    """No seats differ: the seat gap falls as the demand rises."""
    heads = next(line for line in planner(*BOTH).out.splitlines() if line.startswith("year  scenario"))
    assert "seat gap" in heads
    assert "demand" not in heads
    assert "seats" not in heads


def test_all_that_differs_is_shown_when_asked(desk, planner):
    """Every table in which a figure clearly differs, with names; nothing that is the same."""
    said = planner(*BOTH, "--all")
    assert said.code == 0
    assert "Odds that a grade exceeds its class-size cap" in said.out
    part = said.out.split("Seats of a school against the children expected there, whole stage\n")[1].split(
        "\n\n"
    )[0]
    heads, _, *rows = part.splitlines()
    assert heads.split() == ["name", "stage", "year", "figure", "keep", "moved", "moved:", "difference"]
    assert rows
    assert all(" 2028 " in row and "±" in row for row in rows)
    assert "001" not in part


def test_scenarios_that_do_not_differ_are_said_not_to(desk, planner):
    (desk / "copy.toml").write_text('extends = "keep.toml"\n', encoding="utf-8")
    said = planner("compare", "keep.toml", "copy.toml", "--all")
    assert said.out.count("No scenario differs from keep.") == 2
    assert "copy does not differ from keep in any figure by stage and year." in said.out
    assert "±" not in said.out


def test_tables_a_workbook_maps_and_a_manifest_are_written(desk, planner):
    said = planner(*BOTH, "--out", "both")
    assert said.out.splitlines()[-1] == "Written: both"
    files = set(digests(desk / "both"))
    assert {
        "comparison.xlsx",
        "manifest.json",
        "maps/moved-moved-primary-2028.png",
        "tables/affected.csv",
        "tables/seats_by_school.csv",
        "tables/stages.csv",
    } <= files
    manifest = json.loads((desk / "both" / "manifest.json").read_text("utf-8"))
    assert manifest["compared"] == ["keep", "moved"]
    assert set(manifest["scenarios"]["moved"]) == {"keep.toml", "moved.toml"}
    assert planner(*BOTH, "--out", "both").code == 1
    assert planner(*BOTH, "--out", "both", "--replace", "--no-maps").code == 0
    assert not (desk / "both" / "maps").exists()


def test_three_scenarios_stand_side_by_side(desk, planner):
    (desk / "again.toml").write_text('extends = "moved.toml"\n', encoding="utf-8")
    assert planner(*BOTH, "again.toml", "--out", "all", "--no-maps").code == 0
    sheet = openpyxl.load_workbook(desk / "all" / "comparison.xlsx")["seats_by_school"]
    heads = [cell.value for cell in sheet[1]]
    start = heads.index("keep")
    assert heads[start:] == [
        "keep", "moved", "again",
        "moved: difference", "moved: sampling error", "moved: verdict",
        "again: difference", "again: sampling error", "again: verdict",
    ]  # fmt: skip


def test_json_has_the_sentences_the_figures_and_all_when_asked(desk, planner):
    said = planner(*BOTH, "--year", "2028", "--json")
    found = json.loads(said.out, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert found["compared"] == ["keep", "moved"]
    assert {row["year"] for row in found["figures"]} == {2028}
    assert {"seats", "seats_change", "seats_error", "gap", "entry_gap"} <= set(found["figures"][0])
    assert {(row["block"], row["from"], row["to"]) for row in found["moved"]} == {("B2", "001", "002")}
    assert found["sentences"]["moved"][0].startswith("Entrants who change their catchment")
    assert "outcomes" not in found
    every = json.loads(planner(*BOTH, "--year", "2028", "--json", "--all").out)
    assert {row["year"] for row in every["outcomes"]["odds"]} == {2028}
    assert {"figure", "value_keep", "value_moved", "change_moved", "error_moved", "verdict_moved"} <= set(
        every["outcomes"]["odds"][0]
    )


def test_the_folder_of_a_run_is_no_scenario(desk, planner):
    """It holds tables, not draws: the message names the scenario's file, for every such folder at once."""
    planner("run", "moved.toml", "--no-maps", "--out", "one")
    planner("run", "keep.toml", "--no-maps", "--out", "two")
    said = planner("compare", "one", "two")
    assert said.code == 1
    assert (
        "one is a folder that the planner wrote: it holds tables, not the draws that a comparison pairs."
        in said.err
    )
    assert "Name the scenario instead: moved.toml" in said.err
    assert "Name the scenario instead: keep.toml" in said.err


def test_the_folder_of_a_comparison_names_no_scenario(desk, planner):
    planner(*BOTH, "--out", "both", "--no-maps")
    said = planner("compare", "keep.toml", "both")
    assert (said.code, said.out) == (1, "")
    assert said.err.strip().endswith("Name the scenario instead: the .toml file that it was made from")


def test_unlike_scenarios_are_refused_before_anything_is_run(desk, planner, monkeypatch):
    """Another seed, horizon and number of draws: one message with all three."""
    text = (desk / "keep.toml").read_text("utf-8")
    for old, new in (("2028", "2029"), ("draws = 10", "draws = 20"), ("seed = 3", "seed = 4")):
        text = text.replace(old, new)
    (desk / "other.toml").write_text(text, encoding="utf-8")
    monkeypatch.setattr("planner.cli.comparing.run", lambda *_, **__: pytest.fail("the run was begun"))
    said = planner("compare", "keep.toml", "other.toml")
    assert said.code == 1
    assert (
        "other cannot be compared with keep, for they differ in last school year (2028; 2029); number of draws (10; 20);"
        " seed (3; 4). Let both extend the same file." in said.err
    )


@pytest.mark.parametrize(
    ("files", "names"),
    [
        (["keep", "keep", "new"], ("keep", "keep-2", "new")),
        (["keep", "keep-2", "keep"], ("keep", "keep-2", "keep-3")),
        (["keep", "keep", "keep-2"], ("keep", "keep-3", "keep-2")),
    ],
)
def test_scenarios_of_one_file_name_keep_apart(files, names):
    assert numbered(files) == names
