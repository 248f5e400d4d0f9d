"""The given figures of the intake model, as arrays."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from planner.policy.model import ClassRules

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

NEAREST = 3
"""Schools nearest to a block that are always in its reach. (DESIGN, section 2: reach)"""


@dataclass(frozen=True, kw_only=True)
class Move:
    """Children who change the school between two grades: leavers of a teaching point, moved year groups."""

    grade: int
    """Grade in which they arrive."""
    from_school: int
    """Position of the school they leave."""
    to_school: int
    """Position of the school they arrive at."""
    share: NDArray[np.float64]
    """[year]: share of the children of the grade below who move. [1]"""


@dataclass(frozen=True, kw_only=True)
class IntakeFacts:
    """
    What the intake model is told: demand, reach, rooms, rules and the last count.

    Axes run in the order of `blocks`, `schools`, `stages`, `grades` and `years`.
    """

    blocks: tuple[str, ...]
    schools: tuple[str, ...]
    stages: tuple[str, ...]
    grades: tuple[int, ...]
    years: tuple[int, ...]
    spans: tuple[tuple[int, int], ...]
    """First and last grade of each stage."""

    demand: NDArray[np.float64]
    """[stage, block, year]: entrants to be placed by the plan. [children]"""
    doors: NDArray[np.float64]
    """[stage, school, year]: entrants given to a school whatever the catchments: own leavers of a nine-year
    school, children of other districts, children who chose it, diversions. [children]"""
    own: NDArray[np.bool_]
    """[stage, block, school, year]: whether the school is of the block's catchment."""
    reach: NDArray[np.bool_]
    """[stage, block, school, year]: schools where the block's entrants can be placed."""
    door_reach: NDArray[np.bool_]
    """[stage, school, school, year]: where entrants given to the first can be placed."""
    metres: NDArray[np.float64]
    """[block, school]: way on foot. [m]"""
    between: NDArray[np.float64]
    """[school, school]: way from school to school. [m]"""

    pupils: NDArray[np.float64]
    """[school, grade]: the last count. [children]"""
    classes: NDArray[np.float64]
    """[school, grade]: classes of the last count. [classes]"""
    growth: NDArray[np.float64]
    """[school, grade, year]: children per child of the grade below a year before. [1]"""
    moves: tuple[Move, ...] = ()

    teaches: NDArray[np.bool_]
    """[school, grade]."""
    rooms: NDArray[np.float64]
    """[school, year]. [rooms]"""
    cap: NDArray[np.float64]
    """[grade, year]: largest class that complies. [children]"""
    worst: NDArray[np.float64]
    """[stage, year]: largest class anybody would open in the starting grade; its cap where entrants above the
    cap are turned away; infinite where a school without classes takes them all. [children]"""
    rules: ClassRules = field(default_factory=ClassRules)
    """How whole classes are formed."""
    size: NDArray[np.float64]
    """[school, year]: largest school that complies; infinite where no rule holds. [children]"""
    groups: dict[str, tuple[int, ...]] = field(default_factory=dict)
    """Campuses of each legal school of several campuses, as positions."""
    group_size: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 0)))
    """[group, year]: as `size`. [children]"""
    planned: NDArray[np.int64]
    """[school, stage, year]: most classes that the scenario lets the intake have; -1 where it does not say. [classes]"""
    limits: NDArray[np.int64]
    """[school, stage, year]: largest intake; -1 for none. [children]"""

    @property
    def kept(self) -> bool:
        """Whether classes formed at entry stay together; otherwise they are formed anew each year."""
        return self.rules.formation == "kept"

    @cached_property
    def first(self) -> tuple[int, ...]:
        """Position of each stage's starting grade."""
        return tuple(self.grades.index(span[0]) for span in self.spans)

    @cached_property
    def last(self) -> tuple[int, ...]:
        """Position of each stage's last grade."""
        return tuple(self.grades.index(span[1]) for span in self.spans)

    @cached_property
    def outside(self) -> NDArray[np.bool_]:
        """Return whether a school is outside a block's catchment; without one there is no outside. [stage, block, school, year]."""
        anywhere = np.repeat(self.own.any(axis=2, keepdims=True), len(self.schools), axis=2)
        return np.logical_and(anywhere, ~self.own)

    @cached_property
    def counted(self) -> NDArray[np.bool_]:
        """Return whether a later grade is of a year group of the last count. [grade, year]."""
        counted = np.zeros((len(self.grades), len(self.years)), dtype=bool)
        for first, last in zip(self.first, self.last, strict=True):
            for grade in range(first + 1, last + 1):
                counted[grade, : grade - first] = True
        return counted

    @cached_property
    def lasting(self) -> NDArray[np.float64]:
        """
        Return how long a class lasts as it is formed, counted to the last year planned. [grade, year] [years].

        Where classes are kept, to the end of its stage; otherwise the year itself.
        """
        lasting = np.ones((len(self.grades), len(self.years)))
        if self.kept:
            ahead = len(self.years) - np.arange(len(self.years))
            for first, last in zip(self.first, self.last, strict=True):
                for grade in range(first, last + 1):
                    lasting[grade] = np.minimum(last + 1 - grade, ahead)
        return lasting

    @cached_property
    def left(self) -> NDArray[np.float64]:
        """
        Classes of the last count that are still in school.

        Returns
        -------
        Array [school, year]: those of the year groups whose stage has not ended and whose next grade the
        school teaches. [classes]
        """
        years = np.arange(len(self.years))
        left = np.zeros((len(self.schools), len(self.years)))
        for first, last in zip(self.first, self.last, strict=True):
            for grade in range(first, last):
                stays = np.cumprod(self.teaches[:, grade + 1 : last + 1], axis=1)
                for year in years[: last - grade]:
                    left[:, year] += self.classes[:, grade] * stays[:, year]
        return left

    def roll(self, intake: NDArray[np.float64]) -> NDArray[np.float64]:
        """
        Return the children of every grade that follow from the last count and the intakes: equation (2).

        Parameters
        ----------
        intake
            [school, stage, year]. [children]

        Returns
        -------
        Array [school, grade, year]. [children]
        """
        pupils = np.zeros((len(self.schools), len(self.grades), len(self.years)))
        for year in range(len(self.years)):
            before = pupils[:, :, year - 1] if year else self.pupils
            pupils[:, :, year] = self.passed(before, year) * self.growth[:, :, year] * self.teaches
            pupils[:, list(self.first), year] = intake[:, :, year]
        return pupils

    def passed(self, before: NDArray[np.float64], year: int) -> NDArray[np.float64]:
        """
        Return children or classes of a year before where they pass to a year later, moves carried out.

        Parameters
        ----------
        before
            [school, grade]: children, who take their share of the classes with them, or classes.
        year
            Position of the year they pass to.

        Returns
        -------
        Array [school, grade]: those of the grade below; before growth, and 0 in the lowest grade.
        """
        now = np.zeros_like(before)
        now[:, 1:] = np.where(self.teaches[:, :-1], before[:, :-1], 0.0)
        for move in self.moves:
            now[move.from_school, move.grade] -= move.share[year] * before[move.from_school, move.grade - 1]
        np.maximum(now, 0.0, out=now)
        for move in self.moves:
            now[move.to_school, move.grade] += move.share[year] * before[move.from_school, move.grade - 1]
        return now

    @cached_property
    def short(self) -> NDArray[np.float64]:
        """Return rooms that the classes left of the last count lack. [school, year] [rooms]."""
        return np.maximum(self.left - self.rooms, 0)


