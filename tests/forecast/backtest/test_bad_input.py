"""
Histories as they really are: each is either tried, with what is unknown told, or refused with one message.

Never a silent fill, a negative count or an infinite ratio.
"""

from __future__ import annotations

import gzip

import numpy as np
import pandas as pd
import pytest

from planner.errors import DataError, QuestionError
from planner.forecast.backtest import backtest_units, choose_origins, left_out, plain, read_counts
from tests.forecast.made import grown

SCHOOLS, GRADES, YEARS = 6, "K12", range(2008, 2018)


def made(seed: int = 3, *, schools: int = SCHOOLS, entry: float = 50.0) -> pd.DataFrame:
    """Return a table of schools of K to 2 in ten autumns."""
    pupils = grown(seed, schools=schools, grades=len(GRADES), years=len(YEARS), entry=entry)
    rows = [
        (f"s{unit}", year, grade, str(int(pupils[unit, at, year - 2008])))
        for unit in range(schools)
        for at, grade in enumerate(GRADES)
        for year in YEARS
    ]
    return pd.DataFrame(rows, columns=["unit_id", "year", "grade", "enrollment"])


@pytest.fixture
def tried(tmp_path):
    """Return a function that reads a table, tries it, and gives counts, scores and what was told."""

    def carry_out(table: pd.DataFrame, births: pd.DataFrame | None = None, leads=(1, 2)):
        file, more = tmp_path / "counts.csv", {}
        table.to_csv(file, index=False)
        if births is not None:
            births.to_csv(tmp_path / "births.csv", index=False)
            more = {"births": tmp_path / "births.csv"}
        counts, labels, notes = read_counts(file, "K", **more)
        counted = {year for at, year in enumerate(counts.years) if (counts.pupils[:, :, at] >= 0).any()}
        chosen = choose_origins(counts.years, counted, None, leads)
        found = backtest_units(counts, chosen.origins, chosen.leads, labels=labels, draws=100)
        notes = [*notes, *chosen.notes, *left_out(counts, labels[0], chosen.origins, found)]
        numbers = found.forecasts[["mean", "p025", "p975"]].to_numpy()
        assert np.isfinite(numbers).all()
        assert (numbers >= 0).all()
        assert (numbers < 1000).all()
        return counts, found, " ".join(str(note) for note in notes)

    return carry_out


def cells(table: pd.DataFrame, unit: str, *years: int) -> pd.Series:
    return (table["unit_id"] == unit) & table["year"].isin(years)


def width(found, unit: str) -> float:
    """Return the mean width of a unit's 80 % ranges one year ahead, per child expected."""
    rows = found.forecasts.query("unit == @unit and lead == 1")
    return float(((rows["p90"] - rows["p10"]) / rows["mean"]).mean())


def test_gaps_stay_gaps(tried):
    """Nobody counted 2012, and s1 not 2014 either: nothing is said from there or held against it."""
    table = made()
    counts, found, told = tried(table.loc[(table["year"] != 2012) & ~cells(table, "s1", 2014)])
    assert np.isnan(counts.pupils[:, :, 4]).all()
    assert 2012 not in set(found.forecasts["origin"])
    assert 2012 not in set(found.forecasts["origin"] + found.forecasts["lead"])
    assert "Origins left out: 2012. Nothing was counted" in told
    of_s1 = found.forecasts.query("unit == 's1'")
    assert 2014 not in set(of_s1["origin"]) | set(of_s1["origin"] + of_s1["lead"])


@pytest.mark.parametrize("mark", ["<10", "*", "s", "n<5", "fewer than 10", "≤ 10", "N/A", "–", ""])
def test_suppressed_cells_are_unknown_and_counted(tried, mark):
    table = made()
    table.loc[cells(table, "s2", 2011, 2013) & (table["grade"] == "K"), "enrollment"] = mark
    counts, _, told = tried(table)
    assert np.isnan(counts.pupils[2, 0, [3, 5]]).all()
    assert "2 counts are withheld or blank" in told


def test_a_unit_withheld_throughout_is_left_out_with_the_reason(tried):
    table = made()
    table.loc[table["unit_id"] == "s2", "enrollment"] = "<10"
    _, found, told = tried(table)
    assert "s2" not in set(found.forecasts["unit"])
    assert "Units left out, 1 of 6: s2; all their counts are withheld" in told


