"""A PostgreSQL server of the tests' own, on 127.0.0.1, gone when they end."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
import shapely

from planner.words import read_dictionary

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.district import District

USER, PASSWORD = "planner", "geheim-学校-42"
TYPES = {"integer": "integer", "number": "numeric", "boolean": "boolean", "date": "date"}


@dataclass(frozen=True, kw_only=True)
class Server:
    """A running server."""

    port: int
    sockets: Path

    def address(self, schema: str, *, password: str = PASSWORD, user: str = USER) -> str:
        """Return the address of a schema, with the password in it."""
        return f"postgresql://{user}:{password}@127.0.0.1:{self.port}/postgres?schema={schema}"

    def connect(self) -> Any:
        """Return a connection that commits at once."""
        import psycopg

        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user=USER,
            password=PASSWORD,
            dbname="postgres",
            autocommit=True,
        )

    def store(self, schema: str, district: District, *, srid: int = 0, chinese: bool = False) -> None:
        """Store a district's tables in a schema of their own, rows last first, under ids or Chinese names."""
        from psycopg import sql

        with self.connect() as connection:
            connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
            for name in read_dictionary():
                _store_table(connection, schema, district, name, srid, chinese=chinese)


def _store_table(
    connection: Any, schema: str, district: District, name: str, srid: int, *, chinese: bool
) -> None:
    from psycopg import sql

    entry = read_dictionary()[name]
    table = district[name]
    if not len(table):
        return
    plain = table.reset_index() if name in {"schools", "blocks"} else table
    heads = [column.zh if chinese else column.column for column in entry.columns]
    kinds = [TYPES.get(column.type, "text") for column in entry.columns]
    place = sql.Identifier(schema, entry.zh if chinese else name)
    spec = [
        sql.SQL("{} {}").format(sql.Identifier(head), sql.SQL(kind))
        for head, kind in zip(heads, kinds, strict=True)
    ]
    if entry.geometry:
        spec.append(sql.SQL("geom geometry"))
    connection.execute(sql.SQL("CREATE TABLE {} ({})").format(place, sql.SQL(", ").join(spec)))
    values = sql.SQL(", ").join([sql.Placeholder()] * len(heads))
    if entry.geometry:
        values = sql.SQL("{}, ST_GeomFromWKB(%s, {})").format(values, sql.Literal(srid))
    rows = [
        tuple(None if pd.isna(cell) else cell for cell in row)
        for row in plain[[column.column for column in entry.columns]].astype(object).itertuples(index=False)
    ]
    if entry.geometry:
        rows = [
            (*row, None if shape is None else shapely.to_wkb(shape))
            for row, shape in zip(rows, table.geometry, strict=True)
        ]
    with connection.cursor() as cursor:
        cursor.executemany(sql.SQL("INSERT INTO {} VALUES ({})").format(place, values), rows[::-1])


def _binaries() -> Path | None:
    """Return the folder of a PostgreSQL server's programs, the newest."""
    on_path = shutil.which("initdb")
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda place: int(place.parent.name))
    folders = [Path(on_path).parent] if on_path else []
    return next(
        (
            folder
            for folder in [*folders, *places[::-1]]
            if (folder / "initdb").is_file() and (folder / "postgres").is_file()
        ),
        None,
    )


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """Start a PostgreSQL server with PostGIS."""
    pytest.importorskip("psycopg", reason="psycopg (extra postgis) is not installed")
    binaries = _binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL server is installed (apt-get install postgresql postgresql-15-postgis-3)")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        someone: dict[str, Any] = {}
        if os.geteuid() == 0:
            someone = {"user": "nobody", "group": "nogroup", "extra_groups": []}
            shutil.chown(folder, "nobody", "nogroup")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        secret = folder / "secret"
        secret.write_text(PASSWORD, encoding="utf-8")
        secret.chmod(0o644)
        cluster = folder / "cluster"
        subprocess.run(
            [
                *(binaries / "initdb", "-D", cluster, "-U", USER, "-E", "UTF8", "--locale=C", "--no-sync"),
                *("-A", "scram-sha-256", f"--pwfile={secret}"),
            ],
            check=True,
            capture_output=True,
            cwd=folder,
            **someone,
        )
        settings = [f"-cport={port}", "-clisten_addresses=127.0.0.1", f"-cunix_socket_directories={folder}"]
        settings += ["-cfsync=off", "-cshared_buffers=16MB"]
        running = subprocess.Popen(
            [binaries / "postgres", "-D", cluster, *settings],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            **someone,
        )
        try:
            yield _ready(Server(port=port, sockets=folder), running)
        finally:
            running.send_signal(signal.SIGINT)
            running.wait(timeout=30)


def _ready(server: Server, running: subprocess.Popen[bytes]) -> Server:
    """Wait until the server answers, and put PostGIS in."""
    import psycopg

    for _ in range(200):
        if running.poll() is not None:
            pytest.skip("the PostgreSQL server did not start")
        try:
            with server.connect() as connection:
                try:
                    connection.execute("CREATE EXTENSION postgis")
                except psycopg.Error:
                    pytest.skip("PostGIS is not installed in the PostgreSQL server")
                return server
        except psycopg.OperationalError:
            time.sleep(0.1)
    pytest.skip("the PostgreSQL server does not answer")
