"""Checks of polygons and points: invalid shapes, overlaps, gaps, schools that lie elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from planner.district.catchments import catchments_in, planned_stages
from planner.district.findings import Finding, StageName, few, school_names
from planner.district.projection import swapped
from planner.district.tables import named
from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    from numpy.typing import NDArray

    from planner.district.findings import Level
    from planner.district.model import District
    from planner.policy import Policy

NOISE_AREA = 1.0
"""Overlaps and gaps up to this area are taken for rounding. [m2]"""

NOISE_WIDTH = 0.05
"""Overlaps and gaps up to this mean width are taken for rounding. [m]"""

SLIVER_WIDTH = 5.0
"""Overlaps and gaps up to this mean width are slivers of drawing, in which hardly anybody lives. [m]"""

SLIVER_SHARE = 0.01
"""Overlaps up to this share of the smaller block are slivers too. [1]"""

NEAR = 50.0
"""A school up to this far outside the blocks is not remarked upon. [m]"""

FAR = 20_000.0
"""A school farther than this from every block has wrong coordinates. [m]"""

_SLIVERS = Text(
    "Slivers of drawing do little harm; snap the borders to each other when the layer is next drawn."
)


def _width(shapes: NDArray[np.object_]) -> NDArray[np.float64]:
    """Return the mean width of long thin shapes: area over half the outline. [m]."""
    outline = shapely.length(shapes)
    return np.divide(2 * shapely.area(shapes), outline, out=np.zeros(len(shapes)), where=outline > 0)


def _beyond_noise(shapes: NDArray[np.object_]) -> NDArray[np.bool_]:
    return (shapely.area(shapes) > NOISE_AREA) & (_width(shapes) > NOISE_WIDTH)


def _drawn(table: pd.DataFrame) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    """Return the ids and the shapes of the rows that have one, polygons made valid."""
    if not isinstance(table, gpd.GeoDataFrame):
        return np.array([], dtype=object), np.array([], dtype=object)
    shapes = table.geometry.to_numpy()
    there = ~shapely.is_missing(shapes)
    return table.index.to_numpy(object)[there], shapely.make_valid(shapes[there])


def invalid_polygons(district: District, policy: Policy) -> list[Finding]:
    """Return polygons that cross or touch themselves."""
    del policy
    findings = []
    for name in ("blocks", "boundary"):
        table = district[name]
        if not isinstance(table, gpd.GeoDataFrame):
            continue
        shapes = table.geometry.to_numpy()
        bad = ~shapely.is_valid(shapes) & ~shapely.is_missing(shapes)
        if bad.any():
            ids = tuple(str(row) for row in table.index[bad])
            reasons = shapely.is_valid_reason(shapes[bad])
            findings.append(
                Finding(
                    level="error",
                    code="D030",
                    table=name,
                    ids=ids,
                    text=Text(
                        "Polygons that are not valid: {ids}.",
                        ids=few(
                            [
                                f"{row} ({reason.split('[')[0].strip()})"
                                for row, reason in zip(ids, reasons, strict=True)
                            ]
                        ),
                    ),
                    advice=Text("Redraw them, or run the tool Fix geometries of QGIS on the layer."),
                )
            )
    return findings


def overlaps(district: District, policy: Policy) -> list[Finding]:
    """Return pairs of blocks that lie on the same ground, with the area; slivers apart from true overlaps."""
    del policy
    ids, shapes = _drawn(district.blocks)
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    once = first < second
    first, second = first[once], second[once]
    common = shapely.intersection(shapes[first], shapes[second])
    area = shapely.area(common)
    found = _beyond_noise(common)
    smaller = np.minimum(shapely.area(shapes[first]), shapely.area(shapes[second]))
    sliver = (_width(common) <= SLIVER_WIDTH) | (area <= SLIVER_SHARE * smaller)
    findings = []
    levels: tuple[tuple[Level, NDArray[np.bool_], Text], ...] = (
        (
            "error",
            found & ~sliver,
            Text("Redraw the blocks: a child who lives in two of them is counted in both."),
        ),
        (
            "warning",
            found & sliver,
            _SLIVERS,
        ),
    )
    for level, chosen, advice in levels:
        at = np.flatnonzero(chosen)
        if not len(at):
            continue
        at = at[np.lexsort((second[at], first[at], -area[at]))]
        pairs = [f"{ids[first[pair]]}+{ids[second[pair]]}" for pair in at]
        findings.append(
            Finding(
                level=level,
                code="D031",
                table="blocks",
                ids=tuple(pairs),
                text=Text(
                    "Blocks overlap by {area} m2 in {pairs} places: {list}.",
                    area=f"{area[at].sum():,.0f}",
                    pairs=len(at),
                    list=few(
                        [f"{pair} {area[place]:,.0f} m2" for pair, place in zip(pairs, at, strict=True)]
                    ),
                ),
                advice=advice,
            )
        )
    return findings


def _gap_findings(
    gaps: NDArray[np.object_],
    table: str,
    names: NDArray[np.object_],
    shapes: NDArray[np.object_],
    advice: Text,
    say_what: Callable[[str, int, Text | str], Text],
) -> list[Finding]:
    """Return findings on pieces of land: slivers as a note, larger ones as a warning, with the blocks they touch."""
    gaps = gaps[_beyond_noise(gaps)]
    gaps = gaps[np.argsort(-shapely.area(gaps), kind="stable")]
    sliver = _width(gaps) <= SLIVER_WIDTH
    findings = []
    levels: tuple[tuple[Level, NDArray[np.bool_], Text], ...] = (
        ("warning", ~sliver, advice),
        ("note", sliver, _SLIVERS),
    )
    for level, chosen, what_to_do in levels:
        if not chosen.any():
            continue
        pieces = gaps[chosen]
        piece, block = shapely.STRtree(shapes).query(pieces, predicate="dwithin", distance=NOISE_WIDTH)
        order = np.lexsort((block, piece))
        touching: dict[int, list[str]] = {}
        for at, name in zip(piece[order], names[block[order]], strict=True):
            touching.setdefault(int(at), []).append(str(name))
        beside = ["+".join(touching.get(at, ["-"])[:3]) for at in range(len(pieces))]
        areas = shapely.area(pieces)
        findings.append(
            Finding(
                level=level,
                code="D032",
                table=table,
                ids=tuple(beside),
                text=say_what(
                    f"{areas.sum():,.0f}",
                    len(pieces),
                    few([f"{name} {area:,.0f} m2" for name, area in zip(beside, areas, strict=True)]),
                ),
                advice=what_to_do,
            )
        )
    return findings


def gaps(district: District, policy: Policy) -> list[Finding]:
    """
    Return land that belongs to no block: inside the boundary, or enclosed by blocks where there is no boundary.

    And, where there is one, land of blocks outside the boundary.
    """
    del policy
    names, shapes = _drawn(district.blocks)
    land = shapely.union_all(shapes)
    _, outline = _drawn(district["boundary"])
    fill = Text("Add blocks there, or make sure that nobody lives there.")
    if not len(outline):
        holes = [
            shapely.polygons(ring)
            for part in shapely.get_parts(land)
            if part.geom_type == "Polygon"
            for ring in part.interiors
        ]
        return _gap_findings(
            np.array(holes, dtype=object),
            "blocks",
            names,
            shapes,
            fill,
            lambda area, pieces, where: Text(
                "Blocks enclose land of no block: {area} m2 in {pieces} pieces, beside {list}.",
                area=area,
                pieces=pieces,
                list=where,
            ),
        )
    whole = shapely.union_all(outline)
    return [
        *_gap_findings(
            shapely.get_parts(shapely.difference(whole, land)),
            "blocks",
            names,
            shapes,
            fill,
            lambda area, pieces, where: Text(
                "Land inside the boundary that belongs to no block: {area} m2 in {pieces} pieces, beside {list}.",
                area=area,
                pieces=pieces,
                list=where,
            ),
        ),
        *_gap_findings(
            shapely.get_parts(shapely.difference(land, whole)),
            "boundary",
            names,
            shapes,
            Text("See which of the two is right; children who live there are counted in the district."),
            lambda area, pieces, where: Text(
                "Blocks reach outside the boundary: {area} m2 in {pieces} pieces, of {list}.",
                area=area,
                pieces=pieces,
                list=where,
            ),
        ),
    ]


def _far_from_blocks(district: District, shapes: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Return which shapes lie wholly outside the blocks' surroundings."""
    west, south, east, north = district.blocks.total_bounds
    margin = max(east - west, north - south)
    bounds = shapely.bounds(shapes)
    with np.errstate(invalid="ignore"):
        return (
            (bounds[:, 0] > east + margin)
            | (bounds[:, 2] < west - margin)
            | (bounds[:, 1] > north + margin)
            | (bounds[:, 3] < south - margin)
        )


