"""The ledger of official forecasts: a CSV file to which every year's forecast is added, to be scored when it has been counted."""

from __future__ import annotations

import codecs
import csv
import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from planner.archive.whole import MANIFEST, check_file, write_file_whole
from planner.district.columns import type_table
from planner.district.files import Source, load
from planner.district.formulas import as_meant, harmless
from planner.district.heads import column_of
from planner.district.school_terms import school_year_of
from planner.errors import DataError, OutputError
from planner.words import Text, read_dictionary

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

TABLE = "forecasts"
COLUMNS = ("made_in", "year", "school", "grade", "pupils")


@dataclass(frozen=True, kw_only=True)
class Added:
    """What was added to a ledger."""

    made_in: int
    """Autumn of the run's last count."""
    added: int
    """Rows added. [school-grades]"""
    replaced: int
    """Rows of the same autumn that went. [school-grades]"""


def expected_of(run: Path) -> pd.DataFrame:
    """
    Return the forecast of a run folder: the mean of the pupils seated, by school, grade and year.

    Returns
    -------
    DataFrame
        made_in, year, school, grade, pupils (to a tenth). [children]

    Raises
    ------
    DataError
        When the folder is no run's.
    """
    try:
        manifest = json.loads((run / MANIFEST).read_text(encoding="utf-8"))
        made_in = int(manifest["district"]["counted"])
        table = pd.read_csv(run / "tables" / "class_sizes.csv", encoding="utf-8-sig", dtype={"school": str})
        found = table.loc[:, ["year", "school", "grade", "pupils"]].astype({"year": int, "grade": int})
    except (OSError, ValueError, KeyError, TypeError) as reason:
        raise DataError(
            Text(
                "{path} is no folder of a run: it lacks manifest.json or tables/class_sizes.csv, or they are damaged. Name a folder that the command run wrote.",
                path=run,
            )
        ) from reason
    found["school"] = [as_meant(school) for school in found["school"]]
    found["pupils"] = found["pupils"].astype(float).round(1)
    found.insert(0, "made_in", made_in)
    return found


def add_to_ledger(run: Path, file: Path, *, replace: bool = False) -> Added:
    """
    Add a run's forecast to a ledger file, which is made where there is none; its other rows stay as they are.

    Parameters
    ----------
    replace
        Whether rows made in the same autumn give way; otherwise they are a reason to refuse.

    Raises
    ------
    DataError
        When the folder is no run's, or the file no ledger in UTF-8 with commas.
    OutputError
        When forecasts made in the same autumn are there already, or the file cannot be written.
    """
    check_file(file)
    entries = expected_of(run)
    made_in = int(entries["made_in"].iloc[0])
    content = file.read_bytes() if file.exists() else b""
    head, rows = _rows(file, content) if content else ([*COLUMNS], [])
    at = _places(head, file)
    same = [row for row in rows if school_year_of(row[at["made_in"]]) == made_in]
    if same and not replace:
        raise OutputError(
            Text(
                "{file} holds {number} forecasts made in {year} already. Add --replace to put this run's in their place.",
                file=file,
                number=len(same),
                year=made_in,
            )
        )
    new = [[""] * len(head) for _ in range(len(entries))]
    for row, values in zip(new, entries.itertuples(index=False), strict=True):
        for column, value in zip(COLUMNS, values, strict=True):
            row[at[column]] = harmless(value) if isinstance(value, str) else f"{value:g}"
    kept = [row for row in rows if school_year_of(row[at["made_in"]]) != made_in]
    text = io.StringIO(newline="")
    ending = "\r\n" if b"\r\n" in content else "\n"
    csv.writer(text, lineterminator=ending).writerows([head, *kept, *new])
    with write_file_whole(file) as beside:
        marked = not content or content.startswith(codecs.BOM_UTF8)
        beside.write_bytes(text.getvalue().encode("utf-8-sig" if marked else "utf-8"))
    return Added(made_in=made_in, added=len(new), replaced=len(same))


def read_ledger(file: Path) -> pd.DataFrame:
    """
    Return a ledger file as a district's table forecasts.

    Raises
    ------
    DataError
        With all its faults.
    """
    raw, _, findings = load(Source(table=TABLE, path=file))
    table = None
    if raw is not None:
        table, more = type_table(raw, read_dictionary()[TABLE])
        findings += more
    errors = [found.message for found in findings if found.level == "error"]
    if errors or table is None:
        raise DataError(*errors)
    return table.reset_index(drop=True)


def _rows(file: Path, content: bytes) -> tuple[list[str], list[list[str]]]:
    """Return the head and the rows of a ledger, cells as written, once it reads as a table of forecasts."""
    read_ledger(file)
    try:
        lines = [row for row in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")) if row]
    except UnicodeDecodeError:
        lines = []
    if not lines or len(lines[0]) == 1:
        raise DataError(
            Text(
                "{file} is no CSV in UTF-8 separated by commas. Save it so, and the forecast can be added.",
                file=file.name,
            )
        )
    return lines[0], lines[1:]


def _places(head: Sequence[str], file: Path) -> dict[str, int]:
    """
    Return the position of every column of the ledger.

    Raises
    ------
    DataError
        When the head stands below titles, so that the rows are not where they are looked for.
    """
    known = [column_of(read_dictionary()[TABLE], cell) for cell in head]
    at = {found[0].column: place for place, found in enumerate(known) if found is not None}
    if any(column not in at for column in COLUMNS):
        raise DataError(
            Text(
                "{file}: the first line does not name the columns {columns}.",
                file=file.name,
                columns=", ".join(COLUMNS),
            )
        )
    return at
