"""A plan proposed: classes, shares and order of placement, with the goals they reach and what is still missing."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planner.optimise.gathering import gather_facts
from planner.optimise.intake import state_intake
from planner.optimise.solve import (
    WEIGHTS,
    ClassBounds,
    Engine,
    HighsEngine,
    Hold,
    PulpEngine,
    Solution,
    bound_classes,
    nobody_placed,
    solve_in_order,
)
from planner.optimise.whole import (
    History,
    children_around,
    history,
    rooms_held,
    trimmed,
    whole_classes,
    whole_intakes,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from planner.capacity import Capacity
    from planner.district import District
    from planner.forecast import Draws, Forecast
    from planner.optimise.facts import IntakeFacts
    from planner.optimise.stating import IntakeModel
    from planner.plan import Plan
    from planner.policy import Policy

_NOBODY = 0.005
"""Flows below this are rounding. [children]"""


ROUNDS = 3
"""How often classes are chosen anew for the children whom the last choice left without a seat, at most."""


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """A plan proposed by the intake model."""

    plan: Plan
    """The plan given, with whole classes where it had none (-1), shares of joint catchments by the flows, and an
    order in which the schools that take a school's overflow come first."""
    goals: pd.DataFrame
    """goal, unit, value, bound, gap, status, seconds: of the linear programme, with fractions of classes."""
    whole_goals: pd.DataFrame
    """The same with the whole classes chosen: what the fractions hide. Its bounds are for these classes; what any
    choice of whole classes can reach is bounded by `goals`, goal by goal as long as those before are equal."""
    flows: pd.DataFrame
    """stage, block, catchment, school, year, children: entrants placed outside their catchment, with whole classes;
    block is missing for those who come to a school whatever the catchments. [children]"""
    missing: pd.DataFrame
    """stage, school, year, missing_lp, missing_whole: child-years without a seat within the cap, by the linear
    programme and with whole classes; rows where either is above 0. Unplaced children count at their catchment's
    schools, by share. [child-years]"""
    solver: dict[str, str | int | float]
    """Name, version, size of the model, tolerance, status."""
    model: IntakeModel
    """The model, as stated."""

    def export_model(self, path: Path, goal: str = "pupil_km") -> None:
        """
        Write the intake model as text, as any solver reads it.

        Parameters
        ----------
        path
            File to write: MPS if it ends so, otherwise LP.
        goal
            Goal to be minimised; those before it are held at the values reached.
        """
        held: dict[str, float] = {}
        hold = Hold(float(self.solver["hold_absolute"]), float(self.solver["hold_relative"]))
        for name, value in zip(self.goals["goal"].tolist(), self.goals["value"].tolist(), strict=True):
            if name == goal:
                break
            held[name] = hold.around(value)
        self.model.write(path, goal, held)


def propose(
    plan: Plan,
    expected: Draws,
    *,
    district: District,
    policy: Policy,
    capacity: Capacity,
    forecast: Forecast,
    distances: NDArray[np.floating],
    solver: str = "HiGHS",
    seconds: float | None = None,
) -> Proposal:
    """
    Propose the intakes of a plan: solve the intake model, turn its classes whole, and place what they displace.

    1. The goals of `state_intake` are solved in order, with fractions of classes.
    2. `whole_intakes` gives whole classes for the intakes that this leads to.
    3. The same model, its classes bounded by the whole ones, is solved again: children above the rooms are placed
       along their reach. Classes that nobody needs then are not planned.

    Where the policy forms classes of several grades, or none at all, classes are no matter of one intake, and where
    it learns their sizes the schools decide: the plan leaves them to the rule (-1), and both figures are those of the
    linear programme.

    Parameters
    ----------
    plan
        As the scenario states it: `build_plan`. Its catchments, diversions, limits and stated classes stand.
    expected
        The path planned on: one draw.
    distances
        [block, school]: ways on foot, in the order of the plan. [m]
    solver
        HiGHS, or any that PuLP finds.
    seconds
        Time for all searches together; None: as long as they take. [s]

    Raises
    ------
    QuestionError
        When the solver is not installed.
    """
    facts = gather_facts(
        plan,
        expected,
        district=district,
        policy=policy,
        capacity=capacity,
        forecast=forecast,
        distances=distances,
    )
    return propose_on(plan, facts, solver=solver, seconds=seconds)


