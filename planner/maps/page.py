"""A page with a map on the left, a column for the legend on the right, title above and source line below."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.maps.land import BARRIERS, Frame
from planner.maps.palette import BARRIER_COLOURS, FAINT, INK, LAND, PAPER, QUIET, hatch_colour
from planner.maps.sheet import (
    LEADING,
    MARGIN,
    Box,
    Sheet,
    box_polygon,
    footer_height,
    hatching,
    header_height,
    nice,
    outline,
    strokes,
    write_header,
)
from planner.maps.typeface import text_width, wrapped
from planner.words import Text, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from planner.maps.land import Bounds, Land

SIDE = 176.0
"""Width of the legend's column. [points]"""
GUTTER = 22.0
MAP_WIDTH = 520.0
LOWEST, HIGHEST = 390.0, 600.0
"""Least and largest height of the map. [points]"""
INSET_WIDTH = 360.0
CAPTION = 13.0
"""Room above an inset. [points]"""
_LETTERS = "AB"

BARRIER_NAMES = {
    "river": Text("river"),
    "railway": Text("railway"),
    "trunk_road": Text("trunk road"),
    "expressway": Text("expressway"),
    "other": Text("other barrier"),
}


def draw_barrier(sheet: Sheet, segments: Sequence[NDArray[np.float64]], kind: str, *, within: Box) -> None:
    """Draw lines in the style of a kind of barrier: wide and pale below, narrow above."""

    def stroke(colour: str, width: float, order: float, dashes: tuple[float, ...] = ()) -> None:
        sheet.lines(segments, colour=colour, width=width, order=order, dashes=dashes, within=within)

    colour = BARRIER_COLOURS[kind]
    if kind == "river":
        stroke(PAPER, 2.6, 4.0)
        stroke(colour, 1.5, 4.1)
    elif kind == "railway":
        stroke(PAPER, 2.2, 4.6)
        stroke(colour, 1.4, 4.7)
        stroke(PAPER, 0.8, 4.8, (4.0, 4.0))
    elif kind in {"trunk_road", "expressway"}:
        wide = 1.25 if kind == "expressway" else 1.0
        stroke(colour, 1.9 * wide, 4.3)
        stroke("#f5d98b" if kind == "trunk_road" else "#e9a94b", 1.1 * wide, 4.4)
    else:
        stroke(colour, 1.0, 4.2, (1.5, 1.5))


def draw_barriers(sheet: Sheet, frame: Frame, land: Land) -> None:
    """Draw the district's barriers."""
    for kind, lines in land.barriers.items():
        draw_barrier(sheet, strokes([frame.put(lines)]), kind, within=frame.box)


