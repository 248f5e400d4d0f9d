"""
When to open what, on made districts: the planner beside the whole model in HiGHS, each with the same time limit.

Both hold the goals before the money at nothing, which is their proven best; the gap is that of the money with the ways.
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
import time
from typing import TYPE_CHECKING, NamedTuple

import highspy
import numpy as np

from planner.optimise.lowering import hand_over, lower
from planner.optimise.openings import faults, schedule, state_openings, value_of
from tests.benchmarks.made_district import NEW_ROOM_YUAN, ROOM_YUAN, SIZES, made_district

if TYPE_CHECKING:
    from collections.abc import Callable

    from planner.optimise.openings import OpeningFacts

ASKED = {"town": (0.005, 15.0), "county": (0.01, 120.0), "city": (0.015, 600.0)}
"""Gap and seconds of each size. [1], [s]"""
SHORT = ("unplaced", "above_cap", "outside", "above_size")
"""Goals before the money."""


class Measured(NamedTuple):
    """What one run came to."""

    value: float
    """Infinite where there is no plan. [yuan]"""
    bound: float
    """[yuan]"""
    short: float
    """Goals before the money, together; nothing is best."""
    wrong: int
    """Faults that the verifier finds."""
    opened: int
    wall: float
    """[s]"""
    processor: float
    """[s]"""
    memory: float
    """Peak of the process. [GiB]"""

    @property
    def gap(self) -> float:
        """Return (value - bound) / value. [1]."""
        return (self.value - self.bound) / self.value if np.isfinite(self.value) else np.inf


def ours(facts: OpeningFacts, gap: float, seconds: float) -> tuple[float, ...]:
    """Return value, bound, shortage, faults and projects opened of the planner's schedule."""
    found = schedule(facts, gap=gap, seconds=seconds)
    short = sum(getattr(found.values, goal) for goal in SHORT)
    wrong, opened = len(faults(facts, found.plan)), int((found.plan.opens >= 0).sum())
    return found.values.yuan, found.bound(), short, wrong, opened


def whole_model(facts: OpeningFacts, gap: float, seconds: float) -> tuple[float, ...]:
    """Return the same of the stated model in HiGHS, stating counted; the goals before the money are held at nothing."""
    started = time.perf_counter()
    model = state_openings(facts)
    highs = hand_over(lower(model.problem, model.variables))
    columns = np.arange(len(model.variables), dtype=np.int32)
    highs.changeColsCost(len(columns), columns, model.costs["yuan"] / 1e3)
    none = np.flatnonzero(sum(model.costs[goal] for goal in SHORT)).astype(np.int32)
    highs.changeColsBounds(len(none), none, np.zeros(len(none)), np.zeros(len(none)))
    highs.setOptionValue("mip_rel_gap", gap)
    highs.setOptionValue("time_limit", max(seconds - (time.perf_counter() - started), 0.0))
    highs.run()
    info = highs.getInfo()
    bound = 1e3 * info.mip_dual_bound
    if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        return np.inf, bound, 0.0, 0, 0
    plan = model.plan(np.array(highs.getSolution().col_value))
    values = value_of(facts, plan)
    short = sum(getattr(values, goal) for goal in SHORT)
    return values.yuan, bound, short, len(faults(facts, plan)), int((plan.opens >= 0).sum())


def _run(
    method: Callable[..., tuple[float, ...]],
    size: str,
    seed: int,
    room_yuan: float,
    answers: multiprocessing.Queue,
) -> None:
    facts = made_district(*SIZES[size], seed=seed, room_yuan=room_yuan)
    wall, processor = time.perf_counter(), time.process_time()
    told = method(facts, *ASKED[size])
    spent = time.perf_counter() - wall, time.process_time() - processor
    unit = 2**30 if sys.platform == "darwin" else 2**20
    answers.put((*told, *spent, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit))


def measured(
    method: Callable[..., tuple[float, ...]], size: str, seed: int, room_yuan: float = ROOM_YUAN
) -> Measured:
    """Return what a method comes to in a process of its own, so that its memory is its own."""
    context = multiprocessing.get_context("spawn")
    answers = context.Queue()
    process = context.Process(target=_run, args=(method, size, seed, room_yuan, answers))
    process.start()
    value, bound, short, wrong, opened, wall, processor, memory = answers.get()
    process.join()
    return Measured(value, bound, short, int(wrong), int(opened), wall, processor, memory)


def opening_parts(*, seed: int, city: bool, hard: bool = False) -> list[tuple[str, float, str]]:
    """Return the seconds of both methods on each size, with gaps, memory and faults in the note. [s]"""
    room_yuan = NEW_ROOM_YUAN if hard else ROOM_YUAN
    rows = []
    for size in ("town", "county", "city") if city else ("town", "county"):
        gap, seconds = ASKED[size]
        for name, method in (("planner", ours), ("whole model in HiGHS", whole_model)):
            one = measured(method, size, seed, room_yuan)
            plan = (
                f"gap {one.gap:.2%}, {one.value / 1e6:,.1f} M yuan, {one.opened} projects, short {one.short:.3g}, "
                f"{one.wrong} faults"
                if np.isfinite(one.value)
                else "no plan"
            )
            note = (
                f"{plan}; bound {one.bound / 1e6:,.1f} M; processor {one.processor:.1f} s, {one.memory:.2f} GiB; "
                f"asked {gap:.1%} in {seconds:g} s"
            )
            rows.append((f"{size} {name}", one.wall, note))
    return rows
