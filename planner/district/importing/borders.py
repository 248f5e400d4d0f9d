"""
Borders of blocks that should meet: narrow and small overlaps and gaps closed, the same points on both sides.

Shapes are cut and joined on a grid of a millimetre: without one, GEOS may lose a narrow piece of a union unseen.

An overlap or an enclosed gap is closed whole or left whole. It goes to the neighbour that shares the longest border
with it; what of a gap is out of that neighbour's reach goes to the next. No border moves farther than the tolerance,
measured from where it was drawn.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from planner.district.importing.repairs import GRID, SMALL, SMALL_REACH, Repair
from planner.district.tables import named

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ROUNDS = 4
"""What one repair leaves, as the crumbs of a cut, the next takes up; more rounds find nothing on any case tried."""

_OPEN_WIDTH = 0.01
"""Mean width from which a gap that is open to the outside is told from the rounding of its search. [m]"""

_TOUCH = 10 * GRID
"""Length of border from which a piece of a gap lies beside a block, and not at its corner. [m]"""

_LISTED = 0.01
"""Area from which an overlap or a gap is worth a line. [m2]"""

_STEP = 10.0
"""Distance of the points, beside its corners, at which the movement of a border is measured. [m]"""

_OF_LAND = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)

_Shapes = Any
"""Array of shapes, as numpy keeps them."""


def closed_up(
    drawn: _Shapes, ids: NDArray[np.object_], table: str, tolerance: float
) -> tuple[_Shapes, list[Repair]]:
    """
    Return valid polygons with their borders closed up, and what was done.

    Polygons that meet already, and those that cannot be made to meet, are returned as they are, to the bit.

    Parameters
    ----------
    drawn
        Polygons without missing ones, in metres.
    ids
        Their ids.
    table
        Table they are of.
    tolerance
        Width up to which overlaps and gaps are closed, and how far a border may move for it. [m]
    """
    if not len(drawn) or _meet(drawn, tolerance):
        return drawn, []
    shapes = _land(shapely.set_precision(drawn, GRID))
    given: defaultdict[tuple[int, int], float] = defaultdict(float)
    filled: defaultdict[int, list[float]] = defaultdict(list)
    crumbs: defaultdict[int, list[float]] = defaultdict(list)
    for _ in range(_ROUNDS):
        cut, moves = _without_overlaps(shapes, drawn, tolerance)
        for keeper, loser, area in moves:
            given[keeper, loser] += area
        whole, pieces = _without_gaps(cut, drawn, tolerance)
        for block, area in pieces:
            filled[block].append(area)
        shapes, gone = _without_crumbs(_meeting(whole))
        for block, area in gone:
            crumbs[block].append(area)
        if not (moves or pieces or gone):
            break
    moved = ~shapely.equals_exact(drawn, shapes, tolerance=2 * GRID, normalize=True)
    changed = ~shapely.equals_exact(drawn, shapes, tolerance=0, normalize=True)
    moved |= changed & (_unmet(drawn) - _unmet(shapes) > tolerance)
    if not moved.any():
        return drawn, _left(drawn, ids, table)
    repairs = [
        *(
            Repair(kind="overlap", table=table, ids=named(ids[[taker, loser]]), area=area)
            for (taker, loser), area in sorted(given.items())
            if area >= _LISTED
        ),
        *(
            Repair(kind="gap", table=table, ids=(str(ids[block]),), count=len(areas), area=sum(areas))
            for block, areas in sorted(filled.items())
            if sum(areas) >= _LISTED
        ),
        *(
            Repair(kind="crumbs", table=table, ids=(str(ids[block]),), count=len(areas), area=sum(areas))
            for block, areas in sorted(crumbs.items())
            if sum(areas) >= _LISTED
        ),
    ]
    repairs.append(Repair(kind="meeting", table=table, ids=named(ids[moved])))
    return shapes, [*repairs, *_left(shapes, ids, table)]


def polygons(shapes: _Shapes) -> tuple[_Shapes, NDArray[np.intp]]:
    """Return the polygons that shapes consist of, and the position of the shape that each is of."""
    parts, of = shapely.get_parts(shapes, return_index=True)
    parts, within = shapely.get_parts(parts, return_index=True)
    area = shapely.area(parts) > 0
    return parts[area], of[within][area]


def one_shape(parts: _Shapes) -> shapely.Geometry:
    """Return polygons as one polygon or multipolygon."""
    return parts[0] if len(parts) == 1 else shapely.multipolygons(parts)


def _enclosed(land: shapely.Geometry) -> tuple[_Shapes, _Shapes]:
    """Return what land encloses, as polygons without the land in it, and the land's parts without holes."""
    parts = shapely.get_parts(land)
    parts = parts[shapely.area(parts) > 0]
    whole = np.asarray(shapely.polygons(shapely.get_exterior_ring(parts)))
    rings = [ring for part in parts for ring in part.interiors]
    if not rings:
        return np.array([], dtype=object), whole
    inside = np.asarray(shapely.polygons(rings))
    hole, island = shapely.STRtree(parts).query(inside, predicate="contains")
    for at in np.unique(hole):
        islands = shapely.union_all(whole[island[hole == at]], grid_size=GRID)
        inside[at] = shapely.difference(inside[at], islands, grid_size=GRID)
    return polygons(inside)[0], whole


