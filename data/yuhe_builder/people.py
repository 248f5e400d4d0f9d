"""Children: born, registered, entering, choosing a school, moving, going up. Whole children at every step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from yuhe_builder.settings import (
    ABSENT,
    BEFORE_SCHOOL,
    BIRTH_NOISE,
    BIRTHS,
    CHOICE_JUNIOR,
    CHOICE_PRIMARY,
    DIVERTED,
    ENTRY_TREND,
    ENTRY_TREND_LATER,
    FIRST,
    FROM_OUTSIDE,
    GROUPS,
    IN_SCHOOL,
    INDEX,
    INDEX_BEFORE,
    LAST,
    OUTSIDE,
    OUTSIDE_SEEN,
    SCHOOLS,
    TO_JUNIOR,
)

START = FIRST - 8
"""Year from which year groups are followed, so that the first count has all nine grades."""
EXTRACTS = range(LAST - 3, LAST + 1)
"""Autumns of which register extracts are kept."""
IDS = [school.school for school in SCHOOLS]
OTHER = len(IDS)
"""Column of schools outside the district; as a row: children who live outside."""


@dataclass(frozen=True, kw_only=True)
class People:
    """Everything that was counted."""

    born: dict[int, np.ndarray]
    """Children born in each block, by calendar year."""
    register: dict[tuple[int, int, str], np.ndarray]
    """Register by autumn of the extract, cohort and status: children of each block."""
    attending: dict[int, np.ndarray]
    """By year: children by grade - 1, block (last: outside) and school (last: outside)."""


def entry_index(year: int) -> float:
    """Return the entry index of the district. [2023 = 100]"""
    return INDEX.get(year, INDEX_BEFORE)


def expected_entry(weights: np.ndarray, group: list[str], tilt: np.ndarray) -> dict[int, np.ndarray]:
    """
    Return the children expected to enter grade 1 by year and block.

    Shares of the classes of place move with their trends; their level is such that the children of primary
    age of the last count come out as the weights; the total of every year follows the index.
    """
    years = range(START, LAST + 7)
    numbers = np.array([GROUPS.index(name) for name in group])
    target = np.bincount(numbers, weights=weights)
    trend = {
        year: np.array(
            [
                (1 + ENTRY_TREND[g]) ** min(0, year - LAST)
                * (1 + ENTRY_TREND_LATER[g]) ** max(0, year - LAST)
                for g in GROUPS
            ]
        )
        for year in years
    }
    stay = np.array([1 - IN_SCHOOL[g][0] + IN_SCHOOL[g][1] for g in GROUPS])
    level, scale = target / target.sum(), 1.0
    entry: dict[int, np.ndarray] = {}
    for _ in range(200):
        entry = {
            year: scale * entry_index(year) * level * trend[year] / (level * trend[year]).sum()
            for year in years
        }
        stock = np.sum([entry[LAST - age] * stay**age for age in range(6)], axis=0)
        level = level * target / stock
        scale *= target.sum() / stock.sum()
        level /= level.sum()
    block = {}
    for year in years:
        inside = weights * (1 + tilt) ** (year - LAST + 2)
        inside /= np.bincount(numbers, weights=inside)[numbers]
        block[year] = entry[year][numbers] * inside
    return block


def _whole(rng: np.random.Generator, expected: np.ndarray) -> np.ndarray:
    """Return whole children around what is expected, adding up to the rounded total."""
    return rng.multinomial(round(float(expected.sum())), expected / expected.sum())


def _moved(
    rng: np.random.Generator, children: np.ndarray, rates: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the children who stay, and those who join, given shares who leave and join."""
    stay = rng.binomial(children, 1 - rates[0])
    return stay, rng.poisson(children * rates[1])


@dataclass(frozen=True, kw_only=True)
class _Cohort:
    """The children of one cohort in one block, from birth until they are of age for grade 1."""

    early: int
    """Born from September to December."""
    late: int
    """Born from January to August."""
    living: list[tuple[int, int]]
    """With and without local registration, autumn by autumn."""
    absent: int
    """Registered here, living elsewhere."""


