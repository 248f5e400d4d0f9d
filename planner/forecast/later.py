"""
Children of the age at which a later stage is entered, by block, and the ratio of entrants to leavers.

Children who live in a block now are rolled forward to the stage; those who have not entered school yet are the
block's entrants of the first stage, rolled on. The level comes from the leavers of the feeding grade; what the
blocks say is where the entrants live, which the past intakes of the stage's own schools correct (`spreading`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from planner.forecast.arrays import grouped, positions, totals, where, years_in
from planner.forecast.calibration import Prior, Ratio, district_ratio
from planner.forecast.homes import RECENT, catchments_then, neighbourhoods
from planner.forecast.roll import moved_on, schools_of_blocks, shared_over_blocks
from planner.forecast.smoothing import dispersion
from planner.forecast.spreading import Aged, spread_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.district import District
    from planner.forecast.arrays import Rolls
    from planner.forecast.facts import Facts
    from planner.forecast.flows import Flows
    from planner.forecast.homes import History
    from planner.forecast.spreading import Spread
    from planner.policy import Stage

TRANSITION = Prior(sd=0.015, floor=0.005, unseen=0.02, per_child=0.5, between=0.05, yearly=0.02)
"""Of entrants of a later stage per leaver of the stage before: nationally 0.995 in China."""

_NEARLY_ALL = 0.95
"""Part of a year's entrants that must be counted by home for their sum to serve. [1]"""


def transition_ratio(rolls: Rolls, stage: Stage, flows: Flows, history: History) -> Ratio:
    """
    Return entrants of a stage per leaver of the public schools' grade below a year before, district-wide and smoothed.

    Entrants counted by home, in the years when nearly all are; where that never happened, those of the public
    schools, less arrivals from outside, plus those who left for private or other districts' schools.
    """
    if stage.first not in rolls.grades or stage.first - 1 not in rolls.grades:
        return district_ratio([], TRANSITION)
    intake = np.nansum(rolls.of_grade(stage.first) * (1 - flows.outside[:, None]), axis=0)
    leavers = np.nansum(rolls.of_grade(stage.first - 1), axis=0)
    entrants = intake / (1 - flows.apart.district)
    children = np.nan_to_num(history.children)
    by_home = np.where(history.counted, children, 0.0).sum(axis=0)
    enough = (by_home > 0) & (by_home >= _NEARLY_ALL * children.sum(axis=0))
    if enough.any():
        found = {year: total for year, total, use in zip(history.years, by_home, enough, strict=True) if use}
        entrants = np.array([found.get(year, np.nan) for year in rolls.years])
    below, above = leavers[:-1], entrants[1:]
    fits = (below > 0) & np.isfinite(above) & (np.nan_to_num(above) > 0)
    return district_ratio([np.where(fits, above / np.where(below > 0, below, 1.0), np.nan)], TRANSITION)


def growth_at_home(facts: Facts, first: int, last: int) -> NDArray[np.float64]:
    """
    Return how a year group grows from one grade to another where it lives [block]; starting grades count as 1. [1].

    The growth of the schools that serve the block in each grade, so that a quarter that fills up goes on doing so;
    the district's where none serves it.
    """
    rolls, growth = facts.rolls, facts.growth
    product = np.ones(len(facts.district.blocks))
    for grade in range(first + 1, last + 1):
        at = rolls.grades.index(grade)
        if growth.district[at] <= 0:
            continue
        stage = next(stage for stage in facts.stages if grade in stage)
        serving = moved_on(facts.parts[stage.stage], facts.moves, grade)
        served = serving.sum(axis=1)
        own = np.einsum("bs,s->b", serving, growth.school[:, at])
        product *= np.where(served > 0, own / np.where(served > 0, served, 1.0), growth.district[at])
    return product


def living_now(facts: Facts) -> tuple[NDArray[np.float32], tuple[str, ...]]:
    """
    Return children of the last count by home in public schools [block, grade], and by grade where the figure is from.

    By home where it is known, as `living_in` has it; else by the sharing rule.
    """
    rolls = facts.rolls
    out = np.zeros((len(facts.district.blocks), len(rolls.grades)), dtype=np.float32)
    sources: list[str] = []
    for at, grade in enumerate(rolls.grades):
        aged, source = living_in(facts, grade, facts.district.counted)
        out[:, at] = aged.best
        sources.append(source)
    return out, tuple(sources)


