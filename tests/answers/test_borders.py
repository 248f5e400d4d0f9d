"""Which blocks can move: on drawn maps, and against all sets there are."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.answers.borders import BLOCKS, Land, movable, pieces
from tests.answers.street import street_run


def drawn(*rows: str) -> dict[str, set[str]]:
    """Return who borders whom on a map of letters, one block each; a dot is no block."""
    at = {letter: (x, y) for y, row in enumerate(rows) for x, letter in enumerate(row) if letter != "."}
    return {
        one: {other for other, (u, v) in at.items() if abs(u - x) + abs(v - y) == 1}
        for one, (x, y) in at.items()
    }


def test_pieces_are_counted_along_borders():
    borders = drawn("ab.c", "...d")
    assert pieces("abcd", borders) == 2
    assert pieces("ac", borders) == 2
    assert pieces("", borders) == 0


def test_the_smallest_relief_that_suffices_comes_first():
    """
    Of catchment abcd, a and c border xy, b and d do not. Needed are 4 children: a with c brings 3 + 1, and needs
    fewer than a with b (10); b (7) alone would not touch xy.
    """
    borders = drawn("xab", "ycd")
    found = list(movable("abcd", "xy", borders, relief={"a": 3, "b": 7, "c": 1, "d": 1}, needed=4))
    assert found[0] == ("a", "c")
    assert ("b",) not in found


def test_what_does_not_suffice_comes_last_the_most_first():
    borders = drawn("xab", "ycd")
    found = list(movable("abcd", "xy", borders, relief=dict.fromkeys("abcd", 1.0), needed=5))
    assert found[0] in {("a", "b", "c"), ("a", "c", "d")}
    assert found[-1] in {("a",), ("c",)}


def test_the_giving_catchment_stays_in_one_piece():
    """Of the row a b c, b touches x; without it a and c would lie apart."""
    borders = drawn("abc", ".x.")
    assert list(movable("abc", "x", borders, relief=dict.fromkeys("abc", 5.0), needed=5)) == [
        ("a", "b"),
        ("b", "c"),
    ]


def test_a_catchment_in_two_pieces_may_stay_in_two():
    borders = drawn("xab.c")
    assert ("a",) in list(movable("abc", "x", borders, relief=dict.fromkeys("abc", 5.0), needed=5))


def test_nobody_is_left_without_a_block_and_fixed_blocks_stay():
    borders = drawn("xab")
    assert list(movable("a", "x", borders, relief={"a": 5.0}, needed=1)) == []
    assert list(movable("ab", "x", borders, relief={"a": 5.0}, needed=1, fixed="a")) == []


MAPS = st.lists(st.sampled_from("ox"), min_size=12, max_size=12)


@settings(max_examples=150, deadline=None)
@given(MAPS, st.lists(st.integers(0, 9), min_size=12, max_size=12), st.integers(1, 20))
def test_the_first_set_is_the_best_of_all_sets(owners, children, needed):
    """On twelve blocks of two owners: among all sets of up to six blocks that keep the rules, none needs fewer."""
    letters = "abcdefghijkl"
    borders = drawn(letters[:4], letters[4:8], letters[8:])
    own = {letter for letter, owner in zip(letters, owners, strict=True) if owner == "o"}
    other = set(letters) - own
    relief = dict(zip(letters, (float(number) for number in children), strict=True))
    allowed = [
        found
        for size in range(1, BLOCKS + 1)
        for found in combinations(sorted(own), size)
        if pieces(found, borders) == 1
        and any(borders[block] & other for block in found)
        and own - set(found)
        and pieces(own - set(found), borders) <= pieces(own, borders)
    ]
    sums = {found: sum(relief[block] for block in found) for found in allowed}
    best = min((total for total in sums.values() if total >= needed), default=None)
    found = list(movable(own, other, borders, relief=relief, needed=needed, kept=10_000))
    assert set(found) <= set(allowed)
    if best is not None:
        assert sums[found[0]] == best
    elif found:
        assert sums[found[0]] == max(sums.values())


def test_the_land_knows_neighbours_sites_and_ways():
    """A stands in a1, B in b2; from a2, 100 m east of A, it is 100 m to A and 200 m to B."""
    land = Land(run=street_run())
    assert land.borders == {"a1": {"a2"}, "a2": {"a1", "b1"}, "b1": {"a2", "b2"}, "b2": {"b1"}}
    assert land.sites == {"A": "a1", "B": "b2"}
    assert land.metres({"a2": 5.0}, "B") == pytest.approx(200)
    assert land.metres({"a1": 3.0, "a2": 1.0}, "A") == pytest.approx(25)
    assert land.burden(("a1", "a2"), "B", limit=250) == 1
    assert land.burden(("a1", "a2"), "B", limit=100) == 2
