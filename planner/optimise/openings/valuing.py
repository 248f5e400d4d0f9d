"""Opening years valued by prices, and the lower bound that their cuts prove."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.optimise.openings.choosing import no_openings
from planner.optimise.openings.facts import NEVER
from planner.optimise.openings.market import Market, Weights
from planner.optimise.openings.master import Master, cut_at, openness, opens_of
from planner.optimise.openings.prices import raise_prices

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from planner.optimise.openings.facts import OpeningFacts, Projects
    from planner.optimise.openings.master import Cut

ROOT = ((3000.0, 1000.0, 300.0, 100.0), 60)
"""Temperatures and steps of the first prices. [yuan], [steps]"""
LOOSE = ((100.0,), 40)
"""Those of opening years in parts, and of a first look at whole ones."""
EFFORTS = (((100.0,), 80), ((100.0, 30.0), 150), ((30.0, 10.0), 300))
"""Those at which whole opening years are valued, again and again if they are proposed again."""
EVEN = 1e-4
"""A mixture of opening years worth so little more than the bound of all mixtures is the best. [1]"""
PROMISING = 3e-3
"""Opening years so much worse than the best get a first look only. [1]"""


def middle(projects: Projects) -> NDArray[np.float64]:
    """Return opening weights in parts to begin with: most projects mostly open, choices evenly. [project, year]."""
    core = np.zeros(projects.allowed.shape)
    for p in np.flatnonzero(projects.allowed.any(axis=1)):
        core[p, np.flatnonzero(projects.allowed[p])[:2][-1]] = 0.8
    for members in projects.at_most_one:
        some = list(members)
        core[some] /= max(core[some].sum(), 1.0)
    for members in projects.exactly_one:
        some = list(members)
        core[some] /= max(core[some].sum(), 1e-9)
    return core


class Search:
    """Opening years valued so far, and the cuts that they gave."""

    def __init__(
        self,
        facts: OpeningFacts,
        weights: Weights,
        *,
        held: NDArray[np.float64] | None = None,
        moving: NDArray[np.bool_] | None = None,
    ) -> None:
        self.facts = facts
        self.market = Market(facts, weights, held=held, moving=moving)
        self.master = Master(facts.projects)
        self.prices = self.market.none()
        self.values: dict[tuple[int, ...], float] = {}
        self.known: dict[tuple[int, ...], NDArray[np.float64]] = {}
        self.effort: dict[tuple[int, ...], int] = {}
        self.bound = -np.inf
        self.rounds = 0
        self.core = middle(facts.projects)

    def raised(
        self,
        prices: NDArray[np.float64],
        weights: NDArray[np.float64],
        temperatures: tuple[float, ...],
        steps: int,
    ) -> NDArray[np.float64]:
        """Return prices raised for opening weights, at one temperature after the other."""
        opened = openness(self.facts, weights)[self.market.site_campus]
        right = self.market.right(weights)
        for temperature in temperatures:
            prices, _ = raise_prices(self.market, prices, right, opened, temperature, steps)
        return prices

    def cut(self, prices: NDArray[np.float64], weights: NDArray[np.float64]) -> Cut:
        """Return the cut that prices give, sharp at opening weights."""
        return cut_at(self.market, prices, weights)

    def start(self) -> None:
        """Find prices from nothing."""
        self.prices = self.raised(self.prices, self.core, *ROOT)
        self.master.add(self.cut(self.prices, self.core))

    def _proposed(self, *, whole: bool) -> NDArray[np.float64]:
        found = self.master.solve(whole=whole)
        if found is None:
            raise no_openings()
        self.bound = max(self.bound, found[0])
        return found[1]

    def prove(self) -> None:
        """Take the bound of all cuts so far."""
        self._proposed(whole=True)

    def loosen(self) -> bool:
        """
        Value a mixture of opening years, in parts: half of what the cuts propose, half of the last one.

        Returns
        -------
        Whether it was worth noticeably more than what the cuts said of the best mixture.
        """
        self.core = (self.core + self._proposed(whole=False)) / 2
        self.prices = self.raised(self.prices, self.core, *LOOSE)
        cut = self.cut(self.prices, self.core)
        self.master.add(cut)
        self.rounds += 1
        value = cut.at(self.core)
        return value - self.bound > EVEN * abs(value)

    def propose(self) -> bool:
        """
        Value the opening years that the cuts propose, more closely if they were valued before.

        Returns
        -------
        Whether there was anything left to value.
        """
        return self.weigh_up(self._proposed(whole=True))

    def propose_near(self, within: int = 2) -> bool:
        """Value the most promising opening years like the best valued, or like the mixture when none is."""
        ranked = self.ranked()
        if ranked:
            opens = np.array(ranked[0], dtype=np.int64)
        else:
            opens = np.where(self.core.sum(axis=1) > 0.5, self.core.argmax(axis=1), NEVER)
        weights = self.master.near(opens, within)
        return weights is not None and self.weigh_up(weights)

    def weigh_up(self, weights: NDArray[np.float64]) -> bool:
        """Value opening years, whole weights [project, year]; return whether they could be valued more closely."""
        key = tuple(opens_of(weights).tolist())
        effort = self.effort.get(key, 0)
        if effort == len(EFFORTS):
            return False
        mixed = 0.95 * weights + 0.05 * self.core
        prices = self.known.get(key, self.prices)
        value = self.values.get(key, -np.inf)
        if effort == 0:
            prices = self.raised(prices, mixed, *LOOSE)
            cut = self.cut(prices, mixed)
            self.master.add(cut)
            value = max(value, cut.at(weights))
        best = min(self.values.values(), default=np.inf)
        if effort or not np.isfinite(best) or value < best + PROMISING * abs(best):
            prices = self.raised(prices, weights, *EFFORTS[effort])
            cut = self.cut(prices, mixed)
            self.master.add(cut)
            value = max(value, cut.at(weights))
            effort += 1
        self.effort[key] = effort
        self.values[key] = value
        self.known[key] = prices
        self.rounds += 1
        return True

    def ranked(self) -> list[tuple[int, ...]]:
        """Return the opening years valued, best first."""
        return sorted(self.values, key=lambda key: self.values[key])

    def narrow(self, gap: float, rounds: int, enough: Callable[[], bool]) -> None:
        """
        Value opening years until the bound is near the best of them.

        Parameters
        ----------
        gap
            How near. [1]
        rounds
            At most so many.
        enough
            Whether to stop before.
        """
        for _ in range(rounds):
            best = min(self.values.values(), default=np.inf)
            if enough() or (np.isfinite(best) and self.bound >= best - gap * abs(best)):
                return
            near = self.propose_near() and not enough() and self.propose_near()
            if not enough() and not self.propose() and not near:
                return
