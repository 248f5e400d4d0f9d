"""Invented names of blocks, Chinese with pinyin."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from yuhe_builder.places import AREAS

if TYPE_CHECKING:
    import numpy as np

    from yuhe_builder.land import Land

CORE_FIRST = (
    ("柳堤", "Liudi"), ("文昌", "Wenchang"), ("玉带", "Yudai"), ("书院", "Shuyuan"), ("鼓楼", "Gulou"), ("南关", "Nanguan"),
    ("西关", "Xiguan"), ("北关", "Beiguan"), ("东关", "Dongguan"), ("顺河", "Shunhe"), ("和平", "Heping"), ("建设", "Jianshe"),
    ("朝阳", "Chaoyang"), ("光明", "Guangming"), ("槐荫", "Huaiyin"), ("青年", "Qingnian"), ("解放", "Jiefang"), ("工农", "Gongnong"),
    ("胜利", "Shengli"), ("泰和", "Taihe"),
)  # fmt: skip
CORE_LAST = (
    ("小区", "Estate"),
    ("街坊", "Quarter"),
    ("家园", "Homes"),
    ("里", "Lane"),
    ("新村", "New Village"),
    ("社区", "Community"),
    ("巷", "Alley"),
)
NEW_FIRST = (
    ("云湖", "Yunhu"), ("翠屏", "Cuiping"), ("锦绣", "Jinxiu"), ("天澜", "Tianlan"), ("金桂", "Jingui"), ("星河", "Xinghe"),
    ("御景", "Yujing"), ("湖滨", "Hubin"), ("香樟", "Xiangzhang"), ("碧水", "Bishui"), ("祥云", "Xiangyun"), ("紫荆", "Zijing"),
)  # fmt: skip
NEW_LAST = (
    ("花园", "Garden"),
    ("华庭", "Court"),
    ("苑", "Yuan"),
    ("府", "Residence"),
    ("名城", "City"),
    ("公馆", "Mansion"),
)
TOWN_LAST = (
    ("东街", "East Street"), ("西街", "West Street"), ("南街", "South Street"), ("北街", "North Street"), ("中心街", "Central Street"),
    ("集市", "Market"), ("新区", "New Quarter"), ("老街", "Old Street"), ("车站", "Bus Station"), ("河沿", "Riverside"),
    ("东新村", "East New Village"), ("西新村", "West New Village"), ("粮库", "Granary"), ("供销社", "Co-operative"),
)  # fmt: skip
FAMILY = (
    ("张", "Zhang"), ("王", "Wang"), ("李", "Li"), ("刘", "Liu"), ("陈", "Chen"), ("赵", "Zhao"), ("孙", "Sun"), ("周", "Zhou"),
    ("徐", "Xu"), ("马", "Ma"), ("朱", "Zhu"), ("胡", "Hu"), ("郭", "Guo"), ("高", "Gao"), ("林", "Lin"), ("何", "He"),
    ("宋", "Song"), ("郑", "Zheng"), ("韩", "Han"), ("冯", "Feng"), ("董", "Dong"), ("程", "Cheng"), ("曹", "Cao"), ("袁", "Yuan"),
)  # fmt: skip
VILLAGE_LAST = (
    ("家庄", "jiazhuang"), ("楼", "lou"), ("桥", "qiao"), ("洼", "wa"), ("寨", "zhai"), ("集", "ji"), ("家铺", "jiapu"), ("湾", "wan"),
    ("家堂", "jiatang"), ("沟", "gou"), ("岭", "ling"), ("家店", "jiadian"),
)  # fmt: skip


def block_names(land: Land, rng: np.random.Generator) -> list[tuple[str, str]]:
    """Return a name and its English form for every block, none twice."""

    def mixed(first: tuple, last: tuple, joint: str) -> list[tuple[str, str]]:
        pairs = [(a + b, f"{x}{joint}{y}") for (a, x), (b, y) in product(first, last)]
        return [pairs[index] for index in rng.permutation(len(pairs))]

    stock = {
        "core": mixed(CORE_FIRST, CORE_LAST, " "),
        "new": mixed(NEW_FIRST, NEW_LAST, " "),
        "rural": [(name + "村", english + " Village") for name, english in mixed(FAMILY, VILLAGE_LAST, "")],
    }
    english = {area.area: area.area_en for area in AREAS}
    streets = {
        area.area: [(area.area[:-1] + name, f"{area.area_en} {street}") for name, street in TOWN_LAST]
        for area in AREAS
    }
    names = []
    for place, area in zip(land.place, land.area, strict=True):
        if place == "town" and area in english:
            names.append(streets[area].pop(0))
        else:
            names.append(stock["rural" if place == "town" else place].pop(0))
    return names
