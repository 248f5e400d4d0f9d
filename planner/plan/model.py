"""What a plan is: everything people decide, and nothing that is left to chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from planner.words import Text


@dataclass(frozen=True, kw_only=True)
class Catchment:
    """One catchment of a stage: a school, or the joint group that shares it."""

    stage: str
    schools: tuple[str, ...]
    """Ids, in file order of the schools."""

    @property
    def key(self) -> str:
        """Ids joined by +, as the catchments table writes them."""
        return "+".join(self.schools)


@dataclass(frozen=True, kw_only=True)
class Diversion:
    """Children sent from one school to another in stated years."""

    stage: str
    from_school: str
    to_school: str
    since: int
    until: int
    """Last year."""
    share: float = 0.0
    """Share of the sending school's entrants. [1]"""
    children: int = 0
    """Or a number of them. [children/year]"""
    grades: tuple[int, ...] = ()
    """Later grades that are moved once, in `since`; empty: entrants only."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """
    Catchments, planned classes, intake limits and the order of placement; no draw axis.

    Axes run in the order of `blocks`, `schools`, `stages`, `years` and `catchments`.
    """

    blocks: tuple[str, ...]
    schools: tuple[str, ...]
    """Public schools, those of projects included."""
    stages: tuple[str, ...]
    years: tuple[int, ...]
    catchments: tuple[Catchment, ...]
    catchment_of: NDArray[np.int16]
    """[stage, block, year]: position in `catchments`; -1 where the block has none."""
    shares: NDArray[np.float32]
    """[catchment, school, year]: share of a catchment's entrants that each of its schools takes; sums to 1 over
    the schools. [1]"""
    classes: NDArray[np.int16]
    """[school, stage, year]: classes planned for the intake. [classes]"""
    limits: NDArray[np.int32]
    """[school, stage, year]: largest intake; -1 for none. [children]"""
    order: dict[str, NDArray[np.int16]]
    """By stage [school, rank]: schools to which a school's overflow is offered, best first; -1 past the end."""
    diversions: tuple[Diversion, ...] = ()
    notes: tuple[Text, ...] = ()
    """What could not be taken as stated, such as a catchment whose school is closed."""
