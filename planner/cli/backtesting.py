"""``planner backtest``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from planner.archive import check_place, rounded, write_csv, write_manifest, write_whole
from planner.cli.progress import progress
from planner.cli.show import show_table, tell, tenth, whole
from planner.district.files import digest_of
from planner.errors import QuestionError
from planner.forecast.backtest import backtest_units, read_counts
from planner.maps import accuracy_chart, save_figure
from planner.words import Text, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from planner.forecast.backtest import Backtest

FIRST_FIT = 2
"""Autumns that a fit needs at least, the origin included."""


def command(
    *,
    enrolment: str,
    births: str | None,
    birth_lag: int,
    areas: str | None,
    entry: str,
    origins: tuple[int, int] | None,
    leads: tuple[int, ...],
    cap: int,
    draws: int,
    seed: int,
    out: str | None,
    replace: bool,
    as_json: bool,
) -> int:
    """Forecast again at past autumns, with what was known then, and show how good it was."""
    if out is not None:
        check_place(Path(out), replace=replace)
    files = [Path(file) for file in (enrolment, births, areas) if file]
    counts, labels, notes = read_counts(
        Path(enrolment),
        entry,
        births=Path(births) if births else None,
        lag=birth_lag,
        areas=Path(areas) if areas else None,
    )
    chosen = _origins(counts.years, origins, leads)
    with progress() as watch:
        done = 0

        def seen(origin: int) -> None:
            nonlocal done
            done += 1
            if watch is not None:
                watch(Text("forecast of {origin}", origin=origin), done, len(chosen))

        found = backtest_units(
            counts, chosen, leads, labels=labels, cap=cap, draws=draws, seed=seed, progress=seen
        )
    if out is not None:
        facts = {
            "inputs": {file.name: digest_of(file) for file in files},
            "origins": list(chosen),
            "leads": list(leads),
            "class_size": cap,
            "draws": draws,
            "seed": seed,
            "notes": [str(note) for note in notes],
        }
        with write_whole(Path(out), replace=replace) as folder:
            for name, table in _tables(found).items():
                write_csv(table, folder / f"{name}.csv")
            save_figure(accuracy_chart(found), folder / "accuracy.png")
            write_manifest(folder, facts)
    if as_json:
        plain = {name: _records(table) for name, table in _tables(found).items() if name != "forecasts"}
        click.echo(json.dumps(plain, indent=2, ensure_ascii=False, allow_nan=False))
        return 0
    _show(found, chosen)
    for note in notes:
        tell(say("Note: {note}", note=note), indent="  ")
    if out is not None:
        tell(say("Written: {path}", path=out))
    return 0


def _origins(years: Sequence[int], asked: tuple[int, int] | None, leads: Sequence[int]) -> list[int]:
    """Return the autumns to forecast from: those asked for, or all that leave a forecast something to learn and to meet."""
    first, last = years[0] + FIRST_FIT - 1, years[-1] - min(leads)
    if asked is None:
        origins = list(range(min(first + 3, last), last + 1))
    else:
        origins = [year for year in range(asked[0], asked[1] + 1) if first <= year <= last]
    if not origins or last < first:
        raise QuestionError(
            Text(
                "No forecast can be tried: counts run from {first} to {last}. An origin needs {needed} autumns up to it, and one at least {lead} years after it.",
                first=years[0],
                last=years[-1],
                needed=FIRST_FIT,
                lead=min(leads),
            )
        )
    return origins


def _tables(found: Backtest) -> dict[str, pd.DataFrame]:
    """Return what is written, by file."""
    return {
        "forecasts": found.forecasts.round(2),
        "totals": found.totals.round(2),
        "scores": rounded(found.scores),
        "baselines": rounded(found.baselines),
        "reliability": rounded(found.reliability),
        "fits": rounded(found.fits),
    }


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    plain = table.astype(object)
    return plain.where(plain.notna(), None).to_dict("records")


def _show(found: Backtest, origins: Sequence[int]) -> None:
    """Print the scores of all sizes together, and of the simple methods beside them."""
    tell(
        say(
            "Forecasts made again in {first} to {last} with what was known then, against what came:",
            first=origins[0],
            last=origins[-1],
        )
    )
    targets = {
        "entry": say("entry grade"),
        "grades": say("later grades"),
        "unit total": say("unit totals"),
        "district total": say("all together"),
    }
    scores = found.scores.loc[(found.scores["band"] == "all") & found.scores["target"].isin(list(targets))]
    best = found.baselines.groupby(["target", "lead"], as_index=False).agg(best=("wape", "min"))
    scores = scores.merge(best, on=["target", "lead"], how="left")
    scores = scores.assign(
        named=scores["target"].map(targets), gain=100 * (1 - scores["crps"] / scores["crps_baseline"])
    )

    def percent(value: float) -> str:
        return f"{100 * value:.0f}%"

    show_table(
        scores,
        {
            "named": say("forecast of"),
            "lead": say("years ahead"),
            "n": say("cases"),
            "wape": say("error (%)"),
            "best": say("best simple method (%)"),
            "bias": say("bias (%)"),
            "cover80": say("in 80% range"),
            "cover95": say("in 95% range"),
            "gain": say("gain in odds (%)"),
        },
        {
            "lead": str,
            "n": whole,
            "wape": tenth,
            "best": tenth,
            "bias": tenth,
            "cover80": percent,
            "cover95": percent,
            "gain": whole,
        },
    )
    tell(
        say(
            "Error: children wrongly placed per hundred that came. Gain in odds: how much better the whole range was than that of {baseline} with Poisson noise (CRPS).",
            baseline=say("three-year ratios"),
        )
    )
    asked = scores.loc[scores["brier_skill"].notna()]
    for target, skill, error, rate in zip(
        asked["named"], asked["brier_skill"], asked["calibration_error"], asked["base_rate"], strict=True
    ):
        tell(
            say(
                "{target}, another class needed a year ahead: it came in {rate} of cases; skill {skill}, stated odds off by {error} on average.",
                target=target,
                rate=percent(rate),
                skill=f"{skill:.2f}",
                error=percent(error),
            )
        )
