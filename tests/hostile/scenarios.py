"""Damage done to scenario files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.hostile.harm import Harm, spoil

if TYPE_CHECKING:
    import random
    from pathlib import Path

_LINES = (
    'draws = "many"', "draws = -1", "draws = 10.5", "draws = 1e400", "draws = 0", "until = 99999", "until = 1", "seed = -7",
    'district = "../../../etc"', 'district = "/dev/null"', 'district = ""', 'extends = "keep.toml"', 'extends = "nowhere.toml"',
    'policy = "no-such"', 'policy = "../../etc/passwd"', "surprise = true", "summary = ", "until = 2024-01-01", "horizon = inf",
    "x = " + "[" * 500 + "]" * 500, "a" * 100_000, "\u0000", 'summary = "\\ud800"', "draws = 2\ndraws = 3",
    "[[rules]]\nrule = 'class_size'\nat_most = -3\nsource = 'x'", "[[rules]]\nrule = 'class_size'\nat_most = nan\nsource = 'x'",
    "[[projects]]\nproject = 'P'\nopens = 2027", "[[projects]]\nproject = 'P1'\nopens = 'soon'",
    "[[catchments]]\nblocks = ['NOWHERE']\nschools = ['001']\nsince = 2027", "[[catchments]]\nblocks = 5",
    "[[catchments]]\nblocks = ['B1']\nschools = ['NOWHERE']\nsince = 2027",
    "[[demand]]\nsince = 2027\nfactor = nan", "[[demand]]\nsince = 2027\nfactor = -1", "[[demand]]\nsince = 2027\nfactor = inf",
    "[assumptions]\nleaving = 7", "[rooms]\n001 = 'x'", "[[rooms]]\nschool = '001'\nsince = 2027\nrooms = -400",
)  # fmt: skip
"""Lines that no scenario can be run with."""


def _lines(chance: random.Random, desk: Path) -> Harm:
    """A line put in place of the one of its key, or added: a key said twice is no scenario whatever it says."""
    line = chance.choice(_LINES)
    key = line.partition(" = ")[0]
    file = desk / "keep.toml"
    kept = [row for row in file.read_text("utf-8").splitlines() if row.partition(" = ")[0] != key]
    text = "\n".join([*kept, line, ""])
    file.write_bytes(text.encode("utf-8", errors="surrogatepass"))
    return Harm(what=f"{line[:70]!r} in keep.toml", refused=True)


def _letters(chance: random.Random, desk: Path) -> Harm:
    file = desk / "keep.toml"
    content = bytearray(file.read_bytes())
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(content))
        content[at : at + chance.randint(0, 3)] = chance.randbytes(chance.randint(0, 3))
    file.write_bytes(content)
    return Harm(what="letters of keep.toml")


def _scenario_bytes(chance: random.Random, desk: Path) -> Harm:
    return Harm(what=spoil(chance, desk / "keep.toml"))


KINDS = (_lines, _letters, _scenario_bytes)
