"""Seat-gap maps and their small multiples."""

from __future__ import annotations

import io
import math

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from planner.maps import seat_gap_map, seat_gap_years
from planner.maps.typeface import FONT
from planner.maps.years import chosen_years, panel_grid
from planner.policy import read_policy
from planner.words import speaking
from tests.maps.made import YEARS, by_catchment, by_school, made_district, made_plan, moved
from tests.maps.reading import label_boxes, texts, written


def _map(**changed):
    asked = {
        "stage": "primary",
        "year": 2027,
        "schools": by_school(),
        "policy": read_policy("cn-shandong"),
        "scenario": "keep",
    } | changed
    table = asked.pop("table", by_catchment())
    return seat_gap_map(
        asked.pop("district", made_district()), asked.pop("plan", made_plan()), table, **asked
    )


def test_the_legend_names_eight_classes_around_zero_with_counts() -> None:
    """Of -250, +120 and +10 seats, one is more than 200 short, one 20 to 200 to spare, one balanced."""
    figure = _map()
    legend = dict(
        zip(
            [t for t in written(figure, "legend") if any(c.isdigit() for c in t)][:8],
            written(figure, "count"),
            strict=True,
        )
    )
    assert legend == {
        "more than 1,000 to spare": "0",
        "500 to 1,000 to spare": "0",
        "200 to 500 to spare": "0",
        "20 to 200 to spare": "1",
        "balanced, within 20": "1",
        "20 to 100 short": "0",
        "100 to 200 short": "0",
        "more than 200 short": "1",
    }


def test_the_subtitle_sums_up() -> None:
    """One of three catchments is 250 short; 120 + 10 = 130 are to spare."""
    assert written(_map(), "subtitle")[-1] == (
        "1 of 3 catchments are short, by 250 seats in all; the others have 130 to spare."
    )


def test_title_and_source_say_what_it_is() -> None:
    """Stage, year; district, day of the count, scenario, and that ranges hold 80 %."""
    figure = _map()
    assert written(figure, "title") == ["Seat gap, primary, 2027/28"]
    (source,) = written(figure, "source")
    for part in ("Yuhe District", "2026-09-15", "scenario: keep", "80 %"):
        assert part in source
    assert written(_map(scope="entry"), "title") == ["Seat gap at entry, primary, 2027/28"]
    assert written(_map(title="Where it is tight"), "title") == ["Where it is tight"]


def test_labels_show_names_and_gaps_and_bracket_those_that_may_be_of_either_sign() -> None:
    """Gap +10 with a range of -20 to +40 is bracketed; the joint catchment has one number of its own."""
    labels = [text.replace("\u00a0", " ") for text in written(_map(), "label")]
    joined = " ".join(labels)
    assert "−250" in joined
    assert "+120" in joined
    assert "joint (+10)" in labels
    assert "朝阳小学" in labels


def test_by_school_every_school_has_its_own_number_and_a_joint_catchment_their_sum() -> None:
    """C +20 and d -5 are 15 together: the balanced class, which holds one catchment; labels say each."""
    figure = _map(table=by_school(), by="school", schools=None)
    labels = " ".join(written(figure, "label")).replace("\u00a0", " ")
    for number in ("−200", "+90", "(+20)", "(−5)"):
        assert number in labels
    assert written(figure, "subtitle")[-1].startswith("2 of 4 schools are short, by 205 seats in all")


def test_labels_do_not_overlap_as_drawn() -> None:
    """The letters as the renderer measures them, not as we estimate them."""
    boxes = label_boxes(_map())
    assert len(boxes) >= 5
    for k, (_, first) in enumerate(boxes):
        for _, second in boxes[k + 1 :]:
            assert first.intersection(second).area < 0.05 * min(first.area, second.area)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_letter_is_of_the_shipped_font(language: str) -> None:
    """No text of a map may fall back on a font of the machine, and none is a formula."""
    with speaking(language):
        figure = _map()
        figure.savefig(io.BytesIO(), format="png")
    used = [text for text in figure.findobj(Text) if text.get_text()]
    assert len(used) > 25
    assert {text.get_fontproperties().get_file() for text in used} == {str(FONT)}
    assert not any(text.get_parse_math() or text.get_usetex() for text in used)


