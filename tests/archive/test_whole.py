"""Folders and files appear whole or not at all, and nothing that is no run is ever replaced."""

from __future__ import annotations

import errno
import os
import signal
import sqlite3
import tempfile
from pathlib import Path

import pytest
from pyogrio.errors import DataSourceError

from planner.archive import check_place, whole, write_file_whole, write_manifest, write_whole
from planner.errors import OutputError


def written(folder: Path, text: str = "first", *, replace: bool = False) -> None:
    with write_whole(folder, replace=replace) as beside:
        (beside / "tables").mkdir()
        (beside / "tables" / "a.csv").write_text(text, encoding="utf-8")
        write_manifest(beside, {"seed": 1})


def half_written(folder: Path, error: BaseException | type[BaseException]) -> None:
    """Fail in the middle of replacing a run."""
    with write_whole(folder, replace=True) as beside:
        (beside / "half").write_text("half", encoding="utf-8")
        raise error


def half_drawn(file: Path) -> None:
    """Meet the end of the disk in the middle of a picture."""
    with write_file_whole(file) as beside:
        beside.write_text("ne", encoding="utf-8")
        raise full()


def listed(folder: Path) -> list[str]:
    """Return everything in a folder, hidden or not."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def text_of(folder: Path) -> str:
    return (folder / "tables" / "a.csv").read_text(encoding="utf-8")


def refused(folder: Path, *, replace: bool = False) -> str:
    with pytest.raises(OutputError) as caught:
        written(folder, "second", replace=replace)
    return str(caught.value)


def test_a_folder_appears_under_its_name_when_all_is_written(tmp_path):
    """Before that it stands in a hidden folder beside it."""
    with write_whole(tmp_path / "deep" / "run") as beside:
        assert not (tmp_path / "deep" / "run").exists()
        assert beside.parent.name.startswith(".run.unfinished.")
        (beside / "a").write_text("a", encoding="utf-8")
    assert listed(tmp_path) == ["deep", "deep/run", "deep/run/a"]


def test_a_new_folder_may_be_read_by_whom_the_user_lets_read(tmp_path):
    """Its permissions are those of any folder that is made, not those of a temporary one."""
    before = os.umask(0o027)
    try:
        written(tmp_path / "run")
    finally:
        os.umask(before)
    assert (tmp_path / "run").stat().st_mode & 0o777 == 0o750


def test_an_empty_folder_is_no_hindrance(tmp_path):
    (tmp_path / "run").mkdir()
    written(tmp_path / "run")
    assert text_of(tmp_path / "run") == "first"


def test_a_run_is_replaced_only_when_told_so(tmp_path):
    written(tmp_path / "run")
    assert "holds a run already. Add --replace" in refused(tmp_path / "run")
    assert text_of(tmp_path / "run") == "first"
    written(tmp_path / "run", "second", replace=True)
    assert text_of(tmp_path / "run") == "second"
    assert listed(tmp_path) == ["run", "run/manifest.json", "run/tables", "run/tables/a.csv"]


def test_of_two_that_write_at_once_the_second_does_not_replace_the_first(tmp_path):
    """The place was empty when both began."""

    def overtaken() -> None:
        with write_whole(tmp_path / "run"):
            written(tmp_path / "run")

    with pytest.raises(OutputError, match="holds a run already"):
        overtaken()
    assert text_of(tmp_path / "run") == "first"
    assert listed(tmp_path) == ["run", "run/manifest.json", "run/tables", "run/tables/a.csv"]


@pytest.mark.parametrize(
    "manifest",
    [None, "", "[]", '{"name": "an app"}', '{"planner": "0.1.0"}', "\ud800"],
    ids=["no manifest", "empty", "a list", "another program's", "without files", "no text"],
)
def test_a_folder_that_is_no_run_is_never_replaced(tmp_path, manifest):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "summer.jpg").write_bytes(b"\xff\xd8")
    if manifest is not None:
        (tmp_path / "photos" / "manifest.json").write_bytes(manifest.encode("utf-8", "surrogatepass"))
    before = listed(tmp_path)
    assert "is no run folder; it is left alone" in refused(tmp_path / "photos", replace=True)
    assert listed(tmp_path) == before


def test_files_that_somebody_put_into_a_run_are_not_lost(tmp_path):
    """A QGIS project saved beside the GeoPackage keeps the run from being replaced."""
    written(tmp_path / "run")
    (tmp_path / "run" / "tables" / "my.qgz").write_bytes(b"mine")
    assert "holds files that no run wrote: tables/my.qgz" in refused(tmp_path / "run", replace=True)
    assert text_of(tmp_path / "run") == "first"


@pytest.mark.parametrize("name", ["run.gpkg-wal", "run.gpkg-shm", ".DS_Store", "Thumbs.db", "~$run.xlsx"])
def test_what_programs_leave_by_looking_does_not_count(tmp_path, name):
    written(tmp_path / "run")
    (tmp_path / "run" / name).write_bytes(b"")
    written(tmp_path / "run", "second", replace=True)
    assert text_of(tmp_path / "run") == "second"


def test_a_file_in_the_way_is_named(tmp_path):
    (tmp_path / "run").write_text("a file", encoding="utf-8")
    assert "is a file, not a folder" in refused(tmp_path / "run", replace=True)
    message = refused(tmp_path / "run" / "inner")
    assert f"{tmp_path / 'run'} is no folder" in message
    assert (tmp_path / "run").read_text(encoding="utf-8") == "a file"


def test_a_place_that_may_not_be_written_to_is_refused_before_the_work(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, _: Path(path) != tmp_path)
    with pytest.raises(OutputError, match="cannot be written: permission denied"):
        check_place(tmp_path / "run")


def test_permissions_of_the_disk_are_obeyed(tmp_path, not_root):
    (tmp_path / "locked").mkdir(mode=0o555)
    assert "permission denied" in refused(tmp_path / "locked" / "run")


def test_a_link_is_followed(tmp_path):
    """What stands behind the link is replaced; the link stays."""
    written(tmp_path / "big" / "run")
    (tmp_path / "run").symlink_to(tmp_path / "big" / "run")
    written(tmp_path / "run", "second", replace=True)
    assert (tmp_path / "run").is_symlink()
    assert text_of(tmp_path / "big" / "run") == "second"


def full() -> OSError:
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (full(), "the disk is full. Make room"),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "the disk is full. Make room"),
        (PermissionError(errno.EACCES, "Permission denied"), "cannot be written: permission denied"),
        (OSError(errno.EIO, "Input/output error"), "cannot be written: the disk fails"),
    ],
    ids=["full", "quota", "permission", "broken"],
)
def test_what_the_disk_says_becomes_one_message(tmp_path, error, message):
    """The message names the folder asked for, not the hidden one; the run that stood there stays."""
    written(tmp_path / "run")
    with pytest.raises(OutputError) as caught:
        half_written(tmp_path / "run", error)
    assert str(caught.value).startswith(f"{tmp_path / 'run'} cannot be written")
    assert message in str(caught.value)
    assert text_of(tmp_path / "run") == "first"
    assert listed(tmp_path) == ["run", "run/manifest.json", "run/tables", "run/tables/a.csv"]


@pytest.mark.parametrize(
    "error", [sqlite3.OperationalError("database or disk is full"), DataSourceError("Failed to commit")]
)
def test_a_library_that_hides_the_reason_is_asked_again_by_writing(tmp_path, monkeypatch, error):
    """GDAL says "Failed to commit transaction" on a full disk: a probe tells what the matter is."""

    def probe(**_: object) -> None:
        raise full()

    monkeypatch.setattr(tempfile, "TemporaryFile", probe)
    with pytest.raises(OutputError, match="the disk is full"), write_whole(tmp_path / "run"):
        raise error
    assert listed(tmp_path) == []


def test_a_reason_that_is_not_the_disk_is_passed_on(tmp_path):
    with pytest.raises(OutputError, match="cannot be written: no such table"), write_whole(tmp_path / "run"):
        raise sqlite3.OperationalError("no such table")


def test_a_message_about_the_hidden_folder_is_told_of_the_place_asked_for(tmp_path):
    """`save_figure` names the file it could not write, which stands in the hidden folder."""

    def save(path: Path) -> None:
        try:
            raise full()
        except OSError as error:
            raise OutputError(f"{path}: cannot be written") from error

    with pytest.raises(OutputError) as caught, write_whole(tmp_path / "run") as beside:
        save(beside / "map.png")
    assert "unfinished" not in str(caught.value)
    assert "the disk is full" in str(caught.value)


def test_an_error_of_ours_keeps_its_words(tmp_path):
    with pytest.raises(OutputError, match="no such picture"), write_whole(tmp_path / "run"):
        raise OutputError("no such picture")
    assert listed(tmp_path) == []


@pytest.mark.parametrize("error", [KeyboardInterrupt, ZeroDivisionError, SystemExit])
def test_whatever_stops_the_work_leaves_nothing(tmp_path, error):
    written(tmp_path / "run")
    with pytest.raises(error):
        half_written(tmp_path / "run", error)
    assert text_of(tmp_path / "run") == "first"
    assert listed(tmp_path) == ["run", "run/manifest.json", "run/tables", "run/tables/a.csv"]


def test_the_earlier_run_comes_back_when_the_new_one_cannot_take_its_place(tmp_path, monkeypatch):
    written(tmp_path / "run")
    rename = Path.rename

    def failing(self: Path, target: Path) -> Path:
        if self.name == "new":
            raise OSError(errno.EIO, "Input/output error")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    assert "the disk fails" in refused(tmp_path / "run", replace=True)
    assert text_of(tmp_path / "run") == "first"
    assert listed(tmp_path) == ["run", "run/manifest.json", "run/tables", "run/tables/a.csv"]


def test_ctrl_c_waits_while_a_run_takes_its_place(tmp_path, monkeypatch):
    """The signal comes between the two moves: both are done, then it is let through."""
    written(tmp_path / "run")
    rename = Path.rename

    def interrupted(self: Path, target: Path) -> Path:
        moved = rename(self, target)
        if target.name == "old":
            signal.raise_signal(signal.SIGINT)
        return moved

    monkeypatch.setattr(Path, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt):
        written(tmp_path / "run", "second", replace=True)
    assert text_of(tmp_path / "run") == "second"
    assert listed(tmp_path) == ["run", "run/manifest.json", "run/tables", "run/tables/a.csv"]


def test_ctrl_c_during_the_clearing_up_does_not_stop_it(tmp_path, monkeypatch):
    removed = whole.shutil.rmtree

    def interrupted(path: Path, **settings: bool) -> None:
        signal.raise_signal(signal.SIGINT)
        removed(path, **settings)

    monkeypatch.setattr(whole.shutil, "rmtree", interrupted)
    with pytest.raises(KeyboardInterrupt), write_whole(tmp_path / "run"):
        raise full()
    assert listed(tmp_path) == []


def test_a_file_is_replaced_whole(tmp_path):
    (tmp_path / "map.png").write_text("old", encoding="utf-8")
    with write_file_whole(tmp_path / "map.png") as beside:
        assert beside.suffix == ".png"
        beside.write_text("new", encoding="utf-8")
        assert (tmp_path / "map.png").read_text(encoding="utf-8") == "old"
    assert (tmp_path / "map.png").read_text(encoding="utf-8") == "new"
    assert listed(tmp_path) == ["map.png"]


def test_a_file_that_fails_half_way_leaves_the_old_one(tmp_path):
    (tmp_path / "map.png").write_text("old", encoding="utf-8")
    with pytest.raises(OutputError, match="disk is full"):
        half_drawn(tmp_path / "map.png")
    assert (tmp_path / "map.png").read_text(encoding="utf-8") == "old"
    assert listed(tmp_path) == ["map.png"]


def test_a_folder_is_not_replaced_by_a_file(tmp_path):
    (tmp_path / "map.png").mkdir()
    with pytest.raises(OutputError, match="is a folder, not a file"), write_file_whole(tmp_path / "map.png"):
        pass
