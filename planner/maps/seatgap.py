"""Maps of seat gaps: where seats are short, where they are to spare, in one year and over the years."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from planner.maps.areas import Picture, Symbol, draw_picture
from planner.maps.land import prepare_land
from planner.maps.palette import Bands, gap_bands
from planner.maps.phrases import gap_number, source_line, stage_name, whole, year_name
from planner.words import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd
    from matplotlib.figure import Figure

    from planner.district import District
    from planner.maps.land import Land
    from planner.plan import Plan
    from planner.policy import Policy

Scope = Literal["stage", "entry"]
By = Literal["catchment", "school"]


@dataclass(frozen=True, kw_only=True)
class Gap:
    """A seat gap with its range. [children]"""

    gap: float
    low: float = math.nan
    high: float = math.nan
    seats: float = math.nan

    @property
    def number(self) -> str:
        """As a label writes it."""
        return gap_number(self.gap, self.low, self.high)


def gaps_of(table: pd.DataFrame, key: str, stage: str, year: int) -> dict[str, Gap]:
    """
    Return the gaps of a stage and year by catchment or school; ranges and seats that the table lacks are missing.

    Parameters
    ----------
    key
        Column of the ids: catchment or school.
    """
    columns = ["gap", "gap_p10", "gap_p90", "seats"]
    rows = table[(table["stage"] == stage) & (table["year"] == year)]
    numbers = rows.reindex(columns, axis=1).astype("Float64").to_numpy(np.float64, na_value=np.nan)
    return {
        str(name): Gap(gap=gap, low=low, high=high, seats=seats)
        for name, (gap, low, high, seats) in zip(rows[key], numbers.tolist(), strict=True)
    }


def stage_bands(table: pd.DataFrame, stage: str) -> Bands:
    """Return the classes that all years of a stage share."""
    seats = table.loc[table["stage"] == stage, "seats"]
    return gap_bands(seats.astype("Float64").to_numpy(np.float64, na_value=np.nan))


def catchment_gaps(plan: Plan, gaps: Mapping[str, Gap], stage: str, by: By) -> dict[int, float]:
    """
    Return the gap of every catchment of a stage by its position in the plan; missing where there is none.

    By school, a joint catchment has the gaps of its schools together.
    """
    values: dict[int, float] = {}
    for position, catchment in enumerate(plan.catchments):
        if catchment.stage == stage:
            keys = [catchment.key] if by == "catchment" else catchment.schools
            known = [gaps[key].gap for key in keys if key in gaps and not math.isnan(gaps[key].gap)]
            values[position] = sum(known) if known else math.nan
    return values


def gap_symbols(
    plan: Plan, by: By, shown: Iterable[int], own: Mapping[str, Gap], living: Mapping[str, Gap]
) -> tuple[list[Symbol], dict[int, str]]:
    """
    Return the symbols of a map, and the numbers of its joint catchments.

    Parameters
    ----------
    shown
        Positions of the catchments that have land.
    own, living
        Gaps by school, and by catchment.
    """
    numbers: dict[str, str] = {}
    shortage: dict[str, float] = {}
    joint: dict[int, str] = {}
    schools = [school for school, gap in own.items() if gap.seats != 0 or gap.gap != 0]
    for position in shown:
        catchment = plan.catchments[position]
        schools += catchment.schools
        gap = living.get(catchment.key)
        if by == "catchment" and gap is not None and not math.isnan(gap.gap):
            shortage |= dict.fromkeys(catchment.schools, -gap.gap)
            if len(catchment.schools) == 1:
                numbers[catchment.schools[0]] = gap.number
            else:
                joint[position] = say("joint {gap}", gap=gap.number)
    if by == "school":
        known = {school: gap for school, gap in own.items() if not math.isnan(gap.gap)}
        numbers = {school: gap.number for school, gap in known.items()}
        shortage = {school: -gap.gap for school, gap in known.items()}
    nothing = Gap(gap=math.nan)
    return [
        Symbol(
            school=school,
            value=own.get(school, nothing).gap,
            seats=own.get(school, nothing).seats,
            sure=own.get(school, nothing).high < 0,
            number=numbers.get(school, ""),
            importance=max(shortage.get(school, 0.0), 0.0),
        )
        for school in dict.fromkeys(schools)
    ], joint


def seat_gap_map(
    district: District,
    plan: Plan,
    table: pd.DataFrame,
    *,
    stage: str,
    year: int,
    scope: Scope = "stage",
    by: By = "catchment",
    schools: pd.DataFrame | None = None,
    policy: Policy | None = None,
    scenario: str = "",
    title: str | None = None,
    land: Land | None = None,
) -> Figure:
    """
    Draw where seats are short and where they are to spare in one year.

    Areas are catchments; symbols are schools, sized by their seats and coloured by their own gap where it is known.
    Classes depend on the seats of all years of the table, so that the maps of a stage can be laid side by side.

    Parameters
    ----------
    table
        `by` catchment (seats_by_catchment, entry_by_catchment: those who live there) or by school
        (seats_by_school, entry_by_school: those who come): stage, year, seats, gap, gap_p10, gap_p90. [children]
    scope
        Whether the figures are of the whole stage or of its starting grade.
    schools
        Table by school of the same scope, to colour and size the symbols of a map by catchment.
    policy
        For the names of stages and grades; ids are shown without it.
    scenario
        Name of the scenario for the source line.
    title
        Instead of the usual one.
    land
        Geometry made ready by `prepare_land`, shared by several maps.
    """
    land = land or prepare_land(district, plan)
    areas = [position for position in land.areas(plan, stage, year) if position >= 0]
    gaps = gaps_of(table, by, stage, year)
    values = catchment_gaps(plan, gaps, stage, by)
    of_schools = table if by == "school" else schools
    own = {} if of_schools is None else gaps_of(of_schools, "school", stage, year)
    symbols, joint = gap_symbols(plan, by, areas, own, gaps if by == "catchment" else {})
    counts = (
        [gap.gap for gap in gaps.values()] if by == "school" else [values[position] for position in areas]
    )
    bracketed = any("(" in number for number in [*(symbol.number for symbol in symbols), *joint.values()])
    picture = Picture(
        title=title or gap_title(stage, year, scope, policy),
        lines=[gap_meaning(scope, by), gap_summary(counts, by)],
        source=source_line(district, scenario, say("expected figures; brackets and rings: range of 80 %")),
        bands=stage_bands(table, stage),
        legend=say("Seats less children"),
        counted=say("catchments") if by == "catchment" else say("schools"),
        values=values,
        counts=counts,
        symbols=symbols,
        joint=joint,
        ring=say("short in 9 of 10 draws or more") if any(symbol.sure for symbol in symbols) else "",
        bar=say("the school itself is short"),
        symbol=say("Circles have the colour of the school's own gap.") if own and by == "catchment" else "",
        seats=_seats_label(scope),
        notes=[say("Figures in brackets could as well be of the other sign: the range of 80 % holds zero.")]
        if bracketed
        else [],
    )
    return draw_picture(picture, district, land, plan, stage, year)


def gap_title(stage: str, year: int, scope: Scope, policy: Policy | None) -> str:
    """Write the title of a seat-gap map."""
    values = {"stage": stage_name(stage, policy), "year": year_name(year)}
    if scope == "entry":
        return say("Seat gap at entry, {stage}, {year}", **values)
    return say("Seat gap, {stage}, {year}", **values)


def gap_meaning(scope: Scope, by: By) -> str:
    """Say what the figures of a seat-gap map are."""
    if scope == "entry":
        if by == "school":
            return say(
                "Seats of the starting grade less the entrants who would come to the school, before anyone is turned away."
            )
        return say("Seats of the starting grade in a catchment's schools less the entrants who live there.")
    if by == "school":
        return say("Seats of a school less the children who would come to it, before anyone is turned away.")
    return say("Seats of a catchment's schools less the pupils who live there.")


def gap_summary(gaps: Sequence[float], by: By) -> str:
    """Say how many are short and by how much in all."""
    known = np.array([gap for gap in gaps if not math.isnan(gap)])
    short, spare = known[np.round(known) < 0], known[np.round(known) > 0]
    values: Mapping[str, object] = {
        "short": len(short),
        "all": len(known),
        "missing": whole(-short.sum()),
        "spare": whole(spare.sum()),
    }
    if not len(known):
        return say("There are no figures for this year.")
    if not len(short):
        return say("None is short; {spare} seats are to spare in all.", **values)
    if by == "school":
        return say(
            "{short} of {all} schools are short, by {missing} seats in all; the others have {spare} to spare.",
            **values,
        )
    return say(
        "{short} of {all} catchments are short, by {missing} seats in all; the others have {spare} to spare.",
        **values,
    )


def _seats_label(scope: Scope) -> str:
    return say("seats of the starting grade") if scope == "entry" else say("seats of the school")
