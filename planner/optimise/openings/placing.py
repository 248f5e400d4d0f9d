"""The programme of a part of a plan: some year groups' classes, and the places of some children, the rest given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import highspy
import numpy as np
from scipy.sparse import csr_array

from planner.optimise.lowering import Lowered, hand_over
from planner.optimise.openings.plan import GOALS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.optimise.openings.cells import Cells
    from planner.optimise.openings.facts import OpeningFacts

UNITS = {"yuan": 1000.0}
"""Goals whose values are large are handed over in such units."""

NODES = 200
"""Most nodes of a search: with the gap, what ends it alike on every machine."""


@dataclass(frozen=True, kw_only=True)
class Arcs:
    """Ways that children may go."""

    origin: NDArray[np.int64]
    """[arc]."""
    rank: NDArray[np.int64]
    """[arc]."""
    point: NDArray[np.int64]
    """[arc]."""
    year: NDArray[np.int64]
    """[arc]."""
    km: NDArray[np.float64]
    """[arc]. [km]"""
    yuan: NDArray[np.float64]
    """[arc]: the way of a child. [yuan]"""
    outside: NDArray[np.bool_]
    """[arc]."""

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.origin)

    def some(self, chosen: NDArray[np.bool_ | np.int64]) -> Arcs:
        """Return those chosen."""
        return Arcs(**{name: values[chosen] for name, values in vars(self).items()})


def arcs_of(facts: OpeningFacts, usable: NDArray[np.bool_]) -> Arcs:
    """
    Return all ways to points where anybody can be admitted, sorted by year, origin and rank.

    Parameters
    ----------
    facts
        The given figures.
    usable
        [point, year].
    """
    near = np.where(facts.near >= 0, facts.near, 0)
    there = (facts.near >= 0)[:, :, None] & usable[near] & (facts.demand > 0)[:, None, :]
    year, origin, rank = np.nonzero(there.transpose(2, 0, 1))
    km = facts.km[origin, rank]
    return Arcs(
        origin=origin,
        rank=rank,
        point=facts.near[origin, rank],
        year=year,
        km=km,
        yuan=km * facts.travel[origin, year],
        outside=facts.outside[origin, rank, year],
    )


@dataclass(frozen=True, kw_only=True)
class Part:
    """What is chosen, and what is left to it by the rest of the plan."""

    arcs: Arcs
    cells: NDArray[np.int64]
    """[own cell]: cells of the year groups that the ways lead to, and others whose classes are chosen."""
    low: NDArray[np.float64]
    """[own cell]: fewest classes. [classes]"""
    high: NDArray[np.float64]
    """[own cell]: most classes. [classes]"""
    others: NDArray[np.float64]
    """[point, year]: children of the rest who are placed there. [children]"""
    rooms: NDArray[np.float64]
    """[campus x years + year]: left to the classes of these cells. [rooms]"""
    size: NDArray[np.float64]
    """[school, year]: children that the rest leaves to it. [children]"""
    class_yuan: NDArray[np.float64]
    """[own cell]: cost of a class. [yuan]"""
    extra: NDArray[np.float64]
    """[arc]: what a way costs beside its own yuan. [yuan]"""


class Programme:
    """
    The programme of a part, whose goals are minimised one after the other.

    Columns are ways x, children without a place u, intakes n, children above the cap o, above the size h, classes c.
    """

    def __init__(self, facts: OpeningFacts, cells: Cells, part: Part) -> None:
        arcs, own = part.arcs, part.cells
        self.part = part
        years = facts.years
        pair = arcs.origin * years + arcs.year
        self.origins, self.row = np.unique(pair, return_inverse=True)
        self.demand = facts.demand[self.origins // years, self.origins % years]
        intakes = np.unique(
            np.concatenate([cells.point[own] * years + cells.year[own], arcs.point * years + arcs.year])
        )
        point, year = intakes // years, intakes % years
        self.into = np.searchsorted(intakes, arcs.point * years + arcs.year)
        self.of_cell = np.searchsorted(intakes, cells.point[own] * years + cells.year[own])
        self.others = part.others[point, year]
        sized, heads = _sizes(facts, point, year)
        a, m, k, q, z = arcs.count, len(self.origins), len(intakes), len(own), len(sized)
        self.x, self.u, self.n, self.o, self.h, self.c = (
            np.arange(end - size, end)
            for end, size in zip(np.cumsum([a, m, k, q, z, q]), [a, m, k, q, z, q], strict=True)
        )
        count = a + m + k + 2 * q + z
        self.seats = np.minimum(cells.seats[own], cells.worst[own])
        self.worst = cells.worst[own]
        capped, bounded = np.isfinite(self.seats), np.isfinite(self.worst)
        self.heads = heads
        self.size = part.size[tuple(sized.T)]
        uses = cells.uses[own].T.tocsr()
        chosen = np.flatnonzero(part.high > part.low)
        touched = np.unique(cells.uses[own[chosen]].indices)
        blocks = _Rows(count)
        blocks.add(
            (self.row, self.x, np.ones(a)), (np.arange(m), self.u, np.ones(m)), right=self.demand, equal=True
        )
        blocks.add(
            (np.arange(k), self.n, np.ones(k)),
            (self.into, self.x, -np.ones(a)),
            right=self.others,
            equal=True,
        )
        at = np.arange(int(capped.sum()))
        blocks.add(
            (at, self.n[self.of_cell[capped]], np.ones(len(at))),
            (at, self.o[capped], -np.ones(len(at))),
            (at, self.c[capped], -self.seats[capped]),
            right=np.zeros(len(at)),
        )
        at = np.arange(int(bounded.sum()))
        wider = self.worst[bounded] - self.seats[bounded]
        blocks.add(
            (at, self.o[bounded], np.ones(len(at))), (at, self.c[bounded], -wider), right=np.zeros(len(at))
        )
        if facts.least > 0:
            at = np.arange(q)
            blocks.add(
                (at, self.c, np.full(q, facts.least)),
                (at, self.n[self.of_cell], -np.ones(q)),
                right=np.zeros(q),
            )
        window = uses[touched]
        at, column = window.nonzero()
        blocks.add((at, self.c[column], np.ones(len(at))), right=np.floor(part.rooms[touched] + 1e-6))
        at, column = heads.nonzero()
        blocks.add(
            (at, self.n[column], np.asarray(heads.data, dtype=np.float64)),
            (np.arange(z), self.h, -np.ones(z)),
            right=self.size,
        )
        upper = np.full(count, np.inf)
        upper[self.n] = np.maximum(facts.limits[point, year], self.others)
        upper[self.o[~capped]] = 0.0
        lower = np.zeros(count)
        lower[self.c], upper[self.c] = part.low, part.high
        self.whole = len(chosen) > 0
        kinds = np.zeros(count, dtype=bool)
        kinds[self.c] = self.whole
        self.highs = hand_over(blocks.lowered(lower, upper, kinds))
        self.highs.setOptionValue("mip_abs_gap", 1e-6)
        self.columns = np.arange(count, dtype=np.int32)
        self.upper, self.lower = upper, lower
        staying = facts.staying[self.origins // years, self.origins % years]
        self.costs = {goal: np.zeros(count) for goal in GOALS}
        self.costs["unplaced"][self.u] = staying
        self.costs["above_cap"][self.o] = cells.length[own]
        self.costs["outside"][self.x] = arcs.outside
        self.costs["above_size"][self.h] = 1.0
        self.costs["yuan"][self.x] = arcs.yuan + part.extra
        self.costs["yuan"][self.c] = part.class_yuan
        self.costs["pupil_km"][self.x] = arcs.km

    def filled(self, flow: NDArray[np.float64], classes: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return all columns that follow from ways [arc] and classes [own cell]."""
        values = np.zeros(len(self.columns))
        values[self.x], values[self.c] = flow, classes
        placed = np.bincount(self.row, weights=flow, minlength=len(self.u))
        values[self.u] = np.maximum(self.demand - placed, 0.0)
        values[self.n] = np.bincount(self.into, weights=flow, minlength=len(self.n)) + self.others
        held = np.where(np.isfinite(self.seats), self.seats, 0.0) * classes
        above = np.maximum(values[self.n][self.of_cell] - held, 0.0)
        values[self.o] = np.where(np.isfinite(self.seats), above, 0.0)
        values[self.h] = np.maximum(self.heads @ values[self.n] - self.size, 0.0)
        return values

    def nobody(self) -> NDArray[np.float64]:
        """Return all columns when nobody is placed in as few classes as may be."""
        return self.filled(np.zeros(len(self.x)), self.part.low)

    def value(self, goal: str, values: NDArray[np.float64]) -> float:
        """Return a goal of the part. [unit of the goal]."""
        return float(self.costs[goal] @ values)

    def forbid(self, goal: str) -> None:
        """Let a goal be nothing."""
        columns = np.flatnonzero(self.costs[goal]).astype(np.int32)
        self.upper[columns] = 0.0
        self.highs.changeColsBounds(len(columns), columns, self.lower[columns], self.upper[columns])

    def hold(self, goal: str, most: float) -> None:
        """Let a goal rise no further."""
        cost = self.costs[goal] / UNITS.get(goal, 1.0)
        used = np.flatnonzero(cost).astype(np.int32)
        self.highs.addRow(-highspy.kHighsInf, most / UNITS.get(goal, 1.0), len(used), used, cost[used])

    def minimise(
        self,
        cost: NDArray[np.float64],
        start: NDArray[np.float64] | None = None,
        *,
        gap: float = 1e-3,
        nodes: int = NODES,
        seconds: float | None = None,
    ) -> NDArray[np.float64] | None:
        """
        Minimise a cost [column].

        Parameters
        ----------
        cost
            In a unit in which 1e-6 is nothing.
        start
            Columns to begin with; what is returned is never worse.
        gap, nodes
            End a search of whole classes. [1], [nodes]
        seconds
            A safeguard. [s]

        Returns
        -------
        Array [column], classes rounded; None where nothing was found.
        """
        highs = self.highs
        highs.changeColsCost(len(self.columns), self.columns, cost)
        highs.setOptionValue("mip_rel_gap", gap)
        highs.setOptionValue("mip_max_nodes", nodes)
        limit = highspy.kHighsInf if seconds is None else highs.getRunTime() + max(seconds, 0.0)
        highs.setOptionValue("time_limit", limit)
        if start is not None and self.whole:
            known = highspy.HighsSolution()
            known.col_value = np.clip(start, self.lower, self.upper).tolist()
            highs.setSolution(known)
        highs.run()
        info = highs.getInfo()
        if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
            return start
        values = np.array(highs.getSolution().col_value)
        values[self.c] = np.rint(values[self.c])
        values[self.x] = np.maximum(values[self.x], 0.0)
        if start is not None and cost @ values > cost @ start:
            return start
        return values


