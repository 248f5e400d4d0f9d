"""Lines and tables fit a terminal and are complete in a pipe."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.cli.layout import cells, table_lines, terminal_width, wrapped
from planner.cli.show import signed, span, tenth, whole

WORDS = st.text("ab玉河，。 -1", max_size=80)


def test_a_chinese_character_is_two_cells_wide():
    """Also its punctuation; a letter is one, and an accent written by itself none."""
    assert [cells(text) for text in ("ab", "玉河", "玉，", "e\u0301")] == [2, 4, 4, 1]


def test_lines_break_between_words():
    assert wrapped("one two three", 8) == ["one two", "three"]
    assert wrapped("one two three", 7, indent="  ") == ["one two", "  three"]
    assert wrapped("one two three", None) == ["one two three"]


def test_lines_break_after_a_hyphen_and_not_before_an_option():
    assert wrapped("new-school-2028", 12) == ["new-school-", "2028"]
    assert wrapped("see --help now", 11) == ["see --help", "now"]


def test_chinese_breaks_anywhere_but_before_its_punctuation():
    """Eight cells hold four characters, or three and the comma that may not begin a line."""
    assert wrapped("玉河实验小学", 8) == ["玉河实验", "小学"]
    assert wrapped("玉河实验，小学", 8) == ["玉河实", "验，小学"]


def test_a_word_longer_than_the_line_is_cut():
    assert wrapped("abcdefgh", 3) == ["abc", "def", "gh"]


@given(WORDS, st.integers(4, 30))
def test_no_line_is_wider_and_no_letter_is_lost(text, width):
    lines = wrapped(text, width)
    assert all(cells(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


HEADINGS = ["school", "children over", "odds"]
ROWS = [["玉河区实验小学", "12.5", "95%"], ["Nanguan", "3.0", "5%"]]


def test_a_table_without_a_limit_has_one_line_a_row():
    """Figures to the right, text to the left; Chinese names take two cells a character."""
    assert table_lines(HEADINGS, ROWS, [False, True, True], None) == [
        "school          children over  odds",
        "──────────────  ─────────────  ────",
        "玉河区实验小学           12.5   95%",
        "Nanguan                   3.0    5%",
    ]


def test_headings_are_wrapped_before_names():
    """31 cells: the second heading on two lines saves five, of which four are wanted."""
    assert table_lines(HEADINGS, ROWS, [False, True, True], 31) == [
        "                children",
        "school              over  odds",
        "──────────────  ────────  ────",
        "玉河区实验小学      12.5   95%",
        "Nanguan              3.0    5%",
    ]


def test_names_are_wrapped_where_headings_are_not_enough():
    assert table_lines(HEADINGS, ROWS, [False, True, True], 28) == [
        "              children",
        "school            over  odds",
        "────────────  ────────  ────",
        "玉河区实验小      12.5   95%",
        "学",
        "Nanguan            3.0    5%",
    ]


def test_figures_are_never_broken():
    """Too narrow a terminal gets a line too long, not half a figure."""
    lines = table_lines(["year", "demand"], [["2027", "12345678"]], [True, True], 5)
    assert lines[-1] == "2027  12345678"


def test_an_empty_table_has_its_headings():
    assert table_lines(["year"], [], [True], 80) == ["year", "────"]


@given(
    st.lists(st.tuples(st.text("ab玉 -", max_size=30), st.integers(-9999, 9999)), max_size=6),
    st.integers(30, 80),
)
def test_a_table_fits_and_loses_nothing(rows, width):
    texts = [[name.strip() or "x", str(figure)] for name, figure in rows]
    lines = table_lines(["the name of a school", "figure"], texts, [False, True], width)
    assert all(cells(line) <= width for line in lines)
    for name, figure in texts:
        assert any(figure in line.split() for line in lines)
        assert all(letter in "".join(lines) for letter in name)


def test_nothing_has_a_width_in_a_pipe(monkeypatch):
    """A terminal of 60 columns has 60."""
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setattr("sys.stdout.isatty", lambda: False)
    assert terminal_width() is None
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert terminal_width() == 60


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (whole(-0.4), "0"),
        (whole(12.6), "13"),
        (tenth(2.25), "2.2"),
        (signed(0.4), "0"),
        (signed(3.6), "+4"),
        (signed(-3.6), "-4"),
        (span(121, 135), "121–135"),
        (span(-380.2, 248), "-380 – 248"),
    ],
)
def test_figures_are_written_short(shown, expected):
    assert shown == expected
