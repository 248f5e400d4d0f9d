"""How projects are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.words import Text, current_language

if TYPE_CHECKING:
    from planner.district import District


def project_names(district: District) -> dict[str, Text | str]:
    """Return the id of each project with its name in the current language; the id alone where it has none."""
    columns = ("name",) if current_language() == "zh" else ("name_en", "name")
    table = district["projects"]
    found: dict[str, Text | str] = {}
    for project, *names in zip(*(table[column] for column in ("project", *columns)), strict=True):
        name = next((name.strip() for name in names if isinstance(name, str) and name.strip()), "")
        found[project] = Text("{name} ({id})", name=name, id=project) if name else project
    return found
