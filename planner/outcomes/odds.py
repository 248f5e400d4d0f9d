"""
Odds that a grade exceeds its class-size cap, asked of the demand: before anyone is turned away.

With k classes of at most cap children, "above the cap" is N >= cap·k + 1: the largest of k balanced classes then
has more than cap children.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planner.capacity import children_above, classes_needed
from planner.outcomes.spread import (
    mean,
    mean_error,
    named,
    of_classes,
    quantile_errors,
    quantiles,
    share_error,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from planner.outcomes.facts import Facts
    from planner.plan import Plan
    from planner.policy import Policy
    from planner.simulation import Simulation

QUANTILES = {"p025": 0.025, "p10": 0.1, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p90": 0.9, "p975": 0.975}
"""Quantiles of demand that are told, by the name of their column. [1]"""
_NOTABLE = 0.005
"""A number of classes is told of when it is needed in more of the draws than this, and in fewer than all but this. [1]"""


@dataclass(frozen=True, kw_only=True)
class Odds:
    """One school, grade and year over all draws."""

    cap: int
    """Largest class that complies. [children]"""
    demand: NDArray[np.int64]
    """[draw]: children expected; in a starting grade before anyone is turned away. [children]"""
    planned: NDArray[np.int64]
    """[draw]: classes planned, as far as rooms are free; of a later grade, the classes that its year group had the
    year before. [classes]"""
    possible: NDArray[np.int64]
    """[draw]: classes possible when every free room is used. [classes]"""
    turned_away: NDArray[np.int64]
    """[draw]. [children]"""

    @property
    def asked(self) -> bool:
        """Whether there is anything to ask: children expected, or classes planned."""
        return bool(self.demand.any() or self.planned.any())

    @property
    def over_planned(self) -> NDArray[np.bool_]:
        """[draw]: whether a class exceeds the cap in the classes planned."""
        return self.demand > self.cap * self.planned

    @property
    def seats(self) -> float:
        """Mean of the children that the classes planned hold within the cap. [children]"""
        return float(mean(self.cap * self.planned))

    @property
    def expected(self) -> float:
        """Mean of the children expected. [children]"""
        return float(mean(self.demand))

    @property
    def expected_error(self) -> float:
        """Monte Carlo standard error of `expected`. [children]"""
        return float(mean_error(self.demand))

    @property
    def quantiles(self) -> dict[str, float]:
        """Quantiles of the children expected, by the names of `QUANTILES`. [children]"""
        return dict(zip(QUANTILES, quantiles(self.demand, *QUANTILES.values()).tolist(), strict=True))

    @property
    def quantile_errors(self) -> dict[str, float]:
        """Monte Carlo standard errors of `quantiles`. [children]"""
        return dict(zip(QUANTILES, quantile_errors(self.demand, *QUANTILES.values()).tolist(), strict=True))

    @property
    def p10(self) -> float:
        """Lower end of the 80 % range. [children]"""
        return float(quantiles(self.demand, 0.1)[0])

    @property
    def p90(self) -> float:
        """Upper end of the 80 % range. [children]"""
        return float(quantiles(self.demand, 0.9)[0])

    @property
    def classes_planned(self) -> int:
        """Median of the classes planned. [classes]"""
        return int(quantiles(self.planned, 0.5)[0])

    @property
    def classes_possible(self) -> int:
        """Median of the classes possible. [classes]"""
        return int(quantiles(self.possible, 0.5)[0])

    @property
    def p_over_planned(self) -> float:
        """Probability that a class exceeds the cap in the classes planned. [1]"""
        return float(self.over_planned.mean())

    @property
    def p_over_possible(self) -> float:
        """Probability that a class exceeds the cap though every free room is used. [1]"""
        return float((self.demand > self.cap * self.possible).mean())

    @property
    def p_turned_away(self) -> float:
        """Probability that the school cannot seat all its entrants. [1]"""
        return float((self.turned_away > 0).mean())

    @property
    def expected_over(self) -> float:
        """Mean of the children above the cap of the classes planned. [children]"""
        return float(mean(children_above(self.demand, self.planned, self.cap)))

    @property
    def expected_over_error(self) -> float:
        """Monte Carlo standard error of `expected_over`. [children]"""
        return float(mean_error(children_above(self.demand, self.planned, self.cap)))

    @property
    def error(self) -> float:
        """Monte Carlo standard error of `p_over_planned`. [1]"""
        return self.error_of(self.p_over_planned)

    def error_of(self, share: float) -> float:
        """Return the Monte Carlo standard error of a probability found in these draws. [1]."""
        return float(share_error(share, len(self.demand)))

    def p_over(self, classes: int) -> float:
        """Return the probability of exceeding the cap if that many classes were planned. [1]"""
        return float((self.demand > self.cap * classes).mean())

    def classes_odds(self) -> dict[int, float]:
        """
        Return the probability that at least k classes are needed to keep to the cap, by k. [classes: 1].

        ``ceil(N / cap) >= k``, that is N > cap (k - 1). Told of are the k that are neither certain nor next to
        impossible, the largest that is certain before them, and one class more than planned.
        """
        needed = -(-self.demand // self.cap)
        told = {
            k: share
            for k in range(int(needed.min()) + 1, int(needed.max()) + 1)
            if (share := self.p_over(k - 1)) > _NOTABLE
        }
        open_ = {k: share for k, share in told.items() if share < 1 - _NOTABLE}
        certain = max((k for k in told if k not in open_), default=int(needed.min()))
        shown = {certain, *open_, self.classes_planned + 1} - {0}
        return {k: self.p_over(k - 1) for k in sorted(shown)}


def planned_classes(
    simulation: Simulation,
    plan: Plan,
    policy: Policy,
    stage: int,
    schools: slice = slice(None),
    years: slice = slice(None),
) -> NDArray[np.int64]:
    """
    Return the classes that the intakes of a stage are planned with, the same in all draws. [school, year] [classes].

    The plan's; where it leaves them to the rule, as many as the cap needs for the mean demand, rounded to whole
    children; where the policy learns sizes from past classes, at least those formed in half of the draws. Never more
    than the rooms that are free in half of the draws or more (or classes shared with other grades): the plan may
    count on rooms that earlier intakes have taken by then. Where planned by seats: the seats that the other grades
    leave in half of the draws or more.

    Parameters
    ----------
    stage
        Position of the stage.
    schools, years
        Positions wanted; all when not given.
    """
    if policy.by_seats:
        return quantiles(simulation.free[schools, stage, years], 0.5)[0].astype(np.int64)
    stated = plan.classes[schools, stage, years].astype(np.int64)
    expected = np.rint(mean(simulation.demand[schools, stage, years])).astype(np.int64)
    first = policy.stage(simulation.stages[stage]).first
    caps = [_cap(policy, first, year) for year in simulation.years[years]]
    needed = [classes_needed(expected[:, t], cap, policy.classes) for t, cap in enumerate(caps)]
    formed = simulation.classes[schools, simulation.starts[stage], years]
    rooms = quantiles(np.maximum(simulation.free[schools, stage, years], formed), 0.5)[0]
    asked = np.stack(needed, axis=1)
    if policy.classes.learned:
        asked = np.maximum(asked, quantiles(formed, 0.5)[0])
    carried_out = np.where(expected > 0, np.minimum(stated, rooms), stated)
    return np.where(stated < 0, np.minimum(asked, rooms), carried_out).astype(np.int64)


def _cap(policy: Policy, grade: int, year: int) -> int:
    return policy.caps([grade], year)[0]


def _asked_of(
    simulation: Simulation,
    plan: Plan,
    policy: Policy,
    grade: int,
    schools: slice = slice(None),
    years: slice = slice(None),
) -> tuple[NDArray, NDArray, NDArray, NDArray]:
    """
    Return demand, classes planned, classes possible and children turned away of a grade. [school, year, draw].

    Where planned by seats, the seats that the other grades leave stand in place of both classes; only starting
    grades may be asked about.
    """
    at = schools, simulation.grades.index(grade), years
    stage = policy.stage_of(grade)
    formed = simulation.classes[at]
    if policy.by_seats:
        entry = schools, simulation.stages.index(stage.stage), years
        free = simulation.free[entry]
        return simulation.demand[entry], free, free, simulation.turned_away[entry]
    if grade != stage.first:
        demand, carried = simulation.pupils[at], simulation.carried[at]
        if policy.classes.formation == "reformed":
            return demand, formed, formed, np.zeros_like(demand)
        return (
            demand,
            np.where(carried > 0, carried, formed),
            np.maximum(carried, formed),
            np.zeros_like(demand),
        )
    e = simulation.stages.index(stage.stage)
    planned = planned_classes(simulation, plan, policy, e, schools, years).astype(np.int16)
    entry = schools, e, years
    demand = simulation.demand[entry]
    possible = np.maximum(simulation.free[entry], formed)
    # An intake of nobody asks for no room, so none is counted as free for it; the plan's classes stand.
    held = np.where(demand > 0, np.minimum(planned[:, :, None], possible), planned[:, :, None])
    return demand, held, np.maximum(possible, held), simulation.turned_away[entry]


def odds_in(
    simulation: Simulation,
    plan: Plan,
    policy: Policy,
    school: str,
    grade: int,
    year: int,
    cap: int | None = None,
) -> Odds:
    """
    Return the odds of one school, grade and year.

    In a starting grade the demand is that of the entrants, planned are `planned_classes`, possible the rooms free
    for the intake. In a later grade the demand is the children in school, planned are the classes its year group
    had the year before and those brought by children who moved, possible those formed, splits included; where
    classes are formed anew each year, planned are those formed too. Where planned by seats, only the starting
    grade can be asked about: planned and possible are the seats that the other grades leave, and the cap is 1.

    Parameters
    ----------
    cap
        Class size asked about; None: the policy's. [children]
    """
    s, t = simulation.schools.index(school), simulation.years.index(year)
    found = _asked_of(simulation, plan, policy, grade, slice(s, s + 1), slice(t, t + 1))
    demand, planned, possible, turned_away = (figures[0, 0].astype(np.int64) for figures in found)
    limit = _cap(policy, grade, year) if cap is None else cap
    return Odds(cap=limit, demand=demand, planned=planned, possible=possible, turned_away=turned_away)


def exceeding(
    simulation: Simulation,
    plan: Plan,
    policy: Policy,
    grade: int,
    years: Sequence[int],
    cap: int | None = None,
) -> NDArray[np.bool_]:
    """
    Return whether a class of a grade exceeds the cap in the classes planned, as `Odds.over_planned`. [school, year, draw].

    Parameters
    ----------
    years
        School years asked about, one after the other.
    cap
        Class size asked about; None: the policy's of each year. [children]
    """
    first = simulation.years.index(years[0])
    demand, held, _, _ = _asked_of(simulation, plan, policy, grade, years=slice(first, first + len(years)))
    limits = [_cap(policy, grade, year) if cap is None else cap for year in years]
    return demand > np.array(limits, dtype=np.int32)[:, None] * held


def above_caps(simulation: Simulation, plan: Plan, policy: Policy, grade: int) -> NDArray[np.int64]:
    """
    Return the children of a grade above the cap of the classes planned, as in `Odds.expected_over`. [school, year, draw].

    Where planned by seats: the entrants above the seats that the other grades leave.
    """
    demand, held, _, _ = _asked_of(simulation, plan, policy, grade)
    caps = np.array([_cap(policy, grade, year) for year in simulation.years], dtype=np.int64)
    return np.maximum(demand - caps[:, None] * held, 0)


def demand_in(
    simulation: Simulation, policy: Policy, grade: int, years: slice = slice(None)
) -> NDArray[np.int16]:
    """
    Return the children expected in a grade: of a starting grade before anyone is turned away. [school, year, draw].

    Parameters
    ----------
    years
        Positions wanted; all when not given.
    """
    stage = policy.stage_of(grade)
    if grade != stage.first:
        return simulation.pupils[:, simulation.grades.index(grade), years]
    return simulation.demand[:, simulation.stages.index(stage.stage), years]


def odds_by_grade(facts: Facts) -> pd.DataFrame:
    """
    Return the odds of every school, grade and year that has children or classes: `odds_in` of each.

    Returns
    -------
    DataFrame
        school, stage, grade, year, cap, expected, expected_error, the quantiles p025 to p975, classes_planned,
        classes_possible (medians), p_over_planned, p_over_possible, p_turned_away, expected_over,
        expected_over_error, error (of p_over_planned); schools in file order, then grades and years. Where planned
        by seats: the starting grades, whose odds are of more entrants than seats are left; cap and classes are
        missing.
    """
    simulation, policy = facts.simulation, facts.policy
    years = np.array(simulation.years)
    tables = []
    for stage, inside in zip(simulation.stages, facts.grades, strict=True):
        for grade in inside[:1] if facts.by_seats else inside:
            number = simulation.grades[grade]
            demand, held, possible, turned_away = _asked_of(simulation, facts.plan, policy, number)
            school, year = np.nonzero((demand > 0).any(axis=-1) | (held > 0).any(axis=-1))
            demand, held, possible, turned_away = (
                figures[school, year] for figures in (demand, held, possible, turned_away)
            )
            caps = np.array([_cap(policy, number, autumn) for autumn in simulation.years])[year]
            limit = caps[:, None].astype(np.int32)
            over, above = mean(demand > limit * held), np.maximum(demand - limit * held, 0)
            tables.append(
                pd.DataFrame(
                    {
                        "at": school,
                        "school": named(simulation.schools, school),
                        "stage": stage,
                        "grade": number,
                        "year": years[year],
                        "cap": of_classes(caps, missing=facts.by_seats),
                        "expected": mean(demand),
                        "expected_error": mean_error(demand),
                        **dict(zip(QUANTILES, quantiles(demand, *QUANTILES.values()), strict=True)),
                        "classes_planned": of_classes(
                            quantiles(held, 0.5)[0].astype(np.int64), missing=facts.by_seats
                        ),
                        "classes_possible": of_classes(
                            quantiles(possible, 0.5)[0].astype(np.int64), missing=facts.by_seats
                        ),
                        "p_over_planned": over,
                        "p_over_possible": mean(demand > limit * possible),
                        "p_turned_away": mean(turned_away > 0),
                        "expected_over": mean(above),
                        "expected_over_error": mean_error(above),
                        "error": share_error(over, simulation.draws),
                    }
                )
            )
    table = pd.concat(tables, ignore_index=True)
    return table.sort_values(["at", "grade", "year"], ignore_index=True).drop(columns="at")
