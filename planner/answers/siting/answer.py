"""Where one new school does most: asked of a run, for one size or several, proven."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from planner.answers.siting.homes import children_at_home
from planner.district import distance_matrix
from planner.district.findings import few
from planner.district.geography import block_points
from planner.errors import QuestionError
from planner.optimise.sites import BEST, Ranking, across, rank_sites
from planner.words import Text, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.pipeline import Run

NEARLY = 0.01
"""How much longer the mean way may be for a site to count as nearly as good as the best. [1]"""
_OVER = 0.5
"""Child-years from which a difference of children above the seats is told."""


@dataclass(frozen=True, kw_only=True)
class SiteCase:
    """One size of the new school, under one demand."""

    seats: int
    """[children]"""
    demand: float
    """Children over those expected. [1]"""
    ranking: Ranking

    @property
    def name(self) -> str:
        """How the case is called, in the current language."""
        if self.demand == 1:
            return say("{seats} seats", seats=f"{self.seats:,}")
        return say(
            "{seats} seats, {share} of the children", seats=f"{self.seats:,}", share=f"{self.demand:.0%}"
        )


@dataclass(frozen=True, kw_only=True)
class SiteAnswer:
    """The best sites for a new school; the first case is the one asked about, the others say how firm the choice is."""

    stage: str
    label: str
    """How the stage is called."""
    years: tuple[int, ...]
    """School years whose children are placed, each for itself."""
    limit: float | None
    """Longest way that complies. [m]"""
    names: dict[str, str]
    """How a site is called."""
    cases: tuple[SiteCase, ...]

    @property
    def main(self) -> Ranking:
        """The ranking of the first case."""
        return self.cases[0].ranking

    @property
    def table(self) -> pd.DataFrame:
        """The best sites of the first case: `Ranking.table`, with their names."""
        table = self.main.table
        table.insert(2, "name", [self.names[site] for site in self.main.best])
        return table

    @property
    def robust(self) -> pd.DataFrame:
        """How the best site of each case does in the others: `across`."""
        return across({case.name: case.ranking for case in self.cases})

    @property
    def sentence(self) -> str:
        """The answer in one sentence, in the current language."""
        best = self.main.table.iloc[0]
        values = {
            "sites": f"{len(self.main.search.facts.sites):,}",
            "stage": self.label,
            "seats": f"{self.cases[0].seats:,}",
            "years": _span(self.years),
            "site": self.names[self.main.best[0]],
            "km": f"{best['metres'] / 1000:.2f}",
        }
        return say(
            "Of {sites} sites for a new school ({stage}) of {seats} seats, {site} is best in {years}: the mean way is {km} km.",
            **values,
        )

    @property
    def remarks(self) -> list[str]:
        """What else to know, in the current language."""
        return [
            *_on_others(self),
            *_on_seats(self),
            *_on_cases(self),
            say(
                "Proven: no plan for any other site is better, whatever the solver did (bounds by prices of seats)."
            ),
            say(
                "Children are placed where the ways of all together are shortest, every year for itself; catchments, and children who stay where they are, are not looked at."
            ),
        ]

    def as_json(self) -> dict[str, Any]:
        """Return the answer as plain values."""
        return {
            "answer": self.sentence,
            "remarks": self.remarks,
            "stage": self.stage,
            "years": list(self.years),
            "candidates": len(self.main.search.facts.sites),
            "cases": [
                {
                    "seats": case.seats,
                    "demand": case.demand,
                    "placed": len(case.ranking.search.placed),
                    "best": _plain(case.ranking.table),
                    "others_at_least_longer_m": _number(case.ranking.rest),
                }
                for case in self.cases
            ],
            "across": _plain(self.robust),
        }


def site_school(
    run: Run,
    *,
    seats: Sequence[int],
    stage: str | None = None,
    year: int | None = None,
    until: int | None = None,
    candidates: Sequence[str] = (),
    demand: Sequence[float] = (1.0,),
    number: int = BEST,
    every: bool = False,
) -> SiteAnswer:
    """
    Find the best blocks for one new school of a stage.

    The children of the blocks (`children_at_home`) and the seats of the schools are the run's; ways are those of the
    district, to a site from the middle of each block times the detour.

    Parameters
    ----------
    seats
        Of the new school; further ones are tried as well, to say how firm the choice is. [children]
    stage
        The first when not given.
    year
        School year; the one with most children when not given.
    until
        Last school year, when several count together.
    candidates
        Blocks where it may stand; all when not given.
    demand
        Children over those expected, each tried with every size; the first is the one asked about. [1]
    number
        Sites to be proven.
    every
        Whether all candidates are placed, for a map without bounds; the first case only.

    Raises
    ------
    QuestionError
        When stage, years or candidates are not the run's, or the size is not a number of children.
    DataError
        When there is no demand, or no seats are stated.
    """
    _refuse(run, seats, stage, year, until, candidates, demand)
    stage = stage or run.plan.stages[0]
    homes = children_at_home(run, stage)
    first = run.plan.years[int(homes.to_numpy().sum(axis=0).argmax())] if year is None else year
    years = tuple(range(first, (first if until is None else until) + 1))
    chosen = homes[list(years)]
    places = _seats(run, stage, years)
    sites = list(dict.fromkeys(candidates)) or list(run.plan.blocks)
    ways = _ways(run).loc[:, places.index]
    site_ways = _site_ways(run, sites)
    rule = run.policy.governing("walk", run.policy.stage(stage).first, years[0])
    limit = None if rule is None or rule.at_most is None else float(rule.at_most)
    cases = [
        SiteCase(
            seats=size,
            demand=share,
            ranking=rank_sites(
                chosen * share,
                ways,
                site_ways,
                places,
                new_seats=float(size),
                limit=None if limit is None else limit / 1000,
                number=number,
                every=every and at == 0,
            ),
        )
        for at, (size, share) in enumerate((size, share) for size in seats for share in demand)
    ]
    return SiteAnswer(
        stage=stage,
        label=run.policy.stage(stage).label,
        years=years,
        limit=limit,
        names=_names(run, sites),
        cases=tuple(cases),
    )


def seats_of_rooms(run: Run, rooms: int, stage: str | None, year: int | None) -> int:
    """
    Return how many children so many ordinary rooms are for: rooms x the mean standard class size of the stage.

    Raises
    ------
    QuestionError
        When the policy forms no classes, or no school teaches the stage.
    """
    if run.policy.by_seats:
        raise QuestionError(Text("The policy forms no classes: state the new school's seats, not its rooms."))
    e = run.plan.stages.index(stage) if stage in run.plan.stages else 0
    t = run.plan.years.index(year) if year in run.plan.years else 0
    capacity = run.capacity.of(run.plan.schools)
    taught = capacity.taught[:, e]
    whole = int(taught.argmax())
    if not taught[whole]:
        raise QuestionError(Text("No school teaches the stage {stage}.", stage=run.plan.stages[e]))
    return int(rooms * capacity.standards[whole, e, t] // taught[whole])


def _refuse(
    run: Run,
    seats: Sequence[int],
    stage: str | None,
    year: int | None,
    until: int | None,
    candidates: Sequence[str],
    demand: Sequence[float],
) -> None:
    """
    Refuse a question that the run cannot answer.

    Raises
    ------
    QuestionError
        With every fault.
    """
    plan, faults = run.plan, []
    if stage is not None and stage not in plan.stages:
        faults.append(
            Text("There is no stage {stage}; known: {stages}", stage=stage, stages=", ".join(plan.stages))
        )
    faults += [
        Text(
            "{year} is not within the run's school years {first} to {last}. Ask about one of them, or set until"
            " in the scenario.",
            year=asked,
            first=plan.years[0],
            last=plan.years[-1],
        )
        for asked in (year, until)
        if asked is not None and asked not in plan.years
    ]
    if until is not None and year is None:
        faults.append(Text("With a last school year the first one must be given too."))
    elif until is not None and year is not None and until < year:
        faults.append(
            Text("The last school year asked about, {last}, is before {year}.", last=until, year=year)
        )
    if not seats or min(seats) <= 0:
        faults.append(
            Text("The new school must have seats, not {seats}.", seats=", ".join(map(str, seats)) or "0")
        )
    if not demand or min(demand) <= 0:
        faults.append(Text("The share of the children must be above 0, as 1.1 for a tenth more."))
    faults += [_outside(run, block) for block in candidates if block not in run.district.blocks.index]
    if faults:
        raise QuestionError(*faults)


def _outside(run: Run, block: str) -> Text:
    known = [str(name) for name in run.district.blocks.index]
    close = get_close_matches(block, known, n=3)
    if close:
        return Text(
            "The candidate site {block} is no block of the district. Did you mean {close}?",
            block=block,
            close=", ".join(close),
        )
    return Text(
        "The candidate site {block} is no block of the district; blocks: {known}.",
        block=block,
        known=few(known),
    )


def _seats(run: Run, stage: str, years: Sequence[int]) -> pd.DataFrame:
    """Return seats by school and year, missing where a school has none; schools that never have any are left out."""
    capacity = run.capacity.of(run.plan.schools)
    at = [capacity.years.index(year) for year in years]
    seats = capacity.seats[:, capacity.stages.index(stage)][:, at].astype(np.float64)
    table = pd.DataFrame(
        np.where(seats > 0, seats, np.nan),
        index=pd.Index(capacity.schools, name="school"),
        columns=list(years),
    )
    some = table.notna().any(axis=1).to_numpy(bool)
    return table.loc[some if some.any() else np.ones(len(table), dtype=bool)]


def _ways(run: Run) -> pd.DataFrame:
    """Return ways from block to school; missing where unknown. [km]."""
    return pd.DataFrame(run.distances / 1000, index=list(run.plan.blocks), columns=list(run.plan.schools))


def _site_ways(run: Run, sites: Sequence[str]) -> pd.DataFrame:
    """Return ways from block to candidate block; missing where unknown. [km]."""
    district = run.district
    points = gpd.GeoDataFrame(
        geometry=block_points(district.blocks), index=district.blocks.index, crs=district.blocks.crs
    ).loc[list(sites)]
    detour = run.policy.detour if district.detour is None else district.detour
    metres = distance_matrix(district, points, detour)
    table = pd.DataFrame(metres / 1000, index=list(district.blocks.index), columns=list(sites))
    return table.loc[list(run.plan.blocks)]


def _names(run: Run, sites: Sequence[str]) -> dict[str, str]:
    """Return sites by id with the name of the block where it has another one."""
    names = run.district.blocks["name"].astype("string").fillna("").to_dict()
    return {
        site: f"{site} {names[site]}" if names.get(site) and names[site] != site else site for site in sites
    }


def _span(years: Sequence[int]) -> str:
    return str(years[0]) if len(years) == 1 else say("{first} to {last}", first=years[0], last=years[-1])


def _on_others(answer: SiteAnswer) -> list[str]:
    """Say how much worse the next sites and all others are, and how many are nearly as good."""
    ranking, table = answer.main, answer.main.table
    equal = table.loc[(table["over"] - table["over"].iloc[0]).abs() <= _OVER].iloc[1:]
    lines = []
    if len(equal):
        lines.append(
            say(
                "The next {number}: {names}; the mean way is {low} to {high} m longer.",
                number=len(equal),
                names=", ".join(answer.names[site] for site in equal["site"].tolist()),
                low=f"{equal['longer'].min():,.0f}",
                high=f"{equal['longer'].max():,.0f}",
            )
        )
    if np.isfinite(ranking.rest):
        lines.append(say("Every other site: {metres} m longer or more.", metres=f"{ranking.rest:,.0f}"))
    near = ranking.near(NEARLY * float(table["metres"].iloc[0]))
    if near > 1:
        lines.append(
            say(
                "At most {near} sites are within {share} of the best: for the ways the choice among them hardly matters.",
                near=near,
                share=f"{NEARLY:.0%}",
            )
        )
    return lines


def _on_seats(answer: SiteAnswer) -> list[str]:
    """Say how many children are above the seats, or without a place."""
    best = answer.main.table.iloc[0]
    lines = []
    if best["over"] > _OVER:
        lines.append(
            say(
                "{children} child-years are above the seats of all schools together, the new one among them; which school has them is decided by the ways.",
                children=f"{best['over']:,.0f}",
            )
        )
    if best["unplaced"] > _OVER:
        lines.append(
            say("{children} child-years have no way to any school.", children=f"{best['unplaced']:,.0f}")
        )
    return lines


def _on_cases(answer: SiteAnswer) -> list[str]:
    """Say which site is best in the other cases, and what the first choice costs there."""
    if len(answer.cases) == 1:
        return []
    table = answer.robust
    first = answer.cases[0].name
    lines = []
    for case in answer.cases[1:]:
        best = case.ranking.best[0]
        row = table.loc[(table["best_in"] == first) & (table["case"] == case.name)].iloc[0]
        if best == answer.main.best[0]:
            lines.append(say("With {case} the same site is best.", case=case.name))
        elif row["worse"] > _OVER:
            lines.append(
                say(
                    "With {case} {site} is best; {first} seats {children} children fewer.",
                    case=case.name,
                    site=answer.names[best],
                    first=answer.names[answer.main.best[0]],
                    children=f"{row['worse']:,.0f}",
                )
            )
        else:
            lines.append(
                say(
                    "With {case} {site} is best; the mean way with {first} is {metres} m longer.",
                    case=case.name,
                    site=answer.names[best],
                    first=answer.names[answer.main.best[0]],
                    metres=f"{row['longer']:,.0f}",
                )
            )
    return lines


def _plain(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {str(column): _number(value) for column, value in row.items()} for row in table.to_dict("records")
    ]


def _number(value: Any) -> Any:
    """Return a figure rounded, None where it is missing or infinite; anything else as it is."""
    if isinstance(value, float):
        return round(value, 4) if np.isfinite(value) else None
    return value