def _cohort(rng: np.random.Generator, births: float, cohort: int, autumns: int, group: str) -> _Cohort:
    born = int(rng.poisson(births))
    autumn = BIRTHS[cohort - 1] / (BIRTHS[cohort - 1] + 2 * BIRTHS[cohort])
    early = int(rng.binomial(born, autumn))
    outside = int(rng.binomial(born, OUTSIDE[group]))
    absent = int(rng.poisson(born * ABSENT[group]))
    children = np.array([born - outside, outside])
    living = [(born - outside, outside)]
    for _ in range(autumns):
        stay, join = _moved(rng, children, np.array(BEFORE_SCHOOL[group]))
        children = stay + join
        living.append((int(children[0]), int(children[1])))
    return _Cohort(early=early, late=born - early, living=living, absent=absent)


def grow_up(
    seed: int, expected: dict[int, np.ndarray], group: list[str]
) -> tuple[dict[int, np.ndarray], dict[tuple[int, int, str], np.ndarray], dict[int, np.ndarray]]:
    """
    Return births by calendar year, the register, and the children of age for grade 1 by year, all by block.

    Every block and cohort has a random stream of its own, so that a figure turned for one school leaves the
    children of the others as they are.
    """
    blocks = len(group)
    born = {year: np.zeros(blocks, dtype=int) for year in range(2008, LAST + 1)}
    register: dict[tuple[int, int, str], np.ndarray] = {}
    of_age: dict[int, np.ndarray] = {}
    net = np.array([1 - BEFORE_SCHOOL[g][0] + BEFORE_SCHOOL[g][1] for g in group])
    for entry in range(2015, LAST + 7):
        cohort = entry - 6
        births = expected[entry] / net**6
        if entry <= LAST:
            births = births * np.random.default_rng([seed, entry]).normal(1, BIRTH_NOISE)
        autumns = min(entry, LAST) - cohort
        found = [
            _cohort(np.random.default_rng([seed, entry, block]), births[block], cohort, autumns, group[block])
            for block in range(blocks)
        ]
        born[cohort - 1] += [one.early for one in found]
        born[cohort] += [one.late for one in found]
        for year in EXTRACTS:
            if cohort <= year < entry:
                living = np.array([one.living[year - cohort] for one in found])
                register[year, cohort, "local"] = living[:, 0] + [one.absent for one in found]
                register[year, cohort, "outside"] = np.round(living[:, 1] * OUTSIDE_SEEN).astype(int)
        if entry <= LAST:
            rng = np.random.default_rng([seed, entry, blocks])
            here = np.array([sum(one.living[-1]) for one in found])
            of_age[entry] = _nudged(rng, here, round(float(expected[entry].sum() * rng.normal(1, 0.003))))
    return born, register, of_age


def _nudged(rng: np.random.Generator, children: np.ndarray, total: int) -> np.ndarray:
    """Return the children with some more or fewer, so that they add up to the total."""
    missing = total - int(children.sum())
    if missing >= 0:
        return children + rng.multinomial(missing, children / children.sum())
    return children - rng.multivariate_hypergeometric(children, -missing)


def _split(
    rng: np.random.Generator,
    children: np.ndarray,
    home: np.ndarray,
    group: list[str],
    choice: dict,
    opened: set[str],
) -> np.ndarray:
    """Return children by block and school: most in their catchment's, some elsewhere by choice."""
    found = np.zeros((len(children) + 1, OTHER + 1), dtype=int)
    for block, count in enumerate(children):
        options = [
            (school, share)
            for school, share in choice[group[block]]
            if school in opened and school != IDS[home[block]]
        ]
        shares = [share for _, share in options]
        drawn = rng.multinomial(count, [*shares, 1 - sum(shares)])
        for (school, _), number in zip(options, drawn, strict=False):
            found[block, OTHER if school == "other" else IDS.index(school)] += number
        found[block, home[block]] += drawn[-1]
    return found


