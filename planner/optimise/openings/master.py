r"""
Which project opens when: cuts in the opening years, and the small master programme that they bound.

Any prices give a cut that holds for all opening years at once. For every child take a level :math:`\alpha_{i,t}` not
above what its cheapest standing school costs; a site that costs less gives back the difference, as far as it is open:

.. math::

    total(open) \ge \sum_{i,t} d \alpha - \sum_r \mu_r right_r + \sum_{p,v} open_{p,v} \Bigl( cost_{p,v}
        - \sum_{s,t} \mu_{s,t} rooms_{p,s,v,t} - \sum_{t \ge v} \sum_{i, k \in p} d (\alpha_{i,t} - m_{i,k,t})^+ \Bigr)

(Benders 1962, with the children's links of the facility location problem, Erlenkotter 1978.) The programme over the
cuts, with precedence, exclusion, budgets and construction, is the lower bound of every plan.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import highspy
import numpy as np

from planner.optimise.openings.choosing import project_rows
from planner.optimise.openings.facts import NEVER
from planner.optimise.openings.market import GOAL

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.optimise.openings.facts import OpeningFacts, Projects
    from planner.optimise.openings.market import Market

UNIT = 1e6
"""Unit in which the programme is handed over. [yuan]"""
HUGE = 1e9
"""More than any plan costs, or saves. [`UNIT`]"""


class Cut(NamedTuple):
    """total >= constant + sum of slope x open."""

    constant: float
    """[yuan]"""
    slope: NDArray[np.float64]
    """[project, year]. [yuan]"""

    def at(self, weights: NDArray[np.float64]) -> float:
        """Return the bound at opening weights [project, year]. [yuan]."""
        return self.constant + float((self.slope * weights).sum())


def weights_of(opens: NDArray[np.int64], years: int) -> NDArray[np.float64]:
    """Return opening years as weights [project, year]: 1 in the year."""
    return (opens[:, None] == np.arange(years)).astype(np.float64)


def opens_of(weights: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the opening year of each project from whole weights, `NEVER` for none."""
    return np.where(weights.max(axis=1, initial=0.0) > 0.5, weights.argmax(axis=1), NEVER)


def opened_by(facts: OpeningFacts) -> NDArray[np.float64]:
    """Return which projects open which campuses. [campus, project]: 0 or 1."""
    opened = np.zeros((facts.campuses, facts.projects.count))
    opened[facts.projects.effect_campus, facts.projects.effect_of] = 1.0
    return opened


