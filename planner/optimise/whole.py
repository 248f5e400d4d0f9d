"""Whole classes for the intakes, from the fractions of the linear programme."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pulp

from planner.capacity import classes_needed, form_classes
from planner.optimise.facts import tokens
from planner.optimise.solve import minimise_once

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.optimise.facts import IntakeFacts

UNPLACED = 100.0
"""Worth of seating a child at all, beside one within the cap. [child-years]"""

NEIGHBOUR = 0.5
"""Worth of a seat for a neighbour's child, beside one for an own. [1]"""

CLASS = 1e-3
"""Cost of a class, so that none is opened for nothing. [child-years]"""


def whole_intakes(
    facts: IntakeFacts,
    wanted: NDArray[np.float64],
    around: NDArray[np.float64],
    held: NDArray[np.int64],
    *,
    solver: str = "HiGHS",
    seconds: float | None = None,
) -> NDArray[np.int64]:
    r"""
    Return whole classes for every intake, as many as its children need and the rooms of its years allow.

    For a school s, the intakes :math:`N_{e,t}` wanted there, and whole numbers :math:`k_{e,t}` of classes that stay
    together until their stage ends:

    .. math::

        \min \sum_{e,t} \Bigl( 100 (N_{e,t} - worst\, k_{e,t})^+
            + \sum_{\tau} (r N_{e,t} - cap_{\tau} k_{e,t})^+ \Bigr)
        \quad s.t. \quad \sum_{e,t\ in\ school\ in\ \tau} k_{e,t} \le rooms_\tau - held_\tau

    With the children given, a school is a matter of its own, and the rooms of a single stage are an interval
    matrix: whole numbers cost the search nothing. Seats left in a class are worth half as much for children
    around; a class more is cheap, but not free.

    Each sum of classes over the years of a stage stays within the rooms: a class too many in one year is not paid
    for by the next. (The fractions of the linear programme, rounded year by year, would break that.)

    Parameters
    ----------
    wanted
        [school, stage, year]: children to be seated there. [children]
    around
        [school, stage, year]: children who can reach the school and have no seat elsewhere. [children]
    held
        [school, year]: rooms that are not free for the intakes. [rooms]
    solver
        Any that PuLP knows.

    Returns
    -------
    Array [school, stage, year]. [classes]
    """
    free = np.maximum(facts.rooms.astype(np.int64) - held, 0)
    in_school = _in_school(facts)
    asked = np.minimum(_needed(facts, facts.first, wanted), np.iinfo(np.int16).max)
    asked = np.where(facts.planned >= 0, facts.planned, asked)
    asked = np.where(facts.limits >= 0, np.minimum(asked, facts.limits), asked)
    used = np.einsum("seut,seu->st", in_school, asked)
    simple = (used <= free).all(axis=1) & ~(around > 0).any(axis=(1, 2))
    hard = np.where(simple, 0.0, 1.0)[:, None, None]
    if not hard.any():
        return asked
    chosen = _solved(facts, wanted * hard, around, free, in_school, solver, seconds)
    return np.where(simple[:, None, None], asked, chosen)


def trimmed(facts: IntakeFacts, classes: NDArray[np.int64], intake: NDArray[np.float64]) -> NDArray[np.int64]:
    """
    Return the classes [school, stage, year] without those that an intake turned out not to need.

    Parameters
    ----------
    intake
        [school, stage, year]: children placed. [children]
    """
    needed = _needed(facts, facts.first, intake)
    return np.where(facts.planned >= 0, classes, np.minimum(classes, needed))


def whole_classes(
    facts: IntakeFacts, intake: NDArray[np.float64], planned: NDArray[np.int64]
) -> NDArray[np.int64]:
    """
    Return whole classes of every grade when the intakes are formed into the planned classes.

    Every later grade gets as many as its cap needs: a class is split where a room is free, and merged where it is
    not needed. Where rooms are short they go to the most crowded grades.

    Parameters
    ----------
    intake
        [school, stage, year]. [children]
    planned
        [school, stage, year]. [classes]

    Returns
    -------
    Array [school, grade, year]. [classes]
    """
    first = list(facts.first)
    pupils = facts.roll(np.minimum(intake, facts.worst * planned))
    heads = np.ceil(pupils - 1e-4).astype(np.int16)
    wanted = np.full(pupils.shape, -1)
    wanted[:, first] = planned
    return _formed(facts, heads, wanted)


