"""
Runs on a street of a few schools, whose children are told draw by draw, so that odds can be counted by hand.

.. code-block:: text

     a1    a2    b1    b2         blocks of 100 m, one beside the other
    +-----+-----+-----+-----+
    |  A  |     |     |  B  |     schools stand in the first and the last block
    +-----+-----+-----+-----+
      A     A     B     B         primary catchments; junior: all J, far away

Primary is grades 1-3, junior 4-5; a class holds 10 (15 at worst). A and B have 3 rooms, and 10 children in one class
in each grade: the leavers' room is free for the intake, one class.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from planner.district import distance_matrix
from planner.forecast import CHUNK
from planner.pipeline import Run
from planner.scenario import Scenario, apply_scenario, load_scenario
from tests.simulation.town import COUNTED, POLICY, School, build_town

YEAR = COUNTED + 1
TEN_DRAWS = np.arange(1, 11)
"""One to ten children, each in one of ten draws."""

FULL = School(rooms=3, pupils=(10, 10, 10))
JUNIOR = School("4-5", rooms=12, at=9000)
PRIMARY = {"a1": "A", "a2": "A", "b1": "B", "b2": "B"}


def every_year(children: Any, years: int) -> Any:
    """Return children of each draw as [year, draw]."""
    told = np.asarray(children)
    return np.tile(told, (years, 1)) if told.ndim == 1 else children


def street_run(
    *,
    schools: dict[str, School] | None = None,
    catchments: dict[str, str] | None = None,
    entrants: dict[str, Any] | None = None,
    says: dict[str, Any] | None = None,
    years: int = 1,
    draws: int = 10,
    projects: list[dict[str, Any]] | None = None,
    policy: Any = POLICY,
    **options: Any,
) -> Run:
    """
    Return a run of the street, made by hand: no forecast is fitted and nothing is proposed.

    Parameters
    ----------
    schools
        Schools beside A and B, or in their place.
    catchments, entrants
        Block to primary catchment; block to children entering primary (one number, or one a draw). The blocks of
        `PRIMARY` come first, in a row; others follow them.
    says
        What the scenario says besides `until` and `draws`.
    """
    held = catchments or PRIMARY
    places = {"A": replace(FULL, at=0), "B": replace(FULL, at=300)} | (schools or {})
    told = {"a1": 5, "a2": TEN_DRAWS, "b1": 4, "b2": 2} | (entrants or {})
    town = build_town(
        places | {"J": JUNIOR},
        {"primary": held, "junior": dict.fromkeys(held, "J")},
        entrants={
            "primary": {
                block: every_year(children, years) for block, children in told.items() if block in held
            },
            "junior": {},
        },
        homes={block: 100.0 * number for number, block in enumerate(held)},
        years=years,
        draws=draws,
        transition=0.0,
        projects=projects,
        policy=policy,
        **options,
    )
    assert draws <= CHUNK
    district = town.district
    scenario = Scenario.model_validate({"until": COUNTED + years, "draws": draws} | (says or {}))
    loaded = load_scenario(scenario)
    applied = apply_scenario(loaded, district, town.policy)
    facts: dict[str, Any] = {
        "loaded": loaded,
        "source": district,
        "profile": town.policy,
        "district": applied.district,
        "policy": applied.policy,
        "capacity": town.capacity,
        "forecast": town.forecast,
        "distances": distance_matrix(district, district.schools.loc[district.public], 1.0),
        "plan": town.plan,
        "base": town.plan,
        "proposal": None,
        "simulation": town.simulate(),
        "expected": None,
        "outcomes": {},
        "notes": (),
        "timings": (),
    }
    return Run(**facts)
