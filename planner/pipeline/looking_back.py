"""
Past forecasts of a district made again: at each origin the district is cut to what was known, fitted anew, and the
demand of every school drawn by the simulation's own rules, as if no school turned anybody away.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planner.capacity import build_capacity
from planner.district import distance_matrix, planned_stages
from planner.district.findings import few, school_names
from planner.district.vintage import as_known_in
from planner.errors import DataError
from planner.forecast import CHUNK, Assumptions, fit_forecast
from planner.forecast.arrays import read_rolls
from planner.forecast.backtest import Cases, Said, baseline_forecasts, choose_origins
from planner.forecast.births import cohorts
from planner.forecast.homes import catchments_then
from planner.forecast.roll import schools_of_blocks
from planner.forecast.units import UnitCounts
from planner.pipeline.official import beside, counted_since, ledger_scores
from planner.plan import build_plan
from planner.policy.profiles import rules_from_table
from planner.scenario import Scenario, apply_scenario, load_scenario
from planner.simulation.setting import prepare
from planner.simulation.unlimited import feeding_groups, pupils_unlimited
from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from planner.district import District
    from planner.forecast import FittedForecast
    from planner.forecast.arrays import Rolls
    from planner.forecast.backtest import Backtest
    from planner.policy import Policy, Stage

_CHANGES = ("opening", "closure", "merger", "rezoning")
"""Events that nobody knew of before them and that change who goes to a school."""


@dataclass(frozen=True, kw_only=True)
class LookedBack:
    """Past forecasts of a district, made again."""

    found: Backtest
    ledger: pd.DataFrame
    """made_in, lead, method, n, mape, wape, mae, bias: official forecasts beside ours and the simple methods, on the
    same cases; without rows where the district has none. See `planner.pipeline.official.ledger_scores`."""
    origins: tuple[int, ...]
    leads: tuple[int, ...]
    notes: tuple[Text, ...]
    """What was left out, and why."""


def look_back(
    district: District,
    policy: Policy,
    *,
    origins: tuple[int, int] | None = None,
    leads: Sequence[int] = (1, 2, 3, 5),
    cap: int | None = None,
    draws: int = 2000,
    seed: int = 1,
    progress: Callable[[Text, int, int], None] | None = None,
) -> LookedBack:
    """
    Forecast a district again at past autumns with what was known then, and score what was said.

    What was known is what `as_known_in` keeps. Forecast is the demand of every public school by grade: entrants by
    home and choice as `simulate` counts them, nobody turned away; later grades by growth; fed stages by transition.
    A count of a grade whose school turned children away is a lower bound of that, and is left out of the scores.
    Official forecasts of the district's table are scored beside, each from the autumn that it was made in.

    Parameters
    ----------
    origins
        First and last of the last autumns known; None: all that leave enough before and after them.
    leads
        Years ahead.
    cap
        Class size of the question whether another class is needed; the policy's of each grade when None.
    progress
        Called with the step, how much of it is done, and how much there is.

    Raises
    ------
    DataError
        When the district has no enrolment to forecast.
    QuestionError
        When no origin is possible.
    """
    past = _Past(district, policy, cap, draws, seed)
    rolls = past.rolls
    counted = {year for at, year in enumerate(rolls.years) if np.nansum(rolls.pupils[:, :, at]) > 0}
    chosen = choose_origins(rolls.years, counted, origins, leads)
    official = past.official()
    wanted = {origin: list(chosen.leads) for origin in chosen.origins}
    for made, lead in official[["made_in", "lead"]].drop_duplicates().to_numpy(int).tolist():
        if made in counted and made > rolls.years[0]:
            wanted[made] = sorted({*wanted.get(made, ()), lead})
    cases = Cases(past.labels, past.starts)
    ledger = []
    for done, origin in enumerate(sorted(wanted)):
        if progress is not None:
            progress(Text("forecast of {origin}", origin=origin), done, len(wanted))
        met = [lead for lead in wanted[origin] if origin + lead in counted]
        if not met:
            continue
        again = past.again(origin, max(met))
        for lead in met:
            said = past.said(again, origin, lead)
            ledger.append(beside(official, said))
            if origin in chosen.origins and lead in chosen.leads:
                cases.add(said)
        if origin in chosen.origins:
            cases.add_fit(again.fit)
    found = cases.judged()
    return LookedBack(
        found=found,
        ledger=ledger_scores(official, ledger),
        origins=chosen.origins,
        leads=chosen.leads,
        notes=(*chosen.notes, *_left_out(district, rolls, found)),
    )


def said_again(
    district: District,
    policy: Policy,
    origins: Iterable[int],
    *,
    draws: int = 2000,
    seed: int = 1,
    progress: Callable[[Text, int, int], None] | None = None,
) -> Iterator[Said]:
    """
    Yield what is said at each origin, with what was known then, of the autumn after it; where both were counted.

    Parameters
    ----------
    origins
        Last autumns known.
    progress
        Called with the step, how much of it is done, and how much there is.

    Raises
    ------
    DataError
        When the district has no enrolment to forecast.
    """
    past = _Past(district, policy, None, draws, seed)
    known = {year for at, year in enumerate(past.rolls.years) if np.nansum(past.rolls.pupils[:, :, at]) > 0}
    wanted = [origin for origin in origins if {origin, origin + 1} <= known]
    for done, origin in enumerate(wanted):
        if progress is not None:
            progress(Text("forecast of {origin}", origin=origin), done, len(wanted))
        yield past.said(past.again(origin, 1), origin, 1)


@dataclass(frozen=True, kw_only=True)
class _Again:
    """What is said again at an origin; axes [school, grade, lead from 1 on]."""

    draws: NDArray[np.float32]
    """And draw; missing where the school had no such grade. [children]"""
    simple: dict[str, NDArray[np.float64]]
    feeding: NDArray[np.float64]
    """[school, grade]. [children]"""
    fit: pd.DataFrame


class _Past:
    """A district and what is the same at every origin."""

    def __init__(self, district: District, policy: Policy, cap: int | None, draws: int, seed: int) -> None:
        self.district, self.draws, self.seed = district, draws, seed
        self.profile, self.policy = policy, policy.with_rules(rules_from_table(district["rules"]))
        self.cap = cap
        self.stages = sorted(planned_stages(district, policy), key=lambda stage: stage.first)
        grades = [grade for stage in self.stages for grade in range(stage.first, stage.last + 1)]
        self.rolls = read_rolls(district, tuple(district.public), grades)
        if not np.isfinite(self.rolls.pupils).any():
            raise DataError(
                Text("The district has no enrolment, so no forecast of the past can be tried."),
                Text("Give the table enrolment: school, grade, year and pupils of past autumns."),
            )
        self.labels = [str(grade) for grade in grades]
        self.starts = [str(stage.first) for stage in self.stages]
        detour = policy.detour if district.detour is None else district.detour
        self.distances = distance_matrix(district, district.schools.loc[district.public], detour)

    def official(self) -> pd.DataFrame:
        """Return the official forecasts of the district's table whose year has been counted."""
        return counted_since(self.district["forecasts"], self.rolls)

    def again(self, origin: int, horizon: int) -> _Again:
        """Return what is said at an origin of the years after it."""
        known = as_known_in(self.district, origin)
        years = range(origin + 1, origin + horizon + 1)
        applied = apply_scenario(load_scenario(Scenario(until=years[-1])), known, self.profile)
        forecast = fit_forecast(applied.district, applied.policy, years, draws=self.draws, seed=self.seed)
        capacity = build_capacity(applied.district, applied.policy, years)
        plan = build_plan(
            applied.scenario,
            applied.district,
            applied.policy,
            capacity,
            years=years,
            distances=self.distances,
        )
        setting = prepare(
            plan, district=applied.district, policy=applied.policy, capacity=capacity, forecast=forecast
        )
        drawn = [
            pupils_unlimited(setting, forecast.draw(first, min(first + CHUNK, self.draws)))
            for first in range(0, self.draws, CHUNK)
        ]
        now = self.rolls.pupils[:, :, self.rolls.years.index(origin)]
        taught = setting.teaches & np.isfinite(now).any(axis=1, keepdims=True)
        draws = np.concatenate(drawn, axis=-1).astype(np.float32)
        return _Again(
            draws=np.where(taught[:, :, None, None], draws, np.float32(np.nan)),
            simple={
                name: np.where(taught[:, :, None], said, np.nan)
                for name, said in self._simple(known, horizon).items()
            },
            feeding=feeding_groups(setting),
            fit=_parameters(forecast, origin),
        )

    def said(self, again: _Again, origin: int, lead: int) -> Said:
        """Return what was said of one year, and what came."""
        at = self.rolls.years.index(origin + lead)
        asked = lead == 1 and not self.policy.by_seats
        caps = (
            self.policy.caps(self.rolls.grades, origin + lead)
            if self.cap is None
            else [self.cap] * len(self.labels)
        )
        return Said(
            units=self.rolls.schools,
            grades=self.labels,
            origin=origin,
            lead=lead,
            draws=again.draws[:, :, lead - 1],
            came=self.rolls.pupils[:, :, at],
            simple={name: forecast[:, :, lead - 1] for name, forecast in again.simple.items()},
            feeding=again.feeding if asked else None,
            standing=self.rolls.pupils[:, :, self.rolls.years.index(origin)] if asked else None,
            caps=caps,
            bound=self.rolls.full[:, :, at],
            whole=True,
        )

    def _simple(self, known: District, horizon: int) -> dict[str, NDArray[np.float64]]:
        """Return what simple methods say [school, grade, lead]; of each stage by itself, as its entrants come anew."""
        rolls = read_rolls(known, self.rolls.schools, self.rolls.grades)
        out: dict[str, NDArray[np.float64]] = {}
        for stage in self.stages:
            within = slice(rolls.grades.index(stage.first), rolls.grades.index(stage.last) + 1)
            total, here = self._births(known, stage, rolls, horizon)
            counts = UnitCounts(
                units=rolls.schools,
                grades=rolls.grades[within],
                years=rolls.years,
                pupils=rolls.pupils[:, within],
                births=total,
                born_here=here,
                lag=horizon,
            )
            for name, said in baseline_forecasts(counts, horizon).items():
                whole = out.setdefault(name, np.full((*rolls.pupils.shape[:2], horizon), np.nan))
                whole[:, within] = said
        return out

    def _births(
        self, known: District, stage: Stage, rolls: Rolls, horizon: int
    ) -> tuple[NDArray[np.float64] | None, NDArray[np.float64] | None]:
        """Return the births known of who enters a stage each autumn, of all and, where they are by block, by school."""
        autumns = (*rolls.years, *range(known.counted + 1, known.counted + horizon + 1))
        offset = stage.first - self.policy.entry.first_grade
        births = cohorts(known, self.policy, autumns, offset, Assumptions())
        if births is None:
            return None, None
        sure = births.beyond.sum(axis=1) <= 0
        stated = births.births[np.isfinite(births.births).sum(axis=1) > 0]
        total = np.where(sure, stated.sum(axis=0), np.nan)
        if not births.by_block:
            return total, None
        here = np.full((len(rolls.schools), len(autumns)), np.nan)
        for at in np.flatnonzero(sure):
            then = catchments_then(known, stage.stage, min(autumns[at], known.counted))
            parts = schools_of_blocks(then, rolls.schools, rolls.of_grade(stage.first)[:, -1])
            here[:, at] = parts.T @ np.nan_to_num(births.births[:, at])
        return total, np.where(here > 0, here, np.nan)


