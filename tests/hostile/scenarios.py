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
    *(f"[schedule]\n{line}" for line in (
        "total_yuan = -5", "yearly_yuan = inf", "yearly_yuan = { soon = 5 }", "yearly_rooms = -1", "discount = 7", "gap = 0",
        "opens_since = 1999", "opens_since = 2027\nopens_until = 2026", "reach = { nowhere = 500 }", "reach = -1",
        "class_yuan = nan", "life = { castle = 50 }", "nearest = 0", "tolerance = 0.1", "surprise = 1",
    )),
    *(f"[schedule]\n[[projects]]\nproject = 'X'\nschool = '001'\nrooms = 4\nkind = 'expansion'\n{line}" for line in (
        "cost_yuan = -1", "earliest = 2030\nlatest = 2029", "approval = false", "land = 2099", "consent = 'perhaps'",
        "choice = 'maybe'", "choice = 'fixed'\ninclude = false", "needs = ['X']", "needs = ['NOWHERE']", "lasts = 0",
        "sites = ['NOWHERE']", "receives = ['002']", "replaces = '002'", "development = 'NOWHERE'", "sizes = [[]]",
        "size_yuan = [5]", "late = { 1 = 2 }", "building_years = -1", "certainty = 7", "opens = 1999",
    )),
    *(f"[schedule]\n[[projects]]\nproject = 'X'\nschool = '002'\nrooms = -9\nkind = 'closure'\n{line}" for line in (
        "", "receives = ['002']", "receives = ['NOWHERE']",
    )),
    *(f"[schedule]\n[[projects]]\nproject = 'X'\nschool = 'NEW'\nrooms = 9\nkind = 'new'\n{line}" for line in (
        "", "grades = '1-6'", "grades = '6-1'\nat = [0.0, 0.0]", "grades = '1-6'\nsites = [[0.0, 0.0]]",
        "grades = '1-6'\nsites = [['a', 'b']]", "grades = '1-6'\nsite_areas = ['NOWHERE']",
        "grades = '1-6'\nsites = 'blocks'\nopening_grades = ['1-9']", "grades = '1-6'\nsites = [[1e308, nan]]",
    )),
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
