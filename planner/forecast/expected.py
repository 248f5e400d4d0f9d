"""The expected path: entrants, leavers of each stage, entrants of the next, and the growth that new dwellings bring."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from planner.forecast.counts import rounded
from planner.forecast.drawing import StageFit
from planner.forecast.drivers import Arrivals, arrivals_of, over_blocks
from planner.forecast.edits import edited
from planner.forecast.later import coming, transition_ratio
from planner.forecast.model import Draws
from planner.forecast.roll import (
    intakes,
    moved_on,
    newcomers_by_school,
    newcomers_share,
    rolled,
    without_carriers,
)
from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from planner.forecast.calibration import Ratio
    from planner.forecast.drivers import Arriving
    from planner.forecast.entry import Entry
    from planner.forecast.facts import Facts
    from planner.forecast.later import Coming
    from planner.forecast.model import DemandEdit
    from planner.policy import Stage


@dataclass(frozen=True, kw_only=True)
class Expected:
    """The expected path, and what draws share with it."""

    stages: tuple[StageFit, ...]
    path: Draws
    stock: NDArray[np.float64]
    """[block, year]: children of one age in new dwellings. [children]"""
    arrivals: Arrivals
    newcomer_parts: NDArray[np.float64]
    """[block, school, grade]: part of a block's children that a school's grade takes. [1]"""
    base: NDArray[np.float64]
    """[school, grade, year]: children expected in the grade below. [children]"""
    growth: NDArray[np.float64]
    """[school, grade, year]: of them, without newcomers; 0 in starting grades. [1]"""
    teaches: NDArray[np.bool_]
    """[school, grade]: grades into which growth leads."""
    notes: tuple[Text, ...]
    """Who moves in and is not in the forecast."""


@dataclass(frozen=True, kw_only=True)
class _Raw:
    """Entrants of a stage before demand edits."""

    entrants: NDArray[np.float64]
    """[block, year]. [children]"""
    coming: Coming | None = None
    transition: Ratio | None = None
    target: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    """Of a fed stage [year]: entrants whom its leavers let expect. [children]"""
    more: NDArray[np.float64] | float = 0.0
    """Of a fed stage [year]: those whom drivers bring at its age, relative to them. [1]"""


def expected_path(
    facts: Facts,
    entries: Mapping[str, Entry],
    living: NDArray[np.float32],
    demand: Sequence[DemandEdit],
    near: NDArray[np.intp],
    order: NDArray[np.intp],
) -> Expected:
    """
    Roll the expected path stage by stage.

    Every school takes its catchment's children, whatever its rooms: leavers of a stage are all that matters
    here, and who carries the newcomers of new dwellings.

    Parameters
    ----------
    living
        [block, grade]: children of the last count by home. [children]
    near
        [block]: neighbourhood.
    order
        Positions of the blocks, those of one catchment side by side, for rounding to whole children.
    """
    rolls, growth, years = facts.rolls, facts.growth, facts.years
    stock = facts.housing.expected()
    parts = _parts_by_grade(facts)
    arrivals = _arrivals(facts, entries, parts)
    arriving = arrivals.expected()
    newcomers = newcomers_by_school(stock, parts)
    for school, joining in arriving.joining().items():
        newcomers[school] += joining[..., 0]
    base, grown = (np.zeros((len(rolls.schools), len(rolls.grades), len(years))) for _ in range(2))
    means: dict[str, NDArray[np.float64]] = {}
    leavers: dict[str, NDArray[np.float64]] = {}
    fits: list[StageFit] = []
    path = Draws(
        first=-1,
        entrants={},
        leaving={},
        arriving={},
        transition={},
        growth=np.zeros((*base.shape, 1), dtype=np.float32),
        noise=np.zeros((*base.shape, 1), dtype=np.float32),
        spread=growth.spread,
    )
    for stage in facts.stages:
        name, flows = stage.stage, facts.flows[stage.stage]
        raw = _raw(facts, stage, entries, living, near, stock, arriving, means, leavers)
        fit = _stage_fit(facts, stage, entries.get(name), raw, demand)
        mean = raw.entrants * fit.factor + fit.added
        means[name] = mean
        entering = intakes(mean * (1 - fit.leaving)[:, None], facts.parts[name], flows.choice, flows.arriving)
        within = slice(rolls.grades.index(stage.first), rolls.grades.index(stage.last) + 1)
        stage_rolled = rolled(
            np.nan_to_num(rolls.pupils[:, within, -1]),
            entering,
            growth.school[:, within],
            growth.reverting[:, within],
            newcomers[:, within],
            facts.taught[:, within],
            facts.moves,
            rolls.grades[within],
        )
        base[:, within], grown[:, within] = stage_rolled.base, stage_rolled.growth
        last = np.nansum(rolls.pupils[:, within.stop - 1, -1])
        leavers[name] = np.concatenate([[last], stage_rolled.pupils[:, -1, :-1].sum(axis=0)])
        path.entrants[name] = rounded(mean, order)[:, :, None]
        path.leaving[name] = np.minimum(
            rounded(mean * fit.leaving[:, None], order)[:, :, None], path.entrants[name]
        )
        path.arriving[name] = np.repeat(np.rint(flows.arriving)[:, None, None], len(years), axis=1).astype(
            np.int16
        )
        if raw.transition is not None:
            ratio = np.exp(raw.transition.log) * fit.transition_factor * (1 + raw.more)
            path.transition[name] = _f32(ratio)[:, None]
        fits.append(fit)
    inner = growth.district > 0
    moving = newcomers_share(newcomers, base, facts.taught[:, :, None])
    with_newcomers = np.where(inner[None, :, None], np.maximum(grown + moving, 0.0), 0.0)
    return Expected(
        stages=tuple(fits),
        path=replace(path, growth=_f32(with_newcomers)[..., None]),
        stock=stock,
        arrivals=arrivals,
        newcomer_parts=parts,
        base=base,
        growth=grown,
        teaches=facts.taught & inner[None, :],
        notes=_lost(without_carriers(newcomers, base, facts.taught & inner[None, :]), facts.years),
    )


def _lost(children: NDArray[np.float64], years: Sequence[int]) -> tuple[Text, ...]:
    """Return the note about newcomers whom no growth can carry [year], where there are any worth telling."""
    most = int(children.argmax())
    if children[most] < 1:
        return ()
    return (
        Text(
            "Some of those who move in would join grades in which their school has fewer than 5 children: up to {children:.0f} a year ({year}) are not in the forecast of pupils.",
            children=float(children[most]),
            year=years[most],
        ),
    )


def _f32(values: NDArray[np.float64]) -> NDArray[np.float32]:
    return np.asarray(values, dtype=np.float32)


def _parts_by_grade(facts: Facts) -> NDArray[np.float64]:
    """Return [block, school, grade]: part of a block's children that a school's grade takes."""
    rolls = facts.rolls
    out = np.zeros((len(facts.district.blocks), len(rolls.schools), len(rolls.grades)))
    for stage in facts.stages:
        for grade in range(stage.first, stage.last + 1):
            out[:, :, rolls.grades.index(grade)] = moved_on(facts.parts[stage.stage], facts.moves, grade)
    return out


def _arrivals(facts: Facts, entries: Mapping[str, Entry], parts: NDArray[np.float64]) -> Arrivals:
    """Return where and when drivers' children come; those of an area live where its entrants do."""
    weights = entries[facts.stages[0].stage].mean.sum(axis=1)
    stages = [(stage, facts.origin(stage) if facts.feeding(stage) else None) for stage in facts.stages]
    return arrivals_of(facts.drivers, facts.policy, stages, facts.rolls.grades, weights, parts)


