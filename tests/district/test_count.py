"""The last count: where every forecast starts."""

import pandas as pd

from planner.district.count import last_count
from tests.district import square


def classes(**tables: pd.DataFrame) -> int:
    """Return the classes of grade 1 of n in 2026, where 40 children are counted."""
    return int(last_count(square.district(**tables), ["n", "s"], [1, 2]).classes[0, 0])


LISTS = pd.DataFrame({"school": "n", "year": 2026, "grade": 1, "class": ["1", "2"], "pupils": [21, 19]})
BANDS = pd.DataFrame(
    {
        "school": "n",
        "year": [2026, 2026, 2025],
        "grade": 1,
        "band": ["<=25", "26-30", "<=25"],
        "classes": [2, 1, 9],
    }
)


def test_classes_are_those_counted_with_the_children():
    assert classes(classes=LISTS, class_bands=BANDS) == 1


def test_without_them_class_lists_count_them_and_then_class_bands():
    """Two classes are listed; the bands of the same year hold 2 + 1, those of another year do not matter."""
    blank = square.edited("enrolment", classes=pd.NA)
    assert classes(enrolment=blank, classes=LISTS, class_bands=BANDS) == 2
    assert classes(enrolment=blank, class_bands=BANDS) == 3
    assert classes(enrolment=blank) == -1
