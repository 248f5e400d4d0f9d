"""What a rule is: one dated threshold."""

from __future__ import annotations

import datetime as dt
from difflib import get_close_matches
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator

from planner.words import Text

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Number = TypeVar("Number", int, "NDArray[np.integer[Any]]")
"""A number, or an array of numbers."""

RULES = {
    "class_size": "child",
    "class_share": "1",
    "standard_class_size": "child",
    "school_size": "child",
    "classes_per_school": "class",
    "walk": "m",
    "small_school": "child",
}
"""Names of the rules that the planner acts on, with the unit of their threshold."""

OF_CLASSES = frozenset({"class_size", "class_share", "standard_class_size", "classes_per_school"})
"""Those that mean nothing where no classes are formed."""


class Record(BaseModel):
    """Frozen, keyword-only, extra fields forbidden."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


def parse_grades(text: str | int) -> tuple[int, int]:
    """
    Return the first and last grade of a range written as ``1-6`` or ``7``.

    Raises
    ------
    ValueError
        When it is no range of grades 0 to 13, lowest first.
    """
    return _parsed(str(text))


@cache
def _parsed(text: str) -> tuple[int, int]:
    """Parse a range once: rules ask for the same few ranges by the hundred thousand."""
    first, _, last = text.strip().replace("–", "-").partition("-")
    if not first.strip().isdecimal() or not (last.strip() or "0").isdecimal():
        raise ValueError(Text("{text} is no range of grades such as 1-6", text=repr(text)))
    low, high = int(first), int(last.strip() or first)
    if not 0 <= low <= high <= 13:
        raise ValueError(Text("{text} is no range of grades within 0 to 13, lowest first", text=repr(text)))
    return low, high


def judged_in(deadline: dt.date) -> int:
    """
    Return the school year in whose autumn count a deadline is judged.

    The first count on or after 1 September of the deadline's calendar year: "by the end of August 2020" and
    "by the end of 2020" are both judged on the autumn of 2020.
    """
    return deadline.year


def _as_day(value: object) -> object:
    """Take a bare year for 1 September of it."""
    if not isinstance(value, int) or isinstance(value, bool):
        return value
    if not 1900 <= value <= 2200:
        raise ValueError(Text("{value} is no year from 1900 to 2200", value=value))
    return dt.date(value, 9, 1)


Day = Annotated[dt.date, BeforeValidator(_as_day)]
"""A date, or a school year."""

Grades = Annotated[str, BeforeValidator(str)]
"""A grade range (``1-6``, ``7``), or ``start`` or ``other`` of the rule's stage, or empty for all its grades."""


