r"""
Prices of what is scarce: the Lagrangian bound of the openings model, for any opening years.

Rooms, size limits, largest intakes and largest numbers of classes each have a price :math:`\mu_r \ge 0` a unit, and every
goal a weight :math:`\lambda_g \ge 0`. A class of a cell pays for the rooms it holds while it lasts and its running cost,
:math:`\Pi_c`; an entrant takes a seat in it, within the cap or above:

.. math::

    \pi_c = \min \bigl( \Pi_c / seats_c, \; \Pi_c / worst_c
        + \lambda_{above} \, length_c (1 - seats_c / worst_c) \bigr)

Every child then goes where way and seats cost least, and the model falls apart into children. With the goals before
the one sought held at their values, :math:`goal_h \le held_h`,

.. math::

    G(\mu, \lambda, y) = \sum_{i,t} d_{i,t} \, fill_{i,t} - \sum_r \mu_r right_r(y)
        + \lambda_{yuan} \sum_{p,v} cost_{p,v} open_{p,v} - \sum_h \lambda_h held_h

is a lower bound of the goal sought for every plan with the opening years y, and, with the children's links
:math:`x_{i,k,t} \le d_{i,t} \sum_{v \le t} open_{p,v}` at sites, as strong a one as the linear programme.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from planner.optimise.openings.ascent import lowered

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.optimise.openings.market import Market

SCALE = 1e4
"""Unit of the value that is raised. [yuan]"""
DEAREST = 10.0
"""How much larger than at first a weight of a goal may become that is sought with the prices. [1]"""
SCARCE = 0.05
"""Lacking less is nothing. [rooms, children]"""


@dataclass(frozen=True, kw_only=True)
class Quote:
    """What prices say of given opening weights."""

    value: float
    """[yuan]"""
    slack: NDArray[np.float64]
    """[row, then goal]: what is used less what there is: the slope of the value in the prices."""
    intake: NDArray[np.float64]
    """[point, year]: where the children go at these prices. [children]"""


@dataclass(frozen=True, kw_only=True)
class Ladder:
    """Sites of the children who have any, by how far they are open, those furthest first."""

    arcs: NDArray[np.int64]
    """[row of the market's site origins, rung, year]: arcs, -1 for none."""
    parts: NDArray[np.float64]
    """[row, rung + 1, year]: part of the children who may choose the sites up to a rung; first of none. [1]"""

    @cached_property
    def there(self) -> tuple[NDArray[np.int64], ...]:
        """Row, rung and year of every site that is there."""
        return np.nonzero(self.arcs >= 0)


def ladder(market: Market, opened: NDArray[np.float64]) -> Ladder:
    """
    Return who may choose which sites when these are open in parts, [arc, year].

    The parts are nested: who may choose a site may also choose those that are open further.
    """
    arcs = market.site_arcs
    years = opened.shape[1]
    there = arcs >= 0
    part = np.where(there[:, :, None], opened[np.where(there, arcs, 0)], 0.0)
    order = np.argsort(-part, axis=1, kind="stable")
    part = np.take_along_axis(part, order, axis=1)
    sorted_arcs = np.take_along_axis(np.repeat(arcs[:, :, None], years, axis=2), order, axis=1)
    ends = np.zeros((len(arcs), 1, years))
    steps = np.concatenate([ends + 1.0, part], axis=1) - np.concatenate([part, ends], axis=1)
    rungs = max(int((part > 0).any(axis=(0, 2)).sum()), 0) if part.size else 0
    parts = steps[:, : rungs + 1]
    return Ladder(arcs=np.where(part > 0, sorted_arcs, -1)[:, :rungs], parts=parts)


def quote(
    market: Market,
    prices: NDArray[np.float64],
    right: NDArray[np.float64],
    sites: Ladder,
    temperature: float,
) -> Quote:
    r"""
    Return the smoothed bound and its slope.

    Children choose among the schools they may choose by a soft minimum,
    :math:`-T \log \sum_k \exp(-(way + \pi)_k / T)`, which lies below the true one; so do they choose between seats
    within and above the cap.

    Parameters
    ----------
    market
        The children.
    prices
        [row, then goal]: of rows, and weights of goals. [yuan]
    right
        [row, then goal]: what there is of each, see `Market.right`.
    sites
        Who may choose which sites.
    temperature
        [yuan]
    """
    seats = market.seats(prices, temperature)
    seat = seats.price
    years = seat.shape[1]
    base = market.ways(prices)
    cost = seat[market.near]
    cost += base.standing
    outlet = base.outlet
    least = np.minimum(cost.min(axis=1), outlet)
    np.subtract(least[:, None, :], cost, out=cost)
    cost /= temperature
    np.exp(cost, out=cost)
    at_outlet = np.exp((least - outlet) / temperature)
    total = cost.sum(axis=1) + at_outlet
    soft = least - temperature * np.log(total)
    demand = market.demand
    staying = demand.copy()
    chosen = np.zeros((len(market.arc_origin), years))
    value = float((demand * soft).sum()) - float(prices @ right)
    rungs = sites.arcs.shape[1]
    if rungs:
        rows = market.site_origins
        children = demand[rows]
        row, level, column = sites.there
        arc = sites.arcs[sites.there]
        price = np.full((rungs, len(rows), years), np.inf)
        price[level, row, column] = (base.site + seat[market.arc_point])[arc, column]
        rung, values = soft[rows], sites.parts[:, 0] * soft[rows]
        # part of those who come to a rung that stay above it, and that take it
        above, taken = np.empty((2, rungs, len(rows), years))
        for at in range(rungs):
            ahead = price[at] - rung
            other = np.exp(-np.abs(ahead) / temperature)
            first = 1 / (1 + other)
            above[at] = np.where(ahead >= 0, first, other * first)
            taken[at] = 1 - above[at]
            rung = np.minimum(rung, price[at]) - temperature * np.log1p(other)
            values += sites.parts[:, at + 1] * rung
        value += float((children * (values - soft[rows])).sum())
        reached = sites.parts[:, rungs]
        for at in range(rungs - 1, -1, -1):
            taken[at] *= reached
            reached = sites.parts[:, at] + above[at] * reached
        staying[rows] = children * reached
        chosen[arc, column] = children[row, column] * taken[level, row, column]
    rest = staying / total
    cost *= rest[:, None, :]
    intake = market.into @ cost.reshape(-1, years)
    intake = intake[:-1] + market.into_site @ chosen
    slack = market.used(intake, seats) - right
    value += market.crowd(prices, temperature, slack)
    if market.moving.any():
        slack[market.rows :] += market.goals(cost, chosen, rest * at_outlet, intake, seats)
    return Quote(value=value, slack=slack, intake=intake)


def raise_prices(
    market: Market,
    prices: NDArray[np.float64],
    right: NDArray[np.float64],
    opened: NDArray[np.float64],
    temperature: float,
    steps: int,
    tolerance: float = 1e-9,
) -> tuple[NDArray[np.float64], Quote]:
    """
    Raise the smoothed bound by quasi-Newton steps from given prices.

    Years after the last one that has a price or lacks anything are left out, as long as nothing is lacking in them.

    Parameters
    ----------
    market
        The children.
    prices
        To start from, [row, then goal]. [yuan]
    right
        [row, then goal]: see `Market.right`.
    opened
        How far the site of an arc is open, [arc, year]. [1]
    temperature
        [yuan]
    steps
        Most steps.
    tolerance
        Relative gain of a step at which it ends. [1]

    Returns
    -------
    Prices, and what they say.
    """
    sites, units = ladder(market, opened), market.units
    said = quote(market, prices, right, sites, temperature)
    until = 0
    while True:
        scarce = (prices[: market.rows] > 0) | (said.slack[: market.rows] > SCARCE)
        last = int(market.row_year[scarce].max(initial=-1)) + 1
        if last <= until:
            return prices, said
        until = last
        part = market.until(until)
        fixed = np.append(part.row_year >= until, ~market.moving)
        high = np.append(np.full(market.rows, np.inf), DEAREST * np.array(market.weights))
        low, high = np.where(fixed, prices, 0.0), np.where(fixed, prices, high)
        some = Ladder(arcs=sites.arcs[:, :, : part.years], parts=sites.parts[:, :, : part.years])

        def negative(
            flat: NDArray[np.float64], part: Market = part, some: Ladder = some
        ) -> tuple[float, NDArray[np.float64]]:
            told = quote(part, units * flat, right, some, temperature)
            return -told.value / SCALE, -told.slack * units / SCALE

        found = lowered(negative, prices / units, low / units, high / units, steps=steps, tolerance=tolerance)
        prices = np.where(fixed, prices, units * found)
        said = quote(market, prices, right, sites, temperature)
