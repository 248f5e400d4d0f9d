"""Catchments drawn as zones: each block goes whole to one of them, and what the zones leave open is told."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from planner.district.findings import Finding, few
from planner.district.geography import block_points
from planner.district.tables import figures, named
from planner.district.values import as_text
from planner.words import Text
from planner.words.catalogue import percent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from planner.district.findings import Level

    _Shares = tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]
    """Positions of block and zone, and the zone's share of the block, pair by pair."""

Method = Literal["area", "point"]
"""How a block finds its zone: the zone that has most of its ground, or the zone that holds a point inside it."""

WHOLE = 0.99
"""Share of its ground in one zone from which a block counts as lying wholly in it. [1]"""

COVERED = 0.5
"""Share of its ground in zones below which a block lies in none. [1]"""

ALIKE = 0.001
"""Share of its area by which a zone may differ from another that is drawn alike. [1]"""

NOISE_SHARE = 1e-6
"""Share of a block's ground that is rounding. [1]"""


def catchments_of_zones(
    blocks: gpd.GeoDataFrame,
    zones: gpd.GeoDataFrame,
    *,
    stage: str | None = None,
    since: int | None = None,
    children: pd.Series | None = None,
    method: Method = "area",
    nearest: bool = False,
) -> tuple[pd.DataFrame, list[Finding]]:
    """
    Give every block to one zone of each stage and year.

    Zones of one school are one zone. A joint catchment has to be stated: a zone whose school is ``A+B``, or the same
    outline drawn once for each school. Zones that overlap otherwise are a finding, an error where it depends on the
    overlap whose a block is. The first zones of a stage must hold every block; later ones may be drawn only where
    they change something.

    Parameters
    ----------
    blocks
        Polygons indexed by block, in a metric system.
    zones
        Polygons with a column school and perhaps stage and since; in any system, the blocks' when none is stated.
    stage, since
        What holds for zones that do not say it themselves.
    children
        Children by block, by which the finding about blocks in several zones is weighed. [children]
    method
        ``area``: the zone with the largest share of the block; ``point``: the zone that holds a point inside it.
    nearest
        Give a block that lies in no zone to the nearest; else it is an error and left out.

    Returns
    -------
    DataFrame
        Columns block, stage, since, school: one row a block, stage and year, in the order of stage, year, blocks.
    list of Finding
        Errors where blocks or zones are left out; warnings about blocks in several zones, with their shares.
    """
    drawn, findings = _drawn_zones(blocks, zones, stage, since)
    held = blocks.index[~shapely.is_missing(blocks.geometry.to_numpy())]
    if len(held) < len(blocks):
        findings.append(
            _finding(
                "error",
                "I001",
                named(blocks.index.difference(held, sort=False)),
                Text("Blocks without a shape lie in no zone."),
                Text("Draw them in."),
            )
        )
    land = gpd.GeoDataFrame(blocks.loc[held])
    parts: list[pd.DataFrame] = []
    known: set[str] = set()
    for of_stage, of_year, layer in _layers(drawn):
        joined, told = _joined(layer)
        first = of_stage not in known
        known.add(of_stage)
        chosen, more = _chosen(land, joined, method=method, nearest=nearest, whole=first, children=children)
        findings += [
            replace(
                found,
                text=Text("{stage}, since {since}: {what}", stage=of_stage, since=of_year, what=found.text),
            )
            for found in (*told, *more)
        ]
        parts.append(
            pd.DataFrame(
                {"block": chosen.index, "stage": of_stage, "since": of_year, "school": chosen.to_numpy()}
            )
        )
    table = pd.concat(parts) if parts else pd.DataFrame(columns=["block", "stage", "since", "school"])
    types = {"block": "string", "stage": "string", "since": "Int64", "school": "string"}
    return table.reset_index(drop=True).astype(types), findings


