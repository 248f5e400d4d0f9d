"""From one autumn to the next: year groups move up, move on to other schools, and grow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.capacity import classes_needed, form_classes, seats_taken
from planner.simulation.whole import split

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.forecast import Draws
    from planner.simulation.setting import Setting


@dataclass(frozen=True, kw_only=True)
class Passed:
    """Year groups in their new grades, before anybody enters."""

    pupils: NDArray[np.int16]
    """[school, grade, draw]; 0 in the starting grades. [children]"""
    classes: NDArray[np.int16]
    """[school, grade, draw]: classes that they had, and that children who moved brought. [classes]"""
    growth: NDArray[np.float32]
    """[grade, draw]: children of all schools per child of the grade below a year before. [1]"""


def counted_classes(setting: Setting) -> NDArray[np.int16]:
    """
    Return the classes of the last count [school, grade]; where none were counted, as few as the caps allow. [classes].

    A school cannot have had more classes than rooms: where the caps ask for more, its rooms are shared among the
    grades not counted, as `form_classes` does, every grade with children having one class at least. Caps and rooms
    are those of the first year simulated; schools without rooms have what the caps ask for. Where no classes are
    formed: the children who have a seat.
    """
    pupils, classes, rooms = setting.count.pupils, setting.count.classes, setting.rooms[:, 0]
    if setting.by_seats:
        return seats_taken(pupils[:, :, None], rooms)[:, :, 0]
    unknown = classes < 0
    children = np.where(unknown, pupils, 0)[:, :, None].astype(np.int16)
    left = np.maximum(rooms - np.where(unknown, 0, classes).sum(axis=1), 0)
    room = np.where(rooms > 0, left, np.iinfo(np.int16).max)
    formed = form_classes(
        children,
        np.zeros_like(children),
        room,
        setting.caps[:, 0].tolist(),
        setting.rules,
        sizes=setting.sizes,
    ).classes[:, :, 0]
    return np.where(unknown, np.maximum(formed, pupils > 0), classes)


def move_up(
    setting: Setting, draws: Draws, year: int, pupils: NDArray[np.int16], classes: NDArray[np.int16]
) -> Passed:
    """
    Move every year group up, send on those whose school does not have their new grade, and let them grow.

    Children whose school ends before their stage does, or closes, go on by `Setting.onward`; diversions of later
    grades are carried out in their first year. Whoever moves does so before growth, which is that of the school
    they come to. Children who move bring classes, but no more than the cap then needs. Children in the last
    grade of a stage leave it.

    Parameters
    ----------
    pupils, classes
        [school, grade, draw]: of the autumn before. [children], [classes]
    """
    here = np.zeros(pupils.shape, dtype=np.int32)
    held = np.zeros(pupils.shape, dtype=np.int32)
    for span in setting.spans:
        here[:, span.first + 1 : span.last + 1] = pupils[:, span.first : span.last]
        held[:, span.first + 1 : span.last + 1] = classes[:, span.first : span.last]
    homeless = here.any(axis=2) & ~(setting.teaches & setting.open[:, year, None])
    for school, grade in np.argwhere(homeless):
        to, shares = setting.onward(int(school), int(grade), year)
        if len(to) == 1 and to[0] == school:
            continue
        parts = split(here[school, grade], shares)
        for receiver, moving in zip(to, parts, strict=True):
            _move(setting, here, held, int(school), int(receiver), int(grade), moving, year)
    for diverted in setting.diversions:
        if diverted.since != setting.plan.years[year]:
            continue
        for grade in diverted.grades:
            there = here[diverted.from_school, grade]
            asked = np.floor(there * diverted.share + 0.5) if diverted.share > 0 else diverted.children
            moving = np.minimum(there, asked).astype(np.int32)
            _move(setting, here, held, diverted.from_school, diverted.to_school, grade, moving, year)
    grown = draws.grown(here, year)
    before, after = here.sum(axis=0), grown.sum(axis=0)
    return Passed(
        pupils=grown,
        classes=held.astype(np.int16),
        growth=np.where(before > 0, after / np.maximum(before, 1), 1.0).astype(np.float32),
    )


def _move(
    setting: Setting,
    here: NDArray[np.int32],
    held: NDArray[np.int32],
    school: int,
    receiver: int,
    grade: int,
    moving: NDArray[np.int32],
    year: int,
) -> None:
    """Move children of a grade, and the classes that they bring, from one school to another in place."""
    there, classes = here[school, grade], held[school, grade]
    brought = -(-moving * classes // np.maximum(there, 1))
    taken = moving * classes // np.maximum(there, 1)
    here[receiver, grade] += moving
    needed = classes_needed(here[receiver, grade], int(setting.caps[grade, year]), setting.rules)
    own = held[receiver, grade]
    held[receiver, grade] = np.minimum(own + brought, np.maximum(own, needed))
    here[school, grade] = there - moving
    held[school, grade] = classes - taken
