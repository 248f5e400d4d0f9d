"""
What stays of a run: a folder of tables, maps, a GeoPackage, a workbook, the scenario's text and a manifest.

The folder is written beside its final place and moved there whole, so that an interrupted run leaves nothing
that looks complete. Same inputs and seed give the same bytes in everything but ``run.log``.
"""

from __future__ import annotations

from planner.archive.folder import write_run
from planner.archive.geopackage import write_geopackage
from planner.archive.tables import named, rounded, write_csv
from planner.archive.whole import check_file, check_place, write_file_whole, write_manifest, write_whole
from planner.archive.workbook import write_workbook

__all__ = [
    "check_file",
    "check_place",
    "named",
    "rounded",
    "write_csv",
    "write_file_whole",
    "write_geopackage",
    "write_manifest",
    "write_run",
    "write_whole",
    "write_workbook",
]
