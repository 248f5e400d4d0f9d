"""Building projects: which of them count, from which year, and the schools that they bring."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from planner.district import parse_rooms
from planner.district.decisions import parse_list, read_decision
from planner.errors import DataError
from planner.policy import parse_grades
from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from planner.district import District

Choice = Literal["fixed", "forbidden", "free"]
"""What a schedule may do with a project: open it for certain, never, or if and when it is best."""

_NO_REASON = Text("")


@dataclass(frozen=True, kw_only=True)
class Project:
    """A dated change of the rooms of one school, and whether it counts."""

    project: str
    school: str
    kind: str
    opens: int | None
    """First school year with the change: as planned, or the earliest possible where that is later; None when
    undated. [autumn]"""
    rooms: tuple[int, ...]
    """Rooms gained in the first, second, ... year; the last figure lasts. [rooms]"""
    seats_stated: int | None
    """Seats as the document states them. [children]"""
    depends_on: str | None
    """Projects that must be open before it or with it, separated by semicolons."""
    counted: bool
    reason: Text
    """Why it does not count, or what was changed; else empty."""

    def gained(self, years: Sequence[int]) -> NDArray[np.int64]:
        """Return the rooms it has brought by each of the years. [rooms]."""
        if self.opens is None:
            return np.zeros(len(years), np.int64)
        age = np.asarray(years) - self.opens
        steps = np.asarray(self.rooms)[np.clip(age, 0, len(self.rooms) - 1)]
        return np.where(age < 0, 0, steps)


def judge_projects(district: District, *, certainty: float = 0.8) -> tuple[Project, ...]:
    """
    Decide which projects of the district count.

    A project counts when it is at least so sure, is not stopped, has a year of opening, and the projects it
    depends on count and open no later. It opens in the year stated, or in the earliest possible year where
    that is later. Whether its school is in the table of schools is not asked here. Where a choice is stated, a
    project counts when it is fixed, how sure it may be, and its year, site and size are.

    Parameters
    ----------
    district
        Its table ``projects``.
    certainty
        Smallest certainty that counts; a blank one is 1. [1]

    Returns
    -------
    All projects, in file order.

    Raises
    ------
    DataError
        With every project whose rooms cannot be read.
    """
    projects: list[Project] = []
    faults: list[Text] = []
    for row in project_rows(district):
        try:
            rooms = parse_rooms(str(row["rooms"]))
        except ValueError:
            faults.append(
                Text(
                    "table projects, column rooms, project {project}: {rooms} are no rooms by year such as 12;24;36",
                    project=row["project"],
                    rooms=repr(row["rooms"]),
                )
            )
            continue
        projects.append(_judged(row, rooms, certainty, district.counted))
    if faults:
        raise DataError(*faults)
    return _with_bases(projects)


def default_choice(row: Mapping[str, Any], counted: int, certainty: float) -> Choice | None:
    """
    Return what a schedule may do with a project that states no choice; None for one that was open at the last count.

    Parameters
    ----------
    row
        Of the table of projects, None where blank: see `project_rows`.
    counted
        School year of the last count. [autumn]
    certainty
        Smallest certainty of a dated project that is as good as decided. [1]
    """
    if row["opens"] is not None and row["opens"] <= counted and row["status"] != "stopped":
        return None
    if row["status"] == "stopped":
        return "forbidden"
    sure = row["certainty"] is None or row["certainty"] >= certainty
    if row["opens"] is not None and sure and row["status"] != "idea":
        return "fixed"
    if row["sizes"] is not None or row["kind"] == "closure":
        return "free"
    try:
        brings_rooms = any(parse_rooms(str(row["rooms"])))
    except ValueError:
        brings_rooms = True
    return "free" if brings_rooms or row["seats_stated"] else "forbidden"


def count_projects(district: District, *, certainty: float = 0.8) -> pd.DataFrame:
    """Return the projects as `judge_projects` judges them, as a table: see `project_table`."""
    return project_table(judge_projects(district, certainty=certainty))


def project_table(projects: Iterable[Project]) -> pd.DataFrame:
    """
    Return projects as a table, one row each.

    Columns: project, school, kind, opens (year used; missing when undated), rooms (as 12;24;36), counted, reason (a
    `Text`, empty when there is nothing to say).
    """
    return pd.DataFrame(
        [
            (
                project.project,
                project.school,
                project.kind,
                pd.NA if project.opens is None else project.opens,
                ";".join(str(rooms) for rooms in project.rooms),
                project.counted,
                project.reason,
            )
            for project in projects
        ],
        columns=["project", "school", "kind", "opens", "rooms", "counted", "reason"],
    ).astype({"opens": "Int64", "counted": bool, "reason": object})


def schools_with_projects(district: District, *, certainty: float = 0.8) -> District:
    """
    Return the district with the schools that its counted projects bring.

    A school that only a project of kind ``new`` names, or one that replaces a school, comes after the others: at the
    project's point, with its name and grades (those of the school replaced where none are stated), open from the
    project's year on, and without rooms of its own (the project brings them).

    Raises
    ------
    DataError
        With every new school whose project states no grades or no place.
    """
    rows = project_rows(district)
    faults: list[Text] = []
    schools: dict[str, dict[str, Any]] = {}
    for project, row in zip(judge_projects(district, certainty=certainty), rows, strict=True):
        known = project.school in district.schools.index or project.school in schools
        if known or not project.counted or not (project.kind == "new" or row["replaces"]):
            continue
        if row["grades"] is None and row["replaces"] in district.schools.index:
            row["grades"] = str(district.schools["grades"][row["replaces"]])
        lacking = _lacking(row)
        faults.extend(lacking)
        if lacking:
            continue
        first, last = parse_grades(str(row["grades"]))
        schools[project.school] = {
            "name": row["name"] or project.school,
            "name_en": row["name_en"],
            "grades": row["grades"],
            "first": first,
            "last": last,
            "rooms": int(project.gained([district.counted])[0]) if _is_open(project, district) else None,
            "open_from": project.opens,
            "geometry": row["geometry"],
        }
    if faults:
        raise DataError(*faults)
    return district.with_tables(schools=_appended(district.schools, schools)) if schools else district


def _is_open(project: Project, district: District) -> bool:
    """Whether the project was open at the last count."""
    return project.opens is not None and project.opens <= district.counted


def project_rows(district: District) -> list[dict[str, Any]]:
    """Return the projects of the district as plain values, None where blank."""
    table = district["projects"]
    points = list(table.geometry) if isinstance(table, gpd.GeoDataFrame) else [None] * len(table)
    plain = pd.DataFrame(
        {column: table[column].astype(object) for column in table.columns if column != "geometry"}
    )
    records = plain.where(plain.notna(), None).to_dict("records")
    return [
        {str(column): value for column, value in record.items()} | {"geometry": point}
        for record, point in zip(records, points, strict=True)
    ]


def _lacking(row: dict[str, Any]) -> list[Text]:
    """Return what a project lacks to bring a school."""
    faults: list[Text] = []
    if row["geometry"] is None or row["geometry"].is_empty:
        faults.append(
            Text(
                "table projects, project {project}: the new school {school} needs a place; give its point",
                project=row["project"],
                school=row["school"],
            )
        )
    if row["grades"] is None:
        faults.append(
            Text(
                "table projects, project {project}: the new school {school} needs its grades, as 1-6",
                project=row["project"],
                school=row["school"],
            )
        )
    return faults


def _appended(schools: gpd.GeoDataFrame, added: dict[str, dict[str, Any]]) -> gpd.GeoDataFrame:
    """Return the table of schools with rows added, of the same columns and types."""
    place = schools.geometry.name
    ids = pd.Index(list(added), dtype=schools.index.dtype, name=schools.index.name)
    columns = {
        column: pd.concat(
            [
                schools[column],
                pd.Series([row.get(column, pd.NA) for row in added.values()], index=ids).astype(kind),
            ]
        )
        for column, kind in schools.dtypes.items()
        if column != place
    }
    points = [*schools.geometry, *(row["geometry"] for row in added.values())]
    frame = pd.DataFrame({**columns, place: points}, columns=schools.columns)
    return gpd.GeoDataFrame(frame, geometry=place, crs=schools.crs)


def _judged(row: dict[str, Any], rooms: tuple[int, ...], certainty: float, counted: int) -> Project:
    """Return a project with the judgement that needs no other project."""
    dated = None if row["opens"] is None else int(row["opens"])
    opens = dated if dated is None or row["earliest"] is None else max(dated, int(row["earliest"]))
    sure = 1.0 if row["certainty"] is None else float(row["certainty"])
    left_out, reason = True, _NO_REASON
    choice, decision = row["choice"], read_decision(row)[0]
    if row["lasts"] is not None:
        rooms = (*(rooms[min(age, len(rooms) - 1)] for age in range(int(row["lasts"]))), 0)
    if row["status"] == "stopped":
        reason = Text("stopped")
    elif choice == "forbidden":
        reason = Text("forbidden")
    elif choice == "free":
        reason = Text("free: the schedule decides whether and when it opens")
    elif opens is None:
        reason = Text("not dated")
    elif choice == "fixed" and (len(decision.sizes) > 1 or decision.sites or decision.site_areas):
        reason = Text("the schedule decides its site or size")
    elif choice is None and sure < certainty:
        reason = Text("certainty {sure:.0%}, below {certainty:.0%}", sure=sure, certainty=certainty)
    else:
        left_out = False
        if opens != dated:
            reason = Text("dated {dated}, possible from {opens} on", dated=dated, opens=opens)
        elif opens <= counted:
            reason = Text("open at the last count: its rooms of then are among today's")
    return Project(
        project=row["project"],
        school=row["school"],
        kind=row["kind"],
        opens=opens,
        rooms=rooms,
        seats_stated=None if row["seats_stated"] is None else int(row["seats_stated"]),
        depends_on=row["depends_on"],
        counted=not left_out,
        reason=reason,
    )


def _with_bases(projects: Sequence[Project]) -> tuple[Project, ...]:
    """Leave out, until nothing changes, projects whose base does not count or opens later."""
    by_id = {project.project: project for project in projects}
    while left_out := [
        replace(project, counted=False, reason=reason)
        for project in by_id.values()
        if project.counted and (reason := _base_fails(project, by_id)) is not None
    ]:
        by_id |= {project.project: project for project in left_out}
    return tuple(by_id[project.project] for project in projects)


def _base_fails(project: Project, by_id: dict[str, Project]) -> Text | None:
    """Return why a counted project cannot count for the sake of the one it depends on; None when it can."""
    for needed in parse_list(project.depends_on or ""):
        base = by_id.get(needed)
        if base is None:
            return Text("needs {base}, which is not in the table", base=needed)
        if not base.counted:
            return Text("needs {base}, which does not count", base=base.project)
        if (base.opens or 0) > (project.opens or 0):
            return Text("needs {base}, which opens later, in {year}", base=base.project, year=base.opens)
    return None
