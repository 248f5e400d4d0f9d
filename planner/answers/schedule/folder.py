"""A schedule as a folder: sentences, tables, a workbook, a chart, the scenario that results, and what comes of it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planner.answers.schedule.sentences import schedule_lines
from planner.answers.schedule.tables import schedule_tables
from planner.archive import named, rounded, write_csv, write_manifest, write_run, write_whole, write_workbook
from planner.archive.readable import readable
from planner.maps import save_figure, schedule_chart
from planner.maps.draw import scenario_name
from planner.pipeline.scheduling import NAME
from planner.words import Text, current_language, say

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from matplotlib.figure import Figure

    from planner.pipeline.scheduling import Scheduled

SENTENCES = "schedule.txt"


def write_schedule(
    found: Scheduled,
    folder: Path | str,
    *,
    beside: Mapping[str, pd.DataFrame] | None = None,
    replace: bool = False,
    maps: bool = True,
    progress: Callable[[Text, int, int], None] | None = None,
) -> Path:
    """
    Write a schedule into a folder, whole or not at all.

    ``schedule.txt`` holds the sentences, ``schedule.toml`` the scenario that results (`planner run` carries it out),
    ``tables/`` and ``schedule.xlsx`` the tables, ``schedule.png`` the chart, ``run/`` the scenario carried out, ``idle/``
    the same district if nothing that is open is built.

    Parameters
    ----------
    beside
        Further tables by name, such as those of a plan for many futures.
    replace
        Whether what the planner wrote there before may be replaced; anything else never is.
    maps
        Whether maps and charts are drawn.
    progress
        Called with the step, how much of it is done, and how much there is.

    Raises
    ------
    OutputError
        When the folder is taken or cannot be written.
    """
    folder = Path(folder)
    further = {} if beside is None else dict(beside)
    with write_whole(folder, replace=replace) as place:
        tables = {
            name: rounded(named(table, found.run.district))
            for name, table in {**schedule_tables(found), **further}.items()
        }
        (place / "tables").mkdir()
        for name, table in tables.items():
            write_csv(table, place / "tables" / f"{name}.csv")
        (place / NAME).write_text(found.text, encoding="utf-8", newline="")
        lines = schedule_lines(found)
        (place / SENTENCES).write_text("\n".join(lines) + "\n", encoding="utf-8", newline="")
        shown = {
            name: readable(table, found.run.policy, found.run.district) for name, table in tables.items()
        }
        day = dt.date(found.run.district.counted, 9, 1)
        facts = [(say("Schedule"), line) for line in lines]
        write_workbook(shown, place / "schedule.xlsx", facts=facts, created=day)
        if maps:
            save_figure(schedule_figure(found), place / "schedule.png")
        for name, run in (("run", found.run), ("idle", found.idle)):
            write_run(run, place / name, maps=maps and name == "run", progress=progress)
        write_manifest(place, _facts(found))
    return folder


def _facts(found: Scheduled) -> dict[str, object]:
    """Return what a schedule was made of, for its manifest."""
    goals = found.found.goals.astype(object)
    return {
        "language": current_language(),
        "scenario": dict(found.idle.loaded.digests),
        "district": {
            "name": found.run.district.name,
            "counted": found.run.district.counted,
            "sha256": dict(found.run.district.digests),
        },
        "years": [found.options.years[0], found.options.years[-1]],
        "draws": found.run.forecast.draws,
        "seed": found.run.forecast.seed,
        "terms": found.options.terms.model_dump(mode="json"),
        "opens": dict(found.decided),
        "goals": goals.where(goals.notna(), None).to_dict("records"),
    }


def schedule_figure(found: Scheduled) -> Figure:
    """Draw the schedule: projects over the years, above the rooms that each stage needs and has."""
    options, years = found.options, found.options.years
    opened = [option for option in options.options if option.option in found.decided]
    chinese = current_language() == "zh"
    projects = pd.DataFrame(
        [
            {
                "project": option.option,
                "name": (option.name if chinese else option.name_en) or option.name,
                "starts": max(found.decided[option.option] - option.building_years, years[0] - 1),
                "opens": found.decided[option.option],
                "ends": _ends(option.rooms, found.decided[option.option]),
            }
            for option in sorted(opened, key=lambda option: found.decided[option.option])
        ],
        columns=["project", "name", "starts", "opens", "ends"],
    )
    phases = pd.DataFrame(
        [
            {"project": option.option, "year": years[at], "rooms": float(change)}
            for option in opened
            for at, change in enumerate(
                np.diff(option.gained(found.decided[option.option], years), prepend=0).tolist()
            )
            if change
        ],
        columns=["project", "year", "rooms"],
    )
    rooms = schedule_tables(found)["schedule_rooms"]
    need = rooms.drop(columns="empty").rename(columns={"classes": "need", "rooms_idle": "idle"})
    return schedule_chart(
        found.run.district,
        projects,
        phases,
        need,
        title=say("When to open what"),
        policy=found.run.policy,
        scenario=scenario_name(found.run.scenario),
    )


def _ends(rooms: tuple[int, ...], opens: int) -> float:
    """Return the first year in which rooms that end are gone; missing where they stay."""
    return float(opens + len(rooms) - 1) if len(rooms) > 1 and rooms[-1] == 0 else np.nan
