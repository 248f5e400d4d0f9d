"""The tables of the district, each a list of rows in the words of the planner's column dictionary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from yuhe_builder.land import to_degrees
from yuhe_builder.names import block_names
from yuhe_builder.people import EXTRACTS, IDS, OTHER
from yuhe_builder.places import LINES, SEED
from yuhe_builder.rolls import class_lists, classes_by_grade, pupils_by_grade, rooms_of
from yuhe_builder.settings import (
    DIVERTED,
    FIRST,
    LAST,
    OFFICIAL,
    OFFICIAL_GROWTH,
    OFFICIAL_GROWTH_ELSEWHERE,
    OFFICIAL_NOISE,
    SCHOOLS,
)
from yuhe_builder.works import DRIVERS, HOUSING, PROJECTS
from yuhe_builder.zoning import school_points

if TYPE_CHECKING:
    from collections.abc import Iterable

    from yuhe_builder.make import Made

Rows = list[dict[str, Any]]
PLACE = {
    "core": "urban",
    "new": "urban",
    "town": "town",
    "rural": "rural",
    "village": "rural",
    "point": "rural",
}
PROJECT_COLUMNS = (
    *("project", "name", "name_en", "school", "kind", "grades", "rooms", "seats_stated", "opens", "earliest"),
    *("certainty", "status", "cost_yuan", "depends_on", "source", "choice", "sites", "sizes", "lasts"),
    *("building_years", "room_yuan", "running_yuan", "approval", "land", "consent", "development"),
    *("receives", "replaces", "bus", "one_of"),
)
BY_HOME = range(LAST - 3, LAST + 1)
"""Years with children by home."""
BY_SCHOOL = range(LAST - 2, LAST + 1)
"""Years with children by home and school."""


def _rows(columns: str, found: Iterable[tuple[Any, ...]]) -> Rows:
    names = columns.split()
    return [dict(zip(names, row, strict=True)) for row in found]


def block_ids(made: Made) -> list[str]:
    """Return the ids of the blocks, from north-west to south-east."""
    return [f"B{number + 1:03d}" for number in range(len(made.land.blocks))]


def about() -> Rows:
    """Return facts of the district as a whole."""
    return _rows(
        "key value",
        [
            ("name", "玉河区"),
            ("name_en", "Yuhe District"),
            ("policy", "cn-shandong"),
            ("counted_on", f"{LAST}-09-01"),
            ("source", "Fictional district made by data/build_yuhe.py"),
            ("detour", "1.3"),
        ],
    )


def schools(made: Made) -> tuple[Rows, list[Any]]:
    """Return schools and their points; floor and site areas follow from rooms and children."""
    pupils = pupils_by_grade(made.people.attending)
    rooms = rooms_of(classes_by_grade(pupils))
    points = school_points(made.land, made.homes)
    found = []
    for school in SCHOOLS:
        home, number = made.homes[school.school], rooms[school.school]
        place = PLACE.get(school.kind) or PLACE[made.land.place[home]]
        children = sum(n for (s, _, year), n in pupils.items() if s == school.school and year == LAST)
        urban = place == "urban"
        found.append(
            {
                "school": school.school,
                "name": school.name,
                "name_en": school.name_en,
                "grades": school.grades,
                "rooms": number,
                "rooms_other": school.other_rooms,
                "seats_stated": school.seats_per_room and school.seats_per_room * number,
                "group": school.group or None,
                "owner": "private" if school.kind == "private" else "public",
                "place": place,
                "area": made.land.area[home],
                "open_from": school.opened,
                "beds": school.beds,
                "site_m2": number * (560 if urban else 820) // 100 * 100 + 2400,
                "floor_m2": (number * (205 if urban else 230) + children * 6 // 10) // 10 * 10,
                "sports_m2": number * (250 if urban else 380) + 1200,
            }
        )
    return found, [shapely.Point(points[school.school]) for school in SCHOOLS]


def blocks(made: Made) -> tuple[Rows, list[Any]]:
    """Return blocks and their polygons."""
    land, names = made.land, block_names(made.land, np.random.default_rng([SEED, 5]))
    found = [
        {"block": block, "name": name, "name_en": english, "place": PLACE[place], "area": area}
        for block, (name, english), place, area in zip(
            block_ids(made), names, land.place, land.area, strict=True
        )
    ]
    return found, list(land.blocks)


def barriers(made: Made) -> tuple[Rows, list[Any]]:
    """Return the river, the railway and the trunk roads, as they run along the blocks."""
    found = _rows(
        "barrier name name_en kind", [(line.barrier, line.name, line.name_en, line.kind) for line in LINES]
    )
    return found, [made.land.lines[line.barrier] for line in LINES]


def catchments(made: Made) -> Rows:
    """Return the catchments of both stages: a row for every block and every change."""
    found, names = [], block_ids(made)
    for stage in ("primary", "junior"):
        for block, name in enumerate(names):
            before = -1
            for year, stages in sorted(made.catchments.items()):
                if (number := int(stages[stage][block])) != before:
                    found.append((name, stage, year, IDS[number]))
                    before = number
    return _rows("block stage since school", found)


def enrolment(made: Made) -> Rows:
    """Return pupils and classes by school, grade and year."""
    pupils = pupils_by_grade(made.people.attending)
    classes = classes_by_grade(pupils)
    found = []
    for key in sorted(pupils, key=lambda key: (IDS.index(key[0]), key[2], key[1])):
        school, grade, year = key
        full = "yes" if grade == 1 and (school, year) in DIVERTED else "no"
        found.append((school, grade, year, pupils[key], classes[key], full, f"{year}-09-01"))
    return _rows("school grade year pupils classes full counted_on", found)


def classes(made: Made) -> Rows:
    """Return the head-count of every class of the last three counts, the latest first."""
    pupils = pupils_by_grade(made.people.attending)
    lists = class_lists(pupils, classes_by_grade(pupils))
    return _rows(
        "school year grade class pupils",
        [
            (school, year, grade, f"{grade}.{number}", heads)
            for (school, grade, year), found in sorted(
                lists.items(), key=lambda item: (-item[0][2], IDS.index(item[0][0]), item[0][1])
            )
            for number, heads in enumerate(found, start=1)
        ],
    )


def children(made: Made) -> Rows:
    """Return the register extracts: children below school age by block, cohort and registration."""
    names = block_ids(made)
    return _rows(
        "block cohort as_of kind status children",
        [
            (names[block], cohort, f"{year}-09-01", "register", status, int(count))
            for (year, cohort, status), counts in sorted(made.people.register.items())
            for block, count in enumerate(counts)
            if count or status == "local"
        ],
    )


def residents(made: Made) -> Rows:
    """Return school children by home, whatever school they attend."""
    names = block_ids(made)
    return _rows(
        "block grade year children",
        [
            (names[block], grade, year, int(count))
            for year in BY_HOME
            for grade in range(1, 10)
            for block, count in enumerate(made.people.attending[year][grade - 1, :-1].sum(axis=1))
            if count
        ],
    )


def births(made: Made) -> Rows:
    """Return births by town or sub-district and calendar year."""
    area = np.array(made.land.area)
    return _rows(
        "area year births",
        [
            (name, year, int(made.people.born[year][area == name].sum()))
            for name in sorted(set(made.land.area))
            for year in range(2009, LAST)
        ],
    )


def attendance(made: Made) -> Rows:
    """Return where the children of the starting grades live and go."""
    homes, goes = [*block_ids(made), "other"], [*IDS, "other"]
    return _rows(
        "block school grade year children",
        [
            (
                homes[block],
                goes[number],
                grade,
                year,
                int(made.people.attending[year][grade - 1, block, number]),
            )
            for year in BY_SCHOOL
            for grade in (1, 7)
            for block, number in np.argwhere(made.people.attending[year][grade - 1])
            if block < len(homes) - 1 or number < OTHER
        ],
    )


def feeders() -> Rows:
    """Return own leavers of nine-year schools, and centre schools of teaching points."""
    own = [(school.school, school.school, school.stays) for school in SCHOOLS if school.stays]
    points = [(school.school, school.centre, 1.0) for school in SCHOOLS if school.centre]
    return _rows("school to_school share", [*own, *points])


def housing(made: Made) -> Rows:
    """Return phases of housing."""
    names, tree = block_ids(made), shapely.STRtree(made.land.blocks)

    def block_at(at: tuple[float, float]) -> str:
        return names[int(min(tree.query(shapely.Point(to_degrees(np.array(at))), predicate="intersects")))]

    return _rows(
        "development phase name block kind dwellings hand_over certainty children_per_dwelling",
        [
            (
                one.development,
                phase,
                one.name,
                block_at(one.at),
                one.kind,
                *of_phase,
                one.children_per_dwelling,
            )
            for one in HOUSING
            for phase, (day, dwellings, certainty) in enumerate(one.phases, start=1)
            for of_phase in [(dwellings, day, certainty)]
        ],
    )


def drivers() -> Rows:
    """Return drivers of migration."""
    return _rows(
        "driver name kind area since until age_from age_to children low high certainty include status source",
        [
            (
                *(one.driver, one.name, one.kind, one.area, one.since, one.until),
                *(*one.ages, one.children, one.low, one.high, one.certainty),
                *(one.include or None, one.status or None, one.source),
            )
            for one in DRIVERS
        ],
    )


def projects(made: Made) -> tuple[Rows, list[Any]]:
    """Return projects, at the place of a new building or at their school."""
    points = school_points(made.land, made.homes)
    found = [{column: getattr(project, column) or None for column in PROJECT_COLUMNS} for project in PROJECTS]
    for row, project in zip(found, PROJECTS, strict=True):
        row["cost_yuan"] = project.cost_yuan
    places = [
        to_degrees(np.array(project.at)) if project.at else points[project.school] for project in PROJECTS
    ]
    return found, [shapely.Point(place) for place in places]


def events(made: Made) -> Rows:
    """Return openings, re-zonings and a renaming since the first count shown."""
    found: list[tuple[int, str, str, str, str, str]] = [
        (
            s.opened,
            "opening",
            s.school,
            "",
            s.before or s.before_junior,
            "新校启用，自起始年级逐年招生",
        )
        for s in SCHOOLS
        if s.opened is not None and s.opened >= FIRST
    ]
    moves: dict[tuple[int, str, str], list[tuple[str, str]]] = {}
    before: dict[tuple[str, str], str] = {}
    for row in catchments(made):
        key = row["block"], row["stage"]
        if key in before and row["since"] >= FIRST:
            moves.setdefault((row["since"], row["school"], row["block"]), []).append(
                (row["stage"], before[key])
            )
        before[key] = row["school"]
    for (year, school, block), stages in moves.items():
        note = "; ".join(f"{stage}: {old} -> {school}" for stage, old in stages)
        found.append((year, "rezoning", school, block, stages[0][1], note))
    found.append((2019, "renaming", "P09", "", "", "原玉河区铁路小学更名"))
    return _rows(
        "school block year kind other note",
        [
            (school, block or None, year, kind, other or None, note)
            for year, kind, school, block, other, note in sorted(found)
        ],
    )


def forecasts(made: Made) -> Rows:
    """
    Return the starting grades the bureau once expected at every public school with a catchment.

    Grade 1: the catchment's register, before 2023 its births, with a tenth on top in the new town. Grade 7: the
    catchment's children of the grades below, with a tenth on top in the new town, known more or less well.
    """
    found = []
    for made_in in OFFICIAL:
        for year in range(made_in + 1, made_in + 4):
            entering = _known_entrants(made, made_in, year)
            leaving = made.people.attending[made_in][6 - (year - made_in), :-1].sum(axis=1)
            rng = np.random.default_rng([SEED, 7, made_in, year])
            for grade, stage, counts in ((1, "primary", entering), (7, "junior", leaving)):
                catchment = made.catchments[made_in][stage]
                for number, school in enumerate(SCHOOLS):
                    doubt = rng.normal(1, OFFICIAL_NOISE) if grade == 7 else 1.0
                    if (catchment == number).any():
                        growth = OFFICIAL_GROWTH.get(school.kind, OFFICIAL_GROWTH_ELSEWHERE)
                        expected = round(float(counts[catchment == number].sum()) * growth * doubt)
                        found.append((made_in, year, school.school, grade, expected))
    return _rows("made_in year school grade pupils", found)


def _known_entrants(made: Made, made_in: int, year: int) -> np.ndarray:
    """Return the children of each block who were known to come of age in a year: by the register, else by births."""
    if made_in in EXTRACTS:
        cohort = year - 6
        return np.sum(
            [made.people.register[made_in, cohort, status] for status in ("local", "outside")], axis=0
        )
    born = made.people.born
    return born[year - 7] / 3 + born[year - 6] * 2 / 3
