"""A sound district in every edition, made once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.hostile.sound import make_sound

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def sound(tmp_path_factory) -> Path:
    """Return the folder of the editions; tests copy what they change."""
    folder = tmp_path_factory.mktemp("sound")
    make_sound(folder)
    return folder
