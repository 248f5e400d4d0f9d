"""Named drivers of migration: children by year, place and age, with range and chance, on top of past ratios."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from planner.forecast import fit_forecast
from planner.forecast.drivers import named_drivers
from planner.forecast.model import CHUNK
from planner.forecast.streams import Shocks
from tests.forecast.town import POLICY, steady, town

YEARS = tuple(range(2026, 2036))
WITHIN = 1.2815515655446004


def _town(*drivers, **more):
    """
    Two blocks of 100 children a year group, each with a primary school; J takes both for grades 7-9.

    .. code-block:: text

        +-------+-------+
        | A: S  | B: T  |   area x
        +-------+-------+
    """
    junior = [
        {"school": "J", "grade": grade, "year": year, "pupils": 200}
        for year in range(2018, 2026)
        for grade in (7, 8, 9)
    ]
    return town(
        blocks={"A": "S", "B": "T"},
        schools={"S": "1-6", "T": "1-6", "J": "7-9"},
        junior={"A": "J", "B": "J"},
        areas={"A": "x", "B": "x"},
        enrolment=[*steady("S", 100), *steady("T", 100), *junior],
        drivers=drivers,
        **more,
    )


def _driver(**more):
    sure = {
        "driver": "R",
        "kind": "relocation",
        "block": "A",
        "since": 2027,
        "children": 60,
        "low": 40,
        "high": 80,
    }
    return {**sure, **more}


def _forecast(*drivers):
    return fit_forecast(_town(*drivers), POLICY, YEARS, seed=3)


def _entrants(forecast, stage="primary"):
    return forecast.expected().entrants[stage][:, :, 0].astype(int)


def _more(drawn, without, stage="primary"):
    return drawn.entrants[stage].astype(int) - without.entrants[stage]


def _drivers(*rows):
    return named_drivers(_town(*rows), POLICY, YEARS)


def test_children_of_the_age_of_entry_enter_from_the_first_year():
    """60 a year from 2027 in block A, beside its 100; nothing in 2026 and nothing in B."""
    assert _entrants(_forecast(_driver())).tolist() == [[100, *[160] * 9], [100] * 10]


def test_a_driver_ends_with_its_last_year():
    """From 2027 to 2028: two autumns with 160."""
    assert _entrants(_forecast(_driver(until=2028)))[0].tolist() == [100, 160, 160, *[100] * 7]


def test_younger_children_enter_when_they_reach_the_age():
    """Of 60 a year aged 3 to 5, 20 are of each age: those of 2027 enter in 2030 (3), 2029 (4) and 2028 (5)."""
    found = _entrants(_forecast(_driver(age_from=3, age_to=5, until=2027)))[0]
    assert found.tolist() == [100, 100, 120, 120, 120, *[100] * 5]


def test_older_children_join_their_grade_and_move_up_with_it():
    """
    60 a year aged 6 to 11 from 2027 are 10 of each age: 10 enter, 10 join each of the grades 2 to 6 of school S.

    Grade 2 of 2027 has 100 children below: growth rises by 10/100. Its grade 1 of 2027 has 110: 10/110 in 2028.
    Grade 6 of 2027 takes 10, who enter junior school in 2028; from grade 5 of 2027 on there are two years' joiners,
    20 in 2029, and so on to 50 in 2032; from 2033 on entrants of 2027 are among them, 60.
    """
    forecast = _forecast(_driver(age_from=6, age_to=11))
    growth = forecast.expected().growth[:, :, :, 0]
    assert growth[0, 1, :4] == pytest.approx([1, 1.1, 1 + 10 / 110, 1 + 10 / 110], abs=1e-4)
    assert growth[1, 1:6] == pytest.approx(np.ones((5, 10)))
    junior = [100, 100, 110, 120, 130, 140, 150, 160, 160, 160]
    assert _entrants(forecast, "junior").tolist() == [junior, [100] * 10]


def test_children_of_the_age_of_a_fed_stage_enter_it_on_top_of_the_leavers():
    """20 a year aged 12 beside 200 leavers: transition 1.1 from 2027 on, and block A has 120 of its 220 entrants."""
    forecast = _forecast(_driver(children=20, low=15, high=25, age_from=12))
    assert forecast.expected().transition["junior"][:, 0] == pytest.approx([1, *[1.1] * 9])
    assert _entrants(forecast, "junior").tolist() == [[100, *[120] * 9], [100] * 10]
    assert _entrants(forecast)[0].tolist() == [100] * 10


def test_children_of_an_area_live_where_its_entrants_do():
    """Both blocks have half of the area's entrants, and 30 of its 60."""
    assert _entrants(_forecast(_driver(block=None, area="x")))[:, 1].tolist() == [130, 130]
    assert _entrants(_forecast(_driver(block=None)))[:, 1].tolist() == [130, 130]


