"""Layers that agree clearly better once the shift of Chinese web maps is undone in one of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely
from pyproj import Transformer

from planner.district.datum import in_china, shifted, unshifted
from planner.district.findings import Finding, TableName
from planner.district.integrity import without_copies
from planner.district.tables import figures, rows, texts, words
from planner.words import Text, read_dictionary

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from planner.district.model import District

Relation = tuple[str, str]
"""Datum of a layer, and of the layer that it is held against."""

Pair = tuple[str, str]
"""A layer, and the one that it is held against."""

AS_IT_IS: Relation = ("wgs84", "wgs84")

RELATIONS: tuple[Relation, ...] = (
    AS_IT_IS,
    ("gcj02", "wgs84"),
    ("bd09", "wgs84"),
    ("wgs84", "gcj02"),
    ("wgs84", "bd09"),
    ("bd09", "gcj02"),
    ("gcj02", "bd09"),
)
"""What two layers may be to each other; both in one datum lie as if neither were shifted."""

SHOWN = {"gcj02": "GCJ-02", "bd09": "BD-09"}

FEWEST = 10
"""Schools with a catchment below which their mean way says nothing."""

REJECTED = 5.0
"""Mean way, in standard errors, from which schools do not lie right as they are: by chance once in 270,000 times."""

ACCEPTED = 3.0
"""Mean way, in standard errors, up to which schools lie right: by chance more once in 90 times."""

APART = 2.0
"""How much farther, in standard errors, every other explanation must be."""

GAIN = 0.9
"""Share of the squared ways that may be left."""

STRAY = 2.0, 1500.0
"""A school farther from its catchment's middle than this share of its width and these metres is left out."""

NARROWEST = 300.0
"""Width that the smallest catchments are taken to have, so that no few of them decide. [m]"""

CLOSE = 30.0
"""Distance up to which a place coincides with another. [m]"""

COINCIDE = 0.5
"""Share of places that must coincide in a relation, twice as many as in any other. [1]"""

FEWEST_PLACES, FEWEST_SAMPLES = 3, 20
"""Projects at their schools, and points along barriers, below which nothing is said."""

GRID = 60
"""Points across the district at which the boundary and the blocks are compared."""

FEWEST_DIFFERENT = 30
"""Points that two relations must tell apart."""

CLEARLY = 0.5
"""Of the points that a wrong relation gets wrong if the best one is right, the share that it must get wrong."""


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """How two layers lie to each other, where that is clear."""

    relation: Relation
    measure: Text
    """What is measured."""
    before: Text
    """The measure as the layers are."""
    after: Text
    """The measure in the relation."""


@dataclass(frozen=True, kw_only=True)
class _Frame:
    """The plane of a district in China, and its way to degrees and back."""

    to_degrees: Transformer
    middle: NDArray[np.float64]
    """Middle of the blocks, [1, 2]. [m]"""

    def seen(self, points: NDArray[np.float64], relation: Relation) -> NDArray[np.float64]:
        """Return where a layer's points [point, 2] lie among another's shapes if the two are so related. [m]."""
        if relation == AS_IT_IS:
            return points
        own, other = relation
        degrees = np.column_stack(self.to_degrees.transform(*points.T))
        degrees = shifted(unshifted(degrees, own), other)
        return np.column_stack(self.to_degrees.transform(*degrees.T, direction="INVERSE"))

    def step(self, relation: Relation) -> NDArray[np.float64]:
        """Return how far a relation moves the middle of the district, [2]; the rest moves alike within metres. [m]."""
        return (self.seen(self.middle, relation) - self.middle)[0]


def _frame(district: District) -> _Frame | None:
    """Return the district's plane, None where web maps are not shifted."""
    west, south, east, north = district.blocks.total_bounds
    middle = np.array([[(west + east) / 2, (south + north) / 2]])
    to_degrees = Transformer.from_crs(district.crs, 4326, always_xy=True)
    if not np.isfinite(middle).all():
        return None
    degrees = np.column_stack(to_degrees.transform(*middle.T))
    return _Frame(to_degrees=to_degrees, middle=middle) if in_china(degrees).all() else None


