"""Why not: which of the things that a scenario demands contradict each other, and what would loosen it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from planner.errors import QuestionError
from planner.optimise.openings.demands import Demand, contradictions, without_limits
from planner.words import Money, Text, say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from planner.answers.openings.basis import Basis
    from planner.capacity.options import Option
    from planner.optimise.openings.demands import Contradictions, Kind, Relaxation
    from planner.optimise.openings.facts import OpeningFacts
    from planner.scenario import MustEdit

WHOLE_TO = 10_000
"""Models of at most so many places of children are asked in whole classes, larger ones in parts. [columns]"""

TOLD = 5
"""Projects whose earliest year is told of, at most."""

KINDS: Mapping[str, Kind] = {
    "placed": "unplaced",
    "within_cap": "above_cap",
    "in_reach": "outside",
    "budget": "budget",
    "construction": "building",
    "not_before": "not_before",
    "not_opened": "not_opened",
    "open_by": "open_by",
    "school_size": "size",
}
"""Demand of the model for each thing that a scenario says must hold."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One demand, in words."""

    demand: Demand
    text: Text
    """What has to hold, to stand in a list."""
    name: Text | str = ""
    """Project or school that it is about."""
    year: int | None = None
    """School year that it is about. [autumn]"""


@dataclass(frozen=True, kw_only=True)
class WhyNot:
    """Which demands contradict each other."""

    asked: tuple[Asked, ...]
    """All demands, those of the scenario's schedule last."""
    found: Contradictions
    whole: bool
    """Whether whole classes were looked at; else classes in parts, and every figure is the least there can be."""
    last: int
    """Last school year planned. [autumn]"""
    truths: tuple[Text, ...]
    """What cannot be loosened: earliest years of projects, and what is fixed."""

    @property
    def lines(self) -> list[str]:
        """The answer in the current language."""
        lines: list[str] = []
        if not self.found.found:
            lines.append(say("All {count} demands can hold together.", count=len(self.asked)))
        for number, each in enumerate(self.found.found):
            lines += self._set(each.demands, smallest=each.smallest, further=number > 0)
            lines += [self._relaxed(relaxation) for relaxation in each.relaxations]
        if self.found.found:
            lines += [str(truth) for truth in self.truths]
        if not self.whole:
            lines.append(
                say(
                    "Classes in parts were looked at: what contradicts itself so does all the more in whole classes, which may ask for more."
                )
            )
        return lines

    def _set(self, demands: tuple[int, ...], *, smallest: bool, further: bool) -> list[str]:
        """Return the lines that name a set."""
        if len(demands) == 1:
            head = say("This cannot hold by itself, whatever else is demanded:")
        elif further:
            head = say("Besides, these {count} demands contradict each other:", count=len(demands))
        elif smallest:
            head = say(
                "These {count} demands contradict each other; no fewer of them do:", count=len(demands)
            )
        else:
            head = say(
                "These {count} demands contradict each other; whether fewer do was not found out in time:",
                count=len(demands),
            )
        listed = [f"  {n}. {self.asked[demand].text}" for n, demand in enumerate(demands, start=1)]
        return [head, *listed, say("What would do, each by itself:")]

    def _relaxed(self, relaxation: Relaxation) -> str:
        """Return the line of one relaxation."""
        text = _relaxation_text(self.asked[relaxation.demand], relaxation.by, self.last)
        said = text if relaxation.proven else Text("{text} (less was not ruled out in time)", text=text)
        if relaxation.all_hold:
            return f"  - {said}"
        return "  - " + say("{text}; other demands then still contradict each other", text=said)


def _relaxation_text(asked: Asked, by: float, last: int) -> Text:
    """Return what has to give."""
    demand = asked.demand
    values = {"name": asked.name, "children": f"{by:.0f}" if by >= 10 else f"{by:.1f}", "year": asked.year}
    match demand.kind:
        case "unplaced":
            return Text("leave {children} child-years without a place", **values)
        case "above_cap":
            return Text("allow {children} child-years above the caps", **values)
        case "outside":
            return Text("let {children} children go outside their catchment or farther", **values)
        case "budget":
            if demand.each:
                return Text("spend {yuan} more in a year", yuan=Money(by))
            return Text("spend {yuan} more", yuan=Money(by))
        case "building":
            return Text("have {rooms} rooms more under construction at a time", rooms=int(np.ceil(by - 1e-6)))
        case "not_before":
            year = (asked.year or 0) - int(np.ceil(by - 1e-6))
            return Text("open {name} in {year}", name=asked.name, year=year)
        case "not_opened":
            return Text("open {name}", **values)
        case "open_by":
            year = (asked.year or 0) + int(np.ceil(by - 1e-6))
            if year > last:
                return Text("do without {name}", **values)
            return Text("open {name} in {year}", name=asked.name, year=year)
        case "size":
            return Text("allow {children} children more at {name}", **values)


def why_not(
    basis: Basis,
    *,
    seconds: float | None = None,
    progress: Callable[[Text, int, int], None] | None = None,
) -> WhyNot:
    """
    Return which demands of a scenario contradict each other: those under ``[[must]]``, and the limits of its schedule.

    Parameters
    ----------
    basis
        The scenario.
    seconds
        For each question to the solver; None: as long as it takes. [s]
    progress
        Called with the step, how much of it is done, and how much there is.

    Raises
    ------
    QuestionError
        When the scenario demands nothing.
    """
    musts = basis.run.scenario.must
    facts, limits = without_limits(_with_building(basis))
    asked = [_asked(basis, must) for must in musts] + [_limit(basis, limit) for limit in limits]
    if not asked:
        raise QuestionError(
            Text(
                'The scenario demands nothing: write what has to hold under [[must]], as hold = "placed" or hold = "within_cap", or limits of money or construction into [schedule].'
            )
        )
    whole = facts.near.size * facts.years <= WHOLE_TO

    def tell(done: int, count: int) -> None:
        if progress is not None:
            progress(Text("finding what contradicts itself"), done, max(2 * count, done + 1))

    found = contradictions(
        facts, [each.demand for each in asked], whole=whole, seconds=seconds, progress=tell
    )
    named = {asked[d].demand.projects for each in found.found for d in each.demands}
    return WhyNot(
        asked=tuple(asked),
        found=found,
        whole=whole,
        last=basis.years[-1],
        truths=tuple(_truths(basis, {p for projects in named for p in projects})),
    )


