"""The GeoPackage: layers that any GIS reads, and styles that QGIS applies and that mean what the maps mean."""

from __future__ import annotations

import datetime as dt
import re
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
from shapely import LineString, box

from planner.archive import write_geopackage
from planner.archive.styles import barrier_style, gap_style, outline_style, shown_year, style_text
from planner.maps import gap_bands, hatch_colour
from planner.words import speaking
from tests.scenario.town import CRS

if TYPE_CHECKING:
    from pathlib import Path

LAYERS = ["catchments_primary", "catchments_junior", "schools_primary", "schools_junior", "blocks"]
DAY = dt.date(2026, 9, 1)


@pytest.fixture(scope="module")
def package(run, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("gpkg") / "run.gpkg"
    write_geopackage(path, district=run.district, plan=run.plan, tables=run.outcomes, day=DAY)
    return path


def rows(path: Path, query: str) -> list[tuple]:
    with closing(sqlite3.connect(path)) as base:
        return base.execute(query).fetchall()


def without_controls(condition: str, first: int = 2027) -> str:
    """Return a rule's filter as it is where neither a timeline nor a variable says the year."""
    assert shown_year(first) in condition
    return condition.replace(shown_year(first), str(first))


def styles(path: Path) -> dict[str, ET.Element]:
    return {
        name: ET.fromstring(qml)
        for name, qml in rows(path, "SELECT f_table_name, styleQML FROM layer_styles")
    }


def test_layers_are_listed_for_any_reader(package):
    """The town has neither barriers nor a boundary; the styles are a table without places."""
    assert [str(name) for name, _ in pyogrio.list_layers(package)] == [*LAYERS, "layer_styles"]
    for name in LAYERS:
        layer = gpd.read_file(package, layer=name)
        assert layer.crs == CRS
        assert layer.geometry.is_valid.all()
        assert not layer.geometry.is_empty.any()


def test_catchments_carry_their_figures_year_by_year(run, package):
    """b3 goes from B to A in 2028, so A has two blocks in 2027 and three in 2028: 2 and 3 square kilometres."""
    layer = gpd.read_file(package, layer="catchments_primary").set_index(["catchment", "year"])
    assert layer.geometry.area.div(1e6).round(6).loc["A"].to_dict() == {2027: 2.0, 2028: 3.0}
    table = run.outcomes["seats_by_catchment"]
    own = table[table["stage"] == "primary"].set_index(["catchment", "year"])
    assert layer["gap"].to_dict() == own["gap"].round(4).reindex(layer.index).to_dict()
    entry = run.outcomes["entry_by_catchment"]
    own = entry[entry["stage"] == "primary"].set_index(["catchment", "year"])
    assert layer["entry_gap"].to_dict() == own["gap"].round(4).reindex(layer.index).to_dict()


def test_schools_stand_at_their_points_with_gap_and_odds(run, package):
    layer = gpd.read_file(package, layer="schools_primary").set_index(["school", "year"])
    assert layer.geometry["A", 2027].equals(run.district.schools.geometry["A"])
    odds = run.outcomes["odds"].query("school == 'A' and grade == 1 and year == 2027").iloc[0]
    assert layer["p_over_planned"]["A", 2027] == odds["p_over_planned"]


def test_names_are_chinese_where_the_run_is_told_in_chinese(run, tmp_path):
    """The town's schools have Chinese names alone: they stand there in either language."""
    with speaking("zh"):
        write_geopackage(
            tmp_path / "zh.gpkg", district=run.district, plan=run.plan, tables=run.outcomes, day=DAY
        )
    layer = gpd.read_file(tmp_path / "zh.gpkg", layer="schools_primary")
    assert {"甲小学", "乙小学", "教学点"} <= set(layer["name"])
    catchments = gpd.read_file(tmp_path / "zh.gpkg", layer="catchments_primary")
    assert {"甲小学", "乙小学"} <= set(catchments["name"])


def test_every_layer_has_a_style_that_qgis_takes_by_itself(package):
    """QGIS looks for the row of the layer's name and geometry column with useAsDefault, and parses its XML."""
    found = rows(
        package,
        "SELECT s.f_table_name, s.useAsDefault, g.column_name = s.f_geometry_column FROM layer_styles s"
        " JOIN gpkg_geometry_columns g ON g.table_name = s.f_table_name",
    )
    assert sorted(found) == sorted((name, 1, 1) for name in LAYERS)
    assert {style.tag for style in styles(package).values()} == {"qgis"}


@pytest.mark.parametrize("layer", LAYERS[:4])
def test_each_feature_of_a_year_falls_into_the_one_class_of_the_printed_map(package, layer):
    """The filters, asked of the table itself: one rule each for the first year, in the class of `Bands.of`."""
    features = gpd.read_file(package, layer=layer)
    bands = gap_bands(features["seats"])
    style = styles(package)[layer]
    assert [rule.get("label") for rule in style.iter("rule")] == [str(label) for label in bands.labels]
    asked = [without_controls(rule.get("filter", "")) for rule in style.iter("rule")]
    shown = {
        fid: position
        for position, condition in enumerate(asked)
        for (fid,) in rows(package, f"SELECT fid FROM {layer} WHERE {condition}")
    }
    first = features.index[features["year"] == 2027]
    expected = dict(zip((first + 1).tolist(), bands.of(features.loc[first, "gap"]).tolist(), strict=True))
    assert shown == expected


def test_filters_labels_and_timeline_name_columns_that_the_layer_has(package):
    for layer, style in styles(package).items():
        named = {
            name for rule in style.iter("rule") for name in re.findall(r'"(\w+)"', rule.get("filter", ""))
        }
        assert named == ({"year", "gap"} if layer.startswith(("catchments", "schools")) else set())
        for text in style.iter("text-style"):
            named |= set(re.findall(r'"(\w+)"', text.get("fieldName", "")))
        for temporal in style.iter("temporal"):
            expressions = temporal.get("startExpression", "") + temporal.get("endExpression", "")
            named |= set(re.findall(r'"(\w+)"', expressions))
        columns = {row[1] for row in rows(package, f"PRAGMA table_info({layer})")}
        assert named <= columns


def test_a_school_year_runs_from_september_to_august_on_the_timeline(package):
    """Mode 4 of QGIS's temporal properties: begin and end by expressions."""
    for layer in LAYERS[:4]:
        (temporal,) = styles(package)[layer].iter("temporal")
        assert (temporal.get("mode"), temporal.get("enabled")) == ("4", "1")
        assert temporal.get("startExpression") == 'make_date("year", 9, 1)'
        assert temporal.get("endExpression") == 'make_date("year" + 1, 8, 31)'


def test_the_controller_says_the_year_before_the_variable_and_the_variable_before_the_first():
    """A frame that begins in February 2029 shows the school year 2028/29: eight months earlier is June 2028."""
    assert (
        shown_year(2027) == "coalesce(year(@map_start_time - to_interval('8 months')), @planner_year, 2027)"
    )


def test_labels_have_a_halo(package):
    for layer in LAYERS[:4]:
        style = styles(package)[layer]
        assert style.get("labelsEnabled") == "1"
        assert "Labeling" in style.get("styleCategories", "")
        (buffer,) = style.iter("text-buffer")
        assert (buffer.get("bufferDraw"), buffer.get("bufferColor")) == ("1", "255,255,255,255")


@pytest.mark.parametrize("gap", [-1000, -50, -20, -5, -4.9, 0, 5, 5.1, 20, 50, 1000])
def test_a_gap_on_a_bound_belongs_to_the_class_nearer_to_zero(gap):
    """Seats of 200 give bounds of 5, 20 and 50."""
    bands = gap_bands(np.array([200.0]))
    style = ET.fromstring(style_text(gap_style("fill", 2027, bands)))
    with closing(sqlite3.connect(":memory:")) as base:
        base.execute('CREATE TABLE layer ("year", "gap")')
        base.execute("INSERT INTO layer VALUES (2027, ?)", (gap,))
        shown = [
            position
            for position, rule in enumerate(style.iter("rule"))
            if base.execute(
                f"SELECT 1 FROM layer WHERE {without_controls(rule.get('filter', ''))}"
            ).fetchall()
        ]
    assert shown == bands.of([gap]).tolist()


def test_every_rule_has_its_symbol_in_the_colour_of_the_map():
    bands = gap_bands(np.array([200.0]))
    for geometry in ("fill", "marker"):
        style = ET.fromstring(style_text(gap_style(geometry, 2027, bands)))
        symbols = {symbol.get("name"): symbol for symbol in style.iterfind("renderer-v2/symbols/symbol")}
        assert {symbol.get("type") for symbol in symbols.values()} == {geometry}
        for rule, colour in zip(style.iter("rule"), bands.colours, strict=True):
            options = {
                option.get("name"): option.get("value", "")
                for option in symbols[rule.get("symbol")].iterfind("layer[1]/Option/Option")
            }
            red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
            assert options["color"].startswith(f"{red},{green},{blue},")


def test_classes_that_are_short_are_hatched_or_barred():
    """Without colours, an area that is short has lines in it, and a school that is short a bar across it."""
    bands = gap_bands(np.array([200.0]))
    second = {"fill": "LinePatternFill", "marker": "SimpleMarker"}
    for geometry, kind in second.items():
        style = ET.fromstring(style_text(gap_style(geometry, 2027, bands)))
        layers = [
            [layer.get("class") for layer in symbol.iterfind("layer")]
            for symbol in style.iterfind("renderer-v2/symbols/symbol")
        ]
        assert [len(own) for own in layers] == [2 if hatch else 1 for hatch in bands.hatches]
        assert {own[1] for own in layers if len(own) > 1} == {kind}
    red = int(hatch_colour(bands.colours[2])[1:3], 16)
    style = ET.fromstring(style_text(gap_style("fill", 2027, bands)))
    (line,) = style.iterfind("renderer-v2/symbols/symbol[3]//Option[@name='line_color']")
    assert line.get("value", "").startswith(f"{red},")


def test_outlines_hide_nothing_below_them():
    """Blocks and boundary lie over the catchments: only their outline is drawn."""
    options = {
        option.get("name"): option.get("value")
        for option in ET.fromstring(style_text(outline_style("#0A0B0C", 0.1))).iter("Option")
    }
    assert options["style"] == "no"
    assert options["outline_color"] == "10,11,12,255"


def test_every_kind_of_barrier_has_its_colour():
    style = ET.fromstring(style_text(barrier_style()))
    kinds = [category.get("value") for category in style.iter("category")]
    assert kinds == ["river", "railway", "trunk_road", "expressway", "other"]
    assert len(list(style.iterfind("renderer-v2/symbols/symbol"))) == len(kinds)


def test_barriers_and_boundary_are_layers_where_the_district_has_them(run, tmp_path):
    barriers = gpd.GeoDataFrame(
        {"barrier": ["R"], "name": ["河"]}, geometry=[LineString([(0, 500), (6000, 500)])], crs=CRS
    )
    boundary = gpd.GeoDataFrame({"name": ["镇"]}, geometry=[box(0, 0, 6000, 1000)], crs=CRS)
    district = run.district.with_tables(barriers=barriers, boundary=boundary)
    write_geopackage(tmp_path / "r.gpkg", district=district, plan=run.plan, tables=run.outcomes, day=DAY)
    layers = [str(name) for name, _ in pyogrio.list_layers(tmp_path / "r.gpkg")]
    assert layers == [*LAYERS, "barriers", "boundary", "layer_styles"]
    assert {"barriers", "boundary"} <= set(styles(tmp_path / "r.gpkg"))
    assert gpd.read_file(tmp_path / "r.gpkg", layer="barriers")["name"].tolist() == ["河"]


def test_all_dates_are_the_day_of_the_count(package):
    """The clock has no place in a file that must be the same for the same run."""
    stamps = rows(package, "SELECT last_change FROM gpkg_contents UNION SELECT update_time FROM layer_styles")
    assert stamps == [("2026-09-01T00:00:00.000Z",)]