def datum_findings(district: District) -> list[Finding]:
    """
    Return layers that seem to be in GCJ-02 or BD-09: they agree clearly better with the others without the shift.

    Schools are held against the middles of their catchments, the boundary against the land of the blocks, barriers
    against the borders of blocks, projects against the schools that they are of. Nothing is said where the
    evidence is weak, nor outside China.
    """
    frame = _frame(district)
    if frame is None or not len(district.schools):
        return []
    if not (district.schools.index.is_unique and district.blocks.index.is_unique):
        district = without_copies(district)
    measured = {
        ("schools", "blocks"): schools_and_catchments(district, frame),
        ("boundary", "blocks"): boundary_and_blocks(district, frame),
        ("barriers", "blocks"): barriers_and_blocks(district, frame),
        ("projects", "schools"): projects_and_schools(district, frame),
    }
    found = {pair: agreement for pair, agreement in measured.items() if agreement is not None}
    return [_finding(tables, datum, pair, found[pair]) for (datum, pair), tables in _explained(found).items()]


def _explained(found: Mapping[Pair, Agreement]) -> dict[tuple[str, Pair], list[str]]:
    """Return the layers that must be in a shifted datum, by the datum and the pair of layers that tells."""
    known: dict[str, tuple[str, Pair]] = {}
    for pair, agreement in found.items():
        if agreement.relation != AS_IT_IS:
            for table, datum in zip(pair, agreement.relation, strict=True):
                known.setdefault(table, (datum, pair))
    for pair, agreement in found.items():
        told = next((known[table] for table in pair if table in known), None)
        if agreement.relation == AS_IT_IS and told is not None:
            for table in pair:
                known.setdefault(table, told)
    layers: dict[tuple[str, Pair], list[str]] = {}
    for table in read_dictionary():
        if table in known and known[table][0] != "wgs84":
            layers.setdefault(known[table], []).append(table)
    return layers


def _finding(tables: list[str], datum: str, pair: Pair, agreement: Agreement) -> Finding:
    undo = Text(
        "Ask where they come from; if it is so, undo the shift: {options}.",
        options=" ".join(f"--datum {table}={datum}" for table in tables),
    )
    if pair[0] not in tables and agreement.relation[0] == "wgs84":
        undo = Text(
            "{undo} Or it is {layer} that was converted from {datum} and had not been in it.",
            undo=undo,
            layer=TableName(pair[0]),
            datum=SHOWN[datum],
        )
    return Finding(
        level="warning",
        code="D029",
        table=tables[0],
        text=Text(
            "The places of {tables} seem to be in {datum}, the shifted coordinates of Chinese web maps: {layer} and {other} agree clearly better without the shift ({measure}: {before} as they are, {after} without).",
            tables=", ".join(tables),
            datum=SHOWN[datum],
            layer=TableName(pair[0]),
            other=TableName(pair[1]),
            measure=agreement.measure,
            before=agreement.before,
            after=agreement.after,
        ),
        advice=undo,
    )


def _coordinates(points: NDArray[np.object_]) -> NDArray[np.float64]:
    return np.column_stack([shapely.get_x(points), shapely.get_y(points)])


def _shapes(table: pd.DataFrame) -> NDArray[np.object_]:
    """Return the shapes of a table that has some."""
    if not isinstance(table, gpd.GeoDataFrame):
        return np.array([], dtype=object)
    shapes = table.geometry.to_numpy()
    return shapes[~shapely.is_missing(shapes)]


