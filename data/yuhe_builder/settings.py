"""
Schools of 玉河区 and the figures that are meant to be turned, school by school.

Three figures change one school and leave all other children as they are: `spare`, the rooms it has beyond its
classes of the last count (negative: borrowed rooms); `coming`, a factor on the catchment's children who enter after
the last count; and its line in `LARGE`, the largest classes of a year group. `form` and `form_junior`, the size
at which classes were formed, change its classes and rooms. The odds of a first grade of 2027 follow from `spare` and
`coming`, those of a seventh grade of 2029 from `spare`, `form_junior` and the rooms of `works.PROJECTS`. All other
figures (sizes of catchments, `tilt`, trends, moves, choice) draw the children of the whole district anew.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class School:
    """One school, campus or teaching point."""

    school: str
    name: str
    name_en: str
    grades: str
    kind: str
    """core, new, town, village, point or private."""
    at: tuple[float, float]
    """Where it stands, moved into the middle of the block there. [km east, km north]"""
    primary: int = 0
    """Children of primary age its catchment is drawn for, at the last count. [children]"""
    junior: int = 0
    """Children of junior age its catchment is drawn for, at the last count. [children]"""
    form: float = 47
    """Largest class at which first grades were formed. [children]"""
    form_junior: float = 48
    """Largest class at which seventh grades were formed. [children]"""
    seats_per_room: int | None = None
    """Seats that a document states per room, where one does. [children]"""
    spare: int = 1
    """Rooms less classes of the last count; negative: classes sit in borrowed rooms. [rooms]"""
    opened: int | None = None
    """First school year; blank: has long been open."""
    before: str = ""
    """School whose primary catchment the blocks belonged to before this one opened."""
    before_junior: str = ""
    tilt: float = 0.0
    """Yearly growth of the catchment's entry over that of its class of place. [1]"""
    coming: float = 1.0
    """Factor on the catchment's children who enter after the last count; moves nobody else. [1]"""
    centre: str = ""
    """School that children of a teaching point go on to for grade 4."""
    group: str = ""
    other_rooms: int = 0
    stays: float = 0.0
    """Share of grade 6 that stays for grade 7 (nine-year schools)."""
    beds: int | None = None


