"""
Durham, North Carolina: where one new high school does most, by plain tables.

Children of a planning unit are its high-school pupils at the schools of their zones ("base") and half of those
whom housing in the pipeline generates. Seats are the capacities of the five high schools. Ways are straight lines from a
point inside the unit, to the school's point or to a point inside the candidate unit.

A published study (Duke Data+ with Durham Public Schools, 2025, its public code) placed one new high school with SCIP, 5 to
15 hours a run. `study` has its figures, read from that code: base pupils and 0.15 of those of the pipeline, 1,550
seats, every school between 70 and 105 % of its capacity, units of the region Central and those of the five
schools left out "to make the problem simpler", ways between the centroids of units.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from planner.district.geography import block_points
from tests.real import durham

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

MILE = 1609.344
"""[m]"""


def asked(source: Path) -> dict[str, Any]:
    """Return demand, ways, ways to all 851 sites, and seats, as `rank_sites` takes them."""
    blocks = durham.units(source)
    schools = durham.high_schools(source).set_index("school").to_crs(durham.METRIC)
    homes = _places(block_points(blocks))
    return {
        "demand": blocks["base"] + blocks["pipeline"] / 2,
        "ways": _km(homes, _places(schools.geometry.to_numpy()), blocks.index, schools.index),
        "site_ways": _km(homes, homes, blocks.index, blocks.index),
        "seats": schools["seats_stated"].astype(float),
    }


def study(source: Path, *, everywhere: bool = False) -> dict[str, Any]:
    """Return what the published study asked, at its 732 sites or at all that have no school."""
    blocks = durham.units(source)
    of_school = gpd.read_file(source / "durham_high_schools.geojson").set_index("sch_id")
    at = pd.Series([f"PU{unit:03d}" for unit in of_school["pu_id"]], index=of_school.index.astype(str))
    capacity = pd.Series(of_school["capacity"].to_numpy(float), index=at.index)
    homes = _places(shapely.centroid(blocks.geometry.to_numpy()))
    between = _km(homes, homes, blocks.index, blocks.index)
    free = ~blocks.index.isin(at) & (everywhere | (blocks["area"] != "Central").to_numpy())
    return {
        "demand": blocks["base"] + 0.15 * blocks["pipeline"],
        "ways": between[at].set_axis(at.index, axis=1),
        "site_ways": between.loc[:, free],
        "seats": 1.05 * capacity,
        "least": 0.7 * capacity,
        "new_seats": 1.05 * 1550,
        "new_least": 0.7 * 1550,
    }


def _places(points: NDArray[np.object_]) -> NDArray[np.float64]:
    return shapely.get_coordinates(points)


def _km(
    homes: NDArray[np.float64], places: NDArray[np.float64], rows: pd.Index, columns: pd.Index
) -> pd.DataFrame:
    metres = np.linalg.norm(homes[:, None] - places[None], axis=2)
    return pd.DataFrame(metres / 1000, index=rows, columns=columns)
