"""The letters and goals of the intake model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

GOALS = {
    "unplaced": "child-years",
    "above_cap": "child-years",
    "borrowed": "room-years",
    "outside": "children",
    "unsplit": "child-years",
    "above_size": "child-years",
    "pupil_km": "km",
}
"""Goals in order, with their units."""

LETTERS = ("x", "u", "y", "v", "n", "c", "o", "q", "split", "merge", "borrowed", "h", "hg", "goal")
"""Letters of the variables; `Stating` states those of a letter together."""

AXES = {"x": 4, "y": 4, "borrowed": 2, "h": 2, "hg": 2, "goal": 1}
"""Axes of the letters that do not have three."""


@dataclass(frozen=True, kw_only=True)
class Family:
    """Variables of one letter, which stand together in the order of the columns."""

    keys: NDArray[np.int64]
    """[variable, axis]: positions on the axes of the letter."""
    start: int
    """First column."""

    @property
    def columns(self) -> slice:
        """Columns of the family."""
        return slice(self.start, self.start + len(self.keys))

    def spread(self, values: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.float64]:
        """Return the family's part of the values of all columns as an array of its axes, 0 where it has no variable."""
        full = np.zeros(shape)
        full[tuple(self.keys.T)] = values[self.columns]
        return full
