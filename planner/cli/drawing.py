"""``planner map``."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from planner.cli.progress import progress
from planner.errors import OutputError, QuestionError
from planner.maps import odds_map, pupils_and_seats_chart, save_figure, seat_gap_map, seat_gap_years
from planner.pipeline import run
from planner.words import Text, current_language, say


def command(
    *,
    scenario: str,
    out: str,
    what: str,
    stage: str | None,
    year: int | None,
    by: Literal["catchment", "school"],
    draws: int | None,
) -> int:
    """Draw one map or chart of a scenario."""
    file = Path(out)
    if file.suffix not in {".png", ".svg"}:
        raise OutputError(Text("{file}: name a file that ends in .png or .svg.", file=out))
    with progress() as watch:
        done = run(scenario, draws=draws, progress=watch)
    stage = stage or done.plan.stages[0]
    year = year or done.plan.years[0]
    if stage not in done.plan.stages:
        raise QuestionError(
            Text(
                "{stage} is no stage of the run; its stages: {stages}.",
                stage=stage,
                stages=", ".join(done.plan.stages),
            )
        )
    summary = (done.scenario.summary_zh if current_language() == "zh" else "") or done.scenario.summary
    place, tables = (done.district, done.plan), done.outcomes
    scope = "entry" if what == "entry-gap" else "stage"
    gaps = tables[f"{'entry' if scope == 'entry' else 'seats'}_by_{by}"]
    said = {"policy": done.policy, "scenario": summary}
    if what == "odds":
        figure = odds_map(*place, tables["odds"], stage=stage, year=year, **said)
    elif what == "chart":
        figure = pupils_and_seats_chart(done.district, tables["district"], stage=stage, **said)
    elif what == "years":
        figure = seat_gap_years(*place, gaps, stage=stage, by=by, **said)
    else:
        figure = seat_gap_map(*place, gaps, stage=stage, year=year, scope=scope, by=by, **said)
    save_figure(figure, file)
    click.echo(say("Written: {folder}", folder=file))
    return 0
