"""
What one more room, class or seat is worth, by school and year: found by planning again with one more.

Prices of the relaxation choose which to try; what is told is the difference between two plans, goal by goal, with the
same projects open in the same years.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np
import pandas as pd

from planner.optimise.openings.duals import room_duals
from planner.optimise.openings.plan import GOALS
from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from planner.optimise.openings.facts import OpeningFacts
    from planner.optimise.openings.plan import OpeningPlan, Values

More = Literal["room", "class", "seat"]
"""
room: one more room from the year on; class: one room more for the year group of the year as long as it is there, and one
class more where their number is limited; seat: one child more within the cap of every class of the year's intake.
"""

FEWEST = 1e-3
"""A gain below this is none. [unit of the goal]"""


class Planned(Protocol):
    """A plan with its goals, and what is proven of them."""

    @property
    def plan(self) -> OpeningPlan:
        """The plan."""
        ...

    @property
    def values(self) -> Values:
        """Its goals."""
        ...

    @property
    def goals(self) -> pd.DataFrame:
        """goal, unit, value, bound, gap, status."""
        ...


@dataclass(frozen=True, kw_only=True)
class Worth:
    """What one more room, class or seat is worth."""

    base: Planned
    """The plan without any of them."""
    table: pd.DataFrame
    """
    A row for each tried, the best first: more, campus, year (positions), price (of the relaxation: why it was tried), the
    goals (what each falls by, negative where it rises for the sake of those before it), and whether the gain of the first
    goal that changes is beyond what is unproven of both plans (`proven`).
    """


def with_more(facts: OpeningFacts, more: More, campus: int, year: int, parts: int = 1) -> OpeningFacts:
    """
    Return the facts with one more room, class or seat at a campus.

    Parameters
    ----------
    campus, year
        Positions; a class and a seat are those of every stage of the campus, of the intake of the year.
    parts
        How many of the facts' rooms and classes are a room or class.
    """
    points = np.flatnonzero(facts.campus == campus)
    if more == "seat":
        seats, worst = facts.seats.copy(), facts.worst.copy()
        seats[points, year] *= 1 + 1 / (parts * seats[points, year, :1])
        worst[points, year] = np.maximum(worst[points, year], seats[points, year, 0])
        return replace(facts, seats=seats, worst=worst)
    rooms = facts.rooms.copy()
    until = facts.years if more == "room" else year + int(facts.grades[points].max(initial=1))
    rooms[campus, year:until] += parts
    if more == "room":
        return replace(facts, rooms=rooms)
    most = facts.most.copy()
    most[points, year] += parts
    return replace(facts, rooms=rooms, most=most)


def worth_of(
    facts: OpeningFacts,
    opens: NDArray[np.int64],
    *,
    plan: Callable[[OpeningFacts, NDArray[np.int64]], Planned],
    more: More = "room",
    tries: int = 12,
    parts: int = 1,
    base: Planned | None = None,
    years: tuple[int, ...] = (),
    campuses: tuple[int, ...] = (),
    progress: Callable[[Text, int, int], None] | None = None,
) -> Worth:
    """
    Return what one more is worth at the schools and years where the relaxation prices it highest.

    Parameters
    ----------
    facts
        The given figures.
    opens
        [project]: position of its opening year, `NEVER` for none; kept.
    plan
        How a plan for given opening years is found.
    more
        What there is one more of.
    tries
        How many schools and years are tried, at most.
    parts
        How many of the facts' rooms and classes are a room or class.
    base
        The plan with nothing more, with these opening years; sought the same way when None.
    years, campuses
        Positions asked about: all of them are tried, priced or not; all positions that have a price when none is given.
    progress
        Called with the step, how much of it is done, and how much there is.
    """
    start = plan(facts, opens) if base is None else base
    prices = _prices(facts, opens, more)
    wanted = list(_wanted(prices, years, campuses))[: max(tries, len(years) * len(campuses))]
    rows = []
    for number, (campus, year) in enumerate(wanted):
        if progress is not None:
            progress(Text("planning with one more"), number, len(wanted))
        found = plan(with_more(facts, more, campus, year, parts), opens)
        rows.append(
            {"more": more, "campus": campus, "year": year, "price": float(prices[campus, year])}
            | _gains(start, found)
        )
    table = pd.DataFrame(rows, columns=["more", "campus", "year", "price", *GOALS, "proven"])
    order = table[list(GOALS)].round(3).assign(campus=-table["campus"], year=-table["year"])
    best = order.sort_values([*GOALS, "year", "campus"], ascending=False).index
    return Worth(base=start, table=table.loc[best].reset_index(drop=True))


def _prices(facts: OpeningFacts, opens: NDArray[np.int64], more: More) -> NDArray[np.float64]:
    """
    Return the prices of the relaxation over the years that what there is one more of lasts. [campus, year].

    Nothing has a price at a site where nothing has opened, or before a school has any room.
    """
    there = np.zeros(facts.free.shape, dtype=bool)
    np.logical_or.at(there, facts.campus, facts.usable(opens))
    there &= (facts.rooms_open(opens) + facts.rooms + facts.left) > 0
    each = np.where(there, room_duals(facts, opens), 0.0)
    if more == "room":
        return np.where(there, np.cumsum(each[:, ::-1], axis=1)[:, ::-1], 0.0)
    lasts = np.array([facts.grades[facts.campus == s].max(initial=1) for s in range(facts.campuses)])
    total = np.concatenate([np.zeros((facts.campuses, 1)), np.cumsum(each, axis=1)], axis=1)
    until = np.minimum(np.arange(facts.years) + lasts[:, None], facts.years)
    return np.where(there, np.take_along_axis(total, until, axis=1) - total[:, :-1], 0.0)


def _wanted(
    prices: NDArray[np.float64], years: tuple[int, ...], campuses: tuple[int, ...]
) -> Iterator[tuple[int, int]]:
    """Yield the campuses and years to try, the dearest first; each room in the years asked about."""
    for at in np.argsort(-prices, axis=None, kind="stable").tolist():
        campus, year = divmod(at, prices.shape[1])
        asked = (not years or year in years) and (not campuses or campus in campuses)
        if asked and (prices[campus, year] > 0 or (years and campuses)):
            yield campus, year


def _gains(before: Planned, after: Planned) -> dict[str, float | bool]:
    """
    Return what each goal falls by, and whether the first that changes falls for certain.

    The plan without anything more still holds with it: where the search found nothing better, nothing is gained.
    """
    old, new = before.values.in_order(), after.values.in_order()
    gains = dict.fromkeys(GOALS, 0.0)
    first = next((n for n, (a, b) in enumerate(zip(old, new, strict=True)) if abs(a - b) > FEWEST), None)
    if first is None or new[first] > old[first]:
        return gains | {"proven": True}
    gains |= {goal: a - b for goal, a, b in zip(GOALS, old, new, strict=True)}
    bound = float(before.goals.set_index("goal")["bound"].iloc[first])
    return gains | {"proven": new[first] < bound - FEWEST}
