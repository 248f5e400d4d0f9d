"""
Children entitled to enter a stage that no other stage feeds: pieces of evidence, combined by precision.

- **register**: children of the cohort in the register, in kindergarten or registered for entry, times the ratio
  of past entrants to them (`registers`);
- **births**: past entrants and births, neighbourhood by neighbourhood (`neighbourhood_entry`); without births
  **history**, which serves only where no register reaches.

Each mean is weighted by the inverse of its variance without the count noise that all share, which comes once on
top. The sum of all is held against the district's own path, births times its ratio, each by its precision.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from planner.forecast.arrays import grouped, positions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from planner.forecast.neighbourhood_entry import DistrictPath
    from planner.forecast.tiers import Tier

_Real = TypeVar("_Real", bound=np.floating)


@dataclass(frozen=True, kw_only=True)
class Control:
    """The district's own path, and how far the sum of its neighbourhoods is drawn to it; axes [year]."""

    total: NDArray[np.float64]
    """Entrants of the district; where it is not known, the sum of neighbourhoods. [children]"""
    spread: NDArray[np.float64]
    """Standard deviation, without unknown births. [1]"""
    weight: NDArray[np.float64]
    """0: the sum stands; 1: the district's path. [1]"""

    def factor(self, children: NDArray[_Real], total: NDArray[_Real]) -> NDArray[_Real]:
        """Return what draws a sum of neighbourhoods towards a total of the district, both [year, ...]. [1]"""
        weight = self.weight.astype(children.dtype).reshape(-1, *[1] * (children.ndim - 1))
        known = (children > 0) & (total > 0)
        ratio = np.divide(total, children, out=np.ones_like(children), where=known)
        return ratio**weight


@dataclass(frozen=True, kw_only=True)
class Entry:
    """Entrants of a stage by block and year, and all that is uncertain about them; axes [block, year] unless stated."""

    tiers: tuple[Tier, ...]
    weights: NDArray[np.float64]
    """[tier, block, year]: sums to 1 over the tiers that reach. [1]"""
    mean: NDArray[np.float64]
    """Entrants expected, before housing and edits. [children]"""
    near_spread: NDArray[np.float64]
    """Standard deviation of the shock shared by a neighbourhood, from now on; never falling. [1]"""
    block_fixed: NDArray[np.float64]
    """Of a block's part of its neighbourhood, whose sum stays as it is. [1]"""
    per_child: NDArray[np.float64]
    """Variance of the count per child. [1]"""
    births_variance: NDArray[np.float64]
    """Of unknown births. [1]"""
    ratio_variance: NDArray[np.float64]
    """Of the district's and the neighbourhood's other shocks. [1]"""
    control: Control | None
    """None where nothing but the neighbourhoods tells the district's number."""

    def noise_share(self) -> NDArray[np.float64]:
        """Return the part of a block's variance [block, year] that is the count's own, which no model can remove. [1]"""
        relative = self.births_variance + self.ratio_variance + self.block_fixed**2
        whole = self.per_child + relative * self.mean
        return np.where(self.mean > 0, self.per_child / whole, np.nan)

    def parts_by_status(self) -> dict[str, NDArray[np.float64]]:
        """Return by registration status the part of the entrants [block, year]; empty where statuses are not told apart."""
        named = [
            (stream.status, weight * part)
            for weight, tier in zip(self.weights, self.tiers, strict=True)
            if tier.streams
            for stream, part in zip(tier.streams, tier.parts(), strict=True)
        ]
        total = np.sum([part for _, part in named], axis=0) if named else np.zeros(0)
        out: dict[str, NDArray[np.float64]] = {}
        for status, part in named:
            out[status] = out.get(status, 0.0) + part / np.where(total > 0, total, 1.0)
        return out


def combined(tiers: Sequence[Tier], near: NDArray[np.intp], path: DistrictPath | None = None) -> Entry:
    r"""
    Combine tiers by precision; history serves only where no other tier reaches.

    The weight of a tier is the inverse of :math:`V_i + (c_i - c_{min})/E`, with V its variance without count
    noise, c its count noise per child and E the children of the neighbourhood: the noise that all tiers share
    favours none. Means are averaged as they stand rather than by logarithm, so that a block with no registered
    child and few births keeps an expectation. Then all are multiplied by

    .. math:: (T / \sum_z E_z)^\omega, \qquad \omega = V_\Sigma / (V_\Sigma + V_T)

    with T the district's path, and V the variances that the whole district shares.

    Parameters
    ----------
    near
        [block]: neighbourhood.
    """
    blocks, years = tiers[0].mean.shape
    past = np.array([tier.name == "history" for tier in tiers])
    reach = np.stack([np.isfinite(tier.mean) for tier in tiers])
    reach &= ~(past[:, None, None] & (reach & ~past[:, None, None]).any(axis=0))
    means = np.where(reach, np.stack([tier.mean for tier in tiers]), 0.0)
    noise = np.stack([tier.per_child for tier in tiers])[:, None, :]
    least = np.where(reach, noise, np.inf).min(axis=0)
    size = np.maximum(grouped(means.max(axis=0), near, int(near.max()) + 1)[near], 1.0)
    own_noise = np.maximum(noise - np.where(np.isfinite(least), least, 0.0), 0.0) / size
    precision = np.where(reach, 1 / (np.stack([tier.variance() for tier in tiers]) + own_noise), 0.0)
    total = precision.sum(axis=0)
    weights = precision / np.where(total > 0, total, 1.0)

    def weighted(values: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
        return (weights * np.stack([np.broadcast_to(value, (blocks, years)) for value in values])).sum(axis=0)

    mean = (weights * means).sum(axis=0)
    near_spread = np.maximum.accumulate(weighted([tier.near_spread for tier in tiers]), axis=1)
    shared = np.stack([tier.level_variance() for tier in tiers])
    unborn = np.stack([tier.births_variance() for tier in tiers])[:, None, :]
    control = _control(path, mean, weights, shared)
    if control is not None:
        mean = mean * control.factor(mean.sum(axis=0), control.total)
    return Entry(
        tiers=tuple(tiers),
        weights=weights,
        mean=mean,
        near_spread=near_spread,
        block_fixed=weighted([tier.block_fixed[:, None] for tier in tiers]),
        per_child=np.where(reach.any(axis=0), weighted([tier.per_child[None, :] for tier in tiers]), 1.0),
        births_variance=(weights**2 * unborn).sum(axis=0),
        ratio_variance=(weights**2 * shared).sum(axis=0) + near_spread**2,
        control=control,
    )


def _control(
    path: DistrictPath | None,
    mean: NDArray[np.float64],
    weights: NDArray[np.float64],
    shared: NDArray[np.float64],
) -> Control | None:
    """Return how the sum of means [block, year] is held against the district's path; shared: variance [tier, block, year]."""
    children = mean.sum(axis=0)
    if path is None or not (np.isfinite(path.total) & (children > 0)).any():
        return None
    known = np.isfinite(path.total) & (children > 0)
    part = (weights * mean * np.sqrt(shared)).sum(axis=1) / np.where(children > 0, children, 1.0)
    of_sum = (part**2).sum(axis=0)
    return Control(
        total=np.where(known, path.total, children),
        spread=path.spread,
        weight=np.where(known, of_sum / (of_sum + path.spread**2), 0.0),
    )


def neighbourhood_codes(keys: Sequence[str]) -> tuple[NDArray[np.intp], tuple[str, ...]]:
    """Return the position of each block's neighbourhood, and the neighbourhoods in alphabetical order."""
    ids = tuple(sorted(set(keys)))
    return positions(keys, ids), ids
