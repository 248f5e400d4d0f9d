"""The page of the years: one file that opens anywhere, says what the tables say, and harms nobody."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
import shapely.ops

from planner.errors import QuestionError
from planner.maps import gap_bands, prepare_land, years_page
from planner.maps.slider.markup import data, tag
from planner.maps.slider.shapes import FINENESS, drawing
from planner.policy import read_policy
from planner.words import speaking
from tests.maps.made import (
    NAMES,
    by_catchment,
    by_school,
    made_district,
    made_odds,
    made_plan,
    moved,
)

if TYPE_CHECKING:
    from pathlib import Path

    from planner.district import District

VOID = {"meta", "input"}
WICKED = '<script>alert("x")</script>&\u2028</title>'


def _tables() -> dict:
    return {
        "seats_by_catchment": by_catchment(),
        "entry_by_catchment": by_catchment(),
        "seats_by_school": by_school(),
        "entry_by_school": by_school(),
        "odds": made_odds(),
    }


def _page(**changed) -> str:
    asked = {
        "district": made_district(),
        "plan": made_plan(),
        "tables": _tables(),
        "stage": "primary",
        "policy": read_policy("cn-shandong"),
        "scenario": "keep",
    } | changed
    return years_page(asked.pop("district"), asked.pop("plan"), asked.pop("tables"), **asked)


class _Reader(HTMLParser):
    """Elements with their attributes, text by the id of its element, and whether every element is closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[tuple[str, str | None]] = []
        self.texts: dict[str | None, str] = {}
        self.cells: list[str] = []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append((tag, dict(attrs).get("id")))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop()[0] == tag

    def handle_data(self, text: str) -> None:
        if self.open:
            name, ident = self.open[-1]
            self.texts[ident or name] = self.texts.get(ident or name, "") + text
            if name in {"td", "th"}:
                self.cells.append(text)

    def of(self, tag: str, **attrs: str) -> list[dict[str, str | None]]:
        return [
            found
            for name, found in self.elements
            if name == tag and all(found.get(key.rstrip("_")) == value for key, value in attrs.items())
        ]


def _facts(page: str) -> dict:
    return json.loads(_Reader(page).texts["data"])


def test_nothing_is_loaded_from_anywhere() -> None:
    """No address of another file, no style or handler in an attribute, and a policy that forbids what is not here."""
    page = _page()
    read = _Reader(page)
    for name, attrs in read.elements:
        assert name not in {"link", "img", "iframe", "object", "embed", "base"}
        assert not {"src", "href", "style", "xlink:href"} & set(attrs)
        assert not [key for key in attrs if key.startswith("on")]
    assert "http://" not in page
    assert "https://" not in page
    (rules,) = [a["content"] for a in read.of("meta") if a.get("http-equiv") == "Content-Security-Policy"]
    assert rules is not None
    assert rules.startswith("default-src 'none';")
    for name in ("style", "script"):
        own = base64.b64encode(hashlib.sha256(read.texts[name].encode()).digest()).decode()
        assert f"{name}-src 'sha256-{own}'" in rules
    assert not re.search(r"eval\(|Function\(|innerHTML|fetch\(|import\(", read.texts["script"])
    assert len(page.encode()) < 3_000_000


def _named(name: str) -> District:
    """Return the district with a school of this name."""
    district = made_district()
    schools = district.schools.copy()
    schools.loc["a", ["name", "name_en"]] = name
    return replace(district, schools=schools)


def test_names_are_text_and_nothing_else() -> None:
    """A school may be called <script>: the page has as many scripts as ever, and shows the name as it is."""
    page = _page(district=_named(WICKED), scenario=WICKED)
    read = _Reader(page)
    assert len(read.of("script")) == 2
    assert "alert" not in read.texts["script"]
    assert WICKED in _facts(page)["schools"]
    assert WICKED in read.cells
    assert "<script>alert" not in page


def test_a_year_is_there_without_the_script() -> None:
    """The first year's colours, its sum and its table; the controls, which would do nothing, are hidden."""
    read = _Reader(_page())
    assert read.texts["year"] == "2027/28"
    assert read.texts["sum"] == (
        "1 of 3 catchments are short, by 250 seats in all; the others have 130 to spare."
    )
    (form,) = read.of("form")
    assert "hidden" in form
    bands = gap_bands(by_catchment().query("stage == 'primary'")["seats"])
    fills = [area["fill"] for area in read.of("path", class_="area")]
    expected = [int(k) for k in bands.of([-250, 120, 10])]
    assert fills == [f"url(#stage{k})" if bands.hatches[k] else bands.colours[k] for k in expected]
    row = read.cells.index("Yuhe Yucai Primary School")
    assert read.cells[row + 1 : row + 5] == ["800", "710 (680 to 740)", "+90 (+60 to +120)", "30 %"]


