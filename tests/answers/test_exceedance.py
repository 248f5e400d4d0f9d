"""The answer: its sentence, table and plain values, counted by hand in ten draws of a street."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from planner.answers import Answer, exceed
from planner.answers.sentences import likelihood
from planner.errors import QuestionError
from planner.words import speaking
from tests.answers.street import TEN_DRAWS, YEAR, School, street_run

KEYS = [
    "school", "grade", "year", "expected", "p10", "p90", "classes_planned", "classes_possible", "p_over_planned",
    "p_over_possible", "p_turned_away", "expected_over", "levers",
]  # fmt: skip


def asked(
    grade: int | None = 1, *, levers: bool = False, cap: int | None = None, level: float = 0.2, **street: Any
):
    return exceed(street_run(**street), grade=grade, year=YEAR, levers=levers, cap=cap, level=level)


def test_each_school_has_its_demand_and_odds():
    """A: 5 and 1 to 10 children, in one class of 10; above it are 1 to 5 children in half of the draws, 1.5 on average."""
    table = asked().table
    assert table["school"].tolist() == ["A", "B"]
    first = table.iloc[0].to_dict()
    assert first["error"] == pytest.approx(np.sqrt(0.5 * 0.5 / 10))
    assert {name: first[name] for name in KEYS[:-1]} == {
        "school": "A",
        "grade": 1,
        "year": YEAR,
        "expected": 10.5,
        "p10": 6,
        "p90": 14,
        "classes_planned": 1,
        "classes_possible": 1,
        "p_over_planned": 0.5,
        "p_over_possible": 0.5,
        "p_turned_away": 0.0,
        "expected_over": 1.5,
    }
    assert (first["cap"], first["per_class"], first["stage"]) == (10, 10.5, "primary")


def test_at_least_one_school_is_counted_over_the_same_draws():
    """A is above in draws 6 to 10; B, with 11 in draws 1 to 3 only, in those: at least one in 8 of ten draws, not 0.65."""
    b1 = np.array([9, 9, 9, 4, 4, 4, 4, 4, 4, 4])
    answer = asked(entrants={"b1": b1})
    assert answer.p_any == 0.8
    assert answer.error_any == pytest.approx(np.sqrt(0.8 * 0.2 / 10))
    assert answer.draws == 10


def test_the_likeliest_comes_first_and_then_who_is_most_above():
    """B is above whenever A is, by two children more."""
    answer = asked(entrants={"b1": TEN_DRAWS + 5, "b2": 2 * (TEN_DRAWS > 5)})
    assert answer.table[["school", "p_over_planned"]].to_numpy().tolist() == [["B", 0.5], ["A", 0.5]]


def test_the_plain_values_have_the_keys_of_every_school():
    answer = asked(levers=True)
    found = json.loads(json.dumps(answer.as_json()))
    assert [set(KEYS) <= set(school) for school in found["schools"]] == [True, True]
    assert found["answer"] == answer.sentence
    assert (found["grade"], found["year"], found["level"], found["draws"]) == (1, YEAR, 0.2, 10)
    assert (found["p_any"], found["error"]) == (0.5, 0.1581)
    (lever,) = found["schools"][0]["levers"]
    assert (lever["kind"], lever["p_over"], lever["works"], lever["to"]) == ("divert", 0.1, True, ["B"])
    assert lever["edits"]["diversions"][0]["children"] == 4
    assert lever["text"] == "Divert 4 entrants to B."
    assert found["schools"][1]["levers"] == []
    assert found["together"]["levers"] == 1


def test_figures_that_are_not_there_are_null():
    """A school without any class has no children per class."""
    answer = asked(classes={("A", "primary"): 0})
    assert answer.as_json()["schools"][0]["per_class"] is None
    assert answer.as_json()["schools"][0]["p_over_planned"] == 1.0


def test_yes_when_a_school_is_more_likely_than_not():
    """A with 7 to 16 children: above 10 in 6 of ten draws, by 1 + ... + 6 = 21, 2.1 on average."""
    assert asked(entrants={"a1": 6}).sentence == (
        f"Yes, most likely: at 1 of 2 schools grade 1 exceeds its cap of 10 in {YEAR} with a probability of 20% or"
        " more: A 60%. Children expected above the cap there: 2."
    )


def test_perhaps_when_none_is():
    assert asked(entrants={"a1": 5}).sentence.startswith(
        f"Perhaps: at 1 of 2 schools grade 1 exceeds its cap of 10 in {YEAR} with a probability of 20% or more, but"
        " nowhere more likely than not: A 50%."
    )


def test_no_with_the_highest_odds_when_all_are_below_the_level():
    """15 children in one draw."""
    assert asked(entrants={"a2": np.array([1] * 9 + [10])}).sentence == (
        f"No, most likely: at all of 2 schools the probability that grade 1 exceeds its cap of 10 in {YEAR} is below"
        " 20%; the highest is 10%, at A."
    )


def test_no_when_it_happens_in_no_draw():
    answer = asked(entrants={"a2": 1}, levers=True)
    assert answer.sentence == (
        f"No: in none of 10 draws does grade 1 exceed its cap of 10 in {YEAR} at any school."
    )
    assert answer.lever_lines() == ["No school is at risk, so no lever was looked for."]
    assert answer.remarks[0] == (
        "The probability that at least one school exceeds its cap is <10% (10 draws)."
    )


def test_nobody_in_a_grade():
    """Nobody enters junior here."""
    answer = asked(grade=4, levers=True)
    assert answer.sentence == f"No: nobody is expected in grade 4 in {YEAR}."
    assert (len(answer.table), len(answer.at_risk), answer.p_any, answer.levers) == (0, 0, 0.0, {})
    assert answer.as_json()["schools"] == []


def test_a_single_school():
    only = {"catchments": {"a1": "A", "a2": "A"}, "schools": {"B": School("4-5", at=300)}}
    assert asked(**only).sentence.startswith("Perhaps: at the only school grade 1 exceeds")
    assert "at the only school the probability that grade 1" in asked(**only, level=0.9).sentence


def test_any_grade_names_the_grade_of_each_school():
    """11 of A's children are in grade 2, in one class, for sure."""
    answer = asked(grade=None, schools={"A": School(rooms=3, pupils=(11, 10, 10), classes=(1, 1, 1))})
    assert answer.sentence.startswith(
        f"Yes, most likely: at 1 of 2 schools a grade exceeds its cap in {YEAR} with a probability of 20% or more:"
        " A (grade 2) >90%, A (grade 1) 50%."
    )
    assert answer.grade is None
    assert answer.as_json()["grade"] == "any"
    assert set(answer.table["grade"]) == {1, 2, 3}


