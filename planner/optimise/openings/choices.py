"""The options of a scenario as rows of the openings model: what each takes and brings, and what binds them to each other."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from graphlib import CycleError, TopologicalSorter
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from planner.optimise.openings.facts import NEVER
from planner.optimise.openings.points import receiver_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from planner.capacity.options import Option, Options
    from planner.optimise.facts import IntakeFacts
    from planner.optimise.openings.points import Campuses, Future


@dataclass(frozen=True, kw_only=True)
class Row:
    """
    One row of the model's projects.

    The years of a closing are rows of their own, each decided in the first year: a school then has that future from
    the start. So are the years in which a new school may open grade by grade.
    """

    option: str
    """Option that it carries out; empty for what only holds a set together, and for a school that stays."""
    closes: int = NEVER
    """Position of the year in which the option opens, of a closing; `NEVER` where the row's own year says it."""
    after: tuple[int, ...] = ()
    """Rows that it waits for: of each project that it needs, one of those that open in its year."""
    allowed: NDArray[np.bool_]
    """[year]."""
    cost: NDArray[np.float64]
    """[year]. [yuan]"""
    spending: NDArray[np.float64]
    """[year of opening, year]. [yuan]"""
    building: NDArray[np.float64]
    """[year of opening, year]. [rooms]"""
    effects: tuple[tuple[int, NDArray[np.float64]], ...] = ()
    """Campus, and rooms gained [year of opening, year]. [rooms]"""
    twin: int = NEVER
    """Row that opens if and only if this one does; `NEVER` for none."""
    other: int = NEVER
    """Row that opens if and only if this one does not; `NEVER` for none."""


@dataclass(frozen=True, kw_only=True)
class Choices:
    """Rows, and what binds them."""

    rows: tuple[Row, ...]
    needs: tuple[tuple[int, int], ...]
    at_most_one: tuple[tuple[int, ...], ...]
    exactly_one: tuple[tuple[int, ...], ...]
    _stays: tuple[tuple[int, tuple[int, ...]], ...] = field(default=())
    """(row of a school that stays, rows of its closings)."""

    def decided(self, opens: NDArray[np.int64]) -> dict[str, int]:
        """
        Return the options that open, with the positions of their years.

        Parameters
        ----------
        opens
            [row]: position of the opening year.
        """
        return {
            row.option: row.closes if row.closes != NEVER else int(year)
            for row, year in zip(self.rows, opens.tolist(), strict=True)
            if row.option and year != NEVER
        }

    def opens(self, decided: Mapping[str, int]) -> NDArray[np.int64] | None:
        """
        Return the opening years of all rows in which these options open, and no others.

        Returns
        -------
        Array [row]; None where an option cannot open in its year: for itself, or for want of what it waits for.
        """
        opens = np.full(len(self.rows), NEVER)
        stays = dict(self._stays)
        done: set[str] = set()
        for p, row in enumerate(self.rows):
            if p in stays and (opens[list(stays[p])] == NEVER).all():
                opens[p] = 0
            if row.option not in decided or row.option in done:
                continue
            year = decided[row.option]
            can = row.closes == year if row.closes != NEVER else bool(row.allowed[year])
            if can and all(opens[q] != NEVER and opens[q] <= year for q in row.after):
                done.add(row.option)
                opens[p] = 0 if row.closes != NEVER else year
                if row.twin != NEVER:
                    opens[row.twin] = year
        if len(done) < len(decided):
            return None
        for p, row in enumerate(self.rows):
            if row.other != NEVER:
                opens[row.other] = 0 if opens[p] == NEVER else NEVER
        return opens


def lay_out(options: Options, told: IntakeFacts, campuses: Campuses, left: NDArray[np.float64]) -> Choices:
    """
    Return the rows of all options.

    An option is one row. Where what it needs may come in several ways, it is a row for each of these; so is one that
    brings a school which opens grade by grade, for each of its years. One that closes a school is a row for each of its
    years (`Row.closes`), and the school that stays is one more. One that changes the rooms of a school that may close is a
    row for each of that school's futures, which it waits for.

    A closing that waits for others, or for which others wait, has two rows more for each of its years: a twin that
    opens in that year, by which the order is held, and its opposite: of the closing and the opposite exactly one
    opens, and of the twin and the opposite.

    Parameters
    ----------
    left
        [school, grade, year]: classes of the last count. [classes]
    """
    laying = _Laying(options, told, campuses, left)
    for option in _in_order(options):
        if option.closes and option.closes in laying.at and not option.counted:
            laying.add_closing(option)
        else:
            laying.add(option)
        laying.add_staying()
    return laying.done()


def _in_order(options: Options) -> list[Option]:
    """Return the options, each after those that it needs, and after those that close its school, if these do not need it."""
    needs: dict[str, list[str]] = {option.option: [] for option in options.options}
    for option, others in options.needs:
        needs[option] += [other for other in others if other in needs and other not in needs[option]]
    with_closings = {
        option: [
            *others,
            *(end for end in options.closing.get(options.by_id[option].school, ()) if end != option),
        ]
        for option, others in needs.items()
    }
    try:
        order = tuple(TopologicalSorter(with_closings).static_order())
    except CycleError:
        order = tuple(TopologicalSorter(needs).static_order())
    return [options.by_id[option] for option in order]


