"""Columns and cells as people write them: names, units, words, grades, years, dates; and what is no guess."""

from __future__ import annotations

from typing import ClassVar

import pandas as pd
import pytest
import shapely

from planner.district import assemble_district, check_district
from planner.district.files import Raw, with_places_of_columns
from planner.district.heads import column_of
from planner.district.values import typed
from planner.errors import DataError
from planner.words import read_dictionary
from tests.district import square


def renamed(table: str, **heads: str) -> pd.DataFrame:
    """Return a table of the square with columns under other heads."""
    return square.tables()[table].rename(columns=heads)


def message(**tables: pd.DataFrame) -> str:
    with pytest.raises(DataError) as raised:
        square.district(**tables)
    return "\n".join(raised.value.lines("en"))


def read(kind: str, *cells: str) -> list[object]:
    """Return cells as a kind reads them; what is not of the kind is None."""
    values, wrong = typed(pd.Series(cells, dtype=object), kind)
    return [None if bad else value for value, bad in zip(values, wrong, strict=True)]


class TestHeads:
    @pytest.mark.parametrize(
        "head",
        [
            "在校生数",
            "在校生数（人）",
            "在校生数(人)",
            " 在校 生数\n（人）",
            "*在校生数：",
            "Pupils",
            "ＰＵＰＩＬＳ",
            "pupils (children)",
            "在校生数（必填）",
        ],
    )
    def test_a_head_may_differ_in_case_width_blanks_and_its_own_unit(self, head: str) -> None:
        """人 (people) is the dictionary's unit child."""
        district = square.district(enrolment=renamed("enrolment", pupils=head))
        assert district["enrolment"]["pupils"].eq(40).all()
        assert district.notices == ()

    def test_blanks_underscores_and_hyphens_are_one(self) -> None:
        """Planned places, planned-places and planned_places."""
        for head in ("Planned places", "planned-places"):
            table = square.edited("enrolment", planned_places=45).rename(columns={"planned_places": head})
            assert square.district(enrolment=table)["enrolment"]["planned_places"].eq(45).all()

    @pytest.mark.parametrize(
        ("head", "written", "yuan"),
        [
            ("造价（万元）", "1.1", 11_000),
            ("造价(万元)", "5800", 58_000_000),
            ("造价（亿元）", "0.58", 58_000_000),
            ("造价（元）", "58000000", 58_000_000),
            ("造价(元)", "58000000", 58_000_000),
            ("cost_yuan（万元）", "0.57", 5_700),
        ],
    )
    def test_another_unit_is_converted_with_a_note(self, head: str, written: str, yuan: float) -> None:
        """1.1 of 10,000 yuan is 11,000 yuan, to the last digit (1.1 x 10,000 in binary is 11,000.000000000002)."""
        plan = {
            "project": "p",
            "name": "新校",
            "school": "n",
            "kind": "expansion",
            "rooms": "6",
            head: written,
        }
        district = square.district(projects=square.projects(plan))
        assert district["projects"]["cost_yuan"].tolist() == [yuan]
        notes = [notice.code for notice in district.notices]
        assert notes == (["D105"] if "万" in head or "亿" in head else [])

    def test_areas_in_mu(self) -> None:
        """30 mu (亩) are 20,000 m2."""
        schools = square.edited("schools", **{"占地面积（亩）": ["30", "15"]})
        assert square.district(schools=schools).schools["site_m2"].tolist() == [20_000, 10_000]

    def test_whole_children_in_ten_thousands(self) -> None:
        """1.2 of 10,000 births are 12,000; 0.00005 are no whole number."""
        births = pd.DataFrame({"area": ["town"], "year": ["2020年"], "出生数（万人）": ["1.2"]})
        assert square.district(births=births)["births"]["births"].tolist() == [12_000]
        assert "Not whole numbers: “0.00005”" in message(
            births=births.assign(**{"出生数（万人）": ["0.00005"]})
        )

    @pytest.mark.parametrize("head", ["造价（美元）", "造价（万套）", "造价(元)（人）"])
    def test_a_unit_that_is_not_known_is_refused(self, head: str) -> None:
        plan = {"project": "p", "school": "n", "kind": "expansion", "rooms": "6", head: "5800"}
        assert "which is not the unit of the column: yuan" in message(projects=square.projects(plan))

    def test_costs_without_any_unit_are_not_taken_for_yuan(self) -> None:
        """造价 alone may be in yuan or in ten thousands: it is left out with a warning."""
        plan = {"project": "p", "school": "n", "kind": "expansion", "rooms": "6", "造价": "5800"}
        district = square.district(projects=square.projects(plan))
        assert district["projects"]["cost_yuan"].isna().all()
        assert [notice.code for notice in district.notices] == ["D007"]

    def test_one_column_under_both_names_stands_there_twice(self) -> None:
        table = square.edited("enrolment", **{"在校生数（人）": 40})
        assert "column pupils: The column stands there twice" in message(enrolment=table)


