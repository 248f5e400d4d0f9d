"""How the same question was answered in the past: counted by hand, and forecasts of the past held against what came."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from planner.answers import exceed
from planner.answers.record import TrackRecord, base_rate, track_record
from tests.answers.village import village, village_run

ROWS = [
    # school, grade, year, pupils, classes
    ("A", 1, 2024, 46, 1),
    ("A", 1, 2025, 45, 1),
    ("A", 2, 2025, 99, 2),
    ("B", 1, 2024, 80, 2),
    ("B", 1, 2025, 91, 2),
    ("B", 2, 2025, 20, None),
]


def counted(rows: Any = ROWS) -> Any:
    """Return a district that has nothing but these counts, the last of 2025."""
    table = pd.DataFrame(rows, columns=["school", "grade", "year", "pupils", "classes"])
    return {"enrolment": table.astype(dict.fromkeys(("grade", "year", "pupils", "classes"), "Int64"))}


class District(dict):
    """Counts, and the autumn of the last."""

    counted = 2025


def test_counts_above_the_cap_are_counted():
    """46 in one class and 91 in two are above 45; 45 and 80 are not. Of the last count one of two."""
    found = base_rate(District(counted()), ["A", "B"], {1: 45})
    assert found is not None
    assert (found.over, found.cases, found.latest_over, found.latest_cases) == (2, 4, 1, 2)
    assert found.line == (
        "Counted from 2024 to 2025: a grade asked about had more than cap x classes in 2 of 4 school-years (50%); in"
        " 2025 in 1 of 2."
    )
    assert found.as_json()["error"] == 0.25


def test_each_grade_has_its_cap_and_each_school_is_asked_about_by_itself():
    """99 children in two classes of grade 2 are above 45, not above 50; B's grade 2 has no classes counted."""
    facts = District(counted())
    for cap, over in ((45, 1), (50, 0)):
        found = base_rate(facts, ["A"], {2: cap})
        assert found is not None
        assert (found.over, found.cases) == (over, 1)
    assert base_rate(facts, ["B"], {2: 45}) is None


def said(origin: int, draws: Any, came: Any, grades: tuple[str, ...] = ("1", "2")) -> Any:
    """Return what was said of schools A and B; `draws` [unit, grade, draw], `came` [unit, grade]."""
    drawn, counts = np.array(draws, np.float32), np.array(came, np.float64)
    return SimpleNamespace(
        units=("A", "B"),
        grades=grades,
        origin=origin,
        lead=1,
        draws=drawn,
        came=counts,
        judged=np.isfinite(counts),
    )


DRAWS = [[[40, 44, 46, 50], [46, 47, 48, 49]], [[91, 92, 93, 94], [80, 85, 89, 91]]]


def test_what_was_said_is_held_against_the_classes_known_then():
    """
    In 2024 A had one class in grade 1, B two. A's grade 1 was to be above 45 in 2 of 4 draws, and was not (45);
    B's above 90 in all, and was (91). Grade 2: A's year group had one class: above 45 in all four, and 99 came.
    """
    record = track_record(
        [said(2024, DRAWS, [[45, 99], [91, np.nan]])], District(counted()), ["A", "B"], {1: 45, 2: 45}, [1]
    )
    assert record is not None
    columns = ["school", "grade", "year", "classes", "stated", "happened"]
    assert record.cases[columns].to_numpy().tolist() == [
        ["A", 1, 2025, 1, 0.5, False],
        ["A", 2, 2025, 1, 1.0, True],
        ["B", 1, 2025, 2, 1.0, True],
    ]
    assert record.counted() == {"likely": 2, "likely_happened": 2, "unlikely": 1, "unlikely_happened": 0}
    assert record.expected == 2.5
    assert "of 2 school-years with more than even odds 2 did, of the 1 others 0." in record.lines[0]
    assert record.lines[1] == "By the odds stated 2.5 should have been above; 2 were."


def test_schools_and_grades_not_asked_about_are_left_out():
    record = track_record([said(2024, DRAWS, [[45, 99], [91, 80]])], District(counted()), ["B"], {1: 45}, [1])
    assert record is not None
    assert record.cases["school"].tolist() == ["B"]
    assert record.of("B", 1)["stated"].tolist() == [1.0]
    assert track_record([], District(counted()), ["B"], {1: 45}, [1]) is None


def cases(stated: list[float], happened: list[bool]) -> TrackRecord:
    return TrackRecord(
        cases=pd.DataFrame(
            {
                "school": "A",
                "grade": 1,
                "year": 2025,
                "cap": 45,
                "classes": 1,
                "stated": stated,
                "happened": happened,
            }
        )
    )


def test_skill_is_against_always_stating_what_happened_on_average():
    """Right and sure: 1. Always the half that happened: 0. Sure and wrong: 1 - 1/0.25 = -3."""
    half = [True, False, True, False]
    assert cases([1, 0, 1, 0], half).skill == 1
    assert cases([0.5] * 4, half).skill == 0
    assert cases([0, 1, 0, 1], half).skill == -3
    never = cases([0.1, 0.2], [False, False])
    assert np.isnan(never.skill)
    assert len(never.lines) == 2
    assert never.as_json()["brier_skill"] is None


def test_reliability_is_by_group_of_stated_odds():
    """Two below 5 %, of which none came; two of 80 % and more, of which one did."""
    found = cases([0.01, 0.03, 0.9, 1.0], [False, False, True, False]).reliability
    assert found.to_numpy() == pytest.approx(np.array([[0.02, 0, 2], [0.95, 0.5, 2]]))


def test_a_run_is_held_against_its_own_past():
    """
    Seven autumns of the village, all as the last: made again for the last three, each from those before it.

    A has 86 in two classes of at most 45 every year: hardly ever above; nothing ever was.
    """
    facts = village()
    counts = facts["enrolment"]
    past = pd.concat([counts.assign(year=counts["year"] - back) for back in range(6, -1, -1)])
    district = facts.with_tables(enrolment=past.reset_index(drop=True))
    answer = exceed(village_run(district, draws=20), grade=1, year=2027, record=True)
    assert answer.record is not None
    assert answer.record.years == [2024, 2025, 2026]
    assert answer.record.of("A", 1)["classes"].tolist() == [2, 2, 2]
    assert answer.record.counted()["unlikely_happened"] == 0
    assert answer.as_json()["track_record"]["years"] == [2024, 2025, 2026]


def test_without_past_counts_there_is_no_record():
    """The village has been counted once."""
    answer = exceed(village_run(draws=4), grade=1, year=2027, record=True)
    assert answer.record is None
    assert answer.as_json()["track_record"] is None
