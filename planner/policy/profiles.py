"""Policy profiles: the ones shipped in ``profiles/``, those people write, and a district's own rules."""

from __future__ import annotations

import datetime as dt
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from planner.errors import DataError, PolicyError
from planner.policy.files import read_toml, record_faults
from planner.policy.model import Policy
from planner.policy.rule import Record, Rule
from planner.words import Text

if TYPE_CHECKING:
    import pandas as pd

_FOLDER = Path(__file__).with_name("profiles")


class _Rules(Record):
    """The part of a profile that adds to the rules of the profile it extends."""

    rules: tuple[Rule, ...] = ()


def profile_names() -> list[str]:
    """Return the names of the shipped profiles."""
    return sorted(file.stem for file in _FOLDER.glob("*.toml"))


def read_policy(name_or_path: str | Path, *, folder: Path | None = None) -> Policy:
    """
    Read a policy: a shipped profile by its name, or a TOML file by its path.

    A file may build on another profile with ``extends``: keys replace the other's, those of [entry],
    [classes], [grade_names] and [sources] one by one; [[stages]] replaces all stages; [[rules]] are added and
    override, as `Policy.with_rules` says.

    Parameters
    ----------
    name_or_path
        ``cn-shandong`` and the like, or the path of a file.
    folder
        Where a path that is not absolute starts; the working directory when None.

    Raises
    ------
    PolicyError
        With all faults of the file, each with file and key.
    """
    return _read(_file(name_or_path, folder), ())


def rules_from_table(frame: pd.DataFrame) -> tuple[Rule, ...]:
    """
    Return the rules of a district's table ``rules``, in order of their dates, those without a date first.

    Raises
    ------
    DataError
        With the faults of all rows, counted from 1.
    """
    rules: list[Rule] = []
    faults: list[Text] = []
    cells = frame.astype(object).where(frame.notna(), None).to_dict("records")
    for number, row in enumerate(cells, start=1):
        given = {str(key): _plain(value) for key, value in row.items() if value is not None}
        try:
            rules.append(Rule.model_validate(given))
        except ValidationError as error:
            faults.extend(record_faults(error, Rule, Text("table rules, row {number}", number=number)))
    if faults:
        raise DataError(*faults)
    return tuple(sorted(rules, key=lambda rule: rule.since or dt.date.min))


def _plain(value: Any) -> Any:
    """Return a cell as a plain Python value: numpy numbers unwrapped, times of day dropped."""
    if isinstance(value, dt.datetime):
        return value.date()
    return value.item() if hasattr(value, "item") else value


def _file(name_or_path: str | Path, folder: Path | None) -> Path:
    """Return the file meant: of a shipped profile, or as the path says."""
    if name_or_path in profile_names():
        return _FOLDER / f"{name_or_path}.toml"
    path = (folder or Path()) / name_or_path
    if path.suffix == ".toml" or path.is_file():
        return path
    close = get_close_matches(str(name_or_path), profile_names(), n=1)
    raise PolicyError(
        Text("there is no policy {name}; did you mean {close}?", name=name_or_path, close=close[0])
        if close
        else Text(
            "there is no policy {name}; shipped are {known}, or give the path of a .toml file",
            name=name_or_path,
            known=", ".join(profile_names()),
        )
    )


def _read(file: Path, above: tuple[Path, ...]) -> Policy:
    shown = file.stem if file.parent == _FOLDER else file
    if file.resolve() in above:
        raise PolicyError(Text("{file}: extends itself, directly or by way of others", file=shown))
    given = read_toml(file, PolicyError)
    extends = given.pop("extends", None)
    if extends is not None and not isinstance(extends, str):
        raise PolicyError(Text("{file}: extends names one profile or file, as a text in quotes", file=shown))
    base: Policy | None = None
    if extends:
        base = _read(_file(extends, file.parent), (*above, file.resolve()))
    given.setdefault("profile", file.stem)
    policy = _validated(given, shown) if base is None else _extended(base, given, shown)
    if faults := _gaps(policy, shown):
        raise PolicyError(*faults)
    return policy


def _validated(given: dict[str, Any], shown: object) -> Policy:
    try:
        return Policy.model_validate(given)
    except ValidationError as error:
        raise PolicyError(*record_faults(error, Policy, shown)) from None


def _extended(base: Policy, given: dict[str, Any], shown: object) -> Policy:
    """Return the base with a file's keys in place of its own, and the file's rules on top."""
    own = {key: value for key, value in given.items() if key != "rules"}
    merged = base.model_dump(exclude={"rules"})
    for key, value in own.items():
        before = merged.get(key)
        merged[key] = {**before, **value} if isinstance(before, dict) and isinstance(value, dict) else value
    faults: list[Text] = []
    policy, rules = base, _Rules()
    try:
        policy = Policy.model_validate(merged).model_copy(update={"rules": base.rules})
    except ValidationError as error:
        faults.extend(record_faults(error, Policy, shown))
    try:
        rules = _Rules.model_validate({"rules": given.get("rules", ())})
    except ValidationError as error:
        faults.extend(record_faults(error, _Rules, shown))
    if not faults:
        faults = [
            Text("{file}: {fault}", file=shown, fault=fault)
            for fault in policy.rule_faults((*policy.rules, *rules.rules))
        ]
    if faults:
        raise PolicyError(*faults)
    return policy.with_rules(rules.rules)


def _gaps(policy: Policy, shown: object) -> list[Text]:
    """Return what a profile lacks to be planned by: an undated standard class size of every grade, unless `by_seats`."""
    if policy.by_seats:
        return []
    stated = {
        grade
        for rule in policy.rules
        if rule.rule == "standard_class_size" and rule.at_most is not None
        if not rule.schools and rule.since is None and rule.until is None
        for grade in policy.grades_of(rule)
    }
    missing = [
        str(grade)
        for stage in policy.stages
        for grade in range(stage.first, stage.last + 1)
        if grade not in stated
    ]
    if not missing:
        return []
    return [
        Text(
            "{file}: add a rule standard_class_size (at_most, without dates) for grade {grades}: "
            "rooms are turned into seats by it",
            file=shown,
            grades=", ".join(missing),
        )
    ]
