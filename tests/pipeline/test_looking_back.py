"""A district's past forecasts made again: what they know, what is scored, and official ones beside them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from planner.errors import DataError
from planner.forecast.arrays import read_rolls
from planner.pipeline.looking_back import look_back
from planner.pipeline.official import counted_since, ledger_scores
from tests.scenario.town import town, town_policy

POLICY = town_policy()
YEARS = range(2018, 2027)
TEACH = {"A": range(1, 7), "B": range(1, 7), "T": range(1, 4), "J": range(7, 10)}
COLUMNS = ["unit", "grade", "origin", "lead", "mean", "p025", "p10", "p50", "p90", "p975"]


def enrolment(seed: int = 1) -> pd.DataFrame:
    """Return counts of nine autumns around 80 a grade, 20 at the teaching point."""
    random = np.random.default_rng(seed)
    rows = [
        (school, grade, year, int(random.poisson(20 if school == "T" else 80)), "no")
        for school, grades in TEACH.items()
        for grade in grades
        for year in YEARS
    ]
    return pd.DataFrame(rows, columns=["school", "grade", "year", "pupils", "full"])


def births(until: int) -> pd.DataFrame:
    rows = [(area, year, 90 + year % 7) for area in ("west", "east") for year in range(2008, until)]
    return pd.DataFrame(rows, columns=["area", "year", "births"])


def looked(counts: pd.DataFrame | None = None, *, leads=(1, 2), until: int = 2026, **more):
    table = enrolment() if counts is None else counts
    return look_back(
        town(enrolment=table, births=births(until), **more),
        POLICY,
        origins=(2023, 2025),
        leads=leads,
        draws=100,
    )


@pytest.fixture(scope="module")
def found():
    return looked()


def test_every_school_grade_and_lead_stands_once_beside_what_came(found):
    """18 school-grades; origin 2023 and 2024 are met one and two years ahead, 2025 one."""
    table = found.found.forecasts
    assert len(table) == 18 * 5
    assert not table.duplicated(["unit", "grade", "origin", "lead"]).any()
    counted = enrolment().astype({"grade": str}).set_index(["school", "grade", "year"])["pupils"]
    came = [counted[row.unit, row.grade, row.origin + row.lead] for row in table.itertuples()]
    assert table["actual"].tolist() == came


def test_what_came_after_an_origin_changes_no_forecast_from_it(found):
    """Counts after 2023 are doubled, and births of 2023 and later are other ones: the forecasts of 2023 stay."""
    later = enrolment()
    later.loc[later["year"] > 2023, "pupils"] *= 2
    born = births(2026)
    born.loc[born["year"] > 2022, "births"] *= 3
    other = look_back(
        town(enrolment=later, births=born), POLICY, origins=(2023, 2023), leads=(1, 2), draws=100
    )
    table = found.found.forecasts
    pd.testing.assert_frame_equal(
        table.loc[table["origin"] == 2023, COLUMNS].reset_index(drop=True),
        other.found.forecasts[COLUMNS].reset_index(drop=True),
    )


def test_the_district_total_is_all_its_children(found):
    total = found.found.totals.query("unit == 'all' and origin == 2024 and lead == 1").iloc[0]
    counts = enrolment()
    assert total["actual"] == counts.loc[counts["year"] == 2025, "pupils"].sum()
    assert total["mean"] == pytest.approx(total["actual"], rel=0.1)


def test_all_simple_methods_are_scored_on_the_same_cases(found):
    entry = found.found.baselines.query("target == 'entry' and lead == 1")
    assert "births and three-year ratios" in set(entry["method"])
    assert set(entry["n"]) == {9}
    ours = found.found.scores.query("target == 'entry' and lead == 1 and band == 'all'").iloc[0]
    assert ours["n"] == 9


def test_a_school_that_was_full_is_left_out_and_told():
    """A's first grade of 2025 turned children away: of 9 cases of entry one year ahead 8 are scored."""
    counts = enrolment()
    counts.loc[(counts["school"] == "A") & (counts["grade"] == 1) & (counts["year"] == 2025), "full"] = "yes"
    again = looked(counts, leads=(1,))
    entry = again.found.scores.query("target == 'entry' and lead == 1 and band == 'all'").iloc[0]
    assert entry["n"] == 8
    assert again.found.bounds[["unit", "grade", "origin"]].to_numpy().tolist() == [["A", "1", 2024]]
    assert any(
        "1 counts are of grades whose school turned children away" in str(note) for note in again.notes
    )


def test_changes_after_an_origin_are_told():
    """A is re-zoned in 2025: its 6 grades as forecast in 2024, and 2023 two years ahead, could not know."""
    events = pd.DataFrame({"school": ["A"], "year": [2025], "kind": ["rezoning"]})
    again = looked(events=events)
    assert any("18 of 90 forecasts are of schools that opened" in str(note) for note in again.notes)


def test_a_district_without_counts_is_refused():
    children = pd.DataFrame(
        {"block": ["b1"], "cohort": [2020], "as_of": ["2026-08-01"], "kind": ["register"], "children": [30]}
    )
    with pytest.raises(DataError, match="no enrolment"):
        look_back(town(enrolment=enrolment().iloc[:0], children=children), POLICY)


def forecasts(rows) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["made_in", "year", "school", "grade", "pupils"])


def test_official_forecasts_are_scored_by_hand():
    """Made in 2023 for 2024: 90 and 70 where 80 and 80 came are 20 off of 160, 12.5 %; one for 2030 still waits."""
    counts = enrolment().assign(pupils=80)
    official = forecasts(
        [
            (2023, 2024, "A", 1, 90),
            (2023, 2024, "B", 1, 70),
            (2023, 2030, "A", 1, 80),
            (2024, 2024, "A", 2, 80),
        ]
    )
    district = town(enrolment=counts, forecasts=official)
    rolls = read_rolls(district, ("A", "B"), range(1, 7))
    counted = counted_since(district["forecasts"], rolls)
    assert counted[["made_in", "lead", "school", "came", "official"]].to_numpy().tolist() == [
        [2023, 1, "A", 80, 90],
        [2023, 1, "B", 80, 70],
    ]
    scores = ledger_scores(counted).set_index("made_in")
    assert scores.loc["2023", ["lead", "n", "wape", "mae", "bias"]].tolist() == [1, 2, 12.5, 10, 0]
    assert scores.loc["all", "wape"] == 12.5


def test_official_forecasts_stand_beside_ours_made_in_the_same_autumn():
    """Also of autumns that are no origin: 2022; of 2018, the first count, nothing can be made again."""
    official = forecasts(
        [(made, made + 1, school, 1, 90) for made in (2018, 2022, 2024) for school in ("A", "B")]
    )
    ledger = looked(forecasts=official).ledger
    methods = ledger.groupby("made_in")["method"].agg(set)
    assert methods["2018"] == {"official"}
    assert {"official", "planner", "three-year ratios"} <= methods["2022"]
    both = ledger.loc[ledger["made_in"] == "2024"].set_index("method")
    assert set(both["n"]) == {2}
    assert both.loc["planner", "wape"] != both.loc["official", "wape"]


def test_nothing_official_gives_no_scores(found):
    assert found.ledger.empty
    assert "method" in found.ledger.columns
    assert ledger_scores(counted_since(forecasts([]), read_rolls(town(), ("A",), (1,)))).empty
