"""Polygons whose lines cross each other so often that making them valid would take all memory."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from planner.district.files.model import fault
from planner.words import Text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.district.files.model import Raw, Source
    from planner.district.findings import Finding

_FEW = 500
"""A polygon of fewer points is never too much. [points]"""
_MOST = 100_000
"""Crossings that are still untangled: each takes about a kilobyte."""
_BY_NATURE = 4
"""Segments that each touches without crossing any: itself, its neighbours, and some slack."""
_AT_A_TIME = 50
"""Segments compared with all others at once."""


def without_tangles(source: Source, raw: Raw) -> tuple[Raw, list[Finding]]:
    """Return a table without the polygons that are hopelessly tangled, and the error that names their rows."""
    if raw.geometry is None:
        return raw, []
    shapes = raw.geometry
    large = ~shapely.is_missing(shapes) & (shapely.get_num_coordinates(shapes) > _FEW)
    suspects = np.flatnonzero(large)[~shapely.is_valid(shapes[large])]
    tangled = [int(at) for at in suspects if _is_tangled(shapes[at : at + 1])]
    if not tangled:
        return raw, []
    kept = shapes.copy()
    kept[tangled] = None
    return replace(raw, geometry=kept), [
        fault(
            source,
            "D030",
            Text("Polygons whose lines cross each other more than {most} times.", most=_MOST),
            Text("Redraw them, or run the tool Fix geometries of QGIS on the layer."),
            tuple(int(raw.frame.index[at]) for at in tangled),
        )
    ]


def _is_tangled(shape: NDArray[np.object_]) -> bool:
    """Return whether the lines of a shape, alone in an array, cross more often than is untangled."""
    segments = _segments(shape)
    tree = shapely.STRtree(segments)
    left = _MOST * 2 + _BY_NATURE * len(segments)
    for start in range(0, len(segments), _AT_A_TIME):
        part = segments[start : start + _AT_A_TIME]
        left -= tree.query(part, predicate="intersects").shape[1]
        if left < 0:
            return True
    return False


def _segments(shape: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return the straight lines of which the outlines of a shape are made."""
    points, ring = shapely.get_coordinates(shapely.get_rings(shapely.get_parts(shape)), return_index=True)
    within = ring[:-1] == ring[1:]
    return np.asarray(shapely.linestrings(np.stack([points[:-1], points[1:]], axis=1)[within]), dtype=object)