@dataclass(frozen=True, kw_only=True)
class History:
    """
    Whole classes for the year groups of the last count, whose children are known.

    A grade of n children at cap q has its classes as they were, F, merged down to what the cap needs, and may be
    split where rooms are left. Where F is floor(n / q) and one more has the weight z, (n - qF)(1 - z) children are
    above the cap: for whole z that is the truth, for fractions it is more than n - q(F + z), which the linear
    programme sees. (The mixed-integer rounding of constraint (3).) Where F is less, each class more takes q
    children, and a last one for the few that remain is left out.
    """

    cells: NDArray[np.bool_]
    """[school, grade, year]: where such year groups are."""
    least: NDArray[np.int64]
    """[school, grade, year]: F. [classes]"""
    most: NDArray[np.int64]
    """[school, grade, year]: ceil(n / q); floor(n / q) where F is less than that. [classes]"""
    rest: NDArray[np.float64]
    """[school, grade, year]: children within the cap by the first class more: n - qF, at most q. [children]"""


def _carried(facts: IntakeFacts) -> NDArray[np.int64]:
    """
    Return the classes of the last count where its year groups are. [school, grade, year] [classes].

    Children who move bring theirs; parts of a class are rounded up.
    """
    carried = np.zeros((len(facts.schools), len(facts.grades), len(facts.years)))
    before = facts.classes
    for t in range(len(facts.years)):
        before = facts.passed(before, t) * facts.teaches * facts.counted[:, t]
        carried[:, :, t] = before
    return np.ceil(carried - 1e-6).astype(np.int64)


def history(facts: IntakeFacts) -> History:
    """Return what the year groups of the last count have and may need, within rooms and what they may borrow."""
    pupils = facts.roll(np.zeros(facts.planned.shape))
    cells = facts.teaches[:, :, None] & facts.counted
    most = np.ceil(pupils / facts.cap - 1e-6).astype(np.int64)
    filled = np.floor(pupils / facts.cap + 1e-6).astype(np.int64)
    few = np.minimum(most, _carried(facts)) if facts.kept else filled
    most = np.where(few < filled, filled, most)
    rooms = (facts.rooms + facts.short).astype(np.int64)
    full = few.sum(axis=1) > rooms
    if full.any():
        heads = np.ceil(pupils - 1e-4).astype(np.int16)
        formed = _formed(facts, heads, np.full(heads.shape, -1))
        few = np.where(full[:, None], formed, few)
        most = np.where(full[:, None], formed, most)
    return History(cells=cells, least=few, most=most, rest=np.clip(pupils - facts.cap * few, 0.0, facts.cap))


def _formed(facts: IntakeFacts, heads: NDArray[np.int16], wanted: NDArray[np.integer]) -> NDArray[np.int64]:
    """Form the classes of each year by what the caps need, or as wanted, in rooms and what may be borrowed. [school, grade, year]."""
    rules = facts.rules.model_copy(update={"formation": "reformed", "composite": 0})
    classes = np.zeros(heads.shape, dtype=np.int64)
    for t in range(len(facts.years)):
        formed = form_classes(
            heads[:, :, t, None],
            np.zeros_like(heads[:, :, t, None]),
            (facts.rooms + facts.short)[:, t].astype(np.int64),
            facts.cap[:, t].astype(int).tolist(),
            rules,
            wanted=wanted[:, :, t],
        )
        classes[:, :, t] = formed.classes[:, :, 0]
    return classes


