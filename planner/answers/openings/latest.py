"""
The latest year in which a project may open safely, and what a year's delay costs.

A project is moved through the scenario year by year; each time the district is planned anew and carried out on the
same draws. The yardstick is the earliest year in which it can open: what is above a cap then, no date of this project
prevents. A draw counts against a later year when some year group of a stage that the project's school teaches is
above its cap in some autumn, and would not have been with the earliest opening.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from planner.answers.openings.names import project_names
from planner.answers.sentences import likelihood
from planner.capacity import judge_projects
from planner.errors import QuestionError
from planner.outcomes import above_caps
from planner.outcomes.spread import mean_error, quantiles, share_error
from planner.pipeline import run as carry_out
from planner.scenario import ProjectEdit, load_scenario
from planner.scenario.faults import with_known
from planner.words import Text, percent, say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from planner.capacity import Project
    from planner.pipeline import Run
    from planner.pipeline.scheduling import Scheduled

LATE = (0.05, 0.95)
"""Ends of the 90 % range of what a delay costs. [1]"""

COLUMNS = [
    "project", "name", "school", "opens", "earliest", "latest", "p_latest", "error_latest", "p_next", "error_next",
    "from_year", "late", "late_error", "late_low", "late_high",
]  # fmt: skip
"""Columns of `Latest.table`."""


@dataclass(frozen=True, kw_only=True)
class Opened:
    """The district with a project opened in some year."""

    year: int
    """School year of opening; one past the last year planned: not within it. [autumn]"""
    schools: tuple[str, ...]
    above: NDArray[np.int16]
    """[school, grade, year, draw]: children above the cap, of the grades that the project may relieve. [children]"""


@dataclass(frozen=True, kw_only=True)
class Delay:
    """What opening a year later costs."""

    year: int
    """School year that it opens in when it is not late. [autumn]"""
    costs: NDArray[np.int64]
    """[draw]: child-years above the cap more than without the delay. [child-years]"""

    @property
    def mean(self) -> float:
        """Expected child-years. [child-years]"""
        return float(self.costs.mean())

    @property
    def error(self) -> float:
        """Monte Carlo standard error of the mean. [child-years]"""
        return float(mean_error(self.costs))

    @property
    def range(self) -> tuple[float, float]:
        """Range that holds it with 90 %. [child-years]"""
        low, high = quantiles(self.costs, *LATE)
        return float(low), float(high)


@dataclass(frozen=True, kw_only=True)
class LatestOpening:
    """How late one project may open."""

    project: str
    name: Text | str
    """Its name in the language that was current, with its id."""
    school: str
    opens: int | None
    """School year in which the run has it open; None where it has not. [autumn]"""
    earliest: int
    """First school year in which it can be open. [autumn]"""
    last: int
    """Last school year planned. [autumn]"""
    risk: float
    """Probability that the odds have to stay below. [1]"""
    latest: int
    """Last year of opening with odds below the risk; one past the last year planned: it need not open within it."""
    odds: dict[int, float]
    """By year of opening looked at: probability that a class is above its cap that would not be if the project opened in
    the earliest year. [1]"""
    draws: int
    delay: Delay | None
    """A year late from the year in which the run has it, else from `latest`; None where there is no such year."""

    @property
    def needed(self) -> bool:
        """Whether leaving it out within the years planned has odds at the risk or above."""
        return self.latest <= self.last

    def error(self, year: int) -> float:
        """Return the Monte Carlo standard error of the odds of a year looked at. [1]."""
        return float(share_error(self.odds[year], self.draws))

    def _chance(self, year: int) -> str:
        said = likelihood(self.odds[year], self.draws)
        return f"{said} ±{100 * self.error(year):.1f}" if 0 < self.odds[year] < 1 else said

    @property
    def lines(self) -> list[str]:
        """How late it may open, and what a year's delay costs, in the current language."""
        values = {"project": self.name, "year": self.latest, "risk": percent(self.risk)}
        if not self.needed:
            line = say(
                "{project} need not open by {last}: without it the odds of a class above its cap that its opening in {earliest} would prevent are {odds}, below {risk}.",
                last=self.last,
                earliest=self.earliest,
                odds=self._chance(self.latest),
                **values,
            )
        elif self.latest == self.earliest:
            line = say(
                "{project} has to open in {year}, as early as it can: a year later the odds of a class above its cap that this would prevent are {odds}, not below {risk}.",
                odds=self._chance(self.latest + 1),
                **values,
            )
        else:
            line = say(
                "{project} can open in {year} at the latest: the odds of a class above its cap that its opening in {earliest} would prevent are {before} then, and {after} a year later, not below {risk}.",
                earliest=self.earliest,
                before=self._chance(self.latest),
                after=self._chance(self.latest + 1),
                **values,
            )
        if self.needed and self.opens is not None and self.opens > self.latest:
            line += " " + say("It opens in {opens}: too late for this risk.", opens=self.opens)
        return [line] if self.delay is None else [line, self._delay_line(self.delay)]

    def _delay_line(self, delay: Delay) -> str:
        low, high = delay.range
        values = {
            "year": delay.year,
            "next": delay.year + 1,
            "costs": f"{delay.mean:.0f}",
            "error": f"{delay.error:.1f}",
            "low": f"{low:.0f}",
            "high": f"{high:.0f}",
        }
        if not any(round(figure) for figure in (delay.mean, low, high)):
            return (
                say("A year late ({next}, not {year}) it costs no child-year above the cap.", **values)
                if delay.year < self.last
                else say(
                    "If it does not open by {year} either, that costs no child-year above the cap.", **values
                )
            )
        return (
            say(
                "A year late ({next}, not {year}) it costs {costs} child-years above the cap (sampling error ± {error}; with 90 % {low} to {high}).",
                **values,
            )
            if delay.year < self.last
            else say(
                "If it does not open by {year} either, that costs {costs} child-years above the cap (sampling error ± {error}; with 90 % {low} to {high}).",
                **values,
            )
        )


