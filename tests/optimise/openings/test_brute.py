"""
Oracles of the openings model.

All opening years and whole numbers of classes of the tiniest facts, each with its best places, find what the exact model
finds; on random small facts of all features every plan that `schedule` makes keeps all rules, and its bounds hold.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.optimize import linprog

from planner.errors import QuestionError
from planner.optimise.openings.exact import solve_exactly
from planner.optimise.openings.plan import GOALS
from planner.optimise.openings.search import schedule
from planner.optimise.openings.verifying import _projects, faults
from tests.optimise.openings.instances import openings_of, small_case

if TYPE_CHECKING:
    from planner.optimise.openings.facts import OpeningFacts

CLOSE = np.array([1e-3, 1e-3, 1e-3, 1e-3, 10.0, 1e-2])
"""How near values of goals must be, beside a hundred-thousandth. [unit of the goal]"""


def _tiny(seed: int) -> OpeningFacts:
    """Return facts whose plans can be listed: two schools, two blocks, two years, one project, few children and rooms."""
    facts = small_case(seed, largest=(2, 2, 2, 1))
    projects = facts.projects
    few = replace(projects, effect_rooms=np.clip(projects.effect_rooms, -1, 1))
    return replace(facts, rooms=np.minimum(facts.rooms, 2.0), left=np.minimum(facts.left, 2.0), projects=few)


def _rooms(facts: OpeningFacts, opens: np.ndarray) -> dict[tuple[int, int], float]:
    rooms = {}
    for s, t in product(range(facts.campuses), range(facts.years)):
        rooms[s, t] = max(facts.rooms[s, t] - facts.left[s, t], 0.0)
        for e, p in enumerate(facts.projects.effect_of):
            if facts.projects.effect_campus[e] == s and opens[p] >= 0:
                rooms[s, t] += facts.projects.effect_rooms[e, opens[p], t]
        rooms[s, t] = max(rooms[s, t], 0.0)
    return rooms


def _choices(facts: OpeningFacts, opens: np.ndarray):
    """Yield all whole numbers of classes [point][year][age] that the rooms hold and that anybody might want."""
    rooms = _rooms(facts, opens)
    groups = [
        (k, t, min(int(facts.grades[k]), facts.years - t))
        for k in range(facts.points)
        for t in range(facts.years)
    ]
    options = []
    for k, t, ages in groups:
        near = sum(facts.demand[i, t] for i in range(facts.origins) if k in facts.near[i])
        most = [int(np.ceil(near / facts.seats[k, t, a])) for a in range(ages)]
        most = [max(most)] * ages if facts.kept else most
        most = [min(m, int(rooms[facts.holds[k, t, a], t + a])) for a, m in enumerate(most)]
        if np.isfinite(facts.most[k, t]):
            most[0] = min(most[0], int(facts.most[k, t]))
        options.append(
            [(c,) * ages for c in range(min(most) + 1)]
            if facts.kept
            else list(product(*(range(m + 1) for m in most)))
        )

    def deeper(g, used, chosen):
        if g == len(groups):
            yield list(chosen)
            return
        k, t, ages = groups[g]
        for classes in options[g]:
            now = dict(used)
            for a in range(ages):
                now[facts.holds[k, t, a], t + a] += classes[a]
            if all(now[at] <= rooms[at] + 1e-9 for at in now):
                chosen.append((k, t, classes))
                yield from deeper(g + 1, now, chosen)
                chosen.pop()

    yield from deeper(0, dict.fromkeys(rooms, 0.0), [])


def _best_places(facts: OpeningFacts, classes: list, best: list[float] | None) -> list[float] | None:
    """Return the goals but projects of the best places in given classes; None where they are worse than the best known."""
    x = [(i, j, t) for (i, j), k in np.ndenumerate(facts.near) if k >= 0 for t in range(facts.years)]
    u = list(product(range(facts.origins), range(facts.years)))
    o = [(k, t, a) for k, t, of_age in classes for a in range(len(of_age))]
    h = [(z, t) for z in range(len(facts.size_of)) for t in range(facts.years)]
    keys = [
        *(("x", *v) for v in x),
        *(("u", *v) for v in u),
        *(("o", *v) for v in o),
        *(("h", *v) for v in h),
    ]
    at = {key: n for n, key in enumerate(keys)}
    bounds: list[tuple[float, float | None]] = [(0.0, None)] * len(keys)
    equal, even, rows, right = [], [], [], []

    def row(terms: dict) -> np.ndarray:
        line = np.zeros(len(keys))
        for key, factor in terms.items():
            line[at[key]] += factor
        return line

    for i, t in u:
        equal.append(row({("u", i, t): 1.0, **{("x", *v): 1.0 for v in x if v[0] == i and v[2] == t}}))
        even.append(facts.demand[i, t])
    for k, t, of_age in classes:
        into = {("x", i, j, y): 1.0 for i, j, y in x if facts.near[i, j] == k and y == t}
        seats = [facts.seats[k, t, a] for a in range(len(of_age))]
        seats = [min(seats)] * len(of_age) if facts.kept else seats
        for a, count in enumerate(of_age):
            rows.append(row({**into, ("o", k, t, a): -1.0}))
            right.append(seats[a] * count)
            rows.append(-row(into))
            right.append(-facts.least * count)
        rows += [row(into), row(into)]
        right += [min(facts.worst[k, t] * of_age[0], 1e6), min(facts.limits[k, t], 1e6)]
    for z, t in h:
        terms: dict = {("h", z, t): -1.0}
        for i, j, y in x:
            k = facts.near[i, j]
            if 0 <= t - y < facts.grades[k] and facts.holds[k, y, t - y] in facts.size_of[z]:
                terms["x", i, j, y] = facts.heads[k, y, t - y]
        rows.append(row(terms))
        right.append(min(facts.size[z, t], 1e6))
    goals = {
        "unplaced": {("u", i, t): float(min(facts.stay[i], facts.years - t)) for i, t in u},
        "above_cap": {("o", *v): 1.0 for v in o},
        "outside": {("x", *v): float(facts.outside[v]) for v in x},
        "above_size": {("h", *v): 1.0 for v in h},
        "yuan": {("x", i, j, t): facts.km[i, j] * facts.travel[i, t] for i, j, t in x},
        "pupil_km": {("x", i, j, t): facts.km[i, j] for i, j, t in x},
    }
    found: list[float] = []
    for n, goal in enumerate(GOALS):
        cost = row(goals[goal])
        solved = linprog(cost, rows, right, equal, even, bounds, method="highs")
        if solved.x is None:
            return None
        value = solved.fun
        if goal == "yuan":
            value += sum(
                facts.class_yuan[k, t, a] * c for k, t, of_age in classes for a, c in enumerate(of_age)
            )
        found.append(value)
        # projects are the same for all classes of the same opening years
        if best is not None and value > best[n] + CLOSE[n]:
            return None
        if best is not None and value < best[n] - CLOSE[n]:
            best = None
        rows.append(cost)
        right.append(solved.fun + 1e-6 * max(1.0, abs(solved.fun)))
    return found


def _listed(facts: OpeningFacts) -> list[float] | None:
    """Return the goals of the best of all plans; None where no opening years keep the rules."""
    best: list[float] | None = None
    for opens in openings_of(facts.projects):
        if _projects(facts.projects, opens.tolist(), facts.years):
            continue
        cost = sum(facts.projects.cost[p, v] for p, v in enumerate(opens) if v >= 0)
        paid = np.array([0, 0, 0, 0, cost, 0])
        own: list[float] | None = None if best is None else (np.array(best) - paid).tolist()
        for classes in _choices(facts, opens):
            found = _best_places(facts, classes, own)
            own = own if found is None else found
        if own is not None:
            best = (np.array(own) + paid).tolist()
    return best


def _compare_with_all(seed: int) -> None:
    facts = _tiny(seed)
    listed = _listed(facts)
    if listed is None:
        with pytest.raises(QuestionError):
            solve_exactly(facts)
        return
    exact = schedule(facts, exact_to=EXACTLY)
    assert faults(facts, exact.plan) == []
    apart = np.abs(np.array(exact.values.in_order()) - listed)
    assert (apart <= CLOSE + 1e-5 * np.abs(listed)).all(), (exact.values, listed)


MANY_PLANS = (16,)
"""Seeds whose facts have so many plans that to list them takes half a minute."""


@pytest.mark.parametrize("seed", [seed for seed in range(25) if seed not in MANY_PLANS])
def test_the_best_of_all_plans_is_the_optimum(seed):
    """No opening years and no classes give a better plan, goal after goal, than the exact model's."""
    _compare_with_all(seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [*MANY_PLANS, *range(25, 150)])
