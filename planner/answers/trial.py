"""One school for which levers are looked for, and one lever carried out."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from planner.answers.standing import Standing, below
from planner.district import open_in
from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from planner.answers.borders import Land
    from planner.answers.rehearsal import Edits, Rehearsal, Rehearsed


@dataclass(frozen=True, kw_only=True)
class Lever:
    """One change, with what it did when it was carried out."""

    school: str
    grade: int
    kind: str
    """class, divert, blocks or project."""
    text: Text
    """What is done."""
    edits: Mapping[str, Sequence[Mapping[str, Any]]]
    """Entries to add to tables of the scenario; none for what the rules do by themselves."""
    to: tuple[str, ...]
    """Schools that take children over."""
    p_over: float
    """Probability that the school's grade exceeds its cap after the change: in the classes then planned, as far as
    those added find a room; of a later grade in the classes formed. [1]"""
    p_room: float
    """Probability that all classes added find a room, here and elsewhere; 1 where none is added. [1]"""
    worst_elsewhere: float
    """The highest of these probabilities among the schools that take children over; 0 where none does. [1]"""
    children: float
    """Children whom these schools have more than before. [children]"""
    yuan: float | None
    """Cost of the project, where it states one. [yuan]"""
    brought_forward: bool
    """Whether that cost is only due earlier."""
    works: bool
    """Whether the school, and every school that takes children over, is then below the level."""

    def as_json(self) -> dict[str, Any]:
        """Return the lever as plain values."""
        return {
            "kind": self.kind,
            "text": str(self.text),
            "edits": {table: [dict(entry) for entry in entries] for table, entries in self.edits.items()},
            "to": list(self.to),
            "p_over": round(self.p_over, 4),
            "p_room": round(self.p_room, 4),
            "worst_elsewhere": round(self.worst_elsewhere, 4),
            "children": round(self.children, 1),
            "yuan": self.yuan,
            "brought_forward": self.brought_forward,
            "works": self.works,
        }


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What every school is asked: a grade, a cap and a level, in the year of a rehearsal."""

    rehearsal: Rehearsal
    base: Rehearsed
    """The run itself."""
    land: Land
    grade: int
    cap: int | None
    level: float
    name: Callable[[str], str]
    """How a school is called in a text."""
    block: Callable[[str], str]
    """How a block is called in a text."""
    _standings: dict[str, Standing] = field(default_factory=dict)

    @cached_property
    def stage(self) -> str:
        """Stage of the grade."""
        return self.base.policy.stage_of(self.grade).stage

    @cached_property
    def open(self) -> frozenset[str]:
        """Public schools that teach the grade and are open, with rooms or with rooms that nobody knows."""
        run, year = self.rehearsal.run, self.rehearsal.year
        schools = run.district.schools.loc[list(run.plan.schools)]
        there = open_in(schools, year) & (schools["first"] <= self.grade) & (schools["last"] >= self.grade)
        unknown = dict(zip(run.capacity.schools, run.capacity.rooms_from, strict=True))
        return frozenset(
            school
            for school in schools.index[there.to_numpy(dtype=bool)].astype(str)
            if self.base.rooms(school) > 0 or unknown[school] == "nothing"
        )

    def standing(self, school: str) -> Standing:
        """Return how a school's grade stands before anything is changed."""
        if school not in self._standings:
            self._standings[school] = self.base.standing(school, self.grade, self.cap)
        return self._standings[school]


