"""Where things are in 玉河区: towns, lines, schools. Kilometres east and north of the middle of the old town."""

from __future__ import annotations

from dataclasses import dataclass

SEED = 20260901
LONGITUDE, LATITUDE = 117.62, 34.71
"""Invented place of the middle of the old town. [degrees]"""
HALF_WIDTH, HALF_HEIGHT = 13.2, 10.4
"""Half axes of the outline before it is bent. [km]"""

CORE = ((0.0, 0.0), 2.45, 2.6)
"""Old town: centre, half width and half height of a rounded square. [km]"""
NEW_TOWN = ((4.95, 1.15), 2.05, 2.65)


@dataclass(frozen=True, kw_only=True)
class Area:
    """A town or sub-district."""

    area: str
    area_en: str
    kind: str
    """core, new, town."""
    x: float
    y: float


AREAS = (
    Area(area="河西街道", area_en="Hexi", kind="core", x=-1.2, y=-0.9),
    Area(area="河东街道", area_en="Hedong", kind="core", x=0.4, y=1.5),
    Area(area="站前街道", area_en="Zhanqian", kind="core", x=1.6, y=-0.2),
    Area(area="新城街道", area_en="Xincheng", kind="new", x=4.6, y=2.6),
    Area(area="云湖街道", area_en="Yunhu", kind="new", x=5.2, y=-0.3),
    Area(area="柳林镇", area_en="Liulin", kind="town", x=-8.3, y=3.3),
    Area(area="石桥镇", area_en="Shiqiao", kind="town", x=-7.6, y=-4.9),
    Area(area="北渡镇", area_en="Beidu", kind="town", x=0.3, y=7.0),
    Area(area="马陵镇", area_en="Maling", kind="town", x=9.3, y=6.0),
    Area(area="青泉镇", area_en="Qingquan", kind="town", x=9.6, y=-3.1),
    Area(area="南庄镇", area_en="Nanzhuang", kind="town", x=-0.9, y=-7.0),
)
TOWN_RADIUS = 0.85
"""Radius of a town's seat. [km]"""


@dataclass(frozen=True, kw_only=True)
class Line:
    """A river, railway or trunk road, by points that a smooth curve passes."""

    barrier: str
    name: str
    name_en: str
    kind: str
    penalty: float
    """Added to the way when a catchment would cross it. [km]"""
    points: tuple[tuple[float, float], ...]


LINES = (
    Line(
        barrier="river",
        name="玉河",
        name_en="Yu River",
        kind="river",
        penalty=1.5,
        points=(
            (-17, 7.4), (-14, 5.6), (-11.2, 6.3), (-8.8, 5.2), (-6.6, 5.0), (-5.2, 3.4), (-3.6, 2.9), (-2.3, 1.5),
            (-1.3, 1.15), (-0.7, 0.2), (0.5, -0.05), (1.1, -1.05), (2.2, -1.5), (3.1, -2.35), (4.6, -2.5),
            (6.3, -4.1), (8.3, -4.6), (10.0, -6.6), (12.6, -6.9), (17, -9.5),
        ),
    ),
    Line(
        barrier="railway",
        name="玉滨铁路",
        name_en="Yubin Railway",
        kind="railway",
        penalty=2.0,
        points=((4.2, -14), (3.2, -8), (2.65, -3), (2.6, 0), (2.75, 3.2), (4.0, 7), (6.6, 11), (9, 15)),
    ),
    Line(
        barrier="trunk-1",
        name="迎宾大道",
        name_en="Yingbin Avenue",
        kind="trunk_road",
        penalty=0.6,
        points=((-17, -1.2), (-10, -2.6), (-5, -2.7), (0, -3.15), (3.4, -3.5), (8, -1.9), (12, -1.0), (17, -1.3)),
    ),
    Line(
        barrier="trunk-2",
        name="泰和路",
        name_en="Taihe Road",
        kind="trunk_road",
        penalty=0.6,
        points=((-5.6, -14), (-4.2, -8), (-2.9, -3), (-2.75, 0), (-2.6, 3), (-1.7, 7), (-2.6, 13)),
    ),
)  # fmt: skip

DENSITY = {"core": 560.0, "new": 280.0, "town": 330.0, "rural": 9.0}
"""Children of primary age per square kilometre, from which blocks get their first weights. [1/km2]"""
SPACING = {"core": 0.37, "new": 0.52, "town": 0.42, "rural": 2.15}
"""Usual distance of neighbouring blocks. [km]"""
