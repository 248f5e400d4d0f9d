"""What a scenario file may say: named changes on top of a base."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from planner.capacity.terms import Terms
from planner.forecast import Assumptions, DemandEdit
from planner.policy import Rule
from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Iterator


class Record(BaseModel):
    """Frozen, keyword-only, extra fields forbidden."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True)


LATEST = 20
"""Longest that a project may be late. [years]"""

Yuan = Annotated[float, Field(ge=0, le=1e11)]
Autumn = Annotated[int, Field(ge=1990, le=2100)]
Gate = bool | Autumn
"""Something that must be had before work begins: true, it is; false, it is not; or the school year from which it will be."""


class ProjectEdit(Record):
    """A project of the district's table dated, sized or left out, or one that the table does not have."""

    project: str = Field(min_length=1)
    """Id of the project in the district's table, or a new id."""
    opens: int | None = None
    """School year of opening. [autumn]"""
    slip: int = Field(default=0, ge=-LATEST, le=LATEST)
    """Years later than dated. [years]"""
    include: bool = True
    """false leaves the project out; naming a project includes it whatever its certainty."""
    school: str = ""
    """Id of the school whose rooms change; a new id for a new school."""
    name: str = ""
    """Name of the project, and of a new school."""
    kind: Literal[
        "", "new", "expansion", "relocation", "fit_out", "conversion", "temporary", "closure", "upgrade"
    ] = ""
    """Kind of project."""
    grades: str = ""
    """Grades taught by a new school, as 1-6."""
    rooms: tuple[int, ...] | int | None = None
    """Rooms gained in the first, second, ... year; the last figure lasts. [rooms]"""
    seats_stated: int | None = None
    """Seats as a document states them. [children]"""
    at: tuple[float, float] | None = None
    """Longitude and latitude of a new school. [degrees]"""
    source: str = ""
    """Document that says so, with page or item."""
    late: dict[int, float] = Field(default_factory=dict)
    """Chance that it opens so many years later than dated, as `{ 1 = 0.3, 2 = 0.1 }`. [years: 1]"""
    choice: Literal["", "fixed", "forbidden", "free"] = ""
    """
    For `planner schedule`: fixed, it opens for certain; forbidden, never; free, if and when it is best. Empty: fixed where
    it is dated and sure (or dated here), forbidden where it is stopped or left out, else free if it has rooms.
    """
    earliest: Autumn | None = None
    """Earliest school year possible. [autumn]"""
    latest: Autumn | None = None
    """Latest school year to open in. [autumn]"""
    sites: tuple[str | tuple[float, float], ...] = ()
    """Sites to choose among for a new school: ids of blocks, longitude and latitude; `["blocks"]` for all blocks. [degrees]"""
    site_areas: tuple[str, ...] = ()
    """Towns or sub-districts all of whose blocks are sites to choose among."""
    sizes: tuple[int | tuple[int, ...], ...] = Field(default=(), max_length=12)
    """Sizes to choose among, each as `rooms` is written: `[24, [12, 24, 36]]`. [rooms]"""
    needs: tuple[str, ...] = ()
    """Projects that must be open before it, or open with it."""
    one_of: str = ""
    """Name of a set of projects of which at most one opens."""
    cost_yuan: Yuan | None = None
    """Capital cost of `rooms`. [yuan]"""
    room_yuan: Yuan | None = None
    """Capital for each room, where the cost depends on the size. [yuan/room]"""
    size_yuan: tuple[Yuan, ...] = ()
    """Capital of each of `sizes`, in their order. [yuan]"""
    running_yuan: Yuan | None = None
    """What it costs a year beside classes and rooms, as a bus for children who are moved. [yuan/year]"""
    building_years: int | None = Field(default=None, ge=0, le=10)
    """Years of construction; work that has begun asks for none. Empty: by kind, see `schedule`. [years]"""
    approval: Gate | None = None
    """Whether the project is approved, or the school year in which it will be: work does not begin before."""
    land: Gate | None = None
    """Whether its land is reserved and free to build on, or from which school year on."""
    consent: Gate | None = None
    """Whether those who must consent (education bureau, villages, parents) do, or from which school year on."""
    development: str = ""
    """Housing development for which it is built: it is handed over with the first phase of the housing."""
    with_housing: Literal["", "by", "with"] = ""
    """by: it opens no later than the first phase of the development is handed over (also when empty); with: in that year."""
    receives: tuple[str, ...] = ()
    """Schools that take every pupil when this project closes its school: a closure with it is a merger."""
    replaces: str = ""
    """School that closes when this one opens, its pupils going over: a relocation, built before the old place goes."""
    bus: bool | None = None
    """Whether children who are moved are taken there by bus, or board, so that the longest walk does not bind."""
    opening_grades: tuple[str, ...] = ()
    """Grades open in the first, second, ... year of a new school, as `["1", "1-2", "1-9"]`: a stage takes entrants from the
    year that has its first grade, and later grades fill as they move up."""
    lasts: int | None = Field(default=None, ge=1, le=50)
    """Years after which its rooms are taken away again: temporary rooms. [years]"""
    certainty: float | None = Field(default=None, ge=0, le=1)
    """Probability that it opens as dated, for `planner schedule`. [1]"""

    @field_validator("sites", mode="before")
    @classmethod
    def _as_list(cls, sites: object) -> object:
        """Take one site for a list of it."""
        return (sites,) if isinstance(sites, str) else sites

    @model_validator(mode="after")
    def _choices_agree(self) -> ProjectEdit:
        faults = list(_contradictions(self))
        if faults:
            raise ValueError(*faults)
        return self

    @model_validator(mode="after")
    def _late_by_years(self) -> ProjectEdit:
        if not all(1 <= years <= LATEST and 0 <= chance <= 1 for years, chance in self.late.items()):
            raise ValueError(
                Text("`late` gives the chance (0 to 1) of 1 to {latest} years each", latest=LATEST)
            )
        return self