def tokens(ids: Sequence[str], prefix: str) -> list[str]:
    """
    Return ids as they can stand in a name of an LP or MPS file: ASCII, without blanks and signs, distinct.

    An id without such letters, or equal to another one after cleaning, is replaced by the prefix and its
    position, counted from 1.
    """
    cleaned = [re.sub(r"[^A-Za-z0-9_.]", "_", name) for name in ids]
    used: set[str] = set()
    names: list[str] = []
    for position, (name, token) in enumerate(zip(ids, cleaned, strict=True), start=1):
        readable = name.isascii() and len(token) <= 40
        chosen = token if readable and token not in used else f"{prefix}{position}"
        while chosen in used:
            chosen += "_"
        used.add(chosen)
        names.append(chosen)
    return names


def reach_of(
    metres: NDArray[np.floating],
    open_: NDArray[np.bool_],
    own: NDArray[np.bool_],
    walk: NDArray[np.floating],
    nearest: int = NEAREST,
) -> NDArray[np.bool_]:
    """
    Return the schools where the entrants of each block can be placed.

    The open schools of the block's catchment, those within the policy's walk, and the nearest; of
    schools equally near, those that come first in the order of the schools.

    Parameters
    ----------
    metres
        [block, school]; infinite where there is no way. [m]
    open_
        [school, year]: whether the school takes entrants of the stage.
    own
        [block, school, year]: whether the school is of the block's catchment.
    walk
        [year]: longest walk that complies; 0 where no rule holds. [m]
    nearest
        How many of the nearest. [schools]

    Returns
    -------
    Array [block, school, year].
    """
    reach = (own | (metres[:, :, None] <= walk)) & open_
    order = np.argsort(metres, axis=1, kind="stable")
    for year in range(open_.shape[1]):
        ranked = open_[order, year] & np.isfinite(np.take_along_axis(metres, order, axis=1))
        near = ranked & (np.cumsum(ranked, axis=1) <= nearest)
        block, rank = np.nonzero(near)
        reach[block, order[block, rank], year] = True
    return reach
