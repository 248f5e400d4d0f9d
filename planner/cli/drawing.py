"""``planner map``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from planner.archive import check_file, write_file_whole
from planner.cli.progress import progress
from planner.cli.show import tell
from planner.errors import QuestionError
from planner.maps import (
    odds_map,
    pupils_and_seats_chart,
    run_page,
    save_figure,
    save_page,
    scenario_name,
    seat_gap_map,
    seat_gap_years,
)
from planner.pipeline import run
from planner.words import Text, say

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
    school: str | None,
    grade: int | None,
    draws: int | None,
) -> int:
    """Draw one map or chart of a scenario, or its page with a slider."""
    file = Path(out)
    _check_wish(what, file, school=school, grade=grade)
    check_file(file)
    with progress() as watch:
        done = run(scenario, draws=draws, progress=watch)
    stage, year = _asked(done, stage, year, school, grade)
    with write_file_whole(file) as beside:
        if what == "slider":
            save_page(run_page(done, stage), beside)
        else:
            save_figure(_figure(done, what, stage, year, by, school, grade), beside)
    tell(say("Written: {path}", path=file))
    return 0


def _check_wish(what: str, file: Path, *, school: str | None, grade: int | None) -> None:
    """
    Refuse what does not go together, before anything is run.

    Raises
    ------
    QuestionError
        With all faults.
    """
    page = file.suffix.lower() == ".html"
    faults = []
    if what == "slider" and not page:
        faults.append(Text("--what slider is a page: {path} must end in .html.", path=file))
    if what != "slider" and page:
        faults.append(
            Text("--what {what} is a picture: {path} must end in .png or .svg.", what=what, path=file)
        )
    if school is not None and what != "chart":
        faults.append(Text("--school goes with --what chart alone, not with {what}.", what=what))
    if grade is not None and what != "odds":
        faults.append(Text("--grade goes with --what odds alone, not with {what}.", what=what))
    if faults:
        raise QuestionError(*faults)


def _asked(
    done: Run, stage: str | None, year: int | None, school: str | None, grade: int | None
) -> tuple[str, int]:
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
    wanted = stage or stages[0]
    if school is not None and wanted in stages:
        table = done.outcomes["seats_by_school"]
        schools = table.loc[table["stage"] == wanted, "school"].astype(str).tolist()
        if school not in schools:
            faults.append(
                Text("{school} is no school of the run's stage {stage}.", school=school, stage=wanted)
            )
    if grade is not None and wanted in stages:
        table = done.outcomes["odds"]
        grades = sorted(set(table.loc[table["stage"] == wanted, "grade"].tolist()))
        if grade not in grades:
            faults.append(
                Text(
                    "The run has no odds of grade {grade} in the stage {stage}; it has those of {grades}.",
                    grade=grade,
                    stage=wanted,
                    grades=", ".join(str(known) for known in grades),
                )
            )
    if faults:
        raise QuestionError(*faults)
    return wanted, year or years[0]


def _figure(
    done: Run,
    what: str,
    stage: str,
    year: int,
    by: Literal["catchment", "school"],
    school: str | None,
    grade: int | None,
) -> Figure:
    place, tables = (done.district, done.plan), done.outcomes
    scope = "entry" if what.startswith("entry") else "stage"
    kind = "entry" if scope == "entry" else "seats"
    gaps = tables[f"{kind}_by_{by}"]
    said = {"policy": done.policy, "scenario": scenario_name(done.scenario)}
    if what == "odds":
        return odds_map(*place, tables["odds"], stage=stage, year=year, grade=grade, **said)
    if what == "chart":
        schools = tables["seats_by_school"]
        figures = tables["district"] if school is None else schools
        return pupils_and_seats_chart(
            done.district, figures, stage=stage, school=school, schools=schools, **said
        )
    if what in {"years", "entry-years"}:
        return seat_gap_years(*place, gaps, stage=stage, scope=scope, by=by, **said)
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