def _contradictions(edit: ProjectEdit) -> Iterator[Text]:
    """Yield what an edit says against itself."""
    if not edit.include and edit.choice in {"fixed", "free"}:
        yield Text(
            "`include` is false, which forbids the project, and `choice` is {choice}", choice=edit.choice
        )
    if edit.choice == "forbidden" and edit.opens is not None:
        yield Text("it is forbidden and dated {opens}: take one of the two out", opens=edit.opens)
    if edit.choice == "free" and edit.slip:
        yield Text("a free project has no date to slip: take `slip` out, or write `choice` fixed")
    if edit.earliest is not None and edit.latest is not None and edit.latest < edit.earliest:
        yield Text(
            "earliest ({earliest}) is after latest ({latest}): no year is left",
            earliest=edit.earliest,
            latest=edit.latest,
        )
    if edit.size_yuan and len(edit.size_yuan) != len(edit.sizes):
        yield Text(
            "size_yuan has {costs} costs for {sizes} sizes: give one for each",
            costs=len(edit.size_yuan),
            sizes=len(edit.sizes),
        )


class HousingEdit(Record):
    """A phase of housing of the district's table dated, sized or left out, or one that the table does not have."""

    development: str = Field(min_length=1)
    """Id of the development in the district's table, or a new id."""
    phase: str = ""
    """Phase; empty: all phases of the development that are still to come."""
    include: bool | None = None
    """false: not built; true: built for sure, unless `certainty` says otherwise; empty: as the table has it."""
    dwellings: int | None = Field(default=None, ge=0, le=100_000)
    """Dwellings handed over. [dwellings]"""
    hand_over: dt.date | None = None
    """Day of hand-over."""
    slip: int = Field(default=0, ge=-20, le=20)
    """Years later than dated. [years]"""
    certainty: float | None = Field(default=None, ge=0, le=1)
    """Probability that it is built; phases after it are no surer. [1]"""
    children_per_dwelling: float | None = Field(default=None, ge=0, le=3)
    """Children of each single age of 6 to 11 that a dwelling brings when fully occupied. [children]"""
    block: str = ""
    """Block where a new phase stands."""
    kind: str = ""
    """Type of dwelling."""
    name: str = ""
    """Name of the development."""