def openness(facts: OpeningFacts, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how far each campus has opened, at most 1 where it is a site. [campus, year]."""
    return np.minimum(opened_by(facts) @ np.cumsum(weights, axis=1), 1.0)


def levels_of(
    market: Market, cost: NDArray[np.float64], standing: NDArray[np.float64], opened: NDArray[np.float64]
) -> NDArray[np.float64]:
    """
    Return what the last of an origin's children pay, who find the cheaper sites full: the levels of a cut.

    Parameters
    ----------
    market
        The children.
    cost
        [arc, year]: way and seat. [yuan]
    standing
        [origin, year]: of the cheapest standing school. [yuan]
    opened
        [arc, year]: how far its site is open. [1]

    Returns
    -------
    Array [origin, year]. [yuan]
    """
    levels = standing.copy()
    if not len(market.site_origins):
        return levels
    rows, arcs = market.site_origins, market.site_arcs
    there = arcs >= 0
    known = np.where(there, arcs, 0)
    price = np.where(there[:, :, None], cost[known], np.inf)
    part = np.where(there[:, :, None], opened[known], 0.0)
    order = np.argsort(price, axis=1, kind="stable")
    price = np.take_along_axis(price, order, axis=1)
    reached = np.cumsum(np.take_along_axis(part, order, axis=1), axis=1)
    over = np.where(reached > 1 + 1e-9, price, np.inf).min(axis=1)
    levels[rows] = np.minimum(levels[rows], over)
    return levels


def cut_at(market: Market, prices: NDArray[np.float64], weights: NDArray[np.float64]) -> Cut:
    """
    Return the cut that prices give, its levels chosen for opening weights.

    Parameters
    ----------
    market
        The children, in all years.
    prices
        Not below 0, [row, then goal]. [yuan]
    weights
        Where the cut is to be sharp, [project, year].
    """
    facts, projects = market.facts, market.facts.projects
    ways = market.ways(prices)
    seat = market.seats(prices).price
    standing = np.minimum((ways.standing + seat[market.near]).min(axis=1), ways.outlet)
    cost = ways.site + seat[market.arc_point]
    levels = levels_of(market, cost, standing, openness(facts, weights)[market.site_campus])
    saved = facts.demand[market.arc_origin] * np.maximum(levels[market.arc_origin] - cost, 0.0)
    by_site = np.zeros((facts.campuses, facts.years))
    np.add.at(by_site, market.site_campus, saved)
    since = np.cumsum(by_site[:, ::-1], axis=1)[:, ::-1]
    rooms = prices[: facts.campuses * facts.years].reshape(facts.campuses, facts.years)
    slope = prices[market.rows + GOAL["yuan"]] * projects.cost - opened_by(facts).T @ since
    priced = np.einsum("et,evt->ev", rooms[projects.effect_campus], projects.effect_rooms)
    np.subtract.at(slope, projects.effect_of, priced)
    closed = market.right(np.zeros_like(weights))
    constant = (facts.demand * levels).sum() - prices @ closed + market.crowd(prices, 0.0)
    return Cut(float(constant), slope)


@dataclass
class Master:
    """The programme over the cuts."""

    projects: Projects
    highs: highspy.Highs = field(init=False)
    cells: NDArray[np.int64] = field(init=False)
    """[column]: (project, year) of each opening."""
    cuts: list[Cut] = field(default_factory=list)

    def __post_init__(self) -> None:
        projects = self.projects
        self.cells = np.argwhere(projects.allowed)
        self.highs = highspy.Highs()
        self.highs.setOptionValue("output_flag", False)
        self.highs.setOptionValue("threads", 1)
        self.highs.setOptionValue("mip_rel_gap", 1e-5)
        for _ in self.cells:
            self.highs.addVar(0.0, 1.0)
        self.highs.addVar(-HUGE, highspy.kHighsInf)
        self.highs.changeColCost(len(self.cells), 1.0)
        column = {(p, v): position for position, (p, v) in enumerate(self.cells.tolist())}
        for row in project_rows(projects, *_numbers(projects)):
            values = np.array(list(row.terms.values()))
            unit = max(float(np.abs(values).max(initial=1.0)), 1.0)
            columns = np.array([column[at] for at in row.terms], dtype=np.int64)
            self._row(columns, values / unit, row.low / unit, row.high / unit)

    def _row(self, columns: NDArray[np.int64], values: NDArray[np.float64], low: float, high: float) -> None:
        self.highs.addRow(low, high, len(columns), columns.astype(np.int32), values.astype(np.float64))

    def add(self, cut: Cut) -> None:
        """Add a cut; one of prices that ran away says nothing and is left out."""
        slope = cut.slope[tuple(self.cells.T)] / UNIT
        if not np.abs(np.append(slope, cut.constant / UNIT)).max() < HUGE:
            return
        self.cuts.append(cut)
        columns = np.arange(len(self.cells) + 1)
        self._row(columns, np.append(-slope, 1.0), cut.constant / UNIT, highspy.kHighsInf)

    def near(self, opens: NDArray[np.int64], within: int) -> NDArray[np.float64] | None:
        """
        Return whole weights that reach the lowest bound among opening years like the given ones.

        Parameters
        ----------
        opens
            [project].
        within
            How many projects may open that did not, or not open that did.

        Returns
        -------
        Weights [project, year]; None where there are none.
        """
        opened = opens[self.cells[:, 0]] != NEVER
        columns = np.arange(len(self.cells))
        row = self.highs.getNumRow()
        least = within - int((opens != NEVER).sum())
        self._row(columns, np.where(opened, -1.0, 1.0), -highspy.kHighsInf, least)
        try:
            found = self.solve(whole=True)
        finally:
            self.highs.deleteRows(1, np.array([row], dtype=np.int32))
        return None if found is None else found[1]

    def solve(self, *, whole: bool) -> tuple[float, NDArray[np.float64]] | None:
        """
        Return the lower bound over all opening years, and the weights that reach it; None where none are permitted.

        Parameters
        ----------
        whole
            Whether projects open whole, or may open in parts.

        Returns
        -------
        The bound [yuan], weights [project, year].
        """
        weights = np.zeros(self.projects.allowed.shape)
        if not len(self.cells):
            return max((cut.constant for cut in self.cuts), default=-HUGE * UNIT), weights
        kind = highspy.HighsVarType.kInteger if whole else highspy.HighsVarType.kContinuous
        for column in range(len(self.cells)):
            self.highs.changeColIntegrality(column, kind)
        self.highs.run()
        info = self.highs.getInfo()
        if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
            return None
        values = np.array(self.highs.getSolution().col_value)
        bound = info.mip_dual_bound if whole else info.objective_function_value
        weights[tuple(self.cells.T)] = np.clip(values[:-1], 0.0, 1.0)
        return bound * UNIT, np.rint(weights) if whole else weights


def permitted(projects: Projects, opens: NDArray[np.int64]) -> bool:
    """Return whether opening years are allowed and keep to precedence, choices, budgets and construction."""
    chosen = {(int(p), int(opens[p])) for p in np.flatnonzero(opens != NEVER)}
    if not all(projects.allowed[at] for at in chosen):
        return False
    for row in project_rows(projects, *_numbers(projects)):
        total = sum(factor for at, factor in row.terms.items() if at in chosen)
        close = 1e-6 * max(1.0, *map(abs, row.terms.values())) if row.terms else 1e-6
        if not row.low - close <= total <= row.high + close:
            return False
    return True


def _numbers(projects: Projects) -> tuple[list[str], list[str]]:
    """Return names of projects and years: their positions."""
    count, years = projects.allowed.shape
    return [str(p) for p in range(count)], [str(t) for t in range(years)]
