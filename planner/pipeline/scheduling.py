"""
From a scenario that leaves projects open to a schedule: gathered, decided, carried out, beside doing nothing.

The openings model proposes; what comes of its plan is told by a run of the scenario in which it results. What a
project is good for is found by deciding it otherwise, by a year or altogether, and filling the district anew.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from planner.capacity import Terms
from planner.errors import QuestionError
from planner.optimise.openings.exact import solve_exactly
from planner.optimise.openings.facts import NEVER
from planner.optimise.openings.search import Schedule, fill, schedule
from planner.pipeline.resulting import Setting, as_toml, resulting_edits
from planner.pipeline.running import run
from planner.pipeline.undecided import gather_run, options_of_run
from planner.scenario import LoadedScenario, Scenario, load_scenario, read_scenario
from planner.scenario.reading import extended
from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from types import FrameType

    import numpy as np
    from numpy.typing import NDArray

    from planner.capacity.options import Options
    from planner.district import District
    from planner.optimise.openings.gathering import Gathered
    from planner.optimise.openings.plan import OpeningPlan
    from planner.pipeline.running import Run
    from planner.pipeline.steps import Progress
    from planner.policy import Policy

NAME = "schedule.toml"
"""File of the scenario that results."""

MOVES: dict[str, int | None] = {"earlier": -1, "later": 1, "never": None}
"""How a project is decided otherwise: by so many years later, or not at all. [years]"""

TRIED = ("never", "later", "earlier")
"""In which order: each of all projects before the next, as time may end it."""

SHARE = 10
"""Where the search has a time limit, a reason is given that over this. [1]"""

LEAST = 30.0
"""Reasons may take so long even after a shorter search. [s]"""

LOOSE = 0.02
"""Gap at which the filling of a reason may end, where the search's own is not wider. [1]"""


@dataclass(frozen=True, kw_only=True)
class Otherwise:
    """The same district with one project decided otherwise, filled anew; the other projects as scheduled."""

    project: str
    kind: str
    """earlier, later or never."""
    year: int
    """School year that it opens in then; `NEVER` where it does not. [autumn]"""
    found: Schedule | None
    """None where the project cannot be decided so."""


@dataclass(frozen=True, kw_only=True)
class Scheduled:
    """What was decided of a scenario, and what comes of it."""

    gathered: Gathered
    """The facts of the model, with what their rows stand for."""
    found: Schedule
    """Plan, goals with bounds and gaps."""
    decided: Mapping[str, int]
    """School year of every option that opens, by its id. [autumn]"""
    otherwise: tuple[Otherwise, ...]
    """In the order of the options; what was not tried is missing."""
    untried: int
    """Ways to decide a project otherwise that were not tried, as trying had taken as long as the search or was interrupted."""
    text: str
    """The scenario that results, as TOML."""
    run: Run
    """That scenario carried out."""
    idle: Run
    """The scenario without any project that it leaves open."""

    @property
    def options(self) -> Options:
        """What could be decided."""
        return self.gathered.options


