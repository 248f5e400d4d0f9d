"""What a forecast gives, and the assumptions a scenario can set."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from planner.forecast.counts import near_poisson

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

CHUNK = 500
"""Draws made at a time; the random streams are cut at its multiples, so results do not depend on chunking."""

COMPONENTS = ("births", "ratio", "housing", "migration", "choice", "growth", "count")
"""Parts of the uncertainty: numbers of births not yet known; entrants per birth, registered child or past share, of the
district, areas, neighbourhoods and blocks; new dwellings built or not, late, and their yield; named migration drivers;
leaving, choosing and arriving; growth of grades with all its shocks and the transition between stages; and the counts'
own noise, which no model can remove."""


class DemandEdit(BaseModel):
    """A named change of the children entitled to enter, on top of the forecast."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    blocks: tuple[str, ...] = ()
    """Blocks concerned; empty: by `area`, or the whole district."""
    area: str = ""
    """Town or sub-district."""
    stage: str = "primary"
    """Stage of the policy."""
    since: int
    """First school year. [autumn]"""
    until: int | None = None
    """Last school year; empty: to the end of the horizon. [autumn]"""
    status: Literal["", "local", "outside", "migrant"] = ""
    """Registration status of the entrants whom the factor multiplies; empty: all."""
    factor: float = Field(default=1.0, ge=0, le=10)
    """Entrants are multiplied by it. [1]"""
    children: float = 0.0
    """Children added a year, spread over the blocks in proportion to their entrants. [children/year]"""
    source: str = ""
    """Document that says so, with page or item."""


class Assumptions(BaseModel):
    """What a scenario may assume about demand; the defaults are estimated or the policy's."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    transition: float | None = Field(default=None, ge=0, le=2)
    """Entrants of a later stage per leaver of the feeding grade; empty: estimated. [1]"""
    leaving: float | None = Field(default=None, ge=0, le=1)
    """Share of entrants who go to private or other districts' schools; empty: estimated. [1]"""
    children_per_dwelling: float | None = Field(default=None, ge=0, le=3)
    """Overrides the housing table and the policy. [children of one age per dwelling]"""
    birth_trend: float = Field(default=1.0, ge=0.5, le=1.5)
    """Yearly factor of births beyond the last birth figure. [1]"""
    births: Literal["low", "central", "high"] = "central"
    """Path of births beyond the last figure: the trend, or the lower or upper end of the range that holds them with 80 %."""
    birth_band: float = Field(default=0.03, ge=0, le=0.3)
    """Standard deviation of births from one year to the next, where they are not known; draws vary by it around the path. [1]"""


