"""The district, step by step: land, catchments of every year, children, classes and rooms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from yuhe_builder.land import Land, make_land
from yuhe_builder.people import IDS, START, People, early_entry, expected_entry, go_to_school, grow_up
from yuhe_builder.places import SEED
from yuhe_builder.settings import FIRST, LAST, MOVED, SCHOOLS
from yuhe_builder.zoning import draw, first_weights, home_blocks, in_one_piece


@dataclass(frozen=True, kw_only=True)
class Made:
    """The whole district before it is written."""

    land: Land
    homes: dict[str, int]
    """Block each school stands in."""
    catchments: dict[int, dict[str, np.ndarray]]
    """By year and stage: number of the school of each block."""
    weights: np.ndarray
    """Children of primary age by block that the last count was made for."""
    group: list[str]
    people: People


def _wanted(stage: str) -> tuple[list, np.ndarray]:
    """Return the schools of a stage and the children of primary age wanted in their catchments."""
    kind = {"core": "core", "new": "new", "town": "country", "village": "country", "point": "country"}
    schools = [school for school in SCHOOLS if getattr(school, stage)]
    ratio = {
        place: sum(s.primary for s in SCHOOLS if s.kind != "private" and kind[s.kind] == place)
        / sum(getattr(s, stage) for s in schools if kind[s.kind] == place)
        for place in ("core", "new", "country")
    }
    return schools, np.array([getattr(school, stage) * ratio[kind[school.kind]] for school in schools])


def _of_year(final: np.ndarray, stage: str, year: int, moved: dict[int, tuple[str, int]]) -> np.ndarray:
    """Return the catchments of a year: blocks of schools not yet open belong to the school before."""
    owner = final.copy()
    if stage == "primary":
        for block, (school, since) in moved.items():
            if year < since:
                owner[block] = IDS.index(school)
    for _ in SCHOOLS:
        for number, school in enumerate(SCHOOLS):
            before = school.before if stage == "primary" else school.before_junior
            if before and school.opened and year < school.opened:
                owner[owner == number] = IDS.index(before)
    return owner


def _moved_blocks(land: Land, final: np.ndarray) -> dict[int, tuple[str, int]]:
    """Return the blocks that changed hands between standing schools, with the school and year before."""
    found = {}
    for old, new, since, count in MOVED:
        mine, theirs = IDS.index(new), IDS.index(old)
        ring = [
            b for b in np.flatnonzero(final == mine) if any(final[near] == theirs for near in land.ways[b])
        ]
        centre = land.centres[np.flatnonzero(final == theirs)].mean(axis=0)
        for block in sorted(ring, key=lambda b: float(np.hypot(*(land.centres[b] - centre)))):
            rest = set(np.flatnonzero(final == mine).tolist()) - {block, *found}
            if sum(1 for school, _ in found.values() if school == old) < count and in_one_piece(
                rest, land.ways
            ):
                found[int(block)] = (old, since)
    return found


def make() -> Made:
    """Return the district."""
    land = make_land(np.random.default_rng([SEED, 1]))
    rng = np.random.default_rng([SEED, 2])
    weights = first_weights(land, rng)
    homes = home_blocks(land)
    final: dict[str, np.ndarray] = {}
    for stage in ("primary", "junior"):
        schools, wanted = _wanted(stage)
        weights = weights * wanted.sum() / weights.sum()
        nine = {
            IDS.index(s.school): number
            for number, s in enumerate(schools)
            if s.stays and s.primary and s.junior
        }
        given = (
            {block: nine[owner] for block, owner in enumerate(final["primary"]) if owner in nine}
            if stage == "junior"
            else {}
        )
        zones = draw(land, schools, wanted, weights, homes, given)
        final[stage] = np.array([IDS.index(schools[number].school) for number in zones.owner])
        if stage == "primary":
            weights = weights * (wanted / zones.loads)[zones.owner]
    moved = _moved_blocks(land, final["primary"])
    catchments = {
        year: {stage: _of_year(owner, stage, year, moved) for stage, owner in final.items()}
        for year in range(START, LAST + 1)
    }
    group = [
        {"core": "core", "new": "new", "village": "village", "point": "village"}.get(
            SCHOOLS[number].kind, "town" if place == "town" else "rural"
        )
        for number, place in zip(final["primary"], land.place, strict=True)
    ]
    tilt = np.array([SCHOOLS[number].tilt for number in final["primary"]])
    expected = expected_entry(weights / 0.975, group, tilt)
    coming = np.array([SCHOOLS[number].coming for number in final["primary"]])
    expected.update({year: children * coming for year, children in expected.items() if year > LAST})
    born, register, of_age = grow_up(SEED + 3, expected, group)
    of_age.update(early_entry(np.random.default_rng(SEED + 2), expected))
    attending = go_to_school(SEED + 4, of_age, catchments, group)
    return Made(
        land=land,
        homes=homes,
        catchments={year: stages for year, stages in catchments.items() if year >= FIRST - 1},
        weights=weights,
        group=group,
        people=People(born=born, register=register, attending=attending),
    )