def schools_and_catchments(district: District, frame: _Frame) -> Agreement | None:
    """
    Return how schools lie to the blocks, by their way from the middle of their smallest catchment.

    Schools stand anywhere in their catchments, but not all on one side: the mean way, weighted by one over the
    catchment's area, is nothing within its standard error, while a shift moves it by hundreds of metres. A
    relation is clear where that mean is too long as it is, nothing in the relation, and longer in all others.
    """
    school, middles, width = _catchments(district)
    points = _coordinates(district.schools.geometry.to_numpy()[school])
    share, metres = STRAY
    near = np.hypot(*(points - middles).T) <= share * width + metres
    points, middles, width = points[near], middles[near], np.maximum(width[near], NARROWEST)
    if len(points) < FEWEST:
        return None
    ways = [_mean_way(frame.seen(points, relation) - middles, width) for relation in RELATIONS]
    errors = np.array([way.errors for way in ways])
    best = int(np.argmin(errors))
    if errors[best] > ACCEPTED or np.delete(errors, best).min() < errors[best] + APART:
        return None
    if best and (errors[0] < REJECTED or ways[best].squares > GAIN * ways[0].squares):
        return None
    return Agreement(
        relation=RELATIONS[best],
        measure=Text("mean way from the middle of their catchments"),
        before=_metres(ways[0].metres),
        after=_metres(ways[best].metres),
    )


def _metres(length: float) -> Text:
    return Text("{metres} m", metres=f"{length:,.0f}")


def _catchments(district: District) -> tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.float64]]:
    """Return schools by position, with the middle [school, 2] and the width of their smallest catchment. [m]."""
    table = district["catchments"]
    held = rows(table, (figures(table, "since") <= district.counted) & (texts(table, "school") != ""))
    held = held.sort_values("since", kind="stable").drop_duplicates(["block", "stage"], keep="last")
    pairs = held.assign(school=texts(held, "school")).assign(
        school=lambda part: part["school"].str.split("+")
    )
    pairs = pairs.explode("school")
    school = district.schools.index.get_indexer(list(texts(pairs, "school")))
    block = district.blocks.index.get_indexer(list(texts(pairs, "block")))
    stage = pairs["stage"].astype("category").cat.codes.to_numpy()
    shapes = district.blocks.geometry.to_numpy()
    area, centre = shapely.area(shapes), _coordinates(shapely.centroid(shapes))
    known = (school >= 0) & (block >= 0) & (area[block] > 0)
    known &= ~shapely.is_missing(district.schools.geometry.to_numpy())[school]
    school, block, stage = school[known], block[known], stage[known]
    sums = np.zeros((len(district.schools), int(stage.max(initial=-1)) + 1, 3))
    np.add.at(sums, (school, stage), np.column_stack([area, area[:, None] * centre])[block])
    total = np.where(sums[..., 0] > 0, sums[..., 0], np.inf)
    there = np.flatnonzero(np.isfinite(total).any(axis=1))
    smallest = total[there].argmin(axis=1) if len(there) else there
    chosen = sums[there, smallest]
    return there, chosen[:, 1:] / chosen[:, :1], np.sqrt(chosen[:, 0])


@dataclass(frozen=True, kw_only=True)
class _MeanWay:
    metres: float
    errors: float
    """Length over its standard error. [1]"""
    squares: float
    """Weighted sum of the squared ways. [1]"""


def _mean_way(ways: NDArray[np.float64], width: NDArray[np.float64]) -> _MeanWay:
    weight = 1 / width**2
    mean = weight @ ways / weight.sum()
    rest = ((ways - mean) ** 2).sum(axis=1)
    error = np.sqrt((weight**2 @ rest) / 2 * len(ways) / (len(ways) - 1)) / weight.sum()
    metres = float(np.hypot(*mean))
    return _MeanWay(
        metres=metres, errors=metres / max(error, 1.0), squares=float(weight @ (ways**2).sum(axis=1))
    )


