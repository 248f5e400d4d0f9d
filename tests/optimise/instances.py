"""Small facts by hand, and plans that go with facts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from planner.optimise import IntakeFacts, IntakeModel
from planner.plan import Catchment, Plan
from planner.policy.model import ClassRules
from tests.benchmarks.intake import made_facts

SCHOOLS = ("north", "south")


def two_schools(**changes) -> IntakeFacts:
    """
    Return two schools on a street of two blocks, grades 1 and 2, two years.

    .. code-block:: text

        block A --- north --------- south --- block B       ways: 300 m to the own school, 900 m to the other
                    4 rooms         3 rooms                 cap 10, worst class 15
        grade 1, 2: 18, 17 in 2+2   9, 9 in 1+1             a hundredth more children in grade 2 than in grade 1
    """
    both = np.ones((1, 2, 2, 2), dtype=bool)
    facts = IntakeFacts(
        blocks=("A", "B"),
        schools=SCHOOLS,
        stages=("primary",),
        grades=(1, 2),
        years=(2027, 2028),
        spans=((1, 2),),
        demand=np.array([[[30.0, 20.0], [12.0, 14.0]]]),
        doors=np.zeros((1, 2, 2)),
        own=np.repeat(np.eye(2, dtype=bool)[None, :, :, None], 2, axis=3),
        reach=both,
        door_reach=both,
        metres=np.array([[300.0, 900.0], [900.0, 300.0]]),
        between=np.array([[0.0, 600.0], [600.0, 0.0]]),
        pupils=np.array([[18.0, 17.0], [9.0, 9.0]]),
        classes=np.array([[2.0, 2.0], [1.0, 1.0]]),
        growth=np.full((2, 2, 2), 1.01),
        teaches=np.ones((2, 2), dtype=bool),
        rooms=np.array([[4.0, 4.0], [3.0, 3.0]]),
        cap=np.full((2, 2), 10.0),
        worst=np.full((1, 2), 15.0),
        size=np.full((2, 2), np.inf),
        planned=np.full((2, 1, 2), -1),
        limits=np.full((2, 1, 2), -1),
    )
    return replace(facts, **changes)


def alone(rooms: list[int], *, years: int = 3, **changes) -> IntakeFacts:
    """Return the facts of one school of grades 1 and 2, cap 10 and 15 at worst, that nobody attends yet."""
    shape = (1, 1, 1, years)
    facts = replace(
        two_schools(),
        blocks=("A",),
        schools=("north",),
        years=tuple(range(2027, 2027 + years)),
        demand=np.zeros((1, 1, years)),
        doors=np.zeros((1, 1, years)),
        own=np.ones(shape, dtype=bool),
        reach=np.ones(shape, dtype=bool),
        door_reach=np.ones(shape, dtype=bool),
        metres=np.array([[300.0]]),
        between=np.zeros((1, 1)),
        pupils=np.zeros((1, 2)),
        classes=np.zeros((1, 2)),
        growth=np.ones((1, 2, years)),
        teaches=np.ones((1, 2), dtype=bool),
        rooms=np.array([rooms], dtype=float),
        cap=np.full((2, years), 10.0),
        worst=np.full((1, years), 15.0),
        size=np.full((1, years), np.inf),
        planned=np.full((1, 1, years), -1),
        limits=np.full((1, 1, years), -1),
    )
    return replace(facts, **changes)


def town(seed: int = 1, *, tight: float = 0.8, **changes) -> IntakeFacts:
    """Return made-up facts of a small town that is short of rooms: six primaries, two juniors, 24 blocks, four years."""
    return replace(made_facts(8, 24, 4, 4, junior=2, tight=tight, seed=seed), **changes)


def one_year(random: np.random.Generator) -> IntakeFacts:
    """Return whole children of three blocks, three schools of one grade, one year: all plans can be listed."""
    blocks, schools = 3, 3
    own = np.zeros((1, blocks, schools, 1), dtype=bool)
    own[0, np.arange(blocks), random.integers(0, schools, blocks), 0] = True
    reach = own | (random.random(own.shape) < 0.6)
    return IntakeFacts(
        blocks=tuple("ABC"),
        schools=tuple("pqr"),
        stages=("primary",),
        grades=(1,),
        years=(2027,),
        spans=((1, 1),),
        demand=random.integers(0, 4, (1, blocks, 1)).astype(float),
        doors=np.zeros((1, schools, 1)),
        own=own,
        reach=reach,
        door_reach=np.repeat(np.eye(schools, dtype=bool)[None, :, :, None], 1, axis=3),
        metres=random.integers(1, 30, (blocks, schools)) * 100.0,
        between=np.zeros((schools, schools)),
        pupils=np.zeros((schools, 1)),
        classes=np.zeros((schools, 1)),
        growth=np.zeros((schools, 1, 1)),
        teaches=np.ones((schools, 1), dtype=bool),
        rooms=random.integers(0, 3, (schools, 1)).astype(float),
        cap=np.full((1, 1), 2.0),
        worst=np.full((1, 1), 3.0),
        size=np.full((schools, 1), np.inf),
        planned=np.full((schools, 1, 1), -1),
        limits=np.full((schools, 1, 1), -1),
    )


def renamed(facts: IntakeFacts, order: np.ndarray) -> IntakeFacts:
    """Return the same facts with the blocks in another order and under other names."""
    return replace(
        facts,
        blocks=tuple(f"other{place}" for place in range(len(order))),
        demand=facts.demand[:, order],
        own=facts.own[:, order],
        reach=facts.reach[:, order],
        metres=facts.metres[order],
    )


def plan_of(facts: IntakeFacts) -> Plan:
    """Return the plan that leaves all to the model: the catchments of the facts, classes by rule, no order."""
    keys = list(
        dict.fromkeys(
            (e, tuple(np.flatnonzero(facts.own[e, b, :, t]).tolist()))
            for e in range(len(facts.stages))
            for b in range(len(facts.blocks))
            for t in range(len(facts.years))
        )
    )
    keys.sort()
    catchments = tuple(
        Catchment(stage=facts.stages[e], schools=tuple(facts.schools[s] for s in schools))
        for e, schools in keys
    )
    of = np.array(
        [
            [
                [
                    keys.index((e, tuple(np.flatnonzero(facts.own[e, b, :, t]).tolist())))
                    for t in range(len(facts.years))
                ]
                for b in range(len(facts.blocks))
            ]
            for e in range(len(facts.stages))
        ],
        dtype=np.int16,
    )
    shares = np.zeros((len(catchments), len(facts.schools), len(facts.years)), dtype=np.float32)
    for c, (_, schools) in enumerate(keys):
        shares[c, list(schools)] = 1 / len(schools)
    return Plan(
        blocks=facts.blocks,
        schools=facts.schools,
        stages=facts.stages,
        years=facts.years,
        catchments=catchments,
        catchment_of=of,
        shares=shares,
        classes=facts.planned.astype(np.int16),
        limits=facts.limits.astype(np.int32),
        order={stage: np.zeros((len(facts.schools), 0), dtype=np.int16) for stage in facts.stages},
    )


def spread(model: IntakeModel, values: np.ndarray, letter: str) -> dict[tuple[int, ...], float]:
    """Return the values of a letter's variables by their positions."""
    family = model.families[letter]
    return dict(zip(map(tuple, family.keys.tolist()), values[family.columns].tolist(), strict=True))


REFORMED = ClassRules(formation="reformed")
