"""The page of the years: one HTML file that needs no network and no other file, and shows a year without its script."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import shapely

from planner.maps.land import district_name, prepare_land, resting_points, school_names, short_names
from planner.maps.page import BARRIER_NAMES
from planner.maps.palette import PAPER
from planner.maps.phrases import source_line, stage_name, year_name
from planner.maps.slider.figures import ABSENT, Entry, Show, View, views
from planner.maps.slider.markup import Markup, data, digest, tag
from planner.maps.slider.scene import Scene, bars, drawn_map, fills, sign
from planner.maps.slider.shapes import FINENESS, drawing
from planner.words import Text, current_language, say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from planner.district import District
    from planner.maps.land import Land
    from planner.plan import Plan
    from planner.policy import Policy

_FOLDER = Path(__file__).parent

_SHOWN: dict[Show, Text] = {
    "stage": Text("Seat gap of the whole stage"),
    "entry": Text("Seat gap at entry"),
    "odds": Text("Odds of a class above the cap"),
}


def years_page(
    district: District,
    plan: Plan,
    tables: Mapping[str, pd.DataFrame],
    *,
    stage: str,
    policy: Policy,
    scenario: str = "",
    land: Land | None = None,
) -> str:
    """
    Return a page with a map of a stage and a slider over the years, as HTML.

    It holds everything it needs, so that it opens from a disk; its content policy forbids anything else. It honours
    a year and a choice behind #, as in ``#2029`` and ``#2029-odds``. Without scripts it shows the first year.

    Parameters
    ----------
    tables
        seats_by_catchment, entry_by_catchment, seats_by_school, entry_by_school, odds.
    policy
        For the names of stages and the starting grade.
    scenario, land
        As for `seat_gap_map`.

    Raises
    ------
    QuestionError
        When the plan does not have the stage.
    """
    land = land or prepare_land(district, plan)
    first = land.first_areas(plan, stage)
    drawn = drawing(land, plan, stage)
    places = resting_points(land, plan, first)
    schools = [school for school in _largest_first(tables, plan, stage, first) if school in places]
    names = school_names(district, dict.fromkeys([*schools, *plan.schools]))
    short = short_names({school: names[school] for school in schools}, district_name(district))
    present = [[position for position in drawn.areas[k] if position >= 0] for k in drawn.assignment]
    metres = np.array([places[school] for school in schools])
    joint = [position for position in first if position >= 0 and len(plan.catchments[position].schools) > 1]
    middles = shapely.get_coordinates(shapely.point_on_surface([first[position] for position in joint]))
    scene = Scene(
        drawn=drawn,
        views=views(plan, tables, stage, policy.stage(stage).first, present, short),
        positions=sorted({position for areas in drawn.areas for position in areas}),
        schools={
            school: (x, y) for school, (x, y) in zip(schools, drawn.placed(metres).tolist(), strict=True)
        },
        names=short,
        middles={
            position: (x, y) for position, (x, y) in zip(joint, drawn.placed(middles).tolist(), strict=True)
        },
    )
    title = say("Seats and odds year by year, {stage}", stage=stage_name(stage, policy))
    source = source_line(district, scenario, say("expected figures; brackets and rings: range of 80 %"))
    return _page(scene, plan, names, title, source)


def _largest_first(
    tables: Mapping[str, pd.DataFrame], plan: Plan, stage: str, areas: Mapping[int, object]
) -> list[str]:
    """Return the schools with a catchment, seats or children of the stage in any year, the most seats first."""
    table = tables["seats_by_school"]
    own = table.loc[(table["stage"] == stage) & ((table["seats"] != 0) | (table["gap"] != 0))]
    most: dict[str, float] = {}
    for school, seats in zip(own["school"].astype(str), own["seats"].fillna(0).tolist(), strict=True):
        most[school] = max(most.get(school, 0.0), float(seats))
    named = [school for position in areas if position >= 0 for school in plan.catchments[position].schools]
    found = dict.fromkeys(plan.schools, 0.0) | most
    return sorted({*most, *named}, key=lambda school: (-found[school], plan.schools.index(school)))


def _page(scene: Scene, plan: Plan, names: Mapping[str, str], title: str, source: str) -> str:
    style, script = (
        Markup((_FOLDER / name).read_text(encoding="utf-8")) for name in ("slider.css", "slider.js")
    )
    rules = (
        f"default-src 'none'; style-src {digest(style)}; script-src {digest(script)}; "
        "base-uri 'none'; form-action 'none'"
    )
    first = scene.views[0]
    years = [year_name(year) for year in plan.years]
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=rules),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", title),
        tag("style", style),
    )
    now = tag(
        "p",
        tag("strong", years[0], id="year"),
        " ",
        tag("span", first.sums[0], id="sum", role="status"),
        class_="now",
    )
    body = tag(
        "body",
        tag("header", tag("h1", title), tag("p", first.meaning, id="meaning")),
        _controls(scene.views, years),
        now,
        tag("noscript", tag("p", say("Without scripts this page shows the first year only."))),
        tag(
            "main",
            tag(
                "div",
                drawn_map(scene, title),
                tag("div", id="tip", role="tooltip", hidden=True),
                class_="map",
            ),
            tag("aside", *(_legend(view, hidden=view is not first) for view in scene.views), _signs(scene)),
        ),
        _table(scene, names),
        tag("footer", tag("p", source)),
        tag("script", data(_data(scene, plan, names, years)), type="application/json", id="data"),
        tag("script", script),
    )
    language = "zh-CN" if current_language() == "zh" else "en"
    return f"<!DOCTYPE html>\n{tag('html', head, body, lang=language)}\n"


def _controls(views: Sequence[View], years: Sequence[str]) -> Markup:
    """Return choice, play button and slider, which the script shows."""
    choices = [
        tag(
            "label",
            tag("input", type="radio", name="show", value=view.show, checked=view is views[0]),
            tag("span", str(_SHOWN[view.show])),
        )
        for view in views
    ]
    return tag(
        "form",
        tag("fieldset", tag("legend", say("Colours show")), *choices),
        tag(
            "div",
            tag("button", say("Play"), type="button", id="play", aria_pressed="false"),
            tag("span", years[0], aria_hidden="true"),
            tag(
                "input",
                type="range",
                id="slider",
                min=0,
                max=len(years) - 1,
                step=1,
                value=0,
                aria_label=say("School year"),
                aria_valuetext=years[0],
            ),
            tag("span", years[-1], aria_hidden="true"),
            class_="years",
        ),
        id="controls",
        hidden=True,
    )


def _legend(view: View, *, hidden: bool) -> Markup:
    """Return the legend of a choice, the same in all years."""
    rows = [
        _row(tag("rect", class_="swatch", x=-52, y=-30, width=104, height=60, fill=fill), str(label))
        for fill, label in zip(fills(view), [*view.bands.labels, Text("no figure")], strict=True)
    ]
    heading = str(_SHOWN["odds"]) if view.show == "odds" else say("Seats less children")
    return tag(
        "section",
        tag("h2", heading),
        tag("ul", *reversed(rows[:-1]), rows[-1]),
        class_="legend",
        data_show=view.show,
        hidden=hidden,
    )


def _row(drawing: Markup, label: str) -> Markup:
    """Return a row of a legend; the drawing is in the steps of the paths."""
    svg = tag("svg", drawing, width=26, height=15, viewBox="-52 -30 104 60", aria_hidden="true")
    return tag("li", svg, tag("span", label))


def _signs(scene: Scene) -> Markup:
    """Return what circles, bars, rings and lines mean."""
    larger = f"scale({FINENESS})"
    pale = scene.views[0].bands.colours[2]
    rows = [
        _row(sign(5.5, PAPER, "", transform=larger), say("school, the larger the more seats")),
        _row(sign(5.5, pale, bars(scene.views[0])[2], transform=larger), say("the school itself is short")),
        _row(sign(5.5, PAPER, "", sure=True, transform=larger), say("short in 9 of 10 draws or more")),
    ]
    rows += [
        _row(tag("path", class_=kind, d="M-52 0H52"), str(BARRIER_NAMES[kind]))
        for kind in scene.drawn.barriers
    ]
    return tag("ul", *rows, class_="signs")


def _table(scene: Scene, names: Mapping[str, str]) -> Markup:
    """Return the figures of the schools in the first year."""
    heads = (
        say("School"),
        say("Seats"),
        say("Children, range of 80 %"),
        say("Seat gap, range of 80 %"),
        say("Odds of a class above the cap"),
    )
    rows = []
    for school in scene.schools:
        own = scene.views[0].schools[0].get(school, ABSENT)
        cells = [tag("td", cell) for cell in own.cells]
        rows.append(tag("tr", tag("th", names[school], scope="row"), *cells, hidden=own is ABSENT))
    return tag(
        "div",
        tag(
            "table",
            tag("caption", say("The schools: children who would come, before anyone is turned away")),
            tag("thead", tag("tr", *(tag("th", text, scope="col") for text in heads))),
            tag("tbody", *rows),
        ),
        class_="figures",
        tabindex=0,
        role="region",
        aria_label=say("Figures of the schools"),
    )


def _data(scene: Scene, plan: Plan, names: Mapping[str, str], years: Sequence[str]) -> dict[str, object]:
    """Return what the script needs; its texts are ready to be shown."""
    return {
        "years": list(plan.years),
        "names": list(years),
        "words": {
            "play": say("Play"),
            "pause": say("Pause"),
            "cells": [
                say("Seats"),
                say("Children"),
                say("Seat gap"),
                say("Odds of a class above the cap"),
            ],
        },
        "areas": [
            " + ".join(names[school] for school in plan.catchments[position].schools)
            if position >= 0
            else say("no catchment")
            for position in scene.positions
        ],
        "schools": [names[school] for school in scene.schools],
        "assignment": scene.drawn.assignment,
        "paths": [[paths.get(position, "") for position in scene.positions] for paths in scene.drawn.areas],
        "views": [
            {
                "show": view.show,
                "meaning": view.meaning,
                "sums": view.sums,
                "fills": fills(view),
                "colours": [*view.bands.colours, PAPER],
                "bars": bars(view),
                "areas": [
                    [_packed(year.get(position, ABSENT)) for position in scene.positions]
                    for year in view.areas
                ],
                "places": [
                    [
                        [*_packed(own), round(own.radius, 1), int(own.sure)]
                        for own in (year.get(school, ABSENT) for school in scene.schools)
                    ]
                    for year in view.schools
                ],
            }
            for view in scene.views
        ],
    }


def _packed(entry: Entry) -> list[object]:
    """Return an entry as the script reads it: class, number, cells."""
    return [entry.band, entry.number, *entry.cells]