@dataclass(frozen=True, kw_only=True)
class Draws:
    """
    Realisations of a forecast: arrays whose last axis is the draw.

    Blocks, schools, grades, years and stages run in the order of the `Forecast` that made them.
    """

    first: int
    """Number of the first draw; -1 for the expected path."""
    entrants: dict[str, NDArray[np.int16]]
    """By stage [block, year, draw]: children entitled to enter. Of a stage that another stage feeds: children
    of the age, to be scaled to the leavers of the feeding grade x `transition`. [children]"""
    leaving: dict[str, NDArray[np.int16]]
    """By stage [block, year, draw]: entrants who go to private or other districts' schools. [children]"""
    arriving: dict[str, NDArray[np.int16]]
    """By stage [school, year, draw]: entrants who come to a school from outside the district's blocks. [children]"""
    transition: dict[str, NDArray[np.float32]]
    """By fed stage [year, draw]: entrants per leaver of the feeding grade the autumn before. [1]"""
    growth: NDArray[np.float32]
    """[school, grade, year, draw]: children of the grade per child of the grade below a year before, of the same
    school, all shocks but the count's own noise inside; 0 in the stages' starting grades. [1]"""
    noise: NDArray[np.float32]
    """[school, grade, year, draw]: standard normal shocks of the counts themselves; zero on the expected path."""
    spread: NDArray[np.float32]
    """[grade]: variance of a count around its mean, per child. [1]"""
    choosing: dict[str, NDArray[np.float32]] = field(default_factory=dict)
    """By stage [block, year, draw]: factor of `Forecast.choice`, whose rows it leaves below 1; a stage that is not there has 1. [1]"""

    picked: NDArray[np.intp] | None = None
    """Numbers of the draws, rising; None where they follow `first` without gaps."""

    @property
    def numbers(self) -> NDArray[np.intp]:
        """Numbers of the draws; -1 for the expected path."""
        return self.first + np.arange(self.growth.shape[-1]) if self.picked is None else self.picked

    def only(self, which: NDArray[np.intp]) -> Draws:
        """Return the draws at these positions, rising; they keep their numbers."""
        by_stage = {
            each.name: {stage: figures[..., which] for stage, figures in held.items()}
            for each in fields(self)
            if isinstance(held := getattr(self, each.name), dict)
        }
        return replace(
            self,
            **by_stage,
            growth=self.growth[..., which],
            noise=self.noise[..., which],
            picked=self.numbers[which],
        )

    def grown(self, pupils: NDArray[np.integer], year: int) -> NDArray[np.int16]:
        """
        Return the children who turn up a year later, still at the same school.

        Parameters
        ----------
        pupils
            [school, grade, draw]: the year before, in the grade below; entry 0 of a stage is ignored. That is,
            `pupils[:, g]` are those who would now be in grade g. [children]
        year
            Position of the new year on the year axis.

        Returns
        -------
        Array [school, grade, draw]; mean n·growth, variance spread·n·growth; without noise or spread, the mean to
        the nearest child. [children]
        """
        mean = np.asarray(pupils, dtype=np.float32) * self.growth[:, :, year]
        noise = self.noise[:, :, year]
        out = np.rint(mean).astype(np.int16)
        for grade in np.flatnonzero(self.spread > 0):
            if mean[:, grade].any() and noise[:, grade].any():
                out[:, grade] = near_poisson(mean[:, grade], noise[:, grade], float(self.spread[grade]))
        return out


class Forecast(Protocol):
    """A fitted forecast, from which draws are made. Its facts are read, never set."""

    @property
    def blocks(self) -> tuple[str, ...]:
        """Blocks, in file order."""
        ...

    @property
    def schools(self) -> tuple[str, ...]:
        """Public schools, those of projects included."""
        ...

    @property
    def grades(self) -> tuple[int, ...]:
        """All grades of the stages that the district plans for."""
        ...

    @property
    def years(self) -> tuple[int, ...]:
        """First autumn after the last count to the end of the horizon."""
        ...

    @property
    def stages(self) -> tuple[str, ...]:
        """Stages, by their first grade."""
        ...

    @property
    def draws(self) -> int:
        """Number of draws that the scenario asks for."""
        ...

    @property
    def seed(self) -> int:
        """Seed of all draws."""
        ...

    @property
    def private(self) -> dict[str, NDArray[np.float32]]:
        """By stage [block]: share of those who leave that goes to private schools. [1]."""
        ...

    @property
    def choice(self) -> dict[str, NDArray[np.float32]]:
        """
        By stage [block, school]: share of a block's staying entrants who choose a public school that is not of
        their catchment; rows sum to at most 1. [1].
        """
        ...

    @property
    def living(self) -> NDArray[np.float32]:
        """[block, grade]: children of the last count by home, in public schools. [children]."""
        ...

    @property
    def explained(self) -> pd.DataFrame:
        """How each entry figure came: stage, block or area, year, tier, births or register used, ratio, ... [varies]."""
        ...

    def expected(self) -> Draws:
        """Return the expected path: one draw without any shock; fed stages scaled to the expected leavers."""
        ...

    def draw(self, first: int, last: int, *, quiet: frozenset[str] = frozenset()) -> Draws:
        """
        Return draws `first` to `last` - 1; the same whatever else is drawn.

        Parameters
        ----------
        quiet
            Parts of `COMPONENTS` held at what is expected; the shocks of all others keep their values.
        """
        ...
