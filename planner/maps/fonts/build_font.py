"""
Build the font of maps and charts: ``python planner/maps/fonts/build_font.py [NotoSansCJK-Regular.ttc]``.

Noto Sans CJK SC (SIL Open Font License 1.1, see ``OFL.txt``; Debian package fonts-noto-cjk) is cut down to the
characters of GB 2312, Latin-1, the punctuation, arrows and signs that maps use, and characters
of Chinese place names that GB 2312 lacks. The result is a modified version and carries a name of its own.
The same source and the same fontTools give the same bytes. Needs the extra ``fonts``.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTCollection, TTFont

SOURCE = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
FACE = "Noto Sans CJK SC"
FAMILY = "Planner Sans SC"
POSTSCRIPT = "PlannerSansSC-Regular"
TARGET = Path(__file__).with_name(f"{POSTSCRIPT}.otf")

SIGNS = "‐‑‒–—―‘’‚“”„†‡•…‰′″‹›€№℃™←↑→↓↔↕↖↗↘↙⇐⇒⇔−∓∕√∞∑∫≈≠≡≤≥≪≫⊕■□▲△▶▷▼▽◀◁◆◇○◎●★☆✓㎡㎞㎝㎏〇〓　\u2002\u2003"
"""Signs beyond Latin-1 and GB 2312."""

PLACE_NAMES = (
    "甪浉婼崀浐埇洺堎峂垟埗塱氹瀍瀔濲沄洑浒滆浥溇涞湜漷漈澥潵濉灞灈郏鄏鄌邽邿鄠鄚郚郇郿鄑鄢"
    "垚堃喆昇熠玥珺珒琎玮瑄瑀璟晟昉昕旻旸曦暐炅炜烜焜燊翀翊翾頔骉犇淼赟镕锜铖铧镒钰韡"
    "崮峪夼疃埠垛堰塬塘墘墩坨垡垴垱埕埭埝堉堼塅壪岙岽岈峁崄崾嵎嵊嶝巘梿椑榃榁槎樃橦"
    "圐圙窊窨砦砀硐硇碶碛碏礤礐磜笏筻箐箬簰粑芏芮苎茌荇莨莰菂菪葑葭蒗蒨蓢蕻薐薮虢蛏螺裴"
    "谼赉赍辀辋辽逄逍遆邕酂酇鲘鲅鲙鳌鸤鹚鹮黟黢龑龢䢺㘵㙟㳇㶲䓖䓨䴔"
)
"""Characters of Chinese place and school names, most of them outside GB 2312."""


def characters() -> set[int]:
    """Return the code points that the font is to have."""
    gb2312 = {
        bytes((row, cell)).decode("gb2312", "ignore")
        for row in range(0xA1, 0xF8)
        for cell in range(0xA1, 0xFF)
    }
    wanted = {*gb2312, *SIGNS, *PLACE_NAMES} - {""}
    latin = {*range(0x20, 0x7F), *range(0xA0, 0x100)}
    return {ord(character) for character in wanted} | latin


def rename(font: TTFont) -> None:
    """Give the font a name of its own; who made it and its licence stay as they are."""
    names = {1: FAMILY, 2: "Regular", 3: f"1.0;{POSTSCRIPT}", 4: FAMILY, 6: POSTSCRIPT}
    table = font["name"]
    table.names = [record for record in table.names if record.nameID in {0, 5, 7, 8, 9, 11, 13, 14}]
    for identifier, text in names.items():
        table.setName(text, identifier, 3, 1, 0x409)
    table.names.sort()
    outlines = font["CFF "].cff
    outlines.fontNames = [POSTSCRIPT]
    outlines.topDictIndex[0].FullName = FAMILY
    outlines.topDictIndex[0].FamilyName = FAMILY


def build(source: Path, target: Path) -> int:
    """Write the subset of the source to the target; return its size in bytes."""
    options = Options(
        hinting=False,
        layout_features=["kern"],
        drop_tables=["BASE", "GSUB", "VORG", "vhea", "vmtx"],
        name_IDs=["*"],
        name_languages=[0x409],
        notdef_outline=True,
        recalc_timestamp=False,
    )
    with TTCollection(source, lazy=True) as faces:
        font = next(face for face in faces.fonts if face["name"].getDebugName(1) == FACE)
        font.recalcTimestamp = False
        subsetter = Subsetter(options)
        subsetter.populate(unicodes=characters())
        subsetter.subset(font)
        rename(font)
        font.save(target)
    return target.stat().st_size


if __name__ == "__main__":
    size = build(Path(sys.argv[1]) if len(sys.argv) > 1 else SOURCE, TARGET)
    print(f"{TARGET.name}: {size / 1e6:.2f} MB")  # noqa: T201 - a developer's command
