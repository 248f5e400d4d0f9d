"""The facts of the intake model, gathered from a plan and its expected path."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from planner.optimise.facts import NEAREST, IntakeFacts, Move, reach_of
from planner.simulation import simulate
from planner.simulation.entry import entrants_of
from planner.simulation.passage import counted_classes
from planner.simulation.setting import prepare

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from planner.capacity import Capacity
    from planner.district import District
    from planner.forecast import Draws, Forecast
    from planner.plan import Plan
    from planner.policy import Policy
    from planner.simulation import Simulation
    from planner.simulation.setting import Setting


def gather_facts(
    plan: Plan,
    expected: Draws,
    *,
    district: District,
    policy: Policy,
    capacity: Capacity,
    forecast: Forecast,
    distances: NDArray[np.floating],
    nearest: int = NEAREST,
    reached: Mapping[str, float] | None = None,
) -> IntakeFacts:
    """
    Gather what the intake model is told about a plan on its expected path.

    Entrants are those that the simulation finds on this path: of a fed stage, as many as the leavers of the year
    groups that the plan as it stands leads to, less those who pass straight on. Whoever comes to a school
    whatever the catchments (passed on, by choice, from other districts, diverted) is given to it in `doors`.

    Parameters
    ----------
    expected
        One draw.
    distances
        [block, school]: ways on foot, in the order of the plan; not finite where unknown. [m]
    nearest
        Schools nearest to a block that are in its reach. [schools]
    reached
        By stage: longest way within which a school is reached, where it is not the policy's walk. [m]
    """
    setting = prepare(plan, district=district, policy=policy, capacity=capacity, forecast=forecast)
    path = simulate(plan, expected, district=district, policy=policy, capacity=capacity, forecast=forecast)
    schools = district.schools.loc[list(plan.schools)]
    between = _between(schools, policy.detour if district.detour is None else district.detour)
    known = np.where(np.isfinite(distances), distances, np.inf).astype(np.float64)
    able = np.array([setting.open & span.enters[:, None] for span in setting.spans])
    own = _own(plan)
    walk = _walks(policy, setting)
    for stage, metres in (reached or {}).items():
        walk[plan.stages.index(stage)] = metres
    demand, doors = _entrants(setting, forecast, expected, path, own, able)
    grown, teaches = expected.growth[..., 0].astype(np.float64), setting.teaches.copy()
    moves = _moves(setting, path, teaches)
    size, groups, group_size = _sizes(schools, policy, plan.years)
    return IntakeFacts(
        blocks=plan.blocks,
        schools=plan.schools,
        stages=plan.stages,
        grades=setting.grades,
        years=plan.years,
        spans=tuple((setting.grades[span.first], setting.grades[span.last]) for span in setting.spans),
        demand=demand[..., 0],
        doors=doors[..., 0],
        own=own,
        reach=np.array([reach_of(known, able[e], own[e], walk[e], nearest) for e in range(len(plan.stages))]),
        door_reach=np.array([_offered(plan, e, able[e]) for e in range(len(plan.stages))]),
        metres=_finite(known),
        between=_finite(between),
        pupils=setting.count.pupils.astype(np.float64),
        classes=counted_classes(setting).astype(np.float64),
        growth=grown,
        moves=moves,
        teaches=teaches,
        rooms=setting.rooms.astype(np.float64),
        cap=setting.caps.astype(np.float64),
        worst=np.full(setting.worst.shape, np.inf) if setting.unbounded else setting.worst.astype(np.float64),
        rules=setting.rules,
        size=size,
        groups=groups,
        group_size=group_size,
        planned=plan.classes.astype(np.int64),
        limits=plan.limits.astype(np.int64),
    )


def gather_entrants(
    plan: Plan,
    draws: Draws,
    *,
    district: District,
    policy: Policy,
    capacity: Capacity,
    forecast: Forecast,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """
    Gather `IntakeFacts.demand` and `IntakeFacts.doors` of a plan in each of some draws.

    As `gather_facts` does on the expected path, and on each draw's own path.

    Returns
    -------
    Arrays [stage, block, year, draw] and [stage, school, year, draw]. [children]
    """
    setting = prepare(plan, district=district, policy=policy, capacity=capacity, forecast=forecast)
    path = simulate(plan, draws, district=district, policy=policy, capacity=capacity, forecast=forecast)
    able = np.array([setting.open & span.enters[:, None] for span in setting.spans])
    return _entrants(setting, forecast, draws, path, _own(plan), able)


def _own(plan: Plan) -> NDArray[np.bool_]:
    """Return whether a school is of a block's catchment. [stage, block, school, year]."""
    members = np.zeros((len(plan.catchments) + 1, len(plan.schools)), dtype=bool)
    position = {school: s for s, school in enumerate(plan.schools)}
    for c, catchment in enumerate(plan.catchments):
        members[c, [position[school] for school in catchment.schools]] = True
    return np.moveaxis(members[plan.catchment_of], -1, 2)


