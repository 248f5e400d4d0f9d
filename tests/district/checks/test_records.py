"""Checks of records that were copied, shifted or slipped: one spoilt square for every rule."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.district import square
from tests.district.square import CELLS, edited, enrolment, found, tables, the


def rolls_of_n(year: int, pupils: int) -> pd.DataFrame:
    """Return the square's enrolment with all grades of north in a year set to one number."""
    table = tables()["enrolment"]
    table.loc[(table["school"] == "n") & (table["year"] == year), "pupils"] = pupils
    return table


@pytest.mark.parametrize(("pupils", "told"), [(25, False), (24, True), (64, False), (65, True)])
def test_year_groups_that_shrink_or_grow_together(pupils: int, *, told: bool) -> None:
    """Grades 2-6 of 2026 were grades 1-5 of 2025, 200 children: 125 of them are 1/1.6, 120 fewer; 320 are 1.6 times."""
    said = found(square.district(enrolment=rolls_of_n(2026, pupils)), "D063")
    assert [finding.ids for finding in said] == [("n/2026",)] * told


def test_an_event_explains_them() -> None:
    events = pd.DataFrame({"school": ["n"], "year": [2026], "kind": ["rezoning"]})
    assert found(square.district(enrolment=rolls_of_n(2026, 20), events=events), "D063") == []


def test_children_who_join_by_feeders_are_no_growth() -> None:
    """Grade 4 of north has 140 because a point of grades 1-3 sends its leavers there."""
    point = square.maps(
        [{"school": "t", "name": "教学点", "grades": "1-3", "rooms": 6}], [square.at(200, 200)]
    )
    table = enrolment("n", 4, 2026, pupils=340, classes=8)
    changed = {"schools": pd.concat([tables()["schools"], point]), "enrolment": table}
    assert found(square.district(**changed), "D063")
    feeders = pd.DataFrame({"school": ["t"], "to_school": ["n"], "share": [1.0]})
    assert found(square.district(**changed, feeders=feeders), "D063") == []


def two_sizes() -> pd.DataFrame:
    """Return counts of three years at ten grades in which every year group keeps its size, which differs by entry."""
    rows = [
        {"school": school, "grade": grade, "year": year, "pupils": 40 + (year - grade) % 7, "classes": 1}
        for school, grade in CELLS
        for year in (2024, 2025, 2026)
    ]
    return pd.DataFrame(rows)


def test_a_copied_year() -> None:
    """20 of the 30 cells of a square of two copies would do: here all of 30 in 2026 are those of 2025."""
    schools = pd.concat(
        [tables()["schools"], tables()["schools"].assign(school=["m", "u"], name=["中", "东"])]
    )
    counts = pd.concat([two_sizes(), two_sizes().replace({"school": {"n": "m", "s": "u"}})])
    assert found(square.district(schools=schools, enrolment=counts), "D064") == []
    copied = counts.copy()
    copied.loc[copied["year"] == 2026, "pupils"] = counts.loc[counts["year"] == 2025, "pupils"].to_numpy()
    assert the(square.district(schools=schools, enrolment=copied), "D064").ids == ("2026",)


def test_few_equal_counts_are_no_copy() -> None:
    """The square's 15 cells do not change at all, and are too few to tell."""
    assert found(square.district(), "D064") == []


@pytest.mark.parametrize(
    ("day", "told"), [("2026-08-01", False), ("2027-07-31", False), ("2026-07-31", True)]
)
def test_a_day_of_another_school_year(day: str, *, told: bool) -> None:
    """The school year 2026 runs from August 2026 to July 2027."""
    table = tables()["enrolment"].query("year == 2026").assign(counted_on=day)
    said = found(square.district(enrolment=table), "D065")
    assert [finding.ids for finding in said] == [(f"2026/{day}",)] * told


@pytest.mark.parametrize("name", ["classes", "class_bands", "attendance", "forecasts"])
def test_rows_on_grades_that_a_school_does_not_teach(name: str) -> None:
    """North ends with grade 6."""
    own = {
        "classes": {"class": "1", "pupils": 40},
        "class_bands": {"band": "36-40", "classes": 1},
        "attendance": {"block": "NW", "children": 5},
        "forecasts": {"made_in": 2024, "pupils": 40},
    }
    row = pd.DataFrame([{"school": "n", "grade": 7, "year": 2026, **own[name]}])
    finding = the(square.district(**{name: row}), "D066")
    assert (finding.table, finding.ids) == (name, ("n/7/2026",))


