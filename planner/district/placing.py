"""The shapes of a table: their kind, the reference system and datum they are in, and their way into the metric system."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS

from planner.district.columns import empty_table
from planner.district.datum import DATUMS, undo_shift
from planner.district.files import MAP_FORMATS
from planner.district.findings import Finding, TableName
from planner.district.projection import (
    OLD_DATUMS,
    coordinates_fault,
    datum_of,
    in_crs,
    in_degrees,
    look_like,
    middle_of,
    parse_crs,
    registered,
    swapped,
)
from planner.district.tables import texts
from planner.words import Text, read_dictionary

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from planner.district.findings import Level

_SHAPES = {
    "point": frozenset({"Point"}),
    "line": frozenset({"LineString", "MultiLineString"}),
    "polygon": frozenset({"Polygon", "MultiPolygon"}),
}

_WGS84 = CRS.from_epsg(4326)

EVERY = "*"
"""Stands for every layer, where a system or datum is stated by layer."""


@dataclass(kw_only=True)
class Typed:
    """A table with typed columns, and its shapes as the file has them."""

    frame: pd.DataFrame
    geometry: NDArray[np.object_] | None
    crs: CRS | None
    file: str


@dataclass(frozen=True, kw_only=True)
class Stated:
    """What the caller says of the layers' coordinates, by table; `EVERY` for those that are not named."""

    crs: Mapping[str, CRS] = field(default_factory=dict)
    datum: Mapping[str, str] = field(default_factory=dict)


def what_is_stated(
    crs: str | Mapping[str, str] | None, datum: str | Mapping[str, str] | None
) -> tuple[Stated, list[Finding]]:
    """
    Return what is stated of the layers' coordinates, and what of it means nothing.

    Parameters
    ----------
    crs
        Coordinate reference system of layers that state none, or systems by table (id or Chinese name), which
        hold whatever the layer states; `EVERY` as table is as a single one.
    datum
        ``gcj02`` or ``bd09``, the shift that all layers have, or shifts by table.
    """
    systems, findings = _by_table(crs)
    shifts, unknown = _by_table(datum)
    known: dict[str, CRS] = {}
    for table, code in systems.items():
        if (system := parse_crs(code)) is None:
            findings.append(
                _misstated(
                    "D020",
                    Text("{crs} names no coordinate reference system.", crs=code),
                    Text("Name one as EPSG:4490 or EPSG:4326."),
                )
            )
        else:
            known[table] = registered(system)
    findings += unknown
    for table, shift in list(shifts.items()):
        shifts[table] = shift.strip().lower().replace("-", "")
        if shifts[table] not in DATUMS:
            del shifts[table]
            findings.append(
                _misstated(
                    "D029",
                    Text("{datum} is no shifted datum.", datum=shift),
                    Text("Name one of {datums}.", datums=", ".join(DATUMS)),
                )
            )
    return Stated(crs=known, datum=shifts), findings


def _misstated(code: str, text: Text, advice: Text) -> Finding:
    return Finding(level="error", code=code, text=text, advice=advice)


def _by_table(stated: str | Mapping[str, str] | None) -> tuple[dict[str, str], list[Finding]]:
    if stated is None:
        return {}, []
    if isinstance(stated, str):
        return {EVERY: stated}, []
    maps = {name: table for name, table in read_dictionary().items() if table.geometry}
    ids = {**{table.zh: name for name, table in maps.items()}, **{name: name for name in maps}, EVERY: EVERY}
    findings = [
        _misstated(
            "D020",
            Text("{table} is no table with places.", table=name),
            Text("Such tables are {tables}.", tables=", ".join(maps)),
        )
        for name in stated
        if name not in ids
    ]
    return {ids[name]: value for name, value in stated.items() if name in ids}, findings


def shape_finding(
    name: str,
    table: Typed,
    code: str,
    text: Text,
    advice: Text,
    rows: NDArray[np.bool_] | None = None,
    *,
    level: Level = "error",
) -> Finding:
    """Return a finding about the shapes of a table, or of some of its rows."""
    key = read_dictionary()[name].key
    at = table.frame[rows] if rows is not None else table.frame[:0]
    ids = tuple(str(value) for value in at[key[0]]) if key else ()
    shown = () if ids else tuple(int(row) for row in at.index)
    return Finding(
        level=level, code=code, table=name, file=table.file, ids=ids, rows=shown, text=text, advice=advice
    )