class DriverEdit(Record):
    """A driver of migration of the district's table switched on or off, or sized, or one that the table does not have."""

    driver: str = Field(min_length=1)
    """Id of the driver in the district's table, all its rows meant, or a new id."""
    include: bool | None = None
    """
    false: it does not happen; true: it happens for sure, unless `certainty` says otherwise; empty: naming a driver
    counts with it, with the table's certainty.
    """
    factor: float = Field(default=1.0, ge=0, le=10)
    """The children of the table's rows, and their range, are multiplied by it. [1]"""
    slip: int = Field(default=0, ge=-20, le=20)
    """Years later than the table has it. [years]"""
    certainty: float | None = Field(default=None, ge=0, le=1)
    """Probability that it happens. [1]"""
    kind: Literal[
        "", "urbanisation", "registration_reform", "residence_permit", "talent", "relocation", "other"
    ] = ""
    """Kind of a new driver."""
    name: str = ""
    """Name of a new driver."""
    area: str = ""
    """Town or sub-district of a new driver; empty with an empty block: the whole district."""
    block: str = ""
    """Block of a new driver."""
    since: int | None = None
    """First school year of a new driver. [autumn]"""
    until: int | None = None
    """Last school year of a new driver; empty: it goes on. [autumn]"""
    age_from: int | None = Field(default=None, ge=0, le=18)
    """Youngest age of a new driver's children; empty: the age of entry. [years]"""
    age_to: int | None = Field(default=None, ge=0, le=18)
    """Oldest age; empty: the youngest. [years]"""
    children: float | None = Field(default=None, ge=-20_000, le=20_000)
    """Children of a new driver each year over all its ages; negative for those who move away. [children/year]"""
    low: float | None = Field(default=None, ge=-20_000, le=20_000)
    """Lower end of the range that holds the number with 80 %. [children/year]"""
    high: float | None = Field(default=None, ge=-20_000, le=20_000)
    """Upper end of the range that holds the number with 80 %. [children/year]"""
    already: float | None = Field(default=None, ge=-20_000, le=20_000)
    """Children of this number whom the counts contain already. [children/year]"""
    status: Literal["", "local", "outside", "migrant"] = ""
    """Registration status of a new driver's children."""
    source: str = ""
    """Document that says so, with page or item."""


class CatchmentEdit(Record):
    """Blocks that belong to a school, or to a joint group, from a year on."""

    blocks: tuple[str, ...] = ()
    """Blocks moved."""
    of: tuple[str, ...] = ()
    """Instead of blocks: all blocks of these schools' present catchments."""
    schools: tuple[str, ...] = Field(min_length=1)
    """One school, or several that share a joint catchment."""
    stage: str = "primary"
    """Stage of the policy."""
    since: int | None = None
    """First school year; empty: the first of the horizon. [autumn]"""

    @model_validator(mode="after")
    def _blocks_or_of(self) -> CatchmentEdit:
        if bool(self.blocks) == bool(self.of):
            raise ValueError(Text("give `blocks` or `of`, one of the two"))
        return self


class ClassesEdit(Record):
    """Classes planned for the intake of a school."""

    school: str
    """Id of the school."""
    stage: str = "primary"
    """Stage of the policy."""
    since: int
    """First school year. [autumn]"""
    until: int | None = None
    """Last school year; empty: to the end of the horizon. [autumn]"""
    classes: int = Field(ge=0, le=60)
    """Classes opened for the starting grade each year. [classes]"""


class LimitEdit(Record):
    """Largest intake of a school."""

    school: str
    """Id of the school."""
    stage: str = "primary"
    """Stage of the policy."""
    since: int
    """First school year. [autumn]"""
    until: int | None = None
    """Last school year; empty: to the end of the horizon. [autumn]"""
    children: int = Field(ge=0, le=3000)
    """Entrants admitted at most each year. [children]"""