def test_chinese_maps_show_chinese_names() -> None:
    """The district's name in front of the schools' is understood on its own map."""
    with speaking("zh"):
        labels = "".join(written(_map(), "label"))
        source = written(_map(), "source")[0]
    assert "第一实验小学（东校区）" in labels
    assert "玉河区第一实验" not in labels
    assert "玉河区" in source


def test_a_school_is_ringed_when_nine_draws_in_ten_are_short() -> None:
    """Only a is short at the upper end of its range too: -200 + 30 < 0; d at -5 + 30 is not."""
    table = by_school()
    assert "short in 9 of 10 draws or more" in written(_map(schools=table), "legend")
    table.loc[table["school"] == "a", "gap_p90"] = 3
    assert "short in 9 of 10 draws or more" not in written(_map(schools=table), "legend")


def test_all_years_have_the_same_classes() -> None:
    """Gaps of another year change the counts and not the classes: maps can be laid side by side."""
    table = by_catchment()
    table.loc[table["year"] == 2029, ["gap", "gap_p10", "gap_p90"]] = 5000.0
    first, last = (written(_map(table=table, year=year), "legend") for year in (2027, 2029))
    assert first[:10] == last[:10]


def test_the_classes_of_small_multiples_stand_clear_of_the_scale_bar() -> None:
    """Legend left, scale bar right: no letters touch."""
    figure = seat_gap_years(made_district(), made_plan(), by_catchment(), stage="primary")
    renderer = FigureCanvasAgg(figure).get_renderer()
    ends = [text.get_window_extent(renderer).x1 for text in texts(figure, "legend")]
    starts = [text.get_window_extent(renderer).x0 for text in texts(figure, "scale")]
    assert max(ends) < min(starts)


def test_a_school_that_is_short_can_be_told_without_colours() -> None:
    """A bar across its circle, explained in the legend; none where nobody is short."""
    assert "the school itself is short" in written(_map(schools=by_school()), "legend")
    plenty = by_school().assign(gap=90.0, gap_p10=60.0, gap_p90=120.0)
    assert "the school itself is short" not in written(_map(schools=plenty), "legend")


def test_the_legend_names_the_thin_lines() -> None:
    """Borders of catchments and of blocks."""
    assert {"catchment", "block"} <= set(written(_map(), "legend"))


def test_maps_without_figures_say_so() -> None:
    """An empty table, or nothing but missing values: catchments grey, counted as without a figure."""
    empty = by_catchment().iloc[:0]
    missing = by_catchment().assign(gap=math.nan, gap_p10=math.nan, gap_p90=math.nan)
    for table in (empty, missing):
        figure = _map(table=table, schools=None)
        assert "There are no figures for this year." in written(figure, "subtitle")
        assert "no figure" in written(figure, "legend")
        assert written(figure, "count")[-1] == "3"


def test_gaps_of_zero_are_balanced() -> None:
    """All zero: three catchments in the middle class, nobody short."""
    zero = by_catchment().assign(gap=0.0, gap_p10=0.0, gap_p90=0.0)
    figure = _map(table=zero)
    assert written(figure, "count") == ["0", "0", "0", "0", "3", "0", "0", "0"]
    assert "None is short; 0 seats are to spare in all." in written(figure, "subtitle")


def test_nullable_columns_are_read_too() -> None:
    """Tables may hold pandas' own missing value."""
    table = by_catchment().astype({"gap": "Float64", "seats": "Int64"})
    table.loc[table["catchment"] == "b", "gap"] = pd.NA
    assert written(_map(table=table), "count")[-1] == "1"


def test_blocks_without_a_catchment_stand_in_the_legend() -> None:
    """Land that belongs to no school is shown as such."""
    assert "no figure" in written(_map(plan=moved(made_plan(), "b00", -1)), "legend")


