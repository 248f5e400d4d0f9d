"""
Repairs of shapes: what is within the tolerances is mended, nothing moves farther, and no figure changes.

Most cases start from a street of three blocks, each 100 m by 100 m::

    100 m +-----+-----+-----+
          |  A  |  B  |  C  |
      0 m +-----+-----+-----+
          0    100   200   300 m
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon, Polygon, box

from planner.district.importing import fix_district, fix_polygons
from planner.words import read_dictionary
from tests.district import square

A, B, C = box(0, 0, 100, 100), box(100, 0, 200, 100), box(200, 0, 300, 100)


def mended(*shapes, tolerance: float = 1.0):
    table = gpd.GeoDataFrame(
        {"block": list("ABCDEFGH"[: len(shapes)])}, geometry=list(shapes), crs=square.CRS
    ).set_index("block")
    return fix_polygons(table, "blocks", tolerance=tolerance)


def kinds(result) -> list[tuple[str, tuple[str, ...]]]:
    return [(repair.kind, repair.ids) for repair in result.repairs]


def moved(before, after) -> float:
    return max(
        shapely.hausdorff_distance(shapely.boundary(one), shapely.boundary(other), densify=0.05)
        for one, other in zip(before, after, strict=True)
    )


def test_blocks_that_meet_are_returned_as_they_are_to_the_bit():
    result = mended(A, B, C)
    assert [shape is before for shape, before in zip(result.shapes, (A, B, C), strict=True)] == [True] * 3
    assert result.repairs == ()


def test_points_drawn_twice_are_taken_out():
    twice = Polygon([(0, 0), (100, 0), (100, 0.0004), (100, 0), (100, 100), (0, 100), (0, 100), (0, 0)])
    result = mended(twice, B)
    assert kinds(result) == [("points", ("A",))]
    assert shapely.get_num_coordinates(result.shapes[0]) == 5


def test_a_ring_that_crosses_itself_by_little_is_made_valid_and_the_areas_are_told():
    """
    The ring runs past the corner (0, 100) and back through it: a wing of half a square metre.

    Signed, the wing counts against the 9,950 m2 of the block: 9,949.5 m2 before, 9,950.5 m2 after; as a crumb it goes.
    """
    tied = Polygon([(0, 0), (100, 0), (100, 100), (-1, 100), (-1, 101), (1, 99)])
    assert not tied.is_valid
    result = mended(tied, B)
    assert shapely.is_valid(result.shapes).all()
    made, crumb, *_ = result.repairs
    assert (made.kind, made.ids, made.before, made.after) == ("valid", ("A",), 9949.5, 9950.5)
    assert (crumb.kind, crumb.area) == ("crumbs", 0.5)


def test_a_bow_tie_of_two_equal_wings_is_refused_as_its_area_would_change_from_0_to_5000_m2():
    tie = Polygon([(0, 0), (100, 100), (100, 0), (0, 100)])
    result = mended(tie, B)
    (found,) = result.findings
    assert (found.level, found.code, found.ids) == ("error", "I010", ("A",))
    assert "from 0 m2 to 5,000 m2" in str(found.text)
    assert result.shapes[0] is tie


def test_a_crumb_of_16_m2_is_taken_away_and_one_of_25_m2_is_a_part_of_the_block():
    small, large = box(-50, 0, -46, 4), box(-50, 50, -45, 55)
    result = mended(MultiPolygon([A, small, large]), B)
    assert result.shapes[0].area == pytest.approx(10_025)
    (repair,) = result.repairs
    assert (repair.kind, repair.ids, repair.area) == ("crumbs", ("A",), pytest.approx(16))


def test_a_gap_of_half_a_metre_is_filled_by_one_neighbour_and_the_blocks_meet():
    """The gap is open at both ends, 0.5 m by 100 m: 50 m2."""
    apart = box(100.5, 0, 200, 100)
    result = mended(A, apart, C)
    assert sum(repair.area for repair in result.repairs if repair.kind == "gap") == pytest.approx(50, abs=0.1)
    assert shapely.union_all(result.shapes).area == pytest.approx(30_000, abs=0.1)
    assert shapely.coverage_is_valid(result.shapes)
    assert moved((A, apart, C), result.shapes) <= 0.502


def test_a_gap_of_two_metres_is_left_at_a_tolerance_of_1_m_and_filled_at_3_m():
    apart = box(102, 0, 200, 100)
    assert mended(A, apart, C).repairs == ()
    wide = mended(A, apart, C, tolerance=3.0)
    assert shapely.union_all(wide.shapes).area == pytest.approx(30_000, abs=0.2)


def test_an_enclosed_gap_goes_to_the_neighbour_with_the_longest_border_and_a_wide_one_is_left_and_told():
    """A wedge 0.8 m wide at most between A and B; and a pond of 10 m by 10 m in the corner of A and B."""
    wedge = Polygon([(100, 10), (100.8, 50), (100, 90)])
    result = mended(A, B.difference(wedge), C)
    assert kinds(result)[0][0] == "gap"
    assert shapely.coverage_is_valid(result.shapes)
    pond = mended(A, B.difference(box(100, 40, 110, 50)), C)
    assert kinds(pond)[-1] == ("gap left", ("A", "B"))
    assert pond.repairs[-1].area == pytest.approx(100)
    assert shapely.union_all(pond.shapes).area == pytest.approx(29_900)


def test_a_gap_round_a_block_inside_another_is_filled_and_the_block_inside_kept():
    """B is an island of 40 m in a hole of A, with 0.5 m of gap all round: 41 x 41 - 40 x 40 = 81 m2."""
    island = box(30, 30, 70, 70)
    result = mended(A.difference(box(29.5, 29.5, 70.5, 70.5)), island)
    assert sum(repair.area for repair in result.repairs if repair.kind == "gap") == pytest.approx(81)
    assert shapely.area(result.shapes).sum() == pytest.approx(10_000)
    assert shapely.coverage_is_valid(result.shapes)


def test_an_overlap_of_80_cm_is_cut_and_one_of_5_m_is_left_and_told():
    """B reaches 0.8 m into A: 80 m2; C reaches 5 m into B: 500 m2."""
    reaching, deep = box(99.2, 0, 200, 100), box(195, 0, 300, 100)
    result = mended(A, reaching, deep)
    (cut,) = (repair for repair in result.repairs if repair.kind == "overlap")
    assert cut.area == pytest.approx(80)
    (left,) = (repair for repair in result.repairs if repair.kind == "overlap left")
    assert (left.ids, left.area) == (("B", "C"), pytest.approx(500))
    assert shapely.intersection(result.shapes[0], result.shapes[1]).area == pytest.approx(0, abs=1e-6)


def test_a_narrow_arm_that_reaches_50_m_into_a_neighbour_is_left_for_a_border_would_move_50_m():
    arm = shapely.union(A, box(100, 50, 150, 50.5))
    result = mended(arm, B, C)
    assert [repair.kind for repair in result.repairs if repair.kind != "meeting"] == ["overlap left"]


def test_blocks_whose_borders_have_other_points_get_the_same_ones():
    """B and C meet A along one line in whose middle A has no point."""
    north, south = box(100, 50, 200, 100), box(100, 0, 200, 50)
    assert not shapely.coverage_is_valid(np.array([A, north, south]))
    result = mended(A, north, south)
    assert kinds(result) == [("meeting", ("A",))]
    assert shapely.coverage_is_valid(result.shapes)
    assert moved((A, north, south), result.shapes) <= 0.001


def grid_of(wobble: list[float]) -> list[Polygon]:
    """Return nine blocks of 100 m whose corners were each drawn anew, off by the wobble."""
    off = iter(np.asarray(wobble).reshape(-1, 2))
    return [
        Polygon(
            [
                np.array([100 * east + x, 100 * north + y]) + next(off)
                for x, y in ((0, 0), (100, 0), (100, 100), (0, 100))
            ]
        )
        for north in range(3)
        for east in range(3)
    ]


@settings(max_examples=30, deadline=None)
@given(wobble=st.lists(st.floats(-0.3, 0.3), min_size=72, max_size=72))
def test_blocks_drawn_apart_by_less_than_the_tolerance_form_a_valid_coverage_and_no_border_moves_farther(
    wobble,
):
    """
    Corners are off by 0.3 m in each direction, so that borders are at most 0.85 m apart.

    What the tolerance allows is closed, no border moves by more than 1 m (5 m beside what is at most 20 m2), the area
    of the land changes by less than its outline times the wobble, and a second repair finds nothing.
    """
    before = grid_of(wobble)
    table = gpd.GeoDataFrame(
        {"block": [str(number) for number in range(9)]}, geometry=before, crs=square.CRS
    ).set_index("block")
    result = fix_polygons(table, "blocks")
    assert shapely.is_valid(result.shapes).all()
    assert shapely.coverage_is_valid(result.shapes)
    assert shapely.get_num_geometries(result.shapes).max() == 1
    assert moved(before, result.shapes) <= 1.002
    land = shapely.union_all(result.shapes).area
    assert abs(land - shapely.union_all(before).area) <= 1200 * 0.5
    again = fix_polygons(table.set_geometry(result.shapes), "blocks")
    assert shapely.equals_identical(again.shapes, result.shapes).all()


def test_a_repair_changes_no_table_but_the_shapes_of_blocks_and_boundary():
    blocks = square.tables()["blocks"]
    blocks.loc[0, "geometry"] = square.land(0, 1000, 999.5, 2000)
    before = square.district(blocks=blocks)
    after, repairs, findings = fix_district(before)
    assert findings == []
    assert any(repair.done for repair in repairs)
    for name in read_dictionary():
        one, other = before[name], after[name]
        pd.testing.assert_frame_equal(
            pd.DataFrame(one).drop(columns="geometry", errors="ignore"),
            pd.DataFrame(other).drop(columns="geometry", errors="ignore"),
        )
        if isinstance(one, gpd.GeoDataFrame) and name not in {"blocks", "boundary"}:
            assert one.geometry.equals(other.geometry)


def test_a_school_12_m_outside_every_block_is_noted_and_stands_where_it_stood():
    schools = square.tables()["schools"]
    schools.loc[1, "geometry"] = square.at(2012, 500)
    before = square.district(schools=schools)
    after, repairs, _ = fix_district(before)
    (noted,) = (repair for repair in repairs if repair.kind == "school beside")
    assert (noted.ids, noted.metres) == (("s",), pytest.approx(12))
    assert after.schools.geometry.equals(before.schools.geometry)
