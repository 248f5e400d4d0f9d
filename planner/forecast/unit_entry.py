"""
Children entering units (schools, catchments or areas) that no other unit feeds, from past counts and births.

Up to six forecasts are made of every unit:

- **level**: its share of all entrants, followed through the years, times the level of all;
- **births**: the same share times all, moved on as births move;
- **own**: its own count, followed by itself, moved on as births move;
- **born here**: births of its own area times the ratio of entrants to births, followed;
- **younger**: what its children in the first grades, three year groups instead of one, say of the next;
- **steady**: the mean of its latest counts, moved on as births move: the further ahead, the less the last count tells.

They are weighted by how well each would have done at past autumns, lead by lead, and the errors that the weighted
forecast would have made there give its uncertainty: what all units share, and what is a unit's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.forecast.levels import Prior, fit_level
from planner.forecast.smoothing import smooth
from planner.forecast.stacking import stacked_weights

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from planner.forecast.levels import Followed

    Forecaster = Callable[[int], NDArray[np.float64]]
    """Past autumn, by position, to what would have been said then [unit, lead]; missing where it says nothing."""

_PRIORS = {"level": 0.2, "births": 0.4, "own": 0.15, "born here": 0.2, "younger": 0.15, "steady": 0.1}
"""Weights to begin with, rescaled to those that there are; that of the steady forecast is multiplied by the lead."""
_SHARE = Prior(per_child=1.0, yearly=0.06)
_BORN = Prior(per_child=0.9, yearly=0.04)
_YOUNGER = Prior(per_child=1.0, yearly=0.03, start=0.1)
"""Entry shares vary by 1.0 per child and 4.6 to 6 % a year in New York and Atlanta, ratios to births by 0.84 and 1.15 %
in England; how far younger grades mislead is an assumption that the fit replaces."""

_TOLD_BY_BIRTHS = (0.95, 0.15)
"""Prior of the part of births' moves that entrants follow, and its standard deviation."""
_LEVEL_NOISE = 0.03
"""Standard deviation of the level of all entrants around what births make of it, in one year."""
_LATEST = 8
"""Past autumns at which forecasts are tried. [years]"""
_REFERENCE = 6
"""Latest autumns whose mean is a unit's scale. [years]"""
_STEADY = 3
"""Latest autumns whose mean is the steady forecast. [years]"""
_YEARLY = 0.06
"""Prior standard deviation of a unit's error in one year beyond the count's own noise."""
_DISTRICT = 0.02
"""The same of all units together."""
_UNIT_WORTH = 30.0
_DISTRICT_WORTH = 4.0
"""Past errors that these priors are worth."""
_FEWEST = 2
"""Autumns that errors are taken to rest on at least: variances are inflated by a half at most."""
_IN_AUTUMN = 20
"""Most errors of one autumn that count: more units tell no more of other autumns."""
_EXTREME = 9.0
_CLIPPED = 0.975
"""Largest squared standardised error used, and the mean of a squared standard normal clipped there."""


@dataclass(frozen=True, kw_only=True)
class EntryFacts:
    """What is known of the entry grade of units."""

    entered: NDArray[np.float64]
    """[unit, autumn], oldest first; missing where not counted. [children]"""
    younger: NDArray[np.float64]
    """[unit, autumn]: mean of the first three grades. [children]"""
    births: NDArray[np.float64] | None
    """[autumn and leads]: births of the cohort that enters, all units together; missing where unknown. [children]"""
    born_here: NDArray[np.float64] | None
    """[unit, autumn and leads]: the same by unit."""
    lag: int
    """Years from a birth cohort to its entry: as many leads are known at any autumn. [years]"""
    admitting: NDArray[np.bool_] | None = None
    """[unit]: whether the unit goes on to admit; left out, those counted in the last autumn do."""


@dataclass(frozen=True, kw_only=True)
class UnitEntry:
    """Entrants expected, and how far they may be off."""

    mean: NDArray[np.float64]
    """[unit, lead]; missing for units not counted in the last autumn. [children]"""
    unit_variance: NDArray[np.float64]
    """[lead]: of a unit's own error, relative to the mean, without the count's noise; never falling. [1]"""
    shared_variance: NDArray[np.float64]
    """[lead]: of the error that all units share. [1]"""
    per_child: float
    """Variance of a count per child. [1]"""
    weights: NDArray[np.float64]
    """[lead, forecast]. [1]"""
    forecasts: tuple[str, ...]
    tried: int
    """Past forecasts, one unit at one autumn one year ahead, that weights and errors rest on."""
    follows_births: float
    """Part of births' moves that entrants follow. [1]"""


