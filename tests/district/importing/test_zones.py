"""
Catchments drawn as zones: every block goes whole to one, and what is open is told.

.. code-block:: text

    2000 m +---------+---------+
           | NW      | NE      |     blocks of 1000 m by 1000 m
    1000 m +---------+---------+
           | SW      | SE      |
       0 m +---------+---------+
"""

from __future__ import annotations

import itertools

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.district.importing import catchments_of_zones, split_blocks
from tests.district import square

WEST, EAST = (0, 0, 1000, 2000), (1000, 0, 2000, 2000)


def blocks() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(square.tables()["blocks"].set_index("block"))


def zones(*rows: tuple[str, tuple[float, float, float, float]], **columns: object) -> gpd.GeoDataFrame:
    return square.maps(
        [{"school": school, **columns} for school, _ in rows], [square.land(*land) for _, land in rows]
    )


def schools(table: pd.DataFrame) -> dict[str, str]:
    return dict(zip(table["block"], table["school"], strict=True))


def codes(findings) -> list[tuple[str, str]]:
    return [(found.level, found.code) for found in findings]


def test_two_zones_that_cover_all_blocks_give_each_its_school_and_nothing_to_say():
    table, findings = catchments_of_zones(
        blocks(), zones(("w", WEST), ("e", EAST)), stage="primary", since=2026
    )
    assert schools(table) == {"NW": "w", "SW": "w", "NE": "e", "SE": "e"}
    assert set(table["stage"]) == {"primary"}
    assert set(table["since"]) == {2026}
    assert findings == []


def test_a_block_across_a_border_goes_to_the_zone_with_60_per_cent_and_is_listed_with_both_shares():
    """The border runs at 600 m: the western blocks have 600 of their 1000 m in w."""
    halves = zones(("w", (0, 0, 600, 2000)), ("e", (600, 0, 2000, 2000)))
    table, findings = catchments_of_zones(blocks(), halves, stage="primary", since=2026)
    assert schools(table) == {"NW": "w", "SW": "w", "NE": "e", "SE": "e"}
    (found,) = findings
    assert (found.level, found.code, found.ids) == ("warning", "I007", ("NW", "SW"))
    assert "NW (w 60%, e 40%)" in str(found.text)
    shares = split_blocks(blocks(), halves, stage="primary", since=2026)
    assert shares["share"].tolist() == pytest.approx([0.6, 0.4, 0.6, 0.4])


def test_by_point_a_block_goes_to_the_zone_that_holds_its_middle_though_another_has_more_of_it():
    """A zone of 40 % of the block that lies round its middle, and one of 60 % in two strips beside it."""
    middle = zones(
        ("m", (300, 1000, 700, 2000)),
        ("s", (0, 1000, 300, 2000)),
        ("s", (700, 1000, 2000, 2000)),
        ("s", (0, 0, 2000, 1000)),
    )
    by_area, _ = catchments_of_zones(blocks(), middle, stage="primary", since=2026)
    by_point, _ = catchments_of_zones(blocks(), middle, stage="primary", since=2026, method="point")
    assert schools(by_area)["NW"] == "s"
    assert schools(by_point)["NW"] == "m"


def test_the_children_of_blocks_in_several_zones_are_counted_together():
    """20 children in each of 4 blocks; two blocks are across the border: 40 of 80."""
    halves = zones(("w", (0, 0, 600, 2000)), ("e", (600, 0, 2000, 2000)))
    children = pd.Series(20.0, index=["NW", "NE", "SW", "SE"])
    _, (found,) = catchments_of_zones(blocks(), halves, stage="primary", since=2026, children=children)
    assert "They hold 40 of 80 children" in str(found.text)


def test_a_block_in_no_zone_is_an_error_that_offers_the_nearest_and_a_choice_when_asked():
    """SE lies outside; the zone above it touches it."""
    table, (found,) = catchments_of_zones(
        blocks(), zones(("w", WEST), ("e", (1000, 1000, 2000, 2000))), stage="primary", since=2026
    )
    assert "SE" not in schools(table)
    assert (found.level, found.code, found.ids) == ("error", "I004", ("SE",))
    assert "SE (e, 0 m)" in str(found.text) or "SE (w, 0 m)" in str(found.text)
    table, (found,) = catchments_of_zones(
        blocks(),
        zones(("w", (0, 0, 900, 2000)), ("e", (1000, 1000, 2000, 2000))),
        stage="primary",
        since=2026,
        nearest=True,
    )
    assert schools(table)["SE"] == "e"
    assert found.level == "warning"


