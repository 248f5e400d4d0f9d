"""
The check of a large made district, beside reading the same district.

1,000 blocks of 500 m x 500 m, 80 primary and 20 junior schools, and every table of the column dictionary: ten years of
enrolment, four of homes and attendance, four extracts of six cohorts, all ways from every block to every school.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from planner.district import District, assemble_district, check_district, read_district, write_district
from planner.policy import read_policy

WIDE, HIGH, SIDE = 40, 25, 500.0
EAST, NORTH, CRS = 500_000.0, 3_850_000.0, "EPSG:32650"
PRIMARY, JUNIOR = 80, 20
LAST = 2026
YEARS = range(LAST - 9, LAST + 1)


def _product(**axes: object) -> pd.DataFrame:
    return pd.MultiIndex.from_product(list(axes.values()), names=list(axes)).to_frame(index=False)


def _schools() -> gpd.GeoDataFrame:
    at = (np.arange(PRIMARY + JUNIOR) * 37) % (WIDE * HIGH)
    points = shapely.points(EAST + (at % WIDE + 0.5) * SIDE, NORTH + (at // WIDE + 0.5) * SIDE)
    names = [f"S{number:03d}" for number in range(PRIMARY + JUNIOR)]
    primary = np.arange(PRIMARY + JUNIOR) < PRIMARY
    return gpd.GeoDataFrame(
        {
            "school": names,
            "name": [f"第{number + 1}学校" for number in range(len(names))],
            "grades": np.where(primary, "1-6", "7-9"),
            "rooms": np.where(primary, 20, 30),
            "owner": "public",
            "area": "town",
        },
        geometry=points,
        crs=CRS,
    )


def _blocks() -> gpd.GeoDataFrame:
    number = np.arange(WIDE * HIGH)
    west, south = EAST + (number % WIDE) * SIDE, NORTH + (number // WIDE) * SIDE
    return gpd.GeoDataFrame(
        {"block": [f"B{one:04d}" for one in number], "area": "town"},
        geometry=shapely.box(west, south, west + SIDE, south + SIDE),
        crs=CRS,
    )


def large_district() -> District:
    """Return the made district, every table filled."""
    rng = np.random.default_rng(1)
    schools, blocks = _schools(), _blocks()
    names = schools["school"].to_numpy()
    way = shapely.distance(blocks.centroid.to_numpy()[:, None], schools.geometry.to_numpy()[None])
    of_primary = names[np.argmin(way[:, :PRIMARY], axis=1)]
    of_junior = names[PRIMARY + np.argmin(way[:, PRIMARY:], axis=1)]
    ids = blocks["block"].to_numpy()
    rolls = pd.concat(
        [
            _product(school=names[:PRIMARY], grade=range(1, 7), year=YEARS),
            _product(school=names[PRIMARY:], grade=range(7, 10), year=YEARS),
        ]
    )
    rolls = rolls.assign(pupils=rng.poisson(130, len(rolls)), classes=3, full="no")
    homes = _product(block=ids, grade=range(1, 10), year=YEARS[-4:])
    homes = homes.assign(children=rng.poisson(11, len(homes)))
    starts = homes[homes["grade"].isin([1, 7])]
    own = np.where(
        starts["grade"] == 1,
        dict_of(ids, of_primary, starts["block"]),
        dict_of(ids, of_junior, starts["block"]),
    )
    register = _product(
        block=ids, cohort=range(LAST - 5, LAST + 1), as_of=[f"{year}-09-01" for year in YEARS[-4:]]
    )
    register = register[register["cohort"] <= register["as_of"].str[:4].astype(int)]
    travel = _product(block=ids, school=names).assign(metres=np.maximum(way.ravel() * 1.3, 60).round())
    bands = rolls[rolls["year"] == LAST][["school", "grade", "year"]].assign(band="41-45", classes=3)
    lists = pd.concat(
        [bands.drop(columns=["band", "classes"]).assign(**{"class": str(n)}) for n in (1, 2, 3)]
    )
    point = shapely.points(EAST + 250, NORTH + 250)
    tables: dict[str, pd.DataFrame] = {
        "about": pd.DataFrame({"key": ["policy", "counted_on"], "value": ["cn-shandong", f"{LAST}-09-01"]}),
        "schools": schools,
        "blocks": blocks,
        "catchments": pd.concat(
            [
                pd.DataFrame({"block": ids, "stage": stage, "since": YEARS[0], "school": school})
                for stage, school in (("primary", of_primary), ("junior", of_junior))
            ]
        ),
        "enrolment": rolls,
        "classes": lists.assign(pupils=43),
        "class_bands": bands,
        "children": register.assign(kind="register", status="local", children=rng.poisson(11, len(register))),
        "residents": homes,
        "births": _product(area=["town"], year=range(2009, LAST)).assign(births=10_500),
        "attendance": starts.assign(school=own),
        "feeders": pd.DataFrame({"school": names[:PRIMARY:4], "to_school": names[PRIMARY], "share": 0.1}),
        "housing": pd.DataFrame(
            {
                "development": ids[:60],
                "phase": 1,
                "block": ids[:60],
                "dwellings": 200,
                "hand_over": "2028-06-30",
            }
        ),
        "projects": gpd.GeoDataFrame(
            {"project": ["p"], "school": [names[0]], "kind": "expansion", "rooms": "4", "opens": 2028},
            geometry=[schools.geometry.iloc[0]],
            crs=CRS,
        ),
        "events": pd.DataFrame({"school": names[:40], "year": 2020, "kind": "other"}),
        "forecasts": _product(made_in=[2023, 2024], school=names[:PRIMARY]).assign(
            year=2025, grade=1, pupils=130
        ),
        "rules": pd.DataFrame(
            {"rule": ["class_size"], "stage": "primary", "at_most": 45, "source": "made up"}
        ),
        "boundary": gpd.GeoDataFrame({"name": ["x"]}, geometry=[blocks.union_all()], crs=CRS),
        "barriers": gpd.GeoDataFrame(
            {"barrier": ["road"], "kind": "trunk_road"},
            geometry=[shapely.LineString([point, shapely.points(EAST + WIDE * SIDE, NORTH + HIGH * SIDE)])],
            crs=CRS,
        ),
        "travel": travel,
    }
    return assemble_district(tables)


def dict_of(keys: np.ndarray, values: np.ndarray, asked: pd.Series) -> np.ndarray:
    """Return the value of each key that is asked for."""
    return asked.map(dict(zip(keys, values, strict=True))).to_numpy()


def checking_parts() -> list[tuple[str, float, str]]:
    """Return the seconds of reading the large district, the baseline, and of checking it. [s]"""
    made = large_district()
    policy = read_policy("cn-shandong")
    with tempfile.TemporaryDirectory() as folder:
        path = write_district(made, Path(folder) / "large")
        started = time.perf_counter()
        district = read_district(path)
        read = time.perf_counter() - started
    started = time.perf_counter()
    findings = check_district(district, policy)
    checked = time.perf_counter() - started
    rows = sum(len(district[name]) for name in ("schools", "blocks", *district.tables))
    return [
        ("read 1,000 blocks x 100 schools", read, f"baseline; {rows:,} rows"),
        ("check them", checked, f"{checked / read:.2f} x reading; {len(findings)} findings; goal 1 s"),
    ]
