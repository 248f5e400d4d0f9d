"""The encoding of a delimited file: UTF-8, GB18030 as Chinese spreadsheets write it, or UTF-16."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING

from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable

_WORDS = re.compile(r"[^\x00-\x7f]")
_INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
"""Characters without width that copying from web pages leaves in ids."""

_COMMON = 0.75
"""Share of the distinct characters of a Chinese text that are at least in the first level of GB 2312, its 3,755 most
used characters, or are punctuation. Other encodings read as GB18030 give rare characters."""

_AROUND = 20_000
"""Bytes before and after the first that is no UTF-8 in which damage is told from another encoding."""


def without_invisible(text: str) -> str:
    """Return text without characters that have no width."""
    if text.isascii() or not any(mark in text for mark in _INVISIBLE):
        return text
    return text.translate(str.maketrans("", "", _INVISIBLE))


def decoded(content: bytes, *, known: Callable[[str], bool]) -> tuple[str, str] | Text:
    """
    Return the text of a file and the name of its encoding, or what is wrong.

    What decodes as UTF-8 is UTF-8, and a byte order mark of UTF-16 is believed. Anything else is GB18030 only when
    it decodes without a fault, is no damaged UTF-8, and either `known` finds Chinese names of columns in the text
    or nearly all of its characters are common ones.

    Parameters
    ----------
    content
        Bytes of the file.
    known
        Whether a text has a Chinese name of a column in its first lines.
    """
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            return content.decode("utf-16"), "UTF-16"
        except UnicodeDecodeError as reason:
            line = content[: reason.start].count("\n".encode("utf-16-le")) + 1
            return Text("This is no text in UTF-16 (first seen in line {line}).", line=line)
    try:
        return content.decode("utf-8-sig"), "UTF-8"
    except UnicodeDecodeError as reason:
        line = content[: reason.start].count(b"\n") + 1
        around = content[max(reason.start - _AROUND, 0) : reason.start + _AROUND]
    if not _is_damaged_utf8(around):
        try:
            text = content.decode("gb18030")
        except UnicodeDecodeError as reason:
            later = content[: reason.start].count(b"\n") + 1
            return Text(
                "This is no text in UTF-8 (first seen in line {line}), nor in GB18030 (line {later}).",
                line=line,
                later=later,
            )
        if known(text) or _is_common_chinese(text):
            return text, "GB18030"
    return Text("This is no text in UTF-8 (first seen in line {line}).", line=line)


def _is_damaged_utf8(content: bytes) -> bool:
    """
    Whether a text holds at least as many characters of three bytes in UTF-8 as bytes that are none.

    Chinese text in GB18030 has next to none: its characters have two bytes.
    """
    text = content.decode("utf-8", "replace")
    faults = text.count("\ufffd")
    return sum(character >= "\u0800" for character in text) - faults >= faults


def _is_common_chinese(text: str) -> bool:
    characters = set(_WORDS.findall(text))
    common = sum(_is_common(character) for character in characters)
    return common >= _COMMON * len(characters)


def _is_common(character: str) -> bool:
    """Whether a character is a sign of GB 2312, rows 1 to 3, or of its first level, rows 16 to 55."""
    try:
        lead = character.encode("gb2312")[0]
    except UnicodeEncodeError:
        return False
    return 0xA1 <= lead <= 0xA3 or 0xB0 <= lead <= 0xD7
