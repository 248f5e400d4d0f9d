"""``planner run``."""

from __future__ import annotations

from pathlib import Path

import click

from planner.archive import write_run
from planner.cli.progress import progress
from planner.cli.show import show_table, whole
from planner.pipeline import run
from planner.words import outcome_label, say


def command(*, scenario: str, out: str | None, replace: bool, draws: int | None, maps: bool) -> int:
    """Run a scenario and write its folder."""
    folder = Path(out) if out else Path("runs") / Path(scenario).stem
    with progress() as watch:
        done = run(scenario, draws=draws, progress=watch)
        write_run(done, folder, replace=replace, maps=maps, progress=watch)
    table = done.outcomes["district"]
    shown = [
        "stage",
        "year",
        "entitled",
        "pupils",
        "seats",
        "gap",
        "gap_p10",
        "gap_p90",
        "turned_away",
        "unplaced",
    ]
    show_table(
        table.assign(stage=[done.policy.stage(stage).label for stage in table["stage"]]),
        {column: outcome_label(column) for column in shown},
        dict.fromkeys(shown[2:], whole),
    )
    for note in done.notes:
        click.echo(say("Note: {note}", note=note))
    click.echo(say("Written: {folder}", folder=folder))
    return 0
