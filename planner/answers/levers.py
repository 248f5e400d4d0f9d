"""
Levers: single changes that bring a school's grade below its cap, from mild to strong, each carried out.

1. more classes in rooms that are free (of a later grade: classes split);
2. children diverted to joint or neighbouring schools that have seats to spare;
3. blocks moved to a neighbouring catchment;
4. a project of the school opened earlier, or opened at all, and the classes that its rooms then hold.

Where more classes help but do not suffice, diversions and moved blocks come on top of them. No lever fills
another school up to the level: receivers take what their seats bear, in classes opened in free rooms where it
needs them. Where that is less than a school needs, the lever says how far it gets.

A later grade is in school already: catchments and classes planned for intakes do not concern it any more. Its
classes are split by rule wherever a room is free; what is left are children moved to another school, once, and
rooms.

Each lever is found by counting in the draws, stated as edits of the scenario, and carried out (`Rehearsal`): its
effect is what came out of that, never the count it was found by. The edits state the classes of every school
concerned, changed or not, so that a scenario that repeats them finds these schools as the lever did.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from planner.answers.borders import Land, movable
from planner.answers.standing import below
from planner.answers.trial import Asked, Case, Lever, in_row, listed
from planner.capacity import judge_projects
from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from planner.answers.rehearsal import Rehearsal

RECEIVERS = 3
"""Schools among which children are divided at most when they are diverted."""

SETS = 3
"""Sets of blocks considered for each neighbouring catchment."""

APART = 1.03
"""By how much the next set has to bring more than the last. [1]"""

ROUNDS = 4
"""How often children of a later grade are moved at most until their number is right."""

WORTH = 0.05
"""By how much a lever that does not suffice has to bring the odds down to be worth naming. [1]"""

ATTEMPTS = 5
"""Sets of blocks carried out at most before moving blocks is given up."""


def _more_classes(case: Case) -> Iterator[Lever | None]:
    """Yield the lever of as many classes more as bring the school below the level, or as far down as rooms can."""
    now = case.now
    if not now.starts:
        yield _split(case)
        return
    classes = now.classes_for(case.level) or now.best_classes()
    if now.p_with(classes) >= now.p_over():
        return
    values = {"more": classes - now.planned, "classes": classes, "before": now.planned}
    text = (
        Text("Open 1 more class in a free room: {classes} instead of {before}.", **values)
        if classes == now.planned + 1
        else Text("Open {more} more classes in free rooms: {classes} instead of {before}.", **values)
    )
    yield case.carried_out("class", text, {}, {case.school: classes})


def _split(case: Case) -> Lever | None:
    """Return what splitting does to a later grade: the run has it already, as the rule splits where rooms are free."""
    now = case.now
    if now.p_over() >= now.odds.p_over_planned:
        return None
    values = {"classes": now.odds.classes_possible, "before": now.planned}
    return Lever(
        school=case.school,
        grade=now.grade,
        kind="class",
        text=Text(
            "Split classes where a room is free, as the rule does: {classes} instead of {before}.", **values
        )
        if values["classes"] > values["before"]
        else Text("Split a class where a room is free, as the rule does."),
        edits={},
        to=(),
        p_over=now.p_over(),
        p_room=1.0,
        worst_elsewhere=0.0,
        children=0.0,
        yuan=None,
        brought_forward=False,
        works=below(now.p_over(), case.level),
    )


def _divided(needed: int, able: Mapping[str, int]) -> dict[str, int]:
    """
    Divide children among schools that can take so many each, the best of them first.

    To the first that can take all; else to as few as together can, of those who can take most; what is beyond
    `RECEIVERS` of them stays.
    """
    for school, most in able.items():
        if most >= needed:
            return {school: needed}
    largest = sorted(able, key=lambda school: -able[school])[:RECEIVERS]
    for count in range(2, len(largest)):
        if sum(able[school] for school in largest[:count]) >= needed:
            largest = largest[:count]
            break
    shares, left = {}, needed
    for school in able:
        if school in largest and left > 0:
            shares[school] = min(able[school], left)
            left -= shares[school]
    return shares


def _diverted(case: Case) -> Iterator[Lever | None]:
    """Yield the lever of the fewest children who have to go to schools that can take them."""
    asked = case.asked
    needed = case.now.fewer_needed(case.level, case.classes)
    stated = {
        edit.to_school
        for edit in asked.rehearsal.run.scenario.diversions
        if (edit.from_school, edit.stage, edit.since) == (case.school, asked.stage, case.year)
    }
    able = {
        school: most
        for school in case.receivers()
        if school not in stated and (most := asked.standing(school).can_take(case.level)) > 0
    }
    if not needed or not able:
        return
    if case.now.starts:
        shares = _divided(needed, able)
        planned = {
            school: asked.standing(school).classes_for(case.level, children) or asked.standing(school).most
            for school, children in shares.items()
        }
        text, classes = case.with_classes(_diverting(case, shares), planned)
        yield case.carried_out("divert", text, _entries(case, shares), classes, to=tuple(shares))
    else:
        yield _moved_children(case, needed, able)


def _entries(case: Case, shares: Mapping[str, int]) -> dict[str, list[dict[str, Any]]]:
    """Return the diversions of so many children to each school."""
    later = {} if case.now.starts else {"grades": [case.asked.grade]}
    return {
        "diversions": [
            {
                "from_school": case.school,
                "to_school": school,
                "stage": case.asked.stage,
                "since": case.year,
                "until": case.year,
                "children": children,
            }
            | later
            for school, children in shares.items()
        ]
    }


def _moved_children(case: Case, needed: int, able: Mapping[str, int]) -> Lever:
    """
    Return the lever of children of a later grade moved to other schools.

    They move before the year group grows as that of the school they come to does, and may take a class along: their
    number is corrected by what came out, and halved in where that leaps over the level.
    """
    asked, children = case.asked, needed
    enough, few = sum(able.values()) + 1, 0
    tried: list[Lever] = []
    for _ in range(ROUNDS):
        shares = _divided(children, able)
        text, _ = case.with_classes(_diverting(case, shares), {})
        entries = _entries(case, shares)
        done = asked.rehearsal.carry_out(entries)
        tried.append(case.lever("divert", text, entries, done, to=tuple(shares)))
        if tried[-1].works:
            enough = min(enough, children)
        else:
            few = max(few, children)
        after = done.standing(case.school, asked.grade, asked.cap)
        guess = children + (after.fewer_needed(case.level, after.most) or -after.can_take(case.level))
        children = guess if few < guess < enough else (few + enough) // 2
        if not few < children < enough:
            break
    working = [lever for lever in tried if lever.works]
    return min(working, key=lambda lever: lever.children) if working else tried[-1]


def _diverting(case: Case, shares: Mapping[str, int]) -> Text:
    """Return what is done when children are diverted."""
    asked = case.asked
    values = {"children": sum(shares.values()), "grade": asked.base.policy.grade_label(asked.grade)}
    parts = [
        Text("{to} ({children})", children=children, to=asked.name(school))
        if len(shares) > 1
        else asked.name(school)
        for school, children in shares.items()
    ]
    values["to"] = listed(parts)
    if not case.now.starts:
        return Text("Move {children} of its children in {grade} to {to}.", **values)
    if values["children"] == 1:
        return Text("Divert 1 entrant to {to}.", **values)
    return Text("Divert {children} entrants to {to}.", **values)


@dataclass(frozen=True, kw_only=True)
class _Move:
    """Blocks that could move to another catchment."""

    blocks: tuple[str, ...]
    to: dict[str, int]
    """Classes that each of its schools then needs."""
    relief: float
    """Children whom the school has fewer. [children]"""
    burden: int
    """Blocks that would have to cross a barrier or walk too far, and do not now."""
    metres: float
    """Mean way of their children. [m]"""


def _moves(case: Case, needed: float) -> Iterator[_Move]:
    """Yield, by neighbouring catchment, sets of blocks whose children its schools can take; see `_able`."""
    asked = case.asked
    plan = asked.base.plan
    e = plan.stages.index(asked.stage)
    of: dict[int, list[str]] = {}
    for block, c in zip(plan.blocks, plan.catchment_of[e, :, 0].tolist(), strict=True):
        if c >= 0:
            of.setdefault(c, []).append(block)
    own = [c for c in of if case.school in plan.catchments[c].schools]
    others = [c for c in of if c not in own and asked.open.issuperset(plan.catchments[c].schools)]
    for giving in own:
        for receiving in others:
            yield from _able(case, needed, giving, of[giving], receiving, of[receiving])


def _able(
    case: Case, needed: float, giving: int, own: Sequence[str], receiving: int, other: Sequence[str]
) -> Iterator[_Move]:
    """
    Yield up to `SETS` sets of blocks that bring the relief needed, the smallest first; else the best below it.

    Parameters
    ----------
    giving, receiving
        Catchments, as positions in the plan; `own` and `other` are their blocks.
    """
    asked, land = case.asked, case.asked.land
    plan, homes = asked.base.plan, asked.base.simulation.expected_from
    e = plan.stages.index(asked.stage)
    from_, to = plan.catchments[giving].schools, plan.catchments[receiving].schools
    members = [plan.schools.index(school) for school in from_]
    children = dict(zip(plan.blocks, homes[e][:, members, 0].sum(axis=1).tolist(), strict=True))
    relief = dict(zip(plan.blocks, homes[e, :, plan.schools.index(case.school), 0].tolist(), strict=True))
    walk = asked.base.policy.governing("walk", asked.grade, case.year)
    limit = np.inf if walk is None or walk.at_most is None else float(walk.at_most)
    fixed = {land.sites.get(school, "") for school in from_}
    last, count, too_many = 0.0, 0, np.inf
    for blocks in movable(own, other, land.borders, relief=relief, needed=needed, fixed=fixed):
        fewer, coming = (sum(each[block] for block in blocks) for each in (relief, children))
        if count and (count == SETS or fewer < needed):
            break
        if fewer <= APART * last or coming >= too_many:
            continue
        planned = _classes_needed(case, receiving, coming)
        if planned is None:
            too_many = coming
            continue
        last, count = fewer, count + 1
        moved = {block: children[block] for block in blocks}
        burden, before = (min(land.burden(blocks, school, limit) for school in each) for each in (to, from_))
        yield _Move(
            blocks=blocks,
            to=planned,
            relief=fewer,
            burden=max(burden - before, 0),
            metres=min(land.metres(moved, school) for school in to),
        )


def _classes_needed(case: Case, catchment: int, children: float) -> dict[str, int] | None:
    """Return the classes that the schools of a catchment need when children come to live in it; None without seats."""
    plan = case.asked.base.plan
    found: dict[str, int] = {}
    for school in plan.catchments[catchment].schools:
        standing = case.asked.standing(school)
        coming = children * float(plan.shares[catchment, plan.schools.index(school), 0])
        classes = standing.classes_for(case.level, case.now.scaled(coming))
        if classes is None or 0 <= standing.limit < standing.odds.expected + coming:
            return None
        found[school] = classes
    return found


def _moved_blocks(case: Case) -> Iterator[Lever | None]:
    """Yield levers of blocks along the border moved to a neighbouring catchment, the least burden first."""
    if not case.now.starts:
        return
    needed = case.now.share_needed(case.level, case.classes) * case.now.odds.expected
    found: dict[tuple[str, ...], list[_Move]] = {}
    for move in _moves(case, needed):
        found.setdefault(tuple(move.to), []).append(move)
    waiting = sorted(
        (move for moves in found.values() for move in moves if move.relief >= needed),
        key=lambda move: (move.burden, move.relief, move.metres, move.blocks),
    )
    for _ in range(ATTEMPTS):
        if not waiting:
            break
        move = waiting[0]
        lever = _moving(case, move)
        yield lever
        roomier = _with_more_classes(case, move)
        if lever is not None and not below(lever.worst_elsewhere, case.level) and roomier is not None:
            waiting[0] = roomier
        elif lever is None or not below(lever.worst_elsewhere, case.level):
            waiting = [other for other in waiting if tuple(other.to) != tuple(move.to)]
        else:
            waiting = [other for other in waiting if other.relief > APART * move.relief]
    short = [moves[0] for moves in found.values() if moves[0].relief < needed]
    if short:
        yield _moving(case, max(short, key=lambda move: (-move.burden, move.relief)))


def _with_more_classes(case: Case, move: _Move) -> _Move | None:
    """Return a move with one class more at each school that takes children over and has a room; None without any."""
    more = {school: min(classes + 1, case.asked.standing(school).most) for school, classes in move.to.items()}
    return None if more == move.to else replace(move, to=more)


def _moving(case: Case, move: _Move) -> Lever | None:
    """Return the lever of one set of blocks."""
    asked = case.asked
    entry = {
        "blocks": list(move.blocks),
        "schools": list(move.to),
        "stage": asked.stage,
        "since": case.year,
    }
    to = listed([asked.name(school) for school in move.to])
    values = {
        "count": len(move.blocks),
        "to": to,
        "blocks": ", ".join(asked.block(block) for block in move.blocks),
    }
    text, classes = case.with_classes(
        Text("Move block {blocks} to the catchment of {to}.", **values)
        if len(move.blocks) == 1
        else Text("Move {count} blocks to the catchment of {to}: {blocks}.", **values),
        move.to,
    )
    return case.carried_out("blocks", text, {"catchments": [entry]}, classes, to=tuple(move.to))


def _projects(case: Case) -> Iterator[Lever | None]:
    """Yield the levers of the school's own projects that are not open in the year but could be."""
    asked, run = case.asked, case.asked.rehearsal.run
    judged = {
        project.project: project
        for project in judge_projects(run.district, certainty=run.scenario.assumptions.certainty)
    }
    edited = {edit.project for edit in run.scenario.projects}
    known = {*run.source["projects"]["project"], *edited}
    for row in run.district["projects"].to_dict("records"):
        project = judged[row["project"]]
        open_then = project.counted and project.opens is not None and project.opens <= case.year
        if row["school"] != case.school or project.project not in known or open_then:
            continue
        if row["status"] is not pd.NA and row["status"] == "stopped":
            continue
        entry: dict[str, Any] = {"project": project.project, "opens": case.year}
        if project.project in edited:
            entry |= {"slip": 0}
        entries = {"projects": [entry]}
        done = asked.rehearsal.carry_out(entries)
        if done.rooms(case.school) <= asked.base.rooms(case.school):
            continue
        texts, classes = [_opening(row, case.year)], {}
        if case.now.starts and not run.policy.by_seats:
            then = done.standing(case.school, asked.grade, asked.cap)
            classes = {case.school: then.classes_for(case.level) or then.best_classes()}
            more = classes[case.school] - case.now.planned
            if not more:
                continue
            values = {"more": more, "classes": classes[case.school], "before": case.now.planned}
            texts.append(
                Text("It holds 1 more class: {classes} instead of {before}.", **values)
                if more == 1
                else Text("It holds {more} more classes: {classes} instead of {before}.", **values)
            )
        yield case.carried_out(
            "project",
            in_row(texts),
            entries,
            classes,
            yuan=None if pd.isna(row["cost_yuan"]) else float(row["cost_yuan"]),
            brought_forward=project.counted,
        )


