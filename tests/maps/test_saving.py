"""Files of maps: the same bytes each time, and the standard set of a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import matplotlib as mpl
import pytest

from planner.errors import OutputError, QuestionError
from planner.maps import draw_maps, save_figure, save_page, seat_gap_map
from planner.policy import read_policy
from planner.scenario import Scenario
from planner.words import speaking
from tests.maps.made import by_catchment, by_school, made_district, made_odds, made_plan, made_totals

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.figure import Figure


@dataclass(frozen=True, kw_only=True)
class Run:
    district: object = None
    policy: object = None
    plan: object = None
    scenario: object = None
    outcomes: object = None


def _run() -> Run:
    return Run(
        district=made_district(),
        policy=read_policy("cn-shandong"),
        plan=made_plan(),
        scenario=Scenario(summary="Keep everything", summary_zh="维持现状"),
        outcomes={
            "seats_by_catchment": by_catchment(),
            "entry_by_catchment": by_catchment(),
            "seats_by_school": by_school(),
            "entry_by_school": by_school(),
            "odds": made_odds(),
            "district": made_totals(),
        },
    )


def _figure() -> Figure:
    return seat_gap_map(
        made_district(), made_plan(), by_catchment(), stage="primary", year=2027, schools=by_school()
    )


@pytest.mark.parametrize("ending", ["png", "svg"])
def test_the_same_map_gives_the_same_bytes(tmp_path: Path, ending: str) -> None:
    """No date, no random ids, no version of a library in the file."""
    first = save_figure(_figure(), tmp_path / f"first.{ending}").read_bytes()
    second = save_figure(_figure(), tmp_path / f"second.{ending}").read_bytes()
    assert first == second
    assert b"atplotlib" not in first
    assert b"school-catchment-planner" in first


@pytest.mark.parametrize("ending", ["png", "svg"])
def test_settings_of_the_machine_change_nothing(tmp_path: Path, ending: str) -> None:
    """A matplotlibrc with another font, markers on all lines and tight margins gives the same bytes."""
    plain = save_figure(_figure(), tmp_path / f"plain.{ending}").read_bytes()
    strange = {
        "font.family": "monospace",
        "font.size": 30,
        "lines.marker": "o",
        "lines.linestyle": ":",
        "savefig.bbox": "tight",
        "savefig.transparent": True,
        "figure.facecolor": "red",
        "axes.grid": True,
        "text.color": "red",
        "svg.fonttype": "none",
        "svg.hashsalt": "other",
        "lines.solid_joinstyle": "bevel",
        "text.hinting": "force_autohint",
        "patch.linewidth": 9,
    }
    with mpl.rc_context(strange):
        assert save_figure(_figure(), tmp_path / f"strange.{ending}").read_bytes() == plain


def test_drawing_leaves_matplotlib_as_it_was(tmp_path: Path) -> None:
    """No setting is changed for whoever draws next, and no figure is registered with pyplot."""
    before = dict(mpl.rcParams)
    save_figure(_figure(), tmp_path / "map.svg")
    assert dict(mpl.rcParams) == before


def test_letters_in_svg_are_outlines(tmp_path: Path) -> None:
    """A report that embeds the picture needs no font."""
    text = save_figure(_figure(), tmp_path / "map.svg").read_text(encoding="utf-8")
    assert "<text" not in text
    assert "font-family" not in text


def test_pictures_are_png_or_svg(tmp_path: Path) -> None:
    """Another ending is refused with what to do."""
    with pytest.raises(OutputError, match=r"written as \.png or \.svg"):
        save_figure(_figure(), tmp_path / "map.pdf")


def test_pages_are_html(tmp_path: Path) -> None:
    """Another ending is refused; a folder that is not there is one message."""
    with pytest.raises(OutputError, match=r"written as \.html"):
        save_page("", tmp_path / "page.png")
    with pytest.raises(OutputError, match="cannot be written"):
        save_page("", tmp_path / "missing" / "page.html")


def test_a_folder_that_is_not_there_is_one_message(tmp_path: Path) -> None:
    """No traceback of the operating system."""
    with pytest.raises(OutputError, match="cannot be written"):
        save_figure(_figure(), tmp_path / "missing" / "map.png")
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        draw_maps(_run(), blocked)


def test_the_standard_set_of_a_run(tmp_path: Path) -> None:
    """Per stage three years, the entry gap and the odds next autumn, all years, pupils against seats."""
    files = draw_maps(_run(), tmp_path / "maps", formats=["svg"])
    expected = [
        name.format(stage=stage)
        for stage in ("primary", "junior")
        for name in (
            "seat-gap-{stage}-2027.svg",
            "seat-gap-{stage}-2028.svg",
            "seat-gap-{stage}-2029.svg",
            "entry-gap-{stage}-2027.svg",
            "seat-gap-{stage}-years.svg",
            "odds-{stage}-2027.svg",
            "pupils-and-seats-{stage}.svg",
        )
    ]
    assert [file.name for file in files] == expected
    assert all(file.stat().st_size > 1000 for file in files)


def test_the_standard_set_of_one_year_in_chinese(tmp_path: Path) -> None:
    """Asked for one year: one seat-gap map a stage, as PNG and SVG, and a page of the years; Chinese throughout."""
    with speaking("zh"):
        files = draw_maps(_run(), tmp_path, years=[2028])
    assert len(files) == 2 * (5 * 2 + 1)
    assert 'lang="zh-CN"' in (tmp_path / "years-primary.html").read_text(encoding="utf-8")
    assert (tmp_path / "seat-gap-primary-2028.png").exists()


def test_a_year_outside_the_plan_is_refused(tmp_path: Path) -> None:
    """The message names the years that there are."""
    with pytest.raises(QuestionError, match="2035 is outside the years 2027 to 2029"):
        draw_maps(_run(), tmp_path, years=[2035])
