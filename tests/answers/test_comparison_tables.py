"""Every table of outcomes beside that of the first scenario, with errors by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.answers import compare
from planner.answers.comparing import crossings, most_changed
from planner.answers.comparing.batches import batch_outcomes, batch_sizes
from planner.answers.comparing.stages import facts_of
from planner.answers.comparing.tables import KEYS, compare_tables, error_of, verdicts
from planner.outcomes import all_outcomes, travel
from planner.simulation import simulate
from tests.answers.street import YEAR, School, street_run
from tests.answers.test_comparison import moved_to
from tests.answers.village import village, village_run

if TYPE_CHECKING:
    from planner.answers import Comparison
    from planner.pipeline import Run

TO_B = [{"blocks": ["b2"], "schools": ["B"], "since": 2028}]


def with_outcomes(run: Run) -> Run:
    """Return a run made by hand with its tables."""
    tables = all_outcomes(facts_of(run), of=run.district, distances=run.distances, base=run.base)
    return replace(run, outcomes=tables)


@pytest.fixture(scope="module")
def street() -> Comparison:
    """a2's 1 to 10 children go to B instead of A: A has 6 to 15 before and 5 after, B 6 before and 7 to 16 after."""
    base = street_run(
        schools={"B": School(rooms=4, pupils=(10, 10, 10), at=300)}, classes={("B", "primary"): 2}
    )
    return compare([with_outcomes(base), with_outcomes(moved_to(base, "B", "a2"))], names=["keep", "moved"])


@pytest.fixture(scope="module")
def village_pair() -> Comparison:
    base = village_run()
    return compare([base, village_run(village(), like=base, catchments=TO_B)], names=["keep", "moved"])


def one(found: Comparison, table: str, figure: str, **wanted: object) -> pd.Series:
    rows = found.of(table, figure, "moved")
    for column, value in wanted.items():
        rows = rows.loc[rows[column] == value]
    assert len(rows) == 1
    return rows.iloc[0]


def test_a_mean_has_the_usual_paired_error(street):
    """A's demand falls by 1, 2, ..., 10: 5.5 on average, with the error of ten such numbers."""
    row = one(street, "entry_by_school", "demand", school="A", stage="primary")
    assert (row["before"], row["after"], row["change"]) == (10.5, 5.0, -5.5)
    assert row["error"] == pytest.approx(np.std(range(1, 11), ddof=1) / np.sqrt(10))
    assert row["verdict"] == "clear"


def test_a_probability_has_its_paired_error_too(street):
    """Above 10 in 5 draws of 10 before and in none after: the change is 0 or -1, five times each."""
    row = one(street, "odds", "p_over_planned", school="A", grade=1)
    assert (row["before"], row["after"], row["change"]) == (0.5, 0.0, -0.5)
    assert row["error"] == pytest.approx(np.std([0] * 5 + [1] * 5, ddof=1) / np.sqrt(10))


def test_what_no_draw_changes_has_no_error(street):
    """The seats of A, the classes planned and the demand of the two schools together."""
    for table, figure, wanted in (
        ("seats_by_school", "seats", {"school": "A", "stage": "primary"}),
        ("odds", "classes_planned", {"school": "A", "grade": 1}),
        ("conservation", "entitled", {"stage": "primary"}),
    ):
        row = one(street, table, figure, **wanted)
        assert (row["change"], row["error"], row["verdict"]) == (0.0, 0.0, "same")


def test_the_first_scenario_twice_differs_in_nothing(village_pair):
    """All changes and errors of every table are exactly zero."""
    base = village_pair.runs[0]
    tables = compare_tables([base, base], ["one", "two"])
    assert set(tables) == set(KEYS) & set(base.outcomes)
    for name, table in tables.items():
        assert (table["change_two"].dropna() == 0.0).all(), name
        assert (table["error_two"].dropna() == 0.0).all(), name
        assert set(table["verdict_two"]) <= {"same"}, name