class TestWords:
    def test_every_fixed_choice_has_chinese_words(self) -> None:
        """One or more for each value, none for two values; the word that the description names is among them."""
        for table in read_dictionary().values():
            for column in table.columns:
                words = [word for word, _ in column.values_zh]
                assert len(words) == len(set(words))
                if column.values:
                    assert {value for _, value in column.values_zh} == set(column.values)
                for value in column.values:
                    if f"（{value}）" in column.description_zh:
                        assert any(
                            f"{word}（{value}）" in column.description_zh
                            for word, of in column.values_zh
                            if of == value
                        )

    @pytest.mark.parametrize(
        ("table", "column", "written", "value"),
        [
            ("schools", "owner", "民办", "private"),
            ("schools", "place", "镇 区", "town"),
            ("projects", "kind", "扩建", "expansion"),
            ("projects", "kind", "改扩建", "expansion"),
            ("projects", "kind", "Fit-out", "fit_out"),
            ("barriers", "kind", "高速公路", "expressway"),
            ("children", "kind", "户籍登记", "register"),
            ("catchments", "stage", "小学", "primary"),
        ],
    )
    def test_words_in_chinese(self, table: str, column: str, written: str, value: str) -> None:
        if table == "projects":
            plan = {"project": "p", "name": "新校", "school": "n", "kind": written, "rooms": "6"}
            district = square.district(projects=square.projects(plan))
        else:
            district = square.district(
                **{
                    table: square.edited(table, **{column: written}).drop_duplicates(
                        [name for name in read_dictionary()[table].key if name in square.tables()[table]]
                    )
                }
            )
        assert set(district[table][column].dropna()) == {value}

    def test_facts_about_the_district_in_chinese(self) -> None:
        """名称 is name, 统计日期 is counted_on."""
        about = pd.DataFrame({"项目": ["名称", "统计日期"], "内容": ["方区", "2026年9月5日"]})
        district = square.district(about=about)
        assert (district.name, district.counted) == ("方区", 2026)

    def test_unknown_words_are_still_refused(self) -> None:
        assert "Words that the column does not know: 村办" in message(
            schools=square.edited("schools", owner="村办")
        )