@dataclass(frozen=True, kw_only=True)
class Latest:
    """How late projects may open."""

    risk: float
    draws: int
    found: tuple[LatestOpening, ...]

    @property
    def table(self) -> pd.DataFrame:
        """A row a project: `COLUMNS`; `latest` is missing where it need not open, the next three where it must at once."""
        rows = []
        for one in self.found:
            row: dict[str, Any] = {
                "project": one.project,
                "name": str(one.name),
                "school": one.school,
                "opens": one.opens,
                "earliest": one.earliest,
                "latest": one.latest if one.needed else None,
                "p_latest": one.odds[one.latest],
                "error_latest": one.error(one.latest),
            }
            if one.needed:
                row |= {"p_next": one.odds[one.latest + 1], "error_next": one.error(one.latest + 1)}
            if one.delay is not None:
                low, high = one.delay.range
                row |= {"from_year": one.delay.year, "late": one.delay.mean, "late_error": one.delay.error}
                row |= {"late_low": low, "late_high": high}
            rows.append(row)
        table = pd.DataFrame(rows, columns=COLUMNS)
        years = dict.fromkeys(("opens", "earliest", "latest", "from_year"), "Int64")
        return table.astype(years)


def latest_openings(
    run: Run,
    projects: Sequence[str] = (),
    *,
    risk: float = 0.1,
    open_in: Callable[[Run, Project, int], Run] | None = None,
    progress: Callable[[Text, int, int], None] | None = None,
) -> Latest:
    """
    Find for each project the last year of opening at which the odds stay below a risk, by halving the years left.

    Parameters
    ----------
    run
        The scenario carried out.
    projects
        Ids of the projects asked about; when empty, all that the run counts with, that add rooms and that are not
        open at the last count.
    risk
        Probability, above 0 and below 1. [1]
    open_in
        How a run with a project opened in another year is made; `moved_to` when None.
    progress
        Called with the step, how much of it is done, and how much there is.

    Raises
    ------
    QuestionError
        When the risk is none, or a project is unknown, open already, or takes rooms away.
    """
    asked = _asked(run, projects, risk)
    found = []
    for number, project in enumerate(asked):
        if progress is not None:
            progress(Text("moving project {project}", project=project.project), number, len(asked))
        found.append(_latest(run, project, risk, open_in or moved_to))
    return Latest(risk=risk, draws=run.forecast.draws, found=tuple(found))


