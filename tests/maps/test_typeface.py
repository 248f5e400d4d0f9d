"""The font that is shipped, and how text is fitted to it."""

from __future__ import annotations

import importlib.util
import io
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.ft2font import FT2Font

from planner.maps.sheet import Sheet
from planner.maps.typeface import (
    FONT,
    LACKING,
    NO_LINE_END,
    NO_LINE_START,
    characters,
    drawable,
    text_width,
    typeface,
    wrapped,
)

GB2312 = sorted(
    {bytes((row, cell)).decode("gb2312", "ignore") for row in range(0xA1, 0xF8) for cell in range(0xA1, 0xFF)}
    - {""}
)


def test_the_font_is_at_most_4_mb_with_its_licence_beside_it() -> None:
    """The subset may be shipped: SIL Open Font License 1.1, section 2, with the licence and a name of its own."""
    licence = FONT.with_name("OFL.txt").read_text(encoding="utf-8")
    assert FONT.stat().st_size <= 4_000_000
    assert "SIL OPEN FONT LICENSE Version 1.1" in licence
    assert "Planner Sans SC" in licence
    assert FT2Font(str(FONT)).family_name == "Planner Sans SC"


def test_the_font_has_all_of_gb_2312_and_latin_1() -> None:
    """6,763 Chinese characters and 682 signs of GB 2312, and the printable half of Latin-1, each with a glyph."""
    font = FT2Font(str(FONT))
    wanted = [*GB2312, *(chr(code) for code in (*range(0x20, 0x7F), *range(0xA0, 0x100))), *"−→←↑↓–—…≤≥"]
    assert len(GB2312) == 6763 + 682
    assert [character for character in wanted if font.get_char_index(ord(character)) == 0] == []


def test_all_of_gb_2312_is_drawn_without_a_warning() -> None:
    """Warnings are errors in these tests, and matplotlib warns of every glyph that it cannot draw."""
    sheet = Sheet(700, 700)
    for row, start in enumerate(range(0, len(GB2312), 100)):
        sheet.write(5, 690 - 9 * row, "".join(GB2312[start : start + 100]), 6)
    sheet.figure.savefig(io.BytesIO(), format="png", dpi=72)
    files = {text.get_fontproperties().get_file() for text in sheet.axes.texts}
    assert len(sheet.axes.texts) == 75
    assert files == {str(FONT)}


def test_a_character_that_the_font_lacks_becomes_a_substitute_mark() -> None:
    """Accents are dropped, unknown characters become the typesetter's mark, control characters a space."""
    assert drawable("Černá 𠮷小学\t😀") == f"Cerná {LACKING}小学 {LACKING}"
    assert drawable("café") == "café"


@given(st.text(max_size=30))
def test_drawable_text_holds_only_characters_of_the_font(text: str) -> None:
    """Whatever a name holds, what is drawn of it can be drawn."""
    assert {ord(character) for character in drawable(text)} <= characters()


@given(st.text(alphabet="玉河区第一小学（东校区）abc, 。“”%1·", max_size=40), st.floats(20, 120))
def test_lines_hold_all_of_the_text_and_keep_the_rules_of_punctuation(text: str, width: float) -> None:
    """No line begins with a closing sign or ends with an opening one, where the text has another sign beside it."""
    lines = wrapped(text, 7.0, width)
    assert "".join(lines).replace(" ", "") == drawable(text).replace(" ", "")
    for line, following in pairwise(lines):
        assert line[-1:] not in NO_LINE_END
        assert following[:1] not in NO_LINE_START


def test_a_line_is_no_wider_than_asked() -> None:
    """Chinese breaks anywhere, so every line fits; the name of 14 characters of 7 points needs two lines of 60."""
    lines = wrapped("玉河区第一实验小学（东校区）", 7.0, 60)
    assert len(lines) == 2
    assert max(text_width(line, 7.0) for line in lines) <= 60


def test_the_typeface_is_the_file_and_not_a_name() -> None:
    """A family name would let matplotlib choose a font of the machine."""
    assert typeface(7.0).get_file() == str(FONT)


@pytest.mark.slow
def test_the_script_builds_the_shipped_font_again(tmp_path) -> None:
    """The same source gives the same characters and outlines, and twice the same bytes."""
    spec = importlib.util.spec_from_file_location("build_font", FONT.with_name("build_font.py"))
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    if not script.SOURCE.exists():
        pytest.skip("the Debian package fonts-noto-cjk is not installed")
    for name in ("once.otf", "twice.otf"):
        script.build(script.SOURCE, tmp_path / name)
    assert (tmp_path / "once.otf").read_bytes() == (tmp_path / "twice.otf").read_bytes()
    assert set(FT2Font(str(tmp_path / "once.otf")).get_charmap()) == set(characters())
