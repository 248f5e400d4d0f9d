"""
Made districts of any size, for speed only.

Entry rises to a peak and falls by two thirds in seven years, as in Yuhe; at its peak the children of the stage fill
110 % of the rooms of today; the classes of the last count fill 95 % of them; every block has eight candidates.
"""

from __future__ import annotations

import numpy as np

from planner.optimise.openings.facts import OpeningFacts, Projects

CAP = 45.0
WORST = 65.0
GRADES = 6
PEAK = 1.10
"""Children of the stage at their peak, over the seats in the rooms of today. [1]"""
FILLED = 0.95
"""Classes of the last count over rooms. [1]"""
CANDIDATES = 8
DISCOUNT = 0.04
YUAN_PER_KM = 2000.0
"""
What a kilometre of way costs for one child and school year: four walks of an escort on 200 days, at 4 km and
10 yuan an hour. [yuan/km/year]
"""
ROOM_YUAN = 0.65e6
"""Capital cost of a room where a building stands and is fitted out. [yuan]"""
NEW_ROOM_YUAN = 1.9e6
"""Capital cost of a room in a new building: then rooms just suffice in the best plan. [yuan]"""
RUNNING_YUAN = 20e3
"""Running cost of a room, classes there or not. [yuan/year]"""
LIFE = 30
"""Years over which a building loses its value, evenly. [years]"""
SWELL = 1.2
"""Radius of the places that grow more than others. [km]"""
ADDED = 0.20
"""Rooms of all projects together, over the rooms of today. [1]"""
SIZES = {"town": (30, 300, 10, 3), "county": (80, 800, 15, 6), "city": (400, 5000, 10, 20)}
"""Schools, blocks, years and projects of the three sizes measured."""


def wave(years: int) -> np.ndarray:
    """
    Return entry by year, from six years before the first on, in parts of the rooms of today x the cap.

    Even before the last count; up to a peak in four years; down by two thirds in seven; even again.
    """
    ends = [-GRADES, -1, 3, 10, max(years, 11)]
    at = np.arange(-GRADES, years)
    even = FILLED / GRADES

    def highest(top: float) -> float:
        entry = np.interp(at, ends, [1.0, 1.0, top, top / 3, top / 3]) * even
        return float(np.convolve(entry, np.ones(GRADES), "valid").max())

    low, high = 1.0, 4.0
    while high - low > 1e-9:
        middle = (low + high) / 2
        low, high = (middle, high) if highest(middle) < PEAK else (low, middle)
    return np.interp(at, ends, [1.0, 1.0, low, low / 3, low / 3]) * even


def discounted(yuan: float, year: int) -> float:
    """Return what a sum of a year is worth in the first one. [yuan]."""
    return yuan / (1 + DISCOUNT) ** year


def opening_cost(rooms: float, opens: int, years: int, room_yuan: float) -> float:
    """Return capital less residual value at the horizon, and running cost, discounted. [yuan]."""
    capital = rooms * room_yuan
    value = capital * max(0.0, 1 - (years - opens) / LIFE)
    running = sum(discounted(rooms * RUNNING_YUAN, year) for year in range(opens, years))
    return discounted(capital, opens) - discounted(value, years) + running


