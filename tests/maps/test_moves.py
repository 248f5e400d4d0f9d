"""Maps of what a scenario changes: blocks that move, named from where to where, and seat gaps that change."""

from __future__ import annotations

import math
from dataclasses import replace

import pandas as pd
import pytest

from planner.maps import before_after_map, gap_change_map
from planner.maps.differences import change_bands
from planner.maps.palette import luminance
from planner.plan.model import Catchment
from tests.maps.made import made_district, made_plan, moved
from tests.maps.reading import label_boxes, written

STAGE = {"stage": "primary", "year": 2028}


def joined_up(plan):
    """Return the plan with a and b one catchment in every year."""
    catchments = (*plan.catchments, Catchment(stage="primary", schools=("a", "b")))
    held = plan.catchment_of.copy()
    held[0][(held[0] == 0) | (held[0] == 1)] = len(plan.catchments)
    shares = plan.shares.repeat([1] * (len(plan.catchments) - 1) + [2], axis=0)
    return replace(plan, catchments=catchments, catchment_of=held, shares=shares)


def words(figure, kind):
    return " ".join(" ".join(written(figure, kind)).replace("\u00a0", " ").split())


def test_moved_blocks_are_labelled_from_where_to_where():
    """b05 goes from a to b, at the border of both: the arrow stands on the map and in the legend."""
    before = made_plan()
    figure = before_after_map(made_district(), before, moved(before, "b05", 1), "primary", 2028)
    assert "First Experimental → Yucai" in words(figure, "label")
    assert "First Experimental → Yucai" in words(figure, "legend")


def test_children_are_told_where_they_are_known():
    """Two blocks with 12.4 and 8.2 entrants: 21 in all, 12 and 8 by exchange."""
    before = made_plan()
    after = moved(moved(before, "b05", 1), "b00", 0)
    figure = before_after_map(
        made_district(), before, after, "primary", 2028, children={"b05": 12.4, "b00": 8.2}
    )
    assert "2 of 12 blocks change their catchment, with 21 entrants in this year." in written(
        figure, "subtitle"
    )
    legend = words(figure, "legend")
    assert ": 12 entrants" in legend
    assert ": 8 entrants" in legend


def test_catchments_that_become_one_are_said_to_be_joint():
    """Eight blocks of a and b: no arrow from a catchment to itself and another."""
    before = made_plan()
    figure = before_after_map(made_district(), before, joined_up(before), "primary", 2028)
    labels = words(figure, "label")
    assert labels.count("now joint with") == 2
    assert "→" not in labels


def test_labels_do_not_touch():
    """Lines of one label stand close: their letters may meet by less than a point."""
    before = made_plan()
    after = moved(moved(moved(before, "b05", 1), "b00", 0), "b11", 2)
    boxes = label_boxes(before_after_map(made_district(), before, after, "primary", 2028))
    assert len(boxes) >= 3
    overlaps = [
        (one, other)
        for k, (one, shape) in enumerate(boxes)
        for other, place in boxes[:k]
        if shape.buffer(-0.5).intersects(place.buffer(-0.5))
    ]
    assert overlaps == []


def changes(**gaps):
    """Return a table of changes by school: change, or change and whether it is clear; missing: a new school."""
    rows = []
    for school, told in gaps.items():
        change, clear = told if isinstance(told, tuple) else (told, True)
        rows.append(
            {
                "school": school,
                **STAGE,
                "before": 100.0 if not math.isnan(change) else math.nan,
                "after": 100.0 + change if not math.isnan(change) else 320.0,
                "change": change,
                "clear": clear,
            }
        )
    return pd.DataFrame(rows)


def test_catchments_are_counted_by_the_change_of_their_schools():
    """School a -60, b +8, and c and d, which share one, -15 and +40: 25 up. The largest, 60, makes steps of 2, 10 and 20."""
    table = changes(a=-60.0, b=8.0, c=-15.0, d=40.0)
    figure = gap_change_map(made_district(), made_plan(), table, **STAGE)
    assert written(figure, "title") == ["Change of the seat gap, primary, 2028/29"]
    assert written(figure, "count") == ["1", "0", "1", "0", "0", "0", "1"]
    legend = words(figure, "legend")
    assert "down by more than 20" in legend
    assert "up by 2 to 10" in legend
    assert any(
        text.startswith("Schools with fewer seats to spare or more short: 2, by 75 in all")
        for text in written(figure, "subtitle")
    )
    assert "−60" in words(figure, "label")


def test_a_change_that_may_be_luck_is_drawn_as_none():
    """The -60 of a is not clear: no number, no colour."""
    figure = gap_change_map(made_district(), made_plan(), changes(a=(-60.0, False), b=8.0), **STAGE)
    assert "−60" not in words(figure, "label")
    assert "+8" in words(figure, "label")
    assert written(figure, "count")[:3] == ["0", "0", "1"]
    assert any(
        "Schools with fewer seats to spare or more short: 0" in text for text in written(figure, "subtitle")
    )


def test_a_new_school_has_its_gap_and_no_change():
    figure = gap_change_map(made_district(), made_plan(), changes(a=math.nan, b=8.0), **STAGE)
    assert "new +320" in words(figure, "label")
    assert "no figure" in words(figure, "legend")


def test_a_year_without_changes_says_so():
    figure = gap_change_map(made_district(), made_plan(), changes(a=0.2, b=0.0), **STAGE)
    assert "No seat gap clearly changes in this year." in written(figure, "subtitle")


@pytest.mark.parametrize(
    ("largest", "edges"),
    [(0, (1, 5, 10)), (12, (1, 5, 10)), (60, (2, 10, 20)), (90, (5, 25, 50)), (400, (20, 100, 200))],
)
def test_steps_are_round_and_fit_the_largest_change(largest, edges):
    """The outermost is the largest 1, 2 or 5 times a power of ten within 0.6 of it, at least 10; then a half, a tenth."""
    bands = change_bands(largest)
    assert bands.edges == (*(-edge for edge in reversed(edges)), *edges)


def test_up_and_down_differ_without_colours():
    """All that goes down is hatched and nothing else; on either side the farther from none, the darker."""
    bands = change_bands(100)
    assert [distance > 0 for distance in bands.hatches] == [True] * 3 + [False] * 4
    shades = [luminance(colour) for colour in bands.colours]
    assert shades[:4] == sorted(shades[:4])
    assert shades[3:] == sorted(shades[3:], reverse=True)
