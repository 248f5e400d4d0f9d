"""``planner map``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from planner.archive import check_file, write_file_whole
from planner.cli.progress import progress
from planner.cli.show import tell
from planner.errors import QuestionError
from planner.maps import odds_map, pupils_and_seats_chart, save_figure, seat_gap_map, seat_gap_years
from planner.pipeline import run
from planner.words import Text, current_language, say

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from planner.pipeline import Run


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
    check_file(file)
    with progress() as watch:
        done = run(scenario, draws=draws, progress=watch)
    figure = _figure(done, what, *_asked(done, stage, year), by)
    with write_file_whole(file) as beside:
        save_figure(figure, beside)
    tell(say("Written: {path}", path=file))
    return 0


def _asked(done: Run, stage: str | None, year: int | None) -> tuple[str, int]:
    """Return the stage and year to draw, of those that the run has."""
    stages, years = done.plan.stages, done.plan.years
    faults = []
    if stage is not None and stage not in stages:
        faults.append(
            Text(
                "{stage} is no stage of the run; its stages: {stages}.", stage=stage, stages=", ".join(stages)
            )
        )
    if year is not None and year not in years:
        faults.append(
            Text(
                "{year} is not within the run's school years {first} to {last}.",
                year=year,
                first=years[0],
                last=years[-1],
            )
        )
    if faults:
        raise QuestionError(*faults)
    return stage or stages[0], year or years[0]


def _figure(done: Run, what: str, stage: str, year: int, by: Literal["catchment", "school"]) -> Figure:
    summary = (done.scenario.summary_zh if current_language() == "zh" else "") or done.scenario.summary
    place, tables = (done.district, done.plan), done.outcomes
    scope = "entry" if what == "entry-gap" else "stage"
    kind = "entry" if scope == "entry" else "seats"
    gaps = tables[f"{kind}_by_{by}"]
    said = {"policy": done.policy, "scenario": summary}
    if what == "odds":
        return odds_map(*place, tables["odds"], stage=stage, year=year, **said)
    if what == "chart":
        return pupils_and_seats_chart(done.district, tables["district"], stage=stage, **said)
    if what == "years":
        return seat_gap_years(*place, gaps, stage=stage, by=by, **said)
    return seat_gap_map(
        *place,
        gaps,
        stage=stage,
        year=year,
        scope=scope,
        by=by,
        schools=tables[f"{kind}_by_school"],
        **said,
    )
