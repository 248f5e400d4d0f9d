"""One GeoPackage of a run, with styles that QGIS applies when a layer is opened."""

from __future__ import annotations

import sqlite3
from itertools import pairwise
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import geopandas as gpd
import pandas as pd
import pyogrio

from planner.archive.tables import catchment_name, rounded, school_names
from planner.maps import Bands, gap_bands

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping
    from pathlib import Path

    from planner.district import District
    from planner.plan import Plan

_STYLES = """
CREATE TABLE layer_styles (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256), f_table_schema TEXT(256),
  f_table_name TEXT(256), f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT,
  useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30), update_time DATETIME
)
"""


def catchment_layer(
    district: District, plan: Plan, tables: Mapping[str, pd.DataFrame], stage: str
) -> gpd.GeoDataFrame:
    """Return the catchments of a stage, one feature a catchment and year, with their seat gaps."""
    e = plan.stages.index(stage)
    names = school_names(district)
    whole, entry = (
        table[table["stage"] == stage].set_index(["catchment", "year"])
        for table in (tables["seats_by_catchment"], tables["entry_by_catchment"])
    )
    pieces, known = [], {}
    for t, year in enumerate(plan.years):
        position = plan.catchment_of[e, :, t]
        if (shape := known.get(position.tobytes())) is None:
            shape = known[position.tobytes()] = (
                district.blocks[["geometry"]]
                .assign(position=position)
                .query("position >= 0")
                .dissolve("position")
            )
        layer = shape.reset_index()
        layer["catchment"] = [plan.catchments[c].key for c in layer["position"]]
        pieces.append(layer.drop(columns="position").assign(year=year))
    layer = pd.concat(pieces, ignore_index=True)
    layer["name"] = [catchment_name(key, names) for key in layer["catchment"]]
    rows = pd.MultiIndex.from_arrays([layer["catchment"], layer["year"]], names=["catchment", "year"])
    for column in ("seats", "living", "gap", "gap_p10", "gap_p90"):
        layer[column] = whole[column].reindex(rows).to_numpy()
        layer[f"entry_{column}"] = entry[column].reindex(rows).to_numpy()
    return gpd.GeoDataFrame(rounded(layer), geometry="geometry", crs=district.crs)


def school_layer(district: District, tables: Mapping[str, pd.DataFrame], stage: str) -> gpd.GeoDataFrame:
    """Return the schools of a stage, one point a school and year, with seat gaps and odds."""
    whole, odds = (
        table.loc[table["stage"] == stage] for table in (tables["seats_by_school"], tables["odds"])
    )
    odds = odds.loc[odds["grade"] == odds["grade"].min()]
    layer = whole.merge(
        odds.filter(["school", "year", "expected", "p_over_planned", "p_over_possible"]),
        on=["school", "year"],
        how="left",
    )
    layer["name"] = school_names(district).reindex(layer["school"]).to_numpy()
    points = district.schools.geometry.reindex(layer["school"]).to_numpy()
    return gpd.GeoDataFrame(rounded(layer.drop(columns="stage")), geometry=points, crs=district.crs)


def _symbol(name: str, geometry: str, colour: str) -> ET.Element:
    symbol = ET.Element("symbol", name=name, type=geometry, alpha="1")
    kind = {"fill": "SimpleFill", "marker": "SimpleMarker", "line": "SimpleLine"}[geometry]
    layer = ET.SubElement(symbol, "layer", {"class": kind, "enabled": "1", "pass": "0", "locked": "0"})
    options = ET.SubElement(layer, "Option", type="Map")
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    settings = {
        "fill": {
            "color": f"{red},{green},{blue},220",
            "outline_color": "90,90,90,255",
            "outline_width": "0.3",
        },
        "marker": {"color": f"{red},{green},{blue},255", "size": "3", "outline_color": "40,40,40,255"},
        "line": {"line_color": f"{red},{green},{blue},255", "line_width": "0.6"},
    }[geometry]
    for key, value in settings.items():
        ET.SubElement(options, "Option", name=key, value=value, type="QString")
    return symbol


