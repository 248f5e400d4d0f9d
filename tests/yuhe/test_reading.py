"""The planner reads the made district and finds no error in it."""

from __future__ import annotations

from pathlib import Path

from planner.district.checking import check_path
from planner.district.reading import read_district

YUHE = Path(__file__).parents[2] / "data" / "yuhe"


def test_the_planner_reads_the_district():
    district = read_district(YUHE)
    assert (district.name, district.name_en) == ("玉河区", "Yuhe District")
    assert (district.policy, district.counted) == ("cn-shandong", 2026)
    assert len(district.blocks) == 404


def test_check_finds_no_error_but_the_stated_seats_and_the_borrowed_rooms():
    """Warnings are meant: 54 seats a room are stated twice, as real documents do; five schools borrow rooms."""
    findings = check_path(YUHE)
    assert [finding for finding in findings if finding.level == "error"] == []
    named = {school for finding in findings for school in finding.ids}
    assert {"P13", "j06-extension", "P01", "P02", "P03", "P04", "P10"} <= named
