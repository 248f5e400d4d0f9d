"""Will a grade exceed its class-size cap? Where, by how many, how sure, and what prevents it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from planner.answers.levers import Lever, find_levers
from planner.answers.rehearsal import Rehearsal
from planner.errors import QuestionError
from planner.outcomes import Odds, odds_in
from planner.words import Text, current_language, percent, say

if TYPE_CHECKING:
    from collections.abc import Callable

    from planner.pipeline import Run

NAMED = 5
"""Schools that the sentence names; the rest are counted."""


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
    """A row a school and grade, the likeliest first: school, name, stage, grade, year, cap, expected, p10, p90,
    classes_planned, classes_possible, per_class, p_over_planned, p_over_possible, p_turned_away, expected_over,
    error."""
    p_any: float
    """Probability that at least one of the schools exceeds its cap in the classes planned. [1]"""
    error_any: float
    """Its Monte Carlo standard error. [1]"""
    draws: int
    levers: dict[tuple[str, int], list[Lever]] = field(default_factory=dict)
    """By school and grade; empty when none were asked for."""

    @property
    def at_risk(self) -> pd.DataFrame:
        """The rows of `table` that are at least as likely as `level`."""
        return self.table.loc[self.table["p_over_planned"] >= self.level]

    @property
    def sentence(self) -> str:
        """The answer in one sentence, in the current language."""
        risky = self.at_risk
        schools = self.table["school"].nunique()
        values: dict[str, Any] = {
            "grade": say("any grade") if self.grade is None else self.labels[self.grade],
            "year": self.year,
            "risky": risky["school"].nunique(),
            "schools": schools,
            "level": f"{self.level:.0%}",
            "over": f"{risky['expected_over'].sum():.0f}",
            "named": self._named(risky),
            "any": percent(self.p_any),
        }
        if not len(self.table):
            return say("No: no school teaches {grade} in {year}.", **values)
        if len(risky) and float(risky["p_over_planned"].iloc[0]) > 0.5:
            return say(
                "Yes, most likely: at {risky} of {schools} schools {grade} exceeds its cap in {year} with a"
                " probability of {level} or more: {named}. {over} children above the cap are expected there.",
                **values,
            )
        if len(risky):
            return say(
                "Perhaps: at {risky} of {schools} schools {grade} exceeds its cap in {year} with a probability of"
                " {level} or more, at none of them more likely than not: {named}. {over} children above the cap"
                " are expected there.",
                **values,
            )
        first = self.table.iloc[0]
        return say(
            "No, most likely: at none of {schools} schools does {grade} exceed its cap in {year} with a probability"
            " of {level} or more; the highest is {highest} at {name}.",
            highest=percent(float(first["p_over_planned"])),
            name=first["name"],
            **values,
        )

    def _named(self, rows: pd.DataFrame) -> Text | str:
        many = self.grade is None
        listed = ", ".join(
            f"{row['name']} {self.labels[row['grade']] + ' ' if many else ''}{percent(row['p_over_planned'])}"
            for row in rows.head(NAMED).to_dict("records")
        )
        more = len(rows) - NAMED
        return Text("{list} and {more} more", list=listed, more=more) if more > 0 else listed

    @property
    def remarks(self) -> list[str]:
        """What to know when reading the table."""
        return [
            say(
                "The probability that at least one school exceeds its cap is {p} (sampling error {error} points,"
                " {draws} draws).",
                p=percent(self.p_any),
                error=f"{100 * self.error_any:.1f}",
                draws=self.draws,
            ),
            say(
                "Demand counts every child entitled and expected, before anyone is turned away; with k classes, above"
                " the cap means at least cap x k + 1 children."
            ),
        ]

    def lever_lines(self) -> list[str]:
        """The levers as lines of text, in the current language."""
        names = self.table.set_index(["school", "grade"])["name"]
        if not self.levers:
            return [say("No school is at risk, so no lever was looked for.")]
        lines = []
        for key, levers in self.levers.items():
            lines.append(say("{name}, {grade}:", name=names[key], grade=self.labels[key[1]]))
            lines += [
                say(
                    "  {works} {text} Then {p} (there at most {there}); {children} children go elsewhere{cost}.",
                    works="✓" if lever.works else "✗",
                    text=lever.text,
                    p=percent(lever.p_over),
                    there=percent(lever.worst_elsewhere),
                    children=f"{lever.children:.0f}",
                    cost=Text("; {yuan} million yuan", yuan=f"{lever.yuan / 1e6:.1f}") if lever.yuan else "",
                )
                if lever.children
                else say(
                    "  {works} {text} Then {p}{cost}.",
                    works="✓" if lever.works else "✗",
                    text=lever.text,
                    p=percent(lever.p_over),
                    cost=Text("; {yuan} million yuan", yuan=f"{lever.yuan / 1e6:.1f}") if lever.yuan else "",
                )
                for lever in levers
            ]
            if not levers:
                lines.append(say("  No lever of these kinds can be tried here."))
        lines.append(say("✓ brings the school, and every school that takes children over, below the level."))
        return lines

    def as_json(self) -> dict[str, Any]:
        """Return the answer as plain values; probabilities and figures of every school."""
        columns = [
            "school", "grade", "year", "expected", "p10", "p90", "classes_planned", "classes_possible",
            "p_over_planned", "p_over_possible", "p_turned_away", "expected_over",
        ]  # fmt: skip
        schools = []
        for row in self.table.to_dict("records"):
            entry = {column: _plain(row[column]) for column in columns}
            entry |= {"name": row["name"], "cap": _plain(row["cap"]), "error": _plain(row["error"])}
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
    return {
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
        "per_class": odds.expected / odds.classes_planned if odds.classes_planned else np.nan,
        "p_over_planned": odds.p_over_planned,
        "p_over_possible": odds.p_over_possible,
        "p_turned_away": odds.p_turned_away,
        "expected_over": odds.expected_over,
        "error": odds.error,
    }


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

    Parameters
    ----------
    grade
        Grade; None asks about every grade.
    cap
        Class size asked about; None: the policy's cap of the grade in that year. [children]
    level
        Probability from which a school is at risk, and below which a lever has to bring it. [1]
    levers
        Whether to look for levers for every school at risk; each is tried out on the same draws.

    Raises
    ------
    QuestionError
        When the run has no such year or grade.
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
    if faults:
        raise QuestionError(*faults)
    column = "name" if current_language() == "zh" else "name_en"
    schools = run.district.schools
    names = schools[column].astype("string").fillna(schools["name"].astype("string"))
    rows, over = [], np.zeros(run.simulation.pupils.shape[-1], dtype=bool)
    for asked in run.simulation.grades if grade is None else (grade,):
        for school in run.plan.schools:
            odds = odds_in(run.simulation, run.plan, run.policy, school, asked, year, cap)
            if not odds.asked:
                continue
            rows.append(_row(run, school, asked, year, odds, str(names[school])))
            over |= odds.over_planned
    table = pd.DataFrame(rows)
    if len(table):
        table = table.sort_values(
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
    )
    if not levers or not len(table):
        return answer
    found: dict[tuple[str, int], list[Lever]] = {}
    rehearsal = Rehearsal.of(run, year)
    risky = [(str(school), int(of)) for school, of in answer.at_risk[["school", "grade"]].to_numpy().tolist()]
    for asked in sorted({of for _, of in risky}):
        of_grade = find_levers(
            rehearsal,
            stage=run.policy.stage_of(asked).stage,
            grade=asked,
            year=year,
            cap=cap,
            level=level,
            schools=[school for school, of in risky if of == asked],
            name=lambda school: str(names[school]),
            progress=progress,
        )
        found |= {(school, asked): tried for school, tried in of_grade.items()}
    return replace(answer, levers={key: found[key] for key in risky})
