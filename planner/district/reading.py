"""Read a district: its files, or tables at hand, into one `District` with a metric coordinate system."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from planner.district.agreement import datum_findings
from planner.district.columns import empty_table, type_table
from planner.district.facts import Facts, read_facts
from planner.district.files import (
    Raw,
    digest_of,
    find_sources,
    is_address,
    load,
    with_places_of_columns,
)
from planner.district.files.database import digest_of_table, one_snapshot, shown_address
from planner.district.findings import Finding, ordered
from planner.district.integrity import broken_links
from planner.district.model import District
from planner.district.placing import Typed, mend_shapes, placed, shape_finding, what_is_stated
from planner.district.projection import metric_crs
from planner.district.tables import figures, texts
from planner.district.values import school_year
from planner.errors import DataError
from planner.policy import parse_grades
from planner.words import Text, read_dictionary

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pyproj import CRS


def read_district(
    path: Path | str,
    *,
    crs: str | Mapping[str, str] | None = None,
    datum: str | Mapping[str, str] | None = None,
) -> District:
    """
    Read a district from a folder of CSV and map files, a GeoPackage, or a PostgreSQL database.

    One file, or layer, per table of the column dictionary. Shapes are brought into one metric system: the one
    that `about` names; else the blocks' own where that is in true metres; else UTM, or for CGCS2000
    coordinates its 3-degree zone, at the centre of the blocks.

    Parameters
    ----------
    path
        Folder, ``.gpkg`` file, or ``postgresql://user@host:port/database?schema=name``.
    crs
        Coordinate reference system of layers that state none, as ``EPSG:4490``; or systems by table, as
        ``{"blocks": "EPSG:4548"}``, which hold whatever the layer states, under ``*`` that of the others.
    datum
        ``gcj02`` or ``bd09`` where all layers are shifted as Chinese web maps are, to be undone; or shifts by table.

    Raises
    ------
    DataError
        With every fault of every file: tables, columns or cells that are missing or of a wrong type, keys that
        repeat, ids that no table has, figures out of range, personal data, layers without a coordinate system.
        What a district may have and yet is doubtful is left to `check_district`.
    """
    district, findings = read_with_faults(path, crs=crs, datum=datum)
    if district is not None:
        findings += broken_links(district)
    return _sound(district, findings)


def assemble_district(
    tables: Mapping[str, pd.DataFrame],
    *,
    crs: str | Mapping[str, str] | None = None,
    datum: str | Mapping[str, str] | None = None,
) -> District:
    """
    Make a district of tables at hand, as if they had been read from files.

    Parameters
    ----------
    tables
        By table of the column dictionary; columns need not be typed, and keys are plain columns. Places are
        the geometry of a GeoDataFrame, or columns lon and lat.
    crs, datum
        As in `read_district`.

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
    district, faults = _assembled(raws, [], crs=crs, datum=datum)
    if district is not None:
        faults += broken_links(district)
    return _sound(district, findings + faults)


def assemble_raws(
    raws: Iterable[Raw],
    unread: Iterable[str],
    *,
    crs: str | Mapping[str, str] | None = None,
    datum: str | Mapping[str, str] | None = None,
) -> tuple[District | None, list[Finding]]:
    """Make a district of tables as their files have them, as `read_with_faults`; `unread` are there and at fault."""
    return _assembled(raws, unread, crs=crs, datum=datum)


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


def read_with_faults(
    path: Path | str,
    *,
    crs: str | Mapping[str, str] | None = None,
    datum: str | Mapping[str, str] | None = None,
) -> tuple[District | None, list[Finding]]:
    """
    Read what can be read, so that a check can list all faults at once.

    Returns
    -------
    The district without the cells, rows and tables at fault, or None when schools or blocks cannot be read;
    and everything found. With an error among the findings the district must not be planned with.
    """
    if is_address(path):
        with one_snapshot(str(path)):
            return _read(path, crs, datum)
    return _read(Path(path), crs, datum)


def _read(
    path: Path | str, crs: str | Mapping[str, str] | None, datum: str | Mapping[str, str] | None
) -> tuple[District | None, list[Finding]]:
    """Return the district of a folder, GeoPackage or database, and what was found in reading it."""
    sources, findings = find_sources(path)
    raws: list[Raw] = []
    digests: dict[str, str] = {}
    unread: list[str] = []
    for source in sources:
        raw, digest, faults = load(source)
        findings += faults
        if raw is None:
            unread.append(source.table)
            continue
        raws.append(raw)
        if source.address:
            digests[source.file] = digest_of_table(raw)
        else:
            digests[source.path.name] = digest
    if not sources:
        return None, findings
    if isinstance(path, str):
        district, faults = _assembled(raws, unread, crs=crs, datum=datum)
        made = {"address": shown_address(path), "digests": digests}
    else:
        district, faults = _assembled(raws, unread, crs=crs, datum=datum, path=path)
        made = {"source": path, "digests": {path.name: digest_of(path)} if path.is_file() else digests}
    if district is None:
        return None, [*findings, *faults]
    return replace(district, **made), [*findings, *faults, *datum_findings(district)]


def _assembled(
    raws: Iterable[Raw],
    unread: Iterable[str],
    *,
    crs: str | Mapping[str, str] | None,
    datum: str | Mapping[str, str] | None,
    path: Path | None = None,
) -> tuple[District | None, list[Finding]]:
    dictionary = read_dictionary()
    stated, findings = what_is_stated(crs, datum)
    tables: dict[str, Typed] = {}
    seen = set(unread)
    for raw in raws:
        seen.add(raw.table)
        frame, faults = type_table(raw, dictionary[raw.table])
        findings += faults
        if frame is None:
            continue
        kept = raw.frame.index.get_indexer(frame.index)
        shapes = None if raw.geometry is None else raw.geometry[kept]
        tables[raw.table] = Typed(frame=frame, geometry=shapes, crs=raw.crs, file=raw.file)
    findings += _missing_tables(seen, tables)
    about = tables.get("about")
    facts, faults = (Facts(), []) if about is None else read_facts(about.frame, about.file)
    findings += faults
    for name, table in tables.items():
        if dictionary[name].geometry:
            findings += mend_shapes(name, table, stated)
    if "schools" not in tables or "blocks" not in tables:
        return None, findings
    blocks = tables["blocks"]
    if blocks.crs is None or blocks.geometry is None or not len(blocks.frame):
        return None, findings
    metric = facts.crs or metric_crs(blocks.crs, blocks.geometry)
    if metric is None:
        findings.append(
            shape_finding(
                "blocks",
                blocks,
                "D022",
                Text("The coordinates have no place on the map in {crs}.", crs=blocks.crs.to_string()),
                Text("See that the layer's coordinate reference system is the one its coordinates are in."),
            )
        )
        return None, findings
    maps = {name: placed(name, tables, metric, findings) for name in dictionary if dictionary[name].geometry}
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


def _missing_tables(seen: set[str], tables: dict[str, Typed]) -> list[Finding]:
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
