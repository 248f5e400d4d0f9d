"""The same facts, in whatever order of files and rows, on one thread or two, give the same bytes."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from planner.cli import main
from tests.cli.conftest import digests
from tests.hostile.sound import KEEP, TEXTS, cells_of
from tests.hostile.texts import put

if TYPE_CHECKING:
    from pathlib import Path

PLANNER = [sys.executable, "-c", "import sys; from planner.cli import main; sys.exit(main())"]
LISTS = ("schools.geojson", "blocks.geojson")
"""Files whose order is that of schools and blocks in every result."""


def reordered(sound: Path, desk: Path, seed: int = 0, *, rows: bool = False, lists: bool = False) -> None:
    """Lay the district on a desk, its files made in another order; if asked for, rows and lists in another order."""
    chance = random.Random(seed)
    (desk / TEXTS).mkdir(parents=True)
    (desk / "keep.toml").write_text(KEEP.format(edition=TEXTS), encoding="utf-8")
    files = sorted((sound / TEXTS).iterdir())
    chance.shuffle(files)
    for file in files:
        copy = desk / TEXTS / file.name
        shutil.copyfile(file, copy)
        if file.suffix == ".csv" and rows:
            head, *body = cells_of(file)
            chance.shuffle(body)
            put(copy, [head, *body])
        elif file.name in LISTS and lists:
            layer = json.loads(file.read_text("utf-8"))
            layer["features"].reverse()
            copy.write_text(json.dumps(layer), encoding="utf-8")


def results(out: Path) -> dict[str, str]:
    """Return the digests of all that a run leaves but the log, which has the time, and the digests of its inputs."""
    return {name: digest for name, digest in digests(out).items() if name not in {"run.log", "manifest.json"}}


def test_the_order_of_rows_changes_no_byte(sound, tmp_path):
    """Of no table but schools and blocks: facts are found by their keys."""
    found = []
    for seed in range(3):
        desk = tmp_path / str(seed)
        reordered(sound, desk, seed, rows=seed > 0)
        assert main(["run", str(desk / "keep.toml"), "--no-maps", "--out", str(desk / "out")]) == 0
        found.append(results(desk / "out"))
    assert {"run.gpkg", "run.xlsx", "tables/odds.csv"} <= set(found[0])
    assert found[0] == found[1] == found[2]


def test_schools_and_blocks_in_another_order_give_the_same_rows(sound, tmp_path):
    """Results list schools and blocks as the district does; what they say of each is the same, draw by draw."""
    tables = []
    for lists in (False, True):
        desk = tmp_path / str(lists)
        reordered(sound, desk, lists=lists)
        assert main(["run", str(desk / "keep.toml"), "--no-maps", "--out", str(desk / "out")]) == 0
        tables.append({file.name: cells_of(file) for file in sorted((desk / "out" / "tables").glob("*.csv"))})
    assert tables[0] != tables[1]
    assert {name: sorted(rows) for name, rows in tables[0].items()} == {
        name: sorted(rows) for name, rows in tables[1].items()
    }


@pytest.mark.slow
def test_one_thread_or_two_and_another_order_of_files_give_the_same_bytes(sound, tmp_path):
    """All files with maps and pages, from new processes in which sets, too, are ordered differently."""
    found = []
    for threads in ("1", "2"):
        desk = tmp_path / threads
        reordered(sound, desk, int(threads), rows=threads == "2")
        of_threads = {f"{library}_NUM_THREADS": threads for library in ("OMP", "OPENBLAS", "MKL", "NUMEXPR")}
        environment = os.environ | of_threads | {"PYTHONHASHSEED": threads}
        subprocess.run([*PLANNER, "run", "keep.toml", "--out", "out"], env=environment, cwd=desk, check=True)
        found.append(results(desk / "out"))
    endings = {name.rpartition(".")[2] for name in found[0]}
    assert {"csv", "png", "html", "gpkg", "xlsx"} <= endings
    assert found[0] == found[1]