def test_the_ends_of_the_range_hold_80_per_cent():
    """
    60 with 40 to 120: at the shock that a tenth fall below the number is 40, a tenth exceed 120, half 60.

    Two half normals of 20/1.28 and 60/1.28 meet at 60, so the mean is 60 + (60 - 20)/1.28 x 0.399 = 72.45.
    """
    drivers = _drivers(_driver(high=120))
    shock = np.array([[-WITHIN, 0.0, WITHIN]])
    assert drivers.at(shock)[0] == pytest.approx([40, 60, 120])
    assert drivers.mean()[0] == pytest.approx(72.4521, abs=1e-3)


@pytest.mark.parametrize(
    ("children", "low", "high"), [(60, 40, 120), (30, 0, 60), (-30, -60, 0), (0, -20, 40), (20, 20, 20)]
)
def test_draws_have_the_stated_mean_and_quantiles(children, low, high):
    """The mean in closed form, cut at 0 included, within four standard errors; both ends within 2 points."""
    drivers = _drivers(_driver(children=children, low=low, high=high))
    drawn = np.concatenate([drivers.drawn(Shocks(seed=1, chunk=chunk))[0] for chunk in range(40)])
    error = max(drawn.std() / np.sqrt(len(drawn)), 1e-9)
    assert abs(drawn.mean() - drivers.expected()[0]) <= 4 * error
    assert (drawn < low - 1e-6).mean() <= 0.12
    assert (drawn > high + 1e-6).mean() <= 0.12
    if low >= 0:
        assert drawn.min() >= 0
    if high <= 0:
        assert drawn.max() <= 0


def test_the_mean_cut_at_zero_is_the_integral():
    """30 with 0 to 60: E[max(0, 30 + s z)] by numbers, s = 30/1.28."""
    drivers = _drivers(_driver(children=30, low=0, high=60))
    part = (np.arange(200_000) + 0.5) / 200_000
    exact = np.maximum(30 + 30 / WITHIN * stats.norm.ppf(part), 0).mean()
    assert drivers.mean()[0] == pytest.approx(exact, abs=1e-3)


def test_one_size_and_one_fate_for_all_years():
    """Certainty 0.6: in 60 % of the draws the children come, and then in every year the same number."""
    some, none = _forecast(_driver(certainty=0.6)), _forecast()
    happened = some.fates(0, 1000)["R"]
    assert happened.mean() == pytest.approx(0.6, abs=0.05)
    more = _more(some.draw(0, 1000), none.draw(0, 1000))[0]
    assert (more[:, ~happened] == 0).all()
    assert more[1:, happened].mean() == pytest.approx(60, abs=2)
    # The mean over years tells the size; what is left in a year is rounding and the counts' own noise.
    size = more[1:, happened].mean(axis=0)
    assert np.quantile(size, [0.1, 0.9]) == pytest.approx([40, 80], abs=3)


def test_rows_of_a_driver_share_its_size_and_those_who_leave_mirror_those_who_come():
    """A move of 40 a year from A to B: what A loses B gains in every draw."""
    away = _driver(children=-40, low=-60, high=-20, certainty=0.5)
    come = _driver(block="B", children=40, low=20, high=60, certainty=0.5)
    drawn = _drivers(away, come).drawn(Shocks(seed=2, chunk=0))
    assert drawn[0] == pytest.approx(-drawn[1])
    assert (drawn[0] == 0).mean() == pytest.approx(0.5, abs=0.07)
    assert drawn[1].max() > 60


def test_who_leaves_is_bounded_by_who_is_there():
    """500 a year leave a block of 100, and as many its later grades: none are left, and no count is negative."""
    forecast = _forecast(_driver(children=-1500, low=-1600, high=-1400, age_from=6, age_to=8))
    assert _entrants(forecast)[0].tolist() == [100, *[0] * 9]
    drawn = forecast.draw(0, 100)
    assert drawn.entrants["primary"][0, 1:].max() == 0
    assert drawn.growth.min() == 0
    assert (drawn.entrants["primary"] >= 0).all()
    assert (drawn.growth[1, 1:6] > 0).all()


def test_what_the_counts_contain_is_not_counted_twice():
    """A driver of 60 a year since 2023, of which 40 came a year in 2023-2025: 20 a year are new."""
    past = _driver(since=2023, until=2025, children=40, low=None, high=None)
    now = _driver(since=2026, children=60)
    assert _entrants(_forecast(past, now))[0].tolist() == [120] * 10
    assert _entrants(_forecast(_driver(since=2023, children=60)))[0].tolist() == [100] * 10