SCHOOLS = (
    School(school="P01", name="玉河区实验小学", name_en="Yuhe Experimental Primary School", grades="1-6", kind="core",
           at=(0.7, 1.0), primary=1930, form=53, spare=-4, group="玉河区实验小学", other_rooms=4),
    School(school="P02", name="玉河区第一小学", name_en="Yuhe No. 1 Primary School", grades="1-6", kind="core",
           at=(-0.9, -0.9), primary=1960, form=52, spare=-3, other_rooms=4),
    School(school="P03", name="河东中心小学", name_en="Hedong Central Primary School", grades="1-6", kind="core",
           at=(-0.7, 1.75), primary=1900, form=51, spare=-1, other_rooms=3),
    School(school="P04", name="柳堤小学", name_en="Liudi Primary School", grades="1-6", kind="core",
           at=(1.6, -0.3), primary=1780, form=50, coming=1.08, spare=-2, other_rooms=2),
    School(school="P05", name="文昌路小学", name_en="Wenchang Road Primary School", grades="1-6", kind="core",
           at=(-2.0, 0.1), primary=1620, form=50, spare=3, other_rooms=2),
    School(school="P06", name="玉河区实验小学北校区", name_en="Yuhe Experimental Primary School, North Campus", grades="1-6",
           kind="core", at=(1.7, 2.0), primary=1540, form=48, spare=3, group="玉河区实验小学", other_rooms=2),
    School(school="P07", name="泰和路小学", name_en="Taihe Road Primary School", grades="1-6", kind="core",
           at=(-1.9, -1.9), primary=1420, form=48, spare=3, other_rooms=2),
    School(school="P08", name="南关小学", name_en="Nanguan Primary School", grades="1-6", kind="core",
           at=(0.2, -2.2), primary=1300, form=47, spare=3, other_rooms=1),
    School(school="P09", name="站前小学", name_en="Zhanqian Primary School", grades="1-6", kind="core",
           at=(1.5, -2.1), primary=1160, form=47, spare=3, other_rooms=1),
    School(school="P10", name="书院街小学", name_en="Shuyuan Street Primary School", grades="1-6", kind="core",
           at=(-0.1, -0.5), primary=1020, form=49, spare=-2, other_rooms=1),
    School(school="P11", name="新城第一小学", name_en="Xincheng No. 1 Primary School", grades="1-6", kind="new",
           at=(3.5, 0.3), primary=1230, form=44, coming=0.95, spare=0, seats_per_room=45, other_rooms=2),
    School(school="P12", name="新城第二小学", name_en="Xincheng No. 2 Primary School", grades="1-6", kind="new",
           at=(3.9, 2.4), primary=1120, form=44, spare=0, opened=2015, before="P11", other_rooms=2),
    School(school="P13", name="玉河区实验小学新城校区", name_en="Yuhe Experimental Primary School, Xincheng Campus",
           grades="1-6", kind="new", at=(5.1, 1.2), primary=1030, form=44, seats_per_room=54, coming=1.08, spare=1, opened=2018, before="P11",
           group="玉河区实验小学", other_rooms=2),
    School(school="P14", name="云湖小学", name_en="Yunhu Primary School", grades="1-6", kind="new",
           at=(5.6, 2.9), primary=930, form=43, coming=1.10, spare=0, opened=2020, before="P12", other_rooms=2),
    School(school="P15", name="湖滨小学", name_en="Hubin Primary School", grades="1-6", kind="new",
           at=(6.4, 0.6), primary=820, form=43, spare=1, opened=2021, before="P13", other_rooms=2),
    School(school="P16", name="柳林镇中心小学", name_en="Liulin Central Primary School", grades="1-6", kind="town",
           at=(-8.3, 3.4), primary=1130, form=46, spare=2, other_rooms=1),
    School(school="P17", name="石桥镇中心小学", name_en="Shiqiao Central Primary School", grades="1-6", kind="town",
           at=(-7.6, -4.8), primary=1000, form=46, spare=2, other_rooms=1),
    School(school="P18", name="北渡镇中心小学", name_en="Beidu Central Primary School", grades="1-6", kind="town",
           at=(0.2, 7.1), primary=930, form=46, spare=2, other_rooms=1),
    School(school="P19", name="马陵镇中心小学", name_en="Maling Central Primary School", grades="1-6", kind="town",
           at=(9.3, 6.0), primary=840, form=45, spare=1, other_rooms=1),
    School(school="P20", name="青泉镇中心小学", name_en="Qingquan Central Primary School", grades="1-6", kind="town",
           at=(9.9, -2.6), primary=760, form=45, spare=1, other_rooms=1),
    School(school="P21", name="南庄镇中心小学", name_en="Nanzhuang Central Primary School", grades="1-6", kind="town",
           at=(-1.2, -6.8), primary=670, form=45, spare=1, other_rooms=1),
    School(school="P22", name="西岭小学", name_en="Xiling Primary School", grades="1-6", kind="village",
           at=(-11.2, 2.3), primary=290, form=42),
    School(school="P23", name="小柳庄小学", name_en="Xiaoliuzhuang Primary School", grades="1-6", kind="village",
           at=(-5.1, 0.2), primary=250, form=42),
    School(school="P24", name="高庙小学", name_en="Gaomiao Primary School", grades="1-6", kind="village",
           at=(-5.2, 6.9), primary=220, form=42),
    School(school="P25", name="东张桥小学", name_en="Dongzhangqiao Primary School", grades="1-6", kind="village",
           at=(4.7, 6.6), primary=200, form=42),
    School(school="P26", name="古井小学", name_en="Gujing Primary School", grades="1-6", kind="village",
           at=(10.6, 1.7), primary=170, form=42),
    School(school="P27", name="杏花村小学", name_en="Xinghuacun Primary School", grades="1-6", kind="village",
           at=(4.9, -6.6), primary=140, form=42),
    School(school="P28", name="大槐树小学", name_en="Dahuaishu Primary School", grades="1-6", kind="village",
           at=(-4.6, -7.3), primary=120, form=42),
    School(school="P29", name="前河湾小学", name_en="Qianhewan Primary School", grades="1-6", kind="village",
           at=(-9.2, -1.6), primary=100, form=42),
    School(school="P30", name="石门小学", name_en="Shimen Primary School", grades="1-6", kind="village",
           at=(2.0, -5.4), primary=80, form=42),
    School(school="J01", name="玉河区实验中学", name_en="Yuhe Experimental Junior High School", grades="7-9", kind="core",
           at=(0.1, 0.9), junior=2300, form_junior=52, spare=0, other_rooms=4),
    School(school="J02", name="玉河区第二中学", name_en="Yuhe No. 2 Junior High School", grades="7-9", kind="core",
           at=(-1.4, -0.6), junior=1560, form_junior=47, spare=1, other_rooms=3),
    School(school="J03", name="玉河区第三中学", name_en="Yuhe No. 3 Junior High School", grades="7-9", kind="core",
           at=(1.2, 1.6), junior=1250, form_junior=46, spare=0, other_rooms=2),
    School(school="J04", name="玉河区第四中学", name_en="Yuhe No. 4 Junior High School", grades="7-9", kind="core",
           at=(0.9, -1.9), junior=1100, form_junior=45, spare=1, other_rooms=2),
    School(school="J05", name="滨河中学", name_en="Binhe Junior High School", grades="7-9", kind="core",
           at=(-1.6, 2.0), junior=900, form_junior=44, spare=1, other_rooms=1),
    School(school="J06", name="新城第一中学", name_en="Xincheng No. 1 Junior High School", grades="7-9", kind="new",
           at=(4.2, 1.5), junior=900, form_junior=43, seats_per_room=50, spare=6, opened=2014, before_junior="J03", other_rooms=2),
    School(school="J07", name="云湖中学", name_en="Yunhu Junior High School", grades="7-9", kind="new",
           at=(5.8, 1.9), junior=520, form_junior=43, spare=2, opened=2021, before_junior="J06", other_rooms=2),
    School(school="J08", name="柳林镇中学", name_en="Liulin Junior High School", grades="7-9", kind="town",
           at=(-8.6, 2.9), junior=680, form_junior=45, spare=1, other_rooms=1, beds=180),
    School(school="J09", name="石桥镇中学", name_en="Shiqiao Junior High School", grades="7-9", kind="town",
           at=(-7.2, -5.1), junior=600, form_junior=45, spare=1, other_rooms=1, beds=150),
    School(school="J10", name="北渡镇中学", name_en="Beidu Junior High School", grades="7-9", kind="town",
           at=(0.6, 6.7), junior=560, form_junior=45, spare=1, other_rooms=1, beds=120),
    School(school="J11", name="马陵镇中学", name_en="Maling Junior High School", grades="7-9", kind="town",
           at=(9.0, 5.6), junior=520, form_junior=45, spare=1, other_rooms=1, beds=120),
    School(school="J12", name="西关中学", name_en="Xiguan Junior High School", grades="7-9", kind="core",
           at=(-2.2, -2.3), junior=800, form_junior=45, spare=2, other_rooms=1),
    School(school="N01", name="玉河区育才学校", name_en="Yuhe Yucai Nine-Year School", grades="1-9", kind="core",
           at=(-1.6, 0.75), primary=1200, junior=575, form=47, form_junior=46, spare=1, stays=0.85, other_rooms=3),
    School(school="N02", name="新城实验学校", name_en="Xincheng Experimental Nine-Year School", grades="1-9", kind="new",
           at=(4.8, -0.6), primary=960, junior=330, form=44, coming=1.2, form_junior=44, spare=1, opened=2017, before="P11", before_junior="J06",
           stays=0.9, other_rooms=3),
    School(school="N03", name="青泉镇九年一贯制学校", name_en="Qingquan Nine-Year School", grades="1-9", kind="town",
           at=(9.0, -3.7), primary=640, junior=640, form=45, form_junior=45, spare=1, stays=0.97, other_rooms=2, beds=100),
    School(school="N04", name="南庄镇九年一贯制学校", name_en="Nanzhuang Nine-Year School", grades="1-9", kind="town",
           at=(-0.3, -7.4), primary=580, junior=620, form=45, form_junior=45, spare=1, stays=0.97, other_rooms=2, beds=100),
    School(school="T01", name="后坡教学点", name_en="Houpo Teaching Point", grades="1-3", kind="point",
           at=(-10.8, 7.0), primary=100, form=42, centre="P16"),
    School(school="T02", name="东沟教学点", name_en="Donggou Teaching Point", grades="1-3", kind="point",
           at=(-9.9, -5.9), primary=90, form=42, centre="P17"),
    School(school="T03", name="龙王庙教学点", name_en="Longwangmiao Teaching Point", grades="1-3", kind="point",
           at=(2.6, -9.0), primary=80, form=42, centre="N04"),
    School(school="T04", name="沙河口教学点", name_en="Shahekou Teaching Point", grades="1-3", kind="point",
           at=(8.0, -5.6), primary=70, form=42, centre="N03"),
    School(school="T05", name="北崮教学点", name_en="Beigu Teaching Point", grades="1-3", kind="point",
           at=(2.9, 9.1), primary=60, form=42, centre="P18"),
    School(school="M01", name="玉河启明学校（民办）", name_en="Yuhe Qiming School (private)", grades="1-9", kind="private",
           at=(2.1, 1.2), form=42, form_junior=45, stays=0.8, spare=4, other_rooms=4, beds=600),
    School(school="M02", name="新城格致外国语小学（民办）", name_en="Xincheng Gezhi Foreign Language Primary School (private)",
           grades="1-6", kind="private", at=(4.6, 3.0), form=38, spare=3, opened=2016, other_rooms=3),
    School(school="M03", name="明德初级中学（民办）", name_en="Mingde Junior High School (private)", grades="7-9", kind="private",
           at=(-1.0, -1.5), form_junior=46, spare=2, other_rooms=2, beds=400),
)  # fmt: skip

