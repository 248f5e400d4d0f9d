"""
A PostgreSQL database with PostGIS as a district: one schema, in it one table a table of the column dictionary.

The address is ``postgresql://user@host:port/database?schema=name``; without a schema it is ``public``. What libpq knows
holds too: a password file or PGPASSWORD instead of a password in the address, ``sslmode`` and the like after the
question mark, ``?host=/folder`` for a socket.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

import numpy as np
import pandas as pd
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError

from planner.district.files.model import Raw, Source, fault
from planner.district.files.points import with_places_of_columns
from planner.district.findings import Finding, few
from planner.district.heads import column_of
from planner.words import Text, read_dictionary

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray
    from psycopg import Connection

STATEMENT_TIMEOUT = 60_000
"""Time that reading one table may take. [ms]"""

CONNECT_TIMEOUT = 10
"""Time to wait for a server, where the address states none. [s]"""

_SECRETS = ("password", "sslpassword")
"""Options of the driver that are never shown."""

_SHAPE_NAMES = ("geometry", "geom", "the_geom", "wkb_geometry", "shape")
"""Names by which the column of shapes is known where a table has several."""

_OF_POSTGIS = frozenset({"spatial_ref_sys", "geometry_columns", "geography_columns"})

_TABLES = """
    SELECT c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = %s AND c.relkind IN ('r', 'v', 'm', 'p', 'f')
"""

_COLUMNS = """
    SELECT a.attname, t.typname, pg_catalog.format_type(a.atttypid, a.atttypmod)
    FROM pg_catalog.pg_attribute a
    JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
    WHERE n.nspname = %s AND c.relname = %s AND a.attnum > 0 AND NOT a.attisdropped
"""

_SYSTEMS = """
    SELECT n.nspname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relname = 'spatial_ref_sys'
"""


class _NotReadError(Exception):
    """A database, or a table of it, that cannot be read; says why, without any password."""

    def __init__(self, what: Text, advice: Text) -> None:
        super().__init__(what, advice)
        self.what, self.advice = what, advice


@dataclass(frozen=True, kw_only=True)
class Address:
    """The parts of a database's address."""

    options: dict[str, str] = field(repr=False)
    """What the driver is given, the password among it."""
    schema: str
    shown: str
    """The address as it may be shown and kept: without password and options."""

    @property
    def secrets(self) -> list[str]:
        """Passwords that the address holds."""
        return [self.options[name] for name in _SECRETS if self.options.get(name)]


def parse_address(address: str) -> Address | None:
    """Return the parts of an address, None when it is none."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return None
    if parts.fragment or "@" in parts.path + parts.query:
        return None  # a password with a bare / ? or #, of which the rest must not pass for host or database
    place = parts.netloc.rpartition("@")[2]
    host = place if port is None else place.rpartition(":")[0]
    asked = dict(parse_qsl(parts.query))
    schema = asked.pop("schema", "") or "public"
    named = {
        "host": unquote(host.rstrip(":").strip("[]")),
        "port": str(port or ""),
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "dbname": unquote(parts.path.removeprefix("/")),
    }
    options = {name: value for name, value in named.items() if value} | asked
    place = options.get("host", "")
    place = f"[{place}]" if ":" in place else place
    place += f":{options['port']}" if "port" in options else ""
    user = f"{options['user']}@" if "user" in options else ""
    shown = f"postgresql://{user}{place}/{options.get('dbname', '')}?schema={schema}"
    return Address(options=options, schema=schema, shown=shown)


def shown_address(address: str) -> str:
    """Return an address as it may be shown and kept, without its password."""
    parts = parse_address(address)
    return "postgresql://" if parts is None else parts.shown


def holds_password(address: str) -> bool:
    """Whether a password stands in an address, or may: where it cannot be understood."""
    parts = parse_address(address)
    return parts is None or bool(parts.secrets)


@dataclass(kw_only=True)
class _Session:
    """A database that tables are read from in one transaction, opened when first asked for."""

    address: str = field(repr=False)
    connection: Connection[Any] | None = None

    def opened(self) -> Connection[Any]:
        """Return the connection, in a transaction that sees one moment and changes nothing."""
        if self.connection is None:
            self.connection = _connect(self.address)
        return self.connection

    def close(self) -> None:
        """End the transaction and the connection."""
        if self.connection is not None:
            self.connection.close()


_CURRENT: ContextVar[_Session | None] = ContextVar("_CURRENT", default=None)


@contextmanager
def one_snapshot(address: str) -> Iterator[None]:
    """Let all tables of a database that are read inside be of one moment, though they may change meanwhile."""
    session = _Session(address=address)
    token = _CURRENT.set(session)
    try:
        yield
    finally:
        _CURRENT.reset(token)
        session.close()


@contextmanager
def _session(address: str) -> Iterator[_Session]:
    current = _CURRENT.get()
    if current is not None and current.address == address:
        yield current
        return
    alone = _Session(address=address)
    try:
        yield alone
    finally:
        alone.close()


def _connect(address: str) -> Connection[Any]:
    parts = parse_address(address)
    if parts is None:
        raise _NotReadError(
            Text("The address cannot be understood."),
            Text(
                "Write it as postgresql://user@host:5432/database?schema=name; in a password / ? # and @ are written %2F %3F %23 and %40."
            ),
        )
    try:
        import psycopg
        from psycopg.conninfo import make_conninfo
    except ImportError:
        raise _NotReadError(
            Text("Reading a database needs the package psycopg, which is not installed."),
            Text("Install it: pip install 'school-catchment-planner[postgis]'."),
        ) from None
    try:
        connection = psycopg.connect(
            make_conninfo(
                "",
                **{"connect_timeout": str(CONNECT_TIMEOUT), "application_name": "planner"}
                | parts.options
                | {"client_encoding": "utf8"},
            )
        )
        connection.read_only = True
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.execute(
            "SELECT set_config('statement_timeout', %s, true), set_config('datestyle', 'ISO', true)",
            [str(STATEMENT_TIMEOUT)],
        )
    except (psycopg.Error, UnicodeError) as error:
        raise _NotReadError(
            Text("The database cannot be reached: {reason}.", reason=_reason(error, parts)),
            Text(
                "See that the server runs and the address is right; a password stands best in the password file of PostgreSQL or in PGPASSWORD."
            ),
        ) from None
    return connection


def _reason(error: Exception, parts: Address) -> str:
    """Return the first line of a driver's message, without the password."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    line = lines[0].rstrip(".")
    for secret in parts.secrets:
        line = line.replace(secret, "***")
    return line


