"""
Collect every message of the package into the Chinese catalogue: ``python -m planner.words.collect``.

Messages new in the code come into ``planner.po`` without a translation, messages gone are dropped, and the
binary ``planner.mo`` that the program reads is compiled anew. Needs Babel, which the extra ``dev`` installs.
"""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

PACKAGE = Path(__file__).parents[1]
PO = Path(__file__).with_name("locale") / "zh" / "LC_MESSAGES" / "planner.po"
KEYWORDS = {"say": None, "Text": None}


def messages_in_code() -> dict[str, list[str]]:
    """Return every message said in the package, with the files that say it."""
    found: dict[str, list[str]] = {}
    for name, _line, message, _comments, _context in extract_from_dir(
        str(PACKAGE), method_map=[("**.py", "python")], keywords=KEYWORDS
    ):
        if isinstance(message, str) and message:
            found.setdefault(message, []).append(name)
    return found


def translations() -> dict[str, str]:
    """Return the Chinese of every message in the catalogue."""
    if not PO.exists():
        return {}
    with PO.open("rb") as file:
        return {
            entry.id: entry.string
            for entry in read_po(file, locale="zh")
            if isinstance(entry.id, str) and isinstance(entry.string, str) and entry.id
        }


def compiled(chinese: dict[str, str]) -> tuple[bytes, bytes]:
    """Return the catalogue of these translations as text and in the binary form that the program reads."""
    fixed = datetime(2026, 9, 1, tzinfo=UTC)
    catalog = Catalog(
        locale="zh",
        project="planner",
        version="1",
        header_comment="# Every message of the planner in Chinese; rewritten by: make words",
        msgid_bugs_address="-",
        last_translator="-",
        language_team="-",
        creation_date=fixed,
        revision_date=fixed,
        fuzzy=False,
    )
    for message in sorted(chinese):
        catalog.add(message, chinese[message])
    po, mo = io.BytesIO(), io.BytesIO()
    write_po(po, catalog, width=110, omit_header=False)
    write_mo(mo, catalog)
    return po.getvalue(), mo.getvalue()


def collect() -> list[str]:
    """Rewrite the catalogue from the code; return the messages that have no translation yet."""
    known = translations()
    chinese = {message: known.get(message, "") for message in messages_in_code()}
    po, mo = compiled(chinese)
    PO.parent.mkdir(parents=True, exist_ok=True)
    PO.write_bytes(po)
    PO.with_suffix(".mo").write_bytes(mo)
    return sorted(message for message, translation in chinese.items() if not translation)


if __name__ == "__main__":
    for missing in collect():
        print("untranslated:", missing)  # noqa: T201 - a developer's command
