"""``planner backtest``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from planner.archive import check_place, rounded, write_csv, write_manifest, write_whole
from planner.archive.ledger import read_ledger
from planner.cli.backtest_scores import show_ledger, show_scores
from planner.cli.progress import progress
from planner.cli.show import tell
from planner.district import planned_stages, read_district, refuse_errors
from planner.district.files import digest_of
from planner.forecast.backtest import backtest_units, choose_origins, left_out, read_counts
from planner.maps import accuracy_chart, save_figure
from planner.pipeline.looking_back import look_back
from planner.policy import read_policy
from planner.words import Text, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from planner.forecast.backtest import Backtest

_LAG, _CAP = 5, 25
"""Years from birth to entry, and class size, of plain tables that do not say it."""


@dataclass(frozen=True, kw_only=True)
class _Tried:
    """What a back-test found, of plain tables or of a district."""

    found: Backtest
    origins: Sequence[int]
    leads: Sequence[int]
    starts: Sequence[str]
    """Names of the grades that children enter."""
    notes: Sequence[Text]
    inputs: dict[str, Any]
    """What it rests on, by role."""
    ledger: pd.DataFrame | None = None


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """What both kinds of back-test are asked."""

    origins: tuple[int, int] | None
    leads: tuple[int, ...]
    cap: int | None
    draws: int
    seed: int


def command(
    *,
    district: str | None,
    policy: str | None,
    ledger: str | None,
    enrolment: str | None,
    births: str | None,
    birth_lag: int | None,
    areas: str | None,
    entry: str | None,
    origins: tuple[int, int] | None,
    leads: tuple[int, ...],
    cap: int | None,
    draws: int,
    seed: int,
    out: str | None,
    replace: bool,
    as_json: bool,
) -> int:
    """Forecast again at past autumns, with what was known then, and show how good it was."""
    of_tables = {"--births": births, "--birth-lag": birth_lag, "--areas": areas, "--entry": entry}
    of_districts = {"--policy": policy, "--ledger": ledger}
    _check_usage(district, enrolment, of_tables, of_districts)
    if out is not None:
        check_place(Path(out), replace=replace)
    asked = _Asked(origins=origins, leads=leads, cap=cap, draws=draws, seed=seed)
    if district is not None:
        tried = _of_district(district, policy, ledger, asked)
    else:
        files = {"enrolment": enrolment, "births": births, "areas": areas}
        lag = _LAG if birth_lag is None else birth_lag
        tried = _of_tables(
            {role: Path(file) for role, file in files.items() if file}, entry or "", lag, asked
        )
    tables = _tables(tried)
    if out is not None:
        _write(tried, tables, asked, Path(out), replace=replace)
    if as_json:
        plain = {name: _records(table) for name, table in tables.items() if name != "forecasts"}
        click.echo(json.dumps(plain, indent=2, ensure_ascii=False, allow_nan=False))
        return 0
    show_scores(tried.found, tried.origins, tried.starts)
    if tried.ledger is not None:
        click.echo()
        show_ledger(tried.ledger)
    click.echo()
    for note in tried.notes:
        tell(say("Note: {note}", note=note), indent="  ")
    if out is not None:
        tell(say("Written: {path}", path=out))
    return 0


def _check_usage(
    district: str | None, enrolment: str | None, of_tables: dict[str, Any], of_districts: dict[str, Any]
) -> None:
    """
    Refuse options that do not go together.

    Raises
    ------
    UsageError
        When neither or both of a district and plain tables are given, or options of the other kind.
    """
    if (district is None) == (enrolment is None):
        raise click.UsageError(say("Name a district, or give plain tables with --enrolment; one of the two."))
    others = of_districts if district is None else of_tables
    extra = ", ".join(name for name, value in others.items() if value is not None)
    if extra and district is not None:
        raise click.UsageError(
            say("{options}: only for --enrolment; a district tells it itself.", options=extra)
        )
    if extra:
        raise click.UsageError(say("{options}: only for a district; plain tables know none.", options=extra))
    if district is None and of_tables["--entry"] is None:
        raise click.UsageError(say("{name} must be given.", name="--entry"))


def _of_tables(files: dict[str, Path], entry: str, lag: int, asked: _Asked) -> _Tried:
    counts, labels, notes = read_counts(
        files["enrolment"], entry, births=files.get("births"), lag=lag, areas=files.get("areas")
    )
    counted = {year for at, year in enumerate(counts.years) if (counts.pupils[:, :, at] >= 0).any()}
    chosen = choose_origins(counts.years, counted, asked.origins, asked.leads)
    with progress() as watch:
        done = 0

        def seen(origin: int) -> None:
            nonlocal done
            done += 1
            if watch is not None:
                watch(Text("forecast of {origin}", origin=origin), done, len(chosen.origins))

        found = backtest_units(
            counts,
            chosen.origins,
            chosen.leads,
            labels=labels,
            cap=_CAP if asked.cap is None else asked.cap,
            draws=asked.draws,
            seed=asked.seed,
            progress=seen,
        )
    return _Tried(
        found=found,
        origins=chosen.origins,
        leads=chosen.leads,
        starts=labels[:1],
        notes=(*notes, *chosen.notes, *left_out(counts, labels[0], chosen.origins, found)),
        inputs={role: _file(file) for role, file in files.items()},
    )


def _of_district(place: str, named: str | None, ledger: str | None, asked: _Asked) -> _Tried:
    district = read_district(place)
    if ledger is not None:
        district = district.with_tables(forecasts=read_ledger(Path(ledger)))
    folder = district.source
    if named is None:
        home = folder.parent if folder is not None and folder.is_file() else folder
        policy = read_policy(district.policy, folder=home)
    else:
        policy = read_policy(named)
    refuse_errors(district, policy)
    with progress() as watch:
        looked = look_back(
            district,
            policy,
            origins=asked.origins,
            leads=asked.leads,
            cap=asked.cap,
            draws=asked.draws,
            seed=asked.seed,
            progress=watch,
        )
    return _Tried(
        found=looked.found,
        origins=looked.origins,
        leads=looked.leads,
        starts=[str(stage.first) for stage in planned_stages(district, policy)],
        notes=looked.notes,
        inputs={
            "district": {"counted": district.counted, "sha256": dict(district.digests)},
            "policy": policy.profile,
            **({"ledger": _file(Path(ledger))} if ledger is not None else {}),
        },
        ledger=looked.ledger if len(looked.ledger) else None,
    )


def _file(file: Path) -> dict[str, str]:
    """Return what the manifest says of a file."""
    return {"file": file.name, "sha256": digest_of(file)}


def _write(
    tried: _Tried, tables: dict[str, pd.DataFrame], asked: _Asked, out: Path, *, replace: bool
) -> None:
    """Write tables, picture and manifest into a folder."""
    facts = {
        "inputs": tried.inputs,
        "origins": list(tried.origins),
        "leads": list(tried.leads),
        "class_size": asked.cap,
        "draws": asked.draws,
        "seed": asked.seed,
        "notes": [str(note) for note in tried.notes],
    }
    with write_whole(out, replace=replace) as folder:
        for name, table in tables.items():
            write_csv(table, folder / f"{name}.csv")
        save_figure(accuracy_chart(tried.found), folder / "accuracy.png")
        write_manifest(folder, facts)


def _tables(tried: _Tried) -> dict[str, pd.DataFrame]:
    """Return what is written, by file."""
    found = tried.found
    tables = {
        "forecasts": found.forecasts.round(2),
        "totals": found.totals.round(2),
        "scores": rounded(found.scores),
        "baselines": rounded(found.baselines),
        "reliability": rounded(found.reliability),
        "fits": rounded(found.fits),
    }
    if len(found.bounds):
        tables["full_schools"] = found.bounds.round(2)
    if tried.ledger is not None:
        tables["ledger"] = rounded(tried.ledger)
    return tables


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    plain = table.astype(object)
    return plain.where(plain.notna(), None).to_dict("records")
