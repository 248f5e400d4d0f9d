"""Seat gaps over the years: small maps on one scale under one legend."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from planner.maps.areas import draw_areas
from planner.maps.land import Frame, prepare_land
from planner.maps.page import draw_north, draw_scale
from planner.maps.palette import INK, LAND, PAPER, QUIET, RIVER, UNKNOWN, Bands, hatch_colour
from planner.maps.phrases import source_line, stage_name, whole, year_name
from planner.maps.seatgap import catchment_gaps, gap_meaning, gap_title, gaps_of, stage_bands
from planner.maps.sheet import (
    MARGIN,
    Box,
    Sheet,
    box_polygon,
    footer_height,
    hatching,
    header_height,
    outline,
    strokes,
    write_header,
)
from planner.maps.typeface import wrapped
from planner.words import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from matplotlib.figure import Figure

    from planner.district import District
    from planner.maps.land import Land
    from planner.maps.seatgap import By, Scope
    from planner.plan import Plan
    from planner.policy import Policy

MOST_PANELS = 8
_WIDTH = 770.0
_GAP = 16.0
_CAPTION = 30.0
_LEGEND = 62.0
_SCALE = 138.0
"""Room for scale bar and north arrow beside the legend. [points]"""
_TALLEST = 540.0
"""Greatest height of all panels together. [points]"""


def chosen_years(years: Sequence[int], most: int = MOST_PANELS) -> list[int]:
    """
    Return the years themselves when they are few, else every second or third of them, and the last.

    Equal steps keep the eye from reading a jump where there is only a longer wait.
    """
    if len(years) <= most:
        return list(years)
    step = math.ceil((len(years) - 1) / (most - 1))
    return [*years[:-1:step], years[-1]]


def panel_grid(panels: int, aspect: float) -> tuple[int, float, float]:
    """
    Return the number of columns that makes the panels largest, and a panel's width and height. [points].

    Parameters
    ----------
    aspect
        Height of the land over its width. [1]
    """
    best = (1, 0.0, 0.0)
    for columns in range(1, panels + 1):
        rows = math.ceil(panels / columns)
        width = (_WIDTH - 2 * MARGIN - (columns - 1) * _GAP) / columns
        height = min(width * aspect, (_TALLEST - rows * (_CAPTION + _GAP)) / rows)
        width_used = min(width, height / aspect)
        if height > 0 and width_used > best[1] * 1.001:
            best = (columns, width_used, height)
    columns, _, height = best
    return columns, (_WIDTH - 2 * MARGIN - (columns - 1) * _GAP) / columns, height


def _write_ramp(sheet: Sheet, bands: Bands, bottom: float, *, missing: bool) -> None:
    """Draw the classes as one row of boxes with their labels below."""
    classes = [
        (colour, hatch, str(label))
        for colour, hatch, label in zip(bands.colours, bands.hatches, bands.labels, strict=True)
    ]
    if missing:
        classes.append((UNKNOWN, 0.0, say("no figure")))
    width = (sheet.width - 2 * MARGIN - _SCALE) / len(classes)
    for k, (colour, hatch, label) in enumerate(classes):
        box = Box(left=MARGIN + k * width, bottom=bottom + 26, width=width, height=10)
        sheet.rectangle(box, fill=colour)
        if hatch:
            sheet.lines(
                hatching(box_polygon(box), 0.75 * hatch),
                colour=hatch_colour(colour),
                width=0.4,
                order=5.2,
                within=box,
                alpha=0.7,
            )
        sheet.rectangle(box, edge="#8b8f96", width=0.4, order=5.3)
        for row, line in enumerate(wrapped(label, 6.6, width - 6)):
            sheet.write(
                box.left + width / 2, box.bottom - 9 - 8.4 * row, line, 6.6, align="center", gid="legend"
            )


def seat_gap_years(
    district: District,
    plan: Plan,
    table: pd.DataFrame,
    *,
    stage: str,
    years: Sequence[int] | None = None,
    scope: Scope = "stage",
    by: By = "catchment",
    policy: Policy | None = None,
    scenario: str = "",
    title: str | None = None,
    land: Land | None = None,
) -> Figure:
    """
    Draw seat gaps of several years side by side, on one scale and under one legend.

    Parameters
    ----------
    table, scope, by, policy, scenario, title, land
        As for `seat_gap_map`.
    years
        School years of the panels; all of the plan's, or equal steps of them, when not given.
    """
    land = land or prepare_land(district, plan)
    shown = list(years) if years else chosen_years(plan.years)
    bands = stage_bands(table, stage)
    left, bottom, right, top = land.bounds
    aspect = float(np.clip((top - bottom) / max(right - left, 1.0), 0.3, 2.5))
    columns, width, height = panel_grid(len(shown), aspect)
    rows = math.ceil(len(shown) / columns)
    title = title or _title(stage, shown, scope, policy)
    lines = [gap_meaning(scope, by)]
    source = source_line(district, scenario, say("expected figures"))
    below = footer_height(source, _WIDTH) + _LEGEND
    above = header_height(title, lines, _WIDTH)
    sheet = Sheet(_WIDTH, above + rows * (height + _CAPTION) + (rows - 1) * _GAP + below)
    write_header(sheet, title, lines)
    sheet.footer(source)
    missing = False
    frame = None
    for panel, year in enumerate(shown):
        row, column = divmod(panel, columns)
        box = Box(
            left=MARGIN + column * (width + _GAP),
            bottom=sheet.height - above - row * (height + _CAPTION + _GAP) - _CAPTION - height,
            width=width,
            height=height,
        )
        frame = Frame.around(land.bounds, box, padding=0.01)
        areas = land.areas(plan, stage, year)
        values = catchment_gaps(plan, gaps_of(table, by, stage, year), stage, by)
        figures = [values[position] for position in areas if position >= 0]
        missing = missing or -1 in areas or any(math.isnan(figure) for figure in figures)
        whole_land = outline(frame.put(land.outline))
        sheet.shapes([whole_land], fills=LAND, order=0.5)
        draw_areas(sheet, frame, areas, values, bands, border=0.4, hatch=0.75)
        if "river" in land.barriers:
            river = strokes([frame.put(land.barriers["river"])])
            sheet.lines(river, colour=PAPER, width=1.7, order=3.9)
            sheet.lines(river, colour=RIVER, width=0.8, order=4)
        sheet.shapes([whole_land], edge=INK, width=0.6, order=3.5)
        start = box.left + (width - min(width, height / aspect)) / 2
        sheet.write(start, box.top + 15, year_name(year), 9.0, gid="panel")
        sheet.write(start, box.top + 5, _totals(figures), 6.8, colour=QUIET, gid="panel")
    _write_ramp(sheet, bands, below - _LEGEND, missing=missing)
    if frame is not None:
        draw_scale(sheet, sheet.width - MARGIN - 122, below - _LEGEND + 12, frame.scale, 84)
        draw_north(sheet, sheet.width - MARGIN - 7, below - _LEGEND + 10)
    return sheet.figure


def _title(stage: str, years: Sequence[int], scope: Scope, policy: Policy | None) -> str:
    if len(years) == 1:
        return gap_title(stage, years[0], scope, policy)
    values = {"stage": stage_name(stage, policy), "first": year_name(years[0]), "last": year_name(years[-1])}
    if scope == "entry":
        return say("Seat gap at entry, {stage}, {first} to {last}", **values)
    return say("Seat gap, {stage}, {first} to {last}", **values)


def _totals(gaps: Sequence[float]) -> str:
    """Say how many seats are short and how many to spare, in the few words that a panel has room for."""
    known = np.array([gap for gap in gaps if not math.isnan(gap)])
    if not len(known):
        return say("no figure")
    return say(
        "{missing} short · {spare} to spare",
        missing=whole(-known[known < 0].sum()),
        spare=whole(known[known > 0].sum()),
    )
