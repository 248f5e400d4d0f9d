"""The map of how a scenario changes seat gaps: where seats become fewer, where more."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from planner.maps.areas import Picture, Symbol, draw_picture
from planner.maps.land import prepare_land
from planner.maps.palette import Bands
from planner.maps.phrases import signed, source_line, stage_name, whole, year_name
from planner.maps.sheet import nice
from planner.words import Text, say

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from matplotlib.figure import Figure

    from planner.district import District
    from planner.maps.land import Land
    from planner.plan import Plan
    from planner.policy import Policy

_COLOURS = ("#9c2a1a", "#dd7444", "#f6c79f", "#f7f6f1", "#c6e0ee", "#86bad9", "#4289bb")
_HATCHES = (3.0, 4.4, 7.0, 0.0, 0.0, 0.0, 0.0)
_LEAST = 10
"""Smallest outermost step. [children]"""
_OUTERMOST = 0.6
"""Part of the largest change that the outermost step does not exceed. [1]"""


def change_bands(largest: float) -> Bands:
    """
    Return seven classes of changes of a seat gap, centred on zero; fewer seats to spare are hatched, the closer the more.

    Parameters
    ----------
    largest
        Largest change of all maps that are to be laid side by side. [children]
    """
    far = max(_LEAST, round(nice(max(_OUTERMOST * largest, 1.0))))
    near, middle = far // 10, far // 2
    told = {"near": f"{near:,}", "middle": f"{middle:,}", "far": f"{far:,}"}
    return Bands(
        edges=(-far, -middle, -near, near, middle, far),
        colours=_COLOURS,
        hatches=_HATCHES,
        labels=(
            Text("down by more than {far}", **told),
            Text("down by {middle} to {far}", **told),
            Text("down by {near} to {middle}", **told),
            Text("as before, within {near}", **told),
            Text("up by {near} to {middle}", **told),
            Text("up by {middle} to {far}", **told),
            Text("up by more than {far}", **told),
        ),
        centred=True,
    )


def gap_change_map(
    district: District,
    plan: Plan,
    table: pd.DataFrame,
    *,
    stage: str,
    year: int,
    policy: Policy | None = None,
    scenario: str = "",
    title: str | None = None,
    land: Land | None = None,
) -> Figure:
    """
    Draw how a scenario changes the seat gaps of schools against another: seats less the children who come.

    Areas are the scenario's catchments, in the colour of their schools' changes together; classes depend on the
    largest change of all years of the table, so that the maps of a stage can be laid side by side.

    Parameters
    ----------
    plan
        The scenario's.
    table
        school, stage, year, before, after, change [children], clear (whether it can be told from luck; changes that
        cannot are drawn as none). `before` is missing for a school that only the scenario has.
    policy, scenario, title, land
        As for `seat_gap_map`.
    """
    land = land or prepare_land(district, plan)
    rows = table.loc[table["stage"] == stage]
    bands = change_bands(float(np.nanmax(rows["change"].abs().to_numpy(np.float64), initial=0.0)))
    here = rows.loc[rows["year"] == year].set_index("school")
    changes = here["change"].where(here["clear"], 0.0 * here["change"])
    areas = [position for position in land.areas(plan, stage, year) if position >= 0]
    values = {
        position: float(changes.reindex(plan.catchments[position].schools).sum(skipna=False))
        for position in areas
    }
    numbers = _numbers(changes, here["after"])
    schools = dict.fromkeys([*(s for position in areas for s in plan.catchments[position].schools), *numbers])
    symbols = [
        Symbol(
            school=school,
            number=numbers.get(school, ""),
            importance=abs(float(changes.get(school, 0.0))) if school in numbers else 0.0,
        )
        for school in schools
        if school in plan.schools
    ]
    picture = Picture(
        title=title
        or say(
            "Change of the seat gap, {stage}, {year}",
            stage=stage_name(stage, policy),
            year=year_name(year),
        ),
        lines=[
            say("Seats of a school less the children who would come to it: the one scenario less the other."),
            _summary(changes),
        ],
        source=source_line(district, scenario, say("expected figures")),
        bands=bands,
        legend=say("Change of seats less children"),
        counted=say("catchments"),
        values=values,
        counts=list(values.values()),
        symbols=symbols,
        notes=[say("Changes that cannot be told from the luck of the draws are shown as none.")],
    )
    return draw_picture(picture, district, land, plan, stage, year)


def _numbers(changes: pd.Series, after: pd.Series) -> Mapping[str, str]:
    """Return what labels write behind the names: the change, or the gap of a school that the other scenario lacks."""
    told: dict[str, str] = {}
    for school, change, gap in zip(changes.index, changes.tolist(), after.tolist(), strict=True):
        if not math.isnan(change):
            if round(change):
                told[str(school)] = signed(change)
        elif not math.isnan(gap):
            told[str(school)] = say("new {gap}", gap=signed(gap))
    return told


def _summary(changes: pd.Series) -> str:
    """Say at how many schools the gap changes, and by how much in all."""
    known = changes.dropna().to_numpy(np.float64)
    worse, better = known[np.round(known) < 0], known[np.round(known) > 0]
    if not len(worse) and not len(better):
        return say("No seat gap clearly changes in this year.")
    return say(
        "Schools with fewer seats to spare or more short: {worse}, by {less} in all; with more to spare: {better}, by"
        " {more}.",
        worse=len(worse),
        better=len(better),
        less=whole(-worse.sum()),
        more=whole(better.sum()),
    )
