"""What the files of a district are read into: where a table is kept, its rows as written, and faults of a whole file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.district.findings import Finding

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray
    from pyproj import CRS

    from planner.words import Text


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where a table is kept."""

    table: str
    path: Path
    layer: str | None = None
    """Layer of a GeoPackage."""

    @property
    def file(self) -> str:
        """Name for messages."""
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


def fault(source: Source, code: str, text: Text, advice: Text, rows: tuple[int, ...] = ()) -> Finding:
    """Return an error about a whole file."""
    return Finding(
        level="error", code=code, table=source.table, file=source.file, rows=rows, text=text, advice=advice
    )
