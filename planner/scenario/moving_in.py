"""Edits of who moves in: phases of housing, and drivers of migration; checked, and carried out on the tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from planner.scenario.checking import outside
from planner.scenario.faults import with_close, with_known
from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from planner.district import District
    from planner.scenario.model import DriverEdit, HousingEdit
    from planner.scenario.reading import Edit, LoadedScenario

Rows = list[dict[str, Any]]


def with_moving_in(
    loaded: LoadedScenario, district: District, years: range
) -> tuple[District, list[Text], list[Text]]:
    """
    Return the district with a scenario's housing and drivers, what is wrong with the edits, and what to note.

    - **housing**: the keys that an edit writes replace those of the phase; without `phase` of all phases still to
      come. `include = true` makes it sure, `include = false` takes it out.
    - **drivers**: an edit counts with the driver, those included that the table leaves out by default, and
      `include = false` takes it out. A row that began before the last count is cut there, so that what the counts
      contain stays as it was.

    Edits with faults are not carried out.
    """
    faults: list[Text] = []
    notes: list[Text] = []
    phases: Rows = district["housing"].to_dict("records")
    for edit in loaded.edits.get("housing", ()):
        found = list(_housing_faults(edit, district, phases))
        faults += found
        phases = phases if found else _edited_housing(edit.record, phases, district, notes)
    drivers: Rows = district["drivers"].to_dict("records")
    for edit in loaded.edits.get("drivers", ()):
        found = list(_driver_faults(edit, district, drivers, years))
        faults += found
        drivers = drivers if found else _edited_drivers(edit.record, drivers, district.counted, notes)
    tables = {
        name: _like(district[name], rows)
        for name, rows in (("housing", phases), ("drivers", drivers))
        if loaded.edits.get(name)
    }
    return district.with_tables(**tables), faults, notes


def _like(table: pd.DataFrame, rows: Rows) -> pd.DataFrame:
    """Return a table of these rows in the columns and types of another."""
    return pd.DataFrame(
        {
            column: pd.array([row.get(column, pd.NA) for row in rows], dtype=dtype)
            for column, dtype in table.dtypes.items()
        }
    )


def _written(record: HousingEdit | DriverEdit, keys: Sequence[str]) -> dict[str, Any]:
    """Return the keys that an edit gives a value."""
    return {key: value for key in keys if (value := getattr(record, key)) not in ("", None)}


_HOUSING_KEYS = ("dwellings", "hand_over", "certainty", "children_per_dwelling", "block", "kind", "name")


def _to_come(row: Mapping[str, Any], district: District) -> bool:
    """Whether a phase is not handed over by the last count."""
    return pd.isna(row["hand_over"]) or row["hand_over"] > pd.Timestamp(district.counted, 9, 1)


def _phases_meant(record: HousingEdit, rows: Rows, district: District) -> Rows:
    """Return the rows that an edit is about."""
    own = [row for row in rows if row["development"] == record.development]
    if record.phase:
        return [row for row in own if row["phase"] == record.phase]
    return [row for row in own if _to_come(row, district)]


def _housing_faults(edit: Edit[HousingEdit], district: District, rows: Rows) -> Iterator[Text]:
    """Yield the faults of one edit of housing."""
    record = edit.record
    own = [row for row in rows if row["development"] == record.development]
    meant = _phases_meant(record, rows, district)
    if record.block and record.block not in district.blocks.index:
        problem = Text("there is no block {block}", block=repr(record.block))
        yield edit.fault("block", with_close(problem, record.block, district.blocks.index))
    if not meant:
        yield from _new_phase_faults(edit, rows, own)
        return
    if not _written(record, _HOUSING_KEYS) and record.include is None and not record.slip:
        yield edit.fault("development", Text("changes nothing: give a key to change"))
    for row in meant:
        shown = f"{row['development']}/{row['phase']}"
        if not _to_come(row, district):
            problem = Text(
                "phase {phase} was handed over by the last count: its children are among those counted",
                phase=shown,
            )
            yield edit.fault("phase", problem)
        elif record.include is not False:
            missing = [
                key
                for key in ("dwellings", "hand_over")
                if pd.isna(row[key]) and getattr(record, key) is None
            ]
            if missing and (record.include or record.slip):
                problem = Text(
                    "the district does not state {keys} of phase {phase}: give them",
                    keys=", ".join(missing),
                    phase=shown,
                )
                yield edit.fault("phase", problem)
    for key in ("dwellings", "hand_over"):
        if len(meant) > 1 and getattr(record, key) is not None:
            phases = ", ".join(str(row["phase"]) for row in meant)
            yield edit.fault(
                key, Text("would hold for each of the phases {phases}: name one in `phase`", phases=phases)
            )


def _new_phase_faults(edit: Edit[HousingEdit], rows: Rows, own: Rows) -> Iterator[Text]:
    """Yield what a phase that the district's table does not have still needs."""
    record = edit.record
    given = record.dwellings is not None or record.hand_over is not None or bool(record.block and not own)
    if not own and not given:
        problem = Text("the district has no development {development}", development=repr(record.development))
        known = list(dict.fromkeys(str(row["development"]) for row in rows))
        yield edit.fault("development", with_known(problem, record.development, known))
        return
    if record.include is False or not given:
        known = [str(row["phase"]) for row in own]
        problem = Text(
            "development {development} has no phase {phase} to come",
            development=record.development,
            phase=repr(record.phase) if record.phase else "",
        )
        yield edit.fault("phase", with_known(problem, record.phase, known))
        return
    missing = [key for key in ("phase", "dwellings", "hand_over") if getattr(record, key) in ("", None)]
    missing += [] if record.block or own else ["block"]
    if missing:
        problem = Text(
            "{development} is not in the district's housing; to add it, give also {keys}",
            development="/".join(filter(None, (record.development, record.phase))),
            keys=", ".join(missing),
        )
        yield edit.fault("development", problem)


