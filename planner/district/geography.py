"""Where things are: neighbouring blocks, ways on foot, and lines that a way would cross."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from planner.district.tables import complete, figures, texts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.district.model import District

BORDER_TOLERANCE = 1.0
"""Gap or overlap up to which two blocks' borders count as one line. [m]"""


def block_points(blocks: gpd.GeoDataFrame) -> NDArray[np.object_]:
    """
    Return a point inside each block, where its children are taken to live.

    The centroid where it lies inside, else a point on the surface; None for a block without a shape.
    """
    shapes = blocks.geometry.to_numpy()
    centres = shapely.centroid(shapes)
    return np.where(shapely.contains(shapes, centres), centres, shapely.point_on_surface(shapes))


def distance_matrix(
    district: District, schools: gpd.GeoDataFrame | None = None, detour: float | None = None
) -> NDArray[np.float32]:
    r"""
    Way on foot from every block to every school.

    .. math:: d_{b,s} = \delta \, |p_b - p_s|

    with p a point inside the block (`block_points`) and :math:`\delta` the detour factor; where the district's
    `travel` table has the pair, the metres measured there instead.

    Parameters
    ----------
    schools
        Schools indexed by id with points in the district's coordinates; the district's own when None.
    detour
        Way on foot over the straight line; the district's when None. [1]

    Returns
    -------
    Array [block, school], in the order of the blocks and the schools; nan where a place is unknown. [m]

    Raises
    ------
    ValueError
        When neither the district nor the caller says the detour: the policy's is the caller's to give.
    """
    factor = district.detour if detour is None else detour
    if factor is None:
        raise ValueError("the district states no detour: give the policy's")
    schools = district.schools if schools is None else schools
    from_x, from_y = _coordinates(block_points(district.blocks))
    to_x, to_y = _coordinates(schools.geometry.to_numpy())
    metres = factor * np.hypot(from_x[:, None] - to_x, from_y[:, None] - to_y)
    travel = complete(district["travel"], ("block", "school", "metres"))
    at_block = district.blocks.index.get_indexer(pd.Index(texts(travel, "block")))
    at_school = schools.index.get_indexer(pd.Index(texts(travel, "school")))
    known = (at_block >= 0) & (at_school >= 0)
    metres[at_block[known], at_school[known]] = figures(travel, "metres")[known]
    return metres.astype(np.float32)


def _coordinates(points: NDArray[np.object_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return shapely.get_x(points), shapely.get_y(points)


def crossings(district: District, schools: gpd.GeoDataFrame | None = None) -> NDArray[np.bool_]:
    """
    Whether the straight way from a block to a school crosses a barrier.

    Parameters
    ----------
    schools
        Schools with points in the district's coordinates; the district's own when None.

    Returns
    -------
    Array [block, school], in the order of the blocks and the schools; False where a place is unknown.
    """
    schools = district.schools if schools is None else schools
    starts = np.column_stack(_coordinates(block_points(district.blocks)))
    ends = np.column_stack(_coordinates(schools.geometry.to_numpy()))
    crossed = np.zeros((len(starts), len(ends)), dtype=bool)
    table = district["barriers"]
    if not isinstance(table, gpd.GeoDataFrame) or not len(table):
        return crossed
    barriers = shapely.union_all(table.geometry.dropna().to_numpy())
    shapely.prepare(barriers)
    pairs = np.argwhere(np.isfinite(starts.sum(axis=1))[:, None] & np.isfinite(ends.sum(axis=1)))
    ways = shapely.linestrings(np.stack([starts[pairs[:, 0]], ends[pairs[:, 1]]], axis=1))
    crossed[pairs[:, 0], pairs[:, 1]] = shapely.intersects(barriers, ways)
    return crossed


def neighbours(blocks: gpd.GeoDataFrame, *, tolerance: float = BORDER_TOLERANCE) -> pd.DataFrame:
    """
    Pairs of blocks that share a border line; touching at a corner is not enough.

    Where drawings do not meet exactly (slivers of overlap or gap), the border of one block that runs within the
    tolerance of the other counts as shared.

    Parameters
    ----------
    blocks
        Polygons indexed by block, in metres.
    tolerance
        Gap or overlap bridged; shared borders must be longer than it. [m]

    Returns
    -------
    DataFrame
        Columns block, neighbour (ids, each pair once, in the order of the blocks) and metres, the length of the
        shared border.
    """
    shapes = shapely.make_valid(blocks.geometry.to_numpy())
    tree = shapely.STRtree(shapes)
    first, second = tree.query(shapes, predicate="dwithin", distance=tolerance)
    once = first < second
    order = np.lexsort((second[once], first[once]))
    first, second = first[once][order], second[once][order]
    metres = _shared_border(shapes, first, second, tolerance)
    shared = metres > tolerance
    ids = blocks.index.to_numpy()
    return pd.DataFrame(
        {"block": ids[first[shared]], "neighbour": ids[second[shared]], "metres": metres[shared]}
    )


def _shared_border(
    shapes: NDArray[np.object_], first: NDArray[np.intp], second: NDArray[np.intp], tolerance: float
) -> NDArray[np.float64]:
    """Return the length of border that pairs of polygons share. [m]."""
    borders = shapely.boundary(shapes)
    exact = shapely.length(shapely.intersection(borders[first], borders[second]))
    bounds = shapely.bounds(shapes)
    low = np.maximum(bounds[first, :2], bounds[second, :2]) - 2 * tolerance
    high = np.minimum(bounds[first, 2:], bounds[second, 2:]) + 2 * tolerance
    windows = shapely.box(low[:, 0], low[:, 1], high[:, 0], high[:, 1])
    near_first = shapely.intersection(borders[first], windows)
    near_second = shapely.intersection(borders[second], windows)
    close = shapely.intersection(near_first, shapely.buffer(near_second, tolerance, quad_segs=2))
    ends = 2 * tolerance * np.maximum(shapely.get_num_geometries(shapely.line_merge(close)), 1)
    nearly = np.maximum(shapely.length(close) - ends, 0.0)
    return np.where(nearly > 1.1 * exact + 4 * tolerance, nearly, exact)
