"""What the page of the years says of every catchment and school in every year, in the words it is shown in."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from planner.maps.areas import radii, with_number
from planner.maps.odds import catchment_odds, odds_meaning, odds_of, odds_summary
from planner.maps.palette import Bands, odds_bands
from planner.maps.phrases import percent, signed, whole
from planner.maps.seatgap import catchment_gaps, gap_meaning, gap_summary, gap_symbols, gaps_of, stage_bands
from planner.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from planner.maps.odds import Odds
    from planner.maps.seatgap import Gap, Scope
    from planner.plan import Plan

Show = Literal["stage", "entry", "odds"]
SHOWS: tuple[Show, ...] = ("stage", "entry", "odds")

DASH = "\u2013"
LARGEST = 9.0
"""Radius of the symbol of the largest school. [units]"""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A catchment or school in a year."""

    band: int
    """Class of the colours; -1 where there is no figure, -2 where it is not there."""
    number: str
    """Behind the name on the map."""
    cells: tuple[str, str, str, str]
    """Seats, children, gap, odds."""
    radius: float = 0.0
    """Of a school's symbol. [units]"""
    sure: bool = False
    """Whether it is short in 9 of 10 draws or more."""


ABSENT = Entry(band=-2, number="", cells=(DASH, DASH, DASH, DASH))


@dataclass(frozen=True, kw_only=True)
class View:
    """What one choice of the page shows in all years."""

    show: Show
    bands: Bands
    meaning: str
    sums: list[str]
    """By year."""
    areas: list[dict[int, Entry]]
    """By year, by position in the plan."""
    schools: list[dict[str, Entry]]
    """By year."""


def views(
    plan: Plan,
    tables: Mapping[str, pd.DataFrame],
    stage: str,
    grade: int,
    present: Sequence[Sequence[int]],
    names: Mapping[str, str],
) -> list[View]:
    """
    Return what the page shows: the gap of the stage, the gap at entry, and the odds of a class above its cap.

    Parameters
    ----------
    tables
        seats_by_catchment, entry_by_catchment, seats_by_school, entry_by_school, odds.
    grade
        Starting grade of the stage.
    present
        Positions of the catchments that have land, by year.
    names
        Of the schools on the map.
    """
    of_grade = tables["odds"].loc[(tables["odds"]["stage"] == stage) & (tables["odds"]["grade"] == grade)]
    odds = [odds_of(of_grade.loc[of_grade["year"] == year], "planned") for year in plan.years]
    gaps = {
        scope: _gap_view(plan, tables, stage, scope, present, names, odds) for scope in ("stage", "entry")
    }
    return [*gaps.values(), _odds_view(plan, gaps["entry"], present, names, odds)]


def _gap_view(
    plan: Plan,
    tables: Mapping[str, pd.DataFrame],
    stage: str,
    scope: Scope,
    present: Sequence[Sequence[int]],
    names: Mapping[str, str],
    odds: Sequence[Mapping[str, Odds]],
) -> View:
    kind = "entry" if scope == "entry" else "seats"
    table, by_school = tables[f"{kind}_by_catchment"], tables[f"{kind}_by_school"]
    bands = stage_bands(table, stage)
    seats = by_school.loc[by_school["stage"] == stage, "seats"].astype("Float64").to_numpy(na_value=0.0)
    most = float(np.max(seats, initial=1.0))
    sums, areas, schools = [], [], []
    for year, shown, chances in zip(plan.years, present, odds, strict=True):
        living, own = gaps_of(table, "catchment", stage, year), gaps_of(by_school, "school", stage, year)
        values = catchment_gaps(plan, living, stage, "catchment")
        symbols, joint = gap_symbols(plan, "catchment", shown, own, living)
        highest = catchment_odds(plan, shown, chances)
        sums.append(gap_summary([values[position] for position in shown], "catchment"))
        areas.append(
            {
                position: Entry(
                    band=int(bands.of([values[position]])[0]),
                    number=joint.get(position, ""),
                    cells=(
                        *_gap_cells(living.get(plan.catchments[position].key)),
                        _chance(highest[position]),
                    ),
                )
                for position in shown
            }
        )
        sizes = radii([symbol.seats for symbol in symbols], most, LARGEST)
        schools.append(
            {
                symbol.school: Entry(
                    band=int(bands.of([symbol.value])[0]),
                    number=_behind(names[symbol.school], symbol.number),
                    cells=(
                        *_gap_cells(own.get(symbol.school)),
                        _chance(chances[symbol.school].chance if symbol.school in chances else math.nan),
                    ),
                    radius=float(radius),
                    sure=symbol.sure,
                )
                for symbol, radius in zip(symbols, sizes, strict=True)
                if symbol.school in names
            }
        )
    return View(
        show=scope,
        bands=bands,
        meaning=gap_meaning(scope, "catchment"),
        sums=sums,
        areas=areas,
        schools=schools,
    )


def _odds_view(
    plan: Plan,
    entry: View,
    present: Sequence[Sequence[int]],
    names: Mapping[str, str],
    odds: Sequence[Mapping[str, Odds]],
) -> View:
    """Return the view of the odds: seats, children and gaps at entry, coloured by the odds."""
    bands = odds_bands()
    areas, schools = [], []
    for year, (shown, chances) in enumerate(zip(present, odds, strict=True)):
        highest = catchment_odds(plan, shown, chances)
        areas.append(
            {
                position: Entry(
                    band=int(bands.of([highest[position]])[0]),
                    number="",
                    cells=entry.areas[year][position].cells,
                )
                for position in shown
            }
        )
        schools.append(
            {
                school: Entry(
                    band=int(bands.of([chances[school].chance])[0]) if school in chances else -1,
                    number=_behind(names[school], chances[school].number) if school in chances else "",
                    cells=own.cells,
                    radius=own.radius,
                )
                for school, own in entry.schools[year].items()
            }
        )
    return View(
        show="odds",
        bands=bands,
        meaning=odds_meaning("planned"),
        sums=[odds_summary([own.chance for own in chances.values()]) for chances in odds],
        areas=areas,
        schools=schools,
    )


def _behind(name: str, number: str) -> str:
    """Return what follows a name on the map."""
    return with_number(name, number)[len(name) :]


def _gap_cells(gap: Gap | None) -> tuple[str, str, str]:
    """Return seats, children and gap, with ranges of 80 %, as a table writes them."""
    if gap is None or math.isnan(gap.gap):
        return (DASH, DASH, DASH)
    if math.isnan(gap.seats):
        return (DASH, DASH, signed(gap.gap))
    children = whole(gap.seats - gap.gap)
    if math.isnan(gap.low):
        return (whole(gap.seats), children, signed(gap.gap))
    return (
        whole(gap.seats),
        say(
            "{middle} ({low} to {high})",
            middle=children,
            low=whole(gap.seats - gap.high),
            high=whole(gap.seats - gap.low),
        ),
        say(
            "{middle} ({low} to {high})",
            middle=signed(gap.gap),
            low=signed(gap.low),
            high=signed(gap.high),
        ),
    )


def _chance(chance: float) -> str:
    return DASH if math.isnan(chance) else percent(chance)
