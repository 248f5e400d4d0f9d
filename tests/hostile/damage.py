"""
Damage done to districts and scenarios, each case from its number alone.

A case says what was damaged and what must come of it. Where a figure was made wrong or an id unknown it must be
refused: with such damage no run may be made as if nothing were amiss. Where a figure was made absurd, though within
its range, a check must name its table.
"""

from __future__ import annotations

import random
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.hostile import editions, scenarios, texts
from tests.hostile.sound import GEOPACKAGE, KEEP, SHAPEFILES, TEXTS, WORKBOOK

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.hostile.harm import Harm

KINDS: tuple[tuple[str, Callable[[random.Random, Path], Harm]], ...] = (
    *((TEXTS, kind) for kind in texts.KINDS),
    *((TEXTS, kind) for kind in scenarios.KINDS),
    *((WORKBOOK, kind) for kind in editions.OF_WORKBOOKS),
    *((GEOPACKAGE, kind) for kind in editions.OF_GEOPACKAGES),
    *((SHAPEFILES, kind) for kind in editions.OF_SHAPEFILES),
)
"""The edition that is damaged, and how."""
COMMANDS = ("check", "run", "import")
_OPTIONAL = (
    "attendance", "births", "children", "class_bands", "classes", "events", "feeders", "forecasts", "housing",
    "residents", "rules", "travel", "barriers", "boundary", "projects",
)  # fmt: skip
"""Tables that a district may be without."""
_KEPT = 0.35
"""Share of the optional tables that a case keeps."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """One damaged district or scenario."""

    number: int
    kind: str
    harm: Harm
    edition: str
    """Name of the district on the desk."""
    command: str
    """What is tried with it."""

    @property
    def label(self) -> str:
        """What to call the case when something does not hold."""
        return f"case {self.number}, {self.command}, {self.kind}: {self.harm.what}"


def damaged(number: int, sound: Path, desk: Path, kind: int | None = None) -> Case:
    """Lay an edition of the sound district and its scenario on a new desk and damage one, as the number decides."""
    chance = random.Random(number)
    edition, way = KINDS[chance.randrange(len(KINDS)) if kind is None else kind]
    desk.mkdir()
    if (sound / edition).is_dir():
        shutil.copytree(sound / edition, desk / edition)
        for table in _OPTIONAL:
            if chance.random() > _KEPT:
                for ending in ("csv", "geojson"):
                    (desk / edition / f"{table}.{ending}").unlink(missing_ok=True)
    else:
        shutil.copyfile(sound / edition, desk / edition)
    (desk / "keep.toml").write_text(KEEP.format(edition=edition), encoding="utf-8")
    harm = way(chance, desk)
    command = "check" if harm.named else "run" if way in scenarios.KINDS else chance.choice(COMMANDS)
    name = way.__name__.strip("_").replace("_", " ")
    return Case(number=number, kind=f"{edition}: {name}", harm=harm, edition=edition, command=command)
