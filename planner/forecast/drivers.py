r"""
Named drivers of migration: children who move in, or away, on top of what past ratios contain.

A driver is one or several rows of the table `drivers` ("综合考虑……城镇化建设、户籍制度改革、居住证管理办法、……承接人口疏解、
'海河英才'行动计划等对人口发展的影响", Tianjin 2019). In year t a row moves X children over its ages, spread evenly; those
younger than the age of entry enter when they reach it, those of the age of entry enter in t, older ones join in t the
grade of their age at the schools of their block, as newcomers of new dwellings do. Only what is not in the counts
already is added:

.. math:: M_t = I\,X\,[since \le t \le until] - already

for every forecast year t, so that a driver which ran in the past and now ends, or does not happen, takes away the
children whom the past ratios contain. I, happening or not, is one keyed uniform number a driver; X is one keyed
normal number z a driver, shared by its rows and years (turned round for those who move away), on two half normals that meet at the stated number m with the
stated ends of 80 %:

.. math:: X = m + z\,(high - m)/1.2816 \;(z \ge 0), \quad X = m + z\,(m - low)/1.2816 \;(z < 0)

cut at 0 where the whole range lies on one side of it. The expected path takes the mean of X times the certainty.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from planner.forecast.arrays import numbers, positions, where
from planner.forecast.model import CHUNK
from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from planner.district import District
    from planner.forecast.streams import Shocks
    from planner.policy import Policy, Stage

_TENTH = 1.2815515655446004
"""Standard normal number that a tenth of all exceed."""
_USUAL_YEARS = 5
_UNSTATED = 0.5
"""Ends of the range of a driver that states none, relative to its number."""
_FEW = 5
"""Drivers that a note names."""


@dataclass(frozen=True, kw_only=True)
class Drivers:
    """Rows of drivers that the scenario counts with; axes in the order of the rows, blocks, grades and years."""

    drivers: tuple[str, ...]
    """[row]: id of its driver."""
    names: tuple[str, ...]
    kinds: tuple[str, ...]
    places: tuple[str, ...]
    """[row]: block or area; empty: the whole district."""
    statuses: tuple[str, ...]
    within: NDArray[np.bool_]
    """[row, block]: blocks concerned."""
    middle: NDArray[np.float64]
    """[row]: children a year as stated, as likely too low as too high. [children/year]"""
    below: NDArray[np.float64]
    """[row]: standard deviation of the half below it. [children/year]"""
    above: NDArray[np.float64]
    """[row]: standard deviation of the half above it. [children/year]"""
    certainty: NDArray[np.float64]
    """[row]: probability that it happens. [1]"""
    already: NDArray[np.float64]
    """[row]: children a year whom the counts contain. [children/year]"""
    active: NDArray[np.float64]
    """[row, year]: 1 in the years of the row. [1]"""
    always: NDArray[np.float64]
    """[row, year]: 1 in the years in which the row answers for what the counts contain already. [1]"""
    ages: tuple[tuple[int, int], ...]
    """[row]: youngest and oldest age. [years]"""
    unranged: tuple[str, ...]
    """Drivers that state no range."""
    years: tuple[int, ...]

    def expected(self) -> NDArray[np.float64]:
        """Return the mean number that a row moves in a year of its time, if it happens or not [row]. [children/year]"""
        return self.certainty * self.mean()

    def mean(self) -> NDArray[np.float64]:
        """Return the mean number if it happens [row], in closed form. [children/year]"""
        mean = self.middle + (self.above - self.below) * stats.norm.pdf(0)
        for sign, towards in ((1, self.below), (-1, self.above)):
            cut = (sign * self.middle > 0) & (towards > 0) & self._one_sided(sign)
            step = np.where(towards > 0, towards, 1.0)
            far = np.abs(self.middle) / step
            # What lies beyond 0 counts as 0: E[(-X)+] of the half that reaches it.
            beyond = towards * (stats.norm.pdf(far) - far * stats.norm.sf(far))
            mean = np.where(cut, mean + sign * beyond, mean)
        return mean

    def _one_sided(self, sign: int) -> NDArray[np.bool_]:
        """Return rows whose range lies on one side of 0 [row]."""
        low, high = self.middle - _TENTH * self.below, self.middle + _TENTH * self.above
        return low >= -1e-9 if sign > 0 else high <= 1e-9

    def at(self, shock: NDArray[np.floating]) -> NDArray[np.float64]:
        """
        Return the number that each row moves for a standard normal shock, if it happens, of the shock's shape.

        Parameters
        ----------
        shock
            [row, ...].
        """
        shape = (len(self.drivers),) + (1,) * (shock.ndim - 1)
        step = np.where(shock < 0, self.below.reshape(shape), self.above.reshape(shape))
        amount = self.middle.reshape(shape) + step * shock
        amount = np.where(self._one_sided(1).reshape(shape), np.maximum(amount, 0), amount)
        return np.where(self._one_sided(-1).reshape(shape), np.minimum(amount, 0), amount)

    def happened(self, shocks: Shocks) -> dict[str, NDArray[np.bool_]]:
        """Return by driver in which draws of the chunk it happens, at least in part [draw], quiet or not."""
        out: dict[str, NDArray[np.bool_]] = {}
        for driver, row in zip(self.drivers, self._happens(shocks), strict=True):
            out[driver] = out.get(driver, False) | row
        return out

    def _happens(self, shocks: Shocks) -> NDArray[np.bool_]:
        """Return [row, draw]; rows of a driver share one uniform number."""
        return np.array(
            [
                shocks.stream("driver", driver).random(CHUNK) < certainty
                for driver, certainty in zip(self.drivers, self.certainty, strict=True)
            ],
            dtype=bool,
        ).reshape(len(self.drivers), CHUNK)

    def drawn(self, shocks: Shocks) -> NDArray[np.float64]:
        """Return the number that each row moves in a year of its time [row, draw of the chunk]. [children/year]"""
        if not self.drivers or not shocks.moves("migration"):
            return np.repeat(self.expected()[:, None], CHUNK, axis=1)
        size = np.concatenate(
            [shocks.normals(1, "driver size", driver, of="migration") for driver in self.drivers]
        )
        # Of a driver that moves children from here to there, more leave where more come.
        towards = np.where(self.middle < 0, -1.0, 1.0)[:, None]
        return np.where(self._happens(shocks), self.at(towards * size), 0.0)

    def notes(self) -> list[Text]:
        """Return what the table of drivers does not say."""
        if not self.unranged:
            return []
        return [
            Text(
                "The drivers {drivers} state no range: half to one and a half times their number is taken to hold with 80 %.",
                drivers=", ".join(self.unranged[:_FEW]),
            )
        ]


def named_drivers(district: District, policy: Policy, years: Sequence[int]) -> Drivers:
    """
    Return the drivers of a district, with what the counts contain of them already.

    What is contained is stated, or else the mean over the years with rows of the same driver, place and ages among
    the five to the last count; rows that end before the forecast serve for that alone, unless they state it. A row
    with ``include = no`` does not happen.
    """
    table = district["drivers"]
    table = where(table, table["children"].notna().to_numpy(bool) & table["since"].notna().to_numpy(bool))
    since, until = numbers(table["since"]), numbers(table["until"], np.inf)
    middle = numbers(table["children"])
    youngest = numbers(table["age_from"], policy.entry.age)
    oldest = np.fmax(numbers(table["age_to"]), youngest)
    low, high = numbers(table["low"]), numbers(table["high"])
    unranged = ~(np.isfinite(low) & np.isfinite(high))
    half = _UNSTATED * np.abs(middle)
    low = np.where(unranged, middle - half, np.minimum(low, middle))
    high = np.where(unranged, middle + half, np.maximum(high, middle))
    counts = table["include"].fillna(value=True).to_numpy(bool)
    span = np.asarray(years)
    active = (since[:, None] <= span) & (span <= until[:, None])
    stated = numbers(table["already"])
    same = [
        (*place, a, b)
        for place, a, b in zip(
            table[["driver", "area", "block"]].astype("string").fillna("").itertuples(index=False),
            youngest.tolist(),
            oldest.tolist(),
            strict=True,
        )
    ]
    contained = _contained(same, middle, since, until, district.counted)
    ahead = active.any(axis=1)
    already = np.where(np.isfinite(stated), stated, np.where(ahead, contained, 0.0))
    kept = np.flatnonzero(ahead | (already != 0))
    answers = _answering([same[row] for row in kept], since[kept], span)
    texts = {
        column: table[column].astype("string").fillna("").to_numpy(object)[kept]
        for column in ("driver", "name", "kind", "area", "block", "status")
    }
    return Drivers(
        drivers=tuple(texts["driver"]),
        names=tuple(texts["name"]),
        kinds=tuple(texts["kind"]),
        places=tuple(block or area for block, area in zip(texts["block"], texts["area"], strict=True)),
        statuses=tuple(texts["status"]),
        within=_within(district, texts["area"], texts["block"]),
        middle=middle[kept],
        below=(middle - low)[kept] / _TENTH,
        above=(high - middle)[kept] / _TENTH,
        certainty=np.where(counts, numbers(table["certainty"], 1.0), 0.0)[kept],
        already=already[kept],
        active=active[kept].astype(np.float64),
        always=answers.astype(np.float64),
        ages=tuple((int(youngest[row]), int(oldest[row])) for row in kept),
        unranged=tuple(dict.fromkeys(texts["driver"][unranged[kept] & counts[kept]])),
        years=tuple(years),
    )


def _contained(
    same: Sequence[tuple[object, ...]],
    children: NDArray[np.float64],
    since: NDArray[np.float64],
    until: NDArray[np.float64],
    counted: int,
) -> NDArray[np.float64]:
    """Return the mean children a year of rows about the same in those of the five years to the last count that have any."""
    past = np.arange(counted - _USUAL_YEARS + 1, counted + 1)
    ran = (since[:, None] <= past) & (past <= until[:, None])
    out = np.zeros(len(children))
    for row, key in enumerate(same):
        alike = np.array([other == key for other in same])
        years = ran[alike].any(axis=0)
        if years.any():
            out[row] = (ran[alike] * children[alike][:, None]).sum() / years.sum()
    return out


def _answering(
    same: Sequence[tuple[object, ...]], since: NDArray[np.float64], years: NDArray[np.integer]
) -> NDArray[np.bool_]:
    """Return [row, year]: of rows about the same the latest begun, or else the first, so that each year has one."""
    out = np.zeros((len(same), len(years)), dtype=bool)
    for row, key in enumerate(same):
        starts = [float(since[other]) for other, its in enumerate(same) if its == key]
        later = [start for start in starts if start > since[row]]
        begins = -np.inf if since[row] <= min(starts) else since[row]
        out[row] = (begins <= years) & (years < min(later, default=np.inf))
    return out


def _within(district: District, areas: NDArray[np.object_], blocks: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Return [row, block]: the block named, else those of the area named, else all."""
    at = positions(blocks, district.blocks.index)
    of = district.blocks["area"].astype("string").fillna("").to_numpy(object)
    out = np.ones((len(blocks), len(of)), dtype=bool)
    for row, (area, block) in enumerate(zip(areas, blocks, strict=True)):
        if block:
            out[row] = np.arange(len(of)) == at[row]
        elif area:
            out[row] = of == area
    return out


