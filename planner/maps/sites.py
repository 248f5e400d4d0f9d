"""
Where one new school does most, as a map: how much longer the ways are than with the best site, the best sites marked.

`site_map` draws two plain tables.

- `sites`, a row a candidate block: ``site`` (block), ``rank`` (1, 2, ... of the best; missing for the others), ``longer``
  (mean way more than with the best site; missing where only `worse` is known) [m], ``worse`` (child-years more without
  a place within the seats than with the best site), ``exact`` (whether the figures are exact, not the least that they
  can be).
- `schools`, a row an existing school: ``school``, ``seats``, ``children`` (with the new school at the best site).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from planner.maps.areas import LABEL_SIZE, draw_blocks, draw_labels, radii, with_number, write_classes
from planner.maps.insets import inside_any
from planner.maps.labels import Label
from planner.maps.land import Frame, district_name, prepare_land, school_names, short_names
from planner.maps.page import MapPage, draw_barriers, hairline, inset_boxes, map_box
from planner.maps.palette import HATCH, INK, PAPER, QUIET, UNKNOWN, site_bands
from planner.maps.phrases import source_line, whole
from planner.maps.sheet import hatching, nice, outline
from planner.words import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from planner.district import District
    from planner.maps.land import Bounds, Land
    from planner.maps.palette import Bands
    from planner.plan import Plan

_LARGEST = 7.0
"""Radius of the symbol of the largest school. [points]"""
_BEST, _NEXT = 7.4, 6.0
"""Radii of the marks of the best site and of those after it. [points]"""
_GOLD = "#f2b233"
_WORSE = "#c9c4ba"
_WORSE_HATCH = 4.4
_ZOOMS = (2, 3, 4, 6, 8, 12, 16)
_INNER = 0.7
"""Share of the inset's width and height that the best sites take at most. [1]"""
_EQUAL = 0.01
"""Child-years up to which a site seats as many as the best one."""


def site_map(
    district: District,
    plan: Plan,
    sites: pd.DataFrame,
    schools: pd.DataFrame,
    *,
    title: str,
    lines: Sequence[str] = (),
    scenario: str = "",
    land: Land | None = None,
) -> Figure:
    """
    Draw what each candidate block is worth as the site of one new school, and how full the existing schools are.

    Parameters
    ----------
    sites, schools
        As this module says.
    title, lines
        What is shown, and what to know of it.
    scenario, land
        As for `seat_gap_map`.
    """
    land = land or prepare_land(district, plan)
    at = {block: place for place, block in enumerate(plan.blocks)}
    places = np.array([at[str(site)] for site in sites["site"].tolist()], dtype=np.int64)
    longer, worse = (_figures(sites, column) for column in ("longer", "worse"))
    equal = worse <= _EQUAL
    bands = site_bands(longer[equal])
    fills = _fills(bands, len(plan.blocks), places, longer, equal)
    most = max(float(np.nanmax(_figures(schools, "seats"), initial=0.0)), 1.0)
    marks = [*_best_marks(land, plan, sites, places), *_school_marks(district, land, schools, most)]
    window = _window(land, marks)
    source = source_line(
        district, scenario, say("every child at the school that makes all ways together shortest")
    )
    page = MapPage(land.bounds, title, lines, source, [] if window is None else [window])
    left_out = 0
    for frame in (page.frame, *page.insets):
        page.ground(land, frame)
        _draw_blocks(page, frame, land, fills, places[~equal])
        left_out += _draw_marks(page, frame, marks, window)
    page.frames()
    _write_legend(page, land, bands, longer[equal], sites, others=len(plan.blocks) > len(places))
    _write_marks(page, most, left_out)
    page.scale_and_north()
    return page.sheet.figure


@dataclass(frozen=True, kw_only=True)
class _Mark:
    """A site or a school on the map."""

    place: NDArray[np.float64]
    """x and y. [m]"""
    radius: float
    """[points]"""
    fill: str
    label: str
    importance: float
    number: int = 0
    """Rank of a site; 0 for a school."""


