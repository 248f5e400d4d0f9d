"""The best of many sites: against brute force over all sites, by hand, and the bounds that prove it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pulp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from planner.errors import DataError, PlanError
from planner.optimise.lowering import lower
from planner.optimise.sites.facts import NewSchool, SiteFacts
from planner.optimise.sites.model import SitingEngine, lowered_siting, state_siting
from planner.optimise.sites.prices import site_bounds
from planner.optimise.sites.ranking import SiteSearch, across, rank_sites, ranked

STREET = [0.0, 1.0, 2.0, 5.0, 6.0]
"""Units on a street. [km]"""


def street(**changes) -> dict:
    """
    Return the tables of a street of five units with ten children each and one school of 30 seats at its left end.

    .. code-block:: text

        u0 u1 u2 . . u3 u4      km 0 1 2 5 6; school west at 0; sites at 0, 5 and 6
    """
    units = [f"u{k}" for k in range(5)]
    ways = pd.DataFrame({"west": STREET}, index=units)
    sites = {"at0": 0.0, "at5": 5.0, "at6": 6.0}
    site_ways = pd.DataFrame(
        {site: [abs(place - x) for x in STREET] for site, place in sites.items()}, index=units
    )
    tables = {
        "demand": pd.Series(10.0, index=units),
        "ways": ways,
        "site_ways": site_ways,
        "seats": pd.Series({"west": 30.0}),
        "new_seats": 30.0,
    }
    return tables | changes


def random_facts(seed: int) -> SiteFacts:
    """Return up to 6 units, 3 schools, 5 sites and 2 years; some ways missing, some schools closed in a year."""
    rng = np.random.default_rng(seed)
    units, schools, sites, years = (int(rng.integers(1, top)) for top in (7, 4, 6, 3))
    places = [rng.uniform(0, 10, (number, 2)) for number in (units, schools, sites)]

    def ways(there: np.ndarray) -> np.ndarray:
        km = np.linalg.norm(places[0][:, None] - there[None], axis=2).round(2)
        return np.where(rng.random(km.shape) < 0.15, np.inf, km)

    seats = rng.integers(0, 60, (schools, years)).astype(float)
    least = np.where(rng.random(seats.shape) < 0.3, (seats * 0.5).round(), 0.0)
    seats[rng.random(seats.shape) < 0.15] = np.nan
    return SiteFacts(
        units=tuple(f"u{k}" for k in range(units)),
        schools=tuple(f"s{k}" for k in range(schools)),
        sites=tuple(f"k{k}" for k in range(sites)),
        years=tuple(range(2027, 2027 + years)),
        demand=rng.integers(0, 40, (units, years)).astype(float),
        ways=ways(places[1]),
        site_ways=ways(places[2]),
        seats=seats,
        least=least,
    )


def random_school(seed: int) -> NewSchool:
    """Return a school of up to 60 seats, that must have some children in a third of the cases."""
    rng = np.random.default_rng(seed + 10_000)
    seats = float(rng.integers(1, 60))
    return NewSchool(seats=seats, least=float(rng.random() < 0.3) * seats / 2)


def brute(facts: SiteFacts, new: NewSchool, site: int) -> tuple[float, float, float]:
    """Return children unplaced, children above seats or missing, and km at a site: three programmes in order a year."""
    total = np.zeros(3)
    for year in range(len(facts.years)):
        open_ = np.flatnonzero(~np.isnan(facts.seats[:, year]))
        ways = np.column_stack([facts.ways[:, open_], facts.site_ways[:, site]])
        seats = np.append(facts.seats[open_, year], new.seats)
        least = np.append(facts.least[open_, year], new.least)
        units, schools = ways.shape
        cells = units * schools
        # columns: x[unit, school], u[unit], o[school], z[school]
        count = cells + units + 2 * schools
        equal = np.zeros((units, count))
        for i in range(units):
            equal[i, i * schools : (i + 1) * schools] = 1
            equal[i, cells + i] = 1
        rows = np.zeros((2 * schools, count))
        for s in range(schools):
            rows[s, s:cells:schools], rows[schools + s, s:cells:schools] = 1, -1
            rows[s, cells + units + s], rows[schools + s, cells + units + schools + s] = -1, -1
        right = np.append(seats, -least)
        finite = np.isfinite(ways).reshape(-1)
        bounds = [(0, None if known else 0) for known in finite] + [(0, None)] * (count - cells)
        goals = np.zeros((3, count))
        goals[0, cells : cells + units] = 1
        goals[1, cells + units :] = 1
        goals[2, :cells] = np.where(finite, ways.reshape(-1), 0)
        for at, goal in enumerate(goals):
            found = linprog(
                goal, A_ub=rows, b_ub=right, A_eq=equal, b_eq=facts.demand[:, year], bounds=bounds
            )
            assert found.status == 0
            total[at] += found.fun
            rows, right = np.vstack([rows, goal]), np.append(right, found.fun + 1e-9)
    return float(total[0]), float(total[1]), float(total[2])


@pytest.mark.parametrize("seed", range(60))
def test_the_order_of_sites_is_that_of_brute_force(seed: int) -> None:
    """Unplaced, above the seats or missing, and km of every one of the best equal those of three programmes in order."""
    facts, new = random_facts(seed), random_school(seed)
    search = SiteSearch(facts, new)
    best = search.find(3)
    truth = [brute(facts, new, site) for site in range(len(facts.sites))]
    order = sorted(range(len(truth)), key=lambda site: (*np.round(truth[site], 5), site))
    for rank, site in enumerate(best.tolist()):
        sited = search.placed[site]
        got = (sited.unplaced, sited.over + sited.below, sited.km)
        assert got == pytest.approx(truth[site], abs=1e-4)
        assert got == pytest.approx(truth[order[rank]], abs=1e-4)


@given(st.integers(0, 10_000), st.data())
@settings(max_examples=60, deadline=None)
def test_any_prices_bound_every_site_from_below(seed: int, data: st.DataObject) -> None:
    """Whatever a seat costs, no plan for a site is cheaper than its bound; the solver's prices reach it."""
    facts, new = random_facts(seed), random_school(seed)
    every = np.arange(len(facts.sites))
    drawn = st.floats(-20, 20) | st.floats(-3, 3).map(lambda share: share * facts.price)
    prices = np.array(data.draw(st.lists(drawn, min_size=len(facts.schools), max_size=len(facts.schools))))
    search = SiteSearch(facts, new)
    for site in every.tolist():
        sited = search.place(site)
        scale = max(1.0, abs(sited.cost))
        bounds = [site_bounds(facts, new, year, prices, every)[site] for year in range(len(facts.years))]
        assert sum(bounds) <= sited.cost + 1e-9 * scale
        assert sited.bound == pytest.approx(sited.cost, abs=1e-9 * scale)


