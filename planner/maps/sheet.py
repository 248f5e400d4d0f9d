"""The page that maps and charts are drawn on, in points from its lower left corner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import matplotlib.patheffects as effects
import numpy as np
import shapely
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon, Rectangle
from matplotlib.path import Path as Outline
from matplotlib.text import Text as Writing
from matplotlib.transforms import Bbox, TransformedBbox

from planner.maps.palette import FAINT, INK, PAPER, QUIET
from planner.maps.typeface import drawable, typeface, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

MARGIN = 30.0
LEADING = 1.36
"""Distance of lines of text over their size. [1]"""


@dataclass(frozen=True, kw_only=True)
class Box:
    """A rectangle on the page. [points]"""

    left: float
    bottom: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Right edge."""
        return self.left + self.width

    @property
    def top(self) -> float:
        """Upper edge."""
        return self.bottom + self.height


class Sheet:
    """
    A page of given size with one axes over all of it, whose unit is the point.

    Parameters
    ----------
    width, height
        Size. [points]
    """

    def __init__(self, width: float, height: float) -> None:
        self.width = width
        self.height = height
        self.figure = Figure(figsize=(width / 72, height / 72), dpi=72, facecolor=PAPER)
        self.axes = self.figure.add_axes((0, 0, 1, 1))
        self.axes.set_axis_off()
        self.axes.set(xlim=(0, width), ylim=(0, height))

    def write(
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        *,
        colour: str = INK,
        align: Literal["left", "center", "right"] = "left",
        level: Literal["bottom", "baseline", "center", "top"] = "baseline",
        order: float = 10,
        gid: str = "text",
    ) -> Writing:
        """Write one line, or several parted by a line feed, with its `align` and `level` point at x, y."""
        writing = Writing(
            x,
            y,
            "\n".join(drawable(line) for line in text.split("\n")),
            color=colour,
            fontproperties=typeface(size),
            horizontalalignment=align,
            verticalalignment=level,
            linespacing=1.15,
            usetex=False,
            parse_math=False,
            zorder=order,
        )
        writing.set_gid(gid)
        self.axes.add_artist(writing)
        return writing

    def paragraph(
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        width: float,
        *,
        colour: str = INK,
        gid: str = "text",
    ) -> float:
        """Write a text broken into lines below y; return where it ends. [points]"""
        for line in wrapped(text, size, width):
            y -= size * LEADING
            self.write(x, y + 0.3 * size, line, size, colour=colour, gid=gid)
        return y

    def rectangle(
        self, box: Box, *, fill: str = "none", edge: str = "none", width: float = 0.5, order: float = 5
    ) -> None:
        """Draw a rectangle."""
        self.axes.add_artist(
            Rectangle(
                (box.left, box.bottom),
                box.width,
                box.height,
                facecolor=fill,
                edgecolor=edge,
                linewidth=width,
                zorder=order,
            )
        )

    def polygon(
        self, corners: Sequence[tuple[float, float]], *, fill: str, edge: str = "none", order: float = 6
    ) -> None:
        """Draw a small filled polygon."""
        self.axes.add_artist(
            Polygon(
                np.array(corners), closed=True, facecolor=fill, edgecolor=edge, linewidth=0.6, zorder=order
            )
        )

    def line(
        self,
        xs: Sequence[float] | NDArray[np.float64],
        ys: Sequence[float] | NDArray[np.float64],
        *,
        colour: str = INK,
        width: float = 0.6,
        dashes: tuple[float, ...] = (),
        order: float = 6,
    ) -> None:
        """Draw a line through the points; `dashes` are lengths on and off in points."""
        line = Line2D(
            xs,
            ys,
            color=colour,
            linewidth=width,
            linestyle="-",
            marker="None",
            solid_capstyle="butt",
            dash_capstyle="butt",
            solid_joinstyle="round",
            dash_joinstyle="round",
            zorder=order,
        )
        if dashes:
            line.set_linestyle((0, tuple(length / width for length in dashes)))
        self.axes.add_artist(line)

    def lines(
        self,
        segments: Sequence[NDArray[np.float64]],
        *,
        colour: str,
        width: float,
        order: float,
        dashes: tuple[float, ...] = (),
        within: Box | None = None,
        alpha: float | None = None,
    ) -> None:
        """Draw many lines in one style; `dashes` are lengths on and off in points."""
        if not segments:
            return
        collection = PathCollection(
            [trace(segments)],
            facecolors="none",
            edgecolors=colour,
            linewidths=width,
            linestyles=[(0, tuple(length / width for length in dashes)) if dashes else "solid"],
            zorder=order,
            alpha=alpha,
            capstyle="butt",
            joinstyle="round",
        )
        self._add(collection, within)

    def shapes(
        self,
        outlines: Sequence[Outline],
        *,
        fills: Sequence[str] | str = "none",
        edge: str = "none",
        width: float = 0.0,
        order: float,
        within: Box | None = None,
        alpha: float | None = None,
    ) -> None:
        """Draw many outlines."""
        if not outlines:
            return
        collection = PathCollection(
            outlines,
            facecolors=fills,
            edgecolors=edge,
            linewidths=width,
            zorder=order,
            joinstyle="round",
            alpha=alpha,
        )
        self._add(collection, within)

    def discs(
        self,
        centres: NDArray[np.float64],
        radii: NDArray[np.float64],
        *,
        fills: Sequence[str] | str,
        edge: str = INK,
        widths: Sequence[float] | float = 0.6,
        order: float = 8,
        within: Box | None = None,
    ) -> None:
        """Draw circles of given radii. [points]"""
        circle = Outline.unit_circle()
        outlines = [
            Outline(np.asarray(circle.vertices) * radius + centre, circle.codes)
            for centre, radius in zip(centres, radii, strict=True)
        ]
        if not outlines:
            return
        collection = PathCollection(
            outlines, facecolors=fills, edgecolors=edge, linewidths=widths, zorder=order
        )
        self._add(collection, within)

    def _add(self, collection: PathCollection, within: Box | None) -> None:
        self.axes.add_collection(collection, autolim=False)
        if within is not None:
            frame = Bbox.from_bounds(within.left, within.bottom, within.width, within.height)
            # As a box, not as a path: SVG files would be written twice as slowly.
            collection.set_clip_box(TransformedBbox(frame, self.axes.transData))

    def footer(self, source: str) -> None:
        """Write the source line above a hairline's foot at the bottom of the page."""
        width = self.width - 2 * MARGIN
        rows = wrapped(source, 6.4, width)
        self.line((MARGIN, MARGIN + width), (18 + 9 * len(rows),) * 2, colour=FAINT, width=0.4)
        for row, text in enumerate(rows):
            self.write(MARGIN, 10 + 9 * (len(rows) - row), text, 6.4, colour=QUIET, gid="source")