def _figures(table: pd.DataFrame, column: str) -> NDArray[np.float64]:
    return table[column].astype("Float64").to_numpy(np.float64, na_value=np.nan)


def _fills(
    bands: Bands,
    blocks: int,
    places: NDArray[np.int64],
    longer: NDArray[np.float64],
    equal: NDArray[np.bool_],
) -> list[str]:
    """Return the colour of every block: candidates by class, the others grey."""
    fills = [UNKNOWN] * blocks
    for place, group, same in zip(places.tolist(), bands.of(longer).tolist(), equal.tolist(), strict=True):
        fills[place] = bands.colours[group] if same and group >= 0 else _WORSE
    return fills


def _best_marks(land: Land, plan: Plan, sites: pd.DataFrame, places: NDArray[np.int64]) -> list[_Mark]:
    """Return the marks of the best sites, the best first."""
    rank, longer = _figures(sites, "rank").tolist(), _figures(sites, "longer").tolist()
    best = sorted((at for at, order in enumerate(rank) if not math.isnan(order)), key=lambda at: rank[at])
    middles = shapely.get_coordinates(shapely.point_on_surface(land.blocks[places[best]]))
    return [
        _Mark(
            place=middle,
            radius=_BEST if rank[at] == 1 else _NEXT,
            fill=_GOLD if rank[at] == 1 else PAPER,
            label=with_number(
                plan.blocks[places[at]], "" if rank[at] == 1 else say("+{n} m", n=whole(longer[at]))
            ),
            importance=100 - rank[at],
            number=round(rank[at]),
        )
        for at, middle in zip(best, middles, strict=True)
    ]


def _school_marks(district: District, land: Land, schools: pd.DataFrame, most: float) -> list[_Mark]:
    """Return the marks of the existing schools that have a place; `most` seats give the largest symbol."""
    names = short_names(
        school_names(district, [str(school) for school in schools["school"].tolist()]),
        district_name(district),
    )
    figures = zip(
        schools["school"].tolist(),
        _figures(schools, "seats").tolist(),
        _figures(schools, "children").tolist(),
        strict=True,
    )
    return [
        _Mark(
            place=np.array(land.points[school]),
            radius=float(radii([seats], most, _LARGEST)[0]),
            fill=HATCH if children > seats + 0.5 else QUIET,
            label=with_number(
                names[school], say("{children} of {seats}", children=whole(children), seats=whole(seats))
            ),
            importance=seats / most,
        )
        for school, seats, children in figures
        if school in land.points
    ]


def _window(land: Land, marks: Sequence[_Mark]) -> Bounds | None:
    """Return the part of the district that is enlarged, around the best sites whose marks would touch; None without need."""
    best = np.array([mark.place for mark in marks if mark.number]).reshape(-1, 2)
    frame = Frame.around(land.bounds, map_box(land.bounds))
    apart = np.linalg.norm(best[:, None] - best[None], axis=2) * frame.scale
    np.fill_diagonal(apart, np.inf)
    crowded = apart.min(axis=1, initial=np.inf) < 2 * _BEST + 2
    if not crowded.any():
        return None
    nearest, best = float(apart.min()), best[crowded]
    box = inset_boxes(frame.box, 1)[0]
    extent = np.array([box.width, box.height]) / frame.scale
    low, high = best.min(axis=0), best.max(axis=0)
    fits = [zoom for zoom in _ZOOMS if ((high - low) <= _INNER * extent / zoom).all()]
    if not fits:
        return None
    enough = [zoom for zoom in fits if nearest * zoom >= 2 * _BEST + 2]
    half = extent / (enough[0] if enough else fits[-1]) / 2
    (left, bottom), (right, top) = ((low + high) / 2 - half).tolist(), ((low + high) / 2 + half).tolist()
    return left, bottom, right, top


def _draw_blocks(
    page: MapPage, frame: Frame, land: Land, fills: Sequence[str], worse: NDArray[np.int64]
) -> None:
    """Colour the blocks, hatch those that seat fewer children, draw borders and barriers."""
    shapes = [frame.put(shapely.simplify(shape, land.tolerance)) for shape in land.blocks]
    page.sheet.shapes([outline(shape) for shape in shapes], fills=fills, order=1, within=frame.box)
    segments = [segment for place in worse.tolist() for segment in hatching(shapes[place], _WORSE_HATCH)]
    page.sheet.lines(segments, colour=HATCH, width=0.45, order=2, within=frame.box, alpha=0.7)
    draw_blocks(page.sheet, frame, land)
    draw_barriers(page.sheet, frame, land)


