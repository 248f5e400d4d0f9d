"""Rooms and seats of every school by year."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from planner.capacity.projects import Project, judge_projects, project_table
from planner.district.count import last_count
from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from planner.district import District
    from planner.policy import Policy

_ALL_GRADES = range(14)


@dataclass(frozen=True, kw_only=True)
class Capacity:
    """
    Rooms and seats of every school, dated.

    Axes run in the order of `schools`, `stages` and `years`. A school's rooms serve all stages of its campus;
    `rooms_stage` is their share by number of grades, for tables and for plans that need one.
    """

    schools: tuple[str, ...]
    stages: tuple[str, ...]
    years: tuple[int, ...]
    rooms: NDArray[np.int16]
    """[school, year]: ordinary rooms for the grades of the policy's stages. [rooms]"""
    rooms_outside: NDArray[np.int16]
    """[school, year]: rooms of grades outside all stages, by number of grades (those of 10-12 in a school of 7-12
    where the policy ends with grade 9). [rooms]"""
    rooms_stage: NDArray[np.int16]
    """[school, stage, year]: `rooms` apportioned by number of grades taught, whole by largest remainder, the
    lower stage first on a tie. [rooms]"""
    seats: NDArray[np.int32]
    """[school, stage, year]: rooms x the mean standard class size of the stage's grades, rounded down. [children]"""
    seats_stated: NDArray[np.float32]
    """[school, stage, year]: seats as documents state them, of the school and of the projects opened since the
    last count, apportioned by number of grades; NaN where not stated. [children]"""
    rooms_from: tuple[str, ...]
    """[school]: where the rooms of the last count come from: rooms, stated seats, classes counted, projects (a
    school yet to come, all of whose rooms its projects bring), or nothing."""
    projects: pd.DataFrame
    """Which projects count: project, school, kind, opens, rooms, counted, reason."""
    taught: NDArray[np.int16]
    """[school, stage]: grades of the stage that the school teaches. [grades]"""
    standards: NDArray[np.int32]
    """[school, stage, year]: standard class sizes summed over those grades. [children]"""

    def with_rooms(self, rooms: NDArray[np.integer[Any]]) -> Capacity:
        """
        Return a copy with other rooms, and the seats that follow from them.

        Parameters
        ----------
        rooms
            [school, year]; below 0 counts as none. [rooms]
        """
        rooms = np.maximum(rooms, 0).astype(np.int16)
        rooms_stage = apportion(rooms, self.taught)
        seats = rooms_stage * self.standards // np.maximum(self.taught, 1)[:, :, None]
        return replace(self, rooms=rooms, rooms_stage=rooms_stage, seats=seats.astype(np.int32))

    def of(self, schools: Sequence[str]) -> Capacity:
        """Return the capacity of these schools, in this order."""
        places = [self.schools.index(school) for school in schools]
        return replace(
            self,
            schools=tuple(schools),
            rooms_from=tuple(self.rooms_from[place] for place in places),
            rooms=self.rooms[places],
            rooms_outside=self.rooms_outside[places],
            rooms_stage=self.rooms_stage[places],
            seats=self.seats[places],
            seats_stated=self.seats_stated[places],
            taught=self.taught[places],
            standards=self.standards[places],
        )

    def table(self) -> pd.DataFrame:
        """
        Return rooms and seats as a tidy table: school, stage, year, rooms, seats, seats_stated, rooms_from.

        One row for each stage that a school teaches and each year; seats_stated is missing where not stated.
        """
        cells = pd.MultiIndex.from_product(
            [self.schools, self.stages, self.years], names=["school", "stage", "year"]
        )
        table = pd.DataFrame(
            {
                "rooms": self.rooms_stage.reshape(-1).astype(np.int64),
                "seats": self.seats.reshape(-1).astype(np.int64),
                "seats_stated": pd.array(self.seats_stated.reshape(-1), dtype="Float64").astype("Int64"),
                "rooms_from": np.repeat(self.rooms_from, len(self.stages) * len(self.years)),
            },
            index=cells,
        ).reset_index()
        return table.loc[np.repeat(self.taught.reshape(-1) > 0, len(self.years))].reset_index(drop=True)