def split_blocks(
    blocks: gpd.GeoDataFrame, zones: gpd.GeoDataFrame, *, stage: str | None = None, since: int | None = None
) -> pd.DataFrame:
    """
    Shares of the blocks that lie in several zones of a stage and year.

    Parameters
    ----------
    blocks, zones, stage, since
        As in `catchments_of_zones`.

    Returns
    -------
    DataFrame
        Columns stage, since, block, school and share [1]; every block with its largest share first.
    """
    drawn, _ = _drawn_zones(blocks, zones, stage, since)
    land = gpd.GeoDataFrame(blocks.loc[~shapely.is_missing(blocks.geometry.to_numpy())])
    parts: list[pd.DataFrame] = []
    for of_stage, of_year, layer in _layers(drawn):
        joined, _ = _joined(layer)
        block, zone, share = _split(len(land), _shares(_valid(land), joined.geometry.to_numpy()))
        parts.append(
            pd.DataFrame(
                {
                    "stage": of_stage,
                    "since": of_year,
                    "block": land.index[block],
                    "school": joined.index[zone],
                    "share": share,
                }
            )
        )
    columns = ["stage", "since", "block", "school", "share"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def _layers(drawn: gpd.GeoDataFrame) -> Iterator[tuple[str, int, gpd.GeoDataFrame]]:
    """Yield the zones of each stage and year."""
    for stage, since in sorted(set(zip(drawn["stage"], drawn["since"], strict=True))):
        yield stage, since, gpd.GeoDataFrame(drawn[(drawn["stage"] == stage) & (drawn["since"] == since)])


def _split(number: int, shares: _Shares) -> _Shares:
    """Return the shares of the blocks of which more than drawing noise lies in a second zone."""
    block, zone, share = shares
    counted = share >= 1 - WHOLE
    several = np.bincount(block[counted], minlength=number) > 1
    chosen = counted & several[block]
    return block[chosen], zone[chosen], share[chosen]


def _shares(land: NDArray[np.object_], areas: NDArray[np.object_]) -> _Shares:
    """Return (block, zone, share) of the pairs that share ground, by block, the largest share first."""
    tree = shapely.STRtree(land)
    shapely.prepare(areas)
    inside = np.array(tree.query(areas, predicate="covers"))
    touching = np.array(tree.query(areas, predicate="intersects"))
    across = touching[:, ~np.isin(_pair(touching, len(land)), _pair(inside, len(land)))]
    common = shapely.area(shapely.intersection(areas[across[0]], land[across[1]]))
    size = shapely.area(land)
    share = np.concatenate(
        [
            np.ones(inside.shape[1]),
            np.divide(common, size[across[1]], out=np.zeros(len(common)), where=size[across[1]] > 0),
        ]
    )
    zone, block = np.concatenate([inside, across], axis=1)
    order = np.lexsort((zone, -share, block))
    order = order[share[order] > NOISE_SHARE]
    return block[order], zone[order], share[order]


def _pair(pairs: NDArray[np.intp], width: int) -> NDArray[np.intp]:
    return pairs[0] * width + pairs[1]


def _valid(table: gpd.GeoDataFrame) -> NDArray[np.object_]:
    return shapely.make_valid(table.geometry.to_numpy())


def _drawn_zones(
    blocks: gpd.GeoDataFrame, zones: gpd.GeoDataFrame, stage: str | None, since: int | None
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Return the zones that say all that is needed, valid and in the blocks' system, and what the others lack."""
    if zones.crs is not None and blocks.crs is not None:
        zones = gpd.GeoDataFrame(zones.to_crs(blocks.crs))
    blank = pd.Series(pd.NA, index=zones.index, dtype="string")
    school = as_text(pd.Series(zones["school"])).str.replace(r"\s*[+＋]\s*", "+", regex=True)
    of_stage = as_text(pd.Series(zones["stage"])) if "stage" in zones else blank
    stages = of_stage if stage is None else of_stage.fillna(stage)
    years = figures(pd.DataFrame(zones), "since") if "since" in zones else np.full(len(zones), np.nan)
    if since is not None:
        years = np.where(np.isnan(years), since, years)
    number = np.arange(1, len(zones) + 1)
    shapes = zones.geometry.to_numpy()
    there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    lacks = (
        (school.isna().to_numpy(bool), "school", Text("Fill in the id of the zone's school.")),
        (
            stages.isna().to_numpy(bool),
            "stage",
            Text("Name the zones' stage with the option stage, as primary, or in a column stage."),
        ),
        (
            np.isnan(years),
            "since",
            Text(
                "Say with the option since, or in a column since, from which school year the zones hold, as 2026."
            ),
        ),
    )
    findings = [
        Finding(
            level="error",
            code="I002",
            table="catchments",
            column=column,
            rows=tuple(int(row) for row in number[missing]),
            text=Text("Zones that do not say it: {number}.", number=int(missing.sum())),
            advice=advice,
        )
        for missing, column, advice in lacks
        if missing.any()
    ]
    if not there.all():
        findings.append(
            Finding(
                level="error",
                code="I002",
                table="catchments",
                rows=tuple(int(row) for row in number[~there]),
                text=Text("Zones without a shape: {number}.", number=int((~there).sum())),
                advice=Text("Draw them in, or take them out."),
            )
        )
    complete = there & ~lacks[0][0] & ~lacks[1][0] & ~lacks[2][0]
    at = np.flatnonzero(complete)
    drawn = gpd.GeoDataFrame(
        {
            "school": school.iloc[at].to_numpy(object),
            "stage": stages.iloc[at].to_numpy(object),
            "since": years[at].astype(np.int64),
        },
        geometry=shapely.make_valid(shapely.force_2d(shapes[at])),
        crs=blocks.crs,
    )
    return drawn, findings


def _joined(layer: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Return one shape a catchment, indexed by school; the same outline under several schools is a joint one."""
    shapes = layer.geometry.to_numpy()
    school = layer["school"].to_numpy(object)
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    once = first < second
    first, second = first[once], second[once]
    area = shapely.area(shapes)
    close = np.abs(area[first] - area[second]) <= ALIKE * area[first]
    first, second = first[close], second[close]
    differing = shapely.area(shapely.symmetric_difference(shapes[first], shapes[second]))
    same = differing <= ALIKE * area[first]
    leader = np.arange(len(shapes))
    for one, other in zip(first[same], second[same], strict=True):
        leader[leader == leader[other]] = leader[one]
    joint: list[str] = []
    names = school.copy()
    for one in np.unique(leader):
        members = np.flatnonzero(leader == one)
        ids = sorted({part for name in school[members] for part in name.split("+")})
        if len(set(school[members])) > 1:
            names[members] = "+".join(ids)
            shapes[members] = shapes[members[0]]
            joint.append("+".join(ids))
    union = gpd.GeoDataFrame({"school": names}, geometry=shapes, crs=layer.crs).dissolve(
        "school", sort=True, method="unary"
    )
    if not joint:
        return union, []
    return union, [
        _finding(
            "note",
            "I003",
            tuple(joint),
            Text(
                "Zones drawn alike for several schools are joint catchments: {schools}.", schools=few(joint)
            ),
            Text("Nothing need be done where children may go to either school."),
        )
    ]


def _chosen(
    blocks: gpd.GeoDataFrame,
    zones: gpd.GeoDataFrame,
    *,
    method: Method,
    nearest: bool,
    whole: bool,
    children: pd.Series | None,
) -> tuple[pd.Series, list[Finding]]:
    """Return the school of each block that has one, and the findings of one layer of zones."""
    land, areas = _valid(blocks), zones.geometry.to_numpy()
    shares = block, zone, share = _shares(land, areas)
    largest = np.full(len(land), -1)
    largest[block[::-1]] = zone[::-1]
    if method == "point":
        points, held = shapely.STRtree(areas).query(block_points(blocks), predicate="within")
        of_block = np.full(len(land), -1)
        of_block[points[::-1]] = held[::-1]
        rivals = np.flatnonzero(of_block[points] != held)
        rivals = points[rivals], held[rivals]
    else:
        covered = np.bincount(block, weights=share, minlength=len(land))
        of_block = np.where(covered < COVERED, -1, largest)
        rivals = _rivals(land, areas, shares, of_block)
    outside = of_block < 0
    findings = [*_overlapping(zones), *_disputed(blocks, zones, rivals, of_block)]
    if whole and outside.any():
        close = np.where(largest < 0, shapely.STRtree(areas).nearest(block_points(blocks)), largest)
        away = shapely.distance(land, areas[close])
        findings.append(_outside(blocks, zones, np.flatnonzero(outside), close, away, nearest=nearest))
        if nearest:
            of_block = np.where(outside, close, of_block)
    findings += _straddling(blocks, zones, shares, children)
    without = named(zones.index[~np.isin(np.arange(len(zones)), of_block)])
    if without:
        findings.append(
            _finding(
                "warning",
                "I008",
                without,
                Text("Zones to which no block falls: {schools}.", schools=few(without)),
                Text("Draw smaller blocks there, or see that the zones lie where they should."),
            )
        )
    found = of_block >= 0
    return pd.Series(
        zones.index.to_numpy(object)[of_block[found]], index=blocks.index[found], dtype="string"
    ), findings


def _outside(
    blocks: gpd.GeoDataFrame,
    zones: gpd.GeoDataFrame,
    outside: NDArray[np.intp],
    close: NDArray[np.intp],
    away: NDArray[np.float64],
    *,
    nearest: bool,
) -> Finding:
    offered = [
        f"{blocks.index[block]} ({zones.index[close[block]]}, {away[block]:.0f} m)" for block in outside
    ]
    return _finding(
        "warning" if nearest else "error",
        "I004",
        named(blocks.index[outside]),
        Text(
            "Blocks in no zone, given to the nearest one: {blocks}.",
            blocks=few(offered),
        )
        if nearest
        else Text("Blocks in no zone, with the nearest one: {blocks}.", blocks=few(offered)),
        Text("See that these schools are right.")
        if nearest
        else Text(
            "Draw the zones up to there, or give such blocks to the nearest zone with the option nearest."
        ),
    )


def _overlapping(zones: gpd.GeoDataFrame) -> list[Finding]:
    """Return the zones that lie on the same ground by more than rounding."""
    areas, ids = zones.geometry.to_numpy(), zones.index.to_numpy(object)
    first, second = shapely.STRtree(areas).query(areas, predicate="intersects")
    once = first < second
    first, second = first[once], second[once]
    common = shapely.area(shapely.intersection(areas[first], areas[second]))
    found = np.flatnonzero(common >= 1.0)
    if not len(found):
        return []
    found = found[np.lexsort((second[found], first[found], -common[found]))]
    pairs = tuple(f"{ids[first[pair]]}+{ids[second[pair]]}" for pair in found)
    listed = [f"{name} ({common[pair]:.0f} m2)" for name, pair in zip(pairs, found, strict=True)]
    return [
        _finding(
            "warning",
            "I005",
            pairs,
            Text("Zones that overlap: {pairs}.", pairs=few(listed)),
            Text(
                "Cut one of them there. Where the ground belongs to both schools, draw it as a zone of its own with both ids joined by +."
            ),
        )
    ]


def _rivals(
    land: NDArray[np.object_],
    areas: NDArray[np.object_],
    shares: _Shares,
    of_block: NDArray[np.intp],
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the (block, zone) in which the zone would win the block if all its overlap with the winner were its own."""
    block, zone, share = shares
    own = np.full(len(land), np.nan)
    mine = zone == of_block[block]
    own[block[mine]] = share[mine]
    rival = np.flatnonzero(~mine & (own[block] + share > 1 + NOISE_SHARE))
    at, other = block[rival], zone[rival]
    both = shapely.intersection(shapely.intersection(land[at], areas[of_block[at]]), areas[other])
    wins = share[rival] > own[at] - shapely.area(both) / shapely.area(land[at]) + NOISE_SHARE
    return at[wins], other[wins]


def _disputed(
    blocks: gpd.GeoDataFrame,
    zones: gpd.GeoDataFrame,
    rivals: tuple[NDArray[np.intp], NDArray[np.intp]],
    of_block: NDArray[np.intp],
) -> list[Finding]:
    """Return the blocks that the overlap of two zones leaves open."""
    at, other = rivals
    if not len(at):
        return []
    ids, schools = blocks.index.to_numpy(object), zones.index.to_numpy(object)
    told = [
        f"{ids[one]} ({schools[of_block[one]]}, {schools[two]})" for one, two in zip(at, other, strict=True)
    ]
    return [
        _finding(
            "error",
            "I006",
            named(ids[at]),
            Text("Blocks on ground of two zones, which may belong to either: {blocks}.", blocks=few(told)),
            Text(
                "Cut the zones to each other; where children may go to either school, draw the ground as a zone of its own with both ids joined by +."
            ),
        )
    ]


def _straddling(
    blocks: gpd.GeoDataFrame,
    zones: gpd.GeoDataFrame,
    shares: _Shares,
    children: pd.Series | None,
) -> list[Finding]:
    """Return the blocks of which more than drawing noise lies in a second zone."""
    block, zone, share = _split(len(blocks), shares)
    split = np.unique(block)
    if not len(split):
        return []
    ids, schools = blocks.index.to_numpy(object), zones.index.to_numpy(object)
    of: dict[int, list[str]] = {int(one): [] for one in split}
    for one, other, part in zip(block, zone, share, strict=True):
        of[int(one)].append(f"{schools[other]} {percent(float(part))}")
    told = [f"{ids[one]} ({', '.join(of[int(one)])})" for one in split]
    if children is None:
        text = Text("Blocks that lie in several zones, with their shares: {blocks}.", blocks=few(told))
    else:
        living = children.reindex(blocks.index).fillna(0).to_numpy(np.float64)
        text = Text(
            "Blocks that lie in several zones, with their shares: {blocks}. They hold {children} of {all} children.",
            blocks=few(told),
            children=round(float(living[split].sum())),
            all=round(float(living.sum())),
        )
    return [
        _finding(
            "warning",
            "I007",
            named(ids[split]),
            text,
            Text("Each goes whole to one zone. Split a block where many children live on both sides."),
        )
    ]


def _finding(level: Level, code: str, ids: tuple[str, ...], text: Text, advice: Text) -> Finding:
    return Finding(level=level, code=code, table="catchments", ids=ids, text=text, advice=advice)