def footer_height(source: str, width: float) -> float:
    """Return the height that a page of this width needs below its map. [points]"""
    return 34 + 9 * len(wrapped(source, 6.4, width - 2 * MARGIN))


def header_height(title: str, lines: Iterable[str], width: float) -> float:
    """Return the height that title and subtitle need. [points]"""
    rows = sum(len(wrapped(line, 8.6, width - 2 * MARGIN)) for line in lines)
    return MARGIN + len(wrapped(title, 15, width - 2 * MARGIN)) * 20 + rows * 8.6 * LEADING + 15


def write_header(sheet: Sheet, title: str, lines: Iterable[str]) -> float:
    """Write title and subtitle at the top of a page; return where they end. [points]"""
    y = sheet.height - MARGIN + 6
    width = sheet.width - 2 * MARGIN
    for row in wrapped(title, 15, width):
        y -= 20
        writing = sheet.write(MARGIN, y, row, 15, gid="title")
        writing.set_path_effects([effects.withStroke(linewidth=0.35, foreground=INK)])
    y -= 6
    for line in lines:
        y = sheet.paragraph(MARGIN, y, line, 8.6, width, colour=QUIET, gid="subtitle")
    return y - 12


def outline(geometry: BaseGeometry) -> Outline:
    """Return polygons, holes included, as one outline."""
    parts = shapely.get_parts(geometry)
    polygons = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
    rings, polygon = shapely.get_rings(polygons, return_index=True)
    if not len(rings):
        return Outline(np.empty((0, 2)))
    # Renderers fill by winding: a hole must run against its outer ring, the first of each polygon.
    outer = np.diff(polygon, prepend=-1) > 0
    rings = np.where(shapely.is_ccw(rings) == outer, rings, shapely.reverse(rings))
    vertices, ring = shapely.get_coordinates(rings, return_index=True)
    codes = np.full(len(vertices), Outline.LINETO, dtype=Outline.code_type)
    starts = np.flatnonzero(np.diff(ring, prepend=-1))
    codes[starts] = Outline.MOVETO
    codes[np.append(starts[1:], len(vertices)) - 1] = Outline.CLOSEPOLY
    return Outline(vertices, codes)