def test_every_number_of_every_table_is_there(village_pair):
    """A row a place, year and figure, with the value that the run's own table has."""
    for name, rows in village_pair.outcomes.items():
        keys = list(KEYS[name])
        for run, scenario in zip(village_pair.runs, village_pair.names, strict=True):
            renamed = {"gap": "gap_to_bound"} if name == "goals" else {}
            whole = village_pair.moved if name == "moves" and scenario == "moved" else run.outcomes[name]
            table = (
                whole.drop(columns=["grade", "metres_before", "metres_after"], errors="ignore")
                .rename(columns=renamed)
                .select_dtypes(["number", "bool"])
            )
            figures = [
                column for column in table if column not in keys and (name, column) not in
                {
                    ("odds", "error"), ("odds", "expected_error"), ("odds", "expected_over_error"), ("goals", "seconds")
                }
            ]  # fmt: skip
            assert set(rows["figure"]) >= {figure for figure in figures if table[figure].notna().any()}, name
            for figure in figures:
                told = rows.loc[rows["figure"] == figure, f"value_{scenario}"].dropna()
                assert sorted(told) == pytest.approx(sorted(table[figure].dropna().astype(float))), (
                    name,
                    figure,
                )


def test_common_draws_make_the_error_far_smaller(village_pair):
    """B's pupils of 2028 vary by several children; that b2's entrants come to it does so by hardly more than theirs."""
    row = one(village_pair, "seats_by_school", "demand", school="J", stage="junior", year=2028)
    assert row["error"] == 0.0
    row = one(village_pair, "seats_by_school", "demand", school="B", stage="primary", year=2028)
    separate = []
    for run in village_pair.runs:
        simulation = run.simulation
        school, year = simulation.schools.index("B"), simulation.years.index(2028)
        demand = facts_of(run).demand[school, 0, year]
        separate.append(demand.var(ddof=1) / len(demand))
    assert 0 < row["error"] < np.sqrt(sum(separate)) / 2


def test_rows_of_one_scenario_alone_are_blank_on_the_other_side(village_pair):
    """Nobody is moved in the first scenario; in the second b2 is, in two years."""
    rows = village_pair.of("moves", "children", "moved")
    assert rows["year"].tolist() == [2028, 2029]
    assert rows["before"].isna().all()
    assert rows["change"].isna().all()
    assert rows["error"].isna().all()
    assert rows["verdict"].tolist() == ["added"] * 2
    back = compare(village_pair.runs[::-1], names=["keep", "moved"]).of("moves", "children", "moved")
    assert list(zip(back["from"], back["to"], strict=True)) == [("B", "A")] * 2


def test_scenarios_stand_side_by_side(village_pair):
    found = compare([*village_pair.runs, village_pair.runs[0]], names=["keep", "moved", "again"])
    table = found.outcomes["seats_by_school"]
    assert list(table)[3:] == [
        "figure", "value_keep", "value_moved", "value_again",
        "change_moved", "error_moved", "verdict_moved", "change_again", "error_again", "verdict_again",
    ]  # fmt: skip
    assert set(table["verdict_again"]) == {"same"}
    pd.testing.assert_series_equal(
        table["change_moved"], village_pair.outcomes["seats_by_school"]["change_moved"]
    )


def test_schools_that_cross_the_level_of_risk(street):
    """A's odds of more than 10 in grade 1 fall from 50 % to none; B has none: 20 seats for 16 children at most."""
    assert crossings(street, "moved").to_dict("records") == [
        {"stage": "primary", "school": "A", "year": YEAR, "before": 0.5, "after": 0.0, "up": False}
    ]
    assert crossings(street, "moved", level=0.6).empty


def test_the_places_most_changed(street):
    """A gains what B loses, 5.5 seats; the junior school does not change."""
    rows = most_changed(street, "moved", 9)
    assert dict(zip(rows["school"], rows["change"], strict=True)) == {"A": 5.5, "B": -5.5}
    assert rows.set_index("school").loc["A", ["odds_before", "odds_after"]].tolist() == [0.5, 0.0]
    assert len(most_changed(street, "moved", 1)) == 1
    assert most_changed(street, "moved", 9, year=YEAR + 1).empty


def test_the_error_by_hand():
    """Batches of 1 and 3 draws find 1 and 3, all draws 2.5: a quarter of 1.5 squared and three quarters of 0.5 squared."""
    error, middle = error_of(np.array([1.0, 3.0]), np.array(2.5), np.array([1, 3]))
    assert error == pytest.approx(np.sqrt(0.25 * 1.5**2 + 0.75 * 0.5**2))
    assert middle == 2.5


