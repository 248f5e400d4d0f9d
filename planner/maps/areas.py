"""A map of catchments coloured by a figure, with schools, labels and legend: what all such maps share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import shapely

from planner.maps.insets import inside_any, stage_insets
from planner.maps.labels import LINE, Label, place_labels
from planner.maps.land import Frame, Land, district_name, resting_points, school_names, short_names
from planner.maps.page import MapPage, draw_barriers, hairline
from planner.maps.palette import INK, PAPER, UNKNOWN, Bands, hatch_colour, ink_on
from planner.maps.sheet import Sheet, hatching, nice, outline, plate, strokes
from planner.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike, NDArray
    from shapely.geometry.base import BaseGeometry

    from planner.district import District
    from planner.maps.land import Bounds
    from planner.maps.sheet import Box
    from planner.plan import Plan

LARGEST, SMALLEST = 6.4, 1.7
"""Radii of the symbols of the largest and the smallest school. [points]"""
LABEL_SIZE = 7.0
BLOCK, BLOCK_WIDTH, BLOCK_ALPHA = "#8a929c", 0.4, 0.6
_NO_BREAK = "\u00a0"


@dataclass(frozen=True, kw_only=True)
class Symbol:
    """A school on the map."""

    school: str
    value: float = np.nan
    """Colours the symbol; missing: white."""
    seats: float = np.nan
    """Sizes it; missing: middling. [children]"""
    sure: bool = False
    """Whether it has a thick ring."""
    number: str = ""
    """Written behind the name."""
    importance: float = 0.0
    """Of the label; the more seats, the more important among equals."""


@dataclass(frozen=True, kw_only=True)
class Picture:
    """What a map of catchments shows."""

    title: str
    lines: Sequence[str]
    """Subtitle."""
    source: str
    bands: Bands
    legend: str
    """What the colours mean."""
    counted: str
    """What the counts beside the classes count."""
    values: Mapping[int, float]
    """Figure of a catchment by its position in the plan; missing where there is none."""
    counts: Sequence[float]
    """Figures that are counted by class."""
    symbols: Sequence[Symbol]
    joint: Mapping[int, str] = field(default_factory=dict)
    """Numbers of joint catchments, written in their middle."""
    ring: str = ""
    """What a thick ring around a symbol means; empty where there is none."""
    bar: str = ""
    """What a bar across a symbol means, which those of hatched classes have; empty: they have none."""
    symbol: str = ""
    """What the colour of a symbol means; empty: it has none."""
    seats: str = ""
    """What the size of a symbol means; empty: all alike."""
    notes: Sequence[str] = ()


def draw_areas(
    sheet: Sheet,
    frame: Frame,
    areas: Mapping[int, BaseGeometry],
    values: Mapping[int, float],
    bands: Bands,
    *,
    border: float = 0.8,
    hatch: float = 1.0,
) -> None:
    """Colour catchments by the class of their figure, hatch the classes that have hatches, draw borders."""
    positions = list(areas)
    placed = [frame.put(areas[position]) for position in positions]
    outlines = [outline(area) for area in placed]
    classes = bands.of([values.get(position, np.nan) for position in positions])
    fills = [bands.colours[k] if k >= 0 else UNKNOWN for k in classes]
    sheet.shapes(outlines, fills=fills, order=1, within=frame.box)
    for k, distance in enumerate(bands.hatches):
        if distance:
            sheet.lines(
                [
                    segment
                    for area, own in zip(placed, classes, strict=True)
                    if own == k
                    for segment in hatching(area, distance * hatch)
                ],
                colour=hatch_colour(bands.colours[k]),
                width=0.45 * hatch,
                order=2,
                within=frame.box,
                alpha=0.7,
            )
    sheet.shapes(outlines, edge=INK, width=border, order=3, within=frame.box)


def draw_blocks(sheet: Sheet, frame: Frame, land: Land) -> None:
    """Draw the borders of the blocks, thin and grey."""
    lines = strokes([frame.put(land.block_borders)])
    sheet.lines(lines, colour=BLOCK, width=BLOCK_WIDTH, order=2.5, within=frame.box, alpha=BLOCK_ALPHA)


def radii(seats: ArrayLike, top: float, largest: float) -> NDArray[np.float64]:
    """Return radii whose circles have areas in proportion to the seats; `top` seats give the largest. [points]"""
    known = np.asarray(seats, dtype=np.float64)
    sized = np.maximum(largest * np.sqrt(np.clip(known, 0, top) / top), SMALLEST)
    return np.where(np.isnan(known), largest / 2, sized)


@dataclass(frozen=True, kw_only=True)
class _Marks:
    """The symbols and labels of a map, wherever on the page they stand; all of one length."""

    symbols: Sequence[Symbol]
    names: Sequence[str]
    points: NDArray[np.float64]
    """x and y. [m]"""
    radii: NDArray[np.float64]
    """Of the symbols, without their rings. [points]"""
    classes: NDArray[np.intp]
    most: float
    """Seats of the largest school."""
    largest: float
    """Radius that belongs to `most`. [points]"""


def draw_picture(
    picture: Picture, district: District, land: Land, plan: Plan, stage: str, year: int
) -> Figure:
    """Draw a map of the catchments of a stage in a year, with insets where labels would hide what they name."""
    areas = land.areas(plan, stage, year)
    insets = stage_insets(district, land, plan, stage, LABEL_SIZE)
    page = MapPage(land.bounds, picture.title, picture.lines, picture.source, insets)
    marks = _marks(picture, district, land, plan, areas)
    left_out = 0
    for frame, window in zip([page.frame, *page.insets], [None, *insets], strict=True):
        seen = areas if window is None else _clipped(areas, window)
        page.ground(land, frame)
        draw_areas(page.sheet, frame, seen, picture.values, picture.bands)
        draw_blocks(page.sheet, frame, land)
        draw_barriers(page.sheet, frame, land)
        left_out += _draw_marks(page, frame, window, marks, picture, areas)
    page.frames()
    _write_legend(page, picture, land, marks, left_out, without=-1 in areas)
    return page.sheet.figure


def _clipped(areas: Mapping[int, BaseGeometry], window: Bounds) -> dict[int, BaseGeometry]:
    """Return what lies within a window."""
    parts = shapely.intersection(np.array(list(areas.values())), shapely.box(*window))
    return {position: part for position, part in zip(areas, parts, strict=True) if not shapely.is_empty(part)}


def _marks(
    picture: Picture, district: District, land: Land, plan: Plan, areas: Mapping[int, BaseGeometry]
) -> _Marks:
    points = resting_points(land, plan, areas)
    symbols = sorted(
        (symbol for symbol in picture.symbols if symbol.school in points),
        key=lambda symbol: -np.nan_to_num(symbol.seats),
    )
    seats = np.array([symbol.seats for symbol in symbols])
    most = max(float(np.nanmax(seats, initial=0.0)), 1.0)
    largest = float(np.clip(46 / np.sqrt(max(len(symbols), 1)), 4.2, LARGEST))
    names = short_names(
        school_names(district, [symbol.school for symbol in symbols]), district_name(district)
    )
    return _Marks(
        symbols=symbols,
        names=[names[symbol.school] for symbol in symbols],
        points=np.array([points[symbol.school] for symbol in symbols]).reshape(-1, 2),
        radii=radii(seats, most, largest),
        classes=picture.bands.of([symbol.value for symbol in symbols]),
        most=most,
        largest=largest,
    )


def _draw_marks(
    page: MapPage,
    frame: Frame,
    window: Bounds | None,
    marks: _Marks,
    picture: Picture,
    areas: Mapping[int, BaseGeometry],
) -> int:
    """
    Draw symbols and labels on the map, or those of a window on its inset; return how many labels found no room.

    What an inset labels is not labelled on the map.
    """
    sheet = page.sheet
    shown = np.flatnonzero(
        np.ones(len(marks.points), dtype=bool) if window is None else inside_any(marks.points, [window])
    )
    centres, sizes, classes = frame.points(marks.points[shown]), marks.radii[shown], marks.classes[shown]
    chosen = shown.tolist()
    symbols = [marks.symbols[k] for k in chosen]
    fills = [picture.bands.colours[k] if k >= 0 else PAPER for k in classes]
    rings = np.array([1.5 if symbol.sure else 0.6 for symbol in symbols])
    sheet.discs(centres, sizes + rings / 2 + 0.5, fills=PAPER, edge="none", order=7.9, within=frame.box)
    sheet.discs(centres, sizes, fills=fills, widths=rings.tolist(), order=8, within=frame.box)
    if picture.bar:
        _draw_bars(sheet, centres, sizes, fills, [k >= 0 and picture.bands.hatches[k] > 0 for k in classes])
    elsewhere = np.zeros(len(shown), dtype=bool)
    if window is None:
        elsewhere = inside_any(marks.points, page.windows)
    labels = [
        Label(
            text=with_number(marks.names[chosen[k]], symbol.number),
            x=float(centres[k, 0]),
            y=float(centres[k, 1]),
            importance=symbol.importance + float(np.nan_to_num(symbol.seats)) / 1e6,
            radius=float(sizes[k] + rings[k] / 2),
            size=LABEL_SIZE,
        )
        for k, symbol in enumerate(symbols)
        if not elsewhere[k]
    ]
    joint = [position for position in picture.joint if position in areas]
    middles = shapely.get_coordinates(shapely.point_on_surface([areas[position] for position in joint]))
    here = ~inside_any(middles, page.windows) if window is None else inside_any(middles, [window])
    for position, (x, y) in zip(
        np.array(joint)[here].tolist(), frame.points(middles[here]).tolist(), strict=True
    ):
        labels.append(Label(text=picture.joint[position], x=x, y=y, importance=np.inf, size=LABEL_SIZE + 0.5))
    taken = page.frame.boxes(page.windows) if window is None else ()
    return draw_labels(sheet, frame, labels, np.column_stack([centres, sizes + rings / 2]), taken)


def _draw_bars(
    sheet: Sheet,
    centres: NDArray[np.float64],
    sizes: NDArray[np.float64],
    fills: Sequence[str],
    short: Sequence[bool],
) -> None:
    """Draw a minus into the symbols of schools that are short, for who sees no colours."""
    for ink in (INK, PAPER):
        chosen = [k for k, fill in enumerate(fills) if short[k] and ink_on(fill) == ink]
        bars = [centres[k] + np.array([[-0.6, 0.0], [0.6, 0.0]]) * sizes[k] for k in chosen]
        sheet.lines(bars, colour=ink, width=1.1, order=8.2)


def with_number(name: str, number: str) -> str:
    """Return a label: name and figure, with a colon where a figure without a sign follows a name that ends in one."""
    if not number:
        return name
    colon = ":" if name[-1:].isdigit() and number[0] not in "+\u2212(" else _NO_BREAK
    return f"{name}{colon}{_NO_BREAK}{number}"


def draw_labels(
    sheet: Sheet, frame: Frame, labels: Sequence[Label], discs: np.ndarray, taken: Sequence[Box] = ()
) -> int:
    """Place and write labels with their leader lines, none on what is `taken`; return how many found no room."""
    placed, left_out = place_labels(labels, frame.box, discs, taken)
    leaders = [np.array(label.leader) for label in placed if label.leader]
    sheet.lines(leaders, colour=PAPER, width=1.6, order=8.4, alpha=0.8)
    sheet.lines(leaders, colour=INK, width=0.45, order=8.5)
    sheet.shapes([plate(label.box, beside=0.8) for label in placed], fills=PAPER, order=8.8, alpha=0.8)
    for label in placed:
        box = label.box
        anchor = {"left": box.left, "center": box.left + box.width / 2, "right": box.right}[label.align]
        for row, line in enumerate(label.text.split("\n")):
            sheet.write(
                anchor,
                box.top - (row + 0.5) * label.label.size * LINE - 0.36 * label.label.size,
                line,
                label.label.size,
                align=label.align,
                order=9,
                gid="label",
            )
    return len(left_out)


def write_classes(page: MapPage, bands: Bands, counts: Sequence[float], *, without: bool) -> None:
    """Write the classes into the legend, the highest first, each with how many figures fall into it."""
    classes = bands.of(counts) if len(counts) else np.empty(0, dtype=np.intp)
    for k in reversed(range(len(bands.colours))):
        page.swatch(
            str(bands.labels[k]),
            fill=bands.colours[k],
            hatch=bands.hatches[k],
            count=int(np.sum(classes == k)),
        )
    if (classes < 0).any() or without:
        page.swatch(say("no figure"), fill=UNKNOWN, count=int(np.sum(classes < 0)))


def _write_legend(
    page: MapPage,
    picture: Picture,
    land: Land,
    marks: _Marks,
    left_out: int,
    *,
    without: bool,
) -> None:
    page.heading(picture.legend, right=picture.counted)
    write_classes(page, picture.bands, picture.counts, without=without)
    page.space()
    hairline(page)
    shown = sorted({nice(share * marks.most) for share in (1.0, 0.25)}, reverse=True)
    if picture.seats and len(marks.symbols):
        page.sizes(shown, radii(shown, marks.most, marks.largest).tolist(), label=picture.seats)
    if picture.symbol:
        page.note(picture.symbol)
    if picture.bar and any(k >= 0 and picture.bands.hatches[k] for k in marks.classes):
        page.symbol_row(picture.bar, fill=picture.bands.colours[2], bar=True)
    if picture.ring:
        page.symbol_row(picture.ring, ring=1.5)
    page.space(2)
    page.line_row(say("catchment"), width=0.9)
    page.line_row(say("block"), width=BLOCK_WIDTH, colour=BLOCK, alpha=BLOCK_ALPHA)
    page.barrier_rows(land)
    page.space(3)
    for note in picture.notes:
        page.note(note)
    if left_out:
        page.note(say("Not labelled for lack of room: {n}", n=left_out))
    page.scale_and_north()
