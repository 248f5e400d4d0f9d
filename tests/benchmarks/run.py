"""
Speed of the planner, part by part: ``make bench``.

Every figure stands beside a named baseline measured in the same run on the same machine; the calibration loop,
a fixed piece of numpy and plain Python, tells fast machines and busy ones apart.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

PROJECT = Path(__file__).parents[2]
sys.path.insert(0, str(PROJECT))


def calibration() -> float:
    """Return the seconds of a fixed amount of numpy and plain Python work. [s]"""
    started = time.perf_counter()
    rng = np.random.Generator(np.random.Philox(1))
    for _ in range(10):
        np.sort(rng.standard_normal(1_000_000))
    total = 0
    for number in range(5_000_000):
        total += number & 7
    return time.perf_counter() - started


def show(rows: list[tuple[str, float, str]]) -> None:
    """Print what was measured, in seconds, with its note."""
    width = max((len(name) for name, _, _ in rows), default=0)
    for name, seconds, note in rows:
        print(f"{name:<{width}}  {seconds:9.3f} s  {note}", flush=True)


def yuhe_parts(draws: int) -> list[tuple[str, float, str]]:
    """Return the seconds of every part of one run of the made district, writing and maps included. [s]"""
    from planner.archive import write_run
    from planner.pipeline import run

    base = calibration()
    started = time.perf_counter()
    done = run(PROJECT / "scenarios" / "yuhe" / "keep.toml", draws=draws)
    computed = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        write_run(done, Path(folder) / "plain", maps=False)
        written = time.perf_counter()
        write_run(done, Path(folder) / "drawn", maps=True)
        drawn = time.perf_counter()
    rows = [("calibration loop", base, "baseline")]
    rows += [(name, seconds, f"{seconds / base:.2f} x calibration") for name, seconds in done.timings]
    plain, whole = written - started, computed - started + drawn - written
    rows += [
        ("write", written - computed, f"{(written - computed) / base:.2f} x calibration"),
        ("run without maps", plain, f"{plain / base:.2f} x calibration; goal 15 s on a quiet machine"),
        ("run with maps", whole, f"{whole / base:.2f} x calibration; goal 30 s on a quiet machine"),
    ]
    return rows


def intake_parts() -> list[tuple[str, float, str]]:
    """Return the seconds of the intake model of the made district: gather, state, lower, solve, whole classes. [s]"""
    from planner.optimise import gather_facts, propose_on, state_intake
    from planner.optimise.lowering import lower
    from planner.optimise.solve import HighsEngine, solve_in_order
    from planner.pipeline import run

    done = run(PROJECT / "scenarios" / "yuhe" / "keep.toml", draws=1)
    given = {
        "district": done.district,
        "policy": done.policy,
        "capacity": done.capacity,
        "forecast": done.forecast,
    }
    clock = [time.perf_counter()]

    def lap() -> float:
        clock.append(time.perf_counter())
        return clock[-1] - clock[-2]

    facts = gather_facts(done.plan, done.forecast.expected(), **given, distances=done.distances)
    rows = [("gather", lap(), "")]
    model = state_intake(facts)
    size = f"{len(model.variables):,} columns, {len(model.problem.constraints()):,} rows"
    rows.append(("state", lap(), size))
    lower(model.problem, model.variables)
    rows.append(("lower", lap(), ""))
    engine = HighsEngine(model)
    clock.append(time.perf_counter())
    solve_in_order(model, engine)
    rows.append(("solve all goals", lap(), "fractions of classes"))
    propose_on(done.plan, facts)
    whole = lap() - sum(seconds for name, seconds, _ in rows if name != "gather")
    rows.append(("whole classes", whole, "and children above the rooms re-placed"))
    return rows


def openings(seed: int, *, city: bool, hard: bool) -> None:
    """Measure when to open what, and print it."""
    from tests.benchmarks.openings import opening_parts

    print("\nWhen to open what, beside the whole model in HiGHS with the same time limit")
    show(opening_parts(seed=seed, city=city, hard=hard))


def main() -> None:
    """Measure everything and print it."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--draws", type=int, default=2000)
    options.add_argument(
        "--small", action="store_true", help="the small instance of the linear programme only"
    )
    options.add_argument("--seed", type=int, default=0, help="of the made districts of the openings")
    options.add_argument(
        "--city", action="store_true", help="the largest made district too: twenty minutes more"
    )
    options.add_argument("--hard", action="store_true", help="projects at the cost of new buildings")
    options.add_argument("--openings", action="store_true", help="the openings only")
    asked = options.parse_args()
    if asked.openings:
        openings(asked.seed, city=asked.city, hard=asked.hard)
        return
    print("A run of Yuhe, part by part")
    show(yuhe_parts(asked.draws))
    print("\nThe intake model of Yuhe, part by part")
    show(intake_parts())
    from tests.benchmarks.forecasting import forecast_parts, yuhe_draws

    print("\nFitting, drawing and rolling forward, beside a plain loop over years in float64")
    show(forecast_parts(small=asked.small))
    show(yuhe_draws(PROJECT / "data" / "yuhe", asked.draws))
    from tests.benchmarks.checks import checking_parts

    print("\nReading and checking a large district")
    show(checking_parts())
    from tests.benchmarks.intake import stating_and_lowering

    print("\nStating and lowering the intake model, beside PuLP's own build and hand-over")
    show(stating_and_lowering(small=asked.small))
    from tests.benchmarks.resolving import resolving_parts

    print("\nThe intake model of Yuhe solved for many draws, beside solving each from nothing")
    show(resolving_parts(20 if asked.small else 200))
    from tests.benchmarks.siting import siting_parts

    print("\nThe best site for one new school (Durham), beside placing every site from nothing")
    show(siting_parts())
    openings(asked.seed, city=asked.city, hard=asked.hard)


if __name__ == "__main__":
    main()
