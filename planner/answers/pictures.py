"""An answer as a folder: plain values, tables and pictures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from planner.answers.comparing.folder import file_names
from planner.archive import rounded, write_csv, write_manifest, write_whole
from planner.maps import (
    Level,
    fan_chart,
    held_by_year,
    odds_by_year_chart,
    reliability_chart,
    save_figure,
    scenario_name,
)
from planner.outcomes import QUANTILES, demand_in, exceeding
from planner.outcomes.spread import quantiles
from planner.words import Text, current_language, percent, say

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from matplotlib.figure import Figure

    from planner.answers.answer import Answer
    from planner.pipeline import Run

FANS = 6
"""Schools that get a fan of their own, at most: the likeliest."""
ROWS = 20
"""Schools shown in the odds by year, at most."""


def write_answer(run: Run, answer: Answer, folder: Path | str, *, replace: bool = False) -> Path:
    """
    Write an answer into a folder: ``answer.json``, ``schools.csv`` and pictures; whole or not at all.

    ``fan.png`` shows the children expected at all schools asked about together, ``fan-SCHOOL.png`` those of the
    likeliest schools against what their classes hold, ``odds-by-year.png`` who is at risk when, ``reliability.png``
    what the odds of past forecasts were worth, where these were asked for.

    Parameters
    ----------
    replace
        Whether what the planner wrote there before may be replaced; anything else never is.

    Raises
    ------
    OutputError
        When the folder is taken or cannot be written.
    """
    folder = Path(folder)
    with write_whole(folder, replace=replace) as beside:
        text = json.dumps(answer.as_json(), indent=2, ensure_ascii=False, allow_nan=False)
        (beside / "answer.json").write_text(text + "\n", encoding="utf-8", newline="\n")
        write_csv(rounded(answer.table), beside / "schools.csv")
        for name, figure in pictures(run, answer):
            save_figure(figure, beside / f"{name}.png")
        write_manifest(
            beside,
            {
                "language": current_language(),
                "scenario": dict(run.loaded.digests),
                "district": {"name": run.district.name, "sha256": dict(run.district.digests)},
                "draws": run.forecast.draws,
                "seed": run.forecast.seed,
            },
        )
    return folder


def pictures(run: Run, answer: Answer) -> Iterator[tuple[str, Figure]]:
    """Yield the pictures of an answer, each with the name of its file."""
    if not len(answer.table):
        return
    if answer.grade is not None and len(answer.table) > 1:
        yield "fan", _fan_of_all(run, answer, answer.grade)
    shown = answer.at_risk if len(answer.at_risk) else answer.table
    likeliest = [
        (str(school), int(grade))
        for school, grade in shown[["school", "grade"]].head(FANS).to_numpy().tolist()
    ]
    files = file_names(tuple(dict.fromkeys(school for school, _ in likeliest)))
    for school, grade in likeliest:
        name = f"fan-{files[school]}" if answer.grade is not None else f"fan-{files[school]}-{grade}"
        yield name, _fan(run, answer, school, grade)
    yield "odds-by-year", _odds_by_year(run, answer)
    if answer.record is not None:
        yield "reliability", _reliability(run, answer)


def _fan(run: Run, answer: Answer, school: str, grade: int) -> Figure:
    """Return the fan of one school's grade."""
    odds = run.outcomes["odds"]
    rows = odds.loc[(odds["school"] == school) & (odds["grade"] == grade)]
    levels = []
    if not answer.by_seats:
        plain = rows[["year", "cap", "classes_planned", "classes_possible"]]
        plain = (plain if answer.cap is None else plain.assign(cap=answer.cap)).to_dict("records")
        levels = [
            Level(name=Text("cap x classes planned"), by_year=held_by_year(plain, "classes_planned")),
            Level(
                name=Text("cap x classes possible"),
                by_year=held_by_year(plain, "classes_possible"),
                possible=True,
            ),
        ]
    of_row = (answer.table["school"] == school) & (answer.table["grade"] == grade)
    (figures,) = answer.table.loc[of_row].to_dict("records")
    return fan_chart(
        run.district,
        rows,
        title=say(
            "How many children: {name}, {grade}", name=answer.names[school, grade], grade=answer.labels[grade]
        ),
        lines=[
            say(
                "{year}: {low} to {high} children with a probability of 80 %; odds of more than the seats of the other grades leave: {odds}.",
                **_told(answer, figures),
            )
            if answer.by_seats
            else say(
                "{year}: {low} to {high} children with a probability of 80 %; odds of a class above {cap} in the classes planned: {odds}.",
                **_told(answer, figures),
            )
        ],
        counted=_counted(run, [school], grade),
        levels=levels,
        scenario=scenario_name(run.scenario),
    )


