"""The planner reads the made district, as a folder and as a GeoPackage, and finds in it what it is meant to show."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pyogrio
import pytest
import shapely

from planner.district import District, check_path, read_district

DATA = Path(__file__).parents[2] / "data"
YUHE = DATA / "yuhe"
PACKAGE = DATA / "yuhe.gpkg"

MADE_WITH = {"GDAL": (3, 12), "GEOS": "3.14"}
"""Versions the committed GeoPackage was made with; others may write other bytes."""


@pytest.fixture(scope="module")
def district() -> District:
    """Return the district of the folder."""
    return read_district(YUHE)


def test_the_planner_reads_the_district(district):
    assert (district.name, district.name_en) == ("玉河区", "Yuhe District")
    assert (district.policy, district.counted) == ("cn-shandong", 2026)
    assert len(district.blocks) == 404


SHOWN = {
    ("warning", "D070", "projects", ("j06-extension",)),
    ("warning", "D070", "schools", ("P13",)),
    ("note", "D073", "schools", ("P01", "P02", "P03", "P04", "P10")),
    ("note", "D095", "travel", ()),
    ("note", "D175", "housing", ("P15",)),
    ("note", "D176", "projects", ("H03/xc2z-new", "H09/hx9-new", "H11/hx9-new")),
    ("note", "D188", "blocks", ("B057",)),
}
"""
What the district is meant to show, and nothing else.

54 seats a room stated twice, as real documents do; five schools in borrowed rooms; no measured ways; a new-town
catchment whose housing brings more children than its school has seats; new schools that open after the housing beside
them; a block where nobody of school age lives.
"""


@pytest.mark.parametrize("path", [YUHE, PACKAGE], ids=["folder", "geopackage"])
def test_check_finds_exactly_what_the_district_is_meant_to_show(path):
    found = {(finding.level, finding.code, finding.table, finding.ids) for finding in check_path(path)}
    assert found == SHOWN


def test_the_geopackage_holds_the_same_facts(district):
    """Every table, row by row, and every shape, point by point; `about` names the metric system in both."""
    package = read_district(PACKAGE)
    for name in ("schools", "blocks", *district.tables):
        if name != "about":
            pd.testing.assert_frame_equal(pd.DataFrame(district[name]), pd.DataFrame(package[name]))
    assert package.crs == district.crs
    facts = {key: package.about(key) for key in package["about"]["key"]}
    assert facts == {**{key: district.about(key) for key in district["about"]["key"]}, "crs": district.crs}


def test_the_script_makes_the_geopackage_byte_for_byte(tmp_path):
    """Of the same folder the same bytes, twice; and those in the tree, where the libraries are the same."""
    made = [tmp_path / "one.gpkg", tmp_path / "two.gpkg"]
    for file in made:
        arguments = [sys.executable, DATA / "build_yuhe.py", tmp_path / "yuhe", "--gpkg", file]
        subprocess.run(arguments, check=True, capture_output=True)
    assert made[0].read_bytes() == made[1].read_bytes()
    same_libraries = pyogrio.__gdal_version__[:2] == MADE_WITH["GDAL"] and str(
        shapely.geos_version_string
    ).startswith(str(MADE_WITH["GEOS"]))
    if made[0].read_bytes() != PACKAGE.read_bytes() and not same_libraries:
        pytest.skip(f"made with {MADE_WITH}, here GDAL {pyogrio.__gdal_version__}")
    assert made[0].read_bytes() == PACKAGE.read_bytes()


def test_the_geopackage_is_small():
    assert PACKAGE.stat().st_size < 3_000_000
