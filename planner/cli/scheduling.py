"""``planner schedule``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from planner.answers.futures import schedule_for_futures
from planner.answers.schedule import schedule_lines, schedule_tables, write_schedule
from planner.archive import check_place
from planner.archive.readable import readable
from planner.cli.futures import show_futures
from planner.cli.progress import progress
from planner.cli.show import show_table, span, tell, tenth, whole
from planner.errors import QuestionError
from planner.pipeline.scheduling import schedule_scenario
from planner.words import Text, percent, say

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from planner.answers.futures import ForFutures
    from planner.pipeline.scheduling import Scheduled
    from planner.pipeline.steps import Progress

MILLION = 1e6
"""Yuan are shown in millions. [yuan]"""


def command(
    *,
    scenario: str,
    out: str | None,
    replace: bool,
    gap: float | None,
    seconds: float | None,
    solver: str,
    reasons: bool,
    late: tuple[str, ...],
    draws: int | None,
    maps: bool,
    robust: int | None,
    risk: float | None,
) -> int:
    """Decide when to open what, and write what comes of it."""
    if risk is not None and robust is None:
        raise QuestionError(Text("--risk goes with --robust alone: it is a share of futures."))
    folder = Path(out) if out else None
    if folder is not None:
        check_place(folder, replace=replace)
    with progress() as watch:
        found = schedule_scenario(
            scenario,
            draws=draws,
            gap=gap,
            seconds=seconds,
            solver=solver,
            reasons=reasons,
            delayed=late,
            beside=folder,
            progress=watch,
        )
        answer = None
        if robust is not None:
            answer = _for_futures(found, robust, risk=risk, gap=gap, seconds=seconds, progress=watch)
        if folder is not None:
            beside = {} if answer is None else answer.tables
            write_schedule(found, folder, beside=beside, replace=replace, maps=maps, progress=watch)
    _show(found)
    if answer is not None:
        show_futures(answer)
    elif robust is not None:
        tell(
            say(
                "Interrupted before a plan for {futures} futures was found; the schedule stands.",
                futures=robust,
            )
        )
    if folder is not None:
        tell(say("Written: {path}", path=folder))
    return 0


def _for_futures(
    found: Scheduled,
    number: int,
    *,
    risk: float | None,
    gap: float | None,
    seconds: float | None,
    progress: Progress | None,
) -> ForFutures | None:
    """Decide for many futures too; Ctrl-C leaves that out and keeps the schedule."""
    if progress is not None:
        progress(Text("deciding for {futures} futures", futures=number), 0, 1)
    try:
        return schedule_for_futures(
            found.idle,
            found.gathered,
            number,
            risk=risk,
            gap=found.options.terms.gap if gap is None else gap,
            seconds=seconds,
            others={"schedule": found.found.plan.opens},
        )
    except KeyboardInterrupt:
        return None


def _show(found: Scheduled) -> None:
    """Print the sentences, then the tables."""
    for line in schedule_lines(found):
        tell(line, indent="  ")
    tables = {
        name: readable(table, found.run.policy, found.run.district)
        for name, table in schedule_tables(found).items()
    }
    click.echo()
    _show_goals(tables["schedule_goals"], found.found.goals["unit"].to_numpy() == "yuan")
    _show_projects(found, tables["schedule_projects"])
    click.echo()
    tell(_about_stages(found), indent="  ")
    rooms = tables["schedule_rooms"].merge(tables["schedule_shortage"], on=["stage", "year"])
    for stage, table in rooms.groupby("stage", sort=False):
        click.echo()
        click.echo(str(stage))
        _show_stage(table, by_seats=found.run.policy.by_seats)
    click.echo()
    for note in dict.fromkeys(map(str, _notes(found))):
        tell(say("Note: {note}", note=note), indent="  ")


def _notes(found: Scheduled) -> list[Text]:
    """Return what to know beside the sentences; of projects that do not open these have told."""
    options = found.options
    told = {option.project for option in options.options} | {entry.project for entry in options.left_out}
    opened = {options.by_id[option].project for option in found.decided}
    of_run = [note for note in found.run.notes if note.values.get("project") not in told - opened]
    return [*options.notes, *of_run]


def _about_stages(found: Scheduled) -> str:
    """Return how the figures of the stages differ from those of the goals."""
    return say(
        "The stages by the simulation, {draws} draws: children come in other numbers than expected, and year groups that were in school before {first} count too. The goals above are those of the expected children who start from {first} on.",
        draws=found.run.forecast.draws,
        first=found.options.years[0],
    )


def _show_goals(goals: pd.DataFrame, money: NDArray[np.bool_]) -> None:
    """Print the goals of the model in order, with bound and gap; yuan in millions."""
    tell(say("Goals of the model in their order, each held for the next:"))
    headings = {
        "goal": say("goal"),
        "value": say("value"),
        "bound": say("at least"),
        "gap": say("gap"),
        "unit": say("unit"),
        "status": say("status"),
    }
    shown = goals.assign(
        value=goals["value"].where(~money, goals["value"] / MILLION),
        bound=goals["bound"].where(~money, goals["bound"] / MILLION),
        gap=goals["gap_to_bound"].clip(upper=1.0),
        unit=goals["unit"].where(~money, say("million yuan")),
    )
    show_table(shown, headings, {"value": _grouped, "bound": _grouped, "gap": _small_share})


def _show_projects(found: Scheduled, projects: pd.DataFrame) -> None:
    """Print the projects that open, the first ones first; those that do not have been named."""
    if not found.decided:
        return
    headings = {
        "project": say("project"),
        "kind": say("kind"),
        "opens": say("opens"),
        "most": say("seats") if found.run.policy.by_seats else say("rooms"),
        "capital": say("capital (million yuan)"),
        "cost": say("cost less value left (million yuan)"),
    }
    options = found.options.by_id
    opened = projects.loc[projects["opens"].notna()].sort_values("opens", kind="stable")
    settled = [options[option].counted for option in opened["option"]]
    shown = opened.assign(
        most=[max(options[option].rooms) for option in opened["option"]],
        capital=opened["capital_yuan"] / MILLION,
        cost=(opened["cost_yuan"] / MILLION).mask(settled),
    )
    click.echo()
    show_table(shown, headings, {"opens": str, "most": str, "capital": tenth, "cost": _tenth})


def _show_stage(table: pd.DataFrame, *, by_seats: bool) -> None:
    """Print rooms, or seats, and shortage of a stage by year."""
    headings = {
        "year": say("year"),
        "rooms": say("seats") if by_seats else say("rooms"),
        "classes": say("pupils") if by_seats else say("classes"),
        "empty": say("to spare"),
        "short": say("above the cap"),
        "range": say("80% range"),
        "rooms_idle": say("seats if nothing is built") if by_seats else say("rooms if nothing is built"),
        "short_idle": say("above the cap then"),
    }
    shown = table.assign(range=list(map(span, table["short_p10"], table["short_p90"])))
    show_table(shown, headings, dict.fromkeys(headings, whole) | {"range": str})


def _tenth(value: float) -> str:
    """Return a figure rounded to a tenth; never a minus before a zero."""
    return tenth(round(value, 1) + 0.0)


def _grouped(value: float) -> str:
    """Return a figure with its thousands apart; never a minus before a zero."""
    return f"{round(value):,}"


def _small_share(share: float) -> str:
    """Return a gap in per cent, with two decimals where it is small."""
    return f"{share:.2%}" if share < 0.1 else percent(share)
