"""``planner backtest``: from plain tables to scores, a picture and odds that were or were not worth stating."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from planner.cli.backtest_scores import range_lines
from planner.district import write_district
from tests.archive.conftest import FEEDERS
from tests.forecast.made import grown
from tests.pipeline.test_looking_back import births, enrolment
from tests.scenario.town import town

COLUMNS = ["unit", "grade", "origin", "lead", "actual", "mean", "p025", "p10", "p50", "p90", "p975"]


@pytest.fixture
def counts(desk):
    """Eight schools of K to 3 in 2010 to 2018."""
    pupils = grown(3, schools=8, grades=4, years=9)
    rows = [
        (f"{unit:03d}", 2010 + year, "K123"[grade], int(pupils[unit, grade, year]))
        for unit in range(8)
        for grade in range(4)
        for year in range(9)
    ]
    pd.DataFrame(rows, columns=["unit_id", "year", "grade", "enrollment"]).to_csv(
        desk / "counts.csv", index=False
    )
    return desk / "counts.csv"


def test_backtest_writes_forecasts_scores_and_a_picture(desk, planner, counts):
    said = planner(
        "backtest", "--enrolment", "counts.csv", "--entry", "K", "--origins", "2014:2016", "--leads", "1,2",
        "--draws", "100", "--out", "tried",
    )  # fmt: skip
    assert (said.code, said.err) == (0, "")
    assert "entry grade" in said.out
    assert sorted(path.name for path in (desk / "tried").iterdir()) == [
        "accuracy.png", "baselines.csv", "fits.csv", "forecasts.csv", "manifest.json", "reliability.csv",
        "scores.csv", "totals.csv",
    ]  # fmt: skip
    forecasts = pd.read_csv(desk / "tried" / "forecasts.csv", dtype={"unit": str, "grade": str})
    assert list(forecasts.columns) == COLUMNS
    assert set(forecasts["unit"]) == {f"{unit:03d}" for unit in range(8)}
    assert set(forecasts["grade"]) == set("K123")
    assert len(forecasts) == 8 * 4 * 3 * 2
    scores = pd.read_csv(desk / "tried" / "scores.csv")
    assert {"target", "lead", "band", "n", "mape", "wape", "mae", "bias", "cover80", "cover95", "crps",
            "crps_baseline", "brier_skill", "calibration_error", "brier_skill_now"} <= set(scores.columns)  # fmt: skip


def test_a_districts_own_table_of_counts_is_taken_too(desk, planner, counts):
    """Its columns are called school and pupils, or 学校编号 and 在校生数."""
    table = pd.read_csv(counts, dtype={"unit_id": str})
    asked = ("--entry", "K", "--leads", "1", "--draws", "100", "--json")
    said = [planner("backtest", "--enrolment", "counts.csv", *asked).out]
    for names in (
        {"unit_id": "school", "enrollment": "pupils"},
        {"unit_id": "学校编号", "enrollment": "在校生数"},
    ):
        table.rename(columns=names).to_csv(counts, index=False)
        said.append(planner("backtest", "--enrolment", "counts.csv", *asked).out)
    assert said[0] == said[1] == said[2]


def test_the_same_command_gives_the_same_bytes(desk, planner, counts):
    asked = ("backtest", "--enrolment", "counts.csv", "--entry", "K", "--leads", "1", "--draws", "100")
    for folder in ("one", "two"):
        assert planner(*asked, "--out", folder).code == 0
    for path in sorted((desk / "one").iterdir()):
        assert path.read_bytes() == (desk / "two" / path.name).read_bytes(), path.name


def test_backtest_prints_json_alone(desk, planner, counts):
    said = planner(
        "backtest", "--enrolment", "counts.csv", "--entry", "K", "--leads", "1", "--draws", "100", "--json"
    )
    assert {"scores", "baselines", "reliability"} <= set(json.loads(said.out))


def test_what_is_wrong_with_the_table_is_one_message(desk, planner, counts):
    counts.write_text(counts.read_text() + "001,2012,K,many\n001,20x2,K,1\n")
    said = planner("backtest", "--enrolment", "counts.csv", "--entry", "K", "--out", "tried")
    assert said.code == 1
    assert "no whole numbers" in said.err
    assert "Traceback" not in said.err
    assert not (desk / "tried").exists()


@pytest.mark.parametrize(
    ("option", "value"),
    [("--origins", "2016:2014"), ("--origins", "soon"), ("--leads", "0"), ("--leads", "1,x")],
)
def test_odd_options_are_refused(desk, planner, counts, option, value):
    assert planner("backtest", "--enrolment", "counts.csv", "--entry", "K", option, value).code == 2


def test_origins_beyond_the_counts_are_told(desk, planner, counts):
    said = planner("backtest", "--enrolment", "counts.csv", "--entry", "K", "--origins", "2030:2031")
    assert said.code == 1
    assert "2010 to 2018" in said.err


def test_a_few_draws_are_refused(desk, planner, counts):
    """One draw has no range: its score and its coverage would be empty."""
    said = planner("backtest", "--enrolment", "counts.csv", "--entry", "K", "--draws", "1")
    assert said.code == 2
    assert "100" in said.err


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ((), "Name a district, or give plain tables"),
        (("facts", "--enrolment", "counts.csv", "--entry", "K"), "one of the two"),
        (("facts", "--entry", "1"), "--entry: only for --enrolment"),
        (("--enrolment", "counts.csv"), "--entry must be given"),
        (
            ("--enrolment", "counts.csv", "--entry", "K", "--policy", "scotland"),
            "--policy: only for a district",
        ),
    ],
)
def test_options_that_do_not_go_together_are_refused(desk, planner, counts, asked, says):
    said = planner("backtest", *asked)
    assert said.code == 2
    assert says in said.err


def test_the_manifest_names_every_input_by_what_it_is(desk, planner, counts):
    """Counts and births may both be called counts.csv, in folders of their own."""
    (desk / "births").mkdir()
    years = "".join(f"all,{year},300\n" for year in range(2005, 2018))
    (desk / "births" / "counts.csv").write_text("area_id,year,births\n" + years)
    said = planner(
        "backtest", "--enrolment", "counts.csv", "--births", "births/counts.csv", "--entry", "K", "--draws", "100",
        "--leads", "1", "--out", "tried",
    )  # fmt: skip
    assert said.code == 0
    inputs = json.loads((desk / "tried" / "manifest.json").read_text(encoding="utf-8"))["inputs"]
    assert set(inputs) == {"enrolment", "births"}
    assert inputs["enrolment"]["sha256"] != inputs["births"]["sha256"]


def test_what_the_figures_mean_is_told_in_words(desk, planner, counts):
    said = planner(
        "backtest", "--enrolment", "counts.csv", "--entry", "K", "--leads", "1", "--draws", "100"
    ).out
    assert "better than three-year ratios (%)" in said
    assert "Error: children wrongly placed per hundred that came" in said
    assert "The stated ranges held about as many counts as they should" in said or "Ranges too" in said
    assert "than always stating that" in said


@pytest.fixture(scope="module")
def town_folder(tmp_path_factory):
    """Return a district of nine autumns, with official forecasts of two of them."""
    official = pd.DataFrame(
        [(2024, 2025, school, 1, 90) for school in ("A", "B")],
        columns=["made_in", "year", "school", "grade", "pupils"],
    )
    district = town(
        enrolment=enrolment(),
        births=births(2026),
        forecasts=official,
        feeders=FEEDERS,
        projects=town()["projects"].iloc[:0],
    )
    return write_district(district, tmp_path_factory.mktemp("town") / "town")


def test_a_districts_past_forecasts_are_made_again(desk, planner, town_folder):
    said = planner("backtest", town_folder, "--policy", "cn-shandong", "--draws", "100", "--out", "tried")
    assert (said.code, said.err) == (0, "")
    assert "entry of grade 7" in said.out
    assert "Official forecasts of the ledger" in said.out
    assert sorted(path.name for path in (desk / "tried").iterdir()) == [
        "accuracy.png", "baselines.csv", "fits.csv", "forecasts.csv", "ledger.csv", "manifest.json",
        "reliability.csv", "scores.csv", "totals.csv",
    ]  # fmt: skip
    forecasts = pd.read_csv(desk / "tried" / "forecasts.csv", dtype={"unit": str, "grade": str})
    assert list(forecasts.columns) == COLUMNS
    assert set(forecasts["origin"]) == set(range(2021, 2026))
    assert set(forecasts["lead"]) == {1, 2, 3, 5}
    ledger = pd.read_csv(desk / "tried" / "ledger.csv")
    assert {"official", "planner", "hold"} <= set(ledger["method"])
    manifest = json.loads((desk / "tried" / "manifest.json").read_text(encoding="utf-8"))
    assert set(manifest["inputs"]) == {"district", "policy"}


def test_official_forecasts_may_stand_in_a_file_of_their_own(desk, planner, town_folder):
    (desk / "own.csv").write_text("made_in,year,school,grade,pupils\n2023,2025,A,1,90\n")
    asked = (
        "backtest",
        town_folder,
        "--ledger",
        "own.csv",
        "--leads",
        "1",
        "--draws",
        "100",
        "--out",
        "tried",
    )
    assert planner(*asked).code == 0
    ledger = pd.read_csv(desk / "tried" / "ledger.csv")
    assert set(ledger["made_in"].astype(str)) == {"2023", "all"}
    manifest = json.loads((desk / "tried" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["inputs"]["ledger"]["file"] == "own.csv"


def scores(cover80: float, cases: int) -> pd.DataFrame:
    return pd.DataFrame({"order": 0, "named": "entry grade", "lead": [1], "n": cases, "cover80": cover80})


@pytest.mark.parametrize(
    ("cover80", "cases", "says"),
    [
        (0.70, 400, "Ranges too narrow, so surprises are likelier than stated: entry grade, 1 ahead (70%"),
        (0.91, 400, "Ranges too wide"),
        (0.80, 400, "The stated ranges held about as many counts as they should."),
        (0.70, 60, "The stated ranges held about as many counts as they should."),
    ],
)
def test_ranges_are_judged_in_words(cover80, cases, says):
    """Of 60 counts 70 % is within twice the chance error of 80 %: 2 x sqrt(.8 x .2 / 60) is 10 points."""
    (line,) = range_lines(scores(cover80, cases))
    assert str(line).startswith(says)


def test_ranges_of_few_cases_are_not_judged():
    assert range_lines(scores(0.2, 49)) == []


def test_a_districts_back_test_gives_the_same_bytes(desk, planner, town_folder):
    for folder in ("one", "two"):
        asked = ("backtest", town_folder, "--leads", "1", "--origins", "2024:2025", "--draws", "100")
        assert planner(*asked, "--out", folder).code == 0
    for path in sorted((desk / "one").iterdir()):
        assert path.read_bytes() == (desk / "two" / path.name).read_bytes(), path.name


def test_a_district_with_errors_is_refused(desk, planner):
    """As by every command: its enrolment names a school that the district does not have."""
    file = desk / "facts" / "enrolment.csv"
    text = file.read_text(encoding="utf-8-sig").splitlines()
    columns = text[0].split(",")
    row = {"school": "nowhere", "grade": "1", "year": "2020", "pupils": "30"}
    file.write_text("\n".join([*text, ",".join(row.get(name, "") for name in columns)]), encoding="utf-8")
    said = planner("backtest", "facts")
    assert said.code == 1
    assert "nowhere" in said.err
