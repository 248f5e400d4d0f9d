"""What a simulation knows before the first draw: the plan, the rules and the facts as arrays of positions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import shapely

from planner.capacity import class_counts, grades_open, learn_sizes, learn_unevenness, listed_splits
from planner.district.catchments import open_in
from planner.district.count import last_count
from planner.district.geography import block_points
from planner.errors import PlanError
from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from planner.capacity import Capacity, Unevenness
    from planner.district import District
    from planner.district.count import Count
    from planner.forecast import Forecast
    from planner.plan import Plan
    from planner.policy import ClassRules, Policy

_EXACT = 1 << 20
"""Shares are taken as multiples of 1 / 2**20, so that sums of whole children times shares are exact."""


@dataclass(frozen=True, kw_only=True)
class Span:
    """One stage on the grade axis."""

    stage: str
    first: int
    """Position of its starting grade."""
    last: int
    """Position of its last grade."""
    fed_by: int
    """Position of the stage whose last grade feeds it; -1 for none."""
    enters: NDArray[np.bool_]
    """[school]: whether the school teaches the starting grade."""
    private: NDArray[np.float64]
    """[block]: share of those who leave that goes to private schools. [1]"""


@dataclass(frozen=True, kw_only=True)
class Route:
    """The entrants of one catchment in one year: from which blocks, to which schools."""

    catchment: int
    """Position in the plan's catchments; -1 for blocks without one, which the nearest school takes."""
    blocks: NDArray[np.intp]
    schools: NDArray[np.intp]
    """Schools of the catchment."""
    shares: NDArray[np.float64]
    """[school of the catchment, 1]: sums to 1. [1]"""
    chosen: NDArray[np.intp]
    """Other schools that its children choose."""
    choice: NDArray[np.float64]
    """[chosen school, block]: share of the block's staying entrants who choose it or one before it. [1]"""
    phase: float
    """Where its choices begin to be counted; another for every catchment. [children]"""


@dataclass(frozen=True, kw_only=True)
class Diverted:
    """A diversion as positions."""

    stage: int
    from_school: int
    to_school: int
    since: int
    until: int
    share: float
    children: int
    grades: tuple[int, ...]
    """Positions on the grade axis of the later grades moved; empty: entrants."""


@dataclass(frozen=True, kw_only=True)
class Setting:
    """
    Everything of a simulation that is the same in every draw.

    Axes run in the order of the plan's blocks, schools, stages and years and of the forecast's grades.
    """

    plan: Plan
    grades: tuple[int, ...]
    spans: tuple[Span, ...]
    count: Count
    """The last count; classes that were not counted are formed by rule."""
    teaches: NDArray[np.bool_]
    """[school, grade]."""
    open: NDArray[np.bool_]
    """[school, year]: whether the school is open and has rooms."""
    receives: NDArray[np.bool_]
    """[school, grade, year]: whether it takes children into the grade who come from elsewhere; a new school may open grade by
    grade."""
    rooms: NDArray[np.int16]
    """[school, year]. [rooms]"""
    caps: NDArray[np.int32]
    """[grade, year]: largest class that complies. [children]"""
    worst: NDArray[np.int32]
    """[stage, year]: largest class anybody would open in the starting grade; its cap where the policy is strict.
    [children]"""
    rules: ClassRules
    strict: bool
    sizes: NDArray[np.float64] | None
    """[school, grade]: size at which the school forms one class more, learned; None where the caps alone decide.
    [children]"""
    unevenness: Unevenness | None
    """How unevenly classes are split, learned from class lists; None where none tell."""
    seed: int
    """Seed of all draws."""
    by_seats: bool
    """Whether no classes are formed: a room is a seat, a class a child who has one."""
    nearest: NDArray[np.intp]
    """[school, rank]: schools by distance, the school itself first."""
    joined: NDArray[np.bool_]
    """[stage, school, school]: whether two schools share a joint catchment in any year."""
    feeders: tuple[tuple[int, int, int, float], ...]
    """School, school that its leavers go on to, first year, share."""
    diversions: tuple[Diverted, ...]
    routes: dict[tuple[int, int], tuple[Route, ...]]
    """By stage and year (positions)."""
    homes: tuple[NDArray[np.intp], ...]
    """By stage [block]: group of blocks whose catchments agree in all years."""
    living: tuple[NDArray[np.float32], ...]
    """By stage [group, grade of the stage]: public children by home at the last count. [children]"""
    _onward: dict[tuple[int, int, int], tuple[NDArray[np.intp], NDArray[np.float64]]] = field(
        default_factory=dict
    )

    @property
    def unbounded(self) -> bool:
        """Whether a school seats any number of its own children above its seats."""
        return self.by_seats and not self.strict

    def feeding(self, school: int, year: int) -> list[tuple[int, float]]:
        """Return the schools that take over a school's leavers in a year, with shares: the latest rows that hold."""
        rows = [row for row in self.feeders if row[0] == school and row[2] <= self.plan.years[year]]
        latest = max((row[2] for row in rows), default=0)
        return [(to, share) for _, to, since, share in rows if since == latest]

    def onward(self, school: int, grade: int, year: int) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """
        Return where the children of a school go who cannot have a grade there, with shares [school, 1].

        To its feeder schools; what is left of their shares to the nearest open school that teaches the grade, one
        of a joint catchment before all others. Where no school teaches it they stay.
        """
        key = (school, grade, year)
        if key not in self._onward:
            able = self.teaches[:, grade] & self.open[:, year] & self.receives[:, grade, year]
            able[school] = False
            fed = [(to, share) for to, share in self.feeding(school, year) if able[to]]
            total = sum(share for _, share in fed)
            if total < 1 - 1e-6 or not fed:
                stage = next(at for at, span in enumerate(self.spans) if span.first <= grade <= span.last)
                joint = able & self.joined[stage, school]
                ranked = self.nearest[school]
                found = ranked[(joint if joint.any() else able)[ranked]]
                fed.append((int(found[0]) if len(found) else school, max(1 - total, 0.0)))
            schools, shares = zip(*fed, strict=True)
            self._onward[key] = np.array(schools, dtype=np.intp), np.array(shares, dtype=np.float64)[:, None]
        return self._onward[key]


