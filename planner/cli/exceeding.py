"""``planner exceed``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click
import numpy as np
import pandas as pd

from planner.answers import exceed, write_answer
from planner.answers.drivers import PARTS, TOLD, driver_line
from planner.answers.sentences import joined
from planner.archive import check_place
from planner.cli.progress import progress
from planner.cli.show import show_table, span, tell, tenth, whole
from planner.cli.usage import ANY
from planner.outcomes import QUANTILES
from planner.pipeline import run
from planner.words import percent, say

if TYPE_CHECKING:
    from planner.answers import Answer
    from planner.answers.joint import Chance

LIKELIEST = 5
"""Schools shown when none is at risk."""
MATTERS = 0.05
"""Difference of the odds between the branches of an open question from which they are shown, if twice the sampling
error is not more. [1]"""
EXPLAINED = 5
"""Schools whose numbers are explained, at most: the likeliest."""


def command(
    *,
    scenario: str,
    grade: int,
    year: int,
    cap: int | None,
    level: float,
    schools: tuple[str, ...],
    areas: tuple[str, ...],
    until: int | None,
    in_a_row: int | None,
    drivers: bool,
    track_record: bool,
    levers: bool,
    out: str | None,
    replace: bool,
    draws: int | None,
    as_json: bool,
) -> int:
    """Answer whether a grade exceeds its cap."""
    asked = None if grade == ANY else grade
    if out is not None:
        check_place(Path(out), replace=replace)
    with progress() as watch:
        done = run(scenario, draws=draws, progress=watch)
        answer = exceed(
            done,
            grade=asked,
            year=year,
            cap=cap,
            level=level,
            schools=schools,
            areas=areas,
            until=until,
            in_a_row=in_a_row,
            drivers=drivers,
            record=track_record,
            levers=levers,
            progress=watch,
        )
        if out is not None:
            write_answer(done, answer, out, replace=replace)
    if as_json:
        click.echo(json.dumps(answer.as_json(), indent=2, ensure_ascii=False, allow_nan=False))
        return 0
    _show_all(answer, levers=levers, track_record=track_record)
    if out is not None:
        click.echo()
        tell(say("Written: {path}", path=out))
    return 0


def _show_all(answer: Answer, *, levers: bool, track_record: bool) -> None:
    """Print the answer, its tables, and what else was asked for."""
    tell(answer.sentence)
    if len(answer.table):
        click.echo()
        _show(answer)
        click.echo()
        _show_demand(answer)
        click.echo()
    for line in answer.remarks:
        tell(line)
    several = answer.asked is not None and len(answer.joint.schools) > 1
    if len(answer.table) and (several or len(answer.joint.years) > 1):
        _show_joint(answer)
    if len(answer.branches):
        _show_branches(answer)
    if answer.drivers:
        _show_drivers(answer)
    _show_reasons(answer)
    if track_record:
        click.echo()
        _show_record(answer)
    if levers:
        click.echo()
        for line in answer.lever_lines():
            tell(line, indent="    " if line.startswith(" ") else "")


def _shown(answer: Answer) -> pd.DataFrame:
    """Return the schools at risk, or the likeliest where none is."""
    return answer.at_risk if len(answer.at_risk) else answer.table.head(LIKELIEST)


def _place(answer: Answer) -> dict[str, str]:
    """Return the headings of the columns that say of which school and grade a row is."""
    of_school = {"name": say("school")}
    return of_school if answer.grade is not None else of_school | {"label": say("grade")}


def _placed(answer: Answer, rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(label=[answer.labels[grade] for grade in rows["grade"]])


def _show(answer: Answer) -> None:
    """Print the odds of the schools at risk."""
    shown = _shown(answer)
    caps = shown["cap"].unique()
    headings = _place(answer) | {"demand": say("demand (80%)")}
    if answer.by_seats:
        headings |= {"seats": say("seats left"), "odds": say("odds over seats")}
    else:
        headings |= {"classes": say("classes (possible)"), "per_class": say("per class"), "cap": say("cap")}
        headings |= {"odds": say("odds over cap"), "p_over_possible": say("with all rooms")}
    headings |= {"p_turned_away": say("odds some turned away"), "expected_over": say("children over")}
    if len(caps) == 1 and not answer.by_seats:
        headings["odds"] = say("odds over {cap}", cap=caps[0])
        del headings["cap"]
    if not any(odds > 0 for odds in shown["p_turned_away"]):
        del headings["p_turned_away"]
    rows = _placed(answer, shown).assign(
        demand=[
            f"{whole(expected)} ({span(low, high)})"
            for expected, low, high in zip(shown["expected"], shown["p10"], shown["p90"], strict=True)
        ],
        classes=[
            f"{planned} ({possible})"
            for planned, possible in zip(shown["classes_planned"], shown["classes_possible"], strict=True)
        ],
        odds=[
            answer.chance(odds, error)
            for odds, error in zip(shown["p_over_planned"], shown["error"], strict=True)
        ],
    )
    odds = dict.fromkeys(("p_over_possible", "p_turned_away"), answer.likelihood)
    figures = {"demand": str, "classes": str, "cap": whole, "per_class": tenth, "expected_over": tenth}
    figures |= {"seats": whole, "odds": str}
    show_table(rows, headings, figures | odds)


def _show_demand(answer: Answer) -> None:
    """Print the quantiles of demand of the same schools, and how many classes it needs."""
    rows = _placed(answer, _shown(answer))
    keys = list(zip(rows["school"], rows["grade"], strict=True))
    rows["needed"] = [
        ", ".join(
            say("{classes}: {odds}", classes=classes, odds=answer.chance(*chance))
            for classes, chance in answer.needed.get(key, {}).items()
        )
        for key in keys
    ]
    headings = _place(answer) | {name: f"{100 * share:g}%" for name, share in QUANTILES.items()}
    if not answer.by_seats:
        headings["needed"] = say("classes needed, at least")
    error = max((error for key in keys for error in answer.quantile_errors[key].values()), default=0.0)
    tell(
        say(
            "Demand that so many of the draws do not exceed (sampling error at most ± {error} children):",
            error=tenth(error),
        )
    )
    show_table(rows, headings, dict.fromkeys(QUANTILES, whole))


def _show_joint(answer: Answer) -> None:
    """Print the odds of several schools, or several autumns, together."""
    joint = answer.joint

    def told(chance: Chance | None) -> str | None:
        return None if chance is None else answer.chance(chance.p, chance.error)

    headings = {"year": say("year"), "some": say("at least one school"), "every": say("all schools")}
    rows = [
        {"year": str(year), "some": told(joint.some.years[year]), "every": told(joint.all.years[year])}
        for year in joint.years
    ]
    if len(joint.years) > 1:
        spans = {
            say("at least once"): (joint.some.once, joint.all.once),
            say("every year"): (joint.some.every, joint.all.every),
        }
        rows += [
            {"year": name, "some": told(some), "every": told(every)} for name, (some, every) in spans.items()
        ]
    if joint.in_a_row is not None:
        name = say("{years} in a row", years=joint.in_a_row)
        rows.append({"year": name, "some": told(joint.some.in_a_row), "every": told(joint.all.in_a_row)})
        if len(joint.schools) > 1:
            name = say("{years} in a row, one and the same", years=joint.in_a_row)
            rows.append({"year": name, "some": told(joint.same), "every": None})
    if len(joint.schools) == 1:
        del headings["every"]
    click.echo()
    tell(say("Odds above the cap together, counted draw by draw:"))
    show_table(pd.DataFrame(rows), headings, {"some": str, "every": str})
    if len(joint.years) > 1 and len(joint.schools) > 1:
        click.echo()
        _show_schools(answer)


def _show_schools(answer: Answer) -> None:
    """Print the odds over the autumns of each school that comes near the level."""
    joint = answer.joint
    names = {school: name for (school, _), name in answer.names.items()}
    likely = sorted(joint.schools.items(), key=lambda item: -item[1].once.p)
    near = [item for item in likely if item[1].once.p >= max(answer.level, 1 / answer.draws)]
    rows = []
    for school, over in near or likely[:LIKELIEST]:
        peak = max(over.years, key=lambda year: over.years[year].p)
        row = {"name": names[school], "once": answer.chance(*over.once), "every": answer.chance(*over.every)}
        if over.in_a_row is not None:
            row["in_a_row"] = answer.chance(*over.in_a_row)
        rows.append(row | {"peak": f"{peak} {answer.likelihood(over.years[peak].p)}"})
    headings = {"name": say("school"), "once": say("at least once"), "every": say("every year")}
    if joint.in_a_row is not None:
        headings["in_a_row"] = say("{years} in a row", years=joint.in_a_row)
    headings["peak"] = say("likeliest in")
    show_table(pd.DataFrame(rows), headings, dict.fromkeys(("once", "every", "in_a_row", "peak"), str))


def _show_branches(answer: Answer) -> None:
    """Print the odds of the schools at risk by the branches of the questions that make a difference to them."""
    told = []
    shown = _placed(answer, _shown(answer))[["school", "grade", "label"]]
    of_shown = shown.merge(answer.branches, on=["school", "grade"])
    for _, rows in of_shown.groupby(["school", "grade", "question"], sort=False):
        odds, errors = (rows[column].to_numpy(dtype=float) for column in ("p_over_planned", "error"))
        if np.ptp(odds) < max(MATTERS, 2 * errors.max()):
            continue
        told += [
            {
                "name": row["name"],
                "label": row["label"],
                "question": row["question"],
                "branch": f"{row['branch']} ({percent(row['chance'])})",
                "odds": answer.chance(row["p_over_planned"], row["error"]),
            }
            for row in rows.to_dict("records")
        ]
    if told:
        click.echo()
        tell(say("What the odds are under each branch of the open questions:"))
        headings = _place(answer) | {"question": say("question"), "branch": say("branch (chance)")}
        show_table(pd.DataFrame(told), headings | {"odds": say("odds over cap")}, {"odds": str})


def _show_drivers(answer: Answer) -> None:
    """Print where the uncertainty of each school's demand comes from."""
    shown = _placed(answer, _shown(answer))
    keys = [(str(school), int(grade)) for school, grade in shown[["school", "grade"]].to_numpy().tolist()]
    found = [answer.drivers[key] for key in keys]
    told = [
        part for part in PARTS if any(part in each.parts and each.parts[part].share >= TOLD for each in found)
    ]
    rows = shown.assign(sd=[each.spread for each in found])
    for part in told:
        shares = [each.parts.get(part) for each in found]
        rows[part] = [
            None if share is None else f"{percent(share.share)} ±{100 * share.error:.0f}" for share in shares
        ]
    headings = _place(answer) | {"sd": say("± children")} | {part: str(PARTS[part]) for part in told}
    click.echo()
    tell(say("Where the uncertainty comes from (share of the variance of the demand):"))
    show_table(rows, headings, {"sd": tenth} | dict.fromkeys(told, str))
    tell(driver_line(found))


