"""The standard set of maps and charts of a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from planner.errors import OutputError
from planner.maps.chart import pupils_and_seats_chart
from planner.maps.land import prepare_land
from planner.maps.odds import odds_map
from planner.maps.save import save_figure, save_page
from planner.maps.seatgap import seat_gap_map
from planner.maps.slider import years_page
from planner.maps.years import seat_gap_years
from planner.words import Text, current_language

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd
    from matplotlib.figure import Figure

    from planner.district import District
    from planner.maps.land import Land
    from planner.plan import Plan
    from planner.policy import Policy
    from planner.scenario import Scenario


class Drawable(Protocol):
    """What a run must have to be drawn."""

    @property
    def district(self) -> District:
        """Facts, with the scenario's edits."""
        ...

    @property
    def policy(self) -> Policy:
        """Rules that hold."""
        ...

    @property
    def plan(self) -> Plan:
        """What people decide."""
        ...

    @property
    def scenario(self) -> Scenario:
        """The scenario, merged."""
        ...

    @property
    def outcomes(self) -> Mapping[str, pd.DataFrame]:
        """Outcome tables by name."""
        ...


def scenario_name(scenario: Scenario) -> str:
    """Return what a scenario says about itself, in the current language."""
    return (scenario.summary_zh if current_language() == "zh" else "") or scenario.summary


def map_years(plan: Plan) -> list[int]:
    """Return the first, the middle and the last year of a plan: those that get a map of their own."""
    years = plan.years
    return sorted({years[0], years[len(years) // 2], years[-1]})


def run_page(run: Drawable, stage: str, *, land: Land | None = None) -> str:
    """Return the page of a stage with a slider over the years of a run."""
    return years_page(
        run.district,
        run.plan,
        run.outcomes,
        stage=stage,
        policy=run.policy,
        scenario=scenario_name(run.scenario),
        land=land,
    )


def standard_figures(
    run: Drawable, years: Sequence[int] | None = None, *, land: Land | None = None
) -> Iterator[tuple[str, Figure]]:
    """
    Yield the standard set, each figure with the name of its file.

    For every stage: the seat gap of the years, the gap at entry and the odds of the starting grade next autumn,
    the seat gap over all years, and pupils against seats.

    Raises
    ------
    QuestionError
        When a year is outside the plan's.
    """
    plan, tables = run.plan, run.outcomes
    land = land or prepare_land(run.district, plan)
    scenario = scenario_name(run.scenario)
    autumn = plan.years[0]
    for stage in plan.stages:
        for year in years or map_years(plan):
            yield (
                f"seat-gap-{stage}-{year}",
                seat_gap_map(
                    run.district,
                    plan,
                    tables["seats_by_catchment"],
                    stage=stage,
                    year=year,
                    schools=tables["seats_by_school"],
                    policy=run.policy,
                    scenario=scenario,
                    land=land,
                ),
            )
        yield (
            f"entry-gap-{stage}-{autumn}",
            seat_gap_map(
                run.district,
                plan,
                tables["entry_by_catchment"],
                stage=stage,
                year=autumn,
                scope="entry",
                schools=tables["entry_by_school"],
                policy=run.policy,
                scenario=scenario,
                land=land,
            ),
        )
        yield (
            f"seat-gap-{stage}-years",
            seat_gap_years(
                run.district,
                plan,
                tables["seats_by_catchment"],
                stage=stage,
                policy=run.policy,
                scenario=scenario,
                land=land,
            ),
        )
        yield (
            f"odds-{stage}-{autumn}",
            odds_map(
                run.district,
                plan,
                tables["odds"],
                stage=stage,
                grade=run.policy.stage(stage).first,
                year=autumn,
                policy=run.policy,
                scenario=scenario,
                land=land,
            ),
        )
        yield (
            f"pupils-and-seats-{stage}",
            pupils_and_seats_chart(
                run.district,
                tables["district"],
                stage=stage,
                schools=tables["seats_by_school"],
                policy=run.policy,
                scenario=scenario,
            ),
        )


def draw_maps(
    run: Drawable,
    folder: Path | str,
    years: Sequence[int] | None = None,
    *,
    formats: Sequence[str] = ("png", "svg", "html"),
) -> list[Path]:
    """
    Draw the standard set of maps and charts of a run into a folder, which is made when it is not there.

    Parameters
    ----------
    years
        School years that get a seat-gap map of their own; first, middle and last of the plan when not given.
    formats
        Endings of the files: png, svg; html for the page of the years of each stage, which has a slider.

    Returns
    -------
    The files, in the order of the stages; the pages last.

    Raises
    ------
    OutputError
        When the folder or a file cannot be written.
    """
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            Text("{path}: cannot be written: {reason}", path=folder, reason=error.strerror)
        ) from error
    land = prepare_land(run.district, run.plan)
    files = [
        save_figure(figure, folder / f"{name}.{ending}")
        for name, figure in standard_figures(run, years, land=land)
        for ending in formats
        if ending != "html"
    ]
    if "html" in formats:
        files += [
            save_page(run_page(run, stage, land=land), folder / f"years-{stage}.html")
            for stage in run.plan.stages
        ]
    return files
