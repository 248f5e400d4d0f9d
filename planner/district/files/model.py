"""What the files of a district are read into: where a table is kept, its rows as written, and faults of a whole file."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from planner.district.findings import Finding

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray
    from pyproj import CRS

    from planner.district.files.sheet import Workbook
    from planner.words import Text


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where a table is kept."""

    table: str
    path: Path = Path()
    """File; nothing for a table of a database."""
    layer: str | None = None
    """Layer of a GeoPackage, sheet of a workbook, or table of a database with its schema."""
    address: str = field(default="", repr=False)
    """``postgresql://`` address of a database, with the password that it may hold: never to be shown."""
    heads: frozenset[str] = frozenset()
    """Heads that the caller knows to be columns, beside the dictionary's names."""
    workbook: Workbook | None = field(default=None, repr=False, compare=False)
    """The workbook that the sheet is of, where it is open already."""

    @property
    def file(self) -> str:
        """Name for messages."""
        if self.address:
            return self.layer or ""
        return self.path.name if self.layer is None else f"{self.path.name}:{self.layer}"


@dataclass(frozen=True, kw_only=True)
class Raw:
    """A table as its file has it."""

    table: str
    frame: pd.DataFrame
    """Columns in file order, under the heads of the file, which may repeat; the index counts the rows."""
    geometry: NDArray[np.object_] | None = None
    """One shape a row, None where missing; None for a file without places."""
    crs: CRS | None = None
    """Coordinate reference system of the shapes; None: not stated."""
    file: str = ""
    decimal_comma: bool = False
    """Whether a comma may begin the decimals of a number, as in files separated by semicolons."""


def fault(source: Source, code: str, text: Text, advice: Text, rows: tuple[int, ...] = ()) -> Finding:
    """Return an error about a whole file."""
    return Finding(
        level="error", code=code, table=source.table, file=source.file, rows=rows, text=text, advice=advice
    )