def test_a_stated_baseline_holds_before_the_past_rows():
    """`already = 10` of 60: 50 more."""
    assert _entrants(_forecast(_driver(since=2026, already=10)))[0].tolist() == [150] * 10


def test_a_driver_that_ends_takes_away_what_the_counts_contain():
    """30 a year since 2021 until 2027: nothing changes to 2027, then 30 fewer."""
    found = _entrants(_forecast(_driver(since=2021, until=2027, children=30, low=20, high=40)))[0]
    assert found.tolist() == [100, 100, *[70] * 8]


def test_a_running_driver_that_does_not_happen_takes_away_its_baseline():
    """Left out, the 30 a year since 2021 are missing from 2026 on; rows of the past stay what they were."""
    past = _driver(since=2021, until=2025, children=30, low=20, high=40)
    ahead = _driver(since=2026, children=30, low=20, high=40, include=False)
    assert _entrants(_forecast(past, ahead))[0].tolist() == [70] * 10


def test_a_driver_left_out_by_default_changes_no_draw():
    """The same bytes as without the table."""
    off, none = _forecast(_driver(include=False)).draw(0, 200), _forecast().draw(0, 200)
    assert (off.entrants["primary"] == none.entrants["primary"]).all()
    assert (off.growth == none.growth).all()


def test_a_quiet_driver_stays_at_its_mean():
    """With `migration` quiet every draw has 60 x 0.5 more entrants, within rounding; all other shocks keep their values."""
    some, none = _forecast(_driver(certainty=0.5)), _forecast()
    quiet = frozenset({"migration", "count"})
    more = _more(some.draw(0, 200, quiet=quiet), none.draw(0, 200, quiet=quiet))[0, 1:]
    assert more == pytest.approx(np.full(more.shape, 30), abs=1)


def test_draws_do_not_depend_on_other_drivers_or_chunks():
    """Driver R keeps its size and fate beside another, and in whatever range of draws."""
    other = _driver(driver="Q", block="B", certainty=0.3)
    one, two = _forecast(_driver(certainty=0.5)), _forecast(other, _driver(certainty=0.5))
    assert (one.fates(0, 600)["R"] == two.fates(0, 600)["R"]).all()
    assert (two.fates(300, 600)["R"] == two.fates(0, 600)["R"][300:]).all()
    assert (one.draw(0, 50).entrants["primary"][0] == two.draw(0, 50).entrants["primary"][0]).all()
    assert len(one.fates(0, CHUNK)["R"]) == CHUNK


def test_the_table_of_newcomers_tells_driver_and_year():
    """10 enter and 50 join in 2027, with the ends of 80 % near 40 and 80."""
    table = _forecast(_driver(age_from=6, age_to=11, name="move")).newcomers().set_index(["mover", "year"])
    row = table.loc[("R", 2027)]
    assert (row["mover_kind"], row["name"], row["certainty"]) == ("driver", "move", 1)
    assert [row["entrants"], row["joining"], row["moving_in"]] == pytest.approx([10, 50, 60], abs=0.01)
    assert [row["moving_in_p10"], row["moving_in_p90"]] == pytest.approx([40, 80], abs=3)
    assert ("R", 2026) not in table.index


def test_the_explanation_of_a_block_shows_its_drivers():
    rows = _forecast(_driver()).explained.query("stage == 'primary' and block == 'A'").set_index("year")
    assert rows["drivers"].tolist() == pytest.approx([0, *[60] * 9], abs=0.01)


def test_a_driver_without_range_is_told_and_spread_by_half():
    """60 with no ends: 30 to 90, and a note names it."""
    forecast = _forecast(_driver(low=None, high=None))
    assert any("R state no range" in str(note) for note in forecast.notes)
    drivers = _drivers(_driver(low=None, high=None))
    assert drivers.at(np.array([[-WITHIN, WITHIN]]))[0] == pytest.approx([30, 90])


def test_who_joins_a_grade_without_children_is_told():
    """A school of grade 1 alone: of 60 a year 10 enter, 10 join its 100 in grade 2; the 40 of grades 3 to 6 are told."""
    young = [{"school": "S", "grade": 1, "year": year, "pupils": 100} for year in range(2018, 2026)]
    district = town(blocks={"A": "S"}, enrolment=young, drivers=[_driver(since=2026, age_from=6, age_to=11)])
    notes = [str(note) for note in fit_forecast(district, POLICY, YEARS).notes]
    assert any("up to 40 a year (2026)" in note for note in notes)
    assert not any(
        "would join grades" in str(note) for note in _forecast(_driver(age_from=6, age_to=11)).notes
    )
