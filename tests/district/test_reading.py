"""Reading: what files may say, and the one clear message when they say something else."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planner.district import assemble_district, check_path, read_district, write_district
from planner.errors import DataError
from planner.words import read_dictionary, speaking
from tests.district import square

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def rewrite(file: Path, change: Callable[[str], str]) -> None:
    file.write_text(change(file.read_text("utf-8-sig")), "utf-8")


def faults(path: Path, **options: str) -> list[str]:
    with pytest.raises(DataError) as raised:
        read_district(path, **options)
    return raised.value.lines("en")


def errors(path: Path) -> list[str]:
    """Return what keeps a district from being read; nothing when it can be."""
    try:
        read_district(path)
    except DataError as error:
        return error.lines("en")
    return []


class TestWhatIsRead:
    def test_every_table_has_the_columns_of_the_dictionary(self, folder: Path) -> None:
        """Tables that the files do not have are there and empty; schools and blocks are indexed by their id."""
        district = read_district(folder)
        for name, table in read_dictionary().items():
            columns = [column.column for column in table.columns]
            here = district[name]
            if name in {"schools", "blocks"}:
                assert here.index.name == columns.pop(0)
            assert [
                column for column in here.columns if column not in {"geometry", "first", "last"}
            ] == columns
        assert len(district["housing"]) == 0
        assert district["barriers"].crs == square.CRS

    def test_ids_stay_text_and_lose_blanks_around(self, folder: Path) -> None:
        """001 stays 001; the blanks that spreadsheets leave around an id are no part of it."""
        rewrite(folder / "schools.geojson", lambda text: text.replace('"school": "n"', '"school": "001"'))
        for file in ("catchments.csv", "enrolment.csv"):
            rewrite(folder / file, lambda text: text.replace(",n\n", ", 001 \n").replace("\nn,", "\n 001 ,"))
        district = read_district(folder)
        assert list(district.schools.index) == ["001", "s"]
        assert set(district["enrolment"]["school"]) == {"001", "s"}
        assert set(district["catchments"]["school"]) == {"001", "s"}

    def test_ids_kept_as_numbers_by_a_map_program_are_text(self) -> None:
        """An id 7 or 7.0 of a numeric column is the id 7."""
        blocks = square.tables()["blocks"].assign(block=[1.0, 2.0, 3.0, 4.0])
        ids = dict(zip(square.CORNERS, ["1", "2", "3", "4"], strict=True))
        named = {
            name: square.tables()[name].replace({"block": ids})
            for name in ("catchments", "children", "travel")
        }
        assert list(square.district(blocks=blocks, **named).blocks.index) == ["1", "2", "3", "4"]

    def test_blank_is_missing_and_zero_is_none(self, folder: Path) -> None:
        """A blank cell is <NA>, a 0 stays 0."""
        (folder / "enrolment.csv").write_text(
            "school,grade,year,pupils,classes\nn,1,2026,0,0\nn,2,2026,12,\n", "utf-8"
        )
        table = read_district(folder)["enrolment"]
        assert table["classes"].tolist() == [0, pd.NA]
        assert table["pupils"].tolist() == [0, 12]

    def test_columns_may_have_their_chinese_names(self, folder: Path) -> None:
        """学校编号, 年级, 学年, 在校生数 are school, grade, year, pupils."""
        (folder / "enrolment.csv").write_text("学年,学校编号,年级,在校生数\n2026,n,1,38\n", "utf-8-sig")
        row = read_district(folder)["enrolment"].iloc[0]
        assert (row["school"], row["grade"], row["year"], row["pupils"]) == ("n", 1, 2026, 38)

    def test_a_table_may_have_its_chinese_name(self, folder: Path) -> None:
        """在校生.csv is enrolment.csv."""
        (folder / "enrolment.csv").rename(folder / "在校生.csv")
        assert len(read_district(folder)["enrolment"]) == len(square.tables()["enrolment"])

    @pytest.mark.parametrize(
        ("written", "read"),
        [("yes", 1), ("是", 1), ("TRUE", 1), ("1", 1), ("no", 0), ("否", 0), ("0", 0)],
    )
    def test_yes_and_no(self, written: str, read: int) -> None:
        """Yes and no, 是 and 否, true and false, 1 and 0."""
        enrolment = square.edited("enrolment", full=written)
        assert square.district(enrolment=enrolment)["enrolment"]["full"].eq(bool(read)).all()

    @pytest.mark.parametrize(
        "written", ["2026-09-05", "2026/9/5", "2026年9月5日", "2026-09-05T00:00:00", "2026.9.5"]
    )
    def test_dates(self, written: str) -> None:
        """Dates are read in the forms that spreadsheets and people use."""
        enrolment = square.edited("enrolment", counted_on=written)
        assert (
            square.district(enrolment=enrolment)["enrolment"]["counted_on"].eq(pd.Timestamp(2026, 9, 5)).all()
        )

    @pytest.mark.parametrize("written", ["1-6", "1–6", " 1 - 6 ", "1~6", "１－６"])
    def test_grade_ranges(self, written: str) -> None:
        """1-6 with any dash is 1-6; first and last grade are whole numbers."""
        schools = square.edited("schools", grades=[written, "1-9"])
        read = square.district(schools=schools).schools
        assert read["grades"].tolist() == ["1-6", "1-9"]
        assert read[["first", "last"]].to_numpy().tolist() == [[1, 6], [1, 9]]
        assert read["first"].dtype == np.int64

    def test_full_width_digits_are_digits(self) -> None:
        """３８ is 38."""
        enrolment = square.edited("enrolment", pupils="３８")
        assert square.district(enrolment=enrolment)["enrolment"]["pupils"].eq(38).all()

    def test_rules_may_begin_with_a_school_year(self) -> None:
        """In the table of rules, 2027 is 1 September 2027."""
        rules = pd.DataFrame(
            {"rule": ["class_size"], "grades": ["1"], "at_most": [45], "since": ["2027"], "source": ["x"]}
        )
        assert square.district(rules=rules)["rules"]["since"].iloc[0] == pd.Timestamp(2027, 9, 1)

    def test_joint_catchments_lose_blanks_around_the_plus(self) -> None:
        """The joint catchment n + s is written n+s inside."""
        catchments = square.edited("catchments", school="n ＋ s")
        assert set(square.district(catchments=catchments)["catchments"]["school"]) == {"n+s"}

    def test_schools_may_be_a_csv_with_lon_and_lat(self, folder: Path) -> None:
        """117, 34.787 is 500 km east and 3,849.6 km north in UTM zone 50: the middle of the zone."""
        (folder / "schools.geojson").unlink()
        (folder / "schools.csv").write_text(
            "school,name,grades,rooms,lon,lat\nn,北校,1-6,12,117,34.8\ns,南校,1-9,20,117.01,34.8\n", "utf-8"
        )
        points = read_district(folder).schools.geometry
        assert points["n"].x == pytest.approx(500_000, abs=0.01)
        assert points["s"].x - points["n"].x == pytest.approx(
            0.01 * 111_320 * np.cos(np.radians(34.8)), rel=0.005
        )

    def test_facts_about_the_district(self, folder: Path) -> None:
        """Name, policy, detour and count come from the table about."""
        rewrite(folder / "about.csv", lambda text: text + "detour,1.25\nstages,primary\n")
        district = read_district(folder)
        assert (district.name, district.name_en, district.policy) == ("方区", "Square", "cn-shandong")
        assert (district.counted, district.detour, district.about("stages")) == (2026, 1.25, "primary")

    @pytest.mark.parametrize(
        ("day", "year"), [("2026-09-05", 2026), ("2026-08-20", 2026), ("2027-03-01", 2026)]
    )
    def test_a_count_belongs_to_the_autumn_it_follows(self, folder: Path, day: str, year: int) -> None:
        """A count of March 2027 is of the school year 2026; from August on it is of the new one."""
        rewrite(folder / "about.csv", lambda text: text.replace("2026-09-05", day))
        assert read_district(folder).counted == year

    def test_without_a_stated_count_the_last_year_of_enrolment_counts_else_the_children(
        self, folder: Path
    ) -> None:
        """Enrolment to 2026 gives 2026; with children of 31 August 2025 alone it is 2025."""
        (folder / "about.csv").unlink()
        assert read_district(folder).counted == 2026
        (folder / "enrolment.csv").unlink()
        rewrite(folder / "children.csv", lambda text: text.replace("2026-08-31", "2025-08-31"))
        assert read_district(folder).counted == 2025

    def test_every_file_read_has_its_digest(self, folder: Path) -> None:
        """SHA-256 by file name; files that are no tables are not read."""
        (folder / "notes.txt").write_text("notes")
        digests = read_district(folder).digests
        assert (
            digests["blocks.geojson"] == hashlib.sha256((folder / "blocks.geojson").read_bytes()).hexdigest()
        )
        assert set(digests) == {file.name for file in folder.iterdir()} - {"notes.txt"}

    def test_a_policy_file_is_found_beside_the_district(self, folder: Path) -> None:
        """A path in about is relative to the district, not to where the command runs."""
        rewrite(folder / "about.csv", lambda text: text.replace("cn-shandong", "ours.toml"))
        assert read_district(folder).policy == str((folder / "ours.toml").resolve())


class TestCoordinates:
    @pytest.mark.parametrize(
        ("given", "inside"),
        [
            ("EPSG:32650", "EPSG:32650"),
            ("EPSG:4548", "EPSG:4548"),
            ("EPSG:4326", "EPSG:32650"),
            ("EPSG:4490", "EPSG:4548"),
            ("EPSG:3857", "EPSG:32650"),
            ("EPSG:4087", "EPSG:32650"),
        ],
    )
    def test_a_system_in_true_metres_is_kept_and_others_become_a_local_one(
        self, given: str, inside: str
    ) -> None:
        """Degrees become UTM, CGCS2000 degrees its 3-degree zone; the world's Mercator is metric by name only."""
        moved = {
            name: table.to_crs(given)
            for name, table in square.tables().items()
            if isinstance(table, gpd.GeoDataFrame)
        }
        district = square.district(**moved)
        assert district.crs == inside
        assert district.blocks.crs == inside
        assert district.schools.crs == inside
        assert district.blocks.area.sum() == pytest.approx(4e6, rel=0.002)

    def test_feet_become_metres(self) -> None:
        """State plane coordinates in US feet (EPSG:2264) become UTM zone 17."""
        east, north = 2_030_000.0, 815_000.0
        shift = {
            name: gpd.GeoDataFrame(
                table.drop(columns="geometry"),
                geometry=table.geometry.translate(-square.EAST + east, -square.NORTH + north).to_numpy(),
                crs="EPSG:2264",
            )
            for name, table in square.tables().items()
            if isinstance(table, gpd.GeoDataFrame)
        }
        district = square.district(**shift)
        assert district.crs == "EPSG:32617"
        assert district.blocks.area.sum() == pytest.approx(4e6 * 0.3048006**2, rel=0.002)

    def test_southern_districts_have_a_southern_zone(self) -> None:
        """Blocks at 34° south become UTM south."""
        shift = {
            name: gpd.GeoDataFrame(
                table.drop(columns="geometry"),
                geometry=table.to_crs(4326).geometry.affine_transform([1, 0, 0, -1, 0, 0]).to_numpy(),
                crs="EPSG:4326",
            )
            for name, table in square.tables().items()
            if isinstance(table, gpd.GeoDataFrame)
        }
        assert square.district(**shift).crs == "EPSG:32750"

    def test_about_may_name_the_system_to_plan_in(self, folder: Path) -> None:
        """GeoJSON is in degrees by its standard; about says that EPSG:4548 is wanted inside."""
        rewrite(folder / "about.csv", lambda text: text.replace("crs,EPSG:32650", "crs,EPSG:4548"))
        assert read_district(folder).crs == "EPSG:4548"

    def test_a_layer_without_a_system_is_an_error_unless_one_is_named(self, tmp_path: Path) -> None:
        """A GeoPackage layer does not say by itself where it is."""
        path = write_district(square.district(), tmp_path / "square.gpkg")
        bare = square.tables()["schools"].set_crs(None, allow_override=True)
        with pytest.warns(UserWarning, match="crs"):
            pyogrio.write_dataframe(bare, path, layer="schools", driver="GPKG", append=False)
        (message,) = faults(path)
        assert "square.gpkg:schools" in message
        assert "coordinate reference system" in message
        assert read_district(path, crs=square.CRS).schools.geometry["n"].x == square.EAST + 500

    def test_a_system_that_does_not_exist_is_one_message(self, folder: Path) -> None:
        """A slip in the crs option is no traceback."""
        assert any("EPSG:99999999 names no" in line for line in faults(folder, crs="EPSG:99999999"))

    def test_swapped_longitude_and_latitude_are_told(self, folder: Path) -> None:
        """Latitudes of 117° do not exist: the two were exchanged."""

        def swap(text: str) -> str:
            layer = json.loads(text)
            for feature in layer["features"]:
                feature["geometry"]["coordinates"].reverse()
            return json.dumps(layer)

        rewrite(folder / "schools.geojson", swap)
        (message,) = faults(folder)
        assert "schools.geojson" in message
        assert "exchanged" in message

    def test_metres_in_a_geojson_that_claims_degrees_are_told(self, folder: Path) -> None:
        """500,000 is no longitude."""
        rewrite(folder / "schools.geojson", lambda text: text.replace("[117.", "[500117."))
        (message,) = faults(folder)
        assert "no degrees" in message


