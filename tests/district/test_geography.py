"""Geography: shared borders, ways on foot, barriers."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, Polygon, box
from shapely.affinity import rotate, translate

from planner.district import block_points, crossings, distance_matrix, neighbours
from tests.district import square
from tests.district.square import at, edited, land, line, maps, tables


def areas(**shapes: Polygon) -> gpd.GeoDataFrame:
    """Return blocks by name."""
    return gpd.GeoDataFrame(
        index=pd.Index(list(shapes), name="block"), geometry=list(shapes.values()), crs=square.CRS
    )


def pairs(blocks: gpd.GeoDataFrame) -> dict[tuple[str, str], float]:
    """Return shared borders by pair."""
    return {(row.block, row.neighbour): row.metres for row in neighbours(blocks).itertuples()}


class TestNeighbours:
    def test_four_squares_share_four_sides_and_no_corner(self) -> None:
        """NW and SE touch at the middle alone: neither pair of opposite corners is one of neighbours."""
        assert pairs(square.district().blocks) == {
            ("NW", "NE"): 1000.0,
            ("NW", "SW"): 1000.0,
            ("NE", "SE"): 1000.0,
            ("SW", "SE"): 1000.0,
        }

    def test_a_border_met_by_two_blocks_is_shared_in_parts(self) -> None:
        """A is 100 m high; B and C meet 60 m and 40 m of its eastern side, where A has no corner."""
        blocks = areas(A=box(0, 0, 50, 100), B=box(50, 0, 90, 60), C=box(50, 60, 90, 100))
        assert pairs(blocks) == {("A", "B"): 60.0, ("A", "C"): 40.0, ("B", "C"): 40.0}

    @pytest.mark.parametrize("shift", [-0.4, 0.4])
    def test_slivers_of_overlap_and_gap_are_bridged(self, shift: float) -> None:
        """Two squares of 100 m that overlap by 40 cm, or lie 40 cm apart, share about 100 m."""
        blocks = areas(A=box(0, 0, 100, 100), B=box(100 + shift, 0, 200, 100))
        assert pairs(blocks)["A", "B"] == pytest.approx(100, abs=2)

    def test_a_gap_wider_than_the_tolerance_parts_them(self) -> None:
        """A street of 5 m that belongs to no block parts its sides, unless the tolerance bridges it."""
        blocks = areas(A=box(0, 0, 100, 100), B=box(105, 0, 200, 100))
        assert pairs(blocks) == {}
        assert len(neighbours(blocks, tolerance=6.0)) == 1

    def test_blocks_without_neighbours(self) -> None:
        """One block alone has none, and the table has its columns all the same."""
        table = neighbours(areas(A=box(0, 0, 1000, 1000)))
        assert list(table.columns) == ["block", "neighbour", "metres"]
        assert len(table) == 0

    @settings(max_examples=30, deadline=None)
    @given(
        angle=st.floats(0, 360),
        columns=st.integers(1, 4),
        rows=st.integers(1, 4),
        order=st.randoms(use_true_random=False),
    )
    def test_turning_and_naming_change_nothing(
        self, angle: float, columns: int, rows: int, order: object
    ) -> None:
        """A grid of c x r squares of 200 m has c(r-1) + r(c-1) shared sides, however it is turned and ordered."""
        cells = {
            f"{column}-{row}": translate(
                rotate(box(200 * column, 200 * row, 200 * column + 200, 200 * row + 200), angle, (0, 0)),
                5e5,
                4e6,
            )
            for column in range(columns)
            for row in range(rows)
        }
        names = list(cells)
        order.shuffle(names)
        shared = pairs(areas(**{name: cells[name] for name in names}))
        assert len(shared) == columns * (rows - 1) + rows * (columns - 1)
        assert all(metres == pytest.approx(200, abs=0.5) for metres in shared.values())


class TestDistances:
    def test_by_hand(self) -> None:
        """
        The middle of NW is n itself: 0. From SW (500, 500) to n (500, 1500) it is 1000 x 1.3 = 1300 m.

        From NW (500, 1500) to s (1500, 500) the table travel has 2500 m, where sqrt(2) x 1000 x 1.3 is 1838.
        """
        metres = distance_matrix(square.district(), detour=1.3)
        diagonal = 1300 * np.sqrt(2)
        assert metres.dtype == np.float32
        np.testing.assert_allclose(metres, [[0, 2500], [1300, 1300], [1300, 1300], [diagonal, 0]], atol=0.01)

    def test_the_district_s_own_detour_is_taken_unless_one_is_given(self) -> None:
        """1000 m are 1250 m at 1.25; and 1000 m when the caller says 1."""
        about = tables()["about"]
        about.loc[len(about)] = ["detour", "1.25"]
        district = square.district(about=about)
        assert distance_matrix(district)[2, 0] == pytest.approx(1250)
        assert distance_matrix(district, detour=1.0)[2, 0] == pytest.approx(1000)

    def test_without_any_detour_nothing_is_guessed(self) -> None:
        """The policy's detour is the caller's to give."""
        with pytest.raises(ValueError, match="states no detour"):
            distance_matrix(square.district())

    def test_schools_that_projects_bring(self) -> None:
        """A school in the middle is sqrt(500² + 500²) = 707.1 m from every block's middle."""
        new = maps([{"school": "x"}], [at(1000, 1000)]).set_index("school")
        metres = distance_matrix(square.district(), new, detour=1.0)
        np.testing.assert_allclose(metres, np.full((4, 1), 707.107), atol=0.01)

    def test_a_school_without_a_place_has_no_distance(self) -> None:
        """Private schools may lack a point; measured ways hold all the same."""
        schools = edited("schools", owner=["public", "private"])
        schools.loc[1, "geometry"] = None
        metres = distance_matrix(square.district(schools=schools), detour=1.0)
        np.testing.assert_allclose(metres[:, 1], [2500, np.nan, np.nan, np.nan])

    def test_the_point_of_a_block_lies_inside_it(self) -> None:
        """The centroid of an L, or of a ring around a lake, lies outside: another point is taken."""
        ell = box(0, 0, 100, 1000).union(box(0, 0, 1000, 100))
        ring = box(0, 0, 1000, 1000).difference(box(100, 100, 900, 900))
        blocks = areas(L=ell, ring=ring, plain=box(0, 0, 10, 20))
        points = block_points(blocks)
        assert [shape.contains(point) for shape, point in zip(blocks.geometry, points, strict=True)] == [
            True
        ] * 3
        assert (points[2].x, points[2].y) == (5, 10)


