"""The files of a district: which table each one is, and its rows as written."""

from planner.district.files.model import Raw, Source
from planner.district.files.points import with_places_of_columns
from planner.district.files.sources import FORMATS, MAP_FORMATS, digest_of, find_sources, is_address, load

__all__ = [
    "FORMATS",
    "MAP_FORMATS",
    "Raw",
    "Source",
    "digest_of",
    "find_sources",
    "is_address",
    "load",
    "with_places_of_columns",
]
