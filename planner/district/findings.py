"""What a check says: a finding, where it is, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from planner.words import Text, read_dictionary

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from planner.district.model import District
    from planner.policy import Stage

Level = Literal["error", "warning", "note"]
"""error: results would be wrong or cannot be made; warning: doubtful; note: worth knowing."""

LEVELS: tuple[Level, ...] = ("error", "warning", "note")

SHOWN = 5
"""Ids and rows that a message spells out; the rest are counted."""


class TableName(Text):
    """A table, shown by its id and, in Chinese, by its Chinese name too."""

    __slots__ = ()

    def __init__(self, table: str) -> None:
        super().__init__("", table=table)

    def in_language(self, language: str) -> str:
        """Return the name in the language."""
        table = str(self.values["table"])
        known = read_dictionary().get(table)
        return f"{known.zh} {table}" if known and language == "zh" else table


class ColumnName(Text):
    """A column of a table, shown by its id and, in Chinese, by its Chinese name too."""

    __slots__ = ()

    def __init__(self, table: str, column: str) -> None:
        super().__init__("", table=table, column=column)

    def in_language(self, language: str) -> str:
        """Return the name in the language."""
        table, name = read_dictionary().get(str(self.values["table"])), str(self.values["column"])
        for column in table.columns if table and language == "zh" else ():
            if column.column == name:
                return f"{column.zh} {name}"
        return name


class StageName(Text):
    """A stage, shown by its label in the policy."""

    __slots__ = ()

    def __init__(self, stage: Stage) -> None:
        super().__init__("", en=stage.name, zh=stage.name_zh)

    def in_language(self, language: str) -> str:
        """Return the label in the language."""
        return str(self.values[language])


class SchoolName(Text):
    """A school, shown by its id, its name where it has another one, and a detail such as its figures."""

    __slots__ = ()

    def __init__(self, school: str, name: str = "", name_en: str = "", detail: Text | str = "") -> None:
        super().__init__("", school=school, zh=name, en=name_en or name, detail=detail)

    def in_language(self, language: str) -> str:
        """Return id, name and detail in the language."""
        school, name, detail = self.values["school"], self.values[language], self.values["detail"]
        told = detail.in_language(language) if isinstance(detail, Text) else detail
        title = f"{school} {name}" if name not in {"", school} else str(school)
        return f"{title}{'：' if language == 'zh' else ': '}{told}" if told else title


class Listed(Text):
    """Several texts, one after the other, in the language that they are shown in."""

    __slots__ = ()

    def __init__(self, items: Sequence[object]) -> None:
        super().__init__("", items=tuple(items))

    def in_language(self, language: str) -> str:
        """Return the items in the language, separated by semicolons."""
        items = self.values["items"]
        parts = items if isinstance(items, tuple) else (items,)
        return ("；" if language == "zh" else "; ").join(
            item.in_language(language) if isinstance(item, Text) else str(item) for item in parts
        )


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that a check found."""

    level: Level
    code: str
    """Stable short code, as D012."""
    table: str = ""
    column: str = ""
    ids: tuple[str, ...] = ()
    """Ids of the rows concerned: the parts of a key joined by a slash, pairs joined by +."""
    text: Text
    """What is wrong."""
    advice: Text
    """What to do."""
    file: str = ""
    """File it stands in, where known."""
    rows: tuple[int, ...] = ()
    """Rows of the file concerned, counted as a spreadsheet does (the header is row 1); features of a map layer
    are counted from 1."""

    @property
    def place(self) -> Text:
        """Where it is: file or table, column, rows."""
        parts: list[Text] = []
        if self.file:
            parts.append(Text("file {file}", file=self.file))
        elif self.table:
            parts.append(Text("table {table}", table=TableName(self.table)))
        if self.column:
            parts.append(Text("column {column}", column=ColumnName(self.table, self.column)))
        if self.rows:
            parts.append(Text("rows {rows}", rows=few(self.rows)))
        if not parts:
            return Text("district")
        place = parts[0]
        for part in parts[1:]:
            place = Text("{place}, {part}", place=place, part=part)
        return place

    @property
    def message(self) -> Text:
        """Where, what is wrong, and what to do, as one message."""
        return Text("{place}: {what} {advice}", place=self.place, what=self.text, advice=self.advice)


def school_names(
    district: District, ids: Iterable[object], details: Iterable[Text | str] | None = None
) -> list[SchoolName]:
    """Return schools as a message shows them, each with its detail where there are any; ids of no school stay ids."""
    schools = [str(school) for school in ids]
    table = district.schools
    known = {
        str(school): tuple("" if pd.isna(name) else str(name) for name in names)
        for school, *names in zip(table.index, table["name"], table["name_en"], strict=True)
    }
    return [
        SchoolName(school, *known.get(school, ("", "")), detail=detail)
        for school, detail in zip(schools, details or [""] * len(schools), strict=True)
    ]


def listing(
    level: Level, code: str, table: str, column: str, ids: Iterable[object], text: Text, advice: Text
) -> list[Finding]:
    """Return the finding about ids, each named once; nothing when there is none."""
    names = tuple(dict.fromkeys(str(name) for name in ids))
    if not names:
        return []
    return [Finding(level=level, code=code, table=table, column=column, ids=names, text=text, advice=advice)]


def few(items: Sequence[object] | NDArray[Any], shown: int = SHOWN) -> Text | str:
    """Return the first few items as a list, and how many more there are; texts among them keep their language open."""
    if any(isinstance(item, Text) for item in items[:shown]):
        listed: Text | str = Listed(list(items[:shown]))
    else:
        listed = ", ".join(str(item) for item in items[:shown])
    if len(items) <= shown:
        return listed
    return Text("{list} and {more} more", list=listed, more=len(items) - shown)


def ordered(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings, errors first, then warnings and notes; by code, table, column and ids within a level."""
    return sorted(
        findings,
        key=lambda found: (
            LEVELS.index(found.level),
            found.code,
            found.table,
            found.column,
            found.file,
            found.rows,
            found.ids,
        ),
    )
