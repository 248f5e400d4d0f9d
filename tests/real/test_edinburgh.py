"""
The main job on the City of Edinburgh: from the council's tables of 2018 to seat gaps, odds and a re-zoning.

Figures in the docstrings were measured with 500 draws; the limits that are asserted are wider, so that they hold while
the statistics improve. The data lists no estates yet to be built, which the council's own forecast knows of: where it
expects most more children than ours are Kirkliston, Gilmerton, Castleview, Currie and Ratho.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

import planner
from planner.cli import main as planner_command
from planner.district import neighbours
from planner.simulation import check_conservation
from tests.real import edinburgh
from tests.real.edinburgh_council import council_figures, figures_beside, our_figures, yearly
from tests.real.places import real_data

if TYPE_CHECKING:
    from pathlib import Path

    from planner.district import District
    from planner.pipeline import Run

DRAWS = 500
COMPARED = range(2019, 2023)
"""Years whose births are known: P1 of 2022 was born in the cohort of 2017, the last."""


@pytest.fixture(scope="module")
def source() -> Path:
    return real_data("edinburgh")


@pytest.fixture(scope="module")
def case(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of district and scenarios."""
    return edinburgh.write_case(source, tmp_path_factory.mktemp("edinburgh"), DRAWS).parent


@pytest.fixture(scope="module")
def district(case: Path) -> District:
    return planner.read_district(case / "district")


@pytest.fixture(scope="module")
def run(case: Path) -> Run:
    return planner.run(case / "keep.toml")


@pytest.fixture(scope="module")
def council(source: Path, run: Run) -> pd.DataFrame:
    return council_figures(source, run.plan.schools)


@pytest.fixture(scope="module")
def compared(run: Run, council: pd.DataFrame) -> pd.DataFrame:
    """Return figures by year and kind, indexed (figure, year)."""
    table = yearly(figures_beside(run, council)).set_index(["figure", "year"])
    return table[table.index.get_level_values("year").isin(COMPARED)]


def test_check_finds_no_error_and_names_what_is_odd(district: District) -> None:
    """
    No error; three warnings: slivers that overlap, Hillwood's P7 of 2013, which is not in the rolls, and Tollcross,
    whose year groups of 284 children in 2012 were 132 in 2013.

    Of what is missing, a note each: barriers, outline, measured ways; children of the three areas pending a school.
    """
    findings = planner.check_district(district, planner.read_policy("scotland"))
    assert {(found.level, found.code) for found in findings} == {
        ("warning", "D031"),
        ("warning", "D061"),
        ("warning", "D063"),
        ("note", "D032"),
        ("note", "D095"),
        ("note", "D188"),
    }
    (gap,) = [found for found in findings if found.code == "D061"]
    assert gap.ids == ("EDP-hillwood/7/2013",)
    assert len(district.schools) == 72
    assert len(district.blocks) == 75


def test_attendance_adds_up_to_the_sums_that_the_council_publishes(source: Path, district: District) -> None:
    """By home (own denomination), at the own school (retained) and by school (roll): every school, every year."""
    flow = pd.read_csv(source / "edinburgh_p1_catchment_flow.csv").replace(edinburgh.FOX_COVERT)
    flow = flow[flow["unit_id"].isin(district.schools.index)].set_index(["unit_id", "year"]).sort_index()
    table = district["attendance"]
    found = {
        "p1_in_catchment_own_denomination": table.groupby(["block", "year"])["children"].sum(),
        "p1_roll": table.groupby(["school", "year"])["children"].sum(),
        "p1_retained": table[table["block"] == table["school"]].groupby(["school", "year"])["children"].sum(),
    }
    for column, children in found.items():
        ours = children.drop("other", level=0, errors="ignore").sort_index()
        assert (
            ours.reindex(flow.index, fill_value=0).astype(int).tolist() == flow[column].astype(int).tolist()
        )


def test_outside_are_only_the_few_whom_no_school_explains(district: District) -> None:
    """Of some 550 children a year who are not at their catchment's school, 6 (2018) to 21 come from outside, none leaves."""
    table = district["attendance"]
    away = table[table["block"] != table["school"]].groupby("year")["children"].sum()
    outside = table[table["block"] == "other"].groupby("year")["children"].sum()
    assert away.between(480, 700).all()
    assert outside.between(6, 21).all()
    assert not (table["school"] == "other").any()


