"""
Files that people write: TOML read into records, every fault of a file in plain words.

What is a fault, and where, is found by pydantic; here it becomes a sentence that can be said in any language.
"""

from __future__ import annotations

import re
import tomllib
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel

from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

    from planner.errors import PlannerError

_WANTED = {
    "int": Text("a whole number"),
    "float": Text("a number"),
    "bool": Text("true or false"),
    "string": Text("a text in quotes"),
    "date": Text("a date such as 2026-09-01, or a year"),
    "tuple": Text("a list in brackets"),
    "list": Text("a list in brackets"),
    "dict": Text("a table of keys and values"),
    "model": Text("a table of keys and values"),
}
"""What belongs at a key, by the first word of pydantic's error type."""

_BRANCH = re.compile(r"(int|float|str|bool|none|(tuple|list|dict|function|nullable|lax|constrained)\W.*)$")
"""How pydantic labels the branches of a union within a location."""


def read_toml(path: Path, error: type[PlannerError]) -> dict[str, Any]:
    """
    Return the content of a TOML file.

    Raises
    ------
    PlannerError
        Of the given type, when there is no such file, it cannot be read, or it is not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise error(Text("{file}: there is no such file", file=path)) from None
    except IsADirectoryError:
        raise error(Text("{file}: this is a folder; name a file that ends in .toml", file=path)) from None
    except OSError as fault:
        raise error(Text("{file}: cannot be read: {why}", file=path, why=fault.strerror or fault)) from None
    except UnicodeDecodeError:
        raise error(Text("{file}: this is not text in UTF-8; save it as UTF-8", file=path)) from None
    except tomllib.TOMLDecodeError as fault:
        raise error(Text("{file}: this is not a TOML file: {why}", file=path, why=fault)) from None


def record_faults(error: ValidationError, record: type[BaseModel], file: object) -> list[Text]:
    """
    Return the faults that pydantic found in a file, one sentence each, with file and key.

    Parameters
    ----------
    error
        What validating the file's content raised.
    record
        Record that the content was validated as; it tells which keys are known.
    file
        File, or another name of the place, shown before each fault.
    """
    found: dict[tuple[str, object], Text] = {}
    for detail in error.errors():
        key, holder = _place(detail["loc"], record)
        of_union = any(isinstance(step, str) and _BRANCH.match(step) for step in detail["loc"])
        for number, fault in enumerate(_sentences(detail, key, holder, file)):
            found.setdefault((key, None if of_union else (detail["type"], number, str(fault))), fault)
    return list(found.values())


def _place(steps: Sequence[int | str], record: type[BaseModel]) -> tuple[str, type[BaseModel] | None]:
    """Return a location as a key, entries of lists counted from 1, and the record whose key it is."""
    key = ""
    holder: type[BaseModel] | None = record
    inside: type[BaseModel] | None = record
    for step in steps:
        if isinstance(step, int):
            key += f"[{step + 1}]"
        elif inside is None and _BRANCH.match(step):
            continue
        else:
            key += f".{step}" if key else step
            holder = inside
            field = inside.model_fields.get(step) if inside is not None else None
            inside = next(_records(field.annotation), None) if field is not None else None
    return key, holder


def _records(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _records(part)


def _sentences(
    detail: ErrorDetails, key: str, holder: type[BaseModel] | None, file: object
) -> Iterator[Text]:
    kind = detail["type"]
    bounds = detail.get("ctx", {})
    given = _shown(detail["input"])
    if kind == "missing":
        yield Text("{file}: {key} is missing", file=file, key=key)
    elif kind == "extra_forbidden":
        yield _unknown_key(key, holder, file)
    elif kind == "value_error":
        for fault in bounds["error"].args:
            yield (
                Text("{file}: {key}: {fault}", file=file, key=key, fault=fault)
                if key
                else Text("{file}: {fault}", file=file, fault=fault)
            )
    elif kind == "literal_error":
        yield Text(
            "{file}: {key} is {given}; allowed are {allowed}",
            file=file,
            key=key,
            given=given,
            allowed=str(bounds["expected"]).replace(" or ", ", "),
        )
    elif kind in {"greater_than_equal", "greater_than"}:
        yield Text(
            "{file}: {key} is {given}, below what is allowed ({bound})",
            file=file,
            key=key,
            given=given,
            bound=bounds.get("ge", bounds.get("gt")),
        )
    elif kind in {"less_than_equal", "less_than"}:
        yield Text(
            "{file}: {key} is {given}, above what is allowed ({bound})",
            file=file,
            key=key,
            given=given,
            bound=bounds.get("le", bounds.get("lt")),
        )
    elif kind == "too_short":
        yield Text("{file}: {key} is empty", file=file, key=key)
    elif (wanted := _WANTED.get(kind.partition("_")[0])) is not None:
        yield Text(
            "{file}: {key} is {given}, where {wanted} belongs",
            file=file,
            key=key,
            given=given,
            wanted=wanted,
        )
    else:
        yield Text("{file}: {key}: {fault}", file=file, key=key, fault=detail["msg"])


def _unknown_key(key: str, holder: type[BaseModel] | None, file: object) -> Text:
    known = list(holder.model_fields) if holder is not None else []
    close = get_close_matches(key.rpartition(".")[2], known, n=1)
    if close:
        return Text(
            "{file}: there is no key {key}; did you mean {close}?", file=file, key=key, close=close[0]
        )
    return Text(
        "{file}: there is no key {key}; known here are {known}", file=file, key=key, known=", ".join(known)
    )


def _shown(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."
