"""What questions about openings rest on: a scenario carried out as it stands, and what it leaves open, gathered."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from planner.answers.openings.names import project_names
from planner.errors import QuestionError
from planner.maps.land import school_names
from planner.optimise.openings.search import fill, schedule
from planner.pipeline.undecided import gather_run, options_of_run
from planner.scenario.faults import with_close
from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from planner.optimise.openings.facts import OpeningFacts
    from planner.optimise.openings.gathering import Gathered
    from planner.optimise.openings.search import Schedule
    from planner.pipeline import Run


@dataclass(frozen=True, kw_only=True)
class Basis:
    """A scenario's facts of the openings model, and how they are planned."""

    run: Run
    """The scenario without what it leaves open."""
    gathered: Gathered
    gap: float
    """Proven distance from the best at which a search ends. [1]"""
    seconds: float | None = None
    """Time for each search; None: as long as it takes. [s]"""

    @classmethod
    def of(cls, run: Run, *, gap: float | None = None, seconds: float | None = None) -> Basis:
        """Gather what the scenario of a run leaves open; the gap is the scenario's when None."""
        options = options_of_run(run)
        return cls(
            run=run,
            gathered=gather_run(run, options),
            gap=options.terms.gap if gap is None else gap,
            seconds=seconds,
        )

    @property
    def facts(self) -> OpeningFacts:
        """The facts."""
        return self.gathered.facts

    @property
    def years(self) -> tuple[int, ...]:
        """School years by their positions. [autumn]"""
        return self.gathered.told.years

    def plan(self, facts: OpeningFacts) -> Schedule:
        """Return the best plan of some facts."""
        return schedule(facts, gap=self.gap, seconds=self.seconds)

    def fill(self, facts: OpeningFacts, opens: NDArray[np.int64]) -> Schedule:
        """Return the best plan of some facts with opening years given."""
        return fill(facts, opens, gap=self.gap, seconds=self.seconds)

    @cached_property
    def schools(self) -> tuple[str, ...]:
        """School of each campus, by id; of a site ``school@site``."""
        return tuple(self.gathered.told.schools[s] for s in self.gathered.campuses.school.tolist())

    @cached_property
    def school_names(self) -> Mapping[str, str]:
        """How they are called."""
        brought = {option.campus: option.school for option in self.gathered.options.options}
        known = {school: brought.get(school, school) for school in self.schools}
        names = school_names(self.run.district, known.values())
        return {
            school: names[other] if school == other else f"{names[other]} {school}"
            for school, other in known.items()
        }

    @cached_property
    def project_names(self) -> Mapping[str, Text | str]:
        """How projects are called."""
        return project_names(self.run.district)

    def campuses_called(self, wanted: Sequence[str]) -> tuple[int, ...]:
        """
        Return the positions of the campuses of schools, by id or name.

        Raises
        ------
        QuestionError
            With every school that there is none of.
        """
        faults, found = [], []
        for name in wanted:
            here = [
                c
                for c, school in enumerate(self.schools)
                if name in {school, school.split("@")[0], self.school_names[school]}
            ]
            found += here
            if not here:
                problem = Text("there is no school {school}", school=repr(name))
                faults.append(with_close(problem, name, self.schools, self.school_names))
        if faults:
            raise QuestionError(*faults)
        return tuple(dict.fromkeys(found))

    def positions(self, wanted: Sequence[int]) -> tuple[int, ...]:
        """
        Return the positions of school years.

        Raises
        ------
        QuestionError
            With every year that is not planned.
        """
        faults = [
            Text(
                "{year} is not within the school years planned, {first} to {last}.",
                year=year,
                first=self.years[0],
                last=self.years[-1],
            )
            for year in wanted
            if year not in self.years
        ]
        if faults:
            raise QuestionError(*faults)
        return tuple(self.years.index(year) for year in wanted)

    def opened(self, opens: NDArray[np.int64]) -> dict[str, int]:
        """Return the school years in which projects that are left open do open. [autumn]."""
        options = self.gathered.options.by_id
        return {
            options[option].project: self.years[year]
            for option, year in self.gathered.choices.decided(opens).items()
            if not options[option].counted
        }
