"""Reading a scenario file with the files it builds on, and merging them into one scenario."""

from __future__ import annotations

import hashlib
import os
import tomllib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pydantic import ValidationError

from planner.capacity.terms import Terms
from planner.district.files import is_address
from planner.district.files.database import holds_password
from planner.errors import ScenarioError
from planner.policy.files import read_toml, record_faults
from planner.scenario.faults import fault, key_text
from planner.scenario.model import PlanningAssumptions, Scenario
from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pydantic import BaseModel

EDITS: Mapping[str, tuple[str, ...]] = {
    "catchments": (),
    "projects": ("project",),
    "classes": ("school", "stage", "since"),
    "limits": ("school", "stage", "since"),
    "diversions": ("from_school", "to_school", "stage", "since"),
    "rooms": ("school", "since"),
    "demand": ("blocks", "area", "stage", "since"),
    "housing": ("development", "phase"),
    "drivers": ("driver",),
    "rules": ("rule", "stage", "grades", "schools", "level", "kind", "applies", "size", "since"),
    "branches": ("question", "name"),
    "must": ("hold", "project", "school", "year"),
}
"""Sections that are lists of edits, and the fields by which an edit replaces one of a file it builds on; catchment
edits have none: they are applied in order, so that the last one that names a block holds."""

_BY_KEY = frozenset({"projects", "housing", "drivers"})
"""Sections whose edits change rows of the district: an edit of the same replaces only the keys it writes."""

T = TypeVar("T", bound="BaseModel")

_WITHOUT_PASSWORD = Text(
    "the address holds a password, which would be kept with every run: put it into the password file of PostgreSQL, or into PGPASSWORD"
)

_NOT_INHERITED = frozenset({"extends", "summary", "summary_zh"})


@dataclass(frozen=True, kw_only=True)
class ScenarioFile:
    """One file of a scenario."""

    path: Path
    shown: str
    """Path as messages show it: relative to the folder of the file that was asked for."""
    text: str
    digest: str
    """SHA-256 of the file's bytes."""
    says: Scenario
    """What this file alone says."""


@dataclass(frozen=True, kw_only=True)
class Said:
    """Where an edit stands."""

    file: str
    """As messages show it."""
    number: int
    """Position in the file's list, counted from 1."""
    fields: frozenset[str]
    """Keys written there."""
    within: str = ""
    """The branch that holds the list, with a dot: `branches[2].`"""


@dataclass(frozen=True, kw_only=True)
class Edit(Generic[T]):
    """One edit of the merged scenario, with the places that say it."""

    section: str
    record: T
    said: tuple[Said, ...]

    def fault(self, key: str, what: Text) -> Text:
        """Return a fault of this edit at the last place that states the key."""
        places = [place for place in self.said if key in place.fields] or self.said
        place = places[-1]
        return fault(place.file, key_text(place.within + self.section, place.number, key), what)


@dataclass(frozen=True, kw_only=True)
class LoadedScenario:
    """
    A scenario with the files it was read from.

    Scalars of a later file override those of the files it builds on, assumptions and terms of the schedule key by key; `summary` is never
    inherited. Lists are appended to the earlier lists, except that an edit of the same thing (see `EDITS`)
    replaces the earlier one in its place; an edit of a project, of housing or of a driver replaces only the keys it
    writes.
    """

    name: str
    """Name of the file without its ending."""
    scenario: Scenario
    """All files merged."""
    files: tuple[ScenarioFile, ...] = ()
    """Base first; empty for a scenario made in Python."""
    edits: Mapping[str, tuple[Edit[Any], ...]] = field(default_factory=dict)
    """By section: the merged edits with where they stand."""

    @property
    def texts(self) -> dict[str, str]:
        """Text of every file, base first, by the path that messages show."""
        return {file.shown: file.text for file in self.files}

    @property
    def digests(self) -> dict[str, str]:
        """SHA-256 of every file, by the path that messages show."""
        return {file.shown: file.digest for file in self.files}

    @property
    def base(self) -> LoadedScenario:
        """The root of the chain: what the scenario is compared with."""
        return _merged(self.files[:1]) if len(self.files) > 1 else self

    @property
    def district(self) -> Path | str | None:
        """
        Where the district is; None: none is named.

        Its folder or file, found from the file that names it; or the address of a database, as text.
        """
        namer = self._namer("district")
        if namer is None:
            return None
        named = namer.says.district
        return named if is_address(named) else _beside(namer.path, named)

    @property
    def policy(self) -> str | Path | None:
        """Name of the profile, or its file found from the file that names it; None: the district's."""
        namer = self._namer("policy")
        if namer is None:
            return self.scenario.policy or None
        named = namer.says.policy
        return _beside(namer.path, named) if named.endswith(".toml") or "/" in named else named

    def _namer(self, key: str) -> ScenarioFile | None:
        return next((file for file in reversed(self.files) if getattr(file.says, key)), None)

    def fault(self, key: str, what: Text, *, field: str = "") -> Text:
        """Return a fault of a scalar, or of an assumption, at the last file that states it."""
        for file in reversed(self.files):
            stated = getattr(file.says, key) if field else file.says
            if stated is not None and (field or key) in stated.model_fields_set:
                return fault(file.shown, key_text(key, field=field), what)
        return fault(self.files[-1].shown if self.files else self.name, key_text(key, field=field), what)


