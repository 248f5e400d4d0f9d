"""An answer about openings as a folder: plain values, tables and a picture."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from planner.archive import rounded, write_csv, write_manifest, write_whole
from planner.maps import save_figure
from planner.words import current_language

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.figure import Figure

    from planner.answers.openings.reply import Reply
    from planner.pipeline import Run


def write_reply(
    run: Run,
    reply: Reply,
    folder: Path | str,
    *,
    pictures: Mapping[str, Figure] | None = None,
    replace: bool = False,
) -> Path:
    """
    Write an answer into a folder: ``answer.json``, a CSV file for each table, and pictures; whole or not at all.

    Parameters
    ----------
    run
        What the answer rests on.
    pictures
        By name of the file, without its ending.
    replace
        Whether what the planner wrote there before may be replaced; anything else never is.

    Raises
    ------
    OutputError
        When the folder is taken or cannot be written.
    """
    folder = Path(folder)
    with write_whole(folder, replace=replace) as beside:
        text = json.dumps(reply.as_json(), indent=2, ensure_ascii=False, allow_nan=False)
        (beside / "answer.json").write_text(text + "\n", encoding="utf-8", newline="\n")
        for name, table in reply.tables.items():
            write_csv(rounded(table), beside / f"{name}.csv")
        for name, figure in (pictures or {}).items():
            save_figure(figure, beside / f"{name}.png")
        write_manifest(
            beside,
            {
                "language": current_language(),
                "scenario": dict(run.loaded.digests),
                "district": {"name": run.district.name, "sha256": dict(run.district.digests)},
                "draws": run.forecast.draws,
                "seed": run.forecast.seed,
            },
        )
    return folder
