"""
Children entitled to enter a stage that no other stage feeds: three tiers of evidence, combined by precision.

- **register**: children of the cohort in the register, in kindergarten or registered for entry, times the ratio
  of past entrants to them;
- **births**: births of the cohort times the ratio of past entrants to births;
- **history**: the catchment's share of past entrants times the district's smoothed number; only where neither of
  the others reaches, and to steady the shares of births given by block.

Each mean is weighted by the inverse of its variance without the count noise that all share, which comes once on
top.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planner.forecast.arrays import grouped, positions, totals, where
from planner.forecast.births import BEYOND, Cohorts, cell_totals
from planner.forecast.calibration import Places, Prior, Ratio, district_ratio, place_deviations
from planner.forecast.homes import KINDS, RECENT
from planner.forecast.smoothing import dispersion, local_level, path_spread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from planner.district import District
    from planner.forecast.homes import History, Sharing
    from planner.policy import Policy

PRIORS = {
    "registered": Prior(sd=0.01, floor=0.005, unseen=0.04, per_child=0.4, between=0.06, yearly=0.02),
    "register": Prior(sd=0.015, floor=0.01, unseen=0.06, per_child=0.5, between=0.10, yearly=0.03),
    "kindergarten": Prior(sd=0.02, floor=0.01, unseen=0.06, per_child=0.5, between=0.10, yearly=0.03),
    "births": Prior(sd=0.02, floor=0.0137, unseen=0.10, per_child=0.9, between=0.12, yearly=0.04),
    "history": Prior(sd=0.04, floor=0.02, unseen=0.06, per_child=1.0, between=1.0, yearly=0.06),
}
"""Of births: England, 119 authorities, 0.84 per child, 1.15 % a year and 0.75 % nationally; of history: New York and
Atlanta, 1.0 per child, 4.6 to 6 % a year. Of registers, and of how places differ from births: assumptions, to be
replaced by the district's own figures as its history grows."""

_STEADIEST = 0.6
"""Largest weight of history beside other evidence: over four origins in Edinburgh half to two thirds was best."""
_SHARED = 3
"""Latest cohorts whose shares hold beyond them. [years]"""
_SHARE_WORTH = 5.0
"""Children that the sharing rule is worth beside a block's own past share of its catchment. [children]"""


@dataclass(frozen=True, kw_only=True)
class Tier:
    """One piece of evidence on the entrants of every block and year; axes [block, year] unless stated."""

    name: str
    base: NDArray[np.float64]
    """Registered children, births or past entrants; missing where the tier does not reach. [children]"""
    mean: NDArray[np.float64]
    """Entrants expected. [children]"""
    district_spread: float
    """Standard deviation of the one-year error of the district's level. [1]"""
    near_fixed: NDArray[np.float64]
    """[block]: of what is not known of the neighbourhood's lasting deviation. [1]"""
    near_yearly: float
    """Of the neighbourhood's change from year to year. [1]"""
    area_fixed: NDArray[np.float64]
    """[block]: the same of the births' area, where births are by area. [1]"""
    area_yearly: float
    block_fixed: NDArray[np.float64]
    """[block]: of the block within its neighbourhood. [1]"""
    beyond: NDArray[np.float64]
    """[year, step]: weight of each unknown birth year. [1]"""
    per_child: NDArray[np.float64]
    """[year]: variance of the count per child. [1]"""
    own: NDArray[np.float64]
    """[block]: weight of the place's own history. [1]"""
    years: int
    """Years that the district's ratio rests on; 0: assumed."""

    def variance(self) -> NDArray[np.float64]:
        """Return the variance of the logarithm of the mean [block, year], without the counts' own noise."""
        leads = np.arange(1.0, self.mean.shape[1] + 1)
        fixed = self.near_fixed**2 + self.area_fixed**2 + self.block_fixed**2
        drift = (self.near_yearly**2 + self.area_yearly**2) * leads
        district = path_spread(self.district_spread, leads) ** 2
        return fixed[:, None] + (drift + district + beyond_variance(self.beyond))[None, :]


