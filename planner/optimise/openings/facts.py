"""The given figures of the openings model, as arrays."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

NEVER = -1
"""Opening year of a project that does not open."""


@dataclass(frozen=True, kw_only=True)
class Projects:
    """
    Projects that may open, each in one year or never.

    A choice among sites, sizes or years of closing is a set of projects of which one opens: every row is one option.
    Years are positions.
    """

    allowed: NDArray[np.bool_]
    """[project, year]: whether it may open in the year."""
    cost: NDArray[np.float64]
    """[project, year]: what opening in the year costs, running cost and residual value counted, discounted. [yuan]"""
    spending: NDArray[np.float64]
    """[project, year of opening, year]: capital as it is paid. [yuan]"""
    effect_of: NDArray[np.int64]
    """[effect]: project whose opening it follows."""
    effect_campus: NDArray[np.int64]
    """[effect]: campus whose rooms change."""
    effect_rooms: NDArray[np.float64]
    """[effect, year of opening, year]: rooms gained, negative where lost, as new classes may use them: rooms that
    give theirs back to classes of the last count who borrow are not among them. [rooms]"""
    needs: tuple[tuple[int, int], ...] = ()
    """(project, other): it opens in the year of the other or later, and never without it."""
    at_most_one: tuple[tuple[int, ...], ...] = ()
    """Sets of projects of which at most one opens."""
    exactly_one: tuple[tuple[int, ...], ...] = ()
    """Sets of projects of which one opens: what a scenario fixes, and the futures of a campus that may close."""
    budget: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    """[year]: most that may be spent, infinite where none is set; empty for none at all. [yuan]"""
    budget_total: float = np.inf
    """Most that may be spent in all years together. [yuan]"""
    building: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 0, 0)))
    """[project, year of opening, year]: rooms under construction; empty where construction is not limited. [rooms]"""
    building_limit: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    """[year]: most rooms under construction; empty for no limit. [rooms]"""

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.allowed)


@dataclass(frozen=True, kw_only=True)
class OpeningFacts:
    """
    What the openings model is told.

    An *origin* is the entrants of one block and stage, or those given to a school whatever the catchments. A *point* is
    one stage of one campus, where entrants are admitted. Classes of all points of a campus share its rooms; `age` counts
    the years since the intake, from 0. Years are positions.
    """

    years: int
    demand: NDArray[np.float64]
    """[origin, year]: entrants. [children]"""
    stay: NDArray[np.int64]
    """[origin]: grades of its stage. [years]"""
    near: NDArray[np.int64]
    """[origin, rank]: points where they can be placed; -1 for none."""
    km: NDArray[np.float64]
    """[origin, rank]: way to them; infinite for none. [km]"""
    outside: NDArray[np.bool_]
    """[origin, rank, year]: whether a place there is outside the catchment or beyond the longest way that complies."""
    travel: NDArray[np.float64]
    """[origin, year]: what a child of the intake costs for each km of way, over its years in the stage. [yuan/km]"""
    campus: NDArray[np.int64]
    """[point]: its campus."""
    grades: NDArray[np.int64]
    """[point]: grades of its stage: ages of a year group there. [years]"""
    kept: bool
    """Whether a year group keeps the number of classes of its intake; otherwise classes are split, merged or formed anew
    as the grades ask."""
    seats: NDArray[np.float64]
    """[point, year, age]: entrants of the year for each class that the year group has at that age, so that the class is
    within its cap then: cap / growth since entry; infinite past the last grade. [children]"""
    worst: NDArray[np.float64]
    """[point, year]: most entrants that anybody would put into a class. [children]"""
    heads: NDArray[np.float64]
    """[point, year, age]: children of a year group for each of its entrants. [1]"""
    holds: NDArray[np.int64]
    """[point, year, age]: campus whose rooms its classes hold at that age; -1 past the last grade or year."""
    least: float
    """Fewest children of a class; 0 for no rule. [children]"""
    limits: NDArray[np.float64]
    """[point, year]: largest intake; infinite for none. [children]"""
    most: NDArray[np.float64]
    """[point, year]: most classes of an intake; infinite for none. [classes]"""
    class_yuan: NDArray[np.float64]
    """[point, year, age]: what a class costs in that year of its life, discounted. [yuan]"""
    rooms: NDArray[np.float64]
    """[campus, year]: without any project. [rooms]"""
    left: NDArray[np.float64]
    """[campus, year]: classes of the last count that are still in school. [classes]"""
    size_of: tuple[tuple[int, ...], ...] = ()
    """Campuses of each school whose size is limited."""
    size: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 0)))
    """[school of `size_of`, year]: largest number of children that complies, those of the last count taken off;
    infinite where none. [children]"""
    projects: Projects

    @property
    def origins(self) -> int:
        """How many origins."""
        return len(self.demand)

    @property
    def points(self) -> int:
        """How many points."""
        return len(self.campus)

    @property
    def campuses(self) -> int:
        """How many campuses."""
        return len(self.rooms)

    @cached_property
    def lasting(self) -> NDArray[np.int64]:
        """Years that a year group lasts, up to the last year planned. [point, year] [years]."""
        return np.minimum(self.grades[:, None], self.years - np.arange(self.years))

    @cached_property
    def staying(self) -> NDArray[np.int64]:
        """Years that an entrant is in the stage, up to the last year planned. [origin, year] [years]."""
        return np.minimum(self.stay[:, None], self.years - np.arange(self.years))

    @cached_property
    def site(self) -> NDArray[np.bool_]:
        """Whether a campus has no room and no class before a project opens. [campus]."""
        return np.logical_not((self.rooms + self.left).any(axis=1))

    @cached_property
    def free(self) -> NDArray[np.float64]:
        """Rooms that new classes may use without a project: none is free where the last count's borrow. [campus, year]."""
        return np.maximum(self.rooms - self.left, 0.0)

    def rooms_open(self, opens: NDArray[np.int64]) -> NDArray[np.float64]:
        """
        Return the rooms that new classes may use when projects open.

        Parameters
        ----------
        opens
            [project]: position of its opening year, `NEVER` for none.

        Returns
        -------
        Array [campus, year]. [rooms]
        """
        rooms, projects = self.free.copy(), self.projects
        for effect, (p, s) in enumerate(zip(projects.effect_of, projects.effect_campus, strict=True)):
            if opens[p] != NEVER:
                rooms[s] += projects.effect_rooms[effect, opens[p]]
        return np.maximum(rooms, 0.0)

    def usable(self, opens: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return whether a point can admit anybody: not at a site where nothing has opened. [point, year]."""
        usable = np.repeat(~self.site[:, None], self.years, axis=1)
        projects = self.projects
        for p, s in zip(projects.effect_of, projects.effect_campus, strict=True):
            if opens[p] != NEVER:
                usable[s, opens[p] :] = True
        return usable[self.campus]
