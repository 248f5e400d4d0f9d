"""One GeoPackage of a run, with a QGIS project and with the styles that QGIS applies when a layer is opened."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pyogrio
from pyproj import CRS

from planner.archive.project import ProjectLayer, project_row, project_text
from planner.archive.styles import barrier_style, gap_style, outline_style, style_text
from planner.archive.tables import catchment_name, rounded, school_names
from planner.district.writing import settle
from planner.maps import gap_bands
from planner.maps.phrases import stage_name
from planner.words import current_language, say

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from xml.etree import ElementTree as ET

    from planner.district import District
    from planner.plan import Plan
    from planner.policy import Policy

_STYLES = """
CREATE TABLE layer_styles (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256), f_table_schema TEXT(256),
  f_table_name TEXT(256), f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT,
  useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30), update_time DATETIME
)
"""


_PROJECTS = "CREATE TABLE qgis_projects (name TEXT PRIMARY KEY, metadata BLOB, content BLOB)"
"""As QGIS makes it: https://github.com/qgis/QGIS, qgsgeopackageprojectstorage.cpp."""


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


def _write_styles(path: Path, styles: Mapping[str, Sequence[ET.Element]], project: str, day: dt.date) -> None:
    """Add styles and project, and give every date in the file the same day, so that equal runs are equal files."""
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
                [(layer, layer[:30], style_text(list(style)), stamp) for layer, style in styles.items()],
            )
            base.execute(_PROJECTS)
            base.execute("INSERT INTO qgis_projects VALUES (?, ?, ?)", project_row(project, day))
            base.execute("UPDATE gpkg_contents SET last_change = ?", (stamp,))
        base.execute("VACUUM")
    settle(path)


def _layers(
    district: District, plan: Plan, tables: Mapping[str, pd.DataFrame]
) -> tuple[dict[str, gpd.GeoDataFrame], dict[str, Sequence[ET.Element]]]:
    """Return the layers in the order in which they are listed, and the style of each."""
    layers: dict[str, gpd.GeoDataFrame] = {}
    styles: dict[str, Sequence[ET.Element]] = {}
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
    styles["blocks"] = outline_style("#B4B4B4", 0.1)
    for name, style in (
        ("barriers", barrier_style()),
        ("boundary", outline_style("#282828", 0.5)),
    ):
        table = district[name]
        if isinstance(table, gpd.GeoDataFrame) and len(table):
            layers[name] = table
            styles[name] = style
    return layers, styles


def _project(
    file: str,
    district: District,
    plan: Plan,
    policy: Policy | None,
    layers: Mapping[str, gpd.GeoDataFrame],
    styles: Mapping[str, Sequence[ET.Element]],
) -> str:
    """Return the project: schools over barriers over outlines over catchments, of the first stage at first."""
    titles = {"blocks": say("Blocks"), "barriers": say("Barriers"), "boundary": say("District boundary")}
    groups = {stage: stage_name(stage, policy) for stage in plan.stages}
    listed = [
        *((f"schools_{stage}", say("Schools"), stage) for stage in plan.stages),
        *((name, titles[name], "") for name in ("barriers", "boundary", "blocks") if name in layers),
        *((f"catchments_{stage}", say("Catchments"), stage) for stage in plan.stages),
    ]
    left, low, right, top = layers["blocks"].total_bounds.tolist()
    name = (district.name if current_language() == "zh" else district.name_en) or district.name
    return project_text(
        [
            ProjectLayer(
                table=table,
                title=title,
                group=groups.get(stage, ""),
                shown=stage in {"", plan.stages[0]},
                geometry=_geometry(layers[table]),
                style=styles[table],
            )
            for table, title, stage in listed
        ],
        title=name,
        file=file,
        crs=CRS.from_user_input(district.crs),
        bounds=(left, low, right, top),
        years=plan.years,
    )


def _geometry(layer: gpd.GeoDataFrame) -> str:
    """Return what a layer's features are, as QGIS calls it."""
    kind = str(layer.geom_type.iloc[0]).removeprefix("Multi")
    return {"LineString": "Line"}.get(kind, kind)


def write_geopackage(
    path: Path,
    *,
    district: District,
    plan: Plan,
    tables: Mapping[str, pd.DataFrame],
    day: dt.date,
    policy: Policy | None = None,
) -> None:
    """
    Write catchments and schools of every stage with their figures by year, blocks, boundary and barriers.

    Blocks carry their catchments of the plan's first year. Every layer has a style that QGIS applies by itself, and
    a QGIS project shows them together; its timeline, or its variable ``planner_year``, chooses the year.

    Parameters
    ----------
    tables
        Outcome tables: seats_by_catchment, entry_by_catchment, seats_by_school, odds.
    day
        Date that the file carries instead of the clock's.
    policy
        For the names of stages in the project; ids are shown without it.
    """
    layers, styles = _layers(district, plan, tables)
    for name, layer in layers.items():
        mixed = len(set(layer.geom_type)) > 1
        pyogrio.write_dataframe(
            layer, path, layer=name, driver="GPKG", promote_to_multi=mixed, append=path.exists()
        )
    _write_styles(path, styles, _project(path.name, district, plan, policy, layers, styles), day)