def _asked(run: Run, wanted: Sequence[str], risk: float) -> list[Project]:
    """Return the projects asked about."""
    faults: list[Text] = []
    if not 0 < risk < 1:
        faults.append(
            Text("The risk is a probability above 0 and below 1, as 0.1, not {risk}.", risk=f"{risk:g}")
        )
    judged = {project.project: project for project in judged_projects(run)}
    for name in wanted:
        if name not in judged:
            problem = Text("the district has no project {project}", project=repr(name))
            faults.append(with_known(problem, name, list(judged)))
        elif _is_open(judged[name], run):
            faults.append(
                Text("Project {project} was open at the last count: its date cannot be moved.", project=name)
            )
        elif max(judged[name].rooms) <= 0:
            faults.append(
                Text(
                    "Project {project} adds no rooms: no cap depends on when it opens at the latest.",
                    project=name,
                )
            )
    if faults:
        raise QuestionError(*faults)
    if wanted:
        return [judged[name] for name in dict.fromkeys(wanted)]
    known = {*run.source["projects"]["project"], *(edit.project for edit in run.scenario.projects)}
    return [
        project
        for project in judged.values()
        if project.counted
        and project.project in known
        and max(project.rooms) > 0
        and not _is_open(project, run)
    ]


def judged_projects(run: Run) -> tuple[Project, ...]:
    """Return the projects of a run's district, edited by its scenario and judged."""
    return judge_projects(run.district, certainty=run.scenario.assumptions.certainty)


def _is_open(project: Project, run: Run) -> bool:
    return project.counted and project.opens is not None and project.opens <= run.district.counted


def _latest(
    run: Run, project: Project, risk: float, open_in: Callable[[Run, Project, int], Run]
) -> LatestOpening:
    """Return how late one project may open."""
    stated = run.district["projects"].set_index("project").loc[project.project, "earliest"]
    first, last = run.plan.years[0], run.plan.years[-1]
    earliest = first if pd.isna(stated) else max(int(stated), first)
    tried: dict[int, Opened] = {}

    def opened(year: int) -> Opened:
        if year not in tried:
            of_run = year == project.opens and project.counted
            tried[year] = _opened(run if of_run else open_in(run, project, year), project, year)
        return tried[year]

    odds: dict[int, float] = {}

    def safe(year: int) -> bool:
        if year not in odds:
            odds[year] = float(_caused(opened(year), opened(earliest)).any(axis=(0, 1, 2)).mean())
        return odds[year] < risk

    latest = last_safe(safe, earliest, last + 1)
    of_run = project.opens if project.counted else None
    dated = of_run is not None and earliest <= of_run <= last
    since = of_run if dated and of_run is not None else latest
    delay = _delay(opened(since), opened(since + 1)) if since <= last else None
    return LatestOpening(
        project=project.project,
        name=project_names(run.district)[project.project],
        school=project.school,
        opens=of_run,
        earliest=earliest,
        last=last,
        risk=risk,
        latest=latest,
        odds=dict(sorted(odds.items())),
        draws=run.forecast.draws,
        delay=delay,
    )


def last_safe(safe: Callable[[int], bool], first: int, last: int) -> int:
    """
    Return the last year that is safe, where the first is and every year before a safe one is; by halving.

    `safe` has been asked of the year returned, and of the one after it where there is one.
    """
    if safe(last):
        return last
    low, high = first, last
    safe(first)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if safe(middle) else (low, middle)
    return low


