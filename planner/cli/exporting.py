"""``planner export-model``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from planner.archive import check_file, write_file_whole
from planner.cli.progress import progress
from planner.cli.show import tell
from planner.errors import OutputError, QuestionError
from planner.optimise import GOALS as INTAKE_GOALS
from planner.optimise.openings import GOALS as OPENING_GOALS
from planner.optimise.openings import state_openings
from planner.optimise.openings.labelling import labels_of
from planner.pipeline import run
from planner.pipeline.scheduling import with_terms
from planner.pipeline.undecided import gather_run, options_of_run
from planner.words import Text, say

if TYPE_CHECKING:
    from collections.abc import Collection


def command(*, scenario: str, out: str, model: str, goal: str | None, replace: bool) -> int:
    """Write a model of a scenario as text, for any solver."""
    file = Path(out)
    asked = _goal(model, goal)
    if file.exists() and not file.is_dir() and not replace:
        raise OutputError(Text("{path} exists already. Add --replace, or choose another place.", path=file))
    check_file(file)
    if model == "openings":
        _write_openings(scenario, file, asked)
    else:
        _write_intake(scenario, file, asked)
    tell(say("Written: {path}", path=file))
    return 0


def _goal(model: str, goal: str | None) -> str:
    """Return the goal that is asked for; when none is, the last of the intake model, which holds the others, and the first of the openings model."""
    known: Collection[str] = OPENING_GOALS if model == "openings" else INTAKE_GOALS
    if goal is None:
        return next(iter(known)) if model == "openings" else "pupil_km"
    if goal not in known:
        raise QuestionError(
            Text(
                "{goal} is no goal of the model {model}; its goals: {goals}.",
                goal=goal,
                model=model,
                goals=", ".join(known),
            )
        )
    return goal


def _write_intake(scenario: str, file: Path, goal: str) -> None:
    """Write the intake model; the goals before the one asked for are held at the values they reach."""
    with progress() as watch:
        done = run(scenario, draws=1, progress=watch)
    with write_file_whole(file) as beside:
        done.proposal.export_model(beside, goal)


def _write_openings(scenario: str, file: Path, goal: str) -> None:
    """Write the openings model; what its goals reach is not known before it is solved, so that none is held."""
    with progress() as watch:
        idle = run(with_terms(scenario), draws=1, progress=watch)
        gathered = gather_run(idle, options_of_run(idle))
    stated = state_openings(gathered.facts, labels_of(gathered))
    with write_file_whole(file) as beside:
        stated.write(beside, goal)
