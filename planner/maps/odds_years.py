"""Odds of schools by year, as a table in colours: who is at risk, when it begins and when it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.maps.palette import INK, PAPER, QUIET, ink_on, odds_bands
from planner.maps.phrases import percent, source_line
from planner.maps.sheet import MARGIN, Box, Sheet, footer_height, header_height, write_header
from planner.maps.typeface import text_width, wrapped
from planner.words import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from matplotlib.figure import Figure

    from planner.district import District

_CELL, _ROW = 33.0, 19.0
"""Width of a year and height of a school. [points]"""
_LEAST, _NAMES = 420.0, 190.0
"""Width of the page at least, and room for the names of schools at most. [points]"""
_SIZE = 7.6


def odds_by_year_chart(
    district: District,
    table: pd.DataFrame,
    *,
    title: str,
    lines: Sequence[str] = (),
    last: str = "",
    scenario: str = "",
) -> Figure:
    """
    Draw probabilities as coloured cells, a row a school and a column a year.

    Parameters
    ----------
    table
        Indexed by name, in the order of the rows; columns are school years. [1]
    title, lines
        What is shown, and what to know of it.
    last
        Name of the last row where it stands for several schools and is set apart; empty: none is.
    scenario
        Name of the scenario, for the source.
    """
    names = [str(name) for name in table.index]
    broken = [wrapped(name, _SIZE, _NAMES) for name in names]
    wide = max((text_width(line, _SIZE) for rows in broken for line in rows), default=0.0) + 14
    width = max(2 * MARGIN + wide + _CELL * len(table.columns), _LEAST)
    source = source_line(district, scenario, say("odds that a class exceeds the cap in the classes planned"))
    heights = [max(_ROW, 9.6 * len(rows) + 6) for rows in broken]
    apart = 7.0 if last else 0.0
    below = footer_height(source, width) + 34
    sheet = Sheet(width, header_height(title, lines, width) + 22 + sum(heights) + apart + below)
    y = write_header(sheet, title, lines) - 12
    sheet.footer(source)
    left = MARGIN + wide
    for at, year in enumerate(table.columns):
        sheet.write(
            left + (at + 0.5) * _CELL, y + 4, str(year), 7.2, colour=QUIET, align="center", gid="year"
        )
    bands = odds_bands()
    for name, rows, height, odds in zip(names, broken, heights, table.to_numpy(np.float64), strict=True):
        if name == last:
            y -= apart
        y -= height
        middle = y + height / 2
        for number, row in enumerate(rows):
            offset = (len(rows) - 1) / 2 - number
            sheet.write(MARGIN, middle - 2.6 + 9.6 * offset, row, _SIZE, gid="name")
        for at, (chance, group) in enumerate(zip(odds.tolist(), bands.of(odds).tolist(), strict=True)):
            if group < 0:
                continue
            fill = bands.colours[group]
            box = Box(left=left + at * _CELL, bottom=y, width=_CELL, height=height)
            sheet.rectangle(box, fill=fill, edge=PAPER, width=1.2, order=3)
            sheet.write(
                box.left + _CELL / 2,
                middle - 2.5,
                percent(chance),
                7.0,
                colour=ink_on(fill),
                align="center",
                gid="label",
            )
    _key(sheet, y - 26)
    return sheet.figure


def _key(sheet: Sheet, y: float) -> None:
    """Write what the colours are."""
    bands, x = odds_bands(), MARGIN
    for fill, label in zip(bands.colours, bands.labels, strict=True):
        sheet.rectangle(Box(left=x, bottom=y, width=12, height=8), fill=fill, edge=QUIET, width=0.3)
        sheet.write(x + 16, y + 1.4, str(label), 7.2, colour=INK, gid="legend")
        x += 16 + text_width(str(label), 7.2) + 12
