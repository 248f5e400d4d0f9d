"""The fitted forecast: from a district's facts to an expected path and draws."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from planner.errors import DataError
from planner.forecast.births import Cohorts, assumed_births, cohorts
from planner.forecast.drawing import Fit, draw_chunk
from planner.forecast.edits import checked, checked_statuses
from planner.forecast.entry import Entry, combined, neighbourhood_codes
from planner.forecast.expected import expected_path
from planner.forecast.explanation import entry_rows, missing_facts, parameter_rows, status_rows
from planner.forecast.facts import Facts, gather_facts
from planner.forecast.homes import neighbourhoods
from planner.forecast.later import living_now
from planner.forecast.model import CHUNK, COMPONENTS, Assumptions, DemandEdit, Draws
from planner.forecast.neighbourhood_entry import Past, neighbourhood_tier, younger_pupils
from planner.forecast.newcomers import newcomer_rows
from planner.forecast.registers import register_tiers
from planner.forecast.streams import Shocks
from planner.forecast.tiers import extended
from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
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
    """stage, block, year, and how the entrants came: see `planner.forecast.explanation.entry_rows`."""
    growth_explained: pd.DataFrame
    """school, grade, ratio, district_ratio, own_weight, transitions, excluded, left_out (years and why), noise_share
    (part of next year's variance that is the count's own, which no model can remove)."""
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

    def draw(self, first: int, last: int, *, quiet: frozenset[str] = frozenset()) -> Draws:
        """Return draws `first` to `last` - 1; the same whatever else is drawn, quiet parts of `COMPONENTS` held still."""
        if not 0 <= first < last:
            raise ValueError(f"no draws from {first} to {last}")
        if not quiet <= set(COMPONENTS):
            raise ValueError(f"no such parts of the uncertainty: {sorted(quiet - set(COMPONENTS))}")
        pieces = []
        for chunk in range(first // CHUNK, (last - 1) // CHUNK + 1):
            start, shocks = chunk * CHUNK, Shocks(seed=self.seed, chunk=chunk, quiet=quiet)
            pieces.append(_cut(draw_chunk(self.fit, shocks), max(first - start, 0), min(last - start, CHUNK)))
        return pieces[0] if len(pieces) == 1 else _joined(pieces)

    def by_status(self) -> pd.DataFrame:
        """Return the streams of registration statuses: see `planner.forecast.explanation.status_rows`."""
        return status_rows(self.fit)

    def newcomers(self) -> pd.DataFrame:
        """Return the children of every development and driver by year: see `planner.forecast.newcomers.newcomer_rows`."""
        return newcomer_rows(self.fit)

    def fates(self, first: int, last: int) -> dict[str, NDArray[np.bool_]]:
        """
        Return by what is open in which of the draws `first` to `last` - 1 it comes true [draw].

        Phases of housing as development/phase: built; drivers of migration by their id: happening.
        """
        chunks = range(first // CHUNK, (last - 1) // CHUNK + 1)
        drawn = [Shocks(seed=self.seed, chunk=chunk) for chunk in chunks]
        found = [self.fit.housing.built(each) | self.fit.arrivals.drivers.happened(each) for each in drawn]
        start = chunks.start * CHUNK
        return {
            name: np.concatenate([each[name] for each in found])[first - start : last - start]
            for name in found[0]
        }


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
        choosing={stage: values[..., first:last] for stage, values in draws.choosing.items()},
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
        choosing={stage: together([piece.choosing[stage] for piece in pieces]) for stage in first.choosing},
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
    entries, births = _entries(facts, near, near_ids)
    checked_statuses(demand, {stage: entry.parts_by_status() for stage, entry in entries.items()})
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
        stages=path.stages,
        growth=facts.growth,
        housing=facts.housing,
        arrivals=path.arrivals,
        newcomer_parts=path.newcomer_parts,
        base=path.base,
        expected_growth=path.growth,
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
        notes=(*missing_facts(facts, entries, births), *path.notes),
        path=path.path,
        fit=fit,
    )


def _entries(
    facts: Facts, near: NDArray[np.intp], near_ids: tuple[str, ...]
) -> tuple[dict[str, Entry], Cohorts | None]:
    """Return the entrants of the stages that no other feeds, and the births used."""
    entries: dict[str, Entry] = {}
    births: Cohorts | None = None
    for stage in facts.stages:
        if facts.feeding(stage) is not None:
            continue
        history, assumed = facts.histories[stage.stage], facts.assumptions
        offset = stage.first - facts.policy.entry.first_grade
        noise = float(facts.growth.spread.mean())
        tiers = register_tiers(
            facts.district,
            facts.policy,
            history,
            near,
            facts.years,
            offset=offset,
            progression_noise=noise,
        )
        births = cohorts(facts.district, facts.policy, (*history.years, *facts.years), offset, assumed)
        found, path = neighbourhood_tier(
            Past(
                history=history,
                near=near,
                younger=younger_pupils(facts.district, facts.rolls, stage, near_ids, history.years),
                rule=facts.sharing.weights,
                births=births,
                years=facts.years,
            )
        )
        if births is None and tiers:
            furthest = max(
                range(len(tiers)), key=lambda at: int(np.isfinite(tiers[at].mean).any(axis=0).sum())
            )
            steps = assumed_births(assumed, len(facts.years))
            tiers[furthest] = extended(tiers[furthest], steps, assumed.birth_band)
        tiers += [found] if found is not None else []
        if not tiers:
            raise DataError(
                Text("Nothing tells how many children enter the stage {stage}.", stage=stage.stage),
                Text(
                    "Give one of these tables: children (register, kindergarten or registered children by block), births by area, residents, attendance or enrolment of grade {grade}.",
                    grade=stage.first,
                ),
            )
        entries[stage.stage] = combined(tiers, near, path)
    return entries, births
