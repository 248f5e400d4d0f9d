"""
Where entrants go instead of their catchment school: private and other districts' schools, other public schools;
and who comes from outside. All from the attendance table, shrunk towards the district; nothing without it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planner.forecast.arrays import positions, totals, where, years_in
from planner.forecast.homes import RECENT, catchments_then
from planner.forecast.smoothing import shrunk_between, shrunk_variance, smooth

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.district import District
    from planner.forecast.arrays import Rolls
    from planner.policy import Stage

_SPREAD_PRIOR = 0.4**2
"""Variance of a share's logarithm between blocks, when there is no history."""
_DESTINATION_WORTH = 5.0
"""Children that the catchment's common destinations are worth beside a block's own. [children]"""
_YEARLY_PRIOR = 0.06
"""Standard deviation of the yearly change of a district share, relative to it. [1]"""
_ARRIVAL_ALPHA = 0.5


@dataclass(frozen=True, kw_only=True)
class Share:
    """A share of each block's entrants, shrunk towards the district."""

    share: NDArray[np.float64]
    """[block]. [1]"""
    spread: NDArray[np.float64]
    """[block]: standard deviation of its own deviation from the district, relative to it. [1]"""
    own: NDArray[np.float64]
    """[block]: weight of the block's own figures. [1]"""
    district: float
    yearly: float
    """Standard deviation of the yearly error of the district's share, relative to it. [1]"""


@dataclass(frozen=True, kw_only=True)
class Flows:
    """Where the entrants of a stage go."""

    leaving: Share
    private: NDArray[np.float32]
    """[block]: share of those who leave that goes to private schools. [1]"""
    choice: NDArray[np.float32]
    """[block, school]: share of staying entrants who choose a public school outside their catchment. [1]"""
    arriving: NDArray[np.float64]
    """[school]: entrants a year from outside the district's blocks. [children]"""
    arriving_spread: NDArray[np.float64]
    """[school]: standard deviation of that mean, relative to it. [1]"""
    outside: NDArray[np.float64]
    """[school]: share of past intakes that came from outside. [1]"""
    years: tuple[int, ...]
    """Years of attendance used; none without the table."""


def shrunk_share(part: NDArray[np.float64], whole: NDArray[np.float64]) -> Share:
    r"""
    Return a share by block, shrunk towards the district's.

    The district's share p is smoothed over the years. With E the children expected at each year's district share and
    :math:`\tau^2` the variance between blocks of their ratio to it, a block's ratio is
    :math:`1 + \lambda(O/E - 1)`, :math:`\lambda = \tau^2/(\tau^2 + (1-p)/E)`.

    Parameters
    ----------
    part, whole
        [block, year], oldest year first. [children]
    """
    below, above = whole.sum(axis=0), part.sum(axis=0)
    yearly_share = np.where((below > 0) & (above > 0), above / np.where(below > 0, below, 1.0), np.nan)
    if np.isfinite(yearly_share).any():
        level, errors = smooth(np.log(yearly_share))
        district = float(np.exp(level))
    else:
        district, errors = 0.0, np.zeros(0)
    blocks = part.shape[0]
    if district <= 0:
        none = np.zeros(blocks)
        return Share(share=none, spread=none, own=none, district=0.0, yearly=0.0)
    expected = (whole * np.nan_to_num(yearly_share)).sum(axis=1)
    seen = expected > 0
    base = np.where(seen, expected, 1.0)
    deviation = np.where(seen, part.sum(axis=1) / base - 1, np.nan)
    noise = np.where(seen, (1 - district) / base, np.nan)
    between = shrunk_between(deviation, noise, _SPREAD_PRIOR, 10.0)
    own = np.where(seen, between / (between + np.nan_to_num(noise, nan=1.0)), 0.0)
    ratio = 1 + own * np.nan_to_num(deviation)
    share = np.minimum(district * ratio, 0.98)
    spread = np.sqrt(between * (1 - own)) / np.maximum(ratio, 0.1)
    # The counts' own noise is in these errors too; it is what makes small districts' shares unsteady.
    yearly = shrunk_variance(
        float(np.mean(errors**2)) if len(errors) else 0.0, len(errors), _YEARLY_PRIOR**2, 4.0
    )
    return Share(
        share=share, spread=np.minimum(spread, 0.6), own=own, district=district, yearly=float(np.sqrt(yearly))
    )


