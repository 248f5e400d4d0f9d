"""The answer about sites as a folder: plain values, tables and a map."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from planner.archive import rounded, write_csv, write_manifest, write_whole
from planner.maps import save_figure, scenario_name, site_map
from planner.words import current_language, say

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from planner.answers.siting.answer import SiteAnswer
    from planner.pipeline import Run


def write_sites(run: Run, answer: SiteAnswer, folder: Path | str, *, replace: bool = False) -> Path:
    """
    Write an answer about sites into a folder, whole or not at all.

    ``answer.json``; ``best.csv`` (the best sites), ``sites.csv`` (how much longer the mean way is with each candidate),
    ``loads.csv`` (children of every school with each of the best), ``cases.csv`` (the best site of each case in the
    others); ``sites.png``. No table holds the children of a single block.

    Parameters
    ----------
    replace
        Whether what the planner wrote there before may be replaced; anything else never is.

    Raises
    ------
    OutputError
        When the folder is taken or cannot be written.
    """
    folder = Path(folder)
    with write_whole(folder, replace=replace) as beside:
        text = json.dumps(answer.as_json(), indent=2, ensure_ascii=False, allow_nan=False)
        (beside / "answer.json").write_text(text + "\n", encoding="utf-8", newline="\n")
        tables = {
            "best": answer.table,
            "sites": answer.main.values,
            "loads": answer.main.loads,
            "cases": answer.robust,
        }
        for name, table in tables.items():
            write_csv(rounded(table), beside / f"{name}.csv")
        save_figure(picture(run, answer), beside / "sites.png")
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


def picture(run: Run, answer: SiteAnswer) -> Figure:
    """Return the map of an answer; of several years, the schools show their mean."""
    ranking = answer.main
    sites = ranking.values.merge(ranking.table[["site", "rank"]], how="left", on="site")
    loads = ranking.loads
    of_best = loads.loc[(loads["site"] == ranking.best[0]) & (loads["school"] != "")]
    schools = of_best.groupby("school", sort=False)[["seats", "children"]].mean().reset_index()
    return site_map(
        run.district,
        run.plan,
        sites,
        schools,
        title=say(
            "Where a new school of {seats} seats does most: {stage}",
            seats=f"{answer.cases[0].seats:,}",
            stage=answer.label,
        ),
        lines=[answer.sentence, *answer.remarks[:3]],
        scenario=scenario_name(run.scenario),
    )