class TestCrossings:
    def test_the_road_parts_west_from_east(self) -> None:
        """The road runs north along x = 1000; n is west of it and s east."""
        crossed = crossings(square.district())
        assert crossed.tolist() == [[False, True], [True, False], [False, True], [True, False]]

    def test_a_short_barrier_parts_only_what_lies_behind_it(self) -> None:
        """A railway between NW and SW alone is crossed from SW to n, not from SE."""
        railway = maps([{"barrier": "r", "kind": "railway"}], [line((0, 1000), (900, 1000))])
        crossed = crossings(square.district(barriers=railway))
        assert crossed.tolist() == [[False, False], [False, False], [True, False], [False, False]]

    def test_without_barriers_nothing_is_crossed(self) -> None:
        """Nor where schools have no place."""
        bare = tables()["barriers"].iloc[:0]
        assert not crossings(square.district(barriers=bare)).any()
        nowhere = maps([{"school": "x"}], [None]).set_index("school")
        assert crossings(square.district(), nowhere).tolist() == [[False]] * 4

    @settings(max_examples=25, deadline=None)
    @given(
        points=st.lists(
            st.tuples(st.integers(-200, 2200), st.integers(-200, 2200)), min_size=2, max_size=6, unique=True
        )
    )
    def test_as_each_way_by_itself(self, points: list[tuple[int, int]]) -> None:
        """The matrix says what testing the ways one by one says."""
        barrier = line(*points)
        district = square.district(barriers=maps([{"barrier": "b", "kind": "river"}], [barrier]))
        starts, ends = block_points(district.blocks), district.schools.geometry
        one_by_one = [[LineString([start, end]).intersects(barrier) for end in ends] for start in starts]
        assert crossings(district).tolist() == one_by_one


def test_land_of_the_square_is_what_it_says() -> None:
    """The fixture's NW is the north-western square kilometre."""
    assert square.district().blocks.geometry["NW"].equals(land(0, 1000, 1000, 2000))
