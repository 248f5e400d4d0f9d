"""Cells: the years of a year group's life in which it has one number of classes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.optimise.openings.facts import OpeningFacts

ROUNDING = 1e-6
"""A class more is not formed for so little of one. [classes]"""


@dataclass(frozen=True, kw_only=True)
class Cells:
    """
    The cells of all year groups to come, by point, year of intake and age.

    Where classes are kept, a year group is one cell; otherwise each of its ages is one.
    """

    point: NDArray[np.int64]
    """[cell]."""
    year: NDArray[np.int64]
    """[cell]: of the intake."""
    first_age: NDArray[np.int64]
    """[cell]."""
    last_age: NDArray[np.int64]
    """[cell]: in the last year planned, or of the stage, at most."""
    seats: NDArray[np.float64]
    """[cell]: entrants for each class, so that it is within its cap at all of the ages. [children]"""
    worst: NDArray[np.float64]
    """[cell]: most entrants for each class; infinite in cells that do not begin with the intake. [children]"""
    most: NDArray[np.float64]
    """[cell]: most classes; infinite for none, and in cells that do not begin with the intake. [classes]"""
    yuan: NDArray[np.float64]
    """[cell]: cost of a class over the ages. [yuan]"""
    uses: csr_array
    """[cell, campus x years + year]: 1 where a class of the cell holds a room."""
    of: NDArray[np.int64]
    """[point, year, age]: cell; -1 past the last grade or year."""

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.point)

    @cached_property
    def length(self) -> NDArray[np.int64]:
        """Years that a cell lasts. [cell] [years]."""
        return self.last_age - self.first_age + 1

    @cached_property
    def entry(self) -> NDArray[np.int64]:
        """Cell that begins with the intake. [point, year]."""
        return self.of[:, :, 0]

    def rooms_used(self, classes: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the rooms [campus x years + year] that classes [cell] use. [rooms]."""
        return self.uses.T @ classes

    def spread(self, classes: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return classes [cell] as [point, year, age], 0 where there is no cell. [classes]."""
        return np.where(self.of >= 0, np.append(classes, 0.0)[self.of], 0.0)

    def gathered(self, classes: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return classes [point, year, age] as [cell]: those of its first age. [classes]."""
        return classes[self.point, self.year, self.first_age]

    def trimmed(self, classes: NDArray[np.float64], intake: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return classes [cell] without those that an intake [point, year] leaves empty. [classes]."""
        seats = np.minimum(self.seats, self.worst)
        needed = np.ceil(intake[self.point, self.year] / seats - ROUNDING)
        return np.minimum(classes, np.maximum(needed, 0.0))


def cells_of(facts: OpeningFacts) -> Cells:
    """Return the cells of all year groups to come, sorted by point, year and age."""
    ages = np.arange(facts.seats.shape[2])
    alive = ages < facts.lasting[:, :, None]
    point, year, age = np.nonzero(alive)
    begins = age == 0 if facts.kept else np.ones(len(age), dtype=bool)
    cell = np.cumsum(begins) - 1
    starts = np.flatnonzero(begins)
    of = np.full(alive.shape, -1)
    of[point, year, age] = cell
    room = facts.holds[point, year, age] * facts.years + year + age
    shape = (len(starts), facts.campuses * facts.years)
    intake = age[starts] == 0
    at = (point[starts], year[starts])
    return Cells(
        point=point[starts],
        year=year[starts],
        first_age=age[starts],
        last_age=age[np.append(starts[1:], len(age)) - 1] if len(starts) else age[:0],
        seats=np.minimum.reduceat(facts.seats[alive], starts) if len(starts) else np.zeros(0),
        worst=np.where(intake, facts.worst[at], np.inf),
        most=np.where(intake, facts.most[at], np.inf),
        yuan=np.add.reduceat(facts.class_yuan[alive], starts) if len(starts) else np.zeros(0),
        uses=csr_array((np.ones(len(cell)), (cell, room)), shape=shape),
        of=of,
    )
