"""Answers in words, in the current language."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from planner.district.findings import few
from planner.words import Money, Text, current_language, percent, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

    from planner.answers.answer import Answer
    from planner.answers.trial import Lever

NAMED = 5
"""Schools that a sentence names; the rest are counted."""


def joined(sentences: Iterable[str]) -> str:
    """Return sentences as one text: Chinese ones follow without a space."""
    return ("" if current_language() == "zh" else " ").join(sentences)


def likelihood(share: float, draws: int) -> str:
    """
    Return a probability found in so many draws as whole per cent, never as certainty.

    What happened in all draws, or in none, is said to be likelier than 99 %, or less likely than 1 %; with fewer
    than a hundred draws, than one draw's worth.
    """
    edge = min(max(0.01, 1 / draws), 0.5)
    if share <= 0:
        return f"<{edge:.0%}"
    return f">{1 - edge:.0%}" if share >= 1 else percent(share)


def _against(share: float, answer: Answer) -> str:
    """Return a probability as `likelihood` does, with a decimal where it would be rounded up to the level."""
    if share < answer.level <= round(share, 2):
        return f"{math.floor(share * 1000) / 10:.1f}%"
    return likelihood(share, answer.draws)


def sentence_of(answer: Answer) -> str:
    """Return the answer in one sentence."""
    risky, table = answer.at_risk, answer.table
    values: dict[str, Any] = {
        "grade": _grade(answer),
        "year": answer.year,
        "level": f"{answer.level:.0%}",
        "cap": _caps(table),
    }
    if not len(table):
        return say("No: nobody is expected in {grade} in {year}.", **values)
    schools = len(set(table["school"]))
    if not len(risky):
        return _no(answer, schools, values)
    values |= {
        "where": Text("at {risky} of {schools} schools", risky=len(set(risky["school"])), schools=schools)
        if schools > 1
        else Text("at the only school"),
        "over": f"{risky['expected_over'].sum():.0f}",
        "named": _named(answer, risky),
    }
    likely = float(risky["p_over_planned"].iloc[0]) > 0.5
    if answer.by_seats:
        return (
            say(
                "Yes, most likely: {where} {grade} has more entrants in {year} than the other grades leave seats, with a"
                " probability of {level} or more: {named}. Entrants expected above the seats there: {over}.",
                **values,
            )
            if likely
            else say(
                "Perhaps: {where} {grade} has more entrants in {year} than the other grades leave seats, with a"
                " probability of {level} or more, but nowhere more likely than not: {named}. Entrants expected above the"
                " seats there: {over}.",
                **values,
            )
        )
    if answer.grade is None:
        return (
            say(
                "Yes, most likely: {where} a grade exceeds its cap in {year} with a probability of {level} or more:"
                " {named}. Children expected above the cap there: {over}.",
                **values,
            )
            if likely
            else say(
                "Perhaps: {where} a grade exceeds its cap in {year} with a probability of {level} or more, but none"
                " more likely than not: {named}. Children expected above the cap there: {over}.",
                **values,
            )
        )
    return (
        say(
            "Yes, most likely: {where} {grade} exceeds its cap of {cap} in {year} with a probability of {level} or"
            " more: {named}. Children expected above the cap there: {over}.",
            **values,
        )
        if likely
        else say(
            "Perhaps: {where} {grade} exceeds its cap of {cap} in {year} with a probability of {level} or more, but"
            " nowhere more likely than not: {named}. Children expected above the cap there: {over}.",
            **values,
        )
    )


def _grade(answer: Answer) -> str:
    if answer.grade is not None:
        return answer.labels[answer.grade]
    return say("a starting grade") if answer.by_seats else say("any grade")


def _no(answer: Answer, schools: int, values: dict[str, Any]) -> str:
    """Return the answer when no school is at risk."""
    first = answer.table.iloc[0]
    p = float(first["p_over_planned"])
    values = values | {
        "highest": likelihood(p, answer.draws),
        "name": _place(answer, first.to_dict()),
        "draws": answer.draws,
        "where": Text("at all of {schools} schools", schools=schools)
        if schools > 1
        else Text("at the only school"),
    }
    if answer.by_seats:
        return (
            say(
                "No: in none of {draws} draws does {grade} have more entrants in {year} than the other grades leave"
                " seats, at any school.",
                **values,
            )
            if p == 0
            else say(
                "No, most likely: {where} the probability that {grade} has more entrants in {year} than the other"
                " grades leave seats is below {level}; the highest is {highest}, at {name}.",
                **values,
            )
        )
    if p == 0:
        return (
            say("No: in none of {draws} draws does any grade exceed its cap in {year}.", **values)
            if answer.grade is None
            else say(
                "No: in none of {draws} draws does {grade} exceed its cap of {cap} in {year} at any school.",
                **values,
            )
        )
    return (
        say(
            "No, most likely: {where} the probability that a grade exceeds its cap in {year} is below {level}; the"
            " highest is {highest}, at {name}.",
            **values,
        )
        if answer.grade is None
        else say(
            "No, most likely: {where} the probability that {grade} exceeds its cap of {cap} in {year} is below"
            " {level}; the highest is {highest}, at {name}.",
            **values,
        )
    )


def _caps(table: pd.DataFrame) -> str:
    return ", ".join(str(cap) for cap in sorted(set(table["cap"].dropna())))


def _place(answer: Answer, row: dict[str, Any]) -> Text | str:
    """Return the school of a row, and its grade where several are asked about."""
    if answer.grade is not None:
        return row["name"]
    return Text("{name} ({grade})", name=row["name"], grade=answer.labels[row["grade"]])


def _named(answer: Answer, rows: pd.DataFrame) -> Text | str:
    """Return the first schools of some rows with their odds; the others are counted."""
    listed: Text | str = ""
    for row in rows.head(NAMED).to_dict("records"):
        odds = likelihood(row["p_over_planned"], answer.draws)
        place = Text("{name} {odds}", name=_place(answer, row), odds=odds)
        listed = Text("{first}, {then}", first=listed, then=place) if listed else place
    more = len(rows) - NAMED
    return Text("{list} and {more} more", list=listed, more=more) if more > 0 else listed


def remarks_of(answer: Answer) -> list[str]:
    """Return what to know when reading the table."""
    lines = _about_odds(answer)
    table = answer.table
    if not answer.by_seats:
        shut = table.loc[(table["classes_possible"] == 0) & (table["expected"] >= 0.5)]
        if len(shut):
            lines.append(
                say(
                    "No room is free for a class at {schools}: every child expected there counts as above the cap.",
                    schools=_listed(answer, shut),
                )
            )
    if len(answer.unhoused):
        lines += [
            say(
                "{name}: {stated} classes are planned, but no more than {held} find a room; the odds are of these.",
                name=_place(answer, {"name": answer.names[key], "grade": key[1]}),
                stated=stated,
                held=held,
            )
            for key, (stated, held) in list(answer.unhoused.items())[:NAMED]
        ]
    if answer.base_rate is not None:
        lines.append(answer.base_rate.line)
    return lines


def _listed(answer: Answer, rows: pd.DataFrame) -> Text | str:
    """Return the first schools of some rows; the others are counted."""
    return few([_place(answer, row) for row in rows.to_dict("records")], NAMED)


def _about_odds(answer: Answer) -> list[str]:
    """Return what the odds are of, and how sure."""
    values = {
        "p": likelihood(answer.p_any, answer.draws),
        "error": f"{100 * answer.error_any:.1f}",
        "draws": answer.draws,
    }
    if answer.by_seats:
        return [
            say(
                "The probability that at least one school has more entrants than seats left is {p} (sampling error ±"
                " {error} percentage points, {draws} draws).",
                **values,
            )
            if 0 < answer.p_any < 1
            else say(
                "The probability that at least one school has more entrants than seats left is {p} ({draws} draws).",
                **values,
            ),
            say(
                "Demand counts every child entitled and expected, before anyone is turned away; seats left are the"
                " seats stated less the children of the other grades."
            ),
        ]
    return [
        say(
            "The probability that at least one school exceeds its cap is {p} (sampling error ± {error} percentage"
            " points, {draws} draws).",
            **values,
        )
        if 0 < answer.p_any < 1
        else say(
            "The probability that at least one school exceeds its cap is {p} ({draws} draws).", **values
        ),
        say(
            "Demand counts every child entitled and expected, before anyone is turned away; with k classes, above"
            " the cap means at least cap x k + 1 children."
        ),
    ]


def lever_lines_of(answer: Answer) -> list[str]:
    """Return the levers as lines of text."""
    if not answer.levers:
        return [say("No school is at risk, so no lever was looked for.")]
    names = answer.names
    lines: list[str] = []
    for key, levers in answer.levers.items():
        lines.append(say("{name}, {grade}:", name=names[key], grade=answer.labels[key[1]]))
        lines += [f"  {_line(answer, lever)}" for lever in levers]
        if not levers:
            lines.append(
                "  "
                + say(
                    "No lever of these kinds helps: there is no seat to spare nearby and no project of the school that"
                    " could be open by then."
                )
                if answer.by_seats
                else "  "
                + say(
                    "No lever of these kinds helps: there is no free room, no seat to spare nearby and no project"
                    " of the school that could be open by then."
                )
            )
    lines.append(
        say(
            "✓ brings the school, and every school that takes children over, below {level} in {year}; other years"
            " are planned anew when a scenario with the lever is run.",
            level=f"{answer.level:.0%}",
            year=answer.year,
        )
    )
    if len(answer.branches):
        lines.append(
            say("Levers are tried out on the scenario as it stands; its open questions are left aside.")
        )
    if answer.together is not None:
        lines.append(_together(answer, names))
    return lines


def _line(answer: Answer, lever: Lever) -> str:
    """Return a lever as a line."""
    values = {
        "works": "✓" if lever.works else "✗",
        "text": lever.text,
        "p": _against(lever.p_over, answer),
        "there": _against(lever.worst_elsewhere, answer),
        "children": f"{lever.children:.0f}",
        "cost": _cost(lever),
    }
    if lever.p_room < 1:
        values["p"] = Text(
            "{p} (rooms for all of its classes are free in {share} of the draws)",
            p=values["p"],
            share=percent(lever.p_room),
        )
    if not lever.to:
        return say("{works} {text} Then {p}{cost}.", **values)
    if len(lever.to) == 1:
        return say("{works} {text} Then {p}, and there {there}; children who go there: {children}.", **values)
    return say(
        "{works} {text} Then {p}, and there at most {there}; children who go there: {children}.", **values
    )


def _cost(lever: Lever) -> Text | str:
    if lever.yuan is None:
        return ""
    if lever.brought_forward:
        return Text("; {cost} are due earlier", cost=Money(lever.yuan))
    return Text("; {cost}", cost=Money(lever.yuan))


def _together(answer: Answer, names: Mapping[tuple[str, int], str]) -> str:
    """Return what the first levers do together."""
    together = answer.together
    if together is None:
        return ""
    left: Text | str = ""
    for school, grade in together.at_risk[:NAMED]:
        place = _place(answer, {"name": names[school, grade], "grade": grade})
        left = Text("{first}, {then}", first=left, then=place) if left else place
    more = len(together.at_risk) - NAMED
    values = {
        "level": f"{answer.level:.0%}",
        "p": likelihood(together.p_any, answer.draws),
        "before": likelihood(answer.p_any, answer.draws),
        "levers": together.levers,
        "schools": len(answer.levers),
        "left": Text("{list} and {more} more", list=left, more=more) if more > 0 else left,
    }
    if answer.by_seats:
        return (
            say(
                "All first levers that work together ({levers}): every school is below {level}; the probability that"
                " at least one has more entrants than seats left falls from {before} to {p}.",
                **values,
            )
            if not together.at_risk
            else say(
                "All first levers that work together ({levers}): the probability that at least one school has more"
                " entrants than seats left goes from {before} to {p}; at {level} or more remain {left}.",
                **values,
            )
        )
    if not together.at_risk:
        return say(
            "All first levers that work together ({levers}): every school is below {level}; the probability that at"
            " least one exceeds its cap falls from {before} to {p}.",
            **values,
        )
    return say(
        "All first levers that work together ({levers}): the probability that at least one school exceeds its cap"
        " goes from {before} to {p}; at {level} or more remain {left}.",
        **values,
    )