def test_classes_that_are_short_have_a_pattern_of_lines() -> None:
    """For who sees no colours: three hatched fills for each of the two seat gaps, and a bar across circles."""
    page = _page()
    read = _Reader(page)
    patterns = [pattern["id"] for pattern in read.of("pattern")]
    assert patterns == [f"{show}{k}" for show in ("stage", "entry") for k in range(3)]
    views = {view["show"]: view for view in _facts(page)["views"]}
    assert [bool(bar) for bar in views["stage"]["bars"]] == [True] * 3 + [False] * 5
    assert not any(views["odds"]["bars"])


def test_figures_of_every_year_are_those_of_the_tables() -> None:
    """Gap of catchment a in 2028 -250, of school a -200 with odds of 85 %; classes as on the printed maps."""
    tables = _tables()
    tables["seats_by_catchment"].loc[
        (tables["seats_by_catchment"]["catchment"] == "a") & (tables["seats_by_catchment"]["year"] == 2029),
        "gap",
    ] = 30.0
    facts = _facts(_page(tables=tables))
    assert facts["years"] == [2027, 2028, 2029]
    stage, entry, odds = facts["views"]
    assert [stage["show"], entry["show"], odds["show"]] == ["stage", "entry", "odds"]
    area = facts["areas"].index("Yuhe First Experimental Primary School")
    school = facts["schools"].index("Yuhe First Experimental Primary School")
    assert [year[area][0] for year in stage["areas"]] == [0, 0, 4]
    assert stage["areas"][1][area][2:] == ["800", "1,050 (1,020 to 1,080)", "−250 (−280 to −220)", "85 %"]
    assert stage["places"][1][school][2:6] == ["800", "1,000 (970 to 1,030)", "−200 (−230 to −170)", "85 %"]
    assert stage["places"][1][school][7] == 1
    assert [odds["areas"][0][area][0], odds["places"][0][school][0]] == [4, 4]


def test_legends_are_the_same_in_all_years_and_one_is_shown() -> None:
    """Eight classes of gaps twice, five of odds, and one for no figure in each of the three."""
    read = _Reader(_page())
    legends = read.of("section", class_="legend")
    assert [legend["data-show"] for legend in legends] == ["stage", "entry", "odds"]
    assert ["hidden" in legend for legend in legends] == [False, True, True]
    assert len(read.of("rect", class_="swatch")) == 9 + 9 + 6


def test_catchments_move_with_the_plan() -> None:
    """A block changes its catchment in 2028: two sets of paths, the second from 2028 on."""
    plan = made_plan()
    later = moved(plan, "b05", 1).catchment_of.copy()
    later[:, :, 0] = plan.catchment_of[:, :, 0]
    facts = _facts(_page(plan=replace(plan, catchment_of=later)))
    assert facts["assignment"] == [0, 1, 1]
    assert facts["paths"][0][0] != facts["paths"][1][0]
    assert facts["paths"][0][2] == facts["paths"][1][2]


def _points(path: str) -> set[tuple[int, int]]:
    """Return the corners of a path of relative moves."""
    corners = set()
    for ring in path.removesuffix("z").split("z"):
        start, _, moves = ring.removeprefix("M").partition("l")
        place = np.array([int(n) for n in start.split()])
        corners.add(tuple(place.tolist()))
        for step in np.array([int(n) for n in moves.split()]).reshape(-1, 2):
            place = place + step
            corners.add(tuple(place.tolist()))
    return corners


def test_neighbours_keep_one_border() -> None:
    """A ragged border of 200 corners between b and its neighbours is simplified to the same points on both sides."""
    district = made_district()
    ragged = shapely.LineString(
        [(1000, 450), *((1000 + 12 * np.sin(k * 1.7), 500 + 5 * k) for k in range(200)), (1000, 1600)]
    )
    whole = shapely.box(0, 500, 2000, 1500)
    west, east = sorted(shapely.ops.split(whole, ragged).geoms, key=lambda part: part.centroid.x)
    blocks = district.blocks.copy()
    blocks.loc["b04", "geometry"], blocks.loc["b06", "geometry"] = west, east
    gone = [name for name in blocks.index if name > "b03" and name not in {"b04", "b06"}]
    blocks = blocks.drop(index=gone)
    plan = made_plan()
    kept = [plan.blocks.index(name) for name in blocks.index]
    plan = replace(plan, blocks=tuple(blocks.index), catchment_of=plan.catchment_of[:, kept])
    drawn = drawing(prepare_land(replace(district, blocks=blocks), plan), plan, "primary")
    a, b = _points(drawn.areas[0][0]), _points(drawn.areas[0][1])
    middle = FINENESS * drawn.frame.points(np.array([[1000.0, 1000.0]]))[0, 0]
    near = {point for point in a if abs(point[0] - middle) < 60 and point in b}
    inner = [point for point in a ^ b if abs(point[0] - middle) < 60]
    assert len(near) > 20
    assert inner == []


