"""Which autumns are forecast from, how many years ahead, and what had to be left out of what was asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.district.findings import few
from planner.errors import QuestionError
from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

FIRST_FIT = 2
"""Autumns that a fit needs at least, the origin included."""
_USUAL_FIT = 4
"""Autumns up to the first origin where none is asked for: three transitions."""


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """Origins and leads of a back-test."""

    origins: tuple[int, ...]
    leads: tuple[int, ...]
    notes: tuple[Text, ...]
    """What was asked for and is left out, and why."""


def choose_origins(
    years: Sequence[int], counted: Collection[int], asked: tuple[int, int] | None, leads: Sequence[int]
) -> Chosen:
    """
    Return the autumns to forecast from, and the years ahead for which counts came.

    Parameters
    ----------
    years
        All autumns from the first to the last count.
    counted
        Those of them in which anything was counted.
    asked
        First and last origin; None: all with three transitions before them and a count after them, or, where
        histories are shorter, the last possible one.
    leads
        Years ahead.

    Raises
    ------
    QuestionError
        When none is possible.
    """
    first, last = years[0] + FIRST_FIT - 1, years[-1]
    met = {
        year: ahead
        for year in range(first, last)
        if year in counted and (ahead := [lead for lead in leads if year + lead in counted])
    }
    if asked is not None:
        wanted = list(range(asked[0], asked[1] + 1))
    else:
        usual = range(years[0] + _USUAL_FIT - 1, last - min(leads) + 1)
        wanted = list(usual) if any(year in met for year in usual) else list(met)[-1:]
    origins = tuple(year for year in wanted if year in met)
    if not origins:
        raise QuestionError(
            Text(
                "No forecast can be tried: counts run from {first} to {last}. An origin needs {needed} autumns up to it, and one at least {lead} years after it.",
                first=years[0],
                last=years[-1],
                needed=FIRST_FIT,
                lead=min(leads),
            )
        )
    usable = tuple(lead for lead in leads if any(lead in met[year] for year in origins))
    notes = []
    if early := [year for year in wanted if year < first]:
        notes.append(
            Text(
                "Origins left out: {years}. A fit needs {needed} autumns up to its origin, and counts begin in {first}.",
                years=few(early),
                needed=FIRST_FIT,
                first=years[0],
            )
        )
    if silent := [year for year in wanted if first <= year <= last and year not in counted]:
        notes.append(Text("Origins left out: {years}. Nothing was counted in them.", years=few(silent)))
    if late := [
        year for year in wanted if year > last or (year >= first and year in counted and year not in met)
    ]:
        notes.append(
            Text(
                "Origins left out: {years}. None of the autumns asked about after them has been counted.",
                years=few(late),
            )
        )
    if unmet := [lead for lead in leads if lead not in usable]:
        notes.append(
            Text(
                "Years ahead left out: {leads}. Nothing was counted so many years after any origin.",
                leads=few(unmet),
            )
        )
    for lead in usable:
        some = [year for year in origins if lead in met[year]]
        if len(some) < min(3, len(origins)):
            notes.append(
                Text("{lead} years ahead rests on few origins: {years}.", lead=lead, years=few(some))
            )
    return Chosen(origins=origins, leads=usable, notes=tuple(notes))
