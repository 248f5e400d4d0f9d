"""Outline, lines and blocks: a partition of the district whose borders share every vertex."""

from __future__ import annotations

import heapq
from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from shapely.geometry import LineString, MultiPoint, Point, Polygon

from yuhe_builder.places import (
    AREAS,
    CORE,
    HALF_HEIGHT,
    HALF_WIDTH,
    LATITUDE,
    LINES,
    LONGITUDE,
    NEW_TOWN,
    SPACING,
    TOWN_RADIUS,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shapely.geometry.base import BaseGeometry

GRID = 1e-6
"""Every vertex is a multiple of this. [degrees]"""
KM_EAST = 111.320 * np.cos(np.radians(LATITUDE))
KM_NORTH = 110.574


@dataclass(frozen=True, kw_only=True)
class Land:
    """The made map. Geometry in degrees; arrays follow the order of `blocks`."""

    boundary: BaseGeometry
    lines: dict[str, BaseGeometry]
    blocks: list[Polygon]
    centres: np.ndarray
    """Representative points of the blocks. [km]"""
    square_km: np.ndarray
    place: list[str]
    """core, new, town or rural."""
    area: list[str]
    ways: list[dict[int, float]]
    """From each block to its neighbours: distance of centres, and what crossing a line adds. [km]"""


def to_degrees(points: np.ndarray) -> np.ndarray:
    """Return longitudes and latitudes of points in kilometres, on the grid."""
    points = np.asarray(points, dtype=float)
    return np.round(points / (KM_EAST, KM_NORTH) + (LONGITUDE, LATITUDE), 6)


def to_km(points: np.ndarray) -> np.ndarray:
    """Return kilometres east and north of the middle."""
    return (np.asarray(points, dtype=float) - (LONGITUDE, LATITUDE)) * (KM_EAST, KM_NORTH)


def curve(points: tuple[tuple[float, float], ...], step: float = 0.22) -> np.ndarray:
    """Return a Catmull-Rom curve through the points, a vertex about every `step` kilometres."""
    ends = np.vstack([2 * np.array(points[0]) - points[1], points, 2 * np.array(points[-1]) - points[-2]])
    parts = []
    for before, start, end, after in zip(ends, ends[1:], ends[2:], ends[3:], strict=False):
        t = np.arange(0, 1, step / max(step, float(np.hypot(*(end - start)))))[:, None]
        parts.append(
            0.5
            * (
                2 * start
                + (end - before) * t
                + (2 * before - 5 * start + 4 * end - after) * t**2
                + (3 * start - before - 3 * end + after) * t**3
            )
        )
    return np.vstack([*parts, ends[-2:-1]])


def outline() -> np.ndarray:
    """Return the bent oval of the district. [km]"""
    angle = np.linspace(0, 2 * np.pi, 150, endpoint=False)
    bend = (
        1
        + 0.055 * np.sin(3 * angle + 0.7)
        + 0.04 * np.sin(5 * angle + 2.1)
        + 0.025 * np.sin(9 * angle + 0.3)
        + 0.012 * np.sin(17 * angle + 1.9)
    )
    return np.column_stack([HALF_WIDTH * bend * np.cos(angle), HALF_HEIGHT * bend * np.sin(angle)])


def outside(points: np.ndarray) -> dict[str, np.ndarray]:
    """Return how far points lie outside the old town, the new town and the nearest town's seat; 0 inside. [km]"""

    def box(shape: tuple[tuple[float, float], float, float]) -> np.ndarray:
        (x, y), width, height = shape
        scaled = np.abs(points - (x, y)) / (width, height)
        return np.maximum(0, (np.sum(scaled**4, axis=1) ** 0.25 - 1) * min(width, height))

    seats = np.array([(area.x, area.y) for area in AREAS if area.kind == "town"])
    nearest = np.min(np.hypot(*(points[:, None, :] - seats).transpose(2, 0, 1)), axis=1)
    return {"core": box(CORE), "new": box(NEW_TOWN), "town": np.maximum(0, nearest - TOWN_RADIUS)}


def spacing(points: np.ndarray) -> np.ndarray:
    """Return the usual distance of neighbouring blocks at points, growing away from the towns. [km]"""
    graded = [SPACING[kind] + 0.95 * distance for kind, distance in outside(points).items()]
    return np.minimum(np.min(graded, axis=0), SPACING["rural"])


def scatter(rng: np.random.Generator, closeness: float, candidates: int) -> np.ndarray:
    """Return points no nearer to each other than `closeness` times the usual distance of blocks there."""
    box = np.array([HALF_WIDTH, HALF_HEIGHT]) * 1.25
    near_towns = np.concatenate(
        [
            np.array([area.x, area.y]) + rng.uniform(-1.6, 1.6, (candidates // 12, 2))
            for area in AREAS
            if area.kind == "town"
        ]
    )
    in_towns = [
        np.array(centre) + rng.uniform(-1.4, 1.4, (candidates, 2)) * (width, height)
        for centre, width, height in (CORE, NEW_TOWN)
    ]
    points = rng.permutation(np.concatenate([rng.uniform(-box, box, (candidates, 2)), near_towns, *in_towns]))
    reach = spacing(points) * closeness
    cells: dict[tuple[int, int], list[int]] = defaultdict(list)
    kept: list[int] = []
    for index, (x, y) in enumerate(points):
        column, row = int(x // 0.5), int(y // 0.5)
        span = int(reach[index] // 0.5) + 1
        close = (
            other
            for i in range(column - span, column + span + 1)
            for j in range(row - span, row + span + 1)
            for other in cells.get((i, j), ())
        )
        if all(np.hypot(*(points[other] - (x, y))) >= reach[index] for other in close):
            cells[column, row].append(index)
            kept.append(index)
    return points[kept]


def _segments(faces: list[Polygon]) -> dict[tuple, list[int]]:
    """Return the faces on either side of each piece of border, by its two end points."""
    sides: dict[tuple, list[int]] = defaultdict(list)
    for index, face in enumerate(faces):
        for ring in (face.exterior, *face.interiors):
            for start, end in pairwise(np.round(shapely.get_coordinates(ring), 6).tolist()):
                sides[tuple(sorted((tuple(start), tuple(end))))].append(index)
    return sides


def _on_lines(segments: list[tuple], lines: dict[str, LineString]) -> dict[tuple, str]:
    """Return the line that each piece of border runs along, where there is one."""
    ends = np.array(segments)
    points = shapely.points(np.stack([ends[:, 0], ends.mean(axis=1), ends[:, 1]]))
    found: dict[tuple, str] = {}
    for name, line in lines.items():
        close = shapely.distance(points, line).max(axis=0) < 1.5 * GRID
        found.update({segments[index]: name for index in np.flatnonzero(close)})
    return found


def _cells(rng: np.random.Generator, lines: dict[str, LineString]) -> list[Polygon]:
    """Return small faces cut by outline and lines, every vertex on the grid and shared."""
    boundary = Polygon(to_degrees(outline()))
    seeds = scatter(rng, 0.36, 30000)
    edges = shapely.voronoi_polygons(MultiPoint(seeds), only_edges=True)
    straight = shapely.transform(edges, to_degrees)
    noded = shapely.union_all([straight, boundary.exterior, *lines.values()], grid_size=GRID)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    inside = shapely.contains(shapely.buffer(boundary, GRID), shapely.point_on_surface(faces))
    return [
        shapely.transform(face, lambda xy: np.round(xy, 6))
        for face, kept in zip(faces, inside, strict=True)
        if kept
    ]


def _grow(cells: list[Polygon], starts: list[int], ways: list[dict[int, float]]) -> np.ndarray:
    """Return for each cell the start it is nearest to along `ways`; -1 when none reaches it."""
    owner = np.full(len(cells), -1)
    queue = [(0.0, start, number) for number, start in enumerate(starts)]
    heapq.heapify(queue)
    while queue:
        length, cell, number = heapq.heappop(queue)
        if owner[cell] >= 0:
            continue
        owner[cell] = number
        for other, way in ways[cell].items():
            if owner[other] < 0:
                heapq.heappush(queue, (length + way, other, number))
    return owner


def _cell_ways(
    cells: list[Polygon], sides: dict[tuple, list[int]], closed: set[tuple]
) -> list[dict[int, float]]:
    middles = to_km(shapely.get_coordinates(shapely.point_on_surface(np.array(cells))))
    ways: list[dict[int, float]] = [{} for _ in cells]
    for segment, pair in sides.items():
        if len(pair) == 2 and segment not in closed:
            a, b = pair
            ways[a][b] = ways[b][a] = float(np.hypot(*(middles[a] - middles[b])))
    return ways


def make_land(rng: np.random.Generator) -> Land:
    """Return the district's outline, lines and blocks; the lines run along borders of blocks."""
    drawn = {line.barrier: LineString(to_degrees(curve(line.points))) for line in LINES}
    cells = _cells(rng, drawn)
    sides = _segments(cells)
    along = _on_lines(list(sides), drawn)
    ways = _cell_ways(cells, sides, set(along))
    tree = shapely.STRtree(cells)
    seeds = scatter(rng, 0.91, 30000)
    starts: list[int] = []
    for point in to_degrees(seeds):
        hit = tree.query(Point(point), predicate="intersects")
        if len(hit) and hit[0] not in starts:
            starts.append(int(hit[0]))
    owner = _grow(cells, starts, ways)
    while (owner < 0).any():
        lost = np.flatnonzero(owner < 0)
        starts.append(int(max(lost, key=lambda cell: cells[cell].area)))
        owner = _grow(cells, starts, ways)
    owner = _merge_small(cells, owner, sides, along)
    blocks = [
        shapely.coverage_union_all([cells[cell] for cell in np.flatnonzero(owner == number)])
        for number in np.unique(owner)
    ]
    return _describe(blocks, drawn)


def _merge_small(
    cells: list[Polygon], owner: np.ndarray, sides: dict[tuple, list[int]], along: dict[tuple, str]
) -> np.ndarray:
    """Return the owners with every block far below the usual size joined to a neighbour, on its side of the lines if there is one."""
    owner = owner.copy()
    scale = KM_EAST * KM_NORTH
    while True:
        sizes = np.bincount(owner, weights=[cell.area * scale for cell in cells])
        border: dict[int, dict[int, float]] = defaultdict(lambda: defaultdict(float))
        for segment, pair in sides.items():
            if len(pair) == 2 and owner[pair[0]] != owner[pair[1]]:
                length = float(np.hypot(*(np.array(segment[0]) - segment[1]))) * (
                    1e-6 if segment in along else 1
                )
                a, b = int(owner[pair[0]]), int(owner[pair[1]])
                border[a][b] += length
                border[b][a] += length
        for number in np.argsort(sizes):
            if sizes[number] == 0 or not border[int(number)]:
                continue
            middle = to_km(
                shapely.get_coordinates(
                    shapely.point_on_surface(cells[int(np.flatnonzero(owner == number)[0])])
                )
            )
            if sizes[number] < 0.3 * spacing(middle)[0] ** 2:
                owner[owner == number] = max(
                    border[int(number)], key=lambda other: border[int(number)][other]
                )
                break
        else:
            return owner


def _describe(blocks: Sequence[Any], drawn: dict[str, LineString]) -> Land:
    middles = to_km(shapely.get_coordinates(shapely.point_on_surface(np.array(blocks))))
    order = np.lexsort((middles[:, 0], -np.floor(middles[:, 1] / 1.3)))
    blocks = [blocks[index] for index in order]
    centres = middles[order]
    distance = outside(centres)
    place = [
        next((kind for kind in ("core", "new", "town") if distance[kind][index] <= 0.02), "rural")
        for index in range(len(blocks))
    ]
    sides = _segments(blocks)
    along = _on_lines(list(sides), drawn)
    penalty = {line.barrier: line.penalty for line in LINES}
    shared: dict[tuple[int, int], list[tuple[float, float]]] = defaultdict(list)
    for segment, pair in sides.items():
        if len(pair) == 2:
            metres = float(np.hypot(*((np.array(segment[0]) - segment[1]) * (KM_EAST, KM_NORTH)))) * 1000
            shared[min(pair), max(pair)].append((metres, penalty.get(along.get(segment, ""), 0.0)))
    ways: list[dict[int, float]] = [{} for _ in blocks]
    for (a, b), pieces in shared.items():
        if sum(metres for metres, _ in pieces) >= 15:
            crossing = min(cost for _, cost in pieces)
            ways[a][b] = ways[b][a] = float(np.hypot(*(centres[a] - centres[b]))) + crossing
    lines = {name: _joined([segment for segment, on in along.items() if on == name]) for name in drawn}
    return Land(
        boundary=shapely.coverage_union_all(blocks),
        lines=lines,
        blocks=blocks,
        centres=centres,
        square_km=np.array([block.area for block in blocks]) * KM_EAST * KM_NORTH,
        place=place,
        area=_areas(centres, place, ways),
        ways=ways,
    )


def _joined(segments: list[tuple]) -> BaseGeometry:
    """Return pieces of border as one line."""
    return shapely.line_merge(shapely.union_all([LineString(segment) for segment in sorted(segments)]))


def _areas(centres: np.ndarray, place: list[str], ways: list[dict[int, float]]) -> list[str]:
    """Return the town or sub-district of each block: the nearest by way; lines divide the sub-districts."""
    starts, names = [], []
    kinds = {"core": "core", "new": "new", "town": "town"}
    for area in AREAS:
        own = [index for index, kind in enumerate(place) if kind == kinds[area.kind]]
        starts.append(min(own, key=lambda index: float(np.hypot(*(centres[index] - (area.x, area.y))))))
        names.append(area.area)
    slow = [
        {
            other: way
            * (
                0.8
                if place[other] == place[block]
                else 2.2
                if "rural" in (place[other], place[block])
                else 30.0
            )
            for other, way in neighbours.items()
        }
        for block, neighbours in enumerate(ways)
    ]
    owner = _grow([Polygon()] * len(centres), starts, slow)
    return [names[number] for number in owner]
