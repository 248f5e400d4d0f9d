"""Checks of how things lie to each other: catchments in pieces, islands, schools side by side, projects far away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from planner.district.catchments import catchments_in, open_in, planned_stages, teaches
from planner.district.checking.places import FAR, NEAR
from planner.district.findings import StageName, few, listing, school_names
from planner.district.tables import complete, figures, named, rows, texts
from planner.words import Text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.district.findings import Finding
    from planner.district.model import District
    from planner.policy import Policy

SAME_POINT = 1.0
"""Schools nearer to each other than this stand at one point. [m]"""

SMALLEST_BLOCK = 100.0
"""A block smaller than this holds no home: a remnant of drawing. [m2]"""

BESIDE_SCHOOL = 1000.0
"""A change of rooms farther than this from its school is remarked upon; a service radius of junior schools. [m]"""

ELSEWHERE = frozenset({"new", "relocation"})
"""Kinds of project that stand elsewhere than their school."""


def _near_pairs(district: District) -> tuple[NDArray[np.intp], NDArray[np.intp], int]:
    """Return pairs of blocks, by position, that touch or lie within `NEAR` of each other; and the number of blocks."""
    shapes = shapely.make_valid(district.blocks.geometry.to_numpy())
    first, second = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=NEAR)
    once = first != second
    return first[once], second[once], len(shapes)


def catchments_in_pieces(district: District, policy: Policy) -> list[Finding]:
    """Return catchments whose blocks lie apart, and blocks that touch no other."""
    first, second, count = _near_pairs(district)
    drawn = ~shapely.is_missing(district.blocks.geometry.to_numpy())
    alone = drawn & ~np.isin(np.arange(count), first) & (count > 1)
    blocks = np.array(named(district.blocks.index), dtype=object)
    findings = listing(
        "warning",
        "D037",
        "blocks",
        "block",
        blocks[alone],
        Text("Blocks that touch no other block: {ids}.", ids=few(blocks[alone])),
        Text("See that they lie where they should and no block between is missing; islands are in order."),
    )
    for stage in planned_stages(district, policy):
        own = catchments_in(district, stage.stage, district.counted).reindex(district.blocks.index)
        group = own.to_numpy(object, na_value="")
        same = (group[first] == group[second]) & (group[first] != "")
        links = coo_array((np.ones(same.sum()), (first[same], second[same])), shape=(count, count))
        piece = connected_components(links, directed=False)[1]
        asked = drawn & ~alone & (group != "")
        apart: dict[str, list[str]] = {}
        for name in dict.fromkeys(group[asked]):
            members = np.flatnonzero(asked & (group == name))
            pieces, sizes = np.unique(piece[members], return_counts=True)
            if len(pieces) > 1:
                main = pieces[np.argmax(sizes)]
                apart[str(name)] = [str(block) for block in blocks[members[piece[members] != main]]]
        findings += listing(
            "warning",
            "D036",
            "catchments",
            "school",
            apart,
            Text(
                "Catchments of stage {stage} in several pieces (school: blocks apart from most): {list}.",
                stage=StageName(stage),
                list=few(school_names(district, apart, [few(away) for away in apart.values()])),
            ),
            Text("See that these blocks are given to the right school."),
        )
    return findings


def schools_in_one_block(district: District, policy: Policy) -> list[Finding]:
    """Return public schools that enter the same stage in one block, of which only one can have it."""
    schools = district.schools.loc[district.public]
    schools = rows(schools, open_in(schools, district.counted).to_numpy(bool))
    points = np.asarray(schools["geometry"], dtype=object)
    tree = shapely.STRtree(district.blocks.geometry.to_numpy())
    at_school, at_block = tree.query(points, predicate="intersects")
    stand = {int(school): int(block) for school, block in zip(at_school, at_block, strict=True)}
    blocks = named(district.blocks.index)
    findings = []
    for stage in planned_stages(district, policy):
        entering = teaches(schools, stage).to_numpy(bool) & (figures(schools, "first") <= stage.first)
        own = catchments_in(district, stage.stage, district.counted)
        inside: dict[int, list[str]] = {}
        for school, block in stand.items():
            if entering[school]:
                inside.setdefault(block, []).append(str(schools.index[school]))
        shared = {
            blocks[block]: found
            for block, found in sorted(inside.items())
            if len(found) > 1 and not set(found) <= set(str(own.get(blocks[block], "")).split("+"))
        }
        findings += listing(
            "note",
            "D038",
            "schools",
            "geometry",
            shared,
            Text(
                "Blocks in which several schools of stage {stage} stand: {list}.",
                stage=StageName(stage),
                list=few([f"{block} ({'+'.join(found)})" for block, found in shared.items()]),
            ),
            Text("A block belongs to one school: split it, or give the schools a joint catchment (A+B)."),
        )
    return findings


def schools_at_one_point(district: District, policy: Policy) -> list[Finding]:
    """Return schools of the same grades at the same point."""
    del policy
    schools = district.schools
    points = schools.geometry.to_numpy()
    there = np.flatnonzero(~shapely.is_missing(points) & open_in(schools, district.counted).to_numpy(bool))
    one, other = shapely.STRtree(points[there]).query(points[there], predicate="dwithin", distance=SAME_POINT)
    one, other = there[one[one < other]], there[other[one < other]]
    first, last = figures(schools, "first"), figures(schools, "last")
    shared = (first[one] <= last[other]) & (first[other] <= last[one])
    ids = named(schools.index)
    pairs = [f"{ids[a]}+{ids[b]}" for a, b in zip(one[shared], other[shared], strict=True)]
    return listing(
        "warning",
        "D039",
        "schools",
        "geometry",
        pairs,
        Text("Schools of the same grades at one point: {ids}.", ids=few(pairs)),
        Text("Give each its own place: a point of the street or town stands for neither."),
    )


def tiny_blocks(district: District, policy: Policy) -> list[Finding]:
    """Return blocks too small for a home."""
    del policy
    shapes = district.blocks.geometry.to_numpy()
    area = shapely.area(shapely.make_valid(shapes))
    small = named(district.blocks.index[~shapely.is_missing(shapes) & (area < SMALLEST_BLOCK)])
    return listing(
        "warning",
        "D140",
        "blocks",
        "geometry",
        small,
        Text("Blocks smaller than {area} m2: {ids}.", area=f"{SMALLEST_BLOCK:g}", ids=few(small)),
        Text("Remnants of drawing: join each to the block beside it."),
    )


def far_away(district: District, policy: Policy) -> list[Finding]:
    """Return projects and barriers far from every block."""
    del policy
    shapes = district.blocks.geometry.dropna().to_numpy()
    findings = []
    for name in ("projects", "barriers") if len(shapes) else ():
        table = district[name]
        if not isinstance(table, gpd.GeoDataFrame) or not len(table):
            continue
        drawn = complete(table, ("geometry",))
        places = np.asarray(drawn["geometry"], dtype=object)
        if not len(places):
            continue
        _, metres = shapely.STRtree(shapes).query_nearest(places, return_distance=True, all_matches=False)
        key = "project" if name == "projects" else "barrier"
        away = texts(drawn, key)[metres > FAR]
        findings += listing(
            "warning",
            "D141",
            name,
            "geometry",
            away,
            Text("Places more than {km} km from every block: {ids}.", km=f"{FAR / 1000:g}", ids=few(away)),
            Text("See that the coordinates, and their coordinate reference system, are right."),
        )
    return findings


def projects_beside_school(district: District, policy: Policy) -> list[Finding]:
    """Return changes of rooms that are drawn far from their school."""
    del policy
    projects = complete(district["projects"], ("project", "school"))
    at = district.schools.index.get_indexer(texts(projects, "school"))
    kinds = texts(projects, "kind").astype(str)
    projects = rows(projects, (at >= 0) & ~np.isin(kinds, list(ELSEWHERE)))
    at = district.schools.index.get_indexer(texts(projects, "school"))
    places = np.asarray(projects["geometry"], dtype=object)
    metres = shapely.distance(places, district.schools.geometry.to_numpy()[at])
    away = metres > BESIDE_SCHOOL
    ids = texts(projects, "project")[away]
    return listing(
        "note",
        "D142",
        "projects",
        "geometry",
        ids,
        Text(
            "Projects drawn far from their school: {list}.",
            list=few([f"{name} {far:,.0f} m" for name, far in zip(ids, metres[away], strict=True)]),
        ),
        Text("See which place is right; write kind relocation where the school moves."),
    )


CHECKS = (
    catchments_in_pieces,
    schools_in_one_block,
    schools_at_one_point,
    tiny_blocks,
    far_away,
    projects_beside_school,
)