def test_both_languages(tmp_path: Path) -> None:
    """Names, language of the page, and texts for the script."""
    english = _page()
    with speaking("zh"):
        chinese = _page()
    assert '<html lang="en">' in english
    assert '<html lang="zh-CN">' in chinese
    assert NAMES["b"][0] in _facts(chinese)["schools"]
    assert _facts(chinese)["words"]["cells"] != _facts(english)["words"]["cells"]


def test_the_same_run_gives_the_same_bytes() -> None:
    assert _page() == _page()


def test_a_school_without_a_place_still_has_a_row_of_figures() -> None:
    """School d has no point: it rests in its catchment, so that it can be seen."""
    assert "朝阳小学" in _Reader(_page()).cells


def test_controls_can_be_used_without_seeing_them() -> None:
    """Names for slider, table and map; the state of the play button; the sum is read out when it changes."""
    read = _Reader(_page())
    (slider,) = read.of("input", type="range")
    assert (slider["aria-label"], slider["aria-valuetext"]) == ("School year", "2027/28")
    assert (slider["min"], slider["max"]) == ("0", "2")
    assert read.of("svg", role="img")[0]["aria-label"] == "Seats and odds year by year, primary"
    assert read.of("button", id="play")[0]["aria-pressed"] == "false"
    assert read.of("span", id="sum")[0]["role"] == "status"
    assert len(read.of("input", type="radio", name="show")) == 3
    assert "prefers-reduced-motion" in read.texts["style"]


def test_pages_without_figures_say_so() -> None:
    """Empty tables, or nothing but missing values: no figure anywhere, and no catchment short."""
    empty = {name: table.iloc[:0] for name, table in _tables().items()}
    missing = {
        name: table.assign(**dict.fromkeys({"seats", "gap", "p_over_planned"} & set(table), float("nan")))
        for name, table in _tables().items()
    }
    for tables in (empty, missing):
        facts = _facts(_page(tables=tables))
        assert {entry[0] for view in facts["views"] for year in view["areas"] for entry in year} == {-1}
        assert set(facts["views"][0]["sums"]) == {"There are no figures for this year."}


def test_blocks_that_overlap_or_cross_themselves_are_drawn() -> None:
    """A district with faults of its survey still has a page."""
    district = made_district()
    blocks = district.blocks.copy()
    blocks.loc["b05", "geometry"] = shapely.box(300, 500, 1100, 1100)
    blocks.loc["b07", "geometry"] = shapely.Polygon([(1500, 500), (2000, 1000), (2000, 500), (1500, 1000)])
    spike = [(0, 1000), (500, 1500), (0, 1500), (0, 1000), (0, 900), (0, 1000)]
    blocks.loc["b08", "geometry"] = shapely.Polygon(spike)
    assert all(_facts(_page(district=replace(district, blocks=blocks)))["paths"][0])


def test_another_stage_is_refused() -> None:
    with pytest.raises(QuestionError, match="no stage college"):
        _page(stage="college")


def test_markup_escapes_what_is_not_markup() -> None:
    assert tag("b", "<i>", tag("i", "&"), title='"', hidden=True, id=None) == (
        '<b title="&quot;" hidden>&lt;i&gt;<i>&amp;</i></b>'
    )
    assert json.loads(data(WICKED)) == WICKED
    assert not re.search("[<>&\u2028]", data(WICKED))


def _browser() -> str | None:
    return next(
        (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))),
        None,
    )


@pytest.mark.slow
def test_a_browser_honours_the_year_and_the_choice_in_the_address(tmp_path: Path) -> None:
    """#2029-odds: the third year, the odds, their legend; and no complaint about the content policy."""
    browser = _browser()
    if browser is None:
        pytest.skip("no Chromium is installed")
    file = tmp_path / "years.html"
    file.write_text(_page(), encoding="utf-8")
    shown = subprocess.run(
        [
            browser,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--enable-logging=stderr",
            f"--user-data-dir={tmp_path / 'browser'}",
            "--dump-dom",
            f"{file.as_uri()}#2029-odds",
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    read = _Reader(shown.stdout)
    assert read.texts["year"] == "2029/30"
    assert "will most likely exceed it" in read.texts["sum"]
    assert [
        legend["data-show"] for legend in read.of("section", class_="legend") if "hidden" not in legend
    ] == ["odds"]
    assert "hidden" not in read.of("form")[0]
    assert "Content Security Policy" not in shown.stderr
    assert "Uncaught" not in shown.stderr