def test_a_difference_of_a_single_batch_has_no_error():
    error, middle = error_of(np.array([[1.0], [np.nan]]), np.array([1.0]), np.array([5, 5]))
    assert np.isnan(error).all()
    assert np.isnan(middle).all()


@given(st.lists(st.integers(-9, 9), min_size=2, max_size=20), st.randoms(use_true_random=False))
def test_batches_of_one_draw_give_the_error_of_a_mean_in_any_order(changes, shuffler):
    """sqrt(s^2 / n), whatever the order of the batches."""
    sizes = np.ones(len(changes), dtype=int)
    mean = np.mean(changes)
    error, _ = error_of(np.array(changes, dtype=float), mean, sizes)
    assert error == pytest.approx(np.std(changes, ddof=1) / np.sqrt(len(changes)))
    shuffler.shuffle(changes)
    assert error_of(np.array(changes, dtype=float), mean, sizes)[0] == pytest.approx(error)


def test_what_a_difference_is():
    """Beyond two errors; within them; a jump that no batch finds; rounded to nothing; without an error; on one side."""
    nan = np.nan
    before = np.array([10.0, 10.0, 185.0, 1.0, 1.0, nan, 2.0, nan])
    after = np.array([8.0, 9.0, 184.0, 1.00001, 2.0, 3.0, nan, nan])
    error = np.array([0.9, 0.6, 0.2, 0.0, nan, nan, nan, nan])
    middle = np.array([-2.0, -1.0, -0.05, 0.00001, nan, nan, nan, nan])
    assert verdicts(before, after, error, middle).tolist() == [
        "clear", "unclear", "unclear", "same", "unclear", "added", "gone", "",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("draws", "sizes"), [(7, [1] * 7), (40, [2] * 20), (41, [3, *[2] * 19]), (2000, [100] * 20)]
)
def test_batches_are_as_even_as_can_be(draws, sizes):
    assert sorted(batch_sizes(draws).tolist(), reverse=True) == sizes


def test_a_batch_has_its_own_entrants_by_home(village_pair):
    """The first of 20 batches of 60 draws is draws 0 to 2: its ways to school are those of these draws alone."""
    run = village_pair.runs[1]
    alone = simulate(
        run.plan,
        run.forecast.draw(0, 3),
        district=run.district,
        policy=run.policy,
        capacity=run.capacity,
        forecast=run.forecast,
    )
    tables = next(batch_outcomes(run, village_pair.runs[0].plan))
    expected = travel(replace(facts_of(run), simulation=alone), run.distances)
    pd.testing.assert_frame_equal(tables["travel"], expected, rtol=1e-3)
    weights = batch_sizes(60)
    whole = sum(
        size * each["moves"]["children"]
        for size, each in zip(weights, batch_outcomes(run, village_pair.runs[0].plan), strict=True)
    )
    moved = village_pair.moved["children"]
    assert (whole / 60).tolist() == pytest.approx(moved.tolist(), rel=1e-5)


def test_the_entrants_of_all_batches_are_the_entrants(village_pair):
    """Added up over the batches and divided by the draws: the mean by home and year."""
    simulation = village_pair.runs[0].simulation
    assert simulation.entrants_in.shape[-1] == 20
    mean = simulation.entrants_in.sum(axis=-1) / simulation.draws
    assert mean == pytest.approx(simulation.block_entrants, rel=1e-5)


def test_where_nobody_comes_in_a_batch_the_figures_are_none():
    """a2's child comes to B in one draw of 10; a table without B's row in the other nine means that B has no demand."""
    only = np.array([1, *[0] * 9])
    base = street_run(
        schools={"B": School(rooms=3, pupils=(0, 0, 0), at=300)}, entrants={"b1": 0, "b2": 0, "a2": only}
    )
    found = compare([with_outcomes(base), with_outcomes(moved_to(base, "B", "a2"))], names=["keep", "moved"])
    row = one(found, "seats_by_school", "demand", school="A", stage="primary")
    assert (row["change"], row["error"]) == (pytest.approx(-0.1), pytest.approx(0.1))
    rows = found.of("odds", "expected", "moved")
    there = rows.loc[(rows["school"] == "B") & (rows["grade"] == 1)].iloc[0]
    assert (there["after"], there["verdict"]) == (0.1, "added")
