"""Cases and their scores, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from planner.forecast.backtest import REFERENCE, Cases, Said

SURE = np.ones(100, dtype=np.float32)


def said(draws, came, **more) -> Said:
    """Return what was said for sure of each unit and grade."""
    said_of = np.asarray(draws, dtype=np.float32)[..., None] * SURE
    simple = {REFERENCE: np.asarray(more.pop("simple", draws), dtype=float)}
    units = [f"u{at}" for at in range(len(came))]
    grades = [str(grade) for grade in range(1, len(came[0]) + 1)]
    return Said(
        units=units,
        grades=grades,
        origin=2020,
        lead=1,
        draws=said_of,
        came=np.asarray(came, dtype=float),
        simple=simple,
        **more,
    )


def judged(one: Said, starts=("1",)):
    cases = Cases(one.grades, starts)
    cases.add(one)
    cases.add_fit(one.totals()[0].iloc[:0])
    return cases.judged()


def scores(found, target, band="all"):
    table = found.scores
    return table.loc[(table["target"] == target) & (table["band"] == band)].iloc[0]


def test_errors_by_hand():
    """Said 50 and 30, came 40 and 40: 20 children off of 80 are 25 %, 10 each; the sum is right, the bias 0."""
    entry = scores(judged(said([[50], [30]], [[40], [40]])), "entry")
    assert (entry["n"], entry["wape"], entry["mae"], entry["bias"]) == (2, 25, 10, 0)
    assert entry["mape"] == pytest.approx(25)
    assert entry["crps"] == pytest.approx(10)


def test_sizes_are_those_forecast():
    """Said 60 and came 45: a school of the band 50-79, whatever came."""
    found = judged(said([[60], [30]], [[45], [30]]))
    assert scores(found, "entry", "50-79")["mae"] == 15
    assert scores(found, "entry", "20-49")["n"] == 1


def test_another_class_is_asked_against_the_classes_that_the_feeding_group_needs():
    """
    Caps 40 and 45. Grade 1: 80 last year need 2 classes, so a third from 81 on. Grade 2: fed by 46, 2 classes, 91.

    81 said and come, 90 said and 91 come: stated 1 and happened; stated 0 and happened.
    """
    cells = said([[81, 90]], [[81, 91]], feeding=np.array([[80.0, 46.0]]), caps=[40, 45]).cells()
    assert cells["stated"].tolist() == [1, 0]
    assert cells["happened"].tolist() == [1, 1]


def test_another_class_is_asked_against_the_classes_that_the_grade_itself_needed_too():
    """Caps 40 and 45. Grade 1: 80 last year, 2 classes. Grade 2: 95 last year, 3 classes, so a fourth from 136 on."""
    cells = said([[81, 136]], [[80, 140]], standing=np.array([[80.0, 95.0]]), caps=[40, 45]).cells()
    assert cells["stated_now"].tolist() == [1, 1]
    assert cells["happened_now"].tolist() == [0, 1]
    assert cells["stated"].isna().all()


def test_a_grade_that_nobody_feeds_is_not_asked():
    cells = said([[10, 10]], [[10, 10]], feeding=np.array([[0.0, np.nan]]), caps=[40, 45]).cells()
    assert cells["stated"].isna().all()


def test_a_full_schools_count_is_a_bound_and_not_scored():
    """u1 was full: its 40 of 55 expected are no error. It stands apart, and in the total of the whole district."""
    one = said([[50], [55]], [[50], [40]], bound=np.array([[False], [True]]), whole=True)
    found = judged(one)
    assert found.forecasts["unit"].tolist() == ["u0"]
    assert found.bounds[["unit", "mean", "actual"]].to_numpy().tolist() == [["u1", 55, 40]]
    district = found.totals.loc[found.totals["unit"] == "all"].iloc[0]
    assert (district["mean"], district["actual"]) == (105, 90)


def test_a_whole_district_counts_schools_that_nobody_forecast():
    """A new school took 10 of the 50 expected: the district's 50 came, though u0 had 40."""
    one = said([[50], [np.nan]], [[40], [10]], whole=True)
    district = judged(one).totals.query("unit == 'all'").iloc[0]
    assert (district["mean"], district["actual"]) == (50, 50)
    among_others = judged(said([[50], [np.nan]], [[40], [10]])).totals.query("unit == 'all'").iloc[0]
    assert among_others["actual"] == 40


def test_a_later_stages_entry_stands_by_itself():
    """Grades 1 and 3 are entered: grades are 2 and 4 only."""
    found = judged(said([[10, 20, 30, 40]], [[10, 20, 60, 40]]), starts=("1", "3"))
    assert scores(found, "grades")["wape"] == 0
    assert scores(found, "grade 3")["wape"] == 50
