"""The odds map, the map of moved blocks, and the chart of pupils against seats."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.maps import before_after_map, odds_map, pupils_and_seats_chart
from planner.maps.chart import scale_of
from planner.maps.moves import moved_blocks
from planner.maps.phrases import gap_number, percent, signed, whole
from planner.policy import read_policy
from tests.maps.made import by_school, made_district, made_odds, made_plan, made_totals, moved
from tests.maps.reading import written

POLICY = read_policy("cn-shandong")


def test_the_odds_map_counts_schools_by_band() -> None:
    """85, 30, 4 and 1 %: one likely, one open, two below 5 %."""
    figure = odds_map(made_district(), made_plan(), made_odds(), stage="primary", year=2027, policy=POLICY)
    assert written(figure, "title") == ["Odds that grade 1 exceeds 45 in a class, 2027/28"]
    assert written(figure, "count") == ["1", "0", "1", "0", "2"]
    assert written(figure, "subtitle")[-1].startswith("1 of 4 schools will most likely exceed it")
    labels = " ".join(written(figure, "label"))
    assert "85 %" in labels
    assert "standard error of the odds at most 1.1 points" in written(figure, "source")[0]


def test_odds_of_every_free_room_are_the_other_column() -> None:
    """With every free room used the odds are half as large: 42.5 and 15 %."""
    figure = odds_map(made_district(), made_plan(), made_odds(), stage="primary", year=2027, given="possible")
    assert written(figure, "count") == ["0", "0", "1", "1", "2"]


def test_odds_of_one_cap_only() -> None:
    """A table with two caps shows the one asked for; of a cap that it lacks there are no figures."""
    odds = made_odds()
    both = odds.assign(cap=50, p_over_planned=0.0)
    both = type(odds)([*odds.to_dict("records"), *both.to_dict("records")])
    figure = odds_map(made_district(), made_plan(), both, stage="primary", year=2027, cap=50)
    assert written(figure, "count") == ["0", "0", "0", "0", "4"]
    figure = odds_map(made_district(), made_plan(), both, stage="primary", year=2027, cap=40)
    assert "There are no figures for this year." in written(figure, "subtitle")


def test_an_empty_odds_table() -> None:
    """Without a grade the title names the stage."""
    figure = odds_map(made_district(), made_plan(), made_odds().iloc[:0], stage="primary", year=2027)
    assert written(figure, "title") == ["Odds that primary exceeds its class-size cap, 2027/28"]


def test_moved_blocks_are_those_whose_catchment_differs() -> None:
    """Block b05 goes from a to b, b00 from c+d to none."""
    before = made_plan()
    after = moved(moved(before, "b05", 1), "b00", -1)
    assert moved_blocks(before, after, "primary", 2028) == {"b00": ("c+d", ""), "b05": ("a", "b")}
    assert moved_blocks(before, after, "junior", 2028) == {}


def test_the_map_of_moves_lists_them() -> None:
    """Two blocks from the joint catchment to a: one row, counted."""
    before = made_plan()
    after = moved(moved(before, "b00", 0), "b01", 0)
    figure = before_after_map(made_district(), before, after, "primary", 2028, scenario="keep, then rezone")
    assert "2 of 12 blocks change their catchment." in written(figure, "subtitle")
    assert written(figure, "count") == ["2"]
    legend = "".join(written(figure, "legend"))
    assert "Binhe" in legend
    assert "→" in legend
    assert "catchment before" in legend
    assert "keep, then rezone" in written(figure, "source")[0]


def test_a_map_without_moves_says_so() -> None:
    """The same plan twice: no row, no hatching, no former border."""
    figure = before_after_map(made_district(), made_plan(), made_plan(), "primary", 2028)
    assert "No block changes its catchment at this stage in this year." in written(figure, "subtitle")
    assert written(figure, "count") == []
    assert "catchment before" not in written(figure, "legend")


def test_the_chart_tells_when_seats_are_short() -> None:
    """Gaps of +50, -50 and -150: short in two years of three, most in 2029."""
    figure = pupils_and_seats_chart(made_district(), made_totals(), stage="primary", policy=POLICY)
    assert written(figure, "subtitle") == ["Seats are short in 2 of 3 years, most in 2029: 150 seats."]
    assert written(figure, "gap") == ["seat gap", "+50", "−50", "−150"]
    names = written(figure, "name")
    assert "pupils expected 2,600" in names
    assert "seats 2,450" in names
    assert "seats as stated 2,400" in names


def test_the_chart_shows_ten_counted_years_of_the_grades_of_the_stage() -> None:
    """Four primaries of six grades with 100 each: 2,400; the last ten of twelve counted years, then three."""
    figure = pupils_and_seats_chart(made_district(), made_totals(), stage="primary", policy=POLICY)
    years = [int(text) for text in written(figure, "year")]
    assert max(years) == 2029
    assert min(years) in {2017, 2018}
    assert "counted" in written(figure, "scale")
    without = pupils_and_seats_chart(made_district(), made_totals(), stage="primary")
    assert written(without, "year") == ["2027", "2028", "2029"]


def test_the_chart_of_one_school() -> None:
    """The school's rows only, under its name."""
    figure = pupils_and_seats_chart(made_district(), by_school(), stage="primary", school="b", policy=POLICY)
    assert written(figure, "title") == ["Pupils and seats, Yuhe Yucai Primary School"]
    assert written(figure, "gap")[1:] == ["+90"] * 3


