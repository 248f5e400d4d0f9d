"""
The intake model stated once and solved many times: other demand, other rooms, the same matrix.

A forecast's draws differ from the model's facts in right sides alone: entrants and those who come to a school's door,
what the last count and the first year's growth leave in school, rooms, and school sizes. Growth of later years stands
in the matrix and stays as it is in the model: a changed coefficient would cost the stored basis its use, and the
shocks of entry are the larger part of what intakes have to bear.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import highspy
import numpy as np

from planner.optimise.lowering import hand_over, lower
from planner.optimise.solve import SCALE, HighsEngine, Hold, solve_in_order

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.optimise.facts import IntakeFacts
    from planner.optimise.stating import IntakeModel

STEEP = {
    "unplaced": 1e7,
    "above_cap": 1e6,
    "borrowed": 1e6,
    "outside": 1e5,
    "unsplit": 3e3,
    "above_size": 1e2,
    "pupil_km": 1.0,
}
"""Weights so far apart that what is best by weights is nearly always best goal by goal."""

HOLD = Hold(0.0, 0.0)
"""Goals are held at just what they reach: where rooms are short, a later goal may gain a hundred thousand times what an
earlier one loses, so that any room to move would show in the sixth digit."""

_ZERO = 1e-9
"""A goal that is no more than this is at its least."""
_BETTER, _ROUNDING = 1e-8, 1e-13
"""A goal ends better where it gains more than this part of itself, and of the weighted sum. [1]"""
_DUAL, _PRIMAL = 1, 4
"""HiGHS's numbers of its simplex strategies."""


@dataclass(frozen=True, kw_only=True)
class Resolved:
    """The goals of a model, solved in order once more."""

    goals: NDArray[np.float64]
    """[goal]: values, in the order of `IntakeModel.goals`. [unit of the goal]"""
    values: NDArray[np.float64]
    """[column]."""
    way: str
    """weighted: the plan best by weights proved best goal by goal; held: some goal could do better, and was held for
    those after it; anew: HiGHS lost its way, and the model was solved from nothing."""


