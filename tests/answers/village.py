"""
Whole runs on the town of six blocks, changed so that every kind of lever can be pulled.

A (b1, b2) is full: 86 children a grade in two classes of 45 at most. B (b3, b4, b5) has 60 in two classes, and rooms
to spare. A's wing of 6 rooms is to open in 2029 and could open from 2027 on, for 12 million yuan. Nothing else is
planned.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from planner.pipeline import Run, run
from planner.scenario import Scenario
from tests.scenario.town import CRS, town, town_policy

if TYPE_CHECKING:
    from planner.district import District

POLICY = town_policy()
PUPILS = {"A": 86, "B": 60}


def village(rooms: int = 12) -> District:
    """Return the village, A with so many rooms."""
    facts = town()
    schools = facts.schools.copy()
    schools.loc[["A", "B"], "rooms"] = [rooms, 16]
    enrolment = facts["enrolment"].copy()
    for school, pupils in PUPILS.items():
        enrolment.loc[enrolment["school"] == school, "pupils"] = pupils
    wing = {
        "project": "wing-a",
        "school": "A",
        "kind": "expansion",
        "rooms": "6",
        "opens": 2029,
        "earliest": 2027,
        "certainty": 0.9,
        "cost_yuan": 12_000_000,
    }
    projects = gpd.GeoDataFrame([wing], geometry=[None], crs=CRS)
    feeders = pd.DataFrame({"school": ["T"], "to_school": ["B"], "share": [1.0]})
    return town(schools=as_given(schools), enrolment=enrolment, projects=projects, feeders=feeders)


def as_given(schools: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the schools as a file gives them."""
    given = schools[["name", "grades", "rooms", "owner", "geometry"]].reset_index()
    return gpd.GeoDataFrame(given.rename(columns={given.columns[0]: "school"}), geometry="geometry", crs=CRS)


def village_run(district: District | None = None, like: Run | None = None, **says: Any) -> Run:
    """Return a run of the village, with 60 draws to 2029 unless the scenario says otherwise."""
    scenario = Scenario.model_validate({"until": 2029, "draws": 60, "seed": 3} | says)
    return run(scenario, village() if district is None else district, policy=POLICY, like=like)


def as_toml(edits: Any) -> str:
    """Return entries of a scenario's tables as its file writes them."""
    lines: list[str] = []
    for table, entries in edits.items():
        for entry in entries:
            lines.append(f"[[{table}]]")
            lines += [f"{key} = {_value(value)}" for key, value in entry.items()]
    return "\n".join(lines) + "\n"


def _value(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_value(entry) for entry in value)}]"
    return f'"{value}"' if isinstance(value, str) else str(value)
