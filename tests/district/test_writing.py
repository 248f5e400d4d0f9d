"""Writing: what is written reads back the same, in the same bytes, whole or not at all."""

from __future__ import annotations

import errno
import resource
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pytest
from shapely import MultiPolygon

from planner.district import check_path, new_district, read_district, write_district
from planner.district.empty import column_description
from planner.errors import DataError, OutputError
from planner.words import read_dictionary
from tests.district import square

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from planner.district import District


@pytest.fixture
def rich() -> District:
    """Return the square with a table of every type of cell."""
    blocks = square.tables()["blocks"]
    parts = [square.land(0, 1000, 1000, 1500), square.land(0, 1600, 1000, 2000)]
    blocks.loc[0, "geometry"] = MultiPolygon(parts)
    return square.district(
        blocks=blocks,
        enrolment=square.edited(
            "enrolment", full=["是", "no", ""] * 15, counted_on="2026-09-05", planned_places=None
        ),
        projects=square.maps(
            [
                {
                    "project": "1",
                    "school": "n",
                    "kind": "expansion",
                    "rooms": "4;8",
                    "certainty": 0.85,
                    "opens": 2028,
                },
                {
                    "project": "2",
                    "school": "s",
                    "kind": "closure",
                    "rooms": "-3",
                    "certainty": None,
                    "opens": None,
                },
            ],
            [square.at(1, 1), None],
        ),
        rules=pd.DataFrame(
            {"rule": ["walk"], "at_most": [1500.5], "since": ["2027-09-01"], "source": ["町，“引号”, comma"]}
        ),
    )


def same(one: District, other: District) -> None:
    for name in read_dictionary():
        if name == "about":
            continue
        left, right = one[name], other[name]
        pd.testing.assert_frame_equal(
            pd.DataFrame(left.drop(columns="geometry", errors="ignore")),
            pd.DataFrame(right.drop(columns="geometry", errors="ignore")),
        )
        if isinstance(left, gpd.GeoDataFrame):
            assert left.geometry.isna().tolist() == right.geometry.isna().tolist()
            kept = left.geometry.notna()
            assert (left.geometry[kept].hausdorff_distance(right.geometry[kept]) < 0.001).all()


@pytest.mark.parametrize("name", ["out", "out.gpkg"])
def test_what_is_written_reads_back_the_same(tmp_path: Path, rich: District, name: str) -> None:
    """Texts, figures, dates, yes and no, blanks and places to a millimetre, in the same metric system."""
    read = read_district(write_district(rich, tmp_path / name))
    assert (read.name, read.counted, read.crs, read.policy) == ("方区", 2026, square.CRS, "cn-shandong")
    same(rich, read)


@pytest.mark.parametrize("name", ["out", "out.gpkg"])
def test_equal_districts_are_written_in_equal_bytes(tmp_path: Path, rich: District, name: str) -> None:
    """Nothing of the clock is in the files."""
    first, second = (write_district(rich, tmp_path / place / name) for place in ("a", "b"))
    files = [first] if first.is_file() else sorted(first.iterdir())
    for file in files:
        twin = second if second.is_file() else second / file.name
        assert file.read_bytes() == twin.read_bytes()


def test_a_second_writing_needs_replace(tmp_path: Path, rich: District) -> None:
    """What is there is kept unless the caller says so; then nothing of it is left."""
    path = write_district(rich, tmp_path / "out")
    (path / "travel.csv").write_text("mine")
    with pytest.raises(OutputError, match="is there already"):
        write_district(rich, path)
    assert (path / "travel.csv").read_text() == "mine"
    (path / "old.csv").write_text("old")
    write_district(rich, path, replace=True)
    assert not (path / "old.csv").exists()
    assert [entry.name for entry in tmp_path.iterdir()] == ["out"]


