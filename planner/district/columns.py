"""From the rows of a file to a table of the column dictionary: heads matched, cells typed, faults found."""

from __future__ import annotations

from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planner.district.bands import in_long_form
from planner.district.findings import Finding, few
from planner.district.heads import column_of, value_of
from planner.district.personal import is_personal, personal_kind
from planner.district.tables import complete, named
from planner.district.units import converted, factor
from planner.district.values import DTYPES, as_text, how_to_write, kind_of, typed, whole
from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from planner.district.files import Raw
    from planner.district.findings import Level
    from planner.words import Column, Table

_OF_MAP_PROGRAMS = frozenset({"fid", "ogc_fid", "objectid"})
"""Row numbers that map programs add to a layer: left out without a word."""


@dataclass(frozen=True, kw_only=True)
class _Written:
    """A column as its file has it: few distinct cells, and where each stands."""

    position: int
    head: str
    distinct: pd.Series
    text: pd.Series
    """The distinct cells as text; <NA> where blank."""
    codes: NDArray[np.intp]
    """[row]: position in the distinct cells."""
    bracket: str = ""
    """What the head adds to the column's name in brackets: a unit, or a remark."""

    @property
    def name(self) -> Text | str:
        """Name for messages: the head, or its place where there is none that may be repeated."""
        if not self.head or is_personal(self.head):
            return Text("number {number}", number=self.position + 1)
        return self.head

    def of_rows(self, distinct: pd.Series) -> NDArray[np.bool_]:
        """Return for every row what is true of its cell."""
        return distinct.to_numpy(bool)[self.codes]


def _written(raw: Raw) -> list[_Written]:
    columns = []
    for position, head in enumerate(raw.frame.columns):
        codes, distinct = pd.factorize(
            _hashable(pd.Series(raw.frame.iloc[:, position])), use_na_sentinel=False
        )
        cells = pd.Series(distinct)
        columns.append(
            _Written(
                position=position, head=str(head).strip(), distinct=cells, text=as_text(cells), codes=codes
            )
        )
    return columns


def _hashable(cells: pd.Series) -> pd.Series:
    """Return cells with lists and objects, which GeoJSON allows, as text."""
    if cells.dtype != object or not set(map(type, cells)) & {dict, list, np.ndarray}:
        return cells
    plain = [str(cell) if isinstance(cell, dict | list | np.ndarray) else cell for cell in cells]
    return pd.Series(plain, index=cells.index, dtype=object)


def empty_table(table: Table) -> pd.DataFrame:
    """Return a table of the dictionary without rows."""
    return pd.DataFrame({column.column: pd.Series(dtype=DTYPES[column.type]) for column in table.columns})


def _finding(
    raw: Raw,
    code: str,
    text: Text,
    advice: Text,
    *,
    column: str = "",
    level: Level = "error",
    rows: Iterable[int] = (),
) -> Finding:
    return Finding(
        level=level,
        code=code,
        table=raw.table,
        column=column,
        file=raw.file,
        rows=tuple(int(row) for row in rows),
        text=text,
        advice=advice,
    )


def _match_heads(
    raw: Raw, table: Table, written: list[_Written]
) -> tuple[dict[str, _Written], list[_Written], list[Finding]]:
    """Return the columns by dictionary id, those that the dictionary does not have, and what is wrong."""
    known: dict[str, _Written] = {}
    extra: list[_Written] = []
    findings: list[Finding] = []
    for column in written:
        found = column_of(table, column.head)
        name = "" if found is None else found[0].column
        if found is None:
            if column.head.lower() not in _OF_MAP_PROGRAMS and (column.head or column.text.notna().any()):
                extra.append(column)
        elif name in known:
            findings.append(
                _finding(
                    raw,
                    "D008",
                    Text("The column stands there twice."),
                    Text("Keep one of them."),
                    column=name,
                )
            )
        else:
            known[name] = replace(column, bracket=found[1])
    if not known:
        findings.append(
            _finding(
                raw,
                "D006",
                Text("The first line has none of the table's column names."),
                Text(
                    "Name the columns in the first line: {columns}.",
                    columns=", ".join(column.column for column in table.columns),
                ),
            )
        )
    return known, extra, findings


