"""The terms on which projects are scheduled: years, money, building capacity, and how far children may go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

Building = Literal[
    "new", "expansion", "relocation", "fit_out", "conversion", "temporary", "closure", "upgrade"
]
"""Kinds of project."""

Yuan = Annotated[float, Field(ge=0, le=1e12)]
Metres = Annotated[float, Field(gt=0, le=100_000)]

ROOM_YUAN: dict[str, float] = {
    "new": 2_370_000.0,
    "relocation": 2_370_000.0,
    "expansion": 3_170_000.0,
    "conversion": 1_300_000.0,
    "fit_out": 650_000.0,
    "temporary": 450_000.0,
    "closure": 0.0,
    "upgrade": 0.0,
}
"""
Capital for each room where a project states no cost, by kind. [yuan/room]

A new primary school of 36 classes cost 85.33 million yuan (Xiapu Dongguan primary, opened 2021); 12 classes added to a
school in a dense city 38.03 million (Xiamen Xiang'an No. 5 experimental primary). The figures of conversion, fit-out and
temporary rooms are assumptions.
"""

LIFE: dict[str, int] = {
    "new": 50,
    "relocation": 50,
    "expansion": 50,
    "conversion": 30,
    "fit_out": 30,
    "temporary": 8,
    "closure": 1,
    "upgrade": 30,
}
"""
Years over which a building loses its value, by kind. [years]

Years of depreciation of 财会〔2017〕4号 (guide to government accounting standard no. 3, table 1): reinforced concrete 50,
brick 30, simple buildings 8. That a conversion or a fit-out lasts as long as a brick building is an assumption.
"""

BUILDING_YEARS: dict[str, int] = {
    "new": 2,
    "relocation": 2,
    "expansion": 1,
    "conversion": 1,
    "fit_out": 1,
    "temporary": 0,
    "closure": 0,
    "upgrade": 1,
}
"""
Years of construction where a project states none, by kind. [years]

New schools of 36 classes took 12 to 18 months from the start of work (Xiapu Dongguan primary 2020 to 2021; Ningcheng Tianyi
No. 5 primary 2022 to 2023): two autumns. The others are assumptions.
"""


CLASS_YUAN = 300_000.0
"""What a class costs a year where nothing is said. [yuan/year]"""


class Terms(BaseModel):
    """
    The table ``[schedule]`` of a scenario: on what terms projects may open.

    A scenario with it leaves projects open (`choice`); `planner schedule` decides them. `planner run` carries the
    scenario out without those that are free.

    Goals come one after the other: children without a place, above the cap, outside their catchment, in schools above
    their size, yuan, kilometres. Each may rise for the sake of those after it by no more than a solver's accuracy: by 1e-6
    of its value, or of its unit where it is less than one, in the planner's search; by 0.0001 children or child-years
    or 0.1 yuan where another solver is given the model as a whole.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True)

    opens_since: int | None = None
    """First school year in which a free project may open; empty: the first of the horizon. [autumn]"""
    opens_until: int | None = None
    """Last school year in which a free project may open; empty: two years before the last of the horizon, an
    assumption: what opens later is judged on too few years of use. [autumn]"""
    yearly_yuan: Yuan | dict[int, Yuan] | None = None
    """Capital that may be spent in each school year, or in each of the years named; empty: no limit. In yuan, not in
    ten thousands (万元). [yuan/year]"""
    total_yuan: Yuan | None = None
    """Capital that may be spent in all years together, fixed projects included; empty: no limit. [yuan]"""
    yearly_rooms: (
        Annotated[int, Field(ge=0, le=5000)] | dict[int, Annotated[int, Field(ge=0, le=5000)]] | None
    ) = None
    """Rooms that may be under construction at a time, or in each of the years named; empty: no limit. [rooms]"""
    discount: float = Field(default=0.06, ge=0, le=0.2)
    """Rate at which yuan of later years count less. The social discount rate of 建设项目经济评价方法与参数 (3rd edition, 2006)
    is 8 %; 6 % is used beside it for projects of public benefit (SL 72-2013, water works), and here. [1/year]"""
    life: dict[Building, Annotated[int, Field(ge=1, le=100)]] = Field(default_factory=dict)
    """Years over which a building loses its value evenly, by kind of project, where it differs: what is left at the
    end of the horizon is taken off its cost. Else new, relocation, expansion 50, conversion, fit_out, upgrade 30,
    temporary 8 (years of depreciation, 财会〔2017〕4号; that a conversion lasts 30 is an assumption). [years]"""
    room_yuan: dict[Building, Yuan] = Field(default_factory=dict)
    """Capital for each room by kind of project, for projects that state no cost, where it differs. Else new and
    relocation 2.37 million, expansion 3.17 million (costs of schools built 2020-2023); conversion 1.3 million, fit_out
    650,000, temporary 450,000 (assumptions). [yuan/room]"""
    building_years: dict[Building, Annotated[int, Field(ge=0, le=10)]] = Field(default_factory=dict)
    """Years of construction by kind of project, for projects that state none, where it differs. Else new and
    relocation 2 (12 to 18 months from the start of work), expansion, conversion, fit_out, upgrade 1, temporary,
    closure 0 (assumptions). [years]"""
    class_yuan: Yuan | dict[str, Yuan] = CLASS_YUAN
    """What a class costs a year, or by stage: mostly its teachers. An assumption: 45 children at 19 a post are 2.4
    posts, each 125,000 yuan. [yuan/year]"""
    running_yuan: Yuan = 12_000.0
    """What a room that a project brings costs a year to run, heat and keep up. An assumption: half a per cent of what a new
    room costs. [yuan/year]"""
    km_yuan: Yuan = 0.0
    """What a kilometre of way between home and school costs for a child and year; 0: ways have no price and are
    made as short as can be after the yuan. [yuan/km/year]"""
    reach: Metres | dict[str, Metres] | None = None
    """Longest way on foot, or by stage, within which a school counts as reached; empty: the policy's rule walk, where it
    has one for the stage. [m]"""
    nearest: int = Field(default=8, ge=1, le=40)
    """Schools nearest to a block that its children may be given beside those of its catchment; an assumption. [schools]"""
    gap: float = Field(default=0.005, gt=0, le=0.5)
    """Proven distance from the best at which the search ends. [1]"""

    def life_of(self, kind: str) -> int:
        """Return the years over which a building of the kind loses its value. [years]."""
        return int({**LIFE, **self.life}.get(kind, LIFE["new"]))

    def room_yuan_of(self, kind: str) -> float:
        """Return the capital for each room of the kind. [yuan/room]."""
        return float({**ROOM_YUAN, **self.room_yuan}.get(kind, 0.0))

    def building_years_of(self, kind: str) -> int:
        """Return the years of construction of the kind. [years]."""
        return int({**BUILDING_YEARS, **self.building_years}.get(kind, 0))

    def class_yuan_of(self, stage: str) -> float:
        """Return what a class of the stage costs a year. [yuan/year]."""
        stated = self.class_yuan
        return stated.get(stage, CLASS_YUAN) if isinstance(stated, dict) else stated

    def reach_of(self, stage: str) -> float | None:
        """Return the longest way of the stage that counts as reach, None where the policy's holds. [m]."""
        return self.reach.get(stage) if isinstance(self.reach, dict) else self.reach

    def yearly_budget(self, years: Sequence[int]) -> NDArray[np.float64]:
        """Return the capital that may be spent in each year, infinite where there is no limit; [year]. [yuan]."""
        return _by_year(self.yearly_yuan, years)

    def yearly_building(self, years: Sequence[int]) -> NDArray[np.float64]:
        """Return the rooms that may be under construction in each year, infinite for no limit; [year]. [rooms]."""
        return _by_year(self.yearly_rooms, years)


def _by_year(
    stated: float | dict[int, float] | dict[int, int] | None, years: Sequence[int]
) -> NDArray[np.float64]:
    """Return what is stated of each year, infinite where nothing is."""
    each = stated if isinstance(stated, dict) else dict.fromkeys(years, stated)
    return np.array(
        [np.inf if (most := each.get(year)) is None else most for year in years], dtype=np.float64
    )
