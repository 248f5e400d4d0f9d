"""Draws of the children entitled to enter, of those who leave and of those who arrive, a whole chunk at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.forecast.counts import near_poisson, rounded
from planner.forecast.drawing_growth import beside_its_schools
from planner.forecast.flows import ARRIVING_YEARLY
from planner.forecast.model import CHUNK
from planner.forecast.smoothing import path, path_spread

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.forecast.calibration import Ratio
    from planner.forecast.drawing import Fit, StageFit
    from planner.forecast.drivers import Arriving
    from planner.forecast.entry import Entry
    from planner.forecast.spreading import Spread
    from planner.forecast.streams import Shocks
    from planner.forecast.tiers import Tier


def _f32(values: NDArray[np.floating] | NDArray[np.integer]) -> NDArray[np.float32]:
    return np.asarray(values, dtype=np.float32)


def _of_blocks(
    fit: Fit, at: NDArray[np.intp], shocks: Shocks, rows: int, *name: str, of: str
) -> NDArray[np.float32]:
    """Return shocks [block, row, draw] of some blocks."""
    return np.stack([shocks.normals(rows, *name, fit.blocks[block], of=of) for block in at])


def _births(tier: Tier, shocks: Shocks) -> NDArray[np.float32] | None:
    """Return what unknown births add to a tier's level [year, draw]; None when all are known."""
    steps = tier.beyond.shape[1]
    if not steps or not tier.beyond.any():
        return None
    walk = np.cumsum(shocks.normals(steps, "births", of="births"), axis=0, dtype=np.float32)
    out = np.zeros((len(tier.beyond), CHUNK), dtype=np.float32)
    for step in range(steps):
        out += _f32(tier.beyond[:, step] * tier.band)[:, None] * walk[step]
    return out


def _level(
    stage: str, name: str, spread: NDArray[np.float64], births: NDArray[np.float32] | None, shocks: Shocks
) -> NDArray[np.float32]:
    """Return the path of a level of the whole district [year, draw]; one name has one path of shocks."""
    years = len(spread)
    level = path(shocks.normals(years, "level", stage, name, of="ratio"))
    level *= _f32(spread / path_spread(1.0, np.arange(1, years + 1)))[:, None]
    return level if births is None else level + births


def drawn_entrants(
    fit: Fit, stage: StageFit, entry: Entry, stock: dict[int, NDArray[np.float32]], shocks: Shocks
) -> NDArray[np.int16]:
    """Return entrants of a stage that no other feeds [block, year, draw]."""
    name, years = stage.stage, len(fit.years)
    births = [_births(tier, shocks) for tier in entry.tiers]
    levels = [
        _level(name, tier.name, tier.district_spread, unborn, shocks)
        for tier, unborn in zip(entry.tiers, births, strict=True)
    ]
    streams = [
        (weight * part, _level(name, f"{tier.name}\x1e{stream.status}", stream.spread, None, shocks))
        for weight, tier in zip(entry.weights, entry.tiers, strict=True)
        if tier.streams
        for part, stream in zip(tier.parts(), tier.streams, strict=True)
    ]
    half = shocks.half(entry.births_variance, of="births") + shocks.half(entry.ratio_variance, of="ratio")
    steps = np.sqrt(np.diff(entry.near_spread**2, axis=1, prepend=0.0).clip(min=0.0))
    means = np.empty((len(fit.blocks), years, CHUNK), dtype=np.float32)
    children = np.zeros((years, CHUNK), dtype=np.float32)
    for place, at in enumerate(fit.members):
        walk = shocks.normals(years, "near", name, fit.near_ids[place], of="ratio")
        own = np.cumsum(_f32(steps[at])[:, :, None] * walk, axis=1)
        spread = np.sqrt(np.cumsum(steps[at] ** 2, axis=1))
        shock = beside_its_schools(fit, own, spread, fit.near_ids[place], shocks)
        shock -= _f32(half[at])[:, :, None]
        for weight, level in zip(entry.weights, levels, strict=True):
            if weight[at].any():
                shock += _f32(weight[at])[:, :, None] * level
        for part, own in streams:
            shock += _f32(part[at])[:, :, None] * own
        mean = np.exp(shock) * _f32(entry.mean[at])[:, :, None]
        if len(at) > 1 and entry.block_fixed[at].any():
            mean *= _parts(fit, name, entry, at, shocks)
        means[at] = mean
        children += mean.sum(axis=0)
    factor = _control_factor(name, entry, births, children, shocks)
    out = np.empty(means.shape, dtype=np.int16)
    for at in fit.members:
        mean = means[at] if factor is None else means[at] * factor
        out[at] = _counted(fit, stage, at, mean, stock, _f32(entry.per_child[at])[:, :, None], shocks)
    return out


