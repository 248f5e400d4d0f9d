"""Lines and tables of plain text that fit a terminal; in a pipe nothing is wrapped or cut."""

from __future__ import annotations

import re
import shutil
import sys
from itertools import zip_longest
from typing import TYPE_CHECKING
from unicodedata import combining, east_asian_width

if TYPE_CHECKING:
    from collections.abc import Sequence

NARROWEST = 10
"""Columns of text are not made narrower than this. [cells]"""
GAP = "  "

_CHINESE = "⺀-鿿豈-﫿"
_PIECES = re.compile(rf"\s+|[{_CHINESE}][，。；：、）》”！？]*|-*[^\s{_CHINESE}-]+-*|-+")
"""Spaces, one Chinese character with the punctuation that may not begin a line, or a word up to its next hyphen."""


def terminal_width() -> int | None:
    """Return the width of the terminal that standard output is; None where it is none. [cells]."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def cells(text: str) -> int:
    """Return how wide a terminal shows a text; a Chinese character is two cells."""
    return sum(0 if combining(letter) else 2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def wrapped(text: str, width: int | None, *, indent: str = "") -> list[str]:
    """
    Return a text as lines of at most that width, broken between words or Chinese characters.

    Parameters
    ----------
    width
        None leaves the text in one line. [cells]
    indent
        What the second and further lines begin with.
    """
    if width is None:
        return [text]
    lines, line = [], ""
    for piece in _PIECES.findall(text):
        if line.strip() and cells(line + piece.rstrip()) > width:
            lines.append(line.rstrip())
            line = indent + piece.lstrip()
        else:
            line += piece
        while cells(line) > width and not piece.isspace():
            fits = next(end for end in range(len(line), 0, -1) if cells(line[:end]) <= width or end == 1)
            lines.append(line[:fits])
            line = indent + line[fits:]
    return [*lines, line.rstrip()]


def table_lines(
    headings: Sequence[str], rows: Sequence[Sequence[str]], figures: Sequence[bool], width: int | None
) -> list[str]:
    """
    Return a table as lines: headings, a rule, rows; figures right-aligned.

    What does not fit the width is wrapped: headings first, then columns of text; figures never.

    Parameters
    ----------
    figures
        Which columns hold figures.
    width
        None: no limit. [cells]
    """
    widths = [
        max(cells(heading), *(cells(row[column]) for row in rows)) if rows else cells(heading)
        for column, heading in enumerate(headings)
    ]
    if width is not None and sum(widths) + len(GAP) * (len(widths) - 1) > width:
        widths = _narrowed(headings, rows, figures, widths, width)
    lines = _row_lines(headings, figures, widths, bottom=True)
    lines.append(GAP.join("─" * wide for wide in widths))
    for row in rows:
        lines += _row_lines(row, figures, widths)
    return lines


def _narrowed(
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    figures: Sequence[bool],
    widths: Sequence[int],
    width: int,
) -> list[int]:
    """Return the widths of columns whose headings are wrapped, and whose texts are where that is not enough."""
    narrow = [
        max(
            max((cells(piece.strip()) for piece in _PIECES.findall(heading)), default=0),
            *(cells(row[column]) for row in rows),
        )
        for column, heading in enumerate(headings)
    ]
    texts = [column for column, figure in enumerate(figures) if not figure]
    left = width - len(GAP) * (len(narrow) - 1)
    while texts and sum(narrow) > left:
        widest = max(texts, key=lambda column: narrow[column])
        if narrow[widest] <= NARROWEST:
            break
        narrow[widest] -= 1
    for column, wide in enumerate(widths):
        if sum(narrow) + wide - narrow[column] <= left:
            narrow[column] = wide
    return narrow


def _row_lines(
    texts: Sequence[str], figures: Sequence[bool], widths: Sequence[int], *, bottom: bool = False
) -> list[str]:
    """Return a row as lines, the texts of a column wrapped to its width."""
    columns = [
        [text] if cells(text) <= wide else wrapped(text, wide)
        for text, wide in zip(texts, widths, strict=True)
    ]
    if bottom:
        tallest = max(len(column) for column in columns)
        columns = [[""] * (tallest - len(column)) + column for column in columns]
    return [
        GAP.join(
            " " * (wide - cells(text)) + text if figure else text + " " * (wide - cells(text))
            for text, figure, wide in zip(line, figures, widths, strict=True)
        ).rstrip()
        for line in zip_longest(*columns, fillvalue="")
    ]