class MapPage:
    """
    A page made to measure for a piece of land; the legend's column is filled from the top downwards.

    Parameters
    ----------
    bounds
        Left, bottom, right, top of what the map shows. [m]
    title, lines, source
        Title, subtitle and source line.
    insets
        Parts of the land that are shown enlarged in a column between map and legend; two at most.
    """

    def __init__(
        self,
        bounds: Bounds,
        title: str,
        lines: Sequence[str],
        source: str,
        insets: Sequence[Bounds] = (),
    ) -> None:
        column = INSET_WIDTH + GUTTER if insets else 0.0
        page_width = MARGIN + MAP_WIDTH + GUTTER + column + SIDE + MARGIN
        below = footer_height(source, page_width)
        box = map_box(bounds, below)
        self.sheet = Sheet(page_width, header_height(title, lines, page_width) + box.height + below)
        write_header(self.sheet, title, lines)
        self.sheet.footer(source)
        self.frame = Frame.around(bounds, box)
        self.windows = tuple(insets)
        """Parts of the land that are shown enlarged. [m]"""
        self.insets = [
            Frame.around(window, place, padding=0.0)
            for window, place in zip(insets, inset_boxes(box, len(insets)), strict=True)
        ]
        """Where they are shown."""
        self.left = box.right + GUTTER + column
        self.y = box.top
        """Where the next row of the legend begins. [points]"""

    def heading(self, text: str, right: str = "") -> None:
        """Write a heading in the legend's column, and one over the counts at its right edge."""
        self.y -= 6
        end = self.sheet.paragraph(self.left, self.y, text, 8.2, SIDE - 62 if right else SIDE, gid="legend")
        if right:
            self.sheet.write(
                self.left + SIDE,
                self.y - 8.2 * LEADING + 2.5,
                right,
                6.8,
                colour=QUIET,
                align="right",
                gid="legend",
            )
        self.y = end - 5

    def swatch(
        self,
        label: str,
        *,
        fill: str,
        hatch: float = 0.0,
        ink: str = "",
        count: int | None = None,
    ) -> None:
        """Write a row with a filled box, hatched in `ink` or in the colour that shows on the fill."""
        box = Box(left=self.left, bottom=self.y - 10.5, width=20, height=10.5)
        self.sheet.rectangle(box, fill=fill, order=5)
        if hatch:
            self.sheet.lines(
                hatching(box_polygon(box), hatch),
                colour=ink or hatch_colour(fill),
                width=0.45,
                order=5.2,
                within=box,
                alpha=0.7,
            )
        self.sheet.rectangle(box, edge="#8b8f96", width=0.4, order=5.3)
        self._row(label, count)

    def _row(self, label: str, count: int | None = None) -> None:
        """Write the text of a row beside its sample, over several lines where it is long, and a count."""
        lines = wrapped(label, 7.4, SIDE - 28 - (0 if count is None else 26))
        if count is not None:
            self.sheet.write(
                self.left + SIDE, self.y - 8.4, f"{count:,}", 7.4, colour=QUIET, align="right", gid="count"
            )
        for row, line in enumerate(lines):
            self.sheet.write(self.left + 28, self.y - 8.4 - 9.4 * row, line, 7.4, gid="legend")
        self.y -= 13.2 + 9.4 * (len(lines) - 1)

    def symbol_row(
        self, label: str, *, radius: float = 2.6, fill: str = PAPER, ring: float = 0.7, bar: bool = False
    ) -> None:
        """Write a row with a school's symbol, with a bar across it where asked."""
        centre = np.array([[self.left + 10, self.y - 5.8]])
        self.sheet.discs(centre, np.array([radius]), fills=fill, widths=ring)
        if bar:
            self.sheet.lines(
                [centre + np.array([[-0.6, 0.0], [0.6, 0.0]]) * radius], colour=INK, width=1.1, order=8.2
            )
        self._row(label)

    def sizes(self, seats: Sequence[float], radii: Sequence[float], label: str) -> None:
        """Write a row of circles that shows what the size of a symbol means."""
        tallest = 2 * max(radii)
        middle = self.y - 3 - tallest / 2
        x = self.left + 10 - radii[0]
        for number, radius in zip(seats, radii, strict=True):
            self.sheet.discs(np.array([[x + radius, middle]]), np.array([radius]), fills=PAPER)
            writing = f"{number:,.0f}"
            self.sheet.write(x + 2 * radius + 3, middle - 2.5, writing, 7.0, gid="legend")
            x += 2 * radius + 3 + text_width(writing, 7.0) + 10
        self.y -= tallest + 5
        self.note(label)

    def line_row(
        self,
        label: str,
        *,
        kind: str = "",
        width: float = 0.9,
        dashes: tuple[float, ...] = (),
        colour: str = INK,
        alpha: float = 1.0,
    ) -> None:
        """Write a row with a sample of a line: of a kind of barrier, or in a colour."""
        y = self.y - 6
        sample = np.array([[self.left, y], [self.left + 20, y]])
        if kind:
            box = Box(left=self.left, bottom=y - 4, width=20, height=8)
            draw_barrier(self.sheet, [sample], kind, within=box)
        else:
            self.sheet.lines([sample], colour=colour, width=width, order=6, dashes=dashes, alpha=alpha)
        self._row(label)

    def barrier_rows(self, land: Land) -> None:
        """Write a row for each kind of barrier that the district has."""
        for kind in BARRIERS:
            if kind in land.barriers:
                self.line_row(str(BARRIER_NAMES[kind]), kind=kind)

    def note(self, text: str) -> None:
        """Write a paragraph of small type."""
        self.y = self.sheet.paragraph(self.left, self.y, text, 6.8, SIDE, colour=QUIET, gid="note") - 4

    def space(self, height: float = 6.0) -> None:
        """Leave space."""
        self.y -= height

    def scale_and_north(self) -> None:
        """Draw the scale bar and the north arrow at the foot of the column."""
        draw_scale(self.sheet, self.left + 34, self.frame.box.bottom + 2, self.frame.scale, SIDE - 60)
        draw_north(self.sheet, self.left + 9, self.frame.box.bottom + 2)

    def ground(self, land: Land, frame: Frame | None = None) -> None:
        """Draw the district's land and outline, on the map or where `frame` says."""
        frame = frame or self.frame
        whole = outline(frame.put(land.outline))
        self.sheet.shapes([whole], fills=LAND, order=0.5, within=frame.box)
        self.sheet.shapes([whole], edge=INK, width=0.9, order=3.5, within=frame.box)

    def frames(self) -> None:
        """Draw the frames of the insets, on the map and around them, and write how much they enlarge."""
        for letter, window, inset in zip(_LETTERS, self.frame.boxes(self.windows), self.insets, strict=False):
            self.sheet.rectangle(window, edge=PAPER, width=2.4, order=7.6)
            self.sheet.rectangle(window, edge=INK, width=0.9, order=7.7)
            self.sheet.rectangle(inset.box, edge=INK, width=0.9, order=9.5)
            times = f"{inset.scale / self.frame.scale:.1f}"
            text = say("The framed part, {times} times as large", times=times)
            if len(self.insets) > 1:
                text = say("Part {letter}, {times} times as large", letter=letter, times=times)
                self.sheet.write(window.left + 2.5, window.top - 8.6, letter, 8.2, order=9.6, gid="inset")
            self.sheet.write(
                inset.box.left, inset.box.top + 4, text, 7.4, colour=QUIET, order=9.6, gid="inset"
            )