def test_a_block_with_less_than_half_of_its_ground_in_zones_is_in_none_and_is_offered_what_it_touches():
    zoned = zones(("w", WEST), ("e", (1000, 1000, 2000, 2000)), ("s", (1000, 0, 1400, 1000)))
    table, findings = catchments_of_zones(blocks(), zoned, stage="primary", since=2026)
    assert "SE" not in schools(table)
    assert "SE (s, 0 m)" in str(findings[0].text)


def test_zones_joined_by_plus_and_the_same_outline_under_two_schools_are_joint_catchments():
    table, findings = catchments_of_zones(
        blocks(), zones(("a ＋ b", WEST), ("c", EAST), ("d", EAST)), stage="primary", since=2026
    )
    assert schools(table) == {"NW": "a+b", "SW": "a+b", "NE": "c+d", "SE": "c+d"}
    assert codes(findings) == [("note", "I003")]


def test_a_block_on_ground_of_two_zones_is_an_error_and_an_overlap_that_settles_nothing_a_warning():
    """Zones overlap from 900 to 1600 m: the eastern blocks lie 60 % in w and wholly in e, or the other way round."""
    open_, findings = catchments_of_zones(
        blocks(),
        zones(("w", (0, 0, 1600, 2000)), ("e", (900, 0, 2000, 2000))),
        stage="primary",
        since=2026,
    )
    assert len(open_) == 4
    found = {finding.code: finding for finding in findings}
    assert found["I006"].level == "error"
    assert found["I006"].ids == ("NE", "SE")
    _, findings = catchments_of_zones(
        blocks(),
        zones(("w", (0, 0, 1005, 2000)), ("e", EAST)),
        stage="primary",
        since=2026,
    )
    assert codes(findings) == [("warning", "I005")]
    assert "w+e" in str(findings[0].text) or "e+w" in str(findings[0].text)


def test_zones_of_a_later_year_need_only_hold_what_changes():
    zoned = pd.concat(
        [
            zones(("w", WEST), ("e", EAST), stage="primary", since=2020),
            zones(("w", (1000, 1000, 2000, 2000)), stage="primary", since=2027),
        ],
        ignore_index=True,
    )
    table, findings = catchments_of_zones(blocks(), gpd.GeoDataFrame(zoned, crs=square.CRS))
    assert findings == []
    assert table["since"].tolist() == [2020] * 4 + [2027]
    assert table.iloc[-1][["block", "school"]].tolist() == ["NE", "w"]


def test_zones_that_do_not_say_school_stage_or_year_are_errors_with_their_rows_all_at_once():
    zoned = square.maps([{"school": "w"}, {"school": None}], [square.land(*WEST), square.land(*EAST)])
    table, findings = catchments_of_zones(blocks(), zoned)
    assert table.empty
    assert [(found.column, found.rows) for found in findings] == [
        ("school", (2,)),
        ("stage", (1, 2)),
        ("since", (1, 2)),
    ]


def test_zones_in_degrees_are_brought_into_the_blocks_metres():
    zoned = zones(("w", WEST), ("e", EAST)).to_crs(4326)
    table, findings = catchments_of_zones(blocks(), zoned, stage="primary", since=2026)
    assert schools(table) == {"NW": "w", "SW": "w", "NE": "e", "SE": "e"}
    assert findings == []


def test_a_zone_to_which_no_block_falls_is_told():
    zoned = zones(("w", WEST), ("e", EAST), ("far", (5000, 0, 6000, 1000)))
    _, (found,) = catchments_of_zones(blocks(), zoned, stage="primary", since=2026)
    assert (found.level, found.code, found.ids) == ("warning", "I008", ("far",))


@settings(max_examples=25, deadline=None)
@given(cuts=st.lists(st.integers(1, 1999), min_size=1, max_size=5, unique=True), order=st.randoms())
def test_zones_that_cover_the_land_without_overlap_lose_no_block_whatever_their_order(cuts, order):
    """Strips from west to east partition the land: every block has one row, and the layer's order is no matter."""
    edges = [0, *sorted(cuts), 2000]
    strips = [
        (str(number), (west, 0, east, 2000)) for number, (west, east) in enumerate(itertools.pairwise(edges))
    ]
    straight, findings = catchments_of_zones(blocks(), zones(*strips), stage="primary", since=2026)
    order.shuffle(strips)
    shuffled, _ = catchments_of_zones(blocks(), zones(*strips), stage="primary", since=2026)
    assert straight["block"].tolist() == ["NW", "NE", "SW", "SE"]
    assert {found.level for found in findings} <= {"warning"}
    widths = {name: min(east, 1000) - west for name, (west, _, east, _) in strips}
    best = max(widths.values())
    assert widths[schools(straight)["NW"]] == pytest.approx(best, abs=1e-6)
    if list(widths.values()).count(best) == 1:
        assert schools(straight)["NW"] == schools(shuffled)["NW"]
