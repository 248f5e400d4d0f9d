"""Checks of the drivers of migration."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.district.findings import few, listing
from planner.district.integrity import row_ids
from planner.district.tables import figures, named, rows, texts
from planner.words import Text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.district.findings import Finding
    from planner.district.model import District
    from planner.policy import Policy

KEY = ("driver", "area", "block", "since", "age_from")


def _ids(district: District, chosen: NDArray[np.bool_]) -> tuple[str, ...]:
    return row_ids(rows(district["drivers"], chosen), KEY)


def unknown_areas(district: District, policy: Policy) -> list[Finding]:
    """Return drivers of areas in which no block lies, and those that name an area and a block of another."""
    del policy
    table = district["drivers"]
    area, block = texts(table, "area"), texts(table, "block")
    areas = set(named(district.blocks["area"].dropna()))
    lost = np.array([bool(name) and name not in areas for name in area], dtype=bool)
    of = dict(zip(named(district.blocks.index), texts(district.blocks, "area"), strict=True))
    other = np.array(
        [
            bool(name and where) and where in of and of[where] != name
            for name, where in zip(area, block, strict=True)
        ],
        dtype=bool,
    )
    lost_areas = named(area[lost])
    return [
        *listing(
            "error",
            "D190",
            "drivers",
            "area",
            _ids(district, lost),
            Text("Areas in which no block lies: {areas}.", areas=few(lost_areas)),
            Text("Write the area as table blocks has it; leave area and block blank for the whole district."),
        ),
        *listing(
            "error",
            "D190",
            "drivers",
            "block",
            _ids(district, other & ~lost),
            Text(
                "Drivers whose block lies in another area than theirs: {ids}.",
                ids=few(_ids(district, other & ~lost)),
            ),
            Text("Leave the area blank where a block is meant."),
        ),
    ]


def impossible_drivers(district: District, policy: Policy) -> list[Finding]:
    """Return drivers whose range does not hold their number, or that end before they begin."""
    del policy
    table = district["drivers"]
    children, low, high = (figures(table, column) for column in ("children", "low", "high"))
    since, until = figures(table, "since"), figures(table, "until")
    youngest, oldest = figures(table, "age_from"), figures(table, "age_to")
    findings: list[Finding] = []
    for column, wrong, text, advice in (
        (
            "low",
            (low > children) | (children > high) | (low > high),
            Text("Drivers whose range from low to high does not hold their number of children"),
            Text(
                "Write low at most the number and high at least; of those who move away, -80 is lower than -40."
            ),
        ),
        (
            "until",
            until < since,
            Text("Drivers that end before they begin"),
            Text("Correct the years."),
        ),
        (
            "age_to",
            oldest < youngest,
            Text("Drivers whose oldest age is below the youngest"),
            Text("Correct the ages."),
        ),
    ):
        ids = _ids(district, wrong)
        listed = Text("{what}: {ids}.", what=text, ids=few(ids))
        findings += listing("error", "D191", "drivers", column, ids, listed, advice)
    return findings


def unranged_drivers(district: District, policy: Policy) -> list[Finding]:
    """Return drivers that do not say how far their number may be off."""
    del policy
    table = district["drivers"]
    missing = np.isnan(figures(table, "low")) | np.isnan(figures(table, "high"))
    over = figures(table, "until") <= district.counted
    ids = _ids(district, missing & ~over)
    return listing(
        "warning",
        "D192",
        "drivers",
        "low",
        ids,
        Text("Drivers without a range: {ids}.", ids=few(ids)),
        Text(
            "Write the ends between which the number lies with 80 %; without them half to one and a half times it is taken."
        ),
    )


CHECKS = (unknown_areas, impossible_drivers, unranged_drivers)
