"""
Where entrants go instead of their catchment school: private and other districts' schools, other public schools;
and who comes from outside. From the attendance table, shrunk towards the district; without it, what residents
against the schools' intakes tell.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from planner.forecast.arrays import grouped, positions, totals, where, years_in
from planner.forecast.homes import RECENT, catchments_then, children_by_home, together
from planner.forecast.smoothing import dispersion, local_level, shrunk_between, shrunk_variance, smooth

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
_NEAR_YEARLY_PRIOR = 0.08
"""The same of a neighbourhood's share beside the district's: an assumption, which few years of attendance replace. [1]"""
_ARRIVAL_ALPHA = 0.5
ARRIVING_YEARLY = 0.1
"""The same of the number who come to a school from elsewhere: an assumption. [1]"""


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
    near_yearly: float
    """Standard deviation of the yearly move of a neighbourhood's share beside the district's, relative to it. [1]"""


@dataclass(frozen=True, kw_only=True)
class Flows:
    """Where the entrants of a stage go."""

    leaving: Share
    apart: Share
    """Entrants who are not in their catchment's intake, by which past intakes are read: those who leave; where residents
    against intakes tell, also those who go to another catchment's school, whom `outside` then holds too."""
    private: NDArray[np.float32]
    """[block]: share of those who leave that goes to private schools. [1]"""
    choice: NDArray[np.float32]
    """[block, school]: share of staying entrants who choose a public school outside their catchment. [1]"""
    choosing: Share
    """Of staying entrants, who chooses any of these schools."""
    arriving: NDArray[np.float64]
    """[school]: entrants a year from outside the district's blocks. [children]"""
    arriving_spread: NDArray[np.float64]
    """[school]: standard deviation of that mean, relative to it. [1]"""
    outside: NDArray[np.float64]
    """[school]: share of past intakes that came from outside. [1]"""
    years: tuple[int, ...]
    """Years of attendance used; none without the table."""
    against_rolls: tuple[int, ...] = ()
    """Years whose residents and intakes tell who leaves and who arrives, where there is no attendance."""


def shrunk_share(
    part: NDArray[np.float64], whole: NDArray[np.float64], near: NDArray[np.intp] | None = None
) -> Share:
    r"""
    Return a share by block, shrunk towards its neighbourhood's, and that towards the district's.

    The district's share p is smoothed over the years. With E the children expected at each year's district share, a
    neighbourhood's ratio to it follows a local level (`local_level`) that starts from 1 with the variance
    :math:`\tau^2` between neighbourhoods and is seen with variance (1-p)/E: shrunk, and no trend. A block's ratio to its
    neighbourhood's over all years is :math:`1 + \lambda(O/E - 1)`, :math:`\lambda = \tau^2/(\tau^2 + (1-p)/E)`. So what
    many small blocks tell together is not lost. A block that is alone in its neighbourhood has the neighbourhood's.

    Parameters
    ----------
    part, whole
        [block, year], oldest year first. [children]
    near
        [block]: neighbourhood; None: every block is one. [position]
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
        return Share(share=none, spread=none, own=none, district=0.0, yearly=0.0, near_yearly=0.0)
    by_year = whole * np.nan_to_num(yearly_share)
    expected, seen_part = by_year.sum(axis=1), part.sum(axis=1)
    of = np.arange(blocks) if near is None else near
    groups = int(of.max(initial=-1)) + 1
    together, near_yearly = _followed(grouped(part, of, groups), grouped(by_year, of, groups), district)
    alone = np.bincount(of, minlength=groups)[of] == 1
    there = np.maximum(together.ratio[of], 1e-6)
    of_near = np.minimum(district * there, 0.98)
    single = _ratios(seen_part, np.where(alone, 0.0, expected * there), of_near)
    ratio = there * single.ratio
    own = np.where(alone, together.own[of], single.own)
    share = np.minimum(district * ratio, 0.98)
    left = together.left[of] + np.where(alone, 0.0, single.left * there**2)
    spread = np.sqrt(left) / np.maximum(ratio, 0.1)
    # The counts' own noise is in these errors too; it is what makes small districts' shares unsteady.
    yearly = shrunk_variance(
        float(np.mean(errors**2)) if len(errors) else 0.0, len(errors), _YEARLY_PRIOR**2, 4.0
    )
    return Share(
        share=share,
        spread=np.minimum(spread, 0.6),
        own=own,
        district=district,
        yearly=float(np.sqrt(yearly)),
        near_yearly=near_yearly,
    )


class _Ratios(NamedTuple):
    """Places against what is expected of them."""

    ratio: NDArray[np.float64]
    """[place]: observed per expected, shrunk towards 1. [1]"""
    own: NDArray[np.float64]
    """[place]: weight of the place's own figures. [1]"""
    left: NDArray[np.float64]
    """[place]: variance that is left of the ratio. [1]"""