def test_the_best_of_all_plans_is_the_optimum_again_and_again(seed):
    """As above, on more facts."""
    _compare_with_all(seed)


def _checked(facts: OpeningFacts, *, exact_to: int, seconds: float) -> None:
    """Check a schedule against the optimum: no fault, not better than what is proven, and no bound above it."""
    try:
        exact = solve_exactly(facts, seconds=seconds)
    except QuestionError:
        with pytest.raises(QuestionError):
            schedule(facts, exact_to=exact_to, seconds=seconds)
        return
    assert faults(facts, exact.plan) == []
    found = schedule(facts, exact_to=exact_to, seconds=seconds)
    assert faults(facts, found.plan) == []
    goals = zip(
        exact.values.in_order(),
        exact.goals["bound"],
        found.values.in_order(),
        found.goals["bound"],
        CLOSE,
        strict=True,
    )
    for best, proven, value, bound, close in goals:
        near = close + 1e-5 * abs(best)
        # of the plans with no more of the goals before, the best is at least as good as the bound of either
        assert bound <= min(best, value) + near
        assert value >= proven - near
        if abs(value - best) > near:
            break


EXACTLY = 10**9
"""More places than any of these facts have: `schedule` solves them as stated."""


@pytest.mark.parametrize("seed", range(60))
def test_a_schedule_of_small_facts_is_the_optimum_and_keeps_all_rules(seed):
    """The exact way: every goal proven, nothing wrong with the plan, whatever features the facts have."""
    facts = small_case(seed, largest=(2, 4, 3, 2))
    _checked(facts, exact_to=EXACTLY, seconds=20)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(60, 360))
def test_a_schedule_of_small_facts_is_the_optimum_again_and_again(seed):
    """As above, on more and larger facts."""
    _checked(small_case(seed), exact_to=EXACTLY, seconds=20)


@pytest.mark.parametrize("seed", [0, 2, 12, 18, 27])
def test_a_schedule_that_is_searched_keeps_all_rules_and_its_bounds_hold(seed):
    """The way of large facts: no fault, no bound above the optimum, no plan better than what is proven."""
    _checked(small_case(seed, largest=(2, 4, 3, 2)), exact_to=0, seconds=20)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100))
def test_a_schedule_that_is_searched_keeps_all_rules_again_and_again(seed):
    """As above, on more and larger facts."""
    _checked(small_case(seed), exact_to=0, seconds=20)
