"""Whether runs can be compared draw by draw, and how they are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.errors import QuestionError
from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.pipeline import Run
    from planner.scenario import LoadedScenario

_SHOWN = 3
"""Ids named of a list that differs."""


def called(runs: Sequence[Run], names: Sequence[str] | None) -> tuple[str, ...]:
    """
    Return a name for each run: those given, or those of the scenarios' files, numbered where two are alike.

    Raises
    ------
    QuestionError
        When there are fewer than two runs, or not as many different names.
    """
    if len(runs) < 2:
        raise QuestionError(Text("Name at least two scenarios to compare."))
    found = tuple(names) if names is not None else numbered([run.loaded.name for run in runs])
    if len(set(found)) < len(runs) or len(found) != len(runs):
        raise QuestionError(
            Text(
                "Give as many different names as scenarios: {runs}, not {names}.",
                runs=len(runs),
                names=", ".join(found),
            )
        )
    return found


def numbered(names: Sequence[str]) -> tuple[str, ...]:
    """Return names that all differ: one that was there before gets a number that no other name has."""
    found: list[str] = []
    for name in names:
        told, number = name, 2
        while told in found or (told != name and told in names):
            told, number = f"{name}-{number}", number + 1
        found.append(told)
    return tuple(found)


def check_scenarios(loaded: Sequence[LoadedScenario], names: Sequence[str], draws: int | None) -> None:
    """
    Check, before anything is run, that scenarios ask for the same years, draws and seed.

    Parameters
    ----------
    draws
        Number of draws that replaces those of all scenarios.

    Raises
    ------
    QuestionError
        As `check_alike`.
    """
    facts = [
        [
            (Text("last school year"), each.scenario.until),
            (Text("number of draws"), each.scenario.draws if draws is None else draws),
            (Text("seed"), each.scenario.seed),
        ]
        for each in loaded
    ]
    _refuse_unlike(names, [[_differing(facts[0], own)] for own in facts])


def check_alike(runs: Sequence[Run], names: Sequence[str]) -> None:
    """
    Check that the same luck meets all runs: same district, count, blocks, stages, years, draws and seed.

    Raises
    ------
    QuestionError
        With one message a run that differs from the first, which names every difference.
    """
    facts = [
        [
            (Text("district"), run.district.name),
            (Text("last count"), run.district.counted),
            (Text("stages"), ", ".join(run.plan.stages)),
            (Text("school years"), f"{run.plan.years[0]}-{run.plan.years[-1]}"),
            (Text("number of draws"), run.forecast.draws),
            (Text("seed"), run.forecast.seed),
        ]
        for run in runs
    ]
    _refuse_unlike(
        names,
        [
            [_differing(facts[0], own), _blocks(runs[0].plan.blocks, run.plan.blocks)]
            for own, run in zip(facts, runs, strict=True)
        ],
    )


def _refuse_unlike(names: Sequence[str], differences: Sequence[Sequence[Sequence[Text]]]) -> None:
    """Raise when some scenario differs from the first, with all that it differs in."""
    faults = []
    for name, groups in zip(names, differences, strict=True):
        listed: Text | None = None
        for difference in (each for group in groups for each in group):
            listed = Text("{first}; {then}", first=listed, then=difference) if listed else difference
        if listed is not None:
            faults.append(
                Text(
                    "{name} cannot be compared with {base}, for they differ in {differences}. Let both extend the"
                    " same file.",
                    name=name,
                    base=names[0],
                    differences=listed,
                )
            )
    if faults:
        raise QuestionError(*faults)


def _differing(first: Sequence[tuple[Text, object]], own: Sequence[tuple[Text, object]]) -> list[Text]:
    """Return the facts in which a scenario differs from the first, with both values."""
    return [
        Text("{what} ({theirs}; {mine})", what=what, theirs=theirs, mine=mine)
        for (what, theirs), (_, mine) in zip(first, own, strict=True)
        if theirs != mine
    ]


def _blocks(first: Sequence[str], own: Sequence[str]) -> list[Text]:
    if tuple(first) == tuple(own):
        return []
    odd = sorted(set(first) ^ set(own))
    if not odd:
        return [Text("order of the blocks")]
    listed = ", ".join(odd[:_SHOWN]) + (", ..." if len(odd) > _SHOWN else "")
    return [Text("blocks ({number} that only one has: {listed})", number=len(odd), listed=listed)]
