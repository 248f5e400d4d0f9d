"""
The facts of a district today: its tables, how they are read and checked, and its geography.

A district is a folder of CSV and GeoJSON files, one per table, or one GeoPackage with the same layers.
"""

from __future__ import annotations

from planner.district.catchments import catchments_in, open_in, planned_stages, teaches
from planner.district.checking import check_district, check_path, refuse_errors
from planner.district.columns import empty_table
from planner.district.count import Count, last_count
from planner.district.empty import new_district
from planner.district.findings import Finding, ordered
from planner.district.geography import block_points, crossings, distance_matrix, neighbours
from planner.district.model import District
from planner.district.reading import assemble_district, read_district
from planner.district.values import parse_rooms, school_year
from planner.district.writing import write_district

__all__ = [
    "Count",
    "District",
    "Finding",
    "assemble_district",
    "block_points",
    "catchments_in",
    "check_district",
    "check_path",
    "crossings",
    "distance_matrix",
    "empty_table",
    "last_count",
    "neighbours",
    "new_district",
    "open_in",
    "ordered",
    "parse_rooms",
    "planned_stages",
    "read_district",
    "refuse_errors",
    "school_year",
    "teaches",
    "write_district",
]
