"""What a scenario does against the first, in a few sentences of the current language."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planner.answers.comparing.affected import by_pair, mean_ways
from planner.answers.comparing.model import CLEAR_FROM
from planner.answers.comparing.places import LEVEL, crossings
from planner.archive.tables import catchment_name, names_in, school_names
from planner.words import Money, Text, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from planner.answers.comparing.model import Comparison
    from planner.pipeline import Run

NAMED = 4
"""Schools, pairs of schools or projects that a sentence names; the rest are counted."""
_LEAST = 0.5
"""Smallest change that is told. [children or classes]"""
_LEAST_WAY = 5.0
"""Smallest change of a mean way that is told. [m]"""


def sentences_of(found: Comparison, name: str) -> list[str]:
    """Return what a scenario does against the first: what it builds, whom it moves, and what comes of it."""
    run, base = found.runs[found.names.index(name)], found.runs[0]
    lines = [
        *_projects(run, base),
        *_seats(found, name),
        *_moved(found, name),
        *_figures(found, name),
        *_ways(found, name),
        *_risks(found, name),
    ]
    lines = lines or [
        say(
            "{name} does not differ from {base} in any figure by stage and year.", name=name, base=found.first
        )
    ]
    return [*lines, *_remarks(run, base, name, found.first)]


def names_of(found: Comparison) -> pd.Series:
    """Return the names of all schools of the scenarios in the current language, indexed by school."""
    names = pd.concat([school_names(run.district) for run in found.runs])
    return names.loc[~names.index.duplicated()]


def _listed(parts: Sequence[str], between: str = "") -> str:
    """Return the first parts of a list; the others are counted."""
    shown, more = (between or say("; ")).join(parts[:NAMED]), len(parts) - NAMED
    return say("{list} and {more} more", list=shown, more=more) if more > 0 else shown


def _rounded(value: float) -> str:
    return f"{value:,.0f}" if round(value) else "0"


def _sign(value: float) -> str:
    return f"{value:+,.0f}" if round(value) else "0"


def _change(change: float, error: float) -> str:
    """Return a change with its 95 % sampling error; one that cannot be told from luck says so."""
    if not abs(change) > CLEAR_FROM * error:
        return say("{change}, within the sampling error", change=_sign(change))
    margin = 1.96 * error
    return (
        say("{change} ± {margin}", change=_sign(change), margin=_rounded(margin))
        if round(margin)
        else _sign(change)
    )


def _projects(run: Run, base: Run) -> Iterator[str]:
    """Yield the projects that open in one scenario alone, or in another year, and what they cost."""
    ours, theirs = (_opening(each) for each in (run, base))
    names = _project_names(run) | _project_names(base)
    costs = _costs(base) | _costs(run)
    changes, more, less, unknown = [], 0.0, 0.0, 0
    for project in dict.fromkeys([*theirs, *ours]):
        old, new = theirs.get(project), ours.get(project)
        if old == new:
            continue
        told = {"project": names.get(project, project), "old": old, "new": new}
        if old is None:
            changes.append(say("{project} opens in {new}", **told))
        elif new is None:
            changes.append(say("{project} does not open", **told))
        else:
            changes.append(say("{project} opens in {new} instead of {old}", **told))
            continue
        cost = costs.get(project)
        unknown += cost is None
        if old is None:
            more += cost or 0.0
        else:
            less += cost or 0.0
    if changes:
        yield say("Projects: {changes}.", changes=_listed(changes))
    if more or less:
        yield say("Cost: {more} more, {less} less.", more=Money(more), less=Money(less))
    if unknown and (more or less):
        yield say("Projects of unknown cost, not counted: {number}.", number=unknown)


def _opening(run: Run) -> dict[str, int]:
    """Return the projects that count in a run, with the year in which they open."""
    table = run.outcomes.get("projects")
    if table is None:
        return {}
    return {
        row["project"]: int(row["opens"])
        for row in table.to_dict("records")
        if row["counted"] and not pd.isna(row["opens"])
    }


def _project_names(run: Run) -> dict[str, str]:
    return names_in(run.district["projects"].set_index("project")).to_dict()


def _costs(run: Run) -> dict[str, float]:
    table = run.district["projects"]
    known = table["cost_yuan"].notna()
    return {
        str(project): float(cost)
        for project, cost in zip(table["project"][known], table["cost_yuan"][known], strict=True)
    }


def _seats(found: Comparison, name: str) -> Iterator[str]:
    """Yield how many seats there are more or fewer, by stage."""
    stages = []
    for stage, rows in _of(found.table, name).groupby("stage", sort=False):
        changed = rows.loc[rows["seats_change"].abs() >= _LEAST]
        if not len(changed):
            continue
        steps = changed.loc[changed["seats_change"].diff().fillna(1).abs() >= _LEAST]
        told = [
            say("{change} from {year} on", change=_sign(row["seats_change"]), year=row["year"])
            for row in steps.to_dict("records")
        ]
        if changed["year"].iloc[-1] < rows["year"].iloc[-1]:
            told.append(say("none from {year} on", year=changed["year"].iloc[-1] + 1))
        stages.append(say("{stage} {figures}", stage=_stage(found, stage), figures=_listed(told, say(", "))))
    if stages:
        yield say("Seats: {stages}.", stages=_listed(stages))


def _moved(found: Comparison, name: str) -> Iterator[str]:
    """Yield who goes elsewhere: entrants by stage, and whole year groups."""
    names = names_of(found)
    moved = _of(found.moved, name)
    for stage, rows in moved.loc[moved["grade"].isna()].groupby("stage", sort=False):
        since = rows["year"].min()
        pairs = [
            say(
                "{children} from {old} to {new}",
                children=_rounded(pair["children_first"]),
                old=_catchment(pair["from"], names),
                new=_catchment(pair["to"], names),
            )
            for pair in by_pair(rows).sort_values("children", ascending=False).to_dict("records")
        ]
        values = {
            "stage": _stage(found, stage),
            "year": since,
            "pairs": _listed(pairs),
            "all": _rounded(rows["children"].sum()),
            **{key: _rounded(metres) for key, metres in mean_ways(rows).items() if not pd.isna(metres)},
        }
        yield say(
            "Entrants who change their catchment, {stage}: {pairs} in {year}; {all} in all years.", **values
        )
        if "metres_before" in values:
            yield say(
                "Their way to the schools of the catchment, {stage}: {metres_before} m before, {metres_after} m after on"
                " average.",
                **values,
            )
    for row in moved.loc[moved["grade"].notna()].to_dict("records"):
        yield say(
            "In {year} the year group in {grade} moves from {old} to {new}: {children} children.",
            year=row["year"],
            grade=found.runs[0].policy.grade_label(int(row["grade"])),
            old=_catchment(row["from"], names),
            new=_catchment(row["to"], names),
            children=_rounded(row["children"]),
        )


def _figures(found: Comparison, name: str) -> Iterator[str]:
    """Yield how many children are above the cap, in classes over it, turned away and unplaced."""
    labels = {
        "over": Text("Entrants above the cap of the classes planned"),
        "classes_over": Text("Classes above their cap"),
        "turned_away": Text("Entrants turned away"),
        "unplaced": Text("Children without any place"),
    }
    for figure, label in labels.items():
        told = [_of_stage(found, name, figure, stage) for stage in found.runs[0].plan.stages]
        if any(told):
            yield say("{label}: {stages}.", label=label, stages=_listed([text for text in told if text]))


def _of_stage(found: Comparison, name: str, figure: str, stage: str) -> str:
    """Return how a figure of a stage changes, in the year in which it does most and in all; empty where it does not."""

    def rows(table: pd.DataFrame, scenario: str) -> pd.DataFrame:
        return _of(table, scenario).loc[lambda of_all: of_all["stage"] == stage]

    years, total = rows(found.table, name), rows(found.totals, name).iloc[0]
    at = int(years[f"{figure}_change"].abs().to_numpy().argmax())
    row = years.iloc[at]
    if abs(row[f"{figure}_change"]) < _LEAST and abs(total[f"{figure}_change"]) < _LEAST:
        return ""
    return say(
        "{stage} {old} → {new} in {year} ({change}), {old_all} → {new_all} in all years ({change_all})",
        stage=_stage(found, stage),
        year=row["year"],
        old=_rounded(rows(found.table, found.first)[figure].iloc[at]),
        new=_rounded(row[figure]),
        change=_change(row[f"{figure}_change"], row[f"{figure}_error"]),
        old_all=_rounded(rows(found.totals, found.first)[figure].iloc[0]),
        new_all=_rounded(total[figure]),
        change_all=_change(total[f"{figure}_change"], total[f"{figure}_error"]),
    )


def _ways(found: Comparison, name: str) -> Iterator[str]:
    """Yield the mean way of all entrants, by stage, in the year in which it changes most."""
    keys = ["stage", "school", "year"]
    rows = found.of("travel", "metres", name).merge(
        found.of("travel", "children", name), on=keys, suffixes=("", "_children")
    )
    stages = []
    for stage, ways in rows.groupby("stage", sort=False):
        old, new = (_mean_ways(ways, when) for when in ("before", "after"))
        change = (new - old).abs().dropna()
        if len(change) and change.max() >= _LEAST_WAY:
            at = change.index[int(change.to_numpy().argmax())]
            stages.append(
                say(
                    "{stage} {old} → {new} m in {year}",
                    stage=_stage(found, stage),
                    year=at,
                    old=_rounded(float(old.to_dict()[at])),
                    new=_rounded(float(new.to_dict()[at])),
                )
            )
    if stages:
        yield say("Mean way of all entrants, where it changes most: {stages}.", stages=_listed(stages))


def _mean_ways(ways: pd.DataFrame, when: str) -> pd.Series:
    """Return the mean way of the entrants of all schools by year. [m]."""
    known = ways.dropna(subset=[when, f"{when}_children"])
    means = {
        year: float(np.average(rows[when].to_numpy(np.float64), weights=rows[f"{when}_children"]))
        for year, rows in known.groupby("year")
    }
    return pd.Series(means, dtype="float64")


def _risks(found: Comparison, name: str) -> Iterator[str]:
    """Yield the schools that come to be at risk of exceeding the cap, and those that no longer are."""
    crossed, names, policy = crossings(found, name), names_of(found), found.runs[0].policy
    for stage in found.runs[0].plan.stages:
        for up in (True, False):
            rows = crossed.loc[(crossed["stage"] == stage) & (crossed["up"] == up)]
            if not len(rows):
                continue
            told = [
                say("{school} ({years})", school=names.get(school, school), years=_spans(years.tolist()))
                for school, years in rows.groupby("school", sort=False)["year"]
            ]
            values = {
                "grade": policy.grade_label(policy.stage(stage).first),
                "level": f"{LEVEL:.0%}",
                "schools": _listed(told),
            }
            yield (
                say("Newly at a risk of {level} or more that {grade} exceeds its cap: {schools}.", **values)
                if up
                else say(
                    "No longer at a risk of {level} or more that {grade} exceeds its cap: {schools}.",
                    **values,
                )
            )


def _remarks(run: Run, base: Run, name: str, first: str) -> Iterator[str]:
    if dict(run.source.digests) != dict(base.source.digests):
        yield say(
            "Mind: {name} and {base} were made of different files of the district; what these differ in is in every"
            " difference.",
            name=name,
            base=first,
        )


def _of(table: pd.DataFrame, name: str) -> pd.DataFrame:
    return table.loc[table["scenario"] == name]


def _stage(found: Comparison, stage: object) -> str:
    return found.runs[0].policy.stage(str(stage)).label


def _catchment(key: str, names: pd.Series) -> str:
    return catchment_name(key, names) if key else say("no catchment")


def _spans(years: Iterable[int]) -> str:
    """Return school years as 2027, 2029-2031."""
    spans: list[list[int]] = []
    for year in sorted(years):
        if spans and year == spans[-1][1] + 1:
            spans[-1][1] = year
        else:
            spans.append([year, year])
    return say(", ").join(f"{first}-{last}" if last > first else f"{first}" for first, last in spans)
