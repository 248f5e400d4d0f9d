"""
When to open what, as a chart: projects under construction and open, above the rooms that each stage needs and has.

`schedule_chart` draws three plain tables.

- `projects`, a row a project in the order of the rows of the chart: ``project`` (id), ``name``, ``starts`` (first
  year of construction), ``opens`` (first school year open), ``ends`` (first school year in which it is gone again:
  temporary rooms, a closure), ``slips_to`` (year in which it opens if it slips, at the risk that the caller says in
  `slip`), ``latest`` (latest safe opening). Years may be missing: without ``opens`` it does not open. Columns but
  ``project``, ``name`` and ``opens`` may be left out.
- `phases`, a row a project and year in which its rooms change: ``project``, ``year``, ``rooms`` (change, negative
  where rooms go). [rooms]
- `need`, a row a stage and year: ``stage``, ``year``, ``need`` (rooms that its children need), ``rooms`` (rooms it
  has by this plan), ``idle`` (rooms it has when no project opens; may be left out). [rooms]
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from planner.maps.chart import NAMES, SCALE, Plot, scale_of
from planner.maps.palette import ACCENT, FAINT, INK, PAPER, QUIET, RANGES, STATED
from planner.maps.phrases import MINUS, source_line, stage_name, whole
from planner.maps.sheet import (
    MARGIN,
    Box,
    Sheet,
    box_polygon,
    footer_height,
    hatching,
    header_height,
    write_header,
)
from planner.maps.typeface import text_width, wrapped
from planner.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from planner.district import District
    from planner.policy import Policy

_FIELD, _NARROW, _WIDE = 440.0, 24.0, 110.0
"""Width of all years, and of one at least and at most. [points]"""
_LEAST, _MOST = 124.0, 170.0
"""Room for the names of projects. [points]"""
_ROW, _BAR = 21.0, 11.0
"""Height of a project's row and of its bar. [points]"""
_PANEL, _APART = 104.0, 46.0
"""Height of a stage's panel, and room above it. [points]"""
_SIZE = 7.6
_SITE = "#efe3cf"
"""Under construction."""
_LESS = "#e4e3df"
"""Years after a closure."""
_SHORT = "#f6c79f"
"""Rooms that lack."""
_DASHES = (3.5, 2.2)


def schedule_chart(
    district: District,
    projects: pd.DataFrame,
    phases: pd.DataFrame,
    need: pd.DataFrame,
    *,
    title: str,
    lines: Sequence[str] = (),
    slip: str = "",
    policy: Policy | None = None,
    scenario: str = "",
) -> Figure:
    """
    Draw a schedule of projects over the rooms needed and there, stage by stage, on one axis of school years.

    Parameters
    ----------
    projects, phases, need
        As this module says.
    title, lines
        What is shown, and what to know of it.
    slip
        What ``slips_to`` is, for the key; the usual words when empty.
    policy
        For the names of stages; ids are shown without it.
    scenario
        Name of the scenario, for the source.
    """
    years = sorted({int(year) for year in need["year"].tolist()})
    chart = _Chart(district, projects, need, years, title=title, lines=lines, scenario=scenario)
    chart.rows(projects, phases)
    chart.key(projects, phases, slip)
    for stage in dict.fromkeys(need["stage"].tolist()):
        chart.panel(stage_name(stage, policy), need.loc[need["stage"] == stage].sort_values("year"))
    return chart.sheet.figure


def _year(row: Mapping[str, Any], column: str) -> int | None:
    """Return a year of a row; None where it is missing or the table has no such column."""
    value = row.get(column)
    return int(value) if isinstance(value, (int, float)) and not math.isnan(value) else None


def _gains(phases: pd.DataFrame) -> dict[str, dict[int, float]]:
    """Return the change of rooms by project and year. [rooms]."""
    gains: dict[str, dict[int, float]] = {}
    for row in phases.to_dict("records"):
        gains.setdefault(str(row["project"]), {})[int(row["year"])] = float(row["rooms"])
    return gains