def propose_on(
    plan: Plan, facts: IntakeFacts, *, solver: str = "HiGHS", seconds: float | None = None
) -> Proposal:
    """Propose the intakes of a plan on facts already gathered; see `propose`."""
    started = time.perf_counter()

    def left() -> float | None:
        return None if seconds is None else max(seconds - (time.perf_counter() - started), 0.0)

    model = state_intake(facts)
    engine: Engine = HighsEngine(model) if solver == "HiGHS" else PulpEngine(model, solver)
    relaxed = solve_in_order(model, engine, seconds=left())
    whole, classes = relaxed, facts.planned
    if not (facts.rules.composite or facts.rules.learned or facts.rules.formation == "none"):
        chosen, whole = _whole(plan, model, engine, solver, left)
        classes = trimmed(facts, chosen, _intake(model, whole.values))
    flows = _flows(plan, model, whole)
    missing = _missing(plan, model, relaxed, whole)
    proposed = replace(
        plan,
        classes=np.where(plan.classes >= 0, plan.classes, classes).astype(np.int16),
        shares=_shares(plan, model, whole),
        order=_order(plan, facts, flows),
    )
    return Proposal(
        plan=proposed,
        goals=relaxed.goals,
        whole_goals=whole.goals,
        flows=flows,
        missing=missing,
        solver={
            "solver": engine.name,
            "version": engine.version,
            "columns": len(model.variables),
            "rows": len(model.problem.constraints()),
            "hold_absolute": max(relaxed.hold, whole.hold).absolute,
            "hold_relative": max(relaxed.hold, whole.hold).relative,
            "status": "optimal" if relaxed.optimal and whole.optimal else "stopped",
            "missing_lp": sum(missing["missing_lp"].tolist(), 0.0),
            "missing_whole": sum(missing["missing_whole"].tolist(), 0.0),
        },
        model=model,
    )


def _whole(
    plan: Plan,
    model: IntakeModel,
    engine: Engine,
    solver: str,
    left: Callable[[], float | None],
) -> tuple[NDArray[np.int64], Solution]:
    """Return whole classes of the intakes [school, stage, year], and the solution that they allow."""
    facts = model.facts
    known = history(facts)
    chosen, values = _history_chosen(model, engine, known, left())
    wanted = _intake(model, values) + _unplaced(plan, model, values)
    held = rooms_held(facts, wanted, known, chosen)
    around = np.zeros(wanted.shape)
    found: list[tuple[NDArray[np.int64], Solution]] = []
    for _ in range(ROUNDS):
        classes = whole_intakes(facts, wanted, around, held, solver=solver, seconds=left())
        most = whole_classes(facts, wanted, classes)
        most = np.where(known.cells, chosen, most)
        most[:, list(facts.first)] = classes
        bounds = ClassBounds(least=np.zeros(most.shape), most=most.astype(np.float64))
        solution = solve_in_order(model, engine, classes=bounds, seconds=left())
        if found and not solution.better(found[-1][1]):
            break
        found.append((classes, solution))
        short = _above(model, solution.values) + _unplaced(plan, model, solution.values)
        around = children_around(facts, short)
        wanted = _intake(model, solution.values) + _unplaced(plan, model, solution.values)
        if not solution.optimal or not (short > _NOBODY).any():
            break
    return found[-1]


