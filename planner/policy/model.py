"""What a stage and a policy are."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Literal

from pydantic import Field, field_validator, model_validator

from planner.errors import PolicyError
from planner.policy.rule import OF_CLASSES, Grades, Record, Rule, judged_in, parse_grades
from planner.words import Text, current_language

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["ClassRules", "Entry", "Grades", "Policy", "Record", "Rule", "Stage", "judged_in", "parse_grades"]


class Stage(Record):
    """A named range of grades that children enter together and pass through at one school."""

    stage: str
    """Id: primary, junior, senior, ..."""
    grades: Grades
    name: str
    name_zh: str

    @property
    def first(self) -> int:
        """Starting grade."""
        return parse_grades(self.grades)[0]

    @property
    def last(self) -> int:
        """Last grade."""
        return parse_grades(self.grades)[1]

    @property
    def label(self) -> str:
        """Name in the current language."""
        return self.name_zh if current_language() == "zh" else self.name

    def __contains__(self, grade: int) -> bool:
        return self.first <= grade <= self.last

    @field_validator("stage")
    @classmethod
    def _is_word(cls, stage: str) -> str:
        """Refuse what could not stand in the name of a file: maps are called by their stage."""
        if not re.fullmatch(r"\w[\w-]{0,39}", stage):
            raise ValueError(
                Text(
                    "stage {stage}: write its id as one word of letters, digits, - or _, at most 40",
                    stage=repr(stage[:24]),
                )
            )
        return stage

    @field_validator("grades")
    @classmethod
    def _is_range(cls, grades: str) -> str:
        parse_grades(grades)
        return grades


class Entry(Record):
    """When children enter the first grade."""

    age: int = Field(default=6, ge=2, le=10)
    """Completed years of age that the cut-off asks for. [years]"""
    cut_off: str = "08-31"
    """Month and day by which the age must be reached: in the calendar year of entry; a day of January to May
    lies in the school year, in the calendar year after."""
    first_grade: int = Field(default=1, ge=0, le=13)
    """Grade they enter."""
    birth_lags: dict[int, float] = Field(default_factory=dict)
    """Years from a birth figure to entry, with weights; empty: derived from age and cut-off (7 and 6 years with 1/3 and 2/3 for 31 August)."""

    @field_validator("cut_off")
    @classmethod
    def _is_day(cls, cut_off: str) -> str:
        try:
            dt.date.fromisoformat(f"2000-{cut_off}")
        except ValueError:
            raise ValueError(Text("{text} is no month and day such as 08-31", text=repr(cut_off))) from None
        return cut_off

    @field_validator("birth_lags")
    @classmethod
    def _sum_to_one(cls, birth_lags: dict[int, float]) -> dict[int, float]:
        total = sum(birth_lags.values())
        if birth_lags and (abs(total - 1) > 0.001 or min(birth_lags.values()) < 0):
            raise ValueError(
                Text(
                    "the weights of birth_lags must sum to 1, none below 0; they sum to {total:.4g}",
                    total=total,
                )
            )
        return birth_lags

    @property
    def lag(self) -> int:
        """Years from the calendar year in which a birth cohort closes to the autumn in which it enters. [years]"""
        return self.age - (int(self.cut_off[:2]) <= 5)

    def lags(self) -> dict[int, float]:
        """
        Return the weights of births of earlier calendar years in the entrants of an autumn. [years: 1].

        Of the children who are `age` by the cut-off, those born after the cut-off's day in the earlier of the
        two calendar years are (12 - m)/12 of a year's births, m being the cut-off's month; the others m/12.
        """
        if self.birth_lags:
            return self.birth_lags
        later = int(self.cut_off[:2]) / 12
        return {self.lag + 1: 1 - later, self.lag: later} if later < 1 else {self.lag: 1.0}


class ClassRules(Record):
    """How whole classes are formed."""

    formation: Literal["kept", "reformed", "none"] = "kept"
    """kept: a class formed at entry stays until the stage ends, split or merged if need be; reformed: formed anew each
    year; none: pupils choose courses and no classes are formed, so a school is planned by its stated seats alone."""
    worst: int = Field(default=65, ge=1, le=200)
    """Largest class anybody would open. [children]"""
    worst_in: dict[int, int] = Field(default_factory=dict)
    """The same for grades where it differs. [children]"""
    least: int = Field(default=1, ge=1, le=60)
    """Children needed to open one more class of a grade; a grade's only class may be smaller. [children]"""
    split_at: int | None = Field(default=None, ge=2, le=200)
    """A class of this size in a later grade is split when a room is free; empty: one above the grade's cap. [children]"""
    composite: int = Field(default=0, ge=0, le=60)
    """Where classes are re-formed: largest class of children of two or more neighbouring grades, formed when rooms
    are short; 0: none is formed. [children]"""
    steps: tuple[int, ...] = ()
    """Largest year group that is given 1, 2, 3, ... classes when classes are formed; empty: as few as the cap
    allows. [children]"""
    steps_beyond: int = Field(default=25, ge=1, le=60)
    """Children for each further class beyond the last of `steps`. [children]"""
    learned: bool = False
    """Whether schools form one class more at the size at which they did in the past, learned from the classes counted,
    before the cap asks for it and while rooms are free; without enough classes counted the cap alone decides."""

    @field_validator("steps")
    @classmethod
    def _rising(cls, steps: tuple[int, ...]) -> tuple[int, ...]:
        if any(second <= first for first, second in zip((0, *steps), steps, strict=False)):
            raise ValueError(Text("steps must rise from one to the next"))
        return steps

    @model_validator(mode="after")
    def _composites_are_reformed(self) -> ClassRules:
        if self.composite and self.formation != "reformed":
            raise ValueError(Text("classes of several grades need formation = 'reformed'"))
        if self.steps and self.formation == "none":
            raise ValueError(Text("steps need classes: formation is 'none'"))
        if self.learned and self.formation == "none":
            raise ValueError(Text("sizes of classes cannot be learned: formation is 'none'"))
        return self


