"""
How a school's grade stands in one year, over all draws: children, classes, and rooms for more classes.

Whatever is found here is counted draw by draw, so that numbers such as "the fewest children who have to go
elsewhere" are exact for the draws at hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.outcomes import Odds, odds_in

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

    from numpy.typing import NDArray

    from planner.plan import Plan
    from planner.policy import Policy
    from planner.simulation import Simulation

    Children = float | NDArray[np.floating] | NDArray[np.integer]
    """The same number in all draws, or one a draw."""


def below(share: float, level: float) -> bool:
    """Whether a probability is below the level; one of 0 is below any."""
    return share < level or share == 0


def _most_draws(level: float, draws: int) -> int:
    """Return in how many draws at most something may happen that is to stay below the level. [draws]."""
    shares = np.arange(draws + 1) / draws
    return max(int(np.searchsorted(shares, level)) - 1, 0)


@dataclass(frozen=True, kw_only=True)
class Standing:
    """One school and grade in one year."""

    school: str
    grade: int
    starts: bool
    """Whether the grade is the starting grade of its stage."""
    odds: Odds
    rooms: NDArray[np.int64]
    """[draw]: classes that find a room: in a starting grade the rooms free for intakes less the classes planned
    for other stages of the campus; in a later grade the classes formed, splits included. [classes]"""
    limit: int
    """Largest intake; -1 for none. [children]"""
    spare: NDArray[np.int64] | int = 0
    """[draw]: rooms left in which a later grade could be split if more children came. [rooms]"""

    @property
    def planned(self) -> int:
        """Classes planned: in a starting grade the same in all draws. [classes]"""
        return self.odds.classes_planned

    @property
    def most(self) -> int:
        """Most classes that find rooms in half of the draws or more, at least those planned. [classes]"""
        return max(int(np.sort(self.rooms)[len(self.rooms) // 2]), self.planned)

    def over(self, before: Standing | None = None) -> NDArray[np.bool_]:
        """
        Return whether a class exceeds the cap. [draw].

        In a starting grade in the classes planned; in a later grade in those formed, as the rule splits classes
        that have grown above the cap wherever a room is free.

        Parameters
        ----------
        before
            How the grade stood before more classes were planned: those beyond count where they find a room.
        """
        if not self.starts:
            return self.odds.demand > self.odds.cap * self.odds.possible
        if before is None:
            return self.odds.over_planned
        found = np.minimum(self.odds.planned, np.maximum(self.rooms, before.odds.planned))
        return self.odds.demand > self.odds.cap * found

    def p_over(self, before: Standing | None = None) -> float:
        """Return the probability that a class exceeds the cap; see `over`. [1]."""
        return float(self.over(before).mean())

    def seats(self, classes: int) -> NDArray[np.int64]:
        """Return the children within the cap in so many classes [draw]; those beyond the planned need a room."""
        held = np.maximum(self.odds.planned, np.minimum(classes, self.rooms))
        return self.odds.cap * held

    def p_with(self, classes: int, more: Children = 0) -> float:
        """
        Return the probability of exceeding the cap with so many classes. [1].

        Parameters
        ----------
        more
            Children besides those expected, in all draws or in each. [children]
        """
        return float((self.odds.demand + more > self.seats(classes)).mean())

    def scaled(self, children: float) -> NDArray[np.float64]:
        """Return children who are so many on average and vary as the school's own do. [draw] [children]."""
        mean = self.odds.demand.mean()
        return children * self.odds.demand / mean if mean > 0 else np.full(len(self.odds.demand), children)

    def classes_for(self, level: float, more: Children = 0) -> int | None:
        """Return the fewest classes, at least those planned, that bring the odds below the level; None if none do."""
        for classes in range(self.planned, self.most + 1):
            if below(self.p_with(classes, more), level):
                return classes
        return None

    def best_classes(self) -> int:
        """Return the fewest classes that bring the odds as far down as rooms can. [classes]."""
        odds = [self.p_with(classes) for classes in range(self.planned, self.most + 1)]
        return self.planned + int(np.argmin(odds))

    def fewer_needed(self, level: float, classes: int) -> int:
        """Return the fewest children who have to go elsewhere so that the odds fall below the level. [children]."""
        excess = np.sort(self.odds.demand - self.seats(classes))[::-1]
        return max(int(excess[_most_draws(level, len(excess))]), 0)

    def share_needed(self, level: float, classes: int) -> float:
        """Return the smallest share of its children who have to go elsewhere to the same end. [1]."""
        demand = np.maximum(self.odds.demand, 1)
        excess = np.sort(1 - self.seats(classes) / demand)[::-1]
        return max(float(excess[_most_draws(level, len(excess))]), 0.0)

    def can_take(self, level: float) -> int:
        """Return the most children who can come besides, in every room there is, with the odds below the level. [children]."""
        seats = self.seats(self.most) + self.odds.cap * self.spare
        if self.limit >= 0:
            seats = np.minimum(seats, self.limit)
        spare = np.sort(seats - self.odds.demand)
        return max(int(spare[_most_draws(level, len(spare))]), 0)


def standing_of(
    simulation: Simulation,
    plan: Plan,
    policy: Policy,
    school: str,
    grade: int,
    year: int,
    cap: int | None = None,
    *,
    rooms: int = 0,
) -> Standing:
    """
    Return how a school's grade stands.

    Parameters
    ----------
    cap
        Class size asked about; None: the policy's. [children]
    rooms
        Rooms of the school in that year, for later grades. [rooms]
    """
    odds = odds_in(simulation, plan, policy, school, grade, year, cap)
    stage = policy.stage_of(grade)
    s, t = simulation.schools.index(school), simulation.years.index(year)
    if stage.first != grade:
        used = simulation.classes[s, :, t].sum(axis=0, dtype=np.int64)
        return Standing(
            school=school,
            grade=grade,
            starts=False,
            odds=odds,
            rooms=odds.possible,
            limit=-1,
            spare=np.maximum(rooms - used, 0),
        )
    e = simulation.stages.index(stage.stage)
    free = simulation.free[s, :, t].sum(axis=0, dtype=np.int64)
    for other, name in enumerate(simulation.stages):
        if other != e and simulation.free[s, other, t].any():
            start = policy.stage(name).first
            free -= odds_in(simulation, plan, policy, school, start, year).classes_planned
    formed = simulation.classes[s, simulation.starts[e], t].astype(np.int64)
    return Standing(
        school=school,
        grade=grade,
        starts=True,
        odds=odds,
        rooms=odds.possible if policy.by_seats else np.maximum(free, formed),
        limit=int(plan.limits[s, e, t]),
    )


def asked_of(
    simulation: Simulation,
    plan: Plan,
    policy: Policy,
    grades: Iterable[int],
    year: int,
    cap: int | None = None,
    schools: Container[str] | None = None,
) -> Iterator[tuple[str, int, Odds]]:
    """
    Yield school, grade and odds wherever children or classes are expected, by grade, then in file order.

    Parameters
    ----------
    cap
        Class size asked about; None: the policy's. [children]
    schools
        Only these; all when None.
    """
    for grade in grades:
        for school in plan.schools:
            if schools is not None and school not in schools:
                continue
            odds = odds_in(simulation, plan, policy, school, grade, year, cap)
            if odds.asked:
                yield school, grade, odds
