"""The placement of all children when a site is given: stated once, solved for many sites."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import highspy
import numpy as np
import pulp

from planner.errors import PlanError
from planner.optimise.facts import tokens
from planner.optimise.lowering import Lowered, hand_over
from planner.words import Text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.optimise.sites.facts import NewSchool, SiteFacts

_PRIMAL = 4
"""HiGHS's number of its primal simplex."""


@dataclass(frozen=True, kw_only=True)
class SitingModel:
    """A stated placement, with its variables in the order of the columns."""

    problem: pulp.LpProblem
    x: list[pulp.LpVariable]
    """By unit and school, the new one last."""
    u: list[pulp.LpVariable]
    """By unit."""
    o: list[pulp.LpVariable]
    """By school, the new one last."""
    z: list[pulp.LpVariable]
    """By school, the new one last."""

    @property
    def variables(self) -> list[pulp.LpVariable]:
        """All of them, as columns."""
        return [*self.x, *self.u, *self.o, *self.z]


def state_siting(facts: SiteFacts, new: NewSchool, site: int, year: int) -> SitingModel:
    r"""
    State where the children of a year go when the new school stands at a site.

    Unit i, school s, among them the new one; children may be divided.

    .. math::

        \min \sum_{i,s} km_{i,s} x_{i,s} + M \sum_s (o_s + z_s) \\
        \sum_s x_{i,s} + u_i &= d_i && (1) \\
        \sum_i x_{i,s} - o_s &\le seats_s && (2) \\
        \sum_i x_{i,s} + z_s &\ge least_s && (3)

    x is 0 where there is no way, u (unplaced) where there is one to any school. M is `SiteFacts.price`.
    """
    schools = tokens([*facts.schools, "new"], "s")
    units = tokens(facts.units, "i")
    ways, seats, least = _of_year(facts, new, site, year)
    demand, reach = facts.demand[:, year], np.isfinite(ways)
    x = [
        [pulp.LpVariable(f"x_{i}_{s}", 0, None if reach[a, b] else 0) for b, s in enumerate(schools)]
        for a, i in enumerate(units)
    ]
    u = [pulp.LpVariable(f"u_{i}", 0, 0 if reach[a].any() else None) for a, i in enumerate(units)]
    o = [pulp.LpVariable(f"o_{s}", 0) for s in schools]
    z = [pulp.LpVariable(f"z_{s}", 0) for s in schools]
    problem = pulp.LpProblem("siting", pulp.LpMinimize)
    problem.setObjective(
        pulp.LpAffineExpression(
            [
                *((x[a][b], float(ways[a, b])) for a, b in np.argwhere(reach).tolist()),
                *((variable, facts.price) for variable in (*o, *z)),
            ]
        )
    )
    for a, i in enumerate(units):
        problem.addConstraint(pulp.lpSum([*x[a], u[a]]) == float(demand[a]), f"placed_{i}")
    for b, s in enumerate(schools):
        come = pulp.lpSum(row[b] for row in x)
        problem.addConstraint(come - o[b] <= float(seats[b]), f"seats_{s}")
        problem.addConstraint(come + z[b] >= float(least[b]), f"least_{s}")
    return SitingModel(problem=problem, x=[one for row in x for one in row], u=u, o=o, z=z)