def fit_unit_entry(facts: EntryFacts, leads: int) -> UnitEntry:
    """
    Return the entrants of units in the years after the last autumn.

    Parameters
    ----------
    facts
        Counts and births; at least one autumn.
    leads
        Years ahead.
    """
    trial = _Trial(facts, leads)
    names = tuple(trial.forecasters)
    last = facts.entered.shape[1] - 1
    weights = np.zeros((leads, len(names)))
    errors: list[_Errors] = []
    tried = 0
    for lead in range(leads):
        prior = [_PRIORS[name] * (1 + lead if name == "steady" else 1) for name in names]
        past = trial.past(lead)
        if past.forecasts.size:
            middle = np.maximum(past.forecasts.mean(axis=1), 1.0)
            relative = _YEARLY**2 * (lead + 1) + _DISTRICT**2
            spread = np.sqrt(trial.per_child * middle + relative * middle**2)
            weights[lead] = stacked_weights(past.forecasts, past.actual, spread, prior)
        else:
            weights[lead] = np.array(prior) / sum(prior)
        errors.append(past.errors(weights[lead], trial.per_child))
        tried = tried or len(past.actual)
    said = np.stack([trial.said(name, last) for name in names], axis=-1)
    used = np.where(np.isfinite(said), weights[None], 0.0)
    total = used.sum(axis=-1)
    mean = (np.nan_to_num(said) * used).sum(axis=-1) / np.where(total > 0, total, 1.0)
    counted = np.isfinite(facts.entered[:, last]) if facts.admitting is None else facts.admitting
    unit, shared = _variances(errors, trial.yearly)
    return UnitEntry(
        mean=np.where((total > 0) & counted[:, None], mean, np.nan),
        unit_variance=unit,
        shared_variance=shared,
        per_child=trial.per_child,
        weights=weights,
        forecasts=names,
        tried=tried,
        follows_births=trial.follows_births(last),
    )


