"""
City of Edinburgh Council 2018 as a district: 72 non-denominational primaries, planned for 2019 to 2027.

What becomes what:

- Each of the 75 catchment polygons is one block and belongs to its school; three areas pending a school of their own
  (names starting with x) have no roll, no births and no school, and belong to the nearest school.
- Births of the ND denomination cover the whole city once; the rolls of Fox Covert ND belong to the catchment
  called Fox Covert. Schools without a catchment, the denominational ones, are left out.
- Rooms are the classes the council counts as capacity; its capacity in pupils is kept as seats stated.
- Residents of P1 are the children of the school's own denomination in the catchment. Nearly all of them attend one of
  these schools: each year as many leave their catchment's school as come to others from elsewhere, within 4 %.
  Which of them go where is not published. They are matched by the least sum of ways between the schools, so that both
  sums by school hold; who is left over comes from, or goes, outside.

As a command, with the run folder, its maps and a table of the council's figures beside ours (three minutes at most)::

    python -m tests.real.edinburgh OUT [DRAWS]

writes OUT/district, OUT/keep.toml and OUT/joint.toml, which `planner compare` reads, and the run folder OUT/keep.
The council's data is looked for where `tests.real.places` says.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

import planner
from tests.real.edinburgh_council import council_figures, figures_beside, yearly
from tests.real.places import real_folder

if TYPE_CHECKING:
    from collections.abc import Iterable

FOX_COVERT = {"EDP-foxcovertnd": "EDP-foxcovert"}
DRAWS = 2000

KEEP = """\
summary = "Keep the catchments of 2018"
district = "district"
until = 2027
draws = {draws}
seed = 2018
"""

JOINT = """\
extends = "keep.toml"
summary = "Sciennes, which is full, and Prestonfield, which has rooms, share a catchment"

[[catchments]]
of = ["EDP-sciennes", "EDP-prestonfield"]
schools = ["EDP-sciennes", "EDP-prestonfield"]
since = 2020
"""


def _rows(source: Path, file: str, schools: Iterable[str]) -> pd.DataFrame:
    table = pd.read_csv(source / file, dtype={"unit_id": str})
    table["unit_id"] = table["unit_id"].replace(FOX_COVERT)
    return table[table["unit_id"].isin(list(schools))]


def _pairs_of_year(flow: pd.DataFrame, places: pd.DataFrame) -> pd.DataFrame:
    """Return a row a child of P1: block and school, either of them "other" for outside."""
    retained = flow["p1_retained"]
    leave = retained.index.repeat((flow["p1_in_catchment_own_denomination"] - retained).clip(lower=0))
    come = retained.index.repeat((flow["p1_roll"] - retained).clip(lower=0))
    start, end = places.loc[leave].to_numpy(), places.loc[come].to_numpy()
    ways = np.hypot(*(start[:, None] - end[None]).transpose(2, 0, 1))
    ways[leave.to_numpy()[:, None] == come.to_numpy()[None]] = ways.sum()
    child, place = linear_sum_assignment(ways)
    stay = retained.index.repeat(retained)
    gone, arrived = (ids.delete(matched) for ids, matched in ((leave, child), (come, place)))
    return pd.DataFrame(
        {
            "block": [*stay, *leave[child], *gone, *["other"] * len(arrived)],
            "school": [*stay, *come[place], *["other"] * len(gone), *arrived],
        }
    )


def _attendance(flow: pd.DataFrame, points: gpd.GeoSeries) -> pd.DataFrame:
    """Return the table attendance from the sums by home and by school of each year."""
    places = points.get_coordinates()
    table = pd.concat(
        _pairs_of_year(of_year, places).assign(grade=1, year=year)
        for year, of_year in flow.set_index("unit_id").groupby("year")
    )
    counts = table.groupby(["block", "school", "grade", "year"], sort=False).size()
    return counts.rename("children").reset_index()


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
    births = pd.read_csv(source / "births_edinburgh_catchment.csv")
    births = births[births["denomination"] == "ND"].replace({"area_id": FOX_COVERT})
    flow = _rows(source, "edinburgh_p1_catchment_flow.csv", schools["school"])
    living = flow.rename(columns={"unit_id": "block", "p1_in_catchment_own_denomination": "children"})
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
        "enrolment": rolls.rename(columns={"unit_id": "school", "enrollment": "pupils"}).filter(
            ["school", "grade", "year", "pupils"]
        ),
        "births": births.rename(columns={"area_id": "area"}).filter(["area", "year", "births"]),
        "attendance": _attendance(flow, schools.set_index("school").geometry),
        "residents": living.assign(grade=1).filter(["block", "grade", "year", "children"]),
    }
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False)
    return folder


def write_case(source: Path, folder: Path, draws: int) -> Path:
    """Write the district and the two scenarios into a folder; return the file of the first, which keeps all as it is."""
    convert(source, folder / "district")
    (folder / "joint.toml").write_text(JOINT, encoding="utf-8")
    keep = folder / "keep.toml"
    keep.write_text(KEEP.format(draws=draws), encoding="utf-8")
    return keep


def main(arguments: list[str]) -> int:
    """Convert, run, write the run folder, and print the council's figures beside ours."""
    if not 1 <= len(arguments) <= 2:
        sys.stderr.write("usage: python -m tests.real.edinburgh OUT [DRAWS]\n")
        return 2
    source, out = real_folder("edinburgh"), Path(arguments[0])
    if not source.is_dir():
        sys.stderr.write(f"{source} is not there: set PLANNER_REAL_DATA to the folder that holds edinburgh\n")
        return 1
    run = planner.run(write_case(source, out, int(arguments[1]) if len(arguments) > 1 else DRAWS))
    planner.write_run(run, out / "keep", replace=True)
    table = yearly(figures_beside(run, council_figures(source, run.plan.schools)))
    sys.stdout.write(table.to_string(index=False, float_format="{:,.1f}".format) + "\n")
    sys.stdout.write(planner.exceed(run, grade=1, year=2019, cap=25).sentence + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
