"""
The cheapest levers that bring one school below its caps in a year, mild before strong.

For every grade at risk there are the levers of `exceed` (a class in a free room, children diverted, blocks moved, a
project of the school), and beside them projects of other schools that could be open by then. One of each grade is
chosen, so that together they cost least: first in yuan, then in children who have to go elsewhere, then from mild to
strong. They are carried out at once on the same draws; what works so is planned anew and carried out once more.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planner.answers.exceedance import exceed
from planner.answers.openings.latest import judged_projects, moved_to
from planner.answers.openings.names import project_names
from planner.answers.rehearsal import Rehearsal, with_edits
from planner.answers.sentences import likelihood
from planner.answers.standing import below
from planner.answers.together import carry_out_together
from planner.errors import ScenarioError
from planner.outcomes import odds_in
from planner.pipeline import run as carry_out
from planner.scenario import load_scenario
from planner.words import Money, Text, say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from planner.answers.answer import Answer
    from planner.answers.together import Together
    from planner.answers.trial import Lever
    from planner.capacity import Project
    from planner.pipeline import Run

MILD = ("class", "divert", "blocks", "project")
"""Kinds of lever from mild to strong."""

TRIALS = 12
"""Sets of levers carried out at most, the cheapest first."""

HELPS = 0.05
"""By how much a project elsewhere has to bring the odds down to be worth naming. [1]"""


@dataclass(frozen=True, kw_only=True)
class Elsewhere:
    """A project of another school, open by the year asked about; planned anew."""

    project: str
    name: Text | str
    school: str
    p_over: float
    """Probability that a class of the school asked about is then above its cap. [1]"""
    yuan: float | None
    """[yuan]"""
    brought_forward: bool
    """Whether that cost is only due earlier."""
    works: bool


@dataclass(frozen=True, kw_only=True)
class Cheapest:
    """What brings one school below its caps in a year."""

    school: str
    name: str
    year: int
    level: float
    draws: int
    p_over: float
    """Probability that any of its classes is above its cap, as things stand. [1]"""
    labels: dict[int, str]
    """How grades are called."""
    levers: dict[int, list[Lever]]
    """By grade at risk: its levers, mild before strong."""
    elsewhere: tuple[Elsewhere, ...]
    """Projects of other schools that help, the cheapest first."""
    chosen: tuple[Lever, ...]
    """The cheapest of them that work together, mild before strong; empty where none are needed or do."""
    together: Together | None
    """These carried out at once."""
    planned_anew: float | None
    """Probability that any of its classes is above its cap when the scenario with these is planned anew. [1]"""

    @property
    def yuan(self) -> float:
        """What the chosen levers cost, as far as costs are stated. [yuan]"""
        return sum(lever.yuan or 0.0 for lever in self.chosen)

    @property
    def children(self) -> float:
        """Children who go elsewhere with the chosen levers. [children]"""
        return sum(lever.children for lever in self.chosen)

    @property
    def table(self) -> pd.DataFrame:
        """A row a lever: grade, kind, text, p_over, children, yuan, works, chosen; those of other schools have no grade."""
        rows = [
            {
                "grade": grade,
                "kind": lever.kind,
                "text": str(lever.text),
                "p_over": lever.p_over,
                "children": lever.children,
                "yuan": lever.yuan,
                "works": lever.works,
                "chosen": lever in self.chosen,
            }
            for grade, levers in self.levers.items()
            for lever in levers
        ]
        rows += [
            {
                "grade": None,
                "kind": "elsewhere",
                "text": str(one.name),
                "p_over": one.p_over,
                "children": 0.0,
                "yuan": one.yuan,
                "works": one.works,
                "chosen": False,
            }
            for one in self.elsewhere
        ]
        columns = ["grade", "kind", "text", "p_over", "children", "yuan", "works", "chosen"]
        return pd.DataFrame(rows, columns=columns).astype({"grade": "Int64", "yuan": "Float64"})

    @property
    def lines(self) -> list[str]:
        """The answer in the current language."""
        values = {
            "name": self.name,
            "year": self.year,
            "level": f"{self.level:.0%}",
            "p": likelihood(self.p_over, self.draws),
        }
        if not self.levers:
            return [
                say(
                    "{name}: no grade has odds of {level} or more of a class above its cap in {year}.",
                    **values,
                )
            ]
        lines = [say("{name}: the odds of a class above its cap in {year} are {p}.", **values)]
        if self.chosen and self.together is not None and self.planned_anew is not None:
            lines.append(say("The cheapest that works, mild before strong:"))
            lines += [
                f"  {number}. " + self._line(lever) for number, lever in enumerate(self.chosen, start=1)
            ]
            lines.append(self._together(self.together, self.planned_anew))
        else:
            lines.append(
                say("No set of levers of its own brings every grade below {level}. What helps:", **values)
            )
            lines += ["  - " + self._line(lever) for levers in self.levers.values() for lever in levers]
        lines += [self._elsewhere(one) for one in self.elsewhere]
        return lines

    def _line(self, lever: Lever) -> str:
        """Return one lever with what it does by itself."""
        values = {
            "grade": self.labels[lever.grade],
            "text": lever.text,
            "p": likelihood(lever.p_over, self.draws),
        }
        line = say("{grade}: {text} Then {p}.", **values)
        cost = _stated(lever.yuan, due_earlier=lever.brought_forward)
        return say("{line} Cost{cost}.", line=line, cost=cost) if cost else line

    def _together(self, together: Together, again: float) -> str:
        """Return what the chosen levers cost and do together."""
        values = {
            "yuan": Money(self.yuan),
            "children": f"{self.children:.0f}",
            "p": likelihood(together.p_any, self.draws),
            "again": likelihood(again, self.draws),
        }
        if self.yuan == 0:
            return say(
                "Together they cost nothing that is stated, and {children} children go elsewhere; the odds are then {p}, and {again} when all is planned anew.",
                **values,
            )
        return say(
            "Together they cost {yuan}, and {children} children go elsewhere; the odds are then {p}, and {again} when all is planned anew.",
            **values,
        )

    def _elsewhere(self, one: Elsewhere) -> str:
        """Return what a project of another school does."""
        values = {
            "project": one.name,
            "year": self.year,
            "p": likelihood(one.p_over, self.draws),
            "cost": _stated(one.yuan, due_earlier=one.brought_forward),
        }
        return say("{project} open by {year}{cost}, planned anew: then {p}.", **values)


def _stated(yuan: float | None, *, due_earlier: bool) -> Text | str:
    """Return what something costs, in brackets; nothing where that is not stated."""
    if yuan is None:
        return ""
    if due_earlier:
        return Text(" ({yuan}, due earlier)", yuan=Money(yuan))
    return Text(" ({yuan})", yuan=Money(yuan))


def cheapest_levers(
    run: Run,
    school: str,
    year: int,
    *,
    level: float = 0.2,
    open_in: Callable[[Run, Project, int], Run] | None = None,
    plan_anew: Callable[[Run, Together], Run] | None = None,
    progress: Callable[[Text, int, int], None] | None = None,
) -> Cheapest:
    """
    Find the cheapest levers that bring a school below its caps in a year.

    Parameters
    ----------
    run
        The scenario carried out.
    school
        Id or name.
    year
        School year. [autumn]
    level
        Probability that every grade has to fall below. [1]
    open_in
        How a run with a project opened in another year is made; `moved_to` when None.
    plan_anew
        How a run with levers carried out together is made; `replanned` when None.
    progress
        Called with the step, how much of it is done, and how much there is.

    Raises
    ------
    QuestionError
        When the run has no such school or year, or the level is no probability.
    """
    answer = exceed(run, grade=None, year=year, level=level, schools=[school], levers=True, progress=progress)
    ids = answer.asked or (school,)
    levers = {grade: sorted(tried, key=_mild) for (_, grade), tried in answer.levers.items()}
    chosen, together = _cheapest_set(run, answer, levers)
    again = None if together is None else (plan_anew or replanned)(run, together)
    elsewhere = tuple(_elsewhere(run, ids[0], year, level, open_in or moved_to)) if levers else ()
    return Cheapest(
        school=ids[0],
        name=next(iter(answer.names.values()), ids[0]),
        year=year,
        level=level,
        draws=answer.draws,
        p_over=answer.p_any,
        labels=answer.labels,
        levers=levers,
        elsewhere=elsewhere,
        chosen=chosen,
        together=together,
        planned_anew=None if again is None else p_any_over(again, ids[0], year),
    )


def replanned(run: Run, together: Together) -> Run:
    """Return the run's scenario with levers carried out together, planned anew on the same draws."""
    scenario = load_scenario(with_edits(run.scenario, together.edits))
    return carry_out(scenario, run.source, policy=run.profile, draws=run.forecast.draws, like=run)