def prepare(
    plan: Plan, *, district: District, policy: Policy, capacity: Capacity, forecast: Forecast
) -> Setting:
    """
    Bring plan, rules and facts onto common axes.

    Raises
    ------
    PlanError
        When plan and forecast do not speak of the same blocks, schools, stages and years.
    """
    for name in ("blocks", "schools", "stages", "years"):
        if tuple(getattr(plan, name)) != tuple(getattr(forecast, name)):
            raise PlanError(Text("plan and forecast differ in their {axis}", axis=name))
    schools, years, grades = plan.schools, plan.years, tuple(forecast.grades)
    table = district.schools.loc[list(schools)]
    held = capacity.of(schools)
    teaches = _teaches(table, grades)
    dated = np.column_stack([open_in(table, year) for year in years])
    rooms = held.rooms[:, [held.years.index(year) for year in years]]
    opened = dated & ((rooms > 0) | (np.array(held.rooms_from) == "nothing")[:, None])
    spans = _spans(plan, policy, grades, teaches, forecast)
    nearest = _nearest(table)
    caps = np.array([policy.caps(grades, year) for year in years], dtype=np.int32).T
    starts = [span.first for span in spans]
    worst = np.array(
        [[policy.worst(grades[first], year) for year in years] for first in starts], dtype=np.int32
    )
    homes = tuple(_homes(plan, stage) for stage in range(len(spans)))
    routes = {
        (stage, year): _routes(plan, stage, year, span, district, table, opened, forecast)
        for stage, span in enumerate(spans)
        for year in range(len(years))
    }
    return Setting(
        plan=plan,
        grades=grades,
        spans=spans,
        count=last_count(district, schools, grades),
        teaches=teaches,
        open=opened,
        receives=grades_open(district, held.projects, schools, grades, years),
        rooms=rooms,
        caps=caps,
        worst=caps[starts] if policy.strict else worst,
        rules=policy.classes,
        strict=policy.strict,
        sizes=_sizes(district, policy, schools, grades),
        unevenness=None if policy.by_seats else learn_unevenness(listed_splits(district["classes"])),
        seed=forecast.seed,
        by_seats=policy.by_seats,
        nearest=nearest,
        joined=_joined(plan),
        feeders=_feeders(district, schools),
        diversions=_diversions(plan, grades),
        routes=routes,
        homes=homes,
        living=tuple(
            _living(home, forecast.living[:, span.first : span.last + 1])
            for home, span in zip(homes, spans, strict=True)
        ),
    )


def _sizes(
    district: District, policy: Policy, schools: Sequence[str], grades: Sequence[int]
) -> NDArray[np.float64] | None:
    learned = learn_sizes(class_counts(district)) if policy.classes.learned else None
    return None if learned is None else learned.of(schools, grades)


def _teaches(schools: pd.DataFrame, grades: Sequence[int]) -> NDArray[np.bool_]:
    first, last = (schools[end].to_numpy(np.int64)[:, None] for end in ("first", "last"))
    return (first <= np.array(grades)) & (np.array(grades) <= last)


def _spans(
    plan: Plan, policy: Policy, grades: tuple[int, ...], teaches: NDArray[np.bool_], forecast: Forecast
) -> tuple[Span, ...]:
    ends = [(policy.stage(stage).first, policy.stage(stage).last) for stage in plan.stages]
    fed = {
        stage: next((at for at, end in enumerate(ends) if end[1] + 1 == ends[own][0]), -1)
        for own, stage in enumerate(plan.stages)
    }
    return tuple(
        Span(
            stage=stage,
            first=grades.index(first),
            last=grades.index(last),
            fed_by=fed[stage],
            enters=teaches[:, grades.index(first)],
            private=_exact(forecast.private[stage]),
        )
        for stage, (first, last) in zip(plan.stages, ends, strict=True)
    )


def _exact(shares: NDArray[np.floating]) -> NDArray[np.float64]:
    return np.rint(np.asarray(shares, dtype=np.float64) * _EXACT) / _EXACT


