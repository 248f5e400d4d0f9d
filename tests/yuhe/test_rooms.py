"""What the made district's last count shows: rooms, classes, growth, projects."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely

DATA = Path(__file__).parents[2] / "data"


@pytest.fixture(scope="module")
def used(table):
    """Return classes of the last count by school."""
    rows = table("enrolment")
    return rows[rows["year"] == 2026].groupby("school")["classes"].sum()


MADE_WITH = {"numpy": "2.4", "GEOS": "3.14"}
"""Versions the committed files were made with; others may round or draw otherwise."""


def test_the_script_makes_the_files_byte_for_byte(tmp_path):
    subprocess.run([sys.executable, DATA / "build_yuhe.py", tmp_path], check=True, capture_output=True)
    made = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    kept = {file.name: file.read_bytes() for file in (DATA / "yuhe").iterdir()}
    assert made.keys() == kept.keys()
    other = [name for name in made if made[name] != kept[name]]
    here = {"numpy": np.__version__, "GEOS": shapely.geos_version_string}
    if other and any(not version.startswith(MADE_WITH[name]) for name, version in here.items()):
        pytest.skip(f"made with {MADE_WITH}, here {here}: {other} come out otherwise")
    assert other == []


def test_the_files_are_small():
    assert sum(file.stat().st_size for file in (DATA / "yuhe").iterdir()) < 2_500_000


def test_the_schools_asked_for(table):
    """About 30 primaries, 12 juniors, 4 nine-year schools, 5 points, private schools and one group of several campuses."""
    schools = table("schools")
    public = schools[schools["owner"] == "public"]
    assert Counter(public["grades"]) == {"1-6": 30, "7-9": 12, "1-9": 4, "1-3": 5}
    groups = schools["group"].dropna().value_counts()
    assert groups.to_dict() == {"玉河区实验小学": 3}
    assert schools["name_en"].notna().all()
    assert table("blocks")["name"].is_unique


def test_97_per_cent_of_rooms_are_used_in_urban_and_town_public_schools(public, used):
    """Classes / rooms of public schools outside villages, within a point."""
    town = public.index[public["place"] != "rural"]
    assert used[town].sum() / public.loc[town, "rooms"].sum() == pytest.approx(0.97, abs=0.01)


def test_40_per_cent_of_village_rooms_are_empty(public, used):
    village = public.index[public["place"] == "rural"]
    assert used[village].sum() / public.loc[village, "rooms"].sum() == pytest.approx(0.60, abs=0.04)


def test_five_schools_have_classes_in_borrowed_rooms(public, used):
    assert (used[public.index] > public["rooms"]).sum() == 5


@pytest.mark.parametrize("year", [2024, 2025, 2026])
def test_classes_of_the_last_three_counts_add_up_to_enrolment(table, year):
    """Every grade of every school: as many children, and as many classes."""
    lists, rows = table("classes"), table("enrolment")
    rows = rows[(rows["year"] == year) & (rows["pupils"] > 0)].set_index(["school", "grade"])
    found = lists[lists["year"] == year].groupby(["school", "grade"])["pupils"].agg(["sum", "size"])
    assert (found["sum"].reindex(rows.index) == rows["pupils"]).all()
    assert (found["size"].reindex(rows.index) == rows["classes"]).all()
    assert len(found) == len(rows)
    assert set(lists["year"]) == {2024, 2025, 2026}


@pytest.fixture(scope="module")
def heads(table):
    """Return the classes of the last count."""
    lists = table("classes")
    return lists[lists["year"] == 2026]


def test_between_1_and_2_per_cent_of_classes_are_of_56_or_more_none_in_a_starting_grade(heads):
    large = heads[heads["pupils"] >= 56]
    assert 0.01 <= len(large) / len(heads) <= 0.02
    assert set(large["grade"]) <= {3, 4, 5, 6, 8, 9}
    assert heads.loc[heads["grade"] == 1, "pupils"].max() <= 45
    assert heads.loc[heads["grade"] == 7, "pupils"].max() <= 50


def test_four_classes_are_of_66_or_more(heads):
    assert (heads["pupils"] >= 66).sum() == 4


def test_three_schools_have_more_than_2000_children(pupils):
    assert (pupils.xs(2026, level="year").groupby("school").sum() > 2000).sum() == 3


def test_year_groups_keep_their_classes(table):
    """From one autumn to the next a year group has the same classes, or one more or fewer."""
    classes = table("enrolment").set_index(["school", "grade", "year"])["classes"]
    change = [
        number - classes[school, grade - 1, year - 1]
        for (school, grade, year), number in classes.items()
        if grade not in {1, 4, 7} and classes.get((school, grade - 1, year - 1), 0)
    ]
    assert set(change) <= {-1, 0, 1}
    assert change.count(0) / len(change) > 0.85


def test_classes_fitted_the_rooms_of_today_in_the_peak_years(public, table):
    """Urban and town classes of 2023-2025 were never more than 101 % of today's rooms."""
    town = public.index[public["place"] != "rural"]
    rows = table("enrolment")
    by_year = rows[rows["school"].isin(town) & (rows["year"] >= 2023)].groupby("year")["classes"].sum()
    assert (by_year / public.loc[town, "rooms"].sum() < 1.01).all()


