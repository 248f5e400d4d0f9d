"""A school that a project closes, carried out: its pupils are at the schools that receive them, and nobody is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from planner.pipeline import run
from planner.scenario import Scenario
from tests.scenario.town import town, town_policy

if TYPE_CHECKING:
    from planner.pipeline import Run

TOWN = town()
WEST = TOWN.blocks.geometry.centroid.to_crs(4326)["b1"]


def carried_out(*projects: dict[str, Any]) -> Run:
    stated = {
        "until": 2030,
        "schedule": {},
        "draws": 3,
        "projects": [*projects, {"project": "idea-d", "include": False}],
    }
    return run(Scenario.model_validate(stated), TOWN, policy=town_policy())


def pupils(result: Run, school: str) -> list[list[int]]:
    """Return the children of a school by year, of each draw."""
    told = result.simulation
    return told.pupils[told.schools.index(school)].sum(axis=0).tolist()


@pytest.mark.parametrize(
    ("project", "old", "new"),
    [
        (
            {"project": "end-t", "school": "T", "kind": "closure", "rooms": -3, "receives": ["B"], "opens": 2029},
            "T",
            "B",
        ),
        (
            {
                "project": "move-a", "school": "E", "kind": "new", "rooms": 14, "replaces": "A", "opens": 2029,
                "at": [float(WEST.x), float(WEST.y)],
            },
            "A",
            "E",
        ),
    ],
)  # fmt: skip
def test_every_pupil_is_seated_again(project: dict[str, Any], old: str, new: str):
    """
    Nobody is at the old school from 2029 on, and the new one has most of its children or more; grades 1 to 6 of the
    town have as many that autumn to 5 %, as another school grows otherwise.
    """
    closed, kept = carried_out(project), carried_out()
    before, after = pupils(closed, old), pupils(closed, new)
    assert min(before[1]) > 0
    assert before[2:] == [[0] * 3] * 2
    assert all(now > 0.8 * was for now, was in zip(after[2], before[1], strict=True))
    everybody = [each.simulation.pupils[:, :6].sum(axis=(0, 1)) for each in (closed, kept)]
    assert abs(everybody[0] - everybody[1])[2].max() <= 0.05 * everybody[1][2].min()
