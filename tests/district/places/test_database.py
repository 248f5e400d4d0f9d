"""A PostGIS database as a district, on a server that the test starts."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from planner.cli import main
from planner.district import check_path, read_district
from planner.district.files.database import holds_password, one_snapshot, shown_address
from planner.district.reading import read_with_faults
from planner.errors import DataError, ScenarioError
from planner.scenario import read_scenario
from planner.words import read_dictionary
from tests.district import square
from tests.district.places.conftest import PASSWORD

if TYPE_CHECKING:
    from pathlib import Path

    from tests.district.places.conftest import Server


@pytest.fixture(scope="module")
def square_there(server: Server) -> str:
    """Return the address of the square district in English, rows stored last first."""
    server.store("square", square.district(), srid=32650)
    return server.address("square")


def messages(address: str) -> str:
    """Return all that reading an address says."""
    return "\n".join(str(found.message) for found in read_with_faults(address)[1])


class TestReading:
    def test_a_database_reads_as_the_district_stored_in_it(self, square_there: str) -> None:
        """Every table comes back equal, in the order of its keys: blocks NE, NW, SE, SW; grades 1 to 9, not 1, 10, 2."""
        district, plain = read_district(square_there), square.district()
        assert list(district.blocks.index) == ["NE", "NW", "SE", "SW"]
        assert district.schools.equals(plain.schools)
        assert district.blocks.equals(plain.blocks.sort_index())
        assert district.crs == square.CRS
        assert (district.name, district.counted) == ("方区", 2026)
        for table in ("enrolment", "catchments", "children"):
            keys = list(read_dictionary()[table].key)
            assert district[table].equals(plain[table].sort_values(keys, ignore_index=True))

    def test_chinese_names_of_tables_and_columns(self, server: Server, square_there: str) -> None:
        """学校 with 学校编号 is schools with school; the degrees of EPSG:4490 come from the SRID."""
        degrees = square.district()
        degrees = degrees.with_tables(
            **{name: degrees[name].to_crs(4490) for name in ("schools", "blocks", "boundary", "barriers")}
        )
        server.store("方区", degrees, srid=4490, chinese=True)
        district = read_district(server.address("方区"))
        assert district.crs == "EPSG:4548"
        there = read_district(square_there).schools.to_crs(4548)
        assert district.schools.geometry.distance(there.geometry).max() < 0.01

    def test_the_digests_tell_content_and_not_order(self, server: Server, square_there: str) -> None:
        """Rows in another physical order leave all digests; one child more changes that of its table alone."""
        before = read_district(square_there).digests
        assert set(before) >= {"square.schools", "square.enrolment"}
        with server.connect() as connection:
            connection.execute(
                "CREATE TABLE square.other AS SELECT * FROM square.enrolment ORDER BY pupils, year"
            )
            connection.execute("DELETE FROM square.enrolment")
            connection.execute("INSERT INTO square.enrolment SELECT * FROM square.other ORDER BY year DESC")
            connection.execute("DROP TABLE square.other")
            assert read_district(square_there).digests == before
            set_pupils = (
                "UPDATE square.enrolment SET pupils = %s WHERE school = 'n' AND grade = 1 AND year = 2026"
            )
            connection.execute(set_pupils, [41])
            after = read_district(square_there).digests
            connection.execute(set_pupils, [40])
        assert {table for table in before if before[table] != after[table]} == {"square.enrolment"}

    def test_all_tables_are_of_one_moment(self, server: Server, square_there: str) -> None:
        """What is changed after the first look is not seen, in any table."""
        from planner.district.files import find_sources, load

        with one_snapshot(square_there), server.connect() as connection:
            sources, _ = find_sources(square_there)
            connection.execute("INSERT INTO square.about (key, value) VALUES ('detour', '1.9')")
            about = next(source for source in sources if source.table == "about")
            seen, _, _ = load(about)
            connection.execute("DELETE FROM square.about WHERE key = 'detour'")
        assert seen is not None
        assert "1.9" not in list(seen.frame["value"])

    def test_without_a_system_it_must_be_said(self, server: Server) -> None:
        """SRID 0 is no system: an error, and right places with --crs."""
        server.store("unknown", square.district(), srid=0)
        address = server.address("unknown")
        assert "D020" in {found.code for found in read_with_faults(address)[1]}
        assert read_district(address, crs=square.CRS).schools.equals(square.district().schools)

    def test_other_tables_are_left_alone_with_a_note(self, server: Server, square_there: str) -> None:
        """A bureau's schema holds more than a district."""
        with server.connect() as connection:
            connection.execute("CREATE TABLE square.teachers (name text)")
            said = messages(square_there)
            connection.execute("DROP TABLE square.teachers")
        assert "teachers" in said
        assert "error" not in {found.level for found in read_with_faults(square_there)[1]}

    def test_it_reads_only(self, server: Server, square_there: str) -> None:
        """A view that would write is refused by the transaction, with a message."""
        with server.connect() as connection:
            connection.execute("CREATE TABLE public.log (at text)")
            connection.execute(
                "CREATE FUNCTION public.note() RETURNS text AS $$ INSERT INTO public.log VALUES ('x') RETURNING at $$"
                " LANGUAGE sql VOLATILE"
            )
            connection.execute(
                "CREATE VIEW square.feeders AS SELECT public.note() AS school, 's' AS to_school"
            )
            said = messages(square_there)
            connection.execute("DROP VIEW square.feeders")
            assert connection.execute("SELECT count(*) FROM public.log").fetchone() == (0,)
        assert "read-only transaction" in said