def find_database_sources(address: str) -> tuple[list[tuple[str, Source]], list[Finding]]:
    """
    Return the tables of a database that are named as tables of a district, and what is wrong.

    Parameters
    ----------
    address
        As the module says.

    Returns
    -------
    Name and source of each table; other tables of the schema are told of in one note.
    """
    place = Source(table="", layer=shown_address(address), address=address)
    parts = parse_address(address)
    schema = "" if parts is None else parts.schema
    try:
        with _session(address) as session:
            rows = _rows(session, _TABLES, [schema])
    except _NotReadError as error:
        return [], [fault(place, "D001", error.what, error.advice)]
    names = sorted(str(name) for (name,) in rows if name not in _OF_POSTGIS)
    dictionary = read_dictionary()
    known = {*dictionary, *(table.zh for table in dictionary.values())}
    found = [
        (name, Source(table="", layer=f"{schema}.{name}", address=address)) for name in names if name in known
    ]
    if not found:
        return [], [
            fault(
                place,
                "D001",
                Text("Schema {schema} holds no table of a district.", schema=schema),
                Text("Name the schema that holds the tables: postgresql://…/database?schema=name."),
            )
        ]
    others = [name for name in names if name not in known]
    if not others:
        return found, []
    note = Finding(
        level="note",
        code="D005",
        file=place.file,
        text=Text("Other tables of the schema were left alone: {tables}.", tables=few(others)),
        advice=Text("Nothing, unless one of them is a table of the district under another name."),
    )
    return found, [note]


def _rows(session: _Session, query: Any, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
    """Return the rows of a query; one that fails leaves the transaction as it was."""
    connection = session.opened()
    import psycopg

    try:
        with connection.transaction():
            return connection.execute(query, values or None).fetchall()
    except (psycopg.Error, UnicodeError) as error:
        parts = parse_address(session.address)
        reason = "" if parts is None else _reason(error, parts)
        raise _NotReadError(
            Text("The database did not give it: {reason}.", reason=reason),
            Text(
                "See that the user may read it (GRANT SELECT), and that reading takes no more than a minute."
            ),
        ) from None


def load_database(source: Source) -> tuple[Raw | None, list[Finding]]:
    """
    Return the rows and shapes of a table of a database, None when it cannot be read, and what is wrong.

    Cells are text as the database writes it, so that they are read like those of a CSV file. Rows come in the order
    of their keys, numbers by size and text by code points, whatever order the database gives them in.
    """
    try:
        with _session(source.address) as session:
            return _table(session, source)
    except _NotReadError as error:
        return None, [fault(source, "D003", error.what, error.advice)]


def _table(session: _Session, source: Source) -> tuple[Raw, list[Finding]]:
    from psycopg import sql

    parts = parse_address(source.address)
    schema = "" if parts is None else parts.schema
    name = (source.layer or "").removeprefix(f"{schema}.")
    columns = sorted(_rows(session, _COLUMNS, [schema, name]))
    shape = _shape_column([str(column) for column, kind, _ in columns if kind in {"geometry", "geography"}])
    heads = [str(column) for column, kind, _ in columns if kind not in {"geometry", "geography"}]
    asked = [*heads, *([shape] if shape else [])]
    if not asked:
        raise _NotReadError(Text("The table has no columns."), Text("Add the columns of the dictionary."))
    query = sql.SQL("SELECT {} FROM {}").format(
        sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(column)) for column in asked),
        sql.Identifier(schema, name),
    )
    rows = _in_key_order(source.table, heads, _rows(session, query))
    frame = pd.DataFrame(
        [row[: len(heads)] for row in rows],
        columns=pd.Index(heads, dtype=object),
        index=pd.RangeIndex(1, len(rows) + 1),
        dtype=object,
    )
    raw = Raw(table=source.table, frame=frame, file=source.file)
    if not shape:
        return with_places_of_columns(raw) if _of_points(source.table) else (raw, [])
    shapes = _shapes([row[-1] for row in rows])
    stated = next(str(written) for column, _, written in columns if column == shape)
    srid = _srid(shapes, stated)
    crs = _system_of(session, srid) if srid else None
    flat = shapely.force_2d(shapes)
    return Raw(table=source.table, frame=frame, geometry=flat, crs=crs, file=source.file), []


