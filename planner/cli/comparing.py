"""``planner compare``."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from planner.answers import compare, write_comparison
from planner.answers.comparing import FIGURES, check_scenarios, numbered, sentences_of
from planner.archive import check_place, rounded
from planner.archive.whole import MANIFEST
from planner.cli.comparison_rows import most_changed_rows, outcome_rows
from planner.cli.progress import progress
from planner.cli.show import MISSING, show_table, signed, tell, whole
from planner.errors import QuestionError
from planner.maps.draw import scenario_name
from planner.pipeline import run
from planner.scenario import read_scenario
from planner.words import Text, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from planner.answers import Comparison
    from planner.pipeline import Run

MOST = 8
"""Schools shown among the most changed."""


def command(
    *,
    scenarios: tuple[str, ...],
    year: int | None,
    out: str | None,
    replace: bool,
    draws: int | None,
    maps: bool,
    every: bool,
    as_json: bool,
) -> int:
    """Run scenarios on the same draws and show how they differ from the first."""
    if len(scenarios) < 2:
        raise click.UsageError(
            say("Name at least two scenarios to compare."), click.get_current_context(silent=True)
        )
    if out is not None:
        check_place(Path(out), replace=replace)
    _refuse_run_folders(scenarios)
    names = numbered([Path(scenario).stem for scenario in scenarios])
    loaded = [read_scenario(scenario) for scenario in scenarios]
    check_scenarios(loaded, names, draws)
    with progress() as watch:
        runs = [run(loaded[0], draws=draws, progress=watch)]
        _check_year(runs[0], year)
        runs += [run(each, draws=draws, like=runs[0], progress=watch) for each in loaded[1:]]
        found = compare(runs, names=names, progress=watch)
        if out is not None:
            write_comparison(found, out, replace=replace, maps=maps, year=year, progress=watch)
    if as_json:
        plain = _plain(found, year, every=every)
        click.echo(json.dumps(plain, indent=2, ensure_ascii=False, allow_nan=False))
        return 0
    _show(found, year, every=every)
    if out is not None:
        click.echo()
        tell(say("Written: {path}", path=out))
    return 0


def _refuse_run_folders(scenarios: Sequence[str]) -> None:
    """
    Refuse folders that runs left, which hold what was made of the draws but not the draws.

    Raises
    ------
    QuestionError
        With every such folder, and the file that its run was of.
    """
    faults = []
    for scenario in scenarios:
        manifest = Path(scenario) / MANIFEST
        if not manifest.is_file():
            continue
        file = _scenario_in(manifest)
        faults.append(
            Text(
                "{folder} is a folder that the planner wrote: it holds tables, not the draws that a comparison pairs. Name"
                " the scenario instead: {file}",
                folder=scenario,
                file=file or Text("the .toml file that it was made from"),
            )
        )
    if faults:
        raise QuestionError(*faults)


def _scenario_in(manifest: Path) -> str:
    """Return the scenario's file that a manifest names; nothing where it names none."""
    try:
        files = json.loads(manifest.read_text(encoding="utf-8"))["scenario"]
        return str(list(files.values())[-1]["read_from"])
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return ""


def _check_year(first: Run, year: int | None) -> None:
    """Raise when the year asked about is not of the run, before the others are run."""
    years = first.plan.years
    if year is not None and year not in years:
        raise QuestionError(
            Text(
                "{year} is not within the school years compared, {first} to {last}.",
                year=year,
                first=years[0],
                last=years[-1],
            )
        )


def _of_year(table: pd.DataFrame, year: int | None) -> pd.DataFrame:
    return table if year is None or "year" not in table else table.loc[table["year"] == year]


def _plain(found: Comparison, year: int | None, *, every: bool) -> dict[str, Any]:
    """Return a comparison as plain values; missing ones as None."""
    base = found.runs[0]
    plain = {
        "compared": list(found.names),
        "draws": base.forecast.draws,
        "seed": base.forecast.seed,
        "sentences": {name: sentences_of(found, name) for name in found.names[1:]},
        "figures": _records(_of_year(found.table, year)),
        "totals": _records(found.totals),
        "moved": _records(_of_year(found.moved, year)),
    }
    if every:
        plain["outcomes"] = {name: _records(_of_year(table, year)) for name, table in found.outcomes.items()}
    return plain


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    plain = rounded(table).astype(object)
    return plain.where(plain.notna(), None).to_dict("records")