def _opening(row: Mapping[str, Any], year: int) -> Text:
    """Return what is done to open a project in the year: dated later, not dated, or dated but not certain."""
    values = {"project": row["project"], "year": year}
    if pd.isna(row["opens"]):
        return Text("Open project {project}, which is not dated, in {year}.", **values)
    if int(row["opens"]) > year:
        return Text("Open project {project} in {year}, not in {dated}.", dated=int(row["opens"]), **values)
    return Text(
        "Make sure that project {project}, dated {dated}, is open in {year}.",
        dated=int(row["opens"]),
        **values,
    )


def _best(case: Case, levers: Iterable[Lever | None]) -> list[Lever]:
    """
    Return the first lever that works, else the one that brings the odds down most; none when none does.

    A lever that fills another school up to the level is none; what does not suffice has to bring the odds down by
    `WORTH`, more classes excepted, on top of which the others come.
    """
    tried: list[Lever] = []
    for lever in levers:
        if lever is None:
            continue
        if lever.works:
            return [lever]
        before = case.now.odds.p_over_planned if lever.kind == "class" else case.now.p_with(case.classes)
        least = 0.0 if lever.kind == "class" else WORTH
        if below(lever.worst_elsewhere, case.level) and before - lever.p_over > least:
            tried.append(lever)
    return sorted(tried, key=lambda lever: lever.p_over)[:1]


