"""
An independent check of a plan: children counted, classes, rooms and projects within their limits.

It shares no code with what makes plans: plain loops over the given figures, year by year and age by age.
"""

from __future__ import annotations

from math import inf, isfinite
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planner.optimise.openings.facts import OpeningFacts, Projects
    from planner.optimise.openings.plan import OpeningPlan

CLOSE = 1e-5
"""Children and rooms that are nobody and nothing, for each that there are or at all."""

YUAN = 1e-7
"""As `CLOSE`, of yuan."""


def faults(facts: OpeningFacts, plan: OpeningPlan) -> list[str]:
    """
    Return what is wrong with a plan; nothing if it keeps every rule that is hard.

    Parameters
    ----------
    facts
        The given figures.
    plan
        Opening years, classes and places.
    """
    opens = [int(v) for v in plan.opens]
    came, found = _children(facts, plan)
    found += _classes(facts, plan, came)
    wrong = [p for p, v in enumerate(opens) if not _may_open(facts.projects, p, v)]
    if wrong:
        return found + [f"project {p} opens in year {opens[p]}" for p in wrong]
    found += _rooms(facts, plan, opens)
    found += _sites(facts, came, opens)
    found += _projects(facts.projects, opens, facts.years)
    return found


def _more(amount: float, limit: float, close: float = CLOSE) -> bool:
    """Whether an amount exceeds its limit by more than rounding."""
    return isfinite(limit) and amount > limit + close * max(1.0, abs(limit))


def _children(facts: OpeningFacts, plan: OpeningPlan) -> tuple[dict[tuple[int, int], float], list[str]]:
    """Return the intake of each (point, year), and what is wrong with the places."""
    found: list[str] = []
    came = {(k, t): 0.0 for k in range(facts.points) for t in range(facts.years)}
    for i in range(facts.origins):
        for t in range(facts.years):
            total = 0.0
            for j, k in enumerate(facts.near[i].tolist()):
                children = float(plan.intake[i, j, t])
                if not isfinite(children) or children < -CLOSE or (k < 0 and children > CLOSE):
                    found.append(f"origin {i} year {t}: {children} children at rank {j}")
                elif k >= 0:
                    total += children
                    came[k, t] += children
            if _more(total, float(facts.demand[i, t])):
                found.append(f"origin {i} year {t}: {total} of {facts.demand[i, t]} children placed")
    found += [
        f"point {k} year {t}: an intake of {children} children, at most {facts.limits[k, t]}"
        for (k, t), children in came.items()
        if _more(children, float(facts.limits[k, t]))
    ]
    return came, found


def _classes(facts: OpeningFacts, plan: OpeningPlan, came: dict[tuple[int, int], float]) -> list[str]:
    """Return what is wrong with the numbers of classes."""
    found: list[str] = []
    for (k, t), children in came.items():
        at = f"point {k} year {t}"
        formed = [float(classes) for classes in plan.classes[k, t]]
        alive = [a < int(facts.grades[k]) and t + a < facts.years for a in range(len(formed))]
        for a, classes in enumerate(formed):
            if not classes >= 0 or abs(classes - round(classes)) > CLOSE:
                found.append(f"{at} age {a}: {classes} classes")
            elif classes and not alive[a]:
                found.append(f"{at} age {a}: {classes} classes of nobody")
            elif facts.kept and alive[a] and classes != formed[0]:
                found.append(f"{at} age {a}: {classes} classes of {formed[0]} that are kept")
            if alive[a] and _more(facts.least * classes, children):
                found.append(f"{at} age {a}: {children} children in {classes} classes, too few")
        if _more(formed[0], float(facts.most[k, t])):
            found.append(f"{at}: {formed[0]} classes, at most {facts.most[k, t]}")
        worst = float(facts.worst[k, t])
        if isfinite(worst) and _more(children, worst * formed[0]):
            found.append(f"{at}: {children} children in {formed[0]} classes of {worst} at most")
    return found


def _rooms(facts: OpeningFacts, plan: OpeningPlan, opens: list[int]) -> list[str]:
    """Return where classes have no rooms: new ones and those of the last count together, new ones never borrowing."""
    used = {(s, t): 0.0 for s in range(facts.campuses) for t in range(facts.years)}
    for k in range(facts.points):
        for formed in range(facts.years):
            for a in range(int(facts.grades[k])):
                if formed + a < facts.years:
                    used[int(facts.holds[k, formed, a]), formed + a] += float(plan.classes[k, formed, a])
    found: list[str] = []
    projects = facts.projects
    for (s, t), classes in used.items():
        rooms = max(0.0, float(facts.rooms[s, t]) - float(facts.left[s, t]))
        for e, p in enumerate(projects.effect_of.tolist()):
            if int(projects.effect_campus[e]) == s and opens[p] >= 0:
                rooms += float(projects.effect_rooms[e, opens[p], t])
        if _more(classes, max(0.0, rooms)):
            found.append(f"campus {s} year {t}: {classes} new classes in {rooms} rooms")
    return found


def _sites(facts: OpeningFacts, came: dict[tuple[int, int], float], opens: list[int]) -> list[str]:
    """Return where children are placed at a campus that is not there yet."""
    since: dict[int, int] = {}
    projects = facts.projects
    for e, p in enumerate(projects.effect_of.tolist()):
        s = int(projects.effect_campus[e])
        if opens[p] >= 0:
            since[s] = min(opens[p], since.get(s, facts.years))
    found: list[str] = []
    for (k, t), children in came.items():
        s = int(facts.campus[k])
        there = any(facts.rooms[s, y] or facts.left[s, y] for y in range(facts.years))
        if children > CLOSE and not there and t < since.get(s, facts.years):
            found.append(f"point {k} year {t}: {children} children before the campus opens")
    return found


def _may_open(projects: Projects, p: int, v: int) -> bool:
    """Whether a project may open in the year; -1 for never."""
    return v == -1 or (0 <= v < projects.allowed.shape[1] and bool(projects.allowed[p, v]))


def _projects(projects: Projects, opens: list[int], years: int) -> list[str]:
    """Return what is wrong with the opening years."""
    found: list[str] = []
    for p, other in projects.needs:
        if opens[p] >= 0 and not 0 <= opens[other] <= opens[p]:
            found.append(f"project {p} opens before project {other}")
    for members, least in (
        *((members, 0) for members in projects.at_most_one),
        *((members, 1) for members in projects.exactly_one),
    ):
        count = sum(opens[p] >= 0 for p in members)
        if not least <= count <= 1:
            found.append(f"{count} of the projects {members} open")
    spent, rooms = [0.0] * years, [0.0] * years
    for p, v in enumerate(opens):
        for t in range(years) if v >= 0 else ():
            spent[t] += float(projects.spending[p, v, t])
            if projects.building.size:
                rooms[t] += float(projects.building[p, v, t])
    budgets = projects.budget.tolist() or [inf] * years
    limits = projects.building_limit.tolist() or [inf] * years
    for t in range(years):
        if _more(spent[t], budgets[t], YUAN):
            found.append(f"{spent[t]} yuan spent in year {t} of {budgets[t]}")
        if _more(rooms[t], limits[t]):
            found.append(f"{rooms[t]} rooms under construction in year {t} of {limits[t]}")
    if _more(sum(spent), float(projects.budget_total), YUAN):
        found.append(f"{sum(spent)} yuan spent of {projects.budget_total}")
    return found
