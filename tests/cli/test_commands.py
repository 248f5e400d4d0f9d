"""What each command says: names not ids, tables that fit, JSON that parses, one language at a time."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pandas as pd
import pytest

from planner.cli import main
from planner.cli.layout import cells
from tests.cli.conftest import digests

EXCEED = ("exceed", "keep.toml", "--grade", "1", "--year", "2027")
KEYS = {
    "school", "grade", "year", "expected", "p10", "p90", "classes_planned", "classes_possible",
    "p_over_planned", "p_over_possible", "p_turned_away", "expected_over", "levers",
}  # fmt: skip
CHINESE = re.compile(r"[一-鿿]")


def test_new_makes_a_district_that_the_check_finds_sound(desk, planner):
    assert planner("new", "mine").out.splitlines() == [
        "Made an example district in mine: replace its rows by yours.",
        "Then look at it with: planner check mine",
        (
            'To ask a question, write a scenario, as keep.toml with the line: district = "mine". Then: planner exceed keep.toml'
            " --grade 1 --year YEAR"
        ),
    ]
    said = planner("check", "mine")
    assert said.code == 0
    assert said.out.splitlines()[-1] == (
        "mine: 0 error(s), 0 warning(s), 1 note(s). What a code means says planner check --explain D095"
    )


def test_the_scenario_that_new_tells_of_answers_a_question(desk, planner):
    """Nothing but the line with the district is needed; a folder in the scenario's place is refused in words."""
    assert planner("new", "mine").code == 0
    (desk / "own.toml").write_text('district = "mine"\n', encoding="utf-8")
    assert planner("exceed", "own.toml", "--grade", "1", "--year", "2027", "--draws", "10").code == 0
    said = planner("exceed", "mine", "--grade", "1", "--year", "2027")
    assert said.code == 1
    assert "this is a folder; name a file that ends in .toml" in said.err


def test_check_lists_findings_as_json(desk, planner):
    (desk / "facts" / "notes.csv").write_text("a\n1\n", encoding="utf-8")
    said = planner("check", "facts", "--json")
    found = json.loads(said.out)
    assert [entry["level"] for entry in found] == ["warning", "note"]
    assert set(found[0]) == {"level", "code", "file", "rows", "table", "column", "ids", "text", "advice"}
    assert found[0]["file"] == "notes.csv"


def test_check_is_coloured_on_a_terminal_alone(desk, planner):
    """A pipe gets plain text."""
    assert "\x1b[36mnote\x1b[0m D095" in planner("check", "facts", columns=80).out
    assert "\x1b" not in planner("check", "facts").out


def test_run_writes_its_folder_and_shows_the_totals_of_each_stage(desk, planner):
    before = digests(desk / "facts")
    said = planner("run", "keep.toml", "--no-maps")
    assert (said.code, said.err) == (0, "")
    lines = said.out.splitlines()
    assert [line for line in lines if line in {"primary", "junior secondary"}] == [
        "primary",
        "junior secondary",
    ]
    assert lines[-1] == "Written: runs/keep"
    assert {"run.gpkg", "run.xlsx", "manifest.json", "run.log", "tables/odds.csv"} <= set(
        digests(desk / "runs" / "keep")
    )
    totals = pd.read_csv(desk / "runs" / "keep" / "tables" / "district.csv")
    assert lines[1].split()[:4] == ["year", "entitled", "pupils", "seats"]
    assert lines[3].split()[:4] == [
        str(round(totals[column][0])) for column in ("year", "entitled", "pupils", "seats")
    ]
    assert digests(desk / "facts") == before


def test_a_second_run_into_the_folder_needs_replace(desk, planner):
    assert planner("run", "keep.toml", "--no-maps", "--out", "out").code == 0
    before = digests(desk)
    said = planner("run", "moved.toml", "--no-maps", "--out", "out")
    assert (said.code, said.err) == (
        1,
        "out holds a run already. Add --replace, or choose another place.\n",
    )
    assert digests(desk) == before
    assert planner("run", "moved.toml", "--no-maps", "--out", "out", "--replace").code == 0
    assert (desk / "out" / "scenario" / "moved.toml").exists()


def test_the_number_of_draws_can_be_set(desk, planner):
    planner("run", "keep.toml", "--no-maps", "--draws", "4")
    manifest = json.loads((desk / "runs" / "keep" / "manifest.json").read_text("utf-8"))
    assert manifest["draws"] == 4


def test_exceed_answers_in_one_sentence_first(desk, planner):
    """Then a table with the schools' names, then what the figures mean."""
    said = planner(*EXCEED, "--cap", "40")
    first, blank, *_ = said.out.splitlines()
    assert re.match(r"(Yes|Perhaps|No)\b.* grade 1 .* 2027 .*\.$", first), first
    assert blank == ""
    assert "odds over 40" in said.out
    assert "Example First Primary" in said.out
    assert not re.search(r"\b00[12]\b", said.out)