def _refuse_personal(
    raw: Raw, table: Table, known: dict[str, _Written], written: list[_Written]
) -> list[Finding]:
    entries = {known[entry.column].position: entry for entry in table.columns if entry.column in known}
    findings = []
    for column in written:
        kind = personal_kind(
            column.head, column.distinct, table=table.table, column=entries.get(column.position)
        )
        if kind is not None:
            findings.append(
                _finding(
                    raw,
                    "D016",
                    Text("Column {column} looks like {kind}.", column=column.name, kind=kind),
                    Text(
                        "Take it out of the file: the planner takes counts, never persons. Nothing of it is kept or shown."
                    ),
                )
            )
    return findings


def _missing_and_extra(
    raw: Raw, table: Table, known: dict[str, _Written], extra: list[_Written]
) -> list[Finding]:
    heads = [column.head.lower() for column in extra if not is_personal(column.head)]
    findings = []
    for column in table.columns:
        if not column.required or column.column in known:
            continue
        like = get_close_matches(column.column, heads, n=1, cutoff=0.75) or get_close_matches(
            column.zh, heads, n=1, cutoff=0.6
        )
        advice = (
            Text(
                "Perhaps column {head} is meant: name it {column} or {zh}.",
                head=like[0],
                column=column.column,
                zh=column.zh,
            )
            if like
            else Text("Add column {column} ({zh}).", column=column.column, zh=column.zh)
        )
        findings.append(_finding(raw, "D006", Text("The column is missing."), advice, column=column.column))
    findings.extend(
        _finding(
            raw,
            "D007",
            Text("Column {column} is not in the column dictionary and is left out.", column=column.name),
            Text("Take it away, or see whether a column of the dictionary is meant."),
            level="warning",
        )
        for column in extra
    )
    return findings


def _dictionary_words(values: pd.Series, column: Column) -> pd.Series:
    """Return text with the words of the column, in either language, as the dictionary writes them."""
    known = {word: value_of(column, word) for word in named(values.dropna())}
    return values.map(known).astype("string")


def _in_unit(
    raw: Raw, column: Column, written: _Written, values: pd.Series
) -> tuple[pd.Series, list[Finding]]:
    """Return figures in the dictionary's unit where the head of the file names another."""
    if column.type not in {"integer", "number"} or not written.bracket:
        return values, []
    by = factor(column.unit, written.bracket)
    unit = Text("a number") if is_personal(written.bracket) else written.bracket[:24]
    if by is None:
        return values.mask(values.notna()), [
            _finding(
                raw,
                "D104",
                Text(
                    "The head says “{unit}”, which is not the unit of the column: {expected}.",
                    unit=unit,
                    expected=column.unit or Text("none"),
                ),
                Text("Give the figures in the column's unit, and take the bracket out of the head."),
                column=column.column,
            )
        ]
    if by == 1:
        return values, []
    numbers = converted(values.to_numpy(np.float64, na_value=np.nan), by)
    return pd.Series(pd.array(numbers, dtype="Float64"), index=values.index), [
        _finding(
            raw,
            "D105",
            Text(
                "The figures are in “{unit}”; they were converted to {expected}.",
                unit=unit,
                expected=column.unit,
            ),
            Text("Nothing is to be done if the head is right."),
            column=column.column,
            level="note",
        )
    ]