LAST = 2026
"""School year of the last count."""
FIRST = 2017
"""School year of the first count shown."""
LISTED = range(LAST - 2, LAST + 1)
"""School years whose classes are listed one by one."""

OFFICIAL = range(LAST - 7, LAST)
"""Autumns in which the bureau forecast the starting grades of the next three."""
OFFICIAL_GROWTH = {"new": 1.1}
"""Growth that the bureau reckoned with, by kind of school; others: `OFFICIAL_GROWTH_ELSEWHERE`. [1]"""
OFFICIAL_GROWTH_ELSEWHERE = 1.02
OFFICIAL_NOISE = 0.04
"""Standard deviation of what the bureau knew better or worse about a single junior school. [1]"""

GROUPS = ("core", "new", "town", "rural", "village")
"""Classes of place that grow differently: old town, new town, seats of towns, villages in the catchment of a
town's school, villages with a school of their own."""

INDEX = {
    2022: 91, 2023: 100, 2024: 84, 2025: 70, 2026: 55, 2027: 45, 2028: 40, 2029: 36, 2030: 36, 2031: 33, 2032: 31,
    2021: 73, 2020: 74, 2019: 64, 2018: 64, 2017: 64, 2016: 64,
}  # fmt: skip
"""Children entering grade 1 of a district with Shandong's births, 2023 = 100: 1/3 of the births of seven years
before and 2/3 of those of six years before. 2031 and 2032 with births of 540 and 550 thousand in 2025 and 2026."""
INDEX_BEFORE = 64
BIRTHS = {
    2008: 112, 2009: 112, 2010: 112, 2011: 112, 2012: 114, 2013: 113, 2014: 139, 2015: 123.6, 2016: 177.06, 2017: 175,
    2018: 133, 2019: 118, 2020: 87, 2021: 75.04, 2022: 68.22, 2023: 61.0, 2024: 64.9, 2025: 54.0, 2026: 55.0,
}  # fmt: skip
"""Births of Shandong, of which only the proportions are used. [10 thousand]"""

