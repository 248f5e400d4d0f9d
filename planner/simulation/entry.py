"""Who is entitled to enter, where they live, and at which school they are expected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.simulation.whole import in_turn, split, whole

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.forecast import Draws
    from planner.simulation.setting import Setting

_GOLDEN = (np.sqrt(5) - 1) / 2


@dataclass(frozen=True, kw_only=True)
class Entrants:
    """Children who enter a stage in one year, before any school has said yes or no."""

    staying: NDArray[np.float64]
    """[block, draw]: whole children who go to public schools by catchment or choice. [children]"""
    direct: NDArray[np.int32]
    """[school, draw]: children who pass straight on to the school from a feeder school. [children]"""
    direct_from: NDArray[np.float64]
    """[block, school]: mean of `direct` by home. [children]"""
    homes: NDArray[np.float32]
    """[block, draw]: children who go to public schools by home, those of `direct` among them. [children]"""
    entitled: NDArray[np.int64]
    """[draw]: all of them and those who leave, without any left over from last year. [children]"""
    private: NDArray[np.int64]
    """[draw]. [children]"""
    elsewhere: NDArray[np.int64]
    """[draw]. [children]"""


def entrants_of(
    setting: Setting, draws: Draws, stage: int, year: int, leavers: NDArray[np.int16] | None
) -> Entrants:
    """
    Return the entrants of a stage.

    Of a stage without transition, the draws' own. Of a stage that another one feeds, as many as its leavers times the
    transition: those whom feeder schools pass straight on (of each row the rounded product of leavers, transition
    and share), and the rest, spread over the blocks in proportion to their children of that age, less those
    already passed on from the schools of the block's catchment. Leaving is scaled alike; nobody who is passed
    straight on leaves.

    Parameters
    ----------
    leavers
        [school, draw]: children of the feeding stage's last grade the autumn before; None where no stage feeds it.
        [children]
    """
    span = setting.spans[stage]
    aged = draws.entrants[span.stage][:, year].astype(np.float64)
    leaving = np.minimum(draws.leaving[span.stage][:, year], aged)
    schools = len(setting.plan.schools)
    if leavers is None or span.stage not in draws.transition:
        direct = np.zeros((schools, aged.shape[1]), dtype=np.int32)
        direct_from = np.zeros((len(aged), schools))
        children, homes = aged, aged - leaving
    else:
        quotas = leavers * draws.transition[span.stage][year].astype(np.float64)
        pairs = _passed_straight(setting, span.fed_by, stage, year, quotas)
        direct, left = (np.zeros(quotas.shape, dtype=np.int32) for _ in range(2))
        for (school, to), moving in pairs.items():
            left[school] += moving
            direct[to] += moving
        total = np.maximum(np.rint(quotas.sum(axis=0)).astype(np.int64), direct.sum(axis=0))
        rest = total - direct.sum(axis=0)
        unpassed, passed_homes = _less_passed(setting, span.fed_by, year, aged, total, left)
        direct_from = _direct_homes(setting, span.fed_by, year, aged, pairs)
        children = split(rest, unpassed).astype(np.float64)
        leaving = whole(children * np.divide(leaving, aged, out=np.zeros_like(aged), where=aged > 0))
        homes = children - leaving + passed_homes
    gone = leaving.sum(axis=0)
    private = np.rint((span.private[:, None] * leaving).sum(axis=0))
    return Entrants(
        staying=children - leaving,
        direct=direct,
        direct_from=direct_from,
        homes=homes.astype(np.float32),
        entitled=(children.sum(axis=0) + direct.sum(axis=0)).astype(np.int64),
        private=private.astype(np.int64),
        elsewhere=(gone - private).astype(np.int64),
    )


def _passed_straight(
    setting: Setting, feeding: int, stage: int, year: int, quotas: NDArray[np.float64]
) -> dict[tuple[int, int], NDArray[np.int32]]:
    """Return the children passed straight on [draw], by the school they leave and the one they come to."""
    first, last = setting.spans[stage].first, setting.spans[feeding].last
    passed: dict[tuple[int, int], NDArray[np.int32]] = {}
    for school in sorted({row[0] for row in setting.feeders}):
        if not setting.teaches[school, last]:
            continue
        left = np.floor(quotas[school] + 0.5).astype(np.int32)
        for to, share in setting.feeding(school, year):
            if setting.teaches[to, first] and setting.open[to, year]:
                moving = np.minimum(np.floor(quotas[school] * share + 0.5).astype(np.int32), left)
                left -= moving
                passed[school, to] = moving
    return passed


def _less_passed(
    setting: Setting,
    feeding: int,
    year: int,
    aged: NDArray[np.float64],
    total: NDArray[np.int64],
    passed: NDArray[np.int32],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """
    Return children of the age who are not passed straight on, and those who are, by home [block, draw].

    Those passed on from a school are taken to live in its catchment of the feeding stage, in proportion to its
    children of the age; beyond the children there, all over the district.
    """
    sums = aged.sum(axis=0)
    expected = aged * np.divide(total, sums, out=np.zeros_like(sums), where=sums > 0)
    if not passed.any():
        return aged, np.zeros_like(aged)
    unpassed = aged.copy()
    homes = np.zeros_like(aged)
    for route in setting.routes[feeding, year]:
        given = passed[route.schools].sum(axis=0)
        if not given.any():
            continue
        there = expected[route.blocks].sum(axis=0)
        share = np.minimum(np.divide(given, there, out=np.ones_like(there), where=there > 0), 1.0)
        unpassed[route.blocks] *= 1 - share
        homes[route.blocks] = expected[route.blocks] * share
    beyond = np.maximum(passed.sum(axis=0) - homes.sum(axis=0), 0)
    homes += expected * np.divide(beyond, total, out=np.zeros_like(sums), where=total > 0)
    return unpassed, homes


def _direct_homes(
    setting: Setting,
    feeding: int,
    year: int,
    aged: NDArray[np.float64],
    pairs: dict[tuple[int, int], NDArray[np.int32]],
) -> NDArray[np.float64]:
    """Return the mean of those passed straight on by home and by the school they come to [block, school]."""
    out = np.zeros((len(aged), len(setting.plan.schools)))
    for (school, to), moving in pairs.items():
        held = [route.blocks for route in setting.routes[feeding, year] if school in route.schools]
        blocks = np.concatenate(held) if held else np.arange(len(aged))
        there = aged[blocks]
        out[blocks, to] += (there * (moving / np.maximum(there.sum(axis=0), 1))).mean(axis=1)
    return out


@dataclass(frozen=True, kw_only=True)
class Expected:
    """Entrants at the schools' doors."""

    demand: NDArray[np.int32]
    """[school, draw]. [children]"""
    homes: NDArray[np.float64]
    """[block, school]: their mean by home before diversions, of those whose home is known. [children]"""


