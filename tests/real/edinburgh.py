"""
City of Edinburgh Council 2018 as a district: 75 catchments of non-denominational primaries.

What becomes what:

- Every catchment polygon is one block and belongs to its school; three areas pending a school of their own
  (names starting with x) have no roll and belong to the nearest school.
- Births of the ND denomination cover the whole city once; the rolls of Fox Covert ND belong to the catchment
  called Fox Covert.
- Rooms are the classes the council counts as capacity; its capacity in pupils is kept as seats stated.
- Residents of P1 are the children of the school's own denomination in the catchment; those who attend its school
  are "retained", the others go elsewhere, and the rest of a roll comes from elsewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

FOX_COVERT = {"EDP-foxcovertnd": "EDP-foxcovert"}


def _rows(source: Path, file: str, schools: Iterable[str]) -> pd.DataFrame:
    table = pd.read_csv(source / file, dtype={"unit_id": str})
    table["unit_id"] = table["unit_id"].replace(FOX_COVERT)
    return table[table["unit_id"].isin(list(schools))]


def convert(source: Path, folder: Path) -> Path:
    """Write the council's data as a district folder and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    polygons = gpd.read_file(source / "edinburgh_primary_catchments.gpkg", layer="catchments")
    points = gpd.read_file(source / "edinburgh_primary_catchments.gpkg", layer="schools_approximate")
    pending = set(points.loc[points["unit_id"].str.startswith("EDP-x"), "unit_id"])
    schools = points[~points["unit_id"].isin(pending)].rename(columns={"unit_id": "school", "school": "name"})
    capacity = _rows(source, "edinburgh_capacity.csv", schools["school"]).set_index("unit_id")
    schools = schools.assign(
        grades="1-7",
        rooms=schools["school"].map(capacity["classes"]).astype("Int64"),
        seats_stated=schools["school"].map(capacity["capacity"]).astype("Int64"),
    )
    blocks = polygons[["unit_id", "school", "geometry"]].rename(
        columns={"unit_id": "block", "school": "name"}
    )
    nearest = blocks.set_geometry(blocks.representative_point()).sjoin_nearest(
        schools[["school", "geometry"]]
    )
    belongs = nearest.drop_duplicates("block").set_index("block")["school"]
    own = blocks["block"].where(~blocks["block"].isin(pending))
    catchments = pd.DataFrame(
        {
            "block": blocks["block"],
            "stage": "primary",
            "since": 2000,
            "school": own.fillna(blocks["block"].map(belongs)),
        }
    )
    rolls = _rows(source, "enr_edinburgh_primary.csv", schools["school"])
    enrolment = rolls.rename(columns={"unit_id": "school", "enrollment": "pupils"})
    births = pd.read_csv(source / "births_edinburgh_catchment.csv")
    births = births[births["denomination"] == "ND"].replace({"area_id": FOX_COVERT})
    flow = _rows(source, "edinburgh_p1_catchment_flow.csv", schools["school"])
    living, retained = flow["p1_in_catchment_own_denomination"], flow["p1_retained"]
    attendance = pd.concat(
        [
            pd.DataFrame(
                {"block": block, "school": school, "grade": 1, "year": flow["year"], "children": children}
            )
            for block, school, children in (
                (flow["unit_id"], flow["unit_id"], retained),
                (flow["unit_id"], "other", (living - retained).clip(lower=0)),
                ("other", flow["unit_id"], (flow["p1_roll"] - retained).clip(lower=0)),
            )
        ]
    )
    residents = pd.DataFrame({"block": flow["unit_id"], "grade": 1, "year": flow["year"], "children": living})
    about = {
        "name": "City of Edinburgh",
        "name_en": "City of Edinburgh",
        "policy": "scotland",
        "counted_on": "2018-09-12",
        "source": "City of Edinburgh Council 2018",
    }
    columns = ["school", "name", "grades", "rooms", "seats_stated", "geometry"]
    schools[columns].to_crs(4326).to_file(folder / "schools.geojson", driver="GeoJSON")
    blocks.to_crs(4326).to_file(folder / "blocks.geojson", driver="GeoJSON")
    tables = {
        "about": pd.DataFrame({"key": list(about), "value": list(about.values())}),
        "catchments": catchments,
        "enrolment": enrolment[["school", "grade", "year", "pupils"]],
        "births": births.rename(columns={"area_id": "area"})[["area", "year", "births"]],
        "attendance": attendance,
        "residents": residents,
    }
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False)
    return folder


def council_forecast(source: Path) -> pd.DataFrame:
    """Return the council's own P1 figures: school, year, proj_catchment_pop, catchment_retained, final_p1_projection."""
    table = pd.read_csv(source / "edinburgh_p1_intake_limit_and_projection.csv", dtype={"unit_id": str})
    table["school"] = table["unit_id"].replace(FOX_COVERT)
    return table[~table["unit_id"].str.endswith("rc")]
