"""
Children of the cohort who are registered, in kindergarten or registered for entry, turned into entrants.

Where the children table names registration statuses (local, outside, migrant), each is a stream with its own ratio of
entrants to registered children and its own shocks; a block's entrants are the sum of its streams.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planner.forecast.arrays import numbers, positions, totals, where
from planner.forecast.calibration import PRIORS, Prior, Ratio, district_ratio, place_deviations
from planner.forecast.homes import KINDS
from planner.forecast.smoothing import path_spread
from planner.forecast.tiers import Stream, Tier

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from planner.district import District
    from planner.forecast.homes import History
    from planner.policy import Policy

_OWN_SPREAD = {"local": 0.005, "outside": 0.03, "migrant": 0.05}
"""Standard deviation of a stream's ratio in one year beside that of all children, where its own entrants are not known:
assumptions; rules on who of the last two may enter change from year to year."""
_UNNAMED_SPREAD = 0.01
"""The same of children whose status is not given."""


def register_tiers(
    district: District,
    policy: Policy,
    history: History,
    near: NDArray[np.intp],
    years: Sequence[int],
    *,
    offset: int,
    progression_noise: float,
) -> list[Tier]:
    """
    Return a tier for each kind of the children table that reaches any year of the forecast.

    Entrants of autumn t are the cohort t - lag. Its ratio is calibrated at the same lead (years from the
    extract to entry) where past extracts allow, else at the nearest lead known, else taken as 1. The variance
    per child grows with the lead, up to that of births.

    Parameters
    ----------
    near
        [block]: neighbourhood.
    years
        Autumns of the forecast.
    offset
        Years between entering school and entering the stage in question. [years]
    progression_noise
        Variance per child of a grade's count, for registers that no past year calibrates. [1]
    """
    lag = policy.entry.lag + offset
    by_status = _entrants_by_status(district, policy.entry.first_grade + offset, history.years)
    tiers = []
    for kind in KINDS:
        extracts = _read(district, policy, kind, lag)
        if extracts is not None:
            tier = _tier(extracts, kind, history, by_status, near, tuple(years), progression_noise)
            tiers += [tier] if tier is not None else []
    return tiers


@dataclass(frozen=True, kw_only=True)
class _Extracts:
    """The extracts of one kind."""

    dates: pd.DatetimeIndex
    """Oldest first."""
    cohorts: tuple[int, ...]
    children: dict[str, NDArray[np.float64]]
    """By status [block, extract, cohort]; missing where an extract does not name the cohort or none the block. [children]"""
    lag: int

    def of(self, extract: int, autumn: int, status: str | None = None) -> NDArray[np.float64]:
        """Return the children who enter in an autumn [block], of one status or of all."""
        if autumn - self.lag not in self.cohorts:
            return np.full(next(iter(self.children.values())).shape[0], np.nan)
        at = self.cohorts.index(autumn - self.lag)
        chosen = self.children.values() if status is None else [self.children[status]]
        return np.sum([figures[:, extract, at] for figures in chosen], axis=0)

    def lead(self, extract: int, autumn: int) -> int:
        """Return the whole years from an extract to an autumn count, taken as 1 September."""
        year, day = int(self.dates.year[extract]), int(self.dates.day_of_year[extract])
        return round(autumn + 2 / 3 - (year + (day - 1) / 365.25))


def _read(district: District, policy: Policy, kind: str, lag: int) -> _Extracts | None:
    """Return the extracts of a kind, cohorts that had not closed left out; None when there are none."""
    blocks, table = district.blocks.index, district["children"]
    table = where(table, table["kind"] == kind)
    if table.empty:
        return None
    closing = pd.to_datetime(
        table["cohort"].astype(str) + "-" + policy.entry.cut_off.replace("02-29", "02-28")
    )
    table = where(table, table["as_of"] >= closing)
    if table.empty:
        return None
    table = table.assign(as_of=pd.to_datetime(table["as_of"]), status=table["status"].fillna(""))
    dates = pd.DatetimeIndex(sorted(table["as_of"].unique()))
    cohorts = tuple(sorted({int(each) for each in numbers(table["cohort"])}))
    named = positions(blocks, set(table["block"])) >= 0
    axes = {"block": blocks, "as_of": dates, "cohort": cohorts}
    said = totals(table.assign(rows=1), "rows", {"as_of": dates, "cohort": cohorts}) > 0
    known = named[:, None, None] & said[None]
    return _Extracts(
        dates=dates,
        cohorts=cohorts,
        children={
            str(status): np.where(known, totals(of_status, "children", axes), np.nan)
            for status, of_status in table.groupby("status")
        },
        lag=lag,
    )


def _entrants_by_status(
    district: District, grade: int, years: Sequence[int]
) -> dict[str, NDArray[np.float64]]:
    """Return past entrants by status [block, year], of years in which every row by home has one; missing elsewhere. [children]"""
    blocks = district.blocks.index
    for name in ("residents", "attendance"):
        table = district[name]
        table = where(table, table["grade"] == grade)
        told = where(table, table["status"].notna())
        if told.empty:
            continue
        rows = totals(table.assign(rows=1), "rows", {"year": years})
        said = (rows > 0) & (totals(told.assign(rows=1), "rows", {"year": years}) == rows)
        named = positions(blocks, set(table["block"])) >= 0
        known = named[:, None] & said[None]
        axes = {"block": blocks, "year": years}
        return {
            str(status): np.where(known, totals(of_status, "children", axes), np.nan)
            for status, of_status in told.groupby("status")
        }
    return {}


def _calibrated(
    extracts: _Extracts,
    entrants: NDArray[np.float64],
    years: Sequence[int],
    status: str | None = None,
) -> tuple[NDArray[np.float64], dict[int, NDArray[np.float64]]]:
    """
    Return the children behind past entrants [block, year of history], and the yearly ratios by lead.

    Parameters
    ----------
    entrants
        [block, year of history]; missing where not known or a lower bound. [children]
    """
    base = np.full(entrants.shape, np.nan)
    ratios: dict[int, NDArray[np.float64]] = {}
    for at, autumn in enumerate(years):
        seen = [(extracts.lead(extract, autumn), extract) for extract in range(len(extracts.dates))]
        # The extract that stood to that autumn as the latest now stands to the next comes first.
        for lead, extract in sorted(
            (pair for pair in seen if pair[0] >= 0), key=lambda pair: (abs(pair[0] - 1), pair[0])
        ):
            children = extracts.of(extract, autumn, status)
            both = np.isfinite(children) & np.isfinite(entrants[:, at])
            if not both.any() or children[both].sum() <= 0:
                continue
            series = ratios.setdefault(lead, np.full(len(years), np.nan))
            if np.isnan(series[at]):
                series[at] = entrants[both, at].sum() / children[both].sum()
            if not np.isfinite(base[:, at]).any():
                base[:, at] = children
    return base, ratios


def _ratio_at(lead: int, ratios: dict[int, NDArray[np.float64]], prior: Prior) -> Ratio:
    """Return the district ratio at a lead, or at the nearest one known, the shorter of two."""
    if not ratios:
        return district_ratio([], prior)
    nearest = min(ratios, key=lambda known: (abs(known - lead), known))
    return district_ratio([ratios[nearest], *(ratios[other] for other in ratios if other != nearest)], prior)


def _tier(
    extracts: _Extracts,
    kind: str,
    history: History,
    by_status: dict[str, NDArray[np.float64]],
    near: NDArray[np.intp],
    years: tuple[int, ...],
    progression_noise: float,
) -> Tier | None:
    prior, latest = PRIORS[kind], len(extracts.dates) - 1
    now = np.column_stack([extracts.of(latest, autumn) for autumn in years])
    if not np.isfinite(now).any():
        return None
    entrants = np.where(history.censored, np.nan, history.children)
    base, ratios = _calibrated(extracts, entrants, history.years)
    leads = np.array([max(extracts.lead(latest, autumn), 0) for autumn in years])
    ahead = np.arange(1, len(years) + 1)
    common = [_ratio_at(int(lead), ratios, prior) for lead in leads]
    streams: list[Stream] = []
    of_streams = np.zeros_like(base)
    for status in extracts.children if len(extracts.children) > 1 else ():
        known = np.where(history.censored, np.nan, by_status.get(status, np.nan))
        mine, own = _calibrated(extracts, np.broadcast_to(known, base.shape), history.years, status)
        level = [_ratio_at(int(lead), own, prior) for lead in leads] if own else common
        extra = level[0].sd if own else _OWN_SPREAD.get(status, _UNNAMED_SPREAD)
        here = np.column_stack([extracts.of(latest, autumn, status) for autumn in years])
        if not own:
            mine = _calibrated(extracts, entrants, history.years, status)[0]
        of_streams += mine * np.exp(level[0].log)
        streams.append(
            Stream(
                status=status,
                base=here,
                mean=here * np.exp([each.log for each in level]),
                spread=path_spread(extra, ahead),
                years=level[0].years if own else 0,
            )
        )
    places = place_deviations(history, near, int(near.max()) + 1, prior, of_streams if streams else base)
    # One year's noise is seen at the lead that is calibrated; without calibration it is a grade's.
    yearly = places.per_child if ratios else progression_noise
    noise = np.minimum(yearly * np.maximum(leads, 1), max(PRIORS["births"].per_child, yearly))
    shared = 0.0 if streams and all(stream.years for stream in streams) else common[0].sd
    mean = (
        np.sum([stream.mean for stream in streams], axis=0)
        if streams
        else now * np.exp([ratio.log for ratio in common])
    )
    return Tier(
        name=kind,
        base=now,
        mean=mean * places.effect[:, None],
        district_spread=path_spread(shared, ahead),
        near_spread=np.sqrt(places.cell_spread[:, None] ** 2 + places.yearly**2 * ahead),
        block_fixed=places.block_spread,
        beyond=np.zeros((len(years), 0)),
        band=0.0,
        per_child=noise,
        own=places.own,
        by_births=np.zeros_like(now),
        years=common[0].years,
        streams=tuple(stream.times(places.effect) for stream in streams),
    )
