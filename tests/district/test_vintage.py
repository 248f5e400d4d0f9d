"""A district as it was known in an autumn of the past."""

from __future__ import annotations

import pandas as pd

from planner.district.vintage import as_known_in
from tests.scenario.town import PRIMARY, town

YEARS = range(2018, 2027)


def enrolment(**more):
    rows = [("A", grade, year, 80) for year in YEARS for grade in range(1, 7)]
    return pd.DataFrame(rows, columns=["school", "grade", "year", "pupils"]).assign(**more)


def births(rows):
    return pd.DataFrame(rows, columns=["area", "year", "month", "births"])


def test_no_count_after_the_autumn_is_left():
    known = as_known_in(town(enrolment=enrolment()), 2022)
    assert known.counted == 2022
    assert known["enrolment"]["year"].max() == 2022
    assert len(known["enrolment"]) == 5 * 6


def test_the_last_autumn_is_the_district_itself():
    district = town(enrolment=enrolment())
    assert as_known_in(district, 2026) is district


def test_births_are_as_many_years_behind_the_count_as_now():
    """Now: 2026 and births to 2025. In autumn 2022, births to 2021; by month, of 8/2026 those of 8/2022."""
    by_year = town(
        enrolment=enrolment(), births=births([("west", year, None, 9) for year in range(2010, 2026)])
    )
    assert as_known_in(by_year, 2022)["births"]["year"].max() == 2021
    months = [("west", year, month, 1) for year in range(2015, 2027) for month in range(1, 13)]
    by_month = town(enrolment=enrolment(), births=births(months[:-4]))
    known = as_known_in(by_month, 2022)["births"]
    last = known.loc[known["year"] == known["year"].max(), "month"].max()
    assert (known["year"].max(), last) == (2022, 8)


def test_extracts_made_after_the_count_are_not_known():
    """The count of 2022 was on 5 September: the extract of the 5th is known, that of the 6th is not."""
    rows = [("b1", 2017, f"2022-09-0{day}", "register", 8) for day in (5, 6)]
    children = pd.DataFrame(rows, columns=["block", "cohort", "as_of", "kind", "children"])
    counted_on = [f"{year}-09-05" for year in enrolment()["year"]]
    known = as_known_in(town(enrolment=enrolment(counted_on=counted_on), children=children), 2022)
    assert known["children"]["as_of"].dt.day.tolist() == [5]


def test_a_catchment_that_begins_later_holds_only_where_no_other_was_before():
    """b1 went from A to B in 2024; of b2 the table knows nothing before 2024, so it is taken to have belonged there."""
    rows = [(block, "primary", 2020, school) for block, school in PRIMARY.items() if block != "b2"]
    rows += [("b1", "primary", 2024, "B"), ("b2", "primary", 2024, "A")]
    rows += [(block, "junior", 2020, "J") for block in PRIMARY]
    table = pd.DataFrame(rows, columns=["block", "stage", "since", "school"])
    known = as_known_in(town(enrolment=enrolment(), catchments=table), 2022)["catchments"]
    primary = known.loc[known["stage"] == "primary"].set_index("block")
    assert primary.loc["b1", "school"] == "A"
    assert (primary.loc["b2", "school"], primary.loc["b2", "since"]) == ("A", 2022)


def test_nobody_knew_of_events_closures_and_forecasts_to_come():
    district = town(
        enrolment=enrolment(),
        events=pd.DataFrame({"school": ["A", "A"], "year": [2022, 2023], "kind": ["renaming", "rezoning"]}),
        forecasts=pd.DataFrame(
            {"made_in": [2021, 2023], "year": [2024, 2024], "school": "A", "grade": 1, "pupils": [80, 70]}
        ),
    )
    schools = district.schools.assign(open_to=pd.array([2021, None, 2022, 2024, None], dtype="Int64"))
    known = as_known_in(district.with_tables(schools=schools), 2022)
    assert known["events"]["year"].tolist() == [2022]
    assert known["forecasts"]["made_in"].tolist() == [2021]
    assert known.schools["open_to"].dropna().tolist() == [2021]
    assert known["projects"].empty
    assert len(district["projects"]) == 3
