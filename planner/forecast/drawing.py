"""
Draws of a fitted forecast, a whole chunk at a time.

A chunk is always made whole and then cut, with arithmetic element by element, so that a draw is the same to the
last bit whatever range it is asked for in and whatever else the district holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.forecast.births import BEYOND
from planner.forecast.counts import near_poisson
from planner.forecast.model import CHUNK, Draws
from planner.forecast.progression import COMMON_MEMORY, GRADE_MEMORY
from planner.forecast.roll import newcomers_share
from planner.forecast.smoothing import path, path_spread
from planner.forecast.streams import heavy, normals

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.forecast.calibration import Ratio
    from planner.forecast.entry import Entry
    from planner.forecast.flows import Flows
    from planner.forecast.housing import Housing
    from planner.forecast.later import Coming
    from planner.forecast.progression import Growth


@dataclass(frozen=True, kw_only=True)
class StageFit:
    """All that the draws of a stage's entrants need; axes [block, year] unless stated."""

    stage: str
    entry: Entry | None
    """Of a stage that no other feeds."""
    coming: Coming | None
    """Of a fed stage."""
    flows: Flows
    leaving: NDArray[np.float64]
    """[block]: share of entrants who leave. [1]"""
    leaving_spread: NDArray[np.float64]
    """[block]: standard deviation of what is not known of it, relative to it. [1]"""
    leaving_yearly: float
    factor: NDArray[np.float64]
    """Of demand edits. [1]"""
    added: NDArray[np.float64]
    """Children added by demand edits. [children]"""
    transition: Ratio | None
    """Of a fed stage: entrants per leaver."""
    transition_factor: NDArray[np.float64]
    """[year]: what demand edits change of it. [1]"""


@dataclass(frozen=True, kw_only=True)
class Fit:
    """All fitted parts; axes in the order of blocks, schools, grades, years and stages."""

    blocks: tuple[str, ...]
    schools: tuple[str, ...]
    grades: tuple[int, ...]
    years: tuple[int, ...]
    seed: int
    near: NDArray[np.intp]
    """[block]: position of its neighbourhood."""
    members: tuple[NDArray[np.intp], ...]
    """By neighbourhood: positions of its blocks, by id."""
    near_ids: tuple[str, ...]
    area: NDArray[np.intp]
    """[block]: position of its births' area."""
    area_ids: tuple[str, ...]
    stages: tuple[StageFit, ...]
    growth: Growth
    housing: Housing
    newcomer_parts: NDArray[np.float64]
    """[block, school, grade]: part of a block's children in new dwellings that a school's grade takes. [1]"""
    base: NDArray[np.float64]
    """[school, grade, year]: children expected in the grade below, who carry newcomers as growth. [children]"""
    teaches: NDArray[np.bool_]
    """[school, grade]: grades into which growth leads."""


def draw_chunk(fit: Fit, chunk: int) -> Draws:
    """Return all draws of a chunk."""
    stock = fit.housing.drawn(fit.seed, chunk)
    entrants: dict[str, NDArray[np.int16]] = {}
    leaving: dict[str, NDArray[np.int16]] = {}
    arriving: dict[str, NDArray[np.int16]] = {}
    transition: dict[str, NDArray[np.float32]] = {}
    for stage in fit.stages:
        name = stage.stage
        entrants[name] = (
            _entrants(fit, stage, stage.entry, stock, chunk)
            if stage.entry is not None
            else _children_of_age(fit, stage, entrants, stock, chunk)
        )
        leaving[name] = _leaving(fit, stage, entrants[name], chunk)
        arriving[name] = _arriving(fit, stage, chunk)
        if stage.transition is not None:
            transition[name] = _transition(fit, stage, stage.transition, chunk)
    return Draws(
        first=chunk * CHUNK,
        entrants=entrants,
        leaving=leaving,
        arriving=arriving,
        transition=transition,
        growth=_growth(fit, stock, chunk),
        noise=_noise(fit, chunk),
        spread=fit.growth.spread,
    )


def _f32(values: NDArray[np.floating] | NDArray[np.integer]) -> NDArray[np.float32]:
    return np.asarray(values, dtype=np.float32)