def mend_shapes(name: str, table: Typed, stated: Stated) -> list[Finding]:
    """Return what is wrong with the shapes of a table, and leave in it those that the checks can go on with."""
    if table.geometry is None:
        if name == "projects" or not len(table.frame):
            return []
        return [_without_places(name, table)]
    findings = _drop_wrong_kinds(name, table)
    findings += _settle_crs(name, table, stated)
    if table.crs is not None and table.geometry is not None:
        findings += _settle_coordinates(name, table, table.crs, table.geometry)
    shift = stated.datum.get(name, stated.datum.get(EVERY))
    if shift is not None and table.crs is not None and table.geometry is not None:
        degrees = in_crs(table.geometry, table.crs, _WGS84)
        table.geometry = in_crs(undo_shift(degrees, shift), _WGS84, table.crs)
    return findings


def _without_places(name: str, table: Typed) -> Finding:
    return shape_finding(
        name,
        table,
        "D023",
        Text("The table has no places on the map."),
        Text("Give it as GeoJSON or GeoPackage, or with columns lon and lat.")
        if read_dictionary()[name].geometry == "point"
        else Text("Give it as a map layer: {formats}.", formats=", ".join(MAP_FORMATS)),
    )


def _drop_wrong_kinds(name: str, table: Typed) -> list[Finding]:
    """Take out shapes of another kind than the table's, and tell of them and of rows without a shape."""
    kind = read_dictionary()[name].geometry
    shapes = np.array(table.geometry, dtype=object)
    kinds = np.array([None if shape is None else shape.geom_type for shape in shapes], dtype=object)
    wrong = np.array([found is not None and found not in _SHAPES[kind] for found in kinds], dtype=bool)
    findings = []
    if wrong.any():
        findings.append(
            shape_finding(
                name,
                table,
                "D024",
                Text(
                    "Shapes of another kind ({found}) where the table has {kind}.",
                    found=", ".join(sorted(set(kinds[wrong]))),
                    kind=", ".join(sorted(_SHAPES[kind])),
                ),
                Text("Draw them anew as the kind the table has."),
                wrong,
            )
        )
    shapes[wrong | shapely.is_empty(shapes)] = None
    missing = shapely.is_missing(shapes) & ~wrong
    if name == "schools":
        missing &= texts(table.frame, "owner") != "private"
    if missing.any() and name != "projects":
        findings.append(
            shape_finding(
                name,
                table,
                "D023",
                Text("Rows without a place on the map."),
                Text("Draw them in, or take them out."),
                missing,
            )
        )
    table.geometry = shapes
    return findings


def _settle_crs(name: str, table: Typed, stated: Stated) -> list[Finding]:
    """Set the system that the shapes are in: as said for the layer, else as it states, else as said for all."""
    own = None if table.crs is None else registered(table.crs)
    table.crs = stated.crs.get(name, own or stated.crs.get(EVERY))
    if table.crs is not None:
        if own is None or own == table.crs:
            return []
        return [
            shape_finding(
                name,
                table,
                "D027",
                Text(
                    "The layer states {own} and was read as {crs}, as asked.",
                    own=own.name,
                    crs=table.crs.to_string(),
                ),
                Text("Set it in the layer, so that it need not be asked for."),
                level="note",
            )
        ]
    if table.geometry is None or not len(table.frame):
        return []
    advice = Text(
        "Set it in the layer (in QGIS: Layer, Set CRS of layer), or name it with crs, as EPSG:4490."
    )
    found = shape_finding(
        name,
        table,
        "D020",
        Text("The layer does not say in which coordinate reference system it is."),
        _with_looks(advice, table.geometry),
    )
    table.geometry = None
    return [found]


def _with_looks(advice: Text, shapes: NDArray[np.object_]) -> Text:
    """Return advice with what the coordinates look like."""
    looks = look_like(shapes)
    if not looks:
        return advice
    what = looks[0]
    for other in looks[1:]:
        what = Text("{one}, or {other}", one=what, other=other)
    return Text("{advice} The coordinates look like {what}.", advice=advice, what=what)


