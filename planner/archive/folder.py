"""The run folder: all that a run leaves, and what it was made of."""

from __future__ import annotations

import datetime as dt
import hashlib
import platform
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from planner.archive.geopackage import write_geopackage
from planner.archive.readable import readable
from planner.archive.tables import named, rounded, write_csv
from planner.archive.whole import LOG, write_manifest, write_whole
from planner.archive.workbook import write_workbook
from planner.errors import OutputError
from planner.maps import draw_maps
from planner.words import Text, current_language, say

if TYPE_CHECKING:
    from collections.abc import Callable

    from planner.pipeline import Run

PACKAGES = (
    "numpy",
    "scipy",
    "pandas",
    "geopandas",
    "shapely",
    "pyproj",
    "pyogrio",
    "pulp",
    "highspy",
    "matplotlib",
    "xlsxwriter",
)
"""Packages on whose versions figures, maps and files rest."""


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _scenario_files(run: Run) -> dict[str, tuple[str, str]]:
    """Return the scenario's texts by their names in the run folder, each with the path it was read from."""
    if not run.loaded.files:
        text = run.scenario.model_dump_json(indent=2, exclude_defaults=True) + "\n"
        return {f"{run.loaded.name}.json": (text, "")}
    files: dict[str, tuple[str, str]] = {}
    for number, file in enumerate(run.loaded.files, start=1):
        name = file.path.name
        files[name if name not in files else f"{number}-{name}"] = (file.text, file.shown)
    return files


def _goals(run: Run) -> list[dict[str, object]]:
    """Return the solver's goals without their times, which differ between equal runs."""
    table = run.outcomes["goals"].drop(columns="seconds").astype(object)
    return table.where(table.notna(), None).to_dict("records")


def _facts(run: Run) -> dict[str, object]:
    return {
        "python": platform.python_version(),
        "packages": {name: metadata.version(name) for name in PACKAGES},
        "language": current_language(),
        "summary": run.scenario.summary,
        "scenario": {
            name: {"read_from": shown, "sha256": _sha256(text)}
            for name, (text, shown) in _scenario_files(run).items()
        },
        "district": {
            "name": run.district.name,
            "counted": run.district.counted,
            "sha256": dict(run.district.digests),
        },
        "policy": {"profile": run.policy.profile, "sha256": _sha256(run.policy.model_dump_json())},
        "years": [run.plan.years[0], run.plan.years[-1]],
        "draws": run.forecast.draws,
        "seed": run.forecast.seed,
        "solver": dict(run.proposal.solver),
        "goals": _goals(run),
        "notes": [str(note) for note in run.notes],
    }


def _run_facts(run: Run) -> list[tuple[str, str]]:
    """Return what a run is of, as label and value in the current language."""
    chinese = current_language() == "zh"
    summary = (run.scenario.summary_zh if chinese else "") or run.scenario.summary
    return [
        (say("District"), run.district.name if chinese else run.district.name_en or run.district.name),
        (say("Scenario"), summary or run.loaded.name),
        (say("Policy"), run.policy.name_zh if chinese else run.policy.name),
        (say("Last count"), str(run.district.counted)),
        (say("School years"), f"{run.plan.years[0]}-{run.plan.years[-1]}"),
        (say("Draws, seed"), f"{run.forecast.draws}, {run.forecast.seed}"),
    ]


def _tables(run: Run) -> dict[str, pd.DataFrame]:
    """Return a run's tables with names, rounded, and without the solver's times."""
    goals = run.outcomes["goals"].drop(columns="seconds").rename(columns={"gap": "gap_to_bound"})
    return {
        name: rounded(named(table, run.district)) for name, table in {**run.outcomes, "goals": goals}.items()
    }


def _check_inputs(run: Run, folder: Path) -> None:
    """Raise when the folder holds what the run was made of: it would be replaced with it."""
    place = folder.resolve()
    inputs = [file.path for file in run.loaded.files]
    inputs += [run.source.source] if run.source.source is not None else []
    for path in inputs:
        if place in (path.resolve(), *path.resolve().parents):
            raise OutputError(
                Text(
                    "{path} holds {file}, from which the run was made. Choose another place.",
                    path=folder,
                    file=path,
                )
            )


def write_run(
    run: Run,
    folder: Path | str,
    *,
    replace: bool = False,
    maps: bool = True,
    progress: Callable[[Text, int, int], None] | None = None,
) -> Path:
    """
    Write a run into a folder: tables, GeoPackage, workbook, maps, scenario text, manifest and log.

    Everything but the log is the same, byte by byte, for the same inputs, seed and versions.

    Parameters
    ----------
    replace
        Whether a run that stands there may be replaced; anything else never is.
    maps
        Whether maps and charts are drawn.
    progress
        Called with the step, how much of it is done, and how much there is.

    Returns
    -------
    The folder.

    Raises
    ------
    OutputError
        When the folder is taken, holds the run's own inputs, or cannot be written.
    """
    folder = Path(folder)
    _check_inputs(run, folder)
    day = dt.date(run.district.counted, 9, 1)
    steps: list[tuple[str, float]] = list(run.timings)

    def step(text: Text, done: int) -> None:
        if progress is not None:
            progress(text, done, 4)

    with write_whole(folder, replace=replace) as beside:
        started = dt.datetime.now(dt.UTC)
        step(Text("writing tables"), 0)
        tables = _tables(run)
        (beside / "tables").mkdir()
        for name, table in tables.items():
            write_csv(table, beside / "tables" / f"{name}.csv")
        (beside / "scenario").mkdir()
        for name, (text, _) in _scenario_files(run).items():
            (beside / "scenario" / name).write_text(text, encoding="utf-8", newline="")
        step(Text("writing the workbook"), 1)
        shown = {name: readable(table, run.policy, run.district) for name, table in tables.items()}
        write_workbook(shown, beside / "run.xlsx", facts=_run_facts(run), created=day)
        step(Text("writing the GeoPackage"), 2)
        write_geopackage(
            beside / "run.gpkg",
            district=run.district,
            plan=run.plan,
            tables=run.outcomes,
            day=day,
            policy=run.policy,
        )
        written = dt.datetime.now(dt.UTC)
        steps.append(("write", (written - started).total_seconds()))
        if maps:
            step(Text("drawing maps"), 3)
            draw_maps(run, beside / "maps")
            steps.append(("maps", (dt.datetime.now(dt.UTC) - written).total_seconds()))
        goals = run.outcomes["goals"]
        steps += [
            (f"goal {goal}", seconds) for goal, seconds in zip(goals["goal"], goals["seconds"], strict=True)
        ]
        lines = [f"{name:<24} {seconds:8.2f} s" for name, seconds in steps if pd.notna(seconds)]
        log = f"{started.isoformat(timespec='seconds')}\n{platform.platform()}\n" + "\n".join(lines) + "\n"
        (beside / LOG).write_text(log, encoding="utf-8")
        write_manifest(beside, _facts(run))
    return folder
