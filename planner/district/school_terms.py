"""Grades and school years in the words of schools: 一年级, 1-6年级, 2026学年, 2026-2027."""

from __future__ import annotations

import re

from planner.policy import parse_grades

_NUMERALS = {numeral: number for number, numeral in enumerate("一二三四五六七八九", start=1)}
_NUMBER = r"(0?[0-9]|1[0-9]|[一二三四五六七八九])"
_GRADES = re.compile(
    rf"(小学|初中|高中)?(?:grades?)?{_NUMBER}(?:年级)?(?:-(?:小学|初中|高中)?{_NUMBER}(?:年级)?)?"
)
_SENIOR = {"高一": 10, "高二": 11, "高三": 12}
"""The senior years are 10 to 12 under 6-3 and 5-4 alike; 初一 is grade 7 or 6 and is not read."""
_WITHIN = {"": (0, 13), "小学": (1, 6), "初中": (6, 9), "高中": (10, 13)}
"""Grades that a stage may have: 初中1年级 would be the first of the stage, not grade 1, and is not read."""
_DASHES = re.compile(r"[‐‑–—―−~至到]+")

_YEAR = re.compile(r"([0-9]{4})(?:年|学年|学年度|年度)?")
_SPAN = re.compile(r"([0-9]{4})年?[-/]([0-9]{4}|[0-9]{2})年?(?:学年|学年度|年度)?")
_AUTUMN = re.compile(r"([0-9]{4})年?秋季?(?:学期)?")
_SEPTEMBER = re.compile(r"([0-9]{4})[-/.年]0?9(?:月|[-/.月][0-9]{1,2}日?(?:t?0?0:00(?::00)?)?)?")


def with_plain_dashes(text: str) -> str:
    """Return text without blanks, with any dash, tilde or 至 as a hyphen."""
    return _DASHES.sub("-", "".join(text.split()))


def grades_of(text: str) -> tuple[int, int] | None:
    """Return the first and last grade of a range as 1-6, 1-6年级, 一至六年级 or 小学1-6年级; None when it is none."""
    plain = with_plain_dashes(text).lower()
    if plain in _SENIOR:
        return _SENIOR[plain], _SENIOR[plain]
    found = _GRADES.fullmatch(plain)
    if found is None:
        return None
    first, last = (
        str(_NUMERALS.get(part, part)) for part in (found[2], found[2] if found[3] is None else found[3])
    )
    try:
        low, high = parse_grades(f"{first}-{last}")
    except ValueError:
        return None
    lowest, highest = _WITHIN[found[1] or ""]
    return (low, high) if lowest <= low and high <= highest else None


def grade_of(text: str) -> int | None:
    """Return the grade that a text as 3, 三年级, 3年级 or Grade 3 names; None when it names none, or several."""
    grades = grades_of(text)
    return grades[0] if grades is not None and grades[0] == grades[1] else None


def calendar_year(text: str) -> int | None:
    """Return the year of a text as 2026 or 2026年; None when it is none."""
    found = re.fullmatch(r"([0-9]{4})年?", "".join(text.split()))
    return int(found[1]) if found else None


def school_year_of(text: str) -> int | None:
    """
    Return the school year, by its autumn, that a text names; None when it names none.

    2026, 2026学年, 2026年秋, 2026-2027, 2026/27, and any day of September 2026. Other months do not say whether the
    year that runs or the next one is meant.
    """
    plain = with_plain_dashes(text).lower()
    span = _SPAN.fullmatch(plain)
    if span and int(span[2]) in {int(span[1]) + 1, (int(span[1]) + 1) % 100}:
        return int(span[1])
    for form in (_YEAR, _AUTUMN, _SEPTEMBER):
        if found := form.fullmatch(plain):
            return int(found[1])
    return None