def test_residents_of_grades_that_no_stage_has() -> None:
    homes = pd.DataFrame({"block": ["NW"], "grade": [10], "year": [2026], "children": [5]})
    assert the(square.district(residents=homes), "D066").ids == ("10/2026",)


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ({"planned_places": 20}, True),
        ({"planned_places": 27}, False),
        ({"planned_places": 90, "full": True}, True),
        ({"planned_places": 90, "full": False}, False),
    ],
)
def test_planned_places(cells: dict[str, object], *, told: bool) -> None:
    """40 children on 20 places are twice as many, on 27 1.48; a grade of 90 places with 40 children is not full."""
    table = tables()["enrolment"].assign(planned_places=pd.NA, full=pd.NA)
    row = (table["school"] == "n") & (table["grade"] == 1) & (table["year"] == 2026)
    for column, value in cells.items():
        table.loc[row, column] = value
    said = found(square.district(enrolment=table), "D150")
    assert [finding.ids for finding in said] == [("n/1/2026",)] * told


def lists(*heads: int) -> pd.DataFrame:
    """Return the classes of grade 1 of north in 2026."""
    names = [str(number) for number in range(1, len(heads) + 1)]
    return pd.DataFrame({"school": "n", "year": 2026, "grade": 1, "class": names, "pupils": heads})


def test_a_class_of_more_than_ninety() -> None:
    finding = the(square.district(classes=lists(91, 45)), "D151")
    assert (finding.level, finding.ids) == ("error", ("n/1/2026/1",))


@pytest.mark.parametrize(("least", "told"), [(14, False), (13, True)])
def test_a_special_class_among_ordinary_ones(least: int, *, told: bool) -> None:
    """The others have 42 and 40, 41 on average: a third is 13.7."""
    said = found(square.district(classes=lists(42, 40, least)), "D151")
    assert [(finding.level, finding.ids) for finding in said] == [("note", ("n/1/2026/3",))] * told


def test_lists_against_bands() -> None:
    """Classes of 25 and 26 are one of each of the two lowest bands."""
    bands = pd.DataFrame(
        {"school": "n", "year": 2026, "grade": 1, "band": ["<=25", "26-30"], "classes": [1, 1]}
    )
    assert found(square.district(classes=lists(25, 26), class_bands=bands), "D152") == []
    wrong = square.district(classes=lists(25, 25), class_bands=bands)
    assert the(wrong, "D152").ids == ("n/1/2026",)


def forecasts(**cells: int) -> pd.DataFrame:
    """Return one official forecast of grade 1 of north."""
    return pd.DataFrame([{"made_in": 2024, "year": 2026, "school": "n", "grade": 1, "pupils": 40, **cells}])


def test_forecasts_of_what_was_known() -> None:
    assert the(square.district(forecasts=forecasts(made_in=2026)), "D153").ids == ("2026/2026",)
    ahead = square.district(forecasts=forecasts(made_in=2027, year=2028))
    assert the(ahead, "D153").ids == ("2027/2028",)
    assert found(square.district(forecasts=forecasts()), "D153") == []


@pytest.mark.parametrize(("pupils", "told"), [(120, False), (121, True)])
def test_forecasts_of_three_times_the_count(pupils: int, *, told: bool) -> None:
    """40 were counted."""
    said = found(square.district(forecasts=forecasts(pupils=pupils)), "D154")
    assert [finding.ids for finding in said] == [("n/1/2026",)] * told


class TestPremises:
    @pytest.mark.parametrize(("rooms", "told"), [(17, False), (18, True)])
    def test_rooms_of_which_most_are_empty(self, rooms: int, *, told: bool) -> None:
        """North has 6 classes: 18 rooms are three times as many, and 12 more."""
        said = found(square.district(schools=edited("schools", rooms=[rooms, 20], seats_stated=None)), "D075")
        assert [finding.ids for finding in said] == [("n",)] * told

    def test_more_beds_than_children(self) -> None:
        """North has 240 children."""
        assert found(square.district(schools=edited("schools", beds=[240, 0])), "D076") == []
        assert the(square.district(schools=edited("schools", beds=[241, 0])), "D076").ids == ("n",)

    def test_a_site_in_mu(self) -> None:
        """30 mu are 20,000 m2: 83 a child of 240; 30 m2 are 0.13."""
        assert found(square.district(schools=edited("schools", site_m2=[20_000, 30_000])), "D077") == []
        finding = the(square.district(schools=edited("schools", site_m2=[30, 30_000])), "D077")
        assert (finding.column, finding.ids) == ("site_m2", ("n",))

    def test_sports_grounds_larger_than_the_site(self) -> None:
        schools = edited("schools", site_m2=[9000, 30_000], sports_m2=[9500, 9000])
        finding = the(square.district(schools=schools), "D077")
        assert (finding.column, finding.ids) == ("sports_m2", ("n",))

    def test_a_school_that_closes_before_it_opens(self) -> None:
        schools = edited("schools", open_from=[2030, None], open_to=[2029, None])
        assert the(square.district(schools=schools), "D078").level == "error"

    def test_a_school_of_an_unknown_area(self) -> None:
        assert the(square.district(schools=edited("schools", area=["town", "village"])), "D079").ids == ("s",)
