"""
Whole classes under the caps of their grades, in the rooms of a school.

Where classes are **kept** (`ClassRules.formation`), a school's rooms are filled in this order, in every draw:

1. Classes that continue from the year before, merged down to what the caps need. They hold their rooms first;
   where a school has fewer rooms than that, the rest stand in borrowed rooms, never a new class.
2. Classes of the grades that have none yet: the starting grades, and any grade of a new school. As many as the
   cap needs, or as planned.
3. The continuing classes that the merging of step 1 would have closed: a year group keeps its classes unless the
   rooms are wanted for step 2. Classes smaller than `ClassRules.least` stay merged.
4. Splits of continuing classes that have grown to `ClassRules.split_at`.

Where they are **re-formed**, every grade gets the classes its cap needs. If rooms are short, children of
neighbouring grades share classes of at most `ClassRules.composite` children; if that is not enough, the starting
grades have the classes planned for them, and the others what is left: they can be combined anew every year. Where
rooms are left and the schools form classes by sizes of their own (`planner.capacity.sizes`), more are formed.

Within a step rooms go, one by one, to the most crowded grade: the largest class over its cap, a grade without any
class before all others, the lower grade on a tie. This order does not depend on the number of rooms, so one more
room never takes a class from any grade. A class of N children in k classes is balanced: the largest has ceil(N/k).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from planner.capacity.sizes import classes_aimed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from planner.policy import ClassRules

    Whole = NDArray[np.integer[Any]]


@dataclass(frozen=True, kw_only=True)
class Formed:
    """The classes of one school year."""

    classes: NDArray[np.int16]
    """[school, grade, draw]. Where it is 0 and there are children, they have no room. A class of two grades
    counts in each of them. [classes]"""
    borrowed: NDArray[np.int16]
    """[school, draw]: continuing classes for which the school has no room. [rooms]"""
    shared: NDArray[np.int16]
    """[school, draw]: rooms saved by classes of two or more grades: rooms used are classes less these. [rooms]"""


class Sizes(NamedTuple):
    """Sizes of the balanced classes of a year group; arrays of one shape."""

    largest: Whole
    """ceil(N/k); 0 without classes. [children]"""
    of_largest: Whole
    """Classes of that size. [classes]"""
    smallest: Whole
    """floor(N/k). [children]"""
    of_smallest: Whole
    """Classes of that size when it is not the largest's. [classes]"""


def balanced_sizes(pupils: Whole, classes: Whole) -> Sizes:
    """Return the sizes of `classes` classes that share `pupils` children as evenly as whole children can."""
    smallest, rest = np.divmod(pupils, np.maximum(classes, 1))
    some = classes > 0
    return Sizes(
        largest=np.where(some, smallest + (rest > 0), 0),
        of_largest=np.where(rest > 0, rest, classes) * some,
        smallest=np.where(some, smallest, 0),
        of_smallest=np.where(rest > 0, classes - rest, 0) * some,
    )


def classes_at_least(pupils: Whole, classes: Whole, size: int) -> Whole:
    """
    Return how many of the balanced classes hold at least `size` children. [classes].

    Of k classes of N children, N - (size - 1)k, cut to 0..k: that many are one above `size` - 1 or larger.
    """
    return np.clip(pupils - (size - 1) * classes, 0, classes)


def children_above(pupils: Whole, classes: Whole, cap: int) -> Whole:
    """Return the children above the cap, summed over the classes: max(0, N - cap k). [children]."""
    return np.maximum(pupils - cap * classes, 0)


def free_rooms(carried: Whole, rooms: Whole) -> Whole:
    """
    Return the rooms free for new classes once the classes that continue have theirs. [rooms].

    Parameters
    ----------
    carried
        [school, grade, draw]: classes that continue, 0 in the starting grades. [classes]
    rooms
        [school] or [school, draw]. [rooms]

    Returns
    -------
    Array [school, draw]; the stages of a campus share them.
    """
    return np.maximum(_by_draw(rooms) - carried.sum(axis=1), 0)


