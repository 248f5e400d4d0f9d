"""Past forecasts of the made district, and of Edinburgh, made again: better than what a spreadsheet would have said."""

from __future__ import annotations

from pathlib import Path

import pytest

from planner.district import read_district
from planner.pipeline.looking_back import LookedBack, look_back
from planner.policy import read_policy
from tests.real import edinburgh
from tests.real.places import real_data

YUHE = Path(__file__).parents[2] / "data" / "yuhe"


def error(looked: LookedBack, target: str, lead: int) -> float:
    table = looked.found.scores
    rows = table.loc[(table["target"] == target) & (table["lead"] == lead) & (table["band"] == "all")]
    return float(rows["wape"].iloc[0])


def best_simple(looked: LookedBack, target: str, lead: int) -> float:
    table = looked.found.baselines
    return float(table.loc[(table["target"] == target) & (table["lead"] == lead), "wape"].min())


@pytest.fixture(scope="module")
def yuhe() -> LookedBack:
    district = read_district(YUHE)
    return look_back(district, read_policy(district.policy), origins=(2023, 2025), leads=(1, 2), draws=100)


@pytest.mark.parametrize("target", ["entry", "grades", "grade 7", "unit total"])
def test_with_a_register_we_beat_every_simple_method(yuhe, target):
    """From 2023 on the district has extracts of the register: entry is off by 4 to 5 %, simple methods by 12."""
    assert error(yuhe, target, 1) < best_simple(yuhe, target, 1)


def test_without_children_by_home_a_fed_stage_goes_by_its_own_past_intakes():
    """Before 2023 nobody is counted by home: grade 7 is off by 4 to 6 %, simple methods by 7 to 10; ranges hold."""
    district = read_district(YUHE)
    looked = look_back(district, read_policy(district.policy), origins=(2020, 2022), leads=(1, 2), draws=100)
    for lead in (1, 2):
        assert error(looked, "grade 7", lead) < best_simple(looked, "grade 7", lead) - 1
        table = looked.found.scores.query("target == 'grade 7' and band == 'all'").set_index("lead")
        assert 0.65 < table.loc[lead, "cover80"] < 0.92


def test_the_bureaus_own_forecasts_were_too_high_by_a_tenth(yuhe):
    """As data/README.md says of them; ours of the same autumns were not."""
    ledger = yuhe.ledger.loc[(yuhe.ledger["made_in"] == "all") & (yuhe.ledger["lead"] == 1)].set_index(
        "method"
    )
    assert 7 < ledger.loc["official", "bias"] < 13
    assert abs(ledger.loc["planner", "bias"]) < 3
    assert ledger.loc["planner", "wape"] < ledger.loc["official", "wape"]


def test_edinburgh_as_a_district(tmp_path):
    """Measured with 2,000 draws: entry 11.9, 11.7 and 12.1 % off one to three years ahead; later grades 4.4 %."""
    folder = edinburgh.convert(real_data("edinburgh"), tmp_path / "edinburgh")
    looked = look_back(read_district(folder), read_policy("scotland"), leads=(1, 2, 3), draws=200)
    assert looked.origins == (2015, 2016, 2017)
    for lead in (1, 2, 3):
        assert error(looked, "entry", lead) < best_simple(looked, "entry", lead) + 0.5
    assert error(looked, "grades", 1) < 6.8
    entry = looked.found.scores.query("target == 'entry' and lead == 1 and band == 'all'").iloc[0]
    assert 0.7 < entry["cover80"] < 0.9