def living_in(facts: Facts, grade: int, year: int) -> tuple[Aged, str]:
    """
    Return children of a grade in public schools in a year that was counted, and where the figure is from.

    By home: residents of the grade, less the share who leave; else attendance of the grade; else the year group as it
    was counted by home at entry, less the share who leave, rolled by the growth of the schools there. By the sharing
    rule: the pupils of the schools that serve a block (`_serving`).
    """
    rolls = facts.rolls
    pupils = rolls.of_grade(grade)[:, rolls.years.index(year)]
    shared = shared_over_blocks(pupils, _serving(facts, grade, year), facts.sharing.weights)
    found, source = _by_home(facts, grade, year)
    known = bool(np.isfinite(found).any())
    return Aged(found, shared), source if known else f"pupils by {facts.sharing.rule}"


def _by_home(facts: Facts, grade: int, year: int) -> tuple[NDArray[np.float64], str]:
    """Return children of a grade by home [block], missing where not known, and which figure tells."""
    district, rolls = facts.district, facts.rolls
    stage = next(stage for stage in facts.stages if grade in stage)
    staying = 1 - facts.flows[stage.stage].leaving.share
    history = facts.histories[stage.stage]
    found, source = _resident(district, grade, year) * staying, "residents"
    if not np.isfinite(found).any():
        found, source = _attending(district, rolls, grade, year), "attendance"
    entered = year - (grade - stage.first)
    if not np.isfinite(found).any() and entered in history.years:
        then = history.years.index(entered)
        grown = history.children[:, then] * staying * growth_at_home(facts, stage.first, grade)
        found, source = np.where(history.counted[:, then], grown, np.nan), "year group at entry"
    return found, source


def _serving(facts: Facts, grade: int, year: int) -> NDArray[np.float64]:
    """
    Return [block, school]: the part of a block's children of a grade that each school has in a year.

    By the catchments in which they entered, since children stay when a new school or another one takes over their
    block; by those of the year where the schools of entry have none of the grade.
    """
    stage = next(stage for stage in facts.stages if grade in stage)
    rolls, at = facts.rolls, facts.rolls.years.index(year)
    intake, pupils = rolls.of_grade(stage.first)[:, at], np.nan_to_num(rolls.of_grade(grade)[:, at])

    def serving(groups: tuple[str, ...]) -> NDArray[np.float64]:
        return moved_on(schools_of_blocks(groups, rolls.schools, intake), facts.moves, grade)

    then, held = (
        catchments_then(facts.district, stage.stage, when) for when in (year - (grade - stage.first), year)
    )
    entry = serving(then)
    if then == held:
        return entry
    there = np.einsum("bs,s->b", entry, pupils) > 0
    return np.where(there[:, None], entry, serving(held))


def _resident(district: District, grade: int, year: int) -> NDArray[np.float64]:
    """Return residents of a grade in a year [block]; missing where not given."""
    table = district["residents"]
    rows = where(table, (table["grade"] == grade) & (table["year"] == year))
    blocks = district.blocks.index
    if rows.empty:
        return np.full(len(blocks), np.nan)
    named = positions(blocks, set(table["block"])) >= 0
    return np.where(named, totals(rows, "children", {"block": blocks}), np.nan)


def _attending(district: District, rolls: Rolls, grade: int, year: int) -> NDArray[np.float64]:
    """Return children of a grade in public schools by home in a year [block]; missing where not given."""
    table = district["attendance"]
    rows = where(table, (table["grade"] == grade) & (table["year"] == year))
    blocks = district.blocks.index
    if rows.empty:
        return np.full(len(blocks), np.nan)
    named = positions(blocks, set(table["block"])) >= 0
    public = where(rows, positions(rows["school"], rolls.schools) >= 0)
    return np.where(named, totals(public, "children", {"block": blocks}), np.nan)


@dataclass(frozen=True, kw_only=True)
class Coming:
    """Where the entrants of a fed stage live: who lives there now, then the first stage's entrants."""

    origin: str
    """The first stage of the chain, whose entrants follow."""
    gap: int
    """Years between entering the first stage and this one. [years]"""
    living: NDArray[np.float64]
    """[block, year]: children living there now who reach the stage in that year; the first `gap` years. [children]"""
    staying: NDArray[np.float64]
    """[block]: share of the first stage's entrants who are in public schools. [1]"""
    roll: NDArray[np.float64]
    """[block]: growth of a year group between the two starting grades where it lives. [1]"""
    spread: NDArray[np.float64]
    """[year]: standard deviation of a neighbourhood's own growth until then. [1]"""
    per_child: NDArray[np.float64]
    """[block, year]: variance of a block's count per child. [1]"""
    past: Spread
    """How the catchments of the stage stand to these children, by their past intakes."""

    def mean_of(
        self, at: slice | NDArray[np.intp], entrants: NDArray[np.floating], stock: NDArray[np.floating]
    ) -> NDArray[np.floating]:
        """
        Return children of the age of some blocks, by year, as their catchments' past intakes correct them.

        Parameters
        ----------
        at
            The blocks.
        entrants
            [block, year, draw] of these blocks: entrants of the first stage, new dwellings included. [children]
        stock
            The same shape: children of one age in new dwellings; of those who entered before, only the
            increase since is added. [children]
        """
        years = self.living.shape[1]
        known = min(self.gap, years)
        effect = self.past.effect[at][:, :, None].astype(stock.dtype)
        out = stock.copy()
        out[:, :known] += self.living[at, :known, None].astype(out.dtype) * effect[:, :known]
        if years > self.gap:
            rolled = (self.staying[at] * self.roll[at]).astype(out.dtype)[:, None, None]
            out[:, self.gap :] = entrants[:, : years - self.gap] * rolled * effect[:, self.gap :]
            out[:, self.gap :] += np.maximum(stock[:, self.gap :] - stock[:, : years - self.gap], 0)
        return out