def _cells(raw: Raw, column: Column, written: _Written) -> tuple[pd.Series, list[Finding]]:
    """Return one column typed, and its faults."""
    kind = kind_of(column)
    other_unit = bool(written.bracket) and factor(column.unit, written.bracket) not in {None, 1}
    read_as = "number" if other_unit and kind in {"integer", "share"} else kind
    values, bad = typed(written.distinct, read_as, decimal_comma=raw.decimal_comma)
    values, findings = _in_unit(raw, column, written, values)
    if read_as != kind == "integer":
        numbers = values.to_numpy(np.float64, na_value=np.nan)
        values = whole(numbers, values.index)
        bad |= values.isna() & ~np.isnan(numbers)
    rows = raw.frame.index
    if bad.any():
        examples = [f"“{text[:24]}”" for text in named(written.text[bad])[:3] if not is_personal(text)]
        findings.append(
            _finding(
                raw,
                "D010",
                _WRONG_TYPE[kind](", ".join(examples)),
                how_to_write(kind),
                column=column.column,
                rows=rows[written.of_rows(bad)],
            )
        )
    if column.values_zh:
        values = _dictionary_words(values, column)
    if column.values:
        strange = values.notna() & ~values.isin(column.values)
        if strange.any():
            findings.append(
                _finding(
                    raw,
                    "D012",
                    Text("Words that the column does not know: {words}.", words=few(named(values[strange]))),
                    Text("Write one of {words}.", words=", ".join(column.values)),
                    column=column.column,
                    rows=rows[written.of_rows(strange)],
                )
            )
            values = values.mask(strange)
    if column.refers_to and column.type == "text":
        values = values.str.replace(r"\s*[+＋]\s*", "+", regex=True)
    if column.required and (blank := written.text.isna()).any():
        findings.append(
            _finding(
                raw,
                "D011",
                Text("Cells that must be filled are blank."),
                Text("Fill them in; take away rows that hold no fact."),
                column=column.column,
                rows=rows[written.of_rows(blank)],
            )
        )
    return pd.Series(values.array.take(written.codes), index=rows), findings


_WRONG_TYPE = {
    "integer": lambda examples: Text("Not whole numbers: {examples}.", examples=examples),
    "number": lambda examples: Text("Not numbers: {examples}.", examples=examples),
    "share": lambda examples: Text("Not numbers: {examples}.", examples=examples),
    "grade": lambda examples: Text("No grades: {examples}.", examples=examples),
    "school year": lambda examples: Text("No school years: {examples}.", examples=examples),
    "calendar year": lambda examples: Text("No years: {examples}.", examples=examples),
    "boolean": lambda examples: Text("Neither yes nor no: {examples}.", examples=examples),
    "date": lambda examples: Text("Not dates: {examples}.", examples=examples),
    "date or year": lambda examples: Text("Not dates: {examples}.", examples=examples),
    "grades": lambda examples: Text("No ranges of grades: {examples}.", examples=examples),
    "rooms": lambda examples: Text("No rooms by year: {examples}.", examples=examples),
}


def type_table(raw: Raw, table: Table) -> tuple[pd.DataFrame | None, list[Finding]]:
    """
    Return a file's rows as a table of the dictionary, and all its faults.

    Parameters
    ----------
    raw
        Rows as written.
    table
        The dictionary's entry.

    Returns
    -------
    The dictionary's columns in its order and types, under the row numbers of the file, without rows that lack
    a part of the key that is required; cells with faults are <NA>. None when no row can be told from another: a
    key column is missing, or the table holds personal data.
    """
    raw, notes = in_long_form(raw)
    written = _written(raw)
    known, extra, findings = _match_heads(raw, table, written)
    findings += notes
    personal = _refuse_personal(raw, table, known, written)
    findings += personal
    if personal or not known:
        return None, findings
    findings += _missing_and_extra(raw, table, known, extra)
    keys = [column.column for column in table.columns if column.key and column.required]
    if any(key not in known for key in keys):
        return None, findings
    columns: dict[str, pd.Series] = {}
    for column in table.columns:
        if column.column in known:
            columns[column.column], faults = _cells(raw, column, known[column.column])
            findings += faults
        else:
            columns[column.column] = pd.Series(pd.NA, index=raw.frame.index, dtype=DTYPES[column.type])
    return complete(pd.DataFrame(columns, index=raw.frame.index), keys), findings
