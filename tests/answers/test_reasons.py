"""Why so many children are expected: sums over the blocks of a catchment, by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from planner.answers import exceed
from planner.answers.reasons import EntryReason, GrowthReason, reason_of
from tests.answers.street import YEAR, street_run

ROWS = {
    "a1": {
        "tier": "register",
        "base": 10.0,
        "ratio": 0.9,
        "own_weight": 0.5,
        "registers": 1.0,
        "births": 0.0,
    },
    "a2": {
        "tier": "register",
        "base": 30.0,
        "ratio": 1.0,
        "own_weight": 0.9,
        "registers": 0.8,
        "births": 0.2,
    },
    "b1": {
        "tier": "births",
        "base": 50.0,
        "ratio": 2.0,
        "own_weight": np.nan,
        "registers": 0.0,
        "births": 1.0,
    },
}
ENTRANTS = {"a1": 10, "a2": 30, "b1": 100}


def explained(**more: Any) -> Any:
    """Return a run of the street whose forecast explains a1, a2 (of A's catchment) and b1 (of B's)."""
    rows = [
        {"stage": "primary", "block": block, "year": YEAR, "history": 0.0, "housing": 1.0, "leaving": 2}
        | {"entrants": ENTRANTS[block]}
        | row
        for block, row in ROWS.items()
    ]
    run = street_run(entrants={"a1": 6})
    return replace(run, forecast=replace(run.forecast, explained=pd.DataFrame(rows), **more))


def test_a_catchment_adds_up_its_blocks():
    """
    A: 10 and 30 entrants, 4 leave, 2 in new dwellings; 40 registered, of whom 9 + 30 enter: 0.975.

    By entrants: registers weigh (10 x 1 + 30 x 0.8) / 40 = 0.85; its own past (10 x 0.5 + 30 x 0.9) / 40 = 0.8.
    """
    found = reason_of(explained(), "A", 1, YEAR)
    assert isinstance(found, EntryReason)
    assert (found.entrants, found.leaving, found.housing, found.base) == (40, 4, 2, 40)
    assert (found.ratio, found.own_weight) == pytest.approx((0.975, 0.8))
    assert found.weights == pytest.approx({"registers": 0.85, "births": 0.15, "history": 0})
    assert found.tier == "register"
    assert found.lines == [
        "In its catchment 40 children may enter; 4 of them leave.",
        "Most rest on 40 registered children x 0.97.",
        "The ratio is 80% the catchment's own past and 20% the district's.",
        "Weights: registers 85%, births 15%.",
        "New dwellings bring 2 of them.",
    ]


def test_what_is_not_known_is_not_said():
    """B's births have no history of their own beside the district's, and nothing else weighs."""
    found = reason_of(explained(), "B", 1, YEAR)
    assert found is not None
    assert found.lines == [
        "In its catchment 100 children may enter; 2 of them leave.",
        "Most rest on 50 births x 2.00.",
        "New dwellings bring 1 of them.",
    ]
    assert found.as_json()["own_weight"] is None


def test_a_later_grade_is_explained_by_its_growth():
    growth = pd.DataFrame(
        [["A", 2, 0.98, 1.01, 0.75, 4, 1]],
        columns=["school", "grade", "ratio", "district_ratio", "own_weight", "transitions", "excluded"],
    )
    found = reason_of(explained(growth_explained=growth), "A", 2, YEAR)
    assert isinstance(found, GrowthReason)
    (line,) = found.lines
    assert line == (
        "Into grade 2 pass 0.980 children per child of the grade below a year before: 75% the school's own past (4 counted"
        " passages, 1 left out), the rest the district's 1.010."
    )
    assert reason_of(explained(growth_explained=growth), "B", 2, YEAR) is None


def test_the_schools_at_risk_are_explained():
    """A is above its cap in 6 of ten draws; B never."""
    answer = exceed(explained(), grade=1, year=YEAR)
    assert list(answer.reasons) == [("A", 1)]
    because = {school["school"]: school["because"] for school in answer.as_json()["schools"]}
    assert because["A"]["kind"] == "entry"
    assert because["B"] is None


def test_a_forecast_that_explains_nothing_gives_no_reason():
    assert reason_of(street_run(), "A", 1, YEAR) is None
