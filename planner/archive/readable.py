"""Tables of results in words: what a workbook shows where a table for machines holds ids."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.archive.tables import catchment_name, school_names
from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from planner.district import District
    from planner.policy import Policy

UNITS: Mapping[str, Text] = {
    "1": Text("share"),
    "autumn": Text("autumn"),
    "child": Text("children"),
    "children": Text("children"),
    "child-years": Text("child-years"),
    "class": Text("classes"),
    "km": Text("km"),
    "m": Text("metres"),
    "room": Text("rooms"),
    "room-years": Text("room-years"),
    "s": Text("seconds"),
    "yuan": Text("yuan"),
}
"""Units of columns and of goals."""

IDS: Mapping[str, Mapping[str, Text]] = {
    "rule": {
        "class_size": Text("class size"),
        "class_share": Text("share of classes"),
        "standard_class_size": Text("standard class size"),
        "school_size": Text("school size"),
        "classes_per_school": Text("classes of a school"),
        "walk": Text("way on foot"),
        "small_school": Text("small school"),
    },
    "level": {
        "class": Text("class"),
        "school": Text("school"),
        "campus": Text("campus"),
        "group": Text("group of campuses"),
        "district": Text("district"),
    },
    "kind": {
        "limit": Text("limit"),
        "target": Text("target"),
        "statistic": Text("statistic"),
        "new": Text("new school"),
        "expansion": Text("expansion"),
        "relocation": Text("relocation"),
        "fit_out": Text("fitting-out"),
        "conversion": Text("conversion"),
        "temporary": Text("temporary rooms"),
        "closure": Text("closure"),
        "upgrade": Text("upgrade"),
    },
    "goal": {
        "unplaced": Text("child-years unplaced"),
        "above_cap": Text("child-years above the cap"),
        "borrowed": Text("rooms borrowed"),
        "outside": Text("children outside their catchment"),
        "unsplit": Text("child-years in large classes left unsplit"),
        "above_size": Text("child-years above the school size"),
        "yuan": Text("cost"),
        "pupil_km": Text("pupil-kilometres"),
    },
    "choice": {"fixed": Text("fixed"), "free": Text("free")},
    "otherwise": {
        "earlier": Text("a year earlier"),
        "later": Text("a year later"),
        "never": Text("never"),
    },
    "plan": {
        "robust": Text("for all futures"),
        "mean": Text("for their mean"),
        "schedule": Text("for what is expected"),
    },
    "unit": UNITS,
    "status": {
        "optimal": Text("optimal"),
        "proven": Text("proven within the gap"),
        "stopped": Text("stopped early"),
        "failed": Text("failed"),
        "not_reached": Text("not reached"),
    },
}
"""What the ids of a column mean; a column that is not here holds no ids but those of stages and catchments."""


def readable(table: pd.DataFrame, policy: Policy, district: District) -> pd.DataFrame:
    """Return the table with stages, catchments and the ids of `IDS` in words of the current language."""
    shown = table.copy()
    for column in table.columns.intersection([*IDS]):
        words = {key: str(text) for key, text in IDS[column].items()}
        shown[column] = table[column].map(lambda key, words=words: words.get(key, key))
    if "stage" in table:
        labels = {stage.stage: stage.label for stage in policy.stages}
        shown["stage"] = table["stage"].map(lambda key: labels.get(key, key))
    names = school_names(district)
    for column in table.columns.intersection(["from", "to"]):
        shown[column] = table[column].map(lambda key: catchment_name(key, names) if key else key)
    return shown
