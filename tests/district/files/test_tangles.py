"""A polygon that would take all memory to untangle is an error; one that is merely invalid is looked at."""

from __future__ import annotations

import pytest
import shapely

from planner.district import check_path, write_district
from planner.district.files.tangles import _is_tangled
from tests.district import square
from tests.district.square import EAST, NORTH

CORNERS = [(0, 0), (900, 900), (900, 0), (0, 900), (0, 0)]


def bow(shift: float) -> list[tuple[float, float]]:
    """Return the points of a bow tie in the block SW."""
    return [(EAST + east + shift, NORTH + north) for east, north in CORNERS]


def bows(number: int) -> shapely.Polygon:
    """Return a polygon of bow ties, each a millimetre beside the one before: all cross all."""
    return shapely.Polygon(bow(0), [bow(0.001 * k) for k in range(1, number)])


@pytest.mark.parametrize("number", [3, 600])
def test_a_polygon_is_invalid_or_hopeless(tmp_path, number):
    """3 bow ties cross a dozen times, 600 a million times; either way its row or block is named, and no more done."""
    shapes = [bows(number) if block == "SW" else shape for block, shape in square_blocks()]
    blocks = square.maps([{"block": block} for block, _ in square_blocks()], shapes)
    write_district(square.district(), tmp_path / "square.gpkg")
    blocks.to_file(tmp_path / "square.gpkg", layer="blocks", driver="GPKG")
    found = [one for one in check_path(tmp_path / "square.gpkg") if one.code == "D030"]
    assert [(one.level, one.rows, one.ids) for one in found] == (
        [("error", (), ("SW",))] if number == 3 else [("error", (3,), ())]
    )


def square_blocks() -> list[tuple[str, shapely.Geometry]]:
    """Return the blocks of the square with their shapes."""
    table = square.tables()["blocks"]
    return list(zip(table["block"], table.geometry, strict=True))


def test_a_polygon_of_many_holes_is_not_tangled():
    """2,500 holes beside each other, one of them across the outline: invalid, with four crossings."""
    holes = [
        shapely.box(20 * k, 20 * n, 20 * k + 10, 20 * n + 10).exterior for k in range(50) for n in range(50)
    ]
    across = shapely.box(-5, -15, 5, -5).exterior
    polygon = shapely.Polygon(shapely.box(-10, -10, 1010, 1010).exterior, [across, *holes])
    assert not polygon.is_valid
    assert not _is_tangled(polygon)