def _show(found: Comparison, year: int | None, *, every: bool) -> None:
    """Print what each scenario does, the figures by stage and year, the places most changed, and all when asked."""
    for one, name in zip(found.runs, found.names, strict=True):
        summary = scenario_name(one.scenario)
        tell(f"{name}: {summary}" if summary else name, indent="  ")
    for name in found.names[1:]:
        click.echo()
        click.echo(say("{name} against {base}:", name=name, base=found.first))
        for sentence in sentences_of(found, name):
            tell(f"- {sentence}", indent="  ")
    _show_stages(found, year)
    moved = _of_year(found.moved, year)
    entrants = moved.loc[moved["block"].notna()]
    if len(entrants):
        click.echo()
        click.echo(say("Entrants whose catchment changes:"))
        _show_moved(found.runs[0], entrants)
    for name in found.names[1:]:
        rows, headings, shown_as = most_changed_rows(found, name, year, MOST)
        if len(rows):
            click.echo()
            click.echo(say("Schools whose seat gap changes most, {name}:", name=name))
            show_table(rows, headings, shown_as)
    if every:
        for title, rows, headings, shown_as in outcome_rows(found, year):
            click.echo()
            click.echo(title)
            show_table(rows, headings, shown_as)
    else:
        click.echo()
        tell(say("All that differs: with --all here, with --out in tables, a workbook and maps."))


def _show_stages(found: Comparison, year: int | None) -> None:
    """Print the figures in which scenarios differ, a table a stage."""
    headings = {
        "seats": say("seats"),
        "demand": say("demand"),
        "gap": say("seat gap"),
        "entry_gap": say("entry seat gap"),
        "over": say("entrants over cap"),
        "classes_over": say("classes over cap"),
        "turned_away": say("turned away"),
        "unplaced": say("unplaced"),
    }
    for stage, of_stage in _of_year(found.table, year).groupby("stage", sort=False):
        click.echo()
        click.echo(found.runs[0].policy.stage(str(stage)).label)
        differ = _changed(of_stage)
        if not differ:
            tell(say("No scenario differs from {base}.", base=found.first))
            continue
        years = of_stage.loc[
            of_stage[[f"{figure}_change" for figure in differ]].abs().max(axis=1) >= 0.5, "year"
        ]
        rows = of_stage.loc[of_stage["year"].isin(years)].sort_values("year", kind="stable")
        shown = rows.assign(**{figure: _with_error(rows, figure, found.first) for figure in differ})
        show_table(
            shown,
            {
                "year": say("year"),
                "scenario": say("scenario"),
                **{figure: headings[figure] for figure in differ},
            },
            {"year": str, **dict.fromkeys(differ, str)},
        )
    click.echo()
    tell(
        say(
            "Figures of {base}; of the others the change from it on the same draws, with its 95 % sampling error."
            " Years and figures in which nothing changes are left out.",
            base=found.first,
        )
    )


def _show_moved(base: Run, entrants: pd.DataFrame) -> None:
    """Print how many entrants change their catchment, in the first year and in all."""
    rows = entrants.assign(stage=[base.policy.stage(stage).label for stage in entrants["stage"]])
    sums = rows.pivot_table("children", ["scenario", "stage", "year"], aggfunc="sum", sort=False)
    shown = (
        sums.reset_index()
        .groupby(["scenario", "stage"], sort=False)
        .agg(since=("year", "first"), first=("children", "first"), all=("children", "sum"))
        .reset_index()
    )
    headings = {"scenario": say("scenario"), "stage": say("stage"), "since": say("since")}
    headings |= {"first": say("in that year"), "all": say("in all years")}
    show_table(shown, headings, {"since": str, "first": whole, "all": whole})


def _changed(table: pd.DataFrame) -> list[str]:
    """
    Return the figures in which some scenario differs from the first by half a child or more.

    Where no seats differ the demand changes as the seat gap does, and is left out.
    """
    differ = [figure for figure in FIGURES if max(map(abs, table[f"{figure}_change"])) >= 0.5]
    return differ if "seats" in differ else [figure for figure in differ if figure != "demand"]


def _with_error(rows: pd.DataFrame, figure: str, base: str) -> list[str]:
    """Return a figure of the first scenario, and the changes of the others with their sampling error."""
    columns = [
        rows[column].tolist() for column in ("scenario", figure, f"{figure}_change", f"{figure}_error")
    ]
    return [
        whole(value) if name == base else _change(change, 1.96 * error)
        for name, value, change, error in zip(*columns, strict=True)
    ]


def _change(change: float, error: float) -> str:
    """Return a change with its error; 0 where nothing changes in any draw, no error where it is not known."""
    if math.isnan(error):
        return f"{signed(change)} ±{MISSING}"
    return f"{signed(change)} ±{whole(error)}" if round(change) or round(error) else "0"
