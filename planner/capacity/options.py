"""What may be built: every project at every site and in every size, in the years in which it may open."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from planner.capacity.staging import years_before

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from shapely import Point

    from planner.capacity.terms import Terms
    from planner.words import Text


@dataclass(frozen=True, kw_only=True)
class Option:
    """One way to carry out a project: at one site, in one size. Of the options of a project at most one opens."""

    option: str
    """Its id: the project's, followed by ``@site`` and ``/rooms`` where there are several."""
    project: str
    name: str
    name_en: str
    kind: str
    choice: Literal["fixed", "free"]
    """fixed: one of the project's options opens for certain; free: it may."""
    counted: bool
    """Whether it is settled: fixed in its one year, at its one site, in its one size. Its rooms (and its school) are
    then in the capacity of the district already; what it costs is not."""
    school: str
    """School whose rooms change, or that it brings."""
    brings: bool
    """Whether it brings the school: nothing is there before."""
    site: str
    """Block, or longitude and latitude, as written; empty where the project has one place only."""
    place: Point | None
    """Where it stands, in the district's coordinates; None for a project at a school whose place it does not change."""
    grades: tuple[int, int] | None
    """First and last grade of the school that it brings; None where it brings none."""
    opening_grades: tuple[tuple[int, int], ...]
    """Grades that are open in the first, second, ... year; the last lasts. A stage takes entrants from the year on that has
    its first grade, and the later grades fill as they move up; empty: all stages do from the first year on."""
    rooms: tuple[int, ...]
    """Rooms gained in the first, second, ... year, negative where lost; the last figure lasts. Those of a school that it
    closes are not among them: see `closes`. [rooms]"""
    years: tuple[int, ...]
    """School years in which it may open, rising; never empty. [autumn]"""
    refused: dict[int, Text]
    """Why it may not open in each of the other years of the horizon."""
    capital_yuan: float
    """What it costs to build. [yuan]"""
    running_yuan: float
    """What it costs a year beside its rooms: a bus for children who are moved, a rent. [yuan/year]"""
    room_running_yuan: float
    """What each of its rooms costs a year; saved where rooms are lost. [yuan/room/year]"""
    building_years: int
    """Years of construction before it opens. [years]"""
    life: int
    """Years over which it loses its value evenly. [years]"""
    closes: str
    """School that closes in the autumn in which it opens: itself for a closure, the old school of a relocation; else empty."""
    closes_rooms: int
    """Rooms of the school that closes, as the table of schools states them. [rooms]"""
    receives: tuple[str, ...]
    """Schools that take all pupils of the school that closes; a relocation's own school. Children go to the nearest of
    them that teaches their grade."""
    bus: bool
    """Whether children who are moved are taken there, or board: the longest way on foot does not bind them."""
    certainty: float
    """Probability that it opens as dated. [1]"""
    late: dict[int, float]
    """Chance that it opens so many years later than planned. [years: 1]"""
    source: str

    @property
    def campus(self) -> str:
        """The place of its rooms: the school, of a new one that may stand at several sites ``school@site``."""
        return f"{self.school}@{self.site}" if self.site else self.school

    def waits(self, grade: int) -> int:
        """Return the years after opening from which it takes entrants of the stage that begins with a grade. [years]."""
        return years_before(self.opening_grades, grade) or 0

    def gained(self, opens: int, years: Sequence[int]) -> NDArray[np.int64]:
        """Return the rooms gained in each year if it opens in the year; those of `closes` not taken off. [rooms]."""
        age = np.asarray(years) - opens
        steps = np.asarray(self.rooms)[np.clip(age, 0, len(self.rooms) - 1)]
        return np.where(age < 0, 0, steps)

    def under_construction(self, opens: int, years: Sequence[int]) -> NDArray[np.float64]:
        """Return the rooms under construction in each year if it opens in the year. [rooms]."""
        ahead = opens - np.asarray(years)
        return np.where((ahead >= 1) & (ahead <= self.building_years), float(max(0, *self.rooms)), 0.0)

    def paid(self, opens: int, years: Sequence[int]) -> NDArray[np.float64]:
        """
        Return the capital paid in each year if it opens in the year. [yuan].

        In equal parts over the years of construction, or in the year of opening where there are none. What falls in
        the year before the first is paid in the first, of a settled option it has been paid; so has what falls earlier.
        """
        due = np.arange(opens - self.building_years, opens) if self.building_years else np.array([opens])
        at = np.where((due == years[0] - 1) & (not self.counted), 0, due - years[0])
        paid = np.zeros(len(years))
        np.add.at(paid, at[(at >= 0) & (at < len(years))], self.capital_yuan / len(due))
        return paid

    def left(self, opens: int, last: int) -> float:
        """Return the value left after the last year if it opens in the year: what it has not yet lost. [yuan]."""
        return self.capital_yuan * max(0.0, 1.0 - (last + 1 - opens) / self.life)

    def cost(self, opens: int, years: Sequence[int], discount: float) -> float:
        r"""
        Return what it costs to open in a year, counted at the first of the years. [yuan].

        .. math:: \sum_t \frac{c_t + k_t}{(1+r)^{t-t_0}} - \frac{w}{(1+r)^{T+1-t_0}}

        with the capital c paid in year t, the running cost k of what it brings (saved for rooms that are lost) and
        the value w left after the last year T. Classes and ways cost separately.
        """
        since = np.asarray(years) >= opens
        gained = self.gained(opens, years) - self.closes_rooms * since
        running = self.room_running_yuan * gained + self.running_yuan * since
        factors = (1.0 + discount) ** -(np.asarray(years, dtype=np.float64) - years[0])
        after = (1.0 + discount) ** -float(len(years))
        return float(
            ((self.paid(opens, years) + running) * factors).sum() - self.left(opens, years[-1]) * after
        )


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """A project that cannot be decided on, and why."""

    project: str
    key: str
    """Column of the table of projects, or key of a scenario's edit, that says so."""
    reason: Text
    choice: Literal["fixed", "free", "forbidden"]
    """What was asked of it."""
    wrong: bool = True
    """Whether what is said of it contradicts itself or the facts; otherwise it is only not to be had."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """All options of a scenario, what binds them to each other, and the terms on which they are chosen."""

    years: tuple[int, ...]
    """The horizon. [autumn]"""
    terms: Terms
    options: tuple[Option, ...]
    """In the order of the table of projects; the settled ones among them."""
    needs: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """(option, others): it opens in the year of one of the others or later, and never without one."""
    at_most_one: tuple[tuple[str, ...], ...] = ()
    """Sets of options of which at most one opens: those of a free project, and those of a set that was named."""
    exactly_one: tuple[tuple[str, ...], ...] = ()
    """Sets of options of which one opens: those of a fixed project."""
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[Text, ...] = ()
    """What a reader of the schedule should know, such as a budget that looks like ten thousands of yuan."""
    closing: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """School that may close: the options that close it."""

    @cached_property
    def by_id(self) -> dict[str, Option]:
        """The options by their id."""
        return {option.option: option for option in self.options}

    @cached_property
    def by_project(self) -> dict[str, tuple[Option, ...]]:
        """The options of each project."""
        found: dict[str, list[Option]] = {}
        for option in self.options:
            found.setdefault(option.project, []).append(option)
        return {project: tuple(options) for project, options in found.items()}

    def of(self, project: str) -> tuple[Option, ...]:
        """Return the options of a project."""
        return self.by_project.get(project, ())

    def table(self) -> pd.DataFrame:
        """Return the options as a table, one row each: option, project, school, kind, choice, site, rooms, years, capital."""
        return pd.DataFrame(
            [
                (
                    option.option,
                    option.project,
                    option.school,
                    option.kind,
                    option.choice,
                    option.site,
                    ";".join(str(rooms) for rooms in option.rooms),
                    option.years[0],
                    option.years[-1],
                    option.capital_yuan,
                )
                for option in self.options
            ],
            columns=[
                "option", "project", "school", "kind", "choice", "site", "rooms", "earliest", "latest", "cost_yuan",
            ],
        )  # fmt: skip