def _of_blocks(fit: Fit, at: NDArray[np.intp], chunk: int, rows: int, *name: str) -> NDArray[np.float32]:
    """Return shocks [block, row, draw] of some blocks."""
    return np.stack([normals(fit.seed, chunk, rows, *name, fit.blocks[block]) for block in at])


def _walks(fit: Fit, ids: tuple[str, ...], chunk: int, *name: str) -> NDArray[np.float32]:
    """Return [id, 1 + year, draw]: a lasting shock, then a random walk through the years."""
    drawn = np.stack([normals(fit.seed, chunk, 1 + len(fit.years), *name, each) for each in ids])
    np.cumsum(drawn[:, 1:], axis=1, out=drawn[:, 1:])
    return drawn


def _levels(fit: Fit, stage: str, entry: Entry, chunk: int) -> list[NDArray[np.float32]]:
    """Return, by tier, the path of the district's level [year, draw]."""
    years, out = len(fit.years), []
    for tier in entry.tiers:
        level = path(normals(fit.seed, chunk, years, "level", stage, tier.name)) * np.float32(
            tier.district_spread
        )
        steps = tier.beyond.shape[1]
        if steps:
            walk = np.cumsum(normals(fit.seed, chunk, steps, "births"), axis=0, dtype=np.float32)
            for step in range(steps):
                level += _f32(tier.beyond[:, step] * BEYOND)[:, None] * walk[step]
        out.append(level)
    return out


def _entrants(
    fit: Fit, stage: StageFit, entry: Entry, stock: dict[int, NDArray[np.float32]], chunk: int
) -> NDArray[np.int16]:
    """Return entrants of a stage that no other feeds [block, year, draw]."""
    years = len(fit.years)
    out = np.empty((len(fit.blocks), years, CHUNK), dtype=np.int16)
    levels = _levels(fit, stage.stage, entry, chunk)
    near = _walks(fit, fit.near_ids, chunk, "near", stage.stage)
    area = _walks(fit, fit.area_ids, chunk, "area", stage.stage) if entry.area_fixed.any() else None
    for at in fit.members:
        shock = _f32(-entry.variance[at] / 2)[:, :, None] + np.zeros(CHUNK, dtype=np.float32)
        for weight, level in zip(entry.weights, levels, strict=True):
            if weight[at].any():
                shock += _f32(weight[at])[:, :, None] * level
        _add_walk(shock, near[fit.near[at]], entry.near_fixed[at], entry.near_yearly[at])
        if area is not None:
            _add_walk(shock, area[fit.area[at]], entry.area_fixed[at], entry.area_yearly[at])
        mean = np.exp(shock) * _f32(entry.mean[at])[:, :, None]
        if len(at) > 1 and entry.block_fixed[at].any():
            mean *= _parts(fit, stage.stage, entry, at, chunk)
        out[at] = _counted(fit, stage, at, mean, stock, _f32(entry.per_child[at])[:, :, None], chunk)
    return out


def _parts(fit: Fit, stage: str, entry: Entry, at: NDArray[np.intp], chunk: int) -> NDArray[np.float32]:
    """
    Return factors [block, year, draw] for the blocks of a neighbourhood that leave its expected sum as it is.

    What is not known of how a catchment's children are spread over its blocks says nothing about their number.
    """
    own = _of_blocks(fit, at, chunk, 1, "block", stage)
    factor = np.exp(_f32(entry.block_fixed[at])[:, :, None] * own)
    weight = _f32(entry.mean[at])[:, :, None]
    total = (weight * factor).sum(axis=0)
    return factor * (weight.sum(axis=0) / np.maximum(total, np.float32(1e-6)))


def _add_walk(
    shock: NDArray[np.float32],
    walks: NDArray[np.float32],
    fixed: NDArray[np.float64],
    yearly: NDArray[np.float64],
) -> None:
    """Add the shocks that blocks share, in place."""
    if fixed.any():
        shock += _f32(fixed)[:, :, None] * walks[:, :1]
    if yearly.any():
        shock += _f32(yearly)[:, :, None] * walks[:, 1:]