def schedule_scenario(
    scenario: str | Path | Scenario | LoadedScenario,
    district: District | None = None,
    *,
    policy: Policy | None = None,
    draws: int | None = None,
    gap: float | None = None,
    seconds: float | None = None,
    solver: str = "HiGHS",
    reasons: bool = True,
    delayed: Sequence[str] = (),
    beside: Path | None = None,
    progress: Progress | None = None,
) -> Scheduled:
    """
    Decide when to open what in a scenario, and carry it out.

    Parameters
    ----------
    scenario, district, policy, draws, progress
        As `run` takes them.
    gap
        Proven distance from the best at which the search ends; the scenario's when None. [1]
    seconds
        Time for the search; None: as long as it takes, and the plan depends on no clock. [s]
    solver
        HiGHS: the planner's own search, which uses it; else a solver that PuLP finds, given the stated model as a whole.
    reasons
        Whether every free project that opens is decided otherwise, to say what it is good for; for as long as the search
        took, so that of many projects not every way is tried.
    delayed
        Projects that open a year late, the plan being made for it.
    beside
        Folder in which the scenario that results is to stand, from which it names the one it builds on; that of the
        scenario when None.

    Raises
    ------
    QuestionError
        When nothing is left open, a project that is to be late is not among those that open, or no years of opening
        keep to what projects must.
    """
    idle = run(with_terms(scenario), district, policy=policy, draws=draws, progress=progress)
    options = options_of_run(idle)
    gathered = gather_run(idle, options)
    gap = options.terms.gap if gap is None else gap
    if progress is not None:
        progress(Text("deciding when to open what"), 0, 1)
    with _interruptions() as interrupted:
        started = time.perf_counter()
        found = _found(gathered, gap, seconds, solver)
        if delayed:
            found = fill(gathered.facts, _late(gathered, found.plan.opens, delayed), gap=gap, seconds=seconds)
        now = time.perf_counter()
        clock = _Clock(until=now + max(now - started, LEAST), interrupted=interrupted)
        otherwise, untried = _reasons(gathered, found, gap, seconds, clock, progress) if reasons else ((), 0)
    text = _text(idle, gathered, found.plan, beside)
    place = (_folder(idle) if beside is None else beside) / NAME
    carried = run(
        extended(idle.loaded, place, text),
        idle.source,
        policy=idle.profile,
        draws=draws,
        like=idle,
        progress=progress,
    )
    years = options.years
    return Scheduled(
        gathered=gathered,
        found=found,
        decided={option: years[at] for option, at in gathered.choices.decided(found.plan.opens).items()},
        otherwise=otherwise,
        untried=untried,
        text=text,
        run=carried,
        idle=idle,
    )


def _found(gathered: Gathered, gap: float, seconds: float | None, solver: str) -> Schedule:
    """Return the schedule of the facts, by the search or by the solver named."""
    if solver == "HiGHS":
        return schedule(gathered.facts, gap=gap, seconds=seconds)
    exact = solve_exactly(gathered.facts, gap=gap, seconds=seconds, solver=solver)
    return Schedule(plan=exact.plan, values=exact.values, goals=exact.goals)


def with_terms(scenario: str | Path | Scenario | LoadedScenario) -> LoadedScenario:
    """Return the scenario, with the usual terms of a schedule where it states none."""
    if isinstance(scenario, LoadedScenario):
        loaded = scenario
    else:
        loaded = load_scenario(scenario) if isinstance(scenario, Scenario) else read_scenario(scenario)
    if loaded.scenario.schedule is not None:
        return loaded
    return replace(loaded, scenario=loaded.scenario.model_copy(update={"schedule": Terms()}))


def _late(gathered: Gathered, opens: NDArray[np.int64], projects: Sequence[str]) -> NDArray[np.int64]:
    """
    Return the opening years with some projects a year later than decided.

    Raises
    ------
    QuestionError
        With every project that does not open, or cannot open later.
    """
    options = gathered.options
    decided = gathered.choices.decided(opens)
    faults: list[Text] = []
    for project in projects:
        opened = [option.option for option in options.of(project) if option.option in decided]
        if not opened:
            known = sorted({options.by_id[option].project for option in decided})
            faults.append(
                Text(
                    "project {project} does not open, so it cannot be late; those that do: {known}",
                    project=project,
                    known=", ".join(known) or "-",
                )
            )
            continue
        later = _decided_otherwise(gathered, decided, opened[0], 1)
        if later is None:
            faults.append(
                Text(
                    "project {project} cannot open a year later than {year}",
                    project=project,
                    year=options.years[decided[opened[0]]],
                )
            )
            continue
        decided = gathered.choices.decided(later)
    if faults:
        raise QuestionError(*faults)
    moved = gathered.choices.opens(decided)
    assert moved is not None
    return moved


def _decided_otherwise(
    gathered: Gathered, decided: Mapping[str, int], option: str, later: int | None
) -> NDArray[np.int64] | None:
    """Return the opening years with an option later by so many years, or never; None where that cannot be."""
    others = {name: year for name, year in decided.items() if name != option}
    if later is None:
        return gathered.choices.opens(others)
    year = decided[option] + later
    if not 0 <= year < gathered.facts.years:
        return None
    return gathered.choices.opens({**others, option: year})


