"""A plan that follows what its facts or its scenario state otherwise, and stays as it is in all else."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.plan.model import Plan


def followed(plan: Plan, before: Plan, after: Plan) -> Plan:
    """
    Return a plan with what differs between the plans that two scenarios state, the later appending to the earlier.

    Catchments that the plan already has keep the shares of their schools, but for a school and year to which the later
    no longer gives any; those it does not have come after its own.
    """
    known = {(catchment.stage, catchment.schools): c for c, catchment in enumerate(plan.catchments)}
    then = {
        (each.stage, each.schools): share
        for each, share in zip(before.catchments, before.shares, strict=True)
    }
    catchments, shares = list(plan.catchments), list(plan.shares)
    for catchment, share in zip(after.catchments, after.shares, strict=True):
        key = catchment.stage, catchment.schools
        if known.setdefault(key, len(catchments)) == len(catchments):
            catchments.append(catchment)
            shares.append(share)
        elif key in then:
            shares[known[key]] = np.where((share == 0) & (then[key] > 0), 0, shares[known[key]])

    def numbered(stated: Plan) -> NDArray[np.int16]:
        """Return the catchments of blocks by their position in the plan's list."""
        at = [known.get((catchment.stage, catchment.schools), -2) for catchment in stated.catchments]
        return np.array([*at, -1], dtype=np.int16)[stated.catchment_of]

    return replace(
        plan,
        catchments=tuple(catchments),
        catchment_of=np.where(numbered(after) == numbered(before), plan.catchment_of, numbered(after)),
        shares=np.stack(shares) if shares else plan.shares,
        classes=np.where(after.classes == before.classes, plan.classes, after.classes),
        limits=np.where(after.limits == before.limits, plan.limits, after.limits),
        diversions=plan.diversions + after.diversions[len(before.diversions) :],
    )
