"""Places given as columns of longitude and latitude."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from planner.district.findings import Finding
from planner.district.values import as_text, floats
from planner.words import Text

if TYPE_CHECKING:
    from planner.district.files.model import Raw

LONGITUDE = ("lon", "longitude", "经度")
LATITUDE = ("lat", "latitude", "纬度")


def with_places_of_columns(raw: Raw) -> tuple[Raw, list[Finding]]:
    """Return a table of points whose places come from columns lon and lat, where it has them."""
    heads = [str(head).lower() for head in raw.frame.columns]
    lon = next((heads.index(name) for name in LONGITUDE if name in heads), None)
    lat = next((heads.index(name) for name in LATITUDE if name in heads), None)
    if lon is None or lat is None:
        return raw, []
    written = [pd.Series(raw.frame.iloc[:, position]) for position in (lon, lat)]
    x, y = floats(written[0]), floats(written[1])
    blank = (as_text(written[0]).isna() & as_text(written[1]).isna()).to_numpy(bool)
    known = np.isfinite(x) & np.isfinite(y)
    shapes = np.full(len(raw.frame), None, dtype=object)
    shapes[known] = shapely.points(x[known], y[known])
    bad = ~blank & ~known
    frame = raw.frame.iloc[:, [at for at in range(len(heads)) if at not in (lon, lat)]]
    findings = []
    if bad.any():
        findings.append(
            Finding(
                level="error",
                code="D010",
                table=raw.table,
                file=raw.file,
                rows=tuple(int(row) for row in raw.frame.index[bad]),
                text=Text("Longitude or latitude is no number."),
                advice=Text("Write both in decimal degrees, as 117.563 and 34.562."),
            )
        )
    return replace(raw, frame=frame, geometry=shapes, crs=CRS.from_epsg(4326)), findings
