"""Geometry and names made ready for maps."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
import shapely
from matplotlib.backends.backend_agg import FigureCanvasAgg
from shapely import Point, box

from planner.errors import QuestionError
from planner.maps.land import Frame, joined, prepare_land, resting_points, school_names, short_names
from planner.maps.sheet import Box, Sheet, box_polygon, hatching, nice, outline
from planner.words import speaking
from tests.maps.made import made_district, made_plan, moved


def test_catchments_are_the_blocks_they_hold() -> None:
    """Four blocks of 500 m x 500 m each for a and b, the lower row of four for c+d: 1 km2 each."""
    district, plan = made_district(), made_plan()
    areas = prepare_land(district, plan).areas(plan, "primary", 2027)
    assert {position: area.area for position, area in areas.items()} == {0: 1e6, 1: 1e6, 2: 1e6}
    assert areas[2].bounds == (0, 0, 2000, 500)


def test_years_with_the_same_catchments_share_their_geometry() -> None:
    """Blocks are joined once for each assignment, not once for each year."""
    plan = made_plan()
    land = prepare_land(made_district(), plan)
    assert land.areas(plan, "primary", 2027) is land.areas(plan, "primary", 2029)
    assert land.areas(moved(plan, "b00", 0), "primary", 2027) is not land.areas(plan, "primary", 2027)


def test_a_block_without_a_catchment_belongs_to_no_school() -> None:
    """It is kept apart at position -1, so that a map can show it."""
    plan = moved(made_plan(), "b00", -1)
    areas = prepare_land(made_district(), plan).areas(plan, "primary", 2027)
    assert areas[-1].bounds == (0, 0, 500, 500)


@pytest.mark.parametrize(("stage", "year"), [("senior", 2027), ("primary", 2035)])
def test_an_unknown_stage_or_year_is_a_question_that_cannot_be_answered(stage: str, year: int) -> None:
    """One message with what there is, not a traceback of an index."""
    plan = made_plan()
    with pytest.raises(QuestionError, match=r"primary, junior|2027 to 2029"):
        prepare_land(made_district(), plan).areas(plan, stage, year)


def test_slivers_between_blocks_are_closed_and_true_holes_are_kept() -> None:
    """A slit of 1 m between two blocks is a fault of the survey; a hole of 200 m x 200 m is an enclave."""
    left = box(0, 0, 500, 1000).difference(box(100, 100, 300, 300))
    right = box(500, 0, 1000, 1000).difference(box(500, 400, 501, 600))
    whole = joined(np.array([left, right]), 2.0)
    (polygon,) = whole.geoms
    assert [ring.bounds for ring in polygon.interiors] == [(100, 100, 300, 300)]


def test_a_school_without_a_place_rests_in_its_catchment() -> None:
    """School d has no point: it is put inside the catchment c+d, the others stay where they are."""
    district, plan = made_district(), made_plan()
    land = prepare_land(district, plan)
    areas = land.areas(plan, "primary", 2027)
    points = resting_points(land, plan, areas)
    assert areas[2].contains(Point(points["d"]))
    assert points["a"] == (400, 1200)


def test_the_school_of_a_project_stands_at_its_site_with_its_name() -> None:
    """A new school is not in the table of schools; the project knows its place."""
    district = made_district()
    schools = district.schools.drop(index="d")
    projects = gpd.GeoDataFrame(
        {"project": ["p"], "school": ["d"], "name": ["新城小学"], "name_en": ["Xincheng Primary School"]},
        geometry=[Point(900, 250)],
        crs=district.crs,
    )
    district = district.with_tables(schools=schools, projects=projects)
    assert prepare_land(district, made_plan()).points["d"] == (900, 250)
    assert school_names(district, ["d"]) == {"d": "Xincheng Primary School"}


def test_names_follow_the_language_and_fall_back() -> None:
    """English shows name_en, or the name where there is none; Chinese shows the name."""
    district = made_district()
    assert school_names(district, ["b", "d", "?"]) == {
        "b": "Yuhe Yucai Primary School",
        "d": "朝阳小学",
        "?": "?",
    }
    with speaking("zh"):
        assert school_names(district, ["b"]) == {"b": "玉河区育才小学"}


def test_labels_drop_what_all_names_share() -> None:
    """The district's name, and the words at both ends that most names have."""
    names = {
        "a": "Yuhe Binhe Primary School",
        "b": "Yuhe Yucai Primary School",
        "c": "Yuhe Chaoyang Primary School",
        "d": "Yuhe Nine-Year School",
    }
    assert short_names(names, "Yuhe District") == {
        "a": "Binhe",
        "b": "Yucai",
        "c": "Chaoyang",
        "d": "Nine-Year",
    }
    assert short_names({"a": "玉河区第一小学", "b": "滨河小学"}, "玉河区") == {
        "a": "第一小学",
        "b": "滨河小学",
    }


