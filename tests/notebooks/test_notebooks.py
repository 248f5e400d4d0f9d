"""The notebooks: scripts in cells that run offline, write nothing where they stand, and say what their text claims."""

from __future__ import annotations

import hashlib
import re
import runpy
import shutil
import socket
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest

import planner

PROJECT = Path(__file__).parents[2]
NOTEBOOKS = sorted((PROJECT / "notebooks").glob("*.py"))
DRAWS = 100


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of what a reader has: the notebooks, the made district and its scenarios."""
    folder = tmp_path_factory.mktemp("desk")
    for name in ("notebooks", "scenarios", "data/yuhe"):
        shutil.copytree(PROJECT / name, folder / name)
    return folder


@pytest.fixture
def ran(desk: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> Any:
    """Return a function that runs a notebook from its folder, with few draws and no network; names and text it left."""

    def offline(*_: object, **__: object) -> None:
        raise AssertionError("a notebook asked for the network")

    run = planner.run
    monkeypatch.setattr(socket.socket, "connect", offline)
    monkeypatch.setattr(
        planner, "run", lambda *given, **said: run(*given, **said | {"draws": DRAWS}), raising=False
    )
    monkeypatch.chdir(desk / "notebooks")
    monkeypatch.setenv("MPLBACKEND", "agg")
    before = digests(desk)

    def of(name: str) -> tuple[dict[str, Any], str]:
        names = runpy.run_path(str(desk / "notebooks" / f"{name}.py"))
        plt.close("all")
        assert digests(desk) == before
        return names, capsys.readouterr().out

    return of


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_cells_that_jupytext_opens(path: Path) -> None:
    """A header, then cells: prose is comment throughout, code compiles, no output is stored; more prose than nothing."""
    text = path.read_text(encoding="utf-8")
    header, *cells = re.split(r"^# %%", text, flags=re.MULTILINE)
    assert re.match(r"# ---\n# jupyter:\n(#.*\n)+# ---\n", header)
    prose = [cell for cell in cells if cell.startswith(" [markdown]\n")]
    assert prose[0].startswith(" [markdown]\n# # ")
    for cell in prose:
        assert all(line.startswith("#") for line in cell.splitlines()[1:] if line.strip())
    code = [cell for cell in cells if cell not in prose]
    for cell in code:
        compile(cell.partition("\n")[2], path.name, "exec")
    assert len(prose) >= len(code) / 2


def test_the_first_run_answers(ran: Any) -> None:
    """The sentence is printed; the question is about first grade of 2027."""
    names, said = ran("first_run")
    assert names["answer"].sentence in said
    assert "grade 1 exceeds its cap of 45 in 2027" in said


def test_the_rezoning_eases_the_school_and_moves_only_its_blocks(ran: Any) -> None:
    """
    The chosen blocks are of the full catchment; as many children as leave it come to the other school; its odds fall.

    The school has no free room, so that its question is one of re-zoning.
    """
    names, said = ran("rezoning")
    full, taker, before, after = (names[name] for name in ("full", "taker", "before", "after"))
    assert before.loc[full, "classes_planned"] == before.loc[full, "classes_possible"]
    assert before.loc[full, "p_over_possible"] > 0.5
    assert after.loc[full, "p_over_planned"] < 0.2
    assert after.loc[taker, "p_over_planned"] < 0.2
    assert set(names["blocks"].loc[names["chosen"], "catchment"]) == {full}
    change = after["expected"] - before["expected"]
    assert change[full] == pytest.approx(-change[taker], abs=0.5)
    assert -change[full] == pytest.approx(names["families"]["children"].sum(), abs=1)
    assert f"{len(names['chosen'])} blocks change" in said
    assert not names["scenario"].exists()


def test_an_own_district_comes_from_excel_to_an_answer(ran: Any) -> None:
    """Without coordinates the import refuses; with the recipe it has no error, every plot its school, and an answer."""
    names, said = ran("own_district")
    assert [finding.file for finding in names["first"].errors] == ["地块.shp"]
    assert not names["imported"].errors
    catchments = names["district"]["catchments"]
    assert sorted(catchments["block"]) == sorted(names["plots"])
    assert catchments.groupby("school").size().tolist() == [8, 8, 8]
    assert names["district"]["enrolment"]["classes"].notna().all()
    assert names["answer"].sentence in said
    assert names["answer"].at_risk["school"].iloc[0] == "02"
    assert not names["pile"].exists()


def test_the_odds_are_counted_as_the_text_says(ran: Any) -> None:
    """The share of draws at 45k + 1 or more is the answer's; all schools at once are likelier than their product."""
    names, said = ran("odds")
    row, demand, k = names["row"], names["demand"], names["k"]
    assert (demand >= 45 * k + 1).mean() == row["p_over_planned"]
    assert f"{45 * k} children in {k} classes: largest 45 \n" in said
    assert f"{45 * k + 1} children in {k} classes: largest 46 exceeds" in said
    assert len(names["open_cases"]) > 1
    assert names["counts"].mean() == pytest.approx(names["risks"].sum())
    assert np.isfinite(names["error"]).all()
