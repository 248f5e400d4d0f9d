"""
A town of six blocks in a row, a kilometre each, small enough to plan by hand.

.. code-block:: text

      b1    b2    b3    b4    b5    b6        each 1 km x 1 km
    +-----+-----+-----+-----+-----+-----+
    |  A  |  P  |  J  |  B  | (C) |  T  |     schools stand in the middle of a block
    +-----+-----+-----+-----+-----+-----+
      A     A     B     B     B     T         primary catchments; junior: all J

    A 1-6, 12 rooms   B 1-6, 12 rooms   T 1-3, 3 rooms   J 7-9, 9 rooms   P private, 1-6
    C 1-6 comes with project new-c in 2028: 6 rooms, then 12
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd
from shapely import Point, box

from planner.district import District, assemble_district
from planner.policy import Policy, Rule, Stage

CRS = "EPSG:32650"
COUNTED = 2026
YEARS = tuple(range(2027, 2033))

SCHOOLS = {
    "A": (0, "1-6", 12, "甲小学"),
    "P": (1, "1-6", 12, "民办小学"),
    "J": (2, "7-9", 9, "初级中学"),
    "B": (3, "1-6", 12, "乙小学"),
    "T": (5, "1-3", 3, "教学点"),
}
CLASSES = {"A": 2, "B": 2, "T": 1, "J": 3}
PUPILS = {"A": 80, "B": 80, "T": 20, "J": 140}
PRIMARY = {"b1": "A", "b2": "A", "b3": "B", "b4": "B", "b5": "B", "b6": "T"}


def _projects() -> gpd.GeoDataFrame:
    rows = [
        {
            "project": "new-c",
            "school": "C",
            "kind": "new",
            "grades": "1-6",
            "rooms": "6;12",
            "opens": 2028,
            "certainty": 0.9,
        },
        {
            "project": "wing-b",
            "school": "B",
            "kind": "expansion",
            "rooms": "4",
            "opens": 2027,
            "certainty": 0.5,
            "earliest": 2027,
        },
        {"project": "idea-d", "school": "D", "kind": "new", "grades": "1-6", "rooms": "12"},
    ]
    return gpd.GeoDataFrame(rows, geometry=[Point(4500, 500), None, Point(2500, 800)], crs=CRS)


def town(**tables: Any) -> District:
    """Return the town; tables given replace its own."""
    blocks = [f"b{number}" for number in range(1, 7)]
    own: dict[str, Any] = {
        "about": pd.DataFrame(
            {
                "key": ["name", "name_en", "policy", "counted_on"],
                "value": ["小镇", "Town", "cn-shandong", f"{COUNTED}-09-01"],
            }
        ),
        "schools": gpd.GeoDataFrame(
            {
                "school": list(SCHOOLS),
                "name": [name for *_, name in SCHOOLS.values()],
                "grades": [grades for _, grades, *_ in SCHOOLS.values()],
                "rooms": [rooms for _, _, rooms, _ in SCHOOLS.values()],
                "owner": ["private" if school == "P" else "public" for school in SCHOOLS],
            },
            geometry=[Point(1000 * x + 500, 500) for x, *_ in SCHOOLS.values()],
            crs=CRS,
        ),
        "blocks": gpd.GeoDataFrame(
            {
                "block": blocks,
                "name": [f"{block}地块" for block in blocks],
                "area": ["west"] * 3 + ["east"] * 3,
            },
            geometry=[box(1000 * x, 0, 1000 * x + 1000, 1000) for x in range(6)],
            crs=CRS,
        ),
        "catchments": pd.DataFrame(
            [(block, "primary", 2020, school) for block, school in PRIMARY.items()]
            + [(block, "junior", 2020, "J") for block in blocks],
            columns=["block", "stage", "since", "school"],
        ),
        "enrolment": pd.DataFrame(
            [
                (school, grade, COUNTED, PUPILS[school], CLASSES[school])
                for school, grades in (
                    ("A", range(1, 7)),
                    ("B", range(1, 7)),
                    ("T", range(1, 4)),
                    ("J", range(7, 10)),
                )
                for grade in grades
            ],
            columns=["school", "grade", "year", "pupils", "classes"],
        ),
        "projects": _projects(),
    }
    return assemble_district(own | tables)


def town_policy(**changes: Any) -> Policy:
    """Return a policy of two stages with caps of 45 and 50 and a walk of 3 km; `changes` replace its fields."""
    rules = [
        Rule(rule="class_size", stage="primary", at_most=45, source="made"),
        Rule(rule="class_size", stage="junior", at_most=50, source="made"),
        Rule(rule="standard_class_size", stage="primary", at_most=45, source="made"),
        Rule(rule="standard_class_size", stage="junior", at_most=50, source="made"),
        Rule(rule="walk", stage="primary", at_most=3000, level="district", source="made"),
    ]
    stages = [
        Stage(stage="primary", grades="1-6", name="primary", name_zh="小学"),
        Stage(stage="junior", grades="7-9", name="junior", name_zh="初中"),
    ]
    fields: dict[str, Any] = {
        "profile": "town",
        "name": "Town",
        "name_zh": "小镇",
        "stages": stages,
        "detour": 1.0,
        "rules": rules,
    }
    return Policy(**(fields | changes))
