"""The facts of the openings model, from those of the intake model and the options of a scenario."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.optimise.openings.choices import Choices, lay_out
from planner.optimise.openings.facts import OpeningFacts, Projects
from planner.optimise.openings.plan import FEW, OpeningPlan, above_cap
from planner.optimise.openings.points import (
    Campuses,
    Future,
    Origins,
    Points,
    campuses_of,
    left_classes,
    origins_of,
    points_of,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.capacity.options import Option, Options
    from planner.optimise.facts import IntakeFacts
    from planner.policy import Policy

PARTS = 4
"""Parts of a room that a year group may take where children of several grades share classes."""

WORST = 10.0
"""Children for each seat beyond which nobody is seated, where a school without classes takes all of its own."""


@dataclass(frozen=True, kw_only=True)
class Gathered:
    """Opening facts, with what their rows stand for."""

    facts: OpeningFacts
    told: IntakeFacts
    options: Options
    campuses: Campuses
    points: Points
    origins: Origins
    choices: Choices
    parts: int
    """How many of the facts' rooms are a room."""

    def classes(self, classes: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return classes [point, year] as [school, stage, year]. [classes]."""
        told = self.told
        found = np.zeros((len(told.schools), len(told.stages), len(told.years)))
        np.add.at(found, (self.points.school, self.points.stage), classes / self.parts)
        return found

    def rooms_used(self, classes: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the rooms that classes [point, year, age] to come use. [school, year] [rooms]."""
        used = np.zeros((len(self.told.schools), len(self.told.years)))
        point, year, age = np.nonzero(self.points.holds >= 0)
        school = self.campuses.school[self.points.holds[point, year, age]]
        np.add.at(used, (school, year + age), classes[point, year, age] / self.parts)
        return used

    def short(self, plan: OpeningPlan) -> NDArray[np.float64]:
        """
        Return the entrants of a plan above the cap or unplaced in each year that they are in school. [stage, year] [child-years].

        As `Values.unplaced` and `Values.above_cap` count them; those of the last count are not among them.
        """
        facts = self.facts
        found = np.zeros((len(self.told.stages), facts.years))
        ages = np.arange(facts.seats.shape[2])
        above = above_cap(facts, plan)
        point, year, age = np.nonzero(above > FEW)
        np.add.at(found, (self.points.stage[point], year + age), above[point, year, age])
        lost = np.maximum(facts.demand - plan.intake.sum(axis=1), 0.0)
        origin, year = np.nonzero(lost > FEW)
        for age in ages.tolist():
            here = age < facts.staying[origin, year]
            np.add.at(
                found, (self.origins.stage[origin[here]], year[here] + age), lost[origin[here], year[here]]
            )
        return found

    def placed(self, intake: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return places [origin, rank, year] as those of blocks and of schools, [stage, block or school, school, year]. [children]."""
        told = self.told
        shape = (len(told.schools), len(told.years))
        homes = np.zeros((len(told.stages), len(told.blocks), *shape))
        doors = np.zeros((len(told.stages), len(told.schools), *shape))
        origin, rank = np.nonzero(self.origins.near >= 0)
        stage, school = self.origins.stage[origin], self.points.school[self.origins.near[origin, rank]]
        for found, start in ((homes, self.origins.block), (doors, self.origins.school)):
            lives = start[origin] >= 0
            np.add.at(
                found,
                (stage[lives], start[origin[lives]], school[lives]),
                intake[origin[lives], rank[lives]],
            )
        return homes, doors


def gather_openings(told: IntakeFacts, options: Options, policy: Policy) -> Gathered:
    """
    Gather what the openings model is told.

    What it does not look at: children of the last count (their classes hold rooms, `OpeningFacts.left`), classes of
    fewer children than `ClassRules.least` (a grade's only class may be smaller), and children whom a smaller part of a
    year group joins later. Where children of several grades share classes, a year group takes parts of rooms. Where
    no classes are formed, a room is a seat.

    Parameters
    ----------
    told
        Of the district with every school that an option may bring, under the option's `Option.campus`; `rooms` are
        those without any option that is still open.
    options
        On the years of `told`.
    policy
        Its rules about walks.
    """
    at = {school: s for s, school in enumerate(told.schools)}
    closing = {
        at[school]: [
            Future(
                option=option,
                closes=told.years.index(year),
                receives=tuple(at[taker] for taker in options.by_id[option].receives if taker in at),
            )
            for option in by
            for year in options.by_id[option].years
            if not options.by_id[option].counted
        ]
        for school, by in options.closing.items()
        if school in at
    }
    campuses = campuses_of(told, closing, _staged(told, options))
    points = points_of(told, campuses)
    parts = PARTS if told.rules.composite else 1
    left = left_classes(told)
    choices = lay_out(options, told, campuses, left)
    brought = [option.campus for option in options.options if option.brings]
    sites = np.isin(np.array(told.schools, dtype=object), brought) & ~told.own.any(axis=(1, 3))
    origins = origins_of(told, points, sites, _walks(told, policy))
    school, stage = points.school, points.stage
    years, discount = len(told.years), 1.0 + options.terms.discount
    age = np.arange(points.seats.shape[2])
    lasts = age < np.minimum(points.grades[:, None], years - np.arange(years))[:, :, None]
    worth = discount ** -(np.arange(years)[:, None] + age).astype(np.float64)
    yuan = np.array([0.0 if policy.by_seats else options.terms.class_yuan_of(name) for name in told.stages])
    worst = np.where(np.isfinite(told.worst), told.worst, WORST)
    limits, planned = told.limits[school, stage], told.planned[school, stage]
    stay = points.grades if not len(points.grades) else _lengths(told)[origins.stage]
    shared = ~campuses.may_close
    size_of, size = _sizes(told, campuses)
    facts = OpeningFacts(
        years=years,
        demand=origins.entrants(told.demand, told.doors),
        stay=stay,
        near=origins.near,
        km=origins.km,
        outside=origins.outside,
        travel=options.terms.km_yuan * _years_worth(stay, years, discount),
        campus=points.campus,
        grades=points.grades,
        kept=told.kept,
        seats=points.seats / parts,
        worst=worst[stage] / parts,
        heads=points.heads,
        holds=points.holds,
        least=0.0,
        limits=np.where(limits < 0, np.inf, limits),
        most=np.where(points.begun, np.where(planned < 0, np.inf, planned * parts), 0.0),
        class_yuan=np.where(lasts, yuan[stage][:, None, None] * worth, 0.0) / parts,
        rooms=told.rooms[campuses.school] * shared[:, None] * parts,
        left=np.ceil(left.sum(axis=1)[campuses.school] * shared[:, None] * parts - 1e-6),
        size_of=size_of,
        size=size,
        projects=_projects(choices, options, years, parts),
    )
    return Gathered(
        facts=facts,
        told=told,
        options=options,
        campuses=campuses,
        points=points,
        origins=origins,
        choices=choices,
        parts=parts,
    )


def _staged(told: IntakeFacts, options: Options) -> dict[int, list[Future]]:
    """Return by position the new schools of which some stage may begin after they open, with every way to open."""
    at = {school: s for s, school in enumerate(told.schools)}
    brought: dict[str, list[Option]] = {}
    for option in options.options:
        if option.brings and not option.counted and option.campus in at:
            brought.setdefault(option.campus, []).append(option)
    staged: dict[int, list[Future]] = {}
    for school, by in brought.items():
        waits = {option.option: [option.waits(first) for first, _ in told.spans] for option in by}
        if any(map(any, waits.values())):
            staged[at[school]] = [
                Future(
                    option=option.option,
                    closes=len(told.years),
                    receives=(),
                    opens=opens,
                    begins=tuple(opens + wait for wait in waits[option.option]),
                )
                for option in by
                for opens in map(told.years.index, option.years)
            ]
    return staged


def _lengths(told: IntakeFacts) -> NDArray[np.int64]:
    """Return the grades of each stage. [stage] [years]."""
    return np.array(told.last, dtype=np.int64) - np.array(told.first, dtype=np.int64) + 1


def _years_worth(stay: NDArray[np.int64], years: int, discount: float) -> NDArray[np.float64]:
    """Return the years that an entrant is in the stage, up to the last planned, discounted. [origin, year] [years]."""
    worth = discount ** -np.arange(years, dtype=np.float64)
    added = np.concatenate([[0.0], np.cumsum(worth)])
    start = np.arange(years)
    return added[np.minimum(start + stay[:, None], years)] - added[start]


def _walks(told: IntakeFacts, policy: Policy) -> NDArray[np.float64]:
    """Return the longest walk that is a limit, and that complies at all; where none does, infinite and 0. [stage, year, 2] [m]."""
    walks = np.full((len(told.stages), len(told.years), 2), np.inf)
    for e, (grade, _) in enumerate(told.spans):
        for t, year in enumerate(told.years):
            limit = policy.governing("walk", grade, year, kind="limit", side="at_most")
            rule = policy.governing("walk", grade, year, side="at_most")
            if limit is not None and limit.at_most is not None:
                walks[e, t, 0] = limit.at_most
            walks[e, t, 1] = rule.at_most if rule is not None and rule.at_most is not None else 0.0
    return walks


def _sizes(told: IntakeFacts, campuses: Campuses) -> tuple[tuple[tuple[int, ...], ...], NDArray[np.float64]]:
    """Return `size_of` and `size` of the schools and groups whose size is limited."""
    counted = told.roll(np.zeros(told.planned.shape)).sum(axis=1)
    known = [((s,), told.size[s]) for s in range(len(told.schools))]
    known += [(members, limit) for members, limit in zip(told.groups.values(), told.group_size, strict=True)]
    limited = [
        (
            tuple(c for s in schools for c in campuses.of(s)),
            np.maximum(limit - counted[list(schools)].sum(axis=0), 0.0),
        )
        for schools, limit in known
        if np.isfinite(limit).any()
    ]
    size = np.array([most for _, most in limited]).reshape(len(limited), len(told.years))
    return tuple(of for of, _ in limited), size


def _projects(choices: Choices, options: Options, years: int, parts: int) -> Projects:
    """Return the rows as the model's projects."""
    rows = choices.rows
    effects = [(p, campus, gained) for p, row in enumerate(rows) for campus, gained in row.effects]
    budget = options.terms.yearly_budget(options.years)
    limit = options.terms.yearly_building(options.years)
    square = (years, years)
    limited = np.isfinite(limit).any()
    total = options.terms.total_yuan
    return Projects(
        allowed=np.array([row.allowed for row in rows], dtype=bool).reshape(-1, years),
        cost=np.array([row.cost for row in rows]).reshape(-1, years),
        spending=np.array([row.spending for row in rows]).reshape(-1, *square),
        effect_of=np.array([p for p, _, _ in effects], dtype=np.int64),
        effect_campus=np.array([campus for _, campus, _ in effects], dtype=np.int64),
        effect_rooms=np.array([gained for _, _, gained in effects], dtype=np.float64).reshape(-1, *square)
        * parts,
        needs=choices.needs,
        at_most_one=choices.at_most_one,
        exactly_one=choices.exactly_one,
        budget=budget if np.isfinite(budget).any() else np.zeros(0),
        budget_total=np.inf if total is None else total,
        building=np.array([row.building for row in rows]).reshape(-1, *square)
        if limited
        else np.zeros((0, 0, 0)),
        building_limit=limit if limited else np.zeros(0),
    )
