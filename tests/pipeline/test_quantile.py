"""Demand at a quantile, by hand."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from planner.forecast import Draws
from planner.pipeline.quantile import draws_at
from planner.plan import Catchment


def _expected(entrants: dict[str, list[int]], transition: dict[str, float]) -> Draws:
    children = {stage: np.array(rows, dtype=np.int16)[:, None, None] for stage, rows in entrants.items()}
    return Draws(
        first=-1,
        entrants=children,
        leaving={stage: (rows // 10).astype(np.int16) for stage, rows in children.items()},
        arriving={},
        transition={stage: np.full((1, 1), ratio, np.float32) for stage, ratio in transition.items()},
        growth=np.ones((2, 1, 1, 1), np.float32),
        noise=np.zeros((2, 1, 1, 1), np.float32),
        spread=np.zeros(1, np.float32),
    )


def _plan(stage: str) -> Any:
    return SimpleNamespace(
        stages=(stage,),
        years=(2027,),
        schools=("A", "B"),
        catchments=(Catchment(stage=stage, schools=("A",)), Catchment(stage=stage, schools=("B",))),
        catchment_of=np.array([[[0], [0], [1], [-1]]], dtype=np.int16),
    )


def _simulated(a: list[int], b: list[int]) -> Any:
    return SimpleNamespace(demand=np.array([a, b], dtype=np.int16)[:, None, None, :])


def test_each_catchment_rises_to_its_own_quantile():
    """
    A's demand is 90, 100, 110: its mean 100, its 100 % quantile 110. B's is always 50.

    A's blocks of 40 and 60 become 44 and 66, B's block stays at 50, a block without a catchment at 7; of those
    who leave, 4 of 40 become 4.4, that is 4.
    """
    high = draws_at(
        1.0,
        _expected({"primary": [40, 60, 50, 7]}, {}),
        _plan("primary"),
        _simulated([90, 100, 110], [50] * 3),
    )
    assert high.entrants["primary"][:, 0, 0].tolist() == [44, 66, 50, 7]
    assert high.leaving["primary"][:, 0, 0].tolist() == [4, 7, 5, 0]


def test_the_median_of_an_even_spread_changes_nothing():
    high = draws_at(
        0.5,
        _expected({"primary": [40, 60, 50, 7]}, {}),
        _plan("primary"),
        _simulated([90, 100, 110], [50] * 3),
    )
    assert high.entrants["primary"][:, 0, 0].tolist() == [40, 60, 50, 7]


def test_of_a_fed_stage_the_transition_rises_with_the_children():
    """100 of 150 children rise by a tenth: 160 of 150, so a ratio of 0.9 becomes 0.96."""
    high = draws_at(
        1.0,
        _expected({"junior": [40, 60, 50, 0]}, {"junior": 0.9}),
        _plan("junior"),
        _simulated([90, 100, 110], [50] * 3),
    )
    np.testing.assert_allclose(high.transition["junior"], 0.96, rtol=1e-6)