def p_any_over(run: Run, school: str, year: int) -> float:
    """
    Return the probability that any class of a school is above its cap in a year. [1].

    In a starting grade in the classes planned, in a later one in those formed, splits included.
    """
    simulation, policy = run.simulation, run.policy
    over = np.zeros(simulation.draws, dtype=bool)
    for grade in simulation.grades:
        starts = policy.stage_of(grade).first == grade
        if policy.by_seats and not starts:
            continue
        odds = odds_in(simulation, run.plan, policy, school, grade, year)
        over |= odds.over_planned if starts else odds.demand > odds.cap * odds.possible
    return float(over.mean())


def _mild(lever: Lever) -> int:
    return MILD.index(lever.kind)


def _cost(levers: Sequence[Lever]) -> tuple[float, float, int]:
    """Return what a set costs: yuan, children who go elsewhere, and how strong it is."""
    yuan = sum(lever.yuan or 0.0 for lever in levers)
    return yuan, sum(lever.children for lever in levers), sum(_mild(lever) for lever in levers)


def _cheapest_set(
    run: Run, answer: Answer, levers: dict[int, list[Lever]]
) -> tuple[tuple[Lever, ...], Together | None]:
    """Return the cheapest set that works when it is carried out at once, and what came of it; nothing where none does."""
    working = [[lever for lever in tried if lever.works] for tried in levers.values()]
    if not working or not all(working):
        return (), None
    rehearsal = Rehearsal.of(run, answer.year)
    for chosen in sorted(product(*working), key=_cost)[:TRIALS]:
        receivers = {(to, lever.grade) for lever in chosen for to in lever.to}
        asked = {school for school, _ in answer.levers} | {to for to, _ in receivers}
        done = carry_out_together(
            rehearsal,
            chosen,
            grades=sorted(answer.labels),
            cap=None,
            level=answer.level,
            schools=asked,
        )
        if not any(place in answer.levers or place in receivers for place in done.at_risk):
            return tuple(sorted(chosen, key=_mild)), done
    return (), None


