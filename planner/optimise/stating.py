"""A model as it is stated in PuLP, with its variables by letter and its goals."""

from __future__ import annotations

import gc
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pulp

from planner.optimise.ceilings import ceilings
from planner.optimise.letters import AXES, GOALS, LETTERS, Family
from planner.optimise.ties import tie_costs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from planner.optimise.facts import IntakeFacts


@dataclass(frozen=True, kw_only=True)
class IntakeModel:
    """The intake model of some facts, stated in PuLP."""

    facts: IntakeFacts
    problem: pulp.LpProblem
    variables: tuple[pulp.LpVariable, ...]
    """In the order of the columns."""
    families: dict[str, Family]
    """By letter: x, u, y, v, n, c, o, q, split, merge, borrowed, h, hg."""
    goals: dict[str, int]
    """Column of each goal, in their order."""
    ties: NDArray[np.float64]
    """[column]: fixed small costs that choose among equally good solutions. [km]"""
    ceilings: NDArray[np.float64]
    """[column]: values that no variable needs to exceed, for a bound that holds whatever the solver did."""

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
        bounds = {name: self.variables[self.goals[name]].upBound for name in self.goals}
        try:
            for name, value in (held or {}).items():
                self.variables[self.goals[name]].upBound = value
            self.problem.setObjective(self.objective(goal))
            if path.suffix.lower() == ".mps":
                self.problem.writeMPS(str(path), with_objsense=True)
            else:
                self.problem.writeLP(str(path), max_length=255)
        finally:
            for name, bound in bounds.items():
                self.variables[self.goals[name]].upBound = bound

    def objective(self, goal: str) -> pulp.LpAffineExpression:
        """Return the goal as an objective."""
        return pulp.LpAffineExpression([(self.variables[self.goals[goal]], 1.0)], name=goal)


@contextmanager
def collection_paused() -> Iterator[None]:
    """Leave the garbage collector out while very many objects are made that all stay: it would walk through them again and again."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


class Stating:
    """Variables and constraints of a problem, noted as they are stated."""

    def __init__(self, problem: pulp.LpProblem) -> None:
        self.problem = problem
        self.variables: list[pulp.LpVariable] = []
        self.starts: dict[str, int] = {}
        self.keys: dict[str, list[tuple[int, ...]]] = defaultdict(list)

    def variable(
        self, letter: str, key: tuple[int, ...], label: str, upper: float | None = None
    ) -> pulp.LpVariable:
        """Add a variable of a family, not below 0."""
        self.starts.setdefault(letter, len(self.variables))
        self.keys[letter].append(key)
        variable = self.problem.add_variable(f"{letter}({label})", 0, upper)
        self.variables.append(variable)
        return variable

    def state(
        self, name: str, terms: Iterable[tuple[pulp.LpVariable, float]], sense: int, right: float
    ) -> None:
        """State that the sum of the terms, of distinct variables, equals or is at most the right side."""
        row = pulp.LpConstraint(pulp.LpAffineExpression(terms), sense, name, right)
        self.problem.addConstraint(row, name)

    def positions(self, letter: str) -> tuple[NDArray[np.int64], ...]:
        """Return the keys of a family, one array for each axis."""
        return tuple(np.array(self.keys[letter], dtype=np.int64).reshape(-1, AXES.get(letter, 3)).T)

    def families(self) -> dict[str, Family]:
        """Return the families, those without a variable too."""
        return {
            letter: Family(keys=np.stack(self.positions(letter), axis=1), start=self.starts.get(letter, 0))
            for letter in LETTERS
        }

    def model(self, facts: IntakeFacts) -> IntakeModel:
        """Return what was stated."""
        families = self.families()
        start = families["goal"].start
        return IntakeModel(
            facts=facts,
            problem=self.problem,
            variables=tuple(self.variables),
            families=families,
            goals={name: start + k for k, name in enumerate(GOALS)},
            ties=tie_costs(facts, families, len(self.variables)),
            ceilings=ceilings(facts, families, len(self.variables)),
        )
