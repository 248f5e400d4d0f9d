"""The years of a simulation: the only year loop of the pipeline."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np

from planner.capacity import Formed, form_classes, seats_taken
from planner.forecast import CHUNK, over_chunks
from planner.simulation.admission import admit, classes_wanted, rooms_for_intakes, seats_of
from planner.simulation.entry import entrants_of, expected_at
from planner.simulation.joining import join
from planner.simulation.model import BATCHES, Simulation, batch_of
from planner.simulation.passage import counted_classes, move_up
from planner.simulation.setting import prepare
from planner.simulation.splits import drawn_splits
from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from planner.capacity import Capacity
    from planner.district import District
    from planner.forecast import Draws, Forecast
    from planner.plan import Plan
    from planner.policy import Policy
    from planner.simulation.setting import Setting


def simulate(
    plan: Plan,
    draws: Draws,
    *,
    district: District,
    policy: Policy,
    capacity: Capacity,
    forecast: Forecast,
) -> Simulation:
    """
    Carry out a plan in a batch of draws, year by year from the last count on.

    Each year, in this order: year groups move up and on (`move_up`); children entitled to enter are found
    (`entrants_of`) and expected at schools (`expected_at`); rooms are free for the intakes (`rooms_for_intakes`);
    schools seat, turn away and take in (`admit`); whole classes are formed. Those left unplaced are entitled
    again, at the same school, a year later.

    Parameters
    ----------
    draws
        Of the same forecast: the expected path or any batch of draws.

    Raises
    ------
    PlanError
        When plan and forecast do not speak of the same blocks, schools, stages and years.
    """
    setting = prepare(plan, district=district, policy=policy, capacity=capacity, forecast=forecast)
    return carry_out(setting, draws, forecast.draws)


def simulate_all(
    plan: Plan,
    forecast: Forecast,
    *,
    district: District,
    policy: Policy,
    capacity: Capacity,
    progress: Callable[[Text, int, int], None] | None = None,
) -> Simulation:
    """
    Carry out a plan in all draws that the scenario asks for, `CHUNK` at a time.

    Parameters
    ----------
    progress
        Called with the step, the draws done and all draws after every chunk.
    """
    setting = prepare(plan, district=district, policy=policy, capacity=capacity, forecast=forecast)
    parts = []
    for part in over_chunks(forecast, lambda draws: carry_out(setting, draws, forecast.draws)):
        parts.append(part)
        if progress is not None:
            progress(Text("simulating"), min(CHUNK * len(parts), forecast.draws), forecast.draws)
    return join(parts)


def carry_out(setting: Setting, draws: Draws, of: int) -> Simulation:
    """Carry out a plan in a batch of as many draws as there are in all."""
    plan, spans = setting.plan, setting.spans
    number = draws.growth.shape[-1]
    numbers = np.clip(draws.numbers, 0, max(of, 1) - 1)
    batches, batch_starts = np.unique(batch_of(numbers, max(of, 1)), return_index=True)
    drawn = draws.first >= 0
    out = _blank(setting, number)
    placed: dict[tuple[int, int, int], NDArray[np.int16]] = defaultdict(
        lambda: np.zeros((len(plan.years), number), np.int16)
    )
    pupils = np.repeat(setting.count.pupils[:, :, None], number, axis=2)
    classes = np.repeat(counted_classes(setting)[:, :, None], number, axis=2)
    waiting = np.zeros((len(plan.schools), len(spans), number), np.int32)
    at_home = [np.repeat(homes[:, :, None], number, axis=2) for homes in setting.living]
    for year in range(len(plan.years)):
        passed = move_up(setting, draws, year, pupils, classes)
        demand = np.zeros_like(waiting)
        for stage, span in enumerate(spans):
            leavers = pupils[:, spans[span.fed_by].last] if span.fed_by >= 0 else None
            entrants = entrants_of(setting, draws, stage, year, leavers)
            expected = expected_at(setting, draws, stage, year, entrants, waiting[:, stage])
            demand[:, stage] = expected.demand
            out["expected_from"][stage, :, :, year] = expected.homes
            out["entitled"][stage, year] = entrants.entitled + waiting[:, stage].sum(axis=0)
            out["arriving"][stage, year] = draws.arriving[span.stage][:, year].sum(axis=0)
            out["private"][stage, year] = entrants.private
            out["elsewhere"][stage, year] = entrants.elsewhere
            out["block_entrants"][stage, :, year] = entrants.homes.mean(axis=1)
            out["entrants_in"][stage, :, year, batches] = np.add.reduceat(
                entrants.homes.astype(np.float64), batch_starts, axis=1
            ).T
            at_home[stage] = _live_on(setting, stage, at_home[stage], passed.growth, entrants.homes)
            for catchment, children in _by_catchment(setting, stage, year, at_home[stage]):
                out["living"][catchment, year] = np.rint(children.sum(axis=0))
                out["living_entrants"][catchment, year] = np.rint(children[0])
        free = rooms_for_intakes(setting, year, passed, demand)
        seats = seats_of(setting, year, passed, free)
        pupils = passed.pupils
        wanted = np.full(pupils.shape, -1, np.int16)
        for stage, span in enumerate(spans):
            done = admit(setting, year, stage, demand[:, stage], free[:, stage], seats[:, stage])
            pupils[:, span.first] = done.admitted
            wanted[:, span.first] = classes_wanted(
                setting, year, stage, done.admitted, free[:, stage], seats[:, stage]
            )
            for name in ("turned_away", "received", "unplaced"):
                out[name][:, stage, year] = getattr(done, name)
            for (school, to), children in done.placed.items():
                placed[stage, school, to][year] = children
            waiting[:, stage] = done.unplaced
        formed = _formed(setting, year, pupils, passed.classes, wanted, free)
        classes = formed.classes
        for stage, span in enumerate(spans):
            above = pupils[:, span.first] - setting.caps[span.first, year] * classes[:, span.first]
            out["above_cap"][:, stage, year] = np.maximum(above, 0)
        for name, counts in (("demand", demand), ("free", free), ("seats", seats)):
            out[name][:, :, year] = counts
        for name, counts in (("pupils", pupils), ("classes", classes), ("carried", passed.classes)):
            out[name][:, :, year] = counts
        out["borrowed"][:, year] = formed.borrowed
    pairs = sorted(placed)
    return Simulation(
        blocks=plan.blocks,
        schools=plan.schools,
        stages=plan.stages,
        grades=setting.grades,
        years=plan.years,
        starts=tuple(span.first for span in spans),
        placements=tuple((plan.stages[e], plan.schools[s], plan.schools[to]) for e, s, to in pairs),
        placed=np.stack([placed[pair] for pair in pairs]) if pairs else out["borrowed"][:0],
        unevenness=setting.unevenness if drawn else None,
        splits=drawn_splits(setting, setting.unevenness, numbers) if setting.unevenness and drawn else None,
        **out,
    )


def _formed(
    setting: Setting,
    year: int,
    pupils: NDArray[np.int16],
    carried: NDArray[np.int16],
    wanted: NDArray[np.int16],
    free: NDArray[np.int32],
) -> Formed:
    """
    Return the classes of a year; where none are formed, the children who have a seat stand in their place.

    Those of later grades have theirs before the entrants, who have what is free.
    """
    rooms = setting.rooms[:, year]
    if setting.by_seats:
        later = pupils.copy()
        later[:, [span.first for span in setting.spans]] = 0
        taken = seats_taken(later, rooms)
        for stage, span in enumerate(setting.spans):
            taken[:, span.first] = np.minimum(pupils[:, span.first], free[:, stage])
        none = np.zeros((len(pupils), pupils.shape[2]), np.int16)
        return Formed(classes=taken, borrowed=none, shared=none)
    caps = setting.caps[:, year].tolist()
    return form_classes(pupils, carried, rooms, caps, setting.rules, wanted=wanted, sizes=setting.sizes)


def _blank(setting: Setting, draws: int) -> dict[str, Any]:
    """Return the arrays of a simulation that are filled year by year, all zero."""
    plan = setting.plan
    schools, stages, years = len(plan.schools), len(plan.stages), len(plan.years)
    by_school = ("demand", "free", "seats", "turned_away", "received", "unplaced", "above_cap")
    shapes = (
        (np.int16, (schools, len(setting.grades), years, draws), ("pupils", "classes", "carried")),
        (np.int16, (schools, stages, years, draws), by_school),
        (np.int16, (schools, years, draws), ("borrowed",)),
        (np.int32, (stages, years, draws), ("entitled", "arriving", "private", "elsewhere")),
        (np.int32, (len(plan.catchments), years, draws), ("living", "living_entrants")),
        (np.float32, (stages, len(plan.blocks), years), ("block_entrants",)),
        (np.float32, (stages, len(plan.blocks), schools, years), ("expected_from",)),
        (np.float64, (stages, len(plan.blocks), years, BATCHES), ("entrants_in",)),
    )
    return {name: np.zeros(shape, kind) for kind, shape, names in shapes for name in names}


def _live_on(
    setting: Setting,
    stage: int,
    before: NDArray[np.float32],
    growth: NDArray[np.float32],
    entering: NDArray[np.float32],
) -> NDArray[np.float32]:
    """
    Return the public children of a stage by home, a year later. [group of blocks, grade of the stage, draw].

    Where they live they grow as the district's schools do in that draw.
    """
    span, groups = setting.spans[stage], setting.homes[stage]
    after = np.empty_like(before)
    after[:, 1:] = before[:, :-1] * growth[span.first + 1 : span.last + 1]
    by_group = np.argsort(groups, kind="stable")
    starts = np.searchsorted(groups[by_group], np.arange(len(before)))
    after[:, 0] = np.add.reduceat(entering[by_group], starts, axis=0)
    return after


def _by_catchment(
    setting: Setting, stage: int, year: int, at_home: NDArray[np.float32]
) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Yield the catchments of a year, with their children [grade of the stage, draw]."""
    held = setting.plan.catchment_of[stage, :, year]
    of_group = np.full(len(at_home), -1)
    of_group[setting.homes[stage]] = held
    for catchment in np.unique(held[held >= 0]):
        yield int(catchment), at_home[of_group == catchment].sum(axis=0)