def made_district(
    schools: int, blocks: int, years: int, projects: int, *, seed: int = 0, room_yuan: float = ROOM_YUAN
) -> OpeningFacts:
    """
    Make the facts of a district of scattered blocks and schools of one stage.

    Schools are sized by the children nearest to them; sites lie where children outgrow the schools most.

    Parameters
    ----------
    schools, blocks, years, projects
        Sizes; the sites of the projects come after the schools.
    seed
        Of places, sizes and trends.
    room_yuan
        Capital cost of a room of a project.
    """
    random = np.random.default_rng(seed)
    side = np.sqrt(blocks) / 2
    homes = random.uniform(0, side, (blocks, 2))
    standing = random.uniform(0, side, (schools, 2))
    swell = np.zeros(blocks)
    for centre in random.uniform(0.1 * side, 0.9 * side, (projects + 1, 2)):
        swell += np.exp(-((homes - centre) ** 2).sum(axis=1) / (2 * SWELL**2))
    trend = 0.9 + 0.35 * np.minimum(swell, 1.0) + random.normal(0, 0.03, blocks)

    # schools sized by the children of the last count who live nearest, a little evened out
    size = random.uniform(2, 14, blocks)
    far = 1.3 * np.hypot(*(homes[:, None] - standing[None]).transpose(2, 0, 1))
    near = np.zeros(schools)
    order = np.argsort(far, axis=1)
    for rank, share in enumerate((0.6, 0.3, 0.1)):
        np.add.at(near, order[:, rank], share * size)
    rooms = np.maximum(np.rint(16 * schools * (0.3 / schools + 0.7 * near / near.sum())), 6.0)
    entry = wave(years)
    classes = np.zeros((schools, GRADES))
    for school in range(schools):
        total = round(FILLED * rooms[school])
        classes[school] = np.diff(np.rint(np.linspace(0, total, GRADES + 1) + random.uniform(-0.3, 0.3)))
    left = np.zeros((schools + projects, years))
    for year in range(min(GRADES - 1, years)):
        left[:schools, year] = classes[:, : GRADES - 1 - year].sum(axis=1)

    # entrants: blocks move from even growth to their own trend by the peak
    total = rooms.sum() * CAP * entry[GRADES:]
    ramp = np.clip(np.arange(1, years + 1) / 4, 0, 1)
    weight = size[:, None] * trend[:, None] ** ramp * random.normal(1, 0.05, (blocks, years))
    demand = np.rint(total * weight / weight.sum(axis=0))

    # sites at blocks of the greatest lack, well apart
    lack = (demand[:, 3:6].mean(axis=1) - size / size.sum() * rooms.sum() * CAP / GRADES).copy()
    sites: list[np.ndarray] = []
    around = np.array([lack[np.hypot(*(homes - home).T) < 1.5 * SWELL].sum() for home in homes])
    apart = 0.9 * side / np.sqrt(max(projects, 1)) / 2
    for block in np.argsort(-around):
        if len(sites) < projects and all(np.hypot(*(homes[block] - site)) > apart for site in sites):
            sites.append(homes[block] + random.normal(0, 0.1, 2))
    places = np.vstack([standing, *(site[None] for site in sites)])
    km = 1.3 * np.hypot(*(homes[:, None] - places[None]).transpose(2, 0, 1))
    ranked = np.argsort(km, axis=1)[:, :CANDIDATES]

    share = ADDED * rooms.sum() / max(projects, 1)
    gains = np.zeros((projects, years))
    for p in range(projects):
        whole = float(np.clip(6 * np.rint(share * random.uniform(0.85, 1.15) / 6), 24, 60))
        gains[p] = whole
        gains[p, :2] = 6 * np.rint(whole * 2 / 3 / 6)
    allowed = np.zeros((projects, years), dtype=bool)
    for p in range(projects):
        allowed[p, random.integers(1, 3) :] = True
    cost = np.array(
        [[opening_cost(gains[p, -1], v, years, room_yuan) for v in range(years)] for p in range(projects)]
    )
    spending, added = np.zeros((2, projects, years, years))
    for v in range(years):
        spending[:, v, max(v - 1, 0)] += 0.5 * gains[:, -1] * room_yuan
        spending[:, v, v] += 0.5 * gains[:, -1] * room_yuan
        added[:, v, v:] = gains[:, : years - v]
    points = schools + projects
    by_year = np.array([discounted(YUAN_PER_KM * GRADES, year) for year in range(years)])
    ages = np.arange(years)[:, None] + np.arange(GRADES)
    cells = (points, years, GRADES)
    return OpeningFacts(
        years=years,
        demand=demand,
        stay=np.full(blocks, GRADES),
        near=ranked,
        km=np.take_along_axis(km, ranked, axis=1),
        outside=np.zeros((*ranked.shape, years), dtype=bool),
        travel=np.tile(by_year, (blocks, 1)),
        campus=np.arange(points),
        grades=np.full(points, GRADES),
        kept=True,
        seats=np.full(cells, CAP),
        worst=np.full((points, years), WORST),
        heads=np.ones(cells),
        holds=np.where(ages < years, np.arange(points)[:, None, None], -1),
        least=0.0,
        limits=np.full((points, years), np.inf),
        most=np.full((points, years), np.inf),
        class_yuan=np.zeros(cells),
        rooms=np.vstack([np.repeat(rooms[:, None], years, axis=1), np.zeros((projects, years))]),
        left=left,
        projects=Projects(
            allowed=allowed,
            cost=cost,
            spending=spending,
            effect_of=np.arange(projects),
            effect_campus=schools + np.arange(projects),
            effect_rooms=added,
        ),
    )
