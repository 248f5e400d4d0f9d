"""The map of a change of catchments: which blocks move, from which school to which."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import shapely

from planner.maps.areas import LABEL_SIZE, draw_blocks, draw_labels
from planner.maps.labels import Label
from planner.maps.land import (
    Frame,
    assigned,
    district_name,
    prepare_land,
    resting_points,
    school_names,
    short_names,
)
from planner.maps.page import SIDE, MapPage, draw_barriers, hairline
from planner.maps.palette import FAINT, INK, LAND, PAPER, QUIET
from planner.maps.phrases import source_line, stage_name, whole, year_name
from planner.maps.sheet import Box, hatching, outline, strokes
from planner.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.figure import Figure
    from shapely.geometry.base import BaseGeometry

    from planner.district import District
    from planner.maps.land import Land
    from planner.plan import Plan
    from planner.policy import Policy

_TINTS = ("#cfe0ea", "#f3dcc0", "#d8e4cd", "#e6d7e6", "#f2edc9", "#d9d5cb")
"""Fills of catchments that change, so pale that hatching and labels stand out."""

_HATCH = 3.2
_CLOSE_UP = 0.35
"""Share of the district's extent up to which the map shows only the catchments that change. [1]"""
_MOST_ROWS = 12
_NO_BREAK = "\u00a0"
_FARTHEST = 22.0
"""Greatest distance from the middle of moved blocks at which their label begins. [points]"""


def moved_blocks(before: Plan, after: Plan, stage: str, year: int) -> dict[str, tuple[str, str]]:
    """
    Return the blocks whose catchment differs, each with its catchment before and after.

    Catchments are named by their key, as A or A+B; one of the two is empty where the block had or has none.

    Raises
    ------
    QuestionError
        When a plan does not have the stage or the year.
    """

    def keys(plan: Plan) -> dict[str, str]:
        positions = assigned(plan, stage, year).tolist()
        return {
            block: plan.catchments[position].key if position >= 0 else ""
            for block, position in zip(plan.blocks, positions, strict=True)
        }

    old, new = keys(before), keys(after)
    return {block: (old.get(block, ""), key) for block, key in new.items() if old.get(block, "") != key}


def before_after_map(
    district: District,
    plan_before: Plan,
    plan_after: Plan,
    stage: str,
    year: int,
    *,
    policy: Policy | None = None,
    scenario: str = "",
    title: str | None = None,
    land: Land | None = None,
    children: Mapping[str, float] | None = None,
) -> Figure:
    """
    Draw how catchments change between two plans: moved blocks hatched in the colour of where they go.

    Shows only the catchments concerned when they are a small part of the district, with a small key map.

    Parameters
    ----------
    plan_before, plan_after
        Plans with the same blocks.
    scenario
        What the source line calls the two, as "keep, then rezone".
    policy, title, land
        As for `seat_gap_map`; the land of the plan after.
    children
        By block: entrants who move, told by exchange of catchments where they are known. [children]
    """
    land = land or prepare_land(district, plan_after)
    moves = moved_blocks(plan_before, plan_after, stage, year)
    areas = {
        plan_after.catchments[position].key if position >= 0 else "": area
        for position, area in land.areas(plan_after, stage, year).items()
    }
    old_areas = land.areas(plan_before, stage, year)
    changed = {key for pair in moves.values() for key in pair if key}
    bounds, close_up = _extent(land, [areas[key] for key in changed if key in areas])
    names = school_names(district, dict.fromkeys([*plan_before.schools, *plan_after.schools]))
    short = short_names(names, district_name(district))
    page = MapPage(
        bounds,
        title
        or say(
            "Catchments before and after, {stage}, {year}",
            stage=stage_name(stage, policy),
            year=year_name(year),
        ),
        [_summary(len(moves), len(plan_after.blocks), children)],
        source_line(district, scenario),
    )
    page.ground(land)
    frame = page.frame
    tints = _tinted({key: areas[key] for key in areas if key in changed}, land.tolerance)
    for key, area in areas.items():
        fill = tints.get(key, LAND)
        page.sheet.shapes([outline(frame.put(area))], fills=fill, order=1, within=frame.box)
    position_of = {block: position for position, block in enumerate(plan_after.blocks)}
    for block, (_, new) in moves.items():
        shape = frame.put(land.blocks[position_of[block]])
        page.sheet.shapes([outline(shape)], fills=tints.get(new, LAND), order=1.2, within=frame.box)
        page.sheet.lines(hatching(shape, _HATCH), colour=INK, width=0.5, order=2, within=frame.box)
    draw_blocks(page.sheet, frame, land)
    gone = _gone(list(old_areas.values()), list(areas.values()), land.tolerance)
    page.sheet.lines(strokes([frame.put(gone)]), colour=PAPER, width=2.4, order=2.8, within=frame.box)
    page.sheet.lines(
        strokes([frame.put(gone)]), colour=INK, width=1.0, order=2.9, dashes=(3.2, 2.4), within=frame.box
    )
    borders = [outline(frame.put(area)) for area in areas.values()]
    page.sheet.shapes(borders, edge=INK, width=0.9, order=3, within=frame.box)
    draw_barriers(page.sheet, frame, land)
    arrows = _arrows(frame, {block: land.blocks[position_of[block]] for block in moves}, moves, short)
    left_out = _draw_schools(page, plan_after, land, stage, year, changed, short, arrows)
    _write_legend(page, land, moves, short, tints, left_out, children or {})
    if close_up:
        page.sheet.rectangle(frame.box, edge=FAINT, order=6)
        _key_map(page, land, bounds)
    page.scale_and_north()
    return page.sheet.figure


