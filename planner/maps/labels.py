"""Labels that never collide: greedy placement around their points, with leader lines where it is tight."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from planner.maps.sheet import Box
from planner.maps.typeface import text_width, wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

LINE = 1.22
"""Height of a line of a label over its size. [1]"""
PADDING = 1.2
"""Space around a label. [points]"""
REACHES = (0.0, 8.0, 15.0, 23.0, 32.0, 42.0, 54.0)
"""Lengths of the leader line that are tried. [points]"""
WIDEST = 78.0
"""Width beyond which a label is broken into lines. [points]"""


@dataclass(frozen=True, kw_only=True)
class Label:
    """A text that belongs to a point."""

    text: str
    x: float
    y: float
    importance: float
    """The more important are placed first and dropped last."""
    radius: float = 0.0
    """Of the symbol at the point, which the label keeps clear of. [points]"""
    size: float = 6.6
    widest: float = WIDEST
    """Width beyond which it is broken into lines. [points]"""


@dataclass(frozen=True, kw_only=True)
class Placed:
    """Where a label stands."""

    label: Label
    text: str
    """Broken into lines."""
    box: Box
    align: Literal["left", "center", "right"]
    """Edge at which the lines are flush: the one that faces the point."""
    leader: tuple[tuple[float, float], tuple[float, float]] | None
    """From the symbol's edge to the label's; None where the label stands beside its point."""


def broken(text: str, size: float, widest: float = WIDEST) -> list[str]:
    """
    Break a label into lines of about the same length, none wider than `widest` where that can be.

    Evenly broken labels are narrow and find room more easily.
    """
    lines = wrapped(text, size, widest)
    if len(lines) > 1:
        even = sum(text_width(line, size) for line in lines) / len(lines)
        for width in np.linspace(even, widest, 6):
            tighter = wrapped(text, size, float(width))
            if len(tighter) == len(lines):
                return tighter
    return lines


def _candidates(label: Label, width: float, height: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Lower left corners of the boxes that are tried, best first, and the direction and reach of each."""
    angles = np.deg2rad([0, 180, 45, 135, -45, -135, 90, -90, 22, 158, -22, -158, 67, 113, -67, -113])
    reach, angle = (axis.ravel() for axis in np.meshgrid(REACHES, angles, indexing="ij"))
    away = label.radius + PADDING + 0.8 + reach
    across, up = np.cos(angle), np.sin(angle)
    # A box beside its point touches it with the edge or corner that faces it.
    facing_x = np.clip(across * 1.6, -1, 1)
    facing_y = np.clip(up * 1.6, -1, 1)
    centre_x = label.x + across * away + facing_x * width / 2
    centre_y = label.y + up * away + facing_y * height / 2
    corners = np.column_stack([centre_x - width / 2, centre_y - height / 2])
    return corners, np.column_stack([across, up, reach])


def _overlaps(
    corners: NDArray[np.float64], width: float, height: float, boxes: list[Box]
) -> NDArray[np.bool_]:
    """Whether each candidate box overlaps any of the boxes."""
    if not boxes:
        return np.zeros(len(corners), dtype=bool)
    edges = np.array([(box.left, box.bottom, box.right, box.top) for box in boxes])
    overlapping = (
        (corners[:, None, 0] < edges[None, :, 2] + PADDING)
        & (corners[:, None, 0] + width > edges[None, :, 0] - PADDING)
        & (corners[:, None, 1] < edges[None, :, 3] + PADDING / 2)
        & (corners[:, None, 1] + height > edges[None, :, 1] - PADDING / 2)
    )
    return np.asarray(overlapping.any(axis=1))