def moved_to(run: Run, project: Project, year: int) -> Run:
    """
    Return the run with a project opened in another year, planned anew on the same draws.

    Catchments that the scenario draws for the year of the opening come along when it opens earlier; when it opens
    later they wait for it by themselves.

    Parameters
    ----------
    year
        School year of opening; past the last year planned, it is not open within it. [autumn]
    """
    last, scenario = run.plan.years[-1], run.scenario
    date = {"opens": min(year, last), "slip": max(year - last, 0)}
    edits = tuple(
        edit.model_copy(update=date | {"latest": None}) if edit.project == project.project else edit
        for edit in scenario.projects
    )
    if not any(edit.project == project.project for edit in edits):
        edits = (
            *edits,
            ProjectEdit(project=project.project, opens=date["opens"], slip=date["slip"]),
        )
    catchments = tuple(
        edit.model_copy(update={"since": year})
        if project.school in edit.schools and edit.since == project.opens and year < (edit.since or year)
        else edit
        for edit in scenario.catchments
    )
    moved = load_scenario(scenario.model_copy(update={"projects": edits, "catchments": catchments}))
    return carry_out(moved, run.source, policy=run.profile, draws=run.forecast.draws, like=run)


def as_decided(scheduled: Scheduled) -> Run:
    """
    Return a schedule carried out with its projects and the catchments of new schools, and nothing left to decide.

    Classes and children sent are planned anew, so that they can follow when a project opens in another year.
    """
    idle, decided = scheduled.idle, scheduled.run.scenario
    known = set(idle.source["projects"]["project"])
    projects = tuple(
        ProjectEdit(project=edit.project, include=False)
        if edit.choice == "forbidden"
        else edit.model_copy(update={"choice": "", "latest": None})
        for edit in decided.projects
        if edit.choice != "forbidden" or edit.project in known
    )
    free = {
        "schedule": None,
        "projects": projects,
        "classes": idle.scenario.classes,
        "diversions": idle.scenario.diversions,
    }
    return carry_out(
        load_scenario(decided.model_copy(update=free)),
        idle.source,
        policy=idle.profile,
        draws=idle.forecast.draws,
        like=idle,
    )


def _opened(done: Run, project: Project, year: int) -> Opened:
    """Return what a run with the project opened in a year has above the caps."""
    simulation = done.simulation
    above = [
        above_caps(simulation, done.plan, done.policy, grade).astype(np.int16)
        for grade in _relieved(done, project)
    ]
    return Opened(year=year, schools=simulation.schools, above=np.stack(above, axis=1))


def _relieved(run: Run, project: Project) -> list[int]:
    """Return the grades of the stages that the project's school teaches; starting grades where planned by seats."""
    first, last = (int(run.district.schools.loc[project.school, end]) for end in ("first", "last"))
    stages = [run.policy.stage(stage) for stage in run.simulation.stages]
    inside = [stage for stage in stages if stage.first <= last and stage.last >= first]
    if run.policy.by_seats:
        return [stage.first for stage in inside]
    return [grade for grade in run.simulation.grades if any(grade in stage for stage in inside)]


def _on_same(schools: Iterable[str], opened: Opened) -> NDArray[np.int16]:
    """Return the children above the cap of these schools, nobody at those that are not there."""
    known = {school: at for at, school in enumerate(opened.schools)}
    nobody = np.zeros_like(opened.above[:1])
    return np.concatenate([opened.above[known[s]][None] if s in known else nobody for s in schools])


def _caused(late: Opened, early: Opened) -> NDArray[np.bool_]:
    """Return whether a year group is above its cap with the later opening alone. [school, grade, year, draw]."""
    schools = dict.fromkeys((*early.schools, *late.schools))
    return (_on_same(schools, late) > 0) & (_on_same(schools, early) == 0)


def _delay(in_time: Opened, late: Opened) -> Delay:
    """Return what a delay costs in child-years above the cap, draw by draw."""
    before, after = (opened.above.sum(axis=(0, 1, 2), dtype=np.int64) for opened in (in_time, late))
    return Delay(year=in_time.year, costs=after - before)
