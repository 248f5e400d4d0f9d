"""
Cost against overcrowding of several plans: what more money buys, and which plans are worse than another in both.

`frontier_chart` draws one plain table, a row a plan: ``name``, ``yuan`` (cost, discounted), ``over`` (child-years above
the cap). Plans on the frontier, which no other plan beats in one figure without losing in the other, are filled and
joined; the others are hollow.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from planner.maps.chart import scale_of
from planner.maps.labels import Label, place_labels
from planner.maps.palette import ACCENT, FAINT, INK, PAPER, QUIET, RANGES
from planner.maps.phrases import source_line, whole
from planner.maps.sheet import MARGIN, Box, Sheet, footer_height, header_height, write_header
from planner.words import current_language, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from planner.district import District

_WIDTH, _HEIGHT = 560.0, 300.0
_SCALE, _BELOW = 46.0, 44.0
"""Room for the figures of the vertical and of the horizontal scale. [points]"""
_RADIUS = 3.6


def frontier_chart(
    district: District,
    table: pd.DataFrame,
    *,
    title: str,
    lines: Sequence[str] = (),
    scenario: str = "",
    cost: str = "",
) -> Figure:
    """
    Draw plans by what they cost and how many child-years are above the cap.

    Parameters
    ----------
    table
        name, yuan, over: as this module says.
    title, lines
        What is shown, and what to know of it.
    scenario
        Name of the scenario, for the source.
    cost
        What the yuan are for; all that a plan costs, discounted, when empty.
    """
    yuan, over = (table[column].to_numpy(np.float64) for column in ("yuan", "over"))
    kept = on_frontier(yuan, over)
    source = source_line(district, scenario, cost or say("discounted cost of projects, classes and ways"))
    below = footer_height(source, _WIDTH) + _BELOW
    sheet = Sheet(_WIDTH, header_height(title, lines, _WIDTH) + 26 + _HEIGHT + below)
    write_header(sheet, title, lines)
    sheet.footer(source)
    box = Box(left=MARGIN + _SCALE, bottom=below, width=_WIDTH - 2 * MARGIN - _SCALE, height=_HEIGHT)
    points = _scaled(sheet, box, yuan, over)
    order = np.flatnonzero(kept)[np.argsort(yuan[kept], kind="stable")]
    taken = _stairs(sheet, box, points[order]) if len(order) else []
    for chosen, fill, edge in ((~kept, PAPER, QUIET), (kept, ACCENT, PAPER)):
        number = int(chosen.sum())
        sheet.discs(points[chosen], np.full(number, _RADIUS), fills=fill, edge=edge, widths=1.1, order=7)
    labels = [
        Label(
            text=str(name),
            x=float(x),
            y=float(y),
            importance=2.0 if own else 1.0,
            radius=_RADIUS,
            size=7.4,
            widest=130.0,
        )
        for name, (x, y), own in zip(table["name"].tolist(), points.tolist(), kept.tolist(), strict=True)
    ]
    discs = np.column_stack([points, np.full(len(points), _RADIUS)])
    _write_labels(sheet, box, labels, discs, taken)
    _key(sheet, box, worse=not kept.all())
    return sheet.figure


def on_frontier(yuan: NDArray[np.float64], over: NDArray[np.float64]) -> NDArray[np.bool_]:
    """
    Return whether no other plan is at least as good in both figures and better in one.

    Of plans equal in both, all are kept.
    """
    cheaper, fewer = yuan[None, :] <= yuan[:, None], over[None, :] <= over[:, None]
    better = (yuan[None, :] < yuan[:, None]) | (over[None, :] < over[:, None])
    return np.logical_not((cheaper & fewer & better).any(axis=1))


def _scaled(
    sheet: Sheet, box: Box, yuan: NDArray[np.float64], over: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Draw both scales; return where the plans stand. [points]."""
    unit, name = (
        (1e4, say("cost (10,000 yuan)")) if current_language() == "zh" else (1e6, say("cost (million yuan)"))
    )
    low_x, high_x, step_x = scale_of((yuan / unit).tolist())
    low_y, high_y, step_y = scale_of(over.tolist())
    for value in np.arange(low_y, high_y + step_y / 2, step_y).tolist():
        y = box.bottom + (value - low_y) / (high_y - low_y) * box.height
        base = value == low_y
        sheet.line(
            (box.left, box.right), (y, y), colour=INK if base else FAINT, width=0.7 if base else 0.4, order=1
        )
        sheet.write(box.left - 6, y - 2.5, whole(value), 7.2, colour=QUIET, align="right", gid="scale")
    for value in np.arange(low_x, high_x + step_x / 2, step_x).tolist():
        x = box.left + (value - low_x) / (high_x - low_x) * box.width
        sheet.line((x, x), (box.bottom, box.bottom - 3), colour=INK, width=0.6, order=1)
        sheet.write(x, box.bottom - 12, whole(value), 7.2, colour=QUIET, align="center", gid="scale")
    upright = say("child-years above the cap")
    if low_y > 0:
        upright = say("{what}; the scale does not begin at 0", what=upright)
    sheet.write(MARGIN, box.top + 13, upright, 7.6, colour=QUIET, gid="scale")
    level = say("{what}; the scale does not begin at 0", what=name) if low_x > 0 else name
    sheet.write(box.right, box.bottom - 26, level, 7.6, colour=QUIET, align="right", gid="scale")
    return np.column_stack(
        [
            box.left + (yuan / unit - low_x) / (high_x - low_x) * box.width,
            box.bottom + (over - low_y) / (high_y - low_y) * box.height,
        ]
    )