class TestCells:
    def test_grades(self) -> None:
        """初一 is grade 7 where primary school has six years, 6 where it has five: it is no grade."""
        assert read("grade", "一年级", "3年级", "七年级", "Grade 3", "小学六年级", "高二", "4", "初一", "初中二年级") == [
            1, 3, 7, 3, 6, 11, 4, None, None,
        ]  # fmt: skip

    def test_ranges_of_grades(self) -> None:
        """初中1-3年级 counts from 7, or from 6: it is no range."""
        written = [
            "小学1-6年级",
            "一至六年级",
            "7—9年级",
            "1～9年级",
            "初中七年级-九年级",
            "初中1-3年级",
            "6-1",
            "小学",
        ]
        assert read("grades", *written) == ["1-6", "1-6", "7-9", "1-9", "7-9", None, None, None]

    def test_school_years(self) -> None:
        """September belongs to the autumn that names the year; March may belong to the year that runs, or the next."""
        good = [
            "2026",
            "2026学年",
            "2026年秋",
            "2026-2027",
            "2026/27",
            "2026—2027学年度",
            "2026年9月",
            "2026-09-01",
        ]
        assert read("school year", *good) == [2026] * len(good)
        assert read("school year", "2026年3月", "2026-2028", "2026春", "26-27") == [None] * 4

    def test_calendar_years(self) -> None:
        """A year of birth is no school year."""
        assert read("calendar year", "2020", "2020年", "2020学年", "2020-2021") == [2020, 2020, None, None]

    def test_dates(self) -> None:
        """46266 is 1 September 2026 as spreadsheets count days; 9/1/2026 may be a day of January."""
        day = pd.Timestamp(2026, 9, 1)
        good = [
            "2026年9月1日",
            "2026 年 9 月 1 日",
            "2026/9/1",
            "20260901",
            "46266",
            "2026-09-01 08:00",
            "２０２６.９.１",
        ]
        assert read("date", *good) == [day] * len(good)
        bad = ["9/1/2026", "2026-02-30", "2026-09-01 or so", "26-9-1", "20261301", "2026年9月"]
        assert read("date", *bad) == [None] * len(bad)

    def test_shares(self) -> None:
        """95% is 0.95, and 56.7% is 0.567 to the last digit; in a column headed by % the figures are hundredths."""
        assert read("share", "95%", "0.3", "５６.７％", "%") == [0.95, 0.3, 0.567, None]
        feeders = pd.DataFrame({"school": ["n"], "to_school": ["s"], "比例（%）": ["35"]})
        assert square.district(feeders=feeders)["feeders"]["share"].tolist() == [0.35]
        assert "Not numbers: “35%”" in message(feeders=feeders.assign(**{"比例（%）": ["35%"]}))


class TestClassBands:
    LONG: ClassVar = {("n", 1): {"26-30": 0, "36-40": 1}, ("n", 2): {"36-40": 1, ">=66": 2}}

    def bands(self, table: pd.DataFrame) -> dict[tuple[str, int], dict[str, int]]:
        district = square.district(class_bands=table)
        assert [notice.code for notice in district.notices] == ["D106"]
        found: dict[tuple[str, int], dict[str, int]] = {}
        for row in district["class_bands"].itertuples():
            found.setdefault((str(row.school), int(str(row.grade))), {})[str(row.band)] = int(
                str(row.classes)
            )
        return found

    @pytest.mark.parametrize(
        "heads",
        [
            ("26-30人", "36—40人", "66人及以上"),
            ("26-30", "36-40", ">=66"),
            ("26－30人（班）", "班额36-40人", "≥66"),
            ("26至30人班数", "36~40 人", "66人以上"),
        ],
    )
    def test_a_column_a_band_becomes_a_row_a_band(self, heads: tuple[str, str, str]) -> None:
        """Blank is not known and gives no row; 0 is none."""
        low, middle, high = heads
        table = pd.DataFrame(
            {
                "学校编号": ["n", "n"],
                "学年": ["2026", "2026"],
                "年级": ["一年级", "二年级"],
                low: ["0", ""],
                middle: ["1", "1"],
                high: [None, "2"],
                "班数": ["1", "3"],
            }
        )
        assert self.bands(table) == self.LONG

    def test_a_row_a_band_and_a_column_a_grade(self) -> None:
        """The form of a school: bands down, grades across."""
        table = pd.DataFrame(
            {
                "school": ["n"] * 3,
                "year": [2026] * 3,
                "班额段": ["26-30人", "36-40人", "66人及以上"],
                "一年级": ["0", "1", ""],
                "二年级": ["", "1", "2"],
            }
        )
        assert self.bands(table) == self.LONG

    def test_the_long_form_is_left_as_it_is(self) -> None:
        table = pd.DataFrame(
            {"school": ["n"], "year": [2026], "grade": [1], "band": ["36-40人"], "classes": [1]}
        )
        district = square.district(class_bands=table)
        assert district["class_bands"]["band"].tolist() == ["36-40"]
        assert district.notices == ()

    def test_faults_of_the_wide_form_name_its_rows(self) -> None:
        """The row of the file, once or for every band."""
        table = pd.DataFrame(
            {
                "school": ["n", "n"],
                "year": 2026,
                "grade": [1, 2],
                "26-30人": ["1", "x"],
                "36-40人": ["1", "2"],
            }
        )
        assert "column classes, rows 2: Not whole numbers: “x”" in message(class_bands=table)

    def test_bands_are_checked_against_the_count(self) -> None:
        """Two classes of 36 to 40 where one class was counted."""
        table = pd.DataFrame({"school": ["n"], "year": ["2026"], "grade": ["1"], "36-40人": ["2"]})
        district = square.district(class_bands=table)
        assert [
            found.code for found in check_district(district, square.POLICY) if found.level == "warning"
        ] == ["D054", "D054"]


