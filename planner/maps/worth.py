"""
What one more room is worth, school by school: where it relieves most, where it would stand empty.

`worth_map` draws one plain table, a row a school, stage and year: ``school``, ``stage``, ``year``, ``worth`` (what one
more room of the school is worth in that year, in the unit that the caller names; missing where it was not found
out), and ``sure`` (whether it was found by solving again with one more room, rather than by a price that only says
which rooms to try; may be left out).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from planner.maps.areas import Picture, Symbol, draw_picture
from planner.maps.land import prepare_land
from planner.maps.palette import worth_bands
from planner.maps.phrases import source_line, stage_name, whole, year_name
from planner.words import Text, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from matplotlib.figure import Figure

    from planner.district import District
    from planner.maps.land import Land
    from planner.plan import Plan
    from planner.policy import Policy


def worth_map(
    district: District,
    plan: Plan,
    table: pd.DataFrame,
    *,
    stage: str,
    year: int,
    unit: Text | None = None,
    policy: Policy | None = None,
    scenario: str = "",
    title: str | None = None,
    lines: Sequence[str] = (),
    land: Land | None = None,
) -> Figure:
    """
    Draw what one more room is worth at each school in one year.

    A joint catchment has the colour of its school where a room is worth most. Classes depend on the figures of all
    years of the stage, so that maps of several years can be laid side by side.

    Parameters
    ----------
    table
        school, stage, year, worth, sure: as this module says.
    unit
        Unit of the worth; fewer child-years above the cap when not given.
    policy, scenario, title, land
        As for `seat_gap_map`.
    lines
        Further lines below the title.
    """
    land = land or prepare_land(district, plan)
    of_stage = table.loc[table["stage"] == stage]
    rows = of_stage.loc[of_stage["year"] == year]
    worth = {
        str(school): float(value)
        for school, value in zip(rows["school"].tolist(), _figures(rows), strict=True)
    }
    unsure = set() if "sure" not in rows else set(rows.loc[~rows["sure"].astype(bool), "school"].tolist())
    values: dict[int, float] = {}
    for position in land.areas(plan, stage, year):
        schools = plan.catchments[position].schools if position >= 0 else ()
        known = [worth[school] for school in schools if not math.isnan(worth.get(school, math.nan))]
        values[position] = max(known, default=math.nan)
    unit = unit or Text("fewer child-years above the cap")
    picture = Picture(
        title=title
        or say(
            "What one more room is worth, {stage}, {year}",
            stage=stage_name(stage, policy),
            year=year_name(year),
        ),
        lines=[*lines, _summary(worth, unit, year)],
        source=source_line(district, scenario, say("found by planning again with one more room")),
        bands=worth_bands(_figures(of_stage)),
        legend=say("One more room: {unit}", unit=unit),
        counted=say("schools"),
        values=values,
        counts=list(worth.values()),
        symbols=[
            Symbol(
                school=school,
                value=value,
                number="" if math.isnan(value) else f"~{whole(value)}" if school in unsure else whole(value),
                importance=float(np.nan_to_num(value)),
            )
            for school, value in worth.items()
        ],
        notes=[say("~: by the price of the plan, not planned again")] if unsure else [],
    )
    return draw_picture(picture, district, land, plan, stage, year)


def _figures(rows: pd.DataFrame) -> list[float]:
    return rows["worth"].astype("Float64").to_numpy(np.float64, na_value=np.nan).tolist()


def _summary(worth: dict[str, float], unit: Text, year: int) -> str:
    """Say at how many schools a room is worth anything."""
    known = [value for value in worth.values() if not math.isnan(value)]
    some = [value for value in known if round(value) > 0]
    if not known:
        return say("There are no figures for this year.")
    if not some:
        return say(
            "One more room in {year} is worth nothing at any of {all} schools.", year=year, all=len(known)
        )
    return say(
        "One more room in {year} is worth something at {some} of {all} schools, at most {most} {unit}.",
        year=year,
        some=len(some),
        all=len(known),
        most=whole(max(some)),
        unit=unit,
    )
