"""
Levers: single changes that bring a school's grade below its cap, from mild to strong, each tried out.

1. one class more, or several, in rooms that are free;
2. children diverted to a joint or neighbouring school that has seats to spare;
3. blocks moved to a neighbouring catchment;
4. a project of the school opened earlier, or opened at all.

Where more classes help but do not suffice, the levers after them come on top of them.

Each is stated as an edit of the scenario, so that a planner can paste it, and its effect is what carrying the
changed scenario out on the same draws gave, never an estimate.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from planner.capacity import judge_projects
from planner.district import neighbours
from planner.outcomes import Odds, odds_in
from planner.scenario import CatchmentEdit, ClassesEdit, DiversionEdit, ProjectEdit
from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from planner.answers.rehearsal import Rehearsal
    from planner.pipeline import Run

RECEIVERS = 4
"""Schools to which children are diverted or blocks moved, tried nearest first."""

RECORDS = {
    "classes": ClassesEdit,
    "diversions": DiversionEdit,
    "catchments": CatchmentEdit,
    "projects": ProjectEdit,
}
"""What an entry of each table of a scenario is."""

BLOCKS = 6
"""Blocks that one lever moves at most."""


@dataclass(frozen=True, kw_only=True)
class Lever:
    """One change, with what it did when it was carried out."""

    school: str
    grade: int
    kind: str
    """class, divert, blocks or project."""
    text: Text
    """What is done."""
    edits: dict[str, list[dict[str, Any]]]
    """Entries to add to tables of the scenario."""
    p_over: float
    """Probability that the school's grade exceeds its cap after the change, in the classes then planned. [1]"""
    worst_elsewhere: float
    """Highest probability after the change of a school that takes children over; 0 where none does. [1]"""
    children: float
    """Children who go to another school than before, a year. [children]"""
    yuan: float | None
    """Capital cost brought forward, where the project states one. [yuan]"""
    works: bool
    """Whether the school, and every school that takes children over, is then below the level."""

    def as_json(self) -> dict[str, Any]:
        """Return the lever as plain values."""
        return {
            "kind": self.kind,
            "text": str(self.text),
            "edits": self.edits,
            "p_over": round(self.p_over, 4),
            "worst_elsewhere": round(self.worst_elsewhere, 4),
            "children": round(self.children, 1),
            "yuan": self.yuan,
            "works": self.works,
        }


@dataclass(frozen=True, kw_only=True)
class _Case:
    """One school, grade and year for which levers are looked for."""

    run: Run
    rehearsal: Rehearsal
    stage: str
    grade: int
    year: int
    cap: int | None
    level: float
    school: str
    name: Callable[[str], str]
    opened: Lever | None = None
    """More classes in free rooms, on top of which the lever comes."""
    classes: int = 0
    """Classes planned then. [classes]"""

    @property
    def starts(self) -> bool:
        """Whether the grade is the starting grade of its stage."""
        return self.run.policy.stage(self.stage).first == self.grade

    def tried(
        self, table: str, entry: dict[str, Any], to: Sequence[str], *, text: Text, **facts: Any
    ) -> Lever:
        """Return the lever of one entry added to a table of the scenario, carried out."""
        edits = dict(self.opened.edits) if self.opened else {}
        edits[table] = [*edits.get(table, []), entry]
        added = self.run.scenario
        for name, entries in edits.items():
            record = RECORDS[name]
            records = (*getattr(added, name), *(record(**values) for values in entries))
            added = added.model_copy(update={name: records})
        done = self.rehearsal.carry_out(added)

        def after(school: str) -> float:
            odds = odds_in(done.simulation, done.plan, done.policy, school, self.grade, self.year, self.cap)
            return odds.p_over_planned

        here, there = after(self.school), max((after(school) for school in to), default=0.0)
        if self.opened:
            text = Text("{first} {then}", first=self.opened.text, then=text)
        return Lever(
            school=self.school,
            grade=self.grade,
            text=text,
            edits=edits,
            p_over=here,
            worst_elsewhere=there,
            works=here < self.level and there < self.level,
            **facts,
        )

    @property
    def now(self) -> Odds:
        """Odds of the school before anything is changed."""
        run = self.run
        return odds_in(run.simulation, run.plan, run.policy, self.school, self.grade, self.year, self.cap)