def _show_reasons(answer: Answer) -> None:
    """Print why so many children are expected at the likeliest schools."""
    shown = list(answer.reasons.items())[:EXPLAINED]
    if shown:
        click.echo()
        tell(say("Why so many:"))
    for key, reason in shown:
        place = say("{name}, {grade}:", name=answer.names[key], grade=answer.labels[key[1]])
        tell("  " + joined([place, *reason.lines]), indent="    ")


def _show_record(answer: Answer) -> None:
    """Print what forecasts of the past said of the same question, in all and of the schools shown."""
    record = answer.record
    if record is None:
        tell(say("No past autumn can be foretold again: too few counts with classes."))
        return
    for line in record.lines:
        tell(line)
    shown = _placed(answer, _shown(answer))
    cases = shown.merge(record.cases, on=["school", "grade"], suffixes=("", "_then"))
    if cases.empty:
        return
    rows = cases.assign(
        said=[answer.likelihood(stated) for stated in cases["stated"]],
        came=[say("above") if happened else say("not above") for happened in cases["happened"]],
        then=cases["year_then"].astype(str),
        had=cases["classes"],
    )
    headings = _place(answer) | {
        "then": say("year"),
        "had": say("classes before"),
        "said": say("odds stated"),
        "came": say("came"),
    }
    click.echo()
    show_table(rows, headings, {"then": str, "had": whole, "said": str})