class TestRefusals:
    def test_no_password_is_ever_shown(self, server: Server, capfd: pytest.CaptureFixture[str]) -> None:
        """A wrong password is answered by a message without it, in findings, errors and on the command line."""
        address = server.address("square", password="falsch-4711")
        assert "4711" not in messages(address)
        with pytest.raises(DataError) as error:
            read_district(address)
        assert "4711" not in str(error.value)
        assert main(["check", address]) == 1
        captured = capfd.readouterr()
        assert "4711" not in captured.out + captured.err
        assert "127.0.0.1" in captured.out + captured.err

    def test_nor_stored(self, square_there: str) -> None:
        """The district knows its address without the password, and no finding or digest has it."""
        district = read_district(square_there)
        assert district.address == shown_address(square_there)
        assert PASSWORD not in repr(district.address) + repr(district.digests) + repr(district.notices)
        assert not [found for found in check_path(square_there) if PASSWORD in repr(found)]

    def test_a_schema_without_tables(self, server: Server) -> None:
        """The schema is named, and how to name another."""
        assert "Schema nowhere holds no table" in messages(server.address("nowhere"))

    def test_identifiers_are_quoted(self, server: Server) -> None:
        """A schema named like a command is a name."""
        schema = 'x"; DROP SCHEMA public; --'
        server.store(schema, square.district(), srid=32650)
        address = server.address("placeholder").replace(
            "placeholder", "x%22%3B%20DROP%20SCHEMA%20public%3B%20--"
        )
        assert read_district(address).schools.equals(square.district().schools)

    def test_forbidden_tables_are_named(self, server: Server, square_there: str) -> None:
        """A user who may not read a table is told which and what to ask for; the others are read all the same."""
        del square_there
        with server.connect() as connection:
            connection.execute("CREATE ROLE clerk LOGIN PASSWORD 'clerk'")
            connection.execute("GRANT USAGE ON SCHEMA square TO clerk")
            connection.execute("GRANT SELECT ON ALL TABLES IN SCHEMA square TO clerk")
            connection.execute("REVOKE SELECT ON square.children FROM clerk")
        _, findings = read_with_faults(server.address("square", user="clerk", password="clerk"))
        (fault,) = [found for found in findings if found.level == "error"]
        assert (fault.table, "GRANT SELECT" in str(fault.message)) == ("children", True)

    def test_two_columns_of_shapes(self, server: Server) -> None:
        """Which of two is meant is asked, not guessed."""
        server.store("twice", square.district(), srid=32650)
        with server.connect() as connection:
            connection.execute("ALTER TABLE twice.schools RENAME COLUMN geom TO here")
            connection.execute("ALTER TABLE twice.schools ADD COLUMN there geometry")
        assert "several columns of shapes: here, there" in messages(server.address("twice"))

    def test_a_server_that_is_not_there(self, server: Server) -> None:
        """Nobody listens on port 1: one message, no traceback."""
        del server
        assert "cannot be reached" in messages("postgresql://nobody@127.0.0.1:1/nothing")

    def test_without_the_driver(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The message names the extra to install."""
        monkeypatch.setitem(sys.modules, "psycopg", None)
        assert "school-catchment-planner[postgis]" in messages("postgresql://127.0.0.1/nothing")


class TestAddress:
    @pytest.mark.parametrize(
        ("address", "shown"),
        [
            ("postgresql://u:p%40ss@h:5433/db?schema=s", "postgresql://u@h:5433/db?schema=s"),
            ("postgresql://u:p@ss/w@h/db", "postgresql://"),
            ("postgresql://u:12#x@h/db", "postgresql://"),
            ("postgresql://u@h/db?password=geheim", "postgresql://u@h/db?schema=public"),
            ("postgresql://u:pw@[::1]:5433/db", "postgresql://u@[::1]:5433/db?schema=public"),
            ("postgresql:///db?host=/tmp/Sock&schema=学校", "postgresql:///tmp/Sock/db?schema=学校"),
            ("postgresql://h:port/db", "postgresql://"),
        ],
    )
    def test_what_is_shown(self, address: str, shown: str) -> None:
        """User, host, port, database and schema; never a password, nor anything of what cannot be understood."""
        assert shown_address(address) == shown

    @pytest.mark.parametrize(
        ("address", "held"),
        [
            ("postgresql://u:p@h/db", True),
            ("postgresql://u@h/db?password=p", True),
            ("postgresql://u@h/db?schema=s", False),
        ],
    )
    def test_which_addresses_hold_a_password(self, address: str, *, held: bool) -> None:
        """After the user's name, or among the options."""
        assert holds_password(address) is held


class TestScenario:
    def test_a_scenario_names_a_database(self, tmp_path: Path) -> None:
        """The address is kept as it is, not taken for a path beside the file."""
        file = tmp_path / "keep.toml"
        file.write_text('district = "postgresql://u@127.0.0.1/db?schema=s"\n', encoding="utf-8")
        assert read_scenario(file).district == "postgresql://u@127.0.0.1/db?schema=s"

    def test_a_password_in_a_scenario_is_refused_and_not_repeated(self, tmp_path: Path) -> None:
        """Scenario files are kept with every run, so that a password may not stand in one."""
        file = tmp_path / "keep.toml"
        file.write_text('district = "postgresql://u:geheim@127.0.0.1/db"\n', encoding="utf-8")
        with pytest.raises(ScenarioError, match="PGPASSWORD") as error:
            read_scenario(file)
        assert "geheim" not in str(error.value)
