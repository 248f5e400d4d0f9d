"""Will a grade exceed its class-size cap? Where, by how many, how sure, and what prevents it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from planner.answers.levers import find_levers
from planner.answers.rehearsal import Rehearsal
from planner.answers.sentences import lever_lines_of, likelihood, remarks_of, sentence_of
from planner.answers.standing import asked_of, below
from planner.answers.together import Together, carry_out_together
from planner.errors import QuestionError
from planner.words import Text, current_language

if TYPE_CHECKING:
    from collections.abc import Callable

    from planner.answers.trial import Lever
    from planner.outcomes import Odds
    from planner.pipeline import Run

COLUMNS = [
    "school", "name", "stage", "grade", "year", "cap", "expected", "p10", "p90", "classes_planned", "classes_possible",
    "seats", "per_class", "p_over_planned", "p_over_possible", "p_turned_away", "expected_over", "error",
]  # fmt: skip
"""Columns of `Answer.table`."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The answer to one question about class sizes."""

    grade: int | None
    """None: any grade."""
    year: int
    level: float
    """Probability from which a school is named. [1]"""
    labels: dict[int, str]
    """How each grade is called."""
    table: pd.DataFrame
    """A row a school and grade, the likeliest first: school, name (in the language that was current), stage, grade,
    year, cap, expected, p10, p90, classes_planned, classes_possible, seats (within the cap of the classes planned),
    per_class (missing without classes), p_over_planned, p_over_possible, p_turned_away, expected_over, error (of
    p_over_planned). Where planned by seats: seats are those that the other grades leave, the odds are of more
    entrants than these, and cap and classes are missing."""
    p_any: float
    """Probability that at least one of the schools exceeds its cap in the classes planned. [1]"""
    error_any: float
    """Its Monte Carlo standard error. [1]"""
    draws: int
    by_seats: bool = False
    """Whether the policy plans by seats: there are no classes, only starting grades are asked about."""
    levers: dict[tuple[str, int], list[Lever]] = field(default_factory=dict)
    """By school and grade, of those at risk; empty when none were asked for."""
    together: Together | None = None
    """The first lever that works of each, carried out at once; None when there is none."""

    @property
    def at_risk(self) -> pd.DataFrame:
        """The rows of `table` that are at least as likely as `level`."""
        return self.table.loc[[not below(p, self.level) for p in self.table["p_over_planned"]]]

    @property
    def sentence(self) -> str:
        """The answer in one sentence, in the current language."""
        return sentence_of(self)

    @property
    def remarks(self) -> list[str]:
        """What to know when reading the table, in the current language."""
        return remarks_of(self)

    def likelihood(self, share: float) -> str:
        """Return a probability of the answer as whole per cent, never as certainty."""
        return likelihood(share, self.draws)

    def lever_lines(self) -> list[str]:
        """Return the levers as lines of text, in the current language."""
        return lever_lines_of(self)

    def as_json(self) -> dict[str, Any]:
        """Return the answer as plain values; probabilities and figures of every school."""
        columns = [
            "school", "grade", "year", "expected", "p10", "p90", "classes_planned", "classes_possible",
            "p_over_planned", "p_over_possible", "p_turned_away", "expected_over",
        ]  # fmt: skip
        schools = []
        for row in self.table.to_dict("records"):
            entry = {column: _plain(row[column]) for column in columns}
            entry |= {
                column: _plain(row[column])
                for column in ("name", "stage", "cap", "seats", "per_class", "error")
            }
            entry["levers"] = [
                lever.as_json() for lever in self.levers.get((row["school"], row["grade"]), [])
            ]
            schools.append(entry)
        return {
            "answer": self.sentence,
            "grade": "any" if self.grade is None else self.grade,
            "year": self.year,
            "level": self.level,
            "p_any": round(self.p_any, 4),
            "error": round(self.error_any, 4),
            "draws": self.draws,
            "schools": schools,
            "together": None if self.together is None else self.together.as_json(),
        }


def _plain(value: Any) -> Any:
    if pd.isna(value):
        return None
    if isinstance(value, str):
        return value
    return (
        int(value) if float(value).is_integer() and not isinstance(value, float) else round(float(value), 4)
    )


def _row(run: Run, school: str, grade: int, year: int, odds: Odds, name: str) -> dict[str, Any]:
    row = {
        "school": school,
        "name": name,
        "stage": run.policy.stage_of(grade).stage,
        "grade": grade,
        "year": year,
        "cap": odds.cap,
        "expected": odds.expected,
        "p10": odds.p10,
        "p90": odds.p90,
        "classes_planned": odds.classes_planned,
        "classes_possible": odds.classes_possible,
        "seats": odds.seats,
        "per_class": odds.expected / odds.classes_planned if odds.classes_planned else np.nan,
        "p_over_planned": odds.p_over_planned,
        "p_over_possible": odds.p_over_possible,
        "p_turned_away": odds.p_turned_away,
        "expected_over": odds.expected_over,
        "error": odds.error,
    }
    if run.policy.by_seats:
        row |= dict.fromkeys(("cap", "classes_planned", "classes_possible", "per_class"), np.nan)
    return row