class Resolver:
    r"""
    A stated model, lowered once, that is solved again for other facts from the stored basis of its own.

    For every draw: the weighted sum of all goals and of the fixed small costs that break ties is minimised by the
    dual simplex from the stored basis, which changed right sides leave dual feasible. The plan found is then proved
    goal by goal, in order: with the goals before it held, goal k is minimised together with these, at their weights,

    .. math:: \min g_k + \sum_{j<k} (w_j / w_k) g_j \quad s.t. \quad g_j \le v_j, \ j < k

    which starts at the optimum where the weights are steep enough, and ends better where they are not; held goals
    make it right for any weights. A goal at 0 needs no proof. Where some goal ended better, the ties are broken once
    more, all goals held. Two HiGHS objects, one with the ties and one without, spare changing costs between them.

    Nothing is carried over from one draw to the next: the order of the draws does not matter.
    """

    def __init__(self, model: IntakeModel) -> None:
        self.model = model
        self.lowered = lower(model.problem, model.variables)
        self.goals = np.array(list(model.goals.values()), dtype=np.int32)
        self.weights = np.array([STEEP[name] for name in model.goals])
        self.rows = rows_with_right_sides(model)
        self.varying = np.concatenate([each.rows for each in self.rows.values()]).astype(np.int32)
        self.below = np.isneginf(self.lowered.row_lower[self.varying])
        self.right = self.lowered.row_upper[self.varying]
        weighted = np.zeros(len(model.variables))
        weighted[self.goals] = self.weights
        self.plain, self.tied = hand_over(self.lowered), hand_over(self.lowered)
        columns = np.arange(len(weighted), dtype=np.int32)
        self.tied.changeColsCost(len(columns), columns, SCALE * (weighted + model.ties))
        self.tied.run()
        self.base = self.tied.getBasis()

    def solve(self, facts: IntakeFacts) -> Resolved:
        """
        Solve the goals in order for other facts.

        Parameters
        ----------
        facts
            The model's, but for `demand`, `doors`, `pupils`, `rooms`, `size`, `group_size` and the first year of
            `growth`.

        Raises
        ------
        ValueError
            When the facts differ in anything that stands in the matrix.
        """
        check_alike(self.model.facts, facts)
        self._set_right_sides(right_sides(self.rows, facts))
        found = self._solve()
        return self._anew() if found is None else found

    def _set_right_sides(self, right: NDArray[np.float64]) -> None:
        """Set the right sides [varying row] that are not as they are already."""
        changed = np.flatnonzero(right != self.right)
        high = right[changed]
        low = np.where(self.below[changed], -np.inf, high)
        for highs in (self.tied, self.plain):
            _bound_rows(highs, self.varying[changed], low, high)
        self.right = right

    def _solve(self) -> Resolved | None:
        """Solve from the stored basis; None where HiGHS loses its way."""
        number, free = len(self.goals), np.full(len(self.goals), np.inf)
        none = np.zeros(number)
        for highs in (self.tied, self.plain):
            highs.changeColsBounds(number, self.goals, none, free)
            highs.clearSolver()
        self.tied.setBasis(self.base)
        if not _ran(self.tied, _DUAL):
            return None
        values, way = self._values(self.tied), "weighted"
        goals = values[self.goals]
        self.plain.setBasis(self.tied.getBasis())
        for k in range(number):
            if goals[k] > _ZERO:
                cost = np.where(np.arange(number) <= k, self.weights / self.weights[k], 0.0)
                self.plain.changeColsCost(number, self.goals, SCALE * cost)
                if not _ran(self.plain, _PRIMAL):
                    return None
                reached = self.plain.getInfo().objective_function_value / SCALE
                weighted = float(cost @ goals)
                if reached < weighted - _BETTER * max(1.0, goals[k]) - _ROUNDING * weighted:
                    goals, way = self._values(self.plain)[self.goals], "held"
            self.plain.changeColBounds(int(self.goals[k]), 0.0, HOLD.around(float(goals[k])))
        if way == "held":
            self.tied.changeColsBounds(number, self.goals, none, goals)
            self.tied.setBasis(self.plain.getBasis())
            if not _ran(self.tied, _PRIMAL):
                return None
            values = self._values(self.tied)
        return Resolved(goals=goals, values=values, way=way)

    def _anew(self) -> Resolved:
        """Solve from nothing, as the model itself is."""
        engine = HighsEngine(self.model)
        engine.hold = HOLD
        low = np.where(self.below, -np.inf, self.right)
        engine.lowered.row_lower[self.varying], engine.lowered.row_upper[self.varying] = low, self.right
        _bound_rows(engine.highs, self.varying, low, self.right)
        solution = solve_in_order(self.model, engine)
        goals = solution.goals["value"].to_numpy(np.float64)
        return Resolved(goals=goals, values=solution.values, way="anew")

    def _values(self, highs: highspy.Highs) -> NDArray[np.float64]:
        values = np.fromiter(highs.getSolution().col_value, np.float64, len(self.lowered.lower))
        return np.clip(values, self.lowered.lower, self.lowered.upper, out=values)


def _bound_rows(
    highs: highspy.Highs, rows: NDArray[np.int32], low: NDArray[np.float64], high: NDArray[np.float64]
) -> None:
    """Set the bounds of some rows."""
    # highspy's type stub leaves this method out
    highs.changeRowsBounds(len(rows), rows, low, high)  # pyright: ignore[reportAttributeAccessIssue]


def _ran(highs: highspy.Highs, strategy: int) -> bool:
    """Run by a simplex strategy; once more from nothing where it ends without an optimum. Return whether it has one."""
    for again in (lambda: None, highs.clearSolver):
        again()
        highs.setOptionValue("simplex_strategy", strategy)
        highs.run()
        if highs.getModelStatus() == highspy.HighsModelStatus.kOptimal:
            return True
        strategy = _DUAL
    return False


