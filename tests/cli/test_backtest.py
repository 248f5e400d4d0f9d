"""``planner backtest``: from plain tables to scores, a picture and odds that were or were not worth stating."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from tests.forecast.made import grown

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
            "crps_baseline", "brier_skill", "calibration_error"} <= set(scores.columns)  # fmt: skip


def test_a_districts_own_table_of_counts_is_taken_too(desk, planner, counts):
    """Its columns are called school and pupils, or 学校编号 and 在校生数."""
    table = pd.read_csv(counts, dtype={"unit_id": str})
    asked = ("--entry", "K", "--leads", "1", "--draws", "50", "--json")
    said = [planner("backtest", "--enrolment", "counts.csv", *asked).out]
    for names in (
        {"unit_id": "school", "enrollment": "pupils"},
        {"unit_id": "学校编号", "enrollment": "在校生数"},
    ):
        table.rename(columns=names).to_csv(counts, index=False)
        said.append(planner("backtest", "--enrolment", "counts.csv", *asked).out)
    assert said[0] == said[1] == said[2]


def test_the_same_command_gives_the_same_bytes(desk, planner, counts):
    asked = ("backtest", "--enrolment", "counts.csv", "--entry", "K", "--leads", "1", "--draws", "50")
    for folder in ("one", "two"):
        assert planner(*asked, "--out", folder).code == 0
    for path in sorted((desk / "one").iterdir()):
        assert path.read_bytes() == (desk / "two" / path.name).read_bytes(), path.name


def test_backtest_prints_json_alone(desk, planner, counts):
    said = planner(
        "backtest", "--enrolment", "counts.csv", "--entry", "K", "--leads", "1", "--draws", "50", "--json"
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
