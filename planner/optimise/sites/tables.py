"""Plain tables of children, ways and seats, checked and made into what the siting model is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planner.district.findings import few
from planner.errors import DataError
from planner.optimise.sites.facts import SiteFacts
from planner.words import Text

if TYPE_CHECKING:
    from numpy.typing import NDArray


def site_facts(
    demand: pd.Series | pd.DataFrame,
    ways: pd.DataFrame,
    site_ways: pd.DataFrame,
    seats: pd.Series | pd.DataFrame,
    *,
    new_seats: float,
    least: pd.Series | None = None,
    new_least: float = 0.0,
) -> SiteFacts:
    """
    Return the facts of `rank_sites`, whose parameters these are.

    Raises
    ------
    DataError
        With every fault: no demand, units, schools or sites missing from a table, figures missing or negative.
    """
    children = _by_year(demand)
    places = seats if isinstance(seats, pd.DataFrame) else _repeated(seats, children.columns)
    fewest = pd.Series(0.0, index=places.index) if least is None else least
    units, schools, years = children.index, places.index, children.columns
    faults = [
        *_lacking(Text("ways"), units, ways.index),
        *_lacking(Text("ways to the sites"), units, site_ways.index),
        *_lacking(Text("ways"), schools, ways.columns),
        *_lacking(Text("least number of children"), schools, fewest.index),
        *_lacking(Text("seats"), years, places.columns),
        *_negative(Text("demand"), children),
        *_negative(Text("seats"), places, missing=True),
        *_negative(Text("least number of children"), fewest.to_frame()),
        *_negative(Text("ways"), ways, missing=True),
        *_negative(Text("ways to the sites"), site_ways, missing=True),
    ]
    if not np.nansum(_figures(children)) > 0:
        faults.append(Text("There is no demand: the children of all units are 0."))
    if np.isnan(_figures(places)).all():
        faults.append(Text("No school has seats: state how many children each holds."))
    if not len(site_ways.columns):
        faults.append(Text("There is no candidate site."))
    if not new_seats > 0 or not np.isfinite(new_seats):
        faults.append(Text("The new school must have seats, not {seats}.", seats=new_seats))
    if not 0 <= new_least <= max(new_seats, 0):
        faults.append(
            Text(
                "The least number of children of the new school, {least}, is not between 0 and its seats.",
                least=new_least,
            )
        )
    if faults:
        raise DataError(*faults)
    reach = ways.reindex(index=units, columns=schools)
    count = len(years)
    return SiteFacts(
        units=tuple(str(unit) for unit in units),
        schools=tuple(str(school) for school in schools),
        sites=tuple(str(site) for site in site_ways.columns),
        years=tuple(int(year) for year in years),
        demand=_figures(children),
        ways=_or_none(reach),
        site_ways=_or_none(site_ways.reindex(index=units)),
        seats=_figures(places.reindex(columns=years)),
        least=np.repeat(_figures(fewest.reindex(schools).to_frame()), count, axis=1),
    )


def _by_year(demand: pd.Series | pd.DataFrame) -> pd.DataFrame:
    return demand if isinstance(demand, pd.DataFrame) else demand.to_frame(0)


def _repeated(seats: pd.Series, years: pd.Index) -> pd.DataFrame:
    return pd.DataFrame(dict.fromkeys(years, seats), index=seats.index)


def _figures(table: pd.DataFrame) -> NDArray[np.float64]:
    return table.astype("Float64").to_numpy(np.float64, na_value=np.nan)


def _or_none(table: pd.DataFrame) -> NDArray[np.float64]:
    """Return ways, infinite where there is none."""
    figures = _figures(table)
    return np.where(np.isnan(figures), np.inf, figures)


def _lacking(table: Text, wanted: pd.Index, there: pd.Index) -> list[Text]:
    missing = [str(name) for name in wanted.difference(there, sort=False)]
    if not missing:
        return []
    return [Text("{table}: nothing is said of {names}.", table=table, names=few(missing))]


def _negative(table: Text, figures: pd.DataFrame, *, missing: bool = False) -> list[Text]:
    """Return a fault where figures are below 0, or missing where they may not be."""
    numbers = _figures(figures)
    wrong = ~(numbers >= 0) & ~(np.isnan(numbers) & missing)
    if not wrong.any():
        return []
    names = [str(figures.index[row]) for row in np.flatnonzero(wrong.any(axis=1))]
    return [Text("{table}: figures of {names} are negative or missing.", table=table, names=few(names))]