@dataclass(frozen=True, kw_only=True)
class _Clock:
    """When to stop giving reasons."""

    until: float
    """On the clock of `time.perf_counter`. [s]"""
    interrupted: list[int]
    """Signals that came."""

    @property
    def over(self) -> bool:
        """Whether to stop."""
        return bool(self.interrupted) or time.perf_counter() >= self.until


@contextmanager
def _interruptions() -> Iterator[list[int]]:
    """
    Note every Ctrl-C, which goes on to whom it went before.

    A search that is interrupted keeps its plan and says nothing of it; what would follow it has to know.
    """
    came: list[int] = []
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield came
        return

    def note(number: int, frame: FrameType | None) -> None:
        came.append(number)
        before(number, frame)

    signal.signal(signal.SIGINT, note)
    try:
        yield came
    finally:
        signal.signal(signal.SIGINT, before)


def _reasons(
    gathered: Gathered,
    found: Schedule,
    gap: float,
    seconds: float | None,
    clock: _Clock,
    progress: Progress | None,
) -> tuple[tuple[Otherwise, ...], int]:
    """Decide free projects that open otherwise, fill the district anew, and count the ways that were not tried."""
    decided = gathered.choices.decided(found.plan.opens)
    free = [name for name in decided if gathered.options.by_id[name].choice == "free"]
    ways = {
        (name, kind): _decided_otherwise(gathered, decided, name, MOVES[kind])
        for kind in TRIED
        for name in free
    }
    possible = [(name, kind) for (name, kind), opens in ways.items() if opens is not None]
    filled: dict[tuple[str, str], Schedule] = {}
    with suppress(KeyboardInterrupt):
        for name, kind in possible:
            opens = ways[name, kind]
            if opens is None or clock.over:
                break
            if progress is not None:
                project = gathered.options.by_id[name].project
                progress(Text("deciding {project} otherwise", project=project), len(filled), len(possible))
            limit = None if seconds is None else seconds / SHARE
            known = [found.plan, *(other.plan for (of, _), other in filled.items() if of == name)]
            other = fill(gathered.facts, opens, gap=max(gap, LOOSE), seconds=limit, known=known)
            if not clock.interrupted:
                filled[name, kind] = other
    reasons = tuple(
        _otherwise(gathered, decided, name, kind, filled.get((name, kind)))
        for name in free
        for kind in MOVES
        if ways[name, kind] is None or (name, kind) in filled
    )
    return reasons, len(possible) - len(filled)


def _otherwise(
    gathered: Gathered, decided: Mapping[str, int], name: str, kind: str, found: Schedule | None
) -> Otherwise:
    """Return an option decided otherwise, with what was found of it."""
    later, options = MOVES[kind], gathered.options
    year = NEVER if later is None or found is None else options.years[decided[name] + later]
    return Otherwise(project=options.by_id[name].project, kind=kind, year=year, found=found)


def _folder(run: Run) -> Path:
    """Return the folder of a run's scenario."""
    return run.loaded.files[-1].path.parent if run.loaded.files else Path()


def _text(run: Run, gathered: Gathered, chosen: OpeningPlan, beside: Path | None) -> str:
    """Return the scenario that results."""
    named = run.loaded.files[-1].path if run.loaded.files else Path(f"{run.loaded.name}.toml")
    extends = named.name if beside is None else _from(beside, named)
    summary = {
        "summary": f"Schedule of {run.scenario.summary or run.loaded.name}",
        "summary_zh": f"{run.scenario.summary_zh or run.loaded.name}：建设时序方案",
    }
    setting = Setting(gathered=gathered, plan=run.plan, crs=run.district.crs)
    return as_toml(extends, summary, {}, resulting_edits(setting, chosen))


def _from(folder: Path, file: Path) -> str:
    """Return a file's path as a file in a folder names it."""
    try:
        return Path(os.path.relpath(file.resolve(), folder.resolve())).as_posix()
    except ValueError:  # another drive
        return str(file.resolve())
