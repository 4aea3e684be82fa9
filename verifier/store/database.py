"""The database as the rest sees it: one engine for the app, one for who migrates."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Self

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, OperationalError

from verifier.settings import Settings

from . import migrate, roles, tenancy
from .embedded import SUPERUSER, EmbeddedServer
from .errors import StoreRefused

DATABASE = "shualian"
OLDEST = 150000
"""`server_version_num` of the oldest PostgreSQL that we run on."""

_DRIVER = "postgresql+psycopg"
_SESSION = "-c timezone=UTC -c statement_timeout=30000 -c idle_in_transaction_session_timeout=60000"


@dataclass
class Database:
    """Open connections. Use as a context manager, or `close` it."""

    app: Engine
    """As `shualian_app`: rows only; the ledger can only be added to and read."""
    owner: Engine
    """As `shualian_owner`: migrations."""
    _server: EmbeddedServer | None = field(default=None, repr=False)

    def migrate(self) -> None:
        """Bring the tables to this version; harmless where they are. Raises `StoreRefused`."""
        with self.owner.begin() as connection:
            migrate.upgrade(connection)
        with _reachable(), self.app.connect() as connection:
            roles.refuse_a_powerful_app(connection)

    def revive(self) -> None:
        """After a lost connection: see that the server runs again. Raises `StoreRefused`.

        An external server is its operator's affair; there this only asks whether it answers.
        """
        if self._server is not None:
            self._server.revive()
        self.app.dispose()
        self.owner.dispose()
        with _reachable(), self.app.connect():
            pass

    def begin_log_anew(self) -> bool:
        """Let go of the write-ahead log that is no longer needed; False where it is not ours."""
        if self._server is None:
            return False
        admin = _engine(_local(self._server, SUPERUSER, "postgres"), isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            for _ in range(2):  # the first checkpoint still needs the segment that it stands in
                connection.execute(text("SELECT pg_switch_wal()"))
                connection.execute(text("CHECKPOINT"))
        admin.dispose()
        return True

    def close(self) -> None:
        """Give back every connection and the hold on the embedded server."""
        self.app.dispose()
        self.owner.dispose()
        if self._server is not None:
            self._server.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def open_database(settings: Settings) -> Database:
    """What the settings name, its roles there, not yet migrated. Raises `StoreRefused`."""
    if settings.database_url is None or settings.database_app_url is None:
        server = EmbeddedServer(settings.data / "postgres")
        return open_embedded(server, institution=settings.institution)
    owner = _parsed(settings.database_url.get_secret_value())
    app = _parsed(settings.database_app_url.get_secret_value())
    return _open(owner, app, settings.institution)


def open_embedded(
    server: EmbeddedServer, database: str = DATABASE, institution: str | None = None
) -> Database:
    """Start the embedded server, or join it, and make its database.

    The app sees the institution's rows only (`tenancy`); all of them where none is said.
    """
    server.start()
    try:
        _make_database(server, database)
        owner, app = (_local(server, role, database) for role in (roles.OWNER, roles.APP))
        opened = _open(owner, app, institution)
    except BaseException:
        server.close()
        raise
    opened._server = server
    return opened


def _open(owner_url: URL, app_url: URL, institution: str | None) -> Database:
    owner = _engine(owner_url, pool_size=2)
    try:
        with _reachable(), owner.begin() as connection:
            _refuse_an_old_server(connection)
            roles.prepare(connection, str(app_url.username))
    finally:
        owner.dispose()
    event.listen(owner, "connect", _act_as_owner)
    return Database(_engine(app_url, institution=institution), owner)


@contextmanager
def _reachable() -> Iterator[None]:
    """The driver's error may show the URL's parts; ours names its kind only."""
    try:
        yield
    except OperationalError as error:
        raise StoreRefused(
            "database.unreachable", f"PostgreSQL does not let us in: {type(error.orig).__name__}"
        ) from None


def _act_as_owner(connection: Any, _record: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET ROLE {roles.OWNER}")
    connection.commit()


def _make_database(server: EmbeddedServer, database: str) -> None:
    admin = _engine(_local(server, SUPERUSER, "postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        for role in (roles.OWNER, roles.APP):
            if not _is_known(connection, "pg_roles WHERE rolname", role):
                connection.execute(text(f"CREATE ROLE {role} LOGIN"))
        if not _is_known(connection, "pg_database WHERE datname", database):
            connection.execute(text(f'CREATE DATABASE "{database}" OWNER {roles.OWNER}'))
            connection.execute(text(f'REVOKE ALL ON DATABASE "{database}" FROM PUBLIC'))
            connection.execute(text(f'GRANT CONNECT ON DATABASE "{database}" TO {roles.APP}'))
    admin.dispose()


def _is_known(connection: Connection, where: str, name: str) -> bool:
    return connection.scalar(text(f"SELECT 1 FROM {where} = :name"), {"name": name}) is not None  # noqa: S608


def _refuse_an_old_server(connection: Connection) -> None:
    version = int(connection.scalar(text("SHOW server_version_num")) or 0)
    if version < OLDEST:
        raise StoreRefused("database.too_old", f"PostgreSQL 15 or later is needed, not {version}")


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise StoreRefused("database.unreachable", "the database URL cannot be read") from None
    if parsed.get_backend_name() != "postgresql":
        raise StoreRefused("database.unreachable", "the database URL is not postgresql://")
    return parsed.set(drivername=_DRIVER)


def _local(server: EmbeddedServer, role: str, database: str) -> URL:
    folder = str(server.socket_folder)
    return URL.create(_DRIVER, username=role, database=database, query={"host": folder})


def _engine(
    url: URL,
    *,
    pool_size: int = 10,
    isolation_level: Any = "READ COMMITTED",
    institution: str | None = None,
) -> Engine:
    options = f"{_SESSION} {tenancy.option(institution)}" if institution else _SESSION
    return create_engine(
        url,
        pool_size=pool_size,
        max_overflow=10,
        isolation_level=isolation_level,
        connect_args={"options": options, "connect_timeout": 10},
    )
