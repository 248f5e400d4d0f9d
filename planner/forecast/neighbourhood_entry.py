"""
Entrants of neighbourhoods (the blocks of a catchment) from past entrants and births, and their blocks' parts of them.

A neighbourhood is forecast as the plain tables' units are (`unit_entry`): several forecasts, each weighted by how well
it would have done. Its blocks share its children as past entrants and births by block were shared. Beyond the births
that are known, all neighbourhoods follow the district's births as assumed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from planner.forecast.arrays import grouped, positions
from planner.forecast.births import cell_totals
from planner.forecast.calibration import PRIORS, district_ratio
from planner.forecast.homes import RECENT
from planner.forecast.smoothing import path_spread
from planner.forecast.stacking import stacked_weights
from planner.forecast.tiers import Tier
from planner.forecast.unit_entry import EntryFacts, fit_unit_entry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from planner.district import District
    from planner.forecast.arrays import Rolls
    from planner.forecast.births import Cohorts
    from planner.forecast.calibration import Ratio
    from planner.forecast.homes import History
    from planner.forecast.unit_entry import UnitEntry
    from planner.policy import Stage

_SHARE_WORTH = 5.0
"""Children that the sharing rule is worth beside a block's own past share of its catchment. [children]"""
_PART_PRIOR = (0.6, 0.4)
"""Weights of past entrants and of births by block in a block's part of its neighbourhood, to begin with: over four
origins in Edinburgh half to two thirds for the past was best."""
_BORN_PART = 0.12
"""Standard deviation of a block's ratio of entrants to births within its neighbourhood: an assumption. [1]"""
_TRIED = 3
"""Latest years whose blocks' parts are tried. [years]"""
_NEARLY_ALL = 0.95
"""Part of the usual entrants that must be known for their sum to be the district's. [1]"""
_WITHOUT_BIRTHS = 0.02
"""Least standard deviation that a district's level gains in a year without births: with less, from four or five years,
80 % ranges of district totals held 0 to 75 %. [1]"""
_MOVED_BY_BIRTHS = ("births", "own", "steady", "younger")
_BORN = ("births", "born here")


@dataclass(frozen=True, kw_only=True)
class Past:
    """What the entry of a stage's neighbourhoods is forecast from."""

    history: History
    near: NDArray[np.intp]
    """[block]: neighbourhood."""
    younger: NDArray[np.float64]
    """[neighbourhood, year of history]: pupils of a grade, mean of the first three, at its schools. [children]"""
    rule: NDArray[np.float64]
    """[block]: weights of the sharing rule. [1]"""
    births: Cohorts | None
    """Of the autumns of the history and of the forecast."""
    years: tuple[int, ...]
    """Autumns of the forecast."""

    @property
    def places(self) -> int:
        """Number of neighbourhoods."""
        return int(self.near.max()) + 1

    @property
    def counted(self) -> int:
        """Number of autumns of the history, the first of the forecast among those of the births."""
        return len(self.history.years)


class DistrictPath(NamedTuple):
    """The district's entrants as its births and its own ratio of entrants to births say."""

    total: NDArray[np.float64]
    """[year]; missing where births are. [children]"""
    spread: NDArray[np.float64]
    """[year]: standard deviation, without unknown births. [1]"""


def younger_pupils(
    district: District, rolls: Rolls, stage: Stage, near_ids: Sequence[str], years: Sequence[int]
) -> NDArray[np.float64]:
    """
    Return pupils of a grade, mean of the first three, at each neighbourhood's schools [neighbourhood, year].

    Missing where not counted, and where an event of the school has moved children in or out in that year.
    """
    grades = [rolls.grades.index(grade) for grade in range(stage.first, min(stage.first + 3, stage.last + 1))]
    counted = rolls.pupils[:, grades]
    events = district["events"]
    when = positions(events["year"], rolls.years)
    for column in ("school", "other"):
        school = positions(events[column], rolls.schools)
        both = (school >= 0) & (when >= 0)
        counted[school[both], :, when[both]] = np.nan
    number = np.isfinite(counted).sum(axis=1)
    mean = np.where(number > 0, np.nansum(counted, axis=1) / np.maximum(number, 1), np.nan)
    out = np.full((len(near_ids), len(years)), np.nan)
    then = positions(years, rolls.years)
    for at, key in enumerate(near_ids):
        members = positions(key.split("+"), rolls.schools)
        of_key = mean[members[members >= 0]]
        sums = np.where(np.isfinite(of_key).any(axis=0), np.nansum(of_key, axis=0), np.nan)
        out[at] = np.where(then >= 0, sums[then], np.nan)
    return out