def _land(shapes: _Shapes) -> _Shapes:
    """Return shapes without the lines and points that cutting and joining may leave."""
    result = shapes.copy()
    for at in np.flatnonzero(~np.isin(shapely.get_type_id(shapes), _OF_LAND)):
        parts = polygons(shapes[at : at + 1])[0]
        result[at] = one_shape(parts) if len(parts) else shapely.Polygon()
    return result


def _meet(shapes: _Shapes, tolerance: float) -> bool:
    """Whether polygons meet point by point, without a gap that a repair would look at."""
    enclosed, _ = _enclosed(shapely.union_all(shapes))
    small = (shapely.area(enclosed) <= SMALL).any()
    return not small and bool(shapely.coverage_is_valid(shapes, gap_width=tolerance))


def _unmet(shapes: _Shapes) -> NDArray[np.float64]:
    """Return the length of each outline that does not meet its neighbours' point by point. [m]."""
    return shapely.length(shapely.coverage_invalid_edges(shapes))


def _narrow(parts: _Shapes, tolerance: float) -> NDArray[np.bool_]:
    """Return which polygons hold no circle as wide as the tolerance."""
    return shapely.is_empty(shapely.buffer(parts, -tolerance / 2))


def _border_along(parts: _Shapes, shapes: _Shapes) -> NDArray[np.float64]:
    """Return the length of each part's outline that runs along the outline of the shape beside it. [m]."""
    ends, of = shapely.get_coordinates(shapely.segmentize(shapely.boundary(parts), _STEP), return_index=True)
    joined = of[1:] == of[:-1]
    length = np.hypot(*(ends[1:] - ends[:-1])[joined].T)
    away = _away((ends[1:] + ends[:-1])[joined] / 2, shapely.boundary(shapes), of[1:][joined])
    along = np.where(away <= GRID, length, 0.0)
    return np.bincount(of[1:][joined], weights=along, minlength=len(parts)).astype(np.float64)


def _moved(before: _Shapes, after: _Shapes, places: _Shapes) -> NDArray[np.float64]:
    """
    Return how far outlines moved where places were cut off or added; infinite where an outline is gone. [m].

    The outline of such a place is the border as it was and the border as it is: the movement is the distance of its
    farthest point from the one or the other.
    """
    points, of = shapely.get_coordinates(
        shapely.segmentize(shapely.boundary(places), _STEP), return_index=True
    )
    farthest = np.zeros(len(places))
    for outlines in (shapely.boundary(before), shapely.boundary(after)):
        np.maximum.at(farthest, of, _away(points, outlines, of))
    return farthest


