"""What a simulation gives."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from planner.capacity import balanced_sizes

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from planner.capacity import Unevenness

BATCHES = 20
"""Parts of all draws, as even as can be, by which the sampling error of figures that are no means is reckoned."""


def batch_of(numbers: ArrayLike, draws: int) -> NDArray[np.int64]:
    """Return the batch that each numbered draw of so many draws falls into: 0 to 19, or each its own if fewer."""
    return np.asarray(numbers, dtype=np.int64) * min(BATCHES, draws) // draws


@dataclass(frozen=True, kw_only=True)
class Simulation:
    """
    A plan carried out in every draw.

    Axes run in the order of the plan's blocks, schools, stages and years and of the policy's grades; the last
    axis is the draw. Counts are whole children.
    """

    blocks: tuple[str, ...]
    schools: tuple[str, ...]
    stages: tuple[str, ...]
    grades: tuple[int, ...]
    years: tuple[int, ...]
    pupils: NDArray[np.int16]
    """[school, grade, year, draw]: children in school. [children]"""
    classes: NDArray[np.int16]
    """[school, grade, year, draw]: classes formed. [classes]"""
    demand: NDArray[np.int16]
    """[school, stage, year, draw]: entrants expected at the school before anyone is turned away. [children]"""
    free: NDArray[np.int16]
    """[school, stage, year, draw]: rooms free for the stage's intake: rooms less classes of the other grades, of all
    stages of the campus (stages of one campus compete for them); see `rooms_for_intakes`. [rooms]"""
    turned_away: NDArray[np.int16]
    """[school, stage, year, draw]: entrants the school could not seat. [children]"""
    received: NDArray[np.int16]
    """[school, stage, year, draw]: entrants placed here who were turned away elsewhere. [children]"""
    placements: tuple[tuple[str, str, str], ...]
    """Stage, school turned away from, school placed at: the pairs of `placed`."""
    placed: NDArray[np.int16]
    """[placement, year, draw]. [children]"""
    unplaced: NDArray[np.int16]
    """[school, stage, year, draw]: children turned away by the school and seated nowhere; they are entitled again
    next year. [children]"""
    borrowed: NDArray[np.int16]
    """[school, year, draw]: classes that continue in more rooms than the school has. [rooms]"""
    entitled: NDArray[np.int32]
    """[stage, year, draw]: children entitled to enter, those left unplaced the year before included. [children]"""
    arriving: NDArray[np.int32]
    """[stage, year, draw]: entrants from outside the district's blocks. [children]"""
    private: NDArray[np.int32]
    """[stage, year, draw]: entrants who go to private schools. [children]"""
    elsewhere: NDArray[np.int32]
    """[stage, year, draw]: entrants who go to other districts. [children]"""
    above_cap: NDArray[np.int16]
    """[school, stage, year, draw]: entrants seated above the starting grade's cap. [children]"""
    living: NDArray[np.int32]
    """[catchment, year, draw]: children of the catchment's stage who live in it and go to public schools. [children]"""
    living_entrants: NDArray[np.int32]
    """[catchment, year, draw]: those of them who enter this year. [children]"""
    block_entrants: NDArray[np.float32]
    """[stage, block, year]: mean of the entrants to public schools who live in the block. [children]"""
    seats: NDArray[np.int16] = field(default_factory=lambda: np.zeros((0, 0, 0, 0), np.int16))
    """[school, stage, year, draw]: entrants who fit within the cap: free rooms times the cap, and more where
    children of neighbouring grades can share classes. [children]"""
    carried: NDArray[np.int16] = field(default_factory=lambda: np.zeros((0, 0, 0, 0), np.int16))
    """[school, grade, year, draw]: classes that the year group had a year before, and those brought by children
    who moved; 0 in the starting grades. [classes]"""
    expected_from: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 0, 0, 0), np.float32))
    """[stage, block, school, year]: mean of the entrants by home and by the school where they are expected before
    diversions; without those left over from last year and those from outside. [children]"""
    entrants_in: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 0, 0, 0)))
    """[stage, block, year, batch]: entrants as in `block_entrants`, added up over the draws of each batch
    (`batch_of`). [children]"""
    starts: tuple[int, ...] = ()
    """By stage: position of its starting grade."""
    unevenness: Unevenness | None = None
    """How unevenly classes are split; None where no class lists tell: they are then balanced."""
    splits: NDArray[np.uint8] | None = None
    """[school, grade, year, draw]: how uneven the split is, as `Unevenness.excess` takes it; None without it."""
    rooms: NDArray[np.int16] | None = None
    """[school, year, draw]: rooms of the branch that the draw falls into; None where all draws have those of the
    capacity. [rooms]"""

    @property
    def draws(self) -> int:
        """Number of draws."""
        return self.pupils.shape[-1]

    def largest(
        self, pupils: NDArray[np.integer[Any]], classes: NDArray[np.integer[Any]], at: Any
    ) -> NDArray[np.integer[Any]]:
        """
        Return the size of the largest class when children are split into classes. [children].

        ceil(N / k), and where class lists tell how uneven splits are, what it is drawn to have above that.

        Parameters
        ----------
        pupils, classes
            [..., draw]: children, and classes that they are split into, formed or thought of.
        at
            Index of the same cells on the axes [school, grade, year] (draws after them).
        """
        largest = balanced_sizes(pupils, classes).largest
        if self.unevenness is None or self.splits is None:
            return largest
        return largest + self.unevenness.excess(pupils, classes, self.splits[at])

    @property
    def admitted(self) -> NDArray[np.int16]:
        """[school, stage, year, draw]: entrants seated. [children]"""
        return self.pupils[:, list(self.starts)]


DRAW_LAST = frozenset(each.name for each in fields(Simulation)) - {
    "blocks",
    "schools",
    "stages",
    "grades",
    "years",
    "starts",
    "placements",
    "unevenness",
    "block_entrants",
    "expected_from",
    "entrants_in",
}
"""Arrays of a simulation whose last axis is the draw."""