def neighbourhood_tier(past: Past) -> tuple[Tier | None, DistrictPath | None]:
    """
    Return the tier of past entrants and births, and the district's path that the sum of all tiers is held against.

    The tier is called births where they are given, else history. A neighbourhood without past entrants has its
    births times the district's ratio.
    """
    births, years = past.births, np.arange(1, len(past.years) + 1)
    entered, usable = _entered(past)
    known = np.isfinite(entered).any(axis=0)
    prior, since = PRIORS["births"], past.counted
    ratio = _birth_ratio(entered, births)
    entry = _unit_entry(past, entered, int(np.flatnonzero(known)[-1])) if known.any() else None
    born = None if births is None else _born(past, births)
    parts = _parts(past, usable, born)
    if entry is not None:
        mean = (entry.mean * _beyond_known(births, since, len(years)))[past.near] * parts.share
        near = np.broadcast_to(entry.unit_variance, mean.shape).copy()
        by_births = np.broadcast_to(_weight_of(entry, _BORN), mean.shape).copy()
        shared = entry.shared_variance + _left_behind(entry, births, since)
        if births is None:
            shared = np.maximum(shared, _WITHOUT_BIRTHS**2 * years)
    else:
        mean, shared = np.full((len(past.near), len(years)), np.nan), path_spread(ratio.sd, years) ** 2
        near, by_births = np.zeros_like(mean), np.zeros_like(mean)
    new = ~np.isfinite(mean).any(axis=1)
    if born is not None:
        mean[new] = born[new, since:] * np.exp(ratio.log)
        near[new] = prior.between**2 + prior.yearly**2 * years
        by_births[new] = 1.0
    if not np.isfinite(mean).any():
        return None, None
    path = None
    if births is not None and entry is not None:
        total = births.total()[since:]
        first = np.nansum(mean[:, 0]) / total[0] if np.isfinite(total[0]) else np.nan
        # Births of other years than the entrants' tell how these move, not how many they are.
        path = DistrictPath(
            total * (np.exp(ratio.log) if ratio.years else first), path_spread(ratio.sd, years)
        )
    tier = Tier(
        name="history" if births is None else "births",
        base=mean if born is None else np.where(np.isfinite(born[:, since:]), born[:, since:], mean),
        mean=mean,
        district_spread=np.sqrt(np.maximum.accumulate(shared)),
        near_spread=np.sqrt(near),
        block_fixed=parts.spread,
        beyond=np.zeros((len(years), 0)) if births is None else births.beyond[since:],
        band=0.0 if births is None else births.band,
        per_child=np.full(len(years), prior.per_child if entry is None else min(entry.per_child, 1.0)),
        own=np.where(new, 0.0, 1.0),
        by_births=by_births,
        years=int(known.sum()) if births is None else ratio.years,
    )
    return tier, path


def _entered(past: Past) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """
    Return entrants [neighbourhood, year], missing where not known, and which blocks' figures serve [block, year].

    Years in which a school was full are left out unless it always was, and years in which nobody entered anywhere. A
    neighbourhood that is not known last but before has moved as the others have since, and has at least what was counted.
    """
    history, near, places = past.history, past.near, past.places
    known = np.isfinite(history.children) & ~history.empty_years()
    usable = known & ~history.censored
    always = ~usable.any(axis=1) & known.any(axis=1)
    usable[always] = known[always]
    # Of a neighbourhood that is known, blocks that are never named have nobody.
    ever = np.asarray(known.any(axis=1), dtype=np.float64)
    never = (ever <= 0) & (grouped(ever, near, places) > 0)[near]
    least = cell_totals(np.where(never[:, None], 0.0, history.children), near, places)
    entered = cell_totals(
        np.where(never[:, None], 0.0, np.where(usable, history.children, np.nan)), near, places
    )
    told = np.flatnonzero(np.isfinite(entered).any(axis=0))
    if not len(told):
        return entered, usable
    last = int(told[-1])
    for place in np.flatnonzero(np.isnan(entered[:, last]) & np.isfinite(entered).any(axis=1)):
        before = int(np.flatnonzero(np.isfinite(entered[place, :last]))[-1])
        both = np.isfinite(entered[:, before]) & np.isfinite(entered[:, last])
        then = entered[both, before].sum()
        moved = entered[both, last].sum() / then if then > 0 else 1.0
        entered[place, last] = np.fmax(entered[place, before] * moved, least[place, last])
    return entered, usable


