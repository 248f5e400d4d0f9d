"""The geometry of a district made ready once for all its maps: simplified, joined to catchments, named."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import shapely

from planner.errors import QuestionError
from planner.maps.sheet import Box
from planner.words import Text, current_language

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from planner.district import District
    from planner.plan import Plan

RESOLUTION = 4000
"""Parts of the longer side of a district that a map can tell apart: 0.05 mm on A4."""

Bounds = tuple[float, float, float, float]
"""Left, bottom, right, top. [m]"""

BARRIERS = ("river", "railway", "trunk_road", "expressway", "other")

_SHARED_WORD = 0.6
"""Share of the names from which a common word counts as understood on the map of one stage. [1]"""


@dataclass(frozen=True, kw_only=True)
class Land:
    """Geometry of a district in metres."""

    blocks: NDArray[np.object_]
    """Polygons in the order of the plan's blocks, as given."""
    outline: BaseGeometry
    """Boundary of the district, or of all its blocks together."""
    barriers: dict[str, BaseGeometry]
    """Lines by kind of barrier, simplified."""
    points: dict[str, tuple[float, float]]
    """x and y by school of the plan that has a place. [m]"""
    bounds: Bounds
    insets: dict[tuple[str, str, bytes], tuple[Bounds, ...]] = field(default_factory=dict, repr=False)
    """Parts of a stage that maps enlarge, by stage, language and assignment of blocks; `stage_insets` fills it."""
    _areas: dict[bytes, dict[int, BaseGeometry]] = field(default_factory=dict, repr=False)

    @property
    def tolerance(self) -> float:
        """Smallest distance that shows on a map. [m]"""
        left, bottom, right, top = self.bounds
        return max(right - left, top - bottom) / RESOLUTION

    @cached_property
    def block_borders(self) -> BaseGeometry:
        """Borders of the blocks as lines, simplified; what two blocks share is there once."""
        simple = shapely.simplify(self.blocks, self.tolerance)
        return shapely.line_merge(shapely.union_all(shapely.boundary(simple)))

    def areas(self, plan: Plan, stage: str, year: int) -> dict[int, BaseGeometry]:
        """
        Return the polygon of every catchment by its position in the plan; -1: the blocks without one.

        Made once for each assignment of blocks, however many years and maps share it.
        """
        assignment = assigned(plan, stage, year)
        key = assignment.tobytes()
        if key not in self._areas:
            self._areas[key] = {
                int(position): joined(self.blocks[assignment == position], self.tolerance)
                for position in np.unique(assignment)
            }
        return self._areas[key]

    def first_areas(self, plan: Plan, stage: str) -> dict[int, BaseGeometry]:
        """Return the polygon of every catchment that a stage has in any year, of the first year that has it."""
        found: dict[int, BaseGeometry] = {}
        for year in plan.years:
            found = self.areas(plan, stage, year) | found
        return found


def assigned(plan: Plan, stage: str, year: int) -> NDArray[np.int16]:
    """
    Return the position of every block's catchment in the plan; -1 where it has none.

    Raises
    ------
    QuestionError
        When the plan does not have the stage or the year.
    """
    if stage not in plan.stages:
        raise QuestionError(
            Text("There is no stage {stage}; known: {stages}", stage=stage, stages=", ".join(plan.stages))
        )
    if year not in plan.years:
        raise QuestionError(
            Text(
                "{year} is outside the years {first} to {last}",
                year=year,
                first=plan.years[0],
                last=plan.years[-1],
            )
        )
    return np.ascontiguousarray(plan.catchment_of[plan.stages.index(stage), :, plan.years.index(year)])


def joined(polygons: NDArray[np.object_], tolerance: float) -> BaseGeometry:
    """
    Return the polygons as one, without the slivers between them and without detail below the tolerance.

    Parameters
    ----------
    tolerance
        Smallest distance that matters; holes thinner than it are slivers of the survey. [m]
    """
    return without_slivers(shapely.simplify(shapely.union_all(polygons), tolerance), tolerance)


def without_slivers(area: BaseGeometry, tolerance: float) -> BaseGeometry:
    """Return the polygons of an area without holes thinner than the tolerance. [m]"""
    parts = shapely.get_parts(area)
    kept = []
    for polygon in parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]:
        holes = [ring for ring in polygon.interiors if _width(shapely.polygons(ring)) > 2 * tolerance]
        kept.append(shapely.Polygon(polygon.exterior, holes))
    return shapely.MultiPolygon(kept)


def _width(polygon: BaseGeometry) -> float:
    """Mean width of a polygon: twice its area over its circumference. [m]"""
    return 2 * float(shapely.area(polygon)) / max(float(shapely.length(polygon)), 1e-9)


def prepare_land(district: District, plan: Plan) -> Land:
    """Make the geometry of a district ready for the maps of a plan and of every plan with the same blocks."""
    blocks = shapely.make_valid(np.asarray(district.blocks.geometry.reindex(list(plan.blocks))))
    boundary = district["boundary"]
    if len(boundary):
        outline = shapely.union_all(shapely.make_valid(np.asarray(boundary.geometry)))
    else:
        outline = shapely.union_all(blocks)
    points = _points(district, plan.schools)
    places = np.array(list(points.values())).reshape(-1, 2)
    edges = np.vstack([shapely.bounds(np.array([outline, *blocks])), np.hstack([places, places])])
    low, high = np.nanmin(edges[:, :2], axis=0), np.nanmax(edges[:, 2:], axis=0)
    bounds = (float(low[0]), float(low[1]), float(high[0]), float(high[1]))
    tolerance = max(*(high - low)) / RESOLUTION
    return Land(
        blocks=blocks,
        outline=joined(np.array([outline]), tolerance),
        barriers=_barriers(district, outline, tolerance),
        points=points,
        bounds=bounds,
    )


