"""Pupils as they would be if no school ever turned anybody away: demand, carried through the grades."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.simulation.entry import entrants_of, expected_at
from planner.simulation.passage import move_up

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.forecast import Draws
    from planner.simulation.setting import Setting


def pupils_unlimited(setting: Setting, draws: Draws) -> NDArray[np.int16]:
    """
    Return the pupils of every year, each school taking all who are expected at its door.

    Year groups move up and grow, stages feed one another and entrants choose by the same rules as in `simulate`;
    there are no rooms, classes and placements, and nobody is left over for the next year.

    Returns
    -------
    Array [school, grade, year, draw]. [children]
    """
    number = draws.growth.shape[-1]
    schools, grades = setting.count.pupils.shape
    pupils = np.repeat(setting.count.pupils[:, :, None], number, axis=2)
    no_classes = np.zeros_like(pupils)
    nobody = np.zeros((schools, number), np.int32)
    out = np.empty((schools, grades, len(setting.plan.years), number), np.int16)
    for year in range(out.shape[2]):
        after = move_up(setting, draws, year, pupils, no_classes).pupils
        for stage, span in enumerate(setting.spans):
            leavers = pupils[:, setting.spans[span.fed_by].last] if span.fed_by >= 0 else None
            entrants = entrants_of(setting, draws, stage, year, leavers)
            after[:, span.first] = expected_at(setting, draws, stage, year, entrants, nobody).demand
        out[:, :, year], pupils = after, after
    return out


def feeding_groups(setting: Setting) -> NDArray[np.float64]:
    """
    Return the children of the last count who feed each grade of the year after [school, grade]. [children]

    Those of the grade below, at the school that they go on to where their own does not teach the next grade; of a
    starting grade its own children, as its entrants are not known.
    """
    now = setting.count.pupils.astype(np.float64)
    fed = np.zeros_like(now)
    for span in setting.spans:
        fed[:, span.first + 1 : span.last + 1] = now[:, span.first : span.last]
    for school, grade in np.argwhere((fed > 0) & ~(setting.teaches & setting.open[:, :1])):
        to, shares = setting.onward(int(school), int(grade), 0)
        moving = fed[school, grade] * shares[:, 0]
        fed[school, grade] -= moving.sum()
        np.add.at(fed[:, grade], to, moving)
    starts = [span.first for span in setting.spans]
    fed[:, starts] = now[:, starts]
    return fed
