"""Where entrants come from and where they can be admitted: the origins, points and campuses of the openings model."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.optimise.openings.facts import NEVER
from planner.optimise.whole import history

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from planner.optimise.facts import IntakeFacts

NOBODY = 1e-9
"""Fewer entrants than this are none. [children]"""


@dataclass(frozen=True, kw_only=True)
class Future:
    """One way that a school may close, or that a new school may open grade by grade."""

    option: str
    """Option that closes or brings it."""
    closes: int
    """Position of the first year without it."""
    receives: tuple[int, ...]
    """Schools that take its pupils over."""
    opens: int = NEVER
    """Position of the year in which it opens, of a new school; `NEVER` for one that closes."""
    begins: tuple[int, ...] = ()
    """Of a new school, by stage: position of the first year with entrants."""


@dataclass(frozen=True, kw_only=True)
class Campuses:
    """
    Campuses in the order of the schools.

    A school that may close is there for each of its futures, the one in which it stays first; a new school that may open
    grade by grade for each year in which it may.
    """

    school: NDArray[np.int64]
    """[campus]: position of the school."""
    futures: tuple[Future | None, ...]
    """[campus]: how it closes or opens; None where it stays."""

    def of(self, school: int) -> list[int]:
        """Return the campuses of a school, the one that stays first."""
        return np.flatnonzero(self.school == school).tolist()

    def staying(self, schools: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the campus of each school that stays."""
        return np.searchsorted(self.school, schools, side="left")

    @property
    def may_close(self) -> NDArray[np.bool_]:
        """Whether the school of a campus may close. [campus]."""
        closing = {
            int(s)
            for s, future in zip(self.school, self.futures, strict=True)
            if future is not None and future.opens == NEVER
        }
        return np.isin(self.school, list(closing))


def campuses_of(
    told: IntakeFacts,
    closing: Mapping[int, Sequence[Future]],
    opening: Mapping[int, Sequence[Future]] | None = None,
) -> Campuses:
    """
    Return the campuses of the schools.

    Parameters
    ----------
    closing
        How schools may close, by position of the school.
    opening
        How new schools may open, likewise, where that decides when their stages begin.
    """
    known = [
        (s, future)
        for s in range(len(told.schools))
        for future in (opening or {}).get(s, (None, *closing.get(s, ())))
    ]
    return Campuses(
        school=np.array([s for s, _ in known], dtype=np.int64),
        futures=tuple(future for _, future in known),
    )


@dataclass(frozen=True, kw_only=True)
class Points:
    """Stages of campuses, where entrants are admitted, and what becomes of their year groups."""

    stage: NDArray[np.int64]
    """[point]."""
    campus: NDArray[np.int64]
    """[point]."""
    school: NDArray[np.int64]
    """[point]."""
    grades: NDArray[np.int64]
    """[point]: grades of the stage. [years]"""
    holds: NDArray[np.int64]
    """[point, year, age]: campus where the year group is at that age; -1 past the last grade or year."""
    heads: NDArray[np.float64]
    """[point, year, age]: children for each entrant. [1]"""
    seats: NDArray[np.float64]
    """[point, year, age]: cap / heads; infinite past the last grade or year. [children]"""
    begun: NDArray[np.bool_]
    """[point, year]: whether entrants of the stage are taken yet, where it opens as its campus says."""

    def at(self, stage: int, school: int) -> list[int]:
        """Return the points of a school's stage."""
        return np.flatnonzero((self.stage == stage) & (self.school == school)).tolist()


