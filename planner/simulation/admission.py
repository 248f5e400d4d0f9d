"""Rooms for the intakes, seats, and where children go whom their school cannot seat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.capacity import classes_aimed, classes_needed, fewest_classes
from planner.simulation.whole import shared, split

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.simulation.passage import Passed
    from planner.simulation.setting import Setting


@dataclass(frozen=True, kw_only=True)
class Admitted:
    """What became of the entrants of one stage in one year."""

    admitted: NDArray[np.int32]
    """[school, draw]: children seated. [children]"""
    turned_away: NDArray[np.int32]
    """[school, draw]: entrants the school could not seat. [children]"""
    received: NDArray[np.int32]
    """[school, draw]: entrants seated who were turned away elsewhere. [children]"""
    unplaced: NDArray[np.int32]
    """[school, draw]: turned away by the school and seated nowhere. [children]"""
    placed: dict[tuple[int, int], NDArray[np.int32]]
    """By school turned away from and school placed at [draw]. [children]"""


def rooms_for_intakes(
    setting: Setting, year: int, passed: Passed, demand: NDArray[np.int32]
) -> NDArray[np.int32]:
    """
    Return the rooms free for each stage's intake. [school, stage, draw] [rooms].

    Rooms less the classes of all other grades. Where classes are kept, these are merged down to what the caps need.
    Where they are re-formed, they are as few as the caps allow, with classes of several grades if the policy has
    them, and the intake has at least its grade's part of the rooms (one grade of seven: 3 of 21) and the classes
    planned for it: one child above the cap of the last grade does not take a room from the first. Where none are
    formed, seats less the children of all other grades.
    Where several stages of a campus enter, each has one room first, the one that needs most before the others,
    and they share the rest in proportion to what more their entrants need: each has what it needs where there is
    enough for all.

    Parameters
    ----------
    demand
        [school, stage, draw]: entrants expected. [children]
    """
    rooms = setting.rooms[:, year, None].astype(np.int32)
    entering = np.stack([span.enters for span in setting.spans], axis=1)
    if setting.by_seats:
        free = np.maximum(rooms - passed.pupils.sum(axis=1, dtype=np.int32), 0)
    elif setting.rules.formation == "kept":
        free = np.maximum(rooms - _held(setting, year, passed), 0)
    else:
        later = fewest_classes(passed.pupils, setting.caps[:, year].tolist(), setting.rules)
        free = np.maximum(rooms - later, _part_of_rooms(setting, year, passed, entering))
    out = np.zeros(demand.shape, dtype=np.int32)
    for stage, span in enumerate(setting.spans):
        alone = span.enters & (entering.sum(axis=1) == 1)
        out[alone, stage] = free[alone]
    for school in np.flatnonzero(entering.sum(axis=1) > 1):
        stages = np.flatnonzero(entering[school])
        firsts = [setting.spans[stage].first for stage in stages]
        needs = [
            _needed(setting, demand[school, stage], first, year)
            for stage, first in zip(stages, firsts, strict=True)
        ]
        out[school, stages] = _by_need(free[school], np.stack(needs))
    return out


def _held(setting: Setting, year: int, passed: Passed) -> NDArray[np.int32]:
    """Return the rooms of the classes that continue, merged down to what the caps need. [school, draw] [rooms]."""
    held = np.zeros((len(passed.pupils), passed.pupils.shape[2]), dtype=np.int32)
    for span in setting.spans:
        for grade in range(span.first + 1, span.last + 1):
            need = _needed(setting, passed.pupils[:, grade], grade, year)
            classes = passed.classes[:, grade]
            held += np.where(classes > 0, np.minimum(need, classes), need)
    return held


def _part_of_rooms(
    setting: Setting, year: int, passed: Passed, entering: NDArray[np.bool_]
) -> NDArray[np.int32]:
    """
    Return the rooms that re-formed classes of other grades leave to the intakes at least. [school, draw] [rooms].

    The starting grades' part by number of grades, to the nearest room, as far as every other grade with children
    keeps a class (all together one, where they can share it); or as many as the plan states, if that is more.
    """
    rooms = setting.rooms[:, year].astype(np.int32)
    taught = np.maximum(setting.teaches.sum(axis=1), 1)
    part = (2 * rooms * entering.sum(axis=1) + taught) // (2 * taught)
    others = (passed.pupils > 0).sum(axis=1)
    kept = np.minimum(others, 1) if setting.rules.composite else others
    stated = np.maximum(setting.plan.classes[:, :, year].astype(np.int32), 0).sum(axis=1)
    return np.maximum(
        np.clip(rooms[:, None] - kept, 0, part[:, None]), np.minimum(stated, rooms)[:, None]
    ).astype(np.int32)


def _by_need(rooms: NDArray[np.int32], needs: NDArray[np.int32]) -> NDArray[np.int32]:
    """Share rooms [draw] among intakes that need so many classes [intake, draw]."""
    rank = np.argsort(np.argsort(-needs, axis=0, kind="stable"), axis=0)
    one = ((needs > 0) & (rank < rooms)).astype(np.int32)
    return one + split(rooms - one.sum(axis=0), needs - one)


def seats_of(setting: Setting, year: int, passed: Passed, free: NDArray[np.int32]) -> NDArray[np.int32]:
    """
    Return the entrants whom each intake can seat within the cap. [school, stage, draw] [children].

    Free rooms times the cap. Where children of neighbouring grades may share classes, schools of one intake seat
    as many as can join them: the largest number for which every grade has the classes it needs, whether or not
    so many are expected, since others' overflow may be placed there.
    """
    caps = np.array([setting.caps[span.first, year] for span in setting.spans])
    seats = free * caps[None, :, None]
    if not setting.rules.composite:
        return seats
    intakes = sum(span.enters.astype(int) for span in setting.spans)
    for stage, span in enumerate(setting.spans):
        short = np.flatnonzero(span.enters & (intakes == 1) & (setting.rooms[:, year] > 0))
        low = seats[short, stage]
        high = np.maximum(low, setting.rooms[short, year, None].astype(np.int32) * caps[stage])
        filled = passed.pupils[short].astype(np.int32)
        while (low < high).any():
            middle = (low + high + 1) // 2
            filled[:, span.first] = middle
            fits = _all_seated(setting, year, filled, short)
            low, high = np.where(fits, middle, low), np.where(fits, high, middle - 1)
        seats[short, stage] = np.maximum(seats[short, stage], low)
    return seats


def _needed(setting: Setting, pupils: NDArray[np.integer], grade: int, year: int) -> NDArray[np.int32]:
    return classes_needed(pupils, int(setting.caps[grade, year]), setting.rules).astype(np.int32)


def _all_seated(
    setting: Setting, year: int, pupils: NDArray[np.int32], schools: NDArray[np.intp]
) -> NDArray[np.bool_]:
    """Return whether a school's rooms hold every grade within its cap, classes of several grades counted. [school, draw]."""
    fewest = fewest_classes(pupils, setting.caps[:, year].tolist(), setting.rules)
    return fewest <= setting.rooms[schools, year, None]