class DiversionEdit(Record):
    """Children sent from one school to another."""

    from_school: str
    """Id of the school they would enter or attend."""
    to_school: str
    """Id of the school they go to."""
    stage: str = "primary"
    """Stage of the policy."""
    since: int
    """First school year. [autumn]"""
    until: int | None = None
    """Last school year; empty: to the end of the horizon. [autumn]"""
    share: float = Field(default=0.0, ge=0, le=1)
    """Share of the sending school's children. [1]"""
    children: int = Field(default=0, ge=0)
    """Or a number of them. [children/year]"""
    grades: tuple[int, ...] = ()
    """Later grades moved once, in `since`; empty: entrants only."""

    @model_validator(mode="after")
    def _share_or_children(self) -> DiversionEdit:
        if (self.share > 0) == (self.children > 0):
            raise ValueError(Text("give `share` or `children`, one of the two, above 0"))
        return self


class RoomsEdit(Record):
    """Ordinary rooms of a school set or changed from a year on."""

    school: str
    """Id of the school."""
    since: int
    """First school year. [autumn]"""
    until: int | None = None
    """Last school year; empty: to the end of the horizon. [autumn]"""
    rooms: int | None = Field(default=None, ge=0, le=400)
    """New number; or `change`. [rooms]"""
    change: int = Field(default=0, ge=-400, le=400)
    """Rooms gained or lost. [rooms]"""
    source: str = ""
    """Document that says so, with page or item."""

    @model_validator(mode="after")
    def _rooms_or_change(self) -> RoomsEdit:
        if (self.rooms is None) == (self.change == 0):
            raise ValueError(Text("give `rooms` or `change`, one of the two"))
        return self


MUST_STATE: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "placed": ((), ("at_most",)),
    "within_cap": ((), ("at_most",)),
    "in_reach": ((), ("at_most",)),
    "budget": (("at_most",), ("year",)),
    "construction": (("at_most",), ("year",)),
    "not_before": (("project", "year"), ()),
    "not_opened": (("project",), ()),
    "open_by": (("project", "year"), ()),
    "school_size": (("school", "at_most"), ("year",)),
}
"""By what has to hold: the keys that it needs, and those that it may have besides."""


class MustEdit(Record):
    """Something that has to hold, whatever it costs; `planner openings why-not` finds out whether all of it can."""

    hold: Literal[
        "placed",
        "within_cap",
        "in_reach",
        "budget",
        "construction",
        "not_before",
        "not_opened",
        "open_by",
        "school_size",
    ]
    """
    placed, every child has a place; within_cap, no class is above its cap; in_reach, every child goes to a school of its
    catchment and within the longest way; budget, capital spent; construction, rooms under construction at a time;
    not_before, not_opened, open_by, a project and its year; school_size, children at a school.
    """
    at_most: float | None = Field(default=None, ge=0, le=1e13)
    """Most that is allowed; for placed, within_cap and in_reach 0 when empty. [child-years, children, yuan or rooms]"""
    year: int | None = None
    """School year; for budget, construction and school_size empty: of a budget all years together, else each. [autumn]"""
    project: str = ""
    """Id of the project."""
    school: str = ""
    """Id of the school."""
    source: str = ""
    """Document or meeting that says so."""

    @model_validator(mode="after")
    def _keys_fit(self) -> MustEdit:
        needed, allowed = MUST_STATE[self.hold]
        keys = ("project", "year", "school", "at_most")
        missing = [key for key in needed if getattr(self, key) in {None, ""}]
        other = [
            key for key in keys if key not in (*needed, *allowed) and getattr(self, key) not in {None, ""}
        ]
        faults = []
        if missing:
            faults.append(Text("{hold} needs {keys}", hold=self.hold, keys=", ".join(missing)))
        if other:
            faults.append(Text("{hold} has no {keys}", hold=self.hold, keys=", ".join(other)))
        if faults:
            raise ValueError(*faults)
        return self


