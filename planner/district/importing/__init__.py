"""
From a bureau's pile of files to a clean district: tables found and joined, columns renamed, zones turned into
catchments of blocks, shapes repaired, and a log of all of it.
"""

from planner.district.importing.fixing import fix_district, fix_polygons
from planner.district.importing.log import LOG, Line, log_text
from planner.district.importing.making import Imported, import_pile, write_import
from planner.district.importing.recipe import EVERY, Recipe, read_recipe
from planner.district.importing.repairs import TOLERANCE, WIDEST, Repair
from planner.district.importing.zones import catchments_of_zones, split_blocks

__all__ = [
    "EVERY",
    "LOG",
    "TOLERANCE",
    "WIDEST",
    "Imported",
    "Line",
    "Recipe",
    "Repair",
    "catchments_of_zones",
    "fix_district",
    "fix_polygons",
    "import_pile",
    "log_text",
    "read_recipe",
    "split_blocks",
    "write_import",
]
