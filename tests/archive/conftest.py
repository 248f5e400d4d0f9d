"""One small run, and disks that are too small for it."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pandas as pd
import pytest

import planner
from planner.district import write_district
from tests.scenario.town import town

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from planner.pipeline import Run

BASE = """
summary = "=keep"
summary_zh = "维持现状"
district = "town"
policy = "cn-shandong"
until = 2028
draws = 20
seed = 5
"""
MOVED = """
extends = "keep.toml"
summary = "Move b3 to A"

[[catchments]]
blocks = ["b3"]
schools = ["A"]
since = 2028
"""


FEEDERS = pd.DataFrame({"school": ["T"], "to_school": ["B"], "share": [1.0]})
"""Without it the check tells that the teaching point's leavers have no school to go on to."""


@pytest.fixture(scope="session")
def place(tmp_path_factory) -> Path:
    """Return a folder with the town's district and two scenarios: keep.toml, moved.toml."""
    folder = tmp_path_factory.mktemp("town")
    write_district(town(feeders=FEEDERS), folder / "town")
    (folder / "keep.toml").write_text(BASE, encoding="utf-8")
    (folder / "moved.toml").write_text(MOVED, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def run(place) -> Run:
    """Return the run of moved.toml: two stages, two years, 20 draws."""
    return planner.run(place / "moved.toml")


@pytest.fixture
def disk(tmp_path) -> Iterator[Callable[[int], Path]]:
    """Give a function that mounts an empty disk of so many kilobytes; skip where mounting is not allowed."""
    mounted: list[Path] = []

    def mount(kilobytes: int) -> Path:
        folder = tmp_path / f"disk-{len(mounted)}"
        folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(folder)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        except OSError as error:
            pytest.skip(f"a small disk cannot be mounted here: {error}")
        if done.returncode:
            pytest.skip(f"a small disk cannot be mounted here: {done.stderr.strip()}")
        mounted.append(folder)
        return folder

    yield mount
    for folder in mounted:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture
def not_root() -> None:
    """Skip where permissions do not bind."""
    if os.geteuid() == 0:
        pytest.skip("root may write anywhere")
