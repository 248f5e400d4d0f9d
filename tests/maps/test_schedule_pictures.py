"""Pictures of schedules: projects over rooms, worth of a room, cost against overcrowding, sites for a new school."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.maps import frontier_chart, save_figure, schedule_chart, site_map, worth_map
from planner.maps.frontier import on_frontier
from planner.maps.palette import site_bands, worth_bands
from planner.policy import read_policy
from planner.words import speaking
from tests.maps.made import BLOCKS, made_district, made_plan
from tests.maps.reading import label_boxes, written

YEARS = range(2027, 2033)


def _projects() -> pd.DataFrame:
    rows = [
        {
            "project": "p1",
            "name": "玉河东校区",
            "starts": 2027,
            "opens": 2029,
            "slips_to": 2030,
            "latest": 2030,
        },
        {"project": "p2", "name": "Temporary rooms", "opens": 2028, "ends": 2031},
        {"project": "p3", "name": "Second campus"},
        {"project": "p4", "name": "Old school", "opens": 2031},
    ]
    years = ("starts", "opens", "ends", "slips_to", "latest")
    return pd.DataFrame(rows).astype(dict.fromkeys(years, "Int64"))


def _phases() -> pd.DataFrame:
    rows = [("p1", 2029, 12), ("p1", 2030, 6), ("p2", 2028, 4), ("p2", 2031, -4), ("p4", 2031, -8)]
    return pd.DataFrame(rows, columns=["project", "year", "rooms"])


def _need() -> pd.DataFrame:
    rows = [
        {"stage": stage, "year": year, "need": 100.0 + 4 * late, "rooms": 98.0 + 5 * late, "idle": 98.0}
        for stage in ("primary", "junior")
        for late, year in enumerate(YEARS)
    ]
    return pd.DataFrame(rows)


def _schedule(**changes):
    tables = {"projects": _projects(), "phases": _phases(), "need": _need()} | changes
    return schedule_chart(
        made_district(),
        *tables.values(),
        title="When to open what",
        policy=read_policy("cn-shandong"),
        scenario="schedule",
    )


def test_a_schedule_shows_rooms_as_they_come_and_go() -> None:
    """12 and 6 rooms come, 4 come and go, 8 go; a project without a year does not open."""
    figure = _schedule()
    assert sorted(written(figure, "label")) == sorted(
        ["+12", "+6", "+4", "\u22124", "\u22128", "does not open"]
    )
    assert {"玉河东校区", "Temporary rooms", "Second campus", "Old school"} <= set(written(figure, "name"))


def test_a_schedule_says_by_how_much_rooms_lack_and_when() -> None:
    """Needed are 100 + 4t, there 98 + 5t: two lack in 2027, the most, in both stages."""
    notes = " ".join(written(_schedule(), "note"))
    assert notes.count("2 rooms are short in 2027, the most.") == 2
    enough = " ".join(written(_schedule(need=_need().assign(rooms=200.0)), "note"))
    assert enough.count("Rooms suffice in every year.") == 2


def test_the_names_at_the_lines_are_those_of_the_last_year() -> None:
    """In 2032: 120 needed, 123 by the plan, 98 as decided so far."""
    names = written(_schedule(), "name")
    for text in ("needed 120", "by this plan 123", "as decided so far 98"):
        assert names.count(text) == 2


def test_the_key_names_only_what_is_there() -> None:
    """Without slips, latest openings, construction and closures none of them is explained."""
    every = written(_schedule(), "legend")
    assert {"if it slips", "latest safe opening", "under construction", "closed; figures: rooms lost"} <= set(
        every
    )
    plain = _schedule(
        projects=_projects()[["project", "name", "opens"]].iloc[:1], phases=_phases().query("project == 'p1'")
    )
    assert written(plain, "legend") == ["open; figures: rooms gained"]


@pytest.mark.parametrize("years", [3, 15, 30])
def test_nothing_of_a_schedule_is_cut(years: int) -> None:
    """Whatever the number of years, every text lies on the page."""
    span = range(2027, 2027 + years)
    need = pd.DataFrame([{"stage": "primary", "year": year, "need": 9.0, "rooms": 8.0} for year in span])
    figure = _schedule(need=need)
    width, height = (72 * side for side in figure.get_size_inches())
    for _, box in label_boxes(figure):
        left, bottom, right, top = box.bounds
        assert left >= 0
        assert bottom >= 0
        assert right <= width
        assert top <= height


def _worth() -> pd.DataFrame:
    rows = [("a", 130.0, True), ("b", 0.0, True), ("c", 12.0, True), ("d", 35.0, False)]
    return pd.DataFrame(
        [
            {"school": school, "stage": "primary", "year": 2027, "worth": worth, "sure": sure}
            for school, worth, sure in rows
        ]
    )


def test_the_worth_of_a_room_is_written_beside_each_school() -> None:
    """130 at a, nothing at b; what was only priced has a sign of its own, told in a note."""
    figure = worth_map(made_district(), made_plan(), _worth(), stage="primary", year=2027)
    labels = " ".join(written(figure, "label")).replace("\n", " ")
    for number in ("130", "12", "~35"):
        assert number in labels
    assert written(figure, "count") == ["1", "0", "1", "1", "1"]
    assert (
        "One more room in 2027 is worth something at 3 of 4 schools, at most 130 fewer child-years above the cap."
        in written(figure, "subtitle")
    )
    assert any("not planned again" in note for note in written(figure, "note"))


def test_a_year_without_figures_says_so() -> None:
    """The table has 2027 alone."""
    figure = worth_map(made_district(), made_plan(), _worth(), stage="primary", year=2028)
    assert "There are no figures for this year." in written(figure, "subtitle")


def _plans() -> pd.DataFrame:
    rows = [("do nothing", 0.0, 900.0), ("east", 1.9e8, 400.0), ("west", 2.3e8, 500.0), ("all", 6.5e8, 0.0)]
    return pd.DataFrame(rows, columns=["name", "yuan", "over"])


def test_the_frontier_leaves_out_what_another_plan_beats() -> None:
    """West costs more than east and leaves more children above the cap; the others are on the frontier."""
    plans = _plans()
    kept = on_frontier(plans["yuan"].to_numpy(), plans["over"].to_numpy())
    assert kept.tolist() == [True, True, False, True]
    figure = frontier_chart(made_district(), plans, title="What more money buys")
    assert sorted(written(figure, "label")) == ["all", "do nothing", "east", "west"]
    assert "another plan is at least as good in both" in written(figure, "legend")
    assert "cost (million yuan)" in written(figure, "scale")


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=8))
def test_a_plan_is_on_the_frontier_unless_one_beats_it(figures: list[tuple[int, int]]) -> None:
    """By comparing every pair."""
    yuan, over = np.array(figures, dtype=float).T
    beaten = [
        any(other != own and other[0] <= own[0] and other[1] <= own[1] for other in figures)
        for own in figures
    ]
    assert on_frontier(yuan, over).tolist() == [not worse for worse in beaten]


def _sites() -> pd.DataFrame:
    rows = [
        {"site": block, "rank": None, "longer": 40.0 * at, "worse": 0.0, "exact": True}
        for at, block in enumerate(BLOCKS[:10])
    ]
    table = pd.DataFrame(rows)
    table.loc[:2, "rank"] = [1, 2, 3]
    table.loc[9, ["longer", "worse"]] = [np.nan, 12.0]
    return table


def _site_map(**changes):
    tables = {
        "sites": _sites(),
        "schools": pd.DataFrame({"school": ["a", "b"], "seats": [800.0, 400.0], "children": [860.0, 380.0]}),
    } | changes
    return site_map(made_district(), made_plan(), *tables.values(), title="Where a new school does most")


def test_the_map_of_sites_marks_the_best_and_how_full_schools_are() -> None:
    """Three best sites of ten, 0, 40 and 80 m longer; school a has 60 children more than seats."""
    figure = _site_map()
    labels = " ".join(" ".join(written(figure, "label")).split())
    for part in ("b01 +40 m", "b02 +80 m", "860 of 800", "380 of 400"):
        assert part in labels
    assert sum(map(int, written(figure, "count"))) == 10
    legend = written(figure, "legend")
    assert "no candidate" in legend
    assert any("more children above the seats" in text for text in legend)


def test_a_map_of_bounds_says_that_they_are_bounds() -> None:
    """Where some sites were not placed, a note says that figures are the least that they can be."""
    bounds = _sites().assign(exact=False)
    assert any("at least" in note for note in written(_site_map(sites=bounds), "note"))
    assert not any("at least" in note for note in written(_site_map(), "note"))


def test_sites_side_by_side_are_enlarged() -> None:
    """Three best blocks of 0.1 km in a district of 2 km: their marks would touch, so an inset shows them."""
    plain = _site_map()
    assert not written(plain, "inset")
    district, plan = made_district(), made_plan()
    blocks = district.blocks.copy()
    small = blocks.geometry.scale(0.04, 0.04, origin=(500, 500))
    blocks = blocks.set_geometry(small.where([at < 3 for at in range(len(small))], blocks.geometry))
    figure = site_map(
        district.with_tables(blocks=blocks),
        plan,
        _sites(),
        pd.DataFrame({"school": ["a"], "seats": [800.0], "children": [860.0]}),
        title="Where a new school does most",
    )
    assert any("times as large" in text for text in written(figure, "inset"))


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("picture", ["schedule", "worth", "frontier", "sites"])
def test_pictures_have_the_same_bytes_and_no_label_on_another(picture: str, language: str, tmp_path) -> None:
    """Drawn twice the files are equal; labels keep clear of each other in both languages."""
    make = {
        "schedule": _schedule,
        "worth": lambda: worth_map(made_district(), made_plan(), _worth(), stage="primary", year=2027),
        "frontier": lambda: frontier_chart(made_district(), _plans(), title="What more money buys"),
        "sites": _site_map,
    }[picture]
    with speaking(language):
        first, second = (
            save_figure(make(), tmp_path / f"{name}.svg").read_bytes() for name in ("first", "second")
        )
        assert first == second
        boxes = label_boxes(make())
    for (one, here), (other, there) in combinations(boxes, 2):
        # lines of one label touch
        assert not here.buffer(-0.6).intersects(there.buffer(-0.6)), (one, other)


@given(st.lists(st.floats(0, 1e5), min_size=1, max_size=30))
def test_classes_of_sites_and_of_worth_rise_and_hold_every_figure(figures: list[float]) -> None:
    """Round bounds that rise; every figure has a class, the best site the first."""
    for bands in (site_bands(figures), worth_bands(figures)):
        assert list(bands.edges) == sorted(set(bands.edges))
        assert len(bands.colours) == len(bands.labels) == len(bands.edges) + 1
        assert (bands.of(figures) >= 0).all()
    assert site_bands(figures).of([0.0]).tolist() == [0]
    assert worth_bands(figures).of([0.0]).tolist() == [0]