def _told(answer: Answer, row: Mapping[Any, Any]) -> dict[str, object]:
    return {
        "year": answer.year,
        "low": f"{row['p10']:.0f}",
        "high": f"{row['p90']:.0f}",
        "cap": row["cap"],
        "odds": answer.likelihood(row["p_over_planned"]),
    }


def _fan_of_all(run: Run, answer: Answer, grade: int) -> Figure:
    """Return the fan of all schools asked about together."""
    schools = answer.table["school"].tolist()
    at = [run.simulation.schools.index(school) for school in schools]
    total = demand_in(run.simulation, run.policy, grade)[at].sum(axis=0, dtype=np.int32)
    found = quantiles(total, *QUANTILES.values())
    table = pd.DataFrame(dict(zip(QUANTILES, found, strict=True)) | {"year": run.plan.years})
    values = {"grade": answer.labels[grade], "schools": len(schools)}
    return fan_chart(
        run.district,
        table,
        title=say("How many children: {grade} at {schools} schools together", **values),
        lines=[say("Children expected before anyone is turned away, and those counted so far.")],
        counted=_counted(run, schools, grade),
        scenario=scenario_name(run.scenario),
    )


def _counted(run: Run, schools: list[str], grade: int) -> dict[int, float]:
    """Return the children of a grade counted at some schools, by year."""
    table = run.district["enrolment"]
    kept = table["school"].isin(schools) & (table["grade"] == grade) & (table["year"] <= run.district.counted)
    sums = table.loc[kept].dropna(subset=["pupils"]).groupby("year")["pupils"].sum()
    return {int(year): float(pupils) for year, pupils in sums.items()}


def _odds_by_year(run: Run, answer: Answer) -> Figure:
    """Return the odds by year of all schools asked about that are at risk in any, and of at least one of them."""
    rows = list(answer.names.items())
    years = run.plan.years
    of_grade = {
        grade: exceeding(run.simulation, run.plan, run.policy, grade, years, answer.cap)
        for grade in {grade for (_, grade), _ in rows}
    }
    over = np.stack([of_grade[grade][run.simulation.schools.index(school)] for (school, grade), _ in rows])
    odds = over.mean(axis=-1)
    risky = [at for at, row in enumerate(odds) if row.max() >= max(answer.level, 1e-9)][:ROWS]
    some = say("at least one of {schools}", schools=len({school for (school, _), _ in rows}))
    names = [
        rows[at][1]
        if answer.grade is not None
        else say("{name}, {grade}", name=rows[at][1], grade=answer.labels[rows[at][0][1]])
        for at in risky
    ]
    table = pd.DataFrame(
        [*odds[risky], np.logical_or.reduce(over).mean(axis=-1)], index=[*names, some], columns=list(years)
    )
    grade = say("any grade") if answer.grade is None else answer.labels[answer.grade]
    return odds_by_year_chart(
        run.district,
        table,
        title=say("Odds of {grade} above its cap, year by year", grade=grade),
        lines=[
            say(
                "Schools that reach {level} in any year: {risky} of {schools} asked about.",
                level=percent(answer.level),
                risky=sum(row.max() >= max(answer.level, 1e-9) for row in odds),
                schools=len(rows),
            )
        ],
        last=some,
        scenario=scenario_name(run.scenario),
    )


def _reliability(run: Run, answer: Answer) -> Figure:
    record = answer.record
    if record is None:
        raise ValueError("no track record was asked for")
    values = record.counted() | {"first": record.years[0], "last": record.years[-1]}
    return reliability_chart(
        run.district,
        record.reliability,
        title=say("What such odds were worth"),
        lines=[
            say(
                "Forecasts made again for {first} to {last}: of {likely} school-years with more than even odds {likely_happened} came to be above, of {unlikely} others {unlikely_happened}.",
                **values,
            )
        ],
        scenario=scenario_name(run.scenario),
    )