def _needed(facts: IntakeFacts, grades: tuple[int, ...], pupils: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the classes that children [school, grade, year] of some grades are formed into. [classes]."""
    heads = np.ceil(pupils - 1e-4).astype(np.int64)
    needed = np.zeros(pupils.shape, dtype=np.int64)
    for position, grade in enumerate(grades):
        for t in range(len(facts.years)):
            needed[:, position, t] = classes_needed(
                heads[:, position, t], int(facts.cap[grade, t]), facts.rules
            )
    return needed


def rooms_held(
    facts: IntakeFacts, wanted: NDArray[np.float64], known: History, chosen: NDArray[np.int64]
) -> NDArray[np.int64]:
    """
    Return the rooms that are not free for the intakes. [school, year] [rooms].

    Where classes are kept: those of the year groups of the last count, and what children who come from another
    school need besides the school's own. Where they are re-formed: what all later grades need.

    Parameters
    ----------
    wanted
        [school, stage, year]: children to be seated. [children]
    known, chosen
        The year groups of the last count, and the classes chosen for them [school, grade, year]; a school holds no
        fewer rooms for them than for their classes as they are, merged down to what the caps need.
    """
    every = tuple(range(len(facts.grades)))
    later = np.array([g not in facts.first for g in every])
    rolled, own = facts.roll(wanted), replace(facts, moves=()).roll(wanted)
    needed, of_own = _needed(facts, every, rolled), _needed(facts, every, own)
    if not facts.kept:
        return (needed * later[:, None]).sum(axis=1)
    held = (np.maximum(needed - of_own, 0) * (later[:, None] & ~known.cells)).sum(axis=1)
    held += (chosen * known.cells).sum(axis=1)
    least, carried = np.zeros_like(held), _carried(facts)
    for grade, t in np.argwhere(known.cells.any(axis=0)).tolist():
        raw = classes_needed(
            facts.pupils[:, grade - t - 1].astype(np.int64), int(facts.cap[grade, t]), facts.rules
        )
        least[:, t] += np.minimum(np.maximum(raw, needed[:, grade, t]), carried[:, grade, t])
    return np.maximum(held, least)


def children_around(facts: IntakeFacts, short: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the children of other schools' catchments without a seat there who can reach a school. [school, stage, year]."""
    around = np.zeros(short.shape)
    for s, e, t in np.argwhere(short > 0).tolist():
        lived = facts.own[e, :, s, t] * facts.demand[e, :, t]
        home = np.flatnonzero(lived)
        reaching = lived[home] / max(float(lived.sum()), 1e-9) @ facts.reach[e, home, :, t]
        reaching[s] = 0.0
        around[:, e, t] += short[s, e, t] * reaching
    return around


def _solved(
    facts: IntakeFacts,
    wanted: NDArray[np.float64],
    around: NDArray[np.float64],
    free: NDArray[np.int64],
    in_school: NDArray[np.bool_],
    solver: str,
    seconds: float | None,
) -> NDArray[np.int64]:
    """State and solve the choice of classes; [school, stage, year] [classes]."""
    problem = pulp.LpProblem("classes", pulp.LpMinimize)
    names = tokens(facts.schools, "s"), tokens(facts.stages, "e")
    variables: list[pulp.LpVariable] = []
    classes: dict[tuple[int, int, int], pulp.LpVariable] = {}
    worth: list[tuple[pulp.LpVariable, float]] = []
    for s, e, t in np.argwhere(wanted + around + np.maximum(facts.planned, 0) > 0).tolist():
        gains = _gains(facts, s, e, t, float(wanted[s, e, t]), float(around[s, e, t]), int(free[s, t]))
        if not gains.size:
            continue
        at = f"{names[0][s]},{names[1][e]},{facts.years[t]}"
        k = problem.add_variable(f"k({at})", 0, len(gains), pulp.LpInteger)
        steps = [problem.add_variable(f"step({at},{j + 1})", 0, 1) for j in range(len(gains))]
        classes[s, e, t] = k
        variables += [k, *steps]
        worth += [(step, CLASS - float(gain)) for step, gain in zip(steps, gains, strict=True)]
        total = pulp.LpAffineExpression([(k, 1.0), *((step, -1.0) for step in steps)])
        problem.addConstraint(pulp.LpConstraint(total, pulp.LpConstraintEQ, rhs=0.0), f"classes({at})")
    for s in range(len(facts.schools)):
        for year in range(len(facts.years)):
            used = [
                (k, 1.0)
                for e in range(len(facts.stages))
                for t in range(year + 1)
                if in_school[s, e, t, year] and (k := classes.get((s, e, t))) is not None
            ]
            if used:
                total = pulp.LpAffineExpression(used)
                rooms = pulp.LpConstraint(total, pulp.LpConstraintLE, rhs=float(free[s, year]))
                problem.addConstraint(rooms, f"rooms({names[0][s]},{facts.years[year]})")
    found = np.zeros(wanted.shape, dtype=np.int64)
    if not variables:
        return found
    problem.setObjective(pulp.LpAffineExpression(worth))
    values = minimise_once(problem, variables, solver, seconds)
    if values is None:
        return _greedy(facts, wanted, free, in_school)
    column = {variable.hash: j for j, variable in enumerate(variables)}
    for key, k in classes.items():
        found[key] = round(values[column[k.hash]])
    return found


def _gains(
    facts: IntakeFacts, s: int, e: int, t: int, own: float, around: float, free: int
) -> NDArray[np.float64]:
    """
    Return what the first, second, ... class of an intake is worth, falling from class to class. [child-years].

    A class that the scenario plans is worth more than any other use of its room.
    """
    cap, worst = facts.cap[facts.first[e], t], facts.worst[e, t]
    planned, limit = int(facts.planned[s, e, t]), int(facts.limits[s, e, t])
    most = min(free, int(np.ceil((own + around) / cap - 1e-6)))
    most = planned if planned >= 0 else most if limit < 0 else min(most, limit)
    if facts.rules.least > 1 and planned < 0:
        most = min(most, max(1, int((own + around) // facts.rules.least)))
    k = np.arange(max(min(most, free), 0) + 1)
    missing = UNPLACED * np.maximum(own - worst * k, 0.0)
    heads = own
    for year, grade in enumerate(range(facts.first[e], facts.last[e] + 1), start=t):
        if year >= len(facts.years) or not facts.teaches[s, grade]:
            break
        heads *= facts.growth[s, grade, year] if year > t else 1.0
        missing += np.maximum(heads - facts.cap[grade, year] * k, 0.0)
    missing -= NEIGHBOUR * np.minimum(np.maximum(cap * k - own, 0.0), around)
    gains = missing[:-1] - missing[1:]
    return gains + 1e6 if planned >= 0 else gains


def _in_school(facts: IntakeFacts) -> NDArray[np.bool_]:
    """Return whether the classes of an intake need a room of the school in a year. [school, stage, year of entry, year]."""
    leaves = np.zeros(facts.growth.shape)
    for move in facts.moves:
        leaves[move.from_school, move.grade] += move.share
    stays = facts.teaches[:, :, None] & (leaves < 1)
    years = len(facts.years)
    within = np.zeros((len(facts.schools), len(facts.stages), years, years), dtype=bool)
    for e, (first, last) in enumerate(zip(facts.first, facts.last, strict=True)):
        for t in range(years):
            here = facts.teaches[:, first]
            for year, grade in enumerate(range(first, last + 1 if facts.kept else first + 1), start=t):
                if year >= years:
                    break
                here = here & (stays[:, grade, year] if grade > first else True)
                within[:, e, t, year] = here
    return within


def _greedy(
    facts: IntakeFacts, wanted: NDArray[np.float64], free: NDArray[np.int64], in_school: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Return classes as each year's intake asks for them while rooms of all its years are free: what needs no search."""
    left = free.copy()
    needed = _needed(facts, facts.first, wanted)
    classes = np.zeros(wanted.shape, dtype=np.int64)
    for t in range(len(facts.years)):
        for e in range(len(facts.stages)):
            most = np.where(in_school[:, e, t], left, np.iinfo(np.int64).max).min(axis=1)
            planned = facts.planned[:, e, t]
            classes[:, e, t] = np.clip(np.where(planned >= 0, planned, needed[:, e, t]), 0, most)
            left -= in_school[:, e, t] * classes[:, e, t, None]
    return classes
