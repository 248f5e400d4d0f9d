"""Coordinates: the metric reference system of a district, and shapes brought into it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS, Proj
from pyproj.exceptions import CRSError, ProjError

from planner.words import Text

if TYPE_CHECKING:
    from numpy.typing import NDArray

_CGCS2000 = 4490

_DEGREES = CRS.from_epsg(4326)
_NOWHERE = 1e12
"""A coordinate of no system: farther than the sun. [m]"""

OLD_DATUMS = frozenset({4214, 4555, 4610})
"""Geographic systems of China without a public exact tie to CGCS2000: Beijing 1954, New Beijing, Xian 1980."""

SCALE_TOLERANCE = 0.02
"""Error of lengths up to which a plane system counts as metric. [1]"""

AREA_MARGIN = 1.0
"""Distance from the area that a system is made for up to which it may be used: towns near the border of a
Gauss-Kruger zone keep to one zone. [degrees]"""


def parse_crs(text: str) -> CRS | None:
    """Return the coordinate reference system that a text names, as EPSG:4548; None when it names none."""
    try:
        return CRS.from_user_input(text)
    except CRSError:
        return None


def registered(crs: CRS) -> CRS:
    """
    Return the system of the EPSG register that a system is, or the system itself where it is none of them.

    The texts of ESRI's .prj files have other names and another order of axes than the register. The order does not
    matter: shapes hold the east first whatever a system says of its axes.
    """
    code = crs.to_epsg()
    return crs if code is None else CRS.from_epsg(code)


def datum_of(crs: CRS) -> int | None:
    """Return the EPSG code of the geographic system that a system rests on, None when it is not registered."""
    base = crs.geodetic_crs
    return None if base is None else base.to_epsg()


def in_metres(crs: CRS) -> bool:
    """Whether the coordinates are plane and in metres, true to scale or not."""
    return crs.is_projected and all(axis.unit_conversion_factor == 1.0 for axis in crs.axis_info[:2])


def true_to_scale(crs: CRS, longitude: float, latitude: float) -> bool:
    """
    Whether a metre of a plane system is a metre on the ground at a place, within 2 % along both axes.

    The world's Mercator maps are in metres by name only: at 35° they are a fifth too long.
    """
    factors = Proj(crs).get_factors(longitude, latitude)
    return all(
        abs(scale - 1) <= SCALE_TOLERANCE for scale in (factors.meridional_scale, factors.parallel_scale)
    )


def local_metric_crs(crs: CRS, longitude: float, latitude: float) -> CRS:
    """
    Return the metric system of a place: CGCS2000 3-degree Gauss-Kruger for CGCS2000 coordinates, else UTM.

    Parameters
    ----------
    crs
        System that the coordinates come in; EPSG:4490 is CGCS2000.
    longitude, latitude
        Centre of the blocks. [degrees]
    """
    if datum_of(crs) == _CGCS2000 and 73.5 <= longitude < 136.5:
        meridian = 3 * round(longitude / 3)
        return CRS.from_epsg(4534 + (meridian - 75) // 3)
    zone = min(int((longitude + 180) // 6) + 1, 60)
    return CRS.from_epsg((32600 if latitude >= 0 else 32700) + zone)


def metric_crs(crs: CRS, shapes: NDArray[np.object_]) -> CRS | None:
    """
    Return the metric system in which a district given in `crs` is planned, or None when the shapes have no place.

    A plane system in metres, true to scale there, is kept; otherwise a local one is chosen at the centre.
    """
    west, south, east, north = shapely.total_bounds(_moved(shapes, crs, _DEGREES))
    longitude, latitude = (west + east) / 2, (south + north) / 2
    if not (abs(longitude) <= 180 and abs(latitude) < 84):
        return None
    if in_metres(crs) and true_to_scale(crs, longitude, latitude):
        return crs
    return local_metric_crs(crs, longitude, latitude)


def swapped(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return the shapes with their two coordinates exchanged."""
    return shapely.transform(shapes, lambda points: points[:, ::-1])


def coordinates_fault(shapes: NDArray[np.object_], crs: CRS) -> str:
    """
    Return what is wrong with coordinates in a system, the east or the longitude first.

    ``swapped`` when they lie where the system is used, or are degrees at all, only with the two exchanged;
    ``no degrees`` when they should be degrees and are neither way; ``outside`` when the middle of the layer lies
    more than `AREA_MARGIN` from the area that the system is made for; else empty.
    """
    if crs.is_geographic and (fault := _degrees_fault(shapes)):
        return fault
    area, middle = crs.area_of_use, middle_of(shapes)
    if area is None or middle is None:
        return ""
    at = in_degrees(np.array([middle, middle[::-1]]), crs)
    width = area.east - area.west + (360 if area.east < area.west else 0) + 2 * AREA_MARGIN
    with np.errstate(invalid="ignore"):
        inside = (
            ((at[:, 0] - area.west + AREA_MARGIN) % 360 <= width)
            & (at[:, 1] >= area.south - AREA_MARGIN)
            & (at[:, 1] <= area.north + AREA_MARGIN)
        )
    return "" if inside[0] else "swapped" if inside[1] else "outside"


