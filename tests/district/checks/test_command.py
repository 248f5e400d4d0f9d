"""`planner check --explain`, and how a check leads to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from planner.cli import main
from planner.district.explanations import all_pages
from planner.words import speaking

if TYPE_CHECKING:
    from pathlib import Path


def test_a_code_is_explained_without_a_district(capsys: pytest.CaptureFixture[str]) -> None:
    """All five parts of the page, and nothing else."""
    assert main(["check", "--explain", "D031"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "D031 Blocks overlap"
    assert len(lines) == 6
    assert lines[4].startswith("What to do: ")


def test_a_code_is_explained_in_chinese(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--explain", "D031", "--lang", "zh"]) == 0
    assert capsys.readouterr().out.startswith("D031 地块重叠\n")


@pytest.mark.parametrize("arguments", [["--explain", "all"], ["--explain"]])
def test_all_codes_are_listed_with_one_line_each(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", *arguments]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(all_pages())


@pytest.mark.parametrize(
    ("code", "near"), [("D09", "D090, D091, D092"), ("d0311", "D031"), ("overlap", "--explain all")]
)
def test_a_code_that_does_not_exist(code: str, near: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Wrong usage, with the codes that are like it, or the way to all of them."""
    assert main(["check", "--explain", code]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert code in said.err
    assert near in said.err


def test_a_check_says_once_how_a_code_is_explained(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With a code that was found; where nothing was found there is nothing to explain."""
    assert main(["check", str(folder)]) == 0
    assert "--explain" not in capsys.readouterr().out
    (folder / "travel.csv").unlink()
    assert main(["check", str(folder)]) == 0
    assert capsys.readouterr().out.count("planner check --explain D095") == 1


def test_findings_speak_of_stages_by_their_label(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """小学, where the table says primary."""
    table = (folder / "catchments.csv").read_text("utf-8-sig").splitlines()
    (folder / "catchments.csv").write_text(
        "\n".join(line for line in table if line != "NE,primary,2020,n"), "utf-8"
    )
    assert main(["check", str(folder), "--lang", "zh"]) == 1
    said = next(line for line in capsys.readouterr().out.splitlines() if "D041" in line)
    with speaking("zh"):
        assert "小学" in said
    assert "primary" not in said
