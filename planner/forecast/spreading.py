r"""
How the entrants of a fed stage spread over its catchments, against where the children of the age are taken to live.

Leavers say how many enter; how they spread is less sure, above all where a school's pupils are shared over the blocks
by a rule, since the catchments of two stages cross. So past years are made again: children of the age as they would
have been seen, passed on, leaving and choosing as the simulation has them, held against the intakes that came. A
catchment's ratio of observed to expected children follows a local level from 1, with variances fitted to all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from planner.forecast.arrays import grouped, numbers, totals, where
from planner.forecast.homes import RECENT, catchments_then, together
from planner.forecast.levels import Prior, fit_level
from planner.forecast.roll import intakes, schools_of_blocks
from planner.forecast.smoothing import Level, local_level

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from planner.forecast.facts import Facts
    from planner.policy import Stage

_BY_HOME = Prior(per_child=0.3, yearly=0.02, start=0.04)
"""Of catchments whose children of the age are counted by home: assumptions, which the district's own years replace."""
_BY_RULE = Prior(per_child=0.5, yearly=0.03, start=0.2)
"""The same where a rule shares a school's pupils over its blocks."""
_WITHIN = 0.4
"""Standard deviation of a block's part of its catchment's children under such a rule, at most: an assumption. [1]"""
_WITHIN_WORTH = 5.0
"""Children that are taken to be known of a block beside those by whom the rule shares. [children]"""
_MOST = 0.8
_SAME = 0.75
"""Part of the children of past catchments that a catchment of today must have for their intakes to tell of it. [1]"""


class Aged(NamedTuple):
    """Children of a grade in public schools in one year."""

    by_home: NDArray[np.float64]
    """[block]: where counted by home, missing elsewhere. [children]"""
    by_rule: NDArray[np.float64]
    """[block]: pupils of the schools that serve it, shared by the sharing rule. [children]"""

    @property
    def best(self) -> NDArray[np.float64]:
        """Children by home where counted, by the rule elsewhere [block]. [children]."""
        return np.where(np.isfinite(self.by_home), self.by_home, self.by_rule)


class Kind(NamedTuple):
    """What past intakes say of one way to tell where children of the age live."""

    level: Level
    """Of catchments."""
    per_child: float
    """Variance of a count per child. [1]"""
    yearly: float
    """Standard deviation of the yearly change of a catchment's ratio. [1]"""
    years: int
    """Years of intakes behind it."""


@dataclass(frozen=True, kw_only=True)
class Spread:
    """How catchments of a fed stage stand to their children of the age; axes [block, year] unless stated."""

    ids: tuple[str, ...]
    """Catchments at the last count, by the ids of `homes.neighbourhoods`."""
    members: tuple[NDArray[np.intp], ...]
    """By catchment: positions of its blocks."""
    effect: NDArray[np.float64]
    """Entrants per child expected. [1]"""
    own: NDArray[np.float64]
    """Weight of the catchment's own past intakes against where its children are taken to live. [1]"""
    fixed: NDArray[np.float64]
    """Standard deviation of what is not known of the effect today, relative to it. [1]"""
    yearly: NDArray[np.float64]
    """Standard deviation of its yearly change. [1]"""
    within: NDArray[np.float64]
    """Standard deviation of what is not known of a block's part of its catchment's children. [1]"""
    per_child: NDArray[np.float64]
    """Variance of an intake per child a year ahead. [1]"""
    years: int
    """Years of intakes that the latest effect rests on."""

    def variance(self) -> NDArray[np.float64]:
        """Return the variance of the logarithm of a catchment's effect [block, year]. [1]."""
        return self.fixed**2 + self.yearly**2 * np.arange(1, self.fixed.shape[1] + 1)


