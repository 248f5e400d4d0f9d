"""Places given as columns: longitude and latitude, eastings and northings, or shapes in WKT."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError

from planner.district.findings import Finding
from planner.district.heads import column_of, plain
from planner.district.values import as_text, floats
from planner.words import Text, read_dictionary

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.district.files.model import Raw

_DEGREES = (
    ("lon", "lng", "long", "longitude", "经度", "东经"),
    ("lat", "latitude", "纬度", "北纬"),
)
_METRES = (
    ("x", "easting", "东坐标", "横坐标", "x坐标"),
    ("y", "northing", "北坐标", "纵坐标", "y坐标"),
)
_SHAPES = ("wkt", "geometry", "geom", "几何")
_NAMES = frozenset(plain(name) for names in (*_DEGREES, *_METRES, _SHAPES) for name in names)

_WITH_CODE = re.compile(r"\s*SRID=([0-9]{4,6})\s*;", re.IGNORECASE)


def is_place(head: str) -> bool:
    """Whether a head is that of a column of places."""
    return plain(head) in _NAMES


def _found(raw: Raw, names: tuple[str, ...]) -> int | None:
    """Return the position of the first column under one of the names that is no column of the dictionary."""
    table = read_dictionary()[raw.table]
    heads = [
        "" if column_of(table, str(head)) is not None else plain(str(head)) for head in raw.frame.columns
    ]
    return next((heads.index(plain(name)) for name in names if plain(name) in heads), None)


def _fault(raw: Raw, bad: NDArray[np.bool_], text: Text, advice: Text) -> list[Finding]:
    if not bad.any():
        return []
    rows = tuple(int(row) for row in raw.frame.index[bad])
    return [
        Finding(
            level="error", code="D010", table=raw.table, file=raw.file, rows=rows, text=text, advice=advice
        )
    ]


def _without(raw: Raw, *positions: int) -> pd.DataFrame:
    return raw.frame.iloc[:, [at for at in range(raw.frame.shape[1]) if at not in positions]]


def with_places_of_columns(raw: Raw) -> tuple[Raw, list[Finding]]:
    """
    Return a table of the map with the places that its columns state, where it has such columns.

    Shapes of any kind may be in WKT (``wkt``, ``geometry``, 几何), also with a code in front
    (``SRID=4490;POINT (117.5 34.5)``); points in columns lon and lat (经度, 纬度), or in a plane system in columns x
    (east, 东坐标) and y (north, 北坐标). The system of a plane and of WKT without a code is not stated.
    """
    kind = read_dictionary()[raw.table].geometry
    if not kind:
        return raw, []
    if kind == "point":
        for names, degrees in ((_DEGREES, True), (_METRES, False)):
            east, north = (_found(raw, name) for name in names)
            if east is not None and north is not None:
                return _points(raw, east, north, degrees=degrees)
    position = _found(raw, _SHAPES)
    return (raw, []) if position is None else _shapes(raw, position)


def _points(raw: Raw, east: int, north: int, *, degrees: bool) -> tuple[Raw, list[Finding]]:
    written = [pd.Series(raw.frame.iloc[:, position]) for position in (east, north)]
    x, y = (floats(cells, decimal_comma=raw.decimal_comma) for cells in written)
    blank = (as_text(written[0]).isna() & as_text(written[1]).isna()).to_numpy(bool)
    known = np.isfinite(x) & np.isfinite(y)
    shapes = np.full(len(raw.frame), None, dtype=object)
    shapes[known] = shapely.points(x[known], y[known])
    findings = _fault(
        raw,
        ~blank & ~known,
        Text("Longitude or latitude is no number.") if degrees else Text("Easting or northing is no number."),
        Text("Write both in decimal degrees, as 117.563 and 34.562.")
        if degrees
        else Text("Write both in metres, as 551800 and 3825000."),
    )
    crs = CRS.from_epsg(4326) if degrees else None
    return replace(raw, frame=_without(raw, east, north), geometry=shapes, crs=crs), findings


def _shapes(raw: Raw, position: int) -> tuple[Raw, list[Finding]]:
    written = as_text(pd.Series(raw.frame.iloc[:, position])).to_numpy(object, na_value=None)
    codes = [_WITH_CODE.match(text) if text is not None else None for text in written]
    texts = [
        text if code is None or text is None else text[code.end() :]
        for text, code in zip(written, codes, strict=True)
    ]
    shapes = np.asarray(
        shapely.force_2d(shapely.from_wkt(np.array(texts, dtype=object), on_invalid="ignore"))
    )
    filled = np.array([text is not None for text in written], dtype=bool)
    findings = _fault(
        raw,
        filled & shapely.is_missing(shapes),
        Text("Shapes that are no WKT."),
        Text("Write them as POLYGON ((x y, x y, x y, x y)), or give the table as a map layer."),
    )
    stated = {
        None if code is None else int(code[1]) for code, there in zip(codes, filled, strict=True) if there
    }
    if len(stated) > 1:
        findings += _fault(
            raw,
            filled,
            Text("Shapes in several coordinate reference systems, or some without one."),
            Text("Give all shapes of a table in one."),
        )
    code = stated.pop() if len(stated) == 1 else None
    crs = None
    if code is not None:
        try:
            crs = CRS.from_epsg(code)
        except CRSError:
            findings += _fault(
                raw,
                filled,
                Text("EPSG:{code} names no coordinate reference system.", code=code),
                Text("Name one as EPSG:4490 or EPSG:4326."),
            )
    return replace(raw, frame=_without(raw, position), geometry=shapes, crs=crs), findings