def _followed(
    observed: NDArray[np.float64], expected: NDArray[np.float64], share: float
) -> tuple[_Ratios, float]:
    """Return the ratios of observed to expected children [place, year] as they stand now, and their yearly move."""
    per_child = 1 - share
    known = np.where(expected > 0, expected, np.nan)
    total = expected.sum(axis=1)
    seen = total > 0
    base = np.where(seen, total, 1.0)
    deviation = np.where(seen, observed.sum(axis=1) / base - 1, np.nan)
    between = shrunk_between(deviation, np.where(seen, per_child / base, np.nan), _SPREAD_PRIOR, 10.0)
    yearly = dispersion(observed, known, (per_child, _NEAR_YEARLY_PRIOR**2), per_child=per_child).yearly
    level = local_level(observed, known, per_child=per_child, between=between, yearly=yearly)
    left = level.variance * np.maximum(level.effect, 0.25) ** 2
    return _Ratios(ratio=level.effect, own=np.where(seen, level.own, 0.0), left=left), float(np.sqrt(yearly))


def _ratios(
    observed: NDArray[np.float64], expected: NDArray[np.float64], share: float | NDArray[np.float64]
) -> _Ratios:
    """Return the ratios of observed to expected children at a share, shrunk towards 1; 1 where none are expected."""
    seen = expected > 0
    base = np.where(seen, expected, 1.0)
    deviation = np.where(seen, observed / base - 1, np.nan)
    noise = np.where(seen, (1 - share) / base, np.nan)
    between = shrunk_between(deviation, noise, _SPREAD_PRIOR, 10.0)
    own = np.where(seen, between / (between + np.nan_to_num(noise, nan=1.0)), 0.0)
    return _Ratios(ratio=1 + own * np.nan_to_num(deviation), own=own, left=between * (1 - own))


