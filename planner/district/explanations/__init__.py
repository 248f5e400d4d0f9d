"""
What every finding means: a page a code, in English and Chinese, from the TOML files of this folder.

Each file holds the codes of one subject. A page says what the finding means, why it matters for the answers, how it is
measured and where the threshold comes from, what to do, and gives an example.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path

from planner.words import current_language

__all__ = ["Page", "all_pages", "explain", "nearest_codes"]


@dataclass(frozen=True, kw_only=True)
class Page:
    """The explanation of one code in one language."""

    code: str
    title: str
    means: str
    matters: str
    """Why it matters: which figure it spoils."""
    measured: str
    """How it is measured: the threshold and where it comes from."""
    remedy: str
    example: str


@cache
def _pages() -> dict[str, dict[str, Page]]:
    """Return the pages by code and language."""
    found: dict[str, dict[str, Page]] = {}
    for file in sorted(Path(__file__).parent.glob("*.toml")):
        for code, languages in tomllib.loads(file.read_text(encoding="utf-8")).items():
            if code in found:
                raise ValueError(f"{code} is explained twice: also in {file.name}")
            found[code] = {language: Page(code=code, **page) for language, page in languages.items()}
    return dict(sorted(found.items()))


def all_pages(language: str | None = None) -> dict[str, Page]:
    """Return every page by code, in the language or, without one, in the current language."""
    return {code: pages[language or current_language()] for code, pages in _pages().items()}


def explain(code: str, language: str | None = None) -> Page | None:
    """Return the page of a code, written in any case; None when there is no such code."""
    return all_pages(language).get(code.strip().upper())


def nearest_codes(code: str) -> list[str]:
    """Return the codes most like one that is not known."""
    asked, known = code.strip().upper(), list(_pages())
    begun = [one for one in known if one.startswith(asked)] if len(asked) > 1 else []
    return begun[:3] or get_close_matches(asked, known, n=3, cutoff=0.5)
