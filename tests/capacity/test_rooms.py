"""Rooms and seats by year, from schools and projects."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from shapely import Point

from planner.capacity import apportion, build_capacity, count_projects, schools_with_projects
from planner.errors import DataError
from planner.policy import read_policy

from .conftest import small_district

POLICY = read_policy("cn-shandong")
YEARS = range(2026, 2032)


def school(school: str = "north", grades: str = "1-6", **cells: object) -> dict[str, object]:
    return {"school": school, "name": school, "grades": grades, **cells}


def project(project: str = "p", school: str = "north", **cells: object) -> dict[str, object]:
    return {"project": project, "school": school, "kind": "expansion", "rooms": "12", "opens": 2028, **cells}


def rooms_of(schools: list[dict], projects: list[dict], certainty: float = 0.8) -> list[list[int]]:
    capacity = build_capacity(small_district(schools, projects), POLICY, YEARS, certainty=certainty)
    return capacity.rooms.tolist()


def reasons_of(projects: list[dict]) -> list[tuple[bool, str]]:
    counted = count_projects(small_district([school(rooms=24)], projects))
    return [(yes, str(reason)) for yes, reason in zip(counted["counted"], counted["reason"], strict=True)]


class TestProjects:
    def test_rooms_come_by_year_since_opening_and_the_last_figure_lasts(self):
        """24 rooms and 12;24;36 from 2028: 36, 48, 60, 60."""
        assert rooms_of([school(rooms=24)], [project(rooms="12;24;36")]) == [[24, 24, 36, 48, 60, 60]]

    def test_temporary_rooms_go_again(self):
        """6;6;0 from 2028: six rooms for two years."""
        assert rooms_of([school(rooms=24)], [project(kind="temporary", rooms="6;6;0")]) == [
            [24, 24, 30, 30, 24, 24]
        ]

    def test_a_closure_never_leaves_less_than_no_room(self):
        """A closure that states 30 rooms of a school of 24."""
        assert rooms_of([school(rooms=24)], [project(kind="closure", rooms="-30")]) == [[24, 24, 0, 0, 0, 0]]

    def test_projects_of_one_school_add_up(self):
        """12 from 2028 and 6 less from 2030."""
        both = [project("a"), project("b", kind="closure", rooms="-6", opens=2030)]
        assert rooms_of([school(rooms=24)], both) == [[24, 24, 36, 36, 30, 30]]

    def test_a_project_open_at_the_count_adds_its_later_phases_only(self):
        """12;24;36 open since 2025: the 24 of 2026 are among the 40 of today, 12 more come in 2027."""
        assert rooms_of([school(rooms=40)], [project(rooms="12;24;36", opens=2025)]) == [
            [40, 52, 52, 52, 52, 52]
        ]
        said = reasons_of([project(rooms="12;24;36", opens=2025)])
        assert said == [(True, "open at the last count: its rooms of then are among today's")]

    def test_certainty_of_08_counts(self):
        """The threshold itself counts, a blank certainty is 1."""
        assert reasons_of([project(certainty=0.8), project("q", certainty=0.75), project("r")]) == [
            (True, ""),
            (False, "certainty 75%, below 80%"),
            (True, ""),
        ]

    def test_the_threshold_of_certainty_can_be_set(self):
        """At 0.5 a project of 0.6 brings its rooms."""
        unsure = [project(certainty=0.6)]
        assert rooms_of([school(rooms=24)], unsure)[0][-1] == 24
        assert rooms_of([school(rooms=24)], unsure, certainty=0.5)[0][-1] == 36

    def test_stopped_and_undated_projects_are_left_out(self):
        """Both say why."""
        assert reasons_of([project(status="stopped"), project("q", opens=None, earliest=2028)]) == [
            (False, "stopped"),
            (False, "not dated"),
        ]

    def test_nothing_opens_before_it_can(self):
        """Dated 2027, possible from 2029 on: the rooms come in 2029."""
        late = [project(opens=2027, earliest=2029)]
        assert rooms_of([school(rooms=24)], late) == [[24, 24, 24, 36, 36, 36]]
        assert reasons_of(late) == [(True, "dated 2027, possible from 2029 on")]

    def test_a_chain_of_projects_falls_with_its_base(self):
        """C needs b, b needs a, a is stopped; d needs e, which opens a year later; f needs a stranger."""
        chain = [
            project("c", depends_on="b"),
            project("b", depends_on="a"),
            project("a", status="stopped"),
            project("d", depends_on="e"),
            project("e", opens=2029),
            project("f", depends_on="g"),
        ]
        assert reasons_of(chain) == [
            (False, "needs b, which does not count"),
            (False, "needs a, which does not count"),
            (False, "stopped"),
            (False, "needs e, which opens later, in 2029"),
            (True, ""),
            (False, "needs g, which is not in the table"),
        ]

    def test_a_project_counts_with_its_base(self):
        """Demolition after its replacement opens: build first (先建后拆)."""
        pair = [project("new"), project("old", kind="closure", rooms="-10", opens=2029, depends_on="new")]
        assert rooms_of([school(rooms=24)], pair) == [[24, 24, 36, 26, 26, 26]]

    def test_all_unreadable_rooms_at_once(self):
        """Two wrong projects, two messages."""
        wrong = [project("a", rooms="twelve"), project("b"), project("c", rooms=None)]
        with pytest.raises(DataError) as caught:
            count_projects(small_district([school(rooms=24)], wrong))
        assert [line.split(": ")[0] for line in caught.value.lines("en")] == [
            "table projects, column rooms, project a",
            "table projects, column rooms, project c",
        ]

    def test_a_project_of_an_unknown_school_is_left_out(self):
        """Its rooms can stand nowhere; the table says so."""
        capacity = build_capacity(
            small_district([school(rooms=24)], [project(school="sowth")]), POLICY, YEARS
        )
        assert capacity.projects["counted"].tolist() == [False]
        assert str(capacity.projects["reason"][0]) == "its school sowth is not in the table of schools"
        assert capacity.projects["opens"].tolist() == [2028]


class TestNewSchools:
    new = project(
        "east-campus", "east", kind="new", rooms="12;24", grades="1-9", name="东校区", at=Point(5, 6)
    )

    def test_a_counted_project_brings_its_school(self):
        """At its point, after the others, with its grades, open from 2028; its rooms are the project's."""
        before = small_district([school(rooms=24)], [self.new])
        after = schools_with_projects(before)
        assert after.schools.index.tolist() == ["north", "east"]
        row = after.schools.loc["east"]
        assert (row["name"], row["first"], row["last"], row["open_from"]) == ("东校区", 1, 9, 2028)
        assert row["geometry"] == Point(5, 6)
        assert after.schools.crs == before.schools.crs
        assert after.schools.dtypes.equals(before.schools.dtypes)
        assert before.schools.index.tolist() == ["north"]
        capacity = build_capacity(after, POLICY, YEARS)
        assert capacity.rooms.tolist() == [[24] * 6, [0, 0, 12, 24, 24, 24]]
        assert capacity.rooms_from == ("rooms", "projects")

    def test_an_unsure_project_brings_none(self):
        """Below the threshold, the district stays as it is."""
        before = small_district([school(rooms=24)], [{**self.new, "certainty": 0.5}])
        assert schools_with_projects(before) is before
        assert len(schools_with_projects(before, certainty=0.5).schools) == 2

    def test_a_school_that_the_table_has_comes_once(self):
        """Listed with its opening year and stated seats: the project's rooms, not those of the seats as well."""
        listed = [school(rooms=24), school("east", "1-9", open_from=2028, seats_stated=1080)]
        district = small_district(listed, [self.new])
        assert schools_with_projects(district) is district
        assert build_capacity(district, POLICY, YEARS).rooms[1].tolist() == [0, 0, 12, 24, 24, 24]

    def test_a_new_school_needs_its_place_and_grades(self):
        """Both are said at once."""
        blank = {**self.new, "at": None, "grades": None}
        with pytest.raises(DataError) as caught:
            schools_with_projects(small_district([school(rooms=24)], [blank]))
        assert [line.partition("; ")[0].rpartition("needs ")[2] for line in caught.value.lines("en")] == [
            "a place",
            "its grades, as 1-6",
        ]

    def test_a_new_school_already_open_has_its_rooms_of_today(self):
        """Opened 2025 with 12;24, missing in the table: 24 rooms in 2026 and on."""
        opened = schools_with_projects(small_district([school(rooms=24)], [{**self.new, "opens": 2025}]))
        assert build_capacity(opened, POLICY, YEARS).rooms[1].tolist() == [24] * 6