class TestPlaces:
    def points(self, **columns: object) -> tuple[Raw, list[str]]:
        table = pd.DataFrame({"school": ["n", "s"], **columns})
        raw, findings = with_places_of_columns(Raw(table="schools", frame=table))
        return raw, [str(finding.text) for finding in findings]

    @pytest.mark.parametrize(
        ("east", "north"),
        [("lon", "lat"), ("Lng", "Lat"), ("经度", "纬度"), ("Longitude", "Latitude"), ("东经", "北纬")],
    )
    def test_degrees(self, east: str, north: str) -> None:
        """Columns of degrees say their coordinate system themselves."""
        raw, said = self.points(**{east: ["117.5", "117.6"], north: ["34.5", "34.6"]})
        assert said == []
        assert raw.crs is not None
        assert raw.crs.to_epsg() == 4326
        assert list(raw.frame.columns) == ["school"]
        assert raw.geometry is not None
        assert (raw.geometry[1].x, raw.geometry[1].y) == (117.6, 34.6)

    @pytest.mark.parametrize(("east", "north"), [("x", "y"), ("东坐标", "北坐标"), ("Easting", "Northing")])
    def test_metres_need_a_coordinate_system(self, east: str, north: str) -> None:
        schools = pd.DataFrame(square.tables()["schools"].drop(columns="geometry"))
        table = schools.assign(**{east: [500_500, 501_500], north: [3_851_500, 3_850_500]})
        district = assemble_district({**square.tables(), "schools": table}, crs=square.CRS)
        assert district.schools.geometry["s"].x == 501_500
        assert "coordinate reference system" in message(schools=table)

    def test_half_a_place_is_told(self) -> None:
        """Both blank is no place; one blank is a fault."""
        raw, said = self.points(lon=["", "117.6"], lat=["", "x"])
        assert raw.geometry is not None
        assert raw.geometry.tolist() == [None, None]
        assert said == ["Longitude or latitude is no number."]

    def shapes(self, *cells: str) -> tuple[Raw, list[str]]:
        table = pd.DataFrame({"block": [str(number) for number in range(len(cells))], "几何": cells})
        raw, findings = with_places_of_columns(Raw(table="blocks", frame=table))
        return raw, [str(finding.text) for finding in findings]

    def test_polygons_in_wkt(self) -> None:
        """The coordinate system is stated in front, or is to be named."""
        square_km = "POLYGON ((0 0, 1000 0, 1000 1000, 0 1000, 0 0))"
        for prefix, code in (("", None), ("SRID=4548;", 4548)):
            raw, said = self.shapes(prefix + square_km, prefix + square_km)
            assert said == []
            assert (None if raw.crs is None else raw.crs.to_epsg()) == code
            assert raw.geometry is not None
            assert shapely.area(raw.geometry).tolist() == [1e6, 1e6]

    def test_what_is_no_wkt_is_told(self) -> None:
        assert self.shapes("POLYGON ((0 0, 1", "")[1] == ["Shapes that are no WKT."]
        assert self.shapes("SRID=4548;POINT (0 0)", "POINT (0 0)")[1] == [
            "Shapes in several coordinate reference systems, or some without one."
        ]
        assert self.shapes("SRID=999999;POINT (0 0)")[1] == [
            "EPSG:999999 names no coordinate reference system."
        ]


def test_other_names_in_use_are_known_and_stand_for_one_column():
    """校名 is the name of a school, 班级数 its classes; no name stands for two columns of a table."""
    tables = read_dictionary()
    assert column_of(tables["schools"], "校名")[0].column == "name"
    assert column_of(tables["enrolment"], "班级数")[0].column == "classes"
    for table in tables.values():
        names = [name for column in table.columns for name in (column.column, column.zh, *column.also_zh)]
        assert len(names) == len(set(names)), table.table
