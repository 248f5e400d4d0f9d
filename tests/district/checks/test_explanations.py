"""Every code that the package can say has a page in both languages, and every page belongs to a code."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import planner
from planner.district.explanations import all_pages, explain, nearest_codes
from planner.words import speaking

PACKAGE = Path(planner.__file__).parent
CODE = re.compile(r"[DI]\d{3}")
CHINESE = re.compile(r"[一-鿿]")


def codes_in_package() -> set[str]:
    """Return every text of the package's code that is a code."""
    return {
        node.value
        for file in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.fullmatch(node.value)
    }


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_code_has_a_page_and_every_page_a_code(language: str) -> None:
    assert set(all_pages(language)) == codes_in_package()


def test_every_page_is_whole_and_in_its_language() -> None:
    """No part is empty; Chinese pages are in Chinese, part by part, and English ones say nothing in Chinese but quotes."""
    for code, page in all_pages("zh").items():
        english = explain(code, "en")
        assert english is not None
        for part in ("title", "means", "matters", "measured", "remedy", "example"):
            assert getattr(english, part), (code, part)
            assert CHINESE.search(getattr(page, part)) or part == "example", (code, part)
        assert not CHINESE.search(english.title), code


def test_titles_tell_codes_apart() -> None:
    """A list of codes with one line each is of use only when no two lines are the same."""
    for language in ("en", "zh"):
        titles = [page.title for page in all_pages(language).values()]
        assert len(set(titles)) == len(titles)


def test_pages_are_short() -> None:
    """A page is read on a terminal: no part is longer than a few lines."""
    for page in all_pages("en").values():
        parts = (page.means, page.matters, page.measured, page.remedy, page.example)
        assert len(page.title) <= 80
        assert max(len(part) for part in parts) <= 420, page.code


def test_a_page_follows_the_language_and_forgives_small_letters() -> None:
    page = explain("d031")
    assert page is not None
    assert page.title == "Blocks overlap"
    with speaking("zh"):
        page = explain("D031")
        assert page is not None
        assert page.title == "地块重叠"
    assert explain("D999") is None


def test_near_codes_are_named() -> None:
    assert nearest_codes("D03") == ["D030", "D031", "D032"]
    assert "D031" in nearest_codes("D0311")
    assert nearest_codes("overlap") == []
