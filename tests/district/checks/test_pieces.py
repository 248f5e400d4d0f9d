"""Checks of how things lie to each other: one spoilt square for every rule."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.district import square
from tests.district.square import at, edited, found, land, line, maps, projects, tables, the


def five_blocks(east: float, school: str = "n") -> dict[str, pd.DataFrame]:
    """Return the square with a fifth block X of 500 m x 900 m, which begins so many metres east of the corner and belongs to a school."""
    more = tables()
    shape = land(east, 0, east + 500, 900)
    more["blocks"] = pd.concat([more["blocks"], maps([{"block": "X", "area": "town"}], [shape])])
    rows = [{"block": "X", "stage": "primary", "since": 2020, "school": school}]
    rows.append({"block": "X", "stage": "junior", "since": 2020, "school": "s"})
    more["catchments"] = pd.concat([more["catchments"], pd.DataFrame(rows)])
    del more["boundary"]
    return more


def test_a_catchment_in_two_pieces() -> None:
    """X lies beside SE and belongs to north, whose blocks are in the north."""
    finding = the(square.assemble_district(five_blocks(2000)), "D036")
    assert (finding.level, finding.ids) == ("warning", ("n",))
    assert "n 北校: X" in str(finding.text)
    assert found(square.assemble_district(five_blocks(2000, "s")), "D036") == []


def test_blocks_across_a_stream_still_hang_together() -> None:
    """40 m of water between SE and X part nothing."""
    assert found(square.assemble_district(five_blocks(2040, "s")), "D036") == []


def test_an_island() -> None:
    """X lies 60 m from everything: told as an island, and not as a piece of its catchment."""
    district = square.assemble_district(five_blocks(2060))
    assert the(district, "D037").ids == ("X",)
    assert found(district, "D036") == []


def second(place: object, **columns: object) -> pd.DataFrame:
    """Return the square's schools and a third one."""
    row = {"school": "t", "name": "第三", "grades": "1-6", "rooms": 6, **columns}
    return pd.concat([tables()["schools"], maps([row], [place])])


def test_two_schools_in_one_block() -> None:
    """North and the third stand in NW; with a joint catchment of NW that is in order."""
    finding = the(square.district(schools=second(at(200, 1200))), "D038")
    assert (finding.level, finding.ids) == ("note", ("NW",))
    catchments = tables()["catchments"]
    catchments.loc[(catchments["block"] == "NW") & (catchments["stage"] == "primary"), "school"] = "n+t"
    assert found(square.district(schools=second(at(200, 1200)), catchments=catchments), "D038") == []


@pytest.mark.parametrize(("grades", "told"), [("1-6", True), ("7-9", False)])
def test_two_schools_at_one_point(grades: str, *, told: bool) -> None:
    """A primary and a junior school may share a site; two primary schools may not share a point."""
    said = found(square.district(schools=second(at(500, 1500), grades=grades)), "D039")
    assert [finding.ids for finding in said] == [("n+t",)] * told


def test_a_remnant_of_drawing() -> None:
    """A block of 9 m x 9 m."""
    more = five_blocks(2000, "s")
    shapes = [*more["blocks"].geometry.iloc[:4], land(2000, 0, 2009, 9)]
    more["blocks"] = more["blocks"].set_geometry(shapes, crs=square.CRS)
    assert the(square.assemble_district(more), "D140").ids == ("X",)


def test_projects_and_barriers_far_away() -> None:
    """30 km east of the square."""
    row = {"project": "p", "school": "n", "kind": "relocation", "rooms": "1", "opens": 2028}
    far = maps([row], [at(32_000, 0)])
    road = maps([{"barrier": "r", "kind": "river"}], [line((40_000, 0), (41_000, 0))])
    district = square.district(projects=far, barriers=road)
    assert {(finding.table, finding.ids) for finding in found(district, "D141")} == {
        ("projects", ("p",)),
        ("barriers", ("r",)),
    }


@pytest.mark.parametrize(("kind", "told"), [("expansion", True), ("relocation", False)])
def test_an_expansion_drawn_elsewhere(kind: str, *, told: bool) -> None:
    """1,414 m from south: a school may move there, an extension may not stand there."""
    plans = projects({"project": "p", "school": "s", "kind": kind, "rooms": "1", "opens": 2028}).set_geometry(
        [at(500, 1500)]
    )
    said = found(square.district(projects=plans.set_crs(square.CRS)), "D142")
    assert [finding.ids for finding in said] == [("p",)] * told


def test_schools_of_one_name() -> None:
    """North twice, under two ids."""
    schools = edited("schools", name=["第一小学", "第一 小学"])
    assert the(square.district(schools=schools), "D074").ids == ("n", "s")