def _more_classes(case: _Case) -> Iterator[Lever]:
    """Yield the lever of as many classes more as are likely to find a free room."""
    now = case.now
    if (
        not case.starts
        or now.classes_possible <= now.classes_planned
        or now.p_over_possible >= now.p_over_planned
    ):
        return
    needed = next(
        (
            classes
            for classes in range(now.classes_planned + 1, now.classes_possible + 1)
            if now.p_over(classes) < case.level
        ),
        now.classes_possible,
    )
    yield case.tried(
        "classes",
        {
            "school": case.school,
            "stage": case.stage,
            "since": case.year,
            "until": case.year,
            "classes": needed,
        },
        (),
        kind="class",
        text=Text(
            "Open {more} more class(es) in free rooms: {classes} instead of {before}.",
            more=needed - now.classes_planned,
            classes=needed,
            before=now.classes_planned,
        ),
        children=0.0,
        yuan=None,
    )


def _receivers(case: _Case) -> list[str]:
    """Return the schools that the case's school offers children to, best first."""
    plan = case.run.plan
    ranked = plan.order[case.stage][plan.schools.index(case.school)]
    return [plan.schools[position] for position in ranked if position >= 0][:RECEIVERS]


def _excess(case: _Case) -> int:
    """Return how many entrants fewer bring the school below the level. [children]."""
    now, classes = case.now, case.classes or case.now.classes_planned
    quantile = np.quantile(now.demand, 1 - case.level * 0.9, method="higher")
    return max(int(np.ceil(quantile)) - now.cap * classes, 1)


def _diverted(case: _Case) -> Iterator[Lever]:
    """Yield the levers of the excess diverted to one school each."""
    if not case.starts:
        return
    children = _excess(case)
    for to in _receivers(case):
        yield case.tried(
            "diversions",
            {
                "from_school": case.school,
                "to_school": to,
                "stage": case.stage,
                "since": case.year,
                "until": case.year,
                "children": children,
            },
            (to,),
            kind="divert",
            text=Text("Divert {children} entrants to {to}.", children=children, to=case.name(to)),
            children=float(children),
            yuan=None,
        )


def _in_one_piece(blocks: set[str], borders: dict[str, set[str]]) -> bool:
    if not blocks:
        return False
    seen, edge = set(), [min(blocks)]
    while edge:
        block = edge.pop()
        if block not in seen:
            seen.add(block)
            edge += borders.get(block, set()) & blocks
    return seen == blocks


def _pieces(
    own: set[str], other: set[str], children: Mapping[str, float], needed: float, borders: dict[str, set[str]]
) -> list[str]:
    """
    Return blocks of `own` along the border with `other` that hold at least `needed` children; empty when none do.

    Block by block, the one next whose children come closest to what is still needed; what stays behind is kept
    in one piece if it was.
    """
    whole_before = _in_one_piece(own, borders)
    left, taken, reached = set(own), [], set(other)
    while needed > 0 and len(taken) < BLOCKS:
        edge = sorted(block for block in left if borders.get(block, set()) & reached and children[block] > 0)
        edge = [block for block in edge if not whole_before or _in_one_piece(left - {block}, borders)]
        if not edge:
            return []
        best = min(edge, key=lambda block: (abs(children[block] - needed), block))
        taken.append(best)
        left.remove(best)
        reached.add(best)
        needed -= children[best]
    return taken if needed <= 0 else []


