"""The made district's map is a partition, and its catchments are in one piece."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import pairwise

import numpy as np
import pytest
import shapely

YEARS = range(2016, 2027)


def _edges(shape):
    for part in shapely.get_parts(shape):
        points = shapely.get_coordinates(part).round(6).tolist()
        for start, end in pairwise(points):
            yield tuple(sorted((tuple(start), tuple(end))))


@pytest.fixture(scope="module")
def sides(table):
    """Return the blocks on either side of each piece of border."""
    found = defaultdict(list)
    blocks = table("blocks")
    for block, shape in zip(blocks["block"], blocks.geometry, strict=True):
        for edge in _edges(shape.exterior):
            found[edge].append(block)
    return found


def _in_one_piece(members: set[str], near: dict[str, set[str]]) -> bool:
    seen, queue = set(), [min(members)]
    while queue:
        block = queue.pop()
        if block not in seen:
            seen.add(block)
            queue.extend(near[block] & members)
    return seen == members


def test_about_four_hundred_blocks_each_one_polygon_without_holes(table):
    blocks = table("blocks")
    assert 380 <= len(blocks) <= 430
    assert blocks.geometry.is_valid.all()
    assert set(blocks.geom_type) == {"Polygon"}
    assert not blocks.geometry.apply(lambda shape: len(shape.interiors)).any()


def test_every_piece_of_border_is_shared_by_two_blocks_or_lies_on_the_boundary(table, sides):
    """No gap, no overlap: the pieces that only one block has are exactly the district's outline."""
    assert Counter(len(blocks) for blocks in sides.values()).keys() == {1, 2}
    outline = set(_edges(table("boundary").geometry.iloc[0].exterior))
    assert {edge for edge, blocks in sides.items() if len(blocks) == 1} == outline


def test_rounding_left_six_decimals(table):
    for name in ("blocks", "schools", "barriers", "boundary"):
        points = shapely.get_coordinates(table(name).geometry)
        assert np.abs(points - points.round(6)).max() < 1e-12


def test_river_railway_and_two_trunk_roads_run_along_borders_of_blocks(table, sides):
    barriers = table("barriers")
    assert Counter(barriers["kind"]) == {"river": 1, "railway": 1, "trunk_road": 2}
    assert set(barriers.geom_type) == {"LineString"}
    for line in barriers.geometry:
        assert all(len(sides[edge]) == 2 for edge in _edges(line))


def test_blocks_are_small_in_the_old_town_and_large_in_the_country(table):
    """Square kilometres: urban blocks a tenth to a half, rural ones larger on the whole."""
    blocks = table("blocks")
    area = blocks.to_crs(4548).area / 1e6
    middle = area.groupby(blocks["place"]).median()
    assert 0.1 < middle["urban"] < 0.3 < middle["rural"]
    assert area[blocks["place"] == "rural"].max() > 5


@pytest.mark.parametrize("stage", ["primary", "junior"])
def test_catchments_hold_every_block_in_one_piece_since_2016(table, sides, catchment, stage):
    near = defaultdict(set)
    for blocks in sides.values():
        if len(blocks) == 2:
            near[blocks[0]].add(blocks[1])
            near[blocks[1]].add(blocks[0])
    for year in YEARS:
        held = catchment(stage, year)
        assert sorted(held.index) == sorted(table("blocks")["block"])
        assert all(_in_one_piece(set(members), near) for members in held.groupby(held).groups.values())


@pytest.mark.parametrize("stage", ["primary", "junior"])
def test_public_schools_stand_in_their_own_catchments(table, public, catchment, stage):
    first = {"primary": "1-", "junior": "-9"}[stage]
    teaching = public[public["grades"].str.contains(first)]
    stand = teaching.sjoin(table("blocks")[["block", "geometry"]], predicate="within")["block"]
    assert len(stand) == len(teaching)
    held = catchment(stage, 2026)
    assert (held.loc[stand].to_numpy() == stand.index.to_numpy()).all()
    assert set(held) == set(teaching.index)


def test_few_children_cross_a_barrier_or_walk_past_another_school(table, public, catchment):
    """In the old and new town four of five blocks belong to one of their three nearest primary schools."""
    blocks = table("blocks").to_crs(4548).set_index("block")
    urban = blocks[blocks["place"] == "urban"]
    schools = public[public["grades"].isin(["1-6", "1-9"])].to_crs(4548)
    centre = shapely.get_coordinates(urban.representative_point())
    way = np.hypot(*(centre[:, None, :] - shapely.get_coordinates(schools.geometry)).transpose(2, 0, 1))
    three = schools.index.to_numpy()[np.argsort(way, axis=1)[:, :3]]
    own = catchment("primary", 2026).loc[urban.index].to_numpy()
    assert (three == own[:, None]).any(axis=1).mean() > 0.8


def test_two_stages_were_rezoned_when_schools_opened_and_between_standing_schools(table, catchment):
    events = table("events")
    rezoned = events[events["kind"] == "rezoning"]
    for row in rezoned.itertuples():
        stage = row.note.split(":")[0]
        assert catchment(stage, row.year)[row.block] == row.school
        assert catchment(stage, row.year - 1)[row.block] == row.other
    openings = events[events["kind"] == "opening"].set_index("school")["year"]
    opened = table("schools").set_index("school")["open_from"].dropna()
    assert (openings == opened.loc[openings.index]).all()
    assert set(openings.index) < set(rezoned["school"]), (
        "P06 and P23 took blocks from schools that still stand"
    )
