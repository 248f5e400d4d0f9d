"""
Two boroughs of Berlin, Mitte and Lichtenberg, as a district: 67 primary schools in 46 zones, planned from 2021 on.

What becomes what:

- Capacity there is counted in streams (Züge): parallel classes through the grades 1 to 6. A stream is six rooms; half
  streams occur, 4.5 being 27 rooms. The seats that the data state, 144 a stream, are kept beside them: six classes of
  24, which is therefore the standard class size.
- A zone (Einschulungsbereich) of 2019 is a block. Where it holds several schools they share it: a joint catchment. A
  zone without a school of its own belongs to the school nearest to its middle.
- Pupils of 2018 to 2020 are given by school; first-grade pupils of 2020 and leavers of grade 6 for most schools, and
  first-grade classes for Mitte. What is not given by grade is divided evenly over the grades.
- The largest class is an assumption of the policy written here: 26.

As a command, with the run folder and its maps::

    python -m tests.real.berlin OUT [DRAWS]

writes OUT/district, OUT/berlin.toml, OUT/keep.toml and the run folder OUT/keep.
"""

from __future__ import annotations

import sys
from pathlib import Path

import geopandas as gpd
import pandas as pd

import planner
from tests.real.places import real_folder

BOROUGHS = ("Mitte", "Lichtenberg")
GRADES = range(1, 7)
YEARS = (2018, 2019, 2020)
DRAWS = 1000

POLICY = """\
profile = "berlin"
name = "Berlin, primary schools"
name_zh = "柏林小学"

[[stages]]
stage = "primary"
grades = "1-6"
name = "primary"
name_zh = "小学"

[entry]
age = 6
cut_off = "09-30"
first_grade = 1

[[rules]]
rule = "class_size"
at_most = 26
source = "assumption of this test"

[[rules]]
rule = "standard_class_size"
at_most = 24
source = "144 seats a stream of six grades, as the data state them"
"""

KEEP = """\
summary = "Keep the zones of 2019"
district = "district"
until = 2028
draws = {draws}
seed = 2020
"""


def _by_grade(school: pd.Series, year: int) -> dict[int, int]:
    """Return the children of each grade: those given for grade 1, and the others evenly, lower grades first."""
    pupils, first = school[f"students_{year}"], school["first_grade_students_2020"]
    known = {1: int(first)} if year == YEARS[-1] and pd.notna(first) else {}
    rest = int(pupils) - sum(known.values())
    others = [grade for grade in GRADES if grade not in known]
    share, more = divmod(rest, len(others))
    return known | {grade: share + (place < more) for place, grade in enumerate(others)}


def _enrolment(schools: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for _, school in schools.iterrows():
        for year in YEARS:
            if pd.isna(school[f"students_{year}"]) or school[f"students_{year}"] == 0:
                continue
            counted = school["first_grade_classes_2020"] if year == YEARS[-1] else pd.NA
            rows += [
                (school["school"], grade, year, pupils, counted if grade == 1 else pd.NA)
                for grade, pupils in _by_grade(school, year).items()
            ]
    table = pd.DataFrame(rows, columns=["school", "grade", "year", "pupils", "classes"])
    return table.astype({"classes": "Int64"})


def convert(source: Path, folder: Path) -> Path:
    """Write the boroughs' data as a district folder and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    schools = gpd.read_file(source / "berlin_mitte_lichtenberg_schools.geojson").rename(
        columns={"school_id": "school"}
    )
    zones = gpd.read_file(source / "berlin_esb_2019.gpkg")
    zones = zones[zones["district"].isin(BOROUGHS)]
    schools = schools.assign(
        grades="1-6",
        rooms=(schools["streams_2020"] * len(GRADES)).astype("Int64"),
        seats_stated=schools["seats_2020"].astype("Int64"),
    )
    held = schools.groupby("esb_spatial")["school"].agg("+".join)
    middles = zones.set_geometry(zones.representative_point().to_crs(25833))
    nearest = middles.sjoin_nearest(schools[["school", "geometry"]].to_crs(25833)).drop_duplicates("esb")
    catchments = pd.DataFrame(
        {
            "block": zones["esb"],
            "stage": "primary",
            "since": YEARS[0],
            "school": zones["esb"].map(held).fillna(zones["esb"].map(nearest.set_index("esb")["school"])),
        }
    )
    about = {
        "name": "Berlin: Mitte, Lichtenberg",
        "name_en": "Berlin: Mitte, Lichtenberg",
        "policy": "../berlin.toml",
        "counted_on": "2020-11-01",
    }
    columns = ["school", "name", "grades", "rooms", "seats_stated", "geometry"]
    schools[columns].to_crs(4326).to_file(folder / "schools.geojson", driver="GeoJSON")
    blocks = zones.rename(columns={"esb": "block", "district": "area"})[["block", "area", "geometry"]]
    blocks.to_crs(4326).to_file(folder / "blocks.geojson", driver="GeoJSON")
    tables = {
        "about": pd.DataFrame({"key": list(about), "value": list(about.values())}),
        "catchments": catchments,
        "enrolment": _enrolment(schools),
    }
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False)
    return folder


def write_case(source: Path, folder: Path, draws: int) -> Path:
    """Write district, policy and scenario into a folder and return the scenario's file."""
    convert(source, folder / "district")
    (folder / "berlin.toml").write_text(POLICY, encoding="utf-8")
    keep = folder / "keep.toml"
    keep.write_text(KEEP.format(draws=draws), encoding="utf-8")
    return keep


def main(arguments: list[str]) -> int:
    """Convert, run, write the run folder, and print how the boroughs stand."""
    if not 1 <= len(arguments) <= 2:
        sys.stderr.write("usage: python -m tests.real.berlin OUT [DRAWS]\n")
        return 2
    source, out = real_folder("berlin"), Path(arguments[0])
    if not source.is_dir():
        sys.stderr.write(f"{source} is not there: set PLANNER_REAL_DATA to the folder that holds berlin\n")
        return 1
    run = planner.run(write_case(source, out, int(arguments[1]) if len(arguments) > 1 else DRAWS))
    planner.write_run(run, out / "keep", replace=True)
    sys.stdout.write(planner.exceed(run, grade=1, year=run.plan.years[0]).sentence + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