def moving(facts: Facts, near: NDArray[np.intp]) -> tuple[float, float]:
    """
    Return how much the children of a block, once in school, change in a year.

    The variance per child, from the year groups' residents by block, and the yearly variance of a neighbourhood's
    ratio; without residents in neighbouring years, those of the schools' counts.
    """
    growth, rolls, district = facts.growth, facts.rolls, facts.district
    prior = (float(growth.spread.mean()), growth.yearly**2)
    table = district["residents"]
    if table.empty:
        return prior
    years = range(years_in(table)[0], district.counted + 1)
    blocks = district.blocks.index
    children = totals(table, "children", {"block": blocks, "grade": rolls.grades, "year": years})
    said = np.asarray(children.any(axis=0))
    below, above = children[:, :-1, :-1], children[:, 1:, 1:]
    both = (said[:-1, :-1] & said[1:, 1:])[None] & (below > 0)
    if not both.any():
        return prior

    def ratios(of: NDArray[np.intp]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        observed = grouped(np.where(both, above, 0.0), of, int(of.max()) + 1)
        base = grouped(np.where(both, below, 0.0), of, int(of.max()) + 1)
        district_wide = observed.sum(axis=0) / np.maximum(base.sum(axis=0), 1.0)
        shape = (base.shape[0] * base.shape[1], base.shape[2])
        expected = np.where(base > 0, base * district_wide, np.nan)
        return np.where(base > 0, observed, np.nan).reshape(shape), expected.reshape(shape)

    fine = dispersion(*ratios(np.arange(len(blocks))), (prior[0], 2 * prior[1]))
    whole = dispersion(*ratios(near), (prior[0], 2 * prior[1]), per_child=fine.per_child)
    return fine.per_child, whole.yearly / 2


def coming(
    facts: Facts, stage: Stage, origin: Stage, living: NDArray[np.floating], near: NDArray[np.intp]
) -> Coming:
    """Return where the entrants of a fed stage will live, from the children who live there now."""
    gap, years = stage.first - origin.first, len(facts.years)
    now = np.zeros((living.shape[0], years))
    sources: list[tuple[Stage, NDArray[np.bool_]]] = []
    for at in range(years):
        grade = stage.first - at - 1
        if grade >= origin.first:
            now[:, at] = living[:, facts.rolls.grades.index(grade)] * growth_at_home(
                facts, grade, stage.first
            )
            before = next(each for each in facts.stages if grade in each)
            counted = np.isfinite(_by_home(facts, grade, facts.district.counted)[0])
        else:
            before, counted = origin, _entrants_by_home(facts, origin)
        sources.append((before, counted))

    @cache
    def aged(grade: int, year: int) -> Aged:
        seen, _source = living_in(facts, grade, year)
        growth = growth_at_home(facts, grade, stage.first)
        return Aged(seen.by_home * growth, seen.by_rule * growth)

    past = spread_of(facts, stage, neighbourhoods(facts.district, stage.stage), aged, sources, living=gap)
    ahead = np.minimum(np.arange(1, years + 1), gap)
    lasting = facts.growth.usual_spread**2
    per_child, yearly = moving(facts, near)
    return Coming(
        origin=origin.stage,
        gap=gap,
        living=now,
        staying=1 - facts.flows[origin.stage].leaving.share,
        roll=growth_at_home(facts, origin.first, stage.first),
        spread=np.minimum(np.sqrt(lasting * ahead**2 + yearly * ahead), 0.3),
        # Past intakes have told the noise of the first year.
        per_child=np.minimum(past.per_child + per_child * (ahead - 1), 1.0),
        past=past,
    )


def _entrants_by_home(facts: Facts, origin: Stage) -> NDArray[np.bool_]:
    """Return the blocks [block] whose entrants of the first stage rest on children counted by home."""
    children = facts.district["children"]
    named = positions(facts.district.blocks.index, set(children["block"])) >= 0
    return named | facts.histories[origin.stage].counted[:, -RECENT:].any(axis=1)
