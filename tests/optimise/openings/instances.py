"""Small facts of openings: by hand, and made at random with every feature that the facts know."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np

from planner.optimise.openings.facts import NEVER, OpeningFacts, Projects


def no_projects(years: int) -> Projects:
    """Return none."""
    return Projects(
        allowed=np.zeros((0, years), dtype=bool),
        cost=np.zeros((0, years)),
        spending=np.zeros((0, years, years)),
        effect_of=np.zeros(0, dtype=np.int64),
        effect_campus=np.zeros(0, dtype=np.int64),
        effect_rooms=np.zeros((0, years, years)),
    )


def since(rooms: float, years: int) -> np.ndarray:
    """Return the rooms of a project from the year it opens on, [year of opening, year]."""
    return rooms * np.triu(np.ones((years, years)))


def one_project(years: int, *, campus: int, rooms: float, cost: float, **changes) -> Projects:
    """Return a project that gives a campus rooms in any year, and costs as much whenever it opens."""
    spending = np.zeros((1, years, years))
    spending[0, np.arange(years), np.arange(years)] = cost
    projects = Projects(
        allowed=np.ones((1, years), dtype=bool),
        cost=np.full((1, years), cost),
        spending=spending,
        effect_of=np.array([0]),
        effect_campus=np.array([campus]),
        effect_rooms=since(rooms, years)[None],
    )
    return replace(projects, **changes)


def street(demand: list[list[float]], rooms: list[list[float]], **changes) -> OpeningFacts:
    """
    Return two schools on a street of two blocks, two grades, caps of 10 and 15 at worst.

    .. code-block:: text

        block 0 --- school 0 --------- school 1 --- block 1       1 km to the own school, 3 km to the other

    Parameters
    ----------
    demand
        [block, year]: entrants.
    rooms
        [school, year].
    """
    years = len(demand[0])
    after = np.arange(years)[:, None] + np.arange(2) < years
    facts = OpeningFacts(
        years=years,
        demand=np.array(demand, dtype=float),
        stay=np.array([2, 2]),
        near=np.array([[0, 1], [1, 0]]),
        km=np.array([[1.0, 3.0], [1.0, 3.0]]),
        outside=np.tile(np.array([[[False], [True]]]), (2, 1, years)),
        travel=np.full((2, years), 100.0),
        campus=np.array([0, 1]),
        grades=np.array([2, 2]),
        kept=True,
        seats=np.tile(np.where(after, 10.0, np.inf), (2, 1, 1)),
        worst=np.full((2, years), 15.0),
        heads=np.tile(np.where(after, 1.0, 0.0), (2, 1, 1)),
        holds=np.where(after[None], np.arange(2)[:, None, None], -1),
        least=0.0,
        limits=np.full((2, years), np.inf),
        most=np.full((2, years), np.inf),
        class_yuan=np.zeros((2, years, 2)),
        rooms=np.array(rooms, dtype=float),
        left=np.zeros((2, years)),
        projects=no_projects(years),
    )
    return replace(facts, **changes)


def small_case(seed: int, *, largest: tuple[int, int, int, int] = (3, 6, 4, 2)) -> OpeningFacts:
    """
    Return facts of at most 3 schools, 6 blocks, 4 years and 2 projects, each feature switched on at random.

    Parameters
    ----------
    seed
        Of everything.
    largest
        Most schools, blocks, years and projects.
    """
    random = np.random.default_rng(seed)

    def chance(part: float) -> bool:
        return bool(random.random() < part)

    schools, blocks, years = (int(random.integers(1, most + 1)) for most in largest[:3])
    wanted = int(random.integers(0, largest[3] + 1))
    stages = 2 if chance(0.4) else 1
    closing = wanted == 2 and schools > 1 and chance(0.35)
    new = [] if closing else [chance(0.6) for _ in range(wanted)]
    # a campus that may close is two campuses at one place: that it stays, and that it closes; each is a site
    futures = 1 if closing else 0
    campuses = schools + sum(new) + futures
    homes, places = random.uniform(0, 4, (blocks, 2)), random.uniform(0, 4, (campuses, 2))
    if closing:
        places[-1] = places[schools - 1]
    km = np.round(np.hypot(*(homes[:, None] - places[None]).transpose(2, 0, 1)), 3)
    order = np.argsort(km, axis=1, kind="stable")
    near = np.vstack([order + e * campuses for e in range(stages)])
    km = np.tile(np.take_along_axis(km, order, axis=1), (stages, 1))
    if chance(0.3) and campuses > 1:
        near[:, -1] = np.where(random.random(len(near)) < 0.5, -1, near[:, -1])
        km = np.where(near < 0, np.inf, km)
    lengths = [3, 2][:stages] if chance(0.7) else [2, 3][:stages]
    grades = np.repeat(lengths, campuses)
    points, longest = campuses * stages, max(lengths)

    rooms, left = np.zeros((campuses, years)), np.zeros((campuses, years))
    for s in range(schools):
        rooms[s] = random.integers(2, 6) * stages
        if chance(0.6):
            fading = np.sort(random.integers(0, int(rooms[s, 0]) + 2, min(2, years)))[::-1]
            left[s, : len(fading)] = fading
    standing = schools - futures
    if closing:
        rooms[standing], left[standing] = 0.0, 0.0

    age = np.arange(longest)
    alive = (age < grades[:, None, None]) & (np.arange(years)[:, None] + age < years)
    holds = np.where(alive, np.tile(np.arange(campuses), stages)[:, None, None], -1)
    growth = 1.0 if chance(0.4) else float(random.uniform(0.95, 1.06))
    heads = np.where(alive, np.round(growth**age, 4), 0.0)
    caps = 45.0 + (5.0 * (age > 0) if chance(0.3) else 0.0) + (-4.0 * (age > 1) if chance(0.2) else 0.0)
    falls = np.where(np.arange(years)[:, None] + age >= 2, -3.0, 0.0) if chance(0.2) else 0.0
    seats = np.where(
        alive, np.round((caps + falls) / np.where(alive, np.where(heads > 0, heads, 1), 1), 3), np.inf
    )

    projects = (
        _futures(random, standing, campuses, years)
        if closing
        else _openings(random, new, schools, years)
        if wanted
        else no_projects(years)
    )
    if closing:
        closes = int(random.integers(1, years + 1))
        receiver = int(random.integers(0, standing)) if standing else standing
        since_closing = (np.arange(years)[:, None] + age >= closes) & alive
        of_closing = np.tile(np.arange(campuses), stages) == campuses - 1
        holds = np.where(of_closing[:, None, None] & since_closing, receiver, holds)
    size_of: tuple[tuple[int, ...], ...] = ()
    size = np.zeros((0, 0))
    if chance(0.3):
        size_of = (tuple(range(campuses)), (0,)) if chance(0.5) else ((0,),)
        size = random.integers(40, 250, (len(size_of), years)).astype(float)
        size[0, 0] = np.inf
    limits = np.full((points, years), np.inf)
    if chance(0.25):
        limits[int(random.integers(points))] = float(random.integers(0, 60))
    most = np.full((points, years), np.inf)
    if chance(0.25):
        most[int(random.integers(points))] = float(random.integers(0, 3))
    rows = blocks * stages
    outside = np.zeros((*near.shape, years), dtype=bool)
    if chance(0.6):
        outside = random.random(outside.shape) < 0.35
    return OpeningFacts(
        years=years,
        demand=np.rint(random.uniform(5, 60, (rows, years)) * random.uniform(0.4, 1.2)),
        stay=np.repeat(lengths, blocks),
        near=near,
        km=km,
        outside=outside & (near >= 0)[:, :, None],
        travel=np.tile((6000.0 if chance(0.7) else 0.0) * 0.96 ** np.arange(years, dtype=float), (rows, 1)),
        campus=np.tile(np.arange(campuses), stages),
        grades=grades,
        kept=chance(0.6),
        seats=seats,
        worst=np.full((points, years), 65.0 if chance(0.8) else 45.0),
        heads=heads,
        holds=holds,
        least=float(random.integers(10, 31)) if chance(0.3) else 0.0,
        limits=limits,
        most=most,
        class_yuan=np.where(alive, 1e5 * random.uniform(0.5, 1.5) if chance(0.4) else 0.0, 0.0),
        rooms=rooms,
        left=left,
        size_of=size_of,
        size=size,
        projects=projects,
    )


def _paid(cost: np.ndarray, years: int) -> np.ndarray:
    """Return all of the cost in the year of opening, [project, year of opening, year]."""
    spending = np.zeros((len(cost), years, years))
    spending[:, np.arange(years), np.arange(years)] = cost
    return spending


def _openings(random: np.random.Generator, new: list[bool], schools: int, years: int) -> Projects:
    """Return new schools, in two phases now and then, and expansions, bound to each other in one way or another."""
    count = len(new)
    sites = iter(range(schools, schools + count))
    allowed = random.random((count, years)) < 0.8
    campus = [next(sites) if site else int(random.integers(schools)) for site in new]
    rooms = np.stack([since(float(random.integers(2, 7)), years) for _ in range(count)])
    if random.random() < 0.3:
        rooms[0] += since(2.0, years + 1)[:-1, 1:] * np.triu(np.ones((years, years)), 1)
    cost = random.uniform(1e6, 8e6, (count, 1)) * 0.9 ** np.arange(years)
    if random.random() < 0.1:
        cost[0, -1] = -5e4
    projects = Projects(
        allowed=allowed,
        cost=cost,
        spending=_paid(np.abs(cost), years),
        effect_of=np.arange(count),
        effect_campus=np.array(campus),
        effect_rooms=rooms,
    )
    kind = int(random.integers(7))
    if kind == 0:
        return replace(projects, budget=np.full(years, 6e6))
    if kind == 1:
        return replace(projects, budget_total=6e6)
    if kind == 2:
        return replace(projects, building=np.abs(rooms), building_limit=np.full(years, 5.0))
    if kind == 3 and allowed.any():
        return replace(projects, exactly_one=(tuple(range(count)),))
    if count == 2 and kind == 4:
        return replace(projects, needs=((1, 0),))
    if count == 2 and kind == 5:
        return replace(projects, at_most_one=((0, 1),))
    return projects


def _futures(random: np.random.Generator, stays: int, campuses: int, years: int) -> Projects:
    """Return the two futures of a campus: it stays with its rooms, or closes later and its rooms are worth something."""
    rooms = float(random.integers(2, 6))
    closes = int(random.integers(0, years))
    until = rooms * (np.arange(years) < closes)
    effect = np.zeros((3, years, years))
    effect[0, 0] = rooms
    effect[1, 0] = until
    # year groups of the last count go on at another campus, which gives up a room or more than it has
    effect[2, 0, closes:] = -float(random.integers(0, 4))
    allowed = np.zeros((2, years), dtype=bool)
    allowed[:, 0] = True
    cost = np.zeros((2, years))
    cost[1] = -float(random.uniform(0, 3e6))
    return Projects(
        allowed=allowed,
        cost=cost,
        spending=np.zeros((2, years, years)),
        effect_of=np.array([0, 1, 1]),
        effect_campus=np.array([stays, campuses - 1, 0]),
        effect_rooms=effect,
        exactly_one=((0, 1),),
    )


def openings_of(projects: Projects) -> list[np.ndarray]:
    """Return every choice of opening years, kept to what binds the projects or not."""
    years = [[NEVER, *np.flatnonzero(allowed).tolist()] for allowed in projects.allowed]
    return [np.array(opens, dtype=np.int64) for opens in product(*years)]
