"""A small desk to work at: the example district, a scenario that keeps it and one that moves a block."""

from __future__ import annotations

import hashlib
import shutil
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from planner.cli import main
from planner.district import new_district

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KEEP = """
summary = "Keep all as it is"
summary_zh = "维持现状"
district = "facts"
until = 2028
draws = 10
seed = 3
"""
MOVED = """
extends = "keep.toml"
summary = "Move East 2 to the nine-year school"
summary_zh = "东二片划归实验学校"

[[catchments]]
blocks = ["B2"]
schools = ["002"]
since = 2028
"""


@dataclass(frozen=True)
class Said:
    """What a command line said."""

    code: int
    out: str
    err: str


def digests(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file in a folder."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="session")
def _example(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("example")
    new_district(folder / "facts")
    (folder / "keep.toml").write_text(KEEP, encoding="utf-8")
    (folder / "moved.toml").write_text(MOVED, encoding="utf-8")
    return folder


@pytest.fixture
def desk(_example, tmp_path, monkeypatch) -> Path:
    """Return a folder, the present one, with facts/, keep.toml and moved.toml."""
    folder = tmp_path / "desk"
    shutil.copytree(_example, folder)
    monkeypatch.chdir(folder)
    monkeypatch.delenv("PLANNER_LANG", raising=False)
    return folder


@pytest.fixture
def planner(capsys, monkeypatch) -> Callable[..., Said]:
    """Return a function that carries out a command line, in a pipe or on a terminal, and tells what it said."""

    def command(*arguments: object, columns: int = 0) -> Said:
        capsys.readouterr()
        with monkeypatch.context() as patch:
            if columns:
                patch.setenv("COLUMNS", str(columns))
                patch.setattr(sys.stdout, "isatty", lambda: True)
                patch.setattr(sys.stderr, "isatty", lambda: True)
            code = main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return Said(code=code, out=said.out, err=said.err)

    return command