def _would_fit_swapped(district: District, table: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    """Return which far shapes lie among the blocks once their two coordinates are exchanged."""
    shapes = table.geometry.to_numpy()
    far = _far_from_blocks(district, shapes)
    fit = np.zeros(len(shapes), dtype=bool)
    if table.crs is None or not far.any():
        return fit
    degrees = gpd.GeoSeries(shapes[far], crs=table.crs).to_crs(4326).to_numpy()
    turned = gpd.GeoSeries(swapped(degrees), crs=4326).to_crs(table.crs).to_numpy()
    fit[far] = ~_far_from_blocks(district, turned) & np.isfinite(shapely.bounds(turned)).all(axis=1)
    fit[far] |= ~_far_from_blocks(district, swapped(shapes[far]))
    return fit


def swapped_coordinates(district: District, policy: Policy) -> list[Finding]:
    """Return layers that lie far from the blocks, and would not with their two coordinates exchanged."""
    del policy
    findings = []
    for name in ("schools", "boundary", "barriers", "projects"):
        table = district[name]
        if not isinstance(table, gpd.GeoDataFrame) or not len(table):
            continue
        turned = _would_fit_swapped(district, table)
        if turned.any():
            findings.append(
                Finding(
                    level="error",
                    code="D021",
                    table=name,
                    ids=tuple(str(row) for row in table.index[turned]),
                    text=Text(
                        "Longitude and latitude, or east and north, seem to be exchanged: {ids} would lie among the blocks.",
                        ids=few([str(row) for row in table.index[turned]]),
                    ),
                    advice=Text(
                        "Put the longitude, or the east, first; see which of this layer and the blocks is right."
                    ),
                )
            )
    return findings


def _public_points(district: District) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    """Return the ids and points of the public schools that have one."""
    ids, points = _drawn(district.schools)
    public = np.isin(ids.astype(str), named(district.public))
    return ids[public], points[public]


def schools_outside(district: District, policy: Policy) -> list[Finding]:
    """Return public schools that stand in no block, with the distance to the nearest."""
    del policy
    ids, points = _public_points(district)
    _, blocks = _drawn(district.blocks)
    if not len(points) or not len(blocks):
        return []
    _, metres = shapely.STRtree(blocks).query_nearest(points, return_distance=True, all_matches=False)
    turned = set(district.schools.index[_would_fit_swapped(district, district.schools)])
    metres[[school in turned for school in ids]] = 0.0
    findings = []
    levels: tuple[tuple[Level, NDArray[np.bool_], Text], ...] = (
        ("error", metres > FAR, Text("See that the coordinates of the schools are right.")),
        (
            "warning",
            (metres > NEAR) & (metres <= FAR),
            Text("See that the place is right; a school may stand outside the district it serves."),
        ),
    )
    for level, chosen, advice in levels:
        if chosen.any():
            outside = named(ids[chosen])
            findings.append(
                Finding(
                    level=level,
                    code="D034",
                    table="schools",
                    ids=outside,
                    text=Text(
                        "Schools outside all blocks, with the metres to the nearest: {list}.",
                        list=few(
                            school_names(district, outside, [f"{far:,.0f} m" for far in metres[chosen]])
                        ),
                    ),
                    advice=advice,
                )
            )
    return findings


def schools_outside_own_catchment(district: District, policy: Policy) -> list[Finding]:
    """Return public schools that stand in a block of another school's catchment."""
    schools, points = _public_points(district)
    blocks, shapes = _drawn(district.blocks)
    at_school, at_block = shapely.STRtree(shapes).query(points, predicate="intersects")
    stands_in = list(zip(schools[at_school], blocks[at_block], strict=True))
    findings = []
    for stage in planned_stages(district, policy):
        own = catchments_in(district, stage.stage, district.counted)
        of_block = {block: set(schools.split("+")) for block, schools in own.items()}
        served = set().union(*of_block.values())
        away = named(
            school
            for school, block in stands_in
            if school in served and school not in of_block.get(block, set())
        )
        if away:
            findings.append(
                Finding(
                    level="note",
                    code="D035",
                    table="catchments",
                    column="school",
                    ids=away,
                    text=Text(
                        "Schools that stand outside their own catchment ({stage}): {ids}.",
                        stage=StageName(stage),
                        ids=few(school_names(district, away)),
                    ),
                    advice=Text("Nothing, if that is meant."),
                )
            )
    return findings


CHECKS = (
    invalid_polygons,
    overlaps,
    gaps,
    swapped_coordinates,
    schools_outside,
    schools_outside_own_catchment,
)
