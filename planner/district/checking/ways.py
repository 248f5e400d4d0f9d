"""Checks of ways to school: measured ways that cannot be, and schools far beyond the nearest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from planner.district.catchments import catchments_in, open_in, planned_stages
from planner.district.findings import StageName, few, listing
from planner.district.geography import block_points, distance_matrix
from planner.district.integrity import row_ids
from planner.district.tables import complete, figures, named, rows, words
from planner.words import Text

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from planner.district.findings import Finding
    from planner.district.model import District
    from planner.policy import Policy

SHORTER = 50.0
"""A measured way may be this much shorter than the straight line from the block's nearest edge. [m]"""

DETOUR = 4.0
"""Measured ways longer than this times the straight line are remarked upon; 1.3 is usual. [1]"""

DETOUR_METRES = 2000.0
"""... when they also exceed it by this: a bridge that is far away. [m]"""

SPEEDS = (1.0, 60.0)
"""Slowest walk and fastest bus to be believed. [km/h]"""

BEYOND = 3.0
"""A catchment's school farther than this times the nearest school is remarked upon: in Edinburgh and Yuhe
the farthest is 1.4 and 2.0 times as far, in Durham 26 of 851 blocks are told. [1]"""

BEYOND_METRES = 3000.0
"""... when it is also this much farther: three service radii of a junior school, beyond half an hour on foot. [m]"""

MOSTLY = 0.5
"""Share of the ways to own schools from which on a way not measured looks forgotten. [1]"""

WAY = ("block", "school")


def _measured(district: District) -> tuple[pd.DataFrame, NDArray[np.intp], NDArray[np.intp]]:
    """Return measured ways of known blocks and schools, and row by row the positions of the block and the school."""
    travel = complete(district["travel"], (*WAY, "metres"))
    block = district.blocks.index.get_indexer(words(travel, "block"))
    school = district.schools.index.get_indexer(words(travel, "school"))
    known = (block >= 0) & (school >= 0)
    return rows(travel, known), block[known], school[known]


def impossible_ways(district: District, policy: Policy) -> list[Finding]:
    """Return measured ways shorter than the straight line, and far longer ones."""
    del policy
    travel, block, school = _measured(district)
    metres = figures(travel, "metres")
    homes, points = block_points(district.blocks), district.schools.geometry.to_numpy()
    straight = np.hypot(
        shapely.get_x(homes)[block] - shapely.get_x(points)[school],
        shapely.get_y(homes)[block] - shapely.get_y(points)[school],
    )
    # No edge of a block is farther than a point inside it: only ways shorter than that need the outline.
    nearest = np.zeros(len(travel))
    asked = metres < straight - SHORTER
    shapes = shapely.make_valid(district.blocks.geometry.to_numpy())
    nearest[asked] = shapely.distance(shapes[block[asked]], points[school[asked]])
    short = metres < nearest - SHORTER
    far = metres > DETOUR * straight + DETOUR_METRES

    def listed(chosen: NDArray[np.bool_], line: NDArray[np.float64]) -> Text | str:
        """Return the first ways as: block/school: way, line."""
        ids = row_ids(rows(travel, chosen), WAY)
        pairs = zip(ids, metres[chosen], line[chosen], strict=True)
        return few([f"{name}: {way:,.0f}, {direct:,.0f}" for name, way, direct in pairs])

    return [
        *listing(
            "warning",
            "D160",
            "travel",
            "metres",
            row_ids(rows(travel, short), WAY),
            Text(
                "Measured ways shorter than the straight line (block/school: way, line; m): {list}.",
                list=listed(short, nearest),
            ),
            Text("See which is right: the way, the place of the school, or the outline of the block."),
        ),
        *listing(
            "warning",
            "D161",
            "travel",
            "metres",
            row_ids(rows(travel, far), WAY),
            Text(
                "Measured ways far longer than the straight line (block/school: way, line; m): {list}.",
                list=listed(far, straight),
            ),
            Text("See that the way is in metres, and that no bridge or path is missing."),
        ),
    ]