@dataclass(frozen=True, kw_only=True)
class Arrivals:
    """Where and when the children of drivers come to school; what a number of children a year is multiplied by."""

    drivers: Drivers
    share: NDArray[np.float64]
    """[row, block]: part of a row's children who live in the block. [1]"""
    by_school: NDArray[np.float64]
    """[row, school, grade]: part of a row's children of the grade's age whom the school takes. [1]"""
    entering: Mapping[str, _Timing]
    """By stage that no other feeds: [row, year]."""
    present: Mapping[str, _Timing]
    """By fed stage [row, year]: of those who joined a grade before, who reach the stage's age in the year."""
    extra: Mapping[str, _Timing]
    """By fed stage [row, year]: who come at the very age at which the stage is entered."""
    joining: _Timing
    """[row, grade, year]: who come at the age of a grade that is no stage's first."""

    def expected(self) -> Arriving:
        """Return the children of the expected path: one draw."""
        return Arriving(arrivals=self, numbers=self.drivers.expected()[:, None])

    def drawn(self, shocks: Shocks) -> Arriving:
        """Return the children of a chunk of draws."""
        return Arriving(arrivals=self, numbers=self.drivers.drawn(shocks))


@dataclass(frozen=True, kw_only=True)
class _Timing:
    """Parts of a row's yearly number that fall on a cell: of the number moved, and of the number contained already."""

    moved: NDArray[np.float64]
    contained: NDArray[np.float64]

    def children(self, drawn: NDArray[np.float64], already: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return children [row, ..., draw] for numbers a year drawn [row, draw] and contained [row]."""
        before = (already.reshape(-1, *([1] * (self.contained.ndim - 1))) * self.contained)[..., None]
        return np.einsum("r...,rd->r...d", self.moved, drawn) - before


@dataclass(frozen=True, kw_only=True)
class Arriving:
    """Children who come, or go, by drivers in some draws; negative where they go."""

    arrivals: Arrivals
    numbers: NDArray[np.float64]
    """[row, draw]: children a year that each row moves in the years of its time."""

    def _of(self, timing: _Timing) -> NDArray[np.float64]:
        return timing.children(self.numbers, self.arrivals.drivers.already)

    def _by_block(self, timing: _Timing | None) -> dict[int, NDArray[np.float32]]:
        out: dict[int, NDArray[np.float32]] = {}
        if timing is None or not len(self.numbers):
            return out
        children = self._of(timing)
        for row, share in enumerate(self.arrivals.share):
            for block in np.flatnonzero(share).tolist() if children[row].any() else ():
                coming = (share[block] * children[row]).astype(np.float32)
                out[block] = out[block] + coming if block in out else coming
        return out

    def entering(self, stage: str) -> dict[int, NDArray[np.float32]]:
        """Return, by position of the block, who enter a stage that no other feeds [year, draw]. [children]"""
        return self._by_block(self.arrivals.entering.get(stage))

    def present(self, stage: str) -> dict[int, NDArray[np.float32]]:
        """Return, by position of the block, who joined a grade and now reach a fed stage [year, draw]. [children]"""
        return self._by_block(self.arrivals.present.get(stage))

    def per_entrant(self, stage: str, entrants: NDArray[np.float64]) -> NDArray[np.float64]:
        """
        Return who come at the very age at which a fed stage is entered, per entrant expected without them, at least -1.

        Parameters
        ----------
        entrants
            [year]. [children]

        Returns
        -------
        Array [year, draw]. [1]
        """
        coming = self._of(self.arrivals.extra[stage]).sum(axis=0)
        base = np.where(entrants >= 1, entrants, np.inf)[:, None]
        return np.maximum(coming / base, -1.0)

    def joining(self) -> dict[int, NDArray[np.float32]]:
        """Return, by position of the school, who join a later grade [grade, year, draw]. [children/year]"""
        out: dict[int, NDArray[np.float32]] = {}
        if (
            not len(self.numbers)
            or not self.arrivals.joining.moved.any() | self.arrivals.joining.contained.any()
        ):
            return out
        children = self._of(self.arrivals.joining)
        by_school = self.arrivals.by_school
        for school in np.flatnonzero(by_school.any(axis=(0, 2))).tolist():
            coming = np.einsum("rg,rgyd->gyd", by_school[:, school], children)
            if coming.any():
                out[school] = coming.astype(np.float32)
        return out


def arrivals_of(
    drivers: Drivers,
    policy: Policy,
    stages: Sequence[tuple[Stage, Stage | None]],
    grades: Sequence[int],
    weights: NDArray[np.float64],
    parts: NDArray[np.float64],
) -> Arrivals:
    """
    Return where and when the children of drivers come to school.

    Parameters
    ----------
    stages
        Each stage planned, with the first of the chain that feeds it; None when no other feeds it.
    weights
        [block]: children of an area are spread over its blocks in proportion, equally where there are none.
    parts
        [block, school, grade]: part of a block's children that a school's grade takes. [1]
    """
    inside = np.where(drivers.within, np.maximum(weights, 0)[None, :], 0.0)
    inside = np.where(inside.any(axis=1, keepdims=True), inside, drivers.within)
    total = inside.sum(axis=1, keepdims=True)
    share = np.divide(inside, total, out=np.zeros_like(inside), where=total > 0)
    first = policy.entry.first_grade - policy.entry.age
    shape = (len(drivers.drivers), len(drivers.years))
    entering = {stage.stage: np.zeros((2, *shape)) for stage, origin in stages if origin is None}
    extra = {stage.stage: np.zeros((2, *shape)) for stage, origin in stages if origin is not None}
    joining = np.zeros((2, shape[0], len(grades), shape[1]))
    spans = np.stack([drivers.active, drivers.always])
    for row, (youngest, oldest) in enumerate(drivers.ages):
        for age in range(youngest, oldest + 1):
            part = spans[:, row] / (oldest - youngest + 1)
            for stage, origin in stages:
                wait = stage.first - first - age
                if origin is None and 0 <= wait < shape[1]:
                    entering[stage.stage][:, row, wait:] += part[:, : shape[1] - wait]
                elif origin is not None and wait == 0:
                    extra[stage.stage][:, row] += part
            grade = age + first
            if grade in grades and all(stage.first != grade for stage, origin in stages if origin is None):
                joining[:, row, grades.index(grade)] += part
    present = {}
    for stage, origin in stages:
        if origin is None:
            continue
        reached = np.zeros((2, *shape))
        for grade in range(origin.first + 1, stage.first + 1):
            wait = stage.first - grade
            if wait < shape[1] and grade in grades:
                reached[:, :, wait:] += joining[:, :, grades.index(grade), : shape[1] - wait]
        present[stage.stage] = reached
    return Arrivals(
        drivers=drivers,
        share=share,
        by_school=np.einsum("rb,bsg->rsg", share, parts),
        entering={stage: _timing(found) for stage, found in entering.items()},
        present={stage: _timing(found) for stage, found in present.items()},
        extra={stage: _timing(found) for stage, found in extra.items()},
        joining=_timing(joining),
    )


def _timing(found: NDArray[np.float64]) -> _Timing:
    return _Timing(moved=found[0], contained=found[1])


def together(*stocks: Mapping[int, NDArray[np.float32]]) -> dict[int, NDArray[np.float32]]:
    """Return the sum of children by position of the block."""
    out: dict[int, NDArray[np.float32]] = {}
    for stock in stocks:
        for block, children in stock.items():
            out[block] = out[block] + children if block in out else children
    return out


def over_blocks(
    children: Mapping[int, NDArray[np.float32]], like: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return children of one draw, by position of the block, as an array of another's shape [block, year]."""
    out = np.zeros_like(like)
    for block, coming in children.items():
        out[block] = coming[:, 0]
    return out