class TestWrongInput:
    """Each wrong input gives one message with the place and what to do."""

    def test_a_path_that_is_not_there(self, tmp_path: Path) -> None:
        (message,) = faults(tmp_path / "nowhere")
        assert "no such folder" in message

    def test_a_file_of_another_kind(self, tmp_path: Path) -> None:
        (tmp_path / "district.zip").write_bytes(b"PK")
        (message,) = faults(tmp_path / "district.zip")
        assert "neither a folder, a GeoPackage nor an Excel workbook" in message

    def test_an_empty_folder(self, tmp_path: Path) -> None:
        (message,) = faults(tmp_path)
        assert "no table" in message

    @pytest.mark.parametrize("table", ["schools.geojson", "blocks.geojson", "catchments.csv"])
    def test_a_missing_file(self, folder: Path, table: str) -> None:
        (folder / table).unlink()
        assert any(table in line and "missing" in line for line in faults(folder))

    def test_neither_enrolment_nor_children(self, folder: Path) -> None:
        (folder / "enrolment.csv").unlink()
        (folder / "children.csv").unlink()
        (message,) = faults(folder)
        assert "neither a table enrolment nor a table children" in message

    @pytest.mark.parametrize("table", ["schools.geojson", "catchments.csv", "children.csv"])
    def test_an_empty_file(self, folder: Path, table: str) -> None:
        (folder / table).write_bytes(b"")
        (message,) = faults(folder)
        assert message.startswith(f"file {table}: The file is empty.")

    @pytest.mark.parametrize("table", ["schools.geojson", "catchments.csv"])
    def test_random_bytes(self, folder: Path, table: str) -> None:
        (folder / table).write_bytes(np.random.default_rng(1).bytes(4000))
        (message,) = faults(folder)
        assert message.startswith(f"file {table}: This ")

    def test_a_geopackage_of_random_bytes(self, tmp_path: Path) -> None:
        (tmp_path / "d.gpkg").write_bytes(np.random.default_rng(1).bytes(4000))
        (message,) = faults(tmp_path / "d.gpkg")
        assert "d.gpkg" in message

    def test_a_map_cut_off(self, folder: Path) -> None:
        file = folder / "blocks.geojson"
        file.write_bytes(file.read_bytes()[:200])
        (message,) = faults(folder)
        assert message.startswith("file blocks.geojson:")

    def test_the_first_column_gone(self, folder: Path) -> None:
        rewrite(
            folder / "enrolment.csv",
            lambda text: "\n".join(row.split(",", 1)[-1] for row in text.splitlines()),
        )
        (message,) = faults(folder)
        assert message == (
            "file enrolment.csv, column school: The column is missing. Add column school (学校编号)."
        )

    def test_a_misspelt_column_is_recognised(self, folder: Path) -> None:
        rewrite(folder / "enrolment.csv", lambda text: text.replace("pupils", "pupil", 1))
        assert "Perhaps column pupil is meant: name it pupils" in faults(folder)[0]

    def test_no_line_of_column_names(self, folder: Path) -> None:
        """A first line of data is not repeated in the message: it might hold anything."""
        rewrite(folder / "enrolment.csv", lambda text: text.split("\n", 1)[1])
        (message,) = faults(folder)
        assert "none of the table's column names" in message
        assert "2026" not in message

    def test_a_column_twice(self, folder: Path) -> None:
        rewrite(folder / "enrolment.csv", lambda text: text.replace("planned_places", "pupils", 1))
        assert any("column pupils: The column stands there twice" in line for line in faults(folder))

    def test_a_duplicated_row(self, folder: Path) -> None:
        rewrite(folder / "catchments.csv", lambda text: text + "NW,primary,2020,n\n")
        (message,) = faults(folder)
        assert "Rows with the same key: NW/primary/2020. Delete the copies." in message

    def test_two_rows_of_one_key_that_differ(self, folder: Path) -> None:
        rewrite(folder / "catchments.csv", lambda text: text + "NW,primary,2020,s\n")
        (message,) = faults(folder)
        assert "Keep the row that is right" in message

    def test_words_where_numbers_belong(self, folder: Path) -> None:
        """Rows are counted as a spreadsheet does: the header is row 1."""
        rewrite(folder / "enrolment.csv", lambda text: text.replace("n,1,2024,40", "n,1,2024,forty", 1))
        (message,) = faults(folder)
        assert message.startswith("file enrolment.csv, column pupils, rows 2: Not whole numbers: “forty”.")

    @pytest.mark.parametrize(
        ("table", "column", "value", "what"),
        [
            ("enrolment", "pupils", "12.5", "Not whole numbers"),
            ("enrolment", "classes", "1e999", "Not whole numbers"),
            ("enrolment", "full", "perhaps", "Neither yes nor no"),
            ("enrolment", "counted_on", "2026-02-30", "Not dates"),
            ("schools", "grades", "6-1", "No ranges of grades"),
            ("schools", "grades", "6月1日", "No ranges of grades"),
            ("travel", "metres", "far", "Not numbers"),
            ("schools", "owner", "church", "Words that the column does not know: church"),
            ("catchments", "school", "", "Cells that must be filled are blank"),
        ],
    )
    def test_cells_of_a_wrong_type(self, table: str, column: str, value: str, what: str) -> None:
        with pytest.raises(DataError) as raised:
            square.district(**{table: square.edited(table, **{column: value})})
        (message,) = raised.value.lines("en")
        assert f"column {column}" in message
        assert what in message

    def test_rows_of_unequal_length(self, folder: Path) -> None:
        rewrite(folder / "travel.csv", lambda text: text + "NE,s\nSE,s,10,1,9\n")
        (message,) = faults(folder)
        assert (
            "travel.csv, rows 3, 4: Rows have more or fewer cells than there are column names (4)" in message
        )

    def test_blank_lines_and_cells_past_the_end_are_nothing(self, folder: Path) -> None:
        """Spreadsheets leave lines and columns of commas behind."""
        rewrite(folder / "travel.csv", lambda text: text.replace("\n", ",,\n") + ",,,,,\n\n")
        assert len(read_district(folder)["travel"]) == 1

    def test_quotation_marks_not_closed(self, folder: Path) -> None:
        rewrite(folder / "travel.csv", lambda text: text + '"NE,s,10,1\n')
        (message,) = faults(folder)
        assert "quotation marks" in message

    def test_a_table_in_two_files(self, folder: Path) -> None:
        (folder / "schools.csv").write_text("school,name,grades,lon,lat\n", "utf-8")
        assert any(
            "file schools.geojson" in line and "also in schools.csv" in line for line in faults(folder)
        )

    def test_blocks_without_polygons(self, folder: Path) -> None:
        (folder / "blocks.geojson").unlink()
        (folder / "blocks.csv").write_text("block\nNW\nNE\nSW\nSE\n", "utf-8")
        assert any("blocks.csv" in line and "no places" in line for line in faults(folder))

    def test_points_where_polygons_belong(self) -> None:
        blocks = square.tables()["blocks"]
        blocks = blocks.set_geometry(blocks.geometry.centroid)
        with pytest.raises(DataError, match=r"blocks: Shapes of another kind \(Point\)"):
            square.district(blocks=blocks)

    def test_a_school_without_a_place(self) -> None:
        schools = square.tables()["schools"]
        schools.loc[0, "geometry"] = None
        with pytest.raises(DataError, match="schools: Rows without a place"):
            square.district(schools=schools)
        private = square.district(schools=schools.assign(owner=["private", "public"]))
        assert private.schools.geometry["n"] is None

    def test_facts_that_make_no_sense(self, folder: Path) -> None:
        rewrite(
            folder / "about.csv",
            lambda text: (
                text.replace("2026-09-05", "autumn").replace("EPSG:32650", "EPSG:4326") + "detour,0.5\n"
            ),
        )
        text = "\n".join(faults(folder))
        assert "counted_on is no date" in text
        assert "crs names no plane coordinate reference system" in text
        assert "detour is no number from 1 to 3" in text

    def test_unknown_tables_are_named_when_made_in_code(self) -> None:
        with pytest.raises(DataError, match="There is no table enrollment"):
            assemble_district({"enrollment": pd.DataFrame()})

    def test_all_faults_of_all_files_come_together(self, folder: Path) -> None:
        """Three files are spoilt; the one error has the faults of all three, and each says where."""
        rewrite(folder / "enrolment.csv", lambda text: text.replace("n,1,2024,40", "n,1,2024,forty", 1))
        rewrite(folder / "catchments.csv", lambda text: text.replace("NE,primary", "XX,primary", 1))
        (folder / "travel.csv").write_bytes(b"")
        messages = faults(folder)
        assert [message.split(":")[0] for message in messages] == [
            "file travel.csv",
            "file enrolment.csv, column pupils, rows 2",
            "table catchments, column block",
        ]

    def test_messages_name_columns_in_both_languages(self, folder: Path) -> None:
        """In Chinese a column is shown by its Chinese name and its id."""
        rewrite(folder / "enrolment.csv", lambda text: text.replace("n,1,2024,40", "n,1,2024,forty", 1))
        finding = next(finding for finding in check_path(folder) if finding.code == "D010")
        with speaking("zh"):
            assert "在校生数 pupils" in str(finding.place)


