"""Make an empty district: an example of two schools and four blocks, to be replaced row by row."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import shapely

from planner.district.reading import assemble_district
from planner.district.writing import in_place, write_tables
from planner.words import read_dictionary

if TYPE_CHECKING:
    from planner.district.model import District
    from planner.words import Column

_WEST, _SOUTH, _SIDE = 117.50, 34.80, 0.01
"""South-west corner and side of the example's blocks. [degrees]"""

_TYPES = {
    "text": "text 文本",
    "integer": "whole number 整数",
    "number": "number 数",
    "boolean": "yes/no 是/否",
    "date": "date 日期, 2026-09-05",
    "grades": "grades 年级, 1-6",
    "rooms": "rooms by year 逐年教室, 12;24",
}

_UNITS = {
    "": "",
    "1": "1",
    "bed": "bed 张",
    "child": "child 人",
    "child/dwelling": "child/dwelling 人/套",
    "class": "class 班",
    "dwelling": "dwelling 套",
    "m": "m 米",
    "m2": "m2 平方米",
    "min": "min 分钟",
    "month": "month 月",
    "room": "room 间",
    "year": "year 年",
    "yuan": "yuan 元",
}

_INTRODUCTION = """# A district's tables · 区县数据表

Two made-up schools and four made-up blocks stand here as an example. Replace the rows by yours, table by table;
delete tables that you do not have (all but schools, blocks, catchments, and enrolment or children). Then run
`planner check` on this folder: it lists everything that is wrong, with what to do.

这里是两所虚构学校、四个虚构地块的示例。请逐表换成本区县数据；
没有的表可以删去（schools、blocks、catchments 必须有，enrolment 与 children 至少有其一）。
然后对本文件夹运行 `planner check`：它会列出全部问题和改法。

- One file a table: places as GeoJSON (or GeoPackage), the rest as CSV in UTF-8. Schools and projects may also be
  CSV with columns lon and lat.
  一表一文件：有位置的用 GeoJSON 或 GeoPackage，其余用 UTF-8 的 CSV；学校和项目也可用带经度、纬度两列的 CSV。
- A column may be headed by its id or by its Chinese name. 列名可用英文编号，也可用中文名。
- Blank means not known, 0 means none. 空白是不详，0 是没有。
- Ids are text: 001 stays 001. 编号是文本：001 仍是 001。
- Counts only, never persons: columns with names, identity or phone numbers are refused.
  只收人数，不收个人信息：含姓名、身份证号、电话的列一律拒收。
"""


def new_district(folder: Path | str) -> Path:
    """
    Make a folder with an example district that passes the check, and a description of all tables and columns.

    Tables that the example does not need have their column names only.

    Raises
    ------
    OutputError
        When the folder exists and is not empty, or cannot be written; nothing is changed then.
    """
    folder = Path(folder)
    example = _example()
    with in_place(folder, replace=False, folder=True) as draft:
        write_tables(example, draft, read_dictionary())
        (draft / "README.md").write_text(column_description(), encoding="utf-8", newline="\n")
    return folder


def column_description() -> str:
    """Return the description of all tables and columns in Markdown, in English and Chinese."""
    parts = [_INTRODUCTION]
    for name, table in read_dictionary().items():
        needed = "required 必需" if table.required else "optional 可选"
        parts.append(
            f"## {name} · {table.zh} ({needed})\n\n{table.description}.\n\n{table.description_zh}。\n"
        )
        parts.append(
            "| column 列 | 中文名 | type 类型 | unit 单位 | key 主键 | required 必填 | allowed 取值 | description | 说明 |\n"
            "|---|---|---|---|---|---|---|---|---|\n"
            + "\n".join(_described(column) for column in table.columns)
            + "\n"
        )
    return "\n".join(parts)


def _described(column: Column) -> str:
    if column.values:
        allowed = ", ".join(column.values)
    elif column.refers_to:
        allowed = f"→ {column.refers_to}"
    elif column.minimum is not None or column.maximum is not None:
        low = "" if column.minimum is None else f"{column.minimum:.10g}"
        high = "" if column.maximum is None else f"{column.maximum:.10g}"
        allowed = f"{low}–{high}"
    else:
        allowed = ""
    cells = (
        column.column,
        column.zh,
        _TYPES[column.type],
        _UNITS[column.unit],
        "✓" if column.key else "",
        "✓" if column.required else "",
        allowed,
        column.description,
        column.description_zh,
    )
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _square(column: int, row: int, columns: int = 1, rows: int = 1) -> shapely.Polygon:
    return shapely.box(
        _WEST + _SIDE * column,
        _SOUTH + _SIDE * row,
        _WEST + _SIDE * (column + columns),
        _SOUTH + _SIDE * (row + rows),
    )