def entry_flows(district: District, stage: Stage, rolls: Rolls, groups: tuple[str, ...]) -> Flows:
    """
    Return where the entrants of a stage go, from the last five years of attendance at its starting grade.

    Attendance at any school of a block's joint catchment, as of that year, is no choice. Without attendance at
    that grade, residents against intakes tell what they can (`_against_rolls`, `_crossing`).

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
    near, _ = pd.factorize(np.array(groups, dtype=object))
    leaving = shrunk_share(left, whole, near)
    to_private = shrunk_share(left_private, left, near).share if left.any() else None
    if to_private is None:
        to_private = np.full(len(blocks), 1.0 if len(private_schools) else 0.0)
    arrivals = where(table, table["block"] == "other")
    came, seen = totals(arrivals, "children", {"school": schools, "year": years}), years
    net = _against_rolls(district, stage, rolls, groups) if not years else None
    if net is not None:
        came, seen = net.came, net.years
    arriving, arriving_spread, outside = _arrivals(came, seen, rolls, stage.first)
    apart = leaving
    if net is None:
        choice, choosing = _choice(district, stage, where(table, public), years, schools, groups)
    else:
        apart = net.apart
        leaving, arriving, choice = _crossing(net, arriving, _served(groups, schools))
        choosing = replace(apart, share=choice.sum(axis=1, dtype=np.float64))
    return Flows(
        leaving=leaving,
        apart=apart,
        private=np.clip(to_private, 0, 1).astype(np.float32),
        choice=choice,
        choosing=choosing,
        arriving=arriving,
        arriving_spread=arriving_spread,
        outside=outside,
        years=years,
        against_rolls=net.years if net is not None else (),
    )


@dataclass(frozen=True, kw_only=True)
class _Net:
    """What residents against intakes tell, catchment by catchment."""

    apart: Share
    """Of the residents, who are not in the intake of their catchment."""
    residents: NDArray[np.float64]
    """[block]: in the last of the years; 0 where unknown. [children]"""
    came: NDArray[np.float64]
    """[school, year]: intake beyond the residents of its catchment; missing where either is unknown. [children]"""
    years: tuple[int, ...]


def _against_rolls(district: District, stage: Stage, rolls: Rolls, groups: tuple[str, ...]) -> _Net | None:
    r"""
    Return residents of the starting grade who are missing from their catchment's intake, and pupils beyond its residents.

    Of a catchment with residents R and intake I,

    .. math:: p = \max(1 - I/R,\ 0), \qquad a = \max(I - R,\ 0)

    the share p is shrunk towards the district's, whose sum holds, and a is shared over the catchment's schools by intake. Both are
    net, of the catchment and so of the district: children who come from elsewhere hide as many who leave. So the next
    intake goes on from the last, by school and in sum.

    Catchments are those of the year, joint ones that share a school together; children of blocks without one
    attend as the others do. A full school's catchment says nothing of leaving, and those it turned away are taken to be
    among the children who arrive elsewhere. The share
    rests on the years since the last in which nobody left, as shares are smoothed by their logarithms.

    Returns
    -------
    Of the last five years in which residents and intake of some catchment are known; None when there is none.
    """
    if stage.first not in rolls.grades:
        return None
    home = children_by_home(district["residents"], stage.first, district.blocks.index, rolls.years)
    grade = rolls.grades.index(stage.first)
    schools = district.schools.loc[list(rolls.schools)]
    teaches = (schools["first"].to_numpy() <= stage.first) & (stage.first <= schools["last"].to_numpy())
    found: list[tuple[int, NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]] = []
    for at in np.flatnonzero(np.isfinite(home).any(axis=0))[::-1]:
        if len(found) == RECENT:
            break
        held = catchments_then(district, stage.stage, rolls.years[at])
        intake = np.where(teaches, rolls.pupils[:, grade, at], 0.0)
        of_year = _net_of_year(
            home[:, at], intake, rolls.full[:, grade, at], _served(held, rolls.schools) & teaches
        )
        if of_year is not None:
            found.insert(0, (rolls.years[at], *of_year))
    if not found:
        return None
    years, left, whole, came = zip(*found, strict=True)
    left, whole = np.column_stack(left), np.column_stack(whole)
    nobody = np.flatnonzero((whole.sum(axis=0) > 0) & (left.sum(axis=0) <= 0))
    since = int(nobody[-1]) + 1 if len(nobody) else 0
    codes, keys = pd.factorize(np.array(["+".join(sorted(key.split("+"))) for key in groups], dtype=object))
    share = shrunk_share(
        grouped(left[:, since:], codes, len(keys)), grouped(whole[:, since:], codes, len(keys))
    )
    shares, homes = share.share[codes], whole[:, since:].sum(axis=1)
    missing = float((shares * homes).sum())
    if missing > 0:
        # Shrinkage moves the sum a little, which residents and intakes know.
        shares = np.minimum(shares * (share.district * float(homes.sum()) / missing), 0.98)
    apart = replace(share, share=shares, spread=share.spread[codes], own=share.own[codes])
    last = np.nan_to_num(home[:, rolls.years.index(years[-1])])
    return _Net(apart=apart, residents=last, came=np.column_stack(came), years=years)


def _crossing(
    net: _Net, arriving: NDArray[np.float64], served: NDArray[np.bool_]
) -> tuple[Share, NDArray[np.float64], NDArray[np.float32]]:
    r"""
    Return who leaves the district's schools, who arrives from outside [school], and who chooses another school [block, school].

    As far as residents missing from some catchments and pupils beyond the residents of others match, they are
    taken to be the same children: of D missing and A beyond, :math:`X = \min(D, A)`. Each block's missing children
    choose in the proportion X/D, over the schools as these have pupils beyond their residents; only the rest
    leaves, or arrives.

    Parameters
    ----------
    arriving
        [school]: pupils a year beyond the residents of their catchment. [children]
    served
        [block, school]: whether the school is of the block's catchment; none of them is a destination.
    """
    apart = net.apart
    missing, beyond = float((net.residents * apart.share).sum()), float(arriving.sum())
    within = min(missing, beyond)
    going = within / missing if missing > 0 else 0.0
    coming = within / beyond if beyond > 0 else 0.0
    leaving = replace(apart, share=apart.share * (1 - going), district=apart.district * (1 - going))
    choosing = apart.share * going / (1 - leaving.share)
    choice = np.where(served, 0.0, choosing[:, None] * _parts(arriving)[None, :])
    return leaving, arriving * (1 - coming), choice.astype(np.float32)


def _served(held: tuple[str, ...], schools: tuple[str, ...]) -> NDArray[np.bool_]:
    """Return [block, school]: whether the school is of the block's catchment."""
    out = np.zeros((len(held), len(schools)), dtype=bool)
    codes, keys = pd.factorize(np.array(held, dtype=object))
    for code, key in enumerate(keys):
        members = positions(key.split("+"), schools)
        out[np.ix_(codes == code, members[members >= 0])] = True
    return out