def _control_factor(
    stage: str,
    entry: Entry,
    births: list[NDArray[np.float32] | None],
    children: NDArray[np.float32],
    shocks: Shocks,
) -> NDArray[np.float32] | None:
    """
    Return what draws the sum of neighbourhoods [year, draw] towards the district's path of the same draw; None without one.

    The path shares its shocks with the tier of births: what makes one wrong, families who come and go, makes the other.
    """
    control = entry.control
    if control is None:
        return None
    at = next(at for at, tier in enumerate(entry.tiers) if tier.name == "births")
    half = shocks.half(entry.tiers[at].births_variance(), of="births") + shocks.half(
        control.spread**2, of="ratio"
    )
    level = _level(stage, "births", control.spread, births[at], shocks)
    # The expected sum has been drawn to the expected total already: only what shocks add to either counts.
    expected = entry.mean.sum(axis=0)
    return control.factor(children, np.exp(level - _f32(half)[:, None]) * _f32(expected)[:, None])


def _parts(fit: Fit, stage: str, entry: Entry, at: NDArray[np.intp], shocks: Shocks) -> NDArray[np.float32]:
    """
    Return factors [block, year, draw] for the blocks of a neighbourhood that leave its expected sum as it is.

    What is not known of how a catchment's children are spread over its blocks says nothing about their number.
    """
    own = _of_blocks(fit, at, shocks, 1, "block", stage, of="ratio")
    factor = np.exp(_f32(entry.block_fixed[at])[:, :, None] * own)
    weight = _f32(entry.mean[at])[:, :, None]
    total = (weight * factor).sum(axis=0)
    return factor * (weight.sum(axis=0) / np.maximum(total, np.float32(1e-6)))


def _counted(
    fit: Fit,
    stage: StageFit,
    at: NDArray[np.intp],
    mean: NDArray[np.float32],
    stock: dict[int, NDArray[np.float32]],
    per_child: NDArray[np.float32],
    shocks: Shocks,
) -> NDArray[np.int16]:
    """Return whole children of some blocks around their means, new dwellings, drivers and demand edits included."""
    for place, block in enumerate(at.tolist()):
        if block in stock:
            mean[place] = np.maximum(mean[place] + stock[block], 0)
    if (stage.factor[at] != 1).any():
        mean *= _f32(stage.factor[at])[:, :, None]
    if stage.added[at].any():
        mean += _f32(stage.added[at])[:, :, None]
    if not shocks.moves("count"):
        return rounded(mean, np.arange(len(at)))
    noise = _of_blocks(fit, at, shocks, len(fit.years), "count", stage.stage, of="count")
    return near_poisson(mean, noise, per_child)