def _parameters(forecast: FittedForecast, origin: int) -> pd.DataFrame:
    """Return what a fit estimated, a row a parameter."""
    table = forecast.parameters
    names = [f"{part}: {name}" for part, name in zip(table["component"], table["parameter"], strict=True)]
    return pd.DataFrame({"origin": origin, "parameter": names, "value": table["value"].to_numpy()})


def _left_out(district: District, rolls: Rolls, found: Backtest) -> list[Text]:
    """Return notes of schools and counts that are not scored, and of changes that nobody could have known."""
    notes = []
    if len(found.bounds):
        notes.append(
            Text(
                "{number} counts are of grades whose school turned children away. They are lower bounds of what was forecast, and not scored.",
                number=len(found.bounds),
            )
        )
    counted = np.flatnonzero(np.isfinite(rolls.pupils).sum(axis=(1, 2)))
    scored = set(found.forecasts["unit"])
    unseen = [rolls.schools[at] for at in counted if rolls.schools[at] not in scored]
    if unseen:
        notes.append(
            Text(
                "Schools not scored: {schools}. They were not counted both at an origin and after it.",
                schools=few(school_names(district, unseen)),
            )
        )
    surprised = _surprised(district, found.forecasts)
    if surprised:
        notes.append(
            Text(
                "{number} of {all} forecasts are of schools that opened, closed, merged or were re-zoned after the origin, which the forecast could not know. They are scored with the others.",
                number=surprised,
                all=len(found.forecasts),
            )
        )
    return notes


def _surprised(district: District, forecasts: pd.DataFrame) -> int:
    """Return how many forecasts are of a school that an event changed between the origin and the year forecast."""
    events = district["events"]
    events = events.loc[events["kind"].isin(list(_CHANGES))]
    pairs = pd.concat(
        [pd.DataFrame({"unit": events[column], "year": events["year"]}) for column in ("school", "other")]
    ).dropna()
    met = forecasts[["unit", "grade", "origin", "lead"]].merge(pairs.drop_duplicates(), on="unit")
    between = (met["year"] > met["origin"]) & (met["year"] <= met["origin"] + met["lead"])
    return len(met.loc[between].drop_duplicates(["unit", "grade", "origin", "lead"]))
