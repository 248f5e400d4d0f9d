"""Damaged districts and scenarios: refused in words or used rightly, never a traceback, never half a result."""

from __future__ import annotations

import csv
import json
import shutil
import zipfile
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planner.cli import main
from planner.district import read_district
from tests.cli.conftest import digests
from tests.hostile.damage import COMMANDS, KINDS, damaged
from tests.hostile.sound import EDITIONS, KEEP

if TYPE_CHECKING:
    from pathlib import Path

    from tests.hostile.damage import Case

MANY = 1000
"""Cases of the long suite."""
PORTION = 50


def test_the_district_is_sound_in_every_edition(sound, tmp_path, capsys):
    """So that what is refused below is refused for its damage; and every edition gives the same figures."""
    tables = set()
    for edition in EDITIONS:
        capsys.readouterr()
        assert main(["check", str(sound / edition), "--json"]) == 0
        found = json.loads(capsys.readouterr().out)
        assert [finding["code"] for finding in found if finding["level"] == "warning"] == []
        scenario = tmp_path / f"{edition}.toml"
        scenario.write_text(KEEP.format(edition=sound / edition), encoding="utf-8")
        assert main(["run", str(scenario), "--no-maps", "--out", str(tmp_path / edition)]) == 0
        tables.add((tmp_path / edition / "tables" / "district.csv").read_bytes())
    assert len(tables) == 1


def tried(case: Case, command: str, desk: Path, capsys) -> str:
    """Give a command a damaged desk, hold what must hold, and return how it ended: refused or done."""
    before = digests(desk)
    facts, out = desk / case.edition, desk / "out"
    lines = {
        "check": ["check", str(facts), "--json"],
        "run": ["run", str(desk / "keep.toml"), "--no-maps", "--out", str(out)],
        "import": ["import", str(facts), "--out", str(out), "--policy", "cn-shandong"],
    }
    capsys.readouterr()
    code = main(lines[command])
    said = capsys.readouterr()
    assert code in {0, 1}, case.label
    assert "Traceback" not in said.err, case.label
    if case.harm.refused:
        assert code == 1, case.label
    if command == "check":
        found = json.loads(said.out)
        assert (code == 1) == any(finding["level"] == "error" for finding in found), case.label
        if case.harm.named:
            named = {finding["table"] for finding in found if finding["level"] != "note"}
            assert case.harm.named in named, case.label
    elif code == 1:
        assert said.err.strip() or said.out.strip(), case.label
    after = digests(desk)
    assert {name: after[name] for name in after if not name.startswith("out/")} == before, case.label
    made = code == 0 and command != "check"
    assert {path.name for path in desk.iterdir()} == {case.edition, "keep.toml"} | (
        {"out"} if made else set()
    ), case.label
    assert [path.name for path in desk.parent.iterdir()] == [desk.name], case.label
    if made and command == "run":
        whole(out, case.label)
    elif made:
        read_district(out)
        no_formulas(sorted(out.glob("*.csv")), case.label)
    return "refused" if code == 1 else "done"


def whole(out: Path, label: str) -> None:
    """Hold that a run folder is complete, that its figures are figures, and that no cell is a formula."""
    manifest = json.loads((out / "manifest.json").read_text("utf-8"))
    assert set(manifest["files"]) == set(digests(out)) - {"manifest.json", "run.log"}, label
    totals = pd.read_csv(out / "tables" / "district.csv")
    assert not totals.select_dtypes("number").isin([float("inf"), float("-inf")]).to_numpy().any(), label
    assert (totals["entitled"] >= 0).all(), label
    with zipfile.ZipFile(out / "run.xlsx") as book:
        sheets = [book.read(part) for part in book.namelist() if part.startswith("xl/worksheets/sheet")]
    assert sheets, label
    assert not any(b"<f>" in sheet or b"<f " in sheet for sheet in sheets), label
    no_formulas(sorted((out / "tables").glob("*.csv")), label)


def no_formulas(files: list[Path], label: str) -> None:
    """Hold that no cell of CSV files is one that a spreadsheet takes for a formula."""
    for table in files:
        with table.open(encoding="utf-8-sig", newline="") as file:
            cells = {cell for row in csv.reader(file) for cell in row}
        assert [cell for cell in cells if formula(cell)] == [], f"{label}: {table.name}"


def formula(cell: str) -> bool:
    """Whether a spreadsheet would take a cell for a formula: by its first character, unless it is figures."""
    if cell.replace(";", "").replace("-", "").replace(".", "").isdecimal():
        return False
    return cell[:1] in {"=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"}


def ended(number: int, sound: Path, place: Path, capsys) -> tuple[Case, str]:
    """Damage as a number says, try it, clear up, and return the case and how it ended."""
    desk = place / str(number)
    case = damaged(number, sound, desk)
    end = tried(case, case.command, desk, capsys)
    shutil.rmtree(desk)
    return case, end


@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(number=st.integers(0, 10**9))
def test_whatever_is_damaged_is_refused_in_words_or_used_whole(number, sound, tmp_path_factory, capsys):
    ended(number, sound, tmp_path_factory.mktemp("damage"), capsys)


@pytest.mark.parametrize(
    "kind", range(len(KINDS)), ids=[f"{edition}-{way.__name__.strip('_')}" for edition, way in KINDS]
)
def test_every_kind_of_damage_is_tried(kind, sound, tmp_path, capsys):
    """Once each, with the command that its number says, so that none is left to chance."""
    case = damaged(kind, sound, tmp_path / "desk", kind)
    tried(case, case.command, tmp_path / "desk", capsys)


@pytest.mark.slow
@pytest.mark.parametrize("kind", range(len(KINDS)))
def test_what_a_check_refuses_no_other_command_takes(kind, sound, tmp_path, capsys):
    """And what it lets pass can be run; import may be stricter, as it knows nothing of the desk's policy. Of a scenario
    there is only the run.
    """
    for number in range(3):
        desk = tmp_path / str(number) / "desk"
        desk.parent.mkdir()
        case = damaged(10_000 + number, sound, desk, kind)
        if "keep.toml" in case.harm.what:
            tried(case, "run", desk, capsys)
            continue
        ends = {}
        for command in COMMANDS:
            ends[command] = tried(case, command, desk, capsys)
            shutil.rmtree(desk / "out", ignore_errors=True)
        assert ends["check"] == ends["run"], case.label


@pytest.mark.slow
@pytest.mark.parametrize("portion", range(MANY // PORTION))
def test_a_thousand_damaged_districts_and_scenarios(portion, sound, tmp_path_factory, capsys):
    """Some are refused and some are not: neither is the answer to everything."""
    ends = [
        ended(number, sound, tmp_path_factory.mktemp("damage"), capsys)[1]
        for number in range(PORTION * portion, PORTION * (portion + 1))
    ]
    assert ends.count("refused") > PORTION / 10
    assert ends.count("done") > PORTION / 10
