"""A schedule in sentences: one a project, with what a year earlier, a year later and doing without it would mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.answers.openings.names import project_names
from planner.answers.schedule.tables import changes_of, short_more
from planner.archive.tables import school_names
from planner.words import Money, Text, say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.capacity.options import Option
    from planner.pipeline.scheduling import Otherwise, Scheduled

FEW = 1.5
"""Fewer children, or child-years, make no difference. [children]"""

SAME = 5e4
"""Fewer yuan make no difference. [yuan]"""


def schedule_lines(found: Scheduled) -> list[str]:
    """Return a sentence for every project, those that open first, by year; then what cannot be decided."""
    options = found.options
    names = project_names(found.run.district)
    opened = sorted(
        (option for option in options.options if option.option in found.decided),
        key=lambda option: (found.decided[option.option], options.options.index(option)),
    )
    lines = [_opens(found, option, names) for option in opened if not option.counted]
    settled = [option for option in opened if option.counted]
    if settled:
        shown = ", ".join(
            say("{name} in {year}", name=names.get(option.project, option.project), year=option.years[0])
            for option in settled
        )
        lines.append(say("As the scenario has them: {projects}.", projects=shown))
    taken = {option.project for option in opened}
    left = list(dict.fromkeys(option.project for option in options.options if option.project not in taken))
    if left:
        shown = ", ".join(str(names.get(project, project)) for project in left)
        lines.append(say("The best plan found does without: {projects}.", projects=shown))
    barred = [entry.project for entry in options.left_out if entry.choice == "forbidden"]
    if barred:
        shown = ", ".join(str(names.get(project, project)) for project in barred)
        lines.append(say("Forbidden, stopped or without rooms to bring: {projects}.", projects=shown))
    lines += [
        say(
            "{name} is not decided on: {reason}.",
            name=names.get(entry.project, entry.project),
            reason=entry.reason,
        )
        for entry in options.left_out
        if entry.choice != "forbidden"
    ]
    if found.untried:
        lines.append(
            say(
                "Of the ways to decide these projects otherwise, {untried} more were not tried: trying them is stopped when it has taken as long as the search, or by Ctrl-C.",
                untried=found.untried,
            )
        )
    return lines


def _opens(found: Scheduled, option: Option, names: Mapping[str, Text | str]) -> str:
    """Return when a project opens, how large, at what cost, and what deciding it otherwise would mean."""
    values = {
        "name": names.get(option.project, option.project),
        "year": found.decided[option.option],
        "rooms": max(option.rooms),
        "capital": Money(option.capital_yuan),
    }
    schools = school_names(found.run.district)
    if option.closes and option.closes == option.school:
        told = say(
            "{name}: {school} closes in {year}, its pupils go to {receivers}.",
            school=schools.get(option.closes, option.closes),
            receivers=", ".join(str(schools.get(school, school)) for school in option.receives),
            **values,
        )
    elif found.run.policy.by_seats:
        told = say("{name} opens in {year} with {rooms} seats, for {capital}.", **values)
    elif option.site:
        told = say(
            "{name} opens in {year} with {rooms} rooms at {site}, for {capital}.", site=option.site, **values
        )
    elif values["rooms"] <= 0:
        told = say("{name} opens in {year}, for {capital}.", **values)
    elif values["rooms"] == 1:
        told = say("{name} opens in {year} with one room, for {capital}.", **values)
    else:
        told = say("{name} opens in {year} with {rooms} rooms, for {capital}.", **values)
    parts = [
        part
        for reason in found.otherwise
        if reason.project == option.project and (part := _otherwise(found, reason))
    ]
    if option.choice == "fixed":
        parts.insert(0, say("The scenario wants it."))
    return " ".join([told, *parts])


def _otherwise(found: Scheduled, reason: Otherwise) -> str:
    """Return what it would mean to decide a project otherwise."""
    changes = changes_of(found, reason)
    if changes is None or reason.found is None:
        return say("It cannot open earlier.") if reason.kind == "earlier" else ""
    what = _worse(found, reason, changes)
    values = {"what": what or say("no child is worse off"), "money": _money(changes["projects"])}
    if reason.kind == "never":
        told = say("Without it: {what}; {money}.", **values)
    elif reason.kind == "earlier":
        told = say("A year earlier: {what}; {money}.", **values)
    else:
        told = say("A year later: {what}; {money}.", **values)
    return told if what else " ".join([told, *_in_all(changes)])


def _in_all(changes: Mapping[str, float]) -> list[str]:
    """Return what classes and ways add to the projects, where no goal before the money changes."""
    more = changes["yuan"]
    if more < -SAME:
        return [
            say(
                "With classes and ways it is {yuan} cheaper in all: the search ended before it had found that.",
                yuan=Money(-more),
            )
        ]
    if changes["projects"] >= -SAME:
        return []
    if more <= SAME:
        return [say("With classes and ways it costs the same in all.")]
    return [say("With classes and ways it is {yuan} dearer in all.", yuan=Money(more))]


def _worse(found: Scheduled, reason: Otherwise, changes: Mapping[str, float]) -> str:
    """Return the first goal that changes, of those before the money; nothing where none does."""
    assert reason.found is not None
    short = changes["unplaced"] + changes["above_cap"]
    if abs(short) >= FEW:
        by_year = short_more(found, reason.found)
        years = np.array(found.options.years)[np.sign(short) * by_year >= FEW]
        span = f"{years[0]}-{years[-1]}" if len(years) > 1 else str(years[0]) if len(years) else ""
        if short > 0:
            return say(
                "{children} child-years more above the cap or without a place ({years})",
                children=f"{short:,.0f}",
                years=span,
            )
        return say(
            "{children} child-years fewer above the cap or without a place ({years})",
            children=f"{-short:,.0f}",
            years=span,
        )
    if abs(changes["outside"]) >= FEW:
        more, number = changes["outside"] > 0, f"{abs(changes['outside']):,.0f}"
        if more:
            return say("{children} children more outside their catchment", children=number)
        return say("{children} children fewer outside their catchment", children=number)
    if abs(changes["above_size"]) >= FEW:
        more, number = changes["above_size"] > 0, f"{abs(changes['above_size']):,.0f}"
        if more:
            return say("{children} child-years more in schools that are too large", children=number)
        return say("{children} child-years fewer in schools that are too large", children=number)
    return ""


def _money(yuan: float) -> str:
    """Return how the cost of the projects would change."""
    if abs(yuan) < SAME:
        return say("the projects cost the same")
    if yuan > 0:
        return say("the projects cost {yuan} more", yuan=Money(yuan))
    return say("the projects cost {yuan} less", yuan=Money(-yuan))
