"""Read a district: its files, or tables at hand, into one `District` with a metric coordinate system."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from planner.district.columns import empty_table, type_table
from planner.district.facts import Facts, read_facts
from planner.district.files import MAP_FORMATS, Raw, digest_of, find_sources, load, with_places_of_columns
from planner.district.findings import Finding, ordered
from planner.district.integrity import broken_links
from planner.district.model import District
from planner.district.projection import degrees_fault, in_crs, metric_crs, parse_crs, swapped
from planner.district.tables import figures, texts
from planner.district.values import school_year
from planner.errors import DataError
from planner.policy import parse_grades
from planner.words import Text, read_dictionary

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray
    from pyproj import CRS

_SHAPES = {
    "point": frozenset({"Point"}),
    "line": frozenset({"LineString", "MultiLineString"}),
    "polygon": frozenset({"Polygon", "MultiPolygon"}),
}


@dataclass(kw_only=True)
class _Typed:
    """A table with typed columns, and its shapes as the file has them."""

    frame: pd.DataFrame
    geometry: NDArray[np.object_] | None
    crs: CRS | None
    file: str


def read_district(path: Path | str, *, crs: str | None = None) -> District:
    """
    Read a district from a folder of CSV and GeoJSON files, or from a GeoPackage.

    One file, or layer, per table of the column dictionary. Shapes are brought into one metric system: the one
    that `about` names; else the blocks' own where that is in true metres; else UTM, or for CGCS2000
    coordinates its 3-degree zone, at the centre of the blocks.

    Parameters
    ----------
    path
        Folder or ``.gpkg`` file.
    crs
        Coordinate reference system of layers that state none, as ``EPSG:4490``.

    Raises
    ------
    DataError
        With every fault of every file: tables, columns or cells that are missing or of a wrong type, keys that
        repeat, ids that no table has, figures out of range, personal data, layers without a coordinate system.
        What a district may have and yet is doubtful is left to `check_district`.
    """
    district, findings = read_with_faults(path, crs=crs)
    if district is not None:
        findings += broken_links(district)
    return _sound(district, findings)


def assemble_district(tables: Mapping[str, pd.DataFrame], *, crs: str | None = None) -> District:
    """
    Make a district of tables at hand, as if they had been read from files.

    Parameters
    ----------
    tables
        By table of the column dictionary; columns need not be typed, and keys are plain columns. Places are
        the geometry of a GeoDataFrame, or columns lon and lat.
    crs
        Coordinate reference system of GeoDataFrames that state none.

    Raises
    ------
    DataError
        As `read_district`.
    """
    dictionary = read_dictionary()
    unknown = sorted(set(tables) - set(dictionary))
    if unknown:
        raise DataError(
            Text(
                "There is no table {table}. Tables are {tables}.",
                table=unknown[0],
                tables=", ".join(dictionary),
            )
        )
    raws: list[Raw] = []
    findings: list[Finding] = []
    for name, table in tables.items():
        raw, faults = _raw_of(name, table)
        raws.append(raw)
        findings += faults
    district, faults = _assembled(raws, [], crs=crs)
    if district is not None:
        faults += broken_links(district)
    return _sound(district, findings + faults)


def _raw_of(name: str, table: pd.DataFrame) -> tuple[Raw, list[Finding]]:
    rows = pd.RangeIndex(1, len(table) + 1)
    if isinstance(table, gpd.GeoDataFrame):
        raw = Raw(
            table=name,
            frame=pd.DataFrame(table.drop(columns=table.geometry.name)).set_axis(rows),
            geometry=shapely.force_2d(table.geometry.to_numpy()),
            crs=table.crs,
        )
        return raw, []
    raw = Raw(table=name, frame=pd.DataFrame(table).set_axis(rows))
    return with_places_of_columns(raw) if read_dictionary()[name].geometry == "point" else (raw, [])


def _sound(district: District | None, findings: list[Finding]) -> District:
    """Return the district with its notices, or raise all its errors."""
    errors = [finding.message for finding in ordered(findings) if finding.level == "error"]
    if errors or district is None:
        raise DataError(*errors)
    return replace(district, notices=tuple(ordered(findings)))


def read_with_faults(path: Path | str, *, crs: str | None = None) -> tuple[District | None, list[Finding]]:
    """
    Read what can be read, so that a check can list all faults at once.

    Returns
    -------
    The district without the cells, rows and tables at fault, or None when schools or blocks cannot be read;
    and everything found. With an error among the findings the district must not be planned with.
    """
    path = Path(path)
    sources, findings = find_sources(path)
    raws: list[Raw] = []
    digests: dict[str, str] = {}
    unread: list[str] = []
    for source in sources:
        raw, digest, faults = load(source)
        findings += faults
        digests[source.path.name] = digest
        if raw is None:
            unread.append(source.table)
        else:
            raws.append(raw)
    if not sources:
        return None, findings
    if path.is_file():
        digests = {path.name: digest_of(path)}
    district, faults = _assembled(raws, unread, crs=crs, path=path)
    if district is not None:
        district = replace(district, source=path, digests=digests)
    return district, [*findings, *faults]


def _assembled(
    raws: Iterable[Raw], unread: Iterable[str], *, crs: str | None, path: Path | None = None
) -> tuple[District | None, list[Finding]]:
    dictionary = read_dictionary()
    findings: list[Finding] = []
    stated = None if crs is None else parse_crs(crs)
    if crs is not None and stated is None:
        findings.append(
            Finding(
                level="error",
                code="D020",
                text=Text("{crs} names no coordinate reference system.", crs=crs),
                advice=Text("Name one as EPSG:4490 or EPSG:4326."),
            )
        )
    tables: dict[str, _Typed] = {}
    seen = set(unread)
    for raw in raws:
        seen.add(raw.table)
        frame, faults = type_table(raw, dictionary[raw.table])
        findings += faults
        if frame is None:
            continue
        kept = raw.frame.index.get_indexer(frame.index)
        shapes = None if raw.geometry is None else raw.geometry[kept]
        tables[raw.table] = _Typed(frame=frame, geometry=shapes, crs=raw.crs, file=raw.file)
    findings += _missing_tables(seen, tables)
    about = tables.get("about")
    facts, faults = (Facts(), []) if about is None else read_facts(about.frame, about.file)
    findings += faults
    for name, table in tables.items():
        if dictionary[name].geometry:
            findings += _mend_shapes(name, table, stated)
    if "schools" not in tables or "blocks" not in tables:
        return None, findings
    blocks = tables["blocks"]
    if blocks.crs is None or blocks.geometry is None or not len(blocks.frame):
        return None, findings
    metric = facts.crs or metric_crs(blocks.crs, blocks.geometry)
    if metric is None:
        findings.append(
            _shape_fault(
                "blocks",
                blocks,
                "D022",
                Text("The coordinates have no place on the map in {crs}.", crs=blocks.crs.to_string()),
                Text("See that the layer's coordinate reference system is the one its coordinates are in."),
            )
        )
        return None, findings
    maps = {name: _placed(name, tables, metric, findings) for name in dictionary if dictionary[name].geometry}
    plain = {
        name: tables[name].frame.reset_index(drop=True) if name in tables else empty_table(table)
        for name, table in dictionary.items()
        if not table.geometry
    }
    return _district(maps, plain, facts, metric, path), findings


def _district(
    maps: dict[str, gpd.GeoDataFrame],
    plain: dict[str, pd.DataFrame],
    facts: Facts,
    metric: CRS,
    path: Path | None,
) -> District:
    schools = gpd.GeoDataFrame(maps.pop("schools").set_index("school"))
    blocks = gpd.GeoDataFrame(maps.pop("blocks").set_index("block"))
    taught = [parse_grades(grades) if grades else (0, -1) for grades in texts(schools, "grades")]
    schools["first"] = np.array([first for first, _ in taught], dtype=np.int64)
    schools["last"] = np.array([last for _, last in taught], dtype=np.int64)
    policy = facts.values.get("policy", "")
    if path is not None and policy.endswith(".toml") and not Path(policy).is_absolute():
        policy = str(((path if path.is_dir() else path.parent) / policy).resolve())
    name = facts.values.get("name", path.stem if path is not None else "")
    return District(
        name=name,
        name_en=facts.values.get("name_en", ""),
        policy=policy,
        counted=_counted(facts, plain),
        detour=facts.detour,
        schools=schools,
        blocks=blocks,
        tables={**plain, **maps},
        crs=metric.to_string(),
    )


def _counted(facts: Facts, plain: dict[str, pd.DataFrame]) -> int:
    """Return the school year of the last count: as stated, else of the enrolment, else of the children."""
    if facts.counted is not None:
        return facts.counted
    years = figures(plain["enrolment"], "year")
    if np.isfinite(years).any():
        return int(np.nanmax(years))
    latest = plain["children"]["as_of"].max()
    return school_year(latest) if isinstance(latest, pd.Timestamp) else 0


def _missing_tables(seen: set[str], tables: dict[str, _Typed]) -> list[Finding]:
    findings = []
    for name, table in read_dictionary().items():
        if not table.required:
            continue
        if name not in seen:
            kind = ".geojson" if table.geometry else ".csv"
            findings.append(
                Finding(
                    level="error",
                    code="D002",
                    table=name,
                    text=Text("The table is missing."),
                    advice=Text("Add {file}; the command new makes an example.", file=f"{name}{kind}"),
                )
            )
        elif name in tables and not len(tables[name].frame):
            findings.append(
                Finding(
                    level="error",
                    code="D002",
                    table=name,
                    file=tables[name].file,
                    text=Text("The table has no rows."),
                    advice=Text("Fill it in."),
                )
            )
    counts = {"enrolment", "children"}
    if not counts & seen or (
        counts & seen <= set(tables) and not any(len(tables[name].frame) for name in counts & seen)
    ):
        findings.append(
            Finding(
                level="error",
                code="D002",
                table="enrolment",
                text=Text("There is neither a table enrolment nor a table children."),
                advice=Text(
                    "Add one of them: children counted at school (enrolment.csv), or children by block and birth cohort (children.csv)."
                ),
            )
        )
    return findings


def _shape_fault(
    name: str, table: _Typed, code: str, text: Text, advice: Text, rows: NDArray[np.bool_] | None = None
) -> Finding:
    key = read_dictionary()[name].key
    at = table.frame[rows] if rows is not None else table.frame[:0]
    ids = tuple(str(value) for value in at[key[0]]) if key else ()
    shown = () if ids else tuple(int(row) for row in at.index)
    return Finding(
        level="error", code=code, table=name, file=table.file, ids=ids, rows=shown, text=text, advice=advice
    )


def _mend_shapes(name: str, table: _Typed, stated: CRS | None) -> list[Finding]:
    """Return what is wrong with the shapes of a table, and leave in it those that the checks can go on with."""
    kind = read_dictionary()[name].geometry
    if table.geometry is None:
        if name == "projects" or not len(table.frame):
            return []
        return [
            _shape_fault(
                name,
                table,
                "D023",
                Text("The table has no places on the map."),
                Text("Give it as GeoJSON or GeoPackage, or with columns lon and lat.")
                if kind == "point"
                else Text("Give it as a map layer: {formats}.", formats=", ".join(MAP_FORMATS)),
            )
        ]
    findings = []
    kinds = np.array([None if shape is None else shape.geom_type for shape in table.geometry], dtype=object)
    wrong = np.array([found is not None and found not in _SHAPES[kind] for found in kinds], dtype=bool)
    if wrong.any():
        findings.append(
            _shape_fault(
                name,
                table,
                "D024",
                Text(
                    "Shapes of another kind ({found}) where the table has {kind}.",
                    found=", ".join(sorted(set(kinds[wrong]))),
                    kind=", ".join(sorted(_SHAPES[kind])),
                ),
                Text("Draw them anew as the kind the table has."),
                wrong,
            )
        )
    shapes = table.geometry.copy()
    shapes[wrong | shapely.is_empty(shapes)] = None
    missing = shapely.is_missing(shapes) & ~wrong
    if name == "schools":
        missing &= texts(table.frame, "owner") != "private"
    if missing.any() and name != "projects":
        findings.append(
            _shape_fault(
                name,
                table,
                "D023",
                Text("Rows without a place on the map."),
                Text("Draw them in, or take them out."),
                missing,
            )
        )
    table.geometry = shapes
    table.crs = table.crs or stated
    if table.crs is None:
        if len(table.frame):
            findings.append(
                _shape_fault(
                    name,
                    table,
                    "D020",
                    Text("The layer does not say in which coordinate reference system it is."),
                    Text(
                        "Set it in the layer (in QGIS: Layer, Set CRS of layer), or name it with crs, as EPSG:4490."
                    ),
                )
            )
        table.geometry = None
    elif table.crs.is_geographic and (fault := degrees_fault(shapes)):
        findings.append(_degrees_finding(name, table, fault))
        table.geometry = swapped(shapes) if fault == "swapped" else None
    return findings


def _degrees_finding(name: str, table: _Typed, fault: str) -> Finding:
    if fault == "swapped":
        return _shape_fault(
            name,
            table,
            "D021",
            Text("Longitude and latitude are exchanged: latitudes beyond 90 degrees."),
            Text("Put the longitude first (in China 73 to 135) and the latitude second (18 to 54)."),
        )
    return _shape_fault(
        name,
        table,
        "D022",
        Text("The coordinates are no degrees of longitude and latitude, though the layer says so."),
        Text(
            "State the coordinate reference system they are in; GeoJSON without one is in degrees by its standard."
        ),
    )


def _placed(name: str, tables: dict[str, _Typed], metric: CRS, findings: list[Finding]) -> gpd.GeoDataFrame:
    """Return a table with its shapes in the metric system; adds what has no place in it to the findings."""
    if name not in tables:
        return gpd.GeoDataFrame(empty_table(read_dictionary()[name]), geometry=[], crs=metric)
    table = tables[name]
    shapes = np.full(len(table.frame), None, dtype=object)
    if table.geometry is not None and table.crs is not None:
        shapes = in_crs(table.geometry, table.crs, metric)
        lost = np.array(
            [a is not None and b is None for a, b in zip(table.geometry, shapes, strict=True)], dtype=bool
        )
        if lost.any():
            findings.append(
                _shape_fault(
                    name,
                    table,
                    "D022",
                    Text("Places too far away to be drawn with the blocks."),
                    Text("See that their coordinates, and their coordinate reference system, are right."),
                    lost,
                )
            )
    return gpd.GeoDataFrame(table.frame.reset_index(drop=True), geometry=shapes, crs=metric)
