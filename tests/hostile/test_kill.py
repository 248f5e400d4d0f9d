"""A run that is killed at any moment leaves nothing that reads as whole."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import digests

if TYPE_CHECKING:
    from pathlib import Path

PLANNER = [sys.executable, "-c", "import sys; from planner.cli import main; sys.exit(main())"]
MOMENTS = 100
SHORT = 'extends = "keep.toml"\nuntil = 2027\n'
PATIENCE = 600
"""Longest wait for a run that is not killed. [s]"""


def reads_as_whole(folder: Path) -> bool:
    """Return whether a folder has a manifest that can be read; then every file must be what it says."""
    try:
        listed = json.loads((folder / "manifest.json").read_text("utf-8"))["files"]
    except (FileNotFoundError, json.JSONDecodeError):
        return False
    assert "run.gpkg" in listed
    assert listed == {
        name: digest for name, digest in digests(folder).items() if name not in {"manifest.json", "run.log"}
    }
    return True


def left_whole(desk: Path) -> bool:
    """Return whether a folder stands under the run's name; then it must be whole."""
    out = desk / "out"
    if not out.exists():
        return False
    assert reads_as_whole(out)
    return True


def killed_at(desk: Path, seconds: float) -> bool:
    """Kill a run after a while, and return whether it had come to its end."""
    process = subprocess.Popen(
        [*PLANNER, "run", "short.toml", "--out", "out"],
        cwd=desk,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    return left_whole(desk)


@pytest.mark.slow
def test_killed_at_a_hundred_random_moments_nothing_reads_as_whole(desk):
    """Half of the moments are in the last third of a run, the shortest so far, where its files are written."""
    (desk / "short.toml").write_text(SHORT, encoding="utf-8")
    before = digests(desk)
    start = time.monotonic()
    assert killed_at(desk, PATIENCE)
    length = time.monotonic() - start
    shutil.rmtree(desk / "out")
    chance = random.Random(2026)
    ends, unfinished = [], 0
    for moment in range(MOMENTS):
        start = time.monotonic()
        ends.append(killed_at(desk, length * chance.uniform(0.65 * (moment % 2), 1.0)))
        if ends[-1]:
            length = min(length, time.monotonic() - start)
        hidden = [folder for folder in desk.iterdir() if folder.name.startswith(".out.unfinished.")]
        unfinished += any(not reads_as_whole(folder / "new") for folder in hidden)
        for folder in (desk / "out", *hidden):
            shutil.rmtree(folder, ignore_errors=True)
        assert digests(desk) == before
    assert ends.count(False) > MOMENTS / 2
    assert unfinished > MOMENTS / 20
