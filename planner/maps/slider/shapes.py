"""Catchments as paths of whole numbers whose borders stay shared: what the page of the years draws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from planner.maps.land import BARRIERS, Frame, assigned, without_slivers
from planner.maps.sheet import Box

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from planner.maps.land import Land
    from planner.plan import Plan

WIDTH = 1000.0
"""Of the drawing; as many pixels on a screen. [units]"""
LOWEST, HIGHEST = 420.0, 1000.0
"""Least and largest height. [units]"""
FINENESS = 4
"""Steps of a path in one unit of the drawing."""


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """A district as paths."""

    frame: Frame
    """Where the land lies, y upwards. [units]"""
    areas: list[dict[int, str]]
    """Path of every catchment by its position in the plan, for each assignment of blocks that differs."""
    assignment: list[int]
    """Which of them holds in each year of the plan."""
    outline: str
    barriers: dict[str, str]
    """Lines by kind of barrier."""

    def placed(self, metres: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return x and y downwards of points. [units]"""
        up = self.frame.points(metres.reshape(-1, 2))
        return np.column_stack([up[:, 0], self.frame.box.height - up[:, 1]])


def drawing(land: Land, plan: Plan, stage: str) -> Drawing:
    """Return the paths of a stage's catchments in all years, simplified to what a screen shows."""
    left, low, right, top = land.bounds
    height = float(np.clip(WIDTH * (top - low) / max(right - left, 1.0), LOWEST, HIGHEST))
    frame = Frame.around(land.bounds, Box(left=0.0, bottom=0.0, width=WIDTH, height=height), padding=0.015)
    pixel = 1 / frame.scale
    blocks = shapely.coverage_simplify(_polygonal(land.blocks), pixel)
    areas: dict[bytes, dict[int, str]] = {}
    assignment = []
    for year in plan.years:
        positions = assigned(plan, stage, year)
        key = positions.tobytes()
        if key not in areas:
            areas[key] = {
                int(position): _path(
                    without_slivers(shapely.union_all(blocks[positions == position]), pixel), frame
                )
                for position in np.unique(positions)
            }
        assignment.append(list(areas).index(key))
    return Drawing(
        frame=frame,
        areas=list(areas.values()),
        assignment=assignment,
        outline=_path(shapely.simplify(land.outline, pixel), frame),
        barriers={
            kind: _path(shapely.simplify(land.barriers[kind], pixel), frame)
            for kind in BARRIERS
            if kind in land.barriers
        },
    )


def _polygonal(blocks: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return the blocks as polygons alone, without the lines and points that a mended block may hold."""
    mixed = shapely.get_type_id(blocks) == shapely.GeometryType.GEOMETRYCOLLECTION
    whole = blocks.copy()
    for k in np.flatnonzero(mixed):
        parts = shapely.get_parts(blocks[k])
        whole[k] = shapely.union_all(parts[shapely.get_dimensions(parts) == 2])
    return whole


def _path(geometry: BaseGeometry, frame: Frame) -> str:
    """
    Return polygons or lines as an SVG path in whole steps, y downwards.

    Every point falls on the nearest whole step, so that two neighbours have the same border.
    """
    parts = shapely.get_parts(geometry)
    surfaces = shapely.get_dimensions(parts) == 2
    lines = [*shapely.get_rings(parts[surfaces]), *parts[~surfaces]]
    written = []
    for line in lines:
        points = frame.points(shapely.get_coordinates(line))
        steps = np.rint(FINENESS * np.column_stack([points[:, 0], frame.box.height - points[:, 1]])).astype(
            int
        )
        steps = steps[np.append(True, np.diff(steps, axis=0).any(axis=1))]
        closed = shapely.is_closed(line)
        if len(steps) < (4 if closed else 2):
            continue
        moves = np.diff(steps[:-1] if closed else steps, axis=0)
        along = " ".join(f"{x} {y}" for x, y in moves.tolist())
        written.append(f"M{steps[0, 0]} {steps[0, 1]}l{along}{'z' if closed else ''}")
    return "".join(written)