def test_labels_never_become_alike_or_empty() -> None:
    """Without its last word "North Primary" would be "North", which another school is called already."""
    alike = {"a": "North Primary", "b": "North", "c": "South Primary", "d": "West Primary"}
    assert short_names(alike, "") == alike
    assert short_names({"a": "玉河区小学", "b": "小学"}, "玉河区") == {"a": "玉河区小学", "b": "小学"}
    assert short_names({"a": "玉河区"}, "玉河区") == {"a": "玉河区"}


def test_a_frame_keeps_the_shape_of_the_land() -> None:
    """2 km x 1 km in a box of 220 x 300 points with 5 % free on each side: 0.099 points a metre, both ways."""
    frame = Frame.around((0, 0, 2000, 1000), Box(left=10, bottom=20, width=220, height=300), padding=0.05)
    assert frame.scale == pytest.approx(0.099)
    corners = frame.points(np.array([[0, 0], [2000, 1000]]))
    assert corners.mean(axis=0) == pytest.approx([120, 170])
    assert corners[1] - corners[0] == pytest.approx([198, 99])


def test_hatching_fills_an_area_at_equal_distances() -> None:
    """Lines 10 apart at 45 degrees in a square of 100 are about 100 x 100 / 10 = 1,000 long together."""
    lines = hatching(box_polygon(Box(left=3, bottom=7, width=100, height=100)), 10)
    length = sum(np.hypot(*(line[-1] - line[0])) for line in lines)
    assert length == pytest.approx(1000, rel=0.03)
    assert all((line[-1] - line[0])[0] == pytest.approx((line[-1] - line[0])[1]) for line in lines)


def test_an_area_between_two_lines_has_none() -> None:
    """An area that lines pass by is no stroke of no points, which could not be drawn."""
    assert hatching(box_polygon(Box(left=0.5, bottom=0.1, width=0.1, height=0.1)), 3.2) == []


def test_neighbouring_areas_are_hatched_in_phase() -> None:
    """The lines of two halves are those of the whole, cut at the border."""
    whole = shapely.box(0, 0, 100, 50)
    halves = [shapely.box(0, 0, 37, 50), shapely.box(37, 0, 100, 50)]
    drawn = shapely.union_all([shapely.LineString(line) for half in halves for line in hatching(half, 6)])
    expected = shapely.union_all([shapely.LineString(line) for line in hatching(whole, 6)])
    assert drawn.hausdorff_distance(expected) < 1e-6


@pytest.mark.parametrize("direction", [1, -1])
def test_holes_stay_empty_whichever_way_their_rings_run(direction: int) -> None:
    """Files give rings in either direction; a square of 30 with a hole of 10 is dark, its middle white."""
    square = shapely.Polygon(
        [(0, 0), (0, 30), (30, 30), (30, 0)], [[(10, 10), (10, 20), (20, 20), (20, 10)][::direction]]
    )
    sheet = Sheet(30, 30)
    sheet.shapes([outline(square)], fills="#000000", order=1)
    canvas = FigureCanvasAgg(sheet.figure)
    canvas.draw()
    drawn = np.asarray(canvas.buffer_rgba())[:, :, 0]
    assert drawn[15, 15] == 255
    assert drawn[5, 5] == 0


@pytest.mark.parametrize(
    ("value", "step"), [(1, 1), (1.9, 1), (2, 2), (4999, 2000), (5000, 5000), (0.07, 0.05)]
)
def test_scale_bars_have_round_lengths(value: float, step: float) -> None:
    """1, 2 or 5 times a power of ten, not longer than the value."""
    assert nice(value) == pytest.approx(step)


def test_the_boundary_is_the_blocks_together_where_none_is_given() -> None:
    """Twelve blocks make a land of 2 km x 1.5 km."""
    district = replace(made_district())
    assert prepare_land(district, made_plan()).outline.area == pytest.approx(3e6)
