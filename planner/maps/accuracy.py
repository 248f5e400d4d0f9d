"""How good past forecasts were: error by years ahead, how often counts lay in their range, and what stated odds were worth."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.maps.palette import ACCENT, FAINT, INK, QUIET
from planner.maps.sheet import MARGIN, Box, Sheet, footer_height, header_height, nice, write_header
from planner.words import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from matplotlib.figure import Figure

    from planner.forecast.backtest import Backtest

_WIDTH, _PANEL, _HEIGHT, _APART = 760.0, 190.0, 190.0, 50.0
_LATER = "#b3542e"
_LARGEST = 5.5
"""Radius of the disc of a group that holds all cases. [points]"""
_FEWEST = 10
"""Cases of a group of stated odds that is drawn; fewer say nothing."""


def accuracy_chart(found: Backtest, *, source: str = "") -> Figure:
    """
    Draw three panels: error by years ahead, shares of counts in their ranges, stated odds against what came.

    Parameters
    ----------
    found
        Past forecasts and their scores.
    source
        What the counts are; shown below.
    """
    origins = sorted({int(origin) for origin in found.forecasts["origin"].tolist()})
    title = say("How good past forecasts were")
    lines = [
        say(
            "Made again in {first} to {last} with what was known then: {cases} counts of single grades.",
            first=origins[0],
            last=origins[-1],
            cases=len(found.forecasts),
        )
    ]
    source = source or say(
        "Error: children wrongly placed per hundred that came; dotted: the best simple method. Discs: groups of stated odds, by their cases; those of fewer than {least} are left out.",
        least=_FEWEST,
    )
    below = footer_height(source, _WIDTH) + 64
    sheet = Sheet(_WIDTH, header_height(title, lines, _WIDTH) + 26 + _HEIGHT + below)
    write_header(sheet, title, lines)
    sheet.footer(source)
    boxes = [
        Box(left=MARGIN + 26 + at * (_PANEL + _APART), bottom=below, width=_PANEL, height=_HEIGHT)
        for at in range(3)
    ]
    scores = found.scores.loc[found.scores["band"] == "all"]
    _errors(_Panel(sheet, boxes[0], say("Error by years ahead (%)")), scores, found.baselines)
    _coverage(_Panel(sheet, boxes[1], say("Counts within their range (%)")), scores)
    _odds(_Panel(sheet, boxes[2], say("Another class needed: stated and came (%)")), found.reliability)
    return sheet.figure


@dataclass
class _Panel:
    """A field with its scales."""

    sheet: Sheet
    box: Box
    title: str
    low: float = 0.0
    high: float = 100.0
    columns: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        self.sheet.write(self.box.left, self.box.top + 12, self.title, 8.4, gid="panel")

    def x(self, value: float) -> float:
        """Place of a value on the level scale. [points]"""
        if self.columns:
            return self.box.left + (self.columns.index(value) + 0.5) / len(self.columns) * self.box.width
        return self.box.left + value / 100 * self.box.width

    def y(self, value: float) -> float:
        """Place of a value on the upright scale. [points]"""
        return self.box.bottom + (value - self.low) / (self.high - self.low) * self.box.height

    def scales(self, step: float) -> None:
        """Draw both scales."""
        for value in np.arange(self.low, self.high + step / 2, step):
            y = self.y(float(value))
            strong = value == self.low
            self.sheet.line(
                (self.box.left, self.box.right), (y, y), colour=INK if strong else FAINT, width=0.6, order=1
            )
            self.sheet.write(
                self.box.left - 5, y - 2.5, f"{value:g}", 7.2, colour=QUIET, align="right", gid="scale"
            )
        for value in self.columns or (0, 20, 40, 60, 80, 100):
            self.sheet.write(
                self.x(value), self.box.bottom - 11, f"{value:g}", 7.2, align="center", gid="scale"
            )

    def curve(
        self,
        xs: Sequence[float],
        ys: Sequence[float],
        colour: str,
        *,
        dashes: tuple[float, ...] = (),
        dots: bool = True,
    ) -> None:
        """Draw a line through the values known."""
        known = [(self.x(x), self.y(y)) for x, y in zip(xs, ys, strict=True) if math.isfinite(y)]
        if not known:
            return
        points = np.array(known)
        self.sheet.line(points[:, 0], points[:, 1], colour=colour, width=1.3, dashes=dashes, order=5)
        if dots:
            self.sheet.discs(points, np.full(len(points), 2.1), fills=colour, edge=colour, order=6)

    def caption(self, row: int, colour: str, text: str, *, dashes: tuple[float, ...] = ()) -> None:
        """Write what a colour stands for below the field."""
        y = self.box.bottom - 28 - 11 * row
        self.sheet.line(
            (self.box.left, self.box.left + 16), (y + 2.4, y + 2.4), colour=colour, width=1.3, dashes=dashes
        )
        self.sheet.write(self.box.left + 21, y, text, 7.2, gid="caption")


_TARGETS = (("entry", ACCENT), ("grades", _LATER), ("district total", INK))


def _named() -> dict[str, str]:
    return {
        "entry": say("entry grade"),
        "grades": say("later grades"),
        "district total": say("all together"),
    }


def _of(scores: pd.DataFrame, target: str, column: str, leads: Sequence[int]) -> list[float]:
    rows = scores.loc[scores["target"] == target].set_index("lead")[column]
    return [float(rows.get(lead, math.nan)) for lead in leads]


def _errors(panel: _Panel, scores: pd.DataFrame, baselines: pd.DataFrame) -> None:
    leads = sorted({int(lead) for lead in scores["lead"].tolist()})
    best = baselines.groupby(["target", "lead"], as_index=False).agg(wape=("wape", "min"))
    shown = [target for target, _ in _TARGETS]
    peaks = [float(table.loc[table["target"].isin(shown), "wape"].max()) for table in (scores, best)]
    largest = max(1.0, *(peak for peak in peaks if math.isfinite(peak)))
    step = nice(largest / 4)
    panel.columns, panel.high = tuple(float(lead) for lead in leads), math.ceil(largest / step) * step
    panel.scales(step)
    for row, (target, colour) in enumerate(_TARGETS):
        panel.curve(leads, _of(best, target, "wape", leads), colour, dashes=(1.2, 2), dots=False)
        panel.curve(leads, _of(scores, target, "wape", leads), colour)
        panel.caption(row, colour, _named()[target])


def _coverage(panel: _Panel, scores: pd.DataFrame) -> None:
    leads = sorted({int(lead) for lead in scores["lead"].tolist()})
    shown = scores.loc[scores["target"].isin([target for target, _ in _TARGETS[:2]])]
    lowest = float(shown[["cover80", "cover95"]].min(axis=None)) if len(shown) else 1.0
    panel.columns, panel.low = tuple(float(lead) for lead in leads), min(50.0, math.floor(10 * lowest) * 10.0)
    panel.scales(10)
    for level in (80.0, 95.0):
        y = panel.y(level)
        panel.sheet.line((panel.box.left, panel.box.right), (y, y), colour=QUIET, width=0.9, order=2)
    for target, colour in _TARGETS[:2]:
        for column, dashes in (("cover80", ()), ("cover95", (3.5, 2.2))):
            shares = [100 * share for share in _of(scores, target, column, leads)]
            panel.curve(leads, shares, colour, dashes=dashes)
    panel.caption(0, INK, say("in the range of 80 %"))
    panel.caption(1, INK, say("in the range of 95 %"), dashes=(3.5, 2.2))


def _odds(panel: _Panel, reliability: pd.DataFrame) -> None:
    panel.scales(20)
    box = panel.box
    panel.sheet.line(
        (box.left, box.right), (box.bottom, box.top), colour=QUIET, width=0.7, dashes=(2, 2), order=2
    )
    enough = reliability.loc[reliability["cases"] >= _FEWEST]
    if not len(enough):
        panel.sheet.write(box.left, box.bottom - 28, say("too few cases"), 7.2, gid="caption")
    for row, (target, colour) in enumerate(_TARGETS[:2]):
        rows = enough.loc[enough["target"] == target]
        if not len(rows):
            continue
        xs, ys = (100 * rows["stated"]).tolist(), (100 * rows["came"]).tolist()
        panel.curve(xs, ys, colour, dots=False)
        points = np.array([[panel.x(x), panel.y(y)] for x, y in zip(xs, ys, strict=True)])
        part = rows["cases"].to_numpy(np.float64) / rows["cases"].sum()
        panel.sheet.discs(
            points, np.maximum(_LARGEST * np.sqrt(part), 1.4), fills=colour, edge="#ffffff", order=6
        )
        panel.caption(row, colour, _named()[target])