def _beside(file: Path, named: str) -> Path:
    """Return a path found from the folder of the file that names it."""
    return Path(os.path.normpath(file.parent / named))


def load_scenario(scenario: Scenario, *, name: str = "scenario") -> LoadedScenario:
    """
    Return a scenario made in Python as if it had been read.

    Of two edits of the same thing the later holds.
    """
    edits = {section: _appended((), section, _stated(section, name, scenario)) for section in EDITS}
    return LoadedScenario(name=name, scenario=scenario, edits=edits)


def read_scenario(path: str | Path) -> LoadedScenario:
    """
    Read a scenario file and the files it builds on.

    Raises
    ------
    ScenarioError
        With every fault of every file of the chain: no such file, no TOML, a chain that bites its tail, keys
        unknown or missing, values of the wrong kind, two edits of one list about the same thing.
    """
    leaf = Path(path)
    faults: list[Text] = []
    files: list[ScenarioFile] = []
    chain: dict[Path, str] = {}
    current: Path | None = leaf
    while current is not None:
        shown, place = _shown(current, leaf), current.resolve()
        named_by = list(chain.values())[-1] if chain else ""
        if place in chain:
            circle = " > ".join([*list(chain.values())[list(chain).index(place) :], shown])
            faults.append(
                fault(
                    named_by,
                    "extends",
                    Text("the files build on each other in a circle: {circle}", circle=circle),
                )
            )
            break
        chain[place] = shown
        file, extends, found = _read_file(current, shown, named_by)
        faults += found
        files += [file] if file is not None else []
        current = _beside(current, extends) if extends else None
    if faults:
        raise ScenarioError(*faults)
    return _merged(tuple(reversed(files)))


def extended(loaded: LoadedScenario, path: Path, text: str) -> LoadedScenario:
    """
    Return a scenario with one more file on top, which need not be written.

    Parameters
    ----------
    path
        Where the file is to stand.
    text
        What it says, as TOML.
    """
    own = loaded.scenario.model_dump_json(indent=2, exclude_defaults=True) + "\n"
    made = ScenarioFile(
        path=Path(f"{loaded.name}.json"),
        shown=loaded.name,
        text=own,
        digest=hashlib.sha256(own.encode()).hexdigest(),
        says=loaded.scenario,
    )
    added = ScenarioFile(
        path=path,
        shown=path.name,
        text=text,
        digest=hashlib.sha256(text.encode()).hexdigest(),
        says=Scenario.model_validate(tomllib.loads(text)),
    )
    return _merged((*(loaded.files or (made,)), added))


def _shown(path: Path, leaf: Path) -> str:
    """Return a file's path relative to the folder of the file asked for."""
    try:
        return Path(os.path.relpath(path.resolve(), leaf.resolve().parent)).as_posix()
    except ValueError:  # another drive
        return str(path)


def _read_file(path: Path, shown: str, named_by: str) -> tuple[ScenarioFile | None, str, list[Text]]:
    """Return a file, what it builds on, and its faults; no file where it has any."""
    try:
        parsed = read_toml(path, ScenarioError)
    except ScenarioError as error:
        found = [what for what in error.faults if isinstance(what, Text)]
        return None, "", [fault(named_by, "extends", what) if named_by else what for what in found]
    extends = parsed.get("extends")
    extends = extends if isinstance(extends, str) else ""
    try:
        says = Scenario.model_validate(parsed)
    except ValidationError as error:
        return None, extends, record_faults(error, Scenario, shown)
    if is_address(says.district) and holds_password(says.district):
        return None, extends, [fault(shown, "district", _WITHOUT_PASSWORD)]
    raw = path.read_bytes()
    file = ScenarioFile(
        path=path,
        shown=shown,
        text=raw.decode("utf-8-sig"),
        digest=hashlib.sha256(raw).hexdigest(),
        says=says,
    )
    return file, extends, _repeated(shown, says)


def _key(section: str, record: BaseModel) -> tuple[object, ...]:
    return tuple(getattr(record, name) for name in EDITS[section])