def _from_outside(
    rng: np.random.Generator, found: np.ndarray, opened: set[str], grade: int, year: int
) -> None:
    size = entry_index(year - grade + 1) / 80
    for school in SCHOOLS:
        first, last = (int(part) for part in school.grades.split("-"))
        if school.school in opened and school.school in FROM_OUTSIDE and first <= grade <= last:
            found[-1, IDS.index(school.school)] += rng.poisson(FROM_OUTSIDE[school.school] * size)


def _divert(rng: np.random.Generator, found: np.ndarray, home: np.ndarray, year: int) -> None:
    """Move some entrants of a full school's catchment to another school."""
    for (full, when), (taker, share) in DIVERTED.items():
        if when == year:
            old, new = IDS.index(full), IDS.index(taker)
            rows = np.flatnonzero(home == old)
            moved = rng.binomial(found[rows, old], share)
            found[rows, old] -= moved
            found[rows, new] += moved


def go_to_school(
    seed: int,
    of_age: dict[int, np.ndarray],
    homes: dict[int, dict[str, np.ndarray]],
    group: list[str],
) -> dict[int, np.ndarray]:
    """
    Return children by year, grade, block and school.

    Parameters
    ----------
    homes
        By year and stage, the number of the school of each block's catchment.
    """
    rates = np.array([*[IN_SCHOOL[g] for g in group], (0.01, 0.01)]).T[:, :, None]
    rows = np.arange(len(group))
    attending: dict[int, np.ndarray] = {}
    before = np.zeros((9, len(group) + 1, OTHER + 1), dtype=int)
    for year in range(START, LAST + 1):
        opened = {"other", *(s.school for s in SCHOOLS if s.opened is None or s.opened <= year)}
        now = np.zeros_like(before)
        rng = np.random.default_rng([seed, year])
        now[0] = _split(rng, of_age[year], homes[year]["primary"], group, CHOICE_PRIMARY, opened)
        _divert(rng, now[0], homes[year]["primary"], year)
        _from_outside(rng, now[0], opened, 1, year)
        for grade in range(2, 10):
            rng = np.random.default_rng([seed, year, grade])
            stay, join = _moved(rng, before[grade - 2], rates)
            if grade == 7:
                now[6] = _to_junior(rng, stay, join, homes[year]["junior"], group, opened)
                _from_outside(rng, now[6], opened, 7, year)
                continue
            found = stay
            stage = "primary" if grade < 7 else "junior"
            joining = join[:-1].sum(axis=1)
            np.add.at(found, (rows, homes[year][stage]), joining)
            found[-1] += join[-1]
            if grade >= 4:
                for school in SCHOOLS:
                    if school.centre:
                        point, centre = IDS.index(school.school), IDS.index(school.centre)
                        found[:, centre] += found[:, point]
                        found[:, point] = 0
            now[grade - 1] = found
        attending[year] = before = now
    return {year: children for year, children in attending.items() if year >= FIRST}


def _to_junior(
    rng: np.random.Generator,
    stay: np.ndarray,
    join: np.ndarray,
    home: np.ndarray,
    group: list[str],
    opened: set[str],
) -> np.ndarray:
    """Return grade 7 by block and school: own leavers of nine-year schools, then catchments and choice."""
    leavers = rng.binomial(stay + join, TO_JUNIOR)
    own = np.zeros_like(leavers)
    for school in SCHOOLS:
        if school.stays:
            number = IDS.index(school.school)
            own[:, number] = rng.binomial(leavers[:, number], school.stays)
    outside = leavers[:-1, OTHER]
    rest = (leavers - own)[:-1, :OTHER].sum(axis=1)
    found = _split(rng, rest, home, group, CHOICE_JUNIOR, opened) + own
    found[:-1, OTHER] += outside
    found[-1, IDS.index("M03")] += int((leavers - own)[-1].sum()) // 2
    return found


def early_entry(rng: np.random.Generator, expected: dict[int, np.ndarray]) -> dict[int, np.ndarray]:
    """Return the children of age for grade 1 of the years before births are followed."""
    return {year: _whole(rng, expected[year]) for year in range(START, 2015)}