def _points(district: District, schools: Sequence[str]) -> dict[str, tuple[float, float]]:
    known = dict(zip(district["projects"]["school"], district["projects"].geometry, strict=True))
    known |= {
        school: place
        for school, place in district.schools.geometry.items()
        if place is not None or school not in known
    }
    places = {school: known[school] for school in schools if known.get(school) is not None}
    return {school: (place.x, place.y) for school, place in places.items() if not place.is_empty}


def _barriers(district: District, outline: BaseGeometry, tolerance: float) -> dict[str, BaseGeometry]:
    table = district["barriers"]
    inside = shapely.buffer(outline, 4 * tolerance)
    lines: dict[str, BaseGeometry] = {}
    for kind in BARRIERS:
        shapes = np.asarray(table.geometry[table["kind"] == kind])
        if len(shapes):
            lines[kind] = shapely.simplify(
                shapely.line_merge(shapely.intersection(shapely.union_all(shapes), inside)), tolerance
            )
    return lines


def resting_points(
    land: Land, plan: Plan, areas: Mapping[int, BaseGeometry]
) -> dict[str, tuple[float, float]]:
    """
    Return x and y of every school; one without a place rests in the middle of its catchment. [m]

    A school that has neither is left out.
    """
    middles: dict[str, tuple[float, float]] = {}
    for position, area in areas.items():
        for school in plan.catchments[position].schools if position >= 0 else ():
            if school not in land.points:
                inside = shapely.point_on_surface(area)
                middles[school] = (float(shapely.get_x(inside)), float(shapely.get_y(inside)))
    return middles | land.points


def district_name(district: District) -> str:
    """Return the district's name in the current language."""
    return (district.name if current_language() == "zh" else district.name_en) or district.name


def school_names(district: District, schools: Iterable[str]) -> dict[str, str]:
    """Return names in the current language: the English one, or else the name; of projects, the project's."""
    columns = ("name",) if current_language() == "zh" else ("name_en", "name")
    known: dict[str, str] = {}
    for table in (district["projects"], district.schools.reset_index()):
        for column in reversed(columns):
            known |= {
                school: name.strip()
                for school, name in zip(table["school"], table[column], strict=True)
                if isinstance(name, str) and name.strip()
            }
    return {school: known.get(school, school) for school in schools}


def short_names(names: Mapping[str, str], place: str) -> dict[str, str]:
    """
    Return names for the labels of a map: without what is understood.

    The name of the district at the beginning goes, and so do the first and last words that most names share
    ("Yuhe", "Primary School"), as long as every name stays unlike the others and none is empty.
    """
    shorter = {school: name.removeprefix(place).strip() or name for school, name in names.items()}
    if len(set(shorter.values())) < len(set(names.values())):
        shorter = dict(names)
    for end in (-1, 0):
        while shared := _shared_word(list(shorter.values()), end):
            cut = {school: _without(name, shared, end) for school, name in shorter.items()}
            if len(set(cut.values())) < len(set(shorter.values())):
                break
            shorter = cut
    return shorter


def _shared_word(names: Sequence[str], end: int) -> str:
    """Return the first (0) or last (-1) word that most of the names share; nothing when there is none."""
    words = Counter(name.split()[end] for name in names if " " in name)
    word, number = words.most_common(1)[0] if words else ("", 0)
    return word if number >= max(3, _SHARED_WORD * len(names)) else ""


def _without(name: str, word: str, end: int) -> str:
    """Return the name without its first (0) or last (-1) word, if that is the word."""
    words = name.split()
    if len(words) < 2 or words[end] != word:
        return name
    return " ".join(words[:-1] if end else words[1:])


@dataclass(frozen=True, kw_only=True)
class Frame:
    """Where a piece of land lies on the page."""

    box: Box
    scale: float
    """Points on the page per metre. [points/m]"""
    origin: tuple[float, float]
    """Metres that lie in the lower left corner of the box."""

    @classmethod
    def around(cls, bounds: Bounds, box: Box, padding: float = 0.03) -> Frame:
        """Fit the bounds into the box, centred, with a padding on every side as a share of the box."""
        left, bottom, right, top = bounds
        width, height = max(right - left, 1.0), max(top - bottom, 1.0)
        scale = (1 - 2 * padding) * min(box.width / width, box.height / height)
        origin = (
            (left + right - box.width / scale) / 2,
            (bottom + top - box.height / scale) / 2,
        )
        return cls(box=box, scale=scale, origin=origin)

    def put(self, geometry: BaseGeometry) -> BaseGeometry:
        """Return a geometry in points on the page."""
        return shapely.transform(geometry, self.points)

    def points(self, metres: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return x and y in points on the page."""
        return (np.asarray(metres) - self.origin) * self.scale + (self.box.left, self.box.bottom)

    def boxes(self, windows: Iterable[Bounds]) -> list[Box]:
        """Return where pieces of land lie on the page."""
        corners = [self.points(np.array([window[:2], window[2:]])) for window in windows]
        return [
            Box(left=float(low[0]), bottom=float(low[1]), width=float(wide), height=float(high))
            for low, (wide, high) in ((pair[0], pair[1] - pair[0]) for pair in corners)
        ]
