"""A district as it was known in an autumn of the past: what a forecast made then could rest on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planner.district.tables import figures, rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.district.model import District

_COUNTS = ("enrolment", "classes", "class_bands", "residents", "attendance", "events")
"""Tables whose rows are of one school year each."""


def as_known_in(district: District, autumn: int) -> District:
    """
    Return the district as it was known once an autumn's count was done.

    - Counts of children and classes, attendance, residents and events: those up to the autumn.
    - Catchments and feeders: those that had begun. Where the first that the tables know of a block begins later, it
      is taken to have held before, as everywhere.
    - Extracts of the table children: those made by the day of that autumn's count.
    - Births: as many months, or years, behind that count as the latest ones lie behind the last count now.
    - Official forecasts: those made by then. Schools that have closed since are open: nobody knew.
    - Housing stays whole, with dates and certainty as they stand: phases to come are plans, which planners had. Where
      plans have changed since, this knows a little more than they did.
    - Projects are left out: rooms say nothing of demand, and those of today are in the schools' own rooms.

    The district's schools, blocks, lines and ways are those of today.

    Parameters
    ----------
    autumn
        Up to the last count. [autumn]
    """
    if autumn == district.counted:
        return district
    tables = {name: _until(district[name], figures(district[name], "year") <= autumn) for name in _COUNTS}
    forecasts = district["forecasts"]
    schools = district.schools
    closing = figures(schools, "open_to") >= autumn
    return replace(
        district.with_tables(
            **tables,
            catchments=_begun(district, autumn),
            feeders=_feeders(district, autumn),
            children=_extracts(district, autumn),
            births=_births(district, autumn),
            forecasts=_until(forecasts, figures(forecasts, "made_in") <= autumn),
            projects=district["projects"].iloc[:0],
            schools=schools.assign(open_to=schools["open_to"].mask(closing)),
        ),
        counted=autumn,
    )


def _until(table: pd.DataFrame, kept: NDArray[np.bool_]) -> pd.DataFrame:
    return rows(table, kept).reset_index(drop=True)


def _begun(district: District, autumn: int) -> pd.DataFrame:
    """Return the catchments that had begun, and the first one of blocks of which none had."""
    table = district["catchments"]
    since = figures(table, "since")
    first = pd.Series(since).groupby([table["block"].to_numpy(), table["stage"].to_numpy()]).transform("min")
    earliest = first.to_numpy(np.float64)
    kept = (since <= autumn) | ((since == earliest) & (earliest > autumn))
    begun = table.assign(since=table["since"].mask(since > autumn, autumn))
    return _until(begun, kept)


def _feeders(district: District, autumn: int) -> pd.DataFrame:
    table = district["feeders"]
    return _until(table, np.nan_to_num(figures(table, "since"), nan=0) <= autumn)


def _extracts(district: District, autumn: int) -> pd.DataFrame:
    """Return the extracts made by the last day of an autumn's count; by 1 September where it is not stated."""
    table, counts = district["children"], district["enrolment"]
    days = _until(counts, figures(counts, "year") == autumn)["counted_on"].dropna()
    day = days.max() if len(days) else pd.Timestamp(autumn, 9, 1)
    return _until(table, (table["as_of"] <= day).to_numpy(bool))


def _births(district: District, autumn: int) -> pd.DataFrame:
    """Return the births that were as old at the autumn's count as the latest ones are at the last count."""
    table = district["births"]
    if table.empty:
        return table
    month = figures(table, "month")
    of_year = np.where(np.isfinite(month), month, 12)
    number = 12 * figures(table, "year") + of_year
    return _until(table, number <= number.max() - 12 * (district.counted - autumn))
