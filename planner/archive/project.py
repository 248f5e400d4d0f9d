"""A QGIS project inside the GeoPackage: layers in groups by stage, one year shown, the years as a timeline."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from planner.archive.styles import VARIABLE, VERSION

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from pyproj import CRS

PROJECT = "planner"
"""Name under which QGIS lists the project."""


@dataclass(frozen=True, kw_only=True)
class ProjectLayer:
    """A layer of the project."""

    table: str
    title: str
    group: str
    """Title of its group; empty: below the groups in the list."""
    shown: bool
    geometry: str
    """Polygon, Point or Line."""
    style: Sequence[ET.Element]


def project_text(
    layers: Sequence[ProjectLayer],
    *,
    title: str,
    file: str,
    crs: CRS,
    bounds: tuple[float, float, float, float],
    years: Sequence[int],
) -> str:
    """
    Return a QGIS project as XML.

    Parameters
    ----------
    layers
        In the order in which they lie over each other, the uppermost first.
    file
        Name of the GeoPackage, beside which or in which the project lies.
    bounds
        What the map shows first: left, bottom, right, top. [m]
    years
        School years of the layers. The timeline has them all; without it, the project's variable says the year.
    """
    root = ET.Element("qgis", version=VERSION, projectname=title)
    ET.SubElement(root, "title").text = title
    ET.SubElement(root, "projectCrs").append(_crs(crs))
    _tree(root, layers, file)
    canvas = ET.SubElement(root, "mapcanvas", name="theMapCanvas")
    ET.SubElement(canvas, "units").text = "meters"
    canvas.append(_extent(bounds))
    ET.SubElement(canvas, "destinationsrs").append(_crs(crs))
    held = ET.SubElement(root, "projectlayers")
    held.extend(_map_layer(layer, file, crs) for layer in layers)
    properties = ET.SubElement(root, "properties")
    variables = ET.SubElement(properties, "Variables")
    for name, value in (("variableNames", VARIABLE), ("variableValues", str(years[0]))):
        ET.SubElement(ET.SubElement(variables, name, type="QStringList"), "value").text = value
    reference = ET.SubElement(properties, "SpatialRefSys")
    ET.SubElement(reference, "ProjectionsEnabled", type="int").text = "1"
    paths = ET.SubElement(properties, "Paths")
    ET.SubElement(paths, "Absolute", type="bool").text = "false"
    times = ET.SubElement(
        root,
        "ProjectTimeSettings",
        timeStep="1",
        timeStepUnit="y",
        frameRate="1",
        cumulativeTemporalRange="0",
    )
    span = ET.SubElement(times, "TemporalRange")
    ET.SubElement(span, "start").text = f"{years[0]}-09-01T00:00:00Z"
    ET.SubElement(span, "end").text = f"{years[-1] + 1}-08-31T00:00:00Z"
    return '<!DOCTYPE qgis PUBLIC "http://mrcc.com/qgis.dtd" "SYSTEM">\n' + ET.tostring(
        root, encoding="unicode"
    )


def project_row(text: str, day: dt.date) -> tuple[str, str, str]:
    """Return a project as a row of the table ``qgis_projects``: name, facts, and the zipped text as hexadecimals."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        entry = zipfile.ZipInfo(f"{PROJECT}.qgs", date_time=(day.year, day.month, day.day, 0, 0, 0))
        entry.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(entry, text.encode())
    facts = {"last_modified_time": f"{day.isoformat()}T00:00:00", "last_modified_user": PROJECT}
    return PROJECT, json.dumps(facts), packed.getvalue().hex()


def _crs(crs: CRS) -> ET.Element:
    system = ET.Element("spatialrefsys")
    ET.SubElement(system, "wkt").text = crs.to_wkt()
    authority = crs.to_authority()
    if authority is not None:
        ET.SubElement(system, "authid").text = ":".join(authority)
    return system


def _extent(bounds: tuple[float, float, float, float]) -> ET.Element:
    extent = ET.Element("extent")
    for name, value in zip(("xmin", "ymin", "xmax", "ymax"), bounds, strict=True):
        ET.SubElement(extent, name).text = f"{value:.3f}"
    return extent


def _source(layer: ProjectLayer, file: str) -> str:
    return f"./{file}|layername={layer.table}"


def _id(layer: ProjectLayer) -> str:
    """Return an id that QGIS keeps: one without an underline it would replace by a random one."""
    return f"{PROJECT}_{layer.table}"


def _tree(root: ET.Element, layers: Sequence[ProjectLayer], file: str) -> None:
    """Add the list of layers, in groups, and the order in which they are drawn."""
    tree = ET.SubElement(root, "layer-tree-group")
    groups: dict[str, ET.Element] = {"": tree}
    for layer in sorted(layers, key=lambda layer: not layer.group):
        shown = "Qt::Checked" if layer.shown else "Qt::Unchecked"
        if layer.group not in groups:
            groups[layer.group] = ET.SubElement(
                tree, "layer-tree-group", name=layer.group, checked=shown, expanded="1"
            )
        ET.SubElement(
            groups[layer.group],
            "layer-tree-layer",
            id=_id(layer),
            name=layer.title,
            source=_source(layer, file),
            providerKey="ogr",
            checked=shown,
            expanded="1" if layer.shown else "0",
        )
    order = ET.SubElement(tree, "custom-order", enabled="1")
    for layer in layers:
        ET.SubElement(order, "item").text = _id(layer)


def _map_layer(layer: ProjectLayer, file: str, crs: CRS) -> ET.Element:
    labelled = any(part.tag == "labeling" for part in layer.style)
    element = ET.Element(
        "maplayer",
        type="vector",
        geometry=layer.geometry,
        styleCategories="AllStyleCategories",
        labelsEnabled="1" if labelled else "0",
    )
    ET.SubElement(element, "id").text = _id(layer)
    ET.SubElement(element, "datasource").text = _source(layer, file)
    ET.SubElement(element, "layername").text = layer.title
    ET.SubElement(element, "srs").append(_crs(crs))
    ET.SubElement(element, "provider", encoding="UTF-8").text = "ogr"
    element.extend(layer.style)
    return element