@given(st.integers(0, 10_000))
@settings(max_examples=30, deadline=None)
def test_children_are_conserved_and_no_answer_depends_on_what_was_asked_before(seed: int) -> None:
    """Those placed and those unplaced are all; an engine gives a site the same whether asked first or last."""
    facts, new = random_facts(seed), random_school(seed)
    for year in range(len(facts.years)):
        engine, again = SitingEngine(facts, new, year), SitingEngine(facts, new, year)
        for site in range(len(facts.sites)):
            placed = engine.place(site).from_units
            without = facts.away(year) & ~np.isfinite(facts.site_ways[:, site])
            assert placed.sum(axis=1) == pytest.approx(np.where(without, 0, facts.demand[:, year]), abs=1e-7)
            reach = np.column_stack([facts.ways_in(year), facts.site_ways[:, site]])
            assert not placed[~np.isfinite(reach)].any()
        last = len(facts.sites) - 1
        assert (engine.place(last).from_units == again.place(last).from_units).all()


def test_the_street_by_hand() -> None:
    """
    West holds u0, u1, u2 (0 + 10 + 20 km); the school at 5 takes u3 and u4: 0 + 10 km. In all 40 km for 50 children.

    At 6 it is the same; at 0 all but 60 seats there are used: 0, 1, 2, 5, 6 km of ten children each are 140 km.
    """
    table = rank_sites(**street(), number=3).table
    assert table["site"].tolist() == ["at5", "at6", "at0"]
    assert table["metres"].tolist() == pytest.approx([800, 800, 2800])
    assert table["longer"].tolist() == pytest.approx([0, 0, 2000])
    assert table["children"].tolist()[:2] == pytest.approx([20, 20])
    assert not table[["unplaced", "over", "below"]].to_numpy().any()


