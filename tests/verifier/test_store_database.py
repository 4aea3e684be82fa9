"""Roles, migrations and a database by URL."""

import os
import pwd
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from psycopg import sql
from pydantic import SecretStr
from sqlalchemy import Engine, text
from sqlalchemy.exc import ProgrammingError

from verifier import ledger
from verifier.identity import institutions
from verifier.settings import Settings
from verifier.store import check, migrate, roles
from verifier.store.database import Database, open_database, open_embedded
from verifier.store.embedded import EmbeddedServer
from verifier.store.errors import StoreRefused
from verifier.store.metadata import Base

from .fixtures import embedded_server

HEAD = "face_marks"
"""The newest revision."""


@pytest.fixture(scope="module")
def bare_server() -> Iterator[EmbeddedServer]:
    """A server that has none of our roles."""
    with tempfile.TemporaryDirectory(prefix="shualian-test-") as folder:
        server = EmbeddedServer(Path(folder) / "postgres", durable=False)
        server.start()
        yield server
        server.close()


def run(server: EmbeddedServer, *statements: str, database: str = "postgres") -> None:
    """As the superuser."""
    with psycopg.connect(server.dsn(database=database), autocommit=True) as connection:
        for statement in statements:
            connection.execute(sql.SQL(statement))  # type: ignore[arg-type]


def by_url(server: EmbeddedServer, owner: str, app: str, database: str) -> Database:
    """What `open_database` makes of two URLs over the server's socket."""
    at = f"/{database}?host={server.socket_folder}"
    return open_database(
        Settings(
            database_url=SecretStr(f"postgresql://{owner}:secret@{at}"),
            database_app_url=SecretStr(f"postgresql://{app}:secret@{at}"),
        )
    )


def test_models_and_migrations_agree_up_and_down(own_database: Database) -> None:
    assert check.differences(own_database) == []


def test_a_difference_between_models_and_migrations_is_told(own_database: Database) -> None:
    with own_database.owner.begin() as connection:
        connection.execute(text("ALTER TABLE people DROP COLUMN linked_group"))
        found = migrate.differences(connection)
    assert [check._told(difference) for difference in found] == ["add_column people linked_group"]


def test_migrating_twice_changes_nothing(database: Database) -> None:
    database.migrate()
    with database.owner.connect() as connection:
        assert migrate.revision(connection) == HEAD


def test_a_database_of_a_newer_program_is_left_alone(own_database: Database) -> None:
    with own_database.owner.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreRefused) as refused:
        own_database.migrate()
    assert refused.value.code == "database.not_migrated"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger SET kind = 'other'",
        "DELETE FROM ledger",
        "TRUNCATE ledger",
        "ALTER TABLE ledger ADD COLUMN note text",
        "DROP TABLE ledger",
        "UPDATE decisions SET outcome = 'accepted'",
        "TRUNCATE receipts",
        "UPDATE receipts SET compact = ''",
        "DELETE FROM consents",
        "CREATE TABLE mine (id int)",
        "UPDATE alembic_version SET version_num = '0'",
        f"SET ROLE {roles.OWNER}",
    ],
)
def test_the_app_cannot_rewrite_history_or_tables(
    database: Database, institution: str, statement: str
) -> None:
    with database.app.begin() as connection:
        ledger.append(connection, institution, "test.event", {})
    with (
        pytest.raises(ProgrammingError, match=r"permission denied|must be owner"),
        database.app.begin() as connection,
    ):
        connection.execute(text(statement))


def test_the_app_owns_nothing_and_the_owner_everything(database: Database) -> None:
    with database.owner.connect() as connection:
        owners = connection.execute(
            text("SELECT tablename, tableowner FROM pg_tables WHERE schemaname = 'public'")
        ).all()
    assert {name for name, _ in owners} == {*Base.metadata.tables, "alembic_version"}
    assert {owner for _, owner in owners} == {roles.OWNER}


def test_the_app_may_touch_each_table_somehow(database: Database) -> None:
    with database.app.connect() as connection:
        for table in Base.metadata.tables:
            connection.execute(text(f"SELECT 1 FROM {table} LIMIT 1"))


def test_times_come_back_in_utc(database: Database) -> None:
    with database.app.connect() as connection:
        moment = connection.scalar(text("SELECT now()"))
    assert moment is not None
    assert moment.utcoffset().total_seconds() == 0