def expected_at(
    setting: Setting,
    draws: Draws,
    stage: int,
    year: int,
    entrants: Entrants,
    waiting: NDArray[np.int32],
) -> Expected:
    """
    Return the children entitled and expected at each school before anyone is turned away.

    A share of each block's entrants chooses another school; these are counted on in whole children from school to
    school and draw to draw, so that small shares are neither lost nor heaped. The others go to the schools of
    their catchment, a joint one by `Plan.shares`. To them come those passed straight on, those from outside the
    district, and those left unplaced last year; then diversions move theirs.

    Parameters
    ----------
    waiting
        [school, draw]: children whom the school turned away last year and nobody seated. [children]
    """
    span = setting.spans[stage]
    demand = entrants.direct + draws.arriving[span.stage][:, year] + waiting
    homes = entrants.direct_from.copy()
    number = draws.numbers
    mean = entrants.staying.mean(axis=1)
    factor = draws.choosing.get(span.stage)
    for route in setting.routes[stage, year]:
        staying = entrants.staying[route.blocks]
        children = staying.sum(axis=0).astype(np.int32)
        here = mean[route.blocks]
        if len(route.chosen):
            offset = (_GOLDEN * number + route.phase + np.sqrt(3) * year) % 1
            choosing = staying if factor is None else staying * factor[route.blocks, year]
            moving = in_turn(route.choice @ choosing, offset)
            demand[route.chosen] += moving
            children = children - moving.sum(axis=0, dtype=np.int32)
            gone = choosing.mean(axis=1)
            homes[np.ix_(route.blocks, route.chosen)] += (np.diff(route.choice, axis=0, prepend=0) * gone).T
            here = here - route.choice[-1] * gone
        homes[np.ix_(route.blocks, route.schools)] += here[:, None] * route.shares.T
        if len(route.schools) == 1:
            demand[route.schools[0]] += children
        else:
            demand[route.schools] += split(children, route.shares)
    for diverted in setting.diversions:
        if diverted.stage != stage or diverted.grades:
            continue
        if diverted.since <= setting.plan.years[year] <= diverted.until:
            there = demand[diverted.from_school]
            asked = np.floor(there * diverted.share + 0.5) if diverted.share > 0 else diverted.children
            moving = np.minimum(there, asked).astype(np.int32)
            demand[diverted.from_school] = there - moving
            demand[diverted.to_school] += moving
    return Expected(demand=demand, homes=homes)
