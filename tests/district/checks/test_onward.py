"""Checks of feeders: one spoilt square for every rule."""

from __future__ import annotations

import pandas as pd
import pytest

from planner.district import check_district
from tests.district import square
from tests.district.square import at, edited, enrolment, found, maps, tables, the


def feeders(*rows: tuple[str, str, float, int | None]) -> pd.DataFrame:
    """Return rows of (school, to school, share, since)."""
    return pd.DataFrame(list(rows), columns=["school", "to_school", "share", "since"])


def test_own_leavers_who_stayed_are_in_order() -> None:
    """South keeps nine in ten of its 40 leavers, 36, and has 40 in grade 7."""
    district = square.district(feeders=feeders(("s", "s", 0.9, None)))
    assert check_district(district, square.POLICY) == []


def test_feeders_of_a_school_that_has_closed() -> None:
    """North closed in 2025; a feeder of before its closing would have to end, too."""
    rolls = tables()["enrolment"].query("school == 's' or year <= 2025")
    catchments = edited("catchments", school="s")
    schools = edited("schools", open_to=[2025, None])
    shut = {"schools": schools, "enrolment": rolls, "catchments": catchments}
    finding = the(square.district(**shut, feeders=feeders(("n", "s", 0.5, None))), "D130")
    assert finding.ids == ("n/s",)


def test_leavers_of_a_school_without_blocks() -> None:
    """A school of choice, grades 1-6: nobody knows where its leavers go, unless a feeder says so."""
    school = maps([{"school": "c", "name": "选校", "grades": "1-6", "rooms": 6}], [at(700, 700)])
    more = {"schools": pd.concat([tables()["schools"], school])}
    finding = the(square.district(**more), "D131")
    assert (finding.level, finding.ids) == ("note", ("c",))
    assert found(square.district(**more, feeders=feeders(("c", "s", 1.0, None))), "D131") == []


@pytest.mark.parametrize(("came", "told"), [(28, False), (20, True)])
def test_feeders_that_promise_more_than_came(came: int, *, told: bool) -> None:
    """All 40 leavers of north go to south: 28 are seven in ten, 20 are too few."""
    district = square.district(
        feeders=feeders(("n", "s", 1.0, None)), enrolment=enrolment("s", 7, 2026, pupils=came)
    )
    assert [finding.ids for finding in found(district, "D132")] == [("s/7",)] * told


def test_later_feeders_that_drop_earlier_ones() -> None:
    """In 2020 all leavers of north go on by feeders, from 2027 on half of them."""
    rows = (("n", "s", 1.0, 2020), ("n", "s", 0.5, 2027))
    assert the(square.district(feeders=feeders(*rows)), "D133").ids == ("n",)
    assert found(square.district(feeders=feeders(*rows[::-1][1:], ("n", "s", 1.0, 2027))), "D133") == []