def test_the_district_shows_seats_as_stated_where_every_school_states_them() -> None:
    """800 + 800 + 420 + 400 seats, each stated 20 lower: 2,340. One school that states none: no line."""
    asked = {"stage": "primary", "policy": POLICY}
    totals = made_totals().drop(columns="seats_stated")
    figure = pupils_and_seats_chart(made_district(), totals, schools=by_school(), **asked)
    assert "seats as stated" in " ".join(written(figure, "name"))
    assert "2,340" in " ".join(written(figure, "name"))
    silent = by_school()
    silent.loc[silent["school"] == "c", "seats_stated"] = math.nan
    figure = pupils_and_seats_chart(made_district(), totals, schools=silent, **asked)
    assert "stated" not in " ".join(written(figure, "name"))
    silent.loc[silent["school"] == "c", "seats"] = 0
    figure = pupils_and_seats_chart(made_district(), totals, schools=silent, **asked)
    assert "1,940" in " ".join(written(figure, "name"))


def test_charts_without_figures() -> None:
    """No rows; rows without seats; one year only."""
    empty = pupils_and_seats_chart(made_district(), made_totals().iloc[:0], stage="primary")
    assert written(empty, "subtitle") == ["There are no figures for this stage."]
    unknown = made_totals().assign(seats=math.nan, seats_stated=math.nan, gap=math.nan)
    assert written(pupils_and_seats_chart(made_district(), unknown, stage="primary"), "subtitle") == [
        "The seats are not known."
    ]
    single = made_totals()[made_totals()["year"] == 2027]
    assert written(pupils_and_seats_chart(made_district(), single, stage="primary"), "gap")[1:] == ["+50"]


@given(st.lists(st.one_of(st.floats(0, 60_000), st.just(math.nan)), max_size=12))
def test_the_scale_of_a_chart_holds_every_figure(values: list[float]) -> None:
    """All figures lie between its ends, of which the lower is not below zero; it has two to twelve steps."""
    low, high, step = scale_of(values)
    assert 0 <= low < high
    assert all(low <= value <= high for value in values if not math.isnan(value))
    assert 1 <= round((high - low) / step) <= 12


def test_a_scale_that_does_not_begin_at_zero_is_pointed_out() -> None:
    """2,380 to 2,620 pupils fill a scale from well above zero."""
    figure = pupils_and_seats_chart(made_district(), made_totals(), stage="primary")
    assert "the scale does not begin at 0" in written(figure, "source")[0]


@pytest.mark.parametrize(
    ("gap", "low", "high", "shown"),
    [
        (-38.4, -60, -12, "−38"),
        (12, 3, 20, "+12"),
        (-8, -20, 4, "(−8)"),
        (-0.3, -2, 2, "(0)"),
        (1240, math.nan, math.nan, "+1,240"),
    ],
)
def test_gaps_are_written_with_their_sign(gap: float, low: float, high: float, shown: str) -> None:
    """Bracketed where the range holds both signs; a zero has none."""
    assert gap_number(gap, low, high) == shown


def test_numbers_and_odds_are_rounded_honestly() -> None:
    """One in 2,000 draws is not "0 %", and 1,999 of them are not "100 %"."""
    assert [percent(p) for p in (0, 0.0005, 0.455, 0.9995, 1)] == ["<1 %", "<1 %", "46 %", ">99 %", ">99 %"]
    assert (whole(-0.4), whole(1234.5), signed(-1234)) == ("0", "1,234", "−1,234")
