"""The way of the data: scenario, capacity, forecast, plan, simulation, outcomes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from planner.capacity import build_capacity
from planner.district import distance_matrix, read_district, refuse_errors
from planner.district.files.database import shown_address
from planner.errors import PlanError, ScenarioError
from planner.forecast import Assumptions, FittedForecast, fit_forecast
from planner.optimise import check_solver, gather_facts, propose_on
from planner.outcomes import Facts, all_outcomes, odds_by_branch
from planner.pipeline.branches import Making, worlds_of
from planner.pipeline.quantile import draws_at
from planner.pipeline.steps import Clock
from planner.plan import build_plan, verify_plan
from planner.policy import read_policy
from planner.scenario import (
    LoadedScenario,
    Scenario,
    apply_scenario,
    as_planned,
    load_scenario,
    questions_of,
    read_scenario,
    with_branches,
)
from planner.simulation import World, draw_fates, simulate, simulate_all, simulate_worlds
from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from planner.capacity import Capacity
    from planner.district import District
    from planner.forecast import Draws
    from planner.optimise import IntakeFacts, Proposal
    from planner.pipeline.steps import Progress
    from planner.plan import Plan
    from planner.policy import Policy
    from planner.scenario import Applied
    from planner.simulation import Fates, Simulation


@dataclass(frozen=True, kw_only=True)
class Run:
    """Everything that one scenario produced."""

    loaded: LoadedScenario
    source: District
    """The district as read, before the scenario."""
    profile: Policy
    """The policy as read, before the district's own rules and the scenario's."""
    district: District
    """With the scenario applied, as are the next three."""
    policy: Policy
    capacity: Capacity
    forecast: FittedForecast
    distances: NDArray[np.float32]
    """[block, school]: ways on foot, in the order of the plan. [m]"""
    plan: Plan
    """The plan carried out: as proposed, or as given."""
    base: Plan
    """The plan that the scenario's base states, with which catchments are compared."""
    proposal: Proposal
    """What the intake model proposed for the scenario; of the earlier run where a plan was given with one."""
    simulation: Simulation
    """All draws."""
    expected: Simulation
    """The expected path."""
    outcomes: Mapping[str, pd.DataFrame]
    """Tables by name: `outcome_tables.csv`."""
    notes: tuple[Text, ...]
    """What a reader of the results should know."""
    timings: tuple[tuple[str, float], ...]
    """Steps and how long they took. [s]"""
    fates: Fates | None = None
    """How every draw decides the scenario's open questions; None where it has none."""
    worlds: tuple[World, ...] = ()
    """What the branches into which draws fall make of the facts; empty where there are none."""

    @property
    def scenario(self) -> Scenario:
        """All files of the scenario merged."""
        return self.loaded.scenario


