"""The rows of a plain table, as its file has them: text by column, with the lines they stand in."""

from __future__ import annotations

import gzip
import re
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planner.district.files import Source
from planner.district.files.delimited import load_csv
from planner.district.findings import few
from planner.district.heads import column_of, plain
from planner.district.values import as_text, floats
from planner.words import Text, read_dictionary

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

LARGEST = 500_000_000
"""Bytes of the largest table that is read, unpacked. [bytes]"""
MOST = 10_000_000
"""Children in one cell beyond whom a figure is taken for a slip."""
_WITHHELD = re.compile(
    r"(?:n?\s*[<≤]\s*=?\s*\d+|fewer than \d+|less than \d+|\*+|s|ds|c|x|suppressed|withheld|redacted|masked"
    r"|n/?a|nan|null|-+|–|—|\.+)",
    re.IGNORECASE,
)
"""What offices write for a count that they keep to themselves, or that there is none."""

TABLES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "enrolment": (
        "enrolment",
        {"unit_id": "school", "year": "year", "grade": "grade", "enrollment": "pupils"},
    ),
    "births": ("births", {"area_id": "area", "year": "year", "births": "births"}),
    "areas": ("blocks", {"unit_id": "block", "area_id": "area"}),
}
"""By kind of plain table: the table of the column dictionary whose names its columns may have too, and the columns."""
_ALSO = {"unit_id": ("school", "学校编号", "学校代码", "block"), "enrollment": ("enrolment",)}
"""Names that the dictionary does not have in that table."""


class Rows:
    """A plain table of text, and what is wrong with it."""

    def __init__(self, table: pd.DataFrame, file: str, *, decimal_comma: bool = False) -> None:
        self.table, self.file, self.decimal_comma = table, file, decimal_comma
        self.faults: list[Text] = []
        self.notes: list[Text] = []

    def __getitem__(self, column: str) -> pd.Series:
        """Return a column: text without blanks around it, empty where missing."""
        return pd.Series(self.table[column])

    def keep(self, chosen: NDArray[np.bool_]) -> None:
        """Leave the other rows out."""
        self.table = self.table.loc[chosen]

    def complain(self, wrong: NDArray[np.bool_], what: Text) -> None:
        """Note a fault with the lines that it is about, if there are any."""
        lines = self.table.index.to_numpy()[wrong]
        if len(lines):
            self.faults.append(Text("{what} Lines {lines}.", what=what, lines=few(lines)))

    def whole(self, column: str, most: int = MOST) -> NDArray[np.float64]:
        """Return a column as whole numbers; withheld and blank cells are missing, any other text a fault."""
        text = self[column].str.normalize("NFKC").str.strip()
        missing = ((text == "") | text.str.fullmatch(_WITHHELD)).to_numpy(bool)
        numbers = floats(text.mask(missing), decimal_comma=self.decimal_comma)
        with np.errstate(invalid="ignore"):
            fit = (numbers >= 0) & (numbers <= most) & (numbers == np.floor(numbers))
        self.complain(
            ~missing & ~fit,
            Text("{file}: column {column} holds no whole numbers from 0 on.", file=self.file, column=column),
        )
        return np.where(fit & ~missing, numbers, np.nan)


def read_rows(path: Path, kind: str) -> tuple[Rows | None, list[Text]]:
    """
    Read a plain table: UTF-8, GB18030 or UTF-16; commas, semicolons or tabs; packed where it ends in .gz.

    Parameters
    ----------
    kind
        enrolment, births or areas: see `TABLES`.

    Returns
    -------
    Its rows, None when it cannot be read as such a table, and what is wrong with the file.
    """
    content, why = _content(path)
    if content is None:
        return None, [
            Text(
                "{file} cannot be read: {reason}. Give a table as .csv or .csv.gz.",
                file=path.name,
                reason=why,
            )
        ]
    table, columns = TABLES[kind]
    names = [*columns, *(name for also in _ALSO.values() for name in also)]
    heads = frozenset(form(name) for name in names for form in (str, str.upper, str.title))
    raw, findings = load_csv(Source(table=table, path=Path(path.name), heads=heads), content)
    faults = [found.message for found in findings if found.level == "error"]
    if raw is None:
        return None, faults
    found, wrong = _columns(list(raw.frame.columns), kind, path.name)
    if wrong:
        return None, [*faults, *wrong]
    text = {
        name: as_text(pd.Series(raw.frame.iloc[:, at])).fillna("").astype(object)
        for name, at in found.items()
    }
    rows = Rows(pd.DataFrame(text), path.name, decimal_comma=raw.decimal_comma)
    rows.notes += [found.message for found in findings if found.level != "error"]
    rows.faults += faults
    return rows, []


def _content(path: Path) -> tuple[bytes | None, Text | str]:
    """Return a file's bytes, unpacked, or why there are none."""
    try:
        with path.open("rb") as file:
            if path.suffix.lower() == ".gz":
                with gzip.GzipFile(fileobj=file) as packed:
                    content = packed.read(LARGEST + 1)
            else:
                content = file.read(LARGEST + 1)
    except (OSError, EOFError, zlib.error) as reason:
        return None, (isinstance(reason, OSError) and reason.strerror) or str(reason).splitlines()[0]
    if len(content) > LARGEST:
        return None, Text("it holds more than {most} million bytes", most=LARGEST // 1_000_000)
    return content, ""


def _columns(heads: list[object], kind: str, file: str) -> tuple[dict[str, int], list[Text]]:
    """Return the position of every column, and what is wrong with them; its own name goes before any other."""
    table, columns = TABLES[kind]
    entry = read_dictionary()[table]
    found: dict[str, int] = {}
    twice, missing = [], []
    for name, theirs in columns.items():
        own = [at for at, head in enumerate(heads) if plain(str(head)) == plain(name)]
        also = {plain(word) for word in _ALSO.get(name, ())}
        other = [
            at
            for at, head in enumerate(heads)
            if plain(str(head)) in also
            or ((column := column_of(entry, str(head))) is not None and column[0].column == theirs)
        ]
        places = own or other
        if len(places) == 1:
            found[name] = places[0]
        else:
            (twice if places else missing).append(name)
    faults = []
    if twice:
        faults.append(
            Text("{file}: columns {columns} stand there twice.", file=file, columns=", ".join(twice))
        )
    if missing:
        faults.append(
            Text(
                "{file}: columns {missing} are missing. Needed are {columns}.",
                file=file,
                missing=", ".join(missing),
                columns=", ".join(columns),
            )
        )
    return found, faults
