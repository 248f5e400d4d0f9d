"""Small districts made by hand: square blocks in a row, schools on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
from shapely import Point, box

from planner.district import District
from planner.district.columns import empty_table
from planner.policy import Entry, Policy, Rule, Stage
from planner.words import read_dictionary

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

COUNTED = 2025
YEARS = tuple(range(2026, 2031))

PRIMARY = Stage(stage="primary", grades="1-6", name="primary", name_zh="小学")
JUNIOR = Stage(stage="junior", grades="7-9", name="junior", name_zh="初中")
POLICY = Policy(
    profile="test",
    name="test",
    name_zh="测试",
    stages=(PRIMARY, JUNIOR),
    entry=Entry(age=6, cut_off="08-31"),
    children_per_dwelling=0.1,
    rules=(Rule(rule="standard_class_size", grades="1-9", at_most=45, source="test"),),
)


def table(name: str, rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Return rows as a district's table has them: all its columns, in their types, missing ones as <NA>."""
    empty = empty_table(read_dictionary()[name])
    frame = pd.DataFrame(list(rows), columns=list(empty.columns))
    return frame.astype({column: empty[column].dtype for column in empty.columns})


def town(
    *,
    blocks: Mapping[str, str | None],
    schools: Mapping[str, str] | None = None,
    junior: Mapping[str, str] | None = None,
    areas: Mapping[str, str] | None = None,
    private: Sequence[str] = (),
    counted: int = COUNTED,
    **tables: Iterable[Mapping[str, Any]],
) -> District:
    """
    Make a district of square blocks of 100 m in a row.

    Parameters
    ----------
    blocks
        Block to the school, or schools joined by +, of its primary catchment since 2000; None for no catchment.
    schools
        School to its grades as 1-6; those of the catchments teach 1-6 when left out.
    junior
        Block to its junior catchment.
    areas
        Block to its area.
    """
    named = {school: "1-6" for key in blocks.values() if key for school in key.split("+")}
    grades = dict(schools) if schools is not None else named
    span = [tuple(int(grade) for grade in text.split("-")) for text in grades.values()]
    school_table = gpd.GeoDataFrame(
        {
            "owner": pd.array(
                ["private" if name in private else "public" for name in grades], dtype="string"
            ),
            "first": [first for first, _last in span],
            "last": [last for _first, last in span],
        },
        index=pd.Index(list(grades), name="school"),
        geometry=[Point(100 * at + 50, 50) for at in range(len(grades))],
        crs="EPSG:32650",
    )
    block_table = gpd.GeoDataFrame(
        {"area": pd.array([(areas or {}).get(block) for block in blocks], dtype="string")},
        index=pd.Index(list(blocks), name="block"),
        geometry=[box(100 * at, 0, 100 * at + 100, 100) for at in range(len(blocks))],
        crs="EPSG:32650",
    )
    rows = [
        {"block": block, "stage": "primary", "since": 2000, "school": key}
        for block, key in blocks.items()
        if key
    ]
    rows += [
        {"block": block, "stage": "junior", "since": 2000, "school": key}
        for block, key in (junior or {}).items()
    ]
    given = {"catchments": rows, **tables}
    return District(
        name="test",
        name_en="test",
        policy="test",
        counted=counted,
        detour=None,
        schools=school_table,
        blocks=block_table,
        tables={
            name: table(name, given.get(name, ()))
            for name in read_dictionary()
            if name not in {"schools", "blocks"}
        },
        crs="EPSG:32650",
    )


def rolls(school: str, pupils: Mapping[int, Sequence[int]], **more: Any) -> list[dict[str, Any]]:
    """Return enrolment rows of a school: year to the children of each grade from the first on."""
    return [
        {"school": school, "grade": grade, "year": year, "pupils": number, **more}
        for year, numbers in pupils.items()
        for grade, number in enumerate(numbers, start=1)
    ]


def steady(
    school: str, number: int, *, years: Iterable[int] = range(2018, COUNTED + 1), grades: int = 6
) -> list[dict[str, Any]]:
    """Return enrolment rows of a school with the same number in every grade and year."""
    return rolls(school, {year: [number] * grades for year in years})


def yearly(
    column: str, number: str, figures: Mapping[str, Mapping[int, int]], **more: Any
) -> list[dict[str, Any]]:
    """Return rows of a table from place to year to figure."""
    return [
        {column: place, "year": year, number: figure, **more}
        for place, by_year in figures.items()
        for year, figure in by_year.items()
    ]