def _walks(policy: Policy, setting: Setting) -> NDArray[np.float64]:
    """Return the longest walk that complies, 0 where no rule holds. [stage, year] [m]."""
    walks = np.zeros((len(setting.spans), len(setting.plan.years)))
    for e, span in enumerate(setting.spans):
        for t, year in enumerate(setting.plan.years):
            rule = policy.governing("walk", setting.grades[span.first], year)
            walks[e, t] = rule.at_most if rule is not None and rule.at_most is not None else 0.0
    return walks


def _entrants(
    setting: Setting,
    forecast: Forecast,
    draws: Draws,
    path: Simulation,
    own: NDArray[np.bool_],
    able: NDArray[np.bool_],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return entrants by block [stage, block, year, draw] and those given to schools [stage, school, year, draw]. [children]."""
    plan, number = setting.plan, draws.growth.shape[-1]
    demand = np.zeros((len(plan.stages), len(plan.blocks), len(plan.years), number))
    doors = np.zeros((len(plan.stages), len(plan.schools), len(plan.years), number))
    for e, span in enumerate(setting.spans):
        choice = np.asarray(forecast.choice[span.stage], dtype=np.float64)
        factor = draws.choosing.get(span.stage)
        for t in range(len(plan.years)):
            before = path.pupils[:, :, t - 1] if t else setting.count.pupils[:, :, None]
            leavers = before[:, setting.spans[span.fed_by].last] if span.fed_by >= 0 else None
            entrants = entrants_of(setting, draws, e, t, leavers)
            chosen = np.where(able[e, :, t] & ~own[e, :, :, t], choice, 0.0)
            chosen /= np.maximum(chosen.sum(axis=1, keepdims=True), 1.0)
            choosing = 1.0 if factor is None else factor[:, t].astype(np.float64)
            arriving = entrants.direct + draws.arriving[span.stage][:, t]
            demand[e, :, t] = entrants.staying * (1 - choosing * chosen.sum(axis=1, keepdims=True))
            doors[e, :, t] = arriving + ((entrants.staying * choosing).T @ chosen).T
            _divert(setting, path, demand[e, :, t], doors[e, :, t], e, t)
    return demand, doors


def _divert(
    setting: Setting,
    path: Simulation,
    demand: NDArray[np.float64],
    doors: NDArray[np.float64],
    e: int,
    t: int,
) -> None:
    """
    Take the diverted part of a school's entrants from demand [block, draw] and doors [school, draw], and give it to the other.

    A number of children is turned into a part by the entrants that the simulation expects there.
    """
    plan, year = setting.plan, setting.plan.years[t]
    for diverted in setting.diversions:
        if diverted.stage != e or diverted.grades or not diverted.since <= year <= diverted.until:
            continue
        sender, receiver = diverted.from_school, diverted.to_school
        there = path.demand[sender, e, t] + float(diverted.children)
        part = diverted.share if diverted.share > 0 else diverted.children / np.maximum(there, 1.0)
        of = plan.catchment_of[e, :, t]
        taken = part * np.where(of >= 0, plan.shares[of, sender, t], 0.0)[:, None] * demand
        moved = part * doors[sender]
        demand -= taken
        doors[sender] -= moved
        doors[receiver] += moved + taken.sum(axis=0)


def _moves(setting: Setting, path: Simulation, teaches: NDArray[np.bool_]) -> tuple[Move, ...]:
    """
    Return the children who change schools between two grades.

    Those whose school does not have their new grade, or closes, go where the simulation sends them; where no
    school teaches it they stay, which is noted in `teaches` [school, grade]. Diversions of later grades are carried
    out once.
    """
    years = len(setting.plan.years)
    shares: dict[tuple[int, int, int], NDArray[np.float64]] = {}

    def move(grade: int, sender: int, receiver: int, t: int, share: float) -> None:
        shares.setdefault((grade, sender, receiver), np.zeros(years))[t] += share

    cells = [
        (s, g, t)
        for span in setting.spans
        for g in range(span.first + 1, span.last + 1)
        for s in np.flatnonzero(setting.teaches[:, g - 1])
        for t in range(years)
    ]
    for s, g, t in cells:
        if setting.teaches[s, g] and setting.open[s, t]:
            continue
        receivers, parts = setting.onward(int(s), g, t)
        for receiver, part in zip(receivers.tolist(), parts[:, 0].tolist(), strict=True):
            if receiver == s:
                teaches[s, g] = True
            else:
                move(g, int(s), receiver, t, part)
    for diverted in setting.diversions:
        if diverted.since not in setting.plan.years:
            continue
        t = setting.plan.years.index(diverted.since)
        for grade in diverted.grades:
            below = path.pupils[diverted.from_school, grade - 1, t - 1, 0] if t else 0
            there = float(below if t else setting.count.pupils[diverted.from_school, grade - 1])
            part = diverted.share if diverted.share > 0 else min(diverted.children / max(there, 1.0), 1.0)
            move(grade, diverted.from_school, diverted.to_school, t, part)
    return tuple(
        Move(grade=grade, from_school=sender, to_school=receiver, share=share)
        for (grade, sender, receiver), share in shares.items()
    )


def _offered(plan: Plan, e: int, able: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return where children given to a school can be placed: there, and where its overflow is offered. [school, school, year]."""
    reach = np.eye(len(plan.schools), dtype=bool)
    order = plan.order[plan.stages[e]]
    school, rank = np.nonzero(order >= 0)
    reach[school, order[school, rank]] = True
    return reach[:, :, None] & able


def _between(schools: pd.DataFrame, detour: float) -> NDArray[np.float64]:
    """Return ways from school to school, infinite where a place is unknown. [school, school] [m]."""
    points = schools.geometry.to_numpy()
    x, y = shapely.get_x(points), shapely.get_y(points)
    metres = detour * np.hypot(x[:, None] - x, y[:, None] - y)
    return np.where(np.isfinite(metres), metres, np.inf)


def _finite(metres: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ways with the longest known one in place of those unknown. [m]."""
    known = np.isfinite(metres)
    return np.where(known, metres, metres.max(where=known, initial=0.0))


def _sizes(
    schools: pd.DataFrame, policy: Policy, years: tuple[int, ...]
) -> tuple[NDArray[np.float64], dict[str, tuple[int, ...]], NDArray[np.float64]]:
    """
    Return the largest school that complies, infinite where no rule holds. [children].

    Of every campus [school, year]; of every legal school of several campuses, which teaches what these teach
    together [group, year].
    """
    first, last = (schools[end].to_numpy(np.int64) for end in ("first", "last"))
    names = schools["group"].astype(object).where(schools["group"].notna(), "").to_numpy()
    members = {name: tuple(np.flatnonzero(names == name).tolist()) for name in dict.fromkeys(names) if name}
    groups = {str(name): campuses for name, campuses in members.items() if len(campuses) > 1}

    def largest(low: int, high: int, year: int) -> float:
        rule = policy.school_rule("school_size", low, high, year)
        return np.inf if rule is None or rule.at_most is None or rule.kind == "statistic" else rule.at_most

    size = [
        [largest(low, high, year) for year in years]
        for low, high in zip(first.tolist(), last.tolist(), strict=True)
    ]
    of_groups = [
        [largest(int(first[list(campuses)].min()), int(last[list(campuses)].max()), year) for year in years]
        for campuses in groups.values()
    ]
    return np.array(size), groups, np.array(of_groups).reshape(len(groups), len(years))