def test_what_was_there_comes_back_when_the_last_step_fails(
    tmp_path: Path, rich: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old district is moved aside for the new one; if that cannot take its place, the old one returns."""
    path = write_district(rich, tmp_path / "out")
    (path / "mine.txt").write_text("mine")
    move = type(path).replace

    def fail(self: Path, target: Path) -> Path:
        if self.name.startswith("draft"):
            raise OSError(errno.EIO, "Input/output error")
        return move(self, target)

    monkeypatch.setattr(type(path), "replace", fail)
    with pytest.raises(OutputError, match="Input/output error"):
        write_district(rich, path, replace=True)
    assert (path / "mine.txt").read_text() == "mine"
    assert [entry.name for entry in tmp_path.iterdir()] == ["out"]


@pytest.fixture
def full_disk() -> Iterator[None]:
    """Let no file grow past 700 bytes, as a full disk would."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (700, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("name", ["out", "out.gpkg"])
@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_is_one_message_and_leaves_nothing(tmp_path: Path, rich: District, name: str) -> None:
    """The draft goes, and what was there stays."""
    kept = tmp_path / "kept.txt"
    kept.write_text("kept")
    with pytest.raises(OutputError, match="cannot be written") as raised:
        write_district(rich, tmp_path / name)
    assert len(raised.value.lines("en")) == 1
    assert [entry.name for entry in tmp_path.iterdir()] == ["kept.txt"]


@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_keeps_an_empty_district_from_being_made(tmp_path: Path) -> None:
    """`new_district` leaves no half a folder."""
    with pytest.raises(OutputError):
        new_district(tmp_path / "district")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_may_not_be_written(
    tmp_path: Path, rich: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A refusal of the system is told with its reason."""

    def refuse(**_: object) -> str:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("planner.district.writing.tempfile.mkdtemp", refuse)
    with pytest.raises(OutputError, match="Permission denied"):
        write_district(rich, tmp_path / "out")


class TestNewDistrict:
    def test_the_example_passes_the_check(self, tmp_path: Path) -> None:
        """Two schools, four blocks, and nothing wrong or doubtful."""
        folder = new_district(tmp_path / "district")
        findings = check_path(folder)
        assert {finding.level for finding in findings} == {"note"}
        district = read_district(folder)
        assert (len(district.schools), len(district.blocks)) == (2, 4)
        assert list(district.schools.index) == ["001", "002"]
        assert district.policy == "cn-shandong"

    def test_every_table_has_its_file_and_every_column_its_description(self, tmp_path: Path) -> None:
        """Every table and column is described in English and Chinese; tables without rows have their heads."""
        folder = new_district(tmp_path / "district")
        text = (folder / "README.md").read_text("utf-8")
        assert text == column_description()
        for name, table in read_dictionary().items():
            assert len(list(folder.glob(f"{name}.*"))) == 1
            assert f"## {name} · {table.zh}" in text
            section = text.split(f"## {name} ·")[1].split("\n## ")[0]
            assert f"\n{table.description}.\n" in section
            assert f"\n{table.description_zh}。\n" in section
            for column in table.columns:
                line = next(line for line in section.splitlines() if line.startswith(f"| {column.column} |"))
                assert line.startswith(f"| {column.column} | {column.zh} |")
                assert line.endswith(f"| {column.description} | {column.description_zh} |")
        assert (folder / "classes.csv").read_text("utf-8-sig") == "school,year,grade,class,pupils\n"

    def test_an_empty_folder_is_filled_and_another_is_not_touched(self, tmp_path: Path) -> None:
        """A folder with a file in it is somebody's."""
        empty, mine = tmp_path / "empty", tmp_path / "mine"
        empty.mkdir()
        mine.mkdir()
        (mine / "schools.csv").write_text("mine")
        assert (new_district(empty) / "schools.geojson").exists()
        with pytest.raises(OutputError, match="is there already"):
            new_district(mine)
        assert [file.name for file in mine.iterdir()] == ["schools.csv"]
        assert sorted(entry.name for entry in tmp_path.iterdir()) == ["empty", "mine"]

    def test_a_cell_spoilt_in_the_example_is_found(self, tmp_path: Path) -> None:
        """The example's files are read as any others."""
        folder = new_district(tmp_path / "district")
        text = (folder / "enrolment.csv").read_text("utf-8-sig")
        (folder / "enrolment.csv").write_text(text.replace("001,1,2024,85", "001,1,2024,many"), "utf-8")
        with pytest.raises(DataError, match="many"):
            read_district(folder)
