"""
The intake model of Yuhe stated once and solved for many draws, beside solving each from nothing.

The promise: at most a fifth of the time, the same goals to a millionth, a tenth of it spent in Python. Both solve the
goals in order, held alike; stating and lowering count for neither.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np

from planner.optimise import (
    HighsEngine,
    IntakeFacts,
    Resolver,
    gather_entrants,
    gather_facts,
    solve_in_order,
    state_intake,
)
from planner.optimise.resolving import HOLD
from planner.pipeline import run

YUHE = Path(__file__).parents[2] / "scenarios" / "yuhe" / "keep.toml"


def draws_of_yuhe(number: int) -> tuple[IntakeFacts, list[IntakeFacts]]:
    """Return the facts of the mean of some draws, on which the model is stated, and those of each draw."""
    done = run(YUHE, draws=number)
    given = {
        "district": done.district,
        "policy": done.policy,
        "capacity": done.capacity,
        "forecast": done.forecast,
    }
    facts = gather_facts(done.plan, done.forecast.expected(), **given, distances=done.distances)
    draws = done.forecast.draw(0, number)
    demand, doors = gather_entrants(done.plan, draws, **given)
    drawn = []
    for draw in range(number):
        growth = facts.growth.copy()
        growth[:, :, 0] = draws.growth[:, :, 0, draw]
        drawn.append(replace(facts, demand=demand[..., draw], doors=doors[..., draw], growth=growth))
    return replace(facts, demand=demand.mean(axis=-1), doors=doors.mean(axis=-1)), drawn


def resolving_parts(number: int) -> list[tuple[str, float, str]]:
    """Return the seconds of many draws solved from the stored basis and from nothing, each on the model lowered. [s]"""
    facts, drawn = draws_of_yuhe(number)
    model = state_intake(facts)
    resolver = Resolver(model)
    in_highs = -resolver.tied.getRunTime() - resolver.plain.getRunTime()
    started, used = time.perf_counter(), time.process_time()
    again = [resolver.solve(draw) for draw in drawn]
    warm, warm_used = time.perf_counter() - started, time.process_time() - used
    in_highs += resolver.tied.getRunTime() + resolver.plain.getRunTime()
    started = time.perf_counter()
    back = [resolver.solve(draw) for draw in reversed(drawn)][::-1]
    backwards = time.perf_counter() - started
    cold, cold_used, goals = 0.0, 0.0, []
    for draw in drawn:
        stated = state_intake(draw)
        engine = HighsEngine(stated)
        engine.hold = HOLD
        started, used = time.perf_counter(), time.process_time()
        goals.append(solve_in_order(stated, engine).goals["value"].to_numpy())
        cold, cold_used = cold + time.perf_counter() - started, cold_used + time.process_time() - used
    found = np.array([each.goals for each in again])
    apart = np.abs(found - goals) / np.maximum(1.0, goals)
    ways = ", ".join(f"{count} {way}" for way, count in Counter(each.way for each in again).items())
    same = all((one.values == other.values).all() for one, other in zip(again, back, strict=True))
    size = f"{len(model.variables):,} columns, {len(model.problem.constraints()):,} rows"
    return [
        (f"{number} draws from nothing", cold, f"baseline; processor {cold_used:.1f} s, {size} and fewer"),
        (
            f"{number} draws from the stored basis",
            warm,
            f"{warm / cold:.3f} of the baseline (goal 0.2), of processor time {warm_used / cold_used:.3f}; {ways}",
        ),
        ("of that in Python", warm - in_highs, f"{1 - in_highs / warm:.1%} (goal 10 %)"),
        (
            f"{number} draws in reverse order",
            backwards,
            f"{'the same bits' if same else 'OTHER PLANS'}; goals at most {apart.max():.0e} from the baseline's (goal 1e-06)",
        ),
    ]
