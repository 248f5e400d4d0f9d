"""Official forecasts of the past held against what came, beside ours and simple methods on the same cases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planner.forecast.arrays import positions
from planner.forecast.backtest import off

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.forecast.arrays import Rolls
    from planner.forecast.backtest import Said

OFFICIAL, OURS = "official", "planner"
"""Methods of a ledger's scores, beside the names of the simple ones."""
COLUMNS = ("made_in", "lead", "method", "n", "mape", "wape", "mae", "bias")
_KEYS = ["made_in", "lead", "school", "grade"]


def counted_since(forecasts: pd.DataFrame, rolls: Rolls) -> pd.DataFrame:
    """
    Return the forecasts of a ledger whose year has been counted since.

    Counts of grades whose school turned children away are left out: they are only a bound of what was forecast.

    Parameters
    ----------
    forecasts
        The table forecasts of a district: made_in, year, school, grade, pupils. [children]
    rolls
        What was counted.

    Returns
    -------
    DataFrame
        made_in, lead [years], school, grade, came, official [children].
    """
    table = forecasts.dropna()
    at = tuple(
        positions(table[column], ids)
        for column, ids in (("school", rolls.schools), ("grade", rolls.grades), ("year", rolls.years))
    )
    there = np.logical_and.reduce([place >= 0 for place in at])
    came = np.where(there & ~rolls.full[at], rolls.pupils[at], np.nan)
    made, year = (table[column].to_numpy(np.int64) for column in ("made_in", "year"))
    out = pd.DataFrame(
        {
            "made_in": made,
            "lead": year - made,
            "school": table["school"].to_numpy(object),
            "grade": table["grade"].to_numpy(np.int64),
            "came": came,
            OFFICIAL: table["pupils"].to_numpy(np.float64),
        }
    )
    return out.loc[np.isfinite(came) & (year > made)].reset_index(drop=True)


def beside(official: pd.DataFrame, said: Said) -> pd.DataFrame:
    """Return what is said again, by us and by simple methods, where official forecasts were made too: keys and methods."""
    same = (official["made_in"] == said.origin) & (official["lead"] == said.lead)
    keys = official.loc[same, _KEYS]
    at = positions(keys["school"], said.units), positions(keys["grade"].astype(str), said.grades)
    ours = said.draws[at].mean(axis=-1, dtype=np.float64)
    return keys.assign(**{OURS: ours, **{name: values[at] for name, values in said.simple.items()}})


def ledger_scores(official: pd.DataFrame, again: Sequence[pd.DataFrame] = ()) -> pd.DataFrame:
    """
    Score official forecasts, and beside them what was said again.

    Parameters
    ----------
    official
        As `counted_since` returns them.
    again
        What is said again of some of them (`beside`): there all methods are scored on the cases that all have.

    Returns
    -------
    DataFrame
        made_in (all: every autumn together), lead [years], method (official, planner or a simple one),
        n [school-grades], mape, wape, bias [%], mae [children].
    """
    some = [table for table in again if len(table)]
    every = official.merge(pd.concat(some), on=_KEYS, how="left") if some else official
    methods = [OFFICIAL, *every.columns.drop([*_KEYS, "came", OFFICIAL])]
    rows = []
    groups = [(str(made), table) for made, table in every.groupby("made_in")]
    for made, of_made in (*groups, ("all", every)):
        for lead, table in of_made.groupby("lead"):
            whole = table.dropna(subset=methods)
            used, cases = (methods, whole) if len(whole) else ([OFFICIAL], table)
            came = cases["came"].to_numpy(np.float64)
            rows += [
                {
                    "made_in": made,
                    "lead": lead,
                    "method": method,
                    **off(cases[method].to_numpy(np.float64), came),
                }
                for method in used
            ]
    return pd.DataFrame(rows, columns=list(COLUMNS))
