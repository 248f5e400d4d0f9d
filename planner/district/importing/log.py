"""What an import did, line by line: the same text for the same files, without clock or machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Iterable

Part = Literal["files", "joined", "columns", "places", "remarks", "zones", "repairs", "result"]
"""What a line is about, in the order of the log."""

_TITLES: dict[Part, Text] = {
    "files": Text("Files"),
    "joined": Text("Joined"),
    "columns": Text("Columns renamed"),
    "places": Text("Coordinates"),
    "remarks": Text("Remarks of reading"),
    "zones": Text("Blocks in several zones"),
    "repairs": Text("Repairs of shapes"),
    "result": Text("Result"),
}

LOG = "import-log.txt"
"""Name of the log in a folder; beside a GeoPackage its name stands before it. No text of this name is a table."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of the log."""

    part: Part
    text: Text


def log_text(lines: Iterable[Line]) -> str:
    """Return the log in the current language, under one title a part."""
    by_part: dict[Part, list[str]] = {part: [] for part in _TITLES}
    for line in lines:
        by_part[line.part].append(f"  {line.text}")
    parts = ["\n".join([str(_TITLES[part]), *said]) for part, said in by_part.items() if said]
    return "\n\n".join(parts) + "\n"