def points_of(told: IntakeFacts, campuses: Campuses) -> Points:
    """
    Return the points of the campuses, with the way of their year groups through the grades.

    A year group goes where most of it goes (`IntakeFacts.moves`), by half and more; what a smaller part does is not
    followed. It leaves a campus that closes for the nearest receiver that teaches its grade.
    """
    known = [
        (e, campus, int(school))
        for e, first in enumerate(told.first)
        for campus, school in enumerate(campuses.school)
        if told.teaches[school, first]
    ]
    stage, campus, school = (
        np.array(column, dtype=np.int64) for column in (zip(*known, strict=True) if known else ([], [], []))
    )
    lengths = np.array(
        [last - first + 1 for first, last in zip(told.first, told.last, strict=True)], dtype=np.int64
    )
    years, ages = len(told.years), int(lengths.max(initial=1))
    shape = (len(known), years, ages)
    holds, heads, seats = np.full(shape, -1), np.zeros(shape), np.full(shape, np.inf)
    onward = _onward(told)
    begun = np.ones((len(known), years), dtype=bool)
    for k, (e, c, s) in enumerate(known):
        future = campuses.futures[c]
        if future is not None and future.opens != NEVER:
            begun[k] = np.arange(years) >= future.begins[e]
            future = None
        closes = years if future is None else future.closes
        where = np.full(years, s)
        children = np.ones(years)
        for age in range(int(lengths[e])):
            entered = np.arange(years - age)
            then, grade = entered + age, told.first[e] + age
            if age:
                where = onward[grade][where[: years - age], then]
                if future is not None:
                    where = np.where(
                        (where == s) & (then >= closes), receiver_of(told, s, grade, future), where
                    )
                children = children[: years - age] * told.growth[where, grade, then]
            stays = (where == s) & (then < closes)
            holds[k, entered, age] = np.where(stays, c, campuses.staying(where))
            heads[k, entered, age] = children
            cap = told.cap[grade, then]
            seats[k, entered, age] = np.divide(
                cap, children, out=np.full(len(cap), np.inf), where=children > 0
            )
    return Points(
        stage=stage,
        campus=campus,
        school=school,
        grades=lengths[stage],
        holds=holds,
        heads=heads,
        seats=seats,
        begun=begun,
    )


def _onward(told: IntakeFacts) -> dict[int, NDArray[np.int64]]:
    """Return by grade the school where most of the children of the grade below go. [school, year]."""
    here = np.repeat(np.arange(len(told.schools))[:, None], len(told.years), axis=1)
    onward: dict[int, NDArray[np.int64]] = defaultdict(lambda: here)
    most: dict[int, NDArray[np.float64]] = defaultdict(lambda: np.full(here.shape, 0.5 - NOBODY))
    for move in told.moves:
        to, share = onward[move.grade].copy(), most[move.grade].copy()
        more = move.share > share[move.from_school]
        to[move.from_school, more] = move.to_school
        share[move.from_school, more] = move.share[more]
        onward[move.grade], most[move.grade] = to, share
    return onward


def receiver_of(told: IntakeFacts, school: int, grade: int, future: Future) -> int:
    """Return the nearest of a future's receivers that teaches a grade; the nearest of all where none does."""
    able = [z for z in future.receives if told.teaches[z, grade]] or list(future.receives)
    return min(able, key=lambda z: (told.between[school, z], z))


def left_classes(told: IntakeFacts) -> NDArray[np.float64]:
    """
    Return the rooms that the year groups of the last count need while they are in school, by grade.

    Where classes are kept: their classes as they were, merged down to what the caps ask for. Where they are formed
    anew: as many as the caps ask for; where children of several grades share classes, parts of them.

    Returns
    -------
    Array [school, grade, year]. [classes]
    """
    known = history(told)
    if told.kept:
        by_grade = known.least.astype(np.float64)
    else:
        pupils = told.roll(np.zeros(told.planned.shape))
        by_grade = pupils / told.cap if told.rules.composite else np.ceil(pupils / told.cap - 1e-6)
    return np.where(known.cells, by_grade, 0.0)