def test_exceed_shows_the_likeliest_schools_when_none_is_at_risk(desk, planner):
    said = planner(*EXCEED, "--cap", "200")
    assert said.out.startswith("No")
    assert "Example First Primary" in said.out.split("\n\n")[1]


def test_exceed_of_any_grade_names_the_grade(desk, planner):
    said = planner("exceed", "keep.toml", "--grade", "any", "--year", "2027", "--cap", "30")
    heads, _, *rows = said.out.split("\n\n")[1].splitlines()
    assert heads.split()[:2] == ["school", "grade"]
    assert "odds over 30" in heads
    assert any("grade 7" in row for row in rows)


def test_exceed_names_the_cap_of_each_row_where_caps_differ(desk, planner):
    """Primary 30, junior 35."""
    with (desk / "keep.toml").open("a", encoding="utf-8") as file:
        for stage, cap in (("primary", 30), ("junior", 35)):
            file.write(
                f'[[rules]]\nrule = "class_size"\nstage = "{stage}"\nat_most = {cap}\nsince = 2027\nsource = "made"\n'
            )
    said = planner("exceed", "keep.toml", "--grade", "any", "--year", "2027")
    heads, _, *rows = said.out.split("\n\n")[1].splitlines()
    assert "odds over cap" in heads
    assert all(re.search(r" 35 " if re.search("grade [789]", row) else r" 30 ", row) for row in rows)
    assert {"30", "35"} <= {word for row in rows for word in row.split()}


def test_exceed_with_levers_tells_them_after_the_table(desk, planner):
    said = planner(*EXCEED, "--cap", "30", "--levers")
    assert said.code == 0
    assert "Example First Primary, grade 1:" in said.out
    assert re.search(r"^  [✓✗] ", said.out, re.MULTILINE)


