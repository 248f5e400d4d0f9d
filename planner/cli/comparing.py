"""``planner compare``."""

from __future__ import annotations

import json
from pathlib import Path

import click

from planner.answers import compare
from planner.archive import named, rounded, write_csv, write_whole
from planner.cli.progress import progress
from planner.cli.show import show_table, whole
from planner.errors import QuestionError
from planner.maps import before_after_map, save_figure
from planner.pipeline import run
from planner.words import Text, outcome_label, say

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
        raise QuestionError(Text("Name at least two scenarios to compare."))
    with progress() as watch:
        runs = [run(scenarios[0], draws=draws, progress=watch)]
        for scenario in scenarios[1:]:
            runs.append(run(scenario, draws=draws, like=runs[0], progress=watch))
    found = compare(runs)
    table, moved = found.table, found.moved
    if year is not None:
        if year not in runs[0].plan.years:
            raise QuestionError(Text("{year} is not among the school years compared.", year=year))
        table, moved = table.loc[table["year"] == year], moved.loc[moved["year"] == year]
    if out is not None:
        with write_whole(Path(out), replace=replace) as folder:
            write_csv(rounded(table), folder / "comparison.csv")
            write_csv(rounded(named(moved, runs[0].district)), folder / "moved.csv")
            for other, name in zip(found.runs[1:], found.names[1:], strict=True):
                for stage, of_stage in moved.loc[moved["scenario"] == name].groupby("stage"):
                    figure = before_after_map(
                        other.district,
                        runs[0].plan,
                        other.plan,
                        str(stage),
                        int(of_stage["year"].min()),
                        policy=other.policy,
                        scenario=other.scenario.summary,
                    )
                    save_figure(figure, folder / f"moved-{name}-{stage}.png")
            manifest = {
                "compared": list(found.names),
                "draws": runs[0].forecast.draws,
                "seed": runs[0].forecast.seed,
            }
            (folder / "manifest.json").write_text(
                json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", "utf-8"
            )
    if as_json:
        click.echo(rounded(table).to_json(orient="records", force_ascii=False, indent=2))
        return 0
    changes = table.assign(
        stage=[runs[0].policy.stage(stage).label for stage in table["stage"]],
        **{
            figure: [
                f"{value:.0f}"
                if name == found.names[0]
                else f"{value:.0f} ({change:+.0f} ± {1.96 * error:.0f})"
                for name, value, change, error in zip(
                    table["scenario"],
                    table[figure],
                    table[f"{figure}_change"],
                    table[f"{figure}_error"],
                    strict=True,
                )
            ]
            for figure in FIGURES
        },
    )
    headings = {column: outcome_label(column) for column in ("scenario", "stage", "year", *FIGURES)}
    show_table(changes, headings, dict.fromkeys(FIGURES, str))
    click.echo(
        say(
            "In brackets: change from {base} on the same draws, with its 95 % sampling error.",
            base=found.names[0],
        )
    )
    if len(moved):
        of = moved.pivot_table(
            index=["scenario", "stage", "year"], values="children", aggfunc="sum", sort=False
        ).reset_index()
        click.echo()
        click.echo(say("Entrants whose catchment changes:"))
        show_table(
            of, {column: outcome_label(column) for column in of.columns}, {"children": whole, "year": str}
        )
    return 0
