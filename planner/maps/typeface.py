"""The one font of every map and chart, shipped with the package, so that no font of the machine is ever used."""

from __future__ import annotations

import unicodedata
from functools import cache, lru_cache
from pathlib import Path

from matplotlib.font_manager import FontProperties
from matplotlib.ft2font import FT2Font
from matplotlib.textpath import text_to_path

FONT = Path(__file__).with_name("fonts") / "PlannerSansSC-Regular.otf"
"""Planner Sans SC, made by ``fonts/build_font.py``."""

LACKING = "〓"
"""Stands for a character that the font does not have, as Chinese typesetters do."""

NO_LINE_START = frozenset("，。、；：？！）》」』】％%…,.;:?!)]}·")
"""Signs that never begin a line (GB/T 15834-2011, 5.1)."""

NO_LINE_END = frozenset("（《「『【“‘([")
"""Signs that never end a line."""


@cache
def characters() -> frozenset[int]:
    """Return the code points that the font can draw."""
    return frozenset(FT2Font(str(FONT)).get_charmap())


@cache
def typeface(size: float) -> FontProperties:
    """Return the font in a size. [points]"""
    return FontProperties(fname=str(FONT), size=size)


def _drawn(character: str) -> str:
    if ord(character) in characters():
        return character
    if character.isspace() or unicodedata.category(character) == "Cc":
        return " "
    plain = "".join(part for part in unicodedata.normalize("NFKD", character) if ord(part) in characters())
    return plain or ("" if unicodedata.category(character) in {"Cf", "Mn"} else LACKING)


@lru_cache(maxsize=4096)
def drawable(text: str) -> str:
    """
    Return the text in characters that the font has.

    A letter with an accent that the font lacks loses the accent, any other unknown character becomes 〓.
    """
    return "".join(_drawn(character) for character in unicodedata.normalize("NFC", text))


@lru_cache(maxsize=8192)
def text_width(text: str, size: float) -> float:
    """Return the width of a line of text in a size. [points]"""
    return float(text_to_path.get_text_width_height_descent(drawable(text), typeface(size), ismath=False)[0])


def _is_wide(character: str) -> bool:
    """Whether it is a Chinese character or sign, beside which a line may end."""
    return character != "" and unicodedata.east_asian_width(character) in "WF"


def _pieces(text: str) -> list[str]:
    """Cut a text where a line may end: after a space, and beside a Chinese character."""
    pieces: list[str] = []
    for character in text:
        last = pieces[-1][-1] if pieces else ""
        glued = bool(pieces) and (
            character in NO_LINE_START
            or pieces[-1].rstrip()[-1:] in NO_LINE_END
            or not (_is_wide(character) or last == " " or _is_wide(last))
        )
        if glued or (pieces and character == " "):
            pieces[-1] += character
        else:
            pieces.append(character)
    return pieces


def wrapped(text: str, size: float, width: float) -> list[str]:
    """
    Break a text into lines no wider than `width`. [points]

    Latin words stay whole (one wider than the line sticks out); Chinese breaks anywhere but before a closing sign.
    """
    lines = [""]
    for piece in _pieces(drawable(text)):
        if lines[-1] and text_width((lines[-1] + piece).rstrip(), size) > width:
            lines[-1] = lines[-1].rstrip()
            lines.append("")
        lines[-1] += piece
    lines[-1] = lines[-1].rstrip()
    return lines