def check_alike(stated: IntakeFacts, facts: IntakeFacts) -> None:
    """
    Check that facts differ from those of a stated model in right sides alone.

    Raises
    ------
    ValueError
        Naming every field that stands in the matrix and differs.
    """
    free = {"demand", "doors", "pupils", "rooms", "size", "group_size", "growth"}
    wrong = [
        each.name
        for each in fields(stated)
        if each.name not in free and not _equal(getattr(stated, each.name), getattr(facts, each.name))
    ]
    if not _equal(stated.growth[:, :, 1:], facts.growth[:, :, 1:]):
        wrong.append("growth after the first year")
    for name in ("demand", "doors"):
        given, here = getattr(stated, name), getattr(facts, name)
        if here is not given and ((here > 0) & ~(given > 0)).any():
            wrong.append(f"{name} where the model has none")
    wrong += [
        f"where {name} is limited"
        for name in ("size", "group_size")
        if not _equal(np.isfinite(getattr(stated, name)), np.isfinite(getattr(facts, name)))
    ]
    borrowing = (stated.short > 0) | (facts.short > 0)
    if (borrowing & (stated.rooms != facts.rooms)).any():
        wrong.append("rooms where classes of the last count borrow some")
    if wrong:
        raise ValueError(f"the model was stated for other facts: {', '.join(wrong)}")


def _equal(one: object, other: object) -> bool:
    """Whether two values are the same; arrays by content."""
    if one is other:
        return True
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return bool(np.array_equal(one, other))
    if isinstance(one, tuple) and isinstance(other, tuple):
        same = len(one) == len(other)
        return same and all(_equal(mine, its) for mine, its in zip(one, other, strict=True))
    if type(one) is type(other) and hasattr(one, "__dataclass_fields__"):
        return _equal(tuple(vars(one).values()), tuple(vars(other).values()))
    return one == other


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Rows of a constraint whose right sides follow from the facts."""

    rows: NDArray[np.int64]
    """Their positions in the model."""
    keys: tuple[NDArray[np.int64], ...]
    """What they are about: positions on each axis of the facts."""


def rows_with_right_sides(model: IntakeModel) -> dict[str, Rows]:
    """Return the rows with right sides of every constraint of `state_intake` that has some, by its name."""
    first: dict[str, int] = {}
    for position, row in enumerate(model.problem.constraints()):
        first.setdefault(str(row.name).split("(", maxsplit=1)[0], position)
    facts = model.facts
    families = {"counted": "u", "door": "v", "pupils": "n", "as_before": "q"}
    families |= {"size": "h", "group_size": "hg", "new": "borrowed"}
    keys = {name: model.families[letter].keys for name, letter in families.items()}
    keys["rooms"] = np.argwhere(np.ones(facts.rooms.shape, dtype=bool))
    found = {}
    for name, positions in keys.items():
        if not len(positions):
            continue
        chosen = np.arange(len(positions))
        if name in {"pupils", "as_before"}:
            chosen = np.flatnonzero((positions[:, 2] == 0) & ~np.isin(positions[:, 1], facts.first))
        found[name] = Rows(rows=first[name] + chosen, keys=tuple(positions[chosen].T))
    return found


def right_sides(rows: dict[str, Rows], facts: IntakeFacts) -> NDArray[np.float64]:
    """Return the right sides that facts give to these rows, in their order. [varies]."""
    pupils = facts.passed(facts.pupils, 0) * facts.growth[:, :, 0]
    above = np.maximum(pupils - facts.cap[:, 0] * facts.passed(facts.classes, 0), 0.0)
    figures = {
        "counted": facts.demand,
        "door": facts.doors,
        "pupils": pupils[:, :, None],
        "as_before": above[:, :, None],
        "size": facts.size,
        "group_size": facts.group_size,
        "new": facts.rooms,
        "rooms": facts.rooms,
    }
    return np.concatenate([figures[name][where.keys] for name, where in rows.items()])