def test_a_child_above_the_seats_weighs_more_than_any_way() -> None:
    """With ten seats at 5 km, 40 seats for 50 children: ten are above at every site, and only then ways count."""
    ranking = rank_sites(**street(new_seats=10.0), number=3)
    assert ranking.table["over"].tolist() == pytest.approx([10, 10, 10])
    assert ranking.table["site"].iloc[0] == "at5"


def test_a_school_must_have_its_least_number() -> None:
    """At least 25 children at the new school: five of u2 come 3 km instead of 2 to the site at 5."""
    ranking = rank_sites(**street(new_least=25.0), number=1)
    assert ranking.best == ("at5",)
    assert ranking.table["children"].iloc[0] == pytest.approx(25)
    assert ranking.table["metres"].iloc[0] == pytest.approx((40 + 5) / 50 * 1000)


def test_a_unit_without_a_way_is_unplaced_unless_the_new_school_is_there() -> None:
    """u4 has no way but to the site at 6, which is best though others have shorter ways."""
    ways, site_ways = street()["ways"], street()["site_ways"]
    ways.loc["u4"] = np.nan
    site_ways.loc["u4"] = [np.nan, np.nan, 0.0]
    ranking = rank_sites(**street(ways=ways, site_ways=site_ways), number=3)
    assert ranking.best[0] == "at6"
    assert ranking.table["unplaced"].tolist() == pytest.approx([0, 10, 10])


def test_years_count_together_and_a_school_not_open_takes_nobody() -> None:
    """In 2028 west is closed: all 50 children come to the new school, 20 above its seats, where ways are shortest at 5."""
    demand = pd.DataFrame({2027: 10.0, 2028: 10.0}, index=street()["ways"].index)
    seats = pd.DataFrame({2027: [30.0], 2028: [np.nan]}, index=["west"])
    ranking = rank_sites(**street(demand=demand, seats=seats), number=1)
    assert ranking.table["over"].iloc[0] == pytest.approx(20)
    loads = ranking.loads.set_index(["school", "year"])["children"]
    assert loads["west", 2028] == 0
    assert loads["", 2028] == pytest.approx(50)


def test_what_is_said_of_the_other_sites_is_never_too_much() -> None:
    """Bounds of sites that were not placed are no larger than what placing all of them finds."""
    facts, new = random_facts(7), random_school(7)
    some, every = (
        ranked(SiteSearch(facts, new), number=1),
        ranked(SiteSearch(facts, new), number=1, every=True),
    )
    told, true = some.values.set_index("site"), every.values.set_index("site")
    assert true["exact"].all()
    assert (told["worse"] <= true["worse"] + 1e-6).all()
    equal = (true["worse"] < 1e-6) & told["longer"].notna()
    assert (told["longer"] <= true["longer"] + 1e-6)[equal].all()
    assert some.rest <= every.rest + 1e-6
    assert some.near(1e9) >= every.near(1e9)


def test_one_size_is_tried_in_the_case_of_another() -> None:
    """The best site is worth nothing more in its own case, and never better than the best in another."""
    rankings = {str(seats): rank_sites(**street(new_seats=seats), number=1) for seats in (10.0, 30.0)}
    table = across(rankings)
    assert len(table) == 4
    assert table.loc[table["best_in"] == table["case"], "longer"].tolist() == pytest.approx([0, 0])
    assert (table["longer"] >= -1e-9).all()


