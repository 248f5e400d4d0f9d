"""``planner import``: a pile in, a district and its log out, or every fault and nothing written."""

from __future__ import annotations

import pytest

from planner.district import read_district
from planner.district.importing.repairs import BESIDE, SMALL, SMALL_REACH, TOLERANCE, VALID_AREA, WIDEST
from tests.cli.conftest import digests
from tests.district.importing.bureau import hand_over

OPTIONS = [
    *("--table", "points.csv=schools", "--table", "xiaoqu.shp=blocks", "--table", "notes.csv="),
    *("--table", "counts.xlsx:2024=enrolment", "--table", "counts.xlsx:2025=enrolment"),
    *("--table", "counts.xlsx:2026=enrolment"),
    *("--table", "primary.geojson=catchments", "--table", "junior.geojson=catchments"),
    *("--column", "schools.编码=school", "--column", "schools.校名=name"),
    *("--column", "schools.jd=lon", "--column", "schools.wd=lat", "--column", "blocks.DKBH=block"),
    *("--column", "enrolment.人数=pupils", "--column", "catchments.xuexiao=school"),
    *("--crs", "blocks=EPSG:32650", "--since", "2020"),
    *("--stage", "primary.geojson=primary", "--stage", "junior.geojson=junior"),
]


def test_a_pile_is_imported_with_its_log_printed_and_written(desk, planner):
    hand_over(desk / "bureau")
    before = digests(desk / "bureau")
    said = planner("import", "bureau", "--out", "made", "--policy", "cn-shandong", *OPTIONS)
    assert (said.code, said.err) == (0, "")
    log = (desk / "made" / "import-log.txt").read_text(encoding="utf-8")
    assert log in said.out
    assert "enrolment: 45 rows" in log
    assert read_district(desk / "made").schools.index.tolist() == ["n", "s"]
    assert planner("check", "made").code == 0
    assert digests(desk / "bureau") == before


def test_a_recipe_and_the_options_make_the_same_district(desk, planner):
    hand_over(desk / "bureau")
    (desk / "recipe.toml").write_text(
        """
[tables]
"points.csv" = "schools"
"xiaoqu.shp" = "blocks"
"counts.xlsx:2024" = "enrolment"
"counts.xlsx:2025" = "enrolment"
"counts.xlsx:2026" = "enrolment"
"primary.geojson" = "catchments"
"junior.geojson" = "catchments"
"notes.csv" = ""

[columns.schools]
"编码" = "school"
"校名" = "name"
jd = "lon"
wd = "lat"
[columns.blocks]
DKBH = "block"
[columns.enrolment]
"人数" = "pupils"
[columns.catchments]
xuexiao = "school"

[crs]
blocks = "EPSG:32650"
[since]
"*" = 2020
[stage]
"primary.geojson" = "primary"
"junior.geojson" = "junior"
""",
        encoding="utf-8",
    )
    assert planner("import", "bureau", "--out", "one", *OPTIONS).code == 0
    assert planner("import", "bureau", "--out", "other", "--recipe", "recipe.toml").code == 0
    assert digests(desk / "one") == digests(desk / "other")


def test_all_faults_of_a_pile_are_listed_and_nothing_is_written(desk, planner):
    hand_over(desk / "bureau")
    said = planner("import", "bureau", "--out", "made", "--column", "blocks.DKBH=blok", "--crs", "EPSG:32650")
    assert said.code == 1
    assert "D002 table schools" in said.out
    assert "I022" in said.out
    assert "nothing was written" in said.out
    assert not (desk / "made").exists()


@pytest.mark.parametrize(
    "options",
    [
        ("--column", "enrolment=pupils"),
        ("--column", "enrolment.count"),
        ("--table", "points.csv"),
        ("--since", "next"),
        ("--tolerance", "50"),
    ],
)
def test_an_option_that_is_no_pair_or_number_is_wrong_usage(desk, planner, options):
    said = planner("import", "facts", "--out", "made", *options)
    assert said.code == 2
    assert options[0] in said.err
    assert not (desk / "made").exists()


def test_the_help_states_the_tolerances_that_hold(planner):
    text = " ".join(planner("import", "--help").out.split())
    assert f"narrower than {TOLERANCE:g} m, or up to {SMALL:g} m2" in text
    assert f"no more than 0.1 % or {VALID_AREA:g} m2" in text
    assert f"or {SMALL_REACH:g} m beside a gap" in text
    assert f"1 to {WIDEST:g}" in text
    assert f"up to {BESIDE:g} m outside" in text


def test_an_import_of_an_import_into_a_geopackage_keeps_every_table(desk, planner):
    assert planner("import", "facts", "--out", "made.gpkg", "--fix").code == 0
    assert planner("import", "made.gpkg", "--out", "back").code == 0
    assert planner("import", "facts", "--out", "straight").code == 0
    back, straight = digests(desk / "back"), digests(desk / "straight")
    back.pop("import-log.txt")
    straight.pop("import-log.txt")
    assert back == straight
