"""What a repair of shapes is, and how far it may go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from planner.words import Text

TOLERANCE = 1.0
"""Width up to which gaps and overlaps are closed, where no other is asked for. [m]"""

WIDEST = 10.0
"""Largest tolerance that may be asked for. [m]"""

SMALL = 20.0
"""Area up to which gaps, overlaps and crumbs are closed whatever their shape. [m2]"""

SMALL_REACH = 5.0
"""How far a border may move beside a small gap or overlap. [m]"""

VALID_AREA = 10.0
VALID_SHARE = 0.001
"""Change of area that making a polygon valid may bring: the larger of the two. [m2; 1]"""

GRID = 0.001
"""Grid on which borders are made to meet; points within half of it are one. [m]"""

BESIDE = 30.0
"""A school up to this far outside all blocks is noted and left. [m]"""

Kind = Literal[
    "points",
    "closed",
    "valid",
    "crumbs",
    "overlap",
    "gap",
    "meeting",
    "overlap left",
    "gap left",
    "school beside",
]


@dataclass(frozen=True, kw_only=True)
class Repair:
    """One thing mended, or looked at and left."""

    kind: Kind
    table: str
    ids: tuple[str, ...]
    """Polygons concerned; of an overlap the one that kept the ground first."""
    count: int = 1
    area: float = 0.0
    """Ground that changed hands, was added, taken away or left. [m2]"""
    before: float | None = None
    after: float | None = None
    """Area of the polygon, where it was made valid. [m2]"""
    metres: float = 0.0
    """How far a school stands outside. [m]"""

    @property
    def done(self) -> bool:
        """Whether anything was changed."""
        return self.kind not in {"overlap left", "gap left", "school beside"}

    @property
    def text(self) -> Text:
        """What was done, with its figures."""
        area = f"{self.area:,.2f}"
        match self.kind:
            case "points":
                return Text("{count} points drawn twice taken out", count=self.count)
            case "closed":
                return Text("{count} rings closed", count=self.count)
            case "valid":
                return Text(
                    "made valid: {before} m2 before, {after} m2 after",
                    before=f"{self.before or 0:,.2f}",
                    after=f"{self.after or 0:,.2f}",
                )
            case "crumbs":
                return Text("{count} crumbs of {area} m2 taken away", count=self.count, area=area)
            case "overlap":
                return Text("overlap of {area} m2 given to {id}", area=area, id=self.ids[0])
            case "gap":
                return Text("{count} gaps of {area} m2 filled", count=self.count, area=area)
            case "meeting":
                return Text(
                    "borders put on a grid of {grid} mm, so that neighbours meet point by point",
                    grid=round(1000 * GRID),
                )
            case "overlap left":
                return Text("overlap of {area} m2 left, beyond the tolerance", area=area)
            case "gap left":
                return Text("enclosed land of {area} m2 left, beyond the tolerance", area=area)
            case "school beside":
                return Text("stands {metres} m outside every block, left there", metres=f"{self.metres:.1f}")