ENTRY_TREND = {"core": 0.0, "new": 0.185, "town": -0.012, "rural": -0.03, "village": -0.04}
"""Yearly growth of a class of place's share of entry up to the last count, before shares are made to add up."""
ENTRY_TREND_LATER = {"core": 0.0, "new": 0.07, "town": -0.012, "rural": -0.03, "village": -0.04}
BEFORE_SCHOOL = {
    "core": (0.012, 0.015),
    "new": (0.015, 0.062),
    "town": (0.02, 0.012),
    "rural": (0.035, 0.010),
    "village": (0.045, 0.006),
}
"""Share of children below school age who leave a block and who join, a year."""
IN_SCHOOL = {
    "core": (0.008, 0.009),
    "new": (0.012, 0.058),
    "town": (0.016, 0.010),
    "rural": (0.025, 0.006),
    "village": (0.036, 0.004),
}
BIRTH_NOISE = 0.015
"""Standard deviation of births, district-wide, around those that give the index. [1]"""
OUTSIDE = {"core": 0.16, "new": 0.30, "town": 0.06, "rural": 0.02, "village": 0.01}
"""Share of children without local registration."""
OUTSIDE_SEEN = 0.88
"""Share of those whom the register knows."""
ABSENT = {"core": 0.02, "new": 0.0, "town": 0.03, "rural": 0.14, "village": 0.20}
"""Children registered in a block who live elsewhere, per child who lives there."""

