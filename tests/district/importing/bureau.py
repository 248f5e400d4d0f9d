"""The square district as a bureau might hand it over: other names, other encodings, zones instead of block lists."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from planner.district.importing import Recipe
from tests.district import square

if TYPE_CHECKING:
    from pathlib import Path

RECIPE = Recipe(
    tables={
        "points.csv": "schools",
        "xiaoqu.shp": "blocks",
        "counts.xlsx:2024": "enrolment",
        "counts.xlsx:2025": "enrolment",
        "counts.xlsx:2026": "enrolment",
        "primary.geojson": "catchments",
        "junior.geojson": "catchments",
        "notes.csv": "",
    },
    columns={
        "schools": {"编码": "school", "校名": "name", "jd": "lon", "wd": "lat"},
        "blocks": {"DKBH": "block"},
        "enrolment": {"人数": "pupils"},
        "catchments": {"xuexiao": "school"},
    },
    crs={"blocks": square.CRS},
    stage={"primary.geojson": "primary", "junior.geojson": "junior"},
    since={"*": 2020},
    policy="cn-shandong",
)


def hand_over(folder: Path) -> Path:
    """Write the files of the bureau into a folder."""
    folder.mkdir(parents=True)
    tables = square.tables()
    schools = tables["schools"].to_crs(4326)
    rows = [
        f"{row.school};{row.name_};{row.grades};{row.rooms};{row.geometry.x!r};{row.geometry.y!r}"
        for row in schools.rename(columns={"name": "name_"}).itertuples()
    ]
    text = "\n".join(["编码;校名;年级范围;普通教室数;jd;wd", *rows])
    (folder / "points.csv").write_bytes(text.encode("gb18030"))
    blocks = tables["blocks"].rename(columns={"block": "DKBH"})
    blocks.to_file(folder / "xiaoqu.shp", encoding="utf-8")
    (folder / "xiaoqu.prj").unlink()
    west = [square.land(0, 1000, 2000, 2000), square.land(0, 0, 2000, 1000)]
    zones = square.maps([{"xuexiao": "n"}, {"xuexiao": "s"}], west)
    zones.to_crs(4326).to_file(folder / "primary.geojson", driver="GeoJSON")
    all_ = square.maps([{"xuexiao": "s"}], [square.land(0, 0, 2000, 2000)])
    all_.to_crs(4326).to_file(folder / "junior.geojson", driver="GeoJSON")
    with pd.ExcelWriter(folder / "counts.xlsx") as book:
        for year, of_year in tables["enrolment"].groupby("year"):
            of_year.rename(columns={"pupils": "人数"}).to_excel(book, sheet_name=str(year), index=False)
    tables["children"].to_csv(folder / "适龄儿童.csv", index=False)
    (folder / "notes.csv").write_text("who,what\nus,remember\n", encoding="utf-8")
    return folder


def digests(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file in a folder."""
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(folder.iterdir())}


def tables_of(path: Path) -> dict[str, bytes]:
    """Return the files of a district's folder but for the log, by name."""
    return {file.name: file.read_bytes() for file in sorted(path.iterdir()) if file.name != "import-log.txt"}


def plain(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table without its shapes."""
    return pd.DataFrame(table).drop(columns="geometry") if isinstance(table, gpd.GeoDataFrame) else table