def _degrees_fault(shapes: NDArray[np.object_]) -> str:
    if not len(shapes):
        return ""
    west, south, east, north = shapely.total_bounds(shapes)
    across, along = max(abs(west), abs(east)), max(abs(south), abs(north))
    if np.isnan(west) or (across <= 180 and along <= 90):
        return ""
    return "swapped" if across <= 90 and along <= 180 else "no degrees"


def middle_of(shapes: NDArray[np.object_]) -> NDArray[np.float64] | None:
    """
    Return the median of the shapes' centres, which single misplaced shapes do not move; None without shapes.

    Coordinates that no system has, however far off, are left out.
    """
    bounds = shapely.bounds(shapes)
    bounds = bounds[(np.abs(bounds) < _NOWHERE).all(axis=1)]
    return np.median((bounds[:, :2] + bounds[:, 2:]) / 2, axis=0) if len(bounds) else None


def in_degrees(points: NDArray[np.float64], crs: CRS) -> NDArray[np.float64]:
    """Return longitude and latitude [point, 2] of plane or geographic coordinates; inf where there are none."""
    moved = _moved(np.asarray(shapely.points(points), dtype=object), crs, _DEGREES)
    return np.column_stack([shapely.get_x(moved), shapely.get_y(moved)])


def _moved(shapes: NDArray[np.object_], source: CRS, target: CRS) -> NDArray[np.object_]:
    """Return the shapes in another system, with infinite coordinates or None where they have no place in it."""
    try:
        return gpd.GeoSeries(shapes, crs=source).to_crs(target).to_numpy().copy()
    except ProjError:  # a system that no way leads to, such as one of no planet
        return np.full(len(shapes), None, dtype=object)


def in_crs(shapes: NDArray[np.object_], source: CRS, target: CRS) -> NDArray[np.object_]:
    """Return the shapes in another system; those that have no place in it become None."""
    if source == target:
        return shapes
    moved = _moved(shapes, source, target)
    lost = ~np.isfinite(shapely.bounds(moved)).all(axis=1)
    moved[lost] = None
    return moved


def look_like(shapes: NDArray[np.object_]) -> list[Text]:
    """
    Return what coordinates look like, of the systems that bureaus in China use and of plain degrees.

    A hint for people, who know where the layer comes from; nothing is ever read by it.
    """
    middle = middle_of(shapes)
    if middle is None:
        return []
    x, y = float(middle[0]), float(middle[1])
    seen = _seen_as(x, y)
    if not seen and (other := _seen_as(y, x)):
        return [Text("{what}, but with the two coordinates exchanged", what=what) for what in other]
    return seen


def _seen_as(east: float, north: float) -> list[Text]:
    if 73 <= east <= 136 and 3 <= north <= 54:
        return [
            Text(
                "degrees of longitude and latitude in China (EPSG:4490 if they are CGCS2000, EPSG:4326 if WGS 84)"
            )
        ]
    if abs(east) <= 180 and abs(north) <= 90:
        return [Text("degrees of longitude and latitude (EPSG:4326 if they are WGS 84)")]
    if not 1_800_000 <= north <= 6_500_000:
        return []
    seen = []
    zone, easting = divmod(east, 1_000_000)
    if 100_000 <= easting <= 900_000:
        if zone == 0:
            seen.append(
                Text(
                    "plane metres with the false easting of 500 km and no zone prefix (CGCS2000: EPSG:4534 to EPSG:4554 by the 3-degree zone's meridian, as EPSG:4548 for 117°E); the coordinates do not tell the meridian"
                )
            )
        if 25 <= zone <= 45:
            seen.append(
                Text(
                    "Gauss-Kruger metres with the prefix of 3-degree zone {zone}, meridian {meridian}°E (CGCS2000: {code})",
                    zone=int(zone),
                    meridian=int(3 * zone),
                    code=f"EPSG:{int(4513 + zone - 25)}",
                )
            )
        if 13 <= zone <= 23:
            seen.append(
                Text(
                    "Gauss-Kruger metres with the prefix of 6-degree zone {zone}, meridian {meridian}°E (CGCS2000: {code})",
                    zone=int(zone),
                    meridian=int(6 * zone - 3),
                    code=f"EPSG:{int(4491 + zone - 13)}",
                )
            )
    if 8_100_000 <= east <= 15_100_000:
        seen.append(Text("the metres of web maps (EPSG:3857)"))
    return seen