def extended(tier: Tier, trend: float) -> Tier:
    """
    Carry a tier on beyond its last cohort, where no births say more.

    The district's last number follows the assumed trend of births and is shared as in the last three years it
    reached; its uncertainty grows as that of unknown births does.
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
                recent / max(np.nansum(recent), 1e-9) * np.nansum(source[:, last]) * trend**step
            )
        beyond[last + step, step - 1] = 1.0
    return replace(tier, mean=mean, base=base, beyond=beyond)


def beyond_variance(beyond: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the variance [year] that unknown births add: a walk of 3 % a year from the last figure on."""
    reach = np.cumsum(beyond[:, ::-1], axis=1)[:, ::-1]
    return BEYOND**2 * (reach**2).sum(axis=1)


def register_tiers(
    district: District,
    policy: Policy,
    history: History,
    near: NDArray[np.intp],
    years: Sequence[int],
    offset: int,
    progression_noise: float,
) -> list[Tier]:
    """
    Return a tier for each kind of the children table that reaches any year of the forecast.

    Entrants of autumn t are the cohort t - lag. Its ratio is calibrated at the same lead (years from the
    extract to entry) where past extracts allow, else at the nearest lead known, else taken as 1. The variance
    per child grows with the lead, up to that of births.
    """
    return [
        tier
        for kind in KINDS
        if (tier := _register_tier(district, policy, history, near, years, offset, progression_noise, kind))
        is not None
    ]


def _lead(autumn: int, as_of: pd.Timestamp) -> int:
    """Return the whole years from an extract to an autumn count, taken as 1 September."""
    return round(autumn + 2 / 3 - (as_of.year + (as_of.day_of_year - 1) / 365.25))


def _register_tier(
    district: District,
    policy: Policy,
    history: History,
    near: NDArray[np.intp],
    years: Sequence[int],
    offset: int,
    progression_noise: float,
    kind: str,
) -> Tier | None:
    blocks = district.blocks.index
    table = district["children"]
    table = where(table, table["kind"] == kind)
    if table.empty:
        return None
    lag = policy.entry.lag + offset
    closing = pd.to_datetime(
        table["cohort"].astype(str) + "-" + policy.entry.cut_off.replace("02-29", "02-28")
    )
    table = where(table, table["as_of"] >= closing)
    if table.empty:
        return None
    extracts = sorted(pd.to_datetime(table["as_of"]).unique())
    named = positions(blocks, set(table["block"])) >= 0

    def registered(extract: pd.Timestamp, autumn: int) -> NDArray[np.float64]:
        rows = where(table, (table["as_of"] == extract) & (table["cohort"] == autumn - lag))
        if rows.empty:
            return np.full(len(blocks), np.nan)
        return np.where(named, totals(rows, "children", {"block": blocks}), np.nan)

    prior = PRIORS[kind]
    base = np.full(history.children.shape, np.nan)
    ratios: dict[int, NDArray[np.float64]] = {}
    for at, autumn in enumerate(history.years):
        seen = [(_lead(autumn, extract), extract) for extract in extracts]
        # The extract that stood to that autumn as the latest now stands to the next comes first.
        for lead, extract in sorted(
            (pair for pair in seen if pair[0] >= 0), key=lambda pair: (abs(pair[0] - 1), pair[0])
        ):
            children = registered(extract, autumn)
            both = np.isfinite(children) & np.isfinite(history.children[:, at]) & ~history.censored[:, at]
            if not both.any() or children[both].sum() <= 0:
                continue
            series = ratios.setdefault(lead, np.full(len(history.years), np.nan))
            if np.isnan(series[at]):
                series[at] = history.children[both, at].sum() / children[both].sum()
            if not np.isfinite(base[:, at]).any():
                base[:, at] = children
    places = place_deviations(history, near, int(near.max()) + 1, prior, base=base)
    latest = extracts[-1]
    now = np.column_stack([registered(latest, autumn) for autumn in years])
    if not np.isfinite(now).any():
        return None
    leads = np.array([max(_lead(autumn, latest), 0) for autumn in years])
    level = np.array([_ratio_at(int(lead), ratios, prior).log for lead in leads])
    ratio = _ratio_at(int(leads[0]), ratios, prior)
    # One year's noise is seen at the lead that is calibrated; without calibration it is a grade's.
    yearly = places.per_child if ratios else progression_noise
    noise = np.minimum(yearly * np.maximum(leads, 1), max(PRIORS["births"].per_child, yearly))
    return Tier(
        name=kind,
        base=now,
        mean=now * np.exp(level)[None, :] * places.effect[:, None],
        district_spread=ratio.sd,
        near_fixed=places.cell_spread,
        near_yearly=places.yearly,
        area_fixed=np.zeros(len(blocks)),
        area_yearly=0.0,
        block_fixed=places.block_spread,
        beyond=np.zeros((len(years), 0)),
        per_child=noise,
        own=places.own,
        years=ratio.years,
    )