@dataclass(frozen=True, kw_only=True)
class Case:
    """One school for which levers are looked for."""

    asked: Asked
    school: str
    now: Standing
    classes: int
    """Classes planned, with those that are opened first where they help."""
    opened: Text | None = None
    """What is done to open these."""

    @property
    def year(self) -> int:
        """School year asked about."""
        return self.asked.rehearsal.year

    @property
    def level(self) -> float:
        """Probability that the odds have to fall below. [1]"""
        return self.asked.level

    def receivers(self) -> list[str]:
        """Return the schools to which the plan offers overflow of the school, best first."""
        plan = self.asked.base.plan
        ranked = plan.order[self.asked.stage][plan.schools.index(self.school)]
        return [school for at in ranked if at >= 0 and (school := plan.schools[at]) in self.asked.open]

    def carried_out(
        self, kind: str, text: Text, entries: Edits, classes: Mapping[str, int], **facts: Any
    ) -> Lever | None:
        """
        Return the lever of some entries and classes, carried out; None where rooms for the classes are not there.

        Parameters
        ----------
        classes
            By school: classes planned for the intake in the year, changed or not; empty for a later grade, and
            where no classes are formed.
        facts
            As `lever` takes them.
        """
        edits = dict(entries)
        if classes:
            edits["classes"] = [self.planning(school, number) for school, number in classes.items()]
        done = self.asked.rehearsal.carry_out(edits)
        cut = [s for s, number in classes.items() if done.classes_planned(s, self.asked.stage) != number]
        if any(classes[school] != self.asked.standing(school).planned for school in cut):
            return None
        if cut:
            kept = {school: number for school, number in classes.items() if school not in cut}
            return self.carried_out(kind, text, entries, kept, **facts)
        return self.lever(kind, text, edits, done, **facts)

    def lever(
        self,
        kind: str,
        text: Text,
        edits: Edits,
        done: Rehearsed,
        *,
        to: Sequence[str] = (),
        yuan: float | None = None,
        brought_forward: bool = False,
    ) -> Lever:
        """Return the lever of edits that have been carried out: see the fields of `Lever`."""
        asked = self.asked
        pairs = {
            school: (asked.standing(school), done.standing(school, asked.grade, asked.cap))
            for school in (self.school, *to)
        }
        odds = {school: now.p_over(before) for school, (before, now) in pairs.items()}
        there = max((odds[school] for school in to), default=0.0)
        added = [
            now
            for before, now in pairs.values()
            if now.starts and now.planned > before.planned and not asked.base.policy.by_seats
        ]
        return Lever(
            school=self.school,
            grade=asked.grade,
            kind=kind,
            text=text,
            edits=edits,
            to=tuple(to),
            p_over=odds[self.school],
            p_room=min((float((now.rooms >= now.planned).mean()) for now in added), default=1.0),
            worst_elsewhere=there,
            children=sum(
                max(pairs[school][1].odds.expected - pairs[school][0].odds.expected, 0.0) for school in to
            ),
            yuan=yuan,
            brought_forward=brought_forward,
            works=below(odds[self.school], self.level) and below(there, self.level),
        )

    def planning(self, school: str, classes: int) -> dict[str, Any]:
        """Return the entry that plans so many classes for a school's intake in the year."""
        return {
            "school": school,
            "stage": self.asked.stage,
            "since": self.year,
            "until": self.year,
            "classes": classes,
        }

    def with_classes(self, text: Text, to: Mapping[str, int]) -> tuple[Text, dict[str, int]]:
        """
        Return a lever's text and the classes that its edits state.

        Parameters
        ----------
        to
            Classes of the schools that take children over.
        """
        if not self.now.starts or self.asked.base.policy.by_seats:
            return (in_row([self.opened, text]) if self.opened else text), {}
        texts = [self.opened] if self.opened else []
        texts.append(text)
        for school, classes in to.items():
            more = classes - self.asked.standing(school).planned
            if more:
                values = {"to": self.asked.name(school), "more": more, "classes": classes}
                texts.append(
                    Text("{to} opens 1 more class in a free room: {classes} in all.", **values)
                    if more == 1
                    else Text("{to} opens {more} more classes in free rooms: {classes} in all.", **values)
                )
        return in_row(texts), {self.school: self.classes, **to}


def in_row(texts: Sequence[Text]) -> Text:
    """Return sentences one after another."""
    row = texts[0]
    for text in texts[1:]:
        row = Text("{first} {then}", first=row, then=text)
    return row


def listed(texts: Sequence[Text | str]) -> Text | str:
    """Return texts as a list."""
    row = texts[0]
    for text in texts[1:]:
        row = Text("{first}, {then}", first=row, then=text)
    return row
