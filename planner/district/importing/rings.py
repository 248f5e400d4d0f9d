"""Rings of a GeoJSON file that are not closed, for which it cannot be read: the first point is put at their end too."""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planner.district.files import load

if TYPE_CHECKING:
    from planner.district.files import Raw, Source
    from planner.district.findings import Finding


def load_closing_rings(source: Source) -> tuple[Raw | None, list[Finding], int]:
    """
    Read a GeoJSON file as if its rings were closed; the file is left as it is.

    Returns
    -------
    The table, None when it cannot be read for another reason; what was found; the number of rings closed.
    """
    try:
        content = json.loads(source.path.read_bytes())
        closed = _close(content)
    except (ValueError, RecursionError, OSError):
        return None, [], 0
    if not closed:
        return None, [], 0
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / source.path.name
        copy.write_text(json.dumps(content), encoding="utf-8")
        raw, _, findings = load(replace(source, path=copy))
    return raw, findings, closed


def _close(content: Any) -> int:
    """Close the rings of all polygons in place, and return how many were open."""
    features = content.get("features") if isinstance(content, dict) else None
    closed = 0
    for feature in features if isinstance(features, list) else []:
        shape = feature.get("geometry") if isinstance(feature, dict) else None
        kind = shape.get("type") if isinstance(shape, dict) else None
        if shape is None or kind not in {"Polygon", "MultiPolygon"}:
            continue
        polygons = [shape.get("coordinates")] if kind == "Polygon" else shape.get("coordinates")
        for ring in (ring for polygon in _lists(polygons) for ring in _lists(polygon)):
            if isinstance(ring, list) and len(ring) > 2 and ring[0] != ring[-1]:
                ring.append(ring[0])
                closed += 1
    return closed


def _lists(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
