"""What a scenario leaves open, gathered from a run of it as it stands: the facts of the openings model."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from pyproj import Transformer

from planner.capacity import build_capacity, schools_with_projects
from planner.district import distance_matrix
from planner.errors import QuestionError
from planner.forecast import fit_forecast
from planner.optimise import gather_facts
from planner.optimise.openings.gathering import gather_openings
from planner.pipeline.quantile import draws_at
from planner.plan import build_plan
from planner.scenario import apply_scenario, as_planned
from planner.scenario.model import ProjectEdit
from planner.scenario.projects import edited_projects
from planner.simulation import simulate_all
from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from planner.capacity.options import Option, Options
    from planner.district import District
    from planner.optimise.openings.gathering import Gathered
    from planner.pipeline.running import Run
    from planner.plan import Plan

SITE = "site of "
"""What the id of the project begins with that stands in for a site while facts are gathered."""


def options_of_run(run: Run) -> Options:
    """
    Return what the scenario of a run leaves open.

    Raises
    ------
    QuestionError
        When it leaves nothing open.
    """
    options = apply_scenario(as_planned(run.loaded), run.source, run.profile).options
    if options is None or not any(not option.counted for option in options.options):
        left_out = () if options is None else options.left_out
        raise QuestionError(
            Text(
                '{scenario} leaves no project open: give one choice = "free" under [[projects]], or in the table projects',
                scenario=run.loaded.name,
            ),
            *(
                Text("project {project}: {reason}", project=left.project, reason=left.reason)
                for left in left_out
            ),
        )
    return options


def gather_run(run: Run, options: Options) -> Gathered:
    """
    Gather the facts of the openings model from a run of the scenario without what it leaves open.

    Every site at which an option brings a school is there as a school of its own (`Option.campus`) from its earliest
    year on, without rooms, so that ways, forecast and plan know it.

    Parameters
    ----------
    options
        Those of the scenario, on the years of the run.
    """
    assumed = run.scenario.assumptions
    plan, facts, distances = plan_with_sites(run, options)
    draws = facts["forecast"].expected()
    if assumed.quantile is not None:
        draws = draws_at(assumed.quantile, draws, plan, simulate_all(plan, **facts))
    terms = options.terms
    told = gather_facts(
        plan,
        draws,
        **facts,
        distances=distances,
        nearest=terms.nearest,
        reached={stage: metres for stage in plan.stages if (metres := terms.reach_of(stage)) is not None},
    )
    new = np.isin(np.array(told.schools, dtype=object), [option.campus for option in _brought(options)])
    told = replace(
        told, rooms=np.where(new[:, None], 0.0, told.rooms), own=told.own | _own_without(run, told.schools)
    )
    if not assumed.outside_catchment:
        homeless = ~told.own.any(axis=2, keepdims=True)
        inside = told.own | homeless | new[:, None]
        itself = np.eye(len(told.schools), dtype=bool)[None, :, :, None]
        told = replace(told, reach=told.reach & inside, door_reach=told.door_reach & itself)
    return gather_openings(told, options, run.policy)


def plan_with_sites(run: Run, options: Options) -> tuple[Plan, dict[str, Any], NDArray[np.float32]]:
    """
    Return the plan of a run's scenario in a district with every site of its options, and what it is simulated with.

    Returns
    -------
    The plan; district, policy, capacity and forecast by name; ways on foot [block, school] in metres.
    """
    assumed = run.scenario.assumptions
    district = with_sites(run.district, options)
    facts = {
        "district": district,
        "policy": run.policy,
        "capacity": build_capacity(district, run.policy, run.plan.years, certainty=assumed.certainty),
        "forecast": fit_forecast(
            district,
            run.policy,
            run.plan.years,
            assumptions=assumed,
            demand=run.scenario.demand,
            draws=run.forecast.draws,
            seed=run.forecast.seed,
        ),
    }
    detour = run.policy.detour if district.detour is None else district.detour
    distances = distance_matrix(district, district.schools.loc[district.public], detour)
    expected = facts["forecast"].expected().entrants
    weights = {stage: children[:, :, 0].mean(axis=1) for stage, children in expected.items()}
    plan = build_plan(
        run.scenario,
        district,
        run.policy,
        facts["capacity"],
        years=run.plan.years,
        distances=distances,
        weights=weights,
    )
    return plan, facts, distances


def _own_without(run: Run, schools: Sequence[str]) -> NDArray[np.bool_]:
    """Return whether a school is of a block's catchment while nothing that is open is built. [stage, block, school, year]."""
    plan = run.plan
    shares = plan.shares[plan.catchment_of, :, np.arange(len(plan.years))] > 0
    own = np.zeros((*plan.catchment_of.shape[:2], len(schools), len(plan.years)), dtype=bool)
    columns = [list(schools).index(school) for school in plan.schools]
    own[:, :, columns] = np.moveaxis(shares & (plan.catchment_of >= 0)[..., None], 3, 2)
    return own


def with_sites(district: District, options: Options) -> District:
    """Return a district with a school for every site at which an option may bring one, open from its earliest year."""
    to_degrees = Transformer.from_crs(district.crs, 4326, always_xy=True)
    edits: dict[str, ProjectEdit] = {}
    for option in _brought(options):
        if option.place is None or option.grades is None:
            continue
        known = edits.get(option.campus)
        first, last = option.grades
        edits[option.campus] = ProjectEdit(
            project=SITE + option.campus,
            school=option.campus,
            name=option.name,
            kind="new",
            grades=f"{first}-{last}",
            rooms=max(1, *option.rooms),
            opens=option.years[0] if known is None else min(option.years[0], known.opens or option.years[0]),
            at=to_degrees.transform(option.place.x, option.place.y),
        )
    horizon = range(options.years[0], options.years[-1] + 1)
    projects, _ = edited_projects(district, list(edits.values()), horizon)
    return schools_with_projects(district.with_tables(projects=projects))


def _brought(options: Options) -> list[Option]:
    """Return the options that bring a school and are still open."""
    return [option for option in options.options if option.brings and not option.counted]
