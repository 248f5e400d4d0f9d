"""Coordinates: the metric reference system of a district, and shapes brought into it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS, Proj
from pyproj.exceptions import CRSError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_CGCS2000 = 4490

SCALE_TOLERANCE = 0.02
"""Error of lengths up to which a plane system counts as metric. [1]"""


def parse_crs(text: str) -> CRS | None:
    """Return the coordinate reference system that a text names, as EPSG:4548; None when it names none."""
    try:
        return CRS.from_user_input(text)
    except CRSError:
        return None


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
    if crs.to_epsg() == _CGCS2000 and 73.5 <= longitude < 136.5:
        meridian = 3 * round(longitude / 3)
        return CRS.from_epsg(4534 + (meridian - 75) // 3)
    zone = min(int((longitude + 180) // 6) + 1, 60)
    return CRS.from_epsg((32600 if latitude >= 0 else 32700) + zone)


def metric_crs(crs: CRS, shapes: NDArray[np.object_]) -> CRS | None:
    """
    Return the metric system in which a district given in `crs` is planned, or None when the shapes have no place.

    A plane system in metres, true to scale there, is kept; otherwise a local one is chosen at the centre.
    """
    west, south, east, north = gpd.GeoSeries(shapes, crs=crs).to_crs(4326).total_bounds
    longitude, latitude = (west + east) / 2, (south + north) / 2
    if not (abs(longitude) <= 180 and abs(latitude) < 84):
        return None
    if in_metres(crs) and true_to_scale(crs, longitude, latitude):
        return crs
    return local_metric_crs(crs, longitude, latitude)


def swapped(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return the shapes with their two coordinates exchanged."""
    return shapely.transform(shapes, lambda points: points[:, ::-1])


def degrees_fault(shapes: NDArray[np.object_]) -> str:
    """
    Return what is wrong with coordinates that should be degrees of longitude and latitude.

    ``swapped`` when they would be degrees the other way round, ``no degrees`` when neither, else empty.
    """
    if not len(shapes):
        return ""
    west, south, east, north = shapely.total_bounds(shapes)
    across, along = max(abs(west), abs(east)), max(abs(south), abs(north))
    if np.isnan(west) or (across <= 180 and along <= 90):
        return ""
    return "swapped" if across <= 90 and along <= 180 else "no degrees"


def in_crs(shapes: NDArray[np.object_], source: CRS, target: CRS) -> NDArray[np.object_]:
    """Return the shapes in another system; those that have no place in it become None."""
    if source == target:
        return shapes
    moved = gpd.GeoSeries(shapes, crs=source).to_crs(target).to_numpy().copy()
    lost = ~np.isfinite(shapely.bounds(moved)).all(axis=1)
    moved[lost] = None
    return moved
