"""Files and folders written whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import signal
import sqlite3
import tempfile
import threading
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from pyogrio.errors import DataLayerError, DataSourceError

from planner.errors import OutputError
from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MANIFEST = "manifest.json"
LOG = "run.log"
"""The one file whose content differs between equal runs; the manifest does not list it."""

_FAILURES = (OSError, sqlite3.Error, DataSourceError, DataLayerError)
"""What writing to a disk raises when the disk does not let it."""
_PROBE = 4 * 2**20
"""Bytes written to find out why GDAL or SQLite could not write: they do not pass the system's reason on. [bytes]"""
_LITTER = (".DS_Store", "Thumbs.db", "desktop.ini", "-wal", "-shm", "-journal", ".aux.xml")
"""Endings of what desktops, QGIS and Excel leave behind in a folder they have shown."""
_SHOWN = 5


_FULL, _FORBIDDEN = Text("the disk is full"), Text("permission denied")
_REASONS = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EACCES: _FORBIDDEN,
    errno.EPERM: _FORBIDDEN,
    errno.EROFS: Text("the disk is read-only"),
    errno.EIO: Text("the disk fails"),
    errno.ENAMETOOLONG: Text("the name is too long"),
}


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Hold Ctrl-C off until the block is done, which takes next to no time; then let it through."""
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or before is None:
        yield
        return
    came: list[int] = []
    signal.signal(signal.SIGINT, lambda number, _: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if came:
            signal.raise_signal(signal.SIGINT)


def _reason(error: BaseException, place: Path) -> Text | str:
    """
    Return why the disk refused.

    Parameters
    ----------
    place
        Folder that was being written to.
    """
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno is not None:
            return _told(cause)
        cause = cause.__cause__ or cause.__context__
    try:
        with tempfile.TemporaryFile(dir=place) as probe:
            probe.write(bytes(_PROBE))
    except OSError as refused:
        return _told(refused)
    return str(error)


def _told(error: OSError) -> Text | str:
    """Return what the system says, in our words where they are likely to be needed."""
    return _REASONS.get(error.errno or 0) or error.strerror or str(error)


def _refusal(path: Path, reason: Text | str) -> OutputError:
    return OutputError(
        Text(
            "{path} cannot be written: {reason}. Make room, or choose a place that you may write to.",
            path=path,
            reason=reason,
        )
    )


def _real(path: Path) -> Path:
    """Return the absolute path that symbolic links lead to, so that what is written stands where they point."""
    return Path(os.path.realpath(path))


def _check_parents(shown: Path, place: Path) -> None:
    """Raise when the folder that a place is in cannot be made or written to."""
    parent = next(folder for folder in place.parents if os.path.lexists(folder))
    if not parent.is_dir():
        raise OutputError(
            Text(
                "{path} cannot be written: {file} is no folder. Choose another place.",
                path=shown,
                file=parent,
            )
        )
    if not os.access(parent, os.W_OK | os.X_OK):
        raise _refusal(shown, _FORBIDDEN)


def _manifest_in(folder: Path) -> dict[str, object] | None:
    """Return the manifest of a folder that the planner wrote; None for any other."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    ours = isinstance(manifest, dict) and "planner" in manifest and isinstance(manifest.get("files"), dict)
    return manifest if ours else None


def _foreign(folder: Path, manifest: Mapping[str, object]) -> list[str]:
    """Return the files of a run folder that no run wrote."""
    listed = manifest["files"]
    known = {MANIFEST, LOG, *(listed if isinstance(listed, dict) else ())}
    return sorted(
        name
        for path in folder.rglob("*")
        if path.is_symlink() or not path.is_dir()
        if (name := path.relative_to(folder).as_posix()) not in known
        and not path.name.endswith(_LITTER)
        and not path.name.startswith(("~$", ".~lock."))
    )


