"""The chart of pupils against seats, year by year."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from planner.maps.land import school_names
from planner.maps.palette import ACCENT, FAINT, HATCH, INK, QUIET, RANGES, STATED
from planner.maps.phrases import signed, source_line, stage_name, whole
from planner.maps.sheet import MARGIN, Box, Sheet, footer_height, header_height, nice, write_header
from planner.maps.typeface import text_width, wrapped
from planner.words import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from planner.district import District
    from planner.policy import Policy

WIDTH, HEIGHT = 640.0, 250.0
SCALE = 40.0
"""Room for the figures of the vertical scale. [points]"""
NAMES = 116.0
"""Room for the names at the end of the lines. [points]"""
PAST = 10
"""Counted years that are shown, at most."""


def _counted(district: District, stage: str, policy: Policy | None, school: str | None) -> dict[int, float]:
    """Return the pupils counted in a stage's grades by year, the last ten years at most. [children]"""
    if policy is None:
        return {}
    entry = policy.stage(stage)
    table = district["enrolment"]
    wanted = table["grade"].between(entry.first, entry.last) & (table["year"] <= district.counted)
    if school is not None:
        wanted &= table["school"] == school
    rows = table.loc[wanted]
    sums: Counter[int] = Counter()
    for year, pupils in zip(rows["year"].tolist(), rows["pupils"].tolist(), strict=True):
        sums[int(year)] += int(pupils)
    return {year: float(sums[year]) for year in sorted(sums)[-PAST:]}


def pupils_and_seats_chart(
    district: District,
    table: pd.DataFrame,
    *,
    stage: str,
    school: str | None = None,
    schools: pd.DataFrame | None = None,
    policy: Policy | None = None,
    scenario: str = "",
    title: str | None = None,
) -> Figure:
    """
    Draw pupils expected with their 80 % range against seats, and the pupils counted in past years.

    Parameters
    ----------
    table
        stage, year, pupils or demand with _p10 and _p90, seats, seats_stated where known: the table district,
        or with `school` the table seats_by_school. [children]
    school
        One school; the whole district when not given.
    schools
        Table seats_by_school, for the seats of the district as stated: they are shown in the years in which every
        school that has seats states them. [children]
    policy
        For the name of the stage, and for its grades: without it the past is not shown.
    scenario, title
        As for `seat_gap_map`.
    """
    wanted = table["stage"] == stage
    if school is not None:
        wanted &= table["school"] == school
    rows = table.loc[wanted]
    middle = "pupils" if "pupils" in table else "demand"
    columns = [middle, f"{middle}_p10", f"{middle}_p90", "seats", "seats_stated", "gap"]
    figures = rows.reindex(columns, axis=1).astype("Float64").to_numpy(np.float64, na_value=np.nan)
    years = [int(year) for year in rows["year"].tolist()]
    if school is None and schools is not None:
        stated = _stated(schools.loc[schools["stage"] == stage])
        figures[:, 4] = [stated.get(year, math.nan) for year in years]
    order = np.argsort(years)
    years, figures = sorted(years), figures[order]
    past = _counted(district, stage, policy, school)
    name = stage_name(stage, policy)
    if school is not None:
        stages = set(table.loc[table["school"] == school, "stage"].tolist())
        named = school_names(district, [school])[school]
        name = f"{named}, {name}" if len(stages) > 1 else named
    title = title or say("Pupils and seats, {name}", name=name)
    lines = [_summary(years, figures)]
    values = [*past.values(), *figures[:, :5].ravel().tolist()]
    key = say("line: expected; band: range of 80 %")
    plot = plot_for(district, (title, lines), values, (past, years), scenario=scenario, key=key)
    if years:
        plot.forecast(years, figures, past, demanded=middle == "demand")
    if past:
        plot.past(past)
    return plot.sheet.figure


def plot_for(
    district: District,
    heading: tuple[str, Sequence[str]],
    values: Sequence[float],
    spans: tuple[Iterable[int], Sequence[int]],
    *,
    scenario: str,
    key: str,
) -> Plot:
    """
    Return the field of a chart over years on a sheet with its heading, source and scales, ready to be drawn in.

    Parameters
    ----------
    heading
        Title, and the lines below it.
    values
        All that is to have room in the field. [children]
    spans
        Autumns counted, and autumns forecast.
    scenario
        Name of the scenario, for the source.
    key
        What lines and bands are.
    """
    (title, lines), (past, years) = heading, spans
    low, high, step = scale_of(values)
    cut = say("the scale does not begin at 0") if low > 0 else ""
    source = source_line(district, scenario, key, cut)
    below = footer_height(source, WIDTH) + 46
    sheet = Sheet(WIDTH, header_height(title, lines, WIDTH) + 12 + HEIGHT + below)
    write_header(sheet, title, lines)
    sheet.footer(source)
    box = Box(left=MARGIN + SCALE, bottom=below, width=WIDTH - 2 * MARGIN - SCALE - NAMES, height=HEIGHT)
    plot = Plot(sheet, box, [*past, *years], low, high, step)
    plot.axes(split=district.counted if past and years else None)
    return plot


