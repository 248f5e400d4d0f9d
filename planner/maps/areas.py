"""A map of catchments coloured by a figure, with schools, labels and legend: what all such maps share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import shapely

from planner.maps.labels import LINE, Label, place_labels
from planner.maps.land import Frame, Land, district_name, resting_points, school_names, short_names
from planner.maps.page import MapPage, draw_barriers, hairline
from planner.maps.palette import INK, PAPER, UNKNOWN, Bands, hatch_colour
from planner.maps.sheet import Sheet, hatching, nice, outline, plate
from planner.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike, NDArray
    from shapely.geometry.base import BaseGeometry

    from planner.district import District
    from planner.plan import Plan

LARGEST, SMALLEST = 6.4, 1.7
"""Radii of the symbols of the largest and the smallest school. [points]"""
LABEL_SIZE = 6.5
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


def draw_blocks(sheet: Sheet, frame: Frame, land: Land, *, width: float = 0.3) -> None:
    """Draw the borders of the blocks, thin and pale."""
    placed = frame.put(shapely.multipolygons(list(_polygons(land))))
    sheet.shapes([outline(placed)], edge="#ffffff", width=width, order=2.5, within=frame.box)


def _polygons(land: Land) -> np.ndarray:
    parts = shapely.get_parts(shapely.get_parts(shapely.simplify(land.blocks, land.tolerance)))
    return parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]


def radii(seats: ArrayLike, top: float, largest: float) -> NDArray[np.float64]:
    """Return radii whose circles have areas in proportion to the seats; `top` seats give the largest. [points]"""
    known = np.asarray(seats, dtype=np.float64)
    sized = np.maximum(largest * np.sqrt(np.clip(known, 0, top) / top), SMALLEST)
    return np.where(np.isnan(known), largest / 2, sized)


def draw_picture(
    picture: Picture, district: District, land: Land, plan: Plan, stage: str, year: int
) -> Figure:
    """Draw a map of the catchments of a stage in a year."""
    areas = land.areas(plan, stage, year)
    page = MapPage(land.bounds, picture.title, picture.lines, picture.source)
    page.ground(land)
    draw_areas(page.sheet, page.frame, areas, picture.values, picture.bands)
    draw_blocks(page.sheet, page.frame, land)
    draw_barriers(page.sheet, page.frame, land)
    left_out, sizes = _draw_schools(page, picture, district, land, plan, areas)
    _write_legend(page, picture, land, sizes, left_out, without=-1 in areas)
    return page.sheet.figure


def _draw_schools(
    page: MapPage,
    picture: Picture,
    district: District,
    land: Land,
    plan: Plan,
    areas: Mapping[int, BaseGeometry],
) -> tuple[int, tuple[list[float], list[float]]]:
    """Draw symbols and labels; return how many labels found no room, and seats and radii for the legend."""
    points = resting_points(land, plan, areas)
    symbols = sorted(
        (symbol for symbol in picture.symbols if symbol.school in points),
        key=lambda symbol: -np.nan_to_num(symbol.seats),
    )
    centres = page.frame.points(np.array([points[symbol.school] for symbol in symbols]).reshape(-1, 2))
    seats = np.array([symbol.seats for symbol in symbols])
    most = float(np.nanmax(seats, initial=0.0))
    largest = float(np.clip(46 / np.sqrt(max(len(symbols), 1)), 4.2, LARGEST))
    sized = radii(seats, max(most, 1.0), largest)
    classes = picture.bands.of([symbol.value for symbol in symbols])
    fills = [picture.bands.colours[k] if k >= 0 else PAPER for k in classes]
    rings = np.array([1.5 if symbol.sure else 0.6 for symbol in symbols])
    page.sheet.discs(centres, sized + rings / 2 + 0.5, fills=PAPER, edge="none", order=7.9)
    page.sheet.discs(centres, sized, fills=fills, widths=rings.tolist(), order=8)
    names = short_names(
        school_names(district, [symbol.school for symbol in symbols]), district_name(district)
    )
    labels = [
        Label(
            text=with_number(names[symbol.school], symbol.number),
            x=float(x),
            y=float(y),
            importance=symbol.importance + float(np.nan_to_num(symbol.seats)) / 1e6,
            radius=float(radius),
            size=LABEL_SIZE,
        )
        for symbol, (x, y), radius in zip(symbols, centres, sized + rings / 2, strict=True)
    ]
    for position, number in picture.joint.items():
        if position in areas:
            middle = shapely.get_coordinates(shapely.point_on_surface(page.frame.put(areas[position])))[0]
            labels.append(
                Label(
                    text=number,
                    x=float(middle[0]),
                    y=float(middle[1]),
                    importance=np.inf,
                    size=LABEL_SIZE + 0.5,
                )
            )
    discs = np.column_stack([centres, sized + rings / 2])
    left_out = draw_labels(page.sheet, page.frame, labels, discs)
    shown = sorted({nice(share * most) for share in (1.0, 0.25)}, reverse=True) if most >= 1 else []
    return left_out, (shown, radii(shown, max(most, 1.0), largest).tolist())


def with_number(name: str, number: str) -> str:
    """Return a label: name and figure, with a colon where a figure without a sign follows a name that ends in one."""
    if not number:
        return name
    colon = ":" if name[-1:].isdigit() and number[0] not in "+\u2212(" else _NO_BREAK
    return f"{name}{colon}{_NO_BREAK}{number}"


def draw_labels(sheet: Sheet, frame: Frame, labels: Sequence[Label], discs: np.ndarray) -> int:
    """Place and write labels with their leader lines; return how many found no room."""
    placed, left_out = place_labels(labels, frame.box, discs)
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
    sizes: tuple[list[float], list[float]],
    left_out: int,
    *,
    without: bool,
) -> None:
    page.heading(picture.legend, right=picture.counted)
    write_classes(page, picture.bands, picture.counts, without=without)
    page.space()
    hairline(page)
    if picture.seats and sizes[0]:
        page.sizes(*sizes, label=picture.seats)
    if picture.symbol:
        page.note(picture.symbol)
    if picture.ring:
        page.symbol_row(picture.ring, ring=1.5)
    page.space(2)
    page.line_row(say("catchment"), width=0.9)
    page.barrier_rows(land)
    page.space(3)
    for note in picture.notes:
        page.note(note)
    if left_out:
        page.note(say("Not labelled for lack of room: {n}", n=left_out))
    page.scale_and_north()