def test_every_child_is_accounted_for_in_every_draw(run: Run) -> None:
    """Entitled + arriving = seated + private + elsewhere + unplaced; and catchments' children are the district's."""
    check_conservation(run.simulation)
    table = run.outcomes["conservation"]
    came = table["entitled"] + table["arriving"]
    went = table[["private", "elsewhere", "seated_within", "seated_above", "unplaced"]].sum(axis=1)
    assert went.to_numpy() == pytest.approx(came.to_numpy(), abs=0.01)
    assert (table["seated_within"] > 0.93 * came).all()
    living = run.outcomes["entry_by_catchment"].groupby("year")["living"].sum()
    expected = run.forecast.expected()
    children = (expected.entrants["primary"] - expected.leaving["primary"]).sum(axis=(0, 2))
    assert living.to_numpy() == pytest.approx(children, rel=0.01)


def test_p1_of_a_catchment_is_within_10_children_of_the_council_s_forecast(compared: pd.DataFrame) -> None:
    """
    Children of P1 who live in a catchment, against proj_catchment_pop.

    By school 5.0, 6.7, 7.6 and 9.3 children apart in 2019 to 2022, of some 55 each; in total 3,847, 3,750, 3,701 and
    3,599 against 3,996, 3,975, 3,903 and 3,930: -3.7, -5.7, -5.2 and -8.4 %. Ours follow the births further down.
    """
    living = compared.loc["living"]
    assert (living["schools"] == 72).all()
    assert (living["mean_difference"] < [6, 8, 9, 10]).all()
    assert (living["total_percent"].abs() < [5, 7, 7, 10]).all()


def test_p1_at_the_own_school_is_within_9_children_of_the_council_s_forecast(compared: pd.DataFrame) -> None:
    """
    Entrants less those who choose another school, against catchment_retained.

    By school 4.5, 6.0, 6.8 and 8.1 children apart; in total 3,335, 3,254, 3,207 and 3,120 against 3,479, 3,461,
    3,378 and 3,399: -4.1, -6.0, -5.1 and -8.2 %.
    """
    retained = compared.loc["retained"]
    assert (retained["mean_difference"] < [6, 7, 8, 9]).all()
    assert (retained["total_percent"].abs() < [5, 7, 7, 10]).all()


def test_p1_rolls_are_within_7_children_though_both_are_cut_by_their_own_limits(
    compared: pd.DataFrame,
) -> None:
    """
    Admitted by our rooms and class sizes, against final_p1_projection, which the council's limits cap and fill up.

    By school 5.5, 6.8, 8.0 and 7.7 children apart; in total 3,857, 3,760, 3,711 and 3,609 against 3,793, 3,804,
    3,728 and 3,680: +1.7, -1.1, -0.4 and -1.9 %. (7.7, 7.7, 7.6 and 7.6 while a child above the cap in a later grade
    took a room from P1.) The largest: Kirkliston, 28 to 47 fewer than the council's, which has no rooms for them here,
    and schools whose choosers come without a limit of ours.
    """
    roll = compared.loc["roll"]
    assert (roll["mean_difference"] < [6.5, 7.5, 8.5, 8.5]).all()
    assert (roll["total_percent"].abs() < 5).all()


def test_full_schools_have_three_rooms_of_21_for_p1_as_the_council_plans(
    run: Run, council: pd.DataFrame
) -> None:
    """
    Seven grades in 20 or 21 rooms: P1 has three, 75 seats at 25; the council's limits are 72 in the median, most of 60 to 90.

    That is the part of one grade, though the later grades, a few children above their caps, would take up to 20 rooms.
    Admitted at Sciennes are 91, 82, 87 and 82; the council expects 90, 66, 90 and 72.
    """
    rooms = run.capacity.of(run.plan.schools).rooms[:, 0]
    seats = np.median(run.simulation.seats[:, 0], axis=-1)[:, : len(COMPARED)]
    assert (seats[rooms >= 20] >= 75).all()
    full = np.array(run.plan.schools)[rooms >= 20]
    assert 66 <= council.loc[(full, list(COMPARED)), "limit"].median() <= 90
    admitted, expected = (
        table["roll"].xs("EDP-sciennes")[list(COMPARED)] for table in (our_figures(run), council)
    )
    apart = admitted - expected
    assert apart.abs().mean() < 12


