"""The made district's children agree with each other: births, register, entry, homes, schools, year groups."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

YEARS = range(2017, 2027)

INDEX = {
    2017: 64, 2018: 64, 2019: 64, 2020: 74, 2021: 73, 2022: 91, 2023: 100, 2024: 84, 2025: 70, 2026: 55,
}  # fmt: skip
"""Entry index of a district with Shandong's births: 2019-2026 as derived there, 64 before (births of 2009-13 were level)."""


def _entry(pupils):
    return pupils.xs(1, level="grade").groupby("year").sum()


def test_entry_of_the_past_follows_shandongs_births_within_a_point(pupils):
    entry = _entry(pupils)
    assert list(entry.index) == list(YEARS)
    for year, index in INDEX.items():
        assert entry[year] / entry[2023] * 100 == pytest.approx(index, abs=1.5), year


def _ratio_of_register(table, pupils, lead):
    """Return first grades over the register of `lead` years before, from the three latest autumns it is known for."""
    register = table("children").groupby(["as_of", "cohort"])["children"].sum()
    entry = _entry(pupils)
    known = [year for year in (2024, 2025, 2026) if year - lead >= 2023]
    return sum(entry[year] for year in known) / sum(
        register[f"{year - lead}-09-01", year - 6] for year in known
    )


@pytest.mark.parametrize(("year", "index"), [(2027, 45), (2028, 40), (2029, 36)])
def test_register_of_2026_gives_the_index_of_the_years_to_come(table, pupils, year, index):
    """
    Register of the cohort x the ratio of entrants to register of the same lead = index of 2023 within 3 points.

    With the children of housing handed over until then, at half their share in the year of hand-over.
    """
    register = table("children").groupby(["as_of", "cohort"])["children"].sum()
    coming = register["2026-09-01", year - 6] * _ratio_of_register(table, pupils, year - 2026)
    housing = table("housing")
    handed = pd.to_datetime(housing["hand_over"])
    new = housing[(handed > "2026-09-01") & (handed <= f"{year}-09-01")]
    children = (new["dwellings"] * new["certainty"] * new["children_per_dwelling"].fillna(0.05)).sum()
    entry = _entry(pupils)[2023]
    assert (coming + 0.5 * children) / entry * 100 == pytest.approx(index, abs=3)


def test_births_two_calendar_years_give_the_entrants(table, pupils):
    """Born from September of year t-7 to August of year t-6 enter in autumn t: 1/3 and 2/3 of the calendar years' births."""
    born = table("births").groupby("year")["births"].sum()
    entry = _entry(pupils)
    ratio = np.array([entry[year] / (born[year - 7] / 3 + born[year - 6] * 2 / 3) for year in YEARS])
    assert ratio.min() > 0.92
    assert ratio.max() < 1.10
    assert np.std(ratio) < 0.04


def test_births_by_area_stand_behind_the_register(table):
    """Cohort 2021, five years after: the new town has gained children born elsewhere, other areas have about their own."""
    born = table("births").set_index(["area", "year"])["births"]
    area = table("blocks").set_index("block")["area"]
    rows = table("children")
    rows = rows[(rows["as_of"] == "2026-09-01") & (rows["cohort"] == 2021)]
    known = rows.groupby(rows["block"].map(area))["children"].sum()
    ratio = {name: known[name] / (born[name, 2020] / 3 + born[name, 2021] * 2 / 3) for name in known.index}
    new = [ratio.pop(name) for name in ("新城街道", "云湖街道")]
    assert min(new) > 1.08
    assert sum(new) / 2 > 1.15
    assert all(0.75 < value < 1.15 for value in ratio.values())


def test_a_register_extract_knows_the_six_cohorts_below_school_age(table):
    rows = table("children")
    known = rows.groupby("as_of")["cohort"].agg(["min", "max"])
    for as_of, cohorts in known.iterrows():
        year = int(as_of[:4])
        assert (cohorts["min"], cohorts["max"]) == (year - 5, year)
    assert list(known.index) == [f"{year}-09-01" for year in range(2023, 2027)]
    assert set(rows["status"]) == {"local", "outside"}
    assert set(rows["kind"]) == {"register"}


def test_register_of_a_catchment_foretells_its_entrants(table, catchment):
    """Per catchment, entrants who live there and the register a year before differ by chance, moves and absentees: 0.7 to 1.35."""
    goes = table("attendance")
    register = table("children").groupby(["as_of", "cohort", "block"])["children"].sum()
    seen = pd.Series(0.0, index=sorted(set(catchment("primary", 2026))))
    expected = seen.copy()
    for year in (2024, 2025, 2026):
        held = catchment("primary", 2026)
        rows = goes[(goes["grade"] == 1) & (goes["year"] == year) & (goes["block"] != "other")]
        seen = seen.add(rows.groupby(rows["block"].map(held))["children"].sum(), fill_value=0)
        known = register[f"{year - 1}-09-01", year - 6]
        expected = expected.add(known.groupby(held.reindex(known.index)).sum(), fill_value=0)
    large = expected > 150
    ratio = np.asarray(seen[large] / expected[large])
    assert len(ratio) > 20
    assert ((ratio > 0.7) & (ratio < 1.35)).all()


def test_first_and_seventh_grades_are_the_sum_of_where_they_live(table, pupils):
    goes = table("attendance")
    come = goes[goes["school"] != "other"].groupby(["school", "grade", "year"])["children"].sum()
    counted = pupils[
        pupils.index.get_level_values("grade").isin([1, 7]) & (pupils.index.get_level_values("year") >= 2024)
    ]
    pd.testing.assert_series_equal(
        come, counted[counted > 0].sort_index(), check_names=False, check_index_type=False
    )


