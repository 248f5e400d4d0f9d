"""What is asked about class sizes: which schools, grades and autumns; settled against a run before it is answered."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from planner.district.findings import few
from planner.errors import QuestionError
from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from planner.pipeline import Run


@dataclass(frozen=True, kw_only=True)
class Question:
    """A question that a run can answer."""

    grade: int | None
    """None: any grade."""
    grades: tuple[int, ...]
    """Grades asked about: the one given; else all, or where planned by seats the starting grades."""
    years: tuple[int, ...]
    """School years asked about, without gaps; the first is the one that tables and levers are about."""
    schools: tuple[str, ...] | None
    """Schools asked about, in file order; None: all."""
    cap: int | None
    """Class size; None: the policy's. [children]"""
    level: float
    """Probability from which a school is named. [1]"""
    in_a_row: int | None
    """Consecutive autumns asked about. [years]"""

    @property
    def year(self) -> int:
        """First school year asked about."""
        return self.years[0]

    def about(self, school: str) -> bool:
        """Whether a school is asked about."""
        return self.schools is None or school in self.schools


def settled(
    run: Run,
    *,
    grade: int | None,
    year: int,
    until: int | None = None,
    schools: Sequence[str] = (),
    areas: Sequence[str] = (),
    cap: int | None = None,
    level: float = 0.2,
    in_a_row: int | None = None,
) -> Question:
    """
    Return the question, its schools, grades and years found in the run.

    Without `until`, consecutive autumns are counted from `year`; else among all autumns up to it.

    Raises
    ------
    QuestionError
        With every fault.
    """
    last = until if until is not None else year + (in_a_row or 1) - 1
    faults = [
        *_about_years(run, year, last, in_a_row),
        *_about_grades(run, grade),
        *_about_size(run, cap, level),
    ]
    chosen, unknown = _schools(run, schools, areas)
    faults += unknown
    if faults:
        raise QuestionError(*faults)
    return Question(
        grade=grade,
        grades=tuple(_grades(run, grade)),
        years=tuple(range(year, last + 1)),
        schools=chosen,
        cap=cap,
        level=level,
        in_a_row=in_a_row,
    )


def _about_years(run: Run, year: int, last: int, in_a_row: int | None) -> list[Text]:
    years = run.plan.years
    faults = [
        Text(
            "{year} is not within the run's school years {first} to {last}. Ask about one of them, or set until"
            " in the scenario.",
            year=asked,
            first=years[0],
            last=years[-1],
        )
        for asked in dict.fromkeys((year, max(year, last)))
        if asked not in years
    ]
    if last < year:
        faults.append(
            Text("The last school year asked about, {last}, is before {year}.", last=last, year=year)
        )
    elif in_a_row is not None and not 2 <= in_a_row <= last - year + 1:
        faults.append(
            Text(
                "From {first} to {last} there are {count} autumns, so {asked} in a row cannot be asked about: it takes 2 or"
                " more, and at most as many as there are.",
                first=year,
                last=last,
                count=last - year + 1,
                asked=in_a_row,
            )
        )
    return faults


def _about_grades(run: Run, grade: int | None) -> list[Text]:
    if grade is None:
        return []
    if grade not in run.simulation.grades:
        return [
            Text(
                "No school of the run teaches grade {grade}. Ask about one of the grades {first} to {last}.",
                grade=grade,
                first=run.simulation.grades[0],
                last=run.simulation.grades[-1],
            )
        ]
    if run.policy.by_seats and grade not in _grades(run, None):
        return [
            Text(
                "The policy forms no classes, and the seats of a school are not divided among its grades: ask about a"
                " starting grade ({starts}), for which the seats count that the others leave.",
                starts=", ".join(str(start) for start in _grades(run, None)),
            )
        ]
    return []


def _about_size(run: Run, cap: int | None, level: float) -> list[Text]:
    faults = []
    if cap is not None and run.policy.by_seats:
        faults.append(
            Text("The policy forms no classes, so no class size can be asked about: leave cap out.")
        )
    if not 0 <= level <= 1:
        faults.append(Text("The level is a probability from 0 to 1, not {level}.", level=level))
    return faults


def _grades(run: Run, grade: int | None) -> list[int]:
    """Return the grades asked about: the one given; else all, or where planned by seats the starting grades."""
    if grade is not None:
        return [grade]
    if run.policy.by_seats:
        return [run.policy.stage(stage).first for stage in run.simulation.stages]
    return list(run.simulation.grades)


def _schools(
    run: Run, schools: Sequence[str], areas: Sequence[str]
) -> tuple[tuple[str, ...] | None, list[Text]]:
    """Return the schools named by id or name, and those of the areas; None where none is named."""
    if not schools and not areas:
        return None, []
    table = run.district.schools.loc[list(run.plan.schools)]
    chosen: set[str] = set()
    faults = []
    for wanted in schools:
        found = _called(table, wanted)
        chosen.update(found)
        if not found:
            faults.append(_unknown_school(table, wanted))
    stated = table["area"].astype("string").fillna("")
    for wanted in areas:
        chosen.update(str(school) for school in table.index[stated == wanted])
        if wanted not in set(stated):
            known = sorted(set(stated) - {""})
            faults.append(
                Text(
                    "No school of the run is in {area}; the schools' areas: {known}.",
                    area=wanted,
                    known=few(known, 20),
                )
                if known
                else Text("{area}: the district does not say in which area its schools are.", area=wanted)
            )
    return tuple(school for school in run.plan.schools if school in chosen), faults


def _called(table: pd.DataFrame, wanted: str) -> list[str]:
    """Return the school of that id, or else the schools of that name in either language."""
    if wanted in table.index:
        return [wanted]
    same = (table["name"] == wanted).fillna(False) | (table["name_en"] == wanted).fillna(False)
    return [str(school) for school in table.index[same.to_numpy(dtype=bool)]]


def _unknown_school(table: pd.DataFrame, wanted: str) -> Text:
    names = [str(name) for column in ("name", "name_en") for name in table[column].dropna()]
    close = get_close_matches(wanted, [*map(str, table.index), *names], n=3)
    if close:
        return Text(
            "{school} is neither the id nor the name of a school of the run. Did you mean {close}?",
            school=wanted,
            close=", ".join(close),
        )
    return Text(
        "{school} is neither the id nor the name of a school of the run; ids: {known}.",
        school=wanted,
        known=few([str(school) for school in table.index], 20),
    )