def admit(
    setting: Setting,
    year: int,
    stage: int,
    demand: NDArray[np.int32],
    free: NDArray[np.int32],
    seats: NDArray[np.int32],
) -> Admitted:
    """
    Seat the entrants of a stage.

    A school seats its own up to its seats within the cap and, where the policy is not strict, up to the worst
    class in its free rooms, never above its limit of the plan; where the policy plans by seats and is not strict, a
    school with seats takes all of its own. Those turned away are offered, rank by rank of
    `Plan.order`, to other schools: first while these have seats within the cap; then, where the policy is not
    strict, up to the worst class. What a school has left is shared among those who want it, in proportion.

    Parameters
    ----------
    demand, free, seats
        [school, draw]: entrants expected, rooms free, seats within the cap. [children], [rooms], [children]
    """
    limit = setting.plan.limits[:, stage, year, None]
    most = seats if setting.strict else np.maximum(seats, free * setting.worst[stage, year])
    if setting.unbounded:
        most = np.where(setting.open[:, year, None], np.iinfo(np.int16).max, seats)
    within, most = (np.where(limit >= 0, np.minimum(limit, places), places) for places in (seats, most))
    own = np.minimum(demand, most)
    left = demand - own
    received = np.zeros_like(own)
    placed: dict[tuple[int, int], NDArray[np.int32]] = {}
    order = setting.plan.order[setting.spans[stage].stage]
    for places in (within, most) if not setting.strict else (within,):
        _offer(left, np.maximum(places - own - received, 0), order, received, placed)
    return Admitted(
        admitted=own + received, turned_away=demand - own, received=received, unplaced=left, placed=placed
    )


def _offer(
    left: NDArray[np.int32],
    spare: NDArray[np.int32],
    order: NDArray[np.int16],
    received: NDArray[np.int32],
    placed: dict[tuple[int, int], NDArray[np.int32]],
) -> None:
    """Offer the children left to the spare places in rounds; `left`, `spare`, `received`, `placed` are updated."""
    for rank in range(order.shape[1]):
        targets = order[:, rank]
        asking = np.flatnonzero((targets >= 0) & left.any(axis=1))
        asking = asking[spare[targets[asking]].any(axis=1)]
        if not len(asking):
            continue
        asking = asking[np.argsort(targets[asking], kind="stable")]
        wanted = targets[asking].astype(np.intp)
        schools, first = np.unique(wanted, return_index=True)
        taken = shared(left[asking], spare[wanted], first[np.searchsorted(schools, wanted)])
        left[asking] -= taken
        sums = np.add.reduceat(taken, first, axis=0)
        spare[schools] -= sums
        received[schools] += sums
        for row in np.flatnonzero(taken.any(axis=1)):
            pair = int(asking[row]), int(wanted[row])
            placed[pair] = placed[pair] + taken[row] if pair in placed else taken[row]


def classes_wanted(
    setting: Setting,
    year: int,
    stage: int,
    entrants: NDArray[np.int32],
    free: NDArray[np.int32],
    seats: NDArray[np.int32],
) -> NDArray[np.int32]:
    """
    Return the classes to form for an intake. [school, draw] [classes].

    As many as the cap needs, at least those that the school's own size asks for and those planned while they have
    `ClassRules.least` children each, never more than the free rooms; where more fit within the cap because neighbouring grades share classes, what the cap
    needs.

    Parameters
    ----------
    entrants, free, seats
        [school, draw]: children admitted, rooms free, seats within the cap. [children], [rooms], [children]
    """
    first = setting.spans[stage].first
    need = _needed(setting, entrants, first, year)
    planned = setting.plan.classes[:, stage, year, None].astype(np.int32)
    worth = np.minimum(planned, entrants // setting.rules.least)
    if setting.sizes is not None:
        worth = np.maximum(worth, classes_aimed(entrants, setting.sizes[:, first, None]))
    wanted = np.minimum(np.maximum(need, worth), free)
    joining = (entrants > free * setting.caps[first, year]) & (entrants <= seats)
    return np.where(joining, need, wanted)
