"""Checks of what is to be decided about projects: one spoilt square for every rule."""

from __future__ import annotations

from typing import Any

import pytest

from planner.district.decisions import (
    circles_of,
    parse_gate,
    parse_list,
    parse_sites,
    parse_sizes,
    read_decision,
)
from planner.errors import DataError
from tests.district import square
from tests.district.square import found, projects, the

ROW = {"project": "p", "school": "n", "kind": "expansion", "rooms": "6", "choice": "free"}


def told(code: str, *rows: dict[str, Any]) -> list[tuple[str, str, tuple[str, ...]]]:
    """Return level, column and ids of the findings about projects p, q, ... that differ from a sound one."""
    table = projects(*[{**ROW, "project": name, **row} for name, row in zip("pqr", rows, strict=False)])
    return [
        (finding.level, finding.column, finding.ids)
        for finding in found(square.district(projects=table), code)
    ]


@pytest.mark.parametrize(
    ("column", "sound", "spoilt"),
    [
        ("sizes", "24 | 12;24;36", "24/36"),
        ("size_yuan", "1000 | 2000", "1000 | -1"),
        ("opening_grades", "1;1-2;1-6", "1 to 6"),
        ("approval", "2028", "soon"),
        ("land", "是", "1850"),
        ("consent", "no", "perhaps"),
        ("late", "0.3;0.1", "0.8;0.4"),
    ],
)
def test_what_cannot_be_read(column: str, sound: str, spoilt: str) -> None:
    assert told("D200", {column: sound}) == []
    assert told("D200", {column: spoilt}) == [("error", column, ("p",))]


def test_years_that_leave_none() -> None:
    """p: 2031 to 2030; q opens after its latest year; r before it is approved; sound: approved in the year it opens."""
    rows = (
        {"earliest": 2031, "latest": 2030},
        {"opens": 2030, "latest": 2029},
        {"opens": 2028, "approval": "2029"},
    )
    assert told("D201", *rows) == [
        ("error", "approval", ("r",)),
        ("error", "latest", ("p",)),
        ("error", "opens", ("q",)),
    ]
    assert told("D201", {"opens": 2029, "approval": "2029", "latest": 2029, "earliest": 2029}) == []


def test_choices_that_contradict() -> None:
    assert told("D202", {"choice": "fixed", "status": "stopped"}) == [("error", "choice", ("p",))]
    pair = (
        {"choice": "fixed", "one_of": "a"},
        {"choice": "fixed", "one_of": "a"},
        {"choice": "fixed", "one_of": "b"},
    )
    assert told("D202", *pair) == [("error", "one_of", ("p", "q"))]
    assert told("D202", {"choice": "fixed", "one_of": "a"}, {"one_of": "a"}) == []


def test_names_that_no_table_has() -> None:
    new = {"kind": "new", "school": "new", "grades": "1-6"}
    assert told("D203", {**new, "sites": "NE;NW;blocks"}, {"kind": "closure", "receives": "s;new"}) == []
    assert told("D203", {**new, "sites": "NE;XX"}) == [("error", "sites", ("XX",))]
    assert told("D203", {"kind": "closure", "receives": "x"}) == [("error", "receives", ("x",))]
    assert told("D203", {**new, "site_areas": "nowhere"}) == [("error", "site_areas", ("nowhere",))]


def test_a_site_outside_the_district() -> None:
    """The middle of NE, and a place a degree to the east."""
    middle = square.district().blocks.geometry.centroid.to_crs(4326)["NE"]
    new = {"kind": "new", "school": "new", "grades": "1-6"}
    assert told("D204", {**new, "sites": f"{middle.x} {middle.y}"}) == []
    assert told("D204", {**new, "sites": f"{middle.x + 1} {middle.y};NE"}) == [("error", "sites", ("p",))]
    assert told("D204", {**new, "sites": f"{middle.y} {middle.x}"}) == [("error", "sites", ("p",))]


def test_seats_without_rooms() -> None:
    assert told("D205", {"rooms": "0", "seats_stated": 540}) == [("warning", "rooms", ("p",))]
    assert (
        told(
            "D205", {"rooms": "0", "seats_stated": 540, "sizes": "12"}, {"rooms": "0"}, {"seats_stated": 270}
        )
        == []
    )


def test_several_needs_are_looked_at_one_by_one() -> None:
    """Project p needs q and r; r needs p; p opens in 2028, q in 2029."""
    table = projects(
        {**ROW, "depends_on": "q;r", "opens": 2028},
        {**ROW, "project": "q", "opens": 2029},
        {**ROW, "project": "r", "opens": 2027, "depends_on": "p"},
    )
    district = square.district(projects=table)
    assert the(district, "D083").ids == ("p > r > p",)
    assert the(district, "D085").ids == ("p", "r")
    assert found(district, "D014") == []


def test_an_unknown_project_among_several_needs() -> None:
    table = projects({**ROW, "depends_on": "q;z"}, {**ROW, "project": "q"})
    with pytest.raises(DataError, match="table projects does not have: z"):
        square.district(projects=table)


def test_a_project_that_a_schedule_dates_is_not_told_as_undated() -> None:
    assert found(square.district(projects=projects(ROW)), "D087") == []
    assert the(square.district(projects=projects({**ROW, "choice": None})), "D087").ids == ("p",)


def test_circles_are_found_once() -> None:
    assert circles_of({"a": ["b", "c"], "b": ["c"], "c": []}) == []
    assert circles_of({"a": ["b"], "b": ["c"], "c": ["a"], "d": ["a"]}) == [("a", "b", "c", "a")]
    assert circles_of({"a": ["a"]}) == [("a", "a")]


def test_lists_sites_sizes_and_gates_as_people_write_them() -> None:
    assert parse_list(" a；b、c;;a ") == ("a", "b", "c")
    assert parse_sites("B1;117.65 34.72;117.6, 34.7") == ("B1", (117.65, 34.72), (117.6, 34.7))
    assert parse_sizes("24|12;24") == ((24,), (12, 24))
    assert [parse_gate(text) for text in ("", "yes", "否", "2028", "2028.0")] == [
        None,
        True,
        False,
        2028,
        2028,
    ]


def test_a_column_that_cannot_be_read_is_as_if_blank() -> None:
    decision, wrong = read_decision({"sizes": "a few", "receives": "s", "late": None})
    assert (decision.sizes, decision.receives, decision.late, list(wrong)) == ((), ("s",), {}, ["sizes"])
