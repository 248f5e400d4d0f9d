"""Tables on a terminal or in a pipe."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

PIPE_WIDTH = 200


def show_table(
    table: pd.DataFrame, headings: Mapping[str, str], shown_as: Mapping[str, Callable[[Any], str]]
) -> None:
    """
    Print the columns of `headings` under their headings; figures are right-aligned, text is never cut.

    Parameters
    ----------
    shown_as
        How a column's values are written; others as they are, missing ones as a dash.
    """
    import pandas as pd
    from rich import box
    from rich.console import Console
    from rich.table import Table

    console = Console(width=None if sys.stdout.isatty() else PIPE_WIDTH, highlight=False)
    grid = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column, heading in headings.items():
        text = table[column].dtype.kind not in "iuf" and column not in shown_as
        grid.add_column(heading, justify="left" if text else "right", overflow="fold")
    for row in table[list(headings)].itertuples(index=False):
        grid.add_row(
            *(
                "-" if value is None or pd.isna(value) else shown_as.get(column, str)(value)
                for column, value in zip(headings, row, strict=True)
            )
        )
    console.print(grid)


def whole(value: float) -> str:
    """Return a figure rounded to a whole number."""
    return f"{value:.0f}"


def tenth(value: float) -> str:
    """Return a figure rounded to a tenth."""
    return f"{value:.1f}"
