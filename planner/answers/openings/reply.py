"""Answers to questions about openings as sentences and tables."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from planner.archive import rounded
from planner.optimise.openings.plan import GOALS
from planner.words import Money, Text, say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.answers.openings.basis import Basis
    from planner.answers.openings.cheapest import Cheapest
    from planner.answers.openings.frontier import Frontier, FrontierPlan
    from planner.answers.openings.latest import Latest
    from planner.answers.openings.surplus import Surplus
    from planner.answers.openings.why_not import WhyNot
    from planner.answers.openings.worth import Worth

NAMED = 3
"""Rooms of which a sentence tells what they are worth."""


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What is said, and the tables beneath it."""

    lines: tuple[str, ...]
    """In the language that was current."""
    tables: Mapping[str, pd.DataFrame]
    """By name."""

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values; missing figures are null, so are those that are infinite."""
        plain = {
            name: rounded(table.replace([np.inf, -np.inf], np.nan)).to_json(orient="records")
            for name, table in self.tables.items()
        }
        tables = {name: json.loads(text or "[]") for name, text in plain.items()}
        return {"answer": list(self.lines), **tables}


def reply_latest(found: Latest) -> Reply:
    """Tell how late projects may open."""
    lines = [line for one in found.found for line in one.lines]
    if not lines:
        lines = [say("No project adds rooms after the last count, so none can be late.")]
    else:
        lines.append(
            say(
                "Odds are of {draws} draws, the same for every year of opening; ± is their sampling error in percentage points.",
                draws=found.draws,
            )
        )
    return Reply(lines=tuple(lines), tables={"latest": found.table})


def reply_levers(found: Cheapest) -> Reply:
    """Tell what brings a school below its caps."""
    return Reply(lines=tuple(found.lines), tables={"levers": found.table})


def reply_surplus(found: Surplus) -> Reply:
    """Tell what is left over."""
    tables = {"rooms": found.rooms, "projects": found.projects, "other_stage": found.other_stage}
    return Reply(lines=tuple(found.lines), tables=tables)


def reply_why_not(found: WhyNot) -> Reply:
    """Tell what contradicts itself."""
    rows = [
        {
            "set": number,
            "demand": str(found.asked[relaxation.demand].text),
            "relaxed_by": relaxation.by,
            "all_hold": relaxation.all_hold,
            "proven": relaxation.proven,
        }
        for number, each in enumerate(found.found.found, start=1)
        for relaxation in each.relaxations
    ]
    columns = ["set", "demand", "relaxed_by", "all_hold", "proven"]
    return Reply(lines=tuple(found.lines), tables={"demands": pd.DataFrame(rows, columns=columns)})


def reply_worth(basis: Basis, found: Worth) -> Reply:
    """Tell what one more room, class or seat is worth, by school, stage and year."""
    table = worth_by_school(basis, found)
    gains = table.loc[(table[list(GOALS)].abs() > 0).any(axis=1)].drop_duplicates(["school", "year"])
    if not len(gains):
        line = say(
            "One more is worth nothing at any of the {tried} schools and years tried.", tried=len(table)
        )
        return Reply(lines=(line,), tables={"worth": table})
    lines = [_worth_line(row) for row in gains.head(NAMED).to_dict("records")]
    lines.append(
        say(
            "{tried} schools and years were planned again with one more, with the same projects open; which to try was chosen by the prices of the relaxation.",
            tried=len(found.table),
        )
    )
    return Reply(lines=tuple(lines), tables={"worth": table})


def worth_by_school(basis: Basis, found: Worth) -> pd.DataFrame:
    """
    Return what one more is worth with schools, stages and years, the best first.

    Returns
    -------
    DataFrame
        more, school, name, stage, year, the goals (what each falls by), proven; a row for every stage of the school, with
        the same figures.
    """
    facts, gathered = basis.facts, basis.gathered
    stages = gathered.told.stages
    rows: list[dict[str, Any]] = []
    for row in found.table.to_dict("records"):
        campus = int(row["campus"])
        points = np.flatnonzero(facts.campus == campus)
        school = basis.schools[campus]
        rows += [
            {
                "more": row["more"],
                "school": school.split("@")[0],
                "name": basis.school_names[school],
                "stage": stages[e],
                "year": basis.years[int(row["year"])],
                **{goal: row[goal] for goal in GOALS},
                "proven": row["proven"],
            }
            for e in gathered.points.stage[points].tolist()
        ]
    return pd.DataFrame(rows, columns=["more", "school", "name", "stage", "year", *GOALS, "proven"])


def _worth_line(row: Mapping[str, Any]) -> str:
    """Return what one more is worth at one school in one year: its first goal that changes."""
    goal = next(goal for goal in GOALS if abs(row[goal]) > 0)
    values = {"name": row["name"], "year": row["year"], "gain": _gain(goal, float(row[goal]))}
    if row["more"] == "room":
        said = say("One more room at {name} from {year} on: {gain}.", **values)
    elif row["more"] == "class":
        said = say("One more class at {name} for the intake of {year}: {gain}.", **values)
    else:
        said = say("One more seat in every class at {name} for the intake of {year}: {gain}.", **values)
    if row["proven"]:
        return said
    return say("{said} (within what the search leaves unproven)", said=said)


def _gain(goal: str, fewer: float) -> Text:
    """Return what a goal falls by, in words."""
    values = {"fewer": f"{fewer:.0f}" if fewer >= 10 else f"{fewer:.1f}"}
    match goal:
        case "unplaced":
            return Text("{fewer} child-years fewer without a place", **values)
        case "above_cap":
            return Text("{fewer} child-years fewer above the cap", **values)
        case "outside":
            return Text("{fewer} children fewer outside their catchment or too far away", **values)
        case "above_size":
            return Text("{fewer} child-years fewer at schools that are too large", **values)
        case "yuan":
            return Text("{yuan} less", yuan=Money(fewer))
        case _:
            return Text("{fewer} km of way less", **values)


def reply_frontier(basis: Basis, found: Frontier) -> Reply:
    """Tell what less overcrowding costs, plan by plan."""
    names = basis.project_names
    lines = []
    for number, plan in enumerate(found.plans, start=1):
        opened = basis.opened(plan.found.plan.opens)
        listed: Text | str = ""
        for project, year in sorted(opened.items(), key=lambda item: (item[1], item[0])):
            one = Text("{name} {year}", name=names.get(project, project), year=year)
            listed = Text("{first}, {then}", first=listed, then=one) if listed else one
        lines.append(_plan_line(plan, number, listed))
    if len(found.plans) == 1:
        lines.append(say("No other plan is less crowded or spends less."))
    years = [basis.opened(plan.found.plan.opens) for plan in found.plans]
    table = found.table.assign(
        opened=[len(opened) for opened in years],
        projects=["; ".join(f"{name} {year}" for name, year in sorted(opened.items())) for opened in years],
    )
    return Reply(lines=tuple(lines), tables={"frontier": table})


def _plan_line(plan: FrontierPlan, number: int, opened: Text | str) -> str:
    """Return what one plan spends and leaves."""
    values = {
        "number": number,
        "yuan": Money(plan.spent),
        "short": f"{plan.shortage:.0f}",
        "bound": f"{plan.bound:.0f}",
        "opened": opened or Text("nothing"),
    }
    if plan.shortage - plan.bound < 1:
        return say(
            "Plan {number}: {yuan} of capital, {short} child-years without a place or above the cap, the fewest for this money. Opens: {opened}.",
            **values,
        )
    return say(
        "Plan {number}: {yuan} of capital, {short} child-years without a place or above the cap (at least {bound} for this money). Opens: {opened}.",
        **values,
    )