def _moved_blocks(case: _Case, borders: dict[str, set[str]]) -> Iterator[Lever]:
    """Yield the levers of border blocks moved to one neighbouring catchment each."""
    if not case.starts:
        return
    run, plan = case.run, case.run.plan
    e, t = plan.stages.index(case.stage), plan.years.index(case.year)
    means = run.simulation.block_entrants[e, :, t].astype(float).tolist()
    children: dict[str, float] = dict(zip(plan.blocks, means, strict=True))
    held: NDArray[np.int16] = plan.catchment_of[e, :, t]
    keys = [plan.catchments[position].key if position >= 0 else "" for position in held]
    of: dict[str, set[str]] = {}
    for block, key in zip(plan.blocks, keys, strict=True):
        of.setdefault(key, set()).add(block)
    needed = float(_excess(case))
    for to in _receivers(case):
        if case.school not in of or to not in of:
            continue
        blocks = _pieces(of[case.school], of[to], children, needed, borders)
        if not blocks:
            continue
        yield case.tried(
            "catchments",
            {"blocks": blocks, "schools": [to], "stage": case.stage, "since": case.year},
            (to,),
            kind="blocks",
            text=Text(
                "Move {count} block(s) to the catchment of {to}: {blocks}.",
                count=len(blocks),
                to=case.name(to),
                blocks=", ".join(blocks),
            ),
            children=sum(children[block] for block in blocks),
            yuan=None,
        )


def _earlier_projects(case: _Case) -> Iterator[Lever]:
    """Yield the levers of the school's own projects that are not open in the year but could be."""
    run = case.run
    judged = judge_projects(run.district, certainty=run.scenario.assumptions.certainty)
    counted = {project.project: project for project in judged}
    for row in run.district["projects"].to_dict("records"):
        project = counted.get(str(row["project"]))
        earliest = row["earliest"]
        too_early = not pd.isna(earliest) and int(earliest) > case.year
        stopped = str(row["status"]) == "stopped" or row["kind"] in {"closure", "upgrade"}
        if row["school"] != case.school or stopped or too_early or project is None:
            continue
        if project.counted and project.opens is not None and project.opens <= case.year:
            continue
        cost = None if pd.isna(row["cost_yuan"]) else float(row["cost_yuan"])
        dated = Text("not dated") if pd.isna(row["opens"]) else Text("{year}", year=int(row["opens"]))
        yield case.tried(
            "projects",
            {"project": str(row["project"]), "opens": case.year},
            (),
            kind="project",
            text=Text(
                "Open project {project} in {year} (planned: {dated}).",
                project=row["project"],
                year=case.year,
                dated=dated,
            ),
            children=0.0,
            yuan=cost,
        )


def _best(levers: Iterator[Lever]) -> list[Lever]:
    """Return the first lever that works, else the one that brings the odds down most; none when there is none."""
    tried: list[Lever] = []
    for lever in levers:
        if lever.works:
            return [lever]
        tried.append(lever)
    return sorted(tried, key=lambda lever: max(lever.p_over, lever.worst_elsewhere))[:1]


def find_levers(
    rehearsal: Rehearsal,
    *,
    stage: str,
    grade: int,
    year: int,
    cap: int | None,
    level: float,
    schools: Sequence[str],
    name: Callable[[str], str],
    progress: Callable[[Text, int, int], None] | None = None,
) -> dict[str, list[Lever]]:
    """
    Return the levers of each school, mild before strong; of each kind the first that works, else the best.

    Parameters
    ----------
    schools
        Schools whose grade is likelier than `level` to exceed the cap.
    name
        How a school is called in a text.
    """
    run = rehearsal.run
    pairs = neighbours(run.district.blocks)
    borders: dict[str, set[str]] = {}
    for one, other in zip(pairs.iloc[:, 0].astype(str), pairs.iloc[:, 1].astype(str), strict=True):
        borders.setdefault(one, set()).add(other)
        borders.setdefault(other, set()).add(one)
    found: dict[str, list[Lever]] = {}
    for position, school in enumerate(schools):
        case = _Case(
            run=run,
            rehearsal=rehearsal,
            stage=stage,
            grade=grade,
            year=year,
            cap=cap,
            level=level,
            school=school,
            name=name,
        )
        kept = _best(_more_classes(case))
        if kept and not kept[0].works:
            opened = kept[0].edits["classes"][0]["classes"]
            case = replace(case, opened=kept[0], classes=opened)
        for kind in (_diverted(case), _moved_blocks(case, borders), _earlier_projects(case)):
            kept += _best(kind)
        found[school] = kept
        if progress is not None:
            progress(Text("trying levers"), position + 1, len(schools))
    return found