def gap_style(geometry: str, year: int, bands: Bands) -> str:
    """
    Return a QGIS style that colours a layer by seat gap, in the classes of the printed maps.

    It shows the features of one year: the layer's or project's variable ``planner_year``, else `year`.
    """
    root = ET.Element("qgis", version="3.22.0", styleCategories="Symbology")
    renderer = ET.SubElement(root, "renderer-v2", type="RuleRenderer", symbollevels="0", enableorderby="0")
    rules = ET.SubElement(renderer, "rules", key="planner")
    symbols = ET.SubElement(renderer, "symbols")
    of_year = f'"year" = coalesce(@planner_year, {year})'
    limits = [None, *bands.edges, None]
    for position, (low, high) in enumerate(pairwise(limits)):
        bounds = [of_year]
        if low is not None:
            bounds.append(f'"gap" {">" if low > 0 else ">="} {low}')
        if high is not None:
            bounds.append(f'"gap" {"<=" if high > 0 else "<"} {high}')
        key, label = str(position), str(bands.labels[position])
        ET.SubElement(rules, "rule", key=f"class{key}", filter=" AND ".join(bounds), symbol=key, label=label)
        symbols.append(_symbol(key, geometry, bands.colours[position]))
    return ET.tostring(root, encoding="unicode")


def plain_style(geometry: str, colour: str) -> str:
    """Return a QGIS style of one symbol."""
    root = ET.Element("qgis", version="3.22.0", styleCategories="Symbology")
    renderer = ET.SubElement(root, "renderer-v2", type="singleSymbol", symbollevels="0", enableorderby="0")
    ET.SubElement(renderer, "symbols").append(_symbol("0", geometry, colour))
    return ET.tostring(root, encoding="unicode")


def _write_styles(path: Path, styles: Mapping[str, str], day: dt.date) -> None:
    """Add the styles, and give every date in the file the same day, so that equal runs are equal files."""
    stamp = f"{day.isoformat()}T00:00:00.000Z"
    with sqlite3.connect(path) as base:
        base.execute(_STYLES)
        base.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, last_change) VALUES (?, ?, ?, ?)",
            ("layer_styles", "attributes", "layer_styles", stamp),
        )
        for layer, style in styles.items():
            base.execute(
                "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column,"
                " styleName, styleQML, useAsDefault, update_time) VALUES ('', '', ?, 'geom', ?, ?, 1, ?)",
                (layer, layer[:30], style, stamp),
            )
        base.execute("UPDATE gpkg_contents SET last_change = ?", (stamp,))
    base.close()
    with sqlite3.connect(path) as base:
        base.execute("VACUUM")
    base.close()


def write_geopackage(
    path: Path, *, district: District, plan: Plan, tables: Mapping[str, pd.DataFrame], day: dt.date
) -> None:
    """
    Write catchments and schools of every stage with their figures by year, blocks, boundary and barriers.

    Parameters
    ----------
    tables
        Outcome tables: seats_by_catchment, entry_by_catchment, seats_by_school, odds.
    day
        Date that the file carries instead of the clock's.
    """
    layers: dict[str, gpd.GeoDataFrame] = {}
    styles: dict[str, str] = {}
    for stage in plan.stages:
        layer = layers[f"catchments_{stage}"] = catchment_layer(district, plan, tables, stage)
        styles[f"catchments_{stage}"] = gap_style("fill", plan.years[0], gap_bands(layer["gap"]))
    for stage in plan.stages:
        layer = layers[f"schools_{stage}"] = school_layer(district, tables, stage)
        styles[f"schools_{stage}"] = gap_style("marker", plan.years[0], gap_bands(layer["gap"]))
    blocks = gpd.GeoDataFrame(
        district.blocks.filter(["name", "name_en", "place", "area", "geometry"]).reset_index()
    )
    for e, stage in enumerate(plan.stages):
        keys = [plan.catchments[c].key if c >= 0 else None for c in plan.catchment_of[e, :, 0]]
        blocks[f"catchment_{stage}"] = pd.Series(keys, dtype="string")
    layers["blocks"] = blocks
    for name, colour in (("barriers", "#4C78A8"), ("boundary", "#FFFFFF")):
        table = district[name]
        if isinstance(table, gpd.GeoDataFrame) and len(table):
            layers[name] = table
            styles[name] = plain_style("line" if name == "barriers" else "fill", colour)
    for name, layer in layers.items():
        mixed = len(set(layer.geom_type)) > 1
        pyogrio.write_dataframe(
            layer, path, layer=name, driver="GPKG", promote_to_multi=mixed, append=path.exists()
        )
    _write_styles(path, styles, day)
