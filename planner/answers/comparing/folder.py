"""A comparison as a folder: tables, a workbook, maps and a manifest."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planner.answers.comparing.affected import by_pair, by_year
from planner.answers.comparing.model import ADDED, CLEAR, CLEAR_FROM, GONE, SAME, UNCLEAR
from planner.answers.comparing.telling import sentences_of
from planner.archive import named, rounded, write_csv, write_manifest, write_whole
from planner.archive.readable import readable
from planner.archive.workbook import Sheet, column_descriptions, kind_of, sheet_name, write_sheets
from planner.maps import before_after_map, gap_change_map, prepare_land, save_figure
from planner.maps.draw import scenario_name
from planner.maps.moves import moved_blocks
from planner.words import Text, current_language, outcome_label, outcome_title, say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from matplotlib.figure import Figure

    from planner.answers.comparing.model import Comparison
    from planner.district import District
    from planner.pipeline import Run

VERDICTS: Mapping[str, Text] = {
    SAME: Text("same"),
    UNCLEAR: Text("not distinguishable"),
    CLEAR: Text("differs"),
    ADDED: Text("only here"),
    GONE: Text("only in the first"),
}
_YEARS = frozenset({"opens"})
"""Figures that are school years."""
_TOLD = frozenset({CLEAR, ADDED, GONE})


def everywhere(found: Comparison) -> District:
    """Return the first scenario's district with the schools of all scenarios."""
    schools = pd.concat([run.district.schools for run in found.runs])
    return replace(found.runs[0].district, schools=schools[~schools.index.duplicated()])


def write_comparison(
    found: Comparison,
    folder: Path | str,
    *,
    replace: bool = False,
    maps: bool = True,
    year: int | None = None,
    progress: Callable[[Text, int, int], None] | None = None,
) -> Path:
    """
    Write a comparison into a folder: tables, workbook, maps and manifest; whole or not at all.

    ``tables/`` holds every table of outcomes with all its rows; ``comparison.xlsx`` the rows in which something
    differs; ``maps/`` the blocks that move, in every year in which they are others than the year before, and the
    change of the seat gap in every year in which it changes.

    Parameters
    ----------
    replace
        Whether what the planner wrote there before may be replaced; anything else never is.
    maps
        Whether maps are drawn.
    year
        Draw the maps of this school year only.
    progress
        Called with the step, how much of it is done, and how much there is.

    Raises
    ------
    OutputError
        When the folder is taken or cannot be written.
    """
    folder = Path(folder)
    steps = (Text("writing tables"), Text("writing the workbook"), Text("drawing maps"))

    def step(done: int) -> None:
        if progress is not None:
            progress(steps[done], done, len(steps))

    with write_whole(folder, replace=replace) as beside:
        step(0)
        tables = _tables(found)
        (beside / "tables").mkdir()
        for name, table in tables.items():
            write_csv(table, beside / "tables" / f"{name}.csv")
        step(1)
        _write_workbook(found, tables, beside / "comparison.xlsx")
        if maps:
            step(2)
            (beside / "maps").mkdir()
            for name, figure in figures(found, year):
                save_figure(figure, beside / "maps" / f"{name}.png")
        write_manifest(beside, _facts(found))
    return folder


def _tables(found: Comparison) -> dict[str, pd.DataFrame]:
    """Return the tables of a comparison by the name of their file, with names beside ids, rounded."""
    district = everywhere(found)
    tables = {
        "stages": found.table,
        "totals": found.totals,
        "affected": found.moved,
        "affected_by_pair": by_pair(found.moved),
        "affected_by_year": by_year(found.moved),
        **found.outcomes,
    }
    return {name: rounded(named(table, district)) for name, table in tables.items()}


def _facts(found: Comparison) -> dict[str, object]:
    """Return what a comparison was made of, for its manifest."""
    base = found.runs[0]
    return {
        "language": current_language(),
        "compared": list(found.names),
        "scenarios": {
            name: dict(run.loaded.digests) for name, run in zip(found.names, found.runs, strict=True)
        },
        "district": {
            name: {"name": run.district.name, "sha256": dict(run.district.digests)}
            for name, run in zip(found.names, found.runs, strict=True)
        },
        "years": [base.plan.years[0], base.plan.years[-1]],
        "draws": base.forecast.draws,
        "seed": base.forecast.seed,
        "batches": found.batches,
    }


