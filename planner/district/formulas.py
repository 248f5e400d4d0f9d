"""Text in CSV files that spreadsheets would take for formulas: written with an apostrophe before it, read without."""

from __future__ import annotations

import re

_FORMULA = re.compile(r"'*[=+\-@＝＋－＠\t\n]")
"""What a cell begins with that a spreadsheet takes for a formula; more apostrophes are the text's own."""
_FIGURES = re.compile(r"'*[+-]?[\d.]+(;[+-]?[\d.]+)*")
"""Text that is a number, or rooms by year as -2;-4."""


def harmless(text: str) -> str:
    """
    Return text that no spreadsheet takes for a formula.

    What begins with = + - @, one of their wide forms ＝ ＋ － ＠, a tab or a new line gets an apostrophe before it, as in
    ``'=1+1``; numbers, and lists of numbers as -2;-4, stay as they are.
    """
    return f"'{text}" if _FORMULA.match(text) and not _FIGURES.fullmatch(text) else text


def as_meant(text: str) -> str:
    """Return the text of which `harmless` made this."""
    return text[1:] if text.startswith("'") and harmless(text[1:]) == text else text
