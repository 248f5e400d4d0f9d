"""The children, what each place costs them, and what their classes use, ready to be evaluated at any prices."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.sparse import csr_array

from planner.optimise.openings.cells import cells_of
from planner.optimise.openings.plan import GOALS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.optimise.openings.facts import OpeningFacts

GOAL = {goal: position for position, goal in enumerate(GOALS)}
"""Position of each goal in a vector of weights or values."""


class Weights(NamedTuple):
    """What a unit of each goal costs, in the order of the goals."""

    unplaced: float = 0.0
    """[yuan/child-year]"""
    above_cap: float = 0.0
    """[yuan/child-year]"""
    outside: float = 0.0
    """[yuan/child]"""
    above_size: float = 0.0
    """[yuan/child-year]"""
    yuan: float = 0.0
    """[1]"""
    pupil_km: float = 0.0
    """[yuan/km]"""


@dataclass(frozen=True, kw_only=True)
class Seats:
    """What a seat costs at given prices."""

    price: NDArray[np.float64]
    """[point, year], and a last row of nothing for places that are not there. [yuan]"""
    within: NDArray[np.float64]
    """[cell]: part of the children who take seats within the cap. [1]"""


class Ways(NamedTuple):
    """What it costs children to go somewhere, and to go nowhere."""

    standing: NDArray[np.float64]
    """[origin, place, year]: to standing schools, infinite for none. [yuan]"""
    site: NDArray[np.float64]
    """[arc, year]: to sites. [yuan]"""
    outlet: NDArray[np.float64]
    """[origin, year]: of having no place. [yuan]"""


class Market:
    """
    The children and what each place costs them.

    Rows are what is scarce: rooms of each campus and year, sizes of schools by year, largest intakes, and largest numbers
    of classes; the last three only where they are finite. A vector of prices holds those of the rows, then a weight
    of each goal.

    Parameters
    ----------
    facts
        The given figures.
    weights
        Of the goals, as far as they are fixed.
    held
        [goal]: values at which goals are held; infinite for those that are not.
    moving
        [goal]: whether the weight is sought with the prices; only for goals that are held.
    years
        Intakes of so many years are seen; all when not given.
    """

    def __init__(
        self,
        facts: OpeningFacts,
        weights: Weights,
        *,
        held: NDArray[np.float64] | None = None,
        moving: NDArray[np.bool_] | None = None,
        years: int | None = None,
    ) -> None:
        self.facts, self.weights = facts, weights
        self.years = facts.years if years is None else years
        self.held = np.full(len(GOALS), np.inf) if held is None else held
        self.moving = np.zeros(len(GOALS), dtype=bool) if moving is None else moving
        self.demand = np.ascontiguousarray(facts.demand[:, : self.years])
        known = facts.near >= 0
        at_site = known & facts.site[facts.campus[np.where(known, facts.near, 0)]]
        standing = known & ~at_site
        # standing schools first, those missing at a last point that is none
        width = max(int(standing.sum(axis=1).max(initial=0)), 1)
        self.order = np.argsort(~standing, axis=1, kind="stable")[:, :width]
        if self.order.shape[1] == 0:
            self.order = np.zeros((facts.origins, 1), dtype=np.int64)
            standing = np.zeros((facts.origins, 1), dtype=bool)
        here = np.take_along_axis(standing, self.order, axis=1)
        self.here = here
        near = facts.near if facts.near.shape[1] else np.full((facts.origins, 1), -1)
        self.near = np.where(here, np.take_along_axis(near, self.order, axis=1), facts.points)
        origin, rank = np.nonzero(at_site)
        self.arc_origin: NDArray[np.int64] = origin
        self.arc_rank: NDArray[np.int64] = rank
        self.arc_point: NDArray[np.int64] = facts.near[origin, rank].astype(np.int64)
        size, own = self.near.size, np.arange(len(origin))
        self.into = csr_array(
            (np.ones(size), (self.near.ravel(), np.arange(size))),
            shape=(facts.points + 1, size),
        )
        self.into_site = csr_array(
            (np.ones(len(origin)), (self.arc_point, own)), shape=(facts.points, len(origin))
        )
        self.site_origins, position = np.unique(self.arc_origin, return_inverse=True)
        count = np.bincount(position, minlength=len(self.site_origins))
        place = np.arange(len(position)) - np.repeat(np.cumsum(count) - count, count)
        self.site_arcs = np.full((len(self.site_origins), int(count.max(initial=0))), -1)
        self.site_arcs[position, place] = own
        self.site_campus = facts.campus[self.arc_point]
        self._cells()
        self._ways: dict[bytes, Ways] = {}
        self._until: dict[int, Market] = {self.years: self}

    def _cells(self) -> None:
        """Prepare what classes and children use of each row."""
        facts, cells = self.facts, cells_of(self.facts)
        seen = np.flatnonzero(cells.year < self.years)
        self.cell_pair = cells.point[seen] * self.years + cells.year[seen]
        seats = np.minimum(cells.seats[seen], cells.worst[seen])
        capped = np.isfinite(seats)
        self.per_seat = np.where(capped, 1 / np.where(capped, seats, 1.0), 0.0)
        self.per_worst = 1 / cells.worst[seen]
        self.over = cells.length[seen] * (1 - np.where(capped, seats, 0.0) * self.per_worst)
        self.cell_yuan = cells.yuan[seen]
        schools, _ = facts.size.shape if len(facts.size_of) else (0, 0)
        sized = np.argwhere(np.isfinite(facts.size)) if schools else np.zeros((0, 2), dtype=np.int64)
        limited = np.argwhere(np.isfinite(facts.limits))
        mosts = np.flatnonzero(np.isfinite(cells.most))
        rooms = facts.campuses * facts.years
        self.rows = rooms + len(sized) + len(limited) + len(mosts)
        self.size_rows = slice(rooms, rooms + len(sized))
        self.row_year = np.concatenate(
            [
                np.tile(np.arange(facts.years), facts.campuses),
                sized[:, 1],
                limited[:, 1],
                cells.year[mosts],
            ]
        ).astype(np.int64)
        self.row_right = np.concatenate(
            [
                (facts.free + self.lacking).ravel(),
                facts.size[tuple(sized.T)] if schools else np.zeros(0),
                facts.limits[tuple(limited.T)],
                cells.most[mosts],
            ]
        )
        column = np.full(cells.count, -1)
        column[mosts] = rooms + len(sized) + len(limited) + np.arange(len(mosts))
        most = column[seen]
        own = np.flatnonzero(most >= 0)
        wide = csr_array((np.ones(len(own)), (own, most[own])), shape=(len(seen), self.rows))
        uses = csr_array(cells.uses[seen])
        uses.resize((len(seen), self.rows))
        self.class_uses = csr_array(uses + wide)
        self.class_used = csr_array(self.class_uses.T)
        # children: of a school whose size is limited, wherever its year groups are, and of an intake that is
        point, year, age = np.nonzero(
            (np.arange(facts.heads.shape[2]) < facts.lasting[:, :, None])
            & (np.arange(facts.years) < self.years)[None, :, None]
        )
        school_row = np.full((max(schools, 1), facts.years), -1)
        school_row[tuple(sized.T)] = rooms + np.arange(len(sized))
        pairs: list[csr_array] = []
        for school in range(schools):
            inside = np.isin(facts.holds[point, year, age], facts.size_of[school])
            row = school_row[school, (year + age)]
            some = inside & (row >= 0)
            pairs.append(
                csr_array(
                    (facts.heads[point, year, age][some], ((point * self.years + year)[some], row[some])),
                    shape=(facts.points * self.years, self.rows),
                )
            )
        early = limited[:, 1] < self.years
        pairs.append(
            csr_array(
                (
                    np.ones(int(early.sum())),
                    (
                        limited[early, 0] * self.years + limited[early, 1],
                        rooms + len(sized) + np.flatnonzero(early),
                    ),
                ),
                shape=(facts.points * self.years, self.rows),
            )
        )
        child_uses = pairs[0]
        for more in pairs[1:]:
            child_uses = child_uses + more
        self.child_uses = csr_array(child_uses)
        self.child_used = csr_array(self.child_uses.T)
        whole = np.zeros((facts.points, facts.years))
        known = facts.near >= 0
        for rank in range(facts.near.shape[1]):
            at = np.flatnonzero(known[:, rank])
            np.add.at(whole, facts.near[at, rank], facts.demand[at])
        self.crowds = (self.child_used @ whole[:, : self.years].ravel())[self.size_rows]

    @cached_property
    def lacking(self) -> NDArray[np.float64]:
        """Rooms that a campus could lack at most after losing some: rooms do not fall below 0. [campus, year] [rooms]."""
        facts, projects = self.facts, self.facts.projects
        least = np.zeros((projects.count, facts.campuses, facts.years))
        for p in range(projects.count):
            effects = np.flatnonzero(projects.effect_of == p)
            for v in np.flatnonzero(projects.allowed[p]):
                change = np.zeros((facts.campuses, facts.years))
                np.add.at(change, projects.effect_campus[effects], projects.effect_rooms[effects, v])
                least[p] = np.minimum(least[p], change)
        fall = np.zeros((facts.campuses, facts.years))
        alone = np.ones(projects.count, dtype=bool)
        for members in (*projects.exactly_one, *projects.at_most_one):
            some = [p for p in members if alone[p]]
            if some:
                fall += least[some].min(axis=0)
                alone[some] = False
        fall += least[alone].sum(axis=0)
        return np.maximum(-(facts.free + fall), 0.0)

    def until(self, years: int) -> Market:
        """Return the market of the intakes of the first years only."""
        if years not in self._until:
            self._until[years] = Market(
                self.facts, self.weights, held=self.held, moving=self.moving, years=years
            )
        return self._until[years]

    @cached_property
    def units(self) -> NDArray[np.float64]:
        """Units of prices and weights in which steps towards the best are about even. [row, then goal] [yuan]."""
        units = np.full(self.rows + len(GOALS), 1e4)
        units[self.rows + GOAL["yuan"]] = 1e-2
        units[self.rows + GOAL["pupil_km"]] = 1.0
        return units

    def none(self) -> NDArray[np.float64]:
        """Return prices of nothing, with the weights of the goals. [row, then goal]."""
        return np.concatenate([np.zeros(self.rows), np.array(self.weights)])

    def right(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """
        Return what there is of each row, and what a goal may come to, at opening weights [project, year].

        Returns
        -------
        Array [row, then goal]; projects are taken off the yuan.
        """
        facts, projects = self.facts, self.facts.projects
        change = np.zeros((facts.campuses, facts.years))
        np.add.at(
            change,
            projects.effect_campus,
            np.einsum("ev,evt->et", weights[projects.effect_of], projects.effect_rooms),
        )
        right = np.concatenate([self.row_right, np.where(np.isfinite(self.held), self.held, 0.0)])
        right[: change.size] += change.ravel()
        right[self.rows + GOAL["yuan"]] -= float((projects.cost * weights).sum())
        return right

    def ways(self, prices: NDArray[np.float64]) -> Ways:
        """Return what places cost without their seats, at the weights of the goals in the prices."""
        weights = np.ascontiguousarray(prices[self.rows :])
        key = weights.tobytes()
        if key not in self._ways:
            if len(self._ways) > 4:
                self._ways.clear()
            facts, each = self.facts, Weights(*weights.tolist())
            near = np.where(self.here, self.order, 0)
            origin = np.arange(facts.origins)[:, None]
            km = np.where(self.here, facts.km[origin, near], np.inf)
            travel = facts.travel[:, : self.years]
            far = ~self.here[:, :, None]
            paid = np.where(self.here, km, 0.0)[:, :, None] * (each.yuan * travel[:, None, :] + each.pupil_km)
            out = facts.outside[origin, near, : self.years]
            standing = np.where(far, np.inf, paid + each.outside * out)
            arc = (self.arc_origin, self.arc_rank)
            site = facts.km[arc][:, None] * (each.yuan * travel[self.arc_origin] + each.pupil_km)
            site = site + each.outside * facts.outside[arc][:, : self.years]
            outlet = (each.unplaced * facts.staying[:, : self.years]).astype(np.float64)
            self._ways[key] = Ways(standing, site, outlet)
        return self._ways[key]

    def class_prices(self, prices: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the price of a class over the years it lasts, running cost counted. [cell] [yuan]."""
        yuan = prices[self.rows + GOAL["yuan"]]
        return self.class_uses @ prices[: self.rows] + yuan * self.cell_yuan

    def seats(self, prices: NDArray[np.float64], temperature: float = 0.0) -> Seats:
        """Return what a seat costs, and who sits within the cap: the cheaper, or softly at a temperature [yuan]."""
        classes = self.class_prices(prices)
        inside = classes * self.per_seat
        above = classes * self.per_worst + prices[self.rows + GOAL["above_cap"]] * self.over
        difference = above - inside
        price = np.minimum(inside, above)
        if temperature > 0:
            near = np.exp(-np.abs(difference) / temperature)
            price -= temperature * np.log1p(near)
            within = np.where(difference >= 0, 1.0, near) / (1 + near)
        else:
            within = (difference >= 0).astype(np.float64)
        pairs = self.facts.points * self.years
        total = np.bincount(self.cell_pair, weights=price, minlength=pairs).astype(np.float64)
        total += self.child_uses @ prices[: self.rows]
        padded = np.append(total, np.zeros(self.years)).reshape(-1, self.years)
        return Seats(price=padded, within=within)

    def classes(self, intake: NDArray[np.float64], seats: Seats) -> NDArray[np.float64]:
        """Return the classes [cell] of fractions that an intake [point, year] is taught in. [classes]."""
        share = seats.within * self.per_seat + (1 - seats.within) * self.per_worst
        return intake.ravel()[self.cell_pair] * share

    def used(self, intake: NDArray[np.float64], seats: Seats) -> NDArray[np.float64]:
        """Return what an intake [point, year] uses of each row, and 0 for the goals. [row, then goal]."""
        used = self.class_used @ self.classes(intake, seats) + self.child_used @ intake.ravel()
        return np.append(used, np.zeros(len(GOALS)))

    def crowd(
        self, prices: NDArray[np.float64], temperature: float, slack: NDArray[np.float64] | None = None
    ) -> float:
        """
        Return what it gives back that schools may be above their size at the weight of that goal. [yuan].

        Parameters
        ----------
        prices
            [row, then goal].
        temperature
            0 for the true value. [yuan]
        slack
            [row, then goal]: changed in place by the slope.
        """
        if not len(self.crowds):
            return 0.0
        weight = self.rows + GOAL["above_size"]
        dearer = prices[self.size_rows] - prices[weight]
        if temperature == 0:
            return -float((self.crowds * np.maximum(dearer, 0.0)).sum())
        dearer = dearer / temperature
        soft = temperature * np.logaddexp(0.0, dearer)
        if slack is not None:
            part = self.crowds * np.exp(-np.logaddexp(0.0, -dearer))
            slack[self.size_rows] -= part
            slack[weight] += part.sum()
        return -float((self.crowds * soft).sum())

    def goals(
        self,
        places: NDArray[np.float64],
        at_sites: NDArray[np.float64],
        unplaced: NDArray[np.float64],
        intake: NDArray[np.float64],
        seats: Seats,
    ) -> NDArray[np.float64]:
        """
        Return the goals of children who go where they go, in classes of fractions; sizes and projects left out.

        Parameters
        ----------
        places
            [origin, place, year]: at standing schools. [children]
        at_sites
            [arc, year]: at sites. [children]
        unplaced
            [origin, year]. [children]
        intake
            [point, year]. [children]
        seats
            At the prices.
        """
        facts = self.facts
        rank = np.where(self.here, self.order, 0)
        origin = np.arange(facts.origins)[:, None]
        km = np.where(self.here, facts.km[origin, rank], 0.0)
        arc = (self.arc_origin, self.arc_rank)
        travel = facts.travel[:, : self.years]
        long = np.einsum("ij,ijt->it", km, places)
        long_site = facts.km[arc][:, None] * at_sites
        out = facts.outside[origin, rank, : self.years] & self.here[:, :, None]
        totals = Weights(
            unplaced=float((facts.staying[:, : self.years] * unplaced).sum()),
            above_cap=float((self.over * (1 - seats.within) * intake.ravel()[self.cell_pair]).sum()),
            outside=float(places[out].sum() + at_sites[facts.outside[arc][:, : self.years]].sum()),
            yuan=float(
                (long * travel).sum()
                + (long_site * travel[self.arc_origin]).sum()
                + (self.classes(intake, seats) * self.cell_yuan).sum()
            ),
            pupil_km=float(long.sum() + long_site.sum()),
        )
        return np.array(totals)
