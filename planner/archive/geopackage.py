"""One GeoPackage of a run, with styles that QGIS applies when a layer is opened."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pyogrio

from planner.archive.styles import gap_style, line_style
from planner.archive.tables import catchment_name, rounded, school_names
from planner.maps import gap_bands

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


def _write_styles(path: Path, styles: Mapping[str, str], day: dt.date) -> None:
    """Add the styles, and give every date in the file the same day, so that equal runs are equal files."""
    stamp = f"{day.isoformat()}T00:00:00.000Z"
    with closing(sqlite3.connect(path)) as base:
        with base:
            base.execute(_STYLES)
            base.execute(
                "INSERT INTO gpkg_contents (table_name, data_type, identifier, last_change) VALUES (?, ?, ?, ?)",
                ("layer_styles", "attributes", "layer_styles", stamp),
            )
            base.executemany(
                "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column,"
                " styleName, styleQML, useAsDefault, update_time) VALUES ('', '', ?, 'geom', ?, ?, 1, ?)",
                [(layer, layer[:30], style, stamp) for layer, style in styles.items()],
            )
            base.execute("UPDATE gpkg_contents SET last_change = ?", (stamp,))
        base.execute("VACUUM")


def _layers(
    district: District, plan: Plan, tables: Mapping[str, pd.DataFrame]
) -> tuple[dict[str, gpd.GeoDataFrame], dict[str, str]]:
    """Return the layers in the order in which they are listed, and the style of each."""
    layers: dict[str, gpd.GeoDataFrame] = {}
    styles: dict[str, str] = {}
    for stage in plan.stages:
        layer = layers[f"catchments_{stage}"] = catchment_layer(district, plan, tables, stage)
        styles[f"catchments_{stage}"] = gap_style("fill", plan.years[0], gap_bands(layer["seats"]))
    for stage in plan.stages:
        layer = layers[f"schools_{stage}"] = school_layer(district, tables, stage)
        styles[f"schools_{stage}"] = gap_style("marker", plan.years[0], gap_bands(layer["seats"]))
    blocks = gpd.GeoDataFrame(
        district.blocks.filter(["name", "name_en", "place", "area", "geometry"]).reset_index()
    )
    for e, stage in enumerate(plan.stages):
        keys = [plan.catchments[c].key if c >= 0 else None for c in plan.catchment_of[e, :, 0]]
        blocks[f"catchment_{stage}"] = pd.Series(keys, dtype="string")
    layers["blocks"] = blocks
    styles["blocks"] = line_style("fill", "#B4B4B4", 0.1)
    for name, style in (
        ("barriers", line_style("line", "#4C78A8", 0.6)),
        ("boundary", line_style("fill", "#282828", 0.5)),
    ):
        table = district[name]
        if isinstance(table, gpd.GeoDataFrame) and len(table):
            layers[name] = table
            styles[name] = style
    return layers, styles


def write_geopackage(
    path: Path, *, district: District, plan: Plan, tables: Mapping[str, pd.DataFrame], day: dt.date
) -> None:
    """
    Write catchments and schools of every stage with their figures by year, blocks, boundary and barriers.

    Blocks carry their catchments of the plan's first year. Every layer has a style that QGIS applies by itself.

    Parameters
    ----------
    tables
        Outcome tables: seats_by_catchment, entry_by_catchment, seats_by_school, odds.
    day
        Date that the file carries instead of the clock's.
    """
    layers, styles = _layers(district, plan, tables)
    for name, layer in layers.items():
        mixed = len(set(layer.geom_type)) > 1
        pyogrio.write_dataframe(
            layer, path, layer=name, driver="GPKG", promote_to_multi=mixed, append=path.exists()
        )
    _write_styles(path, styles, day)