def _ratio_at(lead: int, ratios: dict[int, NDArray[np.float64]], prior: Prior) -> Ratio:
    """Return the district ratio at a lead, or at the nearest one known, the shorter of two."""
    if not ratios:
        return district_ratio([], prior)
    nearest = min(ratios, key=lambda known: (abs(known - lead), known))
    return district_ratio([ratios[nearest], *(ratios[other] for other in ratios if other != nearest)], prior)


def births_tier(
    births: Cohorts,
    history: History,
    past: Tier | None,
    near: NDArray[np.intp],
    years: Sequence[int],
    sharing: NDArray[np.float64],
    areas: NDArray[np.intp],
) -> Tier | None:
    """
    Return the tier of births times the ratio of past entrants to births.

    Births by area are shared over the area's blocks in proportion to the history tier, or to the sharing rule
    where there is no history. Births by block are steadied by past shares of the area: small places' births and
    entrants have little to do with each other where young families move.

    Parameters
    ----------
    births
        Of the autumns of the history and of the forecast.
    past
        The history tier.
    near
        [block]: neighbourhood.
    sharing
        [block]: weights of the sharing rule.
    areas
        [block]: position of its town or sub-district; all of one where the district names none.
    """
    then = [births.years.index(year) for year in history.years]
    ahead = [births.years.index(year) for year in years]
    prior, blocks = PRIORS["births"], len(births.of)
    inside = births.of >= 0
    cell = np.where(inside, births.of, 0)
    zero = np.zeros(blocks)
    if births.by_block:
        base = np.where(inside[:, None], births.births[cell], np.nan)
        places = place_deviations(history, near, int(near.max()) + 1, prior, base=base[:, then])
        ahead_base, share = base[:, ahead], np.ones((blocks, len(years)))
        near_fixed, near_yearly, block_fixed = places.cell_spread, places.yearly, places.block_spread
        area_fixed, area_yearly = zero, 0.0
    else:
        places = place_deviations(
            history, births.of, len(births.cells), prior, cell_base=births.births[:, then]
        )
        ahead_base = np.where(inside[:, None], births.births[cell][:, ahead], np.nan)
        share = _parts_of_cell(past, births, sharing, len(years))
        near_fixed = past.near_fixed if past is not None else np.full(blocks, 0.3)
        near_yearly = past.near_yearly if past is not None else PRIORS["history"].yearly
        block_fixed = past.block_fixed if past is not None else zero
        area_fixed, area_yearly = places.cell_spread, places.yearly
    if not np.isfinite(ahead_base).any():
        return None
    ratio = district_ratio([places.ratios], prior)
    mean = ahead_base * share * np.exp(ratio.log) * places.effect[:, None]
    if births.by_block and past is not None:
        weight = _steadiness(places, past)
        mean = (1 - weight) * mean + weight * _scaled(past.mean, mean, areas)
        near_fixed = (1 - weight) * near_fixed + weight * past.near_fixed
        block_fixed = (1 - weight) * block_fixed + weight * past.block_fixed
        near_yearly = (1 - weight) * near_yearly + weight * past.near_yearly
    return Tier(
        name="births",
        base=ahead_base * share,
        mean=mean,
        district_spread=ratio.sd,
        near_fixed=near_fixed,
        near_yearly=near_yearly,
        area_fixed=area_fixed,
        area_yearly=area_yearly,
        block_fixed=block_fixed,
        beyond=births.beyond[ahead],
        per_child=np.full(len(years), places.per_child),
        own=places.own,
        years=ratio.years,
    )