@pytest.mark.parametrize("grade", ["1", "any"])
def test_exceed_as_json_has_the_keys_that_programs_rely_on(desk, planner, grade):
    said = planner(
        "exceed", "keep.toml", "--grade", grade, "--year", "2027", "--cap", "30", "--levers", "--json"
    )
    found = json.loads(said.out, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert {"answer", "grade", "year", "level", "schools"} <= set(found)
    assert all(set(school) >= KEYS for school in found["schools"])
    assert {school["year"] for school in found["schools"]} == {2027}
    assert any(school["levers"] for school in found["schools"])


@pytest.mark.parametrize("what", ["gap", "entry-gap", "odds", "years", "entry-years", "chart"])
def test_map_draws_each_kind_of_picture(desk, planner, what):
    said = planner("map", "keep.toml", "--what", what, "--out", "pictures/map.svg", "--stage", "junior")
    assert (said.code, said.out) == (0, "Written: pictures/map.svg\n")
    assert (desk / "pictures" / "map.svg").read_text("utf-8").startswith("<?xml")


def test_map_draws_one_school_and_one_grade(desk, planner):
    asked = {"chart": ("--school", "001"), "odds": ("--grade", "1")}
    for what, option in asked.items():
        said = planner("map", "keep.toml", "--what", what, "--out", f"{what}.svg", *option)
        assert (said.code, said.out) == (0, f"Written: {what}.svg\n")


def test_map_writes_a_page_with_a_slider(desk, planner):
    said = planner("map", "keep.toml", "--what", "slider", "--out", "years.html", "--stage", "junior")
    assert (said.code, said.out) == (0, "Written: years.html\n")
    assert (desk / "years.html").read_text("utf-8").startswith("<!DOCTYPE html>")


def test_map_replaces_a_picture_of_the_same_name(desk, planner):
    (desk / "map.PNG").write_bytes(b"old")
    assert planner("map", "keep.toml", "--out", "map.PNG", "--year", "2028").code == 0
    assert (desk / "map.PNG").read_bytes().startswith(b"\x89PNG")


def test_schema_is_json(desk, planner):
    assert "properties" in json.loads(planner("schema").out)


@pytest.mark.parametrize(
    "line",
    [
        ("check", "facts"),
        ("run", "keep.toml", "--no-maps"),
        (*EXCEED, "--cap", "30", "--levers"),
        ("exceed", "keep.toml", "--grade", "any", "--year", "2028", "--level", "0"),
        ("compare", "keep.toml", "moved.toml"),
        ("--help",),
        ("run", "--help"),
        ("map", "--help"),
    ],
    ids=lambda line: " ".join(line[:2]),
)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_is_said_fits_80_columns(desk, planner, line, language):
    said = planner(*line, "--lang", language, columns=80)
    plain = re.sub(r"\x1b\[\d*m", "", said.out)
    assert [text for text in plain.splitlines() if cells(text) > 80] == []


@pytest.mark.parametrize(
    "line",
    [
        ("--help",),
        ("run", "--help"),
        ("exceed", "--help"),
        ("map", "--help"),
        ("check", "facts"),
        ("new", "mine"),
        ("run", "keep.toml", "--no-maps"),
        (*EXCEED, "--cap", "30", "--levers"),
        ("compare", "keep.toml", "moved.toml"),
        ("map", "keep.toml", "--out", "map.svg"),
    ],
    ids=lambda line: " ".join(line[:2]),
)
def test_everything_is_said_in_chinese(desk, planner, line, monkeypatch):
    """No English word is left but names of files, options, their values and codes; PLANNER_LANG asks for it too."""
    said = planner(*line, "--lang", "zh")
    assert said.err == ""
    assert CHINESE.search(said.out)
    known = r"planner|GeoPackage|Excel|JSON|Schema|HTML|PNG|SVG|EPSG|TOML|PLANNER_LANG|NAME|toml|png|svg|csv|geojson|PuLP|HiGHS|goals"
    known += r"|new|import|backtest|ledger|schedule|openings|site|export|model|about|housing_since|check|run|exceed|compare|map|schema|log|txt|facts|keep|moved|mine|any|gap|entry|odds|years|chart|slider|html"
    known += r"|catchment|district|school|en|zh|lang|help|version|runs|primary|junior|travel|grade|year|P\d|B\d|D\d+"
    text = re.sub(r"--[a-z-]+", " ", said.out)
    words = set(re.findall(r"[A-Za-z][A-Za-z_]+", text))
    assert {word for word in words if not re.fullmatch(known, word)} == set()
    if line[0] != "new":
        monkeypatch.setenv("PLANNER_LANG", "zh")
        again = planner(*line, *(["--replace"] if line[0] == "run" and len(line) > 2 else []))
        assert again.out == said.out


def test_the_line_prevails_over_the_environment(desk, planner, monkeypatch):
    monkeypatch.setenv("PLANNER_LANG", "zh")
    assert "error(s)" in planner("check", "facts", "--lang=en").out
    assert "error(s)" not in planner("check", "facts").out
    assert "error(s)" in planner("--lang", "en", "check", "facts").out


def test_a_language_of_the_environment_that_is_none_is_refused(desk, planner, monkeypatch):
    monkeypatch.setenv("PLANNER_LANG", "fr")
    said = planner("check", "facts")
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("PLANNER_LANG is fr; it may be en, zh.")


def test_help_names_every_command_and_version_the_version(planner):
    said = planner("--help")
    assert said.code == 0
    for command in ("new", "check", "run", "exceed", "compare", "map", "schema"):
        assert re.search(rf"^  {command} ", said.out, re.MULTILINE)
        assert planner(command, "--help").out.startswith(f"Usage: planner {command} ")
    assert re.fullmatch(r"planner \d+\.\d+\.\d+\n", planner("--version").out)


def test_a_line_without_a_command_shows_the_help(planner):
    said = planner()
    assert (said.code, said.out) == (2, "")
    assert said.err == planner("--help").out


def test_progress_is_shown_on_a_terminal_and_not_in_a_pipe(desk, planner):
    assert planner(*EXCEED).err == ""
    assert "\x1b[" in planner(*EXCEED, columns=80).err


def test_a_terminal_that_knows_no_chinese_gets_codes_instead_of_an_error(desk):
    r"""Latin-1 output: 甲 becomes \u7532; JSON stays JSON, for it writes such characters the same way."""
    line = [
        sys.executable,
        "-c",
        "import sys; from planner.cli import main; sys.exit(main())",
        "check",
        "facts",
    ]
    found = subprocess.run(
        [*line, "--json", "--lang", "zh"],
        capture_output=True,
        env={"PYTHONIOENCODING": "latin-1", "PATH": ""},
        check=False,
    )
    assert found.returncode == 0
    assert CHINESE.search(json.loads(found.stdout.decode("latin-1"))[0]["text"])


def test_an_error_of_the_system_is_one_message(desk, planner, monkeypatch):
    def broken(**_: object) -> int:
        raise PermissionError(13, "Permission denied", "facts/schools.geojson")

    monkeypatch.setattr("planner.cli.checking.command", broken)
    said = planner("check", "facts")
    assert said.code == 1
    assert said.err.startswith("facts/schools.geojson: Permission denied. Check that it exists")


def test_an_error_that_is_our_own_shows_its_traceback(desk, monkeypatch):
    """A fault of the program must not look like one of the user's."""

    def wrong(**_: object) -> int:
        raise ZeroDivisionError

    monkeypatch.setattr("planner.cli.checking.command", wrong)
    with pytest.raises(ZeroDivisionError):
        main(["check", "facts"])