def build_capacity(
    district: District, policy: Policy, years: Iterable[int], *, certainty: float = 0.8
) -> Capacity:
    """
    Date the rooms of every school of the district.

    Rooms of today are those of the table ``schools``; where it gives none, the stated seats over the standard
    class size, rounded down; where it gives neither, the classes of the last count (`rooms_from` says which). A
    school that is not open yet and that a counted project brings has none. Where the policy plans by seats
    (`Policy.by_seats`), a stated seat is a room of one child, and rooms and classes are not looked at: of a
    project, too, its stated seats count.
    To them come the rooms that counted projects bring after the last count, year by year since opening; a
    project already open then has its rooms of that time among today's, and adds only its later phases. Rooms
    are never below 0, and 0 in years when the school is not open. Rooms of special education, kindergarten and
    borrowed specialist rooms (`rooms_other`) are not in them.

    Schools that only projects name come into the district by `schools_with_projects` first; a counted project
    whose school the district does not have is left out and says so.

    Parameters
    ----------
    years
        School years to be dated, by their autumn.
    certainty
        Smallest certainty of a project that counts. [1]

    Raises
    ------
    DataError
        With every project whose rooms cannot be read.
    """
    schools = district.schools
    dated = tuple(int(year) for year in years)
    places = {school: place for place, school in enumerate(schools.index)}
    projects = [
        replace(
            project,
            counted=False,
            reason=Text("its school {school} is not in the table of schools", school=project.school),
        )
        if project.counted and project.school not in places
        else project
        for project in judge_projects(district, certainty=certainty)
    ]
    counted = [(places[project.school], project) for project in projects if project.counted]
    grades = _taught(district)
    stages = np.array([[grade in stage for grade in _ALL_GRADES] for stage in policy.stages])
    taught = (grades[:, None, :] & stages[None]).sum(axis=2).astype(np.int16)
    outside = (grades & ~stages.any(axis=0)).sum(axis=1).astype(np.int16)
    standards = _standards(policy, grades, stages, dated)
    open_then = _open(district, dated)
    yet_to_come = _yet_to_come(district, [place for place, _ in counted])
    now, rooms_from = _rooms_today(district, policy, grades, stages, yet_to_come)
    if policy.by_seats:
        counted = [
            (place, replace(project, rooms=(project.seats_stated or 0,))) for place, project in counted
        ]
    rooms = np.maximum(now[:, None] + _gains(counted, district.counted, len(places), dated), 0) * open_then
    shares = apportion(rooms, np.column_stack([taught, outside]))
    stated = _stated(counted, district, dated, now) * open_then
    base = Capacity(
        schools=tuple(schools.index),
        stages=tuple(stage.stage for stage in policy.stages),
        years=dated,
        rooms=shares[:, :-1].sum(axis=1, dtype=np.int16),
        rooms_outside=shares[:, -1],
        rooms_stage=shares[:, :-1],
        seats=np.zeros_like(standards),
        seats_stated=np.where(
            np.isnan(stated)[:, None, :],
            np.nan,
            apportion(np.nan_to_num(stated).astype(np.int64), np.column_stack([taught, outside]))[:, :-1],
        ).astype(np.float32),
        rooms_from=rooms_from,
        projects=project_table(projects),
        taught=taught,
        standards=standards,
    )
    return base.with_rooms(base.rooms)


def apportion(whole: NDArray[np.integer[Any]], weights: NDArray[np.integer[Any]]) -> NDArray[np.int16]:
    """
    Divide whole numbers in proportion to weights, by largest remainder, the earlier part first on a tie.

    Parameters
    ----------
    whole
        [school, year].
    weights
        [school, part]; a school whose weights are all 0 gives nothing to any part.

    Returns
    -------
    Array [school, part, year], summing to `whole` over the parts.
    """
    total = np.maximum(weights.sum(axis=1), 1)[:, None, None]
    shares = whole[:, None, :].astype(np.int64) * weights[:, :, None]
    parts, rest = shares // total, shares % total
    spare = rest.sum(axis=1, keepdims=True) // total
    rank = np.argsort(np.argsort(-rest, axis=1, kind="stable"), axis=1, kind="stable")
    return (parts + (rank < spare)).astype(np.int16)


def _taught(district: District) -> NDArray[np.bool_]:
    """Return [school, grade 0-13]: whether the school teaches the grade."""
    grades = np.array(_ALL_GRADES)[None, :]
    first, last = (district.schools[end].to_numpy(np.int64)[:, None] for end in ("first", "last"))
    return (grades >= first) & (grades <= last)


def _standards(
    policy: Policy, grades: NDArray[np.bool_], stages: NDArray[np.bool_], years: Sequence[int]
) -> NDArray[np.int32]:
    """Return [school, stage, year]: standard class sizes summed over the grades of the stage that are taught."""
    sizes = np.array(
        [
            [policy.standard(grade, year) if stages[:, grade].any() else 0 for year in years]
            for grade in _ALL_GRADES
        ]
    ).reshape(len(_ALL_GRADES), len(years))
    return ((grades[:, None, :] & stages[None]).astype(np.int32) @ sizes).astype(np.int32)


