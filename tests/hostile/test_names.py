"""Names that are formulas stay text wherever they are written; ids that are paths make no file elsewhere."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import openpyxl
import pytest

from planner.cli import main
from planner.district import read_district
from tests.cli.conftest import digests
from tests.hostile.sound import KEEP, TEXTS, cells_of
from tests.hostile.test_damage import formula
from tests.hostile.texts import put

if TYPE_CHECKING:
    from pathlib import Path

MOVED = """
extends = "keep.toml"
summary = "+1+1"

[[catchments]]
blocks = ["B2"]
schools = ["002"]
since = 2027
"""


def called(sound: Path, desk: Path, names: dict[str, str]) -> None:
    """Lay the sound district on a desk, with other names in place of its own, wherever they stand."""
    shutil.copytree(sound / TEXTS, desk / TEXTS)
    for file in (desk / TEXTS).iterdir():
        if file.suffix == ".csv":
            put(file, [[names.get(cell, cell) for cell in row] for row in cells_of(file)])
        else:
            layer = json.loads(file.read_text("utf-8"))
            for feature in layer["features"]:
                of = feature["properties"]
                feature["properties"] = {
                    key: names.get(cell, cell) if isinstance(cell, str) else cell for key, cell in of.items()
                }
            file.write_text(json.dumps(layer), encoding="utf-8")
    keep = KEEP.format(edition=TEXTS).replace("Keep all as it is", "=1+1")
    (desk / "keep.toml").write_text(keep, encoding="utf-8")
    (desk / "moved.toml").write_text(MOVED, encoding="utf-8")


def texts_of(folder: Path) -> list[str]:
    """Return every cell of the CSV files of a folder, and of its workbooks, in which none may be a formula."""
    cells = [cell for file in sorted(folder.rglob("*.csv")) for row in cells_of(file) for cell in row]
    for file in folder.glob("*.xlsx"):
        for sheet in openpyxl.load_workbook(file):
            for row in sheet.iter_rows():
                assert [cell.coordinate for cell in row if cell.data_type == "f"] == [], sheet.title
                cells += [str(cell.value) for cell in row]
    return cells


def test_names_that_are_formulas_are_written_as_text(sound, tmp_path, capsys):
    """Ids, names, areas and summaries, in the results of a run and of a comparison, and in what import makes."""
    names = {
        "001": "=A1",
        "B1": "@SUM(A1)",
        "东街": "-2+3",
        "示例区": '=HYPERLINK("x")',
        "P1": "+cmd|' /C calc'!A0",
    }
    names |= {"示例第一小学": "=2+2", "Example First Primary": "=2+2", "东一片": "＝3+3", "East 1": "＝3+3"}
    called(sound, tmp_path, names)
    made = tmp_path / "made"
    made.mkdir()
    scenarios = [str(tmp_path / name) for name in ("keep.toml", "moved.toml")]
    assert main(["check", str(tmp_path / TEXTS), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []
    assert main(["run", scenarios[0], "--no-maps", "--out", str(made / "run")]) == 0
    assert main(["compare", *scenarios, "--no-maps", "--out", str(made / "compared")]) == 0
    assert main(["import", str(tmp_path / TEXTS), "--out", str(made / "imported")]) == 0
    for folder in sorted(made.iterdir()):
        cells = texts_of(folder)
        plain = [
            file for file in folder.rglob("*.csv") for row in cells_of(file) for cell in row if formula(cell)
        ]
        assert plain == [], folder.name
        assert any("=A1" in cell for cell in cells), folder.name
    again, before = read_district(made / "imported"), read_district(tmp_path / TEXTS)
    assert again.schools.index.tolist() == before.schools.index.tolist() == ["=A1", "002"]
    assert again["births"].equals(before["births"])


@pytest.mark.slow
def test_ids_that_are_paths_make_no_file_elsewhere(sound, tmp_path):
    """Not of run with its maps, import or comparison; nor does a stage of a policy, which maps are called by."""
    names = {"001": "../../escape", "B1": "/tmp/planner-escaped", "P1": "..", "002": "a/b\\c", "东街": "CON"}
    desk = tmp_path / "one" / "two" / "desk"
    desk.mkdir(parents=True)
    called(sound, desk, names)
    (desk / "moved.toml").write_text(MOVED.replace("002", "a/b\\\\c"), encoding="utf-8")
    before = digests(tmp_path)
    scenarios = [str(desk / name) for name in ("keep.toml", "moved.toml")]
    out = desk / "made"
    assert main(["run", scenarios[0], "--out", str(out / "run")]) == 0
    assert main(["compare", *scenarios, "--out", str(out / "compared")]) == 0
    assert main(["import", str(desk / TEXTS), "--out", str(out / "imported")]) == 0
    after = digests(tmp_path)
    made = out.relative_to(tmp_path).as_posix()
    assert {name: after[name] for name in after if not name.startswith(f"{made}/")} == before
    assert sorted(path.name for path in out.iterdir()) == ["compared", "imported", "run"]


@pytest.mark.parametrize("stage", ["../../escape", "/etc/passwd", "a/b", "..", "", "x" * 300])
def test_a_stage_that_is_a_path_is_refused(sound, tmp_path, capsys, stage):
    called(sound, tmp_path, {})
    (tmp_path / "policy.toml").write_text(
        f"""
profile = "own"
name = "Own"
name_zh = "自定"

[[stages]]
stage = "{stage}"
grades = "1-6"
name = "primary"
name_zh = "小学"
""",
        encoding="utf-8",
    )
    scenario = tmp_path / "keep.toml"
    scenario.write_text(scenario.read_text("utf-8") + 'policy = "policy.toml"\n', encoding="utf-8")
    before = digests(tmp_path)
    assert main(["run", str(scenario), "--no-maps", "--out", str(tmp_path / "out")]) == 1
    assert "one word" in capsys.readouterr().err
    assert digests(tmp_path) == before
