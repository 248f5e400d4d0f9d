"""Insets: where labels have no room, and only there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import Point, box

from planner.maps import prepare_land, seat_gap_map
from planner.maps.insets import LEAST, Sites, best_window, inside_any, stage_insets
from planner.plan import Plan
from planner.plan.model import Catchment
from tests.maps.made import CRS, YEARS, by_catchment, by_school, made_district, made_plan
from tests.maps.reading import label_boxes, written

if TYPE_CHECKING:
    from planner.district import District


def _town(core: int, spacing: float) -> tuple[District, Plan]:
    """Return a district of 20 km with a school in each corner and `core` squared schools in its middle."""
    corners = [(2000, 2000), (18000, 2000), (2000, 18000), (18000, 18000)]
    start = 10000 - spacing * (core - 1) / 2
    middle = [(start + spacing * i, start + spacing * j) for i in range(core) for j in range(core)]
    places = corners + middle
    shapes = [box(x - 2000, y - 2000, x + 2000, y + 2000) for x, y in corners]
    shapes += [box(x - spacing / 2, y - spacing / 2, x + spacing / 2, y + spacing / 2) for x, y in middle]
    ids = [f"s{k:02d}" for k in range(len(places))]
    names = [f"Primary School number {k:02d}" for k in range(len(places))]
    schools = gpd.GeoDataFrame(
        {"name": names, "name_en": names, "owner": "public"},
        index=pd.Index(ids, name="school"),
        geometry=[Point(place) for place in places],
        crs=CRS,
    )
    blocks = gpd.GeoDataFrame(
        {"name": ids}, index=pd.Index([f"b{k}" for k in ids], name="block"), geometry=shapes, crs=CRS
    )
    district = replace(made_district(), schools=schools, blocks=blocks)
    number = len(ids)
    return district, Plan(
        blocks=tuple(blocks.index),
        schools=tuple(ids),
        stages=("primary",),
        years=YEARS,
        catchments=tuple(Catchment(stage="primary", schools=(school,)) for school in ids),
        catchment_of=np.arange(number, dtype=np.int16)[None, :, None].repeat(len(YEARS), axis=2),
        shares=np.zeros((number, number, len(YEARS)), dtype=np.float32),
        classes=np.zeros((number, 1, len(YEARS)), dtype=np.int16),
        limits=np.full((number, 1, len(YEARS)), -1, dtype=np.int32),
        order={},
    )


def _gaps(plan: Plan) -> pd.DataFrame:
    figures = {"stage": "primary", "seats": 800, "gap": -120.0, "gap_p10": -150.0, "gap_p90": -90.0}
    return pd.DataFrame(
        [{"catchment": school, "year": year, **figures} for school in plan.schools for year in plan.years]
    )


def test_a_dense_core_is_enlarged() -> None:
    """Sixteen schools 500 m apart in a district of 20 km: one window, within the district, with all of them."""
    district, plan = _town(4, 500)
    land = prepare_land(district, plan)
    (window,) = stage_insets(district, land, plan, "primary", 7.0)
    core = np.array([point for school, point in land.points.items() if school >= "s04"])
    assert inside_any(core, [window]).all()
    assert window[2] - window[0] < 20000 / 2


def test_roomy_districts_have_no_inset() -> None:
    """Four schools, or the same sixteen spread over the whole district."""
    for district, plan in (_town(0, 500), _town(4, 4000)):
        assert stage_insets(district, prepare_land(district, plan), plan, "primary", 7.0) == ()
    land = prepare_land(made_district(), made_plan())
    assert stage_insets(made_district(), land, made_plan(), "primary", 7.0) == ()


def test_every_school_is_named_once_and_no_label_touches_another() -> None:
    """On the map or on its inset; the page says how much larger the framed part is."""
    district, plan = _town(4, 500)
    figure = seat_gap_map(district, plan, _gaps(plan), stage="primary", year=2027)
    assert len(written(figure, "inset")) == 1
    boxes = label_boxes(figure)
    for k, (_, shape) in enumerate(boxes):
        assert not any(shape.intersects(other) for _, other in boxes[k + 1 :])
    read = " ".join(text for text, _ in boxes)
    numbers = [number for number in range(20) if f"{number:02d}" in read]
    assert numbers == list(range(20))
    assert read.count("−120") == 20


def test_all_years_of_a_stage_have_the_same_insets() -> None:
    """Figures have no part in the choice: pages can be laid over each other."""
    district, plan = _town(4, 500)
    table = _gaps(plan)
    table.loc[table["year"] == 2029, "gap"] = 4000.0
    figures = [seat_gap_map(district, plan, table, stage="primary", year=year) for year in (2027, 2029)]
    assert written(figures[0], "inset") == written(figures[1], "inset")
    assert figures[0].get_size_inches().tolist() == figures[1].get_size_inches().tolist()


def test_two_cores_far_apart_get_two_insets() -> None:
    """Nine schools in the south-west and nine in the north-east of a district of 40 km."""
    near = np.array([(x, y) for x in range(3) for y in range(3)]) * 600.0
    points = np.vstack([near + 2000, near + 36000])
    sites = Sites(points=points, crowded=np.ones(18, dtype=bool))
    first, left = best_window(sites, np.array([28000.0, 20000.0]))
    second, none = best_window(left, np.array([28000.0, 20000.0]))
    assert first is not None
    assert second is not None
    assert inside_any(points, [first]).sum() == inside_any(points, [second]).sum() == 9
    assert not none.crowded.any()


@pytest.mark.parametrize("number", [0, LEAST - 1])
def test_few_crowded_schools_are_worth_no_inset(number: int) -> None:
    """Fewer than four are left to leader lines."""
    points = np.column_stack([np.arange(number), np.arange(number)]) * 10.0
    sites = Sites(points=points.reshape(-1, 2), crowded=np.ones(number, dtype=bool))
    assert best_window(sites, np.array([1000.0, 1000.0]))[0] is None


def test_maps_of_small_districts_are_as_wide_as_ever() -> None:
    """No column is kept for insets that are not there."""
    figure = seat_gap_map(
        made_district(), made_plan(), by_catchment(), stage="primary", year=2027, schools=by_school()
    )
    assert written(figure, "inset") == []
    assert round(float(figure.get_size_inches()[0] * 72)) == 778
