"""
Repair of drawn blocks and of the boundary, within stated tolerances: shapes only, never a count or an id.

============================== ==================================================================================
what                          until
============================== ==================================================================================
rings of GeoJSON left open     always: the first point is put at the end too
points drawn twice            within half a millimetre of each other
rings that cross themselves   the area changes by 0.1 % or 10 m2
crumbs: parts of a block      20 m2
overlaps and gaps of blocks   narrower than the tolerance (1 m where none is given), or no larger than 20 m2
borders that do not meet      1 mm: both blocks get the same points
============================== ==================================================================================

No border moves farther than the tolerance, or than 5 m beside a gap or an overlap of at most 20 m2; what would need
more is left as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from planner.district.findings import Finding, few
from planner.district.importing.borders import closed_up, one_shape, polygons
from planner.district.importing.repairs import (
    BESIDE,
    GRID,
    SMALL,
    TOLERANCE,
    VALID_AREA,
    VALID_SHARE,
    Repair,
)
from planner.district.tables import named
from planner.words import Text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.district.model import District

_Shapes = Any
"""Array of shapes, as numpy keeps them."""


@dataclass(frozen=True, kw_only=True)
class Mended:
    """Polygons after a repair, and what was done to them."""

    shapes: NDArray[np.object_]
    """In the order of the polygons before."""
    repairs: tuple[Repair, ...]
    findings: tuple[Finding, ...]
    """Errors: polygons that cannot be repaired within the tolerances."""


def fix_district(
    district: District, *, tolerance: float = TOLERANCE
) -> tuple[District, list[Repair], list[Finding]]:
    """
    Return the district with its blocks and boundary repaired, what was done, and what could not be.

    Every table without a map, and every column of the others, is the same as before.

    Parameters
    ----------
    tolerance
        Width up to which gaps and overlaps between blocks are closed. [m]
    """
    blocks = fix_polygons(district.blocks, "blocks", tolerance=tolerance)
    fixed = district.with_tables(blocks=district.blocks.set_geometry(blocks.shapes))
    repairs, findings = [*blocks.repairs], [*blocks.findings]
    outline = district["boundary"]
    if isinstance(outline, gpd.GeoDataFrame) and len(outline):
        boundary = _each_alone(outline.geometry.to_numpy(), named(outline.index + 1), "boundary")
        fixed = fixed.with_tables(boundary=outline.set_geometry(boundary.shapes))
        repairs += boundary.repairs
        findings += boundary.findings
    return fixed, [*repairs, *_schools_beside(fixed)], findings


def crossing_polygons(district: District) -> list[Finding]:
    """Return the blocks and boundaries that cross themselves, as errors: without a repair they cannot be used."""
    findings = []
    for name in ("blocks", "boundary"):
        table = district[name]
        if not isinstance(table, gpd.GeoDataFrame):
            continue
        shapes = table.geometry.to_numpy()
        crossing = table.index[~shapely.is_valid(shapes) & ~shapely.is_missing(shapes)]
        if len(crossing):
            ids = named(crossing if name == "blocks" else crossing + 1)
            findings.append(
                Finding(
                    level="error",
                    code="I009",
                    table=name,
                    ids=ids,
                    text=Text("Polygons that cross themselves: {ids}.", ids=few(ids)),
                    advice=Text("Import with --fix, which mends them where little changes, or redraw them."),
                )
            )
    return findings


def fix_polygons(table: gpd.GeoDataFrame, name: str, *, tolerance: float = TOLERANCE) -> Mended:
    """
    Repair polygons that should lie beside each other.

    Polygons that are sound and meet each other point by point are returned as they are.

    Parameters
    ----------
    table
        Polygons indexed by id, in a metric system; missing ones stay missing.
    name
        Table that they are, for the log.
    tolerance
        Width up to which gaps and overlaps are closed. [m]
    """
    ids = table.index.to_numpy(object)
    alone = _each_alone(table.geometry.to_numpy(), named(ids), name)
    shapes = alone.shapes.copy()
    sound = np.flatnonzero(~shapely.is_missing(shapes) & shapely.is_valid(shapes))
    shapes[sound], repairs = closed_up(shapes[sound], ids[sound], name, tolerance)
    return Mended(shapes=shapes, repairs=(*alone.repairs, *repairs), findings=alone.findings)


def _each_alone(drawn: _Shapes, ids: tuple[str, ...], name: str) -> Mended:
    """Mend polygons one by one: points drawn twice, rings that cross themselves, crumbs."""
    shapes, repairs, findings = drawn.copy(), [], []
    single = shapely.remove_repeated_points(shapes, GRID / 2)
    fewer = shapely.get_num_coordinates(shapes) - shapely.get_num_coordinates(single)
    for at in np.flatnonzero((fewer > 0) & ~shapely.is_empty(single)):
        shapes[at] = single[at]
        repairs.append(Repair(kind="points", table=name, ids=(ids[at],), count=int(fewer[at])))
    for at in np.flatnonzero(~shapely.is_valid(shapes) & ~shapely.is_missing(shapes)):
        parts = polygons(shapely.make_valid(shapes[at : at + 1]))[0]
        before, after = float(shapely.area(shapes[at])), float(shapely.area(parts).sum())
        if not len(parts) or abs(after - before) > max(VALID_AREA, VALID_SHARE * before):
            findings.append(_beyond_repair(name, ids[at], before, after))
            continue
        shapes[at] = one_shape(parts)
        repairs.append(
            Repair(
                kind="valid",
                table=name,
                ids=(ids[at],),
                area=abs(after - before),
                before=before,
                after=after,
            )
        )
    for at in np.flatnonzero(shapely.get_num_geometries(shapes) > 1):
        parts = shapely.get_parts(shapes[at])
        crumb = shapely.area(parts) <= SMALL
        if crumb.any() and not crumb.all():
            shapes[at] = one_shape(parts[~crumb])
            repairs.append(
                Repair(
                    kind="crumbs",
                    table=name,
                    ids=(ids[at],),
                    count=int(crumb.sum()),
                    area=float(shapely.area(parts[crumb]).sum()),
                )
            )
    return Mended(shapes=shapes, repairs=tuple(repairs), findings=tuple(findings))


def _beyond_repair(name: str, row: str, before: float, after: float) -> Finding:
    return Finding(
        level="error",
        code="I010",
        table=name,
        ids=(row,),
        text=Text(
            "The polygon of {id} crosses itself; made valid it would change from {before} m2 to {after} m2, more than the tolerance.",
            id=row,
            before=f"{before:,.0f}",
            after=f"{after:,.0f}",
        ),
        advice=Text("Redraw it."),
    )


def _schools_beside(district: District) -> list[Repair]:
    """Return the schools that stand a little outside every block."""
    points, shapes = district.schools.geometry.to_numpy(), district.blocks.geometry.to_numpy()
    there = np.flatnonzero(~shapely.is_missing(points))
    shapes = shapes[~shapely.is_missing(shapes)]
    if not len(there) or not len(shapes):
        return []
    _, away = shapely.STRtree(shapes).query_nearest(points[there], return_distance=True, all_matches=False)
    return [
        Repair(kind="school beside", table="schools", ids=(str(district.schools.index[at]),), metres=metres)
        for at, metres in zip(there, away, strict=True)
        if 0 < metres <= BESIDE
    ]
