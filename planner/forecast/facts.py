"""What every part of the forecast starts from: counts, catchments, flows and past entrants of all stages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.district.catchments import planned_stages
from planner.errors import DataError
from planner.forecast.arrays import Rolls, read_rolls
from planner.forecast.drivers import Drivers, named_drivers
from planner.forecast.flows import Flows, entry_flows
from planner.forecast.homes import (
    History,
    Sharing,
    catchments_then,
    entrants_before,
    sharing_rule,
)
from planner.forecast.housing import Housing, new_housing
from planner.forecast.progression import Growth, Moves, fit_growth, moves_within
from planner.forecast.roll import schools_of_blocks
from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from planner.district import District
    from planner.forecast.model import Assumptions
    from planner.policy import Policy, Stage

_PAST_YEARS = 10
"""Years of history that entry ratios rest on."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What every stage's fit starts from."""

    district: District
    policy: Policy
    years: tuple[int, ...]
    stages: tuple[Stage, ...]
    rolls: Rolls
    taught: NDArray[np.bool_]
    """[school, grade]: whether the school teaches the grade."""
    sharing: Sharing
    moves: Moves
    growth: Growth
    housing: Housing
    drivers: Drivers
    assumptions: Assumptions
    parts: dict[str, NDArray[np.float64]]
    """By stage [block, school]: part of a block's children that each school of its catchment takes."""
    flows: dict[str, Flows]
    histories: dict[str, History]

    def feeding(self, stage: Stage) -> Stage | None:
        """Return the stage whose leavers enter this one; None when no stage of the district ends just below it."""
        return next((before for before in self.stages if before.last + 1 == stage.first), None)

    def origin(self, stage: Stage) -> Stage:
        """Return the first stage of the chain that feeds a stage; itself when none does."""
        before = self.feeding(stage)
        return stage if before is None else self.origin(before)


def gather_facts(district: District, policy: Policy, years: Sequence[int], assumptions: Assumptions) -> Facts:
    """
    Return the facts of a district that its forecast starts from.

    Raises
    ------
    DataError
        When no public school teaches a stage of the policy.
    """
    stages = tuple(sorted(planned_stages(district, policy), key=lambda stage: stage.first))
    if not stages:
        raise DataError(
            Text("No public school teaches a grade of the policy's stages, so there is nobody to forecast."),
            Text("Give the schools' grades in the table schools, or choose a policy with their stages."),
        )
    grades = tuple(grade for stage in stages for grade in range(stage.first, stage.last + 1))
    rolls = read_rolls(district, tuple(district.public), grades)
    moves = moves_within(district, rolls, stages)
    groups = {stage.stage: catchments_then(district, stage.stage, district.counted) for stage in stages}
    flows = {stage.stage: entry_flows(district, stage, rolls, groups[stage.stage]) for stage in stages}
    sharing = sharing_rule(district)
    histories = {
        stage.stage: entrants_before(
            district,
            stage,
            rolls,
            sharing,
            leaving=flows[stage.stage].apart.share,
            outside=flows[stage.stage].outside,
            earliest=district.counted - _PAST_YEARS + 1,
        )
        for stage in stages
    }
    table = district.schools.loc[list(rolls.schools)]
    first, last = table["first"].to_numpy(np.int64)[:, None], table["last"].to_numpy(np.int64)[:, None]
    taught = (first <= np.array(grades)) & (np.array(grades) <= last)
    return Facts(
        district=district,
        policy=policy,
        years=tuple(years),
        stages=stages,
        rolls=rolls,
        taught=taught,
        sharing=sharing,
        moves=moves,
        growth=fit_growth(district, rolls, stages, moves, taught),
        housing=new_housing(district, policy, years, assumptions),
        drivers=named_drivers(district, policy, years),
        assumptions=assumptions,
        parts={
            stage.stage: schools_of_blocks(
                groups[stage.stage], rolls.schools, rolls.of_grade(stage.first)[:, -1]
            )
            for stage in stages
        },
        flows=flows,
        histories=histories,
    )
