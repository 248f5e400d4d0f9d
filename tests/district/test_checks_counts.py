"""Checks of counts, years, seats and projects: one spoilt square for every rule."""

from __future__ import annotations

import pandas as pd
import pytest

from planner.district import check_district
from tests.district import square
from tests.district.square import (
    edited,
    enrolment,
    found,
    projects,
    tables,
    the,
)


class TestCounts:
    def test_children_without_classes(self) -> None:
        finding = the(square.district(enrolment=enrolment("n", 1, 2026, classes=0)), "D050")
        assert (finding.level, finding.ids) == ("error", ("n/1/2026",))

    def test_classes_without_children(self) -> None:
        finding = the(square.district(enrolment=enrolment("n", 1, 2026, pupils=2, classes=3)), "D051")
        assert (finding.level, finding.ids) == ("warning", ("n/1/2026",))

    @pytest.mark.parametrize(("pupils", "codes"), [(180, []), (181, ["D052"])])
    def test_a_mean_class_above_ninety(self, pupils: int, codes: list[str]) -> None:
        """180 children in 2 classes are 90 each; one more is a slip."""
        table = enrolment("n", 1, 2026, pupils=pupils, classes=2)
        district = square.district(enrolment=table)
        assert [
            finding.code for finding in check_district(district, square.POLICY) if finding.level == "error"
        ] == codes

    def test_class_lists_that_do_not_add_up(self) -> None:
        """Lists of 20 and 19 children for a count of 40 in one class: both the children and the classes differ."""
        lists = pd.DataFrame(
            {"school": "n", "year": 2026, "grade": 1, "class": ["1", "2"], "pupils": [20, 19]}
        )
        classes, children = found(square.district(classes=lists), "D053")
        assert "n/1/2026: 39, 40" in str(children.text)
        assert "n/1/2026: 2, 1" in str(classes.text)
        assert {children.level, classes.level} == {"warning"}
        right = lists.assign(pupils=[20, 20])
        two = square.district(classes=right, enrolment=enrolment("n", 1, 2026, classes=2))
        assert found(two, "D053") == []

    def test_size_bands_that_do_not_add_up(self) -> None:
        """40 children in one class of 36-40 fit; in one class of 41-45, or in two classes, they do not."""
        band = {"school": ["n"], "year": [2026], "grade": [1], "band": ["36-40"], "classes": [1]}
        assert found(square.district(class_bands=pd.DataFrame(band)), "D054") == []
        unfit = the(square.district(class_bands=pd.DataFrame({**band, "band": ["41-45"]})), "D054")
        assert "n/1/2026: 40, 41, 45" in str(unfit.text)
        two = found(square.district(class_bands=pd.DataFrame({**band, "classes": [2]})), "D054")
        assert [finding.column for finding in two] == ["band", "classes"]

    def test_bands_may_be_written_with_one_sign(self) -> None:
        """≥66 is >=66."""
        band = pd.DataFrame({"school": ["n"], "year": [2026], "grade": [1], "band": ["≥66"], "classes": [1]})
        assert square.district(class_bands=band)["class_bands"]["band"].tolist() == [">=66"]

    @pytest.mark.parametrize(("year", "level"), [(2026, "error"), (2025, "warning")])
    def test_children_in_grades_that_are_not_taught(self, year: int, level: str) -> None:
        """North ends with grade 6; in past years it may have been otherwise."""
        row = pd.DataFrame({"school": ["n"], "grade": [7], "year": [year], "pupils": [30], "classes": [1]})
        finding = the(square.district(enrolment=pd.concat([tables()["enrolment"], row])), "D055")
        assert (finding.level, finding.ids) == (level, (f"n/7/{year}",))

    def test_more_children_attend_than_were_counted(self) -> None:
        """25 from NW and 16 from NE are 41 of 40."""
        attendance = pd.DataFrame(
            {"block": ["NW", "NE"], "school": "n", "grade": 1, "year": 2026, "children": [25, 16]}
        )
        finding = the(square.district(attendance=attendance), "D056")
        assert "n/1/2026: 41, 40" in str(finding.text)

    def test_attendance_may_lead_outside(self) -> None:
        """Children may come from other blocks, and go to private or other schools."""
        attendance = pd.DataFrame(
            {
                "block": ["NW", "other", "NE", "NW", "NE"],
                "school": ["private", "n", "other", "n", "n"],
                "grade": 1,
                "year": 2026,
                "children": [3, 5, 3, 20, 15],
            }
        )
        assert check_district(square.district(attendance=attendance), square.POLICY) == []

    @pytest.mark.parametrize("years", [{"open_from": [2025, None]}, {"open_to": [None, 2025]}])
    def test_children_before_opening_and_after_closing(self, years: dict[str, object]) -> None:
        finding = the(square.district(schools=edited("schools", **years)), "D057")
        assert finding.level == "error"
        assert all(name.startswith(("n/", "s/")) for name in finding.ids)

    def test_open_schools_without_a_count(self) -> None:
        """North has rows until 2025."""
        table = tables()["enrolment"].query("school != 'n' or year < 2026")
        finding = the(square.district(enrolment=table), "D058")
        assert (finding.level, finding.ids) == ("warning", ("n",))


