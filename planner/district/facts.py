"""The facts about a district as a whole: the rows of the table `about`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from planner.district.findings import Finding
from planner.district.projection import in_metres, parse_crs
from planner.district.tables import texts
from planner.district.values import school_year, typed
from planner.words import Text

if TYPE_CHECKING:
    from pyproj import CRS

ABOUT_KEYS = ("name", "name_en", "policy", "counted_on", "crs", "detour", "stages", "source", "housing_since")
"""Facts that the table `about` may state: `crs` is the metric system to plan in, `stages` those planned for,
`housing_since` the autumn from which the table housing is complete."""


@dataclass(kw_only=True)
class Facts:
    """What the table `about` states."""

    values: dict[str, str] = field(default_factory=dict)
    counted: int | None = None
    detour: float | None = None
    crs: CRS | None = None


def read_facts(about: pd.DataFrame, file: str) -> tuple[Facts, list[Finding]]:
    """Return what a table `about` states, and what is wrong with it; `file` is named in the findings."""
    facts = Facts()
    findings: list[Finding] = []

    def wrong(key: str, text: Text, advice: Text) -> None:
        rows = tuple(int(row) for row in about.index[texts(about, "key") == key])
        findings.append(
            Finding(
                level="error",
                code="D025",
                table="about",
                column="value",
                ids=(key,),
                file=file,
                rows=rows,
                text=text,
                advice=advice,
            )
        )

    rows = about.dropna(subset="value")
    facts.values = {str(key): str(value) for key, value in zip(rows["key"], rows["value"], strict=True)}
    unknown = [key for key in facts.values if key not in ABOUT_KEYS]
    if unknown:
        findings.append(
            Finding(
                level="warning",
                code="D025",
                table="about",
                column="key",
                ids=tuple(unknown),
                file=file,
                text=Text("Facts that the planner does not know: {keys}.", keys=", ".join(unknown)),
                advice=Text("Facts are {keys}.", keys=", ".join(ABOUT_KEYS)),
            )
        )
    if "counted_on" in facts.values:
        day = typed(pd.Series([facts.values["counted_on"]]), "date")[0].iloc[0]
        if pd.isna(day):
            wrong(
                "counted_on",
                Text("counted_on is no date."),
                Text("Write the day of the last count as 2026-09-05."),
            )
        else:
            facts.counted = school_year(day)
    if "detour" in facts.values:
        detour = typed(pd.Series([facts.values["detour"]]), "number")[0].iloc[0]
        if pd.isna(detour) or not 1 <= detour <= 3:
            wrong(
                "detour",
                Text("detour is no number from 1 to 3."),
                Text("Write the length of a way on foot over the straight line, as 1.3."),
            )
        else:
            facts.detour = float(detour)
    if "housing_since" in facts.values:
        since = typed(pd.Series([facts.values["housing_since"]]), "school year")[0].iloc[0]
        if pd.isna(since):
            wrong(
                "housing_since",
                Text("housing_since is no school year."),
                Text("Write the autumn from which the table housing has every hand-over, as 2021."),
            )
        else:
            facts.values["housing_since"] = str(since)
    if "crs" in facts.values:
        facts.crs = parse_crs(facts.values["crs"])
        if facts.crs is None or not in_metres(facts.crs):
            facts.crs = None
            wrong(
                "crs",
                Text("crs names no plane coordinate reference system in metres."),
                Text("Name the one to plan in, as EPSG:4548, or take the row out and a local one is chosen."),
            )
    return facts, findings
