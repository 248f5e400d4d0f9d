"""Same inputs, same seed: the same bytes, in any process."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

SCRIPT = """
import sys
import planner
from planner.words import speaking
with speaking(sys.argv[3]):
    run = planner.run(sys.argv[1])
    planner.write_run(run, sys.argv[2])
    if len(sys.argv) > 4:
        planner.write_run(planner.run(sys.argv[1]), sys.argv[4])
"""


def digests(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file but the log."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "run.log"
    }


def written(hash_seed: str, *arguments: object) -> None:
    environment = os.environ | {"PYTHONHASHSEED": hash_seed}
    subprocess.run([sys.executable, "-c", SCRIPT, *map(str, arguments)], env=environment, check=True)


def test_two_processes_and_two_runs_of_one_write_the_same_files(place, tmp_path):
    """Tables, workbook, GeoPackage, maps, manifest; sets are ordered differently in each process."""
    (place / "short.toml").write_text('extends = "keep.toml"\nuntil = 2027\n', encoding="utf-8")
    written("1", place / "short.toml", tmp_path / "one", "zh", tmp_path / "again")
    written("4242", place / "short.toml", tmp_path / "other", "zh")
    first = digests(tmp_path / "one")
    assert {
        "run.gpkg",
        "run.xlsx",
        "manifest.json",
        "tables/odds.csv",
        "maps/seat-gap-primary-2027.png",
    } <= set(first)
    assert digests(tmp_path / "again") == first
    assert digests(tmp_path / "other") == first
