"""All first levers at once: whether what helps each school alone still helps when it is done everywhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from planner.answers.standing import asked_of, below

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence

    from planner.answers.rehearsal import Rehearsal
    from planner.answers.trial import Lever

ROUNDS = 3
"""How often the levers are carried out at most, with more classes where several of them fill a school."""


@dataclass(frozen=True, kw_only=True)
class Together:
    """The first lever that works of every school at risk, all of them carried out at once."""

    levers: int
    """How many."""
    edits: Mapping[str, Sequence[Mapping[str, Any]]]
    """Entries to add to tables of the scenario; classes of a school are those that all of them need."""
    p_any: float
    """Probability that at least one school then exceeds its cap: in the classes planned; of a later grade that a
    lever is for, in the classes formed. [1]"""
    error_any: float
    """Its Monte Carlo standard error. [1]"""
    at_risk: tuple[tuple[str, int], ...]
    """Schools and grades that are then at the level or above."""

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "levers": self.levers,
            "p_any": round(self.p_any, 4),
            "error": round(self.error_any, 4),
            "at_risk": [{"school": school, "grade": grade} for school, grade in self.at_risk],
            "edits": {table: [dict(entry) for entry in entries] for table, entries in self.edits.items()},
        }


def carry_out_together(
    rehearsal: Rehearsal,
    levers: Sequence[Lever],
    *,
    grades: Sequence[int],
    cap: int | None,
    level: float,
    schools: Container[str] | None = None,
) -> Together:
    """
    Carry out one lever of each of several schools at once.

    A school that several levers send children to opens as many classes as all of them need, while rooms are free.
    Of two levers that move the same block, the first holds.

    Parameters
    ----------
    levers
        One of each school and grade.
    grades
        Grades asked about: all of their schools are judged again.
    schools
        Only these are judged; all when None.
    """
    base, policy = rehearsal.base(), rehearsal.run.policy
    entries, planned = _merged(levers)
    rounds = 0
    while True:
        rounds += 1
        edits = entries | {"classes": list(planned.values())} if planned else entries
        done = rehearsal.carry_out(edits)
        full: dict[tuple[str, str], int] = {}
        for school, stage in planned:
            grade = policy.stage(stage).first
            now = done.standing(school, grade, cap)
            classes = now.classes_for(level) or now.best_classes()
            if classes > now.planned:
                full[school, stage] = classes
        if not full or rounds == ROUNDS:
            break
        planned |= {key: {**planned[key], "classes": classes} for key, classes in full.items()}
    eased = {(lever.school, lever.grade) for lever in levers}
    over = np.zeros(done.simulation.pupils.shape[-1], dtype=bool)
    at_risk = []
    asked = asked_of(done.simulation, done.plan, policy, grades, rehearsal.year, cap, schools)
    for school, grade, odds in asked:
        exceeds = odds.over_planned
        if policy.stage_of(grade).first == grade:
            exceeds = done.standing(school, grade, cap).over(base.standing(school, grade, cap))
        elif (school, grade) in eased:
            exceeds = done.standing(school, grade, cap).over()
        over |= exceeds
        if not below(float(exceeds.mean()), level):
            at_risk.append((school, grade))
    p_any = float(over.mean())
    return Together(
        levers=len(levers),
        edits=edits,
        p_any=p_any,
        error_any=float(np.sqrt(p_any * (1 - p_any) / len(over))),
        at_risk=tuple(at_risk),
    )


def _merged(
    levers: Sequence[Lever],
) -> tuple[dict[str, list[Mapping[str, Any]]], dict[tuple[str, str], Mapping[str, Any]]]:
    """Return the entries of all levers by table, and classes by school and stage, the most that any of them states."""
    entries: dict[str, list[Mapping[str, Any]]] = {}
    planned: dict[tuple[str, str], Mapping[str, Any]] = {}
    moved: set[tuple[str, str]] = set()
    for lever in levers:
        blocks = {
            (entry["stage"], block)
            for entry in lever.edits.get("catchments", ())
            for block in entry["blocks"]
        }
        if blocks & moved:
            continue
        moved |= blocks
        for table, added in lever.edits.items():
            for entry in added:
                if table != "classes":
                    entries.setdefault(table, []).append(entry)
                    continue
                key = entry["school"], entry["stage"]
                held = planned.get(key)
                planned[key] = entry if held is None or entry["classes"] > held["classes"] else held
    return entries, planned
