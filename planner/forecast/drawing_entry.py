"""Draws of the children entitled to enter, of those who leave and of those who arrive, a whole chunk at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.forecast.births import BEYOND
from planner.forecast.counts import near_poisson
from planner.forecast.model import CHUNK
from planner.forecast.smoothing import path, path_spread
from planner.forecast.streams import normals

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.forecast.calibration import Ratio
    from planner.forecast.drawing import Fit, StageFit
    from planner.forecast.entry import Entry


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


def drawn_entrants(
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


def drawn_children_of_age(
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


def drawn_leaving(fit: Fit, stage: StageFit, entrants: NDArray[np.int16], chunk: int) -> NDArray[np.int16]:
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


def drawn_arriving(fit: Fit, stage: StageFit, chunk: int) -> NDArray[np.int16]:
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


def drawn_transition(fit: Fit, stage: StageFit, ratio: Ratio, chunk: int) -> NDArray[np.float32]:
    """Return entrants of a fed stage per leaver [year, draw]."""
    years = len(fit.years)
    level = path(normals(fit.seed, chunk, years, "transition", stage.stage)) * np.float32(ratio.sd)
    variance = path_spread(ratio.sd, np.arange(1, years + 1)) ** 2
    return np.exp(level + _f32(ratio.log - variance / 2)[:, None]) * _f32(stage.transition_factor)[:, None]
