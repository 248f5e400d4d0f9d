"""The scenario in which a schedule results: projects dated, catchments of new schools, children sent, classes planned."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np
from pyproj import Transformer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from planner.capacity.options import Option, Options
    from planner.optimise.openings.gathering import Gathered
    from planner.optimise.openings.plan import OpeningPlan
    from planner.plan import Plan

    Entry = dict[str, Any]

SENT = 5.0
"""Children of a school's entrants who are placed at one other school, from which the scenario sends them there: fewer are
left to the rules of overflow. [children]"""

ALIKE = 0.05
"""Shares of years in a row that differ by no more are written as their mean. [1]"""


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What a schedule is written against."""

    gathered: Gathered
    plan: Plan
    """The scenario as it stands."""
    crs: str
    """Coordinates of the options' places."""


def resulting_edits(setting: Setting, chosen: OpeningPlan) -> dict[str, list[Entry]]:
    """
    Return the entries of the tables of a scenario by which a schedule is carried out.

    - **projects**: every option that opens, with its year, size and place; a project none of whose options opens is
      forbidden.
    - **catchments**: to a new school belong the blocks more than half of whose entrants are placed there from the
      first year on in which it takes them.
    - **diversions**: of the entrants of each school's catchment, the share placed at another school, where it is
      children enough (`SENT`).
    - **classes**: those of every intake, where classes are a matter of one intake.
    """
    gathered, told = setting.gathered, setting.gathered.told
    decided = gathered.choices.decided(chosen.opens)
    homes, doors = gathered.placed(chosen.intake)
    names = _names(gathered.options, told.schools)
    since = _new_schools(gathered, decided)
    catchments, lived = _catchments(setting, homes, since)
    edits: dict[str, list[Entry]] = {
        "projects": _projects(gathered.options, decided, setting.crs),
        "catchments": [entry | {"schools": [names[s] for s in entry["schools"]]} for entry in catchments],
        "diversions": _diversions(told.stages, told.years, names, _sent(lived, homes, doors)),
    }
    if told.kept and not told.rules.learned:
        edits["classes"] = _classes(gathered, names, chosen)
    return edits


def as_toml(
    extends: str, summary: Mapping[str, str], terms: Mapping[str, Any], edits: Mapping[str, Sequence[Entry]]
) -> str:
    """Return the text of a scenario that builds on a file, with terms of its schedule and entries of its tables."""
    head = [f"extends = {_value(extends)}", *(f"{key} = {_value(text)}" for key, text in summary.items())]
    head += ["", "[schedule]", *(f"{key} = {_value(value)}" for key, value in terms.items())]
    tables = [
        "\n".join([f"[[{table}]]", *(f"{key} = {_value(value)}" for key, value in entry.items())])
        for table, entries in edits.items()
        for entry in entries
    ]
    return "\n\n".join(["\n".join(head), *tables]) + "\n"


def _value(value: Any) -> str:
    """Return a value as TOML writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_value, value)) + "]"
    return repr(value)


def _names(options: Options, schools: Sequence[str]) -> list[str]:
    """Return the ids that the schools of the facts have in a scenario: those of sites are the schools that come there."""
    brought = {option.campus: option.school for option in options.options}
    return [brought.get(school, school) for school in schools]


def _projects(options: Options, decided: Mapping[str, int], crs: str) -> list[Entry]:
    """Return the entries of all projects that are not settled."""
    to_degrees = Transformer.from_crs(crs, 4326, always_xy=True)
    entries: list[Entry] = []
    for project in dict.fromkeys(option.project for option in options.options if not option.counted):
        of = options.of(project)
        opened = next((option for option in of if option.option in decided), None)
        if opened is None:
            entries.append({"project": project, "choice": "forbidden"})
            continue
        entry: Entry = {
            "project": project,
            "choice": "fixed",
            "opens": options.years[decided[opened.option]],
        }
        if len(of) > 1:
            entry |= _settled(opened, of, to_degrees)
        entries.append(entry)
    return entries


def _settled(option: Option, among: Sequence[Option], to_degrees: Transformer) -> Entry:
    """Return the site and size that were chosen among several."""
    entry: Entry = {}
    if len({other.site for other in among}) > 1 and option.place is not None:
        longitude, latitude = to_degrees.transform(option.place.x, option.place.y)
        entry |= {"at": [round(float(longitude), 6), round(float(latitude), 6)], "sites": []}
    if len({other.rooms for other in among}) > 1:
        entry |= {"rooms": list(option.rooms), "sizes": [], "cost_yuan": option.capital_yuan, "size_yuan": []}
    return entry


def _new_schools(gathered: Gathered, decided: Mapping[str, int]) -> dict[int, list[int]]:
    """Return the new schools that open, by position, with the position of the first year with entrants of each stage."""
    told = gathered.told
    at = {school: s for s, school in enumerate(told.schools)}
    return {
        at[option.campus]: [year + option.waits(first) for first, _ in told.spans]
        for name, year in decided.items()
        if (option := gathered.options.by_id[name]).brings and not option.counted and option.campus in at
    }


def _catchments(
    setting: Setting, homes: NDArray[np.float64], since: Mapping[int, Sequence[int]]
) -> tuple[list[Entry], NDArray[np.float64]]:
    """Return the catchments of new schools, and the part of each block's entrants that belongs to each school. [stage, block, school, year]."""
    told, plan = setting.gathered.told, setting.plan
    lived = np.zeros(homes.shape)
    position = {school: s for s, school in enumerate(told.schools)}
    columns = [position[school] for school in plan.schools]
    of = plan.catchment_of
    shares = np.where((of >= 0)[..., None], plan.shares[of, :, np.arange(len(plan.years))], 0.0)
    lived[:, :, columns] = np.moveaxis(shares, 3, 2)
    entries: list[Entry] = []
    for s, begins in sorted(since.items(), key=lambda item: (min(item[1]), item[0])):
        for e, (stage, first) in enumerate(zip(told.stages, begins, strict=True)):
            ahead = homes[e, :, :, first:].sum(axis=2)
            mine = np.flatnonzero((ahead[:, s] > 0) & (ahead[:, s] > ahead.sum(axis=1) / 2))
            if not mine.size:
                continue
            lived[e, mine, :, first:] = 0.0
            lived[e, mine, s, first:] = 1.0
            entries.append(
                {
                    "blocks": [told.blocks[b] for b in mine],
                    "schools": [s],
                    "stage": stage,
                    "since": told.years[first],
                }
            )
    return entries, lived


