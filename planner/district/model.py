"""What a district is."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import geopandas as gpd
    import pandas as pd

    from planner.district.findings import Finding


@dataclass(frozen=True, kw_only=True)
class District:
    """
    Facts of a district: the tables of the column dictionary, read and typed.

    Tables are never changed in place; a what-if is a copy made with `with_tables`. Every table of the
    dictionary is there, empty when the district has none, with exactly the dictionary's columns and
    missing values as ``<NA>``.
    """

    name: str
    name_en: str
    policy: str
    """Name or path of the policy profile it is planned by."""
    counted: int
    """School year of the last count. [autumn]"""
    detour: float | None
    """Way on foot over the straight line; None: the policy's. [1]"""
    schools: gpd.GeoDataFrame
    """Indexed by school, in file order; geometry: points in `crs`; other columns as the dictionary's, plus
    `first` and `last` grade (int). Private schools are in it, with owner = private."""
    blocks: gpd.GeoDataFrame
    """Indexed by block, in file order; geometry: polygons in `crs`."""
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    """Every other table by name, with plain columns (keys are not in the index); `boundary` and `barriers`
    are GeoDataFrames in `crs`; `projects` is a GeoDataFrame whose points may be missing."""
    crs: str = ""
    """Metric coordinate reference system of all geometry, as an authority code or WKT."""
    source: Path | None = None
    """File or folder it was read from."""
    address: str = ""
    """Address of the database it was read from, without its password."""
    digests: Mapping[str, str] = field(default_factory=dict)
    """SHA-256 of every file read, by file name; of a database, of what each table holds, by its name with the
    schema."""
    notices: tuple[Finding, ...] = ()
    """Warnings and notes of reading, such as columns left out; `check_district` lists them with its own."""

    def __getitem__(self, table: str) -> pd.DataFrame:
        """Return a table by name."""
        if table == "schools":
            return self.schools
        return self.blocks if table == "blocks" else self.tables[table]

    @property
    def public(self) -> pd.Index:
        """Ids of the public schools, in file order: the schools that the planner fills."""
        private = [owner == "private" for owner in self.schools["owner"].fillna("")]
        return self.schools.index[~np.array(private, dtype=bool)]

    def about(self, key: str, default: str = "") -> str:
        """Return a fact of the `about` table, as written; the default where it is not stated."""
        table = self.tables["about"]
        stated = [value for name, value in table[["key", "value"]].itertuples(index=False) if name == key]
        return stated[-1] if stated and isinstance(stated[-1], str) else default

    def with_tables(self, **tables: pd.DataFrame) -> District:
        """Return a copy of the district with these tables in place of its own."""
        own = {name: tables.pop(name) for name in ("schools", "blocks") if name in tables}
        return replace(self, tables={**self.tables, **tables}, **own)
