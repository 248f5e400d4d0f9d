"""Values that no variable of the intake model needs to exceed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.optimise.letters import GOALS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.optimise.facts import IntakeFacts
    from planner.optimise.letters import Family


def ceilings(facts: IntakeFacts, families: dict[str, Family], columns: int) -> NDArray[np.float64]:
    """Return a value that each column needs not exceed in some best solution; see `IntakeModel.ceilings`."""
    most = np.zeros((len(facts.schools), len(facts.grades), len(facts.years)))
    for e, g in enumerate(facts.first):
        most[:, g] = np.einsum("bt,bst->st", facts.demand[e], facts.reach[e])
        most[:, g] += np.einsum("zt,zst->st", facts.doors[e], facts.door_reach[e])
    for t in range(len(facts.years)):
        before = most[:, :, t - 1] if t else facts.pupils
        for g in range(1, len(facts.grades)):
            if g in facts.first:
                continue
            most[:, g, t] = before[:, g - 1]
            for move in facts.moves:
                if move.grade == g:
                    most[move.to_school, g, t] += move.share[t] * before[move.from_school, g - 1]
            most[:, g, t] *= facts.growth[:, g, t]
    rooms = (facts.rooms + facts.short)[:, None, :] * np.ones((1, len(facts.grades), 1))
    above = most.copy()
    for e, g in enumerate(facts.first):
        most_above = (facts.worst[e] - facts.cap[g]) * rooms[:, g]
        above[:, g] = np.where(np.isfinite(facts.worst[e]), most_above, most[:, g])
    before = np.maximum(rooms.max(axis=2), facts.classes.max(axis=1, initial=0.0)[:, None])[:, :, None]
    heads = most.sum(axis=1)
    groups = np.array([heads[list(campuses)].sum(axis=0) for campuses in facts.groups.values()]).reshape(
        -1, len(facts.years)
    )
    highest = np.zeros(columns)
    arrays = {
        "x": facts.demand[:, :, None, :],
        "u": facts.demand,
        "y": facts.doors[:, :, None, :],
        "v": facts.doors,
        "n": most,
        "c": rooms,
        "o": above,
        "q": most,
        "split": rooms,
        "merge": before,
        "borrowed": facts.short,
        "h": heads,
        "hg": groups,
    }
    for letter, array in arrays.items():
        family = families[letter]
        keys = tuple(axis if array.shape[k] > 1 else 0 * axis for k, axis in enumerate(family.keys.T))
        highest[family.columns] = array[keys]
    ways = max(float(facts.metres.max(initial=0.0)), float(facts.between.max(initial=0.0))) / 1000
    children = float(facts.demand.sum() + facts.doors.sum())
    totals = {
        "unplaced": children,
        "above_cap": (above * facts.lasting).sum(),
        "borrowed": facts.short.sum(),
        "outside": children,
        "unsplit": most.sum(),
        "above_size": heads.sum() + groups.sum(),
        "pupil_km": children * ways,
    }
    highest[families["goal"].columns] = [totals[name] for name in GOALS]
    return highest