def test_children_by_home_are_the_starting_grades_by_home(table):
    homes = table("residents").set_index(["block", "grade", "year"])["children"]
    goes = table("attendance")
    goes = goes[goes["block"] != "other"].groupby(["block", "grade", "year"])["children"].sum()
    assert len(goes)
    assert (homes.reindex(goes.index) == goes).all()


def test_children_by_home_are_nearly_all_in_the_districts_schools(table, pupils):
    """Homes x grades against rolls: apart from the few who come from or go to other districts, the same children."""
    homes = table("residents").groupby(["grade", "year"])["children"].sum()
    rolls = pupils.groupby(["grade", "year"]).sum().reindex(homes.index)
    assert (rolls / homes).between(0.985, 1.02).all()


def test_most_children_go_to_the_school_of_their_catchment(table, catchment, public):
    goes = table("attendance")
    goes = goes[(goes["year"] == 2026) & (goes["block"] != "other")]
    for stage, grade, least, most in (("primary", 1, 0.90, 0.97), ("junior", 7, 0.85, 0.95)):
        rows = goes[goes["grade"] == grade]
        own = rows["block"].map(catchment(stage, 2026)) == rows["school"]
        assert least < rows.loc[own, "children"].sum() / rows["children"].sum() < most
        away = ~rows["school"].isin(public.index)
        assert 0.02 < rows.loc[away, "children"].sum() / rows["children"].sum() < 0.10


def _progression(pupils, schools):
    """Return children of a grade over those of the grade below a year before, all years and grades of the schools pooled."""
    found = pupils.reset_index()
    found = found[found["school"].isin(schools)]
    then = found.assign(grade=found["grade"] + 1, year=found["year"] + 1)
    both = found.merge(then, on=["school", "grade", "year"], suffixes=("", "_then"))
    both = both[(both["grade"] != 7) & (both["pupils_then"] > 0)]
    return both["pupils"].sum() / both["pupils_then"].sum()


def test_year_groups_go_up_with_few_changes_by_place(table, pupils):
    """The old town keeps its children, the new town gains some each year, villages lose some."""
    schools = table("schools").set_index("school")
    core = schools.index[
        schools["area"].isin(["河西街道", "河东街道", "站前街道"]) & schools.index.str.match("P|J")
    ]
    new = schools.index[schools["area"].isin(["新城街道", "云湖街道"]) & schools.index.str.match("P|J|N")]
    village = schools.index[(schools["place"] == "rural") & (schools["grades"] == "1-6")]
    assert _progression(pupils, core) == pytest.approx(1.0, abs=0.01)
    assert 1.02 < _progression(pupils, new) < 1.06
    assert 0.95 < _progression(pupils, village) < 0.98


def test_teaching_points_send_their_children_to_the_centre_school_for_grade_four(table, pupils):
    feeders = table("feeders").set_index("school")
    points = table("schools").query("grades == '1-3'")["school"]
    assert 4 <= len(points) <= 6
    for point in points:
        centre = feeders.loc[point, "to_school"]
        assert feeders.loc[point, "share"] == 1
        leavers = sum(pupils[point, 3, year] for year in range(2017, 2026))
        joined = sum(pupils[centre, 4, year + 1] - pupils[centre, 3, year] for year in range(2017, 2026))
        alone = sum(pupils[centre, 5, year + 1] - pupils[centre, 4, year] for year in range(2017, 2026))
        assert joined - alone > 0.3 * leavers
        assert not any((point, 4, year) in pupils.index for year in YEARS)


def test_nine_year_schools_keep_the_share_of_leavers_that_feeders_state(table, pupils):
    feeders = table("feeders").set_index("school")
    nine = table("schools").query("grades == '1-9' and owner == 'public'")["school"]
    assert len(nine) == 4
    for school in nine:
        assert feeders.loc[school, "to_school"] == school
        leavers = sum(pupils.get((school, 6, year), 0) for year in range(2017, 2026))
        starters = sum(pupils.get((school, 7, year + 1), 0) for year in range(2017, 2026))
        assert starters > 0.9 * feeders.loc[school, "share"] * leavers


def test_nearly_every_leaver_of_grade_six_turns_up_in_a_grade_seven(pupils):
    """Leavers x about 0.995, less the share who go to other districts, plus those who come."""
    six, seven = (pupils.xs(grade, level="grade").groupby("year").sum() for grade in (6, 7))
    ratio = np.array([seven[year + 1] / six[year] for year in range(2017, 2026)])
    assert ((ratio > 0.975) & (ratio < 1.02)).all()


def test_junior_entry_peaks_in_2029(table):
    """Grade 7 of 2027, ..., 2032 are the grades 6, ..., 1 of 2026; the largest by home is grade 4."""
    homes = table("residents")
    by_grade = homes[homes["year"] == 2026].groupby("grade")["children"].sum()
    assert by_grade.loc[1:6].idxmax() == 4
    assert by_grade[4] > 1.25 * by_grade[7]


def test_no_children_in_grades_that_a_school_does_not_teach_or_years_before_it_opened(table, pupils):
    schools = table("schools").set_index("school")
    for school, grade, year in pupils.index:
        first, last = map(int, schools.loc[school, "grades"].split("-"))
        assert first <= grade <= last
        assert not year < schools.loc[school, "open_from"]


def test_private_schools_and_their_children(table, pupils):
    schools = table("schools").set_index("school")
    private = schools.index[schools["owner"] == "private"]
    assert 2 <= len(private) <= 3
    last = pupils.xs(2026, level="year").groupby("school").sum()
    assert 0.02 < last[private].sum() / last.sum() < 0.06
