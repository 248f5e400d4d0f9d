"""Open questions of a scenario: which way things may go, how likely, and the scenario as each would have it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from planner.scenario.model import BranchEdit, ProjectEdit
from planner.scenario.reading import EDITS, with_lists
from planner.words import Text, current_language

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from planner.scenario.reading import Edit, LoadedScenario

LISTS = tuple(section for section in EDITS if section in BranchEdit.model_fields)
"""Lists of edits that a branch may hold."""

_WHOLE = 1 + 1e-9
"""Sum of chances above which they are too many."""


@dataclass(frozen=True, kw_only=True)
class Branch:
    """One way that a question may be decided."""

    said: BranchEdit
    edit: Edit[Any]
    """Where it stands: the branch itself, or the project of which it may be the delay."""
    late: int = 0
    """Years that the project is late; 0 for a branch that is written out. [years]"""

    @property
    def text(self) -> Text | str:
        """Name as messages show it."""
        if self.late:
            return Text("1 year late") if self.late == 1 else Text("{years} years late", years=self.late)
        return self.said.name

    @property
    def label(self) -> str:
        """Name in the current language."""
        if self.late:
            return str(self.text)
        return self.said.name_zh if current_language() == "zh" and self.said.name_zh else self.said.name

    @property
    def changes(self) -> bool:
        """Whether it holds any edit."""
        return any(getattr(self.said, section) for section in LISTS)


@dataclass(frozen=True, kw_only=True)
class Question:
    """Something open, with the branches that exclude each other."""

    name: str
    branches: tuple[Branch, ...]

    @property
    def rest(self) -> float:
        """Chance that the scenario holds as it stands. [1]"""
        return max(0.0, 1.0 - sum(branch.said.chance for branch in self.branches))

    @property
    def planned(self) -> int:
        """Position of the branch on which the plan counts; -1 for the scenario as it stands."""
        return next((at for at, branch in enumerate(self.branches) if branch.said.planned), -1)


def questions_of(loaded: LoadedScenario) -> tuple[Question, ...]:
    """
    Return the open questions of a scenario, those written out first, in the order of their first branch.

    A project with `late` is a question of its own id, with a branch for each number of years, beyond what `slip`
    says; with terms for a schedule only one that is fixed here.
    """
    found: dict[str, list[Branch]] = {}
    for edit in loaded.edits.get("branches", ()):
        found.setdefault(edit.record.question, []).append(Branch(said=edit.record, edit=edit))
    for edit in loaded.edits.get("projects", ()):
        if loaded.scenario.schedule is None or _is_fixed(edit.record):
            found.setdefault(edit.record.project, []).extend(_delays(edit))
    return tuple(
        Question(name=name, branches=tuple(branches)) for name, branches in found.items() if branches
    )


def _is_fixed(project: ProjectEdit) -> bool:
    return project.choice == "fixed" or (not project.choice and project.opens is not None)


def _delays(edit: Edit[ProjectEdit]) -> Iterator[Branch]:
    project = edit.record
    for years, chance in sorted(project.late.items()):
        said = BranchEdit(
            name=f"{project.project} +{years}",
            question=project.project,
            chance=chance,
            source=project.source,
            projects=(ProjectEdit(project=project.project, slip=project.slip + years),),
        )
        yield Branch(said=said, edit=edit, late=years)


def with_branches(loaded: LoadedScenario, branches: Iterable[Branch]) -> LoadedScenario:
    """Return the scenario as it would be if these branches came true, and nothing else were open."""
    for branch in branches:
        loaded = with_lists(loaded, branch.said, branch.edit)
    projects = tuple(
        replace(edit, record=edit.record.model_copy(update={"late": {}}))
        for edit in loaded.edits.get("projects", ())
    )
    closed = {"branches": (), "projects": tuple(edit.record for edit in projects)}
    return replace(
        loaded,
        scenario=loaded.scenario.model_copy(update=closed),
        edits={**loaded.edits, "branches": (), "projects": projects},
    )


def as_planned(loaded: LoadedScenario) -> LoadedScenario:
    """Return the scenario on which the plan is made: as it stands, or with the branches that say `planned`."""
    questions = questions_of(loaded)
    if not questions:
        return loaded
    return with_branches(
        loaded, [branch for each in questions for branch in each.branches if branch.said.planned]
    )


def branch_faults(questions: Sequence[Question]) -> Iterator[Text]:
    """Yield what is wrong with the questions of a scenario by themselves, whatever the district."""
    for question in questions:
        last = question.branches[-1]
        key = "late" if last.late else "chance"
        total = sum(branch.said.chance for branch in question.branches)
        if total > _WHOLE:
            problem = Text(
                "the chances of {question} add up to {total:.0%}: no more than 100% can be",
                question=question.name,
                total=total,
            )
            yield last.edit.fault(key, problem)
        if any(branch.late for branch in question.branches) and not all(
            branch.late for branch in question.branches
        ):
            problem = Text(
                "{project} is asked about under [[branches]] too: keep one of them", project=question.name
            )
            yield last.edit.fault(key, problem)
        for branch in question.branches:
            if not branch.changes:
                problem = Text("changes nothing: give at least one of {lists}", lists=", ".join(LISTS))
                yield branch.edit.fault("name", problem)
            for project in branch.said.projects:
                if project.late:
                    problem = Text(
                        "a branch's own project cannot be open again: write another branch for each delay"
                    )
                    yield branch.edit.fault("projects", problem)
        for branch in [branch for branch in question.branches if branch.said.planned][1:]:
            problem = Text("the plan can count on one branch of {question} only", question=question.name)
            yield branch.edit.fault("planned", problem)