def _birth_ratio(entered: NDArray[np.float64], births: Cohorts | None) -> Ratio:
    """Return the district's entrants per birth, from the years in which nearly all neighbourhoods are known."""
    if births is None:
        return district_ratio([], PRIORS["births"])
    known = np.isfinite(entered)
    usual = np.where(known, entered, 0.0).max(axis=1, initial=0.0)
    enough = (known * usual[:, None]).sum(axis=0) >= _NEARLY_ALL * usual.sum()
    whole = np.where(enough & known.any(axis=0), np.nansum(entered, axis=0), np.nan)
    prior, size = PRIORS["births"], float(np.nanmean(whole)) if np.isfinite(whole).any() else 0.0
    noise = prior.per_child / size if size else 0.0
    return district_ratio([whole / births.total()[: entered.shape[1]]], prior, noise)


def _born(past: Past, births: Cohorts) -> NDArray[np.float64]:
    """Return births [block, autumn]; those of an area shared by the sharing rule, which the ratios then take up."""
    inside = births.of >= 0
    cell = np.where(inside, births.of, 0)
    born = np.where(inside[:, None], births.births[cell], np.nan)
    if births.by_block:
        return born
    weights = np.asarray(np.where(inside, past.rule, 0.0))
    sums = grouped(weights, births.of, len(births.cells))[cell]
    number = grouped(np.ones(len(cell)), births.of, len(births.cells))[cell]
    return (
        born
        * np.where(sums > 0, weights / np.where(sums > 0, sums, 1.0), 1 / np.maximum(number, 1.0))[:, None]
    )


def _unit_entry(past: Past, entered: NDArray[np.float64], last: int) -> UnitEntry:
    """Return the forecast of neighbourhoods from what is known up to an autumn, by years after the last count."""
    births, gap = past.births, past.counted - 1 - last
    total = here = None
    lag = 0
    if births is not None:
        ahead = births.known()[last + 1 :]
        lag = len(ahead) if ahead.all() else int(np.argmin(ahead))
        total = births.total() if lag else None
        if lag and len(births.cells) > 1:
            born = _born(past, births)
            given = grouped(np.isfinite(born).astype(np.float64), past.near, past.places) > 0
            filled = np.where(np.isfinite(born), born, 0.0)
            here = np.where(given, grouped(filled, past.near, past.places), np.nan)
    fitted = fit_unit_entry(
        EntryFacts(
            entered=entered[:, : last + 1],
            younger=past.younger[:, : last + 1],
            births=total,
            born_here=here,
            lag=lag,
        ),
        len(past.years) + gap,
    )
    mean = fitted.mean
    if lag:
        # What only births of the own area tell ends with them; from there on all follow the district's births.
        mean = np.where(np.arange(mean.shape[1]) < lag, mean, mean[:, [min(lag, mean.shape[1]) - 1]])
    return replace(
        fitted,
        mean=mean[:, gap:],
        unit_variance=fitted.unit_variance[gap:],
        shared_variance=fitted.shared_variance[gap:],
        weights=fitted.weights[gap:],
    )


def _weight_of(entry: UnitEntry, names: tuple[str, ...]) -> NDArray[np.float64]:
    """Return the weight of some forecasts [year]."""
    return entry.weights[:, [name in names for name in entry.forecasts]].sum(axis=1)


def _known_ahead(births: Cohorts, since: int) -> int:
    """Return the years of the forecast, from the first on, of which all births are known."""
    ahead = births.known()[since:]
    return len(ahead) if ahead.all() else int(np.argmin(ahead))


def _beyond_known(births: Cohorts | None, since: int, years: int) -> NDArray[np.float64]:
    """Return births of each year relative to those of the last known cohort [year]; 1 up to it, and without births."""
    out = np.ones(years)
    if births is None:
        return out
    total, known = births.total(), _known_ahead(births, since)
    last = since + known - 1
    if known < years and np.isfinite(total[last]):
        moved = total[since + known :] / total[last]
        out[known:] = np.where(np.isfinite(moved), moved, 1.0)
    return out