_NUMBERS = ("零", "一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二", "十三")


class Policy(Record):
    """All rules a district is planned by."""

    profile: str
    name: str
    name_zh: str
    stages: tuple[Stage, ...]
    grade_names: dict[str, dict[int, str]] = Field(default_factory=dict)
    """Grade labels by language; missing ones are "grade 3" and 三年级."""
    entry: Entry = Entry()
    classes: ClassRules = ClassRules()
    strict: bool = False
    """Whether a school turns entrants away at the starting grade's cap; otherwise it seats them above it, up to `worst`."""
    detour: float = Field(default=1.3, ge=1, le=3)
    """Length of a way on foot over the straight line. [1]"""
    children_per_dwelling: float = Field(default=0.05, ge=0, le=3)
    """Children of each single age of 6 to 11 that a new dwelling brings when fully occupied. [children]"""
    children_per_dwelling_by_kind: dict[str, float] = Field(default_factory=dict)
    """The same by type of dwelling, as the table housing names it; other types bring `children_per_dwelling`. [children]"""
    rules: tuple[Rule, ...] = ()
    """In order: where two are about the same thing and both in force, the later one holds."""
    sources: dict[str, str] = Field(default_factory=dict)
    """Where the figures that are no rules come from, by key, as ``entry`` or ``classes.worst``."""

    @model_validator(mode="after")
    def _stages_and_rules_fit(self) -> Policy:
        faults: list[Text] = []
        for before, after in zip(self.stages, self.stages[1:], strict=False):
            if after.first <= before.last:
                faults.append(
                    Text(
                        "stages must rise without sharing a grade; {after} starts at grade {grade}, {before} ends at {last}",
                        after=after.stage,
                        grade=after.first,
                        before=before.stage,
                        last=before.last,
                    )
                )
        if not self.stages:
            faults.append(Text("there must be at least one stage"))
        if len({stage.stage for stage in self.stages}) < len(self.stages):
            faults.append(Text("two stages have the same id"))
        faults.extend(self.rule_faults(self.rules))
        if faults:
            raise ValueError(*faults)
        return self

    @property
    def by_seats(self) -> bool:
        """
        Whether schools are planned by their stated seats alone, without rooms and classes.

        A seat is then a room and a class of one child, so that what holds of rooms and classes holds of seats: a
        school is above its cap when it has more children than seats.
        """
        return self.classes.formation == "none"

    def rule_faults(self, rules: Iterable[Rule]) -> list[Text]:
        """Return what keeps rules from being rules of this policy: stages or classes that it does not have."""
        known = [stage.stage for stage in self.stages]
        of_classes = [
            Text(
                "rule {rule}: the policy forms no classes (classes.formation is none); leave the rule out, or let"
                " classes be formed",
                rule=rule.rule,
            )
            for rule in rules
            if self.by_seats and rule.rule in OF_CLASSES
        ]
        return of_classes + [
            Text(
                "rule {rule}: there is no stage {stage}; known are {known}",
                rule=rule.rule,
                stage=repr(rule.stage),
                known=", ".join(known),
            )
            for rule in rules
            if rule.stage and rule.stage not in known
        ]

    def stage(self, stage: str) -> Stage:
        """Return the stage of that id."""
        for entry in self.stages:
            if entry.stage == stage:
                return entry
        raise KeyError(stage)

    def stage_of(self, grade: int) -> Stage:
        """Return the stage a grade belongs to."""
        for entry in self.stages:
            if grade in entry:
                return entry
        raise KeyError(grade)

    @property
    def grades(self) -> range:
        """All grades, from the first stage's first to the last stage's last."""
        return range(min(stage.first for stage in self.stages), max(stage.last for stage in self.stages) + 1)

    def rules_on(
        self, rule: str, *, grade: int | None = None, year: int | None = None, kind: str | None = None
    ) -> list[Rule]:
        """Return the rules of that name, about the grade, judged in the year, of the kind; later ones override."""
        return [
            entry
            for entry in self.rules
            if entry.rule == rule
            and (grade is None or grade in self.grades_of(entry))
            and (year is None or entry.in_force(year))
            and (kind is None or entry.kind == kind)
        ]

    def grades_of(self, rule: Rule) -> range:
        """Return the grades a rule is about."""
        if rule.grades not in {"", "start", "other"}:
            first, last = parse_grades(rule.grades)
            return range(first, last + 1)
        if not rule.stage:
            return self.grades
        stage = self.stage(rule.stage)
        if rule.grades == "start":
            return range(stage.first, stage.first + 1)
        return range(stage.first + (rule.grades == "other"), stage.last + 1)

    def governing(
        self,
        rule: str,
        grade: int,
        year: int,
        *,
        kind: str | None = None,
        level: str | None = None,
        side: Literal["at_most", "at_least"] | None = None,
        admitted: int | None = None,
    ) -> Rule | None:
        """
        Return the rule of that name that holds for a grade in a year: the last one in force.

        A rule about entrants holds for a year group `admitted` since it is in force; without `admitted`, for
        everybody. Rules for certain schools are left out: see `school_rule`. `side` asks for a threshold from
        above or from below only.
        """
        holding = [
            entry
            for entry in self.rules_on(rule, grade=grade, year=year, kind=kind)
            if not entry.schools
            and (level is None or entry.level == level)
            and (side is None or getattr(entry, side) is not None)
            and not (
                entry.applies == "entrants"
                and entry.since is not None
                and (year if admitted is None else admitted) < judged_in(entry.since)
            )
        ]
        return holding[-1] if holding else None

    def cap(self, grade: int, year: int, *, admitted: int | None = None) -> int:
        """
        Return the largest class that complies in a grade in a year. [children].

        The tighter of the class-size limit and the class-size target in force (of each, the last one stated);
        a rule that applies to entrants counts only for year groups `admitted` since; without any, the standard
        class size. A policy without classes has 1: see `by_seats`.
        """
        sizes: list[int] = []
        for kind in ("limit", "target"):
            rule = self.governing(
                "class_size", grade, year, kind=kind, level="class", side="at_most", admitted=admitted
            )
            if rule is not None and rule.at_most is not None:
                sizes.append(int(rule.at_most))
        return min(sizes) if sizes else self.standard(grade, year)

    def caps(self, grades: Iterable[int], year: int) -> list[int]:
        """Return the cap of each grade in a year for the year groups that entered their stage together. [children]."""
        return [
            self.cap(grade, year, admitted=year - (grade - self.stage_of(grade).first)) for grade in grades
        ]

    def standard(self, grade: int, year: int) -> int:
        """Return the children per room when rooms are turned into seats; 1 where `by_seats`. [children]."""
        if self.by_seats:
            return 1
        rule = self.governing("standard_class_size", grade, year, side="at_most")
        if rule is None or rule.at_most is None:
            raise KeyError(f"policy {self.profile} states no standard_class_size for grade {grade}")
        return int(rule.at_most)

    def worst(self, grade: int, year: int) -> int:
        """Return the largest class anybody would open in a grade: `classes.worst`, and at least the cap. [children]."""
        return max(self.classes.worst_in.get(grade, self.classes.worst), self.cap(grade, year))

    def school_rule(self, rule: str, first: int, last: int, year: int) -> Rule | None:
        """
        Return the rule of that name that holds for a school teaching grades `first` to `last`.

        Of the rules in force about any grade of the school and whose `schools` it teaches, the one that names
        the widest range of `schools`, and of these the last: 2,500 children for schools of grades 1-9 beside
        2,000 for all.
        """

        def taught(entry: Rule) -> int:
            if not entry.schools:
                return 0
            low, high = parse_grades(entry.schools)
            return high - low + 1 if first <= low and high <= last else -1

        fitting = [
            entry
            for entry in self.rules_on(rule, year=year)
            if taught(entry) >= 0 and any(first <= grade <= last for grade in self.grades_of(entry))
        ]
        return max(enumerate(fitting), key=lambda pair: (taught(pair[1]), pair[0]))[1] if fitting else None

    def grade_label(self, grade: int) -> str:
        """Return the name of a grade in the current language."""
        language = current_language()
        if grade in (names := self.grade_names.get(language, {})):
            return names[grade]
        return f"{_NUMBERS[grade]}年级" if language == "zh" else f"grade {grade}"

    def with_rules(self, rules: Iterable[Rule]) -> Policy:
        """
        Return a copy in which the rules override those stated before, from the year they are in force.

        A rule without dates replaces the earlier rules that it covers: those of its name, kind, level, side
        of the threshold and schools, about no other grades than its own.

        Raises
        ------
        PolicyError
            When a rule names a stage that the policy does not have.
        """
        added = sorted(rules, key=lambda rule: rule.since or dt.date.min)
        if faults := self.rule_faults(added):
            raise PolicyError(*faults)

        def subject(rule: Rule) -> tuple[object, ...]:
            statistic = rule.at_least if rule.kind == "statistic" else None
            return (
                rule.rule,
                rule.kind,
                rule.level,
                rule.schools,
                rule.size,
                rule.at_most is None,
                statistic,
            )

        def covered(rule: Rule) -> bool:
            return any(
                new.since is None
                and new.until is None
                and subject(new) == subject(rule)
                and set(self.grades_of(rule)) <= set(self.grades_of(new))
                for new in added
            )

        kept = tuple(rule for rule in self.rules if not covered(rule))
        return self.model_copy(update={"rules": (*kept, *added)})
