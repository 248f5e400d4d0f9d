"""Where one new school does most: the best of many candidate sites, proven, and how much worse the others are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planner.errors import PlanError
from planner.optimise.sites.facts import NewSchool, SiteFacts
from planner.optimise.sites.model import SitingEngine
from planner.optimise.sites.prices import site_bounds
from planner.optimise.sites.tables import site_facts
from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from planner.optimise.sites.model import Placement

BEST = 6
"""Sites that are told, when not asked otherwise: the best and the next five."""
_LOST = 1e-4
"""Children of a unit that rounding may lose."""
_EQUAL = 0.01
"""Child-years up to which two sites count as equal."""


@dataclass(frozen=True, kw_only=True)
class Sited:
    """What comes of the new school at one site, the children placed as well as can be."""

    unplaced: float
    """Children without a way to any school. [child-years]"""
    over: float
    """Children above the seats of a school. [child-years]"""
    below: float
    """Children whom schools lack to their least number. [child-years]"""
    km: float
    """Ways of all children together. [km]"""
    children: NDArray[np.float64]
    """[school, year], the new one last. [children]"""
    beyond: float
    """Children whose way is longer than the limit; 0 without one. [child-years]"""
    bound: float
    """What any plan for this site costs at least, found without the solver: `site_bounds`. [km and price]"""
    cost: float
    """What it costs. [km and price]"""


class SiteSearch:
    """
    The best sites for one new school.

    Prices of seats, from the site placed last, bound all sites at once; the site with the lowest bound is placed next, by
    the linear programme, until the lowest bound of those not placed is no lower than the cost of the last of the best.
    Every bound holds for any price (`site_bounds`), so the order is proven whatever the solver did.

    Parameters
    ----------
    limit
        Way beyond which children are counted in `Sited.beyond`; infinite for none. [km]
    """

    def __init__(self, facts: SiteFacts, new: NewSchool, *, limit: float = np.inf) -> None:
        self.facts, self.new, self.limit = facts, new, limit
        self.engines = [SitingEngine(facts, new, year) for year in range(len(facts.years))]
        self.unplaced = facts.unplaced()
        self.bounds = np.full((len(facts.years), len(facts.sites)), -np.inf)
        """[year, site]: what the site costs at least. [km and price]"""
        self.placed: dict[int, Sited] = {}

    @property
    def lowest(self) -> NDArray[np.float64]:
        """What each site costs at least, and exactly where it is placed. [site] [km and price]."""
        lowest = self.bounds.sum(axis=0)
        lowest[list(self.placed)] = [sited.cost for sited in self.placed.values()]
        return lowest

    def place(self, site: int, *, others: bool = False) -> Sited:
        """Place all children with the new school at a site; its prices bound the site, and the others where asked."""
        if site not in self.placed:
            self.placed[site] = self._place(
                site, np.arange(len(self.unplaced)) if others else np.array([site])
            )
        return self.placed[site]

    def _place(self, site: int, bounded: NDArray[np.int64]) -> Sited:
        facts, new = self.facts, self.new
        ways = np.column_stack([facts.ways, facts.site_ways[:, site]])
        finite = np.where(np.isfinite(ways), ways, 0.0)
        km = beyond = bound = 0.0
        children = np.zeros((len(facts.schools) + 1, len(facts.years)))
        for year, engine in enumerate(self.engines):
            placement = engine.place(site)
            self._check(placement, ways, site, year)
            children[:, year] = placement.from_units.sum(axis=0)
            km += float((finite * placement.from_units).sum())
            beyond += float(placement.from_units[ways > self.limit].sum())
            bounds = site_bounds(facts, new, year, placement.prices, bounded)
            bound += float(bounds[bounded == site][0])
            self.bounds[year, bounded] = np.maximum(self.bounds[year, bounded], bounds)
        years = len(facts.years)
        seats = np.vstack([np.where(facts.open, facts.seats, 0.0), np.full(years, new.seats)])
        least = np.vstack([np.where(facts.open, facts.least, 0.0), np.full(years, new.least)])
        over = float(np.maximum(children - seats, 0.0).sum())
        below = float(np.maximum(least - children, 0.0).sum())
        return Sited(
            unplaced=float(self.unplaced[site]),
            over=over,
            below=below,
            km=km,
            children=children,
            beyond=beyond,
            bound=bound,
            cost=km + facts.price * (over + below),
        )

    def _check(self, placement: Placement, ways: NDArray[np.float64], site: int, year: int) -> None:
        """
        Check that every child with a way is at one school, by a way that there is.

        Raises
        ------
        PlanError
            When that is not so: our own fault, or the solver's.
        """
        facts = self.facts
        reach = np.isfinite(ways)
        reach[:, :-1] &= facts.open[:, year]
        wanted = np.where(reach.any(axis=1), facts.demand[:, year], 0.0)
        lost = np.abs(placement.from_units.sum(axis=1) - wanted).max(initial=0.0)
        if lost > _LOST or placement.from_units[~reach].any():
            raise PlanError(
                Text("The placement with the new school at {site} loses children.", site=facts.sites[site])
            )

    def order(self) -> NDArray[np.int64]:
        """Return all sites by children unplaced, then by `lowest`, then in file order. [site]."""
        return np.lexsort((self.lowest, np.round(self.unplaced, 6)))

    def find(self, number: int = BEST) -> NDArray[np.int64]:
        """
        Place sites until the best are proven.

        Returns
        -------
        Positions of the best sites, the best first; as many as asked for, or all there are.
        """
        while True:
            best = self.order()[:number]
            open_ = [site for site in best.tolist() if site not in self.placed]
            if not open_:
                return best
            self.place(open_[0], others=True)


@dataclass(frozen=True, kw_only=True)
class Ranking:
    """The best sites for one new school, in order, and what is known of all others."""

    search: SiteSearch
    best: tuple[str, ...]
    """The best sites, the best first."""

    @property
    def table(self) -> pd.DataFrame:
        """
        The best sites.

        Returns
        -------
        DataFrame
            rank, site, unplaced, over, below (child-years), metres (mean way), longer (mean way more than at the best
            site), beyond (share of children beyond the limit; missing without one), children (at the new school, mean of
            the years), gap (cost less what is proven without the solver, a child). [m]
        """
        facts = self.search.facts
        placed = [self.search.place(facts.sites.index(site)) for site in self.best]
        served = [float(sited.children.sum()) for sited in placed]
        metres = [1000 * sited.km / max(number, 1e-9) for sited, number in zip(placed, served, strict=True)]
        limited = np.isfinite(self.search.limit)
        return pd.DataFrame(
            {
                "rank": np.arange(1, len(placed) + 1),
                "site": list(self.best),
                "unplaced": [sited.unplaced for sited in placed],
                "over": [sited.over for sited in placed],
                "below": [sited.below for sited in placed],
                "metres": metres,
                "longer": [value - metres[0] for value in metres],
                "beyond": [
                    sited.beyond / max(number, 1e-9) if limited else np.nan
                    for sited, number in zip(placed, served, strict=True)
                ],
                "children": [float(sited.children[-1].mean()) for sited in placed],
                "gap": [
                    1000 * max(sited.cost - sited.bound, 0.0) / max(number, 1e-9)
                    for sited, number in zip(placed, served, strict=True)
                ],
            }
        )

    @property
    def loads(self) -> pd.DataFrame:
        """Children and seats of every school, the new one last: site, school ("" for the new one), year, seats, children."""
        facts, new = self.search.facts, self.search.new
        rows = []
        for site in self.best:
            children = self.search.place(facts.sites.index(site)).children
            for at, school in enumerate([*facts.schools, ""]):
                for t, year in enumerate(facts.years):
                    seats = facts.seats[at, t] if school else new.seats
                    rows.append((site, school, year, seats, children[at, t]))
        return pd.DataFrame(rows, columns=["site", "school", "year", "seats", "children"])

    @property
    def values(self) -> pd.DataFrame:
        """
        What is known of every site.

        Returns
        -------
        DataFrame
            site, exact (whether it was placed; else figures are what they are at least), longer (mean way more than at
            the best site; missing where `worse` is all that is known) [m], worse (child-years more unplaced, above the
            seats or below a least number than at the best site).
        """
        search, facts = self.search, self.search.facts
        best = search.place(facts.sites.index(self.best[0]))
        more = search.lowest - best.cost
        # half a child weighs more than any difference of ways
        worse = np.where(more > facts.price / 2, more / facts.price - 0.5, 0.0)
        km = np.where(more > facts.price / 2, np.nan, more)
        for site, sited in search.placed.items():
            worse[site] = max(sited.over + sited.below - best.over - best.below, 0.0)
            km[site] = sited.km - best.km
        return pd.DataFrame(
            {
                "site": list(facts.sites),
                "exact": np.isin(np.arange(len(facts.sites)), list(search.placed)),
                "longer": 1000 * km / max(float(best.children.sum()), 1e-9),
                "worse": worse + np.maximum(search.unplaced - best.unplaced, 0.0),
            }
        )

    def near(self, metres: float) -> int:
        """Return how many sites, at most, are as good as the best but for so much longer a mean way. [m]."""
        values = self.values
        as_good = (values["worse"].to_numpy() <= _EQUAL) & (values["longer"].to_numpy() <= metres)
        return int(as_good.sum())

    @property
    def rest(self) -> float:
        """How much longer the mean way is at least at any site that is not among the best; infinite where there is none. [m]."""
        values = self.values
        others = ~values["site"].isin(list(self.best)).to_numpy()
        equal = others & (values["worse"].to_numpy() <= _EQUAL)
        return float(values["longer"].to_numpy()[equal].min(initial=np.inf))


def rank_sites(
    demand: pd.Series | pd.DataFrame,
    ways: pd.DataFrame,
    site_ways: pd.DataFrame,
    seats: pd.Series | pd.DataFrame,
    *,
    new_seats: float,
    least: pd.Series | None = None,
    new_least: float = 0.0,
    limit: float | None = None,
    number: int = BEST,
    every: bool = False,
) -> Ranking:
    """
    Find where one new school does most: the best candidate sites, in order, proven.

    For each site the children of every year are placed so that, in this order, as few as can be are without a way to
    any school, above the seats of a school (or missing to its least number), and the ways of all together are as short
    as can be; children of a unit may be divided. Every year is placed for itself: nobody stays where they were.

    Parameters
    ----------
    demand
        Children by unit; or by unit and year. [children]
    ways
        By unit and existing school; missing where there is no way. [km]
    site_ways
        By unit and candidate site; missing where there is no way. [km]
    seats
        By existing school; or by school and year, the years of `demand`; missing where a school is not open. [children]
    new_seats
        Of the new school. [children]
    least
        Fewest children that an existing school should have; 0 when not given. [children]
    new_least
        Of the new school. [children]
    limit
        Way beyond which children are counted in the table. [km]
    number
        Sites to be proven.
    every
        Whether all sites are placed, not only as many as the proof needs: for a map without bounds.

    Raises
    ------
    DataError
        With every fault of the tables.
    """
    facts = site_facts(demand, ways, site_ways, seats, new_seats=new_seats, least=least, new_least=new_least)
    search = SiteSearch(
        facts, NewSchool(seats=new_seats, least=new_least), limit=np.inf if limit is None else limit
    )
    return ranked(search, number=number, every=every)


def ranked(search: SiteSearch, *, number: int = BEST, every: bool = False) -> Ranking:
    """Return the ranking of a search, carried out as far as it has to be."""
    best = search.find(number)
    if every:
        for site in range(len(search.facts.sites)):
            search.place(site)
        best = search.order()[:number]
    return Ranking(search=search, best=tuple(search.facts.sites[site] for site in best.tolist()))


def across(rankings: Mapping[str, Ranking]) -> pd.DataFrame:
    """
    Return how the best site of each case does in the others: whether the choice hangs on what is not known.

    Parameters
    ----------
    rankings
        By the name of the case, on the same sites.

    Returns
    -------
    DataFrame
        best_in (case), site, case, longer (mean way more than at the best site of that case) [m], worse (child-years more
        unplaced, above the seats or below a least number).
    """
    rows = []
    for name, own in rankings.items():
        site = own.best[0]
        for case, other in rankings.items():
            at = other.search.facts.sites.index(site)
            other.search.place(at)
            value = other.values.iloc[at]
            rows.append((name, site, case, float(value["longer"]), float(value["worse"])))
    return pd.DataFrame(rows, columns=["best_in", "site", "case", "longer", "worse"])