class TestLeftOut:
    def test_extra_columns_are_left_out_with_a_warning(self, folder: Path) -> None:
        rewrite(folder / "travel.csv", lambda text: text.replace("minutes", "remark", 1))
        district = read_district(folder)
        assert "remark" not in district["travel"]
        (notice,) = district.notices
        assert (notice.level, notice.code, notice.table) == ("warning", "D007", "travel")
        assert "remark" in str(notice.text)

    def test_files_that_are_no_tables_are_left_out_with_a_warning(self, folder: Path) -> None:
        (folder / "enrollment.csv").write_text("a\n")
        (notice,) = read_district(folder).notices
        assert (notice.level, notice.code, notice.file) == ("warning", "D005", "enrollment.csv")

    def test_unknown_facts_are_told(self, folder: Path) -> None:
        rewrite(folder / "about.csv", lambda text: text + "mayor,nobody\n")
        (notice,) = read_district(folder).notices
        assert (notice.code, notice.ids) == ("D025", ("mayor",))

    def test_row_numbers_of_map_programs_are_nothing(self, folder: Path) -> None:
        rewrite(folder / "travel.csv", lambda text: text.replace("minutes", "OBJECTID", 1))
        assert read_district(folder).notices == ()


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_damaged_files_give_messages_and_never_a_traceback(folder: Path, data: st.DataObject) -> None:
    """Whatever bytes of whatever file are cut or changed: a district, or errors that `check_path` lists as well."""
    file = data.draw(st.sampled_from(sorted(folder.iterdir())))
    whole = file.read_bytes()
    start = data.draw(st.integers(0, len(whole)))
    put = data.draw(
        st.one_of(st.binary(max_size=5), st.sampled_from([b",", b"\n", b'"', b"0", b"-", b"{", b"]"]))
    )
    cut = data.draw(st.integers(0, 40))
    try:
        file.write_bytes(whole[:start] + put + whole[start + cut :])
        listed = check_path(folder)
        told = {str(finding.message) for finding in listed if finding.level == "error"}
        assert set(errors(folder)) <= told
    finally:
        file.write_bytes(whole)
