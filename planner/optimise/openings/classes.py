r"""
Whole classes for given opening years, and where every child goes with them.

Year after year a small integer programme chooses the whole classes of that year's intakes with the places of its
children, at prices of the rooms that later years need, which are found anew before each. Then all years of a few schools
at a time are chosen anew, exactly and goal after goal, until nothing is gained.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from planner.optimise.openings.cells import Cells, cells_of
from planner.optimise.openings.market import Market, Weights
from planner.optimise.openings.master import openness, weights_of
from planner.optimise.openings.placing import NODES, Arcs, Part, Programme, arcs_of
from planner.optimise.openings.plan import GOALS, OpeningPlan, heads_of
from planner.optimise.openings.prices import raise_prices

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from planner.optimise.openings.facts import OpeningFacts

WARM, COLD = 300.0, 100.0
"""Temperatures at which prices are found anew before each year. [yuan]"""
ROUNDING = 0.25
"""How far whole classes may lie from the fractions beside their floor and ceiling. [classes]"""
NOTHING = 1e-6
"""A goal below is nothing; one that is held may rise by so much of itself. [unit of the goal], [1]"""
SETTLED = 1e-8
"""As `NOTHING`, of goals of places for classes that are given. [1]"""
GAIN = 1e-5
"""Gains below so much of a goal, and of one unit, are none. [1]"""
FEW_WAYS = 3_000
"""So many ways are not worth leaving any out."""
FEWEST_WAYS = 400
"""With so many ways only, classes are chosen anew whatever they were."""
SHORTEST = 0.2
"""Least time that a year's classes get, however little is left. [s]"""
ANY = 1.0
"""Gap at which about the first classes found will do. [1]"""
NOMINAL = 10_000.0
"""Price of a kilometre by which ways are compared where ways have none. [yuan]"""


def unlimited() -> None:
    """Return that no time ends anything."""


@dataclass(frozen=True, kw_only=True)
class Filled:
    """Whole classes and places for opening years."""

    facts: OpeningFacts
    cells: Cells
    opens: NDArray[np.int64]
    """[project]."""
    rooms: NDArray[np.float64]
    """[campus x years + year]: of new classes. [rooms]"""
    usable: NDArray[np.bool_]
    """[point, year]."""
    arcs: Arcs
    """All ways."""
    classes: NDArray[np.float64]
    """[cell]. [classes]"""
    flow: NDArray[np.float64]
    """[arc]. [children]"""

    def plan(self) -> OpeningPlan:
        """Return it as a plan."""
        intake = np.zeros((*self.facts.near.shape, self.facts.years))
        intake[self.arcs.origin, self.arcs.rank, self.arcs.year] = self.flow
        classes = self.cells.trimmed(self.classes, self.intake())
        return OpeningPlan(opens=self.opens, classes=self.cells.spread(classes), intake=intake)

    def intake(self) -> NDArray[np.float64]:
        """Return the intake [point, year]. [children]."""
        return _intake(self.facts, self.arcs, self.flow)


def _intake(facts: OpeningFacts, arcs: Arcs, flow: NDArray[np.float64]) -> NDArray[np.float64]:
    pair = arcs.point * facts.years + arcs.year
    intake = np.zeros(facts.points * facts.years)
    np.add.at(intake, pair, flow)
    return intake.reshape(facts.points, -1)


