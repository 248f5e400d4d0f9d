"""The fan of a grade: what was counted, and the ranges of what may come, against what its classes hold."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.maps.chart import PAST, plot_for
from planner.maps.palette import ACCENT, INK, QUIET, RANGES, STATED
from planner.maps.sheet import Box, Sheet
from planner.maps.typeface import text_width
from planner.words import Text, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd
    from matplotlib.figure import Figure

    from planner.district import District

SPANS = (("p025", "p975"), ("p10", "p90"), ("p25", "p75"))
"""Columns of the ends of the ranges, from the widest to the narrowest."""
_SHARES = (95, 80, 50)
"""Of the draws that lie in them. [percent]"""
_DASHES = (3.5, 2.2)


@dataclass(frozen=True, kw_only=True)
class Level:
    """How many children something holds, by school year."""

    name: Text
    by_year: Mapping[int, float]
    """[children]"""
    possible: bool = False
    """Whether it is what could be rather than what is planned: drawn dashed, and only as far as the scale of the
    others goes."""


def fan_chart(
    district: District,
    table: pd.DataFrame,
    *,
    title: str,
    lines: Sequence[str] = (),
    counted: Mapping[int, float] | None = None,
    levels: Sequence[Level] = (),
    scenario: str = "",
) -> Figure:
    """
    Draw the counts of past autumns and the ranges that hold 50, 80 and 95 % of the draws of those to come.

    Parameters
    ----------
    table
        year, p025, p10, p25, p50, p75, p90, p975. [children]
    title, lines
        What is shown, and what to know of it.
    counted
        Children counted by year; the last ten are shown. [children]
    levels
        What the classes hold.
    scenario
        Name of the scenario, for the source.
    """
    rows = table.sort_values("year")
    years = [int(year) for year in rows["year"].tolist()]
    figures = {
        name: rows[name].to_numpy(np.float64, na_value=np.nan)
        for name in ("p50", *(end for span in SPANS for end in span))
    }
    past = dict(sorted((counted or {}).items())[-PAST:])
    held = [np.array([level.by_year.get(year, math.nan) for year in years]) for level in levels]
    values = [*past.values(), *(value for line in figures.values() for value in line)]
    values += [
        value for level, line in zip(levels, held, strict=True) if not level.possible for value in line
    ]
    key = say("line: as likely more as less; bands: ranges of 50, 80 and 95 %")
    numbers = [float(value) for value in values]
    plot = plot_for(district, (title, lines), numbers, (past, years), scenario=scenario, key=key)
    if not years:
        return plot.sheet.figure
    last = years[0] - 1
    start = (last, past[last]) if last in past else None
    for (first, second), fill in zip(SPANS, RANGES, strict=True):
        plot.band(years, figures[first], figures[second], fill=fill, start=start)
    plot.expected(years, figures["p50"], past)
    if past:
        plot.past(past)
    names = [(float(figures["p50"][-1]), say("children expected"), ACCENT)]
    for level, numbers in zip(levels, held, strict=True):
        if level.possible:
            within = np.where(numbers <= plot.high, numbers, math.nan)
            plot.steps(years, within, colour=STATED, width=1.1, dashes=_DASHES)
        else:
            plot.steps(years, numbers, colour=INK, width=1.5)
            names.append((float(numbers[-1]), str(level.name), INK))
    plot.names([name for name in names if not math.isnan(name[0])])
    _key(plot.sheet, plot.box, [str(level.name) for level in levels if level.possible])
    return plot.sheet.figure


def _key(sheet: Sheet, box: Box, possible: Sequence[str]) -> None:
    """Write what the bands are below the field, the narrowest first, and what is drawn dashed."""
    x, y = box.left, box.bottom - 33
    for share, fill in reversed(list(zip(_SHARES, RANGES, strict=True))):
        sheet.rectangle(Box(left=x, bottom=y, width=14, height=8), fill=fill)
        text = say("{share} % of the draws", share=share)
        sheet.write(x + 19, y + 1.4, text, 7.2, colour=QUIET, gid="legend")
        x += 19 + text_width(text, 7.2) + 16
    for name in possible:
        sheet.line((x, x + 14), (y + 4, y + 4), colour=STATED, width=1.1, dashes=_DASHES)
        text = say("{name}, as far as the scale goes", name=name)
        sheet.write(x + 19, y + 1.4, text, 7.2, colour=QUIET, gid="legend")
        x += 19 + text_width(text, 7.2) + 16


def held_by_year(rows: Iterable[Mapping[str, float]], classes: str) -> dict[int, float]:
    """
    Return the children that classes hold within the cap, by year: cap x classes. [children]

    Parameters
    ----------
    rows
        Of the table odds, of one school and grade: year, cap and the column `classes`.
    """
    return {int(row["year"]): float(row["cap"]) * float(row[classes]) for row in rows}