def _net_of_year(
    residents: NDArray[np.float64],
    intake: NDArray[np.float64],
    full: NDArray[np.bool_],
    served: NDArray[np.bool_],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]] | None:
    """
    Return a year's leavers and the residents they are of [block], and arrivals [school]; None when no catchment is known.

    Parameters
    ----------
    residents
        [block]; missing where unknown. [children]
    intake, full
        [school]; missing where not counted. [children]
    served
        [block, school]: whether the school is of the block's catchment.
    """
    of_block, of_school, count = together(served)
    inside = served.any(axis=1)
    at_home = float(np.nansum(residents[inside]))
    if at_home <= 0:
        return None
    spread = np.nansum(residents) / at_home
    children = grouped(np.where(inside, residents, 0.0), of_block, count) * spread
    admitted = grouped(intake, of_school, count)
    crowded = grouped(full.astype(np.float64), of_school, count) > 0
    known = np.isfinite(children) & np.isfinite(admitted)
    has_school = grouped(np.ones(len(intake)), of_school, count) > 0
    both = known & has_school & (children > 0)
    if not both.any():
        return None
    share = np.where(both, np.maximum(1 - admitted / np.where(both, children, 1.0), 0.0), 0.0)
    told = (both & ~crowded)[of_block] & inside
    whole = np.where(told, residents, 0.0)
    surplus = np.where(known, np.maximum(admitted - children, 0.0), 0.0)
    turned_away = float((share * np.where(both & crowded, children, 0.0)).sum())
    if surplus.any():
        surplus *= max(1 - turned_away / float(surplus.sum()), 0.0)
    part = np.divide(
        intake, admitted[of_school], out=np.zeros_like(intake), where=np.nan_to_num(admitted[of_school]) > 0
    )
    return whole * share[of_block], whole, np.where(known[of_school], surplus[of_school] * part, np.nan)


def _choice(
    district: District,
    stage: Stage,
    stayed: pd.DataFrame,
    years: tuple[int, ...],
    schools: tuple[str, ...],
    groups: tuple[str, ...],
) -> tuple[NDArray[np.float32], Share]:
    """Return [block, school]: share of staying entrants who attend a public school outside their catchment; and of any such."""
    blocks = district.blocks.index
    out = np.zeros((len(blocks), len(schools)), dtype=np.float32)
    stayed = where(stayed, positions(stayed["block"], blocks) >= 0)
    if stayed.empty:
        return out, shrunk_share(np.zeros((len(blocks), 0)), np.zeros((len(blocks), 0)))
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
    codes, keys = pd.factorize(np.array(groups, dtype=object))
    choosing = shrunk_share(
        totals(where(stayed, chosen), "children", axes), totals(stayed, "children", axes), codes
    )
    rate = choosing.share
    went = totals(where(stayed, chosen), "children", {"block": blocks, "school": schools})
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
    return out, choosing


def _parts(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return values as parts of their sum; zeros where that is 0."""
    total = values.sum()
    return values / total if total > 0 else np.zeros_like(values)


def _arrivals(
    came: NDArray[np.float64], years: tuple[int, ...], rolls: Rolls, grade: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """
    Return entrants from outside by school, smoothed; the spread of that mean; and their share of past intakes.

    Parameters
    ----------
    came
        [school, year]: entrants from outside; missing where unknown. [children]
    """
    mean, spread, outside = np.zeros(len(came)), np.zeros(len(came)), np.zeros(len(came))
    if not years:
        return mean, spread, outside
    for at in np.flatnonzero((np.nan_to_num(came) > 0).any(axis=1)):
        mean[at], _errors = smooth(came[at], _ARRIVAL_ALPHA)
        # Smoothing with weight a leaves (a / (2 - a)) of one year's Poisson variance.
        spread[at] = np.sqrt(_ARRIVAL_ALPHA / (2 - _ARRIVAL_ALPHA) / max(mean[at], 1.0))
    counted = [rolls.years.index(year) if year in rolls.years else -1 for year in years]
    if grade in rolls.grades:
        roll = rolls.of_grade(grade)
        both = (np.array(counted) >= 0) & np.isfinite(came)
        intake = np.nansum(np.where(both, roll[:, counted], 0.0), axis=1)
        seen = np.where(both, came, 0.0).sum(axis=1)
        outside = np.where(intake > 0, np.minimum(seen / np.where(intake > 0, intake, 1.0), 0.95), 0.0)
    return mean, spread, outside