def _stairs(sheet: Sheet, box: Box, points: NDArray[np.float64]) -> list[Box]:
    """
    Draw the frontier as stairs: between two plans on it, the cheaper one is what the money buys.

    Returns
    -------
    Boxes around its lines, where no label may stand. [points]
    """
    xs = np.append(np.repeat(points[:, 0], 2), box.right)[1:]
    ys = np.repeat(points[:, 1], 2)
    corners = list(zip(xs.tolist(), ys.tolist(), strict=True))
    sheet.polygon([*corners, (box.right, box.top), (float(points[0, 0]), box.top)], fill=RANGES[0], order=0.5)
    sheet.line(xs, ys, colour=ACCENT, width=1.3, order=5)
    return [
        Box(left=min(x1, x2), bottom=min(y1, y2), width=abs(x2 - x1), height=abs(y2 - y1))
        for (x1, y1), (x2, y2) in pairwise(corners)
    ]


def _write_labels(
    sheet: Sheet, box: Box, labels: Sequence[Label], discs: NDArray[np.float64], taken: Sequence[Box]
) -> None:
    """Write the names of the plans beside them, none touching another or the frontier."""
    placed, _ = place_labels(labels, box, discs, taken)
    for one in placed:
        if one.leader is not None:
            (x1, y1), (x2, y2) = one.leader
            sheet.line((x1, x2), (y1, y2), colour=INK, width=0.45, order=6)
        anchor = {
            "left": one.box.left,
            "center": one.box.left + one.box.width / 2,
            "right": one.box.right,
        }[one.align]
        sheet.write(anchor, one.box.top, one.text, one.label.size, align=one.align, level="top", gid="label")


def _key(sheet: Sheet, box: Box, *, worse: bool) -> None:
    """Write what filled and hollow points are."""
    x, y = box.left, box.bottom - 40
    rows = [(ACCENT, PAPER, say("no other plan is cheaper and less crowded"))]
    if worse:
        rows.append((PAPER, QUIET, say("another plan is at least as good in both")))
    for fill, edge, text in rows:
        sheet.discs(np.array([[x + 4, y + 2.5]]), np.array([_RADIUS]), fills=fill, edge=edge, widths=1.1)
        sheet.write(x + 13, y, text, 7.2, colour=QUIET, gid="legend")
        x += 215
