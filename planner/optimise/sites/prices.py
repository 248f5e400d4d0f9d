"""Lower bounds of every site at once, from one price for a seat at each existing school."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.optimise.sites.facts import NewSchool, SiteFacts

_CELLS = 2_000_000
"""Units x sites that are bounded at once, so that a large district fits into the memory."""


def site_bounds(
    facts: SiteFacts,
    new: NewSchool,
    year: int,
    prices: NDArray[np.float64],
    sites: NDArray[np.int64],
) -> NDArray[np.float64]:
    r"""
    Return what each site costs at least, whatever the prices of the existing schools' seats are.

    Unit u with d children, school s at price :math:`p_s \in [-M, M]`, the new school at site k at the price q that
    bounds best:

    .. math::

        L_k(p) = \max_q \sum_u d_u \min\Bigl( \min_s (km_{u,s} + p_s),\ km_{u,k} + q \Bigr)
                 - \sum_s (seats_s p_s^+ - least_s p_s^-) - seats\, q^+ + least\, q^-

    This is the dual of the placement with rows (2) and (3) of `state_siting` taken into the cost, so it holds for every
    p, and is the least cost itself for the prices at which that placement is solved. L is concave in q with slope
    "children who would come at q" less the seats, so the best q is where as many would come as there are seats (or as
    few as the least number): found by sorting the savings, for all sites together.

    Parameters
    ----------
    year
        Position.
    prices
        [school]. [km]
    sites
        Positions of the sites that are bounded.

    Returns
    -------
    Array, as long as `sites`. [km, children above the seats at `SiteFacts.price`]
    """
    parts = np.array_split(sites, max(1, -(-len(sites) * len(facts.units) // _CELLS)))
    return np.concatenate([_bounds(facts, new, year, prices, part) for part in parts])


def _bounds(
    facts: SiteFacts,
    new: NewSchool,
    year: int,
    prices: NDArray[np.float64],
    sites: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Return `site_bounds` of some of the sites."""
    p = np.clip(prices, -facts.price, facts.price)
    seats, least = (np.where(facts.open, each, 0.0)[:, year] for each in (facts.seats, facts.least))
    own = seats @ np.maximum(p, 0.0) - least @ np.maximum(-p, 0.0)
    elsewhere, away = np.min(facts.ways_in(year) + p, axis=1, initial=np.inf), facts.away(year)
    ways = facts.site_ways[:, sites]
    placed = ~away[:, None] | np.isfinite(ways)
    # without a school elsewhere the new one is taken at any price
    cost = np.where(away, 2 * facts.price + np.max(ways, initial=0.0, where=np.isfinite(ways)), elsewhere)
    children = facts.demand[:, year, None] * placed
    saving = np.where(placed, cost[:, None] - ways, -np.inf)
    order = np.argsort(-saving, axis=0, kind="stable")
    falling = np.take_along_axis(saving, order, axis=0)
    coming = np.cumsum(np.take_along_axis(children, order, axis=0), axis=0)
    q = _best_price(falling, coming, new, facts.price)
    gained = (children * np.maximum(np.where(placed, saving, 0.0) - q, 0.0)).sum(axis=0)
    without = (children * np.where(placed, cost[:, None], 0.0)).sum(axis=0)
    return without - gained - own - new.seats * np.maximum(q, 0.0) + new.least * np.maximum(-q, 0.0)


def _best_price(
    falling: NDArray[np.float64], coming: NDArray[np.float64], new: NewSchool, price: float
) -> NDArray[np.float64]:
    """
    Return the price of a seat at the new school that bounds best, by site. [km].

    Parameters
    ----------
    falling
        [rank, site]: savings of a place there, the largest first. [km]
    coming
        [rank, site]: children with at least that saving. [children]
    """

    def saving_of(number: float) -> NDArray[np.float64]:
        """The saving of the child of that number, -inf where there are fewer."""
        enough = coming >= number
        at = np.argmax(enough, axis=0)
        found = np.take_along_axis(falling, at[None], axis=0)[0]
        return np.where(enough.any(axis=0), found, -np.inf)

    dear = np.clip(saving_of(new.seats), 0.0, price)
    if new.least <= 0:
        return dear
    cheap = np.clip(saving_of(new.least), -price, 0.0)
    return np.where(dear > 0, dear, cheap)