def _elsewhere(
    run: Run, school: str, year: int, level: float, open_in: Callable[[Run, Project, int], Run]
) -> Iterator[Elsewhere]:
    """Yield the projects of other schools that could be open in the year and help, the cheapest first."""
    before, names = p_any_over(run, school, year), project_names(run.district)
    rows = run.district["projects"].set_index("project")
    known = set(run.source["projects"]["project"])
    found = []
    for project in judged_projects(run):
        row = rows.loc[project.project]
        is_open = project.counted and project.opens is not None and project.opens <= year
        early = pd.notna(row["earliest"]) and int(row["earliest"]) > year
        if project.school == school or is_open or early or max(project.rooms) <= 0:
            continue
        stopped = pd.notna(row["status"]) and row["status"] == "stopped"
        if stopped or project.project not in known:
            continue
        try:
            p = p_any_over(open_in(run, project, year), school, year)
        except ScenarioError:
            continue  # it cannot open then, for a reason that its table or the scenario states
        if before - p > HELPS:
            found.append(
                Elsewhere(
                    project=project.project,
                    name=names[project.project],
                    school=project.school,
                    p_over=p,
                    yuan=None if pd.isna(row["cost_yuan"]) else float(row["cost_yuan"]),
                    brought_forward=project.counted,
                    works=below(p, level),
                )
            )
    yield from sorted(found, key=lambda one: (not one.works, one.yuan or 0.0, one.project))
