"""What a comparison of scenarios gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from planner.pipeline import Run

FIGURES = (
    "seats",
    "demand",
    "gap",
    "entry_gap",
    "over",
    "classes_over",
    "turned_away",
    "unplaced",
)
"""Figures compared by stage and year, each drawn by draw. [children, of `classes_over` classes]"""

SAME, UNCLEAR, CLEAR, ADDED, GONE = "same", "unclear", "clear", "added", "gone"
"""What a difference is: none; within `CLEAR_FROM` errors, not to be told from luck; beyond them; a figure that only
the other scenario has; a figure that only the first has."""
CLEAR_FROM = 2.0
"""Standard errors that a clear difference exceeds."""

MOVED = [
    "stage",
    "year",
    "block",
    "grade",
    "from",
    "to",
    "children",
    "metres_before",
    "metres_after",
]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Scenarios beside the first of them."""

    runs: tuple[Run, ...]
    names: tuple[str, ...]
    """How the scenarios are called."""
    table: pd.DataFrame
    """A row a scenario, stage and year: scenario, stage, year, figures of that scenario, and their difference from
    the first scenario with its Monte Carlo standard error (`_change`, `_error`): seats, demand, gap, entry_gap,
    over [entrants above the cap of the classes planned], turned_away, unplaced, all in children; classes_over
    [classes of all grades above their cap]."""
    totals: pd.DataFrame
    """A row a scenario and stage: the same figures, added up over the years. [child-years, class-years]"""
    outcomes: Mapping[str, pd.DataFrame]
    """Every table of outcomes by name, a row a place, year and figure: the table's keys, figure, a `value_` column a
    scenario, and of each but the first the difference from the first (`change_`), its standard error (`error_`)
    and what it is (`verdict_`), each followed by the scenario's name."""
    moved: pd.DataFrame
    """scenario, stage, year, block, grade, from, to, children, metres_before, metres_after: children who go elsewhere
    than in the first scenario. Entrants of blocks whose catchment is another have a block, `from` and `to` are
    catchments, the metres the way to their schools. Those sent from one school to another have none; a grade where
    a year group moves."""
    batches: int
    """Batches of draws by which the errors of `outcomes` are reckoned."""

    @property
    def first(self) -> str:
        """Name of the first scenario."""
        return self.names[0]

    def of(self, table: str, figure: str, name: str) -> pd.DataFrame:
        """
        Return the rows of a figure in a table of outcomes, as one scenario has it beside the first.

        Returns
        -------
        DataFrame
            The table's keys, before, after, change, error, verdict.
        """
        rows = self.outcomes[table]
        columns = {
            f"value_{self.first}": "before",
            f"value_{name}": "after",
            f"change_{name}": "change",
            f"error_{name}": "error",
            f"verdict_{name}": "verdict",
        }
        at = list(rows).index("figure")
        return rows.loc[rows["figure"] == figure, [*list(rows)[:at], *columns]].rename(columns=columns)
