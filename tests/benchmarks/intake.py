"""
Large made-up intake models, and how long they take to state, lower and solve.

Stating and lowering are measured against PuLP's own way, the model handed over by its HiGHS interface, on the
same model in the same run; the promise is at most 1.2 times as long.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
import pulp

from planner.optimise.facts import IntakeFacts, reach_of
from planner.optimise.intake import state_intake
from planner.optimise.lowering import hand_over, lower
from planner.optimise.solve import HighsEngine, solve_in_order

if TYPE_CHECKING:
    from planner.optimise.stating import IntakeModel


def made_facts(
    schools: int, blocks: int, years: int, nearest: int, *, junior: int = 0, tight: float = 0.9, seed: int = 0
) -> IntakeFacts:
    """
    Make the facts of a district of scattered blocks, with a wave of entrants that the rooms do not follow.

    Parameters
    ----------
    schools, blocks, years
        Sizes.
    nearest
        Candidates of a block: all within reach but its catchment school are its nearest.
    junior
        How many of the schools teach grades 7 to 9 instead of 1 to 6; a fifth of the others are nine-year.
    tight
        Rooms over the rooms that the catchments fill at the last count. [1]
    seed
        Of the random places and sizes.
    """
    random = np.random.default_rng(seed)
    side = np.sqrt(blocks) / 2
    homes, sites = random.uniform(0, side, (blocks, 2)), random.uniform(0, side, (schools, 2))
    metres = 1300 * np.hypot(*(homes[:, None] - sites[None]).transpose(2, 0, 1))
    between = 1300 * np.hypot(*(sites[:, None] - sites[None]).transpose(2, 0, 1))
    spans = ((1, 6), (7, 9)) if junior else ((1, 6),)
    grades = tuple(range(1, spans[-1][1] + 1))
    teaches = np.zeros((schools, len(grades)), dtype=bool)
    teaches[: schools - junior, :6] = True
    if junior:
        teaches[schools - junior :, 6:] = True
        teaches[: (schools - junior) // 10, 6:] = True
    wave = np.interp(np.arange(-9, years), [-9, 2, 5, years], [0.8, 1.15, 0.6, 0.5])
    size = random.uniform(2, 14, blocks)
    trend = random.normal(1, 0.03, blocks)
    shape = (len(spans), blocks, schools, years)
    own, reach = np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool)
    demand = np.zeros((len(spans), blocks, years))
    doors = np.zeros((len(spans), schools, years))
    pupils, classes = np.zeros((2, schools, len(grades)))
    for e, (first, last) in enumerate(spans):
        start = first - 1
        teaching = np.flatnonzero(teaches[:, start])
        ranked = teaching[np.argsort(metres[:, teaching], axis=1)]
        catchment = np.where(random.random(blocks) < 0.85, ranked[:, 0], ranked[:, min(1, len(teaching) - 1)])
        at = np.arange(9 - start, 9 - start + years) if start < 9 else np.arange(years)
        demand[e] = np.rint(size[:, None] * trend[:, None] ** np.arange(years) * wave[at] * 0.9**e)
        own[e, np.arange(blocks), catchment] = True
        reach[e] = own[e]
        reach[e, np.arange(blocks)[:, None], ranked[:, :nearest]] = True
        now = np.zeros(schools)
        np.add.at(now, catchment, demand[e, :, 0])
        pupils[:, start:last] = np.rint(now[:, None] * np.linspace(0.97, 0.9, last - start))
        if start:
            doors[e, : (schools - junior) // 10] = 5.0
    classes = np.ceil(pupils / 47)
    rooms = np.maximum(np.rint(classes.sum(axis=1) * tight * random.normal(1, 0.08, schools)), 6)
    door_reach = np.zeros((len(spans), schools, schools, years), dtype=bool)
    for e, (first, _) in enumerate(spans):
        open_ = np.repeat(teaches[:, first - 1, None], years, axis=1)
        door_reach[e] = reach_of(
            between, open_, np.repeat(np.eye(schools, dtype=bool)[:, :, None], years, 2), np.zeros(years)
        )
    start = [span[0] for span in spans]
    cap = np.array([[45.0 if grade in start else 50.0] * years for grade in grades])
    return IntakeFacts(
        blocks=tuple(f"B{k:04d}" for k in range(blocks)),
        schools=tuple(f"S{k:03d}" for k in range(schools)),
        stages=("primary", "junior")[: len(spans)],
        grades=grades,
        years=tuple(range(2027, 2027 + years)),
        spans=spans,
        demand=demand,
        doors=doors,
        own=own,
        reach=reach,
        door_reach=door_reach,
        metres=metres,
        between=between,
        pupils=pupils,
        classes=classes,
        growth=np.full((schools, len(grades), years), 1.003),
        teaches=teaches,
        rooms=np.repeat(rooms[:, None], years, axis=1),
        cap=cap,
        worst=np.full((len(spans), years), 65.0),
        size=np.full((schools, years), 2000.0),
        planned=np.full((schools, len(spans), years), -1),
        limits=np.full((schools, len(spans), years), -1),
    )


def handed_over_by_pulp(model: IntakeModel) -> float:
    """Return how long PuLP's own interface takes to hand the stated model to HiGHS. [s]"""
    solver = pulp.HiGHS(msg=False, threads=1)
    model.problem.setObjective(model.objective("unplaced"))
    started = time.perf_counter()
    solver.createAndConfigureSolver(model.problem)
    solver.buildSolverModel(model.problem)
    return time.perf_counter() - started


def stating_and_lowering(*, small: bool = False) -> list[tuple[str, float, str]]:
    """
    Return the seconds of stating, lowering and solving the intake model, with notes.

    Each figure is the best of three, so that a busy machine weighs on both sides alike.
    """
    facts = made_facts(30, 200, 8, 5) if small else made_facts(80, 800, 15, 8)
    states, lowers, own = [], [], []
    for _ in range(3):
        started = time.perf_counter()
        model = state_intake(facts)
        stated = time.perf_counter()
        hand_over(lower(model.problem, model.variables))
        states.append(stated - started)
        lowers.append(time.perf_counter() - stated)
        own.append(handed_over_by_pulp(model))
    state, lowering, pulps = min(states), min(lowers), min(own)
    started = time.perf_counter()
    solution = solve_in_order(model, HighsEngine(model))
    solved = time.perf_counter() - started
    size = f"{len(model.variables):,} columns, {len(model.problem.constraints()):,} rows"
    ratio = (state + lowering) / (state + pulps)
    return [
        ("state", state, size),
        ("lower", lowering, f"{lowering / pulps:.2f} x PuLP's own hand-over of the same model"),
        ("PuLP's hand-over", pulps, "baseline"),
        ("state and lower", state + lowering, f"{ratio:.2f} x PuLP's own build and hand-over; goal 1.2 x"),
        ("solve in order", solved, f"largest gap {solution.goals['gap'].max():.1e}"),
    ]