def test_any_grade_below_the_level():
    answer = asked(grade=None, entrants={"a2": 1})
    assert answer.sentence == f"No: in none of 10 draws does any grade exceed its cap in {YEAR}."
    answer = asked(grade=None, level=0.9)
    assert answer.sentence.endswith("is below 90%; the highest is 50%, at A (grade 1).")
    assert asked(grade=None).sentence.startswith("Perhaps: at 1 of 2 schools a grade exceeds")


def test_more_than_five_schools_are_counted():
    schools = {
        name: School(rooms=3, pupils=(10, 10, 10), at=100.0 * at) for at, name in enumerate("CDEFG", 4)
    }
    catchments = {"a1": "A", "a2": "A", "b1": "B", "b2": "B"} | {name.lower(): name for name in schools}
    answer = asked(
        schools=schools,
        catchments=catchments,
        entrants={"a2": 10, "b1": 12} | {name.lower(): 14 for name in schools},
    )
    assert "at 7 of 7 schools" in answer.sentence
    assert "B >90% and 2 more." not in answer.sentence
    assert "and 2 more. Children expected above the cap there: 29." in answer.sentence


def test_another_cap_is_asked_of_the_classes_planned():
    """Above 12 are 13, 14 and 15 children; the policy's cap does not matter."""
    answer = asked(cap=12)
    assert answer.table.set_index("school")["p_over_planned"]["A"] == 0.3
    assert "its cap of 12" in answer.sentence


def test_a_level_of_zero_asks_about_every_draw():
    """A is above in 5 draws and B in none: only A is at risk, and its lever has to leave no draw above."""
    answer = asked(level=0.0, levers=True)
    assert answer.at_risk["school"].tolist() == ["A"]
    (lever,) = answer.levers["A", 1]
    assert lever.p_over == 0.0 or not lever.works


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ({"grade": 1, "year": 2026}, "2026 is not within the run's school years 2027 to 2027"),
        ({"grade": 9, "year": YEAR}, "teaches grade 9. Ask about one of the grades 1 to 5"),
        ({"grade": 1, "year": YEAR, "level": 20.0}, "probability from 0 to 1, not 20.0"),
    ],
)
def test_questions_that_the_run_cannot_answer(question, message):
    with pytest.raises(QuestionError, match=message):
        exceed(street_run(), **question)


def test_all_faults_of_a_question_come_together():
    with pytest.raises(QuestionError) as error:
        exceed(street_run(), grade=9, year=2040, level=-1)
    assert len(error.value.lines("en")) == 3


