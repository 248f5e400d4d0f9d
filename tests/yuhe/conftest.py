"""The made district as plain tables, read without the planner."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

DATA = Path(__file__).parents[2] / "data"


@cache
def _table(name):
    if (plain := DATA / "yuhe" / f"{name}.csv").exists():
        return pd.read_csv(plain)
    return gpd.read_file(DATA / "yuhe" / f"{name}.geojson")


@pytest.fixture(scope="session")
def table():
    """Return a function that gives a table of the district by name."""
    return _table


@cache
def _catchment(stage, year):
    rows = _table("catchments")
    rows = rows.loc[(rows["stage"] == stage) & (rows["since"] <= year)].sort_values(by="since", kind="stable")
    return rows.drop_duplicates("block", keep="last").set_index("block")["school"].sort_index()


@pytest.fixture(scope="session")
def catchment():
    """Return a function that gives the school of each block by stage and year."""
    return _catchment


@cache
def _pupils():
    return _table("enrolment").set_index(["school", "grade", "year"])["pupils"]


@pytest.fixture(scope="session")
def pupils():
    """Return pupils by school, grade and year."""
    return _pupils()


@pytest.fixture(scope="session")
def public(table):
    """Return public schools by id."""
    schools = table("schools").set_index("school")
    return schools[schools["owner"] == "public"]