class _Rows:
    """Rows of a matrix, block after block."""

    def __init__(self, columns: int) -> None:
        self.columns = columns
        self.terms: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]] = []
        self.lower: list[NDArray[np.float64]] = []
        self.upper: list[NDArray[np.float64]] = []
        self.count = 0

    def add(
        self,
        *terms: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]],
        right: NDArray[np.float64],
        equal: bool = False,
    ) -> None:
        """Add rows: at most the right sides, or equal to them; terms are row within the block, column and factor."""
        self.terms += [(row + self.count, column, factor) for row, column, factor in terms]
        self.upper.append(right)
        self.lower.append(right if equal else np.full(len(right), -np.inf))
        self.count += len(right)

    def lowered(
        self, lower: NDArray[np.float64], upper: NDArray[np.float64], whole: NDArray[np.bool_]
    ) -> Lowered:
        """Return the model."""
        row, column, factor = (np.concatenate(each) for each in zip(*self.terms, strict=True))
        matrix = csr_array((factor, (row, column)), shape=(self.count, self.columns))
        return Lowered(
            lower=lower,
            upper=upper,
            whole=whole,
            row_lower=np.concatenate(self.lower),
            row_upper=np.concatenate(self.upper),
            starts=matrix.indptr.astype(np.int32),
            columns=matrix.indices.astype(np.int32),
            values=matrix.data.astype(np.float64),
        )


def _sizes(
    facts: OpeningFacts, point: NDArray[np.int64], year: NDArray[np.int64]
) -> tuple[NDArray[np.int64], csr_array]:
    """
    Return the (school, year) whose size is limited and that some of the intakes reach, and the children there for each entrant.

    Returns
    -------
    Array [row, 2], matrix [row, intake].
    """
    terms: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]] = []
    for school, campuses in enumerate(facts.size_of):
        for age in range(facts.heads.shape[2]):
            at = np.flatnonzero(np.isin(facts.holds[point, year, age], campuses) & (year + age < facts.years))
            at = at[np.isfinite(facts.size[school, year[at] + age])]
            terms.append((school * facts.years + year[at] + age, at, facts.heads[point, year, age][at]))
    if not terms:
        return np.zeros((0, 2), dtype=np.int64), csr_array((0, len(point)))
    row, column, factor = (np.concatenate(each) for each in zip(*terms, strict=True))
    rows, position = np.unique(row, return_inverse=True)
    matrix = csr_array((factor, (position, column)), shape=(len(rows), len(point)))
    return np.stack([rows // facts.years, rows % facts.years], axis=1), matrix