def _places(shapes: NDArray[np.object_]) -> NDArray[np.float64]:
    return np.column_stack([shapely.get_x(shapes), shapely.get_y(shapes)])


def _ranked(start: NDArray[np.float64], ends: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return [start, rank]: ends by distance; unknown places come last, in file order."""
    metres = np.hypot(*(start[:, None] - ends[None]).transpose(2, 0, 1))
    return np.argsort(np.nan_to_num(metres, nan=np.inf), axis=1, kind="stable")


def _nearest(schools: pd.DataFrame) -> NDArray[np.intp]:
    places = _places(schools.geometry.to_numpy())
    ranked = _ranked(places, places)
    own = np.arange(len(ranked))[:, None]
    return np.concatenate([own, ranked[ranked != own].reshape(len(ranked), -1)], axis=1)


def _joined(plan: Plan) -> NDArray[np.bool_]:
    joined = np.zeros((len(plan.stages), len(plan.schools), len(plan.schools)), dtype=bool)
    at = {school: position for position, school in enumerate(plan.schools)}
    for catchment in plan.catchments:
        members = [at[school] for school in catchment.schools]
        joined[plan.stages.index(catchment.stage)][np.ix_(members, members)] = True
    return joined


def _feeders(district: District, schools: Sequence[str]) -> tuple[tuple[int, int, int, float], ...]:
    table = district["feeders"]
    at = {school: position for position, school in enumerate(schools)}
    since = table["since"].astype("Int64").fillna(0)
    rows = zip(table["school"], table["to_school"], since, table["share"], strict=True)
    return tuple(
        (at[school], at[to], int(first), float(share))
        for school, to, first, share in rows
        if school in at and to in at
    )


def _diversions(plan: Plan, grades: tuple[int, ...]) -> tuple[Diverted, ...]:
    return tuple(
        Diverted(
            stage=plan.stages.index(diversion.stage),
            from_school=plan.schools.index(diversion.from_school),
            to_school=plan.schools.index(diversion.to_school),
            since=diversion.since,
            until=diversion.until,
            share=diversion.share,
            children=diversion.children,
            grades=tuple(grades.index(grade) for grade in diversion.grades),
        )
        for diversion in plan.diversions
    )


def _routes(
    plan: Plan,
    stage: int,
    year: int,
    span: Span,
    district: District,
    schools: pd.DataFrame,
    opened: NDArray[np.bool_],
    forecast: Forecast,
) -> tuple[Route, ...]:
    """Return the routes of a stage and year; blocks without a catchment go to the nearest school that enters."""
    of = plan.catchment_of[stage, :, year]
    able = span.enters & opened[:, year]
    choice = forecast.choice[span.stage]
    at = {school: position for position, school in enumerate(plan.schools)}
    groups: list[tuple[int, NDArray[np.intp], list[int]]] = [
        (
            int(catchment),
            np.flatnonzero(of == catchment),
            [at[school] for school in plan.catchments[catchment].schools],
        )
        for catchment in np.unique(of[of >= 0])
    ]
    alone = np.flatnonzero(of < 0)
    if len(alone) and span.enters.any():
        homes = _places(block_points(district.blocks.loc[list(plan.blocks)].iloc[alone]))
        ranked = _ranked(homes, _places(schools.geometry.to_numpy()))
        usable = able if able.any() else span.enters
        nearest = np.array([row[usable[row]][0] for row in ranked])
        groups += [(-1, alone[nearest == school], [int(school)]) for school in np.unique(nearest)]
    routes = []
    for catchment, blocks, members in groups:
        own = np.array(members, dtype=np.intp)
        others = able.copy()
        others[own] = False
        chosen = np.flatnonzero(others & (choice[blocks] > 0).any(axis=0))
        shares = plan.shares[catchment, own, year].astype(np.float64) if catchment >= 0 else np.ones(1)
        shares = shares / shares.sum() if shares.sum() > 0 else np.full(len(own), 1 / len(own))
        routes.append(
            Route(
                catchment=catchment,
                blocks=blocks,
                schools=own,
                shares=shares[:, None],
                chosen=chosen,
                choice=_up_to(choice[blocks][:, chosen]).T,
                phase=float((members[0] + 1) * np.sqrt(2) % 1),
            )
        )
    return tuple(routes)


def _up_to(choice: NDArray[np.floating]) -> NDArray[np.float64]:
    """Add up shares [block, school] from school to school, a hair below 1 at most, so that nobody is counted twice."""
    return np.minimum(np.cumsum(_exact(choice), axis=1), 1 - 1 / _EXACT)


def _homes(plan: Plan, stage: int) -> NDArray[np.intp]:
    return np.unique(plan.catchment_of[stage], axis=0, return_inverse=True)[1].reshape(-1)


def _living(home: NDArray[np.intp], children: NDArray[np.float32]) -> NDArray[np.float32]:
    sums = np.zeros((int(home.max(initial=-1)) + 1, children.shape[1]), dtype=np.float64)
    np.add.at(sums, home, children)
    return sums.astype(np.float32)
