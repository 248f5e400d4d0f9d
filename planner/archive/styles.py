"""QGIS styles: how the layers of a GeoPackage are drawn when they are opened."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from planner.maps import hatch_colour, ink_on
from planner.maps.land import BARRIERS
from planner.maps.page import BARRIER_NAMES
from planner.maps.palette import BARRIER_COLOURS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.maps import Bands

VERSION = "3.22.0"
"""Oldest QGIS that reads styles and projects as they are written here."""

VARIABLE = "planner_year"
"""Variable of a project or layer that says which year is shown."""

_LAYERS = {"fill": "SimpleFill", "marker": "SimpleMarker", "line": "SimpleLine"}
_MILLIMETRES = 25.4 / 72
"""In a point."""
_SIGNED = "if(\"gap\" >= 0.5, '+', '') || round(\"gap\")"


def shown_year(first: int) -> str:
    """
    Return the expression of the year that is shown: the temporal controller's, else the variable's, else `first`.

    The controller's frames may begin in any month; a school year is shown from September to August.
    """
    return f"coalesce(year(@map_start_time - to_interval('8 months')), @{VARIABLE}, {first})"


def _rgb(colour: str, alpha: int = 255) -> str:
    return ",".join(str(int(colour[start : start + 2], 16)) for start in (1, 3, 5)) + f",{alpha}"


def _layer(kind: str, settings: Mapping[str, str]) -> ET.Element:
    layer = ET.Element("layer", {"class": kind, "enabled": "1", "pass": "0", "locked": "0"})
    options = ET.SubElement(layer, "Option", type="Map")
    for key, value in settings.items():
        ET.SubElement(options, "Option", name=key, value=value, type="QString")
    return layer


def _symbol(name: str, geometry: str, *layers: ET.Element) -> ET.Element:
    symbol = ET.Element("symbol", name=name, type=geometry, alpha="1", clip_to_extent="1", force_rhr="0")
    symbol.extend(layers)
    return symbol


def _hatching(name: str, colour: str, points: float) -> ET.Element:
    """Return lines at 45 degrees that fill an area."""
    layer = _layer(
        "LinePatternFill",
        {"angle": "45", "distance": f"{points * _MILLIMETRES:.2f}", "distance_unit": "MM"},
    )
    line = {"line_color": _rgb(colour, 180), "line_width": "0.2", "line_width_unit": "MM"}
    layer.append(_symbol(f"@{name}@1", "line", _layer(_LAYERS["line"], line)))
    return layer


def _area(name: str, colour: str, hatch: float) -> ET.Element:
    outline = {"outline_color": "34,39,46,255", "outline_width": "0.3", "outline_width_unit": "MM"}
    layers = [_layer(_LAYERS["fill"], {"color": _rgb(colour, 235), **outline})]
    if hatch:
        layers.append(_hatching(name, hatch_colour(colour), hatch))
    return _symbol(name, "fill", *layers)


def _point(name: str, colour: str, hatch: float) -> ET.Element:
    """Return a circle, with a bar across it where the class is short."""
    circle = {
        "name": "circle",
        "color": _rgb(colour),
        "size": "3.2",
        "size_unit": "MM",
        "outline_color": "34,39,46,255",
        "outline_width": "0.25",
        "outline_width_unit": "MM",
    }
    layers = [_layer(_LAYERS["marker"], circle)]
    if hatch:
        bar = {
            "name": "line",
            "angle": "90",
            "size": "1.9",
            "size_unit": "MM",
            "outline_color": _rgb(ink_on(colour)),
            "outline_width": "0.5",
            "outline_width_unit": "MM",
        }
        layers.append(_layer(_LAYERS["marker"], bar))
    return _symbol(name, "marker", *layers)


def _labels(geometry: str) -> ET.Element:
    """Return labels with a halo: the gap in the middle of an area, name and gap beside a point."""
    labelling = ET.Element("labeling", type="simple")
    settings = ET.SubElement(labelling, "settings", calloutType="simple")
    text = ET.SubElement(
        settings,
        "text-style",
        fieldName=_SIGNED if geometry == "fill" else '"name"',
        isExpression="1",
        fontSize="8",
        fontSizeUnit="Point",
        fontItalic="1" if geometry == "fill" else "0",
        fontWeight="50",
        textColor="34,39,46,255",
        textOpacity="1",
        multilineHeight="1",
    )
    ET.SubElement(
        text,
        "text-buffer",
        bufferDraw="1",
        bufferSize="0.8",
        bufferSizeUnits="MM",
        bufferColor="255,255,255,255",
        bufferOpacity="1",
        bufferJoinStyle="128",
        bufferNoFill="1",
    )
    ET.SubElement(settings, "text-format", autoWrapLength="22", wrapChar="", useMaxLineLengthForAutoWrap="1")
    # 4: horizontal, inside the area; 6: beside the point where cartographers prefer it.
    place = (
        {"placement": "4", "priority": "3"}
        if geometry == "fill"
        else {"placement": "6", "priority": "6", "dist": "1.4", "distUnits": "MM"}
    )
    ET.SubElement(settings, "placement", place)
    ET.SubElement(settings, "rendering", drawLabels="1", obstacle="1", fontMinPixelSize="3")
    return labelling


def _temporal() -> ET.Element:
    """Return what QGIS's temporal controller needs: when a feature's time, its school year, begins and ends."""
    temporal = ET.Element(
        "temporal",
        mode="4",
        enabled="1",
        startExpression='make_date("year", 9, 1)',
        endExpression='make_date("year" + 1, 8, 31)',
        limitMode="0",
        durationUnit="min",
    )
    span = ET.SubElement(temporal, "fixedRange")
    ET.SubElement(span, "start")
    ET.SubElement(span, "end")
    return temporal


def gap_style(geometry: str, year: int, bands: Bands) -> list[ET.Element]:
    """
    Return the parts of a QGIS style that colours a layer by its column ``gap``, in the classes of the printed maps.

    It shows the features of one year: see `shown_year`, where `year` is the first. Classes that are short are
    hatched, or have a bar.

    Parameters
    ----------
    geometry
        fill or marker.
    """
    renderer = ET.Element("renderer-v2", type="RuleRenderer", symbollevels="0", enableorderby="0")
    rules = ET.SubElement(renderer, "rules", key="planner")
    symbols = ET.SubElement(renderer, "symbols")
    for position, (band, hatch) in enumerate(zip(bands.classes, bands.hatches, strict=True)):
        # As `Bands.of` has it, a gap on a bound belongs to the class nearer to zero.
        within = [f'"year" = {shown_year(year)}']
        if band.low is not None:
            within.append(f'"gap" {">" if band.low > 0 else ">="} {band.low:g}')
        if band.high is not None:
            within.append(f'"gap" {"<=" if band.high > 0 else "<"} {band.high:g}')
        ET.SubElement(
            rules,
            "rule",
            key=f"class{position}",
            filter=" AND ".join(within),
            symbol=str(position),
            label=str(band.label),
        )
        drawn = _area if geometry == "fill" else _point
        symbols.append(drawn(str(position), band.colour, hatch))
    return [_temporal(), renderer, _labels(geometry)]


def outline_style(colour: str, millimetres: float) -> list[ET.Element]:
    """Return the parts of a QGIS style of areas of which only the outline is drawn."""
    renderer = ET.Element("renderer-v2", type="singleSymbol", symbollevels="0", enableorderby="0")
    settings = {
        "style": "no",
        "outline_color": _rgb(colour),
        "outline_width": f"{millimetres:g}",
        "outline_width_unit": "MM",
    }
    symbols = ET.SubElement(renderer, "symbols")
    symbols.append(_symbol("0", "fill", _layer(_LAYERS["fill"], settings)))
    return [renderer]


def barrier_style() -> list[ET.Element]:
    """Return the parts of a QGIS style of barriers by their column ``kind``, in the colours of the printed maps."""
    renderer = ET.Element("renderer-v2", type="categorizedSymbol", attr="kind", symbollevels="0")
    categories = ET.SubElement(renderer, "categories")
    symbols = ET.SubElement(renderer, "symbols")
    for position, kind in enumerate(BARRIERS):
        ET.SubElement(
            categories,
            "category",
            value=kind,
            symbol=str(position),
            label=str(BARRIER_NAMES[kind]),
            render="true",
        )
        settings = {
            "line_color": _rgb(BARRIER_COLOURS[kind]),
            "line_width": "0.7",
            "line_width_unit": "MM",
            "line_style": "dash" if kind in {"railway", "other"} else "solid",
        }
        symbols.append(_symbol(str(position), "line", _layer(_LAYERS["line"], settings)))
    return [renderer]


def style_text(parts: list[ET.Element]) -> str:
    """Return the parts of a style as QGIS keeps it for a layer."""
    labelled = any(part.tag == "labeling" for part in parts)
    root = ET.Element(
        "qgis",
        version=VERSION,
        styleCategories="Symbology|Labeling|Temporal",
        labelsEnabled="1" if labelled else "0",
    )
    root.extend(parts)
    return ET.tostring(root, encoding="unicode")
