"""
A district of twelve square blocks of 500 m, two stages and five schools.

.. code-block:: text

    b08 b09 b10 b11      primary:  a a b b      junior:  all of x
    b04 b05 b06 b07                a a b b
    b00 b01 b02 b03                c c d d      c and d share the lower row: catchment c+d

A river runs between the lower rows. School d has no place on the map.
"""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely import LineString, Point, box

from planner.district import District
from planner.plan import Plan
from planner.plan.model import Catchment
from planner.words import read_dictionary

CRS = "EPSG:4508"
YEARS = (2027, 2028, 2029)
BLOCKS = tuple(f"b{number:02d}" for number in range(12))
NAMES = {
    "a": ("玉河区第一实验小学（东校区）", "Yuhe First Experimental Primary School"),
    "b": ("玉河区育才小学", "Yuhe Yucai Primary School"),
    "c": ("滨河小学", "Binhe Primary School"),
    "d": ("朝阳小学", ""),
    "x": ("玉河区第一中学", "Yuhe No. 1 Middle School"),
}
PLACES = {"a": (400, 1200), "b": (1600, 1200), "c": (500, 250), "d": None, "x": (1000, 700)}


def _empty(table: str) -> pd.DataFrame:
    entry = read_dictionary()[table]
    columns = {column.column: pd.Series(dtype=object) for column in entry.columns}
    if not entry.geometry:
        return pd.DataFrame(columns)
    return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries([], crs=CRS), crs=CRS)


def made_district() -> District:
    """Return the district, with ten counted years of 100 pupils in every grade of every school."""
    squares = [
        box(500 * (k % 4), 500 * (k // 4), 500 * (k % 4) + 500, 500 * (k // 4) + 500) for k in range(12)
    ]
    blocks = gpd.GeoDataFrame(
        {"name": BLOCKS}, index=pd.Index(BLOCKS, name="block"), geometry=squares, crs=CRS
    )
    schools = gpd.GeoDataFrame(
        {
            "name": [name for name, _ in NAMES.values()],
            "name_en": [name or None for _, name in NAMES.values()],
            "owner": "public",
        },
        index=pd.Index(list(NAMES), name="school"),
        geometry=[Point(place) if place else None for place in PLACES.values()],
        crs=CRS,
    )
    tables = {table: _empty(table) for table in read_dictionary() if table not in {"schools", "blocks"}}
    tables["barriers"] = gpd.GeoDataFrame(
        {"barrier": ["r"], "name": ["玉河"], "name_en": ["Yuhe"], "kind": ["river"]},
        geometry=[LineString([(-500, 500), (2500, 500)])],
        crs=CRS,
    )
    tables["enrolment"] = pd.DataFrame(
        [
            {"school": school, "grade": grade, "year": year, "pupils": 100, "counted_on": f"{year}-09-15"}
            for school in NAMES
            for grade in (range(7, 10) if school == "x" else range(1, 7))
            for year in range(2015, 2027)
        ]
    )
    return District(
        name="玉河区",
        name_en="Yuhe District",
        policy="cn-shandong",
        counted=2026,
        detour=None,
        schools=schools,
        blocks=blocks,
        tables=tables,
        crs=CRS,
    )


def made_plan() -> Plan:
    """Return the plan of the drawing, the same in every year."""
    primary = [2] * 4 + [0, 0, 1, 1] * 2
    catchment_of = np.array([primary, [3] * 12], dtype=np.int16)[:, :, None].repeat(len(YEARS), axis=2)
    return Plan(
        blocks=BLOCKS,
        schools=tuple(NAMES),
        stages=("primary", "junior"),
        years=YEARS,
        catchments=(
            Catchment(stage="primary", schools=("a",)),
            Catchment(stage="primary", schools=("b",)),
            Catchment(stage="primary", schools=("c", "d")),
            Catchment(stage="junior", schools=("x",)),
        ),
        catchment_of=catchment_of,
        shares=np.zeros((4, 5, len(YEARS)), dtype=np.float32),
        classes=np.zeros((5, 2, len(YEARS)), dtype=np.int16),
        limits=np.full((5, 2, len(YEARS)), -1, dtype=np.int32),
        order={},
    )


def moved(plan: Plan, block: str, catchment: int) -> Plan:
    """Return the plan with a block in another primary catchment in every year."""
    catchment_of = plan.catchment_of.copy()
    catchment_of[0, plan.blocks.index(block)] = catchment
    return replace(plan, catchment_of=catchment_of)


def gaps(key: str, rows: dict[str, tuple[str, float, float]]) -> pd.DataFrame:
    """Return a table of gaps: id to stage, seats and gap; the range is the gap and 30 to both sides. [children]"""
    return pd.DataFrame(
        [
            {
                key: name,
                "stage": stage,
                "year": year,
                "seats": seats,
                "seats_stated": seats - 20,
                "demand": seats - gap,
                "demand_p10": seats - gap - 30,
                "demand_p90": seats - gap + 30,
                "gap": gap,
                "gap_p10": gap - 30,
                "gap_p90": gap + 30,
            }
            for name, (stage, seats, gap) in rows.items()
            for year in YEARS
        ]
    )


def by_catchment() -> pd.DataFrame:
    """Return gaps of -250, +120, +10 and 0 of catchments with about 800 seats."""
    return gaps(
        "catchment",
        {
            "a": ("primary", 800, -250),
            "b": ("primary", 800, 120),
            "c+d": ("primary", 820, 10),
            "x": ("junior", 900, 0),
        },
    )


def by_school() -> pd.DataFrame:
    """Return gaps by school."""
    return gaps(
        "school",
        {
            "a": ("primary", 800, -200),
            "b": ("primary", 800, 90),
            "c": ("primary", 420, 20),
            "d": ("primary", 400, -5),
            "x": ("junior", 900, 0),
        },
    )


def made_odds() -> pd.DataFrame:
    """Return odds of 85, 30, 4 and 1 % of the primaries' first grade, 60 % of grade 7."""
    chances = {"a": 0.85, "b": 0.3, "c": 0.04, "d": 0.01, "x": 0.6}
    return pd.DataFrame(
        [
            {
                "school": school,
                "stage": "junior" if school == "x" else "primary",
                "grade": 7 if school == "x" else 1,
                "year": year,
                "cap": 50 if school == "x" else 45,
                "expected": 130.0,
                "p_over_planned": chance,
                "p_over_possible": chance / 2,
                "error": 0.011,
            }
            for school, chance in chances.items()
            for year in YEARS
        ]
    )


def made_totals() -> pd.DataFrame:
    """Return the district's pupils and seats: 2,400 pupils and 100 more a year for 2,450 seats."""
    return pd.DataFrame(
        [
            {
                "stage": stage,
                "year": year,
                "pupils": 2400 + 100 * late,
                "pupils_p10": 2380 + 90 * late,
                "pupils_p90": 2420 + 110 * late,
                "seats": 2450,
                "seats_stated": 2400,
                "gap": 50 - 100 * late,
            }
            for stage in ("primary", "junior")
            for late, year in enumerate(YEARS)
        ]
    )