def _variances(errors: list[_Errors], yearly: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the variances of units' own and of shared errors by lead, each drawn towards its prior."""
    unit, shared = np.zeros(len(errors)), np.zeros(len(errors))
    for lead, found in enumerate(errors):
        expected = _YEARLY**2 if not lead else unit[lead - 1] + max(yearly**2, unit[0])
        cases = min(found.cases, _IN_AUTUMN * found.autumns)
        logs = cases * np.log(max(found.unit, 1e-5)) + _UNIT_WORTH * np.log(expected)
        unit[lead] = np.exp(logs / (cases + _UNIT_WORTH))
        expected = _DISTRICT**2 * (1 + lead / 2)
        shared[lead] = (found.autumns * found.shared + _DISTRICT_WORTH * expected) / (
            found.autumns + _DISTRICT_WORTH
        )
    # Found in the autumns that the weights were fitted to: the fewer they were, the further off others will be.
    inflation = 1 + 1 / np.maximum([found.autumns for found in errors], _FEWEST)
    return np.maximum.accumulate(unit * inflation), np.maximum.accumulate(shared * inflation)


@dataclass(frozen=True, kw_only=True)
class _Errors:
    """How far weighted forecasts would have been off at one lead."""

    unit: float
    """Variance of units' own errors, relative to the forecast, beyond the counts' noise. [1]"""
    cases: int
    shared: float
    """Mean square of the errors that units share, beyond the counts' noise. [1]"""
    autumns: int


@dataclass(frozen=True, kw_only=True)
class _Past:
    """What forecasts would have said at past autumns, and what came, at one lead."""

    forecasts: NDArray[np.float64]
    """[case, forecast]. [children]"""
    actual: NDArray[np.float64]
    """[case]. [children]"""
    autumn: NDArray[np.intp]
    """[case]: when it was said."""

    def errors(self, weights: NDArray[np.float64], per_child: float) -> _Errors:
        """Return how far the weighted forecast would have been off."""
        if not len(self.actual):
            return _Errors(unit=0.0, cases=0, shared=0.0, autumns=0)
        mean = np.maximum(self.forecasts @ weights, 0.5)
        shared, own, noise = [], np.zeros(len(mean)), per_child / mean
        for when in np.unique(self.autumn):
            of = self.autumn == when
            off = self.actual[of].sum() / mean[of].sum() - 1
            shared.append(off**2 - per_child / mean[of].sum())
            own[of] = self.actual[of] / mean[of] - 1 - off
        variance = _YEARLY**2
        for _ in range(10):
            model = noise + variance
            clipped = np.minimum(own**2 / model, _EXTREME) * model / _CLIPPED
            variance = max(float(np.average(clipped - noise, weights=1 / model**2)), 1e-5)
        # Less than half a standard error of the estimate is as good as none among counts as noisy as these.
        variance = max(variance, float(np.sqrt(0.5 / (1 / (noise + variance) ** 2).sum())))
        return _Errors(
            unit=variance, cases=len(mean), shared=max(float(np.mean(shared)), 0.0), autumns=len(shared)
        )


class _Trial:
    """The forecasts, and what they would have said at any past autumn."""

    def __init__(self, facts: EntryFacts, leads: int) -> None:
        self.facts, self.leads = facts, leads
        entered = facts.entered
        self.known = np.isfinite(entered)
        self.total = _total(entered)
        recent = np.where(self.known, entered, 0.0)[:, -_REFERENCE:].sum(axis=1)
        counted = self.known[:, -_REFERENCE:].sum(axis=1)
        scale = recent / np.maximum(counted, 1)
        self.scale = np.where(scale > 0, scale, np.nan)
        everyone = float(np.nansum(self.scale))
        self.share = self.scale / everyone if everyone else self.scale
        shares = fit_level(entered, self.share[:, None] * self.total[None, :], _SHARE)
        own = fit_level(entered, np.repeat(self.scale[:, None], entered.shape[1], axis=1), _SHARE)
        self.per_child, self.yearly = shares.per_child, shares.yearly
        self.levels = _levels(self.total)
        self._followed: dict[int, float] = {}
        self._said: dict[tuple[str, int], NDArray[np.float64]] = {}
        self.forecasters: dict[str, Forecaster] = {
            "level": lambda at: self._shared(shares, at, np.ones(leads)),
        }
        births = facts.births
        self.ratios = None
        if births is not None:
            ratio = self.total / np.where(births[: len(self.total)] > 0, births[: len(self.total)], np.nan)
            if np.isfinite(ratio).sum() >= 2:
                self.ratios = _levels(ratio)
                self.forecasters["births"] = lambda at: self._shared(shares, at, self._moved(at))
        self.forecasters["own"] = lambda at: (self.scale * own.effect[:, at])[:, None] * self._moved(at)[None]
        self.forecasters["steady"] = self._steady
        self._add_born_here()
        self._add_younger()

    def said(self, name: str, at: int) -> NDArray[np.float64]:
        """Return what a forecast would have said [unit, lead] knowing the counts up to an autumn."""
        if (name, at) not in self._said:
            self._said[name, at] = self.forecasters[name](at)
        return self._said[name, at]

    def past(self, lead: int) -> _Past:
        """Return what would have been said a number of years ahead, and what came."""
        autumns = self.facts.entered.shape[1]
        said, came, when = [], [], []
        for at in range(max(2, autumns - _LATEST), autumns - 1 - lead):
            of = np.stack([self.said(name, at)[:, lead] for name in self.forecasters], axis=-1)
            actual = self.facts.entered[:, at + 1 + lead]
            whole = np.isfinite(of).all(axis=1) & np.isfinite(actual)
            said.append(of[whole])
            came.append(actual[whole])
            when.append(np.full(int(whole.sum()), at))
        return _Past(
            forecasts=np.concatenate(said) if said else np.zeros((0, len(self.forecasters))),
            actual=np.concatenate(came) if came else np.zeros(0),
            autumn=np.concatenate(when) if when else np.zeros(0, dtype=np.intp),
        )

    def follows_births(self, at: int) -> float:
        r"""
        Return the part of births' moves that the level of all entrants has followed up to an autumn.

        .. math:: \log(T_{t+h}/L_t) = \psi \log(B_{t+h} r_t / L_t) + \text{noise}

        drawn towards 0.95: births are what entrants are made of, but few years tell of large moves.
        """
        if self.ratios is None:
            return 0.0
        if at not in self._followed:
            centre, spread = _TOLD_BY_BIRTHS
            weight, towards = 1 / spread**2, centre / spread**2
            for then in range(max(1, at - 9), at):
                move = np.log(self._by_births(then) / self.levels[then])
                for lead in range(min(3, at - then, self.leads)):
                    came = self.total[then + 1 + lead]
                    if np.isfinite(move[lead]) and np.isfinite(came):
                        precision = 1 / ((1 + lead) * _LEVEL_NOISE**2 * 1.5)
                        weight += precision * move[lead] ** 2
                        towards += precision * move[lead] * np.log(came / self.levels[then])
            self._followed[at] = float(np.clip(towards / weight, 0, 1))
        return self._followed[at]

    def _by_births(self, at: int) -> NDArray[np.float64]:
        """Return all entrants [lead] as births and their latest ratio say; beyond known births, as the last that is."""
        births, ratios = self.facts.births, self.ratios
        if births is None or ratios is None:
            raise ValueError("there are no births")
        ahead = _ahead(births[None, :], at, self.leads, self.facts.lag)[0]
        return _carried(ahead * ratios[at])

    def _moved(self, at: int) -> NDArray[np.float64]:
        """Return by how much [lead] the level of all entrants is moved by births."""
        if self.ratios is None:
            return np.ones(self.leads)
        move = self._by_births(at) / self.levels[at]
        return np.where(move > 0, move, 1.0) ** self.follows_births(at)

    def _shared(self, shares: Followed, at: int, moved: NDArray[np.float64]) -> NDArray[np.float64]:
        return (self.share * shares.effect[:, at])[:, None] * (self.levels[at] * moved)[None, :]

    def _steady(self, at: int) -> NDArray[np.float64]:
        """Return the mean of every unit's latest counts, moved on as births have moved since."""
        latest = slice(max(at + 1 - _STEADY, 0), at + 1)
        known = self.known[:, latest]
        counted = np.where(known, self.facts.entered[:, latest], 0.0).sum(axis=1)
        mean = np.where(known.any(axis=1), counted / np.maximum(known.sum(axis=1), 1), np.nan)
        moved = np.ones(self.leads)
        total = self.total[latest]
        if self.ratios is not None and np.isfinite(total).any():
            move = self._by_births(at) / total[np.isfinite(total)].mean()
            moved = np.where(move > 0, move, 1.0) ** self.follows_births(at)
        return mean[:, None] * moved[None]

    def _add_born_here(self) -> None:
        born, autumns = self.facts.born_here, self.facts.entered.shape[1]
        if born is None or not np.isfinite(born[:, :autumns]).any():
            return
        both = self.known & (np.nan_to_num(born[:, :autumns]) > 0)
        below = np.where(both, born[:, :autumns], 0.0).sum(axis=0)
        ratio = np.where(both, self.facts.entered, 0.0).sum(axis=0) / np.where(below > 0, below, np.nan)
        if not np.isfinite(ratio).any():
            return
        places = fit_level(self.facts.entered, born[:, :autumns] * ratio[None, :], _BORN)
        levels = _levels(ratio)
        self.forecasters["born here"] = lambda at: (
            _ahead(born, at, self.leads, self.facts.lag) * (levels[at] * places.effect[:, at])[:, None]
        )

    def _add_younger(self) -> None:
        younger, entered = self.facts.younger, self.facts.entered
        before = np.full_like(entered, np.nan)
        before[:, 1:] = younger[:, :-1]
        both = self.known & (np.nan_to_num(before) > 0)
        below = np.where(both, before, 0.0).sum(axis=0)
        ratio = np.where(both, entered, 0.0).sum(axis=0) / np.where(below > 0, below, np.nan)
        if np.isfinite(ratio).sum() < 2:
            return
        places = fit_level(entered, before * ratio[None, :], _YOUNGER)
        levels = _levels(ratio)
        self.forecasters["younger"] = lambda at: (
            (younger[:, at] * levels[at] * places.effect[:, at])[:, None] * self._moved(at)[None, :]
        )


def _total(entered: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return all entrants by autumn, gaps inside a unit's history filled in between; missing where nobody was counted."""
    filled = entered.copy()
    autumns = np.arange(entered.shape[1])
    some = np.isfinite(entered).any(axis=0)
    for unit in np.flatnonzero(np.isfinite(entered).any(axis=1)):
        known = np.flatnonzero(np.isfinite(entered[unit]))
        inside = (autumns >= known[0]) & (autumns <= known[-1])
        filled[unit, inside] = np.interp(autumns[inside], known, entered[unit, known])
    return np.where(some, np.nansum(filled, axis=0), np.nan)


def _levels(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the smoothed level as known at each autumn; missing before the first value."""
    first = np.flatnonzero(np.isfinite(values))
    out = np.full(len(values), np.nan)
    for at in range(int(first[0]) if len(first) else len(values), len(values)):
        out[at] = smooth(values[: at + 1])[0]
    return out


def _ahead(births: NDArray[np.float64], at: int, leads: int, lag: int) -> NDArray[np.float64]:
    """Return births of the cohorts that enter after an autumn [row, lead], as far as they were born by then."""
    out = np.full((len(births), leads), np.nan)
    known = births[:, at + 1 : at + 1 + min(leads, lag)]
    out[:, : known.shape[1]] = known
    return out


def _carried(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return values with gaps filled by the last before them."""
    out = values.copy()
    for at in range(1, len(out)):
        if np.isnan(out[at]):
            out[at] = out[at - 1]
    return out
