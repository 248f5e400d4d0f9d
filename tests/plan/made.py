"""Plans of the town, built as the pipeline builds them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.capacity import Capacity, build_capacity
from planner.district import District, distance_matrix
from planner.plan import Plan, build_plan
from planner.scenario import Applied, Scenario, apply_scenario, load_scenario
from tests.scenario.town import town, town_policy

if TYPE_CHECKING:
    from planner.policy import Policy

TOWN = town()


def applied(district: District = TOWN, policy: Policy | None = None, **says: Any) -> Applied:
    """Return the town with a scenario until 2032 applied."""
    loaded = load_scenario(Scenario.model_validate({"until": 2032} | says))
    return apply_scenario(loaded, district, policy or town_policy())


def capacity_of(result: Applied) -> Capacity:
    return build_capacity(result.district, result.policy, result.years)


def plan_of(result: Applied, **keywords: Any) -> Plan:
    """Return the plan of an applied scenario."""
    public = result.district.schools.loc[result.district.public]
    metres = distance_matrix(result.district, public, result.policy.detour)
    return build_plan(
        result.scenario,
        result.district,
        result.policy,
        capacity_of(result),
        years=result.years,
        distances=metres,
        **keywords,
    )


def held(plan: Plan, stage: str, year: int) -> dict[str, str]:
    """Return the catchment of every block."""
    of = plan.catchment_of[plan.stages.index(stage), :, plan.years.index(year)]
    return {block: plan.catchments[c].key if c >= 0 else "" for block, c in zip(plan.blocks, of, strict=True)}


def shares(plan: Plan, key: str, year: int) -> dict[str, float]:
    """Return the shares of a primary catchment that are not zero."""
    c = [(catchment.stage, catchment.key) for catchment in plan.catchments].index(("primary", key))
    row = plan.shares[c, :, plan.years.index(year)]
    return {school: round(float(share), 4) for school, share in zip(plan.schools, row, strict=True) if share}


def offered(plan: Plan, school: str, stage: str = "primary") -> list[str]:
    """Return the schools to which a school's overflow is offered, best first."""
    row = plan.order[stage][plan.schools.index(school)]
    return [plan.schools[s] for s in row if s >= 0]