def ways_not_measured(district: District, policy: Policy) -> list[Finding]:
    """Return blocks whose way to their own school is not measured though most are."""
    travel, block, school = _measured(district)
    if not len(travel):
        return []
    known = np.zeros((len(district.blocks), len(district.schools)), dtype=bool)
    known[block, school] = True
    asked = np.zeros_like(known)
    for stage in planned_stages(district, policy):
        own = catchments_in(district, stage.stage, district.counted)
        homes = district.blocks.index.get_indexer(own.index)
        for group in set(own):
            members = district.schools.index.get_indexer(str(group).split("+"))
            asked[np.ix_(homes[(own == group).to_numpy(bool)], members[members >= 0])] = True
    missing = np.argwhere(asked & ~known)
    if len(missing) > (1 - MOSTLY) * asked.sum():
        return []
    blocks, schools = named(district.blocks.index), named(district.schools.index)
    ids = [f"{blocks[home]}/{schools[to]}" for home, to in missing]
    return listing(
        "note",
        "D162",
        "travel",
        "metres",
        ids,
        Text(
            "Of {all} ways from a block to its own school {count} are not measured (block/school): {ids}.",
            all=int(asked.sum()),
            count=len(ids),
            ids=few(ids),
        ),
        Text("Add them: until then straight lines times the detour factor stand beside measured ways."),
    )


def speeds(district: District, policy: Policy) -> list[Finding]:
    """Return ways whose metres and minutes make no speed of a walk or a bus."""
    del policy
    travel = complete(district["travel"], (*WAY, "metres", "minutes"))
    metres, minutes = figures(travel, "metres"), figures(travel, "minutes")
    low, high = SPEEDS
    odd = ((metres * 0.06 > high * minutes) | (metres * 0.06 < low * minutes)) & (metres > SHORTER)
    ids = row_ids(rows(travel, odd), WAY)
    return listing(
        "warning",
        "D163",
        "travel",
        "minutes",
        ids,
        Text(
            "Ways slower than {low} or faster than {high} km/h (block/school: metres, minutes): {list}.",
            low=f"{low:g}",
            high=f"{high:g}",
            list=few(
                [
                    f"{name}: {way:,.0f}, {time:g}"
                    for name, way, time in zip(ids, metres[odd], minutes[odd], strict=True)
                ]
            ),
        ),
        Text("See that ways are in metres and times in minutes."),
    )


def beyond_reach(district: District, policy: Policy) -> list[Finding]:
    """Return blocks whose school is several times farther than the nearest that enters the stage."""
    schools = district.schools
    public = np.isin(named(schools.index), named(district.public)) & open_in(
        schools, district.counted
    ).to_numpy(bool)
    metres = distance_matrix(district, detour=district.detour or policy.detour).astype(np.float64)
    # A school or block without a place is beyond nobody's reach.
    metres[np.isnan(metres)] = np.inf
    findings = []
    for stage in planned_stages(district, policy):
        fit = public & (figures(schools, "first") <= stage.first) & (figures(schools, "last") >= stage.first)
        own = catchments_in(district, stage.stage, district.counted)
        if not fit.any() or not len(own):
            continue
        block = district.blocks.index.get_indexer(own.index)
        nearest = np.where(fit, metres, np.inf).min(axis=1)[block]
        member = np.full(metres.shape, np.inf)
        for group in set(own):
            columns = schools.index.get_indexer(str(group).split("+"))
            of_group = block[(own == group).to_numpy(bool)]
            for column in columns[columns >= 0]:
                member[of_group, column] = metres[of_group, column]
        way = member.min(axis=1)[block]
        far = np.isfinite(way) & (way > BEYOND * nearest) & (way > nearest + BEYOND_METRES)
        ids = named(own.index[far])
        findings += listing(
            "note",
            "D164",
            "catchments",
            "school",
            ids,
            Text(
                "Blocks of stage {stage} far beyond their nearest school (own school, nearest; m): {list}.",
                stage=StageName(stage),
                list=few(
                    [
                        f"{name}: {a:,.0f}, {b:,.0f}"
                        for name, a, b in zip(ids, way[far], nearest[far], strict=True)
                    ]
                ),
            ),
            Text("See that the block is given to the right school."),
        )
    return findings


CHECKS = (impossible_ways, ways_not_measured, speeds, beyond_reach)
