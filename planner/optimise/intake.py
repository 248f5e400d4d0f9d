"""The intake model: where entrants go, year by year, under class caps and dated rooms."""

from __future__ import annotations

from collections import defaultdict
from math import isfinite
from typing import TYPE_CHECKING

import numpy as np
import pulp

from planner.optimise.facts import tokens
from planner.optimise.letters import GOALS
from planner.optimise.stating import Stating, collection_paused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from planner.optimise.facts import IntakeFacts
    from planner.optimise.stating import IntakeModel

EQUAL, AT_MOST = pulp.LpConstraintEQ, pulp.LpConstraintLE


@collection_paused()
def state_intake(facts: IntakeFacts) -> IntakeModel:
    r"""
    State the intake model in PuLP.

    Stage e, block b, schools s and z, grade g, year t; children in numbers, classes and rooms in numbers, classes
    relaxed to fractions. :math:`m_{z,s,g,t}` is the part of the year group of z that comes to s for its grade g:
    of its own those who do not leave, of another school those who move here.

    .. math::

        \sum_{s \in reach} x_{b,e,s,t} + u_{b,e,t} &= d_{b,e,t} && (1) \\
        \sum_z y_{s,z,e,t} + v_{s,e,t} &= door_{s,e,t} && (1b) \\
        n_{s,g,t} &= \sum_b x_{b,e,s,t} + \sum_z y_{z,s,e,t} && (2),\ g = first(e) \\
        n_{s,g,t} &= r_{s,g,t} \sum_z m_{z,s,g,t} n_{z,g-1,t-1} && (2),\ g > first(e) \\
        n_{s,g,t} &\le cap_{g,t} c_{s,g,t} + o_{s,g,t} + q_{s,g,t} && (3) \\
        o_{s,g,t} &\le (worst_{e,t} - cap_{g,t}) c_{s,g,t} && (3a),\ g = first(e) \\
        q_{s,g,t} &\le \sum_z m_{z,s,g,t} \Bigl( r_{s,g,t} (o + q)_{z,g-1,t-1}
            + (r_{s,g,t} cap_{g-1,t-1} - cap_{g,t})^+ c_{z,g-1,t-1} \Bigr) && (3b),\ t > first\ year \\
        q_{s,g,t} &\le \Bigl( n_{s,g,t} - cap_{g,t} \sum_z m_{z,s,g,t} c_{z,g-1,t-1} \Bigr)^+
            && (3b),\ t = first\ year \\
        c_{s,g,t} &= c_{s,g-1,t-1} + split_{s,g,t} - merge_{s,g,t} && (4),\ kept \\
        \sum_g c_{s,g,t} &\le rooms_{s,t} + borrowed_{s,t} && (5) \\
        0 \le borrowed_{s,t} &\le \max(0, left_{s,t} - rooms_{s,t}) && (6) \\
        \sum_{new} c_{s,g,t} &\le rooms_{s,t} (1 - \sum_{left} c_{s,g,t} / left_{s,t}) && (6),\ left > rooms \\
        \sum_g n_{s,g,t} &\le size_{s,t} + h_{s,t} && (8),\ campus\ and\ group

    Equation (7) of the design is about projects that may or may not open; here they are given, in `rooms`.
    x places entrants where they live can reach, y places those who come to a school whatever the catchments:
    first of all there. u and v are unplaced. n and c of the year before the first are the last count's.
    left are the classes of the last count that are still in school. Where they are more than the rooms, they may
    borrow some, but a new class may not: the second (6) is the smallest convex region that holds both "the classes
    left fit, and new ones have the other rooms" and "they do not fit, and there is no new one".
    Where schools without classes take all of their own, (3a) is left out.
    q are children of later grades above the cap in the classes of the year before as they were, those that movers
    bring with them too; o in a later grade are those above it because classes were merged too far. (3b) keeps q to
    the children above the cap in these classes: in the first year, which the count settles, exactly; later, where
    that would not be linear, to what (2) and (3) of the year before let it be at most. That is exact for full
    classes; for others it is more, by no more than growth or a fall of the cap adds to a full class. c and q of the
    year before are 0 where there is no such grade. q stands in later grades where classes are kept; classes formed
    anew have none.
    A scenario's classes are a bound of c, its intake limits of n, in the starting grade: c has room to be less,
    so that the model is never infeasible. Shortage is u, v, o, q, borrowed or h.

    Goals, in this order, each a variable of its own:

    ================== ================================================================ ===========
    unplaced           sum of u and v                                                   child-years
    above_cap          sum of o, entrants above the cap and children of later grades    child-years
                       in classes merged too far, times the years that their class
                       lasts (`IntakeFacts.lasting`): where q took over from o for
                       nothing, a class overfull for six years would count as one year
    borrowed           sum of borrowed                                                  room-years
    outside            sum of x outside the block's catchment and y at another school;  children
                       a block without a catchment has no outside
    unsplit            sum of q: children above the cap, year by year, of classes that  child-years
                       go on as they were. After outside: a free room serves those who
                       enter before it splits a class that is there, as in the
                       simulation, and no child leaves its catchment so that another
                       year group is split
    above_size         sum of h: a guideline, for which no child should leave its       child-years
                       catchment either
    pupil_km           ways from home of all x, and from door to school of y; an        km
                       unplaced child counts the way to its catchment, so that nobody
                       is left out for living far away
    ================== ================================================================ ===========

    What is still equal when all goals are solved is decided by fixed costs of at most a centimetre a child, drawn
    from the ids of schools and years and, within a school's intake, from the ways of the block: neither the order
    nor the names of the blocks decide anything.
    """
    problem = pulp.LpProblem("intake", pulp.LpMinimize)
    stating = Stating(problem)
    B, S = tokens(facts.blocks, "b"), tokens(facts.schools, "s")
    E, Y, G = tokens(facts.stages, "e"), facts.years, facts.grades
    schools, years = range(len(S)), range(len(Y))
    taught = [[g for g in range(len(G)) if facts.teaches[s, g]] for s in schools]
    starts = {g: e for e, g in enumerate(facts.first)}
    d, door, km = facts.demand.tolist(), facts.doors.tolist(), (facts.metres / 1000).tolist()
    rooms, cap, worst = facts.rooms.tolist(), facts.cap.tolist(), facts.worst.tolist()
    r, pupils, classes = facts.growth.tolist(), facts.pupils.tolist(), facts.classes.tolist()

    reach, reached = _ways(facts.reach & (facts.demand > 0)[:, :, None, :])
    leads, led = _ways(facts.door_reach & (facts.doors > 0)[:, :, None, :])
    waiting = [tuple(key) for key in np.argwhere(facts.demand > 0).tolist()]
    calling = [tuple(key) for key in np.argwhere(facts.doors > 0).tolist()]

    def bound(limit: int) -> float | None:
        return None if limit < 0 else float(limit)

    planned, limits = facts.planned.tolist(), facts.limits.tolist()
    variable = stating.variable
    x = {
        (e, b, s, t): variable("x", (e, b, s, t), f"{B[b]},{S[s]},{E[e]},{Y[t]}")
        for e, b, t in waiting
        for s in reach[e, b, t]
    }
    u = {(e, b, t): variable("u", (e, b, t), f"{B[b]},{E[e]},{Y[t]}") for e, b, t in waiting}
    y = {
        (e, s, z, t): variable("y", (e, s, z, t), f"{S[s]},{S[z]},{E[e]},{Y[t]}")
        for e, s, t in calling
        for z in leads[e, s, t]
    }
    v = {(e, s, t): variable("v", (e, s, t), f"{S[s]},{E[e]},{Y[t]}") for e, s, t in calling}
    cells = [(s, g, t) for s in schools for g in taught[s] for t in years]
    inner = [(s, g, t) for s, g, t in cells if g not in starts]
    n = {
        (s, g, t): variable(
            "n", (s, g, t), f"{S[s]},{G[g]},{Y[t]}", bound(limits[s][starts[g]][t]) if g in starts else None
        )
        for s, g, t in cells
    }
    c = {
        (s, g, t): variable(
            "c", (s, g, t), f"{S[s]},{G[g]},{Y[t]}", bound(planned[s][starts[g]][t]) if g in starts else None
        )
        for s, g, t in cells
    }
    o = {(s, g, t): variable("o", (s, g, t), f"{S[s]},{G[g]},{Y[t]}") for s, g, t in cells}
    q = {(s, g, t): variable("q", (s, g, t), f"{S[s]},{G[g]},{Y[t]}") for s, g, t in inner if facts.kept}
    split = {
        (s, g, t): variable("split", (s, g, t), f"{S[s]},{G[g]},{Y[t]}") for s, g, t in inner if facts.kept
    }
    merge = {
        (s, g, t): variable("merge", (s, g, t), f"{S[s]},{G[g]},{Y[t]}") for s, g, t in inner if facts.kept
    }
    borrowed = {
        (s, t): variable("borrowed", (s, t), f"{S[s]},{Y[t]}", float(facts.short[s, t]))
        for s, t in np.argwhere(facts.short > 0).tolist()
    }
    h = {
        (s, t): variable("h", (s, t), f"{S[s]},{Y[t]}")
        for s, t in np.argwhere(np.isfinite(facts.size)).tolist()
    }
    names = tokens(tuple(facts.groups), "group")
    hg = {
        (k, t): variable("hg", (k, t), f"{names[k]},{Y[t]}")
        for k, t in np.argwhere(np.isfinite(facts.group_size)).tolist()
    }
    goal = {name: variable("goal", (k,), name) for k, name in enumerate(GOALS)}

    state = stating.state
    # (1) every child is counted; (1b) so are those who come to a school's door
    for e, b, t in waiting:
        placed = [(x[e, b, s, t], 1.0) for s in reach[e, b, t]]
        state(f"counted({B[b]},{E[e]},{Y[t]})", [*placed, (u[e, b, t], 1.0)], EQUAL, d[e][b][t])
    for e, s, t in calling:
        placed = [(y[e, s, z, t], 1.0) for z in leads[e, s, t]]
        state(f"door({S[s]},{E[e]},{Y[t]})", [*placed, (v[e, s, t], 1.0)], EQUAL, door[e][s][t])

    # (2) intake, and those of the grade below a year before
    coming = _coming(facts)
    for s, g, t in cells:
        name, now = f"pupils({S[s]},{G[g]},{Y[t]})", (n[s, g, t], 1.0)
        if g in starts:
            e = starts[g]
            entering = [(x[e, b, s, t], -1.0) for b in reached[e, s, t]]
            through = [(y[e, z, s, t], -1.0) for z in led[e, s, t]]
            state(name, [now, *entering, *through], EQUAL, 0.0)
            continue
        grown = [(z, r[s][g][t] * share) for z, share in coming(s, g, t) if r[s][g][t] > 0]
        if t == 0:
            state(name, [now], EQUAL, sum(share * pupils[z][g - 1] for z, share in grown))
        else:
            state(name, [now, *((n[z, g - 1, t - 1], -share) for z, share in grown)], EQUAL, 0.0)

    # (3) no more than the cap in a class, and no class, no child
    for s, g, t in cells:
        at = f"({S[s]},{G[g]},{Y[t]})"
        above = [(o[s, g, t], -1.0)] + ([(q[s, g, t], -1.0)] if (s, g, t) in q else [])
        state(f"cap{at}", [(n[s, g, t], 1.0), (c[s, g, t], -cap[g][t]), *above], AT_MOST, 0.0)
        if g in starts and isfinite(worst[starts[g]][t]):
            room = worst[starts[g]][t] - cap[g][t]
            state(f"worst{at}", [(o[s, g, t], 1.0), (c[s, g, t], -room)], AT_MOST, 0.0)

    # (3b) and as many above it in classes that go on as they were as these classes had, or grew to
    for (s, g, t), unsplit in q.items():
        name, grown, sources = f"as_before({S[s]},{G[g]},{Y[t]})", r[s][g][t], coming(s, g, t)
        if t == 0:
            heads = sum(grown * share * pupils[z][g - 1] for z, share in sources)
            seats = sum(cap[g][t] * share * classes[z][g - 1] for z, share in sources)
            state(name, [(unsplit, 1.0)], AT_MOST, max(heads - seats, 0.0))
            continue
        wider = max(grown * cap[g - 1][t - 1] - cap[g][t], 0.0)
        bounds = [
            (family[z, g - 1, t - 1], -grown * share)
            for family in (o, q)
            for z, share in sources
            if (z, g - 1, t - 1) in family
        ]
        bounds += [(c[z, g - 1, t - 1], -wider * share) for z, share in sources]
        state(
            name, [(unsplit, 1.0), *((column, share) for column, share in bounds if share < 0)], AT_MOST, 0.0
        )

    # (4) classes stay together unless they are split or merged
    for s, g, t in inner if facts.kept else []:
        terms = [(c[s, g, t], 1.0), (split[s, g, t], -1.0), (merge[s, g, t], 1.0)]
        before = g - 1 in taught[s]
        if before and t > 0:
            terms.append((c[s, g - 1, t - 1], -1.0))
        state(f"kept({S[s]},{G[g]},{Y[t]})", terms, EQUAL, classes[s][g - 1] if before and t == 0 else 0.0)

    # (5) one room a class, all stages of the campus
    for s in schools:
        for t in years:
            used = [(c[s, g, t], 1.0) for g in taught[s]]
            lent = [(borrowed[s, t], -1.0)] if (s, t) in borrowed else []
            state(f"rooms({S[s]},{Y[t]})", [*used, *lent], AT_MOST, rooms[s][t])

    # (6) rooms are borrowed for classes left of the last count, never for a new one; the rest is borrowed's bound
    for s, t in borrowed:
        part = rooms[s][t] / float(facts.left[s, t])
        used = [(c[s, g, t], part if facts.counted[g, t] else 1.0) for g in taught[s]]
        state(f"new({S[s]},{Y[t]})", [(k, share) for k, share in used if share > 0], AT_MOST, rooms[s][t])

    # (8) school size, campus and group
    for (s, t), above in h.items():
        heads = [(n[s, g, t], 1.0) for g in taught[s]]
        state(f"size({S[s]},{Y[t]})", [*heads, (above, -1.0)], AT_MOST, float(facts.size[s, t]))
    campuses = list(facts.groups.values())
    for (k, t), above in hg.items():
        heads = [(n[s, g, t], 1.0) for s in campuses[k] for g in taught[s]]
        state(
            f"group_size({names[k]},{Y[t]})", [*heads, (above, -1.0)], AT_MOST, float(facts.group_size[k, t])
        )

    # goals
    out = facts.outside[stating.positions("x")].tolist()
    home = way_home(facts).tolist()
    between = (facts.between / 1000).tolist()

    def aim(name: str, terms: Iterable[tuple[pulp.LpVariable, float]]) -> None:
        state(f"goal_{name}", [*terms, (goal[name], -1.0)], EQUAL, 0.0)

    aim("unplaced", [(left, 1.0) for left in (*u.values(), *v.values())])
    lasting = facts.lasting.tolist()
    aim("above_cap", [(above, lasting[g][t]) for (_, g, t), above in o.items()])
    aim("borrowed", [(lent, 1.0) for lent in borrowed.values()])
    aim(
        "outside",
        [(placed, 1.0) for placed, outside in zip(x.values(), out, strict=True) if outside]
        + [(placed, 1.0) for (_, s, z, _), placed in y.items() if z != s],
    )
    aim("unsplit", [(above, 1.0) for above in q.values()])
    aim("above_size", [(above, 1.0) for above in (*h.values(), *hg.values())])
    aim(
        "pupil_km",
        [(placed, km[b][s]) for (_, b, s, _), placed in x.items()]
        + [(left, home[e][b][t]) for (e, b, t), left in u.items()]
        + [(placed, between[s][z]) for (_, s, z, _), placed in y.items() if z != s],
    )
    return stating.model(facts)