def test_a_year_of_zeros_was_not_counted(tried):
    """s1 has none in 2013, with children before and after; in 2010 no unit has any."""
    table = made()
    table.loc[cells(table, "s1", 2013) | (table["year"] == 2010), "enrollment"] = "0"
    counts, _, told = tried(table)
    assert np.isnan(counts.pupils[1, :, 5]).all()
    assert np.isnan(counts.pupils[:, :, 2]).all()
    assert "(unit/year): s1/2013" in told
    assert "No child at all in any unit in 2010" in told


def test_last_zeros_of_one_unit_are_its_end(tried):
    """A school that has no children any more is no gap."""
    table = made()
    table.loc[cells(table, "s1", 2016, 2017), "enrollment"] = "0"
    counts, _, told = tried(table)
    assert (counts.pupils[1, :, 8:] == 0).all()
    assert "s1/201" not in told


def test_new_and_closed_schools_are_forecast_while_they_are_there(tried):
    """s1 opens in 2014 with new children, s2 closes after 2012; s5 opens with the last count."""
    table = made()
    old = table.loc[~(cells(table, "s1", *range(2008, 2014)) | cells(table, "s2", *range(2013, 2018)))]
    _, found, told = tried(old.loc[~cells(table, "s5", *range(2008, 2017))])
    origins = found.forecasts.groupby("unit")["origin"].agg(["min", "max"])
    assert origins.loc["s1", "min"] == 2014
    assert origins.loc["s2", "max"] < 2012
    assert width(found, "s1") > width(found, "s0")
    assert "1 of 6: s5; they were not counted at any origin" in told


def test_a_renamed_unit_is_noticed(tried):
    """s1 is s1-new from 2013 on: the grades of one continue those of the other."""
    table = made()
    table.loc[cells(table, "s1", *range(2013, 2018)), "unit_id"] = "s1-new"
    counts, _, told = tried(table)
    assert "with nearly the same children: s1 > s1-new (2013)." in told
    assert "s1" in counts.units
    assert "s1-new" in counts.units


def test_a_renamed_middle_school_is_noticed(tried):
    """Taught are the last two grades only; the leavers of the one are not missed in the other."""
    table = made(entry=300.0)
    table = table.loc[~((table["unit_id"] == "s1") & (table["grade"] == "K"))].copy()
    table.loc[cells(table, "s1", *range(2013, 2018)), "unit_id"] = "s1-new"
    assert "s1 > s1-new (2013)" in tried(table)[2]