CHOICE_PRIMARY = {
    "core": (("M01", 0.022), ("M02", 0.006), ("P01", 0.012), ("P02", 0.006), ("other", 0.006)),
    "new": (("M01", 0.012), ("M02", 0.055), ("P01", 0.010), ("other", 0.006)),
    "town": (("M01", 0.010), ("P01", 0.008), ("other", 0.008)),
    "rural": (("M01", 0.004), ("P02", 0.006), ("other", 0.010)),
    "village": (("P02", 0.010), ("other", 0.012)),
}
"""Share of a block's entrants who go elsewhere than to the school of their catchment."""
CHOICE_JUNIOR = {
    "core": (("M01", 0.012), ("M03", 0.050), ("J01", 0.012), ("other", 0.008)),
    "new": (("M01", 0.012), ("M03", 0.045), ("J01", 0.012), ("other", 0.008)),
    "town": (("M01", 0.008), ("M03", 0.022), ("J01", 0.008), ("other", 0.010)),
    "rural": (("M03", 0.014), ("J02", 0.008), ("other", 0.014)),
    "village": (("M03", 0.010), ("J02", 0.010), ("other", 0.014)),
}
TO_JUNIOR = 0.995
"""Children of grade 6 who turn up in a grade 7 anywhere."""
FROM_OUTSIDE = {
    "P01": 5.0,
    "P02": 3.0,
    "P09": 2.0,
    "P11": 2.0,
    "J01": 6.0,
    "J02": 3.0,
    "M01": 6.0,
    "M03": 9.0,
    "M02": 2.0,
}
"""Entrants from other districts, a year. [children]"""

MOVED = (("P01", "P06", 2022, 3), ("P16", "P23", 2019, 1))
"""Re-zonings between standing schools: from, to, first school year, blocks."""

VILLAGE_USE = 0.6
"""Classes per room of village schools and teaching points."""

LARGE = {
    ("P01", 4): (67, 58, 56),
    ("P01", 5): (58, 57),
    ("P02", 4): (66, 57),
    ("P03", 5): (57, 56),
    ("P04", 4): (56,),
    ("J01", 8): (66, 58),
    ("J01", 9): (68, 60, 57, 56),
}
"""Heads of the largest classes of the last count, by school and grade; the other children are spread evenly."""

DIVERTED = {("P01", 2022): ("P06", 0.05), ("P01", 2023): ("P06", 0.07), ("P02", 2023): ("P08", 0.05)}
"""Full first grades: school and year, with the school that took a share of the catchment's entrants."""
