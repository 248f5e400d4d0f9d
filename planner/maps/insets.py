"""Which parts of a district a map shows a second time, enlarged: where labels would hide what they name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from planner.maps.labels import LINE, Label, broken, place_labels
from planner.maps.land import Frame, district_name, resting_points, school_names, short_names
from planner.maps.page import inset_boxes, map_box
from planner.maps.typeface import text_width
from planner.words import current_language

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from planner.district import District
    from planner.maps.land import Bounds, Land
    from planner.plan import Plan

LEAST = 4
"""Crowded schools from which an inset is worth its room."""
HIDDEN = 4.0
"""A catchment smaller on the page than this many times its label is hidden by it. [1]"""
ZOOMS = (1.6, 1.9, 2.2, 2.6, 3.0, 3.5)
MARGIN = 0.11
"""Share of an inset's width and height along each edge that is kept for labels. [1]"""
_FIGURE = "\u00a0+000"
"""What a label has behind the name, in width."""
_RADIUS = 4.0


@dataclass(frozen=True, kw_only=True)
class Sites:
    """The schools of a stage on the page of the whole district."""

    points: NDArray[np.float64]
    """x and y of each. [m]"""
    crowded: NDArray[np.bool_]
    """Whether its label finds no room beside it, or hides its catchment."""


def stage_insets(district: District, land: Land, plan: Plan, stage: str, size: float) -> tuple[Bounds, ...]:
    """
    Return the parts of the district that maps of a stage enlarge: none, one or two.

    A school is crowded where the district's scale has no room for its label beside it, or where its catchment is
    hardly larger than the label. One window is chosen, and two of half the height where as many crowded schools
    as are worth an inset would stay outside. The figures of a year have no part in it: all maps of a stage have
    the same insets.

    Parameters
    ----------
    size
        Of labels. [points]
    """
    key = (stage, current_language(), plan.catchment_of[plan.stages.index(stage)].tobytes())
    if key not in land.insets:
        frame = Frame.around(land.bounds, map_box(land.bounds))
        sites = crowded_sites(district, land, plan, stage, frame, size)
        land.insets[key] = _windows(sites, frame)
    return land.insets[key]


def _windows(sites: Sites, frame: Frame) -> tuple[Bounds, ...]:
    """Return the windows; `frame` is where the district lies on the page."""
    one, two = (
        np.array([box.width, box.height]) / frame.scale
        for box in (inset_boxes(frame.box, number)[0] for number in (1, 2))
    )
    single, left = best_window(sites, one)
    if single is None:
        return ()
    if left.crowded.sum() < LEAST:
        return (single,)
    upper, left = best_window(sites, two)
    lower, _ = best_window(left, two)
    if upper is None or lower is None or shapely.intersects(shapely.box(*upper), shapely.box(*lower)):
        return (single,)
    return tuple(sorted((upper, lower), key=lambda window: (-window[3], window[0])))


def crowded_sites(district: District, land: Land, plan: Plan, stage: str, frame: Frame, size: float) -> Sites:
    """Return the schools of a stage in all its years, and which are crowded on the page of the district."""
    areas = land.first_areas(plan, stage)
    points = resting_points(land, plan, areas)
    own = {
        school: float(shapely.area(areas[position])) * frame.scale**2 / len(plan.catchments[position].schools)
        for position in areas
        if position >= 0
        for school in plan.catchments[position].schools
        if school in points
    }
    names = short_names(school_names(district, own), district_name(district))
    metres = np.array([points[school] for school in own]).reshape(-1, 2)
    placed = frame.points(metres)
    labels = [
        Label(text=names[school] + _FIGURE, x=float(x), y=float(y), importance=0.0, radius=_RADIUS, size=size)
        for school, (x, y) in zip(own, placed, strict=True)
    ]
    discs = np.column_stack([placed, np.full(len(placed), _RADIUS)])
    beside = {id(found.label) for found in place_labels(labels, frame.box, discs)[0] if not found.leader}
    crowded = [
        id(label) not in beside or area < HIDDEN * _room(label)
        for label, area in zip(labels, own.values(), strict=True)
    ]
    return Sites(points=metres, crowded=np.array(crowded, dtype=bool))


def _room(label: Label) -> float:
    """Return the area that a label takes. [points2]"""
    lines = broken(label.text, label.size)
    return max(text_width(line, label.size) for line in lines) * len(lines) * label.size * LINE


def best_window(sites: Sites, extent: NDArray[np.float64]) -> tuple[Bounds | None, Sites]:
    """
    Return the best window, and the sites with those in it not crowded any more; None where none is worth it.

    The best has the most crowded schools, each worth as much as the enlargement gives it more room.

    Parameters
    ----------
    extent
        Width and height that an inset would show without enlargement. [m]
    """
    hard = sites.points[sites.crowded]
    best, covered, shown = 0.0, np.zeros(len(hard), dtype=bool), extent
    for zoom in ZOOMS:
        inner = extent / zoom * (1 - 2 * MARGIN)
        within = (hard[:, None] <= hard[None, :]) & (hard[None, :] <= hard[:, None] + inner)
        # [column of the left edge, row of the lower edge]: how many crowded schools the window holds.
        counts = within[..., 0].astype(int) @ within[..., 1].astype(int).T
        value = counts.max(initial=0) * (1 - 1 / zoom)
        if value > best + 1e-9:
            left, low = np.unravel_index(int(np.argmax(counts)), counts.shape)
            best, covered, shown = float(value), within[left, :, 0] & within[low, :, 1], extent / zoom
    if covered.sum() < LEAST:
        return None, sites
    middle = (hard[covered].min(axis=0) + hard[covered].max(axis=0)) / 2
    (left, low), (right, high) = (middle - shown / 2).tolist(), (middle + shown / 2).tolist()
    window = (left, low, right, high)
    return window, Sites(points=sites.points, crowded=sites.crowded & ~inside_any(sites.points, [window]))


def inside_any(points: NDArray[np.float64], windows: Sequence[Bounds]) -> NDArray[np.bool_]:
    """Return whether each point lies in one of the windows."""
    found = np.zeros(len(points), dtype=bool)
    for left, low, right, high in windows:
        found |= np.all((points >= (left, low)) & (points <= (right, high)), axis=1)
    return found