def test_no_odds_of_draws_are_certain():
    """All or none of 2,000 draws are more than 99 % or less than 1 %; of 20 draws, than a draw's worth."""
    assert [likelihood(share, 2000) for share in (0, 0.004, 0.2, 0.996, 1)] == [
        "<1%",
        "<1%",
        "20%",
        ">99%",
        ">99%",
    ]
    assert [likelihood(share, 20) for share in (0, 0.05, 1)] == ["<5%", "5%", ">95%"]
    assert likelihood(1.0, 1) == ">50%"
    assert asked().likelihood(1.0) == ">90%"


def answered(**lever: Any) -> Answer:
    answer = asked(levers=True)
    changed = replace(answer.levers["A", 1][0], **lever)
    return replace(answer, levers={("A", 1): [changed]}, draws=2000)


def line(**lever: Any) -> str:
    return answered(**lever).lever_lines()[1]


def test_levers_are_lines_of_text():
    lines = asked(levers=True).lever_lines()
    assert lines[:2] == [
        "A, grade 1:",
        "  ✓ Divert 4 entrants to B. Then 10%, and there <10%; children who go there: 4.",
    ]
    assert lines[2].startswith("✓ brings the school, and every school that takes children over, below 20%")
    assert lines[3] == (
        "All first levers that work together (1): every school is below 20%; the probability that at least one"
        " exceeds its cap falls from 50% to 10%."
    )


def test_odds_just_below_the_level_are_not_rounded_up_to_it():
    assert "Then 19.9%," in line(p_over=0.1995)
    assert "and there 19.6%;" in line(worst_elsewhere=0.196)
    assert "Then 20%," in line(p_over=0.2, works=False)


def test_a_lever_that_does_not_work_has_its_mark():
    assert line(works=False).startswith("  ✗ ")


def test_several_receivers_costs_and_rooms_are_said():
    assert "and there at most <1%;" in line(to=("B", "C"))
    assert line(to=(), yuan=12e6, brought_forward=True).endswith(
        "Then 10%; 12.0 million yuan are due earlier."
    )
    assert line(to=(), yuan=12e6).endswith("Then 10%; 12.0 million yuan.")
    assert line(to=()).endswith("Then 10%.")
    assert "Then 10% (rooms for all of its classes are free in 87% of the draws)" in line(p_room=0.866)


def test_no_lever_at_all_is_said():
    answer = asked(entrants={"b1": 8}, levers=True)
    assert answer.levers == {("A", 1): []}
    assert answer.together is None
    assert answer.lever_lines()[1].startswith("  No lever of these kinds helps: there is no free room")


def test_sampling_errors_are_said_in_points():
    assert asked().remarks[0] == (
        "The probability that at least one school exceeds its cap is 50% (sampling error ± 15.8 percentage points, 10"
        " draws)."
    )


def test_schools_are_called_in_the_language_that_is_spoken():
    run = street_run()
    named = run.district.schools.assign(name_en=["Alder", pd.NA, pd.NA], name=["甲", "乙", "丙"])
    run = replace(run, district=run.district.with_tables(schools=named))
    assert exceed(run, grade=1, year=YEAR).table["name"].tolist() == ["Alder", "乙"]
    with speaking("zh"):
        answer = exceed(run, grade=1, year=YEAR)
        assert answer.table["name"].tolist() == ["甲", "乙"]
        assert "甲" in answer.sentence
        assert "一年级" in answer.sentence


def test_more_classes_planned_than_rooms_is_said():
    """Three classes are planned for A's intake, but only the leavers' room is free."""
    answer = asked(classes={("A", "primary"): 3})
    assert answer.unhoused == {("A", 1): (3, 1)}
    assert (
        "A: 3 classes are planned, but no more than 1 find a room; the odds are of these." in answer.remarks
    )
    assert asked().unhoused == {}


def test_a_school_where_no_class_can_open_is_named_once():
    """A's two rooms are taken by the classes of grades 2 and 3, so that none of its 6 to 15 entrants fits."""
    full = {"A": School(rooms=2, pupils=(10, 10, 0), classes=(1, 1, 0))}
    answer = asked(schools=full)
    assert answer.table.set_index("school")["classes_possible"]["A"] == 0
    assert (
        answer.remarks.count(
            "No room is free for a class at A: every child expected there counts as above the cap."
        )
        == 1
    )


def test_levers_leave_open_questions_aside():
    """Where the run has worlds, what a lever is held against is carried out anew, and that is said."""
    answer = replace(asked(levers=True), branches=pd.DataFrame({"question": ["wing"]}))
    assert (
        "Levers are tried out on the scenario as it stands; its open questions are left aside."
        in answer.lever_lines()
    )


def test_the_odds_have_their_error_beside_them():
    """Half of ten draws: 15.8 points. All of them, or none, have none."""
    answer = asked()
    assert answer.chance(0.5, answer.table.iloc[0]["error"]) == "50% ±15.8"
    assert answer.chance(0.0, 0.0) == "<10%"
