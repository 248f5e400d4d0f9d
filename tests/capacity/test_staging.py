"""New schools that open grade by grade, by hand."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
from shapely import Point

from planner.capacity import build_capacity, grades_open
from planner.capacity.staging import staging_faults, years_before
from tests.scenario.town import CRS, town, town_policy

STAGES = town_policy().stages
NINE = (1, 9)


def test_a_grade_waits_until_it_is_named():
    """1; 1-2; 1-9: grade 1 from the first year, grade 2 from the second, grade 7 from the third."""
    steps = ((1, 1), (1, 2), (1, 9))
    assert [years_before(steps, grade) for grade in (1, 2, 7)] == [0, 1, 2]
    assert years_before((), 7) == 0
    assert years_before(((1, 6),), 7) is None


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        (((1, 1), (1, 2), (1, 9)), None),
        (((1, 9),), None),
        (((7, 7), (7, 8), (1, 9)), None),
        (((1, 10),), "1-10"),
        (((2, 2), (1, 9)), "nobody enters"),
        (((1, 1), (1, 1), (1, 9)), "2. year leaves out grade 2"),
        (((1, 1), (2, 2), (1, 9)), "2. year leaves out grade 1"),
        (((1, 1), (1, 2)), "end with all its grades, 1-9"),
    ],
)
def test_grades_have_to_be_open_when_children_reach_them(
    steps: tuple[tuple[int, int], ...], words: str | None
):
    """Who enters in the first year is in grade 2 in the second, with new entrants in grade 1."""
    told = [str(fault) for fault in staging_faults(steps, NINE, STAGES)]
    assert len(told) == (words is not None), told
    assert words is None or words in told[0]


def test_the_last_entry_lasts_for_a_whole_stage():
    """1; 1-2; 1-6 of six grades is sound: by the third year all are open."""
    assert not staging_faults(((1, 1), (1, 2), (1, 6)), (1, 6), STAGES)


def test_only_counted_projects_of_new_schools_hold_grades_back():
    """A school of 2028 with 1; 1-9: grade 7 is open from 2029 on; all grades of the others always are."""
    row = {
        "project": "nine", "school": "N", "kind": "new", "grades": "1-9", "rooms": "12", "opens": 2028, "certainty": 1.0,
        "opening_grades": "1;1-9",
    }  # fmt: skip
    places = [Point(4500, 500), Point(4500, 500)]
    wing = {"project": "wing", "school": "B", "kind": "expansion", "rooms": "2", "opens": 2028}
    projects = gpd.GeoDataFrame(pd.DataFrame([row, wing]), geometry=places, crs=CRS)
    district, years = town(projects=projects), (2027, 2028, 2029, 2030)
    capacity = build_capacity(district, town_policy(), years)
    held = capacity.projects.assign(counted=[True, True])
    found = grades_open(district, held, ("B", "N"), (1, 7), years)
    assert found[0].all()
    assert found[1].tolist() == [[False, True, True, True], [False, False, True, True]]
    assert grades_open(district, held.assign(counted=False), ("B", "N"), (1, 7), years).all()
