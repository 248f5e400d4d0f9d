"""A wrong input gives one message that names the place, the right exit code, and changes nothing."""

from __future__ import annotations

import json
import random
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import pytest

from tests.cli.conftest import digests

if TYPE_CHECKING:
    from collections.abc import Callable

FACTS = Path("facts")


def no_file() -> None:
    Path("keep.toml").unlink()


def no_district() -> None:
    FACTS.rename("elsewhere")


def empty_table() -> None:
    (FACTS / "enrolment.csv").write_bytes(b"")


def empty_map() -> None:
    (FACTS / "blocks.geojson").write_bytes(b"")


def random_table() -> None:
    (FACTS / "enrolment.csv").write_bytes(random.Random(1).randbytes(5000))


def random_map() -> None:
    (FACTS / "schools.geojson").write_bytes(random.Random(2).randbytes(5000))


def random_scenario() -> None:
    Path("keep.toml").write_bytes(random.Random(3).randbytes(5000))


def cut_map() -> None:
    whole = (FACTS / "blocks.geojson").read_bytes()
    (FACTS / "blocks.geojson").write_bytes(whole[: len(whole) // 2])


def first_column_gone() -> None:
    lines = (FACTS / "enrolment.csv").read_text("utf-8-sig").splitlines()
    (FACTS / "enrolment.csv").write_text("\n".join(line.split(",", 1)[1] for line in lines), "utf-8")


def row_twice() -> None:
    text = (FACTS / "enrolment.csv").read_text("utf-8")
    (FACTS / "enrolment.csv").write_text(text + text.splitlines()[-1] + "\n", "utf-8")


def words_for_numbers() -> None:
    """Write the first row's pupils, 85 of grade 1 in 2024, as a word."""
    text = (FACTS / "enrolment.csv").read_text("utf-8")
    assert "001,1,2024,85,2" in text
    (FACTS / "enrolment.csv").write_text(text.replace("001,1,2024,85,2", "001,1,2024,many,2"), "utf-8")


def map_without_crs() -> None:
    blocks = gpd.read_file(FACTS / "blocks.geojson")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        blocks.set_crs(None, allow_override=True).to_file(
            FACTS / "blocks.gpkg", layer="blocks", driver="GPKG"
        )
    (FACTS / "blocks.geojson").unlink()


def blocks_overlap() -> None:
    """Let B1 reach over B2."""
    layer = json.loads((FACTS / "blocks.geojson").read_text("utf-8"))
    shapes = {feature["properties"]["block"]: feature for feature in layer["features"]}
    shapes["B1"]["geometry"] = shapes["B2"]["geometry"]
    (FACTS / "blocks.geojson").write_text(json.dumps(layer), "utf-8")


def block_without_catchment() -> None:
    lines = (FACTS / "catchments.csv").read_text("utf-8").splitlines()
    kept = [line for line in lines if not line.startswith("B3,")]
    assert len(kept) < len(lines)
    (FACTS / "catchments.csv").write_text("\n".join(kept) + "\n", "utf-8")


def unknown_school_in_table() -> None:
    text = (FACTS / "catchments.csv").read_text("utf-8")
    (FACTS / "catchments.csv").write_text(text.replace(",001", ",999"), "utf-8")


def _says(line: str) -> Callable[[], None]:
    def add() -> None:
        with Path("keep.toml").open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    return add


def _until(year: int) -> Callable[[], None]:
    def change() -> None:
        text = Path("keep.toml").read_text("utf-8")
        Path("keep.toml").write_text(text.replace("until = 2028", f"until = {year}"), "utf-8")

    return change


RUN = ("run", "keep.toml", "--out", "out")
EXCEED = ("exceed", "keep.toml", "--grade", "1", "--year", "2027")
MAP = ("map", "keep.toml", "--out", "map.png")
COMPARE = ("compare", "moved.toml", "keep.toml")
CHECK = ("check", "facts")

TABLE = {
    "missing scenario": (no_file, RUN, 1, ["keep.toml: there is no such file"]),
    "missing scenario, compared": (no_file, COMPARE, 1, ["keep.toml", "there is no such file"]),
    "missing district": (no_district, RUN, 1, ["keep.toml: district: there is no folder or file facts"]),
    "missing district, checked": (no_district, CHECK, 1, ["facts: There is no such folder or file"]),
    "empty table": (empty_table, RUN, 1, ["file enrolment.csv: The file is empty"]),
    "empty map": (empty_map, RUN, 1, ["file blocks.geojson: The file is empty"]),
    "random bytes as table": (random_table, RUN, 1, ["file enrolment.csv", "no text in UTF-8"]),
    "random bytes as table, checked": (random_table, CHECK, 1, ["file enrolment.csv", "no text in UTF-8"]),
    "random bytes as map": (random_map, RUN, 1, ["file schools.geojson: This cannot be read as a map"]),
    "random bytes as scenario": (random_scenario, RUN, 1, ["keep.toml", "UTF-8"]),
    "map cut off": (cut_map, RUN, 1, ["file blocks.geojson: This cannot be read as a map"]),
    "first column gone": (first_column_gone, RUN, 1, ["file enrolment.csv, column school", "is missing"]),
    "row twice": (row_twice, RUN, 1, ["table enrolment", "same key: 002/9/2026", "Delete"]),
    "row twice, asked": (row_twice, EXCEED, 1, ["table enrolment", "same key: 002/9/2026"]),
    "words for numbers": (
        words_for_numbers,
        RUN,
        1,
        ["file enrolment.csv, column pupils, rows 2: Not whole numbers", "many"],
    ),
    "map without coordinate system": (map_without_crs, RUN, 1, ["file blocks.gpkg", "coordinate"]),
    "overlapping blocks": (blocks_overlap, RUN, 1, ["table blocks", "overlap", "B1+B2"]),
    "block without catchment": (block_without_catchment, RUN, 1, ["catchment", "B3"]),
    "block without catchment, asked": (block_without_catchment, EXCEED, 1, ["catchment", "B3"]),
    "block without catchment, drawn": (block_without_catchment, MAP, 1, ["catchment", "B3"]),
    "block without catchment, compared": (block_without_catchment, COMPARE, 1, ["catchment", "B3"]),
    "unknown school in a table": (unknown_school_in_table, RUN, 1, ["catchments", "school", "999"]),
    "typo in a key": (_says("til = 2030"), RUN, 1, ["keep.toml: there is no key til; did you mean until?"]),
    "unknown school in a scenario": (
        _says('[[limits]]\nschool = "nobody"\nsince = 2027\nchildren = 3'),
        RUN,
        1,
        ["keep.toml: limits[1].school: there is no school 'nobody'"],
    ),
    "edit outside the horizon": (
        _says('[[limits]]\nschool = "001"\nsince = 2050\nchildren = 3'),
        RUN,
        1,
        ["keep.toml: limits[1].since: 2050 is outside the horizon 2027-2028"],
    ),
    "horizon before the count": (_until(2020), RUN, 1, ["keep.toml: until: 2020", "2026"]),
    "unknown policy": (_says('policy = "nowhere"'), RUN, 1, ["policy nowhere"]),
}


@pytest.mark.parametrize(("spoil", "line", "code", "told"), TABLE.values(), ids=list(TABLE))
def test_a_wrong_input_is_told_once_and_nothing_changes(desk, planner, spoil, line, code, told):
    spoil()
    before = digests(desk)
    said = planner(*line)
    text = said.out if line is CHECK else said.err
    assert (said.code, said.err == "") == (code, line is CHECK)
    assert all(part in text for part in told), text
    assert "Traceback" not in said.out + said.err
    assert len([line for line in text.splitlines() if not line.startswith("note")]) <= 2
    assert digests(desk) == before


def test_all_faults_of_a_scenario_are_told_at_once(desk, planner):
    _says('til = 2030\n[[limits]]\nschool = "001"\nsince = "soon"\nchildren = -3')()
    said = planner(*RUN)
    assert said.code == 1
    assert len(said.err.splitlines()) == 3
    assert all(part in said.err for part in ("til", "limits[1].since", "limits[1].children"))


def test_all_errors_of_a_district_are_told_at_once(desk, planner):
    """Those that the check finds: an overlap, and B3 in no catchment of either stage."""
    blocks_overlap()
    block_without_catchment()
    said = planner(*RUN)
    assert said.code == 1
    told = said.err.splitlines()
    assert [("B1+B2" in line, "B3" in line) for line in told] == [(True, False), (False, True), (False, True)]
    checked = planner(*CHECK)
    assert checked.code == 1
    errors = [line.split(" ", 2)[2] for line in checked.out.splitlines() if line.startswith("error")]
    assert errors == told


def test_an_error_of_the_district_is_found_before_the_forecast(desk, planner, monkeypatch):
    def never(*_: object, **__: object) -> None:
        pytest.fail("the forecast was begun")

    monkeypatch.setattr("planner.pipeline.running.fit_forecast", never)
    block_without_catchment()
    assert planner(*RUN).code == 1


USAGE = {
    "no word for grade": (("exceed", "keep.toml", "--grade", "x", "--year", "2027"), ["--grade: x"]),
    "no grade": (("exceed", "keep.toml", "--year", "2027"), ["--grade must be given"]),
    "no year": (("exceed", "keep.toml", "--grade", "1"), ["--year must be given"]),
    "a cap of 0": ((*EXCEED, "--cap", "0"), ["--cap: 0 is no whole number from 1 to 200"]),
    "a level above 1": ((*EXCEED, "--level", "20"), ["--level: 20 is no number from 0 to 1"]),
    "no number of draws": ((*RUN, "--draws", "0"), ["--draws: 0 is no whole number from 1 to 100000"]),
    "a picture of another kind": (
        ("map", "keep.toml", "--out", "x.txt"),
        ["x.txt does not end in .png, .svg or .html"],
    ),
    "nothing that is drawn": ((*MAP, "--what", "gaps"), ["--what: gaps is none of gap, entry-gap"]),
    "one scenario compared": (("compare", "keep.toml"), ["Name at least two scenarios"]),
    "no scenario": (("run",), ["SCENARIO must be given"]),
    "two scenarios": (("run", "keep.toml", "moved.toml"), ["Too many arguments: moved.toml"]),
    "unknown option": ((*RUN, "--replase"), ["no option --replase. Did you mean --replace?"]),
    "option without value": (("run", "keep.toml", "--out"), ["--out needs a value"]),
    "value for a flag": ((*RUN, "--replace=yes"), ["--replace takes no value"]),
    "unknown command": (("rum", "keep.toml"), ["no command rum. Did you mean run?"]),
    "unknown language": ((*RUN, "--lang", "fr"), ["--lang: fr is none of en, zh"]),
}


@pytest.mark.parametrize(("line", "told"), USAGE.values(), ids=list(USAGE))
def test_wrong_usage_is_told_with_where_help_is(desk, planner, line, told):
    before = digests(desk)
    said = planner(*line)
    assert said.code == 2
    assert said.out == ""
    assert all(part in said.err for part in told), said.err
    help_of = f"planner {line[0]} --help" if line[0] != "rum" else "planner --help"
    assert said.err.splitlines()[-1] == f"See {help_of}."
    assert digests(desk) == before


@pytest.mark.parametrize("line", [line for line, _ in USAGE.values()], ids=list(USAGE))
def test_wrong_usage_is_told_in_chinese(desk, planner, monkeypatch, line):
    """Every line of what is said has Chinese words; click's own words are English alone."""
    monkeypatch.setenv("PLANNER_LANG", "zh")
    said = planner(*line)
    assert said.code == 2
    told = said.err.splitlines()
    assert len(told) == 2
    assert [text for text in told if not any("一" <= letter <= "鿿" for letter in text)] == []


QUESTIONS = {
    "grade nobody teaches": (("exceed", "keep.toml", "--grade", "99", "--year", "2027"), "grade 99"),
    "year after the horizon": (
        ("exceed", "keep.toml", "--grade", "1", "--year", "2050"),
        "2050 is not within",
    ),
    "year before the horizon": (("exceed", "keep.toml", "--grade", "1", "--year", "2026"), "2027 to 2028"),
    "map of a year before": (
        (*MAP, "--year", "1900"),
        "1900 is not within the run's school years 2027 to 2028",
    ),
    "map of no stage": (
        (*MAP, "--stage", "college"),
        "college is no stage of the run; its stages: primary, junior",
    ),
    "map of a school elsewhere": (
        (*MAP, "--what", "chart", "--school", "Z9"),
        "Z9 is no school of the run's stage primary",
    ),
    "map of odds of another grade": (
        (*MAP, "--what", "odds", "--grade", "9"),
        "no odds of grade 9 in the stage primary; it has those of 1",
    ),
    "slider as a picture": ((*MAP, "--what", "slider"), "map.png must end in .html"),
    "picture as a page": (
        ("map", "keep.toml", "--out", "map.html"),
        "--what gap is a picture: map.html must end in .png or .svg",
    ),
    "school of a map of gaps": ((*MAP, "--school", "A"), "--school goes with --what chart alone"),
    "grade of a map of gaps": ((*MAP, "--grade", "1"), "--grade goes with --what odds alone"),
    "comparison of a year after": (("compare", "keep.toml", "moved.toml", "--year", "2040"), "2027 to 2028"),
}


@pytest.mark.parametrize(("line", "told"), QUESTIONS.values(), ids=list(QUESTIONS))
def test_a_question_about_what_is_not_there_is_refused(desk, planner, line, told):
    before = digests(desk)
    said = planner(*line)
    assert (said.code, said.out) == (1, "")
    assert told in said.err
    assert digests(desk) == before


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (("run", "keep.toml", "--out", "keep.toml"), "keep.toml is a file, not a folder"),
        (("run", "keep.toml", "--out", "keep.toml/inner"), "keep.toml is no folder"),
        (("run", "keep.toml", "--out", "facts", "--replace"), "facts exists and is no run folder"),
        (("compare", "keep.toml", "moved.toml", "--out", "facts"), "facts exists and is no run folder"),
        (("map", "keep.toml", "--out", "pictures.svg"), "pictures.svg is a folder, not a file"),
        (("new", "facts"), "facts is there already"),
    ],
)
def test_a_place_that_is_taken_is_refused_before_the_work(desk, planner, monkeypatch, line, told):
    (desk / "pictures.svg").mkdir()
    for module in ("running", "comparing", "drawing"):
        monkeypatch.setattr(f"planner.cli.{module}.run", lambda *_, **__: pytest.fail("the run was begun"))
    before = digests(desk)
    said = planner(*line)
    assert said.code == 1
    assert told in said.err
    assert len(said.err.splitlines()) == 1
    assert digests(desk) == before