def _edited_housing(record: HousingEdit, rows: Rows, district: District, notes: list[Text]) -> Rows:
    """Return the rows of housing with an edit carried out."""
    meant = _phases_meant(record, rows, district)
    which = {id(row) for row in meant}
    told = "/".join(filter(None, (record.development, record.phase)))
    if record.include is False:
        notes.append(Text("Housing {phase} is left out by the scenario.", phase=told))
        return [row for row in rows if id(row) not in which]
    written = _written(record, _HOUSING_KEYS)
    if record.include and record.certainty is None:
        written["certainty"] = 1.0
    if not meant:
        own = [row for row in rows if row["development"] == record.development]
        like = {key: own[0][key] for key in ("block", "name", "kind", "children_per_dwelling")} if own else {}
        key = {"development": record.development, "phase": record.phase}
        row = {**like, **written, **key, "hand_over": pd.Timestamp(written["hand_over"])}
        return [*rows, _slipped(row, record.slip)]
    if "hand_over" in written:
        written["hand_over"] = pd.Timestamp(written["hand_over"])
    return [_slipped({**row, **written}, record.slip) if id(row) in which else row for row in rows]


def _slipped(row: dict[str, Any], years: int) -> dict[str, Any]:
    return {**row, "hand_over": row["hand_over"] + pd.DateOffset(years=years)} if years else row


_DRIVER_KEYS = (
    *("name", "kind", "area", "block", "since", "until", "age_from", "age_to", "children", "low", "high"),
    *("already", "status", "source"),
)
"""Keys of an edit that are columns of the table, `certainty` aside."""
_NEW_DRIVER = ("kind", "since", "children", "low", "high")
_TIMES_FACTOR = ("children", "low", "high")


