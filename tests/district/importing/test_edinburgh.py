"""Edinburgh's catchments of 2018, made of postcode cells: polygons overlap by 7,349 m2 and leave 5,752 m2 between them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely

from planner.district.importing import Recipe, import_pile
from planner.words import read_dictionary
from tests.district.importing.bureau import plain
from tests.real.edinburgh import convert
from tests.real.places import real_data


@pytest.fixture(scope="module")
def pile(tmp_path_factory):
    """Return the district that the council's data makes, as a pile."""
    return convert(real_data("edinburgh"), tmp_path_factory.mktemp("edinburgh") / "pile")


def twice(shapes) -> float:
    """Return the ground that lies in two blocks at once. [m2]."""
    return float(shapely.area(shapes).sum() - shapely.area(shapely.union_all(shapes)))


@pytest.mark.parametrize(("tolerance", "left"), [(1.0, 7118), (10.0, 0)])
def test_overlaps_are_closed_up_to_the_tolerance_and_no_border_moves_farther_nor_any_figure(
    pile, tolerance, left
):
    """Of 7,348 m2 (in UTM) 230 m2 are narrower than 1 m or small; the widest of all is narrower than 10 m."""
    drawn, mended = (
        import_pile([pile], recipe).district for recipe in (Recipe(), Recipe(fix=True, tolerance=tolerance))
    )
    assert drawn is not None
    assert mended is not None
    before, after = drawn.blocks.geometry.to_numpy(), mended.blocks.geometry.to_numpy()
    assert twice(before) == pytest.approx(7348, abs=2)
    assert twice(after) == pytest.approx(left, abs=2)
    assert bool(shapely.coverage_is_valid(after)) == (left == 0)
    same_parts = shapely.get_num_geometries(before) == shapely.get_num_geometries(after)
    moved = shapely.hausdorff_distance(shapely.boundary(before), shapely.boundary(after))[same_parts]
    # Beside what is at most 20 m2 a border may move by 5 m.
    assert np.max(moved) <= max(tolerance, 5.0) + 0.002
    for name in read_dictionary():
        pd.testing.assert_frame_equal(plain(drawn[name]), plain(mended[name]))