def entry_flows(district: District, stage: Stage, rolls: Rolls, groups: tuple[str, ...]) -> Flows:
    """
    Return where the entrants of a stage go, from the last five years of attendance at its starting grade.

    Attendance at any school of a block's joint catchment, as of that year, is no choice.

    Parameters
    ----------
    groups
        By block: schools of its catchment at the last count, joined by +; none of them is a destination.
    """
    blocks, schools = district.blocks.index, rolls.schools
    table = district["attendance"]
    table = where(table, (table["grade"] == stage.first) & (table["year"] <= district.counted))
    years = years_in(table)[-RECENT:]
    table = where(table, positions(table["year"], years) >= 0)
    private_schools = set(district.schools.index) - set(district.public)
    private = positions(table["school"], private_schools | {"private"}) >= 0
    public = positions(table["school"], schools) >= 0
    axes = {"block": blocks, "year": years}
    whole = totals(table, "children", axes)
    left = totals(where(table, ~public), "children", axes)
    left_private = totals(where(table, private), "children", axes)
    leaving = shrunk_share(left, whole)
    to_private = shrunk_share(left_private, left).share if left.any() else None
    if to_private is None:
        to_private = np.full(len(blocks), 1.0 if len(private_schools) else 0.0)
    arriving, arriving_spread, outside = _arrivals(table, schools, years, rolls, stage.first)
    return Flows(
        leaving=leaving,
        private=np.clip(to_private, 0, 1).astype(np.float32),
        choice=_choice(district, stage, where(table, public), years, schools, groups),
        arriving=arriving,
        arriving_spread=arriving_spread,
        outside=outside,
        years=years,
    )


def _choice(
    district: District,
    stage: Stage,
    stayed: pd.DataFrame,
    years: tuple[int, ...],
    schools: tuple[str, ...],
    groups: tuple[str, ...],
) -> NDArray[np.float32]:
    """Return [block, school]: share of staying entrants who attend a public school outside their catchment."""
    blocks = district.blocks.index
    out = np.zeros((len(blocks), len(schools)), dtype=np.float32)
    stayed = where(stayed, positions(stayed["block"], blocks) >= 0)
    if stayed.empty:
        return out
    held = {
        (block, year): set(key.split("+"))
        for year in years
        for block, key in zip(blocks, catchments_then(district, stage.stage, year), strict=True)
    }
    chosen = np.array(
        [
            school not in held[block, int(year)]
            for block, school, year in zip(stayed["block"], stayed["school"], stayed["year"], strict=True)
        ],
        dtype=bool,
    )
    axes = {"block": blocks, "year": years}
    rate = shrunk_share(
        totals(where(stayed, chosen), "children", axes), totals(stayed, "children", axes)
    ).share
    went = totals(where(stayed, chosen), "children", {"block": blocks, "school": schools})
    codes, keys = pd.factorize(np.array(groups, dtype=object))
    common = np.zeros((len(keys), len(schools)))
    np.add.at(common, codes, went)
    everyone = went.sum(axis=0)
    for code, key in enumerate(keys):
        own = positions(key.split("+"), schools)
        allowed = np.ones(len(schools), dtype=bool)
        allowed[own[own >= 0]] = False
        reference = np.where(
            allowed, common[code] + _DESTINATION_WORTH * _parts(np.where(allowed, everyone, 0)), 0
        )
        mine = codes == code
        weight = np.where(allowed, went[mine] + _DESTINATION_WORTH * _parts(reference), 0)
        total = weight.sum(axis=1, keepdims=True)
        out[mine] = rate[mine, None] * np.divide(weight, total, out=np.zeros_like(weight), where=total > 0)
    return out


def _parts(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return values as parts of their sum; zeros where that is 0."""
    total = values.sum()
    return values / total if total > 0 else np.zeros_like(values)


def _arrivals(
    table: pd.DataFrame, schools: tuple[str, ...], years: tuple[int, ...], rolls: Rolls, grade: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return entrants from outside by school, smoothed; the spread of that mean; and their share of past intakes."""
    mean, spread, outside = np.zeros(len(schools)), np.zeros(len(schools)), np.zeros(len(schools))
    if not years:
        return mean, spread, outside
    came = totals(where(table, table["block"] == "other"), "children", {"school": schools, "year": years})
    for at in np.flatnonzero(came.any(axis=1)):
        mean[at], _errors = smooth(came[at], _ARRIVAL_ALPHA)
        # Smoothing with weight a leaves (a / (2 - a)) of one year's Poisson variance.
        spread[at] = np.sqrt(_ARRIVAL_ALPHA / (2 - _ARRIVAL_ALPHA) / max(mean[at], 1.0))
    counted = [rolls.years.index(year) if year in rolls.years else -1 for year in years]
    if grade in rolls.grades:
        roll = rolls.of_grade(grade)
        intake = np.nansum(np.where(np.array(counted) >= 0, roll[:, counted], 0.0), axis=1)
        seen = np.where(np.array(counted) >= 0, came, 0.0).sum(axis=1)
        outside = np.where(intake > 0, np.minimum(seen / np.where(intake > 0, intake, 1.0), 0.95), 0.0)
    return mean, spread, outside
