"""Where uncertainty comes from: by hand on made draws, and on a whole run of the village."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from planner.answers import exceed
from planner.answers.drivers import PARTS, driver_line, split_of
from planner.forecast import COMPONENTS
from tests.answers.village import village_run

RATIO = np.tile([-3, 3], 40)
COUNT = np.repeat([-4, 4], 40)
"""Of 80 draws: every second one up or down by 3, and the first half down by 4, the second up."""


def quiet(**parts: np.ndarray) -> list[np.ndarray]:
    """Return the draws with each part quiet in turn; those not named change nothing."""
    whole = 100 + RATIO + COUNT
    return [parts.get(name, whole) for name in COMPONENTS]


def test_every_part_has_a_name():
    assert tuple(PARTS) == COMPONENTS


def test_two_parts_share_the_variance_as_their_own_variances_do():
    """3^2 = 9 of the ratio and 4^2 = 16 of the count are 25: 36 and 64 %, by 5 children."""
    found = split_of(100 + RATIO + COUNT, quiet(ratio=100 + COUNT, count=100 + RATIO))
    assert found.spread == 5
    shares = {name: part.share for name, part in found.parts.items()}
    assert shares == pytest.approx(dict.fromkeys(COMPONENTS, 0) | {"ratio": 0.36, "count": 0.64})
    assert all(part.error < 0.05 for part in found.parts.values())


def test_a_part_whose_absence_makes_draws_wilder_has_no_share():
    """Without the housing the variance would be 100, not 25: nothing is taken from the others for it."""
    wild = 100 + 2 * (RATIO + COUNT)
    found = split_of(100 + RATIO + COUNT, quiet(housing=wild, count=100 + RATIO))
    assert (found.parts["housing"].share, found.parts["count"].share) == (0, 1)


def test_where_nothing_varies_nothing_is_split():
    same = np.full(80, 7)
    found = split_of(same, [same] * len(COMPONENTS))
    assert (found.spread, dict(found.parts)) == (0, {})
    assert driver_line([found]) == "Nothing is uncertain about the children expected."


def test_the_share_that_no_model_can_remove_is_said_first():
    found = split_of(100 + RATIO + COUNT, quiet(ratio=100 + COUNT, count=100 + RATIO))
    assert driver_line([found]) == (
        "Taken together 64% of this uncertainty is chance of the count itself, which no model can remove; the rest: who"
        " comes of those born or registered 36%."
    )
    alone = split_of(100 + COUNT, [100 + COUNT] * 6 + [np.full(80, 100)])
    assert driver_line([alone]).startswith("All of this uncertainty is chance of the count itself")


def test_errors_are_larger_with_fewer_draws():
    """A tenth of the draws: the share of the ratio is less sure."""
    draws = np.random.default_rng(1).normal(0, (3, 4), (4000, 2)).T
    whole, parts = 100 + draws.sum(axis=0), [100 + draws[1], 100 + draws[0]]

    def error(count: int) -> float:
        with_parts = [whole[:count]] * len(COMPONENTS)
        with_parts[COMPONENTS.index("ratio")], with_parts[COMPONENTS.index("count")] = (
            part[:count] for part in parts
        )
        return split_of(whole[:count], with_parts).parts["ratio"].error

    assert error(4000) < 0.5 * error(400)


def test_a_run_is_split_for_every_school_and_its_shares_sum_to_one():
    """The entrants of the village rest on its rolls: past shares and chance; nobody was born or built."""
    run = village_run()
    answer = exceed(run, grade=1, year=2028, drivers=True)
    assert set(answer.drivers) == set(answer.names)
    for drivers in answer.drivers.values():
        assert sum(part.share for part in drivers.parts.values()) == pytest.approx(1)
        assert drivers.parts["count"].share > 0.05
        assert drivers.parts["ratio"].share > 0.05
        assert drivers.parts["housing"].share == 0
    told = answer.as_json()["schools"][0]["drivers"]
    assert set(told["parts"]) == set(COMPONENTS)


def test_a_split_is_of_the_scenario_as_it_stands_where_questions_are_open():
    """With worlds, the draws of the run are not those of one scenario: all are drawn again."""
    run = village_run(draws=20)
    plain = exceed(run, grade=1, year=2027, drivers=True).drivers
    open_ = exceed(replace(run, worlds=(None,)), grade=1, year=2027, drivers=True).drivers  # pyright: ignore[reportArgumentType]
    assert {key: each.spread for key, each in open_.items()} == {
        key: each.spread for key, each in plain.items()
    }
