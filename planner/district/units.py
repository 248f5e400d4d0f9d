"""Units that people write behind the head of a column, and how they convert to those of the dictionary."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from planner.district.heads import plain

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ONE = Fraction(1)
_TEN_THOUSAND = Fraction(10_000)

_UNITS: dict[str, dict[Fraction, tuple[str, ...]]] = {
    "child": {
        _ONE: ("child", "children", "pupil", "pupils", "人", "名", "个", "生"),
        _TEN_THOUSAND: ("万人",),
    },
    "room": {_ONE: ("room", "rooms", "间", "个", "口")},
    "class": {_ONE: ("class", "classes", "班", "个", "个班")},
    "bed": {_ONE: ("bed", "beds", "张", "床", "个")},
    "dwelling": {_ONE: ("dwelling", "dwellings", "套", "户"), _TEN_THOUSAND: ("万套", "万户")},
    "child/dwelling": {_ONE: ("child/dwelling", "children/dwelling", "人/套", "人/户")},
    "year": {_ONE: ("year", "school year", "年", "学年")},
    "month": {_ONE: ("month", "月")},
    "m2": {
        _ONE: ("m2", "m^2", "sqm", "平方米", "平米"),
        _TEN_THOUSAND: ("万平方米", "万m2", "公顷", "ha"),
        Fraction(2000, 3): ("亩",),
        Fraction(1_000_000): ("平方公里", "平方千米", "km2"),
    },
    "m": {_ONE: ("m", "metre", "metres", "meter", "meters", "米"), Fraction(1000): ("km", "公里", "千米")},
    "min": {
        _ONE: ("min", "minute", "minutes", "分", "分钟"),
        Fraction(60): ("h", "hour", "hours", "小时"),
        Fraction(1, 60): ("s", "second", "seconds", "秒"),
    },
    "yuan": {
        _ONE: ("yuan", "cny", "rmb", "元", "人民币元"),
        Fraction(1000): ("千元",),
        _TEN_THOUSAND: ("万", "万元", "万元人民币"),
        Fraction(1_000_000): ("百万元",),
        Fraction(100_000_000): ("亿", "亿元"),
    },
    "1": {_ONE: ("1", "share", "比例", "小数"), Fraction(1, 100): ("%", "percent", "百分比", "百分数")},
}
"""Words of each unit of the dictionary, by what one of them is in that unit. 1 mu (亩) is 2,000/3 m2."""

_FACTORS = {
    unit: {plain(word): factor for factor, words in kinds.items() for word in words}
    for unit, kinds in _UNITS.items()
}
_REMARKS = frozenset({"必填", "选填", "可选", "required", "optional"})


def factor(unit: str, written: str) -> Fraction | None:
    """
    Return how many of a dictionary unit one of a written unit is; None when that cannot be told.

    Remarks such as 必填 (must be filled) are no unit and change nothing. So is anything behind a figure that the
    dictionary gives no unit, unless it is a unit that multiplies.
    """
    word = plain(written)
    if not word or word in _REMARKS:
        return _ONE
    if not unit:
        multiplies = any(kinds.get(word, _ONE) != _ONE for kinds in _FACTORS.values())
        return None if multiplies else _ONE
    return _FACTORS[unit].get(word)


def converted(numbers: NDArray[np.float64], by: Fraction) -> NDArray[np.float64]:
    """Return figures in another unit, exact in the decimals that they are written with; nan stays nan."""
    return np.array(
        [
            float(Fraction(Decimal(repr(number))) * by) if np.isfinite(number) else np.nan
            for number in numbers.tolist()
        ]
    )
