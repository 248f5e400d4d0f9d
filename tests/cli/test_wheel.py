"""The built wheel holds every file that the command reads."""

from __future__ import annotations

import tomllib
from pathlib import Path

PROJECT = Path(__file__).parents[2]


def test_every_file_that_is_no_code_is_named_as_package_data():
    """Dictionaries, catalogue, profiles, font: what setuptools is not told of is missing after an install."""
    told = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))
    patterns = told["tool"]["setuptools"]["package-data"]["planner"]
    package = PROJECT / "planner"
    packed = {path for pattern in patterns for path in package.glob(pattern)}
    there = {path for path in package.rglob("*") if path.is_file() and path.suffix not in {".py", ".pyc"}}
    assert {path.relative_to(package).as_posix() for path in there - packed} == set()
    assert package / "words" / "outcome_columns.csv" in packed


def test_every_folder_of_code_is_a_package():
    """`packages.find` takes folders with an `__init__.py` alone."""
    folders = {path.parent for path in (PROJECT / "planner").rglob("*.py")}
    bare = {folder.name for folder in folders if not (folder / "__init__.py").exists()}
    assert bare <= {"fonts"}