def test_a_school_that_opens_with_other_children_is_not_taken_for_renamed(tried):
    """Half of the old school's children would be another school."""
    table = made()
    later = cells(table, "s1", *range(2013, 2018))
    table.loc[later, "enrollment"] = (table.loc[later, "enrollment"].astype(int) // 2).astype(str)
    table.loc[later, "unit_id"] = "s9"
    assert "nearly the same children" not in tried(table)[2]


def test_no_unit_is_taken_for_two(tried):
    """s1 and its twin both end in 2012; s1-new continues one of them, not both."""
    table = made(entry=60.0)
    same = table.loc[table["unit_id"] == "s1"].assign(unit_id="twin")
    same = same.loc[same["year"] < 2013]
    table.loc[cells(table, "s1", *range(2013, 2018)), "unit_id"] = "s1-new"
    told = tried(pd.concat([table, same]))[2]
    assert told.count("> s1-new") == 1


def test_one_school_only_has_wide_odds(tried):
    """Alone, its errors stand against priors; beside others it learns from them."""
    _, alone, _ = tried(made().query("unit_id == 's0'"))
    assert set(alone.forecasts["unit"]) == {"s0"}
    assert width(alone, "s0") > 0.1


def test_two_autumns_only_are_refused(tried):
    with pytest.raises(QuestionError, match="counts run from 2008 to 2009"):
        tried(made().query("year < 2010"))


def test_three_autumns_are_tried_once(tried):
    _, found, _ = tried(made().query("year < 2011"), leads=(1,))
    assert set(found.forecasts["origin"]) == {2009}


def test_births_of_other_years_are_left_aside(tried):
    births = pd.DataFrame({"area_id": "all", "year": range(1970, 1980), "births": 300})
    counts, found, told = tried(made(), births)
    assert counts.births is None
    assert "left aside" in told
    assert "births and three-year ratios" not in set(found.baselines["method"])


def test_births_of_some_years_are_used_where_they_are(tried):
    """Births of 2008 on: the cohorts of 2013 on. Before, nothing is known of them."""
    births = pd.DataFrame({"area_id": "all", "year": range(2008, 2013), "births": 300})
    counts, found, _ = tried(made(), births)
    assert np.isnan(counts.births[:5]).all()
    assert (counts.births[5:10] == 300).all()
    assert "births and three-year ratios" in set(found.baselines["method"])


def test_text_in_numbers_is_refused_with_its_lines(tried):
    """Lines count from the column names, which are line 1."""
    table = made().astype(str)
    table.loc[[0, 5], "enrollment"] = ["about 50", "12a"]
    table.loc[7, "year"] = "last year"
    with pytest.raises(DataError) as raised:
        tried(table)
    said = str(raised.value)
    assert "column enrollment holds no whole numbers from 0 on. Lines 2, 7." in said
    assert "column year holds no years from 1900 to 2100. Lines 9." in said


@pytest.mark.parametrize("again", ["50", None])
def test_duplicated_rows_are_refused_also_when_they_agree(tried, again):
    table = made()
    more = table.iloc[[3]] if again is None else table.iloc[[3]].assign(enrollment=again)
    with pytest.raises(DataError, match=r"several counts of one unit, year and grade\. Lines 5, 182\."):
        tried(pd.concat([table, more]))


def test_schools_of_three_children_never_fall_below_none(tried):
    """The range reaches from 0 to more than twice the children expected."""
    _, found, _ = tried(made(entry=3.0))
    rows = found.forecasts.query("lead == 2")
    assert (rows["p025"] == 0).any()
    assert (rows["p975"] > rows["mean"]).all()


def test_short_rows_are_refused_with_their_lines(tmp_path):
    """A row that ends early is a fault; a blank cell is a count not known."""
    file = tmp_path / "counts.csv"
    file.write_text("unit_id,year,grade,enrollment\na,2010,K,20\na,2011,K\na,2012,K,\n")
    with pytest.raises(DataError, match="rows 3: Rows have more or fewer cells"):
        read_counts(file, "K")


def test_a_table_of_zeros_is_refused(tmp_path):
    file = tmp_path / "counts.csv"
    file.write_text("unit_id,year,grade,enrollment\n" + "".join(f"a,{year},K,0\n" for year in YEARS))
    with pytest.raises(DataError, match="not a single child is counted"):
        read_counts(file, "K")


@pytest.mark.parametrize(
    ("encoding", "separator"),
    [("utf-8-sig", ","), ("gb18030", ","), ("utf-8", ";"), ("utf-8", "\t"), ("utf-16", "\t")],
)
def test_tables_are_read_as_spreadsheets_write_them(tmp_path, encoding, separator):
    file = tmp_path / "counts.csv"
    lines = ["学校编号,年份,年级,在校生数", "第一小学,2024学年,一年级,45", '第一小学,2025,1,"1,046"']
    text = "\n".join(line if separator == "," else line.replace(",", separator) for line in lines)
    file.write_bytes(
        (text if separator == "," else text.replace(f'1{separator}046"', '1046"')).encode(encoding)
    )
    counts, labels, _ = read_counts(file, "1")
    assert counts.units == ("第一小学",)
    assert labels == ["1"]
    assert counts.pupils[0, 0].tolist() == [45, 1046]


def test_an_archive_that_unpacks_too_large_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(plain, "LARGEST", 1_000_000)
    file = tmp_path / "counts.csv.gz"
    file.write_bytes(gzip.compress(b"unit_id,year,grade,enrollment\n" + b"0" * 2_000_000))
    assert file.stat().st_size < 10_000
    with pytest.raises(DataError, match="more than 1 million bytes"):
        read_counts(file, "K")


def test_faults_of_all_files_are_told_together(tmp_path):
    counts, births = tmp_path / "counts.csv", tmp_path / "births.csv"
    counts.write_text("unit_id,year,grade,enrollment\na,2010,K,many\n")
    births.write_text("area_id,year,births\na,2005,few\n")
    with pytest.raises(DataError) as raised:
        read_counts(counts, "K", births=births)
    assert len(raised.value.faults) == 2


def test_units_of_later_grades_only_are_named(tried):
    table = made()
    _, found, told = tried(table.loc[~((table["unit_id"] == "s4") & (table["grade"] == "K"))])
    assert "Units never counted in entry grade K, 1 of 6: s4" in told
    assert "s4" in set(found.forecasts["unit"])