class TestYears:
    def test_a_last_count_without_enrolment(self) -> None:
        """The count of 2026 is stated, the enrolment ends in 2025."""
        table = tables()["enrolment"].query("year < 2026")
        finding = the(square.district(enrolment=table), "D059")
        assert (finding.level, finding.ids) == ("warning", ("2025",))

    def test_a_year_that_nobody_was_counted(self) -> None:
        table = tables()["enrolment"].query("year != 2025")
        finding = the(square.district(enrolment=table), "D060")
        assert (finding.level, finding.ids) == ("warning", ("2025",))

    def test_a_year_missing_at_one_school(self) -> None:
        table = tables()["enrolment"].query("year != 2025 or school != 'n'")
        finding = the(square.district(enrolment=table), "D060")
        assert (finding.level, finding.ids) == ("warning", ("n/2025",))

    def test_a_grade_missing_in_a_year(self) -> None:
        """Missing is not none: 0 must be written."""
        table = tables()["enrolment"].query("year != 2025 or school != 'n' or grade != 4")
        finding = the(square.district(enrolment=table), "D061")
        assert (finding.level, finding.ids) == ("warning", ("n/4/2025",))

    def test_a_series_may_begin_late_and_end_early(self) -> None:
        """Only holes between counted years are gaps."""
        table = tables()["enrolment"].query("school != 's' or year == 2026")
        assert found(square.district(enrolment=table), "D060") == []

    @pytest.mark.parametrize(("pupils", "jumps"), [(120, 0), (121, 2), (13, 0), (400, 2)])
    def test_children_that_triple(self, pupils: int, jumps: int) -> None:
        """From 40 to 120 is three times, to 121 is more, and back again; a fall to 13 is less than a class."""
        district = square.district(enrolment=enrolment("n", 1, 2025, pupils=pupils, classes=None))
        assert len([name for finding in found(district, "D062") for name in finding.ids]) == jumps

    def test_jumps_are_excused_by_events_and_by_opening(self) -> None:
        """A merger in 2025 and its end in 2026 explain the jump; so does a school that opened in 2024."""
        table = enrolment("n", 1, 2025, pupils=400, classes=None)
        events = pd.DataFrame({"school": ["n", "n"], "year": [2025, 2026], "kind": ["merger", "other"]})
        assert found(square.district(enrolment=table, events=events), "D062") == []
        schools = edited("schools", open_from=[2024, None])
        assert found(square.district(enrolment=table, schools=schools), "D062") == []


class TestSeats:
    def test_the_documents_own_4640_seats_in_86_classes(self) -> None:
        """
        新增班级86个，新增学位4640个 (Taierzhuang 2020): 4640 / 86 = 53.95 > 50.

        Stated of a school, and of a project that reaches its 86 rooms in the second year.
        """
        schools = edited("schools", rooms=[12, 86], seats_stated=[540, 4640])
        plans = projects(
            {
                "project": "p",
                "school": "s",
                "kind": "expansion",
                "rooms": "40;86",
                "seats_stated": 4640,
                "opens": 2028,
            }
        )
        of_project, of_school = found(square.district(schools=schools, projects=plans), "D070")
        assert (of_school.level, of_school.table, of_school.ids) == ("warning", "schools", ("s",))
        assert (of_project.level, of_project.table, of_project.ids) == ("warning", "projects", ("p",))
        assert "s 南校: 4640 / 86 = 53.95 > 45/50" in str(of_school.text)
        assert "p: 4640 / 86 = 53.95 > 45/50" in str(of_project.text)

    @pytest.mark.parametrize(("seats", "dense"), [(540, False), (541, True)])
    def test_the_standard_class_size_itself_is_in_order(self, *, seats: int, dense: bool) -> None:
        """12 rooms of 45 are 540 seats in a school of grades 1-6, where nothing of 50 is taught."""
        district = square.district(schools=edited("schools", seats_stated=[seats, 900]))
        assert [finding.ids for finding in found(district, "D070")] == [("n",)] * dense

    def test_far_fewer_seats_than_rooms_hold(self) -> None:
        """300 / 12 = 25 a room, where 45 x 0.8 = 36 would be little."""
        finding = the(square.district(schools=edited("schools", seats_stated=[300, 900])), "D071")
        assert (finding.level, finding.ids) == ("note", ("n",))

    @pytest.mark.parametrize(
        ("seats", "classes", "level"), [(None, None, "error"), (None, 1, "warning"), (540, None, "note")]
    )
    def test_schools_without_rooms(self, seats: int | None, classes: int | None, level: str) -> None:
        """Rooms may follow from stated seats or from classes; without all three nothing can be planned."""
        schools = edited("schools", rooms=[None, 20], seats_stated=[seats, 900])
        counted = tables()["enrolment"].assign(classes=classes)
        finding = the(square.district(schools=schools, enrolment=counted), "D072")
        assert (finding.level, finding.ids) == (level, ("n",))

    def test_schools_without_rooms_and_children(self) -> None:
        """Nobody can be seated there."""
        schools = edited("schools", rooms=[None, 20], seats_stated=[None, 900])
        counted = tables()["enrolment"].query("school != 'n'")
        assert the(square.district(schools=schools, enrolment=counted), "D072").level == "warning"

    def test_more_classes_than_rooms(self) -> None:
        """North has 6 classes in 2026, and 5 rooms: one is borrowed."""
        schools = edited("schools", rooms=[5, 20], seats_stated=[225, 900])
        finding = the(square.district(schools=schools), "D073")
        assert (finding.level, finding.ids) == ("note", ("n",))
        assert "n 北校: 6, 5" in str(finding.text)


