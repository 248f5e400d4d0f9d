"""Ctrl-C, a killed process, a reader that goes away, a disk that is full: never half a result."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.conftest import digests

PLANNER = [sys.executable, "-c", "import sys; from planner.cli import main; sys.exit(main())"]
PATIENCE = 120
"""Longest wait for what must come. [s]"""


def hidden(desk: Path) -> list[Path]:
    return sorted(desk.glob(".out.unfinished.*"))


@pytest.fixture
def writing(desk):
    """Return a process in the middle of writing its run folder: maps take it a while."""
    process = subprocess.Popen(
        [*PLANNER, "run", "keep.toml", "--out", "out"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    waited = time.monotonic() + PATIENCE
    while not (found := hidden(desk)) or not (found[0] / "new" / "maps").exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < waited
        time.sleep(0.01)
    yield process
    process.kill()
    process.communicate()


def test_ctrl_c_while_writing_leaves_nothing(desk, writing):
    before = digests(desk / "facts")
    writing.send_signal(signal.SIGINT)
    out, err = writing.communicate(timeout=PATIENCE)
    assert writing.returncode == 130
    assert (out, err.strip()) == ("", "Interrupted; nothing half-done was left behind.")
    assert hidden(desk) == []
    assert not (desk / "out").exists()
    assert digests(desk / "facts") == before


def test_a_process_that_is_killed_leaves_a_hidden_folder_alone(desk, writing, planner):
    """Nothing stands under the run's name, and the next run goes its way."""
    writing.kill()
    writing.communicate(timeout=PATIENCE)
    assert not (desk / "out").exists()
    assert len(hidden(desk)) == 1
    assert planner("run", "keep.toml", "--no-maps", "--out", "out").code == 0


@pytest.mark.parametrize("step", ["read_district", "fit_forecast", "simulate_all", "all_outcomes"])
def test_ctrl_c_while_running_writes_nothing(desk, planner, monkeypatch, step):
    def interrupted(*_: object, **__: object) -> None:
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(f"planner.pipeline.running.{step}", interrupted)
    before = digests(desk)
    said = planner("run", "keep.toml", "--out", "out")
    assert said.code == 130
    assert "Interrupted" in said.err
    assert digests(desk) == before
    assert hidden(desk) == []


def test_ctrl_c_while_a_run_is_replaced_leaves_the_earlier_one(desk, planner, monkeypatch):
    assert planner("run", "keep.toml", "--no-maps", "--out", "out").code == 0
    before = digests(desk)

    def interrupted(*_: object, **__: object) -> None:
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr("planner.archive.folder.write_geopackage", interrupted)
    said = planner("run", "moved.toml", "--no-maps", "--out", "out", "--replace")
    assert said.code == 130
    assert digests(desk) == before
    assert hidden(desk) == []


def test_a_picture_that_is_interrupted_leaves_the_earlier_one(desk, planner, monkeypatch):
    (desk / "map.svg").write_text("old", encoding="utf-8")
    before = digests(desk)

    def interrupted(_: object, path: Path) -> None:
        path.write_text("half", encoding="utf-8")
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr("planner.cli.drawing.save_figure", interrupted)
    assert planner("map", "keep.toml", "--out", "map.svg").code == 130
    assert digests(desk) == before


@pytest.mark.parametrize(
    "line",
    [
        ("schema",),
        ("check", "facts", "--lang", "zh"),
        ("exceed", "keep.toml", "--grade", "any", "--year", "2027"),
    ],
)
def test_a_reader_that_goes_away_ends_the_command_quietly(desk, line):
    """As in ``planner schema | head -1``: here nobody reads at all."""
    reading, writing_end = os.pipe()
    os.close(reading)
    with os.fdopen(writing_end, "wb") as pipe:
        done = subprocess.run([*PLANNER, *line], stdout=pipe, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_output_that_cannot_be_written_is_one_message():
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*PLANNER, "schema"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 1
    assert done.stderr.startswith("output: No space left on device.")
    assert len(done.stderr.splitlines()) == 1


def test_a_full_disk_is_one_message(desk, tmp_path):
    """A disk of 300 kB takes the tables, not the GeoPackage; what GDAL and SQLite shout is not passed on."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", str(disk)]
    try:
        mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    except OSError:
        mounted = False
    if not mounted:
        pytest.skip("a small disk cannot be mounted here")
    try:
        line = [*PLANNER, "run", "keep.toml", "--no-maps", "--out", str(disk / "out")]
        done = subprocess.run(line, capture_output=True, text=True, check=False)
        left = list(disk.iterdir())
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)
    assert (done.returncode, done.stdout, left) == (1, "", [])
    assert done.stderr == (
        f"{disk / 'out'} cannot be written: the disk is full. Make room, or choose a place that you may write to.\n"
    )


def test_a_full_disk_is_one_message_where_none_can_be_mounted(desk, planner, monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("planner.archive.folder.write_workbook", full)
    said = planner("run", "keep.toml", "--no-maps", "--out", "out")
    assert said.code == 1
    assert (
        said.err
        == "out cannot be written: the disk is full. Make room, or choose a place that you may write to.\n"
    )
    assert not (desk / "out").exists()
    assert hidden(desk) == []
