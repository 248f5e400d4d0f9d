"""Checks of past catchments and of events: one spoilt square for every rule."""

from __future__ import annotations

import pandas as pd
import pytest

from planner.district import check_district
from tests.district import square
from tests.district.square import edited, found, tables, the


def moved(*, year: int = 2025, back: str = "n") -> pd.DataFrame:
    """Return catchments in which NE went from south to north in a year."""
    table = tables()["catchments"]
    table.loc[(table["block"] == "NE") & (table["stage"] == "primary"), "school"] = "s"
    row = {"block": ["NE"], "stage": ["primary"], "since": [year], "school": [back]}
    return pd.concat([table, pd.DataFrame(row)], ignore_index=True)


def events(*rows: dict[str, object]) -> pd.DataFrame:
    """Return events."""
    return pd.DataFrame(list(rows), columns=["school", "block", "year", "kind", "other", "note"])


REZONED = {"school": "n", "block": "NE", "year": 2025, "kind": "rezoning", "other": "s"}


def codes_of_history(district: object) -> list[str]:
    """Return the codes of past catchments and events that are found."""
    found_codes = [finding.code for finding in check_district(district, square.POLICY)]
    return [code for code in found_codes if "D120" <= code <= "D128"]


def test_a_rezoning_with_its_event_is_in_order() -> None:
    assert codes_of_history(square.district(catchments=moved(), events=events(REZONED))) == []


def test_past_catchments_of_a_school_that_was_not_open() -> None:
    """North opened in 2026 and is said to have the blocks since 2020, of which 2024 and 2025 were counted."""
    schools = edited("schools", open_from=[2026, None])
    rolls = tables()["enrolment"].query("school == 's' or year == 2026")
    opening = events({"school": "n", "year": 2026, "kind": "opening", "other": "s"})
    finding = the(square.district(schools=schools, enrolment=rolls, events=opening), "D120")
    assert (finding.level, finding.ids) == ("warning", ("n/primary",))
    assert "n 北校: primary" in str(finding.text)
    assert "n 北校：小学" in finding.text.in_language("zh")


def test_catchments_before_the_first_count_are_nobodys_business() -> None:
    """North opened in 2024, the first year counted."""
    schools = edited("schools", open_from=[2024, None])
    assert found(square.district(schools=schools), "D120") == []


def test_blocks_whose_history_begins_late() -> None:
    """Three blocks since 2020, NE since 2025."""
    table = tables()["catchments"]
    table.loc[(table["block"] == "NE") & (table["stage"] == "primary"), "since"] = 2025
    finding = the(square.district(catchments=table), "D121")
    assert (finding.level, finding.ids) == ("note", ("NE",))


def test_catchments_that_change_nothing() -> None:
    """NE goes from south to south."""
    finding = the(square.district(catchments=moved(back="s")), "D122")
    assert (finding.level, finding.ids) == ("note", ("NE/primary/2025",))


def test_joint_catchments_do_not_depend_on_the_order_of_schools() -> None:
    """n+s after s+n changes nothing; n+n names one school twice."""
    table = moved(back="n+s")
    table.loc[
        (table["block"] == "NE") & (table["stage"] == "primary") & (table["since"] == 2020), "school"
    ] = "s+n"
    assert the(square.district(catchments=table), "D122").ids == ("NE/primary/2025",)
    twice = tables()["catchments"].replace({"school": {"n": "n+n"}})
    assert the(square.district(catchments=twice), "D122").ids == ("n+n",)


def test_a_rezoning_without_an_event() -> None:
    """NE went from south to north in 2025, and nobody says why."""
    finding = the(square.district(catchments=moved()), "D123")
    assert (finding.level, finding.ids) == ("note", ("s > n/2025",))
    assert "2025: s > n, 1" in str(finding.text)


@pytest.mark.parametrize("year", [2024, 2027])
def test_changes_outside_the_transitions_counted_need_no_event(year: int) -> None:
    """With the first count, or after the last, no year to year change of the rolls is concerned."""
    assert found(square.district(catchments=moved(year=year)), "D123") == []


def test_an_opening_explains_a_rezoning() -> None:
    """North opened in 2025 and took NE from south."""
    schools = edited("schools", open_from=[2025, None])
    rolls = tables()["enrolment"].query("school == 's' or year >= 2025")
    district = square.district(schools=schools, enrolment=rolls, catchments=moved())
    assert found(district, "D123") == []


def test_an_event_that_the_catchments_do_not_show() -> None:
    """NE was never moved."""
    finding = the(square.district(events=events(REZONED)), "D124")
    assert (finding.level, finding.ids) == ("warning", ("NE/2025",))


def test_the_other_side_of_an_event() -> None:
    """Unknown, missing, and the school itself."""
    table = events(
        {"school": "n", "year": 2025, "kind": "other", "other": "x"},
        {"school": "n", "year": 2025, "kind": "merger"},
        {"school": "n", "year": 2024, "kind": "merger", "other": "n"},
    )
    assert {finding.ids for finding in found(square.district(events=table), "D125")} == {
        ("x",),
        ("2025/merger",),
        ("2024/merger",),
    }


def test_events_to_come() -> None:
    finding = the(square.district(events=events({"school": "n", "year": 2027, "kind": "other"})), "D126")
    assert finding.ids == ("2027/other",)


def test_openings_and_closures_against_the_years_of_schools() -> None:
    """An opening is of open_from, a closure of the year after open_to."""
    schools = edited("schools", open_from=[2025, None], open_to=[None, 2027])
    wrong = events(
        {"school": "n", "year": 2026, "kind": "opening"}, {"school": "s", "year": 2027, "kind": "closure"}
    )
    rolls = tables()["enrolment"].query("school == 's' or year >= 2025")
    district = square.district(schools=schools, events=wrong, enrolment=rolls)
    assert the(district, "D127").ids == ("n", "s")
    right = wrong.assign(year=[2025, 2028])
    assert found(square.district(schools=schools, events=right, enrolment=rolls), "D127") == []


def test_an_opening_without_an_event() -> None:
    schools = edited("schools", open_from=[2025, None])
    rolls = tables()["enrolment"].query("school == 's' or year >= 2025")
    finding = the(square.district(schools=schools, enrolment=rolls), "D127")
    assert (finding.level, finding.ids) == ("note", ("n",))


def test_a_count_that_begins_late() -> None:
    """North is counted from 2025 on and does not say that it opened."""
    rolls = tables()["enrolment"].query("school == 's' or year >= 2025")
    finding = the(square.district(enrolment=rolls), "D128")
    assert finding.ids == ("n",)
    assert "2025" in str(finding.text)
