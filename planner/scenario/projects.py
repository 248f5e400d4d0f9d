"""The table of projects with a scenario's edits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import Transformer
from shapely import Point

from planner.district.decisions import gate_text
from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from planner.district import District
    from planner.scenario.model import ProjectEdit

_SAME = (
    "school", "name", "kind", "grades", "seats_stated", "source", "opens", "earliest", "latest", "one_of", "cost_yuan",
    "room_yuan", "running_yuan", "building_years", "development", "with_housing", "replaces", "bus", "lasts",
)  # fmt: skip
"""Keys that the table has under the same name, as plain values."""


def _rooms_text(rooms: tuple[int, ...] | int) -> str:
    return ";".join(str(number) for number in (rooms if isinstance(rooms, tuple) else (rooms,)))


def _site_text(sites: tuple[str | tuple[float, float], ...]) -> str:
    return ";".join(site if isinstance(site, str) else f"{site[0]!r} {site[1]!r}" for site in sites)


def _late_text(late: Mapping[int, float]) -> str:
    return ";".join(f"{late.get(years, 0):g}" for years in range(1, max(late, default=0) + 1))


_WRITTEN: Mapping[str, tuple[str, Callable[[Any], str | None]]] = {
    "rooms": ("rooms", _rooms_text),
    "sizes": ("sizes", lambda sizes: " | ".join(map(_rooms_text, sizes))),
    "size_yuan": ("size_yuan", lambda costs: " | ".join(f"{cost:.0f}" for cost in costs)),
    "sites": ("sites", _site_text),
    "site_areas": ("site_areas", ";".join),
    "needs": ("depends_on", ";".join),
    "receives": ("receives", ";".join),
    "opening_grades": ("opening_grades", ";".join),
    "late": ("late", _late_text),
    "approval": ("approval", gate_text),
    "land": ("land", gate_text),
    "consent": ("consent", gate_text),
}
"""Keys that the table writes as text: its column, and how; one that is written empty blanks the column."""


def _project_row(
    edit: ProjectEdit, row: dict[str, Any] | None, district: District, *, scheduled: bool
) -> dict[str, Any]:
    """Return a project's row with the keys that the edit writes; certain and dated, unless a schedule decides it."""
    changed = dict(row) if row else {"project": edit.project, "geometry": None}
    for key in _SAME:
        if getattr(edit, key) not in ("", None):
            changed[key] = getattr(edit, key)
    for key, (column, write) in _WRITTEN.items():
        value = getattr(edit, key)
        if value is not None and key in edit.model_fields_set:
            changed[column] = write(value) or pd.NA
    if edit.at is not None:
        to_metric = Transformer.from_crs(4326, district.crs, always_xy=True)
        changed["geometry"] = Point(*to_metric.transform(*edit.at))
    if pd.notna(changed.get("opens", pd.NA)):
        changed["opens"] = int(changed["opens"]) + edit.slip
    if edit.certainty is not None:
        changed["certainty"] = edit.certainty
    elif not scheduled:
        changed["certainty"] = 1.0
    if edit.choice or edit.opens is not None:
        changed["choice"] = edit.choice or "fixed"
    changed.setdefault("choice", pd.NA)
    if row and row["status"] is not pd.NA and row["status"] == "stopped":
        changed["status"] = "planned"
    return changed


def edited_projects(
    district: District, edits: Sequence[ProjectEdit], years: range, *, scheduled: bool = False
) -> tuple[gpd.GeoDataFrame, list[Text]]:
    """
    Return the projects table with a scenario's edits, and what to note about them.

    Parameters
    ----------
    scheduled
        Whether there are terms for a schedule, so that projects need no date and keep their certainty.
    """
    table = district["projects"]
    rows: dict[str, dict[str, Any]] = {row["project"]: row for row in table.to_dict("records")}
    notes: list[Text] = []
    for edit in edits:
        if not edit.include:
            rows[edit.project] = rows[edit.project] | {"status": "stopped"}
            notes.append(Text("Project {project} is left out by the scenario.", project=edit.project))
            continue
        row = _project_row(edit, rows.get(edit.project), district, scheduled=scheduled)
        rows[edit.project] = row
        if not scheduled or _is_fixed(row):
            notes += _date_notes(edit.project, row, years)
    return rows_like(table, list(rows.values())), notes


def _is_fixed(row: Mapping[str, Any]) -> bool:
    return isinstance(row["choice"], str) and row["choice"] == "fixed"


def _date_notes(project: str, row: Mapping[str, Any], years: range) -> list[Text]:
    """Return what is to be noted about a project's date: after the horizon, or earlier than can be."""
    notes: list[Text] = []
    opens, earliest = row.get("opens", pd.NA), row.get("earliest", pd.NA)
    if pd.isna(opens):
        return notes
    if opens >= years.stop:
        notes.append(
            Text(
                "Project {project} opens in {opens}, after the last year planned ({last}).",
                project=project,
                opens=opens,
                last=years.stop - 1,
            )
        )
    if earliest is not None and pd.notna(earliest) and opens < earliest:
        notes.append(
            Text(
                "Project {project} cannot open in {opens}: the district states {earliest} as the earliest year, which holds.",
                project=project,
                opens=opens,
                earliest=int(earliest),
            )
        )
    return notes


def rows_like(table: pd.DataFrame, rows: list[dict[str, Any]]) -> gpd.GeoDataFrame:
    """Return a table of these rows in the columns, types and coordinates of another."""
    places = np.array([row.get("geometry") for row in rows], dtype=object)
    plain = {
        column: pd.array([row.get(column, pd.NA) for row in rows], dtype=dtype)
        for column, dtype in table.drop(columns="geometry").dtypes.items()
    }
    frame = gpd.GeoDataFrame(plain, geometry=places, crs=table.crs)
    return gpd.GeoDataFrame(frame, columns=list(table.columns), crs=table.crs)
