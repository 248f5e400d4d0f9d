"""Which origins and years ahead are tried, and what is told of those left out."""

from __future__ import annotations

import pytest

from planner.errors import QuestionError
from planner.forecast.backtest import choose_origins

YEARS = range(2010, 2019)


def chosen(asked=None, leads=(1, 2), counted=None):
    return choose_origins(YEARS, set(YEARS) if counted is None else counted, asked, leads)


def told(found) -> str:
    return " ".join(str(note) for note in found.notes)


def test_three_transitions_before_and_one_count_after():
    """Counts of 2010 to 2018: from 2013, the fourth autumn, to 2017."""
    found = chosen()
    assert found.origins == (2013, 2014, 2015, 2016, 2017)
    assert found.notes == ()


def test_a_short_history_is_tried_from_where_it_can():
    """Three autumns: the middle one has one transition before it and a count after it."""
    found = choose_origins(range(2010, 2013), {2010, 2011, 2012}, None, (1,))
    assert found.origins == (2011,)


def test_two_autumns_are_too_few():
    with pytest.raises(QuestionError, match="2010 to 2011"):
        choose_origins(range(2010, 2012), {2010, 2011}, None, (1,))


def test_origins_that_cannot_be_are_named_with_the_reason():
    found = chosen((2009, 2020))
    assert found.origins == tuple(range(2011, 2018))
    assert "Origins left out: 2009, 2010. A fit needs 2 autumns" in told(found)
    assert "Origins left out: 2018, 2019, 2020. None of the autumns asked about" in told(found)


def test_an_autumn_without_any_count_is_no_origin_and_no_target():
    """2014 was not counted: 2013 is met two years ahead, but not one."""
    found = chosen((2013, 2015), counted=set(YEARS) - {2014})
    assert found.origins == (2013, 2015)
    assert "Origins left out: 2014. Nothing was counted" in told(found)


def test_years_ahead_that_nothing_meets_are_named():
    found = chosen((2015, 2017), leads=(1, 5))
    assert found.leads == (1,)
    assert "Years ahead left out: 5" in told(found)


def test_few_origins_of_a_lead_are_told():
    found = chosen((2012, 2017), leads=(1, 5))
    assert "5 years ahead rests on few origins: 2012, 2013" in told(found)


def test_when_none_is_left_nothing_is_tried():
    with pytest.raises(QuestionError, match="2010 to 2018"):
        chosen((2030, 2031))


def test_gaps_at_the_end_leave_the_last_origin_that_can_be_met():
    """2010, 2011, 2012 and 2018 were counted, one year ahead is asked: only 2012 follows on an origin, 2011."""
    found = chosen(counted={2010, 2011, 2012, 2018}, leads=(1,))
    assert found.origins == (2011,)