def _counted(
    fit: Fit,
    stage: StageFit,
    at: NDArray[np.intp],
    mean: NDArray[np.float32],
    stock: dict[int, NDArray[np.float32]] | None,
    per_child: NDArray[np.float32],
    chunk: int,
) -> NDArray[np.int16]:
    """Return whole children of some blocks around their means, new dwellings and demand edits included."""
    for place, block in enumerate(at.tolist()):
        if stock is not None and block in stock:
            mean[place] += stock[block]
    if (stage.factor[at] != 1).any():
        mean *= _f32(stage.factor[at])[:, :, None]
    if stage.added[at].any():
        mean += _f32(stage.added[at])[:, :, None]
    noise = _of_blocks(fit, at, chunk, len(fit.years), "count", stage.stage)
    return near_poisson(mean, noise, per_child)


def _children_of_age(
    fit: Fit,
    stage: StageFit,
    entrants: dict[str, NDArray[np.int16]],
    stock: dict[int, NDArray[np.float32]],
    chunk: int,
) -> NDArray[np.int16]:
    """Return children of the age at which a fed stage is entered [block, year, draw]."""
    coming = stage.coming
    if coming is None:
        raise ValueError(f"stage {stage.stage} has neither an entry nor a feeding stage")
    years = len(fit.years)
    out = np.empty((len(fit.blocks), years, CHUNK), dtype=np.int16)
    shared = np.stack([normals(fit.seed, chunk, 1, "ages", stage.stage, each) for each in fit.near_ids])
    per_child = _f32(coming.per_child)[None, :, None]
    first = entrants[coming.origin]
    for at in fit.members:
        mean = _f32(coming.mean_of(at, _f32(first[at]), _stock_of(fit, at, stock)))
        mean *= np.exp(
            _f32(coming.spread)[None, :, None] * shared[fit.near[at]]
            - _f32(coming.spread**2 / 2)[None, :, None]
        )
        out[at] = _counted(fit, stage, at, mean, None, per_child, chunk)
    return out


def _stock_of(fit: Fit, at: NDArray[np.intp], stock: dict[int, NDArray[np.float32]]) -> NDArray[np.float32]:
    """Return children of one age in new dwellings of some blocks [block, year, draw]."""
    out = np.zeros((len(at), len(fit.years), CHUNK), dtype=np.float32)
    for place, block in enumerate(at.tolist()):
        if block in stock:
            out[place] = stock[block]
    return out


def _leaving(fit: Fit, stage: StageFit, entrants: NDArray[np.int16], chunk: int) -> NDArray[np.int16]:
    """Return entrants who leave [block, year, draw]: near-binomial around the block's share."""
    out = np.zeros_like(entrants)
    if not stage.leaving.any():
        return out
    years = len(fit.years)
    level = path(normals(fit.seed, chunk, years, "leaving", stage.stage)) * np.float32(stage.leaving_yearly)
    steps = path_spread(stage.leaving_yearly, np.arange(1, years + 1)) ** 2
    for at in fit.members:
        share = stage.leaving[at]
        if not share.any():
            continue
        shock = level[None] - _f32(
            steps[None, :, None] / 2 + stage.leaving_spread[at][:, None, None] ** 2 / 2
        )
        if stage.leaving_spread[at].any():
            own = _of_blocks(fit, at, chunk, 1, "leaving block", stage.stage)
            shock = shock + _f32(stage.leaving_spread[at])[:, None, None] * own
        part = np.minimum(np.exp(shock) * _f32(share)[:, None, None], np.float32(0.98))
        noise = _of_blocks(fit, at, chunk, years, "leaving count", stage.stage)
        left = near_poisson(_f32(entrants[at]) * part, noise, _f32(1 - share)[:, None, None])
        out[at] = np.minimum(left, entrants[at])
    return out


def _arriving(fit: Fit, stage: StageFit, chunk: int) -> NDArray[np.int16]:
    """Return entrants from outside the district's blocks [school, year, draw]."""
    years = len(fit.years)
    out = np.zeros((len(fit.schools), years, CHUNK), dtype=np.int16)
    mean, spread = stage.flows.arriving, stage.flows.arriving_spread
    for at in np.flatnonzero(mean > 0):
        shocks = normals(fit.seed, chunk, 1 + years, "arriving", stage.stage, fit.schools[at])
        level = np.exp(np.float32(spread[at]) * shocks[:1] - np.float32(spread[at] ** 2 / 2)) * np.float32(
            mean[at]
        )
        out[at] = near_poisson(np.broadcast_to(level, (years, CHUNK)), shocks[1:], 1.0)
    return out