def _open(district: District, years: Sequence[int]) -> NDArray[np.bool_]:
    """Return [school, year]: whether the school is open."""
    when = np.asarray(years)[None, :]
    since = district.schools["open_from"].astype("Float64").fillna(-np.inf).to_numpy(np.float64)[:, None]
    until = district.schools["open_to"].astype("Float64").fillna(np.inf).to_numpy(np.float64)[:, None]
    return (when >= since) & (when <= until)


def _yet_to_come(district: District, with_projects: list[int]) -> NDArray[np.bool_]:
    """Return [school]: whether a counted project is to bring a school that was not open at the last count."""
    coming = np.zeros(len(district.schools), bool)
    coming[with_projects] = True
    return coming & ~_open(district, [district.counted])[:, 0]


def _rooms_today(
    district: District,
    policy: Policy,
    grades: NDArray[np.bool_],
    stages: NDArray[np.bool_],
    yet_to_come: NDArray[np.bool_],
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Return the rooms of each school at the last count, all its grades together, and where they come from."""
    schools = district.schools
    rooms = schools["rooms"].astype("Float64").to_numpy(np.float64, na_value=np.nan)
    classes = _classes_counted(district)
    if policy.by_seats:
        rooms, classes = np.full_like(rooms, np.nan), np.full_like(classes, np.nan)
    stated = schools["seats_stated"].astype("Float64").to_numpy(np.float64, na_value=np.nan)
    size = _standards(policy, grades, stages, [district.counted])[:, :, 0].sum(axis=1)
    planned = (grades & stages.any(axis=0)).sum(axis=1)
    of_seats = np.floor(stated * planned / np.where(size > 0, size, np.nan))
    found = [
        next(
            (int(figure), source)
            for figure, source in (
                (known, "rooms"),
                (0 if coming else np.nan, "projects"),
                (by_seats, "stated seats"),
                (counted, "classes counted"),
                (0, "nothing"),
            )
            if not np.isnan(figure)
        )
        for known, by_seats, counted, coming in zip(rooms, of_seats, classes, yet_to_come, strict=True)
    ]
    return np.array([figure for figure, _ in found], dtype=np.int64), tuple(source for _, source in found)


def _classes_counted(district: District) -> NDArray[np.float64]:
    """
    Return the classes of each school at the last count; NaN where they are not known. [classes].

    From ``enrolment`` where every grade with children has its classes, else from ``classes``, else from
    ``class_bands``.
    """
    count = last_count(district, tuple(district.schools.index), _ALL_GRADES)
    known = (count.classes >= 0).all(axis=1) & (count.classes > 0).any(axis=1)
    classes = np.where(known, count.classes.sum(axis=1), np.nan)
    singles, bands = district["classes"], district["class_bands"]
    for schools, years, counts in (
        (singles["school"], singles["year"], [1] * len(singles)),
        (bands["school"], bands["year"], bands["classes"]),
    ):
        totals: Counter[str] = Counter()
        for school, year, number in zip(schools, years, counts, strict=True):
            if year == district.counted:
                totals[school] += int(number)
        figures = np.array(
            [totals.get(school, np.nan) for school in district.schools.index], dtype=np.float64
        )
        classes = np.where(np.isnan(classes), figures, classes)
    return classes


def _gains(
    counted: Sequence[tuple[int, Project]], last_count: int, schools: int, years: Sequence[int]
) -> NDArray[np.int64]:
    """Return [school, year]: rooms that counted projects bring beyond those of the last count. [rooms]."""
    gains = np.zeros((schools, len(years)), np.int64)
    for place, project in counted:
        gained = project.gained([last_count, *years])
        gains[place] += gained[1:] - gained[0]
    return gains


def _stated(
    counted: Sequence[tuple[int, Project]],
    district: District,
    years: Sequence[int],
    rooms: NDArray[np.int64],
) -> NDArray[np.float64]:
    """
    Return [school, year]: stated seats, those of projects opened since the last count added; NaN if unknown.

    A school without stated seats and without rooms today has those of its projects only.
    """
    stated = district.schools["seats_stated"].astype("Float64").to_numpy(np.float64, na_value=np.nan)
    added = np.zeros((len(stated), len(years)))
    for place, project in counted:
        if project.seats_stated is None or project.opens is None or project.opens <= district.counted:
            continue
        if np.isnan(stated[place]) and rooms[place] == 0:
            stated[place] = 0
        added[place] += project.seats_stated * (np.asarray(years) >= project.opens)
    return np.maximum(stated[:, None] + added, 0)