def _write_workbook(found: Comparison, tables: Mapping[str, pd.DataFrame], path: Path) -> None:
    base, district = found.runs[0], everywhere(found)
    chinese = current_language() == "zh"
    shown = {name: readable(table, base.policy, district) for name, table in tables.items()}
    sheets = [
        *_summaries(shown),
        *(_sheet(found, name, shown[name]) for name in found.outcomes),
    ]
    lines = {name: sentences_of(found, name) for name in found.names[1:]}
    facts = [
        (say("District"), base.district.name if chinese else base.district.name_en or base.district.name),
        *(
            (
                say("Scenario"),
                f"{name}: {scenario_name(run.scenario)}" if scenario_name(run.scenario) else name,
            )
            for name, run in zip(found.names, found.runs, strict=True)
        ),
        (say("School years"), f"{base.plan.years[0]}-{base.plan.years[-1]}"),
        (say("Draws, seed"), f"{base.forecast.draws}, {base.forecast.seed}"),
        *(
            (say("{name} against {base}", name=name, base=found.first), text)
            for name in lines
            for text in lines[name]
        ),
    ]
    keys = {
        column: None
        for name, table in found.outcomes.items()
        for column in list(table)[: list(table).index("figure")]
    }
    figures_told = {figure: None for table in found.outcomes.values() for figure in table["figure"]}
    columns = [*_meanings(found), *column_descriptions([*keys, "name", *figures_told])]
    created = dt.date(base.district.counted, 9, 1)
    write_sheets(sheets, path, facts=facts, columns=columns, created=created)


def _meanings(found: Comparison) -> list[tuple[str, str]]:
    """Return the headings that a comparison's tables have beside the dictionary's, with what they mean."""
    return [
        (say("figure"), say("Which figure the row is about; the figures are explained below.")),
        (
            say("difference"),
            say("Figure of the scenario less that of {base}, on the same draws.", base=found.first),
        ),
        (
            say("sampling error"),
            say(
                "Monte Carlo standard error of the difference, from {batches} batches of draws; 0 where it is the same in"
                " every draw; blank where it cannot be told.",
                batches=found.batches,
            ),
        ),
        (
            say("verdict"),
            say(
                "differs: by more than {errors} errors; not distinguishable: within {errors} errors, which may be luck; only"
                " here or only in the first: the other scenario has no such figure.",
                errors=f"{CLEAR_FROM:g}",
            ),
        ),
        (
            say("rows"),
            say(
                "Sheets hold the rows in which something differs, those that differ beyond luck shaded; the CSV files in the"
                " folder tables hold all."
            ),
        ),
    ]


def _summaries(shown: Mapping[str, pd.DataFrame]) -> Iterator[Sheet]:
    """Yield the sheets of what is told by stage, and of who is affected."""
    titles = {
        "stages": Text("Figures by stage and year, with exact errors of the differences"),
        "totals": Text("The same, added up over the years"),
        "affected": Text("Children who go elsewhere, by block and year"),
        "affected_by_pair": Text("Children who go elsewhere, by pair of schools"),
        "affected_by_year": Text("Children who go elsewhere, by stage and year"),
    }
    sheet_names = {
        "stages": say("stages"),
        "totals": say("totals"),
        "affected": say("affected"),
        "affected_by_pair": say("affected by pair"),
        "affected_by_year": say("affected by year"),
    }
    for name, title in titles.items():
        table = shown[name]
        yield Sheet(
            name=sheet_names[name],
            title=str(title),
            table=table,
            headings={column: _heading(str(column)) for column in table},
        )


def _heading(column: str) -> str:
    """Return the heading of a column of the tables by stage or of who is affected."""
    own = {
        "since": Text("since"),
        "blocks": Text("blocks"),
        "children_first": Text("children in that year"),
        "further": Text("children who walk further"),
        "metres_before": Text("metres before"),
        "metres_after": Text("metres after"),
        "classes_over": Text("classes over cap"),
    }
    for ending, told in (("_change", Text("difference")), ("_error", Text("sampling error"))):
        if column.endswith(ending):
            return say("{place}, {part}", place=_heading(column.removesuffix(ending)), part=told)
    return str(own[column]) if column in own else outcome_label(column)