def _draw_marks(page: MapPage, frame: Frame, marks: Sequence[_Mark], window: Bounds | None) -> int:
    """
    Draw sites and schools with their labels; return how many labels found no room.

    What the inset shows is labelled there, and of its sites the map itself shows the best alone.
    """
    sheet, enlarged = page.sheet, frame is not page.frame
    inside = inside_any(np.array([mark.place for mark in marks]), [] if window is None else [window])
    shown = [
        (mark, held and not enlarged)
        for mark, held in zip(marks, inside.tolist(), strict=True)
        if held or not enlarged
        if mark.number <= 1 or enlarged or not held
    ]
    centres = frame.points(np.array([mark.place for mark, _ in shown]).reshape(-1, 2))
    sizes = np.array([mark.radius for mark, _ in shown])
    labels = []
    for (mark, elsewhere), (x, y) in zip(shown, centres.tolist(), strict=True):
        # the best site lies above the next, these above the schools
        order = 9.9 - mark.number / 100 if mark.number else 8.0
        spot, ring = np.array([[x, y]]), np.array([mark.radius + 1.2])
        sheet.discs(spot, ring, fills=PAPER, edge="none", order=order - 0.005, within=frame.box)
        sheet.discs(spot, ring - 1.2, fills=mark.fill, edge=INK, widths=0.9, order=order, within=frame.box)
        if mark.number:
            sheet.write(x, y - 2.7, str(mark.number), 7.4, align="center", order=order + 0.001, gid="rank")
        if not elsewhere:
            labels.append(
                Label(
                    text=mark.label,
                    x=x,
                    y=y,
                    importance=mark.importance,
                    radius=mark.radius + 0.6,
                    size=LABEL_SIZE,
                )
            )
    taken = page.frame.boxes(page.windows) if window is not None and not enlarged else ()
    return draw_labels(sheet, frame, labels, np.column_stack([centres, sizes + 0.6]), taken)


def _write_legend(
    page: MapPage,
    land: Land,
    bands: Bands,
    longer: NDArray[np.float64],
    sites: pd.DataFrame,
    *,
    others: bool,
) -> None:
    """Write what the colours mean."""
    page.heading(say("Mean way longer than with the best site"), right=say("sites"))
    write_classes(page, bands, longer.tolist(), without=False)
    worse = int((_figures(sites, "worse") > _EQUAL).sum())
    if worse:
        page.swatch(
            say("more children above the seats or unplaced"),
            fill=_WORSE,
            hatch=_WORSE_HATCH,
            ink=HATCH,
            count=worse,
        )
    if others:
        page.swatch(say("no candidate"), fill=UNKNOWN)
    if not all(sites["exact"].tolist()):
        page.note(say("Of most sites it is shown what they are worse at least: enough to rule them out."))
    page.space()
    hairline(page)
    page.barrier_rows(land)


def _write_marks(page: MapPage, most: float, left_out: int) -> None:
    """Write what numbers and discs are."""
    page.symbol_row(say("best site"), radius=5.0, fill=_GOLD, ring=1.1)
    page.symbol_row(say("the next best, in order"), radius=4.4, ring=1.1)
    page.space(3)
    page.symbol_row(say("school with more children than seats"), radius=3.4, fill=HATCH)
    page.symbol_row(say("school within its seats"), radius=3.4, fill=QUIET)
    shown = sorted({nice(share * most) for share in (1.0, 0.25)}, reverse=True)
    page.sizes(shown, radii(shown, most, _LARGEST).tolist(), label=say("seats of the school"))
    page.note(
        say("Figures beside a school: its children, with the new school at the best site, of its seats.")
    )
    if left_out:
        page.note(say("Not labelled for lack of room: {n}", n=left_out))