def _repeated(file: str, says: Scenario) -> list[Text]:
    """Return a fault for every edit of a file that is about the same thing as one before it."""
    faults = []
    for section, names in EDITS.items():
        first: dict[tuple[object, ...], int] = {}
        for number, record in enumerate(getattr(says, section), start=1):
            key = _key(section, record)
            if names and first.setdefault(key, number) != number:
                same = Text(
                    "is about the same as number {first} ({keys}): keep one of them",
                    first=first[key],
                    keys=", ".join(name for name in names if getattr(record, name) not in ("", None, ())),
                )
                faults.append(fault(file, key_text(section, number), same))
    return faults + _moved_twice(file, says)


def _moved_twice(file: str, says: Scenario) -> list[Text]:
    """Return a fault for every block that two catchment edits of a file move, at the same stage and year."""
    faults: list[Text] = []
    movers: dict[tuple[str, int | None, str], int] = {}
    for number, edit in enumerate(says.catchments, start=1):
        for block in dict.fromkeys(edit.blocks):
            first = movers.setdefault((edit.stage, edit.since, block), number)
            if first != number:
                what = Text(
                    "number {first} moves {block} too, at the same stage and year: keep one of them",
                    first=first,
                    block=block,
                )
                faults.append(fault(file, key_text("catchments", number, "blocks"), what))
    return faults


def _stated(section: str, file: str, says: BaseModel, within: str = "") -> Iterator[tuple[Any, Said]]:
    """Yield the records of a list with where they stand."""
    for number, record in enumerate(getattr(says, section), start=1):
        yield (
            record,
            Said(file=file, number=number, fields=frozenset(record.model_fields_set), within=within),
        )


def with_lists(scenario: LoadedScenario, within: BaseModel, edit: Edit[Any]) -> LoadedScenario:
    """
    Return the scenario with the lists of edits that a record of it holds appended to its own.

    Parameters
    ----------
    within
        Record with fields of the same names as sections.
    edit
        Where the record stands.
    """
    place = edit.said[-1]
    of = f"{key_text(edit.section, place.number)}."
    edits = dict(scenario.edits)
    for section in EDITS:
        if section in type(within).model_fields:
            found = _stated(section, place.file, within, of)
            edits[section] = _appended(edits.get(section, ()), section, found)
    merged = {section: tuple(entry.record for entry in entries) for section, entries in edits.items()}
    return replace(scenario, scenario=scenario.scenario.model_copy(update=merged), edits=edits)


def _appended(
    earlier: tuple[Edit[Any], ...], section: str, stated: Iterable[tuple[Any, Said]]
) -> tuple[Edit[Any], ...]:
    """Return the edits of a section with more of them appended, or in the place of what they replace."""
    edits = list(earlier)
    at = (
        {_key(section, edit.record): position for position, edit in enumerate(edits)}
        if EDITS[section]
        else {}
    )
    for record, said in stated:
        position = at.get(_key(section, record)) if EDITS[section] else None
        if position is None:
            edits.append(Edit(section=section, record=record, said=(said,)))
        elif section in _BY_KEY:
            written = {name: getattr(record, name) for name in record.model_fields_set}
            edits[position] = Edit(
                section=section,
                record=edits[position].record.model_copy(update=written),
                said=(*edits[position].said, said),
            )
        else:
            edits[position] = Edit(section=section, record=record, said=(said,))
    return tuple(edits)


def _written(says: BaseModel) -> dict[str, Any]:
    return {name: getattr(says, name) for name in says.model_fields_set}


def _merged(files: tuple[ScenarioFile, ...]) -> LoadedScenario:
    """Return the scenario that the files say together, base first."""
    values: dict[str, Any] = {}
    assumed: dict[str, Any] = {}
    terms: dict[str, Any] | None = None
    edits: dict[str, tuple[Edit[Any], ...]] = dict.fromkeys(EDITS, ())
    for file in files:
        written = _written(file.says)
        assumed |= _written(file.says.assumptions)
        if file.says.schedule is not None:
            terms = (terms or {}) | _written(file.says.schedule)
        values = {name: value for name, value in values.items() if name not in _NOT_INHERITED} | written
        edits = {
            section: _appended(edits[section], section, _stated(section, file.shown, file.says))
            for section in EDITS
        }
    values |= {section: tuple(edit.record for edit in entries) for section, entries in edits.items()}
    values |= {"schedule": None if terms is None else Terms().model_copy(update=terms)}
    scenario = Scenario().model_copy(update=values | {"assumptions": PlanningAssumptions(**assumed)})
    return LoadedScenario(name=files[-1].path.stem, scenario=scenario, files=files, edits=edits)