def check_place(folder: Path, *, replace: bool = False) -> None:
    """
    Check that a run folder may be written at a place, before the work that fills it.

    Parameters
    ----------
    replace
        Whether a run that stands there may be replaced; anything else never is.

    Raises
    ------
    OutputError
        When something else is there, or a run and `replace` is not set, or the place cannot be written to.
    """
    shown, folder = folder, _real(folder)
    try:
        taken = folder.is_dir() and any(folder.iterdir())
    except OSError as error:
        raise _refusal(shown, _told(error)) from error
    if taken:
        manifest = _manifest_in(folder)
        if manifest is None:
            raise OutputError(
                Text(
                    "{path} exists and is no run folder; it is left alone. Choose another place.", path=shown
                )
            )
        if not replace:
            raise OutputError(
                Text("{path} holds a run already. Add --replace, or choose another place.", path=shown)
            )
        if foreign := _foreign(folder, manifest):
            raise OutputError(
                Text(
                    "{path} holds files that no run wrote: {files}. Move them away before the run is replaced, or"
                    " choose another place.",
                    path=shown,
                    files=", ".join(foreign[:_SHOWN]) + (", ..." if len(foreign) > _SHOWN else ""),
                )
            )
    elif os.path.lexists(folder) and not folder.is_dir():
        raise OutputError(Text("{path} is a file, not a folder. Choose another place.", path=shown))
    _check_parents(shown, folder)


@contextmanager
def write_whole(folder: Path, *, replace: bool = False) -> Iterator[Path]:
    """
    Give a folder to write into, and move it to its place when the block ends without an error.

    Raises
    ------
    OutputError
        As `check_place`, or when the disk fails or is full; what was there before is untouched.
    """
    check_place(folder, replace=replace)
    place = _real(folder)
    with _workshop(folder, place) as workshop:
        new = workshop / "new"
        new.mkdir()
        yield new
        # Another run may have come to stand there meanwhile.
        check_place(folder, replace=replace)
        with _undisturbed():
            _swap(new, place, workshop / "old")


@contextmanager
def write_file_whole(file: Path) -> Iterator[Path]:
    """
    Give a file name of the same ending to write to, and move the file to its place when the block ends well.

    A file that stands there is replaced.

    Raises
    ------
    OutputError
        When a folder is in the way, or the place cannot be written to.
    """
    check_file(file)
    place = _real(file)
    with _workshop(file, place) as workshop:
        new = workshop / f"new{file.suffix}"
        yield new
        new.replace(place)


@contextmanager
def _workshop(shown: Path, place: Path) -> Iterator[Path]:
    """
    Give a hidden folder beside a place, in which what is to stand there is made ready.

    It goes away whatever happens; only a process that is killed leaves it behind.
    """
    workshop: Path | None = None
    try:
        with _undisturbed():
            place.parent.mkdir(parents=True, exist_ok=True)
            workshop = Path(tempfile.mkdtemp(prefix=f".{place.name}.unfinished.", dir=place.parent))
        yield workshop
    except OutputError as error:
        if error.__cause__ is None:
            raise
        raise _refusal(shown, _reason(error, workshop or place.parent)) from error
    except _FAILURES as error:
        raise _refusal(shown, _reason(error, workshop or place.parent)) from error
    finally:
        if workshop is not None:
            with _undisturbed():
                shutil.rmtree(workshop, ignore_errors=True)


def check_file(file: Path) -> None:
    """
    Check that a file may be written at a place, before the work that fills it.

    Raises
    ------
    OutputError
        When a folder is in the way, or the place cannot be written to.
    """
    if file.is_dir():
        raise OutputError(Text("{path} is a folder, not a file. Choose another place.", path=file))
    _check_parents(file, _real(file))


def _swap(new: Path, place: Path, old: Path) -> None:
    """Move a folder to its place, and what was there out of the way; back again when that fails half-way."""
    if place.exists():
        place.rename(old)
    try:
        new.rename(place)
    except BaseException:
        if old.exists():
            old.rename(place)
        raise


def write_manifest(folder: Path, facts: Mapping[str, object]) -> None:
    """
    Write what a folder was made of, and the SHA-256 of every file in it but the log, beside the files.

    Parameters
    ----------
    facts
        Plain values by key; the planner's version is put before them, the files after them.
    """
    files = {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != LOG
    }
    manifest = {"planner": metadata.version("school-catchment-planner"), **facts, "files": files}
    text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8", newline="\n")