def _sent(
    lived: NDArray[np.float64], homes: NDArray[np.float64], doors: NDArray[np.float64]
) -> NDArray[np.float64]:
    """
    Return the share of the entrants expected at each school who are placed at each other. [stage, school, other, year] [1].

    Children of a joint catchment who are placed at any of its schools are expected there.
    """
    inside = (lived > 0) * homes
    e, b, z, t = np.nonzero(homes - inside)
    away = homes[e, b, z, t, None] * lived[e, b, :, t]
    placed = np.zeros(np.array(doors.shape)[[0, 2, 3, 1]])
    np.add.at(placed, (e, z, t), away)
    expected = inside.sum(axis=1) + placed.sum(axis=1).swapaxes(1, 2) + doors.sum(axis=2)
    sent = placed.transpose(0, 3, 1, 2) + doors
    every = np.arange(sent.shape[1])
    sent[:, every, every] = 0.0
    return np.where(sent >= SENT, sent / np.maximum(expected, 1.0)[:, :, None], 0.0)


def _diversions(
    stages: Sequence[str], years: Sequence[int], names: Sequence[str], shares: NDArray[np.float64]
) -> list[Entry]:
    """Return the diversions of shares [stage, school, other, year]; shares much alike in years in a row are one."""
    entries: list[Entry] = []
    for e, s in np.argwhere(shares.any(axis=(2, 3))).tolist():
        to = np.flatnonzero(shares[e, s].any(axis=1)).tolist()
        spans = {z: _alike(shares[e, s, z].tolist(), years, ALIKE) for z in to}
        sent = [
            sum(share for z in to for share, since, until in spans[z] if since <= year <= until)
            for year in years
        ]
        if max(sent) > 1:
            spans = {z: _alike(shares[e, s, z].tolist(), years, 0.0) for z in to}
        entries += [
            {
                "from_school": names[s],
                "to_school": names[z],
                "stage": stages[e],
                "since": since,
                "until": until,
                "share": share,
            }
            for z in to
            for share, since, until in spans[z]
            if share > 0
        ]
    return entries


def _classes(gathered: Gathered, names: Sequence[str], chosen: OpeningPlan) -> list[Entry]:
    """Return the classes of all intakes; equal numbers of years in a row are one entry."""
    told = gathered.told
    classes = np.rint(gathered.classes(chosen.classes[:, :, 0])).astype(int)
    open_ = _usable(gathered, chosen)
    entries: list[Entry] = []
    for s, e in np.argwhere(told.teaches[:, list(told.first)]).tolist():
        stated = np.where(open_[s], classes[s, e], -1)
        for number, first, last in _runs(stated, told.years):
            if number >= 0:
                entries.append(
                    {
                        "school": names[s],
                        "stage": told.stages[e],
                        "since": first,
                        "until": last,
                        "classes": int(number),
                    }
                )
    return entries


def _usable(gathered: Gathered, chosen: OpeningPlan) -> NDArray[np.bool_]:
    """Return whether a school is open with the schedule: has rooms. [school, year]."""
    facts = gathered.facts
    held = facts.rooms_open(chosen.opens) + facts.left
    usable = np.zeros((len(gathered.told.schools), facts.years), dtype=bool)
    np.logical_or.at(usable, gathered.campuses.school, held > 0)
    return usable


def _alike(shares: Sequence[float], years: Sequence[int], by: float) -> list[tuple[float, int, int]]:
    """Return shares of years in a row that differ by no more than `by` as (mean, first year, last year), rounded down."""
    runs: list[list[int]] = []
    for at, share in enumerate(shares):
        held = [shares[t] for t in runs[-1]] if runs else []
        together = held and (share > 0) == (held[0] > 0) and np.ptp([*held, share]) <= by
        if together:
            runs[-1].append(at)
        else:
            runs.append([at])
    return [
        (float(np.floor(np.mean([shares[t] for t in run]) * 1000) / 1000), years[run[0]], years[run[-1]])
        for run in runs
    ]


def _runs(figures: Iterable[Any], years: Sequence[int]) -> list[tuple[Any, int, int]]:
    """Return equal figures of years in a row as (figure, first year, last year)."""
    runs = []
    for figure, group in groupby(zip(figures, years, strict=True), key=lambda pair: pair[0]):
        held = [year for _, year in group]
        runs.append((figure, held[0], held[-1]))
    return runs
