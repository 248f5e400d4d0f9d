"""What a check says: a finding, where it is, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from planner.words import Text, read_dictionary

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

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


def few(items: Sequence[object] | NDArray[Any], shown: int = SHOWN) -> Text | str:
    """Return the first few items as a list, and how many more there are."""
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
