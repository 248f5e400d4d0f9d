"""Names of columns and words of fixed choices as people write them, and what each is in the column dictionary."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING

from planner.district.school_terms import with_plain_dashes

if TYPE_CHECKING:
    from planner.words import Column, Table

_BRACKET = re.compile(r"(.+?)\s*[(\[【〔]([^()\[\]【】〔〕]*)[)\]】〕]", re.DOTALL)
_BETWEEN = re.compile(r"[\s_*:-]+")
_IN_WORDS = re.compile(r"[\s_]+|-(?![0-9])")


def plain(text: str) -> str:
    """Return a head or word without letter case, width, blanks, line breaks, hyphens and marks as ``*``."""
    return _BETWEEN.sub("", unicodedata.normalize("NFKC", text).casefold())


def without_bracket(head: str) -> tuple[str, str]:
    """Return a head without the bracket at its end, and what stands in that; empty without one."""
    found = _BRACKET.fullmatch(unicodedata.normalize("NFKC", head).strip(" \t\r\n*:"))
    return (found[1], found[2].strip()) if found else (head, "")


@cache
def _names(table: Table) -> tuple[dict[str, Column], dict[str, Column]]:
    """Return columns by plain name, and by the plain Chinese name whose unit in brackets is left off."""
    whole = {
        plain(name): column
        for column in table.columns
        for name in (*column.also_zh, column.zh, column.column)
    }
    bare = {plain(without_bracket(column.zh)[0]): column for column in table.columns if "(" in column.zh}
    return whole, bare


def column_of(table: Table, head: str) -> tuple[Column, str] | None:
    """
    Return the column that a head names, with what the head adds in brackets; None when it names none.

    A name that ends in its unit, as 造价(元), is known by another unit in brackets too, but not without any.
    """
    whole, bare = _names(table)
    if (column := whole.get(plain(head))) is not None:
        return column, ""
    name, bracket = without_bracket(head)
    if not bracket:
        return None
    column = whole.get(plain(name)) or bare.get(plain(name))
    return None if column is None else (column, bracket)


def _word(text: str) -> str:
    """Return a word without letter case, width, blanks and hyphens, but for those of ranges as 26-30."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("≤", "<=").replace("≥", ">=")
    return _IN_WORDS.sub("", with_plain_dashes(folded))


@cache
def _values(column: Column) -> dict[str, str]:
    own = {_word(value): value for value in column.values}
    return {**{_word(word): value for word, value in column.values_zh}, **own}


def value_of(column: Column, written: str) -> str:
    """Return the value that a word in either language stands for; the text as it is when the column has no such word."""
    return _values(column).get(_word(written), written)