class TestRoomsOfToday:
    def test_open_from_and_open_to_close_the_rooms(self):
        """Open 2027 to 2029."""
        assert rooms_of([school(rooms=24, open_from=2027, open_to=2029)], []) == [[0, 24, 24, 24, 0, 0]]

    def test_rooms_other_are_never_free(self):
        """Special education and kindergarten rooms are no ordinary rooms."""
        assert rooms_of([school(rooms=24, rooms_other=5)], []) == [[24] * 6]

    def test_stated_seats_stand_in_for_rooms(self):
        """2,400 seats of 45: 53 rooms; a nine-year school of 2,000: (6x45 + 3x50)/9 = 46.67 a room, 42 rooms."""
        capacity = build_capacity(
            small_district([school(seats_stated=2400), school("west", "1-9", seats_stated=2000)]),
            POLICY,
            [2026],
        )
        assert capacity.rooms[:, 0].tolist() == [53, 42]
        assert capacity.rooms_from == ("stated seats", "stated seats")

    def test_classes_of_the_last_count_stand_in_for_both(self):
        """Enrolment: 3 + 4 classes; single classes: 2; bands: 1 + 2; nobody counted: nothing."""
        district = small_district(
            [school(name) for name in ("a", "b", "c", "d")],
            enrolment=[
                {"school": "a", "grade": 1, "year": 2026, "pupils": 130, "classes": 3},
                {"school": "a", "grade": 2, "year": 2026, "pupils": 170, "classes": 4},
                {"school": "a", "grade": 2, "year": 2025, "pupils": 170, "classes": 9},
                {"school": "b", "grade": 1, "year": 2026, "pupils": 80},
            ],
            classes=[
                {"school": "b", "year": 2026, "grade": 1, "class": "1", "pupils": 40},
                {"school": "b", "year": 2026, "grade": 1, "class": "2", "pupils": 40},
                {"school": "b", "year": 2025, "grade": 1, "class": "1", "pupils": 80},
            ],
            class_bands=[
                {"school": "c", "year": 2026, "grade": 1, "band": "46-50", "classes": 1},
                {"school": "c", "year": 2026, "grade": 2, "band": "41-45", "classes": 2},
            ],
        )
        capacity = build_capacity(district, POLICY, [2026])
        assert capacity.rooms[:, 0].tolist() == [7, 2, 3, 0]
        assert capacity.rooms_from == ("classes counted", "classes counted", "classes counted", "nothing")