def _settle_coordinates(name: str, table: Typed, crs: CRS, shapes: NDArray[np.object_]) -> list[Finding]:
    """Tell of coordinates that do not fit their system; exchange those that fit it the other way round."""
    fault = coordinates_fault(shapes, crs)
    if not fault:
        return []
    if fault == "swapped":
        table.geometry = swapped(shapes)
        if crs.is_geographic:
            return [
                shape_finding(
                    name,
                    table,
                    "D021",
                    Text(
                        "Longitude and latitude are exchanged: they fit {crs} only the other way round.",
                        crs=crs.name,
                    ),
                    Text("Put the longitude first (in China 73 to 135) and the latitude second (18 to 54)."),
                )
            ]
        return [
            shape_finding(
                name,
                table,
                "D021",
                Text("East and north are exchanged: they fit {crs} only the other way round.", crs=crs.name),
                Text("Put the east first and the north second, as map files have them."),
            )
        ]
    if fault == "no degrees":
        table.geometry = None
        return [
            shape_finding(
                name,
                table,
                "D022",
                Text("The coordinates are no degrees of longitude and latitude, though the layer says so."),
                _with_looks(
                    Text(
                        "State the coordinate reference system they are in; GeoJSON without one is in degrees by its standard."
                    ),
                    shapes,
                ),
            )
        ]
    return [_outside(name, table, crs, shapes)]


def _outside(name: str, table: Typed, crs: CRS, shapes: NDArray[np.object_]) -> Finding:
    middle, area = middle_of(shapes), crs.area_of_use
    longitude, latitude = (np.nan, np.nan) if middle is None else in_degrees(middle[None], crs)[0]
    advice = Text(
        "See that the layer's coordinate reference system, and its zone, is the one its coordinates are in."
    )
    return shape_finding(
        name,
        table,
        "D028",
        Text(
            "In {crs} the shapes lie at {longitude}, {latitude}, outside the area that it is made for ({area}).",
            crs=crs.name,
            longitude=f"{longitude:.3f}",
            latitude=f"{latitude:.3f}",
            area="" if area is None else area.name,
        ),
        _with_looks(advice, shapes),
        level="warning",
    )


def placed(name: str, tables: Mapping[str, Typed], metric: CRS, findings: list[Finding]) -> gpd.GeoDataFrame:
    """Return a table with its shapes in the metric system; adds what has no place in it to the findings."""
    if name not in tables:
        return gpd.GeoDataFrame(empty_table(read_dictionary()[name]), geometry=[], crs=metric)
    table = tables[name]
    shapes = np.full(len(table.frame), None, dtype=object)
    if table.geometry is not None and table.crs is not None:
        shapes = in_crs(table.geometry, table.crs, metric)
        findings += _inexact(name, table, table.crs, metric)
        lost = np.array(
            [a is not None and b is None for a, b in zip(table.geometry, shapes, strict=True)], dtype=bool
        )
        if lost.any():
            findings.append(
                shape_finding(
                    name,
                    table,
                    "D022",
                    Text("Places too far away to be drawn with the blocks."),
                    Text("See that their coordinates, and their coordinate reference system, are right."),
                    lost,
                )
            )
    return gpd.GeoDataFrame(table.frame.reset_index(drop=True), geometry=shapes, crs=metric)


def _inexact(name: str, table: Typed, crs: CRS, metric: CRS) -> list[Finding]:
    """Tell of a change between datums of which no exact public one is known."""
    datums = {datum_of(crs), datum_of(metric)}
    if len(datums) == 1 or not datums & OLD_DATUMS:
        return []
    return [
        shape_finding(
            name,
            table,
            "D027",
            Text(
                "{table} came from {crs} into {metric}; the shift between their datums is not known exactly, so that places may be off by metres, or by tens of metres.",
                table=TableName(name),
                crs=crs.name,
                metric=metric.name,
            ),
            Text("Ask the mapping office for the layer in CGCS2000 (EPSG:4490) where that matters."),
            level="note",
        )
    ]