class _Chart:
    """The sheet, filled from the top downwards."""

    def __init__(
        self,
        district: District,
        projects: pd.DataFrame,
        need: pd.DataFrame,
        years: Sequence[int],
        *,
        title: str,
        lines: Sequence[str],
        scenario: str,
    ) -> None:
        self.years = years
        self.names = [wrapped(str(name), _SIZE, _MOST - 14) for name in projects["name"].tolist()]
        widest = max((text_width(line, _SIZE) for rows in self.names for line in rows), default=0.0)
        self.cell = float(np.clip(_FIELD / max(len(years), 1), _NARROW, _WIDE))
        self.left = MARGIN + float(np.clip(widest + 14, _LEAST, _MOST))
        self.right = self.left + self.cell * len(years)
        width = self.right + NAMES + MARGIN
        self.heights = [max(_ROW, 9.6 * len(rows) + 6) for rows in self.names]
        panels = len(set(need["stage"].tolist())) * (_PANEL + _APART)
        source = source_line(district, scenario, say("school years by their autumn"))
        below = footer_height(source, width)
        height = header_height(title, lines, width) + 20 + sum(self.heights) + 34 + panels + below
        self.sheet = Sheet(width, height)
        self.y = write_header(self.sheet, title, lines) - 10
        self.sheet.footer(source)

    def x(self, year: float) -> float:
        """Where a school year begins, within the years shown. [points]"""
        return self.left + self.cell * float(np.clip(year - self.years[0], 0, len(self.years)))

    def rows(self, projects: pd.DataFrame, phases: pd.DataFrame) -> None:
        """Draw the projects' rows below the years."""
        sheet, top = self.sheet, self.y
        for year in self.years:
            middle = self.x(year) + self.cell / 2
            sheet.write(middle, top + 3, str(year), 7.2, colour=QUIET, align="center", gid="year")
        bottom = top - sum(self.heights)
        for year in [*self.years, self.years[-1] + 1]:
            sheet.line((self.x(year),) * 2, (bottom, top), colour=FAINT, width=0.4, order=1)
        gains = _gains(phases)
        for row, names, height in zip(projects.to_dict("records"), self.names, self.heights, strict=True):
            sheet.line((MARGIN, self.right), (self.y, self.y), colour=FAINT, width=0.4, order=1)
            self.y -= height
            middle = self.y + height / 2
            for number, line in enumerate(names):
                offset = (len(names) - 1) / 2 - number
                sheet.write(MARGIN, middle - 2.6 + 9.6 * offset, line, _SIZE, gid="name")
            self._bar(row, gains.get(row["project"], {}), middle)
        sheet.line((MARGIN, self.right), (self.y, self.y), colour=FAINT, width=0.4, order=1)

    def _bar(self, row: Mapping[str, Any], gains: Mapping[int, float], middle: float) -> None:
        """Draw one project: construction, years open, rooms as they come, slip and latest opening."""
        sheet, opens, last = self.sheet, _year(row, "opens"), self.years[-1] + 1
        low, high = middle - _BAR / 2, middle + _BAR / 2
        if opens is None:
            text = say("does not open")
            sheet.write(self.left + 5, middle - 2.6, text, 7.0, colour=QUIET, gid="label")
        else:
            starts, ends = _year(row, "starts"), _year(row, "ends") or last
            if starts is not None and starts < opens:
                built = Box(
                    left=self.x(starts), bottom=low, width=self.x(opens) - self.x(starts), height=_BAR
                )
                _site(sheet, built)
            used = Box(left=self.x(opens), bottom=low, width=self.x(ends) - self.x(opens), height=_BAR)
            fill, edge = (_LESS, QUIET) if sum(gains.values()) < 0 else (RANGES[1], ACCENT)
            sheet.rectangle(used, fill=fill, edge=edge, width=0.6, order=3)
            for year, rooms in gains.items():
                if self.years[0] <= year < last:
                    self._gain(year, rooms, middle)
        slips, latest = _year(row, "slips_to"), _year(row, "latest")
        if opens is not None and slips is not None and slips > opens:
            begin, end = self.x(opens), self.x(slips)
            sheet.line((begin, end), (low - 1.8,) * 2, colour=STATED, width=1.2, dashes=_DASHES, order=4)
            sheet.line((end, end), (low - 4.0, low + 0.4), colour=STATED, width=1.2, order=4)
        if latest is not None and self.years[0] <= latest < last:
            _mark(sheet, self.x(latest), high + 0.6)

    def _gain(self, year: int, rooms: float, middle: float) -> None:
        """Write the rooms that come or go in a year at its beginning."""
        text = f"{'+' if rooms > 0 else MINUS}{abs(rooms):g}"
        self.sheet.write(
            self.x(year) + 3.5, middle - 2.5, text, 7.0, colour=INK if rooms > 0 else STATED, gid="label"
        )
        if rooms:
            x = self.x(year)
            self.sheet.line((x, x), (middle - _BAR / 2, middle + _BAR / 2), colour=ACCENT, width=1.4, order=4)

    def key(self, projects: pd.DataFrame, phases: pd.DataFrame, slip: str) -> None:
        """Write what bars and marks are."""
        sheet, x, y = self.sheet, MARGIN, self.y - 20

        def entry(text: str) -> None:
            nonlocal x
            sheet.write(x + 24, y + 1.2, text, 7.2, colour=QUIET, gid="legend")
            x += 24 + text_width(text, 7.2) + 14

        def has(column: str) -> bool:
            return column in projects and bool(projects[column].notna().any())

        if has("starts"):
            _site(sheet, Box(left=x, bottom=y, width=18, height=8))
            entry(say("under construction"))
        sheet.rectangle(
            Box(left=x, bottom=y, width=18, height=8), fill=RANGES[1], edge=ACCENT, width=0.6, order=3
        )
        entry(say("open; figures: rooms gained"))
        if any(sum(gains.values()) < 0 for gains in _gains(phases).values()):
            sheet.rectangle(Box(left=x, bottom=y, width=18, height=8), fill=_LESS, edge=QUIET, width=0.6)
            entry(say("closed; figures: rooms lost"))
        if has("slips_to"):
            sheet.line((x, x + 18), (y + 4, y + 4), colour=STATED, width=1.2, dashes=_DASHES)
            sheet.line((x + 18, x + 18), (y + 1.8, y + 6.2), colour=STATED, width=1.2)
            entry(slip or say("if it slips"))
        if has("latest"):
            _mark(sheet, x + 9, y + 2)
            entry(say("latest safe opening"))
        self.y = y - 14

    def panel(self, name: str, rows: pd.DataFrame) -> None:
        """Draw rooms needed and there of one stage."""
        box = Box(
            left=self.left,
            bottom=self.y - _APART - _PANEL + 18,
            width=self.right - self.left,
            height=_PANEL,
        )
        figures = [
            rows.reindex(columns=[column])[column].astype("Float64").to_numpy(np.float64, na_value=np.nan)
            for column in ("need", "rooms", "idle")
        ]
        low, high, step = scale_of([float(value) for line in figures for value in line])
        plot = Plot(self.sheet, box, self.years, low, high, step)
        plot.axes(split=None)
        need, rooms, idle = figures
        years = [int(year) for year in rows["year"].tolist()]
        self.sheet.write(MARGIN, box.top + 8, say("{stage}: rooms", stage=name), 8.2, gid="panel")
        y, column = box.top - 6, self.left - MARGIN - SCALE
        for line in (_short_of(years, need, rooms), say("the scale does not begin at 0") if low > 0 else ""):
            y = (
                self.sheet.paragraph(MARGIN, y, line, 6.8, column, colour=QUIET, gid="note") - 3
                if line
                else y
            )
        self._lacking(plot, years, need, rooms)
        plot.steps(years, idle, colour=QUIET, width=1.1, dashes=_DASHES)
        plot.steps(years, rooms, colour=INK, width=1.5)
        plot.steps(years, need, colour=ACCENT, width=1.6)
        names = [
            (need[-1], say("needed"), ACCENT),
            (rooms[-1], say("by this plan"), INK),
            (idle[-1], say("as decided so far"), QUIET),
        ]
        plot.names([(float(value), text, colour) for value, text, colour in names if not math.isnan(value)])
        self.y = box.bottom - 18

    def _lacking(
        self, plot: Plot, years: Sequence[int], need: NDArray[np.float64], there: NDArray[np.float64]
    ) -> None:
        """Fill what lacks between the rooms there and those needed, year by year."""
        for year, wanted, had in zip(years, need.tolist(), there.tolist(), strict=True):
            if wanted > had:
                low, high = plot.y(had), plot.y(wanted)
                left, right = plot.x(year - 0.5), plot.x(year + 0.5)
                box = Box(left=left, bottom=low, width=right - left, height=high - low)
                self.sheet.rectangle(box, fill=_SHORT, order=2)


def _short_of(years: Sequence[int], need: NDArray[np.float64], there: NDArray[np.float64]) -> str:
    """Say in which year most rooms are short."""
    lacking = np.nan_to_num(need - there)
    if not len(years) or lacking.max() < 0.5:
        return say("Rooms suffice in every year.")
    worst = int(np.argmax(lacking))
    return say("{rooms} rooms are short in {year}, the most.", rooms=whole(lacking[worst]), year=years[worst])


def _site(sheet: Sheet, box: Box) -> None:
    """Draw years of construction."""
    sheet.rectangle(box, fill=_SITE, order=3)
    sheet.lines(hatching(box_polygon(box), 3.4), colour=STATED, width=0.45, order=3.2, within=box, alpha=0.7)
    sheet.rectangle(box, edge=STATED, width=0.5, order=3.3)


def _mark(sheet: Sheet, x: float, low: float) -> None:
    """Draw a triangle that points down at a time."""
    sheet.polygon([(x, low), (x - 2.8, low + 4.6), (x + 2.8, low + 4.6)], fill=INK, edge=PAPER, order=6)