def boundary_and_blocks(district: District, frame: _Frame) -> Agreement | None:
    """
    Return how the boundary lies to the blocks, by a grid of points: in both, in neither, or in one alone.

    A relation is clear where each other gets wrong most of those points at which the two differ.
    """
    outline, blocks = _shapes(district["boundary"]), _shapes(district.blocks)
    if not len(outline) or not shapely.area(outline).sum() > 0:
        return None
    whole = shapely.union_all(shapely.make_valid(outline))
    shapely.prepare(whole)
    west, south, east, north = shapely.total_bounds([*blocks, whole])
    across = max(east - west, north - south) / GRID
    x, y = np.meshgrid(np.arange(west, east, across), np.arange(south, north, across))
    points = np.column_stack([x.ravel(), y.ravel()]) + across / 2
    land = np.zeros(len(points), dtype=bool)
    land[shapely.STRtree(blocks).query(shapely.points(points), predicate="intersects")[0]] = True
    inside = np.array(
        [shapely.contains_xy(whole, *(points - frame.step(relation)).T) for relation in RELATIONS]
    )
    wrong = (inside != land).sum(axis=1)
    best = int(np.argmin(wrong))
    different = np.delete((inside != inside[best]).sum(axis=1), best)
    worse = np.delete(wrong, best) - wrong[best]
    if (different < FEWEST_DIFFERENT).any() or (worse < CLEARLY * different).any():
        return None
    areas = [Text("{area} km2", area=f"{count * across**2 / 1e6:,.1f}") for count in (wrong[0], wrong[best])]
    return Agreement(
        relation=RELATIONS[best],
        measure=Text("land of one and not of the other"),
        before=areas[0],
        after=areas[1],
    )


def barriers_and_blocks(district: District, frame: _Frame) -> Agreement | None:
    """Return how barriers lie to the blocks, by points along them that coincide with borders of blocks."""
    lines, blocks = _shapes(district["barriers"]), _shapes(district.blocks)
    if not len(lines):
        return None
    lengths = shapely.length(lines)
    every = lengths.sum() / (5 * FEWEST_SAMPLES)
    if every == 0:
        return None
    counts = np.ceil(lengths / every).astype(int)
    at = np.concatenate([(np.arange(count) + 0.5) / count for count in counts if count])
    points = _coordinates(shapely.line_interpolate_point(np.repeat(lines, counts), at, normalized=True))
    borders = shapely.STRtree(shapely.boundary(blocks))

    def metres(seen: NDArray[np.float64]) -> NDArray[np.float64]:
        return borders.query_nearest(shapely.points(seen), return_distance=True, all_matches=False)[1]

    return _coinciding(
        points, frame, metres, FEWEST_SAMPLES, Text("share of barriers that follow borders of blocks")
    )


def projects_and_schools(district: District, frame: _Frame) -> Agreement | None:
    """Return how projects lie to the schools, by those that stand where the school that they are of does."""
    table = district["projects"]
    if not isinstance(table, gpd.GeoDataFrame) or not len(table):
        return None
    school = district.schools.index.get_indexer(list(words(table, "school")))
    shapes, schools = table.geometry.to_numpy(), district.schools.geometry.to_numpy()
    there = (school >= 0) & ~shapely.is_missing(shapes) & ~shapely.is_missing(schools[school])
    places = _coordinates(schools[school[there]])

    def metres(seen: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.hypot(*(seen - places).T)

    points = _coordinates(shapes[there])
    return _coinciding(
        points, frame, metres, FEWEST_PLACES, Text("share of projects that stand at their school")
    )


def _coinciding(
    points: NDArray[np.float64],
    frame: _Frame,
    metres: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    fewest: int,
    measure: Text,
) -> Agreement | None:
    """
    Return the relation in which most points coincide with what they should, and at most half as many in others.

    Where most do as they are, no shift of hundreds of metres is looked for.
    """
    if not len(points):
        return None
    needed = max(fewest, COINCIDE * len(points))
    close = [int((metres(frame.seen(points, relation)) <= CLOSE).sum()) for relation in RELATIONS[:1]]
    if close[0] < needed:
        close += [int((metres(frame.seen(points, relation)) <= CLOSE).sum()) for relation in RELATIONS[1:]]
    best = int(np.argmax(close))
    if close[best] < needed or (best and np.delete(close, best).max() > close[best] / 2):
        return None
    shares = [
        Text("{share} %", share=f"{100 * count / len(points):.0f}") for count in (close[0], close[best])
    ]
    return Agreement(relation=RELATIONS[best], measure=measure, before=shares[0], after=shares[1])