def test_six_new_town_catchments_grew_by_10_per_cent_a_year(table, catchment):
    """Children of grades 1-6 who live in today's catchment, 2026 over 2023: 1.1 x 1.1 x 1.1 = 1.331 or more."""
    homes, held = table("residents"), catchment("primary", 2026)
    homes = homes[homes["grade"] <= 6]
    living = homes.groupby([homes["block"].map(held), "year"])["children"].sum()
    before, now = living.xs(2023, level="year"), living.xs(2026, level="year")
    growing = set(now.index[now >= 1.331 * before])
    assert growing == {"P11", "P12", "P13", "P14", "P15", "N02"}


def test_projects_of_every_kind_with_certainty(table):
    projects = table("projects")
    assert set(projects["kind"]) == {
        "new", "expansion", "relocation", "fit_out", "conversion", "temporary", "closure", "upgrade",
    }  # fmt: skip
    assert (projects["certainty"].min(), projects["certainty"].max()) == (0.4, 1.0)
    assert (projects["rooms"].astype(str).str.count(";") >= 2).any(), "phases"
    assert projects["depends_on"].notna().any()
    assert set(projects.loc[projects["kind"] != "new", "school"]) <= set(table("schools")["school"])


def test_new_buildings_cost_50_to_60_thousand_yuan_a_seat(table):
    """New primaries of 36 classes cost 52,700 to 55,600 yuan a seat (Xiapu, Ningcheng, Ji'an)."""
    new = table("projects").query("kind == 'new'")
    seat = new["cost_yuan"] / new["seats_stated"]
    assert len(new) >= 3
    assert seat.between(50_000, 60_000).all()


def test_a_project_states_54_seats_a_class_as_documents_do(table):
    """647 seats in 12 classes are 53.9 a class, as Taierzhuang's 4,640 in 86 (2020)."""
    one = table("projects").set_index("project").loc["j06-extension"]
    assert one["seats_stated"] / int(one["rooms"]) == pytest.approx(4640 / 86, abs=0.1)


def test_housing_is_handed_over_in_phases_from_2024_to_2031(table):
    housing = table("housing")
    years = pd.to_datetime(housing["hand_over"]).dt.year
    assert (years.min(), years.max()) == (2024, 2031)
    assert housing.groupby("development").size().max() >= 3
    assert housing["certainty"].between(0.4, 1).all()
    area = table("blocks").set_index("block")["area"]
    assert housing["block"].map(area).isin(["新城街道", "云湖街道"]).mean() > 0.8
