"""Will a grade exceed its class-size cap? Where, by how many, how sure, and what prevents it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from planner.answers.answer import COLUMNS, Answer
from planner.answers.drivers import drivers_of
from planner.answers.joint import Chance, joint_of
from planner.answers.levers import find_levers
from planner.answers.question import settled
from planner.answers.reasons import reason_of
from planner.answers.record import base_rate, record_of
from planner.answers.rehearsal import Rehearsal
from planner.answers.standing import asked_of
from planner.answers.together import carry_out_together
from planner.words import Text, current_language

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from planner.answers.question import Question
    from planner.outcomes import Odds
    from planner.pipeline import Run


def _row(run: Run, school: str, grade: int, year: int, odds: Odds, name: str) -> dict[str, Any]:
    row = {
        "school": school,
        "name": name,
        "stage": run.policy.stage_of(grade).stage,
        "grade": grade,
        "year": year,
        "cap": odds.cap,
        "expected": odds.expected,
        "expected_error": odds.expected_error,
        **odds.quantiles,
        "classes_planned": odds.classes_planned,
        "classes_possible": odds.classes_possible,
        "seats": odds.seats,
        "per_class": odds.expected / odds.classes_planned if odds.classes_planned else np.nan,
        "p_over_planned": odds.p_over_planned,
        "p_over_possible": odds.p_over_possible,
        "p_turned_away": odds.p_turned_away,
        "expected_over": odds.expected_over,
        "expected_over_error": odds.expected_over_error,
        "error": odds.error,
        "error_possible": odds.error_of(odds.p_over_possible),
        "error_turned_away": odds.error_of(odds.p_turned_away),
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


def exceed(
    run: Run,
    *,
    grade: int | None,
    year: int,
    cap: int | None = None,
    level: float = 0.2,
    schools: Sequence[str] = (),
    areas: Sequence[str] = (),
    until: int | None = None,
    in_a_row: int | None = None,
    drivers: bool = False,
    record: bool = False,
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
    schools, areas
        Only these schools, by id or name, and those in these areas; all when none is named.
    until
        Last of several school years whose joint odds are asked for; only `year` when None.
    in_a_row
        Consecutive autumns within these years, or from `year` on, whose joint odds are asked for.
    drivers
        Whether to find where the uncertainty comes from, which draws anew.
    record
        Whether to find what forecasts of the last autumns would have said, which fits them again.
    levers
        Whether to look for levers for every school at risk; each is tried out on the same draws.
    progress
        Called with the step, how much of it is done, and how much there is.

    Raises
    ------
    QuestionError
        When the run has no such year, grade, school or area, the level is no probability, or classes are asked
        about where none are formed.
    """
    question = settled(
        run,
        grade=grade,
        year=year,
        until=until,
        schools=schools,
        areas=areas,
        cap=cap,
        level=level,
        in_a_row=in_a_row,
    )
    answer = _counted(run, question)
    if drivers:
        found = drivers_of(
            run, question.grades, year, step=Text("finding what is uncertain"), progress=progress
        )
        answer = replace(answer, drivers={key: found[key] for key in answer.names})
    if record:
        answer = replace(answer, record=record_of(run, *_past(run, question), progress=progress))
    return _with_levers(run, question, answer, progress) if levers and len(answer.at_risk) else answer


def _counted(run: Run, question: Question) -> Answer:
    """Return the answer that the run's own draws and the district's counts give."""
    names = _names(run.district.schools)
    rows, needed, errors, unhoused = [], {}, {}, {}
    for school, grade, odds in asked_of(
        run.simulation, run.plan, run.policy, question.grades, question.year, question.cap, question.schools
    ):
        rows.append(_row(run, school, grade, question.year, odds, names[school]))
        errors[school, grade] = odds.quantile_errors
        if not run.policy.by_seats:
            needed[school, grade] = {k: Chance(p, odds.error_of(p)) for k, p in odds.classes_odds().items()}
            stated = _classes_stated(run, school, grade, question.year)
            if stated > odds.classes_planned:
                unhoused[school, grade] = (stated, odds.classes_planned)
    table = pd.DataFrame(rows, columns=COLUMNS).sort_values(
        ["p_over_planned", "expected_over", "school", "grade"],
        ascending=[False, False, True, True],
        ignore_index=True,
    )
    present = set(table["school"])
    answer = Answer(
        grade=question.grade,
        year=question.year,
        level=question.level,
        labels={grade: run.policy.grade_label(grade) for grade in run.simulation.grades},
        table=table,
        joint=joint_of(
            run,
            [school for school in run.plan.schools if school in present],
            question.grades,
            question.years,
            cap=question.cap,
            in_a_row=question.in_a_row,
        ),
        draws=run.simulation.draws,
        cap=question.cap,
        asked=question.schools,
        by_seats=run.policy.by_seats,
        needed=needed,
        quantile_errors=errors,
        branches=_by_branch(run, table, question),
        unhoused=unhoused,
        base_rate=None if run.policy.by_seats else base_rate(run.source, *_past(run, question)),
    )
    found = {key: reason_of(run, *key, question.year) for key in _at_risk(answer)}
    return replace(answer, reasons={key: reason for key, reason in found.items() if reason is not None})


def _by_branch(run: Run, table: pd.DataFrame, question: Question) -> pd.DataFrame:
    """Return the odds by branch of the schools and grades asked about; of another cap than the policy's there are none."""
    if not run.worlds or question.cap is not None:
        return pd.DataFrame()
    given = run.outcomes["branches"]
    keys = table[["school", "name", "grade", "year"]]
    return given.merge(keys, on=["school", "grade", "year"], how="inner")


def _classes_stated(run: Run, school: str, grade: int, year: int) -> int:
    """Return the classes that the plan states for an intake; -1 where it leaves them to the rule, and for later grades."""
    stage, plan = run.policy.stage_of(grade), run.plan
    if grade != stage.first:
        return -1
    at = plan.schools.index(school), plan.stages.index(stage.stage), plan.years.index(year)
    return int(plan.classes[at])


def _past(run: Run, question: Question) -> tuple[list[str], dict[int, int]]:
    """Return the schools asked about, and the class size asked about by grade: that of the first year."""
    caps = run.policy.caps(question.grades, question.year)
    if question.cap is not None:
        caps = [question.cap] * len(caps)
    schools = [school for school in run.plan.schools if question.about(school)]
    return schools, dict(zip(question.grades, caps, strict=True))


def _at_risk(answer: Answer) -> list[tuple[str, int]]:
    """Return the schools and grades at risk, the likeliest first."""
    return [
        (str(school), int(grade)) for school, grade in answer.at_risk[["school", "grade"]].to_numpy().tolist()
    ]


def _with_levers(
    run: Run, question: Question, answer: Answer, progress: Callable[[Text, int, int], None] | None
) -> Answer:
    rehearsal = Rehearsal.of(run, question.year)
    found = find_levers(
        rehearsal,
        at_risk=_at_risk(answer),
        cap=question.cap,
        level=question.level,
        name=_names(run.district.schools).__getitem__,
        block=_blocks_named(run).__getitem__,
        progress=progress,
    )
    working = [next((lever for lever in tried if lever.works), None) for tried in found.values()]
    first = [lever for lever in working if lever is not None]
    together = (
        carry_out_together(
            rehearsal,
            first,
            grades=question.grades,
            cap=question.cap,
            level=question.level,
            schools=question.schools,
        )
        if first
        else None
    )
    return replace(answer, levers=found, together=together)
