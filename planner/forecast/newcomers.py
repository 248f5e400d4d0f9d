"""Who moves in, year by year: the children of every development and of every driver of migration."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planner.forecast.streams import Shocks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from planner.forecast.drawing import Fit

_CHUNKS = 2
"""Chunks of draws that the ranges rest on: 1,000 draws."""

COLUMNS = ("mover_kind", "mover", "name", "year", "certainty", "entrants", "joining", "moving_in")


def newcomer_rows(fit: Fit) -> pd.DataFrame:
    """
    Return one row per development and year, and per driver and year, those without children left out.

    Columns: mover_kind (housing or driver), mover (its id), name, year, certainty (of its surest phase or row),
    entrants (who enter a first stage), joining (who join later grades), both expected, moving_in (their sum) with
    moving_in_p10 and moving_in_p90, from the first 1,000 draws of the seed. Negative where children go.
    """
    shocks = [Shocks(seed=fit.seed, chunk=chunk) for chunk in range(_CHUNKS)]
    found = [*_developments(fit, shocks), *_drivers(fit, shocks)]
    columns = [*COLUMNS, "moving_in_p10", "moving_in_p90"]
    if not found:
        return pd.DataFrame(columns=columns)
    table = pd.concat(found, ignore_index=True)
    come = table[["entrants", "joining", "moving_in_p10", "moving_in_p90"]].abs().max(axis=1) > 0
    return table.loc[come, columns].reset_index(drop=True)


def _rows(
    fit: Fit,
    names: tuple[str, str, str],
    certainty: float,
    expected: tuple[NDArray[np.float64], NDArray[np.float64]],
    drawn: NDArray[np.floating],
) -> pd.DataFrame:
    """Return the rows of one mover, from its entrants and joining pupils [year] and their sum [year, draw]."""
    low, high = np.quantile(drawn, (0.1, 0.9), axis=1)
    entrants, joining = expected
    return pd.DataFrame(
        {
            "mover_kind": names[0],
            "mover": names[1],
            "name": names[2],
            "year": fit.years,
            "certainty": certainty,
            "entrants": entrants,
            "joining": joining,
            "moving_in": entrants + joining,
            "moving_in_p10": low,
            "moving_in_p90": high,
        }
    )


def _developments(fit: Fit, shocks: list[Shocks]) -> Iterator[pd.DataFrame]:
    housing = fit.housing
    # Children of one age join every later grade that a school of the block teaches.
    grades = np.einsum("bsg,sg->b", fit.newcomer_parts, fit.teaches.astype(np.float64))
    expected = housing.expected_phases()
    by_chunk = [housing.drawn_phases(each) for each in shocks]
    for development in dict.fromkeys(name for name, _phase in housing.phases):
        own = [at for at, (name, _phase) in enumerate(housing.phases) if name == development]
        blocks = housing.block[own]
        stock = np.stack([np.concatenate([phases[at] for phases in by_chunk], axis=1) for at in own])
        both = np.concatenate([expected[own][..., None], stock.astype(np.float64)], axis=-1)
        joining = _increase(both, blocks) * grades[blocks][:, None, None]
        of_each = (both + joining).sum(axis=0)
        yield _rows(
            fit,
            ("housing", development, housing.names[own[0]]),
            float(housing.certainty[own].max()),
            (expected[own].sum(axis=0), joining[..., 0].sum(axis=0)),
            of_each[:, 1:],
        )


def _increase(stock: NDArray[np.float64], blocks: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return by how much children of one age rise in a year, block by block [phase, year, draw]; a fall is none."""
    out = np.zeros_like(stock)
    for block in np.unique(blocks):
        own = np.flatnonzero(blocks == block)
        rise = np.diff(stock[own].sum(axis=0), axis=0, prepend=0.0)
        out[own[0]] = np.maximum(rise, 0.0)
    return out


def _drivers(fit: Fit, shocks: list[Shocks]) -> Iterator[pd.DataFrame]:
    arrivals = fit.arrivals
    drivers = arrivals.drivers
    if not drivers.drivers:
        return
    numbers = np.concatenate([drivers.expected()[:, None], *(drivers.drawn(each) for each in shocks)], axis=1)
    entering = sum(timing.children(numbers, drivers.already) for timing in arrivals.entering.values())
    later = [arrivals.joining.children(numbers, drivers.already).sum(axis=1)]
    for driver in dict.fromkeys(drivers.drivers):
        own = np.array([name == driver for name in drivers.drivers])
        into = np.asarray(entering)[own].sum(axis=0)
        joining = np.sum(later, axis=0)[own].sum(axis=0)
        first = int(np.flatnonzero(own)[0])
        yield _rows(
            fit,
            ("driver", driver, drivers.names[first]),
            float(drivers.certainty[own].max()),
            (into[:, 0], joining[:, 0]),
            (into + joining)[:, 1:],
        )