def run(
    scenario: str | Path | Scenario | LoadedScenario,
    district: District | None = None,
    *,
    policy: Policy | None = None,
    draws: int | None = None,
    plan: Plan | None = None,
    like: Run | None = None,
    solver: str = "HiGHS",
    seconds: float | None = None,
    progress: Progress | None = None,
) -> Run:
    """
    Carry a scenario out: apply, date rooms, forecast, plan, simulate, summarise.

    Parameters
    ----------
    scenario
        File, or a scenario made in Python.
    district, policy
        Facts and profile, read already; else those that the scenario names are read.
    draws
        Number of draws; the scenario's when None.
    plan
        Plan to be carried out instead of a proposed one, on the same blocks, schools, stages and years.
    like
        Earlier run on the same facts. Its district and profile are not read again; its forecast is taken over
        where nothing that it rests on has changed, and its proposal where a plan is given.
    solver
        That proposes the plan: HiGHS, or any that PuLP finds.
    seconds
        Time for it to do so; the best known then is the plan, with its gap. None: as long as it takes. [s]
    progress
        Called with the step, how much of it is done, and how much there is.

    Raises
    ------
    ScenarioError, DataError, PolicyError
        When the inputs are wrong, with all faults of a file.
    PlanError
        When the plan breaks a promise: our own fault, or that of the plan given.
    QuestionError
        When the solver is not installed.
    """
    check_solver(solver)
    clock = Clock(progress)
    with clock.step("read", Text("reading")):
        loaded = _loaded(scenario)
        source = _source(loaded, district, like)
        profile = _profile(loaded, source, policy, like)
        if district is None and (like is None or source is not like.source):
            refuse_errors(source, profile)
    with clock.step("apply", Text("applying the scenario")):
        applied = apply_scenario(loaded, source, profile)
        questions = questions_of(loaded)
        if any(question.planned >= 0 for question in questions):
            applied = apply_scenario(as_planned(loaded), source, profile)
        applied = replace(applied, draws=applied.draws if draws is None else draws)
        capacity = _capacity(applied, applied.years)
        distances = _distances(applied)
    with clock.step("forecast", Text("forecasting")):
        forecast = _forecast(applied, source, like)
        expected = forecast.expected()
    facts = {
        "district": applied.district,
        "policy": applied.policy,
        "capacity": capacity,
        "forecast": forecast,
    }
    with clock.step("plan", Text("planning")):
        weights = {stage: children[:, :, 0].mean(axis=1) for stage, children in expected.entrants.items()}
        stated = _stated(applied, capacity, distances, weights)
        base = stated if loaded.base is loaded else _base_plan(loaded, source, profile, applied)
        if plan is not None and like is not None:
            proposal = like.proposal
        else:
            told = _told(stated, expected, applied, facts, distances)
            proposal = propose_on(stated, told, solver=solver, seconds=seconds)
        chosen = proposal.plan if plan is None else plan
        path = simulate(chosen, expected, **facts)
        _check(chosen, applied, capacity, expected, path)
    fates, worlds, open_notes = None, (), ()
    with clock.step("simulate", Text("simulating")):
        if not questions:
            simulation = simulate_all(chosen, **facts, progress=progress)
        else:
            fates = draw_fates(questions, forecast.draws, forecast.seed)
            planned = World(scenario=applied.scenario, plan=chosen, numbers=np.arange(0), **facts)
            making = Making(
                applied=lambda branches: replace(
                    apply_scenario(
                        with_branches(loaded, branches), source, profile, planned=applied.district
                    ),
                    draws=applied.draws,
                ),
                capacity=lambda held: _capacity(held, applied.years),
                forecast=lambda held, known: _forecast(held, source, like, known),
                stated=lambda held, rooms: _stated(held, rooms, distances, weights),
            )
            chosen, worlds, open_notes = worlds_of(fates, planned, stated, making)
            simulation = simulate_worlds(worlds, forecast.draws, progress)
    with clock.step("outcomes", Text("summarising")):
        told = Facts(plan=chosen, simulation=simulation, policy=applied.policy, capacity=capacity)
        outcomes = {
            **all_outcomes(told, of=applied.district, distances=distances, base=base),
            "branches": odds_by_branch(told, fates),
            "newcomers": forecast.newcomers(),
            "projects": _projects(applied, capacity),
            "goals": proposal.goals,
            "missing": proposal.missing,
        }
    return Run(
        loaded=loaded,
        source=source,
        profile=profile,
        district=applied.district,
        policy=applied.policy,
        capacity=capacity,
        forecast=forecast,
        distances=distances,
        plan=chosen,
        base=base,
        proposal=proposal,
        simulation=simulation,
        expected=path,
        outcomes=outcomes,
        notes=(
            *applied.notes,
            *_left_out(capacity),
            *forecast.notes,
            *chosen.notes,
            *open_notes,
            *_on_splits(simulation, applied.policy),
        ),
        timings=tuple(clock.timings),
        fates=fates,
        worlds=worlds,
    )