@dataclass(frozen=True, kw_only=True)
class Origins:
    """Who is to be placed, and where they can be."""

    stage: NDArray[np.int64]
    """[origin]."""
    block: NDArray[np.int64]
    """[origin]: block they live in; -1 for those given to a school."""
    school: NDArray[np.int64]
    """[origin]: school they are given to; -1 for those who live in a block."""
    near: NDArray[np.int64]
    """[origin, rank]: points, the nearest first; -1 for none."""
    km: NDArray[np.float64]
    """[origin, rank]: infinite for none. [km]"""
    outside: NDArray[np.bool_]
    """[origin, rank, year]."""

    def entrants(self, demand: NDArray[np.float64], doors: NDArray[np.float64]) -> NDArray[np.float64]:
        """
        Return the entrants of the origins.

        Parameters
        ----------
        demand
            [stage, block, ...]. [children]
        doors
            [stage, school, ...]. [children]

        Returns
        -------
        Array [origin, ...]. [children]
        """
        lives = (self.block >= 0).reshape(-1, *[1] * (demand.ndim - 2))
        return np.where(lives, demand[self.stage, self.block], doors[self.stage, self.school])


def origins_of(
    told: IntakeFacts, points: Points, sites: NDArray[np.bool_], walk: NDArray[np.float64]
) -> Origins:
    """
    Return the origins with any entrants, blocks first, and their ways.

    Outside is every place that is not at a school of the block's catchment; none where it has no catchment. Of a new
    school that has no catchment yet, a place is outside only where it is farther than the catchment's nearest school
    and than the longest walk. A place beyond a longest walk that is a limit is always outside. For those given to a
    school, every other school is outside.

    Parameters
    ----------
    sites
        [stage, school]: whether it is a new school without a catchment.
    walk
        [stage, year, 2]: longest walk that is a limit, infinite where none is; and that complies at all. [m]
    """
    living = np.argwhere(told.demand.sum(axis=2) > NOBODY)
    given = np.argwhere(told.doors.sum(axis=2) > NOBODY)
    ways: list[tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.bool_]]] = []
    at = {(e, s): points.at(e, s) for e in range(len(told.stages)) for s in np.unique(points.school).tolist()}

    def way(
        e: int, reach: NDArray[np.bool_], metres: NDArray[np.float64], outside: NDArray[np.bool_]
    ) -> None:
        schools = np.flatnonzero(reach)
        schools = schools[np.argsort(metres[schools], kind="stable")].tolist()
        there = [(point, s) for s in schools for point in at.get((e, s), ())]
        near = np.array([point for point, _ in there], dtype=np.int64)
        of = np.array([s for _, s in there], dtype=np.int64)
        ways.append((near, metres[of] / 1000, outside[of]))

    for e, b in living.tolist():
        own, metres = told.own[e, b], told.metres[b]
        home = np.where(own, metres[:, None], np.inf).min(axis=0)
        near_site = sites[e, :, None] & (metres[:, None] <= np.maximum(home, walk[e, :, 1]))
        outside = own.any(axis=0) & ~own & ~near_site
        way(e, told.reach[e, b].any(axis=1), metres, outside | (metres[:, None] > walk[e, :, 0]))
    for e, s in given.tolist():
        outside = np.ones((len(told.schools), len(told.years)), dtype=bool)
        outside[s] = False
        way(e, told.door_reach[e, s].any(axis=1), told.between[s], outside)
    width = max((len(near) for near, _, _ in ways), default=1)
    near = np.full((len(ways), width), -1)
    km = np.full((len(ways), width), np.inf)
    out = np.zeros((len(ways), width, len(told.years)), dtype=bool)
    for i, (points_near, ways_km, outside) in enumerate(ways):
        near[i, : len(points_near)] = points_near
        km[i, : len(points_near)] = ways_km
        out[i, : len(points_near)] = outside
    none = np.full(max(len(living), len(given)), -1)
    return Origins(
        stage=np.concatenate([living[:, 0], given[:, 0]]),
        block=np.concatenate([living[:, 1], none[: len(given)]]),
        school=np.concatenate([none[: len(living)], given[:, 1]]),
        near=near,
        km=km,
        outside=out,
    )
