"""Given opening years filled with whole classes, and improved a few schools at a time."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from planner.optimise.openings.classes import improve, neighbourhood, roll_out, settle
from planner.optimise.openings.facts import NEVER
from planner.optimise.openings.master import permitted
from planner.optimise.openings.plan import OpeningPlan, Values, value_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from planner.optimise.openings.facts import Projects
    from planner.optimise.openings.market import Market

MARGIN = 12_000.0
"""Ways that cost so much more than the best one, seat counted, are left out when classes are chosen. [yuan]"""
FIRST, WIDER, WIDEST = 5, 3, 14
"""Points whose classes are chosen anew together: at first, more in each further pass, and at most."""
TURNS = 4
"""Neighbourhoods of a pass, at most, for each point."""


class Timer:
    """Seconds since it was made, and how many are left."""

    def __init__(self, seconds: float | None, now: Callable[[], float] = time.perf_counter) -> None:
        self.seconds = np.inf if seconds is None else seconds
        self.now = now
        self.started = now()

    def past(self) -> float:
        """Return the seconds past. [s]."""
        return self.now() - self.started

    def left(self) -> float:
        """Return the seconds left, not below 0. [s]."""
        return max(0.0, self.seconds - self.past())

    def limit(self) -> float | None:
        """Return the seconds left; None where no clock ends anything. [s]."""
        return self.left() if np.isfinite(self.seconds) else None

    def part(self, share: float) -> Timer:
        """Return a timer that ends when so much of the seconds is past."""
        timer = Timer(share * self.seconds, self.now)
        timer.started = self.started
        return timer


class Filling:
    """A plan in whole classes for given opening years, that is improved school by school."""

    def __init__(
        self,
        market: Market,
        opens: NDArray[np.int64],
        prices: NDArray[np.float64],
        clock: Timer,
    ) -> None:
        self.facts, self.opens, self.weights = market.facts, opens, np.array(market.weights)
        self.filled = settle(roll_out(market, opens, prices, margin=MARGIN, left=clock.limit))
        crowded = market.seats(prices).price[:-1].sum(axis=1)
        self.queue: list[int] = np.argsort(-crowded, kind="stable").tolist()
        self.size, self.turns = FIRST, 0

    def plan(self) -> OpeningPlan:
        """Return it as a plan."""
        return self.filled.plan()

    def values(self) -> Values:
        """Return its goals."""
        return value_of(self.facts, self.plan())

    @property
    def busy(self) -> bool:
        """Whether a neighbourhood of the pass is left."""
        return bool(self.queue) and self.turns < TURNS * self.facts.points

    def step(self, clock: Timer) -> float:
        """Choose the classes of one school and those around it anew; return what that gained. [yuan]."""
        members = neighbourhood(self.facts, self.queue.pop(0), self.size)
        self.turns += 1
        self.filled, gained = improve(self.filled, members, margin=MARGIN, left=clock.limit)
        if gained.any():
            self.queue += [k for k in members.tolist() if k not in self.queue]
        return float(gained @ self.weights)

    def tidy(self) -> None:
        """Give all children the best places for the classes that there are."""
        self.filled = settle(self.filled)

    def widen(self) -> bool:
        """Begin anew with larger neighbourhoods; return whether there are any."""
        if self.size >= min(WIDEST, self.facts.points):
            return False
        self.size += WIDER
        self.queue, self.turns = list(range(self.facts.points)), 0
        return True


def earlier(projects: Projects, opens: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Return opening years with one project more, or one a step earlier, that keep to what projects must."""
    found = []
    for p in range(projects.count):
        years = np.flatnonzero(projects.allowed[p])
        sooner = years if opens[p] == NEVER else years[years < opens[p]]
        found += _changed(projects, opens, p, sooner[-1:] if opens[p] != NEVER else sooner[:1])
    return found


def otherwise(projects: Projects, opens: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Return opening years with one project otherwise that keep to what projects must: first those that are `earlier`."""
    found = earlier(projects, opens)
    for p in range(projects.count):
        years = np.flatnonzero(projects.allowed[p])
        found += _changed(projects, opens, p, np.append(years[years != opens[p]], NEVER))
    return list({tuple(changed.tolist()): changed for changed in found}.values())


def _changed(
    projects: Projects, opens: NDArray[np.int64], project: int, years: NDArray[np.int64]
) -> list[NDArray[np.int64]]:
    """Return opening years with a project in each of the years, where that is permitted."""
    found = []
    for year in years.tolist():
        changed = opens.copy()
        changed[project] = year
        if permitted(projects, changed):
            found.append(changed)
    return found