def _sheet(found: Comparison, name: str, table: pd.DataFrame) -> Sheet:
    """Return the sheet of a table of outcomes: the rows in which some scenario differs from the first."""
    verdicts = [f"verdict_{other}" for other in found.names[1:]]
    differ = ~table[verdicts].isin([SAME]).all(axis=1)
    rows = table.loc[differ].reset_index(drop=True)
    headings = {"figure": say("figure"), f"value_{found.first}": found.first}
    strong = {}
    for other in found.names[1:]:
        headings |= {
            f"value_{other}": other,
            f"change_{other}": say("{name}: difference", name=other),
            f"error_{other}": say("{name}: sampling error", name=other),
            f"verdict_{other}": say("{name}: verdict", name=other),
        }
        clear = rows[f"verdict_{other}"].isin(_TOLD).to_numpy(np.bool_)
        strong |= dict.fromkeys((f"value_{other}", f"change_{other}", f"verdict_{other}"), clear)
    words = {verdict: str(text) for verdict, text in VERDICTS.items()}
    kinds = [_kind(figure) for figure in rows["figure"]]
    told = rows.assign(
        figure=[outcome_label(figure) for figure in rows["figure"]],
        **{column: rows[column].map(lambda key: words.get(key, key)) for column in verdicts},
    )
    return Sheet(
        name=sheet_name(name),
        title=outcome_title(name),
        table=told[_side_by_side(found, list(told))],
        headings=headings,
        kinds=kinds,
        strong=strong,
    )


def _side_by_side(found: Comparison, columns: list[str]) -> list[str]:
    """Return the columns of a table of outcomes with the values of all scenarios before the differences."""
    values = [f"value_{name}" for name in found.names]
    differences = [f"{what}_{name}" for name in found.names[1:] for what in ("change", "error", "verdict")]
    return [column for column in columns if column not in {*values, *differences}] + values + differences


def _kind(figure: str) -> str:
    if figure in _YEARS:
        return "year"
    return kind_of(re.sub("_p[19]0$", "", figure))


def figures(found: Comparison, year: int | None = None) -> Iterator[tuple[str, Figure]]:
    """
    Yield the maps of a comparison, each with the name of its file.

    Of every scenario and stage: the blocks that move, in the first year and whenever they are others than the year
    before; the change of the seat gap, in every year in which it clearly changes at some school.

    Parameters
    ----------
    year
        Only the maps of this year, and the blocks that move whether or not they did the year before.
    """
    base = found.runs[0]
    safe = file_names(found.names)
    for run, name in zip(found.runs[1:], found.names[1:], strict=True):
        source = say(
            "{name}; compared with: {base}",
            name=scenario_name(run.scenario) or name,
            base=scenario_name(base.scenario) or found.first,
        )
        said = {"policy": run.policy, "scenario": source, "land": prepare_land(run.district, run.plan)}
        gaps = found.of("seats_by_school", "gap", name)
        gaps = gaps.assign(clear=gaps["verdict"] == CLEAR)
        entrants = found.moved.loc[(found.moved["scenario"] == name) & found.moved["block"].notna()]
        for stage in run.plan.stages:
            for autumn in _moving(run, base, stage) if year is None else [year]:
                here = entrants.loc[(entrants["stage"] == stage) & (entrants["year"] == autumn)]
                if len(here):
                    children = dict(zip(here["block"], here["children"], strict=True))
                    yield (
                        f"moved-{safe[name]}-{stage}-{autumn}",
                        before_after_map(
                            run.district, base.plan, run.plan, stage, autumn, children=children, **said
                        ),
                    )
            rows = gaps.loc[gaps["stage"] == stage]
            changed = (rows["clear"] & (rows["change"].abs() >= 0.5)) | rows["verdict"].isin([ADDED, GONE])
            for autumn in sorted(set(rows.loc[changed, "year"])):
                if year in {None, autumn}:
                    yield (
                        f"gap-change-{safe[name]}-{stage}-{autumn}",
                        gap_change_map(run.district, run.plan, rows, stage=stage, year=int(autumn), **said),
                    )


def _moving(run: Run, base: Run, stage: str) -> Iterator[int]:
    """Yield the years in which other blocks are moved, or elsewhere, than the year before."""
    before: dict[str, tuple[str, str]] = {}
    for year in run.plan.years:
        moves = moved_blocks(base.plan, run.plan, stage, year)
        if moves != before:
            yield year
        before = moves


def file_names(names: tuple[str, ...]) -> dict[str, str]:
    """Return, for each scenario, a part of a file name that any system takes; all differ."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for number, name in enumerate(names, start=1):
        plain = re.sub(r"[^\w.-]+", "_", name).strip(".") or "_"
        tries = chain([plain], (f"{plain}-{more}" for more in count(number)))
        found[name] = next(part for part in tries if part.casefold() not in taken)
        taken.add(found[name].casefold())
    return found
