"""Faults of scenario files said as sentences: which file, which key, what is wrong, what to write instead."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


def fault(file: str, key: str, what: Text) -> Text:
    """Return a fault with its file and key."""
    return Text("{file}: {key}: {what}", file=file, key=key, what=what)


def key_text(section: str, number: int | None = None, field: str = "") -> str:
    """
    Return how a message names a key; entries of lists are counted from 1.

    >>> key_text("until"), key_text("catchments", 2, "blocks"), key_text("assumptions", field="leaving")
    ('until', 'catchments[2].blocks', 'assumptions.leaving')
    """
    entry = section if number is None else f"{section}[{number}]"
    return f"{entry}.{field}" if field else entry


def with_close(
    problem: Text, word: str, known: Iterable[str], names: Mapping[str, str] | None = None
) -> Text:
    """
    Return the problem, followed by the known words that look like the one given.

    Parameters
    ----------
    names
        Names of the known ids: an id is also found by its name, and shown with it.
    """
    meant: dict[str, str] = {}
    for entry in known:
        name = (names or {}).get(entry, "")
        shown = f"{entry} ({name})" if name else entry
        meant |= {text.lower(): shown for text in (name, entry) if text}
    close = get_close_matches(word.lower(), meant, n=3, cutoff=0.6)
    if not close:
        return problem
    shown = dict.fromkeys(meant[entry] for entry in close)
    return Text("{problem}; did you mean {close}?", problem=problem, close=", ".join(shown))


def with_known(problem: Text, word: str, known: Sequence[str]) -> Text:
    """Return the problem with close words, or else with all the words that are known."""
    hinted = with_close(problem, word, known)
    if hinted is not problem:
        return hinted
    return Text("{problem}; known are {known}", problem=problem, known=", ".join(known))
