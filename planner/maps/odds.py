"""The map of odds: where a grade will probably exceed its class-size cap."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

import numpy as np

from planner.maps.areas import Picture, Symbol, draw_picture
from planner.maps.land import prepare_land
from planner.maps.palette import odds_bands
from planner.maps.phrases import grade_name, percent, source_line, stage_name, year_name
from planner.words import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from matplotlib.figure import Figure

    from planner.district import District
    from planner.maps.land import Land
    from planner.plan import Plan
    from planner.policy import Policy

Given = Literal["planned", "possible"]


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
    wanted = (odds["stage"] == stage) & (odds["year"] == year)
    if grade is None:
        grade = min(odds.loc[wanted, "grade"].tolist(), default=None)
    wanted &= odds["grade"] == grade
    if cap is not None:
        wanted &= odds["cap"] == cap
    rows = odds.loc[wanted]
    columns = ["cap", "expected", f"p_over_{given}", "error"]
    figures = rows.reindex(columns, axis=1).astype("Float64").to_numpy(np.float64, na_value=np.nan)
    by_school = dict(zip(rows["school"].astype(str), figures.tolist(), strict=True))
    caps = {int(figure[0]) for figure in by_school.values() if not math.isnan(figure[0])}
    chances = {school: figure[2] for school, figure in by_school.items()}
    values: dict[int, float] = {}
    for position in land.areas(plan, stage, year):
        schools = plan.catchments[position].schools if position >= 0 else ()
        known = [chances[school] for school in schools if not math.isnan(chances.get(school, math.nan))]
        values[position] = max(known, default=math.nan)
    error = max((figure[3] for figure in by_school.values() if not math.isnan(figure[3])), default=0.0)
    name = stage_name(stage, policy) if grade is None else grade_name(grade, policy)
    picture = Picture(
        title=title or _title(name, year, caps, cap),
        lines=[_meaning(given), _summary(list(chances.values()))],
        source=source_line(district, scenario, _precision(error)),
        bands=odds_bands(),
        legend=say("Odds of a class above the cap"),
        counted=say("schools"),
        values=values,
        counts=list(chances.values()),
        symbols=[
            Symbol(
                school=school,
                value=chance,
                seats=expected,
                number="" if math.isnan(chance) else percent(chance),
                importance=0.0 if math.isnan(chance) else chance,
            )
            for school, (_, expected, chance, _) in by_school.items()
        ],
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


def _meaning(given: Given) -> str:
    if given == "possible":
        return say("Probability that a class is larger than the cap though every free room is used.")
    return say(
        "Probability that a class is larger than the cap with the classes as planned, before anyone is turned away."
    )


def _summary(chances: Sequence[float]) -> str:
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
