"""Colours and classes: few, the same over all years, safe for the colour-blind and in black and white."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from planner.words import Text

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

INK = "#22272e"
QUIET = "#6b7280"
FAINT = "#c9ccd1"
PAPER = "#ffffff"
LAND = "#f3f2ee"
UNKNOWN = "#dedcd6"
HATCH = "#5c160c"
_PALE_HATCH = "#ffe6dc"
_DARK = 0.3
"""Luminance below which a sign on a fill is pale. [1]"""
ACCENT = "#2a6a97"
RANGES = ("#e6eef5", "#cfdde8", "#a9c4d8")
"""Of ranges around what is expected, from the widest to the narrowest."""
STATED = "#8a5a1f"
RIVER = "#3d8fb5"
BARRIER_COLOURS = {
    "river": RIVER,
    "railway": "#3b3f46",
    "trunk_road": "#8c7343",
    "expressway": "#8c7343",
    "other": QUIET,
}
"""Of the lines by kind, or of their edges."""

_GAP_COLOURS = ("#9c2a1a", "#dd7444", "#f6c79f", "#f7f6f1", "#c6e0ee", "#86bad9", "#4289bb", "#1b4774")
_GAP_HATCHES = (3.0, 4.4, 7.0, 0.0, 0.0, 0.0, 0.0, 0.0)
_ODDS_COLOURS = ("#f6f1e4", "#fbd79b", "#f29c56", "#cc4c3b", "#861a3a")

_WORTH_COLOURS = ("#fdf8e6", "#c9dd8a", "#84b670", "#38855a", "#0a4434")
_SITE_COLOURS = ("#17456b", "#3f83b3", "#98c6e0", "#f7f5ec", "#e3c58e", "#b58a4e")

_STEPS = (
    (1, 5, 10),
    (2, 10, 20),
    (5, 20, 50),
    (10, 50, 100),
    (20, 100, 200),
    (50, 200, 500),
    (100, 500, 1000),
    (200, 1000, 2000),
    (500, 2000, 5000),
    (1000, 5000, 10000),
)
_ROUND = tuple(digit * 10**power for power in range(16) for digit in (1, 2, 5))
_SHARE_OF_SEATS = 0.25
"""Outermost step of a seat-gap map over the seats of a middling school, at most. [1]"""


@dataclass(frozen=True, kw_only=True)
class MapClass:
    """One class of a map."""

    low: float | None
    """Lower bound; None: open. [unit of the values]"""
    high: float | None
    """Upper bound; None: open. [unit of the values]"""
    colour: str
    """As #rrggbb."""
    label: Text


@dataclass(frozen=True, kw_only=True)
class Bands:
    """Classes of a map, from the lowest values to the highest."""

    edges: tuple[float, ...]
    """Inner bounds, rising. [unit of the values]"""
    colours: tuple[str, ...]
    """One more than the edges."""
    hatches: tuple[float, ...]
    """Distance of the hatch lines of each class; 0 for none. [points]"""
    labels: tuple[Text, ...]
    centred: bool = False
    """Whether a value on an edge belongs to the class nearer to zero; otherwise to the upper one."""

    @property
    def classes(self) -> tuple[MapClass, ...]:
        """The classes one by one, from the lowest values to the highest."""
        lows, highs = (None, *self.edges), (*self.edges, None)
        rows = zip(lows, highs, self.colours, self.labels, strict=True)
        return tuple(
            MapClass(low=low, high=high, colour=colour, label=label) for low, high, colour, label in rows
        )

    def of(self, values: ArrayLike) -> NDArray[np.intp]:
        """Return the class of each value, counted from the lowest; -1 where the value is missing."""
        numbers = np.asarray(values, dtype=np.float64)
        edges = np.asarray(self.edges)
        upper = np.searchsorted(edges, numbers, side="right")
        if self.centred:
            upper = np.where(numbers > 0, np.searchsorted(edges, numbers, side="left"), upper)
        return np.where(np.isnan(numbers), -1, upper)