def levers_for(asked: Asked, school: str) -> list[Lever]:
    """
    Return a school's levers, mild before strong; of each kind the first that works, else the best.

    Where free rooms suffice no more rooms are looked for, and where the splits of a later grade do, nothing else.
    """
    now = asked.standing(school)
    case = Case(asked=asked, school=school, now=now, classes=now.planned if now.starts else now.most)
    kept = _best(case, _more_classes(case))
    enough = bool(kept) and kept[0].works
    if enough and not now.starts:
        return kept
    if kept and not enough:
        classes = kept[0].edits["classes"][0]["classes"] if now.starts else case.classes
        case = replace(case, opened=kept[0].text, classes=classes)
    for kind in (_diverted(case), _moved_blocks(case), *(() if enough else (_projects(case),))):
        kept += _best(case, kind)
    return kept


def find_levers(
    rehearsal: Rehearsal,
    *,
    at_risk: Sequence[tuple[str, int]],
    cap: int | None,
    level: float,
    name: Callable[[str], str],
    block: Callable[[str], str],
    progress: Callable[[Text, int, int], None] | None = None,
) -> dict[tuple[str, int], list[Lever]]:
    """
    Return the levers of every school and grade at risk.

    Parameters
    ----------
    at_risk
        Schools and grades likelier than `level` to exceed the cap.
    name, block
        How a school and a block are called in a text.
    """
    base, land = rehearsal.base(), Land(run=rehearsal.run)
    asked = {
        grade: Asked(
            rehearsal=rehearsal,
            base=base,
            land=land,
            grade=grade,
            cap=cap,
            level=level,
            name=name,
            block=block,
        )
        for grade in sorted({grade for _, grade in at_risk})
    }
    found: dict[tuple[str, int], list[Lever]] = {}
    for school, grade in at_risk:
        found[school, grade] = levers_for(asked[grade], school)
        if progress is not None:
            progress(Text("trying levers"), len(found), len(at_risk))
    return found