def spread_of(
    facts: Facts,
    stage: Stage,
    ids: Sequence[str],
    aged: Callable[[int, int], Aged],
    sources: Sequence[tuple[Stage, NDArray[np.bool_]]],
    *,
    living: int,
) -> Spread:
    """
    Return how the catchments of a fed stage stand to their children of the age in each year of the forecast.

    Parameters
    ----------
    ids
        By block: catchment of the fed stage at the last count.
    aged
        Children of the age by a grade and the year in which they are in it, as they reach the stage.
    sources
        By year of the forecast: the stage in which the children are at the last count, and the blocks [block] where
        they are counted by home.
    living
        Years from the first on whose children are at school already; blocks of later ones are drawn with the first
        stage's entrants.
    """
    codes, keys = pd.factorize(np.array(ids, dtype=object))
    kinds: dict[tuple[str, bool], Kind] = {}
    shape = (len(ids), len(sources))
    figures = {name: np.zeros(shape) for name in ("effect", "own", "fixed", "yearly", "within", "per_child")}
    known = np.zeros(len(ids)) if facts.sharing.rule == "land" else facts.sharing.weights
    within = np.minimum(1 / np.sqrt(known + _WITHIN_WORTH), _WITHIN)
    for at, (before, counted) in enumerate(sources):
        for home in (False, True):
            here = counted == home
            if not here.any():
                continue
            key = before.stage, home
            if key not in kinds:
                kinds[key] = _kind(facts, stage, before, codes, aged, home=home)
            found = kinds[key]
            of = codes[here]
            figures["effect"][here, at] = found.level.effect[of]
            figures["own"][here, at] = found.level.own[of]
            figures["fixed"][here, at] = np.minimum(np.sqrt(found.level.variance[of]), _MOST)
            figures["yearly"][here, at] = found.yearly
            figures["within"][here, at] = 0.0 if home or at >= living else within[here]
            figures["per_child"][here, at] = min(max(found.per_child, 0.05), 1.0)
    if len(keys) == 1:
        # All leavers come to the only catchment, wherever its children live.
        figures["fixed"][:], figures["yearly"][:] = 0.0, 0.0
    alone = np.bincount(codes)[codes] <= 1
    figures["within"][alone] = 0.0
    return Spread(
        ids=tuple(str(key) for key in keys),
        members=tuple(np.flatnonzero(codes == code) for code in range(len(keys))),
        years=next(iter(kinds.values())).years,
        **figures,
    )


def _kind(
    facts: Facts,
    stage: Stage,
    before: Stage,
    codes: NDArray[np.intp],
    aged: Callable[[int, int], Aged],
    *,
    home: bool,
) -> Kind:
    """Return what past intakes say of children of the age, seen in the last grade of a stage before."""
    lag, places = stage.first - before.last, int(codes.max()) + 1
    prior, rolls = (_BY_HOME if home else _BY_RULE), facts.rolls
    observed, expected = [], []
    for year in facts.histories[stage.stage].years:
        if year not in rolls.years or year - lag not in rolls.years:
            continue
        seen = aged(before.last, year - lag)
        if home and not np.isfinite(seen.by_home).any():
            continue
        found = _year_again(facts, stage, year, codes, seen.best if home else seen.by_rule)
        if found is None:
            continue
        known = np.isfinite(found[0])
        some = grouped(known.astype(np.float64), codes, places) > 0
        for out, values in zip((observed, expected), found, strict=True):
            out.append(np.where(some, grouped(np.where(known, values, 0.0), codes, places), np.nan))
    nothing = np.zeros((places, 0))
    came, base = (np.column_stack(each) if each else nothing for each in (observed, expected))
    fitted = fit_level(came, base, prior)
    level = local_level(
        came, base, per_child=fitted.per_child, between=fitted.start**2, yearly=fitted.yearly**2
    )
    return Kind(level=level, per_child=fitted.per_child, yearly=fitted.yearly, years=len(observed))