def test_differences_from_the_council_are_those_of_its_building_areas(
    run: Run, council: pd.DataFrame
) -> None:
    """The largest shortfall of ours is Kirkliston's, 41 of 118 children a year; schools correlate with 0.93."""
    beside = figures_beside(run, council)
    beside = beside[(beside["figure"] == "living") & beside["year"].isin(COMPARED)]
    apart = (beside["ours"] - beside["council"]).groupby(beside["school"]).mean().sort_values()
    assert apart.index[0] == "EDP-kirkliston"
    assert {"EDP-gilmerton", "EDP-castleview"} <= set(apart.index[:4])
    assert np.corrcoef(beside["ours"], beside["council"])[0, 1] > 0.88


def test_exceed_names_a_third_of_the_schools_and_the_full_ones_first(run: Run) -> None:
    """
    P1 above 25 in 2019: at 20 of 72 schools with 20 % or more (28 %), led by five of 20 and 21 rooms.

    The policy's own cap of P1 is 25, so that asking with it or without is the same question.
    """
    asked = planner.exceed(run, grade=1, year=2019, cap=25)
    assert asked.sentence.startswith("Yes, most likely: at ")
    assert 0.15 < len(asked.at_risk) / len(asked.table) < 0.45
    assert set(asked.table["school"].head(5)) == {
        "EDP-sciennes",
        "EDP-towerbank",
        "EDP-southmorningside",
        "EDP-kirkliston",
        "EDP-jamesgillespies",
    }
    by_policy = planner.exceed(run, grade=1, year=2019)
    pd.testing.assert_frame_equal(by_policy.table, asked.table)
    larger = planner.exceed(run, grade=1, year=2019, cap=30).table.set_index("school")["p_over_planned"]
    tighter = asked.table.set_index("school")["p_over_planned"]
    assert (larger.reindex(tighter.index) <= tighter).all()


def test_planned_classes_follow_the_council_s_intake_limits(run: Run, council: pd.DataFrame) -> None:
    """
    Classes planned for P1 correlate with the council's intake limit, which is 25, 30 or 33 a class: 0.77, 0.76, 0.71, 0.74.

    Half of the schools have the classes that the limit gives at 30 a class, nearly all within one. Classes possible
    do not (-0.01 to 0.12): they count every spare room, and schools with many of them have low limits.
    """
    limits, ours = council["limit"], our_figures(run)
    for year in COMPARED:
        limit, planned = limits.xs(year, level="year"), ours["classes_planned"].xs(year, level="year")
        planned = planned.reindex(limit.index).to_numpy(np.float64)
        assert np.corrcoef(planned, limit)[0, 1] > 0.65
        apart = np.abs(planned - np.ceil(limit.to_numpy() / 30))
        assert (apart <= 1).mean() > 0.95
        assert (apart == 0).mean() > 0.4


def test_rooms_times_the_standard_exceed_the_stated_capacity_by_a_tenth(run: Run) -> None:
    """
    1,082 rooms x 31 (the mean of 25, 30, 30 and four times 33) are 33,542 seats; the council counts 30,870.

    Its 28.5 a room leaves room for classes of two grades, of 25: 30 a class at schools of 7, 14 and 21, fewer between.
    Every school's own is below ours, and none below two thirds of it.
    """
    table = run.outcomes["seats_by_school"].query("year == 2019")
    assert table["rooms"].sum() == 1082
    assert table["seats"].sum() == 1082 * 31
    assert table["seats_stated"].sum() == 30870
    ratio = table["seats"] / table["seats_stated"]
    assert 1.09 < ratio.mean() < 1.11
    assert ratio.between(1, 1.5).all()


