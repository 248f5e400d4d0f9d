"""
How the same question was answered in the past: how often a class was above the cap, and what the forecast said of it.

The base rate is counted: a school's grade with more children than cap x its classes of that autumn. The track record
is of forecasts made again, each with what was known an autumn before: they are asked whether a grade comes to have
more children than cap x the classes that its year group had then, and a starting grade more than cap x the classes
that this grade had then. (The classes planned for a past autumn are not on record; those formed in it are no measure,
as they were opened once the children had registered.)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from planner.district.tables import figures
from planner.pipeline.looking_back import said_again
from planner.words import percent, say

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from planner.district import District
    from planner.forecast.backtest import Said
    from planner.pipeline import Run
    from planner.words import Text

AUTUMNS = 3
"""Past autumns of which the forecast is made again."""
EVEN = 0.5
"""Odds above which a forecast said that it would happen. [1]"""
GROUPS = (0.05, 0.2, 0.5, 0.8)
"""Bounds of the groups of stated odds in which a track record is judged. [1]"""


@dataclass(frozen=True, kw_only=True)
class BaseRate:
    """How often a school's grade had more children than cap x its classes, in the autumns counted."""

    first: int
    last: int
    """School years of the first and the last count."""
    cases: int
    """Schools' grades counted with their classes, each autumn one. [school-years]"""
    over: int
    """Those of them above. [school-years]"""
    latest_cases: int
    """Those of the last count. [school-years]"""
    latest_over: int

    @property
    def share(self) -> float:
        """Share of those above. [1]."""
        return self.over / self.cases

    @property
    def line(self) -> str:
        """What was counted, as a sentence in the current language."""
        return say(
            "Counted from {first} to {last}: a grade asked about had more than cap x classes in {over} of {cases} school-years ({share}); in {last} in {latest_over} of {latest_cases}.",
            first=self.first,
            last=self.last,
            over=self.over,
            cases=self.cases,
            share=percent(self.share),
            latest_over=self.latest_over,
            latest_cases=self.latest_cases,
        )

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values; the error is the binomial one, as if school-years were independent."""
        return {
            "years": [self.first, self.last],
            "school_years": self.cases,
            "over": self.over,
            "share": round(self.share, 4),
            "error": round(float(np.sqrt(self.share * (1 - self.share) / self.cases)), 4),
            "latest_school_years": self.latest_cases,
            "latest_over": self.latest_over,
        }


def base_rate(district: District, schools: Sequence[str], caps: Mapping[int, int]) -> BaseRate | None:
    """
    Return how often the same happened in the counts; None where no classes are counted.

    Parameters
    ----------
    caps
        By grade asked about: the class size asked about. [children]
    """
    table = _counted(district, schools, caps)
    if table.empty:
        return None
    year = table["year"].to_numpy(np.int64)
    over = table["pupils"].to_numpy() > table["cap"].to_numpy() * table["classes"].to_numpy()
    latest = year == year.max()
    return BaseRate(
        first=int(year.min()),
        last=int(year.max()),
        cases=len(table),
        over=int(over.sum()),
        latest_cases=int(latest.sum()),
        latest_over=int(over[latest].sum()),
    )


def _counted(district: District, schools: Sequence[str], caps: Mapping[int, int]) -> pd.DataFrame:
    """Return the counts with classes: school, grade, year, pupils, classes, cap."""
    table = district["enrolment"]
    pupils, classes, year, grade = (
        figures(table, column) for column in ("pupils", "classes", "year", "grade")
    )
    kept = np.isfinite(pupils) & (classes > 0) & (year <= district.counted) & np.isin(grade, list(caps))
    kept &= table["school"].isin(schools).to_numpy(dtype=bool)
    found = pd.DataFrame(
        {
            "school": table["school"].to_numpy(dtype=object)[kept],
            "grade": grade[kept].astype(np.int64),
            "year": year[kept].astype(np.int64),
            "pupils": pupils[kept],
            "classes": classes[kept],
        }
    )
    return found.assign(cap=[caps[number] for number in found["grade"].tolist()])


@dataclass(frozen=True, kw_only=True)
class TrackRecord:
    """What forecasts made again said of the same question a year before, and what came."""

    cases: pd.DataFrame
    """school, grade, year, cap, classes (of the autumn before: its year group's), stated (probability) and happened."""

    @property
    def years(self) -> list[int]:
        """School years foretold."""
        return sorted(set(self.cases["year"].tolist()))

    def counted(self, rows: pd.DataFrame | None = None) -> dict[str, int]:
        """Return how many cases there are and happened, above even odds and not. [school-years]."""
        table = self.cases if rows is None else rows
        likely, happened = table["stated"].to_numpy() > EVEN, table["happened"].to_numpy(dtype=bool)
        return {
            "likely": int(likely.sum()),
            "likely_happened": int((likely & happened).sum()),
            "unlikely": int((~likely).sum()),
            "unlikely_happened": int((~likely & happened).sum()),
        }

    @property
    def expected(self) -> float:
        """Cases that should have happened by the odds stated. [school-years]."""
        return float(self.cases["stated"].to_numpy().sum())

    @property
    def skill(self) -> float:
        """
        Brier skill: by how much the odds beat those who always state the share that happened. [1]

        NaN where everything or nothing happened.
        """
        stated, came = (self.cases[column].to_numpy(np.float64) for column in ("stated", "happened"))
        against = float(came.var())
        return 1 - float(((stated - came) ** 2).mean()) / against if against > 0 else float("nan")

    @property
    def reliability(self) -> pd.DataFrame:
        """stated, came (means) and cases by group of stated odds, those of `GROUPS` that have any."""
        group = np.searchsorted(GROUPS, self.cases["stated"], side="right")
        return (
            self.cases.groupby(group)
            .agg(stated=("stated", "mean"), came=("happened", "mean"), cases=("stated", "size"))
            .reset_index(drop=True)
        )

    @property
    def lines(self) -> list[str]:
        """The record as sentences, in the current language."""
        values = self.counted() | {"first": self.years[0], "last": self.years[-1]}
        lines = [
            say(
                "Forecasts made again for {first} to {last}, each with what was known a year before, asked whether a grade would come to have more than cap x the classes of the year before: of {likely} school-years with more than even odds {likely_happened} did, of the {unlikely} others {unlikely_happened}.",
                **values,
            ),
            say(
                "By the odds stated {expected} should have been above; {came} were.",
                expected=f"{self.expected:.1f}",
                came=values["likely_happened"] + values["unlikely_happened"],
            ),
        ]
        if np.isfinite(self.skill):
            lines.append(
                say(
                    "Brier skill {skill}: 1 would be certainty, 0 no better than always stating the share that happened.",
                    skill=f"{self.skill:.2f}",
                )
            )
        return lines

    def of(self, school: str, grade: int) -> pd.DataFrame:
        """Return the cases of a school's grade."""
        return self.cases.loc[(self.cases["school"] == school) & (self.cases["grade"] == grade)]

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "years": self.years,
            **self.counted(),
            "expected": round(self.expected, 4),
            "brier_skill": round(self.skill, 4) if np.isfinite(self.skill) else None,
            "reliability": [
                {"stated": round(stated, 4), "came": round(came, 4), "cases": int(cases)}
                for stated, came, cases in self.reliability.to_numpy().tolist()
            ],
        }