class PlanningAssumptions(Assumptions):
    """Assumptions of demand, and of planning."""

    model_config = Record.model_config

    certainty: float = Field(default=0.8, ge=0, le=1)
    """Projects at least this sure count. [1]"""
    detour: float | None = Field(default=None, ge=1, le=3)
    """Length of a way on foot over the straight line; empty: the district's or the policy's. [1]"""
    strict: bool | None = None
    """Overrides the policy: entrants above the cap are turned away."""
    outside_catchment: bool = True
    """Whether entrants may be planned outside their catchment where seats are short."""
    quantile: float | None = Field(default=None, gt=0, lt=1)
    """Plan on this quantile of demand instead of the expected entrants. [1]"""


class BranchEdit(Record):
    """One of several ways that things may go, with the edits on top of the scenario that then hold."""

    name: str = Field(min_length=1)
    """Name of the branch, one of its own in each question."""
    name_zh: str = ""
    """The same in Chinese."""
    question: str = Field(min_length=1)
    """What is open. Branches of one question exclude each other; those of different questions are independent."""
    chance: float = Field(ge=0, le=1)
    """Probability; what a question's branches leave over is the scenario as it stands. [1]"""
    source: str = ""
    """Document, meeting or person that says so."""
    planned: bool = False
    """Whether the plan is made as if this branch came true; of none of a question: as the scenario stands."""
    projects: tuple[ProjectEdit, ...] = ()
    """Building projects dated, sized or left out."""
    rooms: tuple[RoomsEdit, ...] = ()
    """Rooms set or changed."""
    demand: tuple[DemandEdit, ...] = ()
    """Changes of the children entitled to enter."""
    housing: tuple[HousingEdit, ...] = ()
    """Phases of housing built or not, dated or sized."""
    drivers: tuple[DriverEdit, ...] = ()
    """Drivers of migration switched on or off, sized or added."""


class Scenario(Record):
    """A scenario file."""

    extends: str = ""
    """File whose content this one builds on, relative to it."""
    summary: str = ""
    """What it is about, in one line."""
    summary_zh: str = ""
    """The same in Chinese."""
    district: str = ""
    """Folder or GeoPackage, relative to the file."""
    policy: str = ""
    """Profile name or file; empty: the district's."""
    until: int | None = None
    """Last school year of the horizon. [autumn]"""
    draws: int | None = Field(default=None, ge=1, le=100_000)
    """Number of draws; empty: 2,000."""
    seed: int | None = Field(default=None, ge=0)
    """Seed of all draws; empty: 1."""
    catchments: tuple[CatchmentEdit, ...] = ()
    """Blocks moved to a school, or to a joint group."""
    projects: tuple[ProjectEdit, ...] = ()
    """Building projects dated, sized, left out or added."""
    classes: tuple[ClassesEdit, ...] = ()
    """Classes planned for an intake."""
    limits: tuple[LimitEdit, ...] = ()
    """Largest intakes."""
    diversions: tuple[DiversionEdit, ...] = ()
    """Children sent from one school to another."""
    rooms: tuple[RoomsEdit, ...] = ()
    """Rooms set or changed."""
    demand: tuple[DemandEdit, ...] = ()
    """Changes of the children entitled to enter."""
    housing: tuple[HousingEdit, ...] = ()
    """Phases of housing built or not, dated or sized."""
    drivers: tuple[DriverEdit, ...] = ()
    """Drivers of migration switched on or off, sized or added."""
    rules: tuple[Rule, ...] = ()
    """Rules on top of the policy's."""
    branches: tuple[BranchEdit, ...] = ()
    """Ways that things may go, with their chances."""
    schedule: Terms | None = None
    """On what terms `planner schedule` decides the projects that are left open."""
    must: tuple[MustEdit, ...] = ()
    """What has to hold, whatever it costs: for `planner why-not`."""
    assumptions: PlanningAssumptions = PlanningAssumptions()
    """What is assumed about demand and planning."""