def test_the_model_reads_as_text(tmp_path) -> None:
    """One unit, one school of 5 seats and the new one of 3 with at least 1 child: the programme as it is written."""
    facts = SiteFacts(
        units=("u",),
        schools=("a",),
        sites=("k",),
        years=(2027,),
        demand=np.array([[9.0]]),
        ways=np.array([[2.0]]),
        site_ways=np.array([[0.5]]),
        seats=np.array([[5.0]]),
        least=np.array([[0.0]]),
    )
    model = state_siting(facts, NewSchool(seats=3, least=1), 0, 0)
    file = tmp_path / "siting.lp"
    model.problem.writeLP(str(file))
    rows = [line for line in file.read_text().splitlines() if ":" in line]
    assert rows == [
        "OBJ: 36 o_a + 36 o_new + 2 x_u_a + 0.5 x_u_new + 36 z_a + 36 z_new",
        "least_a: x_u_a + z_a >= 0",
        "least_new: x_u_new + z_new >= 1",
        "placed_u: u_u + x_u_a + x_u_new = 9",
        "seats_a: - o_a + x_u_a <= 5",
        "seats_new: - o_new + x_u_new <= 3",
    ]
    assert isinstance(model.problem, pulp.LpProblem)


@given(st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_the_arrays_are_those_of_the_stated_model(seed: int) -> None:
    """What the engine hands over is what PuLP states: bounds, rows, terms, and the costs the engine sets."""
    facts, new = random_facts(seed), random_school(seed)
    model = state_siting(facts, new, 0, 0)
    stated, own = lower(model.problem, model.variables), lowered_siting(facts, new, 0, 0)
    for name in ("lower", "upper", "whole", "row_lower", "row_upper"):
        assert getattr(stated, name).tolist() == getattr(own, name).tolist()
    assert (stated.matrix.toarray() == own.matrix.toarray()).all()
    assert model.problem.objective is not None
    costs = [model.problem.objective.get(variable, 0.0) for variable in model.variables]
    handed = SitingEngine(facts, new, 0).highs.getLp().col_cost_
    assert list(handed) == pytest.approx(costs)


def test_all_faults_of_the_tables_are_told_at_once() -> None:
    """No demand, a unit without ways, negative seats, no site and a school without seats are five faults."""
    units = street()["ways"].index
    with pytest.raises(DataError) as refused:
        rank_sites(
            pd.Series(0.0, index=units),
            street()["ways"].drop(index="u0"),
            pd.DataFrame(index=units),
            pd.Series({"west": -1.0}),
            new_seats=-5,
        )
    text = str(refused.value)
    for part in (
        "no demand",
        "ways: nothing is said of u0",
        "seats: figures of west are negative",
        "no candidate site",
        "must have seats, not -5",
    ):
        assert part in text


def test_seats_that_nobody_states_are_refused() -> None:
    """A district whose schools have no seats cannot be ranked."""
    with pytest.raises(DataError, match="No school has seats"):
        rank_sites(**street(seats=pd.Series({"west": np.nan})))


def test_a_plan_that_loses_children_is_refused() -> None:
    """A solver that leaves out a unit, or sends it where there is no way, is caught before anything is said."""
    facts, new = random_facts(3), NewSchool(seats=10)
    search = SiteSearch(facts, new)
    placement = search.engines[0].place(0)
    ways = np.column_stack([facts.ways, facts.site_ways[:, 0]])
    search._check(placement, ways, 0, 0)
    with pytest.raises(PlanError, match="loses children"):
        search._check(replace(placement, from_units=placement.from_units + 1), ways, 0, 0)


def test_bounds_are_the_same_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A large district is bounded a few sites at a time: site by site the figures are equal."""
    facts, new = random_facts(7), random_school(7)
    sites, prices = np.arange(len(facts.sites)), np.linspace(0, 5, len(facts.schools))
    whole = site_bounds(facts, new, 0, prices, sites)
    monkeypatch.setattr("planner.optimise.sites.prices._CELLS", 1)
    assert site_bounds(facts, new, 0, prices, sites) == pytest.approx(whole)


@given(st.integers(0, 10_000), st.floats(0, 30))
@settings(max_examples=40, deadline=None)
def test_more_seats_never_cost_more(seed: int, more: float) -> None:
    """A larger new school, of the same least number, is at no site worse: in children first, then in ways."""
    facts, new = random_facts(seed), random_school(seed)
    small, large = SiteSearch(facts, new), SiteSearch(facts, replace(new, seats=new.seats + more))
    for site in range(len(facts.sites)):
        less, cost = large.place(site).cost, small.place(site).cost
        assert less <= cost + 1e-9 * max(1.0, cost)
