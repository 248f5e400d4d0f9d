"""Catchments of a pile that are drawn as zones: from the layers as read to a table of blocks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from planner.district.columns import type_table
from planner.district.datum import DATUMS, undo_shift
from planner.district.files import Raw
from planner.district.findings import Finding
from planner.district.importing.log import Line
from planner.district.importing.recipe import EVERY
from planner.district.importing.zones import catchments_of_zones, split_blocks
from planner.district.projection import in_crs, parse_crs, registered
from planner.district.tables import figures, rows, texts
from planner.words import Table, Text, read_dictionary
from planner.words.catalogue import percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.district.importing.recipe import Recipe
    from planner.district.model import District

TABLE = "catchments"
_WGS84 = CRS.from_epsg(4326)


def is_drawn(raw: Raw) -> bool:
    """Whether a table is of catchments drawn as zones."""
    return raw.table == TABLE and raw.geometry is not None


def catchments_drawn(
    raws: Sequence[Raw], district: District, recipe: Recipe
) -> tuple[Raw | None, list[Finding], list[Line]]:
    """
    Return the table of catchments that layers of zones make with the district's blocks.

    The layers together are one set of zones: one may hold the primary and another the junior stage.

    Returns
    -------
    The table, None when no zone can be read; what is wrong or worth knowing; the log.
    """
    zones: list[gpd.GeoDataFrame] = []
    findings: list[Finding] = []
    for raw in raws:
        layer, faults = _layer(raw, recipe, CRS.from_user_input(district.crs))
        findings += faults
        if layer is not None:
            zones.append(layer)
    if not zones:
        return None, findings, []
    together = gpd.GeoDataFrame(pd.concat(zones, ignore_index=True), crs=district.crs)
    frame, faults = catchments_of_zones(
        district.blocks, together, children=_children(district), nearest=recipe.nearest
    )
    files = " + ".join(raw.file for raw in raws)
    findings += [replace(found, file=found.file or files) for found in faults]
    shares: dict[tuple[str, int, str], list[str]] = {}
    for stage, since, block, school, share in split_blocks(district.blocks, together).itertuples(index=False):
        shares.setdefault((stage, since, block), []).append(f"{school} {percent(share)}")
    lines = [
        Line(
            part="zones",
            text=Text(
                "{block} ({stage}, since {since}): {shares}",
                block=block,
                stage=stage,
                since=since,
                shares=", ".join(of_block),
            ),
        )
        for (stage, since, block), of_block in shares.items()
    ]
    return Raw(table=TABLE, frame=frame.set_axis(np.arange(1, len(frame) + 1)), file=files), findings, lines


def _children(district: District) -> pd.Series | None:
    """Return the children by block of the latest extract, of one kind of count; None where none has blocks."""
    table = district["children"]
    kinds = texts(table, "kind")
    kind = next((kind for kind in ("register", "registered", "kindergarten") if kind in kinds), None)
    if kind is None:
        return None
    of_kind = rows(table, kinds == kind)
    latest = rows(of_kind, (of_kind["as_of"] == of_kind["as_of"].max()).to_numpy(bool))
    counted = pd.Series(figures(latest, "children"), index=texts(latest, "block"))
    return pd.Series(counted.groupby(level=0).sum())


def _entry() -> Table:
    """Return the columns that zones may have: the school, and what holds for all zones unless stated."""
    table = read_dictionary()[TABLE]
    columns = [
        replace(column, key=False, required=column.column == "school")
        for column in table.columns
        if column.column != "block"
    ]
    return replace(table, geometry="polygon", columns=tuple(columns))


def _layer(raw: Raw, recipe: Recipe, metric: CRS) -> tuple[gpd.GeoDataFrame | None, list[Finding]]:
    """Return a layer of zones typed, in the district's system, with the stage and year of its file filled in."""
    frame, findings = type_table(raw, _entry())
    crs, faults = _system(raw, recipe)
    findings += faults
    if frame is None or crs is None or raw.geometry is None:
        return None, findings
    shapes = raw.geometry[raw.frame.index.get_indexer(frame.index)]
    shift = recipe.datum.get(TABLE, recipe.datum.get(EVERY, ""))
    if shift in DATUMS:
        shapes, crs = undo_shift(in_crs(shapes, crs, _WGS84), shift), _WGS84
    shapes = in_crs(shapes, crs, metric)
    file = raw.file.split(":")[0]
    for column, stated in (("stage", recipe.stage), ("since", recipe.since)):
        value = stated.get(raw.file, stated.get(file, stated.get(EVERY)))
        if value is not None:
            frame[column] = frame[column].fillna(value)
    return gpd.GeoDataFrame(frame, geometry=shapely.force_2d(shapes), crs=metric), findings


def _system(raw: Raw, recipe: Recipe) -> tuple[CRS | None, list[Finding]]:
    """Return the system of a layer: as said for catchments, else as it states, else as said for all."""
    own = None if raw.crs is None else registered(raw.crs)
    code = recipe.crs.get(TABLE, None if own is not None else recipe.crs.get(EVERY))
    if code is None and own is not None:
        return own, []
    crs = None if code is None else parse_crs(code)
    if crs is not None:
        return registered(crs), []
    return None, [
        Finding(
            level="error",
            code="D020",
            table=TABLE,
            file=raw.file,
            text=Text("The layer does not say in which coordinate reference system it is.")
            if code is None
            else Text("{crs} names no coordinate reference system.", crs=code),
            advice=Text("Name it with crs, as catchments=EPSG:4490."),
        )
    ]
