"""What an import is told beside its files: which file is which table, and what their columns and coordinates mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field, ValidationError

from planner.district.importing.repairs import TOLERANCE, WIDEST
from planner.errors import DataError
from planner.policy import Record, read_toml, record_faults

if TYPE_CHECKING:
    from pathlib import Path

EVERY = "*"
"""Stands for every layer or file that is not named."""


class Recipe(Record):
    """How a pile of files becomes a district; a TOML file holds the same, so that next year's import is one command."""

    tables: dict[str, str] = Field(default_factory=dict)
    """Table by file, or by file:layer and file:sheet, whose name is not the table's; empty to leave the file out."""
    columns: dict[str, dict[str, str]] = Field(default_factory=dict)
    """Column of the dictionary by table and by the column's name in the file."""
    crs: dict[str, str] = Field(default_factory=dict)
    """Coordinate reference system by table, as EPSG:4548; * for layers that state none."""
    datum: dict[str, str] = Field(default_factory=dict)
    """Shift of Chinese web maps by table, gcj02 or bd09; * for all."""
    stage: dict[str, str] = Field(default_factory=dict)
    """Stage of catchments drawn as zones, by file; * for all files."""
    since: dict[str, int] = Field(default_factory=dict)
    """First school year of catchments drawn as zones, by file; * for all files."""
    nearest: bool = False
    """Whether a block in no zone goes to the nearest one."""
    policy: str = ""
    """Shipped policy profile that the district is planned by; its own when empty."""
    fix: bool = False
    """Whether shapes are repaired."""
    tolerance: Annotated[float, Field(gt=0, le=WIDEST)] = TOLERANCE
    """Width up to which gaps and overlaps of blocks are closed. [m]"""

    def with_more(self, more: Recipe) -> Recipe:
        """Return the recipe with what another one says besides, or instead."""
        said = {name: getattr(more, name) for name in more.model_fields_set}
        for name in ("tables", "crs", "datum", "stage", "since"):
            if name in said:
                said[name] = {**getattr(self, name), **said[name]}
        if "columns" in said:
            tables = {**self.columns, **said["columns"]}
            said["columns"] = {
                table: {**self.columns.get(table, {}), **more.columns.get(table, {})} for table in tables
            }
        return self.model_copy(update=said)


def read_recipe(path: Path) -> Recipe:
    """
    Read a recipe from a TOML file.

    Raises
    ------
    DataError
        With all faults of the file.
    """
    try:
        return Recipe.model_validate(read_toml(path, DataError))
    except ValidationError as error:
        raise DataError.of(record_faults(error, Recipe, path.name)) from None