def _away(points: NDArray[np.float64], lines: _Shapes, of: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return the distance of points from the line of each; infinite where that is none. [m]."""
    with np.errstate(divide="ignore", invalid="ignore"):
        # GEOS divides by the length of a segment, which may be as good as nothing.
        return np.nan_to_num(shapely.distance(shapely.points(points), lines[of]), nan=np.inf)


def _overlaps(shapes: _Shapes) -> tuple[_Shapes, NDArray[np.intp], NDArray[np.intp]]:
    """Return the places where two blocks lie on the same ground, and the blocks of each."""
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    once = first < second
    first, second = first[once], second[once]
    order = np.lexsort((second, first))
    first, second = first[order], second[order]
    parts, pair = polygons(shapely.intersection(shapes[first], shapes[second], grid_size=GRID))
    return parts, first[pair], second[pair]


def _without_overlaps(
    shapes: _Shapes, drawn: _Shapes, tolerance: float
) -> tuple[_Shapes, list[tuple[int, int, float]]]:
    """Cut narrow and small overlaps from one of the two blocks; return (keeper, loser, ground [m2]) of each."""
    parts, first, second = _overlaps(shapes)
    if not len(parts):
        return shapes, []
    narrow = _narrow(parts, tolerance)
    mendable = narrow | (shapely.area(parts) <= SMALL)
    parts, first, second = parts[mendable], first[mendable], second[mendable]
    reach = np.where(narrow, tolerance, SMALL_REACH)[mendable] + GRID
    first_keeps = _border_along(parts, shapes[second]) >= _border_along(parts, shapes[first])
    loser = np.full(len(parts), -1)
    for keeps in (first_keeps, ~first_keeps):
        at = np.flatnonzero(loser < 0)
        loses = np.where(keeps, second, first)[at]
        cut = _land(shapely.difference(shapes[loses], parts[at], grid_size=GRID))
        held = ~shapely.is_empty(cut) & (_moved(drawn[loses], cut, parts[at]) <= reach[at])
        loser[at[held]] = loses[held]
    result = shapes.copy()
    for block in np.unique(loser[loser >= 0]):
        lost = shapely.union_all(parts[loser == block], grid_size=GRID)
        result[block] = shapely.difference(result[block], lost, grid_size=GRID)
    keeper = np.where(loser == first, second, first)
    area = shapely.area(parts)
    moves = [(int(keeper[at]), int(loser[at]), float(area[at])) for at in np.flatnonzero(loser >= 0)]
    return _land(result), moves


def _without_gaps(
    shapes: _Shapes, drawn: _Shapes, tolerance: float
) -> tuple[_Shapes, list[tuple[int, float]]]:
    """Give narrow and small gaps to the blocks beside them; return (block, ground [m2]) of each piece."""
    gaps, reach = _gaps(shapes, tolerance)
    if not len(gaps):
        return shapes, []
    gap, block = shapely.STRtree(shapes).query(gaps, predicate="dwithin", distance=GRID)
    metres = _border_along(gaps[gap], shapes[block])
    order = np.lexsort((block, -metres, gap))
    gap, block = gap[order], block[order]
    near = shapely.buffer(drawn[block], reach[gap])
    alone = np.r_[True, gap[1:] != gap[:-1]] & (metres[order] > _TOUCH) & shapely.covers(near, gaps[gap])
    shared = ~np.isin(gap, gap[alone])
    pieces = [(at, gaps[gap[at]]) for at in np.flatnonzero(alone)]
    pieces += _divided(gaps, shapes, gap, block, near, np.flatnonzero(shared))
    if not pieces:
        return shapes, []
    at, piece = np.array([at for at, _ in pieces]), np.array([ground for _, ground in pieces])
    gap, block = gap[at], block[at]
    held = (
        _moved(drawn[block], _land(shapely.union(shapes[block], piece, grid_size=GRID)), piece)
        <= reach[gap] + GRID
    )
    kept = np.isin(gap, gap[~held], invert=True)
    result = shapes.copy()
    for one in np.unique(block[kept]):
        result[one] = shapely.union_all([result[one], *piece[kept & (block == one)]], grid_size=GRID)
    area = shapely.area(piece)
    return _land(result), [(int(block[at]), float(area[at])) for at in np.flatnonzero(kept)]


def _divided(
    gaps: _Shapes,
    shapes: _Shapes,
    gap: NDArray[np.intp],
    block: NDArray[np.intp],
    near: _Shapes,
    pairs: NDArray[np.intp],
) -> list[tuple[int, shapely.Geometry]]:
    """Return the pieces of gaps that no block can take whole: each block in turn takes what is near and beside it."""
    rest = dict(zip(gap[pairs], gaps[gap[pairs]], strict=True))
    pieces: list[tuple[int, shapely.Geometry]] = []
    for at in pairs:
        left = rest[gap[at]]
        if left.is_empty:
            continue
        ground = polygons(np.array([shapely.intersection(left, near[at], grid_size=GRID)]))[0]
        beside = _border_along(ground, np.full(len(ground), shapes[block[at]])) > _TOUCH
        if beside.any():
            pieces += [(int(at), part) for part in ground[beside]]
            taken = shapely.union_all(ground[beside], grid_size=GRID)
            rest[gap[at]] = _land(np.array([shapely.difference(left, taken, grid_size=GRID)]))[0]
    return pieces


def _gaps(shapes: _Shapes, tolerance: float) -> tuple[_Shapes, NDArray[np.float64]]:
    """Return the gaps to fill, and how far a border may move into each. [m]."""
    enclosed, outlines = _enclosed(shapely.union_all(shapes, grid_size=GRID))
    narrow = _narrow(enclosed, tolerance)
    whole = narrow | (shapely.area(enclosed) <= SMALL)
    land = shapely.union_all(outlines, grid_size=GRID)
    closing = shapely.buffer(
        shapely.buffer(land, tolerance / 2, join_style="mitre"), -tolerance / 2, join_style="mitre"
    )
    parts = polygons(np.array([shapely.difference(closing, land, grid_size=GRID)]))[0]
    parts = parts[2 * shapely.area(parts) > _OPEN_WIDTH * shapely.length(parts)]
    beside = shapely.STRtree(shapes).query(parts, predicate="dwithin", distance=GRID)[0]
    parts = parts[np.bincount(beside, minlength=len(parts)) > 1]
    reach = np.where(narrow, tolerance, SMALL_REACH)[whole]
    return np.concatenate([enclosed[whole], parts]), np.append(reach, np.full(len(parts), tolerance))


def _without_crumbs(shapes: _Shapes) -> tuple[_Shapes, list[tuple[int, float]]]:
    """Take away the crumbs that cutting left; return (block, ground [m2]) of each block's."""
    result, crumbs = shapes.copy(), []
    for block in np.flatnonzero(shapely.get_num_geometries(shapes) > 1):
        parts = shapely.get_parts(shapes[block])
        crumb = shapely.area(parts) <= SMALL
        if crumb.any() and not crumb.all():
            result[block] = one_shape(parts[~crumb])
            crumbs.append((int(block), float(shapely.area(parts[crumb]).sum())))
    return result, crumbs


def _meeting(shapes: _Shapes) -> _Shapes:
    """Return polygons that have the same points along common borders."""
    lines = shapely.union_all(shapely.boundary(shapes), grid_size=GRID)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(lines)))
    block, face = shapely.STRtree(shapely.point_on_surface(faces)).query(shapes, predicate="contains")
    result = shapes.copy()
    for at in np.unique(block):
        own = faces[face[block == at]]
        result[at] = own[0] if len(own) == 1 else shapely.union_all(own, grid_size=GRID)
    return _land(result)


def _left(shapes: _Shapes, ids: NDArray[np.object_], table: str) -> list[Repair]:
    """Return the overlaps and the enclosed land that stay."""
    parts, first, second = _overlaps(shapes)
    overlaps: defaultdict[tuple[int, int], float] = defaultdict(float)
    for one, other, area in zip(first, second, shapely.area(parts), strict=True):
        overlaps[one, other] += float(area)
    enclosed, _ = _enclosed(shapely.union_all(shapes, grid_size=GRID))
    gap, block = shapely.STRtree(shapes).query(enclosed, predicate="dwithin", distance=GRID)
    return [
        *(
            Repair(kind="overlap left", table=table, ids=named(ids[list(pair)]), area=area)
            for pair, area in overlaps.items()
            if area >= _LISTED
        ),
        *(
            Repair(
                kind="gap left",
                table=table,
                ids=named(ids[np.sort(block[gap == at])]),
                area=float(shapely.area(hole)),
            )
            for at, hole in enumerate(enclosed)
        ),
    ]
