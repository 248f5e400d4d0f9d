"""QGIS styles: how the layers of a GeoPackage are drawn when they are opened."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from planner.maps import Bands

_VERSION = "3.22.0"
"""Oldest QGIS that reads symbols as they are written here."""
_LAYERS = {"fill": "SimpleFill", "marker": "SimpleMarker", "line": "SimpleLine"}


def _rgb(colour: str, alpha: int) -> str:
    return ",".join(str(int(colour[start : start + 2], 16)) for start in (1, 3, 5)) + f",{alpha}"


def _symbol(name: str, geometry: str, settings: dict[str, str]) -> ET.Element:
    symbol = ET.Element("symbol", name=name, type=geometry, alpha="1", clip_to_extent="1", force_rhr="0")
    layer = ET.SubElement(
        symbol, "layer", {"class": _LAYERS[geometry], "enabled": "1", "pass": "0", "locked": "0"}
    )
    options = ET.SubElement(layer, "Option", type="Map")
    for key, value in settings.items():
        ET.SubElement(options, "Option", name=key, value=value, type="QString")
    return symbol


def _style(renderer: ET.Element) -> str:
    root = ET.Element("qgis", version=_VERSION, styleCategories="Symbology")
    root.append(renderer)
    return ET.tostring(root, encoding="unicode")


def gap_style(geometry: str, year: int, bands: Bands) -> str:
    """
    Return a QGIS style that colours a layer by its column ``gap``, in the classes of the printed maps.

    It shows the features of one year: that of the layer's or project's variable ``planner_year``, else `year`.

    Parameters
    ----------
    geometry
        fill or marker.
    """
    renderer = ET.Element("renderer-v2", type="RuleRenderer", symbollevels="0", enableorderby="0")
    rules = ET.SubElement(renderer, "rules", key="planner")
    symbols = ET.SubElement(renderer, "symbols")
    for position, band in enumerate(bands.classes):
        # As `Bands.of` has it, a gap on a bound belongs to the class nearer to zero.
        within = [f'"year" = coalesce(@planner_year, {year})']
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
        settings = (
            {
                "color": _rgb(band.colour, 220),
                "outline_color": "90,90,90,255",
                "outline_width": "0.3",
                "outline_width_unit": "MM",
            }
            if geometry == "fill"
            else {
                "name": "circle",
                "color": _rgb(band.colour, 255),
                "size": "3",
                "size_unit": "MM",
                "outline_color": "40,40,40,255",
            }
        )
        symbols.append(_symbol(str(position), geometry, settings))
    return _style(renderer)


def line_style(geometry: str, colour: str, millimetres: float) -> str:
    """
    Return a QGIS style of lines, or of areas of which only the outline is drawn.

    Parameters
    ----------
    geometry
        line or fill.
    """
    renderer = ET.Element("renderer-v2", type="singleSymbol", symbollevels="0", enableorderby="0")
    symbols = ET.SubElement(renderer, "symbols")
    prefix = "line" if geometry == "line" else "outline"
    settings = {
        f"{prefix}_color": _rgb(colour, 255),
        f"{prefix}_width": f"{millimetres:g}",
        f"{prefix}_width_unit": "MM",
    }
    if geometry == "fill":
        settings["style"] = "no"
    symbols.append(_symbol("0", geometry, settings))
    return _style(renderer)
