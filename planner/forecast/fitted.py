"""The fitted forecast: from a district's facts to an expected path and draws."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import pandas as pd

from planner.errors import DataError
from planner.forecast.births import Cohorts, cohorts
from planner.forecast.drawing import Fit, draw_chunk
from planner.forecast.edits import checked
from planner.forecast.entry import (
    Entry,
    births_tier,
    combined,
    extended,
    history_tier,
    neighbourhood_codes,
    register_tiers,
)
from planner.forecast.expected import expected_path
from planner.forecast.explanation import entry_rows, missing_facts, parameter_rows
from planner.forecast.facts import Facts, gather_facts
from planner.forecast.homes import neighbourhoods
from planner.forecast.later import living_now
from planner.forecast.model import CHUNK, Assumptions, DemandEdit, Draws
from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from planner.district import District
    from planner.policy import Policy


_Figure = TypeVar("_Figure", bound=np.generic)


@dataclass(frozen=True, kw_only=True)
class FittedForecast:
    """A forecast fitted to a district; `planner.forecast.Forecast` says what its fields mean."""

    blocks: tuple[str, ...]
    schools: tuple[str, ...]
    grades: tuple[int, ...]
    years: tuple[int, ...]
    stages: tuple[str, ...]
    draws: int
    seed: int
    private: dict[str, NDArray[np.float32]]
    choice: dict[str, NDArray[np.float32]]
    living: NDArray[np.float32]
    explained: pd.DataFrame
    """stage, block, year, tier, base, ratio, own_weight, registers, births, history (weights), housing, factor,
    added, entrants, leaving, past: see `planner.forecast.explanation.entry_rows`."""
    growth_explained: pd.DataFrame
    """school, grade, ratio, district_ratio, own_weight, transitions, excluded."""
    parameters: pd.DataFrame
    """component, parameter, value, evidence: the district-wide ratios and standard deviations used, and the number
    of years or differences they rest on."""
    notes: tuple[Text, ...]
    """What was missing, and what that costs in certainty."""
    path: Draws
    """The expected path."""
    fit: Fit

    def expected(self) -> Draws:
        """Return the expected path: one draw without any shock; fed stages scaled to the expected leavers."""
        return self.path

    def draw(self, first: int, last: int) -> Draws:
        """Return draws `first` to `last` - 1; the same whatever else is drawn."""
        if not 0 <= first < last:
            raise ValueError(f"no draws from {first} to {last}")
        pieces = []
        for chunk in range(first // CHUNK, (last - 1) // CHUNK + 1):
            start = chunk * CHUNK
            pieces.append(_cut(draw_chunk(self.fit, chunk), max(first - start, 0), min(last - start, CHUNK)))
        return pieces[0] if len(pieces) == 1 else _joined(pieces)


def _cut(draws: Draws, first: int, last: int) -> Draws:
    if (first, last) == (0, CHUNK):
        return draws
    return replace(
        draws,
        first=draws.first + first,
        entrants={stage: values[..., first:last] for stage, values in draws.entrants.items()},
        leaving={stage: values[..., first:last] for stage, values in draws.leaving.items()},
        arriving={stage: values[..., first:last] for stage, values in draws.arriving.items()},
        transition={stage: values[..., first:last] for stage, values in draws.transition.items()},
        growth=draws.growth[..., first:last],
        noise=draws.noise[..., first:last],
    )


def _joined(pieces: Sequence[Draws]) -> Draws:
    def together(found: list[NDArray[_Figure]]) -> NDArray[_Figure]:
        return np.concatenate(found, axis=-1)

    first = pieces[0]
    return Draws(
        first=first.first,
        entrants={stage: together([piece.entrants[stage] for piece in pieces]) for stage in first.entrants},
        leaving={stage: together([piece.leaving[stage] for piece in pieces]) for stage in first.leaving},
        arriving={stage: together([piece.arriving[stage] for piece in pieces]) for stage in first.arriving},
        transition={
            stage: together([piece.transition[stage] for piece in pieces]) for stage in first.transition
        },
        growth=together([piece.growth for piece in pieces]),
        noise=together([piece.noise for piece in pieces]),
        spread=first.spread,
    )


def fit_forecast(
    district: District,
    policy: Policy,
    years: Sequence[int],
    *,
    assumptions: Assumptions = Assumptions(),  # noqa: B008 - frozen
    demand: Sequence[DemandEdit] = (),
    draws: int = 2000,
    seed: int = 1,
) -> FittedForecast:
    """
    Fit the forecast of a district for the years after its last count.

    Parameters
    ----------
    district
        With the schools of projects among its schools.
    policy
        Stages, age and cut-off of entry, children per dwelling.
    years
        Autumns, from the one after the last count on, without gaps.
    assumptions
        What a scenario assumes; a given transition or share of leaving holds without uncertainty, and does not
        change how past counts are read.
    demand
        Edits of the entrants, carried out in order.
    draws, seed
        Number of draws that the scenario asks for, and the seed of all of them.

    Raises
    ------
    DataError
        When nothing tells how many children enter.
    ScenarioError
        When an edit names a block, area or stage that the forecast does not have.
    """
    years = tuple(years)
    if years != tuple(range(district.counted + 1, district.counted + 1 + len(years))) or not years:
        raise ValueError(f"the years {years} do not follow the last count of {district.counted}")
    facts = gather_facts(district, policy, years, assumptions)
    checked(district, [stage.stage for stage in facts.stages], demand)
    near, near_ids = neighbourhood_codes(neighbourhoods(district, facts.stages[0].stage))
    entries, births = _entries(facts, near)
    area, area_ids = _areas(district, births)
    living, living_from = living_now(facts)
    by_id = np.argsort(np.argsort(district.blocks.index.to_numpy(dtype=str), kind="stable"))
    order = np.lexsort((by_id, near))
    path = expected_path(facts, entries, living, demand, near, order)
    fit = Fit(
        blocks=tuple(district.blocks.index),
        schools=facts.rolls.schools,
        grades=facts.rolls.grades,
        years=years,
        seed=seed,
        near=near,
        near_ids=near_ids,
        members=tuple(order[near[order] == each] for each in range(len(near_ids))),
        area=area,
        area_ids=area_ids,
        stages=path.stages,
        growth=facts.growth,
        housing=facts.housing,
        newcomer_parts=path.newcomer_parts,
        base=path.base,
        teaches=path.teaches,
    )
    return FittedForecast(
        blocks=fit.blocks,
        schools=fit.schools,
        grades=fit.grades,
        years=years,
        stages=tuple(stage.stage for stage in facts.stages),
        draws=draws,
        seed=seed,
        private={stage: flows.private for stage, flows in facts.flows.items()},
        choice={stage: flows.choice for stage, flows in facts.flows.items()},
        living=living,
        explained=entry_rows(fit, facts, path.stock, path.path, living_from),
        growth_explained=facts.growth.explained,
        parameters=parameter_rows(fit, facts),
        notes=missing_facts(facts, entries, births),
        path=path.path,
        fit=fit,
    )


def _entries(facts: Facts, near: NDArray[np.intp]) -> tuple[dict[str, Entry], Cohorts | None]:
    """Return the entrants of the stages that no other feeds, and the births used."""
    entries: dict[str, Entry] = {}
    areas = pd.factorize(facts.district.blocks["area"].astype("string").fillna(""))[0]
    births: Cohorts | None = None
    for stage in facts.stages:
        if facts.feeding(stage) is not None:
            continue
        history = facts.histories[stage.stage]
        offset = stage.first - facts.policy.entry.first_grade
        noise = float(facts.growth.spread.mean())
        past = history_tier(history, near, facts.sharing, facts.years)
        tiers = register_tiers(facts.district, facts.policy, history, near, facts.years, offset, noise)
        autumns = (*history.years, *facts.years)
        births = cohorts(facts.district, facts.policy, autumns, offset, facts.assumptions.birth_trend)
        if births is not None:
            found = births_tier(births, history, past, near, facts.years, facts.sharing.weights, areas)
            tiers += [found] if found is not None else []
        elif tiers:
            furthest = max(
                range(len(tiers)), key=lambda at: int(np.isfinite(tiers[at].mean).any(axis=0).sum())
            )
            tiers[furthest] = extended(tiers[furthest], facts.assumptions.birth_trend)
        tiers += [past] if past is not None else []
        if not tiers:
            raise DataError(
                Text("Nothing tells how many children enter the stage {stage}.", stage=stage.stage),
                Text(
                    "Give one of these tables: children (register, kindergarten or registered children by block), births by area, residents, attendance or enrolment of grade {grade}.",
                    grade=stage.first,
                ),
            )
        entries[stage.stage] = combined(tiers, near)
    return entries, births


def _areas(district: District, births: Cohorts | None) -> tuple[NDArray[np.intp], tuple[str, ...]]:
    """Return the position of each block's births' area, and the areas; one for all where births are by block or missing."""
    if births is None or births.by_block:
        return np.zeros(len(district.blocks), dtype=np.intp), ("",)
    return np.where(births.of >= 0, births.of, len(births.cells)), (*births.cells, "\x1enone")
