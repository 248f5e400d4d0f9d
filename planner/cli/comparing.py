"""``planner compare``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from planner.answers import compare
from planner.archive import check_place, named, rounded, write_csv, write_manifest, write_whole
from planner.cli.progress import progress
from planner.cli.show import show_table, signed, tell, whole
from planner.errors import QuestionError
from planner.maps import before_after_map, save_figure
from planner.pipeline import run
from planner.words import Text, current_language, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from planner.answers import Comparison
    from planner.pipeline import Run

FIGURES = ("seats", "demand", "gap", "entry_gap", "over", "turned_away", "unplaced")


def command(
    *,
    scenarios: tuple[str, ...],
    year: int | None,
    out: str | None,
    replace: bool,
    draws: int | None,
    as_json: bool,
) -> int:
    """Run scenarios on the same draws and show how they differ from the first."""
    if len(scenarios) < 2:
        raise click.UsageError(
            say("Name at least two scenarios to compare."), click.get_current_context(silent=True)
        )
    if out is not None:
        check_place(Path(out), replace=replace)
    with progress() as watch:
        runs = [run(scenarios[0], draws=draws, progress=watch)]
        for scenario in scenarios[1:]:
            runs.append(run(scenario, draws=draws, like=runs[0], progress=watch))
    found = compare(runs, names=called(scenarios))
    table, moved = _of_year(found, year)
    if out is not None:
        _write(found, table, moved, Path(out), replace=replace)
    if as_json:
        click.echo(json.dumps(_plain(found, table, moved), indent=2, ensure_ascii=False, allow_nan=False))
        return 0
    _show(found, table, moved)
    if out is not None:
        click.echo()
        tell(say("Written: {path}", path=out))
    return 0


def called(scenarios: Sequence[str]) -> list[str]:
    """Return a name for each scenario: that of its file, with a number where several files have it."""
    stems = [Path(scenario).stem for scenario in scenarios]
    names, taken = [], set(stems)
    for position, stem in enumerate(stems):
        name, number = stem, 2
        while name in names or (name != stem and name in taken):
            name, number = f"{stem}-{number}", number + 1
        names.append(name if position else stem)
    return names


def _of_year(found: Comparison, year: int | None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the figures and moved entrants of the year asked about; of all years where none is."""
    years = found.runs[0].plan.years
    if year is None:
        return found.table, found.moved
    if year not in years:
        raise QuestionError(
            Text(
                "{year} is not within the school years compared, {first} to {last}.",
                year=year,
                first=years[0],
                last=years[-1],
            )
        )
    return found.table.loc[found.table["year"] == year], found.moved.loc[found.moved["year"] == year]


def _write(found: Comparison, table: pd.DataFrame, moved: pd.DataFrame, out: Path, *, replace: bool) -> None:
    """Write the figures, the moved blocks and maps of them into a folder."""
    base = found.runs[0]
    with write_whole(out, replace=replace) as folder:
        write_csv(rounded(table), folder / "comparison.csv")
        write_csv(rounded(named(moved, base.district)), folder / "moved.csv")
        for other, name in zip(found.runs[1:], found.names[1:], strict=True):
            for stage, of_stage in moved.loc[moved["scenario"] == name].groupby("stage"):
                figure = before_after_map(
                    other.district,
                    base.plan,
                    other.plan,
                    str(stage),
                    int(of_stage["year"].min()),
                    policy=other.policy,
                    scenario=summary(other),
                )
                save_figure(figure, folder / f"moved-{name}-{stage}.png")
        facts = {
            "compared": list(found.names),
            "scenarios": {
                name: dict(one.loaded.digests) for name, one in zip(found.names, found.runs, strict=True)
            },
            "district": {"name": base.district.name, "sha256": dict(base.district.digests)},
            "draws": base.forecast.draws,
            "seed": base.forecast.seed,
        }
        write_manifest(folder, facts)


def summary(one: Run) -> str:
    """Return what a run's scenario says about itself, in the current language."""
    return (one.scenario.summary_zh if current_language() == "zh" else "") or one.scenario.summary


def _plain(found: Comparison, table: pd.DataFrame, moved: pd.DataFrame) -> dict[str, Any]:
    """Return a comparison as plain values; missing ones as None."""
    base = found.runs[0]
    return {
        "compared": list(found.names),
        "draws": base.forecast.draws,
        "seed": base.forecast.seed,
        "figures": _records(table),
        "moved": _records(moved),
    }


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    plain = rounded(table).astype(object)
    return plain.where(plain.notna(), None).to_dict("records")


def _show(found: Comparison, table: pd.DataFrame, moved: pd.DataFrame) -> None:
    """Print which scenarios are compared, and the figures in which they differ, a table a stage."""
    base = found.runs[0]
    for one, name in zip(found.runs, found.names, strict=True):
        tell(f"{name}: {summary(one)}" if summary(one) else name, indent="  ")
    headings = {
        "seats": say("seats"),
        "demand": say("demand"),
        "gap": say("seat gap"),
        "entry_gap": say("entry seat gap"),
        "over": say("entrants over cap"),
        "turned_away": say("turned away"),
        "unplaced": say("unplaced"),
    }
    for stage, of_stage in table.groupby("stage", sort=False):
        click.echo()
        click.echo(base.policy.stage(str(stage)).label)
        differ = _changed(of_stage)
        if not differ:
            tell(say("No scenario differs from {base}.", base=found.names[0]))
            continue
        years = of_stage.loc[
            of_stage[[f"{figure}_change" for figure in differ]].abs().max(axis=1) >= 0.5, "year"
        ]
        rows = of_stage.loc[of_stage["year"].isin(years)].sort_values("year", kind="stable")
        shown = rows.assign(**{figure: _with_error(rows, figure, found.names[0]) for figure in differ})
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
            base=found.names[0],
        )
    )
    if len(moved):
        click.echo()
        click.echo(say("Entrants whose catchment changes:"))
        _show_moved(base, moved)


def _show_moved(base: Run, moved: pd.DataFrame) -> None:
    """Print how many entrants change their catchment, in the first year and in all."""
    rows = moved.assign(stage=[base.policy.stage(stage).label for stage in moved["stage"]])
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
    """Return the figures in which some scenario differs from the first by half a child or more."""
    return [figure for figure in FIGURES if max(map(abs, table[f"{figure}_change"])) >= 0.5]


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
    """Return a change with its error; 0 where nothing changes in any draw."""
    return f"{signed(change)} ±{whole(error)}" if round(change) or round(error) else "0"