def _raw(
    facts: Facts,
    stage: Stage,
    entries: Mapping[str, Entry],
    living: NDArray[np.float32],
    near: NDArray[np.intp],
    stock: NDArray[np.float64],
    arriving: Arriving,
    means: Mapping[str, NDArray[np.float64]],
    leavers: Mapping[str, NDArray[np.float64]],
) -> _Raw:
    """Return a stage's entrants before edits; those of a fed stage scaled to the expected leavers x transition."""
    feeding = facts.feeding(stage)
    if feeding is None:
        entering = over_blocks(arriving.entering(stage.stage), stock)
        return _Raw(entrants=np.maximum(entries[stage.stage].mean + stock + entering, 0.0))
    origin = facts.origin(stage)
    come = coming(facts, stage, origin, living, near)
    ratio = transition_ratio(facts.rolls, stage, facts.flows[stage.stage], facts.histories[stage.stage])
    if facts.assumptions.transition is not None:
        ratio = replace(ratio, log=float(np.log(max(facts.assumptions.transition, 1e-6))), sd=0.0)
    children = come.mean_of(slice(None), means[origin.stage][:, :, None], stock[:, :, None])[:, :, 0]
    children = np.maximum(children + over_blocks(arriving.present(stage.stage), stock), 0.0)
    target = leavers[feeding.stage] * np.exp(ratio.log)
    more = arriving.per_entrant(stage.stage, target)[:, 0]
    total = children.sum(axis=0)
    scale = np.divide(target * (1 + more), total, out=np.zeros_like(target), where=total > 0)
    return _Raw(entrants=children * scale, coming=come, transition=ratio, target=target, more=more)


def _stage_fit(
    facts: Facts, stage: Stage, entry: Entry | None, raw: _Raw, demand: Sequence[DemandEdit]
) -> StageFit:
    """Return what draws need of a stage, demand edits and assumptions in place."""
    flows, assumed = facts.flows[stage.stage], facts.assumptions.leaving
    factor, added = edited(
        facts.district,
        stage.stage,
        facts.years,
        demand,
        raw.entrants,
        entry.parts_by_status() if entry is not None else {},
    )
    of_transition = np.ones(len(facts.years))
    if raw.coming is not None:
        # A fed stage is scaled to its leavers, so what edits change is one factor a block, and one of the total.
        before, after = raw.entrants, raw.entrants * factor + added
        total = before.sum(axis=0)
        of_transition = np.divide(after.sum(axis=0), total, out=np.ones(len(facts.years)), where=total > 0)
        factor = np.divide(after, before, out=np.ones_like(after), where=before > 0)
        added = np.zeros_like(after)
    blocks = len(raw.entrants)
    return StageFit(
        stage=stage.stage,
        entry=entry,
        coming=raw.coming,
        flows=flows,
        leaving=flows.leaving.share if assumed is None else np.full(blocks, assumed),
        leaving_spread=flows.leaving.spread if assumed is None else np.zeros(blocks),
        leaving_yearly=flows.leaving.yearly if assumed is None else 0.0,
        leaving_near=flows.leaving.near_yearly if assumed is None else 0.0,
        factor=factor,
        added=added,
        transition=raw.transition,
        transition_factor=of_transition,
        target=raw.target,
    )
