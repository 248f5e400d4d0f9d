"""Checks of children by home: one spoilt square for every rule."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.district import square
from tests.district.square import CORNERS, found, tables, the

YEARS = (2024, 2025, 2026)


def residents(children: int = 20, **of_block: int) -> pd.DataFrame:
    """Return children of grade 1 by home in every year: as many in each block but those named; 80 are at school."""
    return pd.DataFrame(
        [
            {"block": block, "grade": 1, "year": year, "children": of_block.get(block, children)}
            for block in CORNERS
            for year in YEARS
        ]
    )


def children(*rows: tuple[str, int, str, str, int]) -> pd.DataFrame:
    """Return rows of (block, cohort, as_of, kind, children)."""
    return pd.DataFrame(list(rows), columns=["block", "cohort", "as_of", "kind", "children"])


def everywhere(cohort: int, as_of: str, kind: str, number: int, blocks: str = "NW NE SW SE") -> list[tuple]:
    """Return the same number of children for several blocks."""
    return [(block, cohort, as_of, kind, number) for block in blocks.split()]


def test_as_many_residents_as_pupils_are_in_order() -> None:
    """20 in each of four blocks are the 80 children of grade 1 at the two schools."""
    assert all(not found(square.district(residents=residents()), f"D18{n}") for n in range(10))


@pytest.mark.parametrize(("attending", "codes"), [(23, 0), (24, 1)])
def test_more_attend_than_live_in_the_block(attending: int, codes: int) -> None:
    """Three more than the 20 who live there may be moves, four are not."""
    attendance = pd.DataFrame(
        {"block": ["NW"], "school": ["n"], "grade": [1], "year": [2026], "children": [attending]}
    )
    said = found(square.district(residents=residents(), attendance=attendance), "D180")
    assert [finding.ids for finding in said] == [("NW/1/2026",)] * codes


def test_attendance_that_leaves_out_children_of_homes() -> None:
    """140 of 160 who live there are 87.5 %, below nine in ten."""
    attendance = pd.DataFrame(
        {"block": list(CORNERS), "school": "private", "grade": 1, "year": 2026, "children": 35}
    )
    district = square.district(residents=residents(40), attendance=attendance)
    (finding,) = found(district, "D181")
    assert (finding.level, finding.ids) == ("warning", ("1/2026",))
    assert "140, 160" in str(finding.text)


def test_attendance_that_leaves_out_children_of_schools() -> None:
    """20 of 40 counted at north, of which 20 are missing."""
    attendance = pd.DataFrame(
        {"block": ["NW"], "school": ["n"], "grade": [1], "year": [2026], "children": [20]}
    )
    assert the(square.district(attendance=attendance), "D181").ids == ("n/1/2026",)


def test_far_more_residents_than_pupils() -> None:
    """30 in each block are 120 for 80 at school: 0.667, below 0.67."""
    finding = the(square.district(residents=residents(30)), "D182")
    assert finding.ids == ("1/2024", "1/2025", "1/2026")


@pytest.mark.parametrize(
    ("kind", "number", "told"),
    [("register", 34, True), ("register", 33, False), ("registered", 26, True), ("registered", 24, False)],
)
def test_entrants_against_children_counted_before(kind: str, number: int, *, told: bool) -> None:
    """80 entered in 2025: of 136 registered (0.59) too few, of 132 (0.61) not; of 104 applications 0.77, of 96 0.83."""
    table = children(*everywhere(2019, "2024-09-01", kind, number))
    said = found(square.district(children=table), "D183")
    assert [finding.ids for finding in said] == [(f"{kind}/2019",)] * told


def test_cohorts_still_being_born_are_not_compared() -> None:
    """An extract before the cohort closes has only some of its children."""
    table = children(*everywhere(2019, "2019-03-01", "register", 90))
    assert found(square.district(children=table), "D183") == []


def test_blocks_that_changed_ids() -> None:
    """60 are counted in NW and 2 in NE, and 2 and 60 entered: the district's ratio is 1, the blocks' are not."""
    table = children(
        ("NW", 2020, "2025-09-01", "register", 60),
        ("NE", 2020, "2025-09-01", "register", 2),
        ("SW", 2020, "2025-09-01", "register", 20),
        ("SE", 2020, "2025-09-01", "register", 20),
    )
    district = square.district(children=table, residents=residents(NW=2, NE=60))
    assert the(district, "D184").ids == ("NE", "NW")


def test_a_catchment_whose_children_are_elsewhere() -> None:
    """90 live in NW and NE, 30 in south's blocks; at school are 40 and 40: south has 40 of 30, north 40 of 180."""
    district = square.district(residents=residents(15, NW=90, NE=90))
    finding = the(district, "D185")
    assert (finding.level, finding.ids) == ("note", ("n",))
    assert "180, 40" in str(finding.text)


def test_an_extract_that_lacks_a_part() -> None:
    """400 children of 2021, a year later 260; and the block that had 100 is gone."""
    table = children(
        *everywhere(2021, "2024-09-01", "register", 100),
        *everywhere(2021, "2025-09-01", "register", 86, "NW NE SW"),
    )
    cohorts, blocks = sorted(found(square.district(children=table), "D186"), key=lambda one: one.column)
    assert cohorts.ids == ("register/2021/2025-09-01",)
    assert "400, 258" in str(cohorts.text)
    assert blocks.ids == ("SE",)


@pytest.mark.parametrize(("total", "level"), [(15, "error"), (9, "warning")])
def test_totals_beside_their_parts(total: int, level: str) -> None:
    """12 local and 3 outside beside a blank 15 count 30 children; a blank 9 may be a group of its own."""
    table = pd.DataFrame(
        {
            "block": "NW",
            "cohort": 2021,
            "as_of": "2026-08-31",
            "kind": "register",
            "status": ["local", "outside", None],
            "children": [12, 3, total],
        }
    )
    finding = the(square.district(children=table), "D187")
    assert (finding.level, finding.ids) == (level, ("NW/2021/register",))


def test_a_block_without_children() -> None:
    """Three of four blocks have some; where most have none the table is simply of part of the district."""
    assert the(square.district(children=tables()["children"].iloc[:3]), "D188").ids == ("SE",)
    assert found(square.district(children=tables()["children"].iloc[:1]), "D188") == []


def test_two_kinds_of_count_that_contradict_each_other() -> None:
    """100 on the register, 201 applications."""
    table = children(
        ("NW", 2021, "2026-09-01", "register", 100), ("NW", 2021, "2026-09-01", "registered", 201)
    )
    assert the(square.district(children=table), "D189").ids == ("register/registered/2021",)