def drawn_children_of_age(
    fit: Fit,
    stage: StageFit,
    entrants: dict[str, NDArray[np.int16]],
    stock: dict[int, NDArray[np.float32]],
    joined: dict[int, NDArray[np.float32]],
    shocks: Shocks,
) -> NDArray[np.int16]:
    """Return children of the age at which a fed stage is entered [block, year, draw]."""
    coming = stage.coming
    if coming is None:
        raise ValueError(f"stage {stage.stage} has neither an entry nor a feeding stage")
    years = len(fit.years)
    means = np.empty((len(fit.blocks), years, CHUNK), dtype=np.float32)
    shared = np.stack([shocks.normals(1, "ages", stage.stage, each, of="growth") for each in fit.near_ids])
    first = entrants[coming.origin]
    for at in fit.members:
        mean = _f32(coming.mean_of(at, _f32(first[at]), _stock_of(fit, at, stock)))
        mean *= np.exp(
            _f32(coming.spread)[None, :, None] * shared[fit.near[at]]
            - _f32(shocks.half(coming.spread**2, of="growth"))[None, :, None]
        )
        means[at] = mean
    _spread(fit, stage.stage, coming.past, means, shocks)
    out = np.empty(means.shape, dtype=np.int16)
    for at in fit.members:
        per_child = _f32(coming.per_child[at])[:, :, None]
        out[at] = _counted(fit, stage, at, means[at], joined, per_child, shocks)
    return out


def _spread(fit: Fit, stage: str, past: Spread, means: NDArray[np.float32], shocks: Shocks) -> None:
    """
    Multiply means [block, year, draw] by what is not known of how children of the age spread over the catchments.

    A catchment's part is what its past intakes leave open today and a walk from there; a block's part leaves the sum
    of its catchment as it is.
    """
    half = _f32(shocks.half(past.variance(), of="ratio"))
    for place, at in enumerate(past.members):
        drawn = shocks.normals(1 + len(fit.years), "spread", stage, past.ids[place], of="ratio")
        walk = np.cumsum(drawn[1:], axis=0)
        shock = _f32(past.fixed[at])[:, :, None] * drawn[:1] + _f32(past.yearly[at])[:, :, None] * walk
        mean = means[at] * np.exp(shock - half[at][:, :, None])
        if past.within[at].any():
            own = _of_blocks(fit, at, shocks, 1, "block", stage, of="ratio")
            parts = mean * np.exp(_f32(past.within[at])[:, :, None] * own)
            parts *= mean.sum(axis=0) / np.maximum(parts.sum(axis=0), np.float32(1e-6))
            mean = parts
        means[at] = mean


def _stock_of(fit: Fit, at: NDArray[np.intp], stock: dict[int, NDArray[np.float32]]) -> NDArray[np.float32]:
    """Return children of one age in new dwellings of some blocks [block, year, draw]."""
    out = np.zeros((len(at), len(fit.years), CHUNK), dtype=np.float32)
    for place, block in enumerate(at.tolist()):
        if block in stock:
            out[place] = stock[block]
    return out


def drawn_leaving(
    fit: Fit, stage: StageFit, entrants: NDArray[np.int16], shocks: Shocks
) -> NDArray[np.int16]:
    """Return entrants who leave [block, year, draw]: near-binomial around the block's share."""
    out = np.zeros_like(entrants)
    if not stage.leaving.any():
        return out
    years = len(fit.years)
    level, variance = _share_level(fit, shocks, "leaving", stage.stage, stage.leaving_yearly)
    variance = variance + stage.leaving_near**2 * np.arange(1, years + 1)
    for place, at in enumerate(fit.members):
        share = stage.leaving[at]
        if not share.any():
            continue
        near = shocks.normals(years, "leaving near", stage.stage, fit.near_ids[place], of="choice")
        shock = (level + np.float32(stage.leaving_near) * np.cumsum(near, axis=0))[None] - _f32(
            shocks.half(variance[None, :, None], of="choice")
            + shocks.half(stage.leaving_spread[at][:, None, None] ** 2, of="choice")
        )
        if stage.leaving_spread[at].any():
            own = _of_blocks(fit, at, shocks, 1, "leaving block", stage.stage, of="choice")
            shock = shock + _f32(stage.leaving_spread[at])[:, None, None] * own
        part = np.minimum(np.exp(shock) * _f32(share)[:, None, None], np.float32(0.98))
        mean = _f32(entrants[at]) * part
        if shocks.moves("count"):
            noise = _of_blocks(fit, at, shocks, years, "leaving count", stage.stage, of="count")
            left = near_poisson(mean, noise, _f32(1 - share)[:, None, None])
        else:
            left = rounded(mean, np.arange(len(at)))
        out[at] = np.minimum(left, entrants[at])
    return out


