"""What stated odds were worth: how often it happened when they were low, and how often when they were high."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.maps.palette import ACCENT, FAINT, INK, QUIET
from planner.maps.phrases import source_line
from planner.maps.sheet import Box, Sheet, footer_height, header_height, write_header
from planner.words import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from matplotlib.figure import Figure

    from planner.district import District

_WIDTH, _SIDE = 420.0, 230.0
_LARGEST = 13.0
"""Radius of the disc of a group that holds all cases. [points]"""
_LABEL = 44.0, 10.0
"""Room that a label takes. [points]"""


def reliability_chart(
    district: District, table: pd.DataFrame, *, title: str, lines: Sequence[str] = (), scenario: str = ""
) -> Figure:
    """
    Draw, for groups of stated odds, how often it happened: on the slanted line where the odds were right.

    Parameters
    ----------
    table
        stated, came (shares) and cases, a row a group.
    title, lines
        What is shown, and what to know of it.
    scenario
        Name of the scenario, for the source.
    """
    source = source_line(district, scenario, say("discs: groups of stated odds, as large as they have cases"))
    below = footer_height(source, _WIDTH) + 52
    sheet = Sheet(_WIDTH, header_height(title, lines, _WIDTH) + 26 + _SIDE + below)
    write_header(sheet, title, lines)
    sheet.footer(source)
    box = Box(left=(_WIDTH - _SIDE) / 2, bottom=below, width=_SIDE, height=_SIDE)
    _scales(sheet, box)
    stated, came, cases = (table[column].to_numpy(np.float64) for column in ("stated", "came", "cases"))
    points = np.column_stack([box.left + stated * box.width, box.bottom + came * box.height])
    radii = np.maximum(_LARGEST * np.sqrt(cases / max(cases.sum(), 1)), 2.2)
    sheet.discs(points, radii, fills=ACCENT, edge="#ffffff")
    taken: list[tuple[float, float]] = []
    for (x, y), radius, share, number in zip(points.tolist(), radii.tolist(), came, cases, strict=True):
        above = y + radius + 4
        while any(abs(x - left) < _LABEL[0] and abs(above - low) < _LABEL[1] for left, low in taken):
            above += _LABEL[1]
        taken.append((x, above))
        text = say("{came} of {cases}", came=round(share * number), cases=int(number))
        sheet.write(x, above, text, 7.2, align="center", gid="label")
    return sheet.figure


def _scales(sheet: Sheet, box: Box) -> None:
    for share in np.arange(0, 1.01, 0.2).tolist():
        x, y = box.left + share * box.width, box.bottom + share * box.height
        colour, width = (INK, 0.7) if share == 0 else (FAINT, 0.4)
        sheet.line((box.left, box.right), (y, y), colour=colour, width=width, order=1)
        text = f"{100 * share:.0f}"
        sheet.write(box.left - 17, y - 2.5, text, 7.2, colour=QUIET, align="right", gid="scale")
        sheet.write(x, box.bottom - 24, text, 7.2, colour=QUIET, align="center", gid="scale")
    sheet.line(
        (box.left, box.right), (box.bottom, box.top), colour=QUIET, width=0.8, dashes=(2.5, 2.5), order=2
    )
    sheet.write(box.left - 30, box.top + 17, say("how often it happened (%)"), 7.6, colour=QUIET, gid="scale")
    sheet.write(
        box.right, box.bottom - 38, say("odds stated (%)"), 7.6, colour=QUIET, align="right", gid="scale"
    )
