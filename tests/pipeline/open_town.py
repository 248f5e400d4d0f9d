"""The town of six blocks with half as many children again in its primary schools, and projects left open."""

from __future__ import annotations

from typing import Any

from planner.pipeline.scheduling import Scheduled, schedule_scenario
from planner.scenario import Scenario
from tests.scenario.town import town, town_policy

TOWN, POLICY = town(), town_policy()
OPEN: dict[str, Any] = {
    "until": 2030,
    "draws": 10,
    "seed": 3,
    "schedule": {"opens_until": 2030},
    "demand": [{"factor": 1.5, "since": 2027, "source": "made"}],
    "projects": [
        {"project": "new-c", "choice": "free"},
        {"project": "wing-b", "choice": "free"},
        {"project": "idea-d", "choice": "forbidden"},
    ],
}


def scheduled(**changes: Any) -> Scheduled:
    """Return the schedule of the town, half as many children again in A, B and T, where new-c and wing-b are free."""
    given = {key: changes.pop(key) for key in ("reasons", "delayed", "solver") if key in changes}
    return schedule_scenario(Scenario.model_validate(OPEN | changes), TOWN, policy=POLICY, **given)
