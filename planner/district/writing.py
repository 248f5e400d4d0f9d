"""Write a district as a folder of CSV and GeoJSON, or as a GeoPackage."""

from __future__ import annotations

import json
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError

from planner.district.formulas import harmless
from planner.district.integrity import with_keys
from planner.errors import OutputError
from planner.words import Text, read_dictionary

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from planner.district.model import District

DECIMALS = 9
"""Decimals of degrees in GeoJSON: a tenth of a millimetre."""


def write_district(district: District, path: Path | str, *, replace: bool = False) -> Path:
    """
    Write a district's tables, so that reading them gives the district again.

    A path that ends in ``.gpkg`` becomes a GeoPackage in the district's metric coordinates; any other a folder,
    with CSV in UTF-8 and GeoJSON in degrees as its standard asks, and the metric system named in `about`. Tables
    without rows are left out. Nothing half-written is ever left under the path.

    Parameters
    ----------
    path
        Where to; must not exist unless `replace`.

    Raises
    ------
    OutputError
        When it is there already, or cannot be written.
    """
    path = Path(path)
    with in_place(path, replace=replace, folder=not is_geopackage(path)) as draft:
        write_draft(district, draft)
    return path


def is_geopackage(path: Path) -> bool:
    """Whether a district of this path is a GeoPackage; any other is a folder."""
    return path.suffix.lower() == ".gpkg"


def write_draft(district: District, draft: Path) -> None:
    """Write a district's tables that have rows into an empty folder, or as a new GeoPackage."""
    names = [name for name in read_dictionary() if name == "about" or len(district[name])]
    if is_geopackage(draft):
        for name in names:
            _write_layer(_written(district, name), draft, name)
        settle(draft)
    else:
        write_tables(district, draft, names)


def write_tables(district: District, folder: Path, names: Iterable[str]) -> None:
    """Write the tables as files of a folder, tables without rows with their column names only."""
    for name in names:
        table = _written(district, name)
        if isinstance(table, gpd.GeoDataFrame):
            (folder / f"{name}.geojson").write_bytes(geojson(table))
        else:
            (folder / f"{name}.csv").write_bytes(csv_text(table))


@contextmanager
def in_place(path: Path, *, replace: bool, folder: bool) -> Iterator[Path]:
    """
    Give a new place beside the path to write to, and move it to the path when all is written.

    Raises
    ------
    OutputError
        When the path is taken (an empty folder is not), or writing fails; then nothing is left behind.
    """
    taken = path.exists() and not (path.is_dir() and not any(path.iterdir()))
    if taken and not replace:
        raise OutputError(
            Text("{path} is there already. Choose another name, or take it away first.", path=path)
        )
    workshop: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        workshop = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
        draft = workshop / f"draft{path.suffix}"
        if folder:
            draft.mkdir()
        yield draft
        _put(draft, path, workshop / "before")
    except (OSError, DataSourceError, DataLayerError) as reason:
        if isinstance(reason, OutputError):
            raise
        raise OutputError(
            Text(
                "{path} cannot be written: {reason}. Nothing was changed.",
                path=path,
                reason=(reason.strerror if isinstance(reason, OSError) else None) or reason,
            )
        ) from reason
    finally:
        if workshop is not None:
            shutil.rmtree(workshop, ignore_errors=True)


def _put(draft: Path, path: Path, before: Path) -> None:
    """Move a draft to its path, and what was there out of the way; back again when that fails half-way."""
    try:
        if path.exists():
            path.replace(before)
        draft.replace(path)
    except BaseException:
        if before.exists() and not path.exists():
            before.replace(path)
        raise


def _written(district: District, name: str) -> pd.DataFrame:
    """Return a table as it is written: dictionary columns as text or numbers, and its shapes."""
    entry = read_dictionary()[name]
    table = with_keys(district, name)
    columns = {
        column.column: _cells(pd.Series(table[column.column]), column.type) for column in entry.columns
    }
    frame = pd.DataFrame(columns, index=table.index)
    if name == "about":
        frame = _about(district, frame)
    if isinstance(table, gpd.GeoDataFrame):
        return gpd.GeoDataFrame(frame, geometry=table.geometry, crs=table.crs)
    return frame


def _about(district: District, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the facts, with the metric system that GeoJSON in degrees would not tell."""
    if "crs" in set(frame["key"]) or not district.crs.startswith("EPSG:"):
        return frame
    return pd.concat([frame, pd.DataFrame({"key": ["crs"], "value": [district.crs]}, dtype="string")])


def _cells(values: pd.Series, kind: str) -> pd.Series:
    if kind == "boolean":
        return values.map({True: "yes", False: "no"}).astype("string")
    if kind == "date":
        return values.dt.strftime("%Y-%m-%d").astype("string")
    return values


def csv_text(table: pd.DataFrame) -> bytes:
    """
    Return a table as CSV in UTF-8 with a mark at its start, by which spreadsheets know Chinese text.

    Text that a spreadsheet would take for a formula is made harmless, which reading undoes.
    """
    shown = table.assign(
        **{
            str(name): column.map(lambda cell: harmless(cell) if isinstance(cell, str) else cell)
            for name, column in table.items()
            if column.dtype.kind == "O"
        }
    )
    return shown.to_csv(index=False, lineterminator="\n").encode("utf-8-sig")


def geojson(table: gpd.GeoDataFrame) -> bytes:
    """
    Return a table as GeoJSON (RFC 7946): degrees of WGS 84, one feature a line.

    Blank cells are left out of a feature's properties only when the whole column is blank.
    """
    shapes = shapely.transform(
        table.geometry.to_crs(4326).to_numpy(), lambda points: points.round(DECIMALS), include_z=False
    )
    frame = pd.DataFrame(table.drop(columns=table.geometry.name)).dropna(axis="columns", how="all")
    properties = frame.astype(object).where(frame.notna(), None).to_dict("records")
    features = [
        json.dumps(
            {
                "type": "Feature",
                "properties": row,
                "geometry": None if shape is None else shapely.geometry.mapping(shape),
            },
            ensure_ascii=False,
        )
        for row, shape in zip(properties, shapes, strict=True)
    ]
    return ('{"type": "FeatureCollection", "features": [\n' + ",\n".join(features) + "\n]}\n").encode()


def settle(path: Path) -> None:
    """
    Make the bytes of a finished GeoPackage those of its facts: SQLite counts in its header how often it was changed.

    How often that is depends on how its writer happened to flush it. The two counters, at bytes 24 and 92, only
    serve programs that have the file open.
    """
    with path.open("r+b") as file:
        for counter in (24, 92):
            file.seek(counter)
            file.write((1).to_bytes(4, "big"))


def _write_layer(table: pd.DataFrame, path: Path, name: str) -> None:
    """Write a table as a layer of a GeoPackage, stamped with a fixed date so that equal facts give equal bytes."""
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2000-01-01T00:00:00.000Z"})
    try:
        several = isinstance(table, gpd.GeoDataFrame) and len(set(table.geom_type.dropna())) > 1
        pyogrio.write_dataframe(
            table, path, layer=name, driver="GPKG", append=path.exists(), promote_to_multi=several
        )
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})