def map_box(bounds: Bounds, bottom: float = 0.0) -> Box:
    """Return where a page has the map of a piece of land. [points]"""
    left, low, right, top = bounds
    height = float(np.clip(MAP_WIDTH * (top - low) / max(right - left, 1.0), LOWEST, HIGHEST))
    return Box(left=MARGIN, bottom=bottom, width=MAP_WIDTH, height=height)


def inset_boxes(box: Box, number: int) -> list[Box]:
    """Return where a page has its insets, beside the map, the first at the top. [points]"""
    each = box.height / max(number, 1)
    return [
        Box(
            left=box.right + GUTTER,
            bottom=box.top - (k + 1) * each,
            width=INSET_WIDTH,
            height=each - CAPTION,
        )
        for k in range(number)
    ]


def draw_scale(sheet: Sheet, left: float, bottom: float, scale: float, longest: float) -> None:
    """Draw a scale bar of two halves no longer than `longest`; `scale` in points per metre."""
    metres = nice(longest / scale)
    length = metres * scale
    for half, fill in enumerate((INK, PAPER)):
        sheet.rectangle(
            Box(left=left + half * length / 2, bottom=bottom, width=length / 2, height=3.4),
            fill=fill,
            edge=INK,
            width=0.6,
        )
    far = metres >= 1000
    shown, half = (f"{length_shown / (1000 if far else 1):g}" for length_shown in (metres, metres / 2))
    last = say("{n} km", n=shown) if far else say("{n} m", n=shown)
    for share, text in enumerate(("0", half, last)):
        sheet.write(left + share * length / 2, bottom + 7, text, 6.6, align="center", gid="scale")


def draw_north(sheet: Sheet, x: float, bottom: float) -> None:
    """Draw an arrow to the north, which is up."""
    tip, foot, notch = bottom + 24, bottom, bottom + 5.5
    sheet.polygon([(x, tip), (x - 6, foot), (x, notch)], fill=INK, edge=INK)
    sheet.polygon([(x, tip), (x + 6, foot), (x, notch)], fill=PAPER, edge=INK)
    sheet.write(x, tip + 3, say("N"), 7.4, align="center", gid="north")


def hairline(page: MapPage) -> None:
    """Draw a hairline across the legend's column."""
    page.sheet.line((page.left, page.left + SIDE), (page.y, page.y), colour=FAINT, width=0.4)
    page.y -= 4