def test_roles_are_made_where_the_login_may_make_them(bare_server: EmbeddedServer) -> None:
    run(bare_server, "CREATE ROLE may_create LOGIN CREATEROLE", "CREATE ROLE plain LOGIN")
    run(bare_server, "CREATE DATABASE by_url OWNER may_create")
    try:
        with by_url(bare_server, "may_create", "plain", "by_url") as database:
            database.migrate()
            with database.app.connect() as connection:
                assert connection.scalar(text("SELECT count(*) FROM people")) == 0
            assert_refuses_ledger_change(database.app)
    finally:
        run(
            bare_server,
            "DROP DATABASE by_url",
            f"DROP ROLE {roles.OWNER}, {roles.APP}, plain",
            "DROP ROLE may_create",
        )


def assert_refuses_ledger_change(app: Engine) -> None:
    """The grants hold for a login that is only a member of the app's role."""
    with pytest.raises(ProgrammingError, match="permission denied"), app.begin() as connection:
        connection.execute(text("DELETE FROM ledger"))


def test_missing_roles_that_the_login_may_not_make_are_told(bare_server: EmbeddedServer) -> None:
    run(bare_server, "CREATE ROLE powerless LOGIN")
    with pytest.raises(StoreRefused) as refused:
        by_url(bare_server, "powerless", "powerless", "postgres")
    assert refused.value.code == "database.roles_missing"
    assert f"CREATE ROLE {roles.OWNER}" in str(refused.value)


def test_an_app_login_that_is_a_superuser_is_refused() -> None:
    server = embedded_server()
    run(server, "CREATE DATABASE too_powerful")
    try:
        with (
            by_url(server, "postgres", "postgres", "too_powerful") as database,
            pytest.raises(StoreRefused) as refused,
        ):
            database.migrate()
    finally:
        run(server, "DROP DATABASE too_powerful WITH (FORCE)")
    assert refused.value.code == "database.app_too_powerful"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://owner:hunter2@127.0.0.1:1/nowhere",
        "mysql://owner:hunter2@127.0.0.1/nowhere",
        "not a url",
    ],
)
def test_a_database_that_cannot_be_reached_is_told_without_its_password(url: str) -> None:
    with pytest.raises(StoreRefused) as refused:
        open_database(Settings(database_url=SecretStr(url), database_app_url=SecretStr(url)))
    assert refused.value.code == "database.unreachable"
    assert "hunter2" not in str(refused.value)


def test_only_accounts_that_run_the_server_are_let_in(bare_server: EmbeddedServer) -> None:
    rules = (bare_server.cluster / "pg_hba.conf").read_text().split()
    assert rules == ["local", "all", "all", "peer", "map=shualian"]
    names = {line.split('"')[1] for line in bare_server_ident(bare_server)}
    owner = pwd.getpwuid(bare_server.cluster.stat().st_uid).pw_name
    assert names == {owner, pwd.getpwuid(os.geteuid()).pw_name}


def bare_server_ident(server: EmbeddedServer) -> list[str]:
    """Lines of the ident map."""
    return (server.cluster / "pg_ident.conf").read_text().splitlines()


def test_two_verifiers_that_migrate_at_once_do_not_collide() -> None:
    server = embedded_server()
    first = open_embedded(EmbeddedServer(server.folder, durable=False), "migrated_at_once")
    second = open_embedded(EmbeddedServer(server.folder, durable=False), "migrated_at_once")
    try:
        with ThreadPoolExecutor(2) as pool:
            for done in [pool.submit(each.migrate) for each in (first, second)]:
                done.result(timeout=60)
        with first.owner.connect() as connection:
            assert migrate.revision(connection) == HEAD
    finally:
        first.close()
        second.close()
        run(server, "DROP DATABASE migrated_at_once WITH (FORCE)")


def test_alembic_alone_finds_the_migrations() -> None:
    ini = Path(migrate.__file__).with_name("alembic.ini")
    assert ScriptDirectory.from_config(Config(ini)).get_current_head() == HEAD


def test_the_way_back_keeps_what_the_older_program_knows(own_database: Database) -> None:
    with own_database.app.begin() as connection:
        institutions.ensure(connection, "H99010100001", "演示医院", demo=True)
        ledger.append(connection, "H99010100001", "test.event", {})
        connection.execute(text("INSERT INTO policies VALUES ('H1', 'x', '{}', now())"))
    with own_database.owner.begin() as connection:
        gone = migrate.step_back(connection, "ledger_tree")
        assert gone["policies"] == 1
        assert "ledger" not in gone
        assert migrate.revision(connection) == "ledger_tree"
    with own_database.app.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM ledger")) == 1
    own_database.migrate()
    assert check.differences(own_database) == []


@pytest.mark.parametrize("to", [HEAD, "head", "nonsense", "'; --"])
def test_a_way_back_to_what_is_not_older_is_refused(own_database: Database, to: str) -> None:
    with pytest.raises(StoreRefused) as refused, own_database.owner.begin() as connection:
        migrate.step_back(connection, to)
    assert refused.value.code == "database.no_such_revision"