def _stated(schools: pd.DataFrame) -> dict[int, float]:
    """Return the seats as stated by year, where no school with seats leaves them out. [children]"""
    sums: dict[int, float] = {}
    numbers = (
        schools.filter(["year", "seats", "seats_stated"])
        .astype("Float64")
        .to_numpy(np.float64, na_value=np.nan)
    )
    for year, seats, stated in numbers.tolist():
        own = 0.0 if math.isnan(stated) and seats == 0 else stated
        sums[int(year)] = sums.get(int(year), 0.0) + own
    return sums


def _summary(years: Sequence[int], figures: NDArray[np.float64]) -> str:
    gaps = _gaps(figures)
    if not years:
        return say("There are no figures for this stage.")
    if np.isnan(gaps).all():
        return say("The seats are not known.")
    short = [year for year, gap in zip(years, gaps, strict=True) if gap < -0.5]
    if not short:
        return say("Seats suffice in every year from {first} to {last}.", first=years[0], last=years[-1])
    worst = int(np.nanargmin(gaps))
    return say(
        "Seats are short in {n} of {all} years, most in {year}: {missing} seats.",
        n=len(short),
        all=len(years),
        year=years[worst],
        missing=whole(-gaps[worst]),
    )


def _gaps(figures: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the seat gap of each year: the table's, or seats less children where it has none."""
    return np.where(np.isnan(figures[:, 5]), figures[:, 3] - figures[:, 0], figures[:, 5])


def scale_of(values: Sequence[float]) -> tuple[float, float, float]:
    """
    Return the ends of a scale and its step, all round, for these figures.

    It begins at zero unless all figures lie above 45 % of the largest; then a quarter of their span is left below.
    """
    known = [value for value in values if not math.isnan(value)] or [0.0, 1.0]
    low, high = min(known), max(known)
    span = max(high - low, 0.04 * abs(high), 1.0)
    floor = 0.0 if low <= 0.45 * high else max(low - 0.25 * span, 0.0)
    top = high + 0.04 * span
    step = nice(max((top - floor) / 4, 1.0))
    return math.floor(floor / step) * step, math.ceil(top / step) * step, step


class Plot:
    """The field of the chart, with its two scales."""

    def __init__(
        self, sheet: Sheet, box: Box, years: Sequence[int], low: float, high: float, step: float
    ) -> None:
        self.sheet = sheet
        self.box = box
        self.years = sorted(set(years)) or [0]
        self.low, self.high, self.step = low, high, step

    def x(self, year: float) -> float:
        """Place of a year. [points]"""
        share = (year - self.years[0] + 0.5) / (self.years[-1] - self.years[0] + 1)
        return self.box.left + share * self.box.width

    def y(self, value: float) -> float:
        """Place of a number of children. [points]"""
        return self.box.bottom + (value - self.low) / (self.high - self.low) * self.box.height

    def axes(self, *, split: int | None) -> None:
        """Draw the scales, and a line where the counts end."""
        box = self.box
        for value in np.arange(self.low, self.high + self.step / 2, self.step):
            y = self.y(value)
            base = value == self.low
            colour, width = (INK, 0.7) if base else (FAINT, 0.4)
            self.sheet.line((box.left, box.right), (y, y), colour=colour, width=width, order=1)
            self.sheet.write(
                box.left - 6, y - 2.5, whole(value), 7.2, colour=QUIET, align="right", gid="scale"
            )
        every = max(1, math.ceil(len(self.years) * 26 / box.width))
        for year in self.years:
            if (self.years[-1] - year) % every == 0 and year:
                self.sheet.write(self.x(year), box.bottom - 11, str(year), 7.2, align="center", gid="year")
        if split is not None:
            x = (self.x(split) + self.x(split + 1)) / 2
            self.sheet.line((x, x), (box.bottom, box.top), colour=QUIET, width=0.6, dashes=(1, 2), order=1.5)
            self.sheet.write(
                x - 5, box.top + 5, say("counted"), 6.8, colour=QUIET, align="right", gid="scale"
            )
            self.sheet.write(x + 5, box.top + 5, say("expected"), 6.8, colour=QUIET, gid="scale")

    def past(self, counts: dict[int, float]) -> None:
        """Draw the pupils counted."""
        points = np.array([[self.x(year), self.y(count)] for year, count in counts.items()])
        self.sheet.line(points[:, 0], points[:, 1], colour=INK, width=1.1, order=6)
        self.sheet.discs(points, np.full(len(points), 1.9), fills=INK, order=7)

    def forecast(
        self, years: Sequence[int], figures: NDArray[np.float64], past: dict[int, float], *, demanded: bool
    ) -> None:
        """Draw the pupils expected, their range, the seats, the names of the lines and the gaps below."""
        middle, low, high, seats, stated = figures[:, :5].T
        self.band(years, low, high, fill=RANGES[1])
        self.expected(years, middle, past)
        self.steps(years, seats, colour=INK, width=1.5)
        self.steps(years, stated, colour=STATED, width=1.1, dashes=(3.5, 2.2))
        names = [
            (seats[-1], say("seats"), INK),
            (middle[-1], say("children expected") if demanded else say("pupils expected"), ACCENT),
            (stated[-1], say("seats as stated"), STATED),
        ]
        self.names([name for name in names if not math.isnan(name[0])])
        self._gap_row(years, _gaps(figures))

    def band(
        self,
        years: Sequence[int],
        low: NDArray[np.float64],
        high: NDArray[np.float64],
        *,
        fill: str,
        start: tuple[int, float] | None = None,
    ) -> None:
        """Fill the range between two lines, where both are known; `start` is the year and figure it opens from."""
        known = ~np.isnan(low) & ~np.isnan(high)
        if known.sum() + (start is not None) < 2:
            return
        xs = [self.x(year) for year, kept in zip(years, known, strict=True) if kept]
        lows, highs = ([self.y(value) for value in line[known]] for line in (low, high))
        if start is not None:
            xs, point = [self.x(start[0]), *xs], self.y(start[1])
            lows, highs = [point, *lows], [point, *highs]
        there, back = zip(xs, lows, strict=True), zip(reversed(xs), reversed(highs), strict=True)
        self.sheet.polygon([*there, *back], fill=fill, order=2)

    def expected(self, years: Sequence[int], middle: NDArray[np.float64], past: dict[int, float]) -> None:
        """Draw what is expected, from the last count on where that is of the year before."""
        xs = np.array([self.x(year) for year in years])
        ys = np.array([self.y(value) for value in middle])
        if years[0] - 1 in past:
            last = (self.x(years[0] - 1), self.y(past[years[0] - 1]))
            self.sheet.line((last[0], xs[0]), (last[1], ys[0]), colour=ACCENT, width=1.1, order=5)
        self.sheet.line(xs, ys, colour=ACCENT, width=1.6, order=5)
        dots = ~np.isnan(ys)
        self.sheet.discs(
            np.column_stack([xs, ys])[dots],
            np.full(dots.sum(), 2.1),
            fills="#ffffff",
            edge=ACCENT,
            widths=1.2,
        )

    def steps(
        self,
        years: Sequence[int],
        levels: NDArray[np.float64],
        *,
        colour: str,
        width: float,
        dashes: tuple[float, ...] = (),
    ) -> None:
        """Draw a figure that holds for whole years."""
        xs = np.array([[self.x(year - 0.5), self.x(year + 0.5)] for year in years]).ravel()
        ys = np.array([self.y(level) for level in levels])
        self.sheet.line(xs, np.repeat(ys, 2), colour=colour, width=width, dashes=dashes, order=4)

    def names(self, names: Sequence[tuple[float, str, str]]) -> None:
        """Write the names of the lines, of a value, a name and a colour each, beside their ends, none touching."""
        rows = [
            (self.y(value), wrapped(f"{name} {whole(value)}", 7.6, NAMES - 14), colour)
            for value, name, colour in sorted(names)
        ]
        bottom = -math.inf
        for level, lines, colour in rows:
            height = len(lines) * 10.0
            start = max(level - height / 2, bottom)
            bottom = start + height + 2
            for row, line in enumerate(lines):
                self.sheet.write(
                    self.box.right + 12,
                    start + height - 10 * (row + 1) + 2.6,
                    line,
                    7.6,
                    colour=colour,
                    gid="name",
                )
            self.sheet.line(
                (self.box.right + 2, self.box.right + 9),
                (level, start + height / 2),
                colour=colour,
                width=0.5,
                order=4,
            )

    def _gap_row(self, years: Sequence[int], gaps: NDArray[np.float64]) -> None:
        """Write the seat gap of each year below it, as many as there is room for."""
        y = self.box.bottom - 27
        self.sheet.write(self.box.left - 6, y, say("seat gap"), 7.2, colour=QUIET, align="right", gid="gap")
        texts = ["" if math.isnan(gap) else signed(gap) for gap in gaps]
        room = self.box.width / (self.years[-1] - self.years[0] + 1)
        every = max(1, math.ceil((max(text_width(text, 6.8) for text in texts) + 4) / room))
        for k, (year, text, gap) in enumerate(zip(years, texts, gaps, strict=True)):
            if k % every == 0:
                colour = HATCH if gap < 0 else QUIET
                self.sheet.write(self.x(year), y, text, 6.8, colour=colour, align="center", gid="gap")
