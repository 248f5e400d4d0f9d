"""
The shifted coordinates of Chinese web maps: GCJ-02 (Amap, Tencent) and BD-09 (Baidu), and their way back to WGS 84.

Both are published only as programs; these are the public formulas (the "eviltransform" ones) that agree with the maps
within a metre or so. Points are arrays [point, 2] of longitude and latitude in degrees. Outside China all is left
as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

DATUMS = ("gcj02", "bd09")
"""Shifted datums that a layer may be in."""

_AXIS = 6_378_245.0
"""Half the long axis of Krasovsky's ellipsoid. [m]"""

_ECCENTRICITY_SQUARED = 0.00669342162296594323

_BAIDU_PHASE = np.pi * 3000 / 180

_ROUNDS = 30
_CLOSE = 1e-10
"""Step below which the way back has arrived: about a hundredth of a millimetre. [degrees]"""


def in_china(points: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which points lie in the rectangle in which the maps are shifted."""
    longitude, latitude = points[:, 0], points[:, 1]
    return (longitude >= 72.004) & (longitude <= 137.8347) & (latitude >= 0.8293) & (latitude <= 55.8271)


def _waves(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return 20 * np.sin(6 * np.pi * x) + 20 * np.sin(2 * np.pi * x)


def wgs84_to_gcj02(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return GCJ-02 coordinates of WGS 84 ones: in China some 300 to 700 m off."""
    x, y = points[:, 0] - 105, points[:, 1] - 35
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x))
    east += (_waves(x) + 20 * np.sin(np.pi * x) + 40 * np.sin(np.pi * x / 3)) * 2 / 3
    east += (150 * np.sin(np.pi * x / 12) + 300 * np.sin(np.pi * x / 30)) * 2 / 3
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x))
    north += (_waves(x) + 20 * np.sin(np.pi * y) + 40 * np.sin(np.pi * y / 3)) * 2 / 3
    north += (160 * np.sin(np.pi * y / 12) + 320 * np.sin(np.pi * y / 30)) * 2 / 3
    latitude = np.radians(points[:, 1])
    flat = 1 - _ECCENTRICITY_SQUARED * np.sin(latitude) ** 2
    along_parallel = _AXIS / np.sqrt(flat) * np.cos(latitude)
    along_meridian = _AXIS * (1 - _ECCENTRICITY_SQUARED) / flat**1.5
    shift = np.degrees(np.column_stack([east / along_parallel, north / along_meridian]))
    return np.where(in_china(points)[:, None], points + shift, points)


def gcj02_to_bd09(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return BD-09 coordinates of GCJ-02 ones: about 0.0065 degrees to the east and 0.006 to the north."""
    x, y = points[:, 0], points[:, 1]
    radius = np.hypot(x, y) + 0.00002 * np.sin(y * _BAIDU_PHASE)
    angle = np.arctan2(y, x) + 0.000003 * np.cos(x * _BAIDU_PHASE)
    moved = np.column_stack([radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006])
    return np.where(in_china(points)[:, None], moved, points)


def wgs84_to_bd09(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return BD-09 coordinates of WGS 84 ones."""
    return gcj02_to_bd09(wgs84_to_gcj02(points))


_TO: dict[str, Callable[[NDArray[np.float64]], NDArray[np.float64]]] = {
    "gcj02": wgs84_to_gcj02,
    "bd09": wgs84_to_bd09,
}


def shifted(points: NDArray[np.float64], datum: str) -> NDArray[np.float64]:
    """Return WGS 84 coordinates as a datum of `DATUMS` has them; as they are for ``wgs84``."""
    return _TO[datum](points) if datum in _TO else points


def unshifted(points: NDArray[np.float64], datum: str) -> NDArray[np.float64]:
    """
    Return WGS 84 coordinates of those of a datum of `DATUMS`, well within a centimetre; as they are for ``wgs84``.

    By p <- p + (given - shifted(p)) until it stands still: the shift hardly changes over its own length.
    """
    if datum not in _TO:
        return points
    there = in_china(points)
    given = points[there]
    found = given.copy()
    for _ in range(_ROUNDS):
        step = given - _TO[datum](found)
        found += step
        if not np.abs(step).max(initial=0.0) > _CLOSE:
            break
    whole = points.copy()
    whole[there] = found
    return whole


def undo_shift(shapes: NDArray[np.object_], datum: str) -> NDArray[np.object_]:
    """Return shapes in the degrees of a datum of `DATUMS` as they lie in WGS 84."""
    return shapely.transform(shapes, lambda points: unshifted(points, datum))
