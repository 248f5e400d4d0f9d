"""Folders of the square district, to be spoilt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from planner.district import write_district
from tests.district import square

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with the square district, one file a table."""
    return write_district(square.district(), tmp_path / "square")
