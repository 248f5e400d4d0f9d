"""
The latest safe opening, counted by hand on a street of ten draws.

A has a room free for the intake, one class of 10. A project gives it three rooms more. Entrants at A: 10 in 2027 in all
draws; in 2028 10, but 20 in the last draw (mean 11: two classes if there are rooms); in 2029 10, but 15 in the last
three (mean 11.5: two classes); 10 in 2030.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.answers.openings.latest import LATE, last_safe, latest_openings
from planner.errors import QuestionError
from planner.outcomes.spread import quantiles
from tests.answers.street import street_run

ENTRANTS = np.array([[10] * 10, [10] * 9 + [20], [10] * 7 + [15] * 3, [10] * 10]) - 5
WING = {"project": "wing", "school": "A", "kind": "expansion", "rooms": "3", "certainty": 1.0}


def opened_in(year: int, **changes):
    projects = [WING | {"opens": year} | changes]
    return street_run(
        entrants={"a1": 5, "a2": ENTRANTS, "b1": 0, "b2": 0},
        years=4,
        projects=projects,
    )


def found(risk: float, opens: int = 2027, **changes):
    run = opened_in(opens, **changes)
    table = latest_openings(run, risk=risk, open_in=lambda _run, _project, year: opened_in(year, **changes))
    (one,) = table.found
    return one


def test_opening_a_year_later_harms_nobody():
    """In 2027 one class is enough: odds 0 for 2028; for 2029 the last draw of 2028 is above, for 2030 the last three."""
    one = found(0.05)
    assert (one.earliest, one.latest, one.needed) == (2027, 2028, True)
    assert (one.odds[2028], one.odds[2029]) == (0.0, 0.1)


def test_at_a_higher_risk_it_may_open_later():
    """0.1 is below 0.2, 0.3 is not; its Monte Carlo error is sqrt(0.3 x 0.7 / 10)."""
    one = found(0.2)
    assert one.latest == 2029
    assert one.error(2030) == pytest.approx(np.sqrt(0.021))


def test_a_project_that_is_never_missed_need_not_open():
    """Without it the last three draws are above: 0.3 is below 0.4."""
    one = found(0.4)
    assert (one.latest, one.needed, one.odds[2031]) == (2031, False, 0.3)
    assert "need not open by 2030" in one.lines[0]


def test_it_cannot_open_before_its_earliest_year():
    """From 2029 on at the earliest, it cannot help the intake of 2028: the last three draws of 2029 count alone."""
    one = found(0.2, opens=2029, earliest=2029)
    assert (one.earliest, one.latest, one.odds) == (2029, 2029, {2029: 0.0, 2030: 0.3, 2031: 0.3})


def test_what_a_year_late_costs():
    """
    Dated 2029 and open in 2030: the last three draws have 15 in one class where there would be two.

    5 above the cap in 2029, and 5 in the class that they bring into grade 2, before it is split: 10 child-years. In
    the last draw 5 more: the 15 of 2028 in one class are split when they come into grade 3 only, not in grade 2.
    """
    one = found(0.2, opens=2029)
    assert one.delay.year == 2029
    costs = [0] * 7 + [10, 10, 15]
    assert one.delay.costs.tolist() == costs
    assert (one.delay.mean, one.delay.range) == (3.5, (0.0, 15.0))
    assert one.delay.error == pytest.approx(np.std(costs) / np.sqrt(10))


def test_the_range_of_a_delay_leaves_out_five_in_a_hundred_at_each_end():
    """Of the costs 1 to 100 the fifth and the 95th."""
    assert quantiles(np.arange(1, 101), *LATE).tolist() == [5.0, 95.0]


def test_the_table_says_what_is_missing_by_blanks():
    """A project that need not open has no latest year, and none after it."""
    run = opened_in(2027)
    table = latest_openings(run, risk=0.4, open_in=lambda _run, _project, year: opened_in(year)).table
    (row,) = table.to_dict("records")
    assert (row["project"], row["opens"], row["p_latest"]) == ("wing", 2027, 0.3)
    assert table[["latest", "p_next"]].isna().all(axis=None)


def test_sentences_name_the_year_the_odds_and_the_costs():
    """As a planner would read them out."""
    lines = found(0.2, opens=2029).lines
    assert lines[0].startswith("wing can open in 2029 at the latest: the odds")
    assert "10% ±9.5 then, and 30% ±14.5 a year later, not below 20%" in lines[0]
    assert lines[1].startswith("A year late (2030, not 2029) it costs 4 child-years above the cap")


@pytest.mark.parametrize("risk", [0.0, 1.0, -0.1, 1.5])
def test_a_risk_is_a_probability(risk):
    """Nothing is without any risk, and nothing needs to be safe at a risk of 1."""
    with pytest.raises(QuestionError, match="The risk is a probability above 0 and below 1"):
        latest_openings(opened_in(2027), risk=risk)


def test_projects_that_cannot_be_asked_about_are_all_named():
    """An unknown one, one that was open at the last count, and one that takes rooms away."""
    run = street_run(
        projects=[
            WING | {"opens": 2027},
            WING | {"project": "old", "opens": 2020},
            WING | {"project": "less", "opens": 2027, "rooms": "-1"},
        ]
    )
    with pytest.raises(QuestionError) as raised:
        latest_openings(run, ["wnig", "old", "less"])
    said = str(raised.value)
    assert "no project 'wnig'; did you mean wing?" in said
    assert "Project old was open at the last count" in said
    assert "Project less adds no rooms" in said
    assert [one.project for one in latest_openings(run, open_in=lambda run, *_: run).found] == ["wing"]


@given(first=st.integers(2020, 2030), length=st.integers(0, 20), safe=st.integers(0, 20))
def test_halving_finds_the_last_safe_year(first, length, safe):
    """The same year as asking one after the other, and the year after it was asked too."""
    last = first + length
    limit = min(first + safe, last)
    asked = set()

    def is_safe(year: int) -> bool:
        asked.add(year)
        return year <= limit

    assert last_safe(is_safe, first, last) == limit
    assert limit in asked
    assert limit == last or limit + 1 in asked
