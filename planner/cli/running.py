"""``planner run``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from planner.archive import check_place, write_run
from planner.cli.progress import progress
from planner.cli.show import show_table, span, tell, whole
from planner.pipeline import run
from planner.words import say

if TYPE_CHECKING:
    from planner.pipeline import Run


def command(
    *,
    scenario: str,
    out: str | None,
    replace: bool,
    draws: int | None,
    maps: bool,
    solver: str,
    seconds: int | None,
) -> int:
    """Run a scenario and write its folder."""
    folder = Path(out) if out else Path("runs") / Path(scenario).stem
    check_place(folder, replace=replace)
    with progress() as watch:
        done = run(scenario, draws=draws, solver=solver, seconds=seconds, progress=watch)
        write_run(done, folder, replace=replace, maps=maps, progress=watch)
    _show(done)
    for note in done.notes:
        tell(say("Note: {note}", note=note), indent="  ")
    tell(say("Written: {path}", path=folder))
    return 0


def _show(done: Run) -> None:
    """Print the district's totals, a table a stage."""
    headings = {
        "year": say("year"),
        "entitled": say("entitled"),
        "pupils": say("pupils"),
        "seats": say("seats"),
        "gap": say("seat gap"),
        "range": say("80% range"),
        "turned_away": say("turned away"),
        "unplaced": say("unplaced"),
    }
    totals = done.outcomes["district"]
    totals = totals.assign(range=list(map(span, totals["gap_p10"], totals["gap_p90"])))
    for stage, table in totals.groupby("stage", sort=False):
        click.echo(done.policy.stage(str(stage)).label)
        show_table(table, headings, dict.fromkeys(headings, whole) | {"range": str})
        click.echo()