class _Laying:
    """The rows so far."""

    def __init__(
        self, options: Options, told: IntakeFacts, campuses: Campuses, left: NDArray[np.float64]
    ) -> None:
        self.options, self.told, self.campuses, self.left = options, told, campuses, left
        self.years = len(told.years)
        self.at = {school: s for s, school in enumerate(told.schools)}
        self.rows: list[Row] = []
        self.of: dict[str, list[int]] = {}
        """Rows of which one opens when the option does, by which sets are stated."""
        self.when: dict[str, list[int]] = {}
        """Rows that open in the option's own year, by which order is stated."""
        self.exactly: list[tuple[int, ...]] = []
        self.stays: list[tuple[int, tuple[int, ...]]] = []
        self.settled = {option.option: option.years[0] for option in options.options if option.counted}
        self.waited = {other for _, others in options.needs for other in others}
        self.begins: dict[str, int] = {}
        """First year of an option that waits for what is settled."""
        self.futures: dict[int, list[int]] = {}
        """Of each campus of a school that may close: the rows by which it has this future."""
        self.laid: set[str] = set()
        """Options whose rows are there."""
        self.stayed: set[str] = set()
        """Schools whose row of staying is there."""
        self.brought: dict[int, tuple[int, ...]] = {}
        """Of each row that brings a school: its campuses."""
        self.waits: dict[str, list[tuple[str, ...]]] = {}
        """Of each option: sets of options of which one must be open."""
        for option, others in options.needs:
            known = [self.settled[other] for other in others if other in self.settled]
            if known:
                self.begins[option] = max(self.begins.get(option, min(known)), min(known))
            else:
                self.waits.setdefault(option, []).append(others)

    def add(self, option: Option) -> None:
        """Add an option that closes no school: a row, or one for each way in which it may come."""
        years, discount = self.options.years, self.options.terms.discount
        allowed, cost = np.zeros(self.years, dtype=bool), np.zeros(self.years)
        spending, building = (np.zeros((self.years, self.years)) for _ in range(2))
        gained = np.zeros((self.years, self.years))
        for year in self.possible(option):
            v = years.index(year)
            allowed[v], cost[v] = True, option.cost(year, years, discount)
            spending[v] = option.paid(year, years)
            building[v] = option.under_construction(year, years)
            gained[v] = option.gained(year, years)
        row = Row(option=option.option, allowed=allowed, cost=cost, spending=spending, building=building)
        for after in self.alternatives(option):
            for places, when, future in self.places(option, after):
                if not (allowed & when).any():
                    continue
                at = len(self.rows)
                self.of.setdefault(option.option, []).append(at)
                self.when.setdefault(option.option, []).append(at)
                if option.brings:
                    self.brought[at] = places
                effects = () if option.counted else self.effects(places, gained)
                self.rows.append(
                    replace(row, after=(*after, *future), allowed=allowed & when, effects=effects)
                )
        self.laid.add(option.option)

    def add_closing(self, option: Option) -> None:
        """Add an option that closes a school: a row for each of its years."""
        years = self.options.years
        s = self.at[option.closes]
        bound = option.option in self.waited or option.option in self.waits
        once = np.arange(self.years) == 0
        none = np.zeros((self.years, self.years))
        for campus in self.campuses.of(s):
            future = self.campuses.futures[campus]
            if future is None or future.option != option.option:
                continue
            year = years[future.closes]
            if year not in self.possible(option):
                continue
            first = once[:, None]
            gained = first * np.asarray(option.gained(year, years), dtype=np.float64)
            row = Row(
                option=option.option,
                closes=future.closes,
                allowed=once,
                cost=once * option.cost(year, years, self.options.terms.discount),
                spending=first * option.paid(year, years),
                building=first * option.under_construction(year, years),
                effects=(
                    (campus, first * self.free(s, future.closes)),
                    *self.effects(self.campuses_at(option), gained),
                    *self.moved_in(s, future, first),
                ),
            )
            for after in self.alternatives(option):
                at = len(self.rows)
                self.of.setdefault(option.option, []).append(at)
                self.futures.setdefault(campus, []).append(at)
                if not bound:
                    self.rows.append(row)
                    continue
                timed = np.arange(self.years) == future.closes
                empty = {"cost": np.zeros(self.years), "spending": none, "building": none}
                self.rows.append(replace(row, after=after, twin=at + 1, other=at + 2))
                self.rows.append(Row(option="", after=after, allowed=timed, **empty))
                self.rows.append(Row(option="", allowed=once, **empty))
                self.exactly += [(at, at + 2), (at + 1, at + 2)]
                self.when.setdefault(option.option, []).append(at + 1)
        self.laid.add(option.option)

    def add_staying(self) -> None:
        """Add, for every school that may close in ways that are all there, the row of its staying."""
        once = np.arange(self.years) == 0
        none = np.zeros((self.years, self.years))
        for school, by in self.options.closing.items():
            if school not in self.at or len(self.campuses.of(self.at[school])) == 1:
                continue
            if school in self.stayed or not self.laid.issuperset(by):
                continue
            self.stayed.add(school)
            s = self.at[school]
            closings = tuple(p for option in by for p in self.of.get(option, ()))
            campus = self.campuses.of(s)[0]
            at = len(self.rows)
            self.futures[campus] = [at]
            self.rows.append(
                Row(
                    option="",
                    allowed=once,
                    cost=np.zeros(self.years),
                    spending=none,
                    building=none,
                    effects=((campus, once[:, None] * self.free(s, self.years)),),
                )
            )
            self.exactly.append((at, *closings))
            self.stays.append((at, closings))

    def done(self) -> Choices:
        """Return the rows, with what binds them."""
        needs = [(p, q) for p, row in enumerate(self.rows) if row.twin == NEVER for q in row.after]
        several = [option for option in self.of if len(self.when.get(option, ())) > 1]
        at_most = [
            tuple(p for option in options for p in self.of.get(option, ()))
            for options in (*self.options.at_most_one, *((option,) for option in several))
        ]
        exactly = [
            tuple(p for option in options for p in self.of.get(option, ()))
            for options in self.options.exactly_one
        ]
        return Choices(
            rows=tuple(self.rows),
            needs=tuple(needs),
            at_most_one=tuple(dict.fromkeys(each for each in at_most if len(each) > 1)),
            exactly_one=tuple(dict.fromkeys([*exactly, *self.exactly])),
            _stays=tuple(self.stays),
        )

    def possible(self, option: Option) -> list[int]:
        """Return the years in which an option may open: not before what it needs and what is settled."""
        return [year for year in option.years if year >= self.begins.get(option.option, year)]

    def alternatives(self, option: Option) -> list[tuple[int, ...]]:
        """Return the ways in which what an option waits for may come: of each set, a row of one of its options."""
        sets = [
            [row for other in others for row in self.when.get(other, ())]
            for others in self.waits.get(option.option, ())
        ]
        return list(product(*sets))

    def free(self, school: int, closes: int) -> NDArray[np.float64]:
        """Return the rooms of a school that new classes may use until it closes. [year] [rooms]."""
        free = np.maximum(self.told.rooms[school] - np.ceil(self.left[school].sum(axis=0) - 1e-6), 0.0)
        return np.where(np.arange(self.years) < closes, free, 0.0)

    def places(
        self, option: Option, after: tuple[int, ...]
    ) -> list[tuple[tuple[int, ...], NDArray[np.bool_], tuple[int, ...]]]:
        """
        Return where an option may bring its rooms: campuses, the years in which it may open there [year], rows it waits for.

        Of a school that opens grade by grade, a campus for each year; of one that may close, for each of its futures. Of one
        that other rows bring, that of the row which it waits for.
        """
        campuses, whenever = self.campuses_at(option), np.ones(self.years, dtype=bool)
        if option.counted:
            return [(campuses, whenever, ())]
        own = [(campus, self.campuses.futures[campus]) for campus in campuses]
        staged = [
            ((campus,), np.arange(self.years) == future.opens, ())
            for campus, future in own
            if future is not None and future.opens != NEVER and future.option == option.option
        ]
        of_future = [
            ((campus,), whenever, (row,))
            for campus in campuses
            if campuses[0] in self.futures
            for row in self.futures.get(campus, ())
        ]
        of_base = [
            (self.brought[row], whenever, ())
            for row in after
            if row in self.brought and self.options.by_id[self.rows[row].option].school == option.school
        ]
        return staged or of_future or of_base or [(campuses, whenever, ())]

    def campuses_at(self, option: Option) -> tuple[int, ...]:
        """Return all campuses of the school whose rooms an option changes."""
        return tuple(self.campuses.of(self.at[option.campus])) if option.campus in self.at else ()

    def effects(
        self, campuses: tuple[int, ...], gained: NDArray[np.float64]
    ) -> tuple[tuple[int, NDArray[np.float64]], ...]:
        """Return the rooms that an option brings to campuses, in each of their futures until it closes."""
        if not gained.any():
            return ()
        found = []
        for campus in campuses:
            future = self.campuses.futures[campus]
            last = self.years if future is None else future.closes
            found.append((campus, gained * (np.arange(self.years) < last)))
        return tuple(found)

    def moved_in(
        self, school: int, future: Future, first: NDArray[np.bool_]
    ) -> list[tuple[int, NDArray[np.float64]]]:
        """Return the rooms that the classes of the last count take from those who receive them."""
        taken: dict[int, NDArray[np.float64]] = {}
        after = np.arange(self.years) >= future.closes
        for grade in range(len(self.told.grades)):
            classes = self.left[school, grade] * after
            if classes.any() and future.receives:
                receiver = receiver_of(self.told, school, grade, future)
                taken[receiver] = taken.get(receiver, 0.0) - classes
        return [
            (campus, first * rooms)
            for receiver, rooms in taken.items()
            for campus in self.campuses.of(receiver)
        ]