def _loaded(scenario: str | Path | Scenario | LoadedScenario) -> LoadedScenario:
    if isinstance(scenario, LoadedScenario):
        return scenario
    return load_scenario(scenario) if isinstance(scenario, Scenario) else read_scenario(scenario)


def _source(loaded: LoadedScenario, district: District | None, like: Run | None) -> District:
    """Return the district given, the earlier run's where it is the one named, or else the one named, read."""
    if district is not None:
        return district
    named = loaded.district
    if named is None:
        if like is not None:
            return like.source
        raise ScenarioError(
            Text(
                '{scenario} names no district: write `district = "FOLDER"` into the file that the others build on',
                scenario=loaded.name,
            )
        )
    if like is not None and _is_read_from(like.source, named):
        return like.source
    if isinstance(named, Path) and not named.exists():
        raise ScenarioError(
            loaded.fault("district", Text("there is no folder or file {path}", path=loaded.scenario.district))
        )
    return read_district(named)


def _is_read_from(district: District, named: Path | str) -> bool:
    """Whether a district was read from a place that a scenario names."""
    if isinstance(named, str):
        return district.address == shown_address(named)
    return district.source is not None and district.source.resolve() == named.resolve()


def _profile(loaded: LoadedScenario, source: District, policy: Policy | None, like: Run | None) -> Policy:
    """Return the policy given, or else the one that the scenario or the district names."""
    if policy is not None:
        return policy
    if loaded.policy is not None:
        return read_policy(loaded.policy)
    if like is not None and like.source is source and like.loaded.policy is None:
        return like.profile
    folder = source.source
    return read_policy(source.policy, folder=folder.parent if folder and folder.is_file() else folder)


def _capacity(applied: Applied, years: tuple[int, ...]) -> Capacity:
    certainty = applied.scenario.assumptions.certainty
    return build_capacity(applied.district, applied.policy, years, certainty=certainty)


def _distances(applied: Applied) -> NDArray[np.float32]:
    district = applied.district
    detour = applied.policy.detour if district.detour is None else district.detour
    return distance_matrix(district, district.schools.loc[district.public], detour)


def _forecast(
    applied: Applied, source: District, like: Run | None, known: Sequence[World] = ()
) -> FittedForecast:
    """Return the forecast, that of the earlier run or of a world known where nothing that it rests on has changed."""
    earlier = () if like is None or like.source is not source else like.worlds or (like,)
    for one in (*known, *earlier):
        if _same_demand(applied, one):
            return one.forecast
    scenario = applied.scenario
    return fit_forecast(
        applied.district,
        applied.policy,
        applied.years,
        assumptions=scenario.assumptions,
        demand=scenario.demand,
        draws=applied.draws,
        seed=applied.seed,
    )


def _same_demand(applied: Applied, like: Run | World) -> bool:
    """Whether a forecast of what is applied would be the earlier run's: same facts of the past, schools, assumptions."""
    ours, theirs, counted = applied.scenario, like.scenario, applied.district.counted
    assumed = set(Assumptions.model_fields)
    of_policy = {"stages", "entry", "children_per_dwelling", "children_per_dwelling_by_kind"}

    def past(district: District) -> pd.DataFrame:
        table = district["catchments"]
        return table.loc[table["since"] <= counted].reset_index(drop=True)

    def known(district: District) -> set[tuple[str, str]]:
        return set(zip(district["catchments"]["block"], district["catchments"]["stage"], strict=True))

    return (
        (applied.years, applied.draws, applied.seed)
        == (like.forecast.years, like.forecast.draws, like.forecast.seed)
        and ours.demand == theirs.demand
        and ours.assumptions.model_dump(include=assumed) == theirs.assumptions.model_dump(include=assumed)
        and applied.policy.model_dump(include=of_policy) == like.policy.model_dump(include=of_policy)
        and applied.district.schools.equals(like.district.schools)
        and all(applied.district[table].equals(like.district[table]) for table in ("housing", "drivers"))
        and all(applied.district[name].equals(like.district[name]) for name in ("housing", "drivers"))
        and past(applied.district).equals(past(like.district))
        and known(applied.district) == known(like.district)
    )


