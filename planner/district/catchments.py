"""Which catchment a block belongs to, and which stages a district plans for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from planner.district.tables import figures, rows, words

if TYPE_CHECKING:
    from planner.district.model import District
    from planner.policy import Policy, Stage


def catchments_in(district: District, stage: str, year: int) -> pd.Series:
    """
    Return the school, or schools joined by +, of every block that has a catchment of the stage in the year.

    Of several rows of a block the latest that has begun holds. Indexed by block, in the order of the blocks.
    """
    table = district["catchments"]
    of_stage = (table["stage"] == stage).to_numpy(bool, na_value=False)
    begun = rows(table, of_stage & (figures(table, "since") <= year) & table["school"].notna().to_numpy(bool))
    latest = begun.sort_values("since", kind="stable").drop_duplicates("block", keep="last")
    schools = pd.Series(
        words(latest, "school").to_numpy(object), index=pd.Index(latest["block"], name="block")
    )
    return schools.reindex(district.blocks.index).dropna().astype("string")


def teaches(schools: pd.DataFrame, stage: Stage) -> pd.Series:
    """Return whether each school teaches any grade of the stage."""
    taught = (figures(schools, "first") <= stage.last) & (figures(schools, "last") >= stage.first)
    return pd.Series(taught, index=schools.index)


def open_in(schools: pd.DataFrame, year: int) -> pd.Series:
    """Return whether each school is open in the year."""
    shut = (figures(schools, "open_from") > year) | (figures(schools, "open_to") < year)
    return pd.Series(~shut, index=schools.index)


def stages_named(district: District) -> list[str]:
    """Return the stages that `about` names, separated by commas."""
    text = district.about("stages").replace("，", ",")
    return [name.strip() for name in text.split(",") if name.strip()]


def planned_stages(district: District, policy: Policy) -> tuple[Stage, ...]:
    """
    Return the stages that the district plans for.

    Those that `about` names, else those of which a public school teaches any grade.
    """
    if chosen := stages_named(district):
        return tuple(stage for stage in policy.stages if stage.stage in chosen)
    public = pd.DataFrame(district.schools.loc[district.public])
    return tuple(stage for stage in policy.stages if teaches(public, stage).any())
