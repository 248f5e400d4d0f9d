"""Simulations of the street of `tests.simulation.town`, as facts for tables."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from planner.outcomes import Facts
from planner.policy import Rule
from tests.simulation.town import POLICY, School, build_town

FULL = School(rooms=3, pupils=(10, 10, 10))
"""One class a grade: the class of grade 3 leaves, so one room is free each year."""
JUNIOR = School("4-5", rooms=12, at=9000)


def facts_of(town, policy=None):
    return Facts(
        plan=town.plan,
        simulation=town.simulate(policy),
        policy=policy or town.policy,
        capacity=town.capacity,
    )


def street(schools, entrants, **options):
    """Make a town in which every primary has one block of its own, at its door, and nobody enters junior."""
    held = {
        "primary": {name.lower(): name for name in schools},
        "junior": {name.lower(): "J" for name in schools},
    }
    homes = {name.lower(): school.at for name, school in schools.items()}
    given = {"homes": homes, "entrants": {"primary": entrants, "junior": {}}, "transition": 0.0}
    return build_town(schools | {"J": JUNIOR}, held, **(given | options))


def with_rules(*rules, policy=POLICY):
    return policy.model_copy(
        update={"rules": (*policy.rules, *(Rule(source="by hand", **rule) for rule in rules))}
    )


def with_classes(facts, school, grade, sizes):
    """Return facts in which a school's grade has these children and classes in every year and draw."""
    simulation = facts.simulation
    at = simulation.schools.index(school), simulation.grades.index(grade)
    pupils, classes = simulation.pupils.copy(), simulation.classes.copy()
    pupils[at], classes[at] = sum(sizes), len(sizes)
    return replace(facts, simulation=replace(simulation, pupils=pupils, classes=classes))


def emptied(facts):
    """Return facts of the same town without any child in school."""
    simulation = facts.simulation
    none = np.zeros_like(simulation.pupils)
    return replace(facts, simulation=replace(simulation, pupils=none, classes=none))


def row(table, **wanted):
    """Return the only row of a table with these values."""
    for column, value in wanted.items():
        table = table[table[column] == value]
    assert len(table) == 1, table
    return table.iloc[0]