def _stated(
    applied: Applied,
    capacity: Capacity,
    distances: NDArray[np.float32],
    weights: Mapping[str, NDArray[np.floating]] | None = None,
) -> Plan:
    return build_plan(
        applied.scenario,
        applied.district,
        applied.policy,
        capacity,
        years=capacity.years,
        distances=distances,
        weights=weights,
    )


def _base_plan(loaded: LoadedScenario, source: District, profile: Policy, applied: Applied) -> Plan:
    """Return the plan that the root of the scenario's chain states, over the same years: its catchments only count."""
    base = apply_scenario(loaded.base, source, profile)
    return _stated(base, _capacity(base, applied.years), _distances(base))


def _told(
    stated: Plan,
    expected: Draws,
    applied: Applied,
    facts: Mapping[str, Any],
    distances: NDArray[np.float32],
) -> IntakeFacts:
    """
    Return what the intake model is told: the expected path, or the quantile that the scenario asks for.

    Without `outside_catchment`, nobody is planned outside a catchment.
    """
    assumed = applied.scenario.assumptions
    draws = expected
    if assumed.quantile is not None:
        draws = draws_at(assumed.quantile, expected, stated, simulate_all(stated, **facts))
    told = gather_facts(stated, draws, **facts, distances=distances)
    if not assumed.outside_catchment:
        homeless = ~told.own.any(axis=2, keepdims=True)
        itself = np.eye(len(stated.schools), dtype=bool)[None, :, :, None]
        told = replace(told, reach=told.reach & (told.own | homeless), door_reach=told.door_reach & itself)
    return told


def _check(plan: Plan, applied: Applied, capacity: Capacity, expected: Draws, path: Simulation) -> None:
    """
    Have the plan verified.

    Raises
    ------
    PlanError
        With every promise that it breaks.
    """
    faults = verify_plan(
        plan,
        district=applied.district,
        policy=applied.policy,
        capacity=capacity,
        entrants={stage: children[:, :, 0] for stage, children in expected.entrants.items()},
        pupils=path.pupils[..., 0],
    )
    if faults:
        raise PlanError(*faults)


def _projects(applied: Applied, capacity: Capacity) -> pd.DataFrame:
    """Return the projects: project, school, kind, opens, rooms, certainty, counted, reason."""
    stated = applied.district["projects"]
    sure = dict(zip(stated["project"], stated["certainty"], strict=True))
    table = capacity.projects.copy()
    table.insert(5, "certainty", pd.array([sure[project] for project in table["project"]], dtype="Float64"))
    return table


def _on_splits(simulation: Simulation, policy: Policy) -> list[Text]:
    """Return a note on how uneven classes are taken to be; none where no classes are formed."""
    if policy.by_seats:
        return []
    learned = simulation.unevenness
    if learned is None:
        return [
            Text(
                "Class lists of too few year groups tell how uneven classes are: they are taken as balanced."
            )
        ]
    return [
        Text(
            "Classes are as uneven as those listed in {first}-{last} ({counted} year groups of two and more): most vary by"
            " {common:.0%} of what they would if children joined them by lot, {part:.0%} of the year groups by {uneven:.0%}.",
            first=learned.first,
            last=learned.last,
            counted=learned.counted,
            common=learned.common,
            part=learned.part,
            uneven=learned.uneven,
        )
    ]


def _left_out(capacity: Capacity) -> list[Text]:
    """Return a note for every project that does not count."""
    return [
        Text("Project {project} does not count: {reason}.", project=row["project"], reason=row["reason"])
        for row in capacity.projects.to_dict("records")
        if not row["counted"]
    ]
