"""The map of odds: where a grade will probably exceed its class-size cap."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from planner.maps.areas import Picture, Symbol, draw_picture
from planner.maps.land import prepare_land
from planner.maps.palette import odds_bands
from planner.maps.phrases import grade_name, percent, source_line, stage_name, year_name
from planner.words import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd
    from matplotlib.figure import Figure

    from planner.district import District
    from planner.maps.land import Land
    from planner.plan import Plan
    from planner.policy import Policy

Given = Literal["planned", "possible"]


@dataclass(frozen=True, kw_only=True)
class Odds:
    """What a school's class sizes may come to in one grade and year."""

    cap: float
    """[children]"""
    expected: float
    """Children of the grade."""
    chance: float
    """Probability of a class above the cap. [1]"""
    error: float
    """Standard error of the chance. [1]"""

    @property
    def number(self) -> str:
        """As a label writes it."""
        return "" if math.isnan(self.chance) else percent(self.chance)


def odds_of(rows: pd.DataFrame, given: Given) -> dict[str, Odds]:
    """Return the odds by school of the rows of one grade and year."""
    columns = ["cap", "expected", f"p_over_{given}", "error"]
    figures = rows.reindex(columns, axis=1).astype("Float64").to_numpy(np.float64, na_value=np.nan)
    return {
        str(school): Odds(cap=cap, expected=expected, chance=chance, error=error)
        for school, (cap, expected, chance, error) in zip(rows["school"], figures.tolist(), strict=True)
    }


def catchment_odds(plan: Plan, positions: Iterable[int], odds: Mapping[str, Odds]) -> dict[int, float]:
    """Return the highest odds of a catchment's schools by its position; missing where there are none."""
    values: dict[int, float] = {}
    for position in positions:
        schools = plan.catchments[position].schools if position >= 0 else ()
        own = [odds[school].chance for school in schools if school in odds]
        values[position] = max((chance for chance in own if not math.isnan(chance)), default=math.nan)
    return values


def odds_symbols(odds: Mapping[str, Odds]) -> list[Symbol]:
    """Return the symbols of the schools: the likelier a class above the cap, the more important the label."""
    return [
        Symbol(
            school=school,
            value=own.chance,
            seats=own.expected,
            number=own.number,
            importance=float(np.nan_to_num(own.chance)),
        )
        for school, own in odds.items()
    ]


def odds_map(
    district: District,
    plan: Plan,
    odds: pd.DataFrame,
    *,
    stage: str,
    year: int,
    grade: int | None = None,
    cap: int | None = None,
    given: Given = "planned",
    policy: Policy | None = None,
    scenario: str = "",
    title: str | None = None,
    land: Land | None = None,
) -> Figure:
    """
    Draw the probability that a grade exceeds its class-size cap, school by school.

    A joint catchment has the colour of the school with the highest odds.

    Parameters
    ----------
    odds
        school, stage, grade, year, cap, expected, p_over_planned, p_over_possible, error.
    grade
        The lowest of the stage in the table when not given.
    cap
        The only one, or the one of each school, when not given. [children]
    given
        Whether with the classes as planned, or with every free room used.
    policy, scenario, title, land
        As for `seat_gap_map`.
    """
    land = land or prepare_land(district, plan)
    wanted = odds.loc[(odds["stage"] == stage) & (odds["year"] == year)]
    if grade is None:
        grade = min(wanted["grade"].tolist(), default=None)
    wanted = wanted.loc[wanted["grade"] == grade]
    if cap is not None:
        wanted = wanted.loc[wanted["cap"] == cap]
    by_school = odds_of(wanted, given)
    caps = {int(own.cap) for own in by_school.values() if not math.isnan(own.cap)}
    chances = [own.chance for own in by_school.values()]
    values = catchment_odds(plan, land.areas(plan, stage, year), by_school)
    error = max((own.error for own in by_school.values() if not math.isnan(own.error)), default=0.0)
    name = stage_name(stage, policy) if grade is None else grade_name(grade, policy)
    picture = Picture(
        title=title or _title(name, year, caps, cap),
        lines=[odds_meaning(given), odds_summary(chances)],
        source=source_line(district, scenario, _precision(error)),
        bands=odds_bands(),
        legend=say("Odds of a class above the cap"),
        counted=say("schools"),
        values=values,
        counts=chances,
        symbols=odds_symbols(by_school),
        seats=say("children expected in the grade"),
        notes=[say("A joint catchment has the colour of its school with the highest odds.")]
        if any(position >= 0 and len(plan.catchments[position].schools) > 1 for position in values)
        else [],
    )
    return draw_picture(picture, district, land, plan, stage, year)


def _title(grade: str, year: int, caps: set[int], cap: int | None) -> str:
    values = {"grade": grade, "year": year_name(year)}
    if cap is None and len(caps) != 1:
        return say("Odds that {grade} exceeds its class-size cap, {year}", **values)
    return say("Odds that {grade} exceeds {cap} in a class, {year}", cap=cap or min(caps), **values)


def odds_meaning(given: Given) -> str:
    """Say what the odds are."""
    if given == "possible":
        return say("Probability that a class is larger than the cap though every free room is used.")
    return say(
        "Probability that a class is larger than the cap with the classes as planned, before anyone is turned away."
    )


def odds_summary(chances: Sequence[float]) -> str:
    """Say how many schools will and could exceed their cap."""
    known = np.array([chance for chance in chances if not math.isnan(chance)])
    if not len(known):
        return say("There are no figures for this year.")
    return say(
        "{likely} of {all} schools will most likely exceed it (80 % and more), {open} could (20 to 80 %).",
        likely=int(np.sum(known >= 0.8)),
        all=len(known),
        open=int(np.sum((known >= 0.2) & (known < 0.8))),
    )


def _precision(error: float) -> str:
    if error <= 0:
        return ""
    return say("standard error of the odds at most {points} points", points=f"{max(100 * error, 0.1):.1f}")