def classes_needed(pupils: Whole, cap: int, rules: ClassRules) -> NDArray[np.int16]:
    """
    Return the classes that year groups of these sizes are formed into. [classes].

    As few as the cap allows, ceil(N/cap); or by the table `ClassRules.steps`: the first step that holds the year
    group, and beyond the last one class more for every `steps_beyond` children begun. None for nobody.
    """
    counts = np.asarray(pupils)
    if not rules.steps:
        return ((counts + (cap - 1)) // cap).astype(np.int16, copy=False)
    largest = int(counts.max(initial=0))
    groups = np.arange(largest + 1)
    beyond = -(-np.maximum(groups - rules.steps[-1], 0) // rules.steps_beyond)
    table = np.searchsorted(rules.steps, np.minimum(groups, rules.steps[-1])) + 1 + beyond
    table[0] = 0
    return table.astype(np.int16)[counts]


def fewest_classes(pupils: Whole, caps: Sequence[int], rules: ClassRules) -> NDArray[np.int16]:
    """
    Return the rooms that hold all grades of a school with no class above its cap. [school, draw] [rooms].

    Every grade by itself; where the rules form classes of neighbouring grades, with these, if that takes fewer.

    Parameters
    ----------
    pupils
        [school, grade, draw]. [children]
    caps
        Largest class that complies, by grade. [children]
    """
    n = _grade_first(pupils)
    need = [classes_needed(row, cap, rules) for row, cap in zip(n, caps, strict=True)]
    fewest = np.add.reduce(need, axis=0, dtype=np.int16)
    if rules.composite:
        fewest = np.minimum(fewest, _composite_classes(n, np.asarray(caps), rules.composite))
    return fewest.reshape(pupils.shape[0], pupils.shape[2])


def form_classes(
    pupils: Whole,
    carried: Whole,
    rooms: Whole,
    caps: Sequence[int],
    rules: ClassRules,
    *,
    wanted: Whole | None = None,
    sizes: NDArray[np.float64] | None = None,
) -> Formed:
    """
    Form the classes of one school year at every school and in every draw.

    Parameters
    ----------
    pupils
        [school, grade, draw]: children of each grade after the roll forward and the intake. All stages of a
        campus together: they compete for its rooms. [children]
    carried
        [school, grade, draw]: classes the year group had a year before; 0 in the starting grades. Not used where
        classes are re-formed. [classes]
    rooms
        [school] or [school, draw]. [rooms]
    caps
        Largest class that complies, by grade: `Policy.caps`. [children]
    rules
        How classes are formed: `Policy.classes`.
    wanted
        [school, grade] or [school, grade, draw]: classes planned for the grades that have none yet; -1: as many
        as the cap needs. Where classes are re-formed, those planned have rooms before all others. [classes]
    sizes
        [school, grade]: size at which the school forms one class more, where classes are re-formed and rooms are
        left; None: the caps alone count. [children]

    Returns
    -------
    Formed
        The classes are never more than the rooms, but for continuing classes (`borrowed`) and classes of two
        grades, which count twice (`shared`).
    """
    schools, grades, draws = pupils.shape
    pairs = schools * draws
    n = _grade_first(pupils)
    room = np.broadcast_to(_by_draw(rooms), (schools, draws)).reshape(pairs).astype(np.int16)
    need = np.empty_like(n)
    most = np.empty_like(n)
    """More classes than this would be smaller than the least size, without the cap asking for it."""
    for grade in range(grades):
        need[grade] = classes_needed(n[grade], caps[grade], rules)
        most[grade] = n[grade] if rules.least == 1 else np.maximum(need[grade], n[grade] // rules.least)
    planned = np.full(n.shape, -1, np.int16) if wanted is None else _planned(most, wanted, pupils.shape)
    opened = _either(planned < 0, need, planned)
    cap = np.asarray(caps, dtype=np.float64)[:, None]
    if rules.formation == "reformed":
        aimed = need
        if sizes is not None:
            aimed = np.maximum(need, _grade_first(classes_aimed(pupils, sizes[:, :, None], carried)))
        classes, shared = _reformed(n, need, aimed, planned, room, cap, rules)
    else:
        classes = _kept(n, need, most, opened, _grade_first(carried), room, cap, rules)
        shared = np.zeros(pairs, np.int16)
    used = _summed(classes) - shared
    return Formed(
        classes=np.ascontiguousarray(classes.reshape(grades, schools, draws).swapaxes(0, 1)),
        borrowed=np.maximum(used - room, 0).reshape(schools, draws),
        shared=shared.reshape(schools, draws),
    )


def _kept(
    n: NDArray[np.int16],
    need: NDArray[np.int16],
    most: NDArray[np.int16],
    opened: NDArray[np.int16],
    carried: NDArray[np.int16],
    room: NDArray[np.int16],
    cap: NDArray[np.float64],
    rules: ClassRules,
) -> NDArray[np.int16]:
    """Return classes [grade, school x draw] by the four steps of the module's text."""
    continues = carried > 0
    held = np.minimum(carried, most)
    enough = need
    if rules.split_at is not None or rules.steps:
        largest = cap[:, 0].astype(int) if rules.split_at is None else [rules.split_at - 1] * len(n)
        enough = np.stack([(row + (size - 1)) // size for row, size in zip(n, largest, strict=True)])
        np.minimum(enough, np.maximum(most, need), out=enough)
    classes: NDArray[np.int16] = _either(continues, np.maximum(held, enough), opened)
    short = np.flatnonzero(_summed(classes) > room)
    if not short.size:
        return classes
    n, need, held, opened, continues, goal = _of_pairs(short, n, need, held, opened, continues, classes)
    filled: NDArray[np.int16] = np.minimum(held, need) * continues
    entered = _either(continues, filled, opened)
    unmerged = _either(continues, held, opened)
    (room,) = _of_pairs(short, room)
    for target in (entered, unmerged, goal):
        filled = _fill(filled, target, room, n, cap)
    return _with_pairs(classes, short, filled)


def _reformed(
    n: NDArray[np.int16],
    need: NDArray[np.int16],
    aimed: NDArray[np.int16],
    planned: NDArray[np.int16],
    room: NDArray[np.int16],
    cap: NDArray[np.float64],
    rules: ClassRules,
) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    """Return classes [grade, school x draw] formed anew, and the rooms saved by classes of several grades."""
    classes = _either(planned < 0, aimed, planned)
    shared = np.zeros(n.shape[1], np.int16)
    short = np.flatnonzero(_summed(classes) > room)
    if not short.size:
        return classes, shared
    n, need, planned, aimed, room = _of_pairs(short, n, need, planned, classes, np.maximum(room, 0))
    goal = _either(planned < 0, need, planned)
    first = _fill(np.zeros_like(goal), goal * (planned >= 0), room, n, cap)
    if rules.composite:
        saved = _saved(n, need, planned, goal, room, cap[:, 0].astype(int), rules.composite)
        shared = _with_pairs(shared, short, saved)
        room = room + saved
    formed = _fill(_fill(first, goal, room, n, cap), aimed, room, n, cap)
    return _with_pairs(classes, short, formed), shared


def _saved(
    n: NDArray[np.int16],
    need: NDArray[np.int16],
    planned: NDArray[np.int16],
    goal: NDArray[np.int16],
    room: NDArray[np.int16],
    caps: NDArray[np.integer[Any]],
    composite: int,
) -> NDArray[np.int16]:
    """
    Return the rooms that classes of several grades save, as far as they are needed. [pair] [rooms].

    Classes planned stay by themselves, unless all grades fit when they join in too. Where rooms do not hold the
    others even so, these save in proportion to the rooms that they have.
    """
    asked = _summed(goal)
    others = planned < 0
    left = np.maximum(room - _summed(goal * ~others), 0)
    fewest = _composite_classes(n * others, caps, composite)
    saved = np.maximum(_summed(goal * others) - fewest, 0)
    saved = -(-saved * np.minimum(left, fewest) // np.maximum(fewest, 1))
    together = _composite_classes(n, caps, composite)
    all_join = (together <= room) & (goal <= need).all(axis=0)
    most = np.maximum(saved, np.where(all_join, asked - together, 0))
    return np.clip(asked - room, 0, most).astype(np.int16)


def _composite_classes(
    n: NDArray[np.int16], caps: NDArray[np.integer[Any]], composite: int
) -> NDArray[np.int16]:
    """
    Return the classes that hold all grades of a school when neighbouring grades may share one. [classes].

    From the lowest grade up: what is left of a grade after its full classes fills the class left open by the
    grade below, up to the composite size and both caps, and opens another if need be.
    """
    total = np.zeros(n.shape[1], np.int16)
    size = np.zeros_like(total)
    """Children in the open class; 0 when there is none."""
    limit_below = 0
    for count, cap in zip(n, caps.tolist(), strict=True):
        limit = min(composite, cap)
        full = count // cap
        rest = count - full * cap
        total += full
        room_left = np.maximum(min(limit, limit_below) - size, 0) * (size > 0)
        joined = np.minimum(rest, room_left)
        left = rest - joined
        total += left > 0
        size = left + (size + joined) * ((left == 0) & (joined > 0))
        limit_below = limit
    return total


def _fill(
    classes: NDArray[np.int16],
    target: NDArray[np.int16],
    room: NDArray[np.int16],
    n: NDArray[np.int16],
    cap: NDArray[np.float64],
) -> NDArray[np.int16]:
    """
    Raise classes [grade, pair] towards their targets while rooms [pair] are free, the most crowded grade first.

    Where not all fits, the last rooms are taken back from the target or the first given to the classes,
    whichever takes fewer rounds for the batch: the result is the same.
    """
    used = _summed(classes)
    free = room - used
    asked = _summed(target) - used
    raised = _either(asked <= np.maximum(free, 0), target, classes)
    part = np.flatnonzero((free > 0) & (asked > free))
    if not part.size:
        return raised
    low, high, children = (row.take(part, axis=1) for row in (classes, target, n))
    given, taken = free[part], asked[part] - free[part]
    raised[:, part] = (
        _give(low, high, given, children, cap)
        if given.max() <= taken.max()
        else _take(low, high, taken, children, cap)
    )
    return raised


def _crowding(
    n: NDArray[np.integer[Any]], classes: NDArray[np.integer[Any]], cap: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the largest class over its cap; without any class, more than any class could be. [1]."""
    largest = np.ceil(n / np.maximum(classes, 1))
    return np.where(classes > 0, largest, largest * 1e6) / cap


def _give(
    low: NDArray[np.int16],
    high: NDArray[np.int16],
    rounds: NDArray[np.integer[Any]],
    n: NDArray[np.int16],
    cap: NDArray[np.float64],
) -> NDArray[np.int16]:
    """Add `rounds` [pair] classes one by one to the most crowded grade below its target."""
    classes = low.copy()
    crowding = np.where(classes < high, _crowding(n, classes, cap), -1.0)
    for turn in range(int(rounds.max())):
        pairs = np.flatnonzero(rounds > turn)
        grade = crowding.argmax(axis=0)[pairs]
        classes[grade, pairs] += 1
        after = classes[grade, pairs]
        crowding[grade, pairs] = np.where(
            after < high[grade, pairs], _crowding(n[grade, pairs], after, cap[grade, 0]), -1.0
        )
    return classes


def _take(
    low: NDArray[np.int16],
    high: NDArray[np.int16],
    rounds: NDArray[np.integer[Any]],
    n: NDArray[np.int16],
    cap: NDArray[np.float64],
) -> NDArray[np.int16]:
    """Remove `rounds` [pair] classes one by one where the grade is then least crowded, the higher grade on a tie."""
    classes = high[::-1].copy()
    low, n, cap = low[::-1], n[::-1], cap[::-1]
    crowding = np.where(classes > low, _crowding(n, classes - 1, cap), np.inf)
    for turn in range(int(rounds.max())):
        pairs = np.flatnonzero(rounds > turn)
        grade = crowding.argmin(axis=0)[pairs]
        classes[grade, pairs] -= 1
        after = classes[grade, pairs]
        crowding[grade, pairs] = np.where(
            after > low[grade, pairs], _crowding(n[grade, pairs], after - 1, cap[grade, 0]), np.inf
        )
    return classes[::-1]


def _planned(most: NDArray[np.int16], wanted: Whole, shape: tuple[int, ...]) -> NDArray[np.int16]:
    """Return the classes planned [grade, school x draw], none smaller than the least size; -1 where none are."""
    plan = wanted if wanted.ndim == 3 else wanted[:, :, None]
    return np.minimum(_grade_first(np.broadcast_to(plan, shape)), most)


def _grade_first(counts: Whole) -> NDArray[np.int16]:
    """Return [school, grade, draw] as a contiguous [grade, school x draw]."""
    return np.ascontiguousarray(counts.swapaxes(0, 1), dtype=np.int16).reshape(counts.shape[1], -1)


def _either(
    which: NDArray[np.bool_], first: NDArray[np.int16], second: NDArray[np.int16]
) -> NDArray[np.int16]:
    """Return the first where `which` is true, else the second: np.where without its branches, ten times as fast."""
    return second + (first - second) * which


def _summed(classes: NDArray[np.int16]) -> NDArray[np.int16]:
    """Return the classes of all grades. [classes]."""
    return np.add.reduce(classes, axis=0, dtype=np.int16)


def _of_pairs(pairs: NDArray[np.integer[Any]], *counts: NDArray[Any]) -> tuple[NDArray[Any], ...]:
    """Return the columns of these pairs of school and draw; where they are most of all, simply all of them."""
    if 3 * pairs.size > counts[0].shape[-1]:
        return counts
    return tuple(count.take(pairs, axis=-1) for count in counts)


def _with_pairs(
    counts: NDArray[np.int16], pairs: NDArray[np.integer[Any]], of_pairs: NDArray[np.int16]
) -> NDArray[np.int16]:
    """Return the counts with the columns that `_of_pairs` gave in place of theirs."""
    if of_pairs.shape == counts.shape:
        return of_pairs
    counts[..., pairs] = of_pairs
    return counts


def _by_draw(rooms: Whole) -> Whole:
    """Return rooms as [school, draw], with one draw when they are the same in all."""
    return rooms if rooms.ndim == 2 else rooms[:, None]
