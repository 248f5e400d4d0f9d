"""The fan of a grade, odds by year, and what odds were worth: what can be read on them."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from matplotlib.patches import Polygon, Rectangle

from planner.maps import Level, fan_chart, held_by_year, odds_by_year_chart, reliability_chart
from planner.maps.palette import RANGES, odds_bands
from planner.words import Text
from tests.maps.made import made_district
from tests.maps.reading import texts, written

YEARS = (2027, 2028, 2029)
SPREAD = {"p025": -20, "p10": -13, "p25": -7, "p50": 0, "p75": 7, "p90": 13, "p975": 20}


def expected(middle: float = 100) -> pd.DataFrame:
    """Return quantiles around so many children in each of three years."""
    return pd.DataFrame({"year": YEARS} | {name: [middle + off] * 3 for name, off in SPREAD.items()})


def fan(**options):
    return fan_chart(made_district(), expected(), title="Fan", **options)


def bands(figure):
    """Return the corners of each range, by its colour."""
    found = figure.findobj(lambda artist: isinstance(artist, Polygon) and artist.get_zorder() == 2)
    return {
        tuple(np.round(np.array(shape.get_facecolor()[:3]) * 255).astype(int)): shape.get_xy()
        for shape in found
    }


def rgb(colour: str) -> tuple[int, ...]:
    return tuple(int(colour[at : at + 2], 16) for at in (1, 3, 5))


def test_the_ranges_lie_in_one_another():
    """95 % from 80 to 120, 80 % from 87 to 113, 50 % from 93 to 107: each band is lower at the top than the wider."""
    found = bands(fan())
    heights = [np.ptp(found[rgb(colour)][:, 1]) for colour in RANGES]
    assert heights[0] / heights[1] == pytest.approx(40 / 26)
    assert heights[0] / heights[2] == pytest.approx(40 / 14)
    assert written(fan(), "legend") == ["50 % of the draws", "80 % of the draws", "95 % of the draws"]


def test_the_fan_opens_at_the_last_count():
    """110 children in 2026: every band begins in this point; without counts it begins in 2027."""
    with_past, without = bands(fan(counted={2025: 90, 2026: 110})), bands(fan())
    for colour in map(rgb, RANGES):
        points, before = (np.unique(found[colour].round(3), axis=0) for found in (with_past, without))
        assert len(points) == len(before) + 1
        assert (points[:, 0] == points[0, 0]).sum() == 1
    assert "counted" in written(fan(counted={2026: 110}), "scale")


def test_ten_counted_years_are_shown():
    figure = fan(counted=dict.fromkeys(range(2010, 2027), 100.0))
    assert min(int(text) for text in written(figure, "year")) >= 2017


def test_what_classes_hold_is_named_at_its_end():
    """Two classes of 45 planned are 90; of what rooms would hold the scale shows no more than it has room for."""
    rows = [{"year": year, "cap": 45, "classes_planned": 2, "classes_possible": 30} for year in YEARS]
    levels = [
        Level(name=Text("cap x classes planned"), by_year=held_by_year(rows, "classes_planned")),
        Level(
            name=Text("cap x classes possible"),
            by_year=held_by_year(rows, "classes_possible"),
            possible=True,
        ),
    ]
    figure = fan(levels=levels)
    assert written(figure, "name") == ["cap x classes planned 90", "children expected 100"]
    assert "cap x classes possible, as far as the scale goes" in written(figure, "legend")
    assert max(int(text.replace(",", "")) for text in written(figure, "scale") if text.isdecimal()) < 200


def test_a_fan_without_years_says_its_title():
    figure = fan_chart(made_district(), expected().iloc[:0], title="Fan")
    assert written(figure, "title") == ["Fan"]


ODDS = pd.DataFrame(
    [[0.9, 0.3, 0.001], [0.0, math.nan, 0.6], [0.9, 0.3, 0.6]],
    index=["Alder", "Birch", "at least one"],
    columns=list(YEARS),
)


def cells(figure):
    """Return the coloured cells of a table of odds, from above and left."""
    found = figure.findobj(lambda artist: isinstance(artist, Rectangle) and artist.get_zorder() == 3)
    return sorted(found, key=lambda cell: (-cell.get_y(), cell.get_x()))


def test_odds_stand_in_cells_of_their_class():
    """0.9 is of the darkest class, 0.001 of the palest; a missing one has no cell."""
    figure = odds_by_year_chart(made_district(), ODDS, title="Odds", last="at least one")
    assert written(figure, "label") == ["90 %", "30 %", "<1 %", "<1 %", "60 %", "90 %", "30 %", "60 %"]
    assert written(figure, "name") == ["Alder", "Birch", "at least one"]
    assert written(figure, "year") == ["2027", "2028", "2029"]
    first = cells(figure)[0].get_facecolor()[:3]
    assert tuple(np.round(np.array(first) * 255).astype(int)) == rgb(odds_bands().colours[-1])
    assert len(cells(figure)) == 8


def test_the_last_row_stands_apart():
    """It is of several schools."""
    apart = cells(odds_by_year_chart(made_district(), ODDS, title="Odds", last="at least one"))
    close = cells(odds_by_year_chart(made_district(), ODDS, title="Odds"))

    def step(found):
        rows = sorted({round(cell.get_y(), 3) for cell in found})
        return rows[1] - rows[0]

    assert step(apart) > step(close)


def test_long_names_are_broken_not_cut():
    name = "The Experimental Primary School of the Northern Campus beside the Old River Bridge"
    figure = odds_by_year_chart(made_district(), ODDS.rename(index={"Alder": name}), title="Odds")
    assert " ".join(written(figure, "name")[:-2]) == name


def test_groups_of_odds_say_how_many_came():
    """None of 40 at 2 %, 9 of 12 at 70 %."""
    table = pd.DataFrame({"stated": [0.02, 0.7], "came": [0.0, 0.75], "cases": [40, 12]})
    figure = reliability_chart(made_district(), table, title="Worth")
    assert written(figure, "label") == ["0 of 40", "9 of 12"]
    assert "odds stated (%)" in written(figure, "scale")


def test_labels_of_groups_close_together_do_not_cover_each_other():
    """Three groups at the same place: each label above the last."""
    table = pd.DataFrame({"stated": [0.3, 0.31, 0.32], "came": [0.3] * 3, "cases": [5, 5, 5]})
    labels = texts(reliability_chart(made_district(), table, title="Worth"), "label")
    heights = [label.get_position()[1] for label in labels]
    assert heights == sorted(heights)
    assert min(np.diff(heights)) >= 9