def _left_behind(entry: UnitEntry, births: Cohorts | None, since: int) -> NDArray[np.float64]:
    r"""
    Return the variance [year] of not following births, :math:`(u \log B_t/B_0)^2` with u the weight that stays behind.

    Where births fall by half, forecasts that go by past numbers alone are as far off, which few past years have shown.
    """
    years = len(entry.weights)
    if births is None:
        return np.zeros(years)
    total, known = births.total(), max(_known_ahead(births, since), 1)
    start = next((each for each in (total[since - 1], total[since]) if np.isfinite(each)), np.nan)
    move = np.log(total[since : since + years] / start)
    move = np.where(np.arange(years) < known, np.nan_to_num(move), 0.0)
    move[known:] = move[known - 1]
    follows = _weight_of(entry, ("born here",)) + entry.follows_births * _weight_of(entry, _MOVED_BY_BIRTHS)
    return ((1 - follows) * move) ** 2


class _Parts(NamedTuple):
    """Blocks' parts of their neighbourhoods."""

    share: NDArray[np.float64]
    """[block, year]: sums to 1 over a neighbourhood. [1]"""
    spread: NDArray[np.float64]
    """[block]: standard deviation of what is not known of it; 0 of a block that is alone. [1]"""


def _parts(past: Past, usable: NDArray[np.bool_], born: NDArray[np.float64] | None) -> _Parts:
    """
    Return each block's part of its neighbourhood's entrants.

    Its part of those counted by home in the last five years, the sharing rule being worth five children; where births
    are given by block, weighted with its part of them by how well either told the latest years.
    """
    near, places, history = past.near, past.places, past.history
    counted = np.where(usable & history.counted, history.children, 0.0)
    mine = counted[:, -RECENT:].sum(axis=1)
    earlier = _past_part(past, counted[:, -RECENT:])
    alone = np.bincount(near, minlength=places)[near] <= 1
    of_past = np.minimum(1 / np.sqrt(mine + _SHARE_WORTH), 0.4)
    share = np.repeat(earlier[:, None], len(past.years), axis=1)
    if past.births is None or born is None or not past.births.by_block:
        return _Parts(share, np.where(alone, 0.0, of_past))
    of_births = np.apply_along_axis(_part_of, 0, np.nan_to_num(born), near, places)
    tried, came, spread = [], [], []
    for at in range(max(len(history.years) - _TRIED, 1), len(history.years)):
        whole = grouped(counted[:, at], near, places)[near]
        used = (usable & history.counted)[:, at] & ~alone & (whole > 0) & np.isfinite(of_births[:, at])
        before = _past_part(past, counted[:, max(at - RECENT, 0) : at])
        tried.append((np.column_stack([before, of_births[:, at]]) * whole[:, None])[used])
        came.append(counted[used, at])
        spread.append(np.sqrt(np.maximum(whole * before, 1.0))[used])
    weight = stacked_weights(
        np.concatenate(tried) if tried else np.zeros((0, 2)),
        np.concatenate(came) if came else np.zeros(0),
        np.concatenate(spread) if spread else np.zeros(0),
        _PART_PRIOR,
    )
    ahead = of_births[:, past.counted :]
    share = np.where(np.isfinite(ahead), weight[0] * share + weight[1] * ahead, share)
    return _Parts(share, np.where(alone, 0.0, weight[0] * of_past + weight[1] * _BORN_PART))


def _past_part(past: Past, counted: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return each block's part [block] of its neighbourhood's children counted by home [block, year], with the sharing rule."""
    mine = counted.sum(axis=1)
    rule = _part_of(past.rule, past.near, past.places)
    even = 1 / np.bincount(past.near, minlength=past.places)[past.near]
    rule = np.where(np.isfinite(rule), rule, even)
    together = grouped(mine, past.near, past.places)[past.near]
    return (mine + _SHARE_WORTH * rule) / (together + _SHARE_WORTH)


def _part_of(values: NDArray[np.float64], of: NDArray[np.intp], groups: int) -> NDArray[np.float64]:
    """Return values as parts of their group's sum; missing where that is 0."""
    sums = grouped(values, of, groups)[of]
    return np.where(sums > 0, values / np.where(sums > 0, sums, 1.0), np.nan)