def trace(segments: Sequence[NDArray[np.float64]]) -> Outline:
    """Return open lines as one outline."""
    starts = np.cumsum([0, *(len(segment) for segment in segments[:-1])])
    vertices = np.concatenate(segments)
    codes = np.full(len(vertices), Outline.LINETO, dtype=Outline.code_type)
    codes[starts] = Outline.MOVETO
    return Outline(vertices, codes)


def plate(box: Box, *, corner: float = 1.6, beside: float = 0.0) -> Outline:
    """Return a box with round corners, widened on both sides, as an outline."""
    left, bottom, right, top = box.left - beside, box.bottom, box.right + beside, box.top
    vertices = [
        (left + corner, bottom),
        (right - corner, bottom),
        (right, bottom),
        (right, bottom + corner),
        (right, top - corner),
        (right, top),
        (right - corner, top),
        (left + corner, top),
        (left, top),
        (left, top - corner),
        (left, bottom + corner),
        (left, bottom),
        (left + corner, bottom),
        (left + corner, bottom),
    ]
    move, line, curve, close = Outline.MOVETO, Outline.LINETO, Outline.CURVE3, Outline.CLOSEPOLY
    codes = [move, *[line, curve, curve] * 4, close]
    return Outline(vertices, codes)


def box_polygon(box: Box) -> BaseGeometry:
    """Return a box as a polygon."""
    return shapely.box(box.left, box.bottom, box.right, box.top)


def strokes(geometries: Iterable[BaseGeometry]) -> list[NDArray[np.float64]]:
    """Return the lines of geometries, parts of multi-lines apart, as arrays of points."""
    parts = shapely.get_parts(shapely.get_parts(list(geometries)))
    lines = parts[(shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING) & ~shapely.is_empty(parts)]
    vertices, line = shapely.get_coordinates(lines, return_index=True)
    return np.split(vertices, np.flatnonzero(np.diff(line)) + 1) if len(lines) else []


def hatching(area: BaseGeometry, distance: float) -> list[NDArray[np.float64]]:
    """
    Return lines at 45 degrees that fill an area, in phase with those of every other area.

    Parameters
    ----------
    area
        Polygons in the unit they are drawn in.
    distance
        Distance between neighbouring lines, in that unit.
    """
    if shapely.is_empty(area):
        return []
    left, bottom, right, top = shapely.bounds(area)
    step = distance * np.sqrt(2)
    offsets = np.arange(np.ceil((bottom - right) / step), np.floor((top - left) / step) + 1) * step
    ends = np.stack(
        [
            np.column_stack([np.full_like(offsets, left), left + offsets]),
            np.column_stack([np.full_like(offsets, right), right + offsets]),
        ],
        axis=1,
    )
    if not len(ends):
        return []
    return strokes([shapely.intersection(shapely.geometry.MultiLineString(list(ends)), area)])


def nice(value: float) -> float:
    """Return the largest 1, 2 or 5 times a power of ten that does not exceed the value."""
    power = 10.0 ** np.floor(np.log10(value))
    return float(max(step * power for step in (1, 2, 5) if step * power <= value * (1 + 1e-9)))