def _point(column: float, row: float) -> shapely.Point:
    return shapely.Point(_WEST + _SIDE * column, _SOUTH + _SIDE * row)


def _example() -> District:
    """Return two schools, one of them of nine years, and four blocks on either side of a road."""
    degrees = 4326
    schools = gpd.GeoDataFrame(
        {
            "school": ["001", "002"],
            "name": ["示例第一小学", "示例实验学校"],
            "name_en": ["Example First Primary", "Example Nine-Year School"],
            "grades": ["1-6", "1-9"],
            "rooms": [12, 20],
            "rooms_other": [1, 2],
            "seats_stated": [540, 900],
            "owner": ["public", "public"],
            "place": ["urban", "town"],
            "area": ["东街", "西镇"],
        },
        geometry=[_point(1.5, 1.2), _point(0.4, 0.7)],
        crs=degrees,
    )
    blocks = gpd.GeoDataFrame(
        {
            "block": ["B1", "B2", "B3", "B4"],
            "name": ["东一片", "东二片", "西一片", "西二片"],
            "name_en": ["East 1", "East 2", "West 1", "West 2"],
            "place": ["urban", "urban", "town", "town"],
            "area": ["东街", "东街", "西镇", "西镇"],
        },
        geometry=[_square(1, 0), _square(1, 1), _square(0, 0), _square(0, 1)],
        crs=degrees,
    )
    road = shapely.LineString([_point(1, 0), _point(1, 2)])
    return assemble_district(
        {
            "about": pd.DataFrame(
                {
                    "key": ["name", "name_en", "policy", "counted_on", "source"],
                    "value": ["示例区", "Example District", "cn-shandong", "2026-09-05", "made up 虚构"],
                }
            ),
            "schools": schools,
            "blocks": blocks,
            "catchments": _example_catchments(),
            "enrolment": _example_enrolment(),
            "children": _example_children(),
            "births": pd.DataFrame(
                [
                    {"area": area, "year": year, "births": births - 6 * (year - 2019)}
                    for area, births in (("东街", 84), ("西镇", 88))
                    for year in range(2019, 2026)
                ]
            ),
            "housing": pd.DataFrame(
                {
                    "development": ["东苑"],
                    "phase": ["1"],
                    "name": ["东苑小区"],
                    "block": ["B2"],
                    "dwellings": [400],
                    "hand_over": ["2028-06-30"],
                    "certainty": [0.9],
                }
            ),
            "projects": gpd.GeoDataFrame(
                {
                    "project": ["P1"],
                    "name": ["示例第一小学扩建"],
                    "name_en": ["Extension of Example First Primary"],
                    "school": ["001"],
                    "kind": ["expansion"],
                    "rooms": ["6"],
                    "seats_stated": [270],
                    "opens": [2028],
                    "earliest": [2028],
                    "certainty": [0.9],
                    "status": ["approved"],
                    "source": ["made up 虚构"],
                },
                geometry=[_point(1.5, 1.2)],
                crs=degrees,
            ),
            "boundary": gpd.GeoDataFrame({"name": ["示例区"]}, geometry=[_square(0, 0, 2, 2)], crs=degrees),
            "barriers": gpd.GeoDataFrame(
                {
                    "barrier": ["R1"],
                    "name": ["示例大道"],
                    "name_en": ["Example Avenue"],
                    "kind": ["trunk_road"],
                },
                geometry=[road],
                crs=degrees,
            ),
        }
    )


def _example_catchments() -> pd.DataFrame:
    primary = {"B1": "001", "B2": "001", "B3": "002", "B4": "002"}
    return pd.DataFrame(
        [
            {"block": block, "stage": stage, "since": 2020, "school": school if stage == "primary" else "002"}
            for stage in ("primary", "junior")
            for block, school in primary.items()
        ]
    )


def _example_enrolment() -> pd.DataFrame:
    """Return two classes a grade, whose year groups shrink by a child a year on their way up."""
    cells = [("001", grade) for grade in range(1, 7)] + [("002", grade) for grade in range(1, 10)]
    return pd.DataFrame(
        [
            {
                "school": school,
                "grade": grade,
                "year": year,
                "pupils": 84 - 2 * (year - 2024) + grade,
                "classes": 2,
                "full": "no",
                "counted_on": f"{year}-09-05",
            }
            for year in (2024, 2025, 2026)
            for school, grade in cells
        ]
    )


def _example_children() -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "block": block,
                "cohort": cohort,
                "as_of": "2026-08-31",
                "kind": "register",
                "children": children - 3 * (cohort - 2020),
            }
            for block, children in (("B1", 38), ("B2", 42), ("B3", 40), ("B4", 41))
            for cohort in range(2020, 2027)
        ]
    )
