"""Plain tables of counts and births, as offices publish them."""

import gzip

import numpy as np
import pytest

from planner.errors import DataError
from planner.forecast.backtest.tables import read_counts

HEAD = "unit_id,year,grade,enrollment\n"


@pytest.fixture
def file(tmp_path):
    """Write a table and return its path."""

    def write(text: str, name: str = "counts.csv"):
        path = tmp_path / name
        content = text.encode("utf-8")
        path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        return path

    return write


@pytest.mark.parametrize("name", ["counts.csv", "counts.csv.gz"])
def test_counts_stand_by_unit_grade_and_year(file, name):
    """Ids are text: 007 keeps its zeros. Grades K and 1; PK is before entry and left out."""
    text = HEAD + "007,2010,K,20\n007,2010,1,22\n007,2011,K,21\n007,2011,PK,9\n"
    counts, labels, _ = read_counts(file(text, name), "K")
    assert counts.units == ("007",)
    assert labels == ["K", "1"]
    assert counts.pupils[0, 0].tolist() == [20, 21]
    assert np.isnan(counts.pupils[0, 1, 1])


def test_grades_below_the_entry_grade_are_left_out(file):
    counts, labels, _ = read_counts(file(HEAD + "a,2010,K,20\na,2010,1,22\na,2010,2,25\n"), "1")
    assert labels == ["1", "2"]
    assert counts.pupils[0, :, 0].tolist() == [22, 25]


def test_withheld_counts_stay_unknown_and_are_told(file):
    counts, _, notes = read_counts(file(HEAD + 'a,2010,K,<10\na,2011,K,*\na,2012,K,"1,234"\n'), "K")
    assert np.isnan(counts.pupils[0, 0, :2]).all()
    assert counts.pupils[0, 0, 2] == 1234
    assert any("2 counts are withheld" in str(note) for note in notes)


def test_a_year_of_zeros_between_years_with_children_was_not_counted(file):
    counts, _, notes = read_counts(file(HEAD + "a,2010,K,20\na,2011,K,0\na,2012,K,21\n"), "K")
    assert np.isnan(counts.pupils[0, 0, 1])
    assert any("2011" in str(note) for note in notes)


def test_all_faults_are_told_at_once_with_their_lines(file):
    text = HEAD + "a,2010,K,20\na,2010,K,21\na,2011,K,twelve\na,11,K,5\n,2012,K,5\na,2012,Z,5\na,2013,K,-4\n"
    with pytest.raises(DataError) as raised:
        read_counts(file(text), "K")
    said = str(raised.value)
    for fault in (
        "enrollment holds no whole numbers",
        "Lines 4, 8",
        "several counts",
        "Lines 2, 3",
        "Lines 5",
        "grade holds no",
    ):
        assert fault in said, fault


@pytest.mark.parametrize(
    ("head", "row"),
    [
        ("unit_id,year,grade,enrollment", "x,a,2010,K,20"),
        ("unit_id,year,grade,enrollment", "a,2010,K"),
        ("unit_id,year,grade,enrollment,Year", "a,2010,K,20,2011"),
    ],
)
def test_columns_that_cannot_be_told_apart_are_refused(file, head, row):
    """More or fewer cells than names would move figures under wrong names; of two years neither is the right one."""
    with pytest.raises(DataError, match=r"rows 2: Rows have more or fewer|stand there twice"):
        read_counts(file(f"{head}\n{row}\n"), "K")


def test_a_damaged_archive_is_refused(file):
    """Bytes in the middle of the packed text overwritten."""
    path = file(HEAD + "".join(f"a,{year},K,{year % 31}\n" for year in range(1950, 2020)), "counts.csv.gz")
    packed = bytearray(path.read_bytes())
    packed[30:60] = b"\xff" * 30
    path.write_bytes(packed)
    with pytest.raises(DataError, match="cannot be read"):
        read_counts(path, "K")


@pytest.mark.parametrize("text", ["", "\x00\x01", "unit_id,year\n1,2\n", 'a,b\n"c'])
def test_a_file_that_is_no_such_table_is_refused(file, text):
    with pytest.raises(DataError):
        read_counts(file(text), "K")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"nowhere\.csv cannot be read"):
        read_counts(tmp_path / "nowhere.csv", "K")


def test_without_the_entry_grade_the_grades_found_are_told(file):
    with pytest.raises(DataError, match="Grades found: 3, 4"):
        read_counts(file(HEAD + "a,2010,3,20\na,2010,4,20\n"), "K")


def test_births_are_those_of_the_cohort_that_enters(file):
    """Lag 5: autumn 2010 is cohort 2005; cohorts up to the last autumn are known ahead."""
    counts = file(HEAD + "a,2010,K,20\na,2011,K,21\n")
    births = file("area_id,year,births\na,2005,100\na,2006,110\na,2007,120\n", "births.csv")
    found, _, _ = read_counts(counts, "K", births=births)
    assert found.births[:3].tolist() == [100, 110, 120]
    assert found.born_here[0, :3].tolist() == [100, 110, 120]
    assert found.until(2010).births.tolist()[:2] == [100, 110]


def test_a_state_among_its_counties_is_not_added_to_them(file):
    counts = file(HEAD + "a,2010,K,20\nb,2010,K,30\n")
    rows = [
        f"{area},{year},{number}"
        for year in (2005, 2006)
        for area, number in (("a", 40), ("b", 60), ("st", 100))
    ]
    births = file("area_id,year,births\n" + "\n".join(rows) + "\n", "births.csv")
    found, _, _ = read_counts(counts, "K", births=births)
    assert found.births[:2].tolist() == [100, 100]
    assert found.born_here[:, 0].tolist() == [40, 60]


def test_two_units_of_one_area_have_no_births_of_their_own(file):
    counts = file(HEAD + "a,2010,K,20\nb,2010,K,30\nc,2010,K,9\n")
    births = file("area_id,year,births\nnorth,2005,70\nsouth,2005,20\n", "births.csv")
    areas = file("unit_id,area_id\na,north\nb,north\nc,south\n", "areas.csv")
    found, _, _ = read_counts(counts, "K", births=births, areas=areas)
    assert np.isnan(found.born_here[:2, 0]).all()
    assert found.born_here[2, 0] == 20
    assert found.births[0] == 90


def test_births_of_other_years_are_left_aside(file):
    counts = file(HEAD + "a,2010,K,20\n")
    births = file("area_id,year,births\na,1980,100\n", "births.csv")
    found, _, notes = read_counts(counts, "K", births=births)
    assert found.births is None
    assert any("left aside" in str(note) for note in notes)
