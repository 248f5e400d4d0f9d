"""What was done to a file, and what must come of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from pathlib import Path

NAMES = (
    "=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=2", '=HYPERLINK("x")', "＝1+1", "../../escape", "/etc/passwd", "..",
    "a/b\\c", "CON", "x" * 5000, "<script>alert(1)</script>", "'; DROP TABLE schools;--", "{0.__class__}", "%s%n", "$(id)",
    "\u202egnp", "A\u0000B", "学校\ufeff", "🏫", " ", "nan", "None", "[bold]x[/bold]", "S+T", "$x$", "two\nlines",
)  # fmt: skip
"""Names and ids that have broken programs."""
WRONG = (
    "-5", "1e309", "999999999999999999999", "1000001", "NaN", "inf", "-inf", "12.7", "twelve", "0x10", "1e3e3", "٣-", "1/0",
    "{}", "[1]", "1,2", "12人半", "=2+3", "#REF!", "—5", "1_000", "5%",
)  # fmt: skip
"""What is no count of children or dwellings."""


@dataclass(frozen=True, kw_only=True)
class Harm:
    """Damage done."""

    what: str
    refused: bool = False
    """Whether no run may come of it."""
    named: str = ""
    """Table that a check must name."""


def spoil(chance: random.Random, file: Path) -> str:
    """Cut, flip, insert or double bytes of a file, and return which."""
    content = bytearray(file.read_bytes())
    way = chance.choice(("cut", "flip", "insert", "noughts", "emptied", "twice"))
    at = chance.randrange(len(content)) if content else 0
    if way == "cut":
        content = content[:at]
    elif way == "flip" and content:
        for _ in range(chance.randint(1, 20)):
            content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    elif way == "insert":
        content[at:at] = chance.randbytes(chance.randint(1, 200))
    elif way == "noughts":
        content[at:at] = bytes(chance.randint(1, 50))
    elif way == "emptied":
        content = bytearray()
    else:
        content *= 2
    file.write_bytes(content)
    return f"{way} {file.name}"
