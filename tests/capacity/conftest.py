"""A district of a few schools, built by hand."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd
from shapely import Point

from planner.district import District, empty_table
from planner.policy import parse_grades
from planner.words import read_dictionary


def table(name: str, rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Return rows as a table of the dictionary: all its columns, typed, blanks missing."""
    empty = empty_table(read_dictionary()[name])
    given = pd.DataFrame(
        {
            column: pd.Series([row.get(column, pd.NA) for row in rows], dtype=object)
            for column in empty.columns
        }
    )
    return given.astype(dict(empty.dtypes))


def small_district(
    schools: list[dict[str, Any]],
    projects: list[dict[str, Any]] | None = None,
    *,
    counted: int = 2026,
    **tables: list[dict[str, Any]],
) -> District:
    """Return a district of these schools and projects; a project's point is its key ``at``."""
    frame = table("schools", schools)
    ends = [parse_grades(grades) for grades in frame["grades"]]
    frame = frame.assign(first=[first for first, _ in ends], last=[last for _, last in ends])
    points = [Point(100.0 * place, 0.0) for place in range(len(frame))]
    rows = projects or []
    at: Any = [row.get("at") for row in rows]
    others = {name: table(name, tables.get(name, [])) for name in read_dictionary() if name != "schools"}
    others["projects"] = gpd.GeoDataFrame(
        table("projects", rows), geometry=gpd.GeoSeries(at, crs="EPSG:32650"), crs="EPSG:32650"
    )
    return District(
        name="测试区",
        name_en="Test",
        policy="cn-shandong",
        counted=counted,
        detour=None,
        schools=gpd.GeoDataFrame(frame.set_index("school"), geometry=points, crs="EPSG:32650"),
        blocks=gpd.GeoDataFrame(geometry=[], crs="EPSG:32650"),
        tables=others,
        crs="EPSG:32650",
    )
