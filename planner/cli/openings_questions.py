"""``planner openings``: how late, what one more room is worth, why not, at what price, what is left over."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from planner.answers.openings import (
    Basis,
    Reply,
    as_decided,
    cheapest_levers,
    frontier,
    latest_openings,
    reply_frontier,
    reply_latest,
    reply_levers,
    reply_surplus,
    reply_why_not,
    reply_worth,
    surplus,
    why_not,
    worth_of,
    write_reply,
)
from planner.archive import check_place
from planner.cli.progress import progress
from planner.cli.show import show_table, span, tell, tenth, whole
from planner.maps import frontier_chart, worth_map
from planner.maps.draw import scenario_name
from planner.pipeline import run
from planner.pipeline.scheduling import schedule_scenario
from planner.scenario import read_scenario
from planner.words import Text, percent, say

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd
    from matplotlib.figure import Figure

    from planner.pipeline import Run

    Watch = Callable[[Text, int, int], None] | None

SHOWN = 20
"""Rows of a table that are shown, at most."""

MILLION = 1e6
"""Yuan are shown in millions. [yuan]"""


class _Found(NamedTuple):
    """What was found, and what it rests on."""

    run: Run
    reply: Reply
    pictures: Mapping[str, Figure]


def command(*, verb: str, scenario: str, out: str | None, replace: bool, as_json: bool, **asked: Any) -> int:
    """Answer one of the questions."""
    if out is not None:
        check_place(Path(out), replace=replace)
    with progress() as watch:
        found = ASKED[verb](scenario, watch, **asked)
        if out is not None:
            write_reply(found.run, found.reply, out, pictures=found.pictures, replace=replace)
    if as_json:
        click.echo(json.dumps(found.reply.as_json(), indent=2, ensure_ascii=False, allow_nan=False))
        return 0
    for line in found.reply.lines:
        tell(line, indent="    " if line.startswith(" ") else "")
    if verb in SHOW:
        SHOW[verb](found.reply.tables)
    if out is not None:
        click.echo()
        tell(say("Written: {path}", path=out))
    return 0


def _latest(
    scenario: str,
    watch: Watch,
    *,
    projects: tuple[str, ...],
    risk: float,
    gap: float | None,
    seconds: float | None,
    draws: int | None,
) -> _Found:
    """Find how late projects may open; where the scenario leaves projects open, after deciding when they do."""
    done = _decided(scenario, watch, gap=gap, seconds=seconds, draws=draws)
    return _Found(done, reply_latest(latest_openings(done, projects, risk=risk, progress=watch)), {})


def _levers(
    scenario: str,
    watch: Watch,
    *,
    school: str,
    year: int,
    level: float,
    gap: float | None,
    seconds: float | None,
    draws: int | None,
) -> _Found:
    """Find the cheapest levers that bring a school below its caps."""
    done = _decided(scenario, watch, gap=gap, seconds=seconds, draws=draws)
    return _Found(done, reply_levers(cheapest_levers(done, school, year, level=level, progress=watch)), {})


def _surplus(
    scenario: str,
    watch: Watch,
    *,
    threshold: float,
    gap: float | None,
    seconds: float | None,
    draws: int | None,
) -> _Found:
    """Find what is left over after the wave."""
    done = _decided(scenario, watch, gap=gap, seconds=seconds, draws=draws)
    return _Found(done, reply_surplus(surplus(done, threshold=threshold)), {})


def _decided(
    scenario: str, watch: Watch, *, gap: float | None, seconds: float | None, draws: int | None
) -> Run:
    """Return a scenario carried out, what it leaves open decided."""
    loaded = read_scenario(scenario)
    if loaded.scenario.schedule is None:
        return run(loaded, draws=draws, progress=watch)
    return as_decided(
        schedule_scenario(loaded, draws=draws, gap=gap, seconds=seconds, reasons=False, progress=watch)
    )


def _basis(
    scenario: str, watch: Watch, *, gap: float | None, seconds: float | None, draws: int | None
) -> Basis:
    return Basis.of(run(scenario, draws=draws, progress=watch), gap=gap, seconds=seconds)


def _worth(
    scenario: str,
    watch: Watch,
    *,
    more: Any,
    schools: tuple[str, ...],
    years: tuple[int, ...],
    tries: int,
    gap: float | None,
    seconds: float | None,
    draws: int | None,
) -> _Found:
    """Find what one more room, class or seat is worth, the projects open as is best without it."""
    basis = _basis(scenario, watch, gap=gap, seconds=seconds, draws=draws)
    campuses, positions = basis.campuses_called(schools), basis.positions(years)
    best = basis.plan(basis.facts)
    found = worth_of(
        basis.facts,
        best.plan.opens,
        plan=basis.fill,
        base=best,
        more=more,
        tries=tries,
        parts=basis.gathered.parts,
        years=positions,
        campuses=campuses,
        progress=watch,
    )
    reply = reply_worth(basis, found)
    return _Found(basis.run, reply, _worth_pictures(basis, reply.tables["worth"]))


def _worth_pictures(basis: Basis, table: pd.DataFrame) -> dict[str, Figure]:
    """Return the map of the rooms found worth most, of their stage and year; none of classes and seats."""
    if not len(table) or table["more"].iloc[0] != "room":
        return {}
    best = table.iloc[0]
    fewer = table.assign(worth=table["unplaced"] + table["above_cap"], sure=True)
    done = basis.run
    figure = worth_map(
        done.district,
        done.plan,
        fewer,
        stage=str(best["stage"]),
        year=int(best["year"]),
        unit=Text("fewer child-years without a place or above the cap"),
        policy=done.policy,
        scenario=scenario_name(done.scenario),
    )
    return {"worth": figure}


def _why_not(scenario: str, watch: Watch, *, seconds: float | None, draws: int | None) -> _Found:
    """Find which demands of the scenario contradict each other."""
    basis = _basis(scenario, watch, gap=None, seconds=seconds, draws=draws)
    return _Found(basis.run, reply_why_not(why_not(basis, seconds=seconds, progress=watch)), {})


def _frontier(
    scenario: str,
    watch: Watch,
    *,
    plans: int,
    gap: float | None,
    seconds: float | None,
    draws: int | None,
) -> _Found:
    """Find plans between the least money and the least overcrowding."""
    basis = _basis(scenario, watch, gap=gap, seconds=seconds, draws=draws)
    reply = reply_frontier(basis, frontier(basis.facts, plan=basis.plan, plans=plans, progress=watch))
    table = reply.tables["frontier"]
    chart = frontier_chart(
        basis.run.district,
        table.assign(
            name=[say("plan {number}", number=number) for number in table["plan"]],
            yuan=table["spent"],
            over=table["shortage"],
        ),
        title=say("What less overcrowding costs"),
        lines=[say("Capital of projects, against child-years without a place or above the cap.")],
        scenario=scenario_name(basis.run.scenario),
        cost=say("capital of projects, not discounted"),
    )
    return _Found(basis.run, reply, {"frontier": chart})


ASKED: Mapping[str, Callable[..., _Found]] = {
    "latest": _latest,
    "worth": _worth,
    "why-not": _why_not,
    "frontier": _frontier,
    "surplus": _surplus,
    "levers": _levers,
}
"""By verb: how the question is answered."""


def _show_latest(tables: Mapping[str, pd.DataFrame]) -> None:
    headings = {
        "name": say("project"),
        "opens": say("opens"),
        "earliest": say("earliest"),
        "latest": say("latest safe"),
        "p_latest": say("odds then"),
        "p_next": say("odds a year later"),
        "late": say("a year late (child-years)"),
        "range": say("90% range"),
    }
    table = tables["latest"]
    shown = table.assign(
        range=[
            None if math.isnan(low) else span(low, high)
            for low, high in zip(table["late_low"], table["late_high"], strict=True)
        ]
    )
    figures = dict.fromkeys(("opens", "earliest", "latest", "range"), str)
    _show(shown, headings, figures | {"p_latest": percent, "p_next": percent, "late": whole})


def _show_worth(tables: Mapping[str, pd.DataFrame]) -> None:
    headings = {
        "name": say("school"),
        "stage": say("stage"),
        "year": say("year"),
        "unplaced": say("unplaced"),
        "above_cap": say("above the cap"),
        "outside": say("outside"),
        "million": say("million yuan"),
        "pupil_km": say("km"),
    }
    table = tables["worth"].assign(million=tables["worth"]["yuan"] / MILLION)
    tenths = dict.fromkeys(("unplaced", "above_cap", "outside", "pupil_km"), tenth)
    _show(table, headings, tenths | {"year": str, "million": tenth})


def _show_frontier(tables: Mapping[str, pd.DataFrame]) -> None:
    headings = {
        "plan": say("plan"),
        "million": say("capital (million yuan)"),
        "unplaced": say("unplaced"),
        "above_cap": say("above the cap"),
        "bound": say("at least"),
        "opened": say("projects"),
    }
    table = tables["frontier"].assign(million=tables["frontier"]["spent"] / MILLION)
    figures = dict.fromkeys(("plan", "unplaced", "above_cap", "bound", "opened"), whole)
    _show(table, headings, figures | {"million": tenth})


def _show_surplus(tables: Mapping[str, pd.DataFrame]) -> None:
    by_year = tables["rooms"].pivot_table(index="year", values=["rooms", "in_use", "empty"], aggfunc="sum")
    headings = {
        "year": say("year"),
        "rooms": say("rooms"),
        "in_use": say("in use"),
        "empty": say("empty"),
    }
    _show(by_year.reset_index(), headings, dict.fromkeys(headings, whole))
    if len(tables["projects"]):
        _show_use(tables["projects"])
    if len(tables["other_stage"]):
        _show_other_stage(tables["other_stage"])


def _show_use(projects: pd.DataFrame) -> None:
    headings = {
        "name": say("project"),
        "opens": say("opens"),
        "rooms": say("rooms"),
        "peak": say("used at the peak"),
        "peak_year": say("peak"),
        "use": say("in the long run"),
        "enough": say("enough at any time"),
        "enough_later": say("enough later"),
    }
    figures = dict.fromkeys(("opens", "rooms", "peak_year", "enough", "enough_later"), str)
    _show(projects, headings, figures | {"peak": percent, "use": percent})


def _show_other_stage(table: pd.DataFrame) -> None:
    click.echo()
    tell(say("Empty rooms that another stage could use, the most usable first:"))
    headings = {
        "name": say("school"),
        "year": say("year"),
        "empty": say("empty rooms"),
        "stage": say("for stage"),
        "seats": say("seats"),
        "short": say("above the cap near by"),
        "nearest_name": say("most at"),
        "metres": say("metres"),
    }
    ordered = table.sort_values(["usable", "year", "school"], ascending=[False, True, True])
    figures = dict.fromkeys(("empty", "seats", "short", "metres"), whole)
    _show(ordered, headings, figures | {"year": str}, above=False)


def _show(
    table: pd.DataFrame,
    headings: Mapping[str, str],
    figures: Mapping[str, Callable[[Any], str]],
    *,
    above: bool = True,
) -> None:
    """Print the first rows of a table, an empty line before it."""
    if not len(table):
        return
    if above:
        click.echo()
    show_table(table.head(SHOWN), headings, figures)
    if len(table) > SHOWN:
        tell(say("... and {more} more rows.", more=len(table) - SHOWN))


SHOW: Mapping[str, Callable[[Mapping[str, pd.DataFrame]], None]] = {
    "latest": _show_latest,
    "worth": _show_worth,
    "frontier": _show_frontier,
    "surplus": _show_surplus,
}
"""By verb: how its tables are shown; what is not here is said in sentences alone."""