def _steadiness(places: Places, past: Tier) -> float:
    """Return the weight of past shares beside births by block: by precision three years ahead, at most 0.6."""
    ahead = 3
    of_births = float(np.median(places.cell_spread**2)) + places.yearly**2 * ahead
    of_past = float(np.median(past.near_fixed**2)) + past.near_yearly**2 * ahead
    return min(of_births / (of_births + of_past), _STEADIEST)


def _scaled(
    past: NDArray[np.float64], mean: NDArray[np.float64], areas: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Return past shares scaled to each area's total of the births tier; where either is missing, the births tier itself."""
    both = np.isfinite(past) & np.isfinite(mean)
    groups = int(areas.max()) + 1
    wanted = grouped(np.where(both, mean, 0.0), areas, groups)[areas]
    given = grouped(np.where(both, past, 0.0), areas, groups)[areas]
    return np.where(both & (given > 0), past * wanted / np.where(given > 0, given, 1.0), mean)


def _parts_of_cell(
    past: Tier | None, births: Cohorts, sharing: NDArray[np.float64], years: int
) -> NDArray[np.float64]:
    """Return each block's part of its area's births [block, year]."""
    weights = np.nan_to_num(past.mean) if past is not None else np.repeat(sharing[:, None], years, axis=1)
    total = grouped(weights, births.of, len(births.cells))[np.where(births.of >= 0, births.of, 0)]
    spare = grouped(np.ones_like(weights), births.of, len(births.cells))[
        np.where(births.of >= 0, births.of, 0)
    ]
    return np.where(total > 0, weights / np.where(total > 0, total, 1.0), 1 / np.maximum(spare, 1.0))


def history_tier(
    history: History, near: NDArray[np.intp], sharing: Sharing, years: Sequence[int]
) -> Tier | None:
    """
    Return the tier of past shares: the neighbourhood's share of the district's entrants times their smoothed number.

    Shares follow a local level, so recent years count more the faster they move; no trend is extrapolated. A
    block's part of its neighbourhood is its part in the last five years, the sharing rule being worth five children.
    """
    prior, groups = PRIORS["history"], int(near.max()) + 1
    known = np.isfinite(history.children)
    if not known.any():
        return None
    usable = known & ~history.censored
    always = ~usable.any(axis=1) & known.any(axis=1)
    usable[always] = known[always]
    district = np.where(known.any(axis=0), np.nansum(history.children, axis=0), np.nan)
    observed = cell_totals(np.where(usable, history.children, np.nan), near, groups)
    recent = slice(-RECENT, None)
    seen = np.isfinite(observed)
    below = np.where(seen, district, 0.0)[:, recent].sum(axis=1)
    share = np.where(below > 0, np.nansum(observed[:, recent], axis=1) / np.where(below > 0, below, 1.0), 0.0)
    older = (below <= 0) & seen.any(axis=1)
    all_below = np.where(seen, district, 0.0).sum(axis=1)
    share[older] = np.nansum(observed[older], axis=1) / all_below[older]
    expected = np.where(seen, share[:, None] * district[None, :], np.nan)
    found = dispersion(observed, expected, (prior.per_child, prior.yearly**2))
    yearly = found.yearly
    level = local_level(
        observed, expected, per_child=prior.per_child, between=prior.between**2, yearly=yearly
    )
    ratio = district_ratio([district], prior)
    mine = np.where(known & history.counted, history.children, 0.0)[:, recent].sum(axis=1)
    rule = sharing.weights
    together = grouped(mine, near, groups)[near]
    of_rule = grouped(rule, near, groups)[near]
    even = 1 / grouped(np.ones(len(near)), near, groups)[near]
    shared = np.where(of_rule > 0, rule / np.where(of_rule > 0, of_rule, 1.0), even)
    part = (mine + _SHARE_WORTH * shared) / (together + _SHARE_WORTH)
    whole = np.exp(ratio.log) * share * level.effect
    mean = (whole[near] * part)[:, None] * np.ones(len(years))[None, :]
    alone = grouped(np.ones(len(near)), near, groups)[near] <= 1
    reached = np.asarray(known.any(axis=1))[:, None]
    return Tier(
        name="history",
        base=np.where(reached, mean, np.nan),
        mean=np.where(reached, mean, np.nan),
        district_spread=ratio.sd,
        near_fixed=np.minimum(np.sqrt(level.variance), 0.8)[near],
        near_yearly=float(np.sqrt(yearly)),
        area_fixed=np.zeros(len(near)),
        area_yearly=0.0,
        block_fixed=np.where(alone, 0.0, np.minimum(1 / np.sqrt(mine + _SHARE_WORTH), 0.4)),
        beyond=np.zeros((len(years), 0)),
        per_child=np.full(len(years), prior.per_child),
        own=level.own[near],
        years=ratio.years,
    )


@dataclass(frozen=True, kw_only=True)
class Entry:
    """Entrants of a stage by block and year, and all that is uncertain about them; axes [block, year] unless stated."""

    tiers: tuple[Tier, ...]
    weights: NDArray[np.float64]
    """[tier, block, year]: sums to 1 over the tiers that reach. [1]"""
    mean: NDArray[np.float64]
    """Entrants expected, before housing and edits. [children]"""
    near_fixed: NDArray[np.float64]
    near_yearly: NDArray[np.float64]
    area_fixed: NDArray[np.float64]
    area_yearly: NDArray[np.float64]
    block_fixed: NDArray[np.float64]
    """Standard deviations of the shocks shared by a neighbourhood, by an area, and of a block's part of its
    neighbourhood, whose sum they leave as it is. [1]"""
    per_child: NDArray[np.float64]
    """Variance of the count per child. [1]"""
    variance: NDArray[np.float64]
    """Of the district's, the areas' and the neighbourhoods' shocks together. [1]"""


def combined(tiers: Sequence[Tier], near: NDArray[np.intp]) -> Entry:
    r"""
    Combine tiers by precision; history serves only where no other tier reaches.

    The weight of a tier is the inverse of :math:`V_i + (c_i - c_{min})/E`, with V its variance without count
    noise, c its count noise per child and E the children of the neighbourhood: the noise that all tiers share
    favours none. Means are averaged as they stand rather than by logarithm, so that a block with no registered
    child and few births keeps an expectation.

    Parameters
    ----------
    near
        [block]: neighbourhood.
    """
    blocks, years = tiers[0].mean.shape
    leads = np.arange(1.0, years + 1)
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

    near_fixed = weighted([tier.near_fixed[:, None] for tier in tiers])
    near_yearly = weighted([np.full((1, 1), tier.near_yearly) for tier in tiers])
    area_fixed = weighted([tier.area_fixed[:, None] for tier in tiers])
    area_yearly = weighted([np.full((1, 1), tier.area_yearly) for tier in tiers])
    block_fixed = weighted([tier.block_fixed[:, None] for tier in tiers])
    of_level = [
        path_spread(tier.district_spread, leads) ** 2 + beyond_variance(tier.beyond) for tier in tiers
    ]
    district = (weights**2 * np.stack(of_level)[:, None, :]).sum(axis=0)
    return Entry(
        tiers=tuple(tiers),
        weights=weights,
        mean=(weights * means).sum(axis=0),
        near_fixed=near_fixed,
        near_yearly=near_yearly,
        area_fixed=area_fixed,
        area_yearly=area_yearly,
        block_fixed=block_fixed,
        per_child=np.where(reach.any(axis=0), weighted([tier.per_child[None, :] for tier in tiers]), 1.0),
        variance=district + near_fixed**2 + area_fixed**2 + (near_yearly**2 + area_yearly**2) * leads,
    )


def neighbourhood_codes(keys: Sequence[str]) -> tuple[NDArray[np.intp], tuple[str, ...]]:
    """Return the position of each block's neighbourhood, and the neighbourhoods in alphabetical order."""
    ids = tuple(sorted(set(keys)))
    return positions(keys, ids), ids