class TestProjects:
    def test_a_new_school_needs_grades_and_a_place(self) -> None:
        plans = projects(
            {"project": "p", "school": "x", "kind": "new", "rooms": "12", "opens": 2028, "nowhere": True}
        )
        district = square.district(projects=plans)
        assert the(district, "D080").ids == the(district, "D081").ids == ("p",)
        assert {the(district, "D080").level, the(district, "D081").level} == {"error"}

    def test_a_second_phase_takes_grades_and_place_from_the_first(self) -> None:
        plans = projects(
            {"project": "p1", "school": "x", "kind": "new", "grades": "1-6", "rooms": "12", "opens": 2028},
            {
                "project": "p2",
                "school": "x",
                "kind": "expansion",
                "rooms": "12",
                "opens": 2030,
                "nowhere": True,
            },
        )
        assert check_district(square.district(projects=plans), square.POLICY) == []

    def test_a_project_of_an_unknown_school(self) -> None:
        plans = projects({"project": "p", "school": "x", "kind": "expansion", "rooms": "12", "opens": 2028})
        finding = the(square.district(projects=plans), "D082")
        assert (finding.level, finding.ids) == ("error", ("p",))

    def test_a_new_school_that_is_open_already(self) -> None:
        plans = projects(
            {"project": "p", "school": "n", "kind": "new", "grades": "1-6", "rooms": "12", "opens": 2028}
        )
        finding = the(square.district(projects=plans), "D082")
        assert (finding.level, finding.ids) == ("warning", ("p",))

    def test_projects_that_wait_for_each_other(self) -> None:
        """Project a waits for b, b for c, c for a; d, which waits for a, is no part of the circle."""
        waits = {"a": "b", "b": "c", "c": "a", "d": "a"}
        plans = projects(
            *(
                {
                    "project": name,
                    "school": "n",
                    "kind": "expansion",
                    "rooms": "1",
                    "opens": 2028,
                    "depends_on": other,
                }
                for name, other in waits.items()
            )
        )
        finding = the(square.district(projects=plans), "D083")
        assert (finding.level, finding.ids) == ("error", ("a > b > c > a",))

    def test_dates_that_cannot_be(self) -> None:
        """One opens before its earliest year, one before what it waits for, one with the last count, one never."""
        row = {"school": "n", "kind": "expansion", "rooms": "1"}
        plans = projects(
            {**row, "project": "early", "opens": 2027, "earliest": 2028},
            {**row, "project": "hasty", "opens": 2027, "depends_on": "late"},
            {**row, "project": "late", "opens": 2029},
            {**row, "project": "old", "opens": 2026},
            {**row, "project": "vague"},
        )
        district = square.district(projects=plans)
        levels = {
            code: (the(district, code).level, the(district, code).ids)
            for code in ("D084", "D085", "D086", "D087")
        }
        assert levels == {
            "D084": ("error", ("early",)),
            "D085": ("error", ("hasty",)),
            "D086": ("note", ("old",)),
            "D087": ("note", ("vague",)),
        }

    def test_closures_that_gain_and_expansions_that_lose(self) -> None:
        plans = projects(
            {"project": "c", "school": "n", "kind": "closure", "rooms": "12", "opens": 2028},
            {"project": "e", "school": "n", "kind": "expansion", "rooms": "-2", "opens": 2028},
            {"project": "t", "school": "n", "kind": "temporary", "rooms": "4;4;-1", "opens": 2028},
        )
        finding = the(square.district(projects=plans), "D088")
        assert (finding.level, finding.ids) == ("warning", ("c", "e"))