def record_of(
    run: Run,
    schools: Sequence[str],
    caps: Mapping[int, int],
    *,
    progress: Callable[[Text, int, int], None] | None = None,
) -> TrackRecord | None:
    """
    Return what forecasts of the last `AUTUMNS` autumns counted, made again, said of the same question.

    Parameters
    ----------
    schools, caps
        Schools asked about; by grade asked about: the class size asked about. [children]
    progress
        Called with the step, how much of it is done, and how much there is.
    """
    district = run.source
    origins = range(district.counted - AUTUMNS, district.counted)
    said = said_again(
        district, run.profile, origins, draws=run.forecast.draws, seed=run.forecast.seed, progress=progress
    )
    starts = [stage.first for stage in run.profile.stages]
    return track_record(said, district, schools, caps, starts)


def track_record(
    said: Iterable[Said],
    district: District,
    schools: Sequence[str],
    caps: Mapping[int, int],
    starts: Collection[int],
) -> TrackRecord | None:
    """
    Return what forecasts of the past said of the same question; None where they said nothing that can be judged.

    Parameters
    ----------
    said
        Forecasts made again, an autumn ahead; units are schools, grades the numbers of grades.
    caps
        By grade asked about: the class size asked about. [children]
    starts
        Starting grades.
    """
    counts = _counted(
        district, schools, dict.fromkeys(district["enrolment"]["grade"].dropna().unique().tolist(), 1)
    )
    keys = ["school", "grade", "year"]
    known = dict(zip(counts[keys].itertuples(index=False, name=None), counts["classes"], strict=True))
    rows = []
    for one in said:
        units, grades = list(one.units), [int(grade) for grade in one.grades]
        for u, g in np.argwhere(one.judged).tolist():
            school, grade = str(units[u]), grades[g]
            classes = known.get((school, grade if grade in starts else grade - 1, one.origin))
            if classes is None or grade not in caps or school not in schools:
                continue
            limit = caps[grade] * classes
            rows.append(
                {
                    "school": school,
                    "grade": grade,
                    "year": one.origin + one.lead,
                    "cap": caps[grade],
                    "classes": int(classes),
                    "stated": float((one.draws[u, g] > limit).mean()),
                    "happened": bool(one.came[u, g] > limit),
                }
            )
    return TrackRecord(cases=pd.DataFrame(rows)) if rows else None
