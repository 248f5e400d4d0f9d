"""Tables as layers of map files."""

from __future__ import annotations

import sqlite3
import warnings
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError
from pyproj import CRS

from planner.district.files.model import Raw, fault
from planner.district.files.points import with_places_of_columns
from planner.district.files.shapefile import read_shapefile
from planner.district.files.stored import cells_of_package
from planner.words import Text, read_dictionary

if TYPE_CHECKING:
    from pathlib import Path

    from planner.district.files.model import Source
    from planner.district.findings import Finding


def unreadable_map(source: Source) -> Finding:
    """Return the error of a map file that cannot be read."""
    return fault(
        source,
        "D003",
        Text("This cannot be read as a map layer or table."),
        Text("Export it anew as GeoJSON or GeoPackage; the file may be damaged or cut off."),
    )


def layers_of(path: Path) -> list[str]:
    """
    Return the layers of a GeoPackage by name.

    Raises
    ------
    What pyogrio raises where the file cannot be read.
    """
    with warnings.catch_warnings():
        # As in reading a layer: a layer that is listed and not there is missed where it is asked for.
        warnings.simplefilter("ignore")
        return [str(layer) for layer, _ in pyogrio.list_layers(path)]


def load_map(source: Source) -> tuple[Raw | None, list[Finding]]:
    """Return the rows and shapes of a layer, None when it cannot be read, and what is wrong."""
    layer = source.layer
    findings: list[Finding] = []
    try:
        if layer is None and source.path.suffix.lower() == ".gpkg":
            names = layers_of(source.path)
            layer = source.table if source.table in names else (names[0] if len(names) == 1 else None)
            if layer is None:
                return None, [
                    fault(
                        source,
                        "D003",
                        Text("The file holds several layers: {layers}.", layers=", ".join(names)),
                        Text("Name one of them {table}.", table=source.table),
                    )
                ]
        with warnings.catch_warnings():
            # GDAL warns of oddities that do not hinder reading; what does is raised, or found by the checks.
            warnings.simplefilter("ignore")
            if source.path.suffix.lower() == ".shp":
                table, findings = read_shapefile(source)
                if table is None:
                    return None, findings
            else:
                table = pyogrio.read_dataframe(source.path, layer=layer, datetime_as_string=True)
                if layer is not None and source.path.suffix.lower() == ".gpkg":
                    findings = cells_of_package(source, layer)
    except (
        DataSourceError,
        DataLayerError,
        OSError,
        UnicodeDecodeError,
        shapely.errors.GEOSException,
        sqlite3.Error,
    ):
        return None, [unreadable_map(source)]
    if not isinstance(table, gpd.GeoDataFrame):
        frame = table.set_axis(np.arange(1, len(table) + 1))
        raw = Raw(table=source.table, frame=frame, file=source.file)
        if read_dictionary()[source.table].geometry == "point":
            raw, faults = with_places_of_columns(raw)
            findings += faults
        return raw, findings
    shapes = shapely.force_2d(table.geometry.to_numpy())
    frame = pd.DataFrame(table.drop(columns=table.geometry.name)).set_axis(np.arange(1, len(table) + 1))
    crs = None if table.crs is None else CRS.from_user_input(table.crs)
    return Raw(table=source.table, frame=frame, geometry=shapes, crs=crs, file=source.file), findings