def _size_left(facts: OpeningFacts, intake: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the children that may come to each school [school, year] when an intake [point, year] is there."""
    heads = heads_of(facts, intake)
    there = [heads[list(campuses)].sum(axis=0) for campuses in facts.size_of]
    return facts.size - np.array(there) if there else np.zeros((0, facts.years))


def nobody(facts: OpeningFacts, opens: NDArray[np.int64]) -> Filled:
    """Return no class and no place."""
    usable, cells = facts.usable(opens), cells_of(facts)
    arcs = arcs_of(facts, usable)
    return Filled(
        facts=facts,
        cells=cells,
        opens=opens,
        rooms=facts.rooms_open(opens).ravel(),
        usable=usable,
        arcs=arcs,
        classes=np.zeros(cells.count),
        flow=np.zeros(arcs.count),
    )


def _ways(facts: OpeningFacts, arcs: Arcs) -> NDArray[np.float64]:
    """Return what ways cost, or, where none costs anything, what they might. [arc] [yuan]."""
    return arcs.yuan if facts.travel.any() else NOMINAL * arcs.km


def worth_keeping(
    facts: OpeningFacts, arcs: Arcs, seat: NDArray[np.float64], margin: float
) -> NDArray[np.bool_]:
    """
    Return which ways cost at most so much more, seat counted, than the child's best, or than its best inside.

    Parameters
    ----------
    facts
        The given figures.
    arcs
        All of some children's ways.
    seat
        Price of a seat, [point, year]. [yuan]
    margin
        [yuan]
    """
    paid = _ways(facts, arcs) + seat[arcs.point, arcs.year]
    keep = np.zeros(arcs.count, dtype=bool)
    pair = arcs.origin * facts.years + arcs.year
    for group in (np.ones(arcs.count, dtype=bool), ~arcs.outside):
        least = np.full(facts.origins * facts.years, np.inf)
        np.minimum.at(least, pair[group], paid[group])
        keep |= group & (paid <= least[pair] + margin)
    return keep


def roll_out(
    market: Market,
    opens: NDArray[np.int64],
    prices: NDArray[np.float64],
    *,
    margin: float,
    steps: int = 40,
    gap: float = 2e-3,
    left: Callable[[], float | None] = unlimited,
) -> Filled:
    """
    Return whole classes, chosen year after year, the prices of the years ahead found anew before each.

    Parameters
    ----------
    market
        The children.
    opens
        Opening year of each project.
    prices
        [row, then goal]. [yuan]
    margin
        Ways that cost so much more than the best one are left out. [yuan]
    steps
        Of the prices before each year.
    gap
        Of each year's classes. [1]
    left
        Tells the time left for all years, of which each gets its share; None for no end. [s]
    """
    filled = nobody(market.facts, opens)
    facts, cells, every = filled.facts, filled.cells, filled.arcs
    opened = weights_of(opens, facts.years)
    weights = Weights(*prices[market.rows :].tolist())
    classes, flow = filled.classes.copy(), filled.flow.copy()
    rooms = facts.campuses * facts.years
    for year in range(facts.years):
        ahead = Market(
            replace(facts, demand=np.where(np.arange(facts.years) < year, 0.0, facts.demand)), weights
        )
        intake = _intake(facts, every, flow)
        size = _size_left(facts, intake)
        right = ahead.right(opened)
        right[:rooms] = np.maximum(filled.rooms - cells.rooms_used(classes), 0.0)
        if len(facts.size_of):
            right[ahead.size_rows] = np.maximum(size, 0.0)[np.isfinite(facts.size)]
        part_open = openness(facts, opened)[ahead.site_campus]
        prices, _ = raise_prices(ahead, prices, right, part_open, WARM, steps)
        prices, said = raise_prices(ahead, prices, right, part_open, COLD, steps)
        seats = ahead.seats(prices)
        own = np.flatnonzero(cells.year == year)
        fraction = ahead.classes(said.intake, ahead.seats(prices, COLD))[own]
        child = (ahead.child_uses[:, ahead.size_rows] @ prices[ahead.size_rows]).reshape(facts.points, -1)
        now = every.year == year
        chosen = np.flatnonzero(now)[worth_keeping(facts, every.some(now), seats.price, margin)]
        arcs = every.some(chosen)
        usable = filled.usable[cells.point[own], year]
        low = np.where(usable & (facts.least <= 0), np.floor(fraction - ROUNDING).clip(0.0), 0.0)
        high = np.where(usable, np.ceil(fraction + ROUNDING), 0.0)
        free = np.minimum(_most_alone(cells, own, right[:rooms]), cells.most[own])
        part = Part(
            arcs=arcs,
            cells=own,
            low=np.minimum(low, free),
            high=np.minimum(high, free),
            others=np.zeros((facts.points, facts.years)),
            rooms=right[:rooms],
            size=size,
            class_yuan=ahead.class_prices(prices)[own],
            extra=child[arcs.point, year],
        )
        values, most = None, left()
        limit = None if most is None else max(most / (facts.years - year), SHORTEST)
        for least, close, seconds in (
            (part.low, gap, limit),
            (0 * part.low, gap, limit),
            (0 * part.low, ANY, None),
        ):
            programme = Programme(facts, cells, replace(part, low=least))
            values = programme.minimise(_weighted(programme, weights), gap=close, seconds=seconds)
            if values is not None:
                classes[own], flow[chosen] = values[programme.c], values[programme.x]
                break
    return replace(filled, classes=classes, flow=flow)


def _most_alone(cells: Cells, own: NDArray[np.int64], rooms: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the classes for which each cell would find rooms if it were alone. [own cell] [classes]."""
    uses = cells.uses[own]
    least = np.full(len(own), np.inf)
    np.minimum.at(least, np.repeat(np.arange(len(own)), np.diff(uses.indptr)), rooms[uses.indices])
    return np.floor(least + 1e-6)


def _weighted(programme: Programme, weights: Weights) -> NDArray[np.float64]:
    """Return all goals in one cost, in thousands. [column]."""
    return (
        sum(
            (weight * programme.costs[goal] for goal, weight in zip(GOALS, weights, strict=True)),
            np.zeros(len(programme.columns)),
        )
        / 1e3
    )


def neighbourhood(facts: OpeningFacts, seed: int, size: int) -> NDArray[np.int64]:
    """Return a point, and those whose children are most often its own too or that share its rooms."""
    known = facts.near >= 0
    rows = np.flatnonzero(((facts.near == seed) & known).any(axis=1))
    ranks = facts.near[rows][known[rows]]
    weight = (1.0 / (1 + np.arange(facts.near.shape[1])))[None, :].repeat(len(rows), 0)[known[rows]]
    score = np.zeros(facts.points)
    np.add.at(score, ranks, weight)
    score[facts.campus == facts.campus[seed]] += score.max(initial=1.0)
    score[seed] = np.inf
    order = np.argsort(-score, kind="stable")[:size]
    return order[score[order] > 0]


def improve(
    filled: Filled,
    members: NDArray[np.int64],
    *,
    margin: float,
    step: float = 1.0,
    gap: float = 1e-3,
    nodes: int = NODES,
    left: Callable[[], float | None] = unlimited,
) -> tuple[Filled, NDArray[np.float64]]:
    """
    Choose the classes of some points in all years anew, with the children who use or could well use them.

    Children who are left where they are hold their seats. Goals are minimised in their order, each held for the next.

    Parameters
    ----------
    filled
        To begin with; what is returned is never worse.
    members
        Points whose classes are chosen.
    margin
        Ways that cost so much more than the best one are left out, if nobody uses them. [yuan]
    step
        How many classes more or fewer. [classes]
    gap, nodes
        End the search of each goal. [1], [nodes]
    left
        Tells the time left before the search of each goal; None for no end. [s]

    Returns
    -------
    The same or a better one, and what was gained of each goal, in their order: 0 of all in the same.
    """
    facts, cells, arcs, flow = filled.facts, filled.cells, filled.arcs, filled.flow
    inside = np.zeros(facts.points, dtype=bool)
    inside[members] = True
    pair = arcs.origin * facts.years + arcs.year
    pairs = facts.origins * facts.years
    way = _ways(facts, arcs)
    placed = np.bincount(pair, weights=flow, minlength=pairs)
    mean = np.bincount(pair, weights=way * flow, minlength=pairs) / np.maximum(placed, 1e-9)
    away = np.bincount(pair, weights=flow * arcs.outside, minlength=pairs) > NOTHING
    lost = facts.demand.ravel() - placed > NOTHING
    tempting = inside[arcs.point] & (
        (flow > NOTHING) | (way < mean[pair]) | lost[pair] | (away[pair] & ~arcs.outside)
    )
    touched = np.zeros(pairs, dtype=bool)
    touched[pair[tempting]] = True
    near = worth_keeping(facts, arcs, np.zeros((facts.points, facts.years)), margin)
    mine = touched[pair] & (near | (flow > 0) | lost[pair] | away[pair])
    if np.count_nonzero(touched[pair]) <= FEW_WAYS:
        mine = touched[pair]
    own_arcs = arcs.some(mine)
    step = np.inf if own_arcs.count <= FEWEST_WAYS else step
    others = np.where(touched[pair], 0.0, flow)
    seen = np.zeros((facts.points, facts.years), dtype=bool)
    seen[own_arcs.point, own_arcs.year] = True
    seen[members] |= filled.usable[members]
    own = np.flatnonzero(seen[cells.point, cells.year])
    if not len(own):
        return filled, np.zeros(len(GOALS))
    now = filled.classes[own]
    free = inside[cells.point[own]]
    used = cells.rooms_used(filled.classes) - cells.uses[own].T @ now
    intake = _intake(facts, arcs, others)
    part = Part(
        arcs=own_arcs,
        cells=own,
        low=np.where(free, np.maximum(now - step, 0.0), now),
        high=np.where(
            free & filled.usable[cells.point[own], cells.year[own]],
            np.minimum(now + step, np.maximum(cells.most[own], now)),
            now,
        ),
        others=intake,
        rooms=filled.rooms - used,
        size=_size_left(facts, np.where(seen, 0.0, intake)),
        class_yuan=cells.yuan[own],
        extra=np.zeros(own_arcs.count),
    )
    programme = Programme(facts, cells, part)
    before = programme.filled(flow[mine], now)
    # ways that cost yuan are short enough already: the kilometres are left to `settle`
    sought = tuple(GOALS)[:-1] if facts.travel.any() else tuple(GOALS)
    after = in_order(programme, before, goals=sought, gap=gap, nodes=nodes, left=left)
    gained = np.array([programme.value(goal, before) - programme.value(goal, after) for goal in GOALS])
    least = np.array([GAIN * max(1.0, abs(programme.value(goal, before))) for goal in sought])
    first = np.flatnonzero(np.abs(gained[: len(sought)]) > least)
    if not len(first) or gained[first[0]] < 0:
        return filled, np.zeros(len(GOALS))
    classes, flow = filled.classes.copy(), flow.copy()
    classes[own], flow[mine] = after[programme.c], after[programme.x]
    return replace(filled, classes=classes, flow=flow), gained


def in_order(
    programme: Programme,
    start: NDArray[np.float64] | None,
    *,
    goals: tuple[str, ...] = tuple(GOALS),
    slack: float = NOTHING,
    gap: float,
    nodes: int = NODES,
    left: Callable[[], float | None] = unlimited,
) -> NDArray[np.float64]:
    """
    Minimise the goals of a part in their order; each is held for those after it.

    Parameters
    ----------
    programme
        Of the part.
    start
        Columns to begin with, or none known.
    goals
        Those that are minimised.
    slack
        How far a goal may rise for those after it, of itself and of one unit. [1]
    gap, nodes
        End the search of each goal. [1], [nodes]
    left
        Tells the time left before the search of each goal; None for no end. [s]

    Returns
    -------
    Array [column], never worse than the start.
    """
    values = start
    for goal in goals:
        cost = programme.costs[goal]
        if not cost.any():
            continue
        if values is None or goal == "yuan" or cost @ values > NOTHING:
            unit = 1e-3 if goal == "yuan" else 1.0
            found = programme.minimise(unit * cost, values, gap=gap, nodes=nodes, seconds=left())
            values = programme.nobody() if found is None else found
        reached = programme.value(goal, values)
        if goal != "yuan" and reached <= NOTHING:
            programme.forbid(goal)
        else:
            programme.hold(goal, reached + slack * max(1.0, abs(reached)))
    return programme.nobody() if values is None else values


def settle(filled: Filled) -> Filled:
    """
    Return the best places of all children in the whole classes given, goal after goal.

    All years together where the size of a school is limited; otherwise each year alone.
    """
    facts, cells = filled.facts, filled.cells
    flow = filled.flow.copy()
    taught = filled.classes[cells.entry[filled.arcs.point, filled.arcs.year]] > 0
    free = ~np.isfinite(facts.worst[filled.arcs.point, filled.arcs.year])
    together: Iterable[NDArray[np.bool_]] = (
        [np.ones(filled.arcs.count, dtype=bool)]
        if len(facts.size_of)
        else [filled.arcs.year == t for t in range(facts.years)]
    )
    for year in together:
        chosen = np.flatnonzero(year & (taught | free))
        arcs = filled.arcs.some(chosen)
        seen = np.zeros((facts.points, facts.years), dtype=bool)
        seen[arcs.point, arcs.year] = True
        own = np.flatnonzero(seen[cells.point, cells.year])
        if not len(own):
            continue
        part = Part(
            arcs=arcs,
            cells=own,
            low=filled.classes[own],
            high=filled.classes[own],
            others=np.zeros((facts.points, facts.years)),
            rooms=filled.rooms,
            size=facts.size,
            class_yuan=np.zeros(len(own)),
            extra=np.zeros(arcs.count),
        )
        programme = Programme(facts, cells, part)
        flow[np.flatnonzero(year)] = 0.0
        flow[chosen] = in_order(programme, None, slack=SETTLED, gap=0.0)[programme.x]
    return replace(filled, flow=flow)