def _share_level(
    fit: Fit, shocks: Shocks, name: str, stage: str, yearly: float
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Return the path of the logarithm of a district's share [year, draw], and its variance [year]."""
    years = len(fit.years)
    level = path(shocks.normals(years, name, stage, of="choice")) * np.float32(yearly)
    return level, path_spread(yearly, np.arange(1, years + 1)) ** 2


def drawn_choosing(fit: Fit, stage: StageFit, shocks: Shocks) -> NDArray[np.float32]:
    """
    Return factors of the shares who choose schools outside their catchment [block, year, draw].

    The district's level, and a walk of each neighbourhood from what is not known of its share today. No more than
    98 % of a block choose.
    """
    choosing, years = stage.flows.choosing, len(fit.years)
    level, variance = _share_level(fit, shocks, "choosing", stage.stage, choosing.yearly)
    variance = variance + choosing.near_yearly**2 * np.arange(1, years + 1)
    most = 0.98 / np.maximum(stage.flows.choice.sum(axis=1), 1e-6)
    out = np.ones((len(fit.blocks), years, CHUNK), dtype=np.float32)
    for place, at in enumerate(fit.members):
        if not choosing.share[at].any():
            continue
        drawn = shocks.normals(1 + years, "choosing near", stage.stage, fit.near_ids[place], of="choice")
        walk = level + np.float32(choosing.near_yearly) * np.cumsum(drawn[1:], axis=0)
        half = shocks.half(variance[None] + choosing.spread[at][:, None] ** 2, of="choice")
        shock = walk[None] + _f32(choosing.spread[at])[:, None, None] * drawn[:1] - _f32(half)[:, :, None]
        out[at] = np.minimum(np.exp(shock), _f32(most[at])[:, None, None])
    return out


def drawn_arriving(fit: Fit, stage: StageFit, shocks: Shocks) -> NDArray[np.int16]:
    """Return entrants from outside the district's blocks [school, year, draw]."""
    years = len(fit.years)
    out = np.zeros((len(fit.schools), years, CHUNK), dtype=np.int16)
    mean, spread = stage.flows.arriving, stage.flows.arriving_spread
    for at in np.flatnonzero(mean > 0):
        name = ("arriving", stage.stage, fit.schools[at])
        lasting = shocks.normals(1, *name, of="choice")
        moves = np.cumsum(shocks.normals(years, "arriving year", *name[1:], of="choice"), axis=0)
        variance = spread[at] ** 2 + ARRIVING_YEARLY**2 * np.arange(1, years + 1)
        shock = np.float32(spread[at]) * lasting + np.float32(ARRIVING_YEARLY) * moves
        level = np.exp(shock - _f32(shocks.half(variance, of="choice"))[:, None]) * np.float32(mean[at])
        if shocks.moves("count"):
            out[at] = near_poisson(level, shocks.normals(1 + years, *name, of="count")[1:], 1.0)
        else:
            out[at] = np.rint(level)
    return out


def drawn_transition(
    fit: Fit, stage: StageFit, ratio: Ratio, moved: Arriving, shocks: Shocks
) -> NDArray[np.float32]:
    """Return entrants of a fed stage per leaver, those whom drivers bring at its very age included [year, draw]."""
    years = len(fit.years)
    level = path(shocks.normals(years, "transition", stage.stage, of="growth")) * np.float32(ratio.sd)
    half = shocks.half(path_spread(ratio.sd, np.arange(1, years + 1)) ** 2, of="growth")
    more = 1 + moved.per_entrant(stage.stage, stage.target)
    return (
        np.exp(level + _f32(ratio.log - half)[:, None]) * _f32(stage.transition_factor)[:, None] * _f32(more)
    )
