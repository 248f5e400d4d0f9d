"""Labels that do not collide."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, Point, box

from planner.maps.labels import Label, broken, place_labels
from planner.maps.sheet import Box

FRAME = Box(left=0, bottom=0, width=300, height=200)
POINTS = st.lists(
    st.tuples(st.integers(5, 295), st.integers(5, 195), st.integers(0, 9)),
    min_size=1,
    max_size=40,
    unique=True,
)


def _labels(points: list[tuple[int, int, int]]) -> list[Label]:
    return [
        Label(text=f"第{number}实验小学 −{size}", x=x, y=y, importance=size, radius=2.5)
        for number, (x, y, size) in enumerate(points)
    ]


def _discs(labels: list[Label]) -> np.ndarray:
    return np.array([(label.x, label.y, label.radius) for label in labels])


@settings(deadline=None)
@given(POINTS)
def test_no_label_touches_another_a_symbol_or_the_edge(points: list[tuple[int, int, int]]) -> None:
    """However the schools lie, boxes keep clear of each other, of every symbol and of the frame."""
    labels = _labels(points)
    placed, left_out = place_labels(labels, FRAME, _discs(labels))
    shapes = [box(p.box.left, p.box.bottom, p.box.right, p.box.top) for p in placed]
    frame = box(0, 0, 300, 200)
    assert len(placed) + len(left_out) == len(labels)
    for k, shape in enumerate(shapes):
        assert frame.covers(shape)
        assert not any(shape.intersects(other) for other in shapes[k + 1 :])
        assert all(shape.distance(Point(label.x, label.y)) >= label.radius for label in labels)


@settings(deadline=None)
@given(POINTS)
def test_leader_lines_cross_neither_each_other_nor_a_foreign_label(
    points: list[tuple[int, int, int]],
) -> None:
    """A reader follows each line from the label to its own school and to no other."""
    labels = _labels(points)
    placed, _ = place_labels(labels, FRAME, _discs(labels))
    leaders = [(k, LineString(p.leader)) for k, p in enumerate(placed) if p.leader]
    for k, line in leaders:
        for other, p in enumerate(placed):
            inside = box(p.box.left, p.box.bottom, p.box.right, p.box.top).buffer(-0.01)
            assert other == k or not line.intersects(inside)
        assert not any(line.crosses(second) for j, second in leaders if j != k)


def test_a_lone_label_stands_beside_its_point_without_a_line() -> None:
    """The first place tried is to the right, as cartographers prefer."""
    (placed,), left_out = place_labels(_labels([(100, 100, 1)]), FRAME, np.array([[100, 100, 2.5]]))
    assert placed.leader is None
    assert placed.align == "left"
    assert placed.box.left > 102.5
    assert left_out == []


def test_the_least_important_labels_are_dropped_first() -> None:
    """Sixty schools in one spot: those with a label are all more important than those without."""
    labels = [
        Label(text=f"第{k}实验小学", x=150 + k % 8, y=100 + k // 8, importance=k, radius=1) for k in range(60)
    ]
    placed, left_out = place_labels(labels, FRAME, _discs(labels))
    assert placed
    assert left_out
    assert placed[0].label.importance == 59
    assert np.mean([p.label.importance for p in placed]) > np.mean([label.importance for label in left_out])


def test_a_long_name_is_broken_into_even_lines() -> None:
    """22 characters of 6.5 points are 143 points: two lines of 11, not one of 12 and one of 10."""
    lines = broken("玉河区第一实验小学附属新城校区北院初中部东门", 6.5)
    assert [len(line) for line in lines] == [11, 11]


def test_nothing_to_label() -> None:
    """No labels, no symbols: nothing placed, nothing left out."""
    assert place_labels([], FRAME, np.empty((0, 3))) == ([], [])
