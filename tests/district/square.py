"""
A district of four blocks and two schools in which nothing is wrong.

.. code-block:: text

    2000 m +---------+---------+
           | NW      | NE      |     n: grades 1-6, 12 rooms, catchment NW + NE
           |    n    |         |     s: grades 1-9, 20 rooms, catchment SW + SE; junior: all blocks
    1000 m +---------+---------+
           | SW      | SE      |     40 children and 1 class a grade in 2024, 2025 and 2026
           |         |    s    |
       0 m +---------+---------+
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
from shapely import LineString, Point, Polygon, box

from planner.district import District, assemble_district, check_district
from planner.policy import Policy, Rule, Stage

if TYPE_CHECKING:
    from planner.district import Finding

CRS = "EPSG:32650"
EAST, NORTH = 500_000.0, 3_850_000.0
CORNERS = {"NW": (0, 1000), "NE": (1000, 1000), "SW": (0, 0), "SE": (1000, 0)}
CELLS = [("n", grade) for grade in range(1, 7)] + [("s", grade) for grade in range(1, 10)]

POLICY = Policy(
    profile="square",
    name="Square",
    name_zh="方区",
    stages=(
        Stage(stage="primary", grades="1-6", name="primary", name_zh="小学"),
        Stage(stage="junior", grades="7-9", name="junior", name_zh="初中"),
    ),
    rules=(
        Rule(rule="standard_class_size", stage="primary", at_most=45, source="made up"),
        Rule(rule="standard_class_size", stage="junior", at_most=50, source="made up"),
    ),
)


def land(west: float, south: float, east: float, north: float) -> Polygon:
    """Return a rectangle in metres from the south-west corner."""
    return box(EAST + west, NORTH + south, EAST + east, NORTH + north)


def at(east: float, north: float) -> Point:
    """Return a point in metres from the south-west corner."""
    return Point(EAST + east, NORTH + north)


def line(*points: tuple[float, float]) -> LineString:
    """Return a line through points in metres from the south-west corner."""
    return LineString([(EAST + east, NORTH + north) for east, north in points])


def maps(rows: list[dict[str, object]], shapes: list[object]) -> gpd.GeoDataFrame:
    """Return a table with shapes in the square's coordinates."""
    return gpd.GeoDataFrame(rows, geometry=shapes, crs=CRS)


def tables() -> dict[str, pd.DataFrame]:
    """Return every table of the square that a check could miss."""
    return {
        "about": pd.DataFrame(
            {
                "key": ["name", "name_en", "policy", "counted_on"],
                "value": ["方区", "Square", "cn-shandong", "2026-09-05"],
            }
        ),
        "schools": maps(
            [
                {"school": "n", "name": "北校", "grades": "1-6", "rooms": 12, "seats_stated": 540},
                {"school": "s", "name": "南校", "grades": "1-9", "rooms": 20, "seats_stated": 900},
            ],
            [at(500, 1500), at(1500, 500)],
        ),
        "blocks": maps(
            [{"block": block, "area": "town"} for block in CORNERS],
            [land(west, south, west + 1000, south + 1000) for west, south in CORNERS.values()],
        ),
        "catchments": pd.DataFrame(
            [
                {"block": block, "stage": stage, "since": 2020, "school": school}
                for stage, schools in (("primary", "nnss"), ("junior", "ssss"))
                for block, school in zip(CORNERS, schools, strict=True)
            ]
        ),
        "enrolment": pd.DataFrame(
            [
                {"school": school, "grade": grade, "year": year, "pupils": 40, "classes": 1}
                for school, grade in CELLS
                for year in (2024, 2025, 2026)
            ]
        ),
        "children": pd.DataFrame(
            [
                {
                    "block": block,
                    "cohort": 2021,
                    "as_of": "2026-08-31",
                    "kind": "register",
                    "children": 20,
                }
                for block in CORNERS
            ]
        ),
        "travel": pd.DataFrame([{"block": "NW", "school": "s", "metres": 2500.0, "minutes": 30}]),
        "boundary": maps([{"name": "方区"}], [land(0, 0, 2000, 2000)]),
        "barriers": maps([{"barrier": "road", "kind": "trunk_road"}], [line((1000, -100), (1000, 2100))]),
    }


def district(**changed: pd.DataFrame) -> District:
    """Return the square with these tables in place of its own."""
    return assemble_district({**tables(), **changed})


def edited(table: str, **columns: object) -> pd.DataFrame:
    """Return a table of the square with columns set, to one value or row by row."""
    return tables()[table].assign(**columns)


def found(square: District, code: str) -> list[Finding]:
    """Return the findings of a code."""
    return [finding for finding in check_district(square, POLICY) if finding.code == code]


def the(square: District, code: str) -> Finding:
    """Return the one finding of a code."""
    (finding,) = found(square, code)
    return finding


def enrolment(school: str, grade: int, year: int, **cells: object) -> pd.DataFrame:
    """Return the square's enrolment with one row changed."""
    table = tables()["enrolment"].astype({"pupils": "Int64", "classes": "Int64"})
    row = (table["school"] == school) & (table["grade"] == grade) & (table["year"] == year)
    table.loc[row, list(cells)] = list(cells.values())
    return table


def projects(*rows: dict[str, object]) -> pd.DataFrame:
    """Return projects at the middle of the square, unless they say that they have no place."""
    places = [None if row.pop("nowhere", False) else at(1000, 1000) for row in rows]
    return maps(list(rows), places)
