"""The district's files: CSV, and GeoJSON of one feature a line."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from yuhe_builder import tables

if TYPE_CHECKING:
    from pathlib import Path

    from yuhe_builder.make import Made
    from yuhe_builder.tables import Rows


def _geojson(path: Path, rows: Rows, shapes: list[Any]) -> None:
    """Write features, one a line; longitudes and latitudes of WGS 84 with six decimals."""
    features = [
        {
            "type": "Feature",
            "properties": row,
            "geometry": json.loads(shapely.to_geojson(shapely.transform(shape, lambda xy: np.round(xy, 6)))),
        }
        for row, shape in zip(rows, shapes, strict=True)
    ]
    lines = [json.dumps(feature, ensure_ascii=False, separators=(",", ":")) for feature in features]
    crs = '{"type":"name","properties":{"name":"urn:ogc:def:crs:OGC:1.3:CRS84"}}'
    text = '{"type":"FeatureCollection","crs":' + crs + ',"features":[\n' + ",\n".join(lines) + "\n]}\n"
    path.write_text(text, encoding="utf-8", newline="\n")


def _csv(path: Path, rows: Rows) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def write(made: Made, folder: Path) -> None:
    """Write every table of the district into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    _geojson(folder / "schools.geojson", *tables.schools(made))
    _geojson(folder / "blocks.geojson", *tables.blocks(made))
    _geojson(folder / "boundary.geojson", [{"name": "玉河区"}], [made.land.boundary])
    _geojson(folder / "barriers.geojson", *tables.barriers(made))
    _geojson(folder / "projects.geojson", *tables.projects(made))
    _csv(folder / "about.csv", tables.about())
    _csv(folder / "catchments.csv", tables.catchments(made))
    _csv(folder / "enrolment.csv", tables.enrolment(made))
    _csv(folder / "classes.csv", tables.classes(made))
    _csv(folder / "children.csv", tables.children(made))
    _csv(folder / "residents.csv", tables.residents(made))
    _csv(folder / "births.csv", tables.births(made))
    _csv(folder / "attendance.csv", tables.attendance(made))
    _csv(folder / "feeders.csv", tables.feeders())
    _csv(folder / "housing.csv", tables.housing(made))
    _csv(folder / "drivers.csv", tables.drivers())
    _csv(folder / "events.csv", tables.events(made))
    _csv(folder / "forecasts.csv", tables.forecasts(made))


def write_geopackage(folder: Path, package: Path) -> None:
    """Write the tables of a folder as the layers of a GeoPackage, by the planner itself."""
    from planner.district import read_district, write_district

    write_district(read_district(folder), package, replace=True)