def _driver_faults(edit: Edit[DriverEdit], district: District, rows: Rows, years: range) -> Iterator[Text]:
    """Yield the faults of one edit of a driver."""
    record = edit.record
    own = [row for row in rows if row["driver"] == record.driver]
    ahead = [row for row in own if pd.isna(row["until"]) or row["until"] > district.counted]
    written = _written(record, _DRIVER_KEYS)
    if record.block and record.block not in district.blocks.index:
        problem = Text("there is no block {block}", block=repr(record.block))
        yield edit.fault("block", with_close(problem, record.block, district.blocks.index))
    areas = [str(area) for area in district.blocks["area"].dropna().unique()]
    if record.area and record.area not in areas:
        problem = Text("there is no area {area}", area=repr(record.area))
        yield edit.fault("area", with_close(problem, record.area, areas))
    if record.area and record.block:
        yield edit.fault("area", Text("give `block` or `area`, not both"))
    if record.since is not None and record.since not in years:
        yield edit.fault("since", outside(record.since, years))
    if not own:
        yield from _new_driver_faults(edit, rows, written)
    elif not ahead:
        problem = Text("driver {driver} ended before the forecast begins", driver=record.driver)
        yield edit.fault("driver", problem)
    elif len(ahead) > 1 and written:
        problem = Text(
            "driver {driver} has {rows} rows: change them all by `factor`, `slip`, `certainty` and `include`, or write them in the district's table",
            driver=record.driver,
            rows=len(ahead),
        )
        yield edit.fault(next(iter(written)), problem)
    if own or all(key in written for key in _NEW_DRIVER):
        known = ahead[0] if len(ahead) == 1 else {}
        yield from _range_faults(edit, {**known, **written})


def _new_driver_faults(edit: Edit[DriverEdit], rows: Rows, written: Mapping[str, Any]) -> Iterator[Text]:
    """Yield what a driver that the district's table does not have still needs."""
    record = edit.record
    if record.include is False or not written.keys() & set(_NEW_DRIVER):
        problem = Text("the district has no driver {driver}", driver=repr(record.driver))
        known = list(dict.fromkeys(str(row["driver"]) for row in rows))
        yield edit.fault("driver", with_known(problem, record.driver, known))
        return
    if missing := [key for key in _NEW_DRIVER if key not in written]:
        problem = Text(
            "{driver} is not in the district's drivers; to add it, give also {keys}",
            driver=record.driver,
            keys=", ".join(missing),
        )
        yield edit.fault("driver", problem)


def _range_faults(edit: Edit[DriverEdit], row: Mapping[str, Any]) -> Iterator[Text]:
    """Yield what is wrong with the figures that a driver would then have."""

    def figure(key: str) -> float | None:
        value = row.get(key)
        return None if value is None or pd.isna(value) else float(value)

    children, low, high = figure("children"), figure("low"), figure("high")
    if children is not None and low is not None and high is not None and not low <= children <= high:
        problem = Text(
            "{low:g} to {high:g} does not hold {children:g}", low=low, high=high, children=children
        )
        yield edit.fault("low", problem)
    for first, last in (("since", "until"), ("age_from", "age_to")):
        begins, ends = figure(first), figure(last)
        if begins is not None and ends is not None and ends < begins:
            yield edit.fault(
                last, Text("{last:g} comes before {first:g}, where it begins", last=ends, first=begins)
            )


def _edited_drivers(record: DriverEdit, rows: Rows, counted: int, notes: list[Text]) -> Rows:
    """Return the rows of drivers with an edit carried out."""
    if record.include is False:
        notes.append(Text("Driver {driver} is left out by the scenario.", driver=record.driver))
    written = _written(record, (*_DRIVER_KEYS, "certainty"))
    if record.include and record.certainty is None:
        written["certainty"] = 1.0
    written["include"] = record.include is not False
    if all(row["driver"] != record.driver for row in rows):
        rows = [*rows, {"driver": record.driver, "since": record.since}]
    out: Rows = []
    for row in rows:
        until = row.get("until", pd.NA)
        if row["driver"] != record.driver or (pd.notna(until) and until <= counted):
            out.append(row)
            continue
        begun = row["since"] <= counted
        if begun:
            out.append({**row, "until": counted, "already": pd.NA})
        changed = {**row, **({"since": counted + 1} if begun else {}), **written}
        for key in ("since", "until") if not begun else ():
            if pd.notna(changed.get(key, pd.NA)):
                changed[key] += record.slip
        for key in _TIMES_FACTOR:
            if pd.notna(changed.get(key, pd.NA)):
                changed[key] = changed[key] * record.factor
        out.append(changed)
    return out
