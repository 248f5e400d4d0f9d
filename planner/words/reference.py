"""
The reference of all tables, written from the dictionaries: ``python -m planner.words.reference`` (``make words``).

A district's tables and the tables of results, each column with its names in both languages, type, unit and meaning.
"""

from __future__ import annotations

import csv
from pathlib import Path

from planner.words.dictionary import Column, read_dictionary

FILE = Path(__file__).parents[2] / "data" / "TABLES.md"
"""Where the reference stands in the project."""

_INTRODUCTION = """\
# Tables and columns · 数据表与列

Written from the column dictionary by `make words`; do not edit. 本文件由列字典生成，请勿手工修改。

A district is a folder with a file for each table (CSV, Excel, GeoJSON, Shapefile, GeoPackage), one GeoPackage or
workbook with a layer or sheet for each, or a PostGIS database. Tables and columns may be named by their id or by their
Chinese name. Words in a column may be written by their id or in Chinese.
区县数据是一个文件夹，每张表一个文件（CSV、Excel、GeoJSON、Shapefile、GeoPackage），也可以是一个GeoPackage、一个工作簿，
或一个PostGIS数据库。表名、列名用英文编号或中文名均可。

Key columns are marked with ●, other required ones with ○. 主键列标●，其他必填列标○。
"""


def tables_reference() -> str:
    """Return the reference as Markdown."""
    parts = [_INTRODUCTION, "\n# Tables of a district · 区县数据表\n"]
    for table in read_dictionary().values():
        shape = f" ({table.geometry})" if table.geometry else ""
        required = " · required 必备" if table.required else ""
        parts.append(
            f"\n## {table.table} · {table.zh}{shape}{required}\n\n{table.description}. {table.description_zh}。\n"
        )
        parts.append(
            "\n| column 列 | 中文名 | type 类型 | unit 单位 | meaning | 含义 |\n|---|---|---|---|---|---|\n"
        )
        parts += [_row(column) for column in table.columns]
    parts.append(
        "\n# Tables of results · 结果表\n\nIn `tables/` of a run, in its workbook and in its GeoPackage.\n\n"
    )
    parts.append("| table 表 | 中文名 | meaning |\n|---|---|---|\n")
    parts += [
        f"| `{row['table']}` | {row['zh']} | {_cell(row['description'])} |\n"
        for row in _rows("outcome_tables.csv")
    ]
    parts.append(
        "\nColumns that end in `_p10` and `_p90` are the ends of the range of 80 % of the column before."
        " 以 `_p10`、`_p90` 结尾的列是该列80%区间的两端。\n\n"
        "| column 列 | 中文名 | unit 单位 | meaning | 含义 |\n|---|---|---|---|---|\n"
    )
    parts += [
        f"| `{row['column']}` | {row['zh']} | {row['unit']} | {_cell(row['description'])} | {_cell(row['description_zh'])} |\n"
        for row in _rows("outcome_columns.csv")
    ]
    return "".join(parts)


def _row(column: Column) -> str:
    mark = " ●" if column.key else " ○" if column.required else ""
    words = dict.fromkeys(column.values)
    for word, value in column.values_zh:
        if value in words and words[value] is None:
            words[value] = word
    listed = ", ".join(f"{value} {word}" if word else value for value, word in words.items())
    meaning = column.description + (f": {listed}" if listed else "")
    low = "" if column.minimum is None else f"{column.minimum:g}"
    high = "" if column.maximum is None else f"{column.maximum:g}"
    kind = column.type + (f" {low}–{high}" if low or high else "")
    return (
        f"| `{column.column}`{mark} | {' / '.join((column.zh, *column.also_zh))} | {kind} | {column.unit} |"
        f" {_cell(meaning)} | {_cell(column.description_zh)} |\n"
    )


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _rows(name: str) -> list[dict[str, str]]:
    with Path(__file__).with_name(name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


if __name__ == "__main__":
    FILE.write_text(tables_reference(), encoding="utf-8")