def _transition(fit: Fit, stage: StageFit, ratio: Ratio, chunk: int) -> NDArray[np.float32]:
    """Return entrants of a fed stage per leaver [year, draw]."""
    years = len(fit.years)
    level = path(normals(fit.seed, chunk, years, "transition", stage.stage)) * np.float32(ratio.sd)
    variance = path_spread(ratio.sd, np.arange(1, years + 1)) ** 2
    return np.exp(level + _f32(ratio.log - variance / 2)[:, None]) * _f32(stage.transition_factor)[:, None]


def _remembering(shocks: NDArray[np.float32], memory: float) -> NDArray[np.float32]:
    """Return stationary paths [year, draw] of unit variance, each year remembering the one before."""
    out = shocks.copy()
    fresh = np.float32(np.sqrt(1 - memory**2))
    for year in range(1, len(out)):
        out[year] = np.float32(memory) * out[year - 1] + fresh * shocks[year]
    return out


def _growth(fit: Fit, stock: dict[int, NDArray[np.float32]], chunk: int) -> NDArray[np.float32]:
    """Return growth [school, grade, year, draw]."""
    growth, years = fit.growth, len(fit.years)
    out = np.zeros((len(fit.schools), len(fit.grades), years, CHUNK), dtype=np.float32)
    inner = np.flatnonzero(growth.district > 0)
    common = _remembering(normals(fit.seed, chunk, years, "district"), COMMON_MEMORY) * np.float32(
        growth.common
    )
    ratio = np.zeros((len(fit.grades), years, CHUNK), dtype=np.float32)
    half = np.float32((growth.common**2 + growth.grade**2) / 2)
    for at in inner:
        own = _remembering(
            normals(fit.seed, chunk, years, "district grade", str(fit.grades[at])), GRADE_MEMORY
        )
        ratio[at] = np.exp(common + np.float32(growth.grade) * own - half)
    newcomers = _newcomers(fit, stock)
    for school, name in enumerate(fit.schools):
        lasting = normals(fit.seed, chunk, 1, "school", name)[0] * np.float32(growth.school_spread[school])
        year = 1 + np.float32(growth.yearly) * heavy(fit.seed, chunk, years, "school year", name)
        year = np.clip(year, np.float32(0.2), np.float32(2.5))
        for at in inner:
            grade = normals(fit.seed, chunk, 1, "school grade", name, str(fit.grades[at]))[0]
            deviation = lasting + grade * np.float32(growth.grade_spread[school, at])
            level = np.float32(growth.school[school, at]) + np.float32(growth.district[at]) * deviation
            out[school, at] = np.maximum(level, np.float32(0.05)) * year * ratio[at]
        if school in newcomers:
            out[school] += newcomers[school]
    return out


def _newcomers(fit: Fit, stock: dict[int, NDArray[np.float32]]) -> dict[int, NDArray[np.float32]]:
    """Return growth that new dwellings bring, by position of the school [grade, year, draw]."""
    out: dict[int, NDArray[np.float32]] = {}
    for block, children in stock.items():
        more = np.maximum(np.diff(children, axis=0, prepend=np.float32(0)), 0)
        for school in np.flatnonzero(fit.newcomer_parts[block].any(axis=1)):
            coming = _f32(fit.newcomer_parts[block, school])[:, None, None] * more[None]
            out[int(school)] = out.get(int(school), np.float32(0)) + coming
    for school, more in out.items():
        base = fit.base[school][:, :, None]
        carries = fit.teaches[school][:, None, None]
        out[school] = _f32(newcomers_share(more, base, carries))
    return out


def _noise(fit: Fit, chunk: int) -> NDArray[np.float32]:
    """Return the shocks of the counts themselves [school, grade, year, draw]; 0 in grades that no growth leads to."""
    years = len(fit.years)
    out = np.zeros((len(fit.schools), len(fit.grades), years, CHUNK), dtype=np.float32)
    for school, grade in np.argwhere(fit.teaches):
        out[school, grade] = normals(
            fit.seed, chunk, years, "pupils", fit.schools[school], str(fit.grades[grade])
        )
    return out
