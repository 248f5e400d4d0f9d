"""The answer to a question about class sizes: tables, odds and what else was asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from planner.answers.sentences import lever_lines_of, likelihood, remarks_of, sentence_of
from planner.answers.standing import below
from planner.outcomes import QUANTILES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.answers.drivers import Drivers
    from planner.answers.joint import Chance, Joint
    from planner.answers.reasons import Reason
    from planner.answers.record import BaseRate, TrackRecord
    from planner.answers.together import Together
    from planner.answers.trial import Lever

COLUMNS = [
    "school", "name", "stage", "grade", "year", "cap", "expected", "expected_error", *QUANTILES, "classes_planned",
    "classes_possible", "seats", "per_class", "p_over_planned", "p_over_possible", "p_turned_away", "expected_over",
    "expected_over_error", "error", "error_possible", "error_turned_away",
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
    year, cap, expected, expected_error, the quantiles p025 to p975, classes_planned, classes_possible, seats (within
    the cap of the classes planned), per_class (missing without classes), p_over_planned, p_over_possible,
    p_turned_away, expected_over, expected_over_error, and error, error_possible, error_turned_away of the three odds.
    Where planned by seats: seats are those that the other grades leave, the odds are of more entrants than these, and
    cap and classes are missing."""
    joint: Joint
    """Schools and autumns together."""
    draws: int
    cap: int | None = None
    """Class size asked about; None: the policy's of each grade and year. [children]"""
    asked: tuple[str, ...] | None = None
    """Schools asked about; None: all."""
    by_seats: bool = False
    """Whether the policy plans by seats: there are no classes, only starting grades are asked about."""
    needed: Mapping[tuple[str, int], Mapping[int, Chance]] = field(default_factory=dict)
    """By school and grade: the probability that at least k classes are needed, by k; see `Odds.classes_odds`."""
    quantile_errors: Mapping[tuple[str, int], Mapping[str, float]] = field(default_factory=dict)
    """By school and grade: Monte Carlo standard errors of the quantiles of `table`. [children]"""
    branches: pd.DataFrame = field(default_factory=pd.DataFrame)
    """Of the schools and grades of `table`, by the branches of the scenario's open questions: question, branch, chance,
    draws, school, name, stage, grade, year, p_over_planned, error; empty where nothing is open. Levers and drivers
    are of the scenario as it stands."""
    unhoused: Mapping[tuple[str, int], tuple[int, int]] = field(default_factory=dict)
    """By school and starting grade: classes that the scenario or the plan states, and the fewer that find a room in
    half of the draws. [classes]"""
    reasons: Mapping[tuple[str, int], Reason] = field(default_factory=dict)
    """By school and grade, of those at risk: why so many children are expected."""
    base_rate: BaseRate | None = None
    """How often the same was counted; None without classes counted."""
    drivers: Mapping[tuple[str, int], Drivers] = field(default_factory=dict)
    """By school and grade, of those in `table`; empty when not asked for."""
    record: TrackRecord | None = None
    """What forecasts of the past said of the same question; None when not asked for, or without any."""
    levers: dict[tuple[str, int], list[Lever]] = field(default_factory=dict)
    """By school and grade, of those at risk; empty when none were asked for."""
    together: Together | None = None
    """The first lever that works of each, carried out at once; None when there is none."""

    @property
    def p_any(self) -> float:
        """Probability that at least one of the schools exceeds its cap in the classes planned. [1]."""
        return self.joint.some.years[self.year].p

    @property
    def error_any(self) -> float:
        """Its Monte Carlo standard error. [1]."""
        return self.joint.some.years[self.year].error

    @property
    def at_risk(self) -> pd.DataFrame:
        """The rows of `table` that are at least as likely as `level`."""
        return self.table.loc[[not below(p, self.level) for p in self.table["p_over_planned"]]]

    @property
    def names(self) -> dict[tuple[str, int], str]:
        """How the school of each row of `table` is called, by school and grade."""
        return {
            (str(school), int(grade)): str(name)
            for school, grade, name in self.table[["school", "grade", "name"]].to_numpy().tolist()
        }

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

    def chance(self, share: float, error: float) -> str:
        """Return a probability as `likelihood` does, its sampling error in percentage points beside it where it has one."""
        said = self.likelihood(share)
        return f"{said} ±{100 * error:.1f}" if 0 < share < 1 else said

    def lever_lines(self) -> list[str]:
        """Return the levers as lines of text, in the current language."""
        return lever_lines_of(self)

    def as_json(self) -> dict[str, Any]:
        """Return the answer as plain values; probabilities and figures of every school, each with its error."""
        return {
            "answer": self.sentence,
            "grade": "any" if self.grade is None else self.grade,
            "year": self.year,
            "level": self.level,
            "p_any": round(self.p_any, 4),
            "error": round(self.error_any, 4),
            "draws": self.draws,
            "schools": [self._row_as_json(row) for row in self.table.to_dict("records")],
            "joint": self.joint.as_json(),
            "base_rate": None if self.base_rate is None else self.base_rate.as_json(),
            "track_record": None if self.record is None else self.record.as_json(),
            "together": None if self.together is None else self.together.as_json(),
        }

    def _row_as_json(self, row: Mapping[Any, Any]) -> dict[str, Any]:
        key = (row["school"], row["grade"])
        errors = self.quantile_errors.get(key, {})
        drivers, reason = self.drivers.get(key), self.reasons.get(key)
        return {column: _plain(row[column]) for column in COLUMNS} | {
            "quantiles": [
                {"share": share, "children": _plain(row[name]), "error": _plain(errors.get(name))}
                for name, share in QUANTILES.items()
            ],
            "classes_needed": [
                {"at_least": classes, **chance.as_json()}
                for classes, chance in self.needed.get(key, {}).items()
            ],
            "drivers": None if drivers is None else drivers.as_json(),
            "because": None if reason is None else reason.as_json(),
            "branches": self._branches_of(*key),
            "track_record": [] if self.record is None else _cases(self.record.of(*key)),
            "levers": [lever.as_json() for lever in self.levers.get(key, [])],
        }

    def _branches_of(self, school: str, grade: int) -> list[dict[str, Any]]:
        if self.branches.empty:
            return []
        rows = self.branches.loc[(self.branches["school"] == school) & (self.branches["grade"] == grade)]
        columns = ["question", "branch", "chance", "draws", "p_over_planned", "error"]
        return [{column: _plain(row[column]) for column in columns} for row in rows.to_dict("records")]


def _cases(cases: pd.DataFrame) -> list[dict[str, Any]]:
    columns = ["year", "cap", "classes", "stated", "happened"]
    return [
        {column: bool(row[column]) if column == "happened" else _plain(row[column]) for column in columns}
        for row in cases.to_dict("records")
    ]


def _plain(value: Any) -> Any:
    if pd.isna(value):
        return None
    if isinstance(value, str):
        return value
    return (
        int(value) if float(value).is_integer() and not isinstance(value, float) else round(float(value), 4)
    )
