"""A piece of evidence on the children who enter a stage: what it expects, and how far it may be off."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SHARED = 3
"""Latest cohorts whose shares hold beyond them. [years]"""


@dataclass(frozen=True, kw_only=True)
class Stream:
    """Children of one registration status within a tier; axes [block, year] unless stated."""

    status: str
    """local, outside or migrant; empty where it is not given."""
    base: NDArray[np.float64]
    """Registered children; missing where the tier does not reach. [children]"""
    mean: NDArray[np.float64]
    """Entrants expected. [children]"""
    spread: NDArray[np.float64]
    """[year]: standard deviation of the stream's own error beside the one that the tier's district level has. [1]"""
    years: int
    """Years that its ratio rests on; 0: the ratio of all children."""

    def times(self, effect: NDArray[np.float64]) -> Stream:
        """Return the stream with the lasting deviation [block] of its places."""
        return replace(self, mean=self.mean * effect[:, None])


@dataclass(frozen=True, kw_only=True)
class Tier:
    """One piece of evidence on the entrants of every block and year; axes [block, year] unless stated."""

    name: str
    base: NDArray[np.float64]
    """Registered children, births or past entrants; missing where the tier does not reach. [children]"""
    mean: NDArray[np.float64]
    """Entrants expected. [children]"""
    district_spread: NDArray[np.float64]
    """[year]: standard deviation of the error that the whole district shares, without unknown births; never falling. [1]"""
    near_spread: NDArray[np.float64]
    """Of the neighbourhood's own error; never falling. [1]"""
    block_fixed: NDArray[np.float64]
    """[block]: of the block's part of its neighbourhood. [1]"""
    beyond: NDArray[np.float64]
    """[year, step]: weight of each unknown birth year. [1]"""
    band: float
    """Standard deviation of births from one unknown year to the next. [1]"""
    per_child: NDArray[np.float64]
    """[year]: variance of the count per child. [1]"""
    own: NDArray[np.float64]
    """[block]: weight of the place's own history. [1]"""
    by_births: NDArray[np.float64]
    """Part of the figure that is births times a ratio. [1]"""
    years: int
    """Years that the district's ratio rests on; 0: assumed."""
    streams: tuple[Stream, ...] = ()
    """Of which the mean is the sum; empty where statuses are not told apart."""

    def parts(self) -> NDArray[np.float64]:
        """Return each stream's part of the mean [stream, block, year]. [1]"""
        means = np.nan_to_num(np.stack([stream.mean for stream in self.streams]))
        total = means.sum(axis=0)
        return means / np.where(total > 0, total, 1.0)

    def level_variance(self) -> NDArray[np.float64]:
        """Return the variance [block, year] of what the whole district shares, without unknown births."""
        out = np.repeat(self.district_spread[None] ** 2, len(self.mean), axis=0)
        if self.streams:
            spread = np.stack([stream.spread for stream in self.streams])
            out = out + (self.parts() ** 2 * spread[:, None, :] ** 2).sum(axis=0)
        return out

    def births_variance(self) -> NDArray[np.float64]:
        """Return the variance [year] that unknown births add: a walk from the last figure on."""
        reach = np.cumsum(self.beyond[:, ::-1], axis=1)[:, ::-1]
        return self.band**2 * (reach**2).sum(axis=1)

    def variance(self) -> NDArray[np.float64]:
        """Return the variance of the logarithm of the mean [block, year], without the counts' own noise."""
        own = self.near_spread**2 + self.block_fixed[:, None] ** 2
        return own + self.level_variance() + self.births_variance()[None, :]


def extended(tier: Tier, assumed: NDArray[np.float64], band: float) -> Tier:
    """
    Carry a tier on beyond its last cohort, where no births say more.

    The district's last number follows the assumed births and is shared as in the last three years it reached; its
    uncertainty grows as that of unknown births does.

    Parameters
    ----------
    assumed
        [step]: births of unknown years relative to the last known one. [1]
    """
    reached = np.flatnonzero(np.isfinite(tier.mean).any(axis=0))
    years = tier.mean.shape[1]
    last = int(reached[-1])
    steps = years - 1 - last
    if steps <= 0:
        return tier
    mean, base = tier.mean.copy(), tier.base.copy()
    beyond = np.zeros((years, steps))
    for step in range(1, steps + 1):
        for values, source in ((mean, tier.mean), (base, tier.base)):
            recent = source[:, max(last - _SHARED + 1, 0) : last + 1].sum(axis=1)
            values[:, last + step] = (
                recent / max(np.nansum(recent), 1e-9) * np.nansum(source[:, last]) * assumed[step - 1]
            )
        beyond[last + step, step - 1] = 1.0
    return replace(tier, mean=mean, base=base, beyond=beyond, band=band)
