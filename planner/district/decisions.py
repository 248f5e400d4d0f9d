"""What the columns of a project say that is to be decided: sites, sizes, gates, lists, as they are written."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import shapely

from planner.district.values import NO, YES, parse_rooms
from planner.policy import parse_grades
from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from planner.district.model import District

ALL_BLOCKS = "blocks"
"""Word that stands for all blocks as sites."""

Gate = bool | int | None
"""True: had; False: not had; a year: from then on; None: not asked."""

EDGE = 1.0
"""A site so far outside the outline is taken to lie on it. [m]"""

_YEARS = range(1990, 2101)

_PLACE = re.compile(r"(-?[0-9]+(?:\.[0-9]+)?)[ ,]+(-?[0-9]+(?:\.[0-9]+)?)")
"""Longitude and latitude; ids of blocks have no two numbers with a gap."""


def parse_list(text: str) -> tuple[str, ...]:
    """Return the entries of a list separated by semicolons, blank ones left out, each once."""
    parts = unicodedata.normalize("NFKC", text).replace("、", ";").split(";")
    return tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))


def parse_sites(text: str) -> tuple[str | tuple[float, float], ...]:
    """Return sites as they are written: ids of blocks, or longitude and latitude. [degrees]."""
    sites: list[str | tuple[float, float]] = []
    for entry in parse_list(text):
        place = _PLACE.fullmatch(entry)
        sites.append((float(place[1]), float(place[2])) if place else entry)
    return tuple(sites)


def parse_sizes(text: str) -> tuple[tuple[int, ...], ...]:
    """
    Return sizes, each as rooms by year since opening, from text as ``24 | 12;24;36``. [rooms].

    Raises
    ------
    ValueError
        When an entry is no list of whole numbers.
    """
    written = unicodedata.normalize("NFKC", text)
    return tuple(parse_rooms(part) for part in written.split("|")) if written.strip() else ()


def parse_figures(text: str, separator: str) -> tuple[float, ...]:
    """
    Return numbers separated by a sign, none below 0.

    Raises
    ------
    ValueError
        When an entry is no number, or below 0.
    """
    written = unicodedata.normalize("NFKC", text)
    figures = tuple(float(part) for part in written.split(separator)) if written.strip() else ()
    if not all(0 <= figure < float("inf") for figure in figures):
        raise ValueError(written)
    return figures


def parse_gate(text: str) -> Gate:
    """
    Return whether something is had, or the school year from which it is.

    Raises
    ------
    ValueError
        When the text is no yes, no or year.
    """
    written = unicodedata.normalize("NFKC", text).strip().lower()
    if not written:
        return None
    if written in YES or written in NO:
        return written in YES
    year = int(written.removesuffix(".0"))
    if year not in _YEARS:
        raise ValueError(written)
    return year


def parse_opening_grades(text: str) -> tuple[tuple[int, int], ...]:
    """
    Return the grades that have children in the first, second, ... year, from text as ``1;1-2;1-9``.

    Raises
    ------
    ValueError
        When an entry is no range of grades.
    """
    written = unicodedata.normalize("NFKC", text)
    return tuple(parse_grades(part) for part in written.split(";")) if written.strip() else ()


def parse_late(text: str) -> dict[int, float]:
    """
    Return the chance of opening 1, 2, ... years late, from text as ``0.3;0.1``. [years: 1].

    Raises
    ------
    ValueError
        When an entry is no number from 0 to 1, or all together are more than 1.
    """
    chances = parse_figures(text, ";")
    if sum(chances) > 1 + 1e-9:
        raise ValueError(text)
    return {years: chance for years, chance in enumerate(chances, start=1) if chance > 0}


def circles_of(waits: Mapping[str, Sequence[str]]) -> list[tuple[str, ...]]:
    """
    Return the circles in which projects wait for themselves, each once, its first project repeated at its end.

    Parameters
    ----------
    waits
        Projects by those that wait for them.
    """
    found: list[tuple[str, ...]] = []
    done: set[str] = set()
    for start in waits:
        path: list[str] = []
        ahead = [iter((start,))]
        while ahead:
            at = next(ahead[-1], None)
            if at is None:
                ahead.pop()
                if path:
                    done.add(path.pop())
            elif at in path:
                found.append((*path[path.index(at) :], at))
            elif at not in done:
                path.append(at)
                ahead.append(iter(waits.get(at, ())))
    return found


@dataclass(frozen=True, kw_only=True)
class Decision:
    """The columns of a project about what is to be decided, read."""

    sites: tuple[str | tuple[float, float], ...] = ()
    site_areas: tuple[str, ...] = ()
    sizes: tuple[tuple[int, ...], ...] = ()
    """[rooms by year since opening]."""
    size_yuan: tuple[float, ...] = ()
    opening_grades: tuple[tuple[int, int], ...] = ()
    approval: Gate = None
    land: Gate = None
    consent: Gate = None
    receives: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    late: dict[int, float]


_READ: Mapping[str, Callable[[str], Any]] = {
    "sites": parse_sites,
    "site_areas": parse_list,
    "sizes": parse_sizes,
    "size_yuan": lambda text: parse_figures(text, "|"),
    "opening_grades": parse_opening_grades,
    "approval": parse_gate,
    "land": parse_gate,
    "consent": parse_gate,
    "receives": parse_list,
    "depends_on": parse_list,
    "late": parse_late,
}

_HOW: Mapping[str, Text] = {
    "sizes": Text("Write sizes as 24 | 12;24;36, each the rooms of the first, second, ... year."),
    "size_yuan": Text("Write the cost of each size in yuan, as 85000000 | 60000000."),
    "opening_grades": Text("Write the grades of the first, second, ... year as 1;1-2;1-9."),
    "approval": Text("Write yes, no, or the school year from which it is so, as 2028."),
    "land": Text("Write yes, no, or the school year from which it is so, as 2028."),
    "consent": Text("Write yes, no, or the school year from which it is so, as 2028."),
    "late": Text("Write the chance of being 1, 2, ... years late as 0.3;0.1, no more than 1 together."),
}
"""How the columns that can be written wrongly are written."""


def read_decision(row: Mapping[str, Any]) -> tuple[Decision, dict[str, Text]]:
    """
    Return what a row of the table of projects says of what is to be decided, and the columns that cannot be read.

    Parameters
    ----------
    row
        Values by column; what is missing is None, <NA> or not there.

    Returns
    -------
    The decision, and by column how it is written; a column that cannot be read is as if it were blank.
    """
    read: dict[str, Any] = {"late": {}}
    wrong: dict[str, Text] = {}
    for column, parse in _READ.items():
        value = row.get(column)
        if not isinstance(value, str) or not value.strip():
            continue
        try:
            read[column] = parse(value)
        except ValueError:
            wrong[column] = _HOW[column]
    return Decision(**read), wrong


def site_land(district: District) -> shapely.Geometry:
    """Return the land on which sites may lie: within the outline of the district, or its blocks where none is drawn."""
    outline = district["boundary"]
    drawn = isinstance(outline, gpd.GeoDataFrame) and len(outline) > 0
    shapes = (outline if drawn else district.blocks).geometry.dropna().to_numpy()
    land = shapely.buffer(shapely.union_all(shapely.make_valid(shapes)), EDGE)
    shapely.prepare(land)
    return land


def gate_text(gate: Gate) -> str | None:
    """Return a gate as the table of projects writes it, None for one that is not asked."""
    if gate is None:
        return None
    return str(gate) if not isinstance(gate, bool) else "yes" if gate else "no"