def _names(table: pd.DataFrame) -> dict[str, str]:
    """Return how each school or block is called in the current language; by its id where it has no name."""
    columns = ["name"] if current_language() == "zh" else ["name_en", "name"]
    found = {str(key): str(key) for key in table.index}
    for column in reversed(columns):
        found |= {str(key): str(name) for key, name in table[column].dropna().items()}
    return found


def _blocks_named(run: Run) -> dict[str, str]:
    """Return how each block is called: its id, and its name where it has one."""
    return {key: key if name == key else f"{key} {name}" for key, name in _names(run.district.blocks).items()}


def _check(run: Run, grade: int | None, year: int, cap: int | None, level: float) -> None:
    """
    Raise what keeps a question from being answered.

    Raises
    ------
    QuestionError
        With every fault.
    """
    faults = []
    if year not in run.plan.years:
        faults.append(
            Text(
                "{year} is not within the run's school years {first} to {last}. Ask about one of them, or set until"
                " in the scenario.",
                year=year,
                first=run.plan.years[0],
                last=run.plan.years[-1],
            )
        )
    if grade is not None and grade not in run.simulation.grades:
        faults.append(
            Text(
                "No school of the run teaches grade {grade}. Ask about one of the grades {first} to {last}.",
                grade=grade,
                first=run.simulation.grades[0],
                last=run.simulation.grades[-1],
            )
        )
    elif grade is not None and run.policy.by_seats and grade not in _asked(run, None):
        faults.append(
            Text(
                "The policy forms no classes, and the seats of a school are not divided among its grades: ask about a"
                " starting grade ({starts}), for which the seats count that the others leave.",
                starts=", ".join(str(start) for start in _asked(run, None)),
            )
        )
    if cap is not None and run.policy.by_seats:
        faults.append(
            Text("The policy forms no classes, so no class size can be asked about: leave cap out.")
        )
    if not 0 <= level <= 1:
        faults.append(Text("The level is a probability from 0 to 1, not {level}.", level=level))
    if faults:
        raise QuestionError(*faults)


def _asked(run: Run, grade: int | None) -> list[int]:
    """Return the grades asked about: the one given; else all, or where planned by seats the starting grades."""
    if grade is not None:
        return [grade]
    if run.policy.by_seats:
        return [run.policy.stage(stage).first for stage in run.simulation.stages]
    return list(run.simulation.grades)


def exceed(
    run: Run,
    *,
    grade: int | None,
    year: int,
    cap: int | None = None,
    level: float = 0.2,
    levers: bool = False,
    progress: Callable[[Text, int, int], None] | None = None,
) -> Answer:
    """
    Answer whether a grade exceeds its class-size cap in a year.

    Where the policy plans by seats: whether a starting grade has more entrants than the other grades leave seats.

    Parameters
    ----------
    grade
        Grade; None asks about every grade, where planned by seats about every starting grade.
    cap
        Class size asked about; None: the policy's cap of the grade in that year. [children]
    level
        Probability from which a school is at risk, and below which a lever has to bring it; at 0, every school
        that exceeds its cap in any draw is. [1]
    levers
        Whether to look for levers for every school at risk; each is tried out on the same draws.

    Raises
    ------
    QuestionError
        When the run has no such year or grade, the level is no probability, or classes are asked about where none
        are formed.
    """
    _check(run, grade, year, cap, level)
    names = _names(run.district.schools)
    asked = _asked(run, grade)
    rows, over = [], np.zeros(run.simulation.draws, dtype=bool)
    for school, of, odds in asked_of(run.simulation, run.plan, run.policy, asked, year, cap):
        rows.append(_row(run, school, of, year, odds, names[school]))
        over |= odds.over_planned
    table = pd.DataFrame(rows, columns=COLUMNS).sort_values(
        ["p_over_planned", "expected_over", "school", "grade"],
        ascending=[False, False, True, True],
        ignore_index=True,
    )
    p_any = float(over.mean())
    answer = Answer(
        grade=grade,
        year=year,
        level=level,
        labels={grade: run.policy.grade_label(grade) for grade in run.simulation.grades},
        table=table,
        p_any=p_any,
        error_any=float(np.sqrt(p_any * (1 - p_any) / len(over))),
        draws=len(over),
        by_seats=run.policy.by_seats,
    )
    if not levers or not len(answer.at_risk):
        return answer
    rehearsal = Rehearsal.of(run, year)
    risky = [(str(school), int(of)) for school, of in answer.at_risk[["school", "grade"]].to_numpy().tolist()]
    found = find_levers(
        rehearsal,
        at_risk=risky,
        cap=cap,
        level=level,
        name=names.__getitem__,
        block=_blocks_named(run).__getitem__,
        progress=progress,
    )
    working = [next((lever for lever in tried if lever.works), None) for tried in found.values()]
    first = [lever for lever in working if lever is not None]
    together = carry_out_together(rehearsal, first, grades=asked, cap=cap, level=level) if first else None
    return replace(answer, levers=found, together=together)