def _summary(moved: int, blocks: int, children: Mapping[str, float] | None) -> str:
    if not moved:
        return say("No block changes its catchment at this stage in this year.")
    if children is None:
        return say("{moved} of {all} blocks change their catchment.", moved=moved, all=blocks)
    return say(
        "{moved} of {all} blocks change their catchment, with {children} entrants in this year.",
        moved=moved,
        all=blocks,
        children=whole(sum(children.values())),
    )


def _extent(land: Land, changed: Sequence[BaseGeometry]) -> tuple[tuple[float, float, float, float], bool]:
    """Return the bounds of what is shown, and whether that is a part of the district only. [m]"""
    if not changed:
        return land.bounds, False
    left, bottom, right, top = shapely.bounds(shapely.GeometryCollection(list(changed))).tolist()
    across, up = 0.08 * (right - left), 0.08 * (top - bottom)
    near = (left - across, bottom - up, right + across, top + up)
    whole = (land.bounds[2] - land.bounds[0]) * (land.bounds[3] - land.bounds[1])
    small = (near[2] - near[0]) * (near[3] - near[1]) < _CLOSE_UP * whole
    return (near, True) if small else (land.bounds, False)


def _tinted(areas: Mapping[str, BaseGeometry], tolerance: float) -> dict[str, str]:
    """Return a fill for each area, unlike those of its neighbours as far as the tints suffice."""
    fills: dict[str, str] = {}
    for key in sorted(areas):
        near = shapely.buffer(areas[key], 2 * tolerance)
        taken = [fills[other] for other in fills if shapely.intersects(near, areas[other])]
        free = [tint for tint in _TINTS if tint not in taken]
        used = Counter(fills.values())
        fills[key] = min(free or _TINTS, key=lambda tint: (used[tint], _TINTS.index(tint)))
    return fills


def _gone(before: list[BaseGeometry], after: list[BaseGeometry], tolerance: float) -> BaseGeometry:
    """Return the borders of the catchments before that are no borders any more."""
    old = shapely.union_all(shapely.boundary(before))
    kept = shapely.buffer(shapely.union_all(shapely.boundary(after)), 2 * tolerance)
    return shapely.line_merge(shapely.difference(old, kept))


def _draw_schools(
    page: MapPage,
    plan: Plan,
    land: Land,
    stage: str,
    year: int,
    changed: set[str],
    names: Mapping[str, str],
    arrows: Sequence[Label],
) -> int:
    """
    Draw the schools of the stage, those concerned filled and named first; return how many labels are left out.

    Parameters
    ----------
    arrows
        Labels of the blocks that move.
    """
    areas = land.areas(plan, stage, year)
    points = resting_points(land, plan, areas)
    concerned = {school for key in changed for school in key.split("+")}
    present = [plan.catchments[position].schools for position in areas if position >= 0]
    schools = [
        school
        for school in dict.fromkeys([*sorted(concerned), *(school for group in present for school in group)])
        if school in points
    ]
    placed = page.frame.points(np.array([points[school] for school in schools]).reshape(-1, 2))
    box = page.frame.box
    inside = (
        (placed[:, 0] > box.left + 4)
        & (placed[:, 0] < box.right - 4)
        & (placed[:, 1] > box.bottom + 4)
        & (placed[:, 1] < box.top - 4)
    )
    schools = [school for school, seen in zip(schools, inside, strict=True) if seen]
    placed = placed[inside]
    radii = np.array([3.2 if school in concerned else 2.0 for school in schools])
    fills = [INK if school in concerned else PAPER for school in schools]
    page.sheet.discs(placed, radii + 0.8, fills=PAPER, edge="none", order=7.9)
    page.sheet.discs(placed, radii, fills=fills, edge=INK, order=8)
    labels = [
        Label(
            text=names[school],
            x=float(x),
            y=float(y),
            importance=float(school in concerned),
            radius=float(radius),
            size=LABEL_SIZE + 0.4 if school in concerned else LABEL_SIZE - 0.5,
        )
        for school, (x, y), radius in zip(schools, placed, radii, strict=True)
    ]
    return draw_labels(page.sheet, page.frame, [*arrows, *labels], np.column_stack([placed, radii]))


