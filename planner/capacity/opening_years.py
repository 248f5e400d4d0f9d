"""In which years a project may open, and why not in the others."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from planner.words import Text

if TYPE_CHECKING:
    from planner.capacity.candidates import Candidate, Ground
    from planner.district import District

_BEGUN = frozenset({"started", "fitting_out", "finished"})
"""Stages of work from which on no years of construction are to come that the document did not date."""


LAST_YEARS = 2
"""Years before the last of the horizon from which on nothing opens, where the terms do not say. [years]"""


def hand_over_year(district: District, development: str) -> int | None:
    """
    Return the first autumn count after the first phase of a development is handed over; None where it is not dated.

    "与住宅建设首期项目同步规划、同步建设、同步交付使用" (Jiangyuan 2017; Tianjin 2019): it is the first phase that counts.
    """
    table = district["housing"]
    days = pd.DatetimeIndex(table["hand_over"][(table["development"] == development).to_numpy(bool)]).dropna()
    return min((day.year + (day.month >= 9) for day in days), default=None)


def opening_years(
    candidate: Candidate, ground: Ground
) -> tuple[tuple[int, ...], dict[int, Text], list[tuple[str, Text]]]:
    """
    Return the years in which a project may open.

    A project that is dated opens in its year, if what it states of itself allows it; one that is not, in any year
    of the horizon in which

    - the terms let projects open, and neither `earliest` nor `latest` forbids it;
    - the years of construction are over, counted from the last count, or from the year in which approval, land and
      consent are had;
    - it is handed over with the first phase of the housing for which it is built.

    Returns
    -------
    The years, rising; the reason against each other year of the horizon; and, where no year is left or a gate is not
    had, (column, reason).
    """
    dated = candidate.choice == "fixed" and candidate.row["opens"] is not None
    years, counted = ground.years, ground.district.counted
    faults, gates = _gates(candidate)
    lower, upper = _stated_bounds(candidate.row)
    building = _building_years(candidate, ground)
    if dated and candidate.row["building_years"] is None:
        building = 0
    if building and not dated:
        reason = Text("takes {years} years to build, from {counted} on", years=building, counted=counted)
        lower.append(_Bound(counted + building, "building_years", reason))
    lower += [
        _Bound(year + building, gate, _gate_reason(gate, year, building)) for gate, year in gates.items()
    ]
    if not dated:
        first, last = _window(ground)
        lower.append(_Bound(first, "opens_since", Text("the schedule begins in {year}", year=first)))
        upper.append(_Bound(last, "opens_until", Text("the schedule opens nothing after {year}", year=last)))
    if candidate.row["development"] is not None:
        with_first, with_last, wrong = _housing_bounds(candidate.row, ground)
        lower, upper, faults = lower + with_first, upper + with_last, faults + wrong
    in_question = (_dated(candidate),) if dated else years
    against = {
        year: [bound for bound in sorted(lower, reverse=True) if year < bound.year]
        + [bound for bound in sorted(upper) if year > bound.year]
        for year in in_question
    }
    left = tuple(year for year in in_question if year in years and not against[year])
    refused = {year: bounds[0].reason for year, bounds in against.items() if bounds and year in years}
    for year in years if dated else ():
        refused.setdefault(year, Text("it is dated {year}", year=in_question[0]))
    if left or faults:
        return left, {year: reason for year, reason in refused.items() if year not in left}, faults
    return (
        left,
        refused,
        [_no_year(in_question[0], against[in_question[0]], years) if dated else _no_years(lower, upper)],
    )


@dataclass(frozen=True, order=True)
class _Bound:
    """The first or the last year that something leaves."""

    year: int
    key: str = field(compare=False)
    reason: Text = field(compare=False)


def _stated_bounds(row: dict[str, Any]) -> tuple[list[_Bound], list[_Bound]]:
    """Return the bounds that a project states in so many words, from below and from above."""
    lower, upper = [], []
    if row["earliest"] is not None:
        year = int(row["earliest"])
        lower.append(_Bound(year, "earliest", Text("possible from {year} on", year=year)))
    if row["latest"] is not None:
        year = int(row["latest"])
        upper.append(_Bound(year, "latest", Text("no later than {year}", year=year)))
    return lower, upper


def _dated(candidate: Candidate) -> int:
    """Return the year of a dated project: as it counts, else as written."""
    return int(candidate.row["opens"]) if candidate.opens is None else candidate.opens


def _window(ground: Ground) -> tuple[int, int]:
    """Return the first and the last year of the horizon in which the terms let projects open."""
    since, until, first, last = (
        ground.terms.opens_since,
        ground.terms.opens_until,
        ground.years[0],
        ground.years[-1],
    )
    latest = max(last - LAST_YEARS, first) if until is None else until
    return max(first, first if since is None else since), min(last, latest)


def _building_years(candidate: Candidate, ground: Ground) -> int:
    """Return the years of construction that are still to come. [years]."""
    if candidate.row["status"] in _BEGUN:
        return 0
    stated = candidate.row["building_years"]
    return ground.terms.building_years_of(candidate.kind) if stated is None else int(stated)


def _gates(candidate: Candidate) -> tuple[list[tuple[str, Text]], dict[str, int]]:
    """Return what must be had and is not, and the years from which the others are."""
    decision = candidate.decision
    missing = {
        "approval": Text("is not approved: write the school year from which it will be, or forbid it"),
        "land": Text(
            "has no land: write the school year from which its land is reserved and free, or forbid it"
        ),
        "consent": Text(
            "lacks the consent of those who must agree: write the school year from which they will, or forbid it"
        ),
    }
    stated = {"approval": decision.approval, "land": decision.land, "consent": decision.consent}
    faults = [(column, missing[column]) for column, gate in stated.items() if gate is False]
    years = {
        column: gate for column, gate in stated.items() if gate is not None and not isinstance(gate, bool)
    }
    return faults, years


def _gate_reason(column: str, year: int, building: int) -> Text:
    """Return why a project cannot open before a gate is had and it is built."""
    what = {"approval": Text("approved"), "land": Text("its land free"), "consent": Text("agreed to")}[column]
    if building:
        return Text(
            "{what} only from {year} on, and {years} years to build", what=what, year=year, years=building
        )
    return Text("{what} only from {year} on", what=what, year=year)


def _housing_bounds(
    row: dict[str, Any], ground: Ground
) -> tuple[list[_Bound], list[_Bound], list[tuple[str, Text]]]:
    """Return the bounds that the first phase of the housing leaves, and what is wrong with naming it."""
    development = str(row["development"])
    if development not in set(ground.district["housing"]["development"]):
        return [], [], [("development", Text("there is no development {id}", id=repr(development)))]
    year = hand_over_year(ground.district, development)
    if year is None:
        problem = Text("no phase of development {id} says when it is handed over", id=development)
        return [], [], [("development", problem)]
    exactly = row["with_housing"] == "with"
    if year > ground.district.counted:
        reason = Text(
            "the first phase of {development} is handed over for autumn {year}",
            development=development,
            year=year,
        )
        bound = _Bound(year, "development", reason)
        return [bound] if exactly else [], [bound], []
    problem = Text(
        "the first phase of {development} was handed over for autumn {year}: nothing can open with it; take with_housing out",
        development=development,
        year=year,
    )
    return [], [], [("with_housing", problem)] if exactly else []


def _no_year(dated: int, against: list[_Bound], years: tuple[int, ...]) -> tuple[str, Text]:
    """Return why a project cannot open in the year that it is dated."""
    if against:
        return against[0].key, Text("opens in {year}: {reason}", year=dated, reason=against[0].reason)
    problem = Text(
        "opens in {year}, outside the horizon {first}-{last}", year=dated, first=years[0], last=years[-1]
    )
    return "opens", problem


def _no_years(lower: list[_Bound], upper: list[_Bound]) -> tuple[str, Text]:
    """Return the two bounds that leave no year."""
    low, high = max(lower), min(upper)
    return low.key, Text("no year is left to open in: {low}; {high}", low=low.reason, high=high.reason)