def gap_bands(seats: ArrayLike) -> Bands:
    """
    Return eight classes of seat gaps around zero, with round bounds that fit the size of the schools.

    Short: the steps are the largest of 1-5-10, 2-10-20, 5-20-50 and so on whose last is at most a quarter of the
    median seats. To spare: the first and the last of these steps, then about half of the median seats and all of
    them, since after a wave whole schools stand empty while no school is short of all its seats. The bounds follow
    the seats and not the gaps, so that maps of all years and of all scenarios of a district have the same classes.
    Shortages are hatched, the closer the larger, so that they differ from spare seats in black and white too.

    Parameters
    ----------
    seats
        Seats of the schools or catchments, of all years; missing ones and zeros are left aside. [children]
    """
    sizes = np.asarray(seats, dtype=np.float64)
    sizes = sizes[sizes > 0]
    median = float(np.median(sizes)) if sizes.size else 0.0
    short = next((steps for steps in reversed(_STEPS) if steps[-1] <= _SHARE_OF_SEATS * median), _STEPS[0])
    half = _round_near(median / 2, above=short[-1])
    whole = _round_near(median, above=half)
    near, middle, far = (f"{step:,}" for step in short)
    farther, farthest = f"{half:,}", f"{whole:,}"
    return Bands(
        edges=(*(-step for step in reversed(short)), short[0], short[-1], half, whole),
        colours=_GAP_COLOURS,
        hatches=_GAP_HATCHES,
        labels=(
            Text("more than {n} short", n=far),
            Text("{low} to {high} short", low=middle, high=far),
            Text("{low} to {high} short", low=near, high=middle),
            Text("balanced, within {n}", n=near),
            Text("{low} to {high} to spare", low=near, high=far),
            Text("{low} to {high} to spare", low=far, high=farther),
            Text("{low} to {high} to spare", low=farther, high=farthest),
            Text("more than {n} to spare", n=farthest),
        ),
        centred=True,
    )


def _round_near(value: float, *, above: int) -> int:
    """Return the 1, 2 or 5 times a power of ten greater than `above` whose ratio to the value is nearest to one."""
    return min(
        (step for step in _ROUND if step > above), key=lambda step: abs(np.log(step / max(value, 1.0)))
    )


def odds_bands() -> Bands:
    """Return the five classes of a probability, darker the likelier. [1]"""
    return Bands(
        edges=(0.05, 0.2, 0.5, 0.8),
        colours=_ODDS_COLOURS,
        hatches=(0.0,) * 5,
        labels=(
            Text("below {p} %", p=5),
            Text("{low} to {high} %", low=5, high=20),
            Text("{low} to {high} %", low=20, high=50),
            Text("{low} to {high} %", low=50, high=80),
            Text("{p} % and more", p=80),
        ),
    )


def worth_bands(values: ArrayLike) -> Bands:
    """
    Return five classes of what something is worth, darker the more, with round bounds below the largest.

    Parameters
    ----------
    values
        Of all years; missing ones are left aside.
    """
    known = np.asarray(values, dtype=np.float64)
    most = float(np.nanmax(known, initial=1.0, where=~np.isnan(known)))
    edges = _steps_below(most, 3)
    low, middle, high = (f"{edge:,}" for edge in edges)
    return Bands(
        edges=(0.5, *edges),
        colours=_WORTH_COLOURS,
        hatches=(0.0,) * 5,
        labels=(
            Text("nothing"),
            Text("below {n}", n=low),
            Text("{low} to {high}", low=low, high=middle),
            Text("{low} to {high}", low=middle, high=high),
            Text("{n} and more", n=high),
        ),
    )


def site_bands(metres: ArrayLike) -> Bands:
    """
    Return six classes of how much longer the mean way is than with the best site, from blue to brown. [m].

    The third bound is the largest round number that the median does not exceed, those around it follow.

    Parameters
    ----------
    metres
        Of all candidates; missing ones are left aside.
    """
    known = np.asarray(metres, dtype=np.float64)
    known = known[~np.isnan(known)]
    middle = float(np.median(known)) if len(known) else 1.0
    at = max(bisect_right(_ROUND, middle), 3)
    edges = _ROUND[at - 3 : at + 2]
    shown = [f"{edge:,}" for edge in edges]
    return Bands(
        edges=tuple(float(edge) for edge in edges),
        colours=_SITE_COLOURS,
        hatches=(0.0,) * 6,
        labels=(
            Text("below {n} m", n=shown[0]),
            *(Text("{low} to {high} m", low=low, high=high) for low, high in pairwise(shown)),
            Text("{n} m and more", n=shown[-1]),
        ),
    )


def _steps_below(value: float, number: int) -> tuple[int, ...]:
    """Return the largest so many of 1, 2, 5, 10, 20 and so on of which the last is below the value, or the first."""
    at = max(bisect_left(_ROUND, value), number)
    return _ROUND[at - number : at]


def hatch_colour(fill: str) -> str:
    """Return the colour of hatch lines that show on a fill: pale on a dark one."""
    return _PALE_HATCH if luminance(fill) < 0.18 else HATCH


def ink_on(fill: str) -> str:
    """Return the colour of a sign that shows on a fill: pale on a dark one."""
    return PAPER if luminance(fill) < _DARK else INK


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour written #rrggbb (WCAG 2.1). [1]"""
    parts = np.array([int(colour[start : start + 2], 16) for start in (1, 3, 5)]) / 255
    linear = np.where(parts <= 0.03928, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))