def test_barriers_are_named_when_there_are_any() -> None:
    """The district has a river and no railway; a district without barriers has no row for them."""
    district = made_district()
    legend = written(_map(district=district), "legend")
    assert "river" in legend
    assert "railway" not in legend
    bare = district.with_tables(barriers=district["barriers"].iloc[:0])
    assert "river" not in written(_map(district=bare), "legend")


def test_labels_left_out_are_counted() -> None:
    """Forty schools at one point cannot all be named: those named and those left out are forty, and at most four others."""
    names = [f"s{k:02d}" for k in range(40)]
    schools = pd.concat([by_school()[by_school()["school"] == "a"].assign(school=name) for name in names])
    district = made_district()
    crowd = pd.concat([district.schools.loc[["a"]]] * 40)
    crowd.index = pd.Index(names, name="school")
    crowd["name_en"] = [f"Crowded{k}" for k in range(40)]
    district = district.with_tables(schools=pd.concat([district.schools, crowd]))
    plan = made_plan()
    plan = type(plan)(**{**plan.__dict__, "schools": (*plan.schools, *names)})
    figure = _map(district=district, plan=plan, schools=schools)
    note = next(text for text in written(figure, "note") if text.startswith("Not labelled"))
    left_out = int(note.rpartition(" ")[2])
    named = "".join(written(figure, "label")).count("Crowded")
    assert 0 < named < 40
    assert 40 <= named + left_out <= 44


def test_small_multiples_have_one_legend_and_a_panel_a_year() -> None:
    """Three years: three captions with totals, eight class labels in all."""
    figure = seat_gap_years(made_district(), made_plan(), by_catchment(), stage="primary")
    panels = written(figure, "panel")
    assert panels == [
        text for year in ("2027/28", "2028/29", "2029/30") for text in (year, "250 short · 130 to spare")
    ]
    assert " ".join(written(figure, "legend")).count("short") == 3
    assert " ".join(written(figure, "legend")).count("spare") == 4
    assert len(written(figure, "scale")) == 3


def test_one_year_is_a_single_panel() -> None:
    """The title then names one year, and not from one to the same."""
    figure = seat_gap_years(made_district(), made_plan(), by_catchment(), stage="primary", years=[2028])
    assert written(figure, "title") == ["Seat gap, primary, 2028/29"]
    assert written(figure, "panel")[0] == "2028/29"


def test_small_multiples_without_figures() -> None:
    """Nothing is known: panels say so, and the legend has a class for it."""
    figure = seat_gap_years(made_district(), made_plan(), by_catchment().iloc[:0], stage="primary")
    assert written(figure, "panel")[1] == "no figure"
    assert "no figure" in written(figure, "legend")


@pytest.mark.parametrize(
    ("years", "shown"),
    [
        (range(2027, 2028), [2027]),
        (range(2027, 2035), list(range(2027, 2035))),
        (range(2027, 2037), [2027, 2029, 2031, 2033, 2035, 2036]),
        (range(2027, 2042), [2027, 2029, 2031, 2033, 2035, 2037, 2039, 2041]),
    ],
)
def test_at_most_eight_years_are_shown_in_equal_steps(years: range, shown: list[int]) -> None:
    """Up to eight years all of them; of more every second, third, ... and the last."""
    assert chosen_years(years) == shown


@pytest.mark.parametrize("aspect", [0.3, 0.7, 1.0, 2.5])
@pytest.mark.parametrize("panels", range(1, 9))
def test_panels_fit_on_the_page(panels: int, aspect: float) -> None:
    """The columns fill the width of 710 points, rows stay within 540 points."""
    columns, width, height = panel_grid(panels, aspect)
    rows = math.ceil(panels / columns)
    assert columns * width + (columns - 1) * 16 == pytest.approx(710)
    assert 0 < rows * (height + 30 + 16) <= 540.001
    assert np.isfinite(height)


def test_the_years_of_the_made_plan_are_all_drawn() -> None:
    """Each year of the plan can be asked for."""
    for year in YEARS:
        assert written(_map(year=year), "title")[0].endswith(f"{year}/{(year + 1) % 100}")
