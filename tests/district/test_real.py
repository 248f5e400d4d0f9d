"""The geography of real cities; skipped where their data is not on this machine."""

from __future__ import annotations

import pandas as pd
import pyogrio

from planner.district import assemble_district, check_district, neighbours
from planner.policy import read_policy
from tests.real.places import real_data


def test_edinburgh_s_catchments_overlap_by_slivers() -> None:
    """75 catchments in OSGB metres that overlap by some 7,000 m2: slivers, told with their area, and no error."""
    source = real_data("edinburgh") / "edinburgh_primary_catchments.gpkg"
    blocks = pyogrio.read_dataframe(source, layer="catchments").rename(columns={"unit_id": "block"})
    schools = pyogrio.read_dataframe(source, layer="schools_approximate")
    schools = schools.rename(columns={"unit_id": "school", "school": "name"}).assign(grades="1-7", rooms=14)
    district = assemble_district(
        {
            "schools": schools,
            "blocks": blocks[["block", "geometry"]],
            "catchments": pd.DataFrame(
                {"block": blocks["block"], "stage": "primary", "since": 2012, "school": blocks["block"]}
            ),
            "enrolment": pd.DataFrame(
                {"school": schools["school"], "grade": 1, "year": 2018, "pupils": 40, "classes": 2}
            ),
        }
    )
    assert district.crs == "EPSG:27700"
    findings = check_district(district, read_policy("scotland"))
    assert [finding.code for finding in findings if finding.level == "error"] == []
    (overlap,) = [finding for finding in findings if finding.code == "D031"]
    assert overlap.level == "warning"
    assert "EDP-junipergreen+EDP-sighthill 2,266 m2" in str(overlap.text)
    assert "7,255 m2 in 28 places" in str(overlap.text)
    borders = neighbours(district.blocks)
    assert set(borders["block"]) | set(borders["neighbour"]) == set(district.blocks.index)


def test_durham_s_planning_units_are_a_partition() -> None:
    """851 units that touch without overlap: degrees become UTM, and nothing but rounding overlaps."""
    units = pyogrio.read_dataframe(real_data("durham") / "durham_planning_units.gpkg")
    blocks = units[["geometry"]].assign(block=[f"U{number}" for number in range(len(units))])
    point = units.geometry.iloc[[0]].representative_point()
    school = (
        units[["geometry"]].iloc[:1].assign(school="S", name="S", grades="1-9", rooms=9).set_geometry(point)
    )
    rows = [
        {"block": block, "stage": stage, "since": 2020, "school": "S"}
        for stage in ("primary", "junior")
        for block in blocks["block"]
    ]
    district = assemble_district(
        {
            "schools": school,
            "blocks": blocks,
            "catchments": pd.DataFrame(rows),
            "enrolment": pd.DataFrame(
                {"school": ["S"], "grade": 1, "year": 2024, "pupils": 20, "classes": 1}
            ),
        }
    )
    assert district.crs == "EPSG:32617"
    findings = check_district(district, read_policy("cn-shandong"))
    assert [finding.code for finding in findings if finding.code in {"D030", "D031"}] == []