class TestSeats:
    def test_4640_seats_in_86_classes_are_too_many(self):
        """
        Taierzhuang 2020: 「新增班级86个，新增学位4640个」, 4,640 / 86 = 53.95 a class, above 45 and 50.

        86 rooms are 86 x 45 = 3,870 primary or 86 x 50 = 4,300 junior seats; the stated 4,640 stand beside them.
        """
        table = build_capacity(
            small_district(
                [school(rooms=86, seats_stated=4640), school("south", "7-9", rooms=86, seats_stated=4640)]
            ),
            POLICY,
            [2026],
        ).table()
        assert table["seats"].tolist() == [3870, 4300]
        assert table["seats_stated"].tolist() == [4640, 4640]

    def test_a_nine_year_school_shares_its_rooms_by_grades(self):
        """28 rooms over 6 + 3 grades: 18.67 and 9.33, so 19 and 9; seats 19 x 45 and 9 x 50."""
        capacity = build_capacity(small_district([school(grades="1-9", rooms=28)]), POLICY, [2026])
        assert capacity.rooms_stage[0, :, 0].tolist() == [19, 9]
        assert capacity.seats[0, :, 0].tolist() == [855, 450]
        assert capacity.rooms[0, 0] == 28

    def test_grades_outside_all_stages_keep_their_rooms(self):
        """A school of 7-12 with 36 rooms under a policy that ends with grade 9: 18 for 7-9, 18 for 10-12."""
        capacity = build_capacity(small_district([school(grades="7-12", rooms=36)]), POLICY, [2026])
        assert (capacity.rooms[0, 0], capacity.rooms_outside[0, 0]) == (18, 18)

    def test_14_rooms_of_a_scottish_primary_are_434_seats(self):
        """Two classes of each of P1 to P7: 2 x (25 + 2 x 30 + 4 x 33) = 434; one of 15 rooms: 15 x 31 = 465."""
        district = small_district([school(grades="1-7", rooms=14), school("b", "1-7", rooms=15)])
        assert build_capacity(district, read_policy("scotland"), [2026]).seats[:, 0, 0].tolist() == [434, 465]

    def test_stated_seats_grow_with_projects(self):
        """1,080 and 540 more from 2028; without stated seats of the school, the sum is not known."""
        district = small_district(
            [school(rooms=24, seats_stated=1080), school("b", rooms=24)],
            [project(seats_stated=540), project("q", "b", seats_stated=540)],
        )
        stated = (
            build_capacity(district, POLICY, [2026, 2028]).table()["seats_stated"].astype(object).tolist()
        )
        assert stated == [1080, 1620, pd.NA, pd.NA]

    def test_with_rooms_is_a_copy_with_its_own_seats(self):
        """One room more: 45 seats more, and the first capacity as before."""
        capacity = build_capacity(small_district([school(rooms=24)]), POLICY, [2026])
        more = capacity.with_rooms(capacity.rooms + 1)
        assert (capacity.seats[0, 0, 0], more.seats[0, 0, 0]) == (1080, 1125)
        assert capacity.rooms[0, 0] == 24

    def test_schools_can_be_picked_in_any_order(self):
        """Every array follows."""
        capacity = build_capacity(
            small_district([school(name, rooms=n) for name, n in (("a", 1), ("b", 2), ("c", 3))]),
            POLICY,
            [2026],
        )
        picked = capacity.of(["c", "a"])
        assert picked.schools == ("c", "a")
        assert picked.rooms[:, 0].tolist() == [3, 1]
        assert picked.table()["seats"].tolist() == [135, 45]

    def test_the_table_is_tidy(self):
        """One row for each stage taught and year."""
        capacity = build_capacity(
            small_district([school(rooms=24), school("w", "1-9", rooms=27)]), POLICY, [2026, 2027]
        )
        assert capacity.table().drop(columns=["seats_stated"]).to_numpy().tolist() == [
            ["north", "primary", 2026, 24, 1080, "rooms"],
            ["north", "primary", 2027, 24, 1080, "rooms"],
            ["w", "primary", 2026, 18, 810, "rooms"],
            ["w", "primary", 2027, 18, 810, "rooms"],
            ["w", "junior", 2026, 9, 450, "rooms"],
            ["w", "junior", 2027, 9, 450, "rooms"],
        ]

    def test_a_district_without_projects(self):
        """The usual case of a first look."""
        capacity = build_capacity(small_district([school(rooms=24)]), POLICY, YEARS)
        assert capacity.projects.empty
        assert capacity.rooms.dtype == np.int16


@given(
    arrays(np.int64, (3, 4), elements=st.integers(0, 120)),
    arrays(np.int64, (3, 3), elements=st.integers(0, 9)).filter(
        lambda weights: (weights.sum(axis=1) > 0).all()
    ),
)
def test_apportioned_rooms_sum_and_are_fair(whole: np.ndarray, weights: np.ndarray):
    """Parts sum to the whole and lie within one of their exact share."""
    parts = apportion(whole, weights)
    exact = whole[:, None, :] * (weights / weights.sum(axis=1, keepdims=True))[:, :, None]
    assert (parts.sum(axis=1) == whole).all()
    assert (np.abs(parts - exact) < 1).all()
