"""
What less overcrowding costs: several plans, each the least overcrowded that its budget allows.

The budget is lowered from what the best plan spends to nothing, always in the middle of the widest step between two
plans found so far (epsilon constraint). A plan that another one betters both in money and in crowding is left out, and
so is one that opens the same projects in the same years as another.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from planner.optimise.openings.facts import NEVER
from planner.optimise.openings.plan import GOALS
from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from planner.answers.openings.worth import Planned
    from planner.optimise.openings.facts import OpeningFacts

SHORTAGE = ("unplaced", "above_cap")
"""Goals that count as overcrowding. [child-years]"""

CLOSE = 0.01
"""Budgets nearer to each other than this share of the largest are not told apart. [1]"""

FEWEST = 1e-3
"""Fewer child-years are none. [child-years]"""


@dataclass(frozen=True, kw_only=True)
class FrontierPlan:
    """One plan of a frontier."""

    budget: float
    """Capital that it may spend; infinite where nothing limits it. [yuan]"""
    spent: float
    """Capital that it spends. [yuan]"""
    shortage: float
    """Child-years unplaced or above the cap. [child-years]"""
    bound: float
    """Fewest that are possible with its budget, as far as is proven. [child-years]"""
    found: Planned


@dataclass(frozen=True, kw_only=True)
class Frontier:
    """Plans of which none betters another."""

    plans: tuple[FrontierPlan, ...]
    """The cheapest first."""

    @property
    def table(self) -> pd.DataFrame:
        """A row a plan: plan (from 1), budget, spent, shortage, bound, the goals, opened (how many projects)."""
        rows = [
            {
                "plan": number,
                "budget": plan.budget,
                "spent": plan.spent,
                "shortage": plan.shortage,
                "bound": plan.bound,
                **dict(zip(GOALS, plan.found.values.in_order(), strict=True)),
                "opened": int((plan.found.plan.opens != NEVER).sum()),
            }
            for number, plan in enumerate(self.plans, start=1)
        ]
        return pd.DataFrame(rows, columns=["plan", "budget", "spent", "shortage", "bound", *GOALS, "opened"])


def frontier(
    facts: OpeningFacts,
    *,
    plan: Callable[[OpeningFacts], Planned],
    plans: int = 6,
    progress: Callable[[Text, int, int], None] | None = None,
) -> Frontier:
    """
    Return plans between the least money and the least overcrowding.

    Parameters
    ----------
    facts
        The given figures; a budget in them holds besides.
    plan
        How the best plan of some facts is found.
    plans
        How many budgets are tried at most, the largest and the smallest among them; 2 or more.
    progress
        Called with the step, how much of it is done, and how much there is.
    """
    tried: list[FrontierPlan] = []

    def tell() -> None:
        if progress is not None:
            progress(Text("planning with another budget"), len(tried), plans)

    tell()
    tried.append(_planned(facts, plan, np.inf))
    least = _least_spent(facts)
    if tried[0].spent > least:
        tell()
        tried.append(_planned(facts, plan, least))
    # budget up to which nothing better is had than by a plan, by what that plan spends
    closed: dict[float, float] = {}
    while len(tried) < plans:
        steps = _steps(tried, closed)
        if not steps:
            break
        step = max(steps, key=lambda step: step.area)
        tell()
        found = _planned(facts, plan, (step.low + step.high) / 2)
        tried.append(found)
        if found.spent <= step.low + 1.0:
            closed[step.cheap] = found.budget
    return Frontier(plans=tuple(_best(tried)))


def spent_by(facts: OpeningFacts, opens: Sequence[int]) -> float:
    """Return the capital that projects with these opening years spend. [yuan]."""
    return float(sum(facts.projects.spending[p, v].sum() for p, v in enumerate(opens) if v != NEVER))


def _least_spent(facts: OpeningFacts) -> float:
    """Return the capital that what has to open spends at least. [yuan]."""
    projects = facts.projects
    paid = np.where(projects.allowed, projects.spending.sum(axis=2), np.inf).min(axis=1)
    return float(sum(paid[list(members)].min() for members in projects.exactly_one))


def _planned(facts: OpeningFacts, plan: Callable[[OpeningFacts], Planned], budget: float) -> FrontierPlan:
    """Return the best plan within a budget."""
    most = min(budget, facts.projects.budget_total)
    found = plan(replace(facts, projects=replace(facts.projects, budget_total=most)))
    goals = found.goals.set_index("goal")
    return FrontierPlan(
        budget=budget,
        spent=spent_by(facts, found.plan.opens.tolist()),
        shortage=float(goals["value"].loc[list(SHORTAGE)].sum()),
        bound=float(goals["bound"].loc[list(SHORTAGE)].sum()),
        found=found,
    )


class _Step(NamedTuple):
    """Between two plans next to each other, where another may lie."""

    area: float
    """Money times child-years between them."""
    cheap: float
    """What the cheaper one spends. [yuan]"""
    low: float
    """Budget up to which nothing better is had. [yuan]"""
    high: float
    """What the dearer one spends. [yuan]"""


def _steps(tried: Sequence[FrontierPlan], closed: Mapping[float, float]) -> list[_Step]:
    """Return the steps that may hold another plan."""
    ordered = sorted(tried, key=lambda plan: (plan.spent, plan.shortage))
    largest = ordered[-1].spent
    steps = []
    for cheap, dear in pairwise(ordered):
        low = max(cheap.spent, closed.get(cheap.spent, 0.0))
        wide, high = dear.spent - low, cheap.shortage - dear.shortage
        if wide > CLOSE * largest and high > FEWEST:
            steps.append(_Step(wide * high, cheap.spent, low, dear.spent))
    return steps


def _best(tried: Sequence[FrontierPlan]) -> list[FrontierPlan]:
    """Return the plans that no other betters, the cheapest first; of the same openings, one."""
    kept: list[FrontierPlan] = []
    for plan in sorted(tried, key=lambda plan: (plan.spent, plan.shortage)):
        same = any(np.array_equal(plan.found.plan.opens, other.found.plan.opens) for other in kept)
        if not same and all(plan.shortage < other.shortage - FEWEST for other in kept):
            kept.append(plan)
    return kept