def _history_chosen(
    model: IntakeModel, engine: Engine, known: History, seconds: float | None
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """
    Choose whole classes for the year groups of the last count; return them and the values they were chosen at.

    All goals are sought at once, with the children above the cap of these year groups counted as whole classes
    count them (see `History`); the few fractions left are rounded.
    """
    facts, cost = model.facts, model.ties.copy()
    for name, column in model.goals.items():
        cost[column] = WEIGHTS[name]
    cost[[model.goals["above_cap"], model.goals["unsplit"]]] = 0.0
    classes, later = model.families["c"], "unsplit" if facts.kept else "above_cap"
    for letter, goal in (("o", "above_cap"), ("q", "unsplit")):
        above = model.families[letter]
        _, grade, year = cells = tuple(above.keys.T)
        years = facts.lasting[grade, year] if goal == "above_cap" else 1.0
        cost[above.columns] = np.where(known.cells[cells], 0.0, WEIGHTS[goal] * years)
    cells = tuple(classes.keys.T)
    cost[classes.columns] += np.where(known.cells[cells], -WEIGHTS[later] * known.rest[cells], 0.0)
    free = ClassBounds.stated(model)
    bounds = ClassBounds(
        least=np.where(known.cells, known.least, free.least),
        most=np.where(known.cells, known.most, free.most),
    )
    bound_classes(model, engine, bounds)
    outcome = engine.minimise(cost, seconds)
    values = nobody_placed(model, bounds) if outcome.values is None else outcome.values
    fractions = classes.spread(values, known.cells.shape)
    chosen = np.clip(np.rint(fractions).astype(np.int64), known.least, known.most)
    return chosen, values


def _above(model: IntakeModel, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the entrants placed above the cap. [school, stage, year] [children]."""
    return _spread(model, values, "o")[:, list(model.facts.first)]


def _spread(model: IntakeModel, values: NDArray[np.float64], letter: str) -> NDArray[np.float64]:
    """Return the values of a letter's variables on its axes. [varies]."""
    facts = model.facts
    stages, blocks, schools, years = (
        len(axis) for axis in (facts.stages, facts.blocks, facts.schools, facts.years)
    )
    shapes = {
        "x": (stages, blocks, schools, years),
        "u": (stages, blocks, years),
        "y": (stages, schools, schools, years),
        "v": (stages, schools, years),
        "n": (schools, len(facts.grades), years),
        "o": (schools, len(facts.grades), years),
        "q": (schools, len(facts.grades), years),
    }
    return model.families[letter].spread(values, shapes[letter])


def _intake(model: IntakeModel, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the children placed. [school, stage, year] [children]."""
    return _spread(model, values, "n")[:, list(model.facts.first)]


def _unplaced(plan: Plan, model: IntakeModel, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the children unplaced, at the schools of their catchment by share. [school, stage, year] [children]."""
    facts = model.facts
    left = _spread(model, values, "u")
    at = np.moveaxis(_spread(model, values, "v"), 0, 1).copy()
    for e in range(len(facts.stages)):
        near = np.where(facts.reach[e], facts.metres[:, :, None], np.inf).argmin(axis=1)
        for b, t in np.argwhere(left[e] > 0).tolist():
            c = plan.catchment_of[e, b, t]
            part = plan.shares[c, :, t] if c >= 0 else np.eye(len(facts.schools))[near[b, t]]
            at[:, e, t] += part * left[e, b, t]
    return at


def _missing(plan: Plan, model: IntakeModel, relaxed: Solution, whole: Solution) -> pd.DataFrame:
    """Return the table `Proposal.missing`."""
    facts = model.facts

    def lacking(solution: Solution) -> NDArray[np.float64]:
        above = _spread(model, solution.values, "o") + _spread(model, solution.values, "q")
        spans = zip(facts.first, facts.last, strict=True)
        by_stage = [above[:, first : last + 1].sum(axis=1) for first, last in spans]
        return np.stack(by_stage, axis=1) + _unplaced(plan, model, solution.values)

    lp, in_classes = lacking(relaxed), lacking(whole)
    keys = np.argwhere(np.moveaxis((lp > _NOBODY) | (in_classes > _NOBODY), 0, 1))
    e, s, t = keys.T
    return pd.DataFrame(
        {
            "stage": np.array(facts.stages, dtype=object)[e],
            "school": np.array(facts.schools, dtype=object)[s],
            "year": np.array(facts.years, dtype=np.int64)[t],
            "missing_lp": lp[s, e, t],
            "missing_whole": in_classes[s, e, t],
        }
    )


def _flows(plan: Plan, model: IntakeModel, solution: Solution) -> pd.DataFrame:
    """Return the table `Proposal.flows`."""
    facts = model.facts
    placed = _spread(model, solution.values, "x")
    away = np.logical_and(placed > _NOBODY, facts.outside)
    e, b, s, t = np.argwhere(away).T
    keys = np.array([catchment.key for catchment in plan.catchments], dtype=object)
    schools, stages = np.array(facts.schools, dtype=object), np.array(facts.stages, dtype=object)
    from_blocks = pd.DataFrame(
        {
            "stage": stages[e],
            "block": np.array(facts.blocks, dtype=object)[b],
            "catchment": keys[plan.catchment_of[e, b, t]],
            "school": schools[s],
            "year": np.array(facts.years, dtype=np.int64)[t],
            "children": placed[e, b, s, t],
        }
    )
    called = _spread(model, solution.values, "y")
    called[:, np.arange(len(schools)), np.arange(len(schools))] = 0.0
    e, s, z, t = np.argwhere(called > _NOBODY).T
    from_doors = pd.DataFrame(
        {
            "stage": stages[e],
            "block": np.full(len(e), pd.NA, dtype=object),
            "catchment": schools[s],
            "school": schools[z],
            "year": np.array(facts.years, dtype=np.int64)[t],
            "children": called[e, s, z, t],
        }
    )
    parts = [part for part in (from_blocks, from_doors) if len(part)] or [from_blocks]
    return pd.concat(parts, ignore_index=True)


def _shares(plan: Plan, model: IntakeModel, solution: Solution) -> NDArray[np.float32]:
    """Return the shares of the joint catchments by the flows within them; where there are none, as they were."""
    placed = _spread(model, solution.values, "x")
    shares = plan.shares.astype(np.float64)
    for c, catchment in enumerate(plan.catchments):
        if len(catchment.schools) < 2:
            continue
        e = plan.stages.index(catchment.stage)
        members = [plan.schools.index(school) for school in catchment.schools]
        lives = plan.catchment_of[e] == c
        taken = np.einsum("bst,bt->st", placed[e][:, members], lives.astype(np.float64))
        total = taken.sum(axis=0)
        known = total > 0.5
        parts = np.round(taken / np.where(known, total, 1.0), 4)
        parts[parts.argmax(axis=0), np.arange(len(total))] += 1 - parts.sum(axis=0)
        shares[c, members] = np.where(known, parts, shares[c, members])
    return shares.astype(np.float32)


def _order(plan: Plan, facts: IntakeFacts, flows: pd.DataFrame) -> dict[str, NDArray[np.int16]]:
    """
    Return the order of placement with those first that take most of a school's overflow over the years.

    The children of a joint catchment count for each of its schools. The others follow as they were.
    """
    position = {school: s for s, school in enumerate(facts.schools)}
    order: dict[str, NDArray[np.int16]] = {}
    for stage in plan.stages:
        rows = flows[flows["stage"] == stage]
        taken = np.zeros((len(facts.schools), len(facts.schools)))
        for catchment, school, children in zip(
            rows["catchment"], rows["school"], rows["children"], strict=True
        ):
            for sender in catchment.split("+"):
                taken[position[sender], position[school]] += children
        np.fill_diagonal(taken, 0.0)
        ranked: list[list[int]] = []
        for s, offered in enumerate(plan.order[stage]):
            before = [int(z) for z in offered if z >= 0]
            takers = sorted(
                np.flatnonzero(taken[s] > 0).tolist(), key=lambda z: (-taken[s, z], facts.schools[z])
            )
            ranked.append(list(dict.fromkeys([*takers, *before])))
        width = max((len(row) for row in ranked), default=0)
        order[stage] = np.array([row + [-1] * (width - len(row)) for row in ranked], dtype=np.int16).reshape(
            len(ranked), width
        )
    return order