def _of_year(
    facts: SiteFacts, new: NewSchool, site: int, year: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return ways [unit, school] [km], seats and least numbers [school] [children] of a year, the new school last."""
    open_ = facts.open[:, year]
    return (
        np.column_stack([facts.ways_in(year), facts.site_ways[:, site]]),
        np.append(np.where(open_, facts.seats[:, year], 0.0), new.seats),
        np.append(np.where(open_, facts.least[:, year], 0.0), new.least),
    )


def lowered_siting(facts: SiteFacts, new: NewSchool, site: int, year: int) -> Lowered:
    """Return `state_siting` as arrays, without stating it: a large district has millions of x."""
    ways, seats, least = _of_year(facts, new, site, year)
    reach = np.isfinite(ways)
    units, schools = ways.shape
    cells = np.arange(units * schools, dtype=np.int32).reshape(units, schools)
    u, o, z = (
        np.arange(start, start + number, dtype=np.int32)
        for start, number in (
            (cells.size, units),
            (cells.size + units, schools),
            (cells.size + units + schools, schools),
        )
    )
    placed = np.column_stack([cells, u])
    of_schools = np.stack([np.column_stack([cells.T, o]), np.column_stack([cells.T, z])], axis=1)
    signs = np.ones(of_schools.shape)
    signs[:, 0, -1] = -1.0
    none, any_ = np.full(schools, -np.inf), np.full(schools, np.inf)
    lengths = np.append(np.full(units, schools + 1), np.full(2 * schools, units + 1))
    return Lowered(
        lower=np.zeros(cells.size + units + 2 * schools),
        upper=np.concatenate(
            [
                np.where(reach, np.inf, 0.0).ravel(),
                np.where(reach.any(axis=1), 0.0, np.inf),
                np.full(2 * schools, np.inf),
            ]
        ),
        whole=np.zeros(cells.size + units + 2 * schools, dtype=bool),
        row_lower=np.append(facts.demand[:, year], np.column_stack([none, least]).ravel()),
        row_upper=np.append(facts.demand[:, year], np.column_stack([seats, any_]).ravel()),
        starts=np.append(0, np.cumsum(lengths)).astype(np.int32),
        columns=np.append(placed.ravel(), of_schools.ravel()),
        values=np.append(np.ones(placed.size), signs.ravel()),
    )


@dataclass(frozen=True, kw_only=True)
class Placement:
    """Where the children of a year go when the new school stands at one site."""

    from_units: NDArray[np.float64]
    """[unit, school], the new one last. [children]"""
    prices: NDArray[np.float64]
    """[school], without the new one: at which `site_bounds` is the cost itself. [km]"""


class SitingEngine:
    """
    HiGHS with the placement of one year: between two sites only the costs of the new school's column change.

    Every call starts from the basis of the placement for the first site, so that no answer depends on what was asked before.
    """

    def __init__(self, facts: SiteFacts, new: NewSchool, year: int) -> None:
        self.facts, self.away = facts, facts.away(year)
        lowered = lowered_siting(facts, new, 0, year)
        self.highs = hand_over(lowered)
        units, schools = facts.ways.shape
        self.shape = units, schools + 1
        cells = np.arange(units * (schools + 1), dtype=np.int32).reshape(self.shape)
        self.at_new = np.ascontiguousarray(cells[:, -1])
        self.alone = np.arange(cells.size, cells.size + units, dtype=np.int32)
        cost = np.zeros(len(lowered.lower))
        ways = facts.ways_in(year)
        cost[cells[:, :-1]] = np.where(np.isfinite(ways), ways, 0.0)
        cost[self.alone[-1] + 1 :] = facts.price
        self.highs.changeColsCost(len(cost), np.arange(len(cost), dtype=np.int32), cost)
        self._at(0)
        self._run(0)
        self.highs.setOptionValue("simplex_strategy", _PRIMAL)
        self.base = self.highs.getBasis()

    def place(self, site: int) -> Placement:
        """
        Place all children with the new school at a site.

        Raises
        ------
        PlanError
            When the solver does not come to the optimum: our own fault.
        """
        self._at(site)
        self.highs.setBasis(self.base)
        self._run(site)
        solution, number = self.highs.getSolution(), self.shape[0]
        values, duals = np.array(solution.col_value), np.array(solution.row_dual)
        of_seats = duals[number:].reshape(-1, 2).sum(axis=1)
        return Placement(
            from_units=np.maximum(values[: self.shape[0] * self.shape[1]], 0.0).reshape(self.shape),
            prices=-of_seats[:-1],
        )

    def _at(self, site: int) -> None:
        """Let the new school stand at a site."""
        ways = self.facts.site_ways[:, site]
        there = np.isfinite(ways)
        number, none = len(ways), np.zeros(len(ways))
        self.highs.changeColsCost(number, self.at_new, np.where(there, ways, 0.0))
        self.highs.changeColsBounds(number, self.at_new, none, np.where(there, highspy.kHighsInf, 0.0))
        left = np.where(self.away & ~there, highspy.kHighsInf, 0.0)
        self.highs.changeColsBounds(number, self.alone, none, left)

    def _run(self, site: int) -> None:
        self.highs.run()
        if self.highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            name = self.facts.sites[site]
            raise PlanError(Text("The placement with the new school at {site} was not solved.", site=name))
