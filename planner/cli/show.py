"""What a command prints: lines and tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from planner.cli.layout import table_lines, terminal_width, wrapped
from planner.words import say

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

    from planner.words import Text

MISSING = "-"


def tell(text: Text | str, *, indent: str = "", mark: tuple[str, str] | None = None) -> None:
    """
    Print a text, on a terminal wrapped to its width.

    Parameters
    ----------
    indent
        What the second and further lines begin with.
    mark
        The words with which the text begins, and the colour that they have on a terminal.
    """
    first, *more = wrapped(str(text), terminal_width(), indent=indent)
    if mark is not None:
        words, colour = mark
        first = click.style(words, fg=colour) + first.removeprefix(words)
    click.echo("\n".join([first, *more]))


def to_a_question(district: object) -> str:
    """Return how to get from a district to a first question."""
    return say(
        'To ask a question, write a scenario, as keep.toml with the line: district = "{district}". Then: planner exceed keep.toml --grade 1 --year YEAR',
        district=district,
    )


def show_table(
    table: pd.DataFrame, headings: Mapping[str, str], shown_as: Mapping[str, Callable[[Any], str]]
) -> None:
    """
    Print the columns of `headings` under their headings; figures are right-aligned, nothing is cut.

    Parameters
    ----------
    shown_as
        How a column's figures are written; columns that are not in it hold text. Missing values are a dash.
    """
    missing = table.isna()
    rows = [
        [MISSING if blank[column] else shown_as.get(column, str)(row[column]) for column in headings]
        for row, blank in zip(table.to_dict("records"), missing.to_dict("records"), strict=True)
    ]
    figures = [column in shown_as for column in headings]
    for line in table_lines(list(headings.values()), rows, figures, terminal_width()):
        click.echo(line)


def whole(value: float) -> str:
    """Return a figure rounded to a whole number; never a minus before a zero."""
    return f"{round(value)}"


def tenth(value: float) -> str:
    """Return a figure rounded to a tenth."""
    return f"{value:.1f}"


def signed(value: float) -> str:
    """Return a change rounded to a whole number, with its sign; 0 for none."""
    return f"{round(value):+d}" if round(value) else "0"


def span(low: float, high: float) -> str:
    """Return the range between two figures."""
    joint = " " if min(low, high) < 0 else ""
    return f"{whole(low)}{joint}–{joint}{whole(high)}"