def _with_building(basis: Basis) -> OpeningFacts:
    """Return the facts with the rooms under construction, which are left out where nothing limits them."""
    facts = basis.facts
    rows = basis.gathered.choices.rows
    shape = (len(rows), facts.years, facts.years)
    building = np.array([row.building for row in rows]).reshape(shape)
    return replace(facts, projects=replace(facts.projects, building=building))


def _asked(basis: Basis, must: MustEdit) -> Asked:
    """Return a demand of the scenario."""
    gathered, years = basis.gathered, basis.years
    options = gathered.options.by_id
    rows = [
        (p, row.closes)
        for p, row in enumerate(gathered.choices.rows)
        if row.option and options[row.option].project == must.project
    ]
    name: Text | str = ""
    if must.project:
        name = basis.project_names.get(must.project, must.project)
        if not rows:
            raise QuestionError(
                Text(
                    "Project {project} is none that could be decided on: it was open at the last count, is stopped, or brings no rooms.",
                    project=must.project,
                )
            )
    demand = Demand(
        kind=KINDS[must.hold],
        limit=must.at_most or 0.0,
        year=None if must.year is None else years.index(must.year),
        projects=tuple(p for p, _ in rows),
        closes=tuple(closes for _, closes in rows),
    )
    if must.school:
        told = gathered.told
        campuses = [c for c, school in enumerate(basis.schools) if school.split("@")[0] == must.school]
        if not campuses:
            raise QuestionError(
                Text("No school {school} is planned: nothing can be demanded of it.", school=must.school)
            )
        counted = told.roll(np.zeros(told.planned.shape)).sum(axis=1)
        staying = counted[gathered.campuses.school[campuses[0]]]
        demand = replace(demand, campuses=tuple(campuses), staying=staying)
        name = basis.school_names[basis.schools[campuses[0]]]
    return Asked(demand=demand, text=_text(demand, name, must.year), name=name, year=must.year)


def _limit(basis: Basis, demand: Demand) -> Asked:
    """Return a limit of the scenario's schedule as a demand."""
    year = None if demand.year is None else basis.years[demand.year]
    return Asked(demand=demand, text=_text(demand, "", year), year=year)


def _text(demand: Demand, name: Text | str, year: int | None) -> Text:
    """Return what has to hold, to stand in a list."""
    values = {"name": name, "year": year, "most": f"{demand.limit:.0f}"}
    match demand.kind:
        case "unplaced":
            if demand.limit:
                return Text("no more than {most} child-years are without a place", **values)
            return Text("every child has a place")
        case "above_cap":
            if demand.limit:
                return Text("no more than {most} child-years are above the caps", **values)
            return Text("no class is above its cap")
        case "outside":
            if demand.limit:
                return Text("no more than {most} children go outside their catchment or farther", **values)
            return Text("every child goes to a school of its catchment within the longest way")
        case "budget":
            if demand.each:
                return Text("no more than {yuan} is spent in any year", yuan=Money(demand.limit))
            if year is None:
                return Text("no more than {yuan} is spent", yuan=Money(demand.limit))
            return Text("no more than {yuan} is spent in {year}", yuan=Money(demand.limit), year=year)
        case "building":
            if year is None:
                return Text("no more than {most} rooms are under construction at a time", **values)
            return Text("no more than {most} rooms are under construction in {year}", **values)
        case "not_before":
            return Text("{name} does not open before {year}", **values)
        case "not_opened":
            return Text("{name} does not open", **values)
        case "open_by":
            return Text("{name} is open by {year}", **values)
        case "size":
            if year is None:
                return Text("{name} has no more than {most} children", **values)
            return Text("{name} has no more than {most} children in {year}", **values)


def _truths(basis: Basis, named: set[int]) -> Iterator[Text]:
    """Yield what cannot be loosened: what is fixed and costs, and from when projects may open, those named first."""
    options, years = basis.gathered.options, basis.years
    rows = basis.gathered.choices.rows
    first = {rows[p].option for p in named if rows[p].option}
    fixed = [option for option in options.options if option.counted]
    paid = sum(float(option.paid(option.years[0], years).sum()) for option in fixed)
    if paid > 0:
        yield Text(
            "What the scenario fixes ({count} projects) spends {yuan} by itself.",
            count=len(fixed),
            yuan=Money(paid),
        )
    told: set[str] = set()
    for option in sorted(options.options, key=lambda each: each.option not in first):
        if option.project in told or len(told) == TOLD:
            continue
        if option.option in first or option.choice == "free":
            told.add(option.project)
            yield _earliest(basis, option)


def _earliest(basis: Basis, option: Option) -> Text:
    """Return from when a project may open, and why not earlier."""
    values = {"name": basis.project_names.get(option.project, option.project), "year": option.years[0]}
    if option.counted:
        return Text("{name} is fixed: it opens in {year}.", **values)
    reason = option.refused.get(option.years[0] - 1)
    if reason is None:
        return Text("{name} can open in {year} at the earliest.", **values)
    return Text("{name} can open in {year} at the earliest: {reason}.", reason=reason, **values)