def test_a_joint_catchment_counts_both_schools_together_and_moves_nobody_else(
    case: Path, run: Run, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """
    Sciennes (21 rooms, full) and Prestonfield (11 rooms, 28 entrants), neighbours, share a catchment from 2020.

    Entrants of two blocks move, some 95 a year; nothing changes in 2019. The joint catchment has the 32 x 31 = 992 seats
    of both, and the children of both live in it; at the two schools together as many are expected as before. Entrants
    above the cap of the classes planned are some 100 a year in the city, though no scenario states classes.
    """
    pair = {"EDP-sciennes", "EDP-prestonfield"}
    borders = neighbours(run.district.blocks)
    assert pair in [set(border) for border in zip(borders["block"], borders["neighbour"], strict=True)]
    joint = planner.run(case / "joint.toml", like=run)
    found = planner.compare([run, joint])
    assert set(found.moved["block"]) == pair
    assert set(found.moved["year"]) == set(range(2020, 2028))
    assert found.moved.groupby("year")["children"].sum().between(80, 110).all()
    change = found.table[found.table["scenario"] == "joint"].set_index("year")
    assert (change.loc[2019, ["demand_change", "gap_change", "turned_away_change"]] == 0).all()
    assert (change["seats_change"] == 0).all()
    assert (change["turned_away_change"] < 1).all()
    assert found.table["over"].between(20, 400).all()
    tables = [
        each.outcomes["seats_by_catchment"].set_index(["catchment", "year"]).loc[(slice(None), 2021), :]
        for each in (run, joint)
    ]
    before, after = (table.droplevel("year") for table in tables)
    (key,) = set(after.index) - set(before.index)
    assert set(key.split("+")) == pair
    assert after.loc[key, "seats"] == 992
    assert after.loc[key, "living"] == pytest.approx(before.loc[list(pair), "living"].sum(), abs=1)
    demand = [
        each.outcomes["seats_by_school"].set_index(["school", "year"])["demand"] for each in (run, joint)
    ]
    expected = [sum(table[school, 2020] for school in pair) for table in demand]
    assert expected[1] == pytest.approx(expected[0], abs=10)
    keys = [str(case / "keep.toml"), str(case / "joint.toml")]
    out = tmp_path / "compared"
    assert planner_command(["compare", *keys, "--draws", "20", "--year", "2021", "--out", str(out)]) == 0
    assert "Entrants whose catchment changes:" in capsys.readouterr().out
    assert {"comparison.xlsx", "manifest.json", "maps", "tables"} == {file.name for file in out.iterdir()}
    assert (out / "maps" / "moved-joint-primary-2021.png").exists()
    assert (out / "tables" / "seats_by_catchment.csv").exists()


def test_the_run_folder_holds_the_figures(run: Run, tmp_path: Path) -> None:
    """Tables, workbook, GeoPackage and manifest are written; the seat gap of 2019 stands in the table as computed."""
    folder = planner.write_run(run, tmp_path / "edinburgh", maps=False)
    table = pd.read_csv(folder / "tables" / "seats_by_school.csv", encoding="utf-8-sig")
    gap = table[(table["school"] == "EDP-sciennes") & (table["year"] == 2019)]["gap"].item()
    ours = run.outcomes["seats_by_school"].set_index(["school", "year"])["gap"]["EDP-sciennes", 2019]
    assert gap == pytest.approx(ours, abs=0.01)
    assert {"run.gpkg", "run.xlsx", "manifest.json", "run.log"} <= {file.name for file in folder.iterdir()}


@pytest.mark.slow
def test_the_command_draws_the_maps_and_prints_the_table(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """``python -m tests.real.edinburgh OUT`` gives seat gaps of three years, entry, odds, years and the chart."""
    assert edinburgh.main([str(tmp_path), "500"]) == 0
    maps = {file.name for file in (tmp_path / "keep" / "maps").glob("*.png")}
    assert maps == {
        "seat-gap-primary-2019.png",
        "seat-gap-primary-2023.png",
        "seat-gap-primary-2027.png",
        "seat-gap-primary-years.png",
        "entry-gap-primary-2019.png",
        "odds-primary-2019.png",
        "pupils-and-seats-primary.png",
    }
    shown = capsys.readouterr().out
    assert "mean_difference" in shown
    assert "Yes, most likely" in shown