def _of_points(table: str) -> bool:
    return read_dictionary()[table].geometry == "point"


def _shape_column(names: list[str]) -> str:
    """Return the column of shapes, empty without one."""
    chosen = [name for name in _SHAPE_NAMES if name in names] if len(names) > 1 else names
    if names and not chosen:
        raise _NotReadError(
            Text("The table has several columns of shapes: {columns}.", columns=", ".join(names)),
            Text("Name the one to read {name}.", name=_SHAPE_NAMES[0]),
        )
    return chosen[0] if chosen else ""


def _in_key_order(table: str, heads: list[str], rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Return rows by the key of their table, and by all they hold where that is equal or there is none."""
    entry = read_dictionary()[table]
    at: dict[str, int] = {}
    for position, head in enumerate(heads):
        found = column_of(entry, head)
        if found is not None:
            at.setdefault(found[0].column, position)
    keys = [at[name] for name in entry.key if name in at]

    def order(row: tuple[Any, ...]) -> tuple[Any, ...]:
        return (
            *(_by_size(row[position]) for position in keys),
            *((cell is not None, cell or "") for cell in row),
        )

    return sorted(rows, key=order)


def _by_size(cell: str | None) -> tuple[int, float, str]:
    """Return what orders a cell: blanks, then numbers by size, then text."""
    if cell is None:
        return 0, 0.0, ""
    try:
        size = float(cell)
    except ValueError:
        size = math.nan
    return (2, 0.0, cell) if math.isnan(size) else (1, size, cell)


def _shapes(written: list[str | None]) -> NDArray[np.object_]:
    try:
        return np.asarray(shapely.from_wkb(np.array(written, dtype=object)), dtype=object)
    except (shapely.errors.GEOSException, TypeError, ValueError):
        raise _NotReadError(
            Text("Its shapes cannot be read."),
            Text("Store points, lines or polygons; curves can be made lines by ST_CurveToLine."),
        ) from None


def _srid(shapes: NDArray[np.object_], stated: str) -> int:
    """Return the SRID of shapes, of an empty column that which its type states; 0 for none."""
    srids = {int(srid) for srid in shapely.get_srid(shapes[~shapely.is_missing(shapes)])}
    if not srids and (column := re.search(r",(\d+)\)$", stated)):
        srids = {int(column[1])}
    if len(srids) > 1:
        raise _NotReadError(
            Text("Its shapes are in several systems: SRID {srids}.", srids=few(sorted(srids))),
            Text("Bring them into one with ST_Transform."),
        )
    return next(iter(srids), 0)


def _system_of(session: _Session, srid: int) -> CRS | None:
    """Return the coordinate system of a SRID, as the database's own list has it; None when it is not in it."""
    from psycopg import sql

    for (schema,) in _rows(session, _SYSTEMS):
        query = sql.SQL("SELECT auth_name, auth_srid, srtext FROM {} WHERE srid = %s").format(
            sql.Identifier(schema, "spatial_ref_sys")
        )
        for authority, code, text in _rows(session, query, [srid]):
            for written in (f"{authority}:{code}", text):
                try:
                    return CRS.from_user_input(written)
                except CRSError:
                    continue
    return None


def digest_of_table(raw: Raw) -> str:
    """Return the SHA-256 of a table's content, whatever the order of its rows and columns in the database."""
    heads = sorted(str(head) for head in raw.frame.columns)
    content = hashlib.sha256()
    crs = "" if raw.crs is None else raw.crs.to_string()
    content.update(json.dumps([raw.table, heads, crs], ensure_ascii=False).encode())
    shapes = [None] * len(raw.frame)
    if raw.geometry is not None:
        shapes = list(shapely.to_wkb(raw.geometry, hex=True, byte_order=1))
    for cells, shape in zip(raw.frame[heads].itertuples(index=False), shapes, strict=True):
        content.update(json.dumps([*cells, shape], ensure_ascii=False).encode())
    return content.hexdigest()
