"""Where the real cases lie, when this machine has them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_PROJECT = Path(__file__).parents[2]


def real_folder(name: str) -> Path:
    """Return where a real case lies: under PLANNER_REAL_DATA, else in ``shared/data`` beside the project."""
    return Path(os.environ.get("PLANNER_REAL_DATA", _PROJECT.parent / "shared" / "data")) / name


def real_data(name: str) -> Path:
    """Return the folder of a real case, or skip the test with the reason."""
    folder = real_folder(name)
    if not folder.is_dir():
        pytest.skip(f"the real case {name} is not on this machine (set PLANNER_REAL_DATA)")
    return folder