def _covers(
    corners: NDArray[np.float64], width: float, height: float, discs: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Whether each candidate box touches any disc (x, y, radius)."""
    if not len(discs):
        return np.zeros(len(corners), dtype=bool)
    left, bottom = corners[:, :1], corners[:, 1:]
    gap_x = np.maximum(np.maximum(left - discs[:, 0], discs[:, 0] - left - width), 0)
    gap_y = np.maximum(np.maximum(bottom - discs[:, 1], discs[:, 1] - bottom - height), 0)
    covered = np.hypot(gap_x, gap_y) < discs[:, 2] + PADDING
    return np.asarray(covered.any(axis=1))


def _cross(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether each segment of `first` crosses any of `second`; both [segment, end, xy]."""
    if not len(second):
        return np.zeros(len(first), dtype=bool)

    def side(a: NDArray[np.float64], b: NDArray[np.float64], c: NDArray[np.float64]) -> NDArray[np.float64]:
        return (b[..., 0] - a[..., 0]) * (c[..., 1] - a[..., 1]) - (b[..., 1] - a[..., 1]) * (
            c[..., 0] - a[..., 0]
        )

    a, b = first[:, None, 0], first[:, None, 1]
    c, d = second[None, :, 0], second[None, :, 1]
    crossing = (side(a, b, c) * side(a, b, d) < 0) & (side(c, d, a) * side(c, d, b) < 0)
    return np.asarray(crossing.any(axis=1))


def _diagonals(corners: NDArray[np.float64], width: float, height: float) -> NDArray[np.float64]:
    """Both diagonals of boxes [2 * box, end, xy]: what crosses a box crosses one of them, or ends in it."""
    left, bottom = corners.T
    right, top = left + width, bottom + height
    rising = np.stack([np.column_stack([left, bottom]), np.column_stack([right, top])], axis=1)
    falling = np.stack([np.column_stack([left, top]), np.column_stack([right, bottom])], axis=1)
    return np.concatenate([rising, falling])


def _near_discs(segments: NDArray[np.float64], discs: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether each segment passes through any disc."""
    if not len(discs):
        return np.zeros(len(segments), dtype=bool)
    start, along = segments[:, None, 0], segments[:, None, 1] - segments[:, None, 0]
    length = np.maximum((along**2).sum(-1), 1e-9)
    share = np.clip(((discs[None, :, :2] - start) * along).sum(-1) / length, 0, 1)
    nearest = start + share[..., None] * along
    return (np.hypot(*np.moveaxis(discs[None, :, :2] - nearest, -1, 0)) < discs[:, 2]).any(axis=1)


ROUNDS = 5
"""Rounds in which labels left out go first."""

WEIGHTY = 0.2
"""Importance from which a label is worth another round: a fifth of the children short, or of a probability."""


def place_labels(
    labels: Sequence[Label], within: Box, discs: NDArray[np.float64], taken: Sequence[Box] = ()
) -> tuple[list[Placed], list[Label]]:
    """
    Place labels so that none touches another, a symbol, a foreign leader line or the edge of the map.

    Greedy: the most important label first takes the free place nearest to its point; places beside the point come
    before those at the end of a leader line. A label without a free place is left out; where that is one of weight,
    those left out go first in another round, and the round that shows the most importance is kept.

    Parameters
    ----------
    labels
        In any order.
    within
        The map's frame. [points]
    discs
        x, y and radius of every symbol, of labelled and unlabelled points. [points]
    taken
        Where no label may stand. [points]

    Returns
    -------
    The labels placed, and those left out; both from the most important to the least.
    """
    first: set[str] = set()
    best = _greedy(labels, within, discs, first, taken)
    left_out = best[1]
    for _ in range(ROUNDS):
        weighty = {label.text for label in left_out if label.importance > WEIGHTY} - first
        if not weighty:
            break
        first |= weighty
        found = _greedy(labels, within, discs, first, taken)
        left_out = found[1]
        if _shown(found[0]) > _shown(best[0]):
            best = found
    return best


def _shown(placed: Sequence[Placed]) -> float:
    """Return the importance of the labels placed, those that are there in any case aside."""
    return sum(one.label.importance for one in placed if np.isfinite(one.label.importance))


def _greedy(
    labels: Sequence[Label],
    within: Box,
    discs: NDArray[np.float64],
    first: set[str],
    taken: Sequence[Box],
) -> tuple[list[Placed], list[Label]]:
    """Place labels one after the other, those of `first` before the others of finite importance."""

    def turn(label: Label) -> tuple[bool, bool, float, str]:
        return np.isfinite(label.importance), label.text not in first, -label.importance, label.text

    placed: list[Placed] = []
    left_out: list[Label] = []
    leaders = np.empty((0, 2, 2))
    boxes = list(taken)
    box_diagonals: list[NDArray[np.float64]] = []
    for label in sorted(labels, key=turn):
        lines = broken(label.text, label.size, label.widest)
        width = max(text_width(line, label.size) for line in lines)
        height = len(lines) * label.size * LINE
        corners, directions = _candidates(label, width, height)
        reach = directions[:, 2]
        start = np.array([label.x, label.y]) + directions[:, :2] * label.radius
        end = np.clip(start, corners, corners + np.array([width, height]))
        segments = np.stack([start, end], axis=1)
        others = discs[np.hypot(discs[:, 0] - label.x, discs[:, 1] - label.y) > 0.01]
        led = reach > 0
        bad = (
            (corners[:, 0] < within.left)
            | (corners[:, 0] + width > within.right)
            | (corners[:, 1] < within.bottom)
            | (corners[:, 1] + height > within.top)
            | _overlaps(corners, width, height, boxes)
            | _covers(corners, width, height, discs)
        )
        bad |= _cross(_diagonals(corners, width, height), leaders).reshape(2, -1).any(axis=0)
        bad |= led & (
            _cross(segments, np.concatenate([leaders, *box_diagonals])) | _near_discs(segments, others)
        )
        if bad.all():
            left_out.append(label)
            continue
        best = int(np.argmin(bad))
        box = Box(left=float(corners[best, 0]), bottom=float(corners[best, 1]), width=width, height=height)
        leader = None
        if led[best]:
            leaders = np.concatenate([leaders, segments[best : best + 1]])
            (x1, y1), (x2, y2) = segments[best].tolist()
            leader = ((x1, y1), (x2, y2))
        align = "left" if box.left > label.x else "right" if box.right < label.x else "center"
        boxes.append(box)
        box_diagonals.append(_diagonals(corners[best : best + 1], width, height))
        placed.append(Placed(label=label, text="\n".join(lines), box=box, align=align, leader=leader))
    return placed, left_out