def _year_again(
    facts: Facts, stage: Stage, year: int, codes: NDArray[np.intp], aged: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    r"""
    Return entrants observed and expected in a past year [block]; None where no catchment's are known.

    With E the intake expected of a catchment's schools, H those of it who live in the catchment and I the intake
    that came, less those from elsewhere, all of its children who did not pass straight on from a school are taken
    to have been :math:`1 + (I - E)/H` times as many; E is scaled to the sum of I. Where a school was full or not
    counted, entrants counted by home are the observed. So they are where a catchment of today was then a part of
    others: their intakes tell little of it.
    """
    rolls, flows = facts.rolls, facts.flows[stage.stage]
    feeding = facts.feeding(stage)
    if feeding is None or aged.sum() <= 0:
        return None
    now = rolls.years.index(year)
    roll = rolls.of_grade(stage.first)
    came = roll[:, now] * (1 - _elsewhere(flows.arriving, roll))
    parts = schools_of_blocks(catchments_then(facts.district, stage.stage, year), rolls.schools, roll[:, now])
    children = aged / aged.sum()
    leavers = np.nan_to_num(rolls.of_grade(feeding.last)[:, now - 1])
    passed = _passing(facts, feeding, stage, year) * (leavers / max(leavers.sum(), 1.0))[:, None]
    served = schools_of_blocks(
        catchments_then(facts.district, feeding.stage, year),
        rolls.schools,
        rolls.of_grade(feeding.first)[:, now],
    )
    there = served * children[:, None]
    given = np.divide(
        passed.sum(axis=1), there.sum(axis=0), out=np.zeros(len(leavers)), where=there.sum(axis=0) > 0
    )
    passed_homes = np.minimum(np.einsum("bs,s->b", there, given), children)
    rest = children - passed_homes
    rest *= (1 - passed.sum()) / max(float(rest.sum()), 1e-12)
    staying = rest * (1 - flows.leaving.share)
    choice = np.where(np.isfinite(came), flows.choice, 0.0)
    into = intakes(staying[:, None], parts, choice, np.zeros(len(came)))[:, 0] + passed.sum(axis=0)
    of_block, of_school, count = together(parts)
    at_home = grouped(staying * (1 - choice.sum(axis=1)), of_block, count)
    intake, due = grouped(came, of_school, count), grouped(into, of_school, count)
    crowded = grouped(
        rolls.full[:, rolls.grades.index(stage.first), now].astype(np.float64), of_school, count
    )
    usable = np.isfinite(intake) & (crowded <= 0) & (at_home > 0) & (due > 0)
    if not usable.any():
        return None
    entrants = float(intake[usable].sum() / due[usable].sum())
    more = np.where(usable, (intake / entrants - due) / np.where(usable, at_home, 1.0), np.nan)
    observed = entrants * (passed_homes + rest * np.maximum(1 + more, 0.0)[of_block])
    observed[_overlap(children, codes, of_block) < _SAME] = np.nan
    history = facts.histories[stage.stage]
    then = history.years.index(year)
    by_home = np.where(history.counted[:, then], history.children[:, then], np.nan)
    observed = np.where(np.isfinite(observed), observed, by_home)
    return observed, np.where(np.isfinite(observed), entrants * children, np.nan)


def _overlap(
    children: NDArray[np.float64], codes: NDArray[np.intp], then: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Return by block which part of the children of those who then shared its schools its catchment of today has [block]. [1]."""
    _, both = np.unique(np.column_stack([codes, then]), axis=0, return_inverse=True)
    both = np.asarray(both).ravel()
    kept = grouped(children, both, int(both.max()) + 1)[both]
    whole = grouped(children, then, int(then.max()) + 1)[then]
    part = np.divide(kept, whole, out=np.zeros_like(kept), where=whole > 0)
    places = int(codes.max()) + 1
    ours = grouped(children, codes, places)
    mean = np.divide(grouped(children * part, codes, places), ours, out=np.zeros(places), where=ours > 0)
    return mean[codes]


def _elsewhere(arriving: NDArray[np.float64], roll: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the share of an intake that comes from outside the district [school], of the latest intakes. [1]."""
    latest = roll[:, -RECENT:]
    number = np.isfinite(latest).sum(axis=1)
    usual = np.nansum(latest, axis=1) / np.maximum(number, 1)
    return np.where(usual > 0, np.minimum(arriving / np.where(usual > 0, usual, 1.0), 0.95), 0.0)


def _passing(facts: Facts, feeding: Stage, stage: Stage, year: int) -> NDArray[np.float64]:
    """Return the share of a school's leavers who pass straight on to another [school, school]: the latest feeders that held."""
    rolls = facts.rolls
    table = facts.district["feeders"]
    table = table.assign(since=numbers(table["since"], 0))
    table = where(table, table["since"] <= year)
    table = where(table, table["since"] == table.groupby("school")["since"].transform("max"))
    shares = totals(table, "share", {"school": rolls.schools, "to_school": rolls.schools})
    leaves = facts.taught[:, rolls.grades.index(feeding.last)]
    enters = np.isfinite(rolls.of_grade(stage.first)[:, rolls.years.index(year)])
    shares = np.where(leaves[:, None] & enters[None, :], shares, 0.0)
    return shares / np.maximum(shares.sum(axis=1, keepdims=True), 1.0)
