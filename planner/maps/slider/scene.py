"""The map of the page: areas, symbols and names as SVG, as they are in the first year; the script changes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.maps.labels import LINE, Label, Placed, place_labels
from planner.maps.palette import PAPER, UNKNOWN, hatch_colour, ink_on
from planner.maps.slider.figures import ABSENT, Entry, View
from planner.maps.slider.markup import Markup, tag
from planner.maps.slider.shapes import FINENESS, WIDTH
from planner.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from planner.maps.slider.shapes import Drawing

LABEL_SIZE = 11.0
"""Of the names. [units]"""
_WIDEST = 130.0
"""Width beyond which a name is broken into lines. [units]"""
_ROOM = "\u00a0\u00a0+0,000"
"""What is kept free behind a name for its figure."""
_HATCH_SCALE = 1.6
"""Distance of hatch lines over that of printed maps. [units/point]"""


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What is on the map in any year."""

    drawn: Drawing
    views: Sequence[View]
    positions: Sequence[int]
    """Of the areas in the plan, in the order in which they are drawn; -1: land without a catchment."""
    schools: Mapping[str, tuple[float, float]]
    """x and y downwards of every school on the map, the largest first. [units]"""
    names: Mapping[str, str]
    """Short names of these schools."""
    middles: Mapping[int, tuple[float, float]]
    """A point inside every joint catchment. [units]"""


def fills(view: View) -> list[str]:
    """Return the fill of each class, and last that of no figure."""
    bands = zip(view.bands.colours, view.bands.hatches, strict=True)
    return [f"url(#{view.show}{k})" if hatch else colour for k, (colour, hatch) in enumerate(bands)] + [
        UNKNOWN
    ]


def bars(view: View) -> list[str]:
    """Return the colour of the bar on a symbol of each class; nothing where it is not short."""
    bands = zip(view.bands.colours, view.bands.hatches, strict=True)
    return [ink_on(colour) if hatch else "" for colour, hatch in bands]


def drawn_map(scene: Scene, title: str) -> Markup:
    """Return the map of the first year."""
    view = scene.views[0]
    colours = fills(view)
    paths = scene.drawn.areas[scene.drawn.assignment[0]]
    areas = [
        tag(
            "path",
            class_="area",
            d=paths.get(position, ""),
            fill=colours[view.areas[0].get(position, ABSENT).band] if position in view.areas[0] else UNKNOWN,
        )
        for position in scene.positions
    ]
    lines = [
        tag("path", class_=f"{kind}{below}", d=path)
        for kind, path in scene.drawn.barriers.items()
        for below in (" below", "")
    ]
    return tag(
        "svg",
        tag("defs", *_patterns(scene.views)),
        tag(
            "g",
            tag("path", class_="land", d=scene.drawn.outline),
            *areas,
            tag("path", class_="outline", d=scene.drawn.outline),
            *lines,
            transform=f"scale({1 / FINENESS:g})",
        ),
        *(_symbol(view, school, place) for school, place in scene.schools.items()),
        *_labels(scene),
        viewBox=f"0 0 {WIDTH:g} {scene.drawn.frame.box.height:.0f}",
        role="img",
        aria_label=title,
    )


def _patterns(views: Sequence[View]) -> list[Markup]:
    """Return the hatchings of the classes that are short, in the steps of the paths."""
    patterns = []
    for view in views:
        for k, (colour, hatch) in enumerate(zip(view.bands.colours, view.bands.hatches, strict=True)):
            if hatch:
                size = f"{_HATCH_SCALE * hatch * FINENESS:g}"
                line = tag("path", d=f"M0 0V{size}", stroke=hatch_colour(colour), stroke_width=0.9 * FINENESS)
                patterns.append(
                    tag(
                        "pattern",
                        tag("rect", width=size, height=size, fill=colour),
                        line,
                        id=f"{view.show}{k}",
                        patternUnits="userSpaceOnUse",
                        width=size,
                        height=size,
                        patternTransform="rotate(45)",
                    )
                )
    return patterns


def sign(radius: float, fill: str, bar: str, *, sure: bool = False, **attributes: object) -> Markup:
    """Return the symbol of a school: a circle, with a bar across it where it is short."""
    return tag(
        "g",
        tag("circle", r=f"{radius:.1f}", fill=fill),
        tag(
            "path",
            d="M-1 0H1",
            transform=f"scale({0.6 * radius:.2f})",
            stroke=bar or None,
            display=None if bar else "none",
        ),
        class_="school sure" if sure else "school",
        **attributes,
    )


def _symbol(view: View, school: str, place: tuple[float, float]) -> Markup:
    own = view.schools[0].get(school, ABSENT)
    return sign(
        own.radius or 1.0,
        view.bands.colours[own.band] if own.band >= 0 else PAPER,
        bars(view)[own.band] if own.band >= 0 else "",
        sure=own.sure,
        transform=f"translate({place[0]:.1f} {place[1]:.1f})",
        display="none" if own is ABSENT else None,
    )


def _labels(scene: Scene) -> list[Markup]:
    """Return names with figures: placed once for all years, those of the largest schools first."""
    height = scene.drawn.frame.box.height
    view = scene.views[0]
    owned: dict[str, tuple[Label, Entry]] = {}
    for k, (school, (x, y)) in enumerate(scene.schools.items()):
        radius = max((year[school].radius for year in view.schools if school in year), default=0.0)
        label = Label(
            text=scene.names[school] + _ROOM,
            x=x,
            y=height - y,
            importance=1.0 / (1 + k),
            radius=max(radius, 2.0),
            size=LABEL_SIZE,
            widest=_WIDEST,
        )
        owned[f"s{k}"] = (label, view.schools[0].get(school, ABSENT))
    for position, (x, y) in scene.middles.items():
        text = say("joint {gap}", gap=_ROOM.strip())
        label = Label(text=text, x=x, y=height - y, importance=np.inf, size=LABEL_SIZE)
        owned[f"a{scene.positions.index(position)}"] = (label, view.areas[0].get(position, ABSENT))
    labels = [label for label, _ in owned.values()]
    discs = np.array([(label.x, label.y, label.radius) for label in labels if label.radius]).reshape(-1, 3)
    owner = {id(label): name for name, (label, _) in owned.items()}
    placed, _ = place_labels(labels, scene.drawn.frame.box, discs)
    return [
        _label(owner[id(found.label)], found, owned[owner[id(found.label)]][1], height) for found in placed
    ]


def _label(name: str, found: Placed, entry: Entry, height: float) -> Markup:
    """Return a name in lines, the figure behind the last, and the leader line."""
    box, size = found.box, found.label.size
    x = {"left": box.left, "center": box.left + box.width / 2, "right": box.right}[found.align]
    lines = found.text.split("\n") if name.startswith("s") else [""]
    lines[-1] = lines[-1].removesuffix(_ROOM)
    pieces = []
    if found.leader:
        (x1, y1), (x2, y2) = found.leader
        pieces.append(tag("path", d=f"M{x1:.1f} {height - y1:.1f}L{x2:.1f} {height - y2:.1f}"))
    for row, line in enumerate(lines):
        number = [tag("tspan", entry.number, class_="number")] if row == len(lines) - 1 else []
        pieces.append(
            tag(
                "text",
                line,
                *number,
                x=f"{x:.1f}",
                y=f"{height - box.top + (row + 0.5) * size * LINE + 0.36 * size:.1f}",
                text_anchor={"left": "start", "center": "middle", "right": "end"}[found.align],
            )
        )
    return tag("g", *pieces, class_="label", data_of=name, display="none" if entry is ABSENT else None)