class Rule(Record):
    """
    One dated threshold.

    The names that the planner acts on:

    ==================== ========================================================= ===========
    rule                 meaning                                                   unit
    ==================== ========================================================= ===========
    class_size           children in a class                                       child
    class_share          share of classes: ``at_least`` of those of at most        1
                         ``size``; ``at_most`` of those of at least ``size``
    standard_class_size  children per room when rooms are turned into seats        child
    school_size          children of a campus or legal school                      child
    classes_per_school   classes of a school                                       class
    walk                 metres from home to school                                m
    small_school         schools of fewer children count as small                  child
    ==================== ========================================================= ===========
    """

    rule: str
    """Name of the rule."""
    stage: str = ""
    """Stage it is about; empty: all stages, or given by `grades`."""
    grades: Grades = ""
    """Grade range, ``start`` or ``other`` of the stage; empty: all grades of the stage."""
    schools: Grades = ""
    """Range of grades that a school must teach for the rule to apply, as 1-9; empty: any."""
    level: Literal["class", "school", "district"] = "class"
    """What is measured against the threshold."""
    kind: Literal["limit", "target", "statistic"] = "limit"
    """limit: to be kept; target: to be reached; statistic: to be counted."""
    applies: Literal["entrants", "all"] = "all"
    """entrants: to year groups admitted from `since` on; all: to everybody in school."""
    at_most: float | None = None
    """Largest value that complies. [unit]"""
    at_least: float | None = None
    """Smallest value that complies; in a statistic, the smallest that is counted. [unit]"""
    size: int | None = None
    """Class size that a share refers to. [children]"""
    unit: str = ""
    """Unit of the threshold; empty: the rule's own."""
    since: Day | None = None
    """First day in force; from the autumn count in which that day is judged."""
    until: Day | None = None
    """Last day in force."""
    wording: str = ""
    """Words of the source."""
    source: str
    """Document that says so, with item."""

    @model_validator(mode="before")
    @classmethod
    def _own_unit(cls, given: object) -> object:
        """Fill in the unit of the rule's threshold."""
        if isinstance(given, dict) and not given.get("unit") and given.get("rule") in RULES:
            return {**given, "unit": RULES[given["rule"]]}
        return given

    @model_validator(mode="after")
    def _one_threshold(self) -> Rule:
        faults: list[Text] = []
        if self.rule not in RULES:
            close = get_close_matches(self.rule, RULES, n=1)
            faults.append(
                Text("there is no rule {rule}; did you mean {close}?", rule=repr(self.rule), close=close[0])
                if close
                else Text(
                    "there is no rule {rule}; known are {known}", rule=repr(self.rule), known=", ".join(RULES)
                )
            )
        elif self.unit != RULES[self.rule]:
            faults.append(
                Text(
                    "{rule} is counted in {own}, not in {unit}",
                    rule=self.rule,
                    own=RULES[self.rule],
                    unit=self.unit,
                )
            )
        if (self.at_most is None) == (self.at_least is None):
            faults.append(Text("{rule} needs at_most or at_least, one of the two", rule=self.rule))
        elif self.rule == "class_share" and not 0 <= self.threshold <= 1:
            faults.append(Text("a share lies between 0 and 1; write 95 % as 0.95"))
        elif self.rule != "class_share" and (self.threshold < 0 or not float(self.threshold).is_integer()):
            faults.append(Text("{value} is no whole number from 0 on", value=self.threshold))
        if self.rule == "class_share" and self.size is None:
            faults.append(Text("class_share needs the class size it refers to: size"))
        faults.extend(self._grade_faults())
        if self.since is not None and self.until is not None and self.until < self.since:
            faults.append(Text("until {until} lies before since {since}", until=self.until, since=self.since))
        if faults:
            raise ValueError(*faults)
        return self

    def _grade_faults(self) -> list[Text]:
        faults: list[Text] = []
        for grades in (self.grades if self.grades not in {"start", "other"} else "", self.schools):
            try:
                if grades:
                    parse_grades(grades)
            except ValueError as error:
                faults.extend(error.args)
        if self.grades in {"start", "other"} and not self.stage:
            faults.append(Text("grades = {grades} needs a stage", grades=repr(self.grades)))
        return faults

    @property
    def threshold(self) -> float:
        """The value stated: `at_most` or `at_least`. [unit]"""
        return (self.at_most if self.at_least is None else self.at_least) or 0.0

    def in_force(self, year: int) -> bool:
        """Whether the autumn count of the year is judged by the rule."""
        return (self.since is None or judged_in(self.since) <= year) and (
            self.until is None or year <= judged_in(self.until)
        )

    def allows(self, value: float) -> bool:
        """Whether the value complies with the threshold."""
        return (self.at_most is None or value <= self.at_most) and (
            self.at_least is None or value >= self.at_least
        )

    def counts(self, size: float) -> bool:
        """
        Whether a statistic or a share counts a class (or school, or way) of that size.

        A statistic counts what its threshold names: ``at_least = 56`` classes of 56 and more. A share counts
        the classes its share is of: with ``at_least`` those of at most `size`, with ``at_most`` those of at
        least `size`. A limit or a target counts what breaks it: ``at_most = 45`` classes of 46 and more.
        """
        if self.rule == "class_share":
            named = self.size or 0
            return size <= named if self.at_most is None else size >= named
        return self.allows(size) == (self.kind == "statistic")

    def largest_count(self, classes: Number) -> Number:
        """
        Return how many of so many classes a share with ``at_most`` lets be counted. [classes].

        Rounded down, exactly: of 80 classes 1 % is no class, of 100 one.
        """
        share = Fraction(str(1.0 if self.at_most is None else self.at_most))
        return classes * share.numerator // share.denominator

    def least_count(self, classes: Number) -> Number:
        """
        Return how many of so many classes a share with ``at_least`` asks to be counted. [classes].

        Rounded up, exactly: 95 % of 30 classes are 29.
        """
        share = Fraction(str(self.at_least or 0.0))
        return -(-classes * share.numerator // share.denominator)