def _arrows(
    frame: Frame,
    shapes: Mapping[str, BaseGeometry],
    moves: Mapping[str, tuple[str, str]],
    names: Mapping[str, str],
) -> list[Label]:
    """Return a label from where to where for every exchange of catchments, in the largest piece that it moves."""
    labels = []
    for pair in dict.fromkeys(moves.values()):
        piece = shapely.union_all([shapes[block] for block, move in moves.items() if move == pair])
        largest = max(shapely.get_parts(piece), key=shapely.area)
        shape = frame.put(largest)
        (place,) = shapely.get_coordinates(shapely.point_on_surface(shape))
        labels.append(
            Label(
                text=_in_two_lines(_exchange(*pair, names)),
                x=float(place[0]),
                y=float(place[1]),
                importance=np.inf,
                radius=min(float(np.sqrt(shapely.area(shape) / np.pi)), _FARTHEST),
                size=LABEL_SIZE,
            )
        )
    return labels


def _in_two_lines(text: str) -> str:
    """Return a text that is broken nowhere but before its arrow, if it has one."""
    old, arrow, new = text.partition(" → ")
    return f"{old.replace(' ', _NO_BREAK)} →{_NO_BREAK}{new.replace(' ', _NO_BREAK)}" if arrow else text


def _exchange(old: str, new: str, names: Mapping[str, str]) -> str:
    """Say which catchment becomes which; of one that others join, which they are."""
    joining = [school for school in new.split("+") if school not in old.split("+")]
    if old and len(joining) == len(new.split("+")) - len(old.split("+")):
        return say(
            "{old}, now joint with {others}", old=_named(old, names), others=_named("+".join(joining), names)
        )
    return f"{_named(old, names)} → {_named(new, names)}"


def _named(key: str, names: Mapping[str, str]) -> str:
    """Return the names of a catchment's schools."""
    return " + ".join(names.get(school, school) for school in key.split("+")) if key else say("none")


def _write_legend(
    page: MapPage,
    land: Land,
    moves: Mapping[str, tuple[str, str]],
    names: Mapping[str, str],
    tints: Mapping[str, str],
    left_out: int,
    children: Mapping[str, float],
) -> None:
    page.heading(say("Blocks that move"), right=say("blocks"))
    pairs = Counter(moves.values()).most_common()
    for (old, new), number in pairs[:_MOST_ROWS]:
        text = _exchange(old, new, names)
        moving = sum(children.get(block, 0.0) for block, pair in moves.items() if pair == (old, new))
        page.swatch(
            say("{pair}: {children} entrants", pair=text, children=whole(moving)) if children else text,
            fill=tints.get(new, LAND),
            hatch=_HATCH,
            ink=INK,
            count=number,
        )
    if len(pairs) > _MOST_ROWS:
        page.note(say("Further exchanges between catchments: {n}", n=len(pairs) - _MOST_ROWS))
    page.space()
    hairline(page)
    page.line_row(say("catchment now"), width=0.9)
    if moves:
        page.line_row(say("catchment before"), width=1.0, dashes=(3.2, 2.4))
        page.symbol_row(say("school that gains or loses blocks"), radius=3.2, fill=INK)
    page.symbol_row(say("other school"), radius=2.0)
    page.barrier_rows(land)
    if left_out:
        page.note(say("Not labelled for lack of room: {n}", n=left_out))


def _key_map(page: MapPage, land: Land, bounds: tuple[float, float, float, float]) -> None:
    """Draw the district small above the scale bar, with the part that the map shows."""
    bottom = page.frame.box.bottom + 48
    height = min(90.0, page.y - bottom - 14)
    if height < 30:
        return
    box = Box(left=page.left, bottom=bottom, width=min(SIDE, 150.0), height=height)
    frame = Frame.around(land.bounds, box, padding=0.02)
    page.sheet.shapes([outline(frame.put(land.outline))], fills=LAND, edge=QUIET, width=0.5, order=5)
    corners = np.array([[bounds[0], bounds[1]], [bounds[2], bounds[3]]])
    (left, low), (right, high) = frame.points(corners).tolist()
    page.sheet.rectangle(
        Box(left=left, bottom=low, width=right - left, height=high - low), edge=INK, width=1.0, order=6
    )