def _ways(
    mask: NDArray[np.bool_],
) -> tuple[dict[tuple[int, int, int], list[int]], dict[tuple[int, int, int], list[int]]]:
    """Return [stage, origin, school, year] as schools of each (stage, origin, year), origins of each (stage, school, year)."""
    onward: dict[tuple[int, int, int], list[int]] = defaultdict(list)
    back: dict[tuple[int, int, int], list[int]] = defaultdict(list)
    for e, b, s, t in np.argwhere(mask).tolist():
        onward[e, b, t].append(s)
        back[e, s, t].append(b)
    return onward, back


def _coming(facts: IntakeFacts) -> Callable[[int, int, int], list[tuple[int, float]]]:
    """Return who comes to a (school, grade, year): schools of the grade below, its own first, with the parts that come."""
    none = np.zeros(len(facts.years))
    shares: dict[tuple[int, int], dict[int, NDArray[np.float64]]] = defaultdict(dict)
    gone: dict[tuple[int, int], NDArray[np.float64]] = defaultdict(lambda: none)
    for move in facts.moves:
        into = shares[move.to_school, move.grade]
        into[move.from_school] = into.get(move.from_school, none) + move.share
        gone[move.from_school, move.grade] = gone[move.from_school, move.grade] + move.share
    arriving = {key: [(z, share.tolist()) for z, share in into.items()] for key, into in shares.items()}
    staying = {key: np.maximum(1.0 - share, 0.0).tolist() for key, share in gone.items()}

    def coming(s: int, g: int, t: int) -> list[tuple[int, float]]:
        own = staying[s, g][t] if (s, g) in staying else 1.0
        parts = [(s, own)] if facts.teaches[s, g - 1] else []
        parts += [(z, share[t]) for z, share in arriving.get((s, g), ())]
        return [(z, part) for z, part in parts if part > 0]

    return coming


def way_home(facts: IntakeFacts) -> NDArray[np.float64]:
    """
    Return the way to the nearest school of the catchment, of the reach where there is none.

    Returns
    -------
    Array [stage, block, year]; 0 where a block reaches nothing. [km]
    """
    metres = facts.metres[None, :, :, None]
    own = np.where(facts.own, metres, np.inf).min(axis=2)
    near = np.where(facts.reach, metres, np.inf).min(axis=2)
    ways = np.where(np.isfinite(own), own, near)
    return np.where(np.isfinite(ways), ways, 0.0) / 1000
