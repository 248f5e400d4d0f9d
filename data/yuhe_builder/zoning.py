"""Catchments: blocks grow from each school along short ways until every school has the children meant for it."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from yuhe_builder.land import Land, to_degrees, to_km
from yuhe_builder.places import DENSITY
from yuhe_builder.settings import SCHOOLS, School

if TYPE_CHECKING:
    from collections.abc import Sequence

import shapely


@dataclass(frozen=True, kw_only=True)
class Zones:
    """Catchments of one stage at the last count."""

    schools: list[School]
    owner: np.ndarray
    """Number of the school of each block."""
    loads: np.ndarray
    """Children that the blocks of each school were given by their first weights."""


def first_weights(land: Land, rng: np.random.Generator) -> np.ndarray:
    """Return children of primary age by block, from area and class of place."""
    density = np.array([DENSITY[kind] for kind in land.place])
    return (
        density
        * np.power(land.square_km, 0.8)
        * rng.lognormal(0, 0.22, len(land.blocks))
        * np.where(density < 20, 1.3, 0.8)
    )


def home_blocks(land: Land) -> dict[str, int]:
    """Return the block each school stands in."""
    tree = shapely.STRtree(land.blocks)
    homes = {}
    for school in SCHOOLS:
        hit = tree.query(shapely.Point(to_degrees(np.array(school.at))), predicate="intersects")
        homes[school.school] = int(min(hit))
    for stage in ("primary", "junior"):
        own = [homes[school.school] for school in SCHOOLS if getattr(school, stage)]
        if len(set(own)) < len(own):
            raise ValueError(f"two {stage} schools stand in one block")
    return homes


def school_points(land: Land, homes: dict[str, int]) -> dict[str, np.ndarray]:
    """Return where schools stand: between the place asked for and the middle of the block. [degrees]"""
    points = {}
    for school in SCHOOLS:
        block = land.blocks[homes[school.school]]
        middle = to_km(shapely.get_coordinates(shapely.point_on_surface(block)))[0]
        point = to_degrees(0.35 * np.array(school.at) + 0.65 * middle)
        if not block.buffer(-3e-4).contains(shapely.Point(point)):
            point = to_degrees(middle)
        points[school.school] = point
    return points


def _grown(
    ways: list[dict[int, float]], starts: Sequence[int], offsets: np.ndarray, given: dict[int, int]
) -> np.ndarray:
    """Return the nearest start of each block when a start begins `offsets` kilometres late."""
    owner = np.full(len(ways), -1)
    for number, start in enumerate(starts):
        owner[start] = number
    for block, number in given.items():
        owner[block] = number
    done = np.zeros(len(ways), dtype=bool)
    queue = [(float(offsets[number]), start, number) for number, start in enumerate(starts)]
    heapq.heapify(queue)
    while queue:
        length, block, number = heapq.heappop(queue)
        if done[block]:
            continue
        owner[block], done[block] = number, True
        for other, way in ways[block].items():
            if not done[other] and owner[other] in {-1, number}:
                heapq.heappush(queue, (length + way, other, number))
    return owner


def draw(
    land: Land,
    schools: list[School],
    wanted: np.ndarray,
    weights: np.ndarray,
    homes: dict[str, int],
    given: dict[int, int],
) -> Zones:
    """
    Return catchments in one piece whose children come near what is wanted of each school.

    `given` names blocks whose school, by its number in `schools`, is settled.
    """
    starts = [homes[school.school] for school in schools]
    spread = np.array(
        [{"core": 0.35, "new": 0.5, "town": 1.6, "village": 1.6, "point": 1.6}[s.kind] for s in schools]
    )
    offsets = np.zeros(len(schools))
    best, best_miss = _grown(land.ways, starts, offsets, given), np.inf
    for step in range(400):
        owner = _grown(land.ways, starts, offsets - offsets.min(), given)
        loads = np.bincount(owner, weights=weights, minlength=len(schools))
        miss = float(np.sum(np.abs(np.log(np.maximum(loads, 1) / wanted)) * np.sqrt(wanted)))
        if miss < best_miss:
            best, best_miss = owner, miss
        pull = 0.3 * 0.992**step
        offsets += pull * spread * np.clip(np.log(np.maximum(loads, 1) / wanted), -1, 1)
    owner = _traded(land.ways, best, starts, weights, wanted, land.centres, given)
    return Zones(
        schools=schools, owner=owner, loads=np.bincount(owner, weights=weights, minlength=len(schools))
    )


def in_one_piece(members: set[int], ways: list[dict[int, float]]) -> bool:
    """Return whether blocks hang together by shared borders."""
    first = next(iter(members))
    seen, queue = {first}, [first]
    while queue:
        for other in ways[queue.pop()]:
            if other in members and other not in seen:
                seen.add(other)
                queue.append(other)
    return len(seen) == len(members)


def _traded(
    ways: list[dict[int, float]],
    owner: np.ndarray,
    starts: list[int],
    weights: np.ndarray,
    wanted: np.ndarray,
    centres: np.ndarray,
    given: dict[int, int],
) -> np.ndarray:
    """Return the owners after giving border blocks away wherever that brings children nearer to what is wanted or nearer to school."""
    owner = owner.copy()
    loads = np.bincount(owner, weights=weights, minlength=len(wanted))
    fixed = {*starts, *given}

    def walk(block: int, number: int) -> float:
        return float(np.hypot(*(centres[block] - centres[starts[number]])))

    for _ in range(6):
        changed = False
        for block in range(len(ways)):
            if block in fixed:
                continue
            mine = int(owner[block])
            best, gain = mine, 1e-9
            for other in sorted({int(owner[near]) for near in ways[block]} - {mine}):
                before = (loads[mine] / wanted[mine] - 1) ** 2 * wanted[mine] + (
                    loads[other] / wanted[other] - 1
                ) ** 2 * wanted[other]
                after = ((loads[mine] - weights[block]) / wanted[mine] - 1) ** 2 * wanted[mine] + (
                    (loads[other] + weights[block]) / wanted[other] - 1
                ) ** 2 * wanted[other]
                crossing = min(
                    way - float(np.hypot(*(centres[block] - centres[near])))
                    for near, way in ways[block].items()
                    if owner[near] == other
                )
                touching = sum(owner[near] == other for near in ways[block]) - sum(
                    owner[near] == mine for near in ways[block]
                )
                better = (
                    before
                    - after
                    + 0.25 * weights[block] * (walk(block, mine) - walk(block, other) - crossing)
                    + 2.0 * touching
                )
                if better > gain:
                    rest = set(np.flatnonzero(owner == mine).tolist()) - {block}
                    if in_one_piece(rest, ways):
                        best, gain = other, better
            if best != mine:
                loads[mine] -= weights[block]
                loads[best] += weights[block]
                owner[block] = best
                changed = True
        if not changed:
            break
    return owner
