"""Which blocks can move from one catchment to another: along the border, in one piece, leaving one piece behind."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import shapely

from planner.district import crossings, neighbours

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from numpy.typing import NDArray

    from planner.pipeline import Run

BLOCKS = 6
"""Blocks moved together at most."""

KEPT = 60
"""Sets of blocks followed up from each size to the next, when not said otherwise."""


@dataclass(frozen=True, kw_only=True)
class Land:
    """The blocks of a district, and the ways from them."""

    run: Run

    @cached_property
    def borders(self) -> dict[str, set[str]]:
        """Neighbours of every block that has any."""
        pairs = neighbours(self.run.district.blocks)
        found: dict[str, set[str]] = {}
        for one, other in zip(pairs["block"].astype(str), pairs["neighbour"].astype(str), strict=True):
            found.setdefault(one, set()).add(other)
            found.setdefault(other, set()).add(one)
        return found

    @cached_property
    def sites(self) -> dict[str, str]:
        """Block on which each public school stands; schools on none are left out."""
        blocks = self.run.district.blocks
        schools = self.run.district.schools.loc[list(self.run.plan.schools)]
        tree = shapely.STRtree(blocks.geometry.to_numpy())
        school, block = tree.query(schools.geometry.to_numpy(), predicate="intersects")
        ids = blocks.index.astype(str)
        return {self.run.plan.schools[s]: ids[b] for s, b in zip(school[::-1], block[::-1], strict=True)}

    @cached_property
    def _crossed(self) -> NDArray[np.bool_]:
        """[block, school], in the order of the plan: whether the straight way crosses a barrier."""
        district = self.run.district
        return crossings(district, district.schools.loc[list(self.run.plan.schools)])

    def burden(self, blocks: Collection[str], school: str, limit: float) -> int:
        """Return how many of the blocks have to cross a barrier, or walk farther than the limit, to a school."""
        plan = self.run.plan
        at, s = [plan.blocks.index(block) for block in blocks], plan.schools.index(school)
        far = self.run.distances[at, s] > limit
        return int((self._crossed[at, s] | far).sum())

    def metres(self, children: Mapping[str, float], school: str) -> float:
        """Return the mean way of the children of some blocks to a school. [m]."""
        plan = self.run.plan
        at = [plan.blocks.index(block) for block in children]
        ways = np.nan_to_num(self.run.distances[at, plan.schools.index(school)], nan=np.inf)
        weights = np.array(list(children.values()))
        return float(np.average(ways, weights=weights if weights.any() else None))


def pieces(blocks: Collection[str], borders: Mapping[str, set[str]]) -> int:
    """Return of how many separate pieces a set of blocks consists."""
    left, count = set(blocks), 0
    while left:
        count += 1
        edge = [left.pop()]
        while edge:
            near = borders.get(edge.pop(), set()) & left
            left -= near
            edge += near
    return count


def movable(
    own: Collection[str],
    other: Collection[str],
    borders: Mapping[str, set[str]],
    *,
    relief: Mapping[str, float],
    needed: float,
    fixed: Collection[str] = (),
    kept: int = KEPT,
) -> Iterator[tuple[str, ...]]:
    """
    Yield sets of blocks that can move from one catchment to another, at most `BLOCKS` each.

    A set is in one piece and borders the receiving catchment; it does not leave the giving catchment in more
    pieces than before, nor without any block. First come the sets that bring the relief needed, the smallest
    relief first; then all others, the largest relief first. Sets grow block by block.

    Parameters
    ----------
    own, other
        Blocks of the giving and of the receiving catchment.
    relief
        Children of the giving school by block. [children]
    needed
        Relief that suffices. [children]
    fixed
        Blocks that stay.
    kept
        Sets of each size that are followed up, those that bring most.
    """
    own, others = set(own), set(other)
    free = own - set(fixed)
    whole = pieces(own, borders)
    front = {frozenset({block}) for block in free if borders.get(block, set()) & others}
    enough: list[tuple[float, tuple[str, ...]]] = []
    short: list[tuple[float, tuple[str, ...]]] = []
    for _ in range(BLOCKS):
        followed: list[tuple[bool, float, list[str]]] = []
        for found in front:
            blocks = sorted(found)
            children = sum(relief.get(block, 0.0) for block in blocks)
            left = own - found
            sound = bool(left) and pieces(left, borders) <= whole
            if sound:
                (enough if children >= needed else short).append((children, tuple(blocks)))
            if not sound or children < needed:
                followed.append((children >= needed, -children, blocks))
        front = {
            frozenset({*blocks, block})
            for _, _, blocks in sorted(followed)[:kept]
            for block in set().union(*(borders.get(one, set()) for one in blocks)) & free - set(blocks)
        }
    yield from (found for _, found in sorted(enough, key=lambda entry: (entry[0], len(entry[1]), entry[1])))
    yield from (found for _, found in sorted(short, key=lambda entry: (-entry[0], len(entry[1]), entry[1])))
