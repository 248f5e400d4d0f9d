"""The openings model stated in PuLP as one mixed integer programme: for small cases, for export, as the reference."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from math import isfinite
from typing import TYPE_CHECKING

import numpy as np
import pulp

from planner.optimise.facts import tokens
from planner.optimise.openings.cells import Cells, cells_of
from planner.optimise.openings.choosing import project_rows
from planner.optimise.openings.facts import NEVER
from planner.optimise.openings.plan import GOALS, OpeningPlan, intake_of
from planner.optimise.stating import collection_paused

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from planner.optimise.openings.facts import OpeningFacts

EQUAL, AT_MOST = pulp.LpConstraintEQ, pulp.LpConstraintLE

Terms = list[tuple[pulp.LpVariable, float]]


@dataclass(frozen=True, kw_only=True)
class Labels:
    """What stands for each position in the names of variables and constraints; numbers from 1 where nothing is given."""

    origins: tuple[str, ...] = ()
    points: tuple[str, ...] = ()
    campuses: tuple[str, ...] = ()
    schools: tuple[str, ...] = ()
    """Those of `OpeningFacts.size_of`."""
    projects: tuple[str, ...] = ()
    years: tuple[str, ...] = ()


def _named(given: Sequence[str], prefix: str, count: int) -> list[str]:
    """Return ASCII names of so many things."""
    return tokens(given, prefix) if given else [f"{prefix}{position}" for position in range(1, count + 1)]


@dataclass(frozen=True, kw_only=True)
class OpeningModel:
    """The openings model of some facts, stated in PuLP."""

    facts: OpeningFacts
    cells: Cells
    problem: pulp.LpProblem
    variables: tuple[pulp.LpVariable, ...]
    """In the order of the columns."""
    goals: dict[str, pulp.LpAffineExpression]
    """In their order."""
    x: dict[tuple[int, int, int], pulp.LpVariable]
    """(origin, rank, year): children placed."""
    c: list[pulp.LpVariable]
    """[cell]: classes."""
    open: dict[tuple[int, int], pulp.LpVariable]
    """(project, year): whether it opens then."""
    whole: bool
    """Whether classes are whole."""

    def write(self, path: Path, goal: str = "unplaced", held: dict[str, float] | None = None) -> None:
        """
        Write the model as text.

        Parameters
        ----------
        path
            File to write: MPS if it ends so, otherwise LP.
        goal
            Goal to be minimised.
        held
            Earlier goals with the values they may not exceed. [unit of the goal]
        """
        whole = self.with_goal(goal, held or {})
        if path.suffix.lower() == ".mps":
            whole.writeMPS(str(path), with_objsense=True)
        else:
            whole.writeLP(str(path), max_length=255)

    def with_goal(self, goal: str, held: dict[str, float]) -> pulp.LpProblem:
        """Return a problem of the same variables with an objective, and earlier goals as rows."""
        whole = self.problem.deepcopy()
        for name, value in held.items():
            whole.addConstraint(pulp.LpConstraint(self.goals[name], AT_MOST, f"held_{name}", value))
        whole.setObjective(self.goals[goal])
        return whole

    @cached_property
    def costs(self) -> dict[str, NDArray[np.float64]]:
        """Factors of all columns in each goal. [column]."""
        costs = {goal: np.zeros(len(self.variables)) for goal in self.goals}
        for goal, terms in self.goals.items():
            for variable, factor in terms.items():
                costs[goal][self._position[variable.hash]] = factor
        return costs

    @cached_property
    def _position(self) -> dict[int, int]:
        return {variable.hash: column for column, variable in enumerate(self.variables)}

    def plan(self, values: NDArray[np.float64]) -> OpeningPlan:
        """Return the values of all columns as a plan; classes and openings rounded, no class empty."""
        facts = self.facts

        def value(variable: pulp.LpVariable) -> float:
            return float(values[self._position[variable.hash]])

        opens = np.full(facts.projects.count, NEVER)
        for (p, v), variable in self.open.items():
            if value(variable) > 0.5:
                opens[p] = v
        intake = np.zeros((*facts.near.shape, facts.years))
        for key, variable in self.x.items():
            intake[key] = max(value(variable), 0.0)
        classes = np.array([value(variable) for variable in self.c])
        if self.whole:
            classes = self.cells.trimmed(np.rint(classes), intake_of(facts, intake))
        return OpeningPlan(opens=opens, classes=self.cells.spread(classes), intake=intake)


@collection_paused()
def state_openings(facts: OpeningFacts, labels: Labels | None = None, *, whole: bool = True) -> OpeningModel:
    r"""
    State the openings model in PuLP.

    Origin i, point k, campus s, school z, project p, year t, opening year v; a cell j of the year group that enters k
    in t begins at an age and lasts :math:`L_j` years (see `cells`).

    .. math::

        \sum_k x_{i,k,t} + u_{i,t} &= d_{i,t} && (1) \\
        n_{k,t} &= \sum_i x_{i,k,t}, \quad n_{k,t} \le limit_{k,t} && (2) \\
        n_{k,t} &\le seats_j c_j + o_j && (3) \\
        n_{k,t} &\le worst_{k,t} c_j && (3a),\ j\ begins\ at\ entry \\
        n_{k,t} &\ge least \, c_j && (3b) \\
        c_j &\le most_{k,t} && (4),\ j\ begins\ at\ entry \\
        \sum_j uses_{j,s,t} c_j &\le free_{s,t} + \sum_{p,v} gained_{p,v,s,t} open_{p,v} + lack_{s,t} && (5) \\
        lack_{s,t} &\le deficit_{s,t} full_{s,t}, \quad \sum_j uses_{j,s,t} c_j \le rooms_{s,t} (1 - full_{s,t})
            && (6),\ deficit > 0 \\
        \sum_v open_{p,v} &\le 1, \quad \text{precedence, exclusion, budgets, construction} && (7) \\
        n_{k,t} &\le \Bigl( \sum_i d_{i,t} \Bigr) \sum_{p,v \le t} open_{p,v} && (7a),\ k\ at\ a\ site \\
        \sum_{j} heads_{k,t,a} n_{k,t} &\le size_{z,t+a} + h_{z,t+a} && (8)

    free are the rooms that the classes of the last count leave, never below 0: they borrow what they lack, and a new
    class never borrows (6). Projects may take more rooms than are free: then there is no room, and what lacks is
    lent; the binary `full` says so. (4) has no split and merge: where classes are kept, a year group is one cell;
    otherwise each age has its own number, and both are free.
    Shortage is u, o or h: the model is infeasible only where no opening years keep (7).

    Goals, in this order: unplaced, u times the years in the stage [child-years]; above_cap, o times the years of the
    cell [child-years]; outside, x outside the catchment or too far [children]; above_size, h [child-years]; yuan, the
    cost of projects, classes and ways [yuan]; pupil_km, ways [km].

    Parameters
    ----------
    facts
        The given figures.
    labels
        Names; numbered where none are given.
    whole
        Whether classes are whole; projects always are.
    """
    problem = pulp.LpProblem("openings", pulp.LpMinimize)
    made: list[pulp.LpVariable] = []
    given = Labels() if labels is None else labels
    projects, cells, years = facts.projects, cells_of(facts), range(facts.years)
    B = _named(given.origins, "b", facts.origins)
    K = _named(given.points, "k", facts.points)
    S = _named(given.campuses, "s", facts.campuses)
    Z = _named(given.schools, "z", len(facts.size_of))
    P = _named(given.projects, "p", projects.count)
    Y = _named(given.years, "y", facts.years)

    def variable(name: str, upper: float | None = None, kind: str = pulp.LpContinuous) -> pulp.LpVariable:
        new = problem.add_variable(name, 0, None if upper is None or not isfinite(upper) else upper, kind)
        made.append(new)
        return new

    def state(name: str, terms: Iterable[tuple[pulp.LpVariable, float]], sense: int, right: float) -> None:
        problem.addConstraint(pulp.LpConstraint(pulp.LpAffineExpression(terms), sense, name, right), name)

    ways = [(i, j, int(k)) for (i, j), k in np.ndenumerate(facts.near) if k >= 0]
    x = {(i, j, t): variable(f"x({B[i]},{K[k]},{Y[t]})") for i, j, k in ways for t in years}
    u = {(i, t): variable(f"u({B[i]},{Y[t]})") for i in range(facts.origins) for t in years}
    n = {
        (k, t): variable(f"n({K[k]},{Y[t]})", float(facts.limits[k, t]))
        for k in range(facts.points)
        for t in years
    }
    kind = pulp.LpInteger if whole else pulp.LpContinuous
    ends = "" if facts.kept else ",{}"
    at = [
        f"({K[k]},{Y[t]}{ends.format(a)})"
        for k, t, a in zip(cells.point.tolist(), cells.year.tolist(), cells.first_age.tolist(), strict=True)
    ]
    c = [variable(f"c{at[j]}", float(cells.most[j]), kind) for j in range(cells.count)]
    o = {j: variable(f"o{at[j]}") for j in np.flatnonzero(np.isfinite(cells.seats)).tolist()}
    open_ = {
        (p, v): variable(f"open({P[p]},{Y[v]})", 1, pulp.LpInteger)
        for p, v in np.argwhere(projects.allowed).tolist()
    }
    h = {
        (z, t): variable(f"h({Z[z]},{Y[t]})")
        for z, t in np.argwhere(np.isfinite(facts.size)).tolist()
        if len(facts.size_of)
    }

    # (1) every child is counted
    of_origin: dict[tuple[int, int], Terms] = {key: [(left, 1.0)] for key, left in u.items()}
    of_point: dict[tuple[int, int], Terms] = {key: [(intake, 1.0)] for key, intake in n.items()}
    for i, j, k in ways:
        for t in years:
            of_origin[i, t].append((x[i, j, t], 1.0))
            of_point[k, t].append((x[i, j, t], -1.0))
    for (i, t), terms in of_origin.items():
        state(f"counted({B[i]},{Y[t]})", terms, EQUAL, float(facts.demand[i, t]))
    # (2) intake; its limit is a bound
    for (k, t), terms in of_point.items():
        state(f"intake({K[k]},{Y[t]})", terms, EQUAL, 0.0)
    # (3) no more than the cap in a class, (3a) no class, no child, (3b) no class for too few; (4) is a bound
    cell_intake = [n[k, t] for k, t in zip(cells.point.tolist(), cells.year.tolist(), strict=True)]
    for j, above in o.items():
        terms = [(cell_intake[j], 1.0), (c[j], -float(cells.seats[j])), (above, -1.0)]
        state(f"cap{at[j]}", terms, AT_MOST, 0.0)
    for j in np.flatnonzero(np.isfinite(cells.worst)).tolist():
        state(f"worst{at[j]}", [(cell_intake[j], 1.0), (c[j], -float(cells.worst[j]))], AT_MOST, 0.0)
    for j in range(cells.count) if facts.least > 0 else ():
        state(f"least{at[j]}", [(c[j], facts.least), (cell_intake[j], -1.0)], AT_MOST, 0.0)
    # (5) a class holds its room while its cell lasts, (6) new ones never borrow
    gains = _gains(facts)
    deficit = np.maximum(-_rooms_at_most(facts, gains, -1.0), 0.0)
    most = np.maximum(_rooms_at_most(facts, gains, 1.0), 0.0)
    uses = cells.uses.T.tocsr()
    for s in range(facts.campuses):
        for t in years:
            row = s * facts.years + t
            held: Terms = [(c[j], 1.0) for j in uses.indices[uses.indptr[row] : uses.indptr[row + 1]]]
            gained: Terms = [(open_[p, v], -g) for p, v, g in gains[s, t]]
            name, right = f"({S[s]},{Y[t]})", float(facts.free[s, t])
            if deficit[s, t] > 0:
                lack = variable(f"lack{name}")
                full = variable(f"full{name}", 1, pulp.LpInteger)
                gained.append((lack, -1.0))
                state(f"lent{name}", [(lack, 1.0), (full, -float(deficit[s, t]))], AT_MOST, 0.0)
                state(f"new{name}", [*held, (full, float(most[s, t]))], AT_MOST, float(most[s, t]))
            if held or gained:
                state(f"rooms{name}", [*held, *gained], AT_MOST, right)
    # (7) projects
    for rule in project_rows(projects, P, Y):
        terms = [(open_[at], factor) for at, factor in rule.terms.items()]
        state(rule.name, terms, EQUAL if rule.low == rule.high else AT_MOST, rule.high)
    total = facts.demand.sum(axis=0)
    for (k, t), intake in n.items():
        s = int(facts.campus[k])
        if facts.site[s]:
            here = set(projects.effect_of[projects.effect_campus == s].tolist())
            since = [(var, -float(total[t])) for (p, v), var in open_.items() if p in here and v <= t]
            state(f"site({K[k]},{Y[t]})", [(intake, 1.0), *since], AT_MOST, 0.0)
    # (8) school size
    sizes: dict[tuple[int, int], Terms] = defaultdict(list)
    for z, campuses in enumerate(facts.size_of):
        for (k, t), intake in n.items():
            for a in range(int(facts.lasting[k, t])):
                if int(facts.holds[k, t, a]) in campuses:
                    sizes[z, t + a].append((intake, float(facts.heads[k, t, a])))
    for (z, t), above in h.items():
        state(f"size({Z[z]},{Y[t]})", [*sizes[z, t], (above, -1.0)], AT_MOST, float(facts.size[z, t]))

    km = facts.km
    aims: dict[str, Terms] = {
        "unplaced": [(left, float(facts.staying[key])) for key, left in u.items()],
        "above_cap": [(above, float(cells.length[j])) for j, above in o.items()],
        "outside": [(placed, 1.0) for key, placed in x.items() if facts.outside[key]],
        "above_size": [(above, 1.0) for above in h.values()],
        "yuan": [
            *((placed, float(km[i, j] * facts.travel[i, t])) for (i, j, t), placed in x.items()),
            *((classes, float(yuan)) for classes, yuan in zip(c, cells.yuan, strict=True)),
            *((var, float(projects.cost[key])) for key, var in open_.items()),
        ],
        "pupil_km": [(placed, float(km[i, j])) for (i, j, _), placed in x.items()],
    }
    return OpeningModel(
        facts=facts,
        cells=cells,
        problem=problem,
        variables=tuple(made),
        goals={goal: pulp.LpAffineExpression([term for term in aims[goal] if term[1]]) for goal in GOALS},
        x=x,
        c=c,
        open=open_,
        whole=whole,
    )


def _gains(facts: OpeningFacts) -> dict[tuple[int, int], list[tuple[int, int, float]]]:
    """Return (project, opening year, rooms gained) of each (campus, year), those without a change left out."""
    projects = facts.projects
    rooms: dict[tuple[int, int, int, int], float] = defaultdict(float)
    for effect, v, t in np.argwhere(projects.effect_rooms).tolist():
        p, s = int(projects.effect_of[effect]), int(projects.effect_campus[effect])
        if projects.allowed[p, v]:
            rooms[s, t, p, v] += float(projects.effect_rooms[effect, v, t])
    gains: dict[tuple[int, int], list[tuple[int, int, float]]] = defaultdict(list)
    for (s, t, p, v), gained in sorted(rooms.items()):
        gains[s, t].append((p, v, gained))
    return gains


def _rooms_at_most(
    facts: OpeningFacts, gains: dict[tuple[int, int], list[tuple[int, int, float]]], sign: float
) -> NDArray[np.float64]:
    """Return the most rooms that projects could leave, or, with sign -1, the fewest. [campus, year] [rooms]."""
    rooms = facts.free.copy()
    for at, changes in gains.items():
        largest: dict[int, float] = defaultdict(float)
        for p, _, gained in changes:
            largest[p] = max(largest[p], sign * gained)
        rooms[at] += sign * sum(largest.values())
    return rooms


def fix_openings(model: OpeningModel, opens: NDArray[np.int64]) -> None:
    """Fix the opening year of every project, `NEVER` for none."""
    for (p, v), variable in model.open.items():
        variable.lowBound = variable.upBound = float(opens[p] == v)
