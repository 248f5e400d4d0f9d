"""The run folder, written whole or not at all."""

from __future__ import annotations

import datetime as dt
import errno
import hashlib
import json
import platform
import shutil
import tempfile
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from planner.archive.geopackage import write_geopackage
from planner.archive.tables import named, rounded, write_csv
from planner.archive.workbook import write_workbook
from planner.errors import OutputError
from planner.maps import draw_maps
from planner.words import Text, current_language, say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pandas as pd

    from planner.pipeline import Run

MANIFEST = "manifest.json"
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
)


def _refusal(folder: Path, error: OSError) -> OutputError:
    if error.errno == errno.ENOSPC:
        return OutputError(
            Text(
                "{folder} cannot be written: the disk is full. Make room or choose another folder.",
                folder=folder,
            )
        )
    return OutputError(
        Text(
            "{folder} cannot be written: {reason}. Choose a folder that you may write to with --out.",
            folder=folder,
            reason=error.strerror or error,
        )
    )


def _check_place(folder: Path, *, replace: bool) -> None:
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if not folder.is_dir() or not (folder / MANIFEST).exists():
        raise OutputError(
            Text(
                "{folder} exists and is no run folder; it is left alone. Choose another with --out.",
                folder=folder,
            )
        )
    if not replace:
        raise OutputError(
            Text("{folder} holds a run already. Add --replace, or choose another with --out.", folder=folder)
        )


@contextmanager
def write_whole(folder: Path, *, replace: bool = False) -> Iterator[Path]:
    """
    Give a folder beside `folder` to write into, and move it there when the block ends without an error.

    Raises
    ------
    OutputError
        When the place is taken by something that is no run folder, or by a run and `replace` is not set, or
        cannot be written; what was there before is untouched.
    """
    folder = folder.absolute()
    _check_place(folder, replace=replace)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}.unfinished.", dir=folder.parent))
    except OSError as error:
        raise _refusal(folder, error) from error
    try:
        yield beside
        beside.chmod(0o755)
        old = beside.with_name(f"{beside.name}.old")
        if folder.exists():
            folder.rename(old)
        beside.rename(folder)
        shutil.rmtree(old, ignore_errors=True)
    except OutputError:
        raise
    except OSError as error:
        raise _refusal(folder, error) from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _manifest(run: Run, folder: Path) -> dict[str, object]:
    goals = run.outcomes["goals"].drop(columns="seconds").to_dict("records")
    return {
        "planner": metadata.version("school-catchment-planner"),
        "python": platform.python_version(),
        "packages": {name: metadata.version(name) for name in PACKAGES},
        "language": current_language(),
        "scenario": {
            name: hashlib.sha256(text.encode()).hexdigest() for name, text in run.loaded.texts.items()
        },
        "summary": run.scenario.summary,
        "district": {
            "name": run.district.name,
            "counted": run.district.counted,
            "files": dict(run.district.digests),
        },
        "policy": run.policy.profile,
        "years": [run.plan.years[0], run.plan.years[-1]],
        "draws": run.forecast.draws,
        "seed": run.forecast.seed,
        "solver": dict(run.proposal.solver),
        "goals": goals,
        "notes": [str(note) for note in run.notes],
        "files": {
            str(path.relative_to(folder)): _digest(path)
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path.name not in {MANIFEST, "run.log"}
        },
    }


def run_facts(run: Run) -> list[tuple[str, str]]:
    """Return what a run is of, as label and value in the current language."""
    summary = (run.scenario.summary_zh if current_language() == "zh" else "") or run.scenario.summary
    return [
        (say("District"), run.district.name if current_language() == "zh" else run.district.name_en),
        (say("Scenario"), summary),
        (say("Policy"), run.policy.name_zh if current_language() == "zh" else run.policy.name),
        (say("Last count"), str(run.district.counted)),
        (say("School years"), f"{run.plan.years[0]}-{run.plan.years[-1]}"),
        (say("Draws, seed"), f"{run.forecast.draws}, {run.forecast.seed}"),
    ]


def shown_tables(run: Run) -> dict[str, pd.DataFrame]:
    """Return a run's tables as people read them, with names."""
    return {name: rounded(named(table, run.district)) for name, table in run.outcomes.items()}


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

    Parameters
    ----------
    replace
        Whether a run that stands there may be replaced; anything else never is.

    Returns
    -------
    The folder.

    Raises
    ------
    OutputError
        When the folder is taken or cannot be written.
    """
    folder = Path(folder)
    day = dt.date(run.district.counted, 9, 1)
    steps: list[tuple[str, float]] = list(run.timings)

    def step(text: Text, done: int) -> None:
        if progress is not None:
            progress(text, done, 4)

    with write_whole(folder, replace=replace) as beside:
        started = dt.datetime.now(dt.UTC)
        step(Text("Writing tables"), 0)
        tables = shown_tables(run)
        (beside / "tables").mkdir()
        for name, table in tables.items():
            write_csv(table, beside / "tables" / f"{name}.csv")
        (beside / "scenario").mkdir()
        for name, text in run.loaded.texts.items():
            (beside / "scenario" / Path(name).name).write_text(text, encoding="utf-8")
        step(Text("Writing the workbook"), 1)
        write_workbook(tables, beside / "run.xlsx", facts=run_facts(run), created=day)
        step(Text("Writing the GeoPackage"), 2)
        write_geopackage(
            beside / "run.gpkg", district=run.district, plan=run.plan, tables=run.outcomes, day=day
        )
        written = dt.datetime.now(dt.UTC)
        steps.append(("write", (written - started).total_seconds()))
        if maps:
            step(Text("Drawing maps"), 3)
            draw_maps(run, beside / "maps")
            steps.append(("maps", (dt.datetime.now(dt.UTC) - written).total_seconds()))
        (beside / MANIFEST).write_text(
            json.dumps(_manifest(run, beside), indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
        )
        lines = [f"{name:<12} {seconds:8.2f} s" for name, seconds in steps]
        log = f"{started.isoformat(timespec='seconds')}\n{platform.platform()}\n" + "\n".join(lines) + "\n"
        (beside / "run.log").write_text(log, encoding="utf-8")
    return folder
