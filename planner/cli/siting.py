"""``planner site``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pandas as pd

from planner.answers.siting.answer import seats_of_rooms, site_school
from planner.answers.siting.folder import write_sites
from planner.archive import check_place
from planner.cli.progress import progress
from planner.cli.show import show_table, tell, whole
from planner.errors import QuestionError
from planner.maps.land import school_names
from planner.pipeline import run
from planner.words import Text, percent, say

if TYPE_CHECKING:
    from planner.answers.siting.answer import SiteAnswer
    from planner.pipeline import Run

ALL = "blocks"
"""All blocks are candidates."""
FULLEST = 10
"""Existing schools whose load is shown."""


def command(
    *,
    scenario: str,
    seats: tuple[int, ...],
    rooms: tuple[int, ...],
    stage: str | None,
    year: int | None,
    until: int | None,
    candidates: str,
    demand: tuple[float, ...],
    out: str | None,
    replace: bool,
    draws: int | None,
    as_json: bool,
) -> int:
    """Find the best site for a new school."""
    if not seats and not rooms:
        raise QuestionError(Text("State how large the new school is: --seats or --rooms."))
    if out is not None:
        check_place(Path(out), replace=replace)
    with progress() as watch:
        done = run(scenario, draws=draws, progress=watch)
        sizes = [*seats, *(seats_of_rooms(done, number, stage, year) for number in rooms)]
        answer = site_school(
            done,
            seats=sizes,
            stage=stage,
            year=year,
            until=until,
            candidates=[] if candidates == ALL else [block.strip() for block in candidates.split(",")],
            demand=(1.0, *(share for share in demand if share != 1)),
            every=out is not None,
        )
        if out is not None:
            write_sites(done, answer, out, replace=replace)
    if as_json:
        click.echo(json.dumps(answer.as_json(), indent=2, ensure_ascii=False, allow_nan=False))
        return 0
    _show(done, answer)
    if out is not None:
        click.echo()
        tell(say("Written: {path}", path=out))
    return 0


def _show(done: Run, answer: SiteAnswer) -> None:
    """Print the sentence, the best sites, how full schools are, and what to know."""
    tell(answer.sentence)
    click.echo()
    table = answer.table.assign(km=answer.table["metres"] / 1000)
    headings = {
        "rank": say("rank"),
        "name": say("site"),
        "km": say("mean way (km)"),
        "longer": say("longer (m)"),
    }
    if answer.limit is not None:
        headings["beyond"] = say("beyond {limit} m", limit=f"{answer.limit:,.0f}")
    headings |= {"over": say("above the seats"), "children": say("children there")}
    if max(table["unplaced"].tolist()) > 0:
        headings["unplaced"] = say("without a way")
    figures = {"rank": whole, "km": _hundredth, "longer": _more, "beyond": percent}
    show_table(table, headings, figures | dict.fromkeys(("over", "children", "unplaced"), whole))
    click.echo()
    _show_loads(done, answer)
    click.echo()
    for line in answer.remarks:
        tell(line)


def _show_loads(done: Run, answer: SiteAnswer) -> None:
    """Print how full the schools are with the best site, the fullest first, the new one last."""
    loads = answer.main.loads
    loads = loads.loc[loads["site"] == answer.main.best[0]]
    by_year = loads.groupby("year")["children"].sum()
    year = int(by_year.index[by_year.to_numpy().argmax()])
    rows = loads.loc[(loads["year"] == year) & loads["seats"].notna()].to_dict("records")
    fullest = sorted(
        (row for row in rows if row["school"]), key=lambda row: -row["children"] / max(row["seats"], 1)
    )
    known = school_names(done.district, [row["school"] for row in fullest])
    shown = [row | {"name": known[row["school"]]} for row in fullest[:FULLEST]]
    shown += [row | {"name": say("new school")} for row in rows if not row["school"]]
    tell(say("Children and seats in {year} with the best site:", year=year))
    headings = {"name": say("school"), "seats": say("seats"), "children": say("children")}
    show_table(pd.DataFrame(shown), headings, dict.fromkeys(("seats", "children"), whole))
    if len(fullest) > FULLEST:
        tell(say("{more} more schools are less full.", more=len(fullest) - FULLEST))


def _hundredth(value: float) -> str:
    return f"{value:.2f}"


def _more(metres: float) -> str:
    """Return a difference of ways, to the metre."""
    return f"+{round(metres):,}" if round(metres) else "0"
